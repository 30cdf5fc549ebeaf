//! One certificate before the judge.

use const_oid::ObjectIdentifier;
use pki::anchors::AnchorError;
use pki::jpki_profile::{CertificateKind, CertificateRefusal, POLICIES, judge};
use pki::test_authority::{Template, TemplateExtension, TestAuthority};
use pki::{AnchorKind, AuthorityRole, TrustAnchors};

use crate::support::*;

const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.32");
const PURPOSES: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
const CRL_POINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.31");
const AUTHORITY_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const NAME_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.30");

fn judged(der: &[u8]) -> Result<(), CertificateRefusal> {
    judge(der, CertificateKind::UserAuthentication, &anchors(), now()).map(|_| ())
}

/// A certificate that is right but for one change.
fn spoiled(change: impl FnOnce(&mut Template)) -> Vec<u8> {
    let mut template = AUTHORITY.user_authentication_template(&request(5));
    change(&mut template);
    AUTHORITY.sign(&template).unwrap()
}

#[test]
fn a_right_certificate_is_accepted_and_named_by_issuer_key_and_serial() {
    let judged = judge(&card_certificate(0x0A0B0C), CertificateKind::UserAuthentication, &anchors(), now()).unwrap();
    assert_eq!(judged.id().issuer_key_id, AUTHORITY.key_id());
    assert_eq!(judged.id().serial, [0x0A, 0x0B, 0x0C]);
    assert_eq!(judged.not_after(), day(2029, 4, 2).plus_seconds(-1));
    assert_eq!(judged.ocsp_url(), Some("http://127.0.0.1:9/ocsp"));
    assert_eq!(judged.issuer().kind(), AnchorKind::Test);
    assert!(!format!("{judged:?} {:?}", judged.id()).contains("0a0b0c"), "serial numbers are never printed");
}

#[test]
fn generations_under_one_name_are_told_apart_by_key() {
    let mut renewed = request(6);
    renewed.not_after = day(2027, 4, 1);
    let old = OLD_GENERATION.issue_user_authentication(&renewed).unwrap();
    // Found by its key, and then refused only because that generation has ended.
    assert_eq!(judged(&old), Err(CertificateRefusal::AuthorityNotCurrent));
    let then = day(2025, 1, 1);
    assert!(judge(&old, CertificateKind::UserAuthentication, &anchors(), then).is_ok());
}

#[test]
fn a_foreign_authority_is_refused_even_under_the_right_name() {
    let foreign = STRANGER.issue_user_authentication(&request(5)).unwrap();
    assert_eq!(judged(&spoiled(|t| t.remove(AUTHORITY_KEY))), Err(CertificateRefusal::ForeignAuthority));
    assert_eq!(judged(&spoiled(|t| t.issuer = t.subject.clone())), Err(CertificateRefusal::ForeignAuthority));
    // A dummy that this demonstration does not know either.
    assert_eq!(judged(&foreign), Err(CertificateRefusal::TestAuthority));
    // A real-looking one: production policy, unknown key.
    let row = POLICIES.iter().find(|row| row.anchor == AnchorKind::Production).unwrap();
    let mut template = STRANGER.user_authentication_template(&request(5));
    set_policy(&mut template, row.policy);
    assert_eq!(judged(&STRANGER.sign(&template).unwrap()), Err(CertificateRefusal::ForeignAuthority));
}

#[test]
fn a_certificate_with_the_right_key_id_but_signed_by_another_key_is_refused() {
    let template = AUTHORITY.user_authentication_template(&request(5));
    assert_eq!(judged(&STRANGER.sign(&template).unwrap()), Err(CertificateRefusal::BadSignature));
}

#[test]
fn test_certificates_are_refused_where_only_real_ones_count() {
    let mut strict = TrustAnchors::production_only();
    let refused = strict.add(AuthorityRole::UserAuthentication, AnchorKind::Test, AUTHORITY.certificate());
    assert_eq!(refused, Err(AnchorError::TestNotAllowed));
    let answer = judge(&card_certificate(5), CertificateKind::UserAuthentication, &strict, now());
    assert_eq!(answer.err(), Some(CertificateRefusal::TestAuthority));
    // Even a test CA smuggled in as a real one issues nothing: its certificates carry the test policy.
    strict.add(AuthorityRole::UserAuthentication, AnchorKind::Production, AUTHORITY.certificate()).unwrap();
    let answer = judge(&card_certificate(5), CertificateKind::UserAuthentication, &strict, now());
    assert_eq!(answer.err(), Some(CertificateRefusal::WrongPolicy));
}

#[test]
fn validity_begins_and_ends_on_its_second() {
    let der = card_certificate(5);
    let at = |when| judge(&der, CertificateKind::UserAuthentication, &anchors(), when).map(|_| ());
    let (first, last) = (day(2024, 4, 1), day(2029, 4, 2).plus_seconds(-1));
    assert_eq!(at(first.plus_seconds(-1)), Err(CertificateRefusal::NotYetValid { not_before: first }));
    assert_eq!(at(first), Ok(()));
    assert_eq!(at(last.plus_millis(999)), Ok(()));
    assert_eq!(at(last.plus_seconds(1)), Err(CertificateRefusal::Expired { not_after: last }));
}

fn set_policy(template: &mut Template, policy: ObjectIdentifier) {
    let oid = [&[0x06, policy.as_bytes().len() as u8], policy.as_bytes()].concat();
    let information = [&[0x30, oid.len() as u8], &oid[..]].concat();
    template.change(POLICY, |e| e.value = [&[0x30, information.len() as u8], &information[..]].concat());
}

#[test]
fn the_policy_must_be_critical_and_one_of_the_set() {
    assert_eq!(judged(&spoiled(|t| t.remove(POLICY))), Err(CertificateRefusal::WrongPolicy));
    assert_eq!(judged(&spoiled(|t| t.change(POLICY, |e| e.critical = false))), Err(CertificateRefusal::WrongPolicy));
    let foreign = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.99");
    assert_eq!(judged(&spoiled(|t| set_policy(t, foreign))), Err(CertificateRefusal::WrongPolicy));
    let production = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.3.30");
    assert_eq!(judged(&spoiled(|t| set_policy(t, production))), Err(CertificateRefusal::WrongPolicy));
    let signing = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.20");
    assert_eq!(judged(&spoiled(|t| set_policy(t, signing))), Err(CertificateRefusal::WrongKind));
}

#[test]
fn unknown_critical_extensions_are_refused_and_known_ones_only_where_the_profile_has_them() {
    for oid in [NAME_CONSTRAINTS, ObjectIdentifier::new_unwrap("1.2.3.4"), CRL_POINTS] {
        let der = spoiled(|t| {
            t.remove(oid);
            t.extensions.push(TemplateExtension::critical(oid, vec![0x30, 0x00]));
        });
        assert!(matches!(judged(&der), Err(CertificateRefusal::UnknownCriticalExtension { .. })), "{oid}");
    }
    let der = spoiled(|t| t.extensions.push(TemplateExtension::plain(NAME_CONSTRAINTS, vec![0x30, 0x00])));
    assert_eq!(judged(&der), Ok(()), "one that is not critical may be unknown");
}

#[test]
fn usage_purpose_and_distribution_point_must_be_those_of_the_profile() {
    let profile = |what| Err(CertificateRefusal::WrongProfile(what));
    let both = vec![0x03, 0x02, 0x06, 0xC0];
    assert_eq!(judged(&spoiled(|t| t.change(KEY_USAGE, |e| e.value = both))), profile("key usage"));
    assert_eq!(judged(&spoiled(|t| t.change(KEY_USAGE, |e| e.critical = false))), profile("key usage"));
    assert_eq!(judged(&spoiled(|t| t.remove(KEY_USAGE))), profile("key usage"));
    assert_eq!(judged(&spoiled(|t| t.remove(PURPOSES))), profile("extended key usage"));
    assert_eq!(judged(&spoiled(|t| t.remove(CRL_POINTS))), profile("CRL distribution point"));
    // An address instead of a directory name.
    let uri = b"\x30\x16\x30\x14\xA0\x12\xA0\x10\x86\x0Ehttp://a.b/crl".to_vec();
    assert_eq!(judged(&spoiled(|t| t.change(CRL_POINTS, |e| e.value = uri))), profile("CRL distribution point"));
    let san = ObjectIdentifier::new_unwrap("2.5.29.17");
    let named = spoiled(|t| t.extensions.push(TemplateExtension::plain(san, vec![0x30, 0x00])));
    assert_eq!(judged(&named), profile("subject alternative name"));
    let ca = ObjectIdentifier::new_unwrap("2.5.29.19");
    let authority = spoiled(|t| t.extensions.push(TemplateExtension::plain(ca, vec![0x30, 0x03, 0x01, 0x01, 0xFF])));
    assert_eq!(judged(&authority), profile("a CA certificate"));
}

#[test]
fn a_truncated_or_padded_certificate_is_malformed_and_says_where() {
    let der = card_certificate(5);
    for length in 0..der.len() {
        assert!(matches!(judged(&der[..length]), Err(CertificateRefusal::Malformed(_))), "cut at {length}");
    }
    let padded = [&der[..], &[0]].concat();
    let Err(CertificateRefusal::Malformed(error)) = judged(&padded) else { panic!("padding") };
    assert_eq!((error.position, error.what), (der.len(), "nothing more"));
    assert_eq!(error.to_string(), format!("malformed at byte {}: nothing more", der.len()));
    let twice = spoiled(|t| t.extensions.push(t.extensions[0].clone()));
    let Err(CertificateRefusal::Malformed(error)) = judged(&twice) else { panic!("doubled") };
    assert_eq!(error.what, "each extension once");
}

#[test]
fn an_algorithm_outside_the_table_is_refused_by_name() {
    let (sha256_with_rsa, sha1_with_rsa) = (b"\xF7\x0D\x01\x01\x0B", b"\xF7\x0D\x01\x01\x05");
    let mut der = card_certificate(5);
    for at in 0..der.len() - 5 {
        if &der[at..at + 5] == sha256_with_rsa {
            der[at..at + 5].copy_from_slice(sha1_with_rsa);
        }
    }
    assert_eq!(judged(&der), Err(CertificateRefusal::UnacceptedAlgorithm));
}

#[test]
fn only_a_self_signed_authority_with_a_key_of_its_own_becomes_an_anchor() {
    let mut anchors = TrustAnchors::allowing_test();
    let add =
        |anchors: &mut TrustAnchors, der: &[u8]| anchors.add(AuthorityRole::UserAuthentication, AnchorKind::Test, der);
    assert_eq!(add(&mut anchors, &card_certificate(1)), Err(AnchorError::NotAnAuthority("it is not self-signed")));
    assert_eq!(add(&mut anchors, AUTHORITY.certificate()), Ok(()));
    assert_eq!(add(&mut anchors, AUTHORITY.certificate()), Err(AnchorError::Duplicate));
    let mut altered = AUTHORITY.certificate().to_vec();
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(add(&mut anchors, &altered), Err(AnchorError::BadSignature));
    assert!(matches!(add(&mut anchors, b"not a certificate"), Err(AnchorError::Malformed(_))));
}

#[test]
fn the_shape_is_that_of_the_profile_as_openssl_prints_it() {
    let workshop = Workshop::new();
    workshop.write("card.der", &card_certificate(0x00C0FFEE));
    let said = workshop.run(
        "openssl",
        &["x509", "-inform", "DER", "-in", "card.der", "-noout", "-text", "-nameopt", "utf8,sep_comma_plus_space"],
    );
    assert!(said.good, "{}", said.text);
    let mut rest = said.text.as_str();
    // In the order of the profile.
    for part in [
        "Version: 3 (0x2)",
        "Serial Number: 12648430 (0xc0ffee)",
        "sha256WithRSAEncryption",
        "O=JPKI-DUMMY, OU=JPKI for user authentication",
        "CN=K3M9T2V7Q1X8Z413101003A",
        "Public-Key: (2048 bit)",
        "X509v3 Key Usage: critical",
        "Digital Signature\n",
        "X509v3 Extended Key Usage:",
        "TLS Web Client Authentication",
        "X509v3 Certificate Policies: critical",
        "Policy: 1.2.392.200149.8.5.1.0.30",
        "CPS: http://",
        "X509v3 Issuer Alternative Name:",
        "X509v3 CRL Distribution Points:",
        "DirName:",
        "CN = Demo-shi CRLDP",
        "Authority Information Access:",
        "OCSP - URI:http://127.0.0.1:9/ocsp",
        "X509v3 Authority Key Identifier:",
        "keyid:",
        "serial:",
        "X509v3 Subject Key Identifier:",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part:?} is missing or out of order in\n{}", said.text));
        rest = &rest[at..];
    }
}

#[test]
fn openssl_verify_agrees_on_a_table_of_good_and_bad_certificates() {
    let workshop = Workshop::new();
    let ca = workshop.pem("ca.pem", "CERTIFICATE", AUTHORITY.certificate());
    let expired = |t: &mut Template| t.not_after = day(2026, 11, 23).plus_seconds(-1);
    let early = |t: &mut Template| t.not_before = day(2026, 11, 24);
    let table: Vec<(&str, Vec<u8>, bool)> = vec![
        ("right", card_certificate(5), true),
        ("expired", spoiled(expired), false),
        ("not yet valid", spoiled(early), false),
        ("foreign", STRANGER.issue_user_authentication(&request(5)).unwrap(), false),
        ("bad signature", STRANGER.sign(&AUTHORITY.user_authentication_template(&request(5))).unwrap(), false),
        (
            "unknown critical",
            spoiled(|t| {
                let oid = ObjectIdentifier::new_unwrap("1.2.3.4");
                t.extensions.push(TemplateExtension::critical(oid, vec![0x05, 0x00]));
            }),
            false,
        ),
        (
            "wrong purpose",
            spoiled(|t| {
                let server = b"\x30\x0A\x06\x08\x2B\x06\x01\x05\x05\x07\x03\x01".to_vec();
                t.change(PURPOSES, |e| e.value = server);
            }),
            false,
        ),
        ("without usage", spoiled(|t| t.change(KEY_USAGE, |e| e.value = vec![0x03, 0x02, 0x02, 0x04])), false),
    ];
    for (name, der, good) in table {
        workshop.pem("card.pem", "CERTIFICATE", &der);
        let at = now().seconds().to_string();
        let arguments = [
            "verify",
            "-x509_strict",
            "-purpose",
            "sslclient",
            "-attime",
            &at,
            "-CAfile",
            ca.to_str().unwrap(),
            "card.pem",
        ];
        let said = workshop.run("openssl", &arguments);
        assert_eq!(said.good, good, "{name}: openssl says {}", said.text);
        assert_eq!(judged(&der).is_ok(), good, "{name}: we say {:?}", judged(&der));
    }
}

#[test]
fn another_reader_finds_the_same_fields() {
    use x509_cert::der::{Decode, Encode};
    let der = card_certificate(0x00FE_DCBA);
    let other = x509_cert::Certificate::from_der(&der).unwrap();
    assert_eq!(other.to_der().unwrap(), der, "it is DER: encoding it again gives the same bytes");
    let ours = judge(&der, CertificateKind::UserAuthentication, &anchors(), now()).unwrap();
    assert_eq!(other.tbs_certificate.serial_number.as_bytes(), [0x00, 0xFE, 0xDC, 0xBA]);
    assert_eq!(ours.id().serial, [0xFE, 0xDC, 0xBA]);
    let end = other.tbs_certificate.validity.not_after.to_unix_duration().as_secs();
    assert_eq!(ours.not_after().seconds(), end as i64);
    assert_eq!(other.tbs_certificate.subject_public_key_info.to_der().unwrap(), ours.public_key());
    let root = x509_cert::Certificate::from_der(AUTHORITY.certificate()).unwrap();
    assert_eq!(root.to_der().unwrap(), AUTHORITY.certificate());
    let _: &TestAuthority = &AUTHORITY;
}
