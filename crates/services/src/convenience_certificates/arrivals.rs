//! Applications for a family register registration that came from a PC: opened, judged, laid on the pile. A job of the
//! inside; asking for a certificate's status is I/O, so it is done outside every transaction.

use data_encoding::BASE64;
use pki::challenge::{ShownCard, check_shown_certificate};
use pki::resident_signature::{Judge, SignedByResident};
use pki::sealed::SealingKey;
use tools::family_register::registration::remote::{self, Arrival, Judged, SEALED_FOR, Sent};
use tools::family_register::registration::{RegistrationError, Statement};
use tools::relay::RelayError;

use super::issuer::Issuer;

/// What an arrival is, when it is signed as it must be.
struct Sound {
    statement: Statement,
    signed: SignedByResident,
    card: ShownCard,
}

/// Judges what arrived and tells the outside what changed. `keys` open what is sealed to the inside. Returns how many came.
///
/// # Errors
/// The database, the key store or the message to the outside.
pub fn work(issuer: &Issuer, keys: &[SealingKey]) -> Result<usize, ArrivalError> {
    let city = &issuer.city;
    let arrivals = city.store.read(remote::arrivals)?;
    for arrival in &arrivals {
        let sound = opened(arrival, keys).and_then(|sent| judged(issuer, &sent));
        let (vault, seams, receipt) = (city.vault.clone(), city.seams.clone(), arrival.receipt.clone());
        let settled = city.store.write::<_, RegistrationError, _>(move |tx| {
            let judged = sound.as_ref().map(|Sound { statement, signed, card }| Judged { statement, signed, card });
            remote::settle(tx, &vault, &seams, &receipt, judged.as_ref())
        })?;
        if let Err(refusal) = settled {
            tracing::info!(%refusal, "an application from a PC was not taken");
        }
    }
    loop {
        let seams = city.seams.clone();
        if city.store.write::<_, RelayError, _>(move |tx| remote::tell(tx, &seams))? == 0 {
            return Ok(arrivals.len());
        }
    }
}

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum ArrivalError {
    /// The database.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The application.
    #[error(transparent)]
    Registration(#[from] RegistrationError),
    /// The message to the outside.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

fn opened(arrival: &Arrival, keys: &[SealingKey]) -> Option<Sent> {
    let plain =
        keys.iter().find_map(|key| key.open(SEALED_FOR, arrival.receipt.as_str().as_bytes(), &arrival.sealed).ok())?;
    serde_json::from_slice(&plain).ok()
}

/// Certificate and signature, both judged here whatever the page had said of them.
fn judged(issuer: &Issuer, sent: &Sent) -> Option<Sound> {
    let now = issuer.city.seams.now();
    let told = |what: &'static str| tracing::info!(what, "an application from a PC was not accepted");
    let certificate = BASE64.decode(sent.certificate.as_bytes()).ok()?;
    let signature = BASE64.decode(sent.signature.as_bytes()).ok()?;
    let card = check_shown_certificate(&certificate, &issuer.anchors, &*issuer.status, now);
    let card = card.inspect_err(|_| told("certificate")).ok()?;
    let city = &issuer.city.profile.name;
    let statement = Statement::new(city, &sent.domicile, &sent.head, &card.certificate_id);
    let statement = statement.inspect_err(|_| told("statement")).ok()?;
    let judge = Judge { anchors: &issuer.anchors, status: &*issuer.status, now };
    // Received is when the page took it, never later than now.
    let received = remote::received_at(sent).min(now);
    let signed = judge.detached(&signature, &statement.content(), received);
    let signed = signed.inspect_err(|_| told("signature")).ok()?;
    Some(Sound { statement, signed, card })
}
