//! The demo's card drawer in the place of the agent of a PC: a newcomer enrols, links and signs in without a second program.
//! Only where the certificate machines have a drawer, in a demo, and only at this very computer; a real city has none of it.

use std::sync::Arc;

use base::{Id, Kind};
use maud::{Markup, html};
use ui::form::{ButtonKind, button, select};
use ui::notice::{AlertKind, alert};
use zeroize::Zeroizing;

use crate::app::App;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::reader::{DrawerCard, listed};
use crate::kiosk::{Place, Say};
use crate::taps::{ProvedWithKey, pin_field, prove_with_key, said};
use crate::visit::Visit;

/// Its fields.
const FIELDS: [&str; 2] = ["card", "pin"];

/// What lies in the drawer, for whoever may open it.
pub(super) fn cards(app: &App, visit: &Visit) -> Option<Vec<DrawerCard>> {
    if visit.opens_drawer() { app.kiosk.as_ref().and_then(|place| place.drawer()) } else { None }
}

/// Which card lies on top, and what came of the last one that was put down.
#[derive(Clone, Copy, Default)]
pub(super) struct Last<'a> {
    /// Its place.
    pub(super) card: usize,
    /// What to say about it.
    pub(super) say: Option<&'a Say>,
}

/// The form that takes a card out of the drawer, where there is one.
pub(super) fn form(app: &App, visit: &Visit, action: &str, word: &str, last: Last<'_>) -> Option<Markup> {
    let cards = cards(app, visit)?;
    let chosen = last.card.min(cards.len().saturating_sub(1)).to_string();
    Some(html! {
        (said(visit, &app.profile.counter, last.say))
        (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("staff-id-drawer")) } }))
        form method="post" action=(action) class="card" {
            (visit.csrf(action))
            // One below the other: labels are long.
            (select(visit.language, "card", &visit.say("taps-card-drawer"), &listed(&cards), &chosen, None))
            (pin_field(visit, ("pin", "pin"), ("taps-pin", "taps-pin-always-hint"), true))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say(word))) }
        }
    })
}

/// Which card of the drawer, and the PIN that was typed.
#[derive(Clone)]
pub(super) struct Put {
    place: Arc<Place>,
    index: usize,
    pin: Zeroizing<String>,
}

impl Put {
    /// What the form says.
    ///
    /// # Errors
    /// [`Kind::Forbidden`] elsewhere than at a demo's own computer; [`Kind::NotFound`] where there is no drawer;
    /// [`Kind::Invalid`] for other fields.
    pub(super) fn read(app: &App, visit: &Visit, fields: &Fields) -> Result<Self, Failure> {
        if !visit.opens_drawer() {
            return Err(Failure::of(Kind::Forbidden));
        }
        fields.only(&FIELDS)?;
        let place = app.kiosk.clone().filter(|place| place.drawer().is_some());
        let place = place.ok_or_else(|| Failure::of(Kind::NotFound))?;
        let index = fields.get("card").parse().map_err(|_| Failure::of(Kind::Invalid))?;
        Ok(Self { place, index, pin: Zeroizing::new(base::text::to_half_width(fields.get("pin"))) })
    }

    /// What came of it, for the form.
    pub(super) const fn last<'a>(&self, say: &'a Say) -> Last<'a> {
        Last { card: self.index, say: Some(say) }
    }

    /// The card, proved with its PIN, with its own key. `slot` names the reader it is put on: each page has its own.
    ///
    /// # Errors
    /// What to say.
    pub(super) fn proved(&self, slot: Id) -> Result<ProvedWithKey, Say> {
        self.place.with_slot(slot, |reader| {
            if !reader.put_from_drawer(self.index) {
                return Err(Say::Key("kiosk-reader-waiting"));
            }
            let proved = prove_with_key(&self.place.issuer, reader, &slot.to_string(), (&self.pin, ""));
            reader.eject();
            proved
        })
    }
}
