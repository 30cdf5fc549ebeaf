//! Where cards are put.

use card::readers::pcsc::PcscService;
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::{Behaviour, VirtualCard, VirtualCardContents};
use card::{Card, Reader, ReaderError};

/// The readers of this PC.
pub trait Readers: Send + Sync {
    /// Connects to the only card there is.
    ///
    /// # Errors
    /// [`ReaderError`]: no reader, no card, several of them: which one is meant is never guessed.
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError>;

    /// Whether exactly one card lies there, without touching it.
    ///
    /// # Errors
    /// As [`Self::connect`].
    fn look(&self) -> Result<(), ReaderError>;
}

/// Whatever PC/SC knows.
#[derive(Debug, Default)]
pub struct PcscReaders;

impl Readers for PcscReaders {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        PcscService::open()?.reader_with_the_only_card()?.connect()
    }

    fn look(&self) -> Result<(), ReaderError> {
        PcscService::open()?.reader_with_the_only_card().map(|_| ())
    }
}

impl Readers for VirtualReader {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        Reader::connect(&mut self.clone())
    }

    fn look(&self) -> Result<(), ReaderError> {
        match self.card_count() {
            0 => Err(ReaderError::NoCard),
            1 => Ok(()),
            several => Err(ReaderError::SeveralCards(several)),
        }
    }
}

/// A reader with the virtual card of these bytes on it; its certificates come from a dummy authority, so only a demo
/// believes them. `None` when the bytes are no card.
pub fn virtual_reader(bytes: &[u8], seams: &base::Seams) -> Option<VirtualReader> {
    let contents = VirtualCardContents::from_bytes(bytes).ok()?;
    VirtualCard::new(contents, Behaviour::default(), seams.random.clone()).ok().map(VirtualReader::with)
}
