//! Consent to electronic sending (電子送付への同意), by class of letter: dated, withdrawable, for letters after it. Paper
//! stops only when the inside has been told.
//!
//! ```text
//!  portal: give / withdraw ─► mailbox_consents ─► relay ─► dispatch_consents (inside), looked at when letters are sent
//! ```

use base::{Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::audit::Zone;
use crate::portal::AccountId;
use crate::relay::{self, HandleError, Message, RelayError};

/// The kind of message.
pub const KIND: &str = "letter_consent";

/// Classes of letters that may go electronically to those who consent (文書の種類). Others are paper or free.
pub const CLASSES: &[&str] = &["tax", "health", "welfare", "school", "election", "register"];
/// Before the name of a class of free notices: the person does not want them.
pub const STOPPED: &str = "stop:";
/// Classes of free notices a person may stop.
pub const FREE_CLASSES: &[&str] = &["news", "events", "private"];

/// A consent, as told to the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Which class.
    pub class: String,
    /// Since when.
    pub given_at: Timestamp,
    /// Until when; `None` while it holds.
    pub withdrawn_at: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    account: AccountId,
    class: String,
    given: bool,
    at: i64,
}

/// Whether a person may decide about this class.
pub fn is_class(class: &str) -> bool {
    CLASSES.contains(&class) || class.strip_prefix(STOPPED).is_some_and(|class| FREE_CLASSES.contains(&class))
}

/// Gives or withdraws the consent of `account` for `class`, and tells the inside in the same transaction.
///
/// # Errors
/// [`RelayError`].
pub fn decide(tx: &mut Tx<'_>, seams: &Seams, account: AccountId, class: &str, given: bool) -> Result<(), RelayError> {
    let now = seams.now();
    let open = tx.query_one(
        "SELECT given_at FROM mailbox_consents WHERE account_id = $1 AND letter_class = $2 AND withdrawn_at IS NULL",
        &[account.into(), class.into()],
    )?;
    if open.is_some() == given {
        return Ok(());
    }
    if given {
        tx.execute(
            "INSERT INTO mailbox_consents (account_id, letter_class, given_at) VALUES ($1, $2, $3)",
            &[account.into(), class.into(), now.into()],
        )?;
    } else {
        tx.execute(
            "UPDATE mailbox_consents SET withdrawn_at = $3 WHERE account_id = $1 AND letter_class = $2 \
             AND withdrawn_at IS NULL",
            &[account.into(), class.into(), now.into()],
        )?;
    }
    let body = Body { account, class: class.to_owned(), given, at: now.micros() };
    relay::send(tx, seams, Zone::Inside, KIND, serde_json::json!(body).to_string().as_bytes())?;
    Ok(())
}

/// All of a person, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn of(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Given>, StoreError> {
    let sql = "SELECT letter_class, given_at, withdrawn_at FROM mailbox_consents WHERE account_id = $1 \
               ORDER BY given_at DESC LIMIT 200";
    let given = |row: &store::Row| {
        Ok(Given { class: row.text(0)?.to_owned(), given_at: row.timestamp(1)?, withdrawn_at: row.opt_timestamp(2)? })
    };
    tx.query(sql, &[account.into()])?.iter().map(given).collect()
}

/// Inside: takes what a person decided. An older word never undoes a newer one.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let body: Body = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("a consent"))?;
    if !is_class(&body.class) {
        return Err(HandleError::Malformed("a class of letters"));
    }
    let at = Timestamp::from_micros(body.at);
    let withdrawn = (!body.given).then_some(at);
    tx.execute(
        "INSERT INTO dispatch_consents (account_id, letter_class, given_at, withdrawn_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account_id, letter_class) DO UPDATE SET \
         given_at = CASE WHEN excluded.withdrawn_at IS NULL THEN excluded.given_at ELSE dispatch_consents.given_at END, \
         withdrawn_at = excluded.withdrawn_at \
         WHERE COALESCE(dispatch_consents.withdrawn_at, dispatch_consents.given_at) <= excluded.given_at",
        &[body.account.into(), body.class.into(), at.into(), withdrawn.into()],
    )?;
    Ok(())
}
