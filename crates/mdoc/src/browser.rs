//! A card asked for by a page: protocol `org-iso-mdoc` of the Digital Credentials API (ISO/IEC 18013-7 annex C).
//!
//! ```text
//!  server                                   page                              wallet
//!  BrowserSession::start ── deviceRequest, encryptionInfo ──▶ navigator.credentials.get ──▶
//!  open ◀── response: [ "dcapi", { enc, cipherText } ] ◀──────────────────────────────────── HPKE to our key,
//!    └─▶ Presentation                                                                        info = this session
//! ```
//! The page and the browser see ciphertext only. Suite: DHKEM(P-256), HKDF-SHA256, AES-128-GCM, as public verifiers of
//! the annex and one wallet (spruceid) carry it out: info is the session, the additional data is empty.

use base::Seams;
use data_encoding::BASE64URL_NOPAD;
use pki::sealed::{PRIVATE_KEY_BYTES, PUBLIC_KEY_BYTES, SealingKey};
use pki::{KeyError, Malformed};
use zeroize::Zeroizing;

use crate::cbor::writer::{array, bytes, map, text};
use crate::cbor::{Key, Reader};
use crate::channel::{ChannelError, Presentation};
use crate::keys::{Curve, PublicPoint};
use crate::request::Request;
use crate::response::MAX_RESPONSE_BYTES;
use crate::transcript::SessionTranscript;

/// First word of every structure of the annex.
pub(crate) const DCAPI: &str = "dcapi";

/// One question asked by one page: its key, its nonce, its origin. Serves once: open it and throw it away.
pub struct BrowserSession {
    key: SealingKey,
    encryption_info: String,
    transcript: SessionTranscript,
}

impl std::fmt::Debug for BrowserSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserSession")
    }
}

impl BrowserSession {
    /// A session with a fresh key and nonce for the page of `origin` (`https://city.example`), as this server knows it.
    pub fn start(seams: &Seams, origin: &str) -> Self {
        let key = SealingKey::generate();
        let public = PublicPoint { curve: Curve::P256, point: key.public().to_bytes() };
        let nonce = seams.random.bytes::<16>();
        let parameters = map(&[(text("nonce"), bytes(&nonce)), (text("recipientPublicKey"), public.to_cbor())]);
        let encryption_info = BASE64URL_NOPAD.encode(&array(&[text(DCAPI), parameters]));
        Self::of(key, encryption_info, origin)
    }

    /// The session that [`Self::to_secret`] was taken from.
    ///
    /// # Errors
    /// Not such bytes.
    pub fn restore(secret: &[u8], origin: &str) -> Result<Self, KeyError> {
        let (key, info) = secret.split_at_checked(PRIVATE_KEY_BYTES).ok_or(KeyError::Unreadable)?;
        let key = SealingKey::from_bytes(key).map_err(|_| KeyError::Unreadable)?;
        let info = String::from_utf8(info.to_vec()).map_err(|_| KeyError::Unreadable)?;
        Ok(Self::of(key, info, origin))
    }

    fn of(key: SealingKey, encryption_info: String, origin: &str) -> Self {
        let transcript = SessionTranscript::in_browser(&encryption_info, origin);
        Self { key, encryption_info, transcript }
    }

    /// Key and nonce, to be sealed and kept between question and answer.
    pub fn to_secret(&self) -> Zeroizing<Vec<u8>> {
        let key = Zeroizing::new(self.key.to_bytes());
        Zeroizing::new([key.as_slice(), self.encryption_info.as_bytes()].concat())
    }

    /// `encryptionInfo` for the page.
    pub fn encryption_info(&self) -> &str {
        &self.encryption_info
    }

    /// `deviceRequest` for the page.
    pub fn device_request(&self, request: &Request) -> String {
        BASE64URL_NOPAD.encode(&request.to_cbor())
    }

    /// The session both sides are bound to.
    pub fn transcript(&self) -> &SessionTranscript {
        &self.transcript
    }

    /// Opens the `response` the page brought. The phone proves itself by signature: there is no key for a MAC here.
    ///
    /// # Errors
    /// [`ChannelError::NotDecrypted`]: not of the one form, or not encrypted for this session.
    pub fn open(self, response: &str) -> Result<Presentation, ChannelError> {
        // Base64 is a third longer than what it carries.
        if response.len() > MAX_RESPONSE_BYTES * 3 / 2 {
            return Err(ChannelError::NotDecrypted);
        }
        let encoded = BASE64URL_NOPAD.decode(response.as_bytes()).map_err(|_| ChannelError::NotDecrypted)?;
        let sealed = read_encrypted(&encoded).map_err(|_| ChannelError::NotDecrypted)?;
        let opened = self.key.open(self.transcript.as_cbor(), &[], &sealed);
        let response = Zeroizing::new(opened.map_err(|_| ChannelError::NotDecrypted)?);
        Ok(Presentation { response, transcript: self.transcript, reader_key: None })
    }
}

/// `[ "dcapi", { "enc": …, "cipherText": … } ]` as one run: encapsulated key, ciphertext.
fn read_encrypted(encoded: &[u8]) -> Result<Vec<u8>, Malformed> {
    const WHAT: &str = "[ \"dcapi\", { enc, cipherText } ]";
    let mut reader = Reader::new(encoded);
    let start = reader;
    if reader.array(WHAT)? != 2 || reader.text(WHAT)? != DCAPI {
        return start.fail(WHAT);
    }
    let (mut key, mut ciphertext) = (None, None);
    reader.entries::<Malformed>(WHAT, |name, position, value| {
        match name {
            Key::Text("enc") => key = Some(value.bytes("an encapsulated key")?),
            Key::Text("cipherText") => ciphertext = Some(value.bytes("a ciphertext")?),
            _ => return Err(Malformed { position, what: "enc or cipherText" }),
        }
        Ok(())
    })?;
    reader.finish()?;
    match (key, ciphertext) {
        (Some(key), Some(ciphertext)) if key.len() == PUBLIC_KEY_BYTES => Ok([key, ciphertext].concat()),
        _ => start.fail(WHAT),
    }
}
