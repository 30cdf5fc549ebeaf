//! A signed PDF, judged by ourselves and by three other programs.

use pki::keys::SigningKey;
use pki::pades::{PadesRefusal, SignError, SignatureNotes, sign, verify};
use pki::test_authority::TestAuthority;
use pki::{MemorySigner, TrustAnchors};

use crate::support::*;

/// One empty page with a classical cross-reference table, keys written without spaces as krilla does.
pub fn minimal_pdf() -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>",
        "<</Length 18>>\nstream\n0 0 m 10 10 l S   \nendstream",
        "<</Title(A (nested) \\) text)/Author<FEFF3042>>>",
    ];
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut offsets = Vec::new();
    for (index, body) in objects.iter().enumerate() {
        offsets.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{body}\nendobj\n", index + 1).as_bytes());
    }
    let table = out.len();
    out.extend_from_slice(b"xref\n0 6\n0000000000 65535 f \n");
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    let id = "[<00112233445566778899AABBCCDDEEFF><00112233445566778899AABBCCDDEEFF>]";
    out.extend_from_slice(
        format!("trailer\n<</Size 6/Root 1 0 R/Info 5 0 R/ID{id}>>\nstartxref\n{table}\n%%EOF").as_bytes(),
    );
    out
}

pub fn notes() -> SignatureNotes {
    SignatureNotes {
        name: "デモ市長".into(), reason: "住民票の写しの交付".into(), location: "デモ市".into()
    }
}

fn signed() -> Vec<u8> {
    sign(&minimal_pdf(), &mayor(), &notes(), now()).unwrap()
}

#[test]
fn a_signed_paper_begins_with_the_drawn_bytes_and_is_valid() {
    let pdf = minimal_pdf();
    let signed = signed();
    assert!(signed.starts_with(&pdf));
    let report = verify(&signed, &anchors(), now()).unwrap();
    assert_eq!((report.signer.as_str(), report.organization.as_str()), ("デモ市長", "デモ市"));
    assert_eq!(report.claimed_time, now());
    assert!(report.certificate_current);
    let years_later = verify(&signed, &anchors(), day(2030, 1, 1)).unwrap();
    assert!(!years_later.certificate_current, "signed in time, expired since");
}

#[test]
fn pdfsig_openssl_and_qpdf_find_it_sound() {
    let workshop = Workshop::new();
    let signed = signed();
    workshop.write("paper.pdf", &signed);
    let said = workshop.run("pdfsig", &["paper.pdf"]);
    assert!(said.text.contains("Signature is Valid"), "{}", said.text);
    assert!(said.text.contains("Total document signed"), "{}", said.text);
    assert!(said.text.contains("ETSI.CAdES.detached"), "{}", said.text);
    let said = workshop.run("qpdf", &["--check", "paper.pdf"]);
    assert!(said.good, "{}", said.text);
    openssl_checks(&workshop, &signed);
    // One changed byte of the drawing.
    let mut altered = signed;
    let at = altered.windows(7).position(|w| w == b"10 10 l").unwrap();
    altered[at] = b'2';
    workshop.write("paper.pdf", &altered);
    let said = workshop.run("pdfsig", &["paper.pdf"]);
    assert!(said.text.contains("Digest Mismatch"), "{}", said.text);
    assert_eq!(verify(&altered, &anchors(), now()), Err(PadesRefusal::Altered));
}

/// Cuts the CMS and the covered bytes out by the ByteRange and has `openssl cms` check them against the CA.
fn openssl_checks(workshop: &Workshop, signed: &[u8]) {
    let (first, second) = hole(signed);
    let hex = &signed[first + 1..second - 1];
    workshop.write("signature.der", &data_encoding::HEXLOWER.decode(hex).unwrap());
    workshop.write("content.bin", &[&signed[..first], &signed[second..]].concat());
    workshop.pem("ca.pem", "CERTIFICATE", DOCUMENT_AUTHORITY.certificate());
    let at = now().seconds().to_string();
    let said = workshop.run(
        "openssl",
        &[
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "signature.der",
            "-content",
            "content.bin",
            "-CAfile",
            "ca.pem",
            "-purpose",
            "any",
            "-attime",
            &at,
            "-out",
            "/dev/null",
        ],
    );
    assert!(said.good, "{}", said.text);
}

pub fn hole(signed: &[u8]) -> (usize, usize) {
    let at = signed.windows(11).position(|w| w == b"/ByteRange ").unwrap();
    let text = std::str::from_utf8(&signed[at + 12..at + 60]).unwrap();
    let numbers: Vec<usize> = text.split(']').next().unwrap().split_whitespace().map(|n| n.parse().unwrap()).collect();
    (numbers[1], numbers[2])
}

#[test]
fn an_rsa_key_signs_as_well() {
    let key = SigningKey::from_pkcs8(&CARD_KEY.to_pkcs8().unwrap()).unwrap();
    let leaf = DOCUMENT_AUTHORITY.issue_document_signer(&mayor_request(&key)).unwrap();
    let signer = MemorySigner::new(key, vec![leaf, DOCUMENT_AUTHORITY.certificate().to_vec()]);
    let signed = sign(&minimal_pdf(), &signer, &notes(), now()).unwrap();
    assert!(verify(&signed, &anchors(), now()).is_ok());
    let workshop = Workshop::new();
    workshop.write("paper.pdf", &signed);
    let said = workshop.run("pdfsig", &["paper.pdf"]);
    assert!(said.text.contains("Signature is Valid"), "{}", said.text);
    openssl_checks(&workshop, &signed);
}

#[test]
fn bytes_added_after_signing_are_noticed() {
    let appended = [&signed()[..], b"\n% one more line"].concat();
    assert_eq!(verify(&appended, &anchors(), now()), Err(PadesRefusal::NotWholeFile));
    let truncated = &appended[..appended.len() - 17];
    assert_eq!(verify(truncated, &anchors(), now()), Err(PadesRefusal::NotWholeFile));
    let unsigned = verify(&minimal_pdf(), &anchors(), now());
    assert_eq!(unsigned, Err(PadesRefusal::NotSigned));
    assert_eq!(verify(b"GIF89a", &anchors(), now()), Err(PadesRefusal::MalformedPdf { position: 0, what: "a PDF" }));
}

#[test]
fn nothing_can_hide_in_the_hole() {
    let mut file = signed();
    let (_, end) = hole(&file);
    // After the signature only zeros may stand.
    file[end - 3] = b'7';
    assert!(matches!(verify(&file, &anchors(), now()), Err(PadesRefusal::MalformedSignature(_))));
    // And the hole is one hexadecimal string.
    file[end - 3] = b'>';
    assert!(matches!(verify(&file, &anchors(), now()), Err(PadesRefusal::MalformedPdf { .. })));
}

#[test]
fn signers_we_do_not_know_are_refused() {
    let signed = signed();
    let strict = TrustAnchors::production_only();
    assert_eq!(verify(&signed, &strict, now()), Err(PadesRefusal::TestAuthority));
    let others = TestAuthority::anchors(&[&AUTHORITY]).unwrap();
    assert_eq!(verify(&signed, &others, now()), Err(PadesRefusal::ForeignAuthority));
    // A citizen's card cannot seal for the mayor: its CA is not one for documents.
    let key = SigningKey::from_pkcs8(&CARD_KEY.to_pkcs8().unwrap()).unwrap();
    let leaf = SIGNING_AUTHORITY.issue_signing(&signing_request()).unwrap();
    let citizen = sign(&minimal_pdf(), &MemorySigner::new(key, vec![leaf]), &notes(), now()).unwrap();
    assert_eq!(verify(&citizen, &anchors(), now()), Err(PadesRefusal::ForeignAuthority));
    // A certificate that names the right CA and is signed by another key.
    let key = SigningKey::generate_p256().unwrap();
    let forged = STRANGER.sign(&DOCUMENT_AUTHORITY.document_signer_template(&mayor_request(&key))).unwrap();
    let forged = sign(&minimal_pdf(), &MemorySigner::new(key, vec![forged]), &notes(), now()).unwrap();
    assert_eq!(verify(&forged, &anchors(), now()), Err(PadesRefusal::ForeignAuthority));
}

#[test]
fn a_certificate_for_another_key_does_not_fit() {
    let key = SigningKey::generate_p256().unwrap();
    let leaf = DOCUMENT_AUTHORITY.issue_document_signer(&mayor_request(&key)).unwrap();
    let thief = MemorySigner::new(SigningKey::generate_p256().unwrap(), vec![leaf]);
    let stolen = sign(&minimal_pdf(), &thief, &notes(), now()).unwrap();
    assert_eq!(verify(&stolen, &anchors(), now()), Err(PadesRefusal::BadSignature));
}

#[test]
fn signatures_of_another_form_are_refused_by_name() {
    let mut file = signed();
    let at = file.windows(20).position(|w| w == b"/ETSI.CAdES.detached").unwrap();
    file[at..at + 20].copy_from_slice(b"/adbe.pkcs7.detachex");
    assert!(matches!(verify(&file, &anchors(), now()), Err(PadesRefusal::UnacceptedForm(_))));
    let key = SigningKey::generate_p256().unwrap();
    let mut template = DOCUMENT_AUTHORITY.document_signer_template(&mayor_request(&key));
    let key_usage = const_oid::ObjectIdentifier::new_unwrap("2.5.29.15");
    // keyEncipherment only.
    template.change(key_usage, |extension| extension.value = vec![0x03, 0x02, 0x05, 0x20]);
    let leaf = DOCUMENT_AUTHORITY.sign(&template).unwrap();
    let wrong = sign(&minimal_pdf(), &MemorySigner::new(key, vec![leaf]), &notes(), now()).unwrap();
    assert_eq!(verify(&wrong, &anchors(), now()), Err(PadesRefusal::WrongCertificate));
}

#[test]
fn a_signature_outside_the_certificates_time_is_refused() {
    let sealed = |at| sign(&minimal_pdf(), &mayor(), &notes(), at).unwrap();
    let before = verify(&sealed(day(2025, 3, 31)), &anchors(), now());
    assert_eq!(before, Err(PadesRefusal::CertificateNotCurrent));
    let tomorrow = verify(&sealed(now().plus_seconds(86_400)), &anchors(), now());
    assert_eq!(tomorrow, Err(PadesRefusal::CertificateNotCurrent));
}

#[test]
fn what_cannot_be_signed_is_refused_with_the_reason() {
    let refuse = |pdf: &[u8]| sign(pdf, &mayor(), &notes(), now()).unwrap_err();
    let signed = signed();
    let position = signed.windows(6).rposition(|w| w == b"/Prev ").unwrap() + 6;
    assert_eq!(refuse(&signed), SignError::Unreadable { position, what: "a file written in one go" });
    // Another key of the same length in the catalog makes no difference, a form does.
    let pdf = minimal_pdf();
    let at = pdf.windows(12).position(|w| w == b"/Pages 2 0 R").unwrap();
    let mut with_form = pdf.clone();
    with_form.splice(at..at, *b"/Perms<<>> ");
    // The table is eleven bytes off now, but the catalog stands before the change.
    let table = with_form.windows(5).rposition(|w| w == b"xref\n").unwrap();
    let tail = with_form.windows(9).rposition(|w| w == b"startxref").unwrap();
    let table = with_form[..tail].windows(5).rposition(|w| w == b"xref\n").unwrap_or(table);
    with_form.truncate(tail);
    with_form.extend_from_slice(format!("startxref\n{table}\n%%EOF").as_bytes());
    assert_eq!(refuse(&with_form), SignError::HasForm);
    assert!(matches!(refuse(b"%PDF-1.7"), SignError::Unreadable { what: "startxref", .. }));
    let no_certificate = MemorySigner::new(SigningKey::generate_p256().unwrap(), Vec::new());
    assert_eq!(sign(&minimal_pdf(), &no_certificate, &notes(), now()), Err(SignError::NoCertificate));
}
