//! The demo's drawer in the place of an agent: enrolling, linking, signing in; and that a real city has none of it.

use store::testing::TestDatabase;
use tools::staff::Role;

use crate::scene::{PIN, RECORD, Scene, member, multipart, ok, present, sticker};

const SIGN_IN: &str = "/staff/sign-in/card/drawer";
const LINK: &str = "/staff/me/card/drawer";

#[test]
fn a_newcomer_makes_links_and_signs_in_with_a_staff_id_from_the_drawer() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let place = scene.lay(&scene.card(11)).to_string();
    let page = member(&mut officer, "1001");
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let id = present(&officer.get(&page).text());
    let at = format!("/staff/staff-ids/id/{id}/card");
    let form = officer.get(&at).text();
    assert!(form.contains(&format!("action=\"{at}/drawer\"")) && form.contains("見本 0 (PIN 4826)"), "{form}");
    let drawer = format!("{at}/drawer");
    let wrong = officer.post(&drawer, &[("card", &place), ("pin", "0000")]);
    assert!(wrong.status == 200 && wrong.text().contains("暗証番号がちがいます"), "{}", wrong.text());
    assert_eq!(officer.post(&drawer, &[("card", "7"), ("pin", PIN)]).status, 200, "no such card: it is said");
    assert!(officer.get(&page).text().contains("カードの登録待ち"), "nothing is enrolled yet");
    let done = officer.post(&drawer, &[("card", &place), ("pin", PIN)]);
    assert_eq!(done.location(), Some(&*format!("{page}?done=staff-done-id-enrolled")), "{}", done.text());
    let label = sticker(&mut officer, &page);
    assert!(scene.ask(&label).contains("現在の職員です"));

    let mut pc = scene.door.neighbour();
    assert!(pc.get("/staff/sign-in").text().contains("/staff/sign-in/card"));
    assert_eq!(pc.post(SIGN_IN, &[("card", &place), ("pin", PIN)]).status, 422, "linked to no account yet");
    let mut auditor = scene.door.staff(&[Role::Auditor]);
    ok(&auditor.post(LINK, &[("card", &place), ("pin", PIN)]));
    let without = pc.post(SIGN_IN, &[("card", &place), ("pin", "")]);
    assert_eq!(without.location(), None, "the console is never opened without the PIN");
    assert_ne!(pc.get("/staff/audit").status, 200);
    assert_eq!(pc.post(SIGN_IN, &[("card", &place), ("pin", PIN)]).location(), Some("/staff"));
    assert_eq!(pc.get("/staff/audit").status, 200, "the account's roles");
    let mut clerk = scene.door.staff(&[Role::CounterClerk]);
    assert_eq!(clerk.post(LINK, &[("card", &place), ("pin", PIN)]).status, 409, "one card, one account");
}

#[test]
fn a_city_without_a_drawer_takes_no_card_from_one() {
    let scene = Scene::real(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let page = member(&mut officer, "1001");
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let at = format!("/staff/staff-ids/id/{}/card", present(&officer.get(&page).text()));
    assert!(!officer.get(&at).text().contains("/drawer"));
    for address in [format!("{at}/drawer"), LINK.to_owned()] {
        assert_eq!(officer.post(&address, &[("card", "0"), ("pin", PIN)]).status, 404, "{address}");
    }
    assert_eq!(scene.door.neighbour().post(SIGN_IN, &[("card", "0"), ("pin", PIN)]).status, 404);
    assert_eq!(scene.door.stranger().post(SIGN_IN, &[("card", "0"), ("pin", PIN)]).status, 403, "not from elsewhere");
}
