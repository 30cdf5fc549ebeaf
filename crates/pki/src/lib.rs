//! Certificates, signatures and their checking. No database, no web: bytes in, judgement out.
//!
//! | module | what it answers |
//! |---|---|
//! | [`challenge`] | is this tap proved by a card, for us, here, now? |
//! | [`jpki_profile`] | is this certificate one of 公的個人認証, and valid now? |
//! | [`anchors`] | which CAs we trust; several generations under one name, dummies marked |
//! | [`signing_identity`] | what a signing certificate says of its holder |
//! | [`mobile_document`] | may this certificate sign cards in phones (ISO/IEC 18013-5), and has it been revoked? |
//! | [`revocation`] | has it been revoked? OCSP and CRL, over real sockets |
//! | [`renewal`] | which certificates did this one replace? |
//! | [`resident_signature`] | who signed this document with their card, and was their certificate good then? |
//! | [`pades`] | sign a PDF, stamp it, add evidence that lasts, and check a signed one |
//! | [`timestamp`] | when did these bytes exist at the latest? asking an RFC 3161 authority, and judging its answer |
//! | [`agent`] | the messages between the city's server and the agent beside a card reader |
//! | [`sealed`] | sealing for one reader (HPKE) |
//! | [`wallet`], [`jose`] | certificates in a wallet: SD-JWT VC, key proofs, status lists |
//! | [`token`] | the signed square on paper (COSE) |
//! | [`message_key`] | who signed this request (RFC 9421)? |
//! | [`document_certificate`] | whether key, certificate and authority of the office belong together |
//! | [`keys`] | private keys in memory and the trait of document signers |
//! | [`test_authority`] | a dummy authority for demonstration and tests, marked as such in every certificate |
//!
//! Everything that reads outside data is total: it never panics and names the byte and the reason.

pub mod agent;
mod algorithm;
pub mod anchors;
mod asn1;
mod certificate;
pub mod challenge;
mod cms;
pub mod document_certificate;
pub mod jose;
pub mod jpki_profile;
pub mod keys;
pub mod message_key;
pub mod mobile_document;
mod oids;
pub mod pades;
pub mod renewal;
pub mod resident_signature;
pub mod revocation;
pub mod sealed;
pub mod signing_identity;
pub mod test_authority;
pub mod timestamp;
pub mod token;
pub mod wallet;

pub use algorithm::SignatureAlgorithm;
pub use anchors::{AnchorKind, AuthorityRole, TrustAnchors};
pub use asn1::Malformed;
pub use certificate::CertificateId;
pub use challenge::{
    CardRefusal, Challenge, Expectation, PresentedCard, ShownCard, VerifiedCard, check_shown_certificate,
    verify_user_authentication,
};
pub use keys::{DocumentSigner, KeyError, MemorySigner, SigningKey};
pub use message_key::MessageKey;
