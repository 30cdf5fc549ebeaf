//! The rows of the key database: one data key per person, and the keys of keyed hashes. All wrapped by the city's key.
//!
//! ```text
//!   person_keys   person, version ─► wrapped (null: a tombstone)        lookup_keys   generation ─► wrapped
//! ```

use base::{Seams, Timestamp};
use zeroize::Zeroizing;

use crate::city_key::{CityKey, Secret, fresh_secret};
use crate::error::SealError;
use crate::{Row, Store, Tx, Value};

/// A person's key of one version.
pub(crate) struct PersonKey {
    pub(crate) version: u32,
    pub(crate) key: Secret,
}

/// That the keys of a person up to a version were destroyed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Who, as handed to [`crate::sealing::Vault::erase`].
    pub person: String,
    /// The newest version that was destroyed; 0 when there was no key yet.
    pub version: u32,
    /// When.
    pub at: Timestamp,
}

/// What the bytes of a wrapped key are bound to.
fn person_context(person: &str, version: u32) -> Vec<u8> {
    bound(&[b"person key", person.as_bytes(), &version.to_be_bytes()])
}

fn lookup_context(generation: i64) -> Vec<u8> {
    bound(&[b"lookup key", &generation.to_be_bytes()])
}

/// Parts with their lengths before them, so that no two lists give the same bytes.
pub(crate) fn bound(parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}

fn version_of(row: &Row, column: usize) -> Result<u32, SealError> {
    u32::try_from(row.int(column)?).map_err(|_| SealError::Altered)
}

fn secret(bytes: &Zeroizing<Vec<u8>>) -> Result<Secret, SealError> {
    <[u8; 32]>::try_from(bytes.as_slice()).map(Zeroizing::new).map_err(|_| SealError::Altered)
}

/// The newest key of a person; none when there never was one, [`SealError::Erased`] when it was destroyed.
pub(crate) fn newest_key(store: &Store, city: &dyn CityKey, person: &str) -> Result<Option<PersonKey>, SealError> {
    let row = store.read::<_, SealError, _>(|tx| {
        Ok(tx.query_one(
            "SELECT version, wrapped, city_key FROM person_keys WHERE person = $1 ORDER BY version DESC LIMIT 1",
            &[person.into()],
        )?)
    })?;
    row.map(|row| opened(&row, city, person)).transpose()
}

/// The key of one version.
pub(crate) fn key_of_version(
    store: &Store,
    city: &dyn CityKey,
    person: &str,
    version: u32,
) -> Result<PersonKey, SealError> {
    let row = store.read::<_, SealError, _>(|tx| {
        Ok(tx.query_one(
            "SELECT version, wrapped, city_key FROM person_keys WHERE person = $1 AND version = $2",
            &[person.into(), version.into()],
        )?)
    })?;
    opened(&row.ok_or(SealError::NoKey)?, city, person)
}

fn opened(row: &Row, city: &dyn CityKey, person: &str) -> Result<PersonKey, SealError> {
    let version = version_of(row, 0)?;
    let wrapped = row.opt_blob(1)?.ok_or(SealError::Erased)?;
    let key = city.unwrap(row.text(2)?, &person_context(person, version), wrapped)?;
    Ok(PersonKey { version, key: secret(&key)? })
}

/// Makes the person's key of `version`: 1, or one above the tombstone.
///
/// Another process may be faster; then its key stands, and this one is forgotten.
pub(crate) fn make_key(
    store: &Store,
    city: &dyn CityKey,
    seams: &Seams,
    person: &str,
    version: u32,
) -> Result<(), SealError> {
    let wrapped = city.wrap(&person_context(person, version), &*fresh_secret(seams), seams)?;
    let row: Vec<Value> = vec![person.into(), version.into(), wrapped.into(), city.id().into(), seams.now().into()];
    store.write(move |tx| {
        tx.queue(
            "INSERT INTO person_keys (person, version, wrapped, city_key, made_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (person, version) DO NOTHING",
            &row,
        )?;
        Ok(())
    })
}

/// The newest version there ever was of a person's key, erased or not; 0 when there was none.
pub(crate) fn newest_version(store: &Store, person: &str) -> Result<u32, SealError> {
    store.read(|tx| newest_version_in(tx, person))
}

fn newest_version_in(tx: &mut Tx<'_>, person: &str) -> Result<u32, SealError> {
    match tx.query_one("SELECT MAX(version) FROM person_keys WHERE person = $1", &[person.into()])? {
        Some(row) if row.opt_int(0)?.is_some() => version_of(&row, 0),
        _ => Ok(0),
    }
}

/// The newest generation of look-up keys there ever was; 0 when there was none.
pub(crate) fn newest_generation(store: &Store) -> Result<i64, SealError> {
    store.read(|tx| {
        let row = tx.query_one("SELECT MAX(generation) FROM lookup_keys", &[])?;
        Ok(row.map(|row| row.opt_int(0)).transpose()?.flatten().unwrap_or(0))
    })
}

/// Destroys the person's keys and leaves tombstones. Says what was destroyed.
pub(crate) fn erase(store: &Store, person: &str, now: Timestamp) -> Result<Erasure, SealError> {
    let person = person.to_owned();
    store.write(move |tx| {
        let version = newest_version_in(tx, &person)?;
        let erasure = Erasure { person: person.clone(), version, at: now };
        bury(tx, &erasure)?;
        Ok(erasure)
    })
}

/// Applies erasures again: after restoring an older copy of the key database. Says how many keys were still there.
pub(crate) fn replay(store: &Store, erasures: &[Erasure]) -> Result<u64, SealError> {
    let mut found = 0;
    // Short writes: no closure holds the writer long.
    for some in erasures.chunks(200) {
        let some = some.to_vec();
        found += store.write::<u64, SealError, _>(move |tx| {
            let mut found = 0;
            for erasure in &some {
                found += bury(tx, erasure)?;
            }
            Ok(found)
        })?;
    }
    Ok(found)
}

fn bury(tx: &mut Tx<'_>, erasure: &Erasure) -> Result<u64, SealError> {
    let person: Value = erasure.person.as_str().into();
    let found = tx.execute(
        "UPDATE person_keys SET wrapped = NULL, erased_at = $1 WHERE person = $2 AND version <= $3 AND wrapped IS NOT NULL",
        &[erasure.at.into(), person.clone(), erasure.version.into()],
    )?;
    // Also for a version that this database does not know: sealing must not begin anew under the same number.
    tx.queue(
        "INSERT INTO person_keys (person, version, wrapped, city_key, made_at, erased_at) VALUES ($1, $2, NULL, '', $3, $3)
         ON CONFLICT (person, version) DO NOTHING",
        &[person, erasure.version.into(), erasure.at.into()],
    )?;
    Ok(found)
}

/// Every person whose newest key is a tombstone or has one below it, with the newest tombstone's version.
pub(crate) fn erasures(store: &Store) -> Result<Vec<Erasure>, SealError> {
    let rows = store.read::<_, SealError, _>(|tx| {
        Ok(tx.query(
            "SELECT person, MAX(version), MAX(erased_at) FROM person_keys WHERE wrapped IS NULL GROUP BY person ORDER BY person",
            &[],
        )?)
    })?;
    rows.iter()
        .map(|row| Ok(Erasure { person: row.text(0)?.to_owned(), version: version_of(row, 1)?, at: row.timestamp(2)? }))
        .collect()
}

/// Live look-up keys, newest first.
pub(crate) fn lookup_keys(store: &Store, city: &dyn CityKey) -> Result<Vec<(i64, Secret)>, SealError> {
    let rows = store.read::<_, SealError, _>(|tx| {
        Ok(tx.query(
            "SELECT generation, wrapped, city_key FROM lookup_keys WHERE retired_at IS NULL ORDER BY generation DESC",
            &[],
        )?)
    })?;
    rows.iter()
        .map(|row| {
            let generation = row.int(0)?;
            let key = city.unwrap(row.text(2)?, &lookup_context(generation), row.blob(1)?)?;
            Ok((generation, secret(&key)?))
        })
        .collect()
}

/// Makes look-up key `generation`; one of that number that is there already stands.
pub(crate) fn make_lookup_key(
    store: &Store,
    city: &dyn CityKey,
    seams: &Seams,
    generation: i64,
) -> Result<(), SealError> {
    let wrapped = city.wrap(&lookup_context(generation), &*fresh_secret(seams), seams)?;
    let row: Vec<Value> = vec![generation.into(), wrapped.into(), city.id().into(), seams.now().into()];
    store.write(move |tx| {
        tx.queue(
            "INSERT INTO lookup_keys (generation, wrapped, city_key, made_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (generation) DO NOTHING",
            &row,
        )?;
        Ok(())
    })
}

/// Destroys look-up keys below `generation`: their hashes can no longer be made. Says how many.
pub(crate) fn retire_lookup_keys(store: &Store, generation: i64, now: Timestamp) -> Result<u64, SealError> {
    store.write(move |tx| {
        Ok(tx.execute(
            "UPDATE lookup_keys SET wrapped = NULL, retired_at = $1 WHERE generation < $2 AND retired_at IS NULL",
            &[now.into(), generation.into()],
        )?)
    })
}

/// Wraps anew every key that an older city key wrapped, a few hundred a write. Says how many.
pub(crate) fn rewrap(store: &Store, city: &dyn CityKey, seams: &Seams) -> Result<u64, SealError> {
    let mut done = 0;
    let id = city.id().to_owned();
    for row in store.read::<_, SealError, _>(|tx| {
        Ok(tx.query(
            "SELECT generation, wrapped, city_key FROM lookup_keys WHERE wrapped IS NOT NULL AND city_key <> $1",
            &[id.as_str().into()],
        )?)
    })? {
        let context = lookup_context(row.int(0)?);
        let wrapped = city.wrap(&context, &city.unwrap(row.text(2)?, &context, row.blob(1)?)?, seams)?;
        let change: Vec<Value> = vec![wrapped.into(), id.as_str().into(), row.int(0)?.into()];
        done += store.write::<u64, SealError, _>(move |tx| {
            Ok(tx.execute(
                "UPDATE lookup_keys SET wrapped = $1, city_key = $2 WHERE generation = $3 AND wrapped IS NOT NULL",
                &change,
            )?)
        })?;
    }
    loop {
        let rows = store.read::<_, SealError, _>(|tx| {
            Ok(tx.query(
                "SELECT person, version, wrapped, city_key FROM person_keys
                 WHERE wrapped IS NOT NULL AND city_key <> $1 LIMIT 500",
                &[id.as_str().into()],
            )?)
        })?;
        if rows.is_empty() {
            return Ok(done);
        }
        let mut changes: Vec<Vec<Value>> = Vec::with_capacity(rows.len());
        for row in &rows {
            let context = person_context(row.text(0)?, version_of(row, 1)?);
            let wrapped = city.wrap(&context, &city.unwrap(row.text(3)?, &context, row.blob(2)?)?, seams)?;
            changes.push(vec![wrapped.into(), id.as_str().into(), row.text(0)?.into(), row.int(1)?.into()]);
        }
        done += store.write::<u64, SealError, _>(move |tx| {
            let mut done = 0;
            for change in &changes {
                // A key that was erased in between stays erased.
                done += tx.execute(
                    "UPDATE person_keys SET wrapped = $1, city_key = $2
                     WHERE person = $3 AND version = $4 AND wrapped IS NOT NULL",
                    change,
                )?;
            }
            Ok(done)
        })?;
    }
}
