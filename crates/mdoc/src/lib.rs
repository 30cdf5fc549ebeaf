//! The Individual Number Card in a phone (カード代替電磁的記録), read as a mobile document of ISO/IEC 18013-5.
//!
//! For: counters and online applications that ask a phone for attributes. No database, no web: bytes in, judgement out.
//!
//! ```text
//!  Request ──▶ MobileDocumentChannel ──▶ phone            closed list of elements, intent to retain each;
//!                    │                                    個人番号 is not among them
//!                    ▼ Presentation: answer + session
//!  DocumentReader ── response      strict CBOR, exact bytes, one document
//!                 ├─ pki::mobile_document   signer's certificate ▶ authority handed in by the caller ▶ its revocation list
//!                 ├─ cose          issuer's signature over the security object
//!                 ├─ security_object        type, dates, digest of every item
//!                 ├─ device_auth   signature or MAC of the phone's key over **this** session
//!                 └─ attributes    typed values: kept, or Transient when asked without intent to retain
//! ```
//!
//! | module | what it holds |
//! |---|---|
//! | [`elements`] | names, namespaces, versions: one dated table |
//! | [`request`], [`channel`] | what is asked, and the way to a phone |
//! | [`transcript`] | what binds an answer to a session: in person, in a browser |
//! | [`browser`] | a card asked for by a page: question, and opening of the encrypted answer |
//! | [`reader`] | the steps, in order; [`Refusal`] names each |
//! | [`attributes`], [`transient`] | what comes out |
//! | [`self_made`] | documents and a phone of our own making, for tests and the demonstration |
//!
//! **What is simulated.** No Japanese authority's root is public, so nothing is built in and nothing real was ever read:
//! documents here are self-made below a dummy authority, which [`pki::TrustAnchors`] takes only when opened for tests.
//! BLE, NFC and their session encryption stand behind [`MobileDocumentChannel`] and are not here.

pub mod attributes;
pub mod browser;
mod cbor;
pub mod channel;
mod cose;
mod device_auth;
pub mod elements;
mod keys;
pub mod reader;
mod refusal;
pub mod request;
mod response;
mod security_object;
pub mod self_made;
pub mod transcript;
pub mod transient;

pub use attributes::{Attributes, Sex};
pub use browser::BrowserSession;
pub use channel::{ChannelError, MobileDocumentChannel, Presentation};
pub use device_auth::DeviceProof;
pub use elements::Element;
pub use keys::{Curve, EphemeralKey};
pub use reader::{DocumentReader, RULES, ReaderRules, VerifiedDocument};
pub use refusal::Refusal;
pub use request::{Request, Retention};
pub use transcript::{Handover, SessionTranscript};
pub use transient::{Disclosed, Transient};
