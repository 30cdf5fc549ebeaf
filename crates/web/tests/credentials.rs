//! A resident's cards in the console over HTTP: seen, stopped, let go on, and all of it on record.

#![allow(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use base::Id;
use store::testing::{TestDatabase, for_each_engine};
use tools::ResidentId;
use tools::access::Actor;
use tools::credentials::{self, CredentialError, numbers};
use tools::disclosure;
use tools::register::import;
use tools::staff::Role;
use yakuba_web::testing::{TestDoor, Visitor};

/// A console over a city of 300, in which Hanako holds a tag.
fn city(database: TestDatabase) -> (TestDoor, String) {
    let directory = database.directory().join("import");
    testkit::city::generate(300, 7, &directory).unwrap();
    import::run(&database.inside(), &database.seams, &directory, &import::Options::default(), &mut |_| true).unwrap();
    let door = TestDoor::open(database);
    let mut clerk = door.staff(&[Role::CounterClerk]);
    clerk.post("/staff/desk", &[("duty", "inquiry")]);
    let found = clerk.post("/staff/register", &[("kana", "ツジ　ハナコ")]);
    let resident = found.between("name=\"resident\" value=\"", "\"").unwrap();
    let (inside, holder) = (door.inside().clone(), ResidentId::parse(&resident).unwrap());
    let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
    let until = seams.now().plus_seconds(86_400 * 365);
    let linked = inside.store.write::<_, CredentialError, _>(move |tx| {
        let by = Actor::System { job: "test" };
        credentials::enrol_token(tx, &vault, &seams, &by, &holder, until, &numbers::tag("04A23B1C5D8066").unwrap())
    });
    linked.unwrap().unwrap();
    (door, resident)
}

/// At the counter, for cards, with this resident's entry open; the address of their cards.
fn at_the_counter<'a>(door: &'a TestDoor, resident: &str) -> (Visitor<'a>, String) {
    let mut clerk = door.staff(&[Role::CounterClerk]);
    assert_eq!(clerk.post("/staff/desk", &[("duty", "credential"), ("note", "電話")]).status, 303);
    let opened = clerk.post("/staff/person", &[("resident", resident)]);
    let address = format!("{}/cards", opened.location().unwrap());
    (clerk, address)
}

fn card(page: &str, address: &str) -> String {
    let (_, rest) = page.split_once(&format!("{address}/")).unwrap();
    rest.split('/').next().unwrap().to_owned()
}

#[test]
fn a_tag_reported_lost_by_telephone_is_stopped_at_once_and_let_go_on_by_staff_alone() {
    for_each_engine(|database| {
        let (door, resident) = city(database);
        let (mut clerk, address) = at_the_counter(&door, &resident);
        let page = clerk.get(&address);
        assert!(page.text().contains("市が渡したタグ") && page.text().contains("使えます"), "{}", page.text());
        let card = card(&page.text(), &address);
        assert_eq!(clerk.post(&format!("{address}/{card}/stop"), &[("how", "burn")]).status, 400);
        let stopped = clerk.post(&format!("{address}/{card}/stop"), &[("how", "lost")]);
        assert_eq!(stopped.location(), Some(&*format!("{address}?done=staff-done-card-lost")));
        assert!(clerk.get(&address).text().contains("紛失の届けあり"));
        assert_eq!(clerk.post(&format!("{address}/{card}/stop"), &[("how", "hold")]).status, 409, "lost is not held");
        let resumed = clerk.post(&format!("{address}/{card}/resume"), &[]);
        assert_eq!(resumed.location(), Some(&*format!("{address}?done=staff-done-card-resumed")));
        assert!(clerk.get(&address).text().contains("使えます"));

        // Every look at the list is a disclosure that names what was read.
        let (person, today) = (ResidentId::parse(&resident).unwrap(), door.database.seams.today());
        let shown = door.inside().store.read(|tx| disclosure::for_person(tx, &person, today, None, 50)).unwrap();
        let looks: Vec<_> = shown.iter().filter(|one| one.duty.is_some_and(|d| d.code() == "credential")).collect();
        assert!(looks.len() >= 3, "{}", looks.len());
    });
}

#[test]
fn another_s_card_an_unknown_one_and_the_wrong_role_change_nothing() {
    for_each_engine(|database| {
        let (door, resident) = city(database);
        let (mut clerk, address) = at_the_counter(&door, &resident);
        let card = card(&clerk.get(&address).text(), &address);
        // A colleague with another resident's entry open names Hanako's tag.
        let (mut colleague, elsewhere) = at_the_counter(&door, "R0000002");
        assert_eq!(colleague.post(&format!("{elsewhere}/{card}/stop"), &[("how", "lost")]).status, 409);
        let unknown = Id::from_bytes([1; 16]);
        assert_eq!(clerk.post(&format!("{address}/{unknown}/stop"), &[("how", "lost")]).status, 409);
        for role in [Role::Administrator, Role::Auditor, Role::Operator] {
            let mut other = door.staff(&[role]);
            assert_eq!(other.get(&address).status, 403);
            assert_eq!(other.post(&format!("{address}/{card}/stop"), &[("how", "lost")]).status, 403);
        }
        assert!(clerk.get(&address).text().contains("使えます"));
    });
}

#[test]
fn a_tag_is_linked_by_the_number_its_reader_types_and_a_wrong_number_loses_nothing() {
    for_each_engine(|database| {
        let (door, resident) = city(database);
        let (mut clerk, address) = at_the_counter(&door, &resident);
        let link = |clerk: &mut Visitor<'_>, at: &str, number: &str, mark: &str| {
            clerk.post(
                &format!("{at}/hand-out/number"),
                &[("kind", "tag"), ("number", number), ("mark", mark), ("days", "365")],
            )
        };
        assert!(clerk.get(&format!("{address}/hand-out")).text().contains("タグ・交通系ICカードを登録する"));
        for (number, sentence) in [
            ("", "番号が入っていません"),
            ("08A1B2C3", "かざすたびに変わる"),
            ("FFFFFFFF", "読み取れていません"),
            ("04A23B1C5D806X", "14文字目"),
            ("123456789018", "12けたの番号は"),
        ] {
            let again = link(&mut clerk, &address, number, "かばん");
            assert_eq!(again.status, 400);
            assert!(again.text().contains(sentence) && again.text().contains("value=\"かばん\""), "{}", again.text());
        }
        let guarded = link(&mut clerk, &address, "04A23B1C5D8077", "123456789018");
        assert!(guarded.status == 400 && guarded.text().contains("マイナンバーのような"), "{}", guarded.text());
        let linked = link(&mut clerk, &address, "04:a2:3b:1c:5d:80:77", "かばん");
        assert_eq!(linked.location(), Some(&*format!("{address}?done=staff-done-handed-out")));
        assert!(clerk.get(&address).text().contains("目印「かばん」"));

        // Somebody else's tag: refused, and not said whose it is.
        let (mut colleague, elsewhere) = at_the_counter(&door, "R0000002");
        let refused = link(&mut colleague, &elsewhere, "04A23B1C5D8077", "");
        assert!(refused.status == 400 && refused.text().contains("ほかの登録があります"), "{}", refused.text());
        assert!(!refused.text().contains(&resident));

        // Linked by mistake: taken back, and free for the other.
        let page = clerk.get(&address).text();
        let (before, _) = page.split_once("「かばん」").unwrap();
        let tag = card(&page[before.len()..], &address);
        assert_eq!(colleague.post(&format!("{elsewhere}/{tag}/take-back"), &[("why", "mistake")]).status, 409);
        assert_eq!(clerk.post(&format!("{address}/{tag}/take-back"), &[("why", "whim")]).status, 400);
        let back = clerk.post(&format!("{address}/{tag}/take-back"), &[("why", "mistake")]);
        assert_eq!(back.location(), Some(&*format!("{address}?done=staff-done-taken-back")));
        assert_eq!(link(&mut colleague, &elsewhere, "04A23B1C5D8077", "").status, 303);
        assert_eq!(door.staff(&[Role::Auditor]).get(&format!("{address}/hand-out")).status, 403);
    });
}

#[test]
fn a_terminal_is_declared_attended_by_who_keeps_machines() {
    for_each_engine(|database| {
        let door = TestDoor::open(database);
        let mut operator = door.staff(&[Role::Operator]);
        operator.post("/staff/terminals/enrol", &[("place", "中央図書館"), ("name", "貸出窓口")]);
        let page = operator.get("/staff/terminals").text();
        assert!(page.contains("無人"));
        let terminal =
            page.split("/staff/terminals/").find_map(|rest| rest.split_once("/attendance")).unwrap().0.to_owned();
        let action = format!("/staff/terminals/{terminal}/attendance");
        assert_eq!(operator.post(&action, &[("attendance", "somebody")]).status, 400);
        assert_eq!(operator.post(&action, &[("attendance", "face_to_face")]).status, 303);
        assert!(operator.get("/staff/terminals").text().contains("職員と対面"));
        assert_eq!(door.staff(&[Role::CounterClerk]).post(&action, &[("attendance", "unattended")]).status, 403);
    });
}
