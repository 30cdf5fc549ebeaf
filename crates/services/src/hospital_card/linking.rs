//! At the hospital's desk: a chart number becomes linked to whoever's card lies there, or waits for somebody who checks.

use base::{Id, Timestamp};
use hl7::Sex;
use store::sealing::{SealError, Vault};
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::{self, Actor, Duty, Item, Purpose, ResidentId};
use tools::register;
use tools::service_cards::counter::Counter;
use tools::service_cards::{self, CardError, Form, IssueRefusal, NewCard, ServiceCard, Subject};

use super::hospital::Connection;
use super::model::{LinkState, Reason, Registered, judge};
use super::{HospitalError, KEY, details};

/// Column name for sealing.
const CHART_COLUMN: &str = "hospital_waiting.chart";

/// What came of a chart number that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Linked.
    Linked,
    /// Waits for checking at the window.
    Waits(Reason),
    /// Linked already, or stopped: first that ends.
    HasOne,
    /// No chart number.
    NotANumber,
}

/// Where a person stands, for the desk.
pub struct Standing {
    /// Cards, newest first.
    pub cards: Vec<ServiceCard>,
    /// The reason of what waits.
    pub waits: Option<Reason>,
    /// In one word.
    pub state: LinkState,
}

/// Where the person at the desk stands. A disclosure.
///
/// # Errors
/// [`HospitalError`].
pub fn standing(city: &Inside, by: &Actor, resident: &ResidentId) -> Result<Standing, HospitalError> {
    let counter = Counter { city, by, duty: Duty::Hospital, service: KEY };
    let cards = counter.look(resident)?;
    let subject = Subject::of(&city.vault, KEY, resident)?;
    let waits = city.cards.read::<_, HospitalError, _>(move |tx| waits(tx, &subject))?;
    Ok(Standing { state: LinkState::of(&cards, waits.is_some()), cards, waits })
}

fn waits(tx: &mut Tx<'_>, subject: &Subject) -> Result<Option<Reason>, HospitalError> {
    for hash in subject.hashes() {
        let sql = "SELECT reason FROM hospital_waiting WHERE subject = $1 AND state = 'waiting' ORDER BY asked_at DESC";
        if let Some(row) = tx.query(sql, &[hash.hash.as_slice().into()])?.first() {
            return Ok(Reason::from_code(row.text(0)?));
        }
    }
    Ok(None)
}

/// The person as registered, as far as a hospital is compared with and told of receptions. A disclosure.
///
/// # Errors
/// [`HospitalError`].
pub fn registered(city: &Inside, by: &Actor, resident: &ResidentId) -> Result<Registered, HospitalError> {
    read(city, by, resident, false)
}

/// The same with the address, for what the person agreed that the hospital is told: a disclosure of its own duty. An address
/// under protection (支援措置) is not among it.
///
/// # Errors
/// [`HospitalError`].
pub fn registered_with_address(city: &Inside, by: &Actor, resident: &ResidentId) -> Result<Registered, HospitalError> {
    read(city, by, resident, true)
}

fn read(city: &Inside, by: &Actor, resident: &ResidentId, has_address: bool) -> Result<Registered, HospitalError> {
    let (seams, by, who) = (city.seams.clone(), by.clone(), resident.clone());
    let mut items = vec![Item::Name, Item::BirthDate, Item::Sex, Item::ServiceNumber];
    items.extend(has_address.then_some(Item::Address));
    let duty = if has_address { Duty::HospitalTold } else { Duty::Hospital };
    let purpose = Purpose::new(duty).reading(&items);
    city.store.write(move |tx| {
        let access = access::person(tx, &seams, &by, &purpose, &who)?;
        let found = register::resident(tx, &access)?;
        let names = &found.names;
        let others = [&names.common, &names.former].into_iter().flatten().filter_map(|other| other.kana.clone());
        let parted = |text: &str| match text.split_once(['\u{3000}', ' ']) {
            Some((family, given)) => (family.to_owned(), given.to_owned()),
            None => (text.to_owned(), String::new()),
        };
        let address = match has_address {
            true => {
                let household = register::household_snapshot(tx, &access)?;
                let is_hidden = register::rules::is_suppressed(&household.protections, &who, seams.today());
                let text = found.address.whole();
                (!is_hidden).then(|| hl7::Address { postal_code: found.address.postal_code.clone(), text })
            }
            false => None,
        };
        Ok(Registered {
            address,
            born: found.birth_date_text.is_none().then_some(found.birth_date),
            sex: match found.sex {
                register::Sex::Male => Sex::Male,
                register::Sex::Female => Sex::Female,
                register::Sex::NotStated => Sex::Unknown,
            },
            kana: names.kana.iter().cloned().chain(others).collect(),
            name: parted(&names.registered),
        })
    })
}

/// Links a chart number to a person, if it is certain; else it waits. `with_paper`: the paper card with this number goes on.
///
/// # Errors
/// [`HospitalError`].
pub fn link(
    city: &Inside,
    connection: &Connection,
    by: &Actor,
    resident: &ResidentId,
    chart: &str,
    with_paper: bool,
) -> Result<Outcome, HospitalError> {
    let chart = base::text::to_half_width(chart.trim());
    let is_number = (1..=20).contains(&chart.len()) && chart.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if !is_number || base::my_number_guard::refuse_individual_number(&chart).is_err() {
        return Ok(Outcome::NotANumber);
    }
    let standing = standing(city, by, resident)?;
    if !matches!(standing.state, LinkState::Unlinked | LinkState::Waiting) {
        return Ok(Outcome::HasOne);
    }
    let person = registered(city, by, resident)?;
    let judged = match connection.ask(city.seams.now(), |hospital| hospital.find(&chart)) {
        Ok(found) => judge(&person, &chart, &found),
        Err(_) => Err(Reason::Silent),
    };
    let subject = Subject::of(&city.vault, KEY, resident)?;
    let (vault, seams, by) = (city.vault.clone(), city.seams.clone(), by.clone());
    city.cards.write(move |tx| {
        let judged = match judged {
            Ok(()) => match issue(tx, (&vault, &seams), &by, &subject, &chart, with_paper)? {
                Ok(()) => Ok(()),
                Err(IssueRefusal::NumberTaken) => Err(Reason::Taken),
                Err(IssueRefusal::HasOne | IssueRefusal::NotThere) => return Ok(Outcome::HasOne),
                Err(_) => return Ok(Outcome::NotANumber),
            },
            Err(reason) => Err(reason),
        };
        end_waiting(tx, &subject, seams.now(), &by.key())?;
        // Also where it waits: an officer's link is watched like another.
        details::remember(tx, &vault, &subject, &person)?;
        match judged {
            Ok(()) => Ok(Outcome::Linked),
            Err(reason) => {
                wait(tx, (&vault, &seams), &by, &subject, (&chart, with_paper), reason)?;
                Ok(Outcome::Waits(reason))
            }
        }
    })
}

type Means<'a> = (&'a Vault, &'a base::Seams);

/// Gives the number on the one card, and on the paper card where that goes on.
fn issue(
    tx: &mut Tx<'_>,
    (vault, seams): Means<'_>,
    by: &Actor,
    subject: &Subject,
    chart: &str,
    with_paper: bool,
) -> Result<Result<(), IssueRefusal>, CardError> {
    let new = |form| NewCard { service: KEY, subject, form, number: chart, valid_until: None };
    if let Err(refusal) = service_cards::issue(tx, vault, seams, by, &new(Form::OneCard))? {
        return Ok(Err(refusal));
    }
    if with_paper {
        // One they have already stays as it is.
        let _ = service_cards::issue(tx, vault, seams, by, &new(Form::OwnCard))?;
    }
    Ok(Ok(()))
}

/// A newer number takes the place of one that waits.
fn end_waiting(tx: &mut Tx<'_>, subject: &Subject, now: Timestamp, by: &str) -> Result<(), StoreError> {
    for hash in subject.hashes() {
        tx.execute(
            "UPDATE hospital_waiting SET state = 'superseded', decided_at = $2, decided_by = $3 \
             WHERE subject = $1 AND state = 'waiting'",
            &[hash.hash.as_slice().into(), now.into(), by.into()],
        )?;
    }
    Ok(())
}

fn wait(
    tx: &mut Tx<'_>,
    (vault, seams): Means<'_>,
    by: &Actor,
    subject: &Subject,
    (chart, with_paper): (&str, bool),
    reason: Reason,
) -> Result<(), HospitalError> {
    let id = seams.random_id();
    let Some(hash) = subject.hashes().first() else { return Err(SealError::NoKey.into()) };
    let sealed = vault.seal(&key_name(id), CHART_COLUMN, chart.as_bytes())?;
    tx.execute(
        "INSERT INTO hospital_waiting (waiting_id, subject_key, subject, chart, with_paper, reason, state, asked_at, \
         asked_by) VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8)",
        &[
            id.into(),
            hash.key_id.into(),
            hash.hash.as_slice().into(),
            sealed.as_slice().into(),
            with_paper.into(),
            reason.code().into(),
            seams.now().into(),
            by.key().into(),
        ],
    )?;
    Ok(())
}

fn key_name(id: Id) -> String {
    format!("hospital-waiting:{id}")
}

/// A chart number that waits, as an officer sees it: its last characters, to be compared with the paper card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Its id.
    pub id: Id,
    /// The last three characters.
    pub ending: String,
    /// Why it waits.
    pub reason: Reason,
    /// Since when.
    pub asked_at: Timestamp,
}

/// What waits, the oldest first.
///
/// # Errors
/// [`HospitalError`].
pub fn waiting(city: &Inside) -> Result<Vec<Waiting>, HospitalError> {
    let vault = city.vault.clone();
    city.cards.read(move |tx| {
        let sql = "SELECT waiting_id, chart, reason, asked_at FROM hospital_waiting WHERE state = 'waiting' \
                   ORDER BY asked_at LIMIT 100";
        let mut all = Vec::new();
        for row in &tx.query(sql, &[])? {
            let chart = open(&vault, row.id(0)?, row.blob(1)?)?;
            let ending = chart.chars().skip(chart.chars().count().saturating_sub(3)).collect();
            let reason = Reason::from_code(row.text(2)?).unwrap_or(Reason::NoSuchChart);
            all.push(Waiting { id: row.id(0)?, ending, reason, asked_at: row.timestamp(3)? });
        }
        Ok(all)
    })
}

fn open(vault: &Vault, id: Id, sealed: &[u8]) -> Result<String, HospitalError> {
    let chart = vault.open_sealed(&key_name(id), CHART_COLUMN, sealed)?;
    Ok(String::from_utf8(chart).map_err(|_| StoreError::Column { column: 1, wanted: "text" })?)
}

/// What an officer decides about a waiting number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Linked, upon two pieces of evidence the officer saw. Kinds of evidence, nothing about the person.
    Accept([String; 2]),
    /// Not linked, and why.
    Refuse(String),
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// Done.
    Done,
    /// It waits no more.
    Gone,
    /// The same evidence twice, or none.
    NotTwo,
    /// The number is somebody else's, or the person has another.
    Refused,
}

/// Decides.
///
/// # Errors
/// [`HospitalError`].
pub fn decide(city: &Inside, by: &Actor, id: Id, decision: &Decision) -> Result<Decided, HospitalError> {
    let (vault, seams, by, decision) = (city.vault.clone(), city.seams.clone(), by.clone(), decision.clone());
    city.cards.write(move |tx| {
        let sql = "SELECT subject_key, subject, chart, with_paper FROM hospital_waiting \
                   WHERE waiting_id = $1 AND state = 'waiting'";
        let Some(row) = tx.query_one(sql, &[id.into()])? else { return Ok(Decided::Gone) };
        let (state, noted) = match &decision {
            Decision::Accept([first, second]) => {
                if first.trim().is_empty() || second.trim().is_empty() || first.trim() == second.trim() {
                    return Ok(Decided::NotTwo);
                }
                let (subject, chart) = (Subject::from_row(&row, 0, 1)?, open(&vault, id, row.blob(2)?)?);
                if issue(tx, (&vault, &seams), &by, &subject, &chart, row.flag(3)?)?.is_err() {
                    return Ok(Decided::Refused);
                }
                ("accepted", format!("{first} / {second}"))
            }
            Decision::Refuse(why) => ("refused", why.clone()),
        };
        tx.execute(
            "UPDATE hospital_waiting SET state = $2, decided_at = $3, decided_by = $4, evidence = $5 WHERE waiting_id = $1",
            &[id.into(), state.into(), seams.now().into(), by.key().into(), noted.into()],
        )?;
        Ok(Decided::Done)
    })
}
