//! The only place where routes are made. Each has a [`Rule`]; a test walks them all without and with the wrong key.
//!
//! ```text
//!   kiosk::routes() + staff::routes() + open::routes() + … ─► Routes ─► into_router(app): every route behind its rule
//! ```

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use base::Kind;
use tools::portal::{self, Assurance};
use tools::staff::Action;

use crate::app::{App, Zone, blocking};
use crate::error::Failure;
use crate::limits::{Class, Knocker};
use crate::portal as doors;
use crate::session::{self, CsrfKey, Door, Secret};
use crate::visit::{AtTerminal, InKioskSession, InPortal, SignedIn, Visit};
use crate::{
    agents, assets, cards_api, dispatch_api, hospital_api, kiosk, kiosk_api, open, provider, security, staff, taps,
};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Anyone.
    Public,
    /// Anyone at this very machine, and only on demo data: the drawer of virtual cards.
    DemoLoopback,
    /// An enrolled terminal, before anybody is known at it. Gives [`AtTerminal`].
    Kiosk,
    /// A session begun by a verified card at an enrolled terminal. Gives [`AtTerminal`] and [`InKioskSession`].
    KioskSession,
    /// A machine that signs each request with its key ([`kiosk_api`]). Gives [`AtTerminal`].
    SignedMachine,
    /// A resident in the citizen portal who is known at least this far. Gives [`InPortal`].
    Resident(Assurance),
    /// A private app's server: nobody is asked here, the handler has it prove who it is by its key ([`crate::provider`]).
    DataApp,
    /// The system of another office, which shows the handler its own key ([`crate::machine_api`]).
    Machine,
    /// A card agent that works on a card for the hall: the handler has it prove who it is by its paired key, step by step.
    Agent,
    /// Any member of staff who is signed in. Gives [`SignedIn`].
    StaffSignedIn,
    /// A member of staff whose roles allow the action. Gives [`SignedIn`].
    Staff(Action),
    /// The other zone, by its key.
    Relay,
}

/// Bytes a form may have unless its route says otherwise.
pub const FORM_BYTES: usize = 64 * 1024;

/// One route.
pub struct Entry {
    /// GET or POST: a browser's forms know no others.
    pub method: Method,
    /// Path, with parameters as `{name}`.
    pub path: &'static str,
    /// Who may.
    pub rule: Rule,
    /// Bytes its body may have.
    pub most_bytes: usize,
    handler: MethodRouter<Arc<App>, Infallible>,
}

/// Routes being gathered.
#[derive(Default)]
pub struct Routes {
    entries: Vec<Entry>,
}

impl Routes {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every route of the house.
    pub fn all() -> Self {
        Self::of(Zone::Both)
    }

    /// The routes of one zone's process.
    pub fn of(zone: Zone) -> Self {
        let shared = Self::new().merge(assets::routes()).merge(agents::pairing::routes());
        let inside = || {
            Self::new()
                .merge(staff::routes())
                .merge(kiosk::routes())
                .merge(taps::routes())
                .merge(kiosk_api::routes())
                .merge(agents::routes())
                .merge(cards_api::routes())
                .merge(dispatch_api::routes())
                .merge(hospital_api::routes())
        };
        match zone {
            Zone::Inside => shared.merge(inside()),
            Zone::Outside => shared.merge(open::routes()).merge(doors::routes()).merge(provider::routes()),
            Zone::Both => shared.merge(inside()).merge(open::routes()).merge(doors::routes()).merge(provider::routes()),
        }
    }

    /// Adds a page.
    #[must_use]
    pub fn get<H, T>(mut self, path: &'static str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.entries.push(Entry { method: Method::GET, path, rule, most_bytes: 0, handler: get(handler) });
        self
    }

    /// Adds something that changes or looks something up, sent by a form of at most [`FORM_BYTES`].
    #[must_use]
    pub fn post<H, T>(self, path: &'static str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.post_up_to(path, rule, FORM_BYTES, handler)
    }

    /// The same with a body of up to `most_bytes`, for uploads.
    #[must_use]
    pub fn post_up_to<H, T>(mut self, path: &'static str, rule: Rule, most_bytes: usize, handler: H) -> Self
    where
        H: Handler<T, Arc<App>>,
        T: 'static,
    {
        self.entries.push(Entry { method: Method::POST, path, rule, most_bytes, handler: post(handler) });
        self
    }

    /// Adds another door's routes.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.entries.extend(other.entries);
        self
    }

    /// All entries, for the test that walks them and for generated documentation.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The service: every route behind its rule, everything behind [`security::dress`].
    pub fn into_router(self, app: Arc<App>) -> Router {
        let mut router: Router<Arc<App>> = Router::new();
        for entry in self.entries {
            let Entry { path, rule, most_bytes, .. } = entry;
            let gate = Gate { app: app.clone(), path, rule, most_bytes };
            let limit = axum::extract::DefaultBodyLimit::max(entry.most_bytes);
            let guarded = entry.handler.layer(limit).layer(middleware::from_fn_with_state(gate, enforce));
            router = router.route(entry.path, guarded);
        }
        router
            .fallback(|| async { Failure::of(Kind::NotFound) })
            .layer(middleware::from_fn_with_state(app.clone(), security::dress))
            .with_state(app)
    }
}

#[derive(Clone)]
struct Gate {
    app: Arc<App>,
    path: &'static str,
    rule: Rule,
    most_bytes: usize,
}

/// Middleware of one route: limits, rule, form token.
async fn enforce(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let (method, begun) = (request.method().clone(), tokio::time::Instant::now());
    let response = match admit(&gate, request).await {
        Ok(request) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    // The route as it is written, never the address asked for: an address may hold what somebody typed.
    let (status, millis) = (response.status().as_u16(), begun.elapsed().as_millis());
    tracing::debug!(%method, route = gate.path, status, millis, "answered");
    response
}

async fn admit(gate: &Gate, mut request: Request) -> Result<Request, Failure> {
    let app = &gate.app;
    let class = class_of(gate.rule, request.method());
    // Unknown addresses (no listener told us) share one bucket.
    let address = security::peer(&request).unwrap_or(std::net::Ipv4Addr::UNSPECIFIED.into());
    knock(app, class, Knocker::address(address))?;
    let csrf = match gate.rule {
        Rule::Public | Rule::DataApp | Rule::Machine | Rule::Agent => return Ok(request),
        Rule::DemoLoopback => {
            if app.is_demo() && security::is_loopback(&request) {
                return Ok(request);
            }
            return Err(Failure::of(Kind::Forbidden));
        }
        Rule::Relay => return relay(gate, request).await,
        Rule::SignedMachine => return kiosk_api::gate::admit(app, request, gate.most_bytes).await,
        Rule::Kiosk => at_terminal(app, &mut request).await?,
        Rule::KioskSession => {
            at_terminal(app, &mut request).await?;
            in_kiosk_session(app, &mut request).await?
        }
        Rule::Resident(need) => in_portal(app, need, &mut request).await?,
        Rule::StaffSignedIn => signed_in(app, None, &mut request).await?,
        Rule::Staff(action) => signed_in(app, Some(action), &mut request).await?,
    };
    if let Some(visit) = request.extensions_mut().get_mut::<Visit>() {
        visit.csrf = Some(csrf.clone());
    }
    if request.method() == Method::POST { check_form_token(&csrf, gate.most_bytes, request).await } else { Ok(request) }
}

fn class_of(rule: Rule, method: &Method) -> Class {
    match rule {
        Rule::Public | Rule::DemoLoopback if *method == Method::POST => Class::PublicWrite,
        Rule::Public | Rule::DemoLoopback => Class::PublicRead,
        Rule::Kiosk | Rule::KioskSession => Class::Kiosk,
        Rule::SignedMachine | Rule::Agent => Class::Centre,
        Rule::DataApp | Rule::Machine => Class::AppServer,
        Rule::Resident(_) => Class::Resident,
        Rule::StaffSignedIn | Rule::Staff(_) => Class::Staff,
        Rule::Relay => Class::Relay,
    }
}

fn knock(app: &App, class: Class, knocker: Knocker) -> Result<(), Failure> {
    app.limits
        .take(class, knocker, app.seams.now())
        .map_err(|seconds| Failure::saying(Kind::TooMany, "error-too-many").after_seconds(seconds))
}

/// The staff session of the request; `None` as action asks only that somebody is signed in.
async fn signed_in(app: &Arc<App>, action: Option<Action>, request: &mut Request) -> Result<CsrfKey, Failure> {
    let unknown = || Failure::of(Kind::Unauthenticated).next("/staff/sign-in", "error-sign-in");
    let secret = secret_in(request.headers(), Door::Staff.cookie(app.settings.is_https)).ok_or_else(unknown)?;
    let csrf = secret.csrf_key();
    let inside = app.inside()?.clone();
    let now = app.seams.now();
    let found = blocking(move || {
        let found = inside.store.read(|tx| {
            let Some(session) = session::find(tx, now, Door::Staff, session::STAFF_IDLE_SECONDS, &secret)? else {
                return Ok(None);
            };
            let Ok(account) = base::Id::parse(session.subject.reveal()) else { return Ok(None) };
            let account = tools::staff::account(tx, account)?;
            Ok::<_, store::StoreError>(account.filter(|account| account.is_active).map(|account| (session, account)))
        })?;
        if let Some((session, _)) = &found {
            keep_alive(&inside.store, now, session)?;
        }
        Ok(found)
    })
    .await?;
    let (session, account) = found.ok_or_else(unknown)?;
    knock(app, Class::Staff, Knocker::Known(account.id.to_string()))?;
    if let Some(action) = action
        && !account.may(action)
    {
        tracing::warn!(action = action.code(), "a member of staff was refused by their roles");
        let what =
            request.extensions().get::<Visit>().map_or(action.japanese(), |visit| staff::words::action(visit, action));
        return Err(Failure::saying(Kind::Forbidden, "error-role").with("action", what));
    }
    request.extensions_mut().insert(SignedIn { account, session });
    Ok(csrf)
}

/// The portal's session of the request, known at least as far as `need`.
async fn in_portal(app: &Arc<App>, need: Assurance, request: &mut Request) -> Result<CsrfKey, Failure> {
    let unknown = || Failure::of(Kind::Unauthenticated).next("/portal/sign-in", "portal-sign-in");
    let secret = secret_in(request.headers(), session::portal_cookie(app.settings.is_https)).ok_or_else(unknown)?;
    let (csrf, key) = (secret.csrf_key(), secret.key());
    let (outside, now) = (app.outside()?.clone(), app.seams.now());
    let beneath = outside.clone();
    let found = blocking(move || {
        let found = outside.store.read(|tx| portal::session::find(tx, now, &key))?;
        if let Some(session) = &found
            && now.seconds_since(session.seen_at) >= portal::session::TOUCH_SECONDS
        {
            outside.store.write(move |tx| portal::session::touch(tx, now, &key))?;
        }
        Ok(found)
    })
    .await?;
    let Some(session) = found else {
        let key = secret.key();
        let gone = blocking(move || Ok(beneath.store.read(|tx| doors::terminal::gone(tx, &key))?)).await?;
        return Err(gone.unwrap_or_else(unknown));
    };
    if session.place == portal::session::Place::Terminal {
        if !doors::terminal::is_open(request.uri().path()) {
            return Err(doors::terminal::closed());
        }
        if let Some(visit) = request.extensions_mut().get_mut::<Visit>() {
            visit.at_terminal = true;
        }
    }
    knock(app, Class::Resident, Knocker::Known(session.person.id.to_string()))?;
    if session.level < need {
        return Err(Failure::saying(Kind::Forbidden, "portal-step-up-needed").next("/portal/step-up", "portal-step-up"));
    }
    let session = represent(&beneath, session, request).await?;
    let csrf = match &session.acting_for {
        Some((represented, _)) => csrf.about(&represented.to_string()),
        None => csrf,
    };
    request.extensions_mut().insert(InPortal(session));
    Ok(csrf)
}

/// Somebody who acts for another opens only what their representation covers, as it stands now. One that ended leaves them
/// with their own matters again.
async fn represent(
    outside: &Arc<tools::Outside>,
    mut session: portal::Session,
    request: &mut Request,
) -> Result<portal::Session, Failure> {
    use tools::representatives::{self, Asks};
    let Some((represented, mandate)) = session.acting_for.clone() else { return Ok(session) };
    let (outside, today, who) = (outside.clone(), outside.seams.today(), session.person.clone());
    let key = session.key.clone();
    let found = blocking(move || {
        let found = outside.store.read::<_, store::StoreError, _>(|tx| {
            let still = representatives::still(tx, today, who.id, represented, &mandate)?;
            Ok((still, portal::account::find(tx, represented)?))
        })?;
        let (Some(still), Some(other)) = found else {
            outside.store.write::<_, store::StoreError, _>(move |tx| portal::session::act_for(tx, &key, None))?;
            return Ok(None);
        };
        let name = |account: &portal::Account| -> Result<String, Failure> {
            Ok(account.profile(&outside.vault)?.map(|profile| profile.name).unwrap_or_default())
        };
        Ok(Some((still, crate::visit::Acting { who: name(&who)?, represented: name(&other)? })))
    })
    .await?;
    let Some((still, acting)) = found else {
        // A form that was meant for somebody else is not carried out on oneself.
        if request.method() == Method::POST {
            let over = Failure::saying(Kind::Conflict, "representative-ended-meanwhile");
            return Err(over.next("/portal/representatives", "portal-acting-change"));
        }
        session.acting_for = None;
        return Ok(session);
    };
    let is_open = match representatives::scope_of_path(request.uri().path()) {
        Asks::Nothing | Asks::Any => true,
        Asks::Scope(scope) => still.scopes.contains(&scope),
        Asks::Closed => false,
    };
    if !is_open {
        let failure = Failure::saying(Kind::Forbidden, "representative-closed");
        return Err(failure.next("/portal/representatives", "portal-acting-change"));
    }
    if let Some(visit) = request.extensions_mut().get_mut::<Visit>() {
        visit.acting = Some(acting);
    }
    Ok(session)
}

/// The enrolled terminal whose secret the browser of the machine keeps.
async fn at_terminal(app: &Arc<App>, request: &mut Request) -> Result<CsrfKey, Failure> {
    let refused = || Failure::saying(Kind::Forbidden, "error-terminal");
    let secret = secret_in(request.headers(), session::terminal_cookie(app.settings.is_https)).ok_or_else(refused)?;
    let csrf = secret.csrf_key();
    let inside = app.inside()?.clone();
    let secret = tools::terminals::TerminalSecret(*secret.bytes());
    let now = app.seams.now();
    let found = blocking(move || {
        let found = inside.store.read(|tx| tools::terminals::authenticate(tx, &secret))?;
        if let Some((terminal, seen)) = &found
            && seen.is_none_or(|seen| now.seconds_since(seen) >= tools::terminals::SEEN_SECONDS)
        {
            let id = terminal.id;
            inside.store.write(move |tx| tools::terminals::seen(tx, now, id))?;
        }
        Ok(found)
    })
    .await?;
    let (terminal, _) = found.ok_or_else(refused)?;
    // A terminal that opens the drawer of sample cards is this computer, in a demo.
    let has_drawer = app.kiosk.as_ref().is_some_and(|place| place.has_drawer());
    if has_drawer && !(app.is_demo() && security::is_loopback(request)) {
        return Err(Failure::of(Kind::Forbidden));
    }
    knock(app, Class::Kiosk, Knocker::Known(terminal.id.to_string()))?;
    request.extensions_mut().insert(AtTerminal(terminal));
    Ok(csrf)
}

/// The session that a verified card began, at the same terminal.
async fn in_kiosk_session(app: &Arc<App>, request: &mut Request) -> Result<CsrfKey, Failure> {
    let refused = || Failure::saying(Kind::Forbidden, "error-kiosk-session").next("/kiosk", "page-home");
    let secret = secret_in(request.headers(), Door::Kiosk.cookie(app.settings.is_https)).ok_or_else(refused)?;
    let terminal = request.extensions().get::<AtTerminal>().map(|at| at.0.id.to_string());
    let csrf = secret.csrf_key();
    let (inside, now) = (app.inside()?.clone(), app.seams.now());
    let idle = i64::from(app.settings.kiosk_idle_seconds);
    let found = blocking(move || {
        let found = inside.store.read(|tx| session::find(tx, now, Door::Kiosk, idle, &secret))?;
        if let Some(session) = &found {
            keep_alive(&inside.store, now, session)?;
        }
        Ok(found)
    })
    .await?;
    let session = found.filter(|session| session.bound_to == terminal && terminal.is_some()).ok_or_else(refused)?;
    request.extensions_mut().insert(InKioskSession(session));
    Ok(csrf)
}

fn keep_alive(store: &store::Store, now: base::Timestamp, session: &session::Session) -> Result<(), Failure> {
    if now.seconds_since(session.seen_at) < session::TOUCH_SECONDS {
        return Ok(());
    }
    let key = session.key.clone();
    Ok(store.write(move |tx| session::touch(tx, now, &key))?)
}

fn secret_in(headers: &HeaderMap, name: &str) -> Option<Secret> {
    session::cookie(headers, name).and_then(Secret::parse)
}

/// Reads the whole form, finds its token (field `csrf`, or header `x-csrf` of a script), and gives the form on.
async fn check_form_token(key: &CsrfKey, most_bytes: usize, request: Request) -> Result<Request, Failure> {
    let path = request.uri().path().to_owned();
    let in_header = request.headers().get("x-csrf").and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let (is_form, is_upload) =
        (kind.starts_with("application/x-www-form-urlencoded"), kind.starts_with("multipart/form-data"));
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, most_bytes).await?;
    let token = in_header.or_else(|| match (is_form, is_upload) {
        (true, _) => field_of_form(&bytes, "csrf"),
        (_, true) => field_of_upload(&bytes, "csrf"),
        _ => None,
    });
    if token.is_some_and(|token| key.fits(&path, &token)) {
        Ok(Request::from_parts(parts, Body::from(bytes)))
    } else {
        Err(Failure::saying(Kind::Forbidden, "error-form-token"))
    }
}

async fn read_body(body: Body, most_bytes: usize) -> Result<Bytes, Failure> {
    axum::body::to_bytes(body, most_bytes).await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))
}

/// The first plain field of this name. Tokens hold no character that a form would escape.
fn field_of_form(bytes: &[u8], name: &str) -> Option<String> {
    bytes.split(|byte| *byte == b'&').find_map(|pair| {
        let value = pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        std::str::from_utf8(value).ok().map(ToOwned::to_owned)
    })
}

/// The first field of this name in a form with files. A token that is found is compared with the one that fits, so that
/// bytes of a file that look like a field help nobody.
fn field_of_upload(bytes: &[u8], name: &str) -> Option<String> {
    let head = format!("name=\"{name}\"\r\n\r\n");
    let begin = bytes.windows(head.len()).position(|window| window == head.as_bytes())? + head.len();
    let value = bytes.get(begin..)?;
    let end = value.iter().position(|byte| *byte == b'\r')?;
    std::str::from_utf8(&value[..end]).ok().map(ToOwned::to_owned)
}

async fn relay(gate: &Gate, request: Request) -> Result<Request, Failure> {
    let refused = || Failure::of(Kind::Unauthenticated);
    let relay = gate.app.relay.clone().ok_or_else(refused)?;
    let authorization = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .ok_or_else(refused)?
        .to_owned();
    let (parts, body) = request.into_parts();
    let bytes = read_body(body, gate.most_bytes).await?;
    if relay.admits(&authorization, &bytes) {
        Ok(Request::from_parts(parts, Body::from(bytes)))
    } else {
        Err(refused())
    }
}
