//! 見本市 (Mihon City): a whole city of people who do not exist, from a seed.
//!
//! For the demo, the tests and the benches. The same seed writes the same bytes on every machine; the result is an
//! ordinary import set (`wire::resident_csv`), so that the demo goes through the door every real city uses.
//!
//! ```text
//!   (residents, seed, as_of) ──► residents.csv households.csv protections.csv source.toml  ──► the import
//!                            ├─► family_registers.jsonl: the 戸籍 of those whose 本籍 is here
//!                            ├─► seal_registrations.jsonl, tax_records.jsonl: of the samples and some others
//!                            └─► samples.toml: one resident of each kind worth showing
//! ```
//! The place, its code 99999 and its postal codes 000-nnnn are fictional (see [`places`]); names are composed.

mod dice;
pub mod family_registers;
mod foreigners;
mod gallery;
mod given_names;
mod people;
pub mod places;
mod records;
mod seals;
mod surnames;
mod taxes;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use base::{Date, Timestamp};
use wire::resident_csv::{
    Encoding, EntryState, HouseholdRecord, ProtectionRecord, ResidentRecord, Source, Writer, files,
};

use dice::Dice;
use family_registers::Registers;
use gallery::Shown;
use people::DraftHousehold;
use surnames::Surnames;

/// The day on which a city stands unless told otherwise.
pub const AS_OF: (i16, i8, i8) = (2026, 11, 1);
/// The source position of a generated full load.
pub const POSITION: i64 = 1_000;

/// How often each special state occurs, in ten thousand. Our own figures: common enough to meet in a demo of 10,000,
/// rare enough to look like a city.
pub struct Shares {
    /// Households of foreign residents (national share of residents about 2.7 %, recalled).
    pub foreign: u32,
    /// Of foreign residents, those with a 通称.
    pub common_name_of_foreign: u32,
    /// Households whose name has a character that needs Moji_Joho or a second plane.
    pub rare_characters: u32,
    /// Of wives, those with a former name entered.
    pub former_name_of_wives: u32,
    /// Households that moved out and are still in the file as removed.
    pub households_moved_out: u32,
    /// Households that have notified a move.
    pub households_planning_to_move: u32,
    /// Of those over 65 who do not head others, the dead who are still in the file.
    pub dead_of_old: u32,
    /// Residents with a notification in process.
    pub pending: u32,
    /// Households under protection.
    pub households_protected: u32,
    /// Households whose reading is not yet entered by law.
    pub reading_not_registered: u32,
    /// Of those from 15 years on, those with a registered seal; fewer than in a city, so that the file stays small.
    pub seals: u32,
    /// Of those from 15 years on, those with a tax record; fewer than in a city, too.
    pub tax_records: u32,
}

/// The shares of every generated city.
pub const SHARES: Shares = Shares {
    foreign: 270,
    common_name_of_foreign: 1_500,
    rare_characters: 60,
    former_name_of_wives: 120,
    households_moved_out: 100,
    households_planning_to_move: 30,
    dead_of_old: 150,
    pending: 15,
    households_protected: 20,
    reading_not_registered: 400,
    seals: 300,
    tax_records: 800,
};

/// A resident worth showing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Key.
    pub resident_id: String,
    /// A stable word, e.g. `family-of-six`.
    pub kind: &'static str,
    /// In Japanese.
    pub japanese: &'static str,
    /// In English.
    pub english: &'static str,
    /// Whether a machine serves them.
    pub is_served: bool,
}

/// What was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Rows of `residents.csv`.
    pub residents: u32,
    /// Rows of `households.csv`.
    pub households: u32,
    /// Rows of `protections.csv`.
    pub protections: u32,
    /// Lines of `family_registers.jsonl`.
    pub family_registers: u32,
    /// Residents in each state or with each trait.
    pub counts: BTreeMap<&'static str, u32>,
    /// Whom to show; also in `samples.toml`.
    pub samples: Vec<Sample>,
}

/// Why a city could not be written.
#[derive(Debug, thiserror::Error)]
pub enum CityError {
    /// The system.
    #[error("{path} cannot be written: {reason}")]
    Unwritable {
        /// Where.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
}

/// Writes a city of exactly `residents` rows into `directory`, which is made when absent.
///
/// # Errors
/// [`CityError`].
pub fn generate(residents: u32, seed: u64, directory: &Path) -> Result<Summary, CityError> {
    let (year, month, day) = AS_OF;
    let as_of = Date::new(year, month, day).unwrap_or(Date::from_days_since_epoch(0));
    generate_as_of(residents, seed, as_of, directory)
}

/// As [`generate`], standing on the day `as_of`.
///
/// # Errors
/// [`CityError`].
pub fn generate_as_of(residents: u32, seed: u64, as_of: Date, directory: &Path) -> Result<Summary, CityError> {
    write_city(residents, seed, as_of, directory)
        .map_err(|error| CityError::Unwritable { path: directory.to_path_buf(), reason: error.to_string() })
}

fn write_city(residents: u32, seed: u64, as_of: Date, directory: &Path) -> std::io::Result<Summary> {
    std::fs::create_dir_all(directory)?;
    let mut files = Files::create(directory, seed, as_of)?;
    let mut dice = Dice::from_seed(seed);
    let surnames = Surnames::new();
    let mut gallery = gallery::households(&mut dice, as_of).into_iter();
    while files.summary.residents < residents {
        let (mut household, shows) =
            gallery.next().unwrap_or_else(|| (people::household(&mut dice, &surnames, as_of), Vec::new()));
        let room = residents - files.summary.residents;
        family_registers::settle(&mut household, &shows);
        household.members.truncate(usize::try_from(room).unwrap_or(usize::MAX));
        files.add(&household, &shows)?;
    }
    files.finish(directory, as_of)
}

struct Files {
    residents: Writer<BufWriter<File>, ResidentRecord>,
    households: Writer<BufWriter<File>, HouseholdRecord>,
    protections: Writer<BufWriter<File>, ProtectionRecord>,
    registers: Registers,
    records: records::Records,
    summary: Summary,
}

impl Files {
    fn create(directory: &Path, seed: u64, as_of: Date) -> std::io::Result<Self> {
        let file = |name: &str| File::create(directory.join(name)).map(|file| BufWriter::with_capacity(1 << 18, file));
        Ok(Self {
            residents: Writer::new(file(files::RESIDENTS)?, Encoding::Utf8)?,
            households: Writer::new(file(files::HOUSEHOLDS)?, Encoding::Utf8)?,
            protections: Writer::new(file(files::PROTECTIONS)?, Encoding::Utf8)?,
            registers: Registers::default(),
            records: records::Records::new(seed, as_of),
            summary: Summary::default(),
        })
    }

    fn add(&mut self, household: &DraftHousehold, shows: &[Shown]) -> std::io::Result<()> {
        let first = self.summary.residents + 1;
        let resident_id = |index: usize| format!("{:010}", first as usize + index);
        self.registers.add(household, shows, resident_id)?;
        self.summary.households += 1;
        let household_id = format!("H{:09}", self.summary.households);
        for (index, draft) in household.members.iter().enumerate() {
            let Some(record) = household.record(index, resident_id(index), household_id.clone()) else { continue };
            self.residents.write(&record)?;
            let kinds = shows.iter().filter(|show| show.member == index).map(|show| show.kind);
            self.records.add(&record, household, &kinds.collect::<Vec<_>>());
            self.count(&record);
            if let Some((protected_from, protected_until)) = draft.protected {
                let protection = ProtectionRecord { resident_id: resident_id(index), protected_from, protected_until };
                self.protections.write(&protection)?;
                self.summary.protections += 1;
                *self.summary.counts.entry("protected").or_default() += 1;
            }
            self.summary.residents += 1;
        }
        let entered = |state: EntryState| !matches!(state, EntryState::MovedOut(_) | EntryState::Dead(_));
        let member_count = household.members.iter().filter(|member| entered(member.state)).count();
        self.households.write(&HouseholdRecord {
            household_id,
            head_resident_id: Some(resident_id(0)),
            head_name: household.members.first().map(|head| head.name.clone()).unwrap_or_default(),
            member_count: u32::try_from(member_count).ok(),
        })?;
        for show in shows.iter().filter(|show| show.member < household.members.len()) {
            self.summary.samples.push(Sample {
                resident_id: resident_id(show.member),
                kind: show.kind,
                japanese: show.japanese,
                english: show.english,
                is_served: show.is_served,
            });
        }
        Ok(())
    }

    fn count(&mut self, record: &ResidentRecord) {
        let mut traits = vec![record.state.word()];
        if record.nationality.is_some() {
            traits.push("foreign");
        }
        if record.common_name.is_some() {
            traits.push("common_name");
        }
        if record.former_name.is_some() {
            traits.push("former_name");
        }
        if record.name.chars().any(|c| base::text::is_variation_selector(c) || c > '\u{FFFF}' || "髙﨑".contains(c)) {
            traits.push("rare_characters");
        }
        for word in traits {
            *self.summary.counts.entry(word).or_default() += 1;
        }
    }

    fn finish(mut self, directory: &Path, as_of: Date) -> std::io::Result<Summary> {
        self.summary.family_registers = self.registers.write(directory, as_of)?;
        self.residents.finish()?;
        self.households.finish()?;
        self.protections.finish()?;
        let source = Source {
            name: "mihon-jumin-kiroku".to_owned(),
            position: POSITION,
            taken_at: Timestamp::in_japan(as_of, 5, 0, 0),
            encoding: Encoding::Utf8,
            municipality_code: places::MUNICIPALITY_CODE.to_owned(),
        };
        let toml = source.to_toml().map_err(std::io::Error::other)?;
        std::fs::write(directory.join(files::SOURCE), toml)?;
        self.records.finish(directory)?;
        let mut samples = File::create(directory.join("samples.toml"))?;
        for sample in &self.summary.samples {
            writeln!(
                samples,
                "[[sample]]\nresident_id = \"{}\"\nkind = \"{}\"\nserved = {}\njapanese = \"{}\"\nenglish = \"{}\"\n",
                sample.resident_id, sample.kind, sample.is_served, sample.japanese, sample.english
            )?;
        }
        samples.write_all(family_registers::elsewhere().as_bytes())?;
        Ok(self.summary)
    }
}

#[cfg(test)]
mod tests;
