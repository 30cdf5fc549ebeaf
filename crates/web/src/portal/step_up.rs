//! Showing the card again for what asks for the highest level.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::html;
use tools::portal::Assurance;
use ui::form::{ButtonKind, button};
use ui::notice::{AlertKind, alert};

use super::{shell, sign_in};
use crate::app::App;
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get("/portal/step-up", Rule::Resident(Assurance::Public), page)
}

/// An address of the portal that was asked for; the first page for anything else.
pub(super) fn next(asked: &str) -> String {
    let is_ours = asked.strip_prefix("/portal/").is_some_and(|rest| {
        !rest.starts_with('/') && rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_'))
    });
    if is_ours { asked.to_owned() } else { "/portal".to_owned() }
}

/// What the query says under this name, plain.
pub(super) fn in_query<'a>(visit: &'a Visit, name: &str) -> &'a str {
    let query = visit.address.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let ways = app.ways()?;
    let next = next(in_query(&visit, "next"));
    let is_checking = in_query(&visit, "checking") == "yes";
    let main = html! {
        @if is_checking {
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_html("portal-step-up-checking")) } }))
        }
        p { (visit.say_html("portal-step-up-why")) }
        @if ways.national.is_some() {
            section class="card" {
                h2 { (visit.say("portal-in-app")) }
                @if visit.is_demo { p class="hint" { (visit.say_html("portal-in-app-simulated")) } }
                form method="post" action="/portal/step-up/app" {
                    (visit.csrf("/portal/step-up/app"))
                    input type="hidden" name="next" value=(next);
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("portal-step-up-app"))) }
                }
            }
        }
        @if let Some(cards) = &ways.cards { (super::card::asking_here(&visit, cards, &next)) }
        section class="card" { p { (visit.say_html("portal-help-locked")) } }
        div class="buttons" { a href="/portal" { (visit.say("portal-step-up-not-now")) } }
    };
    let title = visit.say("portal-step-up-title");
    let mut response = shell::with_scripts(&visit, &me, &title, &["agent.js"], &html! { h1 { (title) } (main) });
    sign_in::lead_to_app(ways, &mut response);
    super::card::reach_agent(ways, &mut response);
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::next;

    #[test]
    fn the_way_on_stays_in_the_portal() {
        assert_eq!(next("/portal/settings/security"), "/portal/settings/security");
        for other in
            ["", "/", "//evil.example", "https://evil.example/portal/", "/portal//evil", "/portal/a?b", "/portal/../x"]
        {
            assert_eq!(next(other), "/portal", "{other}");
        }
    }
}
