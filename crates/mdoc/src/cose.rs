//! COSE_Sign1 and COSE_Mac0 (RFC 9052), as ISO/IEC 18013-5 uses them: untagged, the algorithm protected.

use pki::Malformed;

use crate::cbor::writer::{array, bytes, text};
use crate::cbor::{Key, Reader};

/// Certificates in one chain at most; only the first is used.
const MAX_CHAIN: usize = 4;

/// HMAC 256/256 of RFC 9053 table 3.
pub(crate) const HMAC_256: i64 = 5;
/// Label of the algorithm.
const ALGORITHM: i64 = 1;
/// Label of headers that must be understood: none beyond ours is, so it is refused.
const CRITICAL: i64 = 2;
/// Label of a certificate chain (RFC 9360).
pub(crate) const X5CHAIN: i64 = 33;

/// What is signed: the first words of the structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    Signature,
    Mac,
}

/// COSE_Sign1 or COSE_Mac0: both have four parts.
#[derive(Clone, Debug)]
pub(crate) struct Envelope<'a> {
    /// Place in the whole answer.
    pub position: usize,
    protected: &'a [u8],
    /// Algorithm of the protected header.
    pub algorithm: i64,
    /// Certificates of the unprotected header.
    pub chain: Vec<&'a [u8]>,
    /// Content and its place; `None`: detached.
    pub payload: Option<(&'a [u8], usize)>,
    /// Signature or MAC.
    pub proof: &'a [u8],
}

impl<'a> Envelope<'a> {
    pub fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let start = *reader;
        if reader.array("a signature of four parts")? != 4 {
            return start.fail("a signature of four parts");
        }
        let before = *reader;
        let protected = reader.bytes("a protected header")?;
        let algorithm = read_protected(Reader::at(protected, reader.position() - protected.len()))?;
        let Some(algorithm) = algorithm else { return before.fail("an algorithm in the protected header") };
        let chain = read_unprotected(reader)?;
        let payload = if reader.null() {
            None
        } else {
            let content = reader.bytes("a payload")?;
            Some((content, reader.position() - content.len()))
        };
        let proof = reader.bytes("a signature")?;
        Ok(Self { position: start.position(), protected, algorithm, chain, payload, proof })
    }

    /// The bytes that signature or MAC cover (RFC 9052 §4.4 and §6.3), without external data.
    pub fn covered(&self, context: Context, payload: &[u8]) -> Vec<u8> {
        covered(context, self.protected, payload)
    }
}

pub(crate) fn covered(context: Context, protected: &[u8], payload: &[u8]) -> Vec<u8> {
    let word = match context {
        Context::Signature => "Signature1",
        Context::Mac => "MAC0",
    };
    array(&[text(word), bytes(protected), bytes(&[]), bytes(payload)])
}

fn read_protected(mut reader: Reader<'_>) -> Result<Option<i64>, Malformed> {
    let mut algorithm = None;
    reader.entries::<Malformed>("a map of headers", |key, position, value| match key {
        Key::Number(ALGORITHM) => value.integer("an algorithm").map(|number| algorithm = Some(number)),
        Key::Number(CRITICAL) => Err(Malformed { position, what: "no header that must be understood" }),
        _ => value.raw("a header").map(|_| ()),
    })?;
    reader.finish()?;
    Ok(algorithm)
}

fn read_unprotected<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, Malformed> {
    let mut chain = Vec::new();
    reader.entries::<Malformed>("a map of headers", |key, position, value| {
        match key {
            Key::Number(X5CHAIN) if value.is_bytes() => chain.push(value.bytes("a certificate")?),
            Key::Number(X5CHAIN) => {
                let count = value.array("a chain of certificates")?;
                // A chain of one is written without the array (RFC 9360 §2).
                if !(2..=MAX_CHAIN).contains(&count) {
                    return Err(Malformed { position, what: "a chain of at most 4 certificates" });
                }
                for _ in 0..count {
                    chain.push(value.bytes("a certificate")?);
                }
            }
            Key::Number(ALGORITHM | CRITICAL) => {
                return Err(Malformed { position, what: "this header only where it is protected" });
            }
            _ => value.raw("a header").map(|_| ())?,
        }
        Ok(())
    })?;
    Ok(chain)
}
