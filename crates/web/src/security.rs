//! What holds for every request and every answer, whoever asks.
//!
//! ```text
//!   in : Host must be ours (DNS rebinding) · a form must come from our own pages (Sec-Fetch-Site, Origin) · language
//!   out: CSP without inline script or style, no frames, nosniff, no referrer, HSTS on https · failures become pages
//! ```

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Json, Response};
use base::Kind;
use maud::html;
use ui::notice::{AlertKind, alert};
use ui::{Arg, Language, Sight, words};

use crate::agents::ReachesAgent;
use crate::app::App;
use crate::error::{Failure, status};
use crate::session;
use crate::visit::Visit;

pub(crate) const LANGUAGE_COOKIE: &str = "yakuba-language";
/// How somebody reads best. Ends with the browser's session, and with the person's at a machine.
pub const SIGHT_COOKIE: &str = "yakuba-sight";

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; media-src 'self'; object-src 'self'; frame-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Headers of every answer. `object-src`/`frame-src 'self'` let a page show a finished PDF of our own.
const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), geolocation=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self), \
         publickey-credentials-create=(self)",
    ),
];

/// Put on an answer whose form leads, by a redirect of ours, to another origin: browsers hold that against `form-action`.
#[derive(Clone, Debug)]
pub struct LeadsTo(pub String);

/// Middleware around everything: checks what comes in, dresses what goes out.
pub async fn dress(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let chosen = language_in_query(request.uri().query());
    let request_query = request.uri().query().unwrap_or_default().to_owned();
    let visit = visit(&app, &request, chosen);
    // Machines that talk by the kiosk protocol show no pages.
    let is_machine = request.uri().path().starts_with(wire::kiosk_messages::PREFIX);
    let wants_json = is_machine || wants_json(request.headers());
    request.extensions_mut().insert(visit.clone());
    let checked = host_is_ours(&app, &request).and_then(|()| comes_from_our_pages(&app, &request));
    let response = match checked {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    let mut response = draw_failure(&app, &visit, wants_json, response);
    if sight_in_query(&request_query, &visit) {
        session::give(&mut response, &session::set_cookie(SIGHT_COOKIE, visit.sight.word(), app.settings.is_https));
    }
    let reaches = response.extensions().get::<ReachesAgent>().copied();
    let leads = response.extensions().get::<LeadsTo>().cloned();
    add_headers(&app, response.headers_mut());
    if reaches.is_some() || leads.is_some() {
        let mut policy = CONTENT_SECURITY_POLICY.to_owned();
        if let Some(ReachesAgent(port)) = reaches {
            let with = format!("connect-src 'self' http://127.0.0.1:{port}");
            policy = policy.replace("connect-src 'self'", &with);
        }
        if let Some(LeadsTo(origin)) = leads {
            policy = policy.replace("form-action 'self'", &format!("form-action 'self' {origin}"));
        }
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
        }
    }
    if let Some(language) = chosen {
        let secure = if app.settings.is_https { "; Secure" } else { "" };
        let cookie =
            format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax{secure}", language.code());
        session::give(&mut response, &cookie);
    }
    response
}

/// Whether the query asks to be shown otherwise; then it is kept.
fn sight_in_query(query: &str, visit: &Visit) -> bool {
    visit.sight.asked(query).is_some()
}

fn visit(app: &App, request: &Request, chosen: Option<Language>) -> Visit {
    let headers = request.headers();
    let language = chosen
        .or_else(|| session::cookie(headers, LANGUAGE_COOKIE).and_then(Language::from_code))
        .or_else(|| {
            headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok()).map(Language::from_accept_language)
        })
        .unwrap_or_default();
    let path = request.uri().path().to_owned();
    let query: Vec<&str> = request
        .uri()
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty() && !["lang=", "text=", "readings="].iter().any(|ours| pair.starts_with(ours)))
        .collect();
    let address = if query.is_empty() { path.clone() } else { format!("{path}?{}", query.join("&")) };
    let kept = session::cookie(headers, SIGHT_COOKIE).map(Sight::from_word).unwrap_or_default();
    let sight = kept.asked(request.uri().query().unwrap_or_default()).unwrap_or(kept);
    Visit {
        language,
        sight,
        path,
        address,
        host: host(request),
        at_terminal: false,
        peer: peer(request),
        is_here: is_loopback(request),
        city: if language == Language::English { app.profile.name_english.clone() } else { app.profile.name.clone() },
        is_demo: app.is_demo(),
        acting: None,
        csrf: None,
    }
}

/// The network address of the other end, when the listener told it.
pub fn peer(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

/// Whether the request comes from this very machine, not through a proxy that hides somebody else.
pub fn is_loopback(request: &Request) -> bool {
    let by_proxy = |name: &str| matches!(name, "forwarded" | "x-real-ip" | "via") || name.starts_with("x-forwarded");
    let is_forwarded = request.headers().keys().any(|name| by_proxy(name.as_str()));
    !is_forwarded && peer(request).is_some_and(|address| address.is_loopback())
}

fn language_in_query(query: Option<&str>) -> Option<Language> {
    query?.split('&').find_map(|pair| pair.strip_prefix("lang=")).and_then(Language::from_code)
}

fn wants_json(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

/// The host asked for, in lower case.
fn host(request: &Request) -> String {
    let said = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    let said = said.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    said.unwrap_or_default().to_ascii_lowercase()
}

/// Refuses names that are not ours: a stranger's page must not reach a machine in the office through its own domain.
fn host_is_ours(app: &App, request: &Request) -> Result<(), Failure> {
    let host = host(request);
    if app.settings.hosts.contains(&host) { Ok(()) } else { Err(Failure::saying(Kind::Forbidden, "error-host")) }
}

/// Refuses a change that another site's page sends. Browsers say where a request comes from (Fetch Metadata); those
/// that do not, say the `Origin`; a program that says neither carries no cookie of a person unasked.
fn comes_from_our_pages(app: &App, request: &Request) -> Result<(), Failure> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(());
    }
    // A terminal's page stands in the other zone, at another origin. What it brings is a ticket, and that alone decides: it
    // names one person, is good for a minute and once, and no cookie is looked at.
    if request.uri().path() == crate::portal::terminal::DOOR {
        return Ok(());
    }
    let text = |name: HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_ours = match text(HeaderName::from_static("sec-fetch-site")) {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => match text(header::ORIGIN) {
            Some(origin) => origin
                .split_once("://")
                .is_some_and(|(_, host)| app.settings.hosts.contains(&host.to_ascii_lowercase())),
            None => true,
        },
    };
    if is_ours { Ok(()) } else { Err(Failure::saying(Kind::Forbidden, "error-other-site")) }
}

fn add_headers(app: &App, headers: &mut HeaderMap) {
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if app.settings.is_https {
        headers
            .insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000; includeSubDomains"));
    }
    // Whatever does not say otherwise may hold somebody's data: no copy stays in a shared browser.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

fn draw_failure(app: &App, visit: &Visit, wants_json: bool, mut response: Response) -> Response {
    let Some(failure) = failure_of(&mut response) else { return response };
    let arguments: Vec<(&str, Arg<'_>)> =
        failure.arguments.iter().map(|(name, value)| (*name, value.as_str().into())).collect();
    let sentence = words().format(visit.language, &failure.key, &arguments);
    let code = status(failure.kind);
    let mut drawn = if wants_json {
        let next = failure
            .next
            .as_ref()
            .map(|(address, key)| serde_json::json!({ "address": address, "text": words().get(visit.language, key) }));
        (
            code,
            Json(serde_json::json!({
                "error": code.as_u16(), "code": failure.key, "message": sentence, "next": next,
            })),
        )
            .into_response()
    } else {
        if failure.kind == Kind::Unauthenticated && visit.path.starts_with("/staff") {
            return (code, crate::staff::sign_in_wanted(app, visit)).into_response();
        }
        let title = visit.say(&format!("{}-title", crate::error::general_key(failure.kind)));
        let (next, next_key) = failure.next.clone().unwrap_or_else(|| (home(app, visit), "page-home"));
        let main = html! {
            h1 { (title) }
            (alert(visit.language, AlertKind::Error, &html! { p { (sentence) } }))
            p { a class="button" href=(next) { (visit.say(next_key)) } }
        };
        (code, visit.page(&title).render(&main)).into_response()
    };
    if let Some(seconds) = failure.retry_after {
        drawn.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    // Cookies that a handler removed while failing stay removed.
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        drawn.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    drawn
}

/// The failure a handler left, or one for the bare statuses that axum itself gives (no such page, body too long …).
fn failure_of(response: &mut Response) -> Option<Failure> {
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        return Some(failure);
    }
    let is_ours = response.headers().get(header::CONTENT_TYPE).is_some_and(|value| {
        value.to_str().is_ok_and(|text| text.starts_with("text/html") || text.starts_with("application/json"))
    });
    match response.status().as_u16() {
        _ if is_ours => None,
        400 | 415 | 422 => Some(Failure::of(Kind::Invalid)),
        404 => Some(Failure::of(Kind::NotFound)),
        405 => Some(Failure::saying(Kind::NotFound, "error-method")),
        413 => Some(Failure::saying(Kind::Invalid, "error-too-large")),
        _ => None,
    }
}

/// Where somebody begins again: at a terminal its own first page; a demo's terminals are chosen on the city's.
fn home(app: &App, visit: &Visit) -> Cow<'static, str> {
    let counter = visit.path.strip_prefix("/counter/").and_then(|rest| rest.split('/').next());
    if let Some(desk) = counter.filter(|_| !visit.is_demo) {
        return format!("/counter/{desk}").into();
    }
    let address = if visit.path.starts_with("/staff") {
        "/staff"
    } else if visit.path.starts_with("/kiosk") && !visit.is_demo {
        "/kiosk"
    } else if app.inside.is_some() && app.outside.is_none() {
        "/staff"
    } else {
        "/"
    };
    address.into()
}
