//! Who gets a letter on paper (紙で送る人): by law, without account or consent, away, or unopened in time. An officer takes the
//! list, posts the letters and says so.

use base::{Id, Seams, Timestamp};
use store::{StoreError, Tx};

use super::DispatchError;
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::mailbox::arrivals::Recipients;
use crate::portal::link;
use crate::relay::{HandleError, Message};

/// Why on paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The law asks for paper.
    PaperRequired,
    /// No account.
    NoAccount,
    /// No consent to this class.
    NoConsent,
    /// Moved away, or the account is closed.
    Away,
    /// Not opened by the date set.
    Unopened,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::PaperRequired, Self::NoAccount, Self::NoConsent, Self::Away, Self::Unopened];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PaperRequired => "paper_required",
            Self::NoAccount => "no_account",
            Self::NoConsent => "no_consent",
            Self::Away => "away",
            Self::Unopened => "unopened",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.word() == word)
    }
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnPaper {
    /// The resident's key.
    pub resident: String,
    /// Why.
    pub reason: Reason,
    /// Since when.
    pub at: Timestamp,
    /// When it was posted.
    pub sent_at: Option<Timestamp>,
}

pub(super) fn enter(
    tx: &mut Tx<'_>,
    dispatch: Id,
    resident: &str,
    reason: Reason,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.queue(
        "INSERT INTO dispatch_paper (dispatch_id, resident_id, reason, at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (dispatch_id, resident_id) DO NOTHING",
        &[dispatch.into(), resident.into(), reason.word().into(), now.into()],
    )
}

/// The list after `after` (a resident's key), at most `most`.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, dispatch: Id, after: &str, most: i64) -> Result<Vec<OnPaper>, StoreError> {
    let sql = "SELECT resident_id, reason, at, sent_at FROM dispatch_paper \
               WHERE dispatch_id = $1 AND resident_id > $2 ORDER BY resident_id LIMIT $3";
    let read = |row: &store::Row| {
        Ok(OnPaper {
            resident: row.text(0)?.to_owned(),
            reason: Reason::from_word(row.text(1)?).ok_or(StoreError::Column { column: 1, wanted: "a reason" })?,
            at: row.timestamp(2)?,
            sent_at: row.opt_timestamp(3)?,
        })
    };
    tx.query(sql, &[dispatch.into(), after.into(), most.into()])?.iter().map(read).collect()
}

/// Marks everything that stands on the list as of `until` as posted. Returns how many.
///
/// # Errors
/// [`DispatchError`].
pub fn posted(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    dispatch: Id,
    until: Timestamp,
) -> Result<u64, DispatchError> {
    let posted = tx.execute(
        "UPDATE dispatch_paper SET sent_at = $3 WHERE dispatch_id = $1 AND at <= $2 AND sent_at IS NULL",
        &[dispatch.into(), until.into(), seams.now().into()],
    )?;
    let (id, count) = (dispatch.to_string(), posted.to_string());
    audit::append(tx, seams, actor, Event::SettingChanged, &[("letters_posted", &id), ("count", &count)])?;
    Ok(posted)
}

/// Takes who did not open a statutory letter in time.
///
/// # Errors
/// [`HandleError`].
pub fn receive_unopened(tx: &mut Tx<'_>, seams: &Seams, message: &Message) -> Result<(), HandleError> {
    let body: Recipients = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("recipients"))?;
    let dispatch =
        tx.query_one("SELECT dispatch_id, state FROM dispatches WHERE letter_id = $1", &[body.letter.as_str().into()])?;
    // A letter that no dispatch sent (a notice) has no list for paper; one taken back needs none.
    let Some(row) = dispatch.filter(|row| row.text(1) != Ok("recalled")) else { return Ok(()) };
    let id = row.id(0)?;
    let mut entered = 0_i64;
    for account in &body.accounts {
        if let Some(resident) = link::resident_of(tx, *account)? {
            enter(tx, id, resident.as_str(), Reason::Unopened, seams.now())?;
            entered += 1;
        }
    }
    tx.execute("UPDATE dispatches SET on_paper = on_paper + $2 WHERE dispatch_id = $1", &[id.into(), entered.into()])?;
    Ok(())
}
