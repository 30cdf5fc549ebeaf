//! What the city decided about residents' taxes (個人住民税): what the tax system told us, and nothing else.
//!
//! For 課税(所得)証明書 at a machine and at the counter. A **copy** fed by files (`wire::tax_record`, [`crate::copied_records`]).
//! A machine gives the current fiscal year only, to who lived here on 1 January of it (賦課期日; 地方税法 第39条, 第318条) and lives here
//! today, and about whom incomes were filed or reported (specs certificates §1.3).
//!
//! ```text
//!   tax_year_switches ─► years::current(today) ─┐
//!   access::person ─► PersonAccess ─► read(year) ┴─► TaxSnapshot ─► why_not_at_a_machine ─► causes, or none
//! ```

mod read;
mod rules;
pub mod years;

#[cfg(test)]
mod tests;

pub use read::{TaxSnapshot, read};
pub use rules::{Cause, why_not_at_a_machine};
pub use wire::tax_record::{Base, Deductions, Income, People, Tax, TaxRecord, levies};

use crate::access::{BulkDeclaration, Concerned};
use crate::copied_records::{Ledger, PersonRecord, ledger};

impl PersonRecord for TaxRecord {
    const KIND: &'static str = "tax";
    const DECLARATION: BulkDeclaration = BulkDeclaration {
        name: "tax_records.import",
        japanese: "税務システムから課税の記録の写しを取り込みました。",
        english: "The copy of the tax records was loaded from the city's tax system.",
        concerned: Concerned::Everyone,
    };
    const REFUSED: &'static str = "refused_tax_records.csv";
    const LEDGER: Ledger = ledger!(shared "tax");

    fn resident(&self) -> &str {
        &self.resident_id
    }
}
