//! The file by which a city's seal registration system (印鑑登録システム) hands its registrations to Yakuba.
//!
//! For 印鑑登録証明書, and for the operator who writes the export. What a registration holds follows the model rules for
//! seal registration (印鑑登録証明事務処理要領, 昭和49年自治振第10号; recalled) and the city's ordinance.
//!
//! ```text
//!   seal_registrations.jsonl
//!     line 1   {"format":"yakuba-seal-registrations/1","source":"inkan","position":1000,"taken_at":"…","records":2}
//!     line 2   {"number":"12345","resident":"R0000001","name":"甲野　義太郎",…,"impression":{"png":"…","width":15000,"height":15000}}
//! ```
//! The impression comes as the base 64 of a PNG with its **true size in micrometres**: the paper prints it 1:1. Suspended
//! (停止) and cancelled (廃止・抹消) registrations stay in the file, with day and reason as words of a list, so that a
//! certificate of a cancelled seal is refused because we know, not because we happen to hold nothing.
//! The guide is `docs/seal-registration-files.md`.

mod impression;
pub(crate) mod model;

#[cfg(test)]
mod tests;

pub use impression::{Impression, LARGEST, SMALLEST};
pub use model::{Cancellation, SealRegistration, SealState, Suspension};
