//! A city of 300 behind both doors, its simulated app, its letters, and the post between its zones.

use std::sync::{Arc, Mutex};

use messaging::carrier::{Carrier, CarrierFault};
use openid::http::OverTcp;
use openid::jwt::TokenKey;
use pki::TrustAnchors;
use pki::revocation::StatusSource;
use pki::sealed::SealingKey;
use serde_json::Value as Json;
use services::city_cards::portal as cards;
use store::StoreError;
use store::testing::TestDatabase;
use testkit::world::sign_in::{Person, SignInApp};
use tools::access::{self, Actor, Duty, Purpose};
use tools::audit::Zone;
use tools::city_application::emergency::portal as emergency;
use tools::passkeys::RelyingParty;
use tools::portal::joining::{self, CardJudge};
use tools::portal::mail::{Letter, Mailer, NotSent};
use tools::portal::post::Desk;
use tools::portal::tickets::{Gate, Office};
use tools::portal::{AccountId, AccountState, Post, account, arrivals, link, own_records, stopping};
use tools::register::{self, Criteria, Resident, Sex, import};
use tools::relay::{Endpoint, InProcess};
use tools::staff::testing::SoftAuthenticator;
use tools::{Outside, ResidentId};
use yakuba_web::App;
use yakuba_web::limits::Limits;
use yakuba_web::portal::{Cards, National, Ways};
pub use yakuba_web::testing::agent::CITY as ORIGIN;
use yakuba_web::testing::agent::counterpart;
use yakuba_web::testing::cards::TestCards;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const CLIENT: &str = "mihon-portal";

/// Letters, as they were sent.
#[derive(Default)]
pub struct Letters(Mutex<Vec<Letter>>);

impl Mailer for Letters {
    fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        self.0.lock().unwrap().push(letter.clone());
        Ok(())
    }
}

/// Short messages lie beside the letters, under their number.
impl Carrier for Letters {
    fn submit(&self, _: base::Id, to: &base::Personal<String>, body: &str) -> Result<String, CarrierFault> {
        let letter = Letter { to: to.clone(), subject: String::new(), text: body.to_owned().into() };
        self.0.lock().unwrap().push(letter);
        Ok(String::new())
    }
}

impl Letters {
    /// How many came to this address once nothing more comes: a letter on its way takes less than this.
    pub fn settled(&self, to: &str) -> usize {
        std::thread::sleep(std::time::Duration::from_millis(300));
        self.0.lock().unwrap().iter().filter(|letter| letter.to.reveal() == to).count()
    }

    /// The `nth` to this address; letters are sent beside the request, so it may take a moment.
    pub fn text(&self, to: &str, nth: usize) -> String {
        for _ in 0..2000 {
            let all = self.0.lock().unwrap();
            let found = all.iter().filter(|letter| letter.to.reveal() == to).nth(nth - 1);
            if let Some(letter) = found {
                return letter.text.reveal().clone();
            }
            drop(all);
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        panic!("letter {nth} to {to} did not come");
    }

    /// The code in it.
    pub fn code(&self, to: &str, nth: usize) -> String {
        let text: Vec<char> = self.text(to, nth).chars().collect();
        let at = text.windows(6).position(|six| six.iter().all(char::is_ascii_digit)).expect("a code");
        text[at..].iter().take_while(|c| c.is_ascii_digit()).collect()
    }

    pub fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

pub struct Scene {
    pub door: TestDoor,
    pub letters: Arc<Letters>,
    pub cards: TestCards,
    ends: [Arc<Post>; 2],
    relays: [Endpoint; 2],
    judge: CardJudge,
    _app: SignInApp,
}

/// Who can sign in at the simulated app, by place.
pub const HANAKO: usize = 0;
/// She again, by another name of the app's: a new card.
pub const HANAKO_RENEWED: usize = 1;
/// Her attributes but for one sign of the address.
pub const HARDLY_HANAKO: usize = 2;

pub fn find(database: &TestDatabase, kana: &str) -> Resident {
    let seams = database.seams.clone();
    let criteria = Criteria { kana: Some(kana.to_owned()), ..Criteria::default() };
    database
        .inside()
        .write::<_, register::RegisterError, _>(move |tx| {
            let (actor, purpose) = (Actor::System { job: "test" }, Purpose::new(Duty::Inquiry));
            let mut search = access::search(tx, &seams, &actor, &purpose, "test")?;
            let (found, _) = register::search(tx, &mut search, &criteria)?;
            let access = access::person(tx, &seams, &actor, &purpose, &found[0].id)?;
            register::resident(tx, &access)
        })
        .unwrap()
}

fn at_the_app(subject: &str, resident: &Resident, address: String) -> Person {
    Person {
        subject: subject.to_owned(),
        // As a certificate writes it: without variation selectors.
        name: resident.names.registered.chars().filter(|&c| !base::text::is_variation_selector(c)).collect(),
        address,
        birth_date: resident.birth_date.to_string().replace('-', ""),
        gender: match resident.sex {
            Sex::Male => "1",
            Sex::Female => "2",
            Sex::NotStated => "9",
        }
        .to_owned(),
    }
}

impl Scene {
    pub fn open(database: TestDatabase) -> Self {
        Self::with(database, Limits::none())
    }

    pub fn with(database: TestDatabase, limits: Limits) -> Self {
        Self::with_more(database, limits, |_, _| {})
    }

    /// With something more behind the door; it is given the cards too.
    pub fn with_more(database: TestDatabase, limits: Limits, more: impl FnOnce(&mut App, &TestCards)) -> Self {
        let directory = database.directory().join("import");
        testkit::city::generate(300, 7, &directory).unwrap();
        import::run(&database.inside(), &database.seams, &directory, &import::Options::default(), &mut |_| true)
            .unwrap();
        let hanako = find(&database, "ツジ　ハナコ");
        let whole = base::text::digits_to_full_width(&hanako.address.whole());
        let people = vec![
            at_the_app("pair-1", &hanako, whole.clone()),
            at_the_app("pair-2", &hanako, whole.clone()),
            at_the_app("pair-3", &hanako, format!("{whole}１")),
        ];
        let seams = database.seams.clone();
        let key = TokenKey::generate("ours").unwrap();
        let app = SignInApp::start(CLIENT, key.jwk(), people, seams.clone()).unwrap();
        let config = openid::Config {
            issuer: app.issuer().to_owned(),
            client_id: CLIENT.to_owned(),
            redirect_uri: format!("{ORIGIN}/portal/sign-in/back"),
            levels: vec!["aal3".to_owned()],
        };
        let party = openid::RelyingParty::new(config, key, Arc::new(OverTcp::default()), seams.clone()).unwrap();
        let national =
            National { party, namespace: CLIENT.into(), origin: app.issuer().replace("/api/realms/main", "") };
        let test_cards = TestCards::new(&seams);
        let anchors: Arc<TrustAnchors> = Arc::new(test_cards.anchors());
        let status: Arc<dyn StatusSource> = Arc::new(test_cards.status.clone());
        let judge = CardJudge { anchors: anchors.clone(), status: status.clone(), audience: "localhost:8080".into() };
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let copy = |key: &SealingKey| SealingKey::from_bytes(&key.to_bytes()).unwrap();
        let inside = Arc::new(Post::new(Zone::Outside, vec![copy(&ours)], theirs.public().clone()));
        let outside = Arc::new(Post::new(Zone::Inside, vec![copy(&theirs)], ours.public().clone()));
        let letters = Arc::new(Letters::default());
        let ways = Ways {
            carrier: Some(letters.clone()),
            post: outside.clone(),
            party: Some(RelyingParty::new(ORIGIN, "見本市").unwrap()),
            national: Some(national),
            cards: Some(Cards { anchors, status, counterpart: counterpart() }),
            mailer: Some(letters.clone()),
        };
        let to_portal = inside.clone();
        let zone = tools::signing::SigningKey::from_seed([5; 32]).unwrap();
        let gate = Gate::new(vec![zone.public()], "localhost:8080".to_owned());
        let office = Office::new(Arc::new(zone), inside.clone(), "localhost:8080".to_owned());
        let door = TestDoor::with(database, |app| {
            app.portal = Some(Arc::new(ways));
            app.to_portal = Some(to_portal);
            (app.tickets, app.gate) = (Some(office), Some(gate));
            app.limits = limits;
            more(app, &test_cards);
        });
        let relays = Self::relays(&door.database);
        Self { door, letters, cards: test_cards, ends: [inside, outside], relays, judge, _app: app }
    }

    fn relays(database: &TestDatabase) -> [Endpoint; 2] {
        let key = || Arc::new(tools::signing::SigningKey::generate(&database.seams).unwrap());
        let (inside, outside) = (key(), key());
        let (to_inside, to_outside) = (tools::messages::to_inside(), tools::messages::to_outside());
        let at = database.seams.clone();
        [
            Endpoint::new(
                Zone::Inside,
                database.inside(),
                at.clone(),
                inside.clone(),
                vec![outside.public()],
                to_inside,
            ),
            Endpoint::new(Zone::Outside, database.outside(), at, outside, vec![inside.public()], to_outside),
        ]
    }

    pub fn outside(&self) -> Outside {
        (**self.door.app.outside.as_ref().unwrap()).clone()
    }

    /// Carries messages both ways and opens them, until nothing waits.
    pub fn deliver(&self) {
        let (inside, outside, post) = (self.door.inside().clone(), self.outside(), self.ends[0].clone());
        let judge = self.judge.clone();
        let (arriving, holding, within) = (outside.clone(), outside.clone(), inside.clone());
        let to_inside = Desk::default().on(joining::JOINING, move |one| joining::take(&within, &post, &judge, one));
        let (known, answering) = (self.door.inside().clone(), self.ends[0].clone());
        let (held, telling, told) = (self.door.inside().clone(), self.ends[0].clone(), outside.clone());
        let to_inside = to_inside
            .on(own_records::QUESTION, move |one| own_records::take_question(&known, &answering, one))
            .on(own_records::CARD_STOP, move |one| own_records::take_stop(&held, &telling, one));
        let (asked, wished, mine) = (inside.clone(), inside.clone(), outside.clone());
        let (asking, wishing) = (self.ends[0].clone(), self.ends[0].clone());
        let to_inside = to_inside
            .on(cards::QUESTION, move |one| cards::take_question(&asked, &asking, one))
            .on(cards::WISH, move |one| cards::take_wish(&wished, &wishing, one));
        let (own, own_post, chosen, chosen_post, shown) =
            (inside.clone(), self.ends[0].clone(), inside.clone(), self.ends[0].clone(), outside.clone());
        let changed = outside.clone();
        let to_inside = to_inside
            .on(emergency::QUESTION, move |one| emergency::take_question(&own, &own_post, one))
            .on(emergency::WISH, move |one| emergency::take_wish(&chosen, &chosen_post, one));
        let to_outside = Desk::default()
            .on(emergency::ANSWER, move |one| emergency::OWN.take_answer(&shown, one))
            .on(emergency::CARDS, move |one| emergency::take_cards(&changed, one))
            .on(cards::ANSWER, move |one| cards::CARDS.take_answer(&mine, one))
            .on(own_records::ANSWER, move |one| own_records::take_answer(&told, one))
            .on(link::STANDING, move |one| arrivals::standing(&arriving, one))
            .on(stopping::HOLD, move |one| stopping::take(&holding, one));
        for _ in 0..3 {
            own_records::send_questions(&outside, &self.ends[1]).unwrap();
            cards::send_questions(&outside, &self.ends[1]).unwrap();
            emergency::send_questions(&outside, &self.ends[1]).unwrap();
            emergency::send_cards(&inside, &self.ends[0]).unwrap();
            self.relays[0].pump(&InProcess(&self.relays[1])).unwrap();
            self.ends[0].unpack(&inside.store, &inside.seams, &to_inside).unwrap();
            self.relays[0].pump(&InProcess(&self.relays[1])).unwrap();
            self.ends[1].unpack(&outside.store, &outside.seams, &to_outside).unwrap();
        }
    }

    /// Carries what the inside says of stopped accounts alone; everything else waits.
    pub fn hold_first(&self) {
        let outside = self.outside();
        let later = |_: &tools::portal::post::Opened| Err(tools::portal::PostError::Later("in a test"));
        let holding = outside.clone();
        let desk = Desk::default()
            .on(stopping::HOLD, move |one| stopping::take(&holding, one))
            .on(link::STANDING, later)
            .on(own_records::ANSWER, later);
        self.relays[0].pump(&InProcess(&self.relays[1])).unwrap();
        self.ends[1].unpack(&outside.store, &outside.seams, &desk).unwrap();
    }

    /// The end that sends to the inside, as whoever holds the outside has it.
    pub fn post_to_inside(&self) -> Arc<Post> {
        self.ends[1].clone()
    }

    /// The inside's end of the post.
    pub fn post(&self) -> Arc<Post> {
        self.ends[0].clone()
    }

    pub fn state(&self, account: AccountId) -> AccountState {
        self.outside().store.read::<_, StoreError, _>(|tx| account::find(tx, account)).unwrap().unwrap().state
    }

    /// The account a resident has.
    pub fn account_of(&self, resident: &ResidentId) -> Option<AccountId> {
        self.door.inside().store.read::<_, StoreError, _>(|tx| link::account_of(tx, resident)).unwrap()
    }

    pub fn hanako(&self) -> ResidentId {
        find(&self.door.database, "ツジ　ハナコ").id
    }

    /// Goes to the app as `first` or again, and back as `person`; what the way back answers.
    pub fn by_app(&self, visitor: &mut Visitor<'_>, person: usize, first: bool) -> Answer {
        let fields: &[(&str, &str)] = if first { &[("first", "yes")] } else { &[] };
        let away = visitor.post("/portal/sign-in/app", fields);
        assert_eq!(away.status, 303, "{}", away.text());
        let back = Self::at_the_app(away.location().unwrap(), &person.to_string());
        visitor.get(&back)
    }

    /// What the browser does at the app: the path it is led back to.
    pub fn at_the_app(address: &str, person: &str) -> String {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build();
        let answer = ureq::Agent::from(config).get(format!("{address}&person={person}")).call().unwrap();
        let location = answer.headers()["location"].to_str().unwrap().to_owned();
        location.strip_prefix(ORIGIN).expect("back to us").to_owned()
    }

    /// Hanako, joined by the app and known.
    pub fn joined(&self) -> (AccountId, Visitor<'_>) {
        let mut visitor = self.door.stranger();
        let back = self.by_app(&mut visitor, HANAKO, true);
        assert_eq!(back.status, 200, "{}", back.text());
        self.deliver();
        (self.account_of(&self.hanako()).expect("she is known"), visitor)
    }

    /// Registers a passkey in this visitor's session.
    pub fn with_passkey(visitor: &mut Visitor<'_>, label: &str) -> SoftAuthenticator {
        let mut key = SoftAuthenticator::at(ORIGIN);
        let options = json(&visitor.post("/portal/settings/passkeys/begin", &[("label", label)]));
        let answer = key.create(&options);
        json(&visitor.post_json("/portal/settings/passkeys/finish", &answer));
        key
    }

    pub fn by_passkey(visitor: &mut Visitor<'_>, key: &mut SoftAuthenticator) -> Answer {
        let options = json(&visitor.post("/portal/sign-in/passkey/begin", &[]));
        let answer = key.get(&options);
        visitor.post_json("/portal/sign-in/passkey/finish", &answer)
    }

    /// Changes an entry of the register as a later import would.
    pub fn register_says(&self, resident: &ResidentId, state: &str) {
        let (id, state) = (resident.as_str().to_owned(), state.to_owned());
        let sql = "UPDATE residents SET state = $2, state_on = '2026-01-01' WHERE resident_id = $1";
        self.door
            .inside()
            .store
            .write::<_, StoreError, _>(move |tx| tx.execute(sql, &[id.as_str().into(), state.as_str().into()]))
            .unwrap();
        tools::portal::standings::run(self.door.inside(), &self.post()).unwrap();
        self.deliver();
    }
}

pub fn json(answer: &Answer) -> Json {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.bytes).unwrap()
}
