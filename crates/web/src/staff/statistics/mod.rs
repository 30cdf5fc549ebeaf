//! What the certificates are for the city (統計): which came out when and where, how much time that gave back, and how many
//! of all came from machines beside what the policy promised.
//!
//! | module | part |
//! |---|---|
//! | this one | by kind, hour and place of a month |
//! | [`effect`] | minutes given back, and the figures behind them |
//! | [`usage`] | 利用率, the promises, counts of other routes |

mod effect;
mod usage;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use base::Date;
use maud::{Markup, html};
use services::convenience_certificates::effect::{Given, Minutes, Target};
use services::convenience_certificates::statistics::{self, Cell};
use services::convenience_certificates::usage::{Month, month_from};
use services::convenience_certificates::{effect as figures, usage as rates};
use store::{StoreError, Tx};
use tools::staff::Action;
use tools::terminals;
use ui::table::empty_state;

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/statistics";
/// Months shown back.
const BACK: i32 = 12;

/// Its routes.
pub fn routes() -> Routes {
    let see = Rule::Staff(Action::SeeCounts);
    Routes::new()
        .get(PATH, see, page)
        .get("/staff/statistics.csv", see, csv)
        .get("/staff/statistics/usage.csv", see, usage::csv)
        .post("/staff/statistics/minutes", Rule::Staff(Action::SetHours), effect::set)
        .post_up_to("/staff/statistics/counts", Rule::Staff(Action::ImportCounts), usage::MOST_BYTES, usage::import)
}

/// Everything the page tells.
struct Shown {
    month: Date,
    today: Date,
    cells: Vec<Cell>,
    places: BTreeMap<String, String>,
    given: Vec<Given>,
    minutes: Vec<Minutes>,
    months: Vec<Month>,
    targets: Vec<Target>,
}

impl Shown {
    fn read(tx: &mut Tx<'_>, today: Date, month: Date) -> Result<Self, StoreError> {
        Ok(Self {
            month,
            today,
            cells: statistics::printed_in(tx, month)?,
            places: terminals::places(tx)?,
            given: figures::given_back(tx, month)?,
            minutes: figures::minutes(tx)?,
            months: rates::months(tx, today, BACK)?,
            targets: figures::targets(tx)?,
        })
    }
}

/// The month that was asked for as `month=2026-10`; this month else.
fn wanted(query: Option<&str>, today: Date) -> Date {
    let (year, month, _) = today.parts();
    let this = Date::new(year, month, 1).unwrap_or(today);
    let asked = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("month=")));
    let asked = asked.and_then(|month| Date::parse(&format!("{month}-01")).ok());
    asked.filter(|month| *month <= this).unwrap_or(this)
}

/// `2026-10`.
fn month_word(month: Date) -> String {
    let (year, number, _) = month.parts();
    format!("{year:04}-{number:02}")
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let shown = blocking(move || {
        let today = inside.seams.today();
        let month = wanted(query.as_deref(), today);
        Ok(inside.store.read(|tx| Shown::read(tx, today, month))?)
    })
    .await?;
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("statistics-how")) }
        (usage::section(&visit, &shown, me.may(Action::ImportCounts)))
        (effect::section(&visit, &shown, me.may(Action::SetHours)))
        (when_and_where(&visit, &shown))
    };
    Ok(shell::page(&visit, &me, &visit.say("statistics-title"), &main))
}

fn place(visit: &Visit, shown: &Shown, terminal: &str) -> String {
    if terminal == "counter" {
        return visit.say("statistics-route-counter");
    }
    shown.places.get(terminal).cloned().unwrap_or_default()
}

/// A chart with its table under it.
fn charted(visit: &Visit, title: &str, heading: &str, sums: &[(String, i64)]) -> Markup {
    let rows: Vec<Vec<Markup>> =
        sums.iter().map(|(label, copies)| vec![html! { (label) }, html! { (copies) }]).collect();
    let title = visit.say(title);
    html! {
        h3 { (title) }
        (ui::chart::bars(sums))
        (visit.table(&title, &[heading, "statistics-copies"], &rows))
    }
}

fn when_and_where(visit: &Visit, shown: &Shown) -> Markup {
    let cells = &shown.cells;
    let kinds: Vec<(String, i64)> = statistics::sums(cells, |cell| cell.kind.clone())
        .into_iter()
        .map(|(kind, copies)| (words::certificate(visit, &kind), copies))
        .collect();
    let hours: Vec<(String, i64)> = statistics::sums(cells, |cell| cell.hour)
        .into_iter()
        .map(|(hour, copies)| (visit.say_with("statistics-hour-of", &[("hour", hour.into())]), copies))
        .collect();
    let places: Vec<(String, i64)> =
        statistics::sums(cells, |cell| place(visit, shown, &cell.terminal)).into_iter().collect();
    let before = month_word(month_from(shown.month, -1));
    let after = month_from(shown.month, 1);
    html! {
        section class="card" id="month" {
            h2 { (visit.say_with("statistics-month", &[("month", month_word(shown.month).as_str().into())])) }
            p {
                a rel="prev" href=(format!("{PATH}?month={before}#month")) { (visit.say("statistics-before")) }
                @if after <= shown.today {
                    " " a rel="next" href=(format!("{PATH}?month={}#month", month_word(after))) { (visit.say("statistics-after")) }
                }
            }
            @if cells.is_empty() {
                (empty_state(&visit.say("statistics-none"), &visit.say("statistics-none-how")))
            } @else {
                (charted(visit, "statistics-by-kind", "staff-counts-kind", &kinds))
                (charted(visit, "statistics-by-hour", "statistics-hour", &hours))
                (charted(visit, "statistics-by-place", "staff-counts-place", &places))
                p { a href=(format!("/staff/statistics.csv?month={}", month_word(shown.month))) { (visit.say("staff-csv")) } }
            }
        }
    }
}

async fn csv(State(app): State<Arc<App>>, visit: Visit, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let shown = blocking(move || {
        let today = inside.seams.today();
        let month = wanted(query.as_deref(), today);
        Ok(inside.store.read(|tx| Shown::read(tx, today, month))?)
    })
    .await?;
    let rows: Vec<Vec<String>> = shown
        .cells
        .iter()
        .map(|cell| {
            let (kind, at) = (words::certificate(&visit, &cell.kind), place(&visit, &shown, &cell.terminal));
            vec![month_word(shown.month), kind, at, cell.hour.to_string(), cell.copies.to_string()]
        })
        .collect();
    let headings =
        ["statistics-month-heading", "staff-counts-kind", "staff-counts-place", "statistics-hour", "statistics-copies"];
    Ok(visit.csv("statistics", &headings, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_that_is_none_or_has_not_begun_is_this_month() {
        let today = Date::new(2026, 11, 26).unwrap();
        let month = |query: &str| month_word(wanted(Some(query), today));
        assert_eq!(month("month=2026-10"), "2026-10");
        for other in ["month=2026-12", "month=x", "", "month=2026-10-01", "page=2"] {
            assert_eq!(month(other), "2026-11", "{other}");
        }
    }
}
