//! Copies of registers that come record by record: family registers, registered seals, taxation.
//!
//! What they have in common: a file with a header (`wire::record_lines`), full loads under generations, differences that
//! must follow our position, refused lines that are listed, a heartbeat of their own. What a record says and who may be
//! served is in [`crate::family_register`], [`crate::seal_register`] and [`crate::tax_records`].
//!
//! ```text
//!   family_registers.jsonl ───┐                      ┌─► family_register::read ─► rules
//!   seal_registrations.jsonl ─┤                      ├─► seal_register::read ───► rules
//!   tax_records.jsonl ────────┴─ import ─► rows ─────┴─► tax_records::read ─────► rules
//!                                 (stage a new generation, switch in one short write; or a difference)
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`freshness`] | how old a copy is; each kind has its own heartbeat |
//! | [`import`] | files → staged rows → one switch; differences |
//! | [`journal`] | which files were brought in, and what became of them |
//! | `ledger` | feed and loads of a kind, as SQL |
//! | [`read`] | the only readers of records about people; each takes an access |

pub mod freshness;
pub mod import;
pub mod journal;
pub(crate) mod ledger;
pub mod read;

#[cfg(test)]
pub(crate) mod tests;

use store::{StoreError, Tx};
use wire::record_lines::Record;

use crate::access::BulkDeclaration;

pub use freshness::{freshness, is_fresh, is_loaded, record_heartbeat, renew};
pub use ledger::Ledger;
pub(crate) use ledger::ledger;
pub use read::{Held, of_many, of_subject};

/// A kind of record of which the city holds a copy.
pub trait Copied: Record {
    /// What everyone is shown about a load.
    const DECLARATION: BulkDeclaration;
    /// The word in the journal of imports; never change one.
    const JOURNAL: &'static str;
    /// The file in which refused lines are listed.
    const REFUSED: &'static str;
    /// Where its feed and loads are written down.
    const LEDGER: Ledger;

    /// How many people are in it.
    fn people(&self) -> u64 {
        1
    }

    /// Writes it, unless it is there.
    ///
    /// # Errors
    /// [`StoreError`].
    fn insert(&self, tx: &mut Tx, generation: i64, position: i64) -> Result<(), StoreError>;

    /// Removes it.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove(tx: &mut Tx, generation: i64, key: &str) -> Result<(), StoreError>;

    /// What stands there is no longer the newest.
    ///
    /// # Errors
    /// [`StoreError`].
    fn mark_incomplete(tx: &mut Tx, generation: i64, key: &str) -> Result<(), StoreError>;

    /// Removes up to 200 rows of a generation that nobody sees. Returns how many; 0 when none is left.
    ///
    /// # Errors
    /// [`StoreError`].
    fn sweep(tx: &mut Tx, generation: i64) -> Result<u64, StoreError>;
}

/// A kind of record that is about one resident: it stands in the table that such kinds share.
pub trait PersonRecord: Record {
    /// The word in the rows; never change one.
    const KIND: &'static str;
    /// As [`Copied::DECLARATION`].
    const DECLARATION: BulkDeclaration;
    /// As [`Copied::REFUSED`].
    const REFUSED: &'static str;
    /// As [`Copied::LEDGER`].
    const LEDGER: Ledger;

    /// The person's key in the register of residents.
    fn resident(&self) -> &str;
}
