//! The receipt of a letter as a PDF (送達の記録): the same rows, for whoever takes them to an office.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Timestamp;
use data_encoding::HEXLOWER;
use paper::plain::{Part, Plain};
use store::StoreError;
use tools::mailbox::Letter;
use tools::mailbox::evidence::Entry;
use tools::portal::account;
use ui::{Language, words};

use super::letter_id;
use super::one::file;
use super::receipt::{Row, rows, words_of};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::InPortal;

fn say(key: &str) -> String {
    words().get(Language::Japanese, key)
}

fn instant(at: Timestamp) -> String {
    ui::dates::instant(Language::Japanese, at)
}

/// `GET …/receipt.pdf`: in Japanese, as papers are.
pub async fn pdf(State(app): State<Arc<App>>, me: InPortal, Path(letter): Path<String>) -> Result<Response, Failure> {
    let (outside, subject, id) = (app.outside()?.clone(), me.subject(), letter_id(&letter)?);
    let (typeface, city, now) = (app.typeface()?, app.profile.name.clone(), app.seams.now());
    let bytes = blocking(move || {
        let (letter, rows) = rows(&outside, subject, id)?;
        let holder = outside.store.read::<_, StoreError, _>(|tx| account::find(tx, subject))?;
        let name = match holder {
            Some(holder) => holder.profile(&outside.vault)?.map(|profile| profile.name),
            None => None,
        };
        let document = document(&city, &letter, name.as_deref(), &rows, now);
        paper::plain::draw(&[document], &typeface, (&city, &id.to_string(), now)).map_err(|error| drawing(&error))
    })
    .await?;
    Ok(file("application/pdf", "receipt.pdf", bytes))
}

/// What cannot be drawn is told without what stands on it.
pub fn drawing(error: &paper::PaperError) -> Failure {
    tracing::warn!(%error, "a document cannot be drawn");
    Failure::saying(base::Kind::Unavailable, "error-cannot-draw")
}

fn document(city: &str, letter: &Letter, name: Option<&str>, rows: &[Row], now: Timestamp) -> Plain {
    let mut about = vec![
        (say("portal-letter-subject"), letter.title.clone()),
        (say("portal-letter-from"), letter.sender.name.clone()),
        (say("portal-letter-number"), letter.id.to_string()),
        (say("portal-letter-digest"), HEXLOWER.encode(&letter.hash())),
    ];
    if let Some(name) = name.filter(|name| !name.is_empty()) {
        about.insert(2, (say("portal-letter-recipient"), name.to_owned()));
    }
    let mut parts = vec![Part::Paragraph(say("portal-letter-receipt-how")), Part::Facts(about)];
    for (entry, proof, stamped) in rows {
        parts.push(Part::Heading(say(words_of(entry.event))));
        parts.push(Part::Facts(entry_facts(entry, proof.is_some(), *stamped)));
    }
    parts.push(Part::Small(say("portal-letter-receipt-paper")));
    Plain {
        title: say("portal-letter-receipt"),
        to: None,
        aside: vec![city.to_owned(), instant(now)],
        parts,
        foot: format!("{city} {} {}", say("portal-letter-receipt"), letter.id),
    }
}

fn entry_facts(entry: &Entry, has_proof: bool, stamped: Option<Timestamp>) -> Vec<(String, String)> {
    let mut facts = vec![
        (say("portal-letter-at"), instant(entry.at)),
        (say("portal-letter-event"), entry.event.uri()),
        (say("portal-letter-evidence"), format!("{} ({})", entry.id, entry.position)),
        (say("portal-letter-evidence-digest"), HEXLOWER.encode(&entry.hash)),
    ];
    if !entry.previous.is_empty() {
        facts.push((say("portal-letter-evidence-before"), HEXLOWER.encode(&entry.previous)));
    }
    if let Some(root) = entry.leaves_root.as_deref().filter(|_| has_proof) {
        facts.push((say("portal-letter-evidence-root"), HEXLOWER.encode(root)));
    }
    if entry.delegate.is_some() {
        facts.push((say("portal-letter-by"), say("portal-letter-by-other")));
    }
    if let Some(reason) = &entry.reason {
        facts.push((say("portal-letter-evidence-reason"), reason.clone()));
    }
    let stamp = stamped.map_or_else(|| say("portal-letter-not-stamped"), instant);
    facts.push((say("portal-letter-evidence-stamp"), stamp));
    facts
}
