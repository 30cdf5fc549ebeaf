//! Events of the city (イベント): lists brought in as files or pasted, what of them was refused, what is shown, withdrawing.

use std::sync::Arc;

use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::Kind;
use maud::{Markup, html};
use store::StoreError;
use tools::city_events::{self, Kind as ListKind, Listed, Past};
use tools::relay::RelayError;
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, field, one_button, select};
use ui::notice::{AlertKind, alert, chip};
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/events";
/// The longest file with its form.
const FILE_BYTES: usize = wire::events::MOST_BYTES + (64 << 10);
/// Events shown.
const SHOWN: i64 = 200;
/// Characters of a list's name.
const MOST_NAME: usize = 40;

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Staff(Action::ManageEvents);
    Routes::new()
        .get(PATH, may, page)
        .post_up_to("/staff/events/import", may, FILE_BYTES, import)
        .get("/staff/events/import/{import}", may, imported)
        .post("/staff/events/{event}/withdraw", may, withdraw)
        .post("/staff/events/{event}/put-back", may, put_back)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let (listed, total, past) = blocking(move || {
        let today = inside.seams.today();
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let (listed, total) = city_events::list(tx, today, SHOWN)?;
            Ok((listed, total, city_events::imports(tx)?))
        })?)
    })
    .await?;
    let title = visit.say("event-staff-title");
    let rows: Vec<Vec<Markup>> = listed.iter().map(|one| row(&visit, one)).collect();
    let headings =
        ["event-when", "event-name", "event-place", "event-capacity", "event-list-name", "event-state", "event-act"];
    let main = html! {
        (shell::said(&visit))
        (form(&visit))
        section {
            h2 { (visit.say("event-shown")) }
            (count(visit.language, usize::try_from(total).unwrap_or_default()))
            @if total > SHOWN { p class="hint" { (visit.say_with("event-first-only", &[("n", SHOWN.into())])) } }
            @if rows.is_empty() { (empty_state(&visit.say("event-none"), &visit.say("event-staff-none-how"))) }
            @else { (visit.table(&visit.say("event-shown"), &headings, &rows)) }
        }
        (history(&visit, &past))
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn form(visit: &Visit) -> Markup {
    let at = "/staff/events/import";
    let kinds: Vec<(String, String)> = ListKind::ALL
        .iter()
        .map(|kind| (kind.word().to_owned(), visit.say(&format!("event-kind-{}", kind.word()))))
        .collect();
    let (name, hint) = (visit.say("event-list-name"), visit.say("event-list-name-hint"));
    html! {
        section class="card" {
            h2 { (visit.say("event-bring")) }
            p { (visit.say_html("event-bring-how")) }
            form method="post" action=(at) enctype="multipart/form-data" {
                (visit.csrf(at))
                (field(visit.language, &Field { name: "source", label: &name, hint: Some(&hint), required: true,
                    max_length: Some(40), autocomplete: Some("off"), ..Field::default() }))
                (select(visit.language, "kind", &visit.say("event-kind"), &kinds, "csv", None))
                div class="field" {
                    label for="file" { (visit.say("event-file")) }
                    input id="file" name="file" type="file" accept=".csv,.ics,.xml,.rss,.atom,text/csv,text/calendar,application/xml";
                }
                div class="field" {
                    label for="text" { (visit.say("event-text")) }
                    textarea id="text" name="text" rows="4" {}
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("event-bring-go"))) }
            }
        }
    }
}

fn row(visit: &Visit, one: &Listed) -> Vec<Markup> {
    let event = &one.event;
    let when = event.starts.map_or_else(
        || visit.say("event-no-day"),
        |at| {
            let clock = at.minute.map(|minute| format!(" {}:{:02}", minute / 60, minute % 60)).unwrap_or_default();
            format!("{}{clock}", ui::dates::date(visit.language, at.day))
        },
    );
    let (what, key, kind) = if one.withdrawn_at.is_some() {
        ("put-back", "event-put-back", ButtonKind::Secondary)
    } else {
        ("withdraw", "event-withdraw", ButtonKind::Danger)
    };
    let action = format!("{PATH}/{}/{what}", event.key);
    vec![
        html! { (when) },
        html! { (event.title) },
        html! { (event.place.as_deref().unwrap_or_default()) },
        html! { @if let Some(many) = event.capacity { (many) } },
        html! { (one.source) },
        html! {
            @if one.withdrawn_at.is_some() { (chip(AlertKind::Warning, &visit.say("event-is-withdrawn"))) }
            @else if event.cancelled { (chip(AlertKind::Error, &visit.say("event-cancelled"))) }
            @else { (chip(AlertKind::Success, &visit.say("event-is-shown"))) }
        },
        one_button(&action, &visit.csrf(&action), kind, &visit.say(key), Some(&event.title)),
    ]
}

fn history(visit: &Visit, past: &[Past]) -> Markup {
    let title = visit.say("event-imports");
    let rows: Vec<Vec<Markup>> = past
        .iter()
        .map(|one| {
            let done = one.done;
            vec![
                html! { a href=(format!("{PATH}/import/{}", done.id)) { (ui::dates::instant(visit.language, one.at)) } },
                html! { (one.source) },
                html! { (visit.say(&format!("event-kind-{}", one.kind))) },
                html! { (done.added) },
                html! { (done.changed) },
                html! { (done.unchanged) },
                html! { (done.refused) },
            ]
        })
        .collect();
    let headings = [
        "event-at",
        "event-list-name",
        "event-kind",
        "event-added",
        "event-changed",
        "event-unchanged",
        "event-refused",
    ];
    html! {
        section {
            h2 { (title) }
            @if rows.is_empty() { (empty_state(&visit.say("event-imports-none"), &visit.say("event-staff-none-how"))) }
            @else { (visit.table(&title, &headings, &rows)) }
        }
    }
}

fn wrong(key: &'static str) -> Failure {
    Failure::saying(Kind::Invalid, key).next(PATH, "event-staff-title")
}

async fn import(
    State(app): State<Arc<App>>,
    me: SignedIn,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Failure> {
    let (fields, file) = read(form.map_err(|_| wrong("event-no-file"))?).await?;
    let source = fields.get("source").to_owned();
    let is_sound = (1..=MOST_NAME).contains(&source.chars().count())
        && base::my_number_guard::refuse_individual_number(&source).is_ok();
    if !is_sound {
        return Err(wrong("event-no-name"));
    }
    let kind = ListKind::from_word(fields.get("kind")).ok_or_else(|| wrong("event-no-file"))?;
    let bytes = file.or_else(|| fields.filled("text").map(|text| text.as_bytes().to_vec()));
    let bytes = bytes.ok_or_else(|| wrong("event-no-file"))?;
    let inside = app.inside()?.clone();
    let done = blocking(move || Ok(city_events::import(&inside, &me.actor(), &source, kind, &bytes)?)).await?;
    Ok(Redirect::to(&format!("{PATH}/import/{}", done.id)).into_response())
}

/// Plain fields, and the file if one was chosen.
async fn read(mut form: Multipart) -> Result<(Fields, Option<Vec<u8>>), Failure> {
    let (mut plain, mut file) = (Vec::new(), None);
    while let Some(field) = form.next_field().await.map_err(|_| wrong("event-no-file"))? {
        let (name, is_file) = (field.name().unwrap_or_default().to_owned(), field.file_name().is_some());
        let bytes = field.bytes().await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
        match (is_file, std::str::from_utf8(&bytes)) {
            (true, _) if bytes.is_empty() => {}
            (true, _) => file = Some(bytes.to_vec()),
            (false, Ok(text)) => plain.push((name, text.to_owned())),
            (false, Err(_)) => return Err(wrong("event-no-file")),
        }
    }
    Ok((Fields::of(plain), file))
}

async fn imported(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(import): Path<String>,
) -> Result<Response, Failure> {
    let (inside, id) = (app.inside()?.clone(), shell::id(&import)?);
    let (past, refused) = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let past = city_events::imports(tx)?.into_iter().find(|one| one.done.id == id);
            Ok((past, city_events::refused(tx, id)?))
        })?)
    })
    .await?;
    let past = past.ok_or_else(|| Failure::of(Kind::NotFound).next(PATH, "event-staff-title"))?;
    let done = past.done;
    let rows: Vec<Vec<Markup>> = refused
        .iter()
        .map(|row| {
            vec![
                html! { (row.line) },
                html! { span lang="ja" { (row.field) } },
                html! { span lang="ja" { (row.reason) } },
            ]
        })
        .collect();
    let kind = if done.refused == 0 { AlertKind::Success } else { AlertKind::Warning };
    let title = visit.say("event-imported");
    let main = html! {
        (alert(visit.language, kind, &html! { p { (visit.say_with("event-imported-what", &[
            ("added", done.added.into()), ("changed", done.changed.into()),
            ("unchanged", done.unchanged.into()), ("refused", done.refused.into())])) } }))
        @if !rows.is_empty() {
            p { (visit.say_html("event-refused-how")) }
            (visit.table(&visit.say("event-refused"), &["event-line", "event-part", "event-reason"], &rows))
        }
        p { a href=(PATH) { (visit.say("event-staff-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn withdraw(State(app): State<Arc<App>>, me: SignedIn, Path(key): Path<String>) -> Result<Response, Failure> {
    shell::change::<RelayError, _>(&app, PATH, "staff-done-events-withdrawn", move |tx, seams| {
        city_events::withdraw(tx, seams, &me.actor(), &key).map(drop)
    })
    .await
}

async fn put_back(State(app): State<Arc<App>>, me: SignedIn, Path(key): Path<String>) -> Result<Response, Failure> {
    shell::change::<RelayError, _>(&app, PATH, "staff-done-events-put-back", move |tx, seams| {
        city_events::put_back(tx, seams, &me.actor(), &key).map(drop)
    })
    .await
}
