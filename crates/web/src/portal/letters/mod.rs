//! Letters (ポスト): the list, one letter, search, what a person keeps and lets go, receipts, electronic sending.
//!
//! ```text
//!  /portal/letters                 list · unread only · archive · search (by form: words never stand in an address)
//!  /portal/letters/{letter}        opens it: evidence the first time   …/receipt · …/calendar.ics · …/attachment/{n}
//!  /portal/letters/all.zip         everything                          /portal/settings/letters   consent by class
//! ```
//! A letter of one's own needs the level of one's own means; a public notice opens at any level.

mod consents;
mod download;
mod list;
mod one;
mod receipt;

pub use list::{due_block, new_block};
pub use one::{draw, file};

use tools::mailbox::{Importance, LetterId};
use tools::portal::Assurance;

use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let (any, own) = (Rule::Resident(Assurance::Public), Rule::Resident(Assurance::Substantial));
    Routes::new()
        .get("/portal/letters", any, list::page)
        .post("/portal/letters/search", own, list::search)
        .get("/portal/letters/all.zip", own, download::everything)
        .get("/portal/letters/{letter}", any, one::page)
        .post("/portal/letters/{letter}/put-away", own, one::put_away)
        .post("/portal/letters/{letter}/put-back", own, one::put_back)
        .post("/portal/letters/{letter}/done", own, one::done)
        .post("/portal/letters/{letter}/remove", own, one::remove)
        .get("/portal/letters/{letter}/calendar.ics", any, one::calendar)
        .get("/portal/letters/{letter}/attachment/{number}", any, one::attachment)
        .get("/portal/letters/{letter}/receipt", own, receipt::page)
        .get("/portal/letters/{letter}/receipt.json", own, receipt::json)
        .get("/portal/settings/letters", own, consents::page)
        .post("/portal/settings/letters", Rule::Resident(Assurance::Substantial), consents::decide)
}

/// Whether somebody known this far may read a letter: a public notice without a part of one's own, at any level.
fn may_read(me: &InPortal, importance: Importance, has_personal: bool) -> bool {
    me.level() >= Assurance::Substantial || (importance == Importance::News && !has_personal)
}

fn letter_id(text: &str) -> Result<LetterId, Failure> {
    LetterId::parse(text).ok_or_else(|| Failure::of(base::Kind::NotFound))
}

/// The words of an importance.
fn importance(visit: &Visit, importance: Importance) -> String {
    visit.say(match importance {
        Importance::Emergency => "portal-letter-emergency",
        Importance::Statutory => "portal-letter-statutory",
        Importance::Deadline => "portal-letter-deadline",
        Importance::News => "portal-letter-news",
    })
}

impl From<tools::relay::RelayError> for Failure {
    fn from(error: tools::relay::RelayError) -> Self {
        match error {
            tools::relay::RelayError::Store(error) => error.into(),
            other => Self::defect("relay", &other),
        }
    }
}
