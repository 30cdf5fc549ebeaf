//! 利用率: how many of all certificates came from machines, beside what the policy promised; and the counts of the other
//! routes, which staff bring in as a list: looked at first, taken in then.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use services::convenience_certificates::effect::{Goal, Target};
use services::convenience_certificates::usage::{self, Month};
use ui::form::{ButtonKind, button};
use wire::issue_counts::{self, Fault};

use super::{BACK, PATH, Shown, month_word};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

/// A list of ten thousand lines, escaped.
pub(super) const MOST_BYTES: usize = 2 << 20;

const HEADINGS: [&str; 8] = [
    "statistics-month-heading",
    "statistics-rate",
    "statistics-route-machine",
    "statistics-route-store",
    "statistics-route-counter",
    "statistics-route-branch",
    "statistics-route-mail",
    "statistics-all",
];

/// `21.0 %`, or a dash where it cannot be said.
fn percent(permille: Option<i64>) -> String {
    permille.map_or_else(|| "–".to_owned(), |rate| format!("{}.{} %", rate / 10, rate % 10))
}

fn cells(month: &Month) -> Vec<String> {
    let mut cells = vec![month_word(month.month), percent(month.rate_permille()), month.machine.to_string()];
    cells.extend(month.routes.iter().map(ToString::to_string));
    cells.push(month.all().to_string());
    cells
}

pub(super) fn section(visit: &Visit, shown: &Shown, may: bool) -> Markup {
    let title = visit.say("statistics-usage");
    let latest = shown.months.iter().rev().find_map(|month| Some((month.month, month.rate_permille()?)));
    let bars: Vec<(String, i64)> = shown
        .months
        .iter()
        .filter_map(|month| {
            Some((format!("{} {}", month_word(month.month), percent(month.rate_permille())), month.rate_permille()?))
        })
        .collect();
    let rows: Vec<Vec<Markup>> = shown
        .months
        .iter()
        .rev()
        .map(|month| cells(month).into_iter().map(|cell| html! { (cell) }).collect())
        .collect();
    html! {
        section class="card" {
            h2 { (title) }
            @match latest {
                Some((month, rate)) => {
                    p class="big" { (percent(Some(rate))) }
                    p { (visit.say_with("statistics-usage-of", &[("month", month_word(month).as_str().into())])) }
                    (ui::chart::shares(&bars, 1000))
                }
                None => p { (visit.say("statistics-usage-none")) },
            }
            (visit.table(&title, &HEADINGS, &rows))
            p { a href="/staff/statistics/usage.csv" { (visit.say("staff-csv")) } }
            (promises(visit, shown, latest.map(|(_, rate)| rate)))
            @if may { (form(visit, "", false)) }
        }
    }
}

fn promises(visit: &Visit, shown: &Shown, rate: Option<i64>) -> Markup {
    let amount = |target: &Target| match target.goal {
        Goal::Rate => percent(Some(target.amount)),
        Goal::Staff => visit.say_with("statistics-persons", &[("n", target.amount.into())]),
        Goal::Savings => base::Yen(target.amount).to_string(),
    };
    let staff: i64 = shown.given.iter().map(|given| given.staff).sum();
    let now = |target: &Target| match target.goal {
        Goal::Rate => percent(rate),
        Goal::Staff => visit.say_with("statistics-staff-hours", &[("hours", (staff / 60).into())]),
        // What a closed branch saves stands in the city's accounts, not here.
        Goal::Savings => visit.say("statistics-in-the-accounts"),
    };
    let rows: Vec<Vec<Markup>> = shown
        .targets
        .iter()
        .map(|target| {
            vec![
                html! { (visit.say(&format!("statistics-goal-{}", target.goal.word().replace('_', "-")))) },
                html! { (visit.say_with("statistics-fiscal-year", &[("year", target.fiscal_year.to_string().as_str().into())])) },
                html! { (amount(target)) },
                html! { (now(target)) },
                html! { (target.source) },
            ]
        })
        .collect();
    let title = visit.say("statistics-promises");
    let headings = ["statistics-goal", "statistics-year", "statistics-promised", "statistics-now", "statistics-source"];
    html! {
        @if !rows.is_empty() {
            h3 { (title) }
            (visit.table(&title, &headings, &rows))
        }
    }
}

/// The list as it was pasted, to look at or to take in.
fn form(visit: &Visit, list: &str, is_looked_at: bool) -> Markup {
    let action = "/staff/statistics/counts";
    html! {
        details open[!list.is_empty()] {
            summary { (visit.say("statistics-import")) }
            form method="post" action=(action) {
                (visit.csrf(action))
                div class="field" {
                    label for="list" { (visit.say("statistics-import-list")) }
                    p class="hint" id="list-hint" { (visit.say("statistics-import-how")) }
                    textarea id="list" name="list" rows="8" required aria-describedby="list-hint" spellcheck="false" {
                        (list)
                    }
                }
                (button(ButtonKind::Secondary, &visit.say("statistics-import-look")))
                @if is_looked_at {
                    button class="button" type="submit" name="take" value="yes" { (visit.say("statistics-import-take")) }
                }
            }
        }
    }
}

pub(super) async fn import(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["list", "take"])?;
    let list = fields.get("list").to_owned();
    let mut read = issue_counts::read(&list);
    let (good, refused) = usage::check(std::mem::take(&mut read.counts), app.seams.today());
    read.faults.extend(refused);
    read.faults.sort_by_key(|fault| fault.line);
    // Nothing is half taken in: a list with a line that is refused is corrected first.
    if fields.get("take") == "yes" && read.faults.is_empty() && !good.is_empty() {
        let (inside, by) = (app.inside()?.clone(), me.actor());
        blocking(move || {
            let seams = inside.seams.clone();
            Ok(inside.store.write(move |tx| usage::import(tx, &seams, &by, &good))?)
        })
        .await?;
        return Ok(shell::done(PATH, "staff-done-counts"));
    }
    let copies: i64 = good.iter().map(|(_, count)| count.copies).sum();
    let found = [("lines", good.len().into()), ("copies", copies.into())];
    let main = html! {
        p role="status" { (visit.say_with("statistics-import-found", &found)) }
        @if !read.faults.is_empty() { (faults(&visit, &read.faults)) }
        (form(&visit, &list, read.faults.is_empty() && !good.is_empty()))
        p { a href=(PATH) { (visit.say("statistics-title")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("statistics-import"), &main))
}

fn faults(visit: &Visit, faults: &[Fault]) -> Markup {
    let rows: Vec<Vec<Markup>> = faults
        .iter()
        .take(200)
        .map(|fault| {
            vec![
                html! { (fault.line) },
                html! { (visit.say(&format!("statistics-field-{}", fault.field.word()))) },
                html! { (visit.say(&format!("statistics-fault-{}", fault.reason.code()))) },
            ]
        })
        .collect();
    let title = visit.say_with("statistics-import-refused", &[("n", faults.len().into())]);
    visit.table(&title, &["statistics-line", "statistics-field", "statistics-reason"], &rows)
}

pub(super) async fn csv(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let months = blocking(move || {
        let today = inside.seams.today();
        Ok(inside.store.read(|tx| usage::months(tx, today, BACK))?)
    })
    .await?;
    let rows: Vec<Vec<String>> = months.iter().map(cells).collect();
    Ok(visit.csv("usage", &HEADINGS, &rows))
}

#[cfg(test)]
mod tests {
    use wire::issue_counts::Route;

    use super::*;

    #[test]
    fn every_route_has_its_column() {
        assert_eq!(HEADINGS.len(), 4 + Route::ALL.len());
        for route in Route::ALL {
            assert!(HEADINGS.contains(&format!("statistics-route-{}", route.word()).as_str()));
        }
        assert_eq!((percent(Some(210)), percent(None)), ("21.0 %".to_owned(), "–".to_owned()));
    }
}
