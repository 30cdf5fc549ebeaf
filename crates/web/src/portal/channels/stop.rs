//! The link in a mail that stops mail (RFC 8058): known by its signed token alone.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use base::Kind;
use maud::{Markup, html};
use messaging::email::UnsubscribeToken;
use tools::channels;

use super::teller;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::Visit;

/// `GET /stop/{token}`: a page with a button. Looking changes nothing: mail scanners follow links.
pub async fn page(State(app): State<Arc<App>>, visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    UnsubscribeToken::read(teller(&app)?.token_key(), &token).ok_or_else(unknown)?;
    Ok(drawn(
        &visit,
        &html! {
            p { (visit.say_html("channels-stop-lead")) }
            form method="post" {
                (ui::form::button(ui::form::ButtonKind::Primary, &visit.say("channels-stop-button")))
            }
        },
    ))
}

/// `POST /stop/{token}`: stops, for a person's button and for a mail provider's one click alike. The body is not read, there is
/// no cookie and no redirect, and doing it twice is doing it once.
pub async fn stop(State(app): State<Arc<App>>, visit: Visit, Path(token): Path<String>) -> Result<Response, Failure> {
    let (teller, outside) = (teller(&app)?, app.outside()?.clone());
    let known = blocking(move || {
        Ok(outside
            .store
            .write::<_, store::StoreError, _>(move |tx| channels::stop_by_token(tx, teller.token_key(), &token))?)
    })
    .await?;
    known.ok_or_else(unknown)?;
    Ok(drawn(
        &visit,
        &html! {
            p role="status" { (visit.say_html("channels-stop-done")) }
            p { (visit.say_html("channels-stop-again")) }
        },
    ))
}

fn unknown() -> Failure {
    Failure::saying(Kind::NotFound, "channels-stop-unknown")
}

fn drawn(visit: &Visit, main: &Markup) -> Response {
    let title = visit.say("channels-stop-title");
    visit.page(&title).render(&html! { h1 { (title) } (main) }).into_response()
}
