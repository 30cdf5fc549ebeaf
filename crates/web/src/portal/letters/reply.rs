//! Answering a letter that asks for it (返信): the form, what was sent, when the city had it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use data_encoding::HEXLOWER;
use maud::{Markup, html};
use tools::mailbox::replies::{self, MOST, MOST_CHARACTERS, Refusal, Reply, Written};
use tools::mailbox::{Act, Item};
use ui::form::{ButtonKind, button};
use ui::notice::facts;

use super::super::shell;
use super::letter_id;
use super::one::readable;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{InPortal, Visit};

/// `GET …/reply`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let (outside, id, asking) = (app.outside()?.clone(), letter_id(&letter)?, me.clone());
    let (item, sent) = blocking(move || {
        let item = readable(&outside.store, &asking, id)?;
        let sent = replies::list(&outside, asking.subject(), id)?;
        Ok((item, sent))
    })
    .await?;
    if item.letter.action != Some(Act::Reply) {
        return Err(Failure::of(Kind::NotFound));
    }
    let is_open = item.letter.recalled_at.is_none() && item.opened_at.is_some() && (sent.len() as i64) < MOST;
    let main = html! {
        (shell::said(&visit))
        p { (item.letter.title) " · " (item.letter.sender.name) }
        @if is_open { (form(&visit, &item)) } @else { p { (visit.say_html("portal-letter-reply-closed")) } }
        @if !sent.is_empty() {
            h2 { (visit.say("portal-letter-reply-sent")) }
            ol class="letters" { @for one in sent.iter().rev() { li class="card" { (receipt(&visit, one)) } } }
        }
        p { a href=(format!("/portal/letters/{}", item.letter.id)) { (visit.say("portal-letter-back-to")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("portal-letter-reply"), &main))
}

fn form(visit: &Visit, item: &Item) -> Markup {
    let action = format!("/portal/letters/{}/reply", item.letter.id);
    html! {
        p { (visit.say_html("portal-letter-reply-how")) }
        @if let Some(acting) = &visit.acting {
            p { (visit.say_with("portal-letter-reply-names", &[
                ("who", acting.who.as_str().into()), ("represented", acting.represented.as_str().into())])) }
        }
        form method="post" action=(action) {
            (visit.csrf(&action))
            div class="field" {
                label for="words" { (visit.say("portal-letter-reply-words")) }
                p class="hint" id="words-hint" { (visit.say_with("portal-letter-reply-most", &[("n", MOST_CHARACTERS.into())])) }
                textarea id="words" name="words" rows="8" required maxlength=(MOST_CHARACTERS) aria-describedby="words-hint" {}
            }
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("portal-letter-reply-send"))) }
        }
    }
}

fn receipt(visit: &Visit, one: &Reply) -> Markup {
    let instant = |at| ui::dates::instant(visit.language, at);
    html! {
        blockquote class="reply" { (one.written.words) }
        @if let Some((who, represented)) = &one.written.names {
            p { (visit.say_with("portal-letter-reply-by", &[
                ("who", who.as_str().into()), ("represented", represented.as_str().into())])) }
        }
        (facts(&[
            (visit.say("portal-letter-reply-at"), html! { (instant(one.made_at)) }),
            (visit.say("portal-letter-reply-taken"), html! {
                @match one.taken_at { Some(at) => (instant(at)), None => (visit.say("portal-letter-reply-on-its-way")) }
            }),
            (visit.say("portal-letter-number"), html! { code { (one.id) } }),
            (visit.say("portal-letter-digest"), html! { code class="digest" { (HEXLOWER.encode(&one.digest)) } }),
        ]))
    }
}

/// `POST …/reply`.
pub async fn send(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(letter): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["words"])?;
    let (outside, id, asking) = (app.outside()?.clone(), letter_id(&letter)?, me.clone());
    let names = visit.acting.as_ref().map(|acting| (acting.who.clone(), acting.represented.clone()));
    let written = Written { words: fields.get("words").to_owned(), names };
    let sent = blocking(move || {
        readable(&outside.store, &asking, id)?;
        let delegate = asking.0.acting_for.as_ref().map(|_| asking.0.person.id);
        Ok(replies::write(&outside, asking.subject(), delegate, id, &written)?)
    })
    .await?;
    let address = format!("/portal/letters/{id}/reply");
    match sent {
        Ok(_) => Ok(shell::done(&address, "portal-done-letter-replied")),
        Err(refusal) => {
            let key = match refusal {
                Refusal::Blank => "portal-letter-reply-blank",
                Refusal::TooLong => "portal-letter-reply-too-long",
                Refusal::IndividualNumber => "portal-letter-reply-number",
                Refusal::NotAsked | Refusal::TooMany => "portal-letter-reply-closed",
            };
            Err(Failure::saying(refusal.kind(), key).next(address, "page-back"))
        }
    }
}
