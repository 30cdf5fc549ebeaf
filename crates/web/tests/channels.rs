//! "How you are told", as a resident and a mail provider see it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use std::sync::{Arc, Mutex};

use messaging::email::{EmailAddress, Mail, MailRelay, ReturnPath, SendFault, Sender, TokenKey};
use messaging::push::{AddressRules, Message, PushAnswer, PushService, Unreachable, VapidKey, VapidTokens};
use messaging::{TeaserKind, Urgency};
use store::testing::{TestDatabase, for_each_engine};
use tools::channels::{MailMeans, MailSettings, Occasion, Teller, hand_over};
use tools::portal::{AccountId, Assurance};
use yakuba_web::testing::TestDoor;

const PAGE: &str = "/portal/settings/channels";
const POINT: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
const BROWSER: [(&str, &str); 3] =
    [("endpoint", "https://push.example.com/1"), ("p256dh", POINT), ("auth", "BTBZMqHH6r4Tts7J_aSIgg")];

#[derive(Default)]
struct Taken(Mutex<Vec<Message>>, Mutex<Vec<Mail>>);

impl PushService for Taken {
    fn send(&self, message: &Message) -> Result<PushAnswer, Unreachable> {
        self.0.lock().unwrap().push(message.clone());
        Ok(PushAnswer { status: 201, retry_after: None })
    }
}

impl MailRelay for Taken {
    fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        self.1.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

impl Taken {
    /// The words of the last mail, decoded.
    fn last_mail(&self) -> (String, String) {
        let mails = self.1.lock().unwrap();
        let mail = mails.last().unwrap();
        let text = String::from_utf8(mail.bytes.clone()).unwrap();
        let body = text.split("base64\r\n\r\n").nth(1).and_then(|body| body.split("\r\n--").next()).unwrap_or_default();
        let body = data_encoding::BASE64.decode(body.replace("\r\n", "").as_bytes()).unwrap_or_default();
        (text, String::from_utf8(body).unwrap())
    }
}

fn open(database: TestDatabase) -> (TestDoor, Arc<Taken>, Arc<Teller>) {
    let taken: Arc<Taken> = Arc::default();
    let mut made = None;
    let door = TestDoor::with(database, |app| {
        let outside = (**app.outside.as_ref().unwrap()).clone();
        let sender = Sender {
            name: "見本市".into(),
            address: EmailAddress::parse("notice@city.example").unwrap(),
            portal: outside.profile.public_address.clone(),
        };
        let settings = MailSettings { sender, return_path: ReturnPath::new("bounces", "city.example").unwrap() };
        let mail = MailMeans { relay: taken.clone(), settings: Arc::new(settings) };
        let tokens = VapidTokens::new(VapidKey::generate("mailto:push@city.example").unwrap());
        let key = TokenKey::new(&[7; 32]);
        let teller = Teller::new(outside, taken.clone(), AddressRules::default(), tokens, key).with_mail(mail);
        let teller = Arc::new(teller);
        made = Some(teller.clone());
        app.teller = Some(teller);
    });
    (door, taken, made.unwrap())
}

fn tell(door: &TestDoor, teller: &Teller, who: AccountId, urgency: Urgency, number: u8) {
    let outside = door.app.outside.as_ref().unwrap();
    let seams = outside.seams.clone();
    let campaign = base::Id::from_bytes([number; 16]);
    outside
        .store
        .write::<_, store::StoreError, _>(move |tx| {
            let kind = TeaserKind::Notice;
            hand_over(tx, &seams, &Occasion { campaign, account: who, urgency, kind, path: "/portal/letters/1" })
        })
        .unwrap();
    teller.work().unwrap();
}

#[test]
fn a_browser_is_told_until_its_person_stops_it() {
    for_each_engine(|database| {
        let (door, taken, teller) = open(database);
        let (who, mut resident) = door.resident(Assurance::Substantial);
        let page = resident.get(PAGE);
        assert_eq!(page.status, 200);
        assert!(
            page.text().contains(&format!("data-push=\"{}\"", teller.push_key())),
            "browsers subscribe with our key"
        );
        assert_eq!(resident.post(&format!("{PAGE}/push"), &BROWSER).status, 303);
        tell(&door, &teller, who, Urgency::Notice, 1);
        assert_eq!(taken.0.lock().unwrap().len(), 1);
        let page = resident.get(PAGE).text();
        let id = page.split("name=\"address\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let remove = format!("{PAGE}/push/remove");
        let (_, mut other) = door.resident(Assurance::Substantial);
        other.post(&remove, &[("address", &id)]);
        tell(&door, &teller, who, Urgency::Notice, 2);
        assert_eq!(taken.0.lock().unwrap().len(), 2, "nobody stops another's");
        assert_eq!(resident.post(&remove, &[("address", &id)]).status, 303);
        tell(&door, &teller, who, Urgency::Notice, 3);
        assert_eq!(taken.0.lock().unwrap().len(), 2);
    });
}

#[test]
fn a_push_address_inside_the_city_is_refused() {
    for_each_engine(|database| {
        let (door, _, _) = open(database);
        let (_, mut resident) = door.resident(Assurance::Substantial);
        for address in ["https://127.0.0.1/x", "http://push.example.com/x", "https://register.internal/x"] {
            let form = [("endpoint", address), BROWSER[1], BROWSER[2]];
            assert_eq!(resident.post(&format!("{PAGE}/push"), &form).status, 400, "{address}");
        }
    });
}

#[test]
fn an_address_takes_the_card_and_a_code_and_the_one_before_hears_of_it() {
    for_each_engine(|database| {
        let (door, taken, _) = open(database);
        let add = format!("{PAGE}/email");
        let (_, mut without_card) = door.resident(Assurance::Substantial);
        assert_ne!(without_card.post(&add, &[("email", "a@mail.example")]).status, 303);
        assert!(taken.1.lock().unwrap().is_empty());
        let (_, mut resident) = door.resident(Assurance::High);
        let confirm = |resident: &mut yakuba_web::testing::Visitor<'_>, address: &str| {
            assert_eq!(resident.post(&add, &[("email", address)]).status, 303);
            let (_, words) = taken.last_mail();
            let code: String = words.chars().skip_while(|c| !c.is_ascii_digit()).take(6).collect();
            assert!(resident.get(PAGE).text().contains("•••@"), "the address is shown in part only");
            let wrong = resident.post(&format!("{add}/confirm"), &[("code", "12")]);
            assert_eq!(wrong.status, 200);
            assert!(wrong.text().contains("error-summary"));
            assert_eq!(resident.post(&format!("{add}/confirm"), &[("code", &code)]).status, 303);
        };
        confirm(&mut resident, "first@mail.example");
        let wrong = resident.post(&add, &[("email", "a@b@c")]);
        assert!(wrong.status == 200 && wrong.text().contains("error-summary"));
        door.database.clock.advance_seconds(61);
        confirm(&mut resident, "second@mail.example");
        let last = taken.1.lock().unwrap().last().cloned().unwrap();
        assert_eq!(last.to.reveal(), "first@mail.example");
        assert!(!resident.get(PAGE).text().contains("second@mail.example"));
    });
}

#[test]
fn wishes_are_kept_and_a_wrong_time_is_said() {
    for_each_engine(|database| {
        let (door, _, _) = open(database);
        let (_, mut resident) = door.resident(Assurance::Substantial);
        assert!(resident.get(PAGE).text().contains("value=\"21:00\""));
        let form = [("quiet", "yes"), ("from", "20:30"), ("until", "07:00"), ("digest", "weekly")];
        let saved = resident.post(PAGE, &form);
        assert_eq!(saved.location(), Some("/portal/settings/channels?done=portal-done-channels-saved"));
        let page = resident.get(PAGE).text();
        assert!(page.contains("value=\"20:30\"") && page.contains("value=\"07:00\""), "{page}");
        assert!(page.contains("value=\"weekly\" checked"));
        let wrong =
            resident.post(PAGE, &[("quiet", "yes"), ("from", "25:00"), ("until", "07:00"), ("digest", "daily")]);
        assert!(wrong.text().contains("href=\"#from\""));
        assert_eq!(resident.post(PAGE, &[("digest", "at-once")]).status, 303);
        assert!(!resident.get(PAGE).text().contains("value=\"yes\" checked"));
    });
}

#[test]
fn mail_stops_with_one_click_from_anywhere_and_a_look_changes_nothing() {
    for_each_engine(|database| {
        let (door, taken, teller) = open(database);
        let (who, mut resident) = door.resident(Assurance::High);
        resident.post(&format!("{PAGE}/email"), &[("email", "a@mail.example")]);
        let (_, words) = taken.last_mail();
        let code: String = words.chars().skip_while(|c| !c.is_ascii_digit()).take(6).collect();
        resident.post(&format!("{PAGE}/email/confirm"), &[("code", &code)]);
        tell(&door, &teller, who, Urgency::Notice, 1);
        let (mail, _) = taken.last_mail();
        let link = mail.split("List-Unsubscribe: <").nth(1).unwrap().split('>').next().unwrap();
        let path = link.strip_prefix("http://127.0.0.1:8080").unwrap().to_owned();
        let seen = door.stranger().get(&path);
        assert_eq!(seen.status, 200);
        tell(&door, &teller, who, Urgency::Notice, 2);
        assert_eq!(taken.1.lock().unwrap().len(), 3, "a mail scanner that looked stopped nothing");
        // A mail provider: no cookie, no Origin, no Sec-Fetch-Site.
        let mut provider = door.stranger();
        provider.cookies.clear();
        provider.headers.push(("sec-fetch-site".to_owned(), "none".to_owned()));
        let stopped = provider.post(&path, &[("List-Unsubscribe", "One-Click")]);
        assert_eq!((stopped.status, stopped.location()), (200, None));
        assert_eq!(provider.post(&path, &[]).status, 200, "twice is once");
        tell(&door, &teller, who, Urgency::Notice, 3);
        assert_eq!(taken.1.lock().unwrap().len(), 3);
        tell(&door, &teller, who, Urgency::Legal, 4);
        assert_eq!(taken.1.lock().unwrap().len(), 4, "the law's letters still come");
        assert_eq!(door.stranger().get("/stop/abcdefgh").status, 404);
        assert_eq!(door.stranger().post("/stop/abcdefgh", &[]).status, 404);
    });
}

#[test]
fn the_service_worker_stands_above_the_portals_pages() {
    for_each_engine(|database| {
        let (door, _, _) = open(database);
        let answer = door.stranger().get("/portal/push-worker.js");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.headers["content-type"], "text/javascript; charset=utf-8");
        assert_eq!(answer.headers["cache-control"], "no-cache");
        assert!(answer.text().contains("showNotification"));
    });
}
