//! The kiosk protocol (`docs/kiosk-protocol.md`): a paper by a machine with a key, and everything that is not one.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use services::convenience_certificates::State;
use store::StoreError;
use testkit::world::centre::{Answer, Machine, Weather};

use crate::city::{Fixture, fixture};
use crate::door::{Door, as_documented, protocol};

/// Asks or tells, and compares the answer with the document.
fn said(machine: &Machine, method: &str, path: &str, session: Option<&str>, message: &Value) -> Answer {
    let answer = if method == "GET" {
        machine.get(path, session).unwrap()
    } else {
        machine.post(path, session, message).unwrap()
    };
    as_documented(method, path, &answer);
    answer
}

/// A request whose fee is in.
fn paid(machine: &Machine, session: &str, order: &Value) -> String {
    let begun = said(machine, "POST", "/requests", Some(session), order);
    assert_eq!(begun.status, 200, "{}", begun.json());
    let request = begun.text("request");
    let at = |act: &str| format!("/requests/{request}/{act}");
    assert_eq!(said(machine, "POST", &at("payment-started"), None, &json!({})).text("state"), "taking_payment");
    assert_eq!(said(machine, "POST", &at("payment-settled"), None, &json!({ "kept": true })).text("state"), "paid");
    request
}

fn prepared(machine: &Machine, session: &str, request: &str) -> Value {
    let answer = said(machine, "POST", &format!("/requests/{request}/prepare"), Some(session), &json!({}));
    assert_eq!(answer.status, 200, "{}", answer.json());
    json!({ "token": answer.text("token") })
}

fn plain() -> Value {
    json!({ "kind": "residence_certificate" })
}

#[test]
fn the_document_names_every_route_of_the_protocol_and_no_other() {
    let routes: std::collections::BTreeSet<(String, String)> = web::Routes::all()
        .entries()
        .iter()
        .filter(|entry| entry.path.starts_with("/kiosk-api/"))
        .map(|entry| (entry.path.to_owned(), entry.method.as_str().to_ascii_lowercase()))
        .collect();
    let documented = protocol()["paths"].as_object().unwrap().iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().keys().map(|method| (path.clone(), method.clone())).collect::<Vec<_>>()
    });
    assert_eq!(routes, documented.collect());
    let page = include_str!("../../../../docs/kiosk-protocol.md");
    for (path, _) in routes {
        let short = path.trim_start_matches("/kiosk-api/v1");
        assert!(page.contains(short), "docs/kiosk-protocol.md does not tell of {short}");
    }
}

#[test]
fn a_paper_comes_by_the_protocol_from_enrolment_to_the_sheet_in_the_tray() {
    let door = Door::open(fixture(), 50);
    let machine = Machine::new(&door.address, door.city().seams.clone()).unwrap();
    let token = door.token();
    let enrolled = machine.enrol(&token).unwrap();
    as_documented("POST", "/enrol", &enrolled);
    assert_eq!(enrolled.text("place"), "駅前店");
    assert_eq!(machine.enrol(&token).unwrap().status, 410, "a token works once");

    let offers = said(&machine, "GET", "/offers", None, &json!({}));
    assert_eq!(offers.text("route"), "store-simulated", "the store's route says that it is simulated");
    assert_eq!(offers.json()["kinds"][0]["fee_yen"], 200);
    let signed_in = machine.sign_in(&door.card("family-of-six")).unwrap();
    as_documented("POST", "/sessions", &signed_in);
    let session = signed_in.text("session");
    let members = signed_in.json()["person"]["members"].as_array().unwrap().clone();
    assert_eq!(members.len(), 6);
    assert!(!signed_in.json().to_string().contains(door.fixture.sample("family-of-six").as_str()), "no id is told");

    // Three of the family, by their places; two copies.
    let order = json!({
        "kind": "residence_certificate", "members": [0, 1, 4], "copies": 2,
        "items": { "relationship": true, "domicile": false },
    });
    let request = paid(&machine, &session, &order);
    let again = said(&machine, "GET", "/session", Some(&session), &json!({}));
    assert_eq!(again.json()["person"]["request"], Value::String(request.clone()), "a lost answer is found again");
    assert_eq!(machine.post("/requests", Some(&session), &plain()).unwrap().status, 409, "one at a time");
    let token = prepared(&machine, &session, &request);
    let fetched = said(&machine, "POST", &format!("/requests/{request}/fetch"), Some(&session), &token);
    assert_eq!((fetched.status, fetched.header("kiosk-request")), (200, Some(request.as_str())));
    let found = paper::recheck::extract(&fetched.body).unwrap();
    let texts: String = found.pages.iter().flat_map(|page| page.texts.clone()).collect();
    for (position, member) in members.iter().enumerate() {
        let shown = texts.contains(member["name"].as_str().unwrap());
        assert_eq!(shown, [0, 1, 4].contains(&position), "member {position}");
    }
    let printed = format!("/requests/{request}/printed");
    let one = said(&machine, "POST", &printed, None, &json!({ "sheets": 1 }));
    assert_eq!((one.status, one.text("code")), (422, "kiosk-api-sheets".to_owned()));
    for _ in 0..2 {
        let done = said(&machine, "POST", &printed, None, &json!({ "sheets": 2 }));
        assert_eq!(done.text("state"), "printed", "and saying it twice is as saying it once");
    }
    for sql in [
        "SELECT COUNT(*) FROM certificate_documents WHERE request_id = $1",
        "SELECT COUNT(*) FROM certificate_fields WHERE request_id = $1",
    ] {
        let id = base::Id::parse(&request).unwrap();
        let row = door.city().store.read::<_, store::StoreError, _>(|tx| tx.query_one(sql, &[id.into()])).unwrap();
        assert_eq!(row.unwrap().int(0).unwrap(), 0, "nothing of the paper is kept: {sql}");
    }
    assert_eq!(said(&machine, "POST", "/session/end", Some(&session), &json!({})).status, 200);
    assert_eq!(said(&machine, "GET", "/session", Some(&session), &json!({})).status, 410);
}

#[test]
fn a_document_is_taken_page_by_page_each_page_once() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let session = door.session(&machine, "family-of-six");
    let order = json!({ "kind": "residence_certificate", "members": "household" });
    let request = paid(&machine, &session, &order);
    let mut token = prepared(&machine, &session, &request);
    token["by_page"] = true.into();
    let fetched = said(&machine, "POST", &format!("/requests/{request}/fetch"), Some(&session), &token);
    let pages = fetched.json()["pages"].as_array().unwrap().clone();
    assert_eq!(pages.len(), 2);
    for page in &pages {
        let path = format!("/requests/{request}/pages/{}", page["page"]);
        let taken = said(&machine, "GET", &path, Some(&session), &json!({}));
        assert_eq!(taken.header("content-digest"), page["digest"].as_str());
        assert_eq!(taken.header("kiosk-pages"), Some(format!("{}/2", page["page"]).as_str()));
        let alone = paper::recheck::extract(&taken.body).unwrap();
        assert_eq!((alone.pages.len(), alone.keyword("request")), (1, Some(request.as_str())));
        assert_eq!(said(&machine, "GET", &path, Some(&session), &json!({})).status, 410, "each page once");
    }
    let beyond = format!("/requests/{request}/pages/3");
    assert_eq!(said(&machine, "GET", &beyond, Some(&session), &json!({})).status, 410);
    let done = said(&machine, "POST", &format!("/requests/{request}/printed"), None, &json!({ "sheets": 2 }));
    assert_eq!(done.text("state"), "printed");
}

#[test]
fn i6_a_second_fetch_is_gone_and_another_machines_or_sessions_is_forbidden() {
    let door = Door::open(fixture(), 50);
    let (machine, other) = (door.machine(), door.machine());
    let session = door.session(&machine, "rare-nabe");
    let others = door.session(&other, "long-name");
    let request = paid(&machine, &session, &plain());
    let token = prepared(&machine, &session, &request);
    let fetch = |machine: &Machine, session: &str, token: &Value| {
        said(machine, "POST", &format!("/requests/{request}/fetch"), Some(session), token).status
    };
    assert_eq!(fetch(&other, &others, &token), 403, "another machine with its own session");
    assert_eq!(fetch(&other, &session, &token), 403, "another machine with this session");
    let neighbour = door.session(&machine, "long-name");
    assert_eq!(fetch(&machine, &neighbour, &token), 403, "another person at this machine");
    let forged = json!({ "token": data_encoding::BASE64URL_NOPAD.encode(&[7; 32]) });
    assert_eq!(fetch(&machine, &session, &forged), 403, "another token");
    assert_eq!(fetch(&machine, &session, &json!({ "token": "x" })), 403);
    assert_eq!(fetch(&machine, &session, &token), 200);
    assert_eq!(fetch(&machine, &session, &token), 410, "once");
    for act in ["payment-started", "cancel", "printed", "refund-started", "refund-failed", "refunded"] {
        let message = match act {
            "printed" => json!({ "sheets": 1 }),
            "refunded" => json!({ "yen": 200 }),
            _ => json!({}),
        };
        let answer = said(&other, "POST", &format!("/requests/{request}/{act}"), None, &message);
        assert_eq!(answer.status, 403, "{act} by another machine");
    }
    assert_eq!(said(&other, "GET", &format!("/requests/{request}"), None, &json!({})).status, 403);
}

#[test]
fn a_machine_announces_a_refund_tells_what_became_of_it_and_is_answered_the_same_twice() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let session = door.session(&machine, "rare-nabe");
    let request = paid(&machine, &session, &plain());
    let say = |act: &str, message: Value| {
        let answer = said(&machine, "POST", &format!("/requests/{request}/{act}"), None, &message);
        if answer.status == 200 { answer.text("state") } else { answer.status.to_string() }
    };
    let nothing = || json!({});
    assert_eq!(say("refund-started", nothing()), "409", "nothing is owed yet");
    assert_eq!(say("cancel", nothing()), "refund_due");
    for _ in 0..2 {
        assert_eq!(say("refund-started", nothing()), "refunding");
    }
    let open = door.city().store.read(services::convenience_certificates::cash::open_money).unwrap();
    assert!(open.iter().all(|one| one.request.to_string() != request), "nobody pays by hand what a box pays");
    for _ in 0..2 {
        assert_eq!(say("refund-failed", nothing()), "refund_due", "a jam: staff or a second try");
    }
    assert_eq!(say("refund-started", nothing()), "refunding");
    assert_eq!(say("refunded", json!({ "yen": 100 })), "422", "another sum");
    for _ in 0..2 {
        assert_eq!(say("refunded", json!({ "yen": 200 })), "refunded");
    }
    assert_eq!(
        (say("refund-started", nothing()), say("refund-failed", nothing())),
        ("410".to_owned(), "410".to_owned())
    );
}

#[test]
fn i5_time_ends_a_request_at_every_step_at_once_and_not_a_second_too_early() {
    let fixture = fixture();
    let (almost, over) = (899, 900);
    for step in 0..5 {
        for (seconds, is_late) in [(almost, false), (over, true)] {
            let door = Door::open(fixture, 50);
            let machine = door.machine();
            let mut session = door.session(&machine, "rare-kuzu");
            let request = said(&machine, "POST", "/requests", Some(&session), &plain()).text("request");
            let at = |act: &str| format!("/requests/{request}/{act}");
            let acts = [
                (at("payment-started"), json!({}), "cancelled"),
                (at("payment-settled"), json!({ "kept": true }), "refund_due"),
                (at("prepare"), json!({}), "refund_due"),
                (at("fetch"), json!({}), "refund_due"),
                (at("printed"), json!({ "sheets": 1 }), "refund_due"),
            ];
            let mut token = json!({});
            for (number, (path, message, end)) in acts.iter().enumerate() {
                if number == step {
                    door.clock.advance_seconds(seconds);
                    // A session does not live as long as a request; who is still there proves it again.
                    session = door.session(&machine, "rare-kuzu");
                }
                let own = (path.ends_with("prepare") || path.ends_with("fetch")).then_some(&session);
                let message = if path.ends_with("fetch") { &token } else { message };
                let answer = said(&machine, "POST", path, own.map(String::as_str), message);
                if number == step && is_late {
                    let expected = if number == 1 { 200 } else { 410 };
                    assert_eq!(answer.status, expected, "{path} after {seconds} s: {}", answer.json());
                    assert_eq!(door.state(&request).as_str(), *end, "{path}");
                    break;
                }
                assert_eq!(answer.status, 200, "{path} after {seconds} s: {}", answer.json());
                if path.ends_with("prepare") {
                    token = json!({ "token": answer.text("token") });
                }
            }
            if !is_late {
                assert_eq!(door.state(&request), State::Printed);
            }
        }
    }
}

#[test]
fn a_session_that_is_left_ends_its_request_and_one_at_the_printer_goes_on() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let (left, printing) = (door.session(&machine, "rare-nabe"), door.session(&machine, "widow"));
    let waiting = said(&machine, "POST", "/requests", Some(&left), &plain()).text("request");
    let out = paid(&machine, &printing, &plain());
    let token = prepared(&machine, &printing, &out);
    said(&machine, "POST", &format!("/requests/{out}/fetch"), Some(&printing), &token);
    door.clock.advance_seconds(web::kiosk_api::desk::IDLE_SECONDS);
    door.desk.look_after();
    assert_eq!((door.state(&waiting), door.state(&out)), (State::Cancelled, State::Printing));
    assert_eq!(said(&machine, "GET", "/session", Some(&left), &json!({})).status, 410);
    assert_eq!(said(&machine, "POST", &format!("/requests/{out}/printed"), None, &json!({ "sheets": 1 })).status, 200);
}

#[test]
fn i16_load_is_shed_before_anybody_has_begun() {
    let door = Door::open(fixture(), 2);
    let machine = door.machine();
    let (first, _second) = (door.session(&machine, "rare-nabe"), door.session(&machine, "widow"));
    let third = machine.sign_in(&door.card("elderly-single")).unwrap();
    as_documented("POST", "/sessions", &third);
    assert_eq!((third.status, third.header("retry-after")), (503, Some("60")));
    paid(&machine, &first, &plain());
    said(&machine, "POST", "/session/end", Some(&first), &json!({}));
    assert_eq!(machine.sign_in(&door.card("elderly-single")).unwrap().status, 200);
}

#[test]
fn every_refusal_of_the_register_is_the_same_answer_and_takes_the_same_time() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let refused: Vec<(String, String)> = ["under-protection", "planned-move-out", "pending", "under-fifteen"]
        .iter()
        .map(|kind| {
            let begun = Instant::now();
            let answer = machine.sign_in(&door.card(kind)).unwrap();
            assert!(begun.elapsed() >= Duration::from_millis(1500), "{kind} was refused too soon");
            as_documented("POST", "/sessions", &answer);
            (format!("{} {}", answer.status, answer.json()), (*kind).to_owned())
        })
        .collect();
    for (answer, kind) in &refused {
        assert_eq!(answer, &refused[0].0, "{kind}");
        assert!(answer.starts_with("422") && answer.contains("窓口でお手続きください"), "{answer}");
    }
}

#[test]
fn i12_a_machine_that_saw_another_persons_paper_stops_the_service_within_a_second() {
    let fixture = Fixture::named("reported");
    let door = Door::open(&fixture, 50);
    let machine = door.machine();
    let session = door.session(&machine, "rare-nabe");
    let request = paid(&machine, &session, &plain());
    let jam = said(&machine, "POST", "/incidents", None, &json!({ "what": "paper_jam" }));
    assert_eq!(jam.json()["service_is_stopped"], false);
    let report = json!({ "request": request, "what": "wrong_document" });
    let began = door.city().seams.now();
    assert_eq!(said(&machine, "POST", "/incidents", None, &report).json()["service_is_stopped"], true);
    let offers = said(&machine, "GET", "/offers", None, &json!({}));
    assert_eq!(offers.json()["is_serving"], false);
    let refused = machine.sign_in(&door.card("widow")).unwrap();
    assert_eq!((refused.status, refused.text("code")), (503, "certificate-refused-stopped".to_owned()));
    assert_eq!(door.city().seams.now().seconds_since(began), 0, "the very next message, at the same second");
    assert_eq!(door.state(&request), State::RefundDue);
}

#[test]
fn the_simulated_centre_gives_a_paper_in_fair_weather_and_the_money_back_in_foul() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    let session = door.session(&machine, "elderly-single");
    let fair = machine.issue(&session, &plain(), &mut |_| Weather::Fair).unwrap();
    assert!(fair.kept && fair.printed.is_some() && fair.refunded_yen == 0, "{:?}", fair.log);
    let mut times = 0;
    let mut foul = machine
        .issue(&session, &plain(), &mut |step| {
            times += 1;
            match (step, times) {
                (testkit::world::centre::Step::Fetch, _) => Weather::CrashAfter,
                _ => Weather::Twice,
            }
        })
        .unwrap();
    machine.recover(&mut foul).unwrap();
    assert!(foul.kept && foul.printed.is_none() && foul.refunded_yen == 200, "{:?}", foul.log);
    assert_eq!(door.state(foul.request.as_deref().unwrap()), State::Refunded);
    assert!(foul.log.iter().any(|(_, status)| *status == 409), "the same bytes twice are a replay");
}

#[test]
fn a_machine_that_staff_stop_is_nobody_from_its_next_request_on() {
    let door = Door::open(fixture(), 50);
    let machine = door.machine();
    door.session(&machine, "rare-nabe");
    let city = door.city().clone();
    city.store
        .write::<_, StoreError, _>(move |tx| {
            tx.execute("UPDATE terminals SET status = 'stopped' WHERE place = '駅前店'", &[]).map(|_| ())
        })
        .unwrap();
    let answer = machine.get("/offers", None).unwrap();
    assert_eq!((answer.status, answer.text("code")), (401, "kiosk-api-signature-wrong".to_owned()));
}
