//! How many certificates today, by kind and place, without anybody's content.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use services::convenience_certificates::State as RequestState;
use services::convenience_certificates::requests::{self, DayCount};
use store::{StoreError, Tx};
use tools::staff::Action;
use tools::terminals;
use ui::table::empty_state;

use super::words;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::Visit;

/// Its routes.
pub fn routes() -> Routes {
    Routes::new().get("/staff/counts.csv", Rule::Staff(Action::SeeCounts), csv)
}

/// One line: a kind at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    kind: String,
    place: String,
    issued: i64,
    open: i64,
    ended: i64,
}

/// Today's lines, by kind and place.
///
/// # Errors
/// [`StoreError`].
pub fn today(tx: &mut Tx<'_>, day: base::Date) -> Result<Vec<Line>, StoreError> {
    Ok(lines(&requests::counts_of_day(tx, day)?, &terminals::places(tx)?))
}

fn lines(counts: &[DayCount], places: &BTreeMap<String, String>) -> Vec<Line> {
    let mut lines: BTreeMap<(String, String), Line> = BTreeMap::new();
    for count in counts {
        let place = places.get(&count.terminal).cloned().unwrap_or_default();
        let line = lines.entry((count.kind.clone(), place.clone())).or_default();
        (line.kind, line.place) = (count.kind.clone(), place);
        match count.state {
            RequestState::Ready | RequestState::Printing | RequestState::Printed => line.issued += count.count,
            RequestState::AwaitingPayment | RequestState::TakingPayment | RequestState::Paid => {
                line.open += count.count
            }
            RequestState::Cancelled
            | RequestState::RefundDue
            | RequestState::Refunding
            | RequestState::Refunded
            | RequestState::PaymentUnclear
            | RequestState::RefundUnclear => line.ended += count.count,
        }
    }
    lines.into_values().collect()
}

fn place<'a>(visit: &Visit, line: &'a Line) -> std::borrow::Cow<'a, str> {
    // What no machine asked for was issued at the counter.
    if line.place.is_empty() { visit.say("staff-by-counter").into() } else { line.place.as_str().into() }
}

const HEADINGS: [&str; 5] =
    ["staff-counts-place", "staff-counts-kind", "staff-counts-issued", "staff-counts-open", "staff-counts-refused"];

/// The part of the first page.
pub fn section(visit: &Visit, lines: &[Line]) -> Markup {
    let title = visit.say("staff-counts");
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|line| {
            vec![
                html! { (place(visit, line)) },
                html! { (words::certificate(visit, &line.kind)) },
                html! { (line.issued) },
                html! { (line.open) },
                html! { (line.ended) },
            ]
        })
        .collect();
    // A bar a place: which kinds stands in the table.
    let mut places = BTreeMap::new();
    for line in lines {
        *places.entry(place(visit, line).into_owned()).or_insert(0) += line.issued;
    }
    let bars: Vec<(String, i64)> = places.into_iter().collect();
    let total: i64 = lines.iter().map(|line| line.issued).sum();
    html! {
        section class="card" {
            h2 { (title) }
            @if lines.is_empty() {
                (empty_state(&visit.say("staff-counts-none"), &visit.say("staff-counts-none-how")))
            } @else {
                p class="big" { (total) }
                (ui::chart::bars(&bars))
                (visit.table(&title, &HEADINGS, &rows))
                p { a href="/staff/counts.csv" { (visit.say("staff-csv")) } }
            }
        }
    }
}

async fn csv(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let lines = blocking(move || {
        let day = inside.seams.today();
        Ok(inside.store.read(|tx| today(tx, day))?)
    })
    .await?;
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            let numbers = [line.issued, line.open, line.ended].map(|number| number.to_string());
            [place(&visit, line).into_owned(), words::certificate(&visit, &line.kind)]
                .into_iter()
                .chain(numbers)
                .collect()
        })
        .collect();
    Ok(visit.csv("counts", &HEADINGS, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_out_what_is_under_way_and_what_ended_without_paper_are_told_apart() {
        let count =
            |state, count| DayCount { kind: "residence_certificate".into(), terminal: "t".into(), state, count };
        let places = BTreeMap::from([("t".to_owned(), "本庁舎 1号機".to_owned())]);
        let counts = [
            count(RequestState::Printed, 3),
            count(RequestState::Ready, 1),
            count(RequestState::Paid, 2),
            count(RequestState::Cancelled, 5),
        ];
        let lines = lines(&counts, &places);
        assert_eq!(lines.len(), 1);
        assert_eq!((lines[0].issued, lines[0].open, lines[0].ended), (4, 2, 5));
    }
}
