//! Tag-length-value as the card writes it (BER, definite lengths), and the outer length of a DER certificate.
//!
//! ```text
//!  FF 20 | 68 | DF 21 08 …  DF 22 0D …          tag of one or two bytes, length of one to four, value
//! ```
//! Total: any bytes give values or a position with a reason, never a panic.

/// Why bytes are no tag-length-value, and where (from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("at position {position}: {reason}")]
pub struct MalformedTlv {
    /// Offset of the byte at fault, or of the end when bytes are missing.
    pub position: usize,
    /// What is wrong with it.
    pub reason: TlvFault,
}

/// What can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TlvFault {
    /// The bytes end inside a tag, a length or a value.
    #[error("the bytes end too early")]
    EndsEarly,
    /// The tag has more than two bytes; the card uses none.
    #[error("the tag is longer than two bytes")]
    LongTag,
    /// An indefinite length, or one of more than three bytes.
    #[error("the length is of a form the card does not use")]
    LengthForm,
    /// Not the tag that must stand here.
    #[error("another tag was expected")]
    UnexpectedTag,
    /// An object that the file must hold is not in it.
    #[error("the object {0:04X} is missing")]
    Missing(u16),
    /// An object stands twice.
    #[error("the object {0:04X} stands twice")]
    Twice(u16),
    /// The value has a length this object never has.
    #[error("the value has another length than this object's")]
    ValueLength,
    /// The value is not of the form this object's has: no UTF-8, no date, no known digit.
    #[error("the value is not of this object's form")]
    ValueForm,
    /// The table of offsets points elsewhere than the objects stand.
    #[error("the table of offsets does not fit the objects")]
    Offsets,
}

/// One object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tlv<'a> {
    /// One or two tag bytes, as a number: `DF22` is 0xDF22.
    pub tag: u16,
    /// The value.
    pub value: &'a [u8],
    /// Where the value starts in the bytes given to [`Tlvs::new`].
    pub value_position: usize,
}

/// Walks objects that stand one after the other. Ends after the first fault.
#[derive(Clone, Debug)]
pub struct Tlvs<'a> {
    bytes: &'a [u8],
    position: usize,
    stopped: bool,
}

impl<'a> Tlvs<'a> {
    /// Starts at the first byte.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0, stopped: false }
    }

    fn fault<T>(&self, position: usize, reason: TlvFault) -> Result<T, MalformedTlv> {
        Err(MalformedTlv { position, reason })
    }

    fn byte(&self, position: usize) -> Result<u8, MalformedTlv> {
        match self.bytes.get(position) {
            Some(&byte) => Ok(byte),
            None => self.fault(self.bytes.len(), TlvFault::EndsEarly),
        }
    }

    fn read(&self) -> Result<(Tlv<'a>, usize), MalformedTlv> {
        let mut at = self.position;
        let first = self.byte(at)?;
        at += 1;
        let mut tag = u16::from(first);
        if first & 0x1F == 0x1F {
            let second = self.byte(at)?;
            if second & 0x80 != 0 {
                return self.fault(at, TlvFault::LongTag);
            }
            tag = tag << 8 | u16::from(second);
            at += 1;
        }
        let (length, header) = read_length(self.bytes, at)?;
        at += header;
        match self.bytes.get(at..at.saturating_add(length)) {
            Some(value) => Ok((Tlv { tag, value, value_position: at }, at + length)),
            None => self.fault(self.bytes.len(), TlvFault::EndsEarly),
        }
    }
}

impl<'a> Iterator for Tlvs<'a> {
    type Item = Result<Tlv<'a>, MalformedTlv>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.stopped || self.position >= self.bytes.len() {
            return None;
        }
        match self.read() {
            Ok((tlv, next)) => {
                self.position = next;
                Some(Ok(tlv))
            }
            Err(fault) => {
                self.stopped = true;
                Some(Err(fault))
            }
        }
    }
}

/// Reads a length at `position`: the length and how many bytes it took.
fn read_length(bytes: &[u8], position: usize) -> Result<(usize, usize), MalformedTlv> {
    let early = MalformedTlv { position: bytes.len(), reason: TlvFault::EndsEarly };
    let first = *bytes.get(position).ok_or(early)?;
    let count = usize::from(first & 0x7F);
    match first {
        0..=0x7F => Ok((usize::from(first), 1)),
        0x81..=0x83 => {
            let digits = bytes.get(position + 1..position + 1 + count).ok_or(early)?;
            Ok((digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit)), 1 + count))
        }
        _ => Err(MalformedTlv { position, reason: TlvFault::LengthForm }),
    }
}

/// The first object, which must carry `tag`; what follows it (filler) is ignored.
///
/// # Errors
/// [`MalformedTlv`] when it is cut short or carries another tag.
pub fn first(bytes: &[u8], tag: u16) -> Result<Tlv<'_>, MalformedTlv> {
    match Tlvs::new(bytes).next() {
        Some(Ok(found)) if found.tag == tag => Ok(found),
        Some(Ok(_)) => Err(MalformedTlv { position: 0, reason: TlvFault::UnexpectedTag }),
        Some(Err(fault)) => Err(fault),
        None => Err(MalformedTlv { position: 0, reason: TlvFault::EndsEarly }),
    }
}

/// How long the object that starts `bytes` is in all, header included; it must carry `tag`. Only its header need be there.
///
/// # Errors
/// [`MalformedTlv`] when the header is cut short, of another tag, or of a form the card does not use.
pub fn whole_length(bytes: &[u8], tag: u16) -> Result<usize, MalformedTlv> {
    let expected = tag.to_be_bytes();
    let expected = if expected[0] == 0 { &expected[1..] } else { &expected[..] };
    match bytes.get(..expected.len()) {
        Some(found) if found == expected => {
            let (length, header) = read_length(bytes, expected.len())?;
            Ok(expected.len() + header + length)
        }
        Some(_) => Err(MalformedTlv { position: 0, reason: TlvFault::UnexpectedTag }),
        None => Err(MalformedTlv { position: bytes.len(), reason: TlvFault::EndsEarly }),
    }
}

/// How long the DER SEQUENCE that starts `bytes` is in all, header included; only its first bytes need be there. This
/// is how a certificate is told from the filler behind it.
///
/// # Errors
/// [`MalformedTlv`] when it does not start with a SEQUENCE of definite length.
pub fn sequence_length(bytes: &[u8]) -> Result<usize, MalformedTlv> {
    match bytes.first() {
        Some(0x30) => {
            let (length, header) = read_length(bytes, 1)?;
            Ok(1 + header + length)
        }
        Some(_) => Err(MalformedTlv { position: 0, reason: TlvFault::UnexpectedTag }),
        None => Err(MalformedTlv { position: 0, reason: TlvFault::EndsEarly }),
    }
}

/// Appends one object to `out` as the card's own files do: lengths from 80 take the form `82 hh ll`, never `81`.
pub fn write(out: &mut Vec<u8>, tag: u16, value: &[u8]) {
    let [high, low] = tag.to_be_bytes();
    if high != 0 {
        out.push(high);
    }
    out.push(low);
    match value.len() {
        length @ 0..=0x7F => out.push(length as u8),
        length => out.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    out.extend_from_slice(value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nested_objects_are_walked() {
        let mut inner = Vec::new();
        write(&mut inner, 0xDF24, b"19710901");
        write(&mut inner, 0xDF23, &[b'x'; 300]);
        let mut outer = Vec::new();
        write(&mut outer, 0xFF20, &inner);
        outer.extend([0xFF; 3]); // filler is not looked at
        let whole = first(&outer, 0xFF20).unwrap();
        let found: Vec<_> = Tlvs::new(whole.value).map(Result::unwrap).map(|t| (t.tag, t.value.len())).collect();
        assert_eq!(found, [(0xDF24, 8), (0xDF23, 300)]);
    }

    #[test]
    fn faults_say_where() {
        assert_eq!(first(&[0xDF, 0x22, 5, 1], 0xDF22), Err(MalformedTlv { position: 4, reason: TlvFault::EndsEarly }));
        assert_eq!(first(&[0x30, 0x80], 0x30), Err(MalformedTlv { position: 1, reason: TlvFault::LengthForm }));
        assert_eq!(first(&[0xDF, 0x81], 0x30), Err(MalformedTlv { position: 1, reason: TlvFault::LongTag }));
        assert_eq!(first(&[0x31, 0], 0x30), Err(MalformedTlv { position: 0, reason: TlvFault::UnexpectedTag }));
        assert_eq!(first(&[], 0x30), Err(MalformedTlv { position: 0, reason: TlvFault::EndsEarly }));
    }

    #[test]
    fn a_certificate_is_told_from_its_filler() {
        assert_eq!(sequence_length(&[0x30, 0x82, 0x05, 0x10, 0x30]), Ok(0x514));
        assert!(sequence_length(&[0xFF, 0xFF, 0xFF, 0xFF]).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            for found in Tlvs::new(&bytes).flatten() {
                prop_assert_eq!(&bytes[found.value_position..][..found.value.len()], found.value);
            }
            let _ = sequence_length(&bytes);
        }

        #[test]
        fn what_is_written_is_read(tag in prop_oneof![Just(0x30u16), Just(0xDF22), Just(0xFF40)], length in 0usize..7000) {
            let mut bytes = Vec::new();
            write(&mut bytes, tag, &vec![7; length]);
            prop_assert_eq!(first(&bytes, tag).unwrap().value.len(), length);
        }
    }
}
