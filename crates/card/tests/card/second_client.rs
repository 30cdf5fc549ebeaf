//! A client nobody here wrote (crate `myna-card`) reads and judges the applications that hold what is printed, as it
//! would a real card. It knows only the real authorities, so the last link is checked against ours.

use card::virtual_card::VirtualCard;
use myna_card::ap::jpki::{JpkiAp, SignatureScheme};
use myna_card::ap::surface::SurfaceAp;
use myna_card::ap::text::TextAp;
use myna_card::data::{CardVerifiableCertificate, RsaPublicKey, Sex};
use myna_card::{Pin, Transmit};

use crate::support::*;

struct OnTheTable(VirtualCard);

impl Transmit for OnTheTable {
    fn transmit(&mut self, command: &[u8]) -> myna_card::Result<Vec<u8>> {
        Ok(self.0.transmit(command))
    }
}

fn on_the_table() -> myna_card::Card<OnTheTable> {
    let mut card = card();
    card.power_on();
    myna_card::Card::new(OnTheTable(card))
}

fn authority() -> RsaPublicKey {
    RsaPublicKey { exponent: vec![1, 0, 1], modulus: issuer().anchor().key.modulus().to_vec() }
}

fn number(digits: &str) -> Pin {
    Pin::numeric(digits).unwrap()
}

#[test]
fn it_reads_the_attributes_and_finds_their_signature_sound() {
    let mut card = on_the_table();
    let mut text = TextAp::select(&mut card).unwrap();
    let certificate: CardVerifiableCertificate = text.read_certificate().unwrap();
    certificate.verify_with(&authority()).unwrap();
    text.verify_pin(&number(PIN)).unwrap();
    let read = text.read_attributes().unwrap();
    assert_eq!((read.name, read.address), (attributes().name.clone(), attributes().address.clone()));
    assert_eq!((read.birth_date.to_string(), read.sex), ("1971-09-01".into(), Sex::Female));
    let integrity = text.read_integrity_record().unwrap();
    integrity.verify(&certificate.public_key).unwrap();
    let file = text.read_ef(0x0002).unwrap();
    assert!(integrity.matches_attributes_file(&file).unwrap());
    let own = text.read_signed_public_key().unwrap();
    own.verify(&certificate.public_key).unwrap();
    let proof = text.sign(b"challenge").unwrap();
    own.public_key.verify_pkcs1_sha256(b"challenge", &proof).unwrap();
}

#[test]
fn it_reads_the_front_of_the_card_and_finds_its_signature_sound() {
    let mut card = on_the_table();
    let mut surface = SurfaceAp::select(&mut card).unwrap();
    let certificate = surface.read_certificate().unwrap();
    surface.verify_birth_date(&number("460901")).unwrap();
    let age = surface.read_age_record().unwrap();
    age.verify(&certificate.public_key).unwrap();
    surface.verify_code_b(&number("46090120310000")).unwrap();
    let face = surface.read_card_face().unwrap();
    face.verify(&certificate.public_key).unwrap();
    assert_eq!(face.expiry.to_string(), "2031-09-01");
    let proof = surface.sign(b"challenge").unwrap();
    face.public_key.verify_pkcs1_sha256(b"challenge", &proof).unwrap();
    assert_eq!(surface.read_ap_basic_data().unwrap().municipality_code, "00000");
}

#[test]
fn it_signs_with_the_user_authentication_key() {
    let mut card = on_the_table();
    let mut jpki = JpkiAp::select(&mut card).unwrap();
    jpki.verify_auth_pin(&number(PIN)).unwrap();
    let signature = jpki.sign_with_auth_key(SignatureScheme::Sha256DigestInfo, b"challenge").unwrap();
    assert_signed(card::Pin::UserAuthentication, b"challenge", &signature);
}
