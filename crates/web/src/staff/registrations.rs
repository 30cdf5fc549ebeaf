//! Applications of people who live elsewhere and have their family register here (本籍地利用登録): the pile, one opened and
//! compared with the register, and the officer's decision.
//!
//! ```text
//!  list (without content) ─► take up ─► opened: typed 本籍・筆頭者, what the signature certifies, members that fit
//!        ─► register one that is the same in name and birth date  |  decline with a reason  |  put back
//! ```
//! Opening one is a reading of the applicant's record and is written down as such. Nothing of the register is shown but
//! whether what the applicant said is so.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind};
use maud::{Markup, html};
use store::Tx;
use tools::Inside;
use tools::access::{self, Actor, Duty, Item, Purpose};
use tools::credentials::renewal::Compared;
use tools::family_register::registration::{
    self, Candidate, Decision, DeclineReason, Opened, RegistrationError, RegistrationRefusal, State as Standing,
    Waiting,
};
use tools::staff::Action;
use ui::form::{ButtonKind, button, one_button};
use ui::notice::{AlertKind, chip};
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/registrations";

/// Its routes.
pub fn routes() -> Routes {
    let review = Rule::Staff(Action::ReviewRegistrations);
    Routes::new()
        .get(PATH, review, list)
        .post("/staff/registrations/{id}/take-up", review, take_up)
        .get("/staff/registrations/{id}", review, opened)
        .post("/staff/registrations/{id}/register", review, register)
        .post("/staff/registrations/{id}/decline", review, decline)
        .post("/staff/registrations/{id}/put-back", review, put_back)
}

async fn list(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let waiting = blocking(move || Ok(inside.store.read(registration::waiting)?)).await?;
    let rows: Vec<Vec<Markup>> = waiting.iter().map(|one| row(&visit, &me, one)).collect();
    let title = visit.say("registration-staff-title");
    let headings = ["registration-staff-applied", "registration-staff-state", "staff-what-to-do"];
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("registration-staff-how")) }
        (count(visit.language, rows.len()))
        @if rows.is_empty() {
            (empty_state(&visit.say("registration-staff-none"), &visit.say("registration-staff-none-how")))
        } @else { (visit.table(&title, &headings, &rows)) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn row(visit: &Visit, me: &SignedIn, one: &Waiting) -> Vec<Markup> {
    let is_mine = one.reviewer == Some(me.account.id);
    let (kind, key) = match (one.state, is_mine) {
        (Standing::InReview, true) => (AlertKind::Warning, "registration-state-mine"),
        (Standing::InReview, false) => (AlertKind::Info, "registration-state-in-review"),
        _ => (AlertKind::Warning, "registration-state-applied"),
    };
    let action = format!("{PATH}/{}/take-up", one.id);
    vec![
        html! { (ui::dates::instant(visit.language, one.applied_at)) },
        chip(kind, &visit.say(key)),
        html! {
            @if is_mine { a href=(format!("{PATH}/{}", one.id)) { (visit.say("registration-staff-open")) } }
            @else if one.state == Standing::Applied {
                (one_button(&action, &visit.csrf(&action), ButtonKind::Primary, &visit.say("registration-staff-take-up"),
                    None))
            }
        },
    ]
}

fn refused(refusal: RegistrationRefusal) -> Failure {
    let key = match refusal {
        RegistrationRefusal::AnotherOfficer | RegistrationRefusal::WrongState => "registration-staff-another",
        RegistrationRefusal::Expired => "registration-staff-expired",
        _ => "registration-staff-gone",
    };
    Failure::saying(refusal.kind(), key).next(PATH, "registration-staff-title")
}

fn beneath(error: &RegistrationError) -> Failure {
    tracing::error!(%error, "a registration could not be read or changed");
    Failure::of(error.kind())
}

async fn take_up(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (number, inside, actor) = (shell::id(&id)?, app.inside()?.clone(), me.actor());
    let done = blocking(move || {
        let seams = inside.seams.clone();
        let taken = inside.store.write(move |tx| registration::take_up(tx, &seams, &actor, number));
        taken.map_err(|error| beneath(&error))
    })
    .await?;
    done.map_err(refused)?;
    Ok(shell::done(&format!("{PATH}/{id}"), "staff-done-registration-taken-up"))
}

/// The application with what fits it, opened by the officer who took it up.
fn open(inside: &Inside, actor: &Actor, officer: Id, id: Id) -> Result<(Opened, Vec<Candidate>), Failure> {
    let (city, actor) = (inside.clone(), actor.clone());
    let found = inside.store.write::<_, RegistrationError, _>(move |tx| open_in(tx, &city, &actor, officer, id));
    found.map_err(|error| beneath(&error))?.ok_or_else(|| refused(RegistrationRefusal::AnotherOfficer))
}

/// The same in the caller's transaction. `None` when this officer has not taken it up.
fn open_in(
    tx: &mut Tx<'_>,
    inside: &Inside,
    actor: &Actor,
    officer: Id,
    id: Id,
) -> Result<Option<(Opened, Vec<Candidate>)>, RegistrationError> {
    let mine = registration::waiting(tx)?.into_iter().find(|one| one.id == id);
    let Some(mine) = mine.filter(|one| one.reviewer == Some(officer)) else { return Ok(None) };
    let purpose = Purpose::new(Duty::Credential)
        .reading(&[Item::Name, Item::BirthDate, Item::Address, Item::Domicile])
        .for_work(id);
    let access = access::person(tx, &inside.seams, actor, &purpose, &mine.person)?;
    let Some(opened) = registration::open(tx, &inside.vault, &access, id)? else { return Ok(None) };
    let candidates = registration::candidates(tx, &access, &opened)?;
    Ok(Some((opened, candidates)))
}

async fn opened(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (number, inside, actor, officer) = (shell::id(&id)?, app.inside()?.clone(), me.actor(), me.account.id);
    let (application, candidates) = blocking(move || open(&inside, &actor, officer, number)).await?;
    let title = visit.say("registration-staff-one");
    let here = format!("{PATH}/{id}");
    let main = html! {
        (shell::said(&visit))
        p class="note" { (visit.say("registration-staff-shown")) }
        section {
            h2 { (visit.say("registration-staff-told")) }
            dl class="facts" {
                dt { (visit.say("registration-domicile")) } dd lang="ja" { (application.domicile) }
                dt { (visit.say("registration-head")) } dd lang="ja" { (application.head) }
            }
            h2 { (visit.say("registration-staff-certified")) }
            dl class="facts" {
                dt { (visit.say("registration-staff-name")) } dd lang="ja" { (application.name) }
                dt { (visit.say("registration-staff-birth")) }
                dd { (ui::dates::date(visit.language, application.birth_date)) }
                dt { (visit.say("registration-staff-lives")) } dd lang="ja" { (application.address) }
            }
        }
        section {
            h2 { (visit.say("registration-staff-fits")) }
            @if candidates.is_empty() { p { (visit.say("registration-staff-nobody")) } }
            @else { (table_of(&visit, &here, &candidates)) }
        }
        (decline_form(&visit, &here))
        @let back = format!("{here}/put-back");
        div class="buttons" {
            (one_button(&back, &visit.csrf(&back), ButtonKind::Secondary, &visit.say("registration-staff-put-back"), None))
            a href=(PATH) { (visit.say("page-back")) }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn compared(visit: &Visit, compared: Compared) -> Markup {
    match compared {
        Compared::Same => chip(AlertKind::Success, &visit.say("registration-staff-same")),
        Compared::Differs => chip(AlertKind::Error, &visit.say("registration-staff-differs")),
        _ => chip(AlertKind::Warning, &visit.say("registration-staff-look")),
    }
}

/// Whether an officer may register this member: name and birth date are the certified ones, and the member lives elsewhere.
fn may_be_registered(candidate: &Candidate) -> bool {
    candidate.name != Compared::Differs && candidate.birth_date == Compared::Same && !candidate.is_resident
}

fn table_of(visit: &Visit, here: &str, candidates: &[Candidate]) -> Markup {
    let action = format!("{here}/register");
    let row = |one: &Candidate| {
        vec![
            html! { (one.register_id) " / " (one.member) },
            compared(visit, one.name),
            compared(visit, one.birth_date),
            html! { @if let Some(address) = one.address { (compared(visit, address)) } @else { "-" } },
            html! {
                @if may_be_registered(one) {
                    form method="post" action=(action) {
                        (visit.csrf(&action))
                        input type="hidden" name="register" value=(one.register_id);
                        input type="hidden" name="member" value=(one.member);
                        (button(ButtonKind::Primary, &visit.say("registration-staff-register")))
                    }
                } @else if one.is_resident { (visit.say("registration-staff-resident")) }
                @else { (visit.say("registration-staff-not-them")) }
            },
        ]
    };
    let rows: Vec<Vec<Markup>> = candidates.iter().map(row).collect();
    let headings = [
        "registration-staff-member",
        "registration-staff-name",
        "registration-staff-birth",
        "registration-staff-address",
        "staff-what-to-do",
    ];
    visit.table(&visit.say("registration-staff-fits"), &headings, &rows)
}

fn decline_form(visit: &Visit, here: &str) -> Markup {
    let action = format!("{here}/decline");
    html! {
        section {
            h2 { (visit.say("registration-staff-decline")) }
            form method="post" action=(action) {
                (visit.csrf(&action))
                fieldset {
                    legend { (visit.say("registration-staff-why")) }
                    @for (place, reason) in DeclineReason::ALL.into_iter().enumerate() {
                        label class="choice" {
                            input type="radio" name="reason" value=(reason.code()) required checked[place == 0];
                            (visit.say(&format!("registration-reason-{}", reason.code().replace('_', "-"))))
                        }
                    }
                }
                div class="buttons" { (button(ButtonKind::Danger, &visit.say("registration-staff-decline-go"))) }
            }
        }
    }
}

async fn register(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["register", "member"])?;
    let invalid = || Failure::of(Kind::Invalid);
    let member: u32 = fields.get("member").parse().map_err(|_| invalid())?;
    let register_id = fields.get("register").to_owned();
    let (number, inside, actor, officer) = (shell::id(&id)?, app.inside()?.clone(), me.actor(), me.account.id);
    let done = blocking(move || {
        let city = inside.clone();
        // What the page offered is compared anew, in the transaction that registers: a form is not a right, and a register
        // that arrives between may have somebody else under that number.
        let done = inside.store.write::<_, RegistrationError, _>(move |tx| {
            let Some((_, candidates)) = open_in(tx, &city, &actor, officer, number)? else {
                return Ok(Err(RegistrationRefusal::AnotherOfficer));
            };
            let fits =
                |one: &Candidate| one.register_id == register_id && one.member == member && may_be_registered(one);
            if !candidates.iter().any(fits) {
                return Ok(Err(RegistrationRefusal::NoSuchMember));
            }
            let decision = Decision::Register { register_id: register_id.clone(), member };
            registration::decide(tx, &city.seams, &actor, number, &decision)
        });
        done.map_err(|error| beneath(&error))
    })
    .await?;
    match done {
        Ok(()) => {}
        Err(RegistrationRefusal::NoSuchMember) => {
            return Err(
                Failure::saying(Kind::Refused, "registration-staff-not-them").next(PATH, "registration-staff-title")
            );
        }
        Err(refusal) => return Err(refused(refusal)),
    }
    Ok(shell::done(PATH, "staff-done-registration-registered"))
}

async fn decline(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["reason"])?;
    let reason = DeclineReason::from_code(fields.get("reason")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let (number, inside, actor) = (shell::id(&id)?, app.inside()?.clone(), me.actor());
    blocking(move || decide(&inside, &actor, number, Decision::Decline(reason))).await?;
    Ok(shell::done(PATH, "staff-done-registration-declined"))
}

fn decide(inside: &Inside, actor: &Actor, id: Id, decision: Decision) -> Result<(), Failure> {
    let (seams, actor) = (inside.seams.clone(), actor.clone());
    let decided = inside.store.write(move |tx| registration::decide(tx, &seams, &actor, id, &decision));
    decided.map_err(|error| beneath(&error))?.map_err(refused)
}

async fn put_back(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (number, inside, actor) = (shell::id(&id)?, app.inside()?.clone(), me.actor());
    let done = blocking(move || {
        let put = inside.store.write(move |tx| registration::put_back(tx, &actor, number));
        put.map_err(|error| beneath(&error))
    })
    .await?;
    done.map_err(refused)?;
    Ok(shell::done(PATH, "staff-done-registration-put-back"))
}
