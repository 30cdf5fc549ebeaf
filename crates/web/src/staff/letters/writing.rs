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
            (asks(visit))
            (plain("amount", "letters-amount", "number", false))
            (plain("apply_at", "letters-apply-at", "", false))
            (plain("starts", "letters-starts", "datetime-local", false))
            (plain("ends", "letters-ends", "datetime-local", false))
            (plain("place", "letters-place", "", false))
            (plain("paper_after", "letters-paper-after", "date", false))
            (plain("why", "letters-why", "", false))
            (select(visit.language, "audience", &visit.say("letters-audience"), &audiences, "listed", None))
            (text(visit, "recipients", "letters-recipients-csv", 8))
            (button(ButtonKind::Primary, &visit.say("letters-write-go")))
        }
    }
}

/// What the letter asks its readers to do.
const ASKS: [&str; 5] = ["none", "pay", "apply", "reply", "calendar"];

fn asks(visit: &Visit) -> Markup {
    let options: Vec<(String, String)> =
        ASKS.iter().map(|word| ((*word).to_owned(), visit.say(&format!("letters-asks-{word}")))).collect();
    let hint = visit.say("letters-asks-how");
    select(visit.language, "asks", &visit.say("letters-asks"), &options, "none", Some(&hint))
}

/// The action of the form; an amount alone asks to pay.
fn action(fields: &Fields) -> Result<Option<Act>, Failure> {
    let invalid = || Failure::of(Kind::Invalid);
    let amount = fields.filled("amount").map(|text| text.parse::<i64>().map_err(|_| invalid())).transpose()?;
    let moment = |name: &str| -> Result<i64, Failure> {
        let (day, time) = fields.get(name).split_once('T').ok_or_else(invalid)?;
        let day = Date::parse(day).map_err(|_| invalid())?;
        let (hour, minute) = time.get(..5).and_then(|time| time.split_once(':')).ok_or_else(invalid)?;
        match (hour.parse(), minute.parse()) {
            (Ok(hour @ 0..24), Ok(minute @ 0..60)) => Ok(base::Timestamp::in_japan(day, hour, minute, 0).micros()),
            _ => Err(invalid()),
        }
    };
    match (fields.get("asks"), amount) {
        ("pay", amount) => Ok(Some(Act::Pay { amount: amount.unwrap_or(0), at: "/portal/dues".to_owned() })),
        ("" | "none", Some(amount)) => Ok(Some(Act::Pay { amount, at: "/portal/dues".to_owned() })),
        ("" | "none", None) => Ok(None),
        ("apply", _) => Ok(Some(Act::Apply { at: fields.get("apply_at").to_owned() })),
        ("reply", _) => Ok(Some(Act::Reply)),
        ("calendar", _) => {
            let (starts, ends) = (moment("starts")?, moment("ends")?);
            let place = fields.get("place").to_owned();
            if ends < starts { Err(invalid()) } else { Ok(Some(Act::Calendar { starts, ends, place })) }
        }
        _ => Err(invalid()),
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
    let due_on = date("due")?;
    Ok(Draft {
        title: fields.get("title").to_owned(),
        importance: Importance::from_word(fields.get("importance")).ok_or_else(invalid)?,
        class: fields.get("class").to_owned(),
        delivery: fields.filled("law").map(|word| DeliveryLaw::from_word(word).ok_or_else(invalid)).transpose()?,
        body: Body { japanese: blocks("japanese"), easy: blocks("easy"), english: blocks("english") },
        action: action(fields)?,
        due_on,
        paper_after: date("paper_after")?,
        reason: fields.filled("why").map(str::to_owned),
        audience: if fields.get("audience") == "everybody" { Audience::Everybody } else { Audience::Listed },
    })
}

/// `POST /staff/letters/write`: kept, complete, waiting for two persons.
pub async fn write(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let (draft, inside) = (draft(&fields)?, app.inside()?.clone());
    let (sender, token) = (fields.get("sender").to_owned(), fields.get("token").to_owned());
    // Notices are written and approved on pages of their own.
    if sender == tools::dispatch::RECHECKED {
        return Err(Failure::of(Kind::Invalid));
    }
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
            let (seams, by) = (inside.seams.clone(), me.actor());
            inside.store.write::<_, DispatchError, _>(move |tx| intake::hand_in(tx, &seams, &by, id))?;
        }
        Ok(id)
    })
    .await?;
    Ok(Redirect::to(&format!("{PATH}/{id}?done=staff-done-letters-written")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_asks_for_what_the_form_says_and_half_a_date_is_refused() {
        let asked = |fields: &[(&str, &str)]| {
            action(&Fields::of(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()))
        };
        assert_eq!(asked(&[("asks", "none")]), Ok(None));
        assert_eq!(asked(&[("asks", "reply")]), Ok(Some(Act::Reply)));
        assert_eq!(asked(&[("asks", "pay"), ("amount", "300")]), asked(&[("amount", "300")]));
        let day =
            [("asks", "calendar"), ("starts", "2026-12-25T10:30"), ("ends", "2026-12-25T11:00"), ("place", "公民館")];
        let starts = base::Timestamp::in_japan(Date::new(2026, 12, 25).unwrap(), 10, 30, 0).micros();
        let (ends, place) = (starts + 1_800_000_000, "公民館".to_owned());
        assert_eq!(asked(&day), Ok(Some(Act::Calendar { starts, ends, place })));
        for wrong in ["", "2026-12-25", "2026-12-25T25:00", "2026-12-25T09:00"] {
            let fields = [day[0], day[1], ("ends", wrong), day[3]];
            assert!(asked(&fields).is_err(), "{wrong}");
        }
    }
}
