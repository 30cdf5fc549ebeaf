//! Ways into an account, found by keyed hashes. What is kept of one is sealed under its person's key. Outside only.

use base::{Id, Seams, Timestamp};
use store::sealing::{KeyedHash, SealError, Vault};
use store::{Row, StoreError, Tx};

use super::AccountId;

/// A kind of way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MeansKind {
    /// A card's certificate for proving who taps.
    Card,
    /// The person's name at the national sign-in app.
    App,
    /// A passkey.
    Passkey,
    /// A password.
    Password,
    /// An address of e-mail that was proved.
    Email,
    /// A browser that came in by password and code before.
    Browser,
    /// A telephone number that was proved. Nobody comes in by it.
    Phone,
    /// The code that stops the account without signing in.
    StopCode,
}

impl MeansKind {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Card, Self::App, Self::Passkey, Self::Password, Self::Email, Self::Browser, Self::Phone, Self::StopCode];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Card => "card",
            Self::App => "app",
            Self::Passkey => "passkey",
            Self::Password => "password",
            Self::Email => "email",
            Self::Browser => "browser",
            Self::Phone => "phone",
            Self::StopCode => "stop_code",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What its hashes are made for: one of a kind is worth nothing as another.
    const fn purpose(self) -> &'static str {
        match self {
            Self::Card => "portal-card",
            Self::App => "portal-app",
            Self::Passkey => "portal-passkey",
            Self::Password => "portal-password",
            Self::Email => "portal-email",
            Self::Browser => "portal-browser",
            Self::Phone => "portal-phone",
            Self::StopCode => "portal-stop-code",
        }
    }
}

/// Column for sealing what is kept of a way in.
pub const CONTENT_COLUMN: &str = "portal_means.content";

/// A way in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Means {
    /// Key.
    pub id: Id,
    /// Whose.
    pub account: AccountId,
    /// What it is.
    pub kind: MeansKind,
    /// Sealed, where something is kept.
    pub content: Option<Vec<u8>>,
    /// Since when.
    pub added_at: Timestamp,
    /// When it last opened the account.
    pub used_at: Option<Timestamp>,
}

impl Means {
    fn read(row: &Row) -> Result<Self, StoreError> {
        let malformed = |column, wanted| StoreError::Column { column, wanted };
        Ok(Self {
            id: row.id(0)?,
            account: AccountId::parse(row.text(1)?).ok_or_else(|| malformed(1, "an account"))?,
            kind: MeansKind::from_word(row.text(2)?).ok_or_else(|| malformed(2, "a way in"))?,
            content: row.opt_blob(3)?.map(<[u8]>::to_vec),
            added_at: row.timestamp(4)?,
            used_at: row.opt_timestamp(5)?,
        })
    }

    /// What is kept, opened. Empty where nothing is.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn opened(&self, vault: &Vault) -> Result<Vec<u8>, SealError> {
        match &self.content {
            Some(sealed) => vault.open_sealed(&self.account.sealed_under(), CONTENT_COLUMN, sealed),
            None => Ok(Vec::new()),
        }
    }
}

/// Seals what is to be kept of a way into `account`.
///
/// # Errors
/// [`SealError`].
pub fn seal(vault: &Vault, account: AccountId, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    vault.seal(&account.sealed_under(), CONTENT_COLUMN, plain)
}

/// The hashes under which `value` may be found, newest key first.
///
/// # Errors
/// [`SealError`].
pub fn hashes(vault: &Vault, kind: MeansKind, value: &[u8]) -> Result<Vec<KeyedHash>, SealError> {
    vault.keyed_hashes(kind.purpose(), value)
}

/// The hash under which `value` is kept from now on.
///
/// # Errors
/// [`SealError`].
pub fn hash(vault: &Vault, kind: MeansKind, value: &[u8]) -> Result<KeyedHash, SealError> {
    vault.keyed_hash(kind.purpose(), value)
}

/// The active way in with one of these hashes.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, kind: MeansKind, hashes: &[KeyedHash]) -> Result<Option<Means>, StoreError> {
    for hash in hashes {
        let row = tx.query_one(
            "SELECT means_id, account_id, kind, content, added_at, used_at FROM portal_means \
             WHERE hash = $1 AND key_id = $2 AND kind = $3 AND status = 'active'",
            &[hash.hash.as_slice().into(), hash.key_id.into(), kind.word().into()],
        )?;
        if let Some(row) = row {
            return Means::read(&row).map(Some);
        }
    }
    Ok(None)
}

/// The active ways into `account` of one kind, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn of_kind(tx: &mut Tx<'_>, account: AccountId, kind: MeansKind) -> Result<Vec<Means>, StoreError> {
    tx.query(
        "SELECT means_id, account_id, kind, content, added_at, used_at FROM portal_means \
         WHERE account_id = $1 AND kind = $2 AND status = 'active' ORDER BY added_at, means_id",
        &[account.into(), kind.word().into()],
    )?
    .iter()
    .map(Means::read)
    .collect()
}

/// Adds a way into `account`.
///
/// # Errors
/// [`StoreError`].
pub fn add(
    tx: &mut Tx<'_>,
    seams: &Seams,
    account: AccountId,
    kind: MeansKind,
    hash: Option<&KeyedHash>,
    content: Option<&[u8]>,
) -> Result<Id, StoreError> {
    let id = seams.random_id();
    tx.execute(
        "INSERT INTO portal_means (means_id, account_id, kind, key_id, hash, content, label, status, added_at) \
         VALUES ($1, $2, $3, $4, $5, $6, '', 'active', $7)",
        &[
            id.into(),
            account.into(),
            kind.word().into(),
            hash.map(|hash| hash.key_id).into(),
            hash.map(|hash| hash.hash.as_slice()).into(),
            content.into(),
            seams.now().into(),
        ],
    )?;
    Ok(id)
}

/// It opened the account now.
///
/// # Errors
/// [`StoreError`].
pub fn used(tx: &mut Tx<'_>, now: Timestamp, id: Id) -> Result<(), StoreError> {
    tx.execute("UPDATE portal_means SET used_at = $2 WHERE means_id = $1", &[id.into(), now.into()]).map(drop)
}

/// Stops a way into `account`; `false` when it has no such.
///
/// # Errors
/// [`StoreError`].
pub fn stop(tx: &mut Tx<'_>, account: AccountId, kind: MeansKind, id: Id) -> Result<bool, StoreError> {
    let changed = tx.execute(
        "UPDATE portal_means SET status = 'stopped', hash = NULL, content = NULL \
         WHERE means_id = $1 AND account_id = $2 AND kind = $3 AND status = 'active'",
        &[id.into(), account.into(), kind.word().into()],
    )?;
    Ok(changed == 1)
}

/// Stops every way of one kind.
///
/// # Errors
/// [`StoreError`].
pub fn stop_kind(tx: &mut Tx<'_>, account: AccountId, kind: MeansKind) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE portal_means SET status = 'stopped', hash = NULL, content = NULL \
         WHERE account_id = $1 AND kind = $2 AND status = 'active'",
        &[account.into(), kind.word().into()],
    )
    .map(drop)
}
