//! Things said beside the work: alerts, chips, steps, lists of facts. Meaning is never by colour alone.

use maud::{Markup, html};

use crate::language::Language;
use crate::words::words;

/// How an alert is meant. Its word stands before the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertKind {
    /// Good to know.
    Info,
    /// It worked.
    Success,
    /// Take care.
    Warning,
    /// It did not work.
    Error,
}

impl AlertKind {
    const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::Info => ("alert alert-info", "page-word-info"),
            Self::Success => ("alert alert-success", "page-word-success"),
            Self::Warning => ("alert alert-warning", "page-word-warning"),
            Self::Error => ("alert alert-error", "page-word-error"),
        }
    }
}

/// A box with a word (お知らせ, 完了, 注意, エラー) and what is said.
pub fn alert(language: Language, kind: AlertKind, said: &Markup) -> Markup {
    let (class, key) = kind.parts();
    let role = if kind == AlertKind::Error { "alert" } else { "status" };
    html! {
        div class=(class) role=(role) {
            p class="alert-word" { (words().get(language, key)) }
            div { (said) }
        }
    }
}

/// A small label for a state.
pub fn chip(kind: AlertKind, text: &str) -> Markup {
    let class = match kind {
        AlertKind::Info => "chip",
        AlertKind::Success => "chip chip-success",
        AlertKind::Warning => "chip chip-warning",
        AlertKind::Error => "chip chip-error",
    };
    html! { span class=(class) { (text) } }
}

/// Facts: a definition list of (term, value).
pub fn facts(facts: &[(String, Markup)]) -> Markup {
    html! {
        dl class="facts" { @for (term, value) in facts { div { dt { (term) } dd { (value) } } } }
    }
}

/// Where one is among the steps (`current` counts from 1).
pub fn steps(language: Language, labels: &[String], current: usize) -> Markup {
    html! {
        ol class="steps" aria-label=(words().format(language, "page-of", &[("page", current.into()), ("pages", labels.len().into())])) {
            @for (index, label) in labels.iter().enumerate() {
                li class=[(index + 1 < current).then_some("step-done")] aria-current=[(index + 1 == current).then_some("step")] {
                    (label)
                }
            }
        }
    }
}
