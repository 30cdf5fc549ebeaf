//! Whether the hospital still says of a linked chart what the register says of its person. Neither is kept: keyed hashes of
//! both are compared, and what differs is a mark for an officer. The register is never changed by a message.
//!
//! ```text
//!  link, reception: register ─► hospital_facts (hashes, by pseudonym)
//!  A04 · A08 · A28 · A31 · A40: PID ─► the card of the chart ─► same? agrees · else differs ─► /staff/hospital: keep · stop
//! ```

use aws_lc_rs::digest::{SHA256, digest};
use base::{Id, Seams, Timestamp};
use hl7::{Patient, Sex};
use store::sealing::Vault;
use store::{StoreError, Tx};
use tools::Inside;
use tools::access::Actor;
use tools::service_cards::{self, CardStatus, Form, Subject};

use super::model::{Registered, normalised, words};
use super::watching::ending;
use super::{HospitalError, KEY};

/// Separates hashes of facts from every other use of the look-up key.
const FACT_PURPOSE: &str = "hospital_card.fact_hash";

words! {
    /// What may differ.
    Fact {
        /// Day of birth.
        Born "born";
        /// Sex.
        Sex "sex";
        /// Reading of the name.
        Kana "kana";
    }
}

/// A fact as it is hashed; [`None`] where it is not said.
fn of_patient(patient: &Patient) -> [(Fact, Option<String>); 3] {
    let kana = patient.kana.as_ref().map(|kana| normalised(&format!("{}{}", kana.family, kana.given)));
    [
        (Fact::Born, patient.born.map(|day| day.to_string())),
        (Fact::Sex, sex(patient.sex)),
        (Fact::Kana, kana.filter(|kana| !kana.is_empty())),
    ]
}

fn of_person(person: &Registered) -> Vec<(Fact, String)> {
    let kana = person.kana.iter().map(|kana| normalised(kana)).filter(|kana| !kana.is_empty());
    let mut all: Vec<(Fact, String)> = kana.map(|kana| (Fact::Kana, kana)).collect();
    all.extend(person.born.map(|day| (Fact::Born, day.to_string())));
    all.extend(sex(person.sex).map(|sex| (Fact::Sex, sex)));
    all
}

fn sex(sex: Sex) -> Option<String> {
    match sex {
        Sex::Male => Some("male".to_owned()),
        Sex::Female => Some("female".to_owned()),
        Sex::Unknown => None,
    }
}

/// The same value as another person's, or as another fact, has another hash.
fn salted(subject: &[u8], fact: Fact, value: &str) -> Vec<u8> {
    [subject, fact.code().as_bytes(), &[0], value.as_bytes()].concat()
}

/// Keeps what the register says, in the place of what it said before.
pub(super) fn remember(
    tx: &mut Tx<'_>,
    vault: &Vault,
    subject: &Subject,
    person: &Registered,
) -> Result<(), HospitalError> {
    for hash in subject.hashes() {
        tx.execute("DELETE FROM hospital_facts WHERE subject = $1", &[hash.hash.as_slice().into()])?;
    }
    let Some(own) = subject.hashes().first() else { return Ok(()) };
    for (fact, value) in of_person(person) {
        let hash = vault.keyed_hash(FACT_PURPOSE, &salted(&own.hash, fact, &value))?;
        tx.execute(
            "INSERT INTO hospital_facts (subject, subject_key, fact, hash) VALUES ($1, $2, $3, $4)",
            &[own.hash.as_slice().into(), own.key_id.into(), fact.code().into(), hash.hash.as_slice().into()],
        )?;
    }
    Ok(())
}

/// What the hospital says of a chart that is linked: compared, and marked where it differs. Told again, it changes nothing.
pub(super) fn told(tx: &mut Tx<'_>, vault: &Vault, seams: &Seams, patient: &Patient) -> Result<(), HospitalError> {
    let cards = service_cards::find_number(tx, vault, KEY, &patient.chart_number)?;
    for card in cards.into_iter().filter(|card| card.form == Form::OneCard && card.status.is_live()) {
        let Some(subject) = service_cards::subject_of(tx, KEY, card.id)? else { continue };
        let Some(differs) = compare(tx, vault, &subject, patient)? else { continue };
        let digest = digest_of(vault, card.id, patient)?;
        let before =
            tx.query_one("SELECT state, digest FROM hospital_details WHERE card_id = $1", &[card.id.into()])?;
        let is_kept = before
            .map(|row| Ok::<_, StoreError>(row.text(0)? == "kept" && row.blob(1)? == digest.as_slice()))
            .transpose()?;
        let state = match differs.is_empty() {
            true => "agrees",
            // An officer looked into these very details.
            false if is_kept == Some(true) => "kept",
            false => "differs",
        };
        let words: Vec<&str> = differs.iter().map(|fact| fact.code()).collect();
        tx.execute(
            "INSERT INTO hospital_details (card_id, told_at, differs, digest, state) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (card_id) DO UPDATE SET told_at = $2, differs = $3, digest = $4, state = $5",
            &[
                card.id.into(),
                seams.now().into(),
                words.join(",").as_str().into(),
                digest.as_slice().into(),
                state.into(),
            ],
        )?;
    }
    Ok(())
}

/// What differs; [`None`] where nothing was kept to compare with. What the hospital does not say does not differ.
fn compare(
    tx: &mut Tx<'_>,
    vault: &Vault,
    subject: &Subject,
    patient: &Patient,
) -> Result<Option<Vec<Fact>>, HospitalError> {
    for own in subject.hashes() {
        let sql = "SELECT fact, hash FROM hospital_facts WHERE subject = $1";
        let rows = tx.query(sql, &[own.hash.as_slice().into()])?;
        let kept = rows.iter().map(|row| Ok((row.text(0)?.to_owned(), row.blob(1)?.to_vec())));
        let kept = kept.collect::<Result<Vec<_>, StoreError>>()?;
        if kept.is_empty() {
            continue;
        }
        let mut differs = Vec::new();
        for (fact, value) in of_patient(patient) {
            let Some(value) = value else { continue };
            let hashes = vault.keyed_hashes(FACT_PURPOSE, &salted(&own.hash, fact, &value))?;
            let mut known = kept.iter().filter(|(name, _)| name == fact.code()).peekable();
            let is_known = known.peek().is_some();
            let is_same = known.any(|(_, hash)| hashes.iter().any(|one| one.hash.as_slice() == hash.as_slice()));
            if is_known && !is_same {
                differs.push(fact);
            }
        }
        return Ok(Some(differs));
    }
    Ok(None)
}

fn digest_of(vault: &Vault, card: Id, patient: &Patient) -> Result<Vec<u8>, HospitalError> {
    let said: Vec<String> = of_patient(patient).into_iter().map(|(_, value)| value.unwrap_or_default()).collect();
    let hash = vault.keyed_hash(FACT_PURPOSE, format!("{card}\n{}", said.join("\n")).as_bytes())?;
    Ok(digest(&SHA256, &hash.hash).as_ref().to_vec())
}

/// A linked chart whose details differ at the hospital.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The card.
    pub card: Id,
    /// The last characters of the chart number.
    pub ending: String,
    /// What differs.
    pub facts: Vec<Fact>,
    /// When the hospital last said so.
    pub told_at: Timestamp,
}

/// Charts whose details differ, the oldest first.
///
/// # Errors
/// [`HospitalError`].
pub fn differences(city: &Inside) -> Result<Vec<Difference>, HospitalError> {
    let vault = city.vault.clone();
    city.cards.read(move |tx| {
        let sql =
            "SELECT card_id, differs, told_at FROM hospital_details WHERE state = 'differs' ORDER BY told_at LIMIT 100";
        let mut all = Vec::new();
        for row in &tx.query(sql, &[])? {
            let card = service_cards::get(tx, &vault, KEY, row.id(0)?)?;
            let Some(card) = card.filter(|card| card.status.is_live()) else { continue };
            let facts = row.text(1)?.split(',').filter_map(Fact::from_code).collect();
            all.push(Difference {
                card: card.id,
                ending: ending(card.number.reveal()),
                facts,
                told_at: row.timestamp(2)?,
            });
        }
        Ok(all)
    })
}

/// How many linked charts the hospital has spoken of since, and the details agree.
///
/// # Errors
/// [`HospitalError`].
pub fn agreeing(city: &Inside) -> Result<i64, HospitalError> {
    city.cards.read(|tx| {
        let row = tx.query_one("SELECT COUNT(*) FROM hospital_details WHERE state = 'agrees'", &[])?;
        Ok(row.map_or(Ok(0), |row| row.int(0))?)
    })
}

/// What an officer does about a difference, after asking the hospital's records office.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The same person: the link stays.
    Keep,
    /// Another person, or not certain: the link is stopped until the desk has seen the person.
    Stop,
}

/// Does it. `false`: it does not differ any more.
///
/// # Errors
/// [`HospitalError`].
pub fn settle(city: &Inside, by: &Actor, card: Id, settled: Settled) -> Result<bool, HospitalError> {
    let (seams, by) = (city.seams.clone(), by.clone());
    city.cards.write(move |tx| {
        let state = match settled {
            Settled::Keep => "kept",
            Settled::Stop => "stopped",
        };
        let changed = tx.execute(
            "UPDATE hospital_details SET state = $2, decided_at = $3, decided_by = $4 \
             WHERE card_id = $1 AND state = 'differs'",
            &[card.into(), state.into(), seams.now().into(), by.key().into()],
        )?;
        if changed > 0 && settled == Settled::Stop {
            service_cards::change(tx, &seams, &by, KEY, card, CardStatus::OnHold, "details differ at the hospital")?;
        }
        Ok(changed > 0)
    })
}
