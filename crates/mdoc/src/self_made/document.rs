//! The issuing side: a plan becomes a signed document.

use aws_lc_rs::digest;
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{EcdsaKeyPair, KeyPair};
use base::{Date, Seams, Timestamp};
use pki::anchors::AnchorError;
use pki::mobile_document::MobileSignerLists;
use pki::revocation::{RevocationReason, StatusError};
use pki::test_authority::{Generation, RevokedEntry, Template, TestAuthority};
use pki::{AuthorityRole, KeyError, SigningKey, TrustAnchors};

use crate::cbor::writer::{Entries, array, boolean, bytes, embedded, integer, map, tag, text};
use crate::cose::{Context, X5CHAIN, covered};
use crate::elements::{DOCUMENT_TYPE, Element, VERSION};
use crate::keys::{Curve, EphemeralKey};

/// Serial number of the self-made document signer.
const SIGNER_SERIAL: u64 = 7;

/// One element to be issued.
#[derive(Clone, Debug)]
pub struct PlannedItem {
    /// Namespace.
    pub namespace: String,
    /// Element identifier.
    pub identifier: String,
    /// Value, CBOR.
    pub value: Vec<u8>,
    /// Whether its digest is put into the security object.
    pub covered: bool,
}

impl PlannedItem {
    fn of(element: Element, value: Vec<u8>) -> Self {
        let row = element.row();
        Self { namespace: row.namespace.to_owned(), identifier: row.identifier.to_owned(), value, covered: true }
    }

    /// An item whose value is text, under any name.
    pub fn text(namespace: &str, identifier: &str, value: &str) -> Self {
        Self { namespace: namespace.to_owned(), identifier: identifier.to_owned(), value: text(value), covered: true }
    }
}

/// A document before it is signed, open to change so that tests can make every wrong one.
#[derive(Clone, Debug)]
pub struct DocumentPlan {
    /// Type the phone presents.
    pub document_type: String,
    /// Type the issuer signs.
    pub signed_type: String,
    /// Version of the security object.
    pub version: String,
    /// `SHA-256`, `SHA-384` or `SHA-512`; anything else is written as it is over digests by SHA-256.
    pub digest_algorithm: String,
    /// When it was signed.
    pub signed: Timestamp,
    /// First instant of validity.
    pub valid_from: Timestamp,
    /// Last instant of validity.
    pub valid_until: Timestamp,
    /// What it says.
    pub items: Vec<PlannedItem>,
}

impl DocumentPlan {
    /// The whole card of a person who does not exist, signed an hour ago and valid for thirty days.
    pub fn sample(now: Timestamp) -> Self {
        let whole = Timestamp::from_seconds(now.seconds());
        let items = vec![
            PlannedItem::of(Element::FullName, text("架空　花子")),
            PlannedItem::of(Element::Address, text("東京都デモ市架空町一丁目２番３号")),
            PlannedItem::of(Element::LocalGovernmentCode, text("13999")),
            PlannedItem::of(Element::Portrait, bytes(&[&[0xFF, 0xD8, 0xFF, 0xE0][..], &[0x5A; 60]].concat())),
            PlannedItem::of(Element::SexText, text("女")),
            PlannedItem::of(Element::BirthDateText, text("1971年9月1日")),
            PlannedItem::of(Element::Sex, integer(2)),
            PlannedItem::of(Element::AgeOver20, boolean(true)),
            PlannedItem::of(Element::AgeInYears, integer(55)),
            PlannedItem::of(Element::BirthDate, tag(1004, &text("1971-09-01"))),
        ];
        Self {
            document_type: DOCUMENT_TYPE.to_owned(),
            signed_type: DOCUMENT_TYPE.to_owned(),
            version: VERSION.to_owned(),
            digest_algorithm: "SHA-256".to_owned(),
            signed: whole.plus_seconds(-3600),
            valid_from: whole.plus_seconds(-3600),
            valid_until: whole.plus_seconds(30 * 86_400),
            items,
        }
    }

    /// Gives an element another value, as text.
    #[must_use]
    pub fn saying(mut self, element: Element, value: &str) -> Self {
        for item in self.items.iter_mut().filter(|item| item.identifier == element.row().identifier) {
            item.value = text(value);
        }
        self
    }
}

/// One signed item.
#[derive(Clone)]
pub struct IssuedItem {
    /// Namespace.
    pub namespace: String,
    /// Element identifier.
    pub identifier: String,
    /// IssuerSignedItemBytes: tag 24 and content.
    pub raw: Vec<u8>,
}

/// A signed document, in parts.
#[derive(Clone)]
pub struct IssuedDocument {
    /// Type the phone presents.
    pub document_type: String,
    /// Items, in order.
    pub items: Vec<IssuedItem>,
    /// IssuerAuth: COSE_Sign1.
    pub issuer_auth: Vec<u8>,
}

impl std::fmt::Debug for IssuedDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IssuedDocument(<personal>)")
    }
}

/// A dummy authority with one document signer.
#[derive(Debug)]
pub struct SelfMadeIssuer {
    authority: TestAuthority,
    curve: Curve,
    signer: EcdsaKeyPair,
    certificate: Vec<u8>,
}

impl SelfMadeIssuer {
    /// A new authority, valid for ten years, and a document signer on `curve`, valid for one, both from a day ago.
    ///
    /// # Errors
    /// A key could not be made or used.
    pub fn new(curve: Curve, now: Timestamp) -> Result<Self, KeyError> {
        Self::with_certificate(curve, now, |_| {})
    }

    /// The same with a signer's certificate that was changed before it was signed.
    ///
    /// # Errors
    /// A key could not be made or used.
    pub fn with_certificate(
        curve: Curve,
        now: Timestamp,
        change: impl FnOnce(&mut Template),
    ) -> Result<Self, KeyError> {
        let start = Timestamp::from_seconds(now.seconds() - 86_400);
        let generation =
            Generation { serial: 1, not_before: start, not_after: start.plus_seconds(3650 * 86_400), ocsp_url: None };
        let authority = TestAuthority::new(AuthorityRole::MobileDocument, SigningKey::generate_p256()?, &generation)?;
        let signer = EphemeralKey::generate(curve)?.signer()?;
        let public = signer.public_key().as_der().map_err(|_| KeyError::Unreadable)?;
        let validity = (start, start.plus_seconds(365 * 86_400));
        let mut template = authority.mobile_document_signer(public.as_ref(), SIGNER_SERIAL, validity);
        change(&mut template);
        let certificate = authority.sign(&template)?;
        Ok(Self { authority, curve, signer, certificate })
    }

    /// The dummy authority.
    pub fn authority(&self) -> &TestAuthority {
        &self.authority
    }

    /// The document signer's certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Anchors that trust exactly this authority, opened for tests.
    ///
    /// # Errors
    /// The certificate is not one of an authority.
    pub fn anchors(&self) -> Result<TrustAnchors, AnchorError> {
        TestAuthority::anchors(&[&self.authority])
    }

    /// The authority's revocation list of `this_update`, good for thirty days, with or without the document signer.
    ///
    /// # Errors
    /// The list could not be signed or read.
    pub fn lists(
        &self,
        anchors: &TrustAnchors,
        this_update: Timestamp,
        revoked: bool,
    ) -> Result<MobileSignerLists, StatusError> {
        let entry = RevokedEntry { serial: SIGNER_SERIAL, since: this_update, reason: RevocationReason::KeyCompromise };
        let entries = if revoked { vec![entry] } else { Vec::new() };
        let until = this_update.plus_seconds(30 * 86_400);
        let list = self.authority.whole_revocation_list(1, this_update, until, &entries);
        let list = list.map_err(|_| StatusError::Unreachable)?;
        MobileSignerLists::read(anchors.iter().map(|anchor| (list.as_slice(), &**anchor)))
    }

    /// Signs a document for the phone that holds `device_key`.
    ///
    /// # Errors
    /// The key did not sign.
    pub fn issue(
        &self,
        plan: &DocumentPlan,
        device_key: &EphemeralKey,
        seams: &Seams,
    ) -> Result<IssuedDocument, KeyError> {
        let algorithm = match plan.digest_algorithm.as_str() {
            "SHA-384" => &digest::SHA384,
            "SHA-512" => &digest::SHA512,
            _ => &digest::SHA256,
        };
        let mut items = Vec::new();
        let mut digests: Vec<(&str, Entries)> = Vec::new();
        for (number, item) in (0i64..).zip(&plan.items) {
            let salt = seams.random.bytes::<32>();
            let raw = embedded(&map(&[
                (text("digestID"), integer(number)),
                (text("random"), bytes(&salt)),
                (text("elementIdentifier"), text(&item.identifier)),
                (text("elementValue"), item.value.clone()),
            ]));
            let entry = (integer(number), bytes(digest::digest(algorithm, &raw).as_ref()));
            match digests.iter_mut().find(|(namespace, _)| *namespace == item.namespace) {
                Some((_, entries)) if item.covered => entries.push(entry),
                None if item.covered => digests.push((&item.namespace, vec![entry])),
                _ => {}
            }
            let (namespace, identifier) = (item.namespace.clone(), item.identifier.clone());
            items.push(IssuedItem { namespace, identifier, raw });
        }
        let digests: Vec<_> = digests.iter().map(|(name, entries)| (text(name), map(entries))).collect();
        let issuer_auth = self.sign(&embedded(&security_object(plan, &map(&digests), device_key)))?;
        Ok(IssuedDocument { document_type: plan.document_type.clone(), items, issuer_auth })
    }

    /// IssuerAuth over any payload.
    fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, KeyError> {
        let protected = map(&[(integer(1), integer(self.curve.row().algorithm))]);
        let message = covered(Context::Signature, &protected, payload);
        let signature = self.signer.sign(&SystemRandom::new(), &message).map_err(|_| KeyError::NotSigned)?;
        let chain = map(&[(integer(X5CHAIN), bytes(&self.certificate))]);
        Ok(array(&[bytes(&protected), chain, bytes(payload), bytes(signature.as_ref())]))
    }
}

fn security_object(plan: &DocumentPlan, digests: &[u8], device_key: &EphemeralKey) -> Vec<u8> {
    map(&[
        (text("version"), text(&plan.version)),
        (text("digestAlgorithm"), text(&plan.digest_algorithm)),
        (text("valueDigests"), digests.to_vec()),
        (text("deviceKeyInfo"), map(&[(text("deviceKey"), device_key.public_cose_key())])),
        (text("docType"), text(&plan.signed_type)),
        (
            text("validityInfo"),
            map(&[
                (text("signed"), time(plan.signed)),
                (text("validFrom"), time(plan.valid_from)),
                (text("validUntil"), time(plan.valid_until)),
            ]),
        ),
    ])
}

fn time(at: Timestamp) -> Vec<u8> {
    let date = Date::from_days_since_epoch(at.seconds().div_euclid(86_400));
    let s = at.seconds().rem_euclid(86_400);
    tag(0, &text(&format!("{date}T{:02}:{:02}:{:02}Z", s / 3600, s / 60 % 60, s % 60)))
}
