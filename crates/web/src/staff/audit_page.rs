//! Heads of the audit chain: what an auditor writes down elsewhere, so that nobody can rewrite the past unseen.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use store::StoreError;
use tools::audit::{self, Head, Zone};
use tools::staff::Action;
use ui::notice::facts;
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/staff/audit", Rule::Staff(Action::SeeAudit), page)
        .get("/staff/audit/heads.txt", Rule::Staff(Action::SeeAudit), heads_file)
        .get("/staff/audit/heads.csv", Rule::Staff(Action::SeeAudit), csv)
}

/// Heads shown on the page; the files hold all of them.
const SHOWN: usize = 48;

async fn heads(app: &Arc<App>) -> Result<Vec<Head>, Failure> {
    let inside = app.inside()?.clone();
    blocking(move || Ok(inside.store.read::<_, StoreError, _>(|tx| audit::heads_after(tx, Zone::Inside, 0))?)).await
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let all = heads(&app).await?;
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .rev()
        .take(SHOWN)
        .map(|head| {
            vec![
                html! { (head.number) },
                html! { (ui::dates::instant(visit.language, head.at)) },
                html! { span class="number" { (head.entries) } },
                html! { code { (head.mark()) } },
            ]
        })
        .collect();
    let headings = ["staff-audit-number", "staff-audit-at", "staff-audit-entries", "staff-audit-mark"];
    let main = html! {
        p { (visit.say_html("staff-audit-how")) }
        @if let Some(last) = all.last() {
            (facts(&[
                (visit.say("staff-audit-newest"), html! { code { (last.mark()) } }),
                (visit.say("staff-audit-entries"), html! { (last.entries) }),
                (visit.say("staff-audit-check"), html! { code { "yakuba verify audit --against HEADS" } }),
            ]))
        }
        (count(visit.language, all.len()))
        @if rows.is_empty() { (empty_state(&visit.say("staff-audit-none"), &visit.say("staff-audit-none-how"))) }
        @else {
            (visit.table(&visit.say("staff-audit-title"), &headings, &rows))
            div class="buttons" {
                a class="button button-secondary" href="/staff/audit/heads.txt" { (visit.say("staff-audit-file")) }
                a href="/staff/audit/heads.csv" { (visit.say("staff-csv")) }
            }
        }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-audit-title"), &main))
}

async fn heads_file(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let text: String = heads(&app).await?.iter().map(|head| head.line() + "\n").collect();
    let mut response = text.into_response();
    let name = HeaderValue::from_static("attachment; filename=\"audit-heads.txt\"");
    response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

async fn csv(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let rows: Vec<Vec<String>> = heads(&app)
        .await?
        .iter()
        .map(|head| vec![head.number.to_string(), head.at.to_string(), head.entries.to_string(), head.mark()])
        .collect();
    let headings = ["staff-audit-number", "staff-audit-at", "staff-audit-entries", "staff-audit-mark"];
    Ok(visit.csv("audit-heads", &headings, &rows))
}
