//! The rules of a two-person action; no database, no clock.
//!
//! ```text
//!   proposed ──approve (another person)──► approved ──execute (once, same payload)──► executed
//!      │                                      │
//!      ├──decline (anyone)──► declined ◄──────┤
//!      └──time──► expired ◄───────────────────┘
//! ```

use base::{Kind, Timestamp};

/// Where an approval stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for another person.
    Proposed,
    /// May be carried out, once.
    Approved,
    /// Somebody said no.
    Declined,
    /// It was carried out.
    Executed,
}

impl State {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Declined => "declined",
            Self::Executed => "executed",
        }
    }

    /// The state with this stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Proposed, Self::Approved, Self::Declined, Self::Executed].into_iter().find(|s| s.word() == word)
    }
}

/// What somebody wants to do with an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// Say yes.
    Approve,
    /// Say no; the proposer may take their own proposal back so.
    Decline,
    /// Carry it out.
    Execute,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refusal {
    /// Only signed-in staff propose, approve and carry out.
    #[error("only a signed-in member of staff may do this")]
    NotStaff,
    /// There is no such proposal.
    #[error("there is no such proposal")]
    Unknown,
    /// One's own proposal needs somebody else.
    #[error("your own proposal needs the approval of another person")]
    OwnProposal,
    /// It is too late.
    #[error("the proposal has expired; propose it again")]
    Expired,
    /// It was approved or declined already.
    #[error("the proposal was decided already")]
    Decided,
    /// Nobody has approved it yet.
    #[error("another person has not approved this yet")]
    NotApproved,
    /// It was carried out already.
    #[error("the approved action was carried out already")]
    Executed,
    /// What is about to be done is not what was approved.
    #[error("this is not what was approved; propose it again")]
    OtherPayload,
}

impl Refusal {
    /// What it means to a caller.
    pub const fn kind(self) -> Kind {
        match self {
            Self::NotStaff | Self::OwnProposal => Kind::Forbidden,
            Self::Unknown => Kind::NotFound,
            Self::Expired | Self::Executed => Kind::Gone,
            Self::Decided | Self::NotApproved | Self::OtherPayload => Kind::Conflict,
        }
    }
}

/// What the rules look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing<'a> {
    /// Where it stands.
    pub state: State,
    /// The account that proposed.
    pub proposer: &'a str,
    /// From this instant on it is too late.
    pub expires_at: Timestamp,
}

/// The state after `command` by `account` at `now`.
///
/// # Errors
/// [`Refusal`].
pub fn decide(standing: Standing<'_>, command: Command, account: &str, now: Timestamp) -> Result<State, Refusal> {
    match standing.state {
        State::Executed => return Err(Refusal::Executed),
        State::Declined => return Err(Refusal::Decided),
        State::Approved if command == Command::Approve => return Err(Refusal::Decided),
        State::Proposed | State::Approved => {}
    }
    if now >= standing.expires_at {
        return Err(Refusal::Expired);
    }
    match (command, standing.state) {
        (Command::Approve, _) if account == standing.proposer => Err(Refusal::OwnProposal),
        (Command::Approve, _) => Ok(State::Approved),
        (Command::Decline, _) => Ok(State::Declined),
        (Command::Execute, State::Approved) => Ok(State::Executed),
        (Command::Execute, _) => Err(Refusal::NotApproved),
    }
}
