//! A certificate at the counter (窓口交付): the machine's engine and its checks, for the person whose entry is opened. The fee
//! is taken at the counter's own register first; the paper comes as a PDF to be printed.
//!
//! ```text
//!  opened entry, work 証明書の交付 ─► kind ─► people, items, copies of that kind, "fee taken" ─► begin … fetch ─► PDF
//! ```

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Kind, Yen};
use maud::{Markup, html};
use services::convenience_certificates::requests::counter_fee;
use services::convenience_certificates::{
    ActionError, Applicant, CertificateKind, Choices, FamilyMemberShown, Issuer, MemberShown, Members, Misfit,
    OptionalItems, Refusal, actions, family,
};
use store::StoreError;
use tools::Inside;
use tools::access::Duty;
use tools::staff::Action;
use ui::form::{ButtonKind, Field, button, checkboxes, field, radios};

use super::{desk, register, shell, words};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::routes::{Routes, Rule};
use crate::visit::{SignedIn, Visit};

/// Items that print only when chosen: the word in forms, and the machine's own name for it.
const ITEMS: [(&str, &str); 5] = [
    ("relationship", "kiosk-item-relationship"),
    ("domicile", "kiosk-item-domicile"),
    ("nationality", "kiosk-item-nationality"),
    ("residence_card_number", "kiosk-item-card-number"),
    ("residence_status", "kiosk-item-status"),
];

/// Its routes.
pub fn routes() -> Routes {
    let may = Rule::Staff(Action::IssueAtCounter);
    Routes::new().get("/staff/person/{view}/issue", may, page).post("/staff/person/{view}/issue", may, issue)
}

fn address(view: &str) -> String {
    format!("/staff/person/{view}/issue")
}

/// Who asks at the counter, by the work that was told. Nothing is read yet.
fn applicant(inside: &Inside, me: &SignedIn, view: &str) -> Result<(desk::Desk, Applicant), Failure> {
    let (desk, resident) = register::opened(inside, &me.session.key, shell::id(view)?)?;
    if desk.duty != Duty::CertificateCounter {
        return Err(Failure::saying(Kind::Conflict, "counter-wrong-work").next("/staff/register", "staff-nav-register"));
    }
    let visit = inside.seams.random_id();
    let applicant = Applicant::at_the_counter(resident, Some(me.account.id), visit, &desk.note);
    Ok((desk, applicant.map_err(|_| Failure::saying(Kind::Invalid, "staff-desk-note-wrong"))?))
}

fn issuer(app: &App) -> Result<Issuer, Failure> {
    let place = app.kiosk.clone().ok_or_else(|| Failure::of(Kind::Unavailable))?;
    Ok(place.issuer.clone())
}

/// The value, or the sentence of the refusal, which is the machine's.
fn answered<T>(answer: Result<Result<T, Refusal>, ActionError>, view: &str) -> Result<T, Failure> {
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(refusal)) => Err(Failure::saying(refusal.kind(), refusal.message_key())
            .next(format!("/staff/person/{view}"), "counter-see-why")),
        Err(error) => Err(Failure::defect("a certificate at the counter", &error)),
    }
}

/// Which kind the form is for.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Wanted {
    kind: String,
}

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Failure> {
    let (issuer, inside, who) = (issuer(&app)?, app.inside()?.clone(), me.clone());
    let (name, kind) = (view.clone(), CertificateKind::parse(&wanted.kind));
    let (desk, people, fees) = blocking(move || {
        let (desk, applicant) = applicant(&inside, &who, &name)?;
        let people = match kind {
            Some(kind) => people(&issuer, &applicant, kind, &name)?,
            None => People::Nobody,
        };
        let today = inside.seams.today();
        let fees = inside.store.read::<_, StoreError, _>(|tx| {
            let mut fees = Vec::new();
            for kind in CertificateKind::all() {
                if let Some(fee) = counter_fee(tx, kind, today)? {
                    fees.push((kind, fee));
                }
            }
            Ok(fees)
        })?;
        Ok((desk, people, fees))
    })
    .await?;
    let chosen = kind.and_then(|kind| fees.iter().find(|(one, _)| *one == kind));
    let main = html! {
        (desk::bar(&visit, &desk))
        p { (visit.say("counter-how")) }
        @match chosen {
            Some((kind, fee)) => {
                (form(&visit, &view, *kind, *fee, &people))
                div class="buttons" { a href=(address(&view)) { (visit.say("counter-other-kind")) } }
            }
            None => (kinds(&visit, &view, &fees)),
        }
        div class="buttons" { a href=(format!("/staff/person/{view}")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("counter-title"), &main))
}

/// Whom a paper of a kind may show, in the order of its form.
enum People {
    /// There is nothing to choose.
    Nobody,
    /// Members of the household.
    Household(Vec<MemberShown>),
    /// Members of the family register.
    Family(Vec<FamilyMemberShown>),
}

fn people(issuer: &Issuer, applicant: &Applicant, kind: CertificateKind, view: &str) -> Result<People, Failure> {
    Ok(match kind {
        CertificateKind::ResidenceCertificate | CertificateKind::RecordedItemsCertificate => {
            People::Household(answered(actions::household(&issuer.city, issuer.fresh_minutes, applicant), view)?)
        }
        CertificateKind::FamilyRegisterPersonCertificate | CertificateKind::FamilyRegisterAppendix => {
            People::Family(answered(family(&issuer.city, issuer.fresh_minutes, applicant, kind), view)?)
        }
        _ => People::Nobody,
    })
}

/// Which kind: the form of one asks only what that paper has.
fn kinds(visit: &Visit, view: &str, fees: &[(CertificateKind, Yen)]) -> Markup {
    html! {
        h2 { (visit.say("counter-kind")) }
        ul class="choices-list" {
            @for (kind, fee) in fees {
                li { a href=(of_kind(view, *kind)) { (words::certificate(visit, kind.as_str())) } " " (fee) }
            }
        }
    }
}

fn of_kind(view: &str, kind: CertificateKind) -> String {
    format!("{}?kind={}", address(view), kind.as_str())
}

fn form(visit: &Visit, view: &str, kind: CertificateKind, fee: Yen, people: &People) -> Markup {
    let action = address(view);
    let all = OptionalItems {
        relationship: true,
        domicile: true,
        nationality: true,
        residence_card_number: true,
        residence_status: true,
    };
    let offered = all.of(kind);
    let items: Vec<(String, String)> = ITEMS
        .iter()
        .filter(|(word, _)| is_on(offered, word))
        .map(|(value, key)| ((*value).to_owned(), visit.say(key)))
        .collect();
    let copies = visit.say("kiosk-copies");
    html! {
        // The paper opens beside this page, so that the clerk can go on.
        form method="post" action=(action) target="_blank" class="card" {
            (visit.csrf(&action))
            h2 { (words::certificate(visit, kind.as_str())) " " (fee) }
            input type="hidden" name="kind" value=(kind.as_str());
            (whom(visit, kind, people))
            @if !items.is_empty() { (checkboxes("item", &visit.say("kiosk-items-heading"), &items, &[])) }
            (field(visit.language, &Field { name: "copies", label: &copies, value: "1", kind: "number", required: true,
                ..Field::default() }))
            (checkboxes("fee", &visit.say("counter-fee"), &[("taken".to_owned(), visit.say("counter-fee-taken"))], &[]))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("counter-issue"))) }
        }
    }
}

/// Whom the paper shows: what this kind lets one choose.
fn whom(visit: &Visit, kind: CertificateKind, people: &People) -> Markup {
    let all = match people {
        People::Family(_) => "kiosk-family-all",
        _ => "kiosk-choose-household",
    };
    let names: Vec<(String, String)> = match people {
        People::Nobody => return html! {},
        People::Household(members) => numbered(members.iter().map(|member| &member.name)),
        People::Family(members) => numbered(members.iter().map(|member| &member.name)),
    };
    if kind == CertificateKind::FamilyRegisterPersonCertificate {
        let own = match people {
            People::Family(members) => members.iter().position(|member| member.is_applicant).unwrap_or_default(),
            _ => 0,
        };
        return html! {
            input type="hidden" name="who" value="chosen";
            (radios("member", &visit.say("kiosk-family-one"), &names, &own.to_string()))
        };
    }
    let who = [("applicant", "kiosk-choose-self"), ("household", all), ("chosen", "kiosk-choose-some")];
    let who: Vec<(String, String)> = who
        .iter()
        .take(if names.len() > 1 { 3 } else { 1 })
        .map(|(value, key)| ((*value).to_owned(), visit.say(key)))
        .collect();
    html! {
        (radios("who", &visit.say("kiosk-choose-heading"), &who, "applicant"))
        @if names.len() > 1 { (checkboxes("member", &visit.say("kiosk-choose-some"), &names, &[])) }
    }
}

fn numbered<'a>(names: impl Iterator<Item = &'a String>) -> Vec<(String, String)> {
    names.enumerate().map(|(place, name)| (place.to_string(), name.clone())).collect()
}

fn is_on(items: OptionalItems, word: &str) -> bool {
    match word {
        "relationship" => items.relationship,
        "domicile" => items.domicile,
        "nationality" => items.nationality,
        "residence_card_number" => items.residence_card_number,
        _ => items.residence_status,
    }
}

/// What does not go with the kind, by the name the form has for it.
fn wrong(view: &str, key: &'static str, kind: Option<CertificateKind>) -> Failure {
    let back = kind.map_or_else(|| address(view), |kind| of_kind(view, kind));
    Failure::saying(Kind::Invalid, key).next(back, "counter-title")
}

fn choices(fields: &Fields, kind: CertificateKind, people: &People, view: &str) -> Result<Choices, Failure> {
    let has = |item: &str| fields.all("item").any(|value| value == item);
    let mut places = Vec::new();
    for text in fields.all("member") {
        places.push(text.parse::<usize>().map_err(|_| wrong(view, "counter-wrong-members", Some(kind)))?);
    }
    let members = match (fields.get("who"), people) {
        ("household", _) => Members::Household,
        ("chosen", People::Family(members)) => Members::Numbered(
            places.iter().filter_map(|place| members.get(*place)).map(|member| member.order).collect(),
        ),
        ("chosen", People::Household(members)) => Members::Chosen(
            places.iter().filter_map(|place| members.get(*place)).map(|member| member.id.clone()).collect(),
        ),
        // Whom there was nothing to choose of.
        ("chosen", People::Nobody) => return Err(wrong(view, "counter-wrong-members", Some(kind))),
        ("" | "applicant", _) => Members::Applicant,
        _ => return Err(wrong(view, "counter-wrong-members", Some(kind))),
    };
    let items = OptionalItems {
        relationship: has("relationship"),
        domicile: has("domicile"),
        nationality: has("nationality"),
        residence_card_number: has("residence_card_number"),
        residence_status: has("residence_status"),
    };
    let copies = base::text::to_half_width(fields.get("copies")).parse().unwrap_or(0);
    let choices = Choices { kind, members, items, copies };
    match choices.misfit() {
        None => Ok(choices),
        Some(Misfit::Members) => Err(wrong(view, "counter-wrong-members", Some(kind))),
        Some(Misfit::Items) => Err(wrong(view, "counter-wrong-items", Some(kind))),
        Some(Misfit::Copies) => Err(wrong(view, "counter-wrong-copies", Some(kind))),
    }
}

async fn issue(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["kind", "who", "member", "item", "copies", "fee"])?;
    let kind = CertificateKind::parse(fields.get("kind"));
    let kind = kind.ok_or_else(|| wrong(&view, "counter-wrong-kind", None))?;
    if fields.get("fee") != "taken" {
        return Err(wrong(&view, "counter-fee-first", Some(kind)));
    }
    let (issuer, inside) = (issuer(&app)?, app.inside()?.clone());
    let bytes = blocking(move || {
        let (_, applicant) = applicant(&inside, &me, &view)?;
        let people = people(&issuer, &applicant, kind, &view)?;
        through(&issuer, &applicant, &choices(&fields, kind, &people, &view)?, &view)
    })
    .await?;
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/pdf"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline; filename=\"certificate.pdf\""));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// The whole life of a request at the counter.
fn through(issuer: &Issuer, applicant: &Applicant, choices: &Choices, view: &str) -> Result<Vec<u8>, Failure> {
    let (city, fresh) = (&issuer.city, issuer.fresh_minutes);
    let request = answered(actions::begin(city, fresh, applicant, choices), view)?;
    answered(actions::payment_started(city, request.id), view)?;
    answered(actions::payment_settled(city, request.id, true), view)?;
    let token = answered(actions::prepare(city, &issuer.composer, fresh, applicant, request.id), view)?;
    let bytes = answered(actions::fetch(city, applicant, request.id, &token), view)?;
    let bytes = answered(issuer.hand_over(bytes, &request, applicant), view)?;
    answered(actions::print_acknowledged(city, request.id), view)?;
    Ok(bytes)
}
