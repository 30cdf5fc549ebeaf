//! 手続き: the schemes I may be able to use, why, until when, where to apply. Printable; a scheme can be put away.
//!
//! ```text
//!  対象 (open ones first) · what would decide (consent to tax data, a few questions) · わからない · 対象外 · put away
//! ```

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use maud::{Markup, html};
use rules::{DataClass, Outcome, Scheme};
use serde::Deserialize;
use services::notices_for_you::schemes::kept::{self, Shown, Standing};
use services::notices_for_you::schemes::{JudgedScheme, Said};
use services::notices_for_you::wishes::{agreements, language_of_rules};
use tools::portal::Assurance;
use tools::representatives::{self, Scope};
use ui::form::{ButtonKind, link_button, one_button};
use ui::notice::{AlertKind, alert, chip};
use ui::table::empty_state;

use super::interests::said;
use super::{interests, questions, shell};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Where it is.
pub const PATH: &str = "/portal/schemes";

/// Its routes.
pub fn routes() -> Routes {
    let known = Rule::Resident(Assurance::Substantial);
    Routes::new().get(PATH, known, page).post("/portal/schemes/{code}/hide", known, hide).post(
        "/portal/schemes/{code}/show",
        known,
        show,
    )
}

/// How the page is drawn.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Drawn {
    /// `1`: every reason is open, for printing.
    all: String,
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: InPortal,
    Query(drawn): Query<Drawn>,
) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.subject());
    let counter = outside.profile.counter.clone();
    let standing = blocking(move || Ok(kept::standing(&outside, account)?)).await?;
    let list = List {
        visit: &visit,
        is_own: me.0.acting_for.is_none(),
        is_open: drawn.all == "1",
        today: app.seams.today(),
        hidden: match &standing {
            Standing::Judged(shown) => shown.hidden.clone(),
            _ => BTreeSet::new(),
        },
    };
    let main = html! {
        (shell::said(&visit))
        @match &standing {
            Standing::NotRegistered => {
                (empty_state(&visit.say("schemes-none"), &visit.say("schemes-none-how")))
                @if list.is_own { p { (link_button(ButtonKind::Primary, interests::PATH, &visit.say("schemes-register"))) } }
            }
            Standing::Waiting => {
                (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("schemes-waiting")) } }))
                p { a href=(PATH) { (visit.say_html("schemes-look-again")) } }
            }
            Standing::AtTheCounter => {
                (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("schemes-counter")) } p lang="ja" { (counter) } }))
            }
            Standing::Judged(shown) => (list.draw(shown))
        }
        @if list.is_own { p class="no-print" { a href=(interests::PATH) { (visit.say_html("schemes-change")) } } }
    };
    Ok(shell::page(&visit, &me, &visit.say("schemes-title"), &main))
}

/// The page's parts, for one reader.
struct List<'a> {
    visit: &'a Visit,
    is_own: bool,
    is_open: bool,
    today: base::Date,
    hidden: BTreeSet<String>,
}

type One = (Scheme, JudgedScheme);

impl List<'_> {
    fn draw(&self, shown: &Shown) -> Markup {
        let visit = self.visit;
        let mut eligible: Vec<&One> = shown.eligible().collect();
        eligible.sort_by_key(|(scheme, _)| Reverse(scheme.window.is_open_on(self.today)));
        let of = |outcome| {
            shown.schemes.iter().filter(move |(_, one)| one.outcome == outcome && !shown.hidden.contains(&one.code))
        };
        let undecided: Vec<&One> = of(Outcome::Undecided).collect();
        let others: Vec<&One> = of(Outcome::NotEligible).collect();
        let hidden: Vec<&One> = shown.schemes.iter().filter(|(_, one)| shown.hidden.contains(&one.code)).collect();
        html! {
            p { (visit.say_html("schemes-how")) }
            p class="hint" { (visit.say_with("schemes-judged-on", &[("date", ui::dates::date(visit.language, shown.on).into())])) }
            @if shown.has_samples() {
                (alert(visit.language, AlertKind::Warning, &html! { p { (visit.say_html("schemes-samples")) } }))
            }
            h2 { (visit.say_with("schemes-eligible", &[("n", eligible.len().into())])) }
            @if eligible.is_empty() { p { (visit.say_html("schemes-eligible-none")) } }
            @for one in &eligible { (self.card(one)) }
            (self.what_would_decide(&undecided))
            (self.group("schemes-undecided", &undecided))
            (self.group("schemes-not-eligible", &others))
            @if self.is_own { (self.group("schemes-hidden", &hidden)) }
            p class="no-print" {
                @if self.is_open { (visit.say_html("schemes-print-now")) " " a href=(PATH) { (visit.say_html("schemes-close")) } }
                @else { a href=(format!("{PATH}?all=1")) { (visit.say_html("schemes-print")) } }
            }
        }
    }

    fn group(&self, key: &str, schemes: &[&One]) -> Markup {
        html! {
            @if !schemes.is_empty() {
                details class="group" open[self.is_open] {
                    summary { h2 { (self.visit.say_with(key, &[("n", schemes.len().into())])) } }
                    @for one in schemes { (self.card(one)) }
                }
            }
        }
    }

    /// What a person can do so that more is decided: agree to tax data, answer a few questions.
    fn what_would_decide(&self, undecided: &[&One]) -> Markup {
        let visit = self.visit;
        let wanting = |class| undecided.iter().filter(|(_, one)| one.wanted.contains(&class)).count();
        let tax = wanting(DataClass::Tax);
        let agreement = agreements::agreement_for(DataClass::Tax).filter(|_| tax > 0);
        html! {
            @if self.is_own && !undecided.is_empty() {
                section class="card no-print" {
                    h2 { (visit.say_html("schemes-decide")) }
                    @if let Some(agreement) = agreement {
                        p { (visit.say_with("schemes-decide-tax", &[("n", tax.into())])) }
                        p { (link_button(ButtonKind::Secondary, &format!("/portal/consents/give/{agreement}"), &visit.say("schemes-agree-tax"))) }
                        p class="hint" { (visit.say_html("interests-data-card")) }
                    }
                    p { (visit.say_html("schemes-decide-questions")) }
                    p { (link_button(ButtonKind::Secondary, questions::PATH, &visit.say("interests-questions-open"))) }
                }
            }
        }
    }

    fn card(&self, (scheme, one): &One) -> Markup {
        let visit = self.visit;
        let (kind, outcome) = match one.outcome {
            Outcome::Eligible => (AlertKind::Success, "schemes-may"),
            Outcome::NotEligible => (AlertKind::Info, "schemes-not"),
            Outcome::Undecided => (AlertKind::Warning, "schemes-unknown"),
        };
        let is_open = scheme.window.is_open_on(self.today);
        let window = scheme.window.in_language(language_of_rules(visit.language));
        html! {
            article class="card scheme" {
                h3 { (said(visit, &scheme.name)) }
                p { (chip(kind, &visit.say(outcome))) " "
                    // To whom it is not open, when it is open says nothing.
                    @if one.outcome == Outcome::NotEligible {}
                    @else if is_open { (chip(AlertKind::Info, &visit.say("schemes-open"))) }
                    @else { (chip(AlertKind::Info, &visit.say("schemes-closed"))) } }
                p { (said(visit, &scheme.sentence)) }
                dl class="facts" {
                    div { dt { (visit.say_html("schemes-window")) } dd { (ui::ruby::markup(&window)) } }
                    div { dt { (visit.say_html("schemes-office")) } dd { (said(visit, &scheme.office)) } }
                    @if one.outcome != Outcome::NotEligible {
                        div { dt { (visit.say_html("schemes-apply")) } dd { (visit.say_html("schemes-apply-how")) } }
                    }
                }
                details open[self.is_open] {
                    summary { (visit.say_html("schemes-why")) }
                    (reasons(visit, one.reasons.in_language(visit.language)))
                    @if one.is_sample { p class="hint" { (visit.say_html("schemes-sample")) } }
                }
                @if self.is_own { (self.put_away(scheme, one)) }
            }
        }
    }

    /// 関係ない, or back again.
    fn put_away(&self, scheme: &Scheme, one: &JudgedScheme) -> Markup {
        let visit = self.visit;
        let name = ui::ruby::plain(scheme.name.in_language(language_of_rules(visit.language))).into_owned();
        let (what, key) =
            if self.hidden.contains(&one.code) { ("show", "schemes-show") } else { ("hide", "schemes-hide") };
        let action = format!("{PATH}/{}/{what}", one.code);
        one_button(&action, &visit.csrf(&action), ButtonKind::Secondary, &visit.say(key), Some(&name))
    }
}

/// The way of a judgement as nested lists.
pub(super) fn reasons(visit: &Visit, lines: &[Said]) -> Markup {
    html! { ul class="reasons" { (nested(visit, lines, 0)) } }
}

fn nested(visit: &Visit, lines: &[Said], depth: usize) -> Markup {
    // Each line of this depth with what follows deeper.
    let mut rest = lines;
    let mut pieces = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        let inside = after.iter().take_while(|line| line.depth > depth).count();
        let (deeper, next) = after.split_at(inside);
        pieces.push((first, deeper));
        rest = next;
    }
    html! {
        @for (line, deeper) in pieces {
            li {
                (ui::ruby::markup(&line.asked))
                @if let Some(outcome) = line.outcome {
                    " " strong { (ui::ruby::markup(outcome.as_answer(language_of_rules(visit.language)))) }
                }
                @if !line.known.is_empty() { br; span class="hint" { (ui::ruby::markup(&line.known)) } }
                @if !deeper.is_empty() { ul { (nested(visit, deeper, depth + 1)) } }
            }
        }
    }
}

async fn mark(app: Arc<App>, me: InPortal, code: String, is_hidden: bool) -> Result<(), Failure> {
    if me.0.acting_for.is_some() {
        return Err(Failure::saying(base::Kind::Forbidden, "representative-closed"));
    }
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    blocking(move || Ok(kept::set_hidden(&outside, account, &code, is_hidden)?)).await.map(drop)
}

async fn hide(State(app): State<Arc<App>>, me: InPortal, Path(code): Path<String>) -> Result<Response, Failure> {
    mark(app, me, code, true).await?;
    Ok(shell::done(PATH, "portal-done-schemes-hidden"))
}

async fn show(State(app): State<Arc<App>>, me: InPortal, Path(code): Path<String>) -> Result<Response, Failure> {
    mark(app, me, code, false).await?;
    Ok(shell::done(PATH, "portal-done-schemes-shown"))
}

/// Whether schemes are open here: one's own, or within what the representation covers today.
pub(super) fn are_open(app: &App, me: &InPortal) -> Result<bool, Failure> {
    if me.level() < Assurance::Substantial {
        return Ok(false);
    }
    let Some((represented, _)) = &me.0.acting_for else { return Ok(true) };
    let (outside, who, represented) = (app.outside()?, me.0.person.id, *represented);
    let today = outside.seams.today();
    let may = outside
        .store
        .read::<_, store::StoreError, _>(|tx| representatives::may(tx, today, who, represented, Scope::Schemes))?;
    Ok(may.is_some())
}

/// The home page's third block: what I can use.
///
/// # Errors
/// The database.
pub fn block(app: &App, visit: &Visit, me: &InPortal) -> Result<Option<Markup>, Failure> {
    if !are_open(app, me)? {
        return Ok(None);
    }
    let standing = kept::standing(app.outside()?, me.subject())?;
    let is_own = me.0.acting_for.is_none();
    let content = match &standing {
        Standing::NotRegistered if is_own => html! {
            p { (visit.say_html("schemes-home-none")) }
            p { a href=(interests::PATH) { (visit.say_html("schemes-register")) } }
        },
        Standing::NotRegistered | Standing::AtTheCounter => return Ok(None),
        Standing::Waiting => {
            html! { p { (visit.say_html("schemes-waiting")) } p { a href=(PATH) { (visit.say_html("schemes-home-all")) } } }
        }
        Standing::Judged(shown) => {
            let eligible: Vec<&One> = shown.eligible().collect();
            html! {
                @if eligible.is_empty() { p { (visit.say_html("schemes-eligible-none")) } }
                @else { ul { @for (scheme, _) in eligible.iter().take(3) { li { (said(visit, &scheme.name)) } } } }
                p { a href=(PATH) { (visit.say_html("schemes-home-all")) } }
            }
        }
    };
    Ok(Some(html! {
        section class="card" aria-labelledby="home-schemes" { h2 id="home-schemes" { (visit.say_html("schemes-title")) } (content) }
    }))
}
