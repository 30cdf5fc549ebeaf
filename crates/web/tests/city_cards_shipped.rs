//! The cards that come as examples, each given once at a desk: bicycle parking, sports hall, seal registration. What the one
//! card saves is said before; time alone ends what has a last day; a department's system nobody here wrote does its work.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

#[path = "shared/hanako.rs"]
mod hanako;

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use services::city_cards::{clients, examples, kept};
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::access::Actor;
use tools::approvals;
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
            let must_type = price.contains("必須");
            assert_eq!(must_type, !typed.is_empty(), "{name}: {price}");
            let typed = if typed.is_empty() { String::new() } else { nw7(typed) };
            let (_, receipt) = desk.send(&at, &[("form", "own_card"), ("number", &typed)]);
            assert!(receipt.contains(number) && receipt.contains("領収書の番号"), "{receipt}");
            // The Individual Number Card beside it: the same number, nothing to pay, and so much less.
            assert!(!desk.get(&at).contains("必須"), "the number goes over");
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

const CLIENTS: &str = "/staff/cards/bicycle_parking/clients";

/// A system that is to write; its key.
fn admitted(officer: &mut Visitor<'_>) -> String {
    let fields = [("client", "駐輪場"), ("write", "write"), ("why", "窓口を減らす")];
    officer.post(CLIENTS, &fields).between("<code class=\"digest\">", "<").unwrap()
}

/// The second person lets the system that waits write.
fn allow(door: &TestDoor) {
    let mut second = door.staff(&[Role::Administrator]);
    let page = second.get("/staff/cards/bicycle_parking").text();
    let form = page.split("/clients/allow\"").nth(1).expect("what waits");
    let client = form.split("name=\"client\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(second.post(&format!("{CLIENTS}/allow"), &[("client", client)]).status, 303);
}

/// What the interface answers to this key.
fn say(door: &TestDoor, key: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut system = door.stranger().with_header("authorization", &format!("Bearer {key}"));
    let answer = system.send("POST", path, Some("application/json"), body.to_string().into_bytes());
    (answer.status, serde_json::from_slice(&answer.bytes).unwrap())
}

#[test]
fn a_system_writes_only_when_a_second_person_let_it() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        let (mut officer, mut second) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
        let member = json!({ "resident": hanako.as_str(), "number": "B-00000018" });
        let writes = |key: &str| say(&door, key, "/api/cards/members", &member).0;
        let looks = |key: &str| say(&door, key, "/api/cards/lookup", &json!({ "number": "B-00000018" })).0;
        let nameless = officer.post(CLIENTS, &[("client", "駐輪場"), ("write", "write")]);
        assert_eq!(nameless.status, 400, "why is said");
        let number = officer.post(CLIENTS, &[("client", "1234.5678.9018")]);
        assert_eq!(number.status, 404, "an Individual Number is no system's name");

        let key = admitted(&mut officer);
        assert_eq!((looks(&key), writes(&key)), (200, 403), "it asks at once, and does not write");
        let page = officer.get("/staff/cards/bicycle_parking").text();
        assert!(page.contains("承認を待っています") && page.contains("窓口を減らす"), "{page}");
        assert!(!page.contains("/clients/allow"), "not by whoever asked: {page}");
        let client = page.split("name=\"client\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (allow_at, decline_at, stop_at) = ("/allow", "/decline", "/stop");
        let to = |what: &str| format!("{CLIENTS}{what}");
        assert_eq!(officer.post(&to(allow_at), &[("client", &client)]).status, 403);
        let list = second.get("/staff/approvals").text();
        assert!(list.contains("部署のシステムに番号の登録と停止を認める") && list.contains("駐輪場"), "{list}");

        // Declined: it goes on asking, and nobody can approve what was declined.
        assert_eq!(second.post(&to(decline_at), &[("client", &client)]).status, 303);
        assert_ne!(second.post(&to(allow_at), &[("client", &client)]).status, 303);
        assert_eq!((looks(&key), writes(&key)), (200, 403));
        assert!(!second.get("/staff/approvals").text().contains("駐輪場"));
        assert_eq!(officer.post(&to(stop_at), &[("client", &client)]).status, 303);

        // One that was stopped while it waited is let do nothing, and nobody is asked any more.
        let key = admitted(&mut officer);
        let page = second.get("/staff/cards/bicycle_parking").text();
        let form = page.split("/clients/allow\"").nth(1).unwrap();
        let client = form.split("name=\"client\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let asked = || {
            let waits = |tx: &mut store::Tx<'_>| approvals::waiting(tx, door.database.seams.now());
            door.inside().store.read::<_, store::StoreError, _>(waits).unwrap()
        };
        assert_eq!(asked().len(), 1);
        assert_eq!(officer.post(&to(stop_at), &[("client", &client)]).status, 303);
        assert_eq!(asked(), [], "declined with the stop");
        let refused = second.post(&to(allow_at), &[("client", &client)]);
        assert_eq!(refused.status, 409);
        assert!(refused.text().contains("そのシステムは止めてあります。"), "{}", refused.text());
        assert_eq!(officer.post(&to(stop_at), &[("client", &client)]).status, 409, "once");
        assert_eq!(writes(&key), 401);

        // Approved: it writes. A proposal nobody answered in a day lets nothing happen.
        let key = admitted(&mut officer);
        door.database.clock.advance_seconds(25 * 3600);
        let mut second = door.staff(&[Role::Administrator]);
        assert!(!second.get("/staff/cards/bicycle_parking").text().contains("/clients/allow"));
        assert_eq!(writes(&key), 403);
        let key = admitted(&mut door.staff(&[Role::CertificateOfficer]));
        allow(&door);
        assert_eq!(writes(&key), 200);
    });
}

#[test]
fn a_card_has_so_many_systems_and_no_more_until_one_is_stopped() {
    let (door, _) = city(TestDatabase::on_sqlite());
    let mut officer = door.staff(&[Role::CertificateOfficer]);
    for number in 1..=clients::MOST_CLIENTS {
        assert_eq!(officer.post(CLIENTS, &[("client", &format!("システム{number}"))]).status, 200);
    }
    let refused = officer.post(CLIENTS, &[("client", "もう一つ")]);
    assert_eq!(refused.status, 409);
    assert!(refused.text().contains("このカードのシステムの数が上限です"), "{}", refused.text());
    assert!(!officer.get("/staff/cards/bicycle_parking").text().contains("もう一つ"));
    let other = officer.post("/staff/cards/sports_hall/clients", &[("client", "もう一つ")]);
    assert_eq!(other.status, 200, "another card has its own");

    let client = officer.get("/staff/cards/bicycle_parking").between("name=\"client\" value=\"", "\"").unwrap();
    assert_eq!(officer.post(&format!("{CLIENTS}/stop"), &[("client", &client)]).status, 303);
    assert_eq!(officer.post(CLIENTS, &[("client", "もう一つ")]).status, 200);
}

#[test]
fn no_system_and_no_file_makes_a_card_valid_for_longer_than_its_definition() {
    let (door, hanako) = city(TestDatabase::on_sqlite());
    let key = admitted(&mut door.staff(&[Role::CertificateOfficer]));
    allow(&door);
    let last = services::city_cards::Expiry::Months(3).last_day(door.database.seams.today()).unwrap();
    let (last, later) = (last.to_string(), last.plus_days(1).to_string());
    let bring = |until: Option<&str>| {
        let member = json!({ "resident": hanako.as_str(), "number": "B-00000018", "validUntil": until });
        say(&door, &key, "/api/cards/members", &member)
    };
    let (status, said) = bring(Some(&later));
    assert_eq!(status, 400);
    assert!(said["reason"].as_str().unwrap().contains("later than this card allows"), "{said}");
    // The file names line and field; nothing is cut and taken.
    let mut clerk = door.staff(&[Role::CounterClerk]);
    let file = |until: &str| format!("宛名番号,番号,有効期限\r\n{},B-00000018,{until}\r\n", hanako.as_str());
    let refused = send_file(&mut clerk, &file(&later));
    let page = refused.text();
    assert_eq!(refused.status, 422);
    let row =
        page.split("<tr>").find(|row| row.contains("有効期限が、このカードの決まりより先です")).expect("the fault");
    assert!(row.contains(">2</") && row.contains("有効期限"), "{row}");
    let number = send_file(&mut clerk, &file("1234.5678.9018"));
    let page = number.text();
    let row = page.split("<tr>").find(|row| row.contains("マイナンバーは入れられません")).expect("the fault");
    assert!(row.contains(">2</") && row.contains("有効期限") && !page.contains("9018"), "{row}");
    let valid = |number: &str| say(&door, &key, "/api/cards/lookup", &json!({ "number": number })).1;
    assert_eq!(valid("B-00000018")["found"], json!(false));

    // Left empty, a card of the file is valid as the definition says, not for ever.
    assert!(send_file(&mut clerk, &file("")).text().contains("新しいカード 1件"));
    assert_eq!(valid("B-00000018")["validUntil"], json!(last));
    // The last day itself may be said.
    assert_eq!(bring(Some(&last)), (200, json!({ "added": false })));
}

/// Sends a file as the console's form does.
fn send_file(clerk: &mut Visitor<'_>, text: &str) -> Answer {
    let address = "/staff/cards/bicycle_parking/files/members";
    let token = clerk.token(address).unwrap();
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"a.csv\"\r\n\r\n{text}\r\n--x--\r\n"
    );
    clerk.send("POST", address, Some("multipart/form-data; boundary=x"), body.into_bytes())
}

#[test]
fn a_new_card_has_numbers_of_its_own() {
    let (door, _) = city(TestDatabase::on_sqlite());
    let mut officer = door.staff(&[Role::CertificateOfficer]);
    let like = officer.get("/staff/cards/new?like=bicycle_parking").text();
    assert!(like.contains("value=\"B2-\""), "the next free one is proposed: {like}");
    let blank = officer.get("/staff/cards/new").text();
    assert!(blank.contains("name=\"prefix\" type=\"text\" value=\"A-\""), "{blank}");
    assert!(blank.contains("従来のカード (円)"), "{blank}");
    let write = |officer: &mut Visitor<'_>, prefix: &str| {
        let fields = [
            ("key", "second_parking"),
            ("name", "第二駐輪場"),
            ("name_easy", "自転車"),
            ("name_english", "Parking 2"),
            ("office", "自転車対策課"),
            ("prefix", prefix),
            ("digits", "7"),
            ("check", "luhn"),
            ("source", "next"),
            ("own_card", "0"),
            ("own_card_again", "0"),
            ("one_card", "0"),
            ("expiry", "never"),
            ("months", "12"),
            ("note", ""),
        ];
        officer.post("/staff/cards/new", &fields)
    };
    let taken = write(&mut officer, "b-");
    assert_eq!(taken.status, 400);
    assert!(taken.text().contains("「駐輪場定期利用券」の番号と見分けがつきません"), "{}", taken.text());
    // Given up, its numbers are still in people's hands.
    assert_eq!(officer.post("/staff/cards/bicycle_parking/close", &[]).status, 303);
    assert_eq!(write(&mut officer, "B-").status, 400);
    assert_eq!(write(&mut officer, "B2-").status, 303);
    // A new version of a card keeps its own prefix.
    let draft = officer.get("/staff/cards/second_parking/draft").text();
    assert!(draft.contains("value=\"B2-\""), "{draft}");
    assert_eq!(
        door.staff(&[Role::CertificateOfficer])
            .get("/staff/cards/new?like=bicycle_parking")
            .text()
            .matches("value=\"B3-\"")
            .count(),
        1
    );
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
        let key = admit(&[("client", "駐輪場管理システム"), ("write", "write"), ("why", "窓口を減らす")]);
        allow(&door);
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
    let key = admitted(&mut officer);
    allow(&door);
    let say = |path: &str, body: Value| {
        door.database.clock.advance_seconds(1);
        say(&door, &key, path, &body)
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
