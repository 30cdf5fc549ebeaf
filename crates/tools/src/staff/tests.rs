//! Stories of staff accounts, on both engines, with a passkey in software.

use std::sync::Arc;

use base::Kind;
use store::testing::{TestDatabase, for_each_engine};

use super::passkeys::{self, Registrant};
use super::testing::SoftAuthenticator;
use super::two_persons::{self, Deed};
use super::*;
use crate::access::Actor;
use crate::approvals::{ApprovalError, Refusal};
use crate::incidents::{self, Report};
use crate::zone::{CityProfile, Inside};

const ORIGIN: &str = "http://localhost:8080";

fn inside(database: &TestDatabase) -> Inside {
    Inside {
        seams: database.seams.clone(),
        store: database.inside(),
        cards: database.cards(),
        vault: database.vault(),
        profile: Arc::new(CityProfile::demo(ORIGIN)),
        demo: true,
    }
}

fn party() -> RelyingParty {
    RelyingParty::new(ORIGIN, "見本市").unwrap()
}

fn write<T: Send + 'static>(
    inside: &Inside,
    mut action: impl FnMut(&mut store::Tx<'_>, &base::Seams) -> Result<T, StaffError> + Send + 'static,
) -> Result<T, StaffError> {
    let seams = inside.seams.clone();
    inside.store.write(move |tx| action(tx, &seams))
}

fn refusal<T: std::fmt::Debug>(result: Result<T, StaffError>) -> StaffRefusal {
    match result {
        Err(StaffError::Refused(refusal)) => refusal,
        other => panic!("not refused by a rule of the room: {other:?}"),
    }
}

/// Somebody added without a ceremony.
fn member(inside: &Inside, roles: &[Role]) -> Account {
    let roles = roles.to_vec();
    write(inside, move |tx, seams| Ok(add(tx, seams, &Actor::System { job: "test" }, "職員", "市民課", &roles)?))
        .unwrap()
}

/// Through the whole door: the way in is opened, a passkey made.
fn join(
    inside: &Inside,
    secret: &OneTimeSecret,
    key: &mut SoftAuthenticator,
    name: &str,
) -> Result<Account, StaffError> {
    let now = inside.seams.now();
    let invitation = inside.store.read(|tx| invitations::open(tx, now, secret))?;
    let newcomer = Registrant::Newcomer { invitation, name: name.to_owned(), office: "市民課".to_owned() };
    let begun = passkeys::begin_registration(inside, &party(), &newcomer, "庁舎のパソコン")?;
    let answer = key.create(&begun.options);
    passkeys::finish_registration(inside, &party(), &begun.secret, &answer)
}

fn sign_in(inside: &Inside, key: &mut SoftAuthenticator) -> Result<Account, StaffError> {
    let begun = passkeys::begin_sign_in(inside, &party())?;
    let answer = key.get(&begun.options);
    passkeys::finish_sign_in(inside, &party(), &begun.secret, &answer)
}

#[test]
fn the_first_administrator_comes_in_by_the_console_token_and_invites_the_next() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let token = write(&inside, first_token).unwrap();
        let mut key = SoftAuthenticator::at(ORIGIN);
        let first =
            join(&inside, &OneTimeSecret::typed(&token.reveal().to_uppercase()), &mut key, "管理 太郎").unwrap();
        assert_eq!(first.roles, [Role::Administrator]);
        assert_eq!(sign_in(&inside, &mut key).unwrap().id, first.id);

        // The token opened once; the next one is refused while there is an administrator.
        assert_eq!(
            refusal(join(&inside, &token, &mut SoftAuthenticator::at(ORIGIN), "二人目")),
            StaffRefusal::NoInvitation
        );
        assert_eq!(refusal(write(&inside, first_token)), StaffRefusal::AdministratorExists);

        let by = first.actor();
        let (_, link) =
            write(&inside, move |tx, seams| invite(tx, seams, &by, "窓口 花子", "市民課", &[Role::CounterClerk]))
                .unwrap();
        let mut second_key = SoftAuthenticator::at(ORIGIN);
        let clerk = join(&inside, &link, &mut second_key, "窓口 花子").unwrap();
        assert_eq!(clerk.roles, [Role::CounterClerk]);
        assert!(clerk.may(Action::SearchRegister) && !clerk.may(Action::ManageStaff));
        assert_eq!(sign_in(&inside, &mut second_key).unwrap().id, clerk.id);
    });
}

#[test]
fn a_way_in_closes_by_time_and_when_a_newer_token_is_printed() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let old = write(&inside, first_token).unwrap();
        let new = write(&inside, first_token).unwrap();
        let mut key = SoftAuthenticator::at(ORIGIN);
        assert_eq!(refusal(join(&inside, &old, &mut key, "だれか")), StaffRefusal::NoInvitation);
        database.clock.advance_seconds(invitations::FIRST_TOKEN_SECONDS);
        assert_eq!(refusal(join(&inside, &new, &mut key, "だれか")), StaffRefusal::NoInvitation);
        let guess = OneTimeSecret::typed("aaaa-aaaa-aaaa-aaaa-aaaa");
        assert_eq!(refusal(join(&inside, &guess, &mut key, "だれか")), StaffRefusal::NoInvitation);
    });
}

#[test]
fn an_answer_opens_once_and_only_for_its_own_question() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let token = write(&inside, first_token).unwrap();
        let mut key = SoftAuthenticator::at(ORIGIN);
        join(&inside, &token, &mut key, "管理 太郎").unwrap();

        let begun = passkeys::begin_sign_in(&inside, &party()).unwrap();
        let answer = key.get(&begun.options);
        passkeys::finish_sign_in(&inside, &party(), &begun.secret, &answer).unwrap();
        let again = passkeys::finish_sign_in(&inside, &party(), &begun.secret, &answer);
        assert_eq!(refusal(again), StaffRefusal::Ceremony, "the same answer twice");

        let other = passkeys::begin_sign_in(&inside, &party()).unwrap();
        let crossed = passkeys::finish_sign_in(&inside, &party(), &other.secret, &answer);
        assert_eq!(refusal(crossed), StaffRefusal::Passkey, "an old answer to a new question");

        let late = passkeys::begin_sign_in(&inside, &party()).unwrap();
        let answer = key.get(&late.options);
        database.clock.advance_seconds(passkeys::CEREMONY_SECONDS);
        let late = passkeys::finish_sign_in(&inside, &party(), &late.secret, &answer);
        assert_eq!(refusal(late), StaffRefusal::Ceremony, "after five minutes");
    });
}

#[test]
fn strangers_phishers_and_unverified_fingers_are_all_told_the_same() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let token = write(&inside, first_token).unwrap();
        let mut key = SoftAuthenticator::at(ORIGIN);
        join(&inside, &token, &mut key, "管理 太郎").unwrap();

        assert_eq!(refusal(sign_in(&inside, &mut SoftAuthenticator::at(ORIGIN))), StaffRefusal::Passkey);
        key.verifies_user = false;
        assert_eq!(refusal(sign_in(&inside, &mut key)), StaffRefusal::Passkey);

        let mut phished = SoftAuthenticator::at("http://yakuba.example");
        let begun = passkeys::begin_sign_in(&inside, &party()).unwrap();
        let answer = phished.get(&begun.options);
        let result = passkeys::finish_sign_in(&inside, &party(), &begun.secret, &answer);
        assert_eq!(refusal(result), StaffRefusal::Passkey);
        for nonsense in ["", "{}", "[1,2", "{\"id\":1}"] {
            let begun = passkeys::begin_sign_in(&inside, &party()).unwrap();
            let result = passkeys::finish_sign_in(&inside, &party(), &begun.secret, nonsense);
            assert_eq!(refusal(result), StaffRefusal::Passkey, "{nonsense}");
        }
    });
}

#[test]
fn a_second_passkey_opens_the_same_account_and_the_last_one_stays() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let token = write(&inside, first_token).unwrap();
        let (mut first, mut second) = (SoftAuthenticator::at(ORIGIN), SoftAuthenticator::at(ORIGIN));
        let account = join(&inside, &token, &mut first, "管理 太郎").unwrap();
        database.clock.advance_seconds(1);
        let begun =
            passkeys::begin_registration(&inside, &party(), &Registrant::Member(account.clone()), "予備").unwrap();
        let answer = second.create(&begun.options);
        passkeys::finish_registration(&inside, &party(), &begun.secret, &answer).unwrap();
        assert_eq!(sign_in(&inside, &mut second).unwrap().id, account.id);

        let keys = inside.store.read(|tx| passkeys::registered(tx, account.id)).unwrap();
        assert_eq!(keys.iter().map(|key| key.label.as_str()).collect::<Vec<_>>(), ["庁舎のパソコン", "予備"]);
        let (owner, lost) = (account.clone(), keys[0].id);
        write(&inside, move |tx, seams| passkeys::remove(tx, seams, &owner, lost)).unwrap();
        assert_eq!(refusal(sign_in(&inside, &mut first)), StaffRefusal::Passkey);
        let (owner, last) = (account, keys[1].id);
        let result = write(&inside, move |tx, seams| passkeys::remove(tx, seams, &owner, last));
        assert_eq!(refusal(result), StaffRefusal::LastPasskey);
    });
}

#[test]
fn a_disabled_account_cannot_sign_in_and_the_last_administrator_cannot_be_disabled() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let token = write(&inside, first_token).unwrap();
        let mut key = SoftAuthenticator::at(ORIGIN);
        let first = join(&inside, &token, &mut key, "管理 太郎").unwrap();
        let clerk = member(&inside, &[Role::CounterClerk]);

        let (by, id) = (clerk.clone(), first.id);
        let result = write(&inside, move |tx, seams| disable(tx, seams, &by, id));
        assert_eq!(refusal(result), StaffRefusal::LastAdministrator);
        let (by, id) = (first.clone(), first.id);
        let result = write(&inside, move |tx, seams| disable(tx, seams, &by, id));
        assert_eq!(refusal(result), StaffRefusal::OwnAccount);

        member(&inside, &[Role::Administrator]);
        let (by, id) = (clerk.clone(), first.id);
        write(&inside, move |tx, seams| disable(tx, seams, &by, id)).unwrap();
        assert_eq!(refusal(sign_in(&inside, &mut key)), StaffRefusal::Passkey);
    });
}

#[test]
fn nobody_makes_an_administrator_alone() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let first = member(&inside, &[Role::Administrator]);
        let (auditor, clerk) = (member(&inside, &[Role::Auditor]), member(&inside, &[Role::CounterClerk]));

        let by = first.actor();
        let invited = write(&inside, move |tx, seams| invite(tx, seams, &by, "a", "b", &[Role::Administrator]));
        assert_eq!(refusal(invited), StaffRefusal::NeedsApproval);
        let (by, id) = (first.clone(), clerk.id);
        let result = write(&inside, move |tx, seams| set_roles(tx, seams, &by, id, &[Role::Administrator]));
        assert_eq!(refusal(result), StaffRefusal::NeedsApproval);

        let (by, deed) = (first.clone(), Deed::GiveAdministrator(clerk.id));
        let request = write(&inside, move |tx, seams| two_persons::ask(tx, seams, &by, deed, "後任のため")).unwrap();
        let by = first.clone();
        let own = write(&inside, move |tx, seams| two_persons::approve(tx, seams, &by, request));
        assert!(matches!(own, Err(StaffError::Approval(ApprovalError::Refused(Refusal::OwnProposal)))), "{own:?}");
        let by = clerk.clone();
        let result = write(&inside, move |tx, seams| two_persons::approve(tx, seams, &by, request));
        assert_eq!(result.unwrap_err().kind(), Kind::Forbidden, "a clerk is not a second person");
        assert!(!inside.store.read(|tx| account(tx, clerk.id)).unwrap().unwrap().may(Action::ManageStaff));

        let by = auditor.clone();
        write(&inside, move |tx, seams| two_persons::approve(tx, seams, &by, request)).unwrap();
        assert!(inside.store.read(|tx| account(tx, clerk.id)).unwrap().unwrap().may(Action::ManageStaff));
        let by = auditor;
        let twice = write(&inside, move |tx, seams| two_persons::approve(tx, seams, &by, request));
        assert_eq!(twice.unwrap_err().kind(), Kind::Gone, "carried out once");
    });
}

#[test]
fn a_stopped_service_runs_again_only_by_two() {
    for_each_engine(|database| {
        let inside = inside(&database);
        let (one, two) = (member(&inside, &[Role::CertificateOfficer]), member(&inside, &[Role::CertificateOfficer]));
        let incident = write(&inside, |tx, seams| {
            let report =
                Report { service: "convenience_certificates", kind: "mismatch", stops: true, note: "照合不一致" };
            Ok(incidents::open(tx, seams, &Actor::System { job: "test" }, &report)?)
        })
        .unwrap();
        let by = one.clone();
        let deed = Deed::ResumeService(incident);
        let request = write(&inside, move |tx, seams| two_persons::ask(tx, seams, &by, deed, "原因を直した")).unwrap();
        let by = one.clone();
        let twice = write(&inside, move |tx, seams| two_persons::ask(tx, seams, &by, deed, "もう一度"));
        assert_eq!(twice.unwrap_err().kind(), Kind::Conflict, "one request at a time");
        let by = one;
        assert!(write(&inside, move |tx, seams| two_persons::approve(tx, seams, &by, request)).is_err());
        let stopped = |inside: &Inside| {
            inside.store.read(|tx| incidents::service_stopped(tx, "convenience_certificates")).unwrap().is_some()
        };
        assert!(stopped(&inside));
        write(&inside, move |tx, seams| two_persons::approve(tx, seams, &two, request)).unwrap();
        assert!(!stopped(&inside));
    });
}

#[test]
fn an_address_without_a_name_is_no_home_for_passkeys() {
    for origin in ["http://127.0.0.1:8080", "localhost", "", "http://"] {
        assert!(RelyingParty::new(origin, "x").is_err(), "{origin}");
    }
}
