//! One rule over a whole city: 64 people at a time, two bits each.
//!
//! ```text
//!   yes 0110…   no 1000…   neither: undecided        All: yes &= yes, no |= no     Not: swap
//! ```

use std::sync::Arc;

use crate::columns::{Block, Snapshot};
use crate::judge::Outcome;
use crate::kernels::{Bits, leaf, masked};
use crate::members::at_least;
use crate::program::{Op, compile};
use crate::resolved::Resolved;

/// A rule of another day than the snapshot's: its numbers and ages would not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the rule holds the numbers of another day than the snapshot")]
pub struct OtherDay;

/// Who a rule is for (対象者), over one snapshot.
#[derive(Clone)]
pub struct Audience {
    pub(crate) blocks: Arc<[Block]>,
    pub(crate) yes: Vec<u64>,
    pub(crate) no: Vec<u64>,
    /// By which revision of the rule.
    pub revision: u32,
}

impl std::fmt::Debug for Audience {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Audience of revision {}", self.revision)
    }
}

impl Snapshot {
    /// Judges everyone by one rule.
    ///
    /// # Errors
    /// [`OtherDay`].
    pub fn audience(&self, rule: &Resolved) -> Result<Audience, OtherDay> {
        Ok(self.audiences(std::slice::from_ref(rule))?.remove(0))
    }

    /// Judges everyone by many rules, block by block while it is near; one audience for each rule, in their order.
    ///
    /// # Errors
    /// [`OtherDay`].
    pub fn audiences(&self, rules: &[Resolved]) -> Result<Vec<Audience>, OtherDay> {
        if rules.iter().any(|rule| rule.day != self.day) {
            return Err(OtherDay);
        }
        let programs: Vec<Op> = rules.iter().map(compile).collect();
        let empty = |rule: &Resolved| Audience {
            blocks: Arc::clone(&self.blocks),
            yes: vec![0; self.words],
            no: vec![0; self.words],
            revision: rule.revision,
        };
        let mut audiences: Vec<Audience> = rules.iter().map(empty).collect();
        let mut pool = Pool::default();
        for block in &*self.blocks {
            for (program, audience) in programs.iter().zip(&mut audiences) {
                let mut bits = pool.take(block.words());
                self.run(program, block, &mut bits, &mut pool);
                let words = block.word..block.word + block.words();
                audience.yes[words.clone()].copy_from_slice(&bits.yes);
                audience.no[words].copy_from_slice(&bits.no);
                pool.give(bits);
            }
        }
        Ok(audiences)
    }

    fn run(&self, op: &Op, block: &Block, out: &mut Bits, pool: &mut Pool) {
        match op {
            Op::Leaf(question) => leaf(self, question, block, out),
            Op::Not(inside) => {
                self.run(inside, block, out, pool);
                std::mem::swap(&mut out.yes, &mut out.no);
            }
            Op::All(parts) => self.all(parts, block, out, pool),
            Op::Any(parts) => self.any(parts, block, out, pool),
            Op::AtLeast { count, among, has } => {
                let mut inside = pool.take(block.words());
                self.run(has, block, &mut inside, pool);
                at_least(self, block, *count, *among, &inside, out);
                pool.give(inside);
            }
        }
    }

    fn all(&self, parts: &[Op], block: &Block, out: &mut Bits, pool: &mut Pool) {
        masked(block.people, &mut out.yes);
        out.no.fill(0);
        let mut part = pool.take(block.words());
        for op in parts {
            self.run(op, block, &mut part, pool);
            let mut open = 0;
            for word in 0..out.yes.len() {
                out.yes[word] &= part.yes[word];
                out.no[word] |= part.no[word];
                open |= !out.no[word] & crate::kernels::valid(block.people, word);
            }
            // Everyone here is out already.
            if open == 0 {
                break;
            }
        }
        pool.give(part);
    }

    fn any(&self, parts: &[Op], block: &Block, out: &mut Bits, pool: &mut Pool) {
        masked(block.people, &mut out.no);
        out.yes.fill(0);
        let mut part = pool.take(block.words());
        for op in parts {
            self.run(op, block, &mut part, pool);
            let mut open = 0;
            for word in 0..out.yes.len() {
                out.yes[word] |= part.yes[word];
                out.no[word] &= part.no[word];
                open |= !out.yes[word] & crate::kernels::valid(block.people, word);
            }
            if open == 0 {
                break;
            }
        }
        pool.give(part);
    }
}

impl Audience {
    /// The outcome of the person at this place; none past the last.
    pub fn outcome(&self, place: u32) -> Option<Outcome> {
        let place = place as usize;
        let block = &self.blocks[self.blocks.partition_point(|block| block.start + block.people <= place)..];
        let block = block.first()?;
        let at = place.checked_sub(block.start)?;
        let (word, bit) = (block.word + at / 64, at % 64);
        Some(match (self.yes[word] >> bit & 1, self.no[word] >> bit & 1) {
            (1, _) => Outcome::Eligible,
            (_, 1) => Outcome::NotEligible,
            _ => Outcome::Undecided,
        })
    }

    /// Leaves only those whose place `keeps`; the others are not eligible, whatever the rule says of them.
    pub fn keep(&mut self, keeps: impl Fn(u32) -> bool) {
        for block in Arc::clone(&self.blocks).iter() {
            for at in 0..block.people {
                // A snapshot counts its people in 32 bits.
                if !keeps((block.start + at) as u32) {
                    let (word, bit) = (block.word + at / 64, 1_u64 << (at % 64));
                    self.yes[word] &= !bit;
                    self.no[word] |= bit;
                }
            }
        }
    }

    /// How many of the two are in one and not in the other; `None` when they are of different snapshots.
    pub fn differing(&self, other: &Self) -> Option<u64> {
        Arc::ptr_eq(&self.blocks, &other.blocks)
            .then(|| self.yes.iter().zip(&other.yes).map(|(one, two)| u64::from((one ^ two).count_ones())).sum())
    }

    /// How many have this outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        let mut count = 0;
        for block in &*self.blocks {
            for word in 0..block.words() {
                count += u64::from(self.word(block, word, outcome).count_ones());
            }
        }
        count
    }

    /// Places of those with this outcome, rising.
    pub fn people(&self, outcome: Outcome) -> impl Iterator<Item = u32> {
        self.blocks.iter().flat_map(move |block| {
            (0..block.words()).flat_map(move |word| {
                let mut bits = self.word(block, word, outcome);
                std::iter::from_fn(move || {
                    (bits != 0).then(|| {
                        let bit = bits.trailing_zeros() as usize;
                        bits &= bits - 1;
                        // A snapshot counts its people in 32 bits.
                        (block.start + word * 64 + bit) as u32
                    })
                })
            })
        })
    }

    fn word(&self, block: &Block, word: usize, outcome: Outcome) -> u64 {
        let (yes, no) = (self.yes[block.word + word], self.no[block.word + word]);
        match outcome {
            Outcome::Eligible => yes,
            Outcome::NotEligible => no,
            Outcome::Undecided => !(yes | no) & crate::kernels::valid(block.people, word),
        }
    }
}

impl Block {
    pub(crate) fn words(&self) -> usize {
        self.people.div_ceil(64)
    }
}

/// Bits in use again and again instead of made anew.
#[derive(Default)]
struct Pool(Vec<Bits>);

impl Pool {
    fn take(&mut self, words: usize) -> Bits {
        let mut bits = self.0.pop().unwrap_or_default();
        bits.yes.resize(words, 0);
        bits.no.resize(words, 0);
        bits
    }

    fn give(&mut self, bits: Bits) {
        self.0.push(bits);
    }
}
