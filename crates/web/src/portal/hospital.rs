//! 市立病院からの知らせ: a queue number that is called, a chart number that changed.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::Timestamp;
use maud::html;
use services::hospital_card::telling::{self, Kind};
use tools::portal::Assurance;
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get(telling::PATH, Rule::Resident(Assurance::Substantial), page)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    // A person's own: nobody sees it for them.
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let told =
        blocking(move || telling::of_account(&outside, account).map_err(|error| Failure::of(error.kind()))).await?;
    let title = visit.say("hospital-portal-title");
    let main = html! {
        @if told.is_empty() {
            (empty_state(&visit.say("hospital-portal-none"), &visit.say("hospital-portal-none-how")))
        }
        @for one in &told {
            section class="card" {
                @match one.kind {
                    Kind::Received => {
                        h2 { (visit.say("hospital-receipt-number")) }
                        p class="secret" { (one.number) }
                        p { (visit.say("hospital-receipt-place")) " " (one.place) }
                    }
                    Kind::Called => {
                        h2 { (visit.say("hospital-portal-called")) }
                        p class="secret" { (one.number) }
                        p { (visit.say("hospital-receipt-place")) " " (one.place) }
                    }
                    Kind::Merged => {
                        h2 { (visit.say("hospital-portal-merged")) }
                        p { (visit.say("hospital-portal-merged-how")) }
                    }
                }
                p { (ui::dates::instant(visit.language, Timestamp::from_micros(one.at))) }
            }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}
