//! From which day machines give the tax certificate of a fiscal year (年度の切替日): dated data, set by two persons.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::{Date, Kind};
use maud::{Markup, html};
use services::convenience_certificates::settings::{self, Change, Unsound};
use tools::staff::{Action, two_persons};
use tools::tax_records::years::{self, Switch};

use super::{PATH, change_form, date_field, plain_field};
use crate::app::App;
use crate::error::Failure;
use crate::form::Fields;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

pub(super) const ASK: &str = "/staff/hours/tax-year";

/// The years given now and next, and every day the city has set.
pub(super) fn section(visit: &Visit, me: &SignedIn, switches: &[Switch], today: Date) -> Markup {
    let now = years::current(switches, today);
    let next = now.saturating_add(1);
    let mut shown: Vec<(i16, Option<&Switch>)> = [now, next].map(|year| (year, None)).to_vec();
    shown.extend(switches.iter().map(|switch| (switch.fiscal_year, None)));
    shown.sort_unstable_by_key(|(year, _)| *year);
    shown.dedup_by_key(|(year, _)| *year);
    for (year, own) in &mut shown {
        *own = switches.iter().find(|switch| switch.fiscal_year == *year);
    }
    let rows: Vec<Vec<Markup>> = shown
        .iter()
        .map(|(year, own)| {
            let from = own.map(|switch| switch.from).or_else(|| years::usual(*year));
            let state = match year.cmp(&now) {
                std::cmp::Ordering::Less => "staff-hours-fee-over",
                std::cmp::Ordering::Equal => "staff-hours-fee-now",
                std::cmp::Ordering::Greater => "staff-hours-fee-ahead",
            };
            vec![
                html! { (years::japanese(*year)) },
                html! { (visit.say(state)) },
                html! { @if let Some(from) = from { (ui::dates::date(visit.language, from)) } },
                html! { @match own { Some(switch) => (switch.source), None => (visit.say("staff-tax-year-usual")) } },
            ]
        })
        .collect();
    let title = visit.say("staff-tax-year");
    let headings = ["staff-tax-year-year", "staff-state", "staff-hours-from", "staff-hours-fee-source"];
    let usual = years::usual(next).unwrap_or(today);
    let fields = html! {
        (plain_field(visit, "year", "staff-tax-year-year", "number", &next.to_string(), true))
        (date_field(visit, "from", "staff-hours-from", usual))
        (plain_field(visit, "source", "staff-hours-fee-source", "", "", true))
        p class="hint" { (visit.say("staff-tax-year-hint")) }
    };
    html! {
        section {
            h2 { (title) }
            p { (visit.say("staff-tax-year-how")) }
            (visit.table(&title, &headings, &rows))
            @if me.may(Action::SwitchTaxYear) {
                (change_form(visit, ASK, "staff-tax-year-ask", &fields, "staff-ask-approval"))
            }
        }
    }
}

pub(super) async fn ask(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["year", "from", "source"])?;
    let wrong = |key| Failure::saying(Kind::Invalid, key).next(PATH, "staff-hours-title");
    let year = base::text::to_half_width(fields.get("year"));
    let switch = Switch {
        fiscal_year: year.parse().map_err(|_| wrong("staff-tax-year-wrong-year"))?,
        from: Date::parse(fields.get("from")).map_err(|_| wrong("staff-hours-wrong-date"))?,
        source: fields.get("source").to_owned(),
    };
    settings::check(&Change::TaxYear(switch.clone()), app.seams.now()).map_err(|unsound| {
        wrong(match unsound {
            Unsound::Past => "staff-hours-wrong-past",
            Unsound::Order => "staff-tax-year-wrong-year",
            _ => "staff-hours-wrong-reason",
        })
    })?;
    shell::change(&app, PATH, "staff-done-keys-asked", move |tx, seams| {
        two_persons::ask_tax_year(tx, seams, &me.account, &switch).map(drop)
    })
    .await
}
