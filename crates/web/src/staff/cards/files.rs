//! Files of one card: members with their old numbers in, what changed out.

use std::sync::Arc;

use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use base::{Date, Kind};
use maud::{Markup, html};
use services::city_cards::files::{self, Brought, LineFault, MOST_BYTES};
use services::city_cards::kept::{self, Kept};
use tools::service_cards::changes::Change;
use ui::form::{ButtonKind, Field, button, field, select};
use ui::notice::{AlertKind, alert};

use super::super::shell;
use super::PATH;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::portal::letters::file;
use crate::visit::{SignedIn, Visit};

/// The longest file with its form.
pub const MOST_FORM: usize = MOST_BYTES + (64 << 10);
/// Faults shown of a file.
const SHOWN: usize = 200;

/// The version in force, or the newest.
pub(super) fn the_card(tx: &mut store::Tx<'_>, key: &str) -> Result<Option<Kept>, store::StoreError> {
    Ok(match kept::live(tx, key)? {
        Some(live) => Some(live),
        None => kept::versions(tx, key)?.into_iter().next(),
    })
}

/// `GET …/files`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(key): Path<String>,
) -> Result<Response, Failure> {
    drawn(&app, &visit, &me, key, &html! {}).await
}

async fn drawn(app: &Arc<App>, visit: &Visit, me: &SignedIn, key: String, said: &Markup) -> Result<Response, Failure> {
    let (inside, wanted) = (app.inside()?.clone(), key.clone());
    let card = blocking(move || Ok(inside.store.read(|tx| the_card(tx, &wanted))?)).await?;
    let card = card.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let (members, changes) = (format!("{PATH}/{key}/files/members"), format!("{PATH}/{key}/files/changes.csv"));
    let (since, yesterday) = (visit.say("city-cards-files-since"), app.seams.today().plus_days(-1).to_string());
    let encodings = [("utf8".to_owned(), "UTF-8".to_owned()), ("shift_jis".to_owned(), "Shift_JIS".to_owned())];
    let title = format!("{} {}", card.definition.names.say(visit.language), visit.say("city-cards-files"));
    let main = html! {
        (said)
        section class="card" {
            h2 { (visit.say("city-cards-files-out")) }
            p { (visit.say("city-cards-files-out-how")) }
            form method="post" action=(changes) {
                (visit.csrf(&changes))
                (field(visit.language, &Field { name: "since", label: &since, kind: "date", value: &yesterday, required: true, ..Field::default() }))
                (select(visit.language, "encoding", &visit.say("city-cards-files-encoding"), &encodings, "utf8", None))
                (button(ButtonKind::Primary, &visit.say("city-cards-files-out-go")))
            }
        }
        section class="card" {
            h2 { (visit.say("city-cards-files-in")) }
            p { (visit.say("city-cards-files-in-how")) }
            p { code { "宛名番号,番号,有効期限" } }
            form method="post" action=(members) enctype="multipart/form-data" {
                (visit.csrf(&members))
                div class="field" {
                    label for="file" { (visit.say("city-cards-files-file")) }
                    input id="file" name="file" type="file" required accept=".csv,text/csv";
                }
                (button(ButtonKind::Secondary, &visit.say("city-cards-files-in-go")))
            }
        }
        p { a href=(format!("{PATH}/{key}")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(visit, me, &title, &main))
}

fn refused(visit: &Visit, faults: &[LineFault]) -> Markup {
    let rows: Vec<Vec<Markup>> = faults
        .iter()
        .take(SHOWN)
        .map(|one| {
            vec![
                html! { (one.line) },
                html! { (visit.say(one.column.word())) },
                html! { (visit.say(one.reason.word())) },
            ]
        })
        .collect();
    let headings = ["city-cards-files-line", "city-cards-files-field", "city-cards-files-reason"];
    html! {
        (alert(visit.language, AlertKind::Error, &html! {
            p { (visit.say_with("city-cards-files-refused", &[("n", faults.len().into())])) }
        }))
        (visit.table(&visit.say("city-cards-files-faults"), &headings, &rows))
        @if faults.len() > SHOWN { p class="hint" { (visit.say_with("city-cards-files-first", &[("n", SHOWN.into())])) } }
    }
}

/// `POST …/files/members`: all lines or none.
pub async fn members(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(key): Path<String>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Failure> {
    let invalid = || Failure::saying(Kind::Invalid, "city-cards-files-none");
    let mut form = form.map_err(|_| invalid())?;
    let mut sent = None;
    while let Some(field) = form.next_field().await.map_err(|_| invalid())? {
        if field.file_name().is_some() {
            sent = Some(field.bytes().await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?);
        }
    }
    let bytes = sent.filter(|bytes| !bytes.is_empty()).ok_or_else(invalid)?;
    let (inside, wanted, actor) = (app.inside()?.clone(), key.clone(), me.actor());
    let brought = blocking(move || {
        let card = inside.store.read(|tx| the_card(tx, &wanted))?.ok_or_else(|| Failure::of(Kind::NotFound))?;
        Ok(files::bring(&inside, &actor, &card, &bytes)?)
    })
    .await?;
    let (said, is_taken) = match &brought {
        Brought::Taken { added, unchanged } => {
            let counts = [("added", (*added).into()), ("unchanged", (*unchanged).into())];
            let said = html! { p { (visit.say_with("city-cards-files-taken", &counts)) } };
            (alert(visit.language, AlertKind::Success, &said), true)
        }
        Brought::Refused(faults) => (refused(&visit, faults), false),
    };
    let mut response = drawn(&app, &visit, &me, key, &said).await?;
    if !is_taken {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(response)
}

/// `POST …/files/changes.csv`: numbers leave, so it is asked for by a form and written down.
pub async fn changes(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let since = Date::parse(fields.get("since")).map_err(|_| Failure::of(Kind::Invalid))?;
    let is_old = fields.get("encoding") == "shift_jis";
    let (inside, wanted, actor) = (app.inside()?.clone(), key.clone(), me.actor());
    let all = blocking(move || {
        inside.store.read(|tx| the_card(tx, &wanted))?.ok_or_else(|| Failure::of(Kind::NotFound))?;
        Ok(files::changed(&inside, &actor, &wanted, since)?)
    })
    .await?;
    let headings = ["番号", "形", "状態", "変更日時", "有効期限", "理由"];
    let rows: Vec<Vec<String>> = all.iter().map(line).collect();
    let bytes = ui::csv::file(&headings, &rows);
    let (bytes, kind) = if is_old {
        (files::in_shift_jis(&bytes).ok_or_else(|| Failure::of(Kind::Invalid))?, "text/csv; charset=shift_jis")
    } else {
        (bytes, "text/csv; charset=utf-8")
    };
    Ok(file(kind, &format!("{key}-changes.csv"), bytes))
}

fn line(one: &Change) -> Vec<String> {
    let say = |key: &str| ui::words().get(ui::Language::Japanese, key);
    vec![
        one.card.number.reveal().clone(),
        say(one.card.form.word()),
        say(one.status.word()),
        one.cursor.at.to_string(),
        one.card.valid_until.map(|day| day.to_string()).unwrap_or_default(),
        one.why.clone(),
    ]
}
