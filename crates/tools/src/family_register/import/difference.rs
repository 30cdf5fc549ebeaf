//! A difference: the registers that changed since our position, whole, applied in one write.

use std::sync::Arc;

use store::StoreError;
use wire::family_register::{Entry, FamilyRegister, Header};

use super::{Context, DECLARATION, FileReader, ImportError, rows};
use crate::access::{self, Duty, Purpose};
use crate::family_register::freshness::record_heartbeat;

/// Registers in one difference, at most: it is one write.
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
pub(super) fn apply(context: &mut Context<'_>, mut reader: FileReader, after: i64) -> Result<(), ImportError> {
    let (mut registers, mut outdated, mut is_anything_unknown) = (Vec::new(), Vec::new(), false);
    while let Some(entry) = reader.next_entry()? {
        match entry {
            Entry::Good { register, .. } => {
                context.report.registers += 1;
                context.report.members += register.members.len() as u64;
                registers.push(*register);
            }
            Entry::Bad { id, faults, .. } => {
                context.report.refused += 1;
                faults.iter().try_for_each(|fault| context.refused.add(fault))?;
                is_anything_unknown |= id.is_none();
                outdated.extend(id);
            }
        }
        if registers.len() + outdated.len() > MOST {
            return Err(ImportError::TooManyInOne { limit: MOST });
        }
    }
    if context.options.dry_run {
        return Ok(());
    }
    // A line that does not even say which register it is about would leave that register shown as it was.
    let is_accepted = context.report.refused == 0 || (context.options.keep_good && !is_anything_unknown);
    let changes = is_accepted.then_some((registers, outdated));
    match write(context, after, changes)? {
        Outcome::Applied => context.report.switched = is_accepted,
        Outcome::Contained => context.report.switched = true,
        Outcome::Gap => context.report.has_gap = true,
    }
    Ok(())
}

fn write(
    context: &Context<'_>,
    after: i64,
    changes: Option<(Vec<FamilyRegister>, Vec<String>)>,
) -> Result<Outcome, ImportError> {
    let (seams, actor, header) = (context.seams.clone(), context.options.actor.clone(), context.header.clone());
    let changes = Arc::new(changes);
    context.store.write(move |tx| -> Result<Outcome, ImportError> {
        let (generation, source, position) = rows::feed(tx)?;
        if generation == 0 || source != header.source {
            return Ok(Outcome::Gap);
        }
        let Header { position: upto, taken_at, .. } = header;
        record_heartbeat(tx, &source, upto, taken_at, seams.now())?;
        if upto <= position {
            // A mere heartbeat, or a difference that a later full load contained.
            return Ok(Outcome::Contained);
        }
        if after != position {
            return Ok(Outcome::Gap);
        }
        let Some((registers, outdated)) = &*changes else { return Ok(Outcome::Applied) };
        if !registers.is_empty() || !outdated.is_empty() {
            access::bulk(tx, &seams, &actor, &Purpose::new(Duty::Register), &DECLARATION)?;
        }
        let done: Result<(), StoreError> = registers
            .iter()
            .try_for_each(|register| rows::replace(tx, generation, upto, register))
            .and_then(|()| outdated.iter().try_for_each(|id| rows::mark_incomplete(tx, generation, id)));
        done?;
        tx.execute("UPDATE family_register_feed SET position = $1 WHERE id = 1", &[upto.into()])?;
        Ok(Outcome::Applied)
    })
}
