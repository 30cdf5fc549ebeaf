//! What `yakuba city import` takes beside the residents: registered seals, tax records, family registers.

use std::path::Path;

use tools::Inside;
use tools::copied_records::Copied;
use tools::copied_records::import::{self, ImportError, Report};
use tools::family_register::{self, FamilyRegister};
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
    told.add::<SealRegistration>(
        directory,
        options,
        "registered seals",
        one::<SealRegistration>(city, directory, options)?,
    );
    told.add::<TaxRecord>(directory, options, "tax records", one::<TaxRecord>(city, directory, options)?);
    let families = family_register::import::run(&city.store, &city.seams, directory, options).map_err(failed)?;
    if let Some(families) = families {
        let what = format!("family registers with {} members", families.copy.people);
        told.add::<FamilyRegister>(directory, options, &what, Some(families.copy));
        told.lines.push(format!("{} registrations of people elsewhere ended", families.registrations_ended));
    }
    Ok(told)
}

fn one<T: Copied>(city: &Inside, directory: &Path, options: &Options) -> Result<Option<Report>, Failure> {
    import::run::<T>(&city.store, &city.seams, directory, options).map_err(failed)
}

fn failed(error: ImportError) -> Failure {
    Failure::new(error.kind(), error)
}

impl Told {
    fn add<T: Copied>(&mut self, directory: &Path, options: &Options, what: &str, report: Option<Report>) {
        let Some(report) = report else { return };
        let outcome = outcome(&report, options);
        self.lines.push(format!("{} {what}; {} lines refused; {outcome}", report.records, report.refused));
        if report.refused > 0 {
            self.any_refused = true;
            let list = directory.join(T::REFUSED);
            self.lines.push(format!("every refused line with field and reason: {}", list.display()));
        }
    }
}

const fn outcome(report: &Report, options: &Options) -> &'static str {
    match (options.dry_run, report.has_gap, report.switched) {
        (true, ..) => "dry run: nothing was changed",
        (_, true, _) => "a difference before this one is missing: nothing was changed, and issuing of this kind closes",
        (.., true) => "shown now",
        _ => "nothing was switched in: correct the lines and run it again, or use --keep-good",
    }
}
