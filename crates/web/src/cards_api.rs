//! How a department's system asks about its own card: JSON over HTTPS with a key of its own (`Authorization: Bearer …`).
//!
//! ```text
//!  GET  /api/cards/status                 { card, version, state, names }
//!  POST /api/cards/lookup                 { number } ─▶ { found, valid, form, status, validUntil }   numbers never in addresses
//!  GET  /api/cards/changes?after=…        what happened since a place, oldest first ─▶ { changes, next }
//!  POST /api/cards/members                { resident, number, validUntil? } ─▶ { added }        a card of the department's own
//!  POST /api/cards/standing               { number, to: hold | lost | active | ended } ─▶ { changed }
//! ```
//! A key opens one card; the last two need a key that may write. Every answer with numbers is written into the audit log, without them. Who the person is, is never
//! told: the database of cards does not know it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use base::{Id, Kind, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};
use services::city_cards::clients::{self, Client};
use services::city_cards::files::{self, Brought, OneMember};
use services::city_cards::{Kept, issuing, kept};
use store::StoreError;
use tools::Inside;
use tools::access::Actor;
use tools::service_cards::changes::{Cursor, changes};
use tools::service_cards::{CardError, CardStatus, Form, Happened, change, find_number, history};

use crate::app::App;
use crate::machine_api::{Answer, Refused, as_holder};
use crate::routes::{Routes, Rule};

/// Changes of one answer.
const MOST: i64 = 500;
/// Seconds before now that are not told yet: what was begun earlier may be written later.
const SETTLES_SECONDS: i64 = 5;

/// Its routes. The door is open to all; each handler asks for the system's key.
pub fn routes() -> Routes {
    Routes::new()
        .get("/api/cards/status", Rule::Machine, status)
        .post_up_to("/api/cards/lookup", Rule::Machine, 4096, lookup)
        .get("/api/cards/changes", Rule::Machine, follow)
        .post_up_to("/api/cards/members", Rule::Machine, 4096, bring)
        .post_up_to("/api/cards/standing", Rule::Machine, 4096, stand)
}

impl From<CardError> for Refused {
    fn from(error: CardError) -> Self {
        Self::not_now(error)
    }
}

/// Runs `action` for the system whose key stands in the request.
async fn as_client<F>(app: &Arc<App>, headers: &HeaderMap, action: F) -> Answer
where
    F: FnOnce(&Inside, &Client) -> Result<Value, Refused> + Send + 'static,
{
    let find =
        |inside: &Inside, key: &str| Ok(inside.store.read::<_, StoreError, _>(|tx| clients::by_token(tx, key))?);
    as_holder(app, headers, find, action).await
}

/// The same for a system that may write, with the card's definition that is in force.
async fn as_writer<F>(app: &Arc<App>, headers: &HeaderMap, action: F) -> Answer
where
    F: FnOnce(&Inside, &Client, &Kept) -> Result<Value, Refused> + Send + 'static,
{
    as_client(app, headers, |inside, client| {
        if !client.may_write {
            return Err(Refused::new(Kind::Forbidden, "this key may ask, not write"));
        }
        let key = client.key.clone();
        let live = inside.store.read::<_, StoreError, _>(|tx| kept::live(tx, &key))?;
        let live = live.ok_or(Refused::new(Kind::Conflict, "this card is not in force"))?;
        action(inside, client, &live)
    })
    .await
}

fn acting(client: &Client) -> Actor {
    Actor::Sender { key: format!("card:{}", client.key) }
}

fn note(inside: &Inside, client: &Client, way: &'static str, count: usize) -> Result<(), StoreError> {
    let (seams, key, id) = (inside.seams.clone(), client.key.clone(), client.id.to_string());
    let by = acting(client);
    inside.store.write(move |tx| clients::note_numbers(tx, &seams, &by, &key, (way, &id), count))
}

async fn status(State(app): State<Arc<App>>, headers: HeaderMap) -> Answer {
    as_client(&app, &headers, |inside, client| {
        let key = client.key.clone();
        let versions = inside.store.read::<_, StoreError, _>(|tx| kept::versions(tx, &key))?;
        let shown = versions.iter().find(|one| one.standing == services::city_cards::Standing::Live);
        let shown = shown.or(versions.first()).ok_or(Refused::new(Kind::NotFound, "there is no such card"))?;
        let names = &shown.definition.names;
        Ok(json!({
            "card": client.key, "version": shown.version, "state": shown.standing.word(),
            "names": { "ja": names.japanese, "ja-easy": names.easy, "en": names.english },
        }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    number: String,
}

async fn lookup(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    as_client(&app, &headers, move |inside, client| {
        let asked: Asked =
            serde_json::from_slice(&body).map_err(|_| Refused::invalid("a JSON object with a number is needed"))?;
        if base::my_number_guard::refuse_individual_number(&base::text::to_half_width(&asked.number)).is_err() {
            return Err(Refused::invalid("an Individual Number is no number of a card"));
        }
        note(inside, client, "lookup", 1)?;
        let key = client.key.clone();
        let live = inside.store.read::<_, StoreError, _>(|tx| kept::live(tx, &key))?;
        let (vault, today) = (inside.vault.clone(), inside.seams.today());
        let found = inside.cards.read::<_, CardError, _>(move |tx| find_number(tx, &vault, &key, &asked.number))?;
        let is_valid = |card| live.as_ref().is_some_and(|live| issuing::is_valid(live, card, today));
        // Old and new card may bear one number: what counts is the one that lets its holder in.
        let Some(card) = found.iter().find(|card| is_valid(card)).or(found.first()) else {
            return Ok(json!({ "found": false, "valid": false }));
        };
        Ok(json!({
            "found": true, "valid": is_valid(card), "form": card.form.code(), "status": card.status.code(),
            "validUntil": card.valid_until.map(|day| day.to_string()),
        }))
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Member {
    resident: String,
    number: String,
    #[serde(default)]
    valid_until: Option<String>,
}

async fn bring(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    as_writer(&app, &headers, move |inside, client, live| {
        let member: Member = serde_json::from_slice(&body)
            .map_err(|_| Refused::invalid("a JSON object with a resident and a number is needed"))?;
        let (resident, number, valid_until) = (&member.resident, &member.number, member.valid_until.as_deref());
        let said = OneMember { resident, number, valid_until };
        match files::bring_one(inside, &acting(client), live, said)? {
            Brought::Taken { added, .. } => Ok(json!({ "added": added == 1 })),
            Brought::Refused(faults) => {
                let why = faults.first().map_or("", |fault| fault.reason.word());
                Err(Refused::invalid(ui::words().get(ui::Language::English, why)))
            }
        }
    })
    .await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Standing {
    number: String,
    to: To,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum To {
    Hold,
    Lost,
    Active,
    Ended,
}

/// What came of [`stand`].
enum Stood {
    As { changed: bool },
    Nothing,
    Stopped,
}

/// Whether a card is on hold, and `by` put it there.
fn is_held_by(by: &Actor, status: CardStatus, last: Option<&Happened>) -> bool {
    status == CardStatus::OnHold && last.is_some_and(|last| last.actor == by.key())
}

/// Where a department's own card stands. The number on the Individual Number Card is its holder's and the desks' matter.
async fn stand(State(app): State<Arc<App>>, headers: HeaderMap, body: Bytes) -> Answer {
    as_writer(&app, &headers, move |inside, client, _| {
        let asked: Standing = serde_json::from_slice(&body)
            .map_err(|_| Refused::invalid("a JSON object with a number and where it is to stand is needed"))?;
        if base::my_number_guard::refuse_individual_number(&base::text::to_half_width(&asked.number)).is_err() {
            return Err(Refused::invalid("an Individual Number is no number of a card"));
        }
        let next = match asked.to {
            To::Hold => CardStatus::OnHold,
            To::Lost => CardStatus::Lost,
            To::Active => CardStatus::Active,
            To::Ended => CardStatus::Ended,
        };
        note(inside, client, "standing", 1)?;
        let (vault, seams, by, key) = (inside.vault.clone(), inside.seams.clone(), acting(client), client.key.clone());
        let stood = inside.cards.write::<_, CardError, _>(move |tx| {
            let found = find_number(tx, &vault, &key, &asked.number)?;
            let Some(card) = found.iter().find(|card| card.form == Form::OwnCard && card.status.is_live()) else {
                return Ok(Stood::Nothing);
            };
            // Said again, it stands so already.
            if card.status == next {
                return Ok(Stood::As { changed: false });
            }
            // What the holder or a desk stopped or reported lost does not come back by a system's word.
            let may = next != CardStatus::Active || is_held_by(&by, card.status, history(tx, &key, card.id)?.last());
            if !may {
                return Ok(Stood::Stopped);
            }
            Ok(Stood::As { changed: change(tx, &seams, &by, &key, card.id, next, "system")? })
        })?;
        match stood {
            Stood::As { changed } => Ok(json!({ "changed": changed })),
            Stood::Nothing => Err(Refused::new(Kind::NotFound, "no card of the department's own has this number")),
            Stood::Stopped => {
                Err(Refused::new(Kind::Conflict, "it was not this system that stopped it: the desk lets it go on"))
            }
        }
    })
    .await
}

#[derive(Deserialize)]
struct Place {
    #[serde(default)]
    after: Option<String>,
}

fn cursor(text: Option<&str>) -> Option<Cursor> {
    let Some(text) = text else { return Some(Cursor::from(Timestamp::from_micros(0))) };
    let (at, event) = text.split_once('.')?;
    Some(Cursor { at: Timestamp::from_micros(at.parse().ok()?), event: Id::parse(event).ok()? })
}

async fn follow(State(app): State<Arc<App>>, headers: HeaderMap, Query(place): Query<Place>) -> Answer {
    as_client(&app, &headers, move |inside, client| {
        let after = cursor(place.after.as_deref()).ok_or(Refused::invalid("after is what next was"))?;
        let (vault, key) = (inside.vault.clone(), client.key.clone());
        let until = inside.seams.now().plus_seconds(-SETTLES_SECONDS);
        let all = inside.cards.read::<_, CardError, _>(move |tx| changes(tx, &vault, &key, after, until, MOST))?;
        note(inside, client, "changes", all.len())?;
        let last = all.last().map_or(after, |one| one.cursor);
        let told: Vec<Value> = all
            .iter()
            .map(|one| {
                json!({
                    "number": one.card.number.reveal(), "form": one.card.form.code(), "status": one.status.code(),
                    "at": one.cursor.at.to_string(), "validUntil": one.card.valid_until.map(|day| day.to_string()),
                })
            })
            .collect();
        Ok(json!({ "changes": told, "next": format!("{}.{}", last.at.micros(), last.event) }))
    })
    .await
}
