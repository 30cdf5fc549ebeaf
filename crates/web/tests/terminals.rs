//! Machines over HTTP: from the staff console's one-time token to the machine's first screen, and out again.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use store::testing::{TestDatabase, for_each_engine};
use tools::staff::Role;
use tools::terminals;
use yakuba_web::session;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

fn enrol(operator: &mut Visitor<'_>, place: &str, name: &str) -> Answer {
    operator.post("/staff/terminals/enrol", &[("place", place), ("name", name)])
}

/// The token as it stands behind # in the address that is shown.
fn token(answer: &Answer) -> String {
    answer.between("/kiosk/enrol#", "<").unwrap()
}

fn give(machine: &mut Visitor<'_>, token: &str) -> Answer {
    machine.post("/kiosk/enrol", &[("token", token)])
}

/// What a machine may open: its own session's touch needs nothing but an enrolled terminal.
fn serves(machine: &mut Visitor<'_>) -> bool {
    match machine.get("/kiosk").status {
        // This test's process has no card machines of its own, so an enrolled terminal finds no place.
        404 => true,
        403 => false,
        other => panic!("{other}"),
    }
}

#[test]
fn a_machine_becomes_one_by_the_token_that_was_shown_once() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (mut operator, mut machine) = (door.staff(&[Role::Operator]), door.stranger());
        assert_eq!(enrol(&mut operator, " ", "1号機").status, 400);
        let shown = enrol(&mut operator, "南出張所", "1号機");
        let token = token(&shown);
        assert!(!operator.get("/staff/terminals").text().contains(&token), "it is shown once");
        assert!(operator.get("/staff/terminals").text().contains("設置待ち"));

        assert!(!serves(&mut machine));
        assert_eq!(give(&mut machine, "0000-0000-0000-0000-0000").status, 410);
        assert_eq!(machine.post("/kiosk/enrol", &[("token", &token), ("resident_id", "R-1")]).status, 403);
        let enrolled = give(&mut machine, &token);
        assert_eq!((enrolled.status, enrolled.location()), (303, Some("/kiosk")));
        let cookie = enrolled.headers["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("HttpOnly") && cookie.contains("Max-Age=34560000"), "it outlives the night: {cookie}");
        assert!(serves(&mut machine));
        assert_eq!(give(&mut door.stranger(), &token).status, 410, "it works once");
        assert!(operator.get("/staff/terminals").text().contains("稼働中"));

        door.database.clock.advance_seconds(600);
        assert!(operator.get("/staff/terminals").text().contains("5分以上通信なし"));
        assert!(serves(&mut machine));
        assert!(operator.get("/staff/terminals").text().contains("稼働中"), "it was seen again");
    });
}

#[test]
fn a_lost_machine_opens_nothing_from_the_next_request_on() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (mut officer, mut machine) = (door.staff(&[Role::CertificateOfficer]), door.stranger());
        let shown = enrol(&mut officer, "本庁舎1階", "2号機");
        give(&mut machine, &token(&shown));
        assert!(serves(&mut machine));
        let stop = officer.get("/staff/terminals").between("action=\"/staff/terminals/", "/stop").unwrap();
        // The text before the first such form holds the enrolment form's address, too.
        let stop = format!("/staff/terminals/{}/stop", stop.rsplit("/staff/terminals/").next().unwrap());
        let done = officer.post(&stop, &[]);
        assert_eq!(done.location(), Some("/staff/terminals?done=staff-done-terminal-stopped"));
        assert!(!serves(&mut machine));
        assert_eq!(officer.post(&stop, &[]).status, 410, "stopped once");
        assert!(!officer.get("/staff/terminals").text().contains("2号機"));
        assert!(officer.get("/staff/terminals?state=all").text().contains("2号機"), "it stays on record");
        let report = tools::audit::verify(&door.database.inside(), tools::audit::Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound(), "{report}");
    });
}

#[test]
fn machines_are_searched_counted_and_saved_for_excel() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let mut operator = door.staff(&[Role::Operator]);
    assert!(operator.get("/staff/terminals").text().contains("該当する端末はありません"));
    for place in ["本庁舎1階", "=南出張所"] {
        enrol(&mut operator, place, "1号機");
    }
    assert!(operator.get("/staff/terminals").text().contains("2件"));
    assert!(operator.get("/staff/terminals?q=%E5%8D%97").text().contains("1件"));
    let file = operator.get("/staff/terminals.csv");
    assert!(file.bytes.starts_with(b"\xef\xbb\xbf") && file.text().contains("\"'=南出張所\""), "{}", file.text());
    assert_eq!(door.staff(&[Role::CounterClerk]).get("/staff/terminals").status, 403);
}

#[test]
fn the_secret_of_a_machine_is_stored_nowhere() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let (mut operator, mut machine) = (door.staff(&[Role::Operator]), door.stranger());
    let shown = enrol(&mut operator, "南出張所", "1号機");
    give(&mut machine, &token(&shown));
    let kept = &machine.cookies[session::terminal_cookie(false)];
    let secret = data_encoding::BASE64URL_NOPAD.decode(kept.as_bytes()).unwrap();
    let found = door.inside().store.read::<_, store::StoreError, _>(|tx| {
        let row = tx.query_one("SELECT secret_hash FROM terminals", &[])?;
        Ok((row.unwrap().blob(0)?.to_vec(), terminals::list(tx)?.len()))
    });
    let (hash, terminals) = found.unwrap();
    assert!(hash != secret && terminals == 1);
}

#[test]
fn a_demo_s_terminal_is_found_again_instead_of_added_and_only_at_this_computer() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let listed = || door.inside().store.read::<_, store::StoreError, _>(terminals::list).unwrap();
    let sorts = ["library_counter", "hospital_desk", "revisit_machine", "city_card_desk", "staff_desk", "loading_desk"];
    let mut secrets = std::collections::BTreeSet::new();
    for round in 1..=3 {
        for sort in sorts {
            let mut browser = door.neighbour();
            let answer = browser.get(&format!("/demo/terminal/{sort}"));
            assert_eq!(answer.status, 303, "{sort}");
            let page = browser.get(answer.location().unwrap());
            assert_eq!(page.status, 200, "{sort} is what it was made to be");
            assert!(page.text().contains("<a href=\"/\">デモの入口へ</a>"), "{sort} has a way back: {}", page.text());
            secrets.insert(browser.cookies[session::terminal_cookie(false)].clone());
        }
        assert_eq!(listed().len(), sorts.len(), "in round {round} none is added");
    }
    assert_eq!(secrets.len(), 3 * sorts.len(), "each time with another secret");
    // One that was stopped is not brought back.
    let (one, seams) = (listed()[0].terminal.clone(), door.inside().seams.clone());
    let stopped = door
        .inside()
        .store
        .write(move |tx| terminals::stop(tx, &seams, &tools::access::Actor::System { job: "test" }, one.id));
    stopped.unwrap();
    for sort in sorts {
        assert_eq!(door.neighbour().get(&format!("/demo/terminal/{sort}")).status, 303);
    }
    assert_eq!(listed().len(), sorts.len() + 1);
    assert_eq!(door.stranger().get("/demo/terminal/library_counter").status, 403, "from elsewhere nothing is made");
    assert_eq!(door.neighbour().get("/demo/terminal/space_station").status, 404);
    assert_eq!(listed().len(), sorts.len() + 1);
}

#[test]
fn only_a_demo_s_terminal_at_this_computer_leads_to_the_first_page() {
    use tools::credentials::tap_rules::Attendance;
    use tools::terminals::Sort;
    let leads = |page: &str| page.contains("デモの入口へ");
    for is_demo in [true, false] {
        let door = TestDoor::with(TestDatabase::on_sqlite(), |app| {
            let inside = tools::Inside { demo: is_demo, ..(**app.inside.as_ref().unwrap()).clone() };
            app.inside = Some(std::sync::Arc::new(inside));
        });
        for (name, sort) in [("1", Sort::LibraryCounter), ("2", Sort::RevisitMachine)] {
            let (_, mut hall) = door.terminal_of(sort, name, "本庁舎", Some(Attendance::FaceToFace));
            hall.peer = door.stranger().peer;
            let page = hall.get(sort.path());
            assert!(page.status == 200 && !leads(&page.text()), "stands in a hall: {}", page.text());
            hall.peer = door.neighbour().peer;
            assert_eq!(leads(&hall.get(sort.path()).text()), is_demo, "{}", sort.path());
        }
        assert!(!leads(&door.neighbour().get("/").text()), "one is there");
    }
}

#[test]
fn the_list_says_what_each_terminal_is_and_a_replaced_one_what_to_do() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let mut tab = door.neighbour();
    assert_eq!(tab.get("/demo/terminal/library_counter").status, 303);
    let first = tab.clone();
    assert_eq!(tab.get("/demo/terminal/revisit_machine").status, 303, "another tab of the same browser");
    let mut operator = door.staff(&[Role::Operator]);
    let list = operator.get("/staff/terminals").text();
    assert!(list.contains("<h1>端末</h1>") && !list.contains("<h1>証明書発行機"), "{list}");
    for sort in ["図書館のカウンター", "病院の再来受付機"] {
        assert!(list.contains(&format!(">{sort}</td>")), "{sort}: {list}");
        assert!(operator.get("/staff/terminals.csv").text().contains(sort));
    }
    // The first tab sends its form with the browser's new secret.
    let token = first.token("/counter/library").unwrap();
    let sent = tab.post_bare("/counter/library", &[("csrf", &token)]);
    assert!(sent.status == 403 && sent.text().contains("別の端末"), "{}", sent.text());
    let nobody = door.neighbour().get("/counter/library");
    let text = nobody.text();
    assert!(nobody.status == 403 && text.contains("この端末の担当の職員") && !text.contains("証明書発行機"), "{text}");
    assert!(text.contains("href=\"/\""), "a demo's terminals are chosen on the first page");
}
