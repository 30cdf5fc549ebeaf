//! The machines' money in the console: who may see, close, correct and settle.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use base::Id;
use services::convenience_certificates::request::{Event, State};
use services::convenience_certificates::requests::{self, Request};
use services::convenience_certificates::{Choices, cash};
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::access::Actor;
use tools::staff::Role;
use tools::terminals::enrol_here;
use yakuba_web::testing::TestDoor;

/// A machine with three requests: one printed, one owed, one of which nobody knows.
fn a_day(door: &TestDoor) -> (String, Id, Id) {
    let inside = door.inside().clone();
    inside
        .store
        .clone()
        .write::<_, StoreError, _>(move |tx| {
            let seams = &inside.seams;
            let (terminal, _) = enrol_here(tx, seams, &Actor::System { job: "test" }, "1号機", "本庁舎1階")?;
            let mut lived = |events: &[Event]| {
                let now = seams.now();
                let mut request = Request {
                    id: seams.random_id(),
                    terminal: terminal.id.to_string(),
                    applicant: ResidentId::parse("R0000001").map_err(|_| StoreError::Closed)?,
                    choices: Choices::default(),
                    fee: base::Yen(200),
                    paid: base::Yen::ZERO,
                    state: State::AwaitingPayment,
                    since: now,
                    document_hash: None,
                    fetch_token_hash: None,
                };
                requests::insert(tx, &request, now)?;
                for event in events {
                    requests::move_on(tx, &mut request, *event, now)?;
                }
                Ok::<_, StoreError>(request.id)
            };
            let paid = [Event::PaymentStarted, Event::PaymentKept];
            lived(&[&paid[..], &[Event::DocumentReady, Event::Fetched, Event::PrintAcknowledged]].concat())?;
            let owed = lived(&[&paid[..], &[Event::Stopped]].concat())?;
            let unclear = lived(&[Event::PaymentStarted, Event::FoundAfterRestart])?;
            Ok((terminal.id.to_string(), owed, unclear))
        })
        .unwrap()
}

#[test]
fn a_day_is_counted_closed_and_corrected_by_two_and_the_list_has_the_same_sums() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (terminal, ..) = a_day(&door);
        let day = door.database.seams.today().to_string();
        let (mut officer, mut second) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
        let today = officer.get("/staff/cash").text();
        assert!(today.contains("本庁舎1階 1号機") && today.contains("400円") && today.contains("翌日から"), "{today}");
        let (counted, note) = (format!("counted-{terminal}"), format!("note-{terminal}"));
        let form = |sum: &str, why: &str| {
            vec![
                ("day".to_owned(), day.clone()),
                ("terminal".to_owned(), terminal.clone()),
                (counted.clone(), sum.to_owned()),
                (note.clone(), why.to_owned()),
            ]
        };
        let post = |visitor: &mut yakuba_web::testing::Visitor<'_>, act: &str, fields: Vec<(String, String)>| {
            let fields: Vec<(&str, &str)> =
                fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            visitor.post(&format!("/staff/cash/{act}"), &fields)
        };
        assert_eq!(post(&mut officer, "close", form("400", "")).status, 409, "the day is not over");
        door.database.clock.advance_seconds(86_400);
        let (mut officer, mut second_day) =
            (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::CertificateOfficer]));
        assert_eq!(post(&mut officer, "close", form("たくさん", "")).status, 400);
        assert_eq!(post(&mut officer, "close", form("200", "")).status, 400, "a difference needs a reason");
        let closed = post(&mut officer, "close", form("２００", "硬貨1枚が見当たらない"));
        assert_eq!(closed.location(), Some(format!("/staff/cash?day={day}&done=staff-done-cash-closed").as_str()));
        assert_eq!(post(&mut officer, "close", form("400", "")).status, 409, "once");
        let page = officer.get(&format!("/staff/cash?day={day}")).text();
        assert!(page.contains("-200円") && page.contains("締め済み"), "{page}");
        assert_eq!(post(&mut officer, "correct", form("400", "見つかった")).status, 303);
        let waiting = second_day.get("/staff/cash").between("/staff/cash/corrections/", "/approve").unwrap();
        let approve = format!("/staff/cash/corrections/{waiting}/approve");
        assert_eq!(officer.post(&approve, &[]).status, 403, "not alone");
        assert_eq!(second_day.post(&approve, &[]).status, 303);
        let page = officer.get(&format!("/staff/cash?day={day}")).text();
        assert!(page.contains("見つかった") && page.contains("硬貨1枚が見当たらない"), "both revisions stay: {page}");
        let list = second.get("/staff/cash.csv").status;
        assert!(list == 200 || list == 401, "{list}");
        let list = officer.get(&format!("/staff/cash.csv?day={day}")).text();
        assert!(list.contains("\"400\",\"0\",\"0\",\"200\",\"200\",\"400\""), "{list}");
        assert_eq!(officer.get("/staff/cash?day=2026-02-30").status, 400);
    });
}

#[test]
fn money_that_is_open_is_settled_with_a_reason_by_those_who_may() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let (_, owed, unclear) = a_day(&door);
    let (mut officer, mut auditor) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Auditor]));
    assert!(auditor.get("/staff/cash").text().contains(&owed.to_string()));
    assert!(!auditor.get("/staff/cash").text().contains("/staff/cash/settle"), "who may not is not asked");
    let mut settle = |id: Id, decision: &str, reason: &str| {
        let (decided, why, id) = (format!("decision-{id}"), format!("reason-{id}"), id.to_string());
        officer.post("/staff/cash/settle", &[("request", &id), (&decided, decision), (&why, reason)]).status
    };
    assert_eq!(settle(owed, "refund_paid", ""), 400);
    assert_eq!(settle(owed, "found_kept", "数えた"), 409, "that is not what is open about it");
    assert_eq!((settle(owed, "give_it_to_me", "x"), settle(unclear, "", "x")), (400, 400));
    assert_eq!(settle(owed, "refund_paid", "窓口で返した"), 303);
    assert_eq!(settle(unclear, "found_not_kept", "箱は合っていた"), 303);
    assert_eq!(settle(unclear, "found_kept", "やはりあった"), 409);
    assert!(door.inside().store.read(cash::open_money).unwrap().is_empty());
}
