//! Outside: how many applications somebody may send from a PC on one day, so that nobody fills the officers' pile.
//!
//! Counted where the signature was found right: by its certificate, and by the network address. Both are kept as hashes with
//! a salt of the day; neither says who it was, and nothing is left of a day when the next one begins.

use base::Seams;
use data_encoding::HEXLOWER;
use pki::CertificateId;
use store::{StoreError, Tx};

use crate::credentials::kinds::certificate_bytes;
use crate::digest::{Fields, sha256};

/// Applications signed with one certificate on one day. Typing it wrong twice is allowed for.
pub const MOST_OF_A_CERTIFICATE: i64 = 3;
/// Applications from one network address on one day; an office or a library stands behind one.
pub const MOST_FROM_AN_ADDRESS: i64 = 50;

/// Counts one more, unless it is too many. `address` is whatever stands for the network address; `None` where it is unknown.
///
/// # Errors
/// [`StoreError`].
pub fn take(
    tx: &mut Tx<'_>,
    seams: &Seams,
    signer: &CertificateId,
    address: Option<&[u8]>,
) -> Result<bool, StoreError> {
    let day = seams.today().to_string();
    let salt = salt(tx, seams, &day)?;
    let certificate = certificate_bytes(signer);
    let certificate = (hash(&salt, "certificate", &certificate), MOST_OF_A_CERTIFICATE);
    let address = address.map(|address| (hash(&salt, "address", address), MOST_FROM_AN_ADDRESS));
    let all: Vec<(String, i64)> = [Some(certificate), address].into_iter().flatten().collect();
    for (who, most) in &all {
        let sql = "SELECT times FROM registration_counts WHERE day = $1 AND who = $2";
        let row = tx.query_one(sql, &[day.as_str().into(), who.as_str().into()])?;
        if row.map(|row| row.int(0)).transpose()?.unwrap_or(0) >= *most {
            return Ok(false);
        }
    }
    for (who, _) in &all {
        tx.execute(
            "INSERT INTO registration_counts (day, who, times) VALUES ($1, $2, 1) \
             ON CONFLICT (day, who) DO UPDATE SET times = registration_counts.times + 1",
            &[day.as_str().into(), who.as_str().into()],
        )?;
    }
    Ok(true)
}

fn hash(salt: &[u8], kind: &str, value: &[u8]) -> String {
    let fields = Fields::of("yakuba registration count 1").bytes(salt).text(kind).bytes(value);
    HEXLOWER.encode(&sha256(&[&fields.finish()]))
}

/// The day's salt; with the first application of a day the days before are forgotten.
fn salt(tx: &mut Tx<'_>, seams: &Seams, day: &str) -> Result<Vec<u8>, StoreError> {
    let sql = "SELECT salt FROM registration_days WHERE day = $1";
    if let Some(row) = tx.query_one(sql, &[day.into()])? {
        return Ok(row.blob(0)?.to_vec());
    }
    sweep(tx, seams)?;
    let salt: [u8; 32] = seams.random.bytes();
    tx.execute("INSERT INTO registration_days (day, salt) VALUES ($1, $2)", &[day.into(), salt.as_slice().into()])?;
    Ok(salt.to_vec())
}

/// Forgets every day but this one.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, seams: &Seams) -> Result<(), StoreError> {
    let today = seams.today().to_string();
    tx.execute("DELETE FROM registration_counts WHERE day <> $1", &[today.as_str().into()])?;
    tx.execute("DELETE FROM registration_days WHERE day <> $1", &[today.as_str().into()])?;
    Ok(())
}
