//! What was done to a card, step by step, and what the loading desk refused. Told in words, for a screen and for paper.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use store::{StoreError, Tx};
use tools::city_application::cards;
use tools::city_application::refusals::{self, Refused};
use tools::terminals;
use ui::notice::{AlertKind, chip, facts};
use ui::table::empty_state;

use super::{PATH, shell, standing_word};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::{SignedIn, Visit};

/// Refusals on a page.
pub(super) const MOST: i64 = 50;

/// Names of terminals, as the journal's actors name them.
pub(super) type Places = BTreeMap<String, String>;

/// The names of all terminals there ever were.
pub(super) fn places(tx: &mut Tx<'_>) -> Result<Places, StoreError> {
    let name = |one: terminals::Listed| {
        let terminal = one.terminal;
        (format!("kiosk:{}", terminal.id), format!("{} {}", terminal.place, terminal.name))
    };
    Ok(terminals::list(tx)?.into_iter().map(name).collect())
}

/// Who did it, in words.
fn who(visit: &Visit, places: &Places, actor: &str) -> String {
    match actor.split_once(':') {
        _ if places.contains_key(actor) => places.get(actor).cloned().unwrap_or_default(),
        Some(("staff" | "counter", _)) => visit.say("application-by-staff"),
        _ => visit.say("application-by-program"),
    }
}

/// A step, in words. What is stored is a word and what it was done to ([`cards::step_word`]).
pub(super) fn step(visit: &Visit, stored: &str) -> String {
    let mut parts = stored.split(' ');
    let (word, first, second) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
    let file = |id: &str| visit.say(&format!("application-file-{id}"));
    let set = |word: &str| visit.say(&format!("application-set-{word}"));
    let with = |key: &str, what: String, number: &str| {
        visit.say_with(key, &[("what", what.as_str().into()), ("number", number.into())])
    };
    match (word, first, second) {
        ("loaded", ..) => visit.say("application-step-loaded"),
        ("created", Some(id), _) => with("application-step-created", file(id), ""),
        ("deleted", Some(id), _) => with("application-step-deleted", file(id), ""),
        ("key-given", Some(word), Some(version)) => with("application-step-key-given", set(word), version),
        ("key-dropped", Some(word), Some(version)) => with("application-step-key-dropped", set(word), version),
        ("pin-set", ..) => visit.say("application-step-pin-set"),
        ("refusing", Some(count), _) => with("application-step-refusing", String::new(), count),
        ("written", Some(id), Some(version)) => with("application-step-written", file(id), version),
        ("terminated", ..) => visit.say("application-step-terminated"),
        _ => visit.say("application-step-other"),
    }
}

/// What was refused, and why.
pub(super) fn refused(visit: &Visit, counter: &str, places: &Places, all: &[Refused], with_card: bool) -> Markup {
    let row = |one: &Refused| {
        let why = visit.say_with(&one.why, &[("counter", counter.into()), ("request", "".into())]);
        let mut cells = vec![
            html! { (ui::dates::instant(visit.language, one.at)) },
            html! { (visit.say(&format!("application-asked-{}", one.deed))) },
            html! { (why) },
            html! { (who(visit, places, &one.actor)) },
        ];
        if with_card {
            cells.push(html! {
                @match one.card {
                    Some(card) => { a href=(format!("{PATH}/cards/{card}")) { code { (super::short(card)) } } }
                    None => { (visit.say("application-no-card")) }
                }
            });
        }
        cells
    };
    let mut headings = vec!["application-when", "application-asked", "application-why", "application-by"];
    if with_card {
        headings.push("application-card");
    }
    let title = visit.say("application-refusals");
    let rows: Vec<Vec<Markup>> = all.iter().map(row).collect();
    html! {
        section {
            h2 { (title) }
            @if rows.is_empty() { p { (visit.say("application-refusals-none")) } }
            @else { (visit.table(&title, &headings, &rows)) }
        }
    }
}

/// The page of one card.
pub(super) async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(card): Path<String>,
) -> Result<Response, Failure> {
    let (id, inside) = (shell::id(&card)?, app.inside()?.clone());
    let found = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(move |tx| {
            let Some(card) = cards::get(tx, id)? else { return Ok(None) };
            Ok(Some((card, cards::steps(tx, id)?, refusals::list(tx, Some(id), MOST)?, places(tx)?)))
        })?)
    })
    .await?;
    let (card, steps, refusals, places) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let title = visit.say("application-journal");
    let at = |at| ui::dates::instant(visit.language, at);
    let row = |one: &cards::Noted| {
        vec![
            html! { (step(&visit, &one.step)) },
            html! { (at(one.begun_at)) },
            html! { @match one.done_at { Some(done) => (at(done)), None => (chip(AlertKind::Warning, &visit.say("application-cut"))) } },
            html! { (who(&visit, &places, &one.actor)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = steps.iter().map(row).collect();
    let headings = ["application-step", "application-sent", "application-answered", "application-by"];
    let main = html! {
        p { (visit.say("application-journal-lead")) }
        (facts(&[
            (visit.say("application-card"), html! { code { (super::short(card.id)) } }),
            (visit.say("staff-state"), html! { (standing_word(&visit, card.standing)) }),
            (visit.say("application-since"), html! { (at(card.since)) }),
        ]))
        @if rows.is_empty() { (empty_state(&visit.say("application-steps-none"), &visit.say("application-steps-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
        (refused(&visit, &app.profile.counter, &places, &refusals, false))
        div class="buttons" {
            button type="button" class="button" data-print="" hidden { (visit.say("application-print")) }
            a class="button button-secondary" href=(PATH) { (visit.say("application-title")) }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}
