//! What waits for a second person (二者承認).

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Id;
use maud::{Markup, html};
use services::convenience_certificates::issued;
use store::StoreError;
use tools::approvals::{self, Approval};
use tools::city_application::key_store as application_keys;
use tools::dispatch;
use tools::incidents;
use tools::paper_keys::{self, Part};
use tools::staff::two_persons::{self, Deed};
use tools::staff::{self, Action};
use tools::tax_records::years;
use ui::form::{ButtonKind, one_button};
use ui::notice::facts;
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/approvals";

/// Its routes.
pub fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Staff(Action::SeeApprovals), page)
        .post("/staff/approvals/{approval}/approve", Rule::Staff(Action::SeeApprovals), approve)
        .post("/staff/approvals/{approval}/decline", Rule::Staff(Action::SeeApprovals), decline)
}

/// One request with what it is about in words.
pub struct Waiting {
    approval: Approval,
    deed: Deed,
    about: String,
    detail: Option<Detail>,
    proposer: String,
}

/// What the second person must also know.
enum Detail {
    /// Of which part a key is.
    Part(Part),
    /// From which moment.
    At(base::Timestamp),
    /// From which day.
    From(base::Date),
}

fn detail(visit: &Visit, detail: &Detail) -> (String, Markup) {
    match detail {
        Detail::Part(part) => (visit.say("keys-part"), html! { (visit.say(&format!("keys-part-{}", part.word()))) }),
        Detail::At(at) => (visit.say("keys-from"), html! { (ui::dates::instant(visit.language, *at)) }),
        Detail::From(day) => (visit.say("keys-from"), html! { (ui::dates::date(visit.language, *day)) }),
    }
}

/// Requests of this room that wait, newest first.
///
/// # Errors
/// [`StoreError`].
pub fn waiting(tx: &mut store::Tx<'_>, now: base::Timestamp) -> Result<Vec<Waiting>, StoreError> {
    let names: HashMap<Id, String> =
        staff::accounts(tx)?.into_iter().map(|one| (one.id, format!("{} ({})", one.name, one.office))).collect();
    let name = |id: Id| names.get(&id).cloned().unwrap_or_default();
    let mut all = Vec::new();
    for approval in approvals::waiting(tx, now)? {
        let Some(deed) = Deed::of(&approval) else { continue };
        let about = match deed {
            Deed::GiveAdministrator(account) => name(account),
            Deed::ResumeService(incident) => incidents::get(tx, incident)?.map(|one| one.note).unwrap_or_default(),
            Deed::WithdrawPaper(request) => issued::get(tx, request)?.map(|one| one.number).unwrap_or_default(),
            Deed::PrepareKey(key) | Deed::UseKey(key) => {
                paper_keys::get(tx, key)?.map(|key| key.name).unwrap_or_default()
            }
            Deed::SwitchTaxYear(proposal) => {
                years::proposal(tx, proposal)?.map(|switch| years::japanese(switch.fiscal_year)).unwrap_or_default()
            }
            Deed::UseApplicationKey(key) | Deed::RetireApplicationKey(key) => application_keys::get(tx, key)?
                .map(|key| format!("{} {}", tools::city_application::set_word(key.set), key.version))
                .unwrap_or_default(),
            // Whose it is stands in another database; the reason says why.
            Deed::ReprintStaffId(_) => String::new(),
            Deed::ReleaseLetters(one) | Deed::ReleaseNotice(one) => {
                dispatch::get(tx, one)?.map(|one| one.draft.title).unwrap_or_default()
            }
        };
        let detail = match deed {
            Deed::PrepareKey(key) => paper_keys::get(tx, key)?.map(|key| Detail::Part(key.part)),
            Deed::UseKey(key) => paper_keys::get(tx, key)?.and_then(|key| key.use_at).map(Detail::At),
            Deed::SwitchTaxYear(proposal) => years::proposal(tx, proposal)?.map(|switch| Detail::From(switch.from)),
            _ => None,
        };
        all.push(Waiting { proposer: name(approval.proposer), approval, deed, about, detail });
    }
    Ok(all)
}

impl Waiting {
    /// Whether `me` may be the second person.
    pub fn is_for(&self, me: &SignedIn) -> bool {
        self.approval.proposer != me.account.id && me.may(self.deed.answers())
    }
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let all = blocking(move || {
        let now = inside.seams.now();
        Ok(inside.store.read(|tx| waiting(tx, now))?)
    })
    .await?;
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("staff-approvals-how")) }
        (count(visit.language, all.len()))
        @if all.is_empty() { (empty_state(&visit.say("staff-approvals-none"), &visit.say("staff-approvals-none-how"))) }
        @for one in &all { (card(&visit, &me, one)) }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-approvals-title"), &main))
}

fn card(visit: &Visit, me: &SignedIn, one: &Waiting) -> Markup {
    let what = visit.say(match one.deed {
        Deed::GiveAdministrator(_) => "staff-deed-administrator",
        Deed::ResumeService(_) => "staff-deed-resume",
        Deed::WithdrawPaper(_) => "staff-deed-withdraw",
        Deed::PrepareKey(_) => "staff-deed-prepare-key",
        Deed::UseKey(_) => "staff-deed-use-key",
        Deed::SwitchTaxYear(_) => "staff-deed-tax-year",
        Deed::ReleaseLetters(_) => "letters-deed-release",
        Deed::ReleaseNotice(_) => "notice-deed-release",
        Deed::UseApplicationKey(_) => "application-deed-use",
        Deed::RetireApplicationKey(_) => "application-deed-retire",
        Deed::ReprintStaffId(_) => "staff-id-deed-reprint",
    });
    let (approve, decline) = (
        format!("/staff/approvals/{}/approve", one.approval.id),
        format!("/staff/approvals/{}/decline", one.approval.id),
    );
    let is_own = one.approval.proposer == me.account.id;
    let mut told = vec![(visit.say("staff-approval-about"), html! { (one.about) })];
    told.extend(one.detail.as_ref().map(|found| detail(visit, found)));
    told.extend([
        (visit.say("staff-approval-reason"), html! { (one.approval.summary) }),
        (visit.say("staff-approval-by"), html! { (one.proposer) }),
        (visit.say("staff-approval-at"), html! { (ui::dates::instant(visit.language, one.approval.proposed_at)) }),
        (visit.say("staff-approval-until"), html! { (ui::dates::instant(visit.language, one.approval.expires_at)) }),
    ]);
    html! {
        section class="card" {
            h2 { (what) }
            (facts(&told))
            @if let Deed::WithdrawPaper(request) = one.deed {
                p { (visit.say("staff-withdraw-for-good")) }
                @if me.may(Action::SeePapers) { p { a href=(format!("/staff/papers/{request}")) { (visit.say("staff-paper-open")) } } }
            }
            @if let Deed::ReleaseLetters(letters) = one.deed {
                p { a href=(format!("/staff/letters/{letters}")) { (visit.say("letters-open")) } }
            }
            @if let Deed::ReleaseNotice(dispatch) = one.deed {
                p { a href=(format!("/staff/notices/of/{dispatch}")) { (visit.say("notice-open")) } }
            }
            @if is_own { p class="hint" { (visit.say("staff-approval-own")) } }
            div class="buttons" {
                @if one.is_for(me) {
                    (one_button(&approve, &visit.csrf(&approve), ButtonKind::Primary, &visit.say("staff-approve"), Some(&what)))
                }
                @if one.is_for(me) || is_own {
                    (one_button(&decline, &visit.csrf(&decline), ButtonKind::Secondary,
                        &visit.say(if is_own { "staff-take-back" } else { "staff-decline" }), Some(&what)))
                }
            }
        }
    }
}

async fn approve(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, PATH, "staff-done-approved", move |tx, seams| {
        two_persons::approve(tx, seams, &me.account, id).map(drop)
    })
    .await
}

async fn decline(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, PATH, "staff-done-declined", move |tx, seams| {
        two_persons::decline(tx, seams, &me.account, id, "")
    })
    .await
}
