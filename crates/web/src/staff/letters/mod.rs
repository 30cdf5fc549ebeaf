//! Letters to many (文書の発送): written or brought as files, looked at, released by two, watched, stopped, taken back; who gets
//! them on paper.

mod attachments;
mod one;
mod paper;
mod printings;
mod receipt;
mod replies;
mod senders;
mod writing;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::html;
use store::StoreError;
use tools::dispatch::{self, DispatchError};
use tools::staff::Action;
use ui::form::{ButtonKind, link_button};
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/letters";

/// Its routes.
pub fn routes() -> Routes {
    let (see, send, manage) =
        (Rule::Staff(Action::SeeLetters), Rule::Staff(Action::SendLetters), Rule::Staff(Action::ManageSenders));
    Routes::new()
        .get(PATH, see, page)
        .get("/staff/letters/write", send, writing::page)
        .post_up_to("/staff/letters/write", send, 4 << 20, writing::write)
        .get("/staff/letters/senders", manage, senders::page)
        .post("/staff/letters/senders", manage, senders::approve)
        .post("/staff/letters/senders/stop", manage, senders::stop)
        .get("/staff/letters/{dispatch}", see, one::page)
        .post("/staff/letters/{dispatch}/ask", send, one::ask)
        .post("/staff/letters/{dispatch}/stop", send, one::stop)
        .post("/staff/letters/{dispatch}/go-on", send, one::go_on)
        .post("/staff/letters/{dispatch}/recall", send, one::recall)
        .post_up_to("/staff/letters/{dispatch}/attachments", send, 1 << 20, attachments::add)
        .post("/staff/letters/{dispatch}/attachments/remove", send, attachments::remove)
        .get("/staff/letters/{dispatch}/attachments/{number}", see, attachments::get)
        .get("/staff/letters/{dispatch}/replies", see, replies::list)
        .get("/staff/letters/{dispatch}/replies/{reply}", see, replies::one)
        .get("/staff/letters/{dispatch}/receipt.pdf", see, receipt::pdf)
        .post("/staff/letters/{dispatch}/printings", send, printings::make)
        .get("/staff/letters/{dispatch}/printings/{printing}/list.csv", send, printings::list)
        .get("/staff/letters/{dispatch}/printings/{printing}/by-hand", send, printings::by_hand)
        .get("/staff/letters/{dispatch}/printings/{printing}/{number}", send, printings::letters)
        .post("/staff/letters/{dispatch}/printings/{printing}/fill", send, printings::fill)
        .post("/staff/letters/{dispatch}/printings/{printing}/posted", send, printings::posted)
        .post("/staff/letters/senders/office", manage, senders::office)
        .get("/staff/letters/{dispatch}/paper", see, paper::page)
        .get("/staff/letters/{dispatch}/paper.csv", see, paper::csv)
        .post("/staff/letters/{dispatch}/paper/posted", send, paper::posted)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let all = blocking(move || Ok(inside.store.read::<_, StoreError, _>(dispatch::list)?)).await?;
    let rows: Vec<_> = all
        .iter()
        // Notices have pages of their own, where small numbers are not shown.
        .filter(|one| one.sender != dispatch::RECHECKED)
        .map(|one| {
            vec![
                html! { a href=(format!("{PATH}/{}", one.id)) { (one.draft.title) } },
                html! { (one.sender) },
                html! { (visit.say(&format!("letters-state-{}", one.state.word()))) },
                html! { (one.total) },
                html! { (one.placed) },
                html! { (one.on_paper) },
                html! { (ui::dates::instant(visit.language, one.made_at)) },
            ]
        })
        .collect();
    let headings = [
        "letters-title-of",
        "letters-sender",
        "letters-state",
        "letters-recipients",
        "letters-placed",
        "letters-on-paper",
        "letters-made-at",
    ];
    let title = visit.say("letters-title");
    let main = html! {
        (shell::said(&visit))
        div class="buttons" {
            @if me.may(Action::SendLetters) { (link_button(ButtonKind::Primary, "/staff/letters/write", &visit.say("letters-write"))) }
            @if me.may(Action::ManageSenders) { (link_button(ButtonKind::Secondary, "/staff/letters/senders", &visit.say("letters-senders"))) }
        }
        @if rows.is_empty() { (empty_state(&visit.say("letters-none"), &visit.say("letters-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

impl From<DispatchError> for Failure {
    fn from(error: DispatchError) -> Self {
        match error {
            DispatchError::Store(error) => error.into(),
            DispatchError::Vault(error) => error.into(),
            DispatchError::Relay(error) => error.into(),
            DispatchError::Post(error) => Self::defect("dispatch", &error),
            DispatchError::Letter(ref why) => {
                Self::saying(error.kind(), "letters-not-taken").with("reason", why.clone()).next(PATH, "letters-title")
            }
            _ => Self::saying(error.kind(), "letters-not-now").next(PATH, "letters-title"),
        }
    }
}
