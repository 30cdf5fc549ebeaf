//! Setting up a machine: its browser gives the one-time token from the staff console and becomes that terminal.
//!
//! ```text
//!  /kiosk/enrol#TOKEN (or typed) ─► token used up ─► the machine's secret, in a cookie that outlives the night ─► /kiosk
//! ```

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use tools::staff::OneTimeSecret;
use ui::form::{ButtonKind, Field, button, field};

use super::steps;
use crate::app::{App, blocking};
use crate::assets;
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::Visit;

/// Its address.
pub const PATH: &str = "/kiosk/enrol";

pub(super) async fn page(visit: Visit) -> Markup {
    let title = visit.say("kiosk-enrol-title");
    let (label, hint) = (visit.say("staff-join-token"), visit.say("staff-join-token-hint"));
    visit.page(&title).script(assets::path("enrol.js")).render(&html! {
        h1 { (title) }
        p { (visit.say_html("kiosk-enrol-how")) }
        form method="post" action=(PATH) data-enrol="" {
            (field(visit.language, &Field { name: "token", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(40), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("kiosk-enrol-button"))) }
        }
    })
}

pub(super) async fn enrol(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["token"])?;
    let (inside, token) = (app.inside()?.clone(), OneTimeSecret::typed(fields.get("token")));
    let found = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write(move |tx| tools::terminals::enrol(tx, &seams, &token))?)
    })
    .await?;
    let (terminal, secret) =
        found.ok_or_else(|| Failure::saying(Kind::Gone, "kiosk-enrol-wrong").next(PATH, "page-back"))?;
    Ok(steps::enrolled(&app, &secret, terminal.sort.path()))
}
