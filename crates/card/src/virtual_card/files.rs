//! The applications, files and key references of a virtual card, laid out from its contents.
//!
//! Layouts and access rules follow the survey published with crate `myna-card` (MIT), read off two test cards with
//! synthetic holders, and the clients OpenSC and myna. What the municipality signs is signed by a dummy one
//! ([`super::CardIssuer`]), or dummy bytes where the contents bring no proof.

use aws_lc_rs::digest;
use base::Date;

use super::contents::{KeyAndCertificate, Secret, VirtualCardContents};
use crate::device::DeviceKind;
use crate::tlv;

/// Stands where the issuer's signatures, keys and identifiers would be.
const DUMMY: u8 = 0x5A;
/// Names a key that is nobody's, in the form key names have.
const KEY_NAME: &[u8; 16] = b"9900034\x08\x05001\0\0\0\0";
/// A white 72×12 one-bit PNG: stands for the pictures of printed text.
const WHITE_PICTURE: [u8; 72] = [
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x48, 0x00, 0x00, 0x00, 0x0C, 0x01, 0x00, 0x00, 0x00, 0x00, 0xE9, 0x5F, 0xC6, 0x90, 0x00, 0x00, 0x00, 0x0F, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0xF8, 0x0F, 0x03, 0x0C, 0x74, 0x65, 0x01, 0x00, 0x38, 0x9F, 0x6B, 0x95, 0x11,
    0x43, 0x9A, 0x65, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];
/// The signature box of a JPEG 2000 file, without a picture: stands for the portrait.
const NO_PORTRAIT: [u8; 12] = [0x00, 0x00, 0x00, 0x0C, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A];
/// Physical size of a certificate file; certificates are shorter and followed by filler.
const CERTIFICATE_FILE: usize = 2000;
/// Tries of verification codes A and B (照合番号). Source: the Digital Agency and the city of Matsuyama for B, two reader
/// programs for A.
const CODE_TRIES: u8 = 10;
/// Tries of the birth date as a key of the surface application. `source = "recalled: taken to be as the codes"`.
const BIRTH_DATE_TRIES: u8 = 10;
/// Byte of file 0008 for a certificate that is there. Source: the `myna-card` survey.
const CERTIFICATE_PRESENT: u8 = 0x8F;
/// The same for one that is not. `source = "recalled: a guess from 8F meaning present; no such card was surveyed"`.
const CERTIFICATE_ABSENT: u8 = 0x00;

/// The applications, with their names on the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardApplication {
    /// GlobalPlatform issuer security domain.
    IssuerSecurityDomain,
    /// 公的個人認証AP.
    PublicPersonalAuthentication,
    /// 券面事項入力補助AP.
    InputSupport,
    /// 券面事項確認AP.
    Surface,
    /// 住基AP.
    ResidentRegister,
    /// 共通カードAP.
    Common,
}

impl CardApplication {
    /// All, in the order a partial name is matched.
    pub const ALL: [Self; 6] = [
        Self::PublicPersonalAuthentication,
        Self::InputSupport,
        Self::Surface,
        Self::ResidentRegister,
        Self::Common,
        Self::IssuerSecurityDomain,
    ];

    /// The DF name.
    pub const fn name(self) -> &'static [u8] {
        match self {
            Self::IssuerSecurityDomain => &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00],
            Self::PublicPersonalAuthentication => &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
            Self::InputSupport => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08],
            Self::Surface => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x02],
            Self::ResidentRegister => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x01],
            Self::Common => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00],
        }
    }
}

/// Which private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySlot {
    /// 利用者証明用.
    UserAuthentication,
    /// 署名用.
    Signing,
    /// The key that proves the card genuine, of the two applications that hold what is printed; used without PIN.
    Genuineness,
}

/// What a file is.
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes, for READ BINARY.
    Bytes(Vec<u8>),
    /// One record, for READ RECORD.
    Record(Vec<u8>),
    /// A key reference: PIN or verification code.
    Secret(Secret),
    /// A private key.
    PrivateKey(KeySlot),
    /// Known to be there, of unknown use.
    Unknown,
}

/// Who may read a file or use a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anyone.
    Free,
    /// After any one of these key references of the same application has been verified.
    AfterAnyOf(&'static [u16]),
    /// No one, as far as is known.
    Nobody,
}

/// One elementary file or key reference.
#[derive(Clone, PartialEq, Eq)]
pub struct CardFile {
    /// The application it belongs to.
    pub application: CardApplication,
    /// Its identifier.
    pub id: u16,
    /// Who may read it.
    pub access: Access,
    /// What it is.
    pub body: Body,
}

/// All files of a card made of `contents`.
pub fn lay_out(contents: &VirtualCardContents) -> Vec<CardFile> {
    let mut files = Vec::new();
    lay_out_jpki(&mut files, contents);
    lay_out_input_support(&mut files, contents);
    lay_out_surface(&mut files, contents);
    lay_out_registers(&mut files, contents);
    files
}

type Layout = [(u16, Access, Body)];

fn add(files: &mut Vec<CardFile>, application: CardApplication, layout: &Layout) {
    files.extend(layout.iter().cloned().map(|(id, access, body)| CardFile { application, id, access, body }));
}

fn lay_out_jpki(files: &mut Vec<CardFile>, contents: &VirtualCardContents) {
    use Body::{Bytes, PrivateKey, Unknown};
    const AFTER_PIN: Access = Access::AfterAnyOf(&[0x0018]);
    const AFTER_PASSWORD: Access = Access::AfterAnyOf(&[0x001B]);
    let own = &contents.user_authentication;
    let signing = contents.signing.as_ref();
    // On an Android phone the PIN guards even the user-authentication certificate.
    let reading = if contents.device == DeviceKind::AndroidPhone { AFTER_PIN } else { Access::Free };
    let certificate = |of: fn(&KeyAndCertificate) -> &Vec<u8>, key: Option<&KeyAndCertificate>| {
        let mut bytes = key.map(of).cloned().unwrap_or_default();
        bytes.resize(bytes.len().max(CERTIFICATE_FILE), 0xFF);
        Bytes(bytes)
    };
    let signing_present = if signing.is_some() { CERTIFICATE_PRESENT } else { CERTIFICATE_ABSENT };
    let present = [signing_present, CERTIFICATE_PRESENT, 0x00];
    add(
        files,
        CardApplication::PublicPersonalAuthentication,
        &[
            (0x0001, AFTER_PASSWORD, certificate(|k| &k.certificate, signing)),
            (0x0002, Access::Free, certificate(|k| &k.ca_certificate, signing)),
            (0x0006, Access::Free, Bytes(token_information(contents.device))),
            (0x0008, Access::Free, Bytes(present.to_vec())),
            (0x0009, Access::Nobody, Bytes(vec![0xFF; 16])),
            (0x000A, reading, certificate(|k| &k.certificate, Some(own))),
            (0x000B, Access::Free, certificate(|k| &k.ca_certificate, Some(own))),
            (0x0016, Access::Nobody, Unknown),
            (0x0017, AFTER_PIN, PrivateKey(KeySlot::UserAuthentication)),
            (0x0018, Access::Free, Body::Secret(contents.user_authentication_pin.clone())),
            (0x001A, AFTER_PASSWORD, PrivateKey(KeySlot::Signing)),
            (0x001B, Access::Free, Body::Secret(contents.signing_password.clone())),
        ],
    );
}

/// 160 bytes: label 32, manufacturer 32, model 16, serial 16, eleven numbers, versions, sixteen nines.
fn token_information(device: DeviceKind) -> Vec<u8> {
    let label = DeviceKind::LABELS.iter().find(|(_, kind)| *kind == device).map_or("", |(label, _)| label);
    let mut bytes = Vec::with_capacity(160);
    for (text, width) in [(label, 32), ("YAKUBA VIRTUAL", 32), ("JPKI", 16), ("0000000000000000", 16)] {
        bytes.extend(text.bytes().chain(std::iter::repeat(b' ')).take(width));
    }
    // Flags, sessions (most, now), read-write sessions (most, now), PIN (longest, shortest), memory: unknown.
    for number in [0x040D, 1, 0, 1, 0, 16, 6, u32::MAX, u32::MAX, u32::MAX, u32::MAX] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend(b"0301");
    bytes.extend([b'9'; 16]);
    bytes
}

fn lay_out_input_support(files: &mut Vec<CardFile>, contents: &VirtualCardContents) {
    use Body::Bytes;
    const PIN_OR_A: Access = Access::AfterAnyOf(&[0x0011, 0x0014]);
    const PIN_OR_B: Access = Access::AfterAnyOf(&[0x0011, 0x0015]);
    const ANY: Access = Access::AfterAnyOf(&[0x0011, 0x0014, 0x0015]);
    let number = number_file(contents);
    let (attributes, _) = basic_attributes(contents);
    let signature_file = object(0xFF30, &[integrity_part(contents), object(0xDF33, &signature(contents, 1))].concat());
    let mut always_blocked = Secret::new("", 0);
    always_blocked.tries_left = 0;
    add(
        files,
        CardApplication::InputSupport,
        &[
            (0x0001, PIN_OR_A, Bytes(number)),
            (0x0002, PIN_OR_B, Bytes(attributes)),
            (0x0003, ANY, Bytes(signature_file)),
            (0x0004, Access::Free, Bytes(card_verifiable_certificate(contents))),
            (
                0x0005,
                Access::Free,
                Bytes(objects(
                    0xFF40,
                    &[(0xDF41, &[0x01, 0x03, 0x0E, 0x01]), (0xDF42, KEY_NAME), (0xDF43, &[DUMMY; 128])],
                )),
            ),
            (0x0006, ANY, Bytes(object(0xA1, &public_key(&dummy_modulus())))),
            (
                0x0007,
                ANY,
                Bytes(object(0xFF50, &[key_part(contents), object(0xDF52, &signature(contents, 0))].concat())),
            ),
            (0x0008, Access::Free, Bytes(vec![0xFF; 16])),
            (0x0011, Access::Free, Body::Secret(contents.input_support_pin.clone())),
            (0x0012, Access::Free, Body::Secret(always_blocked)),
            (0x0013, Access::Free, Body::PrivateKey(KeySlot::Genuineness)),
            (0x0014, Access::Free, Body::Secret(code_a(contents))),
            (0x0015, Access::Free, Body::Secret(code_b(contents))),
        ],
    );
}

/// File 0002 of the input-support application, and the part of it that is signed (DF22 to DF25).
fn basic_attributes(contents: &VirtualCardContents) -> (Vec<u8>, Vec<u8>) {
    let of = &contents.attributes;
    let values: [(u16, Vec<u8>); 4] = [
        (0xDF22, of.name.as_bytes().to_vec()),
        (0xDF23, of.address.as_bytes().to_vec()),
        (0xDF24, gregorian(of.birth_date).into_bytes()),
        (0xDF25, vec![of.sex]),
    ];
    let (file, body) = with_offsets(0xFF20, 0xDF21, &values);
    (file, body)
}

/// An object that begins with a table of offsets, from the start of the file, to the objects after it. Also returns
/// those objects alone.
fn with_offsets(tag: u16, table_tag: u16, values: &[(u16, Vec<u8>)]) -> (Vec<u8>, Vec<u8>) {
    let parts: Vec<_> = values.iter().map(|(tag, value)| object(*tag, value)).collect();
    let body = parts.concat();
    let table_length = object(table_tag, &vec![0; 2 * values.len()]).len();
    let header = object(tag, &vec![0; table_length + body.len()]).len() - table_length - body.len();
    let mut at = header + table_length;
    let mut offsets = Vec::new();
    for part in &parts {
        offsets.extend((at as u16).to_be_bytes());
        at += part.len();
    }
    (object(tag, &[object(table_tag, &offsets), body.clone()].concat()), body)
}

fn lay_out_surface(files: &mut Vec<CardFile>, contents: &VirtualCardContents) {
    use Body::Bytes;
    const BIRTH_DATE: Access = Access::AfterAnyOf(&[0x0011]);
    const A_OR_B: Access = Access::AfterAnyOf(&[0x0012, 0x0013]);
    const A: Access = Access::AfterAnyOf(&[0x0013]);
    let age = object(0xFF10, &[age_part(contents), object(0xDF13, &signature(contents, 2))].concat());
    let mut surface = face_values(contents);
    surface.extend([
        (0xDF28, signature(contents, 3)),
        (0xDF29, gregorian(contents.expires).into_bytes()),
        (0xDF2A, WHITE_PICTURE.to_vec()),
    ]);
    let (surface, _) = with_offsets(0xFF20, 0xDF21, &surface);
    let version = objects(
        0xFF30,
        &[
            (0xDF31, &[0x06, 0x03, 0x0E, 0x01]),
            (0xDF32, KEY_NAME),
            (0xDF33, &[0x01]),
            (0xDF34, contents.municipality_code.as_bytes()),
            (0xDF35, &[&KEY_NAME[..], &[DUMMY; 256]].concat()),
        ],
    );
    let number_picture =
        objects(0xFF40, &[(0xDF41, &WHITE_PICTURE), (0xDF42, &own_key(contents)), (0xDF43, &[DUMMY; 256])]);
    add(
        files,
        CardApplication::Surface,
        &[
            (0x0001, BIRTH_DATE, Bytes(age)),
            (0x0002, A_OR_B, Bytes(surface)),
            (0x0003, Access::Free, Bytes(version)),
            (0x0004, Access::Free, Bytes(card_verifiable_certificate(contents))),
            (0x0005, A, Bytes(number_picture)),
            (0x0006, A_OR_B, Bytes(vec![0xFF; 16])),
            (
                0x0011,
                Access::Free,
                Body::Secret(Secret::new(&japanese(contents.attributes.birth_date), BIRTH_DATE_TRIES)),
            ),
            (0x0012, Access::Free, Body::Secret(code_b(contents))),
            (0x0013, Access::Free, Body::Secret(code_a(contents))),
            (0x001A, Access::Free, Body::PrivateKey(KeySlot::Genuineness)),
        ],
    );
}

/// What the municipality signs when a card is made, in the order of [`super::contents::Genuineness::signatures`]: the
/// card's key; the hashes of number and attributes; the age record; the front, in three groups that are hashed apart.
pub(super) fn signed_parts(contents: &VirtualCardContents) -> [Vec<Vec<u8>>; 4] {
    let face: Vec<_> = face_values(contents).iter().map(|(tag, value)| object(*tag, value)).collect();
    [
        vec![key_part(contents)],
        vec![integrity_part(contents)],
        vec![age_part(contents)],
        vec![face[..3].concat(), face[3..5].concat(), face[5..].concat()],
    ]
}

fn signature(contents: &VirtualCardContents, which: usize) -> Vec<u8> {
    contents.genuineness.as_ref().map_or_else(|| vec![DUMMY; 256], |proof| proof.signatures[which].clone())
}

/// The card's public key: `90` exponent, `91` modulus.
fn own_key(contents: &VirtualCardContents) -> Vec<u8> {
    public_key(&contents.genuineness.as_ref().map_or_else(dummy_modulus, |proof| proof.modulus.clone()))
}

/// Of the size of one, and nobody's.
fn dummy_modulus() -> Vec<u8> {
    [vec![DUMMY | 0x80], vec![DUMMY; 255]].concat()
}

fn public_key(modulus: &[u8]) -> Vec<u8> {
    [object(0x90, &[1, 0, 1]), object(0x91, modulus)].concat()
}

fn key_part(contents: &VirtualCardContents) -> Vec<u8> {
    object(0xDF51, &own_key(contents))
}

fn number_file(contents: &VirtualCardContents) -> Vec<u8> {
    [object(0xFF10, &contents.number.ascii()), vec![0xFF, 0xFF]].concat()
}

fn integrity_part(contents: &VirtualCardContents) -> Vec<u8> {
    let (_, attributes) = basic_attributes(contents);
    [object(0xDF31, &sha256(&number_file(contents))), object(0xDF32, &sha256(&attributes))].concat()
}

fn age_part(contents: &VirtualCardContents) -> Vec<u8> {
    let birth = gregorian(contents.attributes.birth_date);
    [object(0xDF11, birth.as_bytes()), object(0xDF12, &own_key(contents))].concat()
}

/// The front, up to the signature.
fn face_values(contents: &VirtualCardContents) -> Vec<(u16, Vec<u8>)> {
    vec![
        (0xDF22, gregorian(contents.attributes.birth_date).into_bytes()),
        (0xDF23, vec![contents.attributes.sex]),
        (0xDF24, own_key(contents)),
        (0xDF25, WHITE_PICTURE.to_vec()),
        (0xDF26, WHITE_PICTURE.to_vec()),
        (0xDF27, NO_PORTRAIT.to_vec()),
    ]
}

fn lay_out_registers(files: &mut Vec<CardFile>, contents: &VirtualCardContents) {
    const AFTER_PIN: Access = Access::AfterAnyOf(&[0x001C]);
    let printed =
        format!("{}{}{}", contents.manufacturing_number, contents.municipality_code, gregorian(contents.expires));
    // Simple-TLV: one byte tag, one byte length.
    let mut record = vec![0x01, printed.len() as u8];
    record.extend(printed.bytes());
    let pin = || Body::Secret(contents.resident_register_pin.clone());
    add(
        files,
        CardApplication::Common,
        &[
            (0x0001, Access::Free, Body::Record(record)),
            (0x0002, Access::Free, Body::Record(vec![DUMMY; 16])),
            (0x0019, Access::Nobody, Body::Unknown),
            (0x001C, Access::Free, pin()),
        ],
    );
    add(
        files,
        CardApplication::ResidentRegister,
        &[(0x0002, AFTER_PIN, Body::Record(vec![0xFF; 16])), (0x001C, Access::Free, pin())],
    );
}

/// 照合番号A: the number itself.
fn code_a(contents: &VirtualCardContents) -> Secret {
    Secret::new(&String::from_utf8_lossy(&contents.number.ascii()), CODE_TRIES)
}

/// 照合番号B: birth date in the era calendar, year of expiry, security code.
fn code_b(contents: &VirtualCardContents) -> Secret {
    let year = contents.expires.parts().0;
    Secret::new(&format!("{}{year:04}{}", japanese(contents.attributes.birth_date), contents.security_code), CODE_TRIES)
}

/// `YYYYMMDD`.
fn gregorian(date: Date) -> String {
    let (year, month, day) = date.parts();
    format!("{year:04}{month:02}{day:02}")
}

/// `YYMMDD` with the year of the era.
fn japanese(date: Date) -> String {
    let (_, month, day) = date.parts();
    format!("{:02}{month:02}{day:02}", date.era().1 % 100)
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, bytes).as_ref().to_vec()
}

fn object(tag: u16, value: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    tlv::write(&mut out, tag, value);
    out
}

fn objects(tag: u16, values: &[(u16, &[u8])]) -> Vec<u8> {
    object(tag, &values.iter().flat_map(|(tag, value)| object(*tag, value)).collect::<Vec<u8>>())
}

fn card_verifiable_certificate(contents: &VirtualCardContents) -> Vec<u8> {
    match &contents.genuineness {
        Some(proof) => proof.certificate.clone(),
        None => {
            let body = [vec![DUMMY; 32], own_key(contents)].concat();
            objects(0x7F21, &[(0x5F4E, &body), (0x5F37, &[DUMMY; 256])])
        }
    }
}
