//! What an intruder could do to the log, and what the check says.

use std::sync::Arc;

use store::testing::{TestDatabase, for_each_engine};
use store::{StoreError, Tx};

use super::verify::verify_in;
use super::*;
use crate::access::{self, Duty, Purpose, ResidentId};
use crate::signing::SigningKey;

const JOB: Actor = Actor::System { job: "test" };

fn key() -> SigningKey {
    SigningKey::from_seed([1; 32]).unwrap()
}

/// Twelve entries, among them four disclosures and one erased content; a head after eight, a head after all, then one
/// entry more.
fn a_log(database: &TestDatabase, word: &'static str) {
    let store = database.inside();
    for round in 0..2 {
        let seams = database.seams.clone();
        store
            .write::<_, StoreError, _>(move |tx| {
                for number in 0..4i64 {
                    append(tx, &seams, &JOB, Event::SettingChanged, &[("setting", word), ("to", &number.to_string())])?;
                }
                Ok(())
            })
            .unwrap();
        let seams = database.seams.clone();
        store
            .write::<_, access::AccessError, _>(move |tx| {
                let clerk = Actor::Staff { account: base::Id::from_bytes([7; 16]) };
                for number in 0..2 {
                    let person = ResidentId::parse(&format!("R-{round}{number}")).unwrap();
                    access::person(tx, &seams, &clerk, &Purpose::new(Duty::Inquiry), &person)?;
                }
                Ok(())
            })
            .unwrap();
        database.clock.advance_seconds(3600);
        make_head(&store, &database.seams, Zone::Inside, &key()).unwrap().unwrap();
    }
    let seams = database.seams.clone();
    store
        .write::<_, StoreError, _>(move |tx| {
            let chain = tx.query_one("SELECT chain FROM audit_entry ORDER BY position LIMIT 1", &[])?.unwrap();
            let second = Position { chain: chain.text(0)?.to_owned(), number: 2 };
            assert!(erase_content(tx, &seams, &JOB, &second, "retention")?);
            Ok(())
        })
        .unwrap();
}

/// What the check says after `harm`, which is then undone.
fn after(database: &TestDatabase, harm: fn(&mut Tx) -> Result<(), StoreError>) -> Vec<Finding> {
    struct Undo(Vec<Finding>);
    impl From<StoreError> for Undo {
        fn from(error: StoreError) -> Self {
            panic!("{error}")
        }
    }
    let undone: Result<(), Undo> = database.inside().write(move |tx| {
        harm(tx)?;
        Err(Undo(verify_in(tx, Zone::Inside, &[key().public()], None)?.findings))
    });
    undone.unwrap_err().0
}

fn run(tx: &mut Tx, sql: &'static str) -> Result<(), StoreError> {
    assert!(tx.execute(sql, &[])? > 0, "{sql}");
    Ok(())
}

#[test]
fn an_untouched_log_is_sound_and_says_how_much_is_signed() {
    for_each_engine(|database| {
        a_log(&database, "open_until");
        let report = verify(&database.inside(), Zone::Inside, &[key().public()], None).unwrap();
        assert!(report.is_sound(), "{report}");
        assert_eq!((report.entries, report.unsigned, report.heads, report.erased), (13, 1, 2, 1));
        assert!(make_head(&database.inside(), &database.seams, Zone::Inside, &key()).unwrap().is_some());
        assert!(make_head(&database.inside(), &database.seams, Zone::Inside, &key()).unwrap().is_none());
    });
}

#[test]
fn every_way_of_tampering_is_found() {
    type Harm = (&'static str, fn(&mut Tx) -> Result<(), StoreError>, fn(&Finding) -> bool);
    let harms: &[Harm] = &[
        (
            "a changed row",
            |tx| run(tx, "UPDATE audit_entry SET at = at + 1 WHERE position = 3"),
            |f| matches!(f, Finding::EntryChanged(at) if at.number == 3),
        ),
        (
            "a changed row with its hash",
            |tx| run(tx, "UPDATE audit_entry SET hash = commitment WHERE position = 3"),
            |f| matches!(f, Finding::EntryChanged(at) if at.number == 4),
        ),
        (
            "a removed row",
            |tx| run(tx, "DELETE FROM audit_entry WHERE position = 3"),
            |f| matches!(f, Finding::EntryMissing(at) if at.number == 3),
        ),
        (
            "a cut tail",
            |tx| run(tx, "DELETE FROM audit_entry WHERE position > 12"),
            |f| matches!(f, Finding::TailCut { expected: 13, found: 12, .. }),
        ),
        (
            "a cut tail with its tip, beyond a head",
            |tx| {
                run(tx, "DELETE FROM audit_entry WHERE position > 10")?;
                run(
                    tx,
                    "UPDATE audit_chain SET length = 10, tip = (SELECT hash FROM audit_entry e
                     WHERE e.chain = audit_chain.chain AND e.position = 10)",
                )
            },
            |f| matches!(f, Finding::TailCut { expected: 12, found: 10, .. }),
        ),
        (
            "an added row",
            |tx| {
                run(
                    tx,
                    "INSERT INTO audit_entry (chain, position, at, event, actor_class, commitment, hash)
                     SELECT chain, 14, at, event, actor_class, commitment, hash FROM audit_entry WHERE position = 13",
                )
            },
            |f| matches!(f, Finding::EntryUnexpected(at) if at.number == 14),
        ),
        (
            "a removed tip",
            |tx| run(tx, "DELETE FROM audit_chain"),
            |f| matches!(f, Finding::EntryUnexpected(at) if at.number == 1),
        ),
        (
            "changed content",
            |tx| run(tx, "UPDATE audit_content SET content = '{}' WHERE position = 4"),
            |f| matches!(f, Finding::ContentChanged(at) if at.number == 4),
        ),
        (
            "content removed without a word",
            |tx| run(tx, "DELETE FROM audit_content WHERE position = 4"),
            |f| matches!(f, Finding::ContentMissing(at) if at.number == 4),
        ),
        (
            "a changed disclosure",
            |tx| run(tx, "UPDATE disclosure SET duty = 'audit' WHERE subject = 'R-10'"),
            |f| matches!(f, Finding::DisclosureChanged(_)),
        ),
        (
            "a disclosure given to somebody else",
            |tx| run(tx, "UPDATE disclosure SET subject = 'R-99' WHERE subject = 'R-10'"),
            |f| matches!(f, Finding::DisclosureChanged(_)),
        ),
        (
            "a removed disclosure",
            |tx| run(tx, "DELETE FROM disclosure WHERE subject = 'R-10'"),
            |f| matches!(f, Finding::DisclosureMissing(_)),
        ),
        (
            "an invented disclosure",
            |tx| run(tx, "UPDATE disclosure SET position = 99 WHERE subject = 'R-10'"),
            |f| matches!(f, Finding::DisclosureAdded(_)),
        ),
        (
            "a changed head",
            |tx| run(tx, "UPDATE audit_head SET at = at + 1 WHERE number = 2"),
            |f| *f == Finding::HeadForged(2),
        ),
        ("a removed head", |tx| run(tx, "DELETE FROM audit_head WHERE number = 1"), |f| *f == Finding::HeadMissing(1)),
        (
            "a removed chain of a head",
            |tx| run(tx, "DELETE FROM audit_head_chain WHERE number = 2"),
            |f| *f == Finding::HeadBroken(2),
        ),
    ];
    for_each_engine(|database| {
        a_log(&database, "open_until");
        for (name, harm, expected) in harms {
            let findings = after(&database, *harm);
            assert!(findings.iter().any(expected), "{name} on {}: {findings:?}", database.engine);
        }
        assert!(after(&database, |_| Ok(())).is_empty());
    });
}

#[test]
fn a_history_rewritten_and_signed_anew_is_caught_by_heads_kept_elsewhere() {
    for_each_engine(|database| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("heads.txt");
        a_log(&database, "open_until");
        assert_eq!(export_heads(&database.inside(), Zone::Inside, &file).unwrap(), 2);
        assert_eq!(export_heads(&database.inside(), Zone::Inside, &file).unwrap(), 0);
        let mark = database.inside().read(|tx| latest_mark(tx, Zone::Inside)).unwrap().unwrap();

        // Whoever holds the database and the key writes another past and signs it.
        database
            .inside()
            .write::<_, StoreError, _>(|tx| {
                for sql in [
                    "DELETE FROM audit_entry",
                    "DELETE FROM audit_content",
                    "DELETE FROM audit_chain",
                    "DELETE FROM audit_head",
                    "DELETE FROM audit_head_chain",
                    "DELETE FROM disclosure",
                ] {
                    run(tx, sql)?;
                }
                Ok(())
            })
            .unwrap();
        database.clock.advance_seconds(-7200);
        a_log(&database, "something_else");

        let check = |against: Option<&str>| {
            verify(&database.inside(), Zone::Inside, &[key().public()], against).unwrap().findings
        };
        assert!(check(None).is_empty(), "inside its own walls the new past looks sound");
        let kept = std::fs::read_to_string(&file).unwrap();
        assert_eq!(check(Some(&kept)), [Finding::HeadRewritten(1), Finding::HeadRewritten(2)]);
        assert_eq!(check(Some(&mark)), [Finding::HeadRewritten(2)], "a citizen's receipt is enough");
        assert_eq!(check(Some("3-00000000000000000000")), [Finding::HeadMissing(3)]);
        assert_eq!(check(Some("nonsense")), [Finding::HeadsFile(1)]);
        let forged = kept.replace("yakuba-head-1 inside 1 ", "yakuba-head-1 inside 3 ");
        assert!(check(Some(&forged)).contains(&Finding::HeadsFile(1)));
        // And the other zone, which holds the first heads, refuses the second ones (see `relay`).
    });
}

#[test]
fn many_writers_at_once_keep_whole_chains() {
    for_each_engine(|database| {
        let store = database.inside();
        let seams = Arc::new(database.seams.clone());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..25 {
                        let seams = seams.clone();
                        store
                            .write::<_, StoreError, _>(move |tx| {
                                append(tx, &seams, &JOB, Event::SettingChanged, &[])?;
                                append(tx, &seams, &JOB, Event::ServiceOpened, &[])
                            })
                            .unwrap();
                    }
                });
            }
        });
        make_head(&store, &seams, Zone::Inside, &key()).unwrap().unwrap();
        let report = verify(&store, Zone::Inside, &[key().public()], None).unwrap();
        assert!(report.is_sound(), "{report}");
        assert_eq!(report.entries, 200);
    });
}

#[test]
fn an_undone_action_leaves_no_entry_and_no_hole() {
    for_each_engine(|database| {
        for number in 0..6 {
            let seams = database.seams.clone();
            let _: Result<(), StoreError> = database.inside().write(move |tx| {
                append(tx, &seams, &JOB, Event::SettingChanged, &[])?;
                if number % 2 == 0 { Err(StoreError::Closed) } else { Ok(()) }
            });
        }
        let report = verify(&database.inside(), Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound(), "{report}");
        assert_eq!(report.entries, 3);
    });
}

#[test]
fn a_broken_log_is_not_signed() {
    for_each_engine(|database| {
        a_log(&database, "open_until");
        database
            .inside()
            .write::<_, StoreError, _>(|tx| run(tx, "UPDATE audit_entry SET hash = commitment WHERE position = 13"))
            .unwrap();
        let refused = make_head(&database.inside(), &database.seams, Zone::Inside, &key());
        assert!(matches!(refused, Err(HeadError::Broken { .. })));
    });
}

#[test]
fn a_line_of_a_heads_file_reads_back() {
    for_each_engine(|database| {
        a_log(&database, "open_until");
        let heads = database.inside().read(|tx| heads_after(tx, Zone::Inside, 0)).unwrap();
        for head in heads {
            assert_eq!(Head::parse(&head.line()), Some(head.clone()));
            assert!(head.is_signed_by(&[key().public()]));
        }
    });
}

proptest::proptest! {
    #[test]
    fn any_line_is_read_or_refused(line in ".{0,80}", tail in "[0-9a-f ]{0,80}") {
        let _ = Head::parse(&line);
        let _ = Head::parse(&format!("yakuba-head-1 inside {tail}"));
    }
}
