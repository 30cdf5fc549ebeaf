//! Benchmarks: `yakuba-bench <name>|all`. Each is measured against a peer in the same run, on the same machine.
//!
//! ```text
//!   yakuba-bench store ──► rows ours / peer / ratio / goal / met ──► terminal, and appended to docs/benchmarks.md
//! ```
//!
//! A new benchmark is one module with `pub fn run(&Options) -> Result<Vec<Line>, Failure>` and one line in [`BENCHES`].

mod audit;
mod bare;
mod clients;
#[path = "../../crates/card/tests/card/daemon.rs"]
#[allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "shared with the card's own tests; a bench that cannot begin must stop"
)]
mod daemon;
mod import;
mod issue;
mod mailbox;
mod outbox;
mod pages;
mod paper;
mod push;
mod report;
mod rules;
mod sip2_door;
mod store;
mod tap;
mod verify;

use clap::Parser;
use report::{Failure, Line};

/// What every benchmark may be told.
#[derive(Clone, Debug, Parser)]
#[command(name = "yakuba-bench", about = "Measures Yakuba against peers in the same run.")]
pub struct Options {
    /// Which benchmark, or `all`.
    #[arg(default_value = "all")]
    name: String,
    /// Seconds for each timed shape.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Size of the data where a benchmark needs much of it; each benchmark says what it counts.
    #[arg(long)]
    size: Option<u64>,
    /// Where data goes while measuring; the machine's temporary directory when absent.
    #[arg(long)]
    directory: Option<std::path::PathBuf>,
    /// Do not append the table to docs/benchmarks.md.
    #[arg(long)]
    dry: bool,
}

/// A benchmark: measures and returns its lines.
type Bench = fn(&Options) -> Result<Vec<Line>, Failure>;

/// Every benchmark by name, with the goal of the quality plan it answers.
const BENCHES: &[(&str, &str, Bench)] = &[
    ("store", "S8", store::run),
    ("import", "S13", import::run),
    ("audit", "S2", audit::run),
    ("issue", "S2", issue::run),
    ("pages", "S1", pages::run),
    ("mailbox", "S5", mailbox::run),
    ("verify", "S3", verify::run),
    ("tap", "S3", tap::run),
    ("sip2", "S9", sip2_door::run),
    ("paper", "S1", paper::run),
    ("rules", "S4", self::rules::run),
    ("push", "S5", push::run),
    ("outbox", "S5", outbox::run),
];

fn main() -> std::process::ExitCode {
    let options = Options::parse();
    let chosen: Vec<_> = BENCHES.iter().filter(|(name, ..)| options.name == "all" || options.name == *name).collect();
    if chosen.is_empty() {
        let names: Vec<_> = BENCHES.iter().map(|(name, ..)| *name).collect();
        eprintln!("there is no benchmark named {}; there are: {}", options.name, names.join(", "));
        return std::process::ExitCode::from(64);
    }
    for (name, goal, bench) in chosen {
        println!("{goal} {name}");
        match bench(&options) {
            Ok(lines) => {
                let table = report::table(&lines);
                println!("{table}");
                if !options.dry
                    && let Err(error) = report::append(name, goal, &table)
                {
                    eprintln!("docs/benchmarks.md was not written: {error}");
                }
            }
            Err(error) => {
                eprintln!("{name} could not be measured: {error}");
                return std::process::ExitCode::from(70);
            }
        }
    }
    std::process::ExitCode::SUCCESS
}
