//! `yakuba city generate | import | profile | tax-year`.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::Kind;
use serde::{Deserialize, Serialize};
use tools::CityProfile;
use tools::copied_records::import::is_there;
use tools::family_register::FamilyRegister;
use tools::register::import::{self as register_import, Options, Progress, Report};
use wire::resident_csv::files;

use crate::CityCommand;
use crate::birth::found;
use crate::city::{Born, OpenCity, OpenError};
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};

/// What to import, as it travels to the process that owns the city.
#[derive(Clone, Serialize, Deserialize)]
pub struct ImportOrder {
    /// Absolute path of the import set.
    pub directory: PathBuf,
    /// Check only.
    pub dry_run: bool,
    /// Switch the good rows in although some were refused.
    pub keep_good: bool,
}

/// Carries a `city` command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(command: &CityCommand) -> Outcome {
    match command {
        CityCommand::Generate { residents, seed, out } => generate(*residents, *seed, out),
        CityCommand::Import { directory, data, dry_run, keep_good } => {
            let directory = directory.canonicalize().map_err(|error| {
                Failure::new(Kind::Invalid, format!("{} cannot be read: {error}", directory.display()))
            })?;
            import_into(data, ImportOrder { directory, dry_run: *dry_run, keep_good: *keep_good })
        }
        CityCommand::Profile { file } => profile(file),
        CityCommand::TaxYear { data, fiscal_year, from, source } => {
            let (from, source) = (from.clone(), source.clone());
            super::tax_year::run(data, super::tax_year::Order { fiscal_year: *fiscal_year, from, source })
        }
    }
}

fn generate(residents: u32, seed: u64, out: &Path) -> Outcome {
    let summary = testkit::city::generate(residents, seed, out)
        .map_err(Failure::while_doing(Kind::Unavailable, "the city cannot be written"))?;
    println!("{} residents in {} households, seed {seed}, in {}", summary.residents, summary.households, out.display());
    println!("{} family registers", summary.family_registers);
    for (name, count) in &summary.counts {
        println!("  {name}: {count}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A new directory becomes a city: a demo when the set says that it is synthetic, a real one otherwise.
fn import_into(data: &Path, order: ImportOrder) -> Outcome {
    let mut show = progress_line();
    match OpenCity::open(data) {
        Err(OpenError::Absent(_)) => {
            let synthetic = order.directory.join("samples.toml").is_file();
            let born = if synthetic { Born::Demo } else { Born::Production };
            let profile = if synthetic { CityProfile::demo("http://127.0.0.1") } else { read_profile(data)? };
            let city = found(data, born, &profile)?;
            print(&import(&city, &order, &mut show)?)
        }
        Ok(city) => print(&import(&city, &order, &mut show)?),
        Err(OpenError::InUse) => print(&control::run(data, Request::Import(order), &mut show)?),
        Err(error) => Err(error.into()),
    }
}

/// Who a real city is: `city.toml` in its data directory, written by its operator before the first import.
fn read_profile(data: &Path) -> Result<CityProfile, Failure> {
    let path = data.join("city.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::new(
            Kind::Invalid,
            format!("{}: write the city's profile there first (see docs/operations.md): {error}", path.display()),
        )
    })?;
    toml::from_str(&text).map_err(|error| Failure::new(Kind::Invalid, format!("{}: {error}", path.display())))
}

fn print(done: &Done) -> Outcome {
    for line in &done.lines {
        println!("{line}");
    }
    Ok(ExitCode::from(done.exit_code))
}

/// Progress on one line of a terminal; one line each ten percent elsewhere.
pub fn progress_line() -> impl FnMut(&str) {
    let on_terminal = std::io::stderr().is_terminal();
    move |text: &str| {
        if on_terminal { eprint!("\r\u{1b}[K{text}") } else { eprintln!("{text}") }
    }
}

/// Imports a set into an open city.
///
/// # Errors
/// Files that cannot be read; the database.
pub fn import(city: &OpenCity, order: &ImportOrder, progress: &mut dyn FnMut(&str)) -> Result<Done, Failure> {
    let inside = city.inside();
    let report_file = order.directory.join("refused.csv");
    let options = Options {
        dry_run: order.dry_run,
        keep_good: order.keep_good,
        report: Some(report_file.clone()),
        ..Options::default()
    };
    let mut told = None;
    let mut tell = |at: Progress| {
        let percent = at.done_bytes.saturating_mul(100).checked_div(at.total_bytes).unwrap_or(100);
        if told != Some(percent / 10) {
            told = Some(percent / 10);
            progress(&format!("{percent}% {} ({} rows)", at.file, at.rows));
        }
        true
    };
    // The family register system writes sets of its own, with nothing of the residents in them.
    let holds = |name: &str| order.directory.join(name).is_file();
    let mut done = Done::lines(Vec::new());
    if holds(files::SOURCE) || holds(files::RESIDENTS) || !is_there::<FamilyRegister>(&order.directory) {
        let report = register_import::run(&inside.store, &inside.seams, &order.directory, &options, &mut tell)
            .map_err(|error| Failure::new(error.kind(), error))?;
        done = summarise(order, &report, &report_file);
    }
    let copies = super::copies::import(inside, &order.directory, &options)?;
    done.lines.extend(copies.lines);
    done.exit_code |= u8::from(copies.any_refused);
    Ok(done)
}

fn summarise(order: &ImportOrder, report: &Report, report_file: &Path) -> Done {
    let mut lines = vec![format!(
        "{} residents, {} households, {} protections; {} changes applied, {} waiting; {} rows refused",
        report.residents,
        report.households,
        report.protections,
        report.changes_applied,
        report.changes_waiting,
        report.refused
    )];
    if report.resumed > 0 {
        lines.push(format!("{} rows were staged by an earlier run and not read again", report.resumed));
    }
    if report.refused > 0 {
        lines.push(format!("every refused row with line, field and reason: {}", report_file.display()));
    }
    lines.push(
        match (order.dry_run, report.switched) {
            (true, _) => "dry run: nothing was changed",
            (false, true) => "the register now shows this data",
            (false, false) if order.keep_good => {
                "nothing was switched in: a row of protections.csv is never left out; correct it and run it again"
            }
            (false, false) => "nothing was switched in: correct the rows and run it again, or use --keep-good",
        }
        .to_owned(),
    );
    Done { lines, exit_code: u8::from(report.refused > 0), file: None }
}

fn profile(file: &Path) -> Outcome {
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::new(Kind::Invalid, format!("{} cannot be read: {error}", file.display())))?;
    print!("{}", wire::resident_csv::profile::profile(&bytes).report());
    Ok(ExitCode::SUCCESS)
}
