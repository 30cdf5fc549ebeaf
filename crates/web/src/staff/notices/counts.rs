//! How many a notice would reach, by ward and age band, without telling of a few.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use maud::{Markup, html};
use rules::counts::MINIMUM;
use rules::{AgeBand, Words};
use services::notices_for_you::campaigns::counting::{self, Counted, Counts};
use services::notices_for_you::facts::Registered;
use services::notices_for_you::wishes::{catalogue, language_of_rules};
use ui::notice::{AlertKind, alert, facts};

use super::super::shell;
use super::address;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::{SignedIn, Visit};

/// `POST …/count`.
pub async fn count(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (id, inside, kept) = (shell::id(&id)?, app.inside()?.clone(), app.notices.clone());
    blocking(move || Ok(counting::count(&inside, &kept, &me.actor(), id, &Registered)?)).await?;
    Ok(shell::done(&address(id), "staff-done-notice-counted"))
}

/// A count as it is shown.
pub fn drawn(visit: &Visit, counted: &Counted) -> Markup {
    let Some(shown) = &counted.shown else {
        return alert(
            visit.language,
            AlertKind::Warning,
            &html! {
                p { (visit.say_with("notice-count-near", &[("n", MINIMUM.into()), ("days", counting::DAYS.into())])) }
            },
        );
    };
    html! {
        p { (visit.say_with("notice-counted-at", &[("at", ui::dates::instant(visit.language, counted.at).into())])) }
        (facts(&[
            (visit.say("notice-count-total"), html! { strong { (cell(visit, shown.total())) } }),
            (visit.say("notice-count-undecided"), cell(visit, shown.undecided)),
            (visit.say("notice-count-receiving"), cell(visit, shown.receiving)),
        ]))
        p class="hint" { (visit.say_with("notice-count-how", &[("n", MINIMUM.into())])) }
        @if !shown.rows.is_empty() { (table(visit, shown)) }
    }
}

fn cell(visit: &Visit, count: Option<u64>) -> Markup {
    html! { @match count { Some(count) => { (count) }, None => { abbr title=(visit.say_with("notice-hidden-how", &[("n", MINIMUM.into())])) { (visit.say("notice-hidden")) } } } }
}

fn table(visit: &Visit, shown: &Counts) -> Markup {
    let language = language_of_rules(visit.language);
    let said = |words: &Words| ui::ruby::plain(words.in_language(language)).into_owned();
    let wards = catalogue::city_words().wards;
    let is_one = shown.wards.iter().flatten().count() == 1;
    let mut headings = vec![visit.say("notice-ward")];
    headings.extend(AgeBand::ALL.iter().map(|band| said(&band.words())));
    headings.extend([visit.say("notice-unknown"), visit.say("notice-sum")]);
    let row = |name: String, cells: &[Option<u64>]| {
        let mut row = vec![html! { (name) }];
        row.extend(cells.iter().map(|count| cell(visit, *count)));
        row
    };
    let mut rows: Vec<Vec<Markup>> = shown
        .wards
        .iter()
        .zip(&shown.rows)
        .map(|(ward, cells)| {
            let name = ward.map_or_else(
                || visit.say("notice-unknown"),
                // A city without wards is one place.
                |ward| {
                    let unnamed = || if is_one { visit.city.clone() } else { ward.to_string() };
                    wards.get(&ward).map_or_else(unnamed, said)
                },
            );
            row(name, cells)
        })
        .collect();
    rows.push(row(visit.say("notice-sum"), &shown.sums));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    ui::table::table(&visit.say("notice-count-table"), &headings, &rows)
}
