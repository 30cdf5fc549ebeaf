//! Forms that work without script. Each field has a visible label, a hint and, when wrong, an error in words beside it.

use maud::{Markup, html};

use crate::language::Language;
use crate::words::words;

/// One text field.
#[derive(Clone, Debug, Default)]
pub struct Field<'a> {
    /// Form name, and id where `id` is empty.
    pub name: &'a str,
    /// The id, where a page has a field of this name in two forms.
    pub id: &'a str,
    /// Visible label.
    pub label: &'a str,
    /// What is typed, e.g. an example.
    pub hint: Option<&'a str>,
    /// The value to begin with.
    pub value: &'a str,
    /// What is wrong with the last value, as a sentence.
    pub error: Option<&'a str>,
    /// `text`, `date`, `search`, `tel` … ; empty means `text`.
    pub kind: &'a str,
    /// Whether it must be filled.
    pub required: bool,
    /// The `autocomplete` token; `off` where a shared counter PC must not remember.
    pub autocomplete: Option<&'a str>,
    /// The greatest number of characters.
    pub max_length: Option<u32>,
    /// Whether only digits are typed: a keyboard of digits comes, and nothing else is sent. Full-width digits count as such.
    pub is_number: bool,
}

/// A labelled input.
pub fn field(language: Language, field: &Field<'_>) -> Markup {
    let id = if field.id.is_empty() { field.name } else { field.id };
    let hint_id = format!("{id}-hint");
    let error_id = format!("{id}-error");
    let described = described_by(field.hint.map(|_| hint_id.as_str()), field.error.map(|_| error_id.as_str()));
    html! {
        div class=(if field.error.is_some() { "field field-wrong" } else { "field" }) {
            label for=(id) { (field.label) @if field.required { (required_mark(language)) } }
            @if let Some(hint) = field.hint { p class="hint" id=(hint_id) { (hint) } }
            @if let Some(error) = field.error { (field_error(language, &error_id, error)) }
            input id=(id) name=(field.name) type=(if field.kind.is_empty() { "text" } else { field.kind })
                value=(field.value) required[field.required] autocomplete=[field.autocomplete]
                maxlength=[field.max_length] inputmode=[field.is_number.then_some("numeric")]
                pattern=[field.is_number.then_some("[0-9０-９]*")]
                aria-invalid=[field.error.map(|_| "true")] aria-describedby=[described];
        }
    }
}

/// A labelled choice from a short list. `options` are (value, words).
pub fn select(
    language: Language,
    name: &str,
    label: &str,
    options: &[(String, String)],
    chosen: &str,
    error: Option<&str>,
) -> Markup {
    select_in(language, (name, name), label, options, chosen, error)
}

/// The same where a page has a choice of this name in two forms: id and name come together.
pub fn select_in(
    language: Language,
    (id, name): (&str, &str),
    label: &str,
    options: &[(String, String)],
    chosen: &str,
    error: Option<&str>,
) -> Markup {
    let error_id = format!("{id}-error");
    html! {
        div class=(if error.is_some() { "field field-wrong" } else { "field" }) {
            label for=(id) { (label) }
            @if let Some(error) = error { (field_error(language, &error_id, error)) }
            select id=(id) name=(name) aria-invalid=[error.map(|_| "true")]
                aria-describedby=[error.map(|_| error_id.as_str())] {
                @for (value, text) in options { option value=(value) selected[value == chosen] { (text) } }
            }
        }
    }
}

/// A group of radio buttons.
pub fn radios(name: &str, legend: &str, options: &[(String, String)], chosen: &str) -> Markup {
    html! {
        fieldset class="choices" {
            legend { (legend) }
            @for (index, (value, text)) in options.iter().enumerate() {
                div class="choice" {
                    input type="radio" id=(format!("{name}-{index}")) name=(name) value=(value) checked[value == chosen];
                    label for=(format!("{name}-{index}")) { (text) }
                }
            }
        }
    }
}

/// A group of check boxes; `chosen` tells which values are ticked.
pub fn checkboxes(name: &str, legend: &str, options: &[(String, String)], chosen: &[&str]) -> Markup {
    html! {
        fieldset class="choices" {
            legend { (legend) }
            @for (index, (value, text)) in options.iter().enumerate() {
                div class="choice" {
                    input type="checkbox" id=(format!("{name}-{index}")) name=(name) value=(value)
                        checked[chosen.contains(&value.as_str())];
                    label for=(format!("{name}-{index}")) { (text) }
                }
            }
        }
    }
}

/// What a button is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ButtonKind {
    /// The one next step of the page.
    #[default]
    Primary,
    /// Another way.
    Secondary,
    /// Something that hurts.
    Danger,
}

impl ButtonKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button",
            Self::Secondary => "button button-secondary",
            Self::Danger => "button button-danger",
        }
    }
}

/// A submit button.
pub fn button(kind: ButtonKind, text: &str) -> Markup {
    html! { button type="submit" class=(kind.class()) { (text) } }
}

/// A link that looks like a button.
pub fn link_button(kind: ButtonKind, href: &str, text: &str) -> Markup {
    html! { a class=(kind.class()) href=(href) { (text) } }
}

/// A form of hidden values and one button, e.g. in a table's row. `hidden` holds the CSRF field.
pub fn one_button(action: &str, hidden: &Markup, kind: ButtonKind, text: &str, about: Option<&str>) -> Markup {
    html! {
        form method="post" action=(action) class="one-button" {
            (hidden)
            button type="submit" class=(kind.class()) aria-label=[about.map(|about| format!("{text}: {about}"))] { (text) }
        }
    }
}

/// A deed that cannot simply be taken back: its button comes out from behind its name, below what will happen. `hidden` holds the
/// CSRF field.
pub fn asked_again(
    language: Language,
    action: &str,
    hidden: &Markup,
    (text, what): (&str, &str),
    about: &str,
) -> Markup {
    let yes = words().format(language, "form-yes", &[("deed", text.into())]);
    html! {
        details class="no-print" {
            summary aria-label=(format!("{text}: {about}")) { (text) }
            p { (what) }
            (one_button(action, hidden, ButtonKind::Danger, &yes, Some(about)))
        }
    }
}

/// The list of what is wrong, at the top of a page; each entry leads to its field. `errors` are (field name, sentence).
pub fn error_summary(language: Language, errors: &[(&str, String)]) -> Markup {
    html! {
        @if !errors.is_empty() {
            section class="alert alert-error" role="alert" aria-labelledby="error-summary" tabindex="-1" {
                h2 id="error-summary" { (words().get(language, "form-please-check")) }
                ul { @for (name, sentence) in errors { li { a href=(format!("#{name}")) { (sentence) } } } }
            }
        }
    }
}

/// The mark beside the label of what must be filled.
pub fn required_mark(language: Language) -> Markup {
    html! { " " span class="required" { (words().get(language, "form-required")) } }
}

fn field_error(language: Language, id: &str, sentence: &str) -> Markup {
    html! {
        p class="field-error" id=(id) {
            span class="error-word" { (words().get(language, "form-error-word")) } " " (sentence)
        }
    }
}

fn described_by(hint: Option<&str>, error: Option<&str>) -> Option<String> {
    let ids: Vec<&str> = hint.into_iter().chain(error).collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_field_says_so_in_words_and_to_a_screen_reader() {
        let text = field(
            Language::Japanese,
            &Field {
                name: "birth",
                label: "生年月日",
                error: Some("読めません"),
                hint: Some("例"),
                ..Field::default()
            },
        )
        .into_string();
        assert!(text.contains("aria-invalid=\"true\" aria-describedby=\"birth-hint birth-error\""), "{text}");
        assert!(text.contains("for=\"birth\"") && text.contains("読めません"));
    }

    #[test]
    fn what_people_type_cannot_become_html() {
        let text = field(Language::English, &Field { name: "q", label: "q", value: "\"><script>", ..Field::default() })
            .into_string();
        assert!(!text.contains("<script>"), "{text}");
    }
}
