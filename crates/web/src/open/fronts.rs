//! The demo's terminals on its first page: what each is for, which card of the drawer to take, and what to do with it.

use std::sync::Arc;

use maud::{Markup, html};
use services::staff_id::kept;
use tools::service_cards::CardError;
use tools::terminals::Sort;

use crate::app::{App, blocking};
use crate::visit::Visit;

/// Each with the word of its keys and how many steps are told.
const FRONTS: [(Sort, &str, usize); 6] = [
    (Sort::LibraryCounter, "library", 3),
    (Sort::HospitalDesk, "hospital", 2),
    (Sort::RevisitMachine, "revisit", 2),
    (Sort::CityCardDesk, "cards", 3),
    (Sort::StaffDesk, "staff", 2),
    (Sort::LoadingDesk, "loading", 2),
];
/// The member of staff of the demo who has the drawer's first card and a label.
const MEMBER: &str = "2001";

/// The section, in a demo with a drawer of cards, at its own computer; nothing elsewhere.
pub async fn section(app: &Arc<App>, visit: &Visit) -> Markup {
    let first = app.kiosk.as_ref().and_then(|place| place.drawer()).and_then(|cards| cards.into_iter().next());
    let Some(card) = first.filter(|_| visit.opens_drawer()) else { return html! {} };
    let label = label(app).await;
    let say = |key: &str| {
        let words =
            [("card", card.label.as_str().into()), ("pin", card.pin.as_str().into()), ("label", label.as_str().into())];
        visit.say_with(key, &words)
    };
    html! {
        section class="apart" {
            h2 { (say("start-fronts")) }
            p { (say("start-fronts-how")) }
            @if !app.sample_staff.is_empty() {
                section class="card" {
                    h3 { a href="/staff/sign-in" { (say("start-front-console")) } }
                    ol { @for step in 1..=3 { li { (say(&format!("start-front-console-{step}"))) } } }
                }
            }
            @for (sort, word, steps) in FRONTS {
                section class="card" {
                    h3 { a href=(format!("/demo/terminal/{}", sort.word())) { (say(&format!("start-front-{word}"))) } }
                    ol { @for step in 1..=steps { li { (say(&format!("start-front-{word}-{step}"))) } } }
                }
            }
        }
    }
}

/// The number on that member's label; empty where there is none.
async fn label(app: &Arc<App>) -> String {
    let Ok(inside) = app.inside().cloned() else { return String::new() };
    let found = blocking(move || Ok(inside.cards.read::<_, CardError, _>(|tx| kept::of_member(tx, MEMBER))?)).await;
    found.ok().and_then(|all| all.first().map(|one| one.sticker.to_string())).unwrap_or_default()
}
