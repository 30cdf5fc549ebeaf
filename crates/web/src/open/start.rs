//! The first page: where to go from here.

use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use crate::app::App;
use crate::visit::Visit;

/// `GET /`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit) -> Markup {
    // A demo's machine is this browser, once its page made it one.
    let machine = if app.is_demo() { "/kiosk/demo" } else { "/kiosk" };
    let ways: &[(&str, &str)] = if app.inside.is_some() {
        &[
            ("/portal/sign-in", "start-portal"),
            (machine, "start-kiosk"),
            ("/verify", "start-verify"),
            ("/registration", "start-registration"),
            ("/events", "start-events"),
            ("/effect", "start-effect"),
            ("/staff", "start-staff"),
        ]
    } else {
        &[
            ("/portal/sign-in", "start-portal"),
            ("/verify", "start-verify"),
            ("/registration", "start-registration"),
            ("/events", "start-events"),
            ("/effect", "start-effect"),
        ]
    };
    let title = visit.say_with("start-title", &[("city", visit.city.as_str().into())]);
    let fronts = super::fronts::section(&app, &visit).await;
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("start-lead")) }
        @for (address, key) in ways {
            section class="card" {
                h2 { a href=(address) { (visit.say(key)) } }
                p { (visit.say_html(&format!("{key}-what"))) }
                @if *key == "start-staff" && visit.opens_drawer() && !app.sample_staff.is_empty() {
                    p { (visit.say_html("start-staff-demo")) }
                }
            }
        }
        (fronts)
        @if app.outside.is_some() { p class="apart" { a href="/developers" { (visit.say("apps-developers-title")) } } }
    };
    visit.page(&title).render(&main)
}
