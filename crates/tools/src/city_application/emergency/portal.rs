//! Between the portal and the inside: asked for, told, chosen, taken away. What was told lies outside for a day at most, sealed.

use std::sync::Arc;

use base::Timestamp;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::kept::{self, Content};
use super::{Choice, Known, NameForm};
use crate::access::{self, Actor, Duty, Item, PersonAccess, Purpose};
use crate::city_application::{Fault, cards};
use crate::portal::asked::{Allowed, Asked, Before};
use crate::portal::post::Opened;
use crate::portal::{AccountId, Post, PostError, Topic, link, own_records};
use crate::register::{self, RegisterError};
use crate::resident_id::ResidentId;
use crate::zone::{Inside, Outside};

/// Outside → inside: somebody asks what stands on their emergency card.
pub const QUESTION: Topic = "emergency_card_question";
/// Outside → inside: what somebody chose, or that they take it away.
pub const WISH: Topic = "emergency_card_wish";
/// Inside → outside: what stands on it.
pub const ANSWER: Topic = "emergency_card_answer";
/// Inside → outside: on which cards it stands, after the desk wrote or erased.
pub const CARDS: Topic = "emergency_card_cards";

/// Seconds for which what was told is shown before it is asked for anew.
const FRESH: i64 = 600;
/// People told in one go.
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

/// A card that holds, or may hold, what was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCard {
    /// What its holder and the desk call it; no number of the card.
    pub name: String,
    /// When the city's application was put onto it, in microseconds.
    pub loaded_at: i64,
    /// When what it holds was chosen, in microseconds.
    pub chosen_at: i64,
    /// When it was written, in microseconds; [`None`] where that was cut.
    pub written_at: Option<i64>,
}

/// Everything told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// What may stand there from the register.
    pub known: Known,
    /// What was chosen.
    pub chosen: Option<Chosen>,
    /// Cards on which it, or what was chosen before, stands.
    pub cards: Vec<OnCard>,
    /// The key of the sentence why the last wish was not done.
    pub refused: Option<String>,
}

impl Told {
    /// Whether this card holds exactly what is chosen now.
    pub fn is_current(&self, card: &OnCard) -> bool {
        card.written_at.is_some() && self.chosen.as_ref().is_some_and(|chosen| chosen.at == card.chosen_at)
    }
}

/// What the outside holds of it.
pub const OWN: Asked<Told> = Asked::new("emergency_card", QUESTION, FRESH);

/// Sends questions that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_questions(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    OWN.send_questions(outside, post, &())
}

/// Tells the inside what a person wants; what was told before is forgotten. `false`: they chose too often in this hour, and
/// nothing is changed. Taking away is always told.
///
/// # Errors
/// [`PostError`].
pub fn send_wish(outside: &Outside, post: &Arc<Post>, account: AccountId, wish: &Wish) -> Result<bool, PostError> {
    let allowed = if *wish == Wish::TakeAway { Allowed::Always } else { Allowed::AnHour };
    OWN.send_wish(outside, post, account, (WISH, wish), (Before::Forgotten, allowed))
}

/// Takes [`CARDS`]: what the desk wrote or erased since.
///
/// # Errors
/// [`PostError`].
pub fn take_cards(outside: &Outside, opened: &Opened) -> Result<(), PostError> {
    let cards: Vec<OnCard> = opened.json()?;
    OWN.amend(outside, opened, |told| told.cards = cards)
}

/// Tells those who have a portal which of their cards hold it, after the desk wrote or erased. Nothing of what was chosen is read.
///
/// # Errors
/// [`PostError`].
pub fn send_cards(inside: &Inside, post: &Arc<Post>) -> Result<usize, PostError> {
    let (seams, post) = (inside.seams.clone(), post.clone());
    inside.store.write(move |tx| {
        let all = kept::take_untold(tx, STEP)?;
        for resident in &all {
            if let Some(account) = link::account_of(tx, resident)? {
                let cards = on_cards(tx, resident)?;
                post.send(tx, &seams, account, CARDS, &cards)?;
            }
        }
        Ok(all.len())
    })
}

fn on_cards(tx: &mut Tx<'_>, resident: &ResidentId) -> Result<Vec<OnCard>, StoreError> {
    let own = |copy: &kept::Copy| OnCard {
        name: cards::short_name(copy.card),
        loaded_at: copy.loaded_at.micros(),
        chosen_at: copy.chosen_at.micros(),
        written_at: copy.written_at.map(Timestamp::micros),
    };
    Ok(kept::copies(tx, resident)?.iter().map(own).collect())
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
        if !may_answer {
            // Nothing is written beyond what an hour allows; what was taken away is gone however often it is said.
            if wish == Some(Wish::TakeAway) {
                kept::take_away(tx, &resident, at)?;
            }
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
    Ok(Told { known, chosen, cards: on_cards(tx, access.subject())?, refused: None })
}
