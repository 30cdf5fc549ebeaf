//! S2, its part for trust: what it costs to open one record (disclosure row and chained audit entry), against writing
//! the same disclosure row alone; and how fast the log is signed and checked.
//!
//! | shape | ours | peer |
//! |---|---|---|
//! | SQLite, 16 clients | `access::person` in a transaction of its own | the row alone, same store |
//! | PostgreSQL, 16 clients | the same: chains must not make writers wait | the row alone, same store |
//! | sign, verify | all entries written before | - |

use access::{Actor, Duty, Purpose, ResidentId};
use base::Seams;
use store::testing::TestDatabase;
use store::testing::cluster::Cluster;
use store::{Database, Store, StoreConfig, StoreError};
use tools::access;
use tools::audit::{self, Zone};
use tools::signing::SigningKey;

use crate::Options;
use crate::clients::{Seen, drive};
use crate::report::{Failure, Line, cpu_seconds};

/// The share of the plain row's rate that must be left. Our own goal: an issue makes two or three entries, and two
/// thirds of so small a cost is far below a hundredth of the issue.
const GOAL: f64 = 0.33;

/// Measures the cost of trust.
///
/// # Errors
/// When an engine cannot be opened.
pub fn run(options: &Options) -> Result<Vec<Line>, Failure> {
    let parent = options.directory.clone().unwrap_or_else(std::env::temp_dir);
    let directory = tempfile::tempdir_in(&parent)?;
    let store = Store::open(&StoreConfig::sqlite(Database::Inside, directory.path()), Seams::system())?;
    let mut lines = engine(options, &store, "SQLite")?;
    drop(store);
    let cluster = Cluster::start(&parent)?;
    let database = TestDatabase::on_postgres(&cluster.socket_directory());
    let config = StoreConfig { connections: 16, ..database.config(Database::Inside) };
    lines.extend(engine(options, &Store::open(&config, Seams::system())?, "PostgreSQL")?);
    Ok(lines)
}

fn engine(options: &Options, store: &Store, name: &str) -> Result<Vec<Line>, Failure> {
    let plain = drive(16, options.seconds, &cpu_seconds, |client| Ok(row_alone(store.clone(), client)))?.seen();
    store.write::<_, StoreError, _>(|tx| tx.execute("DELETE FROM disclosure", &[]))?;
    let ours = drive(16, options.seconds, &cpu_seconds, |_| Ok(opening(store.clone())))?.seen();
    let ratio = ours.per_second / plain.per_second;
    let mut lines = vec![Line {
        work: format!("{name}: open a record, 16 clients"),
        ours: told(ours),
        peer: format!("{} (the row alone)", told(plain)),
        ratio: Some(ratio),
        goal: format!("≥ {GOAL}"),
        met: Some(ratio >= GOAL),
    }];
    let (seams, key) = (Seams::system(), SigningKey::from_seed([1; 32])?);
    let begun = std::time::Instant::now();
    audit::make_head(store, &seams, Zone::Inside, &key)?;
    let signed = begun.elapsed().as_secs_f64();
    let begun = std::time::Instant::now();
    let report = audit::verify(store, Zone::Inside, &[key.public()], None)?;
    let checked = begun.elapsed().as_secs_f64();
    if !report.is_sound() {
        return Err(format!("the log does not verify: {report}").into());
    }
    let rate = |seconds: f64| format!("{:.0} entries/s", report.entries as f64 / seconds);
    for (work, seconds) in [("sign a head", signed), ("verify the log", checked)] {
        lines.push(Line {
            work: format!("{name}: {work} over {} entries in {} chains", report.entries, report.chains),
            ours: rate(seconds),
            peer: "-".to_owned(),
            ratio: None,
            goal: "context".to_owned(),
            met: None,
        });
    }
    Ok(lines)
}

fn told(seen: Seen) -> String {
    format!("{:.0}/s, p99 {:.1} ms, {:.0} µs of our CPU", seen.per_second, seen.p99 / 1000.0, seen.cpu)
}

fn opening(store: Store) -> impl FnMut(u64) -> Result<(), Failure> {
    let seams = Seams::system();
    move |number| {
        let seams = seams.clone();
        Ok(store.write::<_, access::AccessError, _>(move |tx| {
            let subject = ResidentId::parse(&format!("R-{:06}", number % 100_000))
                .map_err(|_| access::AccessError::NotCovered)?;
            let actor = Actor::System { job: "bench" };
            access::person(tx, &seams, &actor, &Purpose::new(Duty::CertificateSelf), &subject).map(drop)
        })?)
    }
}

fn row_alone(store: Store, client: u64) -> impl FnMut(u64) -> Result<(), Failure> {
    let seams = Seams::system();
    move |number| {
        let (id, now) = (seams.time_ordered_id(), seams.now());
        Ok(store.write::<_, StoreError, _>(move |tx| {
            tx.queue(
                "INSERT INTO disclosure (id, kind, subject, at, actor_class, actor, duty, items, visible, everyone, chain,
                                         position, salt)
                 VALUES ($1, 'person', $2, $3, 'system', 'system:bench', 'certificate.self',
                         'name,birth_date,sex,address', 'now', 0, $4, $5, $6)",
                &[
                    id.into(),
                    format!("R-{:06}", number % 100_000).into(),
                    now.into(),
                    format!("main-{client:02}").into(),
                    (number as i64).into(),
                    vec![0u8; 16].into(),
                ],
            )
        })?)
    }
}
