//! Everything that may stand in `AA`, over TCP: who is let in, and how each that is stopped, lost or unknown is refused.

use pki::token::{KeyRing, TokenKey};
use sip2::field::PatronStatus;
use sip2::message::{Checkout, PatronInformation};
use sip2::{Message, frame};
use store::testing::TestDatabase;
use tools::access::{self, Actor, Duty, Purpose};
use tools::credentials::printed::{self, CodeError, Wanted};
use tools::credentials::{self, CredentialError, CredentialStatus, Token, numbers, own};
use tools::register::import;
use tools::service_cards::{self, CardError, CardStatus, Form, NewCard, Subject};
use tools::{Inside, ResidentId};
use wire::resident_csv::files;

use super::door::{city, come_in, hear, machine, say};
use super::*;
use crate::library_card::KEY;
use crate::library_card::listener::{Door, Limits};
use crate::library_card::patron::Resolver;
use crate::library_card::self_check::Desk;

const TAG: &str = "04A23B1C5D8066";
const OTHER_TAG: &str = "04A23B1C5D8067";
const APPLICATION: [u8; 16] = [0xC1; 16];
/// The first four flags: no loans, no renewals, no recalls, no holds. The fifth: reported lost.
const REFUSED: &str = "YYYY          ";
const LOST: &str = "YYYYY         ";

fn clerk() -> Actor {
    Actor::System { job: "test" }
}

fn holder() -> ResidentId {
    ResidentId::parse("R-1").unwrap()
}

struct Scene {
    city: Inside,
    door: Door,
    library: Library,
    keys: Arc<KeyRing>,
    _database: TestDatabase,
}

impl Scene {
    fn open() -> Self {
        let database = TestDatabase::on_sqlite();
        let directory = tempfile::tempdir().unwrap();
        let rows = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,municipality_code,\
                    town_code,became_resident_on,state,state_on\n\
                    R-1,H-1,世帯主,甲野　太郎,カナ,1980-01-02,male,見本県見本市中央一丁目1番1号,99999,0001001,2005-04-01,,\n";
        std::fs::write(directory.path().join(files::RESIDENTS), rows).unwrap();
        let options = import::Options::default();
        import::run(&database.inside(), &database.seams, directory.path(), &options, &mut |_| true).unwrap();
        let (library, city) = (library(Charset::Utf8), city(&database));
        let keys = Arc::new(KeyRing::new(TokenKey::generate().unwrap()));
        let ours = keys.clone();
        let codes = Some(Arc::new(move |text: &str, today| printed::read(text, &ours.public(), today)) as _);
        let system = Arc::new(over_sip2(&library, Charset::Utf8));
        let desk = Desk::new(Resolver { city: city.clone(), codes }, system, "MIHON", vec![machine()]);
        let limits = Limits::new(4, 4, Duration::from_secs(30), Charset::Utf8);
        let door = Door::open("127.0.0.1:0", Arc::new(desk), limits).unwrap();
        Self { city, door, library, keys, _database: database }
    }

    /// The holder's card with the library.
    fn register(&self) {
        let (vault, seams) = (self.city.vault.clone(), self.city.seams.clone());
        let subject = Subject::of(&vault, KEY, &holder()).unwrap();
        let issued = self.city.cards.write::<_, CardError, _>(move |tx| {
            let new =
                NewCard { service: KEY, subject: &subject, form: Form::OneCard, number: PATRON, valid_until: None };
            service_cards::issue(tx, &vault, &seams, &clerk(), &new)
        });
        issued.unwrap().unwrap();
    }

    fn enrol(&self, token: Token) -> base::Id {
        let (vault, seams) = (self.city.vault.clone(), self.city.seams.clone());
        let until = seams.now().plus_seconds(86_400 * 30);
        let linked = self.city.store.write::<_, CredentialError, _>(move |tx| {
            credentials::enrol_token(tx, &vault, &seams, &clerk(), &holder(), until, &token)
        });
        linked.unwrap().unwrap().credential
    }

    /// A printed code: its text, and its credential.
    fn print(&self) -> (String, base::Id) {
        let (vault, seams) = (self.city.vault.clone(), self.city.seams.clone());
        let keys = KeyRing::new(TokenKey::from_pkcs8(&self.keys.current().to_pkcs8().unwrap()).unwrap());
        let made = self.city.store.write::<_, CodeError, _>(move |tx| {
            let who = holder();
            let access = access::person(tx, &seams, &clerk(), &Purpose::new(Duty::Credential), &who)
                .map_err(CredentialError::from)?;
            let valid_until = seams.today().plus_days(30);
            let wanted = Wanted { resident: &who, valid_until, replaces: None, mark: None };
            printed::make(tx, &vault, &seams, (&clerk(), &access), &keys, &wanted)
        });
        let made = made.unwrap().unwrap();
        (made.text, made.credential)
    }

    fn set(&self, credential: base::Id, next: CredentialStatus) {
        let seams = self.city.seams.clone();
        let changed = self.city.store.write::<_, CredentialError, _>(move |tx| {
            own::set_status(tx, &seams, &clerk(), &holder(), credential, next)
        });
        assert!(changed.unwrap());
    }

    fn set_card(&self, next: CardStatus) {
        let (vault, seams) = (self.city.vault.clone(), self.city.seams.clone());
        let changed = self.city.cards.write::<_, CardError, _>(move |tx| {
            let id = service_cards::find_number(tx, &vault, KEY, PATRON)?[0].id;
            service_cards::change(tx, &seams, &clerk(), KEY, id, next, "test")
        });
        assert!(changed.unwrap());
    }

    /// What a machine hears of `shown`: flags, `BL`, `AF`; what it shows comes back as it was.
    fn hear_of(&self, shown: &str) -> (PatronStatus, Option<String>, String) {
        let mut line = come_in(&self.door, Charset::Utf8);
        say(
            &mut line,
            PatronInformation { patron: shown.to_owned(), ..PatronInformation::default() },
            1,
            Charset::Utf8,
        );
        let heard = hear(&mut line);
        let Message::PatronInformationAnswer(answer) = frame::read(&heard, Charset::Utf8).unwrap().message else {
            panic!("64 was awaited")
        };
        assert_eq!(answer.patron, shown, "never the number behind it");
        assert!(answer.name.0.is_empty(), "no names");
        (answer.status, answer.is_valid, answer.screen.join(" "))
    }

    fn text(status: PatronStatus) -> String {
        status.0.iter().map(|&is_up| if is_up { 'Y' } else { ' ' }).collect()
    }

    /// Refused with these flags and words, and nothing is lent to it.
    fn refuses(&self, shown: &str, flags: &str, words: &str) {
        let (status, is_valid, screen) = self.hear_of(shown);
        assert_eq!((Self::text(status).as_str(), is_valid.as_deref()), (flags, Some("N")), "{words}");
        assert!(!screen.is_empty() && screen.contains(words), "{screen:?} for {words}");
        let before = self.library.stock(|stock| stock.lent);
        assert!(!self.lends(shown, "B0001"), "{words}");
        assert_eq!(self.library.stock(|stock| stock.lent), before);
    }

    fn lends(&self, shown: &str, item: &str) -> bool {
        let mut line = come_in(&self.door, Charset::Utf8);
        let asked = Checkout { patron: shown.to_owned(), item: item.to_owned(), ..Checkout::default() };
        say(&mut line, asked, 1, Charset::Utf8);
        hear(&mut line).starts_with(b"121")
    }
}

#[test]
fn a_tag_the_city_s_application_and_a_printed_code_open_until_they_are_stopped_or_lost() {
    let scene = Scene::open();
    let tag = scene.enrol(numbers::tag(TAG).unwrap());
    let application = scene.enrol(Token::CityApplication(APPLICATION));
    let (code, printed) = scene.print();
    let shown = [
        (TAG.to_owned(), tag, "B0002"),
        (data_encoding::HEXUPPER.encode(&APPLICATION), application, "B0003"),
        (code, printed, "B0004"),
    ];
    for (text, ..) in &shown {
        scene.refuses(text, REFUSED, "登録");
    }
    scene.register();
    for (text, credential, item) in &shown {
        let (status, is_valid, _) = scene.hear_of(text);
        assert_eq!((Scene::text(status).trim(), is_valid.as_deref()), ("", Some("Y")));
        assert!(scene.lends(text, item));
        assert_eq!(scene.library.stock(|stock| stock.holder(item)).as_deref(), Some(PATRON));
        scene.set(*credential, CredentialStatus::OnHold);
        scene.refuses(text, REFUSED, "停止中");
        scene.set(*credential, CredentialStatus::Lost);
        scene.refuses(text, LOST, "紛失");
    }
}

#[test]
fn a_registration_that_is_stopped_lost_or_over_stops_whatever_is_shown_for_it() {
    let scene = Scene::open();
    scene.register();
    scene.enrol(numbers::tag(TAG).unwrap());
    scene.enrol(Token::CityApplication(APPLICATION));
    let (code, _) = scene.print();
    let shown = [PATRON.to_owned(), TAG.to_owned(), data_encoding::HEXUPPER.encode(&APPLICATION), code];
    for text in &shown {
        assert_eq!(scene.hear_of(text).1.as_deref(), Some("Y"));
    }
    for (status, flags, words) in [
        (CardStatus::OnHold, REFUSED, "停止中"),
        (CardStatus::Lost, LOST, "紛失"),
        (CardStatus::Ended, REFUSED, "使えなく"),
    ] {
        scene.set_card(status);
        for text in &shown {
            scene.refuses(text, flags, words);
        }
    }
}

#[test]
fn what_nobody_has_is_refused_and_asked_of_nobody() {
    let scene = Scene::open();
    scene.register();
    scene.library.stock(|stock| stock.is_open = true);
    let strange = KeyRing::new(TokenKey::generate().unwrap());
    let payload =
        wire::credential_code::CredentialCode { number: [7; 16], valid_until: scene.city.seams.today().plus_days(9) };
    let forged = pki::token::to_text(&strange.sign(&payload.encode()).unwrap());
    let unlinked = pki::token::to_text(&scene.keys.sign(&payload.encode()).unwrap());
    for shown in [OTHER_TAG, &"C2".repeat(16), forged.as_str(), unlinked.as_str(), "123456789018"] {
        scene.refuses(shown, REFUSED, "登録されていません");
    }
    // A number that only the library can know is the library's to refuse.
    scene.library.stock(|stock| stock.is_open = false);
    scene.refuses("L-9999", REFUSED, "");
}
