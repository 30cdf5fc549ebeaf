//! Cards by configuration (市のカード): a department defines a card in the console, without code; part of 図書館カードの一元化.
//!
//! For departments that hand out a card of their own today: bicycle parking, sports hall, and whatever comes next. By the
//! ordinance or rule of each card, which the definition's note names.
//!
//! ```text
//!  /staff/cards: definition ──two persons──▶ live ─┬─▶ desk: tap ─▶ number, valid or not ─▶ issue, stop, reissue
//!                                                  ├─▶ portal: my cards, asked for by post (portal)
//!                                                  ├─▶ files: changes out, old members in (files)
//!                                                  └─▶ REST: look-up, changes, with a key of the department (clients)
//! ```
//! Numbers stand in the database of cards, apart from the register (`tools::service_cards`); definitions, which name nobody,
//! stand inside. docs/city-cards.md.

pub mod clients;
pub mod effect;
pub mod examples;
pub mod files;
pub mod issuing;
pub mod kept;
pub mod model;
pub mod numbers;
pub mod portal;
pub mod takings;

#[cfg(test)]
mod tests;

pub use kept::{CardsError, CardsRefusal, Kept};
pub use model::{Definition, Expiry, Fault, Names, Standing};
pub use numbers::{Check, NumberFormat};

use tools::access::Duty;

/// The library's cards: their counter is its own, a definition of this key holds the numbers that the portal gives.
pub const LIBRARY: &str = "library_card";
/// The hospital's cards, shown beside ours to their holder.
pub const HOSPITAL: &str = "hospital_card";

/// For which duty numbers of this card are read.
pub fn duty(key: &str) -> Duty {
    if key == LIBRARY { Duty::Library } else { Duty::CityCard }
}
