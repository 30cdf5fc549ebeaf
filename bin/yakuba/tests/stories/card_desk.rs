//! The desk for the city's cards in a running demo city: card and PIN, the price, the fee, the receipt on paper, the day's cash;
//! and the way back from any form's address. The same terminal comes back when its page is asked for again.

use crate::browser::Browser;
use crate::served::Served;

const PATH: &str = "/counter/cards";
const PERSON: &str = "/counter/cards/person";
const ISSUE: &str = "/counter/cards/issue/sports_hall";

/// Value and PIN of the cards in the drawer.
fn drawer(page: &str) -> Vec<(String, String)> {
    let select = page.split("name=\"card\"").nth(1).expect("a drawer").split("</select>").next().unwrap();
    let pin = |option: &str| Some(option.split("PIN ").nth(1)?.get(..4)?.to_owned());
    select
        .split("<option value=\"")
        .skip(1)
        .filter_map(|option| Some((option.split('"').next()?.to_owned(), pin(option)?)))
        .collect()
}

/// The first address in this page that ends so.
fn address(page: &str, end: &str) -> String {
    let found = page.split('"').find(|text| text.starts_with("/counter/cards/") && text.ends_with(end));
    found.unwrap_or_else(|| panic!("no {end}: {page}")).to_owned()
}

#[test]
fn a_card_is_paid_for_at_the_desk_and_the_receipt_is_a_paper() {
    let mut served = Served::start();
    let mut desk = Browser::new(&served.address, &[]);
    assert_eq!(desk.ask("GET", "/demo/terminal/city_card_desk", "").location.as_deref(), Some(PATH));
    let start = desk.ask("GET", PATH, "").page();
    let cards = drawer(&start);
    let (place, pin) = cards.get(2).expect("a third card");

    // A wrong PIN is said on the desk's own page, with the card that was chosen; loading it again tries nothing again.
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    let page = desk.go_on(&start, PATH, &format!("card={place}&pin={wrong}"), PATH);
    assert!(page.contains("暗証番号") && page.contains(&format!("<option value=\"{place}\" selected")), "{page}");
    let again = desk.ask("GET", PATH, "").page();
    assert!(again.contains("<option value=\"") && again.contains("alert-error"), "still said: {again}");
    desk.go_on(&again, PATH, &format!("card={place}&pin={pin}"), PERSON);

    let price = desk.ask("GET", ISSUE, "").page();
    assert!(price.contains("200円") && price.contains("安くなる額"), "{price}");
    let given = desk.send(&price, ISSUE, "form=own_card");
    let to = given.location.clone().unwrap_or_else(|| panic!("{}", given.page()));
    let receipt = desk.ask("GET", &to, "").page();
    let paper = desk.ask("GET", &address(&receipt, "/paper"), "");
    assert_eq!(paper.status, 200);
    assert!(paper.body.starts_with(b"%PDF-"), "a receipt");
    // The form's address as a page, in another language: the desk's first page, not an error.
    let undo = address(&receipt, &to.rsplit('/').next().map(|card| format!("/undo/sports_hall/{card}")).unwrap());
    assert_eq!(desk.ask("GET", &format!("{undo}?lang=en"), "").location.as_deref(), Some(PATH));
    served.stop();
}
