//! Writing a letter to many by form: three languages as plain paragraphs, recipients pasted as CSV.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Date, Kind};
use maud::{Markup, html};
use store::StoreError;
use tools::dispatch::senders::{self, Registered};
use tools::dispatch::{Audience, DispatchError, Draft, intake};
use tools::mailbox::{Act, Body, DeliveryLaw, Importance};
use ui::form::{ButtonKind, Field, button, field, select};

use super::super::shell;
use super::PATH;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

const HERE: &str = "/staff/letters/write";
/// Classes a form offers.
const CLASSES: [&str; 11] =
    ["news", "events", "private", "tax", "demand", "health", "welfare", "school", "election", "register", "emergency"];

/// `GET /staff/letters/write`.
pub async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let token = inside.seams.random_id().to_string();
    let senders = blocking(move || Ok(inside.store.read::<_, StoreError, _>(senders::all)?)).await?;
    let main = form(&visit, &senders, &token);
    Ok(shell::page(&visit, &me, &visit.say("letters-write"), &main))
}

fn form(visit: &Visit, senders: &[Registered], token: &str) -> Markup {
    let senders: Vec<(String, String)> = senders
        .iter()
        .filter(|one| one.stopped_at.is_none() && one.key != tools::dispatch::RECHECKED)
        .map(|one| (one.key.clone(), one.name.clone()))
        .collect();
    let importances: Vec<(String, String)> = Importance::ALL
        .iter()
        .rev()
        .map(|one| (one.word().to_owned(), visit.say(&format!("portal-letter-{}", one.word()))))
        .collect();
    let classes: Vec<(String, String)> =
        CLASSES.iter().map(|class| ((*class).to_owned(), visit.say(&format!("portal-letter-class-{class}")))).collect();
    let mut laws = vec![(String::new(), visit.say("letters-law-own"))];
    laws.extend(
        DeliveryLaw::ALL
            .iter()
            .map(|law| (law.word().to_owned(), visit.say(&format!("letters-law-{}", law.word().replace('_', "-"))))),
    );
    let audiences =
        [("listed".to_owned(), visit.say("letters-listed")), ("everybody".to_owned(), visit.say("letters-everybody"))];
    let plain = |name: &str, key: &str, kind: &str, required: bool| {
        let label = visit.say(key);
        field(
            visit.language,
            &Field {
                name,
                label: &label,
                kind,
                required,
                max_length: Some(120),
                autocomplete: Some("off"),
                ..Field::default()
            },
        )
    };
    html! {
        p { (visit.say("letters-write-how")) }
        form method="post" action=(HERE) {
            (visit.csrf(HERE))
            input type="hidden" name="token" value=(token);
            (select(visit.language, "sender", &visit.say("letters-sender"), &senders, "", None))
            (select(visit.language, "importance", &visit.say("letters-importance"), &importances, "news", None))
            (select(visit.language, "class", &visit.say("letters-class"), &classes, "news", None))
            (select(visit.language, "law", &visit.say("letters-law"), &laws, "", None))
            (plain("title", "letters-title-of", "", true))
            (text(visit, "japanese", "letters-text-ja", 10))
            (text(visit, "easy", "letters-text-easy", 6))
            (text(visit, "english", "letters-text-en", 6))
            (plain("due", "letters-due", "date", false))
            (plain("amount", "letters-amount", "number", false))
            (plain("paper_after", "letters-paper-after", "date", false))
            (plain("why", "letters-why", "", false))
            (select(visit.language, "audience", &visit.say("letters-audience"), &audiences, "listed", None))
            (text(visit, "recipients", "letters-recipients-csv", 8))
            (button(ButtonKind::Primary, &visit.say("letters-write-go")))
        }
    }
}

fn text(visit: &Visit, name: &str, key: &str, rows: u32) -> Markup {
    html! {
        div class="field" {
            label for=(name) { (visit.say(key)) }
            textarea id=(name) name=(name) rows=(rows) {}
        }
    }
}

fn draft(fields: &Fields) -> Result<Draft, Failure> {
    let invalid = || Failure::of(Kind::Invalid);
    let date = |name: &str| fields.filled(name).map(|text| Date::parse(text).map_err(|_| invalid())).transpose();
    let blocks = |name: &str| Body::plain(fields.get(name)).japanese;
    let amount = fields.filled("amount").map(|text| text.parse().map_err(|_| invalid())).transpose()?;
    let due_on = date("due")?;
    Ok(Draft {
        title: fields.get("title").to_owned(),
        importance: Importance::from_word(fields.get("importance")).ok_or_else(invalid)?,
        class: fields.get("class").to_owned(),
        delivery: fields.filled("law").map(|word| DeliveryLaw::from_word(word).ok_or_else(invalid)).transpose()?,
        body: Body { japanese: blocks("japanese"), easy: blocks("easy"), english: blocks("english") },
        action: amount.map(|amount| Act::Pay { amount, at: "/portal/dues".to_owned() }),
        due_on,
        paper_after: date("paper_after")?,
        reason: fields.filled("why").map(str::to_owned),
        audience: if fields.get("audience") == "everybody" { Audience::Everybody } else { Audience::Listed },
    })
}

/// `POST /staff/letters/write`: kept, complete, waiting for two persons.
pub async fn write(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    let (draft, inside) = (draft(&fields)?, app.inside()?.clone());
    let (sender, token) = (fields.get("sender").to_owned(), fields.get("token").to_owned());
    let lines = match (draft.audience, fields.filled("recipients")) {
        (Audience::Listed, Some(text)) => intake::read_csv(text).map_err(DispatchError::Letter)?,
        _ => Vec::new(),
    };
    let id = blocking(move || {
        let seams = inside.seams.clone();
        let opened = inside.store.write::<_, DispatchError, _>(move |tx| {
            intake::open(tx, &seams, &sender, &format!("form:{token}"), &draft)
        })?;
        let id = opened.id;
        if opened.state == tools::dispatch::State::Open {
            intake::append(&inside, id, 1, &lines)?;
            inside.store.write::<_, DispatchError, _>(move |tx| intake::complete(tx, id))?;
        }
        Ok(id)
    })
    .await?;
    Ok(Redirect::to(&format!("{PATH}/{id}?done=staff-done-letters-written")).into_response())
}
