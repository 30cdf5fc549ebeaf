//! The city in columns: a snapshot (スナップショット) of residents and households as rules read it.
//!
//! ```text
//!   households, one after another ──► blocks of about 2,048 people, no household cut
//!      block ──► born [i32 …]  ward [u8 …]  income [i32 …]  … one array a fact, for the whole city
//! ```
//!
//! **A fact that a person did not open never enters it**: consent is applied while it is built, so a leaked snapshot
//! holds no more than was agreed to. People are known by their place in the order they came; the caller keeps whose
//! place that is. It holds no name, no id.

use std::borrow::Borrow;
use std::sync::Arc;

use base::Date;

use crate::fact::{DataClass, Fact};
use crate::record::{Day, Household, Known, Person};
use crate::value::{MOST_DEPENDANTS, Value, clamp_yen};
use crate::vocabulary::Role;

/// "Not known" and "known that there is none" in a column of days or yen; smaller than every value.
pub(crate) const UNKNOWN: i32 = i32::MIN;
pub(crate) const ABSENT: i32 = i32::MIN + 1;
/// The same in columns of a byte.
pub(crate) const UNKNOWN_BYTE: u8 = 255;
pub(crate) const ABSENT_BYTE: u8 = 254;
/// The same in columns of two bytes.
pub(crate) const UNKNOWN_SHORT: u16 = u16::MAX;
pub(crate) const ABSENT_SHORT: u16 = u16::MAX - 1;
/// Largest grade a byte column tells apart; certificates end at 7.
const MOST_GRADE: u8 = 250;
/// People in a block, before the last household is added.
const BLOCK: usize = 2_048;

/// Which bit of [`Snapshot::flags`] a flag is.
pub(crate) const FLAGS: [Fact; 5] =
    [Fact::HeadOfHousehold, Fact::Pregnant, Fact::SingleParent, Fact::Widow, Fact::PublicAssistance];

/// Some neighbouring people, whole households.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// First person.
    pub(crate) start: usize,
    /// How many.
    pub(crate) people: usize,
    /// First household in [`Snapshot::household_starts`], and how many.
    pub(crate) households: std::ops::Range<usize>,
    /// First word of an audience.
    pub(crate) word: usize,
}

/// The city on one day, in columns.
pub struct Snapshot {
    pub(crate) day: Date,
    pub(crate) blocks: Arc<[Block]>,
    pub(crate) words: usize,
    /// First person of each household, and the end of the last.
    pub(crate) household_starts: Vec<u32>,
    pub(crate) born: Vec<i32>,
    pub(crate) moved_in: Vec<i32>,
    pub(crate) due: Vec<i32>,
    pub(crate) childbirth: Vec<i32>,
    pub(crate) income: Vec<i32>,
    pub(crate) household_income: Vec<i32>,
    pub(crate) highest_income: Vec<i32>,
    pub(crate) town: Vec<u16>,
    pub(crate) household_size: Vec<u16>,
    pub(crate) ward: Vec<u8>,
    pub(crate) sex: Vec<u8>,
    pub(crate) role: Vec<u8>,
    pub(crate) insurance: Vec<u8>,
    pub(crate) taxation: Vec<u8>,
    pub(crate) physical: Vec<u8>,
    pub(crate) intellectual: Vec<u8>,
    pub(crate) mental: Vec<u8>,
    pub(crate) care: Vec<u8>,
    pub(crate) dependants: Vec<u8>,
    /// Low byte: yes; high byte: known.
    pub(crate) flags: Vec<u16>,
    pub(crate) interests: Vec<u64>,
    /// The top bit says that the set is not known.
    pub(crate) receives: Vec<u32>,
    pub(crate) had_this_year: Vec<u32>,
    pub(crate) had_ever: Vec<u32>,
}

/// The bit of a set that is not known.
pub(crate) const SET_UNKNOWN: u32 = 1 << 31;

/// A snapshot would hold more people than a place can count (2³²).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a snapshot holds at most 4,294,967,295 people")]
pub struct TooMany;

macro_rules! columns {
    ($act:ident) => {
        $act!(
            born,
            moved_in,
            due,
            childbirth,
            income,
            household_income,
            highest_income,
            town,
            household_size,
            ward,
            sex,
            role,
            insurance,
            taxation,
            physical,
            intellectual,
            mental,
            care,
            dependants,
            flags,
            interests,
            receives,
            had_this_year,
            had_ever
        )
    };
}

impl Snapshot {
    /// Reads households one after another, owned or borrowed, so that a city need never stand in memory as records.
    /// People keep the order in which they come, from 0.
    ///
    /// # Errors
    /// [`TooMany`].
    pub fn build<H: Borrow<Household>>(day: Date, households: impl IntoIterator<Item = H>) -> Result<Self, TooMany> {
        let mut snapshot = Self::empty(day);
        let mut blocks = Vec::new();
        let (mut start, mut first_household) = (0, 0);
        for household in households {
            snapshot.push(household.borrow())?;
            if snapshot.born.len() - start >= BLOCK {
                snapshot.close_block(&mut blocks, start, first_household);
                (start, first_household) = (snapshot.born.len(), snapshot.household_starts.len() - 1);
            }
        }
        snapshot.close_block(&mut blocks, start, first_household);
        snapshot.blocks = blocks.into();
        snapshot.shrink();
        Ok(snapshot)
    }

    fn empty(day: Date) -> Self {
        macro_rules! make {
            ($($column:ident),+) => {
                Self { day, blocks: Arc::new([]), words: 0, household_starts: vec![0], $($column: Vec::new(),)+ }
            };
        }
        columns!(make)
    }

    fn shrink(&mut self) {
        macro_rules! each {
            ($($column:ident),+) => { $(self.$column.shrink_to_fit();)+ };
        }
        columns!(each);
        self.household_starts.shrink_to_fit();
    }

    fn close_block(&mut self, blocks: &mut Vec<Block>, start: usize, household: usize) {
        let people = self.born.len() - start;
        if people > 0 {
            let households = household..self.household_starts.len() - 1;
            blocks.push(Block { start, people, households, word: self.words });
            self.words += people.div_ceil(64);
        }
    }

    fn push(&mut self, household: &Household) -> Result<(), TooMany> {
        if household.members.is_empty() {
            return Ok(());
        }
        let end = u32::try_from(self.born.len() + household.members.len()).map_err(|_| TooMany)?;
        let shared = Shared::of(household, self.day);
        for person in &household.members {
            self.push_person(person, &shared);
        }
        self.household_starts.push(end);
        Ok(())
    }

    fn push_person(&mut self, person: &Person, shared: &Shared) {
        let basic = person.consents.opens(DataClass::BasicRegister);
        let tax = person.consents.opens(DataClass::Tax);
        let welfare = person.consents.opens(DataClass::Welfare);
        let health = person.consents.opens(DataClass::Health);
        self.born.push(days(person.born.filter(|_| basic)));
        self.moved_in.push(days(person.moved_in.filter(|_| basic)));
        self.due.push(known_days(person.due, health));
        self.childbirth.push(known_days(person.childbirth, health));
        self.income.push(person.income.filter(|_| tax).map_or(UNKNOWN, yen));
        self.household_income.push(if tax { shared.income } else { UNKNOWN });
        self.highest_income.push(if tax { shared.highest } else { UNKNOWN });
        self.town.push(short(person.town.filter(|_| basic)));
        self.household_size.push(if basic { shared.size } else { UNKNOWN_SHORT });
        self.ward.push(byte(person.ward.filter(|_| basic)));
        self.sex.push(byte(person.sex.filter(|_| basic).map(|sex| sex.code())));
        self.role.push(byte(person.role.filter(|_| basic).map(Role::code)));
        self.insurance.push(byte(person.insurance.filter(|_| health).map(|insurance| insurance.code())));
        self.taxation.push(byte(person.taxation.filter(|_| tax).map(|taxation| taxation.code())));
        self.physical.push(grade(person.physical_disability, welfare));
        self.intellectual.push(grade(person.intellectual_disability, welfare));
        self.mental.push(grade(person.mental_disability, welfare));
        self.care.push(grade(person.care_level, welfare));
        self.dependants.push(person.dependants.filter(|_| tax).map_or(UNKNOWN_BYTE, |n| n.min(MOST_DEPENDANTS)));
        let head = person.role.filter(|_| basic).map(|role| role == Role::Head);
        let health_flag = person.pregnant.filter(|_| health);
        let [single, widow, assisted] =
            [person.single_parent, person.widow, person.public_assistance].map(|flag| flag.filter(|_| welfare));
        self.flags.push(flags([head, health_flag, single, widow, assisted]));
        self.interests.push(person.interests.iter().filter(|code| **code < 64).fold(0, |bits, code| bits | 1 << code));
        self.receives.push(set(person.receives.as_ref().filter(|_| welfare), |one| one.code()));
        self.had_this_year.push(set(person.had_this_year.as_ref().filter(|_| health), |one| one.code()));
        self.had_ever.push(set(person.had_ever.as_ref().filter(|_| health), |one| one.code()));
    }

    /// The day it shows.
    pub fn day(&self) -> Date {
        self.day
    }

    /// People in it.
    pub fn people(&self) -> usize {
        self.born.len()
    }

    /// Households in it.
    pub fn households(&self) -> usize {
        self.household_starts.len() - 1
    }

    /// Bytes of memory its columns take.
    pub fn bytes(&self) -> usize {
        let mut bytes = self.household_starts.capacity() * 4 + self.blocks.len() * size_of::<Block>();
        macro_rules! each {
            ($($column:ident),+) => { $(bytes += self.$column.capacity() * size_of_val(&self.$column[..1.min(self.$column.len())]);)+ };
        }
        columns!(each);
        bytes
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Snapshot of {} people on {}", self.people(), self.day)
    }
}

/// What all members of a household share.
struct Shared {
    income: i32,
    highest: i32,
    size: u16,
}

impl Shared {
    fn of(household: &Household, day: Date) -> Self {
        // Asked in the name of someone who opened tax data: whether the asking person did is looked at by the caller.
        let folded = |fold: fn(i64, i64) -> i64| match crate::value::incomes(household, day, fold) {
            Some(Value::Number(number)) => yen(number),
            _ => UNKNOWN,
        };
        Self {
            income: folded(i64::saturating_add),
            highest: folded(i64::max),
            size: u16::try_from(household.members.len()).map_or(ABSENT_SHORT - 1, |size| size.min(ABSENT_SHORT - 1)),
        }
    }
}

fn days(day: Option<Day>) -> i32 {
    // Every date of the calendar fits.
    day.map_or(UNKNOWN, |day| i32::try_from(day.0.days_since_epoch()).unwrap_or(UNKNOWN))
}

fn known_days(day: Known<Day>, open: bool) -> i32 {
    match day {
        _ if !open => UNKNOWN,
        Known::Unknown => UNKNOWN,
        Known::Absent => ABSENT,
        Known::Is(day) => days(Some(day)),
    }
}

fn yen(amount: i64) -> i32 {
    // Clamped to what fits.
    i32::try_from(clamp_yen(amount)).unwrap_or(UNKNOWN)
}

fn byte(code: Option<u16>) -> u8 {
    match code {
        None => UNKNOWN_BYTE,
        // A code no rule can name fits nothing.
        Some(code) => u8::try_from(code).map_or(ABSENT_BYTE, |code| code.min(ABSENT_BYTE)),
    }
}

fn short(code: Option<u16>) -> u16 {
    code.map_or(UNKNOWN_SHORT, |code| code.min(ABSENT_SHORT))
}

fn grade(grade: Known<u8>, open: bool) -> u8 {
    match grade {
        _ if !open => UNKNOWN_BYTE,
        Known::Unknown => UNKNOWN_BYTE,
        Known::Absent => ABSENT_BYTE,
        Known::Is(grade) => grade.min(MOST_GRADE),
    }
}

fn flags(flags: [Option<bool>; 5]) -> u16 {
    flags.iter().enumerate().fold(0, |bits, (index, flag)| match flag {
        None => bits,
        Some(yes) => bits | u16::from(*yes) << index | 1 << (index + 8),
    })
}

fn set<T: Copy>(codes: Option<&std::collections::BTreeSet<T>>, code: fn(T) -> u16) -> u32 {
    codes.map_or(SET_UNKNOWN, |codes| codes.iter().fold(0, |bits, one| bits | 1 << (code(*one) & 31)))
}
