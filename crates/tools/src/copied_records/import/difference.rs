//! A difference: the records that changed since our position, whole, applied in one write.

use std::sync::Arc;

use store::StoreError;
use wire::record_lines::{Entry, Header};

use super::{Context, FileReader, ImportError};
use crate::access::{self, Duty, Purpose};
use crate::copied_records::Copied;
use crate::copied_records::freshness::{feed, record_heartbeat};

/// Records in one difference, at most: it is one write.
pub(super) const MOST: usize = 200;

/// What happened to a difference.
enum Outcome {
    Applied,
    /// It was contained already.
    Contained,
    /// One before it is missing, or another system wrote it.
    Gap,
}

/// Applies the file, if it follows position `after`. The heartbeat is recorded in any case: behind a gap, or after lines
/// that were refused, the source is ahead of us and issuing closes.
pub(super) fn apply<T: Copied>(
    context: &mut Context<'_>,
    mut reader: FileReader<T>,
    after: i64,
) -> Result<(), ImportError> {
    let (mut records, mut outdated, mut is_anything_unknown) = (Vec::new(), Vec::new(), false);
    while let Some(entry) = reader.next_entry()? {
        match entry {
            Entry::Good { record, .. } => {
                context.report.records += 1;
                context.report.people += record.people();
                records.push(*record);
            }
            Entry::Bad { key, faults, .. } => {
                context.report.refused += 1;
                faults.iter().try_for_each(|fault| context.refused.add(fault))?;
                is_anything_unknown |= key.is_none();
                outdated.extend(key);
            }
        }
        if records.len() + outdated.len() > MOST {
            return Err(ImportError::TooManyInOne { limit: MOST });
        }
    }
    if context.options.dry_run {
        return Ok(());
    }
    // A line that does not even say which record it is about would leave that record shown as it was.
    let is_accepted = context.report.refused == 0 || (context.options.keep_good && !is_anything_unknown);
    let changes = is_accepted.then_some((records, outdated));
    match write(context, after, changes)? {
        Outcome::Applied => context.report.switched = is_accepted,
        Outcome::Contained => context.report.switched = true,
        Outcome::Gap => context.report.has_gap = true,
    }
    Ok(())
}

fn write<T: Copied>(
    context: &Context<'_>,
    after: i64,
    changes: Option<(Vec<T>, Vec<String>)>,
) -> Result<Outcome, ImportError> {
    let (seams, actor, header) = (context.seams.clone(), context.options.actor.clone(), context.header.clone());
    let changes = Arc::new(changes);
    context.store.write(move |tx| -> Result<Outcome, ImportError> {
        let (generation, source, position) = feed::<T>(tx)?;
        if generation == 0 || source != header.source {
            return Ok(Outcome::Gap);
        }
        let Header { position: upto, taken_at, .. } = header;
        record_heartbeat::<T>(tx, &source, upto, taken_at, seams.now())?;
        if upto <= position {
            // A mere heartbeat, or a difference that a later full load contained.
            return Ok(Outcome::Contained);
        }
        if after != position {
            return Ok(Outcome::Gap);
        }
        let Some((records, outdated)) = &*changes else { return Ok(Outcome::Applied) };
        if !records.is_empty() || !outdated.is_empty() {
            access::bulk(tx, &seams, &actor, &Purpose::new(Duty::Register), &T::DECLARATION)?;
        }
        let done: Result<(), StoreError> = records
            .iter()
            .try_for_each(|record| {
                T::remove(tx, generation, &record.key())?;
                record.insert(tx, generation, upto)
            })
            .and_then(|()| outdated.iter().try_for_each(|key| T::mark_incomplete(tx, generation, key)));
        done?;
        tx.execute(T::LEDGER.advance, &[upto.into()])?;
        Ok(Outcome::Applied)
    })
}
