//! What machines gave back, for everybody to see (`/effect`): counts of whole months that are over, small ones left out.
//!
//! ```text
//!  inside: months, kinds, figures ─► Report (cells below ten left out) ─► relay, once a month ─► outside: the open page
//! ```
//! A report changes only when a month is over, so that two of them never differ by one person's paper. Where a single cell
//! would be left out, the next smallest is too: else the sum would tell it. Minutes are told by kind, for kinds that are
//! shown, and their sum is of those alone.

use base::{Date, Seams};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use tools::effect_report::{self, CardsGiven, MONTHS, first_of};
use tools::relay::RelayError;

use super::choices::CertificateKind;
use super::effect::{self, Goal};
use super::usage::{self, month_from};

/// A count below this is not told. Our own figure.
pub const LEAST: i64 = 10;

/// A count, where it is told.
pub type Told = Option<i64>;

/// Copies of a month, all kinds together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthTold {
    /// `2026-10`.
    pub month: String,
    /// From machines, ours and those in stores.
    pub copies: Told,
}

/// A kind over all months told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindTold {
    /// The kind.
    pub kind: CertificateKind,
    /// From machines, ours and those in stores.
    pub copies: Told,
    /// Minutes of residents; absent with the copies.
    pub resident: Told,
    /// Minutes of staff; absent with the copies.
    pub staff: Told,
}

/// The same, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardsTold {
    /// What people call the card: 日本語, やさしい日本語, English.
    pub names: [String; 3],
    /// Cards of plastic that were not made.
    pub not_issued: Told,
    /// Fees that people did not pay; absent with the cards.
    pub yen: Told,
    /// Visits to a desk that were not needed.
    pub visits: Told,
}

/// Everything the open page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The months, oldest first. The last is the one that ended last.
    pub months: Vec<MonthTold>,
    /// The kinds that came out at all.
    pub kinds: Vec<KindTold>,
    /// 利用率 over the months for which other routes were counted, in thousandths.
    pub rate_permille: Option<i64>,
    /// The policy's goal for it and the fiscal year it is promised for.
    pub goal: Option<(i64, i64)>,
    /// Whether the minutes are an assumption that nobody has measured.
    pub is_assumed: bool,
    /// The cards of services. A report from before has none.
    #[serde(default)]
    pub cards: Vec<CardsTold>,
}

impl Report {
    /// Copies, minutes of residents and of staff of all kinds that are told.
    pub fn totals(&self) -> [i64; 3] {
        self.kinds.iter().fold([0; 3], |[copies, resident, staff], kind| {
            let of = Option::unwrap_or_default;
            [copies + of(kind.copies), resident + of(kind.resident), staff + of(kind.staff)]
        })
    }

    /// Reads what was sent. `None`: another build wrote it.
    pub fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// Which of these counts are told: none below [`LEAST`], and never all but one.
fn told(counts: &[i64]) -> Vec<bool> {
    let mut told: Vec<bool> = counts.iter().map(|count| *count >= LEAST || *count == 0).collect();
    if told.iter().filter(|told| !**told).count() == 1 {
        let smallest =
            counts.iter().zip(&mut told).filter(|(count, told)| **told && **count > 0).min_by_key(|(count, _)| **count);
        if let Some((_, told)) = smallest {
            *told = false;
        }
    }
    told
}

/// Cards as they are told: few are not, nor is the one that the others would tell, nor few visits.
fn cards_told(given: &[CardsGiven]) -> Vec<CardsTold> {
    let counts = |of: fn(&CardsGiven) -> i64| told(&given.iter().map(of).collect::<Vec<_>>());
    let (cards, visits) = (counts(|one| one.not_issued), counts(|one| one.online));
    let all = given.iter().zip(cards.into_iter().zip(visits));
    all.map(|(one, (cards, visits))| CardsTold {
        names: one.names.clone(),
        not_issued: cards.then_some(one.not_issued),
        yen: cards.then_some(one.yen),
        visits: (cards && visits).then_some(one.online),
    })
    .collect()
}

/// The report of the months that are over on `today`; `cards` are those given in [`span`].
///
/// # Errors
/// The database.
pub fn report(tx: &mut Tx<'_>, today: Date, cards: &[CardsGiven]) -> Result<Report, StoreError> {
    let last = month_from(first_of(today), -1);
    let months = usage::months(tx, last, MONTHS)?;
    let mut kinds: Vec<KindTold> = Vec::new();
    for month in &months {
        let mut given = effect::given_back(tx, month.month)?;
        given.extend(effect::given_back_in_stores(tx, month.month)?);
        for given in given {
            let at = kinds.iter().position(|one| one.kind == given.kind).unwrap_or_else(|| {
                kinds.push(KindTold { kind: given.kind, copies: Some(0), resident: Some(0), staff: Some(0) });
                kinds.len() - 1
            });
            let Some(one) = kinds.get_mut(at) else { continue };
            for (sum, more) in
                [(&mut one.copies, given.copies), (&mut one.resident, given.resident), (&mut one.staff, given.staff)]
            {
                *sum = sum.map(|sum| sum + more);
            }
        }
    }
    let counts: Vec<i64> = kinds.iter().map(|one| one.copies.unwrap_or_default()).collect();
    for (one, is_told) in kinds.iter_mut().zip(told(&counts)) {
        if !is_told {
            (one.copies, one.resident, one.staff) = (None, None, None);
        }
    }
    let counts: Vec<i64> = months.iter().map(usage::Month::kiosks).collect();
    let shown = told(&counts);
    let counted = || months.iter().filter(|month| month.rate_permille().is_some());
    let (kiosks, all) = counted().fold((0, 0), |(kiosks, all), month| (kiosks + month.kiosks(), all + month.all()));
    let goal = effect::targets(tx)?.into_iter().rfind(|target| target.goal == Goal::Rate);
    let figures = effect::minutes(tx)?;
    Ok(Report {
        months: months
            .iter()
            .zip(shown)
            .map(|(month, is_told)| MonthTold { month: word(month.month), copies: is_told.then(|| month.kiosks()) })
            .collect(),
        kinds,
        rate_permille: (all >= LEAST).then(|| kiosks * 1000 / all),
        goal: goal.map(|target| (target.amount, target.fiscal_year)),
        is_assumed: figures.iter().any(|figure| figure.source == "assumption"),
        cards: cards_told(cards),
    })
}

fn word(month: Date) -> String {
    month.to_string().chars().take(7).collect()
}

/// Inside: sends the report of the month that ended last, once. Says whether it did.
///
/// # Errors
/// [`RelayError`].
pub fn publish(tx: &mut Tx<'_>, seams: &Seams, cards: &[CardsGiven]) -> Result<bool, RelayError> {
    let today = seams.today();
    let month = word(month_from(first_of(today), -1));
    if effect_report::is_sent(tx, &month)? {
        return Ok(false);
    }
    let report = serde_json::json!(report(tx, today, cards)?).to_string();
    effect_report::send(tx, seams, &month, &report)?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_below_ten_is_told_and_none_follows_from_the_others() {
        assert_eq!(told(&[100, 9, 50]), [true, false, false], "the sum would tell the 9");
        assert_eq!(told(&[100, 9, 3]), [true, false, false]);
        assert_eq!(told(&[100, 0, 10]), [true, true, true], "none is none");
        assert_eq!(told(&[7]), [false]);
    }

    #[test]
    fn few_cards_are_not_told_nor_what_they_saved_nor_few_visits() {
        let given =
            |not_issued, online| CardsGiven { names: Default::default(), not_issued, yen: not_issued * 300, online };
        let told = cards_told(&[given(40, 12), given(9, 9), given(200, 100), given(50, 3)]);
        let cells: Vec<_> = told.iter().map(|one| (one.not_issued, one.yen, one.visits)).collect();
        let none = (None, None, None);
        // The 9 would follow from the sum: the next smallest goes too. 9 and 3 visits are few.
        assert_eq!(cells, [none, none, (Some(200), Some(60_000), Some(100)), (Some(50), Some(15_000), None)]);
    }

    #[test]
    fn a_report_from_before_has_no_cards() {
        let old = r#"{"months":[],"kinds":[],"rate_permille":null,"goal":null,"is_assumed":true}"#;
        assert_eq!(Report::read(old).map(|report| report.cards), Some(Vec::new()));
    }
}
