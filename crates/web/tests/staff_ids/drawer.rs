//! The demo's drawer in the place of an agent: enrolling, linking, signing in; and that a real city has none of it.

use store::testing::TestDatabase;
use tools::staff::Role;
use yakuba_web::testing::Visitor;

use crate::scene::{PIN, RECORD, Scene, member, multipart, ok, present, sticker};

const SIGN_IN: &str = "/staff/sign-in/card/drawer";
const LINK: &str = "/staff/me/card/drawer";

/// The same person, sitting at the demo's own computer.
pub fn here(mut visitor: Visitor<'_>) -> Visitor<'_> {
    visitor.peer = "127.0.0.1:40000".to_owned();
    visitor
}

#[test]
fn a_newcomer_makes_links_and_signs_in_with_a_staff_id_from_the_drawer() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = here(scene.door.staff(&[Role::PersonnelOfficer]));
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let place = scene.lay(&scene.card(11)).to_string();
    let page = member(&mut officer, "1001");
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let id = present(&officer.get(&page).text());
    let at = format!("/staff/staff-ids/id/{id}/card");
    let form = officer.get(&at).text();
    assert!(
        form.contains(&format!("action=\"{at}/drawer\"")) && form.contains(">PIN 4826: 見本 0<"),
        "the PIN is never cut off: {form}"
    );
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
    let mut auditor = here(scene.door.staff(&[Role::Auditor]));
    ok(&auditor.post(LINK, &[("card", &place), ("pin", PIN)]));
    let without = pc.post(SIGN_IN, &[("card", &place), ("pin", "")]);
    assert_eq!(without.location(), None, "the console is never opened without the PIN");
    assert_ne!(pc.get("/staff/audit").status, 200);
    assert_eq!(pc.post(SIGN_IN, &[("card", &place), ("pin", PIN)]).location(), Some("/staff"));
    assert_eq!(pc.get("/staff/audit").status, 200, "the account's roles");
    let mut clerk = here(scene.door.staff(&[Role::CounterClerk]));
    assert_eq!(clerk.post(LINK, &[("card", &place), ("pin", PIN)]).status, 409, "one card, one account");
}

/// An officer with a member whose ID waits for a card; the address of its page for the card.
fn waiting(mut officer: Visitor<'_>) -> (Visitor<'_>, String) {
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let page = member(&mut officer, "1001");
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let at = format!("/staff/staff-ids/id/{}/card", present(&officer.get(&page).text()));
    (officer, at)
}

/// The drawer is shut to this officer on every page, and to whoever comes to sign in from the same place.
fn shut(officer: &mut Visitor<'_>, newcomer: &mut Visitor<'_>, at: &str, why: &str) {
    assert!(!officer.get(at).text().contains("/drawer\""), "no form: {why}");
    for address in [format!("{at}/drawer"), LINK.to_owned()] {
        assert_eq!(officer.post(&address, &[("card", "0"), ("pin", PIN)]).status, 403, "{address}: {why}");
    }
    assert_eq!(newcomer.post(SIGN_IN, &[("card", "0"), ("pin", PIN)]).status, 403, "{why}");
}

#[test]
fn the_drawer_of_a_demo_opens_only_at_its_own_computer() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    scene.lay(&scene.card(11));
    let (elsewhere, at) = waiting(scene.door.staff(&[Role::PersonnelOfficer]));
    let forwarded = here(elsewhere.clone()).with_header("x-forwarded-for", "203.0.113.9");
    let proxy = scene.door.neighbour().with_header("x-forwarded-for", "203.0.113.9");
    shut(&mut elsewhere.clone(), &mut scene.door.stranger(), &at, "another machine");
    shut(&mut forwarded.clone(), &mut proxy.clone(), &at, "through a proxy");
    assert!(here(elsewhere).get(&at).text().contains("/drawer\""), "here it opens");
    // A terminal with the drawer is this computer, too.
    let mut desk = scene.desk(None);
    assert_eq!(desk.get("/counter/staff").status, 200);
    let mut moved = desk.clone().with_header("forwarded", "for=203.0.113.9");
    assert_eq!(moved.get("/counter/staff").status, 403);
    desk.peer = "203.0.113.7:40000".to_owned();
    assert_eq!(desk.get("/counter/staff").status, 403);
}

#[test]
fn a_real_city_has_no_drawer_even_if_one_were_left_in_it() {
    for scene in [Scene::real(TestDatabase::on_sqlite()), Scene::left_behind(TestDatabase::on_sqlite())] {
        let (officer, at) = waiting(here(scene.door.staff(&[Role::PersonnelOfficer])));
        shut(&mut officer.clone(), &mut scene.door.neighbour(), &at, "a real city");
        assert!(!scene.door.neighbour().get("/staff/sign-in").text().contains("?card="));
    }
    let left = Scene::left_behind(TestDatabase::on_sqlite());
    assert_eq!(left.desk(None).get("/counter/staff").status, 403, "no terminal opens one either");
}
