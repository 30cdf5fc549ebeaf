//! Address, password and code: coming in, forgotten, changed.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Kind, Personal};
use maud::{Markup, html};
use tools::portal::mail::Letter;
use tools::portal::password::{self, CodeSent};
use tools::portal::{Assurance, MeansRefusal};
use ui::form::{ButtonKind, Field, button, field};

use super::shell;
use super::ways::{self, By};
use crate::app::{App, blocking};
use crate::ceremony;
use crate::error::Failure;
use crate::form::Fields;
use crate::limits::{Class, Knocker};
use crate::routes::{Routes, Rule};
use crate::session;
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let proved = Rule::Resident(Assurance::High);
    Routes::new()
        .post("/portal/sign-in/password", Rule::Public, sign_in)
        .get("/portal/sign-in/code", Rule::Public, code_page)
        .post("/portal/sign-in/code", Rule::Public, code)
        .get("/portal/sign-in/forgotten", Rule::Public, forgotten_page)
        .post("/portal/sign-in/forgotten", Rule::Public, forgotten)
        .get("/portal/sign-in/reset", Rule::Public, reset_page)
        .post("/portal/sign-in/reset", Rule::Public, reset)
        .post("/portal/settings/email", proved, change_email)
        .get("/portal/settings/email/code", proved, email_code_page)
        .post("/portal/settings/email/code", proved, email_code)
        .post("/portal/settings/password", proved, set_password)
}

/// How often an account may be tried. A browser that came in before has a bucket of its own, so strangers who try the
/// account slow down strangers only; and never a passkey or the card.
async fn knock(app: &Arc<App>, headers: &HeaderMap, visit: &Visit, address: &str) -> Result<(), Failure> {
    let browser = ceremony::secret(headers, session::portal_browser_cookie(app.settings.is_https));
    let (outside, typed, known) = (app.outside()?.clone(), address.to_owned(), browser.clone());
    let (account, is_known) = blocking(move || Ok(password::bucket(&outside, &typed, known.as_ref())?)).await?;
    let from = visit.peer.map_or_else(String::new, |peer| format!("{:?}", Knocker::address(peer)));
    let mut buckets = vec![format!("{account} from {from}")];
    match browser.filter(|_| is_known) {
        Some(browser) => buckets.push(format!("{account} by {}", data_encoding::HEXLOWER.encode(&browser.hash()))),
        None => buckets.push(account),
    }
    for bucket in buckets {
        app.limits.take(Class::Password, Knocker::Known(bucket), app.seams.now()).map_err(|seconds| {
            Failure::saying(Kind::TooMany, "portal-password-too-often")
                .next("/portal/sign-in", "portal-sign-in")
                .after_seconds(seconds)
        })?;
    }
    Ok(())
}

fn mailer(app: &App) -> Result<(), Failure> {
    let no_mail = MeansRefusal::NoMail;
    match app.ways()?.mailer {
        Some(_) => Ok(()),
        None => Err(Failure::saying(no_mail.kind(), no_mail.words())),
    }
}

/// Sends the code and leads to the page that asks for it.
fn on_its_way(app: &App, visit: &Visit, sent: CodeSent, to: &str) -> Result<Response, Failure> {
    if let Some((address, code)) = sent.to {
        let city = visit.city.as_str();
        let code = code.reveal().as_str();
        app.ways()?.mail(Letter {
            to: address,
            subject: visit.say_with("portal-mail-code-subject", &[("city", city.into())]),
            text: visit.say_with("portal-mail-code-text", &[("city", city.into()), ("code", code.into())]).into(),
        });
    }
    let mut response = Redirect::to(to).into_response();
    ways::give_under_way(app, &mut response, &sent.secret);
    Ok(response)
}

async fn sign_in(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Failure> {
    mailer(&app)?;
    knock(&app, &headers, &visit, fields.get("email")).await?;
    let outside = app.outside()?.clone();
    let sent = blocking(move || {
        let password = Personal::new(fields.untrimmed("password").to_owned());
        Ok(password::check(&outside, fields.get("email"), &password)?)
    })
    .await
    .map_err(|failure| failure.next("/portal/sign-in", "portal-sign-in"))?;
    on_its_way(&app, &visit, sent, "/portal/sign-in/code")
}

fn code_field(visit: &Visit) -> Markup {
    let (label, hint) = (visit.say("portal-code"), visit.say("portal-code-hint"));
    field(
        visit.language,
        &Field {
            name: "code",
            label: &label,
            hint: Some(&hint),
            required: true,
            autocomplete: Some("one-time-code"),
            max_length: Some(12),
            ..Field::default()
        },
    )
}

fn code_form(visit: &Visit, at: &str) -> Markup {
    form_for(visit, at, "portal-code-sent")
}

/// The form that asks for a code, with a sentence about where it went.
pub(super) fn form_for(visit: &Visit, at: &str, sent: &str) -> Markup {
    html! {
        p { (visit.say_html(sent)) }
        form method="post" action=(at) {
            (visit.csrf(at))
            (code_field(visit))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("portal-code-button"))) }
        }
    }
}

async fn code_page(visit: Visit) -> Response {
    let title = visit.say("portal-code-title");
    let main = html! { h1 { (title) } (code_form(&visit, "/portal/sign-in/code")) };
    visit.page(&title).render(&main).into_response()
}

/// Wrong codes may be tried again on the same page.
pub(super) fn again(failure: Failure, page: &'static str) -> Failure {
    if failure.key == MeansRefusal::Code.words() { failure.next(page, "portal-code-again") } else { failure }
}

async fn code(State(app): State<Arc<App>>, headers: HeaderMap, fields: Fields) -> Result<Response, Failure> {
    let secret = ways::under_way(&app, &headers)?;
    let outside = app.outside()?.clone();
    let before = ways::session_secret(&app, &headers);
    let (started, browser) = blocking(move || {
        let who = password::finish(&outside, &secret, fields.get("code"))?;
        let browser = password::remember_browser(&outside, who)?;
        Ok((ways::start(&outside, who, By::Password, before)?, browser))
    })
    .await
    .map_err(|failure| again(failure, "/portal/sign-in/code"))?;
    let mut response = Redirect::to(&ways::onward(&app, &headers, true)).into_response();
    ways::give_session(&app, &mut response, &started);
    let is_https = app.settings.is_https;
    let name = session::portal_browser_cookie(is_https);
    session::give(&mut response, &session::set_lasting_cookie(name, &browser.cookie_value(), is_https));
    Ok(response)
}

async fn forgotten_page(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    mailer(&app)?;
    let (title, email) = (visit.say("portal-forgotten"), visit.say("portal-email"));
    let at = "/portal/sign-in/forgotten";
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("portal-forgotten-how")) }
        form method="post" action=(at) {
            (field(visit.language, &Field { name: "email", label: &email, kind: "email", required: true,
                autocomplete: Some("email"), max_length: Some(254), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("portal-email-send"))) }
        }
        div class="buttons" { a href="/portal/sign-in" { (visit.say("page-back")) } }
    };
    Ok(visit.page(&title).render(&main).into_response())
}

async fn forgotten(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Failure> {
    mailer(&app)?;
    knock(&app, &headers, &visit, fields.get("email")).await?;
    let outside = app.outside()?.clone();
    let sent = blocking(move || Ok(password::forgotten(&outside, fields.get("email"))?)).await?;
    on_its_way(&app, &visit, sent, "/portal/sign-in/reset")
}

async fn reset_page(visit: Visit) -> Response {
    let title = visit.say("portal-reset-title");
    let (label, hint) = (visit.say("portal-password-new"), visit.say("portal-password-new-hint"));
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("portal-code-sent")) }
        p { (visit.say_html("portal-reset-how")) }
        form method="post" action="/portal/sign-in/reset" {
            (code_field(&visit))
            (field(visit.language, &Field { name: "password", label: &label, hint: Some(&hint), kind: "password",
                required: true, autocomplete: Some("new-password"), max_length: Some(128), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("portal-password-set-button"))) }
        }
    };
    visit.page(&title).render(&main).into_response()
}

async fn reset(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    fields: Fields,
) -> Result<Response, Failure> {
    let secret = ways::under_way(&app, &headers)?;
    let outside = app.outside()?.clone();
    let (started, address) = blocking(move || {
        let password = Personal::new(fields.untrimmed("password").to_owned());
        let who = password::reset(&outside, &secret, fields.get("code"), &password)?;
        Ok((ways::start(&outside, who, By::Password, None)?, password::address_of(&outside, who)?))
    })
    .await
    .map_err(|failure| again(failure, "/portal/sign-in/reset"))?;
    if let Some(to) = address {
        tell(&app, &visit, to, "portal-mail-reset-text")?;
    }
    let mut response = Redirect::to("/portal").into_response();
    ways::give_session(&app, &mut response, &started);
    Ok(response)
}

/// Tells an address that something changed, and what to do if it was not its owner.
pub(super) fn tell(app: &App, visit: &Visit, to: Personal<String>, text: &str) -> Result<(), Failure> {
    let (city, counter) = (visit.city.as_str(), app.profile.counter.as_str());
    app.ways()?.mail(Letter {
        to,
        subject: visit.say_with("portal-mail-changed-subject", &[("city", city.into())]),
        text: visit.say_with(text, &[("city", city.into()), ("counter", counter.into())]).into(),
    });
    Ok(())
}

async fn change_email(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    fields: Fields,
) -> Result<Response, Failure> {
    mailer(&app)?;
    let outside = app.outside()?.clone();
    let who = me.0.person;
    let sent = blocking(move || {
        if !who.state.reads() {
            return Err(tools::portal::MeansError::from(MeansRefusal::NotOpen).into());
        }
        Ok(password::prove_address(&outside, who.id, fields.get("email"))?)
    })
    .await?;
    on_its_way(&app, &visit, sent, "/portal/settings/email/code")
}

async fn email_code_page(visit: Visit, me: InPortal) -> Response {
    let main = code_form(&visit, "/portal/settings/email/code");
    shell::page(&visit, &me, &visit.say("portal-code-title"), &main)
}

async fn email_code(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    visit: Visit,
    me: InPortal,
    fields: Fields,
) -> Result<Response, Failure> {
    let secret = ways::under_way(&app, &headers)?;
    let outside = app.outside()?.clone();
    let old = blocking(move || Ok(password::change_address(&outside, me.0.person.id, &secret, fields.get("code"))?))
        .await
        .map_err(|failure| again(failure, "/portal/settings/email/code"))?;
    if let Some(old) = old {
        tell(&app, &visit, old, "portal-mail-changed-text")?;
    }
    Ok(shell::done("/portal/settings/security", "portal-done-email-changed"))
}

async fn set_password(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || {
        let password = Personal::new(fields.untrimmed("password").to_owned());
        Ok(password::set(&outside, me.0.person.id, &password, &me.0.key)?)
    })
    .await
    .map_err(|failure| failure.next("/portal/settings/security", "page-back"))?;
    Ok(shell::done("/portal/settings/security", "portal-done-password-set"))
}
