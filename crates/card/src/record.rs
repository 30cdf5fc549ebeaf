//! A signed file of the applications that hold what is printed on the card: an outer tag, then a few objects, once each.

use base::Date;

use crate::tlv::{self, MalformedTlv, Tlv, TlvFault, Tlvs};

/// No file of the card holds more.
const MAX_OBJECTS: usize = 16;

/// A file that was read apart, with the places of its objects.
pub(crate) struct Record<'a> {
    file: &'a [u8],
    /// Each object and where it starts, its header included.
    objects: Vec<(Tlv<'a>, usize)>,
}

impl<'a> Record<'a> {
    /// Reads the objects inside the outer `tag`. Filler behind the file is ignored; a tag that stands twice is refused.
    pub fn read(file: &'a [u8], tag: u16) -> Result<Self, MalformedTlv> {
        let outer = tlv::first(file, tag)?;
        let mut objects: Vec<(Tlv<'a>, usize)> = Vec::new();
        let mut start = outer.value_position;
        for object in Tlvs::new(outer.value) {
            let here = |fault: MalformedTlv| MalformedTlv { position: fault.position + outer.value_position, ..fault };
            let mut object = object.map_err(here)?;
            object.value_position += outer.value_position;
            if objects.len() == MAX_OBJECTS || objects.iter().any(|(other, _)| other.tag == object.tag) {
                return Err(MalformedTlv { position: start, reason: TlvFault::Twice(object.tag) });
            }
            objects.push((object, start));
            start = object.value_position + object.value.len();
        }
        Ok(Self { file, objects })
    }

    /// The object with `tag`.
    pub fn object(&self, tag: u16) -> Result<Tlv<'a>, MalformedTlv> {
        let found = self.objects.iter().find(|(object, _)| object.tag == tag);
        let missing = MalformedTlv { position: self.file.len(), reason: TlvFault::Missing(tag) };
        found.map(|(object, _)| *object).ok_or(missing)
    }

    /// The value of the object with `tag`, which must have `length` bytes.
    pub fn fixed<const N: usize>(&self, tag: u16) -> Result<[u8; N], MalformedTlv> {
        let object = self.object(tag)?;
        let wrong = MalformedTlv { position: object.value_position, reason: TlvFault::ValueLength };
        <[u8; N]>::try_from(object.value).map_err(|_| wrong)
    }

    /// The value of the object with `tag`, as text.
    pub fn text(&self, tag: u16) -> Result<&'a str, MalformedTlv> {
        let object = self.object(tag)?;
        std::str::from_utf8(object.value).map_err(|fault| MalformedTlv {
            position: object.value_position + fault.valid_up_to(),
            reason: TlvFault::ValueForm,
        })
    }

    /// The value of the object with `tag`, as a date written `YYYYMMDD`. A date that is partly unknown (zeros) is none.
    pub fn date(&self, tag: u16) -> Result<Date, MalformedTlv> {
        let digits = self.fixed::<8>(tag)?;
        let wrong = MalformedTlv { position: self.object(tag)?.value_position, reason: TlvFault::ValueForm };
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(wrong);
        }
        let number =
            |range: std::ops::Range<usize>| digits[range].iter().fold(0i32, |n, d| n * 10 + i32::from(d - b'0'));
        let (year, month, day) = (number(0..4), number(4..6), number(6..8));
        Date::new(year as i16, month as i8, day as i8).ok_or(wrong)
    }

    /// The bytes from the first object to the one with `tag`, which is left out: what a signature after them covers.
    pub fn before(&self, tag: u16) -> Result<&'a [u8], MalformedTlv> {
        self.object(tag)?;
        let first = self.objects.first().map_or(0, |(_, start)| *start);
        let end = self.objects.iter().find(|(object, _)| object.tag == tag).map_or(first, |(_, start)| *start);
        Ok(self.file.get(first..end).unwrap_or_default())
    }

    /// The bytes of the objects with these tags, headers included, in the order given.
    pub fn bytes_of(&self, tags: &[u16]) -> Result<Vec<u8>, MalformedTlv> {
        let mut bytes = Vec::new();
        for &tag in tags {
            let object = self.object(tag)?;
            let start = self.objects.iter().find(|(other, _)| other.tag == tag).map_or(0, |(_, start)| *start);
            bytes.extend_from_slice(
                self.file.get(start..object.value_position + object.value.len()).unwrap_or_default(),
            );
        }
        Ok(bytes)
    }

    /// Whether the table with `tag` names the start of every other object, two bytes each, from the start of the file.
    pub fn check_offsets(&self, tag: u16) -> Result<(), MalformedTlv> {
        let table = self.object(tag)?;
        let named = table.value.chunks(2).map(|pair| pair.iter().fold(0, |n, &byte| n << 8 | usize::from(byte)));
        let true_ones = self.objects.iter().filter(|(object, _)| object.tag != tag).map(|(_, start)| *start);
        match named.eq(true_ones) {
            true => Ok(()),
            false => Err(MalformedTlv { position: table.value_position, reason: TlvFault::Offsets }),
        }
    }
}
