//! A full load: stage under a new generation, switch.

use std::io::Read;
use std::sync::Arc;

use aws_lc_rs::digest::{Context as Hash, SHA256};
use store::{Store, StoreError, Tx};
use wire::record_lines::Entry;

use super::{Context, FileReader, ImportError, unreadable};
use crate::access::{self, Duty, Purpose};
use crate::copied_records::Copied;
use crate::copied_records::freshness::{feed, record_heartbeat};

/// Records staged in one transaction.
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
pub(super) fn load<T: Copied>(context: &mut Context<'_>, mut reader: FileReader<T>) -> Result<(), ImportError> {
    let run = if context.options.dry_run { None } else { begin::<T>(context)? };
    if run.is_none() && context.report.switched {
        return Ok(());
    }
    let (mut batch, mut outdated) = (Vec::with_capacity(BATCH), Vec::new());
    while let Some(entry) = reader.next_entry()? {
        match entry {
            Entry::Good { record, .. } => {
                context.report.records += 1;
                context.report.people += record.people();
                batch.push(*record);
            }
            Entry::Bad { key, faults, .. } => {
                context.report.refused += 1;
                faults.iter().try_for_each(|fault| context.refused.add(fault))?;
                outdated.extend(key);
            }
        }
        if batch.len() >= BATCH {
            stage(context, run.as_ref(), std::mem::take(&mut batch))?;
        }
    }
    stage(context, run.as_ref(), batch)?;
    let Some(run) = run else { return Ok(()) };
    if context.report.refused > 0 && !context.options.keep_good {
        return settle::<T>(context, &run, "refused");
    }
    // A record of which another line says something else, before or after it, may not be the newest.
    outdated.chunks(BATCH).try_for_each(|keys| mark::<T>(context, run.generation, keys))?;
    switch::<T>(context, &run)
}

fn stage<T: Copied>(context: &Context<'_>, run: Option<&Run>, batch: Vec<T>) -> Result<(), ImportError> {
    let Some(generation) = run.map(|run| run.generation) else { return Ok(()) };
    if batch.is_empty() {
        return Ok(());
    }
    let (batch, position) = (Arc::new(batch), context.header.position);
    context.store.write(move |tx| {
        batch.iter().try_for_each(|record| record.insert(tx, generation, position)).map_err(ImportError::Store)
    })
}

fn mark<T: Copied>(context: &Context<'_>, generation: i64, keys: &[String]) -> Result<(), ImportError> {
    let keys = Arc::new(keys.to_vec());
    context.store.write(move |tx| {
        keys.iter().try_for_each(|key| T::mark_incomplete(tx, generation, key)).map_err(ImportError::Store)
    })
}

/// Finds the interrupted run of the same file, or begins a new one under a new generation. `None`: it is shown already.
fn begin<T: Copied>(context: &mut Context<'_>) -> Result<Option<Run>, ImportError> {
    let fingerprint = fingerprint(context)?;
    let (now, fresh) = (context.seams.now(), context.seams.random_id().to_string());
    let header = context.header.clone();
    let begun = context.store.write(move |tx| -> Result<Result<Run, [i64; 2]>, ImportError> {
        let (shown, source, position) = feed::<T>(tx)?;
        if let Some(row) = tx.query_one(T::LEDGER.shown_load, &[shown.into(), fingerprint.as_str().into()])?
            && position == header.position
        {
            record_heartbeat::<T>(tx, &header.source, header.position, header.taken_at, now)?;
            return Ok(Err([row.int(0)?, row.int(1)?]));
        }
        if shown > 0 && source == header.source && header.position < position {
            return Err(ImportError::Older { file: header.position, shown: position });
        }
        let mut resumed = None;
        for row in tx.query(T::LEDGER.open_loads, &[])? {
            if row.text(2)? == fingerprint && row.int(1)? > shown {
                resumed = Some((row.text(0)?.to_owned(), row.int(1)?));
            } else {
                tx.execute(T::LEDGER.abandon, &[row.text(0)?.into()])?;
            }
        }
        if let Some((id, generation)) = resumed {
            tx.execute(T::LEDGER.resume, &[id.as_str().into()])?;
            return Ok(Ok(Run { id, generation, shown }));
        }
        let last = tx.query_one(T::LEDGER.last_generation, &[])?;
        let generation = last.map_or(Ok(None), |row| row.opt_int(0))?.unwrap_or(0).max(shown) + 1;
        tx.execute(
            T::LEDGER.begin,
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
        Err([records, refused]) => {
            let number = |count: i64| u64::try_from(count).unwrap_or(0);
            context.report.records = number(records);
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
    [context.report.records, context.report.refused].map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

fn settle<T: Copied>(context: &Context<'_>, run: &Run, state: &'static str) -> Result<(), ImportError> {
    let (id, counts) = (run.id.clone(), counts(context));
    context.store.write(move |tx| settle_in::<T>(tx, &id, state, counts).map(drop).map_err(ImportError::Store))
}

fn settle_in<T: Copied>(tx: &mut Tx, id: &str, state: &str, [records, refused]: [i64; 2]) -> Result<u64, StoreError> {
    tx.execute(T::LEDGER.settle, &[state.into(), records.into(), refused.into(), id.into()])
}

/// The one short write after which everyone sees the load.
fn switch<T: Copied>(context: &mut Context<'_>, run: &Run) -> Result<(), ImportError> {
    let (run, counts, header) = (run.clone(), counts(context), context.header.clone());
    let (seams, actor) = (context.seams.clone(), context.options.actor.clone());
    context.store.write(move |tx| -> Result<(), ImportError> {
        let now = seams.now();
        let (shown, source, _) = feed::<T>(tx)?;
        if shown != run.shown || settle_in::<T>(tx, &run.id, "switched", counts)? == 0 {
            return Err(ImportError::Overtaken);
        }
        access::bulk(tx, &seams, &actor, &Purpose::new(Duty::Register), &T::DECLARATION)?;
        tx.execute(T::LEDGER.note_switch, &[now.into(), run.id.as_str().into()])?;
        tx.execute(T::LEDGER.mark_replaced, &[shown.into()])?;
        tx.execute(T::LEDGER.show, &[run.generation.into(), header.position.into()])?;
        if source != header.source {
            // Another system has taken over: positions and heartbeats of the old one mean nothing.
            tx.execute(T::LEDGER.change_source, &[header.source.as_str().into(), header.position.into()])?;
        }
        Ok(record_heartbeat::<T>(tx, &header.source, header.position, header.taken_at, now)?)
    })?;
    context.report.switched = true;
    Ok(())
}

/// Removes what no longer is and never came to be shown, 200 records a transaction. May be stopped and run again at any
/// time.
///
/// # Errors
/// [`StoreError`].
pub fn sweep<T: Copied>(store: &Store) -> Result<(), StoreError> {
    let stale = store.read(|tx| -> Result<Vec<i64>, StoreError> {
        tx.query(T::LEDGER.stale, &[])?.iter().map(|row| row.int(0)).collect()
    })?;
    for generation in stale {
        while store.write(move |tx: &mut Tx| T::sweep(tx, generation))? > 0 {}
        store.write(move |tx: &mut Tx| tx.execute(T::LEDGER.mark_swept, &[generation.into()]))?;
    }
    Ok(())
}
