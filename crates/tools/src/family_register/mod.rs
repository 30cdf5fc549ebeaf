//! The family registers (戸籍) of the city: what the family register system told us, and nothing else.
//!
//! For the certificates 戸籍全部事項証明書, 戸籍個人事項証明書 and 戸籍の附票の写し. As with the register of residents, this is a **copy**
//! fed by files (`wire::family_register`, [`crate::copied_records`]); it never invents, corrects or guesses. Law: 戸籍法 第6条–第13条 (what is in it),
//! 第10条 (who may have a copy), 第119条–第120条 (kept by computer); 住民基本台帳法 第16条–第20条 (附票).
//!
//! ```text
//!   family_registers.jsonl ── wire::family_register ──► import (stage a new generation, switch in one short write)
//!                                                            ▼
//!   access::person ─► PersonAccess ─► read(…, Shows) ─► one committed version of one register ─► rules: a machine or not?
//!                                        │
//!   lives elsewhere: registration ───────┘  card ─► RegisteredPerson ─► read_registered
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | `wire::family_register` | registers, members, typed records and how they print (used here again) |
//! | [`snapshot`] | one register as read, with what decides about it |
//! | [`rules`] | who may be served at a machine on a date; pure |
//! | [`read`] | the only readers; each takes an access |
//! | [`import`] | its rows, and what an import ends; the engine, freshness too, is [`crate::copied_records`] |
//! | [`towns`] | place names of many registers at once, for choosing a 本籍 |
//! | [`registration`] | people who live elsewhere and have their register here (本籍地利用登録) |

mod closed;
pub mod import;
mod place;
pub mod read;
pub mod registration;
pub mod rules;
pub mod snapshot;
pub mod towns;

#[cfg(test)]
mod tests;

pub use closed::read_closed;
pub use read::{FamilyRegisterError, Shows, also_shows, read, read_registered};
pub use rules::{Cause, why_not_at_a_machine};
pub use snapshot::{FamilyRegisterSnapshot, Linked};
pub use wire::family_register::{
    AdoptiveParents, AppendixEntry, Below, Correction, CorrectionKind, Day, Event, FamilyRegister, Member,
    MemberProtection, MemberState, Note, Notice, Reading, Record, RegisterEvent, RegisterReference, RegisterState,
    Removal, Row, SpouseRole, printed, printed_of_register,
};
