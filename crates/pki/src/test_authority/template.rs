//! A certificate before it is signed, open to change so that tests can make every wrong one.

use base::Timestamp;
use const_oid::ObjectIdentifier;

use crate::asn1::tag;
use crate::asn1::utc_or_generalized_time;
use crate::asn1::writer::{element, explicit, octets, oid, sequence, unsigned};

/// One extension.
#[derive(Clone, Debug)]
pub struct TemplateExtension {
    /// Its identifier.
    pub oid: ObjectIdentifier,
    /// Whether it is critical.
    pub critical: bool,
    /// DER inside the OCTET STRING.
    pub value: Vec<u8>,
}

impl TemplateExtension {
    /// A critical extension.
    pub fn critical(oid: ObjectIdentifier, value: Vec<u8>) -> Self {
        Self { oid, critical: true, value }
    }

    /// An extension that is not critical.
    pub fn plain(oid: ObjectIdentifier, value: Vec<u8>) -> Self {
        Self { oid, critical: false, value }
    }
}

/// A certificate before it is signed.
#[derive(Clone, Debug)]
pub struct Template {
    /// Big endian; leading zeros do not matter.
    pub serial: Vec<u8>,
    /// Name, DER.
    pub issuer: Vec<u8>,
    /// Name, DER.
    pub subject: Vec<u8>,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
    /// SubjectPublicKeyInfo, DER.
    pub public_key_info: Vec<u8>,
    /// In order.
    pub extensions: Vec<TemplateExtension>,
}

impl Template {
    /// Changes the extension of this identifier; does nothing when there is none.
    pub fn change(&mut self, oid: ObjectIdentifier, change: impl FnOnce(&mut TemplateExtension)) {
        if let Some(extension) = self.extensions.iter_mut().find(|extension| extension.oid == oid) {
            change(extension);
        }
    }

    /// Takes the extension of this identifier out.
    pub fn remove(&mut self, oid: ObjectIdentifier) {
        self.extensions.retain(|extension| extension.oid != oid);
    }

    pub(super) fn to_be_signed(&self, algorithm: &[u8]) -> Vec<u8> {
        let extensions: Vec<u8> = self
            .extensions
            .iter()
            .flat_map(|extension| {
                let critical = if extension.critical { element(tag::BOOLEAN, &[0xFF]) } else { Vec::new() };
                sequence(&[&oid(extension.oid), &critical, &octets(&extension.value)])
            })
            .collect();
        let validity = sequence(&[&utc_or_generalized_time(self.not_before), &utc_or_generalized_time(self.not_after)]);
        sequence(&[
            &explicit(0, &unsigned(&[2])),
            &unsigned(&self.serial),
            algorithm,
            &self.issuer,
            &validity,
            &self.subject,
            &self.public_key_info,
            &explicit(3, &element(tag::SEQUENCE, &extensions)),
        ])
    }
}
