//! One file for each command. Those that need a city run through [`execute`], here or in the process that owns it.

pub mod agent;
pub mod card;
pub mod city;
pub mod copies;
pub mod docs;
pub mod doctor;
pub mod door;
pub mod issue;
pub mod issue_family;
pub mod keys;
pub mod staff;
pub mod tax_year;
pub mod verify;

use crate::city::OpenCity;
use crate::control::{Done, Request};
use crate::fail::Failure;

/// Carries a request out on an open city.
///
/// # Errors
/// What the command says.
pub fn execute(city: &OpenCity, request: Request, progress: &mut dyn FnMut(&str)) -> Result<Done, Failure> {
    match request {
        Request::Issue(order) => issue::issue(city, &order),
        Request::Import(order) => city::import(city, &order, progress),
        Request::TaxYear(order) => tax_year::set(city, &order),
        Request::VerifyAudit { against } => verify::audit(city, against.as_deref()),
        Request::VerifyEvidence => verify::evidence(city),
        Request::PaperState { request } => verify::paper_state(city, &request),
        Request::VirtualCard { resident, state } => card::contents(city, &resident, state),
        Request::Keys => keys::list(city),
        Request::RotateKeys(order) => keys::rotate(city, &order),
        Request::FirstAdministrator => staff::token(city),
    }
}
