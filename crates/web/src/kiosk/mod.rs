//! The ward-office certificate machine (庁舎内証明書発行機), as pages for its touch screen.
//!
//! ```text
//!  enrolled terminal (cookie) ─► /kiosk ─► card ─► PIN ─► [ verified signature: a kiosk session begins ]
//!        ─► kind ─► choose ─► confirm ─► pay ─► print ─► take ─► everything erased
//!        ─► letters ─► the citizen portal, and back ─► everything erased
//! ```
//! One machine is one terminal with one reader, one coin box and one session at a time ([`Place`]). A form may carry
//! only the fields its step knows: anything else, a resident id above all, is refused as forbidden.

mod apply;
mod apply_views;
mod cards;
mod choosing;
mod enrolment;
mod family;
mod first;
mod keys;
mod kinds;
mod letters;
mod machine;
pub mod printing;
mod printing_views;
pub mod reader;
mod receipts;
mod say;
mod screen;
pub mod session;
mod signing;
mod steps;
mod twin;
pub mod views;

pub(crate) use kinds::name_key as kind_name_key;
pub(crate) use machine::REFUSAL_TAKES;
pub use machine::{Place, Slots};
pub(crate) use say::{Say, card_sentence, credential_sentence, registration_sentence, say_card};
pub(crate) use session::open as open_card;
pub(crate) use steps::{enrolled as steps_enrolled, pdf};

use crate::routes::{Routes, Rule};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/kiosk/demo", Rule::DemoLoopback, steps::demo)
        .get("/kiosk/enrol", Rule::Public, enrolment::page)
        .post("/kiosk/enrol", Rule::Public, enrolment::enrol)
        .get("/kiosk", Rule::Kiosk, steps::start)
        .post("/kiosk/start", Rule::Kiosk, steps::begin)
        .get("/kiosk/card", Rule::Kiosk, steps::card)
        .post("/kiosk/card", Rule::Kiosk, steps::card_placed)
        .post("/kiosk/card/letters", Rule::Kiosk, letters::wanted)
        .get("/kiosk/back", Rule::Public, letters::came_back)
        .get("/kiosk/pin", Rule::Kiosk, steps::pin)
        .post("/kiosk/pin", Rule::Kiosk, steps::pin_typed)
        .post("/kiosk/apply/open", Rule::Kiosk, apply::open)
        .get("/kiosk/apply", Rule::Kiosk, apply::page)
        .post("/kiosk/apply/town", Rule::Kiosk, apply::town)
        .post("/kiosk/apply/key", Rule::Kiosk, apply::key)
        .post("/kiosk/apply/text", Rule::Kiosk, apply::text)
        .post("/kiosk/apply/head", Rule::Kiosk, apply::head)
        .post("/kiosk/apply/back", Rule::Kiosk, apply::back)
        .post("/kiosk/apply", Rule::Kiosk, apply::applied)
        .get("/kiosk/applied", Rule::Kiosk, apply::done)
        .post("/kiosk/touch", Rule::Kiosk, steps::touch)
        .post("/kiosk/stop", Rule::Kiosk, steps::stop)
        .get("/kiosk/ended", Rule::Kiosk, steps::ended)
        .get("/kiosk/kind", Rule::KioskSession, kinds::kinds)
        .post("/kiosk/kind", Rule::KioskSession, kinds::kind_chosen)
        .post("/kiosk/letters", Rule::KioskSession, letters::open)
        .get("/kiosk/letters", Rule::KioskSession, letters::page)
        .get("/kiosk/choose", Rule::KioskSession, steps::choose)
        .post("/kiosk/choose", Rule::KioskSession, steps::chosen)
        .post("/kiosk/cards/open", Rule::KioskSession, cards::open_cards)
        .get("/kiosk/cards", Rule::KioskSession, cards::cards)
        .post("/kiosk/cards/stop", Rule::KioskSession, cards::stop)
        .post("/kiosk/cards/enrol", Rule::KioskSession, cards::enrol)
        .post("/kiosk/cards/back", Rule::KioskSession, cards::back)
        .get("/kiosk/confirm", Rule::KioskSession, steps::confirm)
        .post("/kiosk/confirm", Rule::KioskSession, steps::confirmed)
        .get("/kiosk/pay", Rule::KioskSession, steps::pay)
        .post("/kiosk/pay/insert", Rule::KioskSession, steps::insert)
        .post("/kiosk/pay", Rule::KioskSession, steps::paid)
        .get("/kiosk/print", Rule::KioskSession, steps::print)
        .post("/kiosk/print", Rule::KioskSession, steps::printed)
        .post("/kiosk/print/stop", Rule::KioskSession, steps::print_stopped)
        .get("/kiosk/receipt", Rule::KioskSession, receipts::page)
        .post("/kiosk/receipt/print", Rule::KioskSession, receipts::print)
        .get("/kiosk/receipt.pdf", Rule::KioskSession, receipts::file)
        .post("/kiosk/tray", Rule::Kiosk, steps::tray)
        .post("/kiosk/session/tray", Rule::KioskSession, steps::tray)
        .get("/kiosk/take", Rule::KioskSession, steps::take)
        .get("/kiosk/paper.pdf", Rule::KioskSession, steps::paper)
        .post("/kiosk/take", Rule::KioskSession, steps::taken)
        .post("/kiosk/twin", Rule::KioskSession, twin::ask)
        .post("/kiosk/session/touch", Rule::KioskSession, steps::touch)
        .post("/kiosk/session/stop", Rule::KioskSession, steps::stop)
}
