//! Events over HTTP: a list brought in at the console, what of it was not taken, brought again; found by everybody and in the
//! portal, taken off. And applications of the national portal at the console.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::sync::Arc;

use store::testing::for_each_engine;
use tools::audit::Zone;
use tools::messages;
use tools::portal::Assurance;
use tools::relay::{Endpoint, InProcess};
use tools::signing::SigningKey;
use tools::staff::Role;
use yakuba_web::testing::{Answer, TestDoor, Visitor};

const LIST: &str = "番号,イベント名,開始日,開始時間,場所,定員,地区,対象年齢,分野,URL\n\
1,親子読み聞かせ会,2099-05-10,10:00,中央図書館,20,東地区,0~6歳,子育て,https://lib.example.jp/1\n\
2,<b>防災</b>訓練,2099-06-01,,市役所前,,,,防災,\n\
3,句会,あした,,,,,,,\n";

/// Sends the console's form as a browser does, with the list as a file.
fn bring(officer: &mut Visitor<'_>, kind: &str, source: &str, list: &str) -> Answer {
    let address = "/staff/events/import";
    let token = officer.token(address).unwrap();
    let field =
        |name: &str, value: &str| format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    let body = [
        field("csrf", &token),
        field("source", source),
        field("kind", kind),
        format!("--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n{list}\r\n--x--\r\n"),
    ]
    .concat()
    .replace("content-disposition", "Content-Disposition");
    let answer = officer.send("POST", address, Some("multipart/form-data; boundary=x"), body.into_bytes());
    match answer.location().map(str::to_owned) {
        Some(location) => officer.get(&location),
        None => answer,
    }
}

/// The relay carries what waits.
fn carry(door: &TestDoor) {
    let key = |seed: u8| Arc::new(SigningKey::from_seed([seed; 32]).unwrap());
    let (inside, outside) = (door.inside().clone(), door.app.outside.clone().unwrap());
    let end = |zone, store: &store::Store, own: u8, other: u8, router| {
        Endpoint::new(zone, store.clone(), inside.seams.clone(), key(own), vec![key(other).public()], router)
    };
    let near = end(Zone::Inside, &inside.store, 1, 2, messages::to_inside());
    let far = end(Zone::Outside, &outside.store, 2, 1, messages::to_outside());
    near.pump(&InProcess(&far)).unwrap();
}

#[test]
fn a_list_goes_from_the_console_to_everybody_and_what_is_wrong_is_said() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut officer = door.staff(&[Role::CounterClerk]);
        let came = bring(&mut officer, "csv", "図書館", LIST).text();
        assert!(came.contains("追加2件、変更0件、同じ0件、取り込めなかった行1件"), "{came}");
        assert!(came.contains(">4</th>") && came.contains("開始") && came.contains("日付として読めません"), "{came}");
        let again = bring(&mut officer, "csv", "図書館", &LIST.replace("あした", "2099-07-01")).text();
        assert!(again.contains("追加1件、変更0件、同じ2件、取り込めなかった行0件"), "{again}");
        carry(&door);
        let mut anybody = door.stranger();
        let page_answer = anybody.get("/events");
        let page = page_answer.text();
        assert!(page.contains("親子読み聞かせ会") && page.contains("防災訓練") && page.contains("句会"), "{page}");
        let filtered = anybody.get("/events?area=%E6%9D%B1%E5%9C%B0%E5%8C%BA&age=40").text();
        assert!(!filtered.contains("親子読み聞かせ会") && filtered.contains("3件のうち2件"), "{filtered}");
        let key = page_answer.between("href=\"/events/", "\"").unwrap_or_default();
        let one = anybody.get(&format!("/events/{key}")).text();
        assert!(one.contains("20人") && one.contains("0歳から6歳") && one.contains("lib.example.jp"), "{one}");
        let file = anybody.get(&format!("/events/{key}/event.ics"));
        assert!(file.text().contains("DTSTART:20990510T010000Z\r\n"), "{}", file.text());
        let (_, mut resident) = door.resident(Assurance::Substantial);
        assert!(resident.get("/portal/events").text().contains("防災訓練"));
        assert!(resident.get("/portal").text().contains("親子読み聞かせ会"));

        assert_eq!(officer.post(&format!("/staff/events/{key}/withdraw"), &[]).status, 303);
        carry(&door);
        assert!(!anybody.get("/events").text().contains("親子読み聞かせ会"));
        assert_eq!(anybody.get(&format!("/events/{key}")).status, 404);
    });
}

#[test]
fn a_form_without_a_name_or_a_file_is_refused_and_an_empty_calendar_says_so() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut officer = door.staff(&[Role::CounterClerk]);
        assert_eq!(bring(&mut officer, "csv", "", LIST).status, 400);
        assert_eq!(bring(&mut officer, "csv", "123456789018", LIST).status, 400);
        assert_eq!(bring(&mut officer, "csv", "図書館", "").status, 400);
        let broken = bring(&mut officer, "icalendar", "図書館", LIST).text();
        assert!(broken.contains("この種類のファイルではありません"), "{broken}");
        assert!(door.stranger().get("/events").text().contains("イベントはまだありません"));
    });
}

#[test]
fn without_the_national_portal_the_console_says_so_and_takes_no_notice() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut officer = door.staff(&[Role::CounterClerk]);
        let page = officer.get("/staff/applications").text();
        assert!(page.contains("マイナポータルにつながっていません") && !page.contains("name=\"title\""), "{page}");
        let fields = [("token", "00000000000000000000000001"), ("title", "題"), ("body", "本文")];
        assert_eq!(officer.post("/staff/applications/notices", &fields).status, 503);
    });
}
