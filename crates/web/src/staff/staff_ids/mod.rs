//! The personnel office's pages (職員身分証): the staff record, IDs, labels, doors. Who sits here sees no residents.

mod card;
mod doors;
mod drawer;
mod labels;
mod member;
mod questions;
pub(crate) mod sign_in;

pub(super) use doors::PATH as DOORS;
pub use sign_in::Sample;

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::response::Response;
use base::{Id, Kind};
use maud::{Markup, html};
use services::staff_id::actions::Personnel;
use services::staff_id::kept::{self, Kept, StaffId};
use services::staff_id::model::Refusal;
use services::staff_id::records::{self, COLUMNS, Fault};
use tools::Inside;
use tools::service_cards::CardError;
use tools::staff::Action;
use ui::form::{ButtonKind, button, link_button};
use ui::notice::{AlertKind, alert, chip};
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::session::{self, Door};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/staff-ids";
const IMPORT: &str = "/staff/staff-ids/import";
/// A record of twenty thousand lines.
const MOST_BYTES: usize = 4 << 20;

const MANAGE: Rule = Rule::Staff(Action::ManageStaffIds);

/// Their routes.
pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, MANAGE, page)
        .post_up_to(IMPORT, MANAGE, MOST_BYTES, import)
        .get("/staff/staff-ids/ledger.csv", MANAGE, ledger)
        .merge(member::routes())
        .merge(questions::routes())
        .merge(card::routes())
        .merge(labels::routes())
        .merge(doors::routes())
        .merge(sign_in::routes())
}

fn desk(app: &App, me: &SignedIn) -> Result<Personnel, Failure> {
    Ok(Personnel { city: Inside::clone(app.inside()?), by: me.actor() })
}

fn beneath(error: &CardError) -> Failure {
    tracing::error!(%error, "the staff record or an ID");
    Failure::of(error.kind())
}

fn refused(refusal: Refusal) -> Failure {
    Failure::saying(refusal.kind(), refusal.word()).next(PATH, "staff-id-nav")
}

/// What an action answered.
fn done<T>(answer: Result<Result<T, Refusal>, CardError>) -> Result<T, Failure> {
    answer.map_err(|error| beneath(&error))?.map_err(refused)
}

/// Ends every session of an account: whoever lost a card or left is out at once.
///
/// # Errors
/// The database.
pub fn end_sessions(inside: &Inside, account: Id) -> Result<(), Failure> {
    let now = inside.seams.now();
    Ok(inside
        .store
        .write::<_, store::StoreError, _>(move |tx| session::end_all(tx, now, Door::Staff, &account.to_string()))?)
}

/// The page of the member whose ID this is, and the number of its label, for who approves something about it.
pub(super) fn place_of(inside: &Inside, id: Id) -> Result<Option<(String, String)>, Failure> {
    let found = inside.cards.read(|tx| {
        let Some(one) = kept::get(tx, id)? else { return Ok(None) };
        let member = kept::member(tx, &inside.vault, &one.number)?;
        Ok(member.map(|kept| (member::address(kept.id), one.sticker.to_string())))
    });
    found.map_err(|error: CardError| beneath(&error))
}

/// Takes over at once what two persons allowed about openings of doors; the job would within seconds.
pub(super) fn follow_openings(inside: &Inside, by: tools::access::Actor) -> Result<(), Failure> {
    Personnel { city: inside.clone(), by }.follow_openings().map_err(|error| beneath(&error))
}

/// Tells the outside at once which IDs live. What fails here is told again by the job within a minute.
fn tell(app: &App, desk: &Personnel) {
    let Some(place) = &app.kiosk else { return };
    if let Err(error) = desk.publish(&place.issuer.composer.keys().codes) {
        tracing::warn!(%error, "the outside was not told of staff IDs; the job tries again");
    }
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let desk = desk(&app, &me)?;
    let all = blocking(move || {
        desk.read(|tx, vault| {
            let members = kept::members(tx, vault)?;
            members
                .into_iter()
                .map(|kept| Ok((kept::of_member(tx, &kept.member.number)?, kept)))
                .collect::<Result<Vec<_>, CardError>>()
        })
        .map_err(|error| beneath(&error))
    })
    .await?;
    let main = html! { (shell::said(&visit)) (list(&visit, app.seams.today(), &all)) };
    Ok(shell::page(&visit, &me, &visit.say("staff-id-title"), &main))
}

fn list(visit: &Visit, today: base::Date, all: &[(Vec<StaffId>, Kept)]) -> Markup {
    let title = visit.say("staff-id-members");
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|(ids, kept)| {
            let at = format!("{PATH}/member/{}", kept.id);
            vec![
                html! { a href=(at) { (kept.member.number) } },
                html! { (kept.member.name.reveal()) },
                html! { (kept.member.department) },
                html! { (kept.member.title) },
                standing(visit, today, kept, ids.first()),
            ]
        })
        .collect();
    let headings = ["staff-id-number", "staff-id-name", "staff-id-department", "staff-id-job", "staff-id-standing"];
    html! {
        p { (visit.say_html("staff-id-how")) }
        div class="buttons" {
            (link_button(ButtonKind::Secondary, labels::PATH, &visit.say("staff-id-labels")))
            (link_button(ButtonKind::Secondary, doors::PATH, &visit.say("staff-id-doors")))
            (link_button(ButtonKind::Secondary, "/staff/staff-ids/ledger.csv", &visit.say("staff-id-ledger-file")))
        }
        section {
            h2 { (title) }
            (count(visit.language, all.len()))
            @if rows.is_empty() { (empty_state(&visit.say("staff-id-none"), &visit.say("staff-id-none-how"))) }
            @else { (visit.table(&title, &headings, &rows)) }
        }
        (import_form(visit))
    }
}

/// Where a member's present ID stands, in one word.
fn standing(visit: &Visit, today: base::Date, kept: &Kept, newest: Option<&StaffId>) -> Markup {
    if !kept.member.is_employed(today) {
        return chip(AlertKind::Warning, &visit.say("staff-id-not-employed"));
    }
    let Some(one) = newest else { return html! { (visit.say("staff-id-no-id")) } };
    let kind = if one.is_good(today) { AlertKind::Success } else { AlertKind::Warning };
    let word = if one.standing.code() == "live" && !one.is_good(today) {
        visit.say("staff-id-expired")
    } else {
        visit.say(one.standing.word())
    };
    chip(kind, &word)
}

fn import_form(visit: &Visit) -> Markup {
    html! {
        section class="card" {
            h2 { (visit.say("staff-id-import")) }
            p { (visit.say("staff-id-import-how")) }
            p { code { (COLUMNS.join(",")) } }
            form method="post" action=(IMPORT) enctype="multipart/form-data" {
                (visit.csrf(IMPORT))
                div class="field" {
                    label for="file" { (visit.say("staff-id-file")) }
                    input id="file" name="file" type="file" accept=".csv,text/csv";
                }
                div class="field" {
                    label for="text" { (visit.say("staff-id-text")) }
                    textarea id="text" name="text" rows="3" {}
                }
                div class="buttons" { (button(ButtonKind::Primary, &visit.say("staff-id-import-go"))) }
            }
        }
    }
}

/// The file that was chosen, or the text that was pasted.
async fn sent(form: Result<Multipart, axum::extract::multipart::MultipartRejection>) -> Result<Vec<u8>, Failure> {
    let wrong = || Failure::saying(Kind::Invalid, "staff-id-no-file").next(PATH, "staff-id-nav");
    let mut form = form.map_err(|_| wrong())?;
    let (mut file, mut text) = (Vec::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(|_| wrong())? {
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|_| Failure::saying(Kind::Invalid, "error-too-large"))?;
        match name.as_str() {
            "file" => file = bytes.to_vec(),
            "text" => text = bytes.to_vec(),
            _ => {}
        }
    }
    let bytes = if file.is_empty() { text } else { file };
    if bytes.is_empty() { Err(wrong()) } else { Ok(bytes) }
}

async fn import(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    form: Result<Multipart, axum::extract::multipart::MultipartRejection>,
) -> Result<Response, Failure> {
    let bytes = sent(form).await?;
    let (members, faults) = records::read(&bytes);
    let taken = members.len();
    if faults.is_empty() && taken > 0 {
        let (desk, app) = (desk(&app, &me)?, app.clone());
        blocking(move || {
            desk.import(&members).map_err(|error| beneath(&error))?;
            tell(&app, &desk);
            Ok(())
        })
        .await?;
        return Ok(shell::done(PATH, "staff-done-id-imported"));
    }
    Ok(shell::page(&visit, &me, &visit.say("staff-id-title"), &refusals(&visit, taken, &faults)))
}

/// Which lines are refused: with one such line nothing is taken, so that a file is wholly in or not at all.
fn refusals(visit: &Visit, good: usize, faults: &[Fault]) -> Markup {
    let rows: Vec<Vec<Markup>> = faults
        .iter()
        .take(500)
        .map(|fault| {
            let field = fault.field.checked_sub(1).and_then(|at| COLUMNS.get(at)).copied().unwrap_or("–");
            vec![html! { (fault.line) }, html! { (field) }, html! { (visit.say(fault.reason.word())) }]
        })
        .collect();
    let said = visit.say_with("staff-id-import-refused", &[("bad", faults.len().into()), ("good", good.into())]);
    html! {
        (alert(visit.language, AlertKind::Error, &html! { p { (said) } }))
        (visit.table(&visit.say("staff-id-import-lines"), &["staff-id-line", "staff-id-field", "staff-id-reason"], &rows))
        (import_form(visit))
    }
}

async fn ledger(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let desk = desk(&app, &me)?;
    let lines = blocking(move || desk.read(|tx, _| kept::ledger(tx, None)).map_err(|error| beneath(&error))).await?;
    let rows: Vec<Vec<String>> = lines
        .into_iter()
        .map(|line| {
            vec![ui::dates::in_japan(line.at), line.number, line.sticker, visit.say(&what(&line.what)), line.why]
        })
        .collect();
    let headings = ["staff-id-at-japan", "staff-id-number", "staff-id-sticker", "staff-id-what", "staff-id-why"];
    Ok(visit.csv("staff_ids", &headings, &rows))
}

/// The key of a word of the ledger.
fn what(code: &str) -> String {
    format!("staff-id-what-{code}")
}
