//! Proof that one entry stands under a signed head, without showing any other: hashes of siblings only (RFC 6962 §2.1.1).
//! Every sibling is a hash over a salted commitment, so it can be neither opened nor guessed.

use std::collections::BTreeMap;

use base::Timestamp;
use store::{StoreError, Tx};

use super::head::{PAGE, chain_leaf, heads_after};
use super::{Head, NOTHING, Position, Zone};
use crate::digest::sha256;

/// Where an entry stands under a head, and all that is needed to compute its leaf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The head.
    pub head: Head,
    /// The leaf's index under it, from 0.
    pub index: usize,
    /// Leaves under it.
    pub leaves: usize,
    /// Sibling hashes, from the leaf up.
    pub path: Vec<[u8; 32]>,
    /// The entry.
    pub at: Position,
    /// When it was written.
    pub when: Timestamp,
    /// Its event's code.
    pub event: String,
    /// Class of the actor.
    pub actor_class: String,
    /// Hash of the entry before.
    pub previous: Vec<u8>,
}

/// The leaves under some heads, read once each.
#[derive(Default)]
pub struct Prover {
    leaves: BTreeMap<i64, Vec<[u8; 32]>>,
    starts: BTreeMap<(i64, String), (i64, usize)>,
}

impl Prover {
    /// The proof for the entry at `at`; `None` while no head covers it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn prove(&mut self, tx: &mut Tx<'_>, zone: Zone, at: &Position) -> Result<Option<Inclusion>, StoreError> {
        let row = tx.query_one(
            "SELECT MIN(number) FROM audit_head_chain WHERE chain = $1 AND length >= $2",
            &[(&at.chain).into(), at.number.into()],
        )?;
        let Some(number) = row.map(|row| row.opt_int(0)).transpose()?.flatten() else { return Ok(None) };
        let Some(head) = heads_after(tx, zone, number - 1)?.into_iter().find(|head| head.number == number) else {
            return Ok(None);
        };
        if !self.leaves.contains_key(&number) {
            self.read(tx, number)?;
        }
        let entry = tx.query_one(
            "SELECT e.at, e.event, e.actor_class, b.hash FROM audit_entry e LEFT JOIN audit_entry b \
             ON b.chain = e.chain AND b.position = e.position - 1 WHERE e.chain = $1 AND e.position = $2",
            &[(&at.chain).into(), at.number.into()],
        )?;
        let (Some(entry), Some((signed, first)), Some(leaves)) =
            (entry, self.starts.get(&(number, at.chain.clone())), self.leaves.get(&number))
        else {
            return Ok(None);
        };
        let index = first + usize::try_from(at.number - signed - 1).unwrap_or(usize::MAX);
        if index >= leaves.len() {
            return Ok(None);
        }
        Ok(Some(Inclusion {
            index,
            leaves: leaves.len(),
            path: path(leaves, index),
            at: at.clone(),
            when: entry.timestamp(0)?,
            event: entry.text(1)?.to_owned(),
            actor_class: entry.text(2)?.to_owned(),
            previous: entry.opt_blob(3)?.map_or_else(|| NOTHING.to_vec(), <[u8]>::to_vec),
            head,
        }))
    }

    /// Reads the leaves under a head, as it was made: chain by chain, the new entries and then the chain itself.
    fn read(&mut self, tx: &mut Tx<'_>, number: i64) -> Result<(), StoreError> {
        let chains = tx.query(
            "SELECT c.chain, c.length, c.tip, COALESCE((SELECT MAX(p.length) FROM audit_head_chain p \
             WHERE p.chain = c.chain AND p.number < c.number), 0) \
             FROM audit_head_chain c WHERE c.number = $1 ORDER BY c.chain",
            &[number.into()],
        )?;
        let mut leaves = Vec::new();
        for row in &chains {
            let (chain, length, signed) = (row.text(0)?, row.int(1)?, row.int(3)?);
            self.starts.insert((number, chain.to_owned()), (signed, leaves.len()));
            let mut position = signed;
            loop {
                let page = tx.query(
                    "SELECT position, hash FROM audit_entry WHERE chain = $1 AND position > $2 AND position <= $3 \
                     ORDER BY position LIMIT $4",
                    &[chain.into(), position.into(), length.into(), PAGE.into()],
                )?;
                let Some(last) = page.last() else { break };
                position = last.int(0)?;
                for row in &page {
                    leaves.push(leaf(row.blob(1)?));
                }
            }
            leaves.push(leaf(&chain_leaf(chain, length, row.blob(2)?)));
        }
        self.leaves.insert(number, leaves);
        Ok(())
    }
}

fn leaf(data: &[u8]) -> [u8; 32] {
    sha256(&[&[0], data])
}

/// Where a tree of this many leaves is cut: the largest power of two below.
const fn cut(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => sha256(&[]),
        [one] => *one,
        many => {
            let (left, right) = many.split_at(cut(many.len()));
            sha256(&[&[1], &root(left), &root(right)])
        }
    }
}

fn path(leaves: &[[u8; 32]], index: usize) -> Vec<[u8; 32]> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let at = cut(leaves.len());
    let (left, right) = leaves.split_at(at);
    let (mut path, sibling) =
        if index < at { (path(left, index), root(right)) } else { (path(right, index - at), root(left)) };
    path.push(sibling);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The check of RFC 9162 §2.1.3.2, written from the text and not from [`path`].
    fn verified(leaf: [u8; 32], index: usize, size: usize, path: &[[u8; 32]]) -> Option<[u8; 32]> {
        let (mut here, mut last, mut hash) = (index, size - 1, leaf);
        for sibling in path {
            if last == 0 {
                return None;
            }
            if here % 2 == 1 || here == last {
                hash = sha256(&[&[1], sibling, &hash]);
                while here % 2 == 0 && here != 0 {
                    here >>= 1;
                    last >>= 1;
                }
            } else {
                hash = sha256(&[&[1], &hash, sibling]);
            }
            here >>= 1;
            last >>= 1;
        }
        (last == 0).then_some(hash)
    }

    #[test]
    fn every_leaf_of_every_small_tree_is_proved() {
        for size in 1..40usize {
            let leaves: Vec<[u8; 32]> = (0..size).map(|n| leaf(&[n as u8])).collect();
            let mut tree = crate::audit::merkle::MerkleTree::default();
            (0..size).for_each(|n| tree.push(&[n as u8]));
            for (index, one) in leaves.iter().enumerate() {
                let path = path(&leaves, index);
                assert_eq!(verified(*one, index, size, &path), Some(tree.root()), "{index} of {size}");
                assert_ne!(verified([9; 32], index, size, &path), Some(tree.root()));
            }
        }
    }
}
