//! The reader: asks, then judges the answer step by step. Nothing of a card is seen before every step has passed.

use base::{Seams, Timestamp};
use pki::mobile_document::{MobileDocumentSigner, MobileSignerStatus};
use pki::revocation::{Standing, StatusError};
use pki::{AnchorKind, TrustAnchors};

use crate::Refusal;
use crate::attributes::Attributes;
use crate::channel::{MobileDocumentChannel, Presentation};
use crate::cose::{Context, Envelope};
use crate::device_auth::{self, DeviceProof};
use crate::elements::{DOCUMENT_TYPE, Element};
use crate::keys::{Curve, PublicPoint};
use crate::request::Request;
use crate::response::{self, Document};
use crate::security_object::SecurityObject;

/// How far clocks may disagree and how old a status may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReaderRules {
    /// How far ahead of ours the issuer's clock may run, in seconds: for `signed` and `validFrom` only. Ends are ends.
    pub clock_skew_seconds: i64,
    /// Greatest age of the list that says the document signer is good, in seconds, even before its `nextUpdate`.
    pub status_max_age_seconds: i64,
}

/// The rules in force. One minute as for cards; seven days: our own decision until Japan's authority is known to publish
/// more often.
pub const RULES: ReaderRules = ReaderRules { clock_skew_seconds: 60, status_max_age_seconds: 7 * 86_400 };

/// A card in a phone that passed every check.
#[derive(Debug)]
pub struct VerifiedDocument {
    /// What it said.
    pub attributes: Attributes,
    /// Elements that were asked for and not returned: the holder may withhold any.
    pub missing: Vec<Element>,
    /// Real or dummy authority.
    pub anchor: AnchorKind,
    /// How the phone proved itself.
    pub proof: DeviceProof,
    /// Last instant of the document's validity.
    pub valid_until: Timestamp,
    /// For which instant the document signer's status speaks.
    pub status_as_of: Timestamp,
    /// Whether the document names a status list of its own (ISO/IEC 18013-5, second edition), which was **not** asked:
    /// whether Japan uses it is not public.
    pub names_unasked_status: bool,
}

/// Judges answers of phones. Holds no document and no key of a session.
pub struct DocumentReader<'a> {
    anchors: &'a TrustAnchors,
    status: &'a dyn MobileSignerStatus,
    rules: ReaderRules,
    seams: Seams,
}

impl std::fmt::Debug for DocumentReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DocumentReader").field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl<'a> DocumentReader<'a> {
    /// A reader with the rules in force. `anchors` hold the issuing authorities under
    /// [`pki::AuthorityRole::MobileDocument`]; none is built in.
    pub fn new(anchors: &'a TrustAnchors, status: &'a dyn MobileSignerStatus, seams: Seams) -> Self {
        Self::with_rules(anchors, status, seams, RULES)
    }

    /// A reader with other rules.
    pub fn with_rules(
        anchors: &'a TrustAnchors,
        status: &'a dyn MobileSignerStatus,
        seams: Seams,
        rules: ReaderRules,
    ) -> Self {
        Self { anchors, status, rules, seams }
    }

    /// Asks a phone and judges what it answers.
    ///
    /// # Errors
    /// The first reason not to believe it.
    pub fn read(
        &self,
        channel: &mut dyn MobileDocumentChannel,
        request: &Request,
    ) -> Result<VerifiedDocument, Refusal> {
        let presentation = channel.present(request)?;
        self.judge(&presentation, request)
    }

    /// Judges an answer: certificate, issuer's signature, status, security object, digests, the phone's proof, and only
    /// then the values.
    ///
    /// # Errors
    /// The first reason not to believe it.
    pub fn judge(&self, presentation: &Presentation, request: &Request) -> Result<VerifiedDocument, Refusal> {
        let now = self.seams.now();
        let document = response::read(&presentation.response)?;
        if document.document_type != DOCUMENT_TYPE {
            return Err(Refusal::WrongDocumentType);
        }
        let (signer, object) = self.judge_issuer(&document.issuer_auth, now)?;
        let status_as_of = self.judge_status(&signer, now)?;
        if object.document_type != document.document_type {
            return Err(Refusal::DocumentTypeDiffers);
        }
        if !signer.was_valid(object.signed) {
            return Err(Refusal::SignedOutsideSignerValidity);
        }
        object.check_validity(now, self.rules.clock_skew_seconds)?;
        object.check_items(&document.items)?;
        let proof = judge_device(&document, &object, presentation)?;
        let attributes = Attributes::read(&document.items, request)?;
        Ok(VerifiedDocument {
            missing: attributes.missing(request),
            attributes,
            anchor: signer.anchor_kind(),
            proof,
            valid_until: object.valid_until,
            status_as_of,
            names_unasked_status: object.names_status,
        })
    }

    /// IssuerAuth: the first certificate of the chain, and the signature over the security object.
    fn judge_issuer<'d>(
        &self,
        auth: &Envelope<'d>,
        now: Timestamp,
    ) -> Result<(MobileDocumentSigner, SecurityObject<'d>), Refusal> {
        let missing = |what| pki::Malformed { position: auth.position, what };
        let first = auth.chain.first().ok_or(missing("a chain of certificates with the issuer's signature"))?;
        let (payload, position) = auth.payload.ok_or(missing("a security object with the issuer's signature"))?;
        let signer = MobileDocumentSigner::judge(first, self.anchors, now)?;
        let curve = Curve::of_certificate(signer.algorithm()).ok_or(Refusal::WrongAlgorithm)?;
        if auth.algorithm != curve.row().algorithm {
            return Err(Refusal::WrongAlgorithm);
        }
        let key = PublicPoint { curve, point: signer.public_key_point().to_vec() };
        if !key.verifies(&auth.covered(Context::Signature, payload), auth.proof) {
            return Err(Refusal::WrongIssuerSignature);
        }
        Ok((signer, SecurityObject::read(payload, position)?))
    }

    /// Good, from a list that is young enough; anything else is a refusal.
    fn judge_status(&self, signer: &MobileDocumentSigner, now: Timestamp) -> Result<Timestamp, Refusal> {
        let status = self.status.status(signer, now)?;
        if let Standing::Revoked { since, reason } = status.standing {
            return Err(Refusal::SignerRevoked { since, reason });
        }
        if now.seconds_since(status.as_of) > self.rules.status_max_age_seconds {
            return Err(StatusError::Stale { as_of: status.as_of }.into());
        }
        Ok(status.as_of)
    }
}

/// DeviceAuth, over this session.
fn judge_device(
    document: &Document<'_>,
    object: &SecurityObject<'_>,
    presentation: &Presentation,
) -> Result<DeviceProof, Refusal> {
    let authentication =
        presentation.transcript.device_authentication(document.document_type, document.device_namespaces.raw);
    device_auth::check(
        &document.device_auth,
        &object.device_key,
        &authentication,
        &presentation.transcript,
        presentation.reader_key.as_deref(),
    )
}
