//! A passkey in software, for tests: speaks real WebAuthn (ES256, no attestation, user verified), holds its key in
//! memory. It is no way in: it registers like any other authenticator.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value as Json, json};

/// User present, user verified.
const PRESENT_VERIFIED: u8 = 0x05;
const WITH_CREDENTIAL: u8 = 0x40;

/// An authenticator with at most one passkey in it.
pub struct SoftAuthenticator {
    origin: String,
    key: EcdsaKeyPair,
    credential: [u8; 16],
    handle: String,
    counter: u32,
    /// Whether it tells that its user was verified. A test may say no.
    pub verifies_user: bool,
}

#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot begin must stop")]
impl SoftAuthenticator {
    /// An empty one, in a browser at `origin`.
    pub fn at(origin: &str) -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key can be made");
        let mut credential = [0; 16];
        credential.copy_from_slice(&digest(&SHA256, key.public_key().as_ref()).as_ref()[..16]);
        Self { origin: origin.to_owned(), key, credential, handle: String::new(), counter: 0, verifies_user: true }
    }

    /// Answers `navigator.credentials.create(options)`, as the browser's JSON.
    pub fn create(&mut self, options: &Json) -> String {
        let options = &options["publicKey"];
        self.handle = text(&options["user"]["id"]);
        let host = text(&options["rp"]["id"]);
        let client = self.client_data("webauthn.create", &text(&options["challenge"]));
        let mut data = self.authenticator_data(&host, WITH_CREDENTIAL);
        data.extend([0; 16]); // no model
        data.extend([0, 16]);
        data.extend(self.credential);
        data.extend(self.cose_key());
        let mut object = vec![0xa3];
        object.extend(cbor_text("fmt"));
        object.extend(cbor_text("none"));
        object.extend(cbor_text("attStmt"));
        object.push(0xa0);
        object.extend(cbor_text("authData"));
        object.extend([0x58, u8::try_from(data.len()).expect("short")]);
        object.extend(data);
        let id = BASE64URL_NOPAD.encode(&self.credential);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": { "credProps": { "rk": true } },
            "response": {
                "attestationObject": BASE64URL_NOPAD.encode(&object),
                "clientDataJSON": BASE64URL_NOPAD.encode(client.as_bytes()),
            }
        })
        .to_string()
    }

    /// Answers `navigator.credentials.get(options)`, as the browser's JSON.
    pub fn get(&mut self, options: &Json) -> String {
        let options = &options["publicKey"];
        let client = self.client_data("webauthn.get", &text(&options["challenge"]));
        self.counter += 1;
        let data = self.authenticator_data(&text(&options["rpId"]), 0);
        let mut signed = data.clone();
        signed.extend(digest(&SHA256, client.as_bytes()).as_ref());
        let signature = self.key.sign(&SystemRandom::new(), &signed).expect("signing works");
        let id = BASE64URL_NOPAD.encode(&self.credential);
        json!({
            "id": id, "rawId": id, "type": "public-key", "clientExtensionResults": {},
            "response": {
                "authenticatorData": BASE64URL_NOPAD.encode(&data),
                "clientDataJSON": BASE64URL_NOPAD.encode(client.as_bytes()),
                "signature": BASE64URL_NOPAD.encode(signature.as_ref()),
                "userHandle": self.handle,
            }
        })
        .to_string()
    }

    fn client_data(&self, kind: &str, challenge: &str) -> String {
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false }).to_string()
    }

    fn authenticator_data(&self, host: &str, flags: u8) -> Vec<u8> {
        let seen = if self.verifies_user { PRESENT_VERIFIED } else { 0x01 };
        let mut data = digest(&SHA256, host.as_bytes()).as_ref().to_vec();
        data.push(seen | flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    /// `{1: 2, 3: -7, -1: 1, -2: x, -3: y}` (RFC 9053): EC2, ES256, P-256.
    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.public_key().as_ref();
        let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        key.extend(&point[1..33]);
        key.extend([0x22, 0x58, 0x20]);
        key.extend(&point[33..65]);
        key
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// A text of fewer than 24 bytes.
fn cbor_text(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x60 + text.len() as u8];
    bytes.extend(text.as_bytes());
    bytes
}
