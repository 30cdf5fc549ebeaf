//! Links that end with their holder's stay in the register: death, and moving out when thirty days have passed.
//!
//! As the certificates themselves do (公的個人認証法 12条2号, 31条1号・2号; specs card-jpki §2.1); tags and printed codes
//! know no certificate authority, so the city ends them itself. Run after each import and once a day.

use base::{Date, Seams};
use store::Tx;

use super::CredentialError;
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::register::{self, Leaving};

/// Days after the day of moving out on which a link ends.
pub const DAYS_AFTER_MOVING_OUT: i64 = 30;
/// Links ended in one transaction; the caller goes on until none is left.
const STEP: i64 = 200;

/// Ends what has to end by `today`. Returns how many links it ended; call again while it is not 0.
///
/// # Errors
/// The database.
pub fn apply(tx: &mut Tx<'_>, seams: &Seams, today: Date) -> Result<u64, CredentialError> {
    let ends = register::links_to_end(tx, today.plus_days(-DAYS_AFTER_MOVING_OUT), STEP)?;
    let actor = Actor::System { job: "credential-endings" };
    for (credential, leaving) in &ends {
        let ending = match leaving {
            Leaving::Death => "death",
            Leaving::MovedOut => "moved_out",
        };
        tx.execute(
            "UPDATE credentials SET status = 'ended', status_since = $2, ends_at = $2, ending = $3 \
             WHERE credential_id = $1",
            &[(*credential).into(), seams.now().into(), ending.into()],
        )?;
        let credential = credential.to_string();
        audit::append(
            tx,
            seams,
            &actor,
            Event::CredentialStopped,
            &[("credential", &credential), ("status", "ended")],
        )?;
    }
    Ok(ends.len() as u64)
}
