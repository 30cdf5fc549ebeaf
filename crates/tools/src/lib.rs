//! What services share: register, family register, seals, tax records, access, disclosure, audit, credentials, staff, terminals, relay.

pub mod access;
pub mod approvals;
pub mod audit;
pub mod copied_records;
pub mod credentials;
mod digest;
pub mod disclosure;
pub mod dispatch;
pub mod electronic_copies;
pub mod family_register;
pub mod incidents;
pub mod mailbox;
pub mod messages;
pub mod nodes;
pub mod papers;
pub mod portal;
pub mod register;
pub mod relay;
pub mod resident_id;
pub mod seal_register;
pub mod signing;
pub mod staff;
pub mod tax_records;
pub mod terminals;
pub mod twins;
pub mod withdrawal_list;
pub mod zone;

pub use resident_id::ResidentId;
pub use zone::{CityProfile, Inside, Outside};
