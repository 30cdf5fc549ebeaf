//! Self-made documents: a dummy authority, its document signer, documents and a phone, all in this process.
//!
//! ```text
//!  SelfMadeIssuer (IACA ▶ document signer) ──issue(DocumentPlan, phone key)──▶ IssuedDocument ──▶ Phone
//!                                                                                                 │ answers for itself
//!  DocumentReader ◀──────────────── InProcessPhone (a channel: fresh session for each request) ◀──┘
//! ```
//! Like [`pki::test_authority`] it is always there, and its anchors are marked as dummies: only a set opened for tests
//! takes them. Wrong documents for tests: change the plan, the issued parts or the phone; they are open.

mod document;
mod phone;

pub use document::{DocumentPlan, IssuedDocument, IssuedItem, PlannedItem, SelfMadeIssuer};
pub use phone::{InProcessPhone, Meeting, Phone, answer_page};
