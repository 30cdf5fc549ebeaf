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
//! The file itself is read and written by `record_lines`. Every text passes `base::my_number_guard`, and names are kept in Moji_Joho as in `resident_csv`.

pub mod events;
pub mod guide;
mod lines;
mod model;
mod records;
mod values;

#[cfg(test)]
mod tests;

pub use events::{CustodyLoss, EntryGround, Event, RegisterEvent, SurnameGround, printed, printed_of_register};
pub use model::{
    AdoptiveParents, AppendixEntry, FamilyRegister, MOST_ADDRESSES, MOST_MEMBERS, MOST_RECORDS, Member,
    MemberProtection, MemberState, Reading, RegisterState, Removal, SpouseRole,
};
pub use records::{Below, Correction, CorrectionKind, Note, Record};
pub use values::{Day, Notice, RegisterReference};

pub use crate::record_lines::item::Row;
