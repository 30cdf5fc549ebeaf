//! A certificate machine as this process knows it: what is bolted to it and who stands at it; and how a handler shows a
//! screen of its session or takes a step in it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Id, Kind, Yen};
use maud::Markup;
use services::convenience_certificates::{ActionError, Issuer, Refusal, refunds};
use tools::terminals::Terminal;
use tools::terminals::coin_box::SimulatedCoinBox;
use ui::Language;

use super::printing::PaperSlot;
use super::reader::{CardSlot, Drawer, DrawerCard, DrawerSlot};
use super::say::Say;
use super::session::{Ending, Screen, Session};
use super::views::Frame;
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::visit::{AtTerminal, Visit};

/// Change in the simulated coin box when a machine starts.
const CHANGE: Yen = Yen(20_000);
/// Every refusal that comes from the register is answered this long after it was asked for, so that the time tells
/// nothing about the cause.
pub(crate) const REFUSAL_TAKES: Duration = Duration::from_millis(1500);

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
    pub(super) slots: Slots,
    most_sessions: usize,
    /// The printer of this computer; without one each machine has a simulated tray.
    printer: Option<Arc<PaperSlot>>,
    /// Where the simulated coin boxes keep what power must not erase; without it they forget.
    coin_boxes: Option<PathBuf>,
    machines: Mutex<HashMap<Id, Arc<Machine>>>,
}

/// One machine: what is bolted to it, and who stands at it.
pub(super) struct Machine {
    /// Where a card is put.
    pub slot: Arc<dyn CardSlot>,
    /// The coin box.
    pub coins: Arc<SimulatedCoinBox>,
    /// Where papers come out.
    pub out: Arc<PaperSlot>,
    session: Mutex<Option<Session>>,
}

impl Place {
    /// Machines that issue with `issuer`, with at most `most_sessions` people at them at one time.
    pub fn new(issuer: Issuer, slots: Slots, most_sessions: usize) -> Self {
        Self { issuer, slots, most_sessions, printer: None, coin_boxes: None, machines: Mutex::default() }
    }

    /// The same with a printer instead of simulated trays.
    #[must_use]
    pub fn printing_at(self, printer: PaperSlot) -> Self {
        Self { printer: Some(Arc::new(printer)), ..self }
    }

    /// The same with coin boxes that remember their refunds in files of this folder.
    #[must_use]
    pub fn remembering_in(self, folder: PathBuf) -> Self {
        Self { coin_boxes: Some(folder), ..self }
    }

    /// Asks the coin boxes of this process what became of refunds that were under way at least `seconds` ago. With
    /// `everything` also of machines nobody has used since the process started: then no other process serves them.
    ///
    /// # Errors
    /// The database.
    pub fn resume_refunds(&self, seconds: i64, everything: bool) -> Result<(), ActionError> {
        let city = &self.issuer.city;
        for (request, terminal) in refunds::under_way(city, city.seams.now().plus_seconds(-seconds))? {
            let known = self.machines.lock().unwrap_or_else(PoisonError::into_inner).get(&terminal).cloned();
            let Some(machine) = known.or_else(|| everything.then(|| self.machine(terminal))) else { continue };
            // Nobody else's hand is in the box meanwhile.
            let _session = machine.session.lock().unwrap_or_else(PoisonError::into_inner);
            refunds::resume(city, &*machine.coins, request)?;
        }
        Ok(())
    }

    /// Whether one more session may begin (I16: load is shed at the first screen, never in mid-flow). A machine whose
    /// session is being worked on counts as running. Two that begin at the same instant may both be let in.
    pub(super) fn has_room(&self) -> bool {
        let machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        let running = machines.values().filter(|machine| match machine.session.try_lock() {
            Ok(session) => session.as_ref().is_some_and(|session| session.screen != Screen::Ended),
            Err(_) => true,
        });
        running.count() < self.most_sessions
    }

    /// Lets `act` use the reader of a terminal, one at a time.
    pub(crate) fn with_slot<T>(&self, terminal: Id, act: impl FnOnce(&dyn CardSlot) -> T) -> T {
        let machine = self.machine(terminal);
        let _session = machine.session.lock().unwrap_or_else(PoisonError::into_inner);
        act(&*machine.slot)
    }

    /// Whether cards come out of the demo's drawer.
    pub(crate) const fn has_drawer(&self) -> bool {
        matches!(self.slots, Slots::Drawer(_))
    }

    /// What the demo's drawer holds; none where only real cards fit.
    pub(crate) fn drawer(&self) -> Option<Vec<DrawerCard>> {
        match &self.slots {
            Slots::Drawer(drawer) => Some(drawer.labels()),
            Slots::Reader(_) => None,
        }
    }

    fn machine(&self, terminal: Id) -> Arc<Machine> {
        let mut machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
        machines
            .entry(terminal)
            .or_insert_with(|| {
                Arc::new(Machine {
                    slot: match &self.slots {
                        Slots::Drawer(drawer) => Arc::new(DrawerSlot::new(drawer.clone())),
                        Slots::Reader(slot) => slot.clone(),
                    },
                    coins: Arc::new(self.coin_box(terminal)),
                    out: self.printer.clone().unwrap_or_else(|| Arc::new(PaperSlot::simulated())),
                    session: Mutex::new(None),
                })
            })
            .clone()
    }

    fn coin_box(&self, terminal: Id) -> SimulatedCoinBox {
        let new = || SimulatedCoinBox::with_change(CHANGE);
        let Some(folder) = &self.coin_boxes else { return new() };
        let made = std::fs::create_dir_all(folder).and_then(|()| new().remembering(&folder.join(terminal.to_string())));
        made.unwrap_or_else(|error| {
            tracing::error!(%error, "a coin box has no memory: what it pays back is unclear after a restart");
            new()
        })
    }

    /// Ends sessions that nobody touches or whose card was pulled. Called every second.
    pub fn look_after(&self, idle_seconds: u32) {
        let machines: Vec<Arc<Machine>> = {
            let machines = self.machines.lock().unwrap_or_else(PoisonError::into_inner);
            machines.values().cloned().collect()
        };
        for machine in machines {
            let mut session = machine.session.lock().unwrap_or_else(PoisonError::into_inner);
            self.end_if_left(&mut session, idle_seconds);
            machine.out.follow_receipts(&self.issuer);
        }
    }

    /// Ends whatever session runs at this terminal: it was stopped. Money that is in it goes back.
    pub fn end_session_at(&self, terminal: Id) {
        let machine = self.machines.lock().unwrap_or_else(PoisonError::into_inner).remove(&terminal);
        if let Some(machine) = machine {
            let mut session = machine.session.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(session) = session.as_mut() {
                session.give_print_up(&self.issuer);
                session.stop(&self.issuer, Ending::Stopped);
            }
        }
    }

    fn end_if_left(&self, session: &mut Option<Session>, idle_seconds: u32) {
        let Some(session) = session else { return };
        session.follow_print(&self.issuer);
        if session.is_idle(self.issuer.city.seams.now(), idle_seconds) {
            session.stop(&self.issuer, Ending::TimedOut);
        } else if session.card_was_pulled() {
            session.stop(&self.issuer, Ending::Stopped);
        }
    }
}

/// A request from an enrolled machine's browser.
#[derive(Clone)]
pub(super) struct At {
    /// The process.
    pub app: Arc<App>,
    /// Which machine.
    pub terminal: Terminal,
    /// The request.
    pub visit: Visit,
}

impl FromRequestParts<Arc<App>> for At {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let AtTerminal(terminal) = AtTerminal::from_request_parts(parts, app).await?;
        if !terminal.sort.gives_certificates() {
            let elsewhere = Failure::saying(Kind::Forbidden, "taps-another-terminal");
            return Err(elsewhere.next(terminal.sort.path(), "taps-own-page"));
        }
        let visit = Visit::from_request_parts(parts, app).await?;
        Ok(Self { app: app.clone(), terminal, visit })
    }
}

impl At {
    /// All machines of this process.
    ///
    /// # Errors
    /// This process serves none.
    pub fn place(&self) -> Result<Arc<Place>, Failure> {
        self.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))
    }

    /// What every screen needs.
    pub fn frame(&self, language: Language) -> Frame<'_> {
        let profile = &self.app.profile;
        Frame {
            language,
            city: if language == Language::English { &profile.name_english } else { &profile.name },
            city_in_japanese: &profile.name,
            counter: &profile.counter,
            styles: vec![assets::path("yakuba.css").to_owned(), assets::path("kiosk.css").to_owned()],
            script: assets::path("kiosk.js").to_owned(),
            visit: self.visit.clone(),
            idle_seconds: self.app.settings.kiosk_idle_seconds,
            has_letters: self.app.tickets.is_some(),
        }
    }

    /// Runs `act` on the machine's session, away from the answering threads, one at a time for each machine. A session
    /// that was left is ended first.
    ///
    /// # Errors
    /// What `act` answers.
    pub async fn with_session<T: Send + 'static>(
        self,
        act: impl FnOnce(&Self, &Place, &mut Option<Session>, &Machine) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let place = self.place()?;
        let machine = place.machine(self.terminal.id);
        blocking(move || {
            let mut session = machine.session.lock().unwrap_or_else(PoisonError::into_inner);
            place.end_if_left(&mut session, self.app.settings.kiosk_idle_seconds);
            act(&self, &place, &mut session, &machine)
        })
        .await
    }

    /// Shows the session's screen with `view`, or goes where the session is. The session's language wins over the
    /// browser's.
    ///
    /// # Errors
    /// What `view` answers.
    pub async fn show(
        self,
        screen: Screen,
        view: impl FnOnce(&Frame<'_>, &mut Session, &Place) -> Result<Markup, Failure> + Send + 'static,
    ) -> Result<Response, Failure> {
        self.with_session(move |at, place, session, _| {
            let Some(session) = session.as_mut() else { return Ok(go("/kiosk")) };
            if session.screen != screen {
                return Ok(go(session.screen.path()));
            }
            session.touched = place.issuer.city.seams.now();
            let page = view(&at.frame(session.language), session, place)?;
            // A sentence is said once.
            session.say = None;
            Ok(page.into_response())
        })
        .await
    }

    /// Takes a step and goes to where it leads. A no is said on the screen it leads to; register refusals take a fixed
    /// time.
    ///
    /// # Errors
    /// Something beneath failed.
    pub async fn step(
        self,
        from: Screen,
        act: impl FnOnce(&mut Session, &Place) -> Result<(), Say> + Send + 'static,
    ) -> Result<Response, Failure> {
        let begun = tokio::time::Instant::now();
        let (path, refused) = self
            .with_session(move |_, place, session, _| {
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
}

pub(super) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}
