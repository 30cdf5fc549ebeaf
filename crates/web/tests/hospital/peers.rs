//! Hospital systems nobody here wrote, through the city's real TCP doors, both ways: `hl7` and `hl7apy`.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Command, Stdio};

use services::hospital_card::hospital::{Connection, Hospital as _, OverHl7, message_number};
use services::hospital_card::linking::{self, Outcome};
use services::hospital_card::watching;
use store::testing::TestDatabase;
use tools::terminals::Sort;

use super::scene::{DESK, House};
use super::told::{AGREED, CHANGED, FIRST, desk_says};

fn start(arguments: &[&str]) -> (Child, Lines<BufReader<ChildStdout>>) {
    const NAME: &str = "python-of-tests";
    // <target>/<profile>/deps/<this test>
    let beside = std::env::current_exe().unwrap().ancestors().nth(3).unwrap().join("tools/bin").join(NAME);
    let python = if beside.is_file() { beside } else { NAME.into() };
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../hl7/tests/hospital.py"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("Python cannot be run ({error}): scripts/setup test installs it"));
    let said = BufReader::new(child.stdout.take().unwrap()).lines();
    (child, said)
}

#[test]
fn clients_nobody_here_wrote_book_and_merge_at_our_door() {
    let house = House::open(TestDatabase::on_sqlite());
    let who = house.people(1).remove(0);
    house.hospital.add(house.patient(&who, "C-001"));
    assert_eq!(house.link(&who, "C-001"), Outcome::Linked);
    house.tag(&who, "04A23B1C5D8066");
    let port = house.listener.address().port().to_string();
    let day = house.door.database.seams.today().to_string().replace('-', "");
    let (mut hospital, mut said) = start(&["book", &port, "C-001", &format!("{day}1500")]);
    assert_eq!(said.next().expect("scripts/setup test installs hl7apy").unwrap(), "AA BOOK0001");
    hospital.wait().unwrap();
    let mut machine = house.terminal(Sort::RevisitMachine);
    machine.post("/revisit/tag", &[("tag", "04A23B1C5D8066")]);
    let page = machine.get("/revisit/today").text();
    assert!(page.contains("15:00") && page.contains("眼科 7番"), "{page}");

    let (mut hospital, mut said) = start(&["merge", &port, "C-777", "C-001"]);
    for _ in 0..2 {
        assert_eq!(said.next().expect("scripts/setup test installs hl7").unwrap(), "AA MRG00001");
    }
    hospital.wait().unwrap();
    assert_eq!(watching::merges(house.door.inside()).unwrap().len(), 1, "the second time it does nothing");
    assert!(house.standing(&who).cards.iter().any(|card| card.number.reveal() == "C-777" && card.status.is_live()));
    assert!(machine.get("/revisit/today").text().contains("眼科 7番"), "the booking follows, too");
}

#[test]
fn servers_nobody_here_wrote_take_our_receptions() {
    let house = House::open(TestDatabase::on_sqlite());
    let who = house.people(1).remove(0);
    let patient = house.patient(&who, "C-001");
    let seams = house.door.database.seams.clone();
    for (peer, says) in [("hl7", "ADT^A04^ADT_A01"), ("hl7apy", "valid")] {
        let (mut hospital, mut said) = start(&[peer]);
        let port = said.next().expect("a port; scripts/setup test installs hl7 and hl7apy").unwrap();
        let over = OverHl7::new(&format!("127.0.0.1:{port}"), "99999", seams.clone());
        let over = if peer == "hl7apy" { over.in_utf8() } else { over };
        let number = message_number(&seams);
        let message = over.reception(&number, &patient, "").unwrap();
        over.deliver(&number, &message).unwrap();
        let line = said.next().unwrap().unwrap();
        assert!(line.starts_with(says) && line.contains(&patient.name.family), "{peer} read our characters");
        drop(hospital.stdin.take());
        let _ = hospital.kill();
        hospital.wait().unwrap();
    }
}

#[test]
fn servers_nobody_here_wrote_are_told_of_somebody_new_and_of_a_change_by_the_desk() {
    for peer in ["hl7", "hl7apy"] {
        let (mut hospital, mut said) = start(&[peer]);
        let port = said.next().expect("a port; scripts/setup test installs hl7 and hl7apy").unwrap();
        let house = House::reached_by(TestDatabase::on_sqlite(), |city| {
            let over = OverHl7::new(&format!("127.0.0.1:{port}"), "99999", city.seams.clone());
            let over = if peer == "hl7apy" { over.in_utf8() } else { over };
            Connection::new(Box::new(over), "hl7", true)
        });
        let people = house.people(2);
        let (new, linked) = (&people[0], &people[1]);
        house.give_link(linked, "C-001");
        for (who, tag, form, event) in
            [(new, "04A23B1C5D8066", FIRST, "A28"), (linked, "04B23B1C5D8066", CHANGED, "A31")]
        {
            let page = desk_says(&mut house.desk(who, tag), form, &AGREED);
            assert!(page.contains("病院に届きました"), "{peer} took {event}: {page}");
            let person = linking::registered_with_address(house.door.inside(), &DESK, who).unwrap();
            let address = person.address.unwrap().text;
            let line = said.next().unwrap().unwrap();
            let says = if peer == "hl7" { format!("ADT^{event}^ADT_A05") } else { "valid".to_owned() };
            assert!(line.starts_with(&says) && line.contains(&address), "{peer} read {event} with the address: {line}");
        }
        drop(hospital.stdin.take());
        let _ = hospital.kill();
        hospital.wait().unwrap();
    }
}
