//! What other systems of the city hold about its residents: registered seals and tax records.
//!
//! Every sample from 15 years on has both, so that whoever tries the machine finds all kinds of paper; of the others a few.
//! Choices here fall by dice of their own: the residents are the same with or without these files.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use base::{Date, Timestamp};
use wire::record_lines::{Contents, Header, Record, write_header};
use wire::resident_csv::{EntryState, ResidentRecord};
use wire::seal_registration::{Cancellation, SealRegistration, SealState, Suspension};
use wire::tax_record::TaxRecord;

use super::dice::Dice;
use super::people::DraftHousehold;
use super::{POSITION, SHARES, seals, taxes};

/// The sample whose registration is suspended.
pub(super) const SUSPENDED: &str = "seal-suspended";
/// The sample whose registration is cancelled.
pub(super) const CANCELLED: &str = "seal-cancelled";
/// The sample who filed no return.
pub(super) const UNFILED: &str = "tax-unfiled";
/// The sample who filed a return without income.
pub(super) const ZERO_INCOME: &str = "tax-zero-income";

/// Below this age nobody registers a seal (印鑑登録証明事務処理要領, recalled).
const SEAL_AGE: i32 = 15;

/// The lines of both files, until how many there are is known.
pub(super) struct Records {
    dice: Dice,
    as_of: Date,
    seals: Vec<String>,
    taxes: Vec<String>,
}

impl Records {
    pub(super) fn new(seed: u64, as_of: Date) -> Self {
        let dice = Dice::from_seed(seed ^ 0x5EA1_7A8E_5EA1_7A8E);
        Self { dice, as_of, seals: Vec::new(), taxes: Vec::new() }
    }

    /// What there is of one resident; `kinds` are the samples they are.
    pub(super) fn add(&mut self, resident: &ResidentRecord, household: &DraftHousehold, kinds: &[&'static str]) {
        let is_gone = matches!(resident.state, EntryState::MovedOut(_) | EntryState::Dead(_));
        if is_gone || resident.birth_date.age_on(self.as_of) < SEAL_AGE {
            return;
        }
        if !kinds.is_empty() || self.dice.chance(SHARES.seals) {
            let line = self.seal(resident, kinds).to_line();
            self.seals.push(line);
        }
        let (year, ..) = self.as_of.parts();
        // A demo is made once and looked at for years: whoever is worth showing has records of the years around.
        let years = if kinds.is_empty() { year..=year } else { year - 2..=year + 2 };
        if !kinds.is_empty() || self.dice.chance(SHARES.tax_records) {
            for year in years {
                let record: TaxRecord = taxes::record(&mut self.dice, resident, household, kinds, year);
                self.taxes.push(record.to_line());
            }
        }
    }

    fn seal(&mut self, resident: &ResidentRecord, kinds: &[&'static str]) -> SealRegistration {
        let days = i64::from(self.dice.below(4_000)) + 300;
        let registered_on = self.as_of.plus_days(-days).max(resident.birth_date.plus_days(365 * 15 + 10));
        let state = if kinds.contains(&SUSPENDED) {
            SealState::Suspended { on: self.as_of.plus_days(-20), why: Suspension::CardLost }
        } else if kinds.contains(&CANCELLED) {
            SealState::Cancelled { on: self.as_of.plus_days(-40), why: Cancellation::Requested }
        } else {
            SealState::Registered
        };
        SealRegistration {
            number: format!("{:06}", self.seals.len() + 1),
            resident_id: resident.resident_id.clone(),
            name: resident.name.clone(),
            former_name: None,
            common_name: None,
            birth_date: resident.birth_date,
            address: address(resident),
            registered_on: registered_on.min(self.as_of.plus_days(-60)),
            state,
            is_pending: false,
            remarks: None,
            impression: seals::impression(&mut self.dice),
        }
    }

    /// Writes both files.
    pub(super) fn finish(&self, directory: &Path) -> std::io::Result<()> {
        write::<SealRegistration>(directory, "mihon-inkan", self.as_of, &self.seals)?;
        write::<TaxRecord>(directory, "mihon-zei", self.as_of, &self.taxes)
    }
}

/// 住所 with building, as papers print it.
pub(super) fn address(resident: &ResidentRecord) -> String {
    match &resident.building {
        Some(building) => format!("{}　{building}", resident.address),
        None => resident.address.clone(),
    }
}

fn write<T: Record>(directory: &Path, source: &str, as_of: Date, lines: &[String]) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(directory.join(T::FILE))?);
    let header = Header {
        source: source.to_owned(),
        position: POSITION,
        taken_at: Timestamp::in_japan(as_of, 5, 0, 0),
        contents: Contents::Full,
        records: lines.len() as u64,
    };
    write_header::<T>(&mut out, &header)?;
    for line in lines {
        writeln!(out, "{line}")?;
    }
    out.flush()
}
