//! Reading the files of one run: row by row, checked against each other, into batches.
//!
//! ```text
//!   households.csv (ids) ─► residents.csv ─► households.csv again (now it is known who is there) ─► protections.csv
//! ```

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use base::Date;
use store::Value;
use wire::resident_csv::{Entry, Fault, FromCells, HouseholdRecord, ProtectionRecord, Reason, ResidentRecord, to_line};

use super::load::{Run, into_history};
use super::set::{SetFile, SetReader};
use super::writers::{Batch, Sink};
use super::{Context, ImportError, changes, refused};
use crate::register::keys::Key;
use crate::register::rows;

/// Rows staged in one transaction.
const BATCH_ROWS: u64 = 100;
/// Rows whose search keys are sorted together before they are staged: sorted keys touch few pages of the index.
const KEY_ROWS: u64 = 50_000;
/// Keys staged in one transaction.
const BATCH_KEYS: usize = 2_000;
/// What the keys' batches are filed under.
const KEYS: &str = "search";

/// What is known about a household while its members are read.
#[derive(Clone, Copy, Default)]
struct Seen {
    line: u64,
    expected: Option<u32>,
    entered: u32,
    lacks_somebody: bool,
}

/// Keys are remembered by 64-bit hash: a million residents take 30 MB instead of 100. Two different keys of a million
/// meet by chance once in 37 million loads; then a good row is refused as a duplicate, never a bad one accepted.
fn hash(key: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Reads the files of one run.
pub(super) struct Loader<'a> {
    run: Run,
    sink: &'a Sink,
    has_households: bool,
    households: HashMap<u64, Seen>,
    residents: HashMap<u64, u32>,
    batch: Batch,
    keys: Vec<(Key, Box<str>)>,
    key_chunk: u64,
    today: Date,
    municipality_code: String,
}

impl<'a> Loader<'a> {
    pub(super) fn new(run: Run, sink: &'a Sink) -> Self {
        Self {
            today: run.began.date_in_japan(),
            run,
            sink,
            has_households: false,
            households: HashMap::new(),
            residents: HashMap::new(),
            batch: Batch { file: "", number: 0, statements: Vec::new() },
            keys: Vec::new(),
            key_chunk: 0,
            municipality_code: String::new(),
        }
    }

    /// Reads everything. Returns whether refused rows keep the load from being switched.
    pub(super) fn read(mut self, context: &mut Context<'_>) -> Result<bool, ImportError> {
        if let Some(source) = &context.set.source {
            self.municipality_code.clone_from(&source.municipality_code);
            self.today = self.today.max(source.taken_at.date_in_japan());
        }
        let (residents, households) = (context.set.residents.clone(), context.set.households.clone());
        self.has_households = households.is_some();
        if let Some(file) = &households {
            self.look_at_households(context, file)?;
        }
        if let Some(file) = &residents {
            self.read_residents(context, file)?;
        }
        if let Some(file) = &households {
            self.read_households(context, file)?;
        }
        let before = context.report.refused;
        if let Some(file) = context.set.protections.clone() {
            self.read_protections(context, &file)?;
        }
        let lost_protection = context.report.refused > before;
        Ok(lost_protection || (context.report.refused > 0 && !context.options.keep_good))
    }

    /// First pass: which households there are, and how many members each should have.
    fn look_at_households(&mut self, context: &mut Context<'_>, file: &SetFile) -> Result<(), ImportError> {
        let mut reader: SetReader<HouseholdRecord> = context.set.reader(file)?;
        let mut read = 0u64;
        while let Some(entry) = reader.next_entry()? {
            if let Entry::Good { line, record } = entry {
                let expected = record.member_count;
                self.households.entry(hash(&record.household_id)).or_insert(Seen { line, expected, ..Seen::default() });
            }
            read += 1;
            if read.is_multiple_of(5_000) {
                context.tell(file.name, reader.consumed())?;
            }
        }
        context.done_bytes += file.bytes;
        Ok(())
    }

    fn read_residents(&mut self, context: &mut Context<'_>, file: &SetFile) -> Result<(), ImportError> {
        let mut reader: SetReader<ResidentRecord> = context.set.reader(file)?;
        note_ignored(context, file, &reader);
        while let Some(entry) = reader.next_entry()? {
            match entry {
                Entry::Good { line, record } => {
                    self.turn_to(context, file.name, line, reader.consumed())?;
                    self.turn_keys_to(line)?;
                    match self.check_resident(file, line, &record) {
                        None => self.stage_resident(context, record)?,
                        Some(fault) => {
                            self.lacks_somebody(Some(&record.household_id));
                            self.refuse(context, &[fault])?;
                        }
                    }
                }
                Entry::Bad { line, household, faults, .. } => {
                    self.turn_to(context, file.name, line, reader.consumed())?;
                    self.turn_keys_to(line)?;
                    self.lacks_somebody(household.as_deref());
                    self.refuse(context, &faults)?;
                }
            }
        }
        self.flush()?;
        self.flush_keys()?;
        context.done_bytes += file.bytes;
        context.tell(file.name, 0)
    }

    fn check_resident(&mut self, file: &SetFile, line: u64, record: &ResidentRecord) -> Option<Fault> {
        let fault = |field: &str, reason| Some(Fault { file: file.name, line, field: field.to_owned(), reason });
        if record.birth_date > self.today {
            return fault("birth_date", Reason::BornInTheFuture);
        }
        if self.has_households && !self.households.contains_key(&hash(&record.household_id)) {
            return fault("household_id", Reason::UnknownHousehold);
        }
        let first = *self.residents.entry(hash(&record.resident_id)).or_insert(u32::try_from(line).unwrap_or(u32::MAX));
        if u64::from(first) != line {
            return fault("resident_id", Reason::Duplicate { first_line: u64::from(first) });
        }
        None
    }

    fn stage_resident(&mut self, context: &mut Context<'_>, record: ResidentRecord) -> Result<(), ImportError> {
        context.report.residents += 1;
        let household = hash(&record.household_id);
        if rows::is_entered(record.state)
            && let Some(seen) = self.households.get_mut(&household)
        {
            seen.entered += 1;
        }
        if self.sink.run().is_none() {
            return Ok(());
        }
        for key in rows::findable(&record).keys() {
            self.keys.push((key, record.resident_id.as_str().into()));
        }
        if self.sink.is_done(self.batch.file, self.batch.number) {
            context.report.resumed += 1;
            return Ok(());
        }
        if !self.has_households {
            self.stage_derived_household(context, &record);
        }
        let content = rows::content_of(&to_line(&record));
        let (id, run) = (record.resident_id.clone(), &self.run);
        let values = rows::insert_values(
            record,
            run.generation,
            &self.municipality_code,
            content.clone(),
            run.began,
            run.position,
        );
        let mut statements = vec![(rows::INSERT_RESIDENT, values)];
        if run.shown > 0 {
            statements.push((rows::CARRY_UNCHANGED, vec![run.shown.into(), run.generation.into(), id.as_str().into()]));
            statements.push((rows::INTO_HISTORY, into_history(run, run.began, &id, content)));
        }
        self.batch.statements.extend(statements);
        Ok(())
    }

    /// Without `households.csv` a household is what its members say: its head names it. Complete once a head is there.
    fn stage_derived_household(&mut self, context: &mut Context<'_>, record: &ResidentRecord) {
        const HEAD: &str = "INSERT INTO households (generation, household_id, head_resident_id, head_name, \
            is_complete, position) VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (generation, household_id) DO UPDATE SET \
            head_resident_id = excluded.head_resident_id, head_name = excluded.head_name, is_complete = 1";
        const OTHER: &str = "INSERT INTO households (generation, household_id, head_resident_id, head_name, \
            is_complete, position) VALUES ($1, $2, NULL, '', 0, $3) ON CONFLICT (generation, household_id) DO NOTHING";
        let (generation, position) = (self.run.generation, self.run.position);
        let household = record.household_id.as_str();
        if record.relationship == rows::HEAD {
            context.report.households += 1;
            let (id, name) = (record.resident_id.as_str(), record.name.as_str());
            let values = vec![generation.into(), household.into(), id.into(), name.into(), position.into()];
            self.batch.statements.push((HEAD, values));
        } else {
            self.batch.statements.push((OTHER, vec![generation.into(), household.into(), position.into()]));
        }
    }

    fn lacks_somebody(&mut self, household: Option<&str>) {
        let Some(household) = household else { return };
        if let Some(seen) = self.households.get_mut(&hash(household)) {
            seen.lacks_somebody = true;
        }
    }

    /// Second pass: households are staged, now that it is known who is there.
    fn read_households(&mut self, context: &mut Context<'_>, file: &SetFile) -> Result<(), ImportError> {
        const INSERT: &str = "INSERT INTO households (generation, household_id, head_resident_id, head_name, \
            is_complete, position) VALUES ($1, $2, $3, $4, $5, $6)";
        let mut reader: SetReader<HouseholdRecord> = context.set.reader(file)?;
        note_ignored(context, file, &reader);
        while let Some(entry) = reader.next_entry()? {
            let (line, record) = match entry {
                Entry::Good { line, record } => (line, record),
                Entry::Bad { line, faults, .. } => {
                    self.turn_to(context, file.name, line, reader.consumed())?;
                    self.refuse(context, &faults)?;
                    continue;
                }
            };
            self.turn_to(context, file.name, line, reader.consumed())?;
            let fault = |field: &str, reason| Fault { file: file.name, line, field: field.to_owned(), reason };
            let seen = self.households.get(&hash(&record.household_id)).copied().unwrap_or_default();
            if seen.line != line {
                let reason = Reason::Duplicate { first_line: seen.line };
                self.refuse(context, &[fault("household_id", reason)])?;
                continue;
            }
            let is_head_known =
                record.head_resident_id.as_deref().is_none_or(|head| self.residents.contains_key(&hash(head)));
            if !is_head_known {
                self.refuse(context, &[fault("head_resident_id", Reason::UnknownResident)])?;
                continue;
            }
            context.report.households += 1;
            if self.sink.is_done(self.batch.file, self.batch.number) {
                context.report.resumed += 1;
                continue;
            }
            let is_complete = !seen.lacks_somebody && seen.expected.is_none_or(|expected| expected == seen.entered);
            let values = vec![
                self.run.generation.into(),
                record.household_id.into(),
                record.head_resident_id.into(),
                record.head_name.into(),
                is_complete.into(),
                self.run.position.into(),
            ];
            self.batch.statements.push((INSERT, values));
        }
        self.flush()?;
        context.done_bytes += file.bytes;
        context.tell(file.name, 0)
    }

    fn read_protections(&mut self, context: &mut Context<'_>, file: &SetFile) -> Result<(), ImportError> {
        let mut reader: SetReader<ProtectionRecord> = context.set.reader(file)?;
        note_ignored(context, file, &reader);
        let mut seen: HashMap<u64, u64> = HashMap::new();
        while let Some(entry) = reader.next_entry()? {
            let (line, record) = match entry {
                Entry::Good { line, record } => (line, record),
                Entry::Bad { line, faults, .. } => {
                    self.turn_to(context, file.name, line, reader.consumed())?;
                    self.refuse(context, &faults)?;
                    continue;
                }
            };
            self.turn_to(context, file.name, line, reader.consumed())?;
            let fault = |field: &str, reason| Fault { file: file.name, line, field: field.to_owned(), reason };
            if !self.residents.contains_key(&hash(&record.resident_id)) {
                self.refuse(context, &[fault("resident_id", Reason::UnknownResident)])?;
                continue;
            }
            let first = *seen.entry(hash(&format!("{} {}", record.resident_id, record.protected_from))).or_insert(line);
            if first != line {
                self.refuse(context, &[fault("protected_from", Reason::Duplicate { first_line: first })])?;
                continue;
            }
            context.report.protections += 1;
            if self.sink.is_done(self.batch.file, self.batch.number) {
                context.report.resumed += 1;
                continue;
            }
            let values = vec![
                self.run.generation.into(),
                record.resident_id.into(),
                record.protected_from.into(),
                record.protected_until.into(),
            ];
            self.batch.statements.push((changes::INSERT_PROTECTION, values));
        }
        self.flush()?;
        context.done_bytes += file.bytes;
        context.tell(file.name, 0)
    }

    /// Notes refused rows: in the report file, in the table, in the count.
    fn refuse(&mut self, context: &mut Context<'_>, faults: &[Fault]) -> Result<(), ImportError> {
        context.report.refused += 1;
        for fault in faults {
            context.refused.add(fault)?;
            if let Some(run) = self.sink.run()
                && !self.sink.is_done(self.batch.file, self.batch.number)
            {
                self.batch.statements.push((refused::INSERT, refused::values(run, fault)));
            }
        }
        Ok(())
    }

    /// Makes the batch of `line` the present one; hands over the one before.
    fn turn_to(
        &mut self,
        context: &mut Context<'_>,
        file: &'static str,
        line: u64,
        consumed: u64,
    ) -> Result<(), ImportError> {
        let number = i64::try_from(line / BATCH_ROWS).unwrap_or(i64::MAX);
        if self.batch.file == file && self.batch.number == number {
            return Ok(());
        }
        self.flush()?;
        (self.batch.file, self.batch.number) = (file, number);
        context.tell(file, consumed)
    }

    fn flush(&mut self) -> Result<(), ImportError> {
        let statements = std::mem::take(&mut self.batch.statements);
        if statements.is_empty() {
            return Ok(());
        }
        self.sink.send(Batch { file: self.batch.file, number: self.batch.number, statements })
    }

    fn turn_keys_to(&mut self, line: u64) -> Result<(), ImportError> {
        let chunk = line / KEY_ROWS;
        if chunk != self.key_chunk {
            self.flush_keys()?;
            self.key_chunk = chunk;
        }
        Ok(())
    }

    /// Stages the keys of a chunk in sorted order.
    fn flush_keys(&mut self) -> Result<(), ImportError> {
        let mut keys = std::mem::take(&mut self.keys);
        keys.sort_unstable();
        for (index, batch) in keys.chunks(BATCH_KEYS).enumerate() {
            let number = i64::try_from(self.key_chunk).unwrap_or(0) * 1_000_000 + i64::try_from(index).unwrap_or(0);
            if self.sink.is_done(KEYS, number) {
                continue;
            }
            let statements =
                batch.iter().map(|(key, id)| (changes::INSERT_KEY, key_values(self.run.generation, key, id))).collect();
            self.sink.send(Batch { file: KEYS, number, statements })?;
        }
        keys.clear();
        self.keys = keys;
        Ok(())
    }
}

/// The parameters of [`changes::INSERT_KEY`].
pub(super) fn key_values(generation: i64, key: &Key, resident: &str) -> Vec<Value> {
    vec![generation.into(), key.kind.into(), key.key.to_vec().into(), resident.into()]
}

fn note_ignored<T: FromCells>(context: &mut Context<'_>, file: &SetFile, reader: &SetReader<T>) {
    let ignored = reader.ignored_columns().iter().map(|column| format!("{}: {column}", file.name));
    context.report.ignored_columns.extend(ignored);
}
