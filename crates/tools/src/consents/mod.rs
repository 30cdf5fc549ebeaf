//! Consents (同意): what a person agreed may be told to whom, each bound to the very words they saw. Outside only.
//!
//! ```text
//!  publish ─► revision n (snapshot, hash, hash before) ─► give (card, not as a representative) ─► given() ─► ConsentGiven
//!                                                                      withdraw, lapse, new revision ─► None
//! ```
//! Nothing is shared without [`ConsentGiven`]: what leaves is [`Shared`], and only a consent makes one.
//!
//! ```compile_fail
//! let forged = yakuba_tools::consents::Shared::<u8> { values: Default::default() };
//! ```

mod agreement;
mod receipt;
#[cfg(test)]
mod tests;

pub use agreement::{
    Agreement, Party, Revision, SharedItem, Words, end as end_agreement, latest, newest_of_all, publish, revision,
};
pub use receipt::receipt;

use std::collections::BTreeMap;

use base::{Id, Kind, Seams, Timestamp};
use store::{Row, StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};
use crate::portal::{AccountId, Assurance, Session};

/// Why a consent was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was kept cannot be read.
    #[error("an agreement cannot be read")]
    Unreadable,
    /// There is no such agreement, or it is not offered any more.
    #[error("there is no such agreement")]
    Unknown,
    /// The words changed since the person saw them.
    #[error("the agreement was changed since it was shown")]
    Changed,
    /// Consents are given with the card.
    #[error("a consent is given with the card")]
    NeedsCard,
    /// A representative cannot consent for another.
    #[error("nobody consents for somebody else")]
    ForAnother,
}

impl ConsentError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(_) => Kind::Unavailable,
            Self::Unreadable => Kind::Internal,
            Self::Unknown => Kind::NotFound,
            Self::Changed => Kind::Conflict,
            Self::NeedsCard | Self::ForAnother => Kind::Forbidden,
        }
    }
}

/// Where a consent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentState {
    /// It holds.
    Given,
    /// The person took it back.
    Withdrawn,
    /// A consent to newer words took its place.
    Replaced,
    /// Its time is over.
    Lapsed,
    /// The words changed; it holds for nothing until the person agrees anew.
    Outdated,
}

impl ConsentState {
    /// The word in receipts and keys.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Withdrawn => "withdrawn",
            Self::Replaced => "replaced",
            Self::Lapsed => "lapsed",
            Self::Outdated => "outdated",
        }
    }
}

/// One consent as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub account: AccountId,
    /// To which agreement.
    pub agreement: String,
    /// To which words.
    pub revision_hash: String,
    /// Where it stands now.
    pub state: ConsentState,
    /// When it was given.
    pub given_at: Timestamp,
    /// Until when it holds.
    pub until: Timestamp,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// Codes of the items the person left ticked; [`None`]: all of the agreement.
    pub items: Option<Vec<String>>,
}

impl Consent {
    /// Whether it covers the item with this code.
    pub fn covers(&self, item: &str) -> bool {
        self.items.as_ref().is_none_or(|items| items.iter().any(|one| one == item))
    }
}

/// A consent to be written down.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Giving<'a> {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub account: AccountId,
    /// To these words.
    pub revision: &'a Revision,
    /// To these items of them alone.
    pub items: Option<&'a [String]>,
    /// For so many days.
    pub days: i64,
    /// In which language they were shown.
    pub language: &'a str,
}

/// One thing that happened to a consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentEvent {
    /// When.
    pub at: Timestamp,
    /// The state it led to: `given`, `withdrawn`, `replaced`.
    pub state: String,
    /// In which language the words were shown.
    pub language: String,
}

/// Proof that a consent holds now. Made by [`given`] alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentGiven {
    account: AccountId,
    consent: Id,
    recipient: String,
    items: Vec<String>,
}

impl ConsentGiven {
    /// Whose data.
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The consent, for records of what was shared.
    pub const fn consent(&self) -> Id {
        self.consent
    }

    /// To whom.
    pub fn recipient(&self) -> &str {
        &self.recipient
    }

    /// Whether the item with this code is part of it.
    pub fn covers(&self, item: &str) -> bool {
        self.items.iter().any(|one| one == item)
    }

    /// Of `values`, by item code, what may be shared; the rest is dropped here.
    pub fn share<T>(&self, values: BTreeMap<String, T>) -> Shared<T> {
        Shared { values: values.into_iter().filter(|(item, _)| self.covers(item)).collect() }
    }
}

/// Values that may leave, because a consent covers each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared<T> {
    values: BTreeMap<String, T>,
}

impl<T> Shared<T> {
    /// The values by item code.
    pub const fn values(&self) -> &BTreeMap<String, T> {
        &self.values
    }
}

/// The consent of `account` to `agreement`, if one holds now: given, not withdrawn, not lapsed, and to the words that are
/// in force.
///
/// # Errors
/// [`ConsentError`].
pub fn given(
    tx: &mut Tx<'_>,
    now: Timestamp,
    account: AccountId,
    agreement: &str,
) -> Result<Option<ConsentGiven>, ConsentError> {
    let Some(newest) = latest(tx, agreement)? else { return Ok(None) };
    let Some(found) = current(tx, account, agreement)? else { return Ok(None) };
    if found.revision_hash != newest.hash || now >= found.until {
        return Ok(None);
    }
    let items = newest.agreement.items.iter().map(|item| item.code.clone()).filter(|item| found.covers(item)).collect();
    Ok(Some(ConsentGiven { account, consent: found.id, recipient: newest.agreement.recipient.id, items }))
}

const CURRENT: &str = "SELECT consent_id, account_id, agreement_id, revision_hash, state, given_at, until, ended_at, \
               (SELECT i.items FROM consent_items i WHERE i.consent_id = consents.consent_id) \
     FROM consents WHERE account_id = $1 AND agreement_id = $2 AND state = 'given'";

fn current(tx: &mut Tx<'_>, account: AccountId, agreement: &str) -> Result<Option<Consent>, ConsentError> {
    tx.query_one(CURRENT, &[account.into(), agreement.into()])?.map(|row| read(&row)).transpose()
}

fn read(row: &Row) -> Result<Consent, ConsentError> {
    let state = match row.text(4)? {
        "given" => ConsentState::Given,
        "replaced" => ConsentState::Replaced,
        _ => ConsentState::Withdrawn,
    };
    Ok(Consent {
        id: row.id(0)?,
        account: AccountId::parse(row.text(1)?).ok_or(ConsentError::Unreadable)?,
        agreement: row.text(2)?.to_owned(),
        revision_hash: row.text(3)?.to_owned(),
        state,
        given_at: row.timestamp(5)?,
        until: row.timestamp(6)?,
        ended_at: row.opt_timestamp(7)?,
        items: row.opt_text(8)?.map(|items| items.split(' ').map(str::to_owned).collect()),
    })
}

/// Takes the consent of whoever sits in `session` to the words with `hash`. Asked twice it is given once.
///
/// # Errors
/// [`ConsentError`].
pub fn give(
    tx: &mut Tx<'_>,
    seams: &Seams,
    session: &Session,
    agreement: &str,
    hash: &str,
    language: &str,
) -> Result<Id, ConsentError> {
    if session.acting_for.is_some() {
        return Err(ConsentError::ForAnother);
    }
    if session.level < Assurance::High {
        return Err(ConsentError::NeedsCard);
    }
    let (account, now) = (session.person.id, seams.now());
    let newest = latest(tx, agreement)?.ok_or(ConsentError::Unknown)?;
    if newest.hash != hash {
        return Err(ConsentError::Changed);
    }
    if let Some(before) = current(tx, account, agreement)?
        && before.revision_hash == hash
        && now < before.until
    {
        return Ok(before.id);
    }
    let days = i64::from(newest.agreement.days);
    let giving = Giving { id: seams.random_id(), account, revision: &newest, items: None, days, language };
    record(tx, seams, &giving)?;
    Ok(giving.id)
}

/// Writes a consent down, in the place of an earlier one to the same agreement. That the person gave it, and was known well
/// enough, the caller has made sure.
pub(crate) fn record(tx: &mut Tx<'_>, seams: &Seams, giving: &Giving<'_>) -> Result<(), ConsentError> {
    let (now, agreement) = (seams.now(), giving.revision.agreement.id.as_str());
    if let Some(before) = current(tx, giving.account, agreement)? {
        end(tx, now, &before, ConsentState::Replaced, giving.language)?;
    }
    tx.execute(
        "INSERT INTO consents (consent_id, account_id, agreement_id, revision_hash, state, given_at, until) \
         VALUES ($1, $2, $3, $4, 'given', $5, $6)",
        &[
            giving.id.into(),
            giving.account.into(),
            agreement.into(),
            (&giving.revision.hash).into(),
            now.into(),
            now.plus_seconds(giving.days * 86_400).into(),
        ],
    )?;
    if let Some(items) = giving.items {
        let sql = "INSERT INTO consent_items (consent_id, items) VALUES ($1, $2)";
        tx.execute(sql, &[giving.id.into(), items.join(" ").into()])?;
    }
    note(tx, now, giving.id, ConsentState::Given, giving.language)?;
    Ok(written(tx, seams, Event::ConsentGiven, giving.account, giving.id)?)
}

/// Takes a consent back. Easier than giving: no card. `false` when there is nothing to take back.
///
/// # Errors
/// [`ConsentError`].
pub fn withdraw(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: AccountId,
    consent: Id,
    language: &str,
) -> Result<bool, ConsentError> {
    let Some(found) = find(tx, account, consent)?.filter(|one| one.state == ConsentState::Given) else {
        return Ok(false);
    };
    end(tx, seams.now(), &found, ConsentState::Withdrawn, language)?;
    written(tx, seams, Event::ConsentWithdrawn, account, consent)?;
    Ok(true)
}

fn written(tx: &mut Tx<'_>, seams: &Seams, event: Event, account: AccountId, consent: Id) -> Result<(), StoreError> {
    let details = [("account", &*account.to_string()), ("consent", &*consent.to_string())];
    audit::append(tx, seams, &Actor::System { job: "portal" }, event, &details).map(drop)
}

fn end(
    tx: &mut Tx<'_>,
    now: Timestamp,
    consent: &Consent,
    state: ConsentState,
    language: &str,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE consents SET state = $2, ended_at = $3 WHERE consent_id = $1 AND state = 'given'",
        &[consent.id.into(), state.word().into(), now.into()],
    )?;
    note(tx, now, consent.id, state, language)
}

fn note(tx: &mut Tx<'_>, now: Timestamp, consent: Id, state: ConsentState, language: &str) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO consent_events (consent_id, number, at, state, language) \
         VALUES ($1, (SELECT COUNT(*) + 1 FROM consent_events WHERE consent_id = $1), $2, $3, $4)",
        &[consent.into(), now.into(), state.word().into(), language.into()],
    )?;
    Ok(())
}

/// One consent of `account`.
///
/// # Errors
/// [`ConsentError`].
pub fn find(tx: &mut Tx<'_>, account: AccountId, consent: Id) -> Result<Option<Consent>, ConsentError> {
    let sql = "SELECT consent_id, account_id, agreement_id, revision_hash, state, given_at, until, ended_at, \
               (SELECT i.items FROM consent_items i WHERE i.consent_id = consents.consent_id) \
               FROM consents WHERE account_id = $1 AND consent_id = $2";
    tx.query_one(sql, &[account.into(), consent.into()])?.map(|row| read(&row)).transpose()
}

/// What happened to a consent, oldest first.
///
/// # Errors
/// [`ConsentError`].
pub fn events(tx: &mut Tx<'_>, consent: Id) -> Result<Vec<ConsentEvent>, ConsentError> {
    let sql = "SELECT at, state, language FROM consent_events WHERE consent_id = $1 ORDER BY number";
    tx.query(sql, &[consent.into()])?
        .iter()
        .map(|row| {
            let (state, language) = (row.text(1)?.to_owned(), row.text(2)?.to_owned());
            Ok(ConsentEvent { at: row.timestamp(0)?, state, language })
        })
        .collect()
}

/// Every consent of `account` with the words it was given to, newest first.
///
/// # Errors
/// [`ConsentError`].
pub fn list(tx: &mut Tx<'_>, now: Timestamp, account: AccountId) -> Result<Vec<(Consent, Revision)>, ConsentError> {
    let sql = "SELECT consent_id, account_id, agreement_id, revision_hash, state, given_at, until, ended_at, \
               (SELECT i.items FROM consent_items i WHERE i.consent_id = consents.consent_id) \
               FROM consents WHERE account_id = $1 ORDER BY given_at DESC, consent_id LIMIT 500";
    let rows = tx.query(sql, &[account.into()])?;
    let mut all = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut consent = read(row)?;
        let words = revision(tx, &consent.revision_hash)?.ok_or(ConsentError::Unreadable)?;
        if consent.state == ConsentState::Given {
            let newest = latest(tx, &consent.agreement)?;
            consent.state = match newest {
                _ if now >= consent.until => ConsentState::Lapsed,
                Some(newest) if newest.hash == consent.revision_hash => ConsentState::Given,
                _ => ConsentState::Outdated,
            };
        }
        all.push((consent, words));
    }
    Ok(all)
}
