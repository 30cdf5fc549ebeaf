//! The judges: OpenSC and a real `pcscd` use the virtual card as they would a real one, OpenSSL checks what it signed,
//! and our own reader meets both. A missing program is a failure that says what to install, never a skip.

use std::fs;
use std::time::Duration;

use card::readers::pcsc::PcscService;
use card::virtual_card::VirtualCard;
use card::vpcd::VpcdLink;
use card::{Card, CardError, JpkiSession, LastTry, Pin, Reader, ReaderError};

use crate::certificates::contents_with_certificates;
use crate::daemon::{Daemon, VPCD, program};
use crate::support::*;

const MODULE: &str = "opensc-pkcs11.so";

fn virtual_card() -> VirtualCard {
    card_of(contents_with_certificates(), Default::default())
}

fn with_card() -> Daemon {
    let mut daemon = Daemon::start();
    daemon.put(virtual_card());
    daemon
}

fn pem_to_der(daemon: &Daemon, pem: &str) -> Vec<u8> {
    fs::write(daemon.file("certificate.pem"), pem).unwrap();
    let output = daemon.run("openssl", &["x509", "-in", "certificate.pem", "-outform", "DER"]);
    assert!(output.status.success(), "not a certificate: {pem}");
    output.stdout
}

/// The counters in what `pkcs15-tool --list-pins` prints.
fn tries_left(pins: &str) -> Vec<&str> {
    let counters = pins.lines().filter(|line| line.contains("Tries left"));
    counters.filter_map(|line| line.rsplit(": ").next()).collect()
}

#[test]
fn opensc_takes_it_for_an_individual_number_card() {
    let daemon = with_card();
    assert!(daemon.succeed("opensc-tool", &["-n"]).to_lowercase().contains("jpki"));
    assert_eq!(daemon.succeed("opensc-tool", &["-a"]).trim(), "3b:e0:00:ff:81:31:fe:45:14");
}

#[test]
fn pkcs15_tool_lists_its_pins_and_reads_its_certificates() {
    let daemon = with_card();
    let contents = contents_with_certificates();
    let listed = daemon.succeed("pkcs15-tool", &["-D"]);
    for expected in ["User Authentication", "Digital Signature", "X.509 Certificate"] {
        assert!(listed.contains(expected), "{expected} in {listed}");
    }
    let pins = daemon.succeed("pkcs15-tool", &["--list-pins"]);
    assert_eq!(tries_left(&pins), ["3", "5"]);
    let signing = contents.signing.unwrap();
    for (id, expected) in [
        ("01", &contents.user_authentication.certificate),
        ("03", &contents.user_authentication.ca_certificate),
        ("04", &signing.ca_certificate),
    ] {
        let pem = daemon.succeed("pkcs15-tool", &["--read-certificate", id]);
        assert_eq!(&pem_to_der(&daemon, &pem), expected, "certificate {id}");
    }
    assert!(
        !daemon.run("pkcs15-tool", &["--read-certificate", "02"]).status.success(),
        "personal: behind the password"
    );
    let pem = daemon
        .succeed("pkcs15-tool", &["--read-certificate", "02", "--auth-id", "02", "--verify-pin", "--pin", PASSWORD]);
    assert_eq!(pem_to_der(&daemon, &pem[pem.find("-----BEGIN").unwrap()..]), signing.certificate);
}

#[test]
fn pkcs11_tool_signs_in_both_slots_and_openssl_accepts_it() {
    let daemon = with_card();
    let contents = contents_with_certificates();
    fs::write(daemon.file("message"), "住民票の写しの交付を申請します。").unwrap();
    for (slot, id, secret, certificate) in [
        ("0", "01", PIN, contents.user_authentication.certificate),
        ("1", "02", PASSWORD, contents.signing.unwrap().certificate),
    ] {
        #[rustfmt::skip]
        daemon.succeed("pkcs11-tool", &[
            "--module", MODULE, "--slot-index", slot, "--login", "--pin", secret,
            "--sign", "-m", "SHA256-RSA-PKCS", "--id", id, "-i", "message", "-o", "signature",
        ]);
        fs::write(daemon.file("certificate.der"), certificate).unwrap();
        daemon.succeed(
            "openssl",
            &["x509", "-inform", "DER", "-in", "certificate.der", "-pubkey", "-noout", "-out", "public.pem"],
        );
        let check = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message"];
        assert_eq!(daemon.succeed("openssl", &check).trim(), "Verified OK");
    }
}

#[test]
fn a_miss_made_in_opensc_is_counted_on_the_card() {
    let mut daemon = with_card();
    let wrong = ["--module", MODULE, "--slot-index", "0", "--login", "--pin", "9999", "-O"];
    assert!(!daemon.run("pkcs11-tool", &wrong).status.success());
    let pins = daemon.succeed("pkcs15-tool", &["--list-pins"]);
    assert_eq!(tries_left(&pins), ["2", "5"]);
    assert_eq!(daemon.take_out().contents().user_authentication_pin.tries_left, 2);
}

#[test]
fn the_virtual_card_keeps_a_pin_across_programs_and_our_session_does_not() {
    let daemon = with_card();
    let read = ["--read-certificate", "02"];
    daemon.succeed("pkcs15-tool", &["--auth-id", "02", "--verify-pin", "--pin", PASSWORD]);
    daemon.succeed("pkcs15-tool", &read);
    daemon.run_inside("conformance::signs_a_document_inside");
    assert!(!daemon.run("pkcs15-tool", &read).status.success(), "our session forgot the password at its end");
}

#[test]
fn our_own_reader_does_the_whole_story_through_pcscd() {
    with_card().run_inside("conformance::proves_who_they_are_inside");
}

#[test]
fn two_cards_on_the_readers_are_refused() {
    let mut daemon = with_card();
    daemon.put(virtual_card());
    daemon.run_inside("conformance::refuses_two_cards_inside");
}

#[test]
fn empty_readers_and_a_missing_daemon_are_told_apart() {
    let mut daemon = Daemon::start();
    daemon.wait_until("the readers are there", |daemon| {
        String::from_utf8_lossy(&daemon.run("opensc-tool", &["-l"]).stdout).contains("Yakuba test 00 00")
    });
    daemon.run_inside("conformance::finds_empty_readers_inside");
    let own = std::env::current_exe().unwrap();
    let output = std::process::Command::new(own)
        .args(["--exact", "conformance::finds_no_daemon_inside", "--ignored", "--nocapture"])
        .env("PCSCLITE_CSOCK_NAME", daemon.file("nobody-listens-here"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_card_pulled_out_of_a_real_reader_is_said_to_be_removed() {
    Daemon::start().run_inside("conformance::notices_that_the_card_is_gone_inside");
}

#[test]
fn every_program_that_judges_is_named_when_it_is_missing() {
    let missing = std::panic::catch_unwind(|| program("no-such-program")).unwrap_err();
    assert!(missing.downcast_ref::<String>().unwrap().contains("apt-get install pcscd vsmartcard-vpcd opensc"));
}

// What follows runs in a process of its own, started by the tests above.

fn connect() -> Box<dyn Card> {
    PcscService::open().unwrap().reader_with_the_only_card().unwrap().connect().unwrap()
}

#[test]
#[ignore = "a client process, started by the test of the same story"]
fn proves_who_they_are_inside() {
    let mut session = JpkiSession::open(connect()).unwrap();
    let other_program = PcscService::open().unwrap().reader_with_the_only_card().unwrap().connect();
    assert_eq!(other_program.err(), Some(ReaderError::InUse), "the connection is exclusive");
    assert_eq!(session.tries_left(Pin::UserAuthentication), Ok(3));
    assert!(matches!(session.sign_user_authentication(&[1; 32]), Err(CardError::PinRequired { .. })));
    let miss = session.verify_user_authentication_pin(&pin("0000"), LastTry::Refuse);
    assert_eq!(miss, Err(CardError::WrongPin { pin: Pin::UserAuthentication, tries_left: 2 }));
    session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse).unwrap();
    assert_eq!(session.sign_user_authentication(&[1; 32]).unwrap().len(), 256);
    assert!(session.user_authentication_certificate().unwrap().starts_with(&[0x30, 0x82]));
    assert!(session.user_authentication_ca_certificate().unwrap().starts_with(&[0x30, 0x82]));
    session.close().unwrap();
    JpkiSession::open(connect()).unwrap().close().unwrap();
}

#[test]
#[ignore = "a client process, started by the test of the same story"]
fn signs_a_document_inside() {
    let mut session = JpkiSession::open(connect()).unwrap();
    assert!(
        matches!(session.signing_certificate(), Err(CardError::PinRequired { .. })),
        "what another program verified does not count"
    );
    session.verify_signing_password(&password(PASSWORD), LastTry::Refuse).unwrap();
    session.signing_certificate().unwrap();
}

#[test]
#[ignore = "a client process, started by the test of the same story"]
fn refuses_two_cards_inside() {
    let service = PcscService::open().unwrap();
    assert_eq!(service.readers().unwrap().len(), 2);
    assert_eq!(service.reader_with_the_only_card().err(), Some(ReaderError::SeveralCards(2)));
}

#[test]
#[ignore = "a client process, started by the test of the same story"]
fn finds_empty_readers_inside() {
    let service = PcscService::open().unwrap();
    assert_eq!(service.reader_with_the_only_card().err(), Some(ReaderError::NoCard));
    let name = service.readers().unwrap()[0].name.clone();
    assert_eq!(service.reader(&name).connect().err(), Some(ReaderError::NoCard));
    assert_eq!(service.reader("no such reader").connect().err(), Some(ReaderError::NoReader));
}

#[test]
#[ignore = "a client process, started by the test of the same story"]
fn notices_that_the_card_is_gone_inside() {
    let mut card = virtual_card();
    let link = VpcdLink::connect(&std::env::var(VPCD).unwrap()).unwrap();
    let handle = link.handle().unwrap();
    let serving = std::thread::spawn(move || link.serve(&mut card).unwrap());
    let service = PcscService::open().unwrap();
    let mut reader = loop {
        match service.reader_with_the_only_card() {
            Err(ReaderError::NoCard | ReaderError::Unresponsive) => std::thread::sleep(Duration::from_millis(20)),
            found => break found.unwrap(),
        }
    };
    let mut session = JpkiSession::open(reader.connect().unwrap()).unwrap();
    session.verify_user_authentication_pin(&pin(PIN), LastTry::Refuse).unwrap();
    assert_eq!(reader.has_card(), Ok(true));
    handle.take_out();
    serving.join().unwrap();
    assert_eq!(session.sign_user_authentication(&[1; 32]), Err(CardError::CardRemoved));
    assert_eq!(session.user_authentication_certificate(), Err(CardError::CardRemoved));
    session.close().unwrap();
    while reader.has_card().unwrap() {
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
#[ignore = "a client process, started by the test of the same story"]
fn finds_no_daemon_inside() {
    assert_eq!(PcscService::open().err(), Some(ReaderError::DaemonNotRunning));
}
