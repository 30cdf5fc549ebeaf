//! Card agents, the server's half: codes, pairing, requests and answers, on both engines.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use base::Id;
use pki::SigningKey;
use pki::agent::{PairingCode, PairingRequest, Verb};
use store::testing::{TestDatabase, for_each_engine};
use tools::staff::Role;
use yakuba_web::agents::{NotTaken, wording};
use yakuba_web::testing::agent::{CITY, TestAgent, announce, counterpart};
use yakuba_web::testing::{TestDoor, Visitor};

fn door(database: TestDatabase) -> TestDoor {
    TestDoor::with(database, |app| app.agents = Some(counterpart()))
}

/// A code from the console.
fn code(operator: &mut Visitor<'_>) -> String {
    announce(operator, "窓口1")
}

/// The agent's answer to `request`.
fn answered(desk: &TestAgent, request: &str) -> String {
    data_encoding::BASE64URL_NOPAD.encode(&desk.seals(&desk.reads(request), vec![0x30; 900], vec![1; 256]))
}

#[test]
fn an_agent_is_paired_by_a_code_once_and_serves_until_staff_stop_it() {
    for_each_engine(|database| {
        let door = door(database);
        let mut operator = door.staff(&[Role::Operator]);
        assert_eq!(operator.post("/staff/agents/announce", &[("place", " "), ("name", "x")]).status, 400);
        let code = code(&mut operator);
        assert!(!operator.get("/staff/agents").text().contains(&code), "it is shown once");
        assert_eq!(TestAgent::pair(&door, "0000-0000-0000-0000-0000").err(), Some(410));
        let desk = TestAgent::pair(&door, &code.to_uppercase()).unwrap_or_else(|status| panic!("{status}"));
        assert_eq!((desk.paired.audience.as_str(), desk.paired.origins[0].as_str()), ("localhost:8080", CITY));
        assert_eq!(desk.paired.name, "見本市");
        assert_eq!(TestAgent::pair(&door, &code).err(), Some(410), "it works once");
        assert!(operator.get("/staff/agents").text().contains("稼働中"));
        let counterpart = door.app.agents.clone().unwrap();
        let agent = Id::parse(&desk.paired.agent).unwrap();
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
        assert_eq!(TestAgent::pair(&door, &late).err(), Some(410));
        // A session ends by lying idle so long.
        let mut operator = door.staff(&[Role::Operator]);
        let stopped = code(&mut operator);
        let page = operator.get("/staff/agents").text();
        for rest in page.split("/staff/agents/").skip(1) {
            if let Some((id, _)) = rest.split_once("/stop\"") {
                operator.post(&format!("/staff/agents/{id}/stop"), &[]);
            }
        }
        assert_eq!(TestAgent::pair(&door, &stopped).err(), Some(410));
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
    assert!(TestAgent::pair(&door, &code).is_ok(), "the one who holds the code still can");
}

#[test]
fn an_answer_is_taken_once_in_the_session_that_asked_and_in_time() {
    for_each_engine(|database| {
        let door = door(database);
        let desk = TestAgent::pair(&door, &code(&mut door.staff(&[Role::Operator])))
            .unwrap_or_else(|status| panic!("{status}"));
        let (counterpart, inside) = (door.app.agents.clone().unwrap(), door.inside());
        let agent = Id::parse(&desk.paired.agent).unwrap();
        let ask = || counterpart.ask(inside, agent, [7; 32], wording("agent-purpose-try"), Verb::Identify).unwrap();
        let request = ask();
        let answer = answered(&desk, &request);
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
        let stranger = TestAgent { key: SigningKey::generate_p256().unwrap(), paired: desk.paired.clone() };
        let forged = answered(&stranger, &request);
        assert!(matches!(open(&[7; 32], &request, &forged).err(), Some(NotTaken::Answer(_))));
        let request = ask();
        assert!(matches!(open(&[7; 32], &request, "AAAA").err(), Some(NotTaken::Answer(_))));
        let request = ask();
        let answer = answered(&desk, &request);
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
