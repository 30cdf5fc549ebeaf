//! Sign-ins and confirmations under way: sealed, minutes long, found by the hash of a secret in the browser's cookie,
//! used once. Outside only.

use data_encoding::BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::StoreError;

use super::AccountId;
use super::refusal::{MeansError, MeansRefusal};
use crate::passkeys::CeremonySecret;
use crate::zone::Outside;

/// Under which name the vault seals them: they are nobody's yet.
const SEALED_UNDER: &str = "portal:ceremonies";
const COLUMN: &str = "portal_ceremonies.content";

/// A kind of ceremony: what was begun as one is not finished as another.
pub type CeremonyKind = &'static str;

/// Keeps `content` for `seconds`; the secret goes into a cookie.
///
/// # Errors
/// [`MeansError`].
pub fn remember(
    outside: &Outside,
    kind: CeremonyKind,
    account: Option<AccountId>,
    content: &impl Serialize,
    seconds: i64,
) -> Result<CeremonySecret, MeansError> {
    let secret = CeremonySecret::fresh(&outside.seams);
    keep(outside, &secret, kind, account, content, seconds)?;
    Ok(secret)
}

/// Keeps `content` under a secret that the browser has already.
///
/// # Errors
/// [`MeansError`].
pub fn keep(
    outside: &Outside,
    secret: &CeremonySecret,
    kind: CeremonyKind,
    account: Option<AccountId>,
    content: &impl Serialize,
    seconds: i64,
) -> Result<(), MeansError> {
    let plain = serde_json::to_vec(content).map_err(|_| MeansRefusal::Ceremony)?;
    let sealed = BASE64.encode(&outside.vault.seal(SEALED_UNDER, COLUMN, &plain)?);
    let (hash, now) = (secret.hash(), outside.seams.now());
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.queue("DELETE FROM portal_ceremonies WHERE expires_at < $1", &[now.into()])?;
        tx.execute(
            "INSERT INTO portal_ceremonies (secret_hash, kind, account_id, content, expires_at) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (secret_hash) DO NOTHING",
            &[
                hash.as_slice().into(),
                kind.into(),
                account.into(),
                sealed.as_str().into(),
                now.plus_seconds(seconds).into(),
            ],
        )?;
        Ok(())
    })?;
    Ok(())
}

/// What was kept, with the account it was begun for. It is gone from here on, whatever comes of it.
///
/// # Errors
/// [`MeansRefusal::Ceremony`] when there is none of this kind, or not any more.
pub fn take<T: DeserializeOwned>(
    outside: &Outside,
    kind: CeremonyKind,
    secret: &CeremonySecret,
) -> Result<(Option<AccountId>, T), MeansError> {
    let (hash, now) = (secret.hash(), outside.seams.now());
    let taken = outside.store.write::<_, StoreError, _>(move |tx| {
        let row = tx.query_one(
            "DELETE FROM portal_ceremonies WHERE secret_hash = $1 AND kind = $2 RETURNING account_id, content, expires_at",
            &[hash.as_slice().into(), kind.into()],
        )?;
        // Refusals are values, so that the taking itself is kept.
        let Some(row) = row else { return Ok(None) };
        if row.timestamp(2)? <= now {
            return Ok(None);
        }
        Ok(Some((row.opt_text(0)?.and_then(AccountId::parse), row.text(1)?.to_owned())))
    })?;
    let (account, sealed) = taken.ok_or(MeansRefusal::Ceremony)?;
    let sealed = BASE64.decode(sealed.as_bytes()).map_err(|_| MeansRefusal::Ceremony)?;
    let plain = outside.vault.open_sealed(SEALED_UNDER, COLUMN, &sealed)?;
    Ok((account, serde_json::from_slice(&plain).map_err(|_| MeansRefusal::Ceremony)?))
}
