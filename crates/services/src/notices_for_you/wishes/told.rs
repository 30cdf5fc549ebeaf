//! What people registered, inside: beside the resident, for choosing who is told and for judging schemes.

use std::collections::BTreeSet;

use base::Timestamp;
use rules::{Consents, DataClass};
use store::{Row, StoreError, Tx};
use tools::portal::post::Opened;
use tools::portal::{AccountId, PostError, link};
use tools::{Inside, ResidentId};
use ui::Language;

use super::{Answers, Wishes};

const ANSWERS: &str = "notice_wishes.answers";

/// What a resident registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Their account.
    pub account: AccountId,
    /// Who.
    pub resident: ResidentId,
    /// What; without their answers about themselves.
    pub wishes: Wishes,
    /// When it was said outside.
    pub told_at: Timestamp,
}

/// Takes [`super::WISHES`]. An older word never undoes a newer one; who no longer receives leaves a row that says only that.
/// An account nobody has is left alone: it cannot receive.
///
/// # Errors
/// [`PostError`].
pub fn take(inside: &Inside, opened: &Opened) -> Result<(), PostError> {
    let wishes = opened.json::<Wishes>()?.known_only();
    let (account, at) = (opened.account, opened.sent_at);
    let resident = inside.store.read::<_, StoreError, _>(move |tx| link::resident_of(tx, account))?;
    let Some(resident) = resident else { return Ok(()) };
    let answers = if wishes.answers.is_empty() {
        None
    } else {
        let plain = serde_json::to_vec(&wishes.answers).map_err(|_| PostError::Malformed("answers"))?;
        Some(inside.vault.seal(resident.as_str(), ANSWERS, &plain)?)
    };
    inside.store.write::<_, StoreError, _>(move |tx| {
        let changed = tx.execute(
            "INSERT INTO notice_wishes (account_id, resident_id, receives, interests, areas, ages, language, classes, \
             told_at, answers) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (account_id) DO UPDATE SET \
             resident_id = $2, receives = $3, interests = $4, areas = $5, ages = $6, language = $7, classes = $8, \
             told_at = $9, answers = $10 WHERE notice_wishes.told_at <= $9",
            &[
                account.into(),
                resident.as_str().into(),
                wishes.receives.into(),
                list(&wishes.interests).into(),
                list(&wishes.areas).into(),
                list(&wishes.ages).into(),
                wishes.language.code().into(),
                class_mask(wishes.classes).into(),
                at.into(),
                answers.as_deref().into(),
            ],
        )?;
        if changed > 0 {
            tx.execute("UPDATE notice_wishes_generation SET generation = generation + 1 WHERE id = 1", &[])?;
        }
        Ok(())
    })?;
    Ok(())
}

/// Counts every change of what anybody registered: who holds a copy compares it.
///
/// # Errors
/// [`StoreError`].
pub fn generation(tx: &mut Tx<'_>) -> Result<i64, StoreError> {
    let row = tx.query_one("SELECT generation FROM notice_wishes_generation WHERE id = 1", &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// What `resident` registered; `None` for one who did not, or does not receive any more.
///
/// # Errors
/// [`StoreError`].
pub fn of(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<Option<Told>, StoreError> {
    let sql = "SELECT account_id, resident_id, receives, interests, areas, ages, language, classes, told_at \
               FROM notice_wishes WHERE resident_id = $1 AND receives = 1";
    tx.query_one(sql, &[resident.as_str().into()])?.map(|row| read(&row)).transpose().map(Option::flatten)
}

/// What `resident` answered about themselves, for judging their own schemes, and with which word of theirs
/// ([`Told::told_at`]). [`of`] and [`all`] do not bring it. Blocking.
///
/// # Errors
/// [`PostError`].
pub fn answers(inside: &Inside, resident: &ResidentId) -> Result<(Answers, Timestamp), PostError> {
    let who = resident.clone();
    let row = inside.store.read::<_, StoreError, _>(move |tx| {
        let sql = "SELECT answers, told_at FROM notice_wishes WHERE resident_id = $1 AND receives = 1";
        tx.query_one(sql, &[who.as_str().into()])
    })?;
    let Some(row) = row else { return Ok((Answers::default(), Timestamp::from_micros(0))) };
    let at = row.timestamp(1)?;
    let Some(sealed) = row.opt_blob(0)? else { return Ok((Answers::default(), at)) };
    let plain = inside.vault.open_sealed(resident.as_str(), ANSWERS, sealed)?;
    Ok((serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("answers"))?, at))
}

/// Everybody who receives, by account, at most `limit` after `after`. A page shorter than that is the last.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &mut Tx<'_>, after: Option<AccountId>, limit: u32) -> Result<Vec<Told>, StoreError> {
    let sql = "SELECT account_id, resident_id, receives, interests, areas, ages, language, classes, told_at \
               FROM notice_wishes WHERE receives = 1 AND account_id > $1 ORDER BY account_id LIMIT $2";
    let after = after.map_or_else(String::new, |after| after.to_string());
    let rows = tx.query(sql, &[after.into(), limit.into()])?;
    rows.iter().filter_map(|row| read(row).transpose()).collect()
}

/// Keys in one question.
const TOGETHER: usize = 100;

static OF_MANY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| {
    let keys: Vec<String> = (1..=TOGETHER).map(|key| format!("${key}")).collect();
    format!(
        "SELECT account_id, resident_id, receives, interests, areas, ages, language, classes, told_at FROM notice_wishes \
         WHERE receives = 1 AND resident_id IN ({})",
        keys.join(", ")
    )
});

/// What these registered, of those who receive.
///
/// # Errors
/// [`StoreError`].
pub fn of_many(tx: &mut Tx<'_>, residents: &[ResidentId]) -> Result<Vec<Told>, StoreError> {
    let mut all = Vec::new();
    for piece in residents.chunks(TOGETHER) {
        let mut values: Vec<store::Value> = piece.iter().map(store::Value::from).collect();
        values.resize_with(TOGETHER, || store::Value::from(""));
        for row in tx.query(OF_MANY.as_str(), &values)? {
            all.extend(read(&row)?);
        }
    }
    Ok(all)
}

/// Residents who receive, in order of their keys, at most `limit` after `after`.
///
/// # Errors
/// [`StoreError`].
pub fn residents(tx: &mut Tx<'_>, after: Option<&ResidentId>, limit: i64) -> Result<Vec<ResidentId>, StoreError> {
    let sql = "SELECT DISTINCT resident_id FROM notice_wishes WHERE receives = 1 AND resident_id > $1 \
               ORDER BY resident_id LIMIT $2";
    let after = after.map_or("", ResidentId::as_str);
    let rows = tx.query(sql, &[after.into(), limit.into()])?;
    rows.iter().filter_map(|row| row.text(0).map(|text| ResidentId::parse(text).ok()).transpose()).collect()
}

/// From the nine columns; a row whose ids cannot be read is nobody's.
fn read(row: &Row) -> Result<Option<Told>, StoreError> {
    let (account, resident) = (AccountId::parse(row.text(0)?), ResidentId::parse(row.text(1)?).ok());
    let Some((account, resident)) = account.zip(resident) else { return Ok(None) };
    let wishes = Wishes {
        receives: row.flag(2)?,
        interests: codes(row.text(3)?),
        areas: codes(row.text(4)?),
        ages: codes(row.text(5)?),
        language: Language::from_code(row.text(6)?).unwrap_or_default(),
        classes: classes_of(row.int(7)?),
        answers: Answers::default(),
    };
    Ok(Some(Told { account, resident, wishes, told_at: row.timestamp(8)? }))
}

/// Codes as they stand in a column: `1,4,9`.
fn list<T: ToString>(codes: &BTreeSet<T>) -> String {
    codes.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn codes<T: std::str::FromStr + Ord>(text: &str) -> BTreeSet<T> {
    text.split(',').filter_map(|code| code.parse().ok()).collect()
}

fn class_mask(classes: Consents) -> i64 {
    let opened = DataClass::GATED.iter().enumerate().filter(|(_, class)| classes.opens(**class));
    opened.fold(0, |mask, (bit, _)| mask | 1 << bit)
}

fn classes_of(mask: i64) -> Consents {
    let opened = DataClass::GATED.into_iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1);
    opened.fold(Consents::NONE, |classes, (_, class)| classes.with(class))
}
