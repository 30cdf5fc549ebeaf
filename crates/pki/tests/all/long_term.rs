//! Signatures with a time stamp (B-T) and with evidence that lasts (B-LT): ours, and what other programs make of them.

#[path = "../../../testkit/src/python.rs"]
mod python;

use std::sync::Mutex;

use base::Timestamp;
use pki::TrustAnchors;
use pki::pades::long_term::{self, EvidenceRefusal, ListSource};
use pki::pades::{PadesRefusal, StampFound, Stamped, sign, sign_stamped, stamp, verify};
use pki::revocation::{RevocationReason, StatusError};
use pki::test_authority::{RevokedEntry, TestAuthority};
use pki::timestamp::{
    StampedToken, TimestampError, TimestampRefusal, TimestampRequest, TimestampSource, read_response,
};

use crate::pades::{hole, minimal_pdf, notes};
use crate::support::{DOCUMENT_AUTHORITY, Said, Workshop, day, mayor, now};
use crate::timestamp::{STAMP_AUTHORITY, STAMPER, honest, stamp_anchors};

/// Stamps at a time of its own.
struct StampsAt(Timestamp);

impl TimestampSource for StampsAt {
    fn stamp(&self, imprint: [u8; 32]) -> Result<StampedToken, TimestampError> {
        let request = TimestampRequest::new(imprint, [7; 16], None);
        let answer = STAMPER.grant(&honest(request.der(), self.0)).unwrap();
        Ok(read_response(&answer, &request, &stamp_anchors(), self.0)?)
    }
}

/// Stamps something else.
struct Confused;

impl TimestampSource for Confused {
    fn stamp(&self, _: [u8; 32]) -> Result<StampedToken, TimestampError> {
        StampsAt(now()).stamp([9; 32])
    }
}

struct Down;

impl TimestampSource for Down {
    fn stamp(&self, _: [u8; 32]) -> Result<StampedToken, TimestampError> {
        Err(TimestampError::Unreachable)
    }
}

/// Both authorities' lists, made at a time and with entries of one's choice.
struct Lists {
    made_at: Timestamp,
    revoked: Mutex<Vec<(bool, RevokedEntry)>>,
}

impl Lists {
    fn made(made_at: Timestamp) -> Self {
        Self { made_at, revoked: Mutex::default() }
    }
}

impl ListSource for Lists {
    fn list(&self, key_id: &[u8]) -> Result<Vec<u8>, StatusError> {
        let is_documents = key_id == DOCUMENT_AUTHORITY.key_id();
        let authority: &TestAuthority = if is_documents { &DOCUMENT_AUTHORITY } else { &STAMP_AUTHORITY };
        let revoked = self.revoked.lock().unwrap();
        let entries: Vec<RevokedEntry> = revoked.iter().filter(|(of, _)| *of == is_documents).map(|e| e.1).collect();
        let until = self.made_at.plus_seconds(86_400);
        Ok(authority.whole_revocation_list(4, self.made_at, until, &entries).unwrap())
    }
}

fn anchors() -> TrustAnchors {
    TestAuthority::anchors(&[&DOCUMENT_AUTHORITY, &STAMP_AUTHORITY]).unwrap()
}

fn stamped() -> Vec<u8> {
    let Stamped { bytes, stamp } = sign_stamped(&minimal_pdf(), &mayor(), &notes(), &StampsAt(now()), now()).unwrap();
    assert!(stamp.is_ok());
    bytes
}

fn lasting(stamped: &[u8]) -> Vec<u8> {
    let evidence = long_term::collect(stamped, &anchors(), &Lists::made(now()), now()).unwrap();
    long_term::append(stamped, &evidence).unwrap()
}

#[test]
fn a_stamp_vouches_for_the_time_of_signing_and_outlives_the_signers_certificate() {
    let report = verify(&stamped(), &anchors(), day(2029, 1, 1)).unwrap();
    let StampFound::Vouches(stamp) = &report.stamp else { panic!("{report:?}") };
    assert_eq!((stamp.time, report.claimed_time), (now(), now()));
    assert!(!report.certificate_current, "expired in 2028");
    // A document that claims a time at which the certificate was good, and was stamped when it was not any more.
    let late = day(2028, 4, 2);
    let signed = sign_stamped(&minimal_pdf(), &mayor(), &notes(), &StampsAt(late), day(2028, 3, 31)).unwrap();
    assert_eq!(verify(&signed.bytes, &anchors(), late), Err(PadesRefusal::CertificateNotCurrent));
}

#[test]
fn without_the_authority_a_document_is_signed_all_the_same_and_stamped_later() {
    let Stamped { bytes, stamp: none } = sign_stamped(&minimal_pdf(), &mayor(), &notes(), &Down, now()).unwrap();
    assert_eq!(none, Err(TimestampError::Unreachable));
    assert_eq!(verify(&bytes, &anchors(), now()).unwrap().stamp, StampFound::None);
    let later = stamp(&bytes, &StampsAt(now().plus_seconds(600))).unwrap();
    assert_eq!(later.bytes.len(), bytes.len(), "the room was kept");
    let report = verify(&later.bytes, &anchors(), now().plus_seconds(700)).unwrap();
    assert_eq!(report.stamp.time(), Some(now().plus_seconds(600)));
    // Where no room was kept the signature stays as it is.
    let narrow = sign(&minimal_pdf(), &mayor(), &notes(), now()).unwrap();
    let refused = stamp(&narrow, &StampsAt(now())).unwrap();
    assert_eq!(refused.stamp, Err(TimestampRefusal::TooLong.into()));
    assert!(verify(&refused.bytes, &anchors(), now()).is_ok());
}

#[test]
fn a_stamp_from_elsewhere_proves_no_more_than_none() {
    let documents_only = TestAuthority::anchors(&[&DOCUMENT_AUTHORITY]).unwrap();
    let report = verify(&stamped(), &documents_only, now()).unwrap();
    assert_eq!(report.stamp, StampFound::NotAccepted(TimestampRefusal::ForeignAuthority));
    let confused = sign_stamped(&minimal_pdf(), &mayor(), &notes(), &Confused, now()).unwrap();
    let report = verify(&confused.bytes, &anchors(), now()).unwrap();
    assert_eq!(report.stamp, StampFound::NotAccepted(TimestampRefusal::WrongImprint));
}

#[test]
fn evidence_is_added_behind_and_changes_nothing_before() {
    let stamped = stamped();
    let evidence = long_term::collect(&stamped, &anchors(), &Lists::made(now()), now()).unwrap();
    assert_eq!((evidence.certificates.len(), evidence.lists.len()), (4, 2));
    let lasting = long_term::append(&stamped, &evidence).unwrap();
    assert!(lasting.starts_with(&stamped));
    let (before, after) = (verify(&stamped, &anchors(), now()).unwrap(), verify(&lasting, &anchors(), now()).unwrap());
    assert_eq!(before.long_term, None);
    let worth = after.long_term.unwrap();
    assert!(worth.is_complete && worth.certificates == 4 && worth.lists == 2);
    assert_eq!((before.signer, before.claimed_time, before.stamp), (after.signer, after.claimed_time, after.stamp));
    assert_eq!(long_term::append(&lasting, &evidence), Err(pki::pades::SignError::HasForm));
}

#[test]
fn behind_a_signature_nothing_but_evidence_may_stand() {
    let stamped = stamped();
    let lasting = lasting(&stamped);
    let length = stamped.len();
    for at in (0..lasting.len()).step_by(29) {
        let mut changed = lasting.clone();
        changed[at] ^= 1;
        if at < length && verify(&changed[..length], &anchors(), now()).is_ok() {
            continue; // the stamp, which nothing signs, or the case of a digit
        }
        if let Ok(report) = verify(&changed, &anchors(), now()) {
            // A byte of the evidence itself: then it proves nothing any more, and what is signed is what it was.
            assert!(at > length && !report.long_term.unwrap().is_complete, "byte {at}");
        }
    }
    let extra = [&lasting[..], b"% one more line\n"].concat();
    assert_eq!(verify(&extra, &anchors(), now()), Err(PadesRefusal::NotWholeFile));
    // A page put over the signed one in the same update.
    let mut page = stamped;
    page.extend_from_slice(b"3 0 obj\n<< /Type /Page >>\nendobj\nxref\n3 1\n0000000000 00000 n \ntrailer\n<< /Size 9 >>\nstartxref\n0\n%%EOF\n");
    assert_eq!(verify(&page, &anchors(), now()), Err(PadesRefusal::NotWholeFile));
}

#[test]
fn evidence_is_refused_where_it_would_prove_nothing() {
    let collect = |lists: &Lists| long_term::collect(&stamped(), &anchors(), lists, now());
    assert_eq!(collect(&Lists::made(now().plus_seconds(-60))), Err(EvidenceRefusal::ListTooOld));
    let old = Lists::made(now());
    let much_later = long_term::collect(&stamped(), &anchors(), &old, now().plus_seconds(90_000));
    assert!(matches!(much_later, Err(EvidenceRefusal::List(StatusError::Stale { .. }))));
    let entry = |since, reason| RevokedEntry { serial: 0x00AB_CDEF, since, reason };
    for (of_documents, serial) in [(true, 0x00AB_CDEF), (false, 0x57)] {
        let lists = Lists::made(now());
        let reason = RevocationReason::CessationOfOperation;
        let entry = RevokedEntry { serial, ..entry(now().plus_seconds(-1), reason) };
        lists.revoked.lock().unwrap().push((of_documents, entry));
        assert_eq!(collect(&lists), Err(EvidenceRefusal::Revoked));
    }
    // Ended in good order after the stamp: the document stays good. A stolen key: nobody knows since when.
    let lists = Lists::made(now().plus_seconds(60));
    lists.revoked.lock().unwrap().push((true, entry(now().plus_seconds(30), RevocationReason::CessationOfOperation)));
    assert!(collect(&lists).is_ok());
    lists.revoked.lock().unwrap()[0].1.reason = RevocationReason::KeyCompromise;
    assert_eq!(collect(&lists), Err(EvidenceRefusal::Revoked));
    let unstamped = sign(&minimal_pdf(), &mayor(), &notes(), now()).unwrap();
    let refused = long_term::collect(&unstamped, &anchors(), &Lists::made(now()), now());
    assert_eq!(refused, Err(EvidenceRefusal::NotStamped));
}

fn pyhanko(workshop: &Workshop, file: &str, at: Timestamp) -> Said {
    workshop.pem("documents.pem", "CERTIFICATE", DOCUMENT_AUTHORITY.certificate());
    workshop.pem("stamps.pem", "CERTIFICATE", STAMP_AUTHORITY.certificate());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/pades_opinion.py");
    let at = at.seconds().to_string();
    workshop.run(python::python().to_str().unwrap(), &[script, file, &at, "documents.pem", "stamps.pem"])
}

#[test]
fn pyhanko_and_pdfsig_find_stamp_and_evidence_and_notice_one_flipped_byte() {
    let workshop = Workshop::new();
    let stamped = stamped();
    let lasting = lasting(&stamped);
    workshop.write("stamped.pdf", &stamped);
    let said = pyhanko(&workshop, "stamped.pdf", now());
    assert!(said.text.contains("VALID stamped covers-entire-file no-evidence not-long-term"), "{}", said.text);
    workshop.write("lasting.pdf", &lasting);
    let said = pyhanko(&workshop, "lasting.pdf", now());
    assert!(
        said.text.contains("VALID stamped covers-with-evidence evidence-4-certificates-2-lists long-term"),
        "{}",
        said.text
    );
    for name in ["stamped.pdf", "lasting.pdf"] {
        let said = workshop.run("pdfsig", &[name]);
        assert!(said.text.contains("Signature is Valid"), "{}", said.text);
        assert!(workshop.run("qpdf", &["--check", name]).good);
    }
    let mut altered = stamped;
    let at = altered.windows(7).position(|w| w == b"10 10 l").unwrap();
    altered[at] = b'2';
    workshop.write("altered.pdf", &altered);
    assert!(pyhanko(&workshop, "altered.pdf", now()).text.contains("INVALID"));
}

#[test]
fn openssl_verifies_the_token_in_a_document_against_the_signature_it_is_over() {
    let workshop = Workshop::new();
    let stamped = stamped();
    let (first, second) = hole(&stamped);
    let message = data_encoding::HEXLOWER.decode(&stamped[first + 1..second - 1]).unwrap();
    workshop.write("signature.der", &message);
    let said =
        workshop.run("openssl", &["cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", "signature.der"]);
    assert!(said.text.contains("id-smime-aa-timeStampToken"), "{}", said.text);
    let (signature, token) = pki_parts(&message);
    workshop.write("signature.bin", &signature);
    workshop.write("token.der", &token);
    workshop.pem("ca.pem", "CERTIFICATE", STAMP_AUTHORITY.certificate());
    let at = now().seconds().to_string();
    let arguments = [
        "ts",
        "-verify",
        "-data",
        "signature.bin",
        "-token_in",
        "-in",
        "token.der",
        "-CAfile",
        "ca.pem",
        "-attime",
        &at,
    ];
    let said = workshop.run("openssl", &arguments);
    assert!(said.good && said.text.contains("Verification: OK"), "{}", said.text);
    workshop.write("signature.bin", &[&signature[..], b"x"].concat());
    assert!(!workshop.run("openssl", &arguments).good);
}

/// The signature's octets and the token, cut out with a parser that is not ours.
fn pki_parts(message: &[u8]) -> (Vec<u8>, Vec<u8>) {
    use x509_cert::der::asn1::{AnyRef, ObjectIdentifier};
    use x509_cert::der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};
    // ContentInfo > [0] > SignedData > last SET > signer > last two elements.
    fn parts(any: &[u8]) -> Vec<AnyRef<'_>> {
        let mut reader = SliceReader::new(any).unwrap();
        let mut found = Vec::new();
        while !reader.is_finished() {
            found.push(AnyRef::decode(&mut reader).unwrap());
        }
        found
    }
    let end = {
        let mut reader = SliceReader::new(message).unwrap();
        let outer = AnyRef::decode(&mut reader).unwrap();
        outer.to_der().unwrap()
    };
    let outer = AnyRef::from_der(&end).unwrap();
    let content = parts(outer.value());
    let data = parts(content[1].value());
    let data = parts(data[0].value());
    let signer = parts(data.last().unwrap().value());
    let signer = parts(signer[0].value());
    let unsigned = signer.last().unwrap();
    let signature = signer[signer.len() - 2];
    assert_eq!(signature.tag(), Tag::OctetString);
    let attribute = parts(parts(unsigned.value())[0].value());
    let kind = ObjectIdentifier::from_der(&attribute[0].to_der().unwrap()).unwrap();
    assert_eq!(kind.to_string(), "1.2.840.113549.1.9.16.2.14");
    (signature.value().to_vec(), parts(attribute[1].value())[0].to_der().unwrap())
}
