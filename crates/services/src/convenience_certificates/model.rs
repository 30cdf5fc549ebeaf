//! The rules of issuing: plain types, no I/O, no clock.
//!
//! `decide(snapshot, applicant, choices, today)` answers with what to print, or with the causes that send the person to
//! the counter. At a machine every cause is one sentence ([`Refusal::AskAtTheCounter`]).

use base::{Date, Kind};
use tools::register::rules::Limits;
use tools::register::{Cause, HouseholdSnapshot, Resident, ResidentId, SnapshotVersion, why_not_at_a_machine};

use super::choices::{Choices, Members, OptionalItems};

/// Why no paper comes, in words a person at a machine may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Anything about the register's state: one sentence for protection, moved, dead, under 15, pending, too long.
    #[error("この端末では発行できません。窓口でお手続きください。")]
    AskAtTheCounter,
    /// The register copy is not fresh enough (I8).
    #[error("ただいま住民票の情報を確認できないため、発行を止めています。時間をおいてお試しください。")]
    RegisterNotFresh,
    /// An officer or a check stopped the service (I12).
    #[error("ただいま証明書の発行を止めています。窓口でお手続きください。")]
    ServiceStopped,
    /// The choices cannot be carried out (a member who is not there, no copies).
    #[error("選ばれた内容では発行できません。もう一度お選びください。")]
    BadChoices,
    /// The request is in another state: cancelled, printed, fetched before.
    #[error("この申請はすでに終わっています。はじめからお手続きください。")]
    AlreadyEnded,
    /// The one-time token was used or belongs to another terminal (I6).
    #[error("この書類は受け取れません。係員をお呼びください。")]
    NotYours,
}

impl Refusal {
    /// What it means to the caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::AskAtTheCounter => Kind::Refused,
            Self::RegisterNotFresh | Self::ServiceStopped => Kind::Unavailable,
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
            Self::BadChoices => "certificate-refused-choices",
            Self::AlreadyEnded => "certificate-refused-ended",
            Self::NotYours => "certificate-refused-not-yours",
        }
    }
}

/// What will be printed: whole residents, in the order of the paper, and which items of them.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// The register version all of it belongs to (I7).
    pub version: SnapshotVersion,
    /// Who asked.
    pub applicant: ResidentId,
    /// The household's address on one line.
    pub address: String,
    /// The head's name.
    pub head_name: String,
    /// Whose rows are printed.
    pub people: Vec<Resident>,
    /// Whether these are all who are entered in the household.
    pub is_whole_household: bool,
    /// Which items.
    pub items: OptionalItems,
}

impl Content {
    /// Whether a paper drawn from `other` says what one drawn from this would: everything but the version is the same. A
    /// night's full import makes a new version of everybody and changes hardly anyone.
    pub fn prints_as(&self, other: &Self) -> bool {
        let Self { version: _, applicant, address, head_name, people, is_whole_household, items } = self;
        *applicant == other.applicant
            && *address == other.address
            && *head_name == other.head_name
            && *people == other.people
            && *is_whole_household == other.is_whole_household
            && *items == other.items
    }
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({}, {} people)", self.version, self.people.len())
    }
}

/// Why `decide` says no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum No {
    /// The register's state. The causes are for the counter only.
    Register(Vec<Cause>),
    /// The choices name somebody who is not entered in the household, or ask for nothing.
    Choices,
}

impl No {
    /// What the person sees.
    pub const fn refusal(&self) -> Refusal {
        match self {
            Self::Register(_) => Refusal::AskAtTheCounter,
            Self::Choices => Refusal::BadChoices,
        }
    }

    /// What the counter sees: stable words separated by spaces.
    pub fn cause(&self) -> String {
        match self {
            Self::Register(causes) => causes.iter().map(|cause| cause.code()).collect::<Vec<_>>().join(" "),
            Self::Choices => "choices".to_owned(),
        }
    }
}

/// Decides. The register's causes are always computed in full before anything is returned, so that the time taken does
/// not tell which one it was.
///
/// # Errors
/// [`No`].
pub fn decide(
    snapshot: &HouseholdSnapshot,
    applicant: &ResidentId,
    choices: &Choices,
    today: Date,
) -> Result<Content, No> {
    let causes = why_not_at_a_machine(snapshot, applicant, today, Limits::default());
    let people = people_of(snapshot, applicant, &choices.members);
    if !causes.is_empty() {
        return Err(No::Register(causes));
    }
    let (Some(people), true) = (people, choices.is_sensible()) else { return Err(No::Choices) };
    let Some(first) = people.first() else { return Err(No::Choices) };
    Ok(Content {
        version: snapshot.version,
        applicant: applicant.clone(),
        address: first.address.whole(),
        head_name: snapshot.household.head_name.clone(),
        is_whole_household: people.len() == snapshot.entered_members().count(),
        people,
        items: choices.items,
    })
}

/// The chosen members in the register's order; `None` when somebody chosen is not entered here.
fn people_of(snapshot: &HouseholdSnapshot, applicant: &ResidentId, members: &Members) -> Option<Vec<Resident>> {
    let wanted = |id: &ResidentId| match members {
        Members::Household => true,
        Members::Applicant => id == applicant,
        Members::Chosen(list) => list.contains(id),
    };
    let people: Vec<Resident> = snapshot.entered_members().filter(|m| wanted(&m.id)).cloned().collect();
    let expected = match members {
        Members::Household => snapshot.entered_members().count(),
        Members::Applicant => 1,
        Members::Chosen(list) => list.iter().collect::<std::collections::BTreeSet<_>>().len(),
    };
    (people.len() == expected).then_some(people)
}
