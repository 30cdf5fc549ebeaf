//! Two people, one action, once.

use base::{Id, Timestamp};
use proptest::prelude::*;
use store::testing::{TestDatabase, for_each_engine};

use super::model::{Standing, decide};
use super::*;

fn staff(number: u8) -> Actor {
    Actor::Staff { account: Id::from_bytes([number; 16]) }
}

const GRANT: Proposal<'static> =
    Proposal { action: "staff.grant_role", subject: "account-9", payload: b"administrator" };

fn act<T: Send + 'static>(
    database: &TestDatabase,
    action: impl Fn(&mut Tx, &Seams) -> Result<T, ApprovalError> + Send + 'static,
) -> Result<T, Refusal> {
    let seams = database.seams.clone();
    match database.inside().write(move |tx| action(tx, &seams)) {
        Ok(value) => Ok(value),
        Err(ApprovalError::Refused(refusal)) => Err(refusal),
        Err(ApprovalError::Store(error)) => panic!("{error}"),
    }
}

fn proposed(database: &TestDatabase) -> Id {
    act(database, |tx, seams| propose(tx, seams, &staff(1), &GRANT, "9番に管理者の役割を与える", WAITS_SECONDS))
        .unwrap()
}

#[test]
fn what_one_proposed_and_another_approved_is_done_once() {
    for_each_engine(|database| {
        let id = proposed(&database);
        assert_eq!(act(&database, move |tx, s| execute(tx, s, &staff(1), id, &GRANT)), Err(Refusal::NotApproved));
        assert_eq!(act(&database, move |tx, s| approve(tx, s, &staff(1), id)), Err(Refusal::OwnProposal));
        act(&database, move |tx, s| approve(tx, s, &staff(2), id)).unwrap();
        assert_eq!(act(&database, move |tx, s| approve(tx, s, &staff(3), id)), Err(Refusal::Decided));
        act(&database, move |tx, s| execute(tx, s, &staff(1), id, &GRANT)).unwrap();
        assert_eq!(act(&database, move |tx, s| execute(tx, s, &staff(1), id, &GRANT)), Err(Refusal::Executed));
        let report = audit::verify(&database.inside(), audit::Zone::Inside, &[], None).unwrap();
        assert!(report.is_sound() && report.entries == 3, "{report}");
    });
}

#[test]
fn only_the_very_bytes_that_were_approved_are_carried_out() {
    for_each_engine(|database| {
        let id = proposed(&database);
        act(&database, move |tx, s| approve(tx, s, &staff(2), id)).unwrap();
        for other in [
            Proposal { payload: b"administrator,auditor", ..GRANT },
            Proposal { subject: "account-1", ..GRANT },
            Proposal { action: "staff.stop", ..GRANT },
        ] {
            assert_eq!(act(&database, move |tx, s| execute(tx, s, &staff(1), id, &other)), Err(Refusal::OtherPayload));
        }
    });
}

#[test]
fn a_proposal_waits_a_day_and_then_is_gone() {
    for_each_engine(|database| {
        let (one, two) = (proposed(&database), proposed(&database));
        act(&database, move |tx, s| approve(tx, s, &staff(2), one)).unwrap();
        let now = database.seams.now();
        assert_eq!(database.inside().read(move |tx| waiting(tx, now)).unwrap().len(), 2);
        database.clock.advance_seconds(WAITS_SECONDS);
        assert_eq!(act(&database, move |tx, s| execute(tx, s, &staff(1), one, &GRANT)), Err(Refusal::Expired));
        assert_eq!(act(&database, move |tx, s| approve(tx, s, &staff(2), two)), Err(Refusal::Expired));
        let now = database.seams.now();
        assert!(database.inside().read(move |tx| waiting(tx, now)).unwrap().is_empty());
    });
}

#[test]
fn an_approved_proposal_can_still_be_declined_and_nobody_else_takes_part() {
    for_each_engine(|database| {
        let id = proposed(&database);
        act(&database, move |tx, s| approve(tx, s, &staff(2), id)).unwrap();
        act(&database, move |tx, s| decline(tx, s, &staff(1), id, "誤り")).unwrap();
        assert_eq!(act(&database, move |tx, s| execute(tx, s, &staff(1), id, &GRANT)), Err(Refusal::Decided));
        let kiosk = Actor::Kiosk { terminal: "k".to_owned() };
        assert_eq!(act(&database, move |tx, s| approve(tx, s, &kiosk, id)), Err(Refusal::NotStaff));
        let unknown = Id::from_bytes([0; 16]);
        assert_eq!(act(&database, move |tx, s| approve(tx, s, &staff(2), unknown)), Err(Refusal::Unknown));
    });
}

#[test]
fn of_two_who_carry_it_out_at_once_one_does() {
    for_each_engine(|database| {
        let id = proposed(&database);
        act(&database, move |tx, s| approve(tx, s, &staff(2), id)).unwrap();
        let done = std::thread::scope(|scope| {
            let both: Vec<_> = (1..=4)
                .map(|n| {
                    let database = &database;
                    scope.spawn(move || act(database, move |tx, s| execute(tx, s, &staff(n), id, &GRANT)).is_ok())
                })
                .collect();
            both.into_iter().map(|handle| handle.join().unwrap()).filter(|done| *done).count()
        });
        assert_eq!(done, 1);
    });
}

proptest! {
    /// Any order of commands by three people, with time passing: carried out at most once, never without somebody
    /// else's yes, never after a no or after its time.
    #[test]
    fn no_order_of_commands_gets_around_the_second_person(
        steps in proptest::collection::vec((0u8..3, 0u8..3, 0i64..40), 1..30)
    ) {
        let expires_at = Timestamp::from_seconds(100);
        let (mut state, mut now) = (State::Proposed, Timestamp::from_seconds(0));
        let (mut yes_by_another, mut no, mut executed) = (false, false, 0);
        for (who, what, pause) in steps {
            now = now.plus_seconds(pause);
            let account = ["proposer", "second", "third"][usize::from(who)];
            let command = [Command::Approve, Command::Decline, Command::Execute][usize::from(what)];
            let Ok(next) = decide(Standing { state, proposer: "proposer", expires_at }, command, account, now) else {
                continue;
            };
            match command {
                Command::Approve => yes_by_another |= who != 0,
                Command::Decline => no = true,
                Command::Execute => {
                    executed += 1;
                    prop_assert!(yes_by_another && !no && now < expires_at);
                }
            }
            prop_assert!(now < expires_at);
            state = next;
        }
        prop_assert!(executed <= 1);
    }
}
