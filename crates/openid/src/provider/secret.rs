//! What only its bearer knows, and what is kept of it.

use aws_lc_rs::digest::{SHA256, digest};
use base::Seams;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The SHA-256 of something: what is stored of a secret, and the thumbprint of a key (RFC 7638). Written as Base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Of a text.
    pub fn of(text: &str) -> Self {
        Self::of_bytes(text.as_bytes())
    }

    /// Of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut own = [0; 32];
        // SHA-256 is 32 bytes long.
        own.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(own)
    }

    /// From its Base64url form, 43 characters.
    pub fn parse(text: &str) -> Option<Self> {
        BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// From bytes as they were stored.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes, for storing.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no SHA-256 in Base64url"))
    }
}

/// A fresh secret of 256 bits: a code, a token, the name of a pushed request. It is shown once and kept as its [`Digest`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new one.
    pub(super) fn fresh(seams: &Seams) -> Self {
        Self(BASE64URL_NOPAD.encode(&seams.random.bytes::<32>()))
    }

    /// For its bearer.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// For the store.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Something that may be taken once: a client assertion or a proof, by its `jti`. Whoever got one inserts it where each
/// digest may stand only once, in a transaction of its own or of the act, and refuses when it stood there already
/// ([`super::Refusal::AssertionReplayed`], [`super::Refusal::ProofReplayed`]). After `until` it may be swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what is not remembered can be replayed"]
pub struct Once {
    /// What must be new.
    pub digest: Digest,
    /// From here on it is refused by its time anyway; in seconds since 1970.
    pub until: i64,
}

impl Once {
    /// Of a `jti` under a kind and an owner.
    pub(super) fn of(kind: &str, owner: &str, id: &str, until: i64) -> Self {
        // A zero byte cannot stand in any of the three: what is one is not another.
        Self { digest: Digest::of(&format!("{kind}\0{owner}\0{id}")), until }
    }
}
