//! OCSP answers and revocation lists, one story for each way they can be wrong.

use base::Timestamp;
use pki::jpki_profile::{CertificateKind, JudgedCertificate, judge};
use pki::keys::SigningKey;
use pki::revocation::{
    FRESHNESS, FreshnessRules, OcspQuestion, RevocationList, RevocationReason, SourceKind, Standing, Status,
    StatusError, read_ocsp_answer,
};
use pki::test_authority::{AnswerStanding, OcspAnswer, Responder, RevokedEntry, TestAuthority, read_question};

use crate::support::*;

const SERIAL: u64 = 0x00D0_D0CA;

fn certificate() -> JudgedCertificate {
    judge(&card_certificate(SERIAL), CertificateKind::UserAuthentication, &anchors(), now()).unwrap()
}

/// A right answer to the question with nonce `1…`.
fn answer(question: &OcspQuestion) -> OcspAnswer {
    let asked = read_question(question.der()).unwrap();
    OcspAnswer {
        certificate_id: asked.certificate_id,
        standing: AnswerStanding::Good,
        this_update: now(),
        next_update: Some(now().plus_seconds(600)),
        produced_at: now(),
        nonce: asked.nonce,
    }
}

fn question() -> OcspQuestion {
    OcspQuestion::about(&certificate(), [1; 16])
}

/// Signs the right answer with one change and reads it.
fn told(change: impl FnOnce(&mut OcspAnswer)) -> Result<Status, StatusError> {
    let question = question();
    let mut answer = answer(&question);
    change(&mut answer);
    let der = AUTHORITY.ocsp_answer(&answer, Responder::Authority).unwrap();
    read_ocsp_answer(&der, &certificate(), Some(&question), now(), FRESHNESS)
}

#[test]
fn a_fresh_answer_of_the_authority_is_believed() {
    let good = Status { standing: Standing::Good, source: SourceKind::Ocsp, as_of: now() };
    assert_eq!(told(|_| {}), Ok(good));
}

#[test]
fn the_question_names_issuer_and_serial_and_openssl_reads_it() {
    let question = question();
    let asked = read_question(question.der()).unwrap();
    assert_eq!(asked.serial, [0xD0, 0xD0, 0xCA]);
    assert_eq!(asked.certificate_id, AUTHORITY.ocsp_certificate_id(SERIAL));
    let workshop = Workshop::new();
    workshop.write("question.der", question.der());
    let said = workshop.run("openssl", &["ocsp", "-reqin", "question.der", "-req_text"]);
    assert!(said.text.contains("Serial Number: D0D0CA"), "{}", said.text);
    assert!(said.text.contains("OCSP Nonce"), "{}", said.text);
}

#[test]
fn revoked_and_hold_are_told_with_reason_and_time() {
    for reason in [
        RevocationReason::Unspecified,
        RevocationReason::KeyCompromise,
        RevocationReason::AffiliationChanged,
        RevocationReason::Superseded,
        RevocationReason::CessationOfOperation,
        RevocationReason::CertificateHold,
    ] {
        let since = day(2026, 11, 1);
        let standing = told(|a| a.standing = AnswerStanding::Revoked { since, reason }).unwrap().standing;
        assert_eq!(standing, Standing::Revoked { since, reason });
    }
    assert_eq!(told(|a| a.standing = AnswerStanding::Unknown), Err(StatusError::UnknownToResponder));
}

#[test]
fn an_answer_is_believed_for_ten_minutes_and_no_longer() {
    let aged = |seconds: i64| {
        told(|a| {
            a.this_update = now().plus_seconds(-seconds);
            a.produced_at = now().plus_seconds(-seconds);
            a.next_update = None;
        })
        .map(|_| ())
    };
    assert_eq!(aged(600), Ok(()));
    assert_eq!(aged(601), Err(StatusError::Stale { as_of: now().plus_seconds(-601) }));
    // An old finding signed anew is as old as the finding, and an old signature as old as itself.
    let renewed = told(|a| a.this_update = now().plus_seconds(-3600));
    assert_eq!(renewed, Err(StatusError::Stale { as_of: now().plus_seconds(-3600) }));
    let resent = told(|a| a.produced_at = now().plus_seconds(-3600));
    assert_eq!(resent, Err(StatusError::Stale { as_of: now().plus_seconds(-3600) }));
    let over = told(|a| a.next_update = Some(now().plus_seconds(-61)));
    assert_eq!(over, Err(StatusError::Stale { as_of: now() }));
}

#[test]
fn clocks_may_differ_by_a_minute_and_not_by_more() {
    let ahead = |seconds: i64| {
        told(|a| {
            a.this_update = now().plus_seconds(seconds);
            a.produced_at = now().plus_seconds(seconds);
        })
        .map(|_| ())
    };
    assert_eq!(ahead(60), Ok(()));
    assert_eq!(ahead(61), Err(StatusError::FromTheFuture { as_of: now().plus_seconds(61) }));
}

#[test]
fn an_answer_about_another_certificate_is_refused() {
    let other = told(|a| a.certificate_id = AUTHORITY.ocsp_certificate_id(SERIAL + 1));
    assert_eq!(other, Err(StatusError::WrongCertificate));
    // The same number of another CA generation is another certificate.
    let other = told(|a| a.certificate_id = OLD_GENERATION.ocsp_certificate_id(SERIAL));
    assert_eq!(other, Err(StatusError::WrongCertificate));
}

#[test]
fn an_answer_played_again_carries_the_wrong_nonce() {
    let earlier = OcspQuestion::about(&certificate(), [9; 16]);
    let replayed = told(|a| a.nonce = read_question(earlier.der()).unwrap().nonce);
    assert_eq!(replayed, Err(StatusError::WrongNonce));
    // Prepared answers have none; whether that is enough is a rule.
    assert!(told(|a| a.nonce = None).is_ok());
    let question = question();
    let bare = OcspAnswer { nonce: None, ..answer(&question) };
    let der = AUTHORITY.ocsp_answer(&bare, Responder::Authority).unwrap();
    let strict = FreshnessRules { nonce_required: true, ..FRESHNESS };
    let refused = read_ocsp_answer(&der, &certificate(), Some(&question), now(), strict);
    assert_eq!(refused, Err(StatusError::WrongNonce));
}

fn delegate_says(key: &SigningKey, certificate_der: &[u8]) -> Result<Standing, StatusError> {
    let question = question();
    let responder = Responder::Delegate { key, certificate: certificate_der };
    let der = AUTHORITY.ocsp_answer(&answer(&question), responder).unwrap();
    read_ocsp_answer(&der, &certificate(), Some(&question), now(), FRESHNESS).map(|status| status.standing)
}

#[test]
fn a_responder_appointed_by_the_authority_may_answer_and_nobody_else() {
    let key = SigningKey::generate_p256().unwrap();
    let (from, to) = (day(2026, 11, 1), day(2026, 12, 1));
    let issue = |authority: &TestAuthority, from: Timestamp, to: Timestamp| {
        authority.issue_ocsp_responder(key.public_key_info(), 77, from, to).unwrap()
    };
    let appointed = issue(&AUTHORITY, from, to);
    assert_eq!(delegate_says(&key, &appointed), Ok(Standing::Good));
    // Another CA's responder, an expired one, a card's certificate, and a thief with the right certificate.
    assert_eq!(delegate_says(&key, &issue(&STRANGER, from, to)), Err(StatusError::WrongSigner));
    assert_eq!(delegate_says(&key, &issue(&AUTHORITY, from, now().plus_seconds(-1))), Err(StatusError::WrongSigner));
    assert_eq!(delegate_says(&CARD_KEY, &card_certificate(1)), Err(StatusError::WrongSigner));
    let thief = SigningKey::generate_p256().unwrap();
    assert_eq!(delegate_says(&thief, &appointed), Err(StatusError::BadSignature));
}

#[test]
fn an_answer_signed_by_a_stranger_or_altered_is_refused() {
    let question = question();
    let der = STRANGER.ocsp_answer(&answer(&question), Responder::Authority).unwrap();
    let read = |der: &[u8]| read_ocsp_answer(der, &certificate(), Some(&question), now(), FRESHNESS);
    assert_eq!(read(&der), Err(StatusError::WrongSigner));
    let mut der = AUTHORITY.ocsp_answer(&answer(&question), Responder::Authority).unwrap();
    *der.last_mut().unwrap() ^= 1;
    assert_eq!(read(&der), Err(StatusError::BadSignature));
    assert_eq!(read(&[0x30, 0x03, 0x0A, 0x01, 0x03]), Err(StatusError::ResponderRefused(3)));
    assert!(matches!(read(b"<html>"), Err(StatusError::Malformed(_))));
}

#[test]
fn openssl_believes_our_responder() {
    let workshop = Workshop::new();
    workshop.pem("ca.pem", "CERTIFICATE", AUTHORITY.certificate());
    workshop.pem("card.pem", "CERTIFICATE", &card_certificate(SERIAL));
    // openssl judges freshness by the machine's clock, so these answers are dated by it.
    let clock = base::Seams::system().now();
    let since = clock.plus_seconds(-86_400);
    let key = SigningKey::generate_rsa().unwrap();
    let delegate =
        AUTHORITY.issue_ocsp_responder(key.public_key_info(), 78, since, clock.plus_seconds(86_400)).unwrap();
    let hold = AnswerStanding::Revoked { since, reason: RevocationReason::CertificateHold };
    for (standing, expected) in [(AnswerStanding::Good, "card.pem: good"), (hold, "Reason: certificateHold")] {
        for responder in [Responder::Authority, Responder::Delegate { key: &key, certificate: &delegate }] {
            let prepared = OcspAnswer {
                certificate_id: AUTHORITY.ocsp_certificate_id(SERIAL),
                standing,
                this_update: clock,
                next_update: Some(clock.plus_seconds(600)),
                produced_at: clock,
                nonce: None,
            };
            workshop.write("answer.der", &AUTHORITY.ocsp_answer(&prepared, responder).unwrap());
            let said = workshop.run(
                "openssl",
                &[
                    "ocsp",
                    "-issuer",
                    "ca.pem",
                    "-cert",
                    "card.pem",
                    "-no_nonce",
                    "-CAfile",
                    "ca.pem",
                    "-respin",
                    "answer.der",
                ],
            );
            assert!(said.text.contains("Response verify OK"), "{}", said.text);
            assert!(said.text.contains(expected), "{}", said.text);
        }
    }
}

const REVOKED: [RevokedEntry; 2] = [
    RevokedEntry { serial: 3, since: Timestamp::from_seconds(1_790_000_000), reason: RevocationReason::Unspecified },
    RevokedEntry {
        serial: SERIAL,
        since: Timestamp::from_seconds(1_790_000_000),
        reason: RevocationReason::CertificateHold,
    },
];

fn list(entries: &[RevokedEntry]) -> Vec<u8> {
    AUTHORITY.revocation_list(12, now().plus_seconds(-3600), now().plus_seconds(3600), entries).unwrap()
}

fn listed(der: &[u8], at: Timestamp) -> Result<Standing, StatusError> {
    let certificate = certificate();
    let list = RevocationList::read(der, certificate.issuer())?;
    list.status(&certificate, at, FRESHNESS).map(|status| status.standing)
}

#[test]
fn a_list_tells_who_is_revoked_and_why_until_its_next_update() {
    assert_eq!(listed(&list(&REVOKED[..1]), now()), Ok(Standing::Good));
    assert_eq!(listed(&list(&[]), now()), Ok(Standing::Good));
    let hold = Standing::Revoked { since: REVOKED[1].since, reason: RevocationReason::CertificateHold };
    assert_eq!(listed(&list(&REVOKED), now()), Ok(hold));
    let as_of = now().plus_seconds(-3600);
    assert_eq!(listed(&list(&[]), now().plus_seconds(3599)), Ok(Standing::Good));
    assert_eq!(listed(&list(&[]), now().plus_seconds(3600)), Err(StatusError::Stale { as_of }));
    assert_eq!(listed(&list(&[]), now().plus_seconds(-3661)), Err(StatusError::FromTheFuture { as_of }));
}

#[test]
fn a_list_of_someone_else_is_refused() {
    let dates = (now(), now().plus_seconds(3600));
    let stranger = STRANGER.revocation_list(1, dates.0, dates.1, &[]).unwrap();
    // Same name, another key: the key identifier is read after the signature, so the signature is what fails.
    assert_eq!(listed(&stranger, now()), Err(StatusError::BadSignature));
    let signing = SIGNING_AUTHORITY.revocation_list(1, dates.0, dates.1, &[]).unwrap();
    assert_eq!(listed(&signing, now()), Err(StatusError::WrongSigner));
    let elsewhere = AUTHORITY.revocation_list_of("Other-shi", 1, dates.0, dates.1, &[]).unwrap();
    assert_eq!(listed(&elsewhere, now()), Err(StatusError::WrongList), "lists are divided by municipality");
    let mut altered = list(&REVOKED);
    *altered.last_mut().unwrap() ^= 1;
    assert_eq!(listed(&altered, now()), Err(StatusError::BadSignature));
    assert!(matches!(listed(b"", now()), Err(StatusError::Malformed(_))));
}

#[test]
fn openssl_reads_and_verifies_our_list() {
    let workshop = Workshop::new();
    workshop.pem("ca.pem", "CERTIFICATE", AUTHORITY.certificate());
    workshop.write("list.der", &list(&REVOKED));
    let arguments = ["crl", "-inform", "DER", "-in", "list.der", "-CAfile", "ca.pem", "-noout", "-text"];
    let said = workshop.run("openssl", &arguments);
    assert!(said.text.contains("verify OK"), "{}", said.text);
    for part in
        ["Serial Number: D0D0CA", "Certificate Hold", "X509v3 CRL Number", "Issuing Distribution Point: critical"]
    {
        assert!(said.text.contains(part), "{part} is missing in {}", said.text);
    }
}
