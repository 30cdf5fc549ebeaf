//! The kiosk protocol: what machines and the centre that speaks for stores say to the city (`docs/kiosk-protocol.md`).
//!
//! For machines with a program of their own, where the pages of [`crate::kiosk`] are for machines with a browser. Both act
//! through the same engine, `services::convenience_certificates::actions`; nothing is decided here.
//!
//! ```text
//!  signed request ─► gate: signature, age, digest, once ─► desk: the person at that machine ─► one act ─► small JSON
//!  enrol · offers ─► challenge ─► session (card) ─► request ─► fee ─► prepare ─► fetch once ─► printed
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`gate`] | HTTP Message Signatures: who asks, unaltered, just now, once |
//! | [`desk`] | challenges and people at the machines, in the memory of this process |
//! | [`entry`] | enrolling, what is offered, a card's challenge and answer |
//! | [`acts`], [`papers`] | the life of a request; its finished document |
//! | [`answers`] | one mapping from every no to a status, a word and a sentence |

mod acts;
mod answers;
mod call;
pub mod desk;
mod entry;
pub(crate) mod gate;
mod papers;

pub use desk::Desk;
use wire::kiosk_messages::MOST_BYTES;

use crate::routes::{Routes, Rule};

/// The protocol as an OpenAPI document; a test compares it with the routes.
pub const OPENAPI: &str = include_str!("../../../../docs/kiosk-api.openapi.json");

/// Its routes.
pub fn routes() -> Routes {
    let signed = Rule::SignedMachine;
    Routes::new()
        .get("/kiosk-api/v1/openapi.json", Rule::Public, entry::openapi)
        .post_up_to("/kiosk-api/v1/enrol", Rule::Public, MOST_BYTES, entry::enrol)
        .get("/kiosk-api/v1/offers", signed, entry::offers)
        .post_up_to("/kiosk-api/v1/challenges", signed, MOST_BYTES, entry::challenge)
        .post_up_to("/kiosk-api/v1/sessions", signed, MOST_BYTES, entry::present)
        .get("/kiosk-api/v1/session", signed, entry::session)
        .post_up_to("/kiosk-api/v1/session/family", signed, MOST_BYTES, entry::family)
        .post_up_to("/kiosk-api/v1/session/end", signed, MOST_BYTES, entry::end)
        .post_up_to("/kiosk-api/v1/requests", signed, MOST_BYTES, acts::begin)
        .get("/kiosk-api/v1/requests/{request}", signed, acts::state)
        .post_up_to("/kiosk-api/v1/requests/{request}/payment-started", signed, MOST_BYTES, acts::payment_started)
        .post_up_to("/kiosk-api/v1/requests/{request}/payment-settled", signed, MOST_BYTES, acts::payment_settled)
        .post_up_to("/kiosk-api/v1/requests/{request}/prepare", signed, MOST_BYTES, papers::prepare)
        .post_up_to("/kiosk-api/v1/requests/{request}/fetch", signed, MOST_BYTES, papers::fetch)
        .get("/kiosk-api/v1/requests/{request}/pages/{page}", signed, papers::page)
        .post_up_to("/kiosk-api/v1/requests/{request}/printed", signed, MOST_BYTES, acts::printed)
        .post_up_to("/kiosk-api/v1/requests/{request}/cancel", signed, MOST_BYTES, acts::cancel)
        .post_up_to("/kiosk-api/v1/requests/{request}/refund-started", signed, MOST_BYTES, acts::refund_started)
        .post_up_to("/kiosk-api/v1/requests/{request}/refund-failed", signed, MOST_BYTES, acts::refund_failed)
        .post_up_to("/kiosk-api/v1/requests/{request}/refunded", signed, MOST_BYTES, acts::refunded)
        .post_up_to("/kiosk-api/v1/incidents", signed, MOST_BYTES, acts::incident)
}
