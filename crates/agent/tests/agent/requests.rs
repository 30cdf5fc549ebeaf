//! What a page may carry: requests of the paired server, as they were made, fresh, and once.

use pki::agent::{AgentRequest, SignedRequest, Verb};

use crate::support::*;

fn refused(scene: &Scene, request: &SignedRequest) -> String {
    let answer = scene.page_asks(request);
    assert_ne!(answer.status, 201, "{}", answer.body);
    answer.error()
}

#[test]
fn a_request_is_taken_once() {
    let scene = Scene::new();
    let request = scene.signed(Verb::Identify);
    scene.take(&request);
    assert_eq!(refused(&scene, &request), "replayed");
    scene.clock.advance_seconds(179);
    assert_eq!(refused(&scene, &request), "replayed");
}

#[test]
fn a_request_is_not_taken_again_by_an_agent_that_was_started_anew() {
    let mut scene = Scene::new();
    let request = scene.signed(Verb::Identify);
    scene.take(&request);
    scene.clock.advance_seconds(1);
    scene.started_anew();
    assert_eq!(refused(&scene, &request), "before-start");
    scene.take(&scene.signed(Verb::Identify));
}

#[test]
fn a_stale_request_and_one_of_the_future_are_refused() {
    let scene = Scene::new();
    let request = scene.signed(Verb::Identify);
    scene.clock.advance_seconds(181);
    assert_eq!(refused(&scene, &request), "stale");
    let mut future = scene.asked(Verb::Identify);
    future.issued_at = future.issued_at.plus_seconds(61);
    assert_eq!(refused(&scene, &future.sign(&scene.server.signing).unwrap()), "stale");
}

#[test]
fn a_request_of_another_server_or_for_another_audience_or_agent_is_refused() {
    let scene = Scene::new();
    let other = scene.asked(Verb::Identify).sign(&server_keys().signing).unwrap();
    assert_eq!(refused(&scene, &other), "not-from-server");
    let changed = |change: fn(&mut AgentRequest)| {
        let mut request = scene.asked(Verb::Identify);
        change(&mut request);
        request.sign(&scene.server.signing).unwrap()
    };
    assert_eq!(refused(&scene, &changed(|request| request.audience = "bank.example".into())), "wrong-audience");
    assert_eq!(refused(&scene, &changed(|request| request.agent = "AGENT-2".into())), "wrong-agent");
}

#[test]
fn no_word_of_a_request_can_be_altered_on_the_way() {
    let scene = Scene::new();
    let bytes = scene.signed(document()).to_bytes();
    let mut words = String::from_utf8_lossy(&bytes).into_owned();
    assert!(words.contains("転出届"));
    words.clear();
    // The title, byte by byte; each is another sentence than the one that was signed.
    let title = "転出届".as_bytes();
    let at = bytes.windows(title.len()).position(|window| window == title).unwrap();
    for place in at..at + title.len() {
        let mut altered = bytes.clone();
        altered[place] ^= 1;
        let answer = scene.page_asks_from(CITY, "sign-document", &altered);
        assert_eq!((answer.status, answer.error().as_str()), (403, "not-from-server"), "byte {place}");
    }
    // The document's hash is the last field of what is signed.
    let digest: [u8; 32] = std::array::from_fn(|at| at as u8);
    let at = bytes.windows(32).position(|window| window == digest).unwrap();
    let mut altered = bytes;
    altered[at] ^= 1;
    assert_eq!(scene.page_asks_from(CITY, "sign-document", &altered).error(), "not-from-server");
}

#[test]
fn a_verb_is_not_called_by_anothers_name() {
    let scene = Scene::new();
    let bytes = scene.signed(document()).to_bytes();
    assert_eq!(scene.page_asks_from(CITY, "identify", &bytes).error(), "wrong-verb");
    let bytes = scene.signed(Verb::Identify).to_bytes();
    assert_eq!(scene.page_asks_from(CITY, "sign-document", &bytes).error(), "wrong-verb");
}

#[test]
fn there_is_no_verb_that_sends_bytes_to_the_card() {
    let scene = Scene::new();
    for verb in ["transmit", "apdu", "sign", "sign-hash", "verify", "read", ""] {
        let answer = scene.send("POST", &format!("/v1/{verb}"), &[("origin", CITY)], "{}");
        assert_eq!(answer.status, 404, "{verb}");
    }
}

#[test]
fn bytes_that_are_no_request_are_refused() {
    let scene = Scene::new();
    for bytes in [&b""[..], b"x", &[0xFF; 200], &[0; 200]] {
        assert_eq!(scene.page_asks_from(CITY, "identify", bytes).error(), "malformed");
    }
    let headers = [("origin", CITY), ("content-type", "application/json")];
    for body in ["", "{}", r#"{"request":7}"#, r#"{"request":"%%%"}"#, r#"{"request":"","pin":"1234"}"#] {
        let status = scene.send("POST", "/v1/identify", &headers, body).status;
        assert!((400..=422).contains(&status), "{body}: {status}");
    }
}

#[test]
fn eight_pads_are_open_at_most() {
    let scene = Scene::new();
    for _ in 0..8 {
        scene.take(&scene.signed(Verb::Identify));
    }
    assert_eq!(refused(&scene, &scene.signed(Verb::Identify)), "too-many");
    scene.clock.advance_seconds(181);
    scene.take(&scene.signed(Verb::Identify));
}
