//! Services whose room is not built yet: one file each, holding only what the policy and the plan say.
//!
//! [`State::Built`](crate::service::State), and one line in `lib.rs` changes. See docs/adding-a-service.md.

pub mod business_procedures;
pub mod child_watch;
pub mod e_billing;
pub mod health_check_bank;
pub mod maternal_handbook;
pub mod medication_handbook;
pub mod shelter_checkin;
