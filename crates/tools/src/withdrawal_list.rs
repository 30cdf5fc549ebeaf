//! The published list of withdrawn papers (失効一覧), for whoever checks papers without a line: a bank's own system, a
//! counter in a tent.
//!
//! ```text
//!  paper_status::push(withdrawn) ─► entries ─► publish: sorted, numbered, cut into parts, each signed with the code key
//!                                                 └─ relay ─► outside: GET /verify/withdrawn.json
//! ```
//! A part is a signed token like the code on a paper (`pki::token`): one line of JSON, then 32 bytes for each paper. They
//! are SHA-256 over random request ids ([`RequestHash`]): no name, no day, no kind. Number and next day say whether a kept
//! copy is old; a checker keeps the greatest number it has seen.

use base::{Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use pki::token::{self, KeyRing, PublicKeyRing, TokenError};
use serde::{Deserialize, Serialize};
use store::{Store, StoreError, Tx};

use crate::relay::paper_status::RequestHash;
use crate::relay::{HandleError, Message, RelayError, Zone, send};
use crate::signed_lists::{self, Parts, PublishError, carried, parts_of};

/// The kind of message; the body is one signed part with its place.
pub const KIND: &str = "withdrawal_list";
/// Papers in a part: a token holds 8 KiB.
const PAPERS_A_PART: usize = 200;
/// A new list at least so often, in seconds, also when nothing changed. Our own figure.
const EVERY_SECONDS: i64 = 86_400;
/// How long a kept list may be used without asking for a newer one. Our own figure.
const GOOD_SECONDS: i64 = 7 * 86_400;

/// Why a list is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListRefusal {
    /// Signed with a key that is not published, changed, or no list.
    #[error("a part of the list is not signed by the city: {0}")]
    Token(#[from] TokenError),
    /// Signed, and not a part of a list.
    #[error("a part of the list cannot be read")]
    Malformed,
    /// Parts of different lists, or not all of one.
    #[error("the list is not whole")]
    NotWhole,
}

/// What stands in a part before the hashes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    list: String,
    issuer: String,
    number: u64,
    part: u64,
    parts: u64,
    made_at: i64,
    next: i64,
}

/// Names the structure, so that no other token of the same key is taken for a part.
const LIST: &str = "withdrawn-papers-1";
const PARTS: Parts = parts_of!("withdrawal_list_parts", "withdrawal list");

/// A list that was found whole and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalList {
    /// The municipality's code.
    pub issuer: String,
    /// Grows with each list.
    pub number: u64,
    /// When it was made.
    pub made_at: Timestamp,
    /// Until when it may be used.
    pub next: Timestamp,
    hashes: Vec<[u8; 32]>,
}

impl WithdrawalList {
    /// Reads the parts of a list and checks each signature.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub fn read(parts: &[Vec<u8>], keys: &PublicKeyRing) -> Result<Self, ListRefusal> {
        let mut whole: Option<Self> = None;
        for (index, part) in parts.iter().enumerate() {
            let (head, hashes) = read_part(token::verify(part, keys)?)?;
            if head.part != index as u64 + 1 || head.parts != parts.len() as u64 {
                return Err(ListRefusal::NotWhole);
            }
            let list = whole.get_or_insert_with(|| Self {
                issuer: head.issuer.clone(),
                number: head.number,
                made_at: Timestamp::from_seconds(head.made_at),
                next: Timestamp::from_seconds(head.next),
                hashes: Vec::new(),
            });
            if list.number != head.number || list.issuer != head.issuer {
                return Err(ListRefusal::NotWhole);
            }
            list.hashes.extend(hashes);
        }
        whole.ok_or(ListRefusal::NotWhole)
    }

    /// Whether the paper with this hash was withdrawn.
    pub fn holds(&self, hash: &RequestHash) -> bool {
        self.hashes.binary_search(hash.bytes()).is_ok()
    }

    /// How many papers.
    pub fn len(&self) -> usize {
        self.hashes.len()
    }

    /// Whether nothing was withdrawn.
    pub fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }
}

fn read_part(payload: &[u8]) -> Result<(Head, Vec<[u8; 32]>), ListRefusal> {
    let end = payload.iter().position(|&byte| byte == b'\n').ok_or(ListRefusal::Malformed)?;
    let head: Head = serde_json::from_slice(&payload[..end]).map_err(|_| ListRefusal::Malformed)?;
    let (hashes, rest) = payload[end + 1..].as_chunks::<32>();
    if head.list != LIST || !rest.is_empty() || hashes.len() > PAPERS_A_PART {
        return Err(ListRefusal::Malformed);
    }
    Ok((head, hashes.to_vec()))
}

/// Inside, in the transaction that withdraws a paper.
pub(crate) fn enter(tx: &mut Tx<'_>, hash: &RequestHash, at: Timestamp) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO withdrawal_entries (request_hash, at) VALUES ($1, $2) ON CONFLICT (request_hash) DO NOTHING",
        &[hash.hex().into(), at.into()],
    )
    .map(|_| ())
}

/// Inside, once a minute: publishes a list when papers were withdrawn since the last one, or a day has passed. Says
/// whether it did.
///
/// # Errors
/// [`PublishError`].
pub fn publish(store: &Store, seams: &Seams, keys: &KeyRing, issuer: &str) -> Result<bool, PublishError> {
    let now = seams.now();
    let (last, hashes) = store.read::<_, StoreError, _>(|tx| {
        let last =
            tx.query_one("SELECT number, made_at, entries FROM withdrawal_lists ORDER BY number DESC LIMIT 1", &[])?;
        let last = last.map(|row| Ok::<_, StoreError>((row.int(0)?, row.timestamp(1)?, row.int(2)?))).transpose()?;
        Ok((last, entries(tx)?))
    })?;
    let count = i64::try_from(hashes.len()).unwrap_or(i64::MAX);
    // Nothing leaves the list, so an equal count is an equal list.
    let is_due = last.is_none_or(|(_, at, before)| before != count || now.seconds_since(at) >= EVERY_SECONDS);
    if !is_due {
        return Ok(false);
    }
    let number = last.map_or(0, |(number, ..)| number) + 1;
    let bodies = carried(number, &signed_parts(keys, issuer, number, now, &hashes)?);
    let seams = seams.clone();
    store.write::<_, RelayError, _>(move |tx| {
        let is_first = tx.execute(
            "INSERT INTO withdrawal_lists (number, made_at, entries) VALUES ($1, $2, $3) ON CONFLICT (number) DO NOTHING",
            &[number.into(), now.into(), count.into()],
        )? == 1;
        // Another process of the city was faster.
        if is_first {
            for body in &bodies {
                send(tx, &seams, Zone::Outside, KIND, body)?;
            }
        }
        Ok(is_first)
    })
    .map_err(Into::into)
}

fn signed_parts(
    keys: &KeyRing,
    issuer: &str,
    number: i64,
    now: Timestamp,
    hashes: &[[u8; 32]],
) -> Result<Vec<Vec<u8>>, TokenError> {
    let chunks = signed_lists::chunks(hashes, PAPERS_A_PART);
    let parts = chunks.len() as u64;
    let sign = |(index, chunk): (usize, &&[[u8; 32]])| {
        let head = Head {
            list: LIST.to_owned(),
            issuer: issuer.to_owned(),
            number: number.unsigned_abs(),
            part: index as u64 + 1,
            parts,
            made_at: now.seconds(),
            next: now.plus_seconds(GOOD_SECONDS).seconds(),
        };
        let mut payload = serde_json::json!(head).to_string().into_bytes();
        payload.push(b'\n');
        payload.extend(chunk.iter().flatten());
        keys.sign(&payload)
    };
    chunks.iter().enumerate().map(sign).collect()
}

/// Every withdrawn paper, sorted. Those that staff withdrew before the list existed are among them.
fn entries(tx: &mut Tx<'_>) -> Result<Vec<[u8; 32]>, StoreError> {
    let mut hashes = Vec::new();
    for row in tx.query("SELECT request_hash FROM withdrawal_entries", &[])? {
        hashes.extend(RequestHash::parse(row.text(0)?).map(|hash| *hash.bytes()));
    }
    for row in tx.query("SELECT request_id FROM withdrawn_papers", &[])? {
        hashes.push(*RequestHash::of(row.id(0)?).bytes());
    }
    hashes.sort_unstable();
    hashes.dedup();
    Ok(hashes)
}

/// Outside: keeps a part, and forgets older lists once this one is whole.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    PARTS.receive(tx, message)
}

/// The list as it is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Its number: also good as an entity tag.
    pub number: i64,
    /// Signed parts in Base64url.
    pub parts: Vec<String>,
}

/// Outside: the newest list of which every part is here.
///
/// # Errors
/// [`StoreError`].
pub fn current(tx: &mut Tx<'_>) -> Result<Option<Published>, StoreError> {
    let Some((number, parts)) = PARTS.current(tx)? else { return Ok(None) };
    Ok(Some(Published { number, parts: parts.iter().map(|token| BASE64URL_NOPAD.encode(token)).collect() }))
}

#[cfg(test)]
mod tests {
    use base::Id;
    use pki::token::TokenKey;
    use store::testing::for_each_engine;

    use super::*;
    use crate::access::Actor;

    #[test]
    fn a_list_is_published_when_something_was_withdrawn_and_once_a_day() {
        for_each_engine(|database| {
            let (store, seams) = (database.inside().clone(), database.seams.clone());
            let keys = KeyRing::new(TokenKey::generate().unwrap());
            let publish = || publish(&store, &seams, &keys, "99999").unwrap();
            assert!(publish() && !publish());
            let (id, moment) = (Id::from_bytes([7; 16]), seams.clone());
            store
                .write::<_, StoreError, _>(move |tx| {
                    crate::papers::withdraw(tx, &moment, &Actor::System { job: "test" }, id, "misprint")
                })
                .unwrap();
            assert!(publish() && !publish());
            let hashes = store.read::<_, StoreError, _>(entries).unwrap();
            assert_eq!(hashes, [*RequestHash::of(id).bytes()], "once, though it is known in two ways");
            database.clock.advance_seconds(EVERY_SECONDS);
            assert!(publish() && !publish());
        });
    }
}
