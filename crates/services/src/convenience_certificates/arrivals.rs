//! Applications for a family register registration that came from a PC: opened, judged, laid on the pile. A job of the
//! inside; asking for a certificate's status is I/O, so it is done outside every transaction.

use data_encoding::BASE64;
use pki::challenge::{CardRefusal, ShownCard, check_shown_certificate};
use pki::resident_signature::{Judge, NotSigned, SignedByResident};
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

/// Why an arrival is not taken now.
enum Unfit {
    /// It is not signed as it must be, and never will be.
    NotSigned,
    /// Whether a certificate is good could not be learned: that is not the applicant's fault.
    StatusUnknown,
}

/// Seconds an arrival waits for somebody who can say whether its certificates are good.
const WAITS_SECONDS: i64 = 3 * 86_400;

/// Judges what arrived and tells the outside what changed. `keys` open what is sealed to the inside. Returns how many came.
///
/// # Errors
/// The database, the key store or the message to the outside.
pub fn work(issuer: &Issuer, keys: &[SealingKey]) -> Result<usize, ArrivalError> {
    let city = &issuer.city;
    let arrivals = city.store.read(remote::arrivals)?;
    for arrival in &arrivals {
        let sound = match opened(arrival, keys).map_or(Err(Unfit::NotSigned), |sent| judged(issuer, &sent)) {
            Ok(sound) => Some(sound),
            Err(Unfit::StatusUnknown) if city.seams.now().seconds_since(arrival.sent_at) < WAITS_SECONDS => {
                tracing::warn!("an application from a PC waits: the status of its certificates cannot be learned");
                continue;
            }
            Err(Unfit::NotSigned | Unfit::StatusUnknown) => None,
        };
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
fn judged(issuer: &Issuer, sent: &Sent) -> Result<Sound, Unfit> {
    let now = issuer.city.seams.now();
    let told = |what: &'static str, is_unknown: bool| {
        tracing::info!(what, is_unknown, "an application from a PC was not accepted");
        if is_unknown { Unfit::StatusUnknown } else { Unfit::NotSigned }
    };
    let decoded = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| Unfit::NotSigned);
    let (certificate, signature) = (decoded(&sent.certificate)?, decoded(&sent.signature)?);
    let card = check_shown_certificate(&certificate, &issuer.anchors, &*issuer.status, now)
        .map_err(|refusal| told("certificate", matches!(refusal, CardRefusal::StatusUnknown(_))))?;
    let city = &issuer.city.profile.name;
    let statement = Statement::new(city, &sent.domicile, &sent.head, &card.certificate_id);
    let statement = statement.map_err(|_| told("statement", false))?;
    let judge = Judge { anchors: &issuer.anchors, status: &*issuer.status, now };
    // Received is when the page took it, never later than now.
    let received = remote::received_at(sent).min(now);
    let signed = judge
        .detached(&signature, &statement.content(), received)
        .map_err(|no| told("signature", matches!(no, NotSigned::StatusUnknown(_))))?;
    Ok(Sound { statement, signed, card })
}
