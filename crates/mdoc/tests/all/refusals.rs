//! Each refusal has a name.

use std::sync::Arc;

use mdoc::self_made::{IssuedItem, PlannedItem, SelfMadeIssuer};
use mdoc::{Curve, DeviceProof, Element, EphemeralKey, Refusal};
use pki::mobile_document::{MobileSignerLists, MobileSignerRefusal};
use pki::revocation::{CrlSource, Fetch, RevocationReason, StatusError};
use pki::test_authority::{Template, TemplateExtension};
use pki::{Malformed, TrustAnchors};

use crate::support::{Scene, Session, everything, now, replace, request};

const DAY: i64 = 86_400;

/// Object identifiers as DER content.
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";

fn extension(template: &mut Template, oid: &str, change: impl FnOnce(&mut TemplateExtension)) {
    let found = template.extensions.iter_mut().find(|extension| extension.oid.to_string() == oid);
    change(found.expect("the extension"));
}

#[track_caller]
fn signer_refusal(change: impl FnOnce(&mut Template)) -> MobileSignerRefusal {
    match Scene::certified(change).refusal() {
        Refusal::Signer(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

// --- the document signer -------------------------------------------------------------------------------------------

#[test]
fn an_authority_nobody_handed_in_is_unknown() {
    let scene = Scene::new();
    let others = SelfMadeIssuer::new(Curve::P256, now()).unwrap().anchors().unwrap();
    let reader = mdoc::DocumentReader::new(&others, &scene.lists, crate::support::seams());
    let refusal = reader.judge(&scene.presented(&request()), &request()).unwrap_err();
    assert_eq!(refusal, Refusal::Signer(MobileSignerRefusal::UnknownAuthority));
}

#[test]
fn a_dummy_authority_is_not_taken_where_real_ones_are() {
    let scene = Scene::new();
    let mut anchors = TrustAnchors::production_only();
    let dummy = scene.issuer.authority().certificate();
    let added = anchors.add(pki::AuthorityRole::MobileDocument, pki::AnchorKind::Test, dummy);
    assert_eq!(added, Err(pki::anchors::AnchorError::TestNotAllowed));
}

#[test]
fn a_certificate_for_another_purpose_is_refused() {
    // A reader's certificate, 1.0.18013.5.1.6, then two purposes at once, then none.
    let reader = signer_refusal(|t| extension(t, EXTENDED_KEY_USAGE, |e| *e.value.last_mut().unwrap() = 6));
    assert_eq!(reader, MobileSignerRefusal::WrongPurpose);
    let both = signer_refusal(|t| {
        extension(t, EXTENDED_KEY_USAGE, |e| {
            let one = e.value[2..].to_vec();
            e.value = [&[0x30, 2 * one.len() as u8][..], &one, &one].concat();
        });
    });
    assert_eq!(both, MobileSignerRefusal::WrongPurpose);
    let none = signer_refusal(|t| t.extensions.retain(|e| e.oid.to_string() != EXTENDED_KEY_USAGE));
    assert_eq!(none, MobileSignerRefusal::WrongPurpose);
}

#[test]
fn a_key_for_more_than_signatures_is_refused() {
    let refusal = signer_refusal(|t| extension(t, KEY_USAGE, |e| e.value = vec![0x03, 0x02, 0x06, 0xC0]));
    assert_eq!(refusal, MobileSignerRefusal::WrongKeyUsage);
    let plain = signer_refusal(|t| extension(t, KEY_USAGE, |e| e.critical = false));
    assert_eq!(plain, MobileSignerRefusal::WrongKeyUsage);
}

#[test]
fn a_signer_of_another_country_is_refused() {
    assert_eq!(signer_refusal(|t| replace(&mut t.subject, b"JP", b"US")), MobileSignerRefusal::CountryDiffers);
}

#[test]
fn a_state_that_the_authority_does_not_name_is_refused() {
    // RDN { stateOrProvinceName = UTF8String "Tokyo" } before the rest; the name stays below 128 octets.
    let refusal = signer_refusal(|t| {
        let state = [&[0x31, 0x0E, 0x30, 0x0C, 0x06, 0x03, 0x55, 0x04, 0x08, 0x0C, 0x05][..], b"Tokyo"].concat();
        t.subject[1] += state.len() as u8;
        t.subject.splice(2..2, state);
    });
    assert_eq!(refusal, MobileSignerRefusal::StateDiffers);
}

#[test]
fn a_signer_outside_its_dates_is_refused() {
    let expired = signer_refusal(|t| t.not_after = now().plus_seconds(-10));
    let early = signer_refusal(|t| t.not_before = now().plus_seconds(10));
    assert_eq!((expired, early), (MobileSignerRefusal::NotCurrent, MobileSignerRefusal::NotCurrent));
}

#[test]
fn an_unknown_critical_extension_is_refused() {
    let refusal = signer_refusal(|t| extension(t, "2.5.29.14", |e| e.critical = true));
    assert_eq!(refusal, MobileSignerRefusal::UnknownCriticalExtension);
}

#[test]
fn a_certificate_altered_after_signing_is_refused() {
    let refusal = Scene::new().refusal_of(|bytes| replace(bytes, b"Dummy Document", b"Bummy Document"));
    assert_eq!(refusal, Refusal::Signer(MobileSignerRefusal::WrongSignature));
}

#[test]
fn a_revoked_signer_is_refused_with_since_when_and_why() {
    let mut scene = Scene::new();
    let since = now().plus_seconds(-3600);
    scene.lists = scene.issuer.lists(&scene.anchors, since, true).unwrap();
    assert_eq!(scene.refusal(), Refusal::SignerRevoked { since, reason: RevocationReason::KeyCompromise });
}

#[test]
fn no_list_or_too_old_a_list_closes() {
    let mut scene = Scene::new();
    scene.lists = MobileSignerLists::default();
    assert_eq!(scene.refusal(), Refusal::StatusUnknown(StatusError::WrongList));
    // Within nextUpdate, yet older than the rules allow.
    let as_of = now().plus_seconds(-8 * DAY);
    scene.lists = scene.issuer.lists(&scene.anchors, as_of, false).unwrap();
    assert_eq!(scene.refusal(), Refusal::StatusUnknown(StatusError::Stale { as_of }));
    let as_of = now().plus_seconds(3600);
    scene.lists = scene.issuer.lists(&scene.anchors, as_of, false).unwrap();
    assert_eq!(scene.refusal(), Refusal::StatusUnknown(StatusError::FromTheFuture { as_of }));
    assert_eq!(scene.refusal().kind(), base::Kind::Unavailable);
}

/// A network of one address that can be cut.
struct OneAddress(std::sync::Mutex<Option<Vec<u8>>>);

impl Fetch for OneAddress {
    fn post(&self, _: &str, _: &str, _: &[u8], _: u64) -> Result<Vec<u8>, StatusError> {
        Err(StatusError::Unreachable)
    }

    fn get(&self, url: &str, _: u64) -> Result<Vec<u8>, StatusError> {
        assert_eq!(url, "http://iaca.example/list.crl");
        self.0.lock().unwrap().clone().ok_or(StatusError::Unreachable)
    }
}

#[test]
fn a_fetched_list_serves_until_it_is_too_old_and_none_closes() {
    let scene = Scene::new();
    let network = Arc::new(OneAddress(std::sync::Mutex::default()));
    let source = CrlSource::new(network.clone(), "http://iaca.example/list.crl");
    let (seams, clock) = base::Seams::simulated(now(), 5);
    let reader = mdoc::DocumentReader::new(&scene.anchors, &source, seams);
    let presented = scene.presented(&request());
    let judge = || reader.judge(&presented, &request()).map(|document| document.status_as_of);
    assert_eq!(judge(), Err(Refusal::StatusUnknown(StatusError::Unreachable)));
    let until = now().plus_seconds(30 * DAY);
    let list = scene.issuer.authority().whole_revocation_list(1, now(), until, &[]).unwrap();
    *network.0.lock().unwrap() = Some(list);
    assert_eq!(judge(), Ok(now()));
    // The network is cut: the list speaks on, but not for longer than the reader's rules allow.
    *network.0.lock().unwrap() = None;
    clock.advance_seconds(6 * DAY);
    assert_eq!(judge(), Ok(now()));
    clock.advance_seconds(DAY + 1);
    assert_eq!(judge(), Err(Refusal::StatusUnknown(StatusError::Stale { as_of: now() })));
}

// --- the security object -------------------------------------------------------------------------------------------

#[test]
fn the_dates_of_the_document_are_judged() {
    let cases: [(i64, i64, i64, Refusal); 7] = [
        (-3600, -3600, -1, Refusal::Expired),
        (-3600, 61, DAY, Refusal::NotYetValid),
        (61, 61, DAY, Refusal::NotYetValid),
        (-3600, -7200, DAY, Refusal::ContradictoryValidity),
        (-3600, -3600, -3600, Refusal::ContradictoryValidity),
        (-2 * DAY, -3600, DAY, Refusal::SignedOutsideSignerValidity),
        (400 * DAY, 400 * DAY, 401 * DAY, Refusal::SignedOutsideSignerValidity),
    ];
    for (signed, from, until, expected) in cases {
        let scene = Scene::planned(|plan| {
            plan.signed = now().plus_seconds(signed);
            plan.valid_from = now().plus_seconds(from);
            plan.valid_until = now().plus_seconds(until);
        });
        assert_eq!(scene.refusal(), expected, "{signed} {from} {until}");
    }
}

#[test]
fn an_issuers_clock_may_run_ahead_by_one_minute_and_an_end_is_an_end() {
    let scene = Scene::planned(|plan| {
        plan.signed = now().plus_seconds(60);
        plan.valid_from = now().plus_seconds(60);
    });
    assert!(scene.judge().is_ok());
    assert!(Scene::planned(|plan| plan.valid_until = now()).judge().is_ok());
}

#[test]
fn another_type_of_document_is_refused() {
    let driving = "org.iso.18013.5.1.mDL";
    let scene = Scene::planned(|plan| (plan.document_type, plan.signed_type) = (driving.into(), driving.into()));
    assert_eq!(scene.refusal(), Refusal::WrongDocumentType);
    let scene = Scene::planned(|plan| plan.signed_type = driving.into());
    assert_eq!(scene.refusal(), Refusal::DocumentTypeDiffers);
}

#[test]
fn an_unknown_version_or_digest_is_refused() {
    assert_eq!(Scene::planned(|plan| plan.version = "2.0".into()).refusal(), Refusal::UnknownVersion);
    assert_eq!(
        Scene::planned(|plan| plan.digest_algorithm = "SHA-1".into()).refusal(),
        Refusal::UnknownDigestAlgorithm
    );
}

#[test]
fn an_altered_security_object_is_refused() {
    let refusal = Scene::new().refusal_of(|bytes| replace(bytes, b"SHA-256", b"SHA-512"));
    assert!(matches!(refusal, Refusal::WrongIssuerSignature), "{refusal:?}");
}

// --- the items -----------------------------------------------------------------------------------------------------

#[test]
fn a_tampered_item_is_refused() {
    let refusal = Scene::new().refusal_of(|bytes| replace(bytes, "花子".as_bytes(), "太郎".as_bytes()));
    assert_eq!(refusal, Refusal::AlteredItem);
}

#[test]
fn an_item_without_a_signed_digest_is_refused() {
    let scene = Scene::planned(|plan| plan.items[0].covered = false);
    assert_eq!(scene.refusal(), Refusal::UnsignedItem);
}

#[test]
fn an_item_moved_to_another_namespace_is_refused() {
    let mut scene = Scene::new();
    let age = scene.phone.document.items.iter_mut().find(|item| item.identifier == "age_over_20").unwrap();
    age.namespace = "org.iso.23220.1.jp".to_owned();
    scene.phone.volunteers = vec!["age_over_20".to_owned()];
    assert_eq!(scene.refusal(), Refusal::UnsignedItem);
}

#[test]
fn an_item_of_another_document_is_refused() {
    let mut scene = Scene::new();
    let other = Scene::planned(|plan| *plan = plan.clone().saying(Element::FullName, "架空　太郎"));
    scene.phone.document.items[0] = other.phone.document.items[0].clone();
    assert_eq!(scene.refusal(), Refusal::AlteredItem);
}

#[test]
fn an_item_nobody_asked_for_is_refused() {
    let mut scene = Scene::new();
    scene.phone.volunteers = vec!["portrait".to_owned()];
    assert_eq!(scene.refusal(), Refusal::NotAskedFor);
    let mut scene = Scene::planned(|plan| plan.items.push(PlannedItem::text("org.example", "full_name_unicode", "x")));
    scene.phone.volunteers = vec!["full_name_unicode".to_owned()];
    assert_eq!(scene.refusal(), Refusal::NotAskedFor);
}

#[test]
fn an_item_that_stands_twice_is_refused() {
    let mut scene = Scene::new();
    let twice = scene.phone.document.items[0].clone();
    scene.phone.document.items.push(twice);
    assert_eq!(scene.refusal(), Refusal::DuplicateItem);
    // Two different names, both signed.
    let scene = Scene::planned(|plan| {
        plan.items.push(PlannedItem::text("org.iso.23220.1.jp", "full_name_unicode", "架空　太郎"));
    });
    assert_eq!(scene.refusal(), Refusal::DuplicateItem);
}

#[test]
fn an_individual_number_is_refused_by_name_and_its_value_is_nowhere() {
    const NUMBER: &str = "123456789018";
    for namespace in ["org.iso.23220.1.jp", "org.example.elsewhere"] {
        let mut scene = Scene::planned(|plan| {
            plan.items.push(PlannedItem::text(namespace, "individual_number_unicode", NUMBER));
        });
        scene.phone.volunteers = vec!["individual_number_unicode".to_owned()];
        let refusal = scene.refusal();
        assert_eq!(refusal, Refusal::IndividualNumberPresent);
        assert!(!format!("{refusal} {refusal:?}").contains(NUMBER));
    }
}

#[test]
fn an_individual_number_in_a_field_of_another_name_is_refused_too() {
    let scene = Scene::planned(|plan| *plan = plan.clone().saying(Element::Address, "東京都 1234-5678-9018"));
    assert_eq!(scene.refusal(), Refusal::IndividualNumberPresent);
}

#[test]
fn values_of_an_unknown_form_are_refused_by_the_name_of_their_element() {
    for (element, value) in [
        (Element::FullName, ""),
        (Element::FullName, "架空\n花子"),
        (Element::LocalGovernmentCode, "東京"),
        (Element::BirthDateText, "昭和46年9月1日"),
        (Element::BirthDate, "1971-09-01"),
        (Element::Sex, "2"),
        (Element::AgeOver20, "true"),
        (Element::AgeInYears, "55"),
        (Element::Portrait, "jpeg"),
    ] {
        let scene = Scene::planned(|plan| *plan = plan.clone().saying(element, value));
        let refusal = scene.reader().judge(&scene.presented(&everything()), &everything()).unwrap_err();
        assert_eq!(refusal, Refusal::UnreadableValue(element), "{value}");
    }
}

#[test]
fn two_birthdays_that_differ_are_refused() {
    let scene = Scene::planned(|plan| *plan = plan.clone().saying(Element::BirthDateText, "1971年9月2日"));
    let refusal = scene.reader().judge(&scene.presented(&everything()), &everything()).unwrap_err();
    assert_eq!(refusal, Refusal::Contradiction);
}

// --- the phone -----------------------------------------------------------------------------------------------------

#[test]
fn an_answer_of_another_session_is_refused() {
    let scene = Scene::new();
    let yesterday = scene.presented(&request());
    let today = Session::new(Curve::P256);
    let replayed = today.brings(yesterday.response.to_vec());
    assert_eq!(scene.reader().judge(&replayed, &request()).unwrap_err(), Refusal::DeviceNotProved);
}

#[test]
fn a_copied_document_in_another_phone_is_refused() {
    let mut scene = Scene::new();
    scene.phone.device_key = EphemeralKey::generate(Curve::P256).unwrap();
    assert_eq!(scene.refusal(), Refusal::DeviceNotProved);
    scene.phone.proof = DeviceProof::Mac;
    assert_eq!(scene.refusal(), Refusal::DeviceNotProved);
    scene.phone.proof = DeviceProof::Signature;
    scene.phone.device_key = EphemeralKey::generate(Curve::P384).unwrap();
    assert_eq!(scene.refusal(), Refusal::WrongAlgorithm);
}

#[test]
fn a_mac_of_another_session_or_without_our_key_is_refused() {
    let mut scene = Scene::new();
    scene.phone.proof = DeviceProof::Mac;
    let session = Session::new(Curve::P256);
    let response = scene.phone.respond(&request(), &session.transcript, Some(&session.key)).unwrap();
    let other = Session::new(Curve::P256);
    let mut presentation = session.brings(response);
    assert!(scene.reader().judge(&presentation, &request()).is_ok());
    presentation.reader_key = Some(Arc::clone(&other.key));
    assert_eq!(scene.reader().judge(&presentation, &request()).unwrap_err(), Refusal::DeviceNotProved);
    presentation.reader_key = Some(Arc::clone(&session.key));
    presentation.transcript = other.transcript;
    assert_eq!(scene.reader().judge(&presentation, &request()).unwrap_err(), Refusal::DeviceNotProved);
    presentation.reader_key = None;
    assert_eq!(scene.reader().judge(&presentation, &request()).unwrap_err(), Refusal::NoKeyForMac);
    presentation.reader_key = Some(Arc::new(EphemeralKey::generate(Curve::P384).unwrap()));
    assert_eq!(scene.reader().judge(&presentation, &request()).unwrap_err(), Refusal::NoKeyForMac);
}

#[test]
fn elements_the_phone_adds_itself_are_refused() {
    // {"a": {}} in place of {}: tag 24 and a string of four octets.
    let mut presentation = Scene::new().presented(&request());
    let empty = [0xD8, 0x18, 0x41, 0xA0];
    let at = presentation.response.windows(4).position(|window| window == empty).unwrap();
    presentation.response.splice(at..at + 4, [0xD8, 0x18, 0x44, 0xA1, 0x61, b'a', 0xA0]);
    let scene = Scene::new();
    let refusal = scene.reader().judge(&presentation, &request()).unwrap_err();
    assert_eq!(refusal, Refusal::DeviceSignedElements);
}

// --- the answer as a whole -----------------------------------------------------------------------------------------

#[test]
fn a_phone_that_says_no_is_understood() {
    let scene = Scene::new();
    let session = Session::new(Curve::P256);
    for (response, expected) in [
        // {"version": "1.0", "status": 0}, with status 10, with no documents, with two.
        (&b"\xA2\x67version\x631.0\x66status\x00"[..], Refusal::NothingReturned),
        (b"\xA2\x67version\x631.0\x66status\x0A", Refusal::PhoneStatus(10)),
        (b"\xA3\x67version\x631.0\x69documents\x80\x66status\x00", Refusal::NothingReturned),
        (b"\xA3\x67version\x631.0\x69documents\x82\xA0\xA0\x66status\x00", Refusal::MoreThanOneDocument),
        (b"\xA2\x67version\x632.0\x66status\x00", Malformed { position: 1, what: "version 1.0" }.into()),
        (b"\xA1\x66status\x00", Malformed { position: 0, what: "a version" }.into()),
        (b"\xA1\x63new\x00", Malformed { position: 1, what: "a key that version 1.0 has" }.into()),
    ] {
        let refusal = scene.reader().judge(&session.brings(response.to_vec()), &request()).unwrap_err();
        assert_eq!(refusal, expected);
    }
}

#[test]
fn a_salt_that_is_too_short_is_refused() {
    let mut scene = Scene::new();
    let item = &mut scene.phone.document.items[0];
    // {"digestID": 0, "random": h'00', "elementIdentifier": …, "elementValue": 1}
    let inner = b"\xA4\x68digestID\x00\x66random\x41\x00\x71elementIdentifier\x71full_name_unicode\x6CelementValue\x01";
    let raw = [&[0xD8, 0x18, 0x58, inner.len() as u8][..], inner].concat();
    *item = IssuedItem { raw, ..item.clone() };
    let refusal = scene.refusal();
    assert!(
        matches!(refusal, Refusal::Malformed(Malformed { what: "a salt of at least 16 octets", .. })),
        "{refusal:?}"
    );
}
