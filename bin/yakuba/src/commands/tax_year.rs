//! `yakuba city tax-year`: from which day machines give the tax certificate of a fiscal year (年度の切替日).

use std::path::Path;
use std::process::ExitCode;

use base::{Date, Kind};
use serde::{Deserialize, Serialize};
use services::convenience_certificates::settings::{self, Change};
use store::StoreError;
use tools::access::Actor;
use tools::tax_records::years::{Switch, japanese};

use crate::city::OpenCity;
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};

/// What to set, as it travels to the process that owns the city.
#[derive(Clone, Serialize, Deserialize)]
pub struct Order {
    /// The year in which it begins.
    pub fiscal_year: i16,
    /// `YYYY-MM-DD`.
    pub from: String,
    /// By which notice or decision.
    pub source: String,
}

/// Carries the command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(data: &Path, order: Order) -> Outcome {
    for line in control::run(data, Request::TaxYear(order), &mut |_| {})?.lines {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// Sets it in the process that owns the city. Audited as the operator's.
///
/// # Errors
/// Not a day, not ahead, of another year, without a reason.
pub fn set(city: &OpenCity, order: &Order) -> Result<Done, Failure> {
    let from = Date::parse(&order.from).map_err(Failure::while_doing(Kind::Invalid, "--from"))?;
    let switch = Switch { fiscal_year: order.fiscal_year, from, source: order.source.clone() };
    let (seams, change) = (city.inside().seams.clone(), Change::TaxYear(switch));
    let done = city.inside().store.write::<_, StoreError, _>(move |tx| {
        settings::make(tx, &seams, &Actor::System { job: "city.tax-year" }, &change)
    });
    done.map_err(|error| Failure::new(error.kind(), error))?.map_err(|unsound| Failure::new(Kind::Invalid, unsound))?;
    Ok(Done::lines(vec![format!("{}: {}", japanese(order.fiscal_year), from.japanese())]))
}
