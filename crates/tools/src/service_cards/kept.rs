//! The rows of services' cards. Every function takes a transaction on the database of cards.

use base::text::to_half_width;
use base::{Date, Id, Personal, Seams, Timestamp};
use store::sealing::{SealError, Vault};
use store::{Row, StoreError, Tx};

use super::CardError;
use super::model::{CardStatus, Form, IssueRefusal, MAX_NUMBER};
use super::subject::{Subject, named};
use crate::access::Actor;

/// Separates hashes of numbers from every other use of the look-up key.
const NUMBER_PURPOSE: &str = "service_cards.number_hash";
/// Column name for sealing.
const NUMBER_COLUMN: &str = "service_cards.number";

/// Under which name a card's own key is kept.
fn key_name(card: Id) -> String {
    format!("service-card:{card}")
}

/// A card of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceCard {
    /// Its id: random, says nothing.
    pub id: Id,
    /// Whose card it is: a service's key, or the key of a card that a department defined.
    pub service: String,
    /// On what the number is carried.
    pub form: Form,
    /// The service's number of the person.
    pub number: Personal<String>,
    /// Where it stands.
    pub status: CardStatus,
    /// Since when.
    pub since: Timestamp,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// The last day on which it may be used.
    pub valid_until: Option<Date>,
    /// Which card it took the place of.
    pub replaces: Option<Id>,
}

impl ServiceCard {
    /// Whether it may be used on this day.
    pub fn is_usable(&self, today: Date) -> bool {
        self.status == CardStatus::Active && self.valid_until.is_none_or(|last| today <= last)
    }

    fn read(row: &Row, vault: &Vault) -> Result<Self, CardError> {
        let id = row.id(0)?;
        let broken = |column| StoreError::Column { column, wanted: "a word of the table" };
        let number = vault.open_sealed(&key_name(id), NUMBER_COLUMN, row.blob(3)?)?;
        let number = String::from_utf8(number).map_err(|_| broken(3))?;
        Ok(Self {
            id,
            service: row.text(1)?.to_owned(),
            form: Form::from_code(row.text(2)?).ok_or(broken(2))?,
            number: Personal::new(number),
            status: CardStatus::from_code(row.text(4)?).ok_or(broken(4))?,
            since: row.timestamp(5)?,
            issued_at: row.timestamp(6)?,
            valid_until: row.opt_date(7)?,
            replaces: row.opt_text(8)?.map(Id::parse).transpose().map_err(|_| broken(8))?,
        })
    }
}

/// A card to be issued.
#[derive(Clone, Copy, Debug)]
pub struct NewCard<'a> {
    /// Whose card it is.
    pub service: &'a str,
    /// The person.
    pub subject: &'a Subject,
    /// On what the number is carried.
    pub form: Form,
    /// The number: 1 to [`MAX_NUMBER`] letters, digits and hyphens; full-width ones are taken as half-width.
    pub number: &'a str,
    /// The last day on which it may be used.
    pub valid_until: Option<Date>,
}

/// The number as it is kept, or why it is none.
///
/// # Errors
/// [`IssueRefusal::NotANumber`], [`IssueRefusal::IndividualNumber`].
pub fn sound_number(number: &str) -> Result<String, IssueRefusal> {
    let number = to_half_width(number.trim());
    let may = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if number.is_empty() || number.len() > MAX_NUMBER as usize || !number.chars().all(may) {
        return Err(IssueRefusal::NotANumber);
    }
    base::my_number_guard::refuse_individual_number(&number).map_err(|_| IssueRefusal::IndividualNumber)?;
    Ok(number)
}

/// Gives a person a card. The same number may stand on their old and on their new card; another person's is refused, also
/// when it is no longer used.
///
/// # Errors
/// Outer: the database or the key store. Inner: why not.
pub fn issue(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: &Actor,
    new: &NewCard<'_>,
) -> Result<Result<Id, IssueRefusal>, CardError> {
    give(tx, vault, seams, by, new, None)
}

/// Gives a card in the place of another: the old one is replaced, in the same transaction.
///
/// # Errors
/// As [`issue`].
#[expect(clippy::too_many_arguments, reason = "the means, who, and the new card beside the old")]
pub fn reissue(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: &Actor,
    service: &str,
    old: Id,
    number: &str,
    form: Form,
    valid_until: Option<Date>,
) -> Result<Result<Id, IssueRefusal>, CardError> {
    let Some(first) = subject_of(tx, service, old)? else { return Ok(Err(IssueRefusal::NotThere)) };
    let subject = everywhere(tx, vault, service, first)?;
    let new = NewCard { service, subject: &subject, form, number, valid_until };
    reissue_for(tx, vault, seams, by, old, &new)
}

/// The same where the person is known: their cards are found under every look-up key.
///
/// # Errors
/// As [`issue`].
pub fn reissue_for(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: &Actor,
    old: Id,
    new: &NewCard<'_>,
) -> Result<Result<Id, IssueRefusal>, CardError> {
    let theirs = of_subject(tx, vault, new.service, new.subject)?;
    if !theirs.iter().any(|one| one.id == old && one.status.is_live()) {
        return Ok(Err(IssueRefusal::NotThere));
    }
    give(tx, vault, seams, by, new, Some(old))
}

/// A person whom one row names under one look-up key, under every key that their rows are found by: whoever shares a number is
/// the same person, since a number is never given to two.
fn everywhere(tx: &mut Tx<'_>, vault: &Vault, service: &str, first: Subject) -> Result<Subject, CardError> {
    let mut known = first;
    let mut at = 0;
    while let Some(hash) = known.hashes.get(at).cloned() {
        at += 1;
        for card in of_subject(tx, vault, service, &Subject::kept(hash))? {
            for beside in find_number(tx, vault, service, card.number.reveal())? {
                let Some(theirs) = subject_of(tx, service, beside.id)? else { continue };
                for other in theirs.hashes {
                    if !known.hashes.contains(&other) {
                        known.hashes.push(other);
                    }
                }
            }
        }
    }
    known.hashes.sort_by_key(|hash| std::cmp::Reverse(hash.key_id));
    Ok(known)
}

fn give(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: &Actor,
    new: &NewCard<'_>,
    replaces: Option<Id>,
) -> Result<Result<Id, IssueRefusal>, CardError> {
    let number = match sound_number(new.number) {
        Ok(number) => number,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if is_another_s(tx, vault, new.service, &number, new.subject)? {
        return Ok(Err(IssueRefusal::NumberTaken));
    }
    let all = of_subject(tx, vault, new.service, new.subject)?;
    if all.iter().any(|one| Some(one.id) != replaces && one.form == new.form && one.status.is_live()) {
        return Ok(Err(IssueRefusal::HasOne));
    }
    if let Some(old) = replaces {
        set(tx, seams, by, old, CardStatus::Replaced, "reissued")?;
    }
    insert(tx, vault, seams, by, new, &number, replaces).map(Ok)
}

fn insert(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: &Actor,
    new: &NewCard<'_>,
    number: &str,
    replaces: Option<Id>,
) -> Result<Id, CardError> {
    let (id, now) = (seams.random_id(), seams.now());
    let Some(subject) = new.subject.hashes.first() else { return Err(SealError::NoKey.into()) };
    let hash = vault.keyed_hash(NUMBER_PURPOSE, &named(new.service, number))?;
    let sealed = vault.seal(&key_name(id), NUMBER_COLUMN, number.as_bytes())?;
    tx.execute(
        "INSERT INTO service_cards (card_id, service, subject_key, subject, form, number_key, number_hash, number, status, \
         since, issued_at, valid_until, replaces) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $11, $12)",
        &[
            id.into(),
            new.service.into(),
            subject.key_id.into(),
            subject.hash.as_slice().into(),
            new.form.code().into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            sealed.as_slice().into(),
            CardStatus::Active.code().into(),
            now.into(),
            new.valid_until.into(),
            replaces.into(),
        ],
    )?;
    note(tx, seams, by, id, CardStatus::Active, "issued")?;
    Ok(id)
}

/// Whether a number stands on a card of somebody else, live or not.
fn is_another_s(
    tx: &mut Tx<'_>,
    vault: &Vault,
    service: &str,
    number: &str,
    subject: &Subject,
) -> Result<bool, CardError> {
    for hash in vault.keyed_hashes(NUMBER_PURPOSE, &named(service, number))? {
        let rows = tx.query(
            "SELECT subject FROM service_cards WHERE service = $1 AND number_key = $2 AND number_hash = $3",
            &[service.into(), hash.key_id.into(), hash.hash.as_slice().into()],
        )?;
        for row in &rows {
            let theirs = row.blob(0)?;
            if !subject.hashes.iter().any(|ours| ours.hash.as_slice() == theirs) {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn newest_first(mut all: Vec<ServiceCard>) -> Vec<ServiceCard> {
    all.sort_by_key(|card| std::cmp::Reverse((card.issued_at, card.id)));
    all
}

/// A person's cards with a service, newest first.
///
/// # Errors
/// The database or the key store.
pub fn of_subject(
    tx: &mut Tx<'_>,
    vault: &Vault,
    service: &str,
    subject: &Subject,
) -> Result<Vec<ServiceCard>, CardError> {
    let mut all = Vec::new();
    for hash in &subject.hashes {
        let rows = tx.query(
            "SELECT card_id, service, form, number, status, since, issued_at, valid_until, replaces FROM service_cards \
             WHERE service = $1 AND subject = $2 AND subject_key = $3",
            &[service.into(), hash.hash.as_slice().into(), hash.key_id.into()],
        )?;
        for row in &rows {
            all.push(ServiceCard::read(row, vault)?);
        }
    }
    Ok(newest_first(all))
}

/// The cards on which a number stands, newest first: one person's, old and new. A number nobody has gives none.
///
/// # Errors
/// The database or the key store.
pub fn find_number(tx: &mut Tx<'_>, vault: &Vault, service: &str, number: &str) -> Result<Vec<ServiceCard>, CardError> {
    let Ok(number) = sound_number(number) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for hash in vault.keyed_hashes(NUMBER_PURPOSE, &named(service, &number))? {
        let rows = tx.query(
            "SELECT card_id, service, form, number, status, since, issued_at, valid_until, replaces FROM service_cards \
             WHERE service = $1 AND number_key = $2 AND number_hash = $3",
            &[service.into(), hash.key_id.into(), hash.hash.as_slice().into()],
        )?;
        for row in &rows {
            all.push(ServiceCard::read(row, vault)?);
        }
    }
    Ok(newest_first(all))
}

/// One card.
///
/// # Errors
/// The database or the key store.
pub fn get(tx: &mut Tx<'_>, vault: &Vault, service: &str, id: Id) -> Result<Option<ServiceCard>, CardError> {
    let row = tx.query_one(
        "SELECT card_id, service, form, number, status, since, issued_at, valid_until, replaces FROM service_cards \
         WHERE service = $1 AND card_id = $2",
        &[service.into(), id.into()],
    )?;
    row.map(|row| ServiceCard::read(&row, vault)).transpose()
}

/// Whose card it is, as the service's rows know them.
///
/// # Errors
/// The database.
pub fn subject_of(tx: &mut Tx<'_>, service: &str, id: Id) -> Result<Option<Subject>, StoreError> {
    let sql = "SELECT subject_key, subject FROM service_cards WHERE service = $1 AND card_id = $2";
    let row = tx.query_one(sql, &[service.into(), id.into()])?;
    row.map(|row| Subject::from_row(&row, 0, 1)).transpose()
}

/// A service's cards after the one with this id, by id: for files, a page at a time.
///
/// # Errors
/// The database or the key store.
pub fn list(
    tx: &mut Tx<'_>,
    vault: &Vault,
    service: &str,
    after: Option<Id>,
    limit: i64,
) -> Result<Vec<ServiceCard>, CardError> {
    let after = after.map(|id| id.to_string()).unwrap_or_default();
    let rows = tx.query(
        "SELECT card_id, service, form, number, status, since, issued_at, valid_until, replaces FROM service_cards \
         WHERE service = $1 AND card_id > $2 ORDER BY card_id LIMIT $3",
        &[service.into(), after.as_str().into(), limit.into()],
    )?;
    rows.iter().map(|row| ServiceCard::read(row, vault)).collect()
}

/// Stops a card, lets it go on, or switches it off. `false` when there is none or that may not follow; nothing is changed
/// then.
///
/// # Errors
/// The database.
pub fn change(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    service: &str,
    id: Id,
    next: CardStatus,
    why: &str,
) -> Result<bool, CardError> {
    let row = tx.query_one(
        "SELECT status FROM service_cards WHERE service = $1 AND card_id = $2",
        &[service.into(), id.into()],
    )?;
    let stands = row.map(|row| row.text(0).map(CardStatus::from_code)).transpose()?.flatten();
    if !stands.is_some_and(|now| now.may_become(next)) {
        return Ok(false);
    }
    set(tx, seams, by, id, next, why)?;
    Ok(true)
}

fn set(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id, next: CardStatus, why: &str) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE service_cards SET status = $2, since = $3 WHERE card_id = $1",
        &[id.into(), next.code().into(), seams.now().into()],
    )?;
    note(tx, seams, by, id, next, why)
}

/// Something that happened to a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// Who: `staff:…`, `kiosk:…`, `system:…`, or `person` for whoever's card it is.
    pub actor: String,
    /// Where it stood from then on.
    pub status: CardStatus,
    /// Why, in a word or a sentence.
    pub why: String,
}

fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, id: Id, status: CardStatus, why: &str) -> Result<(), StoreError> {
    // A resident's key would join this database to the register.
    let actor = if matches!(by, Actor::Resident { .. }) { "person".to_owned() } else { by.key() };
    tx.execute(
        "INSERT INTO service_card_events (event_id, card_id, happened_at, actor, status, why) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            seams.time_ordered_id().into(),
            id.into(),
            seams.now().into(),
            actor.as_str().into(),
            status.code().into(),
            why.into(),
        ],
    )
    .map(|_| ())
}

/// Writes a word into a card's history; where it stands stays as it is. `false` when there is no such card.
///
/// # Errors
/// The database.
pub fn remark(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    service: &str,
    id: Id,
    word: &'static str,
) -> Result<bool, CardError> {
    let sql = "SELECT status FROM service_cards WHERE service = $1 AND card_id = $2";
    let row = tx.query_one(sql, &[service.into(), id.into()])?;
    let Some(status) = row.map(|row| row.text(0).map(CardStatus::from_code)).transpose()?.flatten() else {
        return Ok(false);
    };
    note(tx, seams, by, id, status, word)?;
    Ok(true)
}

/// What happened to a card, oldest first.
///
/// # Errors
/// The database.
pub fn history(tx: &mut Tx<'_>, service: &str, id: Id) -> Result<Vec<Happened>, CardError> {
    let rows = tx.query(
        "SELECT e.happened_at, e.actor, e.status, e.why FROM service_card_events e \
         JOIN service_cards c ON c.card_id = e.card_id WHERE c.service = $1 AND c.card_id = $2 \
         ORDER BY e.happened_at, e.event_id",
        &[service.into(), id.into()],
    )?;
    rows.iter()
        .map(|row| {
            let status = CardStatus::from_code(row.text(2)?);
            Ok(Happened {
                at: row.timestamp(0)?,
                actor: row.text(1)?.to_owned(),
                status: status.ok_or(StoreError::Column { column: 2, wanted: "a status" })?,
                why: row.text(3)?.to_owned(),
            })
        })
        .collect()
}
