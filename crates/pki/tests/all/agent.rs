//! The messages between server and agent: what is believed, what is refused, and that nothing can be altered.

use base::{Personal, Seams};
use pki::agent::request::{MAX_AHEAD_SECONDS, MAX_LINES};
use pki::agent::{
    AgentRequest, AnswerRefusal, CardAnswer, PairingAnswer, PairingCode, PairingRefusal, PairingRequest,
    PresignedSigner, RequestRefusal, ServerKeys, SignedRequest, Verb, VerificationKey, Wording, answer,
    open_agent_answer, seal_agent_answer,
};
use pki::keys::SigningKey;
use pki::sealed::{SealError, SealingKey};
use proptest::prelude::*;

use crate::support::{CARD_KEY, SIGNING_AUTHORITY, Workshop, card_certificate, now, signing_request};

fn keys() -> ServerKeys {
    ServerKeys { signing: SigningKey::generate_p256().unwrap(), sealing: vec![SealingKey::generate()] }
}

fn key_of(key: &SigningKey) -> VerificationKey {
    VerificationKey::from_info(key.public_key_info()).unwrap()
}

fn wording(text: &str) -> Wording {
    Wording { japanese: text.to_owned(), easy: text.to_owned(), english: text.to_owned() }
}

fn asked(verb: Verb) -> AgentRequest {
    let (seams, _) = Seams::simulated(now(), 1);
    AgentRequest::new(&seams, "city.example", "AGENT", [7; 32], wording("窓口での本人確認"), verb)
}

fn document() -> Verb {
    let lines = vec!["転出日 2026年12月1日".to_owned(), "届出人 本人".to_owned()];
    Verb::SignDocument { title: "転出届".to_owned(), lines, digest: [9; 32] }
}

fn answer_of(server: &ServerKeys) -> PairingAnswer {
    PairingAnswer {
        agent: "AGENT".to_owned(),
        audience: "city.example".to_owned(),
        name: "見本市".to_owned(),
        name_english: "Mihon City".to_owned(),
        origins: vec!["https://city.example".to_owned()],
        verification_key: key_of(&server.signing),
        sealing_keys: server.sealing.iter().map(|key| key.public().clone()).collect(),
        paired_at: now(),
    }
}

#[test]
fn a_code_carried_by_a_person_binds_both_sides() {
    let (server, agent) = (keys(), SigningKey::generate_p256().unwrap());
    let shown = PairingCode::typed("k3m9-t2v7-q1x8-z4ab-cdef");
    let typed = PairingCode::typed(" K3M9 T2V7 Q1X8 Z4AB CDEF");
    assert_eq!(typed, shown);
    let request = PairingRequest::make(&typed, &agent, [1; 32]).unwrap();
    let bytes = request.to_bytes();
    assert!(!bytes.windows(32).any(|window| window == shown.hash()), "the code's hash is not sent");
    let arrived = PairingRequest::read(&bytes).unwrap();
    assert_eq!(arrived.look_up, shown.look_up());
    arrived.check(&PairingCode::from_hash(*shown.hash())).unwrap();
    let answer = answer_of(&server).to_bytes(&shown, &arrived);
    assert_eq!(PairingAnswer::read(&answer, &typed, &request), Ok(answer_of(&server)));
}

#[test]
fn somebody_between_the_two_is_noticed() {
    let (server, agent) = (keys(), SigningKey::generate_p256().unwrap());
    let code = PairingCode::typed("K3M9-T2V7-Q1X8-Z4AB-CDEF");
    let request = PairingRequest::make(&code, &agent, [1; 32]).unwrap();
    // They put their own key in: without the code they cannot prove it.
    let theirs = SigningKey::generate_p256().unwrap();
    let guessed = PairingRequest::make(&PairingCode::typed("AAAA"), &theirs, [1; 32]).unwrap();
    assert_eq!(guessed.check(&code), Err(PairingRefusal::WrongCode));
    // They answer in the server's place, or alter what the server says.
    let forged = answer_of(&keys()).to_bytes(&PairingCode::typed("AAAA"), &request);
    assert_eq!(PairingAnswer::read(&forged, &code, &request), Err(PairingRefusal::WrongCode));
    let sound = answer_of(&server).to_bytes(&code, &request);
    for at in 0..sound.len() {
        let mut altered = sound.clone();
        altered[at] ^= 1;
        assert!(PairingAnswer::read(&altered, &code, &request).is_err(), "byte {at}");
    }
    // An answer to an earlier request of the same code is not an answer to this one.
    let earlier = PairingRequest::make(&code, &agent, [2; 32]).unwrap();
    let replayed = answer_of(&server).to_bytes(&code, &earlier);
    assert_eq!(PairingAnswer::read(&replayed, &code, &request), Err(PairingRefusal::WrongCode));
    let bytes = request.to_bytes();
    for at in 0..bytes.len() {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let judged = PairingRequest::read(&altered).and_then(|request| request.check(&code));
        assert!(judged.is_err(), "byte {at}");
    }
}

#[test]
fn a_request_is_believed_from_the_paired_server_only_and_only_as_it_was_made() {
    let server = keys();
    for verb in [Verb::Identify, document()] {
        let signed = asked(verb).sign(&server.signing).unwrap();
        let bytes = signed.to_bytes();
        assert_eq!(SignedRequest::read(&bytes, &key_of(&server.signing)), Ok(signed));
        assert_eq!(SignedRequest::read(&bytes, &key_of(&keys().signing)), Err(RequestRefusal::WrongSignature));
        for at in 0..bytes.len() {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            assert!(SignedRequest::read(&altered, &key_of(&server.signing)).is_err(), "byte {at}");
            assert!(SignedRequest::read(&bytes[..at], &key_of(&server.signing)).is_err(), "cut at {at}");
        }
    }
}

#[test]
fn a_request_is_for_one_audience_one_agent_and_three_minutes() {
    let request = asked(Verb::Identify);
    assert_eq!(request.check("city.example", "AGENT", now()), Ok(()));
    assert_eq!(request.check("other.example", "AGENT", now()), Err(RequestRefusal::WrongAudience));
    assert_eq!(request.check("city.example", "OTHER", now()), Err(RequestRefusal::WrongAgent));
    for (seconds, is_fresh) in [(180, true), (181, false), (-MAX_AHEAD_SECONDS, true), (-MAX_AHEAD_SECONDS - 1, false)]
    {
        let judged = request.check("city.example", "AGENT", now().plus_seconds(seconds));
        assert_eq!(judged.is_ok(), is_fresh, "{seconds}");
    }
    assert_eq!(request.challenge().terminal, "AGENT");
    assert_eq!(request.challenge().nonce, request.nonce);
}

#[test]
fn words_that_mislead_the_eye_are_not_signed() {
    let server = keys();
    for title in ["転出届\u{202E}届入転", "a\u{200B}b", "a\nb", "a\u{FEFF}"] {
        let verb = Verb::SignDocument { title: title.to_owned(), lines: Vec::new(), digest: [0; 32] };
        assert!(asked(verb).sign(&server.signing).is_err(), "{title:?}");
    }
    let many = Verb::SignDocument { title: "x".into(), lines: vec![String::new(); MAX_LINES + 1], digest: [0; 32] };
    assert!(asked(many).sign(&server.signing).is_err());
    let mut long = asked(Verb::Identify);
    long.purpose.english = "x".repeat(601);
    assert!(long.sign(&server.signing).is_err());
}

#[test]
fn an_answer_opens_for_the_server_that_asked_and_for_its_own_request_only() {
    let (server, agent) = (keys(), SigningKey::generate_p256().unwrap());
    let signed = asked(Verb::Identify).sign(&server.signing).unwrap();
    let given = CardAnswer {
        certificate: Personal::new(card_certificate(7)),
        ca_certificate: Vec::new(),
        signature: CARD_KEY.sign(&signed.request.challenge().signed_bytes()).unwrap(),
        user_authentication: Personal::new(Vec::new()),
    };
    let sealed = seal_agent_answer(&signed, &given, &agent, server.sealing[0].public()).unwrap();
    assert_eq!(open_agent_answer(&server, &key_of(&agent), &signed, &sealed), Ok(given.clone()));
    let part = &given.certificate.reveal()[100..116];
    assert!(!sealed.windows(16).any(|window| window == part), "the page cannot read the certificate");
    // Another server, another request of the same server, another agent.
    let other = keys();
    let not_opened = Err(AnswerRefusal::Sealed(SealError::NotOpened));
    assert_eq!(open_agent_answer(&other, &key_of(&agent), &signed, &sealed), not_opened);
    let mut later = asked(Verb::Identify);
    later.nonce = [3; 32];
    let later = later.sign(&server.signing).unwrap();
    assert_eq!(open_agent_answer(&server, &key_of(&agent), &later, &sealed), not_opened);
    let stranger = key_of(&SigningKey::generate_p256().unwrap());
    assert_eq!(open_agent_answer(&server, &stranger, &signed, &sealed), Err(AnswerRefusal::WrongAgent));
    for at in (0..sealed.len()).step_by(7) {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        assert!(open_agent_answer(&server, &key_of(&agent), &signed, &altered).is_err(), "byte {at}");
    }
    assert!(!format!("{given:?}").contains("48"), "nothing personal is printed");
    assert_eq!(PresignedSigner::new(&signed, &given).err(), Some(AnswerRefusal::WrongVerb));
}

#[test]
fn answers_of_two_people_have_one_length() {
    let (server, agent) = (keys(), SigningKey::generate_p256().unwrap());
    let signed = asked(Verb::Identify).sign(&server.signing).unwrap();
    let length = |bytes: usize| {
        let certificate = Personal::new(vec![1; bytes]);
        let given = CardAnswer {
            certificate,
            ca_certificate: Vec::new(),
            signature: vec![2; 256],
            user_authentication: Personal::new(Vec::new()),
        };
        seal_agent_answer(&signed, &given, &agent, server.sealing[0].public()).unwrap().len()
    };
    assert_eq!(length(1300), length(1360));
}

#[test]
fn openssl_accepts_the_signature_a_card_made_through_an_agent() {
    let (server, agent) = (keys(), SigningKey::generate_p256().unwrap());
    let workshop = Workshop::new();
    let content = b"notice of moving out";
    let digest = aws_digest(content);
    let verb = Verb::SignDocument { title: "転出届".into(), lines: Vec::new(), digest };
    let signed = asked(verb).sign(&server.signing).unwrap();
    let leaf = SIGNING_AUTHORITY.issue_signing(&signing_request()).unwrap();
    let attributes = answer::document_attributes(digest, &leaf).unwrap();
    let given = CardAnswer {
        certificate: Personal::new(leaf),
        ca_certificate: SIGNING_AUTHORITY.certificate().to_vec(),
        signature: CARD_KEY.sign(&attributes).unwrap(),
        user_authentication: Personal::new(card_certificate(7)),
    };
    let sealed = seal_agent_answer(&signed, &given, &agent, server.sealing[0].public()).unwrap();
    let opened = open_agent_answer(&server, &key_of(&agent), &signed, &sealed).unwrap();
    // Which card it was: the one that proved its holder before, and no other.
    let proved = |serial: u64| CardAnswer { certificate: Personal::new(card_certificate(serial)), ..given.clone() };
    assert!(opened.is_of_the_card_of(&proved(7)) && !opened.is_of_the_card_of(&proved(8)));
    let silent = CardAnswer { user_authentication: Personal::new(Vec::new()), ..given.clone() };
    let nobody = CardAnswer { certificate: Personal::new(Vec::new()), ..given.clone() };
    assert!(!silent.is_of_the_card_of(&proved(7)) && !silent.is_of_the_card_of(&nobody));
    let signer = PresignedSigner::new(&signed, &opened).unwrap();
    workshop.write("content", content);
    workshop.write("signature", &signer.cms().unwrap());
    workshop.pem("ca.pem", "CERTIFICATE", SIGNING_AUTHORITY.certificate());
    let said = workshop.run(
        "openssl",
        &[
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "signature",
            "-content",
            "content",
            "-CAfile",
            "ca.pem",
            "-purpose",
            "any",
            "-out",
            "out",
            "-attime",
            &now().seconds().to_string(),
        ],
    );
    assert!(said.good, "{}", said.text);
    // A signature over other attributes is no signature over this document.
    let mut wrong = given;
    wrong.signature = CARD_KEY.sign(b"something else").unwrap();
    assert_eq!(PresignedSigner::new(&signed, &wrong).err(), Some(AnswerRefusal::WrongSignature));
}

fn aws_digest(content: &[u8]) -> [u8; 32] {
    aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, content).as_ref().try_into().unwrap()
}

proptest! {
    #[test]
    fn no_bytes_stop_a_reader(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let server = keys_once();
        let _ = PairingRequest::read(&bytes);
        let _ = SignedRequest::read(&bytes, &key_of(&server.signing));
        let signed = asked(Verb::Identify).sign(&server.signing).unwrap();
        let _ = open_agent_answer(server, &key_of(&server.signing), &signed, &bytes);
    }
}

fn keys_once() -> &'static ServerKeys {
    static KEYS: std::sync::LazyLock<ServerKeys> = std::sync::LazyLock::new(keys);
    &KEYS
}
