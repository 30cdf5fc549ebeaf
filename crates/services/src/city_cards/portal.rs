//! A person's cards of every service, for themselves in the portal: asked outside, read inside by their own access, sealed.
//!
//! ```text
//!  ask ─▶ QUESTION ─▶ take_question (inside) ─▶ ANSWER ─▶ kept sealed ─▶ my cards
//!  wish ─▶ WISH ─▶ take_wish (inside): lost, switched off, asked for ─▶ ANSWER anew
//! ```
//! A wish that comes twice changes nothing the second time: what is over stays over, and a person has one card of a form.

use std::sync::Arc;

use base::{Date, Id};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use tools::access::{self, Actor, Duty, Item, Purpose};
use tools::portal::asked::{Allowed, Asked, Before};
use tools::portal::post::Opened;
use tools::portal::wished::{Waiting, Wished};
use tools::portal::{AccountId, Post, PostError, Topic, link, own_records};
use tools::service_cards::{self, CardError, CardStatus, Form, ServiceCard, Subject};
use tools::{Inside, Outside, ResidentId};

use super::issuing::{self, Wanted};
use super::kept::{self, Kept};
use super::model::{Names, Standing};
use super::{HOSPITAL, LIBRARY};

/// Outside → inside: somebody asks for their cards.
pub const QUESTION: Topic = "service_cards_question";
/// Outside → inside: what somebody wants done.
pub const WISH: Topic = "service_cards_wish";
/// Inside → outside: their cards.
pub const ANSWER: Topic = "service_cards_answer";

/// Counts what is asked for, apart from what is stopped.
const ASKED: Topic = "service_cards_asked";

/// What the outside holds of a person's cards.
pub const CARDS: Asked<Told> = Asked::new("service_cards", QUESTION, 30);

/// What a person said a short while ago; [`OwnService::ask_waits`], [`OwnCard::lost_waits`] and [`OwnCard::end_waits`] tell which
/// of it is still to come.
pub const WISHES: Wished<Wish> = Wished::new("service_card_wishes");

/// Sends questions that wait to the inside.
///
/// # Errors
/// [`PostError`].
pub fn send_questions(outside: &Outside, post: &Arc<Post>) -> Result<usize, PostError> {
    CARDS.send_questions(outside, post, &())
}

/// Tells the inside what a person wants done. `false`: asked for too often in this hour. A stop is always told.
///
/// # Errors
/// [`PostError`].
pub fn send_wish(outside: &Outside, post: &Arc<Post>, account: AccountId, wish: &Wish) -> Result<bool, PostError> {
    let allowed = if matches!(wish, Wish::Ask { .. }) { Allowed::AnHour } else { Allowed::Always };
    let is_told = CARDS.send_wish(outside, post, account, (WISH, wish), (Before::Stays, allowed))?;
    if is_told {
        WISHES.note(outside, account, wish);
    }
    Ok(is_told)
}

/// A card as its holder sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnCard {
    /// Its id.
    pub id: Id,
    /// Whose card it is.
    pub service: String,
    /// The number.
    pub number: String,
    /// Stored word of its form.
    pub form: String,
    /// Stored word of where it stands.
    pub status: String,
    /// Since when, in microseconds.
    pub since: i64,
    /// The last day.
    pub valid_until: Option<String>,
    /// Whether it lets its holder in today.
    pub is_valid: bool,
}

impl std::fmt::Debug for OwnCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OwnCard(<personal>)")
    }
}

impl OwnCard {
    /// On what the number is carried.
    pub fn form(&self) -> Option<Form> {
        Form::from_code(&self.form)
    }

    /// Where it stands.
    pub fn status(&self) -> Option<CardStatus> {
        CardStatus::from_code(&self.status)
    }

    /// Whether its holder may stop it as lost now.
    pub fn may_be_lost(&self) -> bool {
        matches!(self.status(), Some(CardStatus::Active | CardStatus::OnHold))
    }

    /// Whether its holder may switch it off now: the one card is stopped as lost instead.
    pub fn may_end(&self) -> bool {
        self.form() == Some(Form::OwnCard) && self.status().is_some_and(CardStatus::is_live)
    }

    /// That this card is lost, said and still to come as far as was told: it may be stopped, and stands as it stood when that
    /// was said.
    pub fn lost_waits<'a>(&self, wishes: &'a [Waiting<Wish>]) -> Option<&'a Waiting<Wish>> {
        let is_it = |one: &&Waiting<Wish>| matches!(&one.wish, Wish::Lost { card, .. } if *card == self.id);
        wishes.iter().rev().find(is_it).filter(|one| self.may_be_lost() && self.since < one.at)
    }

    /// The same of switching it off.
    pub fn end_waits<'a>(&self, wishes: &'a [Waiting<Wish>]) -> Option<&'a Waiting<Wish>> {
        let is_it = |one: &&Waiting<Wish>| matches!(&one.wish, Wish::End { card, .. } if *card == self.id);
        wishes.iter().rev().find(is_it).filter(|one| self.may_end() && self.since < one.at)
    }
}

/// A service, and a person's cards with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnService {
    /// Its key.
    pub key: String,
    /// What people call it.
    pub names: Names,
    /// The office that answers for it.
    pub office: String,
    /// The person's cards, newest first; those that are over for a year are left out.
    pub cards: Vec<OwnCard>,
    /// Whether the one card may be asked for here, by this person now.
    pub may_ask: bool,
    /// Whether a page with the number as a code is offered.
    pub has_sticker: bool,
    /// What the one card costs, and what it saves against the service's own; in yen, where it is known.
    pub fee: Option<(i64, i64)>,
}

/// Everything told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Services with cards of the person, or that may be asked for.
    pub services: Vec<OwnService>,
}

/// What somebody wants done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wish {
    /// This card is lost: it is stopped.
    Lost {
        /// Whose card it is.
        service: String,
        /// The card.
        card: Id,
    },
    /// The service's own card is not wanted any more: it is switched off.
    End {
        /// Whose card it is.
        service: String,
        /// The card.
        card: Id,
    },
    /// The service on the one card.
    Ask {
        /// Whose card it is.
        service: String,
    },
}

fn beneath(error: CardError) -> PostError {
    match error {
        CardError::Store(error) => PostError::Store(error),
        CardError::Vault(error) => PostError::Vault(error),
        CardError::Access(error) => PostError::Access(error),
    }
}

/// Takes [`QUESTION`].
///
/// # Errors
/// [`PostError`].
pub fn take_question(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    answer(inside, post, opened, &[QUESTION])
}

/// Takes [`WISH`]: done as far as it may be, and the cards are told anew.
///
/// # Errors
/// [`PostError`].
pub fn take_wish(inside: &Inside, post: &Arc<Post>, opened: &Opened) -> Result<(), PostError> {
    let wish: Wish = opened.json()?;
    let account = opened.account;
    let resident = inside.store.read(|tx| link::resident_of(tx, account))?;
    let resident = resident.ok_or(PostError::Malformed("nobody has this account"))?;
    // Beyond what an hour allows nothing new is written; what stops a card is done however often it is said.
    let (is_asked, seams) = (matches!(wish, Wish::Ask { .. }), inside.seams.clone());
    let may_ask = !is_asked
        || inside.store.read::<_, StoreError, _>(|tx| own_records::has_answers_left(tx, &seams, account, ASKED))?;
    if may_ask {
        fulfil(inside, &resident, &wish).map_err(beneath)?;
    }
    // Counted with the answer: what failed beneath comes again, and is the same wish.
    let counted: &[Topic] = if is_asked && may_ask { &[WISH, ASKED] } else { &[WISH] };
    answer(inside, post, opened, counted)
}

fn fulfil(inside: &Inside, resident: &ResidentId, wish: &Wish) -> Result<(), CardError> {
    let by = Actor::Resident { resident: resident.clone(), terminal: None };
    let (service, card, next) = match wish {
        Wish::Lost { service, card } => (service, *card, CardStatus::Lost),
        Wish::End { service, card } => (service, *card, CardStatus::Ended),
        Wish::Ask { service } => {
            let kept = inside.store.read(|tx| kept::live(tx, service))?;
            // Given up, or not offered here any more, since the page was shown: the new answer says so.
            if let Some(kept) = kept.filter(|kept| kept.definition.is_online && !kept.definition.number.is_given) {
                let wanted = Wanted { card: &kept, form: Form::OneCard, typed: None, replaces: None };
                let _had_one_already = issuing::give(inside, &by, resident, &wanted)?;
            }
            return Ok(());
        }
    };
    let subject = Subject::of(&inside.vault, service, resident)?;
    let (vault, seams, service) = (inside.vault.clone(), inside.seams.clone(), service.clone());
    inside.cards.write(move |tx| {
        let theirs = service_cards::of_subject(tx, &vault, &service, &subject)?;
        // Only the service's own card is switched off from afar; the one card is stopped as lost.
        let may = |one: &ServiceCard| one.id == card && (next == CardStatus::Lost || one.form == Form::OwnCard);
        if theirs.iter().any(may) {
            service_cards::change(tx, &seams, &by, &service, card, next, "portal")?;
        }
        Ok(())
    })
}

/// Tells the cards anew, where the first of `counted` has answers left in this hour; all of them are counted as it is sent.
fn answer(inside: &Inside, post: &Arc<Post>, opened: &Opened, counted: &[Topic]) -> Result<(), PostError> {
    let (zone, account, topics) = (inside.clone(), opened.account, counted.to_vec());
    let resident = inside.store.write::<_, PostError, _>(move |tx| {
        let first = topics.first().copied().unwrap_or(QUESTION);
        if !own_records::has_answers_left(tx, &zone.seams, account, first)? {
            count(tx, &zone, account, &topics)?;
            return Ok(None);
        }
        let Some(resident) = link::resident_of(tx, account)? else { return Ok(None) };
        let actor = Actor::Resident { resident: resident.clone(), terminal: None };
        let purpose = Purpose::new(Duty::Portal).reading(&[Item::ServiceNumber]);
        access::person(tx, &zone.seams, &actor, &purpose, &resident)?;
        Ok(Some(resident))
    })?;
    let Some(resident) = resident else { return Ok(()) };
    let told = told(inside, &resident).map_err(beneath)?;
    let (zone, post, counted) = (inside.clone(), post.clone(), counted.to_vec());
    inside.store.write(move |tx| {
        count(tx, &zone, account, &counted)?;
        post.send(tx, &zone.seams, account, ANSWER, &told).map(drop)
    })
}

fn count(tx: &mut Tx<'_>, inside: &Inside, account: AccountId, topics: &[Topic]) -> Result<(), StoreError> {
    for topic in topics {
        own_records::may_answer(tx, &inside.seams, account, topic)?;
    }
    Ok(())
}

/// Services whose cards are not defined by configuration, or may not be.
fn built_in(key: &str) -> Names {
    let names = |japanese: &str, easy: &str, english: &str| Names {
        japanese: japanese.to_owned(),
        easy: easy.to_owned(),
        english: english.to_owned(),
    };
    match key {
        LIBRARY => names("図書館の利用者カード", "図書館のカード", "Library card"),
        _ => names("市立病院の診察券", "市の病院のカード", "City hospital card"),
    }
}

/// A person's cards with every service.
///
/// # Errors
/// The databases.
pub fn told(inside: &Inside, resident: &ResidentId) -> Result<Told, CardError> {
    let defined = inside.store.read(kept::all_shown)?;
    let mut services = Vec::new();
    for key in [LIBRARY, HOSPITAL] {
        if !defined.iter().any(|kept| kept.key == key) {
            let cards = cards_of(inside, resident, key, None)?;
            let names = built_in(key);
            services.push(OwnService {
                key: key.to_owned(),
                names,
                office: String::new(),
                cards,
                may_ask: false,
                has_sticker: key == LIBRARY,
                fee: None,
            });
        }
    }
    for kept in &defined {
        let cards = cards_of(inside, resident, &kept.key, Some(kept))?;
        let is_live = |one: &OwnCard| one.status().is_some_and(CardStatus::is_live);
        let has_one = cards.iter().any(|one| one.form() == Some(Form::OneCard) && is_live(one));
        let definition = &kept.definition;
        let fees = definition.fees();
        services.push(OwnService {
            key: kept.key.clone(),
            names: definition.names.clone(),
            office: definition.office.clone(),
            may_ask: kept.standing == Standing::Live && definition.is_online && !definition.number.is_given && !has_one,
            has_sticker: definition.has_sticker,
            fee: Some((fees.one_card.0, fees.difference(cards.iter().any(is_live)).0)),
            cards,
        });
    }
    services.retain(|one| one.may_ask || !one.cards.is_empty());
    Ok(Told { services })
}

/// Seconds after which a card that is over is not shown any more: a year.
const OVER_SECONDS: i64 = 365 * 86_400;

fn cards_of(inside: &Inside, resident: &ResidentId, key: &str, kept: Option<&Kept>) -> Result<Vec<OwnCard>, CardError> {
    let subject = Subject::of(&inside.vault, key, resident)?;
    let (vault, service) = (inside.vault.clone(), key.to_owned());
    let (now, today) = (inside.seams.now(), inside.seams.today());
    let is_recent = move |one: &ServiceCard| one.status.is_live() || now.seconds_since(one.since) < OVER_SECONDS;
    let shown = inside.cards.read::<_, CardError, _>(move |tx| {
        let mut shown = Vec::new();
        for one in service_cards::of_subject(tx, &vault, &service, &subject)?.into_iter().filter(is_recent) {
            // What was handed out by mistake and taken back at once was never theirs.
            if !issuing::is_undone(tx, &one)? {
                shown.push(one);
            }
        }
        Ok(shown)
    })?;
    Ok(shown.iter().map(|one| own(one, kept, today)).collect())
}

fn own(one: &ServiceCard, kept: Option<&Kept>, today: Date) -> OwnCard {
    OwnCard {
        id: one.id,
        service: one.service.clone(),
        number: one.number.reveal().clone(),
        form: one.form.code().to_owned(),
        status: one.status.code().to_owned(),
        since: one.since.micros(),
        valid_until: one.valid_until.map(|day| day.to_string()),
        is_valid: kept.map_or_else(|| one.is_usable(today), |kept| issuing::is_valid(kept, one, today)),
    }
}

impl OwnService {
    /// The wish for the one card that waits, as far as was told: it may be asked for, and none came since that was said.
    pub fn ask_waits<'a>(&self, wishes: &'a [Waiting<Wish>]) -> Option<&'a Waiting<Wish>> {
        let came = |at: i64| self.cards.iter().any(|one| one.form() == Some(Form::OneCard) && one.since >= at);
        let is_to_come = |one: &&Waiting<Wish>| {
            matches!(&one.wish, Wish::Ask { service } if *service == self.key) && self.may_ask && !came(one.at)
        };
        wishes.iter().find(is_to_come)
    }

    /// Whether an old card and the one card stand side by side.
    pub fn has_both(&self) -> bool {
        let live = |form| {
            self.cards.iter().any(|one| one.form() == Some(form) && one.status().is_some_and(CardStatus::is_live))
        };
        live(Form::OneCard) && live(Form::OwnCard)
    }
}
