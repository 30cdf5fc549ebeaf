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

mod enrolling;
mod form;
mod held;
mod hospital;
mod library;
mod reading;
mod revisit;

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use base::Kind;
use tools::ResidentId;
use tools::access::Actor;
use tools::credentials::{PresentedPerson, VerifiedPerson, tap::TappedPerson};
use tools::terminals::{Sort, Terminal};

pub(crate) use enrolling::enrol_for_taps;
pub use form::{Ask, form, said, sentence};
pub use held::Held;
pub(crate) use hospital::word as hospital_word;
pub use reading::{FIELDS, take};

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::kiosk::steps_enrolled;
use crate::routes::{Routes, Rule};
use crate::visit::{AtTerminal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/demo/terminal/{sort}", Rule::DemoLoopback, demo)
        .merge(library::routes())
        .merge(hospital::routes())
        .merge(revisit::routes())
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
    /// The request.
    pub visit: Visit,
}

impl FromRequestParts<Arc<App>> for AtCounter {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Failure> {
        let AtTerminal(terminal) = AtTerminal::from_request_parts(parts, app).await?;
        let visit = Visit::from_request_parts(parts, app).await?;
        Ok(Self { app: app.clone(), terminal, visit })
    }
}

impl AtCounter {
    /// Whether this terminal is of the sort whose page this is.
    ///
    /// # Errors
    /// [`Kind::NotFound`], with the way to its own page.
    pub fn serves(&self, sort: Sort) -> Result<(), Failure> {
        if self.terminal.sort == sort {
            return Ok(());
        }
        Err(Failure::saying(Kind::NotFound, "taps-another-terminal").next(self.terminal.sort.path(), "taps-own-page"))
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
}

/// Demo only, on this computer only: makes this browser a terminal of this sort. Somebody stands beside all but the machines.
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
                tools::terminals::enrol_here_as(tx, &seams, &actor, sort, "体験用の端末", "この画面")?;
            if sort != Sort::RevisitMachine && !sort.gives_certificates() {
                let watched = tools::credentials::tap_rules::Attendance::FaceToFace;
                tools::terminals::declare_attendance(tx, &seams, &actor, terminal.id, watched)?;
            }
            Ok(secret)
        })?)
    })
    .await?;
    Ok(steps_enrolled(&app, &secret, sort.path()))
}

/// To a page of the terminal.
pub(crate) fn go(path: &str) -> Response {
    Redirect::to(path).into_response()
}
