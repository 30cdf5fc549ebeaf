//! The card reader of a certificate machine.
//!
//! Two kinds: the smart-card reader of the machine the program runs on (PC/SC), and the demo's drawer of virtual cards,
//! which exists only in a demo database on loopback.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use card::city_application::Image;
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::VirtualCard;
use card::{Card, Reader, ReaderError};

/// A virtual card in the demo's drawer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrawerCard {
    /// What the label says: a word about the person.
    pub label: String,
    /// The PIN printed on the label.
    pub pin: String,
}

/// The drawer's cards as a form's choice lists them, by their places. The PIN comes first: a narrow screen cuts a label off at
/// its end.
pub(crate) fn listed(cards: &[DrawerCard]) -> Vec<(String, String)> {
    let words = |card: &DrawerCard| format!("PIN {}: {}", card.pin, card.label);
    cards.iter().enumerate().map(|(place, card)| (place.to_string(), words(card))).collect()
}

/// The demo's drawer. Pages know a card by its place in it.
pub trait Drawer: Send + Sync {
    /// The labels, in order.
    fn labels(&self) -> Vec<DrawerCard>;

    /// Takes the card at `place` out; `None` where there is none.
    fn take(&self, place: usize) -> Option<VirtualCard>;

    /// Puts it back, with its PIN counters as they are now.
    fn put_back(&self, place: usize, card: VirtualCard);
}

/// Where a person puts the card.
pub trait CardSlot: Send + Sync {
    /// Connects to the card that lies there.
    ///
    /// # Errors
    /// [`ReaderError`].
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError>;

    /// Whether a card lies there.
    fn has_card(&self) -> bool;

    /// The drawer's card goes back; a real card is the person's to take.
    fn eject(&self);

    /// Puts the card at this place of the drawer there. `false` where only real cards fit.
    fn put_from_drawer(&self, place: usize) -> bool;

    /// Puts the city's own application onto the card that lies there. How a real card is loaded is its issuer's and not
    /// public: only virtual ones take it.
    ///
    /// # Errors
    /// In words for the log.
    fn load_application(&self, _image: Image) -> Result<(), String> {
        Err("a real card is loaded by its issuer's route, which is not public".to_owned())
    }
}

/// Loads a virtual card.
///
/// # Errors
/// No card lies there.
pub fn load_virtual(reader: &VirtualReader, image: &Image) -> Result<(), String> {
    let cards = reader.take_off();
    if cards.is_empty() {
        return Err("no card lies there".to_owned());
    }
    for mut card in cards {
        card.load_city_application(image.clone());
        reader.put(card);
    }
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A slot for virtual cards, one for each machine of the demo.
pub struct DrawerSlot {
    reader: VirtualReader,
    drawer: Arc<dyn Drawer>,
    place: Mutex<Option<usize>>,
}

impl DrawerSlot {
    /// An empty slot beside `drawer`.
    pub fn new(drawer: Arc<dyn Drawer>) -> Self {
        Self { reader: VirtualReader::new(), drawer, place: Mutex::new(None) }
    }
}

impl CardSlot for DrawerSlot {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        self.reader.clone().connect()
    }

    fn has_card(&self) -> bool {
        self.reader.card_count() > 0
    }

    fn eject(&self) {
        if let Some(place) = locked(&self.place).take() {
            for card in self.reader.take_off() {
                self.drawer.put_back(place, card);
            }
        }
    }

    fn put_from_drawer(&self, place: usize) -> bool {
        self.eject();
        let Some(card) = self.drawer.take(place) else { return false };
        self.reader.put(card);
        *locked(&self.place) = Some(place);
        true
    }

    fn load_application(&self, image: Image) -> Result<(), String> {
        load_virtual(&self.reader, &image)
    }
}

/// The PC/SC reader of this machine: whichever reader holds the only card.
#[derive(Default)]
pub struct PcscSlot;

impl CardSlot for PcscSlot {
    fn connect(&self) -> Result<Box<dyn Card>, ReaderError> {
        card::readers::pcsc::PcscService::open()?.reader_with_the_only_card()?.connect()
    }

    fn has_card(&self) -> bool {
        card::readers::pcsc::PcscService::open().and_then(|readers| readers.reader_with_the_only_card()).is_ok()
    }

    fn eject(&self) {}

    fn put_from_drawer(&self, _place: usize) -> bool {
        false
    }
}
