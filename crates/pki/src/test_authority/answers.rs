//! What the simulated J-LIS says: OCSP answers and revocation lists.

use base::Timestamp;

use super::TestAuthority;
use crate::algorithm::{public_key_octets, sha1_name};
use crate::asn1::writer::{bits, element, explicit, null, octets, oid, sequence, unsigned};
use crate::asn1::{Malformed, Reader, generalized_time, tag, utc_or_generalized_time};
use crate::certificate::{Certificate, read_extensions};
use crate::keys::{KeyError, SigningKey};
use crate::oids;
use crate::revocation::RevocationReason;

/// What a question asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedAbout {
    /// The CertID with tag and length, to be repeated in the answer.
    pub certificate_id: Vec<u8>,
    /// SHA-1 or SHA-256 of the issuer's key.
    pub issuer_key_hash: Vec<u8>,
    /// Serial number without leading zeros.
    pub serial: Vec<u8>,
    /// Value of the nonce extension, to be repeated.
    pub nonce: Option<Vec<u8>>,
}

/// Reads the first question of an OCSP request.
///
/// # Errors
/// Malformed.
pub fn read_question(der: &[u8]) -> Result<AskedAbout, Malformed> {
    let mut whole = Reader::new(der);
    let mut request = whole.sequence("an OCSP request")?;
    whole.finish()?;
    let mut tbs = request.sequence("the body of a request")?;
    let mut list = tbs.sequence("a list of questions")?;
    let id = list.sequence("a question")?.expect(tag::SEQUENCE, "a certificate's identifier")?;
    let mut parts = id.reader();
    parts.expect(tag::SEQUENCE, "a hash algorithm")?;
    parts.expect(tag::OCTET_STRING, "a name hash")?;
    let issuer_key_hash = parts.expect(tag::OCTET_STRING, "a key hash")?.value.to_vec();
    let serial = parts.expect(tag::INTEGER, "a serial number")?.unsigned("a serial number")?.to_vec();
    let mut nonce = None;
    if let Some(wrapper) = tbs.optional(tag::constructed(2), "extensions")? {
        nonce = read_extensions(&wrapper)?.iter().find(|e| e.is(oids::OCSP_NONCE)).map(|e| e.value.to_vec());
    }
    Ok(AskedAbout { certificate_id: id.raw.to_vec(), issuer_key_hash, serial, nonce })
}

/// Who signs an OCSP answer.
#[derive(Clone, Copy, Debug)]
pub enum Responder<'a> {
    /// The CA itself.
    Authority,
    /// A responder with its own certificate.
    Delegate {
        /// Its key.
        key: &'a SigningKey,
        /// Its certificate, DER.
        certificate: &'a [u8],
    },
}

/// What to say of one certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerStanding {
    /// Not revoked.
    Good,
    /// Not known here.
    Unknown,
    /// Revoked or on hold.
    Revoked {
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: RevocationReason,
    },
}

/// An OCSP answer before it is signed.
#[derive(Clone, Debug)]
pub struct OcspAnswer {
    /// CertID of the question.
    pub certificate_id: Vec<u8>,
    /// What to say.
    pub standing: AnswerStanding,
    /// For which instant.
    pub this_update: Timestamp,
    /// Until when.
    pub next_update: Option<Timestamp>,
    /// When the answer is signed.
    pub produced_at: Timestamp,
    /// Value of the nonce extension.
    pub nonce: Option<Vec<u8>>,
}

/// One line of a revocation list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedEntry {
    /// Serial number.
    pub serial: u64,
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub reason: RevocationReason,
}

impl TestAuthority {
    /// The CertID of a certificate of this CA, as a question would name it.
    pub fn ocsp_certificate_id(&self, serial: u64) -> Vec<u8> {
        let hash = sequence(&[&oid(oids::SHA1), &null()]);
        let key_hash = sha1_name(public_key_octets(self.key.public_key_info()).unwrap_or_default());
        sequence(&[&hash, &octets(&sha1_name(&self.name)), &octets(&key_hash), &unsigned(&serial.to_be_bytes())])
    }

    /// Signs an OCSP answer.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn ocsp_answer(&self, answer: &OcspAnswer, responder: Responder<'_>) -> Result<Vec<u8>, KeyError> {
        let (key, key_info, certificate) = match responder {
            Responder::Authority => (&self.key, self.key.public_key_info(), None),
            Responder::Delegate { key, certificate } => (key, key.public_key_info(), Some(certificate)),
        };
        // The CA is named by its key; a delegate by its name, as openssl does: both forms get exercised.
        let id = match certificate.map(Certificate::read) {
            Some(Ok(delegate)) => explicit(1, delegate.subject),
            _ => explicit(2, &octets(&sha1_name(public_key_octets(key_info).unwrap_or_default()))),
        };
        let standing = match answer.standing {
            AnswerStanding::Good => element(tag::context(0), &[]),
            AnswerStanding::Unknown => element(tag::context(2), &[]),
            AnswerStanding::Revoked { since, reason } => {
                let code = explicit(0, &element(tag::ENUMERATED, &[reason.code()]));
                element(tag::constructed(1), &[generalized_time(since), code].concat())
            }
        };
        let next = answer.next_update.map(|at| explicit(0, &generalized_time(at))).unwrap_or_default();
        let single = sequence(&[&answer.certificate_id, &standing, &generalized_time(answer.this_update), &next]);
        let nonce = answer
            .nonce
            .as_ref()
            .map(|nonce| explicit(1, &sequence(&[&sequence(&[&oid(oids::OCSP_NONCE), &octets(nonce)])])));
        let data =
            sequence(&[&id, &generalized_time(answer.produced_at), &sequence(&[&single]), &nonce.unwrap_or_default()]);
        let certificates = certificate.map(|der| explicit(0, &sequence(&[der]))).unwrap_or_default();
        let basic = sequence(&[&data, &key.algorithm().identifier(), &bits(&key.sign(&data)?), &certificates]);
        let bytes = sequence(&[&oid(oids::OCSP_BASIC), &octets(&basic)]);
        Ok(sequence(&[&element(tag::ENUMERATED, &[0]), &explicit(0, &bytes)]))
    }

    /// Signs a revocation list for the distribution point of this CA's certificates.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn revocation_list(
        &self,
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
        revoked: &[RevokedEntry],
    ) -> Result<Vec<u8>, KeyError> {
        self.revocation_list_of(super::CRL_CITY, number, this_update, next_update, revoked)
    }

    /// Signs a revocation list for another city's distribution point.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn revocation_list_of(
        &self,
        city: &str,
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
        revoked: &[RevokedEntry],
    ) -> Result<Vec<u8>, KeyError> {
        let name = self.crl_point_name(city);
        let point = sequence(&[&explicit(0, &explicit(0, &explicit(4, &name)))]);
        self.sign_list(Some(&point), number, (this_update, next_update), revoked)
    }

    /// Signs a revocation list of everything this CA issued, without a distribution point: the form of an IACA's list.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn whole_revocation_list(
        &self,
        number: u64,
        this_update: Timestamp,
        next_update: Timestamp,
        revoked: &[RevokedEntry],
    ) -> Result<Vec<u8>, KeyError> {
        self.sign_list(None, number, (this_update, next_update), revoked)
    }

    fn sign_list(
        &self,
        point: Option<&[u8]>,
        number: u64,
        (this_update, next_update): (Timestamp, Timestamp),
        revoked: &[RevokedEntry],
    ) -> Result<Vec<u8>, KeyError> {
        let algorithm = self.key.algorithm().identifier();
        let entries: Vec<u8> = revoked
            .iter()
            .flat_map(|entry| {
                let reason = octets(&element(tag::ENUMERATED, &[entry.reason.code()]));
                // `unspecified` is expressed by leaving the reason out (RFC 5280 §5.3.1).
                let extensions = match entry.reason {
                    RevocationReason::Unspecified => Vec::new(),
                    _ => sequence(&[&sequence(&[&oid(oids::CRL_REASON), &reason])]),
                };
                let serial = unsigned(&entry.serial.to_be_bytes());
                sequence(&[&serial, &utc_or_generalized_time(entry.since), &extensions])
            })
            .collect();
        // An empty list is left out altogether.
        let entries = if entries.is_empty() { entries } else { element(tag::SEQUENCE, &entries) };
        let authority = octets(&sequence(&[&element(tag::context(0), &self.key_id)]));
        let point = point.map_or_else(Vec::new, |point| {
            let critical = element(tag::BOOLEAN, &[0xFF]);
            sequence(&[&oid(oids::ISSUING_DISTRIBUTION_POINT), &critical, &octets(point)])
        });
        let extensions = sequence(&[
            &sequence(&[&oid(oids::AUTHORITY_KEY_IDENTIFIER), &authority]),
            &sequence(&[&oid(oids::CRL_NUMBER), &octets(&unsigned(&number.to_be_bytes()))]),
            &point,
        ]);
        let tbs = sequence(&[
            &unsigned(&[1]),
            &algorithm,
            &self.name,
            &utc_or_generalized_time(this_update),
            &utc_or_generalized_time(next_update),
            &entries,
            &explicit(0, &extensions),
        ]);
        let signature = self.key.sign(&tbs)?;
        Ok(sequence(&[&tbs, &algorithm, &bits(&signature)]))
    }
}
