//! The mobile security object (ISO/IEC 18013-5 §9.1.2.4): what the issuer signed about the whole document.

use aws_lc_rs::digest;
use base::{Date, Timestamp};
use pki::Malformed;

use crate::Refusal;
use crate::cbor::{Key, Reader};
use crate::elements::VERSION;
use crate::keys::PublicPoint;
use crate::response::Item;

/// Digests that may be used, as the security object names them.
static DIGESTS: [(&str, &digest::Algorithm); 3] =
    [("SHA-256", &digest::SHA256), ("SHA-384", &digest::SHA384), ("SHA-512", &digest::SHA512)];

/// Namespaces, and in each the digests by their numbers.
type Digests<'a> = Vec<(&'a str, Vec<(u64, &'a [u8])>)>;

/// What the issuer signed, read; not yet compared with anything.
pub(crate) struct SecurityObject<'a> {
    algorithm: &'static digest::Algorithm,
    digests: Digests<'a>,
    pub device_key: PublicPoint,
    pub document_type: &'a str,
    pub signed: Timestamp,
    pub valid_from: Timestamp,
    pub valid_until: Timestamp,
    /// Whether it names a status list (second edition), which is not asked here.
    pub names_status: bool,
}

impl<'a> SecurityObject<'a> {
    /// Reads the payload of IssuerAuth: MobileSecurityObjectBytes.
    pub fn read(payload: &'a [u8], position: usize) -> Result<Self, Refusal> {
        let mut outer = Reader::at(payload, position);
        let embedded = outer.embedded("a security object under tag 24")?;
        outer.finish()?;
        let mut reader = embedded.reader();
        let start = reader.position();
        let (mut version, mut algorithm, mut digests, mut key) = (None, None, None, None);
        let (mut document_type, mut validity, mut names_status) = (None, None, false);
        reader.entries::<Refusal>("a security object", |name, _, value| {
            match name {
                Key::Text("version") => version = Some(value.text("a version")?),
                Key::Text("digestAlgorithm") => algorithm = Some(value.text("a digest algorithm")?),
                Key::Text("valueDigests") => digests = Some(read_digests(value)?),
                Key::Text("deviceKeyInfo") => key = Some(read_device_key(value)?),
                Key::Text("docType") => document_type = Some(value.text("a document type")?),
                Key::Text("validityInfo") => validity = Some(read_validity(value)?),
                other => {
                    names_status |= other == Key::Text("status");
                    value.raw("a part of a security object")?;
                }
            }
            Ok(())
        })?;
        reader.finish()?;
        let missing = |what| Malformed { position: start, what };
        if version.ok_or(missing("a version"))? != VERSION {
            return Err(Refusal::UnknownVersion);
        }
        let name = algorithm.ok_or(missing("a digest algorithm"))?;
        let algorithm = DIGESTS.iter().find(|row| row.0 == name).ok_or(Refusal::UnknownDigestAlgorithm)?.1;
        let (signed, valid_from, valid_until) = validity.ok_or(missing("a validity"))?;
        Ok(Self {
            algorithm,
            digests: digests.ok_or(missing("digests"))?,
            device_key: key.ok_or(missing("a device key"))?.ok_or(Refusal::UnacceptableDeviceKey)?,
            document_type: document_type.ok_or(missing("a document type"))?,
            signed,
            valid_from,
            valid_until,
            names_status,
        })
    }

    /// Compares every item with its signed digest, and that no element or digest is used twice.
    pub fn check_items(&self, items: &[Item<'_>]) -> Result<(), Refusal> {
        for (index, item) in items.iter().enumerate() {
            let same = |other: &Item<'_>| {
                other.namespace == item.namespace
                    && (other.digest_id == item.digest_id || other.identifier == item.identifier)
            };
            if items[..index].iter().any(same) {
                return Err(Refusal::DuplicateItem);
            }
            let namespace = self.digests.iter().find(|(name, _)| *name == item.namespace);
            let signed = namespace.and_then(|(_, digests)| digests.iter().find(|(id, _)| *id == item.digest_id));
            let (_, signed) = signed.ok_or(Refusal::UnsignedItem)?;
            if digest::digest(self.algorithm, item.raw).as_ref() != *signed {
                return Err(Refusal::AlteredItem);
            }
        }
        Ok(())
    }

    /// Whether the document is valid at `now`. The phone's issuer may be ahead of our clock by `skew` seconds; an end is
    /// an end.
    pub fn check_validity(&self, now: Timestamp, skew: i64) -> Result<(), Refusal> {
        if self.valid_from < self.signed || self.valid_until <= self.valid_from {
            return Err(Refusal::ContradictoryValidity);
        }
        if self.signed.max(self.valid_from) > now.plus_seconds(skew) {
            return Err(Refusal::NotYetValid);
        }
        // "validUntil": the instant after which it is no longer valid.
        if now > self.valid_until { Err(Refusal::Expired) } else { Ok(()) }
    }
}

fn read_digests<'a>(reader: &mut Reader<'a>) -> Result<Digests<'a>, Malformed> {
    let mut namespaces = Vec::new();
    reader.entries::<Malformed>("digests of namespaces", |key, position, value| {
        let Key::Text(name) = key else { return Err(Malformed { position, what: "the name of a namespace" }) };
        let mut digests = Vec::new();
        value.entries::<Malformed>("digests", |key, position, value| {
            let id = match key {
                Key::Number(id) => u64::try_from(id).ok(),
                Key::Text(_) => None,
            };
            let id = id.ok_or(Malformed { position, what: "a digest's number" })?;
            digests.push((id, value.bytes("a digest")?));
            Ok(())
        })?;
        namespaces.push((name, digests));
        Ok(())
    })?;
    Ok(namespaces)
}

fn read_device_key(reader: &mut Reader<'_>) -> Result<Option<PublicPoint>, Malformed> {
    let start = *reader;
    let mut key = None;
    // keyAuthorizations name what the phone itself may sign: nothing here, so they are not read.
    reader.entries::<Malformed>("a device key", |name, _, value| {
        match name {
            Key::Text("deviceKey") => key = Some(PublicPoint::read(value)?),
            _ => value.raw("a part of a device key").map(|_| ())?,
        }
        Ok(())
    })?;
    key.map_or_else(|| start.fail("a device key"), Ok)
}

fn read_validity(reader: &mut Reader<'_>) -> Result<(Timestamp, Timestamp, Timestamp), Malformed> {
    let start = *reader;
    let (mut signed, mut from, mut until) = (None, None, None);
    reader.entries::<Malformed>("a validity", |key, _, value| {
        match key {
            Key::Text("signed") => signed = Some(read_time(value)?),
            Key::Text("validFrom") => from = Some(read_time(value)?),
            Key::Text("validUntil") => until = Some(read_time(value)?),
            _ => value.raw("a part of a validity").map(|_| ())?,
        }
        Ok(())
    })?;
    match (signed, from, until) {
        (Some(signed), Some(from), Some(until)) => Ok((signed, from, until)),
        _ => start.fail("signed, validFrom and validUntil"),
    }
}

/// `tdate` under tag 0: RFC 3339 in UTC with `Z` and without a fraction (ISO/IEC 18013-5 §9.1.2.4).
fn read_time(reader: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
    const WHAT: &str = "a time: YYYY-MM-DDThh:mm:ssZ under tag 0";
    let start = *reader;
    reader.tag(0, WHAT)?;
    let text = reader.text(WHAT)?;
    parse_time(text).map_or_else(|| start.fail(WHAT), Ok)
}

fn parse_time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.split_once('T')?;
    let date = Date::parse(date).ok()?;
    let [h1, h2, b':', m1, m2, b':', s1, s2, b'Z'] = *time.as_bytes() else { return None };
    let two = |a: u8, b: u8, below: i64| {
        let digits = a.is_ascii_digit() && b.is_ascii_digit();
        let value = i64::from(a.wrapping_sub(b'0')) * 10 + i64::from(b.wrapping_sub(b'0'));
        (digits && value < below).then_some(value)
    };
    let seconds = two(h1, h2, 24)? * 3600 + two(m1, m2, 60)? * 60 + two(s1, s2, 60)?;
    Some(Timestamp::from_seconds(date.days_since_epoch() * 86_400 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_form() {
        assert_eq!(parse_time("1970-01-02T00:00:01Z"), Some(Timestamp::from_seconds(86_401)));
        for text in [
            "1970-01-02T00:00:01.0Z",
            "1970-01-02T00:00:01+09:00",
            "1970-01-02 00:00:01Z",
            "1970-01-02T24:00:00Z",
            "1970-02-30T00:00:00Z",
            "1970-01-02T0a:00:00Z",
            "1970-01-02",
            "",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
