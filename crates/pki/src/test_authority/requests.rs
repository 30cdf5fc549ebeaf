//! What certificates are asked for.

use base::Timestamp;

/// Whose user authentication certificate.
#[derive(Clone, Debug)]
pub struct UserAuthenticationRequest<'a> {
    /// SubjectPublicKeyInfo of the card's key, DER.
    pub public_key_info: &'a [u8],
    /// Serial number.
    pub serial: u64,
    /// 14 letters and digits, random for each certificate.
    pub holder: &'a str,
    /// Municipality code, 5 digits.
    pub municipality: &'a str,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
}

/// Whose signing certificate, with what it says of the person.
#[derive(Clone, Debug)]
pub struct SigningRequest<'a> {
    /// SubjectPublicKeyInfo of the card's signing key, DER.
    pub public_key_info: &'a [u8],
    /// Serial number.
    pub serial: u64,
    /// Municipality code, 5 digits.
    pub municipality: &'a str,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
    /// 氏名, 姓 U+3000 名.
    pub name: &'a str,
    /// One `0` or `1` for each character of the name: whether a substitute character stands there.
    pub name_substitutions: &'a str,
    /// `1` male, `2` female, `9` not applicable.
    pub sex: &'a str,
    /// `EYYYYMMDD`, era digit and Gregorian date.
    pub birth_date: &'a str,
    /// 住所.
    pub address: &'a str,
    /// As `name_substitutions`.
    pub address_substitutions: &'a str,
}

/// An office's certificate for sealing documents (職責証明書).
#[derive(Clone, Debug)]
pub struct DocumentSignerRequest<'a> {
    /// SubjectPublicKeyInfo, DER.
    pub public_key_info: &'a [u8],
    /// Serial number.
    pub serial: u64,
    /// The office, e.g. `デモ市`.
    pub organization: &'a str,
    /// The post, e.g. `デモ市長`.
    pub common_name: &'a str,
    /// First instant of validity.
    pub not_before: Timestamp,
    /// Last instant of validity.
    pub not_after: Timestamp,
}
