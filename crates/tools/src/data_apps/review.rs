//! Inside: officers review apps. Each decision is told to the outside and written into the audit log. What lets an app at
//! real people (admitting it, or taking another wording of a live one) one officer proposes and another confirms.

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
    /// What one officer proposed and another must confirm.
    pub proposed: Option<Proposed>,
    /// What the app asks to be registered as from now on, and when it asked.
    pub changed: Option<(Registration, Timestamp)>,
}

/// What an officer decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Where it stands from now on.
    State(AppState),
    /// The change it asked for is taken.
    TakeChange,
    /// The change it asked for is not taken.
    LeaveChange,
}

impl Decision {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::State(state) => state.word(),
            Self::TakeChange => "take-change",
            Self::LeaveChange => "leave-change",
        }
    }

    /// From the word of a form.
    pub fn from_word(word: &str) -> Option<Self> {
        let states = AppState::ALL.iter().copied().map(Self::State);
        states.chain([Self::TakeChange, Self::LeaveChange]).find(|one| one.word() == word)
    }

    /// Whether two officers are needed.
    const fn needs_two(self, stands: AppState) -> bool {
        match self {
            Self::State(AppState::Live) => true,
            Self::TakeChange => matches!(stands, AppState::Live | AppState::Suspended),
            _ => false,
        }
    }
}

/// What one officer proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// What.
    pub decision: Decision,
    /// Why, in their words.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Who: an actor's key.
    by: String,
}

/// What became of an officer's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Became {
    /// It is decided.
    Decided,
    /// It waits for a second officer.
    Proposed,
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

/// Takes [`super::registry::CHANGED`]. A newer one takes the place of one nobody has decided, and what was proposed for that
/// falls away.
///
/// # Errors
/// [`HandleError`].
pub fn receive_changed(tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
    let told: Applied = serde_json::from_slice(&message.body).map_err(|_| HandleError::Malformed("an app"))?;
    told.registration.check().map_err(|_| HandleError::Malformed("an app's registration"))?;
    tx.execute(
        "UPDATE data_app_reviews SET changed = $2, changed_at = $3, proposed_state = NULL, proposed_by = NULL, \
         proposed_reason = NULL, proposed_at = NULL WHERE client_id = $1 AND (changed_at IS NULL OR changed_at < $3)",
        &[(&told.client_id).into(), serde_json::json!(told.registration).to_string().into(), told.applied_at.into()],
    )?;
    Ok(())
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT client_id, state, content, applied_at, decided_at, reason, proposed_state, proposed_reason, proposed_at, \
             proposed_by, changed, changed_at FROM data_app_reviews ",
            $rest
        )
    };
}

fn read(row: &Row) -> Result<Review, StoreError> {
    let proposed = match (row.opt_text(6)?.and_then(Decision::from_word), row.opt_timestamp(8)?) {
        (Some(decision), Some(at)) => Some(Proposed {
            decision,
            reason: row.opt_text(7)?.unwrap_or_default().to_owned(),
            at,
            by: row.opt_text(9)?.unwrap_or_default().to_owned(),
        }),
        _ => None,
    };
    let changed = row.opt_text(10)?.and_then(|text| serde_json::from_str(text).ok()).zip(row.opt_timestamp(11)?);
    Ok(Review {
        proposed,
        changed,
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
        select!(
            "ORDER BY CASE WHEN state = 'applied' OR changed IS NOT NULL OR proposed_state IS NOT NULL \
             THEN 0 ELSE 1 END, applied_at DESC LIMIT 500"
        ),
        &[],
    )?;
    rows.iter().map(read).collect()
}

/// The app of this name.
///
/// # Errors
/// [`StoreError`].
pub fn find(tx: &mut Tx<'_>, client_id: &str) -> Result<Option<Review>, StoreError> {
    let row = tx.query_one(select!("WHERE client_id = $1"), &[client_id.into()])?;
    row.map(|row| read(&row)).transpose()
}

/// An officer decides, with a reason for colleagues; or proposes, where a second one must confirm.
///
/// # Errors
/// [`AppsError::State`] when the app's state does not allow it; [`AppsError::SameOfficer`] for whoever confirms themselves.
pub fn decide(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    client_id: &str,
    decision: Decision,
    reason: &str,
) -> Result<Became, AppsError> {
    let found = find(tx, client_id)?.ok_or(AppsError::State)?;
    let (state, registration) = match (decision, &found.changed) {
        (Decision::State(state), _) if found.state.next().contains(&state) => (state, None),
        (Decision::TakeChange, Some((changed, _))) if found.state.is_known() => (found.state, Some(changed.clone())),
        (Decision::LeaveChange, Some(_)) => (found.state, None),
        _ => return Err(AppsError::State),
    };
    if decision.needs_two(found.state) {
        match &found.proposed {
            Some(proposed) if proposed.decision != decision => {
                return propose(tx, seams, by, client_id, decision, reason);
            }
            Some(proposed) if proposed.by == by.key() => return Err(AppsError::SameOfficer),
            Some(_) => {}
            None => return propose(tx, seams, by, client_id, decision, reason),
        }
    }
    // Later than the one before whatever the clock says: the outside goes by it.
    let at =
        found.decided_at.map_or(seams.now(), |before| seams.now().max(Timestamp::from_micros(before.micros() + 1)));
    tx.execute(
        "UPDATE data_app_reviews SET state = $2, decided_at = $3, decided_by = $4, reason = $5, proposed_state = NULL, \
         proposed_by = NULL, proposed_reason = NULL, proposed_at = NULL WHERE client_id = $1",
        &[client_id.into(), state.word().into(), at.into(), by.key().into(), reason.into()],
    )?;
    if let Some(registration) = &registration {
        let content = serde_json::json!(registration).to_string();
        let sql = "UPDATE data_app_reviews SET name = $2, content = $3 WHERE client_id = $1";
        tx.execute(sql, &[client_id.into(), (&registration.name).into(), content.into()])?;
    }
    if matches!(decision, Decision::TakeChange | Decision::LeaveChange) {
        tx.execute("UPDATE data_app_reviews SET changed = NULL WHERE client_id = $1", &[client_id.into()])?;
    }
    let details = [("app", client_id), ("state", decision.word()), ("reason", reason)];
    audit::append(tx, seams, by, Event::DataAppDecided, &details)?;
    if decision != Decision::LeaveChange {
        let body = Decided { client_id: client_id.to_owned(), state, decided_at: at.micros(), registration };
        send(tx, seams, Zone::Outside, DECIDED, serde_json::json!(body).to_string().as_bytes())?;
    }
    Ok(Became::Decided)
}

fn propose(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    client_id: &str,
    decision: Decision,
    reason: &str,
) -> Result<Became, AppsError> {
    tx.execute(
        "UPDATE data_app_reviews SET proposed_state = $2, proposed_by = $3, proposed_reason = $4, proposed_at = $5 \
         WHERE client_id = $1",
        &[client_id.into(), decision.word().into(), by.key().into(), reason.into(), seams.now().into()],
    )?;
    let details = [("app", client_id), ("state", decision.word()), ("reason", reason)];
    audit::append(tx, seams, by, Event::DataAppProposed, &details)?;
    Ok(Became::Proposed)
}
