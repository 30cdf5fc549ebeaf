//! Messages between a server and an agent. Input: a first byte that chooses, and then the bytes of a message as they are;
//! or, so that the fuzzer gets past signature and sealing, the content of a request that the server signs, or of an answer
//! that an agent seals.
#![no_main]

use std::sync::LazyLock;

use base::{Date, Seams, Timestamp};
use libfuzzer_sys::fuzz_target;
use pki::SigningKey;
use pki::agent::{
    AgentRequest, PairingAnswer, PairingCode, PairingRequest, PresignedSigner, ServerKeys, SignedRequest, Verb,
    VerificationKey, Wording, open_agent_answer,
};
use pki::sealed::SealingKey;

struct Scene {
    server: ServerKeys,
    key: VerificationKey,
    code: PairingCode,
    pairing: PairingRequest,
    request: SignedRequest,
    now: Timestamp,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let now = Timestamp::in_japan(Date::from_days_since_epoch(20_780), 9, 0, 0);
    let signing = SigningKey::generate_p256().expect("a key");
    let key = VerificationKey::from_info(signing.public_key_info()).expect("a P-256 key");
    let code = PairingCode::typed("fuzz");
    let pairing = PairingRequest::make(&code, &signing, [1; 32]).expect("a request");
    let (seams, _) = Seams::simulated(now, 1);
    let purpose = Wording { japanese: "x".into(), easy: "x".into(), english: "x".into() };
    let verb = Verb::SignDocument { title: "x".into(), lines: Vec::new(), digest: [2; 32] };
    let request = AgentRequest::new(&seams, "a", "b", [0; 32], purpose, verb).sign(&signing).expect("a request");
    Scene { server: ServerKeys { signing, sealing: vec![SealingKey::generate()] }, key, code, pairing, request, now }
});

/// A field as the messages have them.
fn field(value: &[u8]) -> Vec<u8> {
    [&(value.len() as u32).to_be_bytes()[..], value].concat()
}

fuzz_target!(|bytes: &[u8]| {
    let scene = &*SCENE;
    let Some((choice, bytes)) = bytes.split_first() else { return };
    let open = |sealed: &[u8]| {
        if let Ok(answer) = open_agent_answer(&scene.server, &scene.key, &scene.request, sealed) {
            let _ = PresignedSigner::new(&scene.request, &answer).map(|signer| signer.cms());
        }
    };
    match choice % 3 {
        0 => {
            let _ = PairingRequest::read(bytes).map(|request| request.check(&scene.code));
            let _ = PairingAnswer::read(bytes, &scene.code, &scene.pairing);
            let _ = SignedRequest::read(bytes, &scene.key);
            open(bytes);
        }
        1 => {
            let Ok(signature) = scene.server.signing.sign(bytes) else { return };
            let signed = [field(b"yakuba-agent-signed-request-v1"), field(bytes), field(&signature)].concat();
            if let Ok(read) = SignedRequest::read(&signed, &scene.key) {
                // What is read is what is signed: it can be shown and checked.
                let _ = read.request.check("a", "b", scene.now);
                assert_eq!(read.to_bytes(), signed);
            }
        }
        _ => {
            let Ok(signature) = scene.server.signing.sign(bytes) else { return };
            let said = [field(b"yakuba-agent-answer-v1"), field(bytes), field(&signature), field(&[])].concat();
            let key = scene.server.sealing[0].public();
            if let Ok(sealed) = key.seal(b"yakuba-agent-answer-v1", &scene.request.digest(), &said) {
                open(&[field(b"yakuba-agent-answer-v1"), field(&key.id()), field(&sealed)].concat());
            }
        }
    }
});
