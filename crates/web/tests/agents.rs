//! Card agents, the server's half: codes, pairing, requests and answers, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use base::{Id, Personal};
use pki::SigningKey;
use pki::agent::{
    CardAnswer, PairingAnswer, PairingCode, PairingRequest, ServerKeys, SignedRequest, Verb, seal_agent_answer,
};
use pki::sealed::SealingKey;
use store::testing::{TestDatabase, for_each_engine};
use tools::staff::Role;
use yakuba_web::agents::{Counterpart, NotTaken, wording};
use yakuba_web::testing::{TestDoor, Visitor};

const CITY: &str = "http://localhost:8080";

fn door(database: TestDatabase) -> TestDoor {
    TestDoor::with(database, |app| {
        let keys = ServerKeys { signing: SigningKey::generate_p256().unwrap(), sealing: vec![SealingKey::generate()] };
        let counterpart = Counterpart::new(Arc::new(keys), "localhost:8080".into(), vec![CITY.into()], 47_614).unwrap();
        app.agents = Some(Arc::new(counterpart));
    })
}

/// A code from the console.
fn code(operator: &mut Visitor<'_>) -> String {
    let shown = operator.post("/staff/agents/announce", &[("place", "市民課"), ("name", "窓口1")]);
    assert_eq!(shown.status, 200, "{}", shown.text());
    shown.between("<p class=\"secret\">", "<").unwrap()
}

struct Paired {
    key: SigningKey,
    answer: PairingAnswer,
}

fn pair(door: &TestDoor, code: &str) -> Result<Paired, u16> {
    let (code, key) = (PairingCode::typed(code), SigningKey::generate_p256().unwrap());
    let request = PairingRequest::make(&code, &key, [1; 32]).unwrap();
    let answer = door.stranger().send("POST", "/agent/pair", Some("application/octet-stream"), request.to_bytes());
    if answer.status != 200 {
        return Err(answer.status);
    }
    Ok(Paired { key, answer: PairingAnswer::read(&answer.bytes, &code, &request).unwrap() })
}

/// Plays the agent: an answer to `request`.
fn answered(paired: &Paired, request: &str, verification: &pki::agent::VerificationKey) -> String {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(request.as_bytes()).unwrap();
    let signed = SignedRequest::read(&bytes, verification).unwrap();
    let given = CardAnswer {
        certificate: Personal::new(vec![0x30; 900]),
        ca_certificate: Vec::new(),
        signature: vec![1; 256],
        user_authentication: Personal::new(Vec::new()),
    };
    let sealed = seal_agent_answer(&signed, &given, &paired.key, &paired.answer.sealing_keys[0]).unwrap();
    data_encoding::BASE64URL_NOPAD.encode(&sealed)
}

#[test]
fn an_agent_is_paired_by_a_code_once_and_serves_until_staff_stop_it() {
    for_each_engine(|database| {
        let door = door(database);
        let mut operator = door.staff(&[Role::Operator]);
        assert_eq!(operator.post("/staff/agents/announce", &[("place", " "), ("name", "x")]).status, 400);
        let code = code(&mut operator);
        assert!(!operator.get("/staff/agents").text().contains(&code), "it is shown once");
        assert_eq!(pair(&door, "0000-0000-0000-0000-0000").err(), Some(410));
        let paired = pair(&door, &code.to_uppercase()).unwrap_or_else(|status| panic!("{status}"));
        assert_eq!((paired.answer.audience.as_str(), paired.answer.origins[0].as_str()), ("localhost:8080", CITY));
        assert_eq!(paired.answer.name, "見本市");
        assert_eq!(pair(&door, &code).err(), Some(410), "it works once");
        assert!(operator.get("/staff/agents").text().contains("稼働中"));
        let counterpart = door.app.agents.clone().unwrap();
        let agent = Id::parse(&paired.answer.agent).unwrap();
        let ask = || counterpart.ask(door.inside(), agent, [0; 32], wording("agent-purpose-try"), Verb::Identify);
        assert!(ask().is_ok());
        assert_eq!(operator.post(&format!("/staff/agents/{agent}/stop"), &[]).status, 303);
        assert_eq!(ask().err().map(|failure| failure.kind), Some(base::Kind::NotFound));
        assert_eq!(operator.post(&format!("/staff/agents/{agent}/stop"), &[]).status, 410);
    });
}

#[test]
fn a_code_expires_and_a_stopped_agents_code_opens_nothing() {
    for_each_engine(|database| {
        let door = door(database);
        let mut operator = door.staff(&[Role::Operator]);
        let late = code(&mut operator);
        door.database.clock.advance_seconds(30 * 60);
        assert_eq!(pair(&door, &late).err(), Some(410));
        // A session ends by lying idle so long.
        let mut operator = door.staff(&[Role::Operator]);
        let stopped = code(&mut operator);
        let page = operator.get("/staff/agents").text();
        for rest in page.split("/staff/agents/").skip(1) {
            if let Some((id, _)) = rest.split_once("/stop\"") {
                operator.post(&format!("/staff/agents/{id}/stop"), &[]);
            }
        }
        assert_eq!(pair(&door, &stopped).err(), Some(410));
    });
}

#[test]
fn somebody_who_saw_a_request_to_pair_cannot_use_the_code_up_or_for_themselves() {
    let door = door(TestDatabase::on_sqlite());
    let code = code(&mut door.staff(&[Role::Operator]));
    let key = SigningKey::generate_p256().unwrap();
    let bytes = PairingRequest::make(&PairingCode::typed(&code), &key, [1; 32]).unwrap().to_bytes();
    for at in (0..bytes.len()).step_by(5) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let answer = door.stranger().send("POST", "/agent/pair", Some("application/octet-stream"), altered);
        assert_eq!(answer.status, 410, "byte {at}");
    }
    for bytes in [Vec::new(), vec![0; 2048]] {
        assert_eq!(door.stranger().send("POST", "/agent/pair", None, bytes).status, 410);
    }
    assert_eq!(door.stranger().send("POST", "/agent/pair", None, vec![0; 2049]).status, 400);
    assert!(pair(&door, &code).is_ok(), "the one who holds the code still can");
}

#[test]
fn an_answer_is_taken_once_in_the_session_that_asked_and_in_time() {
    for_each_engine(|database| {
        let door = door(database);
        let paired = pair(&door, &code(&mut door.staff(&[Role::Operator]))).unwrap_or_else(|status| panic!("{status}"));
        let (counterpart, inside) = (door.app.agents.clone().unwrap(), door.inside());
        let agent = Id::parse(&paired.answer.agent).unwrap();
        let ask = || counterpart.ask(inside, agent, [7; 32], wording("agent-purpose-try"), Verb::Identify).unwrap();
        let verification = paired.answer.verification_key.clone();
        let request = ask();
        let answer = answered(&paired, &request, &verification);
        let open = |bound: &[u8; 32], request: &str, answer: &str| {
            counterpart.open(inside, bound, &wording("agent-purpose-try"), request, answer).unwrap()
        };
        assert_eq!(open(&[8; 32], &request, &answer).err(), Some(NotTaken::OtherSession));
        // Tried in the reader, brought to where cards are linked.
        let linked = counterpart.open(inside, &[7; 32], &wording("agent-purpose-link"), &request, &answer).unwrap();
        assert_eq!(linked.err(), Some(NotTaken::OtherPurpose));
        let opened = open(&[7; 32], &request, &answer).unwrap();
        assert_eq!((opened.agent.id, opened.answer.signature.len()), (agent, 256));
        assert_eq!(open(&[7; 32], &request, &answer).err(), Some(NotTaken::Replayed));
        // An answer to another request, another agent's, altered, late, of another server.
        let other = ask();
        assert!(matches!(open(&[7; 32], &other, &answer).err(), Some(NotTaken::Answer(_))));
        let request = ask();
        let stranger = Paired { key: SigningKey::generate_p256().unwrap(), answer: paired.answer.clone() };
        let forged = answered(&stranger, &request, &verification);
        assert!(matches!(open(&[7; 32], &request, &forged).err(), Some(NotTaken::Answer(_))));
        let request = ask();
        assert!(matches!(open(&[7; 32], &request, "AAAA").err(), Some(NotTaken::Answer(_))));
        let request = ask();
        let answer = answered(&paired, &request, &verification);
        door.database.clock.advance_seconds(181);
        let late = open(&[7; 32], &request, &answer).err();
        assert_eq!(late, Some(NotTaken::Request(pki::agent::RequestRefusal::Stale)));
        assert!(matches!(open(&[7; 32], "AAAA", &answer).err(), Some(NotTaken::Request(_))));
    });
}

#[test]
fn the_page_that_talks_to_an_agent_may_reach_that_one_port_and_others_may_not() {
    let door = door(TestDatabase::on_sqlite());
    let mut clerk = door.staff(&[Role::CounterClerk]);
    let policy =
        |answer: &yakuba_web::testing::Answer| answer.headers["content-security-policy"].to_str().unwrap().to_owned();
    let page = clerk.get("/staff/agents/try");
    assert_eq!(page.status, 200);
    assert!(policy(&page).contains("connect-src 'self' http://127.0.0.1:47614;"), "{}", policy(&page));
    assert!(policy(&clerk.get("/staff")).contains("connect-src 'self';"));
    // What it asks for must name an agent that serves.
    let asked = clerk.post("/staff/agents/identify", &[("agent", "00000000000000000000000000")]);
    assert_eq!(asked.status, 404, "{}", asked.text());
}
