//! The library's counter: what the library says of a typed number, and what マイキープラットフォーム is asked and not asked.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use std::sync::{Arc, Mutex};

use base::Yen;
use card::DeviceKind;
use card::virtual_card::Behaviour;
use openid::http::OverTcp;
use services::city_cards::examples;
use services::city_cards::kept::{self, CardsError};
use services::library_card::KEY;
use services::library_card::system::{
    AllRenewed, Answer, Item, Lent, LibraryError, LibrarySystem, No, Offers, Patron, Returned, Standing as MayDo,
};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use testkit::world::mykey::MyKey as Platform;
use tools::ResidentId;
use tools::access::Actor;
use tools::credentials::tap_rules::Attendance;
use tools::credentials::{CredentialError, CredentialKind, CredentialStatus, own};
use tools::mykey::over_http::OverHttp;
use tools::register::import::{self, Options};
use tools::service_cards::{self, CardError, CardStatus, Form, NewCard, Subject};
use tools::staff::Role;
use tools::terminals::Sort;
use wire::resident_csv::files;
use yakuba_web::staff::library::{Connection, MyKey, Place as LibraryPlace};
use yakuba_web::testing::cards::{PIN, TestCards, TestReader};
use yakuba_web::testing::{TestDoor, Visitor};

const COUNTER: &str = "/counter/library";
const PERSON: &str = "/counter/library/person";
const ENROL: &str = "/counter/library/enrol";
const TAG: &str = "04A1B2C3D4E5F6";

/// A library that says of any number what the test wants.
#[derive(Clone)]
struct Scripted(Arc<Mutex<Answer<Patron>>>);

impl Scripted {
    fn says(&self, answer: Answer<Patron>) {
        *self.0.lock().unwrap() = answer;
    }
}

impl LibrarySystem for Scripted {
    fn check(&self) -> Answer<Offers> {
        Err(LibraryError::Unreachable)
    }
    fn borrow_item(&self, _: &str, _: &str) -> Answer<Lent> {
        Err(LibraryError::Unreachable)
    }
    fn return_item(&self, _: &str) -> Answer<Returned> {
        Err(LibraryError::Unreachable)
    }
    fn renew(&self, _: &str, _: &str) -> Answer<Lent> {
        Err(LibraryError::Unreachable)
    }
    fn renew_all(&self, _: &str) -> Answer<AllRenewed> {
        Err(LibraryError::Unreachable)
    }
    fn hold(&self, _: &str, _: &str) -> Answer<Option<u32>> {
        Err(LibraryError::Unreachable)
    }
    fn cancel_hold(&self, _: &str, _: &str) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
    fn pay(&self, _: &str, _: Yen) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
    fn patron(&self, _: &str) -> Answer<Patron> {
        self.0.lock().unwrap().clone()
    }
    fn item(&self, _: &str) -> Answer<Item> {
        Err(LibraryError::Unreachable)
    }
    fn block(&self, _: &str, _: &str) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
    fn end_session(&self, _: &str) -> Answer<()> {
        Err(LibraryError::Unreachable)
    }
}

struct Scene {
    door: TestDoor,
    tray: TestReader,
    cards: TestCards,
    library: Scripted,
    platform: Platform,
}

fn clerk() -> Actor {
    Actor::System { job: "test" }
}

fn resident(key: &str) -> ResidentId {
    ResidentId::parse(key).unwrap()
}

impl Scene {
    fn open(database: TestDatabase) -> Self {
        let (cards, tray) = (TestCards::new(&database.seams), TestReader::default());
        let platform = Platform::start("himitsu").unwrap();
        let library = Scripted(Arc::new(Mutex::new(Ok(Patron::default()))));
        let over = OverHttp::new(
            Arc::new(OverTcp::default()),
            platform.origin(),
            "mihon".to_owned(),
            "himitsu".to_owned().into(),
        );
        let system = library.clone();
        let door = TestDoor::with(database, |app| {
            cards.machines(app, &tray);
            app.library = LibraryPlace {
                connection: Connection::Sip2,
                system: Some(Arc::new(system)),
                mykey: Some(MyKey { platform: Arc::new(over), is_simulated: false }),
                ..LibraryPlace::default()
            };
        });
        let scene = Self { door, tray, cards, library, platform };
        scene.residents();
        scene
    }

    fn residents(&self) {
        let directory = tempfile::tempdir().unwrap();
        let rows = "resident_id,household_id,relationship,name,name_kana,birth_date,sex,address,municipality_code,\
                    town_code,became_resident_on,state,state_on\n\
                    R-1,H-1,世帯主,甲野　太郎,カナ,1980-01-02,male,見本県見本市中央一丁目1番1号,99999,0001001,2005-04-01,,\n\
                    R-2,H-2,世帯主,乙野　春子,カナ,1982-03-04,female,見本県見本市中央一丁目2番1号,99999,0001001,2005-04-01,,\n";
        std::fs::write(directory.path().join(files::RESIDENTS), rows).unwrap();
        let database = &self.door.database;
        let options = Options::default();
        import::run(&database.inside(), &database.seams, directory.path(), &options, &mut |_| true).unwrap();
        self.door.give_tag(&resident("R-1"), TAG);
    }

    /// A card, or a phone, with a certificate of its own; linked here with somebody, or with nobody.
    fn card(&self, serial: u64, device: DeviceKind, holder: Option<&str>) -> Vec<u8> {
        let card = self.cards.issue(serial);
        if let Some(holder) = holder {
            self.cards.link(self.door.inside(), &card.certificate, &resident(holder), None);
        }
        let mut contents = self.cards.contents(&card);
        contents.device = device;
        self.tray.put(self.cards.chip(contents, Behaviour::default()));
        card.certificate
    }

    /// The platform knows this certificate by an ID that has this number with our library.
    fn platform_has(&self, certificate: &[u8], number: &str) {
        self.platform.register("ABCD1234", certificate);
        self.platform.link_before("mihon", "ABCD1234", number);
    }

    fn counter(&self, attendance: Attendance) -> Visitor<'_> {
        self.door.terminal_of(Sort::LibraryCounter, "窓口1", "中央図書館", Some(attendance)).1
    }

    /// A card of the library's for R-2, as it stands.
    fn of_another(&self, number: &'static str, status: CardStatus) {
        let inside = self.door.inside().clone();
        let subject = Subject::of(&inside.vault, KEY, &resident("R-2")).unwrap();
        let done = inside.cards.clone().write::<_, CardError, _>(move |tx| {
            let new = NewCard { service: KEY, subject: &subject, form: Form::OneCard, number, valid_until: None };
            let id = service_cards::issue(tx, &inside.vault, &inside.seams, &clerk(), &new)?.unwrap();
            service_cards::change(tx, &inside.seams, &clerk(), KEY, id, status, "test")
        });
        assert!(done.unwrap());
    }

    /// Words in the history of the card of this number; none where there is no such card.
    fn words(&self, number: &'static str) -> Vec<String> {
        let inside = self.door.inside().clone();
        let all = inside.cards.clone().read::<_, CardError, _>(move |tx| {
            match service_cards::find_number(tx, &inside.vault, KEY, number)?.first() {
                Some(card) => service_cards::history(tx, KEY, card.id),
                None => Ok(Vec::new()),
            }
        });
        all.unwrap().into_iter().map(|one| one.why).collect()
    }

    fn count(&self, sql: &'static str) -> i64 {
        self.door.inside().store.read::<_, StoreError, _>(move |tx| tx.query(sql, &[])).unwrap()[0].int(0).unwrap()
    }

    fn disclosures(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM disclosure WHERE duty = 'library'")
    }
}

/// Sends a form, and gives the page to which it leads.
fn sent(visitor: &mut Visitor<'_>, address: &str, fields: &[(&str, &str)]) -> String {
    let answer = visitor.post(address, fields);
    assert_eq!(answer.status, 303, "{}", answer.text());
    visitor.get(answer.location().unwrap()).text()
}

#[test]
fn a_number_that_the_library_cannot_be_asked_about_waits_for_a_choice_that_is_kept() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut counter = scene.counter(Attendance::FaceToFace);
        assert!(sent(&mut counter, COUNTER, &[("tag", TAG)]).contains("まだ図書館の利用登録がありません"));
        scene.library.says(Err(LibraryError::Unreachable));
        for _ in 0..2 {
            let page = counter.post(ENROL, &[("number", "L-0042")]).text();
            assert!(page.contains("図書館のシステムに確かめられませんでした") && page.contains("L-0042"), "{page}");
            assert!(page.contains("もう一度確かめる") && page.contains("確かめずに登録する"), "{page}");
            assert!(scene.words("L-0042").is_empty(), "nothing is linked before somebody chose");
        }
        let page = sent(&mut counter, ENROL, &[("number", "L-0042"), ("unchecked", "yes")]);
        assert!(page.contains("登録しました") && page.contains("図書館に確かめずに登録した番号です"), "{page}");
        assert!(scene.words("L-0042").contains(&"number_unchecked".to_owned()));
        // An Individual Number is never a choice.
        let page = sent(&mut counter, ENROL, &[("number", "123456789018"), ("unchecked", "yes")]);
        assert!(page.contains("番号は、英数字とハイフンで"), "{page}");
    });
}

#[test]
fn the_library_answers_when_it_is_asked_again_and_then_the_number_is_checked() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut counter = scene.counter(Attendance::FaceToFace);
        sent(&mut counter, COUNTER, &[("tag", TAG)]);
        scene.library.says(Err(LibraryError::Maintenance));
        assert!(counter.post(ENROL, &[("number", "L-0042")]).text().contains("もう一度確かめる"));
        scene.library.says(Ok(Patron::default()));
        let page = sent(&mut counter, ENROL, &[("number", "L-0042")]);
        assert!(page.contains("登録しました") && !page.contains("図書館に確かめずに"), "{page}");
        assert!(scene.words("L-0042").contains(&"number_checked".to_owned()));
    });
}

/// The words on the buttons for the one next step of a page.
fn next_steps(page: &str) -> Vec<&str> {
    let after = |at: usize| page[at..].split_once('>').and_then(|(_, rest)| rest.split('<').next());
    page.match_indices("class=\"button\"").filter_map(|(at, _)| after(at)).collect()
}

#[test]
fn nothing_is_said_of_money_where_nothing_is_to_be_paid() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let (key, free) = examples::all().into_iter().find(|(key, _)| *key == KEY).unwrap();
    let inside = scene.door.inside().clone();
    let seams = inside.seams.clone();
    inside.store.write::<_, CardsError, _>(move |tx| kept::seed_demo(tx, &seams, key, &free)).unwrap();
    let page = sent(&mut scene.counter(Attendance::FaceToFace), COUNTER, &[("tag", TAG)]);
    assert!(page.contains("action=\"/counter/library/enrol\""), "{page}");
    assert!(!page.contains('円') && !page.contains("受け取ってから"), "{page}");
}

#[test]
fn every_page_of_the_counter_has_one_next_step() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut counter = scene.counter(Attendance::FaceToFace);
    assert_eq!(next_steps(&counter.get(COUNTER).text()), ["カードを読む"]);
    assert_eq!(next_steps(&sent(&mut counter, COUNTER, &[("tag", TAG)])), ["登録する"], "the next person waits");
    scene.library.says(Err(LibraryError::Unreachable));
    assert_eq!(next_steps(&counter.post(ENROL, &[("number", "L-0042")]).text()), ["もう一度確かめる"]);
    let page = sent(&mut counter, ENROL, &[("number", "L-0042"), ("unchecked", "yes")]);
    assert_eq!(next_steps(&page), ["次の人へ"], "{page}");
}

#[test]
fn a_no_of_the_library_that_confirms_no_number_is_no_patron() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut counter = scene.counter(Attendance::FaceToFace);
        sent(&mut counter, COUNTER, &[("tag", TAG)]);
        scene.library.says(Err(LibraryError::no(No::UnknownPatron)));
        for unchecked in ["", "yes"] {
            let page = sent(&mut counter, ENROL, &[("number", "L-0042"), ("unchecked", unchecked)]);
            assert!(page.contains("その利用者番号の登録がありません"), "unknown is not passed over: {page}");
        }
        for no in [No::Closed, No::Other, No::NotOffered] {
            scene.library.says(Err(LibraryError::no(no)));
            let page = counter.post(ENROL, &[("number", "L-0042")]).text();
            assert!(page.contains("この番号について答えませんでした") && page.contains("確かめずに登録する"), "{page}");
        }
        assert!(scene.words("L-0042").is_empty());
        // Ended or blocked there, and its number confirmed: a patron, and the counter is told.
        let standing = MayDo { no_loans: true, no_renewals: true, no_holds: true, ..MayDo::default() };
        scene.library.says(Ok(Patron { standing, ..Patron::default() }));
        let page = sent(&mut counter, ENROL, &[("number", "L-0042")]);
        assert!(page.contains("いまこの利用者の貸出が止まっています"), "{page}");
        assert!(scene.words("L-0042").contains(&"number_checked".to_owned()));
    });
}

#[test]
fn one_tap_of_somebody_without_a_card_is_one_disclosure() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut counter = scene.counter(Attendance::FaceToFace);
        // By tag, and by card and PIN: the platform has nothing for either.
        sent(&mut counter, COUNTER, &[("tag", TAG)]);
        assert_eq!((scene.disclosures(), scene.platform.asked()), (1, 0));
        scene.card(1, DeviceKind::Card, Some("R-1"));
        let page = sent(&mut counter, COUNTER, &[("pin", PIN)]);
        assert!(page.contains("まだ図書館の利用登録がありません"), "{page}");
        assert_eq!((scene.disclosures(), scene.platform.asked()), (2, 1));
        // The page looked at again is another look.
        counter.get(PERSON);
        assert_eq!(scene.disclosures(), 3);
        // With a number at the platform: the number, and the person's page to register it, are one look.
        let certificate = scene.card(2, DeviceKind::Card, Some("R-2"));
        scene.platform_has(&certificate, "L-0500");
        let told = counter.post(COUNTER, &[("pin", PIN)]);
        assert!(told.status == 200 && told.text().contains("L-0500"), "{}", told.text());
        counter.get(PERSON);
        assert_eq!((scene.disclosures(), scene.platform.asked()), (4, 2));
    });
}

#[test]
fn the_platform_is_asked_where_staff_watch_and_of_a_card_and_never_about_what_is_stopped() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let certificate = scene.card(1, DeviceKind::Card, None);
        scene.platform_has(&certificate, "L-0500");
        // Nobody declared that somebody watches.
        let mut alone = scene.counter(Attendance::Unattended);
        let refused = alone.post(COUNTER, &[("pin", PIN)]);
        assert_eq!((refused.status, scene.platform.asked()), (403, 0));

        // The same card where staff watch: its number, of nobody known here.
        let mut counter = scene.counter(Attendance::FaceToFace);
        let told = counter.post(COUNTER, &[("pin", PIN)]);
        assert!(told.status == 200 && told.text().contains("L-0500"), "{}", told.text());
        assert_eq!((scene.platform.asked(), scene.disclosures()), (1, 0));
        assert_eq!(counter.get(PERSON).location(), Some(COUNTER), "a number, and nobody known by it");

        // That number is stopped here, whoever has it.
        scene.of_another("L-0500", CardStatus::OnHold);
        let page = sent(&mut counter, COUNTER, &[("pin", PIN)]);
        assert!(page.contains("ここでは止めてあります") && !page.contains("L-0500"), "{page}");
        assert_eq!(scene.platform.asked(), 2);

        // A phone's certificate is not asked about.
        for (serial, phone) in [(2, DeviceKind::AndroidPhone), (3, DeviceKind::Iphone)] {
            scene.card(serial, phone, None);
            let page = sent(&mut counter, COUNTER, &[("pin", PIN)]);
            assert!(page.contains("スマートフォン"), "{page}");
        }
        assert_eq!(scene.platform.asked(), 2);

        // A card that is stopped here opens nothing by the platform either.
        let certificate = scene.card(4, DeviceKind::Card, Some("R-1"));
        scene.platform_has(&certificate, "L-0600");
        let (seams, sql) = (scene.door.inside().seams.clone(), "SELECT credential_id FROM credentials WHERE kind = $1");
        let stopped = scene.door.inside().store.write::<_, CredentialError, _>(move |tx| {
            let id = tx.query(sql, &[CredentialKind::JpkiCard.code().into()])?[0].id(0)?;
            own::set_status(tx, &seams, &clerk(), &resident("R-1"), id, CredentialStatus::OnHold)
        });
        assert!(stopped.unwrap());
        let page = sent(&mut counter, COUNTER, &[("pin", PIN)]);
        assert!(!page.contains("L-0600"), "{page}");
        assert_eq!(scene.platform.asked(), 2);
        assert_eq!(scene.count("SELECT COUNT(*) FROM audit_entry WHERE event = 'library.mykey_asked'"), 2);
        // The console says that it is used, and where.
        let page = scene.door.staff(&[Role::CertificateOfficer]).get("/staff/library").text();
        assert!(page.contains("マイキープラットフォーム") && page.contains("使います(図書館カウンター)"), "{page}");
    });
}
