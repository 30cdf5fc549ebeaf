//! `yakuba door` as it runs beside a lock: the built program without any network, its files, and taps on standard input.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use base::{ManualClock, Seams};
use services::staff_id::actions::Personnel;
use services::staff_id::doors::Keeping;
use services::staff_id::kept;
use services::staff_id::model::Standing;
use tools::access::Actor;
use tools::staff_openings::{self, Shortening};
use yakuba::cards;

use crate::city::Fixture;
use crate::daemon::Daemon;
use crate::served::YAKUBA;

const TAG: &str = "04A233915C2B80";

/// The program beside the lock.
struct Lock {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Lock {
    fn start(daemon: &Daemon, place: &Path) -> Self {
        // Without any network where that is allowed, as at a gymnasium's door.
        let alone = ["-Urn", "true"];
        let is_alone = Command::new("unshare").args(alone).stderr(Stdio::null()).status().is_ok_and(|it| it.success());
        let mut command = if is_alone {
            let mut command = daemon.as_client("unshare");
            command.args(["-Urn", YAKUBA]);
            command
        } else {
            daemon.as_client(YAKUBA)
        };
        let at = |name: &str| place.join(name);
        command.arg("door").arg("--file").arg(at("door.json")).arg("--list").arg(at("list.json"));
        command.arg("--log").arg(at("door.log"));
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, input, output: BufReader::new(output) }
    }

    fn shows(&mut self, line: &str) -> String {
        writeln!(self.input, "{line}").unwrap();
        let mut answer = String::new();
        self.output.read_line(&mut answer).unwrap();
        answer.trim_end().to_owned()
    }

    fn ends(mut self) -> Option<i32> {
        drop(self.input);
        self.process.wait().unwrap().code()
    }
}

#[test]
fn a_door_alone_opens_by_tag_or_pin_takes_no_older_list_and_tells_its_log_once() {
    let fixture = Fixture::named("staff-door");
    let city = fixture.inside().clone();
    let desk = Personnel { city: city.clone(), by: Actor::System { job: "test" } };
    // The samples of a demo: live IDs, each with a card of the drawer.
    let live = desk.read(|tx, _| kept::standing(tx, Standing::Live)).unwrap();
    let first = live.iter().min_by_key(|one| one.number.clone()).unwrap().clone();
    desk.give_tag(first.id, TAG).unwrap().unwrap();
    let keys = &fixture.issuer.composer.keys().codes;
    let made = desk.make_door("体育館", &keys.public(), &fixture.issuer.anchors).unwrap();
    let door = base::Id::parse(&made.door).unwrap();
    let place = tempfile::tempdir().unwrap();
    let bring = |text: &str| std::fs::write(place.path().join("list.json"), text).unwrap();
    std::fs::write(place.path().join("door.json"), serde_json::json!(made).to_string()).unwrap();
    let list_at = |desk: &Personnel| serde_json::json!(desk.door_list(door, keys).unwrap().unwrap()).to_string();

    // A list of five days ago is over; then the newest.
    let long_ago = city.seams.now().plus_seconds(-5 * 86_400);
    let seams = Seams { clock: Arc::new(ManualClock::starting_at(long_ago)), random: city.seams.random.clone() };
    let over = list_at(&Personnel { city: fixture.with_seams(seams), by: desk.by.clone() });
    let (older, newest) = (list_at(&desk), list_at(&desk));

    let mut daemon = Daemon::start();
    let drawer = cards::drawer(&city).unwrap();
    let contents = cards::stored(&city, &drawer[0].resident).unwrap().unwrap();
    let pin = String::from_utf8(contents.user_authentication_pin.value.to_vec()).unwrap();
    daemon.put(cards::insertable(&city, contents).unwrap());
    let mut lock = Lock::start(&daemon, place.path());
    assert!(lock.shows(TAG).starts_with("shut: the list is not"), "no list yet");
    bring(&over);
    assert!(lock.shows(TAG).starts_with("shut: the list is over"));
    bring(&newest.replace("until", "untiL"));
    assert!(lock.shows(TAG).starts_with("shut: the list is not the city's"), "changed after it was signed");
    bring(&newest);
    assert_eq!(lock.shows(TAG), "open");
    assert_eq!(lock.shows("04 a2 33 91 5c 2b 80"), "open", "the same minute, another opening");
    assert_eq!(lock.shows("04A233915C2B81"), "shut: it is not on the list");
    assert_eq!(lock.shows(&"9".repeat(5_000)).split(':').next(), Some("shut"), "a line without end");
    let wrong = if pin == "9876" { "9875" } else { "9876" };
    assert_eq!(lock.shows(&format!("pin {wrong}")), "shut: the card did not prove itself");
    assert_eq!(lock.shows(&format!("pin {pin}")), "open", "the card on the reader, with its PIN");
    bring(&older);
    assert!(lock.shows(TAG).starts_with("shut: a newer list was used here"));
    assert_eq!(lock.ends(), Some(3), "what was said last");

    // The power went in the middle of a line.
    let log = place.path().join("door.log");
    let mut torn = std::fs::OpenOptions::new().append(true).open(log).unwrap();
    torn.write_all(b"{\"at\":17").unwrap();

    // The program forgets nothing when it starts again; a lost thing is off the next list.
    let mut lock = Lock::start(&daemon, place.path());
    assert!(lock.shows(TAG).starts_with("shut: a newer list was used here"), "after a start too");
    bring(&list_at(&desk));
    assert_eq!(lock.shows(TAG), "open");
    desk.give_tag(first.id, "").unwrap().unwrap();
    bring(&list_at(&desk));
    assert_eq!(lock.shows(TAG), "shut: it is not on the list");
    std::fs::write(place.path().join("list.json.seen"), "?").unwrap();
    assert!(lock.shows(TAG).starts_with("shut: what this door remembers"));
    // Whoever deletes the memory to bring an old list gets no door: its log says that there was one.
    std::fs::remove_file(place.path().join("list.json.seen")).unwrap();
    bring(&older);
    assert!(lock.shows(TAG).starts_with("shut: what this door remembers"));
    let _ = lock.ends();
    let mut lock = Lock::start(&daemon, place.path());
    assert!(lock.shows(TAG).starts_with("shut: what this door remembers"), "after a start too");
    assert!(!place.path().join("list.json.seen").exists(), "and nothing is remembered anew");
    let _ = lock.ends();

    let log = std::fs::read_to_string(place.path().join("door.log")).unwrap();
    assert!(!log.contains(TAG) && !log.contains(&pin) && !log.contains(&first.number), "{log}");
    assert_eq!(desk.take_log(door, &log).unwrap(), Ok(4), "three by tag, one by card");
    assert_eq!(desk.take_log(door, &log).unwrap(), Ok(0), "brought twice, counted once");
    let openings = desk.openings(Some(&first.number)).unwrap();
    assert_eq!(openings.len(), 4, "{openings:?}");
    assert!(openings.iter().all(|one| one.at.seconds() % 60 == 0), "to the minute");
    // Kept for the days that the city said, no longer; a log that is older is not taken up again.
    let later = |days: i64| {
        let clock = Arc::new(ManualClock::starting_at(city.seams.now().plus_seconds(days * 86_400)));
        let seams = Seams { clock, random: city.seams.random.clone() };
        Personnel { city: fixture.with_seams(seams), by: desk.by.clone() }
    };
    assert_eq!(desk.keep_openings(0).unwrap(), Keeping::NoDays);
    assert_eq!(desk.keep_openings(30).unwrap(), Keeping::NeedsTwo { now: 90 }, "one person alone only lengthens");
    let (id, now) = (city.seams.random_id(), city.seams.now());
    city.store
        .write::<_, store::StoreError, _>(move |tx| {
            staff_openings::propose(tx, id, Shortening { was: 90, days: 30 })?;
            staff_openings::allow(tx, now, id)
        })
        .unwrap();
    assert_eq!(later(0).erase_openings().unwrap(), 0, "what two allowed is taken over by the job");
    assert_eq!(desk.openings_days().unwrap(), 30);
    assert_eq!(later(29).erase_openings().unwrap(), 0);
    assert_eq!(later(31).erase_openings().unwrap(), 4);
    assert!(desk.openings(None).unwrap().is_empty());
    assert_eq!(later(31).take_log(door, &log).unwrap(), Ok(0), "too old to be kept");
    // Told by somebody who has the log but not the door's key: nothing is taken.
    let forged = log.replacen("tag", "card", 1);
    assert_eq!(desk.take_log(door, &forged).unwrap().map_err(|bad| bad.line > 0), Err(true));
}
