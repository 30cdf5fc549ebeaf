//! What can go wrong with a resident's ways in.

use base::Kind;
use store::StoreError;
use store::sealing::SealError;

use super::PostError;
use crate::passkeys::PasskeyRefusal;

/// Why something about an account's ways in was not done.
#[derive(Debug, thiserror::Error)]
pub enum MeansError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
    /// The message to the other zone.
    #[error(transparent)]
    Post(#[from] PostError),
    /// A rule of this room says no.
    #[error(transparent)]
    Refused(#[from] MeansRefusal),
}

/// A rule of this room that says no. None tells whether an account exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeansRefusal {
    /// The two halves do not belong together, or it took too long.
    #[error("this attempt has expired; begin again")]
    Ceremony,
    /// Not accepted: unknown, stopped, or the answer does not verify.
    #[error("this passkey is not accepted")]
    Passkey,
    /// Address or password: which of them is not told.
    #[error("the address or the password is wrong")]
    Password,
    /// The code is wrong, too old, or was tried too often.
    #[error("the code is wrong or has expired")]
    Code,
    /// A new password is too short or too long, or is the address.
    #[error("a password has 12 to 128 characters and is not the address")]
    Weak,
    /// Not an address of e-mail.
    #[error("this is no address of e-mail")]
    Address,
    /// Not a telephone number that takes short messages.
    #[error("this is no telephone number")]
    Phone,
    /// The address serves another account. Told only to somebody who proved that they read its mail.
    #[error("this address serves another account")]
    AddressTaken,
    /// The account was stopped: the card opens it again.
    #[error("the account was stopped")]
    Stopped,
    /// The account has ended.
    #[error("the account has ended")]
    Ended,
    /// What was shown belongs to another account, or to one that is not known yet.
    #[error("what was shown does not belong to this account")]
    AnotherAccount,
    /// There is no such thing in this account.
    #[error("there is no such thing in this account")]
    NotFound,
    /// The account is not open yet.
    #[error("the account is not open")]
    NotOpen,
    /// No mail can be sent.
    #[error("no mail can be sent now")]
    NoMail,
}

impl MeansRefusal {
    /// What it means to a caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::Ceremony => Kind::Gone,
            Self::Passkey | Self::Password | Self::Code => Kind::Unauthenticated,
            Self::Weak | Self::Address | Self::Phone => Kind::Invalid,
            Self::AddressTaken | Self::AnotherAccount | Self::NotOpen => Kind::Conflict,
            Self::Stopped | Self::Ended => Kind::Refused,
            Self::NotFound => Kind::NotFound,
            Self::NoMail => Kind::Unavailable,
        }
    }

    /// The key of its sentence in `portal.ftl`.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Ceremony => "portal-refusal-ceremony",
            Self::Passkey => "portal-refusal-passkey",
            Self::Password => "portal-refusal-password",
            Self::Code => "portal-refusal-code",
            Self::Weak => "portal-refusal-weak",
            Self::Address => "portal-refusal-address",
            Self::Phone => "portal-refusal-phone",
            Self::AddressTaken => "portal-refusal-address-taken",
            Self::Stopped => "portal-refusal-stopped",
            Self::Ended => "portal-refusal-ended",
            Self::AnotherAccount => "portal-refusal-another-account",
            Self::NotFound => "portal-refusal-not-found",
            Self::NotOpen => "portal-refusal-not-open",
            Self::NoMail => "portal-refusal-no-mail",
        }
    }
}

impl From<PasskeyRefusal> for MeansError {
    fn from(refusal: PasskeyRefusal) -> Self {
        match refusal {
            PasskeyRefusal::Ceremony => MeansRefusal::Ceremony.into(),
            PasskeyRefusal::Passkey => MeansRefusal::Passkey.into(),
        }
    }
}
