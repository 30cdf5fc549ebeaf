//! Cards for a test app: who issues them, machines that take them, a reader on which a test puts what it likes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base::{Date, Seams, Timestamp};
use card::city_application::Image;
use card::genuineness::GenuinenessKey;
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::attack::{EmulatedCard, PulledCard};
use card::virtual_card::{
    BasicAttributes, Behaviour, CardIssuer, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use card::{Card, Reader, ReaderError};
use paper::{Seal, Typeface};
use pki::jpki_profile::{CertificateKind, JudgedCertificate, judge};
use pki::keys::MemorySigner;
use pki::revocation::{RevocationReason, SourceKind, Standing, Status, StatusError, StatusSource};
use pki::test_authority::{Generation, TestAuthority, UserAuthenticationRequest};
use pki::token::{KeyRing, TokenKey};
use pki::{AuthorityRole, SigningKey, TrustAnchors};
use services::convenience_certificates::{Composer, Issuer};
use tools::access::Actor;
use tools::credentials::{self, CredentialError, CredentialKind, Link};
use tools::{Inside, ResidentId};

use crate::app::App;
use crate::kiosk::reader::{CardSlot, PcscSlot, load_virtual};
use crate::kiosk::{Place, Slots};
use crate::open::Papers;

/// The PIN of every card.
pub const PIN: &str = "4826";

const DAY_SECONDS: i64 = 86_400;

/// What the certificates' authority says of each of them: good, until a test says otherwise.
#[derive(Clone, Default)]
pub struct Revocations(Arc<AtomicBool>);

impl Revocations {
    /// From now on all are revoked, or good again.
    pub fn revoke(&self, revoked: bool) {
        self.0.store(revoked, Ordering::SeqCst);
    }
}

impl StatusSource for Revocations {
    fn status(&self, _: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        let revoked = Standing::Revoked { since: now, reason: RevocationReason::Unspecified };
        let standing = if self.0.load(Ordering::SeqCst) { revoked } else { Standing::Good };
        Ok(Status { standing, source: SourceKind::Ocsp, as_of: now })
    }
}

/// Where no card is put down, so nobody's status is asked.
struct Unasked;

impl StatusSource for Unasked {
    fn status(&self, _: &JudgedCertificate, _: Timestamp) -> Result<Status, StatusError> {
        unreachable!("no card is put down")
    }
}

/// The means of issuing in a test; the open zone checks its papers.
#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot begin must stop")]
fn issuer(app: &mut App, anchors: TrustAnchors, status: Arc<dyn StatusSource + Send + Sync>) -> Issuer {
    let typeface = Typeface::open_default().expect("the typeface of the house");
    let seal = Seal::sample(&typeface, "見本市長之印").expect("a seal can be drawn");
    let signer = MemorySigner::new(SigningKey::generate_p256().expect("a key"), Vec::new());
    let codes = KeyRing::new(TokenKey::generate().expect("a key"));
    app.papers = Some(Arc::new(base::Current::new(Papers { code_keys: codes.public(), anchors: anchors.clone() })));
    Issuer {
        city: (**app.inside.as_ref().expect("the test app has an inside")).clone(),
        composer: Arc::new(Composer::new(typeface, seal, Arc::new(signer), codes)),
        fresh_minutes: 30,
        audience: "test".to_owned(),
        anchors: Arc::new(anchors),
        status,
        genuineness: Arc::default(),
        renewals: None,
    }
}

/// Machines with a reader on which nobody puts a card.
pub fn machines_without_cards(app: &mut App) {
    let issuer = issuer(app, TrustAnchors::allowing_test(), Arc::new(Unasked));
    app.kiosk = Some(Arc::new(Place::new(issuer, Slots::Reader(Arc::new(PcscSlot)), 10)));
}

/// A card's key and certificate, for those who play the card themselves.
pub struct TestCard {
    /// Its key for user authentication.
    pub key: SigningKey,
    /// The certificate of that key, DER.
    pub certificate: Vec<u8>,
}

/// An authority whose cards the city takes, and their maker.
pub struct TestCards {
    /// Issues the certificates.
    pub authority: TestAuthority,
    /// Gives cards a key of their own.
    pub maker: CardIssuer,
    /// What the authority says of them.
    pub status: Revocations,
    seams: Seams,
}

#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot begin must stop")]
impl TestCards {
    /// A new authority, ten years old at the most.
    pub fn new(seams: &Seams) -> Self {
        let now = seams.now();
        let generation = Generation {
            serial: 1,
            not_before: now.plus_seconds(-DAY_SECONDS),
            not_after: now.plus_seconds(3_650 * DAY_SECONDS),
            ocsp_url: Some("http://ocsp.invalid/".to_owned()),
        };
        let key = SigningKey::generate_rsa().expect("a key");
        Self {
            authority: TestAuthority::new(AuthorityRole::UserAuthentication, key, &generation).expect("an authority"),
            maker: CardIssuer::generate().expect("a maker"),
            status: Revocations::default(),
            seams: seams.clone(),
        }
    }

    /// This authority alone.
    pub fn anchors(&self) -> TrustAnchors {
        TestAuthority::anchors(&[&self.authority]).expect("an authority of one's own is taken")
    }

    /// The means of issuing to holders of these cards.
    pub fn issuer(&self, app: &mut App) -> Issuer {
        issuer(app, self.anchors(), Arc::new(self.status.clone()))
    }

    /// Machines and desks that all have this reader.
    pub fn machines(&self, app: &mut App, reader: &TestReader) {
        let issuer = self.issuer(app);
        app.kiosk = Some(Arc::new(Place::new(issuer, Slots::Reader(Arc::new(reader.clone())), 10)));
    }

    /// Issues a card; nobody here knows it yet.
    pub fn issue(&self, serial: u64) -> TestCard {
        let (key, now) = (SigningKey::generate_rsa().expect("a key"), self.seams.now());
        let request = UserAuthenticationRequest {
            public_key_info: key.public_key_info(),
            serial,
            holder: "ABCDEFGH123456",
            municipality: "99999",
            not_before: now.plus_seconds(-3600),
            not_after: now.plus_seconds(900 * DAY_SECONDS),
        };
        TestCard { certificate: self.authority.issue_user_authentication(&request).expect("a certificate"), key }
    }

    /// What this card's chip holds; without a key of its own, which [`CardIssuer::personalise`] gives it.
    pub fn contents(&self, card: &TestCard) -> VirtualCardContents {
        VirtualCardContents::new(
            KeyAndCertificate {
                private_key_pkcs8: card.key.to_pkcs8().expect("a key can be written").into(),
                certificate: card.certificate.clone(),
                ca_certificate: self.authority.certificate().to_vec(),
            },
            None,
            PIN,
            "MATSU77KAZE",
            BasicAttributes {
                name: "架空　花子".into(),
                address: "架空県見本市本町１－２".into(),
                birth_date: Date::new(1971, 9, 1).expect("a date"),
                sex: b'2',
            },
            FictitiousNumber::from_eleven([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]),
            Date::new(2031, 9, 1).expect("a date"),
        )
    }

    /// The chip.
    pub fn chip(&self, contents: VirtualCardContents, behaviour: Behaviour) -> VirtualCard {
        VirtualCard::new(contents, behaviour, self.seams.random.clone()).expect("a card")
    }

    /// A card as its maker hands it out, with a key of its own.
    pub fn genuine(&self, card: &TestCard) -> VirtualCard {
        let mut contents = self.contents(card);
        self.maker.personalise(&mut contents).expect("a key of its own");
        self.chip(contents, Behaviour::default())
    }

    /// Links this certificate with somebody, as a clerk does at the counter; with the card's own key it can be tapped.
    pub fn link(&self, inside: &Inside, certificate: &[u8], who: &ResidentId, own: Option<GenuinenessKey>) {
        let judged = judge(certificate, CertificateKind::UserAuthentication, &self.anchors(), inside.seams.now())
            .expect("a certificate of this authority");
        let (id, valid_until) = (judged.id().clone(), judged.not_after());
        let (inside, who) = (inside.clone(), who.clone());
        let linked = inside.store.clone().write::<_, CredentialError, _>(move |tx| {
            let kind = CredentialKind::JpkiCard;
            let link = Link { resident: &who, kind, valid_until, genuineness: own.as_ref() };
            credentials::enrol(tx, &inside.vault, &inside.seams, &Actor::System { job: "test" }, &link, &id)
        });
        linked.expect("the database takes it").expect("the card is linked");
    }
}

/// A copy of a card, and what it says instead of its own answer.
type Copied = (VirtualCard, Option<Vec<u8>>);

/// A reader on which a test puts whatever it likes.
#[derive(Clone, Default)]
pub struct TestReader {
    reader: VirtualReader,
    copy: Arc<Mutex<Option<Copied>>>,
    left: Arc<Mutex<Option<usize>>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl TestReader {
    /// Puts this card there instead of what lay there.
    pub fn put(&self, card: VirtualCard) {
        *locked(&self.copy) = None;
        self.reader.take_off();
        self.reader.put(card);
    }

    /// A copy of the card's public files instead, which answers with what it heard.
    pub fn put_copy(&self, card: &VirtualCard, heard: Option<Vec<u8>>) {
        *locked(&self.copy) = Some((card.clone(), heard));
    }

    /// Takes off what lies there.
    pub fn take_off(&self) -> Vec<VirtualCard> {
        self.reader.take_off()
    }

    /// The card is taken away after so many commands.
    pub fn pull_after(&self, commands: Option<usize>) {
        *locked(&self.left) = commands;
    }

    /// How many commands are left until it is taken away.
    pub fn left(&self) -> Option<usize> {
        *locked(&self.left)
    }
}

impl CardSlot for TestReader {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        if let Some((card, heard)) = &*locked(&self.copy) {
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

    fn load_application(&self, image: Image) -> Result<(), String> {
        load_virtual(&self.reader, &image)
    }
}
