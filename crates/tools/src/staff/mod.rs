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
//! | [`accounts`] | who there is; roles given and taken, accounts disabled |
//! | [`counter`] | a credential for the command line at the counter |
//! | [`invitations`] | one-time ways in |
//! | [`passkeys`] | registering one, signing in with one |
//! | [`two_persons`] | what nobody does alone |

pub mod accounts;
pub mod counter;
mod error;
pub mod invitations;
pub mod passkeys;
pub mod roles;
pub mod testing;
#[cfg(test)]
mod tests;
pub mod two_persons;

pub use accounts::{Account, account, accounts, add, disable, enable, set_roles};
pub use counter::{make_counter_credential, use_counter_credential};
pub use error::{StaffError, StaffRefusal};
pub use invitations::{Invitation, OneTimeSecret, first_token, invite};
pub use passkeys::RelyingParty;
pub use roles::{Action, Role, may};
