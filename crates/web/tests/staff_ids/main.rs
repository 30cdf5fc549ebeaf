//! Staff IDs from the personnel office's file to the door: through HTTP, with cards that really sign. The agent is played here.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

mod desk;
mod doors;
mod drawer;
mod face;
mod questions;
mod scene;

use std::io::Write as _;
use std::process::{Command, Stdio};

use store::testing::{TestDatabase, for_each_engine};
use tools::staff::Role;

use scene::{RECORD, Scene, member, multipart, ok, present, sticker, with_card};

fn words(pdf: &[u8], name: &str) -> (String, String) {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("labels.pdf");
    std::fs::write(&file, pdf).unwrap();
    let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
        let out = Command::new(program).args(arguments).output().unwrap();
        assert!(out.status.success(), "{program}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).into_owned()
    };
    let page = place.path().join("page");
    run(
        "pdftoppm",
        &["-png".as_ref(), "-r".as_ref(), "300".as_ref(), "-singlefile".as_ref(), file.as_ref(), page.as_ref()],
    );
    if let Ok(pictures) = std::env::var("YAKUBA_PICTURES") {
        std::fs::copy(page.with_extension("png"), std::path::Path::new(&pictures).join(format!("{name}.png"))).unwrap();
    }
    let code = run("zbarimg", &["-q".as_ref(), "--raw".as_ref(), page.with_extension("png").as_ref()]);
    (run("pdftotext", &[file.as_ref(), "-".as_ref()]), code.trim().to_owned())
}

/// The script that was written from the document alone, without a line: what it makes of a code.
fn second_opinion(scene: &Scene, code: &str) -> String {
    const NAME: &str = "python-of-tests";
    let json =
        |address: &str| serde_json::from_slice::<serde_json::Value>(&scene.door.stranger().get(address).bytes).unwrap();
    let question = serde_json::json!({
        "code": code,
        "keys": json("/verify/keys.json"),
        "list": json("/staff-id/live.json"),
        "now": scene.door.database.seams.now().seconds(),
    });
    // <target>/<profile>/deps/<this test>
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(NAME);
    let python = if beside.is_file() { beside } else { NAME.into() };
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/staff_ids/staff_id.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    child.stdin.take().unwrap().write_all(question.to_string().as_bytes()).unwrap();
    let out = child.wait_with_output().unwrap();
    String::from_utf8(out.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_record_is_brought_in_whole_or_not_at_all_and_only_by_the_personnel_office() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        for other in [Role::Administrator, Role::CounterClerk, Role::CertificateOfficer, Role::Auditor, Role::Operator]
        {
            assert_eq!(scene.door.staff(&[other]).get("/staff/staff-ids").status, 403, "{}", other.code());
        }
        assert_eq!(officer.get("/staff/register").status, 403, "who keeps staff sees no resident");
        let bad =
            format!("{RECORD}1003,,市民課,主事,見本市長,2020-04-01,\n1004,名,123456789018,主事,見本市長,2020-04-01,\n");
        let page = multipart(&mut officer, "/staff/staff-ids/import", &bad).text();
        assert!(page.contains("マイナンバーかもしれません") && page.contains("空です"), "{page}");
        assert!(!page.contains("123456789018"), "what is refused is not repeated");
        assert!(!officer.get("/staff/staff-ids").text().contains("1001"), "nothing was taken");
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let page = officer.get("/staff/staff-ids").text();
        assert!(page.contains("葛󠄀城　花") && page.contains("1002"), "{page}");
    });
}

#[test]
fn an_id_is_labelled_checked_by_anybody_and_dead_at_once_when_it_is_lost() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let hers = scene.card(11);
        let (page, id) = with_card(&scene, &mut officer, "1001", &hers);
        let other = member(&mut officer, "1002");
        ok(&officer.post(&format!("{other}/issue"), &[]));
        let second = present(&officer.get(&other).text());
        let taken = scene.show(&mut officer, &hers, &format!("/staff/staff-ids/id/{second}/card"));
        assert_eq!(taken.status, 409, "one card, one member: {}", taken.text());

        let printed = officer.post("/staff/staff-ids/labels/print", &[("id", &id), ("place", "4")]);
        assert_eq!((printed.status, printed.headers["content-type"].to_str().unwrap()), (200, "application/pdf"));
        let (text, code) = words(&printed.bytes, "staff-id-case");
        assert!(text.contains("職員身分証明書") && text.contains("1001") && text.contains("見本市長"), "{text}");
        assert!(!text.contains("葛"), "the name is off until the city turns it on: {text}");
        assert!(code.contains("/staff-id#"), "{code}");
        let signed = code.split('#').nth(1).unwrap();
        let token = wire::certificate_code::from_text(&code).unwrap();
        assert!(!token.windows(4).any(|some| some == b"1001"), "no staff number in the code");
        let again = officer.post("/staff/staff-ids/labels/print", &[("id", &id), ("place", "1")]);
        assert_eq!(again.status, 409, "a label is printed once");

        let page_open = scene.ask(signed);
        assert!(page_open.contains("現在の職員です") && page_open.contains("市民課"), "{page_open}");
        assert!(!page_open.contains("葛") && !page_open.contains("1001"), "no name, no number");
        assert_eq!(second_opinion(&scene, &code), "valid 市民課");
        let typed = sticker(&mut officer, &page);
        assert!(scene.ask(&typed.to_lowercase()).contains("現在の職員です"));
        let mut forged = signed.to_owned();
        let swap = if forged.ends_with('A') { "Q" } else { "A" };
        forged.replace_range(40..41, swap);
        assert!(scene.ask(&forged).contains("この市が作った二次元コードではありません"));
        assert!(scene.ask("0000-0000-0000-0000").contains("有効な身分証ではありません"));

        ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/lost"), &[]));
        assert!(scene.ask(signed).contains("有効な身分証ではありません"));
        assert_eq!(second_opinion(&scene, &code), "not valid");
        scene.door.database.clock.advance_seconds(2 * 86_400);
        assert!(scene.ask(signed).contains("今は確かめられません"), "an old list says nothing");
    });
}

#[test]
fn another_label_needs_two_persons_and_is_another_id() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let (page, id) = with_card(&scene, &mut officer, "1001", &scene.card(11));
    let old = sticker(&mut officer, &page);
    assert_eq!(officer.post(&format!("/staff/staff-ids/id/{id}/do/reprint"), &[]).status, 409);
    assert_eq!(officer.post(&format!("/staff/staff-ids/id/{id}/do/renew"), &[]).status, 409, "too early");
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/ask-reprint"), &[("reason", "破損")]));
    assert!(officer.get(&page).text().contains("再作成の承認を待っています"));
    let mut colleague = scene.door.staff(&[Role::PersonnelOfficer]);
    let waiting = colleague.get("/staff/approvals").text();
    let at = waiting.split("action=\"").find(|rest| rest.contains("/approve\"")).unwrap().split('"').next().unwrap();
    let own = officer.post(at, &[]);
    assert_eq!(own.status, 403, "nobody is their own second person");
    ok(&colleague.post(at, &[]));
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/reprint"), &[]));
    let new = sticker(&mut officer, &page);
    assert_ne!(new, old);
    assert!(scene.ask(&new).contains("現在の職員です"), "the card went along");
    assert!(scene.ask(&old).contains("有効な身分証ではありません"));
    assert_eq!(officer.post(&format!("/staff/staff-ids/id/{id}/do/reprint"), &[]).status, 409, "once");
}

#[test]
fn a_card_signs_in_for_the_account_its_holder_linked_until_it_is_lost() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let hers = scene.card(11);
        let (page, id) = with_card(&scene, &mut officer, "1001", &hers);
        let refused = scene.show(&mut scene.door.stranger(), &hers, "/staff/sign-in/card");
        assert_eq!(refused.status, 422, "linked to no account yet: {}", refused.text());

        let mut auditor = scene.door.staff(&[Role::Auditor]);
        ok(&scene.show(&mut auditor, &hers, "/staff/me/card"));
        assert!(officer.get(&page).text().contains("試験 職員"));
        let mut pc = scene.door.stranger();
        ok(&scene.show(&mut pc, &hers, "/staff/sign-in/card"));
        assert_eq!(pc.get("/staff/audit").status, 200, "the account's roles");
        assert_eq!(pc.get("/staff/staff-ids").status, 403, "and no others");
        let others = scene.card(12);
        assert_eq!(scene.show(&mut scene.door.stranger(), &others, "/staff/sign-in/card").status, 422);

        ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/lost"), &[]));
        assert_ne!(pc.get("/staff/audit").status, 200, "an open session ends at once");
        assert_eq!(scene.show(&mut scene.door.stranger(), &hers, "/staff/sign-in/card").status, 422);
    });
}

#[test]
fn whoever_loses_the_link_or_the_card_is_out_of_the_console_at_once() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        let hers = scene.card(11);
        let (page, id) = with_card(&scene, &mut officer, "1001", &hers);
        let second = scene.card(12);
        for (deed, with) in [("unlink", &hers), ("another card", &hers), ("recall", &second)] {
            let mut auditor = scene.door.staff(&[Role::Auditor]);
            ok(&scene.show(&mut auditor, with, "/staff/me/card"));
            let mut pc = scene.door.stranger();
            ok(&scene.show(&mut pc, with, "/staff/sign-in/card"));
            assert_eq!(pc.get("/staff/audit").status, 200, "{deed}");
            match deed {
                "unlink" => ok(&officer.post(&format!("{page}/unlink"), &[])),
                "another card" => ok(&scene.show(&mut officer, &second, &format!("/staff/staff-ids/id/{id}/card"))),
                _ => ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/recall"), &[])),
            }
            assert_ne!(pc.get("/staff/audit").status, 200, "an open session ends: {deed}");
            assert_ne!(auditor.get("/staff/audit").status, 200, "and every other one of the account: {deed}");
            assert_eq!(scene.show(&mut scene.door.stranger(), with, "/staff/sign-in/card").status, 422, "{deed}");
        }
    });
}

#[test]
fn who_left_is_out_everywhere_at_once() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let his = scene.card(21);
    let (page, _) = with_card(&scene, &mut officer, "1002", &his);
    let number = sticker(&mut officer, &page);
    assert!(scene.ask(&number).contains("税務課"));
    ok(&scene.show(&mut scene.door.staff(&[Role::Operator]), &his, "/staff/me/card"));
    ok(&officer.post(&format!("{page}/leave"), &[]));
    assert!(scene.ask(&number).contains("有効な身分証ではありません"));
    assert_eq!(scene.show(&mut scene.door.stranger(), &his, "/staff/sign-in/card").status, 422);
}
