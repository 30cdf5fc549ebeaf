//! Where a person may be told: browsers and an e-mail address. Sealed under the person's key.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base::{Id, Timestamp};
use messaging::email::suppression::{Event, History, Suppressed};
use messaging::email::{EmailAddress, EmailAddressFault, TokenKey, UnsubscribeToken};
use messaging::push::{AddressRules, Subscription};
use serde::{Deserialize, Serialize};
use store::sealing::Vault;
use store::{Row, StoreError, Tx};

use super::{Channel, ChannelError};
use crate::portal::AccountId;
use crate::zone::Outside;

/// Column for sealing.
const SEALED: &str = "channel_addresses.sealed";
/// Column for hashing.
const HASHED: &str = "channel_addresses.hash";
/// Browsers of one person; a further one replaces the oldest.
const MOST_BROWSERS: usize = 10;
/// Seconds a code is good for.
pub const CODE_SECONDS: i64 = 15 * 60;
/// Seconds until another code may be asked for.
const CODE_AGAIN_SECONDS: i64 = 60;
/// Wrong codes after which it is worth nothing: six digits and five tries, 1 in 200,000.
const MOST_TRIES: i64 = 5;

/// Whether an address is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressStatus {
    /// Not confirmed yet.
    Waiting,
    /// In use.
    Live,
    /// Came back, or its person complained.
    Suppressed(Suppressed),
}

/// An address of a person.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its id.
    pub id: Id,
    /// Whose.
    pub account: AccountId,
    /// Which way.
    pub channel: Channel,
    /// Whether it is used.
    pub status: AddressStatus,
    /// Whether notices that may be refused go there.
    pub notices: bool,
    /// Since when.
    pub added_at: Timestamp,
    soft_days: String,
    sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
struct Browser {
    endpoint: String,
    p256dh: String,
    auth: String,
}

impl Address {
    pub(super) fn read(row: &Row) -> Result<Self, StoreError> {
        let wanted = |column, wanted| StoreError::Column { column, wanted };
        let suppressed = row.opt_text(4)?.and_then(Suppressed::parse).unwrap_or(Suppressed::Hard);
        Ok(Self {
            id: row.id(0)?,
            account: AccountId::parse(row.text(1)?).ok_or(wanted(1, "an account"))?,
            channel: Channel::parse(row.text(2)?).ok_or(wanted(2, "a channel"))?,
            status: match row.text(3)? {
                "live" => AddressStatus::Live,
                "waiting" => AddressStatus::Waiting,
                _ => AddressStatus::Suppressed(suppressed),
            },
            notices: row.flag(5)?,
            added_at: row.timestamp(6)?,
            soft_days: row.text(7)?.to_owned(),
            sealed: row.blob(8)?.to_vec(),
        })
    }

    /// The e-mail address.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn email(&self, vault: &Vault) -> Result<EmailAddress, ChannelError> {
        let plain = vault.open_sealed(&self.account.sealed_under(), SEALED, &self.sealed)?;
        let text = std::str::from_utf8(&plain).map_err(|_| ChannelError::Message("an address is no text"))?;
        EmailAddress::parse(text).map_err(|_| ChannelError::Message("a kept address is none"))
    }

    /// The browser's subscription.
    ///
    /// # Errors
    /// [`ChannelError`].
    pub fn subscription(&self, vault: &Vault, rules: &AddressRules) -> Result<Subscription, ChannelError> {
        let plain = vault.open_sealed(&self.account.sealed_under(), SEALED, &self.sealed)?;
        let kept: Browser =
            serde_json::from_slice(&plain).map_err(|_| ChannelError::Message("a kept subscription is none"))?;
        Subscription::parse(&kept.endpoint, &kept.p256dh, &kept.auth, rules)
            .map_err(|_| ChannelError::Message("a kept subscription is not taken any more"))
    }

    /// Other addresses (a telephone number, a LINE id) as they were kept.
    pub(super) fn words(&self, vault: &Vault) -> Result<base::Personal<String>, ChannelError> {
        let plain = vault.open_sealed(&self.account.sealed_under(), SEALED, &self.sealed)?;
        String::from_utf8(plain).map(base::Personal::new).map_err(|_| ChannelError::Message("an address is no text"))
    }

    fn history(&self) -> History {
        History {
            soft_days: self.soft_days.split(',').filter_map(|day| base::Date::parse(day).ok()).collect(),
            suppressed: match self.status {
                AddressStatus::Suppressed(why) => Some(why),
                _ => None,
            },
        }
    }
}

/// Why an address was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotAdded {
    /// It cannot be one.
    #[error(transparent)]
    Email(#[from] EmailAddressFault),
    /// A code was sent less than a minute ago.
    #[error("a code was sent less than a minute ago")]
    TooSoon,
    /// Something else.
    #[error(transparent)]
    Failed(#[from] ChannelError),
}

/// Keeps a browser. The same browser again replaces what was kept, also where another account had it: who sits there now is
/// told, the other no longer.
///
/// # Errors
/// [`ChannelError`].
pub fn add_push(outside: &Outside, account: AccountId, browser: &Subscription) -> Result<Id, ChannelError> {
    let kept =
        Browser { endpoint: browser.endpoint().url().to_owned(), p256dh: browser.p256dh(), auth: browser.auth() };
    let plain = serde_json::to_vec(&kept).map_err(|_| ChannelError::Message("a subscription is not written"))?;
    let all = outside.vault.keyed_hashes(HASHED, kept.endpoint.as_bytes())?;
    let newest = outside.vault.keyed_hash(HASHED, kept.endpoint.as_bytes())?;
    let sealed = outside.vault.seal(&account.sealed_under(), SEALED, &plain)?;
    let id = Id::random(&*outside.seams.random);
    let now = outside.seams.now();
    outside.store.write::<_, StoreError, _>(move |tx| {
        for known in &all {
            tx.execute(
                "DELETE FROM channel_addresses WHERE hash = $1 AND channel = 'push'",
                &[known.hash.as_slice().into()],
            )?;
        }
        insert(tx, now, id, (account, Channel::Push), &newest, &sealed, "live")?;
        tx.execute(
            "DELETE FROM channel_addresses WHERE account_id = $1 AND channel = 'push' AND address_id NOT IN \
             (SELECT address_id FROM channel_addresses WHERE account_id = $1 AND channel = 'push' \
             ORDER BY added_at DESC, address_id LIMIT $2)",
            &[account.into(), (MOST_BROWSERS as i64).into()],
        )?;
        Ok(())
    })?;
    Ok(id)
}

fn insert(
    tx: &mut Tx<'_>,
    now: Timestamp,
    id: Id,
    (account, channel): (AccountId, Channel),
    hash: &store::sealing::KeyedHash,
    sealed: &[u8],
    status: &'static str,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO channel_addresses (address_id, account_id, channel, hash_key, hash, sealed, status, notices, \
         code_tries, soft_days, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 0, '', $8)",
        &[
            id.into(),
            account.into(),
            channel.word().into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            sealed.into(),
            status.into(),
            now.into(),
        ],
    )?;
    Ok(())
}

fn code_hash(id: Id, code: &str) -> Vec<u8> {
    digest(&SHA256, &[id.bytes().as_slice(), code.as_bytes()].concat()).as_ref().to_vec()
}

/// Keeps an e-mail address that waits to be confirmed, and gives the code that is to be sent there. The address in use stays
/// in use until then. The same address again gives a new code.
///
/// # Errors
/// [`NotAdded`].
pub fn add_email(outside: &Outside, account: AccountId, text: &str) -> Result<(Id, EmailAddress, String), NotAdded> {
    let email = EmailAddress::parse(text)?;
    let plain = email.reveal().as_bytes();
    let hash = outside.vault.keyed_hash(HASHED, plain).map_err(ChannelError::from)?;
    let sealed = outside.vault.seal(&account.sealed_under(), SEALED, plain).map_err(ChannelError::from)?;
    let id = Id::random(&*outside.seams.random);
    let code = format!("{:06}", outside.seams.random.below(1_000_000));
    let (now, hashed) = (outside.seams.now(), code_hash(id, &code));
    let kept = outside.store.write::<_, StoreError, _>(move |tx| {
        let waiting = "SELECT code_until FROM channel_addresses WHERE account_id = $1 AND channel = 'email' AND status = 'waiting'";
        let until = tx.query_one(waiting, &[account.into()])?.map(|row| row.opt_timestamp(0)).transpose()?.flatten();
        let asked_at = until.map(|until| until.plus_seconds(-CODE_SECONDS));
        if asked_at.is_some_and(|asked| (0..CODE_AGAIN_SECONDS).contains(&now.seconds_since(asked))) {
            return Ok(false);
        }
        tx.execute(
            "DELETE FROM channel_addresses WHERE account_id = $1 AND channel = 'email' AND status = 'waiting'",
            &[account.into()],
        )?;
        insert(tx, now, id, (account, Channel::Email), &hash, &sealed, "waiting")?;
        tx.execute(
            "UPDATE channel_addresses SET code_hash = $2, code_until = $3 WHERE address_id = $1",
            &[id.into(), hashed.as_slice().into(), now.plus_seconds(CODE_SECONDS).into()],
        )?;
        Ok(true)
    });
    match kept {
        Ok(true) => Ok((id, email, code)),
        Ok(false) => Err(NotAdded::TooSoon),
        Err(error) => Err(ChannelError::from(error).into()),
    }
}

/// What became of a code.
#[derive(Clone, Debug)]
pub enum Confirmed {
    /// Right: the address is in use. The one before, if any, is to be told and was removed.
    Now {
        /// The address that was in use.
        before: Option<Address>,
    },
    /// Wrong, too late, or too often wrong: one sentence for all.
    No,
}

/// Confirms the waiting address with its code.
///
/// # Errors
/// [`StoreError`].
pub fn confirm_email(tx: &mut Tx<'_>, now: Timestamp, account: AccountId, code: &str) -> Result<Confirmed, StoreError> {
    let row = tx.query_one(
        "SELECT address_id, code_hash, code_until, code_tries FROM channel_addresses \
         WHERE account_id = $1 AND channel = 'email' AND status = 'waiting'",
        &[account.into()],
    )?;
    let Some(row) = row else { return Ok(Confirmed::No) };
    let (id, hash, until) = (row.id(0)?, row.opt_blob(1)?.map(<[u8]>::to_vec), row.opt_timestamp(2)?);
    if row.int(3)? >= MOST_TRIES || until.is_none_or(|until| now >= until) {
        return Ok(Confirmed::No);
    }
    if hash.is_none_or(|hash| verify_slices_are_equal(&hash, &code_hash(id, code)).is_err()) {
        tx.execute("UPDATE channel_addresses SET code_tries = code_tries + 1 WHERE address_id = $1", &[id.into()])?;
        return Ok(Confirmed::No);
    }
    let before = list(tx, account)?.into_iter().find(|one| one.channel == Channel::Email && one.id != id);
    tx.execute(
        "DELETE FROM channel_addresses WHERE account_id = $1 AND channel = 'email' AND address_id <> $2",
        &[account.into(), id.into()],
    )?;
    tx.execute(
        "UPDATE channel_addresses SET status = 'live', code_hash = NULL, code_until = NULL, soft_days = '', \
         suppressed = NULL WHERE address_id = $1",
        &[id.into()],
    )?;
    Ok(Confirmed::Now { before })
}

/// All addresses of a person, the oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, account: AccountId) -> Result<Vec<Address>, StoreError> {
    let sql = "SELECT a.address_id, a.account_id, a.channel, a.status, a.suppressed, a.notices, a.added_at, a.soft_days, \
               a.sealed FROM channel_addresses a WHERE a.account_id = $1 ORDER BY a.added_at, a.address_id";
    tx.query(sql, &[account.into()])?.iter().map(Address::read).collect()
}

/// Forgets an address of this person. Returns whether there was one.
///
/// # Errors
/// [`StoreError`].
pub fn remove(tx: &mut Tx<'_>, account: AccountId, id: Id) -> Result<bool, StoreError> {
    let sql = "DELETE FROM channel_addresses WHERE address_id = $1 AND account_id = $2";
    Ok(tx.execute(sql, &[id.into(), account.into()])? > 0)
}

/// Whether notices that may be refused go to an address.
///
/// # Errors
/// [`StoreError`].
pub fn set_notices(tx: &mut Tx<'_>, account: AccountId, id: Id, wanted: bool) -> Result<bool, StoreError> {
    let sql = "UPDATE channel_addresses SET notices = $3 WHERE address_id = $1 AND account_id = $2";
    Ok(tx.execute(sql, &[id.into(), account.into(), i64::from(wanted).into()])? > 0)
}

/// The link in a mail (RFC 8058): stops what may be refused at that address, without sign-in. `None` for a token we never
/// made; `Some(false)` where the address is gone already.
///
/// # Errors
/// [`StoreError`].
pub fn stop_by_token(tx: &mut Tx<'_>, key: &TokenKey, token: &str) -> Result<Option<bool>, StoreError> {
    let Some(id) = UnsubscribeToken::read(key, token) else { return Ok(None) };
    let changed = tx.execute("UPDATE channel_addresses SET notices = 0 WHERE address_id = $1", &[id.into()])?;
    Ok(Some(changed > 0))
}

/// Writes down what happened to an address. Returns whether it is suppressed now and was not before.
pub(super) fn happened(tx: &mut Tx<'_>, id: Id, event: Event, at: Timestamp) -> Result<bool, StoreError> {
    let sql = "SELECT a.address_id, a.account_id, a.channel, a.status, a.suppressed, a.notices, a.added_at, a.soft_days, \
               a.sealed FROM channel_addresses a WHERE a.address_id = $1";
    let Some(address) = tx.query_one(sql, &[id.into()])?.map(|row| Address::read(&row)).transpose()? else {
        return Ok(false);
    };
    let before = address.history();
    let after = before.clone().after(event, at);
    if after == before {
        return Ok(false);
    }
    let days: Vec<String> = after.soft_days.iter().map(ToString::to_string).collect();
    let why = after.suppressed.map(Suppressed::word);
    let status = if why.is_some() { "suppressed" } else { "live" };
    tx.execute(
        "UPDATE channel_addresses SET soft_days = $2, suppressed = $3, status = CASE WHEN status = 'waiting' \
         THEN status ELSE $4 END WHERE address_id = $1",
        &[id.into(), days.join(",").into(), why.into(), status.into()],
    )?;
    Ok(before.suppressed.is_none() && after.suppressed.is_some())
}

/// A browser that is no more.
pub(super) fn gone(tx: &mut Tx<'_>, id: Id) -> Result<(), StoreError> {
    tx.execute("DELETE FROM channel_addresses WHERE address_id = $1", &[id.into()])?;
    Ok(())
}
