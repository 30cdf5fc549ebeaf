//! The hospital's desk (市立病院の受付): a card shown and a chart number typed, or read from the paper card's code, become
//! linked when the hospital's system says exactly the same person; else it waits for the window. With the person's consent the
//! hospital is told of somebody new, or of a changed name or address.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use base::Kind;
use maud::{Markup, html};
use services::hospital_card::KEY;
use services::hospital_card::hospital::Connection;
use services::hospital_card::linking::{self, Outcome, Standing};
use services::hospital_card::model::{LinkState, Notice, Reason};
use services::hospital_card::notices::{self, Noticed};
use std::sync::Arc;
use tools::access::Duty;
use tools::service_cards::{CardStatus, Form, ServiceCard};
use tools::terminals::Sort;
use ui::form::{ButtonKind, Field, asked_again, button, checkboxes, field, one_button};
use ui::notice::{AlertKind, alert, chip};

use super::{Ask, AtCounter, FIELDS, Shown, deeds, form, go, said, take};
use crate::app::blocking;
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::Say;
use crate::routes::{Routes, Rule};

const PATH: &str = "/counter/hospital";
const PERSON: &str = "/counter/hospital/person";
const FIRST_VISIT: &str = "/counter/hospital/first-visit";
const CHANGED: &str = "/counter/hospital/changed";

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Kiosk, start)
        .post(PATH, Rule::Kiosk, shown)
        .get(PERSON, Rule::Kiosk, person)
        .post("/counter/hospital/link", Rule::Kiosk, link)
        .post(FIRST_VISIT, Rule::Kiosk, first_visit)
        .post(CHANGED, Rule::Kiosk, changed)
        .post("/counter/hospital/{card}/{deed}", Rule::Kiosk, change)
        .post("/counter/hospital/next", Rule::Kiosk, next)
}

/// The connection to the hospital, where this city has one.
pub(crate) fn connection(at: &AtCounter) -> Result<Arc<Connection>, Failure> {
    at.app.hospital.clone().ok_or_else(|| Failure::saying(Kind::NotFound, "hospital-off"))
}

async fn start(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::HospitalDesk)?;
    at.let_go();
    Ok(first(&at, at.to_say().as_ref()))
}

fn first(at: &AtCounter, say: Option<&Say>) -> Response {
    let visit = &at.visit;
    let title = visit.say("hospital-desk-title");
    let main = html! {
        h1 { (title) }
        p { (visit.say("hospital-desk-lead")) }
        (simulated(at))
        (said(visit, &at.app.profile.counter, say))
        (form(at, PATH, Ask::CardAndPin))
    };
    visit.page(&title).render(&main).into_response()
}

/// Says that the hospital is none, in a demo.
pub(crate) fn simulated(at: &AtCounter) -> Markup {
    let is_simulated = at.app.hospital.as_ref().is_some_and(|connection| connection.is_simulated);
    html! { @if is_simulated { p { (chip(AlertKind::Info, &at.visit.say("hospital-simulated"))) } } }
}

async fn shown(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::HospitalDesk)?;
    fields.only(&FIELDS)?;
    at.let_go();
    match take(&at, KEY, &fields).await? {
        // A tag may be carried by anybody: it receives, it never links.
        Ok(Shown::Presented(_)) => Ok(at.go_saying(PATH, Say::Key("hospital-desk-card-needed"))),
        Ok(shown) => {
            at.hold(KEY, shown);
            Ok(go(PERSON))
        }
        Err(say) => Ok(at.go_saying(PATH, say)),
    }
}

async fn person(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::HospitalDesk)?;
    let Some(shown) = at.held(KEY) else { return Ok(go(PATH)) };
    page(&at, &shown, at.to_say().as_ref()).await
}

async fn page(at: &AtCounter, shown: &Shown, say: Option<&Say>) -> Result<Response, Failure> {
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let standing =
        blocking(move || linking::standing(&city, &by, &who).map_err(|error| Failure::of(error.kind()))).await?;
    let visit = &at.visit;
    let title = visit.say("hospital-desk-title");
    let kind = match standing.state {
        LinkState::Linked => AlertKind::Success,
        LinkState::Unlinked => AlertKind::Info,
        LinkState::Waiting | LinkState::Stopped => AlertKind::Warning,
    };
    let links = matches!(standing.state, LinkState::Unlinked | LinkState::Waiting);
    // One next step a page: while a number is to be linked, the next person comes second.
    let next = if links { ButtonKind::Secondary } else { ButtonKind::Primary };
    let main = html! {
        h1 { (title) }
        (simulated(at))
        (said(visit, &at.app.profile.counter, say))
        p { (chip(kind, &visit.say(&word("hospital-state", standing.state.code())))) }
        @if let Some(reason) = standing.waits {
            (alert(visit.language, AlertKind::Warning, &html! {
                p { (visit.say(&word("hospital-reason", reason.code()))) }
                h2 { (visit.say("hospital-waits-how")) }
                p { (visit.say(then(reason))) }
                p { (visit.say("hospital-then-today")) }
            }))
        }
        @for card in standing.cards.iter().filter(|card| card.status.is_live()) { (one(at, card)) }
        @if links { (link_form(at, &standing)) }
        @match standing.state {
            LinkState::Unlinked => (notice_form(at, FIRST_VISIT, "hospital-first-visit")),
            LinkState::Linked => (notice_form(at, CHANGED, "hospital-changed")),
            LinkState::Waiting | LinkState::Stopped => {}
        }
        div class="buttons" { (one_button("/counter/hospital/next", &visit.csrf("/counter/hospital/next"),
            next, &visit.say("hospital-next"), None)) }
    };
    // Whoever walks away leaves nothing on the screen.
    Ok(super::left(visit.page(&title).render(&main).into_response(), 120, PATH))
}

/// The key of a word of a table: codes have `_`, keys `-`.
pub(crate) fn word(area: &str, code: &str) -> String {
    format!("{area}-{}", code.replace('_', "-"))
}

/// What whoever stands at the desk does about a link that waits.
const fn then(reason: Reason) -> &'static str {
    match reason {
        Reason::NoSuchChart => "hospital-then-no-such-chart",
        Reason::Several => "hospital-then-several",
        Reason::Born | Reason::Sex | Reason::Kana | Reason::NoKana => "hospital-then-differs",
        Reason::Silent => "hospital-then-silent",
        Reason::Taken => "hospital-then-taken",
    }
}

fn one(at: &AtCounter, card: &ServiceCard) -> Markup {
    let visit = &at.visit;
    let state = if card.status == CardStatus::Active { AlertKind::Success } else { AlertKind::Warning };
    let deeds: &[(&str, &str, ButtonKind)] = match (card.status, card.form) {
        (CardStatus::Active, Form::OneCard) => &[("stop", "hospital-stop", ButtonKind::Danger)],
        (CardStatus::Active, Form::OwnCard) => &[("end", "hospital-paper-end", ButtonKind::Danger)],
        (_, Form::OneCard) => {
            &[("resume", "hospital-resume", ButtonKind::Secondary), ("end", "hospital-unlink", ButtonKind::Danger)]
        }
        (_, Form::OwnCard) => &[("end", "hospital-paper-end", ButtonKind::Danger)],
    };
    let form = visit.say(if card.form == Form::OneCard { "hospital-form-one" } else { "hospital-form-paper" });
    html! {
        section class="card" {
            h2 { (form) }
            p { (visit.say("hospital-chart")) }
            p class="secret" { (card.number.reveal()) }
            p { (chip(state, &visit.say(card.status.word()))) }
            @for (deed, key, kind) in deeds {
                @let action = format!("/counter/hospital/{}/{deed}", card.id);
                @if *deed == "end" {
                    (asked_again(visit.language, &action, &visit.csrf(&action),
                        (&visit.say(key), &visit.say("hospital-end-what")), &form))
                } @else {
                    div class="buttons" { (one_button(&action, &visit.csrf(&action), *kind, &visit.say(key), Some(&form))) }
                }
            }
        }
    }
}

fn link_form(at: &AtCounter, standing: &Standing) -> Markup {
    let (visit, action) = (&at.visit, "/counter/hospital/link");
    let (label, hint) = (visit.say("hospital-chart"), visit.say("hospital-chart-hint"));
    let has_paper = standing.cards.iter().any(|card| card.form == Form::OwnCard && card.status.is_live());
    html! {
        section class="card" {
            h2 { (visit.say("hospital-link")) }
            p { (visit.say("hospital-link-how")) }
            form method="post" action=(action) {
                (visit.csrf(action))
                div class="fields" {
                    (field(visit.language, &Field { name: "chart", label: &label, hint: Some(&hint), required: true,
                        autocomplete: Some("off"), max_length: Some(20), ..Field::default() }))
                }
                @if !has_paper { (checkboxes("paper", &visit.say("hospital-form-paper"), &[("1".to_owned(), visit.say("hospital-with-paper"))], &["1"])) }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("hospital-link-button"))) }
            }
        }
    }
}

/// What the hospital may be told, exactly what goes, and whether the person agrees.
fn notice_form(at: &AtCounter, action: &str, area: &str) -> Markup {
    let visit = &at.visit;
    let words = |part: &str| visit.say(&format!("{area}{part}"));
    html! {
        @if at.app.hospital.is_some() {
            section class="card" {
                h2 { (words("")) }
                p { (words("-how")) }
                form method="post" action=(action) {
                    (visit.csrf(action))
                    (checkboxes("agreed", &visit.say("hospital-notice-consent"), &[("1".to_owned(), words("-agreed"))], &[]))
                    div class="buttons" { (button(ButtonKind::Secondary, &visit.say("hospital-notice-button"))) }
                }
            }
        }
    }
}

async fn first_visit(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    notice(&at, &fields, Notice::FirstVisit).await
}

async fn changed(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    notice(&at, &fields, Notice::Change).await
}

async fn notice(at: &AtCounter, fields: &Fields, notice: Notice) -> Result<Response, Failure> {
    at.serves(Sort::HospitalDesk)?;
    fields.only(&["agreed"])?;
    let Some(shown) = at.held(KEY) else { return Ok(go(PATH)) };
    let connection = connection(at)?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let has_agreed = fields.get("agreed") == "1";
    let noticed = blocking(move || {
        let told = notices::tell(&city, &connection, &by, &who, (notice, has_agreed));
        told.map_err(|error| Failure::of(error.kind()))
    })
    .await?;
    let say = match noticed {
        Noticed::Taken => Say::Done("hospital-notice-taken"),
        Noticed::Sending => Say::Done("hospital-notice-sending"),
        Noticed::Refused => Say::Key("hospital-notice-refused"),
        Noticed::NotAgreed => Say::Key("hospital-notice-not-agreed"),
        Noticed::Misplaced => Say::Key("hospital-notice-misplaced"),
        Noticed::Already => Say::Key("hospital-notice-already"),
        Noticed::Unwritable => Say::Key("hospital-notice-unwritable"),
    };
    Ok(at.go_saying(PERSON, say))
}

async fn link(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    at.serves(Sort::HospitalDesk)?;
    fields.only(&["chart", "paper"])?;
    let Some(shown) = at.held(KEY) else { return Ok(go(PATH)) };
    let connection = connection(&at)?;
    let (city, by, who) = (at.app.inside()?.clone(), at.actor(), shown.resident().clone());
    let (chart, with_paper) = (fields.get("chart").to_owned(), fields.filled("paper").is_some());
    let outcome = blocking(move || {
        linking::link(&city, &connection, &by, &who, &chart, with_paper).map_err(|error| Failure::of(error.kind()))
    })
    .await?;
    let say = match outcome {
        Outcome::Linked => Say::Done("hospital-done-linked"),
        // The page says why.
        Outcome::Waits(_) => Say::Key("hospital-waits"),
        Outcome::HasOne => Say::Key("hospital-has-one"),
        Outcome::NotANumber => Say::Key("hospital-not-a-number"),
    };
    Ok(at.go_saying(PERSON, say))
}

async fn change(
    at: AtCounter,
    Path((card, deed)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    at.serves(Sort::HospitalDesk)?;
    fields.only(&[])?;
    let Some(shown) = at.held(KEY) else { return Ok(go(PATH)) };
    let offers = ["stop", "resume", "end"];
    let changed = deeds::change(&at, (KEY, Duty::Hospital), &shown, (&card, &deed), &offers).await?;
    let say = if changed { Say::Done("hospital-done-changed") } else { Say::Key("hospital-not-changed") };
    Ok(at.go_saying(PERSON, say))
}

async fn next(at: AtCounter, fields: Fields) -> Result<Response, Failure> {
    deeds::next(&at, Sort::HospitalDesk, &fields)
}
