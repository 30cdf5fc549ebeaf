//! A full load: read, check, stage, switch.

use std::collections::HashSet;

use base::Timestamp;
use store::{StoreError, Tx, Value};

use super::loader::Loader;
use super::writers::{Sink, with_writers};
use super::{Context, ImportError, changes, sweep};
use crate::access::{self, BulkDeclaration, Concerned, Duty, Purpose};
use crate::register::rows;

/// What everyone is shown about a load.
const DECLARATION: BulkDeclaration = BulkDeclaration {
    name: "register.import",
    japanese: "住民記録システムから住民基本台帳の写しを取り込みました。",
    english: "The copy of the resident register was loaded from the city's resident record system.",
    concerned: Concerned::Everyone,
};

/// A run: a load of certain files under a generation of its own.
#[derive(Clone)]
pub(super) struct Run {
    id: String,
    /// The generation it stages.
    pub(super) generation: i64,
    /// The generation shown when it began; 0 when the register is empty.
    pub(super) shown: i64,
    /// When it began.
    pub(super) began: Timestamp,
    /// The source position up to which the files go.
    pub(super) position: i64,
}

/// Loads the set. Returns whether the register now shows it (or, in a dry run, would).
pub(super) fn load(context: &mut Context<'_>) -> Result<bool, ImportError> {
    if context.options.dry_run {
        let run = Run {
            id: String::new(),
            generation: 0,
            shown: 0,
            began: context.seams.now(),
            position: context.set.source.as_ref().map_or(0, |source| source.position),
        };
        let blocked = Loader::new(run, &Sink::Nowhere).read(context)?;
        return Ok(!blocked);
    }
    let run = match begin(context)? {
        Begun::Run(run) => run,
        Begun::Shown(counts) => return Ok(already_shown(context, counts)),
    };
    let done = done_batches(context, &run)?;
    let (store, id) = (context.store, run.id.clone());
    let blocked = with_writers(store, &id, done, |sink| Loader::new(run.clone(), sink).read(context))?;
    let finished = context.seams.now();
    if blocked {
        settle(context, &run, "refused", finished)?;
        return Ok(false);
    }
    if run.shown > 0 {
        note_the_vanished(context, &run)?;
    }
    switch(context, &run, finished)?;
    context.report.switched = true;
    Ok(true)
}

/// What an import of certain files begins with.
enum Begun {
    /// Something is to be done.
    Run(Run),
    /// The register shows exactly these files already; what their run counted.
    Shown([i64; 4]),
}

fn already_shown(context: &mut Context<'_>, counts: [i64; 4]) -> bool {
    let [residents, households, protections, refused] = counts.map(|count| u64::try_from(count).unwrap_or(0));
    let report = &mut context.report;
    (report.residents, report.households, report.protections) = (residents, households, protections);
    (report.refused, report.resumed, report.switched) = (refused, residents + households + protections, true);
    true
}

/// Finds the interrupted run of the same files, or begins a new one under a new generation.
fn begin(context: &Context<'_>) -> Result<Begun, ImportError> {
    let fingerprint = context.set.fingerprint()?;
    let now = context.seams.now();
    let fresh = context.seams.random_id().to_string();
    let source = context.set.source.clone();
    let run = context.store.write(move |tx| -> Result<Begun, ImportError> {
        let shown = shown_generation(tx)?;
        let same = "SELECT residents, households, protections, refused FROM import_runs \
                    WHERE state = 'switched' AND generation = $1 AND fingerprint = $2";
        if let Some(row) = tx.query_one(same, &[shown.into(), fingerprint.as_str().into()])? {
            return Ok(Begun::Shown([row.int(0)?, row.int(1)?, row.int(2)?, row.int(3)?]));
        }
        let (register_source, register_position) = feed(tx)?;
        let position = source.as_ref().map_or(register_position, |source| source.position);
        let same_source = source.as_ref().is_none_or(|source| source.name == register_source);
        if shown > 0 && same_source && position < register_position {
            changes::require_all_between(tx, position, register_position)?;
        }
        let open = "SELECT id, generation, fingerprint FROM import_runs WHERE state IN ('staging', 'refused')";
        let mut resumed = None;
        for row in tx.query(open, &[])? {
            if row.text(2)? == fingerprint && row.int(1)? > shown {
                resumed = Some((row.text(0)?.to_owned(), row.int(1)?));
            } else {
                tx.execute("UPDATE import_runs SET state = 'abandoned' WHERE id = $1", &[row.text(0)?.into()])?;
            }
        }
        if let Some((id, generation)) = resumed {
            tx.execute("UPDATE import_runs SET state = 'staging' WHERE id = $1", &[id.as_str().into()])?;
            return Ok(Begun::Run(Run { id, generation, shown, began: now, position }));
        }
        let last = tx.query_one("SELECT MAX(generation) FROM import_runs", &[])?;
        let last = last.map_or(Ok(None), |row| row.opt_int(0))?.unwrap_or(0);
        let generation = last.max(shown) + 1;
        tx.execute(
            "INSERT INTO import_runs (id, fingerprint, generation, state, source, position, started_at, residents, \
             households, protections, refused) VALUES ($1, $2, $3, 'staging', $4, $5, $6, 0, 0, 0, 0)",
            &[
                fresh.as_str().into(),
                fingerprint.as_str().into(),
                generation.into(),
                source.as_ref().map_or("", |source| source.name.as_str()).into(),
                position.into(),
                now.into(),
            ],
        )?;
        Ok(Begun::Run(Run { id: fresh.clone(), generation, shown, began: now, position }))
    })?;
    // What earlier runs left behind.
    sweep(context.store)?;
    Ok(run)
}

fn shown_generation(tx: &mut Tx) -> Result<i64, StoreError> {
    let row = tx.query_one("SELECT generation FROM register_generation WHERE id = 1", &[])?;
    row.map_or(Ok(0), |row| row.int(0))
}

fn feed(tx: &mut Tx) -> Result<(String, i64), StoreError> {
    let row = tx.query_one("SELECT source, position FROM register_feed WHERE id = 1", &[])?;
    row.map_or(Ok((String::new(), 0)), |row| Ok((row.text(0)?.to_owned(), row.int(1)?)))
}

fn done_batches(context: &Context<'_>, run: &Run) -> Result<HashSet<(String, i64)>, ImportError> {
    let id = run.id.clone();
    context.store.read(|tx| -> Result<_, ImportError> {
        let rows = tx.query("SELECT file, batch FROM import_batches WHERE run = $1", &[id.into()])?;
        let mut done = HashSet::with_capacity(rows.len());
        for row in rows {
            done.insert((row.text(0)?.to_owned(), row.int(1)?));
        }
        Ok(done)
    })
}

fn settle(context: &Context<'_>, run: &Run, state: &'static str, at: Timestamp) -> Result<(), ImportError> {
    let (id, values) = (run.id.clone(), counts(context));
    context.store.write(move |tx| settle_in(tx, &id, state, at, values).map(drop).map_err(ImportError::Store))
}

fn counts(context: &Context<'_>) -> [i64; 4] {
    let report = &context.report;
    [report.residents, report.households, report.protections, report.refused]
        .map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}

fn settle_in(tx: &mut Tx, id: &str, state: &str, at: Timestamp, counts: [i64; 4]) -> Result<u64, StoreError> {
    let [residents, households, protections, refused] = counts;
    tx.execute(
        "UPDATE import_runs SET state = $1, finished_at = $2, residents = $3, households = $4, protections = $5, \
         refused = $6 WHERE id = $7 AND state = 'staging'",
        &[state.into(), at.into(), residents.into(), households.into(), protections.into(), refused.into(), id.into()],
    )
}

/// Those whom the new load does not mention at all leave into history.
fn note_the_vanished(context: &Context<'_>, run: &Run) -> Result<(), ImportError> {
    const VANISHED: &str = "SELECT o.resident_id, (SELECT COUNT(*) FROM residents n WHERE n.generation = $1 \
        AND n.resident_id = o.resident_id) FROM residents o WHERE o.generation = $2 AND o.resident_id > $3 \
        ORDER BY o.resident_id LIMIT 500";
    let mut after = String::new();
    loop {
        let (from, run, now) = (after.clone(), run.clone(), run.began);
        let last = context.store.write(move |tx| -> Result<Option<String>, ImportError> {
            let page = tx.query(VANISHED, &[run.generation.into(), run.shown.into(), from.as_str().into()])?;
            for row in &page {
                if row.int(1)? == 0 {
                    let id = row.text(0)?;
                    tx.queue(rows::INTO_HISTORY, &into_history(&run, now, id, Vec::new()))?;
                }
            }
            page.last().map(|row| Ok(row.text(0)?.to_owned())).transpose()
        })?;
        match last {
            Some(id) => after = id,
            None => return Ok(()),
        }
    }
}

/// The parameters of [`rows::INTO_HISTORY`] for a load.
pub(super) fn into_history(run: &Run, now: Timestamp, resident: &str, content: Vec<u8>) -> Vec<Value> {
    vec![
        run.generation.into(),
        now.into(),
        run.position.into(),
        "full_load".into(),
        run.shown.into(),
        resident.into(),
        content.into(),
    ]
}

/// The one short write after which everyone sees the load.
fn switch(context: &Context<'_>, run: &Run, now: Timestamp) -> Result<(), ImportError> {
    let (run, counts) = (run.clone(), counts(context));
    let (source, seams, actor) = (context.set.source.clone(), context.seams.clone(), context.options.actor.clone());
    context.store.write(move |tx| -> Result<(), ImportError> {
        let shown = shown_generation(tx)?;
        if shown != run.shown || settle_in(tx, &run.id, "switched", now, counts)? == 0 {
            return Err(ImportError::Overtaken);
        }
        access::bulk(tx, &seams, &actor, &Purpose::new(Duty::Register), &DECLARATION)?;
        let (register_source, register_position) = feed(tx)?;
        let same_source = source.as_ref().is_none_or(|source| source.name == register_source);
        if shown > 0 && same_source && run.position < register_position {
            changes::require_all_between(tx, run.position, register_position)?;
        }
        tx.execute("UPDATE import_runs SET switched_at = $2 WHERE id = $1", &[run.id.as_str().into(), now.into()])?;
        tx.execute("UPDATE register_generation SET generation = $1 WHERE id = 1", &[run.generation.into()])?;
        tx.execute(
            "UPDATE import_runs SET state = 'replaced' WHERE generation = $1 AND state = 'switched'",
            &[shown.into()],
        )?;
        if same_source || shown == 0 {
            tx.execute("UPDATE register_feed SET position = $1 WHERE id = 1", &[run.position.into()])?;
        } else {
            // Another system has taken over: its positions mean nothing to the old ones.
            tx.execute("DELETE FROM register_changes", &[])?;
            tx.execute(
                "UPDATE register_feed SET position = $1, source_position = $1, heartbeat = NULL WHERE id = 1",
                &[run.position.into()],
            )?;
        }
        changes::rewind(tx, run.position)?;
        if let Some(source) = &source {
            crate::register::record_heartbeat(tx, &source.name, source.position, source.taken_at, now)?;
        }
        Ok(())
    })
}
