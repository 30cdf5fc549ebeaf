//! A card as a department defined it, and what of it cannot be.

use base::{Date, Yen};
use serde::{Deserialize, Serialize};
use tools::service_cards::Fees;

use super::numbers::NumberFormat;

/// Longest name or office in characters.
pub const MOST_NAME: usize = 40;
/// Longest note of the definition.
pub const MOST_NOTE: usize = 400;
/// Dearest card: ours.
pub const MOST_FEE: i64 = 10_000;
/// Longest validity in months.
pub const MOST_MONTHS: u16 = 240;

/// A name in the three languages of every page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    /// 日本語.
    pub japanese: String,
    /// やさしい日本語.
    pub easy: String,
    /// English.
    pub english: String,
}

impl Names {
    /// The name in this language.
    pub fn say(&self, language: ui::Language) -> &str {
        match language {
            ui::Language::Japanese => &self.japanese,
            ui::Language::EasyJapanese => &self.easy,
            ui::Language::English => &self.english,
        }
    }
}

/// How long a card is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expiry {
    /// Until it is switched off.
    Never,
    /// So many months from the day it is given.
    Months(u16),
    /// To the end of the fiscal year, 31 March.
    FiscalYearEnd,
}

impl Expiry {
    /// The last day of a card that is given `today`.
    pub fn last_day(self, today: Date) -> Option<Date> {
        let (year, month, day) = today.parts();
        match self {
            Self::Never => None,
            Self::FiscalYearEnd => Date::new(if month <= 3 { year } else { year + 1 }, 3, 31),
            Self::Months(months) => {
                let ahead = i32::from(month) - 1 + i32::from(months);
                let year = i16::try_from(i32::from(year) + ahead / 12).ok()?;
                let month = i8::try_from(ahead % 12 + 1).ok()?;
                // The same day of that month, or its last one; valid until the day before.
                let same = (1..=day).rev().find_map(|day| Date::new(year, month, day))?;
                Some(same.plus_days(-1))
            }
        }
    }
}

/// A card (市のカードの定義).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// What people call it.
    pub names: Names,
    /// The office that answers for it.
    pub office: String,
    /// How its numbers look.
    pub number: NumberFormat,
    /// Yen for the department's own card.
    pub own_card: i64,
    /// Yen for it again.
    pub own_card_again: i64,
    /// Yen for being put on the Individual Number Card.
    pub one_card: i64,
    /// How long it is valid.
    pub expiry: Expiry,
    /// Ids of the desks at which it is shown and given; empty for every one.
    pub desks: Vec<String>,
    /// Whether a tap also shows until when it is valid. Number and valid or not are always shown; nothing else ever is.
    pub shows_last_day: bool,
    /// Whether people may ask for it in the portal.
    pub is_online: bool,
    /// Whether people may print its number with a code in the portal.
    pub has_sticker: bool,
    /// What is not settled about it, e.g. which ordinance must be changed. Shown in the console.
    pub note: String,
}

/// A field of a definition that cannot be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A name is missing, too long, or holds an Individual Number.
    #[error("a name has 1 to 40 characters in each language")]
    Name,
    /// The office.
    #[error("an office has 1 to 40 characters")]
    Office,
    /// The numbers.
    #[error("a number has at most 8 capital letters, digits and hyphens before 1 to 16 digits")]
    Number,
    /// A fee.
    #[error("a fee is 0 to 10,000 yen")]
    Fee,
    /// The months.
    #[error("a card is valid for 1 to 240 months")]
    Months,
    /// The note.
    #[error("a note has at most 400 characters")]
    Note,
    /// The key.
    #[error("a card's key is 2 to 40 of a-z, 0-9 and _, and no other service's")]
    Key,
}

impl Fault {
    /// Key of the sentence, and the field it is about.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("city-cards-fault-name", "name"),
            Self::Office => ("city-cards-fault-office", "office"),
            Self::Number => ("city-cards-fault-number", "digits"),
            Self::Fee => ("city-cards-fault-fee", "own_card"),
            Self::Months => ("city-cards-fault-months", "months"),
            Self::Note => ("city-cards-fault-note", "note"),
            Self::Key => ("city-cards-fault-key", "key"),
        }
    }
}

/// Whether `key` may name a card: not one of the other services, whose numbers stand beside.
pub fn is_key(key: &str) -> bool {
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    let is_other_s = key == super::HOSPITAL || (crate::find(key).is_some() && key != super::LIBRARY);
    // `new` is the address of the form.
    let is_free = !is_other_s && key != "new";
    (2..=40).contains(&key.len()) && key.bytes().all(sign) && is_free
}

impl Definition {
    /// Everything that cannot be so.
    pub fn faults(&self) -> Vec<Fault> {
        let is_text = |text: &str, most: usize| {
            (1..=most).contains(&text.chars().count()) && base::my_number_guard::refuse_individual_number(text).is_ok()
        };
        let names = [&self.names.japanese, &self.names.easy, &self.names.english];
        let fees = [self.own_card, self.own_card_again, self.one_card];
        let is_expiry = !matches!(self.expiry, Expiry::Months(months) if !(1..=MOST_MONTHS).contains(&months));
        let checks = [
            (names.iter().all(|name| is_text(name, MOST_NAME)), Fault::Name),
            (is_text(&self.office, MOST_NAME), Fault::Office),
            (self.number.is_sound(), Fault::Number),
            (fees.iter().all(|fee| (0..=MOST_FEE).contains(fee)), Fault::Fee),
            (is_expiry, Fault::Months),
            (self.note.is_empty() || is_text(&self.note, MOST_NOTE), Fault::Note),
        ];
        checks.into_iter().filter(|(is_sound, _)| !is_sound).map(|(_, fault)| fault).collect()
    }

    /// What it costs.
    pub const fn fees(&self) -> Fees {
        Fees { own_card: Yen(self.own_card), own_card_again: Yen(self.own_card_again), one_card: Yen(self.one_card) }
    }

    /// Whether this desk shows and gives it.
    pub fn serves_at(&self, desk: &str) -> bool {
        self.desks.is_empty() || self.desks.iter().any(|one| one == desk)
    }
}

/// Where a version of a definition stands.
///
/// ```text
///  draft ──two persons──▶ live ──the next version──▶ past
///                          └───────closed by one───▶ closed ──two persons, a new version──▶ live
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Being written, or waits for the second person.
    Draft,
    /// In force.
    Live,
    /// A newer one took its place.
    Past,
    /// Given up: nothing is issued, and a tap says so.
    Closed,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Draft, Self::Live, Self::Past, Self::Closed];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Live => "live",
            Self::Past => "past",
            Self::Closed => "closed",
        }
    }

    /// The standing of this stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> Date {
        Date::parse(text).unwrap()
    }

    #[test]
    fn a_card_ends_where_its_rule_says() {
        assert_eq!(Expiry::Never.last_day(day("2026-11-27")), None);
        assert_eq!(Expiry::FiscalYearEnd.last_day(day("2026-11-27")), Some(day("2027-03-31")));
        assert_eq!(Expiry::FiscalYearEnd.last_day(day("2026-03-31")), Some(day("2026-03-31")));
        assert_eq!(Expiry::Months(12).last_day(day("2026-11-27")), Some(day("2027-11-26")));
        assert_eq!(Expiry::Months(3).last_day(day("2026-11-30")), Some(day("2027-02-27")));
    }

    #[test]
    fn the_examples_have_no_faults_and_every_fault_is_found() {
        for (key, example) in super::super::examples::all() {
            assert!(is_key(key), "{key}");
            assert_eq!(example.faults(), [], "{key}");
        }
        let sound = super::super::examples::all().remove(0).1;
        let fault = |change: fn(&mut Definition)| {
            let mut changed = sound.clone();
            change(&mut changed);
            changed.faults()
        };
        assert_eq!(fault(|one| one.names.english.clear()), [Fault::Name]);
        assert_eq!(fault(|one| one.office = "123456789018".to_owned()), [Fault::Office]);
        assert_eq!(fault(|one| one.number.digits = 0), [Fault::Number]);
        assert_eq!(fault(|one| one.number.prefix = "b 1".to_owned()), [Fault::Number]);
        assert_eq!(fault(|one| one.one_card = -1), [Fault::Fee]);
        assert_eq!(fault(|one| one.expiry = Expiry::Months(0)), [Fault::Months]);
        assert_eq!(fault(|one| one.note = "長".repeat(401)), [Fault::Note]);
    }

    #[test]
    fn a_card_takes_no_other_service_s_key() {
        assert!(is_key("bicycle_parking") && is_key("library_card"));
        for key in ["staff_id", "hospital_card", "A", "x", "見本", "a-b"] {
            assert!(!is_key(key), "{key}");
        }
    }

    proptest! {
        #[test]
        fn no_month_has_no_last_day(days in -20_000_i64..40_000, months in 1_u16..=MOST_MONTHS) {
            let today = Date::from_days_since_epoch(days);
            let last = Expiry::Months(months).last_day(today).unwrap();
            let length = last.days_since_epoch() - days;
            prop_assert!(length >= i64::from(months) * 28 - 2 && length <= i64::from(months) * 31, "{today} {months} {last}");
        }
    }
}
