//! Seal and keys in the console: two persons prepare, two decide from when, one may take back.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use store::StoreError;
use store::testing::TestDatabase;
use tools::paper_keys::{self, PaperKey, Part, Standing};
use tools::staff::Role;
use yakuba_web::staff::{KeyMaker, MadeKey};
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const PATH: &str = "/staff/keys";
const PREPARE: &str = "/staff/keys/prepare";

/// Takes any picture that begins like one.
struct Maker;

impl KeyMaker for Maker {
    fn make(&self, part: Part, files: &[Vec<u8>]) -> Option<MadeKey> {
        let fits = match part {
            Part::Code => files.is_empty(),
            Part::Seal => files.len() == 1 && files[0].starts_with(b"PNG"),
            Part::Document => files.len() == 3,
        };
        fits.then(|| MadeKey { name: format!("{}00aa", part.word()), sealed: b"sealed".to_vec() })
    }
}

fn door() -> TestDoor {
    TestDoor::with(TestDatabase::on_sqlite(), |app| app.key_maker = Some(Arc::new(Maker)))
}

/// The form with files, as a browser sends it.
fn send(officer: &mut Visitor<'_>, part: &str, file: Option<(&str, &[u8])>, token: Option<String>) -> Answer {
    let mut body = Vec::new();
    let mut field = |name: &str, file: &str, value: &[u8]| {
        body.extend_from_slice(
            format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
        );
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    };
    if let Some((name, bytes)) = file {
        field(name, "; filename=\"a\"", bytes);
    }
    field("csrf", "", token.unwrap_or_default().as_bytes());
    field("part", "", part.as_bytes());
    field(&format!("reason-{part}"), "", "年次更新".as_bytes());
    body.extend_from_slice(b"--edge--\r\n");
    officer.send("POST", PREPARE, Some("multipart/form-data; boundary=edge"), body)
}

fn prepare(officer: &mut Visitor<'_>, part: &str, file: Option<(&str, &[u8])>) -> Answer {
    let token = officer.token(PREPARE);
    send(officer, part, file, token)
}

fn only(door: &TestDoor) -> PaperKey {
    let all = door.inside().store.read::<_, StoreError, _>(paper_keys::all).unwrap();
    assert_eq!(all.len(), 1);
    all[0].clone()
}

fn approve(second: &mut Visitor<'_>) -> u16 {
    let page = second.get("/staff/approvals").text();
    let address = page.split("action=\"").find(|part| part.contains("/approve\"")).unwrap();
    let address = address.split('"').next().unwrap().to_owned();
    second.post(&address, &[]).status
}

#[test]
fn a_seal_is_prepared_and_brought_into_use_by_two_persons_each_time() {
    let door = door();
    let (mut one, mut two) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::CertificateOfficer]));
    assert!(one.get(PATH).text().contains("準備されたものはありません"));
    assert_eq!(prepare(&mut one, "seal", Some(("picture", b"GIF"))).status, 400, "no picture of a seal");
    assert_eq!(prepare(&mut one, "seal", Some(("picture", b"PNG"))).status, 303);
    assert_eq!(only(&door).standing, Standing::Proposed);
    // Another one of the part has to wait; one is not one's own second person.
    assert_eq!(prepare(&mut one, "seal", Some(("picture", b"PNG"))).status, 409);
    assert_eq!(approve(&mut two), 303);
    assert_eq!(only(&door).standing, Standing::Prepared);
    let page = one.get(PATH).text();
    assert!(page.contains("準備済み") && page.contains("seal00aa"), "{page}");
    let id = only(&door).id.to_string();
    let (day, time, reason) = (format!("day-{id}"), format!("time-{id}"), format!("reason-{id}"));
    let ask = |officer: &mut Visitor<'_>, on: &str, at: &str| {
        let fields = [("key", id.as_str()), (&day, on), (&time, at), (&reason, "年度替わり")];
        officer.post("/staff/keys/use", &fields).status
    };
    assert_eq!(ask(&mut one, "2020-01-01", "9:00"), 400, "a day that is over");
    assert_eq!(ask(&mut one, "2099-04-01", "25:00"), 400);
    assert_eq!(ask(&mut one, "2099-04-01", "8:30"), 303);
    assert_eq!(only(&door).standing, Standing::Prepared, "asked is not decided");
    assert!(two.get("/staff/approvals").text().contains("8:30"), "the second person sees from when");
    assert_eq!(approve(&mut two), 303);
    assert_eq!(only(&door).standing, Standing::Decided);
    // Nothing was made with it yet: one person may take it back.
    assert_eq!(one.post("/staff/keys/take-back", &[("key", &id)]).status, 303);
    assert_eq!(only(&door).standing, Standing::Discarded);
    assert_eq!(one.post("/staff/keys/take-back", &[("key", &id)]).status, 404);
}

#[test]
fn only_officers_rotate_and_only_from_the_citys_own_page() {
    let door = door();
    for (role, sees) in [(Role::CounterClerk, 403), (Role::Auditor, 200), (Role::Operator, 200)] {
        let mut other = door.staff(&[role]);
        assert_eq!(other.get(PATH).status, sees, "{}", role.code());
        assert_eq!(prepare(&mut other, "code", None).status, 403, "{}", role.code());
    }
    let mut officer = door.staff(&[Role::CertificateOfficer]);
    assert_eq!(send(&mut officer, "code", None, Some("0".repeat(43))).status, 403, "a foreign page's form");
    assert_eq!(prepare(&mut officer, "code", None).status, 303);
}
