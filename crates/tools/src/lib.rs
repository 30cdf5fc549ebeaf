//! What services share: register, access, disclosure, audit, credentials, staff, terminals, relay.

pub mod access;
pub mod audit;
mod digest;
pub mod disclosure;
pub mod register;
pub mod resident_id;
pub mod signing;

pub use resident_id::ResidentId;
