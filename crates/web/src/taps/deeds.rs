//! What the desks of service cards do alike: stopping, resuming and ending a card; the next person; the way back from a form.

use std::collections::BTreeSet;

use axum::response::Response;
use base::{Id, Kind};
use tools::access::Duty;
use tools::service_cards::CardStatus;
use tools::service_cards::counter::Counter;
use tools::terminals::Sort;

use super::{AtCounter, Shown, go};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::AtTerminal;

/// The words of addresses, and what a card is afterwards.
const DEEDS: [(&str, CardStatus); 5] = [
    ("hold", CardStatus::OnHold),
    ("stop", CardStatus::OnHold),
    ("lost", CardStatus::Lost),
    ("resume", CardStatus::Active),
    ("end", CardStatus::Ended),
];

/// Does `deed`, one of those this desk `offers`, to a card of the person who stands here. `false` when the card is none of
/// theirs or may not become that.
///
/// # Errors
/// [`Kind::NotFound`] for a deed or a card that is not so written; the databases.
pub async fn change(
    at: &AtCounter,
    (service, duty): (&str, Duty),
    shown: &Shown,
    (card, deed): (&str, &str),
    offers: &[&str],
) -> Result<bool, Failure> {
    let not_found = || Failure::of(Kind::NotFound);
    let card = Id::parse(card).map_err(|_| not_found())?;
    let found = DEEDS.into_iter().find(|(word, _)| *word == deed && offers.contains(word));
    let (_, next) = found.ok_or_else(not_found)?;
    let (city, by, who, service) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone(), service.to_owned());
    blocking(move || {
        let counter = Counter { city: &city, by: &by, duty, service: &service };
        counter.change(&who, card, next, "counter").map_err(|error| Failure::of(error.kind()))
    })
    .await
}

/// The next person: whoever was shown is forgotten, and the desk's first page comes.
///
/// # Errors
/// As [`AtCounter::serves`].
pub fn next(at: &AtCounter, sort: Sort, fields: &Fields) -> Result<Response, Failure> {
    at.serves(sort)?;
    fields.only(&[])?;
    at.let_go();
    Ok(go(sort.path()))
}

/// A form's address, loaded as a page (by the links to other languages, by a reload, by hand), leads to the first page of the
/// terminal that asks: every form of a terminal that has no page of its own gets this way back.
pub fn with_ways_back(mut routes: Routes) -> Routes {
    let of = |method: &str| -> BTreeSet<&'static str> {
        routes.entries().iter().filter(|entry| entry.method.as_str() == method).map(|entry| entry.path).collect()
    };
    let alone = &of("POST") - &of("GET");
    for path in alone {
        routes = routes.get(path, Rule::Kiosk, first_page);
    }
    routes
}

async fn first_page(AtTerminal(terminal): AtTerminal) -> Response {
    go(terminal.sort.path())
}
