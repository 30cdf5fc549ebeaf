//! A Merkle tree root computed leaf by leaf (RFC 6962 §2.1: leaf = SHA-256(0 ‖ data), node = SHA-256(1 ‖ left ‖
//! right)), in memory that grows with the logarithm of the leaves.

use crate::digest::sha256;

/// Roots of perfect subtrees, biggest first, with their heights.
#[derive(Default)]
pub(crate) struct MerkleTree(Vec<(u32, [u8; 32])>);

impl MerkleTree {
    /// Adds a leaf.
    pub(crate) fn push(&mut self, data: &[u8]) {
        let mut node = (0, sha256(&[&[0], data]));
        while let Some(&(height, left)) = self.0.last()
            && height == node.0
        {
            self.0.pop();
            node = (height + 1, sha256(&[&[1], &left, &node.1]));
        }
        self.0.push(node);
    }

    /// The root; SHA-256 of nothing for the empty tree.
    pub(crate) fn root(&self) -> [u8; 32] {
        let mut subtrees = self.0.iter().rev().map(|(_, hash)| *hash);
        match subtrees.next() {
            None => sha256(&[]),
            Some(last) => subtrees.fold(last, |right, left| sha256(&[&[1], &left, &right])),
        }
    }
}

/// The way from leaf `at` to the root: the hash beside each step, from the leaf up, and whether it stands on the left.
pub(crate) fn path(leaves: &[Vec<u8>], at: usize) -> Vec<(bool, [u8; 32])> {
    let root = |part: &[Vec<u8>]| {
        let mut tree = MerkleTree::default();
        part.iter().for_each(|leaf| tree.push(leaf));
        tree.root()
    };
    let (mut part, mut at, mut way) = (leaves, at, Vec::new());
    while part.len() > 1 {
        let (left, right) = part.split_at(part.len().next_power_of_two() / 2);
        if at < left.len() {
            way.push((false, root(right)));
            part = left;
        } else {
            way.push((true, root(left)));
            (part, at) = (right, at - left.len());
        }
    }
    way.reverse();
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962, recursively.
    fn defined(leaves: &[Vec<u8>]) -> [u8; 32] {
        match leaves {
            [] => sha256(&[]),
            [one] => sha256(&[&[0], one]),
            many => {
                let split = many.len().next_power_of_two() / 2;
                sha256(&[&[1], &defined(&many[..split]), &defined(&many[split..])])
            }
        }
    }

    #[test]
    fn it_is_the_tree_of_rfc_6962() {
        let mut tree = MerkleTree::default();
        let mut leaves = Vec::new();
        for number in 0u8..70 {
            assert_eq!(tree.root(), defined(&leaves), "{number} leaves");
            tree.push(&[number]);
            leaves.push(vec![number]);
        }
    }
}
