//! What terminals took in a day (窓口の収納): the sums that services count and the city closes together.

use std::collections::BTreeMap;

use base::Yen;

/// How many, and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Requests.
    pub count: i64,
    /// Their money.
    pub yen: Yen,
}

impl std::ops::AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.count += other.count;
        self.yen += other.yen;
    }
}

/// What happened at one machine on one day with one kind of paper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Money {
    /// Kept by the box.
    pub taken: Sum,
    /// Paid out of the box again.
    pub refunded: Sum,
    /// Paid back by an officer, not out of the box.
    pub refunded_by_hand: Sum,
    /// Of what was taken that day, still owed now.
    pub owed: Sum,
    /// Begun that day; whether the box kept it, or paid it back, is not known.
    pub unclear: Sum,
}

impl Money {
    /// What the box should hold of this, its float of change aside.
    pub fn expected(&self) -> Yen {
        Yen(self.taken.yen.0 - self.refunded.yen.0)
    }

    /// With another line's.
    pub fn add(&mut self, other: &Self) {
        self.taken += other.taken;
        self.refunded += other.refunded;
        self.refunded_by_hand += other.refunded_by_hand;
        self.owed += other.owed;
        self.unclear += other.unclear;
    }
}

/// Money by terminal and kind.
pub type Lines = BTreeMap<(String, String), Money>;

/// The money of one terminal, all kinds together.
pub fn of_terminal(lines: &Lines, terminal: &str) -> Money {
    let mut money = Money::default();
    lines.iter().filter(|((at, _), _)| at == terminal).for_each(|(_, line)| money.add(line));
    money
}
