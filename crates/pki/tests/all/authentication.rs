//! A tap: challenge, signature, certificate, status.

use base::{Seams, Timestamp};
use pki::jpki_profile::{CertificateRefusal, JudgedCertificate};
use pki::revocation::{RevocationReason, SourceKind, Standing, Status, StatusError, StatusSource};
use pki::{CardRefusal, Challenge, Expectation, PresentedCard, VerifiedCard, verify_user_authentication};

use crate::support::*;

struct Says(Result<Standing, StatusError>);

impl StatusSource for Says {
    fn status(&self, _: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        let standing = self.0.clone()?;
        Ok(Status { standing, source: SourceKind::Ocsp, as_of: now })
    }
}

const HERE: Expectation<'static> = Expectation { audience: "kiosk.demo.example", terminal: "machine-1" };

fn challenge() -> Challenge {
    let (seams, _) = Seams::simulated(now(), 7);
    Challenge::new(&seams, HERE.audience, HERE.terminal)
}

fn tap(challenge: &Challenge, signed: &[u8], source: Says, at: Timestamp) -> Result<VerifiedCard, CardRefusal> {
    let certificate = card_certificate(5);
    let signature = CARD_KEY.sign(signed).unwrap();
    let card = PresentedCard { certificate: &certificate, signature: &signature };
    verify_user_authentication(card, challenge, HERE, &anchors(), &source, at)
}

fn good() -> Says {
    Says(Ok(Standing::Good))
}

#[test]
fn a_card_that_signs_the_challenge_is_verified_with_the_source_of_its_status() {
    let challenge = challenge();
    let card = tap(&challenge, &challenge.signed_bytes(), good(), now().plus_seconds(20)).unwrap();
    assert_eq!(card.certificate_id.serial, [5]);
    assert_eq!(card.not_after, day(2029, 4, 2).plus_seconds(-1));
    assert_eq!((card.status_source, card.status_as_of), (SourceKind::Ocsp, now().plus_seconds(20)));
}

#[test]
fn a_challenge_for_another_service_or_terminal_is_refused_by_name() {
    let seams = Seams::simulated(now(), 7).0;
    let other = Challenge::new(&seams, "library.demo.example", HERE.terminal);
    assert_eq!(tap(&other, &other.signed_bytes(), good(), now()), Err(CardRefusal::WrongAudience));
    let other = Challenge::new(&seams, HERE.audience, "machine-2");
    assert_eq!(tap(&other, &other.signed_bytes(), good(), now()), Err(CardRefusal::WrongTerminal));
}

#[test]
fn a_stale_challenge_is_refused_also_when_the_clock_stepped_back() {
    let challenge = challenge();
    let at = |seconds| tap(&challenge, &challenge.signed_bytes(), good(), now().plus_seconds(seconds)).map(|_| ());
    assert_eq!(at(180), Ok(()));
    assert_eq!(at(181), Err(CardRefusal::StaleChallenge));
    assert_eq!(at(-60), Err(CardRefusal::StaleChallenge));
}

#[test]
fn a_replayed_signature_fits_no_other_challenge() {
    let first = challenge();
    let seams = Seams::simulated(now(), 8).0;
    let second = Challenge::new(&seams, HERE.audience, HERE.terminal);
    assert_ne!(first.nonce, second.nonce);
    assert_eq!(tap(&second, &first.signed_bytes(), good(), now()), Err(CardRefusal::WrongSignature));
}

#[test]
fn the_certificate_alone_proves_nothing() {
    let challenge = challenge();
    let certificate = card_certificate(5);
    let signature = OTHER_CARD_KEY.sign(&challenge.signed_bytes()).unwrap();
    let check = |signature: &[u8]| {
        let card = PresentedCard { certificate: &certificate, signature };
        verify_user_authentication(card, &challenge, HERE, &anchors(), &good(), now())
    };
    assert_eq!(check(&signature), Err(CardRefusal::WrongSignature));
    assert_eq!(check(&[]), Err(CardRefusal::WrongSignature));
    assert_eq!(check(&[0; 256]), Err(CardRefusal::WrongSignature));
}

#[test]
fn revoked_on_hold_and_unknown_status_are_three_different_refusals() {
    let challenge = challenge();
    let since = day(2026, 10, 1);
    let with = |reason| {
        let source = Says(Ok(Standing::Revoked { since, reason }));
        tap(&challenge, &challenge.signed_bytes(), source, now()).unwrap_err()
    };
    assert_eq!(with(RevocationReason::CertificateHold), CardRefusal::OnHold { since });
    for reason in [
        RevocationReason::Unspecified,
        RevocationReason::KeyCompromise,
        RevocationReason::CaCompromise,
        RevocationReason::AffiliationChanged,
        RevocationReason::Superseded,
        RevocationReason::CessationOfOperation,
        RevocationReason::Other(9),
    ] {
        assert_eq!(with(reason), CardRefusal::Revoked { reason, since });
    }
    let silent = Says(Err(StatusError::Unreachable));
    let answer = tap(&challenge, &challenge.signed_bytes(), silent, now());
    assert_eq!(answer, Err(CardRefusal::StatusUnknown(StatusError::Unreachable)));
}

#[test]
fn an_expired_card_says_so() {
    let challenge = Challenge { issued_at: day(2029, 4, 2), ..challenge() };
    let answer = tap(&challenge, &challenge.signed_bytes(), good(), day(2029, 4, 2));
    let not_after = day(2029, 4, 2).plus_seconds(-1);
    assert_eq!(answer, Err(CardRefusal::Certificate(CertificateRefusal::Expired { not_after })));
}

#[test]
fn no_two_challenges_have_the_same_bytes() {
    let base = challenge();
    let shifted = Challenge { audience: "ab".into(), terminal: "c".into(), ..base.clone() };
    let other = Challenge { audience: "a".into(), terminal: "bc".into(), ..base.clone() };
    assert_ne!(shifted.signed_bytes(), other.signed_bytes());
    assert_ne!(base.digest(), Challenge { issued_at: now().plus_millis(1), ..base.clone() }.digest());
}
