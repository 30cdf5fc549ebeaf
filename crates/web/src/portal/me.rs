//! What the city holds about me (自己情報表示): asked with the card, shown for a day at most, erased at sign-out.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use tools::portal::Assurance;
use tools::self_information::{self, Fact, Held, Standing};
use ui::form::{ButtonKind, one_button};
use ui::notice::{AlertKind, alert};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/me";

/// Its routes.
pub fn routes() -> Routes {
    let proved = Rule::Resident(Assurance::High);
    Routes::new().get(PATH, proved, page).post("/portal/me/ask", proved, ask).post("/portal/me/forget", proved, forget)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let standing = blocking(move || Ok(self_information::standing(&outside, account)?)).await?;
    let title = visit.say("me-title");
    let send = |action: &str, kind, key: &str| one_button(action, &visit.csrf(action), kind, &visit.say(key), None);
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("me-how")) }
        @match &standing {
            Standing::Nothing => { (send("/portal/me/ask", ButtonKind::Primary, "me-ask")) }
            Standing::Asked(_) => {
                (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("me-asked")) } }))
                p { a href=(PATH) { (visit.say("me-look-again")) } }
            }
            Standing::Answered(held, until) => {
                (groups(&visit, held))
                p class="note" { (visit.say_with("me-until", &[
                    ("when", ui::dates::instant(visit.language, *until).as_str().into())])) }
                (send("/portal/me/forget", ButtonKind::Secondary, "me-forget"))
            }
        }
        p { a href="/portal/looked" { (visit.say_html("looked-title")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn groups(visit: &Visit, held: &Held) -> Markup {
    html! {
        @for (name, facts) in &held.groups {
            section {
                h2 { (visit.say_html(name)) }
                @if facts.is_empty() { p { (visit.say_html("me-none")) } }
                dl class="facts" { @for fact in facts { dt { (visit.say_html(&fact.name)) } dd { (value(visit, fact)) } } }
            }
        }
    }
}

fn value(visit: &Visit, fact: &Fact) -> Markup {
    match &fact.said {
        Some(key) => visit.say_html(key),
        None => match base::Date::parse(&fact.value) {
            Ok(date) => html! { (ui::dates::date(visit.language, date)) },
            Err(_) => html! { span lang="ja" { (fact.value) } },
        },
    }
}

async fn ask(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    blocking(move || {
        let seams = outside.seams.clone();
        let ask = move |tx: &mut store::Tx<'_>| self_information::ask(tx, &seams, account);
        Ok(outside.store.write::<_, store::StoreError, _>(ask)?)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-asked"))
}

async fn forget(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    blocking(move || {
        let forget = move |tx: &mut store::Tx<'_>| self_information::forget(tx, account);
        Ok(outside.store.write::<_, store::StoreError, _>(forget)?)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-forgotten"))
}
