//! Certificate revocation lists (RFC 5280 §5). A list is checked once, indexed, and then asked many times.

use std::collections::HashMap;

use base::Timestamp;

use super::{FreshnessRules, RevocationReason, SourceKind, Standing, Status, StatusError, check_not_future};
use crate::algorithm::SignatureAlgorithm;
use crate::anchors::Anchor;
use crate::asn1::{Malformed, Reader, Tlv, tag};
use crate::certificate::{read_extension_list, read_extensions};
use crate::jpki_profile::{JudgedCertificate, distribution_point_name};
use crate::oids;

/// A revocation list whose signature and issuer were found right.
pub struct RevocationList {
    issuer_key_id: Vec<u8>,
    this_update: Timestamp,
    next_update: Timestamp,
    number: Vec<u8>,
    /// The distribution point it covers; `None`: everything this CA issued.
    point: Option<Vec<u8>>,
    entries: HashMap<Vec<u8>, (Timestamp, RevocationReason)>,
}

impl std::fmt::Debug for RevocationList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RevocationList")
            .field("this_update", &self.this_update)
            .field("next_update", &self.next_update)
            .field("entries", &self.entries.len())
            .finish_non_exhaustive()
    }
}

impl RevocationList {
    /// Reads a list and checks that `issuer` signed it. Total.
    ///
    /// # Errors
    /// Malformed, another signer, wrong signature, or a kind of list we cannot use (partial, indirect, delta).
    pub fn read(der: &[u8], issuer: &Anchor) -> Result<Self, StatusError> {
        let mut whole = Reader::new(der);
        let mut outer = whole.sequence("a revocation list")?;
        whole.finish()?;
        let tbs = outer.expect(tag::SEQUENCE, "the signed part of a list")?;
        let algorithm = outer.expect(tag::SEQUENCE, "the signature algorithm")?;
        let signature = outer.expect(tag::BIT_STRING, "the signature")?.whole_bits("whole octets of a signature")?;
        outer.finish()?;

        let mut fields = tbs.reader();
        let version = fields.expect(tag::INTEGER, "version 2")?;
        if version.small("version 2")? != 1 {
            return Err(Malformed { position: version.position, what: "version 2" }.into());
        }
        if fields.expect(tag::SEQUENCE, "the signature algorithm")?.raw != algorithm.raw {
            let what = "the same signature algorithm inside and outside";
            return Err(Malformed { position: algorithm.position, what }.into());
        }
        if fields.expect(tag::SEQUENCE, "the issuer's name")?.raw != issuer.name {
            return Err(StatusError::WrongSigner);
        }
        let this_update = fields.any("thisUpdate")?.time()?;
        let next_update = fields.any("nextUpdate")?.time()?;
        let revoked = fields.optional(tag::SEQUENCE, "revoked certificates")?;
        let extensions = fields.expect(tag::constructed(0), "extensions")?;
        fields.finish()?;
        let Some(algorithm) = SignatureAlgorithm::read(&algorithm)? else { return Err(StatusError::WrongSigner) };
        if !algorithm.verifies(&issuer.public_key, tbs.raw, signature) {
            return Err(StatusError::BadSignature);
        }
        let scope = read_scope(&extensions, issuer)?;
        let entries = revoked.map(|list| read_entries(&list)).transpose()?.unwrap_or_default();
        Ok(Self {
            issuer_key_id: issuer.key_id.clone(),
            this_update,
            next_update,
            number: scope.number,
            point: scope.point,
            entries,
        })
    }

    /// What the list says about `certificate` at `now`.
    ///
    /// # Errors
    /// The list is for other certificates, past its `nextUpdate`, or from the future.
    pub fn status(
        &self,
        certificate: &JudgedCertificate,
        now: Timestamp,
        rules: FreshnessRules,
    ) -> Result<Status, StatusError> {
        let same_point = self.point.as_ref().is_none_or(|point| *point == certificate.crl_point);
        if self.issuer_key_id != certificate.id.issuer_key_id || !same_point {
            return Err(StatusError::WrongList);
        }
        self.status_of(&certificate.id.serial, now, rules)
    }

    /// What a list of everything its CA issued says about a certificate that the CA issued (of another profile than
    /// JPKI).
    pub(crate) fn status_under(
        &self,
        issuer_key_id: &[u8],
        serial: &[u8],
        now: Timestamp,
        rules: FreshnessRules,
    ) -> Result<Status, StatusError> {
        if self.issuer_key_id != issuer_key_id || self.point.is_some() {
            return Err(StatusError::WrongList);
        }
        self.status_of(serial, now, rules)
    }

    fn status_of(&self, serial: &[u8], now: Timestamp, rules: FreshnessRules) -> Result<Status, StatusError> {
        check_not_future(self.this_update, now, rules)?;
        if !self.is_current(now) {
            return Err(StatusError::Stale { as_of: self.this_update });
        }
        let standing = match self.entries.get(serial) {
            None => Standing::Good,
            Some(&(since, reason)) => Standing::Revoked { since, reason },
        };
        Ok(Status { standing, source: SourceKind::Crl, as_of: self.this_update })
    }

    /// Whether `nextUpdate` is still to come.
    pub fn is_current(&self, now: Timestamp) -> bool {
        now < self.next_update
    }

    /// Since when and why a certificate that this list speaks of was revoked, whether or not the list is still current: for
    /// evidence kept with a document.
    pub(crate) fn revoked_since(&self, serial: &[u8]) -> Option<(Timestamp, RevocationReason)> {
        self.entries.get(serial).copied()
    }

    /// Whether the list speaks of everything its CA issued.
    pub(crate) const fn covers_all(&self) -> bool {
        self.point.is_none()
    }

    /// When the list was made.
    pub(crate) const fn this_update(&self) -> Timestamp {
        self.this_update
    }

    /// Number of revoked certificates.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing is revoked.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether this list was made before `other`.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        // CRL numbers are big-endian without leading zeros: the longer is the greater.
        (self.number.len(), &self.number, self.this_update) < (other.number.len(), &other.number, other.this_update)
    }
}

struct Scope {
    number: Vec<u8>,
    point: Option<Vec<u8>>,
}

fn read_scope(extensions: &Tlv<'_>, issuer: &Anchor) -> Result<Scope, StatusError> {
    let mut scope = Scope { number: Vec::new(), point: None };
    for extension in read_extensions(extensions)? {
        let mut reader = extension.reader();
        if extension.is(oids::CRL_NUMBER) {
            scope.number = reader.expect(tag::INTEGER, "a list number")?.unsigned("a list number")?.to_vec();
        } else if extension.is(oids::ISSUING_DISTRIBUTION_POINT) {
            scope.point = read_issuing_point(reader)?;
        } else if extension.is(oids::AUTHORITY_KEY_IDENTIFIER) {
            let mut parts = reader.sequence("an authority key identifier")?;
            let id = parts.optional(tag::context(0), "a key identifier")?;
            if id.is_some_and(|id| id.value != issuer.key_id) {
                return Err(StatusError::WrongSigner);
            }
        } else if extension.critical {
            // Delta lists and anything new: using them as full lists would miss revocations.
            return Err(StatusError::WrongList);
        }
    }
    Ok(scope)
}

/// `issuingDistributionPoint`: a directory name, for user certificates or for all. Lists for CA certificates only, for
/// some reasons only, for attributes only or of other issuers are refused.
fn read_issuing_point(mut reader: Reader<'_>) -> Result<Option<Vec<u8>>, StatusError> {
    let mut parts = reader.sequence("an issuing distribution point")?;
    reader.finish()?;
    let mut point = None;
    while !parts.is_empty() {
        let part = parts.any("a part of an issuing distribution point")?;
        match part.tag {
            t if t == tag::constructed(0) => {
                let name = distribution_point_name(part.reader())?.ok_or(StatusError::WrongList)?;
                point = Some(name.to_vec());
            }
            t if t == tag::context(1) => {}
            _ => return Err(StatusError::WrongList),
        }
    }
    Ok(point)
}

fn read_entries(list: &Tlv<'_>) -> Result<HashMap<Vec<u8>, (Timestamp, RevocationReason)>, StatusError> {
    let mut reader = list.reader();
    let mut entries = HashMap::new();
    while !reader.is_empty() {
        let mut parts = reader.sequence("a revoked certificate")?;
        let serial = parts.expect(tag::INTEGER, "a serial number")?.unsigned("a serial number")?;
        let since = parts.any("the time of revocation")?.time()?;
        let mut reason = RevocationReason::Unspecified;
        if !parts.is_empty() {
            let extensions = parts.expect(tag::SEQUENCE, "entry extensions")?;
            for extension in read_extension_list(&extensions)? {
                if extension.is(oids::CRL_REASON) {
                    let code = extension.reader().expect(tag::ENUMERATED, "a reason")?.small("a reason")?;
                    reason = RevocationReason::from_code(code);
                } else if extension.critical {
                    return Err(StatusError::WrongList);
                }
            }
        }
        parts.finish()?;
        entries.insert(serial.to_vec(), (since, reason));
    }
    Ok(entries)
}
