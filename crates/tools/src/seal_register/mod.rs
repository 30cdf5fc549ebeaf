//! The registered seals (印鑑登録) of the city: what the seal registration system told us, and nothing else.
//!
//! For 印鑑登録証明書 at a machine and at the counter. A **copy** fed by files (`wire::seal_registration`,
//! [`crate::copied_records`]). Rules: the city's ordinance after 印鑑登録証明事務処理要領 (recalled): one seal a person, from 15 years of
//! age, the certificate to the person alone.
//!
//! ```text
//!   access::person ─► PersonAccess ─► register::household_snapshot ─┐
//!                          └────────► read ─► SealSnapshot ─────────┴─► why_not_at_a_machine ─► causes, or none
//! ```
//! In several cities certificates of **cancelled** seals were given from 2020 to 2023, since the machine's copy was older than
//! the cancellation (specs certificates §3). So a cancelled seal is kept and known, the copy has its own heartbeat, and the
//! decision is made again in the transaction that issues.

mod read;
mod rules;

#[cfg(test)]
mod tests;

pub use read::{SealSnapshot, read};
pub use rules::{Cause, why_not_at_a_machine};
pub use wire::seal_registration::{Cancellation, Impression, SealRegistration, SealState, Suspension};

use crate::access::{BulkDeclaration, Concerned};
use crate::copied_records::{Ledger, PersonRecord, ledger};

impl PersonRecord for SealRegistration {
    const KIND: &'static str = "seals";
    const DECLARATION: BulkDeclaration = BulkDeclaration {
        name: "seal_register.import",
        japanese: "印鑑登録システムから印鑑登録の写しを取り込みました。",
        english: "The copy of the registered seals was loaded from the city's seal registration system.",
        concerned: Concerned::Everyone,
    };
    const REFUSED: &'static str = "refused_seal_registrations.csv";
    const LEDGER: Ledger = ledger!(shared "seals");

    fn resident(&self) -> &str {
        &self.resident_id
    }
}
