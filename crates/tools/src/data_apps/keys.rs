//! The keys of ID tokens: one signs, others are published beside it.
//!
//! ```text
//!  prepare ─► published ── a quarter of an hour at least ─► signs ─► private half gone ── 30 days ─► not published any more
//! ```
//! As with the keys of papers (ADR 0053), a running process takes a change up by itself.

use base::{Seams, Timestamp};
use openid::jwt::{Jwk, TokenKey};
use openid::provider::Digest;
use store::{Row, StoreError, Tx};

use super::{AppsError, secrets};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::zone::Outside;

/// Column for sealing a private half.
const COLUMN: &str = "data_app_keys.sealed";
/// Seconds a key is published before it signs: apps keep our list for some minutes.
pub const PUBLISHED_SECONDS: i64 = 15 * 60;
/// Seconds a public half stays published after its time. ID tokens live minutes; an app may look at one again later. Ours.
pub const KEPT_SECONDS: i64 = 30 * 86_400;

/// A key as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name: the thumbprint of the public half.
    pub kid: String,
    /// Public.
    pub shown: Jwk,
    /// From when it signs.
    pub use_from: Timestamp,
    /// Until when it is published; absent while nothing came after it.
    pub gone_at: Option<Timestamp>,
    /// Whether the private half is still there.
    pub can_sign: bool,
}

fn read(row: &Row) -> Result<Option<Listed>, StoreError> {
    // A key of another build that cannot be read is not published.
    let Ok(shown) = serde_json::from_str(row.text(1)?) else { return Ok(None) };
    Ok(Some(Listed {
        kid: row.text(0)?.to_owned(),
        shown,
        use_from: row.timestamp(2)?,
        gone_at: row.opt_timestamp(3)?,
        can_sign: row.opt_blob(4)?.is_some(),
    }))
}

/// What is published now, newest first: what comes, what signs, what did.
///
/// # Errors
/// [`StoreError`].
pub fn published(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<Listed>, StoreError> {
    let rows = tx.query(
        "SELECT kid, shown, use_from, gone_at, sealed FROM data_app_keys WHERE gone_at IS NULL OR gone_at > $1 \
         ORDER BY use_from DESC, kid",
        &[now.into()],
    )?;
    Ok(rows.iter().map(read).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The one that signs now.
pub fn signing(all: &[Listed], now: Timestamp) -> Option<&Listed> {
    all.iter().find(|one| one.can_sign && one.use_from <= now)
}

/// A short word for what is published and what signs: another one means that a provider must be opened anew.
///
/// # Errors
/// [`StoreError`].
pub fn version(tx: &mut Tx<'_>, now: Timestamp) -> Result<String, StoreError> {
    let all = published(tx, now)?;
    let signs = signing(&all, now).map_or("", |one| one.kid.as_str()).to_owned();
    Ok(all.into_iter().fold(signs, |word, one| word + " " + &one.kid))
}

/// A private key with the name its public half gives it.
fn named(der: &[u8]) -> Option<TokenKey> {
    let bare = TokenKey::from_pkcs8(der, "")?.jwk();
    TokenKey::from_pkcs8(der, &Digest::of(&format!("{}.{}", bare.x, bare.y)).to_string())
}

fn fresh() -> Result<Vec<u8>, AppsError> {
    TokenKey::generate("").and_then(|key| key.to_pkcs8()).ok_or(AppsError::Unusable("no key can be made"))
}

fn unreadable() -> AppsError {
    AppsError::Unusable("the key of ID tokens cannot be read")
}

/// Makes the next key, published from now on, and signing from `from` on but not before apps can have heard of it. One that
/// was prepared before and is not in use yet gives way to it. Returns from when it signs.
///
/// # Errors
/// [`AppsError`].
pub fn prepare(outside: &Outside, by: &Actor, from: Timestamp) -> Result<(String, Timestamp), AppsError> {
    let der = fresh()?;
    let shown = named(&der).ok_or_else(unreadable)?.jwk();
    let sealed = outside.vault.seal(secrets::SEALED_UNDER, COLUMN, &der)?;
    let (seams, by, kid) = (outside.seams.clone(), by.clone(), shown.kid.clone());
    let now = seams.now();
    let at = from.max(now.plus_seconds(PUBLISHED_SECONDS));
    let (name, text) = (kid.clone(), serde_json::json!(shown).to_string());
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute("DELETE FROM data_app_keys WHERE use_from > $1", &[now.into()])?;
        keep(tx, (&name, &text), &sealed, now, at)?;
        let details = [("setting", "keys"), ("part", "provider"), ("name", name.as_str()), ("to", "prepared")];
        audit::append(tx, &seams, &by, Event::SettingChanged, &details).map(drop)
    })?;
    Ok((kid, at))
}

fn keep(
    tx: &mut Tx<'_>,
    (kid, shown): (&str, &str),
    sealed: &[u8],
    now: Timestamp,
    use_from: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO data_app_keys (kid, sealed, shown, made_at, use_from) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (kid) DO NOTHING",
        &[kid.into(), sealed.into(), shown.into(), now.into(), use_from.into()],
    )?;
    Ok(())
}

/// What a change leaves to do: the private half of what signed before is erased, and its last day written down.
fn settle(tx: &mut Tx<'_>, seams: &Seams) -> Result<(), StoreError> {
    let now = seams.now();
    let Some(present) = signing(&published(tx, now)?, now).cloned() else { return Ok(()) };
    tx.execute(
        "UPDATE data_app_keys SET sealed = NULL, gone_at = $2 WHERE use_from < $1 AND gone_at IS NULL",
        &[present.use_from.into(), present.use_from.plus_seconds(KEPT_SECONDS).into()],
    )?;
    tx.execute("DELETE FROM data_app_keys WHERE gone_at <= $1", &[now.into()])?;
    Ok(())
}

/// The key that signs now, and the public ones beside it. The first is made where there is none, out of the one of an
/// earlier version of the program where there was one.
///
/// # Errors
/// [`AppsError`].
pub fn open(outside: &Outside) -> Result<(TokenKey, Vec<Jwk>), AppsError> {
    let seams = outside.seams.clone();
    let found = |tx: &mut Tx<'_>, now| {
        let all = published(tx, now)?;
        let Some(one) = signing(&all, now).cloned() else { return Ok(None) };
        let row = tx.query_one("SELECT sealed FROM data_app_keys WHERE kid = $1", &[(&one.kid).into()])?;
        let sealed = row.map(|row| Ok::<_, StoreError>(row.opt_blob(0)?.map(<[u8]>::to_vec))).transpose()?.flatten();
        let others = all.into_iter().filter(|other| other.kid != one.kid).map(|other| other.shown).collect();
        Ok::<_, StoreError>(sealed.map(|sealed| (sealed, others)))
    };
    let now = seams.now();
    outside.store.write::<_, StoreError, _>(move |tx| settle(tx, &seams))?;
    let (sealed, others) = match outside.store.read::<_, StoreError, _>(|tx| found(tx, now))? {
        Some(found) => found,
        None => {
            let der = secrets::secret(outside, "id_token_key", &fresh()?)?;
            let shown = named(&der).ok_or_else(unreadable)?.jwk();
            let sealed = outside.vault.seal(secrets::SEALED_UNDER, COLUMN, &der)?;
            let (kid, text) = (shown.kid.clone(), serde_json::json!(shown).to_string());
            // Whoever is first decides; everybody reads what stands there then.
            outside.store.write::<_, StoreError, _>(move |tx| {
                keep(tx, (&kid, &text), &sealed, now, now)?;
                tx.execute("DELETE FROM data_app_secrets WHERE name = 'id_token_key'", &[]).map(drop)
            })?;
            outside.store.read::<_, StoreError, _>(|tx| found(tx, now))?.ok_or_else(unreadable)?
        }
    };
    let der = outside.vault.open_sealed(secrets::SEALED_UNDER, COLUMN, &sealed)?;
    Ok((named(&der).ok_or_else(unreadable)?, others))
}
