//! The provider's memory: requests, codes, tokens and what was used, by digest.

use base::{Id, Timestamp};
use openid::provider::{AccessRecord, CodeRecord, Digest, Issued, Once, PushedRequest, RefreshRecord};
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::{StoreError, Tx, Value};

/// How long a used code is remembered beyond its time, in seconds: whoever brings it then is noticed. Ours.
const USED_SECONDS: i64 = 86_400;

fn key(digest: &Digest) -> Value {
    digest.bytes().as_slice().into()
}

fn text(content: &impl Serialize) -> Value {
    serde_json::json!(content).to_string().into()
}

fn seconds(at: i64) -> Value {
    Timestamp::from_seconds(at).into()
}

/// What was kept by another build and cannot be read is not there.
fn read<T: DeserializeOwned>(content: &str) -> Option<T> {
    serde_json::from_str(content).ok()
}

/// Remembers something that may be used once; whether it was new.
pub(super) fn remember(tx: &mut Tx<'_>, once: Once) -> Result<bool, StoreError> {
    let sql = "INSERT INTO data_app_seen (digest, ends_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    Ok(tx.execute(sql, &[key(&once.digest), seconds(once.until)])? == 1)
}

pub(super) fn keep_request(tx: &mut Tx<'_>, name: &Digest, request: &PushedRequest) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO data_app_requests (digest, client_id, content, ends_at) VALUES ($1, $2, $3, $4)",
        &[key(name), (&request.client_id).into(), text(request), seconds(request.until)],
    )?;
    Ok(())
}

pub(super) fn request(tx: &mut Tx<'_>, name: &Digest) -> Result<Option<PushedRequest>, StoreError> {
    let row = tx.query_one("SELECT content FROM data_app_requests WHERE digest = $1", &[key(name)])?;
    Ok(row.and_then(|row| row.text(0).ok().and_then(read)))
}

/// Takes a request away; whether it was there: it is used once.
pub(super) fn take_request(tx: &mut Tx<'_>, name: &Digest) -> Result<bool, StoreError> {
    Ok(tx.execute("DELETE FROM data_app_requests WHERE digest = $1", &[key(name)])? == 1)
}

pub(super) fn keep_code(tx: &mut Tx<'_>, code: &Digest, record: &CodeRecord) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO data_app_codes (digest, grant_id, content, ends_at) VALUES ($1, $2, $3, $4)",
        &[key(code), (&record.authority.grant).into(), text(record), seconds(record.until)],
    )?;
    Ok(())
}

/// A code, and whether it was used.
pub(super) fn code(tx: &mut Tx<'_>, code: &Digest) -> Result<Option<(CodeRecord, bool)>, StoreError> {
    let row = tx.query_one("SELECT content, used_at FROM data_app_codes WHERE digest = $1", &[key(code)])?;
    let Some(row) = row else { return Ok(None) };
    let is_used = row.opt_int(1)?.is_some();
    Ok(read(row.text(0)?).map(|record| (record, is_used)))
}

pub(super) fn use_code(tx: &mut Tx<'_>, now: Timestamp, code: &Digest) -> Result<(), StoreError> {
    tx.execute("UPDATE data_app_codes SET used_at = $2 WHERE digest = $1", &[key(code), now.into()])?;
    Ok(())
}

pub(super) fn keep_issued(tx: &mut Tx<'_>, issued: &Issued) -> Result<(), StoreError> {
    let sql = "INSERT INTO data_app_tokens (digest, kind, grant_id, content, ends_at) VALUES ($1, $2, $3, $4, $5)";
    let (secret, record) = &issued.access;
    let grant = &record.authority.grant;
    tx.execute(sql, &[key(&secret.digest()), "access".into(), grant.into(), text(record), seconds(record.until)])?;
    if let Some((secret, record)) = &issued.refresh {
        let until = seconds(record.authority.until);
        tx.execute(sql, &[key(&secret.digest()), "refresh".into(), grant.into(), text(record), until])?;
    }
    Ok(())
}

fn token<T: DeserializeOwned>(tx: &mut Tx<'_>, token: &Digest, kind: &'static str) -> Result<Option<T>, StoreError> {
    let sql = "SELECT content FROM data_app_tokens WHERE digest = $1 AND kind = $2";
    let row = tx.query_one(sql, &[key(token), kind.into()])?;
    Ok(row.and_then(|row| row.text(0).ok().and_then(read)))
}

pub(super) fn access(tx: &mut Tx<'_>, digest: &Digest) -> Result<Option<AccessRecord>, StoreError> {
    token(tx, digest, "access")
}

pub(super) fn refresh(tx: &mut Tx<'_>, digest: &Digest) -> Result<Option<RefreshRecord>, StoreError> {
    token(tx, digest, "refresh")
}

pub(super) fn end_token(tx: &mut Tx<'_>, digest: &Digest) -> Result<(), StoreError> {
    tx.execute("DELETE FROM data_app_tokens WHERE digest = $1", &[key(digest)])?;
    Ok(())
}

/// Ends the tokens of a yes, which itself goes on: a code came twice, or an app gave its refresh token back.
pub(super) fn end_tokens(tx: &mut Tx<'_>, grant: &str) -> Result<(), StoreError> {
    tx.execute("DELETE FROM data_app_tokens WHERE grant_id = $1", &[grant.into()])?;
    Ok(())
}

/// The id of a grant as an authority carries it.
pub(super) fn grant_id(grant: &str) -> Option<Id> {
    Id::parse(grant).ok()
}

/// Forgets what is over. Once a minute.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let mut swept = 0;
    for sql in [
        "DELETE FROM data_app_requests WHERE ends_at <= $1",
        "DELETE FROM data_app_tokens WHERE ends_at <= $1",
        "DELETE FROM data_app_seen WHERE ends_at <= $1",
    ] {
        swept += tx.execute(sql, &[now.into()])?;
    }
    let sql = "DELETE FROM data_app_codes WHERE ends_at <= $1";
    Ok(swept + tx.execute(sql, &[now.plus_seconds(-USED_SECONDS).into()])?)
}
