//! Who looked (閲覧履歴): each line in plain words, with the work and the rule; an objection; a proof that it was not altered.
//!
//! ```text
//!  /portal/looked          the list: by work, by year; count; print        /portal/looked/file     for Excel
//!  /portal/looked/{line}   one line: object to it, check it               /portal/looked/{line}/proof   JSON
//! ```

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Id, Kind, Timestamp};
use maud::{Markup, html};
use tools::access::Duty;
use tools::disclosure::telling::Line;
use tools::looked::{self, Looked, OBJECTION_CHARACTERS};
use tools::portal::Assurance;
use ui::Language;
use ui::form::{ButtonKind, button, link_button, select};
use ui::notice::{AlertKind, alert, chip};
use ui::table::{Slice, count, empty_state, pagination};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/looked";
/// Lines on a page of the list.
const SIZE: usize = 30;

/// Its routes.
pub fn routes() -> Routes {
    let known = Rule::Resident(Assurance::Substantial);
    Routes::new()
        .get(PATH, known, list)
        .get("/portal/looked/file", known, file)
        .get("/portal/looked/{line}", known, one)
        .get("/portal/looked/{line}/proof", known, proof)
        .post("/portal/looked/{line}/object", known, object)
}

/// The home page's block: how many looked within thirty days, and the newest.
///
/// # Errors
/// What the store says.
pub fn block(app: &App, visit: &Visit, me: &InPortal) -> Result<Option<Markup>, Failure> {
    let may_look = me.0.acting_for.is_none();
    if me.level() < Assurance::Substantial || !may_look {
        return Ok(None);
    }
    let newest = looked::newest(app.outside()?, me.subject())?;
    let since = app.seams.now().plus_seconds(-30 * 86_400).micros();
    let recent = newest.iter().filter(|line| line.at >= since).count();
    let key = if recent < looked::HANDFUL { "looked-recent" } else { "looked-recent-many" };
    Ok(Some(html! {
        section class="card" aria-labelledby="home-looked" {
            h2 id="home-looked" { (visit.say_html("looked-title")) }
            p { (visit.say_with(key, &[("n", recent.into())])) }
            @if let Some(newest) = newest.first() {
                p { (when(visit, newest)) " " (work(visit, newest)) }
            }
            a href=(PATH) { (visit.say_html("looked-all")) }
        }
    }))
}

/// What the list is narrowed to.
#[derive(Default)]
struct Narrowed {
    duty: String,
    year: String,
    page: usize,
}

impl Narrowed {
    fn read(query: Option<String>) -> Self {
        let fields = Fields::parse(query.unwrap_or_default().as_bytes());
        let duty = Duty::from_code(fields.get("work")).map_or("", Duty::code).to_owned();
        let year = fields.get("year").parse::<u16>().map(|year| year.to_string()).unwrap_or_default();
        Self { duty, year, page: fields.get("page").parse().unwrap_or(1).clamp(1, 10_000) }
    }

    fn keeps(&self, line: &Line) -> bool {
        (self.duty.is_empty() || line.duty == self.duty) && (self.year.is_empty() || year_of(line) == self.year)
    }

    fn address(&self) -> String {
        format!("{PATH}?work={}&year={}", self.duty, self.year)
    }
}

fn year_of(line: &Line) -> String {
    Timestamp::from_micros(line.at).date_in_japan().parts().0.to_string()
}

fn when(visit: &Visit, line: &Line) -> String {
    ui::dates::instant(visit.language, Timestamp::from_micros(line.at))
}

/// The duty in plain words.
fn work(visit: &Visit, line: &Line) -> Markup {
    let key = format!("looked-duty-{}", line.duty.replace(['.', '_'], "-"));
    match (&line.told, ui::words().has(visit.language, &key)) {
        (Some((japanese, english)), _) => {
            html! { @if visit.language == Language::English { (english) } @else { span lang="ja" { (japanese) } } }
        }
        (None, true) => visit.say_html(&key),
        (None, false) => visit.say_html("looked-duty-other"),
    }
}

/// Who: the office of a member of staff; another person without where they stood.
fn who(visit: &Visit, line: &Line) -> Markup {
    match (line.by.as_str(), &line.office) {
        ("staff" | "counter", Some(office)) => html! { span lang="ja" { (visit.city) " " (office) } },
        ("staff" | "counter", None) => html! { (visit.city) },
        ("resident", _) => visit.say_html("looked-by-person"),
        ("kiosk", _) => visit.say_html("looked-by-machine"),
        _ => visit.say_html("looked-by-system"),
    }
}

fn items(visit: &Visit, line: &Line) -> String {
    let words = line.items.iter().map(|item| {
        let key = format!("looked-item-{}", item.replace('_', "-"));
        if ui::words().has(visit.language, &key) { visit.say(&key) } else { visit.say("looked-item-other") }
    });
    words.collect::<Vec<_>>().join(if visit.language == Language::English { ", " } else { "、" })
}

fn law(line: &Line) -> &'static str {
    Duty::from_code(&line.duty).map_or("", Duty::law)
}

async fn all_of(app: &Arc<App>, me: &InPortal) -> Result<Vec<Looked>, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.subject());
    blocking(move || Ok(looked::list(&outside, account)?)).await
}

async fn list(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let (all, narrowed) = (all_of(&app, &me).await?, Narrowed::read(query));
    let kept: Vec<&Looked> = all.iter().filter(|one| narrowed.keeps(&one.line)).collect();
    let slice = Slice { page: narrowed.page, size: SIZE, total: kept.len() };
    let title = visit.say("looked-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("looked-how")) }
        (filter(&visit, &all, &narrowed))
        (count(visit.language, kept.len()))
        @if kept.is_empty() {
            (empty_state(&visit.say("looked-none"), &visit.say("looked-none-how")))
        } @else {
            ul class="looked" { @for one in slice.of(&kept) { li { (card(&visit, one)) } } }
            (pagination(visit.language, slice, &narrowed.address()))
        }
        @if !visit.at_terminal { p { a href="/portal/looked/file" { (visit.say_html("looked-file")) } } }
        p class="note" { (visit.say_html("looked-limits")) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn filter(visit: &Visit, all: &[Looked], narrowed: &Narrowed) -> Markup {
    let any = |key| (String::new(), visit.say(key));
    let mut works = vec![any("looked-any-work")];
    for duty in Duty::ALL.iter().filter(|duty| all.iter().any(|one| one.line.duty == duty.code())) {
        let key = format!("looked-duty-{}", duty.code().replace(['.', '_'], "-"));
        works.push((duty.code().to_owned(), visit.say(&key)));
    }
    let mut years: Vec<String> = all.iter().map(|one| year_of(&one.line)).collect();
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    let years = std::iter::once(any("looked-any-year")).chain(years.into_iter().map(|year| (year.clone(), year)));
    html! {
        form method="get" action=(PATH) class="narrow" {
            (select(visit.language, "work", &visit.say("looked-work"), &works, &narrowed.duty, None))
            (select(visit.language, "year", &visit.say("looked-year"), &years.collect::<Vec<_>>(), &narrowed.year, None))
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("looked-narrow"))) }
        }
    }
}

fn card(visit: &Visit, one: &Looked) -> Markup {
    let line = &one.line;
    html! {
        article class="card" {
            h2 { a href=(format!("{PATH}/{}", line.id)) { (when(visit, line)) } }
            dl class="facts" { (facts(visit, line)) }
            @if let Some(objection) = &one.objection {
                @let key = if objection.answer.is_some() { "looked-objection-answered" } else { "looked-objection-waits" };
                p { (chip(AlertKind::Info, &visit.say(key))) }
            }
        }
    }
}

fn facts(visit: &Visit, line: &Line) -> Markup {
    html! {
        dt { (visit.say_html("looked-who")) } dd { (who(visit, line)) }
        dt { (visit.say_html("looked-work")) } dd { (work(visit, line)) }
        dt { (visit.say_html("looked-items")) } dd { (items(visit, line)) }
        dt { (visit.say_html("looked-law")) } dd lang="ja" { (law(line)) }
    }
}

async fn file(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let all = all_of(&app, &me).await?;
    let text = |markup: Markup| {
        let mut plain = String::new();
        let mut is_tag = false;
        // Only our own span and ruby elements; readings in brackets are left out with their tags.
        for c in markup.into_string().chars() {
            match c {
                '<' => is_tag = true,
                '>' => is_tag = false,
                c if !is_tag => plain.push(c),
                _ => {}
            }
        }
        plain.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"")
    };
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let line = &one.line;
            let (who, work) = (text(who(&visit, line)), text(work(&visit, line)));
            vec![when(&visit, line), who, work, items(&visit, line), law(line).to_owned()]
        })
        .collect();
    let headings = ["looked-when", "looked-who", "looked-work", "looked-items", "looked-law"].map(|key| visit.say(key));
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let bytes = ui::csv::file(&headings, &rows);
    Ok(download(bytes, "text/csv; charset=utf-8", "attachment; filename=\"who-looked.csv\""))
}

fn download(bytes: Vec<u8>, kind: &'static str, disposition: &'static str) -> Response {
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    response
}

async fn found(app: &Arc<App>, me: &InPortal, line: &str) -> Result<Looked, Failure> {
    let id = Id::parse(line).map_err(|_| Failure::of(Kind::NotFound))?;
    let all = all_of(app, me).await?;
    all.into_iter().find(|one| one.line.id == id).ok_or_else(|| Failure::of(Kind::NotFound))
}

async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(line): Path<String>,
) -> Result<Response, Failure> {
    let one = found(&app, &me, &line).await?;
    let title = when(&visit, &one.line);
    let main = html! {
        (shell::said(&visit))
        dl class="facts" { (facts(&visit, &one.line)) }
        (objection(&visit, &one))
        section {
            h2 { (visit.say_html("looked-check")) }
            p { (visit.say_html("looked-check-how")) }
            @if one.proof.is_some() && !visit.at_terminal {
                (link_button(ButtonKind::Secondary, &format!("{PATH}/{}/proof", one.line.id), &visit.say("looked-check-file")))
                p class="note" { (visit.say_html("looked-check-what")) }
                (checked_here(&app, &visit, &one))
            } @else {
                (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("looked-check-later")) } }))
            }
        }
        p { a href=(PATH) { (visit.say("page-back")) } }
    };
    let scripts: &[&str] = if one.proof.is_some() { &["looked.js"] } else { &[] };
    Ok(shell::with_scripts(&visit, &me, &title, scripts, &html! { h1 { (title) } (main) }))
}

/// The proof checked by the browser itself; without script the steps, and the program that does the same.
fn checked_here(app: &App, visit: &Visit, one: &Looked) -> Markup {
    let words = serde_json::json!({
        "running": visit.say("looked-check-running"), "good": visit.say("looked-check-good"),
        "half": visit.say("looked-check-half"), "bad": visit.say("looked-check-bad"),
    });
    let proof = serde_json::json!(one.proof);
    html! {
        p { (visit.say_html("looked-check-steps")) }
        div id="looked-check" hidden data-words=(words.to_string()) data-proof=(proof.to_string())
            data-keys=(serde_json::json!(app.audit_keys).to_string()) {
            h3 { (visit.say_html("looked-check-here")) }
            p role="status" {}
        }
        p class="note" { (visit.say_html("looked-check-script")) " "
            a href="/who-looked/keys" { (visit.say("looked-keys-link")) } " · "
            a href="/who-looked/check-who-looked.py" { "check-who-looked.py" } }
    }
}

fn objection(visit: &Visit, one: &Looked) -> Markup {
    let action = format!("{PATH}/{}/object", one.line.id);
    html! {
        section {
            h2 { (visit.say_html("looked-object")) }
            @if let Some(raised) = &one.objection {
                p { (visit.say_html("looked-object-said")) }
                blockquote { p { (raised.words) } }
                @match &raised.answer {
                    Some(answer) => { p { (visit.say_html("looked-object-answer")) } blockquote { p lang="ja" { (answer) } } }
                    None => { p { (visit.say_html("looked-objection-waits")) } }
                }
            } @else {
                p { (visit.say_html("looked-object-how")) }
                form method="post" action=(action) {
                    (visit.csrf(&action))
                    div class="field" {
                        label for="words" { (visit.say("looked-object-words")) }
                        textarea id="words" name="words" rows="4" required maxlength=(OBJECTION_CHARACTERS) {}
                    }
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("looked-object-send"))) }
                }
            }
        }
    }
}

async fn object(
    State(app): State<Arc<App>>,
    me: InPortal,
    Path(line): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let id = Id::parse(&line).map_err(|_| Failure::of(Kind::NotFound))?;
    let (outside, account, words) = (app.outside()?.clone(), me.subject(), fields.get("words").to_owned());
    let was_taken = blocking(move || {
        let was_taken = looked::object(&outside, account, id, &words)?;
        if was_taken {
            let seams = outside.seams.clone();
            outside.store.write::<_, store::StoreError, _>(move |tx| {
                // Both names, where somebody objects for another.
                tools::representatives::acted(tx, &seams, &me.0, "objected", &id.to_string())
            })?;
        }
        Ok(was_taken)
    })
    .await?;
    let address = format!("{PATH}/{id}");
    if was_taken {
        Ok(shell::done(&address, "portal-done-objection"))
    } else {
        Err(Failure::saying(Kind::Conflict, "looked-object-not").next(address, "page-back"))
    }
}

async fn proof(State(app): State<Arc<App>>, me: InPortal, Path(line): Path<String>) -> Result<Response, Failure> {
    let one = found(&app, &me, &line).await?;
    let proof = one.proof.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let text = serde_json::to_vec_pretty(&proof).map_err(|error| Failure::defect("looked", &error))?;
    Ok(download(text, "application/json", "attachment; filename=\"who-looked-proof.json\""))
}
