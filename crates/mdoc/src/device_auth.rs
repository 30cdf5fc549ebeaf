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

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;

    use super::*;
    use crate::cbor::Reader;
    use crate::keys::Curve;

    fn hex(text: &str) -> Vec<u8> {
        HEXLOWER.decode(text.as_bytes()).unwrap()
    }

    /// SessionTranscript of the example in ISO/IEC 18013-5 annex D (NFC), as several public verifiers carry it.
    const TRANSCRIPT: &str = concat!(
        "83d8185858a20063312e30018201d818584ba4010220012158205a88d182bce5f42efa59943f33359d2e8a968ff289d93e5fa444b624",
        "343167fe225820b16e8cf858ddc7690407ba61d4c338237a8cfcf3de6aa672fc60a557aa32fc67d818584ba40102200121582060e339",
        "2385041f51403051f2415531cb56dd3f999c71687013aac6768bc8187e225820e58deb8fdbe907f7dd5368245551a34796f7d2215c44",
        "0c339bb0f7b67beccdfa8258c391020f487315d10209616301013001046d646f631a200c016170706c69636174696f6e2f766e642e62",
        "6c7565746f6f74682e6c652e6f6f6230081b28128b37282801021c015c1e580469736f2e6f72673a31383031333a646576696365656e",
        "676167656d656e746d646f63a20063312e30018201d818584ba4010220012158205a88d182bce5f42efa59943f33359d2e8a968ff289",
        "d93e5fa444b624343167fe225820b16e8cf858ddc7690407ba61d4c338237a8cfcf3de6aa672fc60a557aa32fc6758cd910225487215",
        "91020263720102110204616301013000110206616301036e6663005102046163010157001a201e016170706c69636174696f6e2f766e",
        "642e626c7565746f6f74682e6c652e6f6f6230081b28078080bf2801021c021107c832fff6d26fa0beb34dfcd555d4823a1c11010369",
        "736f2e6f72673a31383031333a6e66636e6663015a172b016170706c69636174696f6e2f766e642e7766612e6e616e57030101032302",
        "001324fec9a70b97ac9684a4e326176ef5b981c5e8533e5f00298cfccbc35e700a6b020414"
    );

    /// COSE_Mac0 of the same example.
    const MAC: &str = "8443a10105a0f65820e99521a85ad7891b806a07f8b5388a332d92c189a7bf293ee1f543405ae6824d";

    #[test]
    fn the_mac_of_the_standards_own_example_is_right_and_any_other_is_not() {
        let transcript = SessionTranscript::from_cbor(&hex(TRANSCRIPT)).unwrap();
        let scalar = hex("de3b4b9e5f72dd9b58406ae3091434da48a6f9fd010d88fcb0958e2cebec947c");
        let reader_key = EphemeralKey::from_scalar(Curve::P256, &scalar);
        let point = hex(concat!(
            "0496313d6c63e24e3372742bfdb1a33ba2c897dcd68ab8c753e4fbd48dca6b7f9a",
            "1fb3269edd418857de1b39a4e4a44b92fa484caa722c228288f01d0c03a2c3d6"
        ));
        let device_key = PublicPoint { curve: Curve::P256, point };
        let mac = hex(MAC);
        // DeviceNameSpacesBytes: tag 24 over an empty map.
        let authentication = |document_type| transcript.device_authentication(document_type, &[0xD8, 0x18, 0x41, 0xA0]);
        let judge = |mac: &[u8], document_type| {
            let auth = DeviceAuth::Mac(Envelope::read(&mut Reader::new(mac)).unwrap());
            check(&auth, &device_key, &authentication(document_type), &transcript, Some(&reader_key))
        };
        assert_eq!(judge(&mac, "org.iso.18013.5.1.mDL"), Ok(DeviceProof::Mac));
        assert_eq!(judge(&mac, "org.iso.23220.1.jp.mnc"), Err(Refusal::DeviceNotProved));
        let mut altered = mac;
        *altered.last_mut().unwrap() ^= 1;
        assert_eq!(judge(&altered, "org.iso.18013.5.1.mDL"), Err(Refusal::DeviceNotProved));
    }
}
