//! A staff credential for the command line: a clerk makes one in the console, by passkey, and gives it to
//! `yakuba issue …` for the rest of the working day. Every act with it is the clerk's own, and audited as such.

use base::Seams;
use store::Tx;

use super::accounts::{self, Account};
use super::error::{StaffError, StaffRefusal};
use super::invitations::OneTimeSecret;
use super::roles::Action;
use crate::audit::{self, Event};

/// How long one works: a working day.
pub const COUNTER_CREDENTIAL_SECONDS: i64 = 10 * 3600;

/// Makes a credential for `by`; an earlier one of theirs stops working. Shown once.
///
/// # Errors
/// [`StaffRefusal::NoAccount`] when their roles do not issue at the counter; the database.
pub fn make_counter_credential(tx: &mut Tx<'_>, seams: &Seams, by: &Account) -> Result<OneTimeSecret, StaffError> {
    if !by.may(Action::IssueAtCounter) {
        return Err(StaffRefusal::NoAccount.into());
    }
    let (secret, now) = (OneTimeSecret::fresh(seams), seams.now());
    tx.queue("DELETE FROM counter_credentials WHERE account_id = $1 OR expires_at <= $2", &[by.id.into(), now.into()])?;
    tx.execute(
        "INSERT INTO counter_credentials (secret_hash, account_id, made_at, expires_at) VALUES ($1, $2, $3, $4)",
        &[secret.hash().into(), by.id.into(), now.into(), now.plus_seconds(COUNTER_CREDENTIAL_SECONDS).into()],
    )?;
    audit::append(tx, seams, &by.actor(), Event::StaffChanged, &[("change", "counter credential made")])?;
    Ok(secret)
}

/// The active account behind a credential that still works and whose roles still issue at the counter.
///
/// # Errors
/// [`StaffRefusal::NoInvitation`] for anything else, without saying which; the database.
pub fn use_counter_credential(tx: &mut Tx<'_>, seams: &Seams, secret: &OneTimeSecret) -> Result<Account, StaffError> {
    let row = tx.query_one(
        "SELECT account_id FROM counter_credentials WHERE secret_hash = $1 AND expires_at > $2",
        &[secret.hash().into(), seams.now().into()],
    )?;
    let account = match row {
        Some(row) => accounts::account(tx, row.id(0)?)?,
        None => None,
    };
    account
        .filter(|account| account.is_active && account.may(Action::IssueAtCounter))
        .ok_or_else(|| StaffRefusal::NoInvitation.into())
}

#[cfg(test)]
mod tests {
    use store::testing::for_each_engine;

    use super::*;
    use crate::access::Actor;
    use crate::staff::{Role, add};

    #[test]
    fn a_credential_is_the_clerk_s_own_for_one_working_day() {
        for_each_engine(|database| {
            let (store, seams) = (database.inside(), database.seams.clone());
            let account = |roles: &'static [Role]| {
                let seams = seams.clone();
                store
                    .write(move |tx| add(tx, &seams, &Actor::System { job: "test" }, "試験 職員", "市民課", roles))
                    .unwrap()
            };
            let (clerk, auditor) = (account(&[Role::CounterClerk]), account(&[Role::Auditor]));
            let make = |by: &Account| {
                let (seams, by) = (seams.clone(), by.clone());
                store.write(move |tx| make_counter_credential(tx, &seams, &by))
            };
            let used = |secret: &OneTimeSecret| {
                let (seams, secret) = (seams.clone(), secret.clone());
                store.write(move |tx| use_counter_credential(tx, &seams, &secret))
            };
            assert!(make(&auditor).is_err());
            let first = make(&clerk).unwrap();
            assert_eq!(used(&first).unwrap().id, clerk.id);
            let second = make(&clerk).unwrap();
            assert!(used(&first).is_err(), "an earlier credential still works");
            assert!(used(&OneTimeSecret::typed("0000-0000-0000-0000-0000")).is_err());
            database.clock.advance_seconds(COUNTER_CREDENTIAL_SECONDS + 1);
            assert!(used(&second).is_err(), "a credential outlives the day");
        });
    }
}
