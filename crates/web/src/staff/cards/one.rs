//! One card: what holds, what waits for the second person, its versions, the systems that may ask.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use maud::{Markup, html};
use services::city_cards::effect::{self, Saved};
use services::city_cards::kept::{self, CardsError, Kept};
use services::city_cards::{Definition, Expiry, Standing};
use store::StoreError;
use tools::approvals::Approval;
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, field, link_button, one_button};
use ui::notice::{AlertKind, alert, facts};

use super::super::shell;
use super::systems::{self, System};
use super::{PATH, desks, standing, year_began};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

struct Shown {
    versions: Vec<Kept>,
    waits: Option<Approval>,
    systems: Vec<System>,
    desks: Vec<(String, String)>,
    saved: Saved,
}

pub(super) fn at(key: &str, what: &str) -> String {
    format!("{PATH}/{key}/{what}")
}

/// `GET /staff/cards/{key}`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(key): Path<String>,
) -> Result<Response, Failure> {
    drawn(&app, &visit, &me, key, None).await
}

/// The page; `token` is the key of a system that was admitted just now.
pub(super) async fn drawn(
    app: &Arc<App>,
    visit: &Visit,
    me: &SignedIn,
    key: String,
    token: Option<&str>,
) -> Result<Response, Failure> {
    let (inside, wanted) = (app.inside()?.clone(), key.clone());
    let since = year_began(inside.seams.today());
    let shown = blocking(move || {
        let of = wanted.clone();
        let saved = inside.cards.read(move |tx| effect::saved(tx, &of, since))?;
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let versions = kept::versions(tx, &wanted)?;
            let waits = match versions.first() {
                Some(newest) => kept::waits(tx, &inside.seams, newest)?,
                None => None,
            };
            let (systems, desks) = (systems::of(tx, &inside.seams, &wanted)?, desks(tx)?);
            Ok(Shown { versions, waits, systems, desks, saved })
        })?)
    })
    .await?;
    let newest = shown.versions.first().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let in_force = shown.versions.iter().find(|one| one.standing == Standing::Live);
    let title = in_force.unwrap_or(newest).definition.names.say(visit.language).to_owned();
    let main = html! {
        (shell::said(visit))
        @if let Some(token) = token {
            (alert(visit.language, AlertKind::Success, &html! {
                p { (visit.say("city-cards-client-once")) }
                p { code class="digest" { (token) } }
            }))
        }
        (waiting(visit, me, newest, shown.waits.as_ref()))
        @if let Some(one) = in_force { (section(visit, one, &shown.desks, "city-cards-in-force")) }
        @if newest.standing != Standing::Live { (section(visit, newest, &shown.desks, "city-cards-newest")) }
        (may_do(visit, me, newest, in_force.is_some(), shown.waits.is_some()))
        (saved(visit, &shown.saved, since))
        (systems::section(visit, me, &key, &shown.systems))
        (versions(visit, &shown.versions))
    };
    Ok(shell::page(visit, me, &title, &main))
}

fn waiting(visit: &Visit, me: &SignedIn, newest: &Kept, waits: Option<&Approval>) -> Markup {
    let Some(approval) = waits else { return html! {} };
    let (approve, decline) = (at(&newest.key, "approve"), at(&newest.key, "decline"));
    let is_mine = approval.proposer == me.account.id;
    html! {
        (alert(visit.language, AlertKind::Warning, &html! {
            p { (visit.say_with("city-cards-waiting", &[("version", newest.version.into()),
                ("until", ui::dates::instant(visit.language, approval.expires_at).into())])) }
            p { (approval.summary) }
            div class="buttons" {
                @if !is_mine && me.may(Action::ApproveCards) {
                    (one_button(&approve, &visit.csrf(&approve), ButtonKind::Primary, &visit.say("city-cards-approve"), None))
                }
                @if is_mine || me.may(Action::ApproveCards) {
                    (one_button(&decline, &visit.csrf(&decline), ButtonKind::Secondary,
                        &visit.say(if is_mine { "city-cards-take-back" } else { "city-cards-decline" }), None))
                }
            }
            @if is_mine { p class="hint" { (visit.say("city-cards-second-person")) } }
        }))
    }
}

fn section(visit: &Visit, one: &Kept, desks: &[(String, String)], heading: &str) -> Markup {
    let of = &one.definition;
    html! {
        section class="card" {
            h2 { (visit.say_with(heading, &[("version", one.version.into())])) " " (standing(visit, one.standing)) }
            (facts(&told(visit, &one.key, of, desks)))
            @if !of.note.is_empty() {
                (alert(visit.language, AlertKind::Warning, &html! { p { (of.note) } }))
            }
        }
    }
}

fn told(visit: &Visit, key: &str, of: &Definition, desks: &[(String, String)]) -> Vec<(String, Markup)> {
    let say = |key: &str| visit.say(key);
    let example = (1..1_000).find_map(|value| of.number.number(value)).unwrap_or_default();
    let yes = |is_on: bool| say(if is_on { "city-cards-yes" } else { "city-cards-no" });
    let places: Vec<&str> =
        desks.iter().filter(|(id, _)| of.desks.contains(id)).map(|(_, name)| name.as_str()).collect();
    let fees = of.fees();
    let expiry = match of.expiry {
        Expiry::Never => say("city-cards-expiry-never"),
        Expiry::FiscalYearEnd => say("city-cards-expiry-fiscal-year-end"),
        Expiry::Months(months) => visit.say_with("city-cards-expiry-so-many", &[("months", i64::from(months).into())]),
    };
    vec![
        (say("city-cards-key"), html! { code { (key) } }),
        (say("city-cards-name"), html! { (of.names.japanese) " / " (of.names.easy) " / " (of.names.english) }),
        (say("city-cards-office"), html! { (of.office) }),
        (
            say("city-cards-example"),
            html! { code { (example) } " (" (say(&format!("city-cards-check-{}", of.number.check.word().replace('_', "-")))) ")" },
        ),
        (
            say("city-cards-source"),
            html! { (say(if of.number.is_given { "city-cards-source-given" } else { "city-cards-source-next" })) },
        ),
        (say("city-cards-fee-own"), html! { (fees.own_card) }),
        (say("city-cards-fee-again"), html! { (fees.own_card_again) }),
        (say("city-cards-fee-one"), html! { (fees.one_card) }),
        (say("city-cards-difference"), html! { (fees.difference(false)) " / " (fees.difference(true)) }),
        (say("city-cards-expiry"), html! { (expiry) }),
        (
            say("city-cards-desks"),
            html! { @if of.desks.is_empty() { (say("city-cards-every-desk")) } @else { (places.join("、")) } },
        ),
        (say("city-cards-way-last-day"), html! { (yes(of.shows_last_day)) }),
        (say("city-cards-way-online"), html! { (yes(of.is_online)) }),
        (say("city-cards-way-sticker"), html! { (yes(of.has_sticker)) }),
    ]
}

fn may_do(visit: &Visit, me: &SignedIn, newest: &Kept, is_live: bool, is_asked: bool) -> Markup {
    let key = &newest.key;
    let (ask, close) = (at(key, "ask"), at(key, "close"));
    let why = visit.say("city-cards-why");
    html! {
        div class="buttons" {
            @if me.may(Action::HandleCards) {
                (link_button(ButtonKind::Secondary, &at(key, "files"), &visit.say("city-cards-files")))
                (link_button(ButtonKind::Secondary, &at(key, "stickers"), &visit.say("city-cards-stickers")))
            }
            @if me.may(Action::DefineCards) && !is_asked {
                (link_button(ButtonKind::Secondary, &at(key, "draft"), &visit.say("city-cards-change")))
            }
        }
        @if me.may(Action::DefineCards) && is_live {
            details {
                summary { (visit.say("city-cards-close-begin")) }
                p { (visit.say("city-cards-close-how")) }
                (one_button(&close, &visit.csrf(&close), ButtonKind::Danger, &visit.say("city-cards-close"), None))
            }
        }
        @if me.may(Action::DefineCards) && newest.standing == Standing::Draft && !is_asked {
            form method="post" action=(ask) class="card" {
                h2 { (visit.say("city-cards-ask")) }
                p { (visit.say("city-cards-ask-how")) }
                (visit.csrf(&ask))
                (field(visit.language, &Field { name: "why", label: &why, required: true, max_length: Some(200),
                    autocomplete: Some("off"), ..Field::default() }))
                (button(ButtonKind::Primary, &visit.say("city-cards-ask-go")))
            }
        }
    }
}

fn saved(visit: &Visit, saved: &Saved, since: base::Date) -> Markup {
    let day = ui::dates::date(visit.language, since);
    html! {
        section {
            h2 { (visit.say("city-cards-effect")) }
            p class="hint" { (visit.say_with("city-cards-since", &[("day", day.into())])) }
            (facts(&[
                (visit.say("city-cards-not-issued"), html! { (saved.cards_not_issued) }),
                (visit.say("city-cards-own-issued"), html! { (saved.own_cards) }),
                (visit.say("city-cards-fees-saved"), html! { (saved.fees) }),
            ]))
        }
    }
}

fn versions(visit: &Visit, all: &[Kept]) -> Markup {
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|one| {
            vec![
                html! { (one.version) },
                standing(visit, one.standing),
                html! { (ui::dates::instant(visit.language, one.made_at)) },
                html! { @if let Some(at) = one.live_at { (ui::dates::instant(visit.language, at)) } },
            ]
        })
        .collect();
    let headings = ["city-cards-version", "city-cards-standing", "city-cards-made", "city-cards-live-at"];
    html! { section { h2 { (visit.say("city-cards-versions")) } (visit.table(&visit.say("city-cards-versions"), &headings, &rows)) } }
}

/// `POST …/ask`: that the draft comes into force.
pub async fn ask(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(key): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let why = shell::reason(&fields, "why")?;
    shell::change(&app, &format!("{PATH}/{key}"), "staff-done-cards-asked", move |tx, seams| {
        kept::ask(tx, seams, &me.actor(), &key, &why)
    })
    .await
}

/// `POST …/approve`: by the second person.
pub async fn approve(State(app): State<Arc<App>>, me: SignedIn, Path(key): Path<String>) -> Result<Response, Failure> {
    shell::change(&app, &format!("{PATH}/{key}"), "staff-done-cards-live", move |tx, seams| {
        kept::approve(tx, seams, &me.actor(), &key)
    })
    .await
}

/// `POST …/decline`: by the second person, or by whoever asked.
pub async fn decline(State(app): State<Arc<App>>, me: SignedIn, Path(key): Path<String>) -> Result<Response, Failure> {
    shell::change(&app, &format!("{PATH}/{key}"), "staff-done-cards-declined", move |tx, seams| {
        let newest = kept::versions(tx, &key)?.into_iter().next();
        let waits = match &newest {
            Some(newest) => kept::waits(tx, seams, newest)?,
            None => None,
        };
        let may = waits.is_some_and(|one| one.proposer == me.account.id) || me.may(Action::ApproveCards);
        if !may {
            return Err(CardsError::Refused(kept::CardsRefusal::Unknown));
        }
        kept::decline(tx, seams, &me.actor(), &key, "")
    })
    .await
}

/// `POST …/close`.
pub async fn close(State(app): State<Arc<App>>, me: SignedIn, Path(key): Path<String>) -> Result<Response, Failure> {
    shell::change(&app, &format!("{PATH}/{key}"), "staff-done-cards-closed", move |tx, seams| {
        kept::close(tx, seams, &me.actor(), &key)
    })
    .await
}
