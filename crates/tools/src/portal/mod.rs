//! The citizen portal's people (市民ポータルの利用者): accounts outside, which resident each is inside, and what passes
//! between.
//!
//! ```text
//!  outside                                             inside
//!  sign-in ─► account (random id) ── question, sealed ─► job: card or attributes ─► resident ─► portal_links
//!     ▲ session, level                                        │
//!     └─ job: open, seal under the person's key ◄── post ─────┘  (name, letters' personal parts, who looked, …)
//! ```
//! The outside never learns a resident's key: an account id is random and means nothing elsewhere. What is personal
//! crosses sealed to the zone ([`post`]) and is kept sealed under the account's own key, so that erasing the key erases
//! the person.
//!
//! | module | zone | what it holds |
//! |---|---|---|
//! | [`account`] | outside | accounts and their state |
//! | [`arrivals`] | outside | what the inside told of an account |
//! | [`asked`] | outside | a record told because its person asked: fresh for a while, gone in a day |
//! | [`assurance`] | outside | how far somebody is known |
//! | [`session`] | outside | who is here between two requests |
//! | [`means`], [`entry`], [`passkeys`], [`password`] | outside | ways in |
//! | [`ceremony`] | outside | ways in under way |
//! | [`own_records`] | both | cards and address, on the person's own asking |
//! | [`events`] | outside | what happened to an account's security |
//! | [`mail`] | outside | codes and warnings by e-mail |
//! | [`joining`], [`link`] | inside | which resident an account is |
//! | [`phone`] | outside | a telephone number, for the city to reach its person |
//! | [`standings`] | inside | who moved or died |
//! | [`stopping`] | both | lost phones |
//! | [`tickets`] | both | coming in at a terminal by the card alone |
//! | [`post`] | both | personal messages |

pub mod account;
pub mod arrivals;
pub mod asked;
pub mod assurance;
pub mod ceremony;
pub mod entry;
pub mod events;
pub mod joining;
pub mod link;
pub mod mail;
pub mod means;
pub mod own_records;
pub mod passkeys;
pub mod password;
pub mod phone;
pub mod post;
pub mod refusal;
pub mod session;
pub mod standings;
pub mod stopping;
pub mod tickets;
#[cfg(test)]
pub(crate) mod two_zones;
pub mod wished;

pub use account::{Account, AccountId, AccountState, Profile};
pub use assurance::Assurance;
pub use post::{Post, PostError, Topic};
pub use refusal::{MeansError, MeansRefusal};
pub use session::Session;
