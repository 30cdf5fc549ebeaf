//! Definitions and their versions, and the two persons who bring one into force.

use base::{Id, Kind, Seams, Timestamp};
use store::{Row, StoreError, Tx};
use tools::access::Actor;
use tools::approvals::{self, ApprovalError, Proposal, Refusal};
use tools::audit::{self, Event};

use super::model::{Definition, Fault, Names, Standing, is_key};
use super::numbers::NumberFormat;

/// Most cards of a city: ours.
pub const MOST_CARDS: usize = 100;
/// The name under which a version is proposed.
const ACTION: &str = "city_card.go_live";

/// Why something about a definition was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CardsRefusal {
    /// It cannot be so.
    #[error("the definition has faults")]
    Faulty(Vec<Fault>),
    /// There is no such card, or none in that standing.
    #[error("there is no such card")]
    Unknown,
    /// It was asked for and waits.
    #[error("it waits for a second person")]
    Waits,
    /// Numbers of another card look the same.
    #[error("the numbers of another card begin so too")]
    PrefixTaken {
        /// That card.
        by: Names,
    },
    /// The city has as many cards as it may.
    #[error("there are too many cards")]
    TooMany,
    /// The card has as many systems as it may.
    #[error("the card has too many systems")]
    TooManyClients,
    /// The system was stopped.
    #[error("the system was stopped")]
    ClientStopped,
}

/// What can go wrong with definitions.
#[derive(Debug, thiserror::Error)]
pub enum CardsError {
    /// The rules.
    #[error(transparent)]
    Refused(#[from] CardsRefusal),
    /// The two persons.
    #[error(transparent)]
    Approval(#[from] ApprovalError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CardsError {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Refused(CardsRefusal::Faulty(_)) => Kind::Invalid,
            Self::Refused(CardsRefusal::Unknown) => Kind::NotFound,
            Self::Refused(_) => Kind::Conflict,
            Self::Approval(error) => error.kind(),
            Self::Store(error) => error.kind(),
        }
    }
}

/// A version of a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The card's key; never changes.
    pub key: String,
    /// From 1.
    pub version: i64,
    /// Where it stands.
    pub standing: Standing,
    /// What it says.
    pub definition: Definition,
    /// When it was written last.
    pub made_at: Timestamp,
    /// When it came into force.
    pub live_at: Option<Timestamp>,
    /// The proposal that two persons decide.
    pub approval: Option<Id>,
}

/// The columns [`read`] reads, and which rows.
macro_rules! select {
    ($rows:literal) => {
        concat!(
            "SELECT card_key, version, state, content, made_at, live_at, approval_id FROM city_card_definitions ",
            $rows
        )
    };
}

fn read(row: &Row) -> Result<Kept, StoreError> {
    let broken = |column| StoreError::Column { column, wanted: "a definition" };
    Ok(Kept {
        key: row.text(0)?.to_owned(),
        version: row.int(1)?,
        standing: Standing::from_word(row.text(2)?).ok_or(broken(2))?,
        definition: serde_json::from_str(row.text(3)?).map_err(|_| broken(3))?,
        made_at: row.timestamp(4)?,
        live_at: row.opt_timestamp(5)?,
        approval: row.opt_text(6)?.and_then(|text| Id::parse(text).ok()),
    })
}

/// Every version of every card, by key, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn all(tx: &mut Tx<'_>) -> Result<Vec<Kept>, StoreError> {
    tx.query(select!("ORDER BY card_key, version DESC LIMIT 2000"), &[])?.iter().map(read).collect()
}

/// Every version of one card, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn versions(tx: &mut Tx<'_>, key: &str) -> Result<Vec<Kept>, StoreError> {
    tx.query(select!("WHERE card_key = $1 ORDER BY version DESC LIMIT 200"), &[key.into()])?.iter().map(read).collect()
}

/// The version in force of a card.
///
/// # Errors
/// [`StoreError`].
pub fn live(tx: &mut Tx<'_>, key: &str) -> Result<Option<Kept>, StoreError> {
    tx.query_one(select!("WHERE card_key = $1 AND state = 'live'"), &[key.into()])?.as_ref().map(read).transpose()
}

/// The version in force of each card, or the one that was when the card was given up.
///
/// # Errors
/// [`StoreError`].
pub fn all_shown(tx: &mut Tx<'_>) -> Result<Vec<Kept>, StoreError> {
    let mut shown: Vec<Kept> = Vec::new();
    for one in tx.query(select!("WHERE state IN ('live', 'closed') ORDER BY card_key, version DESC LIMIT 400"), &[])? {
        let one = read(&one)?;
        if shown.last().is_none_or(|last| last.key != one.key) {
            shown.push(one);
        }
    }
    Ok(shown)
}

/// Another card whose numbers could be taken for these. One that was given up counts: people still have it.
fn mistaken<'a>(all: &'a [Kept], key: &str, number: &NumberFormat) -> Option<&'a Kept> {
    let is_other_s = |one: &&Kept| one.key != key && one.standing != Standing::Past;
    all.iter().filter(is_other_s).find(|one| number.is_mistaken_for(&one.definition.number))
}

/// A prefix for a new card whose numbers look like `like`: its own, or the next one nobody has.
///
/// # Errors
/// [`StoreError`].
pub fn free_prefix(tx: &mut Tx<'_>, like: &NumberFormat) -> Result<String, StoreError> {
    let all = all(tx)?;
    let letters: String = like.prefix.chars().filter(char::is_ascii_uppercase).take(4).collect();
    let stems = (2..=99).filter(|_| !letters.is_empty()).map(|next| format!("{letters}{next}-"));
    let single = ('A'..='Z').map(|letter| format!("{letter}-"));
    let is_free = |prefix: &String| {
        let number = NumberFormat { prefix: prefix.clone(), ..like.clone() };
        number.is_sound() && mistaken(&all, "", &number).is_none()
    };
    let found = std::iter::once(like.prefix.clone()).chain(stems).chain(single).find(is_free);
    Ok(found.unwrap_or_default())
}

/// Writes the draft of a card, over the draft there is.
///
/// # Errors
/// [`CardsRefusal::Faulty`], [`CardsRefusal::PrefixTaken`], [`CardsRefusal::Waits`], [`CardsRefusal::TooMany`];
/// [`StoreError`].
pub fn draft(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, definition: &Definition) -> Result<(), CardsError> {
    let mut faults = definition.faults();
    if !is_key(key) {
        faults.insert(0, Fault::Key);
    }
    if !faults.is_empty() {
        return Err(CardsRefusal::Faulty(faults).into());
    }
    if let Some(by) = mistaken(&all(tx)?, key, &definition.number) {
        return Err(CardsRefusal::PrefixTaken { by: by.definition.names.clone() }.into());
    }
    let versions = versions(tx, key)?;
    if versions.is_empty() {
        let rows = tx.query("SELECT DISTINCT card_key FROM city_card_definitions", &[])?;
        if rows.len() >= MOST_CARDS {
            return Err(CardsRefusal::TooMany.into());
        }
    }
    let content =
        serde_json::to_string(definition).map_err(|_| StoreError::Column { column: 3, wanted: "a definition" })?;
    let newest = versions.first();
    if let Some(draft) = newest.filter(|one| one.standing == Standing::Draft) {
        if waits(tx, seams, draft)?.is_some() {
            return Err(CardsRefusal::Waits.into());
        }
        tx.execute(
            "UPDATE city_card_definitions SET content = $3, made_at = $4, approval_id = NULL \
             WHERE card_key = $1 AND version = $2",
            &[key.into(), draft.version.into(), content.as_str().into(), seams.now().into()],
        )?;
        return Ok(note(tx, seams, by, key, draft.version, "draft")?);
    }
    let version = newest.map_or(1, |one| one.version + 1);
    tx.execute(
        "INSERT INTO city_card_definitions (card_key, version, state, content, made_at) VALUES ($1, $2, 'draft', $3, $4)",
        &[key.into(), version.into(), content.as_str().into(), seams.now().into()],
    )?;
    Ok(note(tx, seams, by, key, version, "draft")?)
}

/// The proposal of this draft that still waits, if one does, and who made it.
///
/// # Errors
/// [`StoreError`].
pub fn waits(tx: &mut Tx<'_>, seams: &Seams, draft: &Kept) -> Result<Option<approvals::Approval>, StoreError> {
    let Some(id) = draft.approval else { return Ok(None) };
    let found = approvals::get(tx, id)?;
    let is_open = |one: &approvals::Approval| {
        one.state == approvals::State::Proposed && one.expires_at > seams.now() && draft.standing == Standing::Draft
    };
    Ok(found.filter(is_open))
}

/// Every draft that waits for a second person, with the proposal, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(approvals::Approval, Kept)>, StoreError> {
    let mut all = Vec::new();
    for one in approvals::waiting(tx, now)?.into_iter().filter(|one| one.action == ACTION) {
        let newest = versions(tx, &one.subject)?.into_iter().next();
        let asked = |draft: &Kept| draft.standing == Standing::Draft && draft.approval == Some(one.id);
        if let Some(draft) = newest.filter(asked) {
            all.push((one, draft));
        }
    }
    Ok(all)
}

fn the_draft(tx: &mut Tx<'_>, key: &str) -> Result<Kept, CardsError> {
    let found = versions(tx, key)?.into_iter().next().filter(|one| one.standing == Standing::Draft);
    Ok(found.ok_or(CardsRefusal::Unknown)?)
}

/// The very bytes that the second person approves.
fn payload(draft: &Kept) -> Result<Vec<u8>, CardsError> {
    let content = serde_json::to_string(&draft.definition)
        .map_err(|_| StoreError::Column { column: 3, wanted: "a definition" })?;
    Ok(format!("{}\n{}\n{content}", draft.key, draft.version).into_bytes())
}

/// Asks that the draft comes into force.
///
/// # Errors
/// [`CardsRefusal::Unknown`], [`CardsRefusal::Waits`]; [`ApprovalError`]; [`StoreError`].
pub fn ask(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, summary: &str) -> Result<(), CardsError> {
    let draft = the_draft(tx, key)?;
    if waits(tx, seams, &draft)?.is_some() {
        return Err(CardsRefusal::Waits.into());
    }
    let payload = payload(&draft)?;
    let proposal = Proposal { action: ACTION, subject: key, payload: &payload };
    let id = approvals::propose(tx, seams, by, &proposal, summary, approvals::WAITS_SECONDS)?;
    tx.execute(
        "UPDATE city_card_definitions SET approval_id = $3 WHERE card_key = $1 AND version = $2",
        &[key.into(), draft.version.into(), id.into()],
    )?;
    Ok(())
}

/// The second person approves: the draft is in force, and what was before is past.
///
/// # Errors
/// [`Refusal::OwnProposal`] and the like; [`CardsRefusal::Unknown`]; [`StoreError`].
pub fn approve(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str) -> Result<(), CardsError> {
    let draft = the_draft(tx, key)?;
    let id = draft.approval.ok_or(ApprovalError::Refused(Refusal::Unknown))?;
    approvals::approve(tx, seams, by, id)?;
    let payload = payload(&draft)?;
    approvals::execute(tx, seams, by, id, &Proposal { action: ACTION, subject: key, payload: &payload })?;
    go_live(tx, seams, by, &draft)
}

fn go_live(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, draft: &Kept) -> Result<(), CardsError> {
    let now = seams.now();
    tx.execute(
        "UPDATE city_card_definitions SET state = 'past', ended_at = $2 WHERE card_key = $1 AND state IN ('live', 'closed')",
        &[draft.key.as_str().into(), now.into()],
    )?;
    tx.execute(
        "UPDATE city_card_definitions SET state = 'live', live_at = $3 WHERE card_key = $1 AND version = $2",
        &[draft.key.as_str().into(), draft.version.into(), now.into()],
    )?;
    Ok(note(tx, seams, by, &draft.key, draft.version, "live")?)
}

/// The second person says no, or whoever asked takes it back: it stays a draft.
///
/// # Errors
/// As [`approve`].
pub fn decline(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, reason: &str) -> Result<(), CardsError> {
    let draft = the_draft(tx, key)?;
    let id = draft.approval.ok_or(ApprovalError::Refused(Refusal::Unknown))?;
    Ok(approvals::decline(tx, seams, by, id, reason)?)
}

/// Gives a card up: one person may, since nothing is lost and a new version brings it back.
///
/// # Errors
/// [`CardsRefusal::Unknown`]; [`StoreError`].
pub fn close(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str) -> Result<(), CardsError> {
    let live = live(tx, key)?.ok_or(CardsRefusal::Unknown)?;
    tx.execute(
        "UPDATE city_card_definitions SET state = 'closed', ended_at = $3 WHERE card_key = $1 AND version = $2",
        &[key.into(), live.version.into(), seams.now().into()],
    )?;
    Ok(note(tx, seams, by, key, live.version, "closed")?)
}

/// Brings an example into force without two persons: for a demo city, which has nobody yet.
///
/// # Errors
/// As [`draft`].
pub fn seed_demo(tx: &mut Tx<'_>, seams: &Seams, key: &str, definition: &Definition) -> Result<(), CardsError> {
    let by = Actor::System { job: "demo" };
    if !versions(tx, key)?.is_empty() {
        return Ok(());
    }
    draft(tx, seams, &by, key, definition)?;
    let draft = the_draft(tx, key)?;
    go_live(tx, seams, &by, &draft)
}

fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, version: i64, change: &str) -> Result<(), StoreError> {
    let version = version.to_string();
    let details = [("card", key), ("version", version.as_str()), ("change", change)];
    audit::append(tx, seams, by, Event::CityCardDefined, &details)?;
    Ok(())
}
