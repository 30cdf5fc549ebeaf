//! A stop that holds until somebody has looked.

use store::testing::{TestDatabase, for_each_engine};

use super::*;

const WATCHDOG: Actor = Actor::System { job: "watchdog" };
const STALE: Report<'static> = Report {
    service: "convenience_certificates",
    kind: "register_not_fresh",
    stops: true,
    note: "no source for 40 min",
};

fn opened(database: &TestDatabase, report: Report<'static>) -> Id {
    let seams = database.seams.clone();
    database.inside().write(move |tx| open(tx, &seams, &WATCHDOG, &report)).unwrap()
}

fn is_stopped(database: &TestDatabase, service: &'static str) -> bool {
    database.inside().read(|tx| service_stopped(tx, service)).unwrap().is_some()
}

#[test]
fn a_service_stops_until_somebody_says_why_it_may_go_on() {
    for_each_engine(|database| {
        assert!(!is_stopped(&database, "convenience_certificates"));
        let id = opened(&database, STALE);
        assert!(is_stopped(&database, "convenience_certificates"));
        assert!(!is_stopped(&database, "library_card"));

        let clearing = |reason: &'static str| {
            let seams = database.seams.clone();
            let clerk = Actor::Staff { account: Id::from_bytes([1; 16]) };
            database.inside().write(move |tx| clear(tx, &seams, &clerk, id, reason))
        };
        assert!(matches!(clearing("  "), Err(IncidentError::NoReason)));
        clearing("the line was repaired").unwrap();
        assert!(matches!(clearing("again"), Err(IncidentError::NotOpen)));
        assert!(!is_stopped(&database, "convenience_certificates"));
        assert_ne!(opened(&database, STALE), id, "the next trouble is a new incident");
    });
}

#[test]
fn the_same_trouble_is_counted_not_piled_up() {
    for_each_engine(|database| {
        let mild = Report { stops: false, ..STALE };
        let id = opened(&database, mild);
        database.clock.advance_seconds(60);
        assert_eq!(opened(&database, mild), id);
        assert!(!is_stopped(&database, STALE.service));
        assert_eq!(opened(&database, STALE), id);
        assert!(is_stopped(&database, STALE.service), "the worse report counts");
        assert_eq!(opened(&database, mild), id);
        assert!(is_stopped(&database, STALE.service), "and a milder one does not lift it");
        let list = database.inside().read(|tx| list(tx, true)).unwrap();
        assert_eq!((list.len(), list[0].times), (1, 4));
    });
}

#[test]
fn one_switch_stops_every_service() {
    for_each_engine(|database| {
        opened(&database, Report { service: EVERY_SERVICE, kind: "stopped_by_hand", stops: true, note: "drill" });
        assert!(is_stopped(&database, "convenience_certificates") && is_stopped(&database, "library_card"));
    });
}
