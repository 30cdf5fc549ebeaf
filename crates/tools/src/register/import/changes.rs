//! Daily differences (異動): received by position, applied in order.
//!
//! ```text
//!   position:   … 41  42  43      45  46        register stands at 41
//!   received:         ✓   ✓       ✓   ✓
//!   applied:          ✓   ✓   │   wait, until 44 comes
//! ```
//! A position at or below the register's was contained in the full load. What waits is visible to readers
//! (`HouseholdSnapshot::changes_waiting`) and keeps issuing closed (`Freshness`).

use base::Timestamp;
use store::{StoreError, Tx, Value};
use wire::resident_csv::{
    ChangeKind, ChangeRecord, Encoding, Entry, Fault, FileMapping, FromCells, Reader, Reason, files, to_line,
};

use super::loader::key_values;
use super::refused::Kept;
use super::set::SetReader;
use super::{Context, ImportError};
use crate::register::{read, rows};

/// Differences received or applied in one transaction.
const STEP: i64 = 100;

pub(super) const INSERT_PROTECTION: &str = "INSERT INTO protections (generation, resident_id, protected_from, \
    protected_until) VALUES ($1, $2, $3, $4) ON CONFLICT (generation, resident_id, protected_from) DO UPDATE SET \
    protected_until = excluded.protected_until";

pub(super) const INSERT_KEY: &str = "INSERT INTO resident_search (generation, kind, key, resident_id) \
    VALUES ($1, $2, $3, $4) ON CONFLICT (generation, kind, key, resident_id) DO NOTHING";

/// Takes in `changes.csv`; nothing is applied yet.
pub(super) fn receive(context: &mut Context<'_>) -> Result<(), ImportError> {
    let Some(file) = context.set.changes.clone() else { return Ok(()) };
    let mut reader: SetReader<ChangeRecord> = context.set.reader(&file)?;
    let ignored = reader.ignored_columns().iter().map(|column| format!("{}: {column}", file.name));
    context.report.ignored_columns.extend(ignored);
    let mut kept = Kept::of(context.seams.random_id().to_string());
    let (began, refused_before) = (context.seams.now(), context.report.refused);
    let mut batch: Vec<(u64, ChangeRecord)> = Vec::new();
    while let Some(entry) = reader.next_entry()? {
        match entry {
            Entry::Good { line, record } => batch.push((line, record)),
            Entry::Bad { faults, .. } => refuse(context, &mut kept, faults)?,
        }
        if batch.len() as i64 >= STEP {
            receive_batch(context, &mut kept, std::mem::take(&mut batch))?;
            context.tell(file.name, reader.consumed())?;
        }
    }
    receive_batch(context, &mut kept, batch)?;
    kept.flush(context.store)?;
    list_differences(context, kept.run(), began, context.report.refused - refused_before)?;
    context.done_bytes += file.bytes;
    context.tell(file.name, 0)
}

/// Notes a refused row: in the report file, in the table, in the count.
fn refuse(context: &mut Context<'_>, kept: &mut Kept, faults: Vec<Fault>) -> Result<(), ImportError> {
    context.report.refused += 1;
    for fault in faults {
        context.refused.add(&fault)?;
        if !context.options.dry_run {
            kept.add(context.store, fault)?;
        }
    }
    Ok(())
}

/// One line in the list of imports, unless the file brought nothing that was not known.
fn list_differences(context: &Context<'_>, run: &str, began: Timestamp, refused: u64) -> Result<(), ImportError> {
    let received = context.report.changes_received;
    if context.options.dry_run || received + refused == 0 {
        return Ok(());
    }
    let number = |count: u64| Value::from(i64::try_from(count).unwrap_or(i64::MAX));
    let (source, position) =
        context.set.source.as_ref().map_or(("", 0), |source| (source.name.as_str(), source.position));
    let row: Vec<Value> = vec![
        run.into(),
        position.into(),
        source.into(),
        began.into(),
        context.seams.now().into(),
        number(received),
        number(refused),
    ];
    context.store.write(move |tx| {
        let sql = "INSERT INTO import_runs (id, fingerprint, generation, state, source, position, started_at, \
                   finished_at, residents, households, protections, refused) \
                   VALUES ($1, '', 0, 'differences', $3, $2, $4, $5, $6, 0, 0, $7)";
        tx.execute(sql, &row).map(drop).map_err(ImportError::Store)
    })
}

fn receive_batch(
    context: &mut Context<'_>,
    kept: &mut Kept,
    batch: Vec<(u64, ChangeRecord)>,
) -> Result<(), ImportError> {
    if context.options.dry_run || batch.is_empty() {
        return Ok(());
    }
    let now = context.seams.now();
    let batch = std::sync::Arc::new(batch);
    let (received, taken) = context.store.write(move |tx| -> Result<(u64, Vec<u64>), ImportError> {
        let (mut received, mut taken) = (0, Vec::new());
        let position = position(tx)?;
        for (line, change) in batch.iter() {
            match receive_one(tx, change, position, now)? {
                Received::New => received += 1,
                Received::Again => {}
                Received::OtherContent => taken.push(*line),
            }
        }
        Ok((received, taken))
    })?;
    context.report.changes_received += received;
    for line in taken {
        let field = "source_position".to_owned();
        let fault = Fault { file: files::CHANGES, line, field, reason: Reason::PositionTaken };
        refuse(context, kept, vec![fault])?;
    }
    Ok(())
}

enum Received {
    New,
    Again,
    OtherContent,
}

fn receive_one(tx: &mut Tx, change: &ChangeRecord, position: i64, now: Timestamp) -> Result<Received, StoreError> {
    let text = to_line(change);
    let content = rows::content_of(&text);
    let known = "SELECT content FROM register_changes WHERE position = $1";
    if let Some(row) = tx.query_one(known, &[change.source_position.into()])? {
        return Ok(if row.blob(0)? == content { Received::Again } else { Received::OtherContent });
    }
    let state = if change.source_position <= position { "contained" } else { "waiting" };
    tx.queue(
        "INSERT INTO register_changes (position, kind, effective_on, resident_id, household_id, state, received_at, \
         content, row_text) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &[
            change.source_position.into(),
            change.kind.word().into(),
            change.effective_on.into(),
            change.resident.resident_id.as_str().into(),
            change.resident.household_id.as_str().into(),
            state.into(),
            now.into(),
            content.into(),
            text.into(),
        ],
    )?;
    Ok(Received::New)
}

fn position(tx: &mut Tx) -> Result<i64, StoreError> {
    tx.query_one("SELECT position FROM register_feed WHERE id = 1", &[])?.map_or(Ok(0), |row| row.int(0))
}

/// Applies what waits, in order, as far as no position is missing.
pub(super) fn drain(context: &mut Context<'_>) -> Result<(), ImportError> {
    loop {
        let now = context.seams.now();
        let applied = context.store.write(move |tx| drain_step(tx, now))?;
        context.report.changes_applied += applied;
        if applied == 0 {
            break;
        }
    }
    let waiting = context.store.read(|tx| -> Result<i64, ImportError> {
        let row = tx.query_one("SELECT COUNT(*) FROM register_changes WHERE state = 'waiting'", &[])?;
        Ok(row.map_or(Ok(0), |row| row.int(0))?)
    })?;
    context.report.changes_waiting = u64::try_from(waiting).unwrap_or(0);
    Ok(())
}

fn drain_step(tx: &mut Tx, now: Timestamp) -> Result<u64, ImportError> {
    let start = position(tx)?;
    let generation = tx.query_one("SELECT generation FROM register_generation WHERE id = 1", &[])?;
    let generation = generation.map_or(Ok(0), |row| row.int(0))?;
    let next = tx.query(
        "SELECT position, row_text FROM register_changes WHERE state = 'waiting' AND position > $1 \
         ORDER BY position LIMIT $2",
        &[start.into(), STEP.into()],
    )?;
    let mut at = start;
    // Before the first full load there is nothing to change.
    for row in next.iter().take_while(|_| generation > 0) {
        if row.int(0)? != at + 1 {
            break;
        }
        let change = parse(row.text(1)?).ok_or(StoreError::Column { column: 1, wanted: "a change" })?;
        apply(tx, generation, change, now)?;
        at += 1;
    }
    if at > start {
        tx.execute(
            "UPDATE register_changes SET state = 'applied', applied_at = $1 WHERE state = 'waiting' \
             AND position > $2 AND position <= $3",
            &[now.into(), start.into(), at.into()],
        )?;
        tx.execute("UPDATE register_feed SET position = $1 WHERE id = 1", &[at.into()])?;
    }
    Ok(u64::try_from(at - start).unwrap_or(0))
}

/// Reads a row back that [`to_line`] wrote.
fn parse(text: &str) -> Option<ChangeRecord> {
    let columns: Vec<&str> = ChangeRecord::columns().iter().map(|column| column.name).collect();
    let file = format!("{}\n{text}\n", columns.join(","));
    let mut reader: Reader<&[u8], ChangeRecord> =
        Reader::open(file.as_bytes(), files::CHANGES, Encoding::Utf8, &FileMapping::default()).ok()?;
    match reader.next_entry().ok()?? {
        Entry::Good { record, .. } => Some(record),
        Entry::Bad { .. } => None,
    }
}

fn apply(tx: &mut Tx, generation: i64, change: ChangeRecord, now: Timestamp) -> Result<(), StoreError> {
    let position = change.source_position;
    let id = change.resident.resident_id.clone();
    match change.kind {
        ChangeKind::ProtectionStart => {
            let values =
                [generation.into(), id.as_str().into(), change.effective_on.into(), change.protected_until.into()];
            tx.queue(INSERT_PROTECTION, &values)?;
        }
        ChangeKind::ProtectionEnd => tx.queue(
            "UPDATE protections SET protected_until = $1 WHERE generation = $2 AND resident_id = $3 \
             AND (protected_until IS NULL OR protected_until > $1)",
            &[change.effective_on.into(), generation.into(), id.as_str().into()],
        )?,
        _ => {}
    }
    let old = read::in_generation(tx, generation, &id)?;
    let content = rows::content_of(&to_line(&change.resident));
    let record = &change.resident;
    let left = old.as_ref().map(|old| old.household_id.as_str()).filter(|left| *left != record.household_id);
    if let Some(left) = left {
        touch_household(tx, generation, left, position)?;
    }
    join_household(tx, generation, record, position)?;
    if let Some(old) = &old {
        let values: [Value; 7] = [
            generation.into(),
            now.into(),
            position.into(),
            change.kind.word().into(),
            generation.into(),
            id.as_str().into(),
            content.clone().into(),
        ];
        tx.queue(rows::INTO_HISTORY, &values)?;
        for key in rows::findable_resident(old).keys() {
            tx.queue(
                "DELETE FROM resident_search WHERE generation = $1 AND kind = $2 AND key = $3 AND resident_id = $4",
                &key_values(generation, &key, &id),
            )?;
        }
        let same = "SELECT municipality_code FROM residents WHERE generation = $1 AND resident_id = $2";
        let code = tx.query_one(same, &[generation.into(), id.as_str().into()])?;
        let code = code.map_or(Ok(String::new()), |row| row.text(0).map(str::to_owned))?;
        tx.queue(
            "DELETE FROM residents WHERE generation = $1 AND resident_id = $2",
            &[generation.into(), id.as_str().into()],
        )?;
        return insert(tx, generation, change, content, now, &code);
    }
    insert(tx, generation, change, content, now, "")
}

fn insert(
    tx: &mut Tx,
    generation: i64,
    change: ChangeRecord,
    content: Vec<u8>,
    now: Timestamp,
    municipality_code: &str,
) -> Result<(), StoreError> {
    let record = change.resident;
    for key in rows::findable(&record).keys() {
        tx.queue(INSERT_KEY, &key_values(generation, &key, &record.resident_id))?;
    }
    let values = rows::insert_values(record, generation, municipality_code, content, now, change.source_position);
    tx.queue(rows::INSERT_RESIDENT, &values)
}

/// A new version of a household somebody left.
fn touch_household(tx: &mut Tx, generation: i64, household: &str, position: i64) -> Result<(), StoreError> {
    tx.queue(
        "UPDATE households SET position = $1 WHERE generation = $2 AND household_id = $3",
        &[position.into(), generation.into(), household.into()],
    )
}

/// A new version of the household somebody is in; it is made when it is new. A household without a head yet is
/// incomplete until the head's own change comes.
fn join_household(
    tx: &mut Tx,
    generation: i64,
    record: &wire::resident_csv::ResidentRecord,
    position: i64,
) -> Result<(), StoreError> {
    let household = record.household_id.as_str();
    if record.relationship == rows::HEAD && rows::is_entered(record.state) {
        return tx.queue(
            "INSERT INTO households (generation, household_id, head_resident_id, head_name, is_complete, position) \
             VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (generation, household_id) DO UPDATE SET \
             is_complete = CASE WHEN households.head_name = '' THEN 1 ELSE households.is_complete END, \
             head_resident_id = excluded.head_resident_id, head_name = excluded.head_name, \
             position = excluded.position",
            &[
                generation.into(),
                household.into(),
                record.resident_id.as_str().into(),
                record.name.as_str().into(),
                position.into(),
            ],
        );
    }
    tx.queue(
        "INSERT INTO households (generation, household_id, head_resident_id, head_name, is_complete, position) \
         VALUES ($1, $2, NULL, '', 0, $3) ON CONFLICT (generation, household_id) DO UPDATE SET \
         position = excluded.position",
        &[generation.into(), household.into(), position.into()],
    )
}

/// Stops unless every difference after `from` up to `to` is here to be applied again.
pub(super) fn require_all_between(tx: &mut Tx, from: i64, to: i64) -> Result<(), ImportError> {
    let counted = tx.query_one(
        "SELECT COUNT(*) FROM register_changes WHERE position > $1 AND position <= $2",
        &[from.into(), to.into()],
    )?;
    let counted = counted.map_or(Ok(0), |row| row.int(0))?;
    if counted == to - from { Ok(()) } else { Err(ImportError::Older { file: from, register: to }) }
}

/// After a full load up to `position`: what it contains is done, what came later is applied again.
pub(super) fn rewind(tx: &mut Tx, position: i64) -> Result<(), StoreError> {
    tx.execute(
        "UPDATE register_changes SET state = 'contained' WHERE position <= $1 AND state = 'waiting'",
        &[position.into()],
    )?;
    tx.execute(
        "UPDATE register_changes SET state = 'waiting', applied_at = NULL WHERE position > $1 AND state = 'applied'",
        &[position.into()],
    )?;
    Ok(())
}
