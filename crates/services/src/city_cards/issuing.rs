//! Giving cards: the next number, what it costs, what the one card saves; reissuing; taking a mistake back.

use base::{Date, Id, Seams, Yen};
use store::sealing::Vault;
use store::{StoreError, Tx};
use tools::access::Actor;
use tools::service_cards::{
    self, CardError, CardStatus, Form, IssueRefusal, NewCard, ServiceCard, Subject, find_number, of_subject,
};
use tools::{Inside, ResidentId};

use super::kept::Kept;
use super::numbers::NotOurs;
use super::{LIBRARY, takings};

/// Seconds in which a step can be taken back.
pub const UNDO_SECONDS: i64 = 30;
/// Numbers passed over at most while one is looked for.
const MOST_PASSED: u64 = 100_000;

/// Why no card was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GiveRefusal {
    /// The rules of all cards.
    #[error(transparent)]
    Issue(#[from] IssueRefusal),
    /// The number is none of this card's.
    #[error(transparent)]
    Number(#[from] NotOurs),
    /// This card's numbers are typed, and none was.
    #[error("a number is needed")]
    NoNumber,
    /// All numbers are given out.
    #[error("this card has no numbers left")]
    UsedUp,
}

/// A card that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The card.
    pub card: Id,
    /// What it costs.
    pub fee: Yen,
    /// What the one card saves against the department's own.
    pub saved: Yen,
}

/// A card to be given.
#[derive(Clone, Debug)]
pub struct Wanted<'a> {
    /// Of which definition.
    pub card: &'a Kept,
    /// On what.
    pub form: Form,
    /// The number that was typed, if one was.
    pub typed: Option<&'a str>,
    /// The card in whose place it comes.
    pub replaces: Option<Id>,
}

/// Gives a person a card.
///
/// # Errors
/// Outer: the databases. Inner: why not.
pub fn give(
    city: &Inside,
    by: &Actor,
    resident: &ResidentId,
    wanted: &Wanted<'_>,
) -> Result<Result<Given, GiveRefusal>, CardError> {
    let subject = Subject::of(&city.vault, &wanted.card.key, resident)?;
    let (vault, seams, by) = (city.vault.clone(), city.seams.clone(), by.clone());
    let (kept, form, replaces) = (wanted.card.clone(), wanted.form, wanted.replaces);
    let typed = match wanted.typed.map(|text| read(&kept, text)).transpose() {
        Ok(typed) => typed,
        Err(no) => return Ok(Err(no.into())),
    };
    city.cards.write(move |tx| {
        let means = Means { vault: &vault, seams: &seams, by: &by, kept: &kept, subject: &subject };
        match means.give(tx, form, typed.as_deref(), replaces) {
            // Refusals come before a number is counted: they leave no gaps.
            Err(Undone::Refused(refusal)) => Ok(Err(refusal)),
            Err(Undone::Beneath(error)) => Err(error),
            Ok(given) => Ok(Ok(given)),
        }
    })
}

/// The number that was typed. The library's own numbers go beside those that its definition counts.
fn read(kept: &Kept, text: &str) -> Result<String, NotOurs> {
    match kept.definition.number.read(text) {
        Err(no) if kept.key == LIBRARY && no != NotOurs::IndividualNumber => Ok(text.trim().to_owned()),
        read => read,
    }
}

enum Undone {
    Refused(GiveRefusal),
    Beneath(CardError),
}

impl<E: Into<CardError>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self::Beneath(error.into())
    }
}

struct Means<'a> {
    vault: &'a Vault,
    seams: &'a Seams,
    by: &'a Actor,
    kept: &'a Kept,
    subject: &'a Subject,
}

impl Means<'_> {
    fn give(&self, tx: &mut Tx<'_>, form: Form, typed: Option<&str>, replaces: Option<Id>) -> Result<Given, Undone> {
        let service = self.kept.key.as_str();
        let theirs = of_subject(tx, self.vault, service, self.subject)?;
        let other = |id: Id| theirs.iter().any(|one| one.id == id && one.status.is_live());
        if replaces.is_some_and(|old| !other(old)) {
            return Err(Undone::Refused(IssueRefusal::NotThere.into()));
        }
        let has_one = theirs.iter().any(|one| Some(one.id) != replaces && one.form == form && one.status.is_live());
        if has_one {
            return Err(Undone::Refused(IssueRefusal::HasOne.into()));
        }
        // The number goes over to the one card; a lost card's does not come back.
        let beside = theirs.iter().find(|one| Some(one.id) != replaces && one.status == CardStatus::Active);
        let number = match (typed, beside.filter(|_| form == Form::OneCard)) {
            (Some(typed), _) => typed.to_owned(),
            (None, Some(old)) => old.number.reveal().clone(),
            (None, None) if self.kept.definition.number.is_given => return Err(Undone::Refused(GiveRefusal::NoNumber)),
            (None, None) => self.next(tx)?,
        };
        let today = self.seams.today();
        let valid_until = self.kept.definition.expiry.last_day(today);
        let issued = match replaces {
            Some(old) => {
                let new = NewCard { service, subject: self.subject, form, number: &number, valid_until };
                service_cards::reissue_for(tx, self.vault, self.seams, self.by, old, &new)?
            }
            None => {
                let new = NewCard { service, subject: self.subject, form, number: &number, valid_until };
                service_cards::issue(tx, self.vault, self.seams, self.by, &new)?
            }
        };
        let card = issued.map_err(|refusal| Undone::Refused(refusal.into()))?;
        Ok(self.priced(tx, card, form, replaces.is_some())?)
    }

    fn priced(&self, tx: &mut Tx<'_>, card: Id, form: Form, is_again: bool) -> Result<Given, StoreError> {
        let fees = self.kept.definition.fees();
        let fee = fees.due(form, is_again);
        let saved = if form == Form::OneCard { fees.difference(is_again) } else { Yen::ZERO };
        tx.execute(
            "INSERT INTO city_card_issues (card_id, service, version, form, fee, saved, is_again, issued_at, is_online) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                card.into(),
                self.kept.key.as_str().into(),
                self.kept.version.into(),
                form.code().into(),
                fee.0.into(),
                saved.0.into(),
                i64::from(is_again).into(),
                self.seams.now().into(),
                i64::from(matches!(self.by, Actor::Resident { terminal: None, .. })).into(),
            ],
        )?;
        takings::keep(tx, self.seams, self.by, (&self.kept.key, card), fee)?;
        Ok(Given { card, fee, saved })
    }

    /// The next number nobody has.
    fn next(&self, tx: &mut Tx<'_>) -> Result<String, Undone> {
        let service = self.kept.key.as_str();
        let format = &self.kept.definition.number;
        let row = tx.query_one("SELECT next FROM city_card_numbers WHERE service = $1", &[service.into()])?;
        let first = row.map(|row| row.int(0)).transpose()?.and_then(|next| u64::try_from(next).ok()).unwrap_or(1);
        for value in first..format.end().min(first.saturating_add(MOST_PASSED)) {
            let Some(number) = format.number(value) else { continue };
            if !find_number(tx, self.vault, service, &number)?.is_empty() {
                continue;
            }
            let next = i64::try_from(value).unwrap_or(i64::MAX).saturating_add(1);
            tx.execute(
                "INSERT INTO city_card_numbers (service, next) VALUES ($1, $2) \
                 ON CONFLICT (service) DO UPDATE SET next = excluded.next",
                &[service.into(), next.into()],
            )?;
            return Ok(number);
        }
        Err(Undone::Refused(GiveRefusal::UsedUp))
    }
}

/// What a card cost and saved when it was given; none for cards that came by a file.
///
/// # Errors
/// The database.
pub fn price(tx: &mut Tx<'_>, card: Id) -> Result<Option<(Yen, Yen, bool)>, StoreError> {
    let row = tx.query_one("SELECT fee, saved, is_again FROM city_card_issues WHERE card_id = $1", &[card.into()])?;
    row.map(|row| Ok((Yen(row.int(0)?), Yen(row.int(1)?), row.int(2)? == 1))).transpose()
}

/// Whether the last step of a card can be taken back by `by` now.
///
/// # Errors
/// The database.
pub fn may_undo(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, service: &str, card: Id) -> Result<bool, CardError> {
    let told = service_cards::history(tx, service, card)?;
    let Some(last) = told.last() else { return Ok(false) };
    let is_recent = seams.now().seconds_since(last.at) <= UNDO_SECONDS;
    let is_step = match last.status {
        CardStatus::Active => told.iter().all(|one| one.status == CardStatus::Active),
        CardStatus::Ended => last.why != UNDONE,
        CardStatus::OnHold | CardStatus::Lost => true,
        CardStatus::Replaced => false,
    };
    Ok(is_recent && is_step && last.actor == by.key())
}

/// Why a card ended whose giving was taken back.
const UNDONE: &str = "undone";

/// Whether giving this card was taken back.
///
/// # Errors
/// The database.
pub fn is_undone(tx: &mut Tx<'_>, card: &ServiceCard) -> Result<bool, CardError> {
    if card.status != CardStatus::Ended {
        return Ok(false);
    }
    let told = service_cards::history(tx, &card.service, card.id)?;
    Ok(told.last().is_some_and(|last| last.status == CardStatus::Ended && last.why == UNDONE))
}

/// Takes back the last step of one of this person's cards: what was given is switched off and what it replaced is given
/// anew, what was switched off is given anew with its number, what was stopped goes on. `false` when it is too late.
///
/// # Errors
/// The databases.
pub fn undo(city: &Inside, by: &Actor, resident: &ResidentId, key: &str, card: Id) -> Result<bool, CardError> {
    let subject = Subject::of(&city.vault, key, resident)?;
    let (vault, seams, by, key) = (city.vault.clone(), city.seams.clone(), by.clone(), key.to_owned());
    city.cards.write(move |tx| {
        let theirs = of_subject(tx, &vault, &key, &subject)?;
        let Some(one) = theirs.iter().find(|one| one.id == card) else { return Ok(false) };
        if !may_undo(tx, &seams, &by, &key, card)? {
            return Ok(false);
        }
        let again = |tx: &mut Tx<'_>, old: &ServiceCard| {
            let new = NewCard {
                service: &key,
                subject: &subject,
                form: old.form,
                number: old.number.reveal(),
                valid_until: old.valid_until,
            };
            service_cards::issue(tx, &vault, &seams, &by, &new)
        };
        match one.status {
            CardStatus::Ended => Ok(again(tx, one)?.is_ok()),
            CardStatus::OnHold | CardStatus::Lost => {
                service_cards::change(tx, &seams, &by, &key, card, CardStatus::Active, UNDONE)
            }
            CardStatus::Active => {
                let ended = service_cards::change(tx, &seams, &by, &key, card, CardStatus::Ended, UNDONE)?;
                tx.execute("DELETE FROM city_card_issues WHERE card_id = $1", &[card.into()])?;
                takings::give_back(tx, &seams, card)?;
                let before = one.replaces.and_then(|old| theirs.iter().find(|one| one.id == old));
                let Some(old) = before else { return Ok(ended) };
                let Ok(anew) = again(tx, old)? else { return Ok(false) };
                // It was lost or on hold before its place was taken: it is so again.
                let told = service_cards::history(tx, &key, old.id)?;
                let stood = told.iter().rev().nth(1).map(|one| one.status).filter(|one| *one != CardStatus::Active);
                if let Some(stood) = stood.filter(|one| one.is_live()) {
                    service_cards::change(tx, &seams, &by, &key, anew, stood, UNDONE)?;
                }
                Ok(ended)
            }
            CardStatus::Replaced => Ok(false),
        }
    })
}

/// Whether a card of this definition lets its holder in today; one of a card that was given up does not.
pub fn is_valid(kept: &Kept, card: &ServiceCard, today: Date) -> bool {
    kept.standing == super::Standing::Live && card.is_usable(today)
}
