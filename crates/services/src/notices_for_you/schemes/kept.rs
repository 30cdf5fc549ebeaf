//! What the inside told, outside: sealed under the person's key; what they put away; which schemes are new to them.

use std::collections::{BTreeMap, BTreeSet};

use base::{Date, Timestamp};
use rules::schemes::Window;
use rules::{Outcome, Scheme};
use store::{StoreError, Tx};
use tools::Outside;
use tools::portal::post::Opened;
use tools::portal::{AccountId, PostError};

use super::{Judged, JudgedScheme, letter};
use crate::notices_for_you::wishes;

const JUDGED: &str = "scheme_judgements.judged";
const HIDDEN: &str = "scheme_marks.hidden";
const TOLD: &str = "scheme_marks.told";

/// Where somebody's schemes stand.
#[derive(Clone, Debug)]
pub enum Standing {
    /// They did not register, or stopped.
    NotRegistered,
    /// They registered and the inside has not answered yet.
    Waiting,
    /// Nothing is said here: the counter helps.
    AtTheCounter,
    /// What came out.
    Judged(Shown),
}

/// What came out for somebody.
#[derive(Clone, Debug)]
pub struct Shown {
    /// When the inside told it.
    pub told_at: Timestamp,
    /// The day it was judged on.
    pub on: Date,
    /// Each with what it is, in the order offered.
    pub schemes: Vec<(Scheme, JudgedScheme)>,
    /// Codes the person put away as 関係ない.
    pub hidden: BTreeSet<String>,
}

impl Shown {
    /// Those that may fit and are not put away.
    pub fn eligible(&self) -> impl Iterator<Item = &(Scheme, JudgedScheme)> {
        self.schemes.iter().filter(|(_, one)| one.outcome == Outcome::Eligible && !self.hidden.contains(&one.code))
    }

    /// Whether any of it rests on numbers nobody has checked.
    pub fn has_samples(&self) -> bool {
        self.schemes.iter().any(|(_, one)| one.is_sample)
    }
}

fn open<T: for<'a> serde::Deserialize<'a>>(
    outside: &Outside,
    account: AccountId,
    column: &'static str,
    sealed: &[u8],
) -> Result<T, PostError> {
    let plain = outside.vault.open_sealed(&account.sealed_under(), column, sealed)?;
    serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("what is kept about schemes"))
}

fn seal(
    outside: &Outside,
    account: AccountId,
    column: &'static str,
    content: &impl serde::Serialize,
) -> Result<Vec<u8>, PostError> {
    let plain = serde_json::to_vec(content).map_err(|_| PostError::Malformed("what is kept about schemes"))?;
    Ok(outside.vault.seal(&account.sealed_under(), column, &plain)?)
}

/// Where the schemes of `account` stand.
///
/// # Errors
/// [`PostError`].
pub fn standing(outside: &Outside, account: AccountId) -> Result<Standing, PostError> {
    if !receives(outside, account)? {
        return Ok(Standing::NotRegistered);
    }
    let (judged, marks) = outside.store.read::<_, StoreError, _>(|tx| {
        let sql = "SELECT judged, judged_at FROM scheme_judgements WHERE account_id = $1";
        let judged = tx.query_one(sql, &[account.into()])?;
        Ok((judged, tx.query_one("SELECT hidden FROM scheme_marks WHERE account_id = $1", &[account.into()])?))
    })?;
    let Some(row) = judged else { return Ok(Standing::Waiting) };
    let judged: Judged = open(outside, account, JUDGED, row.blob(0)?)?;
    let Some(told) = judged.schemes else { return Ok(Standing::AtTheCounter) };
    let hidden = match marks.as_ref().map(|row| row.opt_blob(0)).transpose()?.flatten() {
        Some(sealed) => open(outside, account, HIDDEN, sealed)?,
        None => BTreeSet::new(),
    };
    let known: BTreeMap<String, Scheme> =
        rules::schemes::all().into_iter().map(|scheme| (scheme.code.clone().into_owned(), scheme)).collect();
    let schemes = told.into_iter().filter_map(|one| Some((known.get(&one.code)?.clone(), one))).collect();
    Ok(Standing::Judged(Shown { told_at: row.timestamp(1)?, on: judged.on, schemes, hidden }))
}

fn receives(outside: &Outside, account: AccountId) -> Result<bool, PostError> {
    Ok(wishes::kept::of(outside, account)?.is_some_and(|kept| kept.wishes.receives))
}

/// Puts a scheme away as 関係ない, or brings it back. Unknown codes change nothing.
///
/// # Errors
/// [`PostError`].
pub fn set_hidden(outside: &Outside, account: AccountId, code: &str, is_hidden: bool) -> Result<bool, PostError> {
    let Standing::Judged(shown) = standing(outside, account)? else { return Ok(false) };
    if !shown.schemes.iter().any(|(_, one)| one.code == code) {
        return Ok(false);
    }
    let mut hidden = shown.hidden;
    let changed = if is_hidden { hidden.insert(code.to_owned()) } else { hidden.remove(code) };
    let sealed = seal(outside, account, HIDDEN, &hidden)?;
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "INSERT INTO scheme_marks (account_id, hidden) VALUES ($1, $2) \
             ON CONFLICT (account_id) DO UPDATE SET hidden = $2",
            &[account.into(), sealed.as_slice().into()],
        )
    })?;
    Ok(changed)
}

/// Forgets what was judged: somebody stopped.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM scheme_judgements WHERE account_id = $1", &[account.into()])?;
    tx.execute("DELETE FROM scheme_marks WHERE account_id = $1", &[account.into()]).map(drop)
}

/// Takes [`super::SCHEMES`]: keeps it, and lays one letter into the box when there is something new. An older message never
/// undoes a newer one; for somebody who stopped meanwhile nothing is kept.
///
/// # Errors
/// [`PostError`].
pub fn take(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let judged: Judged = opened.json()?;
    let (account, at) = (opened.account, opened.sent_at);
    if !receives(outside, account)? {
        return Ok(());
    }
    let marks = outside.store.read::<_, StoreError, _>(|tx| {
        tx.query_one("SELECT hidden, told FROM scheme_marks WHERE account_id = $1", &[account.into()])
    })?;
    let (mut hidden, mut told) = (BTreeSet::new(), BTreeMap::new());
    if let Some(row) = &marks {
        if let Some(sealed) = row.opt_blob(0)? {
            hidden = open::<BTreeSet<String>>(outside, account, HIDDEN, sealed)?;
        }
        if let Some(sealed) = row.opt_blob(1)? {
            told = open::<BTreeMap<String, String>>(outside, account, TOLD, sealed)?;
        }
    }
    let is_new = note_new(&judged, &hidden, &mut told);
    let content = seal(outside, account, JUDGED, &judged)?;
    let told = seal(outside, account, TOLD, &told)?;
    let seams = outside.seams.clone();
    outside.store.write::<_, StoreError, _>(move |tx| {
        let taken = tx.execute(
            "INSERT INTO scheme_judgements (account_id, judged, judged_at) VALUES ($1, $2, $3) \
             ON CONFLICT (account_id) DO UPDATE SET judged = $2, judged_at = $3 \
             WHERE scheme_judgements.judged_at <= $3",
            &[account.into(), content.as_slice().into(), at.into()],
        )?;
        if taken == 0 {
            return Ok(());
        }
        tx.execute(
            "INSERT INTO scheme_marks (account_id, told) VALUES ($1, $2) ON CONFLICT (account_id) DO UPDATE SET told = $2",
            &[account.into(), told.as_slice().into()],
        )?;
        if is_new { letter::place(tx, &seams, account) } else { Ok(()) }
    })?;
    Ok(())
}

/// Writes into `told` (code → window) what is told now, and says whether any of it is new: 対象, window open, not put
/// away, and not told of in this window. What turned 対象外 may be told of again when it fits again.
fn note_new(judged: &Judged, hidden: &BTreeSet<String>, told: &mut BTreeMap<String, String>) -> bool {
    let windows: BTreeMap<String, Window> =
        rules::schemes::all().into_iter().map(|scheme| (scheme.code.into_owned(), scheme.window)).collect();
    let mut is_new = false;
    for one in judged.schemes.iter().flatten() {
        let Some(window) = windows.get(&one.code) else { continue };
        match one.outcome {
            Outcome::Eligible if one.is_open && !hidden.contains(&one.code) => {
                let name = window_name(*window, judged.on);
                is_new |= told.insert(one.code.clone(), name.clone()) != Some(name);
            }
            Outcome::NotEligible => {
                told.remove(&one.code);
            }
            _ => {}
        }
    }
    is_new
}

/// A window's own name: the year in which it began, or that it is always open.
fn window_name(window: Window, day: Date) -> String {
    let (year, month, on) = day.parts();
    match window {
        Window::AllYear => "always".to_owned(),
        Window::Yearly { from, to } if from > to && (month, on) <= to => (year - 1).to_string(),
        Window::Yearly { .. } => year.to_string(),
    }
}
