//! How many a notice would reach, by ward and age band, without telling of a few.
//!
//! Counts below [`rules::counts::MINIMUM`] are hidden, and others with them where they could be computed. Two counts of nearly
//! the same rule could be subtracted: every count is on record, an officer counts [`A_DAY`] times a day at most, and nothing is
//! shown when the people of an earlier rule ([`DAYS`] days back) differ from these by fewer than the minimum, nobody included:
//! that a condition leaves out none of a few tells of them as well. A rule for fewer than the minimum gets one constant answer.

use aws_lc_rs::digest::{SHA256, digest};
use base::{Id, Timestamp};
use rules::counts::MINIMUM;
use rules::{Cell, Outcome, Rule, Table};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;

use super::audience::evaluated;
use super::{CampaignError, admission, get};
use crate::notices_for_you::facts::{City, Kept, Wishes};

/// Counts of one officer in 24 hours.
pub const A_DAY: i64 = 20;
/// Days for which earlier counts are compared.
pub const DAYS: i64 = 30;
/// Earlier rules that are compared, the newest.
const COMPARED: i64 = 200;

/// A count as it is shown; `None` is hidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Wards, in the order of the rows; `None` is not known.
    pub wards: Vec<Option<u16>>,
    /// By ward, then by the seven age bands and "not known", then the ward's sum.
    pub rows: Vec<Vec<Option<u64>>>,
    /// Sums of the bands, and of all.
    pub sums: Vec<Option<u64>>,
    /// How many cannot be judged for want of facts or consent.
    pub undecided: Option<u64>,
    /// How many receive notices at all.
    pub receiving: Option<u64>,
}

impl Counts {
    /// All of the audience.
    pub fn total(&self) -> Option<u64> {
        self.sums.last().copied().flatten()
    }

    /// What is shown of every audience below the minimum, an empty one included: always the same.
    fn of_a_few() -> Self {
        Self { wards: Vec::new(), rows: Vec::new(), sums: vec![None], undecided: None, receiving: None }
    }

    fn of(table: &Table, undecided: u64, receiving: u64) -> Self {
        let shown = |cell: &Cell| match cell {
            Cell::Shown(count) => Some(*count),
            Cell::Hidden => None,
        };
        let row = |cells: &[Cell], sum: &Cell| cells.iter().chain([sum]).map(shown).collect::<Vec<_>>();
        let rows = table.cells.iter().zip(&table.ward_totals).map(|(cells, sum)| row(cells, sum)).collect();
        let sums = row(&table.band_totals, &table.total);
        let total = sums.last().copied().flatten();
        // The three parts make up those who receive: when one is small, the other two must not give it away.
        let whole = |count: u64| count == 0 || count >= MINIMUM;
        let others = total.and_then(|total| receiving.checked_sub(total + undecided));
        let tells_nothing = whole(undecided) && others.is_some_and(whole);
        Self {
            wards: table.wards.clone(),
            rows,
            sums,
            undecided: Some(undecided).filter(|_| tells_nothing),
            receiving: Some(receiving).filter(|count| whole(*count)),
        }
    }
}

/// A count on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// When.
    pub at: Timestamp,
    /// What was shown; `None` when it was too near to an earlier count.
    pub shown: Option<Counts>,
    /// The hash of the rule.
    pub rule_hash: Vec<u8>,
}

/// The hash of a rule.
pub fn hash(rule: &Rule) -> Vec<u8> {
    digest(&SHA256, rule.to_stored().as_bytes()).as_ref().to_vec()
}

/// Counts the audience of a notice, on record. The same rule on the same day is not counted again.
///
/// # Errors
/// [`CampaignError`]: an audience that cannot be judged; too many counts.
pub fn count(
    inside: &Inside,
    kept: &Kept,
    actor: &Actor,
    id: Id,
    wishes: &dyn Wishes,
) -> Result<Counted, CampaignError> {
    let campaign = inside.store.read::<_, StoreError, _>(|tx| get(tx, id))?.ok_or(CampaignError::Unknown)?;
    let (now, today, by) = (inside.seams.now(), inside.seams.today(), actor.key());
    let (live, resolved) = campaign.audience.live(today, admission(inside))?;
    let (rule, rule_hash) = (live.rule().clone(), hash(live.rule()));
    let (same, made, earlier) = inside.store.read::<_, StoreError, _>(|tx| {
        let same = last(tx, id, &rule_hash)?.filter(|counted| counted.at.date_in_japan() == today);
        Ok((same, made_by(tx, &by, now)?, earlier(tx, now, &rule_hash)?))
    })?;
    if let Some(same) = same {
        return Ok(same);
    }
    if made >= A_DAY {
        return Err(CampaignError::TooManyCounts(A_DAY));
    }
    let city = kept.now(inside, actor, wishes)?;
    let shown = counted(&city, (&rule, &resolved), &earlier, inside)?;
    let counted = Counted { at: now, shown, rule_hash };
    let (kept, count, stored) = (counted.clone(), inside.seams.random_id(), rule.to_stored());
    inside.store.write::<_, StoreError, _>(move |tx| {
        let shown = kept.shown.as_ref().map(|shown| serde_json::json!(shown).to_string());
        tx.execute(
            "INSERT INTO notice_counts (count_id, campaign_id, counted_at, counted_by, rule, rule_hash, counted_on, shown) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                count.into(),
                id.into(),
                now.into(),
                by.as_str().into(),
                stored.as_str().into(),
                kept.rule_hash.as_slice().into(),
                today.into(),
                shown.as_deref().into(),
            ],
        )
    })?;
    Ok(counted)
}

fn counted(
    city: &City,
    (rule, resolved): (&Rule, &rules::Resolved),
    earlier: &[Rule],
    inside: &Inside,
) -> Result<Option<Counts>, CampaignError> {
    // The day turned between reading the city and asking: the rule is of the city's day, or nobody's.
    let Ok(audience) = city.audience(resolved) else { return Err(CampaignError::State) };
    // Before any comparison: its answer would tell of these few.
    if audience.count(Outcome::Eligible) < MINIMUM {
        return Ok(Some(Counts::of_a_few()));
    }
    let today = city.snapshot.day();
    for other in earlier.iter().filter(|other| bare(other) != bare(rule)) {
        // One that may not be evaluated any more tells nothing new today.
        let Ok((_, other)) = evaluated(other.clone(), today, admission(inside)) else { continue };
        let differing = city.audience(&other).ok().and_then(|other| audience.differing(&other));
        if differing.is_some_and(|differing| differing < MINIMUM) {
            return Ok(None);
        }
    }
    let table = city.snapshot.table(&audience, Outcome::Eligible, MINIMUM);
    Ok(Some(Counts::of(&table, audience.count(Outcome::Undecided), city.receiving())))
}

/// A rule without its revision and sources: two that are the same so are one question.
fn bare(rule: &Rule) -> Rule {
    let mut bare = Rule { revision: 0, sex_basis: None, ..rule.clone() };
    bare.parameters.iter_mut().flat_map(|parameter| &mut parameter.values).for_each(|value| value.source = None);
    bare
}

/// The last count of a notice by the rule with this hash.
///
/// # Errors
/// [`StoreError`].
pub fn last(tx: &mut Tx<'_>, campaign: Id, rule_hash: &[u8]) -> Result<Option<Counted>, StoreError> {
    let row = tx.query_one(
        "SELECT counted_at, shown, rule_hash FROM notice_counts WHERE campaign_id = $1 AND rule_hash = $2 \
         ORDER BY counted_at DESC LIMIT 1",
        &[campaign.into(), rule_hash.into()],
    )?;
    row.map(|row| {
        let broken = StoreError::Column { column: 1, wanted: "a count" };
        let shown = row.opt_text(1)?.map(serde_json::from_str).transpose().map_err(|_| broken)?;
        Ok(Counted { at: row.timestamp(0)?, shown, rule_hash: row.blob(2)?.to_vec() })
    })
    .transpose()
}

fn made_by(tx: &mut Tx<'_>, by: &str, now: Timestamp) -> Result<i64, StoreError> {
    let since = now.plus_seconds(-86_400);
    let row = tx.query_one(
        "SELECT COUNT(*) FROM notice_counts WHERE counted_by = $1 AND counted_at > $2",
        &[by.into(), since.into()],
    )?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// Other rules that were counted and shown, the newest.
fn earlier(tx: &mut Tx<'_>, now: Timestamp, but: &[u8]) -> Result<Vec<Rule>, StoreError> {
    let rows = tx.query(
        "SELECT rule FROM notice_counts WHERE counted_at > $1 AND rule_hash <> $2 AND shown IS NOT NULL \
         GROUP BY rule ORDER BY MAX(counted_at) DESC LIMIT $3",
        &[now.plus_seconds(-86_400 * DAYS).into(), but.into(), COMPARED.into()],
    )?;
    rows.iter().filter_map(|row| row.text(0).map(|text| Rule::from_stored(text).ok()).transpose()).collect()
}
