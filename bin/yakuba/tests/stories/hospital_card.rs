//! The hospital's desk and the re-visit machine of a running demo city with its simulated hospital: a card is linked at the
//! desk when the hospital says the same person, and receives its holder at the machine with the PIN.

use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::served::Served;

const DESK: &str = "/counter/hospital";
const PERSON: &str = "/counter/hospital/person";

/// Place and PIN of the cards in the drawer.
fn cards(page: &str) -> Vec<(String, String)> {
    let select = page.split("name=\"card\"").nth(1).expect("a drawer").split("</select>").next().unwrap();
    let options = select.split("<option value=\"").skip(1);
    options
        .filter_map(|one| Some((one.split('"').next()?.to_owned(), one.split("PIN ").nth(1)?.get(..4)?.to_owned())))
        .collect()
}

#[test]
fn a_card_is_linked_at_the_desk_and_received_at_the_machine() {
    a_day(&[]);
}

#[test]
fn a_demo_s_hospital_may_speak_fhir_alone() {
    a_day(&[("YAKUBA_HOSPITAL_SIMULATED", "fhir")]);
}

fn a_day(settings: &[(&str, &str)]) {
    let mut served = Served::start_with(settings);
    let mut desk = Browser::new(&served.address, &[]);
    assert_eq!(desk.ask("GET", "/demo/terminal/hospital_desk", "").location.as_deref(), Some(DESK));
    let start = desk.ask("GET", DESK, "").page();
    assert!(start.contains("体験用の架空の病院です"), "the demo says so: {start}");
    let cards = cards(&start);
    // Chart numbers are given in the drawer's order; somebody else's is not this person's.
    let usable = cards.iter().enumerate().find_map(|(place, (value, pin))| {
        let page = desk.ask("GET", DESK, "").page();
        let shown = desk.send(&page, DESK, &format!("card={value}&pin={pin}"));
        (shown.location.as_deref() == Some(PERSON)).then_some((place, value.clone(), pin.clone()))
    });
    let (place, value, pin) = usable.expect("a card that may be used");
    let own = format!("P-{}", 1001 + place);
    let page = desk.ask("GET", PERSON, "").page();
    let wrong = desk.go_on(&page, "/counter/hospital/link", &format!("chart=P-{}&paper=1", 1002 + place), PERSON);
    assert!(wrong.contains("自動では結び付けませんでした"), "no guess: {wrong}");
    let linked = desk.go_on(&wrong, "/counter/hospital/link", &format!("chart={own}&paper=1"), PERSON);
    assert!(linked.contains("結び付けました。次から"), "{linked}");
    assert!(linked.contains(&own) && linked.contains("今までの診察券"), "{linked}");
    let end = linked.split("action=\"").find(|text| text.split('"').next().unwrap().ends_with("/end")).unwrap();
    let end = end.split('"').next().unwrap().to_owned();
    let ended = desk.go_on(&linked, &end, "", PERSON);
    assert!(!ended.contains("今までの診察券を廃止する"), "the paper card is switched off: {ended}");
    let told = desk.go_on(&ended, "/counter/hospital/changed", "agreed=1", PERSON);
    assert!(told.contains("病院に届きました"), "{told}");

    let mut machine = Browser::new(&served.address, &[]);
    assert_eq!(machine.ask("GET", "/demo/terminal/revisit_machine", "").location.as_deref(), Some("/revisit"));
    let first = machine.ask("GET", "/revisit/card", "").page();
    let bare = machine.send(&first, "/revisit/card", &format!("card={value}&pin="));
    assert_eq!(bare.location.as_deref(), Some("/revisit/card"), "nobody watches: a card alone opens nothing");
    // The simulated hospital tells today's bookings some seconds after the start.
    let until = Instant::now() + Duration::from_secs(60);
    let today = loop {
        let shown = machine.send(&first, "/revisit/card", &format!("card={value}&pin={pin}"));
        assert_eq!(shown.location.as_deref(), Some("/revisit/today"), "{}", shown.page());
        let page = machine.ask("GET", "/revisit/today", "").page();
        if page.contains("/revisit/receive") {
            break page;
        }
        assert!(Instant::now() < until, "no booking: {page}");
        std::thread::sleep(Duration::from_millis(300));
    };
    let received = machine.send(&today, "/revisit/receive", "");
    assert_eq!(received.location.as_deref(), Some("/revisit/receipt"), "{}", received.page());
    let receipt = machine.ask("GET", "/revisit/receipt", "").page();
    assert!(receipt.contains("受付番号") && receipt.contains("<p class=\"revisit-number\">1</p>"), "{receipt}");
    assert!(!receipt.contains("病院のシステムに送っています"), "the hospital has it: {receipt}");
    let log = served.stop();
    assert!(!log.contains(&own), "no chart number is written down");
}
