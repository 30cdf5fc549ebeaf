//! Why somebody got a notice (なぜ届いたか): judged again by the rule of that notice, for themselves alone.

use rules::{Line, Outcome, judge};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use tools::access::Actor;
use tools::dispatch::intake::Recipient;
use tools::portal::post::Opened;
use tools::portal::{Post, PostError, Topic, link, own_records};
use tools::{Inside, ResidentId};
use ui::Language;

use super::audience::evaluated;
use super::{admission, of_letter};
use crate::notices_for_you::facts::{FactsError, Wishes, household_of};
use crate::notices_for_you::schemes::Said;
use crate::notices_for_you::wishes::catalogue::city_words;
use crate::notices_for_you::wishes::language_of_rules;

/// Outside → inside: somebody asks why they got a letter.
pub const ASKED: Topic = "notice_why";
/// Inside → outside: why.
pub const ANSWER: Topic = "notice_why_answer";

/// The question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The letter.
    pub letter: String,
    /// In which language to answer, by its code.
    pub language: String,
}

/// The answer. Personal.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The letter.
    pub letter: String,
    /// The language, by its code.
    pub language: String,
    /// What comes out today; `None` when nothing can be said (not a notice, or nothing is judged any more).
    pub outcome: Option<Outcome>,
    /// The way there.
    pub lines: Vec<Said>,
}

impl std::fmt::Debug for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Why(<personal>)")
    }
}

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

/// Whether `resident` may have got this letter. Nobody has one that was not released. While its recipients are kept, only one
/// of them whose turn was. They are erased when it is over: then everybody may, a few times an hour.
fn may_have_got(inside: &Inside, letter: &str, resident: &ResidentId) -> Result<bool, PostError> {
    let campaign = inside.store.read::<_, StoreError, _>(|tx| of_letter(tx, letter))?;
    let Some(dispatch) = campaign.and_then(|campaign| campaign.dispatch) else { return Ok(false) };
    if dispatch.released_at.is_none() {
        return Ok(false);
    }
    let (id, mut after, mut are_kept) = (dispatch.id, -1_i64, false);
    loop {
        let sql = "SELECT number, first, content FROM dispatch_pieces WHERE dispatch_id = $1 AND number > $2 \
                   ORDER BY number LIMIT 1";
        let row = inside.store.read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into(), after.into()]))?;
        let Some(row) = row else { return Ok(!are_kept) };
        are_kept = true;
        after = row.int(0)?;
        // Lines behind `done` wait for their turn.
        let turns = usize::try_from(dispatch.done + 1 - row.int(1)?).unwrap_or(0);
        if turns == 0 {
            return Ok(false);
        }
        let plain = inside.vault.open_sealed(&dispatch.sealed_under(), "dispatch_pieces.content", row.blob(2)?)?;
        let all: Vec<Recipient> = serde_json::from_slice(&plain).map_err(|_| PostError::Later("recipients"))?;
        if all.iter().take(turns).any(|one| one.resident == resident.as_str()) {
            return Ok(true);
        }
    }
}

/// Takes [`ASKED`] and answers with [`ANSWER`]; twice is the same answer twice. What is asked too often is not answered.
///
/// # Errors
/// [`PostError`].
pub fn answer(
    inside: &Inside,
    post: &std::sync::Arc<Post>,
    opened: &Opened,
    wishes: impl Wishes + Clone + 'static,
) -> Result<(), PostError> {
    let asked: Asked = opened.json()?;
    let language = Language::from_code(&asked.language).ok_or(PostError::Malformed("a language"))?;
    let account = opened.account;
    let resident = inside.store.read::<_, StoreError, _>(move |tx| link::resident_of(tx, account))?;
    let seams = inside.seams.clone();
    let may_answer = move |tx: &mut Tx<'_>| own_records::may_answer(tx, &seams, account, ASKED);
    // Counted first: looking for a recipient is work too.
    if !inside.store.write::<_, StoreError, _>(may_answer)? {
        return Ok(());
    }
    let resident = match resident {
        Some(resident) if may_have_got(inside, &asked.letter, &resident)? => Some(resident),
        _ => None,
    };
    let (zone, post) = (inside.clone(), post.clone());
    inside.store.write::<_, PostError, _>(move |tx| {
        let found = match &resident {
            Some(resident) => why(tx, &zone, &asked.letter, resident, language, &wishes).map_err(not_now)?,
            None => None,
        };
        let (outcome, lines) = found.map_or((None, Vec::new()), |(outcome, lines)| (Some(outcome), lines));
        let said = Why {
            letter: asked.letter.clone(),
            language: asked.language.clone(),
            outcome,
            lines: lines.into_iter().map(Said::from).collect(),
        };
        post.send(tx, &zone.seams, account, ANSWER, &said).map(drop)
    })
}

fn not_now(error: FactsError) -> PostError {
    match error {
        FactsError::Store(error) => PostError::Store(error),
        FactsError::Access(error) => PostError::Access(error),
        FactsError::Register(tools::register::RegisterError::Store(error)) => PostError::Store(error),
        _ => PostError::Later("residents' facts cannot be read"),
    }
}
