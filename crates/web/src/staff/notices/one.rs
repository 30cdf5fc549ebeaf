//! One notice: what is still to be done, what it is judged by, how far it is, and what may be done with it.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use base::Kind;
use maud::{Markup, html};
use rules::{Household, Person, Rule, judge};
use services::notices_for_you::campaigns::counting::{self, Counted};
use services::notices_for_you::campaigns::{self, Campaign, CampaignError, audience, sending};
use services::notices_for_you::facts::Registered;
use services::notices_for_you::wishes::{catalogue, language_of_rules};
use store::StoreError;
use tools::dispatch::{Dispatch, State as Standing};
use tools::staff::Action;
use tools::staff::two_persons::{self, Deed};
use ui::form::{ButtonKind, Field, button, field, link_button, one_button};
use ui::notice::{AlertKind, alert, facts};

use super::super::shell;
use super::{address, counts, few, state, title};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

/// `GET /staff/notices/of/{dispatch}`: the notice that this dispatch sends.
pub async fn of(State(app): State<Arc<App>>, Path(dispatch): Path<String>) -> Result<Response, Failure> {
    let (id, inside) = (shell::id(&dispatch)?, app.inside()?.clone());
    let found =
        blocking(move || Ok(inside.store.read::<_, StoreError, _>(|tx| campaigns::of_dispatch(tx, id))?)).await?;
    let found = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    Ok(Redirect::to(&address(found.id)).into_response())
}

/// What the page shows.
struct Shown {
    campaign: Campaign,
    /// The last count by the rule as it is.
    counted: Option<Counted>,
    is_asked: bool,
    /// The rule it is, or would be, judged by today; an error says why it cannot.
    rule: Result<(Rule, rules::Resolved), CampaignError>,
}

/// `GET /staff/notices/{notice}`.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (id, inside) = (shell::id(&id)?, app.inside()?.clone());
    let found = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| {
            let Some(campaign) = campaigns::get(tx, id)? else { return Ok(None) };
            let is_asked = match &campaign.dispatch {
                Some(dispatch) => two_persons::is_asked(tx, &inside.seams, Deed::ReleaseNotice(dispatch.id))?,
                None => false,
            };
            let (today, admission) = (inside.seams.today(), campaigns::admission(&inside));
            let judged = match &campaign.rule {
                Some(rule) => audience::evaluated(rule.clone(), today, admission),
                None => campaign.audience.live(today, admission),
            };
            let rule = judged.map(|(live, resolved)| (live.rule().clone(), resolved));
            let counted = match &rule {
                Ok((rule, _)) => counting::last(tx, id, &counting::hash(rule))?,
                Err(_) => None,
            };
            Ok(Some(Shown { counted, is_asked, rule, campaign }))
        })?)
    })
    .await?;
    let shown = found.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let main = html! {
        (shell::said(&visit))
        (standing(&visit, &shown.campaign))
        @if shown.campaign.is_draft() { (steps(&visit, &me, &shown)) } @else { (may_do(&visit, &me, &shown)) }
        (judged_by(&visit, &shown))
        (counted(&visit, &me, &shown))
    };
    Ok(shell::page(&visit, &me, &title(&visit, &shown.campaign), &main))
}

fn standing(visit: &Visit, one: &Campaign) -> Markup {
    let Some(dispatch) = &one.dispatch else {
        return facts(&[(visit.say("notice-state"), html! { (state(visit, one)) })]);
    };
    html! {
        (facts(&[
            (visit.say("notice-state"), html! { (state(visit, one)) }),
            (visit.say("notice-recipients"), few(visit, dispatch.total)),
            (visit.say("notice-stage"), html! { (dispatch.stage) " %" }),
            (visit.say("notice-placed"), few(visit, dispatch.placed)),
            (visit.say("notice-unreached"), few(visit, dispatch.unreached)),
            (visit.say("notice-handed-over"), few(visit, one.handed_over)),
            (visit.say("notice-bounces"), few(visit, one.hard_bounces)),
            (visit.say("notice-irrelevant"), few(visit, one.irrelevant)),
        ]))
        // By the stage: how many of how many would be computed from anything finer.
        progress max="100" value=(if dispatch.state == Standing::Done { 100 } else { dispatch.stage }) aria-label=(visit.say("notice-stage")) {}
        @if let (Some(until), Standing::Sending) = (dispatch.hold_until, dispatch.state) {
            (alert(visit.language, AlertKind::Info, &html! {
                p { (visit.say_with("letters-holding", &[("until", ui::dates::instant(visit.language, until).into())])) }
            }))
        }
        @if let Some(why) = &one.paused_for {
            (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say(&format!("notice-paused-{why}-how"))) } }))
        }
    }
}

/// What is to be done before it can be submitted, in order, each with whether it is done.
fn steps(visit: &Visit, me: &SignedIn, shown: &Shown) -> Markup {
    let one = &shown.campaign;
    let has_texts = one.texts.check().is_ok();
    let has_rule = shown.rule.is_ok();
    let has_count = shown.counted.is_some();
    let at = |what: &str| format!("{}/{what}", address(one.id));
    let mark = |done: bool| visit.say(if done { "notice-step-done" } else { "notice-step-open" });
    let writes = me.may(Action::WriteNotices);
    html! {
        ol class="steps" {
            li { strong { (visit.say("notice-text")) } " " span class="hint" { (mark(has_texts)) }
                @if writes { p { a href=(at("text")) { (visit.say("notice-text-open")) } } } }
            li { strong { (visit.say("notice-audience")) } " " span class="hint" { (mark(has_rule)) }
                @if let Err(error) = &shown.rule { (why_not(visit, error)) }
                @if writes { p { a href=(at("audience")) { (visit.say("notice-audience-open")) } " · " a href=(at("rule")) { (visit.say("notice-rule-open")) } } } }
            li { strong { (visit.say("notice-count")) } " " span class="hint" { (mark(has_count)) } }
            li { strong { (visit.say("notice-preview")) } " " span class="hint" { (mark(one.tested_at.is_some())) }
                p { a href=(at("preview")) { (visit.say("notice-preview-open")) } } }
            li { strong { (visit.say("notice-submit")) }
                @if !writes { p class="hint" { (visit.say("notice-step-open")) } }
                @else if has_texts && has_rule && has_count && one.tested_at.is_some() {
                    (said_form(visit, &at("submit"), "notice-submit", "notice-submit-why", ButtonKind::Primary))
                } @else { p class="hint" { (visit.say("notice-submit-not-yet")) } } }
        }
    }
}

fn why_not(visit: &Visit, error: &CampaignError) -> Markup {
    let language = language_of_rules(visit.language);
    html! {
        @match error {
            CampaignError::Rule(faults) => { ul { @for fault in faults.iter().take(5) { li { (ui::ruby::plain(&fault.what.in_language(language))) } } } }
            _ => { p { (visit.say("notice-no-audience")) } }
        }
    }
}

/// What it is judged by, in words, with the source of each number: what the second person approves.
fn judged_by(visit: &Visit, shown: &Shown) -> Markup {
    let Ok((rule, resolved)) = &shown.rule else { return html! {} };
    let language = language_of_rules(visit.language);
    // Nobody in particular: only what is asked is shown.
    let nobody = Household { members: vec![Person::default()] };
    let lines =
        judge(resolved, &nobody, 0).map(|judged| judged.lines(language, &catalogue::city_words())).unwrap_or_default();
    let mut rows = Vec::new();
    for parameter in &rule.parameters {
        for value in &parameter.values {
            let source = value.source.as_ref();
            rows.push(vec![
                html! { (parameter.name) },
                html! { @match value.value { Some(number) => { (number) }, None => { "–" } } },
                html! { (ui::dates::date(visit.language, value.from)) },
                html! { (source.map_or("", |source| source.text.as_str())) },
                html! { @if let Some(source) = source { (ui::dates::date(visit.language, source.checked)) } },
                html! { @if let Some(source) = source { (visit.say(standing_key(source.standing))) } },
            ]);
        }
    }
    let headings = [
        "notice-parameter-name",
        "notice-parameter-value",
        "notice-from",
        "notice-source",
        "notice-checked",
        "notice-how-known",
    ];
    html! {
        section {
            h2 { (visit.say("notice-judged-by")) }
            p class="hint" { (visit.say_with("notice-revision", &[("n", i64::from(rule.revision).into())])) }
            ul class="rule-lines" { @for line in &lines { li class=(format!("depth-{}", line.depth.min(7))) { (ui::ruby::plain(&line.asked)) } } }
            @if !rows.is_empty() { (visit.table(&visit.say("notice-sources"), &headings, &rows)) }
        }
    }
}

const fn standing_key(standing: rules::Standing) -> &'static str {
    match standing {
        rules::Standing::Read => "notice-source-read",
        rules::Standing::Recalled => "notice-source-recalled",
    }
}

fn counted(visit: &Visit, me: &SignedIn, shown: &Shown) -> Markup {
    let one = &shown.campaign;
    let action = format!("{}/count", address(one.id));
    html! {
        section {
            h2 { (visit.say("notice-count")) }
            @if let Some(counted) = &shown.counted { (counts::drawn(visit, counted)) }
            @else { p { (visit.say("notice-count-none")) } }
            @if one.is_draft() && shown.rule.is_ok() && me.may(Action::WriteNotices) {
                (one_button(&action, &visit.csrf(&action), ButtonKind::Secondary, &visit.say("notice-count-go"), None))
                p class="hint" { (visit.say_with("notice-count-on-record", &[("n", counting::A_DAY.into())])) }
            }
        }
    }
}

fn may_do(visit: &Visit, me: &SignedIn, shown: &Shown) -> Markup {
    let one = &shown.campaign;
    let at = |what: &str| format!("{}/{what}", address(one.id));
    let simple =
        |what: &str, key: &str, kind| one_button(&at(what), &visit.csrf(&at(what)), kind, &visit.say(key), None);
    let is_complete = |dispatch: &Dispatch| dispatch.state == Standing::Complete;
    let waits = one.dispatch.as_ref().is_some_and(is_complete);
    html! {
        p { a href=(at("preview")) { (visit.say("notice-preview-open")) } }
        @if waits && shown.is_asked { p { (visit.say("letters-asked")) " " (link_button(ButtonKind::Secondary, "/staff/approvals", &visit.say("staff-nav-approvals"))) } }
        @if me.may(Action::WriteNotices) {
            @if waits && !shown.is_asked { p { (visit.say("notice-back-how")) } (simple("back", "notice-back", ButtonKind::Secondary)) }
            @if one.can_stop() { (simple("stop", "notice-stop", ButtonKind::Danger)) }
            @if one.can_go_on() { (said_form(visit, &at("go-on"), "notice-go-on", "notice-go-on-why", ButtonKind::Primary)) }
            @if one.can_recall() { details { summary { (visit.say("notice-recall")) }
                p { (visit.say("letters-recall-how")) }
                (said_form(visit, &at("recall"), "notice-recall", "letters-recall-why", ButtonKind::Danger))
            } }
        }
    }
}

fn said_form(visit: &Visit, action: &str, key: &str, label: &str, kind: ButtonKind) -> Markup {
    let (label, name) = (visit.say(label), action.rsplit('/').next().unwrap_or_default());
    // Two of these may stand on one page: their fields are told apart.
    let name = format!("reason-{name}");
    html! {
        form method="post" action=(action) class="card" {
            (visit.csrf(action))
            (field(visit.language, &Field { name: &name, label: &label, required: true, max_length: Some(200), autocomplete: Some("off"), ..Field::default() }))
            (button(kind, &visit.say(key)))
        }
    }
}

/// `POST …/submit`.
pub async fn submit(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (id, why) = (shell::id(&id)?, shell::reason(&fields, "reason-submit")?);
    let (inside, kept) = (app.inside()?.clone(), app.notices.clone());
    blocking(move || Ok(sending::submit(&inside, &kept, &me.account, id, &why, &Registered)?)).await?;
    Ok(shell::done(&address(id), "staff-done-notice-submitted"))
}

/// `POST …/back`.
pub async fn back(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, &address(id), "staff-done-notice-back", move |tx, seams| {
        sending::back_to_draft(tx, seams, &me.actor(), id)
    })
    .await
}

/// `POST …/stop`.
pub async fn stop(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change(&app, &address(id), "staff-done-notice-stopped", move |tx, seams| {
        sending::stop(tx, seams, &me.actor(), id)
    })
    .await
}

/// `POST …/go-on`: with a reason.
pub async fn go_on(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (id, why) = (shell::id(&id)?, shell::reason(&fields, "reason-go-on")?);
    shell::change(&app, &address(id), "staff-done-notice-going-on", move |tx, seams| {
        sending::go_on(tx, seams, &me.actor(), id, &why)
    })
    .await
}

/// `POST …/recall`: one person alone, at once; the reason is shown to whoever has read it.
pub async fn recall(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    let (id, said) = (shell::id(&id)?, shell::reason(&fields, "reason-recall")?);
    shell::change(&app, &address(id), "staff-done-notice-recalled", move |tx, seams| {
        sending::recall(tx, seams, &me.actor(), id, &said)
    })
    .await
}
