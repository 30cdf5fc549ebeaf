//! What a running city writes into its log at the most talkative level: nobody's name, address or serial number.

use std::collections::BTreeSet;

use pki::jpki_profile::{CertificateKind, judge};
use pki::test_authority::TestAuthority;
use yakuba::cards;
use yakuba::keys::SimulatedAuthorities;

use crate::browser::Browser;
use crate::served::Served;

#[test]
fn the_log_names_nobody() {
    let place = tempfile::tempdir().unwrap();
    let (pin, on_cards) = cards_of(&place.path().join("data"));
    let mut city = Served::start_on(place, &[]);
    tap(&city.address, &pin);
    let out = city.data.join("paper.pdf");
    let served = city.issue(&city.sample("family-of-six"), &out);
    assert!(served.status.success(), "{}", String::from_utf8_lossy(&served.stderr));
    let refused = city.issue(&city.sample("under-protection"), &out);
    assert_eq!(refused.status.code(), Some(1));
    let mut secrets = secrets(&city.file("residents.csv"));
    assert!(secrets.len() > 100 && on_cards.len() > 10, "the search looks for something");
    secrets.extend(on_cards);
    let log = city.stop();
    assert!(!log.trim().is_empty(), "the city wrote a log");
    let asked = [&served.stderr, &refused.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    for text in [log.as_str(), &asked[0], &asked[1]] {
        let told: Vec<&String> = secrets.iter().filter(|secret| text.contains(secret.as_str())).collect();
        assert!(told.is_empty(), "the log tells {told:?}");
    }
}

/// Makes the city; answers with the PIN of the first card in the drawer, and with each card's serial number and holder id
/// as a log might write them.
fn cards_of(data: &std::path::Path) -> (String, Vec<String>) {
    crate::born::into(data);
    let city = yakuba::birth::demo(data, 1, 1, &mut |_| {}).unwrap();
    let inside = city.inside();
    let authorities = SimulatedAuthorities::open(data, &inside.seams).unwrap();
    let anchors = TestAuthority::anchors(&[&authorities.user_authentication]).unwrap();
    let drawer = cards::drawer(inside).unwrap();
    let mut told = Vec::new();
    for labelled in &drawer {
        let contents = cards::stored(inside, &labelled.resident).unwrap().unwrap();
        let certificate = contents.user_authentication.certificate;
        let judged = judge(&certificate, CertificateKind::UserAuthentication, &anchors, inside.seams.now()).unwrap();
        let serial = &judged.id().serial;
        let number = serial.iter().fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        let pairs: Vec<String> = serial.iter().map(|byte| format!("{byte:02x}")).collect();
        told.extend([number.to_string(), pairs.concat(), pairs.concat().to_uppercase(), pairs.join(":")]);
        told.push(format!("{serial:?}"));
        told.push(contents.manufacturing_number);
    }
    (drawer[0].pin.clone(), told)
}

/// A person at the machine: a wrong PIN, the right one, and away.
fn tap(address: &str, pin: &str) {
    let mut machine = Browser::at_a_demo_machine(address);
    machine.begin();
    let page = machine.ask("GET", "/kiosk/card", "").page();
    let page = machine.go_on(&page, "/kiosk/card", "card=0", "/kiosk/pin");
    let wrong = if pin == "0000" { "1111" } else { "0000" };
    let page = machine.go_on(&page, "/kiosk/pin", &format!("pin={wrong}"), "/kiosk/pin");
    let page = machine.go_on(&page, "/kiosk/pin", &format!("pin={pin}"), "/kiosk/kind");
    let page = machine.go_on(&page, "/kiosk/kind", "kind=residence_certificate", "/kiosk/choose");
    machine.go_on(&page, "/kiosk/choose", "who=household&copies=1", "/kiosk/confirm");
    machine.ask("GET", "/kiosk/ended", "");
}

/// Names with and without the space between, readings, whole addresses, birth dates and residence card numbers.
fn secrets(residents: &str) -> BTreeSet<String> {
    let mut lines = residents.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    let wanted = [
        "name",
        "name_kana",
        "alphabet_name",
        "common_name",
        "former_name",
        "address",
        "previous_address",
        "family_register_domicile",
        "residence_card_number",
        "birth_date",
    ];
    let mut secrets = BTreeSet::new();
    for line in lines {
        for (column, value) in columns.iter().zip(line.split(',')) {
            if wanted.contains(column) && value.chars().count() > 2 {
                secrets.insert(value.to_owned());
                secrets.insert(value.replace(['\u{3000}', ' '], ""));
            }
        }
    }
    secrets
}
