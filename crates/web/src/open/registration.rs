//! Applying from a PC for one's family register here (本籍地利用登録): with the reader of this PC where an agent serves it
//! (`crate::agents::registration`), or with any software that signs with the card.
//!
//! ```text
//!  /registration ─► 本籍, 筆頭者, the card's certificate (a file) ─► the statement, to be saved
//!     ─► signed with the card ─► the signature (a file) ─► sealed to the inside, sent ─► a receipt number
//!  receipt number ─► how it stands
//! ```
//! Nothing is signed in to and nothing personal is kept here: the application is sealed at once to a key that only the
//! inside has. Whether anything is so, the inside judges; this page never asks it.

use std::sync::Arc;

use axum::extract::{Multipart, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use base::{Id, Kind};
use data_encoding::BASE64;
use maud::{Markup, html};
use pki::CertificateId;
use pki::jpki_profile::{CertificateKind, judge};
use pki::resident_signature::claims_to_be_signed;
use pki::sealed::SealingPublicKey;
use tools::family_register::registration::Statement;
use tools::family_register::registration::counts;
use tools::family_register::registration::remote::{ReceiptHash, SEALED_FOR, Sent, send_in, standing};
use tools::relay::RelayError;
use ui::form::{ButtonKind, Field, button, field};
use ui::notice::{AlertKind, alert};

use crate::agents::registration::{self as card, typed_sentence};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::form::Fields;
use crate::limits::Knocker;
use crate::routes::{Routes, Rule};
use crate::visit::Visit;

const PATH: &str = "/registration";
/// A certificate or a signature with its certificates, in either form: a few kibibytes, with room to spare.
const FILE_BYTES: usize = 16 << 10;
/// A form with one file, and with the other one carried in base 64.
const FORM_BYTES: usize = 3 * FILE_BYTES;

/// What applications from a PC are taken with. Public values only: nothing here could open one.
pub struct Applications {
    /// The inside's key.
    pub key: SealingPublicKey,
    /// Whose cards are taken.
    pub anchors: Arc<pki::TrustAnchors>,
}

pub(super) fn routes() -> Routes {
    Routes::new()
        .get(PATH, Rule::Public, page)
        .post_up_to("/registration/statement", Rule::Public, FORM_BYTES, statement)
        .post_up_to("/registration/statement/file", Rule::Public, FORM_BYTES, file)
        .post_up_to("/registration/apply", Rule::Public, FORM_BYTES, apply)
        .post("/registration/status", Rule::Public, status)
}

fn applications(app: &App) -> Result<Arc<Applications>, Failure> {
    app.applications.clone().ok_or_else(|| Failure::of(Kind::Unavailable))
}

fn no(key: &'static str) -> Failure {
    Failure::saying(Kind::Invalid, key).next(PATH, "page-back")
}

/// Fields and the one file of a form.
async fn sent(form: Multipart, file: &str) -> Result<(Fields, Vec<u8>), Failure> {
    let (mut form, mut pairs, mut bytes) = (form, Vec::new(), Vec::new());
    while let Some(part) = form.next_field().await.map_err(|_| no("registration-pc-no-file"))? {
        let name = part.name().unwrap_or_default().to_owned();
        let value = part.bytes().await.map_err(|_| no("error-too-large"))?;
        if name == file {
            bytes = value.to_vec();
        } else {
            pairs.push((name, String::from_utf8_lossy(&value).into_owned()));
        }
    }
    match bytes.len() {
        0 => Err(no("registration-pc-no-file")),
        1..=FILE_BYTES => Ok((Fields::of(pairs), bytes)),
        _ => Err(no("error-too-large")),
    }
}

/// DER, also where software wrote PEM.
fn der(bytes: &[u8]) -> Vec<u8> {
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.contains("-----BEGIN")) else {
        return bytes.to_vec();
    };
    let inner: String =
        text.lines().filter(|line| !line.starts_with("-----")).flat_map(|line| line.trim().chars()).collect();
    BASE64.decode(inner.as_bytes()).unwrap_or_default()
}

fn certificate_id(app: &App, certificate: &[u8]) -> Result<CertificateId, Failure> {
    let applications = applications(app)?;
    let judged = judge(certificate, CertificateKind::UserAuthentication, &applications.anchors, app.seams.now());
    judged.map(|judged| judged.id().clone()).map_err(|refusal| {
        tracing::info!(%refusal, "a certificate was not taken for a registration");
        no("registration-pc-certificate")
    })
}

fn statement_of(app: &App, fields: &Fields, certificate: &[u8]) -> Result<Statement, Failure> {
    let card = certificate_id(app, certificate)?;
    let statement = Statement::new(&app.profile.name, fields.get("domicile"), fields.get("head"), &card);
    statement.map_err(|error| no(typed_sentence(error)))
}

async fn page(State(app): State<Arc<App>>, visit: Visit, headers: HeaderMap) -> Response {
    let port = card::port(&app);
    let mut page = visit.page(&visit.say("registration-pc-title"));
    if port.is_some() {
        page = page.script(card::script());
    }
    let mut response = page.render(&content(&visit, port)).into_response();
    if let Some(port) = port {
        card::dress(&app, &headers, port, &mut response);
    }
    response
}

/// The page: the card reader of this PC first, where there is an agent to ask; files for those who know how.
fn content(visit: &Visit, port: Option<u16>) -> Markup {
    let title = visit.say("registration-pc-title");
    let text = |name: &'static str, label: &str, hint: &str, longest| {
        let (label, hint) = (visit.say(label), visit.say(hint));
        field(
            visit.language,
            &Field {
                name,
                label: &label,
                hint: Some(&hint),
                required: true,
                autocomplete: Some("off"),
                max_length: Some(longest),
                ..Field::default()
            },
        )
    };
    let files = html! {
        p { (visit.say_html("registration-pc-files")) }
        form method="post" action="/registration/statement" enctype="multipart/form-data" {
            (text("domicile", "registration-domicile", "registration-domicile-hint", 200))
            (text("head", "registration-head", "registration-head-hint", 120))
            (file_field(visit, "certificate", "registration-pc-certificate-file", "registration-pc-certificate-hint"))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("registration-pc-next"))) }
        }
    };
    html! {
        h1 { (title) }
        p { (visit.say_html("registration-pc-lead")) }
        p { (visit.say_html("registration-pc-machine")) }
        @if let Some(port) = port {
            section class="card" {
                h2 { (visit.say("registration-card-heading")) }
                p { (visit.say_html("registration-card-lead")) }
                (card::form(visit, port))
            }
        }
        section class="card" {
            h2 { (visit.say("registration-pc-status")) }
            form method="post" action="/registration/status" {
                (text("receipt", "registration-pc-receipt", "registration-pc-receipt-hint", 40))
                div class="buttons" { (button(ButtonKind::Secondary, &visit.say("registration-pc-ask"))) }
            }
        }
        details class="card" open[port.is_none()] {
            summary { (visit.say("registration-pc-first")) }
            (files)
        }
    }
}

fn file_field(visit: &Visit, name: &str, label: &str, hint: &str) -> Markup {
    let hint_id = format!("{name}-hint");
    html! {
        div class="field" {
            label for=(name) { (visit.say(label)) }
            p id=(hint_id) class="hint" { (visit.say(hint)) }
            input id=(name) type="file" name=(name) required aria-describedby=(hint_id);
        }
    }
}

fn carried(fields: &Fields, certificate: &str) -> Markup {
    html! {
        input type="hidden" name="domicile" value=(fields.get("domicile"));
        input type="hidden" name="head" value=(fields.get("head"));
        input type="hidden" name="certificate" value=(certificate);
    }
}

async fn statement(State(app): State<Arc<App>>, visit: Visit, form: Multipart) -> Result<Markup, Failure> {
    let (fields, certificate) = sent(form, "certificate").await?;
    let certificate = der(&certificate);
    let statement = statement_of(&app, &fields, &certificate)?;
    let certificate = BASE64.encode(&certificate);
    let title = visit.say("registration-pc-sign");
    Ok(visit.page(&title).render(&html! {
        h1 { (title) }
        p { (visit.say_html("registration-pc-sign-lead")) }
        pre lang="ja" { (String::from_utf8_lossy(&statement.content())) }
        form method="post" action="/registration/statement/file" {
            (carried(&fields, &certificate))
            div class="buttons" { (button(ButtonKind::Secondary, &visit.say("registration-pc-save"))) }
        }
        p { (visit.say_html("registration-pc-example")) }
        pre { code { "myna jpki cms sign -o statement.p7s statement.txt" } }
        form method="post" action="/registration/apply" enctype="multipart/form-data" {
            (carried(&fields, &certificate))
            (file_field(&visit, "signature", "registration-pc-signature-file", "registration-pc-signature-hint"))
            div class="buttons" { (button(ButtonKind::Primary, &visit.say("registration-pc-send"))) }
        }
        p { a href=(PATH) { (visit.say("page-back")) } }
    }))
}

/// The statement as a file: the very bytes that are signed.
async fn file(State(app): State<Arc<App>>, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["domicile", "head", "certificate"])?;
    let certificate = BASE64.decode(fields.get("certificate").as_bytes()).unwrap_or_default();
    let statement = statement_of(&app, &fields, &certificate)?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"statement.txt\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, statement.content()).into_response())
}

/// Whose signature this is, as far as the outside can tell: what is not signed by a resident's card never goes in. Whether
/// the certificate was revoked, the inside asks.
fn signer(app: &App, statement: &Statement, signature: &[u8]) -> Result<CertificateId, Failure> {
    let applications = applications(app)?;
    let signer = claims_to_be_signed(signature, &statement.content(), &applications.anchors, app.seams.now());
    signer.map_err(|refusal| {
        tracing::info!(%refusal, "a signature was not taken for a registration");
        no("registration-not-signed")
    })
}

async fn apply(State(app): State<Arc<App>>, visit: Visit, form: Multipart) -> Result<Markup, Failure> {
    let (fields, signature) = sent(form, "signature").await?;
    let certificate = BASE64.decode(fields.get("certificate").as_bytes()).unwrap_or_default();
    let statement = statement_of(&app, &fields, &certificate)?;
    let signature = der(&signature);
    let signer = signer(&app, &statement, &signature)?;
    let address = visit.peer.map(Knocker::address);
    let receipt = app.seams.random_id();
    let hash = ReceiptHash::of(receipt);
    let sent = Sent {
        domicile: statement.domicile().to_owned(),
        head: statement.head().to_owned(),
        certificate: BASE64.encode(&certificate),
        signature: BASE64.encode(&signature),
        received_at: app.seams.now().micros(),
    };
    let plain = serde_json::to_vec(&sent).map_err(|error| Failure::defect("application", &error))?;
    let sealed = applications(&app)?.key.seal(SEALED_FOR, hash.as_str().as_bytes(), &plain);
    let sealed = sealed.map_err(|error| Failure::defect("application", &error))?;
    let outside = app.outside()?.clone();
    blocking(move || {
        let seams = outside.seams.clone();
        let sent = outside.store.write::<_, RelayError, _>(move |tx| {
            let address = address.as_ref().and_then(Knocker::bytes);
            let may = counts::take(tx, &seams, &signer, address.map(<[u8; 8]>::as_slice))?;
            if may { send_in(tx, &seams, &hash, &sealed).map(|()| true) } else { Ok(false) }
        });
        match sent.map_err(|error| Failure::of(error.kind()))? {
            true => Ok(()),
            false => Err(Failure::saying(Kind::TooMany, "registration-pc-too-many").next(PATH, "page-back")),
        }
    })
    .await?;
    let title = visit.say("registration-kiosk-done");
    Ok(visit.page(&title).render(&html! {
        h1 { (title) }
        p { (visit.say_html("registration-pc-sent")) }
        p { strong { (visit.say("registration-pc-receipt")) ": " code { (receipt) } } }
        p { a href=(PATH) { (visit.say("page-back")) } }
    }))
}

async fn status(State(app): State<Arc<App>>, visit: Visit, fields: Fields) -> Result<Markup, Failure> {
    fields.only(&["receipt"])?;
    let typed = base::text::to_half_width(fields.get("receipt")).to_lowercase();
    let receipt = Id::parse(&typed).map_err(|_| no("registration-pc-unknown"))?;
    let outside = app.outside()?.clone();
    let hash = ReceiptHash::of(receipt);
    let state = blocking(move || Ok(outside.store.read(move |tx| standing(tx, &hash))?)).await?;
    let state = state.ok_or_else(|| no("registration-pc-unknown"))?;
    let kind = match state.as_str() {
        "registered" => AlertKind::Success,
        "declined" | "refused" | "ended" => AlertKind::Error,
        _ => AlertKind::Info,
    };
    let title = visit.say("registration-pc-status");
    let key = format!("registration-pc-state-{}", state.replace('_', "-"));
    Ok(visit.page(&title).render(&html! {
        h1 { (title) }
        (alert(visit.language, kind, &html! { p { (visit.say_html(&key)) } }))
        p { a href=(PATH) { (visit.say("page-back")) } }
    }))
}
