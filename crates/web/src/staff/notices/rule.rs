//! A rule built by form: fields, one button for each change, no script, no code. Every button keeps what was typed.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use maud::{Markup, html};
use rules::form::{Choice, Control, Draft, Edit, FieldFault, FieldSpec};
use rules::{Admission, CityWords};
use services::notices_for_you::campaigns::{self, Audience, Campaign};
use services::notices_for_you::wishes::{catalogue, language_of_rules};
use ui::form::{Field, error_summary, field, select};
use ui::notice::{AlertKind, alert};

use super::super::shell;
use super::{PATH, address, draft};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::{SignedIn, Visit};

/// `GET …/rule`; with `?check=1` every fault stands beside its field.
pub async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let campaign = draft(&app, &id).await?;
    let inside = app.inside()?;
    let admission = campaigns::admission(inside);
    let checks = visit.address.contains("check=1");
    let faults = if checks { faults(&campaign, inside.seams.today(), admission) } else { Vec::new() };
    let main = html! {
        (shell::said(&visit))
        @if checks && faults.is_empty() {
            (alert(visit.language, AlertKind::Success, &html! { p { (visit.say("notice-rule-right")) } }))
        }
        (Drawn { visit: &visit, draft: &campaign.audience.form, city: catalogue::city_words(), faults: &faults }.form(&id))
        p { a href=(address(campaign.id)) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("notice-rule"), &main))
}

/// What keeps the rule from being live and evaluated today.
fn faults(campaign: &Campaign, today: base::Date, admission: Admission) -> Vec<FieldFault> {
    let alone = Audience { chosen_by: campaigns::ChosenBy::Rule, ..campaign.audience.clone() };
    match alone.live(today, admission) {
        Err(campaigns::CampaignError::Rule(faults)) => faults,
        _ => Vec::new(),
    }
}

/// `POST …/rule`: keeps the fields, presses the button named in `do`.
pub async fn keep(State(app): State<Arc<App>>, Path(id): Path<String>, fields: Fields) -> Result<Response, Failure> {
    let campaign = draft(&app, &id).await?;
    let mut form = Draft::from_fields(fields.pairs());
    let pressed = fields.get("do").to_owned();
    let at = edit(&pressed).map(|(edit, at)| {
        form.apply(edit);
        at
    });
    let audience = Audience { form, ..campaign.audience };
    let inside = app.inside()?.clone();
    blocking(move || {
        let kept = inside.store.write(move |tx| campaigns::choose(tx, campaign.id, &audience));
        Ok(kept?)
    })
    .await?;
    let here = format!("{PATH}/{id}/rule");
    let to = match (pressed.as_str(), at) {
        ("check", _) => format!("{here}?check=1"),
        (_, Some(at)) => format!("{here}#{at}"),
        _ => format!("{here}?done=staff-done-notice-rule"),
    };
    Ok(Redirect::to(&to).into_response())
}

/// A button's name as an edit, and where the reader is taken after it.
fn edit(pressed: &str) -> Option<(Edit, String)> {
    let mut parts = pressed.split('.');
    let (what, first, second) = (parts.next()?, parts.next(), parts.next());
    let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok());
    if what == "parameter" {
        return Some((Edit::AddParameter, "parameters".to_owned()));
    }
    let at = number(first)?;
    let line = |at: usize| format!("line-{at}");
    let parameter = |at: usize| format!("parameter-{at}");
    Some(match what {
        "test" => (Edit::AddTest(at), line(at)),
        "group" => (Edit::AddGroup(at), line(at)),
        "household" => (Edit::AddHousehold(at), line(at)),
        "remove" => (Edit::Remove(at), line(at.saturating_sub(1))),
        "up" => (Edit::Up(at), line(at.saturating_sub(1))),
        "down" => (Edit::Down(at), line(at)),
        "wrap" => (Edit::Wrap(at), line(at)),
        "drop" => (Edit::RemoveParameter(at), "parameters".to_owned()),
        "value" => (Edit::AddValue(at), parameter(at)),
        "dropvalue" => (Edit::RemoveValue(at, number(second)?), parameter(at)),
        _ => return None,
    })
}

struct Drawn<'a> {
    visit: &'a Visit,
    draft: &'a Draft,
    city: CityWords,
    faults: &'a [FieldFault],
}

impl Drawn<'_> {
    fn form(&self, id: &str) -> Markup {
        let (visit, action) = (self.visit, format!("{PATH}/{id}/rule"));
        let said: Vec<(&str, String)> =
            self.faults.iter().map(|fault| (self.field_shown(&fault.field), self.sentence(fault))).collect();
        html! {
            (error_summary(visit.language, &said))
            p { (visit.say("notice-rule-form-how")) }
            form method="post" action=(action) id="rule" class="rule" {
                (visit.csrf(&action))
                // The first button is the one that Enter presses.
                div class="buttons" { (self.press("save", "notice-rule-save", true, None)) (self.press("check", "notice-rule-check", false, None)) }
                fieldset class="card" {
                    legend { (visit.say("notice-rule-when")) }
                    @for spec in self.draft.rule_fields() { (self.control(&spec)) }
                }
                section {
                    h2 { (visit.say("notice-rule-rows")) }
                    (self.rows(0, 0).0)
                    @if self.draft.rows.is_empty() { (self.press("test.0", "notice-add-test", false, None)) }
                }
                section id="parameters" tabindex="-1" {
                    h2 { (visit.say("notice-parameters")) }
                    p { (visit.say("notice-parameters-how")) }
                    @for index in 0..self.draft.parameters.len() { (self.parameter(index)) }
                    (self.press("parameter", "notice-add-parameter", false, None))
                }
                div class="buttons" { (self.press("save", "notice-rule-save", true, None)) (self.press("check", "notice-rule-check", false, None)) }
            }
        }
    }

    /// A fault of a row or parameter as a whole is shown at its frame.
    fn field_shown<'a>(&self, field: &'a str) -> &'a str {
        if field.is_empty() { "rule" } else { field }
    }

    fn sentence(&self, fault: &FieldFault) -> String {
        let what = fault.what.in_language(language_of_rules(self.visit.language));
        let mut parts = fault.field.split('.');
        let number = |text: Option<&str>| text.and_then(|text| text.parse::<usize>().ok()).map(|at| at + 1);
        match (parts.next(), number(parts.next())) {
            (Some("row"), Some(row)) => {
                self.visit.say_with("notice-at-row", &[("n", row.into()), ("what", what.into())])
            }
            (Some("parameter"), Some(at)) => {
                self.visit.say_with("notice-at-parameter", &[("n", at.into()), ("what", what.into())])
            }
            _ => what,
        }
    }

    fn wrong(&self, field: &str) -> Option<String> {
        let language = language_of_rules(self.visit.language);
        let fault = self.faults.iter().find(|fault| fault.field == field)?;
        Some(ui::ruby::plain(&fault.what.in_language(language)).into_owned())
    }

    /// Rows from `from` on that are at least `depth` deep, those inside one drawn inside it; and the row after them.
    fn rows(&self, from: usize, depth: usize) -> (Markup, usize) {
        let (mut at, mut drawn) = (from, Vec::new());
        while let Some(row) = self.draft.rows.get(at).filter(|row| row.depth >= depth) {
            let (inside, next) = self.rows(at + 1, row.depth.saturating_add(1));
            drawn.push(self.row(at, &inside));
            at = next;
        }
        (html! { @for row in &drawn { (row) } }, at)
    }

    fn row(&self, at: usize, inside: &Markup) -> Markup {
        let visit = self.visit;
        let name = visit.say_with("notice-row", &[("n", (at + 1).into())]);
        let whole = self.wrong(&format!("row.{at}"));
        let buttons = [
            ("test", "notice-add-test"),
            ("group", "notice-add-group"),
            ("household", "notice-add-household"),
            ("wrap", "notice-wrap"),
            ("up", "notice-up"),
            ("down", "notice-down"),
            ("remove", "notice-remove"),
        ];
        html! {
            fieldset class=(if whole.is_some() { "rule-row field-wrong" } else { "rule-row" }) id=(format!("line-{at}")) tabindex="-1" {
                legend { (name) }
                span id=(format!("row.{at}")) tabindex="-1" {}
                @if let Some(whole) = whole { p class="field-error" { span class="error-word" { (visit.say("form-error-word")) } " " (whole) } }
                div class="fields" { @for spec in self.draft.row_fields(at, &self.city) { (self.control(&spec)) } }
                div class="buttons" {
                    @for (what, key) in buttons { (self.press(&format!("{what}.{at}"), key, false, Some(&name))) }
                }
                div class="rule-inside" { (inside) }
            }
        }
    }

    fn parameter(&self, at: usize) -> Markup {
        let visit = self.visit;
        let name = visit.say_with("notice-parameter", &[("n", (at + 1).into())]);
        let values = self.draft.parameters.get(at).map_or(0, |parameter| parameter.values.len());
        html! {
            fieldset class="rule-row" id=(format!("parameter-{at}")) tabindex="-1" {
                legend { (name) }
                span id=(format!("parameter.{at}")) tabindex="-1" {}
                @if let Some(whole) = self.wrong(&format!("parameter.{at}")) { p class="field-error" { (whole) } }
                div class="fields" { @for spec in self.draft.parameter_fields(at) { (self.control(&spec)) } }
                div class="buttons" {
                    (self.press(&format!("value.{at}"), "notice-add-value", false, Some(&name)))
                    @for value in 1..values {
                        (self.press(&format!("dropvalue.{at}.{value}"), "notice-drop-value", false, Some(&format!("{name} {}", value + 1))))
                    }
                    (self.press(&format!("drop.{at}"), "notice-drop-parameter", false, Some(&name)))
                }
            }
        }
    }

    fn press(&self, what: &str, key: &str, is_primary: bool, about: Option<&str>) -> Markup {
        let text = self.visit.say(key);
        html! {
            button type="submit" name="do" value=(what) class=(if is_primary { "button" } else { "button button-secondary small" })
                aria-label=[about.map(|about| format!("{text}: {about}"))] { (text) }
        }
    }

    fn control(&self, spec: &FieldSpec) -> Markup {
        let (visit, language) = (self.visit, language_of_rules(self.visit.language));
        let label = ui::ruby::plain(spec.label.in_language(language)).into_owned();
        let error = self.wrong(&spec.name);
        let plain =
            |choice: &Choice| (choice.value.clone(), ui::ruby::plain(choice.words.in_language(language)).into_owned());
        let blank = || (String::new(), visit.say("notice-choose"));
        let input = |kind| {
            field(
                visit.language,
                &Field {
                    name: &spec.name,
                    label: &label,
                    value: &spec.value,
                    error: error.as_deref(),
                    kind,
                    autocomplete: Some("off"),
                    ..Field::default()
                },
            )
        };
        match &spec.control {
            Control::Hidden => html! { input type="hidden" name=(spec.name) value=(spec.value); },
            Control::One(choices) => {
                let mut options: Vec<(String, String)> = choices.iter().map(plain).collect();
                if spec.value.is_empty() {
                    options.insert(0, blank());
                }
                select(visit.language, &spec.name, &label, &options, &spec.value, error.as_deref())
            }
            Control::Parameter(names) => {
                let mut options = vec![blank()];
                options.extend(names.iter().map(|name| (name.clone(), name.clone())));
                select(visit.language, &spec.name, &label, &options, &spec.value, error.as_deref())
            }
            Control::Many(choices) => {
                self.many(spec, &label, &choices.iter().map(plain).collect::<Vec<_>>(), error.as_deref())
            }
            Control::Number => input("number"),
            Control::Date => input("date"),
            Control::Text => input("text"),
        }
    }

    fn many(&self, spec: &FieldSpec, label: &str, options: &[(String, String)], error: Option<&str>) -> Markup {
        let chosen: Vec<&str> = spec.value.split(',').collect();
        html! {
            div id=(spec.name) tabindex="-1" class=(if error.is_some() { "field field-wrong" } else { "field" }) {
                @if let Some(error) = error {
                    p class="field-error" { span class="error-word" { (self.visit.say("form-error-word")) } " " (error) }
                }
                (ui::form::checkboxes(&spec.name, label, options, &chosen))
            }
        }
    }
}
