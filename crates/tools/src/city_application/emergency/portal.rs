//! Between the portal and the inside: asked for, told, chosen, taken away. What was told lies outside for a day at most, sealed.

use std::sync::Arc;

use base::{Seams, Timestamp};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::kept::{self, Content, Standing};
use super::{Choice, Known, NameForm};
use crate::access::{self, Actor, Duty, Item, PersonAccess, Purpose};
use crate::city_application::Fault;
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError, Topic, link, own_records};
use crate::register::{self, RegisterError};
use crate::zone::{Inside, Outside};

/// Outside → inside: somebody asks what stands on their emergency card.
pub const QUESTION: Topic = "emergency_card_question";
/// Outside → inside: what somebody chose, or that they take it away.
pub const WISH: Topic = "emergency_card_wish";
/// Inside → outside: what stands on it.
pub const ANSWER: Topic = "emergency_card_answer";

const COLUMN: &str = "portal_emergency_card.content";
/// Seconds for which what was told is shown before it is asked for anew.
const FRESH: i64 = 600;
/// Seconds for which it lies outside: a day.
const KEPT: i64 = 86_400;
/// Questions sent in one go.
const STEP: i64 = 200;

/// What somebody wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// This on the card.
    Choose(Choice),
    /// Nothing on it any more.
    TakeAway,
}

/// What was chosen, as told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// The choice and its text.
    pub content: Content,
    /// When, in microseconds.
    pub at: i64,
}

/// Everything told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What may stand there from the register.
    pub known: Known,
    /// What was chosen.
    pub chosen: Option<Chosen>,
    /// When it was last written onto a card, in microseconds, if that was after it was chosen.
    pub written_at: Option<i64>,
    /// Whether a card may still hold what was taken away.
    pub is_still_on_card: bool,
    /// The key of the sentence why the last wish was not done.
    pub refused: Option<String>,
}

/// Asks, when nothing was told or it is old; what was told stays readable meanwhile.
///
/// # Errors
/// [`StoreError`].
pub fn ask(tx: &mut Tx<'_>, seams: &Seams, account: AccountId) -> Result<(), StoreError> {
    let now = seams.now();
    tx.execute(
        "INSERT INTO portal_emergency_card (account_id, asked_at, sent) VALUES ($1, $2, 0) \
         ON CONFLICT (account_id) DO UPDATE SET asked_at = $2, sent = 0 WHERE portal_emergency_card.asked_at < $3",
        &[account.into(), now.into(), now.plus_seconds(-FRESH).into()],
    )
    .map(drop)
}

/// What was told and as of when.
///
/// # Errors
/// [`PostError`].
pub fn told(outside: &Outside, account: AccountId) -> Result<Option<(Told, Timestamp)>, PostError> {
    let row = outside.store.read::<_, StoreError, _>(|tx| {
        tx.query_one("SELECT content, told_at FROM portal_emergency_card WHERE account_id = $1", &[account.into()])
    })?;
    let Some(row) = row else { return Ok(None) };
    let (Some(sealed), Some(at)) = (row.opt_blob(0)?, row.opt_timestamp(1)?) else { return Ok(None) };
    let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
    Ok(serde_json::from_slice(&plain).ok().map(|told| (told, at)))
}

/// Sends questions that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_questions(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    let (seams, post) = (outside.seams.clone(), post.clone());
    outside.store.write(move |tx| {
        let sql = "SELECT account_id FROM portal_emergency_card WHERE sent = 0 ORDER BY asked_at LIMIT $1";
        let rows = tx.query(sql, &[STEP.into()])?;
        for row in &rows {
            let account = AccountId::parse(row.text(0)?).ok_or(PostError::Malformed("an account"))?;
            post.send(tx, &seams, account, QUESTION, &())?;
            tx.execute("UPDATE portal_emergency_card SET sent = 1 WHERE account_id = $1", &[account.into()])?;
        }
        Ok(rows.len())
    })
}

/// Tells the inside what a person wants. What was told before is forgotten here: the answer brings what stands now.
///
/// # Errors
/// [`PostError`].
pub fn send_wish(outside: &Outside, post: &Arc<Post>, account: AccountId, wish: &Wish) -> Result<(), PostError> {
    let (seams, post, wish) = (outside.seams.clone(), post.clone(), wish.clone());
    outside.store.write(move |tx| {
        let now = seams.now();
        tx.execute(
            "INSERT INTO portal_emergency_card (account_id, asked_at, sent) VALUES ($1, $2, 1) \
             ON CONFLICT (account_id) DO UPDATE SET asked_at = $2, sent = 1, content = NULL, told_at = NULL",
            &[account.into(), now.into()],
        )?;
        post.send(tx, &seams, account, WISH, &wish).map(drop)
    })
}

/// Takes what the inside told. An older answer does not take the place of a newer one; what nobody asked for is not kept.
///
/// # Errors
/// [`PostError`].
pub fn take_answer(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let _is_one: Told = opened.json()?;
    let (account, at) = (opened.account, opened.sent_at);
    let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &opened.content)?;
    outside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "UPDATE portal_emergency_card SET content = $2, told_at = $3 WHERE account_id = $1 \
             AND (told_at IS NULL OR told_at <= $3)",
            &[account.into(), sealed.as_slice().into(), at.into()],
        )
    })?;
    Ok(())
}

/// Forgets what was told a day ago.
///
/// # Errors
/// The database.
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    let sql = "DELETE FROM portal_emergency_card WHERE asked_at < $1";
    tx.execute(sql, &[now.plus_seconds(-KEPT).into()]).map(drop)
}

/// Takes [`QUESTION`].
///
/// # Errors
/// [`PostError`].
pub fn take_question(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    answer(inside, post, opened, QUESTION, None)
}

/// Takes [`WISH`]: kept or taken away, and what stands now is told. What may not stand there is refused by name.
///
/// # Errors
/// [`PostError`].
pub fn take_wish(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    let wish: Wish = opened.json()?;
    answer(inside, post, opened, WISH, Some(wish))
}

fn answer(
    inside: &Inside,
    post: &Arc<Post>,
    opened: &Opened,
    counted: Topic,
    wish: Option<Wish>,
) -> Result<(), PostError> {
    let (zone, post, account, at) = (inside.clone(), post.clone(), opened.account, opened.sent_at);
    inside.store.write::<_, PostError, _>(move |tx| {
        // Nobody's: nothing to do, and nothing to tell.
        let Some(resident) = link::resident_of(tx, account)? else { return Ok(()) };
        let may_answer = own_records::may_answer(tx, &zone.seams, account, counted)?;
        if wish.is_none() && !may_answer {
            return Ok(());
        }
        let actor = Actor::Resident { resident: resident.clone(), terminal: None };
        let purpose = Purpose::new(Duty::Portal).reading(&[Item::Name, Item::BirthDate, Item::EmergencyCard]);
        let access = access::person(tx, &zone.seams, &actor, &purpose, &resident)?;
        let known = known(tx, &access)?;
        let refused = match &wish {
            None => None,
            Some(Wish::TakeAway) => {
                kept::take_away(tx, &resident, at)?;
                None
            }
            Some(Wish::Choose(choice)) => match choice.tidied().and_then(|choice| Ok((choice.text(&known)?, choice))) {
                Ok((text, choice)) => {
                    let content = Content { choice, text: text.to_string() };
                    kept::choose(tx, &zone.vault, &access, &content, at).map_err(beneath)?;
                    None
                }
                Err(fault) => Some(fault.word().to_owned()),
            },
        };
        if !may_answer {
            return Ok(());
        }
        let told = Told { refused, ..stands(tx, &zone, &access, known)? };
        post.send(tx, &zone.seams, account, ANSWER, &told).map(drop)
    })
}

fn beneath(fault: Fault) -> PostError {
    match fault {
        Fault::Store(error) => PostError::Store(error),
        Fault::Vault(error) => PostError::Vault(error),
        _ => PostError::Later("the emergency card"),
    }
}

fn known(tx: &mut Tx<'_>, access: &PersonAccess) -> Result<Known, PostError> {
    let own = register::resident(tx, access).map_err(|error| match error {
        RegisterError::Store(error) => PostError::Store(error),
        RegisterError::Access(error) => PostError::Access(error),
        _ => PostError::Later("the register has no such entry"),
    })?;
    // As a certificate writes it: readers of cards show no variation sequences.
    let plain = |name: &str| name.chars().filter(|&c| !base::text::is_variation_selector(c)).collect::<String>();
    let forms = [
        (NameForm::Registered, Some(plain(&own.names.registered))),
        (NameForm::Kana, own.names.kana.as_deref().map(plain)),
        (NameForm::Alphabet, own.names.alphabet.as_deref().map(plain)),
        (NameForm::Common, own.names.common.as_ref().map(|common| plain(&common.text))),
    ];
    let names = forms.into_iter().filter_map(|(form, name)| Some((form, name.filter(|name| !name.is_empty())?)));
    Ok(Known { names: names.collect(), birth: own.birth_date.to_string() })
}

fn stands(tx: &mut Tx<'_>, zone: &Inside, access: &PersonAccess, known: Known) -> Result<Told, PostError> {
    let chosen = kept::chosen(tx, &zone.vault, access).map_err(beneath)?;
    let chosen = chosen.map(|(content, at)| Chosen { content, at: at.micros() });
    let (written_at, is_still_on_card) = match kept::standing_anywhere(tx, access.subject())? {
        Some(Standing::Written { written_at, .. }) => (Some(written_at.micros()), false),
        Some(Standing::TakenAway { .. }) => (None, true),
        Some(Standing::Waits { .. }) | None => (None, false),
    };
    Ok(Told { known, chosen, written_at, is_still_on_card, refused: None })
}
