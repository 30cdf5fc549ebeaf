//! The re-visit machine's pages: one question each, answered by a way to a page, gone by themselves.

use services::hospital_card::arriving;
use services::hospital_card::linking::Outcome;
use store::testing::TestDatabase;
use testkit::world::hospital::BookingState;
use tools::portal::Assurance;
use tools::terminals::Sort;

use super::scene::House;

const TAG: [(&str, &str); 1] = [("tag", "04A23B1C5D8066")];
const AFRESH: &str = "/revisit?lang=ja&text=usual";

#[test]
fn every_form_leads_to_a_page_that_speaks_every_language_and_a_reload_does_nothing_twice() {
    let house = House::open(TestDatabase::on_sqlite());
    let who = house.people(1).remove(0);
    let patient = house.patient(&who, "C-001");
    let (account, mut at_home) = house.door.resident(Assurance::Substantial);
    house.account(account, &who);
    house.hospital.add(patient.clone());
    house.tag(&who, TAG[0].1);
    assert_eq!(house.link(&who, "C-001"), Outcome::Linked);
    house.book("S1", &patient, 1, BookingState::Booked);
    let mut machine = house.terminal(Sort::RevisitMachine);

    // A number nobody has, and none at all: said on the page that asked.
    let wrong = machine.post("/revisit/tag", &[("tag", "04FFFFFFFFFFFF")]);
    assert_eq!((wrong.status, wrong.location()), (303, Some("/revisit/tag")));
    assert!(machine.get("/revisit/tag").text().contains("role=\"alert\""));
    assert_eq!(machine.post("/revisit/tag", &[("tag", "")]).location(), Some("/revisit/tag"));

    assert_eq!(machine.post("/revisit/tag", &TAG).location(), Some("/revisit/today"));
    for path in ["/revisit", "/revisit/card", "/revisit/loaded", "/revisit/tag", "/revisit/numbers"] {
        let page = machine.get(path).text();
        assert!(page.contains(&format!("{path}?lang=en")) && page.contains(&format!("{path}?text=large")), "{page}");
        assert_eq!(machine.post("/revisit/tag", &TAG).status, 303);
    }
    let page = machine.get("/revisit/today?lang=en").text();
    assert!(page.contains("Booked today") && page.contains("眼科 2番"), "{page}");
    machine.get("/revisit/today?lang=ja");
    for path in ["/revisit/receive", "/revisit/next"] {
        assert_eq!(machine.get(path).location(), Some("/revisit"), "a form's address leads back");
    }
    assert_eq!(machine.post("/revisit/receive", &[]).location(), Some("/revisit/receipt"));
    for language in ["ja", "en", "ja-easy", "ja"] {
        let page = machine.get(&format!("/revisit/receipt?lang={language}")).text();
        assert!(page.contains("<p class=\"revisit-number\">1</p>") && page.contains("眼科 2番"), "{page}");
        let kana = patient.kana.clone().unwrap();
        assert!(!page.contains("C-001") && !page.contains(&kana.family), "{page}");
    }
    assert_eq!(machine.post("/revisit/receive", &[]).location(), Some("/revisit/receipt"));
    assert_eq!(arriving::queue(house.door.inside()).unwrap().len(), 1, "received once");

    // Paper: the machine prints the page as it stands and opens no other; at home a sheet for as long as it is told.
    let page = machine.get("/revisit/receipt");
    assert_eq!(page.headers["refresh"], format!("40;url={AFRESH}"), "it goes by itself");
    let slip = page.between("<article class=\"revisit-slip\">", "</article>").unwrap();
    assert!(slip.contains("番号でお呼びします") && slip.contains("Your number will be called"), "{slip}");
    assert!(slip.contains("眼科 2番") && !slip.contains("C-001"), "{slip}");
    assert!(page.text().contains("data-print") && !page.text().contains("_blank"));
    house.tell();
    let page = at_home.get("/portal/hospital");
    let address = format!("/portal/hospital/{}/receipt", page.between("/portal/hospital/", "/receipt").unwrap());
    assert!(at_home.get(&address).bytes.starts_with(b"%PDF-1.7"));
    let (_, mut stranger) = house.door.resident(Assurance::Substantial);
    assert_eq!(stranger.get(&address).status, 404, "somebody else's");

    assert_eq!(machine.post("/revisit/next", &[]).location(), Some(AFRESH));
    assert_eq!(machine.get("/revisit/receipt").location(), Some(AFRESH));
}

#[test]
fn the_pin_is_always_asked_for_and_a_left_page_goes_by_itself() {
    let house = House::open(TestDatabase::on_sqlite());
    let mut machine = house.terminal(Sort::RevisitMachine);
    let page = machine.get("/revisit/card");
    let input = page.between("<input id=\"pin\"", ">").unwrap();
    for word in
        [" required", "inputmode=\"numeric\"", "pattern=\"[0-9]{4}\"", "maxlength=\"4\"", "autocomplete=\"off\""]
    {
        assert!(input.contains(word), "{word}: {input}");
    }
    assert!(page.text().contains("いつも要ります"));
    for path in ["/revisit/card", "/revisit/tag", "/revisit/numbers"] {
        let refresh = machine.get(path).headers["refresh"].to_str().unwrap().to_owned();
        assert!(refresh.ends_with(&format!(";url={AFRESH}")), "{refresh}");
    }
    let refresh = machine.get("/revisit/queue").headers["refresh"].to_str().unwrap().to_owned();
    assert!(refresh.ends_with(";url=/revisit/queue"), "the hall's screen stays: {refresh}");
    // No word is missing: a key never stands in its place.
    for path in ["/revisit", "/revisit/card", "/revisit/loaded", "/revisit/tag", "/revisit/queue"] {
        for language in ["en", "ja-easy", "ja"] {
            let page = machine.get(&format!("{path}?lang={language}")).text();
            assert!(!page.contains(">hospital-") && !page.contains(">taps-"), "{page}");
        }
    }
    // Before the ceremony of keys no card goes without PIN.
    assert!(!machine.get("/revisit").text().contains("/revisit/loaded"));
    assert_eq!(machine.post("/revisit/loaded", &[]).location(), Some("/revisit/loaded"));
    // Without a PIN nothing is opened: the answer is on the page that asked.
    assert_eq!(machine.post("/revisit/card", &[("pin", "")]).location(), Some("/revisit/card"));
    assert!(machine.get("/revisit/card").text().contains("role=\"alert\""));
    assert_eq!(machine.get("/revisit/today").location(), Some(AFRESH));
}
