//! Answers to a letter (返信): the list for everybody who sees the letter, the words for the office that sent it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::html;
use store::StoreError;
use tools::dispatch::replies::{self, Person};
use tools::dispatch::{self};
use ui::notice::facts;
use ui::table::{count, empty_state};

use super::super::shell;
use super::PATH;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::visit::{SignedIn, Visit};

/// `GET …/replies`.
pub async fn list(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (id, inside, office) = (shell::id(&id)?, app.inside()?.clone(), me.account.office.clone());
    let found = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let Some(one) = dispatch::get(tx, id)? else { return Ok(None) };
            let theirs = replies::is_theirs(tx, &one, &office)?;
            Ok(Some((one, replies::list(tx, id)?, theirs)))
        })?)
    })
    .await?;
    let (one, all, is_theirs) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let instant = |at| ui::dates::instant(visit.language, at);
    let rows: Vec<_> = all
        .iter()
        .map(|reply| {
            vec![
                html! { @if is_theirs { a href=(format!("{PATH}/{id}/replies/{}", reply.id)) { (instant(reply.made_at)) } }
                @else { (instant(reply.made_at)) } },
                html! { @if reply.is_by_other { (visit.say("letters-reply-by-other")) } @else { (visit.say("letters-reply-by-self")) } },
                html! { @match reply.opened_at { Some(at) => (instant(at)), None => (visit.say("letters-reply-unread")) } },
            ]
        })
        .collect();
    let title = visit.say("letters-replies");
    let main = html! {
        p { (one.draft.title) }
        p { (visit.say(if is_theirs { "letters-replies-how" } else { "letters-replies-not-yours" })) }
        (count(visit.language, rows.len()))
        @if rows.is_empty() { (empty_state(&visit.say("letters-replies-none"), &visit.say("letters-replies-none-how"))) }
        @else { (visit.table(&title, &["letters-reply-at", "letters-reply-by", "letters-reply-opened"], &rows)) }
        p { a href=(format!("{PATH}/{id}")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn person(person: &Person) -> maud::Markup {
    html! { @if let Some(name) = &person.name { (name) " " } "(" (person.resident.as_str()) ")" }
}

/// `GET …/replies/{reply}`: a reading of the person's record, for members of the office that sent the letter.
pub async fn one(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path((id, reply)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (id, reply, inside) = (shell::id(&id)?, shell::id(&reply)?, app.inside()?.clone());
    let (office, actor) = (me.account.office.clone(), me.actor());
    let shown = blocking(move || {
        let is_theirs = inside.store.read::<_, StoreError, _>(|tx| {
            let Some(one) = dispatch::get(tx, id)? else { return Ok(None) };
            replies::is_theirs(tx, &one, &office).map(Some)
        })?;
        match is_theirs {
            Some(true) => Ok(replies::open(&inside, &actor, id, reply)?),
            Some(false) => {
                Err(Failure::saying(Kind::Forbidden, "letters-replies-not-yours").next(PATH, "letters-title"))
            }
            None => Ok(None),
        }
    })
    .await?;
    let shown = shown.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let main = html! {
        (facts(&[
            (visit.say("letters-reply-from"), person(&shown.person)),
            (visit.say("letters-reply-writer"), html! {
                @match &shown.writer { Some(writer) => (person(writer)), None => (visit.say("letters-reply-by-self")) }
            }),
            (visit.say("letters-reply-at"), html! { (ui::dates::instant(visit.language, shown.made_at)) }),
        ]))
        blockquote class="reply" { (shown.words) }
        p class="hint" { (visit.say("letters-reply-seen")) }
        p { a href=(format!("{PATH}/{id}/replies")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("letters-reply"), &main))
}
