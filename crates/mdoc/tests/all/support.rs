//! One scene: an issuer, its list, a phone, a reader.

use std::sync::Arc;

use base::{Date, Seams, Timestamp};
use mdoc::self_made::{DocumentPlan, InProcessPhone, Meeting, Phone, SelfMadeIssuer};
use mdoc::{
    Curve, DocumentReader, Element, EphemeralKey, Handover, MobileDocumentChannel, Presentation, Refusal, Request,
    Retention, SessionTranscript, VerifiedDocument,
};
use pki::TrustAnchors;
use pki::mobile_document::MobileSignerLists;
use pki::test_authority::Template;

pub fn now() -> Timestamp {
    Timestamp::in_japan(Date::parse("2026-11-23").unwrap(), 9, 0, 0)
}

pub fn seams() -> Seams {
    Seams::simulated(now(), 5).0
}

/// Name and age to look at, address to keep.
pub fn request() -> Request {
    Request::asking(Element::FullName, Retention::LookOnly)
        .and(Element::Address, Retention::MayBeKept)
        .and(Element::AgeOver20, Retention::LookOnly)
}

/// Every element.
pub fn everything() -> Request {
    mdoc::elements::ELEMENTS.iter().fold(request(), |request, row| request.and(row.element, Retention::MayBeKept))
}

pub struct Scene {
    pub issuer: SelfMadeIssuer,
    pub anchors: TrustAnchors,
    pub lists: MobileSignerLists,
    pub phone: Phone,
}

impl Scene {
    pub fn new() -> Self {
        Self::planned(|_| {})
    }

    /// A document that was changed before it was signed.
    pub fn planned(change: impl FnOnce(&mut DocumentPlan)) -> Self {
        Self::made(SelfMadeIssuer::new(Curve::P256, now()).unwrap(), Curve::P256, change)
    }

    /// A signer's certificate that was changed before it was signed.
    pub fn certified(change: impl FnOnce(&mut Template)) -> Self {
        Self::made(SelfMadeIssuer::with_certificate(Curve::P256, now(), change).unwrap(), Curve::P256, |_| {})
    }

    pub fn made(issuer: SelfMadeIssuer, device: Curve, change: impl FnOnce(&mut DocumentPlan)) -> Self {
        let anchors = issuer.anchors().unwrap();
        let lists = issuer.lists(&anchors, now().plus_seconds(-3600), false).unwrap();
        let mut plan = DocumentPlan::sample(now());
        change(&mut plan);
        let phone = Phone::with_document(&issuer, &plan, device, &seams()).unwrap();
        Self { issuer, anchors, lists, phone }
    }

    pub fn reader(&self) -> DocumentReader<'_> {
        DocumentReader::new(&self.anchors, &self.lists, seams())
    }

    /// An answer of the phone to `request` in a session at the counter.
    pub fn presented(&self, request: &Request) -> Presentation {
        let session = Session::new(Curve::P256);
        let response = self.phone.respond(request, &session.transcript, Some(&session.key)).unwrap();
        session.brings(response)
    }

    pub fn judge(&self) -> Result<VerifiedDocument, Refusal> {
        self.reader().judge(&self.presented(&request()), &request())
    }

    /// The reason why the phone's answer is refused.
    #[track_caller]
    pub fn refusal(&self) -> Refusal {
        self.judge().expect_err("this must be refused")
    }

    /// The same after the answer's bytes were changed.
    #[track_caller]
    pub fn refusal_of(&self, change: impl FnOnce(&mut Vec<u8>)) -> Refusal {
        let mut presentation = self.presented(&request());
        change(&mut presentation.response);
        self.reader().judge(&presentation, &request()).expect_err("this must be refused")
    }

    pub fn channel(self, meeting: Meeting) -> (InProcessPhone, TrustAnchors, MobileSignerLists) {
        (InProcessPhone::new(self.phone, meeting, seams()), self.anchors, self.lists)
    }
}

/// One session at the counter.
pub struct Session {
    pub transcript: SessionTranscript,
    pub key: Arc<EphemeralKey>,
}

impl Session {
    pub fn new(curve: Curve) -> Self {
        let key = EphemeralKey::generate(curve).unwrap();
        // {0: "1.0"}: what an engagement says does not matter here, only that both sides saw the same.
        let transcript = SessionTranscript::in_person(b"\xA1\x00\x631.0", &key, Handover::QrCode).unwrap();
        Self { transcript, key: Arc::new(key) }
    }

    pub fn brings(&self, response: Vec<u8>) -> Presentation {
        Presentation {
            response: response.into(),
            transcript: self.transcript.clone(),
            reader_key: Some(Arc::clone(&self.key)),
        }
    }
}

/// Reads through a channel, as a service does.
pub fn read_through(
    channel: &mut dyn MobileDocumentChannel,
    anchors: &TrustAnchors,
    lists: &MobileSignerLists,
    request: &Request,
) -> Result<VerifiedDocument, Refusal> {
    DocumentReader::new(anchors, lists, seams()).read(channel, request)
}

/// Replaces the first place where `from` stands by `to`, which must be as long.
#[track_caller]
pub fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at = bytes.windows(from.len()).position(|window| window == from).expect("the bytes to replace");
    bytes[at..at + to.len()].copy_from_slice(to);
}
