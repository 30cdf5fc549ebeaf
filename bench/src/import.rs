//! S13: importing a city, beside the bare engine writing the same rows.
//!
//! Ours: read, decode, check every field, compute search keys, stage durably in transactions of 500 rows, switch.
//! Peer: the same files split at commas and inserted by one prepared statement into one table without indexes, in one
//! transaction: the least that could be called an import. `--size` is the number of residents (10⁶ for the goal).

use std::time::Instant;

use store::{Database, Store, StoreConfig};
use tools::register::import::{self, Options as Import};
use wire::resident_csv::files;

use crate::Options;
use crate::report::{Failure, Line, cpu_seconds};

/// Residents when nothing is said: the goal's own size.
const RESIDENTS: u64 = 1_000_000;
/// Seconds the goal allows for a million.
const GOAL_SECONDS: f64 = 60.0;

/// Generates a city and imports it at one size and a tenth of it.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let size = options.size.unwrap_or(RESIDENTS);
    let mut lines = Vec::new();
    for residents in [size / 100, size / 10, size] {
        lines.push(import_once(options, residents.max(1))?);
    }
    Ok(lines)
}

fn import_once(options: &Options, residents: u64) -> Result<Line, Failure> {
    let place = match &options.directory {
        Some(directory) => tempfile::tempdir_in(directory)?,
        None => tempfile::tempdir()?,
    };
    let city = place.path().join("city");
    testkit::city::generate(u32::try_from(residents)?, 1, &city)?;
    let seams = base::Seams::system();
    let store = Store::open(&StoreConfig::sqlite(Database::Inside, place.path().join("data")), seams.clone())?;
    let (began, cpu) = (Instant::now(), cpu_seconds());
    let report = import::run(&store, &seams, &city, &Import::default(), &mut |_| true)?;
    let (ours, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    if !report.switched || report.residents != residents {
        return Err(format!("{} of {residents} residents were imported", report.residents).into());
    }
    let (began, bare_cpu) = (Instant::now(), cpu_seconds());
    bare(&city.join(files::RESIDENTS), &place.path().join("bare.sqlite3"))?;
    let (peer, bare_cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - bare_cpu);
    let allowed = GOAL_SECONDS * residents as f64 / 1e6;
    Ok(Line {
        work: format!("import {residents} residents"),
        ours: format!("{ours:.2} s, {cpu:.2} s CPU ({:.0}/s)", residents as f64 / ours),
        peer: format!("{peer:.2} s, {bare_cpu:.2} s CPU (bare SQLite, one table, no checks)"),
        ratio: Some(ours / peer),
        goal: format!("≤ {allowed:.1} s"),
        met: Some(ours <= allowed),
    })
}

/// The peer: text columns, no index, no check, one transaction.
fn bare(file: &std::path::Path, database: &std::path::Path) -> Result<(), Failure> {
    let text = std::fs::read_to_string(file)?;
    let mut db = rusqlite::Connection::open(database)?;
    db.execute_batch("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;")?;
    let columns = text.lines().next().map_or(0, |header| header.split(',').count());
    let names: Vec<String> = (0..columns).map(|n| format!("c{n} TEXT")).collect();
    db.execute_batch(&format!("CREATE TABLE bare ({})", names.join(", ")))?;
    let marks = vec!["?"; columns].join(", ");
    let tx = db.transaction()?;
    {
        let mut insert = tx.prepare(&format!("INSERT INTO bare VALUES ({marks})"))?;
        for line in text.lines().skip(1) {
            insert.execute(rusqlite::params_from_iter(line.split(',').take(columns)))?;
        }
    }
    tx.commit()?;
    Ok(())
}
