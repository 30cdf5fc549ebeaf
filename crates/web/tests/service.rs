//! Stopping the service in the console, and what people at the machines see of it.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use services::convenience_certificates::SERVICE_CODE;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::incidents;
use tools::register::record_heartbeat;
use tools::staff::Role;
use yakuba_web::testing::cards::machines_without_cards;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const STOP: &str = "/staff/incidents/service/convenience_certificates/stop";

/// A console, and machines that issue as long as nothing stops them.
fn with_machines(database: TestDatabase) -> TestDoor {
    let door = TestDoor::with(database, machines_without_cards);
    heard_from_the_source(&door);
    door
}

fn heard_from_the_source(door: &TestDoor) {
    let now = door.database.seams.now();
    door.database.inside().write::<_, StoreError, _>(move |tx| record_heartbeat(tx, "test", 0, now, now)).unwrap();
}

fn stop(visitor: &mut Visitor<'_>, why: &str, note: &str) -> Answer {
    visitor.post(STOP, &[("why", why), ("note", note)])
}

fn begins(machine: &mut Visitor<'_>) -> bool {
    match machine.post("/kiosk/start", &[("language", "ja")]) {
        answer if answer.status == 303 => true,
        answer => {
            assert!(answer.status == 503 && answer.text().contains("ただいま利用できません"), "{}", answer.text());
            false
        }
    }
}

#[test]
fn one_person_stops_at_once_and_the_machines_say_so_in_three_languages() {
    for_each_engine(|database| {
        let door = with_machines(database);
        let (mut operator, mut machine) = (door.staff(&[Role::Operator]), door.terminal());
        assert!(begins(&mut machine));
        assert_eq!(stop(&mut operator, "", "紙が違う").status, 400, "the public is told a reason");
        assert_eq!(stop(&mut operator, "check", " ").status, 400, "and so are colleagues");
        assert!(begins(&mut machine), "nothing was stopped yet");

        assert_eq!(
            stop(&mut operator, "check", "紙が違う").location(),
            Some("/staff/incidents/service?done=staff-done-stopped")
        );
        let screen = machine.get("/kiosk").text();
        for words in ["ただいま利用できません", "いま <ruby>", "Not available now", "contents are checked"]
        {
            assert!(screen.contains(words), "{words}: {screen}");
        }
        assert!(!screen.contains("紙が違う"), "what colleagues are told is not for the public");
        assert!(!screen.contains("/kiosk/start"), "there is nothing to begin");
        assert!(!begins(&mut machine), "not by sending the form either");
        assert!(operator.get("/staff").text().contains("紙が違う"), "colleagues see it first thing");
        let report = tools::audit::verify(&door.database.inside(), tools::audit::Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound(), "{report}");
    });
}

#[test]
fn it_runs_again_when_a_second_person_agrees() {
    for_each_engine(|database| {
        let door = with_machines(database);
        let (mut officer, mut second) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
        let mut machine = door.terminal();
        stop(&mut officer, "maintenance", "定期点検");
        let page = officer.get("/staff/incidents/service");
        let resume = page.between("action=\"/staff/incidents/", "/resume").unwrap();
        let reason = format!("reason-{resume}");
        let resume = format!("/staff/incidents/{resume}/resume");
        assert_eq!(officer.post(&resume, &[(&reason, "点検が終わった")]).status, 303);
        let approval = second.get("/staff/approvals").between("/staff/approvals/", "/approve").unwrap();
        let approve = format!("/staff/approvals/{approval}/approve");
        assert_eq!(officer.post(&approve, &[]).status, 403, "not alone");
        assert!(!begins(&mut machine));
        assert_eq!(second.post(&approve, &[]).status, 303);
        assert!(begins(&mut machine));
        assert!(officer.get("/staff/incidents/service").text().contains(">発行中<"));
    });
}

#[test]
fn a_second_reason_must_be_cleared_too() {
    let door = with_machines(TestDatabase::on_sqlite());
    let mut operator = door.staff(&[Role::Operator]);
    stop(&mut operator, "maintenance", "点検");
    stop(&mut operator, "trouble", "線が切れた");
    let open = door.inside().store.read(|tx| incidents::list(tx, true)).unwrap();
    assert_eq!(open.iter().filter(|one| one.stops && one.service == SERVICE_CODE).count(), 2);
}

#[test]
fn a_register_that_fell_silent_closes_the_first_screen_too() {
    let door = with_machines(TestDatabase::on_sqlite());
    let mut machine = door.terminal();
    door.database.clock.advance_seconds(31 * 60);
    assert!(!begins(&mut machine));
    heard_from_the_source(&door);
    assert!(begins(&mut machine), "it opens again by itself");
}

#[test]
fn only_those_who_answer_for_it_stop_it() {
    let door = with_machines(TestDatabase::on_sqlite());
    for role in [Role::CounterClerk, Role::Auditor, Role::Administrator] {
        let mut other = door.staff(&[role]);
        assert_eq!(stop(&mut other, "trouble", "試し").status, 403, "{}", role.code());
        assert!(!other.get("/staff/incidents/service").text().contains("/stop\""), "{} is shown no form", role.code());
    }
    let mut operator = door.staff(&[Role::Operator]);
    let nowhere = operator.post("/staff/incidents/service/library_card/stop", &[("why", "trouble"), ("note", "試し")]);
    assert_eq!(nowhere.status, 404, "a service that serves nobody yet");
}

#[test]
fn very_large_text_stays_with_one_person_at_the_machine_and_no_longer() {
    let door = with_machines(TestDatabase::on_sqlite());
    let mut machine = door.terminal();
    let large = |answer: &Answer| answer.text().contains("<body class=\"kiosk large\">");
    assert!(machine.get("/kiosk").text().contains("/kiosk?text=large"));
    assert!(large(&machine.get("/kiosk?text=large")));
    assert!(begins(&mut machine));
    assert!(large(&machine.get("/kiosk/card")), "it stays from screen to screen");
    machine.get("/kiosk/ended");
    assert!(!large(&machine.get("/kiosk")), "the next person begins as usual");
}

#[test]
fn readings_and_size_of_the_open_pages_are_kept_for_the_session() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let mut reader = door.stranger();
    let page = reader.get("/verify?lang=ja-easy").text();
    assert!(page.contains("/verify?text=large") && page.contains("/verify?readings=off"), "{page}");
    reader.get("/verify?readings=off");
    let answer = reader.get("/verify?text=large");
    assert!(!answer.headers["set-cookie"].to_str().unwrap().contains("Max-Age"), "only for the session");
    let page = reader.get("/verify").text();
    assert!(page.contains("<body class=\"reading large no-readings\">"), "{page}");
    assert!(page.contains("/verify?text=usual") && page.contains("/verify?readings=on"));
    reader.get("/verify?text=usual");
    assert!(reader.get("/verify").text().contains("<body class=\"reading no-readings\">"));
}
