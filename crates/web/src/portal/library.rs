//! 図書館の利用状況: what one has borrowed and reserved, renewed and given up from here. The library is asked when somebody looks;
//! what it says is here for minutes.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use services::library_card::own::{self, Standing, Told, Wish};
use services::library_card::system::{Hold, Loan, Patron};
use tools::portal::Assurance;
use ui::form::{ButtonKind, one_button};
use ui::notice::{AlertKind, alert, chip};
use ui::table::empty_state;

use super::shell::{self, BelowCards};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/library";
/// Seconds after which a page that waits for the library looks again.
const AGAIN_SECONDS: u32 = 2;

/// Its routes.
pub fn routes() -> Routes {
    let daily = Rule::Resident(Assurance::Substantial);
    Routes::new()
        .get(PATH, daily, page)
        .post("/portal/library/look", daily, look)
        .post("/portal/library/renew", daily, renew)
        .post("/portal/library/renew-all", daily, renew_all)
        .post("/portal/library/cancel", daily, cancel)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, ways, person) = (app.outside()?.clone(), app.ways()?.clone(), me.0.person.clone());
    let is_known = person.state.reads();
    let standing = blocking(move || {
        let standing = own::standing(&outside, person.id)?;
        if standing == Standing::Nothing && is_known {
            own::ask(&outside, &ways.post, person.id, None)?;
            return Ok(Standing::Asked);
        }
        if let Standing::Told(Told::Known { patron, outcome: Some(_) }, _) = &standing {
            own::outcome_was_seen(&outside, person.id, patron.clone())?;
        }
        Ok(standing)
    })
    .await?;
    let main = html! {
        @match &standing {
            Standing::Nothing => (not_registered(&visit)),
            Standing::Asked => (alert(visit.language, AlertKind::Info, &html! {
                p data-again=(AGAIN_SECONDS) { (visit.say_html("library-asking")) }
                p { a href=(PATH) { (visit.say_html("library-again")) } }
            })),
            Standing::Told(told, at) => {
                p class="hint" { (visit.say_html("library-as-of")) " " (ui::dates::instant(visit.language, *at)) }
                (shown(&visit, told))
                div class="buttons no-print" { (send(&visit, "/portal/library/look", "library-look", ButtonKind::Secondary)) }
            }
        }
    };
    // Once the answer is there, it says more than that it was asked for.
    let says_done = !matches!(standing, Standing::Told(..));
    let head = BelowCards { title: "library-title", lead: &["library-lead", "library-privacy"], says_done };
    Ok(shell::below_cards(&visit, &me, &head, &main))
}

/// The home page's block about reservations that may be collected. The library is not asked for it: it says what the last look
/// told, as long as that is kept.
///
/// # Errors
/// The database or the key store.
pub fn block(app: &App, visit: &Visit, me: &InPortal) -> Result<Option<Markup>, Failure> {
    // At a terminal of the city its page is closed, and others see the screen.
    if me.level() < Assurance::Substantial || me.0.acting_for.is_some() || super::terminal::is_at(me) {
        return Ok(None);
    }
    let Standing::Told(Told::Known { patron, .. }, at) = own::standing(app.outside()?, me.0.person.id)? else {
        return Ok(None);
    };
    if !patron.holds.iter().any(|hold| hold.is_ready) {
        return Ok(None);
    }
    Ok(Some(html! {
        section class="card" aria-labelledby="home-library" {
            h2 id="home-library" { (visit.say_html("library-home-ready")) }
            // Which, stands on the library's page alone.
            p class="hint" { (visit.say_html("library-as-of")) " " (ui::dates::instant(visit.language, at)) }
            a href=(PATH) { (visit.say_html("library-home-more")) }
        }
    }))
}

fn send(visit: &Visit, action: &str, key: &str, kind: ButtonKind) -> Markup {
    one_button(action, &visit.csrf(action), kind, &visit.say(key), None)
}

fn not_registered(visit: &Visit) -> Markup {
    empty_state(&visit.say("library-none"), &visit.say("library-none-how"))
}

/// A sentence that the inside named; only those of this page's own.
fn sentence(visit: &Visit, key: &str) -> Markup {
    let is_ours = ["library-", "taps-status-"].iter().any(|start| key.starts_with(start));
    visit.say_html(if is_ours && ui::words().has(visit.language, key) { key } else { "library-no-other" })
}

fn shown(visit: &Visit, told: &Told) -> Markup {
    match told {
        Told::NotRegistered => not_registered(visit),
        Told::Stopped(state) => alert(
            visit.language,
            AlertKind::Warning,
            &html! {
                p { (visit.say_html("library-stopped")) " (" (sentence(visit, state)) ")" }
                p { (visit.say_html("library-stopped-how")) }
            },
        ),
        Told::Trouble(key) => alert(visit.language, AlertKind::Warning, &html! { p { (sentence(visit, key)) } }),
        Told::Known { patron, outcome } => html! {
            @if let Some((key, said)) = outcome {
                @let kind = if key.starts_with("library-done-") { AlertKind::Success } else { AlertKind::Warning };
                (alert(visit.language, kind, &html! {
                    p { (sentence(visit, key)) }
                    @for words in said { p lang="ja" { (words) } }
                }))
            }
            (loans(visit, patron))
            (holds(visit, patron))
            section {
                h2 { (visit.say_html("library-owed")) }
                @if patron.owed > 0 {
                    p { strong { (patron.owed) "円" } }
                    p { (visit.say_html("library-owed-how")) }
                } @else { p { (visit.say_html("library-owed-none")) } }
            }
        },
    }
}

fn loans(visit: &Visit, patron: &Patron) -> Markup {
    html! {
        section {
            h2 { (visit.say_html("library-loans")) }
            @if patron.loans.is_empty() {
                (empty_state(&visit.say("library-loans-none"), &visit.say("library-loans-none-how")))
            }
            @for loan in &patron.loans { (one_loan(visit, loan)) }
            @if patron.loans.len() > 1 && !patron.standing.no_renewals {
                div class="buttons no-print" {
                    (send(visit, "/portal/library/renew-all", "library-renew-all", ButtonKind::Primary))
                }
            }
        }
    }
}

fn one_loan(visit: &Visit, loan: &Loan) -> Markup {
    html! {
        div class="card" {
            h3 lang="ja" { (loan.title) }
            p { (visit.say_html("library-due")) " "
                @if let Some(due) = loan.due { strong { (ui::dates::date(visit.language, due)) } } @else { "–" }
                @if loan.is_overdue { " " (chip(AlertKind::Error, &visit.say("library-overdue"))) } }
            @if !loan.is_overdue {
                (of_item(visit, "/portal/library/renew", &loan.item, "library-renew", ButtonKind::Secondary, &loan.title))
            }
        }
    }
}

fn holds(visit: &Visit, patron: &Patron) -> Markup {
    html! {
        section {
            h2 { (visit.say_html("library-holds")) }
            @if patron.holds.is_empty() {
                (empty_state(&visit.say("library-holds-none"), &visit.say("library-holds-none-how")))
            }
            @for hold in &patron.holds { (one_hold(visit, hold)) }
        }
    }
}

fn one_hold(visit: &Visit, hold: &Hold) -> Markup {
    let (kind, key) =
        if hold.is_ready { (AlertKind::Success, "library-ready") } else { (AlertKind::Info, "library-waiting") };
    html! {
        div class="card" {
            h3 lang="ja" { (hold.title) }
            p { (chip(kind, &visit.say(key))) }
            (of_item(visit, "/portal/library/cancel", &hold.item, "library-cancel", ButtonKind::Danger, &hold.title))
        }
    }
}

/// A button about one item. Which, stands in the form and in no address.
fn of_item(visit: &Visit, action: &str, item: &str, key: &str, kind: ButtonKind, title: &str) -> Markup {
    let hidden = html! { (visit.csrf(action)) input type="hidden" name="item" value=(item); };
    html! { div class="no-print" { (one_button(action, &hidden, kind, &visit.say(key), Some(title))) } }
}

async fn wish(app: &App, me: &InPortal, wish: Option<Wish>) -> Result<Response, Failure> {
    let (outside, ways, account) = (app.outside()?.clone(), app.ways()?.clone(), me.0.person.id);
    blocking(move || {
        // Only about what this person was shown; another's number is not even asked for.
        let told = match own::standing(&outside, account)? {
            Standing::Told(Told::Known { patron, .. }, _) => Some(patron),
            _ => None,
        };
        let is_theirs = match &wish {
            None => true,
            Some(Wish::RenewAll) => told.is_some(),
            Some(Wish::Renew(item)) => told.is_some_and(|known| known.loans.iter().any(|loan| loan.item == *item)),
            Some(Wish::CancelHold(item)) => told.is_some_and(|known| known.holds.iter().any(|hold| hold.item == *item)),
        };
        if !is_theirs {
            return Err(Failure::of(Kind::NotFound).next(PATH, "library-title"));
        }
        Ok(own::ask(&outside, &ways.post, account, wish)?)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-library-asked"))
}

async fn look(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    wish(&app, &me, None).await
}

async fn renew(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    wish(&app, &me, Some(Wish::Renew(fields.get("item").to_owned()))).await
}

async fn renew_all(State(app): State<Arc<App>>, me: InPortal) -> Result<Response, Failure> {
    wish(&app, &me, Some(Wish::RenewAll)).await
}

async fn cancel(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    wish(&app, &me, Some(Wish::CancelHold(fields.get("item").to_owned()))).await
}
