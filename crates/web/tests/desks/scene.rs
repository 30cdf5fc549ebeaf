//! A city, its terminals, and a reader on which a test puts whatever it likes.

use card::JpkiSession;
use card::city_application::{CardNumber, GroupKeys, Image};
use card::genuineness::GenuinenessKey;
use card::virtual_card::VirtualCard;
use pki::SigningKey;
use pki::challenge::Challenge;
use services::city_cards::{examples, kept};
use store::testing::TestDatabase;
use tools::city_application::{Fault, ceremony};
use tools::resident_id::ResidentId;
use yakuba_web::kiosk::reader::CardSlot as _;
pub use yakuba_web::testing::cards::PIN;
use yakuba_web::testing::cards::{TestCards, TestReader};
use yakuba_web::testing::{Answer, TestDoor, Visitor};
use zeroize::Zeroizing;

/// A terminal's sort, where its form goes, where a person's page is (none: the answer is the page), and for whom.
#[derive(Clone, Copy)]
pub struct Desk {
    pub sort: &'static str,
    pub form: &'static str,
    pub person: Option<&'static str>,
    pub goes_without_pin: bool,
}

const fn desk(sort: &'static str, form: &'static str, person: Option<&'static str>, goes_without_pin: bool) -> Desk {
    Desk { sort, form, person, goes_without_pin }
}

/// Every terminal at which a person shows their card. The loading desk is in `city_application.rs`.
pub fn desks() -> [Desk; 5] {
    let is_posted = |path: &str| {
        yakuba_web::Routes::all().entries().iter().any(|entry| entry.method == "POST" && entry.path == path)
    };
    let revisit = if is_posted("/revisit/card") { "/revisit/card" } else { "/revisit" };
    [
        desk("library_counter", "/counter/library", Some("/counter/library/person"), true),
        desk("city_card_desk", "/counter/cards", Some("/counter/cards/person"), true),
        desk("hospital_desk", "/counter/hospital", Some("/counter/hospital/person"), true),
        desk("revisit_machine", revisit, Some("/revisit/today"), false),
        desk("staff_desk", "/counter/staff", None, false),
    ]
}

pub struct Scene {
    pub door: TestDoor,
    pub tray: TestReader,
    pub cards: TestCards,
}

impl Scene {
    pub fn open(database: TestDatabase) -> Self {
        let (cards, tray) = (TestCards::new(&database.seams), TestReader::default());
        let door = TestDoor::with(database, |app| cards.machines(app, &tray));
        let seams = door.database.seams.clone();
        let seed = move |tx: &mut store::Tx<'_>| {
            examples::all().iter().try_for_each(|(key, example)| kept::seed_demo(tx, &seams, key, example))
        };
        door.inside().store.write::<_, kept::CardsError, _>(seed).unwrap();
        Self { door, tray, cards }
    }

    /// A card, and the key of its certificate. Nobody here knows it yet.
    pub fn card(&self, serial: u64) -> (VirtualCard, SigningKey) {
        let card = self.cards.issue(serial);
        (self.cards.genuine(&card), card.key)
    }

    /// Links a card to somebody, with its own key for taps.
    pub fn enrol(&self, card: &VirtualCard, who: &str) {
        let contents = card.contents();
        let own = GenuinenessKey::from_modulus(contents.genuineness.unwrap().modulus.try_into().unwrap());
        let certificate = &contents.user_authentication.certificate;
        self.cards.link(self.door.inside(), certificate, &ResidentId::parse(who).unwrap(), Some(own));
    }

    /// What the card proved of itself to somebody else, once.
    pub fn overheard_proof(&self, card: &VirtualCard) -> Vec<u8> {
        self.tray.put(card.clone());
        let challenge = Challenge::new(&self.door.database.seams, "somewhere/else", "terminal");
        let session = JpkiSession::open(self.tray.connect().unwrap()).unwrap();
        session.into_input_support().unwrap().prove_genuine(&challenge.genuineness_digest()).unwrap()
    }

    /// The keys of this city's application, from a ceremony.
    pub fn make_application_keys(&self) {
        let inside = self.door.inside().clone();
        let (vault, seams) = (inside.vault.clone(), inside.seams.clone());
        assert!(inside.store.write::<_, Fault, _>(move |tx| ceremony::simulate(tx, &vault, &seams)).unwrap());
    }

    pub fn at(&self, desk: Desk) -> Visitor<'_> {
        let mut visitor = self.door.neighbour();
        assert_eq!(visitor.get(&format!("/demo/terminal/{}", desk.sort)).status, 303);
        visitor
    }
}

/// Shows what lies on the reader, with the PIN or without, and reads the page it leads to.
pub fn show(visitor: &mut Visitor<'_>, desk: Desk, pin: Option<&str>) -> (Option<String>, String) {
    let mut fields: Vec<(&str, &str)> = pin.map(|pin| ("pin", pin)).into_iter().collect();
    if desk.person.is_none() {
        fields.push(("label", "0000-0000-0000-0000"));
    }
    let answer: Answer = visitor.post(desk.form, &fields);
    match answer.location().map(str::to_owned) {
        // Whoever is known is on their page; a hospital that is not connected need not be asked for this.
        Some(to) if Some(to.as_str()) == desk.person => (Some(to), String::new()),
        Some(to) => (Some(to.clone()), visitor.get(&to).text()),
        None => (None, answer.text()),
    }
}

/// The card with somebody else's application under our name, its keys said to be of this version.
pub fn with_application_of_another_city(card: &VirtualCard, version: u8) -> VirtualCard {
    let theirs = GroupKeys::from_shares(&[[0x31; 16], [0x42; 16]].map(Zeroizing::new)).unwrap();
    let mut card = card.clone();
    card.load_city_application(Image::loaded(&theirs, CardNumber([7; 16])).unwrap().at_version(version));
    card
}
