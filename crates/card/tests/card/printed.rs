//! What is printed on the card, read from its chip, and the proof that the card is genuine.

use base::Date;
use card::genuineness::{AuthorityKind, CardVerifiableCertificate, GenuinenessAnchors, KeyRecord, NotGenuine, judge};
use card::pin::{BirthDateCode, FourDigitPin, VerificationCodeB};
use card::virtual_card::CardIssuer;
use card::virtual_card::attack::{EmulatedCard, MixedCard};
use card::{Card, CardError, InputSupportSession, JpkiSession, LastTry, Pin, Reader, SurfaceSession};
use proptest::prelude::*;

use crate::support::*;

/// What a counter learns about a card with the PIN typed: certificate, key record, and a proof over `challenge`.
fn read_proof<C: Card>(card: C, challenge: &[u8]) -> Result<(Vec<u8>, KeyRecord, Vec<u8>), CardError> {
    let mut session = JpkiSession::open(card)?.into_input_support()?;
    let certificate = session.certificate()?;
    session.verify_pin(&pin(PIN), LastTry::Refuse)?;
    Ok((certificate, session.key_record()?, session.prove_genuine(&sha256(challenge))?))
}

fn anchors() -> GenuinenessAnchors {
    GenuinenessAnchors::new(vec![issuer().anchor()])
}

#[test]
fn the_basic_attributes_come_after_the_pin_and_not_before() {
    let mut session = open(&reader()).into_input_support().unwrap();
    assert_eq!(session.basic_attributes().unwrap_err(), CardError::PinRequired { pin: Pin::InputSupport });
    assert_eq!(session.tries_left(Pin::InputSupport), Ok(3));
    let miss = session.verify_pin(&FourDigitPin::parse("9999").unwrap(), LastTry::Refuse);
    assert_eq!(miss, Err(CardError::WrongPin { pin: Pin::InputSupport, tries_left: 2 }));
    session.verify_pin(&pin(PIN), LastTry::Refuse).unwrap();
    assert_eq!(session.basic_attributes().unwrap().reveal(), &attributes());
    assert_eq!(session.basic_information().unwrap().identification, [0x01, 0x03, 0x0E, 0x01]);
    session.session_key().unwrap();
    session.close().unwrap();
}

#[test]
fn code_b_from_the_front_of_the_card_opens_the_attributes_too() {
    let mut session = InputSupportSession::open(reader().connect().unwrap()).unwrap();
    // Shōwa 46, September 1; the card expires in 2031; its security code.
    let code = VerificationCodeB::parse("46090120310000").unwrap();
    session.verify_code_b(&code, LastTry::Refuse).unwrap();
    assert_eq!(session.basic_attributes().unwrap().reveal().name, "試験　花子");
}

#[test]
fn the_front_of_the_card_opens_by_what_is_printed_on_it() {
    let mut session = SurfaceSession::open(reader().connect().unwrap()).unwrap();
    assert_eq!(session.age_record().unwrap_err(), CardError::PinRequired { pin: Pin::BirthDate });
    assert_eq!(session.card_face().unwrap_err(), CardError::PinRequired { pin: Pin::VerificationCodeB });
    let birth = attributes().birth_date;
    session.verify_birth_date(&BirthDateCode::of(birth), LastTry::Refuse).unwrap();
    assert_eq!(session.age_record().unwrap().reveal().birth_date, birth);
    session.verify_code_b(&VerificationCodeB::parse("46090120310000").unwrap(), LastTry::Refuse).unwrap();
    let face = session.card_face().unwrap().into_inner();
    assert_eq!((face.birth_date, face.sex, face.expires), (birth, b'2', Date::new(2031, 9, 1).unwrap()));
    assert!(face.name_picture.starts_with(b"\x89PNG"));
    assert_eq!(session.basic_information().unwrap().municipality_code, "00000");
    let (certificate, challenge) = (session.certificate().unwrap(), b"challenge");
    let proof = session.prove_genuine(&sha256(challenge)).unwrap();
    for record in [face.key, session.age_record().unwrap().into_inner().key] {
        assert_eq!(
            judge(&certificate, &record, challenge, &proof, &anchors()).unwrap().authority,
            AuthorityKind::Dummy
        );
    }
}

#[test]
fn a_genuine_card_proves_itself_to_who_trusts_its_authority() {
    let (certificate, record, proof) = read_proof(reader().connect().unwrap(), b"challenge").unwrap();
    let genuine = judge(&certificate, &record, b"challenge", &proof, &anchors()).unwrap();
    assert!(genuine.key.verifies(b"challenge", &proof));

    let another = judge(&certificate, &record, b"another challenge", &proof, &anchors());
    assert_eq!(another, Err(NotGenuine::NoProof), "a proof is worth nothing for another challenge");
    let unknown = judge(&certificate, &record, b"challenge", &proof, &GenuinenessAnchors::production());
    assert!(matches!(unknown, Err(NotGenuine::UnknownAuthority(_))), "a dummy is no real authority: {unknown:?}");
    let impostor = GenuinenessAnchors::new(vec![CardIssuer::generate().unwrap().anchor()]);
    let refused = judge(&certificate, &record, b"challenge", &proof, &impostor);
    assert_eq!(refused, Err(NotGenuine::CertificateSignature), "same name, another key");
}

#[test]
fn a_later_tap_needs_no_pin_and_only_the_key_kept_at_enrolment() {
    let (certificate, record, proof) = read_proof(reader().connect().unwrap(), b"enrolment").unwrap();
    let kept = judge(&certificate, &record, b"enrolment", &proof, &anchors()).unwrap().key;
    let mut session = open(&reader());
    session.user_authentication_certificate().unwrap();
    let later = session.into_input_support().unwrap().prove_genuine(&sha256(b"tap")).unwrap();
    assert!(kept.verifies(b"tap", &later));
}

#[test]
fn a_mixed_card_shows_a_true_certificate_and_fails_the_key_kept_for_it() {
    let (certificate, record, proof) = read_proof(reader().connect().unwrap(), b"enrolment").unwrap();
    let kept = judge(&certificate, &record, b"enrolment", &proof, &anchors()).unwrap().key;
    let mut attackers = contents();
    issuer().personalise(&mut attackers).unwrap();
    let mut mixed = JpkiSession::open(MixedCard::of(&card(), card_of(attackers, Default::default()))).unwrap();
    assert_eq!(
        mixed.user_authentication_certificate().unwrap(),
        open(&reader()).user_authentication_certificate().unwrap()
    );
    let proof = mixed.into_input_support().unwrap().prove_genuine(&sha256(b"tap")).unwrap();
    assert!(!kept.verifies(b"tap", &proof), "the attacker's card is genuine, but not the one enrolled");
}

#[test]
fn an_emulated_card_accepts_any_pin_and_proves_nothing() {
    let (.., heard) = read_proof(reader().connect().unwrap(), b"yesterday").unwrap();
    let mut session = InputSupportSession::open(EmulatedCard::of(&card(), Some(heard.clone()))).unwrap();
    session.verify_pin(&pin("0000"), LastTry::Refuse).unwrap();
    assert!(session.key_record().is_err(), "what the PIN guards was never copied");
    let replayed = session.prove_genuine(&sha256(b"today")).unwrap();
    let (certificate, record, _) = read_proof(reader().connect().unwrap(), b"x").unwrap();
    assert_eq!(judge(&certificate, &record, b"today", &replayed, &anchors()), Err(NotGenuine::NoProof));
    let mut jpki = JpkiSession::open(EmulatedCard::of(&card(), Some(heard))).unwrap();
    jpki.verify_user_authentication_pin(&pin("0000"), LastTry::Refuse).unwrap();
    let signature = jpki.sign_user_authentication(&[1; 32]).unwrap();
    let wrong = std::panic::catch_unwind(|| assert_signed(Pin::UserAuthentication, &[1; 32], &signature));
    assert!(wrong.is_err());
}

#[test]
fn a_phone_has_nothing_printed_and_says_farewell_where_it_must() {
    let mut phone = contents();
    phone.device = card::DeviceKind::Iphone;
    let reader = card::readers::virtual_reader::VirtualReader::with(card_of(phone, Default::default()));
    let (mut session, recording) = open_recorded(&reader);
    assert!(session.certificate_presence().unwrap().signing);
    session.close().unwrap();
    assert!(recording.commands().contains(&vec![0x80, 0xFC, 0x00, 0x00]));
}

#[test]
fn a_child_s_card_says_before_any_password_that_it_cannot_sign() {
    let mut child = contents();
    child.signing = None;
    let reader = card::readers::virtual_reader::VirtualReader::with(card_of(child, Default::default()));
    let presence = open(&reader).certificate_presence().unwrap();
    assert!(!presence.signing && presence.user_authentication);
}

/// The file of a card with one byte changed.
fn altered(file: &[u8], at: usize, by: u8) -> Vec<u8> {
    let mut file = file.to_vec();
    let at = at % file.len();
    file[at] ^= by;
    file
}

proptest! {
    #[test]
    fn no_altered_byte_of_certificate_or_record_is_taken(at in any::<usize>(), by in 1u8.., which in any::<bool>()) {
        static READ: std::sync::OnceLock<(Vec<u8>, Vec<u8>, Vec<u8>)> = std::sync::OnceLock::new();
        let (certificate, record, proof) = READ.get_or_init(|| {
            let mut session = InputSupportSession::open(reader().connect().unwrap()).unwrap();
            let certificate = session.certificate().unwrap();
            let record = input_support_file(0x0007);
            (certificate, record, session.prove_genuine(&sha256(b"c")).unwrap())
        });
        let (certificate, record) = match which {
            true => (altered(certificate, at, by), record.clone()),
            false => (certificate.clone(), altered(record, at, by)),
        };
        if let Ok(record) = KeyRecord::read_input_support(&record) {
            prop_assert!(judge(&certificate, &record, b"c", proof, &anchors()).is_err());
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused_with_a_place(bytes in proptest::collection::vec(any::<u8>(), 0..400), tag in 0usize..6) {
        let tags = [&[0x7F, 0x21][..], &[0xFF, 0x50], &[0xFF, 0x20], &[0xFF, 0x10], &[0xFF, 0x30], &[]];
        let mut file = tags[tag].to_vec();
        file.extend([0x82, (bytes.len() >> 8) as u8, bytes.len() as u8]);
        file.extend(&bytes);
        for fault in [
            CardVerifiableCertificate::read(&file).err(),
            KeyRecord::read_input_support(&file).err(),
            card::virtual_card::BasicAttributes::read(&file).err(),
            card::applications::surface::CardFace::read(&file).err(),
            card::applications::surface::AgeRecord::read(&file).err(),
            card::applications::surface::BasicInformation::read(&file).err(),
        ].into_iter().flatten() {
            prop_assert!(fault.position <= file.len());
        }
    }
}

#[test]
fn truncated_at_any_byte_a_file_is_refused_and_never_half_read() {
    for id in [0x0002, 0x0007] {
        let file = input_support_file(id);
        for length in 0..file.len() {
            assert!(card::virtual_card::BasicAttributes::read(&file[..length]).is_err());
            assert!(KeyRecord::read_input_support(&file[..length]).is_err(), "cut at {length}");
        }
    }
}
