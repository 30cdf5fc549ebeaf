//! Removing what nobody sees: rows of generations that were replaced or never switched.

use store::{Store, StoreError, Tx};

/// One table's deletion of up to 500 rows of generation `$1`.
const TABLES: &[&str] = &[
    "DELETE FROM residents WHERE generation = $1 AND resident_id IN \
     (SELECT resident_id FROM residents WHERE generation = $1 LIMIT 500)",
    "DELETE FROM households WHERE generation = $1 AND household_id IN \
     (SELECT household_id FROM households WHERE generation = $1 LIMIT 500)",
    "DELETE FROM protections WHERE generation = $1 AND resident_id IN \
     (SELECT resident_id FROM protections WHERE generation = $1 LIMIT 500)",
    "DELETE FROM resident_search WHERE generation = $1 AND (kind, key, resident_id) IN \
     (SELECT kind, key, resident_id FROM resident_search WHERE generation = $1 LIMIT 500)",
];

/// History that a load wrote and that never came to be seen.
const UNSEEN_HISTORY: &str = "DELETE FROM resident_history WHERE generation = $1 AND (resident_id, valid_from, ended_by) \
    IN (SELECT resident_id, valid_from, ended_by FROM resident_history WHERE generation = $1 LIMIT 500)";

/// Generations that may go: neither shown nor being staged nor waiting for `--keep-good`.
const STALE: &str = "SELECT i.generation, i.state FROM import_runs i WHERE i.state IN ('replaced', 'abandoned')";

/// Removes them, 500 rows a transaction. May be stopped and run again at any time. Returns rows removed.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(store: &Store) -> Result<u64, StoreError> {
    let stale = store.read(|tx| {
        let rows = tx.query(STALE, &[])?;
        rows.iter().map(|row| Ok((row.int(0)?, row.text(1)? == "abandoned"))).collect::<Result<Vec<_>, StoreError>>()
    })?;
    let mut removed = 0;
    for (generation, was_never_seen) in stale {
        for sql in TABLES {
            removed += all(store, sql, generation)?;
        }
        if was_never_seen {
            removed += all(store, UNSEEN_HISTORY, generation)?;
        }
        store.write(move |tx: &mut Tx| {
            tx.execute(
                "DELETE FROM import_batches WHERE run IN (SELECT id FROM import_runs WHERE generation = $1)",
                &[generation.into()],
            )?;
            tx.execute("UPDATE import_runs SET state = 'swept' WHERE generation = $1", &[generation.into()])
        })?;
    }
    Ok(removed)
}

fn all(store: &Store, sql: &'static str, generation: i64) -> Result<u64, StoreError> {
    let mut removed = 0;
    loop {
        let now = store.write(move |tx: &mut Tx| tx.execute(sql, &[generation.into()]))?;
        if now == 0 {
            return Ok(removed);
        }
        removed += now;
    }
}
