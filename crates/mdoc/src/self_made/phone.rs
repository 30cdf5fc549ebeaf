//! The holder's side: a phone with one document, and a channel to it inside this process.

use std::sync::Arc;

use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use base::{Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use pki::sealed::{PUBLIC_KEY_BYTES, SealingPublicKey};
use pki::{KeyError, Malformed};
use zeroize::Zeroizing;

use super::document::{DocumentPlan, IssuedDocument, IssuedItem, SelfMadeIssuer};
use crate::browser::{BrowserSession, DCAPI};
use crate::cbor::writer::{array, bytes, embedded, integer, map, null, text};
use crate::cbor::{Key, Reader};
use crate::channel::{ChannelError, MobileDocumentChannel, Presentation};
use crate::cose::{Context, HMAC_256, covered};
use crate::device_auth::{DeviceProof, mac_key};
use crate::elements::VERSION;
use crate::keys::{Curve, EphemeralKey, PublicPoint};
use crate::request::Request;
use crate::transcript::{Handover, SessionTranscript};

/// A phone with one document, open to change.
#[derive(Debug)]
pub struct Phone {
    /// What it holds.
    pub document: IssuedDocument,
    /// The key that proves it.
    pub device_key: EphemeralKey,
    /// How it proves itself.
    pub proof: DeviceProof,
    /// Elements it returns although nobody asked: a phone that misbehaves.
    pub volunteers: Vec<String>,
}

impl Phone {
    /// A phone that was issued `plan`.
    ///
    /// # Errors
    /// A key could not be made or used.
    pub fn with_document(
        issuer: &SelfMadeIssuer,
        plan: &DocumentPlan,
        device: Curve,
        seams: &Seams,
    ) -> Result<Self, KeyError> {
        let device_key = EphemeralKey::generate(device)?;
        let document = issuer.issue(plan, &device_key, seams)?;
        Ok(Self { document, device_key, proof: DeviceProof::Signature, volunteers: Vec::new() })
    }

    /// Answers a request inside a session: DeviceResponse in CBOR.
    ///
    /// # Errors
    /// The device key did not sign, or a MAC is wanted and the reader has no key of the same curve.
    pub fn respond(
        &self,
        request: &Request,
        transcript: &SessionTranscript,
        reader_key: Option<&EphemeralKey>,
    ) -> Result<Vec<u8>, KeyError> {
        let mut namespaces: Vec<(&str, Vec<Vec<u8>>)> = Vec::new();
        for item in self.document.items.iter().filter(|item| self.returns(item, request)) {
            match namespaces.iter_mut().find(|(name, _)| *name == item.namespace) {
                Some((_, items)) => items.push(item.raw.clone()),
                None => namespaces.push((&item.namespace, vec![item.raw.clone()])),
            }
        }
        let namespaces: Vec<_> = namespaces.iter().map(|(name, items)| (text(name), array(items))).collect();
        let device_namespaces = embedded(&map(&[]));
        let proof = self.prove(&device_namespaces, transcript, reader_key)?;
        let issuer_signed =
            map(&[(text("nameSpaces"), map(&namespaces)), (text("issuerAuth"), self.document.issuer_auth.clone())]);
        let device_signed = map(&[(text("nameSpaces"), device_namespaces), (text("deviceAuth"), map(&[proof]))]);
        let document = map(&[
            (text("docType"), text(&self.document.document_type)),
            (text("issuerSigned"), issuer_signed),
            (text("deviceSigned"), device_signed),
        ]);
        Ok(map(&[
            (text("version"), text(VERSION)),
            (text("documents"), array(&[document])),
            (text("status"), integer(0)),
        ]))
    }

    fn returns(&self, item: &IssuedItem, request: &Request) -> bool {
        let asked = request.asked().iter().map(|(element, _)| element.row());
        asked.into_iter().any(|row| row.namespace == item.namespace && row.identifier == item.identifier)
            || self.volunteers.contains(&item.identifier)
    }

    fn prove(
        &self,
        device_namespaces: &[u8],
        transcript: &SessionTranscript,
        reader_key: Option<&EphemeralKey>,
    ) -> Result<(Vec<u8>, Vec<u8>), KeyError> {
        let message = transcript.device_authentication(&self.document.document_type, device_namespaces);
        let (name, algorithm) = match self.proof {
            DeviceProof::Signature => ("deviceSignature", self.device_key.public().curve.row().algorithm),
            DeviceProof::Mac => ("deviceMac", HMAC_256),
        };
        let protected = map(&[(integer(1), integer(algorithm))]);
        let proof = match self.proof {
            DeviceProof::Signature => {
                let covered = covered(Context::Signature, &protected, &message);
                let signer = self.device_key.signer()?;
                signer.sign(&SystemRandom::new(), &covered).map_err(|_| KeyError::NotSigned)?.as_ref().to_vec()
            }
            DeviceProof::Mac => {
                let secret = reader_key.and_then(|key| self.device_key.agree(key.public()));
                let key = secret.and_then(|secret| mac_key(&secret, transcript)).ok_or(KeyError::NotSigned)?;
                hmac::sign(&key, &covered(Context::Mac, &protected, &message)).as_ref().to_vec()
            }
        };
        Ok((text(name), array(&[bytes(&protected), map(&[]), null(), bytes(&proof)])))
    }
}

/// How reader and phone meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meeting {
    /// At a counter, by QR code.
    InPerson,
    /// On a page of this origin.
    InBrowser {
        /// Serialised origin of the page.
        origin: String,
    },
}

/// A channel to a [`Phone`] in this process: every request is a session with a fresh key and nonce.
#[derive(Debug)]
pub struct InProcessPhone {
    /// The phone at the other end; `None`: the holder has put it away.
    pub phone: Option<Phone>,
    meeting: Meeting,
    seams: Seams,
}

impl InProcessPhone {
    /// A channel to `phone`.
    pub fn new(phone: Phone, meeting: Meeting, seams: Seams) -> Self {
        Self { phone: Some(phone), meeting, seams }
    }

    /// A channel to the sample card of a new dummy authority, at a counter; for demonstrations.
    ///
    /// # Errors
    /// A key could not be made or used.
    pub fn sample(now: Timestamp, seams: &Seams) -> Result<(Self, SelfMadeIssuer), KeyError> {
        let issuer = SelfMadeIssuer::new(Curve::P256, now)?;
        let phone = Phone::with_document(&issuer, &DocumentPlan::sample(now), Curve::P256, seams)?;
        Ok((Self::new(phone, Meeting::InPerson, seams.clone()), issuer))
    }

    /// At a counter: both sides know the engagement and the reader's key.
    fn meet_in_person(&self, phone: &Phone, request: &Request) -> Result<Presentation, KeyError> {
        let reader_key = EphemeralKey::generate(phone.device_key.public().curve)?;
        let phone_key = EphemeralKey::generate(Curve::P256)?;
        // DeviceEngagement: version, and cipher suite 1 with the phone's session key.
        let security = array(&[integer(1), embedded(&phone_key.public_cose_key())]);
        let engagement = map(&[(integer(0), text(VERSION)), (integer(1), security)]);
        let transcript = SessionTranscript::in_person(&engagement, &reader_key, Handover::QrCode);
        let transcript = transcript.map_err(|_| KeyError::NotMade)?;
        let response = phone.respond(request, &transcript, Some(&reader_key))?;
        Ok(Presentation { response: Zeroizing::new(response), transcript, reader_key: Some(Arc::new(reader_key)) })
    }
}

/// What a wallet does with the page's question: reads whom to encrypt to, answers, encrypts.
///
/// # Errors
/// The question is not of the annex's form, or the device key did not sign.
pub fn answer_page(phone: &Phone, request: &Request, encryption_info: &str, origin: &str) -> Result<String, KeyError> {
    let encoded = BASE64URL_NOPAD.decode(encryption_info.as_bytes()).map_err(|_| KeyError::Unreadable)?;
    let key = recipient(&encoded).ok().flatten().ok_or(KeyError::Unreadable)?;
    let key = SealingPublicKey::from_bytes(&key.point).map_err(|_| KeyError::Unreadable)?;
    let transcript = SessionTranscript::in_browser(encryption_info, origin);
    let response = Zeroizing::new(phone.respond(request, &transcript, None)?);
    let sealed = key.seal(transcript.as_cbor(), &[], &response).map_err(|_| KeyError::NotSigned)?;
    let (encapsulated, ciphertext) = sealed.split_at(PUBLIC_KEY_BYTES.min(sealed.len()));
    let parts = map(&[(text("enc"), bytes(encapsulated)), (text("cipherText"), bytes(ciphertext))]);
    Ok(BASE64URL_NOPAD.encode(&array(&[text(DCAPI), parts])))
}

/// `recipientPublicKey` of an encryption info.
fn recipient(encoded: &[u8]) -> Result<Option<PublicPoint>, Malformed> {
    let mut reader = Reader::new(encoded);
    reader.array("an encryption info")?;
    reader.text("dcapi")?;
    let mut key = None;
    reader.entries::<Malformed>("parameters", |name, _, value| {
        match name {
            Key::Text("recipientPublicKey") => key = PublicPoint::read(value)?,
            _ => value.raw("a parameter").map(|_| ())?,
        }
        Ok(())
    })?;
    Ok(key)
}

impl MobileDocumentChannel for InProcessPhone {
    fn present(&mut self, request: &Request) -> Result<Presentation, ChannelError> {
        let phone = self.phone.as_ref().ok_or(ChannelError::Lost)?;
        match &self.meeting {
            Meeting::InPerson => self.meet_in_person(phone, request).map_err(|_| ChannelError::Lost),
            Meeting::InBrowser { origin } => {
                let session = BrowserSession::start(&self.seams, origin);
                let answer = answer_page(phone, request, session.encryption_info(), origin);
                session.open(&answer.map_err(|_| ChannelError::Lost)?)
            }
        }
    }
}
