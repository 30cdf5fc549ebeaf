//! Signed heads: one number, one root, one signature over everything written so far; and how they leave the house.

use std::io::Write as _;
use std::path::Path;

use base::{Seams, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use store::{Row, Store, StoreError, Tx};

use super::merkle::MerkleTree;
use super::{NOTHING, Zone};
use crate::digest::{Fields, sha256};
use crate::relay::{RelayError, audit_heads};
use crate::signing::{PublicKey, SigningKey};

const CONTEXT: &str = "yakuba audit head";
/// How many entries are read at a time.
pub(super) const PAGE: i64 = 1000;

/// A signed head. It binds the head before it, the tips of all chains that grew since, and every entry since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Whose log.
    pub zone: String,
    /// From 1, without gaps.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// Entries in the log so far.
    pub entries: i64,
    /// Hash of the head before; zeros for the first.
    pub previous: [u8; 32],
    /// Merkle root over what is new.
    pub root: [u8; 32],
    /// Name of the key that signed.
    pub signer: String,
    /// Its signature.
    pub signature: Vec<u8>,
}

/// Why no head was made or read.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log is not what its tips say; signing it would hide that. Run `yakuba verify audit`.
    #[error("chain {chain} does not end in its tip; no head was signed. Run: yakuba verify audit")]
    Broken {
        /// The chain.
        chain: String,
    },
    /// The heads file cannot be read or written.
    #[error("the heads file cannot be used: {0}")]
    File(#[from] std::io::Error),
}

impl Head {
    fn signed_bytes(&self) -> Vec<u8> {
        Fields::of("yakuba audit head 1")
            .text(&self.zone)
            .int(self.number)
            .int(self.at.micros())
            .int(self.entries)
            .bytes(&self.previous)
            .bytes(&self.root)
            .text(&self.signer)
            .finish()
    }

    /// The hash by which the next head and every mark know this one.
    pub fn hash(&self) -> [u8; 32] {
        sha256(&[&self.signed_bytes()])
    }

    /// A short form for a receipt: number, dash, first ten bytes of the hash.
    pub fn mark(&self) -> String {
        format!("{}-{}", self.number, HEXLOWER.encode(&self.hash()[..10]))
    }

    /// Whether one of `keys` signed it.
    pub fn is_signed_by(&self, keys: &[PublicKey]) -> bool {
        let message = self.signed_bytes();
        keys.iter().any(|key| key.name() == self.signer && key.verifies(CONTEXT, &message, &self.signature))
    }

    /// One line of a heads file.
    pub fn line(&self) -> String {
        format!(
            "yakuba-head-1 {} {} {} {} {} {} {} {}",
            self.zone,
            self.number,
            self.at.micros(),
            self.entries,
            HEXLOWER.encode(&self.previous),
            HEXLOWER.encode(&self.root),
            self.signer,
            BASE64.encode(&self.signature)
        )
    }

    /// Reads a line of a heads file; `None` when it is not one.
    pub fn parse(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.split_ascii_whitespace().collect();
        let ["yakuba-head-1", zone, number, at, entries, previous, root, signer, signature] = fields[..] else {
            return None;
        };
        let hash = |text: &str| HEXLOWER.decode(text.as_bytes()).ok()?.try_into().ok();
        Some(Self {
            zone: zone.to_owned(),
            number: number.parse().ok()?,
            at: Timestamp::from_micros(at.parse().ok()?),
            entries: entries.parse().ok()?,
            previous: hash(previous)?,
            root: hash(root)?,
            signer: signer.to_owned(),
            signature: BASE64.decode(signature.as_bytes()).ok()?,
        })
    }

    fn from_row(zone: Zone, row: &Row) -> Result<Self, StoreError> {
        let hash = |column| -> Result<[u8; 32], StoreError> {
            row.blob(column)?.try_into().map_err(|_| StoreError::Column { column, wanted: "a hash" })
        };
        Ok(Self {
            zone: zone.name().to_owned(),
            number: row.int(0)?,
            at: row.timestamp(1)?,
            entries: row.int(2)?,
            previous: hash(3)?,
            root: hash(4)?,
            signer: row.text(5)?.to_owned(),
            signature: row.blob(6)?.to_vec(),
        })
    }
}

/// A chain as a head binds it.
pub(super) fn chain_leaf(chain: &str, length: i64, tip: &[u8]) -> Vec<u8> {
    Fields::of("yakuba audit chain 1").text(chain).int(length).bytes(tip).finish()
}

struct Grown {
    chain: String,
    length: i64,
    tip: Vec<u8>,
}

/// Signs everything written so far. `None` when nothing is new, or when another process made this head first.
///
/// Reads on a snapshot, page by page, and writes in one short transaction: no writer waits for the hashing.
///
/// # Errors
/// [`HeadError`].
pub fn make_head(store: &Store, seams: &Seams, zone: Zone, signer: &SigningKey) -> Result<Option<Head>, HeadError> {
    let Some((mut head, grown)) = store.read(|tx| draft(tx, seams, zone))? else { return Ok(None) };
    head.signer = signer.public().name();
    head.signature = signer.sign(CONTEXT, &head.signed_bytes());
    let (written, seams) = (head.clone(), seams.clone());
    let result: Result<(), RelayError> = store.write(move |tx| {
        tx.queue(
            "INSERT INTO audit_head (number, at, entries, previous, root, signer, signature)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                written.number.into(),
                written.at.into(),
                written.entries.into(),
                written.previous.as_slice().into(),
                written.root.as_slice().into(),
                (&written.signer).into(),
                written.signature.as_slice().into(),
            ],
        )?;
        for chain in &grown {
            tx.queue(
                "INSERT INTO audit_head_chain (number, chain, length, tip) VALUES ($1, $2, $3, $4)",
                &[written.number.into(), (&chain.chain).into(), chain.length.into(), chain.tip.as_slice().into()],
            )?;
        }
        // The head leaves for the other zone with the transaction that makes it.
        audit_heads::push(tx, &seams, zone, &written)
    });
    match result {
        Ok(()) => Ok(Some(head)),
        Err(RelayError::Store(StoreError::Duplicate { .. })) => Ok(None),
        Err(RelayError::Store(error)) => Err(error.into()),
        // A head is some 300 bytes; only the database can fail.
        Err(_) => Ok(None),
    }
}

fn draft(tx: &mut Tx, seams: &Seams, zone: Zone) -> Result<Option<(Head, Vec<Grown>)>, HeadError> {
    let before = last(tx, zone)?;
    let chains = tx.query(
        "SELECT c.chain, c.length, c.tip, COALESCE(MAX(h.length), 0)
         FROM audit_chain c LEFT JOIN audit_head_chain h ON h.chain = c.chain
         GROUP BY c.chain, c.length, c.tip ORDER BY c.chain",
        &[],
    )?;
    let mut tree = MerkleTree::default();
    let mut grown = Vec::new();
    let mut fresh = 0;
    for row in chains {
        let (chain, length, tip, signed) = (row.text(0)?.to_owned(), row.int(1)?, row.blob(2)?.to_vec(), row.int(3)?);
        if length == signed {
            continue;
        }
        let mut position = signed;
        let mut last_hash = Vec::new();
        loop {
            let page = entry_hashes(tx, &chain, position, length)?;
            let Some(end) = page.last() else { break };
            position = end.0;
            last_hash.clone_from(&end.1);
            fresh += page.len() as i64;
            page.iter().for_each(|(_, hash)| tree.push(hash));
        }
        if position != length || last_hash != tip {
            return Err(HeadError::Broken { chain });
        }
        tree.push(&chain_leaf(&chain, length, &tip));
        grown.push(Grown { chain, length, tip });
    }
    if grown.is_empty() {
        return Ok(None);
    }
    let head = Head {
        zone: zone.name().to_owned(),
        number: before.as_ref().map_or(1, |head| head.number + 1),
        at: seams.now(),
        entries: before.as_ref().map_or(0, |head| head.entries) + fresh,
        previous: before.as_ref().map_or(NOTHING, Head::hash),
        root: tree.root(),
        signer: String::new(),
        signature: Vec::new(),
    };
    Ok(Some((head, grown)))
}

fn entry_hashes(tx: &mut Tx, chain: &str, after: i64, up_to: i64) -> Result<Vec<(i64, Vec<u8>)>, StoreError> {
    tx.query(
        "SELECT position, hash FROM audit_entry WHERE chain = $1 AND position > $2 AND position <= $3
         ORDER BY position LIMIT $4",
        &[chain.into(), after.into(), up_to.into(), PAGE.into()],
    )?
    .iter()
    .map(|row| Ok((row.int(0)?, row.blob(1)?.to_vec())))
    .collect()
}

/// The newest head.
pub(super) fn last(tx: &mut Tx, zone: Zone) -> Result<Option<Head>, StoreError> {
    let row = tx.query_one(
        "SELECT number, at, entries, previous, root, signer, signature FROM audit_head ORDER BY number DESC LIMIT 1",
        &[],
    )?;
    row.as_ref().map(|row| Head::from_row(zone, row)).transpose()
}

/// Heads with a number above `after`, oldest first.
///
/// # Errors
/// [`StoreError`].
pub fn heads_after(tx: &mut Tx, zone: Zone, after: i64) -> Result<Vec<Head>, StoreError> {
    tx.query(
        "SELECT number, at, entries, previous, root, signer, signature FROM audit_head
         WHERE number > $1 ORDER BY number",
        &[after.into()],
    )?
    .iter()
    .map(|row| Head::from_row(zone, row))
    .collect()
}

/// The newest head's mark, for receipts: whoever keeps receipts keeps the log honest.
///
/// # Errors
/// [`StoreError`].
pub fn latest_mark(tx: &mut Tx, zone: Zone) -> Result<Option<String>, StoreError> {
    Ok(last(tx, zone)?.map(|head| head.mark()))
}

/// Appends to `file` the heads it does not hold yet, and returns how many. The file should lie where the operator of
/// the database cannot write again: another machine's share, write-once storage, a printer.
///
/// # Errors
/// [`HeadError::File`], [`HeadError::Store`].
pub fn export_heads(store: &Store, zone: Zone, file: &Path) -> Result<usize, HeadError> {
    let kept = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error.into()),
    };
    let after = kept.lines().filter_map(Head::parse).map(|head| head.number).max().unwrap_or(0);
    let heads: Vec<Head> = store.read::<_, StoreError, _>(|tx| heads_after(tx, zone, after))?;
    if heads.is_empty() {
        return Ok(0);
    }
    let mut text = String::new();
    // A line cut off by a full disk must not swallow the next one.
    if !kept.is_empty() && !kept.ends_with('\n') {
        text.push('\n');
    }
    for head in &heads {
        text.push_str(&head.line());
        text.push('\n');
    }
    let mut out = std::fs::OpenOptions::new().create(true).append(true).open(file)?;
    out.write_all(text.as_bytes())?;
    out.sync_all()?;
    Ok(heads.len())
}
