//! A dummy certificate authority for demonstration and tests.
//!
//! Its certificates have exactly the shape of the real ones (field types, order of extensions, directory names), so that
//! what reads them would read the real ones, but the organisation is `JPKI-DUMMY`, the policy is the test policy, and
//! [`crate::TrustAnchors`] takes it only when opened for tests.
//!
//! ```text
//!  SigningKey ─▶ TestAuthority (one generation) ─┬─ issue_user_authentication(public key, serial, validity) ─▶ card
//!                                                ├─ issue_signing(…, name, address …) ─▶ card
//!                                                ├─ issue_ocsp_responder ─▶ ocsp_answer ─▶ simulated J-LIS
//!                                                ├─ revocation_list ─▶ simulated J-LIS
//!                                                ├─ issue_document_signer ─▶ the mayor's seal in PDFs
//!                                                ├─ time_stamper_template ─▶ TimeStamper ─▶ simulated time-stamping authority
//!                                                └─ mobile_document_signer ─▶ a card in a phone (self-made)
//! ```
//! Wrong certificates for tests: take a [`Template`], change it, [`TestAuthority::sign`] it.

mod answers;
mod requests;
mod template;
mod timestamps;

use base::Timestamp;

pub use answers::{AnswerStanding, AskedAbout, OcspAnswer, Responder, RevokedEntry, read_question};
pub use requests::{DocumentSignerRequest, SigningRequest, UserAuthenticationRequest};
pub use template::{Template, TemplateExtension};
pub use timestamps::{AskedTime, STAMP_POLICY, TimeStamp, TimeStamper, read_time_question, refuse_time};

use crate::algorithm::{public_key_octets, sha1_name};
use crate::anchors::AuthorityRole;
use crate::asn1::tag;
use crate::asn1::writer::{bits, element, explicit, octets, oid as oid_element, printable, sequence, unsigned, utf8};
use crate::jpki_profile::{CertificateKind, POLICIES};
use crate::keys::{KeyError, SigningKey};
use crate::signing_identity::attribute_oid;
use crate::{AnchorKind, oids};

/// What distinguishes one CA generation from another. All generations of a role share one name.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Serial number of the CA certificate.
    pub serial: u64,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
    /// Written into user authentication certificates as the OCSP address.
    pub ocsp_url: Option<String>,
}

/// One generation of a dummy CA.
#[derive(Debug)]
pub struct TestAuthority {
    role: AuthorityRole,
    key: SigningKey,
    certificate: Vec<u8>,
    name: Vec<u8>,
    key_id: [u8; 20],
    serial: Vec<u8>,
    ocsp_url: Option<String>,
}

/// Prefecture and city in the CRL distribution point of dummy certificates.
const CRL_PREFECTURE: &str = "Dummy-ken";
const CRL_CITY: &str = "Demo-shi";

fn role_unit(role: AuthorityRole) -> (&'static str, &'static str) {
    match role {
        AuthorityRole::UserAuthentication => ("JPKI for user authentication", "公的個人認証サービス利用者証明用"),
        AuthorityRole::ResidentSigning => ("JPKI for digital signature", "公的個人認証サービス署名用"),
        AuthorityRole::Document => ("Document signing", "職責証明用"),
        AuthorityRole::MobileDocument => ("Mobile document signing", "カード代替電磁的記録用"),
        AuthorityRole::Timestamp => ("Time stamping", "タイムスタンプ用"),
    }
}

/// C=JP, O=JPKI-DUMMY, OU=<role>, OU=<agency>, then whatever follows.
fn authority_name(role: AuthorityRole, further: &[Vec<u8>]) -> Vec<u8> {
    let unit = role_unit(role).0;
    let mut parts = vec![
        attribute(oids::COUNTRY, "JP"),
        attribute(oids::ORGANIZATION, "JPKI-DUMMY"),
        attribute(oids::ORGANIZATIONAL_UNIT, unit),
        attribute(oids::ORGANIZATIONAL_UNIT, "Dummy Agency for Demonstration"),
    ];
    parts.extend_from_slice(further);
    element(tag::SEQUENCE, &parts.concat())
}

fn authority_alternative_name(role: AuthorityRole) -> Vec<u8> {
    element(
        tag::SEQUENCE,
        &[
            attribute(oids::COUNTRY, "JP"),
            attribute(oids::ORGANIZATION, "公的個人認証サービス(ダミー)"),
            attribute(oids::ORGANIZATIONAL_UNIT, role_unit(role).1),
            attribute(oids::ORGANIZATIONAL_UNIT, "実演用の偽の機構"),
        ]
        .concat(),
    )
}

/// One relative distinguished name of one attribute; countries as PrintableString, all else as UTF8String.
fn attribute(kind: const_oid::ObjectIdentifier, value: &str) -> Vec<u8> {
    let value = if kind == oids::COUNTRY { printable(value) } else { utf8(value) };
    element(tag::SET, &sequence(&[&oid_element(kind), &value]))
}

fn directory_name(name: &[u8]) -> Vec<u8> {
    explicit(4, name)
}

fn distribution_point(name: &[u8]) -> Vec<u8> {
    // DistributionPoint { [0] distributionPoint { [0] fullName { [4] directoryName } } }
    sequence(&[&explicit(0, &explicit(0, &directory_name(name)))])
}

impl TestAuthority {
    /// A self-signed CA of this role.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn new(role: AuthorityRole, key: SigningKey, generation: &Generation) -> Result<Self, KeyError> {
        let name = authority_name(role, &[]);
        let key_id = key_identifier(key.public_key_info());
        let serial = generation.serial.to_be_bytes();
        let mut authority = Self {
            role,
            key,
            certificate: Vec::new(),
            name: name.clone(),
            key_id,
            serial: serial.to_vec(),
            ocsp_url: generation.ocsp_url.clone(),
        };
        let extensions = vec![
            // keyCertSign, cRLSign
            TemplateExtension::critical(oids::KEY_USAGE, vec![0x03, 0x02, 0x01, 0x06]),
            TemplateExtension::critical(oids::BASIC_CONSTRAINTS, sequence(&[&element(tag::BOOLEAN, &[0xFF])])),
            TemplateExtension::plain(
                oids::SUBJECT_ALT_NAME,
                sequence(&[&directory_name(&authority_alternative_name(role))]),
            ),
            TemplateExtension::plain(oids::CRL_DISTRIBUTION_POINTS, sequence(&[&distribution_point(&name)])),
            TemplateExtension::plain(oids::SUBJECT_KEY_IDENTIFIER, octets(&key_id)),
        ];
        let template = Template {
            serial: serial.to_vec(),
            issuer: name.clone(),
            subject: name,
            not_before: generation.not_before,
            not_after: generation.not_after,
            public_key_info: authority.key.public_key_info().to_vec(),
            extensions,
        };
        authority.certificate = authority.sign(&template)?;
        Ok(authority)
    }

    /// The CA certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// What this CA issues.
    pub fn role(&self) -> AuthorityRole {
        self.role
    }

    /// The CA's private key, to be sealed by whoever keeps the demo city.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Subject key identifier of this generation.
    pub fn key_id(&self) -> &[u8; 20] {
        &self.key_id
    }

    /// A set of anchors that trusts exactly these authorities, opened for tests.
    ///
    /// # Errors
    /// Two authorities with one key.
    pub fn anchors(authorities: &[&Self]) -> Result<crate::TrustAnchors, crate::anchors::AnchorError> {
        let mut anchors = crate::TrustAnchors::allowing_test();
        for authority in authorities {
            anchors.add(authority.role, AnchorKind::Test, &authority.certificate)?;
        }
        Ok(anchors)
    }

    /// A document signer of mobile documents (ISO/IEC 18013-5 annex B, the fields [`crate::mobile_document`] asks for),
    /// to be changed where a test wants a wrong one, then [`Self::sign`]ed.
    pub fn mobile_document_signer(
        &self,
        public_key_info: &[u8],
        serial: u64,
        validity: (Timestamp, Timestamp),
    ) -> Template {
        let subject = sequence(&[
            &attribute(oids::COUNTRY, "JP"),
            &attribute(oids::ORGANIZATION, "JPKI-DUMMY"),
            &attribute(oids::COMMON_NAME, "Dummy Document Signer"),
        ]);
        let mut template = self.template(public_key_info, serial, subject, validity);
        template.extensions.extend(self.key_identifiers(public_key_info));
        template.extensions.extend([
            // digitalSignature
            TemplateExtension::critical(oids::KEY_USAGE, vec![0x03, 0x02, 0x07, 0x80]),
            TemplateExtension::critical(
                oids::EXTENDED_KEY_USAGE,
                sequence(&[&oid_element(oids::MOBILE_DOCUMENT_SIGNING)]),
            ),
        ]);
        template
    }

    /// Signs whatever the template says, right or wrong.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn sign(&self, template: &Template) -> Result<Vec<u8>, KeyError> {
        let algorithm = self.key.algorithm().identifier();
        let tbs = template.to_be_signed(&algorithm);
        let signature = self.key.sign(&tbs)?;
        Ok(sequence(&[&tbs, &algorithm, &bits(&signature)]))
    }

    fn template(
        &self,
        public_key_info: &[u8],
        serial: u64,
        subject: Vec<u8>,
        validity: (Timestamp, Timestamp),
    ) -> Template {
        Template {
            serial: serial.to_be_bytes().to_vec(),
            issuer: self.name.clone(),
            subject,
            not_before: validity.0,
            not_after: validity.1,
            public_key_info: public_key_info.to_vec(),
            extensions: Vec::new(),
        }
    }

    fn policy_extension(&self, kind: CertificateKind) -> TemplateExtension {
        let row = POLICIES.iter().find(|row| row.kind == kind && row.anchor == AnchorKind::Test);
        let policy = row.map_or(oids::CERTIFICATE_POLICIES, |row| row.policy);
        let qualifier = sequence(&[
            &oid_element(oids::CPS_QUALIFIER),
            &element(tag::IA5_STRING, b"http://www.example.jp/dummy-cps.html"),
        ]);
        let information = sequence(&[&oid_element(policy), &sequence(&[&qualifier])]);
        TemplateExtension::critical(oids::CERTIFICATE_POLICIES, sequence(&[&information]))
    }

    /// issuerAltName and CRL distribution points, in the profile's order.
    fn names_of_authority(&self) -> [TemplateExtension; 2] {
        [
            TemplateExtension::plain(
                oids::ISSUER_ALT_NAME,
                sequence(&[&directory_name(&authority_alternative_name(self.role))]),
            ),
            TemplateExtension::plain(
                oids::CRL_DISTRIBUTION_POINTS,
                sequence(&[&distribution_point(&self.crl_point_name(CRL_CITY))]),
            ),
        ]
    }

    fn crl_point_name(&self, city: &str) -> Vec<u8> {
        // As the issuer, but the agency's unit gives way to the directory of distribution points.
        element(
            tag::SEQUENCE,
            &[
                attribute(oids::COUNTRY, "JP"),
                attribute(oids::ORGANIZATION, "JPKI-DUMMY"),
                attribute(oids::ORGANIZATIONAL_UNIT, role_unit(self.role).0),
                attribute(oids::ORGANIZATIONAL_UNIT, "CRL Distribution Points"),
                attribute(oids::ORGANIZATIONAL_UNIT, CRL_PREFECTURE),
                attribute(oids::COMMON_NAME, &format!("{city} CRLDP")),
            ]
            .concat(),
        )
    }

    /// authorityKeyIdentifier with name and serial, and subjectKeyIdentifier.
    fn key_identifiers(&self, public_key_info: &[u8]) -> [TemplateExtension; 2] {
        // [2] authorityCertSerialNumber is an implicit INTEGER.
        let serial = unsigned(&self.serial);
        let mut implicit_serial = serial;
        implicit_serial[0] = tag::context(2);
        let authority = sequence(&[
            &element(tag::context(0), &self.key_id),
            &explicit(1, &directory_name(&self.name)),
            &implicit_serial,
        ]);
        [
            TemplateExtension::plain(oids::AUTHORITY_KEY_IDENTIFIER, authority),
            TemplateExtension::plain(oids::SUBJECT_KEY_IDENTIFIER, octets(&key_identifier(public_key_info))),
        ]
    }

    /// The template of a user authentication certificate.
    pub fn user_authentication_template(&self, request: &UserAuthenticationRequest<'_>) -> Template {
        let subject = element(
            tag::SEQUENCE,
            &[
                attribute(oids::COUNTRY, "JP"),
                attribute(oids::COMMON_NAME, &format!("{}{}003A", request.holder, request.municipality)),
            ]
            .concat(),
        );
        let validity = (request.not_before, request.not_after);
        let mut template = self.template(request.public_key_info, request.serial, subject, validity);
        let extensions = &mut template.extensions;
        extensions.push(TemplateExtension::critical(oids::KEY_USAGE, vec![0x03, 0x02, 0x07, 0x80]));
        let purposes = sequence(&[&oid_element(oids::CLIENT_AUTH)]);
        extensions.push(TemplateExtension::plain(oids::EXTENDED_KEY_USAGE, purposes));
        extensions.push(self.policy_extension(CertificateKind::UserAuthentication));
        extensions.extend(self.names_of_authority());
        if let Some(url) = &self.ocsp_url {
            let place = element(tag::context(6), url.as_bytes());
            let access = sequence(&[&sequence(&[&oid_element(oids::OCSP_ACCESS), &place])]);
            extensions.push(TemplateExtension::plain(oids::AUTHORITY_INFO_ACCESS, access));
        }
        extensions.extend(self.key_identifiers(request.public_key_info));
        template
    }

    /// Issues a user authentication certificate.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn issue_user_authentication(&self, request: &UserAuthenticationRequest<'_>) -> Result<Vec<u8>, KeyError> {
        self.sign(&self.user_authentication_template(request))
    }

    /// The template of a signing certificate.
    pub fn signing_template(&self, request: &SigningRequest<'_>) -> Template {
        // YYYYMMDDhhmmss ‖ 5 digits ‖ municipality ‖ 003A
        let moment = crate::asn1::from_generalized_time(request.not_before);
        let common_name = format!("{}{:05}{}003A", &moment[..14], request.serial % 100_000, request.municipality);
        let subject = element(
            tag::SEQUENCE,
            &[
                attribute(oids::COUNTRY, "JP"),
                attribute(oids::LOCALITY, CRL_PREFECTURE),
                attribute(oids::LOCALITY, CRL_CITY),
                attribute(oids::COMMON_NAME, &common_name),
            ]
            .concat(),
        );
        let validity = (request.not_before, request.not_after);
        let mut template = self.template(request.public_key_info, request.serial, subject, validity);
        let other_names: Vec<u8> = [
            (1, request.name),
            (4, request.birth_date),
            (3, request.sex),
            (5, request.address),
            (2, request.name_substitutions),
            (6, request.address_substitutions),
        ]
        .iter()
        .flat_map(|&(arc, text)| explicit(0, &[oid_element(attribute_oid(arc)), explicit(0, &utf8(text))].concat()))
        .collect();
        let extensions = &mut template.extensions;
        extensions.push(TemplateExtension::critical(oids::KEY_USAGE, vec![0x03, 0x02, 0x06, 0xC0]));
        extensions.push(TemplateExtension::plain(oids::SUBJECT_ALT_NAME, element(tag::SEQUENCE, &other_names)));
        extensions.push(self.policy_extension(CertificateKind::Signing));
        extensions.extend(self.names_of_authority());
        extensions.extend(self.key_identifiers(request.public_key_info));
        template
    }

    /// Issues a signing certificate.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn issue_signing(&self, request: &SigningRequest<'_>) -> Result<Vec<u8>, KeyError> {
        self.sign(&self.signing_template(request))
    }

    /// Appoints an OCSP responder.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn issue_ocsp_responder(
        &self,
        public_key_info: &[u8],
        serial: u64,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Vec<u8>, KeyError> {
        let subject = authority_name(self.role, &[attribute(oids::COMMON_NAME, "Dummy OCSP responder")]);
        let mut template = self.template(public_key_info, serial, subject, (not_before, not_after));
        let extensions = &mut template.extensions;
        extensions.push(TemplateExtension::critical(oids::KEY_USAGE, vec![0x03, 0x02, 0x07, 0x80]));
        let purposes = sequence(&[&oid_element(oids::OCSP_SIGNING)]);
        extensions.push(TemplateExtension::plain(oids::EXTENDED_KEY_USAGE, purposes));
        extensions.push(TemplateExtension::plain(oids::OCSP_NO_CHECK, crate::asn1::writer::null()));
        extensions.extend(self.key_identifiers(public_key_info));
        self.sign(&template)
    }

    /// The template of an office's document signing certificate.
    pub fn document_signer_template(&self, request: &DocumentSignerRequest<'_>) -> Template {
        let subject = element(
            tag::SEQUENCE,
            &[
                attribute(oids::COUNTRY, "JP"),
                attribute(oids::ORGANIZATION, request.organization),
                attribute(oids::COMMON_NAME, request.common_name),
            ]
            .concat(),
        );
        let validity = (request.not_before, request.not_after);
        let mut template = self.template(request.public_key_info, request.serial, subject, validity);
        template.extensions.push(TemplateExtension::critical(oids::KEY_USAGE, vec![0x03, 0x02, 0x06, 0xC0]));
        template.extensions.extend(self.key_identifiers(request.public_key_info));
        template
    }

    /// The template of a time-stamping authority's certificate (RFC 3161 §2.3: one purpose, critical).
    pub fn time_stamper_template(
        &self,
        public_key_info: &[u8],
        serial: u64,
        validity: (Timestamp, Timestamp),
    ) -> Template {
        let name = [attribute(oids::ORGANIZATION, "JPKI-DUMMY"), attribute(oids::COMMON_NAME, "Dummy Time Stamper")];
        let subject = element(tag::SEQUENCE, &[vec![attribute(oids::COUNTRY, "JP")], name.to_vec()].concat().concat());
        let mut template = self.template(public_key_info, serial, subject, validity);
        template.extensions.push(TemplateExtension::critical(oids::KEY_USAGE, vec![0x03, 0x02, 0x07, 0x80]));
        let purposes = sequence(&[&oid_element(oids::TIME_STAMPING)]);
        template.extensions.push(TemplateExtension::critical(oids::EXTENDED_KEY_USAGE, purposes));
        template.extensions.extend(self.key_identifiers(public_key_info));
        template
    }

    /// Issues an office's document signing certificate.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn issue_document_signer(&self, request: &DocumentSignerRequest<'_>) -> Result<Vec<u8>, KeyError> {
        self.sign(&self.document_signer_template(request))
    }
}

/// SHA-1 of the public key's octets (RFC 5280 §4.2.1.2, first method). Our own keys always have them.
fn key_identifier(public_key_info: &[u8]) -> [u8; 20] {
    sha1_name(public_key_octets(public_key_info).unwrap_or(public_key_info))
}
