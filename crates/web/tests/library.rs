//! The library's story: a self-checkout machine borrows with a tag, the portal shows it, it is renewed, given back, and nothing of
//! it was ever kept. The machine is a program nobody here wrote (the crate `sip2`), over TCP.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;
use std::time::Duration;

use pki::sealed::SealingKey;
use services::library_card::answers::Answers;
use services::library_card::listener::{Door, Limits};
use services::library_card::patron::Resolver;
use services::library_card::self_check::{Desk as MachineDesk, Machine};
use services::library_card::sip2_system::{Settings, Sip2System};
use services::library_card::sync::daily::{Daily, SETTLED, Settings as DailySettings};
use services::library_card::sync::{self, Written};
use services::library_card::{Charset, KEY, LibrarySystem, own};
use store::StoreError;
use store::testing::TestDatabase;
use testkit::world::library::{Access, Library, Stock};
use tools::ResidentId;
use tools::access::Actor;
use tools::audit::Zone;
use tools::credentials::{self, CredentialError, numbers};
use tools::messages;
use tools::portal::post::Desk;
use tools::portal::{AccountId, Assurance, Post};
use tools::register::import::Options;
use tools::relay::{Endpoint, InProcess};
use tools::service_cards::{self, CardError, CardStatus, Form, NewCard, Subject};
use tools::signing::SigningKey;
use tools::staff::Role;
use wire::resident_csv::files;
use yakuba_web::portal::Ways;
use yakuba_web::staff::library::{Connection, Place};
use yakuba_web::testing::{TestDoor, Visitor};

const TAG: &str = "04A23B1C5D8066";
const NUMBER: &str = "L-0042";
const BOOK: &str = "ポケットの中の図書館";
const WAITING: &str = "待たれている本";

struct City {
    door: TestDoor,
    library: Library,
    machines: Arc<Door>,
    answers: Arc<Answers>,
    inside_post: Arc<Post>,
    outside_post: Arc<Post>,
    relay: (Endpoint, Endpoint),
    daily: Arc<Daily>,
    folders: tempfile::TempDir,
}

fn system(library: &Library, database: &TestDatabase) -> Arc<dyn LibrarySystem> {
    let settings = Settings {
        address: library.sip2_address(),
        login: "yakuba".to_owned(),
        password: "himitsu".to_owned().into(),
        institution: "MIHON".to_owned(),
        charset: Charset::ShiftJis,
    };
    Arc::new(Sip2System::new(settings, database.seams.clone()))
}

impl City {
    fn open() -> Self {
        let database = TestDatabase::on_sqlite();
        let access = Access {
            login: "yakuba".to_owned(),
            password: "himitsu".to_owned(),
            institution: "MIHON".to_owned(),
            charset: Charset::ShiftJis,
            wait_tenths: 20,
        };
        let mut stock = Stock::demo();
        stock.add_member(NUMBER);
        let library = Library::start(access, stock, database.seams.clone()).unwrap();
        let system = system(&library, &database);
        let inside = tools::Inside {
            seams: database.seams.clone(),
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: Arc::new(tools::CityProfile::demo("http://127.0.0.1:8080")),
            demo: true,
        };
        let folders = tempfile::tempdir().unwrap();
        let (give, take) = (folders.path().join("give"), folders.path().join("take"));
        std::fs::create_dir(&give).unwrap();
        std::fs::create_dir(&take).unwrap();
        let settings = DailySettings { give: Some(give), take: Some(take), written: Written::Utf8, from_hour: 0 };
        let daily = Arc::new(Daily::new(inside.clone(), settings));
        let resolver = Resolver { city: inside.clone(), codes: None };
        let machine = Machine { login: "gate".to_owned(), password: "word".to_owned().into() };
        let desk = Arc::new(MachineDesk::new(resolver, system.clone(), "MIHON", vec![machine]));
        let limits = Limits::new(8, 8, Duration::from_secs(60), Charset::Utf8);
        let machines = Arc::new(Door::open("127.0.0.1:0", desk, limits).unwrap());
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let (our_name, their_name) = (ours.public().clone(), theirs.public().clone());
        let inside_post = Arc::new(Post::new(Zone::Outside, vec![ours], their_name));
        let outside_post = Arc::new(Post::new(Zone::Inside, vec![theirs], our_name));
        let ways =
            Ways { post: outside_post.clone(), party: None, national: None, cards: None, mailer: None, carrier: None };
        let place = Place {
            connection: Connection::Sip2,
            system: Some(system.clone()),
            door: Some(machines.clone()),
            mykey: None,
            daily: Some(daily.clone()),
        };
        let door = TestDoor::with(database, |app| {
            app.portal = Some(Arc::new(ways));
            app.library = place;
        });
        let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
        let end = |zone, store: &store::Store, own: u8, other: u8, router| {
            Endpoint::new(zone, store.clone(), inside.seams.clone(), key(own), vec![key(other).public()], router)
        };
        let near = end(Zone::Inside, &inside.store, 1, 2, messages::to_inside());
        let far = end(Zone::Outside, &door.database.outside(), 2, 1, messages::to_outside());
        let answers = Arc::new(Answers::start(inside, inside_post.clone(), Some(system)).unwrap());
        let relay = (near, far);
        let city = Self { door, library, machines, answers, inside_post, outside_post, relay, daily, folders };
        city.residents();
        city
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
        tools::register::import::run(&database.inside(), &database.seams, directory.path(), &options, &mut |_| true)
            .unwrap();
    }

    /// The holder of the tag, registered with the library.
    fn enrol(&self) {
        let (inside, by) = (self.door.inside().clone(), Actor::System { job: "test" });
        let holder = ResidentId::parse("R-1").unwrap();
        let (vault, seams, actor, who) = (inside.vault.clone(), inside.seams.clone(), by.clone(), holder.clone());
        let until = seams.now().plus_seconds(86_400 * 365);
        let linked = inside.store.write::<_, CredentialError, _>(move |tx| {
            credentials::enrol_token(tx, &vault, &seams, &actor, &who, until, &numbers::tag(TAG).unwrap())
        });
        linked.unwrap().unwrap();
        let subject = Subject::of(&inside.vault, KEY, &holder).unwrap();
        let (vault, seams) = (inside.vault.clone(), inside.seams.clone());
        let issued = inside.cards.write::<_, CardError, _>(move |tx| {
            let new =
                NewCard { service: KEY, subject: &subject, form: Form::OneCard, number: NUMBER, valid_until: None };
            service_cards::issue(tx, &vault, &seams, &by, &new)
        });
        issued.unwrap().unwrap();
    }

    fn resident(&self, resident: &'static str) -> (AccountId, Visitor<'_>) {
        let (account, visitor) = self.door.resident(Assurance::Substantial);
        let now = self.door.database.seams.now();
        let store = &self.door.inside().store;
        store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3)",
                    &[account.into(), resident.into(), now.into()],
                )
            })
            .unwrap();
        (account, visitor)
    }

    /// What was asked outside is carried in, answered by the library and carried back.
    fn settle(&self) {
        let (inside, outside) = (self.door.inside(), self.door.app.outside.as_ref().unwrap());
        self.relay.1.pump(&InProcess(&self.relay.0)).unwrap();
        let answers = self.answers.clone();
        let desk = Desk::default().on(own::LOOK, move |opened| answers.take(opened));
        let asked = self.inside_post.unpack(&inside.store, &inside.seams, &desk).unwrap();
        let taking = outside.as_ref().clone();
        let desk = Desk::default().on(own::ANSWER, move |opened| own::take_answer(&taking, opened));
        let mut came = 0;
        // Answered on threads of their own.
        for _ in 0..400 {
            if came >= asked {
                return;
            }
            std::thread::sleep(Duration::from_millis(25));
            self.relay.0.pump(&InProcess(&self.relay.1)).unwrap();
            came += self.outside_post.unpack(&outside.store, &outside.seams, &desk).unwrap();
        }
        panic!("the library was asked and nobody answered");
    }

    fn machine(&self) -> sip2_peer::Client {
        sip2_peer::Client::new(&self.machines.address().to_string()).unwrap()
    }
}

fn wishes(shown: &str) -> sip2_peer::ParamSet {
    let mut wishes = sip2_peer::ParamSet::new();
    wishes.set_sip_user("gate").set_sip_pass("word").set_institution("MIHON").set_patron_id(shown);
    wishes
}

/// Whether a file below `directory` holds these bytes.
fn holds(directory: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).any(|path| match path.is_dir() {
        true => holds(&path, bytes),
        false => std::fs::read(&path).is_ok_and(|all| all.windows(bytes.len()).any(|window| window == bytes)),
    })
}

#[test]
fn borrowed_with_a_tag_seen_in_the_portal_renewed_given_back_and_nothing_kept() {
    let city = City::open();
    let (account, mut me) = city.resident("R-1");
    assert!(me.get("/portal/library").text().contains("図書館に問い合わせています"));
    city.settle();
    assert!(me.get("/portal/library").text().contains("図書館の利用登録がありません"));

    city.enrol();
    let mut machine = city.machine();
    let mut at = wishes(TAG);
    assert!(machine.login(&at).unwrap().ok());
    assert!(machine.sc_status().unwrap().ok());
    let patron = machine.patron_info(&at).unwrap();
    assert!(patron.ok());
    assert_eq!(patron.value("AA"), Some(TAG), "the answer carries what was shown, not the number");
    at.set_item_id("B0001");
    let lent = machine.checkout(&at).unwrap();
    assert!(lent.ok());
    assert_eq!(lent.value("AJ"), Some(BOOK), "through Shift_JIS and UTF-8, with a bar in the middle of a letter");
    assert_eq!(city.library.stock(|stock| stock.holder("B0001")).as_deref(), Some(NUMBER));

    city.library.stock(|stock| {
        stock.add_book("B0009", WAITING);
        stock.reserve(NUMBER, "B0009");
    });
    assert!(!me.get("/portal").text().contains("受け取れる予約"), "the first page asks the library nothing");
    assert_eq!(me.post("/portal/library/look", &[]).location(), Some("/portal/library?done=portal-done-library-asked"));
    city.door.database.clock.advance_seconds(30);
    me.post("/portal/library/look", &[]);
    city.settle();
    let page = me.get("/portal/library").text();
    assert!(page.contains(BOOK) && page.contains("返却日"), "{page}");
    assert!(page.contains("受け取れます") && page.contains("カードの画面に戻る"), "{page}");
    let home = me.get("/portal").text();
    assert!(home.contains("受け取れる予約の資料があります") && !home.contains(WAITING), "that, and not what: {home}");
    let due = city.door.database.seams.today().plus_days(28);
    assert_eq!(me.post("/portal/library/renew", &[("item", "B0002")]).status, 404, "another's item is not asked for");
    me.post("/portal/library/renew", &[("item", "B0001")]);
    city.settle();
    let page = me.get("/portal/library").text();
    assert!(page.contains("延長しました"), "{page}");
    assert_eq!(city.library.stock(|stock| stock.renewed), 1);
    assert!(page.contains(&due.for_people()) || page.contains(&due.japanese()), "{due} in {page}");
    assert!(!page.contains("問い合わせました"), "the answer says more than that it was asked for: {page}");
    let page = me.get("/portal/library").text();
    assert!(!page.contains("延長しました") && page.contains(BOOK), "said once; the loan stays: {page}");

    assert!(machine.checkin(&at).unwrap().ok());
    assert_eq!(city.library.stock(|stock| stock.holder("B0001")), None);
    // Nobody's database holds a title, while the page is there and after.
    let directory = city.door.database.directory();
    assert!(holds(directory, b"library_looks"), "the right files are looked at");
    assert!(!holds(directory, BOOK.as_bytes()));
    assert!(!holds(directory, b"B0001"));
    city.door.database.clock.advance_seconds(own::KEPT + 1);
    let now = city.door.database.seams.now();
    let outside = city.door.database.outside();
    outside.write::<_, StoreError, _>(move |tx| own::sweep(tx, now)).unwrap();
    let left = outside.read::<_, StoreError, _>(|tx| tx.query("SELECT look_id FROM library_looks", &[])).unwrap();
    assert!(left.is_empty(), "key and answer are erased");
    assert!(!holds(directory, BOOK.as_bytes()));
    let _ = account;
}

#[test]
fn what_is_stopped_lost_or_unknown_is_refused_in_japanese_with_its_flags() {
    let city = City::open();
    city.enrol();
    let mut machine = city.machine();
    assert!(machine.login(&wishes(TAG)).unwrap().ok());
    let refused = |machine: &mut sip2_peer::Client, shown: &str, words: &str| {
        let mut at = wishes(shown);
        let patron = machine.patron_info(&at).unwrap();
        assert_eq!(patron.value("BL"), Some("N"), "{words}");
        assert!(patron.value("AF").unwrap().contains(words), "{:?}", patron.value("AF"));
        at.set_item_id("B0002");
        assert!(!machine.checkout(&at).unwrap().ok());
        assert_eq!(city.library.stock(|stock| stock.lent), 0);
    };
    refused(&mut machine, "04FFFFFFFFFFF1", "登録されていません");
    for (status, words) in
        [(CardStatus::OnHold, "利用停止中"), (CardStatus::Lost, "紛失"), (CardStatus::Ended, "使えなく")]
    {
        let (inside, by) = (city.door.inside().clone(), Actor::System { job: "test" });
        let (vault, seams) = (inside.vault.clone(), inside.seams.clone());
        let changed = inside.cards.write::<_, CardError, _>(move |tx| {
            let id = service_cards::find_number(tx, &vault, KEY, NUMBER)?[0].id;
            service_cards::change(tx, &seams, &by, KEY, id, status, "test")
        });
        assert!(changed.unwrap());
        refused(&mut machine, TAG, words);
        refused(&mut machine, NUMBER, words);
    }
    // A number that only the library knows goes on to the library.
    city.library.stock(|stock| stock.add_member("1565921879"));
    assert!(machine.patron_info(&wishes("1565921879")).unwrap().ok());
    // Who is not known may not speak.
    let mut stranger = city.machine();
    let mut wrong = wishes(TAG);
    wrong.set_sip_pass("chigau");
    assert!(!stranger.login(&wrong).unwrap().ok());
    // The tag's holder is told that it was used; nobody is told by the patron number alone.
    let disclosed = city
        .door
        .inside()
        .store
        .read::<_, StoreError, _>(|tx| tx.query("SELECT COUNT(*) FROM disclosure WHERE duty = 'library'", &[]));
    assert!(disclosed.unwrap()[0].int(0).unwrap() >= 1);
}

#[test]
fn files_go_out_and_come_in_and_the_console_shows_no_names() {
    let city = City::open();
    city.enrol();
    let mut officer = city.door.staff(&[Role::CertificateOfficer]);
    let page = officer.get("/staff/library").text();
    assert!(page.contains("SIP2") && page.contains("応答しています") && !page.contains(NUMBER), "{page}");
    let given = officer.post("/staff/library/list", &[]);
    assert!(given.bytes.starts_with("\u{feff}".as_bytes()));
    assert!(given.text().contains("\"L-0042\"") && given.text().contains("変更"), "{}", given.text());
    let shift_jis = officer.post("/staff/library/list-sjis", &[]).bytes;
    assert!(holds_bytes(&shift_jis, &[0x97, 0x98, 0x97, 0x70]), "利用 in Shift_JIS");

    let mut send = |csv: &str| {
        let token = officer.token("/staff/library/take").unwrap();
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--x\r\nContent-Disposition: form-data; \
             name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv\r\n\r\n{csv}\r\n--x--\r\n"
        );
        officer.send("POST", "/staff/library/take", Some("multipart/form-data; boundary=x"), body.into_bytes())
    };
    let number = send("利用者番号,状態,備考\nL-0042,終了,\nL-9999,終了,1234 5678 9018\n");
    assert_eq!(number.status, 400);
    assert!(number.text().contains("3行目の3列目に個人番号") && !number.text().contains("9018"), "{}", number.text());
    let taken = send("利用者番号,状態\nL-0042,停止\nL-9999,終了\n,終了\n");
    assert_eq!(taken.status, 303, "{}", taken.text());
    let page = officer.get(taken.location().unwrap()).text();
    assert!(page.contains("その利用者番号のカードがありません") && page.contains("利用者番号がありません"), "{page}");
    let (vault, cards) = (city.door.inside().vault.clone(), &city.door.inside().cards);
    let card = cards.read::<_, CardError, _>(move |tx| service_cards::find_number(tx, &vault, KEY, NUMBER)).unwrap();
    assert_eq!(card[0].status, CardStatus::OnHold, "cards follow the library");
}

fn holds_bytes(all: &[u8], part: &[u8]) -> bool {
    all.windows(part.len()).any(|window| window == part)
}

#[test]
fn files_that_go_by_themselves_stand_in_the_console_with_their_rows_and_reasons() {
    let city = City::open();
    city.enrol();
    let mut officer = city.door.staff(&[Role::CertificateOfficer]);
    let page = officer.get("/staff/library").text();
    assert!(
        page.contains("毎日の受け渡し") && page.contains("毎日 0時すぎ") && page.contains("まだ受け渡しがありません"),
        "{page}"
    );
    let take = city.folders.path().join("take");
    std::fs::write(take.join("shuryo.csv"), "利用者番号,状態\nL-0042,停止\nL-9999,終了\n").unwrap();
    std::fs::write(take.join("kowareta.csv"), b"\xff\xff\n").unwrap();
    city.daily.look().unwrap();
    city.door.database.clock.advance_seconds(SETTLED);
    city.daily.look().unwrap();
    let day = city.door.database.seams.today();
    assert!(city.folders.path().join("give").join(format!("library-cards-{day}.csv")).is_file());
    let page = officer.get("/staff/library").text();
    for said in ["shuryo.csv", "kowareta.csv", "取り込んでいません", "library-cards-", "自動"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let files = city.door.inside().store.read::<_, StoreError, _>(|tx| sync::files(tx, 10)).unwrap();
    let at = |name: &str| {
        let file =
            files.iter().find(|one| one.folder.as_ref().is_some_and(|folder| folder.name.as_deref() == Some(name)));
        format!("/staff/library/files/{}", file.unwrap().id)
    };
    let page = officer.get(&at("shuryo.csv")).text();
    assert!(page.contains("その利用者番号のカードがありません") && !page.contains("L-9999"), "{page}");
    let page = officer.get(&at("kowareta.csv")).text();
    assert!(page.contains("ファイルの文字を読めません"), "{page}");
    // A folder that went away is said, until it is there again.
    std::fs::remove_dir_all(&take).unwrap();
    city.daily.look().unwrap_err();
    assert!(officer.get("/staff/library").text().contains("図書館から受け取るフォルダを使えません"));
    std::fs::create_dir(&take).unwrap();
    city.daily.look().unwrap();
    assert!(!officer.get("/staff/library").text().contains("図書館から受け取るフォルダを使えません"));
}
