//! Where a person's browser comes from an app. The portal's cookie does not come along from another site (SameSite), so this
//! page knows nobody: it says who asks, and leads on to the portal's own page. Made-up residents answer here.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use openid::provider::{Asked, ErrorCode, Parameters, PushedRequest, REQUEST_PREFIX};
use tools::data_apps::conversation::Answering;
use tools::data_apps::{AppState, AppsError, DataApp, Words, grants, sandbox};
use tools::portal::Assurance;
use ui::Language;
use ui::form::{ButtonKind, link_button, radios};
use ui::notice::{AlertKind, alert, facts};

use super::{desk, leads_to};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::Visit;

/// What a browser asks, and how pages carry it on.
#[derive(Clone)]
pub(crate) struct Carried {
    /// The two parameters, read.
    pub asked: Asked,
    /// The same as a query, for the hidden field of a form.
    pub query: String,
    /// The portal's page for it: a plain path, so that the step-up page can lead back.
    pub consent: String,
}

impl Carried {
    /// From a query.
    ///
    /// # Errors
    /// The request is none of ours.
    pub fn read(query: &str) -> Result<Self, Failure> {
        let refused = |refusal| Failure::from(AppsError::Refused(refusal));
        let parameters = Parameters::read(query.as_bytes()).map_err(refused)?;
        let asked = Asked::read(&parameters).map_err(refused)?;
        let both = ["client_id", "request_uri"].map(|name| (name, parameters.get(name).unwrap_or_default()));
        let name = both[1].1.strip_prefix(REQUEST_PREFIX).unwrap_or_default();
        let consent = format!("/portal/apps/consent/{}/{name}", asked.client_id);
        Ok(Self { query: serde_urlencoded::to_string(both).unwrap_or_default(), consent, asked })
    }

    /// From the portal's path.
    ///
    /// # Errors
    /// The request is none of ours.
    pub fn of(client_id: &str, name: &str) -> Result<Self, Failure> {
        let both = [("client_id", client_id.to_owned()), ("request_uri", format!("{REQUEST_PREFIX}{name}"))];
        Self::read(&serde_urlencoded::to_string(both).unwrap_or_default())
    }
}

/// Sends a browser on with GET, also to another site.
pub(crate) fn see_other(location: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

/// `GET /connect/authorize`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let carried = Carried::read(&query.unwrap_or_default())?;
    let asked = carried.asked.clone();
    let opened = blocking(move || {
        let desk = desk(&app)?;
        let (request, asking) = desk.open(&asked)?;
        if request.prompt.none {
            // Nobody is known here without a page.
            return Ok(Err(desk.refuse(&asked, ErrorCode::InteractionRequired)?));
        }
        Ok(Ok((request, asking)))
    })
    .await?;
    let (request, asking) = match opened {
        Ok(opened) => opened,
        Err(location) => return Ok(see_other(&location)),
    };
    let title = visit.say_with("apps-ask-title", &[("app", asking.registration.name.as_str().into())]);
    let main = html! {
        h1 { (title) }
        (shown(&visit, &asking, &request.scopes))
        @if asking.state == AppState::Sandbox { (sandbox_form(&visit, &carried, &request)) } @else { (ways(&visit, &carried)) }
    };
    let mut response = visit.page(&title).render(&main).into_response();
    response.extensions_mut().insert(leads_to(&request.redirect_uri));
    Ok(response)
}

/// Who asks, and for what: `scopes` are told, or none where boxes to tick tell them.
pub(crate) fn shown(visit: &Visit, app: &DataApp, scopes: &[String]) -> Markup {
    let said = &app.registration;
    let purpose = in_language(visit, &said.purpose);
    let mut lines = vec![
        (visit.say("apps-organisation"), html! { (said.organisation) }),
        (visit.say("apps-purpose"), html! { (purpose) }),
        (visit.say("apps-policy"), html! { a href=(said.policy) rel="noreferrer" { (said.policy) } }),
    ];
    if !scopes.is_empty() {
        lines.push((visit.say("apps-what"), what(visit, scopes)));
    }
    html! {
        @if app.state == AppState::Sandbox {
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_html("apps-sandbox-band")) } }))
        }
        (facts(&lines))
    }
}

/// The sentence in the reader's language.
pub(crate) fn in_language<'a>(visit: &Visit, words: &'a Words) -> &'a str {
    match visit.language {
        Language::English => &words.english,
        Language::EasyJapanese => &words.easy,
        Language::Japanese => &words.japanese,
    }
}

fn what(visit: &Visit, scopes: &[String]) -> Markup {
    html! { ul { @for scope in scopes { li { (visit.say_html(&format!("apps-scope-{scope}"))) } } } }
}

/// Two ways on: somebody who is signed in goes to the consent page, others sign in first.
fn ways(visit: &Visit, carried: &Carried) -> Markup {
    let consent = &carried.consent;
    html! {
        p { (visit.say_html("apps-ask-how")) }
        div class="buttons" {
            (link_button(ButtonKind::Primary, consent, &visit.say("apps-go-on")))
            (link_button(ButtonKind::Secondary, &format!("/portal/sign-in?next={consent}"), &visit.say("portal-sign-in")))
        }
    }
}

fn sandbox_form(visit: &Visit, carried: &Carried, request: &PushedRequest) -> Markup {
    let residents: Vec<(String, String)> =
        sandbox::RESIDENTS.iter().map(|one| (one.account.to_owned(), one.name.to_owned())).collect();
    let first = residents.first().map(|(account, _)| account.clone()).unwrap_or_default();
    html! {
        form method="post" action="/connect/sandbox" {
            input type="hidden" name="asked" value=(carried.query);
            (radios("account", &visit.say("apps-sandbox-who"), &residents, &first))
            @for scope in &request.scopes { input type="hidden" name="scope" value=(scope); }
            div class="buttons" {
                button type="submit" class="button" name="decision" value="allow" { (visit.say("apps-allow")) }
                button type="submit" class="button button-secondary" name="decision" value="deny" { (visit.say("apps-deny")) }
            }
        }
    }
}

/// `POST /connect/sandbox`: a made-up resident answers.
pub async fn sandbox(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    let asked = Carried::read(fields.get("asked"))?.asked;
    let location = blocking(move || {
        let desk = desk(&app)?;
        let (_, asking) = desk.open(&asked)?;
        let Some(resident) = sandbox::find(fields.get("account")).filter(|_| asking.state == AppState::Sandbox) else {
            return Err(Failure::of(base::Kind::Forbidden));
        };
        if fields.get("decision") == "deny" {
            return Ok(desk.refuse(&asked, ErrorCode::AccessDenied)?);
        }
        let scopes: Vec<String> = fields.all("scope").map(str::to_owned).collect();
        let now = desk.outside.seams.now().seconds();
        let answer = Answering {
            account: resident.account,
            known: (Assurance::High.word(), now),
            scopes: &scopes,
            days: Some(grants::DAYS[0]),
            language: "ja",
        };
        Ok(desk.allow(&asked, &answer)?)
    })
    .await?;
    Ok(see_other(&location))
}
