//! The portal's first page: four questions answered. Each block is one function; a new one is one line in [`BLOCKS`].

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use tools::portal::AccountState;
use ui::notice::{AlertKind, alert};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::{InPortal, Visit};

/// Draws one block from what the outside zone holds. Blocking; [`None`] where it has nothing to say at this level.
pub type Block = fn(&App, &Visit, &InPortal) -> Result<Option<Markup>, Failure>;

/// The blocks, in the order of the page: the hospital's call of today, due, new letters, what waits at the library, schemes, who
/// looked, events.
pub const BLOCKS: &[Block] = &[
    super::hospital::block,
    super::letters::due_block,
    super::letters::new_block,
    super::library::block,
    super::schemes::block,
    super::looked::block,
    super::events::block,
];

/// `GET /portal`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let me_is_reduced = me.0.person.reduced_at.is_some() && me.level() == tools::portal::Assurance::Public;
    let (state, drawn_for) = (me.0.person.state, (visit.clone(), me.clone()));
    let blocks = blocking(move || {
        let (visit, me) = drawn_for;
        let mut blocks = Vec::new();
        for block in BLOCKS {
            match block(&app, &visit, &me) {
                Ok(drawn) => blocks.extend(drawn),
                // One answer that is missing leaves the others; its own page says what is wrong.
                Err(failure) => tracing::error!(?failure, "a block of the portal's first page was not drawn"),
            }
        }
        let name = app.outside()?;
        let name = me.0.person.profile(&name.vault)?.map(|profile| profile.name);
        Ok((name, blocks))
    })
    .await?;
    let (name, blocks) = blocks;
    let title = visit.say("portal-home-title");
    let notice = match state {
        AccountState::Joining | AccountState::Stopped => Some((AlertKind::Info, "portal-state-joining")),
        AccountState::Unknown => Some((AlertKind::Warning, "portal-state-unknown")),
        AccountState::MovedOut => Some((AlertKind::Info, "portal-state-moved-out")),
        _ => None,
    };
    let main = html! {
        h1 { (title) }
        (shell::said(&visit))
        @if let Some(name) = name { p class="greeting" { (visit.say_with("portal-greeting", &[("name", name.as_str().into())])) } }
        @if let Some((kind, key)) = notice { (alert(visit.language, kind, &html! { p { (visit.say_html(key)) } })) }
        @if me_is_reduced {
            (alert(visit.language, AlertKind::Warning, &html! {
                p { (visit.say_html("portal-reduced")) }
                p { a href="/portal/step-up" { (visit.say("portal-step-up")) } }
            }))
        }
        @for block in &blocks { (block) }
    };
    Ok(shell::bare(&visit, &me, &title, &main))
}
