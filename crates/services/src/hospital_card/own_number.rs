//! Our number for somebody who has no chart at the hospital yet. It is made from their pseudonym the first time they are told of,
//! and kept: told again another day, or after the look-up key was changed, they are one and the same to the hospital.

use base::Seams;
use store::Tx;
use store::sealing::{SealError, Vault};
use tools::Inside;
use tools::service_cards::Subject;

use super::HospitalError;

/// Separates our numbers of persons without a chart from every other use of the look-up key.
const PURPOSE: &str = "hospital_card.first_visit";
const COLUMN: &str = "hospital_own_numbers.content";
/// Days after which a number nobody was told of again is forgotten.
const DAYS: i64 = 730;

fn key_name(id: base::Id) -> String {
    format!("hospital-own-number:{id}")
}

/// The person's number: the one that was told before, or a new one. Letters and a few digits, no hint of who it is, and never
/// taken for an Individual Number.
pub(super) fn of(city: &Inside, subject: &Subject) -> Result<String, HospitalError> {
    let (vault, seams, subject) = (city.vault.clone(), city.seams.clone(), subject.clone());
    city.cards.write(move |tx| match told_before(tx, &vault, &seams, &subject)? {
        Some(number) => Ok(number),
        None => made(tx, &vault, &seams, &subject),
    })
}

/// Found under every live look-up key; its row is under the newest from then on, so that older keys can be destroyed.
fn told_before(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    subject: &Subject,
) -> Result<Option<String>, HospitalError> {
    for hash in subject.hashes() {
        let sql = "SELECT number_id, content FROM hospital_own_numbers WHERE subject = $1";
        let Some(row) = tx.query_one(sql, &[hash.hash.as_slice().into()])? else { continue };
        let id = row.id(0)?;
        let plain = vault.open_sealed(&key_name(id), COLUMN, row.blob(1)?)?;
        let newest = subject.hashes().first().unwrap_or(hash);
        tx.execute(
            "UPDATE hospital_own_numbers SET subject_key = $2, subject = $3, told_at = $4 WHERE number_id = $1",
            &[id.into(), newest.key_id.into(), newest.hash.as_slice().into(), seams.now().into()],
        )?;
        return Ok(Some(String::from_utf8_lossy(&plain).into_owned()));
    }
    Ok(None)
}

fn made(tx: &mut Tx<'_>, vault: &Vault, seams: &Seams, subject: &Subject) -> Result<String, HospitalError> {
    let Some(pseudonym) = subject.hashes().first() else { return Err(SealError::NoKey.into()) };
    let hash = vault.keyed_hash(PURPOSE, &pseudonym.hash)?;
    let text = data_encoding::BASE32_NOPAD.encode(&hash.hash);
    let number = format!("Y{}", text.get(..19).unwrap_or(&text));
    let id = seams.random_id();
    let sealed = vault.seal(&key_name(id), COLUMN, number.as_bytes())?;
    tx.execute(
        "INSERT INTO hospital_own_numbers (number_id, subject_key, subject, content, told_at) VALUES ($1, $2, $3, $4, $5)",
        &[
            id.into(),
            pseudonym.key_id.into(),
            pseudonym.hash.as_slice().into(),
            sealed.as_slice().into(),
            seams.now().into(),
        ],
    )?;
    Ok(number)
}

/// Forgets numbers that nobody was told of for two years.
pub(super) fn sweep(city: &Inside) -> Result<(), HospitalError> {
    let then = city.seams.now().plus_seconds(-DAYS * 86_400);
    let past = city.cards.write::<_, HospitalError, _>(move |tx| {
        let rows = tx.query("SELECT number_id FROM hospital_own_numbers WHERE told_at < $1", &[then.into()])?;
        let past = rows.iter().map(|row| row.id(0)).collect::<Result<Vec<_>, _>>()?;
        tx.execute("DELETE FROM hospital_own_numbers WHERE told_at < $1", &[then.into()])?;
        Ok(past)
    })?;
    Ok(past.into_iter().try_for_each(|id| city.vault.erase(&key_name(id)).map(drop))?)
}
