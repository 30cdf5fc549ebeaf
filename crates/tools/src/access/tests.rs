//! Stories of reading: what is on record, also when the answer is no.

use base::Id;
use store::StoreError;
use store::testing::{TestDatabase, for_each_engine};

use super::*;
use crate::audit::{self, Zone};
use crate::disclosure;

#[derive(Debug)]
struct Failed;

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        panic!("{error}")
    }
}

impl From<AccessError> for Failed {
    fn from(error: AccessError) -> Self {
        panic!("{error}")
    }
}

fn resident(number: u32) -> ResidentId {
    ResidentId::parse(&format!("R-{number:05}")).unwrap()
}

fn clerk() -> Actor {
    Actor::Staff { account: Id::from_bytes([7; 16]) }
}

fn counter() -> Purpose {
    Purpose::new(Duty::CertificateCounter)
}

fn seen_by(database: &TestDatabase, person: &ResidentId) -> Vec<disclosure::Shown> {
    let today = database.seams.today();
    database.inside().read::<_, StoreError, _>(|tx| disclosure::for_person(tx, person, today, None, 100)).unwrap()
}

fn audited(database: &TestDatabase) -> i64 {
    let report = audit::verify(&database.inside(), Zone::Inside, &[], None).unwrap();
    assert!(report.is_sound(), "{report}");
    report.entries
}

#[test]
fn a_person_sees_who_opened_their_record_why_and_what() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        database
            .inside()
            .write::<_, Failed, _>(move |tx| {
                let purpose = counter().reading(&[Item::Name, Item::Address]).noting("窓口での申請").unwrap();
                let access = person(tx, &seams, &clerk(), &purpose, &resident(1))?;
                assert!(access.covers(&resident(1)) && !access.covers(&resident(2)));
                assert!(matches!(access.require(&resident(2)), Err(AccessError::NotCovered)));
                Ok(())
            })
            .unwrap();
        let seen = seen_by(&database, &resident(1));
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].by.as_str(), seen[0].duty), ("staff", Some(Duty::CertificateCounter)));
        assert_eq!(seen[0].items, ["氏名", "住所"]);
        assert!(seen_by(&database, &resident(2)).is_empty());
        assert_eq!(audited(&database), 1);
    });
}

#[test]
fn a_refused_action_leaves_its_disclosure_and_a_failed_one_leaves_nothing() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        let refused: Result<Result<(), &str>, Failed> = database.inside().write(move |tx| {
            person(tx, &seams, &clerk(), &counter(), &resident(1))?;
            Ok(Err("not at a machine"))
        });
        assert_eq!(refused.unwrap(), Err("not at a machine"));
        assert_eq!(seen_by(&database, &resident(1)).len(), 1);

        let seams = database.seams.clone();
        let failed: Result<String, Failed> = database.inside().write(move |tx| {
            person(tx, &seams, &clerk(), &counter(), &resident(1))?;
            // What was read up to here goes down with the closure: an error carries no row.
            Err(Failed)
        });
        assert!(failed.is_err());
        assert_eq!(seen_by(&database, &resident(1)).len(), 1);
        assert_eq!(audited(&database), 1);
    });
}

#[test]
fn what_the_database_could_not_keep_was_not_read() {
    for_each_engine(|database| {
        database.inside();
        database.faults.push(store::Fault::FailBeforeCommit);
        let seams = database.seams.clone();
        let read: Result<&str, AccessError> = database.inside().write(move |tx| {
            person(tx, &seams, &clerk(), &counter(), &resident(1))?;
            Ok("the record")
        });
        assert!(read.is_err());
        assert!(seen_by(&database, &resident(1)).is_empty());
    });
}

#[test]
fn ones_own_record_is_audited_only_and_the_household_is_told() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        database
            .inside()
            .write::<_, Failed, _>(move |tx| {
                let actor = Actor::Resident { resident: resident(1), terminal: Some("kiosk-1".to_owned()) };
                let mut access = person(tx, &seams, &actor, &Purpose::new(Duty::CertificateSelf), &resident(1))?;
                access.also_shows(tx, &[resident(2), resident(1)])?;
                access.also_shows(tx, &[resident(2)])?;
                assert!(access.covers(&resident(2)));
                Ok(())
            })
            .unwrap();
        assert!(seen_by(&database, &resident(1)).is_empty());
        assert_eq!(seen_by(&database, &resident(2)).len(), 1);
        assert_eq!(audited(&database), 2);
    });
}

#[test]
fn a_search_shows_twenty_and_tells_each() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        database
            .inside()
            .write::<_, Failed, _>(move |tx| {
                let mut found = search(tx, &seams, &clerk(), &counter(), "kana=ヤマダ")?;
                let twenty: Vec<ResidentId> = (1..=20).map(resident).collect();
                found.show(tx, &twenty)?;
                found.show(tx, &twenty)?;
                assert!(matches!(found.show(tx, &[resident(21)]), Err(AccessError::TooManyRows)));
                assert!(found.covers(&resident(20)) && !found.covers(&resident(21)));
                Ok(())
            })
            .unwrap();
        assert_eq!(seen_by(&database, &resident(20)).len(), 1);
        assert!(seen_by(&database, &resident(21)).is_empty());
        assert_eq!(audited(&database), 21);
    });
}

#[test]
fn residents_and_terminals_neither_search_nor_read_in_bulk() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        database
            .inside()
            .write::<_, Failed, _>(move |tx| {
                let own = Actor::Resident { resident: resident(1), terminal: None };
                for actor in [own, Actor::Kiosk { terminal: "kiosk-1".to_owned() }] {
                    let refused = search(tx, &seams, &actor, &counter(), "kana=ヤマダ");
                    assert!(matches!(refused, Err(AccessError::WrongForm)));
                    let refused = bulk(tx, &seams, &actor, &counter(), &IMPORT);
                    assert!(matches!(refused, Err(AccessError::WrongForm)));
                }
                assert!(matches!(search(tx, &seams, &clerk(), &counter(), " "), Err(AccessError::NoCriteria)));
                Ok(())
            })
            .unwrap();
        assert_eq!(audited(&database), 0);
    });
}

const IMPORT: BulkDeclaration = BulkDeclaration {
    name: "register.import",
    japanese: "住民データを取り込みました。",
    english: "The register was imported.",
    concerned: Concerned::Everyone,
};

#[test]
fn declared_bulk_work_is_one_entry_that_each_person_concerned_sees() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        database
            .inside()
            .write::<_, Failed, _>(move |tx| {
                let job = Actor::System { job: "import" };
                bulk(tx, &seams, &job, &Purpose::new(Duty::Register), &IMPORT)?;
                let some = BulkDeclaration { concerned: Concerned::Named, name: "notice.sent", ..IMPORT };
                let access = bulk(tx, &seams, &job, &Purpose::new(Duty::Notice), &some)?;
                access.concerns(tx, &[resident(1), resident(2)])?;
                access.concerns(tx, &[resident(2)])?;
                Ok(())
            })
            .unwrap();
        assert_eq!(seen_by(&database, &resident(1)).len(), 2);
        assert_eq!(seen_by(&database, &resident(2)).len(), 2);
        let third = seen_by(&database, &resident(3));
        assert_eq!(third.len(), 1);
        assert_eq!(third[0].told.as_ref().unwrap().1, IMPORT.english);
        assert_eq!(audited(&database), 2);
    });
}

#[test]
fn an_hour_has_its_limit_for_staff_and_the_next_hour_begins_anew() {
    for_each_engine(|database| {
        let limit = clerk().hourly_cap().unwrap();
        let open = |number| {
            let seams = database.seams.clone();
            database.inside().write::<_, AccessError, _>(move |tx| {
                person(tx, &seams, &clerk(), &counter(), &resident(number)).map(drop)
            })
        };
        let seams = database.seams.clone();
        database
            .inside()
            .write::<_, Failed, _>(move |tx| {
                for number in 0..limit {
                    person(tx, &seams, &clerk(), &counter(), &resident(number))?;
                }
                Ok(())
            })
            .unwrap();
        let open_incidents = || database.inside().read(|tx| crate::incidents::list(tx, true)).unwrap();
        assert_eq!(open_incidents().len(), 1, "reaching the limit is reported with the last record opened");
        assert!(matches!(open(999), Err(AccessError::TooMany { .. })));
        assert_eq!(open_incidents()[0].times, 1);
        database.clock.advance_seconds(3601);
        open(999).unwrap();
    });
}

#[test]
fn an_entry_may_be_hidden_by_law_or_until_a_date() {
    for_each_engine(|database| {
        let seams = database.seams.clone();
        let tomorrow = seams.today().plus_days(1);
        database
            .inside()
            .write::<_, Failed, _>(move |tx| {
                person(tx, &seams, &clerk(), &Purpose::new(Duty::Protection), &resident(1))?;
                person(tx, &seams, &clerk(), &counter().visible(Visibility::After(tomorrow)), &resident(1))?;
                Ok(())
            })
            .unwrap();
        assert!(seen_by(&database, &resident(1)).is_empty());
        database.clock.advance_seconds(86_400);
        assert_eq!(seen_by(&database, &resident(1)).len(), 1);
    });
}

#[test]
fn a_purpose_takes_no_individual_number() {
    assert!(matches!(counter().noting("1234-5678-9018 の件"), Err(PurposeError::IndividualNumber(_))));
    assert_eq!(counter().noting(&"長".repeat(201)), Err(PurposeError::TooLong));
    assert_eq!(counter().noting("  ").unwrap(), counter());
}

#[test]
fn one_piece_of_work_over_several_transactions_is_one_line_in_the_list() {
    for_each_engine(|database| {
        let (visit, other_visit) = (database.seams.random_id(), database.seams.random_id());
        let name = counter().reading(&[Item::Name]).for_work(visit);
        let more = counter().reading(&[Item::Name, Item::Domicile]).for_work(visit);
        let later = counter().reading(&[Item::Name]).for_work(other_visit);
        let read = |purpose: &Purpose, who: u32| {
            let (seams, purpose) = (database.seams.clone(), purpose.clone());
            let opened = database.inside().write::<_, Failed, _>(move |tx| {
                let mut access = person(tx, &seams, &clerk(), &purpose, &resident(who))?;
                access.also_shows(tx, &[resident(9)])?;
                Ok(access.covers(&resident(who)) && access.covers(&resident(9)))
            });
            assert!(opened.unwrap());
        };
        read(&name, 1);
        read(&name, 1);
        assert_eq!((seen_by(&database, &resident(1)).len(), seen_by(&database, &resident(9)).len()), (1, 1));
        // More items, another visit, and another person are each a line of their own.
        read(&more, 1);
        read(&later, 1);
        read(&name, 2);
        let lines = [1, 2, 9].map(|who| seen_by(&database, &resident(who)).len());
        assert_eq!(lines, [3, 1, 3]);
        assert_eq!(audited(&database), 7);
    });
}
