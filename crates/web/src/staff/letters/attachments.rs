//! What lies beside a letter: put there before a second person is asked, looked at by whoever approves.

use std::sync::Arc;

use axum::extract::{Multipart, Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use tools::dispatch::attachments::{self, Listed};
use tools::dispatch::{Dispatch, State as Standing};
use tools::mailbox::attachments::MOST_BYTES;
use ui::form::{ButtonKind, button, one_button};

use super::super::shell;
use super::PATH;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::portal::letters::file;
use crate::visit::{SignedIn, Visit};

/// The part of a dispatch's page about attachments; `may_change` while nobody was asked.
pub fn section(visit: &Visit, one: &Dispatch, listed: &(Vec<Listed>, i64), may_change: bool) -> Markup {
    let (all, own) = listed;
    let at = format!("{PATH}/{}/attachments", one.id);
    let may_change = may_change && matches!(one.state, Standing::Open | Standing::Complete);
    html! {
        @if may_change || !all.is_empty() || *own > 0 {
            section {
                h2 { (visit.say("letters-attachments")) }
                @if !all.is_empty() {
                    ul { @for beside in all { li {
                        a href=(format!("{at}/{}", beside.number)) {
                            (beside.name) " (" (beside.kind.extension().to_uppercase()) ", " (beside.size.div_euclid(1024) + 1) " KB)"
                        }
                        @if may_change {
                            " " (one_button(&format!("{at}/remove"), &html! {
                                (visit.csrf(&format!("{at}/remove"))) input type="hidden" name="number" value=(beside.number);
                            }, ButtonKind::Secondary, &visit.say("letters-attachment-remove"), Some(&beside.name)))
                        }
                    } } }
                }
                @if *own > 0 { p { (visit.say_with("letters-attachments-own", &[("n", (*own).into())])) } }
                @if may_change {
                    form method="post" action=(at) enctype="multipart/form-data" class="card" {
                        (visit.csrf(&at))
                        div class="field" {
                            label for="attachment" { (visit.say("letters-attachment-add")) }
                            p class="hint" id="attachment-hint" { (visit.say_with("letters-attachment-how", &[("kb", (MOST_BYTES / 1_000).into())])) }
                            input id="attachment" name="attachment" type="file" required accept=".pdf,.json" aria-describedby="attachment-hint";
                        }
                        (button(ButtonKind::Secondary, &visit.say("letters-attachment-go")))
                    }
                }
            }
        }
    }
}

/// `POST …/attachments`.
pub async fn add(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Failure> {
    let invalid = || Failure::of(Kind::Invalid);
    let (id, inside) = (shell::id(&id)?, app.inside()?.clone());
    let mut form = form.map_err(|_| invalid())?;
    let mut sent = None;
    while let Some(field) = form.next_field().await.map_err(|_| invalid())? {
        if let Some(name) = field.file_name().map(str::to_owned) {
            // Some browsers send the whole path.
            let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
            sent = Some((name, bytes));
        }
    }
    let (name, bytes) = sent.ok_or_else(invalid)?;
    blocking(move || Ok(attachments::add(&inside, &me.actor(), id, None, (&name, &bytes))?)).await?;
    Ok(shell::done(&format!("{PATH}/{id}"), "staff-done-letters-attached"))
}

/// `POST …/attachments/remove`.
pub async fn remove(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    let number: i64 = fields.get("number").parse().map_err(|_| Failure::of(Kind::Invalid))?;
    shell::change(&app, &format!("{PATH}/{id}"), "staff-done-letters-detached", move |tx, seams| {
        attachments::remove(tx, seams, &me.actor(), id, number)
    })
    .await
}

/// `GET …/attachments/{number}`.
pub async fn get(
    State(app): State<Arc<App>>,
    _me: SignedIn,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, Failure> {
    let (id, inside) = (shell::id(&id)?, app.inside()?.clone());
    let found = blocking(move || Ok(attachments::content(&inside, id, number)?)).await?;
    let (kind, bytes) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    Ok(file(kind.media_type(), &format!("attachment-{number}.{}", kind.extension()), bytes))
}
