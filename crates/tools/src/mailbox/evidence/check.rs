//! Checks the whole of the evidence: chain, recipients, roots, stamps.

use data_encoding::HEXLOWER;
use pki::TrustAnchors;
use pki::timestamp::read_stamp;
use store::{Store, StoreError, Tx};

use super::{Entry, root_of};
use crate::audit::merkle::MerkleTree;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Entries looked at.
    pub entries: i64,
    /// Roots, and how many of them are stamped.
    pub roots: i64,
    /// Roots with a stamp that holds.
    pub stamped: i64,
    /// What is wrong, in words, with the place; the first hundred.
    pub findings: Vec<String>,
}

impl Report {
    /// Whether nothing was found.
    pub const fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }

    fn say(&mut self, finding: String) {
        if self.findings.len() < 100 {
            self.findings.push(finding);
        }
    }
}

/// Checks the whole: the chain, the roots over recipients, each minute's root and its stamp. Without anchors stamps are
/// only counted.
///
/// # Errors
/// [`StoreError`].
pub fn verify(store: &Store, anchors: Option<&TrustAnchors>) -> Result<Report, StoreError> {
    store.read(|tx| {
        let mut report = Report::default();
        check_chain(tx, &mut report)?;
        check_roots(tx, &mut report, anchors)?;
        Ok(report)
    })
}

fn check_chain(tx: &mut Tx<'_>, report: &mut Report) -> Result<(), StoreError> {
    let (mut position, mut previous) = (0, Vec::new());
    loop {
        let rows = tx.query(super::select!("WHERE position > $1 ORDER BY position LIMIT 200"), &[position.into()])?;
        if rows.is_empty() {
            break;
        }
        for row in &rows {
            let entry = Entry::read(row)?;
            if entry.position != position + 1 {
                report.say(format!("entries {} to {} are missing", position + 1, entry.position - 1));
            } else if entry.previous != previous {
                report.say(format!("entry {} does not follow the one before", entry.position));
            }
            if entry.computed().as_slice() != entry.hash {
                report.say(format!("entry {} was altered", entry.position));
            }
            if let Some(leaves) = &entry.leaves
                && entry.leaves_root.as_deref() != Some(root_of(entry.letter, leaves).as_slice())
            {
                report.say(format!("the recipients of entry {} were altered", entry.position));
            }
            report.entries += 1;
            (position, previous) = (entry.position, entry.hash);
        }
    }
    let head = tx.query_one("SELECT position, hash FROM mailbox_evidence_head WHERE one = 1", &[])?;
    let fits = match &head {
        Some(row) => row.int(0)? == position && row.text(1)? == HEXLOWER.encode(&previous),
        None => false,
    };
    if !fits {
        report.say(format!("the chain ends at entry {position}, its head says otherwise"));
    }
    Ok(())
}

fn check_roots(tx: &mut Tx<'_>, report: &mut Report, anchors: Option<&TrustAnchors>) -> Result<(), StoreError> {
    let mut next = 1;
    for row in tx.query("SELECT number, first, last, root, token FROM mailbox_evidence_roots ORDER BY number", &[])? {
        let (number, first, last, root) = (row.int(0)?, row.int(1)?, row.int(2)?, row.blob(3)?);
        report.roots += 1;
        if first != next {
            report.say(format!("root {number} does not begin where the one before ended"));
        }
        next = last + 1;
        let mut tree = MerkleTree::default();
        let sql = "SELECT hash FROM mailbox_evidence WHERE position BETWEEN $1 AND $2 ORDER BY position";
        for entry in tx.query(sql, &[first.into(), last.into()])? {
            tree.push(entry.blob(0)?);
        }
        if tree.root().as_slice() != root {
            report.say(format!("root {number} is not over entries {first} to {last}"));
        }
        let (Some(token), Ok(root)) = (row.opt_blob(4)?, <[u8; 32]>::try_from(root)) else { continue };
        match anchors.map(|anchors| read_stamp(token, root, anchors)) {
            Some(Err(refusal)) => report.say(format!("the time stamp of root {number} does not hold: {refusal}")),
            _ => report.stamped += 1,
        }
    }
    Ok(())
}
