//! Tags, transit cards and printed codes handed out at the counter: for people who do not carry the card (children, visitors,
//! shelters).
//!
//! ```text
//!   opened entry ─► number, from a reader that types it ─► checked ─► linked
//!                └► printed code: until when, a word ─► made, shown once, printed     (an old one is superseded)
//!   in the list: taken back (linked wrongly, returned) ─► may be linked to somebody else
//! ```
//! Whose a tag is that somebody else holds is told to nobody here: whoever needs to know looks at that person, with a
//! reason.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::my_number_guard::refuse_individual_number;
use base::{Date, Id, Kind};
use maud::{Markup, html};
use paper::barcode::{OnScreen, on_screen};
use tools::access::{self, Item};
use tools::credentials::numbers::{self, NumberProblem};
use tools::credentials::printed::{self, CodeError, CodeRefusal, PrintedCode, Wanted};
use tools::credentials::{self, CredentialError, Enrolled, LinkRefusal, Mark, Release};
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, error_summary, field, radios};
use ui::notice::{AlertKind, alert};

use super::credentials::{address, change};
use super::desk::Desk;
use super::{desk, register, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Side of a printed square with its quiet zone, in millimetres: twice the 15 mm a phone needs.
const SIDE: f32 = 32.0;
/// Days for which a thing may be used, as offered: a shelter stay, a school year, a card's life.
const DAYS: [(&str, i64); 3] = [("30", 30), ("365", 365), ("1825", 1825)];

/// Its routes.
pub fn routes() -> Routes {
    let manage = Rule::Staff(Action::ManageCredentials);
    Routes::new()
        .get("/staff/person/{view}/cards/hand-out", manage, page)
        .post("/staff/person/{view}/cards/hand-out/number", manage, link)
        .post("/staff/person/{view}/cards/hand-out/code", manage, make_code)
        .post("/staff/person/{view}/cards/{card}/take-back", manage, take_back)
}

impl From<CodeError> for Failure {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Credential(error) => error.into(),
            CodeError::Store(error) => error.into(),
            CodeError::Key(error) => Self::defect("the key of the codes does not sign", &error),
        }
    }
}

/// What was typed, shown again beside what is wrong with it.
#[derive(Default)]
struct Typed<'a> {
    kind: &'a str,
    number: &'a str,
    mark: &'a str,
    days: &'a str,
    errors: Vec<(&'a str, String)>,
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
) -> Result<Response, Failure> {
    let (desk, current) = opened(&app, &me, &view).await?;
    Ok(forms(&visit, &me, &view, &desk, current, &Typed::default()))
}

/// The work, and the printed code that stands now.
async fn opened(app: &Arc<App>, me: &SignedIn, view: &str) -> Result<(Desk, Option<Id>), Failure> {
    let (id, inside, key, actor) = (shell::id(view)?, app.inside()?.clone(), me.session.key.clone(), me.actor());
    blocking(move || {
        let (desk, resident) = register::opened(&inside, &key, id)?;
        let purpose = desk.purpose(&[Item::Credential])?;
        let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
        let current = inside.store.write::<_, CredentialError, _>(move |tx| {
            let access = access::person(tx, &seams, &actor, &purpose, &resident)?;
            printed::current(tx, &vault, &access, &resident)
        })?;
        Ok((desk, current))
    })
    .await
}

fn forms(visit: &Visit, me: &SignedIn, view: &str, desk: &Desk, current: Option<Id>, typed: &Typed<'_>) -> Response {
    let cards = address(view);
    let main = html! {
        (desk::bar(visit, desk))
        (error_summary(visit.language, &typed.errors))
        h2 { (visit.say("staff-hand-out-number-title")) }
        p { (visit.say("staff-hand-out-number-how")) }
        (number_form(visit, &format!("{cards}/hand-out/number"), typed))
        h2 { (visit.say("staff-hand-out-code-title")) }
        p { (visit.say("staff-hand-out-code-how")) }
        @if current.is_some() {
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("staff-hand-out-code-replaces")) } }))
        }
        (code_form(visit, &format!("{cards}/hand-out/code"), current))
        div class="buttons" { a href=(cards) { (visit.say("page-back")) } }
    };
    shell::page(visit, me, &visit.say("staff-hand-out-title"), &main)
}

fn number_form(visit: &Visit, action: &str, typed: &Typed<'_>) -> Markup {
    let kinds = [("tag", "credential-tag"), ("transit_card", "credential-transit-card")];
    let kinds = kinds.map(|(value, key)| (value.to_owned(), visit.say(key)));
    let wrong = |name| typed.errors.iter().find(|(field, _)| *field == name).map(|(_, sentence)| sentence.as_str());
    let (label, hint) = (visit.say("staff-hand-out-number"), visit.say("staff-hand-out-number-hint"));
    let number = Field {
        name: "number",
        label: &label,
        hint: Some(&hint),
        value: typed.number,
        error: wrong("number"),
        required: true,
        autocomplete: Some("off"),
        max_length: Some(40),
        ..Field::default()
    };
    html! {
        form method="post" action=(action) class="card" {
            (visit.csrf(action))
            (radios("kind", &visit.say("staff-hand-out-kind"), &kinds, if typed.kind.is_empty() { "tag" } else { typed.kind }))
            (field(visit.language, &number))
            (mark_field(visit, "mark", typed.mark, wrong("mark")))
            (days_choice(visit, typed.days))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-hand-out-link"))) }
        }
    }
}

fn code_form(visit: &Visit, action: &str, current: Option<Id>) -> Markup {
    html! {
        form method="post" action=(action) class="card" {
            (visit.csrf(action))
            input type="hidden" name="replaces" value=(current.map(|id| id.to_string()).unwrap_or_default());
            (mark_field(visit, "word", "", None))
            (days_choice(visit, ""))
            div class="buttons" {
                @let key = if current.is_some() { "staff-hand-out-code-again" } else { "staff-hand-out-code-make" };
                (button(if current.is_some() { ButtonKind::Danger } else { ButtonKind::Primary }, &visit.say(key)))
            }
        }
    }
}

fn mark_field(visit: &Visit, name: &str, value: &str, error: Option<&str>) -> Markup {
    let (label, hint) = (visit.say("staff-hand-out-mark"), visit.say("staff-hand-out-mark-hint"));
    let (hint, max_length) = (Some(hint.as_str()), u32::try_from(Mark::MAX).ok());
    let autocomplete = Some("off");
    field(
        visit.language,
        &Field { name, label: &label, hint, value, error, autocomplete, max_length, ..Field::default() },
    )
}

fn days_choice(visit: &Visit, chosen: &str) -> Markup {
    let options = DAYS.map(|(value, _)| (value.to_owned(), visit.say(&format!("staff-hand-out-days-{value}"))));
    let chosen = if DAYS.iter().any(|(value, _)| *value == chosen) { chosen } else { "365" };
    // Two forms of one page: the ids differ by what the choice is for.
    html! {
        fieldset class="choices" {
            legend { (visit.say("staff-hand-out-days")) }
            @for (value, text) in &options {
                label class="choice" { input type="radio" name="days" value=(value) checked[value == chosen]; (text) }
            }
        }
    }
}

fn last_day(fields: &Fields, today: Date) -> Result<Date, Failure> {
    let days = DAYS.iter().find(|(value, _)| *value == fields.get("days")).map(|(_, days)| *days);
    days.map(|days| today.plus_days(days)).ok_or_else(|| Failure::of(Kind::Invalid))
}

/// A word that may be kept: short, and no Individual Number.
fn mark_problem(word: &str) -> Option<&'static str> {
    if word.trim().chars().count() > Mark::MAX {
        return Some("staff-hand-out-mark-long");
    }
    refuse_individual_number(word).is_err().then_some("staff-hand-out-mark-number")
}

async fn link(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["kind", "number", "mark", "days"])?;
    let mut typed = Typed {
        kind: fields.get("kind"),
        number: fields.get("number"),
        mark: fields.get("mark"),
        days: fields.get("days"),
        errors: Vec::new(),
    };
    let read = match typed.kind {
        "tag" => numbers::tag(typed.number),
        "transit_card" => numbers::transit_card(typed.number),
        _ => return Err(Failure::of(Kind::Invalid)),
    };
    let valid_until = printed::end_of(last_day(&fields, app.seams.today())?);
    if let Some(key) = mark_problem(typed.mark) {
        typed.errors.push(("mark", visit.say(key)));
    }
    let token = match read {
        Ok(token) if typed.errors.is_empty() => token,
        read => {
            if let Err(problem) = read {
                typed.errors.insert(0, ("number", number_problem(&visit, problem)));
            }
            return again(&app, &visit, &me, &view, &typed).await;
        }
    };
    let (id, inside, key, actor) = (shell::id(&view)?, app.inside()?.clone(), me.session.key.clone(), me.actor());
    let mark = typed.mark.to_owned();
    let linked = blocking(move || {
        let (_, resident) = register::opened(&inside, &key, id)?;
        let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
        Ok(inside.store.write::<_, CredentialError, _>(move |tx| {
            let mark = Mark::of(Some(&mark));
            credentials::enrol_marked(tx, &vault, &seams, &actor, &resident, valid_until, &token, mark)
        })?)
    })
    .await?;
    let refused = match linked {
        Ok(Enrolled { is_new: true, .. }) => return Ok(shell::done(&address(&view), "staff-done-handed-out")),
        Ok(Enrolled { is_new: false, .. }) => "staff-hand-out-already",
        Err(LinkRefusal::AnotherPerson) => "staff-hand-out-another",
        Err(LinkRefusal::Stopped(_)) => "staff-hand-out-stopped",
    };
    typed.errors.push(("number", visit.say(refused)));
    again(&app, &visit, &me, &view, &typed).await
}

/// The forms once more, with what was typed and what is wrong with it.
async fn again(
    app: &Arc<App>,
    visit: &Visit,
    me: &SignedIn,
    view: &str,
    typed: &Typed<'_>,
) -> Result<Response, Failure> {
    let (desk, current) = opened(app, me, view).await?;
    let mut response = forms(visit, me, view, &desk, current, typed);
    *response.status_mut() = axum::http::StatusCode::BAD_REQUEST;
    Ok(response)
}

fn number_problem(visit: &Visit, problem: NumberProblem) -> String {
    match problem {
        NumberProblem::Empty => visit.say("staff-hand-out-number-empty"),
        NumberProblem::Character(place) => {
            visit.say_with("staff-hand-out-number-character", &[("place", place.into())])
        }
        NumberProblem::Length(digits) => visit.say_with("staff-hand-out-number-length", &[("digits", digits.into())]),
        NumberProblem::Changing => visit.say("staff-hand-out-number-changing"),
        NumberProblem::Blank => visit.say("staff-hand-out-number-blank"),
    }
}

async fn make_code(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["replaces", "word", "days"])?;
    let valid_until = last_day(&fields, app.seams.today())?;
    let word = fields.get("word").trim().to_owned();
    if let Some(key) = mark_problem(&word) {
        let typed = Typed { errors: vec![("word", visit.say(key))], ..Typed::default() };
        return again(&app, &visit, &me, &view, &typed).await;
    }
    let replaces = fields.filled("replaces").map(shell::id).transpose()?;
    let (id, inside, key, actor) = (shell::id(&view)?, app.inside()?.clone(), me.session.key.clone(), me.actor());
    // The codes on papers and those for people are signed with one key: a reader knows them apart by what they say.
    let place = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    let mark = word.clone();
    let made = blocking(move || {
        let (desk, resident) = register::opened(&inside, &key, id)?;
        let purpose = desk.purpose(&[Item::Credential])?;
        let (seams, vault) = (inside.seams.clone(), inside.vault.clone());
        Ok(inside.store.write::<_, CodeError, _>(move |tx| {
            let access = access::person(tx, &seams, &actor, &purpose, &resident).map_err(CredentialError::from)?;
            let wanted = Wanted { resident: &resident, valid_until, replaces, mark: Some(&mark) };
            printed::make(tx, &vault, &seams, (&actor, &access), &place.issuer.composer.keys().codes, &wanted)
        })?)
    })
    .await?;
    match made {
        Ok(code) => label(&app, &visit, &me, &view, &code, &word),
        Err(CodeRefusal::Changed) => {
            let way = format!("{}/hand-out", address(&view));
            Err(Failure::saying(Kind::Conflict, "staff-hand-out-code-changed").next(way, "staff-hand-out-title"))
        }
    }
}

/// The page that is printed, once: nobody can make the same square again.
fn label(
    app: &App,
    visit: &Visit,
    me: &SignedIn,
    view: &str,
    code: &PrintedCode,
    word: &str,
) -> Result<Response, Failure> {
    let square = on_screen(&code.text, SIDE).ok_or_else(|| Failure::defect("code", &"it does not fit its square"))?;
    let until = ui::dates::date(visit.language, code.valid_until);
    let main = html! {
        (alert(visit.language, AlertKind::Success, &html! { p { (visit.say("staff-hand-out-label-how")) } }))
        section class="code-label" aria-label=(visit.say("staff-hand-out-label-title")) {
            (drawn(&square, &visit.say("staff-hand-out-label-alt")))
            div {
                p class="code-label-title" { (app.profile.name) " " (visit.say("staff-hand-out-label-title")) }
                @if !word.is_empty() { p { (word) } }
                p { (visit.say_with("staff-hand-out-label-until", &[("day", until.into())])) }
                p { small { (visit.say("staff-hand-out-label-lost")) br; (app.profile.counter) } }
            }
        }
        div class="buttons" {
            button type="button" class="button" data-print="" hidden { (visit.say("staff-hand-out-label-print")) }
            a class="button button-secondary" href=(address(view)) { (visit.say("staff-hand-out-label-done")) }
        }
    };
    Ok(shell::page(visit, me, &visit.say("staff-hand-out-label-title"), &main))
}

fn drawn(square: &OnScreen, alternative: &str) -> Markup {
    let (box_, side) = (format!("0 0 {0} {0}", square.width), format!("{SIDE}mm"));
    html! {
        svg role="img" aria-label=(alternative) width=(side) height=(side) viewBox=(box_) shape-rendering="crispEdges" {
            rect width="100%" height="100%" fill="#fff" {}
            path d=(square.path) stroke="#000" stroke-width="1" fill="none" {}
        }
    }
}

async fn take_back(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((view, card)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["why"])?;
    let why = Release::from_code(fields.get("why")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let vault = app.inside()?.vault.clone();
    change(&app, &me, view, card, "staff-done-taken-back", move |tx, seams, actor, resident, card| {
        credentials::release(tx, &vault, seams, actor, resident, card, why)
    })
    .await
}
