//! What is hard to undo is asked twice; who leaves gets no new ID; openings are kept for fewer days only by two.

use store::testing::{TestDatabase, for_each_engine};
use tools::staff::Role;

use crate::scene::{RECORD, Scene, member, multipart, ok, present, with_card};

const DAYS: &str = "/staff/staff-ids/doors/days";
const DOORS: &str = "/staff/staff-ids/doors";

#[test]
fn each_deed_that_is_hard_to_undo_says_what_will_happen_before_it_is_done() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let (page, id) = with_card(&scene, &mut officer, "1001", &scene.card(11));
    let shown = officer.get(&page).text();
    let questions = [
        (format!("/staff/staff-ids/id/{id}/do/lost"), "見つかっても元に戻せません"),
        (format!("/staff/staff-ids/id/{id}/do/recall"), "裁断してください"),
        (format!("{page}/leave"), "今日が最後の勤務日になります"),
    ];
    for (address, what) in &questions {
        assert!(!shown.contains(&format!("action=\"{address}\"")), "{address} is not one press away");
        assert!(shown.contains(&format!("href=\"{address}\"")), "{address} is reached by a link");
        let asked = officer.get(address);
        let text = asked.text();
        assert!(asked.status == 200 && text.contains(what) && text.contains("1001"), "{address}: {text}");
        assert!(text.contains(&format!("action=\"{address}\"")) && text.contains(&format!("href=\"{page}\"")));
    }
    assert!(officer.get(&page).text().contains(">有効<"), "asking changes nothing");
    assert_eq!(officer.get(&format!("{page}/unlink")).status, 200);
    assert_eq!(officer.get(&format!("/staff/staff-ids/id/{id}/do/renew")).status, 404, "nothing to ask there");
    ok(&officer.post(&questions[0].0, &[]));
    assert_eq!(officer.get(&questions[0].0).status, 409, "lost once");
    assert_eq!(officer.get(&questions[1].0).status, 200, "a lost one is still recalled");
    assert_eq!(scene.door.staff(&[Role::Administrator]).get(&questions[1].0).status, 403);
}

#[test]
fn who_leaves_gets_no_other_id_by_any_way() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    let today = scene.door.database.seams.now().date_in_japan();
    let soon = format!("{RECORD}1003,試験　三郎,税務課,主事,見本市長,2021-04-01,{}\n", today.plus_days(1));
    ok(&multipart(&mut officer, "/staff/staff-ids/import", &soon));
    let (page, id) = with_card(&scene, &mut officer, "1001", &scene.card(11));
    ok(&officer.post(&format!("{page}/leave"), &[]));
    let shown = officer.get(&page).text();
    assert!(!shown.contains("/issue\"") && shown.contains("今日が最後の勤務日"), "{shown}");
    let refused = officer.post(&format!("{page}/issue"), &[]);
    assert!(refused.status == 409 && refused.text().contains("今日が最後の勤務日"), "{}", refused.text());
    for deed in ["renew", "reprint"] {
        assert_eq!(officer.post(&format!("/staff/staff-ids/id/{id}/do/{deed}"), &[]).status, 409, "{deed}");
    }
    // Whose last day was foreseen: renewed until then, not on it, and not after it.
    let (page, id) = with_card(&scene, &mut officer, "1003", &scene.card(12));
    scene.door.database.clock.advance_seconds(86_400);
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    let renewed = officer.post(&format!("/staff/staff-ids/id/{id}/do/renew"), &[]);
    assert!(renewed.status == 409 && renewed.text().contains("今日が最後の勤務日"), "{}", renewed.text());
    scene.door.database.clock.advance_seconds(86_400);
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    let renewed = officer.post(&format!("/staff/staff-ids/id/{id}/do/renew"), &[]);
    assert!(renewed.status == 409 && renewed.text().contains("在職していません"), "{}", renewed.text());
    let issued = officer.post(&format!("{page}/issue"), &[]);
    assert!(issued.status == 409 && issued.text().contains("在職していません"), "{}", issued.text());
}

#[test]
fn openings_are_kept_longer_by_one_and_shorter_only_by_two() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        let kept = |days: &str| {
            let page = scene.door.staff(&[Role::PersonnelOfficer]).get(DOORS).text();
            assert!(page.contains(&format!("value=\"{days}\"")), "{days}: {page}");
        };
        kept("90");
        ok(&officer.post(DAYS, &[("days", "365"), ("reason", "")]));
        kept("365");
        assert_eq!(officer.post(DAYS, &[("days", "0"), ("reason", "x")]).status, 400);
        let bare = officer.post(DAYS, &[("days", "30"), ("reason", "")]);
        assert!(bare.status == 400 && bare.text().contains("もう一人の承認"), "{}", bare.text());
        let asked = officer.post(DAYS, &[("days", "30"), ("reason", "条例の改正")]);
        assert!(asked.location().unwrap().ends_with("done=staff-done-id-asked"), "{}", asked.text());
        kept("365");
        assert_eq!(officer.post(DAYS, &[("days", "20"), ("reason", "もう一つ")]).status, 409, "one wish at a time");
        let mut colleague = scene.door.staff(&[Role::PersonnelOfficer]);
        let waiting = colleague.get("/staff/approvals").text();
        assert!(waiting.contains("365日から30日へ短くする") && waiting.contains("条例の改正"), "{waiting}");
        let at = waiting.split("action=\"").find(|rest| rest.contains("/approve\"")).unwrap();
        let at = at.split('"').next().unwrap().to_owned();
        assert_eq!(officer.post(&at, &[]).status, 403, "nobody is their own second person");
        assert_eq!(scene.door.staff(&[Role::Auditor]).post(&at, &[]).status, 403);
        kept("365");
        ok(&colleague.post(&at, &[]));
        kept("30");
        assert!(colleague.post(&at, &[]).status >= 400, "once");
    });
}

#[test]
fn the_likely_next_step_is_the_first_button_and_the_ledger_tells_the_time_of_japan() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let page = member(&mut officer, "1001");
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let id = present(&officer.get(&page).text());
    let first = |text: &str| {
        let link = text.split("<a class=\"button\" href=\"").nth(1).unwrap();
        link.split('"').next().unwrap().to_owned()
    };
    assert_eq!(first(&officer.get(&page).text()), format!("/staff/staff-ids/id/{id}/card"));
    ok(&scene.show(&mut officer, &scene.card(11), &format!("/staff/staff-ids/id/{id}/card")));
    assert_eq!(first(&officer.get(&page).text()), "/staff/staff-ids/labels");
    let file = officer.get("/staff/staff-ids/ledger.csv").text();
    let now = ui::dates::in_japan(scene.door.database.seams.now());
    assert!(file.contains("日時(日本時間)") && file.contains(&now[..16]) && now.ends_with("+09:00"), "{file}");
    assert!(!file.contains("Z\""), "no time of Greenwich: {file}");
}
