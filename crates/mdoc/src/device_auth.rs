//! The phone's proof that it holds the document and is in this session (ISO/IEC 18013-5 §9.1.3).

use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Salt};
use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use crate::Refusal;
use crate::cose::{Context, Envelope, HMAC_256};
use crate::keys::{EphemeralKey, PublicPoint};
use crate::response::DeviceAuth;
use crate::transcript::SessionTranscript;

/// How the phone proved itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeviceProof {
    /// A signature: anyone could check it later.
    Signature,
    /// A MAC with the reader's session key: it convinces this reader only.
    Mac,
}

/// Checks signature or MAC over DeviceAuthentication by `device_key`.
pub(crate) fn check(
    auth: &DeviceAuth<'_>,
    device_key: &PublicPoint,
    authentication: &[u8],
    transcript: &SessionTranscript,
    reader_key: Option<&EphemeralKey>,
) -> Result<DeviceProof, Refusal> {
    match auth {
        DeviceAuth::Signature(envelope) => check_signature(envelope, device_key, authentication),
        DeviceAuth::Mac(envelope) => {
            let reader_key = reader_key.ok_or(Refusal::NoKeyForMac)?;
            check_mac(envelope, device_key, authentication, transcript, reader_key)
        }
    }
}

fn check_signature(envelope: &Envelope<'_>, key: &PublicPoint, authentication: &[u8]) -> Result<DeviceProof, Refusal> {
    if envelope.algorithm != key.curve.row().algorithm {
        return Err(Refusal::WrongAlgorithm);
    }
    let covered = envelope.covered(Context::Signature, authentication);
    if key.verifies(&covered, envelope.proof) { Ok(DeviceProof::Signature) } else { Err(Refusal::DeviceNotProved) }
}

fn check_mac(
    envelope: &Envelope<'_>,
    key: &PublicPoint,
    authentication: &[u8],
    transcript: &SessionTranscript,
    reader_key: &EphemeralKey,
) -> Result<DeviceProof, Refusal> {
    if envelope.algorithm != HMAC_256 {
        return Err(Refusal::WrongAlgorithm);
    }
    let secret = reader_key.agree(key).ok_or(Refusal::NoKeyForMac)?;
    let mac_key = mac_key(&secret, transcript).ok_or(Refusal::DeviceNotProved)?;
    let covered = envelope.covered(Context::Mac, authentication);
    match hmac::verify(&mac_key, &covered, envelope.proof) {
        Ok(()) => Ok(DeviceProof::Mac),
        Err(_) => Err(Refusal::DeviceNotProved),
    }
}

struct ThirtyTwo;

impl KeyType for ThirtyTwo {
    fn len(&self) -> usize {
        32
    }
}

/// EMacKey (§9.1.3.5): HKDF with SHA-256 over the agreed secret, salted with the session.
pub(crate) fn mac_key(secret: &[u8], transcript: &SessionTranscript) -> Option<hmac::Key> {
    let extracted = Salt::new(HKDF_SHA256, &transcript.salt()).extract(secret);
    let mut key = Zeroizing::new([0; 32]);
    extracted.expand(&[b"EMacKey"], ThirtyTwo).ok()?.fill(&mut key[..]).ok()?;
    Some(hmac::Key::new(hmac::HMAC_SHA256, &key[..]))
}
