//! The cards that come as examples, each given once at a desk: bicycle parking, sports hall, seal registration. What the one
//! card saves is said before; time alone ends what has a last day; a department's system nobody here wrote does its work.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

#[path = "shared/hanako.rs"]
mod hanako;

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use services::city_cards::{examples, kept};
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::access::Actor;
use tools::service_cards::{CardError, CardStatus, change, find_number};
use tools::staff::Role;
use tools::terminals::Sort;
use yakuba_web::taps::Shown;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

/// A city with its examples in force, and somebody in it.
fn city(database: TestDatabase) -> (TestDoor, ResidentId) {
    let (door, hanako) = hanako::city(database);
    let seams = door.database.seams.clone();
    let seed = move |tx: &mut store::Tx<'_>| {
        examples::all().iter().try_for_each(|(key, example)| kept::seed_demo(tx, &seams, key, example))
    };
    door.inside().store.write::<_, kept::CardsError, _>(seed).unwrap();
    (door, hanako)
}

/// A desk at which this person's tag was read just now.
struct Desk<'a> {
    door: &'a TestDoor,
    visitor: Visitor<'a>,
    terminal: base::Id,
    person: Shown,
}

impl<'a> Desk<'a> {
    fn of(door: &'a TestDoor, who: &ResidentId) -> Self {
        let (visitor, terminal, person) = hanako::desk_of(door, who, Sort::CityCardDesk, "city_cards");
        Self { door, visitor, terminal, person }
    }

    /// The tag is read again.
    fn show(&mut self) {
        let now = self.door.app.seams.now();
        self.door.app.held.put(self.terminal, "city_cards", self.person.clone(), now);
    }

    fn get(&mut self, address: &str) -> String {
        let answer = self.visitor.get(address);
        assert_eq!(answer.status, 200, "{address}: {:?}", answer.location());
        answer.text()
    }

    /// Sends a form and reads the page it leads to.
    fn send(&mut self, address: &str, fields: &[(&str, &str)]) -> (String, String) {
        let answer: Answer = self.visitor.post(address, fields);
        assert_eq!(answer.status, 303, "{}", answer.text());
        let to = answer.location().unwrap().to_owned();
        let page = self.get(&to);
        (to, page)
    }
}

/// The part of a desk's page about this card.
fn about<'a>(page: &'a str, name: &str) -> &'a str {
    page.split("<section class=\"card\">").find(|part| part.contains(name)).unwrap_or_else(|| panic!("{name}: {page}"))
}

#[test]
fn each_shipped_card_is_given_once_with_its_own_number_fee_and_difference() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        let mut desk = Desk::of(&door, &hanako);
        // Key, name, what is typed, the number, own fee, what the one card saves.
        let shipped = [
            ("bicycle_parking", "駐輪場定期利用券", "", "B-00000018", "300円", "300円"),
            ("sports_hall", "スポーツ施設利用者カード", "", "S0000019", "200円", "200円"),
            ("seal_registration", "印鑑登録証", "0000123", "0000123", "300円", "300円"),
        ];
        for (key, name, typed, number, fee, saved) in shipped {
            let at = format!("/counter/cards/issue/{key}");
            let price = desk.get(&at);
            assert!(price.contains(name) && price.contains(fee) && price.contains("安くなる額"), "{price}");
            assert!(price.contains(&format!("<strong>{saved}</strong>")), "{price}");
            let typed = if typed.is_empty() { String::new() } else { nw7(typed) };
            let (_, receipt) = desk.send(&at, &[("form", "own_card"), ("number", &typed)]);
            assert!(receipt.contains(number) && receipt.contains("領収書の番号"), "{receipt}");
            // The Individual Number Card beside it: the same number, nothing to pay, and so much less.
            let (_, receipt) = desk.send(&at, &[("form", "one_card"), ("number", "")]);
            assert!(receipt.contains(number) && receipt.contains("0円") && receipt.contains(saved), "{receipt}");
            let page = desk.get("/counter/cards/person");
            assert_eq!(about(&page, name).matches("<p class=\"secret\">").count(), 2, "side by side: {page}");
            // Each form once.
            let (_, page) = desk.send(&at, &[("form", "own_card"), ("number", &typed)]);
            assert!(page.contains("同じ形のカードがもうあります"), "{page}");
        }
        // What is open about the seal registration stands on its page, and nobody asks for it in the portal.
        assert!(
            door.staff(&[Role::CounterClerk])
                .get("/staff/cards/seal_registration")
                .text()
                .contains("条例の改正が必要です")
        );
        let cash = door.staff(&[Role::CertificateOfficer]).get("/staff/cash.csv").text();
        for (name, fee) in [("駐輪場定期利用券", 300), ("スポーツ施設利用者カード", 200), ("印鑑登録証", 300)]
        {
            assert!(cash.contains(&format!("\"{name}\",\"{fee}\",\"0\"")), "{cash}");
        }
    });
}

/// A number of the seal registration: seven digits and the check sign of the definition, found as a clerk's typing would be
/// judged.
fn nw7(digits: &str) -> String {
    let (_, definition) = examples::all().into_iter().find(|(key, _)| *key == "seal_registration").unwrap();
    let numbers = "0123456789-$:/.+".chars().map(|sign| format!("{digits}{sign}"));
    let sound: Vec<String> = numbers.filter(|number| definition.number.read(number).is_ok()).collect();
    assert_eq!(sound.len(), 1, "one check sign alone fits: {sound:?}");
    sound[0].clone()
}

#[test]
fn a_number_that_was_refused_stands_in_its_field_and_an_individual_number_does_not() {
    let (door, hanako) = city(TestDatabase::on_sqlite());
    let mut desk = Desk::of(&door, &hanako);
    let at = "/counter/cards/issue/seal_registration";
    let (to, page) = desk.send(at, &[("form", "own_card"), ("number", "0000123X")]);
    assert!(!to.contains("0000123X"), "a number stands in no address: {to}");
    assert!(page.contains("value=\"0000123X\"") && page.contains("value=\"own_card\" checked"), "{page}");
    let english = desk.get(&format!("{at}?form=own_card&lang=en"));
    assert!(english.contains("value=\"0000123X\"") && english.contains("lang=\"en\""), "{english}");
    door.database.clock.advance_seconds(31);
    assert!(!desk.get(&format!("{at}?lang=ja")).contains("0000123X"), "not for ever");
    for number in ["123456789018", "１２３４５６７８９０１８"] {
        let (_, page) = desk.send(at, &[("form", "own_card"), ("number", number)]);
        assert!(page.contains("マイナンバーは入れられません") && !page.contains(number), "{page}");
    }
    // Nor for the next person.
    let _ = desk.send(at, &[("form", "own_card"), ("number", "0000123X")]);
    desk.show();
    assert!(!desk.get(at).contains("0000123X"));
}

#[test]
fn time_alone_ends_what_has_a_last_day() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        let mut desk = Desk::of(&door, &hanako);
        for key in ["bicycle_parking", "sports_hall"] {
            let _ = desk.send(&format!("/counter/cards/issue/{key}"), &[("form", "one_card"), ("number", "")]);
        }
        let at = "/counter/cards/issue/seal_registration";
        let _ = desk.send(at, &[("form", "own_card"), ("number", &nw7("0000124"))]);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let admitted = officer.post("/staff/cards/bicycle_parking/clients", &[("client", "駐輪場管理システム")]);
        let key = admitted.between("<code class=\"digest\">", "<").unwrap();
        let valid = || {
            let mut system = door.stranger().with_header("authorization", &format!("Bearer {key}"));
            let body = json!({ "number": "B-00000018" }).to_string().into_bytes();
            let answer = system.send("POST", "/api/cards/lookup", Some("application/json"), body);
            serde_json::from_slice::<Value>(&answer.bytes).unwrap()["valid"].clone()
        };
        let stands = |desk: &mut Desk<'_>, name: &str| {
            desk.show();
            let page = desk.get("/counter/cards/person");
            let part = about(&page, name).to_owned();
            // The answer of the card as a whole is its first chip.
            let chip = part.split("class=\"chip").nth(1).unwrap().split("</").next().unwrap().to_owned();
            chip.contains("使えます")
        };
        let all = ["駐輪場定期利用券", "スポーツ施設利用者カード", "印鑑登録証"];
        assert_eq!((all.map(|name| stands(&mut desk, name)), valid()), ([true; 3], json!(true)));
        // Three months, and the end of the fiscal year, are over.
        let today = door.database.seams.today();
        let day = 86_400;
        door.database.clock.advance_seconds(day * 94);
        assert!(!stands(&mut desk, all[0]), "three months after {today}");
        assert_eq!(valid(), json!(false));
        assert!(stands(&mut desk, all[2]), "a seal registration has no last day");
        door.database.clock.advance_seconds(day * 272);
        assert_eq!(all.map(|name| stands(&mut desk, name)), [false, false, true], "a year after {today}");
    });
}

fn client(order: &Value) -> Value {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cards_client.py");
    let mut child = Command::new(testkit::python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("Python of tests");
    child.stdin.take().unwrap().write_all(order.to_string().as_bytes()).unwrap();
    let said = child.wait_with_output().unwrap();
    assert!(said.status.success());
    serde_json::from_slice(&said.stdout).unwrap()
}

#[test]
fn a_client_nobody_here_wrote_asks_brings_a_member_in_and_stops_the_card() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        door.serve(listener);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let clients = "/staff/cards/bicycle_parking/clients";
        let mut admit = |fields: &[(&str, &str)]| {
            officer.post(clients, fields).between("<code class=\"digest\">", "<").expect("the key, once")
        };
        let reading = admit(&[("client", "照会だけのシステム")]);
        let key = admit(&[("client", "駐輪場管理システム"), ("write", "write")]);
        let page = officer.get("/staff/cards/bicycle_parking").text();
        assert!(page.contains("番号の登録と停止もできる") && page.contains("番号を調べる"), "{page}");
        let told = client(&json!({
            "url": url, "host": "localhost:8080", "key": key, "reading_key": reading, "resident": hanako.as_str(),
            "numbers": ["B-00000018", "B-00000026"],
        }));
        let status = |name: &str| told[name][0].as_u64().unwrap();
        let said = |name: &str, field: &str| told[name][1][field].clone();
        assert_eq!((status("status"), said("status", "card")), (200, json!("bicycle_parking")), "{told}");
        assert_eq!((status("nobody"), status("reader")), (401, 403), "{told}");
        assert_eq!(said("before", "found"), json!(false));
        assert_eq!(
            (status("issued"), said("issued", "added"), said("again", "added")),
            (200, json!(true), json!(false))
        );
        for refused in ["slip", "stranger", "my_number", "unshaped", "odd"] {
            assert_eq!(status(refused), 400, "{refused}: {told}");
            assert!(said(refused, "reason").as_str().is_some_and(|why| why.len() > 8), "{refused}: {told}");
        }
        assert_eq!((said("after", "valid"), said("after", "form")), (json!(true), json!("own_card")));
        assert!(said("after", "validUntil").is_string(), "three months, as the definition says: {told}");
        assert_eq!((said("held", "changed"), said("held_again", "changed")), (json!(true), json!(false)));
        assert_eq!((said("stopped", "valid"), said("stopped", "status")), (json!(false), json!("on_hold")));
        assert_eq!((said("resumed", "changed"), said("lost", "changed")), (json!(true), json!(true)));
        assert_eq!(status("nothing"), 404);

        // At the desk the card is lost, one and the same; the changes tell each step once.
        let mut desk = Desk::of(&door, &hanako);
        let page = desk.get("/counter/cards/person");
        let part = about(&page, "駐輪場定期利用券");
        assert!(part.contains("紛失の届けあり") && part.matches("B-00000018").count() == 1, "{page}");
        door.database.clock.advance_seconds(10);
        let mut system = door.stranger().with_header("authorization", &format!("Bearer {key}"));
        let changes: Value = serde_json::from_slice(&system.get("/api/cards/changes").bytes).unwrap();
        let mut steps: Vec<&str> =
            changes["changes"].as_array().unwrap().iter().map(|one| one["status"].as_str().unwrap()).collect();
        // All in one instant of this clock, so their order says nothing.
        steps.sort_unstable();
        assert_eq!(steps, ["active", "active", "lost", "on_hold"], "nothing twice");
    });
}

#[test]
fn what_a_desk_stopped_or_ended_no_system_brings_back() {
    const NUMBER: &str = "B-00000018";
    let (door, hanako) = city(TestDatabase::on_sqlite());
    let mut officer = door.staff(&[Role::CertificateOfficer]);
    let admitted = officer.post("/staff/cards/bicycle_parking/clients", &[("client", "駐輪場"), ("write", "write")]);
    let key = admitted.between("<code class=\"digest\">", "<").unwrap();
    let say = |path: &str, body: Value| {
        door.database.clock.advance_seconds(1);
        let mut system = door.stranger().with_header("authorization", &format!("Bearer {key}"));
        let answer = system.send("POST", path, Some("application/json"), body.to_string().into_bytes());
        (answer.status, serde_json::from_slice::<Value>(&answer.bytes).unwrap())
    };
    let stand = |to: &str| say("/api/cards/standing", json!({ "number": NUMBER, "to": to }));
    let bring = || say("/api/cards/members", json!({ "resident": hanako.as_str(), "number": NUMBER }));
    let desk = |next: CardStatus| {
        door.database.clock.advance_seconds(1);
        let city = door.inside().clone();
        let (vault, seams) = (city.vault.clone(), city.seams.clone());
        let changed = city.cards.write::<_, CardError, _>(move |tx| {
            let card = find_number(tx, &vault, "bicycle_parking", NUMBER)?[0].id;
            change(tx, &seams, &Actor::System { job: "desk" }, "bicycle_parking", card, next, "counter")
        });
        assert!(changed.unwrap());
    };
    let changed = (200, json!({ "changed": true }));
    assert_eq!(bring(), (200, json!({ "added": true })));
    assert_eq!(stand("lost"), changed);
    assert_eq!(stand("active").0, 409, "lost is for the desk to find again");
    desk(CardStatus::Active);
    desk(CardStatus::OnHold);
    assert_eq!(stand("active").0, 409, "another stopped it");
    desk(CardStatus::Active);
    assert_eq!((stand("hold"), stand("active")), (changed.clone(), changed), "its own word it may take back");
    desk(CardStatus::Ended);
    assert_eq!(bring(), (200, json!({ "added": false })));
    assert_eq!(say("/api/cards/lookup", json!({ "number": NUMBER })).1["valid"], json!(false));
}
