//! When certificates are given and what they cost: seen by everybody, decided by the certificate officer.
//!
//! ```text
//!  the coming days, as machines will keep them ─┐
//!  rules · special days · maintenance · fees ───┴─► a change ─► checked, audited ─► holds from the next request on
//! ```
//! The first table shows the outcome, not the rules: an officer sees at once what a change did.

mod changes;
mod tax_year;

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::{Date, Timestamp};
use maud::{Markup, html};
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::hours::{Calendar, DayClass, Family, HoursRow, Place, rows};
use services::convenience_certificates::requests::{self, Fee};
use services::convenience_certificates::settings::LONGEST_NOTE;
use store::StoreError;
use tools::staff::Action;
use tools::tax_records::years::{self, Switch};
use ui::form::{ButtonKind, Field, button, field, one_button, select};
use ui::table::empty_state;

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/hours";
/// Days shown ahead.
const AHEAD: i64 = 14;

/// Its routes.
pub fn routes() -> Routes {
    let set = Rule::Staff(Action::SetHours);
    Routes::new()
        .get(PATH, Rule::Staff(Action::SeeHours), page)
        .post("/staff/hours/hours", set, changes::set_hours)
        .post("/staff/hours/hours/call-off", set, changes::call_off_hours)
        .post("/staff/hours/day", set, changes::set_day)
        .post("/staff/hours/day/ordinary", set, changes::ordinary_day)
        .post("/staff/hours/maintenance", set, changes::announce)
        .post("/staff/hours/maintenance/end", set, changes::end)
        .post("/staff/hours/fee", set, changes::set_fee)
        .post("/staff/hours/fee/call-off", set, changes::call_off_fee)
        .post(tax_year::ASK, Rule::Staff(Action::SwitchTaxYear), tax_year::ask)
}

/// Everything the page tells.
struct Shown {
    calendar: Calendar,
    special: Vec<(Date, DayClass, String)>,
    fees: Vec<Fee>,
    switches: Vec<Switch>,
    now: Timestamp,
    /// Whether who looks may change it.
    may: bool,
}

impl Shown {
    fn today(&self) -> Date {
        self.now.date_in_japan()
    }
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let (inside, may) = (app.inside()?.clone(), me.may(Action::SetHours));
    let shown = blocking(move || {
        let now = inside.seams.now();
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let special = rows::special_days(tx, now.date_in_japan())?;
            Ok(Shown {
                calendar: rows::calendar(tx, now)?,
                special,
                fees: requests::fees(tx)?,
                switches: years::switches(tx)?,
                now,
                may,
            })
        })?)
    })
    .await?;
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("staff-hours-how")) }
        @if !may { p class="hint" { (visit.say("staff-hours-who")) } }
        (coming(&visit, &shown))
        (rules(&visit, &shown))
        (special_days(&visit, &shown))
        (maintenance(&visit, &shown))
        (fees(&visit, &shown))
        (tax_year::section(&visit, &me, &shown.switches, shown.today()))
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-hours-title"), &main))
}

fn place(visit: &Visit, place: Place) -> String {
    visit.say(&format!("staff-hours-place-{}", place.word().replace('_', "-")))
}

fn family(visit: &Visit, family: Family) -> String {
    visit.say(&format!("staff-hours-family-{}", family.word().replace('_', "-")))
}

fn class(visit: &Visit, class: DayClass) -> String {
    visit.say(&format!("staff-hours-day-{}", class.word().replace('_', "-")))
}

fn span(visit: &Visit, hours: Option<(u16, u16)>) -> String {
    let clock = |minute: u16| format!("{}:{:02}", minute / 60, minute % 60);
    hours.map_or_else(
        || visit.say("staff-hours-closed"),
        |(opens, closes)| format!("{}–{}", clock(opens), clock(closes)),
    )
}

/// The pairs of place and family, as columns.
fn columns() -> impl Iterator<Item = (Place, Family)> {
    Place::ALL.into_iter().flat_map(|place| Family::ALL.map(|family| (place, family)))
}

fn coming(visit: &Visit, shown: &Shown) -> Markup {
    let title = visit.say("staff-hours-coming");
    let mut headings = vec![visit.say("staff-hours-date"), visit.say("staff-hours-day")];
    headings.extend(columns().map(|(at, what)| format!("{} {}", place(visit, at), family(visit, what))));
    let rows: Vec<Vec<Markup>> = (0..AHEAD)
        .map(|ahead| {
            let day = shown.today().plus_days(ahead);
            let holiday = base::holidays::national_holiday(day).unwrap_or_default();
            let mut cells = vec![
                html! { (ui::dates::date(visit.language, day)) },
                html! { (class(visit, shown.calendar.class(day))) @if !holiday.is_empty() { " " small { (holiday) } } },
            ];
            cells.extend(columns().map(|(at, what)| html! { (span(visit, shown.calendar.hours_on(at, what, day))) }));
            cells
        })
        .collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    html! { section { h2 { (title) } (ui::table::table(&title, &headings, &rows)) } }
}

fn options<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str, said: impl Fn(T) -> String) -> Vec<(String, String)> {
    all.iter().map(|one| (word(*one).to_owned(), said(*one))).collect()
}

fn date_field(visit: &Visit, name: &str, label: &str, value: Date) -> Markup {
    let (label, value) = (visit.say(label), value.to_string());
    field(
        visit.language,
        &Field { name, label: &label, kind: "date", value: &value, required: true, ..Field::default() },
    )
}

fn plain_field(visit: &Visit, name: &str, label: &str, kind: &str, value: &str, required: bool) -> Markup {
    let label = visit.say(label);
    let max_length = u32::try_from(LONGEST_NOTE).ok();
    let autocomplete = Some("off");
    field(
        visit.language,
        &Field { name, label: &label, kind, value, required, autocomplete, max_length, ..Field::default() },
    )
}

fn change_form(visit: &Visit, action: &str, title: &str, fields: &Markup, button_key: &str) -> Markup {
    html! {
        details {
            summary { (visit.say(title)) }
            form method="post" action=(action) class="card" {
                (visit.csrf(action))
                div class="fields" { (fields) }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say(button_key))) }
            }
        }
    }
}

fn little(visit: &Visit, action: &str, hidden: &[(&str, &str)], key: &str, about: &str) -> Markup {
    let hidden = html! {
        (visit.csrf(action))
        @for (name, value) in hidden { input type="hidden" name=(name) value=(value); }
    };
    one_button(action, &hidden, ButtonKind::Secondary, &visit.say(key), Some(about))
}

/// The lines in force and those to come; what newer lines have replaced is left out.
fn rules(visit: &Visit, shown: &Shown) -> Markup {
    let today = shown.today();
    let is_replaced = |row: &HoursRow| {
        let same = |other: &&HoursRow| {
            (other.place, other.family, other.day) == (row.place, row.family, row.day)
                && other.valid_from <= today
                && other.valid_from > row.valid_from
        };
        shown.calendar.hours.iter().any(|other| same(&other))
    };
    let mut lines: Vec<&HoursRow> = shown.calendar.hours.iter().filter(|row| !is_replaced(row)).collect();
    let order = |row: &HoursRow| (row.place.word(), row.family.word(), row.day.word(), row.valid_from);
    lines.sort_by_key(|row| order(row));
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|row| {
            let about = format!("{} {} {}", place(visit, row.place), family(visit, row.family), class(visit, row.day));
            let from = row.valid_from.to_string();
            let hidden = [
                ("place", row.place.word()),
                ("family", row.family.word()),
                ("day", row.day.word()),
                ("from", from.as_str()),
            ];
            vec![
                html! { (place(visit, row.place)) },
                html! { (family(visit, row.family)) },
                html! { (class(visit, row.day)) },
                html! { (span(visit, row.hours)) },
                html! { (ui::dates::date(visit.language, row.valid_from)) },
                html! { @if shown.may && row.valid_from > today {
                    (little(visit, "/staff/hours/hours/call-off", &hidden, "staff-hours-call-off", &about))
                } },
            ]
        })
        .collect();
    let headings = [
        "staff-hours-place",
        "staff-hours-family",
        "staff-hours-day",
        "staff-hours-span",
        "staff-hours-from",
        "staff-what-to-do",
    ];
    let title = visit.say("staff-hours-rules");
    let places = options(&Place::ALL, Place::word, |one| place(visit, one));
    let families = options(&Family::ALL, Family::word, |one| family(visit, one));
    let days = options(&DayClass::WITH_HOURS, DayClass::word, |one| class(visit, one));
    let fields = html! {
        (select(visit.language, "place", &visit.say("staff-hours-place"), &places, "", None))
        (select(visit.language, "family", &visit.say("staff-hours-family"), &families, "", None))
        (select(visit.language, "day", &visit.say("staff-hours-day"), &days, "", None))
        (date_field(visit, "from", "staff-hours-from", today.plus_days(1)))
        (plain_field(visit, "opens", "staff-hours-opens", "time", "", false))
        (plain_field(visit, "closes", "staff-hours-closes", "time", "", false))
        p class="hint" { (visit.say("staff-hours-empty")) }
    };
    html! {
        section {
            h2 { (title) }
            details { summary { (visit.say_with("staff-hours-rules-all", &[("n", rows.len().into())])) } (visit.table(&title, &headings, &rows)) }
            @if shown.may { (change_form(visit, "/staff/hours/hours", "staff-hours-change", &fields, "staff-hours-set")) }
        }
    }
}

fn special_days(visit: &Visit, shown: &Shown) -> Markup {
    let rows: Vec<Vec<Markup>> = shown
        .special
        .iter()
        .map(|(day, kind, note)| {
            let about = ui::dates::date(visit.language, *day);
            let hidden = day.to_string();
            vec![
                html! { (about) },
                html! { (class(visit, *kind)) },
                html! { (note) },
                html! { @if shown.may {
                    (little(visit, "/staff/hours/day/ordinary", &[("date", &hidden)], "staff-hours-ordinary", &about))
                } },
            ]
        })
        .collect();
    let title = visit.say("staff-hours-special");
    let headings = ["staff-hours-date", "staff-hours-day", "staff-hours-note", "staff-what-to-do"];
    let classes = [DayClass::Closed, DayClass::OpenHoliday, DayClass::Working, DayClass::Holiday, DayClass::YearEnd];
    let classes = options(&classes, DayClass::word, |one| class(visit, one));
    let fields = html! {
        (date_field(visit, "date", "staff-hours-date", shown.today().plus_days(1)))
        (select(visit.language, "class", &visit.say("staff-hours-day"), &classes, "", None))
        (plain_field(visit, "note", "staff-hours-note", "", "", true))
    };
    html! {
        section {
            h2 { (title) }
            @if rows.is_empty() { (empty_state(&visit.say("staff-hours-special-none"), &visit.say("staff-hours-special-how"))) }
            @else { (visit.table(&title, &headings, &rows)) }
            @if shown.may { (change_form(visit, "/staff/hours/day", "staff-hours-special-add", &fields, "staff-hours-set")) }
        }
    }
}

fn maintenance(visit: &Visit, shown: &Shown) -> Markup {
    let instant = |at| ui::dates::instant(visit.language, at);
    let rows: Vec<Vec<Markup>> = shown
        .calendar
        .maintenance
        .iter()
        .map(|window| {
            let where_ = window.place.map_or_else(|| visit.say("staff-hours-everywhere"), |at| place(visit, at));
            let what = window.family.map_or_else(|| visit.say("staff-hours-everything"), |one| family(visit, one));
            let about = instant(window.from);
            let key = if window.from <= shown.now { "staff-hours-end-now" } else { "staff-hours-call-off" };
            let id = window.id.to_string();
            vec![
                html! { (about) " – " (instant(window.until)) },
                html! { (where_) " " (what) },
                html! { (window.reason) },
                html! { @if shown.may { (little(visit, "/staff/hours/maintenance/end", &[("window", &id)], key, &about)) } },
            ]
        })
        .collect();
    let title = visit.say("staff-hours-maintenance");
    let headings = ["staff-hours-when", "staff-hours-what", "staff-hours-reason", "staff-what-to-do"];
    let mut places = options(&Place::ALL, Place::word, |one| place(visit, one));
    places.insert(0, (String::new(), visit.say("staff-hours-everywhere")));
    let mut families = options(&Family::ALL, Family::word, |one| family(visit, one));
    families.insert(0, (String::new(), visit.say("staff-hours-everything")));
    let tomorrow = shown.today().plus_days(1);
    let fields = html! {
        (select(visit.language, "place", &visit.say("staff-hours-place"), &places, "", None))
        (select(visit.language, "family", &visit.say("staff-hours-family"), &families, "", None))
        (date_field(visit, "from_day", "staff-hours-from-day", tomorrow))
        (plain_field(visit, "from_time", "staff-hours-from-time", "time", "", true))
        (date_field(visit, "until_day", "staff-hours-until-day", tomorrow))
        (plain_field(visit, "until_time", "staff-hours-until-time", "time", "", true))
        (plain_field(visit, "reason", "staff-hours-reason", "", "", true))
    };
    html! {
        section {
            h2 { (title) }
            @if rows.is_empty() { (empty_state(&visit.say("staff-hours-maintenance-none"), &visit.say("staff-hours-maintenance-how"))) }
            @else { (visit.table(&title, &headings, &rows)) }
            @if shown.may {
                (change_form(visit, "/staff/hours/maintenance", "staff-hours-maintenance-add", &fields, "staff-hours-announce"))
            }
        }
    }
}

fn fees(visit: &Visit, shown: &Shown) -> Markup {
    let today = shown.today();
    // In force: the newest line of a kind that has begun. Older ones stay in the table as a record.
    let is_over = |fee: &Fee| {
        fee.from <= today
            && shown.fees.iter().any(|other| other.kind == fee.kind && other.from <= today && other.from > fee.from)
    };
    let rows: Vec<Vec<Markup>> = shown
        .fees
        .iter()
        .map(|fee| {
            let (kind, from) = (words::certificate(visit, fee.kind.as_str()), fee.from.to_string());
            let hidden = [("kind", fee.kind.as_str()), ("from", from.as_str())];
            let state = match fee.from > today {
                true => "staff-hours-fee-ahead",
                false if is_over(fee) => "staff-hours-fee-over",
                false => "staff-hours-fee-now",
            };
            vec![
                html! { (kind) },
                html! { (visit.say(state)) },
                html! { (ui::dates::date(visit.language, fee.from)) },
                html! { (fee.machine) },
                html! { (fee.counter) },
                html! { (fee.source) },
                html! { @if shown.may && fee.from > today {
                    (little(visit, "/staff/hours/fee/call-off", &hidden, "staff-hours-call-off", &kind))
                } },
            ]
        })
        .collect();
    let title = visit.say("staff-hours-fees");
    let headings = [
        "staff-counts-kind",
        "staff-state",
        "staff-hours-from",
        "staff-hours-fee-machine",
        "staff-hours-fee-counter",
        "staff-hours-fee-source",
        "staff-what-to-do",
    ];
    let kinds: Vec<(String, String)> = CertificateKind::all()
        .map(|kind| (kind.as_str().to_owned(), words::certificate(visit, kind.as_str())))
        .collect();
    let fields = html! {
        (select(visit.language, "kind", &visit.say("staff-counts-kind"), &kinds, "", None))
        (date_field(visit, "from", "staff-hours-from", today.plus_days(1)))
        (plain_field(visit, "machine", "staff-hours-fee-machine", "number", "", true))
        (plain_field(visit, "counter", "staff-hours-fee-counter", "number", "", true))
        (plain_field(visit, "source", "staff-hours-fee-source", "", "", true))
    };
    html! {
        section {
            h2 { (title) }
            (visit.table(&title, &headings, &rows))
            @if shown.may { (change_form(visit, "/staff/hours/fee", "staff-hours-fee-add", &fields, "staff-hours-set")) }
        }
    }
}
