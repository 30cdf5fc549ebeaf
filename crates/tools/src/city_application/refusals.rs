//! What the loading desk did not do, and why. Beside the journal of steps: a refusal sends nothing to the card, so no step tells
//! of it.

use base::{Id, Seams, Timestamp};
use store::{StoreError, Tx};

use crate::access::Actor;
use crate::audit::{self, Event};

/// Something that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// With which card; `None` where it is none of this city's, or nobody could tell.
    pub card: Option<Id>,
    /// What was asked: `look`, `load`, `update`, `delete`.
    pub deed: String,
    /// The key of the sentence that was said.
    pub why: String,
    /// At which terminal.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// Writes a refusal down, here and into the audit log.
///
/// # Errors
/// The database.
pub fn note(
    tx: &mut Tx<'_>,
    seams: &Seams,
    by: &Actor,
    card: Option<Id>,
    deed: &str,
    why: &str,
) -> Result<(), StoreError> {
    let shown = card.map(|card| card.to_string());
    tx.execute(
        "INSERT INTO city_application_refusals (refusal_id, card_id, deed, why, actor, refused_at) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            seams.time_ordered_id().into(),
            shown.as_deref().into(),
            deed.into(),
            why.into(),
            by.key().into(),
            seams.now().into(),
        ],
    )?;
    let details = [("card", shown.as_deref().unwrap_or("-")), ("deed", deed), ("why", why)];
    audit::append(tx, seams, by, Event::CityApplicationRefused, &details).map(drop)
}

/// Refusals, newest first: of one card, or of all.
///
/// # Errors
/// The database.
pub fn list(tx: &mut Tx<'_>, card: Option<Id>, limit: i64) -> Result<Vec<Refused>, StoreError> {
    let wanted = card.map_or_else(String::new, |card| card.to_string());
    tx.query(
        "SELECT card_id, deed, why, actor, refused_at FROM city_application_refusals \
         WHERE $1 = '' OR card_id = $1 ORDER BY refused_at DESC, refusal_id DESC LIMIT $2",
        &[wanted.as_str().into(), limit.into()],
    )?
    .iter()
    .map(|row| {
        Ok(Refused {
            card: row.opt_text(0)?.and_then(|text| Id::parse(text).ok()),
            deed: row.text(1)?.to_owned(),
            why: row.text(2)?.to_owned(),
            actor: row.text(3)?.to_owned(),
            at: row.timestamp(4)?,
        })
    })
    .collect()
}
