//! Time given back (お返しした時間), and the figures it is counted with.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::{Date, Kind};
use maud::{Markup, html};
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::effect::{Minutes, Unsound, set_minutes};
use ui::form::{ButtonKind, Field, button, field, select};

use super::{PATH, Shown, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

fn hours(visit: &Visit, minutes: i64) -> String {
    visit.say_with("statistics-hours", &[("hours", (minutes / 60).into()), ("minutes", (minutes % 60).into())])
}

pub(super) fn section(visit: &Visit, shown: &Shown, may: bool) -> Markup {
    let rows: Vec<Vec<Markup>> = shown
        .given
        .iter()
        .map(|given| {
            vec![
                html! { (words::certificate(visit, given.kind.as_str())) },
                html! { (given.copies) },
                html! { (hours(visit, given.resident)) },
                html! { (hours(visit, given.staff)) },
            ]
        })
        .collect();
    let title = visit.say("statistics-given");
    let (resident, staff) =
        shown.given.iter().fold((0, 0), |(resident, staff), given| (resident + given.resident, staff + given.staff));
    let headings = ["staff-counts-kind", "statistics-copies", "statistics-given-residents", "statistics-given-staff"];
    html! {
        section class="card" {
            h2 { (title) }
            p { (visit.say_with("statistics-given-of", &[("month", super::month_word(shown.month).as_str().into())])) }
            @if !rows.is_empty() {
                p class="big" { (hours(visit, resident)) }
                p { (visit.say_with("statistics-given-staff-too", &[("time", hours(visit, staff).as_str().into())])) }
                (visit.table(&title, &headings, &rows))
            } @else {
                p { (visit.say("statistics-none")) }
            }
            (behind(visit, shown))
            @if may { (form(visit, shown)) }
        }
    }
}

/// The figures, each with its source: an assumption says that it is one.
fn behind(visit: &Visit, shown: &Shown) -> Markup {
    let kind = |kind: Option<CertificateKind>| match kind {
        Some(kind) => words::certificate(visit, kind.as_str()),
        None => visit.say("statistics-every-kind"),
    };
    let rows: Vec<Vec<Markup>> = shown
        .minutes
        .iter()
        .map(|one| {
            let source =
                if one.source == "assumption" { visit.say("statistics-assumption") } else { one.source.clone() };
            vec![
                html! { (kind(one.kind)) },
                html! { (ui::dates::date(visit.language, one.from)) },
                html! { (one.resident) },
                html! { (one.staff) },
                html! { (source) },
            ]
        })
        .collect();
    let headings = [
        "staff-counts-kind",
        "statistics-from",
        "statistics-minutes-resident",
        "statistics-minutes-staff",
        "statistics-source",
    ];
    html! {
        h3 { (visit.say("statistics-behind")) }
        (visit.table(&visit.say("statistics-behind"), &headings, &rows))
    }
}

fn form(visit: &Visit, shown: &Shown) -> Markup {
    let action = "/staff/statistics/minutes";
    let mut kinds = vec![(String::new(), visit.say("statistics-every-kind"))];
    kinds.extend(
        CertificateKind::all().map(|kind| (kind.as_str().to_owned(), words::certificate(visit, kind.as_str()))),
    );
    let input = |name, key: &str, kind, value: &str| {
        let label = visit.say(key);
        field(visit.language, &Field { name, label: &label, kind, value, required: true, ..Field::default() })
    };
    html! {
        details {
            summary { (visit.say("statistics-minutes-set")) }
            form method="post" action=(action) {
                (visit.csrf(action))
                (select(visit.language, "kind", &visit.say("staff-counts-kind"), &kinds, "", None))
                (input("from", "statistics-from", "date", &shown.today.to_string()))
                (input("resident", "statistics-minutes-resident", "number", ""))
                (input("staff", "statistics-minutes-staff", "number", ""))
                (input("source", "statistics-source", "", ""))
                (button(ButtonKind::Primary, &visit.say("statistics-minutes-set")))
            }
        }
    }
}

pub(super) async fn set(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["kind", "from", "resident", "staff", "source"])?;
    let wrong = |key| Failure::saying(Kind::Invalid, key).next(PATH, "statistics-title");
    let kind = match fields.filled("kind") {
        None => None,
        Some(word) => Some(CertificateKind::parse(word).ok_or_else(|| Failure::of(Kind::Invalid))?),
    };
    let number = |name: &str| {
        let text = base::text::to_half_width(fields.get(name));
        text.parse().map_err(|_| wrong("statistics-wrong-minutes"))
    };
    let new = Minutes {
        kind,
        from: Date::parse(fields.get("from")).map_err(|_| wrong("statistics-wrong-day"))?,
        resident: number("resident")?,
        staff: number("staff")?,
        source: fields.get("source").to_owned(),
    };
    let inside = app.inside()?.clone();
    let set = blocking(move || {
        let (seams, by) = (inside.seams.clone(), me.actor());
        Ok(inside.store.write(move |tx| set_minutes(tx, &seams, &by, &new))?)
    })
    .await?;
    match set {
        Ok(()) => Ok(shell::done(PATH, "staff-done-minutes")),
        Err(Unsound::Minutes) => Err(wrong("statistics-wrong-minutes")),
        Err(Unsound::Source) => Err(wrong("statistics-wrong-source")),
    }
}
