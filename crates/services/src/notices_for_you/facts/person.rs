//! One person and their household.

use base::{Id, Seams};
use rules::{DataClass, Household};
use store::Tx;
use tools::ResidentId;
use tools::access::{self, Actor};
use tools::register::{self, RegisterError};
use tools::tax_records::{self, TaxRecord};

use super::{Beside, FactsError, Taxed, Wishes, purpose, scene, tax_year};

/// A household, and which of its members was asked about.
#[derive(Debug)]
pub struct Place {
    /// Everybody of the household who is entered.
    pub household: Household,
    /// The person's place in it.
    pub who: usize,
}

/// The household of `resident` as rules read it; `None` when they may not be matched: unknown, gone, protected, not certain
/// today, or not receiving. Their record is read under an access of `actor`, and so is the tax record of each member who
/// opened it; `work` makes several readings for one thing one entry.
///
/// # Errors
/// [`FactsError`].
pub fn household_of(
    tx: &mut Tx<'_>,
    seams: &Seams,
    actor: &Actor,
    work: Option<Id>,
    resident: &ResidentId,
    wishes: &dyn Wishes,
) -> Result<Option<Place>, FactsError> {
    let today = seams.today();
    let told = wishes.of(tx, std::slice::from_ref(resident))?;
    // Nobody's record is opened who does not want notices.
    if !told.get(resident).is_some_and(|opened| opened.receives) {
        return Ok(None);
    }
    let reading = |with_tax| match work {
        Some(work) => purpose(with_tax).for_work(work),
        None => purpose(with_tax),
    };
    let opens_tax = told.get(resident).is_some_and(|opened| opened.consents.opens(DataClass::Tax));
    let own = access::person(tx, seams, actor, &reading(opens_tax), resident)?;
    let found = match register::household_snapshot(tx, &own) {
        Err(RegisterError::NotFound) => return Ok(None),
        found => found?,
    };
    let members: Vec<ResidentId> = found.entered_members().map(|member| member.id.clone()).collect();
    let mut beside = Beside { opened: wishes.of(tx, &members)?, ..Beside::default() };
    let year = tax_year(tx, today)?;
    for (member, opened) in &beside.opened {
        if !(opened.receives && opened.consents.opens(DataClass::Tax)) {
            continue;
        }
        let other =
            if member == resident { None } else { Some(access::person(tx, seams, actor, &reading(true), member)?) };
        let held = tax_records::read(tx, other.as_ref().unwrap_or(&own), year)?;
        if let Some(taxed) = held.and_then(|held| taxed(&held, year)) {
            beside.taxes.insert(member.clone(), taxed);
        }
    }
    let scene = scene(&found, &beside, today);
    let who = scene.residents.iter().position(|member| member == resident);
    Ok(who.filter(|who| scene.may_match[*who]).map(|who| Place { household: scene.household, who }))
}

fn taxed(held: &tools::copied_records::Held<TaxRecord>, year: i16) -> Option<Taxed> {
    Taxed::of(&held.record, held.is_complete, year)
}
