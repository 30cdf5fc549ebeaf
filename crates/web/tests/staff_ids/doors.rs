//! Doors without a line, from the file to the log that comes home.

use pki::challenge::{Challenge, PresentedCard};
use services::staff_id::door::{Door, Shown, Shut};
use store::testing::TestDatabase;
use tools::staff::Role;

use crate::scene::{Card, RECORD, Scene, multipart, ok, with_card};

#[test]
fn a_door_without_a_line_opens_by_card_with_pin_or_tag_and_its_log_comes_home() {
    let scene = Scene::open(TestDatabase::on_sqlite());
    let mut officer = scene.door.staff(&[Role::PersonnelOfficer]);
    ok(&multipart(&mut officer, "/staff/staff-ids/import", RECORD));
    let hers = scene.card(11);
    let (_, id) = with_card(&scene, &mut officer, "1001", &hers);
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/tag"), &[("tag", "04:A2:33:91:5C:2B:80")]));
    let mut auditor = scene.door.staff(&[Role::Auditor]);
    ok(&scene.show(&mut auditor, &hers, "/staff/me/card"));
    let file = officer.post("/staff/staff-ids/doors/add", &[("name", "体育館の入口")]).text();
    let door_id = serde_json::from_str::<serde_json::Value>(&file).unwrap()["door"].as_str().unwrap().to_owned();
    let list = officer.post(&format!("/staff/staff-ids/doors/{door_id}/list"), &[]).text();
    assert!(!list.contains("1001") && !list.contains("04A2"), "hashes only");
    let seams = scene.door.database.seams.clone();
    let now = seams.now();

    // From here on there is no line: two files and a clock.
    let door = Door::open(&file, &list, now).unwrap();
    let challenge = Challenge::new(&seams, door.audience(), door.terminal().to_owned());
    let sign = |card: &Card| card.key.sign(&challenge.signed_bytes()).unwrap();
    let (signature, mut log) = (sign(&hers), String::new());
    let shown = Shown::Card(PresentedCard { certificate: &hers.certificate, signature: &signature }, &challenge);
    let (opened, line) = door.decide(shown, now);
    assert_eq!(opened, Ok(()));
    log.push_str(&format!("{}\n", door.written(&line, seams.random_id())));
    let (opened, line) = door.decide(Shown::Tag("04 a2 33 91 5c 2b 80"), now.plus_seconds(60));
    assert_eq!(opened, Ok(()));
    log.push_str(&format!("{}\n", door.written(&line, seams.random_id())));
    // A copy of her certificate without her key, a card of nobody here, another tag.
    let others = scene.card(12);
    let forged = sign(&others);
    let copied = Shown::Card(PresentedCard { certificate: &hers.certificate, signature: &forged }, &challenge);
    assert_eq!(door.decide(copied, now).0, Err(Shut::Card));
    let unknown = Shown::Card(PresentedCard { certificate: &others.certificate, signature: &forged }, &challenge);
    let (shut, line) = door.decide(unknown, now);
    assert_eq!((shut, line.who.as_deref()), (Err(Shut::NotListed), None), "whoever is refused is not written down");
    log.push_str(&format!("{}\n", door.written(&line, seams.random_id())));
    assert_eq!(door.decide(Shown::Tag("04A233915C2B81"), now).0, Err(Shut::NotListed));

    // A list has an end, belongs to one door, and is the city's.
    let late = now.plus_seconds(services::staff_id::door::LIST_SECONDS + 1);
    assert_eq!(Door::open(&file, &list, late).err(), Some(Shut::Stale));
    assert_eq!(door.decide(Shown::Tag("04A233915C2B80"), late).0, Err(Shut::Stale));
    assert_eq!(Door::open(&file, &list, now.plus_seconds(-86_400)).err(), Some(Shut::FromTheFuture));
    let other = officer.post("/staff/staff-ids/doors/add", &[("name", "裏口")]).text();
    assert_eq!(Door::open(&other, &list, now).err(), Some(Shut::NotOurs));
    let other_id = serde_json::from_str::<serde_json::Value>(&other).unwrap()["door"].as_str().unwrap().to_owned();
    assert_eq!(Door::open(&file, &list.replace("until", "untiL"), now).err(), Some(Shut::NotOurs));

    // Lost: the door goes by the list it has, and the next one has neither card nor tag.
    ok(&officer.post(&format!("/staff/staff-ids/id/{id}/do/lost"), &[]));
    assert_eq!(Door::open(&file, &list, now).unwrap().decide(Shown::Tag("04A233915C2B80"), now).0, Ok(()));
    let next = officer.post(&format!("/staff/staff-ids/doors/{door_id}/list"), &[]).text();
    let door = Door::open(&file, &next, now).unwrap();
    assert_eq!(door.decide(Shown::Tag("04A233915C2B80"), now).0, Err(Shut::NotListed));
    assert_eq!(door.decide(shown, now).0, Err(Shut::NotListed));

    // The log comes home, twice, and counts once.
    let at = format!("/staff/staff-ids/doors/{door_id}/log");
    ok(&multipart(&mut officer, &at, &log));
    ok(&multipart(&mut officer, &at, &log));
    let page = officer.get("/staff/staff-ids/doors").text();
    assert_eq!(page.matches(">1001<").count(), 2, "{page}");
    assert_eq!(multipart(&mut officer, &at, "{}\n").status, 400);
    assert_eq!(multipart(&mut officer, &at, &log.replacen("card", "tag", 1)).status, 400, "changed on the way");
    assert_eq!(
        multipart(&mut officer, &format!("/staff/staff-ids/doors/{other_id}/log"), &log).status,
        400,
        "another door's"
    );
    let tomorrow = door.refused("tag", Shut::NotListed, now.plus_seconds(86_400));
    let tomorrow = door.written(&tomorrow, seams.random_id());
    assert_eq!(multipart(&mut officer, &at, &tomorrow).status, 400, "of a time to come");
    assert_eq!(line.at % 60, 0, "the minute, not the second");
}
