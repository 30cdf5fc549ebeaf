//! `/effect`: the time the city's machines gave back, for anybody. Counts only, of months that are over; small ones are left
//! out before they reach this zone.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::Yen;
use base::yen::grouped;
use maud::{Markup, html};
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::public_effect::{CardsTold, KindTold, LEAST, Report};
use tools::effect_report;
use ui::Language;
use ui::table::empty_state;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::Visit;

async fn newest(app: &App) -> Result<Option<Report>, Failure> {
    let outside = app.outside()?.clone();
    let text = blocking(move || Ok(outside.store.read(effect_report::newest)?)).await?;
    Ok(text.as_deref().and_then(Report::read))
}

fn certificate(visit: &Visit, kind: CertificateKind) -> String {
    visit.say(crate::kiosk::kind_name_key(kind))
}

fn hours(visit: &Visit, minutes: i64) -> String {
    visit.say_with(
        "statistics-hours",
        &[("hours", grouped(minutes / 60).as_str().into()), ("minutes", (minutes % 60).into())],
    )
}

fn number(visit: &Visit, told: Option<i64>) -> String {
    told.map_or_else(|| visit.say_with("effect-few", &[("n", LEAST.into())]), grouped)
}

/// For programs: digits alone.
fn plain(visit: &Visit, told: Option<i64>) -> String {
    told.map_or_else(|| number(visit, None), |number| number.to_string())
}

/// `GET /effect`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit) -> Result<Markup, Failure> {
    let report = newest(&app).await?;
    let title = visit.say("effect-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say_html("effect-lead")) }
        @match &report {
            None => (empty_state(&visit.say("effect-none"), &visit.say("effect-none-how"))),
            Some(report) => { (given(&visit, report)) (cards(&visit, report)) (by_month(&visit, report)) (rate(&visit, report)) (how(&visit, report)) }
        }
    };
    Ok(visit.page(&title).render(&main))
}

fn given(visit: &Visit, report: &Report) -> Markup {
    let title = visit.say("effect-given");
    let [copies, resident, staff] = report.totals();
    let bars: Vec<(String, i64)> =
        report.kinds.iter().filter_map(|kind| Some((certificate(visit, kind.kind), kind.copies?))).collect();
    let hidden = visit.say_with("effect-few", &[("n", LEAST.into())]);
    let time = |minutes: Option<i64>| minutes.map_or_else(|| hidden.clone(), |minutes| hours(visit, minutes));
    let row = |kind: &KindTold| {
        vec![
            html! { (certificate(visit, kind.kind)) },
            html! { (number(visit, kind.copies)) },
            html! { (time(kind.resident)) },
            html! { (time(kind.staff)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = report.kinds.iter().map(row).collect();
    let headings = ["effect-kind", "effect-copies", "effect-residents", "effect-staff"];
    html! {
        section class="card stacks" {
            h2 { (title) }
            @if rows.is_empty() {
                (empty_state(&visit.say("effect-none"), &visit.say("effect-none-how")))
            } @else {
                p class="big" { (hours(visit, resident)) }
                p { (visit.say_with("effect-sum", &[("copies", grouped(copies).as_str().into()), ("staff", hours(visit, staff).as_str().into())])) }
                (ui::chart::bars(&bars))
                (visit.table(&title, &headings, &rows))
                p { a href="/effect.csv" { (visit.say("effect-csv")) } }
            }
        }
    }
}

fn card_name<'a>(visit: &Visit, names: &'a [String; 3]) -> &'a str {
    match visit.language {
        Language::Japanese => &names[0],
        Language::EasyJapanese => &names[1],
        Language::English => &names[2],
    }
}

/// One card for many: plastic that was not made, fees not paid, visits not needed.
fn cards(visit: &Visit, report: &Report) -> Markup {
    let title = visit.say("effect-cards");
    let hidden = visit.say_with("effect-few", &[("n", LEAST.into())]);
    let yen = |told: Option<i64>| told.map_or_else(|| hidden.clone(), |yen| Yen(yen).to_string());
    let row = |one: &CardsTold| {
        vec![
            html! { (card_name(visit, &one.names)) },
            html! { (number(visit, one.not_issued)) },
            html! { (yen(one.yen)) },
            html! { (number(visit, one.visits)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = report.cards.iter().map(row).collect();
    let sum: i64 = report.cards.iter().filter_map(|one| one.not_issued).sum();
    html! {
        @if !rows.is_empty() {
            section class="card stacks" {
                h2 { (title) }
                p class="big" { (visit.say_with("effect-cards-sum", &[("cards", grouped(sum).as_str().into())])) }
                (visit.table(&title, &["effect-card", "effect-cards-not-issued", "effect-cards-yen", "effect-cards-visits"], &rows))
                ul {
                    li { (visit.say("effect-cards-how-issued")) }
                    li { (visit.say("effect-cards-how-yen")) }
                    li { (visit.say("effect-cards-how-visits")) }
                }
            }
        }
    }
}

fn by_month(visit: &Visit, report: &Report) -> Markup {
    let title = visit.say("effect-months");
    let bars: Vec<(String, i64)> =
        report.months.iter().filter_map(|month| Some((month.month.clone(), month.copies?))).collect();
    let rows: Vec<Vec<Markup>> = report
        .months
        .iter()
        .rev()
        .map(|month| vec![html! { (month.month) }, html! { (number(visit, month.copies)) }])
        .collect();
    html! {
        section class="card" {
            h2 { (title) }
            (ui::chart::bars(&bars))
            (visit.table(&title, &["effect-month", "effect-copies"], &rows))
        }
    }
}

fn percent(permille: i64) -> String {
    format!("{}.{} %", permille / 10, permille % 10)
}

fn rate(visit: &Visit, report: &Report) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say("effect-rate")) }
            @match report.rate_permille {
                Some(rate) => p class="big" { (percent(rate)) },
                None => p { (visit.say("effect-rate-none")) },
            }
            p { (visit.say("effect-rate-what")) }
            @if let Some((goal, year)) = report.goal {
                p { (visit.say_with("effect-goal", &[("rate", percent(goal).as_str().into()), ("year", year.to_string().as_str().into())])) }
            }
        }
    }
}

fn how(visit: &Visit, report: &Report) -> Markup {
    html! {
        section {
            h2 { (visit.say("effect-how")) }
            ul {
                li { (visit.say("effect-how-counted")) }
                @if report.is_assumed { li { strong { (visit.say("effect-how-assumed")) } } }
                li { (visit.say_with("effect-how-small", &[("n", LEAST.into())])) }
                li { (visit.say("effect-how-months")) }
            }
        }
    }
}

const HEADINGS: [&str; 9] = [
    "effect-month",
    "effect-kind",
    "effect-copies",
    "effect-minutes-residents",
    "effect-minutes-staff",
    "effect-card",
    "effect-cards-not-issued",
    "effect-cards-yen",
    "effect-cards-visits",
];

/// `GET /effect.csv`: the same, a line each.
pub async fn csv(State(app): State<Arc<App>>, visit: Visit) -> Result<Response, Failure> {
    let report = newest(&app).await?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    if let Some(report) = &report {
        for month in &report.months {
            rows.push(vec![
                month.month.clone(),
                String::new(),
                plain(&visit, month.copies),
                String::new(),
                String::new(),
            ]);
        }
        for kind in &report.kinds {
            let minutes = |told: Option<i64>| told.map(|minutes| minutes.to_string()).unwrap_or_default();
            let kind_word = certificate(&visit, kind.kind);
            rows.push(vec![
                String::new(),
                kind_word,
                plain(&visit, kind.copies),
                minutes(kind.resident),
                minutes(kind.staff),
            ]);
        }
        for row in &mut rows {
            row.resize(HEADINGS.len(), String::new());
        }
        for card in &report.cards {
            let mut row = vec![String::new(); 5];
            row.push(card_name(&visit, &card.names).to_owned());
            row.extend([card.not_issued, card.yen, card.visits].map(|told| plain(&visit, told)));
            rows.push(row);
        }
    }
    let headings = HEADINGS.map(|key| visit.say(key));
    let mut response = ui::csv::file(&headings.each_ref().map(String::as_str), &rows).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"effect.csv\""));
    Ok(response)
}
