//! Who looked at a resident, as an officer sees it: with the member of staff, and also what the resident is not shown.
//! Looking here is itself on record.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use store::StoreError;
use tools::access::{self, AccessError, Duty, Item, Purpose, ResidentId, Visibility};
use tools::disclosure::{self, OfficerLine};
use tools::staff::{self, Action};
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, alert, chip};
use ui::table::{count, empty_state};

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get("/staff/looked", Rule::Staff(Action::SeeWhoLooked), page).post(
        "/staff/looked",
        Rule::Staff(Action::SeeWhoLooked),
        list,
    )
}

/// Lines shown at once.
const LINES: u32 = 200;

async fn page(visit: Visit, me: SignedIn) -> Response {
    shell::page(&visit, &me, &visit.say("staff-looked-title"), &form(&visit))
}

fn form(visit: &Visit) -> Markup {
    let (label, hint) = (visit.say("staff-resident-number"), visit.say("staff-resident-number-hint"));
    html! {
        p { (visit.say_html("staff-looked-how")) }
        form method="post" action="/staff/looked" data-search="" {
            (visit.csrf("/staff/looked"))
            (field(visit.language, &Field { name: "resident", label: &label, hint: Some(&hint), required: true,
                autocomplete: Some("off"), max_length: Some(20), ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-looked-show"))) }
        }
    }
}

async fn list(State(app): State<Arc<App>>, visit: Visit, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let resident = ResidentId::parse(fields.get("resident")).map_err(|_| {
        Failure::saying(Kind::Invalid, "staff-resident-number-wrong").next("/staff/looked", "page-back")
    })?;
    let (inside, actor) = (app.inside()?.clone(), me.actor());
    let (lines, names) = blocking(move || {
        let seams = inside.seams.clone();
        // Reads nothing of the register itself; the entry says that the state of the record was looked at.
        let purpose = Purpose::new(Duty::Audit).reading(&[Item::State]);
        let lines = inside.store.write::<_, AccessError, _>(move |tx| {
            let access = access::person(tx, &seams, &actor, &purpose, &resident)?;
            Ok(disclosure::for_officer(tx, &access, LINES)?)
        })?;
        let staff = inside.store.read::<_, StoreError, _>(staff::accounts)?;
        let names: HashMap<String, String> = staff
            .into_iter()
            .flat_map(|one| {
                let name = format!("{} ({})", one.name, one.office);
                [(format!("staff:{}", one.id), name.clone()), (format!("counter:{}", one.id), name)]
            })
            .collect();
        Ok((lines, names))
    })
    .await?;
    let rows: Vec<Vec<Markup>> = lines.iter().map(|line| row(&visit, line, &names)).collect();
    let headings =
        ["staff-looked-when", "staff-looked-who", "staff-looked-duty", "staff-looked-items", "staff-looked-shown"];
    let title = visit.say("staff-looked-title");
    let main = html! {
        (alert(visit.language, AlertKind::Info, &html! { p { (visit.say("staff-looked-recorded")) } }))
        (count(visit.language, rows.len()))
        @if rows.is_empty() { (empty_state(&visit.say("staff-looked-none"), &visit.say("staff-looked-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
        div class="buttons" { a href="/staff/looked" { (visit.say("staff-looked-another")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn row(visit: &Visit, line: &OfficerLine, names: &HashMap<String, String>) -> Vec<Markup> {
    let who = names.get(&line.actor).cloned().unwrap_or_else(|| visit.say(&format!("staff-by-{}", line.class)));
    let shown = match line.visibility {
        Some(Visibility::Now) => (AlertKind::Success, visit.say("staff-looked-shown-now")),
        Some(Visibility::After(date)) => {
            let on = ui::dates::date(visit.language, date);
            (AlertKind::Warning, visit.say_with("staff-looked-shown-from", &[("on", on.into())]))
        }
        _ => (AlertKind::Warning, visit.say("staff-looked-shown-never")),
    };
    vec![
        html! { (ui::dates::instant(visit.language, line.at)) },
        html! { (who) @if let Some(terminal) = &line.terminal { br; small { (terminal) } } },
        html! { (line.duty.map_or("-", |duty| words::duty(visit, duty)))
        @if let Some(note) = &line.note { br; small { (note) } } },
        html! { (line.items.join("、")) },
        html! { (chip(shown.0, &shown.1)) },
    ]
}
