//! Looking for residents over HTTP: what is found, what is on record afterwards, and what never stands in an address.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::disclosure;
use tools::register::import;
use tools::staff::Role;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

/// A console over a city of 300, the gallery's households among them.
fn city(database: TestDatabase) -> TestDoor {
    let directory = database.directory().join("import");
    testkit::city::generate(300, 7, &directory).unwrap();
    let report =
        import::run(&database.inside(), &database.seams, &directory, &import::Options::default(), &mut |_| true)
            .unwrap();
    assert!(report.switched);
    TestDoor::open(database)
}

fn at_work<'a>(door: &'a TestDoor, roles: &[Role], duty: &str) -> Visitor<'a> {
    let mut clerk = door.staff(roles);
    assert_eq!(clerk.post("/staff/desk", &[("duty", duty), ("note", "受付12")]).status, 303);
    clerk
}

fn resident_of(found: &Answer) -> String {
    found.between("name=\"resident\" value=\"", "\"").unwrap()
}

/// What staff did, as the resident sees it; the import itself is left out.
fn shown_to(door: &TestDoor, resident: &str) -> Vec<disclosure::Shown> {
    let person = ResidentId::parse(resident).unwrap();
    let today = door.database.seams.today();
    let mut all = door.inside().store.read(|tx| disclosure::for_person(tx, &person, today, None, 100)).unwrap();
    all.retain(|one| one.by == "staff");
    all
}

#[test]
fn a_clerk_finds_a_resident_and_opens_the_entry_and_both_are_shown_to_them() {
    for_each_engine(|database| {
        let door = city(database);
        let mut clerk = at_work(&door, &[Role::CounterClerk], "inquiry");
        let found = clerk.post("/staff/register", &[("kana", "つじ　はなこ")]);
        assert_eq!(found.status, 200, "{}", found.text());
        assert!(found.text().contains("辻\u{E0102}　花子"), "the registered character");
        let resident = resident_of(&found);
        let before = shown_to(&door, &resident).len();
        assert!(before > 0, "being found is on record");

        let opened = clerk.post("/staff/person", &[("resident", &resident)]);
        let address = opened.location().unwrap().to_owned();
        assert!(address.starts_with("/staff/person/") && !address.contains(&resident), "{address}");
        let page = clerk.get(&address);
        assert!(page.text().contains("辻\u{E0102}　花子") && page.text().contains("82歳"), "{}", page.text());
        let entries = shown_to(&door, &resident);
        assert_eq!(entries.len(), before + 1);
        assert_eq!(entries[0].duty.map(|duty| duty.code()), Some("inquiry"));
    });
}

#[test]
fn an_opened_entry_belongs_to_its_session_and_closes_by_time_and_with_the_work() {
    for_each_engine(|database| {
        let door = city(database);
        let mut clerk = at_work(&door, &[Role::CounterClerk], "inquiry");
        let resident = resident_of(&clerk.post("/staff/register", &[("kana", "ツジ　ハナコ")]));
        let open = |clerk: &mut Visitor<'_>| {
            clerk.post("/staff/person", &[("resident", &resident)]).location().unwrap().to_owned()
        };
        let first = open(&mut clerk);
        let mut colleague = at_work(&door, &[Role::CounterClerk], "inquiry");
        assert_eq!(colleague.get(&first).status, 410, "a link from a colleague opens nothing");
        clerk.post("/staff/desk", &[("duty", "certificate.counter")]);
        assert_eq!(clerk.get(&first).status, 410, "another work, another look");
        let second = open(&mut clerk);
        assert_eq!(clerk.get(&second).status, 200);
        door.database.clock.advance_seconds(20 * 60);
        assert_eq!(clerk.get(&second).status, 200, "within half an hour");
        door.database.clock.advance_seconds(11 * 60);
        assert_eq!(clerk.get(&second).status, 410);
    });
}

#[test]
fn the_whole_household_is_on_record_when_it_is_opened() {
    for_each_engine(|database| {
        let door = city(database);
        let mut clerk = at_work(&door, &[Role::CounterClerk], "inquiry");
        // Somebody whose household has more than one member.
        let report = std::fs::read_to_string(door.database.directory().join("import/households.csv")).unwrap();
        let line = report.lines().skip(1).find(|line| line.ends_with(",4") || line.contains(",4,")).unwrap();
        let head = line.split(',').nth(1).unwrap().to_owned();
        let address = clerk.post("/staff/person", &[("resident", &head)]).location().unwrap().to_owned();
        clerk.get(&address);
        let residents = std::fs::read_to_string(door.database.directory().join("import/residents.csv")).unwrap();
        let household = line.split(',').next().unwrap();
        let members: Vec<&str> = residents
            .lines()
            .filter(|row| row.split(',').nth(1) == Some(household))
            .filter_map(|row| row.split(',').next())
            .collect();
        assert_eq!(members.len(), 4);
        let other = members.iter().find(|member| **member != head).unwrap();
        let before = shown_to(&door, other).len();
        assert_eq!(clerk.get(&format!("{address}/household")).status, 200);
        assert_eq!(shown_to(&door, other).len(), before + 1);
    });
}

#[test]
fn a_search_shows_twenty_says_that_there_are_more_and_shows_nothing_for_nothing() {
    for_each_engine(|database| {
        let door = city(database);
        let mut clerk = at_work(&door, &[Role::CounterClerk], "inquiry");
        // Among 300 residents more than twenty readings begin alike.
        let most = ["ア", "カ", "サ", "タ", "ナ", "ハ", "マ", "ヤ"]
            .map(|letter| clerk.post("/staff/register", &[("kana", letter)]).text())
            .into_iter()
            .find(|text| text.contains("20人だけ表示しています"))
            .unwrap();
        assert_eq!(most.matches("name=\"resident\"").count(), 20);
        let none = clerk.post("/staff/register", &[("name", "存在しない名前")]);
        assert!(none.text().contains("該当する人はいません") && none.status == 200);
        assert_eq!(clerk.post("/staff/register", &[]).status, 400);
        let wrong = clerk.post("/staff/register", &[("birth", "きのう")]);
        assert!(wrong.text().contains("aria-invalid=\"true\"") && wrong.text().contains("まだ行っていません"));
    });
}

#[test]
fn a_resident_who_is_not_there_leaves_a_trace_of_who_asked() {
    for_each_engine(|database| {
        let door = city(database);
        let mut clerk = at_work(&door, &[Role::CounterClerk], "inquiry");
        let address = clerk.post("/staff/person", &[("resident", "NOBODY-1")]).location().unwrap().to_owned();
        assert_eq!(clerk.get(&address).status, 404);
        assert_eq!(shown_to(&door, "NOBODY-1").len(), 1);
        assert_eq!(clerk.post("/staff/person", &[("resident", "123456789018")]).status, 404, "an Individual Number");
    });
}

#[test]
fn the_counter_is_warned_of_a_protected_person_and_nothing_is_shown_to_a_shared_screen_at_home() {
    for_each_engine(|database| {
        let door = city(database);
        let protections = std::fs::read_to_string(door.database.directory().join("import/protections.csv")).unwrap();
        let today = door.database.seams.today().to_string();
        let protected = protections
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>())
            .find(|row| row[1] <= today.as_str() && (row[2].is_empty() || row[2] >= today.as_str()))
            .unwrap()[0]
            .to_owned();
        let mut clerk = at_work(&door, &[Role::CounterClerk], "protection");
        assert!(clerk.get("/staff/register").text().contains("本人には表示されません"));
        let before = shown_to(&door, &protected).len();
        let address = clerk.post("/staff/person", &[("resident", &protected)]).location().unwrap().to_owned();
        assert!(clerk.get(&address).text().contains("支援措置の対象者です"));
        assert_eq!(shown_to(&door, &protected).len(), before, "hidden by law");

        let mut auditor = door.staff(&[Role::Auditor]);
        let seen = auditor.post("/staff/looked", &[("resident", &protected)]);
        assert!(seen.text().contains("支援措置の事務") && seen.text().contains("法令により非表示"), "{}", seen.text());
        assert!(seen.text().contains("試験 職員 (市民課)"), "an auditor sees who it was");
    });
}

#[test]
fn the_first_page_says_how_today_goes() {
    for_each_engine(|database| {
        let door = city(database);
        for role in Role::ALL {
            let page = door.staff(&[*role]).get("/staff");
            assert_eq!(page.status, 200, "{}", role.code());
            assert!(page.text().contains("止まっているサービスはありません"), "{}", role.code());
            assert_eq!(
                page.text().contains("href=\"/staff/register\""),
                *role == Role::CounterClerk || *role == Role::CertificateOfficer
            );
        }
    });
}
