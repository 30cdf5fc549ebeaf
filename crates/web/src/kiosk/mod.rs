//! The ward-office certificate machine (庁舎内証明書発行機), as pages for its touch screen.
//!
//! ```text
//!  enrolled terminal (cookie) ─► /kiosk ─► card ─► PIN ─► [ verified signature: a kiosk session begins ]
//!        ─► choose ─► confirm ─► pay ─► print ─► take ─► everything erased
//! ```
//! One machine is one terminal with one reader, one coin box and one session at a time ([`Place`]). A form may carry
//! only the fields its step knows: anything else, a resident id above all, is refused as forbidden.

pub mod reader;
pub mod session;
pub mod views;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base::{Id, Kind, Yen};
use maud::Markup;
use services::convenience_certificates::{Choices, Issuer, Members, OptionalItems, Refusal, machine_fee};
use tools::access::Actor;
use tools::terminals::Terminal;
use tools::terminals::coin_box::{CoinBox as _, SimulatedCoinBox};
use ui::Language;

use self::reader::{CardSlot, Drawer, DrawerSlot};
use self::session::{Ending, Say, Screen, Session};
use self::views::Frame;
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::session::{self as web_session, Door, Secret};
use crate::visit::{AtTerminal, InKioskSession, Visit};

/// Change in the simulated coin box when a machine starts.
const CHANGE: Yen = Yen(20_000);
/// Every refusal that comes from the register is answered this long after it was asked for, so that the time tells
/// nothing about the cause.
const REFUSAL_TAKES: Duration = Duration::from_millis(1500);

/// Where cards are put at the machines of this process.
pub enum Slots {
    /// The demo's drawer, one slot for each machine.
    Drawer(Arc<dyn Drawer>),
    /// The one reader of this computer.
    Reader(Arc<dyn CardSlot>),
}

/// All machines served by this process.
pub struct Place {
    /// The means of issuing.
    pub issuer: Issuer,
    slots: Slots,
    most_sessions: usize,
    machines: Mutex<HashMap<Id, Arc<Machine>>>,
}

/// One machine: what is bolted to it, and who stands at it.
struct Machine {
    slot: Arc<dyn CardSlot>,
    coins: Arc<SimulatedCoinBox>,
    session: Mutex<Option<Session>>,
}

impl Place {
    /// Machines that issue with `issuer`, with at most `most_sessions` people at them at one time.
    pub fn new(issuer: Issuer, slots: Slots, most_sessions: usize) -> Self {
        Self { issuer, slots, most_sessions, machines: Mutex::new(HashMap::new()) }
    }

    /// Whether one more session may begin (I16: load is shed at the first screen, never in mid-flow). A machine whose
    /// session is being worked on counts as running. Two that begin at the same instant may both be let in.
    fn has_room(&self) -> bool {
        let machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        let running = machines.values().filter(|machine| match machine.session.try_lock() {
            Ok(session) => session.as_ref().is_some_and(|session| session.screen != Screen::Ended),
            Err(_) => true,
        });
        running.count() < self.most_sessions
    }

    fn machine(&self, terminal: &Terminal) -> Arc<Machine> {
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        machines
            .entry(terminal.id)
            .or_insert_with(|| {
                Arc::new(Machine {
                    slot: match &self.slots {
                        Slots::Drawer(drawer) => Arc::new(DrawerSlot::new(drawer.clone())),
                        Slots::Reader(slot) => slot.clone(),
                    },
                    coins: Arc::new(SimulatedCoinBox::with_change(CHANGE)),
                    session: Mutex::new(None),
                })
            })
            .clone()
    }

    /// Ends sessions that nobody touches or whose card was pulled. Called every second.
    pub fn look_after(&self, idle_seconds: u32) {
        let machines: Vec<Arc<Machine>> = {
            let machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
            machines.values().cloned().collect()
        };
        let now = self.issuer.city.seams.now();
        for machine in machines {
            let mut session = machine.session.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(session) = session.as_mut() {
                if session.is_idle(now, idle_seconds) {
                    session.stop(&self.issuer, Ending::TimedOut);
                } else if session.card_was_pulled() {
                    session.stop(&self.issuer, Ending::Stopped);
                }
            }
        }
    }
}

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/kiosk/demo", Rule::DemoLoopback, demo)
        .get("/kiosk", Rule::Kiosk, start)
        .post("/kiosk/start", Rule::Kiosk, begin)
        .get("/kiosk/card", Rule::Kiosk, card)
        .post("/kiosk/card", Rule::Kiosk, card_placed)
        .get("/kiosk/pin", Rule::Kiosk, pin)
        .post("/kiosk/pin", Rule::Kiosk, pin_typed)
        .post("/kiosk/touch", Rule::Kiosk, touch)
        .post("/kiosk/stop", Rule::Kiosk, stop)
        .get("/kiosk/ended", Rule::Kiosk, ended)
        .get("/kiosk/choose", Rule::KioskSession, choose)
        .post("/kiosk/choose", Rule::KioskSession, chosen)
        .get("/kiosk/confirm", Rule::KioskSession, confirm)
        .post("/kiosk/confirm", Rule::KioskSession, confirmed)
        .get("/kiosk/pay", Rule::KioskSession, pay)
        .post("/kiosk/pay/insert", Rule::KioskSession, insert)
        .post("/kiosk/pay", Rule::KioskSession, paid)
        .get("/kiosk/print", Rule::KioskSession, print)
        .post("/kiosk/print", Rule::KioskSession, printed)
        .get("/kiosk/take", Rule::KioskSession, take)
        .get("/kiosk/paper.pdf", Rule::KioskSession, paper)
        .post("/kiosk/take", Rule::KioskSession, taken)
        .post("/kiosk/session/touch", Rule::KioskSession, touch)
        .post("/kiosk/session/stop", Rule::KioskSession, stop)
}

/// The fields of a form. Unknown ones are forbidden, whatever they say.
struct Fields(Vec<(String, String)>);

impl Fields {
    fn read(body: &[u8], known: &[&str]) -> Result<Self, Failure> {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_bytes(body).map_err(|_| Failure::of(Kind::Invalid))?;
        let is_known = |name: &str| name == "csrf" || known.contains(&name);
        if pairs.iter().all(|(name, _)| is_known(name)) { Ok(Self(pairs)) } else { Err(Failure::of(Kind::Forbidden)) }
    }

    fn one(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

fn place(app: &App) -> Result<Arc<Place>, Failure> {
    app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))
}

/// Runs `act` on the machine's session, away from the answering threads, one at a time for each machine. A timed-out
/// session is ended first. The session's language wins over the browser's.
async fn with_session<T: Send + 'static>(
    app: &Arc<App>,
    terminal: &Terminal,
    act: impl FnOnce(&Place, &mut Option<Session>, &Machine) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let place = place(app)?;
    let machine = place.machine(terminal);
    let idle = app.settings.kiosk_idle_seconds;
    blocking(move || {
        let mut session = machine.session.lock().unwrap_or_else(PoisonError::into_inner);
        let now = place.issuer.city.seams.now();
        if let Some(session) = session.as_mut() {
            if session.is_idle(now, idle) {
                session.stop(&place.issuer, Ending::TimedOut);
            } else if session.card_was_pulled() {
                session.stop(&place.issuer, Ending::Stopped);
            }
        }
        act(&place, &mut session, &machine)
    })
    .await
}

fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}

fn frame<'a>(app: &'a App, visit: &Visit, language: Language, idle_seconds: u32) -> Frame<'a> {
    Frame {
        language,
        city: if language == Language::English { &app.profile.name_english } else { &app.profile.name },
        counter: &app.profile.counter,
        styles: vec![assets::path("yakuba.css").to_owned(), assets::path("kiosk.css").to_owned()],
        script: assets::path("kiosk.js").to_owned(),
        visit: visit.clone(),
        idle_seconds,
    }
}

/// Shows the session's screen with `view`, or goes where the session is.
async fn show(
    app: Arc<App>,
    terminal: Terminal,
    visit: Visit,
    screen: Screen,
    view: impl FnOnce(&Frame<'_>, &mut Session, &Place) -> Result<Markup, Failure> + Send + 'static,
) -> Result<Response, Failure> {
    let app_ = app.clone();
    with_session(&app, &terminal, move |place, session, _| {
        let Some(session) = session.as_mut() else { return Ok(go("/kiosk")) };
        if session.screen != screen {
            return Ok(go(session.screen.path()));
        }
        session.touched = place.issuer.city.seams.now();
        let frame = frame(&app_, &visit, session.language, app_.settings.kiosk_idle_seconds);
        let page = view(&frame, session, place)?;
        // A sentence is said once.
        session.say = None;
        Ok(page.into_response())
    })
    .await
}

/// Takes a step and goes to where it leads. A no is said on the screen it leads to; register refusals take a fixed time.
async fn step(
    app: Arc<App>,
    terminal: Terminal,
    from: Screen,
    act: impl FnOnce(&mut Session, &Place) -> Result<(), Say> + Send + 'static,
) -> Result<Response, Failure> {
    let begun = tokio::time::Instant::now();
    let (path, refused) = with_session(&app, &terminal, move |place, session, _| {
        let Some(session) = session.as_mut() else { return Ok(("/kiosk", false)) };
        session.touched = place.issuer.city.seams.now();
        if session.screen != from {
            return Ok((session.screen.path(), false));
        }
        let done = act(session, place);
        let refused = matches!(done, Err(Say::Refused(Refusal::AskAtTheCounter)));
        if let Err(say) = done {
            session.say = Some(say);
        }
        Ok((session.screen.path(), refused))
    })
    .await?;
    if refused {
        tokio::time::sleep_until(begun + REFUSAL_TAKES).await;
    }
    Ok(go(path))
}

/// Demo only, on this computer only: enrols this browser as a machine.
async fn demo(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let secret = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| {
            let actor = Actor::System { job: "demo" };
            tools::terminals::enrol(tx, &seams, &actor, "体験用 証明書発行機", "この画面").map(|(_, secret)| secret)
        })?)
    })
    .await?;
    let value = data_encoding::BASE64URL_NOPAD.encode(&secret.0);
    let cookie =
        web_session::set_cookie(web_session::terminal_cookie(app.settings.is_https), &value, app.settings.is_https);
    Ok(with_cookie(go("/kiosk"), &cookie))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

async fn start(State(app): State<Arc<App>>, visit: Visit, at: AtTerminal) -> Result<Response, Failure> {
    let app_ = app.clone();
    with_session(&app, &at.0, move |place, session, machine| {
        if let Some(session) = session.as_mut() {
            session.stop(&place.issuer, Ending::Stopped);
        }
        *session = None;
        machine.slot.eject();
        let frame = frame(&app_, &visit, visit.language, app_.settings.kiosk_idle_seconds);
        Ok(views::start(&frame, false).into_response())
    })
    .await
}

async fn begin(
    State(app): State<Arc<App>>,
    visit: Visit,
    at: AtTerminal,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    let fields = Fields::read(&body, &["language"])?;
    let language = fields.one("language").and_then(Language::from_code).unwrap_or_default();
    if !place(&app)?.has_room() {
        let frame = frame(&app, &visit, language, app.settings.kiosk_idle_seconds);
        return Ok((axum::http::StatusCode::SERVICE_UNAVAILABLE, views::start(&frame, true)).into_response());
    }
    let terminal = at.0.clone();
    with_session(&app, &at.0, move |place, session, machine| {
        let now = place.issuer.city.seams.now();
        *session = Some(Session::new(terminal, language, machine.slot.clone(), machine.coins.clone(), now));
        Ok(go(Screen::Card.path()))
    })
    .await
}

async fn card(State(app): State<Arc<App>>, visit: Visit, at: AtTerminal) -> Result<Response, Failure> {
    show(app, at.0, visit, Screen::Card, |frame, session, place| {
        let drawer = match &place.slots {
            Slots::Drawer(drawer) => Some(drawer.labels()),
            Slots::Reader(_) => None,
        };
        Ok(views::card(frame, session, drawer.as_deref()))
    })
    .await
}

async fn card_placed(
    State(app): State<Arc<App>>,
    at: AtTerminal,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    let fields = Fields::read(&body, &["card"])?;
    let index = fields.one("card").and_then(|text| text.parse().ok());
    step(app, at.0, Screen::Card, move |session, _| {
        if let Some(index) = index
            && !session.slot.put_from_drawer(index)
        {
            return Err(Say::Key("kiosk-reader-waiting"));
        }
        session.card_placed()
    })
    .await
}

async fn pin(State(app): State<Arc<App>>, visit: Visit, at: AtTerminal) -> Result<Response, Failure> {
    show(app, at.0, visit, Screen::Pin, |frame, session, _| Ok(views::pin(frame, session))).await
}

async fn pin_typed(State(app): State<Arc<App>>, at: AtTerminal, body: axum::body::Bytes) -> Result<Response, Failure> {
    let fields = Fields::read(&body, &["pin"])?;
    let pin = base::text::to_half_width(fields.one("pin").unwrap_or_default());
    let response =
        step(app.clone(), at.0.clone(), Screen::Pin, move |session, place| session.sign_in(&place.issuer, &pin))
            .await?;
    // Only now, behind a verified signature, does a session begin that the other steps ask for.
    let terminal = at.0.id.to_string();
    let secret = with_session(&app, &at.0, move |place, session, _| {
        if session.as_ref().is_none_or(|session| session.screen != Screen::Choose) {
            return Ok(None);
        }
        let seams = place.issuer.city.seams.clone();
        Ok(Some(
            place
                .issuer
                .city
                .store
                .write(move |tx| web_session::start(tx, &seams, Door::Kiosk, &terminal, Some(&terminal)))?,
        ))
    })
    .await?;
    Ok(match secret {
        Some(secret) => with_cookie(response, &kiosk_cookie(&app, &secret)),
        None => response,
    })
}

fn kiosk_cookie(app: &App, secret: &Secret) -> String {
    let is_https = app.settings.is_https;
    web_session::set_cookie(Door::Kiosk.cookie(is_https), &secret.cookie_value(), is_https)
}

async fn touch(State(app): State<Arc<App>>, at: AtTerminal, body: axum::body::Bytes) -> Result<Response, Failure> {
    Fields::read(&body, &[])?;
    with_session(&app, &at.0, |place, session, _| {
        if let Some(session) = session.as_mut() {
            session.touched = place.issuer.city.seams.now();
        }
        Ok(axum::http::StatusCode::NO_CONTENT.into_response())
    })
    .await
}

async fn stop(State(app): State<Arc<App>>, at: AtTerminal, body: axum::body::Bytes) -> Result<Response, Failure> {
    Fields::read(&body, &[])?;
    with_session(&app, &at.0, |place, session, _| {
        if let Some(session) = session.as_mut() {
            session.stop(&place.issuer, Ending::Stopped);
        }
        Ok(go(Screen::Ended.path()))
    })
    .await
}

async fn ended(State(app): State<Arc<App>>, visit: Visit, at: AtTerminal) -> Result<Response, Failure> {
    let app_ = app.clone();
    let page = with_session(&app, &at.0, move |place, session, _| {
        // Who arrives here while a session runs has let the time run out (the page itself brings them here).
        if let Some(session) = session.as_mut() {
            session.stop(&place.issuer, Ending::TimedOut);
        }
        let language = session.as_ref().map_or(visit.language, |session| session.language);
        let frame = frame(&app_, &visit, language, app_.settings.kiosk_idle_seconds);
        let page = views::ended(&frame, session.as_ref());
        *session = None;
        Ok(page.into_response())
    })
    .await?;
    let is_https = app.settings.is_https;
    Ok(with_cookie(page, &web_session::clear_cookie(Door::Kiosk.cookie(is_https), is_https)))
}

async fn choose(
    State(app): State<Arc<App>>,
    visit: Visit,
    at: AtTerminal,
    _: InKioskSession,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Result<Response, Failure> {
    if query.as_deref() == Some("back=1") {
        with_session(&app, &at.0, |_, session, _| {
            if let Some(session) = session.as_mut()
                && session.screen == Screen::Confirm
            {
                session.screen = Screen::Choose;
            }
            Ok(())
        })
        .await?;
    }
    show(app, at.0, visit, Screen::Choose, |frame, session, _| Ok(views::choose(frame, session))).await
}

async fn chosen(
    State(app): State<Arc<App>>,
    at: AtTerminal,
    _: InKioskSession,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    let fields = Fields::read(&body, &["who", "member", "item", "copies"])?;
    let places: Vec<usize> = fields.all("member").filter_map(|text| text.parse().ok()).collect();
    let has = |item: &str| fields.all("item").any(|value| value == item);
    let items = OptionalItems {
        relationship: has("relationship"),
        domicile: has("domicile"),
        nationality: has("nationality"),
        residence_card_number: has("residence_card_number"),
        residence_status: has("residence_status"),
    };
    let who = fields.one("who").unwrap_or_default().to_owned();
    let copies = fields.one("copies").and_then(|text| base::text::to_half_width(text).parse().ok()).unwrap_or(0);
    step(app, at.0, Screen::Choose, move |session, _| {
        let members = match who.as_str() {
            "household" => Members::Household,
            "chosen" => Members::Chosen(
                places.iter().filter_map(|&place| session.members().get(place)).map(|m| m.id.clone()).collect(),
            ),
            _ => Members::Applicant,
        };
        session.confirm_choices(Choices { members, items, copies, ..Choices::default() })
    })
    .await
}

async fn confirm(
    State(app): State<Arc<App>>,
    visit: Visit,
    at: AtTerminal,
    _: InKioskSession,
) -> Result<Response, Failure> {
    show(app, at.0, visit, Screen::Confirm, |frame, session, place| {
        let (kind, today) = (session.choices.kind, place.issuer.city.seams.today());
        let one = place.issuer.city.store.read(|tx| machine_fee(tx, kind, today))?;
        let fee = one.and_then(|one| one.times(u32::from(session.choices.copies))).unwrap_or_default();
        Ok(views::confirm(frame, session, fee))
    })
    .await
}

async fn confirmed(
    State(app): State<Arc<App>>,
    at: AtTerminal,
    _: InKioskSession,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    Fields::read(&body, &[])?;
    step(app, at.0, Screen::Confirm, |session, place| session.begin(&place.issuer)).await
}

async fn pay(
    State(app): State<Arc<App>>,
    visit: Visit,
    at: AtTerminal,
    _: InKioskSession,
) -> Result<Response, Failure> {
    show(app, at.0, visit, Screen::Pay, |frame, session, _| {
        let inserted = session.coins.inserted().unwrap_or_default();
        let request = session.request().ok_or_else(|| Failure::of(Kind::Gone))?;
        Ok(views::pay(frame, session, request, inserted))
    })
    .await
}

async fn insert(
    State(app): State<Arc<App>>,
    at: AtTerminal,
    _: InKioskSession,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    let fields = Fields::read(&body, &["coin"])?;
    let coin = fields.one("coin").and_then(|text| text.parse().ok()).filter(|yen| views::COINS.contains(yen));
    let coin = coin.map(Yen).ok_or_else(|| Failure::of(Kind::Invalid))?;
    step(app, at.0, Screen::Pay, move |session, _| {
        session.coins.insert(coin);
        Ok(())
    })
    .await
}

async fn paid(
    State(app): State<Arc<App>>,
    at: AtTerminal,
    _: InKioskSession,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    Fields::read(&body, &[])?;
    step(app, at.0, Screen::Pay, |session, place| session.pay(&place.issuer)).await
}

async fn print(
    State(app): State<Arc<App>>,
    visit: Visit,
    at: AtTerminal,
    _: InKioskSession,
) -> Result<Response, Failure> {
    show(app, at.0, visit, Screen::Print, |frame, session, _| Ok(views::print(frame, session))).await
}

async fn printed(
    State(app): State<Arc<App>>,
    at: AtTerminal,
    _: InKioskSession,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    Fields::read(&body, &[])?;
    step(app, at.0, Screen::Print, |session, place| session.print(&place.issuer)).await
}

async fn take(
    State(app): State<Arc<App>>,
    visit: Visit,
    at: AtTerminal,
    _: InKioskSession,
) -> Result<Response, Failure> {
    show(app, at.0, visit, Screen::Take, |frame, session, _| {
        let request = session.request().ok_or_else(|| Failure::of(Kind::Gone))?;
        let pages = session.paper().map_or(1, |paper| paper.pages);
        Ok(views::take(frame, session, request, pages))
    })
    .await
}

/// The simulated printer's tray: the finished bytes, from this machine's own session only.
async fn paper(State(app): State<Arc<App>>, at: AtTerminal, _: InKioskSession) -> Result<Response, Failure> {
    let bytes = with_session(&app, &at.0, |place, session, _| {
        let session = session.as_mut().filter(|session| session.screen == Screen::Take);
        let session = session.ok_or_else(|| Failure::of(Kind::Gone))?;
        session.touched = place.issuer.city.seams.now();
        session.paper().map(|paper| paper.bytes.clone()).ok_or_else(|| Failure::of(Kind::Gone))
    })
    .await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"certificate.pdf\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok((headers, bytes.to_vec()).into_response())
}

async fn taken(
    State(app): State<Arc<App>>,
    at: AtTerminal,
    _: InKioskSession,
    body: axum::body::Bytes,
) -> Result<Response, Failure> {
    Fields::read(&body, &[])?;
    step(app, at.0, Screen::Take, |session, place| {
        session.finish(&place.issuer);
        Ok(())
    })
    .await
}
