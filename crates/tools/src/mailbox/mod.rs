//! The mailbox (電子私書箱): letters of the city and of approved senders, in each person's box. Outside zone.
//!
//! ```text
//!  letter (common part, once) ─┐
//!                              ├─► item: account × letter, personal part sealed ─► newest twenty ─► opened, archived
//!  account ────────────────────┘
//! ```
//! An item is named by account and letter, so a letter placed twice is there once. Letter ids are ordered by time; a list is
//! the end of a key, and no row is ever counted on the way of sending.
//!
//! | module | what it holds |
//! |---|---|
//! | [`letter`] | what a letter is: sender, importance, law of delivery, body, action |
//! | [`items`] | placing, listing, opening, putting away |
//! | [`arrivals`] | what the inside sends: letters, recipients, taking back |
//! | [`attachments`] | PDF and structured data beside a letter, for all or for one person |
//! | [`pdf`] | whether a PDF does something by itself |
//! | [`replies`] | what people answer |
//! | [`tellings`] | evidence of what channels did |
//! | [`consents`] | electronic sending, by class of letter |
//! | [`evidence`] | what happened to a letter, chained and stamped |
//! | [`personal`] | one person's part |
//! | [`retention`] | how long letters are kept |
//! | [`body`] | the text of a letter: few kinds of block, never a sender's HTML |

pub mod arrivals;
pub mod attachments;
pub mod body;
pub mod consents;
pub mod evidence;
pub mod items;
pub mod letter;
pub mod pdf;
pub mod personal;
pub mod replies;
pub mod retention;
pub mod tellings;
#[cfg(test)]
mod tests;

pub use body::{Block, Body};
pub use items::{Item, Line, View};
pub use letter::{Act, DeliveryLaw, Importance, Letter, LetterId, Sender};
pub use personal::Personal;
