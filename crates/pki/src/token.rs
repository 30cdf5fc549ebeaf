//! Signed tokens: the square on the paper, receipts, messages between zones.
//!
//! COSE_Sign1 (RFC 9052) with ES256 over a CBOR payload, written in exactly one way and read only that way, so a token
//! has one form and the browser's checker stays small:
//!
//! ```text
//!  D2 84  58 0F A2 01 26 04 48 <key id, 8 bytes>   A0   <payload as byte string>   58 40 <r ‖ s, 64 bytes>
//!  tag 18 └ protected {alg: ES256, kid} ┘           └ nothing unprotected           └ signature
//!  signed: 84 6A "Signature1" <protected> 40 <payload>
//! ```
//!
//! As text for a QR code: the prefix [`TEXT_PREFIX`] and Base45 (RFC 9285), which a code packs at 5.5 bits a character.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, ParsedPublicKey,
};
use data_encoding::BASE64URL_NOPAD;

use crate::KeyError;
use crate::algorithm::sha256;

/// Stands before the Base45 text.
pub const TEXT_PREFIX: &str = "YK1:";

/// No honest token is longer; a QR code holds less.
const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// Names a key: the first 8 octets of the SHA-256 of its SubjectPublicKeyInfo.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; 8]);

impl KeyId {
    /// The octets.
    pub const fn bytes(&self) -> &[u8; 8] {
        &self.0
    }

    /// From stored octets.
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(bytes)
    }
}

impl std::fmt::Debug for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl std::fmt::Display for KeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&data_encoding::HEXLOWER.encode(&self.0))
    }
}

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of the one form, at this byte.
    #[error("the token is malformed at byte {position}")]
    Malformed {
        /// Offset from 0.
        position: usize,
    },
    /// The text does not begin with the prefix or is not Base45, at this character.
    #[error("the token's text is malformed at character {position}")]
    MalformedText {
        /// Offset from 0.
        position: usize,
    },
    /// Signed with a key that is not in the ring.
    #[error("the token was signed with an unknown key")]
    UnknownKey(KeyId),
    /// The signature is wrong: the token was altered.
    #[error("the token's signature is wrong")]
    BadSignature,
    /// The payload is longer than a token may be.
    #[error("the token's payload is too long")]
    TooLong,
    /// The key did not sign.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A P-256 key that signs tokens.
pub struct TokenKey {
    pair: EcdsaKeyPair,
    public: TokenPublicKey,
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenKey({})", self.public.id)
    }
}

impl TokenKey {
    /// A new key.
    ///
    /// # Errors
    /// [`KeyError::NotMade`].
    pub fn generate() -> Result<Self, KeyError> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
            .map_err(|_| KeyError::NotMade)
            .and_then(Self::from_pair)
    }

    /// Reads PKCS#8, DER.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
            .map_err(|_| KeyError::Unreadable)
            .and_then(Self::from_pair)
    }

    /// PKCS#8, DER: a secret; seal it.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn to_pkcs8(&self) -> Result<Vec<u8>, KeyError> {
        self.pair.to_pkcs8v1().map(|d| d.as_ref().to_vec()).map_err(|_| KeyError::Unreadable)
    }

    fn from_pair(pair: EcdsaKeyPair) -> Result<Self, KeyError> {
        let info = pair.public_key().as_der().map_err(|_| KeyError::Unreadable)?.as_ref().to_vec();
        Ok(Self { public: TokenPublicKey::from_public_key_info(&info)?, pair })
    }

    /// The public half.
    pub fn public(&self) -> &TokenPublicKey {
        &self.public
    }

    /// Signs the SHA-256 of `message`: r ‖ s.
    pub(crate) fn sign_message(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| KeyError::NotSigned)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// The public half of a token key.
#[derive(Clone)]
pub struct TokenPublicKey {
    id: KeyId,
    info: Vec<u8>,
    parsed: ParsedPublicKey,
}

impl std::fmt::Debug for TokenPublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TokenPublicKey({})", self.id)
    }
}

impl TokenPublicKey {
    /// Reads a SubjectPublicKeyInfo of P-256, DER.
    ///
    /// # Errors
    /// [`KeyError::Unreadable`].
    pub fn from_public_key_info(info: &[u8]) -> Result<Self, KeyError> {
        if crate::SignatureAlgorithm::for_key(info) != Ok(Some(crate::SignatureAlgorithm::EcdsaP256Sha256)) {
            return Err(KeyError::Unreadable);
        }
        let point = crate::algorithm::public_key_octets(info).map_err(|_| KeyError::Unreadable)?;
        if point.len() != 65 || point[0] != 4 {
            return Err(KeyError::Unreadable);
        }
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, info).map_err(|_| KeyError::Unreadable)?;
        let mut id = [0; 8];
        id.copy_from_slice(&sha256(info)[..8]);
        Ok(Self { id: KeyId(id), info: info.to_vec(), parsed })
    }

    /// Names this key inside tokens.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// SubjectPublicKeyInfo, DER.
    pub fn public_key_info(&self) -> &[u8] {
        &self.info
    }

    /// Whether this key's owner signed `message`: r ‖ s.
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.parsed.verify_sig(message, signature).is_ok()
    }

    /// The point's coordinates, 32 octets each.
    pub(crate) fn coordinates(&self) -> [&[u8]; 2] {
        // Checked when the key was read: an uncompressed point of 65 octets ends the structure.
        let (x, y) = self.info[self.info.len() - 64..].split_at(32);
        [x, y]
    }

    /// As a JSON Web Key (RFC 7517), `kid` in Base64url.
    pub fn jwk(&self) -> String {
        let [x, y] = self.coordinates();
        format!(
            r#"{{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"{}","x":"{}","y":"{}"}}"#,
            BASE64URL_NOPAD.encode(&self.id.0),
            BASE64URL_NOPAD.encode(x),
            BASE64URL_NOPAD.encode(y),
        )
    }
}

/// The keys whose tokens are accepted. `version` grows with each change, so that a checker can tell an old list.
#[derive(Clone, Debug)]
pub struct PublicKeyRing {
    /// Grows by one with each rotation.
    pub version: u64,
    /// Newest first.
    pub keys: Vec<TokenPublicKey>,
}

impl PublicKeyRing {
    fn find(&self, id: KeyId) -> Option<&TokenPublicKey> {
        self.keys.iter().find(|key| key.id == id)
    }

    /// As a JWK set with a `version` member.
    pub fn jwk_set(&self) -> String {
        let keys: Vec<String> = self.keys.iter().map(TokenPublicKey::jwk).collect();
        format!(r#"{{"version":{},"keys":[{}]}}"#, self.version, keys.join(","))
    }
}

/// The current signing key and the public halves of earlier ones.
#[derive(Debug)]
pub struct KeyRing {
    version: u64,
    current: TokenKey,
    previous: Vec<TokenPublicKey>,
}

impl KeyRing {
    /// A ring of one key, version 1.
    pub fn new(current: TokenKey) -> Self {
        Self { version: 1, current, previous: Vec::new() }
    }

    /// A ring as it was stored. `previous`: newest first.
    pub fn restore(version: u64, current: TokenKey, previous: Vec<TokenPublicKey>) -> Self {
        Self { version, current, previous }
    }

    /// Signs with `next` from now on; tokens of the old key stay valid.
    pub fn rotate(&mut self, next: TokenKey) {
        let old = std::mem::replace(&mut self.current, next);
        self.previous.insert(0, old.public);
        self.version += 1;
    }

    /// The key in use.
    pub fn current(&self) -> &TokenKey {
        &self.current
    }

    /// What checkers need.
    pub fn public(&self) -> PublicKeyRing {
        let keys = std::iter::once(&self.current.public).chain(&self.previous).cloned().collect();
        PublicKeyRing { version: self.version, keys }
    }

    /// Signs `payload` (CBOR) with the current key.
    ///
    /// # Errors
    /// As [`sign`].
    pub fn sign(&self, payload: &[u8]) -> Result<Vec<u8>, TokenError> {
        sign(&self.current, payload)
    }
}

/// `{1: -7, 4: h'<key id>'}`: algorithm ES256 and the key's name.
fn protected_header(id: KeyId) -> [u8; 13] {
    let mut header = [0xA2, 0x01, 0x26, 0x04, 0x48, 0, 0, 0, 0, 0, 0, 0, 0];
    header[5..].copy_from_slice(&id.0);
    header
}

const PROTECTED_LENGTH: u8 = 13;
const SIGNATURE_LENGTH: usize = 64;
/// Tag 18, array of 4, byte string of 13.
const START: [u8; 3] = [0xD2, 0x84, 0x40 | PROTECTED_LENGTH];

fn push_byte_string(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() {
        n @ 0..24 => out.push(0x40 | n as u8),
        n @ 24..256 => out.extend_from_slice(&[0x58, n as u8]),
        // `sign` refuses longer payloads than MAX_TOKEN_BYTES.
        n => out.extend_from_slice(&[0x59, (n >> 8) as u8, n as u8]),
    }
    out.extend_from_slice(bytes);
}

/// Sig_structure of RFC 9052 §4.4, no external data.
fn signed_structure(protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() + 32);
    out.extend_from_slice(b"\x84\x6ASignature1");
    push_byte_string(&mut out, protected);
    out.push(0x40);
    push_byte_string(&mut out, payload);
    out
}

/// Signs `payload` (CBOR, opaque here).
///
/// # Errors
/// Payload too long, or the key did not sign.
pub fn sign(key: &TokenKey, payload: &[u8]) -> Result<Vec<u8>, TokenError> {
    if payload.len() > MAX_TOKEN_BYTES - 128 {
        return Err(TokenError::TooLong);
    }
    let protected = protected_header(key.public.id);
    let message = signed_structure(&protected, payload);
    let signature = key.sign_message(&message)?;
    let mut out = Vec::with_capacity(payload.len() + 96);
    out.extend_from_slice(&START);
    out.extend_from_slice(&protected);
    out.push(0xA0);
    push_byte_string(&mut out, payload);
    push_byte_string(&mut out, &signature);
    Ok(out)
}

/// Checks a token and gives its payload.
///
/// # Errors
/// Malformed (only the one form is read), unknown key, wrong signature.
pub fn verify<'t>(token: &'t [u8], keys: &PublicKeyRing) -> Result<&'t [u8], TokenError> {
    let malformed = |position| TokenError::Malformed { position };
    if token.len() > MAX_TOKEN_BYTES {
        return Err(malformed(MAX_TOKEN_BYTES));
    }
    let protected = token.strip_prefix(&START).and_then(|rest| rest.get(..13)).ok_or(malformed(0))?;
    let mut id = [0; 8];
    id.copy_from_slice(&protected[5..]);
    let id = KeyId(id);
    if protected != protected_header(id) {
        return Err(malformed(START.len()));
    }
    let rest = &token[START.len() + 13..];
    let (payload, after) = rest.strip_prefix(&[0xA0]).and_then(read_byte_string).ok_or(malformed(16))?;
    let position = token.len() - after.len();
    let (signature, end) = read_byte_string(after).ok_or(malformed(position))?;
    if signature.len() != SIGNATURE_LENGTH || !end.is_empty() {
        return Err(malformed(position));
    }
    let key = keys.find(id).ok_or(TokenError::UnknownKey(id))?;
    let message = signed_structure(protected, payload);
    key.parsed.verify_sig(&message, signature).map_err(|_| TokenError::BadSignature)?;
    Ok(payload)
}

/// A byte string in its shortest form and what follows.
fn read_byte_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match bytes {
        [head @ 0x40..=0x57, rest @ ..] => (usize::from(head & 0x1F), rest),
        [0x58, n @ 24..=255, rest @ ..] => (usize::from(*n), rest),
        [0x59, high @ 1..=255, low, rest @ ..] => (usize::from(*high) << 8 | usize::from(*low), rest),
        _ => return None,
    };
    rest.split_at_checked(length)
}

const BASE45: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// A token as text for a QR code: prefix and Base45.
pub fn to_text(token: &[u8]) -> String {
    let mut out = String::with_capacity(TEXT_PREFIX.len() + token.len() * 3 / 2 + 2);
    out.push_str(TEXT_PREFIX);
    let mut push = |digit: usize| out.push(char::from(BASE45[digit % 45]));
    for pair in token.chunks(2) {
        match *pair {
            [a, b] => {
                let n = usize::from(a) << 8 | usize::from(b);
                push(n);
                push(n / 45);
                push(n / 2025);
            }
            [a] => {
                push(usize::from(a));
                push(usize::from(a) / 45);
            }
            _ => {}
        }
    }
    out
}

/// The token in a QR code's text.
///
/// # Errors
/// [`TokenError::MalformedText`] with the character where it fails.
pub fn from_text(text: &str) -> Result<Vec<u8>, TokenError> {
    let malformed = |position| TokenError::MalformedText { position };
    let digits = text.strip_prefix(TEXT_PREFIX).ok_or(malformed(0))?.as_bytes();
    let mut out = Vec::with_capacity(digits.len() * 2 / 3 + 1);
    for (index, group) in digits.chunks(3).enumerate() {
        let position = TEXT_PREFIX.len() + index * 3;
        let mut value = 0;
        for (place, byte) in group.iter().enumerate().rev() {
            let digit = BASE45.iter().position(|b| b == byte).ok_or(malformed(position + place))?;
            value = value * 45 + digit;
        }
        match (group.len(), value) {
            (3, 0..=0xFFFF) => out.extend_from_slice(&[(value >> 8) as u8, value as u8]),
            (2, 0..=0xFF) => out.push(value as u8),
            _ => return Err(malformed(position)),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_token_reads_back_and_any_changed_byte_is_noticed() {
        let ring = KeyRing::new(TokenKey::generate().unwrap());
        let token = ring.sign(b"\xA1\x01\x02").unwrap();
        let keys = ring.public();
        assert_eq!(verify(&token, &keys), Ok(&b"\xA1\x01\x02"[..]));
        for index in 0..token.len() {
            let mut altered = token.clone();
            altered[index] ^= 1;
            assert!(verify(&altered, &keys).is_err(), "byte {index}");
        }
        for length in 0..token.len() {
            assert!(verify(&token[..length], &keys).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn papers_of_the_previous_key_stay_valid_after_rotation_and_foreign_keys_are_named() {
        let mut ring = KeyRing::new(TokenKey::from_pkcs8(&TokenKey::generate().unwrap().to_pkcs8().unwrap()).unwrap());
        let old = ring.sign(b"\xA0").unwrap();
        ring.rotate(TokenKey::generate().unwrap());
        let keys = ring.public();
        assert_eq!((keys.version, keys.keys.len()), (2, 2));
        assert!(verify(&old, &keys).is_ok());
        assert!(verify(&ring.sign(b"\xA0").unwrap(), &keys).is_ok());
        let stranger = TokenKey::generate().unwrap();
        let foreign = sign(&stranger, b"\xA0").unwrap();
        assert_eq!(verify(&foreign, &keys), Err(TokenError::UnknownKey(stranger.public().id())));
    }

    #[test]
    fn the_token_is_cose_as_another_reader_understands_it() {
        let key = TokenKey::generate().unwrap();
        let token = sign(&key, &[0x58; 300]).unwrap();
        let value: ciborium::Value = ciborium::from_reader(&token[..]).unwrap();
        let ciborium::Value::Tag(18, inner) = value else { panic!("COSE_Sign1") };
        let parts = inner.into_array().unwrap();
        let header: ciborium::Value = ciborium::from_reader(&parts[0].as_bytes().unwrap()[..]).unwrap();
        let expected = ciborium::Value::Map(vec![
            (1.into(), (-7).into()),
            (4.into(), ciborium::Value::Bytes(key.public().id().bytes().to_vec())),
        ]);
        assert_eq!(header, expected);
        assert_eq!(parts[2].as_bytes().unwrap().len(), 300);
    }

    #[test]
    fn text_is_base45_of_rfc_9285() {
        assert_eq!(to_text(b"AB"), "YK1:BB8");
        assert_eq!(to_text(b"Hello!!"), "YK1:%69 VD92EX0");
        assert_eq!(from_text("YK1:QED8WEX0"), Ok(b"ietf!".to_vec()));
        assert_eq!(from_text("YK1:GGW"), Err(TokenError::MalformedText { position: 4 }));
        assert_eq!(from_text("YK1:aBB"), Err(TokenError::MalformedText { position: 4 }));
        assert_eq!(from_text("HC1:BB8"), Err(TokenError::MalformedText { position: 0 }));
    }

    proptest! {
        #[test]
        fn text_reads_back(token: Vec<u8>) {
            prop_assert_eq!(from_text(&to_text(&token)), Ok(token));
        }

        #[test]
        fn any_text_or_bytes_are_read_or_refused(text in ".{0,40}", bytes: Vec<u8>) {
            let _ = from_text(&format!("{TEXT_PREFIX}{text}"));
            let _ = verify(&bytes, &PublicKeyRing { version: 1, keys: Vec::new() });
        }
    }
}
