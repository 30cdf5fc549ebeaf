//! What the simulated time-stamping authority says (RFC 3161).

use base::Timestamp;
use const_oid::ObjectIdentifier;

use crate::algorithm::sha256;
use crate::asn1::writer::{element, explicit, null, octets, oid, sequence, set_of, unsigned, utf8};
use crate::asn1::{Malformed, Reader, generalized_time, tag};
use crate::certificate::Certificate;
use crate::keys::{KeyError, SigningKey};
use crate::oids;

/// The policy dummy stamps are given under: an arc for examples (RFC 5612, 1.3.6.1.4.1.32473).
pub const STAMP_POLICY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.32473.3161.1");

/// What a question asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedTime {
    /// MessageImprint with tag and length, to be repeated in the answer.
    pub imprint: Vec<u8>,
    /// The policy asked for, DER of its identifier.
    pub policy: Option<Vec<u8>>,
    /// The nonce's octets.
    pub nonce: Option<Vec<u8>>,
    /// Whether the certificate is wanted in the answer.
    pub wants_certificate: bool,
}

/// Reads a question.
///
/// # Errors
/// Malformed.
pub fn read_time_question(der: &[u8]) -> Result<AskedTime, Malformed> {
    let mut whole = Reader::new(der);
    let mut request = whole.sequence("a question")?;
    whole.finish()?;
    request.expect(tag::INTEGER, "version 1")?;
    let imprint = request.expect(tag::SEQUENCE, "a hash")?.raw.to_vec();
    let policy = request.optional(tag::OID, "a policy")?.map(|policy| policy.value.to_vec());
    let nonce = request.optional(tag::INTEGER, "a nonce")?.map(|nonce| nonce.unsigned("a nonce").map(<[u8]>::to_vec));
    let wants = request.optional(tag::BOOLEAN, "whether the certificate is wanted")?;
    let wants_certificate = wants.map(|wants| wants.boolean()).transpose()?.unwrap_or(false);
    request.optional(tag::constructed(0), "extensions")?;
    request.finish()?;
    Ok(AskedTime { imprint, policy, nonce: nonce.transpose()?, wants_certificate })
}

/// An answer that refuses: PKIStatus rejection with the failure's bit number (below 32).
pub fn refuse_time(failure: u8) -> Vec<u8> {
    let bits = (1u32 << 31 >> failure.min(31)).to_be_bytes();
    let failure = element(tag::BIT_STRING, &[&[0], &bits[..]].concat());
    let words = sequence(&[&utf8("simulated refusal")]);
    sequence(&[&sequence(&[&unsigned(&[2]), &words, &failure])])
}

/// What to stamp, right or wrong.
#[derive(Clone, Debug)]
pub struct TimeStamp {
    /// MessageImprint with tag and length.
    pub imprint: Vec<u8>,
    /// The nonce to repeat.
    pub nonce: Option<Vec<u8>>,
    /// Policy.
    pub policy: ObjectIdentifier,
    /// Number.
    pub serial: u64,
    /// The time.
    pub time: Timestamp,
}

/// A simulated authority's key and certificates.
#[derive(Debug)]
pub struct TimeStamper {
    /// Signs; RSA where other verifiers are to agree.
    pub key: SigningKey,
    /// Its certificate, DER.
    pub certificate: Vec<u8>,
    /// Further certificates for the token.
    pub above: Vec<Vec<u8>>,
}

impl TimeStamper {
    /// The answer that grants `stamp`.
    ///
    /// # Errors
    /// The key did not sign; its certificate cannot be read.
    pub fn grant(&self, stamp: &TimeStamp) -> Result<Vec<u8>, KeyError> {
        let token = self.token(stamp)?;
        Ok(sequence(&[&sequence(&[&unsigned(&[0])]), &token]))
    }

    /// The token alone.
    ///
    /// # Errors
    /// The key did not sign; its certificate cannot be read.
    pub fn token(&self, stamp: &TimeStamp) -> Result<Vec<u8>, KeyError> {
        let info = sequence(&[
            &unsigned(&[1]),
            &oid(stamp.policy),
            &stamp.imprint,
            &unsigned(&stamp.serial.to_be_bytes()),
            &generalized_time(stamp.time),
            // One second.
            &sequence(&[&unsigned(&[1])]),
            &stamp.nonce.as_ref().map(|nonce| unsigned(nonce)).unwrap_or_default(),
        ]);
        let leaf = Certificate::read(&self.certificate).map_err(|_| KeyError::Unreadable)?;
        let hash = sequence(&[&oid(oids::SHA256), &null()]);
        let attribute = |kind, value: &[u8]| sequence(&[&oid(kind), &set_of(&[value])]);
        let reference = sequence(&[&sequence(&[&sequence(&[&octets(&sha256(leaf.raw))])])]);
        let attributes = [
            attribute(oids::CONTENT_TYPE, &oid(oids::TIME_STAMP_INFO)),
            attribute(oids::MESSAGE_DIGEST, &octets(&sha256(&info))),
            attribute(oids::SIGNING_CERTIFICATE_V2, &reference),
        ];
        let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
        let mut signed = set_of(&attributes);
        let signature = self.key.sign(&signed)?;
        signed[0] = tag::constructed(0);
        let signer = sequence(&[
            &unsigned(&[1]),
            &sequence(&[leaf.issuer, &unsigned(leaf.serial)]),
            &hash,
            &signed,
            &self.key.algorithm().identifier(),
            &octets(&signature),
        ]);
        let mut certificates: Vec<&[u8]> = vec![&self.certificate];
        certificates.extend(self.above.iter().map(Vec::as_slice));
        let mut certificates = set_of(&certificates);
        certificates[0] = tag::constructed(0);
        let data = sequence(&[
            &unsigned(&[3]),
            &set_of(&[&hash]),
            &sequence(&[&oid(oids::TIME_STAMP_INFO), &explicit(0, &octets(&info))]),
            &certificates,
            &set_of(&[&signer]),
        ]);
        Ok(sequence(&[&oid(oids::CMS_SIGNED_DATA), &explicit(0, &data)]))
    }
}
