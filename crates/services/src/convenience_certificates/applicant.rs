//! Who asks: somebody whose right to the paper is proven.

use base::{Id, Timestamp};
use tools::ResidentId;
use tools::access::{Actor, Duty, Item, Purpose, PurposeError};
use tools::family_register::registration::RegisteredPerson;

/// Somebody whose right to their own paper is proven. Owned and passed along; never looked up again, and never made from
/// a posted id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applicant {
    resident: ResidentId,
    terminal: String,
    actor: Actor,
    /// Why, for whom and for which visit; the items are added when something is read.
    basis: Purpose,
    /// When the card was verified; `None` at the counter, which keeps its own hours.
    since: Option<Timestamp>,
    /// Somebody who lives elsewhere and has their family register here.
    registered: Option<RegisteredPerson>,
}

impl Applicant {
    /// The person behind a credential that `tools::credentials` found for a verified signature at `terminal`. `visit` is
    /// a random id of this session that began at `now`: all that is read in it is one line in the list of who looked.
    pub fn from_verified_card(
        found: &tools::credentials::VerifiedPerson,
        terminal: &str,
        visit: Id,
        now: Timestamp,
    ) -> Self {
        let resident = found.resident().clone();
        let actor = Actor::Resident { resident: resident.clone(), terminal: Some(terminal.to_owned()) };
        let basis = Purpose::new(Duty::CertificateSelf).for_work(visit);
        Self { resident, terminal: terminal.to_owned(), actor, basis, since: Some(now), registered: None }
    }

    /// Somebody who lives elsewhere, known by the registration of the card that was verified (本籍地利用登録). The register of
    /// residents does not know them: only the family register's papers are theirs.
    pub fn from_registered(person: RegisteredPerson, terminal: &str, visit: Id, now: Timestamp) -> Self {
        let resident = person.person().clone();
        let actor = Actor::Resident { resident: resident.clone(), terminal: Some(terminal.to_owned()) };
        let basis = Purpose::new(Duty::CertificateSelf).for_work(visit);
        let registered = Some(person);
        Self { resident, terminal: terminal.to_owned(), actor, basis, since: Some(now), registered }
    }

    /// By which registration somebody who lives elsewhere is known.
    pub const fn registered(&self) -> Option<&RegisteredPerson> {
        self.registered.as_ref()
    }

    /// A person a member of staff serves at the counter. `account` is `None` only on demo data; `visit` is a random id of
    /// this request, `purpose` what the member of staff says it is for.
    ///
    /// # Errors
    /// The purpose is too long or holds an Individual Number.
    pub fn at_the_counter(
        resident: ResidentId,
        account: Option<Id>,
        visit: Id,
        purpose: &str,
    ) -> Result<Self, PurposeError> {
        let basis = Purpose::new(Duty::CertificateCounter).for_work(visit).noting(purpose)?;
        let actor = Actor::CounterCommand { account };
        Ok(Self { resident, terminal: "counter".to_owned(), actor, basis, since: None, registered: None })
    }

    /// Who.
    pub const fn resident(&self) -> &ResidentId {
        &self.resident
    }

    /// Where the paper is asked for.
    pub fn terminal(&self) -> &str {
        &self.terminal
    }

    /// In whose name records are read.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The same person taking a copy of the paper into a wallet: reading for it is a piece of work of its own.
    pub(super) fn taking_a_copy(&self, work: Id) -> Self {
        Self { basis: Purpose::new(Duty::CertificateTwin).for_work(work), ..self.clone() }
    }

    /// When the card was verified; `None` at the counter.
    pub(super) const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Why these items are read.
    pub(super) fn purpose(&self, items: &[Item]) -> Purpose {
        self.basis.clone().reading(items)
    }
}

/// A member of the household as the choosing screen lists them.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberShown {
    /// Key, kept by the machine's session; pages use the position in the list, never this.
    pub id: ResidentId,
    /// Registered name.
    pub name: String,
    /// Whether this is the applicant.
    pub is_applicant: bool,
    /// Whether the foreign-resident switches apply.
    pub is_foreign: bool,
}

impl std::fmt::Debug for MemberShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MemberShown(<personal>)")
    }
}
