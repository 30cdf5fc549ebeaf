//! One mapping from every no of the engine to a status, a word and a sentence; and the time that refusals of the register
//! take.

use base::Kind;
use pki::challenge::CardRefusal;
use services::convenience_certificates::{ActionError, CardNo, Refusal};
use tokio::time::Instant;
use tools::credentials::{CredentialError, CredentialRefusal};

use crate::error::Failure;
use crate::kiosk::{REFUSAL_TAKES, card_sentence, credential_sentence, registration_sentence};

/// A no that is on record.
pub(super) fn refused(refusal: Refusal) -> Failure {
    Failure::saying(refusal.kind(), refusal.message_key())
}

/// Something beneath failed and nothing was done.
pub(super) fn beneath(error: &ActionError) -> Failure {
    tracing::error!(%error, "an act of the kiosk protocol failed");
    Failure::of(error.kind())
}

/// Why a card does not serve. About the card, not the register.
pub(super) fn card(no: &CardNo) -> Failure {
    match no {
        CardNo::Card(refusal) => {
            tracing::info!(%refusal, "a card was refused");
            let kind = match refusal {
                CardRefusal::StatusUnknown(_) => Kind::Unavailable,
                CardRefusal::StaleChallenge => Kind::Gone,
                _ => Kind::Refused,
            };
            Failure::saying(kind, card_sentence(refusal))
        }
        CardNo::Credential(refusal) => {
            let kind = if *refusal == CredentialRefusal::Replayed { Kind::Gone } else { Kind::Refused };
            Failure::saying(kind, credential_sentence(*refusal))
        }
        CardNo::Registration(refusal) => Failure::saying(Kind::Refused, registration_sentence(*refusal)),
    }
}

/// A credential could not be looked up.
pub(super) fn unknown(error: &CredentialError) -> Failure {
    tracing::error!(%error, "a credential could not be looked up");
    Failure::saying(Kind::Unavailable, "kiosk-card-status-unknown")
}

/// Lets a refusal of the register be told no sooner than every other: the time tells nothing about the cause.
pub(super) async fn in_equal_time<T>(begun: Instant, answer: Result<T, Failure>) -> Result<T, Failure> {
    if let Err(failure) = &answer
        && failure.key == Refusal::AskAtTheCounter.message_key()
    {
        tokio::time::sleep_until(begun + REFUSAL_TAKES).await;
    }
    answer
}
