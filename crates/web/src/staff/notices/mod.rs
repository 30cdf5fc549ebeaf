//! Notices to those whom they concern (お知らせの配信): written once in three languages, an audience by form, counted, looked at,
//! released by two, watched.

mod audience;
mod counts;
mod one;
mod rule;
mod text;

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use base::{Id, Kind};
use maud::{Markup, html};
use rules::counts::MINIMUM;
use services::notices_for_you::campaigns::{self, Campaign, CampaignError};
use services::notices_for_you::facts::FactsError;
use store::StoreError;
use tools::staff::Action;
use ui::form::{ButtonKind, one_button};
use ui::table::empty_state;

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Its address.
pub const PATH: &str = "/staff/notices";
const BEGIN: &str = "/staff/notices/begin";
/// Bytes of a form that holds a whole rule.
const RULE_BYTES: usize = 512 << 10;

/// Its routes.
pub fn routes() -> Routes {
    let (see, write) = (Rule::Staff(Action::SeeNotices), Rule::Staff(Action::WriteNotices));
    Routes::new()
        .get(PATH, see, page)
        .post(BEGIN, write, begin)
        .get("/staff/notices/of/{dispatch}", see, one::of)
        .get("/staff/notices/{notice}", see, one::page)
        .get("/staff/notices/{notice}/text", write, text::page)
        .post("/staff/notices/{notice}/text", write, text::keep)
        .get("/staff/notices/{notice}/audience", write, audience::page)
        .post("/staff/notices/{notice}/audience", write, audience::keep)
        .post("/staff/notices/{notice}/scheme", write, audience::of_scheme)
        .get("/staff/notices/{notice}/rule", write, rule::page)
        .post_up_to("/staff/notices/{notice}/rule", write, RULE_BYTES, rule::keep)
        .post("/staff/notices/{notice}/count", write, counts::count)
        .get("/staff/notices/{notice}/preview", see, text::preview)
        .post("/staff/notices/{notice}/test", write, text::test)
        .post("/staff/notices/{notice}/submit", write, one::submit)
        .post("/staff/notices/{notice}/back", write, one::back)
        .post("/staff/notices/{notice}/stop", write, one::stop)
        .post("/staff/notices/{notice}/go-on", write, one::go_on)
        .post("/staff/notices/{notice}/recall", write, one::recall)
}

fn address(id: Id) -> String {
    format!("{PATH}/{id}")
}

/// Reads one, off the async threads.
async fn find(app: &Arc<App>, id: &str) -> Result<Campaign, Failure> {
    let (id, inside) = (shell::id(id)?, app.inside()?.clone());
    let found = blocking(move || Ok(inside.store.read::<_, StoreError, _>(|tx| campaigns::get(tx, id))?)).await?;
    found.ok_or_else(|| Failure::of(Kind::NotFound))
}

/// One that can still be changed.
async fn draft(app: &Arc<App>, id: &str) -> Result<Campaign, Failure> {
    let found = find(app, id).await?;
    if found.is_draft() { Ok(found) } else { Err(CampaignError::Submitted.into()) }
}

/// What it is called in lists: its title, once it has one.
fn title(visit: &Visit, campaign: &Campaign) -> String {
    let title = campaign.texts.japanese.title.trim();
    if title.is_empty() { visit.say("notice-untitled") } else { title.to_owned() }
}

/// A number of people, when it is not so small that it tells of somebody.
fn few(visit: &Visit, count: i64) -> Markup {
    let minimum = i64::try_from(MINIMUM).unwrap_or(i64::MAX);
    // None at all is one of the few, too.
    html! { @if count >= minimum { (count) } @else { (visit.say_with("notice-few", &[("n", minimum.into())])) } }
}

fn state(visit: &Visit, campaign: &Campaign) -> String {
    match (&campaign.dispatch, &campaign.paused_for) {
        (None, _) => visit.say("notice-state-draft"),
        (Some(_), Some(why)) => visit.say(&format!("notice-paused-{why}")),
        (Some(dispatch), None) => visit.say(&format!("letters-state-{}", dispatch.state.word())),
    }
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let all = blocking(move || Ok(inside.store.read::<_, StoreError, _>(campaigns::list)?)).await?;
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            let sent = |figure: fn(&tools::dispatch::Dispatch) -> i64| {
                html! { @if let Some(dispatch) = &one.dispatch { (few(&visit, figure(dispatch))) } @else { "–" } }
            };
            vec![
                html! { a href=(address(one.id)) { (title(&visit, one)) } },
                html! { (state(&visit, one)) },
                html! { @if let Some(dispatch) = &one.dispatch { (dispatch.stage) " %" } @else { "–" } },
                sent(|dispatch| dispatch.placed),
                sent(|dispatch| dispatch.unreached),
                few(&visit, one.hard_bounces),
                few(&visit, one.irrelevant),
                html! { (ui::dates::instant(visit.language, one.made_at)) },
            ]
        })
        .collect();
    let headings = [
        "notice-title-of",
        "notice-state",
        "notice-stage",
        "notice-placed",
        "notice-unreached",
        "notice-bounces",
        "notice-irrelevant",
        "letters-made-at",
    ];
    let title = visit.say("notice-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say("notice-how")) }
        @if me.may(Action::WriteNotices) {
            div class="buttons" { (one_button(BEGIN, &visit.csrf(BEGIN), ButtonKind::Primary, &visit.say("notice-begin"), None)) }
        }
        @if rows.is_empty() { (empty_state(&visit.say("notice-none"), &visit.say("notice-none-how"))) }
        @else { (visit.table(&title, &headings, &rows)) }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

async fn begin(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let inside = app.inside()?.clone();
    let id = blocking(move || {
        let seams = inside.seams.clone();
        Ok(inside.store.write::<_, StoreError, _>(move |tx| campaigns::begin(tx, &seams))?)
    })
    .await?;
    Ok(Redirect::to(&format!("{PATH}/{id}/text")).into_response())
}

impl From<CampaignError> for Failure {
    fn from(error: CampaignError) -> Self {
        let kind = error.kind();
        let next = |key: &'static str| Self::saying(kind, key).next(PATH, "notice-title");
        match error {
            CampaignError::Store(error) => error.into(),
            CampaignError::Facts(error) => error.into(),
            CampaignError::Dispatch(tools::dispatch::DispatchError::Sender) => next("notice-sender-stopped"),
            CampaignError::Dispatch(error) => error.into(),
            CampaignError::Staff(error) => error.into(),
            CampaignError::Relay(error) => error.into(),
            CampaignError::Unknown => Self::of(Kind::NotFound),
            CampaignError::Submitted => next("notice-submitted"),
            CampaignError::State => next("letters-not-now"),
            CampaignError::Texts(_) => next("notice-texts-missing"),
            CampaignError::Rule(_) => next("notice-rule-wrong"),
            CampaignError::NoAudience => next("notice-no-audience"),
            CampaignError::Nobody => next("notice-nobody"),
            CampaignError::NotTested => next("notice-not-tested"),
            CampaignError::NotCounted => next("notice-not-counted"),
            CampaignError::TooNear => next("notice-too-near"),
            CampaignError::TooManyCounts(most) => next("notice-too-many-counts").with("n", most.to_string()),
        }
    }
}

impl From<FactsError> for Failure {
    fn from(error: FactsError) -> Self {
        match error {
            FactsError::Store(error) => error.into(),
            FactsError::Access(error) => error.into(),
            FactsError::Register(error) => error.into(),
            error @ FactsError::TooMany(_) => Self::defect("notices", &error),
        }
    }
}
