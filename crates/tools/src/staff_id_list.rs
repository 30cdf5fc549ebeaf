//! The published list of live staff IDs, for the outside zone and for whoever checks without a line: which labels' hashes
//! live, of which department, until when. No name, no staff number.
//!
//! ```text
//!  services::staff_id: live IDs ─► publish: sorted, numbered, cut into parts, each signed with the code key
//!                                     └─ relay ─► outside: GET /staff-id/live.json · POST /staff-id
//! ```
//! A part is a signed token (`pki::token`) over one JSON object. A hash is SHA-256 over the words `yakuba staff id 1`, a zero
//! byte and the ten random bytes of the label's number.

use base::{Date, Id, Seams, Timestamp};
use data_encoding::HEXLOWER;
use pki::token::{self, KeyRing, PublicKeyRing, TokenError};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};
use wire::staff_id_code::Sticker;

use crate::digest::sha256;
use crate::relay::{HandleError, Message, RelayError, Zone, send};
use crate::signed_lists::{self, Numbered, Parts, PublishError, carried, parts_of};
use crate::zone::Inside;

/// The kind of message; the body is one signed part with its place.
pub const KIND: &str = "staff_id_list";
/// IDs in a part: a token holds 8 KiB.
const IDS_A_PART: usize = 50;
/// A new list at least so often, in seconds, also when nothing changed. Our own figure.
const EVERY_SECONDS: i64 = 3_600;
/// How long a list may be answered from. Our own figure: after it nothing is said rather than something old.
const GOOD_SECONDS: i64 = 86_400;
/// Names the structure, so that no other token of the same key is taken for a part.
const LIST: &str = "live-staff-ids-1";
const PARTS: Parts = parts_of!("staff_id_list_parts", "list of staff IDs");

/// One live ID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Live {
    /// [`hash`] of its label.
    pub sticker: [u8; 32],
    /// The department of its member.
    pub department: String,
    /// The last day.
    pub until: Date,
}

/// The hash of a label's number in the list.
pub fn hash(sticker: Sticker) -> [u8; 32] {
    sha256(&[b"yakuba staff id 1\0", sticker.bytes()])
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    list: String,
    issuer: String,
    number: i64,
    part: i64,
    parts: i64,
    made_at: i64,
    next: i64,
    /// Hash in hexadecimal, department, last day in days since 1970.
    live: Vec<(String, String, i64)>,
}

/// Inside: sends a list when another was due: something changed, or an hour has passed. Says whether it did.
///
/// # Errors
/// [`PublishError`].
pub fn publish(city: &Inside, keys: &KeyRing, mut live: Vec<Live>) -> Result<bool, PublishError> {
    live.sort_unstable();
    let now = city.seams.now();
    let told: Vec<(String, String, i64)> = live
        .into_iter()
        .map(|one| (HEXLOWER.encode(&one.sticker), one.department, one.until.days_since_epoch()))
        .collect();
    let digest = sha256(&[serde_json::json!(told).to_string().as_bytes()]);
    let last = city.store.read::<_, StoreError, _>(|tx| {
        let row =
            tx.query_one("SELECT number, made_at, digest FROM staff_id_lists ORDER BY number DESC LIMIT 1", &[])?;
        row.map(|row| Ok((row.int(0)?, row.timestamp(1)?, row.blob(2)?.to_vec()))).transpose()
    })?;
    let is_due = last.as_ref().is_none_or(|(_, at, was)| *was != digest || now.seconds_since(*at) >= EVERY_SECONDS);
    if !is_due {
        return Ok(false);
    }
    let number = last.map_or(0, |(number, ..)| number) + 1;
    let bodies = carried(number, &signed(keys, &city.profile.municipality_code, number, now, &told)?);
    let seams = city.seams.clone();
    city.store
        .write::<_, RelayError, _>(move |tx| {
            let is_first = tx.execute(
                "INSERT INTO staff_id_lists (number, made_at, digest) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING",
                &[number.into(), now.into(), digest.as_slice().into()],
            )? == 1;
            // Another process of the city was faster; the next look sees whether it said the same.
            if is_first {
                tx.execute("DELETE FROM staff_id_lists WHERE number < $1", &[number.into()])?;
                for body in &bodies {
                    send(tx, &seams, Zone::Outside, KIND, body)?;
                }
            }
            Ok(is_first)
        })
        .map_err(Into::into)
}

fn signed(
    keys: &KeyRing,
    issuer: &str,
    number: i64,
    now: Timestamp,
    told: &[(String, String, i64)],
) -> Result<Vec<Vec<u8>>, TokenError> {
    let chunks = signed_lists::chunks(told, IDS_A_PART);
    let parts = i64::try_from(chunks.len()).unwrap_or(i64::MAX);
    let sign = |(part, chunk): (i64, &&[(String, String, i64)])| {
        let part = Part {
            list: LIST.to_owned(),
            issuer: issuer.to_owned(),
            number,
            part,
            parts,
            made_at: now.seconds(),
            next: now.plus_seconds(GOOD_SECONDS).seconds(),
            live: chunk.to_vec(),
        };
        keys.sign(serde_json::json!(part).to_string().as_bytes())
    };
    (1..).zip(&chunks).map(sign).collect()
}

/// Outside: keeps a part, and forgets older lists once this one is whole.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    PARTS.receive(tx, message)
}

/// Outside: the newest list of which every part is here: its number and its parts.
///
/// # Errors
/// [`StoreError`].
pub fn current(tx: &mut Tx<'_>) -> Result<Option<Numbered>, StoreError> {
    PARTS.current(tx)
}

/// What anybody may know about a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An employee of the city has this ID today.
    Valid {
        /// Their department.
        department: String,
    },
    /// Nobody, or no longer.
    NotValid,
    /// The list is too old, or not here: nothing is said.
    Unknown,
}

/// Looks a label up in the parts of a list, each checked again.
pub fn answer(parts: &[Vec<u8>], keys: &PublicKeyRing, sticker: Sticker, now: Timestamp) -> Answer {
    if parts.is_empty() {
        return Answer::Unknown;
    }
    let (wanted, today) = (HEXLOWER.encode(&hash(sticker)), now.date_in_japan().days_since_epoch());
    for token in parts {
        let part = token::verify(token, keys).ok().and_then(|bytes| serde_json::from_slice::<Part>(bytes).ok());
        let Some(part) = part.filter(|part| part.list == LIST && now.seconds() <= part.next) else {
            return Answer::Unknown;
        };
        if let Some((_, department, until)) = part.live.into_iter().find(|(hash, ..)| *hash == wanted) {
            return if today <= until { Answer::Valid { department } } else { Answer::NotValid };
        }
    }
    Answer::NotValid
}

/// Inside, when the second person approved: this ID may be printed again, as another.
///
/// # Errors
/// [`StoreError`].
pub fn allow_reprint(tx: &mut Tx<'_>, seams: &Seams, id: Id) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO staff_id_reprints (staff_id, allowed_at) VALUES ($1, $2) ON CONFLICT (staff_id) DO NOTHING",
        &[id.into(), seams.now().into()],
    )
    .map(|_| ())
}

/// Inside: whether two persons allowed that.
///
/// # Errors
/// [`StoreError`].
pub fn is_reprint_allowed(tx: &mut Tx<'_>, id: Id) -> Result<bool, StoreError> {
    Ok(tx.query_one("SELECT staff_id FROM staff_id_reprints WHERE staff_id = $1", &[id.into()])?.is_some())
}

#[cfg(test)]
mod tests {
    use pki::token::TokenKey;

    use super::*;

    fn live(number: u8, until: Date) -> Live {
        Live { sticker: hash(Sticker::from_bytes([number; 10])), department: format!("{number}課"), until }
    }

    #[test]
    fn a_list_answers_for_its_labels_in_its_time_and_for_no_other() {
        let keys = KeyRing::new(TokenKey::generate().unwrap());
        let now = Timestamp::from_seconds(1_795_000_000);
        let today = now.date_in_japan();
        let told: Vec<_> = (0..120u8)
            .map(|number| live(number, today.plus_days(i64::from(number) - 1)))
            .map(|one| (HEXLOWER.encode(&one.sticker), one.department, one.until.days_since_epoch()))
            .collect();
        let parts = signed(&keys, "99999", 1, now, &told).unwrap();
        assert_eq!(parts.len(), 3);
        let ask = |number: u8, now| answer(&parts, &keys.public(), Sticker::from_bytes([number; 10]), now);
        assert_eq!(ask(119, now), Answer::Valid { department: "119課".to_owned() });
        assert_eq!(ask(1, now), Answer::Valid { department: "1課".to_owned() });
        assert_eq!(ask(0, now), Answer::NotValid, "yesterday was its last day");
        assert_eq!(ask(200, now), Answer::NotValid);
        assert_eq!(ask(119, now.plus_seconds(GOOD_SECONDS + 1)), Answer::Unknown, "an old list says nothing");
        let others = KeyRing::new(TokenKey::generate().unwrap());
        assert_eq!(answer(&parts, &others.public(), Sticker::from_bytes([119; 10]), now), Answer::Unknown);
        assert_eq!(answer(&[], &keys.public(), Sticker::from_bytes([119; 10]), now), Answer::Unknown);
    }
}
