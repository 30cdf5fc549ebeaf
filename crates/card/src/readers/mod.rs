//! Where cards are put: readers of this machine, and one for virtual cards.

pub mod patience;
pub mod pcsc;
pub mod recorder;
pub mod virtual_reader;

pub use crate::contact::{Card, Reader};
pub use crate::error::ReaderError;
