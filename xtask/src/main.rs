//! Rules as code, for whoever changes this house: `cargo xtask test`, `check`, `bench`, `docs`, `looks`, `chaos`.
//!
//! ```text
//!   make test ──► scripts/setup test ──► cargo xtask test ─┬─ a PostgreSQL cluster of its own, gone at the end
//!                                                          ├─ every crate's tests (cargo-nextest), doc tests
//!                                                          └─ browser stories against the built program (e2e/)
//! ```

mod check;
mod cluster;
mod command;
mod tests;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use command::{Failure, cargo};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Rules as code, and the test command.")]
struct Options {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Runs every test: crates on both database engines, doc tests, browser stories.
    ///
    /// Example: `cargo xtask test`, or `cargo xtask test -p yakuba-store crash` for some of the crates' tests.
    #[command(verbatim_doc_comment)]
    Test(tests::TestOptions),
    /// Checks the house rules: direction, sizes, accesses, routes, migrations.
    Check,
    /// Measures against peers in a release build; `cargo xtask bench store` for one.
    Bench {
        /// Given to the benchmark program as they are.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Writes the generated documents under docs/ anew.
    Docs,
    /// Pictures and accessibility of every page, into target/looks.
    Looks,
    /// The long fault runs: crash, race, fuzz and simulator tests in their full counts.
    Chaos,
}

fn main() -> ExitCode {
    let root = root();
    let done = match Options::parse().task {
        Task::Test(options) => tests::run(&root, &options),
        Task::Check => check::run(&root),
        Task::Bench { arguments } => bench(&root, &arguments),
        Task::Docs => cargo(&root)
            .args(["test", "--quiet", "-p", "yakuba-services", "documents"])
            .env("YAKUBA_WRITE_DOCS", "1")
            .run("writing the generated documents"),
        Task::Looks => tests::looks(&root),
        Task::Chaos => tests::chaos(&root),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The project's root, one above this crate.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

fn bench(root: &Path, arguments: &[String]) -> Result<(), Failure> {
    cargo(root)
        .args(["run", "--release", "-p", "yakuba-bench", "--"])
        .args(arguments.iter().map(String::as_str))
        .run("the benchmarks")
}

/// Where cargo builds.
fn target_directory() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}
