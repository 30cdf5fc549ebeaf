//! The receipt of a letter (送達の記録): what is on record about it and this person, readable and as data.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Kind, Timestamp};
use data_encoding::HEXLOWER;
use maud::html;
use serde_json::json;
use store::StoreError;
use tools::Outside;
use tools::mailbox::evidence::{self, Entry, Event, Proof};
use tools::mailbox::{Letter, LetterId, items};
use tools::portal::AccountId;
use ui::notice::facts;

use super::super::shell;
use super::letter_id;
use super::one::file;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::{InPortal, Visit};

/// An entry, the person's proof in it, and when it was stamped.
pub type Row = (Entry, Option<Proof>, Option<Timestamp>);

/// The rows of a letter's receipt for this person.
///
/// # Errors
/// Not in their box; the database.
pub fn rows(outside: &Outside, account: AccountId, id: LetterId) -> Result<(Letter, Vec<Row>), Failure> {
    let found = outside.store.read::<_, StoreError, _>(|tx| {
        let Some(item) = items::find(tx, account, id)? else { return Ok(None) };
        let mut rows = Vec::new();
        for (entry, proof) in evidence::of_item(tx, id, account)? {
            let stamped = evidence::stamped_at(tx, entry.position)?;
            rows.push((entry, proof, stamped));
        }
        Ok(Some((item.letter, rows)))
    })?;
    found.ok_or_else(|| Failure::of(Kind::NotFound))
}

/// The key of an event's words.
pub const fn words_of(event: Event) -> &'static str {
    match event {
        Event::SubmissionAcceptance => "portal-letter-event-submitted",
        Event::ContentConsignment => "portal-letter-event-placed",
        Event::ContentConsignmentFailure => "portal-letter-event-not-placed",
        Event::ConsignmentNotification => "portal-letter-event-notified",
        Event::ConsignmentNotificationFailure => "portal-letter-event-not-notified",
        Event::NotificationDelivered => "portal-letter-event-delivered",
        Event::ContentHandover => "portal-letter-event-opened",
        Event::ContentHandoverFailure => "portal-letter-event-unopened",
    }
}

/// `GET …/receipt`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let (outside, account, id) = (app.outside()?.clone(), me.subject(), letter_id(&letter)?);
    let (letter, rows) = blocking(move || rows(&outside, account, id)).await?;
    let main = html! {
        p { (visit.say_html("portal-letter-receipt-how")) }
        (facts(&[
            (visit.say("portal-letter-subject"), html! { (letter.title) }),
            (visit.say("portal-letter-from"), html! { (letter.sender.name) }),
            (visit.say("portal-letter-number"), html! { code { (letter.id) } }),
            (visit.say("portal-letter-digest"), html! { code class="digest" { (HEXLOWER.encode(&letter.hash())) } }),
        ]))
        ol class="letters" { @for (entry, _, stamped) in &rows {
            li class="card" {
                h2 { (visit.say(words_of(entry.event))) }
                p { (ui::dates::instant(visit.language, entry.at)) }
                @if entry.delegate.is_some() { p { (visit.say_html("portal-letter-by-other")) } }
                p class="hint" { code { (entry.event.name()) " · " (entry.id) } }
                p class="hint" { @match stamped {
                    Some(at) => (visit.say_with("portal-letter-stamped", &[("at", ui::dates::instant(visit.language, *at).into())])),
                    None => (visit.say("portal-letter-not-stamped")),
                } }
            }
        } }
        @if !visit.at_terminal {
            p { a href=(format!("/portal/letters/{}/receipt.pdf", letter.id)) { (visit.say("portal-letter-receipt-pdf")) } }
            p { a href=(format!("/portal/letters/{}/receipt.json", letter.id)) { (visit.say("portal-letter-receipt-data")) } }
        }
        p { a href=(format!("/portal/letters/{}", letter.id)) { (visit.say("portal-letter-back-to")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("portal-letter-receipt"), &main))
}

/// The receipt as data, with the proofs.
pub fn as_json(issuer: &str, rows: &[Row]) -> serde_json::Value {
    let one = |(entry, proof, stamped): &Row| {
        let proof = proof.as_ref().map(|proof| {
            let step = |(is_left, hash): &(bool, [u8; 32])| json!({ "left": is_left, "hash": HEXLOWER.encode(hash) });
            proof.iter().map(step).collect::<Vec<_>>()
        });
        json!({ "evidence": entry.to_json(issuer), "proof": proof, "stampedAt": stamped.map(|at| at.to_string()) })
    };
    json!(rows.iter().map(one).collect::<Vec<_>>())
}

/// `GET …/receipt.json`.
pub async fn json(State(app): State<Arc<App>>, me: InPortal, Path(letter): Path<String>) -> Result<Response, Failure> {
    let (outside, account, id) = (app.outside()?.clone(), me.subject(), letter_id(&letter)?);
    let issuer = app.profile.name.clone();
    let (_, rows) = blocking(move || rows(&outside, account, id)).await?;
    Ok(file("application/json", "receipt.json", as_json(&issuer, &rows).to_string().into_bytes()))
}
