//! A machine gets its secret once and keeps it until staff stop it.

use store::testing::{TestDatabase, for_each_engine};

use super::*;

const BY: Actor = Actor::System { job: "test" };

fn announced(database: &TestDatabase) -> (Terminal, OneTimeSecret) {
    let seams = database.seams.clone();
    database.inside().write(move |tx| announce(tx, &seams, &BY, "2号機", "南出張所")).unwrap()
}

fn enrolled(database: &TestDatabase, token: &OneTimeSecret) -> Option<(Terminal, TerminalSecret)> {
    let (seams, token) = (database.seams.clone(), token.clone());
    database.inside().write(move |tx| enrol(tx, &seams, &token)).unwrap()
}

fn stopped(database: &TestDatabase, id: Id) -> bool {
    let seams = database.seams.clone();
    database.inside().write(move |tx| stop(tx, &seams, &BY, id)).unwrap()
}

fn opens(database: &TestDatabase, secret: &TerminalSecret) -> bool {
    database.inside().read(|tx| authenticate(tx, secret)).unwrap().is_some()
}

#[test]
fn a_token_enrols_one_machine_once_within_a_day() {
    for_each_engine(|database| {
        let (terminal, token) = announced(&database);
        assert!(!opens(&database, &TerminalSecret([0; 32])), "an announced machine has no secret yet");
        assert_eq!(enrolled(&database, &OneTimeSecret::typed("0000-0000-0000-0000-0000")), None);
        let typed = OneTimeSecret::typed(&token.reveal().replace('-', " ").to_uppercase());
        let (same, secret) = enrolled(&database, &typed).unwrap();
        assert!(same == terminal && opens(&database, &secret));
        assert_eq!(enrolled(&database, &token), None, "it works once");

        let (_, late) = announced(&database);
        database.clock.advance_seconds(TOKEN_SECONDS);
        assert_eq!(enrolled(&database, &late), None, "it works for a day");
    });
}

#[test]
fn a_lost_machine_is_stopped_at_once_and_for_good() {
    for_each_engine(|database| {
        let (terminal, token) = announced(&database);
        let (_, secret) = enrolled(&database, &token).unwrap();
        assert!(stopped(&database, terminal.id) && !stopped(&database, terminal.id));
        assert!(!opens(&database, &secret));
        // One that was announced and lost on the way, too.
        let (waiting, token) = announced(&database);
        assert!(stopped(&database, waiting.id));
        assert_eq!(enrolled(&database, &token), None);
        let list = database.inside().read(list).unwrap();
        assert!(list.len() == 2 && list.iter().all(|one| one.status == Status::Stopped && one.stopped_at.is_some()));
        let report = audit::verify(&database.inside(), audit::Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound() && report.entries == 5, "{report}");
    });
}

#[test]
fn a_machine_without_a_name_is_not_announced() {
    let database = TestDatabase::on_sqlite();
    let seams = database.seams.clone();
    let nameless = database.inside().write(move |tx| announce(tx, &seams, &BY, " ", "南出張所"));
    assert!(matches!(nameless, Err(StaffError::Refused(crate::staff::StaffRefusal::Name))));
    assert!(database.inside().read(list).unwrap().is_empty());
}

#[test]
fn a_terminal_is_unattended_until_staff_say_otherwise() {
    for_each_engine(|database| {
        let (terminal, _) = announced(&database);
        let stands = |id| database.inside().read(move |tx| attendance(tx, id)).unwrap();
        assert_eq!(stands(terminal.id), Attendance::Unattended);
        let seams = database.seams.clone();
        let declare = move |tx: &mut Tx<'_>| declare_attendance(tx, &seams, &BY, terminal.id, Attendance::FaceToFace);
        assert!(database.inside().write(declare.clone()).unwrap());
        assert!(!database.inside().write(declare).unwrap(), "said before");
        assert_eq!(stands(terminal.id), Attendance::FaceToFace);
        assert_eq!(stands(database.seams.random_id()), Attendance::Unattended, "unknown");
        assert_eq!(database.inside().read(list).unwrap()[0].attendance, Attendance::FaceToFace);
    });
}
