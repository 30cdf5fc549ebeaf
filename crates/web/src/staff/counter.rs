//! A credential for the command line at the counter, shown once.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::Kind;
use maud::html;
use tools::staff::{Action, make_counter_credential};
use ui::notice::{AlertKind, alert};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/counter-credential";

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get(PATH, Rule::Staff(Action::IssueAtCounter), page).post(
        PATH,
        Rule::Staff(Action::IssueAtCounter),
        make,
    )
}

async fn page(visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let main = html! {
        p { (visit.say_html("staff-counter-how")) }
        p { code { "yakuba issue residence-certificate --resident ID --data D --out F.pdf --purpose … --staff-credential FILE" } }
        p { code { "yakuba issue seal|tax|koseki --resident ID --data D --out F.pdf --purpose … --staff-credential FILE" } }
        form method="post" action=(PATH) {
            (visit.csrf(PATH))
            (ui::form::button(ui::form::ButtonKind::Primary, &visit.say("staff-counter-make")))
        }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-counter-title"), &main))
}

async fn make(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let (inside, account) = (app.inside()?.clone(), me.account.clone());
    let secret = blocking(move || {
        let seams = inside.seams.clone();
        inside
            .store
            .write(move |tx| make_counter_credential(tx, &seams, &account))
            .map_err(|_| Failure::of(Kind::Forbidden))
    })
    .await?;
    let said = html! { p { (visit.say_html("staff-counter-made")) } p { code { (secret.reveal()) } } };
    let main = html! { (alert(visit.language, AlertKind::Success, &said)) };
    Ok(shell::page(&visit, &me, &visit.say("staff-counter-title"), &main))
}
