//! A full load: stage under a new generation, switch.

use std::io::Read;
use std::sync::Arc;

use aws_lc_rs::digest::{Context as Hash, SHA256};
use store::{Store, StoreError, Tx};
use wire::family_register::{Entry, FamilyRegister};

use super::{Context, DECLARATION, FileReader, ImportError, rows, unreadable};
use crate::access::{self, Duty, Purpose};
use crate::family_register::freshness::record_heartbeat;

/// Registers staged in one transaction.
const BATCH: usize = 50;

/// A load of one file under a generation of its own.
#[derive(Clone)]
struct Run {
    id: String,
    generation: i64,
    /// The generation shown when it began.
    shown: i64,
}

/// Loads the file.
pub(super) fn load(context: &mut Context<'_>, mut reader: FileReader) -> Result<(), ImportError> {
    let run = if context.options.dry_run { None } else { begin(context)? };
    if run.is_none() && context.report.switched {
        return Ok(());
    }
    let (mut batch, mut outdated) = (Vec::with_capacity(BATCH), Vec::new());
    while let Some(entry) = reader.next_entry()? {
        match entry {
            Entry::Good { register, .. } => {
                context.report.registers += 1;
                context.report.members += register.members.len() as u64;
                batch.push(*register);
            }
            Entry::Bad { id, faults, .. } => {
                context.report.refused += 1;
                faults.iter().try_for_each(|fault| context.refused.add(fault))?;
                outdated.extend(id);
            }
        }
        if batch.len() >= BATCH {
            stage(context, run.as_ref(), std::mem::take(&mut batch))?;
        }
    }
    stage(context, run.as_ref(), batch)?;
    let Some(run) = run else { return Ok(()) };
    if context.report.refused > 0 && !context.options.keep_good {
        return settle(context, &run, "refused");
    }
    // A register of which another line says something else, before or after it, may not be the newest.
    outdated.chunks(BATCH).try_for_each(|ids| mark(context, run.generation, ids))?;
    switch(context, &run)
}

fn stage(context: &Context<'_>, run: Option<&Run>, batch: Vec<FamilyRegister>) -> Result<(), ImportError> {
    let Some(generation) = run.map(|run| run.generation) else { return Ok(()) };
    if batch.is_empty() {
        return Ok(());
    }
    let (batch, position) = (Arc::new(batch), context.header.position);
    context.store.write(move |tx| {
        batch
            .iter()
            .try_for_each(|register| rows::insert(tx, generation, position, register))
            .map_err(ImportError::Store)
    })
}

fn mark(context: &Context<'_>, generation: i64, ids: &[String]) -> Result<(), ImportError> {
    let ids = Arc::new(ids.to_vec());
    context.store.write(move |tx| {
        ids.iter().try_for_each(|id| rows::mark_incomplete(tx, generation, id)).map_err(ImportError::Store)
    })
}

/// Finds the interrupted run of the same file, or begins a new one under a new generation. `None`: it is shown already.
fn begin(context: &mut Context<'_>) -> Result<Option<Run>, ImportError> {
    let fingerprint = fingerprint(context)?;
    let (now, fresh) = (context.seams.now(), context.seams.random_id().to_string());
    let header = context.header.clone();
    let begun = context.store.write(move |tx| -> Result<Result<Run, [i64; 2]>, ImportError> {
        let (shown, source, position) = rows::feed(tx)?;
        let same = "SELECT registers, refused FROM family_register_runs WHERE state = 'switched' AND generation = $1 \
                    AND fingerprint = $2";
        if let Some(row) = tx.query_one(same, &[shown.into(), fingerprint.as_str().into()])?
            && position == header.position
        {
            record_heartbeat(tx, &header.source, header.position, header.taken_at, now)?;
            return Ok(Err([row.int(0)?, row.int(1)?]));
        }
        if shown > 0 && source == header.source && header.position < position {
            return Err(ImportError::Older { file: header.position, shown: position });
        }
        let open = "SELECT id, generation, fingerprint FROM family_register_runs WHERE state IN ('staging', 'refused')";
        let mut resumed = None;
        for row in tx.query(open, &[])? {
            if row.text(2)? == fingerprint && row.int(1)? > shown {
                resumed = Some((row.text(0)?.to_owned(), row.int(1)?));
            } else {
                let id = [row.text(0)?.into()];
                tx.execute("UPDATE family_register_runs SET state = 'abandoned' WHERE id = $1", &id)?;
            }
        }
        if let Some((id, generation)) = resumed {
            tx.execute("UPDATE family_register_runs SET state = 'staging' WHERE id = $1", &[id.as_str().into()])?;
            return Ok(Ok(Run { id, generation, shown }));
        }
        let last = tx.query_one("SELECT MAX(generation) FROM family_register_runs", &[])?;
        let generation = last.map_or(Ok(None), |row| row.opt_int(0))?.unwrap_or(0).max(shown) + 1;
        tx.execute(
            "INSERT INTO family_register_runs (id, fingerprint, generation, state, source, position, started_at, \
             registers, refused) VALUES ($1, $2, $3, 'staging', $4, $5, $6, 0, 0)",
            &[
                fresh.as_str().into(),
                fingerprint.as_str().into(),
                generation.into(),
                header.source.as_str().into(),
                header.position.into(),
                now.into(),
            ],
        )?;
        Ok(Ok(Run { id: fresh.clone(), generation, shown }))
    })?;
    Ok(match begun {
        Ok(run) => Some(run),
        Err([registers, refused]) => {
            let number = |count: i64| u64::try_from(count).unwrap_or(0);
            context.report.registers = number(registers);
            context.report.refused = number(refused);
            context.report.switched = true;
            None
        }
    })
}

fn fingerprint(context: &Context<'_>) -> Result<String, ImportError> {
    let failed = |error: std::io::Error| unreadable(&context.path, &error);
    let mut file = std::fs::File::open(&context.path).map_err(failed)?;
    let (mut hash, mut buffer) = (Hash::new(&SHA256), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(failed)?;
        if read == 0 {
            return Ok(data_encoding::HEXLOWER.encode(hash.finish().as_ref()));
        }
        hash.update(buffer.get(..read).unwrap_or(&[]));
    }
}

fn counts(context: &Context<'_>) -> [i64; 2] {
    [context.report.registers, context.report.refused].map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

fn settle(context: &Context<'_>, run: &Run, state: &'static str) -> Result<(), ImportError> {
    let (id, counts) = (run.id.clone(), counts(context));
    context.store.write(move |tx| settle_in(tx, &id, state, counts).map(drop).map_err(ImportError::Store))
}

fn settle_in(tx: &mut Tx, id: &str, state: &str, [registers, refused]: [i64; 2]) -> Result<u64, StoreError> {
    tx.execute(
        "UPDATE family_register_runs SET state = $1, registers = $2, refused = $3 WHERE id = $4 AND state = 'staging'",
        &[state.into(), registers.into(), refused.into(), id.into()],
    )
}

/// The one short write after which everyone sees the load.
fn switch(context: &mut Context<'_>, run: &Run) -> Result<(), ImportError> {
    let (run, counts, header) = (run.clone(), counts(context), context.header.clone());
    let (seams, actor) = (context.seams.clone(), context.options.actor.clone());
    context.store.write(move |tx| -> Result<(), ImportError> {
        let now = seams.now();
        let (shown, source, _) = rows::feed(tx)?;
        if shown != run.shown || settle_in(tx, &run.id, "switched", counts)? == 0 {
            return Err(ImportError::Overtaken);
        }
        access::bulk(tx, &seams, &actor, &Purpose::new(Duty::Register), &DECLARATION)?;
        tx.execute(
            "UPDATE family_register_runs SET switched_at = $1 WHERE id = $2",
            &[now.into(), run.id.as_str().into()],
        )?;
        tx.execute(
            "UPDATE family_register_runs SET state = 'replaced' WHERE generation = $1 AND state = 'switched'",
            &[shown.into()],
        )?;
        tx.execute(
            "UPDATE family_register_feed SET generation = $1, position = $2 WHERE id = 1",
            &[run.generation.into(), header.position.into()],
        )?;
        if source != header.source {
            // Another system has taken over: positions and heartbeats of the old one mean nothing.
            tx.execute(
                "UPDATE family_register_feed SET source = $1, source_position = $2, heartbeat = NULL WHERE id = 1",
                &[header.source.as_str().into(), header.position.into()],
            )?;
        }
        Ok(record_heartbeat(tx, &header.source, header.position, header.taken_at, now)?)
    })?;
    context.report.switched = true;
    Ok(())
}

/// Removes what no longer is and never came to be shown, 200 registers a transaction. May be stopped and run again at any
/// time.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(store: &Store) -> Result<(), StoreError> {
    let stale = store.read(|tx| -> Result<Vec<i64>, StoreError> {
        let sql = "SELECT generation FROM family_register_runs WHERE state IN ('replaced', 'abandoned')";
        tx.query(sql, &[])?.iter().map(|row| row.int(0)).collect()
    })?;
    for generation in stale {
        for sql in [
            "DELETE FROM family_register_members WHERE generation = $1 AND register_id IN (SELECT register_id \
             FROM family_register_members WHERE generation = $1 LIMIT 200)",
            "DELETE FROM family_registers WHERE generation = $1 AND register_id IN (SELECT register_id \
             FROM family_registers WHERE generation = $1 LIMIT 200)",
        ] {
            while store.write(move |tx: &mut Tx| tx.execute(sql, &[generation.into()]))? > 0 {}
        }
        store.write(move |tx: &mut Tx| {
            let sql = "UPDATE family_register_runs SET state = 'swept' WHERE generation = $1";
            tx.execute(sql, &[generation.into()])
        })?;
    }
    Ok(())
}
