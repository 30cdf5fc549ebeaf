//! The list of letters, search, and the two blocks of the home page.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use store::StoreError;
use tools::Outside;
use tools::mailbox::items::{self, PAGE};
use tools::mailbox::{Importance, LetterId, Line, Personal, View};
use tools::portal::AccountId;
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, chip};
use ui::table::empty_state;

use super::super::shell;
use super::{importance, may_read};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{InPortal, Visit};

/// Letters a search looks through at most.
const SEARCHED: usize = 400;
/// Pages that are passed over while looking for unread letters.
const UNREAD_PAGES: usize = 20;

/// Which letters.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Shown {
    view: String,
    unread: String,
    before: String,
}

/// `GET /portal/letters`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Query(shown): Query<Shown>,
) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.subject());
    let view = if shown.view == "archive" { View::Archive } else { View::Box };
    let (unread, before) = (shown.unread == "1", LetterId::parse(&shown.before));
    let (lines, more) = blocking(move || {
        Ok(outside.store.read::<_, StoreError, _>(|tx| {
            if !unread {
                let lines = items::newest(tx, account, view, before)?;
                let more = (lines.len() as i64 == PAGE).then(|| lines.last().map(|line| line.letter)).flatten();
                return Ok((lines, more));
            }
            let (mut found, mut before) = (Vec::new(), before);
            for _ in 0..UNREAD_PAGES {
                let lines = items::newest(tx, account, view, before)?;
                before = (lines.len() as i64 == PAGE).then(|| lines.last().map(|line| line.letter)).flatten();
                found.extend(lines.into_iter().filter(|line| line.opened_at.is_none()));
                if before.is_none() || found.len() as i64 >= PAGE {
                    break;
                }
            }
            Ok((found, before))
        })?)
    })
    .await?;
    let here = if view == View::Archive { "/portal/letters?view=archive" } else { "/portal/letters?view=box" };
    let filtered = if unread { format!("{here}&unread=1") } else { here.to_owned() };
    let before_word = LetterId::parse(&shown.before).map(|id| id.to_string()).unwrap_or_default();
    let empty = if view == View::Archive { "portal-letter-archive-none" } else { "portal-letter-none" };
    let main = html! {
        (shell::said(&visit))
        nav class="filters" aria-label=(visit.say("portal-letter-which")) {
            (choice(&visit, "/portal/letters", "portal-letter-all", view == View::Box && !unread))
            (choice(&visit, "/portal/letters?unread=1", "portal-letter-unread", unread))
            (choice(&visit, "/portal/letters?view=archive", "portal-letter-archive", view == View::Archive && !unread))
        }
        @if unread {
            p class="hint" role="status" { (visit.say_html("portal-letter-filtered")) " " a href=(here) { (visit.say("portal-letter-show-all")) } }
        }
        (search_form(&visit, ""))
        @if lines.is_empty() {
            (empty_state(&visit.say(if unread { "portal-letter-none-unread" } else { empty }), &visit.say("portal-letter-none-how")))
        } @else { (letters(&visit, &me, &lines)) }
        @if let Some(more) = more {
            p { a class="button button-secondary" href=(format!("{filtered}&before={more}")) { (visit.say("portal-letter-older")) } }
        }
        @if !visit.at_terminal { p { a href=(format!("/portal/letters/all.zip?view={}&before={}", if view == View::Archive { "archive" } else { "box" }, before_word)) { (visit.say("portal-letter-download-all")) } " · "
            a href="/portal/settings/letters" { (visit.say("portal-letter-consent-title")) } } }
    };
    Ok(shell::page(&visit, &me, &visit.say("portal-letter-title"), &main))
}

fn choice(visit: &Visit, href: &str, key: &str, is_here: bool) -> Markup {
    html! { a href=(href) aria-current=[is_here.then_some("page")] { (visit.say(key)) } " " }
}

fn search_form(visit: &Visit, words: &str) -> Markup {
    let label = visit.say("portal-letter-search");
    let typed =
        Field { name: "words", label: &label, kind: "search", value: words, max_length: Some(60), ..Field::default() };
    html! {
        form method="post" action="/portal/letters/search" role="search" {
            (visit.csrf("/portal/letters/search"))
            (field(visit.language, &typed))
            (button(ButtonKind::Secondary, &visit.say("portal-letter-search-do")))
        }
    }
}

/// The letters as a list of links.
pub fn letters(visit: &Visit, me: &InPortal, lines: &[Line]) -> Markup {
    html! {
        ul class="letters" { @for line in lines { li class="card" { (one_line(visit, me, line)) } } }
    }
}

fn one_line(visit: &Visit, me: &InPortal, line: &Line) -> Markup {
    let is_unread = line.opened_at.is_none();
    let kind = match line.importance {
        Importance::Emergency => AlertKind::Error,
        Importance::Statutory | Importance::Deadline => AlertKind::Warning,
        Importance::News => AlertKind::Info,
    };
    html! {
        p class="letter-marks" {
            (chip(kind, &importance(visit, line.importance))) " "
            @if is_unread { (chip(AlertKind::Success, &visit.say("portal-letter-is-unread"))) " " }
            @if line.is_recalled { (chip(AlertKind::Error, &visit.say("portal-letter-is-recalled"))) " " }
            @if line.done_at.is_some() { (chip(AlertKind::Info, &visit.say("portal-letter-is-done"))) }
        }
        p class="letter-title" {
            @if may_read(me, line.importance, false) {
                a href=(format!("/portal/letters/{}", line.letter)) { @if is_unread { strong { (line.title) } } @else { (line.title) } }
            } @else {
                (visit.say_html("portal-letter-hidden")) " "
                a href="/portal/step-up" { (visit.say("portal-step-up")) }
            }
        }
        p class="hint" {
            (line.sender_name)
            @if !line.from_city { " (" (visit.say("portal-letter-not-city")) ")" }
            " · " (ui::dates::instant(visit.language, line.placed_at))
            @if let Some(due) = line.due_on { " · " (visit.say_with("portal-letter-due", &[("date", ui::dates::date(visit.language, due).into())])) }
        }
    }
}

/// `POST /portal/letters/search`: titles, senders, and the text of letters that were opened.
pub async fn search(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    fields: Fields,
) -> Result<Response, Failure> {
    let words: String = fields.get("words").chars().take(60).collect();
    let (outside, account, wanted) = (app.outside()?.clone(), me.subject(), words.to_lowercase());
    let (found, is_all) = blocking(move || Ok(searched(&outside, account, &wanted)?)).await?;
    let main = html! {
        (search_form(&visit, &words))
        p role="status" { (visit.say_with("portal-letter-found", &[("n", found.len().into())])) }
        @if !is_all { p class="hint" { (visit.say_with("portal-letter-searched", &[("n", SEARCHED.into())])) } }
        (letters(&visit, &me, &found))
        p { a href="/portal/letters" { (visit.say("portal-letter-show-all")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("portal-letter-search"), &main))
}

fn searched(outside: &Outside, account: AccountId, wanted: &str) -> Result<(Vec<Line>, bool), StoreError> {
    if wanted.is_empty() {
        return Ok((Vec::new(), true));
    }
    let has = |text: &str| text.to_lowercase().contains(wanted);
    let (mut found, mut looked_at) = (Vec::new(), 0);
    for view in [View::Box, View::Archive] {
        let mut before = None;
        loop {
            let lines = outside.store.read::<_, StoreError, _>(|tx| items::newest(tx, account, view, before))?;
            before = lines.last().map(|line| line.letter);
            let is_last = (lines.len() as i64) < PAGE;
            for line in lines {
                looked_at += 1;
                if has(&line.title) || has(&line.sender_name) || opened_has(outside, account, &line, &has)? {
                    found.push(line);
                }
            }
            if looked_at >= SEARCHED {
                return Ok((found, false));
            }
            if is_last {
                break;
            }
        }
    }
    Ok((found, true))
}

fn opened_has(
    outside: &Outside,
    account: AccountId,
    line: &Line,
    has: &dyn Fn(&str) -> bool,
) -> Result<bool, StoreError> {
    if line.opened_at.is_none() {
        return Ok(false);
    }
    let letter = line.letter;
    let Some(item) = outside.store.read::<_, StoreError, _>(|tx| items::find(tx, account, letter))? else {
        return Ok(false);
    };
    let body = &item.letter.body;
    if body.japanese.iter().chain(&body.easy).chain(&body.english).flat_map(|block| block.texts()).any(has) {
        return Ok(true);
    }
    // A part that cannot be opened any more is not found; the letter's page says what is wrong with it.
    let part = item.personal.and_then(|sealed| Personal::open(&outside.vault, account, &sealed).ok());
    Ok(part.is_some_and(|part| {
        part.facts.iter().any(|(name, value)| has(name) || has(value)) || part.text.as_deref().is_some_and(has)
    }))
}

/// Whether letters are open here: one's own, or within what the representation covers today.
fn are_open(app: &App, me: &InPortal) -> Result<bool, Failure> {
    use tools::representatives::{self, Scope};
    let Some((represented, _)) = &me.0.acting_for else { return Ok(true) };
    let (outside, who, represented) = (app.outside()?, me.0.person.id, *represented);
    let today = outside.seams.today();
    let may = outside
        .store
        .read::<_, StoreError, _>(|tx| representatives::may(tx, today, who, represented, Scope::Letters))?;
    Ok(may.is_some())
}

/// The home page's first block: what is due.
///
/// # Errors
/// The database.
pub fn due_block(app: &App, visit: &Visit, me: &InPortal) -> Result<Option<Markup>, Failure> {
    if !may_read(me, Importance::Deadline, true) || !are_open(app, me)? {
        return Ok(None);
    }
    let (outside, account) = (app.outside()?, me.subject());
    let today = outside.seams.today();
    let due = outside.store.read::<_, StoreError, _>(|tx| items::due(tx, account, today))?;
    if due.is_empty() {
        return Ok(None);
    }
    Ok(Some(html! {
        section { h2 { (visit.say("portal-letter-home-due")) } (letters(visit, me, &due)) }
    }))
}

/// The home page's second block: new letters.
///
/// # Errors
/// The database.
pub fn new_block(app: &App, visit: &Visit, me: &InPortal) -> Result<Option<Markup>, Failure> {
    if !are_open(app, me)? {
        return Ok(None);
    }
    let (outside, account) = (app.outside()?, me.subject());
    let lines = outside.store.read::<_, StoreError, _>(|tx| items::newest(tx, account, View::Box, None))?;
    let new: Vec<Line> = lines.into_iter().filter(|line| line.opened_at.is_none()).take(3).collect();
    Ok(Some(html! {
        section {
            h2 { (visit.say("portal-letter-home-new")) }
            @if new.is_empty() { p { (visit.say_html("portal-letter-home-none")) } } @else { (letters(visit, me, &new)) }
            p { a href="/portal/letters" { (visit.say("portal-letter-home-all")) } }
        }
    }))
}
