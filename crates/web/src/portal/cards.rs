//! A person's cards and tags: those they came in with, and all that are linked to them, as the register's side tells them.
//! Stopping one needs no card: whoever lost it has none.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind, Timestamp};
use maud::{Markup, html};
use services::city_cards::portal::{CARDS, Told, WISHES, Wish};
use store::StoreError;
use tools::credentials::CredentialKind;
use tools::portal::events::{self, SecurityEvent};
use tools::portal::means::{self, Means, MeansKind};
use tools::portal::own_records::{self, Card, Record};
use tools::portal::wished::Waiting;
use tools::portal::{Assurance, PostError};
use ui::form::asked_again;
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::empty_state;

use super::{service_cards, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/cards";
/// Seconds after which a page that waits for the inside looks again.
const AGAIN_SECONDS: u32 = 2;
/// Seconds after which a page with a wish under way looks again by itself: longer, because it is being read meanwhile.
const LOOKS_AGAIN_SECONDS: u32 = 4;
/// Seconds a wish may be old for that. Later a link does, so that nobody who reads or listens is interrupted over and over.
const YOUNG_SECONDS: i64 = 6;

/// Its routes.
pub fn routes() -> Routes {
    let daily = Rule::Resident(Assurance::Substantial);
    Routes::new().get(PATH, daily, page).post("/portal/cards/{card}/stop", daily, stop)
}

/// What the page shows.
struct Shown {
    cards: Vec<Means>,
    apps: Vec<Means>,
    /// All cards and as of when; none before the inside has told them.
    linked: Option<(Vec<Card>, Timestamp)>,
    /// Cards of services and as of when.
    services: Option<(Told, Timestamp)>,
    /// What they said a short while ago, about linked cards and about those of services.
    waiting: (Vec<Waiting<Id>>, Vec<Waiting<Wish>>),
    now: Timestamp,
}

/// Seconds after which what stops a card is offered once more beside the word that it is under way: whoever lost one is never
/// held up by a page that waits.
const STOPS_AGAIN_SECONDS: i64 = 30;

/// Wishes of this person that may be under way, and how a page says of one that it is.
pub struct Waits<'a, W> {
    /// The wishes.
    pub wishes: &'a [Waiting<W>],
    now: Timestamp,
}

impl Shown {
    /// Whether the person has an Individual Number Card here, and none that may be used, on a phone neither.
    fn is_held(&self) -> bool {
        let ways = [CredentialKind::JpkiCard, CredentialKind::JpkiPhone].map(CredentialKind::word);
        let cards = self.linked.iter().flat_map(|(cards, _)| cards);
        let mut theirs = cards.filter(|one| ways.contains(&one.kind.as_str())).peekable();
        theirs.peek().is_some() && !theirs.any(|one| one.may_be_stopped)
    }

    const fn waits<'a, W>(&self, wishes: &'a [Waiting<W>]) -> Waits<'a, W> {
        Waits { wishes, now: self.now }
    }
}

impl<W> Waits<'_, W> {
    /// Whether a stop may be said once more: none waits, or it waits for long.
    pub fn stops_again(&self, waiting: Option<&Waiting<W>>) -> bool {
        waiting.is_none_or(|one| !one.is_younger_than(STOPS_AGAIN_SECONDS, self.now))
    }

    /// That `one` is being done: in the place of its button. The page looks again once, later a link does.
    pub fn said(&self, visit: &Visit, one: &Waiting<W>, key: &str) -> Markup {
        let again = one.is_younger_than(YOUNG_SECONDS, self.now).then_some(LOOKS_AGAIN_SECONDS);
        let said = html! {
            p data-again=[again] { (visit.say_html(key)) }
            p class="no-print" { a href=(PATH) { (visit.say("portal-welcome-again")) } }
        };
        alert(visit.language, AlertKind::Info, &said)
    }
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, person) = (app.outside()?.clone(), me.0.person.clone());
    let is_known = person.state.reads();
    let shown = blocking(move || {
        let who = person.id;
        let of = |kind| outside.store.read(|tx| means::of_kind(tx, who, kind));
        let shown = Shown {
            cards: of(MeansKind::Card)?,
            apps: of(MeansKind::App)?,
            linked: own_records::cards(&outside, who)?,
            services: CARDS.told(&outside, who)?,
            waiting: (own_records::stops(&outside, who), WISHES.waiting(&outside, who)),
            now: outside.seams.now(),
        };
        if is_known {
            // What is shown is a moment old; the next look has what is now.
            let seams = outside.seams.clone();
            outside.store.write::<_, StoreError, _>(move |tx| {
                CARDS.ask(tx, &seams, who)?;
                own_records::ask(tx, &seams, who, Record::Cards)
            })?;
        }
        Ok(shown)
    })
    .await?;
    let main = html! {
        (shell::said(&visit))
        @if is_known { (service_cards::section(&visit, &shown.waits(&shown.waiting.1), shown.is_held(), shown.services.as_ref())) }
        (pages(&visit))
        @if is_known { (linked(&visit, &shown.waits(&shown.waiting.0), shown.linked.as_ref())) }
        (used(&visit, &shown))
        section class="card" {
            h2 { (visit.say("portal-cards-trouble")) }
            ul {
                li { (visit.say_html("portal-help-locked")) }
                li { (visit.say_html("portal-help-new-card")) }
                li { (visit.say_html("portal-cards-lost")) }
            }
            p { (app.profile.counter) }
        }
    };
    Ok(shell::with_scripts(
        &visit,
        &me,
        &visit.say("portal-cards-title"),
        &["portal.js"],
        &html! {
            h1 { (visit.say("portal-cards-title")) }
            (main)
        },
    ))
}

/// What one can do with one's cards, whether or not a service has told of one.
fn pages(visit: &Visit) -> Markup {
    let pages = [
        ("/portal/library", "library-link"),
        ("/portal/hospital", "hospital-portal-title"),
        ("/portal/emergency-card", "emergency-link"),
    ];
    html! {
        section class="no-print" aria-labelledby="card-pages" {
            h2 id="card-pages" { (visit.say("portal-cards-pages")) }
            ul { @for (address, key) in pages { li { a href=(address) { (visit.say_html(key)) } } } }
        }
    }
}

/// What one came in with: of use to few, so it opens on demand.
fn used(visit: &Visit, shown: &Shown) -> Markup {
    let instant = |at| ui::dates::instant(visit.language, at);
    html! {
        details class="no-print" {
            summary { (visit.say("portal-cards-used")) }
            p { (visit.say_html("portal-cards-lead")) }
            @for (all, key) in [(&shown.cards, "portal-cards-card"), (&shown.apps, "portal-cards-app")] {
                @for one in all {
                    section class="card" {
                        h3 { (visit.say(key)) }
                        p class="hint" { (visit.say("portal-added")) " " (instant(one.added_at))
                            @if let Some(used) = one.used_at { " · " (visit.say("portal-used")) " " (instant(used)) } }
                    }
                }
            }
        }
    }
}

fn linked(visit: &Visit, waits: &Waits<'_, Id>, told: Option<&(Vec<Card>, Timestamp)>) -> Markup {
    html! {
        h2 { (visit.say("portal-cards-linked")) }
        @match told {
            None => (alert(visit.language, AlertKind::Info, &html! {
                p data-again=(AGAIN_SECONDS) { (visit.say_html("portal-cards-asking")) }
                p { a href=(PATH) { (visit.say("portal-welcome-again")) } }
            })),
            Some((cards, at)) => {
                p class="hint" { (visit.say("portal-cards-as-of")) " " (ui::dates::instant(visit.language, *at)) }
                @if cards.is_empty() { (empty_state(&visit.say("portal-cards-none"), &visit.say("portal-cards-none-how"))) }
                @for one in cards { (card(visit, waits, one)) }
                p { (visit.say_html("portal-cards-stop-how")) }
            }
        }
    }
}

fn card(visit: &Visit, waits: &Waits<'_, Id>, one: &Card) -> Markup {
    let kind = visit.say(&one.kind);
    let stop = one.waits(waits.wishes);
    let (state, word) = match (stop, one.may_be_stopped) {
        (Some(_), _) => (AlertKind::Info, "city-cards-mine-waiting"),
        (None, true) => (AlertKind::Success, one.status.as_str()),
        (None, false) => (AlertKind::Warning, one.status.as_str()),
    };
    let address = format!("{PATH}/{}/stop", one.id);
    let instant = |micros| ui::dates::instant(visit.language, Timestamp::from_micros(micros));
    html! {
        section class="card" {
            h3 { (kind) }
            @if let Some(mark) = &one.mark { p { (visit.known_by(&one.kind, mark)) } }
            (facts(&[
                (visit.say("city-cards-mine-state"), chip(state, &visit.say(word))),
                (visit.say("city-cards-mine-since"), html! { (instant(one.since)) }),
                (visit.say("portal-cards-linked-at"), html! { (instant(one.enrolled_at)) }),
            ]))
            @if let Some(stop) = stop { (waits.said(visit, stop, "portal-cards-stop-waits")) }
            @if one.may_be_stopped && waits.stops_again(stop) {
                (asked_again(visit.language, &address, &visit.csrf(&address),
                    (&visit.say("portal-cards-stop"), &visit.say("portal-cards-stop-what")), &kind))
            }
        }
    }
}

async fn stop(State(app): State<Arc<App>>, me: InPortal, Path(card): Path<String>) -> Result<Response, Failure> {
    let card = Id::parse(&card).map_err(|_| Failure::of(Kind::NotFound))?;
    let (outside, ways, who) = (app.outside()?.clone(), app.ways()?.clone(), me.0.person.id);
    blocking(move || {
        // Only what this person was shown: another's is not even asked for.
        let told = own_records::cards(&outside, who)?.map(|(cards, _)| cards).unwrap_or_default();
        if !told.iter().any(|one| one.id == card && one.may_be_stopped) {
            return Err(Failure::of(Kind::NotFound));
        }
        own_records::stop_card(&outside, &ways.post, who, card)?;
        let seams = outside.seams.clone();
        outside
            .store
            .write::<_, PostError, _>(move |tx| Ok(events::note(tx, &seams, who, SecurityEvent::CardHeld)?))?;
        Ok(())
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-card-stopping"))
}
