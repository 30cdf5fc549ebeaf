//! なぜ届いたか, and 関係ない: two things a person may say to a notice.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use base::Kind;
use maud::{Markup, html};
use services::notices_for_you::schemes::letter::CAMPAIGN;
use services::notices_for_you::why::{self, Standing};
use store::StoreError;
use tools::channels;
use tools::mailbox::{Item, LetterId, items};
use tools::portal::Assurance;
use ui::form::{ButtonKind, link_button, one_button};
use ui::notice::{AlertKind, alert};

use super::{schemes, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Its routes.
pub fn routes() -> Routes {
    let own = Rule::Resident(Assurance::Substantial);
    Routes::new().get("/portal/letters/{letter}/why", own, page).post("/portal/letters/{letter}/why", own, ask).post(
        "/portal/letters/{letter}/irrelevant",
        own,
        say,
    )
}

/// Whether a letter is a notice of which one may ask why it came: a free one of the city.
pub(super) fn is_notice(item: &Item) -> bool {
    item.letter.sender.is_city && item.letter.class == "news"
}

/// What stands under a notice: why it came, and 関係ない.
pub(super) fn beneath(visit: &Visit, item: &Item) -> Markup {
    let at = format!("/portal/letters/{}", item.letter.id);
    let action = format!("{at}/irrelevant");
    html! {
        @if item.letter.campaign.as_deref() == Some(CAMPAIGN) {
            p { (link_button(ButtonKind::Primary, schemes::PATH, &visit.say("schemes-see"))) }
        }
        div class="buttons no-print" {
            (link_button(ButtonKind::Secondary, &format!("{at}/why"), &visit.say("schemes-why-letter")))
            @if visit.acting.is_none() {
                (one_button(&action, &visit.csrf(&action), ButtonKind::Secondary, &visit.say("schemes-irrelevant"), None))
            }
        }
    }
}

/// The notice in this person's box. Reasons tell facts: a representative needs the scope of schemes too.
async fn notice(app: &Arc<App>, me: &InPortal, letter: &str) -> Result<Item, Failure> {
    let id = LetterId::parse(letter).ok_or_else(|| Failure::of(Kind::NotFound))?;
    let (app, me) = (app.clone(), me.clone());
    blocking(move || {
        let account = me.subject();
        let item = app.outside()?.store.read::<_, StoreError, _>(|tx| items::find(tx, account, id))?;
        let item = item.filter(is_notice).ok_or_else(|| Failure::of(Kind::NotFound))?;
        if schemes::are_open(&app, &me)? {
            Ok(item)
        } else {
            Err(Failure::saying(Kind::Forbidden, "representative-closed"))
        }
    })
    .await
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let item = notice(&app, &me, &letter).await?;
    if item.letter.campaign.as_deref() == Some(CAMPAIGN) {
        return Ok(Redirect::to(schemes::PATH).into_response());
    }
    let (outside, account, id, language) = (app.outside()?.clone(), me.subject(), item.letter.id, visit.language);
    let standing = blocking(move || Ok(why::standing(&outside, account, id, language)?)).await?;
    let at = format!("/portal/letters/{id}/why");
    let main = html! {
        (shell::said(&visit))
        p { strong lang="ja" { (item.letter.title) } }
        @if let Some(reason) = &item.letter.reason { p lang="ja" { (reason) } }
        @match &standing {
            Standing::Nothing => {
                p { (visit.say_html("schemes-why-how")) }
                (one_button(&at, &visit.csrf(&at), ButtonKind::Primary, &visit.say("schemes-why-ask"), None))
            }
            Standing::Asked => {
                (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("schemes-why-asked")) } }))
                p { a href=(at) { (visit.say_html("schemes-look-again")) } }
            }
            Standing::Answered(Some(lines)) => {
                h2 { (visit.say_html("schemes-why-lines")) }
                (schemes::reasons(&visit, lines))
                p class="hint" { (visit.say_html("schemes-why-now")) }
            }
            Standing::Answered(None) => { p { (visit.say_html("schemes-why-none")) } }
        }
        p { a href=(format!("/portal/letters/{id}")) { (visit.say_html("schemes-why-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("schemes-why-letter"), &main))
}

async fn ask(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Path(letter): Path<String>,
) -> Result<Response, Failure> {
    let item = notice(&app, &me, &letter).await?;
    let (outside, account, id, language) = (app.outside()?.clone(), me.subject(), item.letter.id, visit.language);
    blocking(move || {
        let seams = outside.seams.clone();
        Ok(outside.store.write::<_, StoreError, _>(move |tx| why::ask(tx, &seams, account, id, language))?)
    })
    .await?;
    Ok(Redirect::to(&format!("/portal/letters/{id}/why")).into_response())
}

async fn say(State(app): State<Arc<App>>, me: InPortal, Path(letter): Path<String>) -> Result<Response, Failure> {
    let item = notice(&app, &me, &letter).await?;
    if me.0.acting_for.is_some() {
        return Err(Failure::saying(Kind::Forbidden, "representative-closed"));
    }
    let (outside, account, id) = (app.outside()?.clone(), me.0.person.id, item.letter.id);
    blocking(move || {
        Ok(outside.store.write::<_, StoreError, _>(move |tx| channels::said_irrelevant(tx, id.id(), account))?)
    })
    .await?;
    Ok(shell::done(&format!("/portal/letters/{id}"), "portal-done-schemes-irrelevant"))
}
