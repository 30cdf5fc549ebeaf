//! The test command.

use std::path::Path;

use clap::Args;

use crate::cluster::{Cluster, Durability};
use crate::command::{Failure, cargo, exists, program};

/// What may be chosen.
#[derive(Args)]
pub struct TestOptions {
    /// Only the crates' tests.
    #[arg(long)]
    crates: bool,
    /// Only the doc tests.
    #[arg(long)]
    doc: bool,
    /// Only the browser stories.
    #[arg(long)]
    browser: bool,
    /// Given to cargo-nextest as they are; only the crates' tests are run then.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

/// One part's totals, in the words of its runner, and how it ended.
type Part = (&'static str, Vec<String>, Result<(), Failure>);

/// Runs what was chosen, everything by default; a failed part does not keep the others from running.
///
/// # Errors
/// Names the parts that failed, after the totals of all of them.
pub fn run(root: &Path, options: &TestOptions) -> Result<(), Failure> {
    let some = options.crates || options.doc || options.browser || !options.arguments.is_empty();
    let mut parts: Vec<Part> = Vec::new();
    if !some || options.crates || !options.arguments.is_empty() {
        parts.push(crates(root, &options.arguments));
    }
    if !some || options.doc {
        parts.push(doc_tests(root));
    }
    if !some || options.browser {
        parts.push(browser(root, "test"));
    }
    totals(parts)
}

fn totals(parts: Vec<Part>) -> Result<(), Failure> {
    println!("\ntotals");
    let mut failed = Vec::new();
    for (name, lines, done) in parts {
        for line in &lines {
            println!("  {name:<9} {line}");
        }
        if lines.is_empty() {
            println!("  {name:<9} its runner gave no totals");
        }
        if let Err(failure) = done {
            failed.push(failure.0);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(Failure(failed.join("; "))) }
}

fn crates(root: &Path, arguments: &[String]) -> Part {
    let cluster = match Cluster::start(Durability::None) {
        Ok(cluster) => cluster,
        Err(failure) => return ("crates", Vec::new(), Err(failure)),
    };
    let chosen = if arguments.is_empty() { vec!["--workspace"] } else { Vec::new() };
    let chosen = chosen.into_iter().chain(arguments.iter().map(String::as_str));
    let has_nextest = exists("cargo-nextest");
    let runner: &[&str] = if has_nextest { &["nextest", "run"] } else { &["test", "--no-fail-fast"] };
    let (mut lines, done) = cargo(root)
        .args(runner.iter().copied().chain(chosen))
        .env("YAKUBA_TEST_POSTGRES", cluster.socket_directory())
        .run_keeping("the crates' tests", if has_nextest { is_nextest_total } else { is_cargo_total });
    if !has_nextest {
        lines = vec![added(&lines)];
    }
    // nextest tells each failure when it happens and again at the end.
    let mut told = std::collections::BTreeSet::new();
    lines.retain(|line| told.insert(line.clone()));
    ("crates", lines, done)
}

fn doc_tests(root: &Path) -> Part {
    let (lines, done) = cargo(root).args(["test", "--doc", "--workspace"]).run_keeping("the doc tests", is_cargo_total);
    ("doc tests", vec![added(&lines)], done)
}

/// The browser stories, against the program as it is built for tests.
fn browser(root: &Path, script: &str) -> Part {
    let e2e = root.join("e2e");
    if !e2e.join("package.json").is_file() {
        return ("browser", vec!["there are none yet".to_owned()], Ok(()));
    }
    if !e2e.join("node_modules").is_dir() {
        return ("browser", Vec::new(), Err(Failure("e2e/node_modules is missing; run scripts/setup test".to_owned())));
    }
    if let Err(failure) = cargo(root).args(["build", "-p", "yakuba", "--bin", "yakuba"]).run("building the program") {
        return ("browser", Vec::new(), Err(failure));
    }
    let (lines, done) = program("npm", &e2e)
        .args(["run", "--silent", script])
        .env("YAKUBA", crate::target_directory().join("debug/yakuba"))
        .run_keeping("the browser stories", is_node_total);
    ("browser", vec![lines.join(", ")], done)
}

/// Pictures and accessibility of every page.
///
/// # Errors
/// When a page breaks a rule.
pub fn looks(root: &Path) -> Result<(), Failure> {
    totals(vec![browser(root, "looks")])
}

/// The long fault runs: every test with its counts raised, then each fuzz target.
///
/// # Errors
/// When one fails.
pub fn chaos(root: &Path) -> Result<(), Failure> {
    let cluster = Cluster::start(Durability::Real)?;
    cargo(root)
        .args(["nextest", "run", "--workspace", "--profile", "chaos"])
        .env("YAKUBA_TEST_POSTGRES", cluster.socket_directory())
        .env("YAKUBA_CRASH_KILLS", "200")
        .env("YAKUBA_CHAOS", "1")
        .run("the long fault runs")?;
    fuzz(root)
}

/// Ten minutes for each parser, where nightly Rust and cargo-fuzz are (fuzz/Cargo.toml says how).
fn fuzz(root: &Path) -> Result<(), Failure> {
    if !exists("cargo-fuzz") {
        println!("fuzzing is left out: cargo-fuzz is not installed, see fuzz/Cargo.toml");
        return Ok(());
    }
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(root.join("fuzz/fuzz_targets")).into_iter().flatten().flatten() {
        targets.extend(entry.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    targets.sort();
    for target in targets {
        program("cargo", root)
            .args([
                "+nightly",
                "fuzz",
                "run",
                "--features",
                "tools,paper,services",
                &target,
                "--",
                "-max_total_time=600",
            ])
            .run(&format!("fuzzing {target}"))?;
    }
    Ok(())
}

/// nextest's summary and each test that failed.
fn is_nextest_total(line: &str) -> bool {
    let line = line.trim_start();
    ["Summary [", "FAIL [", "TIMEOUT [", "SIGABRT [", "SIGSEGV ["].iter().any(|word| line.starts_with(word))
}

/// cargo's line per crate.
fn is_cargo_total(line: &str) -> bool {
    line.starts_with("test result:")
}

/// node's totals: `ℹ tests 5`, `ℹ pass 5`, `ℹ fail 0`.
fn is_node_total(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    matches!(words[..], ["ℹ" | "#", "tests" | "pass" | "fail" | "skipped", _])
}

/// One line from cargo's line per crate.
fn added(lines: &[String]) -> String {
    let count = |word: &str| -> u32 {
        let before = |line: &String| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = words.iter().position(|found| found.trim_end_matches(';') == word)?;
            words.get(at.checked_sub(1)?)?.parse::<u32>().ok()
        };
        lines.iter().filter_map(before).sum()
    };
    format!("{} passed, {} failed, {} ignored", count("passed"), count("failed"), count("ignored"))
}

#[cfg(test)]
mod the_test_command {
    use super::*;

    #[test]
    fn adds_up_cargos_lines() {
        let line = "test result: ok. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(added(&[line.to_owned(), line.to_owned()]), "6 passed, 2 failed, 4 ignored");
    }

    #[test]
    fn knows_the_totals_of_its_runners() {
        assert!(is_nextest_total("     Summary [   0.045s] 7 tests run: 7 passed, 0 skipped"));
        assert!(is_node_total("ℹ tests 5") && is_node_total("# fail 0"));
        assert!(!is_node_total("ℹ duration_ms 12.5"));
        assert!(is_nextest_total("        FAIL [   0.012s] yakuba-base clock::tests::x"));
    }
}
