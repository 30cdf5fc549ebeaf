//! What the machine says when something did not go as hoped: each fault has its own sentence, each refusal of the
//! register the same.

use base::{Id, Kind};
use card::{CardError, Pin, ReaderError};
use pki::challenge::CardRefusal;
use pki::jpki_profile::CertificateRefusal;
use services::convenience_certificates::{ActionError, Refusal};
use tools::credentials::CredentialRefusal;
use tools::family_register::registration::{RegistrationRefusal, State};
use tools::terminals::printer::Trouble;

/// A sentence for the person, with what it needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// The sentence of this key, told the counter's name.
    Key(&'static str),
    /// Something was done as asked; the person stays where they are.
    Done(&'static str),
    /// The PIN was wrong; this many mistakes are left.
    WrongPin(u8),
    /// A refusal of the service. Ends the session, but for papers of a register of their own.
    Refused(Refusal),
    /// The printer is not ready; no fee was taken.
    Printer(Trouble),
    /// Money is owed for this request, and the coin box does not give it: staff do.
    Owed(Id),
}

/// Something beneath failed: nothing is lost, try later. The cause goes to the log without personal data.
pub(super) fn beneath(error: &ActionError) -> Say {
    tracing::error!(%error, "an act of the certificate machine failed");
    match error.kind() {
        Kind::TooMany | Kind::Unavailable => Say::Refused(Refusal::RegisterNotFresh),
        _ => Say::Refused(Refusal::ServiceStopped),
    }
}

/// The sentence for a failing card.
pub(crate) fn say_card(error: &CardError) -> Say {
    match error {
        // A person has several PINs: each sentence names its own.
        CardError::WrongPin { pin: Pin::InputSupport, .. } => Say::Key("kiosk-cards-support-wrong"),
        CardError::LastTryKept { pin: Pin::InputSupport } | CardError::PinLocked { pin: Pin::InputSupport } => {
            Say::Key("kiosk-cards-support-locked")
        }
        CardError::WrongPin { tries_left: 1, .. } | CardError::LastTryKept { .. } => Say::Key("kiosk-pin-last-try"),
        CardError::WrongPin { tries_left, .. } => Say::WrongPin(*tries_left),
        CardError::PinLocked { .. } => Say::Key("kiosk-pin-locked"),
        CardError::NotAnIndividualNumberCard | CardError::UnknownDevice | CardError::NoCertificate => {
            Say::Key("kiosk-card-wrong-kind")
        }
        CardError::CardRemoved | CardError::Reader(ReaderError::CardRemoved) => Say::Key("kiosk-card-removed"),
        CardError::Reader(ReaderError::NoCard) => Say::Key("kiosk-reader-waiting"),
        _ => Say::Key("kiosk-card-unreadable"),
    }
}

/// Each reason about the card has its own sentence (they are about the card, not the register).
pub(crate) const fn card_sentence(refusal: &CardRefusal) -> &'static str {
    match refusal {
        CardRefusal::Certificate(CertificateRefusal::Expired { .. }) => "kiosk-card-expired",
        CardRefusal::Certificate(CertificateRefusal::NotYetValid { .. }) => "kiosk-card-not-yet",
        CardRefusal::Certificate(_) => "kiosk-card-foreign",
        CardRefusal::Revoked { .. } => "kiosk-card-revoked",
        CardRefusal::OnHold { .. } => "kiosk-card-on-hold",
        CardRefusal::StatusUnknown(_) => "kiosk-card-status-unknown",
        CardRefusal::WrongAudience
        | CardRefusal::WrongTerminal
        | CardRefusal::StaleChallenge
        | CardRefusal::WrongSignature => "kiosk-card-signature",
    }
}

/// Each reason about what the city knows of the card has its own sentence, too.
pub(crate) const fn credential_sentence(refusal: CredentialRefusal) -> &'static str {
    match refusal {
        CredentialRefusal::Unknown => "kiosk-card-unknown",
        CredentialRefusal::OnHold => "kiosk-card-on-hold",
        CredentialRefusal::Lost => "kiosk-card-lost",
        CredentialRefusal::Ended => "kiosk-card-ended",
        CredentialRefusal::Superseded => "kiosk-card-replaced",
        CredentialRefusal::Expired => "kiosk-card-expired",
        CredentialRefusal::Replayed => "kiosk-card-replayed",
    }
}

/// Each reason about a registration of somebody who lives elsewhere: about the application, never about the register.
pub(crate) const fn registration_sentence(refusal: RegistrationRefusal) -> &'static str {
    match refusal {
        RegistrationRefusal::Waiting | RegistrationRefusal::AlreadyThere(State::Applied | State::InReview) => {
            "registration-kiosk-waiting"
        }
        RegistrationRefusal::NotProved => "registration-kiosk-not-proved",
        RegistrationRefusal::AlreadyThere(_) => "registration-kiosk-there",
        RegistrationRefusal::Expired => "kiosk-card-expired",
        _ => "kiosk-card-unknown",
    }
}

/// What is wrong with the printer, in a sentence.
pub(super) const fn printer_sentence(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::OutOfPaper => "kiosk-printer-out-of-paper",
        Trouble::Jam => "kiosk-printer-jam",
        Trouble::Open => "kiosk-printer-open",
        Trouble::Supply => "kiosk-printer-supply",
        Trouble::TrayFull => "kiosk-printer-tray-full",
        Trouble::Offline => "kiosk-printer-offline",
        Trouble::Busy => "kiosk-printer-busy",
        Trouble::Paused | Trouble::Other => "kiosk-printer-other",
    }
}
