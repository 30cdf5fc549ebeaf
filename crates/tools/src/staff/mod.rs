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

pub mod roles;

pub use roles::{Action, Role, may};

use base::Id;

/// A member of staff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Key. Never shown outside the console.
    pub id: Id,
    /// Name as colleagues see it.
    pub name: String,
    /// Office (課), shown to residents in place of the name.
    pub office: String,
    /// What they are trusted with.
    pub roles: Vec<Role>,
    /// Whether they may sign in.
    pub is_active: bool,
}

impl Account {
    /// Whether their roles allow `action`.
    pub fn may(&self, action: Action) -> bool {
        self.is_active && may(&self.roles, action)
    }

    /// As an actor for access, disclosure and audit.
    pub fn actor(&self) -> crate::access::Actor {
        crate::access::Actor::Staff { account: self.id }
    }
}
