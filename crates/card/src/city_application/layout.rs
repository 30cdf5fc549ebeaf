//! What lies on the chip and who may open it.

/// Name on the card: `F0`, `YAKUBA`, version 1. Unregistered: ISO/IEC 7816-5 leaves names that begin with `F` to everybody.
pub const NAME: [u8; 8] = [0xF0, b'Y', b'A', b'K', b'U', b'B', b'A', 0x01];

/// Version of commands and layout, shown at SELECT.
pub const VERSION: u8 = 1;

/// Misses in a row that the person's PIN allows.
pub const PIN_TRIES: u8 = 3;

/// Bytes of all files together. A JavaCard of the usual size leaves more.
pub const SPACE: usize = 16 * 1024;

/// Keys that open a part of the application. Each service has one; a terminal holds those of its own services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeySet {
    /// The loading system: keys, files, PIN. Its key is another on every card.
    Management = 0x00,
    /// Library (図書館).
    Library = 0x01,
    /// Hospital (市立病院).
    Hospital = 0x02,
    /// Staff (職員).
    Staff = 0x03,
    /// Medication handbook (お薬手帳).
    Medicines = 0x04,
    /// Emergency card (救急): read by ambulances and shelters.
    Emergency = 0x05,
    /// Finds out which card it is, before [`KeySet::Management`].
    Inventory = 0x0F,
}

impl KeySet {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Management,
        Self::Library,
        Self::Hospital,
        Self::Staff,
        Self::Medicines,
        Self::Emergency,
        Self::Inventory,
    ];

    /// From its number.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|set| *set as u8 == number)
    }

    /// Whether all cards share its key. The key of [`KeySet::Management`] is each card's own.
    pub const fn is_shared(self) -> bool {
        !matches!(self, Self::Management)
    }
}

/// A file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum FileId {
    /// The library's number (利用者番号).
    LibraryNumber = 0x0101,
    /// The hospital's chart number (診察券番号).
    HospitalNumber = 0x0102,
    /// The staff number (職員番号).
    StaffNumber = 0x0103,
    /// Medicines: at least 4 KB. Read by terminals, written with the person's PIN.
    Medicines = 0x0204,
    /// What an ambulance should know, if the person chose to have it there.
    Emergency = 0x0305,
}

impl FileId {
    /// All.
    pub const ALL: [Self; 5] =
        [Self::LibraryNumber, Self::HospitalNumber, Self::StaffNumber, Self::Medicines, Self::Emergency];

    /// From its identifier.
    pub fn of(id: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|file| *file as u16 == id)
    }

    /// The terminals that may read it, and write it where [`Self::needs_pin`] is met. Management may do neither: who loads
    /// cards does not read them.
    pub const fn opened_by(self) -> KeySet {
        match self {
            Self::LibraryNumber => KeySet::Library,
            Self::HospitalNumber => KeySet::Hospital,
            Self::StaffNumber => KeySet::Staff,
            Self::Medicines => KeySet::Medicines,
            Self::Emergency => KeySet::Emergency,
        }
    }

    /// Whether writing asks for the person's PIN. Numbers of services are written at the desk that gave them.
    pub const fn needs_pin(self) -> bool {
        matches!(self, Self::Medicines | Self::Emergency)
    }

    /// Bytes it may hold.
    pub const fn size(self) -> usize {
        match self {
            Self::LibraryNumber | Self::HospitalNumber | Self::StaffNumber => 64,
            Self::Medicines => 6 * 1024,
            Self::Emergency => 1024,
        }
    }

    /// Whether every card has it. The emergency card is there only for who chose it.
    pub const fn is_standard(self) -> bool {
        !matches!(self, Self::Emergency)
    }
}

/// Instructions of our own, class `80` outside a channel and `84` inside.
pub mod instruction {
    /// Begins a mutual authentication.
    pub const INITIALIZE: u8 = 0x50;
    /// Ends it.
    pub const AUTHENTICATE: u8 = 0x82;
    /// The card's number, its files, an open write.
    pub const GET_DATA: u8 = 0xCA;
    /// The person's PIN.
    pub const VERIFY: u8 = 0x20;
    /// Selects a file.
    pub const SELECT_FILE: u8 = 0xA4;
    /// Reads from it.
    pub const READ: u8 = 0xB0;
    /// Begins to write it anew.
    pub const BEGIN: u8 = 0xE0;
    /// Writes a piece.
    pub const UPDATE: u8 = 0xD6;
    /// Makes the new copy the file.
    pub const COMMIT: u8 = 0xE2;
    /// Forgets the new copy.
    pub const ABORT: u8 = 0xE4;
    /// Management: makes a file.
    pub const CREATE: u8 = 0xE8;
    /// Management: removes a file.
    pub const DELETE: u8 = 0xEA;
    /// Management: a key, wrapped.
    pub const PUT_KEY: u8 = 0xD8;
    /// Management: forgets a key.
    pub const DROP_KEY: u8 = 0xDA;
    /// Management: a new PIN.
    pub const SET_PIN: u8 = 0xEC;
    /// Management: refuses these terminals from now on.
    pub const REFUSE: u8 = 0xDC;
    /// Management: erases everything for good.
    pub const TERMINATE: u8 = 0xEE;
}
