//! Open pages: the first page, and checking a paper.
//!
//! For whoever holds a paper of the city: a bank clerk with a phone, a landlord, the resident. Nobody signs in, nothing
//! is kept, and what the code says stays in the reader's browser: it stands behind the `#` of the address.
//!
//! ```text
//!  GET  /                 where to go
//!  GET  /effect           time given back: counts of months that are over; /effect.csv the same
//!  GET  /verify           the page; its script checks the code behind the #
//!  GET  /verify/keys.json public keys of the codes (JWK set)
//!  GET  /verify/withdrawn.json the signed list of withdrawn papers, for checkers without a line
//!  POST /verify/status    hash of a request id ─► valid | withdrawn | unknown
//!  POST /verify/code      the same check here, for browsers without script: in the body, never in an address
//!  POST /verify/document  a PDF ─► its signature, its codes; not stored
//!  /twin/… /.well-known/… what wallets ask for (twin)
//!  /registration          applying from a PC for one's family register here: sealed to the inside and sent
//! ```

mod checked;
mod effect;
mod fronts;
mod looked_keys;
mod registration;
mod staff_id;
mod start;
mod twin;
mod verify;
mod view;

pub use registration::Applications;

use std::sync::Arc;

use crate::app::App;
use crate::error::Failure;
use crate::routes::{Routes, Rule};

/// What papers are checked with. Public values only: nothing here could make a paper.
pub struct Papers {
    /// The keys of the codes.
    pub code_keys: pki::token::PublicKeyRing,
    /// Whose document signatures are accepted.
    pub anchors: pki::TrustAnchors,
}

/// The longest PDF that is checked.
const DOCUMENT_BYTES: usize = 12 << 20;

/// Their routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/", Rule::Public, start::page)
        .get("/effect", Rule::Public, effect::page)
        .get("/effect.csv", Rule::Public, effect::csv)
        .get("/verify", Rule::Public, verify::page)
        .get("/verify/keys.json", Rule::Public, verify::keys)
        .get("/verify/withdrawn.json", Rule::Public, verify::withdrawn)
        .post("/verify/status", Rule::Public, verify::status)
        .post("/verify/code", Rule::Public, verify::code)
        .merge(looked_keys::routes())
        .merge(registration::routes())
        .post_up_to("/verify/document", Rule::Public, DOCUMENT_BYTES, verify::document)
        .merge(staff_id::routes())
        .merge(twin::routes())
}

/// What papers are checked with in this process.
fn papers(app: &App) -> Result<Arc<Papers>, Failure> {
    app.papers.as_ref().map(|papers| papers.get()).ok_or_else(|| Failure::of(base::Kind::Unavailable))
}
