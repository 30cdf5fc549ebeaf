//! Tables brought up to date, forward only, from files compiled into the program.
//!
//! ```text
//!   migrations/NNN_name.sql ── build.rs ──► FILES ── first line says for which databases ──► applied once, in order,
//!                                                                                            recorded by SHA-256
//! ```
//!
//! Everything that is pending is applied in one transaction: a database is at the old state or at the new one. A file
//! that was applied and then changed is refused, and so is a database newer than the program.

use std::collections::BTreeMap;

use aws_lc_rs::digest;
use base::Seams;

use crate::StoreError;
use crate::store::Database;
use crate::tx::Tx;

/// Name and SQL of every migration file, in order of name.
static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// What a first line starts with.
const HEAD: &str = "-- database:";

/// Brings `database` up to date inside an open transaction.
///
/// # Errors
/// [`StoreError::Setup`] naming the migration; engine errors.
pub(crate) fn run(tx: &mut Tx<'_>, database: Database, seams: &Seams) -> Result<(), StoreError> {
    apply(tx, database, FILES, seams)
}

fn apply(
    tx: &mut Tx<'_>,
    database: Database,
    files: &[(&'static str, &'static str)],
    seams: &Seams,
) -> Result<(), StoreError> {
    tx.batch(
        "store tables",
        "CREATE TABLE IF NOT EXISTS store_identity (database TEXT NOT NULL PRIMARY KEY);
         CREATE TABLE IF NOT EXISTS store_migrations (
             name TEXT NOT NULL PRIMARY KEY, sha256 TEXT NOT NULL, applied_at BIGINT NOT NULL);",
    )?;
    check_identity(tx, database)?;
    let mut applied = BTreeMap::new();
    for row in tx.query("SELECT name, sha256 FROM store_migrations", &[])? {
        applied.insert(row.text(0)?.to_owned(), row.text(1)?.to_owned());
    }
    for &(name, sql) in files {
        if !wanted(sql, database) {
            continue;
        }
        let hash = sha256(sql);
        match applied.remove(name) {
            Some(before) if before == hash => {}
            Some(_) => {
                return Err(refuse(name, "the file was changed after it was applied; add a new migration instead"));
            }
            None => {
                let text = if tx.says_bytea() { with_bytea(sql) } else { sql.to_owned() };
                tx.batch(name, &text)?;
                tx.execute(
                    "INSERT INTO store_migrations (name, sha256, applied_at) VALUES ($1, $2, $3)",
                    &[name.into(), hash.into(), seams.now().into()],
                )?;
                tracing::info!(database = database.name(), migration = name, "applied");
            }
        }
    }
    match applied.into_keys().next() {
        Some(name) => Err(refuse(&name, "was applied by a newer program; start that one, or restore a backup")),
        None => Ok(()),
    }
}

/// A hash over all migrations: a test template made from the same set can be used again.
pub fn fingerprint() -> String {
    sha256(&FILES.iter().map(|(name, sql)| format!("{name}\n{sql}\n")).collect::<String>())
}

/// A database is born as one of the three and stays it: a swapped connection string is caught here.
fn check_identity(tx: &mut Tx<'_>, database: Database) -> Result<(), StoreError> {
    match tx.query_one("SELECT database FROM store_identity", &[])? {
        Some(row) if row.text(0)? == database.name() => Ok(()),
        Some(row) => Err(refuse(row.text(0)?, "these are the files of another database; check the configuration")),
        None => tx.execute("INSERT INTO store_identity (database) VALUES ($1)", &[database.name().into()]).map(drop),
    }
}

fn refuse(name: &str, reason: &str) -> StoreError {
    StoreError::Setup { place: name.to_owned(), reason: reason.to_owned() }
}

/// Whether the first line names `database`.
fn wanted(sql: &str, database: Database) -> bool {
    let list = sql.lines().next().and_then(|line| line.strip_prefix(HEAD)).unwrap_or_default();
    list.split(',').any(|word| word.trim() == database.name())
}

fn sha256(sql: &str) -> String {
    digest::digest(&digest::SHA256, sql.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// `BLOB` as a word becomes `BYTEA`: the only difference between the dialects that a table needs.
fn with_bytea(sql: &str) -> String {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut text = String::with_capacity(sql.len() + 32);
    for line in sql.lines() {
        let (code, comment) = line.split_at(line.find("--").unwrap_or(line.len()));
        let mut rest = code;
        while let Some(at) = rest.find("BLOB") {
            let (before, after) = (&rest[..at], &rest[at + 4..]);
            text.push_str(before);
            let whole = !before.ends_with(part_of_word) && !after.starts_with(part_of_word);
            text.push_str(if whole { "BYTEA" } else { "BLOB" });
            rest = after;
        }
        text.push_str(rest);
        text.push_str(comment);
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::for_each_engine;

    /// Words that one of the engines, or a distributed one, does not have or means otherwise.
    const DIALECT: &str = "AUTOINCREMENT SERIAL BIGSERIAL INTEGER INT INT8 INT4 SMALLINT BOOLEAN BOOL REAL FLOAT DOUBLE NUMERIC \
        DECIMAL VARCHAR CHAR BYTEA JSON JSONB UUID ARRAY TIMESTAMP TIMESTAMPTZ DATETIME TRIGGER LISTEN \
        NOTIFY PRAGMA ROWID STRICT GENERATED COLLATE NOCASE VIRTUAL FTS5 GLOB ILIKE REGEXP CURRENT_TIMESTAMP \
        DEFERRABLE ATTACH VACUUM EXTENSION";

    fn words(sql: &str) -> Vec<String> {
        let code: String = sql.lines().map(|l| l.split("--").next().unwrap_or_default()).collect::<Vec<_>>().join("\n");
        code.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).map(str::to_ascii_uppercase).collect()
    }

    #[test]
    fn every_migration_speaks_the_language_of_both_engines() {
        for (name, sql) in FILES {
            for word in words(sql) {
                assert!(!DIALECT.split(' ').any(|d| d == word), "{name}: {word} is a dialect word");
            }
            // These may name a column, so only the statement is refused.
            let text = format!(" {} ", words(sql).join(" "));
            for pair in [" CREATE SEQUENCE ", " CREATE FUNCTION ", " OR REPLACE ", " OR IGNORE ", " AS IDENTITY "] {
                assert!(!text.contains(pair), "{name}: {pair} is dialect");
            }
            assert!(!sql.contains("::"), "{name}: :: is a cast of PostgreSQL only");
        }
    }

    #[test]
    fn every_migration_has_a_number_of_its_own_and_names_its_databases() {
        let mut numbers = std::collections::HashSet::new();
        for (name, sql) in FILES {
            let number = name.split('_').next().unwrap_or_default();
            assert!(number.len() == 3 && number.bytes().all(|b| b.is_ascii_digit()), "{name}: NNN_name.sql");
            assert!(numbers.insert(number), "{name}: the number is taken");
            let head =
                sql.lines().next().and_then(|l| l.strip_prefix(HEAD)).unwrap_or_else(|| panic!("{name}: {HEAD}"));
            for word in head.split(',') {
                assert!(["inside", "outside", "keys", "cards"].contains(&word.trim()), "{name}: {word} is no database");
            }
        }
    }

    #[test]
    fn blob_is_translated_as_a_word_and_not_in_comments() {
        assert_eq!(with_bytea("a BLOB, BLOB_b BLOB -- BLOB"), "a BYTEA, BLOB_b BYTEA -- BLOB\n");
    }

    #[test]
    fn opening_twice_changes_nothing() {
        for_each_engine(|database| {
            let config = database.config(Database::Keys);
            drop(Store::open(&config, database.seams.clone()).unwrap());
            let again = Store::open(&config, database.seams.clone()).unwrap();
            let names = again
                .read::<_, StoreError, _>(|tx| tx.query("SELECT name FROM store_migrations ORDER BY name", &[]))
                .unwrap();
            assert_eq!(names[0].text(0).unwrap(), "001_keys");
        });
    }

    use crate::Store;

    fn apply_again(store: &Store, files: &'static [(&'static str, &'static str)]) -> Result<(), StoreError> {
        let (seams, _) = Seams::simulated(base::Timestamp::from_seconds(0), 1);
        store.write(move |tx| apply(tx, Database::Outside, files, &seams))
    }

    #[test]
    fn a_changed_file_and_a_newer_database_are_refused_and_a_half_done_migration_leaves_nothing() {
        for_each_engine(|database| {
            // A private database: only the three files below were ever applied to it.
            let store = database.empty(Database::Outside);
            const ONE: &[(&str, &str)] = &[("901_one", "-- database: outside\nCREATE TABLE one (a BIGINT, b BLOB);")];
            const CHANGED: &[(&str, &str)] = &[("901_one", "-- database: outside\nCREATE TABLE one (a BIGINT);")];
            const HALF: &[(&str, &str)] = &[
                ONE[0],
                ("902_two", "-- database: outside\nCREATE TABLE two (a BIGINT); CREATE TABLE one (a BIGINT);"),
            ];
            apply_again(&store, ONE).unwrap();
            apply_again(&store, ONE).unwrap();
            assert!(matches!(apply_again(&store, CHANGED), Err(StoreError::Setup { place, .. }) if place == "901_one"));
            assert!(matches!(apply_again(&store, &[]), Err(StoreError::Setup { .. })));
            assert!(matches!(apply_again(&store, HALF), Err(StoreError::Engine { context: "902_two", .. })));
            let two = store.read::<_, StoreError, _>(|tx| tx.query("SELECT a FROM two", &[]));
            assert!(two.is_err(), "the first statement of the failed migration was undone too");
        });
    }

    #[test]
    fn the_files_of_one_database_are_not_opened_as_another() {
        for_each_engine(|database| {
            let mut config = database.config(Database::Keys);
            drop(Store::open(&config, database.seams.clone()).unwrap());
            if let crate::Engine::Sqlite { directory } = &config.engine {
                std::fs::rename(directory.join("keys.sqlite3"), directory.join("outside.sqlite3")).unwrap();
            }
            config.database = Database::Outside;
            assert!(matches!(
                Store::open(&config, database.seams.clone()),
                Err(StoreError::Setup { place, .. }) if place == "keys"
            ));
        });
    }
}
