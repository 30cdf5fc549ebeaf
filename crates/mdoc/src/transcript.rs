//! The session transcript: what binds an answer to one session, so that it cannot be played again in another.
//!
//! ```text
//!  in person   [ DeviceEngagementBytes, EReaderKeyBytes, handover ]           ISO/IEC 18013-5 §9.1.5.1
//!              handover: null (QR) or [ select, request / null ] (NFC)
//!  in browser  [ null, null, [ "dcapi", SHA-256( [ encryption info, origin ] ) ] ]   ISO/IEC 18013-7 annex C
//! ```
//! The transcript is made from what this side knows of the session, never from what an answer says of itself.

use aws_lc_rs::digest::{SHA256, digest};
use pki::Malformed;

use crate::cbor::writer::{array, bytes, embedded, null, text};
use crate::cbor::{self, Reader};
use crate::keys::EphemeralKey;

/// A device engagement or handover message is at most this long.
const MAX_PART: usize = 16 * 1024;

/// How reader and phone found each other in person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handover<'a> {
    /// The phone showed a QR code.
    QrCode,
    /// Over NFC.
    Nfc {
        /// Handover select message.
        select: &'a [u8],
        /// Handover request message; none in static handover.
        request: Option<&'a [u8]>,
    },
}

/// A session transcript, as bytes: SessionTranscript in CBOR.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionTranscript(Vec<u8>);

impl SessionTranscript {
    /// A session in person. `engagement`: the DeviceEngagement the phone showed, CBOR, exactly as it came.
    ///
    /// # Errors
    /// The engagement is not one item of CBOR.
    pub fn in_person(engagement: &[u8], reader_key: &EphemeralKey, handover: Handover<'_>) -> Result<Self, Malformed> {
        if engagement.len() > MAX_PART {
            return Err(Malformed { position: MAX_PART, what: "an engagement of at most 16 KiB" });
        }
        cbor::check(engagement)?;
        let handover = match handover {
            Handover::QrCode => null(),
            Handover::Nfc { select, request } => array(&[bytes(select), request.map_or_else(null, bytes)]),
        };
        Ok(Self(array(&[embedded(engagement), embedded(&reader_key.public_cose_key()), handover])))
    }

    /// A session in a browser by protocol [`crate::elements::BROWSER_PROTOCOL`]. `encryption_info`: the text handed to the
    /// browser. `origin`: the page's own origin,
    /// serialised (`https://city.example`), known to the server and never taken from the answer.
    pub fn in_browser(encryption_info: &str, origin: &str) -> Self {
        let info = array(&[text(encryption_info), text(origin)]);
        let handover = array(&[text("dcapi"), bytes(digest(&SHA256, &info).as_ref())]);
        Self(array(&[null(), null(), handover]))
    }

    /// Any other session (OpenID4VP has one of its own), already encoded: an array of three.
    ///
    /// # Errors
    /// Not such an array.
    pub fn from_cbor(encoded: &[u8]) -> Result<Self, Malformed> {
        cbor::check(encoded)?;
        let mut reader = Reader::new(encoded);
        if reader.array("an array of three")? != 3 {
            return Err(Malformed { position: 0, what: "an array of three" });
        }
        Ok(Self(encoded.to_vec()))
    }

    /// SessionTranscript in CBOR: also the `info` of the browser's encrypted answer.
    pub fn as_cbor(&self) -> &[u8] {
        &self.0
    }

    /// Salt of the MAC key: SHA-256 of SessionTranscriptBytes.
    pub(crate) fn salt(&self) -> Vec<u8> {
        digest(&SHA256, &embedded(&self.0)).as_ref().to_vec()
    }

    /// DeviceAuthenticationBytes (§9.1.3.4): what the phone signs.
    pub(crate) fn device_authentication(&self, document_type: &str, device_namespaces: &[u8]) -> Vec<u8> {
        let parts = [text("DeviceAuthentication"), self.0.clone(), text(document_type), device_namespaces.to_vec()];
        embedded(&array(&parts))
    }
}
