//! What `yakuba city import` takes beside the residents: registered seals and tax records.

use std::path::Path;

use tools::Inside;
use tools::copied_records::Copied;
use tools::copied_records::import::{self, Report};
use tools::register::import::Options;
use tools::seal_register::SealRegistration;
use tools::tax_records::TaxRecord;

use crate::fail::Failure;

/// What the imports of one set said.
#[derive(Default)]
pub struct Told {
    /// Lines for standard output.
    pub lines: Vec<String>,
    /// Whether a line was refused.
    pub any_refused: bool,
}

/// Imports whatever of these files lies in `directory`.
///
/// # Errors
/// A file that cannot be read or is not of its format; the database.
pub fn import(city: &Inside, directory: &Path, options: &Options) -> Result<Told, Failure> {
    let mut told = Told::default();
    one::<SealRegistration>(city, directory, options, "registered seals", &mut told)?;
    one::<TaxRecord>(city, directory, options, "tax records", &mut told)?;
    Ok(told)
}

fn one<T: Copied>(
    city: &Inside,
    directory: &Path,
    options: &Options,
    what: &str,
    told: &mut Told,
) -> Result<(), Failure> {
    let report = import::run::<T>(&city.store, &city.seams, directory, options)
        .map_err(|error| Failure::new(error.kind(), error))?;
    let Some(report) = report else { return Ok(()) };
    told.any_refused |= report.refused > 0;
    told.lines.push(format!(
        "{} {what}; {} lines refused; {}",
        report.records,
        report.refused,
        outcome(&report, options)
    ));
    if report.refused > 0 {
        told.lines.push(format!("every refused line with field and reason: {}", directory.join(T::REFUSED).display()));
    }
    Ok(())
}

const fn outcome(report: &Report, options: &Options) -> &'static str {
    match (options.dry_run, report.has_gap, report.switched) {
        (true, ..) => "dry run: nothing was changed",
        (_, true, _) => "a difference before this one is missing: nothing was changed, and issuing of this kind closes",
        (.., true) => "shown now",
        _ => "nothing was switched in: correct the lines and run it again, or use --keep-good",
    }
}
