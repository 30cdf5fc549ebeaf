//! One question over 64 people of a column at a time, written so that the compiler uses wide registers.

use crate::columns::{ABSENT, Block, SET_UNKNOWN, Snapshot, UNKNOWN, UNKNOWN_BYTE, UNKNOWN_SHORT};
use crate::fact::Fact;
use crate::program::Leaf;

/// Yes and no, a bit for each person of a block.
#[derive(Default)]
pub(crate) struct Bits {
    pub(crate) yes: Vec<u64>,
    pub(crate) no: Vec<u64>,
}

/// The bits of word number `word` that stand for people.
pub(crate) fn valid(people: usize, word: usize) -> u64 {
    match people.saturating_sub(word * 64) {
        0 => 0,
        left if left >= 64 => u64::MAX,
        left => (1 << left) - 1,
    }
}

/// Sets every person's bit.
pub(crate) fn masked(people: usize, words: &mut [u64]) {
    words.iter_mut().enumerate().for_each(|(word, bits)| *bits = valid(people, word));
}

/// 64 bytes of 0 and 1 as bits, the first lowest.
#[inline(always)]
fn pack(bytes: &[u8; 64]) -> u64 {
    let (eights, _) = bytes.as_chunks::<8>();
    let mut word = 0;
    for (index, eight) in eights.iter().enumerate() {
        // Each byte's lowest bit is carried to its place in the top byte; no two meet.
        let bits = u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word |= bits << (8 * index);
    }
    word
}

/// Asks `yes` and `unknown` of every value.
#[inline(always)]
fn ask<T: Copy>(column: &[T], out: &mut Bits, yes: impl Fn(T) -> bool, unknown: impl Fn(T) -> bool) {
    let (whole, rest) = column.as_chunks::<64>();
    let mut flags = ([0_u8; 64], [0_u8; 64]);
    for (word, values) in whole.iter().enumerate() {
        for (index, value) in values.iter().enumerate() {
            flags.0[index] = u8::from(yes(*value));
            flags.1[index] = u8::from(unknown(*value));
        }
        out.yes[word] = pack(&flags.0);
        out.no[word] = !(out.yes[word] | pack(&flags.1));
    }
    if !rest.is_empty() {
        let (mut fits, mut gaps) = (0, 0);
        for (index, value) in rest.iter().enumerate() {
            fits |= u64::from(yes(*value)) << index;
            gaps |= u64::from(unknown(*value)) << index;
        }
        out.yes[whole.len()] = fits;
        out.no[whole.len()] = !(fits | gaps) & valid(rest.len(), 0);
    }
}

/// Bits of those whose byte is `code`.
pub(crate) fn equal(column: &[u8], code: u8, words: &mut [u64]) {
    for (word, values) in words.iter_mut().zip(column.chunks(64)) {
        *word = values.iter().enumerate().fold(0, |bits, (index, value)| bits | u64::from(*value == code) << index);
    }
}

/// Answers one question for a block.
pub(crate) fn leaf(snapshot: &Snapshot, leaf: &Leaf, block: &Block, out: &mut Bits) {
    let people = block.start..block.start + block.people;
    match leaf {
        Leaf::Wide { fact, low, high } => {
            let (low, high) = (*low, *high);
            ask(&wide(snapshot, *fact)[people], out, |v| v >= low && v <= high, |v| v == UNKNOWN);
        }
        Leaf::Size { low, high } => {
            let (low, high) = (*low, *high);
            let column = &snapshot.household_size[people];
            ask(column, out, |v| v >= low && v <= high, |v| v == UNKNOWN_SHORT);
        }
        Leaf::Byte { fact, low, high } => {
            let (low, high) = (*low, *high);
            ask(&bytes(snapshot, *fact)[people], out, |v| v >= low && v <= high, |v| v == UNKNOWN_BYTE);
        }
        Leaf::Codes { fact, fits } => {
            ask(&bytes(snapshot, *fact)[people], out, |v| fits[usize::from(v)], |v| v == UNKNOWN_BYTE);
        }
        Leaf::Towns(bits) => {
            let fits = |v: u16| bits[usize::from(v) / 64] >> (v % 64) & 1 == 1;
            ask(&snapshot.town[people], out, fits, |v| v == UNKNOWN_SHORT);
        }
        Leaf::Flag(flag) => {
            let (yes, known) = (1_u16 << flag, 1_u16 << (flag + 8));
            ask(&snapshot.flags[people], out, |v| v & yes != 0, |v| v & known == 0);
        }
        Leaf::Interests(bits) => ask(&snapshot.interests[people], out, |v| v & bits != 0, |_| false),
        Leaf::Set { fact, bits } => {
            ask(&sets(snapshot, *fact)[people], out, |v| v & bits != 0, |v| v & SET_UNKNOWN != 0);
        }
        Leaf::Limit { fact, limit, each, below } => {
            limited(&wide(snapshot, *fact)[people.clone()], &snapshot.dependants[people], (*limit, *each, *below), out);
        }
    }
}

fn limited(income: &[i32], dependants: &[u8], (limit, each, below): (i64, i64, bool), out: &mut Bits) {
    // Dependants are a byte: one limit for each count, worked out once.
    let mut limits = [i64::MIN; 256];
    for (count, one) in limits.iter_mut().enumerate() {
        *one = limit.saturating_add(each.saturating_mul(count as i64)).saturating_sub(i64::from(below));
    }
    for (word, (income, dependants)) in income.chunks(64).zip(dependants.chunks(64)).enumerate() {
        let (mut fits, mut gaps) = (0, 0);
        for (index, (income, dependants)) in income.iter().zip(dependants).enumerate() {
            let known = *income > ABSENT && *dependants != UNKNOWN_BYTE;
            gaps |= u64::from(!known) << index;
            fits |= u64::from(known && i64::from(*income) <= limits[usize::from(*dependants)]) << index;
        }
        out.yes[word] = fits;
        out.no[word] = !(fits | gaps) & valid(income.len(), 0);
    }
}

fn wide(snapshot: &Snapshot, fact: Fact) -> &[i32] {
    match fact {
        Fact::DaysSinceMoveIn => &snapshot.moved_in,
        Fact::DaysUntilDue => &snapshot.due,
        Fact::DaysSinceChildbirth => &snapshot.childbirth,
        Fact::Income => &snapshot.income,
        Fact::HouseholdIncome => &snapshot.household_income,
        Fact::HighestIncome => &snapshot.highest_income,
        // The ages.
        _ => &snapshot.born,
    }
}

fn bytes(snapshot: &Snapshot, fact: Fact) -> &[u8] {
    match fact {
        Fact::Ward => &snapshot.ward,
        Fact::Sex => &snapshot.sex,
        Fact::Insurance => &snapshot.insurance,
        Fact::Taxation => &snapshot.taxation,
        Fact::PhysicalDisability => &snapshot.physical,
        Fact::IntellectualDisability => &snapshot.intellectual,
        Fact::MentalDisability => &snapshot.mental,
        Fact::CareLevel => &snapshot.care,
        // The only other number of a byte.
        _ => &snapshot.dependants,
    }
}

fn sets(snapshot: &Snapshot, fact: Fact) -> &[u32] {
    match fact {
        Fact::Receives => &snapshot.receives,
        Fact::HadThisYear => &snapshot.had_this_year,
        _ => &snapshot.had_ever,
    }
}
