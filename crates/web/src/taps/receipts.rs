//! The receipt (領収書) for a fee that a desk took for a card: on paper as for certificates, naming nobody.

use axum::response::Response;
use base::{Id, Kind};
use paper::receipt::Receipt;
use services::city_cards::Kept;
use services::city_cards::takings::{self, Taking};
use services::convenience_certificates::receipt::short_form;
use tools::service_cards::ServiceCard;

use super::AtCounter;
use crate::app::blocking;
use crate::error::Failure;
use crate::kiosk::pdf;

/// What this desk took for a card, and has not given back.
///
/// # Errors
/// The database.
pub async fn taken(at: &AtCounter, card: Id) -> Result<Option<Taking>, Failure> {
    let city = at.app.inside()?.clone();
    let taking = blocking(move || Ok(city.cards.read(move |tx| takings::of_card(tx, card))?)).await?;
    let here = at.terminal.id.to_string();
    Ok(taking.filter(|taking| taking.terminal == here && taking.given_back_at.is_none()))
}

/// The receipt of a card of whoever stands here, as a sheet to print.
///
/// # Errors
/// [`Kind::NotFound`] when nothing was taken for it here; the database.
pub async fn sheet(at: &AtCounter, kept: &Kept, card: &ServiceCard) -> Result<Response, Failure> {
    let taking = taken(at, card.id).await?.ok_or_else(|| Failure::of(Kind::NotFound))?;
    let place = at.app.kiosk.clone().ok_or_else(|| Failure::of(Kind::NotFound))?;
    let words = ui::words();
    let receipt = Receipt {
        municipality: at.app.profile.name.clone(),
        at: taking.at,
        place: format!("{} {}", at.terminal.place, at.terminal.name),
        // The paper speaks Japanese, as the certificates' receipts do.
        paid_for: format!("{} {}", kept.definition.names.japanese, words.get(ui::Language::Japanese, card.form.word())),
        fee: taking.yen.to_string(),
        number: short_form(taking.id),
        contact: kept.definition.office.clone(),
    };
    let bytes =
        blocking(move || place.issuer.composer.slip(&receipt).map_err(|error| Failure::defect("receipt", &error)))
            .await?;
    Ok(pdf("inline; filename=\"receipt.pdf\"", &bytes))
}
