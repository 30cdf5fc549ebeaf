//! A city, its terminals, and a reader on which a test puts whatever it likes.

use std::sync::{Arc, Mutex};

use base::{Date, Timestamp};
use card::city_application::{CardNumber, GroupKeys, Image};
use card::genuineness::GenuinenessKey;
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::attack::{EmulatedCard, PulledCard};
use card::virtual_card::{
    BasicAttributes, Behaviour, CardIssuer, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use card::{Card, JpkiSession, Reader, ReaderError};
use paper::{Seal, Typeface};
use pki::challenge::Challenge;
use pki::jpki_profile::{CertificateKind, JudgedCertificate, judge};
use pki::keys::MemorySigner;
use pki::revocation::{RevocationReason, SourceKind, Standing, Status, StatusError, StatusSource};
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::token::{KeyRing, TokenKey};
use pki::{AuthorityRole, SigningKey};
use services::city_cards::{examples, kept};
use services::convenience_certificates::{Composer, Issuer};
use store::testing::TestDatabase;
use tools::access::Actor;
use tools::city_application::{Fault, ceremony};
use tools::credentials::{self, CredentialError, CredentialKind, Link};
use tools::resident_id::ResidentId;
use yakuba_web::kiosk::reader::CardSlot;
use yakuba_web::kiosk::{Place, Slots};
use yakuba_web::testing::{Answer, TestDoor, Visitor};
use zeroize::Zeroizing;

pub const PIN: &str = "4826";

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

/// What the certificates' authority says; `true`: revoked.
#[derive(Clone, Default)]
pub struct Register(pub Arc<Mutex<bool>>);

impl StatusSource for Register {
    fn status(&self, _: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        let revoked = Standing::Revoked { since: now, reason: RevocationReason::Unspecified };
        let standing = if *self.0.lock().unwrap() { revoked } else { Standing::Good };
        Ok(Status { standing, source: SourceKind::Ocsp, as_of: now })
    }
}

/// A copy of a card, and what it says instead of its own answer.
type Copied = (VirtualCard, Option<Vec<u8>>);

/// The reader of all terminals here.
#[derive(Clone, Default)]
pub struct Tray {
    reader: VirtualReader,
    imitation: Arc<Mutex<Option<Copied>>>,
    left: Arc<Mutex<Option<usize>>>,
}

impl Tray {
    pub fn put(&self, card: VirtualCard) {
        *self.imitation.lock().unwrap() = None;
        self.reader.take_off();
        self.reader.put(card);
    }

    /// A copy of the card's public files instead, which answers with what it heard.
    pub fn put_copy(&self, card: &VirtualCard, heard: Option<Vec<u8>>) {
        *self.imitation.lock().unwrap() = Some((card.clone(), heard));
    }

    /// The card is taken away after so many commands.
    pub fn pull_after(&self, commands: Option<usize>) {
        *self.left.lock().unwrap() = commands;
    }

    /// How many commands are left until it is taken away.
    pub fn left(&self) -> Option<usize> {
        *self.left.lock().unwrap()
    }
}

impl CardSlot for Tray {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        if let Some((card, heard)) = &*self.imitation.lock().unwrap() {
            return Ok(Box::new(EmulatedCard::of(card, heard.clone())));
        }
        Ok(Box::new(PulledCard::new(self.reader.clone().connect()?, self.left.clone())))
    }
    fn has_card(&self) -> bool {
        true
    }
    fn eject(&self) {}
    fn put_from_drawer(&self, _: usize) -> bool {
        false
    }
}

pub struct Scene {
    pub door: TestDoor,
    pub tray: Tray,
    pub register: Register,
    authority: TestAuthority,
    maker: CardIssuer,
}

impl Scene {
    pub fn open(database: TestDatabase) -> Self {
        let now = database.seams.now();
        let generation = Generation {
            serial: 1,
            not_before: now.plus_seconds(-86_400),
            not_after: now.plus_seconds(3_650 * 86_400),
            ocsp_url: Some("http://ocsp.invalid/".to_owned()),
        };
        let key = SigningKey::generate_rsa().unwrap();
        let authority = TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).unwrap();
        let anchors = TestAuthority::anchors(&[&authority]).unwrap();
        let (tray, register) = (Tray::default(), Register::default());
        let door = TestDoor::with(database, |app| {
            let typeface = Typeface::open_default().unwrap();
            let seal = Seal::sample(&typeface, "見本市長之印").unwrap();
            let signer = MemorySigner::new(SigningKey::generate_p256().unwrap(), Vec::new());
            let codes = KeyRing::new(TokenKey::generate().unwrap());
            let issuer = Issuer {
                city: (**app.inside.as_ref().unwrap()).clone(),
                composer: Arc::new(Composer::new(typeface, seal, Arc::new(signer), codes)),
                fresh_minutes: 30,
                audience: "test".to_owned(),
                anchors: Arc::new(anchors),
                status: Arc::new(register.clone()),
                genuineness: Arc::default(),
                renewals: None,
            };
            app.kiosk = Some(Arc::new(Place::new(issuer, Slots::Reader(Arc::new(tray.clone())), 10)));
        });
        let seams = door.database.seams.clone();
        let seed = move |tx: &mut store::Tx<'_>| {
            examples::all().iter().try_for_each(|(key, example)| kept::seed_demo(tx, &seams, key, example))
        };
        door.inside().store.write::<_, kept::CardsError, _>(seed).unwrap();
        Self { door, tray, register, authority, maker: CardIssuer::generate().unwrap() }
    }

    /// A card, and the key of its certificate. Nobody here knows it yet.
    pub fn card(&self, serial: u64) -> (VirtualCard, SigningKey) {
        let key = SigningKey::generate_rsa().unwrap();
        let now = self.door.database.seams.now();
        let request = UserAuthenticationRequest {
            public_key_info: key.public_key_info(),
            serial,
            holder: "ABCDEFGH123456",
            municipality: "99999",
            not_before: now.plus_seconds(-3600),
            not_after: now.plus_seconds(365 * 86_400),
        };
        let certificate = self.authority.issue_user_authentication(&request).unwrap();
        let mut contents = VirtualCardContents::new(
            KeyAndCertificate {
                private_key_pkcs8: key.to_pkcs8().unwrap().into(),
                certificate,
                ca_certificate: self.authority.certificate().to_vec(),
            },
            None,
            PIN,
            "MATSU77KAZE",
            BasicAttributes {
                name: "架空　花子".into(),
                address: "架空県見本市本町１－２".into(),
                birth_date: Date::new(1971, 9, 1).unwrap(),
                sex: b'2',
            },
            FictitiousNumber::from_eleven([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]),
            Date::new(2031, 9, 1).unwrap(),
        );
        self.maker.personalise(&mut contents).unwrap();
        (VirtualCard::new(contents, Behaviour::default(), self.door.database.seams.random.clone()).unwrap(), key)
    }

    /// Links a card to somebody, with its own key for taps.
    pub fn enrol(&self, card: &VirtualCard, who: &str) {
        let (inside, contents) = (self.door.inside().clone(), card.contents());
        let anchors = TestAuthority::anchors(&[&self.authority]).unwrap();
        let certificate = &contents.user_authentication.certificate;
        let judged = judge(certificate, CertificateKind::UserAuthentication, &anchors, inside.seams.now()).unwrap();
        let (id, valid_until) = (judged.id().clone(), judged.not_after());
        let key = GenuinenessKey::from_modulus(contents.genuineness.unwrap().modulus.try_into().unwrap());
        let resident = ResidentId::parse(who).unwrap();
        let linked = inside.store.clone().write::<_, CredentialError, _>(move |tx| {
            let kind = CredentialKind::JpkiCard;
            let link = Link { resident: &resident, kind, valid_until, genuineness: Some(&key) };
            credentials::enrol(tx, &inside.vault, &inside.seams, &Actor::System { job: "test" }, &link, &id)
        });
        linked.unwrap().unwrap();
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
