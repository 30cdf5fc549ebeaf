//! A token status list (draft-ietf-oauth-status-list): one bit for each credential, compressed and signed, so that
//! whoever checks one learns its standing without telling which one it asks about.

use std::io::Write as _;

use base::Timestamp;
use data_encoding::BASE64URL_NOPAD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::json;

use super::sd_jwt::Issuer;
use crate::KeyError;
use crate::jose::{self, Object};

/// The type in the header.
pub const TYPE: &str = "statuslist+jwt";
/// The media type of the token.
pub const MEDIA_TYPE: &str = "application/statuslist+jwt";
/// Credentials in one list: a herd large enough that a place tells nothing, 16 KiB before compression.
pub const PLACES: u64 = 1 << 17;
/// Seconds a checker may keep a list.
pub const KEEP_SECONDS: i64 = 600;
/// Seconds after which a list is no longer believed.
const EXPIRES_SECONDS: i64 = 86_400;

/// The signed list at `address` in which the places in `invalid` are set. Places beyond the list are left out.
///
/// # Errors
/// [`KeyError::NotSigned`].
pub fn issue(issuer: &Issuer, address: &str, invalid: &[u64], now: Timestamp) -> Result<String, KeyError> {
    let mut claims = Object::new();
    claims.insert("sub".to_owned(), address.into());
    claims.insert("iat".to_owned(), now.seconds().into());
    claims.insert("exp".to_owned(), now.plus_seconds(EXPIRES_SECONDS).seconds().into());
    claims.insert("ttl".to_owned(), KEEP_SECONDS.into());
    claims
        .insert("status_list".to_owned(), json!({ "bits": 1, "lst": compressed(invalid).ok_or(KeyError::NotSigned)? }));
    jose::sign(&issuer.key, issuer.header(TYPE), &claims)
}

/// Bits from the lowest of each byte up, then zlib at its best (§4.1 of the draft), then Base64url.
fn compressed(invalid: &[u64]) -> Option<String> {
    let mut bits = vec![0u8; (PLACES / 8) as usize];
    for place in invalid {
        if let Some(byte) = usize::try_from(place / 8).ok().and_then(|at| bits.get_mut(at)) {
            *byte |= 1 << (place % 8);
        }
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&bits).ok()?;
    encoder.finish().ok().map(|bytes| BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;
    use crate::token::TokenKey;

    /// §4.1 of the draft: of sixteen statuses of one bit the bytes B9 A3.
    #[test]
    fn bits_stand_as_in_the_standards_example() {
        let set = [0, 3, 4, 5, 7, 8, 9, 13, 15];
        let text = BASE64URL_NOPAD.decode(compressed(&set).unwrap().as_bytes()).unwrap();
        let mut bits = Vec::new();
        flate2::read::ZlibDecoder::new(&text[..]).read_to_end(&mut bits).unwrap();
        assert_eq!((bits.len() as u64 * 8, &bits[..3]), (PLACES, &[0xB9, 0xA3, 0][..]));
    }

    #[test]
    fn a_list_is_signed_small_and_says_how_long_it_holds() {
        let issuer = Issuer { key: TokenKey::generate().unwrap(), chain: Vec::new() };
        let list = issue(&issuer, "https://city.example/0", &[1, PLACES + 5], Timestamp::from_seconds(10)).unwrap();
        assert!(list.len() < 1000, "{}", list.len());
        let token = jose::Unverified::parse(&list).unwrap();
        assert_eq!(token.header("typ"), Some(&json!(TYPE)));
        let claims = token.verified(issuer.key.public()).unwrap();
        assert_eq!((&claims["sub"], &claims["exp"]), (&json!("https://city.example/0"), &json!(86_410)));
    }
}
