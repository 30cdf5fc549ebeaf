//! An X.509 certificate as bytes that were read once: borrowed fields, nothing judged yet.
//!
//! Signed bytes are slices of the input, never re-encoded, so what is verified is what arrived.

use base::Timestamp;

use crate::algorithm::{SignatureAlgorithm, public_key_octets};
use crate::asn1::{Malformed, Reader, Tlv, tag};
use crate::oids;

/// A certificate is at most this long. JPKI's are about 1.6 kB; anything near this is not one.
pub(crate) const MAX_CERTIFICATE_BYTES: usize = 16 * 1024;
/// More extensions than any profile here has.
const MAX_EXTENSIONS: usize = 24;

/// Which certificate, for storage under a keyed hash: which key issued it and which number it has.
///
/// Serial numbers of JPKI certificates may be kept only hashed and per purpose (公的個人認証法 52, 53, 63条), so `Debug`
/// does not print one.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CertificateId {
    /// Subject key identifier of the issuing CA generation (all generations share one name).
    pub issuer_key_id: Vec<u8>,
    /// Serial number, big endian, without leading zeros.
    pub serial: Vec<u8>,
}

impl CertificateId {
    /// One unambiguous byte string: length-prefixed key id, then the serial. Feed this to a keyed hash.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(1 + self.issuer_key_id.len() + self.serial.len());
        // Key identifiers longer than 255 octets are refused when a certificate is read.
        out.push(self.issuer_key_id.len().min(255) as u8);
        out.extend_from_slice(&self.issuer_key_id);
        out.extend_from_slice(&self.serial);
        out
    }
}

impl std::fmt::Debug for CertificateId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CertificateId(<personal>)")
    }
}

/// One extension, not interpreted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extension<'a> {
    pub oid: &'a [u8],
    pub critical: bool,
    /// DER inside the OCTET STRING.
    pub value: &'a [u8],
    /// Offset of `value` in the certificate.
    pub position: usize,
}

impl<'a> Extension<'a> {
    pub fn reader(&self) -> Reader<'a> {
        Reader::at(self.value, self.position)
    }

    pub fn is(&self, oid: const_oid::ObjectIdentifier) -> bool {
        self.oid == oid.as_bytes()
    }
}

/// The fields of a certificate, each a slice of the input.
#[derive(Clone, Debug)]
pub(crate) struct Certificate<'a> {
    /// The whole certificate.
    pub raw: &'a [u8],
    /// What the issuer signed.
    pub tbs: &'a [u8],
    pub serial: &'a [u8],
    /// `None`: an algorithm we do not accept.
    pub algorithm: Option<SignatureAlgorithm>,
    /// Names with tag and length, for comparison byte by byte.
    pub issuer: &'a [u8],
    pub subject: &'a [u8],
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// SubjectPublicKeyInfo with tag and length.
    pub public_key: &'a [u8],
    pub extensions: Vec<Extension<'a>>,
    pub signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads one certificate that fills `der` completely.
    ///
    /// # Errors
    /// The first byte that does not fit and what was expected there.
    pub fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        if der.len() > MAX_CERTIFICATE_BYTES {
            return Err(Malformed { position: MAX_CERTIFICATE_BYTES, what: "a certificate of at most 16 KiB" });
        }
        let mut whole = Reader::new(der);
        let certificate = Self::read_next(&mut whole)?;
        whole.finish()?;
        Ok(certificate)
    }

    /// Reads the next certificate of a run.
    pub fn read_next(input: &mut Reader<'a>) -> Result<Self, Malformed> {
        let outer = input.expect(tag::SEQUENCE, "a certificate")?;
        let mut parts = outer.reader();
        let tbs = parts.expect(tag::SEQUENCE, "the signed part of a certificate")?;
        let outer_algorithm = parts.expect(tag::SEQUENCE, "the signature algorithm")?;
        let signature = parts.expect(tag::BIT_STRING, "the signature")?.whole_bits("whole octets of a signature")?;
        parts.finish()?;

        let mut fields = tbs.reader();
        let version = fields.expect(tag::constructed(0), "version 3")?;
        let mut inner = version.reader();
        if inner.expect(tag::INTEGER, "a version number")?.small("a version number")? != 2 {
            return Err(Malformed { position: version.position, what: "version 3" });
        }
        inner.finish()?;
        let serial_field = fields.expect(tag::INTEGER, "a serial number")?;
        let serial = serial_field.unsigned("a serial number")?;
        if serial.len() > 20 || serial == [0] {
            return Err(Malformed { position: serial_field.position, what: "a serial number of 1 to 20 octets" });
        }
        let inner_algorithm = fields.expect(tag::SEQUENCE, "the signature algorithm")?;
        if inner_algorithm.raw != outer_algorithm.raw {
            let what = "the same signature algorithm inside and outside";
            return Err(Malformed { position: outer_algorithm.position, what });
        }
        let issuer = fields.expect(tag::SEQUENCE, "the issuer's name")?;
        let mut validity = fields.sequence("the validity")?;
        let not_before = validity.any("notBefore")?.time()?;
        let not_after = validity.any("notAfter")?.time()?;
        validity.finish()?;
        let subject = fields.expect(tag::SEQUENCE, "the subject's name")?;
        let public_key = fields.expect(tag::SEQUENCE, "the public key")?;
        public_key_octets(public_key.raw).map_err(|e| Malformed { position: public_key.position + e.position, ..e })?;
        let extensions = fields.expect(tag::constructed(3), "extensions")?;
        fields.finish()?;
        Ok(Self {
            raw: outer.raw,
            tbs: tbs.raw,
            serial,
            algorithm: SignatureAlgorithm::read(&outer_algorithm)?,
            issuer: issuer.raw,
            subject: subject.raw,
            not_before,
            not_after,
            public_key: public_key.raw,
            extensions: read_extensions(&extensions)?,
            signature,
        })
    }

    /// The extension of this name.
    pub fn extension(&self, oid: const_oid::ObjectIdentifier) -> Option<&Extension<'a>> {
        self.extensions.iter().find(|extension| extension.is(oid))
    }

    /// Subject key identifier.
    pub fn subject_key_id(&self) -> Result<Option<&'a [u8]>, Malformed> {
        let Some(extension) = self.extension(oids::SUBJECT_KEY_IDENTIFIER) else { return Ok(None) };
        let mut reader = extension.reader();
        let id = reader.expect(tag::OCTET_STRING, "a key identifier")?;
        reader.finish()?;
        check_key_id(id.value, id.position)
    }

    /// Authority key identifier.
    pub fn authority_key_id(&self) -> Result<Option<AuthorityKeyId<'a>>, Malformed> {
        let Some(extension) = self.extension(oids::AUTHORITY_KEY_IDENTIFIER) else { return Ok(None) };
        let mut whole = extension.reader();
        let mut parts = whole.sequence("an authority key identifier")?;
        whole.finish()?;
        let Some(id) = parts.optional(tag::context(0), "a key identifier")? else { return Ok(None) };
        check_key_id(id.value, id.position)?;
        let issuer = parts.optional(tag::constructed(1), "the issuer's name")?;
        let serial = parts.optional(tag::context(2), "the issuer's serial number")?;
        parts.finish()?;
        let issuer_name = match issuer {
            None => None,
            Some(names) => {
                let mut names = names.reader();
                let name = names.expect(tag::constructed(4), "a directory name")?;
                names.finish()?;
                Some(name.value)
            }
        };
        let issuer_serial = serial.map(|serial| serial.unsigned("a serial number")).transpose()?;
        Ok(Some(AuthorityKeyId { key_id: id.value, issuer_name, issuer_serial }))
    }

    /// Key usage as the first 16 named bits, with its criticality.
    pub fn key_usage(&self) -> Result<Option<(u16, bool)>, Malformed> {
        let Some(extension) = self.extension(oids::KEY_USAGE) else { return Ok(None) };
        let mut reader = extension.reader();
        let bits = reader.expect(tag::BIT_STRING, "a key usage")?.named_bits("a key usage of at most two octets")?;
        reader.finish()?;
        Ok(Some((bits, extension.critical)))
    }

    /// The object identifiers of the extended key usage; empty when there is none.
    pub fn extended_key_usage(&self) -> Result<Vec<&'a [u8]>, Malformed> {
        let Some(extension) = self.extension(oids::EXTENDED_KEY_USAGE) else { return Ok(Vec::new()) };
        let mut whole = extension.reader();
        let mut list = whole.sequence("a list of purposes")?;
        whole.finish()?;
        let mut purposes = Vec::new();
        while !list.is_empty() {
            purposes.push(list.expect(tag::OID, "a purpose")?.value);
        }
        Ok(purposes)
    }

    /// Whether the certificate says it belongs to a CA, with the criticality of saying so.
    pub fn is_authority(&self) -> Result<Option<(bool, bool)>, Malformed> {
        let Some(extension) = self.extension(oids::BASIC_CONSTRAINTS) else { return Ok(None) };
        let mut whole = extension.reader();
        let mut parts = whole.sequence("basic constraints")?;
        whole.finish()?;
        let authority = parts.optional(tag::BOOLEAN, "cA")?.map(|b| b.boolean()).transpose()?.unwrap_or(false);
        parts.optional(tag::INTEGER, "a path length")?.map(|n| n.small("a path length")).transpose()?;
        parts.finish()?;
        Ok(Some((authority, extension.critical)))
    }

    /// Whether this key signed the certificate.
    pub fn is_signed_by(&self, issuer_public_key: &[u8]) -> bool {
        self.algorithm.is_some_and(|algorithm| algorithm.verifies(issuer_public_key, self.tbs, self.signature))
    }

    /// Whether `now` lies in the validity period, both ends included (RFC 5280 §4.1.2.5).
    pub fn is_current(&self, now: Timestamp) -> bool {
        self.not_before <= now && now < self.not_after.plus_seconds(1)
    }
}

/// What a certificate says about its issuer's key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AuthorityKeyId<'a> {
    pub key_id: &'a [u8],
    /// Name of the issuer's issuer, with tag and length.
    pub issuer_name: Option<&'a [u8]>,
    pub issuer_serial: Option<&'a [u8]>,
}

fn check_key_id(id: &[u8], position: usize) -> Result<Option<&[u8]>, Malformed> {
    if id.is_empty() || id.len() > 64 {
        return Err(Malformed { position, what: "a key identifier of 1 to 64 octets" });
    }
    Ok(Some(id))
}

/// Reads `[n] { SEQUENCE OF Extension }`; also used by CRLs and OCSP answers.
pub(crate) fn read_extensions<'a>(wrapper: &Tlv<'a>) -> Result<Vec<Extension<'a>>, Malformed> {
    let mut inner = wrapper.reader();
    let list = inner.expect(tag::SEQUENCE, "a list of extensions")?;
    inner.finish()?;
    read_extension_list(&list)
}

/// Reads `SEQUENCE OF Extension`.
pub(crate) fn read_extension_list<'a>(list: &Tlv<'a>) -> Result<Vec<Extension<'a>>, Malformed> {
    let mut reader = list.reader();
    let mut extensions: Vec<Extension<'a>> = Vec::with_capacity(8);
    while !reader.is_empty() {
        let element = reader.expect(tag::SEQUENCE, "an extension")?;
        let mut parts = element.reader();
        let oid = parts.expect(tag::OID, "the identifier of an extension")?.value;
        let critical = match parts.optional(tag::BOOLEAN, "criticality")? {
            None => false,
            Some(flag) if flag.boolean()? => true,
            // DER leaves out a value that is the default.
            Some(flag) => return Err(Malformed { position: flag.position, what: "no criticality, or TRUE" }),
        };
        let value = parts.expect(tag::OCTET_STRING, "the value of an extension")?;
        parts.finish()?;
        if extensions.iter().any(|known| known.oid == oid) {
            return Err(Malformed { position: element.position, what: "each extension once" });
        }
        if extensions.len() == MAX_EXTENSIONS {
            return Err(Malformed { position: element.position, what: "at most 24 extensions" });
        }
        extensions.push(Extension { oid, critical, value: value.value, position: value.content_position() });
    }
    Ok(extensions)
}

/// The first attribute of this kind in a name; empty when there is none.
pub(crate) fn name_part(name: &[u8], kind: const_oid::ObjectIdentifier) -> Result<String, Malformed> {
    let mut sets = Reader::new(name).sequence("a name")?;
    while !sets.is_empty() {
        let mut set = sets.expect(tag::SET, "a part of a name")?.reader();
        while !set.is_empty() {
            let mut attribute = set.sequence("an attribute of a name")?;
            let oid = attribute.expect(tag::OID, "the kind of an attribute")?;
            let value = attribute.any("the value of an attribute")?;
            if oid.value == kind.as_bytes() {
                return value.text("text").map(str::to_owned);
            }
        }
    }
    Ok(String::new())
}
