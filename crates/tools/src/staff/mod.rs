//! Staff (職員): accounts, passkeys, roles, invitations.
//!
//! For the city's own people. Nobody has a password: an account is opened with a passkey (W3C WebAuthn level 3) that
//! verifies its user, so it resists phishing and there is nothing to guess and no lock-out to abuse.
//!
//! ```text
//!   console token (printed once) ─► first administrator ─► invitation link ─► further staff ─► passkey ─► session
//!                                                     └─ giving `administrator` needs a second person (approvals)
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`roles`] | the table roles × actions |
//! | [`accounts`] | who there is |

pub mod accounts;
pub mod roles;

pub use accounts::{Account, account, accounts, add};
pub use roles::{Action, Role, may};
