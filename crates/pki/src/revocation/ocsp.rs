//! OCSP (RFC 6960): the question and the judgement of the answer. No network here.

use base::Timestamp;
use const_oid::ObjectIdentifier;

use super::{FreshnessRules, RevocationReason, SourceKind, Standing, Status, StatusError, check_not_future};
use crate::algorithm::{SignatureAlgorithm, public_key_octets, sha1_name};
use crate::anchors::Anchor;
use crate::asn1::{Malformed, Reader, Tlv, tag, writer};
use crate::certificate::{Certificate, read_extensions};
use crate::jpki_profile::JudgedCertificate;
use crate::oids;

/// The hash by which a question names the issuer. SHA-1 here is a name, not a protection; it is what every responder
/// understands (RFC 5019 §2.1.1).
const QUESTION_HASH: ObjectIdentifier = oids::SHA1;

/// A question about one certificate, with a nonce.
#[derive(Clone, Debug)]
pub struct OcspQuestion {
    der: Vec<u8>,
    nonce: [u8; 16],
}

impl OcspQuestion {
    /// Asks about `certificate`. `nonce` must be fresh random bytes.
    pub fn about(certificate: &JudgedCertificate, nonce: [u8; 16]) -> Self {
        let issuer = &certificate.issuer;
        let hash = writer::sequence(&[&writer::oid(QUESTION_HASH), &writer::null()]);
        let id = writer::sequence(&[
            &hash,
            &writer::octets(&issuer.name_hash_sha1),
            &writer::octets(&issuer.key_hash_sha1),
            &writer::unsigned(&certificate.id.serial),
        ]);
        let list = writer::sequence(&[&writer::sequence(&[&id])]);
        let nonce_extension =
            writer::sequence(&[&writer::oid(oids::OCSP_NONCE), &writer::octets(&writer::octets(&nonce))]);
        let extensions = writer::explicit(2, &writer::sequence(&[&nonce_extension]));
        let der = writer::sequence(&[&writer::sequence(&[&list, &extensions])]);
        Self { der, nonce }
    }

    /// The bytes to POST as `application/ocsp-request`.
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

/// Judges the bytes a responder sent about `certificate`.
///
/// Pass `question` for a fresh answer: a nonce in the answer must then be ours.
///
/// # Errors
/// Everything that leaves the status unknown.
pub fn read_ocsp_answer(
    answer: &[u8],
    certificate: &JudgedCertificate,
    question: Option<&OcspQuestion>,
    now: Timestamp,
    rules: FreshnessRules,
) -> Result<Status, StatusError> {
    let mut whole = Reader::new(answer);
    let mut response = whole.sequence("an OCSP response")?;
    whole.finish()?;
    let code = response.expect(tag::ENUMERATED, "a response status")?.small("a response status")?;
    if code != 0 {
        return Err(StatusError::ResponderRefused(code));
    }
    let mut wrapper = response.expect(tag::constructed(0), "the response bytes")?.reader();
    let mut bytes = wrapper.sequence("the response bytes")?;
    response.finish()?;
    let kind = bytes.expect(tag::OID, "the kind of response")?;
    if kind.value != oids::OCSP_BASIC.as_bytes() {
        return Err(Malformed { position: kind.position, what: "a basic OCSP response" }.into());
    }
    let inner = bytes.expect(tag::OCTET_STRING, "a basic OCSP response")?;
    let basic = Basic::read(inner.reader())?;
    basic.check_signature(&certificate.issuer, now)?;
    basic.check_nonce(question, rules)?;
    let single = basic.single_for(certificate)?;
    check_not_future(basic.produced_at, now, rules)?;
    check_not_future(single.this_update, now, rules)?;
    // Both must be recent: a responder may stamp an old finding anew, and an old answer may be played again.
    let as_of = single.this_update.min(basic.produced_at);
    let over = single.next_update.is_some_and(|next| now > next.plus_seconds(rules.clock_skew_seconds));
    if over || now.seconds_since(as_of) > rules.ocsp_max_age_seconds {
        return Err(StatusError::Stale { as_of });
    }
    Ok(Status { standing: single.standing.ok_or(StatusError::UnknownToResponder)?, source: SourceKind::Ocsp, as_of })
}

enum ResponderId<'a> {
    Name(&'a [u8]),
    KeyHash(&'a [u8]),
}

struct Basic<'a> {
    signed: &'a [u8],
    algorithm: Option<SignatureAlgorithm>,
    signature: &'a [u8],
    responder: ResponderId<'a>,
    produced_at: Timestamp,
    singles: Reader<'a>,
    nonce: Option<&'a [u8]>,
    certificates: Option<Tlv<'a>>,
}

struct Single {
    standing: Option<Standing>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
}

impl<'a> Basic<'a> {
    fn read(mut input: Reader<'a>) -> Result<Self, Malformed> {
        let mut parts = input.sequence("a basic OCSP response")?;
        input.finish()?;
        let data = parts.expect(tag::SEQUENCE, "response data")?;
        let algorithm = SignatureAlgorithm::read(&parts.expect(tag::SEQUENCE, "the signature algorithm")?)?;
        let signature = parts.expect(tag::BIT_STRING, "the signature")?.whole_bits("whole octets of a signature")?;
        let certificates = parts.optional(tag::constructed(0), "certificates")?;
        parts.finish()?;

        let mut fields = data.reader();
        if let Some(version) = fields.optional(tag::constructed(0), "a version")? {
            return Err(Malformed { position: version.position, what: "version 1, which is left out" });
        }
        let id = fields.any("a responder's name or key")?;
        let mut inner = id.reader();
        let responder = match id.tag {
            t if t == tag::constructed(1) => ResponderId::Name(inner.expect(tag::SEQUENCE, "a responder's name")?.raw),
            t if t == tag::constructed(2) => {
                ResponderId::KeyHash(inner.expect(tag::OCTET_STRING, "a responder's key hash")?.value)
            }
            _ => return Err(Malformed { position: id.position, what: "a responder's name or key" }),
        };
        inner.finish()?;
        let produced_at = fields.expect(tag::GENERALIZED_TIME, "producedAt")?.time()?;
        let singles = fields.sequence("responses")?;
        let extensions = fields.optional(tag::constructed(1), "response extensions")?;
        fields.finish()?;
        let mut nonce = None;
        if let Some(wrapper) = extensions {
            for extension in read_extensions(&wrapper)? {
                if extension.is(oids::OCSP_NONCE) {
                    // Some responders echo the bare octets, some the OCTET STRING they came in.
                    let mut reader = extension.reader();
                    nonce = Some(match reader.expect(tag::OCTET_STRING, "a nonce") {
                        Ok(inner) if reader.is_empty() => inner.value,
                        _ => extension.value,
                    });
                } else if extension.critical {
                    return Err(Malformed { position: extension.position, what: "no unknown critical extension" });
                }
            }
        }
        Ok(Self { signed: data.raw, algorithm, signature, responder, produced_at, singles, nonce, certificates })
    }

    fn check_signature(&self, issuer: &Anchor, now: Timestamp) -> Result<(), StatusError> {
        let Some(algorithm) = self.algorithm else { return Err(StatusError::WrongSigner) };
        if self.names(&issuer.name, &issuer.key_hash_sha1) {
            let good = algorithm.verifies(&issuer.public_key, self.signed, self.signature);
            return if good { Ok(()) } else { Err(StatusError::BadSignature) };
        }
        let Some(certificates) = &self.certificates else { return Err(StatusError::WrongSigner) };
        let mut wrapper = certificates.reader();
        let mut list = wrapper.sequence("a list of certificates")?;
        wrapper.finish()?;
        while !list.is_empty() {
            let delegate = Certificate::read_next(&mut list)?;
            let key_hash = sha1_name(public_key_octets(delegate.public_key)?);
            if self.names(delegate.subject, &key_hash) && is_appointed(&delegate, issuer, now)? {
                let good = algorithm.verifies(delegate.public_key, self.signed, self.signature);
                return if good { Ok(()) } else { Err(StatusError::BadSignature) };
            }
        }
        Err(StatusError::WrongSigner)
    }

    fn names(&self, name: &[u8], key_hash: &[u8]) -> bool {
        match self.responder {
            ResponderId::Name(n) => n == name,
            ResponderId::KeyHash(h) => h == key_hash,
        }
    }

    fn check_nonce(&self, question: Option<&OcspQuestion>, rules: FreshnessRules) -> Result<(), StatusError> {
        match (question, self.nonce) {
            (Some(question), Some(nonce)) if nonce == question.nonce => Ok(()),
            (Some(_), None) if !rules.nonce_required => Ok(()),
            (Some(_), _) => Err(StatusError::WrongNonce),
            (None, _) => Ok(()),
        }
    }

    fn single_for(&self, certificate: &JudgedCertificate) -> Result<Single, StatusError> {
        let mut list = self.singles;
        while !list.is_empty() {
            let mut parts = list.sequence("a response about one certificate")?;
            let mut id = parts.sequence("a certificate's identifier")?;
            let mut hash = id.sequence("a hash algorithm")?;
            let hash_oid = hash.expect(tag::OID, "a hash algorithm")?.value;
            let name_hash = id.expect(tag::OCTET_STRING, "a name hash")?.value;
            let key_hash = id.expect(tag::OCTET_STRING, "a key hash")?.value;
            let serial = id.expect(tag::INTEGER, "a serial number")?.unsigned("a serial number")?;
            id.finish()?;
            let single = read_single(&mut parts)?;
            let issuer = &certificate.issuer;
            let same_issuer = if hash_oid == oids::SHA1.as_bytes() {
                name_hash == issuer.name_hash_sha1 && key_hash == issuer.key_hash_sha1
            } else {
                hash_oid == oids::SHA256.as_bytes()
                    && name_hash == issuer.name_hash_sha256
                    && key_hash == issuer.key_hash_sha256
            };
            if same_issuer && serial == certificate.id.serial {
                return Ok(single);
            }
        }
        Err(StatusError::WrongCertificate)
    }
}

fn read_single(parts: &mut Reader<'_>) -> Result<Single, Malformed> {
    let status = parts.any("a certificate's status")?;
    let standing = match status.tag {
        t if t == tag::context(0) => Some(Standing::Good),
        t if t == tag::context(2) => None,
        t if t == tag::constructed(1) => {
            let mut revoked = status.reader();
            let since = revoked.expect(tag::GENERALIZED_TIME, "the time of revocation")?.time()?;
            let reason = match revoked.optional(tag::constructed(0), "a reason")? {
                None => RevocationReason::Unspecified,
                Some(wrapper) => {
                    let code = wrapper.reader().expect(tag::ENUMERATED, "a reason")?.small("a reason")?;
                    RevocationReason::from_code(code)
                }
            };
            revoked.finish()?;
            Some(Standing::Revoked { since, reason })
        }
        _ => return Err(Malformed { position: status.position, what: "good, revoked or unknown" }),
    };
    let this_update = parts.expect(tag::GENERALIZED_TIME, "thisUpdate")?.time()?;
    let next_update = match parts.optional(tag::constructed(0), "nextUpdate")? {
        None => None,
        Some(wrapper) => Some(wrapper.reader().expect(tag::GENERALIZED_TIME, "nextUpdate")?.time()?),
    };
    if let Some(wrapper) = parts.optional(tag::constructed(1), "extensions")?
        && let Some(unknown) = read_extensions(&wrapper)?.iter().find(|e| e.critical)
    {
        return Err(Malformed { position: unknown.position, what: "no unknown critical extension" });
    }
    parts.finish()?;
    Ok(Single { standing, this_update, next_update })
}

/// A responder the CA appointed (RFC 6960 §4.2.2.2): issued by the same CA key, for this purpose, valid now.
///
/// Its own revocation is not asked: with `id-pkix-ocsp-nocheck` the CA says so itself, and without it nobody could be
/// asked but the responder. Whether J-LIS sets that extension is not public.
fn is_appointed(delegate: &Certificate<'_>, issuer: &Anchor, now: Timestamp) -> Result<bool, Malformed> {
    let known = [oids::KEY_USAGE, oids::EXTENDED_KEY_USAGE, oids::BASIC_CONSTRAINTS, oids::CERTIFICATE_POLICIES];
    let no_unknown = delegate.extensions.iter().all(|e| !e.critical || known.iter().any(|&oid| e.is(oid)));
    let purposes = delegate.extended_key_usage()?;
    let may_sign = delegate.key_usage()?.is_none_or(|(bits, _)| bits & 0x8000 != 0);
    Ok(delegate.issuer == issuer.name
        && no_unknown
        && may_sign
        && purposes.contains(&oids::OCSP_SIGNING.as_bytes())
        && delegate.is_current(now)
        && issuer.signed(delegate))
}
