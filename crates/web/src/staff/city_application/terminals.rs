//! Card agents that hold keys of the city's application: who may, which sets, until when; ended here.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Response;
use base::Kind;
use card::city_application::KeySet;
use maud::{Markup, html};
use store::StoreError;
use tools::city_application::handing_out::{self, Allowed};
use tools::city_application::{Fault, set_word};
use tools::terminals::Status;
use tools::terminals::agents::{self, Agent};
use ui::form::{ButtonKind, button, one_button};
use ui::notice::{AlertKind, chip};
use ui::table::empty_state;

use super::{set_name, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

pub(super) const PATH: &str = "/staff/city-application/terminals";
pub(super) const ALLOW: &str = "/staff/city-application/terminals/allow";

pub(super) async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let (all, agents) = blocking(move || {
        let read = |tx: &mut store::Tx<'_>| Ok((handing_out::list(tx)?, agents::list(tx)?));
        Ok(inside.store.read::<_, StoreError, _>(read)?)
    })
    .await?;
    let title = visit.say("application-terminals");
    let headings = ["application-terminal", "application-sets", "staff-state", "application-until", "staff-what-to-do"];
    let rows: Vec<Vec<Markup>> = all.iter().map(|one| row(&visit, one, &agents)).collect();
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_with("application-terminals-lead", &[("days", handing_out::GOOD_DAYS.into())])) }
        @if rows.is_empty() {
            (empty_state(&visit.say("application-terminals-none"), &visit.say("application-terminals-none-how")))
        } @else { (visit.table(&title, &headings, &rows)) }
        (allow_form(&visit, &agents))
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn name(agents: &[Agent], id: base::Id) -> String {
    agents.iter().find(|one| one.id == id).map(|one| format!("{} {}", one.place, one.name)).unwrap_or_default()
}

fn row(visit: &Visit, one: &Allowed, agents: &[Agent]) -> Vec<Markup> {
    let is_stopped = one.ended_at.is_some()
        || agents.iter().find(|agent| agent.id == one.agent).is_none_or(|agent| agent.status == Status::Stopped);
    let (kind, key) = match (is_stopped, one.holds) {
        (true, _) => (AlertKind::Error, "application-terminal-ended"),
        (false, Some(_)) => (AlertKind::Success, "application-terminal-holds"),
        (false, None) => (AlertKind::Info, "application-terminal-waits"),
    };
    let address = format!("{PATH}/{}/end", one.agent);
    let about = name(agents, one.agent);
    vec![
        html! { (about) },
        html! { (one.sets.iter().map(|set| set_name(visit, *set)).collect::<Vec<_>>().join("・")) },
        chip(kind, &visit.say(key)),
        html! { @if let Some((_, until)) = one.holds { (ui::dates::instant(visit.language, until)) } },
        html! { @if one.ended_at.is_none() {
            (one_button(&address, &visit.csrf(&address), ButtonKind::Danger, &visit.say("application-terminal-end"), Some(&about)))
        } },
    ]
}

fn allow_form(visit: &Visit, agents: &[Agent]) -> Markup {
    let serving: Vec<&Agent> = agents.iter().filter(|one| one.status == Status::Active).collect();
    html! {
        section class="card" {
            h2 { (visit.say("application-terminal-allow")) }
            @if serving.is_empty() { p { (visit.say("application-terminal-no-agent")) " "
                a href="/staff/agents" { (visit.say("agent-staff-title")) } } }
            @else {
                form method="post" action=(ALLOW) {
                    (visit.csrf(ALLOW))
                    fieldset {
                        legend { (visit.say("application-terminal")) }
                        @for (at, agent) in serving.iter().enumerate() {
                            label class="choice" {
                                input type="radio" name="agent" value=(agent.id) required checked[at == 0];
                                " " (agent.place) " " (agent.name)
                            }
                        }
                    }
                    fieldset {
                        legend { (visit.say("application-sets")) }
                        @for set in KeySet::ALL.into_iter().filter(|set| set.is_shared()) {
                            label class="choice" {
                                input type="checkbox" name=(format!("set-{}", set_word(set))) value="yes"
                                    checked[set == KeySet::Inventory];
                                " " (set_name(visit, set))
                            }
                        }
                    }
                    div class="buttons" { (button(ButtonKind::Primary, &visit.say("application-terminal-allow-button"))) }
                }
            }
        }
    }
}

pub(super) async fn allow(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let agent = shell::id(fields.get("agent"))?;
    let is_chosen = |set: &KeySet| fields.filled(&format!("set-{}", set_word(*set))).is_some();
    let sets: BTreeSet<KeySet> = KeySet::ALL.into_iter().filter(is_chosen).collect();
    shell::change::<Fault, _>(&app, PATH, "staff-done-application-noted", move |tx, seams| {
        handing_out::allow(tx, seams, &me.account.actor(), agent, &sets)
    })
    .await
}

pub(super) async fn end(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(agent): Path<String>,
    _: Fields,
) -> Result<Response, Failure> {
    let agent = shell::id(&agent)?;
    let (inside, by) = (app.inside()?.clone(), me.account.actor());
    let was_there = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write::<_, StoreError, _>(move |tx| handing_out::end(tx, &seams, &by, agent))?)
    })
    .await?;
    if !was_there {
        return Err(Failure::of(Kind::NotFound));
    }
    Ok(shell::done(PATH, "staff-done-application-noted"))
}
