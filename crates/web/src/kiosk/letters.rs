//! Letters and notices at the machine (カードだけの利用): from here the browser goes to the citizen portal with a ticket, and
//! comes back when the visit there is over.
//!
//! ```text
//!  card ─ "letters" ─► PIN ─┐
//!  kind ────── "letters" ───┴─► portal: ticket in a form ─► (outside) /portal/terminal ─► … ─► /kiosk/back ─► ended
//! ```
//! Letters are asked for before the PIN or after it. Before, nothing of the certificates is asked: who gets no paper at a
//! machine reads their letters like everybody.

use axum::response::{IntoResponse, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use services::convenience_certificates::Issuer;
use tools::portal::PostError;
use tools::portal::tickets::{self, Office};
use tools::relay::RelayError;

use super::machine::At;
use super::say::Say;
use super::session::{Screen, Session, Step};
use super::views::Frame;
use crate::error::Failure;
use crate::form::Fields;
use crate::security::LeadsTo;
use crate::visit::{InKioskSession, Visit};

/// A visit to the portal that begins or is under way.
pub struct Visiting {
    /// The ticket's name.
    ticket: Id,
    /// Its text, for the form.
    text: String,
}

/// Where the browser comes back to: this machine's own name, as its browser knows it (one of ours: [`crate::security`]).
pub(super) fn back(at: &At) -> String {
    let scheme = if at.app.settings.is_https { "https" } else { "http" };
    format!("{scheme}://{}/kiosk/back", at.visit.host)
}

/// `POST /kiosk/card/letters`: this card is put on for letters.
pub(super) async fn wanted(at: At, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    at.app.tickets()?;
    at.step(Screen::Card, |session, _| {
        session.wants_letters = !session.wants_letters;
        Ok(())
    })
    .await
}

/// `POST /kiosk/letters`: after the PIN.
pub(super) async fn open(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    let (office, back) = (at.app.tickets()?.clone(), back(&at));
    at.step(Screen::Kind, move |session, place| session.ask_ticket(&place.issuer, &office, &back)).await
}

/// `GET /kiosk/letters`: the form that leads to the portal.
pub(super) async fn page(at: At, _: InKioskSession) -> Result<Response, Failure> {
    let origin = at.app.settings.portal_origin.clone();
    let target = format!("{origin}{}", crate::portal::terminal::DOOR);
    let mut response = at.show(Screen::Portal, move |frame, session, _| Ok(view(frame, session, &target))).await?;
    response.extensions_mut().insert(LeadsTo(origin));
    Ok(response)
}

/// `GET /kiosk/back`: the browser comes from another origin, so that no cookie of ours came along; a page of ours leads on.
pub(super) async fn came_back(visit: Visit) -> Response {
    let title = visit.say("kiosk-ended-heading");
    let main = html! {
        h1 { (title) }
        p { a class="button" href="/kiosk/ended" { (visit.say("kiosk-next")) } }
    };
    visit.page(&title).onward("/kiosk/ended").render(&main).into_response()
}

fn view(frame: &Frame<'_>, session: &Session, target: &str) -> Markup {
    let target = format!("{target}?lang={}", session.language.code());
    frame.screen(
        "kiosk-letters",
        Screen::Portal.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-letters")) }
            (frame.alert(session))
            p class="kiosk-lead" { (frame.say("kiosk-letters-lead")) }
            @if let Some(visiting) = &session.visiting {
                form method="post" action=(target) autocomplete="off" {
                    input type="hidden" name="ticket" value=(visiting.text);
                    (frame.big("kiosk-letters-open"))
                }
            }
            section class="kiosk-answer" {
                h2 { (frame.say("kiosk-my-number-question")) }
                p { (frame.say("kiosk-letters-my-number")) }
            }
        },
    )
}

/// On the screen that asks for the card: for papers, or for letters.
pub(super) fn choice(frame: &Frame<'_>, session: &Session) -> Markup {
    html! {
        @if frame.has_letters {
            @if session.wants_letters { div class="kiosk-answer" role="status" { p { (frame.say("kiosk-letters-chosen")) } } }
            (frame.form("/kiosk/card/letters", &html! {
                button class="kiosk-quiet" type="submit" {
                    (frame.say(if session.wants_letters { "kiosk-letters-papers" } else { "kiosk-letters-only" }))
                }
            }))
        }
    }
}

/// Where no papers are given now: letters are.
pub(super) fn begin(frame: &Frame<'_>, language: ui::Language) -> Markup {
    html! {
        @if frame.has_letters {
            (frame.form("/kiosk/start", &html! {
                input type="hidden" name="language" value=(language.code());
                input type="hidden" name="letters" value="yes";
                button class="kiosk-go" type="submit" { (ui::words().markup(language, "kiosk-letters", &[])) }
            }))
        }
    }
}

impl Session {
    /// Asks the inside for a ticket of whoever signed in. Who cannot get one is told the same, whatever the cause.
    ///
    /// # Errors
    /// What to say; the session is over.
    pub(super) fn ask_ticket(&mut self, issuer: &Issuer, office: &Office, back: &str) -> Step {
        let Some(applicant) = &self.applicant else { return Err(Say::Key("kiosk-session-ended")) };
        let made = if applicant.registered().is_some() {
            Ok(None)
        } else {
            let (seams, terminal, resident) =
                (issuer.city.seams.clone(), self.terminal.id, applicant.resident().clone());
            let (office, back) = (office.clone(), back.to_owned());
            issuer.city.store.write::<_, PostError, _>(move |tx| office.make(tx, &seams, &resident, terminal, &back))
        };
        match made {
            Ok(Some((ticket, text))) => {
                self.visiting = Some(Visiting { ticket, text });
                self.screen = Screen::Portal;
                Ok(())
            }
            Ok(None) => Err(self.leave_with(Say::Key("kiosk-letters-none"))),
            Err(error) => {
                tracing::error!(%error, "a ticket for the portal could not be made");
                Err(self.leave_with(Say::Key("kiosk-letters-not-now")))
            }
        }
    }

    /// Tells the portal that the visit is over, if there was one.
    pub(super) fn leave_portal(&mut self, issuer: &Issuer) {
        let Some(visiting) = self.visiting.take() else { return };
        let seams = issuer.city.seams.clone();
        let told = issuer.city.store.write::<_, RelayError, _>(move |tx| tickets::over(tx, &seams, visiting.ticket));
        if let Err(error) = told {
            // The portal's own clock ends it then.
            tracing::error!(%error, "the portal could not be told that a visit is over");
        }
    }
}

impl crate::app::App {
    /// What makes tickets for the portal.
    ///
    /// # Errors
    /// [`Kind::NotFound`] in a process without a portal.
    pub(super) fn tickets(&self) -> Result<&Office, Failure> {
        self.tickets.as_ref().ok_or_else(|| Failure::of(Kind::NotFound))
    }
}
