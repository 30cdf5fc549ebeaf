//! The sender's receipt of a dispatch (発送の記録): counts, and the root of the evidence, as a PDF.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Kind, Timestamp};
use paper::plain::{Part, Plain};
use store::StoreError;
use tools::dispatch::RECHECKED;
use tools::dispatch::evidence::{self, Receipt};
use tools::dispatch::senders;
use ui::{Language, words};

use super::super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::portal::letters::{drawing, file};

fn say(key: &str) -> String {
    words().get(Language::Japanese, key)
}

/// `GET …/receipt.pdf`.
pub async fn pdf(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let (id, inside, now) = (shell::id(&id)?, app.inside()?.clone(), app.seams.now());
    let typeface = app.typeface()?;
    let bytes = blocking(move || {
        let found = inside.store.read::<_, StoreError, _>(|tx| {
            // How many a notice reached is told on its own page, and not of a few.
            let receipt = evidence::receipt(tx, id)?.filter(|receipt| receipt.dispatch.sender != RECHECKED);
            let Some(receipt) = receipt else { return Ok(None) };
            let sender = senders::get(tx, &receipt.dispatch.sender)?;
            Ok(Some((sender.map_or_else(|| receipt.dispatch.sender.clone(), |sender| sender.name), receipt)))
        })?;
        let (sender, receipt) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
        let city = &inside.profile.name;
        let document = document(city, &sender, &receipt, now);
        paper::plain::draw(&[document], &typeface, (city, &id.to_string(), now)).map_err(|error| drawing(&error))
    })
    .await?;
    Ok(file("application/pdf", "dispatch-receipt.pdf", bytes))
}

fn document(city: &str, sender: &str, receipt: &Receipt, now: Timestamp) -> Plain {
    let one = &receipt.dispatch;
    let instant = |at: Timestamp| ui::dates::instant(Language::Japanese, at);
    let maybe = |at: Option<Timestamp>| at.map_or_else(|| "–".to_owned(), instant);
    let about = vec![
        (say("letters-title-of"), one.draft.title.clone()),
        (say("letters-sender"), sender.to_owned()),
        (say("letters-state"), say(&format!("letters-state-{}", one.state.word()))),
        (say("letters-law"), say(&format!("letters-law-{}", one.draft.law().word().replace('_', "-")))),
        (say("letters-receipt-dispatch"), one.id.to_string()),
        (say("letters-receipt-letter"), one.letter.to_string()),
        (say("letters-receipt-released"), maybe(one.released_at)),
        (say("letters-receipt-accepted"), maybe(receipt.accepted_at)),
    ];
    let counts = vec![
        (say("letters-recipients"), one.total.to_string()),
        (say("letters-receipt-refused"), one.refused.to_string()),
        (say("letters-placed"), one.placed.to_string()),
        (say("letters-on-paper"), one.on_paper.to_string()),
        (say("letters-unreached"), one.unreached.to_string()),
    ];
    let positions = receipt.positions.map_or_else(|| "–".to_owned(), |(first, last)| format!("{first} – {last}"));
    let evidence = vec![
        (say("letters-receipt-confirmed"), receipt.placed.to_string()),
        (say("letters-receipt-entries"), receipt.entries.to_string()),
        (say("letters-receipt-positions"), positions),
        (say("letters-receipt-root"), receipt.root.clone().unwrap_or_else(|| "–".to_owned())),
    ];
    Plain {
        title: say("letters-receipt"),
        to: None,
        aside: vec![city.to_owned(), instant(now)],
        parts: vec![
            Part::Facts(about),
            Part::Heading(say("letters-receipt-counts")),
            Part::Facts(counts),
            Part::Heading(say("letters-receipt-evidence")),
            Part::Paragraph(say("letters-receipt-how")),
            Part::Facts(evidence),
        ],
        foot: format!("{city} {} {}", say("letters-receipt"), one.id),
    }
}
