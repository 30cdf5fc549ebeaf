//! Copies of registers that come record by record: registered seals and taxation.
//!
//! What the two have in common: a file with a header (`wire::record_lines`), full loads under generations, differences that
//! must follow our position, refused lines that are listed, a heartbeat of their own. What a record says and who may be
//! served is in [`crate::seal_register`] and [`crate::tax_records`].
//!
//! ```text
//!   seal_registrations.jsonl ─┐                      ┌─► seal_register::read ─► rules
//!   tax_records.jsonl ────────┴─ import ─► rows ─────┴─► tax_records::read  ─► rules
//!                                 (stage a new generation, switch in one short write; or a difference)
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`freshness`] | how old a copy is; each kind has its own heartbeat |
//! | [`import`] | files → staged rows → one switch; differences |
//! | [`read`] | the only reader; takes an access |

pub mod freshness;
pub mod import;
pub mod journal;
pub mod read;

#[cfg(test)]
pub(crate) mod tests;

use wire::record_lines::Record;

use crate::access::BulkDeclaration;

pub use freshness::{freshness, is_fresh, is_loaded, record_heartbeat};
pub use read::{Held, of_subject};

/// A kind of record of which the city holds a copy.
pub trait Copied: Record {
    /// The word in the rows; never change one.
    const KIND: &'static str;
    /// What everyone is shown about a load.
    const DECLARATION: BulkDeclaration;
    /// The file in which refused lines are listed.
    const REFUSED: &'static str;
}
