//! What a digest leads to: what was told together, ten of it by name, the rest as a number.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::Timestamp;
use maud::html;
use messaging::when::bounded;
use store::StoreError;
use tools::channels::{self, ToldTogether};
use tools::mailbox::{LetterId, items};
use ui::table::empty_state;

use crate::app::{App, blocking};
use crate::error::Failure;
use crate::portal::shell;
use crate::visit::{InPortal, Visit};

/// A line: what it is called, where it is, when it was told.
struct Line {
    title: Option<String>,
    told: ToldTogether,
}

/// `GET /portal/told`.
pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, who) = (app.outside()?.clone(), me.0.person.id);
    let lines = blocking(move || {
        let now: Timestamp = outside.seams.now();
        Ok(outside.store.read::<_, StoreError, _>(|tx| {
            let all = channels::told_together(tx, now, who)?;
            let mut lines = Vec::with_capacity(all.len());
            for told in all {
                let letter = told.path.strip_prefix("/portal/letters/").and_then(LetterId::parse);
                let title = match letter {
                    Some(letter) => items::find(tx, who, letter)?.map(|item| item.letter.title),
                    None => None,
                };
                lines.push(Line { title, told });
            }
            Ok(lines)
        })?)
    })
    .await?;
    let (shown, more) = bounded(&lines);
    let title = visit.say("channels-told-page");
    let main = html! {
        @if lines.is_empty() { (empty_state(&visit.say("channels-told-none"), &visit.say("channels-told-none-how"))) }
        ul {
            @for line in shown {
                @let kind = visit.say(&format!("channels-told-{}", line.told.kind.word()));
                li {
                    a href=(line.told.path) { (line.title.as_deref().unwrap_or(&kind)) } " "
                    span class="hint" { (ui::dates::instant(visit.language, line.told.at)) }
                }
            }
        }
        @if more > 0 {
            @let many = i64::try_from(more).unwrap_or(i64::MAX);
            p { a href="/portal/letters" { (visit.say_with("channels-told-more", &[("many", many.into())])) } }
        }
        p { a href=(super::PAGE) { (visit.say("channels-told-settings")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}
