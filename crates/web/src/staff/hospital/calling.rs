//! Today's queue, and calling a number of it. What was typed stands there again when it was not called.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use services::hospital_card::arriving::{self, Called, Visit as Reception, Way};
use ui::form::{ButtonKind, Field, button, field};

use super::{PATH, beneath, shell, shown, word};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

/// Where the form goes.
pub(super) const CALL: &str = "/staff/hospital/call";

/// What was typed, and what is wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    number: String,
    to: String,
    wrong_number: Option<&'static str>,
    wrong_place: Option<&'static str>,
}

/// The queue with the form beneath it.
pub(super) fn queue(visit: &Visit, queue: &[Reception], may: bool, typed: &Typed) -> Markup {
    let rows: Vec<Vec<Markup>> = queue
        .iter()
        .map(|one| {
            let state = match &one.called {
                Some((_, to)) => html! { (visit.say("hospital-called")) " " (to) },
                None => html! { (visit.say("hospital-waiting")) },
            };
            let sent = visit.say(&word("hospital-sent", &one.state));
            vec![html! { (one.number) }, html! { (one.place) }, state, html! { (sent) }]
        })
        .collect();
    let headings = ["hospital-receipt-number", "hospital-receipt-place", "hospital-queue-state", "hospital-staff-sent"];
    html! {
        @if queue.is_empty() { p { (visit.say("hospital-staff-none")) } }
        @else { (visit.table(&visit.say("hospital-queue-title"), &headings, &rows)) }
        // With nobody in the queue there is nobody to call, but what was typed is not taken away.
        @if may && (!queue.is_empty() || !typed.number.is_empty()) { (form(visit, typed)) }
    }
}

fn form(visit: &Visit, typed: &Typed) -> Markup {
    let (number, place) = (visit.say("hospital-receipt-number"), visit.say("hospital-staff-call-to"));
    let (wrong_number, wrong_place) =
        (typed.wrong_number.map(|key| visit.say(key)), typed.wrong_place.map(|key| visit.say(key)));
    html! {
        form method="post" action=(CALL) {
            (visit.csrf(CALL))
            div class="fields" {
                (field(visit.language, &Field { name: "number", label: &number, required: true, value: &typed.number,
                    error: wrong_number.as_deref(), autocomplete: Some("off"), max_length: Some(5), is_number: true,
                    ..Field::default() }))
                (field(visit.language, &Field { name: "to", label: &place, required: true, value: &typed.to,
                    error: wrong_place.as_deref(), autocomplete: Some("off"), max_length: Some(40), ..Field::default() }))
            }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("hospital-staff-call"))) }
        }
    }
}

pub(super) async fn call(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["number", "to"])?;
    let mut typed =
        Typed { number: fields.get("number").to_owned(), to: fields.get("to").to_owned(), ..Typed::default() };
    // What is no number is nobody's number.
    let number = base::text::to_half_width(typed.number.trim()).parse::<i64>();
    let called = match number {
        Ok(number) => {
            let (city, by, to) = (app.inside()?.clone(), me.actor(), typed.to.clone());
            blocking(move || arriving::call(&city, &by, Way::Staff, number, &to).map_err(|error| beneath(&error)))
                .await?
        }
        Err(_) => Called::Unknown,
    };
    match called {
        Called::Told | Called::Before => return Ok(shell::done(PATH, "staff-done-hospital-called")),
        Called::Unknown => typed.wrong_number = Some("hospital-staff-no-number"),
        Called::NotAPlace => typed.wrong_place = Some("hospital-staff-not-a-place"),
    }
    if base::my_number_guard::refuse_individual_number(&typed.to).is_err() {
        typed.to.clear();
    }
    let mut response = shown(&app, &visit, &me, &typed).await?;
    *response.status_mut() = StatusCode::BAD_REQUEST;
    Ok(response)
}
