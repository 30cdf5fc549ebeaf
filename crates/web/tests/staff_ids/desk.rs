//! The guard's desk: what it takes where staff watch and where nobody does.

use store::testing::{TestDatabase, for_each_engine};
use tools::credentials::tap_rules::Attendance;
use tools::staff::Role;
use yakuba_web::testing::Visitor;

use crate::scene::{PIN, RECORD, Scene, member, multipart, ok, present, sticker, with_card};

const PATH: &str = "/counter/staff";
const ONCE: &str = "/counter/staff/once";

const VALID: &str = "有効です。カードとシールは、同じ職員のものです。";
const NOT_TOGETHER: &str = "カードとシールが合いません。";
const NOT_VALID: &str = "有効な身分証ではありません";
const NOT_ENROLLED: &str = "かざすだけで使う登録がまだです";
const UNATTENDED: &str = "この端末では、カードをかざすだけでは使えません";
const ANOTHER_CARD: &str = "登録したカードではありません";

/// What the desk says of this card of the drawer and this label.
fn shown(desk: &mut Visitor<'_>, card: usize, pin: &str, label: &str) -> String {
    let answer = desk.post(PATH, &[("card", &card.to_string()), ("pin", pin), ("label", label)]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let page = answer.text();
    let at = page.find("class=\"alert").unwrap_or_else(|| panic!("nothing is said: {page}"));
    page[at..].split("</div></div>").next().unwrap().to_owned()
}

/// How the taps at all desks were judged; the tests' clock stands still, so not in the order of time.
fn taps(scene: &Scene) -> Vec<(String, String)> {
    let rows = scene.door.inside().store.read::<_, store::StoreError, _>(|tx| {
        let rows = tx.query("SELECT outcome, clause FROM taps ORDER BY outcome, clause", &[])?;
        rows.iter()
            .map(|row| Ok((row.text(0)?.to_owned(), row.opt_text(1)?.unwrap_or_default().to_owned())))
            .collect::<Result<Vec<_>, _>>()
    });
    rows.unwrap()
}

#[test]
fn where_staff_watch_an_enrolled_card_is_enough_and_where_nobody_does_it_is_not() {
    for_each_engine(|database| {
        let scene = Scene::open(database);
        let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
        ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
        // Enrolled through an agent: it proves the PIN and reads no key of the card.
        let hers = scene.card(11);
        let (page, id) = with_card(&scene, &mut officer, "1001", &hers);
        let (place, label) = (scene.lay(&hers), sticker(&mut officer, &page));
        let mut watched = scene.desk(Some(Attendance::FaceToFace));
        let mut empty = scene.desk(None);

        assert!(shown(&mut watched, place, "", &label).contains(NOT_ENROLLED));
        let back = "href=\"/counter/staff\">最初の画面へ<";
        assert!(!watched.get(PATH).text().contains(back), "nothing is answered yet");
        let answer = watched.post(PATH, &[("card", &place.to_string()), ("pin", PIN), ("label", &label)]).text();
        assert!(answer.contains(VALID) && answer.contains(back), "with the PIN at once, and a way back: {answer}");
        assert!(shown(&mut empty, place, PIN, &label).contains(VALID), "with the PIN where nobody watches, too");

        // Once, with both PINs; a wrong one enrols nothing, and nothing is enrolled where nobody watches.
        let once = [("card", "0"), ("pin", PIN), ("support", "")];
        assert_eq!(empty.post(ONCE, &once).location(), Some(PATH));
        assert_eq!(watched.post(ONCE, &[("card", "0"), ("pin", "0000"), ("support", "")]).location(), Some(ONCE));
        assert!(watched.get(ONCE).text().contains("暗証番号がちがいます"));
        assert!(shown(&mut watched, place, "", &label).contains(NOT_ENROLLED));
        assert_eq!(watched.post(ONCE, &once).location(), Some(PATH));
        assert!(watched.get(PATH).text().contains("次からは、かざすだけで確かめられます"));

        let valid = shown(&mut watched, place, "", &label);
        assert!(valid.contains(VALID) && valid.contains("市民課") && !valid.contains("葛"), "{valid}");
        assert!(shown(&mut empty, place, "", &label).contains(UNATTENDED), "nobody watches: PIN or an issued tag");
        let mut seen = scene.desk(Some(Attendance::Watched));
        assert!(shown(&mut seen, place, "", &label).contains(VALID), "seen by staff in a place of the city");
        let told = taps(&scene);
        let told: Vec<(&str, &str)> = told.iter().map(|(outcome, clause)| (&**outcome, &**clause)).collect();
        assert_eq!(
            told,
            [
                ("not_enrolled_for_taps", ""),
                ("not_enrolled_for_taps", ""),
                ("taken", "64-12-2-1"),
                ("taken", "64-12-2-2"),
                ("unattended", "")
            ],
            "every tap is a row, with the case of the rule"
        );

        // A copy of her certificate on another card: its own key is another.
        let copy = scene.lay(&hers);
        assert!(shown(&mut watched, copy, "", &label).contains(ANOTHER_CARD));
        // A card of nobody here is one that was never proved.
        let strangers = scene.lay(&scene.card(12));
        assert!(shown(&mut watched, strangers, "", &label).contains(NOT_ENROLLED));

        ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/lost"), &[]));
        assert!(shown(&mut watched, place, "", &label).contains(NOT_ENROLLED), "its key was forgotten with it");
        assert!(shown(&mut watched, place, PIN, &label).contains(NOT_VALID));
    });
}

#[test]
fn card_and_label_of_two_members_do_not_belong_together_and_a_new_label_keeps_the_key() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = crate::drawer::here(scene.door.staff(&[Role::PersonnelOfficer]));
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let place = scene.lay(&scene.card(11));
    let page = member(&mut officer, "1001");
    ok(&officer.post(&format!("{page}/issue"), &[]));
    let id = present(&officer.get(&page).text());
    let enrol = format!("/staff/staff-ids/id/{id}/card/drawer");
    ok(&officer.post(&enrol, &[("card", &place.to_string()), ("pin", PIN)]));
    let (his, _) = with_card(&scene, &mut officer, "1002", &scene.card(21));
    let (label, others) = (sticker(&mut officer, &page), sticker(&mut officer, &his));
    let mut desk = scene.desk(Some(Attendance::FaceToFace));
    assert!(shown(&mut desk, place, "", &label).contains(VALID), "the drawer keeps the card's own key at once");
    assert!(shown(&mut desk, place, "", &others).contains(NOT_TOGETHER));

    // Its label is printed again, as another ID: card and key went along.
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/ask-reprint"), &[("reason", "破損")]));
    let mut second = scene.door.staff(&[Role::PersonnelOfficer]);
    let waiting = second.get("/staff/approvals").text();
    assert!(waiting.contains(&label) && waiting.contains(&format!("href=\"{page}\"")), "which, and where: {waiting}");
    let at = waiting.split("action=\"").find(|rest| rest.contains("/approve\"")).unwrap().split('"').next().unwrap();
    ok(&second.post(at, &[]));
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/reprint"), &[]));
    let new = sticker(&mut officer, &page);
    assert!(shown(&mut desk, place, "", &new).contains(VALID));
    assert!(shown(&mut desk, place, "", &label).contains(NOT_VALID), "the old label is dead");
}
