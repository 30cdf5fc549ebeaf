//! Issued papers over HTTP: finding one by its number, whose it is, and withdrawing it until `/verify` says so.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use base::{Id, Yen};
use services::convenience_certificates::request::State;
use services::convenience_certificates::{Choices, Request, requests};
use store::testing::{TestDatabase, for_each_engine};
use tools::register::import;
use tools::relay::paper_status::{self, PaperState, RequestHash};
use tools::relay::{Endpoint, InProcess, Zone};
use tools::signing::SigningKey;
use tools::staff::Role;
use tools::{ResidentId, disclosure};
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const NUMBER: &str = "20261123-ABCDEFGH";
/// A resident of the synthetic city and what must not stand in a list.
struct Whose {
    id: ResidentId,
    name: String,
}

/// A console over a small city.
fn city(database: TestDatabase) -> TestDoor {
    let directory = database.directory().join("import");
    testkit::city::generate(60, 7, &directory).unwrap();
    let options = import::Options::default();
    import::run(&database.inside(), &database.seams, &directory, &options, &mut |_| true).unwrap();
    TestDoor::open(database)
}

fn somebody(door: &TestDoor) -> Whose {
    let sql = "SELECT r.resident_id, r.name FROM residents r LEFT JOIN protections p ON p.resident_id = r.resident_id \
               WHERE p.resident_id IS NULL ORDER BY r.resident_id LIMIT 1";
    let row = door.inside().store.read::<_, store::StoreError, _>(|tx| tx.query_one(sql, &[])).unwrap().unwrap();
    Whose { id: ResidentId::parse(row.text(0).unwrap()).unwrap(), name: row.text(1).unwrap().to_owned() }
}

/// A paper of this resident that stands so, as the service leaves its row and its message to the outside.
fn paper(door: &TestDoor, whose: &Whose, state: State, number: &'static str) -> Id {
    let inside = door.inside().clone();
    let id = inside.seams.random_id();
    let request = Request {
        id,
        terminal: "counter".to_owned(),
        applicant: whose.id.clone(),
        choices: Choices::default(),
        fee: Yen(300),
        paid: Yen(300),
        state,
        since: inside.seams.now(),
        document_hash: None,
        fetch_token_hash: None,
    };
    let store = inside.store.clone();
    store
        .write::<_, tools::relay::RelayError, _>(move |tx| {
            requests::insert(tx, &request, inside.seams.now())?;
            let sql = "UPDATE certificate_requests SET document_number = $1, document_hash = $2 WHERE request_id = $3";
            tx.execute(sql, &[number.into(), [1u8; 32].as_slice().into(), id.into()])?;
            paper_status::push(tx, &inside.seams, id, PaperState::Valid)
        })
        .unwrap();
    id
}

/// Lets the two zones speak, as their threads do every second.
fn zones_speak(door: &TestDoor) {
    let key = |zone| Arc::new(SigningKey::from_seed([if zone == Zone::Inside { 1 } else { 2 }; 32]).unwrap());
    let end = |zone: Zone, store, router| {
        Endpoint::new(zone, store, door.database.seams.clone(), key(zone), vec![key(zone.other()).public()], router)
    };
    let outside = end(Zone::Outside, door.database.outside(), tools::messages::to_outside());
    end(Zone::Inside, door.database.inside(), tools::messages::to_inside()).pump(&InProcess(&outside)).unwrap();
}

/// What the open page says to whoever holds the paper.
fn verified(door: &TestDoor, request: Id) -> String {
    zones_speak(door);
    let question = format!("{{\"request\":\"{}\"}}", RequestHash::of(request).hex());
    door.stranger().post_json("/verify/status", &question).between("\"state\":\"", "\"").unwrap()
}

fn ask(officer: &mut Visitor<'_>, request: Id, reason: &str) -> Answer {
    officer.post(&format!("/staff/papers/{request}/withdraw"), &[("reason", reason)])
}

fn approve(second: &mut Visitor<'_>) -> Answer {
    let approval = second.get("/staff/approvals").between("/staff/approvals/", "/approve").unwrap();
    second.post(&format!("/staff/approvals/{approval}/approve"), &[])
}

#[test]
fn a_paper_is_withdrawn_by_two_people_and_whoever_checks_it_learns_so() {
    for_each_engine(|database| {
        let door = city(database);
        let request = paper(&door, &somebody(&door), State::Printed, NUMBER);
        let (mut one, mut two) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
        assert_eq!(verified(&door, request), "valid");

        let confirm = one.get(&format!("/staff/papers/{request}/withdraw")).text();
        assert!(confirm.contains("元に戻せません"), "{confirm}");
        assert_eq!(ask(&mut one, request, " ").status, 400, "without a reason");
        assert_eq!(ask(&mut one, request, "番号 123456789018").status, 400, "an Individual Number is no reason");
        assert_eq!(ask(&mut one, request, "印字の不良").location(), Some("/staff/approvals?done=staff-done-asked"));
        assert_eq!(ask(&mut one, request, "もう一度").status, 409, "asked once");
        assert_eq!(verified(&door, request), "valid", "asking alone withdraws nothing");
        let own = one.get("/staff/approvals").text();
        assert!(own.contains(NUMBER) && !own.contains("/approve\""), "not by the one who asked");

        let waiting = two.get("/staff/approvals").text();
        assert!(waiting.contains("印字の不良") && waiting.contains("元に戻せません"), "{waiting}");
        assert_eq!(approve(&mut two).status, 303);
        assert_eq!(verified(&door, request), "withdrawn");

        let page = one.get(&format!("/staff/papers/{request}")).text();
        assert!(page.contains("取消し済み") && page.contains("印字の不良") && !page.contains("/withdraw\""), "{page}");
        assert_eq!(ask(&mut one, request, "もう一度").status, 409, "withdrawn is for good");
        let report = tools::audit::verify(&door.database.inside(), tools::audit::Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound(), "{report}");
    });
}

#[test]
fn a_paper_that_was_not_handed_out_has_nothing_to_withdraw() {
    let door = city(TestDatabase::on_sqlite());
    let whose = somebody(&door);
    let mut officer = door.staff(&[Role::CertificateOfficer]);
    for (state, said) in [(State::Printing, "発行中"), (State::Ready, "発行中"), (State::Refunded, "渡していません")]
    {
        let request = paper(&door, &whose, state, "20261123-00000000");
        assert_eq!(ask(&mut officer, request, "試し").status, 409, "{state:?}");
        assert!(officer.get(&format!("/staff/papers/{request}/withdraw")).text().contains(said), "{state:?}");
    }
    let nothing = ask(&mut officer, Id::from_bytes([9; 16]), "試し");
    assert_eq!(nothing.status, 404);
}

#[test]
fn a_paper_is_found_by_either_number_and_the_list_names_nobody() {
    for_each_engine(|database| {
        let door = city(database);
        let whose = somebody(&door);
        let request = paper(&door, &whose, State::Printed, NUMBER);
        let mut clerk = door.staff(&[Role::CounterClerk]);
        let address = format!("/staff/papers/{request}");
        let capitals = request.to_string().to_uppercase();
        for typed in [NUMBER, "２０２６１１２３－ａｂｃｄｅｆｇｈ", "20261123 ABCD EFGH", &capitals] {
            let found = clerk.post("/staff/papers", &[("number", typed)]);
            assert_eq!(found.location(), Some(address.as_str()), "{typed}");
        }
        let missing = clerk.post("/staff/papers", &[("number", "20261123-ZZZZZZZZ")]);
        assert!(missing.status == 404 && missing.text().contains("見つかりません"));
        for page in ["/staff/papers", "/staff/papers.csv", &address] {
            let text = clerk.get(page).text();
            assert!(text.contains(NUMBER), "{page}: {text}");
            assert!(!text.contains(&whose.name) && !text.contains(whose.id.as_str()), "{page} names a resident");
        }
        assert!(clerk.get("/staff/papers.csv").bytes.starts_with(b"\xef\xbb\xbf"));
        assert!(clerk.get("/staff/papers?day=2001-01-01").text().contains("該当する証明書はありません"));
        assert!(clerk.get("/staff/papers?day=").text().contains(NUMBER), "every day");
        assert!(!clerk.get("/staff/papers?state=withdrawn").text().contains(NUMBER));
        assert_eq!(ask(&mut clerk, request, "試し").status, 403, "a clerk does not withdraw");
    });
}

#[test]
fn whose_paper_it_is_is_told_for_a_work_and_shown_to_the_person() {
    for_each_engine(|database| {
        let door = city(database);
        let whose = somebody(&door);
        let request = paper(&door, &whose, State::Printed, NUMBER);
        let address = format!("/staff/papers/{request}/person");
        let shown = || {
            let today = door.database.seams.today();
            let all = door.inside().store.read(|tx| disclosure::for_person(tx, &whose.id, today, None, 100)).unwrap();
            all.iter().filter(|one| one.by == "staff").count()
        };
        let mut clerk = door.staff(&[Role::CounterClerk]);
        assert_eq!(clerk.post(&address, &[]).status, 400, "no work was told");
        assert_eq!((clerk.post(&address, &[("duty", "statistics")]).status, shown()), (400, 0));
        let told = clerk.post(&address, &[("duty", "inquiry"), ("note", "受付12")]);
        assert!(told.text().contains(&whose.name) && told.text().contains("本人に表示されます"), "{}", told.text());
        assert_eq!(shown(), 1);
        let mut auditor = door.staff(&[Role::Auditor]);
        assert_eq!(auditor.get(&format!("/staff/papers/{request}")).status, 200);
        assert_eq!((auditor.post(&address, &[("duty", "inquiry")]).status, shown()), (403, 1));
    });
}
