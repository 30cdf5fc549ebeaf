//! What waits for a second person (二者承認): one list for whoever approves, with the page that shows what it is about.
//!
//! Most is answered here. A card by configuration is answered on its own page, where the whole definition stands.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Id;
use maud::{Markup, html};
use services::city_cards;
use services::convenience_certificates::issued;
use store::StoreError;
use tools::approvals::{self, Approval};
use tools::city_application::key_store as application_keys;
use tools::dispatch;
use tools::incidents;
use tools::paper_keys::{self, Part};
use tools::staff::two_persons::{self, Deed};
use tools::staff::{self, Action};
use tools::staff_openings;
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
    matter: Matter,
    about: String,
    detail: Option<Detail>,
    proposer: String,
}

/// What is asked for.
enum Matter {
    /// Answered here.
    Deed(Deed),
    /// A version of this card of the city; answered on its own page.
    Card(String),
    /// That a department's system may write numbers of this card; answered there too.
    Writer(String),
}

impl Matter {
    /// What the second person must be allowed to do.
    const fn answers(&self) -> Action {
        match self {
            Self::Deed(deed) => deed.answers(),
            Self::Card(_) | Self::Writer(_) => Action::ApproveCards,
        }
    }

    /// The key of its words.
    const fn word(&self) -> &'static str {
        match self {
            Self::Card(_) => "city-cards-deed-go-live",
            Self::Writer(_) => "city-cards-deed-writes",
            Self::Deed(deed) => match deed {
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
                Deed::ShortenOpenings(_) => "staff-id-deed-openings",
            },
        }
    }
}

/// What the second person must also know.
enum Detail {
    /// Of which part a key is.
    Part(Part),
    /// From which moment.
    At(base::Timestamp),
    /// From which day.
    From(base::Date),
    /// Which version.
    Version(i64),
    /// Which version of which key of the city's application.
    Key(&'static str, u8),
    /// For how many days openings of doors are kept, and for how many from then on.
    Days(i64, i64),
}

fn detail(visit: &Visit, detail: &Detail) -> (String, Markup) {
    match detail {
        Detail::Part(part) => (visit.say("keys-part"), html! { (visit.say(&format!("keys-part-{}", part.word()))) }),
        Detail::At(at) => (visit.say("keys-from"), html! { (ui::dates::instant(visit.language, *at)) }),
        Detail::From(day) => (visit.say("keys-from"), html! { (ui::dates::date(visit.language, *day)) }),
        Detail::Version(version) => (
            visit.say("staff-approval-version"),
            html! { (visit.say_with("staff-approval-version-number", &[("version", (*version).into())])) },
        ),
        Detail::Key(set, version) => (
            visit.say(&format!("application-set-{set}")),
            html! { (visit.say_with("staff-approval-version-number", &[("version", i64::from(*version).into())])) },
        ),
        Detail::Days(was, days) => (
            visit.say("staff-id-openings-days"),
            html! { (visit.say_with("staff-id-openings-from-to", &[("was", (*was).into()), ("days", (*days).into())])) },
        ),
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
            // The detail says it.
            Deed::UseApplicationKey(_) | Deed::RetireApplicationKey(_) | Deed::ShortenOpenings(_) => String::new(),
            // It stands in another database: the page fills it in.
            Deed::ReprintStaffId(_) => String::new(),
            Deed::ReleaseLetters(one) | Deed::ReleaseNotice(one) => {
                dispatch::get(tx, one)?.map(|one| one.draft.title).unwrap_or_default()
            }
        };
        let detail = match deed {
            Deed::PrepareKey(key) => paper_keys::get(tx, key)?.map(|key| Detail::Part(key.part)),
            Deed::UseKey(key) => paper_keys::get(tx, key)?.and_then(|key| key.use_at).map(Detail::At),
            Deed::SwitchTaxYear(proposal) => years::proposal(tx, proposal)?.map(|switch| Detail::From(switch.from)),
            Deed::UseApplicationKey(key) | Deed::RetireApplicationKey(key) => application_keys::get(tx, key)?
                .map(|key| Detail::Key(tools::city_application::set_word(key.set), key.version)),
            Deed::ShortenOpenings(id) => {
                staff_openings::proposal(tx, id)?.map(|wish| Detail::Days(wish.was, wish.days))
            }
            _ => None,
        };
        all.push(Waiting { proposer: name(approval.proposer), approval, matter: Matter::Deed(deed), about, detail });
    }
    for (approval, draft) in city_cards::kept::waiting(tx, now)? {
        let (about, detail) = (draft.definition.names.japanese, Some(Detail::Version(draft.version)));
        let matter = Matter::Card(draft.key);
        all.push(Waiting { proposer: name(approval.proposer), approval, matter, about, detail });
    }
    for (approval, client) in city_cards::clients::waiting(tx, now)? {
        let card = city_cards::kept::versions(tx, &client.key)?.into_iter().next();
        let card = card.map(|card| card.definition.names.japanese).unwrap_or_default();
        let (about, matter) = (format!("{card} {}", client.name), Matter::Writer(client.key));
        all.push(Waiting { proposer: name(approval.proposer), approval, matter, about, detail: None });
    }
    all.sort_by_key(|one| std::cmp::Reverse((one.approval.proposed_at, one.approval.id)));
    Ok(all)
}

impl Waiting {
    /// Whether `me` may be the second person.
    pub fn is_for(&self, me: &SignedIn) -> bool {
        self.approval.proposer != me.account.id && me.may(self.matter.answers())
    }
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let all = blocking(move || {
        let now = inside.seams.now();
        let all = inside.store.read(|tx| waiting(tx, now))?;
        all.into_iter().map(|one| Ok((page_of(&inside, &one)?, one))).collect::<Result<Vec<_>, Failure>>()
    })
    .await?;
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("staff-approvals-how")) }
        (count(visit.language, all.len()))
        @if all.is_empty() { (empty_state(&visit.say("staff-approvals-none"), &visit.say("staff-approvals-none-how"))) }
        @for (at, one) in &all { (card(&visit, &me, one, at.as_ref())) }
    };
    Ok(shell::page(&visit, &me, &visit.say("staff-approvals-title"), &main))
}

/// The page that shows what is asked for, with the action that opens it, its words' key, and what else tells what it is.
struct Page {
    at: String,
    opens: Action,
    word: &'static str,
    about: String,
}

fn page_of(inside: &tools::Inside, one: &Waiting) -> Result<Option<Page>, Failure> {
    let page = |at: String, opens, word| Some(Page { at, opens, word, about: String::new() });
    Ok(match &one.matter {
        Matter::Card(key) | Matter::Writer(key) => {
            page(format!("{}/{key}", super::cards::PATH), Action::SeeCards, "city-cards-open")
        }
        Matter::Deed(Deed::WithdrawPaper(of)) => {
            page(format!("/staff/papers/{of}"), Action::SeePapers, "staff-paper-open")
        }
        Matter::Deed(Deed::ReleaseLetters(of)) => {
            page(format!("/staff/letters/{of}"), Action::SeeLetters, "letters-open")
        }
        Matter::Deed(Deed::ReleaseNotice(of)) => {
            page(format!("/staff/notices/of/{of}"), Action::SeeNotices, "notice-open")
        }
        Matter::Deed(Deed::ReprintStaffId(of)) => {
            let found = super::staff_ids::place_of(inside, *of)?;
            found.map(|(at, about)| Page { at, opens: Action::ManageStaffIds, word: "staff-id-open", about })
        }
        Matter::Deed(Deed::ShortenOpenings(_)) => {
            page(super::staff_ids::DOORS.to_owned(), Action::ManageStaffIds, "staff-id-openings")
        }
        Matter::Deed(_) => None,
    })
}

fn card(visit: &Visit, me: &SignedIn, one: &Waiting, page: Option<&Page>) -> Markup {
    let what = visit.say(one.matter.word());
    let (approve, decline) = (
        format!("/staff/approvals/{}/approve", one.approval.id),
        format!("/staff/approvals/{}/decline", one.approval.id),
    );
    let is_own = one.approval.proposer == me.account.id;
    let about = format!("{}{}", one.about, page.map_or("", |page| page.about.as_str()));
    let mut told = Vec::new();
    if !about.is_empty() {
        told.push((visit.say("staff-approval-about"), html! { (about) }));
    }
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
            @if matches!(one.matter, Matter::Deed(Deed::WithdrawPaper(_))) { p { (visit.say("staff-withdraw-for-good")) } }
            @if let Some(page) = page && me.may(page.opens) { p { a href=(page.at) { (visit.say(page.word)) } } }
            @if is_own { p class="hint" { (visit.say("staff-approval-own")) } }
            @if matches!(one.matter, Matter::Deed(_)) {
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
}

async fn approve(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (id, inside, by) = (shell::id(&id)?, app.inside()?.clone(), me.actor());
    let done = shell::change(&app, PATH, "staff-done-approved", move |tx, seams| {
        two_persons::approve(tx, seams, &me.account, id).map(drop)
    })
    .await?;
    // What was approved stands; a job does this too.
    if let Err(failure) = blocking(move || super::staff_ids::follow_openings(&inside, by)).await {
        tracing::warn!(?failure, "what was approved about openings of doors is taken over later");
    }
    Ok(done)
}

async fn decline(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, PATH, "staff-done-declined", move |tx, seams| {
        two_persons::decline(tx, seams, &me.account, id, "")
    })
    .await
}
