//! Why somebody got a notice (なぜ届いたか): judged again by the rule of that notice, for themselves alone.

use rules::{Line, Outcome, judge};
use store::Tx;
use tools::access::Actor;
use tools::{Inside, ResidentId};
use ui::Language;

use super::audience::evaluated;
use super::{admission, of_letter};
use crate::notices_for_you::facts::{FactsError, Wishes, household_of};
use crate::notices_for_you::wishes::catalogue::city_words;
use crate::notices_for_you::wishes::language_of_rules;

/// Why `resident` got this letter, by the revision of the rule with which it was sent and by what is known today; `None` when it
/// is no notice of ours, or nothing may be judged about them any more. The person reads their own record; another of the
/// household who opened tax data gets an entry.
///
/// # Errors
/// [`FactsError`].
pub fn why(
    tx: &mut Tx<'_>,
    inside: &Inside,
    letter: &str,
    resident: &ResidentId,
    language: Language,
    wishes: &dyn Wishes,
) -> Result<Option<(Outcome, Vec<Line>)>, FactsError> {
    let Some(rule) = of_letter(tx, letter)?.and_then(|campaign| campaign.rule) else { return Ok(None) };
    let Ok((_, resolved)) = evaluated(rule, inside.seams.today(), admission(inside)) else { return Ok(None) };
    let own = Actor::Resident { resident: resident.clone(), terminal: None };
    let Some(place) = household_of(tx, &inside.seams, &own, None, resident, wishes)? else { return Ok(None) };
    let judged = judge(&resolved, &place.household, place.who);
    Ok(judged.map(|judged| (judged.outcome(), judged.lines(language_of_rules(language), &city_words()))))
}
