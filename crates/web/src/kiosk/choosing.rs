//! What there is to choose, by kind: papers about the applicant alone ask for copies only.

use maud::{Markup, html};
use services::convenience_certificates::{CertificateKind, actions};
use tools::tax_records::years;
use ui::Language;

use super::family;
use super::kinds::name_key;
use super::machine::Place;
use super::session::{Screen, Session};
use super::views::{self, Frame};
use crate::error::Failure;

/// The choosing screen of the session's kind.
pub(super) fn page(frame: &Frame<'_>, session: &Session, place: &Place) -> Result<Markup, Failure> {
    Ok(match session.choices.kind {
        CertificateKind::ResidenceCertificate | CertificateKind::RecordedItemsCertificate => {
            views::choose(frame, session)
        }
        CertificateKind::FamilyRegisterCertificate
        | CertificateKind::FamilyRegisterPersonCertificate
        | CertificateKind::FamilyRegisterAppendix
        | CertificateKind::ClosedFamilyRegisterCertificate => family::choose(frame, session),
        CertificateKind::SealRegistrationCertificate => copies_only(frame, session, &frame.say("kiosk-seal-lead")),
        CertificateKind::TaxCertificate => {
            let year = actions::tax_year(&place.issuer.city).map_err(|error| Failure::of(error.kind()))?;
            copies_only(frame, session, &tax_lead(frame, year))
        }
    })
}

/// Which year it is; in English with the year of the western calendar before that of the paper.
fn tax_lead(frame: &Frame<'_>, year: i16) -> Markup {
    let told = |western: i16, japanese: String| match frame.language {
        Language::English => format!("{western} ({japanese})"),
        _ => japanese,
    };
    let (income_year, japanese) = (year.saturating_sub(1), years::income_year(year));
    let (year, income) = (told(year, years::japanese(year)), told(income_year, japanese));
    frame.with("kiosk-tax-lead", &[("year", year.as_str().into()), ("income", income.as_str().into())])
}

/// Whether a kind has items to choose, which the confirming screen lists.
pub(super) const fn has_items(kind: CertificateKind) -> bool {
    matches!(
        kind,
        CertificateKind::ResidenceCertificate
            | CertificateKind::RecordedItemsCertificate
            | CertificateKind::FamilyRegisterAppendix
    )
}

fn copies_only(frame: &Frame<'_>, session: &Session, lead: &Markup) -> Markup {
    frame.screen(
        "kiosk-copies-heading",
        Screen::Choose.step(),
        Some("/kiosk/ended"),
        &html! {
            h1 { (frame.say("kiosk-copies-heading")) }
            (frame.alert(session))
            p class="kiosk-lead" { strong { (frame.say(name_key(session.choices.kind))) } br; (lead) }
            (frame.form("/kiosk/choose", &html! {
                (views::copies(frame, session))
                (frame.big("kiosk-next"))
            }))
            p { a class="kiosk-quiet" href="/kiosk/kind?back=1" { (frame.say("kiosk-back")) } }
        },
    )
}
