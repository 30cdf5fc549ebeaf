//! Reads the project's own sources: SQL on personal tables stands in the register's room only, and there every public
//! reader takes an access. (A query that forgets does not compile when it goes through the readers; this finds one
//! that goes around them.)

use std::fs;
use std::path::{Path, PathBuf};

/// Tables of the registers (migrations 010–019, 070 and 090) that hold no personal data.
const NOT_PERSONAL: &[&str] = &[
    "register_generation",
    "register_feed",
    "import_runs",
    "import_batches",
    "import_refused",
    "family_register_feed",
    "family_register_runs",
    "record_copy_feed",
    "record_copy_runs",
];

/// The rooms of the registers.
const ROOMS: [&str; 3] = ["tools/src/register", "tools/src/family_register", "tools/src/copied_records"];

/// Public functions of the register that touch personal tables without an access, and why that is right.
const WITHOUT_ACCESS: &[(&str, &str)] = &[
    ("freshness", "counts positions and times, returns no row"),
    ("import", "writes what the source system told us under one declared bulk entry"),
    ("registration", "candidates() takes an access; the rest compares keys and returns nobody's record"),
];

/// Public functions that return a number over everybody and no row.
const COUNTS: &[&str] = &["count"];

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Names after `CREATE TABLE` in the register's migrations, without those known not to be personal.
fn personal_tables() -> Vec<String> {
    let mut tables = Vec::new();
    for entry in fs::read_dir(crates().join("store/migrations")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if ["01", "070", "090"].iter().any(|number| name.starts_with(number)) {
            let sql = fs::read_to_string(path).unwrap();
            let names = sql.split("CREATE TABLE ").skip(1).filter_map(|rest| rest.split_whitespace().next());
            tables.extend(names.map(|name| name.trim_end_matches('(').to_owned()));
        }
    }
    tables.retain(|table| !NOT_PERSONAL.contains(&table.as_str()));
    tables
}

/// Whether `text` reads or changes one of `tables` in SQL.
fn touches(text: &str, tables: &[String]) -> Option<String> {
    let words: Vec<&str> = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    words
        .windows(2)
        .find(|pair| {
            matches!(pair[0], "FROM" | "JOIN" | "INTO" | "UPDATE") && tables.iter().any(|table| table == pair[1])
        })
        .map(|pair| pair[1].to_owned())
}

/// Public functions of `text` that touch `tables` and take no access.
fn unguarded(text: &str, tables: &[String]) -> Vec<String> {
    text.split("\npub fn ")
        .skip(1)
        .filter_map(|function| {
            let (signature, body) = function.split_once('{')?;
            let own = body.split("\n}\n").next().unwrap_or(body);
            let forgets = touches(own, tables).is_some() && !signature.contains("Access");
            let name = signature.split(['(', '<']).next().unwrap_or(signature);
            (forgets && !COUNTS.contains(&name)).then(|| name.to_owned())
        })
        .collect()
}

#[test]
fn sql_on_personal_tables_stands_in_the_registers_room_only() {
    let tables = personal_tables();
    let mut files = Vec::new();
    for folder in ["tools/src", "services/src", "web/src", "../bin/yakuba/src", "testkit/src"] {
        sources(&crates().join(folder), &mut files);
    }
    assert!(files.len() > 20);
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let is_register = ROOMS.iter().any(|room| file.starts_with(crates().join(room)));
        let is_test = file.file_name().is_some_and(|name| name == "tests.rs");
        if is_register {
            let excused = WITHOUT_ACCESS.iter().any(|(room, _)| {
                file.components().any(|part| part.as_os_str().to_string_lossy().trim_end_matches(".rs") == *room)
            });
            if !excused && !is_test {
                assert_eq!(unguarded(&text, &tables), Vec::<String>::new(), "{}", file.display());
            }
        } else if !is_test {
            assert_eq!(touches(&text, &tables), None, "{} goes around the register's readers", file.display());
        }
    }
}

#[test]
fn a_planted_violation_is_found() {
    let tables = ["planted".to_owned()];
    let around = "tx.query(\"SELECT name\n FROM planted r WHERE id = $1\", &[])";
    assert_eq!(touches(around, &tables), Some("planted".to_owned()));
    assert_eq!(touches("the planted of a city, FROM planted_of", &tables), None);
    let forgot = "\npub fn name(tx: &mut Tx) -> Name {\n    tx.query(\"SELECT name FROM planted\")\n}\n";
    assert_eq!(unguarded(forgot, &tables), ["name"]);
    let asks = forgot.replace("tx: &mut Tx", "tx: &mut Tx, access: &PersonAccess");
    assert!(unguarded(&asks, &tables).is_empty());
}
