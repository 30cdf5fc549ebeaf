//! Stories of the staff console over HTTP.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use serde_json::Value as Json;
use store::testing::{TestDatabase, for_each_engine};
use tools::access::Actor;
use tools::incidents::{self, Report};
use tools::staff::testing::SoftAuthenticator;
use tools::staff::{self, Role};
use yakuba_web::limits::Limits;
use yakuba_web::session;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const ORIGIN: &str = "http://localhost:8080";

fn json(answer: &Answer) -> Json {
    assert_eq!(answer.status, 200, "{}", answer.text());
    serde_json::from_slice(&answer.bytes).unwrap()
}

fn join(visitor: &mut Visitor<'_>, key: &mut SoftAuthenticator, fields: &[(&str, &str)]) -> Answer {
    let options = json(&visitor.post("/staff/join/begin", fields));
    let answer = key.create(&options);
    visitor.post_json("/staff/join/finish", &answer)
}

fn sign_in(visitor: &mut Visitor<'_>, key: &mut SoftAuthenticator) -> Answer {
    let options = json(&visitor.post("/staff/sign-in/begin", &[]));
    let answer = key.get(&options);
    visitor.post_json("/staff/sign-in/finish", &answer)
}

fn first_token(door: &TestDoor) -> String {
    let inside = door.inside().clone();
    let secret = inside.store.clone().write(move |tx| staff::first_token(tx, &inside.seams)).unwrap();
    secret.reveal().to_owned()
}

#[test]
fn from_the_console_token_to_a_second_colleague() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let token = first_token(&door);
        let (mut first, mut key) = (door.stranger(), SoftAuthenticator::at(ORIGIN));
        assert_eq!(first.get("/staff/me").status, 401);
        let fields =
            [("token", token.as_str()), ("name", "管理 太郎"), ("office", "情報課"), ("label", "机のパソコン")];
        assert_eq!(json(&join(&mut first, &mut key, &fields))["next"], "/staff/me?done=staff-done-joined");
        assert!(first.get("/staff/me").text().contains("管理 太郎"));

        assert_eq!(first.post("/staff/sign-out", &[]).location(), Some("/staff/sign-in"));
        assert_eq!(first.get("/staff/me").status, 401);
        assert_eq!(json(&sign_in(&mut first, &mut key))["next"], "/staff");

        let invited = first.post(
            "/staff/accounts/invite",
            &[("name", "窓口 花子"), ("office", "市民課"), ("role", "counter_clerk"), ("role", "auditor")],
        );
        let secret = invited.between("/staff/join#", "<").unwrap();
        let (mut second, mut second_key) = (door.stranger(), SoftAuthenticator::at(ORIGIN));
        let mine = [("token", secret.as_str()), ("name", "別の 名前"), ("office", "別の課"), ("label", "窓口3番")];
        json(&join(&mut second, &mut second_key, &mine));
        let me = second.get("/staff/me").text();
        assert!(me.contains("窓口 花子") && !me.contains("別の 名前"), "an invitation names whom it is for");
        assert!(me.contains("窓口担当") && me.contains("監査担当"));
        let again = door.stranger().post("/staff/join/begin", &mine);
        assert_eq!(again.status, 410, "the link works once");
    });
}

#[test]
fn a_passkey_shows_another_name_of_ours_the_way_to_its_own() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let answer = door.stranger().with_header("host", "127.0.0.1:8080").get("/staff/sign-in");
    assert_eq!((answer.status, answer.location()), (303, Some("http://localhost:8080/staff/sign-in")));
}

#[test]
fn a_session_ends_when_it_lies_idle_and_after_a_day_however_busy() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut clerk = door.staff(&[Role::CounterClerk]);
        for _ in 0..4 {
            door.database.clock.advance_seconds(session::STAFF_IDLE_SECONDS - 60);
            assert_eq!(clerk.get("/staff/me").status, 200, "busy");
        }
        door.database.clock.advance_seconds(session::STAFF_IDLE_SECONDS);
        assert_eq!(clerk.get("/staff/me").status, 401, "idle");

        let mut busy = door.staff(&[Role::CounterClerk]);
        let mut statuses = Vec::new();
        for _ in 0..25 {
            door.database.clock.advance_seconds(session::STAFF_IDLE_SECONDS - 60);
            statuses.push(busy.get("/staff/me").status);
        }
        assert_eq!((statuses[0], statuses[24]), (200, 401), "ten hours");
    });
}

#[test]
fn whoever_signs_in_gets_a_new_session_and_the_old_one_is_over() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let (mut person, mut key) = (door.stranger(), SoftAuthenticator::at(ORIGIN));
    let token = first_token(&door);
    json(&join(&mut person, &mut key, &[("token", &token), ("name", "a"), ("office", "b"), ("label", "c")]));
    let mut before = person.clone();
    json(&sign_in(&mut person, &mut key));
    assert_ne!(before.cookies["yakuba-staff"], person.cookies["yakuba-staff"]);
    assert_eq!(before.get("/staff/me").status, 401);
    assert_eq!(person.get("/staff/me").status, 200);
}

#[test]
fn a_disabled_colleague_is_out_at_once() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut administrator = door.staff(&[Role::Administrator]);
        let mut clerk = door.staff(&[Role::CounterClerk]);
        assert_eq!(clerk.get("/staff/me").status, 200);
        let list = administrator.post("/staff/accounts", &[("q", "窓口担当")]);
        let account = list.between("/staff/accounts/", "\">試験").unwrap();
        let account = account.rsplit("/staff/accounts/").next().unwrap().to_owned();
        let done = administrator.post(&format!("/staff/accounts/{account}/disable"), &[]);
        assert_eq!(done.status, 303, "{}", done.text());
        assert_eq!(clerk.get("/staff/me").status, 401);
    });
}

fn open_incident(door: &TestDoor, kind: &'static str, stops: bool) -> String {
    let inside = door.inside().clone();
    let id = inside.store.clone().write(move |tx| {
        let report = Report { service: "convenience_certificates", kind, stops, note: "照合不一致" };
        incidents::open(tx, &inside.seams, &Actor::System { job: "test" }, &report)
    });
    id.unwrap().to_string()
}

fn is_stopped(door: &TestDoor) -> bool {
    door.inside().store.read(|tx| incidents::service_stopped(tx, "convenience_certificates")).unwrap().is_some()
}

#[test]
fn a_stopped_service_is_resumed_by_two_people_in_their_browsers() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let incident = open_incident(&door, "mismatch", true);
        let reason = format!("reason-{incident}");
        let mut one = door.staff(&[Role::CertificateOfficer]);
        let alone = one.post(&format!("/staff/incidents/{incident}/clear"), &[(&reason, "直した")]);
        assert_eq!(alone.status, 410, "one person does not clear what stops");
        let blank = one.post(&format!("/staff/incidents/{incident}/resume"), &[(&reason, " ")]);
        assert_eq!(blank.status, 400);
        let asked = one.post(&format!("/staff/incidents/{incident}/resume"), &[(&reason, "原因を直した")]);
        assert_eq!(asked.location(), Some("/staff/approvals?done=staff-done-asked"));
        assert!(!one.get("/staff/approvals").text().contains("/approve\""), "not by the one who asked");

        let mut two = door.staff(&[Role::CertificateOfficer]);
        let page = two.get("/staff/approvals");
        assert!(page.text().contains("原因を直した") && page.text().contains("照合不一致"));
        let approval = page.between("/staff/approvals/", "/approve").unwrap();
        let approve = format!("/staff/approvals/{approval}/approve");
        assert_eq!(one.post(&approve, &[]).status, 403);
        assert!(is_stopped(&door));
        assert_eq!(two.post(&approve, &[]).status, 303);
        assert!(!is_stopped(&door));
    });
}

#[test]
fn incidents_are_searched_counted_and_saved_for_excel() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    open_incident(&door, "printer", false);
    let incident = open_incident(&door, "=cmd()", false);
    let mut officer = door.staff(&[Role::CertificateOfficer]);
    assert!(officer.get("/staff/incidents").text().contains("2件"));
    assert!(officer.get("/staff/incidents?q=printer").text().contains("1件"));
    let file = officer.get("/staff/incidents.csv?state=all");
    assert!(file.bytes.starts_with(b"\xef\xbb\xbf") && file.text().contains("\"'=cmd()\""), "{}", file.text());
    let reason = format!("reason-{incident}");
    let cleared = officer.post(&format!("/staff/incidents/{incident}/clear"), &[(&reason, "紙を入れた")]);
    assert_eq!(cleared.status, 303);
    assert!(officer.get("/staff/incidents").text().contains("1件"));
}

#[test]
fn a_resident_is_looked_for_only_after_the_work_was_told() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut clerk = door.staff(&[Role::CounterClerk]);
        assert!(clerk.get("/staff/register").text().contains("name=\"duty\""));
        assert_eq!(clerk.post("/staff/register", &[("name", "山田")]).status, 409);
        assert_eq!(clerk.post("/staff/person", &[("resident", "R-1")]).status, 409);
        assert_eq!(clerk.post("/staff/desk", &[("duty", "statistics")]).status, 400, "not a counter's work");
        let number = clerk.post("/staff/desk", &[("duty", "inquiry"), ("note", "123456789018")]);
        assert_eq!(number.status, 400, "an Individual Number is refused");
        clerk.post("/staff/desk", &[("duty", "inquiry"), ("note", "受付12")]);
        let page = clerk.get("/staff/register").text();
        assert!(page.contains("この閲覧は本人に表示されます") && page.contains("受付12"), "{page}");
        let mut other = door.staff(&[Role::CounterClerk]);
        assert!(!other.get("/staff/register").text().contains("受付12"), "each session tells its own");
    });
}

#[test]
fn knocking_too_often_is_told_to_wait_and_locks_nobody_else_out() {
    let door = TestDoor::with(TestDatabase::on_sqlite(), |app| app.limits = Limits::usual());
    let mut noisy = door.stranger();
    let statuses: Vec<u16> = (0..40).map(|_| noisy.post("/staff/sign-in/begin", &[]).status).collect();
    assert_eq!((statuses[0], statuses[39]), (200, 429));
    let refused = noisy.post("/staff/sign-in/begin", &[]);
    assert!(refused.headers.contains_key("retry-after"));
    let mut quiet = door.stranger();
    quiet.peer = "198.51.100.4:1".to_owned();
    assert_eq!(quiet.post("/staff/sign-in/begin", &[]).status, 200);
    door.database.clock.advance_seconds(60);
    assert_eq!(noisy.post("/staff/sign-in/begin", &[]).status, 200, "after a minute");
}

#[test]
fn each_page_speaks_the_readers_language() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let mut officer = door.staff(Role::ALL);
    let pages = [
        "/staff/register",
        "/staff/papers",
        "/staff/incidents/service",
        "/staff/terminals",
        "/staff/imports",
        "/staff/incidents",
        "/staff/approvals",
        "/staff/looked",
        "/staff/accounts",
        "/staff/audit",
        "/staff/me",
    ];
    for (code, html) in [("ja", "ja"), ("ja-easy", "ja"), ("en", "en")] {
        for page in pages {
            let answer = officer.get(&format!("{page}?lang={code}"));
            let text = answer.text();
            assert_eq!(answer.status, 200, "{page} {code}: {text}");
            assert!(text.contains(&format!("<html lang=\"{html}\" data-language=\"{code}\">")), "{page} {code}");
            assert_eq!(text.matches("<h1>").count(), 1, "{page} {code}");
            assert!(!text.contains(">staff-") && !text.contains(">error-"), "{page} {code} shows a key");
        }
    }
    assert_eq!(officer.cookies["yakuba-language"], "en", "and stays so");
    assert!(officer.get("/staff/accounts").text().contains("Staff and roles"));
}

#[test]
fn a_failure_is_a_page_for_people_and_json_for_scripts() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let page = door.stranger().get("/staff/me");
    assert!(page.text().contains("<h1>サインインしてください</h1>") && page.text().contains("/staff/sign-in"));
    let answer = door.stranger().post_json("/staff/sign-in/finish", "{}");
    let told: Json = serde_json::from_slice(&answer.bytes).unwrap();
    assert_eq!((answer.status, told["error"].as_u64()), (410, Some(410)));
    assert!(told["message"].as_str().unwrap().contains("もう一度"), "{told}");
    let english = door.stranger().with_header("accept-language", "en").get("/nowhere");
    assert!(english.text().contains("There is no such page"));
    let large = door.staff(Role::ALL).post("/staff/desk", &[("note", &"x".repeat(70_000))]);
    assert_eq!(large.status, 400);
    assert!(large.text().contains("大きすぎます"));
}

#[test]
fn every_key_the_console_uses_is_known() {
    let words = ui::words();
    let mut unknown = Vec::new();
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/staff"))];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() > 20, "the console's files were not found");
    for file in files {
        let text = std::fs::read_to_string(file).unwrap();
        for piece in text.split("\"staff-").skip(1) {
            let key = format!("staff-{}", piece.split('"').next().unwrap_or_default());
            let is_key = key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            if is_key && !key.ends_with('-') && !words.has(ui::Language::Japanese, &key) {
                unknown.push(key);
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
    for refusal in [staff::StaffRefusal::Name, staff::StaffRefusal::Passkey, staff::StaffRefusal::NoInvitation] {
        assert!(words.has(ui::Language::English, refusal.words()));
    }
}

#[test]
fn a_card_of_the_city_waits_in_the_same_list_and_is_answered_where_its_definition_stands() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let (mut officer, mut second) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
    let fields = [
        ("key", "bicycle"),
        ("name", "駐輪場定期"),
        ("name_easy", "自転車の定期"),
        ("name_english", "Bicycle pass"),
        ("office", "自転車対策課"),
        ("prefix", "B-"),
        ("digits", "7"),
        ("check", "luhn"),
        ("source", "next"),
        ("own_card", "300"),
        ("own_card_again", "500"),
        ("one_card", "0"),
        ("expiry", "months"),
        ("months", "3"),
        ("way", "last_day"),
        ("note", ""),
    ];
    assert_eq!(officer.post("/staff/cards/new", &fields).status, 303);
    assert!(second.get("/staff/approvals").text().contains("承認待ちはありません"), "a draft waits for nobody");
    assert_eq!(officer.post("/staff/cards/bicycle/ask", &[("why", "条例の施行")]).status, 303);
    let page = second.get("/staff/approvals").text();
    assert!(
        page.contains("市のカードの新しい版を始める") && page.contains("駐輪場定期") && page.contains("条例の施行")
    );
    assert!(page.contains("href=\"/staff/cards/bicycle\"") && !page.contains("/approve\""), "{page}");
    assert!(second.get("/staff").text().contains("href=\"/staff/approvals\""), "and in the queue of the first page");
    let mut personnel = door.staff(&[Role::PersonnelOfficer]);
    assert!(!personnel.get("/staff/approvals").text().contains("href=\"/staff/cards/bicycle\""), "may not open it");
    assert_eq!(second.post("/staff/cards/bicycle/approve", &[]).status, 303);
    assert!(!second.get("/staff/approvals").text().contains("駐輪場定期"));
}

#[test]
fn who_is_not_signed_in_is_shown_the_ways_in_and_a_refusal_names_the_action() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let page = door.neighbour().get("/staff");
    let text = page.text();
    assert_eq!(page.status, 401);
    assert!(!text.contains("alert-error") && text.contains("href=\"/staff/sign-in\""), "{text}");
    assert!(text.contains("href=\"/staff/first\""), "a demo says how it begins: {text}");
    assert!(!door.stranger().get("/staff").text().contains("/staff/first"), "not to another machine");
    let refused = door.staff(&[Role::CounterClerk]).get("/staff/staff-ids").text();
    assert!(refused.contains("職員身分証を発行・停止する") && !refused.contains("manage_staff_ids"), "{refused}");
    let english = door.staff(&[Role::CounterClerk]).with_header("accept-language", "en").get("/staff/staff-ids").text();
    assert!(english.contains("issue and stop staff IDs"), "{english}");
}
