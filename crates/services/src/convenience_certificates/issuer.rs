//! Everything one process needs to issue: the city, the composer, and what cards are verified with. Made once.

use std::sync::Arc;

use base::Id;
use card::genuineness::GenuinenessAnchors;
use pki::anchors::TrustAnchors;
use pki::challenge::{
    CardRefusal, Challenge, Expectation, MAX_AGE_SECONDS, PresentedCard, VerifiedCard, verify_user_authentication,
};
use pki::renewal::RenewalSource;
use pki::revocation::StatusSource;
use tools::Inside;
use tools::credentials::{self, CredentialError, CredentialRefusal, VerifiedPerson};

use tools::family_register::registration::{self, RegistrationError, RegistrationRefusal};

use super::actions::{self, Answer};
use super::applicant::Applicant;
use super::document::Composer;
use super::refusal::Refusal;
use super::requests::Request;

/// Why a card does not serve. About the card, not the register: each reason has its own sentence.
#[derive(Debug, thiserror::Error)]
pub enum CardNo {
    /// The signature, its certificate or the certificate's status.
    #[error(transparent)]
    Card(#[from] CardRefusal),
    /// What the city knows of this card.
    #[error(transparent)]
    Credential(#[from] CredentialRefusal),
    /// What the city knows of it as of somebody's who lives elsewhere (本籍地利用登録).
    #[error(transparent)]
    Registration(RegistrationRefusal),
}

/// The means of issuing, shared by all machines of a process.
#[derive(Clone)]
pub struct Issuer {
    /// The inside zone.
    pub city: Inside,
    /// Draws, signs and re-checks documents.
    pub composer: Arc<Composer>,
    /// Minutes without a heartbeat of the register's source after which issuing closes.
    pub fresh_minutes: u32,
    /// What challenges of this service name as their audience.
    pub audience: String,
    /// Certification authorities whose cards are taken.
    pub anchors: Arc<TrustAnchors>,
    /// Where revocation is asked.
    pub status: Arc<dyn StatusSource + Send + Sync>,
    /// Whose cards are taken for genuine.
    pub genuineness: Arc<GenuinenessAnchors>,
    /// Where it is asked which certificates a renewed one replaced; `None` where the city has no such service.
    pub renewals: Option<Arc<dyn RenewalSource>>,
}

impl Issuer {
    /// The applicant behind a card's answer to `challenge` at `terminal`: verified, used once, and known to the city.
    ///
    /// # Errors
    /// The database or the key store; inner: the first reason to refuse.
    pub fn identify(
        &self,
        card: PresentedCard<'_>,
        challenge: &Challenge,
        terminal: &str,
    ) -> Result<Result<Applicant, CardNo>, CredentialError> {
        let verified = match self.verify(card, challenge, terminal) {
            Ok(verified) => verified,
            Err(refusal) => return Ok(Err(refusal.into())),
        };
        let now = self.city.seams.now();
        let digest = challenge.digest();
        let forget_at = challenge.issued_at.plus_seconds(2 * MAX_AGE_SECONDS);
        let (vault, shown) = (self.city.vault.clone(), verified.clone());
        let found = self.city.store.write::<_, CredentialError, _>(move |tx| {
            if let Err(refusal) = credentials::use_challenge_once(tx, &digest, now, forget_at)? {
                return Ok(Err(refusal));
            }
            credentials::find_person(tx, &vault, now, &shown)
        })?;
        let unknown = verified.clone();
        let found = match found {
            Err(CredentialRefusal::Unknown) => self.after_a_renewal(verified)?.ok_or(CredentialRefusal::Unknown),
            found => found,
        };
        let visit = self.city.seams.random_id();
        let found = match found {
            Err(CredentialRefusal::Unknown) => return self.elsewhere(&unknown, terminal, visit),
            found => found,
        };
        Ok(found.map(|person| Applicant::from_verified_card(&person, terminal, visit, now)).map_err(CardNo::from))
    }

    /// A card that no resident has: of somebody who lives elsewhere and has their family register here?
    fn elsewhere(
        &self,
        card: &VerifiedCard,
        terminal: &str,
        visit: Id,
    ) -> Result<Result<Applicant, CardNo>, CredentialError> {
        let (vault, now, shown) = (self.city.vault.clone(), self.city.seams.now(), card.clone());
        let found =
            self.city.store.write::<_, RegistrationError, _>(move |tx| registration::find(tx, &vault, now, &shown));
        let found = found.map_err(|error| match error {
            RegistrationError::Store(error) => CredentialError::Store(error),
            RegistrationError::Vault(error) => CredentialError::Vault(error),
            RegistrationError::Access(error) => CredentialError::Access(error),
        })?;
        Ok(match found {
            Ok(person) => Ok(Applicant::from_registered(person, terminal, visit, now)),
            Err(RegistrationRefusal::Unknown) => Err(CardNo::Credential(CredentialRefusal::Unknown)),
            Err(refusal) => Err(CardNo::Registration(refusal)),
        })
    }

    /// Checks a card's answer to `challenge` at `terminal`; whose it is, is not looked up.
    ///
    /// # Errors
    /// The first reason to refuse.
    pub fn verify(
        &self,
        card: PresentedCard<'_>,
        challenge: &Challenge,
        terminal: &str,
    ) -> Result<VerifiedCard, CardRefusal> {
        let expected = Expectation { audience: &self.audience, terminal };
        let now = self.city.seams.now();
        verify_user_authentication(card, challenge, expected, &self.anchors, &*self.status, now)
    }

    /// Finished bytes on their last step into a person's hands: once more compared with the request they answer (I3). Where
    /// they are another's, nobody gets them, and nobody is served before an officer has looked (I12).
    ///
    /// # Errors
    /// [`ActionError`](super::ActionError); inner: [`Refusal::ServiceStopped`].
    pub fn hand_over(&self, bytes: Vec<u8>, request: &Request, applicant: &Applicant) -> Answer<Vec<u8>> {
        if self.composer.belongs_to(&bytes, request, applicant).is_ok() {
            return Ok(Ok(bytes));
        }
        actions::mismatch_found(&self.city, request.id, "wrong-document")?;
        Ok(Err(Refusal::ServiceStopped))
    }

    /// The person behind a certificate that is not known, if it replaced one that is. A service that cannot be asked
    /// leaves the certificate unknown: the person is sent to the counter, as before.
    fn after_a_renewal(&self, verified: VerifiedCard) -> Result<Option<VerifiedPerson>, CredentialError> {
        let Some(source) = &self.renewals else { return Ok(None) };
        let replaced = match source.replaced_by(&verified.certificate_id) {
            Ok(replaced) => replaced,
            Err(error) => {
                tracing::warn!(%error, "what a certificate replaced could not be learned");
                return Ok(None);
            }
        };
        let (vault, seams) = (self.city.vault.clone(), self.city.seams.clone());
        self.city.store.write(move |tx| credentials::renewal::by_inquiry(tx, &vault, &seams, &verified, &replaced))
    }
}
