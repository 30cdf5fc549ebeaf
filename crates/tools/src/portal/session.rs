//! Sessions of the portal: who is here, how far they are known, for whom they act. Outside only.

use base::{Seams, Timestamp};
use store::{StoreError, Tx};

use super::assurance::{Assurance, CARD_SECONDS};
use super::means::{self, MeansKind};
use super::{AccountId, AccountState, account};

/// Seconds a session may lie idle (quality.md: half an hour, with a warning before).
pub const IDLE_SECONDS: i64 = 30 * 60;
/// Longest life however busy.
pub const ABSOLUTE_SECONDS: i64 = 12 * 3600;
/// The same at a terminal in a public place.
pub const TERMINAL_SECONDS: i64 = 15 * 60;
/// Seconds a session at a terminal may lie idle: whoever walks away leaves nothing to whoever comes next.
pub const TERMINAL_IDLE_SECONDS: i64 = 90;
/// A session's last use is written at most this often.
pub const TOUCH_SECONDS: i64 = 10;

/// Where somebody sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Their own phone or PC.
    Own,
    /// A terminal of the city: shorter, and the card is always there.
    Terminal,
}

impl Place {
    /// Seconds a session there may lie idle.
    pub const fn idle_seconds(self) -> i64 {
        match self {
            Self::Own => IDLE_SECONDS,
            Self::Terminal => TERMINAL_IDLE_SECONDS,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Terminal => "terminal",
        }
    }
}

/// A living session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie.
    pub key: Vec<u8>,
    /// Who sits there.
    pub person: account::Account,
    /// How far they are known now.
    pub level: Assurance,
    /// For whom they act: the account of the person represented, with the mandate.
    pub acting_for: Option<(AccountId, String)>,
    /// Where they sit.
    pub place: Place,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends however busy.
    pub expires_at: Timestamp,
}

impl Session {
    /// Whose matters these pages are about: the represented person's, or their own.
    pub fn subject(&self) -> AccountId {
        self.acting_for.as_ref().map_or(self.person.id, |(account, _)| *account)
    }
}

/// Begins a session; `key` is the SHA-256 of the cookie's secret.
///
/// # Errors
/// [`StoreError`].
pub fn start(
    tx: &mut Tx<'_>,
    seams: &Seams,
    key: &[u8],
    who: AccountId,
    level: Assurance,
    place: Place,
) -> Result<(), StoreError> {
    let now = seams.now();
    let life = if place == Place::Terminal { TERMINAL_SECONDS } else { ABSOLUTE_SECONDS };
    // A card proves for a while; what remains after is what the account's means are worth.
    let (kept, card_until) = match level {
        Assurance::High => (Assurance::Substantial, Some(now.plus_seconds(CARD_SECONDS))),
        lower => (lower, None),
    };
    tx.execute(
        "INSERT INTO portal_sessions (session_hash, account_id, level, card_until, place, started_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7)",
        &[
            key.into(),
            who.into(),
            kept.code().into(),
            card_until.into(),
            place.word().into(),
            now.into(),
            now.plus_seconds(life).into(),
        ],
    )?;
    Ok(())
}

/// The living session of this key.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, now: Timestamp, key: &[u8]) -> Result<Option<Session>, StoreError> {
    let row = tx.query_one(
        "SELECT account_id, level, card_until, acting_for, mandate_id, place, seen_at, expires_at, started_at \
         FROM portal_sessions \
         WHERE session_hash = $1 AND ended_at IS NULL",
        &[key.into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    let (seen_at, expires_at) = (row.timestamp(6)?, row.timestamp(7)?);
    let place = if row.text(5)? == "terminal" { Place::Terminal } else { Place::Own };
    if now >= expires_at || now.seconds_since(seen_at) >= place.idle_seconds() {
        return Ok(None);
    }
    let Some(person) = AccountId::parse(row.text(0)?) else { return Ok(None) };
    let Some(person) = account::find(tx, person)? else { return Ok(None) };
    // Whoever has shown the card for a stopped account since waits for the inside's answer, and sees nothing until then.
    let started_at = row.timestamp(8)?;
    let waits = person.state == AccountState::Stopped && person.reopening_at.is_some_and(|since| started_at >= since);
    if person.state == AccountState::Ended || (person.state == AccountState::Stopped && !waits) {
        return Ok(None);
    }
    let is_proved = row.opt_timestamp(2)?.is_some_and(|until| now < until);
    let level = match Assurance::from_code(row.int(1)?) {
        _ if waits => Assurance::Public,
        _ if is_proved => Assurance::High,
        _ if person.reduced_at.is_some() => Assurance::Public,
        kept => kept,
    };
    let acting_for = match (row.opt_text(3)?.and_then(AccountId::parse), row.opt_text(4)?) {
        (Some(account), Some(mandate)) => Some((account, mandate.to_owned())),
        _ => None,
    };
    Ok(Some(Session { key: key.to_vec(), person, level, acting_for, place, seen_at, expires_at }))
}

/// Writes that the session was used now; never backwards.
///
/// # Errors
/// [`StoreError`].
pub fn touch(tx: &mut Tx<'_>, now: Timestamp, key: &[u8]) -> Result<(), StoreError> {
    tx.queue(
        "UPDATE portal_sessions SET seen_at = $2 WHERE session_hash = $1 AND seen_at < $2",
        &[key.into(), now.into()],
    )
}

/// The card was shown in this session: the highest level for a while, and the account is whole again. Where a password had
/// been set anew by mail meanwhile, whoever did that need not be who shows the card: every other session ends, and the
/// password goes unless it is what this very session began with.
///
/// # Errors
/// [`StoreError`].
pub fn proved_by_card(tx: &mut Tx<'_>, now: Timestamp, key: &[u8], who: AccountId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE portal_sessions SET level = $3, card_until = $4 WHERE session_hash = $1 AND account_id = $2",
        &[key.into(), who.into(), Assurance::Substantial.code().into(), now.plus_seconds(CARD_SECONDS).into()],
    )?;
    if account::find(tx, who)?.is_some_and(|found| found.reduced_at.is_some()) {
        end_others(tx, now, who, key)?;
        let row = tx.query_one("SELECT means FROM portal_sessions WHERE session_hash = $1", &[key.into()])?;
        let by = row.map(|row| row.opt_text(0).map(|text| text.map(str::to_owned))).transpose()?.flatten();
        if by.as_deref() != Some(MeansKind::Password.word()) {
            means::stop_kind(tx, who, MeansKind::Password)?;
            means::stop_kind(tx, who, MeansKind::Browser)?;
        }
    }
    tx.execute("UPDATE portal_accounts SET reduced_at = NULL WHERE account_id = $1", &[who.into()])?;
    Ok(())
}

/// Acts for somebody from now on, or for oneself again. Whether the mandate allows it is `representatives`' to say, first.
///
/// # Errors
/// [`StoreError`].
pub fn act_for(tx: &mut Tx<'_>, key: &[u8], represented: Option<(AccountId, &str)>) -> Result<(), StoreError> {
    let (account, mandate) = represented.unzip();
    tx.execute(
        "UPDATE portal_sessions SET acting_for = $2, mandate_id = $3 WHERE session_hash = $1",
        &[key.into(), account.into(), mandate.into()],
    )?;
    Ok(())
}

/// Ends one session.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &mut Tx<'_>, now: Timestamp, key: &[u8]) -> Result<(), StoreError> {
    tx.queue(
        "UPDATE portal_sessions SET ended_at = $2 WHERE session_hash = $1 AND ended_at IS NULL",
        &[key.into(), now.into()],
    )
}

/// Ends every session of an account: means were changed, or it was stopped.
///
/// # Errors
/// [`StoreError`].
pub fn end_all(tx: &mut Tx<'_>, now: Timestamp, who: AccountId) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE portal_sessions SET ended_at = $2 WHERE account_id = $1 AND ended_at IS NULL",
        &[who.into(), now.into()],
    )?;
    Ok(())
}

/// Ends every session of an account but one.
///
/// # Errors
/// [`StoreError`].
pub fn end_others(tx: &mut Tx<'_>, now: Timestamp, who: AccountId, here: &[u8]) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE portal_sessions SET ended_at = $2 WHERE account_id = $1 AND session_hash <> $3 AND ended_at IS NULL",
        &[who.into(), now.into(), here.into()],
    )?;
    Ok(())
}

/// Writes by which means a session began.
///
/// # Errors
/// [`StoreError`].
pub fn began_by(tx: &mut Tx<'_>, key: &[u8], means: &str) -> Result<(), StoreError> {
    let sql = "UPDATE portal_sessions SET means = $2 WHERE session_hash = $1";
    tx.execute(sql, &[key.into(), means.into()]).map(drop)
}

/// A living session as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its key.
    pub key: Vec<u8>,
    /// By which means it began, if known.
    pub means: Option<String>,
    /// When.
    pub started_at: Timestamp,
    /// When it was last used.
    pub seen_at: Timestamp,
}

/// The living sessions of an account, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, now: Timestamp, who: AccountId) -> Result<Vec<Listed>, StoreError> {
    tx.query(
        "SELECT session_hash, means, started_at, seen_at FROM portal_sessions \
         WHERE account_id = $1 AND ended_at IS NULL AND expires_at > $2 AND seen_at > $3 ORDER BY started_at DESC",
        &[who.into(), now.into(), now.plus_seconds(-IDLE_SECONDS).into()],
    )?
    .iter()
    .map(|row| {
        Ok(Listed {
            key: row.blob(0)?.to_vec(),
            means: row.opt_text(1)?.map(str::to_owned),
            started_at: row.timestamp(2)?,
            seen_at: row.timestamp(3)?,
        })
    })
    .collect()
}

/// Removes sessions that ended or expired more than a day ago.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let before = now.plus_seconds(-86_400);
    tx.execute("DELETE FROM portal_sessions WHERE expires_at < $1 OR ended_at < $1", &[before.into()])
}
