//! The processes that serve one city (invariant I13): all of one build, one schema and one configuration.
//!
//! In 2023 and 2024 papers of strangers came out where one machine of many missed a correction, and where a site of many
//! servers ran the build for one (specs certificates §3). So a process says what it is before it serves, and one that
//! differs from those alive cannot join.
//!
//! ```text
//!  start ─► join(fingerprint, topology) ─► same as every node seen lately? ─► serve, and say so every few seconds
//!                                             └─ no ─► refused: says which part differs
//! ```

use base::{Id, Seams, Timestamp};
use store::{StoreError, Tx};

use crate::digest::sha256;

/// A node that was not seen for this long is gone and is forgotten.
pub const GONE_AFTER_SECONDS: i64 = 60;
/// How often a node says that it is alive.
pub const BEAT_SECONDS: u64 = 15;

/// Whether one process serves the city or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topology {
    /// One process (SQLite; a data directory has one owner).
    Single,
    /// Several on one PostgreSQL.
    Several,
}

impl Topology {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Several => "several",
        }
    }
}

/// What a process is: a hash over its build, schema and configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Of the program's own bytes (or version), the names and hashes of the migrations, and the effective configuration.
    pub fn of(build: &[u8], schema: &[u8], configuration: &[u8]) -> Self {
        let parts = [build, schema, configuration].map(|part| sha256(&[part]));
        let whole = sha256(&[&parts[0], &parts[1], &parts[2]]);
        // The parts stay visible in short, so that a refusal can say which one differs.
        let short = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&bytes[..4]);
        Self(format!("{}-{}-{}-{}", short(&parts[0]), short(&parts[1]), short(&parts[2]), short(&whole)))
    }

    /// As stored and shown to operators.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a process may not serve.
#[derive(Debug, thiserror::Error)]
pub enum JoinError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A node alive is of another build, schema or configuration.
    #[error(
        "another process of this city is of another build, schema or configuration: it is {theirs}, this one is {ours} (build-schema-configuration)"
    )]
    Different {
        /// Fingerprint of the other.
        theirs: String,
        /// Ours.
        ours: String,
    },
    /// A node alive serves as one of another number.
    #[error("another process of this city is set up as {theirs}, this one as {ours}")]
    OtherTopology {
        /// The other's topology.
        theirs: String,
        /// Ours.
        ours: &'static str,
    },
}

impl JoinError {
    /// What it means to the caller.
    pub const fn kind(&self) -> base::Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Different { .. } | Self::OtherTopology { .. } => base::Kind::Conflict,
        }
    }
}

/// Joins, or says why not. Nodes that are gone are forgotten first.
///
/// # Errors
/// [`JoinError`].
pub fn join(tx: &mut Tx<'_>, seams: &Seams, fingerprint: &Fingerprint, topology: Topology) -> Result<Id, JoinError> {
    let now = seams.now();
    forget_gone(tx, now)?;
    for row in tx.query("SELECT fingerprint, topology FROM nodes ORDER BY joined_at", &[])? {
        if row.text(0)? != fingerprint.as_str() {
            return Err(JoinError::Different {
                theirs: row.text(0)?.to_owned(),
                ours: fingerprint.as_str().to_owned(),
            });
        }
        // Two nodes, one of which believes to be alone, is what Takamatsu had in 2024.
        if row.text(1)? != topology.as_str() || topology == Topology::Single {
            return Err(JoinError::OtherTopology { theirs: row.text(1)?.to_owned(), ours: topology.as_str() });
        }
    }
    let id = seams.random_id();
    tx.execute(
        "INSERT INTO nodes (node_id, fingerprint, topology, joined_at, seen_at) VALUES ($1, $2, $3, $4, $5)",
        &[id.into(), fingerprint.as_str().into(), topology.as_str().into(), now.into(), now.into()],
    )?;
    Ok(id)
}

/// Whether no other node serves this city: then whatever is under way was left by a process that is gone.
///
/// # Errors
/// The database.
pub fn is_alone(tx: &mut Tx<'_>, node: Id) -> Result<bool, StoreError> {
    Ok(tx.query_one("SELECT 1 FROM nodes WHERE node_id <> $1 LIMIT 1", &[node.into()])?.is_none())
}

/// Says that a node is alive.
///
/// # Errors
/// The database.
pub fn beat(tx: &mut Tx<'_>, now: Timestamp, node: Id) -> Result<(), StoreError> {
    tx.execute("UPDATE nodes SET seen_at = $1 WHERE node_id = $2", &[now.into(), node.into()]).map(|_| ())
}

/// Leaves, so that the next start need not wait.
///
/// # Errors
/// The database.
pub fn leave(tx: &mut Tx<'_>, node: Id) -> Result<(), StoreError> {
    tx.execute("DELETE FROM nodes WHERE node_id = $1", &[node.into()]).map(|_| ())
}

/// On SQLite the data directory has one owner, so whoever holds it knows that earlier nodes are gone.
///
/// # Errors
/// The database.
pub fn forget_all(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    tx.execute("DELETE FROM nodes", &[]).map(|_| ())
}

fn forget_gone(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.execute("DELETE FROM nodes WHERE seen_at < $1", &[now.plus_seconds(-GONE_AFTER_SECONDS).into()]).map(|_| ())
}

#[cfg(test)]
mod tests {
    use store::testing::for_each_engine;

    use super::*;

    #[test]
    fn whoever_joins_others_is_not_alone_until_they_are_gone() {
        for_each_engine(|database| {
            let (store, seams) = (database.inside(), database.seams.clone());
            let joined = || {
                let seams = seams.clone();
                let ours = Fingerprint::of(b"build 1", b"schema 1", b"settings");
                store.write(move |tx| join(tx, &seams, &ours, Topology::Several)).unwrap()
            };
            let alone = |node| store.read::<_, StoreError, _>(|tx| is_alone(tx, node)).unwrap();
            let first = joined();
            assert!(alone(first));
            let second = joined();
            assert!(!alone(first) && !alone(second));
            database.clock.advance_seconds(GONE_AFTER_SECONDS + 1);
            let third = joined();
            assert!(alone(third));
        });
    }

    #[test]
    fn i13_a_node_of_another_build_or_topology_cannot_join() {
        for_each_engine(|database| {
            let (store, seams) = (database.inside(), database.seams.clone());
            let join = |fingerprint: &Fingerprint, topology| {
                let (seams, fingerprint) = (seams.clone(), fingerprint.clone());
                store.write(move |tx| join(tx, &seams, &fingerprint, topology))
            };
            let ours = Fingerprint::of(b"build 1", b"schema 1", b"settings");
            join(&ours, Topology::Several).unwrap();
            join(&ours, Topology::Several).unwrap();
            for other in [
                Fingerprint::of(b"build 0", b"schema 1", b"settings"),
                Fingerprint::of(b"build 1", b"schema 0", b"settings"),
                Fingerprint::of(b"build 1", b"schema 1", b"other settings"),
            ] {
                assert!(matches!(join(&other, Topology::Several), Err(JoinError::Different { .. })));
            }
            assert!(matches!(join(&ours, Topology::Single), Err(JoinError::OtherTopology { .. })));
            // Once the others are gone, a new build may begin.
            database.clock.advance_seconds(GONE_AFTER_SECONDS + 1);
            join(&Fingerprint::of(b"build 2", b"schema 1", b"settings"), Topology::Single).unwrap();
        });
    }
}
