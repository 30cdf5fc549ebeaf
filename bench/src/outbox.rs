//! S5: taking messages to residents out of the queue and writing down that they were told: rows a second, with lease, checks
//! and counters, against the same rows only marked.

use std::sync::Arc;
use std::time::Instant;

use base::Seams;
use messaging::{TeaserKind, Urgency};
use store::testing::TestDatabase;
use store::{Store, StoreError};
use tools::channels;
use tools::portal::AccountId;
use tools::{CityProfile, Outside};

use crate::Options;
use crate::report::{Failure, Line};

/// Rows a second.
const GOAL: f64 = 20_000.0;
/// Rows claimed at once, as the sender does.
const BATCH: i64 = 200;

/// Measures claiming on both engines.
///
/// # Errors
/// When an engine cannot be opened.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let size = options.size.unwrap_or(100_000);
    let mut lines = Vec::new();
    let embedded = TestDatabase::on_sqlite();
    lines.push(engine(&embedded, size, true)?);
    let parent = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    let cluster = store::testing::cluster::Cluster::start(&parent)?;
    lines.push(engine(&TestDatabase::on_postgres(&cluster.socket_directory()), size, false)?);
    Ok(lines)
}

fn engine(database: &TestDatabase, size: u64, is_goal: bool) -> Result<Line, Failure> {
    let outside = Outside {
        seams: database.seams.clone(),
        store: database.outside(),
        vault: database.outside_vault(),
        profile: Arc::new(CityProfile::demo("https://portal.city.example")),
    };
    people(&outside, size)?;
    while channels::expand(&outside)? > 0 {}
    let start = Instant::now();
    let mut done = 0;
    loop {
        let ended = channels::claim_and_finish(&outside, BATCH)?;
        if ended == 0 {
            break;
        }
        done += ended;
    }
    let ours = done as f64 / start.elapsed().as_secs_f64();
    if done as u64 != size {
        return Err(format!("{done} of {size} rows were claimed").into());
    }
    let alone = marked(&outside.store, size)?;
    let name = if database.engine == "sqlite" { "SQLite" } else { "PostgreSQL" };
    Ok(Line {
        work: format!("{name}: {size} messages claimed by {BATCH} under a lease and ended"),
        ours: format!("{ours:.0}/s"),
        peer: format!("{alone:.0}/s (the rows only marked, twice)"),
        ratio: Some(ours / alone),
        goal: if is_goal { format!("≥ {GOAL:.0}/s") } else { "context".to_owned() },
        met: is_goal.then_some(ours >= GOAL),
    })
}

/// Open accounts with one browser each, all to be told of one emergency: no quiet hours stand in the way.
fn people(outside: &Outside, size: u64) -> Result<(), Failure> {
    let (random, now) = (Seams::system(), outside.seams.now());
    let campaign = random.random_id();
    let accounts: Vec<AccountId> = (0..size).map(|_| AccountId::fresh(&random)).collect();
    for piece in accounts.chunks(5_000) {
        let (piece, random, seams) = (piece.to_vec(), random.clone(), outside.seams.clone());
        outside.store.write::<_, StoreError, _>(move |tx| {
            for account in &piece {
                tx.queue(
                    "INSERT INTO portal_accounts (account_id, state, state_since, made_at) VALUES ($1, 'open', $2, $2)",
                    &[(*account).into(), now.into()],
                )?;
                tx.queue(
                    "INSERT INTO channel_addresses (address_id, account_id, channel, hash_key, hash, sealed, status, notices, \
                     code_tries, soft_days, added_at) VALUES ($1, $2, 'push', 1, $3, $4, 'live', 1, 0, '', $5)",
                    &[
                        random.random_id().into(),
                        (*account).into(),
                        account.id().bytes().as_slice().into(),
                        [0_u8; 220].as_slice().into(),
                        now.into(),
                    ],
                )?;
            }
            let told = (campaign, Urgency::Emergency, TeaserKind::Notice, "/portal/letters");
            channels::hand_over_all(tx, &seams, told, &piece)
        })?;
    }
    Ok(())
}

/// The peer: the same rows under a lease and ended by two statements a batch, with nothing looked at.
fn marked(store: &Store, size: u64) -> Result<f64, Failure> {
    store.write::<_, StoreError, _>(|tx| {
        tx.execute("UPDATE channel_outbox SET state = 'waiting', due_at = 0, lease = NULL, done_at = NULL", &[])
    })?;
    let random = Seams::system();
    let start = Instant::now();
    loop {
        let lease = random.random_id();
        let taken = store.write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "UPDATE channel_outbox SET lease = $1, due_at = 1 WHERE item_id IN (SELECT item_id FROM channel_outbox \
                 WHERE lane = 0 AND due_at <= 0 ORDER BY due_at LIMIT $2)",
                &[lease.into(), BATCH.into()],
            )
        })?;
        if taken == 0 {
            break;
        }
        store.write::<_, StoreError, _>(move |tx| {
            let sql =
                "UPDATE channel_outbox SET state = 'told', due_at = NULL, lease = NULL, done_at = 1 WHERE lease = $1";
            tx.execute(sql, &[lease.into()])
        })?;
    }
    Ok(size as f64 / start.elapsed().as_secs_f64())
}
