//! What can go wrong with staff accounts.

use base::Kind;
use store::StoreError;

use crate::approvals::ApprovalError;

/// Why something about a staff account was not done.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Two persons are needed and the second's part failed.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// A rule of this room says no.
    #[error(transparent)]
    Refused(#[from] StaffRefusal),
}

/// A rule of this room that says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StaffRefusal {
    /// The one-time secret is unknown, used, expired or revoked. Which of them is not told.
    #[error("this way in was used, has expired, or never existed; ask for a new one")]
    NoInvitation,
    /// There is an administrator already; the console token is for the first one only.
    #[error("there is an administrator already; ask them for an invitation")]
    AdministratorExists,
    /// The passkey was not accepted: unknown, stopped, or its answer does not verify.
    #[error("this passkey is not accepted")]
    Passkey,
    /// The two halves of the ceremony do not belong together, or five minutes have passed.
    #[error("this attempt has expired; begin again")]
    Ceremony,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The last administrator cannot be disabled or lose the role: nobody could let anyone in.
    #[error("the last administrator stays; make another one first")]
    LastAdministrator,
    /// One may not change one's own roles or disable oneself.
    #[error("another person must do this to your account")]
    OwnAccount,
    /// The last passkey cannot be removed; disable the account instead.
    #[error("the last passkey stays; add another one first")]
    LastPasskey,
    /// Giving the administrator role takes a second person.
    #[error("giving this role needs the approval of another person")]
    NeedsApproval,
    /// A name or office is empty, too long, or holds an Individual Number.
    #[error("a name and an office are written with 1 to 60 characters")]
    Name,
}

impl StaffRefusal {
    /// What it means to a caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::NoInvitation | Self::Ceremony => Kind::Gone,
            Self::AdministratorExists | Self::LastAdministrator | Self::LastPasskey => Kind::Conflict,
            Self::Passkey => Kind::Unauthenticated,
            Self::NoAccount => Kind::NotFound,
            Self::OwnAccount | Self::NeedsApproval => Kind::Forbidden,
            Self::Name => Kind::Invalid,
        }
    }

    /// The key of its sentence in `staff.ftl`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoInvitation => "staff-refusal-no-invitation",
            Self::AdministratorExists => "staff-refusal-administrator-exists",
            Self::Passkey => "staff-refusal-passkey",
            Self::Ceremony => "staff-refusal-ceremony",
            Self::NoAccount => "staff-refusal-no-account",
            Self::LastAdministrator => "staff-refusal-last-administrator",
            Self::OwnAccount => "staff-refusal-own-account",
            Self::LastPasskey => "staff-refusal-last-passkey",
            Self::NeedsApproval => "staff-refusal-needs-approval",
            Self::Name => "staff-refusal-name",
        }
    }
}

impl StaffError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Store(error) => error.kind(),
            Self::Approval(error) => error.kind(),
            Self::Refused(refusal) => refusal.kind(),
        }
    }
}

impl From<crate::approvals::Refusal> for StaffError {
    fn from(refusal: crate::approvals::Refusal) -> Self {
        Self::Approval(refusal.into())
    }
}
