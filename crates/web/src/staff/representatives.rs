//! Guardians as officers check them, and the yearly letters about mandates.

use std::sync::Arc;

use ::paper::plain::{Part, Plain, To};
use axum::extract::{Path, State};
use axum::response::Response;
use base::{Date, Kind, Timestamp};
use maud::{Markup, html};
use store::StoreError;
use tools::access::ResidentId;
use tools::representatives::Kind as Of;
use tools::representatives::guardians::{self, Basis, EnterError, Entering, Listed, MandateLetter, PaperDue};
use tools::staff::Action;
use ui::Language;
use ui::form::{ButtonKind, Field, button, field, one_button, radios};
use ui::table::{count, empty_state};

use super::shell;
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::portal::letters::{drawing, file};
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

const PATH: &str = "/staff/representatives";

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Staff(Action::ManageRepresentatives);
    Routes::new()
        .get(PATH, may, page)
        .post("/staff/representatives/enter", may, enter)
        .post("/staff/representatives/{id}/end", may, end)
        .post("/staff/representatives/{id}/paper", may, paper)
        .post("/staff/representatives/{id}/letter.pdf", may, letter)
}

async fn page(State(app): State<Arc<App>>, visit: Visit, me: SignedIn) -> Result<Response, Failure> {
    let (inside, now) = (app.inside()?.clone(), app.seams.now());
    let (listed, due) = blocking(move || {
        Ok(inside.store.read::<_, StoreError, _>(|tx| Ok((guardians::list(tx)?, guardians::paper_due(tx, now)?)))?)
    })
    .await?;
    let title = visit.say("representative-staff-title");
    let main = html! {
        (shell::said(&visit))
        p { (visit.say_html("representative-staff-how")) }
        (form(&visit))
        section {
            h2 { (visit.say("representative-staff-list")) }
            (count(visit.language, listed.len()))
            @if listed.is_empty() {
                (empty_state(&visit.say("representative-staff-none"), &visit.say("representative-staff-none-how")))
            } @else { (table(&visit, &listed)) }
        }
        section {
            h2 { (visit.say("representative-staff-paper")) }
            p { (visit.say_html("representative-staff-paper-how")) }
            (count(visit.language, due.len()))
            @if !due.is_empty() { (papers(&visit, &due)) }
        }
    };
    Ok(shell::page(&visit, &me, &title, &main))
}

fn form(visit: &Visit) -> Markup {
    let action = "/staff/representatives/enter";
    let say = |key: &str| visit.say(key);
    let (ward, guardian, last) =
        (say("representative-staff-ward"), say("representative-staff-guardian"), say("representative-staff-last-day"));
    let last_hint = say("representative-staff-last-day-hint");
    let number = |name, label| {
        field(
            visit.language,
            &Field { name, label, required: true, autocomplete: Some("off"), max_length: Some(20), ..Field::default() },
        )
    };
    let kinds = ["child", "ward"].map(|kind| (kind.to_owned(), say(&format!("representative-kind-{kind}"))));
    let bases = ["register", "papers"].map(|basis| (basis.to_owned(), say(&format!("representative-basis-{basis}"))));
    html! {
        form method="post" action=(action) {
            (visit.csrf(action))
            (number("ward", &ward))
            (number("guardian", &guardian))
            (radios("kind", &say("representative-staff-kind"), &kinds, "child"))
            (radios("basis", &say("representative-staff-basis"), &bases, "papers"))
            (field(visit.language, &Field { name: "last_day", label: &last, hint: Some(&last_hint), kind: "date",
                ..Field::default() }))
            div class="buttons" { (button(ButtonKind::Primary, &say("representative-staff-enter"))) }
        }
    }
}

fn table(visit: &Visit, listed: &[Listed]) -> Markup {
    let rows: Vec<Vec<Markup>> = listed
        .iter()
        .map(|one| {
            let action = format!("{PATH}/{}/end", one.id);
            vec![
                html! { (one.ward) },
                html! { (one.guardian) },
                html! { (visit.say(&format!("representative-kind-{}", one.kind))) },
                html! { (visit.say(&format!("representative-basis-{}", one.basis))) },
                html! { @if let Some(day) = one.ends_on { (ui::dates::date(visit.language, day.plus_days(-1))) } },
                one_button(
                    &action,
                    &visit.csrf(&action),
                    ButtonKind::Danger,
                    &visit.say("representative-end"),
                    Some(&one.ward),
                ),
            ]
        })
        .collect();
    let headings = [
        "representative-staff-ward",
        "representative-staff-guardian",
        "representative-staff-kind",
        "representative-staff-basis",
        "representative-until",
        "staff-what-to-do",
    ];
    visit.table(&visit.say("representative-staff-list"), &headings, &rows)
}

fn papers(visit: &Visit, due: &[PaperDue]) -> Markup {
    let rows: Vec<Vec<Markup>> = due
        .iter()
        .map(|one| {
            let action = format!("{PATH}/{}/paper", one.id);
            let letter = format!("{PATH}/{}/letter.pdf", one.id);
            let button = |action: &str, key: &str| {
                one_button(action, &visit.csrf(action), ButtonKind::Secondary, &visit.say(key), Some(&one.principal))
            };
            let scopes = one.scopes.split(',').map(|scope| visit.say(&format!("representative-scope-{scope}")));
            vec![
                html! { (one.principal) },
                html! { (one.helper) },
                html! { (scopes.collect::<Vec<_>>().join("、")) },
                html! { (ui::dates::date(visit.language, one.ends_on.plus_days(-1))) },
                html! { (button(&letter, "representative-staff-letter")) (button(&action, "representative-staff-paper-sent")) },
            ]
        })
        .collect();
    let headings = [
        "representative-staff-principal",
        "representative-staff-helper",
        "representative-scopes",
        "representative-until",
        "staff-what-to-do",
    ];
    visit.table(&visit.say("representative-staff-paper"), &headings, &rows)
}

fn refused(error: EnterError) -> Failure {
    let kind = error.kind();
    let key = match error {
        EnterError::Store(error) => return error.into(),
        EnterError::Access(error) => return error.into(),
        EnterError::NotFound => "representative-staff-not-found",
        EnterError::Age => "representative-staff-age",
        EnterError::NotHere => "representative-staff-not-here",
    };
    Failure::saying(kind, key).next(PATH, "page-back")
}

async fn enter(State(app): State<Arc<App>>, me: SignedIn, fields: Fields) -> Result<Response, Failure> {
    let wrong = || Failure::saying(Kind::Invalid, "representative-staff-wrong").next(PATH, "page-back");
    let person = |name| ResidentId::parse(fields.get(name)).map_err(|_| wrong());
    let last_day = fields.filled("last_day").map(Date::parse).transpose().map_err(|_| wrong())?;
    let entering = Entering {
        ward: person("ward")?,
        guardian: person("guardian")?,
        kind: Of::from_word(fields.get("kind")).filter(|kind| *kind != Of::Mandate).ok_or_else(wrong)?,
        basis: Basis::from_word(fields.get("basis")).ok_or_else(wrong)?,
        last_day,
    };
    let (inside, actor) = (app.inside()?.clone(), me.actor());
    blocking(move || {
        let seams = inside.seams.clone();
        let enter = move |tx: &mut store::Tx<'_>| guardians::enter(tx, &seams, &actor, &entering);
        inside.store.write(enter).map_err(refused)
    })
    .await?;
    Ok(shell::done(PATH, "staff-done-guardian-entered"))
}

async fn end(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (id, actor) = (shell::id(&id)?, me.actor());
    shell::change::<StoreError, _>(&app, PATH, "staff-done-guardian-ended", move |tx, seams| {
        guardians::end(tx, seams, &actor, id).map(drop)
    })
    .await
}

/// `POST …/letter.pdf`: reads both persons' records, so it is no plain link.
async fn letter(State(app): State<Arc<App>>, me: SignedIn, Path(id): Path<String>) -> Result<Response, Failure> {
    let (id, inside, actor) = (shell::id(&id)?, app.inside()?.clone(), me.actor());
    let (typeface, now) = (app.typeface()?, app.seams.now());
    let bytes = blocking(move || {
        let seams = inside.seams.clone();
        let compose = move |tx: &mut store::Tx<'_>| guardians::letter(tx, &seams, &actor, id);
        let letter = inside.store.write(compose).map_err(refused)?;
        let city = &inside.profile.name;
        let document = document(city, &letter, now);
        ::paper::plain::draw(&[document], &typeface, (city, &id.to_string(), now)).map_err(|error| drawing(&error))
    })
    .await?;
    Ok(file("application/pdf", "mandate.pdf", bytes))
}

fn document(city: &str, letter: &MandateLetter, now: Timestamp) -> Plain {
    let say = |key: &str| ui::words().get(Language::Japanese, key);
    let scopes = letter.scopes.split(',').map(|scope| say(&format!("representative-scope-{scope}")));
    let until = ui::dates::date(Language::Japanese, letter.ends_on.plus_days(-1));
    Plain {
        title: say("representative-letter-title"),
        to: Some(To {
            postal_code: letter.postal_code.clone(),
            address: letter.address.clone(),
            name: letter.name.clone(),
        }),
        aside: vec![ui::dates::date(Language::Japanese, now.date_in_japan()), city.to_owned()],
        parts: vec![
            Part::Paragraph(say("representative-letter-text")),
            Part::Facts(vec![
                (say("representative-letter-who"), letter.helper.clone()),
                (say("representative-letter-what"), scopes.collect::<Vec<_>>().join("、")),
                (say("representative-letter-until"), until),
            ]),
            Part::Paragraph(say("representative-letter-stop")),
        ],
        foot: city.to_owned(),
    }
}

async fn paper(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Failure> {
    let id = shell::id(&id)?;
    shell::change::<StoreError, _>(&app, PATH, "staff-done-mandate-paper", move |tx, seams| {
        guardians::paper_sent(tx, seams.now(), id)
    })
    .await
}
