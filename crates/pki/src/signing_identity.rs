//! What a signing certificate says of its holder: the six other names of its subjectAltName.
//!
//! For: applications that take the four attributes (基本4情報) from a signature. The values are personal and stay wrapped.

use base::{Date, Personal};
use const_oid::ObjectIdentifier;

use crate::asn1::{Malformed, tag};
use crate::certificate::Certificate;
use crate::jpki_profile::CertificateRefusal;
use crate::oids;

/// Base of the six attribute identifiers: `1.2.392.200149.8.5.5.x`. Source: decoded from the public test certificates.
const BASE_OID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.392.200149.8.5.5");

/// Name, address, birth date and sex as certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningIdentity {
    /// 氏名, 姓 U+3000 名.
    pub name: Personal<String>,
    /// Whether a substitute stands at each character of the name (代替文字使用位置).
    pub name_substitutions: Vec<bool>,
    /// `1` male, `2` female, `9` not applicable (JIS X 0303).
    pub sex: Personal<char>,
    /// Birth date.
    pub birth_date: Personal<Date>,
    /// 住所.
    pub address: Personal<String>,
    /// Whether a substitute stands at each character of the address.
    pub address_substitutions: Vec<bool>,
}

pub(crate) fn attribute_oid(arc: u32) -> ObjectIdentifier {
    // The base is short of the longest identifier this type holds.
    BASE_OID.push_arc(arc).unwrap_or(BASE_OID)
}

/// Reads the attributes of a signing certificate that has been judged. The order of the names does not matter; a missing,
/// doubled or partial one (a birth date with zeros) is refused.
///
/// # Errors
/// Malformed, or not all six attributes in their form.
pub fn read_signing_identity(der: &[u8]) -> Result<SigningIdentity, CertificateRefusal> {
    let certificate = Certificate::read(der)?;
    let refuse = || CertificateRefusal::WrongProfile("the holder's attributes");
    let extension = certificate.extension(oids::SUBJECT_ALT_NAME).ok_or_else(refuse)?;
    let mut whole = extension.reader();
    let mut names = whole.sequence("alternative names")?;
    whole.finish()?;
    let mut values: [Option<&str>; 6] = [None; 6];
    while !names.is_empty() {
        let mut name = names.expect(tag::constructed(0), "an other name")?.reader();
        let kind = name.expect(tag::OID, "the kind of an other name")?;
        let mut value = name.expect(tag::constructed(0), "the value of an other name")?.reader();
        name.finish()?;
        let text = value.any("text")?;
        value.finish()?;
        let Some(slot) = (1..=6).position(|arc| attribute_oid(arc).as_bytes() == kind.value) else { continue };
        if values[slot].replace(text.text("text")?).is_some() {
            return Err(Malformed { position: kind.position, what: "each attribute once" }.into());
        }
    }
    let [Some(name), Some(name_flags), Some(sex), Some(birth), Some(address), Some(address_flags)] = values else {
        return Err(refuse());
    };
    Ok(SigningIdentity {
        name_substitutions: flags(name_flags, name).ok_or_else(refuse)?,
        name: Personal::new(name.to_owned()),
        sex: Personal::new(one_of(sex, ['1', '2', '9']).ok_or_else(refuse)?),
        birth_date: Personal::new(date(birth).ok_or_else(refuse)?),
        address_substitutions: flags(address_flags, address).ok_or_else(refuse)?,
        address: Personal::new(address.to_owned()),
    })
}

fn one_of(text: &str, allowed: [char; 3]) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|letter| letters.next().is_none() && allowed.contains(letter))
}

/// One digit a character.
fn flags(digits: &str, text: &str) -> Option<Vec<bool>> {
    if digits.chars().count() != text.chars().count() {
        return None;
    }
    digits.chars().map(|digit| matches!(digit, '0' | '1').then_some(digit == '1')).collect()
}

/// `EYYYYMMDD`: era digit 0–5, then the Gregorian date.
fn date(text: &str) -> Option<Date> {
    let digits = text.as_bytes();
    if digits.len() != 9 || !digits.iter().all(u8::is_ascii_digit) || digits[0] > b'5' {
        return None;
    }
    Date::parse(&format!("{}-{}-{}", &text[1..5], &text[5..7], &text[7..9])).ok()
}
