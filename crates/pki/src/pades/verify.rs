//! Checking: find the signature that covers the whole file, then its bytes, its key, its certificate, its time.
//!
//! Every byte outside the hole is under the signature, and the hole holds only the signature. So whatever else the file
//! contains, the signer signed exactly that; nothing in it needs to be believed before the key has been checked.

use base::{Date, Timestamp};

use super::syntax::{Dictionary, Lexer, SyntaxError, find_from, find_last};
use super::{PadesRefusal, SignatureReport, StampFound, long_term};
use crate::algorithm::sha256;
use crate::anchors::{AnchorKind, AuthorityRole, TrustAnchors};
use crate::certificate::{Certificate, name_part};
use crate::cms::{CheckError, SignedData};
use crate::oids;
use crate::timestamp::read_stamp;

/// A document may claim to be signed this far ahead of our clock.
const CLOCK_SKEW_SECONDS: i64 = 60;
/// More places that look like signatures than any honest file has.
const MAX_CANDIDATES: usize = 64;
/// Covers that end inside the file and are looked behind; a file of ours has one.
const MAX_UPDATES: usize = 4;

impl From<SyntaxError> for PadesRefusal {
    fn from(error: SyntaxError) -> Self {
        Self::MalformedPdf { position: error.position, what: error.what }
    }
}

impl From<CheckError> for PadesRefusal {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Malformed(error) => Self::MalformedSignature(error),
            CheckError::Form(what) => Self::UnacceptedForm(what),
            CheckError::Digest => Self::Altered,
            CheckError::Signature => Self::BadSignature,
        }
    }
}

/// The parts of the file that one signature names.
struct Covered<'a> {
    dictionary: Dictionary<'a>,
    hole: usize,
    hole_end: usize,
}

pub(super) fn verify(pdf: &[u8], anchors: &TrustAnchors, now: Timestamp) -> Result<SignatureReport, PadesRefusal> {
    let refusal = match verify_signed(pdf, anchors, now) {
        Err(PadesRefusal::NotWholeFile) => PadesRefusal::NotWholeFile,
        judged => return judged,
    };
    // Something stands behind the signature: evidence, or a change.
    let Some((signed, evidence)) = ends_of_signatures(pdf).into_iter().find_map(|end| long_term::split(pdf, end))
    else {
        return Err(refusal);
    };
    let mut report = verify_signed(signed, anchors, now)?;
    report.long_term = Some(long_term::judge(signed, &evidence, anchors, now)?);
    Ok(report)
}

/// As [`verify`], for a file whose signature must cover all of it.
pub(super) fn verify_signed(
    pdf: &[u8],
    anchors: &TrustAnchors,
    now: Timestamp,
) -> Result<SignatureReport, PadesRefusal> {
    read_signature(pdf, |certificate, claimed_time, stamped| {
        let anchor = judge_signer(certificate, anchors)?;
        let stamp = match stamped.map(|(token, imprint)| read_stamp(token, imprint, anchors)) {
            None => StampFound::None,
            Some(Ok(stamp)) => StampFound::Vouches(stamp),
            Some(Err(refusal)) => StampFound::NotAccepted(refusal),
        };
        let at = stamp.time().unwrap_or(claimed_time);
        if at > now.plus_seconds(CLOCK_SKEW_SECONDS) || !certificate.is_current(at) {
            return Err(PadesRefusal::CertificateNotCurrent);
        }
        Ok(SignatureReport {
            signer: name_part(certificate.subject, oids::COMMON_NAME)?,
            organization: name_part(certificate.subject, oids::ORGANIZATION)?,
            claimed_time,
            stamp,
            long_term: None,
            anchor,
            certificate_current: certificate.is_current(now),
        })
    })
}

/// Finds the signature that covers the whole file, checks that it fits the bytes and its certificate, and has `judge` say
/// what that certificate and the claimed time are worth.
pub(super) fn read_signed<T>(
    pdf: &[u8],
    judge: impl FnOnce(&Certificate<'_>, Timestamp) -> Result<T, PadesRefusal>,
) -> Result<T, PadesRefusal> {
    read_signature(pdf, |certificate, claimed_time, _| judge(certificate, claimed_time))
}

/// A time stamp that was not judged, and the SHA-256 it should be over.
type StampToJudge<'a> = Option<(&'a [u8], [u8; 32])>;

fn read_signature<T>(
    pdf: &[u8],
    judge: impl FnOnce(&Certificate<'_>, Timestamp, StampToJudge<'_>) -> Result<T, PadesRefusal>,
) -> Result<T, PadesRefusal> {
    let covered = covering(pdf)?;
    let claimed_time = read_time(&covered.dictionary)?;
    let message = read_hole(pdf, &covered)?;
    let signed = SignedData::read(&message)?;
    let digest = super::digest_around(pdf, covered.hole, covered.hole_end);
    let certificate = signed.check(digest)?;
    let stamp = signed.time_stamp().map(|token| (token, sha256(signed.signature())));
    judge(certificate, claimed_time, stamp)
}

fn covering(pdf: &[u8]) -> Result<Covered<'_>, PadesRefusal> {
    if !pdf.starts_with(b"%PDF-") {
        return Err(PadesRefusal::MalformedPdf { position: 0, what: "a PDF" });
    }
    let covered = find_covering_signature(pdf)?;
    if covered.dictionary.get(b"SubFilter") != Some(b"/ETSI.CAdES.detached") {
        return Err(PadesRefusal::UnacceptedForm("its SubFilter is not ETSI.CAdES.detached"));
    }
    Ok(covered)
}

/// The message in the hole of the signature over the whole file, without the zeros behind it, and the hole's place.
pub(super) fn message_over_everything(pdf: &[u8]) -> Result<(Vec<u8>, usize, usize), PadesRefusal> {
    let covered = covering(pdf)?;
    let mut message = read_hole(pdf, &covered)?;
    SignedData::read(&message)?;
    // Read a moment ago: one element, and zeros.
    let length = crate::asn1::Reader::new(&message).any("a CMS message")?.raw.len();
    message.truncate(length);
    Ok((message, covered.hole, covered.hole_end))
}

/// The signer's certificate and the time stamp of a file that was verified.
pub(super) fn signer_and_stamp(pdf: &[u8]) -> Result<(Vec<u8>, Option<Vec<u8>>), PadesRefusal> {
    let (message, hole, hole_end) = message_over_everything(pdf)?;
    let signed = SignedData::read(&message)?;
    let certificate = signed.check(super::digest_around(pdf, hole, hole_end))?.raw.to_vec();
    Ok((certificate, signed.time_stamp().map(<[u8]>::to_vec)))
}

/// Where each signature's cover ends inside the file.
fn ends_of_signatures(pdf: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut position = 0;
    while let Some(at) = find_from(pdf, b"/ByteRange", position) {
        position = at + 10;
        if let Ok([0, first, second, length]) = read_range(pdf, position)
            && first < second
            && let Some(end) = second.checked_add(length).filter(|&end| end < pdf.len())
            && ends.len() < MAX_UPDATES
        {
            ends.push(end);
        }
    }
    ends
}

/// Looks at every `/ByteRange` in the file for the one that covers it from the first byte to the last.
fn find_covering_signature(pdf: &[u8]) -> Result<Covered<'_>, PadesRefusal> {
    let mut position = 0;
    let mut seen = 0;
    let mut refusal = PadesRefusal::NotSigned;
    while let Some(at) = find_from(pdf, b"/ByteRange", position) {
        position = at + 10;
        seen += 1;
        if seen > MAX_CANDIDATES {
            return Err(PadesRefusal::MalformedPdf { position: at, what: "fewer signatures" });
        }
        let range = match read_range(pdf, position) {
            Ok(range) => range,
            Err(error) => {
                refusal = error.into();
                continue;
            }
        };
        let [start, first, second, length] = range;
        let whole = start == 0 && first < second && second.checked_add(length) == Some(pdf.len());
        if !whole {
            refusal = PadesRefusal::NotWholeFile;
            continue;
        }
        let dictionary = enclosing_dictionary(pdf, at)?;
        // The hole must be exactly the value of /Contents: otherwise unsigned bytes could hide in it.
        if dictionary.place_of(b"Contents") != Some(first..second) {
            return Err(PadesRefusal::NotWholeFile);
        }
        return Ok(Covered { dictionary, hole: first, hole_end: second });
    }
    Err(refusal)
}

fn read_range(pdf: &[u8], position: usize) -> Result<[usize; 4], SyntaxError> {
    let mut lexer = Lexer::at(pdf, position);
    lexer.expect(b"[", "four numbers")?;
    let mut range = [0; 4];
    for number in &mut range {
        *number = lexer.integer("four numbers")?;
    }
    lexer.expect(b"]", "four numbers")?;
    Ok(range)
}

/// The dictionary of the object in which `at` lies.
fn enclosing_dictionary(pdf: &[u8], at: usize) -> Result<Dictionary<'_>, SyntaxError> {
    // A signature dictionary begins close before its /ByteRange, or /Contents comes first and lies between.
    const REACH: usize = 256 * 1024;
    let from = at.saturating_sub(REACH);
    let object = find_last(&pdf[from..at], b" obj");
    let Some(object) = object else { return Err(SyntaxError { position: at, what: "an object around the signature" }) };
    let dictionary = Lexer::at(pdf, from + object + 4).dictionary()?;
    // The key found must be this dictionary's own.
    let own = dictionary
        .place_of(b"ByteRange")
        .is_some_and(|place| place.start > at && pdf[at + 10..place.start].iter().all(u8::is_ascii_whitespace));
    if own { Ok(dictionary) } else { Err(SyntaxError { position: at, what: "a signature dictionary" }) }
}

/// The DER in the hole.
fn read_hole(pdf: &[u8], covered: &Covered<'_>) -> Result<Vec<u8>, PadesRefusal> {
    let hole = &pdf[covered.hole..covered.hole_end];
    let malformed = PadesRefusal::MalformedPdf { position: covered.hole, what: "a signature in hexadecimal" };
    let hex = hole.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">")).ok_or(malformed)?;
    data_encoding::HEXLOWER_PERMISSIVE.decode(hex).map_err(|_| malformed)
}

/// `/M (D:YYYYMMDDhhmmss…)`.
fn read_time(dictionary: &Dictionary<'_>) -> Result<Timestamp, PadesRefusal> {
    let missing = PadesRefusal::UnacceptedForm("its time of signing is missing or malformed");
    let text = dictionary.get(b"M").and_then(|text| std::str::from_utf8(text).ok()).ok_or(missing)?;
    parse_time(text.trim_start_matches('(').trim_end_matches(')')).ok_or(missing)
}

/// `D:YYYYMMDDhhmmss` and `Z`, nothing, or `±hh'mm'` (ISO 32000-1 §7.9.4).
fn parse_time(text: &str) -> Option<Timestamp> {
    let digits = text.strip_prefix("D:")?;
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = digits.get(from..to)?;
        if part.bytes().all(|b| b.is_ascii_digit()) { part.parse().ok() } else { None }
    };
    let year = i16::try_from(number(0, 4)?).ok()?;
    let date = Date::new(year, i8::try_from(number(4, 6)?).ok()?, i8::try_from(number(6, 8)?).ok()?)?;
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let zone = digits.get(14..)?;
    let offset = match zone.bytes().next() {
        None | Some(b'Z') => 0,
        Some(sign @ (b'+' | b'-')) => {
            let minutes = if zone.len() >= 6 { number(18, 20)? } else { 0 };
            let seconds = number(15, 17)? * 3600 + minutes * 60;
            if sign == b'+' { seconds } else { -seconds }
        }
        Some(_) => return None,
    };
    let local = date.days_since_epoch() * 86_400 + hour * 3600 + minute * 60 + second;
    Some(Timestamp::from_seconds(local - offset))
}

fn judge_signer(certificate: &Certificate<'_>, anchors: &TrustAnchors) -> Result<AnchorKind, PadesRefusal> {
    let authority = certificate.authority_key_id()?.ok_or(PadesRefusal::ForeignAuthority)?;
    let anchor = anchors.by_key_id(AuthorityRole::Document, authority.key_id);
    let Some(anchor) = anchor.filter(|anchor| anchor.name == certificate.issuer) else {
        // A dummy authority names itself; nothing is trusted by this, only the sentence differs.
        let dummy = find_from(certificate.issuer, b"JPKI-DUMMY", 0).is_some() && !anchors.allows_test();
        return Err(if dummy { PadesRefusal::TestAuthority } else { PadesRefusal::ForeignAuthority });
    };
    if !anchor.signed(certificate) {
        return Err(PadesRefusal::ForeignAuthority);
    }
    let known = [oids::KEY_USAGE, oids::EXTENDED_KEY_USAGE, oids::BASIC_CONSTRAINTS, oids::CERTIFICATE_POLICIES];
    let unknown = certificate.extensions.iter().any(|e| e.critical && !known.iter().any(|&oid| e.is(oid)));
    let usage = certificate.key_usage()?.is_some_and(|(bits, _)| bits & 0xC000 != 0);
    let is_authority = certificate.is_authority()?.is_some_and(|(authority, _)| authority);
    if unknown || !usage || is_authority {
        return Err(PadesRefusal::WrongCertificate);
    }
    Ok(anchor.kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_of_signing_are_read_with_their_zone() {
        let utc = parse_time("D:20261123041500Z").unwrap();
        assert_eq!(parse_time("D:20261123131500+09'00'"), Some(utc));
        assert_eq!(parse_time("D:20261122231500-05'00"), Some(utc));
        assert_eq!(parse_time("D:20261123041500"), Some(utc));
        for text in ["", "D:", "D:20261323041500Z", "D:20261123241500Z", "D:2026112304150", "D:20261123041500*", "D:あ"]
        {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
