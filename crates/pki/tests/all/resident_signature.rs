//! A document signed with a resident's card, judged by ourselves, by `openssl cms` and by `pdfsig`.

use base::Timestamp;
use pki::jpki_profile::{CertificateRefusal, JudgedCertificate};
use pki::keys::SigningKey;
use pki::pades::{PadesRefusal, SignatureNotes, prepare};
use pki::resident_signature::{Judge, MOST_DELAY_SECONDS, NotSigned, SignedByResident};
use pki::revocation::{RevocationReason, SourceKind, Standing, Status, StatusError, StatusSource};
use pki::{MemorySigner, TrustAnchors};

use crate::pades::{hole, minimal_pdf};
use crate::support::*;

/// Says one thing of every certificate: sockets and signatures of the real source have stories of their own.
struct Says(Result<Standing, StatusError>);

impl StatusSource for Says {
    fn status(&self, _: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        self.0.clone().map(|standing| Status { standing, source: SourceKind::Ocsp, as_of: now })
    }
}

fn resident() -> MemorySigner {
    let leaf = SIGNING_AUTHORITY.issue_signing(&signing_request()).unwrap();
    MemorySigner::new(SigningKey::from_pkcs8(&CARD_KEY.to_pkcs8().unwrap()).unwrap(), vec![leaf])
}

fn notes() -> SignatureNotes {
    SignatureNotes {
        name: "架空 花子".into(), reason: "申請書への署名".into(), location: "見本市".into()
    }
}

fn signed_pdf() -> Vec<u8> {
    prepare(&minimal_pdf(), 4096, &notes(), now()).unwrap().finish(&resident()).unwrap()
}

fn judged(pdf: &[u8], at: Timestamp, says: Result<Standing, StatusError>) -> Result<SignedByResident, NotSigned> {
    Judge { anchors: &anchors(), status: &Says(says), now: at }.pdf(pdf, at)
}

#[test]
fn a_signed_form_names_its_signer_and_pdfsig_finds_it_sound() {
    let pdf = signed_pdf();
    let by = judged(&pdf, now(), Ok(Standing::Good)).unwrap();
    assert_eq!(by.identity.name.reveal(), "架空　花子");
    assert_eq!(by.revoked_since, None);
    let workshop = Workshop::new();
    workshop.write("form.pdf", &pdf);
    let said = workshop.run("pdfsig", &["form.pdf"]);
    assert!(said.text.contains("Signature is Valid"), "{}", said.text);
    assert!(said.text.contains("Total document signed"), "{}", said.text);
}

#[test]
fn the_same_preparation_gives_the_same_bytes_to_sign() {
    let digest = |at| prepare(&minimal_pdf(), 4096, &notes(), at).unwrap().digest();
    assert_eq!(digest(now()), digest(now()));
    assert_ne!(digest(now()), digest(now().plus_seconds(1)));
    let small = prepare(&minimal_pdf(), 0, &notes(), now()).unwrap().finish(&resident());
    assert!(matches!(small, Err(pki::pades::SignError::TooLong)));
}

#[test]
fn a_detached_signature_is_judged_and_openssl_agrees() {
    let pdf = signed_pdf();
    let (first, second) = hole(&pdf);
    // The hole is wider than the signature: what follows it are zeros.
    let cms = data_encoding::HEXLOWER.decode(&pdf[first + 1..second - 1]).unwrap();
    let content = [&pdf[..first], &pdf[second..]].concat();
    let judge = |content: &[u8], says| {
        Judge { anchors: &anchors(), status: &Says(says), now: now() }.detached(&cms, content, now())
    };
    assert_eq!(judge(&content, Ok(Standing::Good)).unwrap().identity.name.reveal(), "架空　花子");
    assert_eq!(judge(b"another", Ok(Standing::Good)), Err(NotSigned::Altered));
    let workshop = Workshop::new();
    workshop.write("signature.der", &cms);
    workshop.write("content.bin", &content);
    workshop.pem("ca.pem", "CERTIFICATE", SIGNING_AUTHORITY.certificate());
    let at = now().seconds().to_string();
    #[rustfmt::skip]
    let said = workshop.run("openssl", &[
        "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature.der", "-content", "content.bin",
        "-CAfile", "ca.pem", "-purpose", "any", "-attime", &at, "-out", "/dev/null",
    ]);
    assert!(said.good, "{}", said.text);
}

#[test]
fn a_certificate_revoked_before_is_refused_and_one_revoked_later_is_not() {
    let pdf = signed_pdf();
    let revoked = |since| Ok(Standing::Revoked { reason: RevocationReason::AffiliationChanged, since });
    let before = now().plus_seconds(-1);
    let refusal = NotSigned::Revoked { reason: RevocationReason::AffiliationChanged, since: before };
    assert_eq!(judged(&pdf, now(), revoked(before)), Err(refusal));
    let later = now().plus_seconds(600);
    assert_eq!(judged(&pdf, now(), revoked(later)).unwrap().revoked_since, Some(later));
    let unknown = judged(&pdf, now(), Err(StatusError::Unreachable));
    assert_eq!(unknown, Err(NotSigned::StatusUnknown(StatusError::Unreachable)));
}

#[test]
fn a_certificate_of_which_no_list_speaks_any_more_is_not_called_good() {
    let pdf = signed_pdf();
    let says = Says(Ok(Standing::Good));
    let judged = |now| Judge { anchors: &anchors(), status: &says, now }.pdf(&pdf, self::now());
    // Years later, when the certificate is over: lists leave out what has expired (RFC 5280 §3.3), so "not listed" says
    // nothing of the day of the signature.
    let over = day(2029, 4, 1);
    assert!(judged(over).is_ok());
    let late = judged(over.plus_seconds(1));
    assert_eq!(late, Err(NotSigned::StatusUnknown(StatusError::AfterExpiry { not_after: over })));
}

#[test]
fn altered_late_foreign_and_wrongly_signed_forms_are_refused_by_name() {
    let pdf = signed_pdf();
    let mut altered = pdf.clone();
    let at = altered.windows(7).position(|w| w == b"10 10 l").unwrap();
    altered[at] = b'2';
    assert_eq!(judged(&altered, now(), Ok(Standing::Good)), Err(NotSigned::Pdf(PadesRefusal::Altered)));
    let late = judged(&pdf, now().plus_seconds(MOST_DELAY_SECONDS + 1), Ok(Standing::Good));
    assert_eq!(late, Err(NotSigned::WrongTime));
    assert_eq!(judged(&pdf, now().plus_seconds(-61), Ok(Standing::Good)), Err(NotSigned::WrongTime));
    let nobody = TrustAnchors::allowing_test();
    let status = Says(Ok(Standing::Good));
    let foreign = Judge { anchors: &nobody, status: &status, now: now() }.pdf(&pdf, now());
    assert!(matches!(foreign, Err(NotSigned::Certificate(_))), "{foreign:?}");

    // Signed with the key of the card's other certificate, which proves who taps and signs nothing.
    let other =
        MemorySigner::new(SigningKey::from_pkcs8(&CARD_KEY.to_pkcs8().unwrap()).unwrap(), vec![card_certificate(7)]);
    let wrong = prepare(&minimal_pdf(), 4096, &notes(), now()).unwrap().finish(&other).unwrap();
    assert_eq!(judged(&wrong, now(), Ok(Standing::Good)), Err(NotSigned::Certificate(CertificateRefusal::WrongKind)));
    // Another's certificate around our signature.
    let leaf = SIGNING_AUTHORITY.issue_signing(&signing_request()).unwrap();
    let stolen = MemorySigner::new(SigningKey::from_pkcs8(&OTHER_CARD_KEY.to_pkcs8().unwrap()).unwrap(), vec![leaf]);
    let stolen = prepare(&minimal_pdf(), 4096, &notes(), now()).unwrap().finish(&stolen).unwrap();
    assert_eq!(judged(&stolen, now(), Ok(Standing::Good)), Err(NotSigned::Pdf(PadesRefusal::BadSignature)));
    // The mayor's seal is not a resident's signature.
    let sealed = pki::pades::sign(&minimal_pdf(), &mayor(), &notes(), now()).unwrap();
    assert!(matches!(judged(&sealed, now(), Ok(Standing::Good)), Err(NotSigned::Certificate(_))));
}
