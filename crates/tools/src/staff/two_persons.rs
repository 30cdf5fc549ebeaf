//! What nobody does alone (二者承認): one asks, another approves, and it is carried out in that same transaction.
//!
//! | deed | who asks | who may be the second |
//! |---|---|---|
//! | give the administrator role | an administrator | another administrator, or an auditor |
//! | let a stopped service run again | a certificate officer | another certificate officer, or an administrator |
//! | withdraw a paper, for good | a certificate officer | another certificate officer, or an administrator |
//! | send letters to many | a certificate officer | another certificate officer, or an administrator |
//!
//! An auditor may be the second for the first deed, so that a first administrator can get a colleague at all.

use base::{Id, Seams};
use store::Tx;

use super::accounts::{self, Account};
use super::error::{StaffError, StaffRefusal};
use super::roles::{Action, Role};
use crate::access::Actor;
use crate::approvals::{self, Approval, Proposal, Refusal};
use crate::audit::Event;
use crate::dispatch;
use crate::incidents::{self, IncidentError};
use crate::papers;

/// Something that takes two persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Give the account the administrator role.
    GiveAdministrator(Id),
    /// Clear the incident that stops a service.
    ResumeService(Id),
    /// Withdraw the paper of this request. There is no way back.
    WithdrawPaper(Id),
    /// Send the letters of this dispatch.
    ReleaseLetters(Id),
}

impl Deed {
    const fn action(self) -> &'static str {
        match self {
            Self::GiveAdministrator(_) => "staff.give_administrator",
            Self::ResumeService(_) => "service.resume",
            Self::WithdrawPaper(_) => "paper.withdraw",
            Self::ReleaseLetters(_) => "letters.release",
        }
    }

    const fn subject(self) -> Id {
        match self {
            Self::GiveAdministrator(id)
            | Self::ResumeService(id)
            | Self::WithdrawPaper(id)
            | Self::ReleaseLetters(id) => id,
        }
    }

    /// What the one who asks must be allowed to do.
    pub const fn asks(self) -> Action {
        match self {
            Self::GiveAdministrator(_) => Action::ManageStaff,
            Self::ResumeService(_) => Action::ResumeService,
            Self::WithdrawPaper(_) => Action::WithdrawPaper,
            Self::ReleaseLetters(_) => Action::SendLetters,
        }
    }

    /// What the second person must be allowed to do.
    pub const fn answers(self) -> Action {
        match self {
            Self::GiveAdministrator(_) => Action::ApproveAdministrator,
            Self::ResumeService(_) => Action::ApproveResume,
            Self::WithdrawPaper(_) => Action::ApproveWithdrawal,
            Self::ReleaseLetters(_) => Action::ApproveLetters,
        }
    }

    /// The deed of a stored approval; `None` for those of other rooms.
    pub fn of(approval: &Approval) -> Option<Self> {
        let subject = Id::parse(&approval.subject).ok()?;
        [
            Self::GiveAdministrator(subject),
            Self::ResumeService(subject),
            Self::WithdrawPaper(subject),
            Self::ReleaseLetters(subject),
        ]
        .into_iter()
        .find(|deed| deed.action() == approval.action)
    }
}

/// Asks. `summary` tells the second person why, in words.
///
/// # Errors
/// [`StaffRefusal::OwnAccount`] for making oneself administrator; [`StaffRefusal::NoAccount`]; [`StaffError::Approval`];
/// [`store::StoreError`].
pub fn ask(tx: &mut Tx<'_>, seams: &Seams, by: &Account, deed: Deed, summary: &str) -> Result<Id, StaffError> {
    if !by.may(deed.asks()) {
        return Err(Refusal::NotStaff.into());
    }
    match deed {
        Deed::GiveAdministrator(account) => {
            if account == by.id {
                return Err(StaffRefusal::OwnAccount.into());
            }
            accounts::account(tx, account)?.filter(|a| a.is_active).ok_or(StaffRefusal::NoAccount)?;
        }
        Deed::ResumeService(incident) => {
            incidents::get(tx, incident)?.filter(|i| i.cleared_at.is_none()).ok_or(Refusal::Unknown)?;
        }
        // The service that issued it has looked whether there is such a paper.
        Deed::WithdrawPaper(request) => {
            if papers::withdrawn(tx, request)?.is_some() {
                return Err(Refusal::Executed.into());
            }
        }
        Deed::ReleaseLetters(dispatch) => {
            dispatch::get(tx, dispatch)?
                .filter(|one| one.state == dispatch::State::Complete)
                .ok_or(Refusal::Unknown)?;
        }
    }
    // One request at a time for one thing.
    if is_asked(tx, seams, deed)? {
        return Err(Refusal::Decided.into());
    }
    let subject = deed.subject().to_string();
    let proposal = Proposal { action: deed.action(), subject: &subject, payload: b"" };
    Ok(approvals::propose(tx, seams, &by.actor(), &proposal, summary, approvals::WAITS_SECONDS)?)
}

/// Whether somebody asked for this already and it waits.
///
/// # Errors
/// [`store::StoreError`].
pub fn is_asked(tx: &mut Tx<'_>, seams: &Seams, deed: Deed) -> Result<bool, store::StoreError> {
    let subject = deed.subject().to_string();
    Ok(approvals::waiting(tx, seams.now())?.iter().any(|a| a.action == deed.action() && a.subject == subject))
}

/// The second person approves, and the deed is done in the same transaction.
///
/// # Errors
/// [`StaffError::Approval`] with [`Refusal::OwnProposal`] and the like; [`store::StoreError`].
pub fn approve(tx: &mut Tx<'_>, seams: &Seams, by: &Account, id: Id) -> Result<Deed, StaffError> {
    let approval = approvals::get(tx, id)?.ok_or(Refusal::Unknown)?;
    let deed = Deed::of(&approval).ok_or(Refusal::Unknown)?;
    if !by.may(deed.answers()) {
        return Err(Refusal::NotStaff.into());
    }
    let actor = by.actor();
    approvals::approve(tx, seams, &actor, id)?;
    let proposal = Proposal { action: deed.action(), subject: &approval.subject, payload: b"" };
    approvals::execute(tx, seams, &actor, id, &proposal)?;
    carry_out(tx, seams, &actor, deed, &approval.summary)?;
    Ok(deed)
}

/// Declines a request, or takes one's own back.
///
/// # Errors
/// As [`approve`].
pub fn decline(tx: &mut Tx<'_>, seams: &Seams, by: &Account, id: Id, reason: &str) -> Result<(), StaffError> {
    let approval = approvals::get(tx, id)?.ok_or(Refusal::Unknown)?;
    let deed = Deed::of(&approval).ok_or(Refusal::Unknown)?;
    if approval.proposer != by.id && !by.may(deed.answers()) {
        return Err(Refusal::NotStaff.into());
    }
    Ok(approvals::decline(tx, seams, &by.actor(), id, reason)?)
}

fn carry_out(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, deed: Deed, summary: &str) -> Result<(), StaffError> {
    match deed {
        Deed::GiveAdministrator(account) => {
            accounts::account(tx, account)?.filter(|a| a.is_active).ok_or(StaffRefusal::NoAccount)?;
            accounts::write_role(tx, seams, actor, account, Role::Administrator)?;
            accounts::changed(tx, seams, actor, Event::StaffChanged, account, "role_given", Role::Administrator.code())
        }
        Deed::ResumeService(incident) => match incidents::clear(tx, seams, actor, incident, summary) {
            Ok(()) => Ok(()),
            Err(IncidentError::Store(error)) => Err(error.into()),
            Err(IncidentError::NotOpen | IncidentError::NoReason) => Err(Refusal::Unknown.into()),
        },
        Deed::WithdrawPaper(request) => Ok(papers::withdraw(tx, seams, actor, request, summary)?),
        Deed::ReleaseLetters(dispatch) => match dispatch::release(tx, seams, actor, dispatch) {
            Ok(()) => Ok(()),
            Err(dispatch::DispatchError::Store(error)) => Err(error.into()),
            Err(_) => Err(Refusal::Unknown.into()),
        },
    }
}
