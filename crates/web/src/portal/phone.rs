//! A telephone number as a contact: told by the person with the card, proved by a code in a short message.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Personal, Seams};
use maud::{Markup, html};
use tools::portal::{Assurance, MeansError, MeansRefusal, password as codes, phone};
use ui::form::{ButtonKind, Field, button, field, one_button};

use super::{password, shell, ways};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::limits::{Class, Knocker};
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/settings/phone";
const CODE: &str = "/portal/settings/phone/code";
const REMOVE: &str = "/portal/settings/phone/remove";
const SECURITY: &str = "/portal/settings/security";

/// Its routes.
pub fn routes() -> Routes {
    let proved = Rule::Resident(Assurance::High);
    Routes::new()
        .post(PATH, proved, begin)
        .get(CODE, proved, page)
        .post(CODE, proved, finish)
        .post(REMOVE, proved, remove)
}

/// Its part of the page about security; the last digits alone are shown.
pub(super) fn section(visit: &Visit, number: Option<&Personal<String>>, is_proved: bool) -> Markup {
    let (label, hint) = (visit.say("portal-phone-new"), visit.say("portal-phone-new-hint"));
    html! {
        section class="card" {
            h2 { (visit.say("portal-phone")) }
            p { (visit.say_html("portal-phone-what")) }
            @match number {
                Some(number) => p { (visit.say_with("portal-phone-is", &[("last", last(number).as_str().into())])) },
                None => p { (visit.say("portal-none")) },
            }
            @if is_proved {
                form method="post" action=(PATH) {
                    (visit.csrf(PATH))
                    (field(visit.language, &Field { name: "phone", label: &label, hint: Some(&hint), kind: "tel", required: true,
                        autocomplete: Some("tel"), max_length: Some(24), ..Field::default() }))
                    div class="buttons" { (button(ButtonKind::Secondary, &visit.say("portal-email-send"))) }
                }
                @if number.is_some() {
                    (one_button(REMOVE, &visit.csrf(REMOVE), ButtonKind::Danger, &visit.say("portal-phone-remove"), None))
                }
            }
        }
    }
}

fn last(number: &Personal<String>) -> String {
    number.reveal().chars().skip(7).collect()
}

fn offered(app: &App) -> Result<(), Failure> {
    match app.ways()?.carrier {
        Some(_) => Ok(()),
        None => Err(Failure::saying(base::Kind::Unavailable, "portal-refusal-no-carrier")),
    }
}

async fn begin(State(app): State<Arc<App>>, visit: Visit, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    offered(&app)?;
    // A short message costs money, and rings at somebody's who may not be the person.
    app.limits
        .take(Class::Password, Knocker::Known(format!("phone of {}", me.0.person.id)), app.seams.now())
        .map_err(|seconds| Failure::saying(base::Kind::TooMany, "error-too-many").after_seconds(seconds))?;
    let (outside, who) = (app.outside()?.clone(), me.0.person);
    let sent = blocking(move || {
        if !who.state.reads() {
            return Err(MeansError::from(MeansRefusal::NotOpen).into());
        }
        Ok(phone::prove(&outside, who.id, fields.get("phone"))?)
    })
    .await
    .map_err(|failure| failure.next(SECURITY, "page-back"))?;
    if let Some((to, code)) = sent.to {
        let (city, code) = (visit.city.as_str(), code.reveal().as_str());
        let text = visit.say_with("portal-phone-code-text", &[("city", city.into()), ("code", code.into())]);
        app.ways()?.text(Seams::random_id(&app.seams), to, text.into());
    }
    let mut response = Redirect::to(CODE).into_response();
    ways::give_under_way(&app, &mut response, &sent.secret);
    Ok(response)
}

async fn page(visit: Visit, me: InPortal) -> Response {
    let main = password::form_for(&visit, CODE, "portal-phone-code-sent");
    shell::page(&visit, &me, &visit.say("portal-code-title"), &main)
}

async fn finish(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    me: InPortal,
    fields: Fields,
) -> Result<Response, Failure> {
    let secret = ways::under_way(&app, &headers)?;
    let (outside, who) = (app.outside()?.clone(), me.0.person.id);
    let old = blocking(move || Ok(phone::change(&outside, who, &secret, fields.get("code"))?))
        .await
        .map_err(|failure| password::again(failure, CODE))?;
    if let Some(old) = old {
        tell_of_change(&app, &visit, who, old).await?;
    }
    Ok(shell::done(SECURITY, "portal-done-phone-changed"))
}

async fn remove(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, who) = (app.outside()?.clone(), me.0.person.id);
    let old = blocking(move || Ok(phone::remove(&outside, who)?)).await?;
    tell_of_change(&app, &visit, who, old).await?;
    Ok(shell::done(SECURITY, "portal-done-phone-removed"))
}

/// Tells the number that was, and the address of e-mail: whoever took the account over may have changed one of them only.
async fn tell_of_change(
    app: &Arc<App>,
    visit: &Visit,
    who: tools::portal::AccountId,
    old: Personal<String>,
) -> Result<(), Failure> {
    let (city, counter) = (visit.city.as_str(), app.profile.counter.as_str());
    let text = visit.say_with("portal-phone-changed-text", &[("city", city.into()), ("counter", counter.into())]);
    app.ways()?.text(Seams::random_id(&app.seams), old, text.into());
    let outside = app.outside()?.clone();
    if let Some(address) = blocking(move || Ok(codes::address_of(&outside, who)?)).await? {
        password::tell(app, visit, address, "portal-phone-changed-text")?;
    }
    Ok(())
}
