//! Everything one process needs to issue: the city, the composer, and what cards are verified with. Made once.

use std::sync::Arc;

use pki::anchors::TrustAnchors;
use pki::challenge::{CardRefusal, Challenge, Expectation, PresentedCard, VerifiedCard, verify_user_authentication};
use pki::revocation::StatusSource;
use tools::Inside;

use super::document::Composer;

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
}

impl Issuer {
    /// Checks a card's answer to `challenge` at `terminal`.
    ///
    /// # Errors
    /// The first reason to refuse.
    pub fn verify_card(
        &self,
        card: PresentedCard<'_>,
        challenge: &Challenge,
        terminal: &str,
    ) -> Result<VerifiedCard, CardRefusal> {
        let expected = Expectation { audience: &self.audience, terminal };
        let now = self.city.seams.now();
        verify_user_authentication(card, challenge, expected, &self.anchors, &*self.status, now)
    }
}
