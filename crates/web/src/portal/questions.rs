//! いくつかの質問: what the city does not hold and a person may answer, for their own schemes. No answer is an answer too.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use maud::{Markup, html};
use rules::{Benefit, HealthService, Insurance, Words};
use services::notices_for_you::schemes::work::fiscal_year;
use services::notices_for_you::wishes::{Answers, Wishes, kept};
use tools::portal::Assurance;
use ui::form::{ButtonKind, button};
use ui::notice::{AlertKind, alert};

use super::interests::{open_only, said, ticks};
use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{InPortal, Visit};

/// Where it is.
pub const PATH: &str = "/portal/interests/questions";

/// Check-ups whose use in this fiscal year is asked.
const THIS_YEAR: [HealthService; 6] = [
    HealthService::SpecificCheckup,
    HealthService::HealthCheckup,
    HealthService::LungColorectal,
    HealthService::Prostate,
    HealthService::Osteoporosis,
    HealthService::Periodontal,
];
/// What is had once.
const EVER: [HealthService; 2] = [HealthService::StomachRisk, HealthService::Pneumococcal];

/// Its routes.
pub fn routes() -> Routes {
    let known = Rule::Resident(Assurance::Substantial);
    Routes::new().get(PATH, known, page).post(PATH, known, save)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: InPortal) -> Result<Response, Failure> {
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let year = fiscal_year(app.seams.today());
    let kept = blocking(move || Ok(kept::of(&outside, account)?)).await?;
    let wishes = kept.map(|kept| kept.wishes).unwrap_or_default();
    let main = html! {
        p { (visit.say_html("interests-questions-how")) }
        @if wishes.receives {
            form method="post" action=(PATH) {
                (visit.csrf(PATH))
                (questions(&visit, &wishes.answers, year))
                (button(ButtonKind::Primary, &visit.say("interests-questions-save")))
            }
        } @else {
            (alert(visit.language, AlertKind::Info, &html! { p { (visit.say_html("interests-questions-first")) } }))
        }
        p { a href=(super::interests::PATH) { (visit.say_html("interests-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("interests-questions-title"), &main))
}

fn questions(visit: &Visit, answers: &Answers, year: i16) -> Markup {
    let insurance: Vec<(String, Words)> =
        Insurance::ALL.iter().map(|one| (one.code().to_string(), one.words())).collect();
    let chosen = answers.insurance.map(|one| one.code().to_string());
    let this_year = answers.had_this_year.as_ref().filter(|(said_in, _)| *said_in == year).map(|(_, had)| had);
    html! {
        (choice(visit, ("insurance", "interests-q-insurance"), &insurance, chosen.as_deref()))
        (choice(visit, ("single", "interests-q-single"), &yes_or_no(), answers.single_parent.map(|is| if is { "1" } else { "0" })))
        (several(visit, ("receives", "interests-q-receives"), Benefit::ALL.iter().map(|one| (one.code(), one.words())),
            answers.receives.as_ref().map(|all| all.iter().map(|one| one.code()).collect())))
        (several(visit, ("year", "interests-q-year"), THIS_YEAR.iter().map(|one| (one.code(), one.words())),
            this_year.map(|had| had.iter().map(|one| one.code()).collect())))
        (several(visit, ("ever", "interests-q-ever"), EVER.iter().map(|one| (one.code(), one.words())),
            answers.had_ever.as_ref().map(|had| had.iter().map(|one| one.code()).collect())))
        (grades(visit, ("physical", "interests-q-physical"), 7, answers.physical))
        (grades(visit, ("intellectual", "interests-q-intellectual"), 2, answers.intellectual))
        (grades(visit, ("mental", "interests-q-mental"), 3, answers.mental))
    }
}

fn yes_or_no() -> Vec<(String, Words)> {
    vec![("1".to_owned(), Words::of("はい", "はい", "Yes")), ("0".to_owned(), Words::of("いいえ", "いいえ", "No"))]
}

/// One of several, or no answer.
fn choice(visit: &Visit, (name, legend): (&str, &str), options: &[(String, Words)], chosen: Option<&str>) -> Markup {
    let none = format!("{name}-none");
    html! {
        fieldset class="choices" {
            legend { (visit.say_html(legend)) }
            @for (value, words) in options {
                @let id = format!("{name}-{value}");
                div class="choice" {
                    input type="radio" id=(id) name=(name) value=(value) checked[chosen == Some(value.as_str())];
                    label for=(id) { (said(visit, words)) }
                }
            }
            div class="choice" {
                input type="radio" id=(none) name=(name) value="" checked[chosen.is_none()];
                label for=(none) { (visit.say_html("interests-q-silent")) }
            }
        }
    }
}

/// Any of several, or expressly none; nothing ticked is no answer.
fn several(
    visit: &Visit,
    (name, legend): (&str, &str),
    options: impl Iterator<Item = (u16, Words)>,
    chosen: Option<BTreeSet<u16>>,
) -> Markup {
    let nothing = Words::of("どれもない", "どれも ありません", "None of these");
    let mut all: Vec<(String, Words, bool)> = options
        .map(|(code, words)| (code.to_string(), words, chosen.as_ref().is_some_and(|chosen| chosen.contains(&code))))
        .collect();
    all.push(("0".to_owned(), nothing, chosen.as_ref().is_some_and(BTreeSet::is_empty)));
    ticks(visit, (name, legend), all.iter().map(|(value, words, is_chosen)| (value.clone(), words, *is_chosen)))
}

fn grades(visit: &Visit, (name, label): (&str, &str), most: u8, chosen: Option<u8>) -> Markup {
    let option = |value: String, words: String, is_chosen: bool| {
        html! { option value=(value) selected[is_chosen] { (words) } }
    };
    html! {
        div class="field" {
            label for=(name) { (visit.say_html(label)) }
            select id=(name) name=(name) {
                (option(String::new(), visit.say("interests-q-silent"), chosen.is_none()))
                (option("0".to_owned(), visit.say("interests-q-no-certificate"), chosen == Some(0)))
                @for grade in 1..=most {
                    @let words = match (name, grade) {
                        ("intellectual", 1) => "A".to_owned(),
                        ("intellectual", _) => "B".to_owned(),
                        _ => visit.say_with("interests-q-grade", &[("n", usize::from(grade).into())]),
                    };
                    (option(grade.to_string(), words, chosen == Some(grade)))
                }
            }
        }
    }
}

/// The ticked ones of `all`; `None` when nothing was ticked. "None of these" beside others is not taken at its word.
fn ticked<T: Copy + Ord>(fields: &Fields, name: &str, all: &[T], code: fn(T) -> u16) -> Option<BTreeSet<T>> {
    let found: BTreeSet<T> =
        all.iter().copied().filter(|one| fields.all(name).any(|value| value == code(*one).to_string())).collect();
    let says_none = fields.all(name).any(|value| value == "0");
    (says_none || !found.is_empty()).then_some(found)
}

fn read(fields: &Fields, year: i16) -> Answers {
    let grade = |name: &str, most: u8| fields.get(name).parse::<u8>().ok().filter(|grade| *grade <= most);
    let insurance = fields.get("insurance");
    Answers {
        insurance: Insurance::ALL.iter().copied().find(|one| one.code().to_string() == insurance),
        had_this_year: ticked(fields, "year", &THIS_YEAR, HealthService::code).map(|had| (year, had)),
        had_ever: ticked(fields, "ever", &EVER, HealthService::code),
        single_parent: match fields.get("single") {
            "1" => Some(true),
            "0" => Some(false),
            _ => None,
        },
        receives: ticked(fields, "receives", Benefit::ALL, Benefit::code),
        physical: grade("physical", 7),
        intellectual: grade("intellectual", 2),
        mental: grade("mental", 3),
    }
}

async fn save(State(app): State<Arc<App>>, me: InPortal, fields: Fields) -> Result<Response, Failure> {
    open_only(&me)?;
    let (outside, account) = (app.outside()?.clone(), me.0.person.id);
    let answers = read(&fields, fiscal_year(app.seams.today()));
    blocking(move || {
        let before = kept::of(&outside, account)?.map(|kept| kept.wishes).unwrap_or_default();
        Ok(kept::save(&outside, account, Wishes { answers, ..before })?)
    })
    .await?;
    Ok(shell::done("/portal/schemes", "portal-done-schemes-answered"))
}
