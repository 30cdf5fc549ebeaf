//! Who makes virtual cards genuine: a dummy authority and a dummy municipality beneath it.
//!
//! Its name begins `990`, which no surveyed card uses, and its key is trusted only where a caller says so.

use zeroize::Zeroizing;

use super::contents::{Genuineness, VirtualCardContents};
use super::files::signed_parts;
use super::signing::{SigningKey, UnusableKey};
use crate::genuineness::{AuthorityKey, AuthorityKind, CERTIFICATE_TAG, GenuinenessKey, KeyName, grouped_digest_info};
use crate::tlv;

/// The dummy authority's name (証明者鍵ID).
const AUTHORITY: KeyName = KeyName(*b"9900033\x08\x05001\0\0\0\0");
/// The dummy municipality's.
const MUNICIPALITY: KeyName = KeyName(*b"9913101\x08\x05000\0\0\0\0");
/// P1 of a signature over a given DigestInfo.
const AS_IT_IS: u8 = 0x00;
/// P1 of a signature over a message.
const HASHED: u8 = 0x03;

/// A dummy authority with the municipality it certified. `Debug` shows no key.
pub struct CardIssuer {
    authority: SigningKey,
    municipality: SigningKey,
    certificate: Vec<u8>,
}

impl CardIssuer {
    /// A new one.
    ///
    /// # Errors
    /// [`UnusableKey`] when no key can be made.
    pub fn generate() -> Result<Self, UnusableKey> {
        Self::of(SigningKey::generate()?, SigningKey::generate()?)
    }

    /// One that was stored: the authority's and the municipality's private key, PKCS#8 DER.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn from_pkcs8(authority: &[u8], municipality: &[u8]) -> Result<Self, UnusableKey> {
        Self::of(SigningKey::from_pkcs8(authority)?, SigningKey::from_pkcs8(municipality)?)
    }

    /// The two private keys, to be stored sealed.
    pub fn to_pkcs8(&self) -> [Zeroizing<Vec<u8>>; 2] {
        [self.authority.pkcs8().clone(), self.municipality.pkcs8().clone()]
    }

    fn of(authority: SigningKey, municipality: SigningKey) -> Result<Self, UnusableKey> {
        let mut body = [AUTHORITY.0, MUNICIPALITY.0].concat();
        tlv::write(&mut body, 0x90, &[1, 0, 1]);
        tlv::write(&mut body, 0x91, &municipality.modulus());
        let signature = authority.compute(HASHED, &body).map_err(|_| UnusableKey)?;
        let mut parts = Vec::new();
        tlv::write(&mut parts, 0x5F4E, &body);
        tlv::write(&mut parts, 0x5F37, &signature);
        let mut certificate = Vec::new();
        tlv::write(&mut certificate, CERTIFICATE_TAG, &parts);
        Ok(Self { authority, municipality, certificate })
    }

    /// The authority's key, for those who are to trust its cards.
    pub fn anchor(&self) -> AuthorityKey {
        let key = GenuinenessKey::from_modulus(self.authority.modulus());
        AuthorityKey { name: AUTHORITY, key, kind: AuthorityKind::Dummy }
    }

    /// Gives the card a key of its own and signs what is printed on it. Do this last: later changes of the contents are
    /// not signed.
    ///
    /// # Errors
    /// [`UnusableKey`] when no key can be made.
    pub fn personalise(&self, contents: &mut VirtualCardContents) -> Result<(), UnusableKey> {
        let own = SigningKey::generate()?;
        contents.genuineness = Some(Genuineness {
            private_key_pkcs8: own.pkcs8().clone(),
            modulus: own.modulus().to_vec(),
            certificate: self.certificate.clone(),
            signatures: Default::default(),
        });
        let [key, integrity, age, face] = signed_parts(contents);
        let signatures = [self.sign(&key)?, self.sign(&integrity)?, self.sign(&age)?, self.sign(&face)?];
        if let Some(genuineness) = &mut contents.genuineness {
            genuineness.signatures = signatures;
        }
        Ok(())
    }

    fn sign(&self, groups: &[Vec<u8>]) -> Result<Vec<u8>, UnusableKey> {
        let signed = grouped_digest_info(groups).ok_or(UnusableKey)?;
        self.municipality.compute(AS_IT_IS, &signed).map_err(|_| UnusableKey)
    }
}

impl std::fmt::Debug for CardIssuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardIssuer")
    }
}
