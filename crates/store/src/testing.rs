//! Fresh databases for tests, on both engines.
//!
//! ```text
//!   for_each_engine ──► sqlite:   a directory of its own, removed afterwards
//!                   └─► postgres: template (migrated once per set of migrations) ── CREATE DATABASE … TEMPLATE ──► three
//!                                 databases, each owned by its own role and closed to the others, dropped afterwards
//! ```

pub mod cluster;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base::{ManualClock, Seams, Timestamp};

use crate::conversation::Conversation;
use crate::postgres_session::Session;
use crate::sealing::{FileCityKey, Vault};
use crate::{Database, Engine, Faults, Store, StoreConfig, migrate};

/// 2026-11-24 10:00 in Japan, an ordinary Tuesday.
const MORNING: Timestamp = Timestamp::from_seconds(1_795_482_000);
/// Serialises the making of templates between test processes.
const TEMPLATE_LOCK: i64 = 0x59_61_6b_75_54;

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
    directory: PathBuf,
    cluster: Option<Server>,
    stores: Mutex<HashMap<Database, Store>>,
    made: Mutex<HashMap<Database, Engine>>,
    outside_keys: Mutex<Option<Store>>,
}

impl TestDatabase {
    /// Three databases in files of their own.
    pub fn on_sqlite() -> Self {
        Self::new("sqlite", None)
    }

    /// Three databases on the cluster listening in `socket_directory`, each owned by its own role.
    pub fn on_postgres(socket_directory: &str) -> Self {
        Self::new("postgres", Some(Server { socket_directory: socket_directory.to_owned() }))
    }

    fn new(engine: &'static str, cluster: Option<Server>) -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("yakuba_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let directory = std::env::temp_dir().join(name);
        // A directory of an earlier process of the same number may be left over.
        let _ = std::fs::remove_dir_all(&directory);
        let (seams, clock) = Seams::simulated(MORNING, 1);
        Self {
            engine,
            seams,
            clock,
            faults: Faults::scripted(),
            directory,
            cluster,
            stores: Mutex::default(),
            made: Mutex::default(),
            outside_keys: Mutex::default(),
        }
    }

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

    /// The database of services' cards.
    pub fn cards(&self) -> Store {
        self.store(Database::Cards)
    }

    /// One of the four, opened once and then shared.
    ///
    /// # Panics
    /// When it cannot be made: a test cannot go on then.
    pub fn store(&self, database: Database) -> Store {
        let mut stores = self.stores.lock().unwrap_or_else(PoisonError::into_inner);
        stores
            .entry(database)
            .or_insert_with(|| must(Store::open(&self.config(database), self.seams.clone()), "open a test database"))
            .clone()
    }

    /// Closes this side's own handle, so that [`TestDatabase::store`] opens anew: a restart.
    pub fn close(&self, database: Database) {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner).remove(&database);
    }

    /// How that database is opened; it is made (fresh and migrated) at the first call.
    ///
    /// # Panics
    /// When it cannot be made.
    pub fn config(&self, database: Database) -> StoreConfig {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let engine = made.entry(database).or_insert_with(|| match &self.cluster {
            None => Engine::Sqlite { directory: self.directory.join(database.name()) },
            Some(cluster) => {
                let name = self.database_name(database);
                cluster.make(&name, database, Some(&cluster.template(database)));
                Engine::Postgres { config: cluster.address(database, &name) }
            }
        });
        StoreConfig { database, engine: engine.clone(), connections: 8, faults: self.faults.clone() }
    }

    /// The address of `target` with the credentials of `role`: what a zone that was broken into could try.
    /// None on SQLite, where the border is the owner of the files.
    pub fn trespass(&self, role: Database, target: Database) -> Option<StoreConfig> {
        let cluster = self.cluster.as_ref()?;
        let mut config = self.config(target);
        config.engine = Engine::Postgres { config: cluster.address(role, &self.database_name(target)) };
        Some(config)
    }

    /// A vault over [`TestDatabase::keys`] under a city key of this test's own.
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn vault(&self) -> Vault {
        must(std::fs::create_dir_all(&self.directory), "make the test directory");
        let key = must(FileCityKey::load_or_create(&self.city_key_file(), &self.seams), "make a city key");
        must(Vault::open(self.keys(), Arc::new(key), self.seams.clone()), "open the vault")
    }

    /// The outside zone's own vault: other keys under another city key. Its key store is SQLite on either engine; what is
    /// sealed with it lies in [`TestDatabase::outside`].
    ///
    /// # Panics
    /// When it cannot be opened.
    pub fn outside_vault(&self) -> Vault {
        let place = self.directory().join("outside-zone");
        let key = {
            must(std::fs::create_dir_all(&place), "make the directory of the outside's keys");
            must(FileCityKey::load_or_create(&place.join("city.key"), &self.seams), "make the outside's city key")
        };
        let mut kept = self.outside_keys.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = kept.get_or_insert_with(|| {
            let config = StoreConfig::sqlite(Database::Keys, place.join("keys"));
            must(Store::open(&config, self.seams.clone()), "open the outside's key store")
        });
        must(Vault::open(keys.clone(), Arc::new(key), self.seams.clone()), "open the outside's vault")
    }

    /// Where the city key of [`TestDatabase::vault`] lies.
    pub fn city_key_file(&self) -> PathBuf {
        self.directory.join("city.key")
    }

    /// The directory of this test: SQLite files, keys, and anything the test adds. Made on demand.
    pub fn directory(&self) -> &Path {
        must(std::fs::create_dir_all(&self.directory), "make the test directory");
        &self.directory
    }

    /// A database without any tables.
    #[cfg(test)]
    pub(crate) fn empty(&self, database: Database) -> Store {
        let config = match &self.cluster {
            None => StoreConfig::sqlite(database, self.directory.join("empty")),
            Some(cluster) => {
                let name = self.database_name(database);
                cluster.make(&name, database, None);
                let config = cluster.address(database, &name);
                let engine = Engine::Postgres { config };
                self.made.lock().unwrap_or_else(PoisonError::into_inner).insert(database, engine.clone());
                StoreConfig { engine, ..StoreConfig::postgres(database, "") }
            }
        };
        must(Store::open_with(&config, self.seams.clone(), false), "open an empty database")
    }

    fn database_name(&self, database: Database) -> String {
        let name = self.directory.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        format!("{name}_{}", database.name())
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner).clear();
        if let Some(cluster) = &self.cluster {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            let names: Vec<_> = made.keys().map(|database| self.database_name(*database)).collect();
            // A plain thread, because a test may end inside an async context, where nothing may block. A panic in it
            // must not become a second one while the test's own unwinds.
            std::thread::scope(|scope| {
                let _ = scope.spawn(|| names.iter().for_each(|name| cluster.drop_database(name))).join();
            });
        }
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

/// A PostgreSQL cluster made for tests: its superuser needs no password on the socket.
struct Server {
    socket_directory: String,
}

impl Server {
    fn address(&self, role: Database, name: &str) -> String {
        format!("host={} user=yakuba_test_{} dbname={name}", self.socket_directory, role.name())
    }

    fn admin(&self) -> Session {
        let text = format!("host={} user=postgres dbname=postgres", self.socket_directory);
        let config = must(text.parse(), "read the address of the test cluster");
        let runtime = must(Session::runtime(), "drive a connection");
        must(Session::connect(runtime, &config, false), "connect to the test cluster named by YAKUBA_TEST_POSTGRES")
    }

    /// The name of a migrated database to copy; made when this set of migrations meets the cluster first.
    fn template(&self, database: Database) -> String {
        let name = format!("yakuba_t_{}_{}", &migrate::fingerprint()[..12], database.name());
        let mut admin = self.admin();
        must(admin.batch(&format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")), "lock the test cluster");
        let mut conversation = Conversation::new(admin, "BEGIN");
        let known = conversation.query("SELECT 1 FROM pg_database WHERE datname = $1", &[name.as_str().into()]);
        let admin = conversation.end();
        if must(known, "look for a template").is_empty() {
            let building = format!("{name}_building");
            self.make(&building, database, None);
            let config = StoreConfig::postgres(database, self.address(database, &building));
            drop(must(Store::open(&config, Seams::simulated(MORNING, 1).0), "migrate the template"));
            must(self.admin().batch(&format!("ALTER DATABASE {building} RENAME TO {name}")), "name the template");
        }
        // The lock goes with the session.
        drop(admin);
        name
    }

    /// Makes a database owned by its zone's role and closed to every other.
    fn make(&self, name: &str, database: Database, template: Option<&str>) {
        let mut admin = self.admin();
        let role = format!("yakuba_test_{}", database.name());
        let make_role = format!(
            "DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
        );
        must(admin.batch(&make_role), "make a test role");
        self.drop_database(name);
        let from = match template {
            Some(template) => format!("TEMPLATE {template} STRATEGY wal_log"),
            None => "TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'".to_owned(),
        };
        must(admin.batch(&format!("CREATE DATABASE {name} OWNER {role} {from}")), "make a test database");
        must(admin.batch(&format!("REVOKE ALL ON DATABASE {name} FROM PUBLIC")), "close a test database");
    }

    fn drop_database(&self, name: &str) {
        must(self.admin().batch(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")), "drop a test database");
    }
}

/// The value, or the end of the test with the reason.
#[expect(clippy::panic, reason = "only tests call this")]
fn must<T, E: std::fmt::Display + std::fmt::Debug>(result: Result<T, E>, what: &str) -> T {
    result.unwrap_or_else(|error| panic!("could not {what}: {error} ({error:?})"))
}

/// The engines a test runs on: both, unless `YAKUBA_TEST_ENGINES=sqlite`.
///
/// # Panics
/// When PostgreSQL is wanted and `YAKUBA_TEST_POSTGRES` does not name a cluster.
pub fn engines() -> Vec<fn() -> TestDatabase> {
    let make = |engine: &str| match engine {
        "sqlite" => TestDatabase::on_sqlite as fn() -> TestDatabase,
        _ => || TestDatabase::on_postgres(&cluster_directory()),
    };
    engines_named().into_iter().map(make).collect()
}

/// The names of the engines a test runs on.
///
/// # Panics
/// When `YAKUBA_TEST_ENGINES` names something else.
#[expect(clippy::panic, reason = "only tests call this")]
pub fn engines_named() -> Vec<&'static str> {
    let chosen = std::env::var("YAKUBA_TEST_ENGINES").unwrap_or_else(|_| "sqlite,postgres".to_owned());
    let name = |word: &str| match word.trim() {
        "sqlite" => "sqlite",
        "postgres" => "postgres",
        other => panic!("YAKUBA_TEST_ENGINES names sqlite and postgres, not {other}"),
    };
    chosen.split(',').map(name).collect()
}

#[expect(clippy::panic, reason = "only tests call this")]
fn cluster_directory() -> String {
    std::env::var("YAKUBA_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "set YAKUBA_TEST_POSTGRES to the socket directory of a PostgreSQL cluster made for tests (the test command \
             does), or YAKUBA_TEST_ENGINES=sqlite to leave PostgreSQL out"
        )
    })
}

/// Runs `body` on SQLite, then on PostgreSQL.
///
/// The PostgreSQL cluster is named by `YAKUBA_TEST_POSTGRES=<socket directory>`; `YAKUBA_TEST_ENGINES=sqlite` leaves it
/// out.
///
/// # Panics
/// When PostgreSQL is wanted and not there.
pub fn for_each_engine(body: impl Fn(TestDatabase)) {
    for make in engines() {
        let database = make();
        // Shown only when the test fails: which engine it was.
        println!("on {}", database.engine);
        body(database);
    }
}
