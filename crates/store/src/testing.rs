//! Fresh databases for tests, on both engines.

use std::sync::Arc;

use base::{ManualClock, Seams, Timestamp};

use crate::sealing::Vault;
use crate::{Database, Faults, Store, StoreConfig};

/// Three fresh databases on one engine, gone when dropped. Each is made when first asked for.
pub struct TestDatabase {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Simulated seams: a clock standing at 2026-11-24 10:00 JST and randomness that replays.
    pub seams: Seams,
    /// The hand on that clock.
    pub clock: Arc<ManualClock>,
    /// Faults of all three databases.
    pub faults: Faults,
}

impl TestDatabase {
    /// The register's database.
    pub fn inside(&self) -> Store {
        self.store(Database::Inside)
    }

    /// The portals' database.
    pub fn outside(&self) -> Store {
        self.store(Database::Outside)
    }

    /// The key database.
    pub fn keys(&self) -> Store {
        self.store(Database::Keys)
    }

    /// One of the three, opened once and then shared.
    pub fn store(&self, _database: Database) -> Store {
        unreachable!("being built")
    }

    /// How that database is opened: to open it again after dropping every clone of its store.
    pub fn config(&self, _database: Database) -> StoreConfig {
        unreachable!("being built")
    }

    /// A vault over [`TestDatabase::keys`].
    pub fn vault(&self) -> Vault {
        unreachable!("being built")
    }
}

/// Runs `body` on SQLite, then on PostgreSQL.
///
/// The PostgreSQL cluster is named by `YAKUBA_TEST_POSTGRES=<socket directory>`; `YAKUBA_TEST_ENGINES=sqlite` leaves it out.
pub fn for_each_engine(body: impl Fn(TestDatabase)) {
    let (seams, clock) = Seams::simulated(Timestamp::from_seconds(1_795_482_000), 1);
    body(TestDatabase { engine: "sqlite", seams, clock, faults: Faults::scripted() });
}
