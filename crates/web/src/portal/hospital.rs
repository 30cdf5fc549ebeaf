//! 市立病院からの知らせ: a queue number that is called, a chart number that changed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind as Refusal, Timestamp};
use maud::{Markup, html};
use paper::reception::Reception;
use services::hospital_card::telling::{self, Kind};
use tools::portal::Assurance;
use ui::table::empty_state;

use super::shell::{self, BelowCards};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::taps::reception_sheet;
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Resident(Assurance::Substantial);
    Routes::new().get(telling::PATH, may, page).get("/portal/hospital/{telling}/receipt", may, receipt)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    // A person's own: nobody sees it for them.
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let told =
        blocking(move || telling::of_account(&outside, account).map_err(|error| Failure::of(error.kind()))).await?;
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
                        p { a href=(format!("{}/{}/receipt", telling::PATH, one.id)) { (visit.say("hospital-receipt-paper")) } }
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
    let head = BelowCards { title: "hospital-portal-title", lead: &["hospital-portal-lead"], says_done: false };
    Ok(shell::below_cards(&visit, &me, &head, &main))
}

/// The home page's first block: what the hospital's reception last said today, which may be the call somebody waits for.
///
/// # Errors
/// The database or the key store.
pub fn block(app: &App, visit: &Visit, me: &InPortal) -> Result<Option<Markup>, Failure> {
    // A person's own: nobody sees it for them.
    // At a terminal of the city its page is closed, and others see the screen.
    if me.level() < Assurance::Substantial || me.0.acting_for.is_some() || super::terminal::is_at(me) {
        return Ok(None);
    }
    let (outside, account) = (app.outside()?, me.0.person.id);
    let today = outside.seams.today();
    let told = telling::of_account(outside, account).map_err(|error| Failure::of(error.kind()))?;
    let newest = told
        .iter()
        .filter(|one| one.kind != Kind::Merged && Timestamp::from_micros(one.at).date_in_japan() == today)
        .max_by_key(|one| (one.at, one.kind == Kind::Called));
    let Some(one) = newest else { return Ok(None) };
    let key = if one.kind == Kind::Called { "hospital-home-called" } else { "hospital-receipt-number" };
    Ok(Some(html! {
        section class="card" aria-labelledby="home-hospital" {
            h2 id="home-hospital" { (visit.say_html(key)) }
            p class="secret" { (one.number) }
            p { (visit.say_html("hospital-receipt-place")) " " strong { (one.place) } }
            p { (ui::dates::instant(visit.language, Timestamp::from_micros(one.at))) }
            a href=(telling::PATH) { (visit.say_html("hospital-home-more")) }
        }
    }))
}

/// The receipt as a sheet, as long as the telling is kept.
async fn receipt(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let none = || Failure::of(Refusal::NotFound);
    let id = Id::parse(&id).map_err(|_| none())?;
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let told =
        blocking(move || telling::of_account(&outside, account).map_err(|error| Failure::of(error.kind()))).await?;
    let told = told.into_iter().find(|one| one.id == id && one.kind == Kind::Received).ok_or_else(none)?;
    let at = Timestamp::from_micros(told.at);
    let municipality = app.profile.name.clone();
    let slip = Reception { municipality, number: told.number, place: told.place, at, is_sample: visit.is_demo };
    reception_sheet(&app, slip).await
}
