//! Which paper: the kinds this machine offers, with fee and hours. A kind that is not given now says when it is.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use maud::{Markup, html};
use services::convenience_certificates::CertificateKind;
use services::convenience_certificates::actions::{self, Offer};
use services::convenience_certificates::hours::Hours;
use services::convenience_certificates::kinds::family_register::is_family;

use super::machine::At;
use super::say::Say;
use super::session::{Screen, Session};
use super::views::Frame;
use crate::app::App;
use crate::error::Failure;
use crate::form::Fields;
use crate::visit::InKioskSession;

/// The words of a kind.
pub fn name_key(kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::ResidenceCertificate => "certificate-kind-residence",
        CertificateKind::RecordedItemsCertificate => "certificate-kind-recorded-items",
        CertificateKind::FamilyRegisterCertificate => "certificate-kind-family",
        CertificateKind::FamilyRegisterPersonCertificate => "certificate-kind-family-person",
        CertificateKind::FamilyRegisterAppendix => "certificate-kind-family-appendix",
        CertificateKind::ClosedFamilyRegisterCertificate => "certificate-kind-family-closed",
        CertificateKind::SealRegistrationCertificate => "certificate-kind-seal",
        CertificateKind::TaxCertificate => "certificate-kind-tax",
    }
}

/// What a kind is for, in a line.
fn purpose_key(kind: CertificateKind) -> &'static str {
    match kind {
        CertificateKind::ResidenceCertificate => "certificate-for-residence",
        CertificateKind::RecordedItemsCertificate => "certificate-for-recorded-items",
        CertificateKind::FamilyRegisterCertificate | CertificateKind::ClosedFamilyRegisterCertificate => {
            "certificate-for-family"
        }
        CertificateKind::FamilyRegisterPersonCertificate => "certificate-for-family-person",
        CertificateKind::FamilyRegisterAppendix => "certificate-for-family-appendix",
        CertificateKind::SealRegistrationCertificate => "certificate-for-seal",
        CertificateKind::TaxCertificate => "certificate-for-tax",
    }
}

pub(super) async fn kinds(
    at: At,
    _: InKioskSession,
    State(_): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    if query.as_deref() == Some("back=1") {
        at.clone()
            .with_session(|_, _, session, _| {
                if let Some(session) = session.as_mut()
                    && session.screen == Screen::Choose
                {
                    session.screen = Screen::Kind;
                }
                Ok(())
            })
            .await?;
    }
    at.show(Screen::Kind, |frame, session, place| {
        let offers = actions::offers(&place.issuer.city, &session.terminal.id.to_string());
        Ok(page(frame, session, &offers.map_err(|error| Failure::of(error.kind()))?))
    })
    .await
}

pub(super) async fn kind_chosen(at: At, _: InKioskSession, fields: Fields) -> Result<Response, Failure> {
    fields.only(&["kind"])?;
    let kind = fields.filled("kind").and_then(CertificateKind::parse);
    at.step(Screen::Kind, move |session, place| {
        let Some(kind) = kind else { return Err(Say::Key("certificate-refused-choices")) };
        let offers = actions::offers(&place.issuer.city, &session.terminal.id.to_string());
        let offers = offers.map_err(|error| super::say::beneath(&error))?;
        let Some(offer) = offers.into_iter().find(|offer| offer.kind == kind) else {
            return Err(Say::Key("certificate-refused-choices"));
        };
        if !offer.hours.is_open() {
            return Err(Say::Key("certificate-refused-hours"));
        }
        session.look_at_family(&place.issuer, kind)?;
        session.choose_kind(kind);
        Ok(())
    })
    .await
}

fn page(frame: &Frame<'_>, session: &Session, offers: &[Offer]) -> Markup {
    let lives_elsewhere = session.lives_elsewhere();
    let is_theirs = |offer: &&Offer| !lives_elsewhere || is_family(offer.kind);
    let offers: Vec<&Offer> = offers.iter().filter(is_theirs).collect();
    frame.screen(
        "kiosk-kind-heading",
        Screen::Kind.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-kind-heading")) }
            (frame.alert(session))
            @if offers.is_empty() { p class="kiosk-lead" { (frame.say("kiosk-kind-none")) } }
            div class="kiosk-choices" {
                @for offer in offers { (choice(frame, offer)) }
            }
            @if !lives_elsewhere && frame.has_letters {
                (frame.form("/kiosk/letters", &html! {
                    button class="kiosk-choice kiosk-kind" type="submit" {
                        strong { (frame.say("kiosk-letters")) }
                        span class="kiosk-kind-for" { (frame.say("kiosk-letters-for")) }
                    }
                }))
            }
            @if !lives_elsewhere {
                (frame.form("/kiosk/cards/open", &html! {
                    button class="kiosk-quiet" type="submit" { (frame.say("kiosk-cards-link")) }
                }))
            }
        },
    )
}

fn choice(frame: &Frame<'_>, offer: &Offer) -> Markup {
    let word = offer.kind.as_str();
    html! {
        @match &offer.hours {
            Hours::Open { .. } => (frame.form("/kiosk/kind", &html! {
                input type="hidden" name="kind" value=(word);
                button class="kiosk-choice kiosk-kind" type="submit" {
                    strong { (frame.say(name_key(offer.kind))) }
                    span class="kiosk-kind-fee" { (offer.fee) }
                    span class="kiosk-kind-for" { (frame.say(purpose_key(offer.kind))) }
                }
            })),
            Hours::Closed { maintenance, opens } => {
                div class="kiosk-kind-closed" {
                    strong { (frame.say(name_key(offer.kind))) }
                    @if let Some(reason) = maintenance { span { (frame.say("kiosk-kind-maintenance")) " " (reason) } }
                    @match opens {
                        Some(opens) => span { (frame.with("kiosk-kind-opens", &[("when", ui::dates::instant(frame.language, *opens).into())])) },
                        None => span { (frame.say("kiosk-kind-closed")) },
                    }
                }
            }
        }
    }
}
