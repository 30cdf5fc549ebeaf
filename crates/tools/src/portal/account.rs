//! Accounts of the portal. Outside only.

use base::{Date, Id, Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::sealing::{SealError, Vault};
use store::{Row, StoreError, Tx, Value};

/// A person's name at the portal: random, and nothing elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(Id);

impl AccountId {
    /// A new one.
    pub fn fresh(seams: &Seams) -> Self {
        Self(Id::random(&*seams.random))
    }

    /// Reads the text form; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Id::parse(text).ok().map(Self)
    }

    /// The id.
    pub const fn id(self) -> Id {
        self.0
    }

    /// Under which name the vault keeps this person's key.
    pub fn sealed_under(self) -> String {
        format!("portal:{}", self.0)
    }
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl From<AccountId> for Value {
    fn from(account: AccountId) -> Self {
        account.0.into()
    }
}

impl From<AccountId> for String {
    fn from(account: AccountId) -> Self {
        account.0.to_string()
    }
}

impl TryFrom<String> for AccountId {
    type Error = base::id::MalformedId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Id::parse(&text).map(Self)
    }
}

/// Where an account stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountState {
    /// Made at sign-in; the inside has not said yet who it is.
    Joining,
    /// The inside knows no resident for what was shown: the counter helps.
    Unknown,
    /// In use.
    Open,
    /// The person moved away: what was sent stays readable, nothing new comes (SmartPOST's rule, specs §1.3).
    MovedOut,
    /// Stopped by the person or for them (lost phone, told by telephone): nobody gets in until the card is shown.
    Stopped,
    /// Ended: the person died, or took their leave.
    Ended,
}

impl AccountState {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Joining => "joining",
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::MovedOut => "moved_out",
            Self::Stopped => "stopped",
            Self::Ended => "ended",
        }
    }

    /// From the stored word; an unknown one is stopped.
    pub fn from_word(word: &str) -> Self {
        match word {
            "joining" => Self::Joining,
            "unknown" => Self::Unknown,
            "open" => Self::Open,
            "moved_out" => Self::MovedOut,
            "ended" => Self::Ended,
            _ => Self::Stopped,
        }
    }

    /// Whether new letters and notices may come.
    pub const fn receives(self) -> bool {
        matches!(self, Self::Open)
    }

    /// Whether the person may read what is there.
    pub const fn reads(self) -> bool {
        matches!(self, Self::Open | Self::MovedOut)
    }
}

/// What the inside told of the person: sealed, shown to them alone.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// 氏名 as registered.
    pub name: String,
    /// 振り仮名.
    pub kana: String,
    /// 生年月日.
    pub birth_date: Date,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Profile(<personal>)")
    }
}

/// Column for sealing a [`Profile`].
pub const PROFILE_COLUMN: &str = "portal_accounts.profile";

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Where it stands.
    pub state: AccountState,
    /// Since when.
    pub state_since: Timestamp,
    /// Sealed [`Profile`], once told.
    pub profile: Option<Vec<u8>>,
    /// Set when a means was reset without the card, and since when.
    pub reduced_at: Option<Timestamp>,
    /// Since when the inside is asked whether it may open again, while it is stopped.
    pub reopening_at: Option<Timestamp>,
}

impl Account {
    fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: AccountId(row.id(0)?),
            state: AccountState::from_word(row.text(1)?),
            profile: row.opt_blob(2)?.map(<[u8]>::to_vec),
            reduced_at: row.opt_timestamp(3)?,
            state_since: row.timestamp(4)?,
            reopening_at: row.opt_timestamp(5)?,
        })
    }

    /// What the inside told; `None` before it has.
    ///
    /// # Errors
    /// [`SealError`]; [`SealError::Altered`] also when the content cannot be read.
    pub fn profile(&self, vault: &Vault) -> Result<Option<Profile>, SealError> {
        let Some(sealed) = &self.profile else { return Ok(None) };
        let plain = vault.open_sealed(&self.id.sealed_under(), PROFILE_COLUMN, sealed)?;
        serde_json::from_slice(&plain).map(Some).map_err(|_| SealError::Altered)
    }
}

/// Makes an account that is joining. Making it again changes nothing.
///
/// # Errors
/// [`StoreError`].
pub fn make(tx: &mut Tx<'_>, now: Timestamp, account: AccountId) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO portal_accounts (account_id, state, state_since, made_at) VALUES ($1, 'joining', $2, $2) \
         ON CONFLICT (account_id) DO NOTHING",
        &[account.into(), now.into()],
    )?;
    Ok(())
}

/// The account of this id.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, account: AccountId) -> Result<Option<Account>, StoreError> {
    let sql = "SELECT account_id, state, profile, reduced_at, state_since, reopening_at FROM portal_accounts \
               WHERE account_id = $1";
    tx.query_one(sql, &[account.into()])?.map(|row| Account::read(&row)).transpose()
}

/// Sets where an account stands; with a profile when the inside told one. Whether a stopped one may open again is a new
/// question from here on.
///
/// # Errors
/// [`StoreError`].
pub fn set_state(
    tx: &mut Tx<'_>,
    now: Timestamp,
    account: AccountId,
    state: AccountState,
    profile: Option<&[u8]>,
) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE portal_accounts SET state = $2, state_since = CASE WHEN state = $2 THEN state_since ELSE $3 END, \
         reopening_at = NULL, \
         profile = COALESCE($4, profile) WHERE account_id = $1",
        &[account.into(), state.word().into(), now.into(), profile.into()],
    )?;
    Ok(())
}

/// The card was shown for a stopped account, and the inside is asked. It stays stopped until the answer to this question.
///
/// # Errors
/// [`StoreError`].
pub fn reopening(tx: &mut Tx<'_>, now: Timestamp, account: AccountId) -> Result<(), StoreError> {
    let sql = "UPDATE portal_accounts SET reopening_at = $2 WHERE account_id = $1 AND state = 'stopped'";
    tx.execute(sql, &[account.into(), now.into()]).map(drop)
}

/// Keeps what the inside told of the person, whatever the account's state.
///
/// # Errors
/// [`StoreError`].
pub fn keep_profile(tx: &mut Tx<'_>, account: AccountId, profile: &[u8]) -> Result<(), StoreError> {
    let sql = "UPDATE portal_accounts SET profile = $2 WHERE account_id = $1";
    tx.execute(sql, &[account.into(), profile.into()]).map(drop)
}

/// A way in was set anew without the card: until it is shown, only what is public opens.
///
/// # Errors
/// [`StoreError`].
pub fn reduce(tx: &mut Tx<'_>, now: Timestamp, account: AccountId) -> Result<(), StoreError> {
    let sql = "UPDATE portal_accounts SET reduced_at = $2 WHERE account_id = $1";
    tx.execute(sql, &[account.into(), now.into()]).map(drop)
}
