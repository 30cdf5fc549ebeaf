//! Evidence of letters (送達の記録), in the shape of ETSI EN 319 522: what happened to a letter, when, for whom. Facts and
//! hashes, never content.
//!
//! ```text
//!  event ─► entry n: hash(previous ‖ fields) ─► each minute one root over the new entries ─► stamped (RFC 3161)
//!  many at once ─► one entry: root over the recipients' ids; a recipient's proof is drawn from it
//! ```

use base::{Id, Seams, Timestamp};
use data_encoding::HEXLOWER;
use pki::timestamp::TimestampSource;
use serde_json::{Value, json};
use store::{Row, Store, StoreError, Tx};

use super::letter::{Letter, LetterId};
use crate::audit::merkle::{MerkleTree, path};
use crate::digest::{Fields, sha256};
use crate::portal::AccountId;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT position, evidence_id, event, at, letter_id, account_id, delegate, sender, submitted_at, letter_hash, \
             reason, leaves, leaves_root, previous, hash FROM mailbox_evidence ",
            $rest
        )
    };
}
use select;

mod check;

pub use check::{Report, verify};

/// Entries under one root at most; what is more waits a minute.
const ROOT_ENTRIES: i64 = 20_000;

/// An event of EN 319 522-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// 受付: the city took the letter from the sender.
    SubmissionAcceptance,
    /// 到達: it lies in the mailbox.
    ContentConsignment,
    /// It could not be placed.
    ContentConsignmentFailure,
    /// 通知: a channel was given the notice.
    ConsignmentNotification,
    /// 通知の失敗: no channel took the notice, or it came back.
    ConsignmentNotificationFailure,
    /// The channel said that it arrived.
    NotificationDelivered,
    /// 開封: the person opened it after signing in.
    ContentHandover,
    /// It was not opened in time, or taken back unread.
    ContentHandoverFailure,
}

impl Event {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::SubmissionAcceptance,
        Self::ContentConsignment,
        Self::ContentConsignmentFailure,
        Self::ConsignmentNotification,
        Self::ConsignmentNotificationFailure,
        Self::NotificationDelivered,
        Self::ContentHandover,
        Self::ContentHandoverFailure,
    ];

    /// The name at the end of its URI.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SubmissionAcceptance => "SubmissionAcceptance",
            Self::ContentConsignment => "ContentConsignment",
            Self::ContentConsignmentFailure => "ContentConsignmentFailure",
            Self::ConsignmentNotification => "ConsignmentNotification",
            Self::ConsignmentNotificationFailure => "ConsignmentNotificationFailure",
            Self::NotificationDelivered => "NotificationDelivered",
            Self::ContentHandover => "ContentHandover",
            Self::ContentHandoverFailure => "ContentHandoverFailure",
        }
    }

    /// Its URI.
    pub fn uri(self) -> String {
        format!("http://uri.etsi.org/19522/Event/{}", self.name())
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|event| event.name() == name)
    }
}

/// Whom an entry is about.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    /// The letter itself.
    Letter,
    /// One person, and who acted in their name.
    Person(AccountId, Option<AccountId>),
    /// Many at once.
    Many(&'a [AccountId]),
}

/// An entry as kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place in the chain, from 1.
    pub position: i64,
    /// EvidenceIdentifier.
    pub id: Id,
    /// ERDSEventId.
    pub event: Event,
    /// EventTime.
    pub at: Timestamp,
    /// MessageIdentifier.
    pub letter: LetterId,
    /// RecipientDetails: one person.
    pub account: Option<AccountId>,
    /// RecipientsDelegate.
    pub delegate: Option<AccountId>,
    /// SenderDetails.
    pub sender: String,
    /// SubmissionTime.
    pub submitted_at: Timestamp,
    /// Hash of the content (SHA-256 over title and body).
    pub letter_hash: Vec<u8>,
    /// EventReasons.
    pub reason: Option<String>,
    /// The many it is about, sixteen bytes each.
    pub leaves: Option<Vec<u8>>,
    /// The root over them.
    pub leaves_root: Option<Vec<u8>>,
    /// Hash of the entry before.
    pub previous: Vec<u8>,
    /// Hash of this one.
    pub hash: Vec<u8>,
}

impl Entry {
    fn computed(&self) -> [u8; 32] {
        let account = self.account.map(|one| one.to_string());
        let delegate = self.delegate.map(|one| one.to_string());
        let root = self.leaves_root.as_deref().map(|root| HEXLOWER.encode(root));
        sha256(&[&Fields::of("yakuba evidence 1")
            .bytes(&self.previous)
            .int(self.position)
            .text(&self.id.to_string())
            .text(self.event.name())
            .int(self.at.micros())
            .text(&self.letter.to_string())
            .maybe(account.as_deref())
            .maybe(delegate.as_deref())
            .text(&self.sender)
            .int(self.submitted_at.micros())
            .bytes(&self.letter_hash)
            .maybe(self.reason.as_deref())
            .maybe(root.as_deref())
            .finish()])
    }

    /// The evidence with the standard's field names. `issuer` is the city.
    pub fn to_json(&self, issuer: &str) -> Value {
        json!({
            "version": "EN 319 522 V1.2.1",
            "EvidenceIdentifier": self.id.to_string(),
            "ERDSEventId": self.event.uri(),
            "EventTime": self.at.to_string(),
            "EvidenceIssuerDetails": { "name": issuer },
            "SenderDetails": { "identifier": self.sender },
            "RecipientDetails": { "identifier": self.account.map(|one| one.to_string()) },
            "RecipientsDelegateDetails": self.delegate.map(|one| json!({ "identifier": one.to_string() })),
            "MessageIdentifier": self.letter.to_string(),
            "SubmissionTime": self.submitted_at.to_string(),
            "ContentDigest": { "algorithm": "SHA-256", "value": HEXLOWER.encode(&self.letter_hash) },
            "EventReasons": self.reason,
            "RecipientsRoot": self.leaves_root.as_deref().map(|root| HEXLOWER.encode(root)),
            "Position": self.position,
            "PreviousEvidenceDigest": HEXLOWER.encode(&self.previous),
            "EvidenceDigest": HEXLOWER.encode(&self.hash),
        })
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let broken = |column| StoreError::Column { column, wanted: "evidence" };
        let account = |column| -> Result<Option<AccountId>, StoreError> {
            row.opt_text(column)?.map(|text| AccountId::parse(text).ok_or_else(|| broken(column))).transpose()
        };
        Ok(Self {
            position: row.int(0)?,
            id: row.id(1)?,
            event: Event::from_name(row.text(2)?).ok_or_else(|| broken(2))?,
            at: row.timestamp(3)?,
            letter: LetterId::parse(row.text(4)?).ok_or_else(|| broken(4))?,
            account: account(5)?,
            delegate: account(6)?,
            sender: row.text(7)?.to_owned(),
            submitted_at: row.timestamp(8)?,
            letter_hash: row.blob(9)?.to_vec(),
            reason: row.opt_text(10)?.map(str::to_owned),
            leaves: row.opt_blob(11)?.map(<[u8]>::to_vec),
            leaves_root: row.opt_blob(12)?.map(<[u8]>::to_vec),
            previous: row.blob(13)?.to_vec(),
            hash: row.blob(14)?.to_vec(),
        })
    }
}

fn leaf(letter: LetterId, account: &[u8]) -> Vec<u8> {
    Fields::of("yakuba recipient 1").text(&letter.to_string()).bytes(account).finish()
}

fn root_of(letter: LetterId, leaves: &[u8]) -> [u8; 32] {
    let mut tree = MerkleTree::default();
    for account in leaves.chunks_exact(16) {
        tree.push(&leaf(letter, account));
    }
    tree.root()
}

/// An entry that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Its place.
    pub position: i64,
    /// What it says.
    pub event: Event,
    /// How many it is about.
    pub persons: i64,
    /// The root over them, where it is about many.
    pub root: Option<Vec<u8>>,
    /// Its hash.
    pub digest: Vec<u8>,
}

/// Writes an entry in the transaction of its cause; returns its place.
///
/// # Errors
/// [`StoreError`].
pub fn note(
    tx: &mut Tx<'_>,
    seams: &Seams,
    event: Event,
    letter: &Letter,
    about: About<'_>,
    reason: Option<&str>,
) -> Result<i64, StoreError> {
    noted(tx, seams, event, letter, about, reason).map(|noted| noted.position)
}

/// Writes an entry in the transaction of its cause. Writers stand in a row at the chain's head.
///
/// # Errors
/// [`StoreError`].
pub fn noted(
    tx: &mut Tx<'_>,
    seams: &Seams,
    event: Event,
    letter: &Letter,
    about: About<'_>,
    reason: Option<&str>,
) -> Result<Noted, StoreError> {
    let persons = match about {
        About::Letter => 0,
        About::Person(..) => 1,
        About::Many(accounts) => accounts.len() as i64,
    };
    tx.execute("UPDATE mailbox_evidence_head SET position = position + 1 WHERE one = 1", &[])?;
    let missing = StoreError::Column { column: 0, wanted: "the head of the evidence" };
    let head = tx.query_one("SELECT position, hash FROM mailbox_evidence_head WHERE one = 1", &[])?.ok_or(missing)?;
    let previous =
        HEXLOWER.decode(head.text(1)?.as_bytes()).map_err(|_| StoreError::Column { column: 1, wanted: "a hash" })?;
    let (account, delegate, leaves) = match about {
        About::Letter => (None, None, None),
        About::Person(account, delegate) => (Some(account), delegate, None),
        About::Many(accounts) => {
            let bytes: Vec<u8> = accounts.iter().flat_map(|one| one.id().bytes().to_vec()).collect();
            (None, None, Some(bytes))
        }
    };
    let mut entry = Entry {
        position: head.int(0)?,
        id: seams.random_id(),
        event,
        at: seams.now(),
        letter: letter.id,
        account,
        delegate,
        sender: letter.sender.key.clone(),
        submitted_at: letter.sent_at,
        letter_hash: letter.hash().to_vec(),
        reason: reason.map(str::to_owned),
        leaves_root: leaves.as_deref().map(|leaves| root_of(letter.id, leaves).to_vec()),
        leaves,
        previous,
        hash: Vec::new(),
    };
    entry.hash = entry.computed().to_vec();
    tx.execute(
        "INSERT INTO mailbox_evidence (position, evidence_id, event, at, letter_id, account_id, delegate, sender, \
         submitted_at, letter_hash, reason, leaves, leaves_root, previous, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &[
            entry.position.into(),
            entry.id.into(),
            entry.event.name().into(),
            entry.at.into(),
            entry.letter.into(),
            entry.account.into(),
            entry.delegate.into(),
            entry.sender.as_str().into(),
            entry.submitted_at.into(),
            entry.letter_hash.as_slice().into(),
            entry.reason.as_deref().into(),
            entry.leaves.as_deref().into(),
            entry.leaves_root.as_deref().into(),
            entry.previous.as_slice().into(),
            entry.hash.as_slice().into(),
        ],
    )?;
    let hash = HEXLOWER.encode(&entry.hash);
    tx.execute("UPDATE mailbox_evidence_head SET hash = $1 WHERE one = 1", &[hash.into()])?;
    Ok(Noted { position: entry.position, event, persons, root: entry.leaves_root, digest: entry.hash })
}

/// A recipient's proof within an entry about many: the hashes beside the way from leaf to root, each with whether it
/// stands on the left.
pub type Proof = Vec<(bool, [u8; 32])>;

/// What a person's receipt shows: the letter's entries and their own, with the proof where the entry is about many.
///
/// # Errors
/// [`StoreError`].
pub fn of_item(
    tx: &mut Tx<'_>,
    letter: LetterId,
    account: AccountId,
) -> Result<Vec<(Entry, Option<Proof>)>, StoreError> {
    let sql = select!(
        "WHERE letter_id = $1 AND (account_id = $2 OR (account_id IS NULL AND leaves IS NULL) \
         OR position = (SELECT evidence FROM mailbox_items WHERE letter_id = $1 AND account_id = $2) \
         OR position IN (SELECT position FROM mailbox_tellings WHERE letter_id = $1 AND account_id = $2)) ORDER BY position"
    );
    let mut all = Vec::new();
    for row in tx.query(sql, &[letter.into(), account.into()])? {
        let mut entry = Entry::read(&row)?;
        // Others' ids stay here.
        let proof = entry.leaves.take().and_then(|leaves| proof_in(letter, &leaves, account));
        all.push((entry, proof));
    }
    Ok(all)
}

/// The proof of `account` among `leaves`.
pub fn proof_in(letter: LetterId, leaves: &[u8], account: AccountId) -> Option<Proof> {
    let at = leaves.chunks_exact(16).position(|one| one == account.id().bytes())?;
    let all: Vec<Vec<u8>> = leaves.chunks_exact(16).map(|one| leaf(letter, one)).collect();
    Some(path(&all, at))
}

/// Whether `proof` leads from `account` to `root`.
pub fn proves(letter: LetterId, account: AccountId, proof: &Proof, root: &[u8]) -> bool {
    let start = sha256(&[&[0], &leaf(letter, account.id().bytes().as_slice())]);
    let end = proof.iter().fold(start, |node, (is_left, beside)| match is_left {
        true => sha256(&[&[1], beside, &node]),
        false => sha256(&[&[1], &node, beside]),
    });
    end == root
}

/// What [`stamp`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    /// A new root was made.
    pub made: bool,
    /// Roots that got their stamp.
    pub stamped: usize,
}

/// The job of each minute: a root over the entries since the last, and a stamp for each root that has none. Without a
/// source, or while it does not answer, roots wait for their stamps.
///
/// # Errors
/// [`StoreError`].
pub fn stamp(store: &Store, now: Timestamp, source: Option<&dyn TimestampSource>) -> Result<Stamped, StoreError> {
    let mut done = Stamped { made: store.write(move |tx| make_root(tx, now))?, stamped: 0 };
    let Some(source) = source else { return Ok(done) };
    let waiting = store.read::<_, StoreError, _>(|tx| {
        tx.query("SELECT number, root FROM mailbox_evidence_roots WHERE token IS NULL ORDER BY number LIMIT 20", &[])
    })?;
    for row in waiting {
        let (number, root) = (row.int(0)?, row.blob(1)?);
        let Ok(root) = <[u8; 32]>::try_from(root) else { continue };
        match source.stamp(root) {
            Ok(token) => {
                let at = token.stamp.time;
                store.write::<_, StoreError, _>(move |tx| {
                    tx.execute(
                        "UPDATE mailbox_evidence_roots SET token = $2, stamped_at = $3 WHERE number = $1 AND token IS NULL",
                        &[number.into(), token.token.as_slice().into(), at.into()],
                    )
                })?;
                done.stamped += 1;
            }
            Err(error) => {
                tracing::warn!(%error, "the evidence of letters waits for its time stamp");
                break;
            }
        }
    }
    Ok(done)
}

fn make_root(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let last = tx.query_one("SELECT number, last FROM mailbox_evidence_roots ORDER BY number DESC LIMIT 1", &[])?;
    let (number, last) = last.map_or(Ok((0, 0)), |row| Ok::<_, StoreError>((row.int(0)?, row.int(1)?)))?;
    let hashes = tx.query(
        "SELECT position, hash FROM mailbox_evidence WHERE position > $1 ORDER BY position LIMIT $2",
        &[last.into(), ROOT_ENTRIES.into()],
    )?;
    let Some(newest) = hashes.last() else { return Ok(false) };
    let newest = newest.int(0)?;
    let mut tree = MerkleTree::default();
    for row in &hashes {
        tree.push(row.blob(1)?);
    }
    tx.execute(
        "INSERT INTO mailbox_evidence_roots (number, first, last, root, made_at) VALUES ($1, $2, $3, $4, $5)",
        &[(number + 1).into(), (last + 1).into(), newest.into(), tree.root().as_slice().into(), now.into()],
    )?;
    Ok(true)
}

/// When the entry at `position` was stamped; `None` while its root waits.
///
/// # Errors
/// [`StoreError`].
pub fn stamped_at(tx: &mut Tx<'_>, position: i64) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT stamped_at FROM mailbox_evidence_roots WHERE first <= $1 AND last >= $1";
    tx.query_one(sql, &[position.into()])?.map_or(Ok(None), |row| row.opt_timestamp(0))
}
