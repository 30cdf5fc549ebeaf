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
use tools::effect_report;
use tools::relay::RelayError;

use super::choices::CertificateKind;
use super::effect::{self, Goal};
use super::usage::{self, month_from};

/// A count below this is not told. Our own figure.
pub const LEAST: i64 = 10;
/// Months told.
const MONTHS: i32 = 12;

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

/// The report of the months that are over on `today`.
///
/// # Errors
/// The database.
pub fn report(tx: &mut Tx<'_>, today: Date) -> Result<Report, StoreError> {
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
    })
}

fn first_of(day: Date) -> Date {
    let (year, month, _) = day.parts();
    Date::new(year, month, 1).unwrap_or(day)
}

fn word(month: Date) -> String {
    month.to_string().chars().take(7).collect()
}

/// Inside: sends the report of the month that ended last, once. Says whether it did.
///
/// # Errors
/// [`RelayError`].
pub fn publish(tx: &mut Tx<'_>, seams: &Seams) -> Result<bool, RelayError> {
    let today = seams.today();
    let month = word(month_from(first_of(today), -1));
    if effect_report::is_sent(tx, &month)? {
        return Ok(false);
    }
    let report = serde_json::json!(report(tx, today)?).to_string();
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
}
