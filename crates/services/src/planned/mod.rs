//! Services whose room is not built yet: one file each, holding only what the policy and the plan say.
//!
//! Building a room moves its file there: `planned/library_card.rs` becomes `library_card/service.rs`, its state becomes
//! [`State::Built`](crate::service::State), and one line in `lib.rs` changes. See docs/adding-a-service.md.

pub mod business_procedures;
pub mod child_watch;
pub mod e_billing;
pub mod health_check_bank;
pub mod hospital_card;
pub mod library_card;
pub mod maternal_handbook;
pub mod medication_handbook;
pub mod shelter_checkin;
