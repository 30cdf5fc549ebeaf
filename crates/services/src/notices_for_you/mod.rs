//! あなたにお知らせサービス: what concerns you comes to you (policy 別紙2, row 7).
//!
//! ```text
//!  inside   facts ── the register and tax copies, as rules read them, as far as each person opened them
//!             ├─► campaigns: written once, an audience by form, counted, two persons, sent in stages, judged again before each
//!             └─► schemes: what each resident may be able to use
//!  outside  wishes: interests, area, consents to classes of data; told to the inside
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`facts`] | households as rules read them, one or the whole city |
//! | [`campaigns`] | notices of officers, from the first word to the last recipient, and why somebody got one |
//! | [`schemes`] | what each resident may be able to use |
//! | [`wishes`] | what people registered beforehand |
//! | [`why`] | a person asks why a notice came, and is shown |

pub mod campaigns;
pub mod facts;
pub mod schemes;
mod service;
pub mod why;
pub mod wishes;

pub use service::SERVICE;
