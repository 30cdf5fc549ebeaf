//! Inside: officers review apps. Each decision is told to the outside and written into the audit log.

use base::{Seams, Timestamp};
use store::{Row, StoreError, Tx};

use super::registry::{Applied, DECIDED, Decided};
use super::{AppState, AppsError, Registration};
use crate::access::Actor;
use crate::audit::{self, Event};
use crate::relay::{HandleError, Message, Zone, send};

/// An app as an officer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// `client_id`.
    pub client_id: String,
    /// Where it stands.
    pub state: AppState,
    /// What was sent in.
    pub registration: Registration,
    /// When it came.
    pub applied_at: Timestamp,
    /// When it was last decided.
    pub decided_at: Option<Timestamp>,
    /// Why, in the officer's words.
    pub reason: Option<String>,
}

/// Takes [`super::registry::APPLIED`].
///
/// # Errors
/// [`HandleError`].
pub fn receive_applied(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let told: Applied = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("an app"))?;
    // The outside checked it; what it lets through is looked at by a person, but never kept when it cannot be drawn.
    told.registration.check().map_err(|_| HandleError::Malformed("an app's registration"))?;
    tx.execute(
        "INSERT INTO data_app_reviews (client_id, state, name, content, applied_at) VALUES ($1, 'applied', $2, $3, $4) \
         ON CONFLICT (client_id) DO NOTHING",
        &[
            (&told.client_id).into(),
            (&told.registration.name).into(),
            serde_json::json!(told.registration).to_string().into(),
            told.applied_at.into(),
        ],
    )?;
    Ok(())
}

fn read(row: &Row) -> Result<Review, StoreError> {
    Ok(Review {
        client_id: row.text(0)?.to_owned(),
        state: AppState::from_word(row.text(1)?),
        registration: serde_json::from_str(row.text(2)?).unwrap_or_default(),
        applied_at: row.timestamp(3)?,
        decided_at: row.opt_timestamp(4)?,
        reason: row.opt_text(5)?.map(str::to_owned),
    })
}

/// Apps, those that wait first, then the newest.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>) -> Result<Vec<Review>, StoreError> {
    let rows = tx.query(
        "SELECT client_id, state, content, applied_at, decided_at, reason FROM data_app_reviews \
         ORDER BY CASE WHEN state = 'applied' THEN 0 ELSE 1 END, applied_at DESC LIMIT 500",
        &[],
    )?;
    rows.iter().map(read).collect()
}

/// The app of this name.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, client_id: &str) -> Result<Option<Review>, StoreError> {
    let row = tx.query_one(
        "SELECT client_id, state, content, applied_at, decided_at, reason FROM data_app_reviews WHERE client_id = $1",
        &[client_id.into()],
    )?;
    row.map(|row| read(&row)).transpose()
}

/// An officer decides, with a reason for colleagues.
///
/// # Errors
/// [`AppsError::State`] when the app's state does not allow it.
pub fn decide(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    client_id: &str,
    state: AppState,
    reason: &str,
) -> Result<(), AppsError> {
    let found = find(tx, client_id)?.ok_or(AppsError::State)?;
    if !found.state.next().contains(&state) {
        return Err(AppsError::State);
    }
    // Later than the one before whatever the clock says: the outside goes by it.
    let at =
        found.decided_at.map_or(seams.now(), |before| seams.now().max(Timestamp::from_micros(before.micros() + 1)));
    tx.execute(
        "UPDATE data_app_reviews SET state = $2, decided_at = $3, decided_by = $4, reason = $5 WHERE client_id = $1",
        &[client_id.into(), state.word().into(), at.into(), by.key().into(), reason.into()],
    )?;
    let details = [("app", client_id), ("state", state.word()), ("reason", reason)];
    audit::append(tx, seams, by, Event::DataAppDecided, &details)?;
    let body = Decided { client_id: client_id.to_owned(), state, decided_at: at.micros() };
    send(tx, seams, Zone::Outside, DECIDED, serde_json::json!(body).to_string().as_bytes())?;
    Ok(())
}
