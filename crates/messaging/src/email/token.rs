//! Two small secrets that travel in the open: the address bounces come back to, and the link that stops mail.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use base::Id;
use data_encoding::BASE32_NOPAD;

/// Bytes of the code: with 80 bits a guess is hopeless, and the address stays short enough for RFC 5321's 64.
const CODE: usize = 10;

/// Signs both; one for a deployment, kept with its other keys.
pub struct TokenKey(Key);

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenKey")
    }
}

impl TokenKey {
    /// From 32 secret bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Key::new(HMAC_SHA256, secret))
    }

    fn write(&self, purpose: &str, id: Id) -> String {
        let mut bytes = [0; 16 + CODE];
        bytes[..16].copy_from_slice(id.bytes());
        bytes[16..].copy_from_slice(&self.code(purpose, id));
        // Addresses are folded to small letters on their way, so letters must not matter.
        BASE32_NOPAD.encode(&bytes).to_ascii_lowercase()
    }

    fn read(&self, purpose: &str, text: &str) -> Option<Id> {
        if text.len() > 64 {
            return None;
        }
        let bytes = BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()).ok()?;
        let (id, code) = bytes.split_at_checked(16)?;
        let id = Id::from_bytes(id.try_into().ok()?);
        verify_slices_are_equal(code, &self.code(purpose, id)).ok()?;
        Some(id)
    }

    fn code(&self, purpose: &str, id: Id) -> [u8; CODE] {
        let tag = sign(&self.0, &[purpose.as_bytes(), &[0], id.bytes()].concat());
        let mut code = [0; CODE];
        code.copy_from_slice(&tag.as_ref()[..CODE]);
        code
    }
}

/// Where bounces of one message come back to: `bounces+<signed id>@mail.city.example` (VERP). A forged bounce cannot name a
/// message it has not seen.
#[derive(Debug)]
pub struct ReturnPath {
    local: String,
    domain: String,
}

impl ReturnPath {
    /// `local` without `+`, at most 16 letters and digits.
    pub fn new(local: &str, domain: &str) -> Option<Self> {
        let plain = (1..=16).contains(&local.len())
            && local.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        let whole = super::EmailAddress::parse(&format!("{local}@{domain}")).ok()?;
        plain.then(|| Self { local: local.to_owned(), domain: whole.domain().to_owned() })
    }

    /// The envelope sender of message `id`.
    pub fn address(&self, key: &TokenKey, id: Id) -> String {
        format!("{}+{}@{}", self.local, key.write("return-path", id), self.domain)
    }

    /// Which message a bounce to `address` is about; `None` for an address we never made.
    pub fn read(&self, key: &TokenKey, address: &str) -> Option<Id> {
        let address = address.trim().trim_start_matches('<').trim_end_matches('>');
        let (name, domain) = address.rsplit_once('@')?;
        let (local, token) = name.split_once('+')?;
        let ours = local.eq_ignore_ascii_case(&self.local) && domain.eq_ignore_ascii_case(&self.domain);
        ours.then(|| key.read("return-path", token)).flatten()
    }
}

/// The opaque part of the unsubscribe link: names one registration of an address, needs no sign-in (RFC 8058 §3.1).
#[derive(Clone, Copy, Debug)]
pub struct UnsubscribeToken;

impl UnsubscribeToken {
    /// The token of registration `id`.
    pub fn write(key: &TokenKey, id: Id) -> String {
        key.write("unsubscribe", id)
    }

    /// The registration; `None` for a token we never made.
    pub fn read(key: &TokenKey, text: &str) -> Option<Id> {
        key.read("unsubscribe", text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TokenKey {
        TokenKey::new(&[7; 32])
    }

    #[test]
    fn a_return_path_comes_back_in_any_case_and_fits_the_limit() {
        let path = ReturnPath::new("bounces", "Mail.City.example").unwrap();
        let id = Id::from_bytes([9; 16]);
        let address = path.address(&key(), id);
        assert!(address.split('@').next().unwrap().len() <= 64, "{address}");
        assert_eq!(path.read(&key(), &format!("<{}>", address.to_ascii_uppercase())), Some(id));
        assert!(ReturnPath::new("bo+unces", "city.example").is_none());
        assert!(ReturnPath::new("bounces", "city").is_none());
    }

    #[test]
    fn a_token_of_another_key_purpose_or_letter_is_none() {
        let id = Id::from_bytes([9; 16]);
        let token = UnsubscribeToken::write(&key(), id);
        assert_eq!(UnsubscribeToken::read(&key(), &token), Some(id));
        assert_eq!(UnsubscribeToken::read(&TokenKey::new(&[8; 32]), &token), None);
        let path = ReturnPath::new("bounces", "city.example").unwrap();
        assert_eq!(path.read(&key(), &format!("bounces+{token}@city.example")), None, "another purpose");
        for (at, letter) in token.char_indices() {
            let other = if letter == 'a' { 'b' } else { 'a' };
            let forged = format!("{}{other}{}", &token[..at], &token[at + 1..]);
            assert_eq!(UnsubscribeToken::read(&key(), &forged), None, "{at}");
        }
        for text in ["", "a", "あ", &"a".repeat(500)] {
            assert_eq!(UnsubscribeToken::read(&key(), text), None);
        }
    }
}
