//! The citizen portal (市民ポータル): for a phone in one hand. Outside zone; nothing here opens the register.
//!
//! ```text
//!  /portal            home: what is due, what is new, what I may use, who looked (home)
//!  /portal/sign-in    coming in: app and passkeys (sign_in), card (card), address and password (password)
//!  /portal/welcome    after the first time (welcome)          /portal/stop   a lost phone (stop)
//!  /portal/step-up    the card again (step_up)                /portal/settings, /portal/cards (settings)
//!  /portal/settings/channels   how one is told, /stop/{token}: mail stops (channels)
//!  /portal/terminal   by the card alone (terminal)
//!  /portal/events, /events   what goes on in the city (events)
//!  /portal/letters    the mailbox (letters), why a notice came (why)
//!  /portal/schemes    what I may use (schemes); /portal/interests   registered beforehand (interests, questions)
//! ```
//! Every page behind [`Rule::Resident`] names the level it needs; below it the answer is the step-up page's address. A page
//! is drawn by [`shell::page`]; a block of the home page is one function in [`home::BLOCKS`].

pub mod apps;
pub mod calendar;
mod card;
mod cards;
pub mod channels;
pub mod consents;
mod emergency;
pub mod events;
pub mod find_usage;
pub mod home;
mod hospital;
mod interests;
pub mod letters;
mod library;
pub mod looked;
pub mod me;
mod password;
mod phone;
mod questions;
pub mod representatives;
mod schemes;
mod service_cards;
pub mod settings;
pub mod shell;
mod sign_in;
mod step_up;
mod stop;
pub mod terminal;
mod ways;
mod welcome;
mod why;

pub use ways::{Cards, National, Ways};

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use tools::portal::{Assurance, session as sessions};

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::session;
use crate::visit::InPortal;

/// Its routes.
pub fn routes() -> Routes {
    let here = Rule::Resident(Assurance::Public);
    Routes::new()
        .get("/portal", here, home::page)
        .post("/portal/sign-out", here, sign_out)
        .merge(sign_in::routes())
        .merge(card::routes())
        .merge(password::routes())
        .merge(phone::routes())
        .merge(cards::routes())
        .merge(service_cards::routes())
        .merge(welcome::routes())
        .merge(step_up::routes())
        .merge(settings::routes())
        .merge(stop::routes())
        .merge(apps::routes())
        .merge(channels::routes())
        .merge(looked::routes())
        .merge(find_usage::routes())
        .merge(me::routes())
        .merge(consents::routes())
        .merge(representatives::routes())
        .merge(letters::routes())
        .merge(library::routes())
        .merge(terminal::routes())
        .merge(events::routes())
        .merge(why::routes())
        .merge(schemes::routes())
        .merge(interests::routes())
        .merge(questions::routes())
        .merge(hospital::routes())
        .merge(emergency::routes())
}

async fn sign_out(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || {
        let now = outside.seams.now();
        Ok(outside.store.write::<_, store::StoreError, _>(move |tx| {
            tools::self_information::forget(tx, me.0.person.id)?;
            sessions::end(tx, now, &me.0.key)
        })?)
    })
    .await?;
    let is_https = app.settings.is_https;
    let mut response = Redirect::to("/portal/sign-in").into_response();
    session::give(&mut response, &session::clear_cookie(session::portal_cookie(is_https), is_https));
    Ok(response)
}
