//! What the card gave, sealed for the server that asked: the page that carries it learns nothing but its length.

use base::Personal;

use super::bytes::{Reader, Writer};
use super::request::{SignedRequest, Verb};
use super::{SIGNATURE_BYTES, ServerKeys, VerificationKey};
use crate::algorithm::SignatureAlgorithm;
use crate::certificate::{Certificate, MAX_CERTIFICATE_BYTES};
use crate::challenge::PresentedCard;
use crate::keys::{DocumentSigner, KeyError, SigningKey};
use crate::sealed::{SealError, SealingPublicKey};
use crate::{Malformed, cms};

const SEALED: &str = "yakuba-agent-answer-v1";
const PLAIN: &str = "yakuba-agent-card-v2";
const INFO: &[u8] = b"yakuba-agent-answer-v1";
/// Bytes of an RSA signature of the largest key we accept.
const CARD_SIGNATURE_BYTES: usize = 1024;
/// Plain answers are filled up to a multiple of this, so that the length tells no two people apart.
const BLOCK: usize = 1024;

/// What a card gave.
#[derive(Clone, PartialEq, Eq)]
pub struct CardAnswer {
    /// The certificate, DER: for user authentication, or for signing (which holds name, address, birth date and sex).
    pub certificate: Personal<Vec<u8>>,
    /// The authority's certificate as the card holds it, DER; empty where it has none. Trust comes from our own anchors.
    pub ca_certificate: Vec<u8>,
    /// The card's signature: over the challenge, or over the CMS attributes of the document.
    pub signature: Vec<u8>,
    /// Beside a signing certificate: the user-authentication certificate of the same card, read in the same connection.
    /// Empty where the device gives it only after its own PIN (a phone), and in the answer that proves who taps.
    pub user_authentication: Personal<Vec<u8>>,
}

impl std::fmt::Debug for CardAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardAnswer(<personal>)")
    }
}

/// Why an answer is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerRefusal {
    /// Not a message of this kind.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// Sealed to a key we do not hold, or bound to another request, or altered.
    #[error(transparent)]
    Sealed(#[from] SealError),
    /// Not from the agent that was asked.
    #[error("the answer was not made by the agent that was asked")]
    WrongAgent,
    /// It is the answer to another verb.
    #[error("the answer is to another question")]
    WrongVerb,
    /// The card's signature does not fit the document.
    #[error("the card's signature does not fit the document")]
    WrongSignature,
    /// The agent's own key could not sign.
    #[error(transparent)]
    NotSigned(#[from] KeyError),
}

/// What the agent signs: its answer belongs to this request.
fn agent_says(request: &SignedRequest, answer: &CardAnswer) -> Vec<u8> {
    Writer::new(PLAIN)
        .text(request.request.verb.word())
        .bytes(&request.digest())
        .bytes(answer.certificate.reveal())
        .bytes(&answer.ca_certificate)
        .bytes(&answer.signature)
        .bytes(answer.user_authentication.reveal())
        .finish()
}

/// Seals `answer` to `server`, signed by the agent's own `key` and bound to `request`.
///
/// # Errors
/// The agent's key cannot sign.
pub fn seal_agent_answer(
    request: &SignedRequest,
    answer: &CardAnswer,
    key: &SigningKey,
    server: &SealingPublicKey,
) -> Result<Vec<u8>, AnswerRefusal> {
    let said = agent_says(request, answer);
    let signature = key.sign(&said)?;
    let mut plain = Writer::new(SEALED).bytes(&said).bytes(&signature).finish();
    let filler = vec![0; BLOCK - (plain.len() + 4) % BLOCK];
    plain.extend_from_slice(&(filler.len() as u32).to_be_bytes());
    plain.extend_from_slice(&filler);
    let sealed = server.seal(INFO, &request.digest(), &plain)?;
    Ok(Writer::new(SEALED).bytes(&server.id()).bytes(&sealed).finish())
}

/// Opens the answer to `request`, which the caller has read with its own key, found fresh and bound to the session at
/// hand, and marks as used ([`SignedRequest::digest`]) in the step that uses the answer.
///
/// The card's own signature is still to be judged: by [`crate::verify_user_authentication`] with
/// [`CardAnswer::presented`] and [`super::AgentRequest::challenge`], or through [`PresignedSigner`].
///
/// # Errors
/// [`AnswerRefusal`].
pub fn open_agent_answer(
    keys: &ServerKeys,
    agent: &VerificationKey,
    request: &SignedRequest,
    sealed: &[u8],
) -> Result<CardAnswer, AnswerRefusal> {
    let mut outer = Reader::new(SEALED, sealed)?;
    let id: [u8; 8] = outer.array("the name of a key")?;
    let body = outer.bytes(super::MAX_MESSAGE_BYTES, "sealed bytes")?;
    outer.finish()?;
    let key = keys.sealing.iter().find(|key| key.public().id() == id).ok_or(SealError::NotOpened)?;
    let plain = key.open(INFO, &request.digest(), body)?;
    let mut reader = Reader::new(SEALED, &plain)?;
    let said = reader.bytes(super::MAX_MESSAGE_BYTES, "what the agent says")?;
    let signature = reader.bytes(SIGNATURE_BYTES, "a signature")?;
    reader.bytes(BLOCK, "filler")?;
    reader.finish()?;
    if !agent.verifies(said, signature) {
        return Err(AnswerRefusal::WrongAgent);
    }
    let mut inner = Reader::new(PLAIN, said)?;
    if inner.text(32, "a verb")? != request.request.verb.word() {
        return Err(AnswerRefusal::WrongVerb);
    }
    if inner.array::<32>("a request")? != request.digest() {
        return Err(AnswerRefusal::WrongVerb);
    }
    let answer = CardAnswer {
        certificate: Personal::new(inner.bytes(MAX_CERTIFICATE_BYTES, "a certificate")?.to_vec()),
        ca_certificate: inner.bytes(MAX_CERTIFICATE_BYTES, "a certificate")?.to_vec(),
        signature: inner.bytes(CARD_SIGNATURE_BYTES, "a signature")?.to_vec(),
        user_authentication: Personal::new(inner.bytes(MAX_CERTIFICATE_BYTES, "a certificate")?.to_vec()),
    };
    inner.finish()?;
    Ok(answer)
}

impl CardAnswer {
    /// Whether this answer to `sign-document` came from the card that gave `proved`. The two certificates of a card name
    /// each other nowhere, so whoever must know has the agent read both from one card.
    pub fn is_of_the_card_of(&self, proved: &Self) -> bool {
        let beside = self.user_authentication.reveal();
        !beside.is_empty() && beside == proved.certificate.reveal()
    }

    /// For [`crate::verify_user_authentication`].
    pub fn presented(&self) -> PresentedCard<'_> {
        PresentedCard { certificate: self.certificate.reveal(), signature: &self.signature }
    }
}

/// What a card signs for a document whose SHA-256 is `digest`: the CMS attributes (RFC 5652 §5.4), which name the
/// document's hash and the certificate. The agent makes them itself, so that no server can have a bare hash signed.
///
/// # Errors
/// The certificate is malformed.
pub fn document_attributes(digest: [u8; 32], certificate: &[u8]) -> Result<Vec<u8>, Malformed> {
    cms::signed_attributes(digest, certificate)
}

/// A [`DocumentSigner`] whose one signature the card has made already: for [`crate::pades::sign`] over the same ranges,
/// or for [`Self::cms`].
pub struct PresignedSigner {
    chain: Vec<Vec<u8>>,
    algorithm: SignatureAlgorithm,
    attributes: Vec<u8>,
    digest: [u8; 32],
    signature: Vec<u8>,
}

impl PresignedSigner {
    /// From the answer to a request to sign a document. The card's signature is checked against its certificate;
    /// whether the certificate is good (chain, policy, status) is for the caller to judge.
    ///
    /// # Errors
    /// [`AnswerRefusal::WrongVerb`], [`AnswerRefusal::WrongSignature`], malformed.
    pub fn new(request: &SignedRequest, answer: &CardAnswer) -> Result<Self, AnswerRefusal> {
        let Verb::SignDocument { digest, .. } = &request.request.verb else { return Err(AnswerRefusal::WrongVerb) };
        Self::of_card(*digest, answer)
    }

    /// From what a card at a reader of our own answered: the document's SHA-256, and the card's signature over
    /// [`document_attributes`] of it.
    ///
    /// # Errors
    /// [`AnswerRefusal::WrongSignature`], malformed.
    pub fn of_card(digest: [u8; 32], answer: &CardAnswer) -> Result<Self, AnswerRefusal> {
        let leaf = answer.certificate.reveal();
        let certificate = Certificate::read(leaf)?;
        let attributes = document_attributes(digest, leaf)?;
        let algorithm = SignatureAlgorithm::for_key(certificate.public_key)?.ok_or(AnswerRefusal::WrongSignature)?;
        if !algorithm.verifies(certificate.public_key, &attributes, &answer.signature) {
            return Err(AnswerRefusal::WrongSignature);
        }
        let mut chain = vec![leaf.clone()];
        if !answer.ca_certificate.is_empty() {
            chain.push(answer.ca_certificate.clone());
        }
        Ok(Self { chain, algorithm, attributes, digest, signature: answer.signature.clone() })
    }

    /// The detached CMS signature (CAdES baseline B), DER.
    ///
    /// # Errors
    /// [`AnswerRefusal::WrongSignature`], which a signer that was made never gives.
    pub fn cms(&self) -> Result<Vec<u8>, AnswerRefusal> {
        cms::sign_detached(self.digest, self).map_err(|_| AnswerRefusal::WrongSignature)
    }
}

impl DocumentSigner for PresignedSigner {
    fn certificate_chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        self.algorithm
    }

    fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        if message == self.attributes { Ok(self.signature.clone()) } else { Err(KeyError::NotSigned) }
    }
}

impl std::fmt::Debug for PresignedSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PresignedSigner(<personal>)")
    }
}
