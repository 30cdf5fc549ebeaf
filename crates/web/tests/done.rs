//! What a page says after a form was done: its own sentence in every language, and no other, whatever stands in the address.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

use store::testing::TestDatabase;
use tools::staff::Role;
use yakuba_web::testing::TestDoor;

/// Pages to which forms of the console lead.
const PAGES: [&str; 9] = [
    "/staff",
    "/staff/accounts",
    "/staff/approvals",
    "/staff/cards",
    "/staff/hospital",
    "/staff/incidents",
    "/staff/library",
    "/staff/terminals",
    "/staff/staff-ids",
];

/// The keys that stand in files of this beginning.
fn keys(beginning: &str) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/locale/ja");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let all = files.filter(|path| path.extension().is_some_and(|end| end == "ftl"));
    let text: String = all.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let named = text.lines().filter_map(|line| line.split_once(" = ")).map(|(key, _)| key.to_owned());
    let mut keys: Vec<String> = named.filter(|key| key.starts_with(beginning)).collect();
    keys.sort();
    keys
}

#[test]
fn every_page_a_form_leads_to_says_what_was_done_in_every_language() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let mut staff = door.staff(Role::ALL);
    for page in PAGES {
        for language in ui::Language::ALL {
            let sentence = ui::words().get(language, "staff-done-approved");
            let address = format!("{page}?done=staff-done-approved&lang={}", language.code());
            let shown = staff.get(&address);
            assert_eq!(shown.status, 200, "{address}");
            assert!(shown.text().contains(&sentence), "{address} does not say {sentence}");
            // A link to another language keeps the sentence, and the page without the word says nothing.
            let plain = staff.get(&format!("{page}?lang={}", language.code())).text();
            assert!(!plain.contains(&sentence), "{page}");
        }
    }
}

#[test]
fn each_sentence_of_the_console_is_said_and_nothing_else_that_an_address_brings() {
    let door = TestDoor::open(TestDatabase::on_sqlite());
    let mut staff = door.staff(Role::ALL);
    let keys = keys("staff-done-");
    assert!(keys.len() > 30, "{keys:?}");
    for key in &keys {
        let page = staff.get(&format!("/staff/cards?done={key}&lang=ja")).text();
        assert!(page.contains("alert-success"), "{key}");
    }
    for foreign in ["staff-nav-home", "staff-done-there-is-none", "%3Cscript%3E", "", "portal-done-nothing"] {
        let page = staff.get(&format!("/staff/cards?done={foreign}&lang=ja")).text();
        assert!(!page.contains("alert-success") && !page.contains("<script>"), "{foreign}: {page}");
    }
}
