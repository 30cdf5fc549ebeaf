//! The queue: numbers and places, no names. As the hall's screen, and as whoever stands at the machine looks at it.

use axum::response::Response;
use maud::{Markup, html};
use services::hospital_card::arriving::{self, Visit as Reception};
use tools::terminals::Sort;

use super::super::{AtCounter, left};
use super::{AFRESH, GONE_SECONDS, PATH, QUEUE, views};
use crate::app::blocking;
use crate::error::Failure;

/// Seconds after which the hall's screen is looked at again.
const AGAIN_SECONDS: u32 = 10;

async fn numbers(at: &AtCounter) -> Result<Vec<Reception>, Failure> {
    at.serves(Sort::RevisitMachine)?;
    at.let_go();
    let city = at.app.inside()?.clone();
    blocking(move || arriving::queue(&city).map_err(|error| Failure::of(error.kind()))).await
}

/// The hall's screen, which stays there.
pub(super) async fn hall(at: AtCounter) -> Result<Response, Failure> {
    let all = numbers(&at).await?;
    Ok(left(views::screen(&at, "hospital-queue-title", &shown(&at, &all)), AGAIN_SECONDS, QUEUE))
}

/// The same with a way back, left for the machine's first page.
pub(super) async fn looked_at(at: AtCounter) -> Result<Response, Failure> {
    let all = numbers(&at).await?;
    let main = html! {
        (shown(&at, &all))
        p class="kiosk-back" { a class="kiosk-quiet" href=(PATH) { (at.visit.say_html("page-back")) } }
    };
    Ok(left(views::screen(&at, "hospital-queue-title", &main), GONE_SECONDS, AFRESH))
}

/// Numbers that are called, the latest first; then those that wait.
fn shown(at: &AtCounter, all: &[Reception]) -> Markup {
    let visit = &at.visit;
    let mut called: Vec<_> = all.iter().filter_map(|one| one.called.as_ref().map(|call| (one.number, call))).collect();
    called.sort_by_key(|(_, (when, _))| std::cmp::Reverse(*when));
    let waiting: Vec<i64> = all.iter().filter(|one| one.called.is_none()).map(|one| one.number).collect();
    html! {
        section {
            h2 { (visit.say_html("hospital-queue-called")) }
            @if called.is_empty() { p { (visit.say_html("hospital-queue-nobody")) } }
            ul class="revisit-called" {
                @for (number, (_, to)) in &called { li { strong { (number) } span lang="ja" { (to) } } }
            }
        }
        section {
            h2 { (visit.say_html("hospital-queue-waiting")) }
            @if waiting.is_empty() { p { (visit.say_html("hospital-queue-nobody")) } }
            ul class="revisit-waiting" { @for number in &waiting { li { (number) } } }
        }
    }
}
