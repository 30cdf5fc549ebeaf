//! マイキープラットフォーム at the library's counter: a patron number by a card that has no link here, and the link of a
//! マイキーID with the number that stands here.
//!
//! The person makes the ID themselves, with the PIN of their card, at the platform. Nothing of the ID is kept here; that a link
//! was made or ended stands in the history of the library's card.

use axum::response::{IntoResponse, Response};
use base::{Kind, Personal};
use maud::{Markup, html};
use tools::access::Duty;
use tools::audit::{self, Event};
use tools::mykey::{MyKeyFault, MyKeyId};
use tools::service_cards::counter::Counter;
use tools::service_cards::{self, CardError, ServiceCard};
use tools::terminals::Sort;
use ui::form::{ButtonKind, Field, button, field, one_button};
use ui::notice::{AlertKind, alert};

use super::{PERSON, SERVICE, look};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::taps::{AtCounter, go, reading};

pub(super) const LINK: &str = "/counter/library/mykey/link";
pub(super) const UNLINK: &str = "/counter/library/mykey/unlink";
const LINKED: &str = "mykey_linked";
const UNLINKED: &str = "mykey_unlinked";

const fn sentence(fault: MyKeyFault) -> &'static str {
    match fault {
        MyKeyFault::Unknown => "taps-mykey-unknown",
        MyKeyFault::Taken => "taps-mykey-taken",
        MyKeyFault::Unreachable => "taps-mykey-unreachable",
        MyKeyFault::Refused(_) | MyKeyFault::Malformed => "taps-mykey-trouble",
        MyKeyFault::IndividualNumber => "taps-library-refused-number",
    }
}

/// The patron number that the platform has for the card that lies there. [`None`]: it has none, or is not used here.
///
/// # Errors
/// Outer: something beneath failed. Inner: what to say.
pub(super) async fn number(at: &AtCounter, fields: &Fields) -> Result<Result<Option<Personal<String>>, Say>, Failure> {
    if at.app.library.mykey.is_none() || fields.filled("tag").is_some() {
        return Ok(Ok(None));
    }
    let certificate = match reading::certificate(at, fields).await? {
        Ok(certificate) => certificate,
        Err(say) => return Ok(Err(say)),
    };
    let told = ask(at, "lookup", move |platform| platform.lookup(&certificate)).await?;
    let number = match told {
        Ok(number) => number,
        Err(MyKeyFault::Unknown) => return Ok(Ok(None)),
        Err(fault) => return Ok(Err(Say::Key(sentence(fault)))),
    };
    // What was stopped here does not open by another way.
    let (city, looked) = (at.app.inside()?.clone(), number.clone());
    let cards = blocking(move || {
        let vault = city.vault.clone();
        let found = city
            .cards
            .read::<_, CardError, _>(move |tx| service_cards::find_number(tx, &vault, SERVICE, looked.reveal()));
        found.map_err(|error| Failure::of(error.kind()))
    })
    .await?;
    let today = at.app.seams.today();
    if !cards.is_empty() && !cards.iter().any(|card| card.is_usable(today)) {
        return Ok(Err(Say::Key("taps-mykey-stopped")));
    }
    Ok(Ok(Some(number)))
}

/// Asks the platform and writes down that it was asked, for what, and how it went.
async fn ask<T: Send + 'static>(
    at: &AtCounter,
    what: &'static str,
    question: impl FnOnce(&dyn tools::mykey::MyKeyPlatform) -> Result<T, MyKeyFault> + Send + 'static,
) -> Result<Result<T, MyKeyFault>, Failure> {
    let mykey = at.app.library.mykey.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let (city, by) = (at.app.inside()?.clone(), at.actor());
    blocking(move || {
        let told = question(&*mykey.platform);
        let outcome = told.as_ref().err().map_or("done", |fault| fault.code());
        let seams = city.seams.clone();
        city.store.write::<_, store::StoreError, _>(move |tx| {
            audit::append(tx, &seams, &by, Event::MyKeyAsked, &[("what", what), ("outcome", outcome)]).map(drop)
        })?;
        Ok(told)
    })
    .await
}

/// The number that the platform told.
pub(super) fn told(at: &AtCounter, number: &Personal<String>, is_known: bool) -> Response {
    let visit = &at.visit;
    let title = visit.say("taps-library-title");
    let next = "/counter/library/next";
    let main = html! {
        h1 { (title) }
        section class="card" {
            h2 { (visit.say("taps-mykey-title")) }
            (alert(visit.language, AlertKind::Success, &html! { p { (visit.say("taps-mykey-found")) } }))
            p { (visit.say("taps-library-found")) }
            p class="secret" { (number.reveal()) }
            @if is_known { p { a class="lone" href=(PERSON) { (visit.say("taps-mykey-register")) } } }
        }
        div class="buttons" { (one_button(next, &visit.csrf(next), ButtonKind::Primary, &visit.say("taps-library-next"), None)) }
    };
    crate::taps::left(visit.page(&title).render(&main).into_response(), 120, super::PATH)
}

/// The section of a person's page; nothing where the platform is not used or no card may be used.
pub(super) fn section(at: &AtCounter, cards: &[(ServiceCard, Vec<String>)]) -> Markup {
    let (visit, today) = (&at.visit, at.app.seams.today());
    let (Some(mykey), Some((_, words))) = (&at.app.library.mykey, cards.iter().find(|(card, _)| card.is_usable(today)))
    else {
        return html! {};
    };
    let last = words.iter().rev().find(|word| *word == LINKED || *word == UNLINKED);
    let is_linked = last.is_some_and(|word| word == LINKED);
    let (action, key, kind) = match is_linked {
        true => (UNLINK, "taps-mykey-unlink", ButtonKind::Danger),
        false => (LINK, "taps-mykey-link", ButtonKind::Secondary),
    };
    let (label, hint) = (visit.say("taps-mykey-id"), visit.say("taps-mykey-id-hint"));
    html! {
        section class="card" {
            h2 { (visit.say("taps-mykey-title")) }
            p { (visit.say(if is_linked { "taps-mykey-linked" } else { "taps-mykey-how" })) }
            @if mykey.is_simulated { p { (visit.say("taps-mykey-simulated")) } }
            form method="post" action=(action) {
                (visit.csrf(action))
                div class="fields" {
                    (field(visit.language, &Field { name: "mykey", label: &label, hint: Some(&hint), required: true,
                        autocomplete: Some("off"), max_length: Some(16), ..Field::default() }))
                }
                div class="buttons" { (button(kind, &visit.say(key))) }
            }
        }
    }
}

pub(super) async fn link(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    change(at, fields, true).await
}

pub(super) async fn unlink(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    change(at, fields, false).await
}

async fn change(at: AtCounter, fields: Fields, links: bool) -> Result<Response, Failure> {
    at.serves(Sort::LibraryCounter)?;
    fields.only(&["mykey"])?;
    let Some(shown) = at.held(SERVICE) else { return Ok(go(super::PATH)) };
    let say = |key| Say::Key(key);
    let Some(id) = MyKeyId::parse(fields.get("mykey")) else {
        return Ok(at.go_saying(PERSON, say("taps-mykey-shape")));
    };
    let today = at.app.seams.today();
    let Some(card) = look(&at, &shown).await?.into_iter().find(|card| card.is_usable(today)) else {
        return Ok(at.go_saying(PERSON, say("taps-library-refused-changed")));
    };
    let number = card.number.clone();
    let told = match links {
        true => ask(&at, "link", move |platform| platform.link(&id, &number)).await?,
        false => ask(&at, "unlink", move |platform| platform.unlink(&id)).await?,
    };
    let said = match told {
        Ok(()) => {
            let (city, by) = (at.app.inside()?.clone(), at.actor());
            blocking(move || {
                let counter = Counter { city: &city, by: &by, duty: Duty::Library, service: SERVICE };
                let word = if links { LINKED } else { UNLINKED };
                counter.remark(&card, word).map_err(|error| Failure::of(error.kind()))
            })
            .await?;
            Say::Done(if links { "taps-mykey-done-linked" } else { "taps-mykey-done-unlinked" })
        }
        Err(fault) => say(sentence(fault)),
    };
    Ok(at.go_saying(PERSON, said))
}
