//! The table of invariants names tests that exist.

use std::collections::BTreeSet;
use std::path::Path;

/// Names of functions in the Rust files below `directory`.
fn functions(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let found = text.lines().filter_map(|line| line.trim_start().strip_prefix("fn ")?.split('(').next());
            names.extend(found.map(ToOwned::to_owned));
        }
    }
}

#[test]
fn every_invariant_has_its_tests_and_every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut names = BTreeSet::new();
    for part in ["crates", "bin"] {
        functions(&root.join(part), &mut names);
    }
    let page = std::fs::read_to_string(root.join("docs/invariants.md")).unwrap();
    for invariant in 1..=16 {
        let row = page.lines().find(|line| line.starts_with(&format!("| I{invariant} |")));
        let row = row.unwrap_or_else(|| panic!("I{invariant} has no row"));
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).filter(|name| !name.contains('/')).collect();
        for name in &named {
            assert!(names.contains(*name), "I{invariant}: there is no test `{name}`");
        }
        assert!(!named.is_empty() || row.contains("printing stories"), "I{invariant} names no test");
    }
}
