//! The house rules. Each is a function from what it reads to the faults it finds, so that a test can plant one.

mod accesses;
mod circles;
mod direction;
mod migrations;
mod routes;
mod seams;
mod siblings;
mod size;
mod source;

use std::path::Path;

use crate::command::Failure;
use source::Source;

/// A rule that is broken, where, and what to do instead.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// File, and line if there is one.
    pub place: String,
    /// What is wrong and what to do.
    pub what: String,
}

impl Fault {
    fn at(source: &Source, line: usize, what: impl Into<String>) -> Self {
        Self { place: format!("{}:{line}", source.path), what: what.into() }
    }

    fn of(place: &str, what: impl Into<String>) -> Self {
        Self { place: place.to_owned(), what: what.into() }
    }
}

/// Checks the project under `root` and prints what is wrong.
///
/// # Errors
/// When a rule is broken or a file cannot be read.
pub fn run(root: &Path) -> Result<(), Failure> {
    let mut broken = 0;
    for (rule, faults) in faults(root)? {
        println!("{} {rule}", if faults.is_empty() { "ok    " } else { "BROKEN" });
        for fault in &faults {
            println!("       {}: {}", fault.place, fault.what);
        }
        broken += faults.len();
    }
    for note in notes(root)? {
        println!("note   {note}");
    }
    if broken == 0 { Ok(()) } else { Err(Failure(format!("{broken} faults against the house rules (above)"))) }
}

/// Every rule with its faults.
fn faults(root: &Path) -> Result<Vec<(&'static str, Vec<Fault>)>, Failure> {
    let unreadable = |error: std::io::Error| Failure(format!("the sources cannot be read: {error}"));
    let sources = source::read_all(root).map_err(unreadable)?;
    let manifests = source::files(root, "toml").map_err(unreadable)?;
    let migrations = source::files(root, "sql").map_err(unreadable)?;
    Ok(vec![
        ("crates depend downwards only", direction::check(&manifests)),
        ("modules at the top of a crate go round in no circle", circles::check(&sources)),
        ("no service names another service", siblings::check(&sources)),
        ("files are at most 800 lines", size::check(&sources)),
        ("accesses are made in tools/src/access only", accesses::check(&sources)),
        ("routes are made in web/src/routes.rs (the agent's: agent/src/door.rs) only", routes::check(&sources)),
        ("time and randomness come through base::Seams", seams::check(&sources)),
        ("migrations are portable, forward-only and name their databases", migrations::check(&migrations)),
    ])
}

/// What is not wrong, but worth knowing.
fn notes(root: &Path) -> Result<Vec<String>, Failure> {
    let sources = source::read_all(root).map_err(|error| Failure(error.to_string()))?;
    let mut notes = size::long(&sources);
    notes.push(accesses::count(&sources));
    Ok(notes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_house_keeps_its_rules() {
        for (rule, faults) in faults(&crate::root()).unwrap() {
            assert!(faults.is_empty(), "{rule}: {faults:#?}");
        }
    }
}
