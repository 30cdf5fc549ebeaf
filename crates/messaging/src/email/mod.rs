//! E-mail (電子メール): a teaser with a link, and what comes back.
//!
//! ```text
//!  Teaser + words + link ─▶ build ─▶ Mail (bytes, envelope) ─▶ MailRelay ─▶ accepted | SendFault
//!      envelope sender = bounces+<signed id>@city (VERP)            │
//!  report::read ◀── what arrives at that address (RFC 3464, 8098, 5965) ─▶ suppression::History
//! ```
//! No tracking: no picture, no rewritten link. Signing for DKIM is the work of the city's mail server, which also holds
//! the domain; `List-Unsubscribe` must be among what it signs (RFC 8058 §4).

mod address;
mod build;
mod relay;
pub mod report;
pub mod suppression;
mod token;

pub use address::{EmailAddress, EmailAddressFault};
pub use build::{Mail, MailFault, MailWords, Sender, Unsubscribe, build, build_letter};
pub use relay::{MailRelay, Security, SendFault, SmtpRelay, SmtpSettings};
pub use report::{Bounce, Report, ReportFault, Status};
pub use token::{ReturnPath, TokenKey, UnsubscribeToken};
