//! Statistics in the console: counts of other routes brought in, the rate, the time given back.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use base::Timestamp;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};
use tools::staff::Role;
use yakuba_web::staff::InUse;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const PAGE: &str = "/staff/statistics";
const IMPORT: &str = "/staff/statistics/counts";

/// A request that came out of `terminal` at `at`.
fn printed(door: &TestDoor, terminal: &str, copies: i64, at: Timestamp) {
    let (id, terminal) = (door.database.seams.random_id(), terminal.to_owned());
    let insert = "INSERT INTO certificate_requests (request_id, terminal_id, resident_id, kind, choices, copies, \
                  fee_yen, paid_yen, state, state_since, began_at) \
                  VALUES ($1, $2, 'R1', 'residence_certificate', '{}', $3, 200, 200, 'printed', $4, $4)";
    let row = move |tx: &mut store::Tx<'_>| {
        tx.execute(insert, &[id.into(), terminal.as_str().into(), copies.into(), at.into()])
    };
    door.database.inside().write::<_, StoreError, _>(row).unwrap();
}

/// The first day of this month by the clock of the test, as `2026-11`.
fn this_month(door: &TestDoor) -> String {
    let (year, month, _) = door.database.seams.today().parts();
    format!("{year:04}-{month:02}")
}

fn bring_in(officer: &mut Visitor<'_>, list: &str, take: bool) -> Answer {
    let mut fields = vec![("list", list)];
    if take {
        fields.push(("take", "yes"));
    }
    officer.post(IMPORT, &fields)
}

#[test]
fn counts_are_looked_at_first_taken_in_whole_and_give_the_rate() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let month = this_month(&door);
        printed(&door, "machine-1", 21, door.database.seams.now());
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let page = officer.get(PAGE).text();
        assert!(page.contains("割合は出せません"), "no rate of machines alone");
        assert!(page.contains("21時間0分"), "21 copies of an hour each by the assumption: {page}");
        assert!(page.contains("仮定(測っていません)"), "an assumption says that it is one");

        // Looked at: what is wrong is named, nothing is taken in, not even by pressing on.
        let wrong = format!(
            "年月,種類,経路,件数\n{month},住民票の写し,窓口,79\n{month},旅券,窓口,1\n{month},住民票の写し,船,1\n"
        );
        for take in [false, true] {
            let answer = bring_in(&mut officer, &wrong, take);
            assert_eq!(answer.status, 200);
            let page = answer.text();
            assert!(page.contains("この種類の証明書はありません") && page.contains("どれでもありません"), "{page}");
            assert!(!page.contains("value=\"yes\""), "a list with a wrong line cannot be taken in");
        }
        let right = format!("年月,種類,経路,件数\n{month},住民票の写し,窓口,79\n");
        let looked = bring_in(&mut officer, &right, false);
        assert!(looked.text().contains("読めた行は1行、合わせて79通") && looked.text().contains("value=\"yes\""));
        assert!(officer.get(PAGE).text().contains("割合は出せません"), "looking takes nothing in");
        assert_eq!(bring_in(&mut officer, &right, true).status, 303);
        assert!(officer.get(PAGE).text().contains("21.0 %"));
        // The same month again replaces.
        assert_eq!(bring_in(&mut officer, &right.replace(",79", ",21"), true).status, 303);
        assert!(officer.get(PAGE).text().contains("50.0 %"));
        let csv = officer.get("/staff/statistics/usage.csv").text();
        assert!(csv.contains(&format!("\"{month}\",\"50.0 %\",\"21\",\"0\",\"21\"")), "{csv}");
    });
}

#[test]
fn hours_are_those_of_japan_and_places_have_their_names() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let today = door.database.seams.today();
        printed(&door, "counter", 2, Timestamp::in_japan(today, 0, 30, 0));
        printed(&door, "machine-1", 3, Timestamp::in_japan(today, 23, 59, 59));
        let mut clerk = door.staff(&[Role::CounterClerk]);
        let csv = clerk.get("/staff/statistics.csv").text();
        assert!(csv.contains("\"窓口\",\"0\",\"2\"") && csv.contains("\"23\",\"3\""), "{csv}");
        let page = clerk.get(PAGE).text();
        assert!(page.contains("23時台") && page.contains("0時台"), "{page}");
        assert!(!page.contains(IMPORT), "a clerk brings nothing in");
    });
}

#[test]
fn minutes_are_set_with_a_source_and_slips_of_the_finger_are_refused() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let today = door.database.seams.today().to_string();
    printed(&door, "machine-1", 2, door.database.seams.now());
    let mut officer = door.staff(&[Role::CertificateOfficer]);
    let mut set = |resident: &str, source: &str| {
        let first = format!("{}-01", &today[..7]);
        let fields =
            [("kind", ""), ("from", first.as_str()), ("resident", resident), ("staff", "5"), ("source", source)];
        officer.post("/staff/statistics/minutes", &fields).status
    };
    for (resident, source) in [("-1", "調査"), ("1441", "調査"), ("x", "調査"), ("45", ""), ("45", "123456789018")]
    {
        assert_eq!(set(resident, source), 400, "{resident} {source}");
    }
    assert_eq!(set("45", "令和8年度 来庁者調査"), 303);
    let page = officer.get(PAGE).text();
    assert!(page.contains("1時間30分") && page.contains("来庁者調査"), "{page}");
}

#[test]
fn only_those_who_answer_for_it_bring_counts_in() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    for (role, status) in [(Role::CounterClerk, 403), (Role::Auditor, 403), (Role::Operator, 200)] {
        let mut other = door.staff(&[role]);
        assert_eq!(bring_in(&mut other, "x", false).status, status, "{}", role.code());
    }
}

#[test]
fn whoever_answers_for_papers_sees_which_keys_make_them() {
    let door = TestDoor::with(TestDatabase::on_sqlite(), |app| {
        app.keys_in_use = std::sync::Arc::new(base::Current::new(vec![InUse {
            part: tools::paper_keys::Part::Code,
            id: Some("0123456789abcdef".to_owned()),
            since: None,
            expires: None,
            next: Some(("fedcba9876543210".to_owned(), None)),
            earlier: Vec::new(),
        }]));
    });
    let page = door.staff(&[Role::Auditor]).get("/staff/keys").text();
    assert!(page.contains("0123456789abcdef") && page.contains("fedcba9876543210"), "{page}");
    assert_eq!(door.staff(&[Role::CounterClerk]).get("/staff/keys").status, 403);
}
