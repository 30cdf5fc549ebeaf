//! CMS SignedData (RFC 5652) with the attributes of CAdES baseline B: one signer, detached content.

use crate::SignatureAlgorithm;
use crate::algorithm::sha256;
use crate::asn1::writer::{element, explicit, octets, oid, sequence, set_of, unsigned};
use crate::asn1::{Malformed, Reader, Tlv, tag};
use crate::certificate::Certificate;
use crate::keys::{DocumentSigner, KeyError};
use crate::oids;

/// Why no signature was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MakeError {
    NoCertificate,
    Certificate(Malformed),
    Key(KeyError),
}

/// Signs content whose SHA-256 is `digest`.
///
/// Attributes: content-type, message-digest, signing-certificate-v2; no signing-time, which PAdES keeps in the PDF.
pub(crate) fn sign_detached(digest: [u8; 32], signer: &dyn DocumentSigner) -> Result<Vec<u8>, MakeError> {
    let chain = signer.certificate_chain();
    let leaf_der = chain.first().ok_or(MakeError::NoCertificate)?;
    let leaf = Certificate::read(leaf_der).map_err(MakeError::Certificate)?;
    let sha256_algorithm = sequence(&[&oid(oids::SHA256)]);
    let serial = unsigned(leaf.serial);
    // The DER of the SET is signed; in the message the same content stands under [0].
    let mut signed = attributes_of(digest, &leaf);
    let signature = signer.sign_sha256(&signed).map_err(MakeError::Key)?;
    signed[0] = tag::constructed(0);
    let signer_info = sequence(&[
        &unsigned(&[1]),
        &sequence(&[leaf.issuer, &serial]),
        &sha256_algorithm,
        &signed,
        &signer.algorithm().identifier(),
        &octets(&signature),
    ]);
    let certificates: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
    let mut certificates = set_of(&certificates);
    certificates[0] = tag::constructed(0);
    let signed_data = sequence(&[
        &unsigned(&[1]),
        &set_of(&[&sha256_algorithm]),
        &sequence(&[&oid(oids::CMS_DATA)]),
        &certificates,
        &set_of(&[&signer_info]),
    ]);
    Ok(sequence(&[&oid(oids::CMS_SIGNED_DATA), &explicit(0, &signed_data)]))
}

/// The message with a time stamp over its signature as unsigned attribute (RFC 3161 appendix A). What is signed stays byte
/// for byte.
///
/// # Errors
/// Not a message as [`sign_detached`] makes it.
pub(crate) fn with_time_stamp(message: &[u8], token: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut content = children(&Reader::new(message).expect(tag::SEQUENCE, "a CMS message")?)?;
    let [_, wrapper] = content.as_slice() else { return Err(message_expected()) };
    let data = wrapper.reader().expect(tag::SEQUENCE, "signed data")?;
    let data = children(&data)?;
    let Some((signers, before)) = data.split_last() else { return Err(message_expected()) };
    let signer = signers.reader().expect(tag::SEQUENCE, "a signer")?;
    let mut signer: Vec<&[u8]> = children(&signer)?.iter().map(|part| part.raw).collect();
    if signer.last().is_some_and(|last| last.first() == Some(&tag::constructed(1))) {
        signer.pop();
    }
    let stamp = element(tag::constructed(1), &attribute(oids::SIGNATURE_TIME_STAMP, token));
    signer.push(&stamp);
    let signers = set_of(&[&sequence(&signer)]);
    let mut data: Vec<&[u8]> = before.iter().map(|part| part.raw).collect();
    data.push(&signers);
    let data = explicit(0, &sequence(&data));
    content.truncate(1);
    Ok(sequence(&[content[0].raw, &data]))
}

const fn message_expected() -> Malformed {
    Malformed { position: 0, what: "a signed message" }
}

fn children<'a>(outer: &Tlv<'a>) -> Result<Vec<Tlv<'a>>, Malformed> {
    let mut reader = outer.reader();
    let mut parts = Vec::new();
    while !reader.is_empty() {
        parts.push(reader.any("a part of a signed message")?);
    }
    Ok(parts)
}

/// What a signer signs for content whose SHA-256 is `digest`: the signed attributes as DER of the SET.
///
/// # Errors
/// The signer's certificate is malformed.
pub(crate) fn signed_attributes(digest: [u8; 32], leaf_der: &[u8]) -> Result<Vec<u8>, Malformed> {
    Ok(attributes_of(digest, &Certificate::read(leaf_der)?))
}

fn attributes_of(digest: [u8; 32], leaf: &Certificate<'_>) -> Vec<u8> {
    // ESSCertIDv2: SHA-256 is the default algorithm and left out (RFC 5035).
    let issuer_serial = sequence(&[&sequence(&[&explicit(4, leaf.issuer)]), &unsigned(leaf.serial)]);
    let certificate_reference = sequence(&[&octets(&sha256(leaf.raw)), &issuer_serial]);
    let attributes = [
        attribute(oids::CONTENT_TYPE, &oid(oids::CMS_DATA)),
        attribute(oids::MESSAGE_DIGEST, &octets(&digest)),
        attribute(oids::SIGNING_CERTIFICATE_V2, &sequence(&[&sequence(&[&certificate_reference])])),
    ];
    let attributes: Vec<&[u8]> = attributes.iter().map(Vec::as_slice).collect();
    set_of(&attributes)
}

fn attribute(kind: const_oid::ObjectIdentifier, value: &[u8]) -> Vec<u8> {
    sequence(&[&oid(kind), &set_of(&[value])])
}

/// A signature that was read, not yet judged.
pub(crate) struct SignedData<'a> {
    certificates: Vec<Certificate<'a>>,
    signer_issuer: &'a [u8],
    signer_serial: &'a [u8],
    attributes: Attributes<'a>,
    /// The attributes as SET: what is signed.
    signed: Vec<u8>,
    algorithm: Option<SignatureAlgorithm>,
    signature: &'a [u8],
    time_stamp: Option<&'a [u8]>,
}

#[derive(Default)]
struct Attributes<'a> {
    content_type: Option<&'a [u8]>,
    message_digest: Option<&'a [u8]>,
    certificate_hash: Option<&'a [u8]>,
}

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CheckError {
    Malformed(Malformed),
    Form(&'static str),
    Digest,
    Signature,
}

impl From<Malformed> for CheckError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// More certificates than a chain has.
const MAX_CERTIFICATES: usize = 8;

impl<'a> SignedData<'a> {
    /// Reads a ContentInfo; what follows it (the padding of the hole) must be zeros.
    pub fn read(der: &'a [u8]) -> Result<Self, CheckError> {
        let mut whole = Reader::new(der);
        let mut content = whole.sequence("a CMS message")?;
        let consumed = der.len() - whole.remaining();
        if let Some(step) = der[consumed..].iter().position(|&b| b != 0) {
            return Err(Malformed { position: consumed + step, what: "only padding after the signature" }.into());
        }
        let kind = content.expect(tag::OID, "a content type")?;
        if kind.value != oids::CMS_SIGNED_DATA.as_bytes() {
            return Err(CheckError::Form("not signed data"));
        }
        let mut wrapper = content.expect(tag::constructed(0), "signed data")?.reader();
        content.finish()?;
        let mut data = wrapper.sequence("signed data")?;
        wrapper.finish()?;
        read_version(&mut data)?;
        let mut digests = data.expect(tag::SET, "digest algorithms")?.reader();
        read_sha256(&mut digests)?;
        digests.finish()?;
        let mut encapsulated = data.sequence("the content")?;
        if encapsulated.expect(tag::OID, "a content type")?.value != oids::CMS_DATA.as_bytes() {
            return Err(CheckError::Form("its content type is not data"));
        }
        if !encapsulated.is_empty() {
            return Err(CheckError::Form("it carries its own content"));
        }
        let certificates = data.expect(tag::constructed(0), "certificates")?;
        data.optional(tag::constructed(1), "revocation lists")?;
        let mut signers = data.expect(tag::SET, "signers")?.reader();
        data.finish()?;
        let signer = signers.expect(tag::SEQUENCE, "a signer")?;
        if !signers.is_empty() {
            return Err(CheckError::Form("it has more than one signer"));
        }
        let mut list = certificates.reader();
        let mut found = Vec::new();
        while !list.is_empty() {
            if found.len() == MAX_CERTIFICATES {
                return Err(CheckError::Form("it has too many certificates"));
            }
            found.push(Certificate::read_next(&mut list)?);
        }
        Self::read_signer(&signer, found)
    }

    fn read_signer(signer: &Tlv<'a>, certificates: Vec<Certificate<'a>>) -> Result<Self, CheckError> {
        let mut parts = signer.reader();
        read_version(&mut parts)?;
        if parts.peek() != Some(tag::SEQUENCE) {
            return Err(CheckError::Form("the signer is not named by issuer and serial number"));
        }
        let mut id = parts.sequence("the signer's name")?;
        let signer_issuer = id.expect(tag::SEQUENCE, "the issuer's name")?.raw;
        let signer_serial = id.expect(tag::INTEGER, "a serial number")?.unsigned("a serial number")?;
        id.finish()?;
        read_sha256(&mut parts)?;
        if parts.peek() != Some(tag::constructed(0)) {
            return Err(CheckError::Form("it has no signed attributes"));
        }
        let attributes = parts.expect(tag::constructed(0), "signed attributes")?;
        let algorithm = SignatureAlgorithm::read(&parts.expect(tag::SEQUENCE, "the signature algorithm")?)?;
        let signature = parts.expect(tag::OCTET_STRING, "the signature")?.value;
        let unsigned = parts.optional(tag::constructed(1), "unsigned attributes")?;
        parts.finish()?;
        let time_stamp = unsigned.map(|list| time_stamp_in(&list)).transpose()?.flatten();
        let mut signed = attributes.raw.to_vec();
        signed[0] = tag::SET;
        Ok(Self {
            certificates,
            signer_issuer,
            signer_serial,
            attributes: Attributes::read(&attributes)?,
            signed,
            algorithm,
            signature,
            time_stamp,
        })
    }

    /// The signature's octets: what a time stamp is over.
    pub const fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// The time stamp over the signature, not judged.
    pub const fn time_stamp(&self) -> Option<&'a [u8]> {
        self.time_stamp
    }

    /// The signer's certificate, once digest, attributes and signature are found right for content with this SHA-256.
    pub fn check(&self, digest: [u8; 32]) -> Result<&Certificate<'a>, CheckError> {
        if self.attributes.content_type != Some(oids::CMS_DATA.as_bytes()) {
            return Err(CheckError::Form("its content type is not data"));
        }
        let leaf = self
            .certificates
            .iter()
            .find(|c| c.issuer == self.signer_issuer && c.serial == self.signer_serial)
            .ok_or(CheckError::Form("the signer's certificate is missing"))?;
        match self.attributes.certificate_hash {
            None => return Err(CheckError::Form("it does not name its certificate (signing-certificate-v2)")),
            Some(hash) if hash != sha256(leaf.raw) => return Err(CheckError::Form("it names another certificate")),
            Some(_) => {}
        }
        let algorithm = self.algorithm.ok_or(CheckError::Form("its algorithm is not accepted"))?;
        if !algorithm.verifies(leaf.public_key, &self.signed, self.signature) {
            return Err(CheckError::Signature);
        }
        // Last, so that "altered" is said only of a signature that is sound in itself.
        if self.attributes.message_digest != Some(&digest) {
            return Err(CheckError::Digest);
        }
        Ok(leaf)
    }
}

/// The first time stamp among unsigned attributes.
fn time_stamp_in<'a>(list: &Tlv<'a>) -> Result<Option<&'a [u8]>, Malformed> {
    let mut reader = list.reader();
    let mut found = None;
    while !reader.is_empty() {
        let mut parts = reader.sequence("an attribute")?;
        let kind = parts.expect(tag::OID, "the kind of an attribute")?.value;
        let mut values = parts.expect(tag::SET, "the values of an attribute")?.reader();
        parts.finish()?;
        if kind == oids::SIGNATURE_TIME_STAMP.as_bytes() && found.is_none() {
            found = Some(values.any("a time stamp")?.raw);
        }
    }
    Ok(found)
}

/// Version 1: the signer is named by issuer and serial number, and nothing newer is used.
fn read_version(parts: &mut Reader<'_>) -> Result<(), CheckError> {
    match parts.expect(tag::INTEGER, "a version")?.small("a version")? {
        1 => Ok(()),
        _ => Err(CheckError::Form("its version is not 1")),
    }
}

/// SHA-256, without parameters or with NULL as older writers put it.
fn read_sha256(parts: &mut Reader<'_>) -> Result<(), CheckError> {
    let mut algorithm = parts.sequence("a digest algorithm")?;
    if algorithm.expect(tag::OID, "a digest algorithm")?.value != oids::SHA256.as_bytes() {
        return Err(CheckError::Form("its digest is not SHA-256"));
    }
    algorithm.optional(tag::NULL, "no parameters")?;
    Ok(algorithm.finish()?)
}

impl<'a> Attributes<'a> {
    fn read(list: &Tlv<'a>) -> Result<Self, CheckError> {
        let mut reader = list.reader();
        let mut attributes = Self::default();
        while !reader.is_empty() {
            let mut parts = reader.sequence("an attribute")?;
            let kind = parts.expect(tag::OID, "the kind of an attribute")?.value;
            let mut values = parts.expect(tag::SET, "the values of an attribute")?.reader();
            parts.finish()?;
            let value = values.any("a value")?;
            let slot = if kind == oids::CONTENT_TYPE.as_bytes() {
                &mut attributes.content_type
            } else if kind == oids::MESSAGE_DIGEST.as_bytes() {
                &mut attributes.message_digest
            } else if kind == oids::SIGNING_CERTIFICATE_V2.as_bytes() {
                &mut attributes.certificate_hash
            } else {
                continue;
            };
            values.finish()?;
            let content =
                if kind == oids::SIGNING_CERTIFICATE_V2.as_bytes() { certificate_hash(&value)? } else { value.value };
            if slot.replace(content).is_some() {
                return Err(CheckError::Form("an attribute stands twice"));
            }
        }
        Ok(attributes)
    }
}

/// The hash in the first ESSCertIDv2; SHA-256 only.
fn certificate_hash<'a>(value: &Tlv<'a>) -> Result<&'a [u8], CheckError> {
    let mut list = value.reader().sequence("certificate references")?;
    let mut reference = list.sequence("a certificate reference")?;
    if let Some(algorithm) = reference.optional(tag::SEQUENCE, "a hash algorithm")? {
        let named = algorithm.reader().expect(tag::OID, "a hash algorithm")?;
        if named.value != oids::SHA256.as_bytes() {
            return Err(CheckError::Form("it names its certificate by another hash than SHA-256"));
        }
    }
    Ok(reference.expect(tag::OCTET_STRING, "a certificate's hash")?.value)
}
