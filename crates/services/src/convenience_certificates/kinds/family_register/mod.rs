//! 戸籍全部事項証明書, 戸籍個人事項証明書, 戸籍の附票の写し; at the counter also of a register that is no longer current (除籍).
//!
//! For those entered in a register of this city: residents, known by their card, and people who live elsewhere and have
//! registered (本籍地利用登録). At a machine each may take what concerns anybody in the same register (戸籍法 第10条; certificates
//! §1.3). Every cause in the register is one sentence ([`Refusal::AskAtTheCounter`]); that somebody's 本籍 is in another city
//! is said by its name, and is told from the person's own entry in the register of residents, never from a family register.
//!
//! ```text
//!  Applicant ─┬─ resident ──────► read ───────────┐
//!             └─ RegisteredPerson ► still holds? ─► read_registered ─► rules ─► shown members disclosed ─► FamilyContent
//! ```
//!
//! [`Refusal::AskAtTheCounter`]: crate::convenience_certificates::Refusal::AskAtTheCounter

pub mod members;
#[cfg(test)]
mod tests;
pub mod wording;

use base::Date;
use paper::Body;
use paper::forms::family_register::FamilyRegister as Form;
use store::Tx;
use tools::access::{self, Item, PersonAccess};
use tools::family_register::registration::still_holds;
use tools::family_register::{
    Cause, FamilyRegisterError, FamilyRegisterSnapshot, Shows, also_shows, read, read_closed, read_registered,
    why_not_at_a_machine,
};
use tools::register::{self, RegisterError, SnapshotVersion};
use tools::{Inside, ResidentId};

use super::super::actions::ActionError;
use super::super::applicant::Applicant;
use super::super::choices::{CertificateKind, Choices, Members};
use super::super::refusal::No;

/// What will be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyContent {
    /// The version of the family registers that all of it belongs to (I7).
    pub version: SnapshotVersion,
    /// Who asked.
    pub applicant: ResidentId,
    /// The paper's own value.
    pub form: Form,
    /// The choices as one word of ASCII.
    pub options: String,
}

impl std::fmt::Debug for FamilyContent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FamilyContent({}, {} people)", self.version, self.form.members.len())
    }
}

impl FamilyContent {
    /// Whether a paper drawn from `other` says what one drawn from this would.
    pub fn prints_as(&self, other: &Self) -> bool {
        let Self { version: _, applicant, form, options } = self;
        *applicant == other.applicant && *form == other.form && *options == other.options
    }

    /// Every decided value at its place on the form.
    pub fn body(&self) -> Body {
        Body::FamilyRegister(self.form.clone())
    }
}

/// Whether a kind reads the family registers.
pub const fn is_family(kind: CertificateKind) -> bool {
    matches!(
        kind,
        CertificateKind::FamilyRegisterCertificate
            | CertificateKind::FamilyRegisterPersonCertificate
            | CertificateKind::FamilyRegisterAppendix
            | CertificateKind::ClosedFamilyRegisterCertificate
    )
}

/// Reads the register with an access (so the disclosure is written in this transaction, also for a no) and decides.
pub(in super::super) fn look(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
) -> Result<Result<FamilyContent, No>, ActionError> {
    with_register(tx, city, applicant, choices.kind, |tx, access, snapshot| {
        Ok(match decide(snapshot, applicant.resident(), choices, city.seams.today()) {
            Ok((content, shown)) => {
                also_shows(tx, access, snapshot, Shows::Members(&shown))?;
                Ok(content)
            }
            Err(no) => Err(no),
        })
    })
}

/// Does `act` with the register of the applicant, read for them alone so far.
fn with_register<T>(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    kind: CertificateKind,
    act: impl FnOnce(&mut Tx<'_>, &mut PersonAccess, &FamilyRegisterSnapshot) -> Result<Result<T, No>, ActionError>,
) -> Result<Result<T, No>, ActionError> {
    let items: &[Item] = match kind {
        CertificateKind::FamilyRegisterAppendix => &[Item::Name, Item::BirthDate, Item::Domicile, Item::Appendix],
        _ => &[Item::Name, Item::BirthDate, Item::Domicile, Item::FamilyRegister],
    };
    let purpose = applicant.purpose(items);
    let mut access = access::person(tx, &city.seams, applicant.actor(), &purpose, applicant.resident())?;
    let found = match applicant.registered() {
        Some(person) if still_holds(tx, city.seams.now(), person)? => {
            read_registered(tx, &mut access, person, Shows::SubjectOnly)
        }
        Some(_) => Err(FamilyRegisterError::NotFound),
        None if kind == CertificateKind::ClosedFamilyRegisterCertificate => {
            read_closed(tx, &mut access, Shows::SubjectOnly)
        }
        None => read(tx, &mut access, Shows::SubjectOnly),
    };
    match found {
        Ok(snapshot) => act(tx, &mut access, &snapshot),
        Err(FamilyRegisterError::NotFound) if applicant.registered().is_none() => elsewhere(tx, city, &access).map(Err),
        Err(FamilyRegisterError::NotFound) => Ok(Err(No::FamilyRegister(vec![Cause::NotFound]))),
        Err(error) => Err(error.into()),
    }
}

/// Nobody of this key is entered here: is the 本籍 elsewhere, as the person's own entry says, or is it for the counter?
fn elsewhere(tx: &mut Tx<'_>, city: &Inside, access: &PersonAccess) -> Result<No, ActionError> {
    let person = match register::resident(tx, access) {
        Ok(person) => person,
        Err(RegisterError::NotFound) => return Ok(No::FamilyRegister(vec![Cause::NotFound])),
        Err(error) => return Err(error.into()),
    };
    let domicile = person.family_register.as_ref().map(|family| family.domicile.as_str());
    let is_here = domicile.is_some_and(|domicile| domicile.contains(&city.profile.name));
    Ok(if is_here { No::FamilyRegister(vec![Cause::NotFound]) } else { No::Elsewhere })
}

/// Decides: what is printed, and which members that shows. The register's causes are always computed in full before
/// anything is returned.
///
/// # Errors
/// [`No`].
pub fn decide(
    snapshot: &FamilyRegisterSnapshot,
    applicant: &ResidentId,
    choices: &Choices,
    today: Date,
) -> Result<(FamilyContent, Vec<u32>), No> {
    let mut causes = why_not_at_a_machine(snapshot, snapshot.subject, today);
    let is_closed = choices.kind == CertificateKind::ClosedFamilyRegisterCertificate;
    if is_closed {
        // What a closed register is for: its members have left it, and it is not current.
        causes.retain(|cause| !matches!(cause, Cause::Removed | Cause::NotCurrent));
    }
    let shown = shown(snapshot, choices);
    if !causes.is_empty() {
        return Err(No::FamilyRegister(causes));
    }
    let is_sound = choices.is_sensible() && choices.items == choices.items.of(choices.kind);
    let (Some(shown), true) = (shown, is_sound) else { return Err(No::Choices) };
    let register = &snapshot.register;
    let (form, options) = match choices.kind {
        CertificateKind::FamilyRegisterPersonCertificate => {
            (Form::of_register(register, Some(&shown)), numbered("person", &shown))
        }
        CertificateKind::FamilyRegisterAppendix => {
            let word = if choices.items.domicile { "domicile-members" } else { "members" };
            (Form::of_appendix(register, &shown, choices.items.domicile), numbered(word, &shown))
        }
        _ => (Form::of_register(register, None), "whole".to_owned()),
    };
    let content = FamilyContent { version: snapshot.version, applicant: applicant.clone(), form, options };
    Ok((content, shown))
}

/// Numbers within the register: nobody's key.
fn numbered(word: &str, members: &[u32]) -> String {
    members.iter().fold(word.to_owned(), |word, member| format!("{word}-{member}"))
}

/// The members that the paper shows; `None` when the choices name somebody who is not entered.
fn shown(snapshot: &FamilyRegisterSnapshot, choices: &Choices) -> Option<Vec<u32>> {
    let register = &snapshot.register;
    let entered: Vec<u32> =
        register.members.iter().filter(|member| member.state.is_entered()).map(|member| member.order).collect();
    let chosen = match &choices.members {
        Members::Applicant => vec![snapshot.subject],
        Members::Numbered(list) => {
            let mut list = list.clone();
            list.sort_unstable();
            list.dedup();
            list
        }
        Members::Household => entered.clone(),
        Members::Chosen(_) => return None,
    };
    match choices.kind {
        // Everybody, those who left too: that is what the whole is.
        CertificateKind::FamilyRegisterCertificate | CertificateKind::ClosedFamilyRegisterCertificate => {
            Some(register.members.iter().map(|member| member.order).collect())
        }
        CertificateKind::FamilyRegisterPersonCertificate if chosen.len() != 1 => None,
        _ => (!chosen.is_empty() && chosen.iter().all(|member| entered.contains(member))).then_some(chosen),
    }
}
