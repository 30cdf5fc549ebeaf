//! Files of records that change one by one: a header line, then one record a line, in JSON.
//!
//! For the registers that a city hands over beside its residents: family registers (`family_register`), registered seals
//! (`seal_registration`), taxation (`tax_record`).
//!
//! ```text
//!   line 1   {"format":"…/1","source":"…","position":1000,"taken_at":"…","records":2}           a full load
//!   line 1   {…,"position":1002,"taken_at":"…","after":1000,"records":1}                         a difference
//!   line 2…  one record each
//! ```
//! Reading is total: any bytes give records or [`Fault`]s with line, field and reason; a value is never repeated in either.
//! The file says how many records follow, so that one cut short is noticed.

mod fault;
pub(crate) mod item;
mod items;
pub(crate) mod json;
mod reader;

pub use fault::{Fault, FileError, Reason};
pub use reader::{Contents, Entry, Header, LONGEST_LINE, Reader, write_header, write_record};

pub(crate) use items::{MOST_YEN, key_in, key_text, read_line};

/// A kind of record that such a file holds, one a line.
pub trait Record: Clone + PartialEq + Send + Sync + Sized + 'static {
    /// Name and version of the format, in the header.
    const FORMAT: &'static str;
    /// The file's name within an import set.
    const FILE: &'static str;
    /// The header's word for how many follow.
    const COUNT: &'static str = "records";

    /// Reads a line.
    ///
    /// # Errors
    /// Everything that is wrong with it: path of the field (empty: the whole line) and reason.
    fn parse(line: &str) -> Result<Self, Vec<(String, Reason)>>;

    /// Its line, without the end of line. What is read back equals it.
    fn to_line(&self) -> String;

    /// What it is known by in the source system; stands once in a full load. At most 60 characters of ASCII.
    fn key(&self) -> String;

    /// What a refused line is about, when that much of it can be read: what is held under that key is not the newest.
    fn key_of(line: &str) -> Option<String>;
}

/// Reads whatever bytes somebody calls such a file, to its end. For fuzzing: it must return, and what it accepts must be
/// written as it was read.
pub fn read_anything<T: Record>(bytes: &[u8]) -> usize {
    let mut seen = 0;
    if let Ok(mut reader) = Reader::<_, T>::open(bytes) {
        while let Ok(Some(entry)) = reader.next_entry() {
            seen += 1;
            if let Entry::Good { record, .. } = entry {
                assert!(T::parse(&record.to_line()).as_ref() == Ok(&*record), "what was read is written as it was");
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        seen += usize::from(T::parse(text).is_ok()) + T::key_of(text).map_or(0, |key| key.len());
    }
    seen
}
