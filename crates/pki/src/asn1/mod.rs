//! A small strict DER reader and writer (ITU-T X.690), without recursion and without copies.
//!
//! Certificates, revocation answers and signatures come from strangers. The reader borrows from the input, never
//! panics, and every failure says at which byte of the input it happened and what was expected there. Only what DER
//! allows is read: definite shortest lengths, shortest integers, tag numbers below 31. The writer makes the same forms.
//! Tests compare the reader with the `x509-cert` crate and with `openssl`.

mod reader;
mod time;
pub(crate) mod writer;

pub(crate) use reader::{Reader, Tlv};
pub(crate) use time::{from_generalized_time, generalized_time, parse_time, utc_or_generalized_time};

/// Where and why bytes are not what they should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed at byte {position}: {what}")]
pub struct Malformed {
    /// Offset into the input, from 0.
    pub position: usize,
    /// What was expected there.
    pub what: &'static str,
}

/// Universal and constructed tags used by the structures of this crate.
pub(crate) mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const NULL: u8 = 0x05;
    pub const OID: u8 = 0x06;
    pub const ENUMERATED: u8 = 0x0A;
    pub const UTF8_STRING: u8 = 0x0C;
    pub const PRINTABLE_STRING: u8 = 0x13;
    pub const IA5_STRING: u8 = 0x16;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;

    /// `[n]`, primitive.
    pub const fn context(n: u8) -> u8 {
        0x80 | n
    }

    /// `[n]`, constructed.
    pub const fn constructed(n: u8) -> u8 {
        0xA0 | n
    }
}
