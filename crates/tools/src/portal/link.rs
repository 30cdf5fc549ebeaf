//! Which resident an account is. Inside only; the outside is told a name and a state, never a resident's key.
//!
//! ```text
//!  joining (outside) ─► who is it? ─► link: one account a resident ─► standing: open, or "your account is that one"
//! ```

use base::{Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::{AccountId, AccountState, Post, PostError, Profile, Topic};
use crate::access::{self, Actor, Duty, Item, Purpose};
use crate::register::{self, ResidentState};
use crate::resident_id::ResidentId;

/// Inside → outside: how an account stands.
pub const STANDING: Topic = "standing";

/// How an account stands, as told to the outside.
#[derive(Clone, Serialize, Deserialize)]
pub struct Standing {
    /// Its state.
    pub state: AccountState,
    /// Who it is, when the outside is told.
    pub profile: Option<Profile>,
    /// The person has an account already: what was shown belongs to that one.
    pub belongs_to: Option<AccountId>,
    /// When the outside asked, if this answers a card or app that was shown: in microseconds of its clock.
    #[serde(default)]
    pub asked_at: Option<i64>,
}

impl std::fmt::Debug for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Standing({})", self.state.word())
    }
}

/// How a link came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkedBy {
    /// The card, with its PIN.
    Card,
    /// The national sign-in app.
    App,
    /// A terminal of the city.
    Terminal,
    /// Made for somebody whose guardian acts for them; nobody can sign in to it.
    Guardian,
}

impl LinkedBy {
    const fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::App => "app",
            Self::Terminal => "terminal",
            Self::Guardian => "guardian",
        }
    }
}

/// The resident behind an account.
///
/// # Errors
/// [`StoreError`].
pub fn resident_of(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<ResidentId>, StoreError> {
    let row = tx.query_one("SELECT resident_id FROM portal_links WHERE account_id = $1", &[account.into()])?;
    row.map(|row| Ok(ResidentId::parse(row.text(0)?).ok())).transpose().map(Option::flatten)
}

/// The account of a resident, if they have one.
///
/// # Errors
/// [`StoreError`].
pub fn account_of(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<Option<AccountId>, StoreError> {
    let row =
        tx.query_one("SELECT account_id FROM portal_links WHERE resident_id = $1", &[resident.as_str().into()])?;
    row.map(|row| Ok(AccountId::parse(row.text(0)?))).transpose().map(Option::flatten)
}

/// Every account with its resident: for finding whose a pseudonym is. Nothing of a record is read.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<(AccountId, ResidentId)>, StoreError> {
    let rows = tx.query("SELECT account_id, resident_id FROM portal_links", &[])?;
    Ok(rows
        .iter()
        .filter_map(|row| AccountId::parse(row.text(0).ok()?).zip(ResidentId::parse(row.text(1).ok()?).ok()))
        .collect())
}

/// The account of a resident, and since when they have it.
///
/// # Errors
/// [`StoreError`].
pub fn told(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<Option<(AccountId, Timestamp)>, StoreError> {
    let sql = "SELECT account_id, linked_at FROM portal_links WHERE resident_id = $1";
    let row = tx.query_one(sql, &[resident.as_str().into()])?;
    row.map(|row| Ok(AccountId::parse(row.text(0)?).zip(Some(row.timestamp(1)?)))).transpose().map(Option::flatten)
}

/// What the outside was last told of an account; joining when nothing was.
///
/// # Errors
/// [`StoreError`].
pub fn told_state(tx: &mut Tx<'_>, account: AccountId) -> Result<AccountState, StoreError> {
    let row = tx.query_one("SELECT told_state FROM portal_links WHERE account_id = $1", &[account.into()])?;
    row.map_or(Ok(AccountState::Joining), |row| Ok(AccountState::from_word(row.text(0)?)))
}

/// Links `account` to a resident who proved themselves, and tells the outside who it is. A resident has one account: when
/// there is one already, that is the answer.
///
/// # Errors
/// [`PostError`].
pub fn link(
    tx: &mut Tx<'_>,
    seams: &Seams,
    post: &Post,
    account: AccountId,
    resident: &ResidentId,
    by: LinkedBy,
) -> Result<AccountId, PostError> {
    link_asked(tx, seams, post, account, resident, (by, None))
}

/// The same, in answer to what the outside asked at this time: that may open an account which was stopped before.
pub(super) fn link_asked(
    tx: &mut Tx<'_>,
    seams: &Seams,
    post: &Post,
    account: AccountId,
    resident: &ResidentId,
    (by, asked_at): (LinkedBy, Option<Timestamp>),
) -> Result<AccountId, PostError> {
    let now = seams.now();
    let linked = tx.execute(
        "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
         VALUES ($1, $2, $3, $4, 'joining', $3) ON CONFLICT DO NOTHING",
        &[account.into(), resident.as_str().into(), now.into(), by.word().into()],
    )?;
    let own = account_of(tx, resident)?.ok_or(PostError::Malformed("the account is another person's"))?;
    if linked == 0 && own != account {
        let asked_at = asked_at.map(Timestamp::micros);
        let standing = Standing { state: AccountState::Open, profile: None, belongs_to: Some(own), asked_at };
        post.send(tx, seams, account, STANDING, &standing)?;
    }
    tell_asked(tx, seams, post, own, resident, asked_at)?;
    Ok(own)
}

/// The outside asked for somebody the inside cannot find.
///
/// # Errors
/// [`PostError`].
pub fn not_found(tx: &mut Tx<'_>, seams: &Seams, post: &Post, account: AccountId) -> Result<(), PostError> {
    let standing = Standing { state: AccountState::Unknown, profile: None, belongs_to: None, asked_at: None };
    post.send(tx, seams, account, STANDING, &standing).map(drop)
}

/// Tells the outside how an account stands by the register now, with the name as registered.
///
/// # Errors
/// [`PostError`].
pub fn tell(
    tx: &mut Tx<'_>,
    seams: &Seams,
    post: &Post,
    account: AccountId,
    resident: &ResidentId,
) -> Result<(), PostError> {
    tell_asked(tx, seams, post, account, resident, None)
}

fn tell_asked(
    tx: &mut Tx<'_>,
    seams: &Seams,
    post: &Post,
    account: AccountId,
    resident: &ResidentId,
    asked_at: Option<Timestamp>,
) -> Result<(), PostError> {
    let actor = Actor::Resident { resident: resident.clone(), terminal: None };
    let purpose = Purpose::new(Duty::Portal).reading(&[Item::Name, Item::BirthDate, Item::State]);
    let access = access::person(tx, seams, &actor, &purpose, resident)?;
    let found = register::resident(tx, &access).map_err(|error| match error {
        register::RegisterError::Store(error) => PostError::Store(error),
        register::RegisterError::Access(error) => PostError::Access(error),
        _ => PostError::Later("the register has no such entry"),
    })?;
    let state = state_of(found.state);
    let profile = Profile {
        name: found.names.registered.clone(),
        kana: found.names.kana.clone().unwrap_or_default(),
        birth_date: found.birth_date,
    };
    let asked_at = asked_at.map(Timestamp::micros);
    let standing = Standing { state, profile: Some(profile), belongs_to: None, asked_at };
    post.send(tx, seams, account, STANDING, &standing)?;
    tx.execute(
        "UPDATE portal_links SET told_state = $2, told_at = $3 WHERE account_id = $1",
        &[account.into(), state.word().into(), seams.now().into()],
    )?;
    Ok(())
}

/// What an entry's state means for the account. A planned move is still here.
const fn state_of(state: ResidentState) -> AccountState {
    match state {
        ResidentState::Resident | ResidentState::PlannedMoveOut { .. } | ResidentState::Pending => AccountState::Open,
        ResidentState::MovedOut { .. } => AccountState::MovedOut,
        ResidentState::Dead { .. } => AccountState::Ended,
    }
}
