//! Why no paper comes: what the person is told, and what only the counter learns.

use base::Kind;
use tools::family_register::Cause as FamilyCause;
use tools::register::Cause;

/// Why no paper comes, in words a person at a machine may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Anything about the register's state: one sentence for protection, moved, dead, under 15, pending, too long.
    #[error("この端末では発行できません。窓口でお手続きください。")]
    AskAtTheCounter,
    /// The register copy is not fresh enough (I8).
    #[error("ただいま最新の情報を確認できないため、発行を止めています。時間をおいてお試しください。")]
    RegisterNotFresh,
    /// An officer or a check stopped the service (I12).
    #[error("ただいま証明書の発行を止めています。窓口でお手続きください。")]
    ServiceStopped,
    /// Outside the hours of this kind at this place, or during maintenance.
    #[error("ただいまの時間は、この証明書をお取りいただけません。")]
    OutOfHours,
    /// The choices cannot be carried out (a member who is not there, no copies).
    #[error("選ばれた内容では発行できません。もう一度お選びください。")]
    BadChoices,
    /// The request is in another state: cancelled, printed, fetched before.
    #[error("この申請はすでに終わっています。はじめからお手続きください。")]
    AlreadyEnded,
    /// The person's own entry says that their family register is kept elsewhere: where to go.
    #[error("本籍がこの市にないため、この証明書は本籍地の市区町村で交付しています。")]
    RegisterElsewhere,
    /// The one-time token was used or belongs to another terminal (I6).
    #[error("この書類は受け取れません。係員をお呼びください。")]
    NotYours,
}

impl Refusal {
    /// What it means to the caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::AskAtTheCounter | Self::RegisterElsewhere => Kind::Refused,
            Self::RegisterNotFresh | Self::ServiceStopped | Self::OutOfHours => Kind::Unavailable,
            Self::BadChoices => Kind::Invalid,
            Self::AlreadyEnded => Kind::Gone,
            Self::NotYours => Kind::Forbidden,
        }
    }

    /// The key of the sentence in the three languages.
    pub const fn message_key(self) -> &'static str {
        match self {
            Self::AskAtTheCounter => "certificate-refused-counter",
            Self::RegisterNotFresh => "certificate-refused-not-fresh",
            Self::ServiceStopped => "certificate-refused-stopped",
            Self::OutOfHours => "certificate-refused-hours",
            Self::BadChoices => "certificate-refused-choices",
            Self::AlreadyEnded => "certificate-refused-ended",
            Self::NotYours => "certificate-refused-not-yours",
            Self::RegisterElsewhere => "certificate-refused-elsewhere",
        }
    }
}

/// Why `decide` says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// The register's state. The causes are for the counter only.
    Register(Vec<Cause>),
    /// The state of another register (seals, taxes) or of the register of residents, as stable words for the counter.
    Record(Vec<&'static str>),
    /// The choices name somebody who is not entered in the household, or ask for nothing.
    Choices,
    /// The family register's state. The causes are for the counter only.
    FamilyRegister(Vec<FamilyCause>),
    /// The 本籍 is in another city.
    Elsewhere,
}

impl No {
    /// What the person sees.
    pub const fn refusal(&self) -> Refusal {
        match self {
            Self::Register(_) | Self::Record(_) | Self::FamilyRegister(_) => Refusal::AskAtTheCounter,
            Self::Elsewhere => Refusal::RegisterElsewhere,
            Self::Choices => Refusal::BadChoices,
        }
    }

    /// What the counter sees: stable words separated by spaces.
    pub fn cause(&self) -> String {
        match self {
            Self::Register(causes) => causes.iter().map(|cause| cause.code()).collect::<Vec<_>>().join(" "),
            Self::Record(words) => words.join(" "),
            Self::Choices => "choices".to_owned(),
            Self::FamilyRegister(causes) => causes.iter().map(|cause| cause.code()).collect::<Vec<_>>().join(" "),
            Self::Elsewhere => "register-elsewhere".to_owned(),
        }
    }
}
