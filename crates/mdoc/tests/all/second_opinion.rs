//! Our documents before programs nobody here wrote: `isomdoc` (PyPI) for the document, `openssl` for the certificates.

#[path = "../../../testkit/src/python.rs"]
mod python;

use std::io::Write;
use std::process::{Command, Stdio};

use mdoc::self_made::{Meeting, SelfMadeIssuer};
use mdoc::{BrowserSession, Curve, MobileDocumentChannel, Presentation};
use pki::test_authority::RevokedEntry;

use crate::support::{Scene, now, replace, request, seams};

/// Runs `program` with `input` and gives what it printed.
fn says(program: &mut Command, input: &str) -> String {
    let mut child = program.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap_or_else(|error| {
        panic!("{:?} cannot be run ({error}): scripts/setup test installs it", program.get_program())
    });
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn isomdoc_says(presentation: &Presentation) -> String {
    let hexadecimal = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let input =
        format!("{}\n{}\n", hexadecimal(&presentation.response), hexadecimal(presentation.transcript.as_cbor()));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/all/second_opinion.py");
    says(Command::new(python::python()).arg(script), &input)
}

#[test]
fn another_reader_accepts_our_document_at_the_counter_and_on_a_page() {
    let page = Meeting::InBrowser { origin: "https://city.example".to_owned() };
    for meeting in [Meeting::InPerson, page] {
        let (mut channel, ..) = Scene::new().channel(meeting);
        let presentation = channel.present(&request()).unwrap();
        assert_eq!(isomdoc_says(&presentation), "accepted org.iso.23220.1.jp.mnc 架空　花子");
    }
}

#[test]
fn a_pages_session_is_the_one_another_program_computes() {
    let session = BrowserSession::start(&seams(), "https://city.example");
    let script = "import cbor2, hashlib, sys\n\
                  info, origin = sys.stdin.read().split()\n\
                  handover = hashlib.sha256(cbor2.dumps([info, origin])).digest()\n\
                  print(cbor2.dumps([None, None, ['dcapi', handover]]).hex())";
    let input = format!("{}\nhttps://city.example\n", session.encryption_info());
    let computed = says(Command::new(python::python()).args(["-c", script]), &input);
    assert_eq!(computed, data_encoding::HEXLOWER.encode(session.transcript().as_cbor()));
}

#[test]
fn another_reader_refuses_what_we_refuse() {
    let scene = Scene::new();
    let mut tampered = scene.presented(&request());
    replace(&mut tampered.response, "花子".as_bytes(), "太郎".as_bytes());
    let mut resigned = scene.presented(&request());
    replace(&mut resigned.response, b"SHA-256", b"SHA-512");
    let mut replayed = scene.presented(&request());
    replayed.transcript = scene.presented(&request()).transcript;
    let uncovered = Scene::planned(|plan| plan.items[0].covered = false);
    let other_type = Scene::planned(|plan| plan.signed_type = "org.iso.18013.5.1.mDL".to_owned());
    for (name, presentation) in [
        ("a tampered item", tampered),
        ("an altered security object", resigned),
        ("another session", replayed),
        ("an item that is not covered", uncovered.presented(&request())),
        ("another type signed", other_type.presented(&request())),
    ] {
        assert!(scene.reader().judge(&presentation, &request()).is_err(), "{name}");
        let said = isomdoc_says(&presentation);
        assert!(said.starts_with("refused"), "{name}: {said}");
    }
}

#[test]
fn openssl_agrees_about_the_document_signer_and_its_revocation() {
    let folder = tempfile::tempdir().unwrap();
    let pem = |name: &str, label: &str, der: &[u8]| {
        let body = data_encoding::BASE64.encode(der);
        let path = folder.path().join(name);
        std::fs::write(&path, format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")).unwrap();
        path
    };
    for curve in [Curve::P256, Curve::P384] {
        let issuer = SelfMadeIssuer::new(curve, now()).unwrap();
        let authority = pem("authority.pem", "CERTIFICATE", issuer.authority().certificate());
        let signer = pem("signer.pem", "CERTIFICATE", issuer.certificate());
        let until = now().plus_seconds(86_400);
        let serial = 7;
        let reason = pki::revocation::RevocationReason::KeyCompromise;
        let revoked = RevokedEntry { serial, since: now().plus_seconds(-60), reason };
        for (entries, expected) in [(&[][..], true), (&[revoked][..], false)] {
            let list = issuer.authority().whole_revocation_list(1, now().plus_seconds(-60), until, entries).unwrap();
            let list = pem("list.pem", "X509 CRL", &list);
            let said = says(
                Command::new("openssl")
                    .args(["verify", "-x509_strict", "-crl_check", "-attime", &now().seconds().to_string()])
                    .arg("-CAfile")
                    .arg(&authority)
                    .arg("-CRLfile")
                    .arg(&list)
                    .arg(&signer),
                "",
            );
            assert_eq!(said.ends_with(": OK"), expected, "{curve:?}: {said}");
        }
    }
}
