//! Message encryption for web push: RFC 8291 over the `aes128gcm` coding of RFC 8188, one record.
//!
//! ```text
//!  salt 16 │ record size 4 │ key length 1 │ our public key 65 │ AES-128-GCM(payload ‖ 0x02) ‖ tag 16
//! ```

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use base::{Random, Seams};
use data_encoding::BASE64URL_NOPAD;

use super::endpoint::{AddressRules, Endpoint, EndpointFault};

/// Longest payload: a service must take bodies of 4096 bytes (RFC 8030 §7.2) of which the coding takes 103.
pub const MOST_PLAINTEXT: usize = 4096 - 103;
/// The record size we name: everything is one record.
const RECORD_SIZE: u32 = 4096;
const POINT: usize = 65;

/// What a browser gave: where to send, and two keys.
#[derive(Clone)]
pub struct Subscription {
    endpoint: Endpoint,
    public_key: [u8; POINT],
    secret: [u8; 16],
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subscription").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

/// Why a subscription is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionFault {
    /// The address.
    #[error(transparent)]
    Endpoint(#[from] EndpointFault),
    /// `p256dh` is not a point of P-256 in Base64url.
    #[error("p256dh is not a point of the curve P-256 in Base64url")]
    PublicKey,
    /// `auth` is not 16 bytes in Base64url.
    #[error("auth is not 16 bytes in Base64url")]
    Secret,
}

/// Why nothing was encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncryptionFault {
    /// The payload does not fit.
    #[error("the payload is longer than {MOST_PLAINTEXT} bytes")]
    TooLong,
    /// The library refused: a broken key.
    #[error("the payload could not be encrypted")]
    Failed,
}

impl Subscription {
    /// Reads what `PushSubscription.toJSON()` holds. Padding is tolerated: some clients send it.
    ///
    /// # Errors
    /// [`SubscriptionFault`].
    pub fn parse(endpoint: &str, p256dh: &str, auth: &str, rules: &AddressRules) -> Result<Self, SubscriptionFault> {
        let bytes = |text: &str| BASE64URL_NOPAD.decode(text.trim_end_matches('=').as_bytes()).ok();
        let endpoint = Endpoint::parse(endpoint, rules)?;
        let point: Option<[u8; POINT]> = bytes(p256dh).and_then(|bytes| bytes.try_into().ok());
        let public_key = point.filter(on_curve).ok_or(SubscriptionFault::PublicKey)?;
        let secret = bytes(auth).and_then(|bytes| bytes.try_into().ok()).ok_or(SubscriptionFault::Secret)?;
        Ok(Self { endpoint, public_key, secret })
    }

    /// Where to send.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// `p256dh` in Base64url, for storing.
    pub fn p256dh(&self) -> String {
        BASE64URL_NOPAD.encode(&self.public_key)
    }

    /// `auth` in Base64url, for storing.
    pub fn auth(&self) -> String {
        BASE64URL_NOPAD.encode(&self.secret)
    }
}

/// Whether bytes are an uncompressed point of the curve: the library checks it while agreeing.
fn on_curve(point: &[u8; POINT]) -> bool {
    const ONE: [u8; 32] = {
        let mut one = [0; 32];
        one[31] = 1;
        one
    };
    point[0] == 4
        && PrivateKey::from_private_key(&ECDH_P256, &ONE)
            .is_ok_and(|key| agree(&key, UnparsedPublicKey::new(&ECDH_P256, point), (), |_| Ok(())).is_ok())
}

/// Encrypts `payload` to one browser: the body of the request. A fresh key and salt each time.
///
/// # Errors
/// [`EncryptionFault`].
pub fn encrypt(to: &Subscription, payload: &[u8], seams: &Seams) -> Result<Vec<u8>, EncryptionFault> {
    let random: &dyn Random = &*seams.random;
    let salt = random.bytes();
    // A random string is a key unless it is zero or past the order: once in 2³².
    for _ in 0..8 {
        if let Ok(key) = PrivateKey::from_private_key(&ECDH_P256, &random.bytes::<32>()) {
            return seal(to, payload, &key, &salt);
        }
    }
    Err(EncryptionFault::Failed)
}

/// As [`encrypt`], with the sender's private key (32 bytes) and salt given: for test vectors only.
///
/// # Errors
/// [`EncryptionFault`].
pub fn encrypt_with(
    to: &Subscription,
    payload: &[u8],
    key: &[u8; 32],
    salt: [u8; 16],
) -> Result<Vec<u8>, EncryptionFault> {
    let key = PrivateKey::from_private_key(&ECDH_P256, key).map_err(|_| EncryptionFault::Failed)?;
    seal(to, payload, &key, &salt)
}

fn seal(to: &Subscription, payload: &[u8], key: &PrivateKey, salt: &[u8; 16]) -> Result<Vec<u8>, EncryptionFault> {
    const FAILED: EncryptionFault = EncryptionFault::Failed;
    if payload.len() > MOST_PLAINTEXT {
        return Err(EncryptionFault::TooLong);
    }
    let own = key.compute_public_key().map_err(|_| FAILED)?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &to.public_key);
    // RFC 8291 §3.3: the browser's secret binds the agreed one, both public keys are named.
    let input = agree(key, theirs, FAILED, |agreed| {
        let prk = Salt::new(HKDF_SHA256, &to.secret).extract(agreed);
        derive::<32>(&prk, &[b"WebPush: info\0", &to.public_key, own.as_ref()])
    })?;
    let prk = Salt::new(HKDF_SHA256, salt).extract(&input);
    let key: [u8; 16] = derive(&prk, &[b"Content-Encoding: aes128gcm\0"])?;
    let nonce: [u8; 12] = derive(&prk, &[b"Content-Encoding: nonce\0"])?;
    let mut body = Vec::with_capacity(payload.len() + 103);
    body.extend_from_slice(salt);
    body.extend_from_slice(&RECORD_SIZE.to_be_bytes());
    body.push(POINT as u8);
    body.extend_from_slice(own.as_ref());
    let header = body.len();
    body.extend_from_slice(payload);
    // The delimiter of a last record.
    body.push(2);
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).map_err(|_| FAILED)?);
    let tag = cipher
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), Aad::empty(), &mut body[header..])
        .map_err(|_| FAILED)?;
    body.extend_from_slice(tag.as_ref());
    Ok(body)
}

/// So many bytes of key material.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive<const N: usize>(prk: &Prk, info: &[&[u8]]) -> Result<[u8; N], EncryptionFault> {
    let mut out = [0; N];
    let okm = prk.expand(info, Length(N)).map_err(|_| EncryptionFault::Failed)?;
    okm.fill(&mut out).map_err(|_| EncryptionFault::Failed)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8291, appendix A.
    const RECEIVER_PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const SENDER_PRIVATE: &str = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw";
    const SALT: &str = "DGv6ra1nlYgDCS1FRnbzlw";
    const BODY: &str = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN";

    fn subscription() -> Subscription {
        Subscription::parse("https://push.example.com/x", RECEIVER_PUBLIC, SECRET, &AddressRules::default()).unwrap()
    }

    fn bytes<const N: usize>(text: &str) -> [u8; N] {
        BASE64URL_NOPAD.decode(text.as_bytes()).unwrap().try_into().unwrap()
    }

    #[test]
    fn the_example_of_rfc_8291_comes_out_byte_for_byte() {
        let payload = b"When I grow up, I want to be a watermelon";
        let body = encrypt_with(&subscription(), payload, &bytes(SENDER_PRIVATE), bytes(SALT)).unwrap();
        assert_eq!(BASE64URL_NOPAD.encode(&body), BODY);
    }

    #[test]
    fn two_messages_share_neither_key_nor_salt_and_the_longest_fits() {
        let (seams, _) = Seams::simulated(base::Timestamp::from_seconds(0), 1);
        let longest = vec![b'a'; MOST_PLAINTEXT];
        let [one, two] = [0, 1].map(|_| encrypt(&subscription(), &longest, &seams).unwrap());
        assert_eq!(one.len(), 4096);
        assert_ne!(one[..16], two[..16]);
        assert_ne!(one[21..86], two[21..86]);
        assert_eq!(encrypt(&subscription(), &vec![0; MOST_PLAINTEXT + 1], &seams), Err(EncryptionFault::TooLong));
    }

    #[test]
    fn keys_that_are_none_are_refused() {
        let with = |public: &str, secret: &str| {
            Subscription::parse("https://push.example.com/x", public, secret, &AddressRules::default()).map(|_| ())
        };
        assert_eq!(with(&format!("{RECEIVER_PUBLIC}="), &format!("{SECRET}==")), Ok(()));
        let mut off_curve = BASE64URL_NOPAD.decode(RECEIVER_PUBLIC.as_bytes()).unwrap();
        off_curve[64] ^= 1;
        for public in ["", "AAAA", "!!", &BASE64URL_NOPAD.encode(&off_curve), &BASE64URL_NOPAD.encode(&[4; 65])] {
            assert_eq!(with(public, SECRET), Err(SubscriptionFault::PublicKey), "{public}");
        }
        assert_eq!(with(RECEIVER_PUBLIC, "AAAA"), Err(SubscriptionFault::Secret));
        let (shown, secret) = (format!("{:?}", subscription()), SECRET);
        assert!(!shown.contains(secret) && !shown.contains("/x"), "{shown}");
    }
}
