//! `yakuba staff first-administrator`: the one-time console token.

use std::process::ExitCode;

use base::{Id, Kind};
use tools::staff::{self, StaffError, StaffRefusal};

use crate::StaffCommand;
use crate::city::OpenCity;
use crate::control::{self, Done, Request};
use crate::fail::{Failure, Outcome};

/// Carries a `staff` command out.
///
/// # Errors
/// See [`Failure`].
pub fn run(command: &StaffCommand) -> Outcome {
    let StaffCommand::FirstAdministrator { data } = command;
    for line in control::run(data, Request::FirstAdministrator, &mut |_| {})?.lines {
        println!("{line}");
    }
    Ok(ExitCode::SUCCESS)
}

/// A token with which the first administrator registers a passkey, or `None` when there is one already.
///
/// # Errors
/// The database.
pub fn first_administrator(city: &OpenCity) -> Result<Option<String>, Failure> {
    let seams = city.inside().seams.clone();
    match city.inside().store.write(move |tx| staff::first_token(tx, &seams)) {
        Ok(token) => Ok(Some(token.reveal().to_owned())),
        Err(StaffError::Refused(StaffRefusal::AdministratorExists)) => Ok(None),
        Err(error) => Err(Failure::new(Kind::Unavailable, error)),
    }
}

/// The same as a command's answer.
///
/// # Errors
/// There is an administrator already; the database.
pub fn token(city: &OpenCity) -> Result<Done, Failure> {
    match first_administrator(city)? {
        Some(token) => Ok(Done::lines(vec![token, "valid once; open /staff/first and register a passkey".to_owned()])),
        None => Err(Failure::new(Kind::Conflict, "there is an administrator already; they invite further staff")),
    }
}

/// The account behind a staff credential for the command line.
///
/// # Errors
/// Unknown, used, expired, or its roles do not allow issuing at the counter.
pub fn account_of(city: &OpenCity, credential: &str) -> Result<Id, Failure> {
    let (seams, secret) = (city.inside().seams.clone(), staff::OneTimeSecret::typed(credential));
    city.inside()
        .store
        .write(move |tx| staff::use_counter_credential(tx, &seams, &secret))
        .map(|account| account.id)
        .map_err(|error| Failure::new(Kind::Forbidden, error))
}
