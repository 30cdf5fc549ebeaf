//! Outside: apps as they were sent in, and what the officers made of them.

use base::{Id, Seams, Timestamp};
use openid::provider::Digest;
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx};

use super::{AppState, AppsError, DataApp, Fault, Registration, agreement, grants};
use crate::consents;
use crate::relay::{HandleError, Message, Zone, send};

/// Outside → inside: an app was sent in.
pub const APPLIED: &str = "data_app_applied";
/// Inside → outside: an officer decided.
pub const DECIDED: &str = "data_app_decided";
/// Outside → inside: an app asks to be registered otherwise.
pub const CHANGED: &str = "data_app_changed";
/// Seconds between two changes an app may ask for. Ours: officers read each.
pub const CHANGE_SECONDS: i64 = 3600;
/// Apps that may wait for their review at once. Our own figure: an office looks at a few a week.
pub const MOST_WAITING: i64 = 200;

/// [`APPLIED`].
#[derive(Serialize, Deserialize)]
pub(super) struct Applied {
    pub client_id: String,
    pub registration: Registration,
    pub applied_at: i64,
}

/// [`DECIDED`].
#[derive(Serialize, Deserialize)]
pub(super) struct Decided {
    pub client_id: String,
    pub state: AppState,
    pub decided_at: i64,
    /// Its registration from now on, when that was decided.
    #[serde(default)]
    pub registration: Option<Registration>,
}

/// Sends an app in. Its `client_id` is new. Check the registration before ([`Registration::check`]).
///
/// # Errors
/// [`AppsError::TooMany`], the database.
pub fn apply(tx: &mut Tx<'_>, seams: &Seams, registration: &Registration) -> Result<String, AppsError> {
    let waiting = tx.query_one("SELECT COUNT(*) FROM data_apps WHERE state = 'applied'", &[])?;
    if waiting.map(|row| row.int(0)).transpose()?.unwrap_or(0) >= MOST_WAITING {
        return Err(AppsError::TooMany);
    }
    let (client_id, now) = (Id::random(&*seams.random).to_string(), seams.now());
    keep(tx, &client_id, registration, AppState::Applied, now)?;
    let body = Applied { client_id: client_id.clone(), registration: registration.clone(), applied_at: now.micros() };
    send(tx, seams, Zone::Inside, APPLIED, serde_json::json!(body).to_string().as_bytes())?;
    Ok(client_id)
}

/// Keeps an app in this state, without telling anybody.
pub(super) fn keep(
    tx: &mut Tx<'_>,
    client_id: &str,
    registration: &Registration,
    state: AppState,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO data_apps (client_id, state, name, content, agreement, applied_at) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            client_id.into(),
            state.word().into(),
            (&registration.name).into(),
            serde_json::json!(registration).to_string().into(),
            registration.agreement(client_id).bytes().as_slice().into(),
            now.into(),
        ],
    )?;
    Ok(())
}

/// An app that tests and demos need in a state at once.
///
/// # Errors
/// [`StoreError`].
pub fn keep_for_tests(
    tx: &mut Tx<'_>,
    seams: &Seams,
    client_id: &str,
    registration: &Registration,
    state: AppState,
) -> Result<(), StoreError> {
    keep(tx, client_id, registration, state, seams.now())
}

const COLUMNS_OF_ONE: &str = "SELECT client_id, state, content, agreement FROM data_apps WHERE client_id = $1";

fn read(row: &Row) -> Result<Option<DataApp>, StoreError> {
    // A registration of another build that cannot be read is an app that is not there.
    let Ok(registration) = serde_json::from_str(row.text(2)?) else { return Ok(None) };
    let Ok(agreement) = row.blob(3)?.try_into() else { return Ok(None) };
    Ok(Some(DataApp {
        client_id: row.text(0)?.to_owned(),
        state: AppState::from_word(row.text(1)?),
        registration,
        agreement: Digest::from_bytes(agreement),
    }))
}

/// The app of this name.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, client_id: &str) -> Result<Option<DataApp>, StoreError> {
    match tx.query_one(COLUMNS_OF_ONE, &[client_id.into()])? {
        Some(row) => read(&row),
        None => Ok(None),
    }
}

/// Asks that an app be registered otherwise. Whose names it shares stays: the names would be others.
///
/// # Errors
/// [`AppsError::Fault`]; [`AppsError::State`] for an app that is no more.
pub fn change(tx: &mut Tx<'_>, seams: &Seams, client_id: &str, registration: &Registration) -> Result<(), AppsError> {
    let found = find(tx, client_id)?.filter(|app| app.state.is_known()).ok_or(AppsError::State)?;
    if found.registration.sector != registration.sector {
        return Err(Fault { field: "sector", reason: "apps-fault-sector-stays" }.into());
    }
    let (now, before) = (seams.now(), seams.now().plus_seconds(-CHANGE_SECONDS));
    let taken = tx.execute(
        "UPDATE data_apps SET change_asked_at = $2 WHERE client_id = $1 \
         AND (change_asked_at IS NULL OR change_asked_at <= $3)",
        &[client_id.into(), now.into(), before.into()],
    )?;
    if taken == 0 {
        return Err(AppsError::TooMany);
    }
    let at = now.micros();
    let body = Applied { client_id: client_id.to_owned(), registration: registration.clone(), applied_at: at };
    send(tx, seams, Zone::Inside, CHANGED, serde_json::json!(body).to_string().as_bytes())?;
    Ok(())
}

/// Takes [`DECIDED`]. An older decision that comes later changes nothing; one that ends an app ends every consent to it, and
/// one that words it otherwise is the agreement's next revision.
///
/// # Errors
/// [`HandleError`].
pub fn receive_decided(tx: &mut Tx<'_>, seams: &Seams, message: &Message) -> Result<(), HandleError> {
    let told: Decided = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("an app's review"))?;
    let changed = tx.execute(
        "UPDATE data_apps SET state = $2, decided_at = $3 WHERE client_id = $1 \
         AND (decided_at IS NULL OR decided_at < $3) AND state <> 'revoked'",
        &[(&told.client_id).into(), told.state.word().into(), told.decided_at.into()],
    )?;
    if changed == 0 {
        return Ok(());
    }
    decided(tx, seams, &told).map_err(|error| match error {
        AppsError::Store(error) => HandleError::Store(error),
        _ => HandleError::Malformed("an app's agreement"),
    })
}

fn decided(tx: &mut Tx<'_>, seams: &Seams, told: &Decided) -> Result<(), AppsError> {
    if let Some(registration) = &told.registration {
        let agreed = registration.agreement(&told.client_id);
        tx.execute(
            "UPDATE data_apps SET name = $2, content = $3, agreement = $4 WHERE client_id = $1",
            &[
                (&told.client_id).into(),
                (&registration.name).into(),
                serde_json::json!(registration).to_string().into(),
                agreed.bytes().as_slice().into(),
            ],
        )?;
        grants::end_all_of(tx, seams.now(), &told.client_id)?;
    }
    match told.state {
        AppState::Revoked => {
            grants::end_all_of(tx, seams.now(), &told.client_id)?;
            consents::end_agreement(tx, seams.now(), &agreement::id_of(&told.client_id))?;
        }
        AppState::Live => {
            if let Some(app) = find(tx, &told.client_id)? {
                match &told.registration {
                    Some(_) => agreement::publish(tx, seams, &app.client_id, &app.registration)?,
                    None => agreement::in_force(tx, seams, &app.client_id, &app.registration)?,
                };
            }
        }
        _ => {}
    }
    Ok(())
}
