//! One member of staff: their record, their IDs, and what is done to them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::{Id, Kind};
use maud::{Markup, html};
use services::staff_id::kept::{self, Kept, Line, StaffId};
use services::staff_id::model::{Deed, RENEWAL_DAYS, Standing};
use tools::staff::two_persons::{self, Deed as ForTwo};
use tools::staff::{self, Account, StaffError};
use ui::form::{ButtonKind, Field, button, field, link_button, one_button};
use ui::notice::facts;
use ui::table::empty_state;

use super::{MANAGE, beneath, desk, done, end_sessions, standing, tell, what};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::Routes;
use crate::staff::shell;
use crate::visit::{SignedIn, Visit};

pub(super) fn routes() -> Routes {
    Routes::new()
        .get("/staff/staff-ids/member/{member}", MANAGE, page)
        .post("/staff/staff-ids/member/{member}/issue", MANAGE, issue)
        .post("/staff/staff-ids/member/{member}/leave", MANAGE, leave)
        .post("/staff/staff-ids/member/{member}/unlink", MANAGE, unlink)
        .post("/staff/staff-ids/id/{id}/tag", MANAGE, tag)
        .post("/staff/staff-ids/id/{id}/ask-reprint", MANAGE, ask_reprint)
        .post("/staff/staff-ids/id/{id}/do/{deed}", MANAGE, change)
}

pub(super) fn address(member: Id) -> String {
    format!("/staff/staff-ids/member/{member}")
}

struct Shown {
    kept: Kept,
    ids: Vec<StaffId>,
    lines: Vec<Line>,
    account: Option<Account>,
    /// Of the newest ID: whether a reprint is asked for, and whether it is allowed.
    reprint: (bool, bool),
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(member): Path<String>,
) -> Result<Response, Failure> {
    let (member, desk) = (shell::id(&member)?, desk(&app, &me)?);
    let shown = blocking(move || {
        let found = desk.file(member).map_err(|error| beneath(&error))?;
        let (kept, ids, lines) = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
        let newest = ids.first().map(|one| one.id);
        let seams = desk.city.seams.clone();
        let linked = kept.account;
        let (account, reprint) = desk.city.store.read::<_, store::StoreError, _>(|tx| {
            let reprint = match newest {
                Some(id) => (
                    two_persons::is_asked(tx, &seams, ForTwo::ReprintStaffId(id))?,
                    tools::staff_id_list::is_reprint_allowed(tx, id)?,
                ),
                None => (false, false),
            };
            let account = linked.map(|id| staff::account(tx, id)).transpose()?.flatten();
            Ok((account, reprint))
        })?;
        Ok(Shown { kept, ids, lines, account, reprint })
    })
    .await?;
    let today = app.seams.today();
    let (kept, member) = (&shown.kept, &shown.kept.member);
    let until = member.employed_until.map_or_else(|| "–".to_owned(), |day| ui::dates::date(visit.language, day));
    let main = html! {
        (shell::said(&visit))
        (facts(&[
            (visit.say("staff-id-number"), html! { (member.number) }),
            (visit.say("staff-id-name"), html! { (member.name.reveal()) }),
            (visit.say("staff-id-department"), html! { (member.department) }),
            (visit.say("staff-id-job"), html! { (member.title) }),
            (visit.say("staff-id-authority"), html! { (member.authority) }),
            (visit.say("staff-id-from"), html! { (ui::dates::date(visit.language, member.employed_from)) }),
            (visit.say("staff-id-until"), html! { (until) }),
            (visit.say("staff-id-standing"), standing(&visit, today, kept, shown.ids.first())),
        ]))
        @match shown.ids.first() {
            Some(one) if !one.standing.is_over() => (present(&visit, (today, member.is_last_day(today)), one, shown.reprint)),
            _ if !member.is_employed(today) => (empty_state(&visit.say("staff-id-no-id"), &visit.say("staff-id-no-not-employed"))),
            _ if member.is_last_day(today) => (empty_state(&visit.say("staff-id-no-id"), &visit.say("staff-id-no-leaving"))),
            _ => (empty_state(&visit.say("staff-id-no-id"), &visit.say("staff-id-no-id-how"))),
        }
        @if member.is_employed(today) { (about_member(&visit, &shown, member.is_last_day(today))) }
        (ledger(&visit, &shown.lines))
        div class="buttons" { a href=(super::PATH) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-id-member"), &main))
}

/// The ID that is not over, and what may be done to it.
fn present(
    visit: &Visit,
    (today, is_last_day): (base::Date, bool),
    one: &StaffId,
    (is_asked, is_allowed): (bool, bool),
) -> Markup {
    let at = |deed: &str| format!("/staff/staff-ids/id/{}/do/{deed}", one.id);
    // What is hard to undo asks again on a page of its own.
    let sure = |deed: &str| link_button(ButtonKind::Danger, &at(deed), &visit.say(&format!("staff-id-do-{deed}")));
    let deed = |deed: &str, kind: ButtonKind| {
        let (action, key) = (at(deed), format!("staff-id-do-{deed}"));
        one_button(&action, &visit.csrf(&action), kind, &visit.say(&key), None)
    };
    let (is_live, is_lost) = (one.standing == Standing::Live, one.standing == Standing::Lost);
    let ask = format!("/staff/staff-ids/id/{}/ask-reprint", one.id);
    let tag = format!("/staff/staff-ids/id/{}/tag", one.id);
    let (label, hint) = (visit.say("staff-id-tag"), visit.say("staff-id-tag-hint"));
    let yes = |is: bool| visit.say(if is { "staff-id-yes" } else { "staff-id-no" });
    let printed =
        one.printed_at.map_or_else(|| visit.say("staff-id-not-printed"), |at| ui::dates::instant(visit.language, at));
    html! {
        section class="card" {
            h2 { (visit.say("staff-id-present")) }
            (facts(&[
                (visit.say("staff-id-sticker"), html! { code { (one.sticker) } }),
                (visit.say("staff-id-issued"), html! { (ui::dates::date(visit.language, one.issued_on)) }),
                (visit.say("staff-id-valid-until"), html! { (ui::dates::date(visit.language, one.valid_until)) }),
                (visit.say("staff-id-card"), html! { (yes(one.has_card)) }),
                (visit.say("staff-id-taps"), html! { (yes(one.is_for_taps)) }),
                (visit.say("staff-id-tag-out"), html! { (yes(one.has_tag)) }),
                (visit.say("staff-id-printed"), html! { (printed) }),
            ]))
            (next_step(visit, one))
            div class="buttons" {
                @if is_live && !is_last_day && one.valid_until <= today.plus_days(RENEWAL_DAYS) { (deed("renew", ButtonKind::Primary)) }
                @if (is_live || is_lost) && !is_last_day && is_allowed { (deed("reprint", ButtonKind::Primary)) }
                @if is_live { (sure("lost")) }
                (sure("recall"))
            }
            p class="hint" { (visit.say("staff-id-lost-doors")) }
            @if (is_live || is_lost) && !is_allowed && !is_last_day {
                @if is_asked { p { (visit.say("staff-id-reprint-waits")) } }
                @else {
                    form method="post" action=(ask) {
                        (visit.csrf(&ask))
                        (field(visit.language, &Field { name: "reason", label: &visit.say("staff-id-reprint-why"), required: true,
                            autocomplete: Some("off"), max_length: Some(200), ..Field::default() }))
                        div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-id-reprint-ask"))) }
                    }
                }
            }
            @if is_live {
                form method="post" action=(tag) {
                    (visit.csrf(&tag))
                    (field(visit.language, &Field { name: "tag", label: &label, hint: Some(&hint),
                        autocomplete: Some("off"), max_length: Some(40), ..Field::default() }))
                    div class="buttons" { (button(ButtonKind::Secondary, &visit.say("staff-id-tag-give"))) }
                }
            }
        }
    }
}

/// What most likely comes next: a card to enrol, then the label to print.
fn next_step(visit: &Visit, one: &StaffId) -> Markup {
    let card = format!("/staff/staff-ids/id/{}/card", one.id);
    html! {
        @if one.printed_at.is_none() && one.standing.is_present() {
            div class="buttons" {
                @if one.standing == Standing::Live {
                    (link_button(ButtonKind::Primary, super::labels::PATH, &visit.say("staff-id-print-here")))
                    (link_button(ButtonKind::Secondary, &card, &visit.say("staff-id-enrol-other")))
                } @else {
                    (link_button(ButtonKind::Primary, &card, &visit.say("staff-id-enrol")))
                }
            }
        }
    }
}

fn about_member(visit: &Visit, shown: &Shown, is_last_day: bool) -> Markup {
    let here = address(shown.kept.id);
    let (issue, leave, unlink) = (format!("{here}/issue"), format!("{here}/leave"), format!("{here}/unlink"));
    let blocks = |one: &StaffId| one.standing.is_present() || one.standing == Standing::Lost;
    html! {
        section class="card" {
            h2 { (visit.say("staff-id-account")) }
            p { (visit.say("staff-id-account-how")) }
            @match &shown.account {
                Some(account) => {
                    p { (account.name) " (" (account.office) ")" }
                    div class="buttons" { (link_button(ButtonKind::Secondary, &unlink, &visit.say("staff-id-unlink"))) }
                }
                None => p { (visit.say("staff-id-no-account")) }
            }
        }
        div class="buttons" {
            @if !is_last_day && !shown.ids.iter().any(blocks) {
                (one_button(&issue, &visit.csrf(&issue), ButtonKind::Primary, &visit.say("staff-id-issue"), None))
            }
            @if !is_last_day { (link_button(ButtonKind::Danger, &leave, &visit.say("staff-id-leave"))) }
        }
    }
}

fn ledger(visit: &Visit, lines: &[Line]) -> Markup {
    let title = visit.say("staff-id-ledger");
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .rev()
        .map(|line| {
            vec![
                html! { (ui::dates::instant(visit.language, line.at)) },
                html! { (visit.say(&what(&line.what))) },
                html! { code { (line.sticker) } },
                html! { (line.why) },
            ]
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            section {
                h2 { (title) }
                (visit.table(&title, &["staff-id-at", "staff-id-what", "staff-id-sticker", "staff-id-why"], &rows))
            }
        }
    }
}

/// The number of the member of this address.
fn number(desk: &services::staff_id::actions::Personnel, member: Id) -> Result<String, Failure> {
    let found = desk.read(|tx, vault| kept::of_id(tx, vault, member)).map_err(|error| beneath(&error))?;
    Ok(found.ok_or_else(|| Failure::of(Kind::NotFound))?.member.number)
}

/// The member of this ID.
pub(super) fn member_of(desk: &services::staff_id::actions::Personnel, id: Id) -> Result<Id, Failure> {
    let found = desk.read(|tx, vault| {
        let Some(one) = kept::get(tx, id)? else { return Ok(None) };
        kept::member(tx, vault, &one.number)
    });
    Ok(found.map_err(|error| beneath(&error))?.ok_or_else(|| Failure::of(Kind::NotFound))?.id)
}

async fn issue(State(app): State<Arc<App>>, me: SignedIn, Path(member): Path<String>) -> Result<Response, Failure> {
    let (member, desk) = (shell::id(&member)?, desk(&app, &me)?);
    blocking(move || done(desk.issue(&number(&desk, member)?))).await?;
    Ok(shell::done(&address(member), "staff-done-id-issued"))
}

async fn leave(State(app): State<Arc<App>>, me: SignedIn, Path(member): Path<String>) -> Result<Response, Failure> {
    let (member, desk) = (shell::id(&member)?, desk(&app, &me)?);
    let at = address(member);
    blocking(move || {
        let account = done(desk.leave(&number(&desk, member)?))?;
        tell(&app, &desk);
        account.map_or(Ok(()), |account| end_sessions(&desk.city, account))
    })
    .await?;
    Ok(shell::done(&at, "staff-done-id-left"))
}

async fn unlink(State(app): State<Arc<App>>, me: SignedIn, Path(member): Path<String>) -> Result<Response, Failure> {
    let (member, desk) = (shell::id(&member)?, desk(&app, &me)?);
    blocking(move || {
        let account = done(desk.unlink(&number(&desk, member)?))?;
        account.map_or(Ok(()), |account| end_sessions(&desk.city, account))
    })
    .await?;
    Ok(shell::done(&address(member), "staff-done-id-unlinked"))
}

async fn tag(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["tag"])?;
    let (id, desk) = (shell::id(&id)?, desk(&app, &me)?);
    let member = blocking(move || {
        done(desk.give_tag(id, fields.get("tag")))?;
        member_of(&desk, id)
    })
    .await?;
    Ok(shell::done(&address(member), "staff-done-id-tag"))
}

async fn ask_reprint(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["reason"])?;
    let (id, desk) = (shell::id(&id)?, desk(&app, &me)?);
    let reason = shell::reason(&fields, "reason")?;
    let member = blocking(move || {
        let member = member_of(&desk, id)?;
        let seams = desk.city.seams.clone();
        desk.city.store.write::<_, StaffError, _>(move |tx| {
            two_persons::ask(tx, &seams, &me.account, ForTwo::ReprintStaffId(id), &reason)
        })?;
        Ok(member)
    })
    .await?;
    Ok(shell::done(&address(member), "staff-done-id-asked"))
}

async fn change(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path((id, deed)): Path<(String, String)>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&[])?;
    let (id, desk) = (shell::id(&id)?, desk(&app, &me)?);
    let member = blocking(move || {
        let stop = |deed| -> Result<(), Failure> {
            let account = done(desk.stop(id, deed, ""))?;
            account.map_or(Ok(()), |account| end_sessions(&desk.city, account))
        };
        match deed.as_str() {
            "lost" => stop(Deed::ReportLost)?,
            "recall" => stop(Deed::Recall)?,
            "renew" => drop(done(desk.replace(id, Deed::Renew))?),
            "reprint" => drop(done(desk.replace(id, Deed::Replace))?),
            _ => return Err(Failure::of(Kind::NotFound)),
        }
        tell(&app, &desk);
        member_of(&desk, id)
    })
    .await?;
    Ok(shell::done(&address(member), "staff-done-id-changed"))
}
