//! Certificates from a machine (コンビニ交付): 住民票の写し, 印鑑登録証明書, 課税(所得)証明書.
//!
//! For a resident who taps the Individual Number Card at a ward-office machine, types a PIN and takes a signed paper
//! that anyone can verify; and for the clerk who issues the same paper at the counter. Law: 住民基本台帳法 第12条 (copies
//! for oneself and the household), 公的個人認証法 第36条 (verifying the user-authentication certificate).
//!
//! ```text
//!  VerifiedPerson ─► actions::begin ─► coin box ─► actions::prepare ─► actions::fetch ─► printer ─► acknowledged
//!                       │ decide (model)              │ snapshot · disclose · draw · re-check · sign · decide again
//!                       └ fee, row                    └ hash, sealed bytes, one-time token
//! ```
//!
//! | file | what it holds |
//! |---|---|
//! | [`choices`] | what a person chooses; every optional item starts omitted |
//! | [`kinds`] | each kind's rules: what is printed, or which causes say no |
//! | [`refusal`] | what a person is told, and what only the counter learns |
//! | [`request`] | the life of a request as a state machine |
//! | [`requests`] | its rows; fees |
//! | [`document`] | content → paper → re-check → signature |
//! | [`applicant`] | who asks, and why records are read for them |
//! | [`actions`], [`finishing`] | one function for each act |
//! | [`ending`] | time-outs, sweeping, and what a document that is not the right one leads to |
//! | [`cash`] | each machine's money of a day: counted from requests, closed, corrected by two; money left open |
//! | [`issued`] | papers that were made, for the console; asking that one is withdrawn |
//! | [`locked`] | the lock around a document that waits |
//! | [`printing`] | what is written down of printing |
//! | [`looking`] | reading with an access, and deciding |
//! | [`arrivals`] | applications for a family register registration that came from a PC |
//! | [`issuer`] | the means, made once a process |
//! | [`receipt`] | the receipt: kind, copies, fee; nobody's name |
//! | [`settings`] | hours, special days, maintenance and fees, as staff decide them |
//! | [`twin`] | the digital copy of a paper, on trial |
//! | [`statistics`], [`effect`], [`usage`] | what came out when and where; time given back; 利用率 and the promises |
//! | [`service`] | what the service says about itself: the policy's row, law, tools, effect |

pub mod actions;
pub mod applicant;
pub mod arrivals;
pub mod cash;
pub mod choices;
pub mod document;
pub mod effect;
mod ending;
pub mod finishing;
pub mod hours;
pub mod issued;
pub mod issuer;
pub mod kinds;
mod locked;
mod looking;
pub mod printing;
pub mod public_effect;
pub mod receipt;
pub mod refunds;
pub mod refusal;
pub mod request;
pub mod requests;
pub mod service;
pub mod settings;
pub mod statistics;
pub mod twin;
pub mod usage;

pub use actions::{ActionError, Answer};
pub use applicant::{Applicant, MemberShown};
pub use choices::{CertificateKind, Choices, MOST_COPIES, Members, Misfit, OptionalItems};
pub use document::{Composer, DocumentError, Finished, FollowKeys, KeySet};
pub use finishing::FetchToken;
pub use issuer::{CardNo, Issuer};
pub use kinds::family_register::members::{FamilyMemberShown, family};
pub use refusal::Refusal;
pub use request::State;
pub use requests::{Request, machine_fee, set_fee};
pub use service::SERVICE;

/// This service's word in stop flags, incidents and audit.
pub const SERVICE_CODE: &str = "convenience_certificates";
