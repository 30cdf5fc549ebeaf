//! Proves that the log is what it was: `yakuba verify audit --data D [--against HEADS]`.

use std::collections::{BTreeMap, BTreeSet};

use store::{Row, Store, StoreError, Tx};

use super::head::{Head, PAGE, chain_leaf, heads_after};
use super::merkle::MerkleTree;
use super::{Event, NOTHING, Position, Zone, commitment, entry_hash};
use crate::signing::PublicKey;

/// Something that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)]
pub enum Finding {
    #[error("entry {0} was changed")]
    EntryChanged(Position),
    #[error("entry {0} is missing")]
    EntryMissing(Position),
    #[error("entry {0} stands beyond the end of its chain")]
    EntryUnexpected(Position),
    #[error("chain {chain} ends at {found} entries; it had {expected}")]
    TailCut { chain: String, expected: i64, found: i64 },
    #[error("the tip of chain {0} was changed")]
    TipChanged(String),
    #[error("the content of entry {0} was changed")]
    ContentChanged(Position),
    #[error("the content of entry {0} is gone and no erasure is on record")]
    ContentMissing(Position),
    #[error("head {0} does not carry a signature of a known key")]
    HeadForged(i64),
    #[error("head {0} does not follow from the log")]
    HeadBroken(i64),
    #[error("head {0} is missing")]
    HeadMissing(i64),
    #[error("head {0} is another than the one kept elsewhere: history was rewritten")]
    HeadRewritten(i64),
    #[error("line {0} of the heads file cannot be read or carries no signature of a known key")]
    HeadsFile(usize),
    #[error("the disclosure of entry {0} was changed")]
    DisclosureChanged(Position),
    #[error("the disclosure of entry {0} is missing")]
    DisclosureMissing(Position),
    #[error("a disclosure without an entry in the log was added at {0}")]
    DisclosureAdded(Position),
}

/// What was checked and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Chains.
    pub chains: usize,
    /// Entries.
    pub entries: i64,
    /// Entries after the newest head: changes to them alone leave no trace outside yet.
    pub unsigned: i64,
    /// Entries whose content was erased, as recorded.
    pub erased: usize,
    /// Heads.
    pub heads: usize,
    /// Heads and marks kept elsewhere that were compared.
    pub compared: usize,
    /// The first hundred findings.
    pub findings: Vec<Finding>,
    /// How many there are in all.
    pub found: usize,
}

impl Report {
    /// Whether nothing was found.
    pub fn is_sound(&self) -> bool {
        self.found == 0
    }

    pub(crate) fn note(&mut self, finding: Finding) {
        self.found += 1;
        if self.findings.len() < 100 {
            self.findings.push(finding);
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} entries in {} chains, {} heads ({} entries after the newest), {} contents erased, {} heads compared",
            self.entries, self.chains, self.heads, self.unsigned, self.erased, self.compared
        )?;
        for finding in &self.findings {
            writeln!(f, "- {finding}")?;
        }
        if self.found > self.findings.len() {
            writeln!(f, "- and {} more", self.found - self.findings.len())?;
        }
        f.write_str(if self.is_sound() { "valid" } else { "NOT VALID" })
    }
}

/// Checks the whole log on one snapshot: every entry against its chain, every content against its commitment, every
/// disclosure, every head against the entries, the head before it and `keys`; and, given the text of a heads file
/// (lines of [`Head::line`] or marks of receipts), every head kept there against the log.
///
/// # Errors
/// [`StoreError`] when the log cannot be read at all.
pub fn verify(store: &Store, zone: Zone, keys: &[PublicKey], against: Option<&str>) -> Result<Report, StoreError> {
    store.read(|tx| verify_in(tx, zone, keys, against))
}

/// [`verify`] in a transaction that is open already.
pub(super) fn verify_in(
    tx: &mut Tx,
    zone: Zone,
    keys: &[PublicKey],
    against: Option<&str>,
) -> Result<Report, StoreError> {
    let mut walk = Walk { report: Report::default(), running: BTreeMap::new(), bare: BTreeSet::new() };
    let heads = heads_after(tx, zone, 0)?;
    walk.heads(tx, &heads, keys)?;
    walk.tails(tx)?;
    walk.erasures(tx)?;
    if zone == Zone::Inside {
        crate::disclosure::verify(tx, &mut walk.report)?;
    }
    if let Some(kept) = against {
        compare(&mut walk.report, &heads, keys, zone, kept);
    }
    Ok(walk.report)
}

/// How far a chain has been checked.
#[derive(Clone)]
struct Running {
    length: i64,
    hash: Vec<u8>,
}

struct Walk {
    report: Report,
    running: BTreeMap<String, Running>,
    /// Entries without content, to be explained by erasures.
    bare: BTreeSet<Position>,
}

impl Walk {
    fn heads(&mut self, tx: &mut Tx, heads: &[Head], keys: &[PublicKey]) -> Result<(), StoreError> {
        let mut previous = NOTHING;
        let mut expected = 1;
        for head in heads {
            while expected < head.number {
                self.report.note(Finding::HeadMissing(expected));
                expected += 1;
            }
            expected = head.number + 1;
            let mut tree = MerkleTree::default();
            let chains = tx.query(
                "SELECT chain, length, tip FROM audit_head_chain WHERE number = $1 ORDER BY chain",
                &[head.number.into()],
            )?;
            for row in &chains {
                let (chain, length, tip) = (row.text(0)?, row.int(1)?, row.blob(2)?);
                self.stretch(tx, chain, Some(length), &mut tree)?;
                tree.push(&chain_leaf(chain, length, tip));
                let reached = self.running.get(chain).map_or(0, |r| r.length);
                if reached < length {
                    self.report.note(Finding::TailCut { chain: chain.to_owned(), expected: length, found: reached });
                }
            }
            if !head.is_signed_by(keys) {
                self.report.note(Finding::HeadForged(head.number));
            }
            if head.previous != previous || head.root != tree.root() || head.entries != self.report.entries {
                self.report.note(Finding::HeadBroken(head.number));
            }
            previous = head.hash();
        }
        self.report.heads = heads.len();
        self.report.unsigned = -self.report.entries;
        Ok(())
    }

    /// What stands after the newest head, up to the tips; and whether anything stands beyond.
    fn tails(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        let tips = tx.query("SELECT chain, length, tip FROM audit_chain", &[])?;
        let mut tips: BTreeMap<String, (i64, Vec<u8>)> = tips
            .iter()
            .map(|row| Ok((row.text(0)?.to_owned(), (row.int(1)?, row.blob(2)?.to_vec()))))
            .collect::<Result<_, StoreError>>()?;
        // A chain whose tip was deleted still has entries, and heads that know it.
        for row in tx.query("SELECT DISTINCT chain FROM audit_entry", &[])? {
            tips.entry(row.text(0)?.to_owned()).or_insert((0, NOTHING.to_vec()));
        }
        for chain in self.running.keys() {
            tips.entry(chain.clone()).or_insert((0, NOTHING.to_vec()));
        }
        self.report.chains = tips.len();
        for (chain, (length, tip)) in tips {
            self.stretch(tx, &chain, None, &mut MerkleTree::default())?;
            let reached = self.running.get(&chain).cloned().unwrap_or(Running { length: 0, hash: NOTHING.to_vec() });
            if reached.length < length {
                self.report.note(Finding::TailCut { chain, expected: length, found: reached.length });
            } else if reached.length > length {
                self.report.note(Finding::EntryUnexpected(Position { chain, number: length + 1 }));
            } else if reached.hash != tip {
                self.report.note(Finding::TipChanged(chain));
            }
        }
        self.report.unsigned += self.report.entries;
        Ok(())
    }

    /// Checks the entries of `chain` from where it stands, up to `up_to` or the last.
    fn stretch(
        &mut self,
        tx: &mut Tx,
        chain: &str,
        up_to: Option<i64>,
        tree: &mut MerkleTree,
    ) -> Result<(), StoreError> {
        let mut at = self.running.remove(chain).unwrap_or(Running { length: 0, hash: NOTHING.to_vec() });
        loop {
            let page = tx.query(
                "SELECT e.position, e.at, e.event, e.actor_class, e.commitment, e.hash, c.salt, c.content
                 FROM audit_entry e LEFT JOIN audit_content c ON c.chain = e.chain AND c.position = e.position
                 WHERE e.chain = $1 AND e.position > $2 AND e.position <= $3 ORDER BY e.position LIMIT $4",
                &[chain.into(), at.length.into(), up_to.unwrap_or(i64::MAX).into(), PAGE.into()],
            )?;
            if page.is_empty() {
                break;
            }
            for row in &page {
                self.entry(chain, &mut at, row)?;
                tree.push(&at.hash);
            }
        }
        self.running.insert(chain.to_owned(), at);
        Ok(())
    }

    fn entry(&mut self, chain: &str, at: &mut Running, row: &Row) -> Result<(), StoreError> {
        let here = Position { chain: chain.to_owned(), number: row.int(0)? };
        for missing in at.length + 1..here.number {
            self.report.note(Finding::EntryMissing(Position { chain: chain.to_owned(), number: missing }));
            // A hole of any size is told in at most a hundred lines.
            if missing > at.length + 100 {
                break;
            }
        }
        let (event, bound, stored) = (row.text(2)?, row.blob(4)?, row.blob(5)?);
        let hash = entry_hash(&at.hash, &here, row.timestamp(1)?, event, row.text(3)?, bound);
        // After a hole the previous hash is unknown, and the hole itself is the finding.
        if here.number == at.length + 1 && hash != stored {
            self.report.note(Finding::EntryChanged(here.clone()));
        }
        match (row.opt_blob(6)?, row.opt_text(7)?) {
            (Some(salt), Some(content)) if commitment(salt, content.as_bytes()) != bound => {
                self.report.note(Finding::ContentChanged(here.clone()));
            }
            (None, _) if event != Event::Disclosed.code() => {
                self.bare.insert(here.clone());
            }
            _ => {}
        }
        self.report.entries += 1;
        *at = Running { length: here.number, hash: stored.to_vec() };
        Ok(())
    }

    /// Entries without content must be named by an erasure that is itself an entry.
    fn erasures(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.bare.is_empty() {
            return Ok(());
        }
        let rows = tx.query(
            "SELECT c.content FROM audit_entry e JOIN audit_content c ON c.chain = e.chain AND c.position = e.position
             WHERE e.event = $1",
            &[Event::ContentErased.code().into()],
        )?;
        for row in rows {
            let content: Option<serde_json::Value> = serde_json::from_str(row.text(0)?).ok();
            let named = content.as_ref().and_then(|c| c.get("entry")?.as_str()?.rsplit_once('/'));
            if let Some((chain, number)) = named
                && let Ok(number) = number.parse()
                && self.bare.remove(&Position { chain: chain.to_owned(), number })
            {
                self.report.erased += 1;
            }
        }
        for bare in std::mem::take(&mut self.bare) {
            self.report.note(Finding::ContentMissing(bare));
        }
        Ok(())
    }
}

/// Compares heads kept elsewhere with those of the log.
fn compare(report: &mut Report, heads: &[Head], keys: &[PublicKey], zone: Zone, kept: &str) {
    let ours: BTreeMap<i64, &Head> = heads.iter().map(|head| (head.number, head)).collect();
    for (index, line) in kept.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (number, same) = if let Some(head) = Head::parse(line) {
            if head.zone != zone.name() || !head.is_signed_by(keys) {
                report.note(Finding::HeadsFile(index + 1));
                continue;
            }
            (head.number, ours.get(&head.number).map(|ours| ours.hash() == head.hash()))
        } else if let Some(number) = line.split_once('-').and_then(|(number, _)| number.parse().ok()) {
            (number, ours.get(&number).map(|ours| ours.mark() == line))
        } else {
            report.note(Finding::HeadsFile(index + 1));
            continue;
        };
        report.compared += 1;
        match same {
            Some(true) => {}
            Some(false) => report.note(Finding::HeadRewritten(number)),
            None => report.note(Finding::HeadMissing(number)),
        }
    }
}
