//! 関係ない: a person says that a notice is none of their business. Counted once a person; the inside hears only of which
//! letter, never who.

use base::Seams;
use serde::{Deserialize, Serialize};
use store::Tx;
use tools::audit::Zone;
use tools::channels;
use tools::mailbox::LetterId;
use tools::portal::AccountId;
use tools::relay::{self, RelayError};

/// Outside → inside, by the relay: somebody said so.
pub const IRRELEVANT: &str = "notice_irrelevant";

/// What is told.
#[derive(Serialize, Deserialize)]
pub struct Body {
    /// Of which letter.
    pub letter: String,
}

/// `account` says that `letter` is none of their business. Returns whether it was counted: not when said before.
///
/// # Errors
/// [`RelayError`].
pub fn say(tx: &mut Tx<'_>, seams: &Seams, letter: LetterId, account: AccountId) -> Result<bool, RelayError> {
    if !channels::said_irrelevant(tx, letter.id(), account)? {
        return Ok(false);
    }
    let body = serde_json::json!(Body { letter: letter.to_string() }).to_string();
    relay::send(tx, seams, Zone::Inside, IRRELEVANT, body.as_bytes())?;
    Ok(true)
}
