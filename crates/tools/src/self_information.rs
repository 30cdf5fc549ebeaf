//! What the city holds about somebody (自己情報表示): asked outside with the card, composed inside from their own record,
//! sealed both ways, erased the next night or when they sign out.
//!
//! ```text
//!  ask (outside) ─► me_question ─► compose (inside; the person reads their own record) ─► me_answer ─► shown ─► erased
//! ```

use std::sync::Arc;

use base::{Id, Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, Tx};
use wire::seal_registration::{SealRegistration, SealState};

use crate::access::{self, Actor, Duty, Item, PersonAccess, Purpose};
use crate::copied_records::of_subject;
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError, Topic, link};
use crate::register::{self, RegisterError, ResidentState};
use crate::tax_records::TaxRecord;
use crate::zone::{Inside, Outside};

/// Outside → inside: somebody asks.
pub const QUESTION: Topic = "me_question";
/// Inside → outside: what is held.
pub const ANSWER: Topic = "me_answer";

const COLUMN: &str = "self_information.answer";
/// An answer is kept at most so long (seconds): one day.
const KEPT: i64 = 86_400;
/// Questions within the same minutes are one (seconds).
const SAME: i64 = 600;
/// Answers of one account an hour, counted inside: whoever holds the outside cannot ask about an account without end.
pub const AN_HOUR: i64 = 6;

/// One thing that is held: the key of its name (`me-…`) and its value, or the key of one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Key of its name.
    pub name: String,
    /// Its value as registered; empty when `said` says it.
    pub value: String,
    /// Key of a word instead of a value.
    pub said: Option<String>,
}

impl std::fmt::Debug for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fact({})", self.name)
    }
}

/// What is held, in groups.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Held {
    /// Key of each group's name, and its facts.
    pub groups: Vec<(String, Vec<Fact>)>,
}

/// Where a question stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was asked, or it was erased.
    Nothing,
    /// The inside has not answered yet.
    Asked(Timestamp),
    /// The answer, and until when it is kept.
    Answered(Held, Timestamp),
}

/// Asks, outside. Asked again within minutes it is the same question.
///
/// # Errors
/// [`StoreError`].
pub fn ask(tx: &mut Tx<'_>, seams: &Seams, account: AccountId) -> Result<(), StoreError> {
    let now = seams.now();
    let sql = "SELECT 1 FROM self_information WHERE account_id = $1 AND asked_at > $2";
    if tx.query_one(sql, &[account.into(), now.plus_seconds(-SAME).into()])?.is_some() {
        return Ok(());
    }
    forget(tx, account)?;
    tx.execute(
        "INSERT INTO self_information (question_id, account_id, asked_at, sent, erase_at) VALUES ($1, $2, $3, 0, $4)",
        &[seams.random_id().into(), account.into(), now.into(), now.plus_seconds(KEPT).into()],
    )?;
    Ok(())
}

/// Where the question of `account` stands.
///
/// # Errors
/// [`PostError`].
pub fn standing(outside: &Outside, account: AccountId) -> Result<Standing, PostError> {
    let now = outside.seams.now();
    let row = outside.store.read::<_, StoreError, _>(|tx| {
        let sql = "SELECT asked_at, answer, erase_at FROM self_information WHERE account_id = $1 AND erase_at > $2 \
                   ORDER BY asked_at DESC LIMIT 1";
        tx.query_one(sql, &[account.into(), now.into()])
    })?;
    let Some(row) = row else { return Ok(Standing::Nothing) };
    let Some(sealed) = row.opt_blob(1)? else { return Ok(Standing::Asked(row.timestamp(0)?)) };
    let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
    let held = serde_json::from_slice(&plain).map_err(|_| PostError::Malformed("what is held"))?;
    Ok(Standing::Answered(held, row.timestamp(2)?))
}

/// Erases what was told: at sign-out, or when the person says so.
///
/// # Errors
/// [`StoreError`].
pub fn forget(tx: &mut Tx<'_>, account: AccountId) -> Result<(), StoreError> {
    tx.execute("DELETE FROM self_information WHERE account_id = $1", &[account.into()]).map(drop)
}

/// Erases what has lain a day.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(store: &Store, seams: &Seams) -> Result<u64, StoreError> {
    let now = seams.now();
    store.write(move |tx| tx.execute("DELETE FROM self_information WHERE erase_at <= $1", &[now.into()]))
}

/// Sends questions that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_questions(store: &Store, seams: &Seams, post: &Arc<Post>) -> Result<usize, PostError> {
    let (seams, post) = (seams.clone(), post.clone());
    store.write(move |tx| {
        let sql = "SELECT question_id, account_id FROM self_information WHERE sent = 0 ORDER BY asked_at LIMIT 100";
        let rows = tx.query(sql, &[])?;
        for row in &rows {
            let account = AccountId::parse(row.text(1)?).ok_or(PostError::Malformed("an account"))?;
            let id = row.id(0)?;
            post.send(tx, &seams, account, QUESTION, &id)?;
            tx.execute("UPDATE self_information SET sent = 1 WHERE question_id = $1", &[id.into()])?;
        }
        Ok(rows.len())
    })
}

/// Takes [`QUESTION`]: reads the person's own record, as they would at a machine, and answers.
///
/// # Errors
/// [`PostError`].
pub fn take_question(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    let question: Id = opened.json()?;
    let (seams, post, account) = (inside.seams.clone(), post.clone(), opened.account);
    inside.store.write(move |tx| {
        let resident = link::resident_of(tx, account)?.ok_or(PostError::Malformed("nobody has this account"))?;
        if !may_answer(tx, &seams, account)? {
            tracing::warn!("more was asked about an account than is answered in an hour; the question was dropped");
            return Ok(());
        }
        let actor = Actor::Resident { resident: resident.clone(), terminal: None };
        let purpose = Purpose::new(Duty::Portal).reading(Item::ALL);
        let access = access::person(tx, &seams, &actor, &purpose, &resident)?;
        let held = compose(tx, &seams, &access)?;
        post.send(tx, &seams, account, ANSWER, &(question, held))?;
        Ok(())
    })
}

/// Whether an account may be answered once more in this hour; counts it.
fn may_answer(tx: &mut Tx<'_>, seams: &Seams, account: AccountId) -> Result<bool, StoreError> {
    let hour = seams.now().micros().div_euclid(3_600_000_000);
    tx.execute(
        "DELETE FROM self_information_answers WHERE account_id = $1 AND hour < $2",
        &[account.into(), hour.into()],
    )?;
    let counted = tx.execute(
        "INSERT INTO self_information_answers (account_id, hour, answers) VALUES ($1, $2, 1) \
         ON CONFLICT (account_id, hour) DO UPDATE SET answers = self_information_answers.answers + 1 \
         WHERE self_information_answers.answers < $3",
        &[account.into(), hour.into(), AN_HOUR.into()],
    )?;
    Ok(counted > 0)
}

/// Takes [`ANSWER`].
///
/// # Errors
/// [`PostError`].
pub fn take_answer(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let (question, held): (Id, Held) = opened.json()?;
    let plain = serde_json::to_vec(&held).map_err(|_| PostError::Malformed("what is held"))?;
    let (account, now) = (opened.account, outside.seams.now());
    let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &plain)?;
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "UPDATE self_information SET answer = $3, answered_at = $4 WHERE question_id = $1 AND account_id = $2",
            &[question.into(), account.into(), sealed.as_slice().into(), now.into()],
        )
    })?;
    Ok(())
}

fn fact(name: &str, value: impl Into<String>) -> Fact {
    Fact { name: name.to_owned(), value: value.into(), said: None }
}

fn said(name: &str, key: &str) -> Fact {
    Fact { name: name.to_owned(), value: String::new(), said: Some(key.to_owned()) }
}

/// What is held. Of the household only how many live in it: names of others are not the person's own information.
fn compose(tx: &mut Tx<'_>, seams: &Seams, access: &PersonAccess) -> Result<Held, PostError> {
    let beneath = |error| match error {
        RegisterError::Store(error) => PostError::Store(error),
        RegisterError::Access(error) => PostError::Access(error),
        _ => PostError::Later("the register has no such entry"),
    };
    let own = register::resident(tx, access).map_err(beneath)?;
    let household = register::household_snapshot(tx, access).map_err(beneath)?;
    let mut basic = vec![
        fact("me-name", own.names.registered.clone()),
        fact("me-birth-date", own.birth_date.to_string()),
        fact("me-sex", own.sex.japanese()),
        fact("me-address", own.address.text.clone()),
        said("me-state", state_key(own.state)),
    ];
    if let Some(kana) = &own.names.kana {
        basic.insert(1, fact("me-kana", kana.clone()));
    }
    if let Some(day) = own.became_resident_on {
        basic.push(fact("me-resident-since", day.to_string()));
    }
    let shared = household.protections.iter().any(|one| one.holds_on(seams.today()));
    let mut house = vec![fact("me-relationship", own.relationship.clone())];
    if !shared {
        house.push(fact("me-household-members", household.entered_members().count().to_string()));
    }
    Ok(Held {
        groups: vec![
            ("me-group-basic".to_owned(), basic),
            ("me-group-household".to_owned(), house),
            ("me-group-cards".to_owned(), cards(tx, access)?),
            ("me-group-records".to_owned(), records(tx, access)?),
        ],
    })
}

const fn state_key(state: ResidentState) -> &'static str {
    match state {
        ResidentState::Resident => "me-state-resident",
        ResidentState::PlannedMoveOut { .. } => "me-state-planned",
        ResidentState::MovedOut { .. } => "me-state-moved-out",
        ResidentState::Dead { .. } => "me-state-ended",
        ResidentState::Pending => "me-state-pending",
    }
}

/// Cards and the like, by kind: how many are in use.
fn cards(tx: &mut Tx<'_>, access: &PersonAccess) -> Result<Vec<Fact>, StoreError> {
    let sql = "SELECT kind, COUNT(*) FROM credentials WHERE resident_id = $1 AND status = 'active' GROUP BY kind ORDER BY kind";
    tx.query(sql, &[access.subject().into()])?
        .iter()
        .map(|row| {
            let name = match row.text(0)? {
                "jpki_card" | "jpki_phone" => "me-card-my-number",
                _ => "me-card-other",
            };
            Ok(fact(name, row.int(1)?.to_string()))
        })
        .collect()
}

/// Seal, tax years, links to a family register elsewhere: that they are there, not what they say.
fn records(tx: &mut Tx<'_>, access: &PersonAccess) -> Result<Vec<Fact>, StoreError> {
    let seals = of_subject::<SealRegistration>(tx, access)?;
    let has_seal = seals.iter().any(|held| !matches!(held.record.state, SealState::Cancelled { .. }));
    let mut years: Vec<i16> = of_subject::<TaxRecord>(tx, access)?.iter().map(|held| held.record.fiscal_year).collect();
    years.sort_unstable();
    let mut all = vec![said("me-seal", if has_seal { "me-yes" } else { "me-no" })];
    if years.is_empty() {
        all.push(said("me-tax-years", "me-none"));
    } else {
        let years = years.iter().map(|year| crate::tax_records::years::japanese(*year)).collect::<Vec<_>>();
        all.push(fact("me-tax-years", years.join("、")));
    }
    let sql = "SELECT COUNT(*) FROM domicile_registrations WHERE person = $1 AND state = 'registered'";
    let links = tx.query_one(sql, &[access.subject().into()])?.map_or(Ok(0), |row| row.int(0))?;
    all.push(said("me-domicile-link", if links > 0 { "me-yes" } else { "me-no" }));
    Ok(all)
}
