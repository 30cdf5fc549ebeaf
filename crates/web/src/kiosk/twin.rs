//! The digital copy on the last screen (デジタル写し, on trial): offered when the paper lies there, never in its place.
//!
//! The square holds the code, the digits stand beside it: whoever photographs the one from afar has not seen the other.
//! Both live in the session and are erased with it; the offer itself is open for ten minutes.

use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use paper::barcode::{OnScreen, on_screen};
use services::convenience_certificates::Issuer;
use services::convenience_certificates::twin::offer::{self, TwinOffer};

use super::machine::At;
use super::say::{Say, beneath};
use super::session::{Screen, Session, Step};
use super::views::Frame;
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::InKioskSession;

/// Side of the square on the screen, in millimetres: a phone is held at arm's length.
const SIDE: f32 = 96.0;
/// Side for which it is encoded: nothing smudges a screen, so larger modules are worth more than error correction.
const ENCODED_FOR: f32 = 40.0;

/// The block on the last screen; nothing where copies are not offered.
pub(super) fn block(frame: &Frame<'_>, session: &Session, is_offered: bool) -> Markup {
    let shown = session.twin.as_ref().and_then(|offer| Some((offer, on_screen(offer.square.reveal(), ENCODED_FOR)?)));
    html! {
        @if let Some((offer, square)) = shown {
            section class="kiosk-twin" {
                h2 { (frame.say("kiosk-twin-heading")) }
                p { strong { (frame.say("kiosk-twin-trial")) } }
                ol {
                    li {
                        p { (frame.say("kiosk-twin-scan")) }
                        (drawn(&square, &frame.plain("kiosk-twin-square")))
                    }
                    li {
                        p { (frame.say("kiosk-twin-type")) }
                        p class="kiosk-twin-digits" { (offer.digits.text()) }
                    }
                }
                p { (frame.with("kiosk-twin-until", &[("minutes", MINUTES.into())])) }
            }
        } @else if is_offered {
            section class="kiosk-twin" {
                h2 { (frame.say("kiosk-twin-heading")) }
                p { strong { (frame.say("kiosk-twin-trial")) } }
                p { (frame.say("kiosk-twin-lead")) }
                (frame.form("/kiosk/twin", &html! {
                    button class="kiosk-quiet" type="submit" { (frame.say("kiosk-twin-go")) }
                }))
            }
        }
    }
}

const MINUTES: i64 = tools::twins::offers::OFFER_SECONDS / 60;

fn drawn(square: &OnScreen, alternative: &str) -> Markup {
    let (box_, side) = (format!("0 0 {0} {0}", square.width), format!("{SIDE}mm"));
    html! {
        svg id="twin-square" role="img" aria-label=(alternative) width=(side) height=(side) viewBox=(box_)
            shape-rendering="crispEdges" {
            rect width="100%" height="100%" fill="#fff" {}
            path d=(square.path) stroke="#000" stroke-width="1" fill="none" {}
        }
    }
}

/// `POST /kiosk/twin`.
pub(super) async fn ask(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    if !at.place()?.issuer.composer.offers_twins() {
        return Err(Failure::of(Kind::NotFound));
    }
    at.step(Screen::Take, |session, place| session.offer_twin(&place.issuer)).await
}

impl Session {
    /// Whether the person may still ask for a copy of this paper.
    pub(super) fn may_offer_twin(&self, issuer: &Issuer) -> bool {
        issuer.composer.offers_twins() && self.twin.is_none() && !self.twin_refused
    }

    /// The person goes: what a copy would have been made from goes with them.
    pub(super) fn forget_fields(&self, issuer: &Issuer) {
        if let Some(request) = self.request()
            && let Err(error) = offer::forget(&issuer.city, request.id)
        {
            tracing::error!(%error, "what a digital copy is made from could not be erased");
        }
    }

    fn offer_twin(&mut self, issuer: &Issuer) -> Step {
        let (Some(applicant), Some(request), Some(token)) = (&self.applicant, self.request(), &self.twin_right) else {
            return Err(Say::Key("kiosk-session-ended"));
        };
        match offer::offer(&issuer.city, issuer.fresh_minutes, applicant, request.id, token) {
            Ok(Ok(offer)) => {
                self.twin = Some(offer);
                self.twin_right = None;
            }
            // The paper stays theirs whatever becomes of the copy: no refusal here ends the session.
            Ok(Err(refusal)) => {
                tracing::info!(?refusal, "no digital copy was offered");
                self.twin_refused = true;
                return Err(Say::Key("kiosk-twin-refused"));
            }
            Err(error) => return Err(beneath(&error)),
        }
        Ok(())
    }
}

/// What the session keeps of an offer.
pub(super) type Kept = Option<TwinOffer>;
