//! Systems of a department that may look numbers of one card up and follow what changes. A key is shown once; its hash is kept.
//!
//! ```text
//!  admitted by one ─▶ asks ──a second person──▶ also writes: brings members in, stops cards ─▶ stopped by one
//! ```
//! What waits for the second person is declined with the stop.

use base::{Id, Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use store::{Row, StoreError, Tx};
use tools::access::Actor;
use tools::approvals::{self, Approval, ApprovalError, Proposal, Refusal};
use tools::audit::{self, Event};

use super::kept::{self, CardsError, CardsRefusal};

/// The name under which it is proposed that a system may write.
const ACTION: &str = "city_card.client_writes";
/// What the audit log says of a stop, and of what was declined with it.
const STOPPED: &str = "client_stopped";
/// Most systems of one card that are not stopped: ours. A page of them is still read, and no forgotten key hides among many.
pub const MOST_CLIENTS: usize = 20;

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
    /// The proposal that it may write, if it was to.
    approval: Option<Id>,
}

impl Client {
    /// The very bytes that the second person approves.
    fn payload(&self) -> Vec<u8> {
        format!("{}\n{}\n{}", self.key, self.id, self.name).into_bytes()
    }
}

/// The columns [`read`] reads, and which rows.
macro_rules! select {
    ($rows:literal) => {
        concat!(
            "SELECT client_id, card_key, name, made_at, stopped_at, may_write, approval_id FROM city_card_clients ",
            $rows
        )
    };
}

fn read(row: &Row) -> Result<Client, StoreError> {
    Ok(Client {
        id: row.id(0)?,
        key: row.text(1)?.to_owned(),
        name: row.text(2)?.to_owned(),
        made_at: row.timestamp(3)?,
        stopped_at: row.opt_timestamp(4)?,
        may_write: row.int(5)? == 1,
        approval: row.opt_text(6)?.and_then(|text| Id::parse(text).ok()),
    })
}

/// As it is kept: a key of 32 random bytes needs no slow hash.
fn hash(token: &str) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, token.as_bytes());
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest.as_ref());
    bytes
}

/// Admits a system, to ask. Where it is to write too, `writes` says why, and a second person decides; until then it asks. Its
/// key is returned this once.
///
/// # Errors
/// [`CardsRefusal::Unknown`] for a card nobody defined or a name of no or more than 40 characters;
/// [`CardsRefusal::TooManyClients`]; [`ApprovalError`]; [`StoreError`].
pub fn admit(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    key: &str,
    (name, writes): (&str, Option<&str>),
) -> Result<String, CardsError> {
    let is_sound =
        (1..=40).contains(&name.chars().count()) && base::my_number_guard::refuse_individual_number(name).is_ok();
    if !is_sound || kept::versions(tx, key)?.is_empty() {
        return Err(CardsRefusal::Unknown.into());
    }
    let sql = "SELECT client_id FROM city_card_clients WHERE card_key = $1 AND stopped_at IS NULL";
    if tx.query(sql, &[key.into()])?.len() >= MOST_CLIENTS {
        return Err(CardsRefusal::TooManyClients.into());
    }
    let secret: [u8; 32] = seams.random.bytes();
    let (id, token) = (seams.random_id(), BASE64URL_NOPAD.encode(&secret));
    tx.execute(
        "INSERT INTO city_card_clients (client_id, card_key, name, token_hash, made_at) VALUES ($1, $2, $3, $4, $5)",
        &[id.into(), key.into(), name.into(), hash(&token).as_slice().into(), seams.now().into()],
    )?;
    note(tx, seams, by, key, id, "client")?;
    if let Some(why) = writes {
        let client = of_id(tx, key, id)?;
        let (subject, payload) = (id.to_string(), client.payload());
        let proposal = Proposal { action: ACTION, subject: &subject, payload: &payload };
        let approval = approvals::propose(tx, seams, by, &proposal, why, approvals::WAITS_SECONDS)?;
        let sql = "UPDATE city_card_clients SET approval_id = $2 WHERE client_id = $1";
        tx.execute(sql, &[id.into(), approval.into()])?;
    }
    Ok(token)
}

fn note(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, client: Id, change: &str) -> Result<(), StoreError> {
    let client = client.to_string();
    let details = [("card", key), ("change", change), ("client", client.as_str())];
    audit::append(tx, seams, by, Event::CityCardDefined, &details).map(drop)
}

/// A system of this card that was not stopped.
fn of_id(tx: &mut Tx<'_>, key: &str, client: Id) -> Result<Client, CardsError> {
    let found = tx.query_one(select!("WHERE client_id = $1 AND card_key = $2"), &[client.into(), key.into()])?;
    let client = read(&found.ok_or(CardsRefusal::Unknown)?)?;
    if client.stopped_at.is_some() { Err(CardsRefusal::ClientStopped.into()) } else { Ok(client) }
}

/// The proposal that this system may write, if one waits.
///
/// # Errors
/// [`StoreError`].
pub fn waits(tx: &mut Tx<'_>, seams: &Seams, client: &Client) -> Result<Option<Approval>, StoreError> {
    let Some(id) = client.approval.filter(|_| client.stopped_at.is_none()) else { return Ok(None) };
    let is_open = |one: &Approval| one.state == approvals::State::Proposed && one.expires_at > seams.now();
    Ok(approvals::get(tx, id)?.filter(is_open))
}

/// Every system of which it waits whether it may write, with the proposal.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(tx: &mut Tx<'_>, now: Timestamp) -> Result<Vec<(Approval, Client)>, StoreError> {
    let mut all = Vec::new();
    for one in approvals::waiting(tx, now)?.into_iter().filter(|one| one.action == ACTION) {
        let sql = select!("WHERE client_id = $1 AND stopped_at IS NULL");
        let client = tx.query_one(sql, &[one.subject.as_str().into()])?.as_ref().map(read).transpose()?;
        all.extend(client.filter(|client| client.approval == Some(one.id)).map(|client| (one, client)));
    }
    Ok(all)
}

/// The second person approves: the system may write from now on.
///
/// # Errors
/// [`Refusal::OwnProposal`] and the like; [`CardsRefusal::Unknown`], [`CardsRefusal::ClientStopped`]; [`StoreError`].
pub fn allow(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, client: Id) -> Result<(), CardsError> {
    let client = of_id(tx, key, client)?;
    let id = client.approval.ok_or(ApprovalError::Refused(Refusal::Unknown))?;
    approvals::approve(tx, seams, by, id)?;
    let (subject, payload) = (client.id.to_string(), client.payload());
    approvals::execute(tx, seams, by, id, &Proposal { action: ACTION, subject: &subject, payload: &payload })?;
    tx.execute("UPDATE city_card_clients SET may_write = 1 WHERE client_id = $1", &[client.id.into()])?;
    Ok(note(tx, seams, by, key, client.id, "client_writing")?)
}

/// The second person says no, or whoever asked takes it back: the system goes on asking.
///
/// # Errors
/// As [`allow`].
pub fn decline(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, client: Id) -> Result<(), CardsError> {
    let client = of_id(tx, key, client)?;
    let id = client.approval.ok_or(ApprovalError::Refused(Refusal::Unknown))?;
    Ok(approvals::decline(tx, seams, by, id, "")?)
}

/// Stops a system of this card: its key opens nothing any more, and nobody is asked any more whether it may write.
///
/// # Errors
/// [`CardsRefusal::Unknown`], [`CardsRefusal::ClientStopped`]; [`ApprovalError`]; [`StoreError`].
pub fn stop(tx: &mut Tx<'_>, seams: &Seams, by: &Actor, key: &str, client: Id) -> Result<(), CardsError> {
    let client = of_id(tx, key, client)?;
    if let Some(approval) = waits(tx, seams, &client)? {
        approvals::decline(tx, seams, by, approval.id, STOPPED)?;
    }
    let sql = "UPDATE city_card_clients SET stopped_at = $2, token_hash = NULL WHERE client_id = $1";
    tx.execute(sql, &[client.id.into(), seams.now().into()])?;
    Ok(note(tx, seams, by, key, client.id, STOPPED)?)
}

/// The system whose key this is.
///
/// # Errors
/// [`StoreError`].
pub fn by_token(tx: &mut Tx<'_>, token: &str) -> Result<Option<Client>, StoreError> {
    let sql = select!("WHERE token_hash = $1 AND stopped_at IS NULL");
    tx.query_one(sql, &[hash(token).as_slice().into()])?.as_ref().map(read).transpose()
}

/// Systems of a card: those that are not stopped, then the others; of each those that may write first, then the newest.
///
/// # Errors
/// [`StoreError`].
pub fn of(tx: &mut Tx<'_>, key: &str) -> Result<Vec<Client>, StoreError> {
    let sql = select!(
        "WHERE card_key = $1 ORDER BY CASE WHEN stopped_at IS NULL THEN 0 ELSE 1 END, may_write DESC, made_at DESC, \
         client_id LIMIT 200"
    );
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
