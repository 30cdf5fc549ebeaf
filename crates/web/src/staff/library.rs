//! The library's connection (図書館との連携): whether its system answers, the door of machines, and the files of patron numbers.
//! No loans and no names: neither is here to be shown.

use std::sync::Arc;

use axum::extract::{Multipart, Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use base::Kind;
use maud::{Markup, html};
use services::library_card::LibrarySystem;
use services::library_card::listener::Door;
use services::library_card::sync::daily::Daily;
use services::library_card::sync::{self, File, SyncError, Written};
use store::StoreError;
use tools::mykey::MyKeyPlatform;
use tools::staff::Action;
use ui::form::{ButtonKind, button, one_button};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/library";
/// Files shown.
const NEWEST: i64 = 30;

/// How the library's system is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not at all.
    #[default]
    Off,
    /// By SIP2.
    Sip2,
    /// By REST in Koha's shape.
    Koha,
    /// The simulation of a demo.
    Simulated,
}

impl Connection {
    const fn word(self) -> &'static str {
        match self {
            Self::Off => "library-staff-kind-off",
            Self::Sip2 => "library-staff-kind-sip2",
            Self::Koha => "library-staff-kind-koha",
            Self::Simulated => "library-staff-kind-simulated",
        }
    }
}

/// The library as this process knows it.
#[derive(Clone, Default)]
pub struct Place {
    /// How.
    pub connection: Connection,
    /// Its system.
    pub system: Option<Arc<dyn LibrarySystem>>,
    /// The door of machines.
    pub door: Option<Arc<Door>>,
    /// マイキープラットフォーム, where it is used.
    pub mykey: Option<MyKey>,
    /// Files that go by themselves.
    pub daily: Option<Arc<Daily>>,
}

/// マイキープラットフォーム as this process knows it.
#[derive(Clone)]
pub struct MyKey {
    /// The platform.
    pub platform: Arc<dyn MyKeyPlatform>,
    /// Whether it is the simulation of a demo.
    pub is_simulated: bool,
}

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Staff(Action::KeepLibrary);
    Routes::new()
        .get(PATH, may, page)
        .post("/staff/library/list", may, list_utf8)
        .post("/staff/library/list-sjis", may, list_sjis)
        .post("/staff/library/take", may, take)
        .get("/staff/library/files/{file}", may, one)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let (inside, system) = (app.inside()?.clone(), app.library.system.clone());
    let (files, live, answers) = blocking(move || {
        let files = inside.store.read::<_, StoreError, _>(|tx| sync::files(tx, NEWEST))?;
        let live = inside.cards.read::<_, StoreError, _>(sync::live)?;
        Ok((files, live, system.map(|system| system.check().map(drop))))
    })
    .await?;
    let machines = match &app.library.door {
        None => visit.say("library-staff-machines-none"),
        Some(door) => ui::words().format(
            visit.language,
            "library-staff-machines-many",
            &[
                ("address", door.address().to_string().as_str().into()),
                ("many", i64::try_from(door.machines()).unwrap_or(0).into()),
            ],
        ),
    };
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("library-staff-lead")) }
        (facts(&[
            (visit.say("library-staff-kind"), visit.say_html(app.library.connection.word())),
            (visit.say("library-staff-answers"), html! { @match &answers {
                None => { "–" }
                Some(Ok(())) => (chip(AlertKind::Success, &visit.say("library-staff-answers-yes"))),
                Some(Err(error)) => (chip(AlertKind::Error, &visit.say(error.word()))),
            } }),
            (visit.say("library-staff-machines"), html! { (machines) }),
            (visit.say("library-staff-mykey"), visit.say_html(match &app.library.mykey {
                None => "library-staff-mykey-off",
                Some(mykey) if mykey.is_simulated => "library-staff-mykey-simulated",
                Some(_) => "library-staff-mykey-on",
            })),
            (visit.say("library-staff-links"), html! { @for (form, many) in &live {
                (visit.say(form.word())) ": " (many) " " } @if live.is_empty() { "0" } }),
        ]))
        section class="card" {
            h2 { (visit.say_html("library-staff-give")) }
            p { (visit.say_html("library-staff-give-how")) }
            div class="buttons" {
                @for (action, key) in [("/staff/library/list", "library-staff-give-utf8"),
                    ("/staff/library/list-sjis", "library-staff-give-sjis")] {
                    (one_button(action, &visit.csrf(action), ButtonKind::Secondary, &visit.say(key), None))
                }
            }
        }
        (take_form(&visit))
        (by_itself(&visit, app.library.daily.as_deref()))
        (past(&visit, &files))
    };
    Ok(shell::page(&visit, &me, &visit.say("library-staff-title"), &main))
}

fn take_form(visit: &Visit) -> Markup {
    let action = "/staff/library/take";
    html! {
        section class="card" {
            h2 { (visit.say_html("library-staff-take")) }
            p id="file-hint" { (visit.say_html("library-staff-take-how")) }
            form method="post" action=(action) enctype="multipart/form-data" {
                (visit.csrf(action))
                div class="field" {
                    label for="file" { (visit.say_html("library-staff-take-file")) }
                    input id="file" name="file" type="file" required accept=".csv,text/csv" aria-describedby="file-hint";
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("library-staff-take-button"))) }
            }
        }
    }
}

/// The folders: what goes where, and what keeps it from going.
fn by_itself(visit: &Visit, daily: Option<&Daily>) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say_html("library-staff-daily")) }
            @match daily {
                None => p { (visit.say_html("library-staff-daily-off")) },
                Some(daily) => {
                    @for word in daily.trouble() { (alert(visit.language, AlertKind::Error, &html! { p { (visit.say_html(word)) } })) }
                    @if let Some(folder) = &daily.settings().give {
                        p { (ui::words().markup(visit.language, "library-staff-daily-gives",
                            &[("hour", i64::from(daily.settings().from_hour).into())])) br; code { (folder.display()) } }
                    }
                    @if let Some(folder) = &daily.settings().take {
                        p { (visit.say_html("library-staff-daily-takes")) br; code { (folder.display()) } }
                    }
                }
            }
        }
    }
}

/// How a file went: by hand, or by itself and under which name; what was not taken as a whole says so.
fn how(visit: &Visit, file: &File) -> Markup {
    let Some(folder) = &file.folder else { return visit.say_html("library-staff-by-hand") };
    html! {
        (visit.say_html("library-staff-by-itself"))
        @if let Some(name) = &folder.name { br; code { (name) } }
        @if folder.why.is_some() { br; (chip(AlertKind::Error, &visit.say("library-staff-not-taken"))) }
    }
}

fn past(visit: &Visit, files: &[File]) -> Markup {
    let rows: Vec<Vec<Markup>> = files
        .iter()
        .map(|file| {
            let at = ui::dates::instant(visit.language, file.at);
            let direction = if file.is_in { "library-staff-in" } else { "library-staff-out" };
            vec![
                html! { @if file.is_in { a href=(format!("{PATH}/files/{}", file.id)) { (at) } } @else { (at) } },
                visit.say_html(direction),
                how(visit, file),
                html! { (file.lines) },
                html! { (file.changed) },
                html! { (file.refused) },
            ]
        })
        .collect();
    let headings = [
        "library-staff-at",
        "library-staff-direction",
        "library-staff-how",
        "library-staff-lines",
        "library-staff-changed",
        "library-staff-refused",
    ];
    html! {
        section {
            h2 { (visit.say_html("library-staff-files")) }
            @if rows.is_empty() {
                (empty_state(&visit.say("library-staff-files-none"), &visit.say("library-staff-files-none-how")))
            } @else { (visit.table(&visit.say("library-staff-files"), &headings, &rows)) }
        }
    }
}

async fn list_utf8(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    list(&app, &me, Written::Utf8).await
}

async fn list_sjis(State(app): State<Arc<App>>, me: SignedIn) -> Result<Response, Failure> {
    list(&app, &me, Written::ShiftJis).await
}

async fn list(app: &App, me: &SignedIn, written: Written) -> Result<Response, Failure> {
    let (inside, by) = (app.inside()?.clone(), me.actor());
    let bytes = blocking(move || sync::give(&inside, &by, written).map_err(failed)).await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    let kind = match written {
        Written::Utf8 => "text/csv; charset=utf-8",
        Written::ShiftJis => "text/csv; charset=shift_jis",
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let name = HeaderValue::from_static("attachment; filename=\"library-cards.csv\"");
    headers.insert(header::CONTENT_DISPOSITION, name);
    Ok(response)
}

fn wrong(key: &'static str) -> Failure {
    Failure::saying(Kind::Invalid, key).next(PATH, "library-staff-title")
}

fn failed(error: SyncError) -> Failure {
    match error {
        SyncError::IndividualNumber { line, column } => wrong("library-staff-wrong-individual-number-at")
            .with("line", line.to_string())
            .with("column", column.to_string()),
        SyncError::Characters => wrong("library-staff-wrong-characters"),
        SyncError::TooLarge => wrong("library-staff-wrong-size"),
        SyncError::Empty => wrong("library-staff-wrong-empty"),
        SyncError::Card(error) => Failure::of(error.kind()),
        SyncError::Store(error) => error.into(),
    }
}

async fn take(
    State(app): State<Arc<App>>,
    me: SignedIn,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Failure> {
    let no_file = || wrong("library-staff-no-file");
    let (mut form, mut file) = (form.map_err(|_| no_file())?, None);
    while let Some(field) = form.next_field().await.map_err(|_| no_file())? {
        let is_file = field.file_name().is_some();
        let bytes = field.bytes().await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
        if is_file && !bytes.is_empty() {
            file = Some(bytes.to_vec());
        }
    }
    let (bytes, inside, by) = (file.ok_or_else(no_file)?, app.inside()?.clone(), me.actor());
    let taken = blocking(move || sync::take(&inside, &by, &bytes).map_err(failed)).await?;
    Ok(Redirect::to(&format!("{PATH}/files/{}", taken.id)).into_response())
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(file): Path<String>,
) -> Result<Response, Failure> {
    let (inside, id) = (app.inside()?.clone(), shell::id(&file)?);
    let (file, refused) = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| Ok((sync::file(tx, id)?, sync::refused(tx, id)?)))?)
    })
    .await?;
    let file = file.ok_or_else(|| Failure::of(Kind::NotFound).next(PATH, "library-staff-title"))?;
    let rows: Vec<Vec<Markup>> = refused
        .iter()
        .map(|one| {
            let column = one.column.map(|column| html! { " (" (visit.say("library-staff-column")) " " (column) ")" });
            vec![
                html! { (one.line) (column.unwrap_or_default()) },
                visit.say_html(&format!("library-refused-{}", one.reason)),
            ]
        })
        .collect();
    let why = file.folder.as_ref().and_then(|folder| folder.why.as_deref());
    let kind = match (why, file.refused) {
        (Some(_), _) => AlertKind::Error,
        (None, 0) => AlertKind::Success,
        (None, _) => AlertKind::Warning,
    };
    let numbers = [
        ("library-staff-lines", file.lines),
        ("library-staff-changed", file.changed),
        ("library-staff-refused", file.refused),
    ];
    let main = html! {
        p { (ui::dates::instant(visit.language, file.at)) " " (how(&visit, &file)) }
        (alert(visit.language, kind, &html! { @match why {
            Some(why) => p { (visit.say_html(&format!("library-staff-wrong-{why}"))) },
            None => p { @for (key, many) in numbers { (visit.say_html(key)) ": " (many) " " } },
        } }))
        @if !rows.is_empty() {
            (visit.table(&visit.say("library-staff-refused"), &["library-staff-line", "library-staff-reason"], &rows))
        }
        p { a href=(PATH) { (visit.say_html("library-staff-title")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("library-staff-in"), &main))
}
