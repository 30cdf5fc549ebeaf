//! The keys and the seal papers are made with (公印と鍵), as all nodes of a city share them: what is prepared, from when it
//! holds, and which version is in use.
//!
//! ```text
//!  proposed ─► prepared ─► decided (from when) ─► in use ─► retired      each part has at most one on its way
//!      └───────────┴──────────────┴─► discarded
//! ```
//! The first node whose clock reaches the time says so here, in one transaction, and that is the moment for all of them:
//! whoever issues compares its own version with this one in the transaction that makes a paper durable (ADR 0053).
//! Contents are sealed under the city's key; this module never sees them.

use base::{Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};

/// Whom the contents are sealed for, and in which column.
pub const SEALED_FOR: (&str, &str) = ("city:paper-keys", "paper_keys.sealed");

/// What is rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// The key of the codes on papers.
    Code,
    /// The document certificate (職責証明書) and its key.
    Document,
    /// The picture of the mayor's seal (電子公印).
    Seal,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Code, Self::Document, Self::Seal];

    /// The word in rows, commands and keys of sentences.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Document => "document",
            Self::Seal => "seal",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.word() == word)
    }
}

/// Where one stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Made, and waits for a second person. Nobody publishes it.
    Proposed,
    /// Published; no time is decided yet.
    Prepared,
    /// From when it holds is decided.
    Decided,
    /// In use.
    InUse,
    /// Another came into its place; its private half is gone.
    Retired,
    /// Taken back before it was ever used.
    Discarded,
}

impl Standing {
    const ALL: [Self; 6] = [Self::Proposed, Self::Prepared, Self::Decided, Self::InUse, Self::Retired, Self::Discarded];

    /// The word in rows and keys of sentences.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Prepared => "prepared",
            Self::Decided => "decided",
            Self::InUse => "in_use",
            Self::Retired => "retired",
            Self::Discarded => "discarded",
        }
    }

    /// Whether it is known to nodes and not in use yet.
    pub const fn is_ahead(self) -> bool {
        matches!(self, Self::Prepared | Self::Decided)
    }
}

/// One key or seal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaperKey {
    /// Its id.
    pub id: Id,
    /// Of which part.
    pub part: Part,
    /// Its short public name.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// When it was asked for.
    pub proposed_at: Timestamp,
    /// From when it holds, once somebody asked for a time.
    pub use_at: Option<Timestamp>,
    /// When it came into use.
    pub used_at: Option<Timestamp>,
    /// Which version of what is in use began with it.
    pub version: Option<i64>,
}

/// The columns [`read`] reads, and which rows.
macro_rules! select {
    ($rows:literal) => {
        concat!("SELECT key_id, part, name, standing, proposed_at, use_at, used_at, version FROM paper_keys ", $rows)
    };
}

fn read(row: &Row) -> Result<PaperKey, StoreError> {
    let standing = row.text(3)?;
    let standing = Standing::ALL.into_iter().find(|one| one.word() == standing);
    Ok(PaperKey {
        id: row.id(0)?,
        part: Part::parse(row.text(1)?).ok_or(StoreError::Column { column: 1, wanted: "a part" })?,
        name: row.text(2)?.to_owned(),
        standing: standing.ok_or(StoreError::Column { column: 3, wanted: "a standing" })?,
        proposed_at: row.timestamp(4)?,
        use_at: row.opt_timestamp(5)?,
        used_at: row.opt_timestamp(6)?,
        version: row.opt_int(7)?,
    })
}

/// All that ever were, oldest first. A city has a few a year.
///
/// # Errors
/// The database.
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<PaperKey>, StoreError> {
    tx.query(select!("ORDER BY proposed_at, key_id"), &[])?.iter().map(read).collect()
}

/// One of them.
///
/// # Errors
/// The database.
pub fn get(tx: &mut Tx<'_>, id: Id) -> Result<Option<PaperKey>, StoreError> {
    tx.query_one(select!("WHERE key_id = $1"), &[id.into()])?.as_ref().map(read).transpose()
}

/// The one of this part that is on its way.
///
/// # Errors
/// The database.
pub fn ahead(tx: &mut Tx<'_>, part: Part) -> Result<Option<PaperKey>, StoreError> {
    let sql = select!("WHERE part = $1 AND standing IN ('proposed', 'prepared', 'decided')");
    tx.query_one(sql, &[part.word().into()])?.as_ref().map(read).transpose()
}

/// Its sealed contents; `None` when they are gone.
///
/// # Errors
/// The database.
pub fn sealed(tx: &mut Tx<'_>, id: Id) -> Result<Option<Vec<u8>>, StoreError> {
    let row = tx.query_one("SELECT sealed FROM paper_keys WHERE key_id = $1", &[id.into()])?;
    row.map(|row| Ok(row.opt_blob(0)?.map(<[u8]>::to_vec))).transpose().map(Option::flatten)
}

/// Which version is in use; 0 until something was rotated.
///
/// # Errors
/// The database.
pub fn version(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let row = tx.query_one("SELECT COALESCE(MAX(version), 0) FROM paper_keys", &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// How often the list has changed, and whether something is due at `now`.
///
/// # Errors
/// The database.
pub fn pulse(tx: &mut Tx<'_>, now: Timestamp) -> Result<(i64, bool), StoreError> {
    let row = tx.query_one("SELECT COALESCE(MAX(change_number), 0) FROM paper_keys", &[])?;
    let sql = "SELECT 1 FROM paper_keys WHERE standing = 'decided' AND use_at <= $1 LIMIT 1";
    let is_due = tx.query_one(sql, &[now.into()])?.is_some();
    Ok((row.map_or(Ok(0), |row| row.int(0))?, is_due))
}

/// Writes one down that was made; `at`: from when it holds, where that is decided with it.
///
/// # Errors
/// The database.
pub fn insert(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    (part, name): (Part, &str),
    sealed: &[u8],
    at: Option<Timestamp>,
) -> Result<Id, StoreError> {
    let id = seams.random_id();
    let standing = if at.is_some() { Standing::Decided } else { Standing::Proposed };
    tx.execute(
        "INSERT INTO paper_keys (key_id, part, name, standing, sealed, proposed_at, use_at, change_number)
         VALUES ($1, $2, $3, $4, $5, $6, $7, (SELECT COALESCE(MAX(change_number), 0) + 1 FROM paper_keys))",
        &[
            id.into(),
            part.word().into(),
            name.into(),
            standing.word().into(),
            sealed.into(),
            seams.now().into(),
            at.map(Timestamp::micros).into(),
        ],
    )?;
    note(tx, seams, by, part, name, standing)?;
    Ok(id)
}

/// Says from when it is to hold. Nothing holds by this alone.
///
/// # Errors
/// The database.
pub fn want(tx: &mut Tx<'_>, id: Id, at: Timestamp) -> Result<(), StoreError> {
    tx.execute("UPDATE paper_keys SET use_at = $2 WHERE key_id = $1", &[id.into(), at.into()]).map(drop)
}

/// Moves it on. Contents of what is discarded are erased.
///
/// # Errors
/// The database.
pub fn stand(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &PaperKey, standing: Standing) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE paper_keys SET standing = $2, change_number = (SELECT COALESCE(MAX(change_number), 0) + 1 FROM paper_keys)
         WHERE key_id = $1",
        &[key.id.into(), standing.word().into()],
    )?;
    if matches!(standing, Standing::Discarded | Standing::Retired) {
        tx.execute("UPDATE paper_keys SET sealed = NULL WHERE key_id = $1", &[key.id.into()])?;
    }
    note(tx, seams, by, key.part, &key.name, standing)
}

/// Brings into use, for every node, what is due. What was in use before is retired.
///
/// # Errors
/// The database.
pub fn use_due(tx: &mut Tx<'_>, seams: &Seams) -> Result<(), StoreError> {
    let (now, by) = (seams.now(), Actor::System { job: "paper-keys" });
    let sql = select!("WHERE standing = 'decided' AND use_at <= $1 ORDER BY use_at, key_id");
    for row in &tx.query(sql, &[now.into()])? {
        let key = read(row)?;
        let sql = select!("WHERE part = $1 AND standing = 'in_use'");
        if let Some(before) = tx.query_one(sql, &[key.part.word().into()])? {
            stand(tx, seams, &by, &read(&before)?, Standing::Retired)?;
        }
        stand(tx, seams, &by, &key, Standing::InUse)?;
        tx.execute(
            "UPDATE paper_keys SET used_at = $2, version = (SELECT COALESCE(MAX(version), 0) + 1 FROM paper_keys)
             WHERE key_id = $1",
            &[key.id.into(), now.into()],
        )?;
    }
    Ok(())
}

fn note(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    part: Part,
    name: &str,
    standing: Standing,
) -> Result<(), StoreError> {
    let details = [("setting", "keys"), ("part", part.word()), ("name", name), ("to", standing.word())];
    audit::append(tx, seams, by, Event::SettingChanged, &details).map(drop)
}

#[cfg(test)]
mod tests {
    use store::testing::for_each_engine;

    use super::*;

    #[test]
    fn the_first_node_that_reaches_the_time_brings_it_into_use_for_all_once() {
        for_each_engine(|database| {
            let (store, seams) = (database.inside(), database.seams.clone());
            let by = Actor::System { job: "test" };
            let at = seams.now().plus_seconds(60);
            let (one, two) = (seams.clone(), by.clone());
            let first = store
                .write::<_, StoreError, _>(move |tx| insert(tx, &one, &two, (Part::Code, "aa"), b"sealed", Some(at)));
            let first = first.unwrap();
            let settled = || {
                let seams = seams.clone();
                store.write::<_, StoreError, _>(move |tx| {
                    use_due(tx, &seams)?;
                    Ok((version(tx)?, all(tx)?, pulse(tx, seams.now())?))
                })
            };
            let (before, keys, (serial, is_due)) = settled().unwrap();
            assert_eq!((before, keys[0].standing, serial, is_due), (0, Standing::Decided, 1, false));
            database.clock.advance_seconds(60);
            for _ in 0..2 {
                let (now, keys, (serial, is_due)) = settled().unwrap();
                assert_eq!((now, keys[0].standing, serial, is_due), (1, Standing::InUse, 2, false));
            }
            let (one, at) = (seams.clone(), seams.now());
            store
                .write::<_, StoreError, _>(move |tx| insert(tx, &one, &by, (Part::Code, "bb"), b"sealed", Some(at)))
                .unwrap();
            let (now, keys, _) = settled().unwrap();
            assert_eq!(now, 2);
            let stand = |name: &str| keys.iter().find(|key| key.name == name).unwrap().standing;
            assert_eq!((stand("aa"), stand("bb")), (Standing::Retired, Standing::InUse));
            let gone = store.read::<_, StoreError, _>(move |tx| sealed(tx, first)).unwrap();
            assert_eq!(gone, None, "the private half of what is retired is gone");
        });
    }
}
