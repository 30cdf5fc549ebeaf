//! A rule made ready for columns: ages become ranges of birthdays, limits become ranges of yen.
//!
//! The ends of a range of birthdays are found by asking the plain judge's own functions, so 29 February and 1 April
//! come out alike in both.

use base::Date;

use crate::columns::{ABSENT, FLAGS};
use crate::fact::Fact;
use crate::resolved::{Ask, Count, Node, Resolved};
use crate::tree::Among;
use crate::value::{age, age_at_year_end, age_in_months, legal_age};

/// A tree over columns.
pub(crate) enum Op {
    All(Vec<Op>),
    Any(Vec<Op>),
    Not(Box<Op>),
    Leaf(Leaf),
    AtLeast { count: u32, among: Among, has: Box<Op> },
}

/// One question over one column (or two).
pub(crate) enum Leaf {
    /// Days or yen within, both ends in.
    Wide { fact: Fact, low: i32, high: i32 },
    /// Household size within.
    Size { low: u16, high: u16 },
    /// A byte within.
    Byte { fact: Fact, low: u8, high: u8 },
    /// Yen against a limit that grows with dependants.
    Limit { fact: Fact, limit: i64, each: i64, below: bool },
    /// A byte that is one of these.
    Codes { fact: Fact, fits: Box<[bool; 256]> },
    /// A town that is one of these; a bit each.
    Towns(Box<[u64; 1024]>),
    /// A bit of the flags.
    Flag(usize),
    /// Any of these interests.
    Interests(u64),
    /// Any of these in a set that may be unknown.
    Set { fact: Fact, bits: u32 },
}

pub(crate) fn compile(rule: &Resolved) -> Op {
    op(&rule.root, rule.day)
}

fn op(node: &Node, day: Date) -> Op {
    // Cheap parts first: when they decide a whole block, the dear ones are not asked.
    let parts = |parts: &[Node]| {
        let mut parts: Vec<Op> = parts.iter().map(|part| op(part, day)).collect();
        parts.sort_by_key(cost);
        parts
    };
    match node {
        Node::All(inside) => Op::All(parts(inside)),
        Node::Any(inside) => Op::Any(parts(inside)),
        Node::Not(inside) => Op::Not(Box::new(op(inside, day))),
        Node::Test(fact, ask) => Op::Leaf(leaf(*fact, ask, day)),
        Node::Household { count: Count::AtLeast(count), among, has } => {
            Op::AtLeast { count: *count, among: *among, has: Box::new(op(has, day)) }
        }
        // Nobody to whom it does not apply.
        Node::Household { count: Count::Every, among, has } => {
            let has_not = Op::Not(Box::new(op(has, day)));
            Op::Not(Box::new(Op::AtLeast { count: 1, among: *among, has: Box::new(has_not) }))
        }
    }
}

fn cost(op: &Op) -> u32 {
    match op {
        Op::Leaf(Leaf::Wide { .. } | Leaf::Byte { .. } | Leaf::Size { .. }) => 1,
        Op::Leaf(_) => 2,
        Op::Not(inside) => cost(inside),
        Op::All(parts) | Op::Any(parts) => parts.iter().map(cost).sum(),
        Op::AtLeast { has, .. } => 100 + cost(has),
    }
}

fn leaf(fact: Fact, ask: &Ask, day: Date) -> Leaf {
    match ask {
        Ask::Between { min, max } => between(fact, *min, *max, day),
        Ask::Within { limit, per_dependant: Some(each), below } => {
            Leaf::Limit { fact, limit: *limit, each: *each, below: *below }
        }
        Ask::Within { limit, per_dependant: None, below } => {
            wide(fact, i64::from(ABSENT) + 1, limit.saturating_sub(i64::from(*below)))
        }
        Ask::OneOf(codes) if fact == Fact::Town => {
            let mut bits = Box::new([0_u64; 1024]);
            codes.iter().for_each(|code| bits[usize::from(*code) / 64] |= 1 << (code % 64));
            Leaf::Towns(bits)
        }
        Ask::OneOf(codes) => {
            let mut fits = Box::new([false; 256]);
            codes.iter().filter_map(|code| u8::try_from(*code).ok()).for_each(|code| fits[usize::from(code)] = true);
            Leaf::Codes { fact, fits }
        }
        Ask::Yes => Leaf::Flag(FLAGS.iter().position(|flag| *flag == fact).unwrap_or(0)),
        Ask::HasAny(codes) => {
            let bits = codes.iter().filter(|code| **code < 64).fold(0_u64, |bits, code| bits | 1 << code);
            match fact {
                Fact::Interest => Leaf::Interests(bits),
                _ => Leaf::Set { fact, bits: bits as u32 & !crate::columns::SET_UNKNOWN },
            }
        }
    }
}

fn between(fact: Fact, min: Option<i64>, max: Option<i64>, day: Date) -> Leaf {
    let today = day.days_since_epoch();
    let (least, most) = (min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX));
    match fact {
        Fact::Age => born(fact, min, max, |birth| age(birth, day)),
        Fact::LegalAge => born(fact, min, max, |birth| legal_age(birth, day)),
        Fact::AgeAtYearEnd => born(fact, min, max, |birth| age_at_year_end(birth, day)),
        Fact::AgeInMonths => born(fact, min, max, |birth| age_in_months(birth, day)),
        Fact::DaysSinceMoveIn | Fact::DaysSinceChildbirth => {
            wide(fact, today.saturating_sub(most), today.saturating_sub(least))
        }
        Fact::DaysUntilDue => wide(fact, today.saturating_add(least), today.saturating_add(most)),
        Fact::HouseholdSize => {
            let (low, high) = (least.clamp(0, 65_534) as u16, most.clamp(-1, 65_533));
            // A range with nothing in it is written backwards.
            u16::try_from(high).map_or(Leaf::Size { low: 1, high: 0 }, |high| Leaf::Size { low, high })
        }
        Fact::Income | Fact::HouseholdIncome | Fact::HighestIncome => wide(fact, least, most),
        _ => {
            let (low, high) = (least.clamp(0, 254) as u8, most.clamp(-1, 253));
            u8::try_from(high).map_or(Leaf::Byte { fact, low: 1, high: 0 }, |high| Leaf::Byte { fact, low, high })
        }
    }
}

fn wide(fact: Fact, low: i64, high: i64) -> Leaf {
    let floor = i64::from(ABSENT) + 1;
    let low = low.clamp(floor, i64::from(i32::MAX));
    // Below the floor nothing fits, and the floor itself is never a value.
    let high = high.clamp(floor, i64::from(i32::MAX));
    Leaf::Wide { fact, low: low as i32, high: high as i32 }
}

/// Birthdays with an age of at least `min` and at most `max`; ages fall as birthdays rise.
fn born(fact: Fact, min: Option<i64>, max: Option<i64>, age: impl Fn(Date) -> i64) -> Leaf {
    let first_not = |still: &dyn Fn(i64) -> bool| {
        // The whole calendar, 9999 BC to AD 9999.
        let (mut low, mut high) = (-4_371_953_i64, 2_932_898_i64);
        while low < high {
            let middle = low + (high - low).div_euclid(2);
            if still(age(Date::from_days_since_epoch(middle))) { low = middle + 1 } else { high = middle }
        }
        low
    };
    let low = max.map_or(i64::MIN, |max| first_not(&|age| age > max));
    let high = min.map_or(i64::MAX, |min| first_not(&|age| age >= min) - 1);
    wide(fact, low, high)
}
