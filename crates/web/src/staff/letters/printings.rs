//! Printings of letters on paper: names and addresses for the printer, and the letters themselves.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind, Timestamp, Yen};
use maud::{Markup, html};
use paper::plain::{Part, Plain, To};
use store::StoreError;
use tools::Inside;
use tools::access::Actor;
use tools::dispatch::printings::{self, Addressee, Checked, Printing, PrintingError};
use tools::dispatch::{self, Dispatch, senders};
use tools::mailbox::{Act, Block};
use ui::Language;
use ui::form::{ButtonKind, one_button};

use super::super::shell;
use super::PATH;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::portal::letters::{drawing, file};
use crate::visit::{SignedIn, Visit};

/// Letters of one file.
const LETTERS: usize = 200;

impl From<PrintingError> for Failure {
    fn from(error: PrintingError) -> Self {
        match error {
            PrintingError::Dispatch(error) => error.into(),
            PrintingError::Access(error) => error.into(),
            PrintingError::Store(error) => error.into(),
        }
    }
}

/// The part of the paper list's page about printings.
pub fn section(visit: &Visit, dispatch: &Dispatch, all: &[Printing], may_print: bool) -> Markup {
    let make = format!("{PATH}/{}/printings", dispatch.id);
    let rows: Vec<_> = all.iter().map(|one| row(visit, one, may_print)).collect();
    let headings = [
        "letters-printing-at",
        "letters-printing-lines",
        "letters-printing-by-hand",
        "letters-printing-files",
        "letters-posted",
    ];
    html! {
        section {
            h2 { (visit.say("letters-printings")) }
            p { (visit.say("letters-printings-how")) }
            @if may_print { (one_button(&make, &visit.csrf(&make), ButtonKind::Primary, &visit.say("letters-printing-make"), None)) }
            @if !rows.is_empty() { (visit.table(&visit.say("letters-printings"), &headings, &rows)) }
        }
    }
}

fn row(visit: &Visit, one: &Printing, may_print: bool) -> Vec<Markup> {
    let at = format!("{PATH}/{}/printings/{}", one.dispatch, one.id);
    let again = format!("{at}/fill");
    let posted = format!("{at}/posted");
    let files = (one.lines - one.by_hand).max(0).div_euclid(LETTERS as i64)
        + i64::from((one.lines - one.by_hand).rem_euclid(LETTERS as i64) > 0);
    vec![
        html! { (ui::dates::instant(visit.language, one.made_at)) },
        html! { (one.lines) },
        html! { @if one.is_ready && may_print { a href=(format!("{at}/by-hand")) { (one.by_hand) } } @else { (one.by_hand) } },
        html! {
            @if one.is_ready && may_print {
                a href=(format!("{at}/list.csv")) { (visit.say("letters-printing-list")) }
                @for number in 1..=files { " · " a href=(format!("{at}/{number}")) { (visit.say("letters-printing-pdf")) " " (number) } }
            } @else if one.posted_at.is_none() && may_print {
                (one_button(&again, &visit.csrf(&again), ButtonKind::Secondary, &visit.say("letters-printing-again"), None))
            } @else { "–" }
        },
        html! {
            @match one.posted_at {
                Some(at) => (ui::dates::instant(visit.language, at)),
                None if one.is_ready && may_print => (one_button(&posted, &visit.csrf(&posted), ButtonKind::Secondary, &visit.say("letters-printing-posted"), None)),
                None => "–",
            }
        },
    ]
}

fn back(dispatch: &str) -> String {
    format!("{PATH}/{dispatch}/paper")
}

/// `POST …/printings`.
pub async fn make(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (number, inside, actor) = (shell::id(&id)?, app.inside()?.clone(), me.actor());
    let made = blocking(move || Ok(printings::make(&inside, &actor, number)?)).await?;
    match made {
        Some(_) => Ok(shell::done(&back(&id), "staff-done-letters-printing")),
        None => Err(Failure::saying(Kind::Conflict, "letters-printing-nothing").next(back(&id), "page-back")),
    }
}

/// `POST …/printings/{printing}/fill`: one that was interrupted.
pub async fn fill(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((id, printing)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (printing, inside, actor) = (shell::id(&printing)?, app.inside()?.clone(), me.actor());
    blocking(move || Ok(printings::fill(&inside, &actor, printing)?)).await?;
    Ok(shell::done(&back(&id), "staff-done-letters-printing"))
}

/// `POST …/printings/{printing}/posted`.
pub async fn posted(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((id, printing)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (printing, inside, actor) = (shell::id(&printing)?, app.inside()?.clone(), me.actor());
    blocking(move || Ok(printings::posted(&inside, &actor, printing)?)).await?;
    Ok(shell::done(&back(&id), "staff-done-letters-posted"))
}

/// The printing, its dispatch, the sender's name and what it holds now. That `actor` takes `what` is written down.
fn open(
    inside: &Inside,
    (actor, what): (&Actor, &'static str),
    dispatch: &str,
    printing: &str,
) -> Result<(Printing, Dispatch, String, Checked), Failure> {
    let gone = || Failure::of(Kind::NotFound);
    let (dispatch, printing): (Id, Id) = (shell::id(dispatch)?, shell::id(printing)?);
    let found = inside.store.read::<_, StoreError, _>(|tx| {
        let Some(one) = printings::find(tx, printing)?.filter(|one| one.dispatch == dispatch) else { return Ok(None) };
        let Some(dispatch) = dispatch::get(tx, dispatch)? else { return Ok(None) };
        let sender = senders::get(tx, &dispatch.sender)?.map_or_else(|| dispatch.sender.clone(), |sender| sender.name);
        Ok(Some((one, dispatch, sender)))
    })?;
    let (one, dispatch, sender) = found.ok_or_else(gone)?;
    let content = printings::open(inside, actor, printing, what)?.ok_or_else(gone)?;
    Ok((one, dispatch, sender, content))
}

/// `GET …/printings/{printing}/list.csv`.
pub async fn list(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path((id, printing)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (inside, actor) = (app.inside()?.clone(), me.actor());
    let (_, _, _, content) = blocking(move || open(&inside, (&actor, "list"), &id, &printing)).await?;
    let rows: Vec<Vec<String>> = content
        .places
        .iter()
        .flatten()
        .map(|one| {
            let facts = one.personal.facts.iter().map(|(name, value)| format!("{name}: {value}"));
            let own: Vec<String> = one.personal.text.iter().cloned().chain(facts).collect();
            let amount = one.personal.amount.map(|amount| amount.to_string()).unwrap_or_default();
            let code = one.postal_code.clone().unwrap_or_default();
            vec![code, one.address.clone(), one.name.clone(), own.join(" / "), amount]
        })
        .collect();
    let headings = ["letters-postal-code", "letters-address", "letters-name", "letters-own-part", "letters-amount"];
    Ok(visit.csv("printing", &headings, &rows))
}

/// `GET …/printings/{printing}/by-hand`: whom an officer writes to; nobody is told why.
pub async fn by_hand(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path((id, printing)): Path<(String, String)>,
) -> Result<Response, Failure> {
    let (inside, dispatch, actor) = (app.inside()?.clone(), id.clone(), me.actor());
    let (_, _, _, content) = blocking(move || open(&inside, (&actor, "by hand"), &dispatch, &printing)).await?;
    let rows: Vec<_> = content.by_hand.iter().map(|resident| vec![html! { (resident) }]).collect();
    let title = visit.say("letters-printing-by-hand");
    let main = html! {
        p { (visit.say("letters-printing-by-hand-how")) }
        (visit.table(&title, &["letters-resident"], &rows))
        p { a href=(back(&id)) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

/// `GET …/printings/{printing}/{number}`: letters, two hundred a file, from 1.
pub async fn letters(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((id, printing, number)): Path<(String, String, usize)>,
) -> Result<Response, Failure> {
    let (inside, typeface, now) = (app.inside()?.clone(), app.typeface()?, app.seams.now());
    let (name, actor) = (format!("letters-{number}.pdf"), me.actor());
    let bytes = blocking(move || {
        let (one, dispatch, sender, content) = open(&inside, (&actor, "letters"), &id, &printing)?;
        let piece = number.checked_sub(1).and_then(|at| content.places.chunks(LETTERS).nth(at));
        // Places, not persons, make a file: who goes by hand since is passed over. A file of nobody is none.
        let piece = piece.filter(|piece| piece.iter().any(Option::is_some));
        let piece = piece.ok_or_else(|| Failure::of(Kind::NotFound))?;
        let city = &inside.profile.name;
        let documents: Vec<Plain> =
            piece.iter().flatten().map(|to| letter(&dispatch, (city, &sender), one.made_at, to)).collect();
        paper::plain::draw(&documents, &typeface, (city, &one.id.to_string(), now)).map_err(|error| drawing(&error))
    })
    .await?;
    Ok(file("application/pdf", &name, bytes))
}

fn letter(dispatch: &Dispatch, (city, sender): (&str, &str), at: Timestamp, to: &Addressee) -> Plain {
    let say = |key: &str| ui::words().get(Language::Japanese, key);
    let draft = &dispatch.draft;
    let mut parts: Vec<Part> = Vec::new();
    if let Some(text) = &to.personal.text {
        parts.push(Part::Paragraph(text.clone()));
    }
    if !to.personal.facts.is_empty() {
        parts.push(Part::Facts(to.personal.facts.clone()));
    }
    parts.extend(draft.body.japanese.iter().map(|block| match block {
        Block::Heading(words) => Part::Heading(words.clone()),
        Block::Paragraph(words) => Part::Paragraph(words.clone()),
        Block::List(lines) => Part::List(lines.clone()),
        Block::Facts(facts) => Part::Facts(facts.clone()),
        Block::Link { label, to } => Part::Paragraph(format!("{label}\n{to}")),
    }));
    let mut asked = Vec::new();
    if let Some(due) = draft.due_on {
        asked.push((say("letters-due"), ui::dates::date(Language::Japanese, due)));
    }
    let amount = match &draft.action {
        Some(Act::Pay { amount, .. }) => Some(to.personal.amount.unwrap_or(*amount)),
        _ => to.personal.amount,
    };
    if let Some(amount) = amount {
        asked.push((say("letters-paper-amount"), Yen(amount).to_string()));
    }
    if !asked.is_empty() {
        parts.push(Part::Facts(asked));
    }
    if let Some(reason) = &draft.reason {
        parts.push(Part::Small(format!("{}: {reason}", say("portal-letter-why"))));
    }
    Plain {
        title: draft.title.clone(),
        to: Some(To { postal_code: to.postal_code.clone(), address: to.address.clone(), name: to.name.clone() }),
        aside: vec![ui::dates::date(Language::Japanese, at.date_in_japan()), format!("{city} {sender}")],
        parts,
        foot: format!("{city} {sender}"),
    }
}
