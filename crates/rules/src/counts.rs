//! How many, by ward and age band: what an officer sees before sending (対象者数).

use base::Date;

use crate::audience::Audience;
use crate::columns::{Snapshot, UNKNOWN, UNKNOWN_BYTE};
use crate::judge::Outcome;
use crate::suppression::hide;
use crate::words::Words;

/// Ages that are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgeBand {
    /// 0–5.
    BeforeSchool,
    /// 6–14.
    School,
    /// 15–17.
    Youth,
    /// 18–39.
    YoungAdult,
    /// 40–64.
    MiddleAge,
    /// 65–74.
    Elder,
    /// 75 and more.
    LateElder,
}

impl AgeBand {
    /// All, youngest first.
    pub const ALL: [Self; 7] = [
        Self::BeforeSchool,
        Self::School,
        Self::Youth,
        Self::YoungAdult,
        Self::MiddleAge,
        Self::Elder,
        Self::LateElder,
    ];

    /// First and last age; the last band has no last.
    pub fn ages(self) -> (u8, Option<u8>) {
        match self {
            Self::BeforeSchool => (0, Some(5)),
            Self::School => (6, Some(14)),
            Self::Youth => (15, Some(17)),
            Self::YoungAdult => (18, Some(39)),
            Self::MiddleAge => (40, Some(64)),
            Self::Elder => (65, Some(74)),
            Self::LateElder => (75, None),
        }
    }

    /// What an officer reads.
    pub fn words(self) -> Words {
        match self {
            Self::BeforeSchool => Words::of("0〜5歳", "0｜歳《さい》から 5歳", "0–5"),
            Self::School => Words::of("6〜14歳", "6｜歳《さい》から 14歳", "6–14"),
            Self::Youth => Words::of("15〜17歳", "15｜歳《さい》から 17歳", "15–17"),
            Self::YoungAdult => Words::of("18〜39歳", "18｜歳《さい》から 39歳", "18–39"),
            Self::MiddleAge => Words::of("40〜64歳", "40｜歳《さい》から 64歳", "40–64"),
            Self::Elder => Words::of("65〜74歳", "65｜歳《さい》から 74歳", "65–74"),
            Self::LateElder => Words::of("75歳以上", "75｜歳《さい》か、もっと ｜上《うえ》", "75 and over"),
        }
    }

    /// The last birthday of each band on `day`, youngest first: born after the next one and not after this.
    fn of(born: i32, firsts: &[i32; 7]) -> usize {
        // Someone born after the day counts among the youngest.
        (1..7).rev().find(|band| born <= firsts[*band]).unwrap_or(0)
    }
}

/// One count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The count; zero is shown.
    Shown(u64),
    /// Too small, or hidden so that a small one cannot be told.
    Hidden,
}

/// Counts by ward and age band.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// Counts from 1 to this less 1 are hidden.
    pub minimum: u64,
    /// Wards of the snapshot, rising; none: not known. Those without anyone in the audience too.
    pub wards: Vec<Option<u16>>,
    /// Bands, youngest first; none: not known.
    pub bands: Vec<Option<AgeBand>>,
    /// By ward, then by band.
    pub cells: Vec<Vec<Cell>>,
    /// Each ward's sum.
    pub ward_totals: Vec<Cell>,
    /// Each band's sum.
    pub band_totals: Vec<Cell>,
    /// All.
    pub total: Cell,
}

/// Minimum cell size when a city says nothing (最小セルサイズ).
pub const MINIMUM: u64 = 10;

impl Snapshot {
    /// Counts those with an outcome. A `minimum` below 2 hides nothing; callers take it from the city's settings.
    pub fn table(&self, audience: &Audience, outcome: Outcome, minimum: u64) -> Table {
        let firsts = first_birthdays(self.day);
        let mut present = [false; 256];
        self.ward.iter().for_each(|ward| present[usize::from(*ward)] = true);
        let codes: Vec<usize> = (0..256).filter(|code| present[*code]).collect();
        let mut counts = vec![[0_u64; 8]; 256];
        for place in audience.people(outcome) {
            let place = place as usize;
            let (Some(ward), Some(born)) = (self.ward.get(place), self.born.get(place)) else { continue };
            let band = if *born == UNKNOWN { 7 } else { AgeBand::of(*born, &firsts) };
            counts[usize::from(*ward)][band] += 1;
        }
        let rows: Vec<Vec<u64>> = codes.iter().map(|code| counts[*code].to_vec()).collect();
        let wards = codes.iter().map(|code| (*code != usize::from(UNKNOWN_BYTE)).then_some(*code as u16));
        shown(rows, wards.collect(), minimum)
    }
}

fn shown(rows: Vec<Vec<u64>>, wards: Vec<Option<u16>>, minimum: u64) -> Table {
    let hidden = hide(&rows, 8, minimum);
    let cell = |hidden: bool, count: u64| if hidden { Cell::Hidden } else { Cell::Shown(count) };
    let line = |hidden: &[bool], counts: &[u64]| -> Vec<Cell> {
        hidden.iter().zip(counts).map(|(hidden, count)| cell(*hidden, *count)).collect()
    };
    let row_sums: Vec<u64> = rows.iter().map(|row| row.iter().sum()).collect();
    let column_sums: Vec<u64> = (0..8).map(|column| rows.iter().map(|row| row[column]).sum()).collect();
    Table {
        minimum,
        wards,
        bands: AgeBand::ALL.into_iter().map(Some).chain([None]).collect(),
        cells: hidden.cells.iter().zip(&rows).map(|(hidden, row)| line(hidden, row)).collect(),
        ward_totals: line(&hidden.rows, &row_sums),
        band_totals: line(&hidden.columns, &column_sums),
        total: cell(hidden.total, row_sums.iter().sum()),
    }
}

/// The latest birthday that has reached each band's first age.
fn first_birthdays(day: Date) -> [i32; 7] {
    AgeBand::ALL.map(|band| {
        let (year, month, on) = day.parts();
        let year = year.saturating_sub(i16::from(band.ages().0));
        // 29 February has no birthday in most years: those born on the 28th are the latest who have reached it.
        let birthday = Date::new(year, month, on).or_else(|| Date::new(year, month, on - 1)).unwrap_or(day);
        i32::try_from(birthday.days_since_epoch()).unwrap_or(UNKNOWN)
    })
}
