//! Writing: each function gives one finished element.

use const_oid::ObjectIdentifier;

use super::tag;

/// Tag, shortest length, content.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(content.len() + 6);
    out.push(tag);
    let length = content.len();
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let octets = length.to_be_bytes();
        let skip = octets.iter().take_while(|&&b| b == 0).count();
        out.push(0x80 | (octets.len() - skip) as u8);
        out.extend_from_slice(&octets[skip..]);
    }
    out.extend_from_slice(content);
    out
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    element(tag::SEQUENCE, &parts.concat())
}

/// SET OF: the parts sorted by their encodings, as DER asks.
pub(crate) fn set_of(parts: &[&[u8]]) -> Vec<u8> {
    let mut sorted = parts.to_vec();
    sorted.sort_unstable();
    element(tag::SET, &sorted.concat())
}

/// `[n] EXPLICIT`.
pub(crate) fn explicit(n: u8, inner: &[u8]) -> Vec<u8> {
    element(tag::constructed(n), inner)
}

pub(crate) fn oid(oid: ObjectIdentifier) -> Vec<u8> {
    element(tag::OID, oid.as_bytes())
}

/// A non-negative INTEGER from big-endian octets; leading zeros are dropped.
pub(crate) fn unsigned(octets: &[u8]) -> Vec<u8> {
    let skip = octets.iter().take_while(|&&b| b == 0).count();
    let octets = &octets[skip.min(octets.len())..];
    match octets.first() {
        None => element(tag::INTEGER, &[0]),
        Some(first) if first & 0x80 != 0 => element(tag::INTEGER, &[&[0], octets].concat()),
        Some(_) => element(tag::INTEGER, octets),
    }
}

pub(crate) fn null() -> Vec<u8> {
    element(tag::NULL, &[])
}

pub(crate) fn octets(content: &[u8]) -> Vec<u8> {
    element(tag::OCTET_STRING, content)
}

/// A BIT STRING without unused bits.
pub(crate) fn bits(content: &[u8]) -> Vec<u8> {
    element(tag::BIT_STRING, &[&[0], content].concat())
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    element(tag::UTF8_STRING, text.as_bytes())
}

pub(crate) fn printable(text: &str) -> Vec<u8> {
    element(tag::PRINTABLE_STRING, text.as_bytes())
}
