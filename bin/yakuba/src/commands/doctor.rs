//! `yakuba doctor`: finds what is wrong with an installation, and says what to do.

use std::path::Path;
use std::process::ExitCode;

use base::{Config, Kind, Seams};
use paper::fonts::Typeface;
use tools::family_register::FamilyRegister;
use tools::terminals::printer::Printer as _;
use tools::terminals::printer::ipp::IppPrinter;
use tools::{copied_records, register};

use crate::DoctorArguments;
use crate::city::{OpenCity, OpenError};
use crate::fail::{Failure, Outcome};

/// What one check found.
enum Found {
    Good(String),
    /// Not needed for the demo, or only noteworthy.
    Note(String),
    /// Something does not work; with what to do.
    Bad(String),
}

/// Carries the command out. Exit 1 when something does not work.
///
/// # Errors
/// None of its own; what is wrong is printed.
pub fn run(arguments: &DoctorArguments) -> Outcome {
    if arguments.facts {
        return facts();
    }
    let directory = arguments.data.as_deref();
    let mut found = vec![configuration(directory), font(directory), reader(), printer(directory), clock()];
    if let Some(directory) = directory {
        found.extend(city(directory));
    }
    let mut is_bad = false;
    for item in found {
        match item {
            Found::Good(text) => println!("ok    {text}"),
            Found::Note(text) => println!("note  {text}"),
            Found::Bad(text) => {
                is_bad = true;
                println!("BAD   {text}");
            }
        }
    }
    Ok(ExitCode::from(u8::from(is_bad)))
}

fn load(directory: Option<&Path>) -> Result<Config, base::config::ConfigError> {
    Config::load(directory.unwrap_or(Path::new(".")), std::env::vars())
}

fn configuration(directory: Option<&Path>) -> Found {
    match load(directory) {
        Ok(config) if config == Config::default() => Found::Good("configuration: defaults".to_owned()),
        Ok(_) => Found::Good("configuration: read".to_owned()),
        Err(error) => Found::Bad(format!("configuration: {error}")),
    }
}

fn font(directory: Option<&Path>) -> Found {
    let path = load(directory).unwrap_or_default().paper.font;
    match Typeface::open(&path) {
        // A character that only the right font has, with its variation selector (specs certificates §4).
        Ok(face) if face.check("辻\u{E0102}").is_ok() => Found::Good(format!("font: {}", path.display())),
        Ok(_) => Found::Bad(format!("font: {} is not IPAmj Mincho; install fonts-ipamj-mincho", path.display())),
        Err(error) => Found::Bad(format!("font: {}: {error}; install fonts-ipamj-mincho", path.display())),
    }
}

fn reader() -> Found {
    match card::readers::pcsc::PcscService::open() {
        Ok(_) => Found::Good("card reader: PC/SC answers".to_owned()),
        Err(error) => Found::Note(format!("card reader: {error} (needed for real cards only)")),
    }
}

/// Asks the print queue of the certificate machine how it is.
fn printer(directory: Option<&Path>) -> Found {
    let address = load(directory).unwrap_or_default().kiosk.printer;
    if address == "tray" {
        return Found::Note("printer: simulated; set kiosk.printer to a print queue for real papers".to_owned());
    }
    let printer = match IppPrinter::at(&address) {
        Ok(printer) => printer,
        Err(error) => return Found::Bad(format!("printer: kiosk.printer = \"{address}\": {error}")),
    };
    let condition = match printer.condition() {
        Ok(condition) => condition,
        Err(fault) => return Found::Bad(format!("printer: {address}: {fault}; is its queue running?")),
    };
    let words = condition.words.join(", ");
    match (condition.trouble, condition.waiting.len()) {
        (Some(trouble), _) => Found::Bad(format!("printer: {address}: {} ({words})", trouble.code())),
        (None, 0) if words.is_empty() => Found::Good(format!("printer: {address}: ready, nothing in its queue")),
        (None, 0) => Found::Note(format!("printer: {address}: ready; it says {words}")),
        (None, jobs) => Found::Bad(format!(
            "printer: {address}: {jobs} jobs lie in it, so no machine begins; look at them and cancel them there"
        )),
    }
}

fn clock() -> Found {
    let year = Seams::system().today().parts().0;
    if year < 2026 {
        Found::Bad(format!("clock: it says {year}; certificates and freshness need the right time"))
    } else {
        Found::Good(format!("clock: {}", Seams::system().now()))
    }
}

fn city(directory: &Path) -> Vec<Found> {
    let city = match OpenCity::open(directory) {
        Ok(city) => city,
        Err(OpenError::InUse) => {
            return vec![Found::Note(format!(
                "city: {} is being served; stop it for a full check",
                directory.display()
            ))];
        }
        Err(error) => return vec![Found::Bad(format!("city: {}", Failure::from(error).sentence()))],
    };
    let inside = city.inside();
    let mut found = vec![Found::Good(format!(
        "city: {} ({}), inside on {}, outside on {}",
        inside.profile.name,
        if inside.demo { "demo" } else { "production" },
        inside.store.engine(),
        city.outside().store.engine()
    ))];
    let (now, minutes) = (inside.seams.now(), city.config().issuing.register_fresh_minutes);
    found.push(match inside.store.read(|tx| register::freshness(tx, now)) {
        Ok(fresh) if fresh.is_fresh(minutes) => Found::Good("register: fresh".to_owned()),
        Ok(fresh) if fresh.heartbeat.is_none() => Found::Bad("register: empty; run `yakuba city import`".to_owned()),
        Ok(_) => {
            Found::Note("register: no heartbeat lately, so issuing is closed until the source sends one".to_owned())
        }
        Err(error) => Found::Bad(format!("register: {error}")),
    });
    found.push(match inside.store.read(|tx| copied_records::freshness::<FamilyRegister>(tx, now)) {
        Ok(fresh) if fresh.is_fresh(minutes) => Found::Good("family registers: fresh".to_owned()),
        Ok(fresh) if fresh.heartbeat.is_none() => {
            Found::Note("family registers: none imported, so their papers are not given".to_owned())
        }
        Ok(_) => Found::Note("family registers: no heartbeat lately, so their papers are not given".to_owned()),
        Err(error) => Found::Bad(format!("family registers: {error}")),
    });
    found.push(match crate::keys::CityKeys::open(directory, &inside.seams, &inside.profile, inside.demo) {
        Ok(_) => Found::Good("keys: document, code and zone keys can be used".to_owned()),
        Err(failure) => Found::Bad(format!("keys: {}", failure.sentence())),
    });
    found
}

/// Facts from outside that are only recalled, from the one table that lists them.
fn facts() -> Outcome {
    let text = include_str!("../../../../docs/recalled-facts.md");
    if text.is_empty() {
        return Err(Failure::new(Kind::Internal, "the list of recalled facts is empty"));
    }
    print!("{text}");
    Ok(ExitCode::SUCCESS)
}
