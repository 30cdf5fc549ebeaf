//! The code lists of fixed fields. A code that is not in its list is a fault of the message, said with its place.

use crate::field::Fixed;

macro_rules! codes {
    ($($(#[$about:meta])* $name:ident, $length:literal, default $default:ident {
        $($(#[$what:meta])* $code:literal => $variant:ident,)+
    })+) => {$(
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$what])* $variant,)+ }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// As it stands in a message.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)+ }
            }
        }

        impl Default for $name {
            fn default() -> Self { Self::$default }
        }

        impl Fixed for $name {
            const LENGTH: usize = $length;
            fn read(text: &str) -> Option<Self> {
                match text { $($code => Some(Self::$variant),)+ _ => None }
            }
            fn write(&self, out: &mut String) { out.push_str(self.code()); }
        }
    )+};
}

codes! {
    /// Language of what is shown to the patron.
    Language, 3, default Japanese {
        /// Not known.
        "000" => Unknown,
        /// English.
        "001" => English,
        /// Japanese.
        "014" => Japanese,
        /// Chinese.
        "019" => Chinese,
        /// Korean.
        "020" => Korean,
        /// Chinese as written in Taiwan.
        "027" => Taiwanese,
    }
    /// How the machine is.
    MachineState, 1, default Good {
        /// In order.
        "0" => Good,
        /// Out of paper.
        "1" => PaperOut,
        /// About to stop.
        "2" => ShuttingDown,
    }
    /// How name and password of a login are encoded.
    Algorithm, 1, default Plain {
        /// As they are.
        "0" => Plain,
    }
    /// Where an item is.
    CirculationStatus, 2, default Other {
        /// Anything else.
        "01" => Other,
        /// Ordered.
        "02" => OnOrder,
        /// On the shelf.
        "03" => Available,
        /// Lent.
        "04" => Charged,
        /// Lent, not to be called back before a day.
        "05" => ChargedNotRecallable,
        /// Being prepared.
        "06" => InProcess,
        /// Called back.
        "07" => Recalled,
        /// Waits for who reserved it.
        "08" => WaitingOnHoldShelf,
        /// Waits to be put back.
        "09" => WaitingReshelving,
        /// On the way between branches.
        "10" => InTransit,
        /// Said to be returned.
        "11" => ClaimedReturned,
        /// Lost.
        "12" => Lost,
        /// Not found.
        "13" => Missing,
    }
    /// What protects an item from being carried out.
    SecurityMarker, 2, default Other {
        /// Anything else.
        "00" => Other,
        /// Nothing.
        "01" => Nothing,
        /// A 3M Tattle-Tape strip.
        "02" => TattleTape,
        /// A 3M Whisper Tape.
        "03" => WhisperTape,
    }
    /// What a fee is for.
    FeeType, 2, default Other {
        /// Anything else, or not known.
        "01" => Other,
        /// Administrative.
        "02" => Administrative,
        /// Damage.
        "03" => Damage,
        /// Returned late.
        "04" => Overdue,
        /// Processing.
        "05" => Processing,
        /// Rental.
        "06" => Rental,
        /// Replacement.
        "07" => Replacement,
        /// Use of a computer.
        "08" => ComputerAccess,
        /// Reservation.
        "09" => Hold,
    }
    /// With what a fee was paid.
    PaymentType, 2, default Cash {
        /// Cash.
        "00" => Cash,
        /// One brand of card.
        "01" => Visa,
        /// A credit card.
        "02" => CreditCard,
    }
    /// What to do about a reservation.
    HoldMode, 1, default Add {
        /// Reserve.
        "+" => Add,
        /// Cancel.
        "-" => Delete,
        /// Change.
        "*" => Change,
    }
}

/// The flags of a patron's status, each its place in [`crate::field::PatronStatus`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatronFlag {
    /// May not borrow.
    ChargeDenied,
    /// May not renew.
    RenewalDenied,
    /// May not call items back.
    RecallDenied,
    /// May not reserve.
    HoldDenied,
    /// The card was reported lost.
    CardReportedLost,
    /// Too many items out.
    TooManyCharged,
    /// Too many items late.
    TooManyOverdue,
    /// Too many renewals.
    TooManyRenewals,
    /// Too many items said to be returned.
    TooManyClaimsReturned,
    /// Too many items lost.
    TooManyLost,
    /// Fines too high.
    ExcessiveFines,
    /// Fees too high.
    ExcessiveFees,
    /// An item that was called back is late.
    RecallOverdue,
    /// Too many items billed.
    TooManyBilled,
}

impl crate::field::PatronStatus {
    /// None but these.
    pub fn of(flags: &[PatronFlag]) -> Self {
        let mut status = Self::default();
        for &flag in flags {
            status.0[flag as usize] = true;
        }
        status
    }

    /// Whether this flag is up.
    pub fn has(self, flag: PatronFlag) -> bool {
        self.0[flag as usize]
    }
}

/// Messages a system may or may not answer, each its place in [`crate::field::Supported`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the messages' own names; see crate::message")]
pub enum Answers {
    PatronStatus,
    Checkout,
    Checkin,
    BlockPatron,
    Status,
    Resend,
    Login,
    PatronInformation,
    EndPatronSession,
    FeePaid,
    ItemInformation,
    ItemStatusUpdate,
    PatronEnable,
    Hold,
    Renew,
    RenewAll,
}

impl crate::field::Supported {
    /// These and no other.
    pub fn of(answered: &[Answers]) -> Self {
        let mut supported = Self::default();
        for &message in answered {
            supported.0[message as usize] = true;
        }
        supported
    }

    /// Whether the system answers it.
    pub fn has(self, message: Answers) -> bool {
        self.0[message as usize]
    }
}

/// The lists of a patron's things, each its place in [`crate::field::Summary`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// Reserved and waiting (AS).
    Hold,
    /// Late (AT).
    Overdue,
    /// Borrowed (AU).
    Charged,
    /// Fined (AV).
    Fine,
    /// Called back (BU).
    Recall,
    /// Reserved, not there yet (CD).
    Unavailable,
}

impl crate::field::Summary {
    /// This list.
    pub fn of(list: Listed) -> Self {
        let mut summary = Self::default();
        summary.0[list as usize] = true;
        summary
    }

    /// Which list is asked for.
    pub fn asked(self) -> Option<Listed> {
        use Listed::*;
        [Hold, Overdue, Charged, Fine, Recall, Unavailable].into_iter().find(|&list| self.0[list as usize])
    }
}
