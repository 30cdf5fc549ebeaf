//! A card shown at an enrolled terminal of whatever service: library counter, hospital desk, re-visit machine.
//!
//! ```text
//!  form: card put down · PIN · number of a tag ─► take ─┬─ card alone ─► law of taps ─► Tapped
//!                                                       ├─ with PIN ────────────────► Verified
//!                                                       └─ tag, transit card ───────► Presented
//!  Shown ─► hold (this terminal, this service, two minutes) ─► the service's pages ─► let go
//! ```
//! Which of the three a service takes for what is its own matter. A terminal that nobody watches takes no card alone: the law
//! of taps says so, not the page.

mod application;
mod city_cards;
mod deeds;
mod enrolling;
mod form;
mod held;
mod hospital;
mod library;
mod reading;
mod receipts;
mod revisit;
mod staff_desk;

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base::Kind;
use tools::ResidentId;
use tools::access::Actor;
use tools::credentials::tap_rules::Attendance;
use tools::credentials::{PresentedPerson, VerifiedPerson, tap::TappedPerson};
use tools::terminals::{self, Sort, Terminal};

pub use application::Outcomes;
pub(crate) use enrolling::{ProvedWithKey, enrol_for_taps, prove_with_key};
pub(crate) use form::pin_field;
pub use form::{Ask, form, said, sentence};
pub use held::Held;
pub(crate) use hospital::word as hospital_word;
pub use reading::{FIELDS, take};
pub(crate) use revisit::sheet as reception_sheet;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::{Say, steps_enrolled};
use crate::routes::{Routes, Rule};
use crate::visit::{AtTerminal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let desks = Routes::new()
        .merge(library::routes())
        .merge(city_cards::routes())
        .merge(hospital::routes())
        .merge(revisit::routes())
        .merge(application::routes())
        .merge(staff_desk::routes());
    deeds::with_ways_back(desks).get("/demo/terminal/{sort}", Rule::DemoLoopback, demo)
}

/// A person who is known by what was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// By the card alone, under the law of taps.
    Tapped(TappedPerson),
    /// By card and PIN.
    Verified(VerifiedPerson),
    /// By a thing that anybody may carry.
    Presented(PresentedPerson),
}

impl Shown {
    /// Who.
    pub const fn resident(&self) -> &ResidentId {
        match self {
            Self::Tapped(person) => person.resident(),
            Self::Verified(person) => person.resident(),
            Self::Presented(person) => person.resident(),
        }
    }
}

/// A request from a terminal that is no certificate machine.
#[derive(Clone)]
pub struct AtCounter {
    /// The process.
    pub app: Arc<App>,
    /// Which terminal.
    pub terminal: Terminal,
    /// Who can see what happens there, as staff declared it.
    pub attendance: Attendance,
    /// The request.
    pub visit: Visit,
}

impl FromRequestParts<Arc<App>> for AtCounter {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let AtTerminal(terminal) = AtTerminal::from_request_parts(parts, app).await?;
        let visit = Visit::from_request_parts(parts, app).await?;
        let (inside, id) = (app.inside()?.clone(), terminal.id);
        let declared = move || Ok(inside.store.read::<_, store::StoreError, _>(|tx| terminals::attendance(tx, id))?);
        let attendance = blocking(declared).await?;
        Ok(Self { app: app.clone(), terminal, attendance, visit })
    }
}

impl AtCounter {
    /// Whether this terminal is of the sort whose page this is.
    ///
    /// # Errors
    /// [`Kind::Forbidden`], with the way to its own page; [`Kind::Forbidden`] too where staff serve people and nobody declared
    /// that they watch.
    pub fn serves(&self, sort: Sort) -> Result<(), Failure> {
        if self.terminal.sort != sort {
            let elsewhere = Failure::saying(Kind::Forbidden, "taps-another-terminal");
            return Err(elsewhere.next(self.terminal.sort.path(), "taps-own-page"));
        }
        if sort.is_served_by_staff() && self.attendance == Attendance::Unattended {
            return Err(Failure::saying(Kind::Forbidden, "taps-undeclared"));
        }
        Ok(())
    }

    /// The terminal as whoever reads.
    pub fn actor(&self) -> Actor {
        Actor::Kiosk { terminal: self.terminal.id.to_string() }
    }

    /// Who is held at this terminal for this service, if somebody is.
    pub fn held(&self, service: &'static str) -> Option<Shown> {
        self.app.held.get(self.terminal.id, service, self.app.seams.now())
    }

    /// Keeps who was shown for the service's next pages at this terminal.
    pub fn hold(&self, service: &'static str, shown: Shown) {
        self.app.held.put(self.terminal.id, service, shown, self.app.seams.now());
    }

    /// Forgets who was shown here.
    pub fn let_go(&self) {
        self.app.held.let_go(self.terminal.id);
    }

    /// To the page at `path`, which says `say`: a form is answered so, and loading the page again sends nothing again.
    pub(crate) fn go_saying(&self, path: &str, say: Say) -> Response {
        self.note(path, say);
        go(path)
    }

    /// Keeps what the page at `path` is to say.
    pub(crate) fn note(&self, path: &str, say: Say) {
        self.app.held.note(self.terminal.id, path, (say, ""), self.app.seams.now());
    }

    /// The same, with the number that was typed there: it need not be typed again. An Individual Number is not kept.
    pub(crate) fn note_typed(&self, path: &str, say: Say, typed: &str) {
        let is_kept = base::my_number_guard::refuse_individual_number(&base::text::to_half_width(typed)).is_ok();
        self.app.held.note(self.terminal.id, path, (say, if is_kept { typed } else { "" }), self.app.seams.now());
    }

    /// What this page is to say about the form that led here, if one did.
    pub(crate) fn to_say(&self) -> Option<Say> {
        self.noted().map(|(say, _)| say)
    }

    /// What was typed into this page's form before it was refused; empty for a fresh page.
    pub(crate) fn typed(&self) -> String {
        self.noted().map(|(_, typed)| typed).unwrap_or_default()
    }

    fn noted(&self) -> Option<(Say, String)> {
        self.app.held.noted(self.terminal.id, &self.visit.path, self.app.seams.now())
    }

    /// Keeps which card of the drawer a form chose, for the form that follows.
    pub(crate) fn choose(&self, fields: &Fields) {
        let card = fields.filled("card").filter(|place| place.len() <= 4);
        self.app.held.choose(self.terminal.id, card, self.app.seams.now());
    }
}

/// Demo only, on this computer only: makes this browser the demo's terminal of this sort, the one it was before. Somebody
/// stands beside all but the machines.
async fn demo(
    State(app): State<Arc<App>>,
    axum::extract::Path(sort): axum::extract::Path<String>,
) -> Result<Response, Failure> {
    let sort = Sort::from_word(&sort).ok_or_else(|| Failure::of(Kind::NotFound))?;
    let inside = app.inside()?.clone();
    let secret = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write::<_, store::StoreError, _>(move |tx| {
            let actor = Actor::System { job: "demo" };
            let (terminal, secret) =
                tools::terminals::enrol_here_again(tx, &seams, &actor, sort, "体験用の端末", "この画面")?;
            if sort != Sort::RevisitMachine && !sort.gives_certificates() {
                let watched = Attendance::FaceToFace;
                tools::terminals::declare_attendance(tx, &seams, &actor, terminal.id, watched)?;
            }
            Ok(secret)
        })?)
    })
    .await?;
    Ok(steps_enrolled(&app, &secret, sort.path()))
}

/// The same page, left for `path` after so many seconds, with script or without: whoever walks away leaves nothing on the
/// screen. By a header: a page itself must not move on by itself (WCAG 2.2.1), and nobody reads one that was left.
pub(crate) fn left(mut response: Response, seconds: u32, path: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(&format!("{seconds};url={path}")) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}

/// To a page of the terminal.
pub(crate) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}
