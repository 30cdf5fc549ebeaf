//! The certificate invariants as stories: what went wrong in 2023 and 2024 cannot happen here.

use std::collections::BTreeSet;
use std::sync::Arc;

use base::{ManualClock, Seams, SystemRandom};
use paper::recheck::extract;
use services::convenience_certificates::{Choices, FetchToken, Members, OptionalItems, Refusal, State, actions};
use store::StoreError;
use tools::register::import;
use yakuba::means::simulated_heartbeat;

use crate::city::fixture;

/// How often a race is run: `ci` times, or `chaos` times in the long fault runs.
fn often(ci: usize, chaos: usize) -> usize {
    if std::env::var_os("YAKUBA_CHAOS").is_some() { chaos } else { ci }
}

/// People of different households who may be served.
const SERVED: [&str; 8] = [
    "elderly-single",
    "family-of-six",
    "foreign-resident",
    "rare-nabe",
    "rare-takasaki",
    "rare-plane-two",
    "long-name",
    "widow",
];

fn whole_household() -> Choices {
    Choices { members: Members::Household, ..Choices::default() }
}

#[test]
fn i1_ten_thousand_requests_of_one_instant_have_ten_thousand_ids() {
    let fixture = fixture();
    let now = fixture.inside().seams.now();
    let seams = Seams { clock: Arc::new(ManualClock::starting_at(now)), random: Arc::new(SystemRandom) };
    let city = fixture.with_seams(seams);
    let ids: BTreeSet<_> = (0..10_000).map(|_| city.seams.random_id()).collect();
    assert_eq!(ids.len(), 10_000);
    // And those that became rows: ids of one instant share no beginning, as they would with a clock inside.
    let applicant = fixture.applicant("elderly-single");
    let begun: Vec<String> = (0..100)
        .map(|_| {
            let request = actions::begin(&city, fixture.issuer.fresh_minutes, &applicant, &Choices::default());
            request.unwrap().unwrap().id.to_string()
        })
        .collect();
    let beginnings: BTreeSet<&str> = begun.iter().map(|id| &id[..8]).collect();
    assert_eq!(beginnings.len(), 100);
}

#[test]
fn i2_i3_papers_issued_at_once_are_each_their_own() {
    let fixture = fixture();
    let inside = fixture.inside();
    let finished: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..often(24, 500))
            .map(|number| {
                scope.spawn(move || {
                    let applicant = fixture.applicant(SERVED[number % SERVED.len()]);
                    [Choices::default(), whole_household()].map(|choices| {
                        let request = fixture.paid(&applicant, &choices);
                        let issuer = &fixture.issuer;
                        let token =
                            actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, request.id);
                        let bytes = actions::fetch(inside, &applicant, request.id, &token.unwrap().unwrap());
                        (applicant.clone(), request, bytes.unwrap().unwrap())
                    })
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(finished.len(), 2 * often(24, 500));
    for (applicant, request, bytes) in &finished {
        let found = extract(bytes).unwrap();
        assert_eq!(found.keyword("request"), Some(request.id.to_string().as_str()));
        fixture.issuer.composer.belongs_to(bytes, request, applicant).unwrap();
        let id = applicant.resident().as_str().to_owned();
        let sql = "SELECT name FROM residents WHERE resident_id = $1";
        let row = inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.as_str().into()])).unwrap();
        let name = row.unwrap().text(0).unwrap().to_owned();
        let texts: String =
            found.pages.iter().flat_map(|page| page.texts.concat().chars().collect::<Vec<_>>()).collect();
        assert!(texts.contains(&name), "the paper of {} does not name them", applicant.resident().as_str());
        // Swapped on purpose, at the hop before the printer: refused every time.
        for (other_applicant, other, swapped) in finished.iter().skip(SERVED.len()).step_by(17) {
            if other.id != request.id {
                assert!(fixture.issuer.composer.belongs_to(swapped, request, applicant).is_err());
                assert!(fixture.issuer.composer.belongs_to(bytes, other, other_applicant).is_err());
            }
        }
        assert!(fixture.issuer.composer.belongs_to(bytes, request, &fixture.applicant("couple")).is_err());
    }
}

#[test]
fn i5_a_stopped_request_never_hands_out_its_paper() {
    let fixture = fixture();
    let (inside, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant("rare-kuzu"));
    // Stopped before it is drawn.
    let before = fixture.paid(&applicant, &Choices::default());
    actions::stop(inside, before.id).unwrap().unwrap();
    let prepared = actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, before.id);
    assert_eq!(prepared.unwrap(), Err(Refusal::AlreadyEnded));
    let forged = actions::fetch(inside, &applicant, before.id, &FetchToken([0; 32])).unwrap();
    assert_eq!(forged, Err(Refusal::NotYours));
    // Stopped after it is drawn and before it is fetched.
    let after = fixture.paid(&applicant, &Choices::default());
    let prepared = actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, after.id);
    let token = prepared.unwrap().unwrap();
    assert_eq!(fixture.documents(&after), 1);
    actions::stop(inside, after.id).unwrap().unwrap();
    assert_eq!(actions::fetch(inside, &applicant, after.id, &token).unwrap(), Err(Refusal::AlreadyEnded));
    for request in [&before, &after] {
        assert_eq!(fixture.state(request), State::RefundDue);
        assert_eq!(fixture.documents(request), 0);
        assert_eq!(actions::stop(inside, request.id).unwrap(), Err(Refusal::AlreadyEnded));
    }
}

#[test]
fn i5_a_result_that_comes_after_the_stop_is_discarded() {
    let fixture = fixture();
    let (inside, applicant) = (fixture.inside(), fixture.applicant("rare-kuzu"));
    let request = fixture.paid(&applicant, &Choices::default());
    let (city, id) = (inside.clone(), request.id);
    let composer = fixture.composer_while(move || {
        actions::stop(&city, id).unwrap().unwrap();
    });
    let late = actions::prepare(inside, &composer, fixture.issuer.fresh_minutes, &applicant, request.id);
    assert_eq!(late.unwrap(), Err(Refusal::AlreadyEnded));
    assert_eq!((fixture.state(&request), fixture.documents(&request)), (State::RefundDue, 0));
}

#[test]
fn i6_a_paper_is_fetched_once_by_the_one_who_asked() {
    let fixture = fixture();
    let (inside, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant("rare-nabe"));
    let request = fixture.paid(&applicant, &Choices::default());
    let other = fixture.paid(&applicant, &Choices::default());
    let prepare =
        |id| actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, id).unwrap().unwrap();
    let (token, other_token) = (prepare(request.id), prepare(other.id));
    let fetch = |applicant, id, token| actions::fetch(inside, applicant, id, token).unwrap();
    let stranger = fixture.applicant("long-name");
    assert_eq!(fetch(&stranger, request.id, &token), Err(Refusal::NotYours));
    assert_eq!(fetch(&applicant, request.id, &other_token), Err(Refusal::NotYours));
    assert_eq!(fetch(&applicant, request.id, &FetchToken([7; 32])), Err(Refusal::NotYours));
    assert_eq!(fetch(&applicant, inside.seams.random_id(), &token), Err(Refusal::NotYours));
    assert!(fetch(&applicant, request.id, &token).is_ok());
    assert_eq!(fetch(&applicant, request.id, &token), Err(Refusal::AlreadyEnded));
    // The other request, had it been made at another machine.
    let id = other.id;
    inside
        .store
        .write::<_, StoreError, _>(move |tx| {
            let sql = "UPDATE certificate_requests SET terminal_id = $1 WHERE request_id = $2";
            tx.execute(sql, &["another machine".into(), id.into()])
        })
        .unwrap();
    assert_eq!(fetch(&applicant, other.id, &other_token), Err(Refusal::NotYours));
}

#[test]
fn i8_a_register_that_has_not_been_heard_of_issues_nothing() {
    let fixture = fixture();
    let (issuer, applicant) = (&fixture.issuer, fixture.applicant("widow"));
    let paid = fixture.paid(&applicant, &Choices::default());
    // A city that is stricter than the time a request has (fifteen minutes), so that it is the silence that ends it.
    let fresh_minutes = 5;
    let later = fixture.inside().seams.now().plus_seconds(10 * 60);
    let seams = Seams { clock: Arc::new(ManualClock::starting_at(later)), random: Arc::new(SystemRandom) };
    let city = fixture.with_seams(seams);
    let begun = actions::begin(&city, fresh_minutes, &applicant, &Choices::default()).unwrap();
    assert_eq!(begun.unwrap_err(), Refusal::RegisterNotFresh);
    assert!(actions::household(&city, fresh_minutes, &applicant).unwrap().is_err());
    // The fee was taken while the register was fresh; then it fell silent: the money is owed and no paper comes.
    let prepared = actions::prepare(&city, &issuer.composer, fresh_minutes, &applicant, paid.id);
    assert_eq!(prepared.unwrap(), Err(Refusal::RegisterNotFresh));
    assert_eq!((fixture.state(&paid), fixture.documents(&paid)), (State::RefundDue, 0));
}

#[test]
fn i9_a_protection_that_comes_while_the_paper_is_drawn_refuses_it() {
    let fixture = fixture();
    let (inside, applicant) = (fixture.inside(), fixture.applicant("couple"));
    let request = fixture.paid(&applicant, &whole_household());
    let (city, resident) = (inside.clone(), applicant.resident().clone());
    let composer = fixture.composer_while(move || {
        protect(&city, resident.as_str(), None);
    });
    let refused = actions::prepare(inside, &composer, fixture.issuer.fresh_minutes, &applicant, request.id);
    assert_eq!(refused.unwrap(), Err(Refusal::AskAtTheCounter));
    assert_eq!((fixture.state(&request), fixture.documents(&request)), (State::RefundDue, 0));
}

#[test]
fn i9_a_nights_import_refuses_only_the_paper_of_whom_it_changed() {
    let fixture = fixture();
    let (inside, applicant) = (fixture.inside(), fixture.applicant("couple"));
    let files = fixture.city.directory().join("files");
    let city = inside.clone();
    let import_again = move || {
        let source = files.join("source.toml");
        let text = std::fs::read_to_string(&source).unwrap();
        let position = text.lines().find_map(|line| line.strip_prefix("position = ")).unwrap().to_owned();
        let next: u64 = position.parse::<u64>().unwrap() + 1;
        let text = text.replace(&format!("position = {position}"), &format!("position = {next}"));
        std::fs::write(&source, text).unwrap();
        let imported = import::run(&city.store, &city.seams, &files, &import::Options::default(), &mut |_| true);
        assert!(imported.unwrap().switched);
        // The files are as old as the fixture's seed says; their source is alive.
        simulated_heartbeat(&city).unwrap();
    };
    let unchanged = fixture.paid(&applicant, &whole_household());
    let composer = fixture.composer_while(import_again.clone());
    let fresh_minutes = fixture.issuer.fresh_minutes;
    actions::prepare(inside, &composer, fresh_minutes, &applicant, unchanged.id).unwrap().unwrap();

    let residents = fixture.city.directory().join("files/residents.csv");
    let id = applicant.resident().as_str().to_owned();
    let composer = fixture.composer_while(move || {
        let text = std::fs::read_to_string(&residents).unwrap();
        let (header, rows) = text.split_once('\n').unwrap();
        let remarks = header.split(',').position(|column| column.trim() == "remarks").unwrap();
        let rows: Vec<String> = rows.lines().map(|row| with_cell(row, &id, remarks, "備考が加わった")).collect();
        std::fs::write(&residents, format!("{header}\n{}\n", rows.join("\n"))).unwrap();
        import_again();
    });
    let changed = fixture.paid(&applicant, &whole_household());
    let refused = actions::prepare(inside, &composer, fresh_minutes, &applicant, changed.id);
    assert_eq!(refused.unwrap(), Err(Refusal::AskAtTheCounter));
    assert_eq!((fixture.state(&changed), fixture.documents(&changed)), (State::RefundDue, 0));
}

/// The row with another cell, if it is the row of `id`. The synthetic city quotes nothing.
fn with_cell(row: &str, id: &str, column: usize, value: &str) -> String {
    let mut cells: Vec<&str> = row.split(',').collect();
    if cells[0] == id {
        cells[column] = value;
    }
    cells.join(",")
}

#[test]
fn i9_no_paper_is_issued_after_the_commit_of_a_protection() {
    let fixture = fixture();
    let (inside, issuer, applicant) =
        (fixture.inside(), &fixture.issuer, fixture.applicant("special-permanent-resident"));
    let resident = applicant.resident().as_str();
    let (mut issued, mut refused) = (0, 0);
    let rounds = often(60, 10_000);
    for round in 0..rounds {
        let request = fixture.paid(&applicant, &Choices::default());
        let (prepared, seen) = std::thread::scope(|scope| {
            let protector = scope.spawn(|| {
                std::thread::sleep(std::time::Duration::from_millis(round as u64 * 7 % 211));
                protect(inside, resident, Some(request.id))
            });
            let prepared = actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, request.id);
            (prepared.unwrap(), protector.join().unwrap())
        });
        // What the protection's own transaction saw tells which commit was first.
        match prepared {
            Ok(_) => {
                assert_eq!(seen.as_deref(), Some("ready"), "round {round}: issued after the protection");
                issued += 1;
            }
            Err(refusal) => {
                assert_eq!(refusal, Refusal::AskAtTheCounter);
                assert_eq!(fixture.documents(&request), 0);
                refused += 1;
            }
        }
        let id = resident.to_owned();
        inside
            .store
            .write::<_, StoreError, _>(move |tx| {
                tx.execute("DELETE FROM protections WHERE resident_id = $1", &[id.as_str().into()])
            })
            .unwrap();
    }
    assert_eq!(issued + refused, rounds);
    assert!(refused > 0, "the race was never lost: it was not one");
}

/// Puts `resident` under protection and answers how `request` stood in that transaction.
fn protect(city: &tools::Inside, resident: &str, request: Option<base::Id>) -> Option<String> {
    let resident = resident.to_owned();
    city.store
        .write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "INSERT INTO protections (generation, resident_id, protected_from, protected_until) \
                 SELECT generation, $1, '2020-01-01', NULL FROM register_generation WHERE id = 1",
                &[resident.as_str().into()],
            )?;
            let Some(request) = request else { return Ok(None) };
            let sql = "SELECT state FROM certificate_requests WHERE request_id = $1";
            tx.query_one(sql, &[request.into()])?.map(|row| row.text(0).map(str::to_owned)).transpose()
        })
        .unwrap()
}

#[test]
fn i7_a_paper_shows_exactly_one_committed_version_of_a_household() {
    let fixture = fixture();
    let (inside, issuer, applicant) = (fixture.inside(), &fixture.issuer, fixture.applicant("one-parent"));
    let items = OptionalItems { relationship: true, ..OptionalItems::default() };
    let choices = Choices { items, ..whole_household() };
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let papers = std::thread::scope(|scope| {
        scope.spawn(|| {
            for version in 1_000_i64.. {
                if is_over.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                rewrite(inside, applicant.resident().as_str(), version);
                std::thread::sleep(std::time::Duration::from_millis((version * 37 % 23).unsigned_abs() * 20));
            }
        });
        let mut papers = Vec::new();
        let wanted = often(6, 200);
        for _ in 0..wanted * 7 {
            let request = fixture.paid(&applicant, &choices);
            match actions::prepare(inside, &issuer.composer, issuer.fresh_minutes, &applicant, request.id).unwrap() {
                Ok(token) => {
                    papers.push(actions::fetch(inside, &applicant, request.id, &token).unwrap().unwrap());
                }
                Err(refusal) => assert_eq!(refusal, Refusal::AskAtTheCounter),
            }
            if papers.len() == wanted {
                break;
            }
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        papers
    });
    let mut seen = 0;
    for bytes in papers {
        let found = extract(&bytes).unwrap();
        let version = found.keyword("register").expect("the version stands in the metadata");
        let Some((_, version)) = version.split_once('p') else { panic!("{version}") };
        let version: i64 = version.parse().unwrap();
        if version < 1_000 {
            continue;
        }
        seen += 1;
        let texts: String = found.pages.iter().map(|page| page.texts.concat()).collect();
        let texts = base::text::to_half_width(&texts);
        let shown: Vec<&str> = texts.match_indices("第").filter_map(|(at, _)| texts.get(at + 3..at + 7)).collect();
        let shown: Vec<i64> = shown.iter().filter_map(|digits| digits.parse().ok()).collect();
        assert!(shown.len() >= 3, "address and both remarks: {shown:?}");
        assert!(shown.iter().all(|&one| one == version), "mixed versions: {version} and {shown:?}");
    }
    assert!(seen > 0, "no paper came while the register changed");
}

/// One committed version of a household: its position, its address and every member's remarks say the same number.
fn rewrite(city: &tools::Inside, resident: &str, version: i64) {
    let resident = resident.to_owned();
    city.store
        .write::<_, StoreError, _>(move |tx| {
            let building = format!("第{version}棟");
            let remarks = format!("第{version}版");
            tx.execute(
                "UPDATE households SET position = $2 WHERE household_id = \
                 (SELECT household_id FROM residents WHERE resident_id = $1)",
                &[resident.as_str().into(), version.into()],
            )?;
            tx.execute(
                "UPDATE residents SET building = $2 WHERE household_id = \
                 (SELECT household_id FROM residents WHERE resident_id = $1)",
                &[resident.as_str().into(), building.as_str().into()],
            )?;
            tx.execute(
                "UPDATE residents SET remarks = $2 WHERE household_id = \
                 (SELECT household_id FROM residents WHERE resident_id = $1)",
                &[resident.as_str().into(), remarks.as_str().into()],
            )
        })
        .unwrap();
}
