//! The question (RFC 3161 §2.4.1).

use const_oid::ObjectIdentifier;

use crate::asn1::tag;
use crate::asn1::writer::{element, null, octets, oid, sequence, unsigned};
use crate::oids;

/// A time-stamping policy: its object identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy(pub(crate) ObjectIdentifier);

impl Policy {
    /// Reads the dotted form; `None` for anything else.
    pub fn parse(dotted: &str) -> Option<Self> {
        ObjectIdentifier::new(dotted).ok().map(Self)
    }
}

impl std::fmt::Display for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// A question about one hash. Asks for the authority's certificate, so that the stamp can be checked by itself.
#[derive(Clone, Debug)]
pub struct TimestampRequest {
    der: Vec<u8>,
    pub(super) imprint: [u8; 32],
    /// Without leading zeros.
    pub(super) nonce: Vec<u8>,
    pub(super) policy: Option<Policy>,
}

impl TimestampRequest {
    /// About the SHA-256 `imprint`. `nonce` must be random and new: an old answer is told by it.
    pub fn new(imprint: [u8; 32], nonce: [u8; 16], policy: Option<Policy>) -> Self {
        let algorithm = sequence(&[&oid(oids::SHA256), &null()]);
        let policy_part = policy.map(|policy| oid(policy.0)).unwrap_or_default();
        let der = sequence(&[
            &unsigned(&[1]),
            &sequence(&[&algorithm, &octets(&imprint)]),
            &policy_part,
            &unsigned(&nonce),
            &element(tag::BOOLEAN, &[0xFF]),
        ]);
        let skip = nonce.iter().take_while(|&&b| b == 0).count();
        let nonce = if skip == nonce.len() { vec![0] } else { nonce[skip..].to_vec() };
        Self { der, imprint, nonce, policy }
    }

    /// The body of the HTTP request, `application/timestamp-query`.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}
