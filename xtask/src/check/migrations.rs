//! Migrations: one tree for both engines and all databases, portable, forward only.

use std::collections::BTreeMap;

use super::Fault;

const TREE: &str = "crates/store/migrations/";
const DATABASES: &[&str] = &["inside", "outside", "keys", "cards"];
/// Words of one dialect, or of going back, with what to do instead.
const FORBIDDEN: &[(&str, &str)] = &[
    ("autoincrement", "ids are ours"),
    ("serial", "ids are ours"),
    ("bigserial", "ids are ours"),
    ("timestamp", "time is UTC microseconds in BIGINT"),
    ("timestamptz", "time is UTC microseconds in BIGINT"),
    ("datetime", "time is UTC microseconds in BIGINT"),
    ("boolean", "a flag is BIGINT 0 or 1"),
    ("integer", "numbers are BIGINT"),
    ("int", "numbers are BIGINT"),
    ("varchar", "text is TEXT"),
    ("bytea", "bytes are BLOB"),
    ("json", "text is TEXT"),
    ("jsonb", "text is TEXT"),
    ("trigger", "what happens is written in code"),
    ("pragma", "engine settings belong to store"),
    ("drop", "migrations only go forward: expand, then contract in a later release"),
];

/// Judges each file (path and text).
pub fn check(files: &[(String, String)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
    for (path, text) in files.iter().filter(|(path, _)| path.starts_with(TREE)) {
        let name = &path[TREE.len()..];
        let number = name.split('_').next().unwrap_or_default();
        if number.len() != 3 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            faults.push(Fault::of(path, "is not named NNN_name.sql"));
        }
        if let Some(other) = numbers.insert(number, path) {
            faults.push(Fault::of(path, format!("has the number of {other}")));
        }
        let first = text.lines().next().unwrap_or_default();
        let named = first.strip_prefix("-- database: ").unwrap_or_default();
        if named.is_empty() || !named.split(',').all(|word| DATABASES.contains(&word.trim())) {
            faults.push(Fault::of(path, "its first line is not `-- database: inside|outside|keys|cards`"));
        }
        for (index, line) in text.lines().enumerate() {
            let code = line.split("--").next().unwrap_or_default().to_lowercase();
            // An index holds nothing; the release before does not miss it.
            let code = code.replace("drop index", "");
            let mut words = code.split(|c: char| !(c.is_alphanumeric() || c == '_'));
            if let Some((word, why)) = words.find_map(|w| FORBIDDEN.iter().find(|(bad, _)| *bad == w)) {
                faults.push(Fault::of(&format!("{path}:{}", index + 1), format!("`{word}`: {why}")));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(name: &str, text: &str) -> Vec<String> {
        let files = [(format!("{TREE}{name}"), text.to_owned())];
        check(&files).into_iter().map(|fault| fault.what).collect()
    }

    #[test]
    fn a_dialect_word_and_a_step_back_are_refused() {
        let text = "-- database: inside\nCREATE TABLE a (id SERIAL);\nDROP TABLE b; -- int in a comment is fine\n";
        assert_eq!(planted("011_a.sql", text).len(), 2);
        assert!(planted("011_a.sql", "-- database: inside\nDROP INDEX a;\n").is_empty());
    }

    #[test]
    fn a_migration_says_where_it_belongs() {
        assert_eq!(planted("011_a.sql", "CREATE TABLE a (id TEXT);").len(), 1);
        assert_eq!(planted("11_a.sql", "-- database: inside, keys\n").len(), 1);
        assert!(planted("011_a.sql", "-- database: inside, keys\n").is_empty());
    }

    #[test]
    fn two_migrations_of_one_number_are_noticed() {
        let text = "-- database: inside\n".to_owned();
        let files = [(format!("{TREE}011_a.sql"), text.clone()), (format!("{TREE}011_b.sql"), text)];
        assert_eq!(check(&files).len(), 1);
    }
}
