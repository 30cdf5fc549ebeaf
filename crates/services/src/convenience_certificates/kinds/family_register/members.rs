//! Who is in the register, for the choosing screen. Refuses early what `begin` would refuse.

use tools::Inside;
use tools::family_register::{FamilyRegisterSnapshot, Shows, also_shows, why_not_at_a_machine};

use super::super::super::actions::Answer;
use super::super::super::applicant::Applicant;
use super::super::super::choices::CertificateKind;
use super::super::super::hours::Family;
use super::super::super::looking::{closed_to, is_out_of_hours};
use super::super::super::refusal::{No, Refusal};

/// A member as the choosing screen lists them.
#[derive(Clone, PartialEq, Eq)]
pub struct FamilyMemberShown {
    /// Number within the register; pages use the position in the list.
    pub order: u32,
    /// 氏名.
    pub name: String,
    /// Whether this is the applicant.
    pub is_applicant: bool,
}

impl std::fmt::Debug for FamilyMemberShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FamilyMemberShown(<personal>)")
    }
}

/// Those entered in the applicant's register, for choosing within `kind`.
///
/// # Errors
/// [`super::super::super::ActionError`]; inner: [`Refusal`].
pub fn family(
    city: &Inside,
    issuing_fresh_minutes: u32,
    applicant: &Applicant,
    kind: CertificateKind,
) -> Answer<Vec<FamilyMemberShown>> {
    let (city, applicant) = (city.clone(), applicant.clone());
    let store = city.store.clone();
    store.write(move |tx| {
        if let Some(refusal) = closed_to(tx, &city, issuing_fresh_minutes, kind)? {
            return Ok(Err(refusal));
        }
        if is_out_of_hours(tx, &city, &applicant, Family::FamilyRegister)? {
            return Ok(Err(Refusal::OutOfHours));
        }
        let listed = super::with_register(tx, &city, &applicant, kind, |tx, access, snapshot| {
            let causes = why_not_at_a_machine(snapshot, snapshot.subject, city.seams.today());
            if !causes.is_empty() {
                return Ok(Err(No::FamilyRegister(causes)));
            }
            let members = entered(snapshot);
            let shown: Vec<u32> = members.iter().map(|member| member.order).collect();
            also_shows(tx, access, snapshot, Shows::Members(&shown))?;
            Ok(Ok(members))
        })?;
        Ok(listed.map_err(|no| no.refusal()))
    })
}

fn entered(snapshot: &FamilyRegisterSnapshot) -> Vec<FamilyMemberShown> {
    let register = &snapshot.register;
    let entered = register.members.iter().filter(|member| member.state.is_entered());
    entered
        .map(|member| FamilyMemberShown {
            order: member.order,
            name: register.full_name(member),
            is_applicant: member.order == snapshot.subject,
        })
        .collect()
}
