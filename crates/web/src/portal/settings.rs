//! Settings: language, ways in, where one is signed in, what happened.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Id, Kind, Personal};
use maud::{Markup, html};
use tools::portal::events::{self, SecurityEvent};
use tools::portal::means::{self, MeansKind};
use tools::portal::passkeys::{self, Listed};
use tools::portal::{Assurance, password, phone, session as sessions};
use ui::form::{ButtonKind, Field, button, field, one_button};
use ui::notice::{AlertKind, alert, facts};
use ui::table::empty_state;

use super::{shell, welcome};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::session;
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let (here, daily) = (Rule::Resident(Assurance::Public), Rule::Resident(Assurance::Substantial));
    Routes::new()
        .get("/portal/settings", here, page)
        .get("/portal/settings/security", daily, security)
        .post("/portal/settings/passkeys/{passkey}/stop", daily, stop_passkey)
        .post("/portal/settings/sign-out-everywhere", here, sign_out_everywhere)
}

/// What settings there are: address, key of its words (`…-what` says what it is for). Other parts add theirs.
pub const PAGES: &[(&str, &str)] = &[
    ("/portal/settings/security", "portal-settings-security"),
    ("/portal/settings/channels", "portal-settings-channels"),
    ("/portal/interests", "interests-settings"),
    ("/portal/settings/letters", "portal-settings-letters"),
    ("/portal/me", "portal-settings-me"),
    ("/portal/looked", "portal-settings-looked"),
    ("/portal/representatives", "portal-settings-representatives"),
    ("/portal/consents", "portal-settings-consents"),
    ("/portal/apps", "apps-settings"),
];

async fn page(visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let main = html! {
        (shell::said(&visit))
        @for (address, key) in PAGES {
            section class="card" {
                h2 { a href=(address) { (visit.say(key)) } }
                p { (visit.say_html(&format!("{key}-what"))) }
            }
        }
        section class="card" {
            h2 { (visit.say("portal-settings-language")) }
            p { (visit.say_html("portal-settings-language-what")) }
            (ui::page::language_choice(visit.language, &visit.address))
        }
    };
    Ok(shell::page(&visit, &me, &visit.say("portal-settings-title"), &main))
}

/// What the page about security shows.
struct Shown {
    passkeys: Vec<Listed>,
    email: Option<Personal<String>>,
    phone: Option<Personal<String>>,
    has_password: bool,
    sessions: Vec<sessions::Listed>,
    events: Vec<(SecurityEvent, base::Timestamp)>,
}

async fn security(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, who) = (app.outside()?.clone(), me.0.person.id);
    let shown = blocking(move || {
        let now = outside.seams.now();
        Ok(Shown {
            passkeys: passkeys::list(&outside, who)?,
            email: password::address_of(&outside, who)?,
            phone: phone::number_of(&outside, who)?,
            has_password: password::is_set(&outside, who)?,
            sessions: outside.store.read(|tx| sessions::list(tx, now, who))?,
            events: outside.store.read(|tx| events::latest(tx, who))?,
        })
    })
    .await?;
    let is_proved = me.level() == Assurance::High;
    let ways = app.ways()?;
    let main = html! {
        h1 { (visit.say("portal-settings-security")) }
        (shell::said(&visit))
        @if !is_proved {
            (alert(visit.language, AlertKind::Info, &html! {
                p { (visit.say_html("portal-security-needs-card")) }
                p { a href="/portal/step-up?next=/portal/settings/security" { (visit.say("portal-step-up")) } }
            }))
        }
        @if ways.party.is_some() { (passkey_section(&visit, &shown.passkeys, is_proved)) }
        @if ways.mailer.is_some() { (password_section(&visit, &shown, is_proved)) }
        @else {
            section class="card" {
                h2 { (visit.say("portal-email-and-password")) }
                // Half of a password is a code by e-mail.
                p { (visit.say_html("portal-refusal-no-mail")) }
            }
        }
        @if ways.carrier.is_some() { (super::phone::section(&visit, shown.phone.as_ref(), is_proved)) }
        section class="card" {
            h2 { (visit.say("portal-stop-code")) }
            p { (visit.say_html("portal-stop-code-how")) }
            @if is_proved { (welcome::stop_code_form(&visit)) }
        }
        (session_section(&visit, &shown.sessions, &me))
        (event_section(&visit, &shown.events))
    };
    let title = visit.say("portal-settings-security");
    Ok(shell::with_scripts(&visit, &me, &title, &["passkey.js"], &main))
}

fn passkey_section(visit: &Visit, all: &[Listed], is_proved: bool) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say("portal-passkeys")) }
            @if all.is_empty() { (empty_state(&visit.say("portal-passkeys-none"), &visit.say("portal-passkeys-none-how"))) }
            @for one in all {
                @let label = if one.label.is_empty() { visit.say("portal-passkey-unnamed") } else { one.label.clone() };
                @let at = format!("/portal/settings/passkeys/{}/stop", one.id);
                h3 { (label) }
                p class="hint" { (visit.say("portal-added")) " " (ui::dates::instant(visit.language, one.added_at))
                    @if let Some(used) = one.used_at { " · " (visit.say("portal-used")) " " (ui::dates::instant(visit.language, used)) } }
                (one_button(&at, &visit.csrf(&at), ButtonKind::Danger, &visit.say("portal-passkey-stop"), Some(&label)))
            }
            @if is_proved { (welcome::passkey_form(visit)) }
        }
    }
}

fn password_section(visit: &Visit, shown: &Shown, is_proved: bool) -> Markup {
    let (address, set) = ("/portal/settings/email", "/portal/settings/password");
    let none = || visit.say("portal-none");
    let email = shown.email.as_ref().map_or_else(none, |email| email.reveal().clone());
    let has = visit.say(if shown.has_password { "portal-password-set" } else { "portal-none" });
    let (email_label, email_hint) = (visit.say("portal-email-new"), visit.say("portal-email-new-hint"));
    let (password_label, password_hint) = (visit.say("portal-password-new"), visit.say("portal-password-new-hint"));
    html! {
        section class="card" {
            h2 { (visit.say("portal-email-and-password")) }
            p { (visit.say_html("portal-email-and-password-what")) }
            (facts(&[(visit.say("portal-email"), html! { (email) }), (visit.say("portal-password"), html! { (has) })]))
            @if is_proved {
                form method="post" action=(address) {
                    (visit.csrf(address))
                    (field(visit.language, &Field { name: "email", label: &email_label, hint: Some(&email_hint), kind: "email",
                        required: true, autocomplete: Some("email"), max_length: Some(254), ..Field::default() }))
                    div class="buttons" { (button(ButtonKind::Secondary, &visit.say("portal-email-send"))) }
                }
                @if shown.email.is_some() {
                    form method="post" action=(set) {
                        (visit.csrf(set))
                        (field(visit.language, &Field { name: "password", label: &password_label, hint: Some(&password_hint),
                            kind: "password", required: true, autocomplete: Some("new-password"), max_length: Some(128),
                            ..Field::default() }))
                        div class="buttons" { (button(ButtonKind::Secondary, &visit.say("portal-password-set-button"))) }
                    }
                }
            }
        }
    }
}

fn session_section(visit: &Visit, all: &[sessions::Listed], me: &InPortal) -> Markup {
    let at = "/portal/settings/sign-out-everywhere";
    html! {
        section class="card" {
            h2 { (visit.say("portal-sessions")) }
            ul {
                @for one in all {
                    li {
                        (ui::dates::instant(visit.language, one.started_at)) " "
                        @if let Some(means) = &one.means { (visit.say(&format!("portal-by-{means}"))) " " }
                        @if one.key == me.0.key { strong { (visit.say("portal-session-here")) } }
                    }
                }
            }
            (one_button(at, &visit.csrf(at), ButtonKind::Danger, &visit.say("portal-sign-out-everywhere"), None))
        }
    }
}

fn event_section(visit: &Visit, all: &[(SecurityEvent, base::Timestamp)]) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say("portal-events")) }
            @if all.is_empty() { p { (visit.say("portal-none")) } }
            ul {
                @for (event, at) in all {
                    li { (ui::dates::instant(visit.language, *at)) " " (visit.say(&format!("portal-event-{}", event.word()))) }
                }
            }
        }
    }
}

async fn stop_passkey(
    State(app): State<Arc<App>>,
    me: InPortal,
    Path(passkey): Path<String>,
) -> Result<Response, Failure> {
    let passkey = Id::parse(&passkey).map_err(|_| Failure::of(Kind::NotFound))?;
    let outside = app.outside()?.clone();
    blocking(move || Ok(passkeys::stop(&outside, me.0.person.id, passkey, &me.0.key)?)).await?;
    Ok(shell::done("/portal/settings/security", "portal-done-passkey-stopped"))
}

async fn sign_out_everywhere(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let (outside, who) = (app.outside()?.clone(), me.0.person.id);
    blocking(move || {
        let seams = outside.seams.clone();
        Ok(outside.store.write::<_, store::StoreError, _>(move |tx| {
            sessions::end_all(tx, seams.now(), who)?;
            means::stop_kind(tx, who, MeansKind::Browser)?;
            events::note(tx, &seams, who, SecurityEvent::SignedOutEverywhere)
        })?)
    })
    .await?;
    let is_https = app.settings.is_https;
    let mut response = Redirect::to("/portal/sign-in").into_response();
    session::give(&mut response, &session::clear_cookie(session::portal_cookie(is_https), is_https));
    Ok(response)
}
