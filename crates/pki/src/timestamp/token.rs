//! The token: a CMS message whose content says hash, number and time (RFC 3161 §2.4.2), signed by the authority.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{self, UnparsedPublicKey, VerificationAlgorithm};
use base::Timestamp;
use const_oid::ObjectIdentifier;

use super::{Stamp, TimestampRefusal};
use crate::SignatureAlgorithm;
use crate::algorithm::{sha1_name, sha256};
use crate::anchors::{Anchor, AuthorityRole, TrustAnchors};
use crate::asn1::{Malformed, Reader, Tlv, parse_time, tag};
use crate::certificate::Certificate;
use crate::oids;

/// The longest token that is read. One with a chain of three RSA certificates is about 6 kB.
pub const MAX_TOKEN_BYTES: usize = 32 * 1024;
/// More certificates than a chain has.
const MAX_CERTIFICATES: usize = 8;

use TimestampRefusal as Refusal;

/// A token that was found right.
pub(super) struct Judged<'a> {
    pub stamp: Stamp,
    pub nonce: Option<&'a [u8]>,
    pub policy: &'a [u8],
}

/// What a token over the SHA-256 `imprint` says, once signature, purpose and authority are found right. Total.
///
/// # Errors
/// See [`TimestampRefusal`].
pub fn read_stamp(token: &[u8], imprint: [u8; 32], anchors: &TrustAnchors) -> Result<Stamp, Refusal> {
    judge(token, imprint, anchors).map(|judged| judged.stamp)
}

pub(super) fn judge<'a>(token: &'a [u8], imprint: [u8; 32], anchors: &TrustAnchors) -> Result<Judged<'a>, Refusal> {
    let token = Token::read(token)?;
    let leaf = token.check_signature()?;
    let info = Info::read(token.content, token.content_position)?;
    // Last of what the token says, so that "something else" is said only of a token that is sound in itself.
    let anchor = judge_authority(leaf, anchors)?;
    if !leaf.is_current(info.time) {
        return Err(Refusal::CertificateNotCurrent);
    }
    if info.imprint != imprint {
        return Err(Refusal::WrongImprint);
    }
    let policy = ObjectIdentifier::from_bytes(info.policy).map(|oid| oid.to_string()).unwrap_or_default();
    let stamp = Stamp {
        time: info.time,
        authority: crate::certificate::name_part(leaf.subject, oids::COMMON_NAME)?,
        policy,
        serial: info.serial.to_vec(),
        anchor: anchor.kind,
    };
    Ok(Judged { stamp, nonce: info.nonce, policy: info.policy })
}

/// The certificate of a token's signer, DER; the token itself is not judged.
pub(crate) fn signer_of(token: &[u8]) -> Result<Vec<u8>, Refusal> {
    let token = Token::read(token)?;
    Ok(token.leaf()?.raw.to_vec())
}

fn judge_authority<'t>(leaf: &Certificate<'_>, anchors: &'t TrustAnchors) -> Result<&'t Anchor, Refusal> {
    let foreign = || {
        // A dummy authority names itself; nothing is trusted by this, only the sentence differs.
        let dummy = leaf.issuer.windows(10).any(|part| part == b"JPKI-DUMMY") && !anchors.allows_test();
        if dummy { Refusal::TestAuthority } else { Refusal::ForeignAuthority }
    };
    let key_id = leaf.authority_key_id()?.ok_or_else(foreign)?.key_id;
    let anchor = anchors.by_key_id(AuthorityRole::Timestamp, key_id).filter(|anchor| anchor.name == leaf.issuer);
    let anchor = anchor.filter(|anchor| anchor.signed(leaf)).ok_or_else(foreign)?;
    let known = [oids::KEY_USAGE, oids::EXTENDED_KEY_USAGE, oids::BASIC_CONSTRAINTS, oids::CERTIFICATE_POLICIES];
    let unknown = leaf.extensions.iter().any(|e| e.critical && !known.iter().any(|&oid| e.is(oid)));
    // RFC 3161 §2.3: this purpose, no other, and critical.
    let purposes = leaf.extended_key_usage()?;
    let is_critical = leaf.extension(oids::EXTENDED_KEY_USAGE).is_some_and(|extension| extension.critical);
    let only_stamps = is_critical && purposes == [oids::TIME_STAMPING.as_bytes()];
    // digitalSignature or contentCommitment, where key usage is stated at all.
    let may_sign = leaf.key_usage()?.is_none_or(|(bits, _)| bits & 0xC000 != 0);
    let is_authority = leaf.is_authority()?.is_some_and(|(authority, _)| authority);
    if unknown || !only_stamps || !may_sign || is_authority {
        return Err(Refusal::WrongPurpose);
    }
    Ok(anchor)
}

/// A token as it was read, nothing judged.
struct Token<'a> {
    content: &'a [u8],
    content_position: usize,
    certificates: Vec<Certificate<'a>>,
    signer_issuer: &'a [u8],
    signer_serial: &'a [u8],
    hash: Hash,
    attributes: Tlv<'a>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Token<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Refusal> {
        if der.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let mut whole = Reader::new(der);
        let mut message = whole.sequence("a CMS message")?;
        whole.finish()?;
        if message.expect(tag::OID, "a content type")?.value != oids::CMS_SIGNED_DATA.as_bytes() {
            return Err(Refusal::UnacceptedForm("not signed data"));
        }
        let wrapper = message.expect(tag::constructed(0), "signed data")?;
        message.finish()?;
        let mut data = wrapper.reader().sequence("signed data")?;
        data.expect(tag::INTEGER, "a version")?.small("a version")?;
        data.expect(tag::SET, "digest algorithms")?;
        let mut encapsulated = data.sequence("the content")?;
        if encapsulated.expect(tag::OID, "a content type")?.value != oids::TIME_STAMP_INFO.as_bytes() {
            return Err(Refusal::UnacceptedForm("its content is not a time stamp"));
        }
        let content = encapsulated.expect(tag::constructed(0), "the content")?;
        let content = content.reader().expect(tag::OCTET_STRING, "the content")?;
        let certificates = data.optional(tag::constructed(0), "certificates")?;
        let certificates = certificates.ok_or(Refusal::UnacceptedForm("the authority's certificate is missing"))?;
        data.optional(tag::constructed(1), "revocation lists")?;
        let mut signers = data.expect(tag::SET, "signers")?.reader();
        data.finish()?;
        let signer = signers.expect(tag::SEQUENCE, "a signer")?;
        if !signers.is_empty() {
            return Err(Refusal::UnacceptedForm("it has more than one signer"));
        }
        Self::read_signer(&signer, read_certificates(&certificates)?, &content)
    }

    fn read_signer(signer: &Tlv<'a>, certificates: Vec<Certificate<'a>>, content: &Tlv<'a>) -> Result<Self, Refusal> {
        let mut parts = signer.reader();
        parts.expect(tag::INTEGER, "a version")?.small("a version")?;
        if parts.peek() != Some(tag::SEQUENCE) {
            return Err(Refusal::UnacceptedForm("the signer is not named by issuer and serial number"));
        }
        let mut id = parts.sequence("the signer's name")?;
        let signer_issuer = id.expect(tag::SEQUENCE, "the issuer's name")?.raw;
        let signer_serial = id.expect(tag::INTEGER, "a serial number")?.unsigned("a serial number")?;
        id.finish()?;
        let hash = Hash::read(&mut parts)?;
        let attributes = parts.optional(tag::constructed(0), "signed attributes")?;
        let attributes = attributes.ok_or(Refusal::UnacceptedForm("it has no signed attributes"))?;
        let mut algorithm = parts.sequence("the signature algorithm")?;
        let algorithm = algorithm.expect(tag::OID, "the signature algorithm")?.value;
        let signature = parts.expect(tag::OCTET_STRING, "the signature")?.value;
        parts.optional(tag::constructed(1), "unsigned attributes")?;
        parts.finish()?;
        let (content, content_position) = (content.value, content.content_position());
        Ok(Self {
            content,
            content_position,
            certificates,
            signer_issuer,
            signer_serial,
            hash,
            attributes,
            algorithm,
            signature,
        })
    }

    fn leaf(&self) -> Result<&Certificate<'a>, Refusal> {
        self.certificates
            .iter()
            .find(|c| c.issuer == self.signer_issuer && c.serial == self.signer_serial)
            .ok_or(Refusal::UnacceptedForm("the authority's certificate is missing"))
    }

    /// The signer's certificate, once content, attributes and signature are found to fit.
    fn check_signature(&self) -> Result<&Certificate<'a>, Refusal> {
        let leaf = self.leaf()?;
        let attributes = Attributes::read(&self.attributes)?;
        if attributes.content_type != Some(oids::TIME_STAMP_INFO.as_bytes()) {
            return Err(Refusal::UnacceptedForm("its content type is not a time stamp"));
        }
        let names_leaf = match (attributes.certificate, attributes.certificate_sha1) {
            (Some((hash, named)), _) => hash.of(leaf.raw) == named,
            (None, Some(named)) => sha1_name(leaf.raw) == named,
            (None, None) => return Err(Refusal::UnacceptedForm("it does not name its certificate")),
        };
        if !names_leaf {
            return Err(Refusal::WrongCertificate);
        }
        let mut signed = self.attributes.raw.to_vec();
        signed[0] = tag::SET;
        let verifier = self.hash.verifier(self.algorithm, leaf.public_key)?;
        let fits = UnparsedPublicKey::new(verifier, leaf.public_key).verify(&signed, self.signature).is_ok()
            && attributes.message_digest == Some(self.hash.of(self.content).as_slice());
        if fits { Ok(leaf) } else { Err(Refusal::BadSignature) }
    }
}

fn read_certificates<'a>(list: &Tlv<'a>) -> Result<Vec<Certificate<'a>>, Refusal> {
    let mut reader = list.reader();
    let mut found = Vec::new();
    while !reader.is_empty() {
        if found.len() == MAX_CERTIFICATES {
            return Err(Refusal::UnacceptedForm("it has too many certificates"));
        }
        found.push(Certificate::read_next(&mut reader)?);
    }
    Ok(found)
}

/// The hashes that authorities sign with today.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn read(parts: &mut Reader<'_>) -> Result<Self, Refusal> {
        let mut algorithm = parts.sequence("a digest algorithm")?;
        let oid = algorithm.expect(tag::OID, "a digest algorithm")?.value;
        algorithm.optional(tag::NULL, "no parameters")?;
        algorithm.finish()?;
        Self::from_oid(oid)
    }

    fn from_oid(oid: &[u8]) -> Result<Self, Refusal> {
        let rows = [(oids::SHA256, Self::Sha256), (oids::SHA384, Self::Sha384), (oids::SHA512, Self::Sha512)];
        let found = rows.iter().find(|(known, _)| known.as_bytes() == oid).map(|(_, hash)| *hash);
        found.ok_or(Refusal::UnacceptedForm("its hash is none of SHA-256, SHA-384 and SHA-512"))
    }

    fn of(self, bytes: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha256 => return sha256(bytes).to_vec(),
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, bytes).as_ref().to_vec()
    }

    /// What checks a signature of `algorithm` with this key. RSA may be named alone, or with the same hash.
    fn verifier(self, algorithm: &[u8], key: &[u8]) -> Result<&'static dyn VerificationAlgorithm, Refusal> {
        let is = |oid: ObjectIdentifier| algorithm == oid.as_bytes();
        let (rsa, rsa_oid): (&'static dyn VerificationAlgorithm, _) = match self {
            Self::Sha256 => (&signature::RSA_PKCS1_2048_8192_SHA256, oids::RSA_SHA256),
            Self::Sha384 => (&signature::RSA_PKCS1_2048_8192_SHA384, oids::RSA_SHA384),
            Self::Sha512 => (&signature::RSA_PKCS1_2048_8192_SHA512, oids::RSA_SHA512),
        };
        match (SignatureAlgorithm::for_key(key)?, self) {
            (Some(SignatureAlgorithm::RsaSha256), _) if is(oids::RSA_ENCRYPTION) || is(rsa_oid) => Ok(rsa),
            (Some(known @ SignatureAlgorithm::EcdsaP256Sha256), Self::Sha256) if is(oids::ECDSA_SHA256) => {
                Ok(known.verifier())
            }
            (Some(known @ SignatureAlgorithm::EcdsaP384Sha384), Self::Sha384) if is(oids::ECDSA_SHA384) => {
                Ok(known.verifier())
            }
            _ => Err(Refusal::UnacceptedForm("its algorithm is not accepted")),
        }
    }
}

#[derive(Default)]
struct Attributes<'a> {
    content_type: Option<&'a [u8]>,
    message_digest: Option<&'a [u8]>,
    /// ESSCertIDv2.
    certificate: Option<(Hash, &'a [u8])>,
    /// ESSCertID, by SHA-1.
    certificate_sha1: Option<&'a [u8]>,
}

impl<'a> Attributes<'a> {
    fn read(list: &Tlv<'a>) -> Result<Self, Refusal> {
        let mut reader = list.reader();
        let mut found = Self::default();
        let mut kinds: Vec<&[u8]> = Vec::new();
        while !reader.is_empty() {
            let mut parts = reader.sequence("an attribute")?;
            let kind = parts.expect(tag::OID, "the kind of an attribute")?.value;
            let mut values = parts.expect(tag::SET, "the values of an attribute")?.reader();
            parts.finish()?;
            if kinds.contains(&kind) || kinds.len() == 16 {
                return Err(Refusal::UnacceptedForm("an attribute stands twice"));
            }
            kinds.push(kind);
            let value = values.any("a value")?;
            let is = |oid: ObjectIdentifier| kind == oid.as_bytes();
            if is(oids::CONTENT_TYPE) {
                found.content_type = Some(value.value);
            } else if is(oids::MESSAGE_DIGEST) {
                found.message_digest = Some(value.value);
            } else if is(oids::SIGNING_CERTIFICATE_V2) {
                found.certificate = Some(first_reference(&value)?);
            } else if is(oids::SIGNING_CERTIFICATE) {
                let mut list = value.reader().sequence("certificate references")?;
                let hash =
                    list.sequence("a certificate reference")?.expect(tag::OCTET_STRING, "a certificate's hash")?;
                found.certificate_sha1 = Some(hash.value);
            } else {
                continue;
            }
            values.finish()?;
        }
        Ok(found)
    }
}

/// The first ESSCertIDv2: SHA-256 where no hash is named (RFC 5035).
fn first_reference<'a>(value: &Tlv<'a>) -> Result<(Hash, &'a [u8]), Refusal> {
    let mut list = value.reader().sequence("certificate references")?;
    let mut reference = list.sequence("a certificate reference")?;
    let hash = match reference.optional(tag::SEQUENCE, "a hash algorithm")? {
        None => Hash::Sha256,
        Some(algorithm) => Hash::from_oid(algorithm.reader().expect(tag::OID, "a hash algorithm")?.value)?,
    };
    Ok((hash, reference.expect(tag::OCTET_STRING, "a certificate's hash")?.value))
}

/// TSTInfo.
struct Info<'a> {
    policy: &'a [u8],
    imprint: [u8; 32],
    serial: &'a [u8],
    time: Timestamp,
    nonce: Option<&'a [u8]>,
}

impl<'a> Info<'a> {
    fn read(der: &'a [u8], position: usize) -> Result<Self, Refusal> {
        let mut whole = Reader::at(der, position);
        let mut info = whole.sequence("what the time stamp says")?;
        whole.finish()?;
        if info.expect(tag::INTEGER, "version 1")?.small("version 1")? != 1 {
            return Err(Refusal::UnacceptedForm("its version is not 1"));
        }
        let policy = info.expect(tag::OID, "a policy")?.value;
        let mut imprint = info.sequence("a hash")?;
        let hash = Hash::read(&mut imprint)?;
        let digest = imprint.expect(tag::OCTET_STRING, "a hash")?.value;
        imprint.finish()?;
        let digest = <[u8; 32]>::try_from(digest).ok().filter(|_| hash == Hash::Sha256);
        let imprint = digest.ok_or(Refusal::WrongImprint)?;
        let serial_field = info.expect(tag::INTEGER, "a number")?;
        let serial = serial_field.unsigned("a number")?;
        if serial.len() > 20 {
            return Err(Malformed { position: serial_field.position, what: "a number of at most 20 octets" }.into());
        }
        let time = stamped_time(&info.expect(tag::GENERALIZED_TIME, "a time")?)?;
        info.optional(tag::SEQUENCE, "an accuracy")?;
        info.optional(tag::BOOLEAN, "an ordering")?.map(|ordering| ordering.boolean()).transpose()?;
        let nonce = info.optional(tag::INTEGER, "a nonce")?.map(|nonce| nonce.unsigned("a nonce")).transpose()?;
        info.optional(tag::constructed(0), "the authority's name")?;
        info.optional(tag::constructed(1), "extensions")?;
        info.finish()?;
        Ok(Self { policy, imprint, serial, time, nonce })
    }
}

/// `YYYYMMDDhhmmss[.ffffff]Z`: the only place where a fraction may stand (RFC 3161 §2.4.2); it is cut off.
fn stamped_time(element: &Tlv<'_>) -> Result<Timestamp, Malformed> {
    let malformed = Malformed { position: element.position, what: "a time in UTC that exists" };
    let Some((whole, rest)) = element.value.split_at_checked(14) else { return Err(malformed) };
    let fraction = match rest {
        [b'Z'] => &[][..],
        [b'.', fraction @ .., b'Z'] if (1..=9).contains(&fraction.len()) => fraction,
        _ => return Err(malformed),
    };
    if !fraction.iter().all(u8::is_ascii_digit) {
        return Err(malformed);
    }
    parse_time(tag::GENERALIZED_TIME, &[whole, b"Z"].concat()).ok_or(malformed)
}
