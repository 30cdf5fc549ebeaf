//! 職員身分証の一元化: the staff ID on the Individual Number Card, as a label on its case.
//!
//! For the personnel office, for a guard, for a citizen at whose door somebody stands. Rules: the city's own on staff IDs
//! (職員証に関する規程); no face of a card is covered unless the city's rule says so.
//!
//! ```text
//!  record (CSV) ─► issue ─► card + PIN at the desk ─► label: words, number, signed code bound to the card ─► case
//!                                    │                                      │
//!                                    │            QR ─► /staff-id outside: valid or not, department (signed list)
//!                                    ├─ console: sign-in by card, roles of the account
//!                                    ├─ desk (/counter/staff): card + label belong together?
//!                                    └─ doors: signed list for one door, decided without a line
//! ```
//! Everything lies in the database of cards ([`kept`]), away from the register: a member of staff is not looked up there.

pub mod actions;
pub mod checks;
pub mod door;
pub mod doors;
pub mod kept;
pub mod label;
pub mod model;
pub mod records;
mod service;

pub use service::SERVICE;

/// The service's key.
pub const KEY: &str = "staff_id";
