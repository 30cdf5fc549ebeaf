//! The city's own application on the chip (独自アプリ): cards and what was done to each; the key ceremony and the keys.

mod journal;
mod terminals;

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::Response;
use base::Kind;
use card::city_application::KeySet;
use maud::{Markup, html};
use serde::Deserialize;
use store::StoreError;
use tools::city_application::cards::{self, Listed};
use tools::city_application::ceremony::{self, Ceremony};
use tools::city_application::key_store::{self, Kept, KeyStanding};
use tools::city_application::model::Standing;
use tools::city_application::refusals;
use tools::city_application::share::Share;
use tools::city_application::{Fault, set_word};
use tools::staff::two_persons::{self, Deed};
use tools::staff::{Action, StaffError};
use ui::form::{ButtonKind, Field, button, field, link_button, one_button};
use ui::notice::{AlertKind, alert, chip, facts};
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::kiosk::pdf;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/city-application";
const KEYS: &str = "/staff/city-application/keys";
/// Cards on a page; the list is for what is half done, not for all.
const MOST: i64 = 200;

/// Its routes.
pub fn routes() -> Routes {
    let (see, keys) = (Rule::Staff(Action::LoadCityApplication), Rule::Staff(Action::CityApplicationKeys));
    Routes::new()
        .get(PATH, see, page)
        .get("/staff/city-application/cards/{card}", see, journal::page)
        .get(terminals::PATH, keys, terminals::page)
        .post(terminals::ALLOW, keys, terminals::allow)
        .post("/staff/city-application/terminals/{agent}/end", keys, terminals::end)
        .get(KEYS, keys, keys_page)
        .post("/staff/city-application/keys/begin", keys, begin)
        .post("/staff/city-application/keys/take", keys, take)
        .post("/staff/city-application/keys/enter", keys, enter)
        .post("/staff/city-application/keys/give-up", keys, give_up)
        .post("/staff/city-application/keys/renew", keys, renew)
        .post("/staff/city-application/keys/retire", keys, retire)
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(refusal) => Self::saying(Kind::Conflict, refusal.word()).next(KEYS, "application-keys-nav"),
            Fault::Store(error) => error.into(),
            Fault::Vault(error) => error.into(),
            Fault::Credential(error) => Self::defect("city application", &error),
            Fault::Cards(error) => Self::of(error.kind()),
        }
    }
}

#[derive(Deserialize)]
struct Wanted {
    #[serde(default)]
    standing: String,
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let standing = Standing::from_word(&wanted.standing);
    let (all, counts, refused, places) = blocking(move || {
        let read = move |tx: &mut store::Tx<'_>| {
            let (all, counts) = (cards::list(tx, standing, MOST)?, cards::counts(tx)?);
            Ok((all, counts, refusals::list(tx, None, journal::MOST)?, journal::places(tx)?))
        };
        Ok(inside.store.read::<_, StoreError, _>(read)?)
    })
    .await?;
    let title = visit.say("application-title");
    let headings = ["application-card", "staff-state", "application-since", "application-begun", "application-held"];
    let rows: Vec<Vec<Markup>> = all.iter().map(|card| row(&visit, card)).collect();
    let main = html! {
        p { (visit.say("application-lead")) }
        @if app.is_demo() { p { (link_button(ButtonKind::Primary, "/demo/terminal/loading_desk", &visit.say("application-to-desk"))) } }
        ul { @for (standing, number) in &counts {
            li { a href=(format!("{PATH}?standing={}", standing.word())) { (standing_word(&visit, *standing)) } " " (number) }
        } }
        (count(visit.language, all.len()))
        @if rows.is_empty() { (empty_state(&visit.say("application-none"), &visit.say("application-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
        (journal::refused(&visit, &app.profile.counter, &places, &refused, true))
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

/// A card's id as people read it out.
fn short(id: base::Id) -> String {
    tools::city_application::cards::short_name(id)
}

fn standing_word(visit: &Visit, standing: Standing) -> String {
    visit.say(&format!("application-standing-{}", standing.word()))
}

fn row(visit: &Visit, card: &Listed) -> Vec<Markup> {
    let kind = match card.standing {
        Standing::Ready => AlertKind::Success,
        Standing::Ended => AlertKind::Info,
        _ => AlertKind::Warning,
    };
    vec![
        html! { a href=(format!("{PATH}/cards/{}", card.id)) { code { (short(card.id)) } } },
        html! { (chip(kind, &standing_word(visit, card.standing))) },
        html! { (ui::dates::instant(visit.language, card.since)) },
        html! { (ui::dates::instant(visit.language, card.begun_at)) },
        html! { (card.keys.iter().map(|(set, version)| format!("{} {version}", set_name(visit, *set))).collect::<Vec<_>>().join("・")) },
    ]
}

fn set_name(visit: &Visit, set: KeySet) -> String {
    visit.say(&format!("application-set-{}", set_word(set)))
}

async fn keys_page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let (held, all, asked) = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.read::<_, StoreError, _>(move |tx| {
            let all = key_store::list(tx)?;
            let mut asked = Vec::new();
            for key in &all {
                if two_persons::is_asked(tx, &seams, Deed::UseApplicationKey(key.id))?
                    || two_persons::is_asked(tx, &seams, Deed::RetireApplicationKey(key.id))?
                {
                    asked.push(key.id);
                }
            }
            Ok((ceremony::current(tx)?, all, asked))
        })?)
    })
    .await?;
    let title = visit.say("application-keys-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("application-keys-lead")) }
        p { a href=(terminals::PATH) { (visit.say("application-terminals")) } }
        (ceremony_section(&visit, &me, held.as_ref()))
        @if !all.is_empty() {
            section {
                h2 { (visit.say("application-keys-there")) }
                @for set in KeySet::ALL { (set_section(&visit, set, &all, &asked)) }
            }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn ceremony_section(visit: &Visit, me: &SignedIn, held: Option<&Ceremony>) -> Markup {
    let action = |word: &str| format!("{KEYS}/{word}");
    html! {
        section class="card" {
            h2 { (visit.say("application-ceremony")) }
            @match held {
                None => {
                    @let label = visit.say("application-custodians");
                    @let hint = visit.say("application-custodians-hint");
                    form method="post" action=(action("begin")) {
                        (visit.csrf(&action("begin")))
                        p { (visit.say("application-ceremony-how")) }
                        div class="fields" {
                            (field(visit.language, &Field { name: "custodians", label: &label, hint: Some(&hint), value: "3",
                                kind: "number", required: true, autocomplete: Some("off"), ..Field::default() }))
                        }
                        div class="buttons" { (button(ButtonKind::Primary, &visit.say("application-begin"))) }
                    }
                }
                Some(done) if done.is_done => {
                    p { (visit.say_with("application-ceremony-done", &[("number", done.given.len().into()),
                        ("when", ui::dates::instant(visit.language, done.begun_at).as_str().into())])) }
                    @if done.is_simulated {
                        (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say("application-keys-simulated")) } }))
                    }
                }
                Some(open) => {
                    (facts(&[(visit.say("application-given"), html! { (open.given.len()) " / " (open.needed) })]))
                    @if open.given.contains(&me.account.actor().key()) { p { (visit.say("application-refused-gave-one")) } }
                    @else {
                        p { (visit.say_with("application-share-how", &[("ceremony", short(open.id).as_str().into())])) }
                        form method="post" action=(action("take")) target="_blank" class="one-button" {
                            (visit.csrf(&action("take")))
                            (button(ButtonKind::Primary, &visit.say("application-take")))
                        }
                        form method="post" action=(action("enter")) {
                            (visit.csrf(&action("enter")))
                            div class="fields" {
                                (field(visit.language, &Field { name: "share", label: &visit.say("application-share"),
                                    hint: Some(&visit.say("application-share-hint")), required: true,
                                    autocomplete: Some("off"), max_length: Some(60), ..Field::default() }))
                            }
                            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("application-enter"))) }
                        }
                    }
                    (one_button(&action("give-up"), &visit.csrf(&action("give-up")), ButtonKind::Danger,
                        &visit.say("application-give-up"), None))
                }
            }
        }
    }
}

fn set_section(visit: &Visit, set: KeySet, all: &[Kept], asked: &[base::Id]) -> Markup {
    let of_set: Vec<&Kept> = all.iter().filter(|key| key.set == set).collect();
    let newest = of_set.iter().filter(|key| key.standing == KeyStanding::InUse).map(|key| key.version).max();
    let is_waiting = of_set.iter().any(|key| key.standing == KeyStanding::Proposed);
    let name = set_name(visit, set);
    let (renew, retire) = (format!("{KEYS}/renew"), format!("{KEYS}/retire"));
    html! {
        section class="card" {
            h3 { (name) }
            ul { @for key in &of_set { li {
                (visit.say_with("application-version", &[("version", key.version.into())])) " "
                (visit.say(&format!("application-key-{}", key.standing.word().replace('_', "-")))) " "
                (ui::dates::instant(visit.language, key.made_at))
                @if asked.contains(&key.id) { " " a href=(super::approvals::PATH) { (visit.say("staff-nav-approvals")) } }
                @else if key.standing == KeyStanding::InUse && Some(key.version) != newest {
                    (one_button(&retire, &html! { (visit.csrf(&retire)) input type="hidden" name="key" value=(key.id); },
                        ButtonKind::Danger, &visit.say("application-retire"), Some(&name)))
                }
            } } }
            @if !is_waiting && newest.is_some() {
                (one_button(&renew, &html! { (visit.csrf(&renew)) input type="hidden" name="set" value=(set_word(set)); },
                    ButtonKind::Secondary, &visit.say("application-renew"), Some(&name)))
            }
        }
    }
}

async fn begin(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let needed = fields.get("custodians").parse::<u8>().unwrap_or(0);
    shell::change::<Fault, _>(&app, KEYS, "staff-done-application-noted", move |tx, seams| {
        ceremony::begin(tx, seams, &me.account.actor(), needed, false).map(drop)
    })
    .await
}

async fn give(app: &Arc<App>, me: &SignedIn, share: Share) -> Result<bool, Failure> {
    let (inside, by) = (app.inside()?.clone(), me.account.actor());
    blocking(move || {
        let (vault, seams) = (inside.vault.clone(), inside.seams.clone());
        let given = inside.store.write::<_, Fault, _>(move |tx| ceremony::give(tx, &vault, &seams, &by, &share));
        Ok(given?)
    })
    .await
}

/// A custodian's share on a sheet for an envelope: made here, drawn, and kept nowhere. It counts when it is typed back.
async fn take(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    fields.only(&[])?;
    let (inside, typeface, by) = (app.inside()?.clone(), app.typeface()?, me.account.actor());
    let custodian = format!("{}({})", me.account.name, me.account.office);
    let bytes = blocking(move || {
        let seams = inside.seams.clone();
        let held = inside.store.write::<_, Fault, _>(move |tx| ceremony::sheet(tx, &seams, &by))?;
        let sheet = paper::share_sheet::ShareSheet {
            municipality: inside.profile.name.clone(),
            ceremony: short(held.id),
            custodians: held.needed,
            custodian,
            at: inside.seams.now(),
            share: Share::random(&*inside.seams.random).printed(),
        };
        sheet.draw(&typeface).map_err(|error| Failure::defect("a custodian's sheet", &error))
    })
    .await?;
    // Shown, not saved: a download would leave the share on the computer's disk.
    Ok(pdf("inline", &bytes))
}

async fn enter(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    use tools::city_application::share::ShareFault;
    let share = Share::read(fields.get("share")).map_err(|fault| {
        let key = if fault == ShareFault::Check { "application-share-check" } else { "application-share-shape" };
        Failure::saying(Kind::Invalid, key).next(KEYS, "application-keys-title")
    })?;
    give(&app, &me, share).await?;
    Ok(shell::done(KEYS, "staff-done-application-noted"))
}

async fn give_up(State(app): State<Arc<App>>, me: SignedIn, _: Fields) -> Result<Response, Failure> {
    shell::change::<Fault, _>(&app, KEYS, "staff-done-application-noted", move |tx, seams| {
        ceremony::give_up(tx, seams, &me.account.actor())
    })
    .await
}

async fn renew(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let wanted = fields.get("set");
    let set = KeySet::ALL.into_iter().find(|set| set_word(*set) == wanted);
    let set = set.ok_or_else(|| Failure::of(Kind::Invalid))?;
    let vault = app.inside()?.vault.clone();
    shell::change::<Ask, _>(&app, KEYS, "staff-done-application-asked", move |tx, seams| {
        let key = key_store::propose(tx, &vault, seams, &me.account.actor(), set)?;
        two_persons::ask(tx, seams, &me.account, Deed::UseApplicationKey(key), set_word(set))?;
        Ok(())
    })
    .await
}

async fn retire(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let key = shell::id(fields.get("key"))?;
    shell::change::<Ask, _>(&app, KEYS, "staff-done-application-asked", move |tx, seams| {
        if let Some(why) = key_store::why_not_retired(tx, key)? {
            return Err(Fault::from(why).into());
        }
        two_persons::ask(tx, seams, &me.account, Deed::RetireApplicationKey(key), "retire")?;
        Ok(())
    })
    .await
}

/// Of the keys, or of the second person.
enum Ask {
    Fault(Fault),
    Staff(StaffError),
}

impl From<Fault> for Ask {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
impl From<StaffError> for Ask {
    fn from(error: StaffError) -> Self {
        Self::Staff(error)
    }
}
impl From<StoreError> for Ask {
    fn from(error: StoreError) -> Self {
        Self::Fault(error.into())
    }
}
impl From<Ask> for Failure {
    fn from(ask: Ask) -> Self {
        match ask {
            Ask::Fault(fault) => fault.into(),
            Ask::Staff(error) => error.into(),
        }
    }
}
