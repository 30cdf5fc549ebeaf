//! Either zone stops at any moment and catches up; nothing is lost, nothing is done twice, nothing foreign is taken.

use std::cell::{Cell, RefCell};
use std::io::{Read as _, Write as _};
use std::sync::Arc;

use base::Id;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use store::testing::{TestDatabase, for_each_engine};
use store::{Database, Fault, Store};

use super::paper_status::{PaperState, RequestHash};
use super::*;
use crate::access::Actor;
use crate::audit;
use crate::incidents;
use crate::signing::SigningKey;

fn key(zone: Zone) -> Arc<SigningKey> {
    Arc::new(SigningKey::from_seed([if zone == Zone::Inside { 1 } else { 2 }; 32]).unwrap())
}

/// Counts how often a message of kind `count` is acted upon: an incident counts reports of one kind.
fn counting(router: Router) -> Router {
    router.on("count", |tx, seams, message| {
        let kind = std::str::from_utf8(&message.body).map_err(|_| HandleError::Malformed("count"))?;
        let report = incidents::Report { service: "counted", kind, stops: false, note: "" };
        incidents::open(tx, seams, &Actor::System { job: "test" }, &report)?;
        Ok(())
    })
}

fn end(database: &TestDatabase, zone: Zone) -> Endpoint {
    let (which, router) = match zone {
        Zone::Inside => (Database::Inside, crate::messages::to_inside()),
        Zone::Outside => (Database::Outside, crate::messages::to_outside()),
    };
    let peer = key(zone.other()).public();
    let store = database.store(which);
    Endpoint::new(zone, store, database.seams.clone(), key(zone), vec![peer], counting(router))
}

fn post(database: &TestDatabase, from: Zone, body: &str) {
    let (seams, body) = (database.seams.clone(), body.to_owned());
    let store = store_of(database, from);
    store.write::<_, RelayError, _>(move |tx| send(tx, &seams, from.other(), "count", body.as_bytes())).unwrap();
}

fn store_of(database: &TestDatabase, zone: Zone) -> Store {
    database.store(if zone == Zone::Inside { Database::Inside } else { Database::Outside })
}

/// What was acted upon in `zone`, and how often.
fn counted(database: &TestDatabase, zone: Zone) -> Vec<(String, i64)> {
    let rows = store_of(database, zone)
        .read::<_, store::StoreError, _>(|tx| {
            tx.query("SELECT kind, times FROM incident WHERE service = 'counted' ORDER BY kind", &[])
        })
        .unwrap();
    rows.iter().map(|row| (row.text(0).unwrap().to_owned(), row.int(1).unwrap())).collect()
}

fn once(bodies: impl IntoIterator<Item = String>) -> Vec<(String, i64)> {
    let mut expected: Vec<_> = bodies.into_iter().map(|body| (body, 1)).collect();
    expected.sort();
    expected
}

fn troubles(database: &TestDatabase, zone: Zone) -> Vec<String> {
    let open = store_of(database, zone).read(|tx| incidents::list(tx, true)).unwrap();
    open.into_iter().filter(|incident| incident.service == "relay").map(|incident| incident.kind).collect()
}

#[test]
fn the_outside_learns_a_papers_status_and_never_asks_the_register() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        let (paper, unknown) = (Id::from_bytes([1; 16]), Id::from_bytes([2; 16]));
        let push = |state| {
            let seams = database.seams.clone();
            database.inside().write(move |tx| paper_status::push(tx, &seams, paper, state)).unwrap();
            inside.pump(&InProcess(&outside)).unwrap();
        };
        let status = |request| {
            let hash = RequestHash::parse(&RequestHash::of(request).hex()).unwrap();
            database.outside().read(|tx| paper_status::status(tx, &hash)).unwrap().map(|(state, _)| state)
        };
        assert_eq!(status(paper), None);
        push(PaperState::Valid);
        assert_eq!((status(paper), status(unknown)), (Some(PaperState::Valid), None));
        push(PaperState::Withdrawn);
        assert_eq!(status(paper), Some(PaperState::Withdrawn));
        push(PaperState::Valid);
        assert_eq!(status(paper), Some(PaperState::Withdrawn), "withdrawn is for good");
    });
}

#[test]
fn a_cause_that_is_undone_sends_nothing() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        let _: Result<(), RelayError> = database.inside().write(move |tx| {
            send(tx, &seams, Zone::Outside, "count", b"undone")?;
            Err(RelayError::TooLong)
        });
        assert_eq!(end(&database, Zone::Inside).progress().unwrap().waiting, 0);
    });
}

#[test]
fn hundreds_wait_while_the_other_side_is_away_and_all_arrive_in_order() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        for number in 0..450 {
            post(&database, Zone::Inside, &format!("i{number:03}"));
        }
        post(&database, Zone::Outside, "o");
        assert_eq!(inside.pump(&InProcess(&outside)).unwrap(), 1);
        assert_eq!(counted(&database, Zone::Outside), once((0..450).map(|n| format!("i{n:03}"))));
        assert_eq!(counted(&database, Zone::Inside), once(["o".to_owned()]));
        for end in [&inside, &outside] {
            assert_eq!(end.progress().unwrap().waiting, 0);
        }
    });
}

/// A carrier that stops where it is told: 1 before the other side, 2 after it (the answer is lost), 3 repeats.
struct Faulty<'a> {
    to: &'a Endpoint,
    fault: Cell<u8>,
    /// Parcels seen, to be brought again much later.
    seen: &'a RefCell<Vec<Vec<u8>>>,
}

impl Carrier for Faulty<'_> {
    fn carry(&self, parcel: &[u8]) -> Result<Vec<u8>, CarrierError> {
        self.seen.borrow_mut().push(parcel.to_vec());
        let lost = || CarrierError("the line is down".to_owned());
        match self.fault.replace(0) {
            1 => Err(lost()),
            2 => InProcess(self.to).carry(parcel).and_then(|_| Err(lost())),
            3 => InProcess(self.to).carry(parcel).and_then(|_| InProcess(self.to).carry(parcel)),
            _ => InProcess(self.to).carry(parcel),
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A cause in one zone.
    Post(bool),
    /// An exchange that meets a fault of the carrier (0: none).
    Exchange(u8),
    /// The next commit of either zone goes wrong: before it, or after it with its answer lost.
    Commit(bool),
    /// A zone stops and starts again.
    Restart(bool),
    /// An old parcel comes once more.
    Replay(usize),
    /// The clock is set, perhaps backwards.
    Clock(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => any::<bool>().prop_map(Step::Post),
        4 => (0u8..4).prop_map(Step::Exchange),
        2 => any::<bool>().prop_map(Step::Commit),
        1 => any::<bool>().prop_map(Step::Restart),
        1 => (0usize..50).prop_map(Step::Replay),
        1 => (-90i64..90).prop_map(Step::Clock),
    ]
}

/// Any story of stops, losses, repetitions and restarts, then a quiet minute: everything arrived, once.
#[test]
fn whatever_stops_nothing_is_lost_or_doubled() {
    for_each_engine(|database| {
        let more = if std::env::var_os("YAKUBA_CHAOS").is_some() { 40 } else { 1 };
        let cases = more * if database.engine == "sqlite" { 24 } else { 12 };
        let posted = RefCell::new((0u32, Vec::<String>::new(), Vec::<String>::new()));
        TestRunner::new(Config { failure_persistence: None, cases, ..Config::default() })
            .run(&proptest::collection::vec(step(), 1..25), |steps| {
                live(&database, &steps, &mut posted.borrow_mut());
                let posted = posted.borrow();
                prop_assert_eq!(counted(&database, Zone::Outside), once(posted.1.clone()));
                prop_assert_eq!(counted(&database, Zone::Inside), once(posted.2.clone()));
                Ok(())
            })
            .unwrap();
        for zone in [Zone::Inside, Zone::Outside] {
            assert!(troubles(&database, zone).is_empty(), "{:?}", troubles(&database, zone));
        }
    });
}

fn live(database: &TestDatabase, steps: &[Step], posted: &mut (u32, Vec<String>, Vec<String>)) {
    let (mut inside, mut outside) = (end(database, Zone::Inside), end(database, Zone::Outside));
    let seen = RefCell::new(Vec::new());
    for step in steps {
        match step {
            Step::Post(from_inside) => {
                while database.faults.waiting() > 0 {
                    // The cause itself must be written for the story to tell; use the fault up elsewhere.
                    let _ = inside.exchange(&InProcess(&outside));
                    post_quietly(database);
                }
                posted.0 += 1;
                let body = format!("m{:05}", posted.0);
                post(database, if *from_inside { Zone::Inside } else { Zone::Outside }, &body);
                if *from_inside { posted.1.push(body) } else { posted.2.push(body) }
            }
            Step::Exchange(fault) => {
                let carrier = Faulty { to: &outside, fault: Cell::new(*fault), seen: &seen };
                let _ = inside.exchange(&carrier);
            }
            Step::Commit(lost_answer) => {
                let fault = if *lost_answer { Fault::LoseAnswerAfterCommit } else { Fault::FailBeforeCommit };
                database.faults.push(fault);
            }
            Step::Restart(of_inside) if *of_inside => {
                drop(inside);
                database.close(Database::Inside);
                inside = end(database, Zone::Inside);
            }
            Step::Restart(_) => {
                drop(outside);
                database.close(Database::Outside);
                outside = end(database, Zone::Outside);
            }
            Step::Replay(which) => {
                let old = seen.borrow().get(*which).cloned();
                if let Some(old) = old {
                    let _ = outside.take(&old);
                }
            }
            Step::Clock(seconds) => database.clock.advance_seconds(*seconds),
        }
    }
    while database.faults.waiting() > 0 {
        post_quietly(database);
    }
    inside.pump(&InProcess(&outside)).unwrap();
    inside.pump(&InProcess(&outside)).unwrap();
}

/// A write that may fail, to use up a fault.
fn post_quietly(database: &TestDatabase) {
    let _ = database.inside().write::<_, store::StoreError, _>(|tx| {
        tx.execute("UPDATE relay_peer SET sent = sent WHERE peer = 'nobody'", &[])
    });
}

#[test]
fn a_tampered_or_foreign_parcel_is_refused_counted_and_reported() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        post(&database, Zone::Inside, "good");
        let good = inside.compose().unwrap();
        let mut tampered = good.clone();
        let place = tampered.windows(4).position(|window| window == b"good").unwrap();
        tampered[place] = b'm';
        for _ in 0..12 {
            assert!(matches!(outside.take(&tampered), Err(RelayError::Parcel(ParcelError::Tampered))));
        }
        // The outside's own key does not make it the inside, and a parcel is for one direction only.
        let mine = outside.compose().unwrap();
        assert!(matches!(outside.take(&mine), Err(RelayError::Parcel(ParcelError::ForeignSigner))));
        let parcel = Parcel::open(&good, &[key(Zone::Inside).public()]).unwrap();
        let back = Parcel { from: parcel.to.clone(), to: parcel.from.clone(), ..parcel }.seal(&key(Zone::Inside));
        assert!(matches!(outside.take(&back), Err(RelayError::Parcel(ParcelError::OtherZone))));
        assert!(matches!(outside.take(b"GET / HTTP/1.1"), Err(RelayError::Parcel(ParcelError::Malformed { .. }))));

        assert!(counted(&database, Zone::Outside).is_empty());
        assert_eq!(troubles(&database, Zone::Outside), ["relay_refused"]);
        let report = audit::verify(&database.outside(), Zone::Outside, &[], None).unwrap();
        // Twelve tampered ones: reported at the first and the tenth; three others once each; one incident opened.
        assert!(report.is_sound() && report.entries == 2 + 3 + 1, "{report}");
        assert_eq!(outside.take(&good).unwrap().fresh, 1);
    });
}

#[test]
fn a_message_nobody_understands_waits_and_nothing_passes_it() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        post(&database, Zone::Inside, "before");
        let seams = database.seams.clone();
        database.inside().write(move |tx| send(tx, &seams.clone(), Zone::Outside, "of_a_newer_version", b"")).unwrap();
        database.clock.advance_seconds(1);
        post(&database, Zone::Inside, "after");
        inside.pump(&InProcess(&outside)).unwrap();
        assert_eq!(counted(&database, Zone::Outside), once(["before".to_owned()]));
        assert_eq!(troubles(&database, Zone::Outside), ["relay_stuck"]);
        assert_eq!(inside.progress().unwrap().waiting, 2);

        // The outside is brought up to date.
        let router = counting(crate::messages::to_outside()).on("of_a_newer_version", |_, _, _| Ok(()));
        let peer = key(Zone::Inside).public();
        let newer = Endpoint::new(
            Zone::Outside,
            database.outside(),
            database.seams.clone(),
            key(Zone::Outside),
            vec![peer],
            router,
        );
        inside.pump(&InProcess(&newer)).unwrap();
        assert_eq!(counted(&database, Zone::Outside), once(["before".to_owned(), "after".to_owned()]));
    });
}

/// Sets `zone`'s relay tables back, as a restored backup would.
fn set_back(database: &TestDatabase, zone: Zone, sql: &'static [&'static str]) {
    store_of(database, zone)
        .write::<_, store::StoreError, _>(move |tx| {
            for statement in sql {
                tx.execute(statement, &[])?;
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_receiver_set_back_to_a_backup_is_sent_again_what_it_lost() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        for body in ["a", "b", "c"] {
            post(&database, Zone::Inside, body);
            database.clock.advance_seconds(1);
        }
        inside.pump(&InProcess(&outside)).unwrap();
        set_back(
            &database,
            Zone::Outside,
            &[
                "DELETE FROM incident WHERE kind IN ('b', 'c')",
                "UPDATE relay_peer SET received = 1",
                "DELETE FROM relay_received WHERE id IN (SELECT id FROM relay_received ORDER BY id DESC LIMIT 2)",
            ],
        );
        inside.pump(&InProcess(&outside)).unwrap();
        inside.pump(&InProcess(&outside)).unwrap();
        assert_eq!(counted(&database, Zone::Outside), once(["a", "b", "c"].map(str::to_owned)));
    });
}

#[test]
fn a_sender_set_back_to_a_backup_numbers_anew_and_loses_nothing() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        for body in ["a", "b", "c", "d"] {
            post(&database, Zone::Inside, body);
            database.clock.advance_seconds(1);
        }
        inside.pump(&InProcess(&outside)).unwrap();
        // Back to when only a and b had been written; then six more before the relay runs again.
        set_back(
            &database,
            Zone::Inside,
            &["DELETE FROM relay_outbox WHERE sequence > 2", "UPDATE relay_peer SET sent = 2, acknowledged = 2"],
        );
        for body in ["e", "f", "g", "h", "i", "j"] {
            post(&database, Zone::Inside, body);
            database.clock.advance_seconds(1);
        }
        for _ in 0..3 {
            inside.pump(&InProcess(&outside)).unwrap();
        }
        let all = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
        assert_eq!(counted(&database, Zone::Outside), once(all.map(str::to_owned)));
        assert_eq!(troubles(&database, Zone::Inside), ["relay_renumbered"]);
        assert_eq!(inside.progress().unwrap().waiting, 0);
    });
}

#[test]
fn files_in_a_folder_may_come_twice_late_or_spoiled() {
    for_each_engine(|database| {
        let folder = tempfile::tempdir().unwrap();
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        post(&database, Zone::Inside, "a");
        directory::put(&inside, folder.path()).unwrap();
        database.clock.advance_seconds(1);
        post(&database, Zone::Inside, "b");
        directory::put(&inside, folder.path()).unwrap();
        directory::put(&inside, folder.path()).unwrap();
        std::fs::write(folder.path().join("to-outside/0000000000.parcel"), b"spoiled").unwrap();
        let taken = directory::collect(&outside, folder.path()).unwrap();
        assert_eq!((taken.fresh, taken.known), (2, 1), "both parcels held a");
        assert!(folder.path().join("to-outside/0000000000.refused").exists());

        post(&database, Zone::Outside, "o");
        directory::put(&outside, folder.path()).unwrap();
        assert_eq!(directory::collect(&inside, folder.path()).unwrap().fresh, 1);
        assert_eq!(inside.progress().unwrap().waiting, 0);
        assert_eq!(counted(&database, Zone::Outside), once(["a", "b"].map(str::to_owned)));
    });
}

#[test]
fn over_http_the_inside_calls_and_the_outside_answers() {
    let database = TestDatabase::on_sqlite();
    let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            serve(connection.unwrap(), &outside);
        }
    });
    post(&database, Zone::Inside, "i");
    post(&database, Zone::Outside, "o");
    assert_eq!(inside.pump(&http::HttpCarrier::new(&address)).unwrap(), 1);
    assert_eq!(counted(&database, Zone::Outside), once(["i".to_owned()]));
    let nobody = http::HttpCarrier::new("http://127.0.0.1:1");
    assert!(matches!(inside.exchange(&nobody), Err(RelayError::Carrier(_))));
}

/// Just enough HTTP for one request: the door of the outside is `web`'s.
fn serve(mut connection: std::net::TcpStream, outside: &Endpoint) {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    let (head, length) = loop {
        let read = connection.read(&mut part).unwrap();
        if read == 0 {
            return;
        }
        bytes.extend_from_slice(&part[..read]);
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
            let length: usize =
                head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
            break (end + 4, length);
        }
    };
    while bytes.len() < head + length {
        let read = connection.read(&mut part).unwrap();
        bytes.extend_from_slice(&part[..read]);
    }
    let answer = outside.answer(&bytes[head..]).unwrap();
    let line = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
    connection.write_all(line.as_bytes()).unwrap();
    connection.write_all(&answer).unwrap();
}

#[test]
fn the_other_zone_keeps_the_heads_and_refuses_a_second_past() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        let history = |word: &'static str| {
            let seams = database.seams.clone();
            database
                .inside()
                .write::<_, store::StoreError, _>(move |tx| {
                    let job = Actor::System { job: "test" };
                    audit::append(tx, &seams, &job, audit::Event::SettingChanged, &[("word", word)])
                })
                .unwrap();
            audit::make_head(&database.inside(), &database.seams, Zone::Inside, &key(Zone::Inside)).unwrap().unwrap();
            inside.pump(&InProcess(&outside)).unwrap();
        };
        history("first");
        set_back(
            &database,
            Zone::Inside,
            &[
                "DELETE FROM audit_entry",
                "DELETE FROM audit_content",
                "DELETE FROM audit_chain",
                "DELETE FROM audit_head",
                "DELETE FROM audit_head_chain",
            ],
        );
        history("second");
        assert_eq!(troubles(&database, Zone::Outside), ["relay_stuck"]);
        let kept = database.outside().read(|tx| audit_heads::kept(tx, Zone::Inside)).unwrap();
        let keys = [key(Zone::Inside).public()];
        let report = audit::verify(&database.inside(), Zone::Inside, &keys, Some(&kept)).unwrap();
        assert_eq!(report.findings, [audit::Finding::HeadRewritten(1)]);
    });
}

#[test]
fn a_quiet_relay_writes_nothing() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        post(&database, Zone::Inside, "a");
        inside.pump(&InProcess(&outside)).unwrap();
        // A commit would meet this fault.
        database.faults.push(Fault::FailBeforeCommit);
        inside.pump(&InProcess(&outside)).unwrap();
        assert_eq!(database.faults.waiting(), 1);
    });
}

#[test]
fn what_is_acknowledged_and_old_is_forgotten() {
    for_each_engine(|database| {
        let (inside, outside) = (end(&database, Zone::Inside), end(&database, Zone::Outside));
        post(&database, Zone::Inside, "a");
        inside.pump(&InProcess(&outside)).unwrap();
        database.clock.advance_seconds(KEEP_SENT_SECONDS + 1);
        post(&database, Zone::Inside, "b");
        let now = database.seams.now();
        assert_eq!(database.inside().write(move |tx| purge(tx, now)).unwrap(), 1);
        inside.pump(&InProcess(&outside)).unwrap();
        assert_eq!(counted(&database, Zone::Outside), once(["a", "b"].map(str::to_owned)));
    });
}
