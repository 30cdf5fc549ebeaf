//! Systems of a department that may look numbers of one card up and follow what changes. A key is shown once; its hash is kept.

use base::{Id, Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use store::{Row, StoreError, Tx};
use tools::access::Actor;
use tools::audit::{self, Event};

use super::kept::{self, CardsError, CardsRefusal};

/// A system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: Id,
    /// Of which card.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Since when.
    pub made_at: Timestamp,
    /// When it was stopped.
    pub stopped_at: Option<Timestamp>,
    /// Whether it may bring members in and stop cards, or only ask.
    pub may_write: bool,
}

fn read(row: &Row) -> Result<Client, StoreError> {
    Ok(Client {
        id: row.id(0)?,
        key: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        made_at: row.timestamp(3)?,
        stopped_at: row.opt_timestamp(4)?,
        may_write: row.int(5)? == 1,
    })
}

/// As it is kept: a key of 32 random bytes needs no slow hash.
fn hash(token: &str) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

/// Admits a system, to ask or also to write; its key is returned this once.
///
/// # Errors
/// [`CardsRefusal::Unknown`] for a card nobody defined or a name of no or more than 40 characters; [`StoreError`].
pub fn admit(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    key: &str,
    (name, may_write): (&str, bool),
) -> Result<String, CardsError> {
    let is_sound = (1..=40).contains(&name.chars().count());
    if !is_sound || kept::versions(tx, key)?.is_empty() {
        return Err(CardsRefusal::Unknown.into());
    }
    let secret: [u8; 32] = seams.random.bytes();
    let (id, token) = (seams.random_id(), BASE64URL_NOPAD.encode(&secret));
    tx.execute(
        "INSERT INTO city_card_clients (client_id, card_key, name, token_hash, made_at, may_write) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            id.into(),
            key.into(),
            name.into(),
            hash(&token).as_slice().into(),
            seams.now().into(),
            i64::from(may_write).into(),
        ],
    )?;
    let id = id.to_string();
    let change = if may_write { "client_writing" } else { "client" };
    audit::append(tx, seams, by, Event::CityCardDefined, &[("card", key), ("change", change), ("client", &id)])?;
    Ok(token)
}

/// Stops a system of this card: its key opens nothing any more.
///
/// # Errors
/// [`CardsRefusal::Unknown`]; [`StoreError`].
pub fn stop(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, client: Id) -> Result<(), CardsError> {
    let changed = tx.execute(
        "UPDATE city_card_clients SET stopped_at = $3, token_hash = NULL \
         WHERE client_id = $1 AND card_key = $2 AND stopped_at IS NULL",
        &[client.into(), key.into(), seams.now().into()],
    )?;
    if changed == 0 {
        return Err(CardsRefusal::Unknown.into());
    }
    let client = client.to_string();
    let details = [("card", key), ("change", "client_stopped"), ("client", client.as_str())];
    audit::append(tx, seams, by, Event::CityCardDefined, &details)?;
    Ok(())
}

/// The system whose key this is.
///
/// # Errors
/// [`StoreError`].
pub fn by_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<Client>, StoreError> {
    let sql = "SELECT client_id, card_key, name, made_at, stopped_at, may_write FROM city_card_clients \
               WHERE token_hash = $1 AND stopped_at IS NULL";
    tx.query_one(sql, &[hash(token).as_slice().into()])?.as_ref().map(read).transpose()
}

/// Systems of a card, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn of(tx: &mut Tx<'_>, key: &str) -> Result<Vec<Client>, StoreError> {
    let sql = "SELECT client_id, card_key, name, made_at, stopped_at, may_write FROM city_card_clients WHERE card_key = $1 \
               ORDER BY made_at DESC, client_id LIMIT 200";
    tx.query(sql, &[key.into()])?.iter().map(read).collect()
}

/// Writes down that numbers of a card left: in a file, on labels, to a system. The numbers are not in it.
///
/// # Errors
/// [`StoreError`].
pub fn note_numbers(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    key: &str,
    (way, who): (&str, &str),
    count: usize,
) -> Result<(), StoreError> {
    let count = count.to_string();
    let details = [("card", key), ("way", way), ("who", who), ("count", count.as_str())];
    audit::append(tx, seams, by, Event::CityCardNumbers, &details)?;
    Ok(())
}
