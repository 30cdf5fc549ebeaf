//! The receipt (受付票) on the machine's screen, which prints it as it stands; as a sheet for whoever reads it at home.

use axum::response::Response;
use paper::reception::Reception as Slip;
use services::hospital_card::KEY;
use services::hospital_card::arriving::{Today, Visit as Reception};
use tools::terminals::Sort;

use super::super::{AtCounter, go};
use super::{TODAY, afresh, known, views};
use crate::app::{App, blocking};
use crate::error::Failure;
use crate::kiosk::pdf;

async fn reception(at: &AtCounter) -> Result<Option<Reception>, Failure> {
    let Some(shown) = at.held(KEY) else { return Ok(None) };
    Ok(match known(at, &shown).await? {
        Today::Known(_, reception) => reception,
        Today::NotLinked => None,
    })
}

/// The number on the screen.
pub(super) async fn page(at: AtCounter) -> Result<Response, Failure> {
    at.serves(Sort::RevisitMachine)?;
    if at.held(KEY).is_none() {
        return Ok(afresh());
    }
    Ok(reception(&at).await?.map_or_else(|| go(TODAY), |reception| views::receipt(&at, &reception)))
}

/// Draws a slip. A place whose characters no paper of ours has, or that is too long, stays on the screen: the number counts.
///
/// # Errors
/// It cannot be drawn without the place either.
pub(crate) async fn sheet(app: &App, slip: Slip) -> Result<Response, Failure> {
    let typeface = app.typeface()?;
    let bytes = blocking(move || {
        let drawn = slip.draw(&typeface).or_else(|_| Slip { place: String::new(), ..slip }.draw(&typeface));
        drawn.map_err(|error| Failure::defect("reception slip", &error))
    })
    .await?;
    Ok(pdf("inline; filename=\"uketsuke.pdf\"", &bytes))
}
