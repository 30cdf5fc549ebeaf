//! The register of residents (住民基本台帳): what the city's source system told us, and nothing else.
//!
//! For every service that must know who somebody is, where they live and with whom. The register here is a **copy**,
//! fed by files (`wire::resident_csv`); it never invents, corrects or guesses. Law: 住民基本台帳法 第7条 (items),
//! 第12条 (copies for oneself and the household), DV等支援措置 (住民基本台帳事務処理要領 第6-10, recalled).
//!
//! ```text
//!   DIR/*.csv ── wire::resident_csv ──► import (stage a new generation, switch in one short write)
//!                                          │
//!   changes.csv ─────────────────────────► changes (by source position; late ones wait for the gap to fill)
//!                                          ▼
//!   access::person ─► PersonAccess ─► read::household_snapshot ─► one committed version of one household
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`model`] | residents, households, states, protections: plain types |
//! | [`rules`] | who may be served at a machine on a date; pure functions |
//! | [`read`] | the only readers; each takes an access |
//! | `households` | households of many, for declared bulk work |
//! | `endings` | what ends because of a protection or a death |
//! | [`freshness`] | how old the copy is, and when issuing closes |
//! | [`import`] | files → staged rows → one switch; daily differences |

pub(crate) mod endings;
pub mod freshness;
mod households;
pub mod import;
mod keys;
pub mod model;
pub mod read;
mod rows;
pub mod rules;

pub use crate::resident_id::ResidentId;
pub use freshness::{Freshness, freshness, record_heartbeat};
pub use households::households_of;
pub use model::{
    Address, FamilyRegister, ForeignItems, Household, HouseholdId, HouseholdSnapshot, NameWithKana, Names, Protection,
    Resident, ResidentState, Sex, SnapshotVersion,
};
pub use read::{
    Criteria, Found, Past, RegisterError, Standing, count, covered, history, household_snapshot, page, resident,
    search, standings,
};
pub(crate) use read::{Leaving, accounts_to_tell, links_to_end};
pub use rules::{Cause, is_suppressed, is_under_fifteen, why_not_at_a_machine};
