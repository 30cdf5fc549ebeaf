//! What the card is asked to do. Three verbs and a free look; no page can send bytes to the card.
//!
//! ```text
//!  look            select, tries left                                         costs nothing, holds no card while people type
//!  identify        tries left ▸ PIN once ▸ certificate ▸ sign the challenge   audience and agent from the pairing
//!  sign-document   tries left ▸ password once ▸ both certificates ▸ sign the CMS attributes made *here* of the shown hash
//!  application     [as identify] ▸ the hall works on the city's own application, in the same connection (crate::relay)
//! ```

use std::sync::{Mutex, TryLockError};

use base::Personal;
use card::{
    Card, CardError, JpkiSession, LastTry, MalformedPin, Pin, ReaderError, SigningPassword, UserAuthenticationPin,
};
use pki::agent::{AgentRequest, CardAnswer, SignedRequest, Verb, answer, seal_agent_answer};

use crate::pairings::Pairing;
use crate::readers::Readers;
use crate::relay::{self, RelayFault};

/// Why a card gave nothing. Each has a sentence of its own; in each case it may be tried again on the same pad.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The card, or the way to it.
    #[error(transparent)]
    Card(#[from] CardError),
    /// What was typed cannot be the secret; no try was spent.
    #[error(transparent)]
    Typed(#[from] MalformedPin),
    /// Another pad of this agent is using the card.
    #[error("the card is being used by another request")]
    Busy,
    /// The card's certificate is malformed.
    #[error("the card's certificate cannot be read")]
    Certificate,
    /// The reader did not answer in time.
    #[error("the reader does not answer")]
    Silent,
    /// The hall stopped half-way; what was done stands in its journal.
    #[error(transparent)]
    Relay(#[from] RelayFault),
    /// The answer could not be sealed.
    #[error("the answer cannot be sealed")]
    Sealing,
}

impl From<ReaderError> for Trouble {
    fn from(error: ReaderError) -> Self {
        Self::Card(error.into())
    }
}

/// Which of the card's secrets a verb needs.
pub const fn pin_of(verb: &Verb) -> Pin {
    match verb {
        Verb::Identify | Verb::Application { .. } => Pin::UserAuthentication,
        Verb::SignDocument { .. } => Pin::Signing,
    }
}

/// The card, for one request at a time.
pub struct CardPlace {
    readers: Box<dyn Readers>,
    one_at_a_time: Mutex<()>,
}

impl CardPlace {
    /// Around the readers of this PC.
    pub fn new(readers: Box<dyn Readers>) -> Self {
        Self { readers, one_at_a_time: Mutex::new(()) }
    }

    /// Whether one card lies there.
    ///
    /// # Errors
    /// [`ReaderError`].
    pub fn status(&self) -> Result<(), ReaderError> {
        self.readers.look()
    }

    fn with_card<T>(
        &self,
        act: impl FnOnce(&mut JpkiSession<Box<dyn Card>>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let _turn = match self.one_at_a_time.try_lock() {
            Ok(turn) => turn,
            // Nothing is kept behind the lock, so a panic beneath it spoilt nothing.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(Trouble::Busy),
        };
        let mut session = JpkiSession::open(self.readers.connect()?)?;
        let done = act(&mut session);
        // What was done is done, and PINs are forgotten with the power.
        if let Err(error) = session.close() {
            tracing::debug!(%error, "the card was let go with an error");
        }
        done
    }

    /// Misses the card still allows for this secret.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn tries_left(&self, pin: Pin) -> Result<u8, Trouble> {
        self.with_card(|session| Ok(session.tries_left(pin)?))
    }

    /// Does what `request` asks, with what the person typed, and seals the answer to the server. At most one try is spent.
    ///
    /// # Errors
    /// [`Trouble`].
    pub fn perform(
        &self,
        pairing: &Pairing,
        request: &SignedRequest,
        typed: &str,
        last_try: LastTry,
    ) -> Result<Vec<u8>, Trouble> {
        let sealed = |answer: &CardAnswer| {
            seal_agent_answer(request, answer, &pairing.key, &pairing.sealing_key).map_err(|_| Trouble::Sealing)
        };
        if let Verb::Application { with_pin } = request.request.verb {
            let pin = if with_pin { Some(UserAuthenticationPin::parse(typed)?) } else { None };
            return self.with_card(|session| {
                let answer = match &pin {
                    Some(pin) => identify(session, &request.request, pin, last_try)?,
                    None => nobody(),
                };
                let sealed = sealed(&answer)?;
                relay::work(pairing, request, sealed.clone(), &mut **session.same_card())?;
                Ok(sealed)
            });
        }
        sealed(&self.answer(&request.request, typed, last_try)?)
    }

    fn answer(&self, request: &AgentRequest, typed: &str, last_try: LastTry) -> Result<CardAnswer, Trouble> {
        match &request.verb {
            Verb::Application { .. } => Ok(nobody()),
            Verb::Identify => {
                let pin = UserAuthenticationPin::parse(typed)?;
                self.with_card(|session| identify(session, request, &pin, last_try))
            }
            Verb::SignDocument { digest, .. } => {
                let password = SigningPassword::parse(typed)?;
                self.with_card(|session| sign_document(session, *digest, &password, last_try))
            }
        }
    }
}

/// Where nobody is proved.
fn nobody() -> CardAnswer {
    let none = || Personal::new(Vec::new());
    CardAnswer { certificate: none(), ca_certificate: Vec::new(), signature: Vec::new(), user_authentication: none() }
}

fn identify(
    session: &mut JpkiSession<Box<dyn Card>>,
    request: &AgentRequest,
    pin: &UserAuthenticationPin,
    last_try: LastTry,
) -> Result<CardAnswer, Trouble> {
    session.verify_user_authentication_pin(pin, last_try)?;
    let certificate = Personal::new(session.user_authentication_certificate()?);
    let ca_certificate = or_none(session.user_authentication_ca_certificate())?;
    let signature = session.sign_user_authentication(&request.challenge().digest())?;
    Ok(CardAnswer { certificate, ca_certificate, signature, user_authentication: Personal::new(Vec::new()) })
}

fn sign_document(
    session: &mut JpkiSession<Box<dyn Card>>,
    digest: [u8; 32],
    password: &SigningPassword,
    last_try: LastTry,
) -> Result<CardAnswer, Trouble> {
    session.verify_signing_password(password, last_try)?;
    let certificate = session.signing_certificate()?;
    let ca_certificate = or_none(session.signing_ca_certificate())?;
    let attributes = answer::document_attributes(digest, certificate.reveal()).map_err(|_| Trouble::Certificate)?;
    let signature = session.sign_document(&sha256(&attributes))?;
    // Tells the server which card this is; a phone keeps it behind the other PIN.
    let user_authentication = match session.user_authentication_certificate() {
        Err(CardError::PinRequired { .. }) => Vec::new(),
        read => or_none(read)?,
    };
    Ok(CardAnswer { certificate, ca_certificate, signature, user_authentication: Personal::new(user_authentication) })
}

/// Some devices carry no certificate of their authority; the server does not rely on it.
fn or_none(read: Result<Vec<u8>, CardError>) -> Result<Vec<u8>, CardError> {
    match read {
        Err(CardError::NoCertificate | CardError::UnexpectedStatus { .. } | CardError::MalformedAnswer { .. }) => {
            Ok(Vec::new())
        }
        other => other,
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    std::array::from_fn(|at| hash.as_ref()[at])
}
