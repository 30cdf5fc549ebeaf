//! The file by which a city's family register system (戸籍情報システム) hands its registers to Yakuba.
//!
//! For the operator who writes the export and for the clerk who must find the one bad line. JSON Lines, since a register
//! is a tree: members, each with typed records, each with corrections below it.
//!
//! ```text
//!   family_registers.jsonl
//!     line 1   {"format":"yakuba-family-registers/1","source":"koseki","position":1000,"taken_at":"…","registers":2}
//!     line 2   {"id":"K000000001","domicile":"…","head":"…","surname":"…","records":[…],"members":[{…},{…}]}
//!     line 3   …
//! ```
//! A register is kept as **typed events**, never as running text, so that a paper can be drawn, checked and searched
//! (戸籍法 第13条, 戸籍法施行規則 第34条–第36条). [`events`] holds the tables; the guide is `docs/family-register-files.md`.
//!
//! Reading is total: any bytes give registers or [`Fault`]s with line, field and [`Reason`]; a value is never repeated in
//! either. Every text passes `base::my_number_guard`, and names are kept in Moji_Joho as in `resident_csv`.

pub mod events;
mod fault;
pub mod guide;
pub(crate) mod item;
pub(crate) mod json;
mod model;
mod reader;

#[cfg(test)]
mod tests;

pub use events::{
    Below, Correction, CorrectionKind, CustodyLoss, EntryGround, Event, Note, Record, RegisterEvent, SurnameGround,
    printed, printed_of_register,
};
pub use fault::{Fault, FileError, Reason};
pub use item::{Day, Notice, RegisterReference, Row};
pub use model::{
    AdoptiveParents, AppendixEntry, FamilyRegister, MOST_ADDRESSES, MOST_MEMBERS, MOST_RECORDS, Member,
    MemberProtection, MemberState, Reading, RegisterState, Removal, SpouseRole,
};
pub use reader::{
    Contents, Entry, FORMAT, Header, LONGEST_LINE, Reader, from_line, to_line, write_header, write_register,
};

/// The file's name within an import set.
pub const FILE: &str = "family_registers.jsonl";

/// Reads whatever bytes somebody calls such a file, to its end. For fuzzing: it must return, and what it accepts must
/// read back as it was.
pub fn read_anything(bytes: &[u8]) -> usize {
    let mut seen = 0;
    if let Ok(mut reader) = Reader::open(bytes) {
        while let Ok(Some(entry)) = reader.next_entry() {
            seen += 1;
            if let Entry::Good { register, .. } = entry {
                for record in register.members.iter().flat_map(|member| &member.records) {
                    seen += printed(&record.event).len();
                }
                assert_eq!(
                    from_line(&to_line(&register)).as_ref(),
                    Ok(&*register),
                    "what was read is written as it was"
                );
            }
        }
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        seen += usize::from(from_line(text).is_ok());
    }
    seen
}
