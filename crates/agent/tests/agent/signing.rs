//! A form signed at the pad, whole: prepared by the server, shown and signed here, judged by the server.

use base::Timestamp;
use pki::agent::{PresignedSigner, Verb};
use pki::jpki_profile::JudgedCertificate;
use pki::pades::{SignatureNotes, prepare};
use pki::resident_signature::Judge;
use pki::revocation::{SourceKind, Standing, Status, StatusError, StatusSource};
use pki::test_authority::TestAuthority;

use crate::support::*;

struct Good;

impl StatusSource for Good {
    fn status(&self, _: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        Ok(Status { standing: Standing::Good, source: SourceKind::Ocsp, as_of: now })
    }
}

/// One empty page.
fn form() -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>",
        "<</Length 18>>\nstream\n0 0 m 10 10 l S   \nendstream",
        "<</Title(form)>>",
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

#[test]
fn a_form_is_signed_at_the_pad_and_judged_by_the_server() {
    let scene = Scene::new();
    let notes =
        |reason: &str| SignatureNotes {
            name: "架空 花子".into(), reason: reason.into(), location: "見本市".into()
        };
    let prepared = prepare(&form(), 4096, &notes("転出届"), now()).unwrap();
    let lines = vec!["転出日 2026年12月1日".to_owned()];
    let verb = Verb::SignDocument { title: "転出届".into(), lines, digest: prepared.digest() };
    let request = scene.signed(verb);
    let (pad, ticket) = scene.take(&request);
    let shown = scene.open_pad(&pad);
    scene.press(&pad, &shown, &format!("do=enter&secret={PASSWORD}"));
    let answer = scene.opened(&request, &scene.fetch(&ticket));
    let signer = PresignedSigner::new(&request, &answer).unwrap();
    let pdf = prepared.finish(&signer).unwrap();
    let anchors = TestAuthority::anchors(&[&SIGNERS]).unwrap();
    let by = Judge { anchors: &anchors, status: &Good, now: now() }.pdf(&pdf, now()).unwrap();
    assert_eq!(by.identity.name.reveal(), "架空　花子");
    // What was signed for one form signs no other.
    let other = prepare(&form(), 4096, &notes("別の届"), now()).unwrap();
    assert!(other.finish(&signer).is_err());
}
