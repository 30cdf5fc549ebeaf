//! The two doors to data: [`Store::read`] and [`Store::write`].

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use base::Seams;

use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{Faults, StoreError, Tx};

/// Which of the four databases. They never share a file, a server role or a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Database {
    /// The register, certificates, bills, staff, terminals: off the internet.
    Inside,
    /// The portals, mailbox, public pages.
    Outside,
    /// Wrapped keys per person, with a short backup life. Each zone has its own.
    Keys,
    /// Numbers of services' cards (図書館・病院・職員身分証ほか), under pseudonyms that differ for each service. Inside, apart from
    /// the register.
    Cards,
}

impl Database {
    /// `inside`, `outside`, `keys` or `cards`: the word in a migration's first line and in file names.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Outside => "outside",
            Self::Keys => "keys",
            Self::Cards => "cards",
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
    number: u64,
    database: Database,
    opened: Opened,
}

enum Opened {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

impl Store {
    /// Opens the database, takes its lock (SQLite) and brings its tables up to date.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process owns the directory; migration and engine errors.
    pub fn open(config: &StoreConfig, seams: Seams) -> Result<Self, StoreError> {
        Self::open_with(config, seams, true)
    }

    /// As [`Store::open`], leaving the tables as they are when not `migrating`: for tests of migrations.
    pub(crate) fn open_with(config: &StoreConfig, seams: Seams, migrating: bool) -> Result<Self, StoreError> {
        let opened = match &config.engine {
            Engine::Sqlite { directory } => Opened::Sqlite(Sqlite::open(directory, config, &seams, migrating)?),
            Engine::Postgres { config: text } => Opened::Postgres(Postgres::open(text, config, seams, migrating)?),
        };
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Ok(Self(Arc::new(Inner { number, database: config.database, opened })))
    }

    /// Which database this is.
    pub fn database(&self) -> Database {
        self.0.database
    }

    /// `sqlite` or `postgres`, for logs and `doctor`.
    pub fn engine(&self) -> &'static str {
        match self.0.opened {
            Opened::Sqlite(_) => "sqlite",
            Opened::Postgres(_) => "postgres",
        }
    }

    /// Runs `action` on one unchanging snapshot. Writing in it is refused by the engine. Blocks the calling thread.
    ///
    /// # Errors
    /// What `action` returned, or a [`StoreError`].
    pub fn read<T, E, F>(&self, action: F) -> Result<T, E>
    where
        E: From<StoreError>,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E>,
    {
        match &self.0.opened {
            Opened::Sqlite(sqlite) => sqlite.read(action),
            Opened::Postgres(postgres) => postgres.read(action),
        }
    }

    /// Runs `action` in a transaction and returns once it is durable. `Err` undoes everything it did. It may run twice.
    /// Blocks the calling thread.
    ///
    /// # Errors
    /// What `action` returned, or a [`StoreError`]: then nothing was done, except after [`StoreError::Uncertain`].
    pub fn write<T, E, F>(&self, mut action: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnMut(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        // On SQLite a write inside a write would wait for itself for ever; so it is refused on both.
        let number = self.0.number;
        if WRITING.with_borrow(|writing| writing.contains(&number)) {
            return Err(StoreError::Nested.into());
        }
        let action = move |tx: &mut Tx<'_>| {
            let _mark = Mark::new(number);
            action(tx)
        };
        match &self.0.opened {
            Opened::Sqlite(sqlite) => sqlite.write(action),
            Opened::Postgres(postgres) => postgres.write(action),
        }
    }

    /// Copies one consistent moment of a SQLite database into a new file (mode 0600) while others read and write: the
    /// online backup. To restore, put the file in the place of `<directory>/<database>.sqlite3` while nothing runs.
    ///
    /// # Errors
    /// [`StoreError::Setup`] when the file exists or on PostgreSQL, which has its own backup; engine errors.
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        match &self.0.opened {
            Opened::Sqlite(sqlite) => sqlite.copy_to(path),
            Opened::Postgres(_) => Err(StoreError::Setup {
                place: path.display().to_string(),
                reason: "this database is on PostgreSQL; use pg_dump or pg_basebackup".to_owned(),
            }),
        }
    }

    /// Lets nothing overwritten linger where the engine allows it: after erasing keys.
    pub(crate) fn scrub(&self) -> Result<(), StoreError> {
        match &self.0.opened {
            Opened::Sqlite(sqlite) => sqlite.scrub(),
            // Dead rows of PostgreSQL go with its own vacuum; what they hold is wrapped by the city's key.
            Opened::Postgres(_) => Ok(()),
        }
    }
}

thread_local! {
    /// The stores whose write actions this thread is in.
    static WRITING: RefCell<Vec<u64>> = const { RefCell::new(Vec::new()) };
}

struct Mark;

impl Mark {
    fn new(number: u64) -> Self {
        WRITING.with_borrow_mut(|writing| writing.push(number));
        Self
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        WRITING.with_borrow_mut(Vec::pop);
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({} on {})", self.0.database.name(), self.engine())
    }
}
