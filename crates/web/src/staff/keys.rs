//! Which seal, document certificate and code key this process signs with, since when, and what comes next (公印と鍵). Seen
//! here; changed where the files are, by `yakuba keys rotate`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::{Date, Timestamp};
use maud::{Markup, html};
use tools::staff::Action;

use super::shell;
use crate::app::App;
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// What is rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key of the codes on papers.
    Code,
    /// The document certificate (職責証明書) and its key.
    Document,
    /// The picture of the mayor's seal (電子公印).
    Seal,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Code, Self::Document, Self::Seal];

    /// The word in commands and keys of sentences.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Document => "document",
            Self::Seal => "seal",
        }
    }
}

/// A part as it is in use. Public names only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// Which.
    pub part: Part,
    /// Its short name; `None` for the demo's drawn seal.
    pub id: Option<String>,
    /// Since when; `None`: since the city began.
    pub since: Option<Timestamp>,
    /// The last instant of its certificate.
    pub expires: Option<Timestamp>,
    /// What comes next, and from which day.
    pub next: Option<(String, Date)>,
    /// What was in use before, and until when. Papers of then go on verifying.
    pub earlier: Vec<(String, Timestamp)>,
}

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get("/staff/keys", Rule::Staff(Action::SeeKeys), page)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let lines = app.keys_in_use.iter().map(|one| line(&visit, one)).collect::<Vec<_>>();
    let title = visit.say("keys-title");
    let headings = ["keys-part", "keys-id", "keys-since", "keys-expires", "keys-next", "keys-earlier"];
    let main = html! {
        p { (visit.say("keys-how")) }
        (visit.table(&title, &headings, &lines))
        p { (visit.say("keys-rotate")) " " code { "yakuba keys rotate code --from 2027-04-01 --data D" } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn line(visit: &Visit, one: &InUse) -> Vec<Markup> {
    let day = |at: Timestamp| ui::dates::date(visit.language, at.date_in_japan());
    let none = || html! { "–" };
    vec![
        html! { (visit.say(&format!("keys-part-{}", one.part.word()))) },
        html! { @match &one.id { Some(id) => code { (id) }, None => (visit.say("keys-drawn")) } },
        html! { @match one.since { Some(at) => (day(at)), None => (visit.say("keys-from-the-start")) } },
        one.expires.map_or_else(none, |at| html! { (day(at)) }),
        match &one.next {
            Some((id, from)) => {
                html! { code { (id) } " " (visit.say_with("keys-next-from", &[("day", ui::dates::date(visit.language, *from).as_str().into())])) }
            }
            None => none(),
        },
        if one.earlier.is_empty() {
            none()
        } else {
            html! { ul { @for (id, until) in &one.earlier {
                li { code { (id) } " " (visit.say_with("keys-until", &[("day", day(*until).as_str().into())])) }
            } } }
        },
    ]
}
