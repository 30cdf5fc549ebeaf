use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use base::{Date, Id, Timestamp};
use messaging::email::suppression::Suppressed;
use messaging::email::{Bounce, Mail, MailRelay, ReturnPath, SendFault, Sender, TokenKey};
use messaging::push::{
    AddressRules, Message, PushAnswer, PushService, Subscription, Unreachable, VapidKey, VapidTokens,
};
use messaging::when::{Digest, QuietHours, Wishes};
use messaging::{TeaserKind, Urgency};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::portal::{AccountId, AccountState, account};
use crate::zone::{CityProfile, Outside};

const POINT: &str = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";

/// A push service that answers what it is told to, and keeps where it was knocked.
#[derive(Default)]
struct Service {
    answers: Mutex<BTreeMap<String, u16>>,
    knocked: Mutex<Vec<String>>,
}

impl PushService for Service {
    fn send(&self, message: &Message) -> Result<PushAnswer, Unreachable> {
        self.knocked.lock().unwrap().push(message.url.clone());
        match self.answers.lock().unwrap().get(&message.url).copied() {
            Some(0) => Err(Unreachable),
            status => Ok(PushAnswer { status: status.unwrap_or(201), retry_after: None }),
        }
    }
}

/// A mail server that refuses the addresses it is told to, and keeps the others' messages.
#[derive(Default)]
struct Post {
    refuses: Mutex<BTreeMap<String, SendFault>>,
    taken: Mutex<Vec<Mail>>,
}

impl MailRelay for Post {
    fn send(&self, mail: &Mail) -> Result<(), SendFault> {
        if let Some(fault) = self.refuses.lock().unwrap().get(mail.to.reveal()) {
            return Err(*fault);
        }
        self.taken.lock().unwrap().push(mail.clone());
        Ok(())
    }
}

struct City {
    database: TestDatabase,
    outside: Outside,
    service: Arc<Service>,
    post: Arc<Post>,
}

impl City {
    fn new(database: TestDatabase) -> Self {
        let outside = Outside {
            seams: database.seams.clone(),
            store: database.outside(),
            vault: database.outside_vault(),
            profile: Arc::new(CityProfile::demo("https://portal.city.example")),
        };
        Self { database, outside, service: Arc::default(), post: Arc::default() }
    }

    fn teller(&self) -> Teller {
        let tokens = VapidTokens::new(VapidKey::generate("mailto:push@city.example").unwrap());
        let sender = Sender {
            name: "見本市".into(),
            address: messaging::email::EmailAddress::parse("notice@city.example").unwrap(),
            portal: "https://portal.city.example".into(),
        };
        let settings = MailSettings { sender, return_path: path() };
        let mail = MailMeans { relay: self.post.clone(), settings: Arc::new(settings) };
        Teller::new(self.outside.clone(), self.service.clone(), AddressRules::default(), tokens, key()).with_mail(mail)
    }

    fn write<T: Send + 'static>(
        &self,
        mut action: impl FnMut(&mut store::Tx<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.outside.store.write::<_, StoreError, _>(move |tx| action(tx)).unwrap()
    }

    fn person(&self) -> AccountId {
        let (who, now) = (AccountId::fresh(&self.outside.seams), self.outside.seams.now());
        self.write(move |tx| {
            account::make(tx, now, who)?;
            account::set_state(tx, now, who, AccountState::Open, None).map(|_| ())
        });
        who
    }

    fn browser(&self, who: AccountId, name: &str) -> String {
        let url = format!("https://push.example.com/{name}");
        let browser = Subscription::parse(&url, POINT, "BTBZMqHH6r4Tts7J_aSIgg", &AddressRules::default()).unwrap();
        add_push(&self.outside, who, &browser).unwrap();
        url
    }

    fn mailbox(&self, who: AccountId, address: &str) {
        let (_, _, code) = add_email(&self.outside, who, address).unwrap();
        let now = self.outside.seams.now();
        assert!(matches!(self.write(move |tx| confirm_email(tx, now, who, &code)), Confirmed::Now { .. }));
    }

    fn hand_over(&self, campaign: Id, who: AccountId, urgency: Urgency) {
        let seams = self.outside.seams.clone();
        self.write(move |tx| {
            let occasion =
                Occasion { campaign, account: who, urgency, kind: TeaserKind::Letter, path: "/portal/letters/1" };
            hand_over(tx, &seams, &occasion)
        });
    }

    fn counters(&self, campaign: Id) -> CampaignCounters {
        self.write(move |tx| counters(tx, campaign)).unwrap()
    }

    fn knocks(&self) -> usize {
        self.service.knocked.lock().unwrap().len()
    }

    fn mails(&self) -> Vec<Mail> {
        self.post.taken.lock().unwrap().clone()
    }

    fn at(&self, day: i8, hour: u8) {
        self.database.clock.set(Timestamp::in_japan(Date::new(2026, 11, day).unwrap(), hour, 0, 0));
    }
}

fn key() -> TokenKey {
    TokenKey::new(&[7; 32])
}

fn path() -> ReturnPath {
    ReturnPath::new("bounces", "city.example").unwrap()
}

fn campaign(number: u8) -> Id {
    Id::from_bytes([number; 16])
}

fn report(to: &str, status: &str) -> Vec<u8> {
    format!(
        "Delivered-To: {to}\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nx\r\n\
         --b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\nFinal-Recipient: rfc822; a@b.example\r\n\
         Action: failed\r\nStatus: {status}\r\n\r\n--b--\r\n"
    )
    .into_bytes()
}

#[test]
fn a_matter_handed_over_twice_is_told_once_by_each_channel() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (who, teller) = (city.person(), city.teller());
        city.browser(who, "a");
        city.mailbox(who, "hanako@mail.example");
        for _ in 0..2 {
            city.hand_over(campaign(1), who, Urgency::Due);
            teller.work().unwrap();
        }
        assert_eq!((city.knocks(), city.mails().len()), (1, 1));
        assert_eq!(city.counters(campaign(1)).handed_over, 2);
        let text = String::from_utf8(city.mails()[0].bytes.clone()).unwrap();
        assert!(!text.contains("List-Unsubscribe"), "a deadline cannot be refused");
    });
}

#[test]
fn nothing_is_told_at_night_but_an_emergency_and_an_ended_account_is_told_nothing() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (who, teller) = (city.person(), city.teller());
        city.browser(who, "a");
        city.at(24, 23);
        city.hand_over(campaign(1), who, Urgency::Legal);
        teller.work().unwrap();
        assert_eq!(city.knocks(), 0);
        city.hand_over(campaign(2), who, Urgency::Emergency);
        teller.work().unwrap();
        assert_eq!(city.knocks(), 1);
        city.at(25, 8);
        teller.work().unwrap();
        assert_eq!(city.knocks(), 2);
        let now = city.outside.seams.now();
        city.write(move |tx| account::set_state(tx, now, who, AccountState::MovedOut, None).map(|_| ()));
        city.hand_over(campaign(3), who, Urgency::Legal);
        teller.work().unwrap();
        assert_eq!(city.knocks(), 2);
    });
}

#[test]
fn notices_of_a_day_come_in_one_digest_and_letters_do_not_wait_for_it() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (who, teller) = (city.person(), city.teller());
        city.mailbox(who, "hanako@mail.example");
        let now = city.outside.seams.now();
        let chosen = Chosen { wishes: Wishes { digest: Digest::Daily, ..Wishes::default() }, ..Chosen::default() };
        city.write(move |tx| write_wishes(tx, now, who, &chosen));
        for number in 1..=13 {
            city.hand_over(campaign(number), who, Urgency::Notice);
        }
        city.hand_over(campaign(20), who, Urgency::Legal);
        teller.work().unwrap();
        assert_eq!(city.mails().len(), 1);
        city.at(25, 9);
        teller.work().unwrap();
        teller.work().unwrap();
        let mails = city.mails();
        assert_eq!(mails.len(), 2);
        let read = String::from_utf8(mails[1].bytes.clone()).unwrap();
        assert!(read.contains("List-Unsubscribe: <https://portal.city.example/stop/"), "{read}");
        let counted: u64 = (1..=13).map(|number| city.counters(campaign(number)).handed_over).sum();
        assert_eq!(counted, 13);
        let now = city.outside.seams.now();
        let listed = |now, who| city.outside.store.read::<_, StoreError, _>(|tx| told_together(tx, now, who)).unwrap();
        assert_eq!(listed(now, who).len(), 13, "what was told at once is not among them");
        assert!(listed(now, city.person()).is_empty() && listed(now.plus_seconds(8 * 86_400), who).is_empty());
    });
}

#[test]
fn a_browser_that_is_gone_is_forgotten_and_a_busy_service_is_asked_again_for_three_days() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (who, teller) = (city.person(), city.teller());
        let (gone, busy) = (city.browser(who, "gone"), city.browser(who, "busy"));
        city.service.answers.lock().unwrap().extend([(gone.clone(), 410), (busy.clone(), 503)]);
        let always = Chosen { wishes: Wishes { quiet: None, ..Wishes::default() }, ..Chosen::default() };
        let now = city.outside.seams.now();
        city.write(move |tx| write_wishes(tx, now, who, &always));
        city.hand_over(campaign(1), who, Urgency::Due);
        teller.work().unwrap();
        assert_eq!(city.write(move |tx| list(tx, who)).len(), 1);
        assert_eq!(city.counters(campaign(1)).handed_over, 0);
        city.database.clock.advance_seconds(31);
        city.service.answers.lock().unwrap().insert(busy.clone(), 201);
        teller.work().unwrap();
        assert_eq!(city.counters(campaign(1)).handed_over, 1);
        city.service.answers.lock().unwrap().insert(busy, 0);
        city.hand_over(campaign(2), who, Urgency::Due);
        let mut tries = 0;
        for _ in 0..200 {
            tries += teller.work().unwrap().put_off;
            city.database.clock.advance_seconds(3600);
        }
        let counted = city.counters(campaign(2));
        assert_eq!((counted.gave_up, counted.handed_over), (1, 0));
        assert!((70..=80).contains(&tries), "{tries}");
    });
}

#[test]
fn a_process_that_dies_between_sending_and_writing_leaves_nothing_untold() {
    for_each_engine(|database| {
        let city = City::new(database);
        let who = city.person();
        city.browser(who, "a");
        city.hand_over(campaign(1), who, Urgency::Due);
        expand(&city.outside).unwrap();
        // Claimed, and never finished.
        let seams = city.outside.seams.clone();
        let lease = seams.random_id();
        let claimed: usize = (0..=8)
            .map(|lane| {
                let seams = seams.clone();
                city.write(move |tx| outbox::claim(tx, &seams, lane, 10, lease, &[]).map(|found| found.0.len()))
            })
            .sum();
        assert_eq!(claimed, 1);
        let teller = city.teller();
        teller.work().unwrap();
        assert_eq!(city.knocks(), 0, "the lease still holds");
        city.database.clock.advance_seconds(outbox::LEASE_SECONDS + 1);
        teller.work().unwrap();
        assert_eq!(city.knocks(), 1);
        // The dead one comes back to life and writes: too late.
        assert_eq!(city.counters(campaign(1)).handed_over, 1);
    });
}

#[test]
fn two_tellers_at_once_tell_each_person_once() {
    for_each_engine(|database| {
        let city = City::new(database);
        for number in 0..60 {
            let who = city.person();
            city.browser(who, &format!("{number}"));
            city.hand_over(campaign(1), who, Urgency::Due);
        }
        let tellers = [city.teller(), city.teller()];
        std::thread::scope(|scope| {
            for teller in &tellers {
                scope.spawn(|| {
                    while let Ok(worked) = teller.work() {
                        if worked == Worked::default() {
                            break;
                        }
                    }
                });
            }
        });
        let mut knocked = city.service.knocked.lock().unwrap().clone();
        assert_eq!(knocked.len(), 60);
        knocked.sort();
        knocked.dedup();
        assert_eq!(knocked.len(), 60);
        assert_eq!(city.counters(campaign(1)).handed_over, 60);
    });
}

#[test]
fn mail_that_comes_back_suppresses_the_address_until_its_person_confirms_it_anew() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (who, teller) = (city.person(), city.teller());
        city.mailbox(who, "hanako@mail.example");
        city.hand_over(campaign(1), who, Urgency::Due);
        teller.work().unwrap();
        let to = city.mails()[0].return_path.clone();
        let take = |bytes: &[u8]| take_bounce(&city.outside, &key(), &path(), bytes, &[]).unwrap();
        assert_eq!(take(&report("bounces+forged@city.example", "5.1.1")), Bounced::NotOurs);
        assert!(matches!(take(&report(&to, "five")), Bounced::Unreadable(_)));
        assert_eq!(take(&report(&to, "5.1.1")), Bounced::Counted);
        assert_eq!(take(&report(&to, "5.1.1")), Bounced::Nothing, "a second report");
        assert_eq!(city.counters(campaign(1)).hard_bounces, 1);
        let status = |city: &City| city.write(move |tx| list(tx, who))[0].status;
        assert_eq!(status(&city), AddressStatus::Suppressed(Suppressed::Hard));
        city.hand_over(campaign(2), who, Urgency::Due);
        teller.work().unwrap();
        assert_eq!(city.mails().len(), 1);
        city.database.clock.advance_seconds(61);
        city.mailbox(who, "hanako@mail.example");
        assert_eq!(status(&city), AddressStatus::Live);
        city.hand_over(campaign(3), who, Urgency::Due);
        teller.work().unwrap();
        assert_eq!(city.mails().len(), 2);
    });
}

#[test]
fn a_campaign_that_bounces_or_bores_stops_itself_and_goes_on_when_an_officer_says_so() {
    for_each_engine(|database| {
        let city = City::new(database);
        let teller = city.teller();
        for number in 0..50 {
            let who = city.person();
            city.mailbox(who, &format!("p{number}@mail.example"));
            let refused = SendFault::Refused { code: 550, bounce: Bounce::Hard };
            city.post.refuses.lock().unwrap().insert(format!("p{number}@mail.example"), refused);
            city.hand_over(campaign(1), who, Urgency::Due);
        }
        teller.work().unwrap();
        let counted = city.counters(campaign(1));
        assert_eq!((counted.hard_bounces, counted.state), (50, CampaignState::Paused));
        assert_eq!(counted.paused_for.as_deref(), Some("hard-bounces"));
        let late = city.person();
        city.browser(late, "late");
        city.hand_over(campaign(1), late, Urgency::Due);
        teller.work().unwrap();
        assert_eq!(city.knocks(), 0, "held");
        let now = city.outside.seams.now();
        assert!(city.write(move |tx| resume(tx, campaign(1), now)));
        teller.work().unwrap();
        assert_eq!(city.knocks(), 1);
        // 関係ない, once a person.
        city.hand_over(campaign(2), late, Urgency::Notice);
        for _ in 0..9 {
            let who = city.person();
            for _ in 0..2 {
                city.write(move |tx| said_irrelevant(tx, campaign(2), who));
            }
        }
        assert_eq!(city.counters(campaign(2)).state, CampaignState::Open);
        city.write(move |tx| said_irrelevant(tx, campaign(2), late));
        assert_eq!(city.counters(campaign(2)).paused_for.as_deref(), Some("irrelevant"));
    });
}

#[test]
fn what_is_recalled_or_not_wanted_any_more_is_not_told() {
    struct NotThisOne(Id);
    impl Recheck for NotThisOne {
        fn may_tell(&self, _: &mut store::Tx<'_>, campaign: Id, _: AccountId) -> Result<bool, StoreError> {
            Ok(campaign != self.0)
        }
    }
    for_each_engine(|database| {
        let city = City::new(database);
        let teller = city.teller().with_recheck(Arc::new(NotThisOne(campaign(2))));
        let who = city.person();
        city.browser(who, "a");
        for number in 1..=3 {
            city.hand_over(campaign(number), who, Urgency::Due);
        }
        assert!(city.write(|tx| withdraw(tx, campaign(1))));
        teller.work().unwrap();
        assert_eq!(city.knocks(), 1);
        assert_eq!(city.counters(campaign(3)).handed_over, 1);
    });
}

#[test]
fn the_link_in_a_mail_stops_notices_and_not_what_the_law_wants_told() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (who, teller) = (city.person(), city.teller());
        city.mailbox(who, "hanako@mail.example");
        city.hand_over(campaign(1), who, Urgency::Notice);
        teller.work().unwrap();
        let text = String::from_utf8(city.mails()[0].bytes.clone()).unwrap();
        let token = text.split("/stop/").nth(1).unwrap().split('>').next().unwrap().to_owned();
        assert_eq!(city.write(move |tx| stop_by_token(tx, &key(), "forged")), None);
        assert_eq!(city.write(move |tx| stop_by_token(tx, &key(), &token)), Some(true));
        city.hand_over(campaign(2), who, Urgency::Notice);
        city.hand_over(campaign(3), who, Urgency::Legal);
        teller.work().unwrap();
        assert_eq!(city.mails().len(), 2);
        assert_eq!(city.counters(campaign(2)).handed_over, 0);
        assert_eq!(city.counters(campaign(3)).handed_over, 1);
    });
}

#[test]
fn a_code_confirms_once_within_its_time_and_five_tries() {
    for_each_engine(|database| {
        let city = City::new(database);
        let who = city.person();
        let confirm = |code: &str| {
            let (code, now) = (code.to_owned(), city.outside.seams.now());
            matches!(city.write(move |tx| confirm_email(tx, now, who, &code)), Confirmed::Now { .. })
        };
        let (_, _, first) = add_email(&city.outside, who, "a@mail.example").unwrap();
        assert!(matches!(add_email(&city.outside, who, "a@mail.example"), Err(NotAdded::TooSoon)));
        let wrong = if first == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            assert!(!confirm(wrong));
        }
        assert!(!confirm(&first), "five tries are enough");
        city.database.clock.advance_seconds(60);
        let (_, _, late) = add_email(&city.outside, who, "a@mail.example").unwrap();
        city.database.clock.advance_seconds(CODE_SECONDS);
        assert!(!confirm(&late));
        let (_, _, right) = add_email(&city.outside, who, "a@mail.example").unwrap();
        assert!(confirm(&right) && !confirm(&right));
        let shown = format!("{:?}", city.write(move |tx| list(tx, who)));
        assert!(!shown.contains("mail.example"), "{shown}");
    });
}

#[test]
fn a_browser_that_changes_hands_is_told_the_new_persons_matters_only() {
    for_each_engine(|database| {
        let city = City::new(database);
        let (before, now) = (city.person(), city.person());
        city.browser(before, "shared");
        city.browser(now, "shared");
        assert!(city.write(move |tx| list(tx, before)).is_empty());
        for number in 0..12 {
            city.browser(now, &format!("{number}"));
            city.database.clock.advance_seconds(1);
        }
        assert_eq!(city.write(move |tx| list(tx, now)).len(), 10);
        let quiet = city.write(move |tx| read_wishes(tx, now)).wishes.quiet;
        assert_eq!(quiet, Some(QuietHours::default()));
    });
}
