//! The demo city's key ceremony for the application on cards: custodians of the program's own, and the page says so.

use base::Kind;
use tools::Inside;
use tools::city_application::{Fault, ceremony};

use crate::fail::Failure;

/// Holds the ceremony of a demo city that has none.
///
/// # Errors
/// The database or the key store.
pub fn simulate(city: &Inside) -> Result<(), Failure> {
    let (vault, seams) = (city.vault.clone(), city.seams.clone());
    city.store
        .write::<_, Fault, _>(move |tx| ceremony::simulate(tx, &vault, &seams))
        .map(drop)
        .map_err(Failure::while_doing(Kind::Unavailable, "the key ceremony of the demo cannot be held"))
}
