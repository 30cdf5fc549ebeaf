//! The citizen portal (市民ポータル): for a phone in one hand. Outside zone; nothing here opens the register.
//!
//! ```text
//!  /portal            home: what is due, what is new, what I may use, who looked (home)
//!  /portal/letters    the mailbox (letters)
//!  /portal/sign-in    coming in (sign_in)          /portal/sign-out
//! ```
//! Every page behind [`Rule::Resident`] names the level it needs; below it the answer is the step-up page's address. A page
//! is drawn by [`shell::page`]; a block of the home page is one function in [`home::BLOCKS`].

pub mod home;
pub mod letters;
pub mod shell;

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
    Routes::new()
        .get("/portal", Rule::Resident(Assurance::Public), home::page)
        .post("/portal/sign-out", Rule::Resident(Assurance::Public), sign_out)
        .merge(letters::routes())
}

async fn sign_out(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    let outside = app.outside()?.clone();
    blocking(move || {
        let now = outside.seams.now();
        Ok(outside.store.write::<_, store::StoreError, _>(move |tx| sessions::end(tx, now, &me.0.key))?)
    })
    .await?;
    let is_https = app.settings.is_https;
    let mut response = Redirect::to("/portal/sign-in").into_response();
    session::give(&mut response, &session::clear_cookie(session::portal_cookie(is_https), is_https));
    Ok(response)
}
