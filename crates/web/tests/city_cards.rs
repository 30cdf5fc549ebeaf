//! A card defined without code: written in the console, brought into force by two, given at a desk, beside the old one,
//! lost, reissued; members in and changes out; a department's system; labels that a decoder reads.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests stop the test")]

#[path = "shared/hanako.rs"]
mod hanako;

use std::process::Command;

use hanako::{city, desk_of};

use serde_json::{Value, json};
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::access::{Actor, Duty};
use tools::credentials::tap_rules::Attendance;
use tools::disclosure;
use tools::staff::Role;
use tools::terminals::{self, Sort};
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const AT: &str = "/staff/cards/bicycle";

const FIELDS: &[(&str, &str)] = &[
    ("name", "駐輪場定期"),
    ("name_easy", "自転車の定期"),
    ("name_english", "Bicycle pass"),
    ("office", "自転車対策課"),
    ("prefix", "B-"),
    ("digits", "7"),
    ("check", "luhn"),
    ("source", "next"),
    ("own_card", "300"),
    ("own_card_again", "500"),
    ("one_card", "0"),
    ("expiry", "months"),
    ("months", "3"),
    ("way", "last_day"),
    ("way", "online"),
    ("note", ""),
];

fn with<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let changed = |name: &str| more.iter().any(|(of, _)| *of == name);
    FIELDS.iter().copied().filter(|(name, _)| !changed(name)).chain(more.iter().copied()).collect()
}

/// The card, in force by two persons.
fn defined(door: &TestDoor) {
    let (mut officer, mut second) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
    let written = officer.post("/staff/cards/new", &with(&[("key", "bicycle")]));
    assert_eq!(written.location(), Some("/staff/cards/bicycle?done=staff-done-cards-written"), "{}", written.text());
    assert_eq!(officer.post(&format!("{AT}/ask"), &[("why", "条例の施行")]).status, 303);
    let waiting = second.get("/staff/approvals").text();
    assert!(waiting.contains("駐輪場定期") && waiting.contains("第1版"), "{waiting}");
    assert_eq!(second.post(&format!("{AT}/approve"), &[]).status, 303);
}

/// A desk at which this person's tag was read.
fn desk<'a>(door: &'a TestDoor, who: &ResidentId) -> Visitor<'a> {
    desk_of(door, who, Sort::CityCardDesk, "city_cards").0
}

/// The first address in this page that goes to `what`.
fn action(page: &str, what: &str) -> String {
    let found = page.split(['"']).find(|text| text.starts_with("/counter/cards/") && text.contains(what));
    found.unwrap_or_else(|| panic!("no {what} in {page}")).to_owned()
}

fn follow(visitor: &mut Visitor<'_>, answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.text());
    visitor.get(answer.location().unwrap()).text()
}

#[test]
fn a_card_is_defined_without_code_and_comes_into_force_by_two() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let (mut officer, mut second) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
        let none = officer.get("/staff/cards").text();
        assert!(none.contains("カードの定義はまだありません"), "{none}");
        let like = officer.get("/staff/cards/new?like=sports_hall").text();
        assert!(like.contains("スポーツ振興課") && !like.contains("value=\"スポーツ施設利用者カード\""), "{like}");

        // What cannot be so is said beside its field, and nothing is kept.
        let faulty =
            officer.post("/staff/cards/new", &with(&[("key", "staff_id"), ("one_card", "-5"), ("digits", "x")]));
        assert_eq!(faulty.status, 400);
        for sentence in ["ほかのサービスの名前は使えません", "手数料は0〜10,000円", "数字1〜16けた"]
        {
            assert!(faulty.text().contains(sentence), "{sentence}: {}", faulty.text());
        }
        let number = officer.post("/staff/cards/new", &with(&[("key", "x_1"), ("office", "123456789018")]));
        assert_eq!(number.status, 400, "an Individual Number is taken nowhere");
        assert!(officer.get("/staff/cards").text().contains("カードの定義はまだありません"));

        officer.post("/staff/cards/new", &with(&[("key", "bicycle")]));
        let page = officer.get(AT).text();
        assert!(page.contains("下書き") && page.contains("B-00000018"), "an example with its check digit: {page}");
        assert_eq!(officer.post("/staff/cards/new", &with(&[("key", "bicycle")])).status, 409);
        assert_eq!(second.post(&format!("{AT}/approve"), &[]).status, 404, "nobody asked");
        officer.post(&format!("{AT}/ask"), &[("why", "条例の施行")]);
        assert_eq!(officer.post(&format!("{AT}/draft"), &with(&[("one_card", "1")])).status, 409, "it waits as it is");
        assert_eq!(officer.post(&format!("{AT}/approve"), &[]).status, 403, "not alone");
        assert!(second.get(AT).text().contains("条例の施行"));
        assert_eq!(second.post(&format!("{AT}/approve"), &[]).status, 303);
        assert!(officer.get("/staff/cards").text().contains("使用中"));

        // The next version, declined, stays a draft; the first one holds.
        assert_eq!(officer.post(&format!("{AT}/draft"), &with(&[("own_card", "900")])).status, 303);
        officer.post(&format!("{AT}/ask"), &[("why", "値上げ")]);
        assert_eq!(second.post(&format!("{AT}/decline"), &[]).status, 303);
        let page = officer.get(AT).text();
        assert!(page.contains("300円") && page.contains("900円") && page.contains("使用中"), "{page}");
        assert_eq!(officer.post(&format!("{AT}/close"), &[]).status, 303);
        assert!(officer.get(AT).text().contains("終了"));
        let mut clerk = door.staff(&[Role::CounterClerk]);
        assert_eq!((clerk.get(AT).status, clerk.post(&format!("{AT}/close"), &[]).status), (200, 403));
    });
}

#[test]
fn at_the_desk_old_and_new_stand_side_by_side_a_lost_one_is_reissued_and_a_slip_taken_back() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        defined(&door);
        let mut desk = desk(&door, &hanako);
        let page = desk.get("/counter/cards/person").text();
        assert!(page.contains("まだ登録がありません"), "{page}");

        // The price and what the one card saves are said first; then the department's own card.
        let price = desk.get("/counter/cards/issue/bicycle").text();
        assert!(price.contains("300円") && price.contains("安くなる額"), "{price}");
        let wrong = desk.post("/counter/cards/issue/bicycle", &[("form", "own_card"), ("number", "B-00000019")]);
        assert_eq!(wrong.location(), Some("/counter/cards/issue/bicycle?form=own_card"));
        let wrong = follow(&mut desk, &wrong);
        assert!(wrong.contains("チェックデジットが合いません"), "{wrong}");
        assert!(wrong.contains("value=\"own_card\" checked"), "the choice does not jump back: {wrong}");
        let mine = desk.post("/counter/cards/issue/bicycle", &[("form", "own_card"), ("number", "123456789018")]);
        assert!(follow(&mut desk, &mine).contains("マイナンバーは入れられません"));
        let given = desk.post("/counter/cards/issue/bicycle", &[("form", "own_card")]);
        let receipt = follow(&mut desk, &given);
        assert!(receipt.contains("B-00000018") && receipt.contains("300円"), "{receipt}");

        // The one card beside it, with the same number, for nothing.
        let given = desk.post("/counter/cards/issue/bicycle", &[("form", "one_card")]);
        let receipt = follow(&mut desk, &given);
        assert!(receipt.contains("B-00000018") && receipt.contains("0円") && receipt.contains("300円"), "{receipt}");
        let page = desk.get("/counter/cards/person").text();
        assert_eq!(page.matches("<p class=\"secret\">B-00000018").count(), 2, "{page}");
        assert!(page.contains("2027") || page.contains("令和"), "until when: {page}");

        // Lost, stopped, reissued with another number; the fee differs.
        door.database.clock.advance_seconds(60);
        let lost_one = action(&page, "/end").replace("/end", "/lost");
        let lost = desk.post(&lost_one, &[]);
        let lost = follow(&mut desk, &lost);
        assert!(lost.contains("紛失の届けあり"), "{lost}");
        let again = lost_one.replace("/change/", "/reissue/").replace("/lost", "");
        assert!(desk.get(&again).text().contains("500円"));
        let twice = desk.post(&again, &[("form", "one_card")]);
        let twice = follow(&mut desk, &twice);
        assert!(twice.contains("同じ形のカードがもうあります"), "{twice}");
        let given = desk.post(&again, &[("form", "own_card")]);
        let receipt = follow(&mut desk, &given);
        assert!(receipt.contains("B-00000026") && receipt.contains("500円"), "{receipt}");
        assert_eq!(desk.get(&again).status, 404, "it was replaced");
        assert_eq!(desk.post(&again, &[("form", "own_card")]).location(), Some("/counter/cards/person"));
        let page = desk.get("/counter/cards/person").text();
        assert!(page.contains("B-00000026") && page.contains("B-00000018"), "{page}");
        // Given up: nothing is valid and nothing is given any more.
        assert_eq!(door.staff(&[Role::CertificateOfficer]).post(&format!("{AT}/close"), &[]).status, 303);
        let page = desk.get("/counter/cards/person").text();
        assert!(page.contains("このカードは終了しました") && !page.contains("/counter/cards/issue/"), "{page}");
        assert_eq!(desk.post("/counter/cards/issue/bicycle", &[("form", "one_card")]).status, 404);
    });
}

#[test]
fn the_old_card_is_switched_off_and_a_slip_is_taken_back_within_half_a_minute_only() {
    let (door, hanako) = city(TestDatabase::on_sqlite());
    defined(&door);
    let mut desk = desk(&door, &hanako);
    let given = desk.post("/counter/cards/issue/bicycle", &[("form", "own_card")]);
    follow(&mut desk, &given);
    door.database.clock.advance_seconds(31);
    let page = desk.get("/counter/cards/person").text();
    assert!(!page.contains("/counter/cards/undo/"), "half a minute is over: {page}");
    let end = action(&page, "/end");
    let ended = desk.post(&end, &[]);
    let ended = follow(&mut desk, &ended);
    assert!(ended.contains("使えません") && ended.contains("廃止"), "{ended}");
    let undo = action(&ended, "/undo/");
    let undone = desk.post(&undo, &[]);
    let undone = follow(&mut desk, &undone);
    assert!(
        undone.contains("取り消しました") && undone.contains("B-00000018") && undone.contains("使えます"),
        "{undone}"
    );
    let again = desk.post(&undo, &[]);
    assert!(follow(&mut desk, &again).contains("30秒を過ぎたか"), "once");

    // A reissue that was a slip: the new one is off, the old number is back.
    door.database.clock.advance_seconds(31);
    let page = desk.get("/counter/cards/person").text();
    let again = action(&page, "/counter/cards/reissue/");
    let given = desk.post(&again, &[("form", "own_card")]);
    let receipt = follow(&mut desk, &given);
    assert!(receipt.contains("B-00000026") && receipt.contains("500円"), "a new number: {receipt}");
    let undone = desk.post(&action(&receipt, "/undo/"), &[]);
    let undone = follow(&mut desk, &undone);
    assert!(
        undone.contains("<p class=\"secret\">B-00000018") && !undone.contains("<p class=\"secret\">B-00000026"),
        "{undone}"
    );

    // Everything seen at the desk is on record for her.
    let today = door.database.seams.today();
    let shown = door.inside().store.read(|tx| disclosure::for_person(tx, &hanako, today, None, 100)).unwrap();
    assert!(shown.iter().any(|one| one.duty == Some(Duty::CityCard)), "{shown:?}");
    // A terminal of another sort opens nothing here.
    assert_eq!(door.terminal().get("/counter/cards").status, 403);
    // Nor does a desk at which nobody declared that staff watch.
    let (seams, by) = (door.inside().seams.clone(), Actor::System { job: "test" });
    let attended = door.inside().store.read::<_, store::StoreError, _>(terminals::list).unwrap();
    let own = attended.iter().find(|one| one.terminal.sort == Sort::CityCardDesk).unwrap().terminal.id;
    let unwatched =
        move |tx: &mut store::Tx<'_>| terminals::declare_attendance(tx, &seams, &by, own, Attendance::Unattended);
    assert!(door.inside().store.write::<_, store::StoreError, _>(unwatched).unwrap());
    assert_eq!(desk.get("/counter/cards/person").status, 403);
}

#[test]
fn a_fee_taken_at_the_desk_is_in_the_day_s_cash_with_a_receipt_and_is_given_back_with_the_slip() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        defined(&door);
        let mut desk = desk(&door, &hanako);
        let given = desk.post("/counter/cards/issue/bicycle", &[("form", "own_card")]);
        let receipt = follow(&mut desk, &given);
        assert!(receipt.contains("領収書の番号") && receipt.contains("領収書を印刷する"), "{receipt}");
        let own = given.location().unwrap().to_owned();
        // The one card costs nothing: nothing is taken, and there is no receipt.
        let free = desk.post("/counter/cards/issue/bicycle", &[("form", "one_card")]);
        let receipt = follow(&mut desk, &free);
        assert!(!receipt.contains("領収書"), "{receipt}");
        assert_eq!(desk.get(&format!("{}/paper", free.location().unwrap())).status, 404);

        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let cash = officer.get("/staff/cash.csv").text();
        assert!(cash.contains("\"本庁舎 窓口1\",\"駐輪場定期\",\"300\",\"0\",\"0\",\"0\",\"0\",\"300\""), "{cash}");

        // The slip is taken back, and the money with it; the receipt is none any more.
        let undo = own.replace("/receipt/", "/undo/");
        let undone = desk.post(&undo, &[]);
        assert!(follow(&mut desk, &undone).contains("取り消しました"));
        assert_eq!(desk.get(&format!("{own}/paper")).status, 404);
        let cash = officer.get("/staff/cash.csv").text();
        assert!(cash.contains("\"駐輪場定期\",\"300\",\"300\",\"0\",\"0\",\"0\",\"0\""), "{cash}");

        // Given again, and the day closed with what the desk holds.
        let again = desk.post("/counter/cards/issue/bicycle", &[("form", "own_card")]);
        follow(&mut desk, &again);
        let day = door.database.seams.today().to_string();
        door.database.clock.advance_seconds(86_400);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let page = officer.get(&format!("/staff/cash?day={day}"));
        let terminal = page.between("name=\"terminal\" value=\"", "\"").unwrap();
        let mut close = |sum: &str| {
            let (counted, note) = (format!("counted-{terminal}"), format!("note-{terminal}"));
            let fields = [("day", day.as_str()), ("terminal", &terminal), (&counted, sum), (&note, "")];
            officer.post("/staff/cash/close", &fields).status
        };
        assert_eq!((close("0"), close("300")), (400, 303), "a difference needs a reason");
    });
}

#[test]
fn the_library_s_desk_takes_its_fee_too_and_keeps_numbers_of_its_own() {
    let (door, hanako) = city(TestDatabase::on_sqlite());
    let (mut officer, mut second) = (door.staff(&[Role::CertificateOfficer]), door.staff(&[Role::Administrator]));
    let library = with(&[("key", "library_card"), ("name", "図書館の利用者カード"), ("one_card", "100")]);
    assert_eq!(officer.post("/staff/cards/new", &library).status, 303);
    officer.post("/staff/cards/library_card/ask", &[("why", "条例の施行")]);
    assert_eq!(second.post("/staff/cards/library_card/approve", &[]).status, 303);
    let mut desk = desk_of(&door, &hanako, Sort::LibraryCounter, "library_card").0;
    let page = desk.get("/counter/library/person").text();
    assert!(page.contains("100円") && page.contains("受け取ってから"), "said before: {page}");
    let enrolled = desk.post("/counter/library/enrol", &[("number", "L-0042")]);
    let page = follow(&mut desk, &enrolled);
    assert!(page.contains("L-0042") && page.contains("領収書を印刷する"), "{page}");
    let of = |page: &str, end: &str| {
        page.split('"').find(|text| text.starts_with("/counter/library/") && text.ends_with(end)).map(ToOwned::to_owned)
    };
    assert!(of(&page, "/receipt").is_some());
    assert!(officer.get("/staff/cash.csv").text().contains("\"図書館の利用者カード\",\"100\",\"0\""));
    let undone = desk.post(&of(&page, "/undo").unwrap(), &[]);
    let page = follow(&mut desk, &undone);
    assert!(page.contains("取り消しました") && of(&page, "/receipt").is_none(), "{page}");
    assert!(officer.get("/staff/cash.csv").text().contains("\"図書館の利用者カード\",\"100\",\"100\""));
}

#[test]
fn a_form_s_address_loaded_as_a_page_leads_to_the_desk_s_first_page_and_no_form_answers_with_a_page() {
    let (door, hanako) = city(TestDatabase::on_sqlite());
    defined(&door);
    let mut desk = desk(&door, &hanako);
    let forms: Vec<&str> = yakuba_web::Routes::all()
        .entries()
        .iter()
        .filter(|entry| entry.method == "POST" && entry.path.starts_with("/counter/"))
        .map(|entry| entry.path)
        .collect();
    assert!(forms.len() > 10, "{forms:?}");
    let own_page = |path: &str| {
        matches!(path, "/counter/cards/issue/{key}" | "/counter/cards/reissue/{key}/{card}" | "/counter/staff/once")
    };
    for path in forms.into_iter().filter(|path| path.matches('/').count() > 2 && !own_page(path)) {
        let filled = path.replace("{key}", "bicycle").replace("{card}", "x").replace("{deed}", "lost");
        for address in [filled.clone(), format!("{filled}?lang=en"), format!("{filled}?text=large")] {
            let answer = desk.get(&address);
            assert_eq!((answer.status, answer.location()), (303, Some("/counter/cards")), "{address}");
        }
    }
}

#[test]
fn what_a_form_did_is_said_on_the_page_it_leads_to_for_half_a_minute() {
    let (door, hanako) = city(TestDatabase::on_sqlite());
    defined(&door);
    let mut desk = desk(&door, &hanako);
    let given = desk.post("/counter/cards/issue/bicycle", &[("form", "own_card")]);
    follow(&mut desk, &given);
    let page = desk.get("/counter/cards/person").text();
    let lost = desk.post(&action(&page, "/lost"), &[]);
    assert_eq!((lost.status, lost.location()), (303, Some("/counter/cards/person")));
    for _ in 0..2 {
        assert!(desk.get("/counter/cards/person").text().contains("変更しました"));
    }
    door.database.clock.advance_seconds(31);
    assert!(!desk.get("/counter/cards/person").text().contains("変更しました"));
}

/// Sends a file as the console's form does.
fn bring(clerk: &mut Visitor<'_>, bytes: &[u8]) -> Answer {
    let address = format!("{AT}/files/members");
    let token = clerk.token(&address).unwrap();
    let mut body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--x\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"a.csv\"\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(b"\r\n--x--\r\n");
    clerk.send("POST", &address, Some("multipart/form-data; boundary=x"), body)
}

/// `値` in Shift_JIS, as old machines write it.
const HEADINGS_SHIFT_JIS: &[u8] = b"\x88\xb6\x96\xbc\x94\xd4\x8d\x86,\x94\xd4\x8d\x86\r\n";

#[test]
fn members_come_in_whole_or_not_at_all_and_changes_go_out_in_both_encodings() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        defined(&door);
        let mut clerk = door.staff(&[Role::CounterClerk]);
        let who = hanako.as_str();
        let bad = format!(
            "宛名番号,番号,有効期限\r\n{who},B-00000018,\r\n{who},B-00000019,\r\nNOBODY-1,B-00000026,\r\n{who},123456789018,\r\n\
             {who},B-00000034,明日\r\n{who},B-00000018,\r\n{who}\r\n"
        );
        let refused = bring(&mut clerk, bad.as_bytes());
        assert_eq!(refused.status, 422);
        let text = refused.text();
        for sentence in [
            "チェックデジット",
            "その宛名番号の人がいません",
            "マイナンバーは入れられません",
            "2027-03-31 の形",
            "同じ番号の行",
            "列の数",
        ] {
            assert!(text.contains(sentence), "{sentence}: {text}");
        }
        for line in 3..=8 {
            assert!(text.contains(&format!(">{line}</")), "line {line}: {text}");
        }
        assert!(!text.contains(who), "no value of the file is repeated");
        let none = clerk.post(&format!("{AT}/files/changes.csv"), &[("since", "2020-01-01"), ("encoding", "utf8")]);
        assert!(!none.text().contains("B-"), "nothing was half taken: {}", none.text());

        let mut good = HEADINGS_SHIFT_JIS.to_vec();
        good.extend_from_slice(format!("{who},B-00000018\r\n").as_bytes());
        assert!(bring(&mut clerk, &good).text().contains("新しいカード 1件"));
        assert!(bring(&mut clerk, &good).text().contains("変わりなし 1件"), "again is the same");
        let other = bring(&mut clerk, format!("resident,number\n{who},B-00000026\n").as_bytes());
        assert!(other.text().contains("別の番号のカードがもうあります"), "{}", other.text());
        assert_eq!(bring(&mut clerk, b"\x81").status, 422);

        let out = clerk.post(&format!("{AT}/files/changes.csv"), &[("since", "2020-01-01"), ("encoding", "utf8")]);
        assert!(out.text().contains("\"B-00000018\",\"従来のカード\",\"使えます\""), "{}", out.text());
        let old = clerk.post(&format!("{AT}/files/changes.csv"), &[("since", "2020-01-01"), ("encoding", "shift_jis")]);
        assert!(old.bytes.starts_with(b"\"\x94\xd4\x8d\x86\""), "番号 in Shift_JIS");
        assert!(old.headers["content-type"].to_str().unwrap().contains("shift_jis"));

        // The old card is known at the desk at once.
        let page = desk(&door, &hanako).get("/counter/cards/person").text();
        assert!(page.contains("B-00000018") && page.contains("従来のカード"), "{page}");
    });
}

fn ask(door: &TestDoor, token: &str, method: &str, address: &str, body: &str) -> (u16, Value) {
    let mut system = door.stranger().with_header("authorization", &format!("Bearer {token}"));
    let answer = system.send(method, address, Some("application/json"), body.as_bytes().to_vec());
    (answer.status, serde_json::from_slice(&answer.bytes).unwrap_or(Value::Null))
}

#[test]
fn a_department_s_system_looks_numbers_up_and_follows_what_changes() {
    for_each_engine(|database| {
        let (door, hanako) = city(database);
        defined(&door);
        let mut officer = door.staff(&[Role::CertificateOfficer]);
        let admitted = officer.post(&format!("{AT}/clients"), &[("client", "駐輪場管理システム")]);
        let token = admitted.between("<code class=\"digest\">", "<").expect("the key, once");
        assert!(!officer.get(AT).text().contains(&token), "once only");
        assert_eq!(ask(&door, "wrong", "GET", "/api/cards/status", "").0, 401);
        let (status, said) = ask(&door, &token, "GET", "/api/cards/status", "");
        assert_eq!((status, &said["card"], &said["state"]), (200, &json!("bicycle"), &json!("live")));

        let mut desk = desk(&door, &hanako);
        let given = desk.post("/counter/cards/issue/bicycle", &[("form", "one_card")]);
        assert_eq!(given.status, 303);
        let look =
            |number: &str| ask(&door, &token, "POST", "/api/cards/lookup", &json!({ "number": number }).to_string());
        let (status, said) = look("Ｂ－００００００１８");
        assert_eq!((status, &said["valid"], &said["form"]), (200, &json!(true), &json!("one_card")), "{said}");
        assert!(said.to_string().len() < 200, "who it is, is not told: {said}");
        assert_eq!(look("B-00000026").1["found"], json!(false));
        assert_eq!(look("123456789018").0, 400);
        assert_eq!(ask(&door, &token, "POST", "/api/cards/lookup", "[]").0, 400);

        door.database.clock.advance_seconds(10);
        let (_, said) = ask(&door, &token, "GET", "/api/cards/changes", "");
        assert_eq!(said["changes"].as_array().unwrap().len(), 1, "{said}");
        assert_eq!(said["changes"][0]["number"], json!("B-00000018"));
        let next = format!("/api/cards/changes?after={}", said["next"].as_str().unwrap());
        assert_eq!(ask(&door, &token, "GET", &next, "").1["changes"], json!([]));
        let page = desk.get("/counter/cards/person").text();
        desk.post(&action(&page, "/lost"), &[]);
        door.database.clock.advance_seconds(10);
        assert_eq!(ask(&door, &token, "GET", &next, "").1["changes"][0]["status"], json!("lost"));
        assert_eq!(look("B-00000018").1["valid"], json!(false), "a lost card opens nothing");
        assert_eq!(ask(&door, &token, "GET", "/api/cards/changes?after=x", "").0, 400);

        let client = officer.get(AT).between("name=\"client\" value=\"", "\"").unwrap();
        assert_eq!(officer.post(&format!("{AT}/clients/stop"), &[("client", &client)]).status, 303);
        assert_eq!(ask(&door, &token, "GET", "/api/cards/status", "").0, 401, "stopped");
    });
}

#[test]
fn labels_bear_the_number_and_a_code_that_a_decoder_reads() {
    let (door, hanako) = city(TestDatabase::on_sqlite());
    defined(&door);
    desk(&door, &hanako).post("/counter/cards/issue/bicycle", &[("form", "one_card")]);
    let mut clerk = door.staff(&[Role::CounterClerk]);
    let form = |more: &[(&'static str, &'static str)]| {
        let usual =
            [("sheet", "ELM022"), ("place", "6"), ("left", "20"), ("upper", "20"), ("across", "170"), ("down", "250")];
        let changed = |name: &str| more.iter().any(|(of, _)| *of == name);
        usual.into_iter().filter(|(name, _)| !changed(name)).chain(more.iter().copied()).collect::<Vec<_>>()
    };
    let at = format!("{AT}/stickers/labels.pdf");
    let page = clerk.get(&format!("{AT}/stickers")).text();
    assert!(page.contains("ELM012") && !page.contains("ELM034"), "only sheets with room for a code: {page}");
    assert_eq!(clerk.post(&at, &form(&[("numbers", "B-00000026")])).status, 400, "nobody has this number");
    assert_eq!(clerk.post(&at, &form(&[("place", "45")])).status, 400);
    assert_eq!(clerk.post(&at, &form(&[("left", "99")])).status, 400);
    assert_eq!(clerk.post(&at, &form(&[("sheet", "ELM034")])).status, 400);

    let directory = tempfile::tempdir().unwrap();
    for (name, numbers) in [("newest", ""), ("typed", "B-00000018")] {
        for sheet in ["ELM022", "ELM023", "ELM012", "C32011-10"] {
            let made = clerk.post(&at, &form(&[("sheet", sheet), ("numbers", numbers), ("also", "name")]));
            assert_eq!(made.status, 200, "{sheet}: {}", made.text());
            let (pdf, png) = (directory.path().join(format!("{name}.pdf")), directory.path().join(name));
            std::fs::write(&pdf, &made.bytes).unwrap();
            let drawn =
                Command::new("pdftoppm").args(["-r", "300", "-png", "-singlefile"]).arg(&pdf).arg(&png).status();
            assert!(drawn.expect("poppler-utils").success());
            let read = Command::new("zbarimg").args(["-q", "--raw"]).arg(png.with_extension("png")).output();
            let read = String::from_utf8(read.expect("zbar-tools").stdout).unwrap();
            assert_eq!(read.trim(), "B-00000018", "{sheet}");
        }
    }
    let calibration = clerk.get(&format!("{AT}/stickers/ELM022/calibration.pdf"));
    assert!(calibration.bytes.starts_with(b"%PDF"));
}
