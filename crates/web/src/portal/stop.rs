//! A lost phone: stopping the account without signing in, by the code that was kept at home.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use base::Kind;
use maud::html;
use tools::portal::stopping;
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, alert};

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::Visit;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get("/portal/stop", Rule::Public, page).post("/portal/stop", Rule::Public, stop)
}

async fn page(State(app): State<Arc<App>>, visit: Visit) -> Response {
    let (title, label, hint) =
        (visit.say("portal-stop-title"), visit.say("portal-stop-code"), visit.say("portal-stop-code-hint"));
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("portal-stop-how")) }
        form method="post" action="/portal/stop" {
            (field(visit.language, &Field { name: "code", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(40), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Danger, &visit.say("portal-stop-button"))) }
        }
        section class="card" {
            h2 { (visit.say("portal-stop-no-code")) }
            p { (visit.say_html("portal-stop-no-code-how")) }
            p { (app.profile.counter) }
        }
    };
    visit.page(&title).render(&main).into_response()
}

async fn stop(State(app): State<Arc<App>>, visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || Ok(stopping::by_code(&outside, fields.get("code"))?)).await.map_err(|failure| {
        match failure.kind {
            Kind::NotFound => Failure::saying(Kind::NotFound, "portal-stop-unknown").next("/portal/stop", "page-back"),
            _ => failure,
        }
    })?;
    let title = visit.say("portal-stop-title");
    let main = html! {
        h1 { (title) }
        (alert(visit.language, AlertKind::Success, &html! { p { (visit.say_html("portal-stop-done")) } }))
        div class="buttons" { a class="button button-secondary" href="/portal/sign-in" { (visit.say("portal-sign-in")) } }
    };
    Ok(visit.page(&title).render(&main).into_response())
}
