//! What nobody does alone (二者承認): one asks, another approves, and it is carried out in that same transaction.
//!
//! | deed | who asks | who may be the second |
//! |---|---|---|
//! | give the administrator role | an administrator | another administrator, or an auditor |
//! | let a stopped service run again | a certificate officer | another certificate officer, or an administrator |
//! | withdraw a paper, for good | a certificate officer | another certificate officer, or an administrator |
//! | prepare another seal or key | a certificate officer | another certificate officer, or an administrator |
//! | say from when it holds | a certificate officer | another certificate officer, or an administrator |
//! | set the day of the tax year's switch | a certificate officer | another certificate officer, or an administrator |
//! | send letters to many | a certificate officer | another certificate officer, or an administrator |
//! | renew or retire a key of the city's application | a certificate officer or an administrator | another one of these |
//! | send a notice | a clerk or a certificate officer | another certificate officer, or an administrator |
//! | print a staff ID again | a personnel officer | another personnel officer, or an administrator |
//! | keep openings of doors for fewer days | a personnel officer | another personnel officer, or an administrator |
//!
//! An auditor may be the second for the first deed, so that a first administrator can get a colleague at all.

use base::{Id, Seams, Timestamp};
use store::Tx;

use super::accounts::{self, Account};
use super::error::{StaffError, StaffRefusal};
use super::roles::{Action, Role};
use crate::access::Actor;
use crate::approvals::{self, Approval, Proposal, Refusal};
use crate::audit::{self, Event};
use crate::city_application::key_store as application_keys;
use crate::dispatch;
use crate::incidents::{self, IncidentError};
use crate::paper_keys::{self, PaperKey, Part, Standing};
use crate::papers;
use crate::staff_id_list;
use crate::staff_openings::{self, Shortening};
use crate::tax_records::years::{self, Switch};

/// Something that takes two persons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Give the account the administrator role.
    GiveAdministrator(Id),
    /// Clear the incident that stops a service.
    ResumeService(Id),
    /// Withdraw the paper of this request. There is no way back.
    WithdrawPaper(Id),
    /// Publish this key or seal as the next one.
    PrepareKey(Id),
    /// Bring it into use at the time that was asked for.
    UseKey(Id),
    /// Set the day of this proposal.
    SwitchTaxYear(Id),
    /// Send the letters of this dispatch.
    ReleaseLetters(Id),
    /// Send the notice of this dispatch.
    ReleaseNotice(Id),
    /// Bring this new key of the city's application into use.
    UseApplicationKey(Id),
    /// Retire this old key of the city's application.
    RetireApplicationKey(Id),
    /// Make another label in the place of this staff ID's.
    ReprintStaffId(Id),
    /// Keep openings of doors for the fewer days of this proposal.
    ShortenOpenings(Id),
}

impl Deed {
    const fn action(self) -> &'static str {
        match self {
            Self::GiveAdministrator(_) => "staff.give_administrator",
            Self::ResumeService(_) => "service.resume",
            Self::WithdrawPaper(_) => "paper.withdraw",
            Self::PrepareKey(_) => "keys.prepare",
            Self::UseKey(_) => "keys.use",
            Self::SwitchTaxYear(_) => "tax-year.switch",
            Self::ReleaseLetters(_) => dispatch::RELEASE,
            Self::ReleaseNotice(_) => "notice.release",
            Self::UseApplicationKey(_) => "city-application-key.use",
            Self::RetireApplicationKey(_) => "city-application-key.retire",
            Self::ReprintStaffId(_) => "staff_id.reprint",
            Self::ShortenOpenings(_) => "staff_id.openings-days",
        }
    }

    const fn subject(self) -> Id {
        match self {
            Self::GiveAdministrator(id)
            | Self::ResumeService(id)
            | Self::WithdrawPaper(id)
            | Self::PrepareKey(id)
            | Self::UseKey(id)
            | Self::SwitchTaxYear(id)
            | Self::ReleaseLetters(id)
            | Self::ReleaseNotice(id)
            | Self::UseApplicationKey(id)
            | Self::RetireApplicationKey(id)
            | Self::ReprintStaffId(id)
            | Self::ShortenOpenings(id) => id,
        }
    }

    /// What the one who asks must be allowed to do.
    pub const fn asks(self) -> Action {
        match self {
            Self::GiveAdministrator(_) => Action::ManageStaff,
            Self::ResumeService(_) => Action::ResumeService,
            Self::WithdrawPaper(_) => Action::WithdrawPaper,
            Self::PrepareKey(_) | Self::UseKey(_) => Action::RotateKeys,
            Self::SwitchTaxYear(_) => Action::SwitchTaxYear,
            Self::ReleaseLetters(_) => Action::SendLetters,
            Self::ReleaseNotice(_) => Action::WriteNotices,
            Self::UseApplicationKey(_) | Self::RetireApplicationKey(_) => Action::CityApplicationKeys,
            Self::ReprintStaffId(_) | Self::ShortenOpenings(_) => Action::ManageStaffIds,
        }
    }

    /// What the second person must be allowed to do.
    pub const fn answers(self) -> Action {
        match self {
            Self::GiveAdministrator(_) => Action::ApproveAdministrator,
            Self::ResumeService(_) => Action::ApproveResume,
            Self::WithdrawPaper(_) => Action::ApproveWithdrawal,
            Self::PrepareKey(_) | Self::UseKey(_) => Action::ApproveKeys,
            Self::SwitchTaxYear(_) => Action::ApproveTaxYear,
            Self::ReleaseLetters(_) => Action::ApproveLetters,
            Self::ReleaseNotice(_) => Action::ApproveNotices,
            Self::UseApplicationKey(_) | Self::RetireApplicationKey(_) => Action::CityApplicationKeys,
            Self::ReprintStaffId(_) | Self::ShortenOpenings(_) => Action::ApproveStaffIds,
        }
    }

    /// The deed of a stored approval; `None` for those of other rooms.
    pub fn of(approval: &Approval) -> Option<Self> {
        let subject = Id::parse(&approval.subject).ok()?;
        let deeds = [
            Self::GiveAdministrator(subject),
            Self::ResumeService(subject),
            Self::WithdrawPaper(subject),
            Self::PrepareKey(subject),
            Self::UseKey(subject),
            Self::SwitchTaxYear(subject),
            Self::ReleaseLetters(subject),
            Self::ReleaseNotice(subject),
            Self::UseApplicationKey(subject),
            Self::RetireApplicationKey(subject),
            Self::ReprintStaffId(subject),
            Self::ShortenOpenings(subject),
        ];
        deeds.into_iter().find(|deed| deed.action() == approval.action)
    }

    /// The very bytes the second person approves, where the subject alone does not say everything.
    fn payload(self, tx: &mut Tx<'_>) -> Result<Vec<u8>, store::StoreError> {
        Ok(match self {
            Self::GiveAdministrator(_) | Self::ResumeService(_) | Self::WithdrawPaper(_) => Vec::new(),
            // A complete dispatch changes no more.
            Self::ReleaseLetters(_) | Self::ReleaseNotice(_) | Self::ReprintStaffId(_) => Vec::new(),
            Self::UseApplicationKey(id) | Self::RetireApplicationKey(id) => {
                application_keys::get(tx, id)?.map_or_else(Vec::new, |key| vec![key.set as u8, key.version])
            }
            Self::PrepareKey(id) | Self::UseKey(id) => paper_keys::get(tx, id)?.map_or_else(Vec::new, |key| {
                let at = key.use_at.map_or(0, Timestamp::micros);
                format!("{}\n{}\n{at}", key.part.word(), key.name).into_bytes()
            }),
            Self::ShortenOpenings(id) => staff_openings::proposal(tx, id)?
                .map_or_else(Vec::new, |wish| format!("{}\n{}", wish.was, wish.days).into_bytes()),
            Self::SwitchTaxYear(id) => years::proposal(tx, id)?.map_or_else(Vec::new, |switch| {
                format!("{}\n{}\n{}", switch.fiscal_year, switch.from, switch.source).into_bytes()
            }),
        })
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
        Deed::PrepareKey(key) => drop(standing_at(tx, key, Standing::Proposed)?),
        Deed::UseKey(key) => drop(standing_at(tx, key, Standing::Prepared)?),
        // The room of staff IDs has looked whether there is one that may be printed again; it has its own database.
        Deed::ReprintStaffId(id) => {
            if staff_id_list::is_reprint_allowed(tx, id)? {
                return Err(Refusal::Executed.into());
            }
        }
        Deed::SwitchTaxYear(proposal) => drop(years::proposal(tx, proposal)?.ok_or(Refusal::Unknown)?),
        Deed::ShortenOpenings(proposal) => {
            // One wish at a time: the second person sees from how many days it leads to how many.
            if approvals::waiting(tx, seams.now())?.iter().any(|one| one.action == deed.action()) {
                return Err(Refusal::Decided.into());
            }
            staff_openings::proposal(tx, proposal)?.ok_or(Refusal::Unknown)?;
        }
        Deed::UseApplicationKey(key) => {
            let waits = |key: &application_keys::Kept| key.standing == application_keys::KeyStanding::Proposed;
            application_keys::get(tx, key)?.filter(waits).ok_or(Refusal::Unknown)?;
        }
        Deed::RetireApplicationKey(key) => {
            if application_keys::why_not_retired(tx, key)?.is_some() {
                return Err(Refusal::Unknown.into());
            }
        }
        Deed::ReleaseLetters(dispatch) | Deed::ReleaseNotice(dispatch) => {
            let is_notice = matches!(deed, Deed::ReleaseNotice(_));
            dispatch::get(tx, dispatch)?
                .filter(|one| {
                    one.state == dispatch::State::Complete && (one.sender == dispatch::RECHECKED) == is_notice
                })
                .ok_or(Refusal::Unknown)?;
        }
    }
    // One request at a time for one thing.
    if is_asked(tx, seams, deed)? {
        return Err(Refusal::Decided.into());
    }
    let (subject, payload) = (deed.subject().to_string(), deed.payload(tx)?);
    let proposal = Proposal { action: deed.action(), subject: &subject, payload: &payload };
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
    let payload = deed.payload(tx)?;
    let proposal = Proposal { action: deed.action(), subject: &approval.subject, payload: &payload };
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
    approvals::decline(tx, seams, &by.actor(), id, reason)?;
    // What was only made and never prepared is of no use to anybody.
    if let Deed::PrepareKey(key) = deed
        && let Some(key) = paper_keys::get(tx, key)?.filter(|key| key.standing == Standing::Proposed)
    {
        paper_keys::stand(tx, seams, &by.actor(), &key, Standing::Discarded)?;
    }
    if let Deed::UseApplicationKey(key) = deed {
        application_keys::discard(tx, seams, &by.actor(), key)?;
    }
    Ok(())
}

fn standing_at(tx: &mut Tx<'_>, key: Id, standing: Standing) -> Result<PaperKey, StaffError> {
    Ok(paper_keys::get(tx, key)?.filter(|key| key.standing == standing).ok_or(Refusal::Unknown)?)
}

/// Asks that what was made becomes the next key or seal of its part. One nobody approved in time makes place.
///
/// # Errors
/// [`Refusal::Decided`] when another of this part is on its way; as [`ask`].
pub fn ask_key(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Account,
    (part, name): (Part, &str),
    sealed: &[u8],
    summary: &str,
) -> Result<Id, StaffError> {
    if let Some(other) = paper_keys::ahead(tx, part)? {
        if other.standing != Standing::Proposed || is_asked(tx, seams, Deed::PrepareKey(other.id))? {
            return Err(Refusal::Decided.into());
        }
        paper_keys::stand(tx, seams, &by.actor(), &other, Standing::Discarded)?;
    }
    let key = paper_keys::insert(tx, seams, &by.actor(), (part, name), sealed, None)?;
    ask(tx, seams, by, Deed::PrepareKey(key), summary)
}

/// Asks that a prepared key or seal is used from `at` on.
///
/// # Errors
/// As [`ask`].
pub fn ask_use(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Account,
    key: Id,
    at: Timestamp,
    summary: &str,
) -> Result<Id, StaffError> {
    // One that waits keeps the time that was asked for.
    if is_asked(tx, seams, Deed::UseKey(key))? {
        return Err(Refusal::Decided.into());
    }
    standing_at(tx, key, Standing::Prepared)?;
    paper_keys::want(tx, key, at)?;
    ask(tx, seams, by, Deed::UseKey(key), summary)
}

/// Takes a prepared key or seal back that is not in use yet: nothing was ever made with it, so one person may.
///
/// # Errors
/// [`Refusal::Unknown`] when it is in use or was never prepared; [`Refusal::NotStaff`].
pub fn take_key_back(tx: &mut Tx<'_>, seams: &Seams, by: &Account, key: Id) -> Result<(), StaffError> {
    if !by.may(Action::RotateKeys) {
        return Err(Refusal::NotStaff.into());
    }
    let key = paper_keys::get(tx, key)?.filter(|key| key.standing.is_ahead()).ok_or(Refusal::Unknown)?;
    Ok(paper_keys::stand(tx, seams, &by.actor(), &key, Standing::Discarded)?)
}

/// Asks that the tax certificate's year is switched on another day.
///
/// # Errors
/// As [`ask`].
pub fn ask_tax_year(tx: &mut Tx<'_>, seams: &Seams, by: &Account, switch: &Switch) -> Result<Id, StaffError> {
    let id = seams.random_id();
    years::propose(tx, id, switch)?;
    ask(tx, seams, by, Deed::SwitchTaxYear(id), &switch.source)
}

/// Asks that openings of doors are kept for fewer days.
///
/// # Errors
/// [`Refusal::Decided`] while another wish waits; as [`ask`].
pub fn ask_openings(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Account,
    wish: Shortening,
    summary: &str,
) -> Result<Id, StaffError> {
    let id = seams.random_id();
    staff_openings::propose(tx, id, wish)?;
    ask(tx, seams, by, Deed::ShortenOpenings(id), summary)
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
        Deed::PrepareKey(key) => {
            let key = standing_at(tx, key, Standing::Proposed)?;
            Ok(paper_keys::stand(tx, seams, actor, &key, Standing::Prepared)?)
        }
        Deed::UseKey(key) => {
            let key = standing_at(tx, key, Standing::Prepared)?;
            Ok(paper_keys::stand(tx, seams, actor, &key, Standing::Decided)?)
        }
        Deed::SwitchTaxYear(id) => {
            let switch = years::proposal(tx, id)?.ok_or(Refusal::Unknown)?;
            // It waited until its day was over: whoever came that day was served by the old rule.
            if switch.from < seams.today() {
                return Err(Refusal::Expired.into());
            }
            years::set_switch(tx, &switch)?;
            let (year, from) = (switch.fiscal_year.to_string(), switch.from.to_string());
            let details = [("setting", "tax-year"), ("year", year.as_str()), ("from", from.as_str())];
            audit::append(tx, seams, actor, Event::SettingChanged, &details)?;
            Ok(())
        }
        Deed::UseApplicationKey(key) => done(application_keys::bring_in(tx, seams, actor, key)?),
        // It may have become needed meanwhile.
        Deed::RetireApplicationKey(key) => done(application_keys::retire(tx, seams, actor, key)?),
        Deed::ReprintStaffId(id) => Ok(staff_id_list::allow_reprint(tx, seams, id)?),
        Deed::ShortenOpenings(id) => Ok(staff_openings::allow(tx, seams.now(), id)?),
        Deed::ReleaseLetters(dispatch) | Deed::ReleaseNotice(dispatch) => {
            match dispatch::release(tx, seams, actor, dispatch) {
                Ok(()) => Ok(()),
                Err(dispatch::DispatchError::Store(error)) => Err(error.into()),
                Err(_) => Err(Refusal::Unknown.into()),
            }
        }
    }
}

fn done(is_done: bool) -> Result<(), StaffError> {
    if is_done { Ok(()) } else { Err(Refusal::Unknown.into()) }
}
