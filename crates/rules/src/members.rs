//! Questions about a household over columns: answers of all members are there already, and are counted per household.

use crate::columns::{Block, Snapshot, UNKNOWN_BYTE};
use crate::kernels::{Bits, equal};
use crate::tree::Among;
use crate::vocabulary::Role;

/// Roles of a block's people, a bit each.
struct Roles {
    parents: Vec<u64>,
    children: Vec<u64>,
    grandchildren: Vec<u64>,
    unknown: Vec<u64>,
}

/// Whether at least `count` (one or more) of those meant fit.
pub(crate) fn at_least(snapshot: &Snapshot, block: &Block, count: u32, among: Among, inside: &Bits, out: &mut Bits) {
    out.yes.fill(0);
    out.no.fill(0);
    let roles = (among == Among::Children).then(|| roles(snapshot, block));
    let starts = &snapshot.household_starts[block.households.start..=block.households.end];
    for pair in starts.windows(2) {
        let (from, to) = (pair[0] as usize - block.start, pair[1] as usize - block.start);
        if to - from <= 64 {
            small(from, to - from, count, among, inside, roles.as_ref(), out);
        } else {
            large(from, to, count, among, inside, roles.as_ref(), out);
        }
    }
}

fn roles(snapshot: &Snapshot, block: &Block) -> Roles {
    let column = &snapshot.role[block.start..block.start + block.people];
    let of = |code: u8| {
        let mut words = vec![0; block.words()];
        equal(column, code, &mut words);
        words
    };
    let spouses = of(Role::Spouse as u8);
    let parents = of(Role::Head as u8).iter().zip(spouses).map(|(head, spouse)| head | spouse).collect();
    Roles {
        parents,
        children: of(Role::Child as u8),
        grandchildren: of(Role::Grandchild as u8),
        unknown: of(UNKNOWN_BYTE),
    }
}

/// Households of up to 64: one word.
fn small(at: usize, size: usize, count: u32, among: Among, inside: &Bits, roles: Option<&Roles>, out: &mut Bits) {
    let everyone = u64::MAX >> (64 - size);
    let fits = take(&inside.yes, at, size);
    let open = everyone & !take(&inside.no, at, size);
    let sure = |group: u64| (fits & group).count_ones() >= count;
    let impossible = |group: u64| (open & group).count_ones() < count;
    // Of a group that each person leaves themselves out of: who is left with fewer than `count`.
    let short_without_self = |bits: u64| match bits.count_ones() {
        ones if ones < count => everyone,
        ones if ones == count => bits,
        _ => 0,
    };
    let (yes, no) = match (among, roles) {
        (Among::Everyone, _) => (all_if(sure(everyone), everyone), all_if(impossible(everyone), everyone)),
        (Among::Children, Some(roles)) => {
            let [parents, children, grandchildren, unknown] =
                [&roles.parents, &roles.children, &roles.grandchildren, &roles.unknown]
                    .map(|words| take(words, at, size));
            let yes = all_if(sure(children), parents) | all_if(sure(grandchildren), children);
            let no = all_if(impossible(children | unknown), parents)
                | all_if(impossible(grandchildren | unknown), children)
                | unknown & short_without_self(open & (children | grandchildren | unknown))
                | everyone & !(parents | children | unknown);
            (yes, no)
        }
        _ => (everyone & !short_without_self(fits), short_without_self(open)),
    };
    put(&mut out.yes, at, size, yes);
    put(&mut out.no, at, size, no);
}

fn all_if(condition: bool, bits: u64) -> u64 {
    if condition { bits } else { 0 }
}

fn take(words: &[u64], at: usize, size: usize) -> u64 {
    let (word, bit) = (at / 64, at % 64);
    let low = words[word] >> bit;
    let high = if bit + size > 64 { words[word + 1] << (64 - bit) } else { 0 };
    (low | high) & (u64::MAX >> (64 - size))
}

fn put(words: &mut [u64], at: usize, size: usize, bits: u64) {
    let (word, bit) = (at / 64, at % 64);
    words[word] |= bits << bit;
    if bit + size > 64 {
        words[word + 1] |= bits >> (64 - bit);
    }
}

/// Larger ones (homes and dormitories): bit by bit.
fn large(from: usize, to: usize, count: u32, among: Among, inside: &Bits, roles: Option<&Roles>, out: &mut Bits) {
    let get = |words: &[u64], at: usize| words[at / 64] >> (at % 64) & 1 == 1;
    let role = |words: fn(&Roles) -> &Vec<u64>, at: usize| roles.is_some_and(|roles| get(words(roles), at));
    let fits = |at: usize| get(&inside.yes, at);
    let open = |at: usize| !get(&inside.no, at);
    let number = |of: &dyn Fn(usize) -> bool| (from..to).filter(|at| of(*at)).count() as u32;
    let child = |at: usize| role(|roles| &roles.children, at);
    let grandchild = |at: usize| role(|roles| &roles.grandchildren, at);
    let unknown = |at: usize| role(|roles| &roles.unknown, at);
    let parent = |at: usize| role(|roles| &roles.parents, at);
    let all = (number(&fits), number(&open));
    let of_parents = (number(&|at| fits(at) && child(at)), number(&|at| open(at) && (child(at) || unknown(at))));
    let of_children =
        (number(&|at| fits(at) && grandchild(at)), number(&|at| open(at) && (grandchild(at) || unknown(at))));
    let of_unknown = number(&|at| open(at) && (child(at) || grandchild(at) || unknown(at)));
    for at in from..to {
        let (sure, possible) = match among {
            Among::Everyone => all,
            Among::Others => (all.0 - u32::from(fits(at)), all.1 - u32::from(open(at))),
            Among::Children if parent(at) => of_parents,
            Among::Children if child(at) => of_children,
            Among::Children if unknown(at) => (0, of_unknown - u32::from(open(at))),
            Among::Children => (0, 0),
        };
        if sure >= count {
            out.yes[at / 64] |= 1 << (at % 64);
        } else if possible < count {
            out.no[at / 64] |= 1 << (at % 64);
        }
    }
}
