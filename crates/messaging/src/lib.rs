//! Telling a person that something awaits them (お知らせの伝え方): web push, e-mail, and when and how often.
//!
//! For `tools::channels`, which keeps what is to be told. It knows neither database nor web and can be used alone; the
//! network stands behind [`push::PushService`] and [`email::MailRelay`], for SMS and LINE behind [`carrier::Carrier`].
//!
//! ```text
//!            when::next_allowed ─▶ due? ─▶ Teaser (kind + link, never content)
//!                                            ├─▶ push:  encrypt (RFC 8291) + VAPID (RFC 8292) ─▶ PushService ─▶ Answer
//!                                            ├─▶ email: build (RFC 5322, 8058) ─▶ MailRelay ─▶ accepted | Refusal
//!                                            └─▶ carrier: SMS, LINE (one trait, file drop)
//!   bounces come back ─▶ email::report::read (RFC 3464, 8098, 5965) ─▶ suppression::judge
//! ```
//!
//! **No personal content leaves by any of these.** What is told is a [`Teaser`]: that something came, and where to read it
//! after signing in. Names, subjects and amounts stay in the mailbox.

pub mod carrier;
pub mod email;
pub mod kill_switch;
pub mod push;
mod teaser;
pub mod when;

pub use teaser::{Teaser, TeaserFault, TeaserKind, Urgency};
