//! Inside: bringing lists in, withdrawing, putting back.

use base::{Date, Id, Seams, Timestamp};
use store::{Row, StoreError, Tx};
use wire::events::{Read, read_csv, read_feed, read_icalendar};

use super::{CityEvent, shown};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::relay::RelayError;
use crate::zone::Inside;

/// Events written in one transaction.
const STEP: usize = 100;
/// Refused rows that are kept for reading.
const MOST_REFUSALS: usize = 500;
/// Files shown.
const PAST: i64 = 20;

/// What kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A list (推奨データセット「イベント一覧」).
    Csv,
    /// iCalendar (RFC 5545).
    ICalendar,
    /// RSS or Atom.
    Feed,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Csv, Self::ICalendar, Self::Feed];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::ICalendar => "icalendar",
            Self::Feed => "feed",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    fn read(self, bytes: &[u8]) -> Read {
        match self {
            Self::Csv => read_csv(bytes),
            Self::ICalendar => read_icalendar(bytes),
            Self::Feed => read_feed(bytes),
        }
    }
}

/// What came of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Imported {
    /// Its id: under it stand the rows that were refused.
    pub id: Id,
    /// New events.
    pub added: u32,
    /// Events that were known and say something else now.
    pub changed: u32,
    /// Events that say what they said before.
    pub unchanged: u32,
    /// Rows that were not taken.
    pub refused: u32,
}

/// Brings a list in under its name. Brought again, it doubles nothing; killed in the middle, it goes on when it is brought
/// again.
///
/// # Errors
/// [`RelayError`].
pub fn import(inside: &Inside, actor: &Actor, source: &str, kind: Kind, bytes: &[u8]) -> Result<Imported, RelayError> {
    let Read { events, faults } = kind.read(bytes);
    let refused = u32::try_from(faults.len()).unwrap_or(u32::MAX);
    let mut done = Imported { id: inside.seams.random_id(), added: 0, changed: 0, unchanged: 0, refused };
    let mut events = events.into_iter().map(|event| CityEvent::of(source, event)).peekable();
    while events.peek().is_some() {
        let step: Vec<CityEvent> = events.by_ref().take(STEP).collect();
        let (seams, source) = (inside.seams.clone(), source.to_owned());
        let (added, changed, unchanged) =
            inside.store.write::<_, RelayError, _>(move |tx| keep(tx, &seams, &source, &step))?;
        done.added += added;
        done.changed += changed;
        done.unchanged += unchanged;
    }
    let (seams, source, actor) = (inside.seams.clone(), source.to_owned(), actor.clone());
    inside.store.write::<_, StoreError, _>(move |tx| {
        tx.execute(
            "INSERT INTO city_event_imports (import_id, source, kind, by_actor, at, added, changed, unchanged, refused) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                done.id.into(),
                source.as_str().into(),
                kind.word().into(),
                actor.key().as_str().into(),
                seams.now().into(),
                i64::from(done.added).into(),
                i64::from(done.changed).into(),
                i64::from(done.unchanged).into(),
                i64::from(done.refused).into(),
            ],
        )?;
        for (place, fault) in faults.iter().take(MOST_REFUSALS).enumerate() {
            tx.queue(
                "INSERT INTO city_event_refusals (import_id, place, line, field, reason) VALUES ($1, $2, $3, $4, $5)",
                &[
                    done.id.into(),
                    i64::try_from(place).unwrap_or(i64::MAX).into(),
                    i64::try_from(fault.row).unwrap_or(i64::MAX).into(),
                    fault.field.japanese().into(),
                    fault.reason.japanese().as_str().into(),
                ],
            )?;
        }
        let (added, changed) = (done.added.to_string(), done.changed.to_string());
        let details = [("list", source.as_str()), ("added", &added), ("changed", &changed)];
        audit::append(tx, &seams, &actor, Event::EventsImported, &details)?;
        Ok(())
    })?;
    Ok(done)
}

/// Keeps a step of a list and tells the outside what is new in it.
fn keep(tx: &mut Tx<'_>, seams: &Seams, source: &str, step: &[CityEvent]) -> Result<(u32, u32, u32), RelayError> {
    let (now, today) = (seams.now(), seams.today());
    let (mut added, mut changed, mut unchanged) = (0, 0, 0);
    let mut news = Vec::new();
    for event in step {
        let content = serde_json::json!(event).to_string();
        let before = tx.query_one(
            "SELECT content, withdrawn_at FROM city_events WHERE event_key = $1",
            &[event.key.as_str().into()],
        )?;
        let is_withdrawn = match &before {
            Some(row) if row.text(0)? == content => {
                unchanged += 1;
                continue;
            }
            Some(row) => {
                changed += 1;
                row.opt_timestamp(1)?.is_some()
            }
            None => {
                added += 1;
                false
            }
        };
        let last = event.last_on(today);
        tx.execute(
            "INSERT INTO city_events (event_key, source, content, last_on, changed_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (event_key) DO UPDATE SET content = excluded.content, last_on = excluded.last_on, \
             changed_at = excluded.changed_at",
            &[
                event.key.as_str().into(),
                source.into(),
                content.as_str().into(),
                last.to_string().as_str().into(),
                now.into(),
            ],
        )?;
        news.push(shown::Told { event: event.clone(), last_on: last, is_withdrawn, changed_at: now.micros() });
    }
    shown::tell(tx, seams, news)?;
    Ok((added, changed, unchanged))
}

/// An event as officers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The event.
    pub event: CityEvent,
    /// Which list it came with.
    pub source: String,
    /// Since when it is not shown.
    pub withdrawn_at: Option<Timestamp>,
}

fn listed(row: &Row) -> Result<Listed, StoreError> {
    let event = serde_json::from_str(row.text(0)?).map_err(|_| StoreError::Column { column: 0, wanted: "an event" })?;
    Ok(Listed { event, source: row.text(1)?.to_owned(), withdrawn_at: row.opt_timestamp(2)? })
}

/// Events from `today` on, the next first, at most `most`, with how many there are.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, today: Date, most: i64) -> Result<(Vec<Listed>, i64), StoreError> {
    let today = today.to_string();
    let count = tx.query_one("SELECT COUNT(*) FROM city_events WHERE last_on >= $1", &[today.as_str().into()])?;
    let count = count.map_or(Ok(0), |row| row.int(0))?;
    let rows = tx.query(
        "SELECT content, source, withdrawn_at FROM city_events WHERE last_on >= $1 ORDER BY last_on, event_key LIMIT $2",
        &[today.as_str().into(), most.into()],
    )?;
    Ok((rows.iter().map(listed).collect::<Result<_, _>>()?, count))
}

/// Takes an event off the pages, or puts it back. `false` when there is none or it stands so already.
fn set(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, key: &str, is_withdrawn: bool) -> Result<bool, RelayError> {
    let now = seams.now();
    let withdrawn = is_withdrawn.then_some(now);
    let sql = if is_withdrawn {
        "UPDATE city_events SET withdrawn_at = $2, changed_at = $3 WHERE event_key = $1 AND withdrawn_at IS NULL"
    } else {
        "UPDATE city_events SET withdrawn_at = $2, changed_at = $3 WHERE event_key = $1 AND withdrawn_at IS NOT NULL"
    };
    if tx.execute(sql, &[key.into(), withdrawn.into(), now.into()])? == 0 {
        return Ok(false);
    }
    let row =
        tx.query_one("SELECT content, source, withdrawn_at FROM city_events WHERE event_key = $1", &[key.into()])?;
    let Some(found) = row.map(|row| listed(&row)).transpose()? else { return Ok(false) };
    let last_on = found.event.last_on(seams.today());
    shown::tell(tx, seams, vec![shown::Told { event: found.event, last_on, is_withdrawn, changed_at: now.micros() }])?;
    let event = if is_withdrawn { Event::EventWithdrawn } else { Event::EventPutBack };
    audit::append(tx, seams, actor, event, &[("event", key)])?;
    Ok(true)
}

/// Takes an event off the pages.
///
/// # Errors
/// [`RelayError`].
pub fn withdraw(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, key: &str) -> Result<bool, RelayError> {
    set(tx, seams, actor, key, true)
}

/// Puts it back.
///
/// # Errors
/// [`RelayError`].
pub fn put_back(tx: &mut Tx<'_>, seams: &Seams, actor: &Actor, key: &str) -> Result<bool, RelayError> {
    set(tx, seams, actor, key, false)
}

/// A file that was brought in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// What came of it.
    pub done: Imported,
    /// The list's name.
    pub source: String,
    /// What kind of file.
    pub kind: String,
    /// When.
    pub at: Timestamp,
}

/// The newest files.
///
/// # Errors
/// [`StoreError`].
pub fn imports(tx: &mut Tx<'_>) -> Result<Vec<Past>, StoreError> {
    tx.query(
        "SELECT import_id, added, changed, unchanged, refused, source, kind, at FROM city_event_imports \
         ORDER BY at DESC, import_id LIMIT $1",
        &[PAST.into()],
    )?
    .iter()
    .map(|row| {
        let many = |at| row.int(at).map(|many| u32::try_from(many).unwrap_or(u32::MAX));
        let done =
            Imported { id: row.id(0)?, added: many(1)?, changed: many(2)?, unchanged: many(3)?, refused: many(4)? };
        Ok(Past { done, source: row.text(5)?.to_owned(), kind: row.text(6)?.to_owned(), at: row.timestamp(7)? })
    })
    .collect()
}

/// A row that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// The line, or the number of the entry; 0 is the file.
    pub line: i64,
    /// Which part.
    pub field: String,
    /// Why.
    pub reason: String,
}

/// What of a file was refused, in its order.
///
/// # Errors
/// [`StoreError`].
pub fn refused(tx: &mut Tx<'_>, import: Id) -> Result<Vec<RefusedRow>, StoreError> {
    tx.query(
        "SELECT line, field, reason FROM city_event_refusals WHERE import_id = $1 ORDER BY place",
        &[import.into()],
    )?
    .iter()
    .map(|row| Ok(RefusedRow { line: row.int(0)?, field: row.text(1)?.to_owned(), reason: row.text(2)?.to_owned() }))
    .collect()
}
