//! The answer (RFC 3161 §2.4.2): status first, then the token, compared with the question.

use base::Timestamp;

use super::token::{self, MAX_TOKEN_BYTES};
use super::{CLOCK_TOLERANCE_SECONDS, StampedToken, TimestampRefusal, TimestampRequest};
use crate::anchors::TrustAnchors;
use crate::asn1::{Malformed, Reader, Tlv, tag};

/// PKIStatus granted and grantedWithMods; whatever was modified is compared below.
const GRANTED: [u64; 2] = [0, 1];

/// Reads and judges the answer to `request` that came at `now`. Total.
///
/// # Errors
/// See [`TimestampRefusal`].
pub fn read_response(
    response: &[u8],
    request: &TimestampRequest,
    anchors: &TrustAnchors,
    now: Timestamp,
) -> Result<StampedToken, TimestampRefusal> {
    if response.len() > MAX_TOKEN_BYTES + 1024 {
        return Err(TimestampRefusal::TooLong);
    }
    let mut whole = Reader::new(response);
    let mut answer = whole.sequence("an answer")?;
    whole.finish()?;
    let status = answer.expect(tag::SEQUENCE, "a status")?;
    read_status(&status)?;
    if answer.is_empty() {
        return Err(TimestampRefusal::NoToken);
    }
    let token = answer.expect(tag::SEQUENCE, "a time stamp")?.raw;
    answer.finish()?;
    let judged = token::judge(token, request.imprint, anchors)?;
    if judged.nonce != Some(request.nonce.as_slice()) {
        return Err(TimestampRefusal::WrongNonce);
    }
    if request.policy.is_some_and(|policy| policy.0.as_bytes() != judged.policy) {
        return Err(TimestampRefusal::WrongPolicy);
    }
    let apart = judged.stamp.time.seconds_since(now);
    if apart.abs() > CLOCK_TOLERANCE_SECONDS {
        return Err(TimestampRefusal::ClocksDisagree { seconds: apart });
    }
    Ok(StampedToken { token: token.to_vec(), stamp: judged.stamp })
}

fn read_status(status: &Tlv<'_>) -> Result<(), TimestampRefusal> {
    let mut parts = status.reader();
    let code = parts.expect(tag::INTEGER, "a status")?.small("a status")?;
    parts.optional(tag::SEQUENCE, "words about the status")?;
    let failure = parts.optional(tag::BIT_STRING, "a failure")?;
    parts.finish()?;
    if GRANTED.contains(&code) {
        return Ok(());
    }
    let failure = failure.map(|bits| first_bit(&bits)).transpose()?.flatten();
    Err(TimestampRefusal::NotGranted { status: u8::try_from(code).unwrap_or(u8::MAX), failure })
}

/// The number of the first bit that is set.
fn first_bit(bits: &Tlv<'_>) -> Result<Option<u8>, Malformed> {
    let malformed = Malformed { position: bits.position, what: "a failure of at most 64 bits" };
    // The first octet says how many bits of the last are unused.
    let [0..=7, octets @ ..] = bits.value else { return Err(malformed) };
    if octets.len() > 8 {
        return Err(malformed);
    }
    let octet = octets.iter().position(|&octet| octet != 0);
    // At most 8 octets: the number is below 64.
    Ok(octet.map(|index| (index * 8) as u8 + octets[index].leading_zeros() as u8))
}
