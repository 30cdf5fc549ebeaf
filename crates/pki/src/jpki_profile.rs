//! The certificate profile of the Japanese public key infrastructure for individuals (公的個人認証), and the judgement of
//! one certificate by it.
//!
//! For: every tap of a card (user authentication) and every signed application (signing).
//! By: 公的個人認証法 and the published certificate profile, as decoded from the public test certificates.
//!
//! General path validators refuse every JPKI certificate, because its certificate policies are critical and its CRL
//! distribution points are directory names. This module knows exactly this profile and refuses everything else:
//!
//! ```text
//!  bytes ─▶ read (total) ─▶ issuer by key id ─▶ signature ─▶ profile ─▶ validity ─▶ JudgedCertificate ─▶ revocation
//!            malformed        foreign / test     bad           policy,     expired,
//!            at byte n        authority          signature     usage …     not yet valid
//! ```

use std::sync::Arc;

use base::Timestamp;
use const_oid::ObjectIdentifier;

use crate::anchors::{Anchor, AnchorKind, AuthorityRole, TrustAnchors};
use crate::asn1::{Malformed, Reader, tag};
use crate::certificate::{Certificate, CertificateId};
use crate::oids;

/// The two certificates of a card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateKind {
    /// 利用者証明用電子証明書: proves who taps. Carries no personal data.
    UserAuthentication,
    /// 署名用電子証明書: signs applications. Carries name, address, birth date and sex.
    Signing,
}

impl CertificateKind {
    pub(crate) const fn role(self) -> AuthorityRole {
        match self {
            Self::UserAuthentication => AuthorityRole::UserAuthentication,
            Self::Signing => AuthorityRole::ResidentSigning,
        }
    }
}

/// One certificate policy of JPKI.
#[derive(Clone, Copy, Debug)]
pub struct PolicyRow {
    /// Which certificate it marks.
    pub kind: CertificateKind,
    /// Whether real or test certificates carry it.
    pub anchor: AnchorKind,
    /// The policy's identifier.
    pub policy: ObjectIdentifier,
    /// First day it was seen in use, `YYYY-MM-DD`.
    pub since: &'static str,
    /// Where we have it from.
    pub source: &'static str,
}

/// The policies that may stand in a certificate. A new edition of the profile is a new row.
pub const POLICIES: [PolicyRow; 4] = [
    PolicyRow {
        kind: CertificateKind::UserAuthentication,
        anchor: AnchorKind::Production,
        policy: ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.3.30"),
        since: "2015-10-20",
        source: "production certificate's identifiers as published in the `myna` crate's test; date: first CA generation",
    },
    PolicyRow {
        kind: CertificateKind::Signing,
        anchor: AnchorKind::Production,
        policy: ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.1.20"),
        since: "2015-10-20",
        source: "jsrsasign-jpki test, notes citing the profile 3.2; date: first CA generation",
    },
    PolicyRow {
        kind: CertificateKind::UserAuthentication,
        anchor: AnchorKind::Test,
        policy: ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.30"),
        since: "2015-10-20",
        source: "decoded from the public JPKI-TEST certificates",
    },
    PolicyRow {
        kind: CertificateKind::Signing,
        anchor: AnchorKind::Test,
        policy: ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.1.0.20"),
        since: "2015-10-20",
        source: "decoded from the public JPKI-TEST certificates",
    },
];

const DIGITAL_SIGNATURE: u16 = 0x8000;
const NON_REPUDIATION: u16 = 0x4000;
const AUTHENTICATION_USAGE: u16 = DIGITAL_SIGNATURE;
const SIGNING_USAGE: u16 = DIGITAL_SIGNATURE | NON_REPUDIATION;

/// Why a certificate is refused. Each has its own sentence for the person at the machine; none holds personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateRefusal {
    /// Not a certificate of version 3 in DER.
    #[error("the certificate is {0}")]
    Malformed(#[from] Malformed),
    /// Issued by an authority we do not know.
    #[error("the certificate was issued by another authority")]
    ForeignAuthority,
    /// Issued by a test authority, and this system is not a demonstration.
    #[error("the certificate was issued by a test authority")]
    TestAuthority,
    /// Its signature was not made by the authority it names.
    #[error("the certificate's signature is wrong")]
    BadSignature,
    /// Signed with an algorithm we do not accept.
    #[error("the certificate uses an algorithm that is not accepted")]
    UnacceptedAlgorithm,
    /// The other certificate of the card was presented.
    #[error("this is the card's other certificate")]
    WrongKind,
    /// Its policy is not one of the allowed set, or not critical as the profile demands.
    #[error("the certificate's policy is not an accepted one")]
    WrongPolicy,
    /// It holds a critical extension that the profile does not have.
    #[error("the certificate holds an unknown critical extension at byte {position}")]
    UnknownCriticalExtension {
        /// Offset of the extension's value.
        position: usize,
    },
    /// Another field is not as the profile says.
    #[error("the certificate is not of the profile: {0}")]
    WrongProfile(&'static str),
    /// Not valid before a later date.
    #[error("the certificate is not yet valid")]
    NotYetValid {
        /// First instant of validity.
        not_before: Timestamp,
    },
    /// Its validity is over.
    #[error("the certificate has expired")]
    Expired {
        /// Last instant of validity.
        not_after: Timestamp,
    },
    /// The validity of the CA generation that issued it is over or has not begun.
    #[error("the issuing authority's own certificate is not valid now")]
    AuthorityNotCurrent,
}

/// A certificate whose issuer, signature, profile and validity period are right. **Revocation is not yet checked.**
#[derive(Clone)]
pub struct JudgedCertificate {
    pub(crate) id: CertificateId,
    pub(crate) kind: CertificateKind,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    pub(crate) public_key: Vec<u8>,
    pub(crate) issuer: Arc<Anchor>,
    pub(crate) ocsp_url: Option<String>,
    /// The directory name (with tag and length) of its CRL distribution point.
    pub(crate) crl_point: Vec<u8>,
}

impl JudgedCertificate {
    /// Issuer key and serial number.
    pub fn id(&self) -> &CertificateId {
        &self.id
    }

    /// Which of a card's two certificates this is.
    pub fn kind(&self) -> CertificateKind {
        self.kind
    }

    /// Last instant of validity.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// First instant of validity.
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The CA generation that issued it.
    pub fn issuer(&self) -> &Arc<Anchor> {
        &self.issuer
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn public_key(&self) -> &[u8] {
        &self.public_key
    }

    /// Where the certificate says its status may be asked.
    pub fn ocsp_url(&self) -> Option<&str> {
        self.ocsp_url.as_deref()
    }
}

impl std::fmt::Debug for JudgedCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JudgedCertificate").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Judges a certificate at `now`: issuer, signature, profile, validity. Total: any bytes give an answer.
///
/// # Errors
/// The first reason to refuse, in the order of the picture above.
pub fn judge(
    der: &[u8],
    kind: CertificateKind,
    anchors: &TrustAnchors,
    now: Timestamp,
) -> Result<JudgedCertificate, CertificateRefusal> {
    let certificate = Certificate::read(der)?;
    let policy = read_policy(&certificate)?;
    let issuer = find_issuer(&certificate, kind, policy, anchors)?;
    match certificate.algorithm {
        None => return Err(CertificateRefusal::UnacceptedAlgorithm),
        Some(_) if !issuer.signed(&certificate) => return Err(CertificateRefusal::BadSignature),
        Some(_) => {}
    }
    let shape = check_profile(&certificate, kind, policy, issuer.kind)?;
    if now < issuer.not_before || now >= issuer.not_after.plus_seconds(1) {
        return Err(CertificateRefusal::AuthorityNotCurrent);
    }
    if now < certificate.not_before {
        return Err(CertificateRefusal::NotYetValid { not_before: certificate.not_before });
    }
    if !certificate.is_current(now) {
        return Err(CertificateRefusal::Expired { not_after: certificate.not_after });
    }
    Ok(JudgedCertificate {
        id: CertificateId { issuer_key_id: issuer.key_id.clone(), serial: certificate.serial.to_vec() },
        kind,
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        public_key: certificate.public_key.to_vec(),
        issuer: Arc::clone(issuer),
        ocsp_url: shape.ocsp_url.map(str::to_owned),
        crl_point: shape.crl_point.to_vec(),
    })
}

/// The row of the first policy in the certificate, and whether the extension is critical and holds nothing else.
#[derive(Clone, Copy)]
enum Policy {
    Row(&'static PolicyRow),
    Unaccepted,
}

fn read_policy(certificate: &Certificate<'_>) -> Result<Policy, Malformed> {
    let Some(extension) = certificate.extension(oids::CERTIFICATE_POLICIES) else { return Ok(Policy::Unaccepted) };
    let mut whole = extension.reader();
    let mut list = whole.sequence("certificate policies")?;
    whole.finish()?;
    let mut first = list.sequence("a certificate policy")?;
    let oid = first.expect(tag::OID, "the identifier of a policy")?.value;
    // Qualifiers (the address of the CPS) bind nobody; they only have to be readable.
    if !first.is_empty() {
        first.expect(tag::SEQUENCE, "policy qualifiers")?;
    }
    first.finish()?;
    let row = POLICIES.iter().find(|row| row.policy.as_bytes() == oid);
    Ok(match row {
        Some(row) if extension.critical && list.is_empty() => Policy::Row(row),
        _ => Policy::Unaccepted,
    })
}

fn find_issuer<'t>(
    certificate: &Certificate<'_>,
    kind: CertificateKind,
    policy: Policy,
    anchors: &'t TrustAnchors,
) -> Result<&'t Arc<Anchor>, CertificateRefusal> {
    let Some(authority) = certificate.authority_key_id()? else { return Err(CertificateRefusal::ForeignAuthority) };
    let Some(anchor) = anchors.by_key_id(kind.role(), authority.key_id) else {
        let other = anchors.iter().any(|anchor| anchor.key_id == authority.key_id);
        return Err(match policy {
            // A genuine certificate of the same card, offered for the wrong purpose.
            _ if other => CertificateRefusal::WrongKind,
            Policy::Row(row) if row.anchor == AnchorKind::Test => CertificateRefusal::TestAuthority,
            _ => CertificateRefusal::ForeignAuthority,
        });
    };
    let agrees = certificate.issuer == anchor.name
        && authority.issuer_name.is_none_or(|name| name == anchor.name)
        && authority.issuer_serial.is_none_or(|serial| serial == anchor.serial);
    if agrees { Ok(anchor) } else { Err(CertificateRefusal::ForeignAuthority) }
}

/// What the later checks need from the extensions.
struct Shape<'a> {
    ocsp_url: Option<&'a str>,
    crl_point: &'a [u8],
}

fn check_profile<'a>(
    certificate: &Certificate<'a>,
    kind: CertificateKind,
    policy: Policy,
    anchor: AnchorKind,
) -> Result<Shape<'a>, CertificateRefusal> {
    // Critical extensions of the profile: key usage and certificate policies, and no other.
    let known = |oid: &[u8]| oid == oids::KEY_USAGE.as_bytes() || oid == oids::CERTIFICATE_POLICIES.as_bytes();
    if let Some(unknown) = certificate.extensions.iter().find(|e| e.critical && !known(e.oid)) {
        return Err(CertificateRefusal::UnknownCriticalExtension { position: unknown.position });
    }
    let Policy::Row(row) = policy else { return Err(CertificateRefusal::WrongPolicy) };
    if row.kind != kind {
        return Err(CertificateRefusal::WrongKind);
    }
    if row.anchor != anchor {
        return Err(CertificateRefusal::WrongPolicy);
    }
    let usage = match kind {
        CertificateKind::UserAuthentication => AUTHENTICATION_USAGE,
        CertificateKind::Signing => SIGNING_USAGE,
    };
    if certificate.key_usage()? != Some((usage, true)) {
        return Err(CertificateRefusal::WrongProfile("key usage"));
    }
    let purposes = certificate.extended_key_usage()?;
    let purposes_fit = match kind {
        CertificateKind::UserAuthentication => purposes == [oids::CLIENT_AUTH.as_bytes()],
        CertificateKind::Signing => purposes.is_empty(),
    };
    if !purposes_fit {
        return Err(CertificateRefusal::WrongProfile("extended key usage"));
    }
    let alternative_names = certificate.extension(oids::SUBJECT_ALT_NAME).is_some();
    if alternative_names != (kind == CertificateKind::Signing) {
        return Err(CertificateRefusal::WrongProfile("subject alternative name"));
    }
    if certificate.is_authority()?.is_some_and(|(authority, _)| authority) {
        return Err(CertificateRefusal::WrongProfile("a CA certificate"));
    }
    if certificate.subject_key_id()?.is_none() {
        return Err(CertificateRefusal::WrongProfile("subject key identifier"));
    }
    let Some(crl_point) = read_crl_point(certificate)? else {
        return Err(CertificateRefusal::WrongProfile("CRL distribution point"));
    };
    Ok(Shape { ocsp_url: read_ocsp_url(certificate)?, crl_point })
}

/// The one directory name in the CRL distribution points.
fn read_crl_point<'a>(certificate: &Certificate<'a>) -> Result<Option<&'a [u8]>, Malformed> {
    let Some(extension) = certificate.extension(oids::CRL_DISTRIBUTION_POINTS) else { return Ok(None) };
    let mut whole = extension.reader();
    let mut list = whole.sequence("CRL distribution points")?;
    whole.finish()?;
    let mut point = list.sequence("a distribution point")?;
    list.finish()?;
    let name = point.expect(tag::constructed(0), "the name of a distribution point")?;
    point.finish()?;
    distribution_point_name(name.reader())
}

/// `DistributionPointName` that is a full name of exactly one directory name; `Ok(None)` for any other choice.
pub(crate) fn distribution_point_name(mut choice: Reader<'_>) -> Result<Option<&[u8]>, Malformed> {
    let name = choice.any("the name of a distribution point")?;
    choice.finish()?;
    if name.tag != tag::constructed(0) {
        return Ok(None);
    }
    let mut names = name.reader();
    let general = names.any("a general name")?;
    if general.tag != tag::constructed(4) || !names.is_empty() {
        return Ok(None);
    }
    let mut inner = general.reader();
    let directory = inner.expect(tag::SEQUENCE, "a directory name")?;
    inner.finish()?;
    Ok(Some(directory.raw))
}

fn read_ocsp_url<'a>(certificate: &Certificate<'a>) -> Result<Option<&'a str>, Malformed> {
    let Some(extension) = certificate.extension(oids::AUTHORITY_INFO_ACCESS) else { return Ok(None) };
    let mut whole = extension.reader();
    let mut list = whole.sequence("authority information")?;
    whole.finish()?;
    let mut url = None;
    while !list.is_empty() {
        let mut access = list.sequence("an access description")?;
        let method = access.expect(tag::OID, "an access method")?;
        let place = access.any("an access location")?;
        access.finish()?;
        if method.value == oids::OCSP_ACCESS.as_bytes() && place.tag == tag::context(6) && url.is_none() {
            let text = std::str::from_utf8(place.value).ok().filter(|text| text.is_ascii());
            url = Some(text.ok_or(Malformed { position: place.position, what: "an address in ASCII" })?);
        }
    }
    Ok(url)
}
