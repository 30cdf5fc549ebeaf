//! The machines' money of a day (現金日計): what was taken and given back by the requests, what the box held, what is open.
//!
//! ```text
//!  day ─► machines × kinds: taken, refunded, owed, unclear ─► count the box ─► close ─► (correction: two persons)
//!  money left open ─► settle, with a reason
//! ```

mod changes;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use base::{Date, Id, Kind, Timestamp, Yen};
use maud::{Markup, html};
use serde::Deserialize;
use services::city_cards::{Names, kept, takings};
use services::convenience_certificates::State as RequestState;
use services::convenience_certificates::cash::{self, Closed, Correction, LONGEST_NOTE, Money, OpenMoney};
use store::StoreError;
use tools::approvals::Approval;
use tools::staff::{self, Action};
use tools::terminals;
use ui::form::{ButtonKind, Field, button, field, one_button, select};
use ui::notice::{AlertKind, chip};
use ui::table::empty_state;

use super::{shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
const PATH: &str = "/staff/cash";

/// Its routes.
pub fn routes() -> Routes {
    let (see, close) = (Rule::Staff(Action::SeeCash), Rule::Staff(Action::CloseCash));
    Routes::new()
        .get(PATH, see, page)
        .get("/staff/cash.csv", see, csv)
        .post("/staff/cash/close", close, changes::close)
        .post("/staff/cash/correct", close, changes::correct)
        .post("/staff/cash/corrections/{approval}/approve", Rule::Staff(Action::ApproveCash), changes::approve)
        .post("/staff/cash/corrections/{approval}/decline", see, changes::decline)
        .post("/staff/cash/settle", Rule::Staff(Action::SettleMoney), changes::settle)
}

/// Which day is shown; yesterday's is the one to close, today's the one people ask about.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    day: String,
}

impl Shown {
    fn day(&self, now: Timestamp) -> Result<Date, Failure> {
        if self.day.is_empty() {
            return Ok(now.date_in_japan());
        }
        date(&self.day)
    }
}

/// Reads a day.
fn date(text: &str) -> Result<Date, Failure> {
    Date::parse(text).map_err(|_| Failure::saying(Kind::Invalid, "cash-wrong-day").next(PATH, "cash-nav"))
}

/// Everything the page tells.
struct Sheet {
    day: Date,
    now: Timestamp,
    lines: BTreeMap<(String, String), Money>,
    closings: Vec<Closed>,
    corrections: Vec<(Approval, Correction)>,
    open: Vec<OpenMoney>,
    places: BTreeMap<String, String>,
    /// Names of the cards that desks give, by key.
    cards: BTreeMap<String, Names>,
    names: HashMap<Id, String>,
}

impl Sheet {
    fn is_over(&self) -> bool {
        self.day < self.now.date_in_japan()
    }

    /// Terminals that have something on this day.
    fn terminals(&self) -> Vec<String> {
        let closed = self.closings.iter().map(|closed| closed.terminal.clone());
        let mut all: Vec<String> = self.lines.keys().map(|(terminal, _)| terminal.clone()).chain(closed).collect();
        all.sort();
        all.dedup();
        all
    }

    fn money(&self, terminal: &str) -> Money {
        cash::of_terminal(&self.lines, terminal)
    }

    /// What was paid for: a certificate, or a card that a desk gave.
    fn kind(&self, visit: &Visit, kind: &str) -> String {
        let Some(key) = kind.strip_prefix(takings::LINE) else { return words::certificate(visit, kind) };
        self.cards.get(key).map_or_else(|| key.to_owned(), |names| names.say(visit.language).to_owned())
    }

    fn place(&self, terminal: &str) -> String {
        self.places.get(terminal).cloned().unwrap_or_else(|| terminal.to_owned())
    }

    fn name(&self, account: Id) -> String {
        self.names.get(&account).cloned().unwrap_or_default()
    }
}

async fn load(app: &Arc<App>, shown: &Shown) -> Result<Sheet, Failure> {
    let now = app.seams.now();
    let (inside, day) = (app.inside()?.clone(), shown.day(now)?);
    blocking(move || {
        let mut lines = inside.cards.read::<_, StoreError, _>(move |tx| takings::day(tx, day))?;
        Ok(inside.store.read::<_, StoreError, _>(move |tx| {
            lines.append(&mut cash::day(tx, day)?);
            let cards = kept::all_shown(tx)?.into_iter().map(|one| (one.key, one.definition.names)).collect();
            Ok(Sheet {
                day,
                now,
                lines,
                cards,
                closings: cash::closings(tx, day)?,
                corrections: cash::corrections(tx, now)?,
                open: cash::open_money(tx)?,
                places: terminals::places(tx)?,
                names: staff::accounts(tx)?.into_iter().map(|one| (one.id, one.name)).collect(),
            })
        })?)
    })
    .await
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let sheet = load(&app, &shown).await?;
    let (label, value) = (visit.say("cash-day"), sheet.day.to_string());
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("cash-how")) }
        form method="get" action=(PATH) data-search="" {
            div class="fields" {
                (field(visit.language, &Field { name: "day", label: &label, kind: "date", value: &value, required: true, ..Field::default() }))
            }
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("cash-show"))) }
        }
        h2 { (ui::dates::date(visit.language, sheet.day)) }
        (moved(&visit, &sheet))
        (closing(&visit, &me, &sheet))
        (waiting(&visit, &me, &sheet))
        (open_money(&visit, &me, &sheet))
    };
    Ok(shell::page(&visit, &me, &visit.say("cash-title"), &main))
}

const HEADINGS: [&str; 8] = [
    "cash-machine",
    "cash-kind",
    "cash-taken",
    "cash-refunded",
    "cash-by-hand",
    "cash-owed",
    "cash-unclear",
    "cash-expected",
];

fn sums(money: &Money) -> [cash::Sum; 5] {
    [money.taken, money.refunded, money.refunded_by_hand, money.owed, money.unclear]
}

fn row(place: &str, kind: &str, money: &Money) -> Vec<Markup> {
    let mut cells = vec![html! { (place) }, html! { (kind) }];
    cells.extend(sums(money).iter().map(|sum| html! { (sum.yen) @if sum.count > 0 { " (" (sum.count) ")" } }));
    cells.push(html! { (money.expected()) });
    cells
}

fn moved(visit: &Visit, sheet: &Sheet) -> Markup {
    if sheet.lines.is_empty() {
        return empty_state(&visit.say("cash-none"), &visit.say("cash-none-how"));
    }
    let mut total = Money::default();
    let mut rows = Vec::new();
    for ((terminal, kind), money) in &sheet.lines {
        total.add(money);
        rows.push(row(&sheet.place(terminal), &sheet.kind(visit, kind), money));
    }
    rows.push(row(&visit.say("cash-total"), "", &total));
    let day = sheet.day;
    html! {
        (visit.table(&visit.say("cash-title"), &HEADINGS, &rows))
        p { a href=(format!("/staff/cash.csv?day={day}")) { (visit.say("staff-csv")) } " · " (visit.say("cash-print")) }
    }
}

fn closing(visit: &Visit, me: &SignedIn, sheet: &Sheet) -> Markup {
    let all = sheet.terminals();
    html! {
        @if !all.is_empty() {
            section {
                h2 { (visit.say("cash-closing")) }
                @if !sheet.is_over() { p class="hint" { (visit.say("cash-not-over")) } }
                @for terminal in &all { (machine(visit, me, sheet, terminal)) }
            }
        }
    }
}

/// One machine's closing: what it should hold, every revision, and the form for the next.
fn machine(visit: &Visit, me: &SignedIn, sheet: &Sheet, terminal: &str) -> Markup {
    let revisions: Vec<&Closed> = sheet.closings.iter().filter(|closed| closed.terminal == terminal).collect();
    let expected = sheet.money(terminal).expected();
    let rows: Vec<Vec<Markup>> = revisions
        .iter()
        .map(|closed| {
            vec![
                html! { (closed.revision) },
                html! { (Yen(closed.taken.0 - closed.refunded.0)) },
                html! { (closed.counted) },
                html! { (closed.difference()) },
                html! { (closed.note) },
                html! { (ui::dates::instant(visit.language, closed.at)) },
                html! { (sheet.name(closed.by)) },
            ]
        })
        .collect();
    let headings = [
        "cash-revision",
        "cash-expected",
        "cash-counted",
        "cash-difference",
        "cash-note",
        "cash-closed-at",
        "cash-closed-by",
    ];
    let may = me.may(Action::CloseCash) && sheet.is_over();
    let place = sheet.place(terminal);
    html! {
        section class="card" {
            h3 { (place) " "
                @if revisions.is_empty() { (chip(AlertKind::Warning, &visit.say("cash-not-closed"))) }
                @else { (chip(AlertKind::Success, &visit.say("cash-closed"))) }
            }
            @if revisions.is_empty() { p { (visit.say("cash-expected")) " " strong { (expected) } } }
            @else { (visit.table(&format!("{} {place}", visit.say("cash-closing")), &headings, &rows)) }
            @if may && revisions.is_empty() {
                (count_form(visit, "/staff/cash/close", sheet.day, terminal, &place, "cash-close"))
            }
            @if may && !revisions.is_empty() {
                details {
                    summary { (visit.say("cash-correct")) }
                    p { (visit.say("cash-correct-how")) }
                    (count_form(visit, "/staff/cash/correct", sheet.day, terminal, &place, "cash-correct"))
                }
            }
        }
    }
}

fn count_form(visit: &Visit, action: &str, day: Date, terminal: &str, place: &str, key: &str) -> Markup {
    let (counted, note) = (visit.say("cash-counted"), visit.say("cash-note"));
    let off = Some("off");
    let max_length = u32::try_from(LONGEST_NOTE).ok();
    html! {
        form method="post" action=(action) aria-label=(format!("{} {place}", visit.say(key))) {
            (visit.csrf(action))
            input type="hidden" name="day" value=(day);
            input type="hidden" name="terminal" value=(terminal);
            div class="fields" {
                (field(visit.language, &Field { name: &format!("counted-{terminal}"), label: &counted, required: true, autocomplete: off, max_length: Some(10), ..Field::default() }))
                (field(visit.language, &Field { name: &format!("note-{terminal}"), label: &note, autocomplete: off, max_length, ..Field::default() }))
            }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say(key))) }
        }
    }
}

fn waiting(visit: &Visit, me: &SignedIn, sheet: &Sheet) -> Markup {
    html! {
        @if !sheet.corrections.is_empty() {
            section {
                h2 { (visit.say("cash-waiting")) }
                @for (approval, correction) in &sheet.corrections { (correction_card(visit, me, sheet, approval, correction)) }
            }
        }
    }
}

fn correction_card(
    visit: &Visit,
    me: &SignedIn,
    sheet: &Sheet,
    approval: &Approval,
    correction: &Correction,
) -> Markup {
    let is_own = approval.proposer == me.account.id;
    let address = |act: &str| format!("/staff/cash/corrections/{}/{act}", approval.id);
    let (approve, decline) = (address("approve"), address("decline"));
    let about = format!("{} {}", correction.day, sheet.place(&correction.terminal));
    let may = me.may(Action::ApproveCash);
    html! {
        section class="card" {
            h3 { (ui::dates::date(visit.language, correction.day)) " " (sheet.place(&correction.terminal)) }
            p { (visit.say("cash-counted")) " " strong { (correction.counted) } }
            p { (correction.note) " — " (sheet.name(approval.proposer)) }
            div class="buttons" {
                @if may && !is_own {
                    (one_button(&approve, &visit.csrf(&approve), ButtonKind::Primary, &visit.say("cash-approve"), Some(&about)))
                }
                @if may || is_own {
                    (one_button(&decline, &visit.csrf(&decline), ButtonKind::Secondary,
                        &visit.say(if is_own { "cash-take-back" } else { "cash-decline" }), Some(&about)))
                }
            }
        }
    }
}

fn open_money(visit: &Visit, me: &SignedIn, sheet: &Sheet) -> Markup {
    html! {
        section {
            h2 { (visit.say("cash-open")) }
            p { (visit.say("cash-open-how")) }
            @if sheet.open.is_empty() { p { (visit.say("cash-open-none")) } }
            @for one in &sheet.open { (open_card(visit, me, sheet, one)) }
        }
    }
}

fn open_card(visit: &Visit, me: &SignedIn, sheet: &Sheet, one: &OpenMoney) -> Markup {
    let state = match one.state {
        RequestState::PaymentUnclear => "cash-state-payment-unclear",
        RequestState::RefundUnclear => "cash-state-refund-unclear",
        _ => "cash-state-refund-due",
    };
    let mut choices: Vec<(String, String)> = cash::Decision::ALL
        .into_iter()
        .filter(|decision| decision.about() == one.state)
        .map(|decision| (decision.word().to_owned(), visit.say(&format!("cash-{}", decision.word().replace('_', "-")))))
        .collect();
    if choices.len() > 1 {
        // Nobody decides about money by leaving a list as it was.
        choices.insert(0, (String::new(), visit.say("cash-choose")));
    }
    let action = "/staff/cash/settle";
    let request = one.request.to_string();
    let reason = visit.say("cash-reason");
    let max_length = u32::try_from(LONGEST_NOTE).ok();
    html! {
        section class="card" {
            h3 { (sheet.place(&one.terminal)) " " (one.fee) " " (chip(AlertKind::Warning, &visit.say(state))) }
            p { (visit.say("cash-request")) " " code { (request) } }
            p { (words::certificate(visit, &one.kind)) " · " (visit.say("cash-since")) " " (ui::dates::instant(visit.language, one.since)) }
            @if me.may(Action::SettleMoney) {
                form method="post" action=(action) aria-label=(format!("{} {request}", visit.say("cash-settle"))) {
                    (visit.csrf(action))
                    input type="hidden" name="request" value=(request);
                    div class="fields" {
                        (select(visit.language, &format!("decision-{request}"), &visit.say("cash-decision"), &choices, "", None))
                        (field(visit.language, &Field { name: &format!("reason-{request}"), label: &reason, required: true, autocomplete: Some("off"), max_length, ..Field::default() }))
                    }
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("cash-settle"))) }
                }
            }
        }
    }
}

async fn csv(State(app): State<Arc<App>>, visit: Visit, Query(shown): Query<Shown>) -> Result<Response, Failure> {
    let sheet = load(&app, &shown).await?;
    let rows: Vec<Vec<String>> = sheet
        .lines
        .iter()
        .map(|((terminal, kind), money)| {
            let mut cells = vec![sheet.place(terminal), sheet.kind(&visit, kind)];
            cells.extend(sums(money).iter().map(|sum| sum.yen.0.to_string()));
            cells.push(money.expected().0.to_string());
            cells
        })
        .collect();
    Ok(visit.csv(&format!("cash-{}", sheet.day), &HEADINGS, &rows))
}
