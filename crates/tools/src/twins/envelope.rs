//! Codes that open an envelope, and the envelope: HKDF-SHA256 (RFC 5869) to a key of AES-256-GCM.
//!
//! Each key is made from 32 random bytes that are used for one envelope, so a fixed nonce is used once with each key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use base::Seams;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use zeroize::Zeroizing;

use crate::digest::{Fields, sha256};

/// How many digits the person types.
pub const DIGITS: usize = 6;

/// An envelope did not open: another code or other digits, or the bytes were changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the envelope does not open")]
pub struct NotOpened;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident $label:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<[u8; 32]>);

        impl $name {
            /// A new one.
            pub fn random(seams: &Seams) -> Self {
                Self(Zeroizing::new(seams.random.bytes()))
            }

            /// 43 characters of Base64url.
            pub fn text(&self) -> String {
                BASE64URL_NOPAD.encode(&*self.0)
            }

            /// Reads them; `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
                bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
            }

            /// Its name in the database, from which it cannot be guessed back.
            pub fn hash(&self) -> String {
                HEXLOWER.encode(&sha256(&[&Fields::of($label).bytes(&*self.0).finish()]))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

secret! {
    /// The code of an offer (`pre-authorized_code`): in the square on the screen, and nowhere else.
    PreAuthorizedCode "yakuba twin code 1"
}
secret! {
    /// The right to collect, for minutes, once.
    AccessToken "yakuba twin token 1"
}

/// The digits that the person reads from the screen and types into the wallet (`tx_code`).
#[derive(Clone, PartialEq, Eq)]
pub struct Digits(String);

impl Digits {
    /// New ones.
    pub fn random(seams: &Seams) -> Self {
        Self(format!("{:06}", seams.random.below(1_000_000)))
    }

    /// Reads them; `None` for anything but [`DIGITS`] digits.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// What nobody was shown: opens nothing.
    pub fn impossible() -> Self {
        Self(String::new())
    }

    /// As shown on the screen.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Digits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Digits")
    }
}

/// What opens an envelope.
#[derive(Clone, Copy, Debug)]
pub enum Opener<'a> {
    /// An offer's code and the digits on the screen: whoever has one of them opens nothing.
    Offer(&'a PreAuthorizedCode, &'a Digits),
    /// A token.
    Token(&'a AccessToken),
}

impl Opener<'_> {
    fn key(self) -> Option<LessSafeKey> {
        let (secret, info) = match self {
            Self::Offer(code, digits) => (&code.0, Fields::of("yakuba twin offer 1").text(&digits.0).finish()),
            Self::Token(token) => (&token.0, Fields::of("yakuba twin token 1").finish()),
        };
        let info = [info.as_slice()];
        let made = Salt::new(HKDF_SHA256, b"yakuba twins").extract(&**secret);
        let key = UnboundKey::from(made.expand(&info, &AES_256_GCM).ok()?);
        Some(LessSafeKey::new(key))
    }

    /// Seals `plain`.
    ///
    /// # Errors
    /// [`NotOpened`], which a sound library never gives.
    pub fn seal(self, plain: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let mut bytes = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        self.key()
            .ok_or(NotOpened)?
            .seal_in_place_append_tag(nonce, Aad::empty(), &mut bytes)
            .map_err(|_| NotOpened)?;
        Ok(bytes)
    }

    /// Opens what was sealed for the same secrets.
    ///
    /// # Errors
    /// [`NotOpened`].
    pub fn open(self, sealed: &[u8]) -> Result<Vec<u8>, NotOpened> {
        let mut bytes = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key([0; NONCE_LEN]);
        let key = self.key().ok_or(NotOpened)?;
        let plain = key.open_in_place(nonce, Aad::empty(), &mut bytes).map_err(|_| NotOpened)?;
        Ok(plain.to_vec())
    }
}
