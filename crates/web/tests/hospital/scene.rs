//! A small city, its terminals, both zones' post, and a simulated hospital on real sockets.

use std::sync::Arc;

use base::Id;
use pki::sealed::SealingKey;
use services::hospital_card::hospital::{Connection, OverHl7};
use services::hospital_card::linking::{self, Outcome, Standing};
use services::hospital_card::mllp::Listener;
use services::hospital_card::{KEY, inbox, telling};
use store::StoreError;
use store::testing::TestDatabase;
use testkit::world::hospital::{Booking, BookingState, Hospital, Patient, booking, merge, send};
use tools::access::{Actor, Duty};
use tools::audit::Zone;
use tools::credentials::tap_rules::Attendance;
use tools::portal::post::Desk;
use tools::portal::{AccountId, Post};
use tools::relay::{Endpoint, InProcess};
use tools::service_cards::Form;
use tools::service_cards::counter::Counter;
use tools::signing::SigningKey;
use tools::terminals::Sort;
use tools::{Inside, ResidentId, messages, register::import};
use yakuba_web::limits::Limits;
use yakuba_web::testing::cards::machines_without_cards;
use yakuba_web::testing::{TestDoor, Visitor};

/// Who stands at the desk.
pub const DESK: Actor = Actor::System { job: "test" };

/// The key of the hospital's system.
pub const CALLS_KEY: &str = "a-key-of-the-hospital-for-these-tests";

/// All of it.
pub struct House {
    pub door: TestDoor,
    pub hospital: Hospital,
    pub listener: Listener,
    inside_post: Arc<Post>,
    outside_post: Arc<Post>,
}

impl House {
    /// With the simulated hospital that speaks HL7.
    pub fn open(database: TestDatabase) -> Self {
        Self::limited(database, Limits::none())
    }

    /// With limits on how often one may knock.
    pub fn limited(database: TestDatabase, limits: Limits) -> Self {
        let hospital = Hospital::start(Vec::new()).unwrap();
        let address = hospital.address();
        Self::over(database, (hospital, limits), |city| {
            Connection::new(Box::new(OverHl7::new(&address, "99999", city.seams.clone())), "hl7", true)
        })
    }

    /// With a hospital that is reached so.
    pub fn reached_by(database: TestDatabase, connect: impl FnOnce(&Inside) -> Connection) -> Self {
        Self::over(database, (Hospital::start(Vec::new()).unwrap(), Limits::none()), connect)
    }

    fn over(
        database: TestDatabase,
        (hospital, limits): (Hospital, Limits),
        connect: impl FnOnce(&Inside) -> Connection,
    ) -> Self {
        let directory = database.directory().join("import");
        testkit::city::generate(60, 7, &directory).unwrap();
        let options = import::Options::default();
        import::run(&database.inside(), &database.seams, &directory, &options, &mut |_| true).unwrap();
        let door = TestDoor::with(database, |app| {
            app.limits = limits;
            let city = (**app.inside.as_ref().unwrap()).clone();
            app.hospital = Some(Arc::new(connect(&city).called_with(CALLS_KEY)));
            machines_without_cards(app);
        });
        let city = door.inside().clone();
        let listener = Listener::start("127.0.0.1:0", Arc::new(move |message| inbox::take(&city, message))).unwrap();
        let (ours, theirs) = (SealingKey::generate(), SealingKey::generate());
        let (our_name, their_name) = (ours.public().clone(), theirs.public().clone());
        Self {
            door,
            hospital,
            listener,
            inside_post: Arc::new(Post::new(Zone::Outside, vec![ours], their_name)),
            outside_post: Arc::new(Post::new(Zone::Inside, vec![theirs], our_name)),
        }
    }

    /// People of the city whose birth date, sex and reading are known, in one order.
    pub fn people(&self, count: usize) -> Vec<ResidentId> {
        let all = self.door.inside().store.read::<_, StoreError, _>(|tx| {
            let sql = "SELECT resident_id FROM residents WHERE name_kana IS NOT NULL AND birth_date_text IS NULL \
                       ORDER BY resident_id";
            tx.query(sql, &[])?.iter().map(|row| Ok(row.text(0)?.to_owned())).collect::<Result<Vec<_>, _>>()
        });
        let all: Vec<ResidentId> = all.unwrap().iter().map(|id| ResidentId::parse(id).unwrap()).collect();
        let sound = |id: &&ResidentId| {
            let person = linking::registered(self.door.inside(), &DESK, id).unwrap();
            person.born.is_some() && self.patient(id, "C-0").kana.is_some_and(|kana| !kana.family.is_empty())
        };
        all.iter().filter(sound).take(count).cloned().collect()
    }

    /// This person as the hospital knows them under a chart number.
    pub fn patient(&self, who: &ResidentId, chart: &str) -> Patient {
        let person = linking::registered(self.door.inside(), &DESK, who).unwrap();
        let kana = person.kana.first().cloned().unwrap_or_default();
        let (family, given) = kana.split_once(['\u{3000}', ' ']).unwrap_or((&kana, ""));
        let mut patient = blank(chart);
        patient.kana = Some(name(family, given));
        patient.name = name(family, given);
        patient.born = person.born;
        patient.sex = person.sex;
        patient
    }

    pub fn link(&self, who: &ResidentId, chart: &str) -> Outcome {
        let connection = self.door.app.hospital.clone().unwrap();
        linking::link(self.door.inside(), &connection, &DESK, who, chart, true).unwrap()
    }

    /// Links without asking the hospital, as an officer may.
    pub fn give_link(&self, who: &ResidentId, chart: &str) {
        let counter = Counter { city: self.door.inside(), by: &DESK, duty: Duty::Hospital, service: KEY };
        counter.issue(who, Form::OneCard, chart, None).unwrap().unwrap();
    }

    pub fn standing(&self, who: &ResidentId) -> Standing {
        linking::standing(self.door.inside(), &DESK, who).unwrap()
    }

    /// Sends bytes as they are; what came back.
    pub fn send(&self, message: &[u8]) -> Option<Vec<u8>> {
        send(&self.listener.address().to_string(), message).unwrap()
    }

    /// The hospital made the charts `kept` and `gone` one.
    pub fn merge(&self, number: &str, kept: &Patient, gone: &str) -> Vec<u8> {
        let message = merge(number, self.door.database.seams.now(), kept, gone).write().unwrap();
        self.send(&message).unwrap()
    }

    /// The hospital tells a booking in `hours`.
    pub fn book(&self, number: &str, patient: &Patient, hours: i64, state: BookingState) -> String {
        let now = self.door.database.seams.now();
        let at = now.plus_seconds(hours * 3600);
        let one = Booking { number: "B-1".to_owned(), at, place: "眼科 2番".to_owned(), state };
        let answer = self.send(&booking(number, now, patient, one).write().unwrap()).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// A terminal of this sort.
    pub fn terminal(&self, sort: Sort) -> Visitor<'_> {
        self.enrolled(sort).1
    }

    /// The hospital's desk, before which this person stands, their card shown. There is no card reader here: who is shown comes
    /// from a tag at the re-visit machine, which the desk itself would not take.
    pub fn desk(&self, who: &ResidentId, tag: &'static str) -> Visitor<'_> {
        self.tag(who, tag);
        let (machine, mut at_machine) = self.enrolled(Sort::RevisitMachine);
        assert_eq!(at_machine.post("/revisit/tag", &[("tag", tag)]).location(), Some("/revisit/today"));
        let (held, now) = (&self.door.app.held, self.door.database.seams.now());
        let shown = held.get(machine, KEY, now).unwrap();
        let (desk, at_desk) = self.enrolled(Sort::HospitalDesk);
        held.put(desk, KEY, shown, now);
        at_desk
    }

    fn enrolled(&self, sort: Sort) -> (Id, Visitor<'_>) {
        self.door.terminal_of(sort, "端末", "病院", sort.is_served_by_staff().then_some(Attendance::FaceToFace))
    }

    /// Gives this person a tag with this number.
    pub fn tag(&self, who: &ResidentId, number: &str) {
        self.door.give_tag(who, number);
    }

    /// This account is this person's.
    pub fn account(&self, account: AccountId, who: &ResidentId) {
        let (inside, who) = (self.door.inside(), who.as_str().to_owned());
        let now = inside.seams.now();
        let linked = inside.store.write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                 VALUES ($1, $2, $3, 'card', 'open', $3)",
                &[account.into(), who.as_str().into(), now.into()],
            )
        });
        linked.unwrap();
    }

    /// The job that tells, and the way to the outside.
    pub fn tell(&self) -> usize {
        let (inside, outside) = (self.door.inside().clone(), self.door.app.outside.as_ref().unwrap().clone());
        let sent = telling::work(&inside, &self.inside_post).unwrap();
        let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
        let end = |zone, store: &store::Store, own: u8, other: u8, router| {
            Endpoint::new(zone, store.clone(), inside.seams.clone(), key(own), vec![key(other).public()], router)
        };
        let near = end(Zone::Inside, &inside.store, 1, 2, messages::to_inside());
        let far = end(Zone::Outside, &outside.store, 2, 1, messages::to_outside());
        near.pump(&InProcess(&far)).unwrap();
        let taking = outside.clone();
        let desk = Desk::default().on(telling::TOLD, move |opened| telling::take(&taking, opened));
        self.outside_post.unpack(&outside.store, &outside.seams, &desk).unwrap();
        sent
    }
}

fn name(family: &str, given: &str) -> testkit::world::hospital::Name {
    testkit::world::hospital::Name { family: family.to_owned(), given: given.to_owned() }
}

fn blank(chart: &str) -> Patient {
    Patient {
        chart_number: chart.to_owned(),
        name: name("", ""),
        kana: None,
        born: None,
        sex: testkit::world::hospital::Sex::Unknown,
        address: None,
    }
}
