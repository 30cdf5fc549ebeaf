//! How events come to the outside, and what is shown there.

use base::{Date, Seams};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::CityEvent;
use crate::relay::{HandleError, Message, RelayError, Zone, send};

/// The kind of relay message: some events, as they stand now.
pub const BATCH: &str = "city_events";
/// Bytes after which a batch is sent: far below what a message may have.
const BATCH_BYTES: usize = 256 << 10;
/// Days an event that is over is kept, so that what arrives late finds it.
const KEEP_DAYS: i64 = 60;

/// An event on its way.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Told {
    pub event: CityEvent,
    pub last_on: Date,
    pub is_withdrawn: bool,
    pub changed_at: i64,
}

/// Inside: sends them in the transaction of their cause.
pub(super) fn tell(tx: &mut Tx<'_>, seams: &Seams, news: Vec<Told>) -> Result<(), RelayError> {
    let mut batch: Vec<String> = Vec::new();
    let mut bytes = 0;
    for one in news {
        let text = serde_json::json!(one).to_string();
        if bytes + text.len() > BATCH_BYTES && !batch.is_empty() {
            send(tx, seams, Zone::Outside, BATCH, format!("[{}]", batch.join(",")).as_bytes())?;
            (batch, bytes) = (Vec::new(), 0);
        }
        bytes += text.len();
        batch.push(text);
    }
    if !batch.is_empty() {
        send(tx, seams, Zone::Outside, BATCH, format!("[{}]", batch.join(",")).as_bytes())?;
    }
    Ok(())
}

/// Outside: the relay's handler. An older state that comes late changes nothing.
///
/// # Errors
/// [`HandleError`].
pub fn receive(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let news: Vec<Told> =
        serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("events of the city"))?;
    for Told { event, last_on, is_withdrawn, changed_at } in news {
        let content = serde_json::json!(event).to_string();
        tx.execute(
            "INSERT INTO public_events (event_key, content, last_on, is_withdrawn, changed_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (event_key) DO UPDATE SET content = excluded.content, last_on = excluded.last_on, \
             is_withdrawn = excluded.is_withdrawn, changed_at = excluded.changed_at \
             WHERE public_events.changed_at <= excluded.changed_at",
            &[
                event.key.as_str().into(),
                content.as_str().into(),
                last_on.to_string().as_str().into(),
                i64::from(is_withdrawn).into(),
                changed_at.into(),
            ],
        )?;
    }
    Ok(())
}

fn read(row: &store::Row) -> Result<CityEvent, StoreError> {
    serde_json::from_str(row.text(0)?).map_err(|_| StoreError::Column { column: 0, wanted: "an event" })
}

/// Outside: what is still to come, the next first.
///
/// # Errors
/// [`StoreError`].
pub fn upcoming(tx: &mut Tx<'_>, today: Date) -> Result<Vec<CityEvent>, StoreError> {
    let rows = tx.query(
        "SELECT content FROM public_events WHERE last_on >= $1 AND is_withdrawn = 0 ORDER BY last_on, event_key",
        &[today.to_string().as_str().into()],
    )?;
    let mut all = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    // Those without a day come last: nobody knows when.
    all.sort_by_key(|event| (event.starts.is_none(), event.starts));
    Ok(all)
}

/// Outside: one, over or still to come.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, key: &str) -> Result<Option<CityEvent>, StoreError> {
    let sql = "SELECT content FROM public_events WHERE event_key = $1 AND is_withdrawn = 0";
    tx.query_one(sql, &[key.into()])?.map(|row| read(&row)).transpose()
}

/// Outside: forgets what has been over for long.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, today: Date) -> Result<u64, StoreError> {
    let before = today.plus_days(-KEEP_DAYS).to_string();
    tx.execute("DELETE FROM public_events WHERE last_on < $1", &[before.as_str().into()])
}
