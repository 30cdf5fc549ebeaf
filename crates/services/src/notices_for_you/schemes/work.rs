//! The job inside: who must be judged again, and telling what came out.
//!
//! Somebody is judged when they register or change what they registered, when the register or the tax records were
//! loaded anew, and on the day on which something comes out otherwise by itself (a birthday, a window that opens).
//! What comes out the same is not told again.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base::{Date, Seams};
use rules::{Admission, Household};
use store::{StoreError, Tx};
use tools::portal::{AccountId, Post, PostError};
use tools::{Inside, ResidentId};

use super::judging::{Offered, judged, next_change, offered};
use super::{Judged, SCHEMES};
use crate::notices_for_you::wishes::catalogue::city_words;
use crate::notices_for_you::wishes::told::{self, Told};

/// Persons judged in one run.
const STEP: u32 = 50;

/// Where facts come from. Reading them is on record.
pub trait Facts: Send + Sync {
    /// Which state of the register and the tax records is shown now, as a word that changes with either.
    ///
    /// # Errors
    /// [`StoreError`].
    fn basis(&self, tx: &mut Tx<'_>) -> Result<String, StoreError>;

    /// The household of somebody who registered and which member they are; `None` for one about whom nothing is said here
    /// (protected, dead, moved out, unclear).
    ///
    /// # Errors
    /// [`PostError`].
    fn household(&self, tx: &mut Tx<'_>, inside: &Inside, told: &Told)
    -> Result<Option<(Household, usize)>, PostError>;
}

/// Judges those who must be judged, some at a time. Returns how many were.
///
/// # Errors
/// [`PostError`]: what failed for one person is tried again in the next run, after the others.
pub fn step(inside: &Inside, post: &Arc<Post>, facts: &Arc<dyn Facts>) -> Result<usize, PostError> {
    let today = inside.seams.today();
    let admission = if inside.demo { Admission::Demo } else { Admission::Production };
    let schemes = Arc::new(offered(today, admission));
    let reading = facts.clone();
    let (basis, waiting) = inside.store.read::<_, StoreError, _>(move |tx| {
        let basis = reading.basis(tx)?;
        let waiting = waiting(tx, &basis, today)?;
        Ok((basis, waiting))
    })?;
    let mut failed = None;
    for resident in &waiting {
        let (inside_of, post, facts) = (inside.clone(), post.clone(), facts.clone());
        let (schemes, basis, resident) = (schemes.clone(), basis.clone(), resident.clone());
        let (answers, said_at) = told::answers(inside, &resident)?;
        let done = inside.store.write::<_, PostError, _>(move |tx| {
            // Said anew since the answers were read: the next run judges.
            let Some(told) = told::of(tx, &resident)?.filter(|told| told.told_at == said_at) else { return Ok(()) };
            let mut found = facts.household(tx, &inside_of, &told)?;
            if let Some(own) = found.as_mut().and_then(|(household, who)| household.members.get_mut(*who)) {
                answers.over(own, fiscal_year(today));
            }
            let (judged, next_on) = judge_one(&schemes, found.as_ref(), today);
            tell(tx, &inside_of.seams, &post, &told, &judged, (&basis, next_on))
        });
        if let Err(error) = done {
            tracing::warn!(%error, "somebody's schemes could not be judged");
            failed = Some(error);
        }
    }
    forget_stopped(inside)?;
    failed.map_or(Ok(waiting.len()), Err)
}

/// Those who asked and were not judged on this basis, or whose day has come; the longest untouched first.
fn waiting(tx: &mut Tx<'_>, basis: &str, today: Date) -> Result<Vec<ResidentId>, StoreError> {
    let sql = "SELECT w.resident_id FROM notice_wishes w LEFT JOIN scheme_judged j ON j.account_id = w.account_id \
               WHERE w.receives = 1 AND (j.account_id IS NULL OR j.basis <> $1 OR j.told_at <> w.told_at \
               OR j.next_on <= $2) ORDER BY COALESCE(j.judged_at, 0), w.account_id LIMIT $3";
    let rows = tx.query(sql, &[basis.into(), today.into(), STEP.into()])?;
    Ok(rows.iter().filter_map(|row| row.text(0).ok().and_then(|text| ResidentId::parse(text).ok())).collect())
}

/// 年度: the year in which it begins, on 1 April.
pub fn fiscal_year(day: Date) -> i16 {
    let (year, month, _) = day.parts();
    if month >= 4 { year } else { year - 1 }
}

fn judge_one(schemes: &[Offered], found: Option<&(Household, usize)>, today: Date) -> (Judged, Date) {
    let Some((household, who)) = found else {
        return (Judged { on: today, schemes: None }, today.plus_days(1));
    };
    let judged = judged(schemes, &city_words(), household, *who, today);
    (Judged { on: today, schemes: Some(judged) }, next_change(schemes, household, *who, today))
}

/// Writes how far somebody was judged, and tells the outside when it came out otherwise than last time.
fn tell(
    tx: &mut Tx<'_>,
    seams: &Seams,
    post: &Post,
    told: &Told,
    judged: &Judged,
    (basis, next_on): (&str, Date),
) -> Result<(), PostError> {
    let plain = serde_json::to_vec(&judged.schemes).map_err(|_| PostError::Malformed("schemes cannot be written"))?;
    let hash = digest(&SHA256, &plain);
    let account = told.account;
    let before = tx.query_one("SELECT digest FROM scheme_judged WHERE account_id = $1", &[account.into()])?;
    let is_same = before.map(|row| Ok::<_, StoreError>(row.blob(0)? == hash.as_ref())).transpose()?.unwrap_or(false);
    if !is_same {
        post.send(tx, seams, account, SCHEMES, judged)?;
    }
    tx.execute(
        "INSERT INTO scheme_judged (account_id, basis, told_at, next_on, digest, judged_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account_id) DO UPDATE SET basis = $2, told_at = $3, next_on = $4, \
         digest = $5, judged_at = $6",
        &[
            account.into(),
            basis.into(),
            told.told_at.into(),
            next_on.into(),
            hash.as_ref().into(),
            seams.now().into(),
        ],
    )?;
    Ok(())
}

/// Who does not receive any more is not remembered; registering again begins anew.
fn forget_stopped(inside: &Inside) -> Result<(), StoreError> {
    let stopped = inside.store.read::<_, StoreError, _>(|tx| {
        let sql = "SELECT j.account_id FROM scheme_judged j JOIN notice_wishes w ON w.account_id = j.account_id \
                   WHERE w.receives = 0 LIMIT 200";
        tx.query(sql, &[])
    })?;
    let stopped: Vec<AccountId> =
        stopped.iter().filter_map(|row| row.text(0).ok().and_then(AccountId::parse)).collect();
    if stopped.is_empty() {
        return Ok(());
    }
    inside.store.write::<_, StoreError, _>(move |tx| {
        for account in &stopped {
            tx.execute("DELETE FROM scheme_judged WHERE account_id = $1", &[(*account).into()])?;
        }
        Ok(())
    })
}
