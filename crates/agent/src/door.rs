//! The agent's origin on loopback, and what holds for every request and answer.
//!
//! ```text
//!   in : loopback only · Host exactly ours (DNS rebinding) · not too often, strangers apart · not too long
//!        /v1/…   Origin of a paired server, in its CORS answer alone, also for private networks
//!        others  a form must come from this very origin
//!   out: CSP without anything from elsewhere, no frames, nosniff, no referrer to others, no copies kept
//! ```

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::request::{blocking, comes_from_our_page, is_opened_as_page, text};
pub use crate::state::Agent;
use crate::state::locked;
use crate::{api, own, pad};

/// Where the agent listens unless told otherwise. In no registry's list; a page tries this one.
pub const DEFAULT_PORT: u16 = 47_614;
/// Bytes of a request to the agent: a signed request in base 64 and its wrapping.
pub const MOST_BYTES: usize = 64 * 1024;

const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";
/// Headers of every answer. The referrer policy is `same-origin`, not `no-referrer`: with that, browsers would hide the
/// `Origin` of our own forms.
const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

impl Agent {
    /// The service: every route of the agent.
    pub fn router(self: &Arc<Self>) -> Router {
        // What a page of a paired server may ask.
        let paired = Router::new()
            .route("/v1/status", get(api::status))
            .route("/v1/identify", post(api::identify))
            .route("/v1/sign-document", post(api::sign_document))
            .route("/v1/application", post(api::application))
            .route("/v1/answers/{ticket}", get(api::answer))
            .layer(middleware::from_fn_with_state(self.clone(), api::paired_only));
        let pad = get(pad::open).post(pad::step).layer(DefaultBodyLimit::max(pad::MOST_BYTES));
        Router::new()
            .merge(paired)
            .route("/pad/{id}", pad)
            .route("/", get(own::page))
            .route("/pair", post(own::pair))
            .route("/unpair", post(own::unpair))
            .route("/assets/pad.css", get(|| asset("text/css; charset=utf-8", STYLE)))
            .route("/assets/pad.js", get(|| asset("text/javascript; charset=utf-8", SCRIPT)))
            .fallback(|| async { StatusCode::NOT_FOUND })
            .layer(DefaultBodyLimit::max(MOST_BYTES))
            .layer(middleware::from_fn_with_state(self.clone(), guard))
            .with_state(self.clone())
    }
}

/// The house's sheet, and what only the pad has.
const STYLE: &str = concat!(include_str!("../../web/assets/yakuba.css"), include_str!("../assets/pad.css"));
const SCRIPT: &str = include_str!("../assets/pad.js");

async fn asset(mime: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, mime)], text).into_response()
}

/// Middleware around everything.
async fn guard(State(agent): State<Arc<Agent>>, request: Request, next: Next) -> Response {
    let mut response = if !host_is_ours(&agent, request.headers()) {
        (StatusCode::FORBIDDEN, "this agent answers at its own loopback address only\n").into_response()
    } else if !may_knock(&agent, request.headers()).await {
        (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "5")]).into_response()
    } else {
        next.run(request).await
    };
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

/// Whether it is not too often. Pages that nobody paired have a bucket of their own: any page that is open in a browser on
/// this PC may knock, and none of them may use up the city's turn.
async fn may_knock(agent: &Arc<Agent>, headers: &HeaderMap) -> bool {
    let bucket = if comes_from_a_stranger(agent, headers).await { &agent.strangers } else { &agent.knocks };
    locked(bucket).take(agent.seams.now())
}

async fn comes_from_a_stranger(agent: &Arc<Agent>, headers: &HeaderMap) -> bool {
    let Some(origin) = text(headers, "origin") else {
        // A picture, a script, a frame of another site. Whoever is sent here as to a page of its own is no stranger.
        let is_elsewhere =
            text(headers, "sec-fetch-site").is_some_and(|site| matches!(site, "cross-site" | "same-site"));
        return is_elsewhere && !(text(headers, "sec-fetch-mode") == Some("navigate") && is_opened_as_page(headers));
    };
    if comes_from_our_page(headers) {
        return false;
    }
    let (pairings, origin) = (agent.pairings.clone(), origin.to_owned());
    // Pairings that cannot be read are told of where they are needed.
    matches!(blocking(move || pairings.of_origin(&origin)).await, Some(Ok(None)))
}

/// A stranger's name that was made to point to this machine (DNS rebinding) is not ours.
fn host_is_ours(agent: &Agent, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    hosts.next().is_none() && host.is_some_and(|host| agent.hosts().iter().any(|ours| ours == host))
}

/// Binds 127.0.0.1 at `port`; 0 lets the system choose.
///
/// # Errors
/// The port is taken.
pub fn listen(port: u16) -> std::io::Result<(std::net::TcpListener, u16)> {
    let listener = std::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

/// Answers at `listener` until `stop` is done.
///
/// # Errors
/// The listener failed.
pub async fn serve(
    listener: std::net::TcpListener,
    agent: Arc<Agent>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    axum::serve(listener, agent.router()).with_graceful_shutdown(stop).await
}
