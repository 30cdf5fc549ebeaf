//! What the application keeps, as bytes, so that a demo's database can keep a virtual card sealed.
//!
//! `YCA1`, then fields, each a length of four bytes, big-endian, and its bytes.

use std::collections::{BTreeMap, BTreeSet};

use zeroize::Zeroizing;

use super::applet::{Copy, Image, Pending};
use super::keys::{CardNumber, Key, TerminalName};
use super::layout::{FileId, KeySet, PIN_TRIES};

const MAGIC: [u8; 4] = *b"YCA1";

/// The bytes are no stored application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the stored city application is malformed at position {position}: {reason}")]
pub struct MalformedImage {
    /// Offset from 0.
    pub position: usize,
    /// What is wrong there.
    pub reason: &'static str,
}

impl Image {
    /// The stored form. Holds keys: seal it before it is written anywhere.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut out = Zeroizing::new(MAGIC.to_vec());
        let mut field = |bytes: &[u8]| {
            out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
            out.extend_from_slice(bytes);
        };
        field(&[u8::from(self.is_terminated), self.tries_left, u8::from(self.pending.is_some())]);
        field(&self.number.0);
        field(self.wrapping.bytes());
        field(&self.pin);
        field(&self.refused.iter().flat_map(|name| name.0).collect::<Vec<u8>>());
        field(&(self.keys.len() as u32).to_be_bytes());
        for ((set, version), key) in &self.keys {
            field(&[*set as u8, *version]);
            field(key.bytes());
        }
        field(&(self.files.len() as u32).to_be_bytes());
        for (file, copy) in &self.files {
            field(&(*file as u16).to_be_bytes());
            field(&copy.version.to_be_bytes());
            field(&copy.bytes);
        }
        if let Some(pending) = &self.pending {
            field(&(pending.file as u16).to_be_bytes());
            field(&pending.version.to_be_bytes());
            field(&pending.length.to_be_bytes());
            field(&pending.hash);
            field(&pending.bytes);
        }
        out
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`MalformedImage`] for anything that [`Self::to_bytes`] does not write.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, MalformedImage> {
        let mut from = Reader { bytes, position: 0 };
        if from.take(MAGIC.len())? != MAGIC {
            return Err(MalformedImage { position: 0, reason: "it does not start with YCA1" });
        }
        let [is_terminated, tries_left, has_pending] = from.array()?;
        if is_terminated > 1 || tries_left > PIN_TRIES || has_pending > 1 {
            return Err(from.fault("a value above its bound"));
        }
        let (number, wrapping) = (CardNumber(from.array()?), Key::new(from.array()?));
        let pin = Zeroizing::new(from.field()?.to_vec());
        let names = from.field()?.as_chunks::<8>();
        if !names.1.is_empty() {
            return Err(from.fault("names of terminals have eight bytes"));
        }
        let refused: BTreeSet<TerminalName> = names.0.iter().copied().map(TerminalName).collect();
        let mut keys = BTreeMap::new();
        for _ in 0..from.count()? {
            let [set, version] = from.array()?;
            let set = KeySet::of(set).ok_or(from.fault("no such set of keys"))?;
            keys.insert((set, version), Key::new(from.array()?));
        }
        let mut files = BTreeMap::new();
        for _ in 0..from.count()? {
            let file = from.file()?;
            files.insert(file, Copy { version: from.number()?, bytes: from.content(file)? });
        }
        let pending = match has_pending {
            0 => None,
            _ => {
                let (file, version, length) = (from.file()?, from.number()?, from.number()?);
                Some(Pending { file, version, length, hash: from.array()?, bytes: from.content(file)? })
            }
        };
        if from.position != bytes.len() {
            return Err(from.fault("more bytes follow"));
        }
        let is_terminated = is_terminated == 1;
        Ok(Self { number, keys, wrapping, pin, tries_left, files, pending, refused, is_terminated })
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    const fn fault(&self, reason: &'static str) -> MalformedImage {
        MalformedImage { position: self.position, reason }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], MalformedImage> {
        let end = self.position.checked_add(count).ok_or(self.fault("a length is too large"))?;
        let taken = self.bytes.get(self.position..end).ok_or(self.fault("the bytes end too early"))?;
        self.position = end;
        Ok(taken)
    }

    fn field(&mut self) -> Result<&'a [u8], MalformedImage> {
        let length = self.take(4)?.iter().fold(0, |sum, &byte| sum << 8 | usize::from(byte));
        self.take(length)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], MalformedImage> {
        <[u8; N]>::try_from(self.field()?).map_err(|_| self.fault("a field of another length was expected"))
    }

    fn number(&mut self) -> Result<u16, MalformedImage> {
        self.array().map(u16::from_be_bytes)
    }

    /// How many follow; no more than there is room for on a card.
    fn count(&mut self) -> Result<u32, MalformedImage> {
        let count = self.array().map(u32::from_be_bytes)?;
        if count <= 64 { Ok(count) } else { Err(self.fault("too many of one kind")) }
    }

    fn file(&mut self) -> Result<FileId, MalformedImage> {
        let id = self.number()?;
        FileId::of(id).ok_or(self.fault("no such file"))
    }

    fn content(&mut self, file: FileId) -> Result<Vec<u8>, MalformedImage> {
        let bytes = self.field()?;
        if bytes.len() <= file.size() { Ok(bytes.to_vec()) } else { Err(self.fault("more than the file may hold")) }
    }
}
