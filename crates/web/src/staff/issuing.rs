//! A certificate at the counter (窓口交付): the machine's engine and its checks, for the person whose entry is opened. The fee
//! is taken at the counter's own register first; the paper comes as a PDF to be printed.
//!
//! ```text
//!  opened entry, work 証明書の交付 ─► kind, people, items, copies, "fee taken" ─► begin … fetch ─► PDF
//! ```

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base::{Kind, Yen};
use maud::{Markup, html};
use services::convenience_certificates::requests::counter_fee;
use services::convenience_certificates::{
    ActionError, Applicant, CertificateKind, Choices, Issuer, MOST_COPIES, MemberShown, Members, OptionalItems,
    Refusal, actions,
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

async fn page(
    State(app): State<Arc<App>>,
    visit: Visit,
    me: SignedIn,
    Path(view): Path<String>,
) -> Result<Response, Failure> {
    let (issuer, inside, who) = (issuer(&app)?, app.inside()?.clone(), me.clone());
    let name = view.clone();
    let (desk, members, fees) = blocking(move || {
        let (desk, applicant) = applicant(&inside, &who, &name)?;
        let members = answered(actions::household(&issuer.city, issuer.fresh_minutes, &applicant), &name)?;
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
        Ok((desk, members, fees))
    })
    .await?;
    let main = html! {
        (desk::bar(&visit, &desk))
        p { (visit.say("counter-how")) }
        (form(&visit, &view, &members, &fees))
        div class="buttons" { a href=(format!("/staff/person/{view}")) { (visit.say("page-back")) } }
    };
    Ok(shell::page(&visit, &me, &visit.say("counter-title"), &main))
}

fn form(visit: &Visit, view: &str, members: &[MemberShown], fees: &[(CertificateKind, Yen)]) -> Markup {
    let action = address(view);
    let kinds: Vec<(String, String)> = fees
        .iter()
        .map(|(kind, fee)| (kind.as_str().to_owned(), format!("{} {fee}", words::certificate(visit, kind.as_str()))))
        .collect();
    let who =
        [("applicant", "kiosk-choose-self"), ("household", "kiosk-choose-household"), ("chosen", "kiosk-choose-some")]
            .map(|(value, key)| (value.to_owned(), visit.say(key)));
    let people: Vec<(String, String)> =
        members.iter().enumerate().map(|(place, member)| (place.to_string(), member.name.clone())).collect();
    let items = ITEMS.map(|(value, key)| (value.to_owned(), visit.say(key)));
    let copies = visit.say("kiosk-copies");
    let first = kinds.first().map_or("", |(value, _)| value.as_str());
    html! {
        // The paper opens beside this page, so that the clerk can go on.
        form method="post" action=(action) target="_blank" class="card" {
            (visit.csrf(&action))
            (radios("kind", &visit.say("staff-counts-kind"), &kinds, first))
            (radios("who", &visit.say("kiosk-choose-heading"), &who, "applicant"))
            @if people.len() > 1 { (checkboxes("member", &visit.say("kiosk-choose-some"), &people, &[])) }
            (checkboxes("item", &visit.say("kiosk-items-heading"), &items, &[]))
            (field(visit.language, &Field { name: "copies", label: &copies, value: "1", kind: "number", required: true,
                ..Field::default() }))
            (checkboxes("fee", &visit.say("counter-fee"), &[("taken".to_owned(), visit.say("counter-fee-taken"))], &[]))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("counter-issue"))) }
        }
    }
}

fn choices(fields: &Fields, members: &[MemberShown]) -> Result<Choices, Failure> {
    let has = |item: &str| fields.all("item").any(|value| value == item);
    let places = fields.all("member").filter_map(|text| text.parse::<usize>().ok());
    let chosen = places.filter_map(|place| members.get(place)).map(|member| member.id.clone()).collect();
    let copies = base::text::to_half_width(fields.get("copies")).parse().ok();
    let members = match fields.get("who") {
        "household" => Members::Household,
        "chosen" => Members::Chosen(chosen),
        _ => Members::Applicant,
    };
    let kind = CertificateKind::parse(fields.get("kind")).ok_or_else(|| Failure::of(Kind::Invalid))?;
    let mut choices = Choices { kind, members, ..Choices::default() };
    choices.items = OptionalItems {
        relationship: has("relationship"),
        domicile: has("domicile"),
        nationality: has("nationality"),
        residence_card_number: has("residence_card_number"),
        residence_status: has("residence_status"),
    };
    let copies = copies.filter(|copies| (1..=MOST_COPIES).contains(copies));
    choices.copies = copies.ok_or_else(|| Failure::of(Kind::Invalid))?;
    Ok(choices)
}

async fn issue(
    State(app): State<Arc<App>>,
    me: SignedIn,
    Path(view): Path<String>,
    fields: Fields,
) -> Result<Response, Failure> {
    fields.only(&["kind", "who", "member", "item", "copies", "fee"])?;
    if fields.get("fee") != "taken" {
        return Err(Failure::saying(Kind::Invalid, "counter-fee-first").next(address(&view), "counter-title"));
    }
    let (issuer, inside) = (issuer(&app)?, app.inside()?.clone());
    let bytes = blocking(move || {
        let (_, applicant) = applicant(&inside, &me, &view)?;
        let members = answered(actions::household(&issuer.city, issuer.fresh_minutes, &applicant), &view)?;
        through(&issuer, &applicant, &choices(&fields, &members)?, &view)
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
