//! Cards for the stories: keys made once per run, certificates of the right outer form.

use std::sync::{Arc, Mutex, OnceLock};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base::{Date, SeededRandom};
use card::readers::recorder::{Recording, RecordingCard};
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::{
    BasicAttributes, Behaviour, CardIssuer, FictitiousNumber, Genuineness, KeyAndCertificate, VirtualCard,
    VirtualCardContents,
};
use card::{Card, CardError, JpkiSession, LastTry, Pin, Reader, ReaderError, SigningPassword, UserAuthenticationPin};
use zeroize::Zeroizing;

pub const PIN: &str = "1234";
pub const PASSWORD: &str = "ABC123";

struct Key {
    pkcs8: Vec<u8>,
    public: Vec<u8>,
}

fn keys() -> &'static [Key; 2] {
    static KEYS: OnceLock<[Key; 2]> = OnceLock::new();
    let make = || {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let pkcs8 = AsDer::<Pkcs8V1Der>::as_der(&pair).unwrap();
        Key { pkcs8: pkcs8.as_ref().to_vec(), public: pair.public_key().as_ref().to_vec() }
    };
    KEYS.get_or_init(|| [make(), make()])
}

pub fn assert_signed(slot: Pin, message: &[u8], signature: &[u8]) {
    let key = match slot {
        Pin::UserAuthentication => &keys()[0],
        Pin::Signing => &keys()[1],
        other => panic!("{other} guards no such key"),
    };
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key.public).verify(message, signature).unwrap();
}

pub fn sha256(message: &[u8]) -> [u8; 32] {
    digest(&SHA256, message).as_ref().try_into().unwrap()
}

/// Has the outer form of a certificate: SEQUENCE with a two-byte length.
pub fn certificate(fill: u8, length: u16) -> Vec<u8> {
    let [high, low] = length.to_be_bytes();
    [vec![0x30, 0x82, high, low], vec![fill; usize::from(length)]].concat()
}

pub fn attributes() -> BasicAttributes {
    BasicAttributes {
        name: "試験　花子".into(),
        address: "東京都千代田区霞が関１－１－１".into(),
        birth_date: Date::new(1971, 9, 1).unwrap(),
        sex: b'2',
    }
}

pub fn contents() -> VirtualCardContents {
    let [own, signing] = keys();
    let of = |key: &Key, fill| KeyAndCertificate {
        private_key_pkcs8: Zeroizing::new(key.pkcs8.clone()),
        certificate: certificate(fill, 1300),
        ca_certificate: certificate(fill + 1, 1100),
    };
    let mut contents = VirtualCardContents::new(
        of(own, 0x11),
        Some(of(signing, 0x21)),
        PIN,
        PASSWORD,
        attributes(),
        FictitiousNumber::from_eleven([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]),
        Date::new(2031, 9, 1).unwrap(),
    );
    // Made once: every card of these tests is the same card.
    static GENUINENESS: OnceLock<Genuineness> = OnceLock::new();
    let genuineness = GENUINENESS.get_or_init(|| {
        issuer().personalise(&mut contents).unwrap();
        contents.genuineness.clone().unwrap()
    });
    contents.genuineness = Some(genuineness.clone());
    contents
}

/// Who made the cards genuine.
pub fn issuer() -> &'static CardIssuer {
    static ISSUER: OnceLock<CardIssuer> = OnceLock::new();
    ISSUER.get_or_init(|| CardIssuer::generate().unwrap())
}

/// The bytes of a file of the input-support application.
pub fn input_support_file(id: u16) -> Vec<u8> {
    use card::virtual_card::files::{Body, CardApplication, lay_out};
    let files = lay_out(&contents());
    let file = files.into_iter().find(|file| file.application == CardApplication::InputSupport && file.id == id);
    match file.unwrap().body {
        Body::Bytes(bytes) => bytes,
        _ => panic!("not a file of bytes"),
    }
}

pub fn card_of(contents: VirtualCardContents, behaviour: Behaviour) -> VirtualCard {
    VirtualCard::new(contents, behaviour, Arc::new(SeededRandom::from_seed(7))).unwrap()
}

pub fn card() -> VirtualCard {
    // Reading two private keys takes longer than most stories.
    static CARD: OnceLock<VirtualCard> = OnceLock::new();
    CARD.get_or_init(|| card_of(contents(), Behaviour::default())).clone()
}

/// A card on an in-process reader.
pub fn reader() -> VirtualReader {
    VirtualReader::with(card())
}

pub type Session = JpkiSession<Box<dyn Card>>;

pub fn open(reader: &VirtualReader) -> Session {
    JpkiSession::open(reader.clone().connect().unwrap()).unwrap()
}

pub fn open_recorded(reader: &VirtualReader) -> (JpkiSession<RecordingCard<Box<dyn Card>>>, Recording) {
    let recording = Recording::default();
    let card = RecordingCard::new(reader.clone().connect().unwrap(), recording.clone());
    (JpkiSession::open(card).unwrap(), recording)
}

pub fn pin(typed: &str) -> UserAuthenticationPin {
    UserAuthenticationPin::parse(typed).unwrap()
}

pub fn password(typed: &str) -> SigningPassword {
    SigningPassword::parse(typed).unwrap()
}

/// Everything the client can do, by number, so that tests can try all of it in any order.
pub const OPERATIONS: u8 = 11;

pub fn operate<C: Card>(session: &mut JpkiSession<C>, operation: u8) -> Result<(), CardError> {
    match operation % OPERATIONS {
        0 => session.tries_left(Pin::UserAuthentication).map(|_| ()),
        1 => session.tries_left(Pin::Signing).map(|_| ()),
        2 => session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse),
        3 => session.verify_user_authentication_pin(&pin("0000"), LastTry::Refuse),
        4 => session.verify_signing_password(&password(PASSWORD), LastTry::Allow),
        5 => session.user_authentication_certificate().map(|_| ()),
        6 => session.user_authentication_ca_certificate().map(|_| ()),
        7 => session.signing_certificate().map(|_| ()),
        8 => session.signing_ca_certificate().map(|_| ()),
        9 => session.sign_user_authentication(&[7; 32]).map(|_| ()),
        _ => session.sign_document(&[7; 32]).map(|_| ()),
    }
}

/// A card that answers whatever it was told to, then 9000 without data.
#[derive(Clone, Default)]
pub struct ScriptedCard(pub Arc<Mutex<std::collections::VecDeque<Vec<u8>>>>);

impl ScriptedCard {
    pub fn answering(answers: Vec<Vec<u8>>) -> Self {
        Self(Arc::new(Mutex::new(answers.into())))
    }
}

impl Card for ScriptedCard {
    fn transmit(&mut self, _command: &[u8]) -> Result<Vec<u8>, ReaderError> {
        Ok(self.0.lock().unwrap().pop_front().unwrap_or(vec![0x90, 0x00]))
    }

    fn power_off(&mut self) -> Result<(), ReaderError> {
        Ok(())
    }
}
