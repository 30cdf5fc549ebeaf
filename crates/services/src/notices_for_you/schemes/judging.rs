//! The schemes that are offered, and judging one person by them. Pure.

use base::Date;
use rules::{Admission, CityWords, Household, Language, Live, Outcome, Scheme, judge, judge_household};

use super::{JudgedScheme, Reasons, Said};

/// Days looked ahead for the day on which something comes out otherwise.
const AHEAD: i64 = 31;

/// A scheme that may judge here.
#[derive(Debug)]
pub struct Offered {
    scheme: Scheme,
    live: Live,
    is_sample: bool,
}

/// The schemes that may judge on `today`. A city judges by those whose every number somebody has read in its source; a
/// demo also by samples, and says so of each.
pub fn offered(today: Date, admission: Admission) -> Vec<Offered> {
    let of = |scheme: Scheme| {
        let is_sample = !scheme.rule.faults(today, Admission::Production).is_empty();
        let live = scheme.rule.clone().go_live(today, admission).ok()?;
        Some(Offered { scheme, live, is_sample })
    };
    rules::schemes::all().into_iter().filter_map(of).collect()
}

/// Judges member `who` by every scheme in force on `day`, with reasons.
pub fn judged(
    offered: &[Offered],
    city: &CityWords,
    household: &Household,
    who: usize,
    day: Date,
) -> Vec<JudgedScheme> {
    let of = |one: &Offered| {
        let judgement = judge(&one.live.on(day).ok()?, household, who)?;
        let lines = |language| judgement.lines(language, city).into_iter().map(Said::from).collect::<Vec<_>>();
        Some(JudgedScheme {
            code: one.scheme.code.clone().into_owned(),
            outcome: judgement.outcome(),
            is_open: one.scheme.window.is_open_on(day),
            is_sample: one.is_sample,
            wanted: judgement.wanted_consents(),
            reasons: Reasons {
                ja: lines(Language::Japanese),
                easy: lines(Language::EasyJapanese),
                en: lines(Language::English),
            },
        })
    };
    offered.iter().filter_map(of).collect()
}

/// The first day after `day` on which an outcome or a window is another one, from the same facts; a month ahead when
/// there is none until then.
pub fn next_change(offered: &[Offered], household: &Household, who: usize, day: Date) -> Date {
    let today = outcomes(offered, household, who, day);
    (1..AHEAD)
        .map(|ahead| day.plus_days(ahead))
        .find(|day| outcomes(offered, household, who, *day) != today)
        .unwrap_or_else(|| day.plus_days(AHEAD))
}

fn outcomes(offered: &[Offered], household: &Household, who: usize, day: Date) -> Vec<(Option<Outcome>, bool)> {
    let of = |one: &Offered| {
        let outcome = one.live.on(day).ok().and_then(|rule| {
            judge_household(&[rule], household).get(who).and_then(|outcomes| outcomes.first().copied())
        });
        (outcome, one.scheme.window.is_open_on(day))
    };
    offered.iter().map(of).collect()
}
