//! An open city: both zones' databases, keys and what issuing needs, from one data directory.
//!
//! ```text
//!  D/yakuba.toml            settings, optional
//!  D/inside/  D/outside/  D/keys/  D/outside-keys/  D/cards/   the databases (SQLite), each with its lock
//!  D/inside/city.key  D/outside/city.key   wraps every other key of its zone
//!  D/signing/               the mayor's document key, the key of the signed codes, audit and relay keys
//!  D/simulated-jlis/        demo only: the test authority and its cards' certificates
//!  D/control.sock           commands of the same user, while the city is served
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::config::HospitalSpeech;
use base::{Config, Kind, Seams};
use store::sealing::{FileCityKey, SealError, Vault};
use store::{Database, Engine, Store, StoreConfig, StoreError};
use tools::{CityProfile, Inside, Outside};

use crate::fail::Failure;

/// A city whose databases this process owns. Cheap to clone.
#[derive(Clone)]
pub struct OpenCity(Arc<Parts>);

struct Parts {
    directory: PathBuf,
    config: Config,
    inside: Inside,
    outside: Outside,
}

/// How a database was born.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Born {
    /// By `demo` or from files of `city generate`: test anchors and virtual cards are allowed.
    Demo,
    /// From a city's own files.
    Production,
}

impl Born {
    /// The stored word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Production => "production",
        }
    }
}

/// Why a city cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// Another process owns the directory.
    InUse,
    /// There is no city there.
    Absent(PathBuf),
    /// Anything else.
    Failed(Failure),
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::InUse => Self::new(Kind::Unavailable, "the data directory is in use by another process"),
            OpenError::Absent(path) => Self::new(
                Kind::NotFound,
                format!("there is no city in {}; make one with `yakuba demo` or `yakuba city import`", path.display()),
            ),
            OpenError::Failed(failure) => failure,
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::InUse { .. } => Self::InUse,
            other => Self::Failed(Failure::new(other.kind(), other)),
        }
    }
}

impl From<SealError> for OpenError {
    fn from(error: SealError) -> Self {
        Self::Failed(Failure::new(Kind::Unavailable, format!("the city's key cannot be used: {error}")))
    }
}

impl From<Failure> for OpenError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn store_config(directory: &Path, database: Database, address: &str) -> StoreConfig {
    if address.is_empty() {
        StoreConfig::sqlite(database, directory.join(database.name()))
    } else {
        StoreConfig { engine: Engine::Postgres { config: address.to_owned() }, ..StoreConfig::postgres(database, "") }
    }
}

/// The databases of a directory, opened; whether there is a city in them is another question.
pub struct Databases {
    /// Inside zone.
    pub inside: Store,
    /// Outside zone.
    pub outside: Store,
    /// Services' cards, inside and apart from the register.
    pub cards: Store,
    /// Sealing of the inside zone.
    pub vault: Vault,
    /// Sealing of the outside zone.
    pub outside_vault: Vault,
    /// Settings.
    pub config: Config,
    /// Time and randomness.
    pub seams: Seams,
}

impl Databases {
    /// Opens (and makes, where absent) the databases of `directory`.
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        let seams = Seams::system();
        let config = Config::load(directory, std::env::vars())
            .map_err(|error| OpenError::Failed(Failure::new(Kind::Invalid, error)))?;
        let open = |database, address: &str| Store::open(&store_config(directory, database, address), seams.clone());
        let inside = open(Database::Inside, &config.store.inside)?;
        let outside = open(Database::Outside, &config.store.outside)?;
        let keys = open(Database::Keys, &config.store.keys)?;
        let cards = open(Database::Cards, &config.store.cards)?;
        let key = FileCityKey::load_or_create(&directory.join("inside").join("city.key"), &seams)?;
        let vault = Vault::open(keys, Arc::new(key), seams.clone())?;
        let outside_vault = outside_vault(directory, &config, &seams)?;
        Ok(Self { inside, outside, cards, vault, outside_vault, config, seams })
    }
}

/// The outside zone's own keys, wrapped by its own city key: neither opens anything of the inside.
fn outside_vault(directory: &Path, config: &Config, seams: &Seams) -> Result<Vault, OpenError> {
    let place = directory.join("outside-keys");
    let store = if config.store.outside_keys.is_empty() {
        StoreConfig::sqlite(Database::Keys, place)
    } else {
        StoreConfig::postgres(Database::Keys, config.store.outside_keys.as_str())
    };
    let keys = Store::open(&store, seams.clone())?;
    let key = FileCityKey::load_or_create(&directory.join("outside").join("city.key"), seams)?;
    Ok(Vault::open(keys, Arc::new(key), seams.clone())?)
}

impl OpenCity {
    /// Opens the city in `directory`.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(directory: &Path) -> Result<Self, OpenError> {
        if !directory.join("inside").is_dir() && !directory.join("yakuba.toml").is_file() {
            return Err(OpenError::Absent(directory.to_owned()));
        }
        let databases = Databases::open(directory)?;
        let Some((born, profile)) = read_city(&databases.inside)? else {
            return Err(OpenError::Absent(directory.to_owned()));
        };
        Ok(Self::assemble(directory, databases, born, profile))
    }

    /// The city of databases that are open already.
    pub fn assemble(directory: &Path, databases: Databases, born: Born, profile: CityProfile) -> Self {
        let Databases { inside, outside, cards, vault, outside_vault, config, seams } = databases;
        let profile = Arc::new(profile);
        Self(Arc::new(Parts {
            directory: directory.to_owned(),
            config,
            inside: Inside {
                seams: seams.clone(),
                store: inside,
                cards,
                vault,
                profile: profile.clone(),
                demo: born == Born::Demo,
            },
            outside: Outside { seams, store: outside, vault: outside_vault, profile },
        }))
    }

    /// The same city under another public address (the demo learns its port late).
    #[must_use]
    pub fn at_public_address(&self, address: &str) -> Self {
        let profile = Arc::new(CityProfile { public_address: address.to_owned(), ..(*self.0.inside.profile).clone() });
        Self(Arc::new(Parts {
            directory: self.0.directory.clone(),
            config: self.0.config.clone(),
            inside: Inside { profile: profile.clone(), ..self.0.inside.clone() },
            outside: Outside { profile, ..self.0.outside.clone() },
        }))
    }

    /// The same city whose simulated hospital speaks so (a demo's flag).
    #[must_use]
    pub fn with_hospital(&self, simulated: HospitalSpeech) -> Self {
        let mut config = self.0.config.clone();
        config.hospital.simulated = simulated;
        Self(Arc::new(Parts {
            directory: self.0.directory.clone(),
            config,
            inside: self.0.inside.clone(),
            outside: self.0.outside.clone(),
        }))
    }

    /// Where it lives.
    pub fn directory(&self) -> &Path {
        &self.0.directory
    }

    /// Settings.
    pub fn config(&self) -> &Config {
        &self.0.config
    }

    /// Whether digital copies of papers are offered here.
    pub fn offers_twins(&self) -> bool {
        self.0.config.twin.offered.is_on(self.0.inside.demo)
    }

    /// The inside zone.
    pub fn inside(&self) -> &Inside {
        &self.0.inside
    }

    /// The outside zone.
    pub fn outside(&self) -> &Outside {
        &self.0.outside
    }
}

/// Writes who the city is, once. Returns `false` when it is written already.
pub fn write_city(store: &Store, seams: &Seams, born: Born, profile: &CityProfile) -> Result<bool, OpenError> {
    let text = serde_json::to_string(profile)
        .map_err(|error| OpenError::Failed(Failure::new(Kind::Internal, format!("the profile: {error}"))))?;
    let now = seams.now();
    let written = store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "INSERT INTO city (one, born, profile, born_at) VALUES (1, $1, $2, $3) ON CONFLICT (one) DO NOTHING",
            &[born.as_str().into(), text.as_str().into(), now.into()],
        )
    })?;
    Ok(written == 1)
}

/// How the database was born and who the city is; `None` before either.
pub fn read_city(store: &Store) -> Result<Option<(Born, CityProfile)>, OpenError> {
    let row = store.read::<_, StoreError, _>(|tx| tx.query_one("SELECT born, profile FROM city WHERE one = 1", &[]))?;
    row.map(|row| {
        let born = if row.text(0)? == Born::Demo.as_str() { Born::Demo } else { Born::Production };
        let profile = serde_json::from_str(row.text(1)?)
            .map_err(|error| OpenError::Failed(Failure::new(Kind::Internal, format!("the city's profile: {error}"))))?;
        Ok((born, profile))
    })
    .transpose()
}
