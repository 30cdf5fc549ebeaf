//! Time stamps: what a right one says, and a refusal by name for every wrong one. `openssl ts` has the second opinion.

use std::sync::{Arc, LazyLock, Mutex};

use base::{Seams, Timestamp};
use const_oid::ObjectIdentifier;
use pki::keys::SigningKey;
use pki::test_authority::{
    Generation, STAMP_POLICY, TestAuthority, TimeStamp, TimeStamper, read_time_question, refuse_time,
};
use pki::timestamp::{
    Policy, RestingSource, StampedToken, TimestampError, TimestampRefusal, TimestampRequest, TimestampSource,
    read_response, read_stamp,
};
use pki::{AnchorKind, AuthorityRole, TrustAnchors};
use proptest::prelude::*;

use crate::support::{STRANGER, Workshop, day, now};

/// The authority above the stamper, and a stamper with an RSA key: older verifiers know no other.
pub static STAMP_AUTHORITY: LazyLock<TestAuthority> = LazyLock::new(|| {
    let generation = Generation { serial: 9, not_before: day(2020, 1, 1), not_after: day(2035, 1, 1), ocsp_url: None };
    TestAuthority::new(AuthorityRole::Timestamp, SigningKey::generate_rsa().unwrap(), &generation).unwrap()
});
pub static STAMPER: LazyLock<TimeStamper> =
    LazyLock::new(|| stamper_with(SigningKey::generate_rsa().unwrap(), |template| template));

pub fn stamper_with(
    key: SigningKey,
    change: impl FnOnce(pki::test_authority::Template) -> pki::test_authority::Template,
) -> TimeStamper {
    let validity = (day(2025, 4, 1), day(2030, 4, 1));
    let template = change(STAMP_AUTHORITY.time_stamper_template(key.public_key_info(), 0x57, validity));
    TimeStamper { certificate: STAMP_AUTHORITY.sign(&template).unwrap(), key, above: Vec::new() }
}

pub fn stamp_anchors() -> TrustAnchors {
    TestAuthority::anchors(&[&STAMP_AUTHORITY]).unwrap()
}

const IMPRINT: [u8; 32] = [0x5A; 32];
const NONCE: [u8; 16] = [0, 0, 0x80, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];

fn request() -> TimestampRequest {
    TimestampRequest::new(IMPRINT, NONCE, None)
}

/// What an honest authority stamps for `request` at `time`.
pub fn honest(request: &[u8], time: Timestamp) -> TimeStamp {
    let asked = read_time_question(request).unwrap();
    assert!(asked.wants_certificate);
    TimeStamp { imprint: asked.imprint, nonce: asked.nonce, policy: STAMP_POLICY, serial: 0xBEEF, time }
}

fn judged(answer: &[u8]) -> Result<StampedToken, TimestampRefusal> {
    read_response(answer, &request(), &stamp_anchors(), now())
}

fn changed(change: impl FnOnce(&mut TimeStamp)) -> Result<StampedToken, TimestampRefusal> {
    let mut stamp = honest(request().der(), now());
    change(&mut stamp);
    judged(&STAMPER.grant(&stamp).unwrap())
}

#[test]
fn a_stamp_says_when_by_whom_and_under_which_policy() {
    let stamped = changed(|_| {}).unwrap();
    assert_eq!(stamped.stamp.time, now());
    assert_eq!(stamped.stamp.authority, "Dummy Time Stamper");
    assert_eq!(stamped.stamp.policy, STAMP_POLICY.to_string());
    assert_eq!((stamped.stamp.serial.as_slice(), stamped.stamp.anchor), (&[0xBE, 0xEF][..], AnchorKind::Test));
    assert_eq!(read_stamp(&stamped.token, IMPRINT, &stamp_anchors()), Ok(stamped.stamp));
}

#[test]
fn a_key_on_a_curve_stamps_as_well() {
    let stamper = stamper_with(SigningKey::generate_p256().unwrap(), |template| template);
    assert!(judged(&stamper.grant(&honest(request().der(), now())).unwrap()).is_ok());
}

#[test]
fn each_wrong_answer_is_refused_by_its_name() {
    assert_eq!(changed(|stamp| stamp.nonce = Some(vec![9])), Err(TimestampRefusal::WrongNonce));
    assert_eq!(changed(|stamp| stamp.nonce = None), Err(TimestampRefusal::WrongNonce));
    assert_eq!(changed(|stamp| *stamp.imprint.last_mut().unwrap() ^= 1), Err(TimestampRefusal::WrongImprint));
    let late = TimestampRefusal::ClocksDisagree { seconds: -61 };
    assert_eq!(changed(|stamp| stamp.time = now().plus_seconds(-61)), Err(late));
    let early = TimestampRefusal::ClocksDisagree { seconds: 61 };
    assert_eq!(changed(|stamp| stamp.time = now().plus_seconds(61)), Err(early));
    assert!(changed(|stamp| stamp.time = now().plus_seconds(-60)).is_ok());
    assert_eq!(judged(&refuse_time(14)), Err(TimestampRefusal::NotGranted { status: 2, failure: Some(14) }));
    assert_eq!(judged(&refuse_time(25)), Err(TimestampRefusal::NotGranted { status: 2, failure: Some(25) }));
    assert!(TimestampRefusal::NotGranted { status: 2, failure: Some(14) }.to_string().contains("clock"));
    assert_eq!(judged(&[0x30, 0x05, 0x30, 0x03, 0x02, 0x01, 0x00]), Err(TimestampRefusal::NoToken));
    assert_eq!(judged(&vec![0x30; 40_000]), Err(TimestampRefusal::TooLong));
    assert!(matches!(judged(b"<html>maintenance</html>"), Err(TimestampRefusal::Malformed(_))));
}

#[test]
fn a_policy_that_was_asked_for_must_be_the_one_given() {
    let other = Policy::parse("1.3.6.1.4.1.32473.3161.2").unwrap();
    let asked = TimestampRequest::new(IMPRINT, NONCE, Some(other));
    let answer = STAMPER.grant(&honest(asked.der(), now())).unwrap();
    assert_eq!(read_response(&answer, &asked, &stamp_anchors(), now()), Err(TimestampRefusal::WrongPolicy));
    assert_eq!(Policy::parse("not a policy"), None);
}

#[test]
fn a_certificate_for_anything_but_time_stamps_is_refused() {
    let eku = ObjectIdentifier::new_unwrap("2.5.29.37");
    let stamped_by = |stamper: &TimeStamper| judged(&stamper.grant(&honest(request().der(), now())).unwrap());
    let wrong: [fn(&mut pki::test_authority::TemplateExtension); 3] = [
        |extension| extension.critical = false,
        // clientAuth instead, and clientAuth beside.
        |extension| extension.value = vec![0x30, 0x0A, 6, 8, 0x2B, 6, 1, 5, 5, 7, 3, 2],
        |extension| {
            let both = [6, 8, 0x2B, 6, 1, 5, 5, 7, 3, 8, 6, 8, 0x2B, 6, 1, 5, 5, 7, 3, 2];
            extension.value = [&[0x30, 0x14][..], &both].concat();
        },
    ];
    for change in wrong {
        let stamper = stamper_with(SigningKey::generate_p256().unwrap(), |mut template| {
            template.change(eku, change);
            template
        });
        assert_eq!(stamped_by(&stamper), Err(TimestampRefusal::WrongPurpose));
    }
    let without = stamper_with(SigningKey::generate_p256().unwrap(), |mut template| {
        template.remove(eku);
        template
    });
    assert_eq!(stamped_by(&without), Err(TimestampRefusal::WrongPurpose));
    let expired = stamper_with(SigningKey::generate_p256().unwrap(), |mut template| {
        template.not_after = day(2026, 11, 1);
        template
    });
    assert_eq!(stamped_by(&expired), Err(TimestampRefusal::CertificateNotCurrent));
}

#[test]
fn a_stranger_a_thief_and_a_dummy_in_production_are_refused() {
    let stamp = honest(request().der(), now());
    let key = SigningKey::generate_p256().unwrap();
    let template = STAMP_AUTHORITY.time_stamper_template(key.public_key_info(), 7, (day(2025, 4, 1), day(2030, 4, 1)));
    let forged = TimeStamper { certificate: STRANGER.sign(&template).unwrap(), key, above: Vec::new() };
    assert_eq!(judged(&forged.grant(&stamp).unwrap()), Err(TimestampRefusal::ForeignAuthority));
    let thief = TimeStamper {
        key: SigningKey::generate_rsa().unwrap(),
        certificate: STAMPER.certificate.clone(),
        above: Vec::new(),
    };
    assert_eq!(judged(&thief.grant(&stamp).unwrap()), Err(TimestampRefusal::BadSignature));
    let answer = STAMPER.grant(&stamp).unwrap();
    let strict = TrustAnchors::production_only();
    assert_eq!(read_response(&answer, &request(), &strict, now()), Err(TimestampRefusal::TestAuthority));
}

#[test]
fn one_changed_byte_anywhere_is_noticed() {
    let answer = STAMPER.grant(&honest(request().der(), now())).unwrap();
    for index in 0..answer.len() {
        let mut changed = answer.clone();
        changed[index] ^= 0x10;
        // The status may become another grant, and what is beside the signature (versions, the list of hashes) is not
        // under it; whatever is said to be stamped stays the same.
        if let Ok(stamped) = judged(&changed) {
            assert_eq!((stamped.stamp.time, stamped.stamp.serial.as_slice()), (now(), &[0xBE, 0xEF][..]), "{index}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_stamp_or_a_refusal(bytes: Vec<u8>, at in 0usize..4000, with: u8) {
        let _ = judged(&bytes);
        let mut answer = STAMPER.grant(&honest(request().der(), now())).unwrap();
        let at = at % answer.len();
        answer[at] = with;
        let _ = judged(&answer);
        answer.truncate(at);
        prop_assert!(judged(&answer).is_err());
    }
}

#[test]
fn openssl_reads_our_question_and_accepts_our_answer() {
    let workshop = Workshop::new();
    workshop.write("question.tsq", request().der());
    let said = workshop.run("openssl", &["ts", "-query", "-in", "question.tsq", "-text"]);
    assert!(
        said.good && said.text.contains("Hash Algorithm: sha256") && said.text.contains("Certificate required: yes"),
        "{}",
        said.text
    );
    let answer = STAMPER.grant(&honest(request().der(), now())).unwrap();
    workshop.write("answer.tsr", &answer);
    let said = workshop.run("openssl", &["ts", "-reply", "-in", "answer.tsr", "-text"]);
    assert!(
        said.good && said.text.contains("Status: Granted.") && said.text.contains("Serial number: 0xBEEF"),
        "{}",
        said.text
    );
    workshop.pem("ca.pem", "CERTIFICATE", STAMP_AUTHORITY.certificate());
    let at = now().seconds().to_string();
    let verify = |answer: &str| {
        workshop.run(
            "openssl",
            &["ts", "-verify", "-queryfile", "question.tsq", "-in", answer, "-CAfile", "ca.pem", "-attime", &at],
        )
    };
    let said = verify("answer.tsr");
    assert!(said.good && said.text.contains("Verification: OK"), "{}", said.text);
    let mut wrong = honest(request().der(), now());
    wrong.nonce = Some(vec![1]);
    workshop.write("wrong.tsr", &STAMPER.grant(&wrong).unwrap());
    assert!(!verify("wrong.tsr").good, "another nonce");
}

#[test]
fn an_authority_that_is_openssls_own_is_understood() {
    let workshop = Workshop::new();
    // SHA-512, a fraction of a second, its certificate named by SHA-1: what ours never writes.
    let settings = "[t]\nserial=./serial\nsigner_digest=sha512\ndefault_policy=1.3.6.1.4.1.32473.3161.1\n\
                    digests=sha256\ness_cert_id_alg=sha1\nclock_precision_digits=3\naccuracy=secs:1,millisecs:500\n\
                    tsa_name=yes\ness_cert_id_chain=no\n";
    workshop.write("settings", settings.as_bytes());
    workshop.write("serial", b"0A\n");
    workshop.write(
        "purpose",
        b"extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\n\
                                subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
    );
    workshop.write("question.tsq", request().der());
    for arguments in [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /C=JP/CN=Another -days 30 \
         -addext keyUsage=critical,keyCertSign,cRLSign",
        "req -newkey rsa:2048 -nodes -keyout stamper.key -out stamper.csr -subj /C=JP/CN=Stamper",
        "x509 -req -in stamper.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile purpose -days 30 -out stamper.pem",
        "ts -reply -config settings -section t -queryfile question.tsq -signer stamper.pem -inkey stamper.key -out answer.tsr",
        "x509 -in ca.pem -outform DER -out ca.der",
    ] {
        let said = workshop.run("openssl", &arguments.split_whitespace().collect::<Vec<_>>());
        assert!(said.good, "{arguments}: {}", said.text);
    }
    let mut anchors = TrustAnchors::production_only();
    let read = |name: &str| std::fs::read(workshop.path().join(name)).unwrap();
    anchors.add(AuthorityRole::Timestamp, AnchorKind::Production, &read("ca.der")).unwrap();
    let stamped = read_response(&read("answer.tsr"), &request(), &anchors, Seams::system().now()).unwrap();
    assert_eq!((stamped.stamp.authority.as_str(), stamped.stamp.anchor), ("Stamper", AnchorKind::Production));
}

/// Answers from a list and counts the questions.
struct Scripted(Mutex<(u32, Vec<Result<(), TimestampError>>)>);

impl TimestampSource for Scripted {
    fn stamp(&self, _: [u8; 32]) -> Result<StampedToken, TimestampError> {
        let mut script = self.0.lock().unwrap();
        script.0 += 1;
        script.1.remove(0)?;
        Ok(changed(|_| {}).unwrap())
    }
}

#[test]
fn after_a_failure_the_authority_is_left_alone_for_a_while() {
    let (seams, clock) = Seams::simulated(now(), 1);
    let script = vec![Err(TimestampError::Unreachable), Err(TimestampError::Unreachable), Ok(()), Ok(())];
    let source = Arc::new(Scripted(Mutex::new((0, script))));
    struct Shared(Arc<Scripted>);
    impl TimestampSource for Shared {
        fn stamp(&self, imprint: [u8; 32]) -> Result<StampedToken, TimestampError> {
            self.0.stamp(imprint)
        }
    }
    let resting = RestingSource::new(Shared(source.clone()), 60, seams);
    let asked = || source.0.lock().unwrap().0;
    assert_eq!(resting.stamp(IMPRINT).unwrap_err(), TimestampError::Unreachable);
    clock.advance_seconds(59);
    assert_eq!(resting.stamp(IMPRINT).unwrap_err(), TimestampError::Resting);
    assert_eq!(asked(), 1, "nobody waits again");
    clock.advance_seconds(1);
    assert_eq!(resting.stamp(IMPRINT).unwrap_err(), TimestampError::Unreachable);
    clock.advance_seconds(60);
    assert!(resting.stamp(IMPRINT).is_ok() && resting.stamp(IMPRINT).is_ok());
    assert_eq!(asked(), 4);
}
