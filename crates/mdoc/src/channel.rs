//! The way a request goes to a phone and its answer comes back. BLE, NFC and the browser stand behind this.

use std::sync::Arc;

use zeroize::Zeroizing;

use crate::keys::EphemeralKey;
use crate::request::Request;
use crate::transcript::SessionTranscript;

/// The phone could not be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// No phone, or it went away.
    #[error("the phone does not answer")]
    Lost,
    /// The holder said no.
    #[error("the holder declined")]
    Declined,
    /// What came could not be decrypted for this session.
    #[error("the phone's answer could not be decrypted")]
    NotDecrypted,
}

/// What came back, with the session it came in.
pub struct Presentation {
    /// DeviceResponse in CBOR, decrypted. Wiped when dropped.
    pub response: Zeroizing<Vec<u8>>,
    /// The session as this side knows it.
    pub transcript: SessionTranscript,
    /// This side's key of the session; without it a phone's MAC cannot be checked.
    pub reader_key: Option<Arc<EphemeralKey>>,
}

impl std::fmt::Debug for Presentation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Presentation(<personal>)")
    }
}

/// Carries one request to a phone and brings its answer. Each call is a session of its own with a fresh key or nonce.
pub trait MobileDocumentChannel: Send {
    /// Asks and waits; has its own time limit.
    ///
    /// # Errors
    /// The phone cannot be asked or does not answer.
    fn present(&mut self, request: &Request) -> Result<Presentation, ChannelError>;
}
