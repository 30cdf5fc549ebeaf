//! One issued paper: what it is worth, whose it is (a disclosure, for a work told first), and withdrawing it.
//!
//! ```text
//!   number ─► this page ─┬─ work told ─► PersonAccess ─► whose it is
//!                        └─ reason ─► asked (two persons) ─► approved ─► /verify says withdrawn, for good
//! ```

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind};
use maud::{Markup, html};
use services::convenience_certificates::issued::{self, Issued, Standing, WithdrawalError};
use services::convenience_certificates::{Choices, Members, OptionalItems};
use store::StoreError;
use tools::access;
use tools::register::{self, HouseholdSnapshot, RegisterError};
use tools::staff::Action;
use tools::staff::two_persons::{self, Deed};
use tools::{ResidentId, terminals};
use ui::form::{ButtonKind, Field, button, field, link_button};
use ui::notice::{AlertKind, alert, facts};

use super::desk::{self, Desk};
use super::papers::{PATH, place, standing};
use super::{approvals, register as entries, shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get("/staff/papers/{request}", Rule::Staff(Action::SeePapers), page)
        .post("/staff/papers/{request}/person", Rule::Staff(Action::OpenPerson), person)
        .get("/staff/papers/{request}/withdraw", Rule::Staff(Action::WithdrawPaper), confirm)
        .post("/staff/papers/{request}/withdraw", Rule::Staff(Action::WithdrawPaper), withdraw)
}

/// A paper with what a page about it needs.
struct Shown {
    paper: Issued,
    place: String,
    is_asked: bool,
    desk: Option<Desk>,
}

async fn load(app: &Arc<App>, visit: &Visit, me: &SignedIn, request: &str) -> Result<Shown, Failure> {
    let (inside, key, request) = (app.inside()?.clone(), me.session.key.clone(), shell::id(request)?);
    let (paper, places, is_asked, desk) = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            Ok((
                issued::get(tx, request)?,
                terminals::places(tx)?,
                two_persons::is_asked(tx, &inside.seams, Deed::WithdrawPaper(request))?,
                desk::current(tx, &key)?,
            ))
        })?)
    })
    .await?;
    let paper = paper.ok_or_else(no_paper)?;
    Ok(Shown { place: place(visit, &paper, &places), paper, is_asked, desk })
}

fn no_paper() -> Failure {
    Failure::saying(Kind::NotFound, "staff-papers-not-found").next(PATH, "staff-nav-papers")
}

fn about(visit: &Visit, shown: &Shown) -> Markup {
    let paper = &shown.paper;
    let mut told = vec![
        (visit.say("staff-state"), standing(visit, paper)),
        (visit.say("staff-paper-number"), html! { (paper.number) }),
        (visit.say("staff-paper-request"), html! { code { (paper.request) } }),
        (visit.say("staff-counts-kind"), html! { (words::certificate(visit, &paper.kind)) }),
        (visit.say("staff-paper-copies"), html! { (paper.copies) }),
        (visit.say("staff-counts-place"), html! { (shown.place) }),
        (visit.say("staff-paper-made"), html! { (ui::dates::instant(visit.language, paper.began_at)) }),
    ];
    if let Some(withdrawn) = &paper.withdrawn {
        told.push((visit.say("staff-withdrawn-at"), html! { (ui::dates::instant(visit.language, withdrawn.at)) }));
        told.push((visit.say("staff-approval-reason"), html! { (withdrawn.reason) }));
    }
    facts(&told)
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(request): Path<String>,
) -> Result<Response, Failure> {
    let shown = load(&app, &visit, &me, &request).await?;
    let main = html! {
        (shell::said(&visit))
        (about(&visit, &shown))
        (next(&visit, &me, &shown))
        @if me.may(Action::OpenPerson) { (person_form(&visit, &shown)) }
        div class="buttons" { a href=(PATH) { (visit.say("staff-papers-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-paper-title"), &main))
}

/// What can be done about the paper's worth, or why nothing.
fn next(visit: &Visit, me: &SignedIn, shown: &Shown) -> Markup {
    let said = |kind, key: &str| alert(visit.language, kind, &html! { p { (visit.say(key)) } });
    match shown.paper.standing() {
        Standing::Withdrawn => said(AlertKind::Warning, "staff-withdrawn-told"),
        Standing::NotHandedOut => said(AlertKind::Info, "staff-paper-not-handed-out-why"),
        Standing::UnderWay => said(AlertKind::Info, "staff-paper-under-way-why"),
        Standing::Valid if shown.is_asked => html! {
            (said(AlertKind::Warning, "staff-withdraw-asked"))
            @if me.may(Action::SeeApprovals) { p { a href=(approvals::PATH) { (visit.say("staff-nav-approvals")) } } }
        },
        Standing::Valid if me.may(Action::WithdrawPaper) => html! {
            div class="buttons" {
                (link_button(ButtonKind::Secondary, &format!("{PATH}/{}/withdraw", shown.paper.request),
                    &visit.say("staff-withdraw-begin")))
            }
        },
        Standing::Valid => html! { p class="hint" { (visit.say("staff-withdraw-who")) } },
    }
}

fn person_form(visit: &Visit, shown: &Shown) -> Markup {
    let address = format!("{PATH}/{}/person", shown.paper.request);
    html! {
        section class="card" {
            h2 { (visit.say("staff-paper-whose")) }
            p { (visit.say_html("staff-paper-whose-how")) }
            form method="post" action=(address) {
                (visit.csrf(&address))
                (desk::fields(visit, shown.desk.as_ref()))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-paper-whose-open"))) }
            }
        }
    }
}

async fn person(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(request): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let desk = desk::told(&fields)?;
    let shown = load(&app, &visit, &me, &request).await?;
    let (subject, choices, snapshot) = look(&app, &me, &desk, shown.paper.request).await?;
    let today = app.seams.today();
    let resident = snapshot.as_ref().and_then(|snapshot| snapshot.member(&subject));
    let main = html! {
        div class="desk" {
            p { (visit.say("staff-desk-now")) " " strong { (words::duty(&visit, desk.duty)) } }
            p { (visit.say(desk::shown_key(desk.duty))) }
        }
        (about(&visit, &shown))
        h2 { (visit.say("staff-paper-applicant")) }
        @if let (Some(snapshot), Some(resident)) = (&snapshot, resident) {
            p { (visit.say("staff-paper-as-today")) }
            (entries::warnings(&visit, snapshot, resident, today))
            (entries::ruby_name(resident))
            (facts(&entries::person_facts(&visit, resident, today)))
        } @else { (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("staff-no-resident")) } })) }
        h2 { (visit.say("staff-paper-shows")) }
        (facts(&chosen(&visit, &choices, snapshot.as_ref())))
        div class="buttons" { a href=(format!("{PATH}/{}", shown.paper.request)) { (visit.say("staff-paper-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-paper-whose"), &main))
}

/// Reads whose paper it is with an access for this work; those chosen for it are disclosed too. No entry is left in the
/// register: `None`, and the look is on record all the same.
async fn look(
    app: &Arc<App>,
    me: &SignedIn,
    desk: &Desk,
    request: Id,
) -> Result<(ResidentId, Choices, Option<HouseholdSnapshot>), Failure> {
    let purpose = desk.purpose(entries::PERSON_ITEMS)?;
    let (inside, actor) = (app.inside()?.clone(), me.actor());
    blocking(move || {
        let found = inside.store.read::<_, StoreError, _>(|tx| issued::whose(tx, request))?;
        let (subject, choices) = found.ok_or_else(no_paper)?;
        let (seams, person, members) = (inside.seams.clone(), subject.clone(), choices.members.clone());
        let snapshot = inside.store.write::<_, RegisterError, _>(move |tx| {
            let mut access = access::person(tx, &seams, &actor, &purpose, &person)?;
            let snapshot = match register::household_snapshot(tx, &access) {
                Ok(snapshot) => snapshot,
                Err(RegisterError::NotFound) => return Ok(None),
                Err(error) => return Err(error),
            };
            if let Members::Chosen(chosen) = &members {
                let there: Vec<ResidentId> =
                    chosen.iter().filter(|one| snapshot.member(one).is_some()).cloned().collect();
                access.also_shows(tx, &there)?;
            }
            Ok(Some(snapshot))
        })?;
        Ok((subject, choices, snapshot))
    })
    .await
}

fn chosen(visit: &Visit, choices: &Choices, snapshot: Option<&HouseholdSnapshot>) -> Vec<(String, Markup)> {
    let whose = match &choices.members {
        Members::Applicant => visit.say("staff-paper-shows-applicant"),
        Members::Household => visit.say("staff-paper-shows-household"),
        Members::Numbered(list) => visit.say_with("staff-paper-shows-numbered", &[("n", list.len().into())]),
        Members::Chosen(list) => {
            let names: Vec<&str> = list
                .iter()
                .filter_map(|one| snapshot.and_then(|snapshot| snapshot.member(one)))
                .map(|member| member.names.registered.as_str())
                .collect();
            names.join("、")
        }
    };
    let OptionalItems { relationship, domicile, nationality, residence_card_number, residence_status } = choices.items;
    let items: Vec<String> = [
        (relationship, "kiosk-item-relationship"),
        (domicile, "kiosk-item-domicile"),
        (nationality, "kiosk-item-nationality"),
        (residence_card_number, "kiosk-item-card-number"),
        (residence_status, "kiosk-item-status"),
    ]
    .into_iter()
    .filter(|(is_shown, _)| *is_shown)
    .map(|(_, key)| visit.say(key))
    .collect();
    let items = if items.is_empty() { visit.say("staff-paper-shows-basic") } else { items.join("、") };
    vec![
        (visit.say("staff-paper-shows-whom"), html! { (whose) }),
        (visit.say("staff-paper-shows-items"), html! { (items) }),
    ]
}

async fn confirm(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(request): Path<String>,
) -> Result<Response, Failure> {
    let shown = load(&app, &visit, &me, &request).await?;
    let address = format!("{PATH}/{}/withdraw", shown.paper.request);
    let (label, hint) = (visit.say("staff-approval-reason"), visit.say("staff-withdraw-reason-hint"));
    let is_possible = shown.paper.standing() == Standing::Valid && !shown.is_asked;
    let main = html! {
        (about(&visit, &shown))
        @if is_possible {
            (alert(visit.language, AlertKind::Warning, &html! {
                p { strong { (visit.say("staff-withdraw-for-good")) } }
                p { (visit.say("staff-withdraw-then")) }
            }))
            form method="post" action=(address) {
                (visit.csrf(&address))
                (field(visit.language, &Field { name: "reason", label: &label, hint: Some(&hint), required: true,
                    autocomplete: Some("off"), max_length: Some(200), ..Field::default() }))
                div class="buttons" {
                    (button(ButtonKind::Danger, &visit.say("staff-withdraw-ask")))
                    a href=(format!("{PATH}/{}", shown.paper.request)) { (visit.say("staff-withdraw-not")) }
                }
            }
        } @else {
            (next(&visit, &me, &shown))
            div class="buttons" { a href=(format!("{PATH}/{}", shown.paper.request)) { (visit.say("staff-paper-back")) } }
        }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-withdraw-title"), &main))
}

async fn withdraw(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(request): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (request, reason) = (shell::id(&request)?, shell::reason(&fields, "reason")?);
    shell::change(&app, approvals::PATH, "staff-done-asked", move |tx, seams| {
        issued::ask_withdrawal(tx, seams, &me.account, request, &reason).map(drop)
    })
    .await
}

impl From<WithdrawalError> for Failure {
    fn from(error: WithdrawalError) -> Self {
        let key = match error {
            WithdrawalError::Store(error) => return error.into(),
            WithdrawalError::Staff(error) => return error.into(),
            WithdrawalError::Unknown => return no_paper(),
            WithdrawalError::NotHandedOut => "staff-withdraw-not-handed-out",
            WithdrawalError::Already => "staff-withdraw-already",
        };
        Self::saying(Kind::Conflict, key).next(PATH, "staff-nav-papers")
    }
}
