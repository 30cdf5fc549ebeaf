//! S5 (its mailbox half) and S8's list: a notice to everybody, from the released dispatch to a million boxes in which it
//! can be seen, over the relay, with evidence; and the newest twenty of a box among all of them.
//!
//! | shape | ours | peer |
//! |---|---|---|
//! | one letter into `--size` boxes (default 1,000,000), also a hundredth and a tenth of it | dispatch, relay, evidence, items | the same rows alone, 64 a statement, same store |
//! | newest 20 of random boxes, three letters in each | `items::newest` | - |
//! | newest 20 of one box of thirty years, half put away | `items::newest` | - |
//!
//! Personal parts are not in it: a broadcast's body is stored once.

use std::time::Instant;

use base::{Id, Seams};
use pki::sealed::SealingKey;
use store::testing::TestDatabase;
use store::{StoreError, Tx};
use tools::access::Actor;
use tools::audit::Zone;
use tools::dispatch::{self, Audience, Draft, State, intake, senders, work};
use tools::mailbox::{Body, Importance, LetterId, View, evidence, items};
use tools::portal::{AccountId, Post};
use tools::relay::{Endpoint, InProcess};
use tools::signing::SigningKey;
use tools::{CityProfile, Inside, messages};

use crate::Options;
use crate::report::{Failure, Line};

/// Measures placing and listing.
///
/// # Errors
/// When an engine cannot be opened.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let most = options.size.unwrap_or(1_000_000);
    let mut lines = Vec::new();
    for size in [most / 100, most / 10, most] {
        let database = TestDatabase::on_sqlite();
        lines.extend(engine(&database, size, size == most, 15.0, 0.03)?);
    }
    let parent = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    let cluster = store::testing::cluster::Cluster::start(&parent)?;
    for size in [most / 100, most / 10, most] {
        let database = TestDatabase::on_postgres(&cluster.socket_directory());
        lines.extend(engine(&database, size, size == most, 60.0, 0.1)?);
    }
    Ok(lines)
}

struct City {
    inside: Inside,
    outside: store::Store,
    post: Post,
    near: Endpoint,
    far: Endpoint,
}

fn city(database: &TestDatabase) -> Result<City, Failure> {
    let inside = Inside {
        seams: database.seams.clone(),
        store: database.inside(),
        cards: database.cards(),
        vault: database.vault(),
        profile: std::sync::Arc::new(CityProfile::demo("http://localhost")),
        demo: true,
    };
    let key = |seed: u8| SigningKey::from_seed([seed; 32]).map(std::sync::Arc::new);
    let end = |zone, store, own: u8, other: u8, router| -> Result<Endpoint, Failure> {
        Ok(Endpoint::new(zone, store, database.seams.clone(), key(own)?, vec![key(other)?.public()], router))
    };
    let near = end(Zone::Inside, database.inside(), 1, 2, messages::to_inside())?;
    let far = end(Zone::Outside, database.outside(), 2, 1, messages::to_outside())?;
    let theirs = SealingKey::generate().public().clone();
    let post = Post::new(Zone::Outside, Vec::new(), theirs);
    Ok(City { inside, outside: database.outside(), post, near, far })
}

fn engine(database: &TestDatabase, size: u64, is_all: bool, goal: f64, list_goal: f64) -> Result<Vec<Line>, Failure> {
    let city = city(database)?;
    let accounts = people(&city, size)?;
    let alone = rows_alone(&city, &accounts)?;
    let mut seconds = f64::MAX;
    for round in 0..2 {
        seconds = seconds.min(notice(database, &city, round)?);
    }
    let report = evidence::verify(&city.outside, None)?;
    if !report.is_sound() {
        return Err(format!("the evidence does not verify: {:?}", report.findings).into());
    }
    let name = if database.engine == "sqlite" { "SQLite" } else { "PostgreSQL" };
    let placed = Line {
        work: format!("{name}: a notice into {size} boxes, released until visible, with evidence"),
        ours: format!("{seconds:.1} s"),
        peer: format!("{alone:.1} s (the rows alone)"),
        ratio: Some(alone / seconds),
        goal: if is_all { format!("≤ {goal} s") } else { "context: growth".to_owned() },
        met: is_all.then_some(seconds <= goal),
    };
    let (p50, p95) = newest(&city.outside, &accounts)?;
    let listed = Line {
        work: format!("{name}: newest 20 of a box among {} items", size * 3),
        ours: format!("p50 {:.0} µs, p95 {:.0} µs", p50 * 1e6, p95 * 1e6),
        peer: "-".to_owned(),
        ratio: None,
        goal: format!("p50 ≤ {:.0} µs, p95 ≤ 50 ms", list_goal * 1e3),
        met: Some(p50 <= list_goal / 1e3 && p95 <= 0.05),
    };
    let deep = deep(&city)?;
    let mut lines = vec![placed, listed];
    if is_all {
        lines.push(Line {
            work: format!("{name}: newest 20 of one box of {DEEP} letters, half of them put away"),
            ours: format!("p50 {:.0} µs, p95 {:.0} µs", deep.0 * 1e6, deep.1 * 1e6),
            peer: "-".to_owned(),
            ratio: None,
            goal: "p95 ≤ 50 ms".to_owned(),
            met: Some(deep.1 <= 0.05),
        });
    }
    Ok(lines)
}

/// Letters in the box of somebody who never removes any: thirty years of them.
const DEEP: u32 = 5_000;

/// A box with many letters, the newest of which were put away: the list passes over them.
fn deep(city: &City) -> Result<(f64, f64), Failure> {
    let (account, seams) = (AccountId::fresh(&city.inside.seams), city.inside.seams.clone());
    city.outside.write::<_, StoreError, _>(move |tx| {
        for number in 0..DEEP {
            let letter = LetterId::fresh(&seams);
            tx.queue(
                "INSERT INTO mailbox_letters (letter_id, sender, sender_kind, sender_name, importance, letter_class, delivery, \
                 title, body, body_hash, sent_at) VALUES ($1, 'bench', 'city', 'bench', 'news', 'news', 'free', 'x', '{}', $2, $3)",
                &[letter.into(), [0_u8; 32].as_slice().into(), seams.now().into()],
            )?;
            let away = (number >= DEEP / 2).then(|| seams.now());
            tx.queue(
                "INSERT INTO mailbox_items (account_id, letter_id, placed_at, archived_at) VALUES ($1, $2, $3, $4)",
                &[account.into(), letter.into(), seams.now().into(), away.into()],
            )?;
        }
        Ok(())
    })?;
    let mut times = Vec::new();
    for _ in 0..500 {
        let begun = Instant::now();
        let lines = city.outside.read::<_, StoreError, _>(|tx| items::newest(tx, account, View::Box, None))?;
        times.push(begun.elapsed().as_secs_f64());
        if lines.len() != 20 {
            return Err(format!("a box shows {} letters", lines.len()).into());
        }
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], times[times.len() * 95 / 100]))
}

/// Links without anybody behind them.
fn people(city: &City, size: u64) -> Result<Vec<AccountId>, Failure> {
    let seams = Seams::system();
    let accounts: Vec<AccountId> = (0..size).map(|_| AccountId::fresh(&seams)).collect();
    let now = city.inside.seams.now();
    for (piece, number) in accounts.chunks(10_000).zip(0_u64..) {
        let piece = piece.to_vec();
        city.inside.store.write::<_, StoreError, _>(move |tx| {
            for (account, line) in piece.iter().zip(0_u64..) {
                tx.queue(
                    "INSERT INTO portal_links (account_id, resident_id, linked_at, linked_by, told_state, told_at) \
                     VALUES ($1, $2, $3, 'card', 'open', $3)",
                    &[(*account).into(), format!("R-{:09}", number * 10_000 + line).into(), now.into()],
                )?;
            }
            Ok(())
        })?;
    }
    Ok(accounts)
}

/// The peer: the same rows, as fast as the store takes them, without dispatch, relay or evidence.
fn rows_alone(city: &City, accounts: &[AccountId]) -> Result<f64, Failure> {
    let letter = LetterId::fresh(&city.inside.seams);
    let now = city.inside.seams.now();
    let mut sorted = accounts.to_vec();
    sorted.sort_unstable();
    let begun = Instant::now();
    for piece in sorted.chunks(20_000) {
        let piece = piece.to_vec();
        city.outside.write::<_, StoreError, _>(move |tx| items::place_many(tx, now, letter, &piece, 0))?;
    }
    Ok(begun.elapsed().as_secs_f64())
}

/// One notice to everybody; seconds from its release.
fn notice(database: &TestDatabase, city: &City, round: u32) -> Result<f64, Failure> {
    let draft = Draft {
        title: format!("大雨のお知らせ {round}"),
        importance: Importance::Emergency,
        class: "emergency".to_owned(),
        delivery: None,
        body: Body::plain("高台へ避難してください。"),
        action: None,
        due_on: None,
        paper_after: None,
        reason: None,
        audience: Audience::Everybody,
    };
    let seams = database.seams.clone();
    let id: Id = city.inside.store.write::<_, dispatch::DispatchError, _>(move |tx: &mut Tx<'_>| {
        let by = Actor::System { job: "bench" };
        senders::approve(tx, &seams, &by, "crisis", "危機管理課", true)?;
        let one = intake::open(tx, &seams, "crisis", &draft.title, &draft)?;
        intake::complete(tx, one.id)?;
        Ok(one.id)
    })?;
    let begun = Instant::now();
    let seams = database.seams.clone();
    city.inside.store.write::<_, dispatch::DispatchError, _>(move |tx| {
        dispatch::release(tx, &seams, &Actor::System { job: "bench" }, id)
    })?;
    // The letter goes two seconds ahead of its recipients; those are added to what is told.
    database.clock.advance_seconds(2);
    loop {
        let looked_at = work::step(&city.inside, &city.post)?;
        city.near.pump(&InProcess(&city.far))?;
        if looked_at == 0 {
            break;
        }
    }
    let seconds = begun.elapsed().as_secs_f64() + 2.0;
    let one = city.inside.store.read::<_, StoreError, _>(|tx| dispatch::get(tx, id))?;
    match one {
        Some(one) if one.state == State::Done && one.placed == one.total => Ok(seconds),
        _ => Err("the notice did not reach everybody".into()),
    }
}

fn newest(store: &store::Store, accounts: &[AccountId]) -> Result<(f64, f64), Failure> {
    let mut times = Vec::new();
    for number in 0..2_000_usize {
        let account = accounts[number.wrapping_mul(0x9E37_79B9) % accounts.len()];
        let begun = Instant::now();
        let lines = store.read::<_, StoreError, _>(|tx| items::newest(tx, account, View::Box, None))?;
        times.push(begun.elapsed().as_secs_f64());
        if lines.len() != 2 {
            return Err(format!("a box shows {} letters", lines.len()).into());
        }
    }
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], times[times.len() * 95 / 100]))
}
