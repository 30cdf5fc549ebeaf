//! Mutated input of every kind: refused or accepted, never a panic, and never accepted when it says something else.

use base::{Random, SeededRandom};
use pki::jpki_profile::{CertificateKind, judge};
use pki::pades::{SignatureNotes, sign, verify};
use pki::revocation::{FRESHNESS, OcspQuestion, RevocationList, read_ocsp_answer};
use pki::signing_identity::read_signing_identity;
use pki::test_authority::{AnswerStanding, OcspAnswer, Responder, read_question};

use crate::pades::{hole, minimal_pdf};
use crate::support::*;

/// One to four changes: a byte replaced, a bit flipped, a piece removed, doubled, or the end cut off.
fn mutated(original: &[u8], random: &SeededRandom) -> Vec<u8> {
    let random: &dyn Random = random;
    let mut bytes = original.to_vec();
    for _ in 0..=random.below(4) {
        let length = bytes.len() as u64;
        if length < 2 {
            break;
        }
        let at = random.below(length) as usize;
        let piece = at..(at + random.below(16) as usize).min(bytes.len());
        match random.below(8) {
            0..3 => bytes[at] = random.below(256) as u8,
            3 | 4 => bytes[at] ^= 1 << random.below(8),
            5 => drop(bytes.drain(piece)),
            6 => {
                let copy = bytes[piece].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

const ROUNDS: usize = 40_000;

#[test]
fn mutated_certificates_are_read_or_refused() {
    let random = SeededRandom::from_seed(1);
    let anchors = anchors();
    let card = card_certificate(5);
    let signing = SIGNING_AUTHORITY.issue_signing(&signing_request()).unwrap();
    for _ in 0..ROUNDS {
        let altered = mutated(&card, &random);
        let accepted = judge(&altered, CertificateKind::UserAuthentication, &anchors, now()).is_ok();
        assert!(!accepted || altered == card, "an altered certificate was accepted");
        let _ = read_signing_identity(&mutated(&signing, &random));
    }
}

#[test]
fn mutated_revocation_answers_and_lists_are_read_or_refused() {
    let random = SeededRandom::from_seed(2);
    let certificate = judge(&card_certificate(5), CertificateKind::UserAuthentication, &anchors(), now()).unwrap();
    let question = OcspQuestion::about(&certificate, [1; 16]);
    let asked = read_question(question.der()).unwrap();
    let answer = OcspAnswer {
        certificate_id: asked.certificate_id,
        standing: AnswerStanding::Good,
        this_update: now(),
        next_update: Some(now().plus_seconds(600)),
        produced_at: now(),
        nonce: asked.nonce,
    };
    let responder = OTHER_CARD_KEY.public_key_info();
    let delegate = AUTHORITY.issue_ocsp_responder(responder, 9, day(2026, 1, 1), day(2027, 1, 1)).unwrap();
    let responder = Responder::Delegate { key: &OTHER_CARD_KEY, certificate: &delegate };
    let answer = AUTHORITY.ocsp_answer(&answer, responder).unwrap();
    assert!(read_ocsp_answer(&answer, &certificate, Some(&question), now(), FRESHNESS).is_ok());
    let list = AUTHORITY.revocation_list(1, now(), now().plus_seconds(600), &[]).unwrap();
    for _ in 0..ROUNDS {
        let _ = read_ocsp_answer(&mutated(&answer, &random), &certificate, Some(&question), now(), FRESHNESS);
        let _ = read_question(&mutated(question.der(), &random));
        let altered = mutated(&list, &random);
        let accepted = RevocationList::read(&altered, certificate.issuer()).is_ok();
        assert!(!accepted || altered == list, "an altered list was accepted");
    }
}

#[test]
fn mutated_papers_are_read_or_refused() {
    let random = SeededRandom::from_seed(3);
    let anchors = anchors();
    let mayor = mayor();
    let drawn = minimal_pdf();
    let signed = sign(&drawn, &mayor, &SignatureNotes::default(), now()).unwrap();
    let (first, second) = hole(&signed);
    for _ in 0..ROUNDS / 2 {
        let altered = mutated(&signed, &random);
        let accepted = verify(&altered, &anchors, now()).is_ok();
        // The container of the signature has parts that nobody signs (the CA's own certificate, upper and lower case of
        // its digits); everything else in the file has none.
        let outside = |pdf: &[u8]| [&pdf[..first], &pdf[second..]].concat();
        assert!(!accepted || outside(&altered) == outside(&signed), "an altered paper was accepted");
        let _ = sign(&mutated(&drawn, &random), &mayor, &SignatureNotes::default(), now());
    }
}
