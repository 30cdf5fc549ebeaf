//! For who builds an app: what the city offers, registering, how the review stands; and documents for programs.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::Kind;
use maud::{Markup, html};
use openid::provider::{ALGORITHMS, limits};
use serde_json::{Value, json};
use tools::data_apps::{AppsError, Fault, Registration, Words, items, registry};
use ui::Language;
use ui::form::{ButtonKind, Field, button, checkboxes, error_summary, field, link_button};
use ui::notice::{AlertKind, alert, chip, facts};

use super::public;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::Visit;

/// `GET /.well-known/yakuba-city`: what this city has, in one form for all cities, so that one app works with many.
pub async fn city(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let outside = app.outside()?;
    let (profile, at) = (&outside.profile, &outside.profile.public_address);
    let say = |language, scope: &str| ui::words().get(language, &format!("apps-scope-{scope}"));
    let scopes: Vec<Value> = items::scopes()
        .iter()
        .map(|scope| {
            json!({
                "scope": scope,
                "ja": say(Language::Japanese, scope),
                "en": say(Language::English, scope),
                "address": items::find(scope).map(|item| format!("{at}/api/v1/me/{}", item.scope)),
            })
        })
        .collect();
    Ok(public(json!({
        "version": 1,
        "city": { "ja": profile.name, "en": profile.name_english },
        "municipality_code": profile.municipality_code,
        "issuer": at,
        "openid_configuration": format!("{at}/.well-known/openid-configuration"),
        "data_api": format!("{at}/api/v1"),
        "openapi": format!("{at}/api/v1/openapi.json"),
        "registration": format!("{at}/developers/apps/new"),
        "security_profile": "FAPI 2.0 Security Profile",
        "scopes": scopes,
    })))
}

/// `GET /api/v1/openapi.json`.
pub async fn openapi(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let outside = app.outside()?;
    Ok(public(description(&outside.profile.public_address)))
}

/// The data API in OpenAPI 3.1.
fn description(at: &str) -> Value {
    let text = || json!({ "type": "string" });
    let answer = |what: &str, schema: Value| {
        json!({
            "200": { "description": what, "content": { "application/json": { "schema": schema } } },
            "401": { "description": "the token or the proof is refused; see WWW-Authenticate and DPoP-Nonce" },
            "403": { "description": "the token does not have the scope" },
            "404": { "description": "the city has nothing here" },
            "429": { "description": "too many requests; see Retry-After" },
        })
    };
    let mut paths = json!({
        "/api/v1/me": { "get": {
            "operationId": "me", "summary": "What may be asked with this token", "security": [{ "city": [] }],
            "responses": answer("the person's name for this app, and the items", json!({
                "type": "object", "required": ["sub", "scope", "consent_ends", "items"], "properties": {
                    "sub": text(), "scope": text(), "consent_ends": { "type": "integer", "description": "seconds since 1970" },
                    "items": { "type": "object", "additionalProperties": { "type": "string", "format": "uri" } },
                },
            })),
        } },
        "/connect/registration": { "post": {
            "operationId": "change_registration", "summary": "Ask to be registered otherwise; officers decide",
            "requestBody": { "content": { "application/x-www-form-urlencoded": { "schema": {
                "type": "object", "required": ["client_assertion_type", "client_assertion", "registration"], "properties": {
                    "client_assertion_type": text(), "client_assertion": text(),
                    "registration": { "type": "string", "description": "the whole registration as JSON" },
                },
            } } } },
            "responses": {
                "202": { "description": "it waits for the officers; until then everything stays" },
                "400": { "description": "invalid_client_metadata: which field, and why" },
                "401": { "description": "invalid_client" },
                "429": { "description": "one change an hour" },
            },
        } },
        "/connect/userinfo": { "get": {
            "operationId": "userinfo", "summary": "OpenID Connect user information", "security": [{ "city": ["openid"] }],
            "responses": answer("sub, and name with the scope basics", json!({
                "type": "object", "required": ["sub"], "properties": { "sub": text(), "name": text() },
            })),
        } },
    });
    for item in items::ITEMS {
        // The made-up resident shows the form: what is documented is what is sent.
        let example = tools::data_apps::sandbox::RESIDENTS.first().map(|resident| (item.made_up)(resident));
        let mut schema = example.as_ref().map_or_else(|| json!({ "type": "object" }), schema_of);
        schema["examples"] = json!([example]);
        paths[format!("/api/v1/me/{}", item.scope)] = json!({ "get": {
            "operationId": item.scope,
            "summary": ui::words().get(Language::English, &format!("apps-scope-{}", item.scope)),
            "security": [{ "city": [item.scope] }],
            "responses": answer("the item", schema),
        } });
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Yakuba data API", "version": "1", "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT" } },
        "servers": [{ "url": at }],
        "paths": paths,
        "components": { "securitySchemes": { "city": {
            "type": "openIdConnect",
            "openIdConnectUrl": format!("{at}/.well-known/openid-configuration"),
            "description": "Authorization: DPoP <token>, and a DPoP proof (RFC 9449) with the nonce of the DPoP-Nonce header",
        } } },
    })
}

/// The JSON Schema of what an example shows. What may be absent for real people is not required.
fn schema_of(example: &Value) -> Value {
    match example {
        Value::Object(members) => {
            let properties: serde_json::Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), schema_of(value))).collect();
            json!({ "type": "object", "properties": properties })
        }
        Value::Array(items) => json!({ "type": "array", "items": items.first().map_or_else(|| json!({}), schema_of) }),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(_) => json!({ "type": "number" }),
        // Texts may be absent for real people.
        Value::String(_) | Value::Null => json!({ "type": ["string", "null"] }),
    }
}

/// `GET /developers`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let at = &app.outside()?.profile.public_address;
    let title = visit.say("apps-developers-title");
    let code = |text: &str| html! { code { (text) } };
    let lines = [
        (visit.say("apps-developers-discovery"), code(&format!("{at}/.well-known/openid-configuration"))),
        (visit.say("apps-developers-city"), code(&format!("{at}/.well-known/yakuba-city"))),
        (visit.say("apps-developers-openapi"), html! { a href="/api/v1/openapi.json" { "/api/v1/openapi.json" } }),
        (visit.say("apps-developers-keys"), code(&ALGORITHMS.join(", "))),
        (
            visit.say("apps-developers-times"),
            html! {
                "request_uri " (limits::PUSHED_SECONDS) " s · code " (limits::CODE_SECONDS) " s · access_token "
                (limits::ACCESS_SECONDS) " s"
            },
        ),
    ];
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("apps-developers-lead")) }
        ol {
            @for step in 1..=5 { li { (visit.say_html(&format!("apps-developers-step-{step}"))) } }
        }
        div class="buttons" {
            (link_button(ButtonKind::Primary, "/developers/apps/new", &visit.say("apps-register-title")))
        }
        h2 { (visit.say("apps-developers-facts")) }
        (facts(&lines))
        h2 { (visit.say("apps-what")) }
        (facts(&items::scopes().iter().map(|scope| (scope.clone(), visit.say_html(&format!("apps-scope-{scope}")))).collect::<Vec<_>>()))
    };
    Ok(visit.page(&title).render(&main).into_response())
}

/// `GET /developers/apps/new`.
pub async fn new(visit: Visit) -> Markup {
    form(&visit, &Registration::default(), None)
}

/// The lines of the form: name, greatest length.
const LINES: [(&str, u32); 8] = [
    ("name", 60),
    ("organisation", 120),
    ("contact", 120),
    ("policy", 255),
    ("purpose_ja", 300),
    ("purpose_easy", 300),
    ("purpose_en", 300),
    ("sector", 120),
];

fn line<'a>(said: &'a Registration, name: &str) -> &'a str {
    match name {
        "name" => &said.name,
        "organisation" => &said.organisation,
        "contact" => &said.contact,
        "policy" => &said.policy,
        "purpose_ja" => &said.purpose.japanese,
        "purpose_easy" => &said.purpose.easy,
        "purpose_en" => &said.purpose.english,
        _ => &said.sector,
    }
}

fn form(visit: &Visit, said: &Registration, fault: Option<Fault>) -> Markup {
    let title = visit.say("apps-register-title");
    let wrong = |name: &str| fault.filter(|fault| fault.field == name).map(|fault| visit.say(fault.reason));
    let summary: Vec<(&str, String)> = fault.iter().map(|fault| (fault.field, visit.say(fault.reason))).collect();
    let scopes: Vec<(String, String)> = items::scopes()
        .iter()
        .map(|scope| (scope.clone(), format!("{scope}: {}", visit.say(&format!("apps-scope-{scope}")))))
        .collect();
    let chosen: Vec<&str> = said.scopes.iter().map(String::as_str).collect();
    let many = |name: &'static str, value: &str| {
        let (error, id) = (wrong(name), format!("{name}-hint"));
        html! {
            div class=(if error.is_some() { "field field-wrong" } else { "field" }) {
                label for=(name) { (visit.say(&format!("apps-field-{name}"))) }
                p class="hint" id=(id) { (visit.say(&format!("apps-hint-{name}"))) }
                @if let Some(error) = &error { p class="field-error" { (error) } }
                textarea id=(name) name=(name) rows="5" required aria-describedby=(id) aria-invalid=[error.as_ref().map(|_| "true")] { (value) }
            }
        }
    };
    let main = html! {
        h1 { (title) }
        (error_summary(visit.language, &summary))
        p { (visit.say_html("apps-register-lead")) }
        form method="post" action="/developers/apps" {
            @for (name, longest) in LINES {
                (field(visit.language, &Field { name, label: &visit.say(&format!("apps-field-{name}")),
                    value: line(said, name), error: wrong(name).as_deref(), required: name != "sector",
                    autocomplete: Some("off"), max_length: Some(longest), ..Field::default() }))
            }
            (many("redirect_uris", &said.redirect_uris.join("\n")))
            (many("keys", &said.keys))
            (checkboxes("scopes", &visit.say("apps-what"), &scopes, &chosen))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("apps-register-send"))) }
        }
    };
    visit.page(&title).render(&main)
}

/// What was typed. Scopes are kept in the order of our own list.
fn typed(fields: &Fields) -> Registration {
    let text = |name: &str| fields.get(name).to_owned();
    let lines = |name: &str| fields.get(name).split_whitespace().map(str::to_owned).collect();
    Registration {
        name: text("name"),
        organisation: text("organisation"),
        contact: text("contact"),
        policy: text("policy"),
        redirect_uris: lines("redirect_uris"),
        keys: text("keys"),
        scopes: items::scopes().into_iter().filter(|scope| fields.all("scopes").any(|one| one == scope)).collect(),
        purpose: Words { japanese: text("purpose_ja"), easy: text("purpose_easy"), english: text("purpose_en") },
        sector: text("sector"),
    }
}

/// `POST /developers/apps`.
pub async fn apply(State(app): State<Arc<App>>, visit: Visit, fields: Fields) -> Result<Response, Failure> {
    let said = typed(&fields);
    if let Err(fault) = said.check() {
        let mut page = form(&visit, &said, Some(fault)).into_response();
        *page.status_mut() = crate::error::status(Kind::Invalid);
        return Ok(page);
    }
    let outside = app.outside()?.clone();
    let client_id = blocking(move || {
        let seams = outside.seams.clone();
        Ok(outside.store.write::<_, AppsError, _>(move |tx| registry::apply(tx, &seams, &said))?)
    })
    .await?;
    Ok(Redirect::to(&format!("/developers/apps/{client_id}")).into_response())
}

/// `GET /developers/apps/{app}`: how the review stands. A `client_id` is no secret.
pub async fn standing(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path(client_id): Path<String>,
) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    let found =
        blocking(move || Ok(outside.store.read::<_, store::StoreError, _>(|tx| registry::find(tx, &client_id))?))
            .await?;
    let found = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let state = found.state.word();
    let lines = [
        ("client_id".to_owned(), html! { code { (found.client_id) } }),
        (visit.say("apps-field-name"), html! { (found.registration.name) }),
        (visit.say("staff-state"), chip(AlertKind::Info, &visit.say(&format!("apps-state-{state}")))),
    ];
    let title = visit.say("apps-standing-title");
    let main = html! {
        h1 { (title) }
        (facts(&lines))
        (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html(&format!("apps-state-{state}-what"))) } }))
        p { a href="/developers" { (visit.say("apps-developers-title")) } }
    };
    Ok(visit.page(&title).render(&main).into_response())
}
