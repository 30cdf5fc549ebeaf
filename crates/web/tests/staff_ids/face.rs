//! The label for a card's face: a band without code, and a part with the code for the case.

use store::testing::TestDatabase;
use tools::staff::Role;

use crate::scene::{RECORD, Scene, multipart, ok, with_card};
use crate::words;

const SETTINGS: &str = "/staff/staff-ids/labels/settings";

fn settings(sheet: &str) -> [(&str, &str); 11] {
    [
        ("sheet", sheet),
        ("layout", "face"),
        ("contact", "見本市 総務課"),
        ("months", "12"),
        ("own_card", "1500"),
        ("own_card_again", "1500"),
        ("one_card", "50"),
        ("left", "20"),
        ("upper", "20"),
        ("across", "170"),
        ("down", "250"),
    ]
}

#[test]
fn a_face_label_comes_with_its_code_on_the_same_sheet() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let (_, hers) = with_card(&scene, &mut officer, "1001", &scene.card(11));
    let (_, his) = with_card(&scene, &mut officer, "1002", &scene.card(21));
    for small in ["ELM034", "ELM012"] {
        let refused = officer.post(SETTINGS, &settings(small));
        assert_eq!(refused.status, 400, "{small} has no room for a code");
    }
    ok(&officer.post(SETTINGS, &settings("ELM008")));
    let printed = officer.post("/staff/staff-ids/labels/print", &[("id", &hers), ("id", &his), ("place", "2")]);
    assert_eq!(printed.status, 200, "{}", printed.text());
    let (text, codes) = words(&printed.bytes, "staff-id-face");
    assert!(
        text.contains("職員番号 1001") && text.contains("職員番号 1002") && text.contains("カードには貼らない"),
        "{text}"
    );
    assert_eq!(codes.lines().filter(|code| code.contains("/staff-id#")).count(), 2, "each band has its code: {codes}");
    let (first, second) = codes.split_once('\n').unwrap();
    assert_ne!(first, second);
    for code in [first, second] {
        assert!(scene.ask(code.split('#').nth(1).unwrap()).contains("現在の職員です"));
    }
}
