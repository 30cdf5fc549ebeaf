//! Electronic sending by class (電子送付への同意): what holds, since when; given and withdrawn here.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use store::StoreError;
use tools::mailbox::consents::{self, CLASSES, FREE_CLASSES, Given, STOPPED};
use tools::portal::Assurance;
use tools::relay::RelayError;
use ui::form::{ButtonKind, button};

use super::super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{InPortal, Visit};

const PATH: &str = "/portal/settings/letters";

/// `GET /portal/settings/letters`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.subject());
    let given = blocking(move || Ok(outside.store.read::<_, StoreError, _>(|tx| consents::of(tx, account))?)).await?;
    let since = |class: &str| given.iter().find(|one| one.class == class && one.withdrawn_at.is_none());
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("portal-letter-consent-how")) }
        @for class in CLASSES { (one(&visit, class, since(class), true)) }
        h2 { (visit.say("portal-letter-stop-title")) }
        p { (visit.say_html("portal-letter-stop-how")) }
        @for class in FREE_CLASSES { (one(&visit, &format!("{STOPPED}{class}"), since(&format!("{STOPPED}{class}")), false)) }
        (history(&visit, &given))
    };
    Ok(shell::page(&visit, &me, &visit.say("portal-letter-consent-title"), &main))
}

fn name(visit: &Visit, class: &str) -> String {
    visit.say(&format!("portal-letter-class-{}", class.trim_start_matches(STOPPED)))
}

fn one(visit: &Visit, class: &str, held: Option<&Given>, is_consent: bool) -> Markup {
    let (key, state) = match (held.is_some(), is_consent) {
        (true, true) => ("portal-letter-consent-withdraw", "portal-letter-consent-held"),
        (false, true) => ("portal-letter-consent-give", "portal-letter-consent-none"),
        (true, false) => ("portal-letter-stop-end", "portal-letter-stop-held"),
        (false, false) => ("portal-letter-stop-begin", "portal-letter-stop-none"),
    };
    let since = held.map(|held| ui::dates::instant(visit.language, held.given_at)).unwrap_or_default();
    html! {
        section class="card" {
            @if is_consent { h2 { (name(visit, class)) } } @else { h3 { (name(visit, class)) } }
            p { (visit.say_with(state, &[("since", since.into())])) }
            form method="post" action=(PATH) {
                (visit.csrf(PATH))
                input type="hidden" name="class" value=(class);
                input type="hidden" name="given" value=(if held.is_some() { "no" } else { "yes" });
                (button(ButtonKind::Secondary, &format!("{}: {}", name(visit, class), visit.say(key))))
            }
        }
    }
}

fn history(visit: &Visit, given: &[Given]) -> Markup {
    let instant = |at| ui::dates::instant(visit.language, at);
    let rows: Vec<Vec<Markup>> = given
        .iter()
        .map(|one| {
            vec![
                html! { (name(visit, &one.class)) @if one.class.starts_with(STOPPED) { " (" (visit.say("portal-letter-stop-title")) ")" } },
                html! { (instant(one.given_at)) },
                html! { @if let Some(at) = one.withdrawn_at { (instant(at)) } @else { "–" } },
            ]
        })
        .collect();
    let headings = ["portal-letter-class", "portal-letter-consent-from", "portal-letter-consent-until"];
    html! { @if !rows.is_empty() { (visit.table(&visit.say("portal-letter-consent-history"), &headings, &rows)) } }
}

/// `POST /portal/settings/letters`.
pub async fn decide(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["class", "given"])?;
    let class = fields.get("class").to_owned();
    if !consents::is_class(&class) {
        return Err(Failure::of(Kind::Invalid));
    }
    let given = fields.get("given") == "yes";
    // To let paper end takes the card; to have it back does not.
    if given && !class.starts_with(STOPPED) && me.level() < Assurance::High {
        let needed = Failure::saying(Kind::Forbidden, "portal-step-up-needed");
        return Err(needed.next("/portal/step-up?next=/portal/settings/letters", "portal-step-up"));
    }
    let (outside, account) = (app.outside()?.clone(), me.subject());
    blocking(move || {
        let seams = outside.seams.clone();
        Ok(outside.store.write::<_, RelayError, _>(move |tx| consents::decide(tx, &seams, account, &class, given))?)
    })
    .await?;
    Ok(shell::done(PATH, "portal-done-letter-consent"))
}
