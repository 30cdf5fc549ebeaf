//! The screens of one person at one certificate machine.

/// Where the person is. The order is the order of the seven steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Screen {
    /// "Put your card here."
    Card,
    /// The PIN pad.
    Pin,
    /// Applying for one's family register here, for people who live elsewhere.
    Apply,
    /// The application is on the pile.
    Applied,
    /// Which paper.
    Kind,
    /// Members, items, copies.
    Choose,
    /// The person's own cards, beside the way to a paper.
    Cards,
    /// Letters and notices: at the citizen portal.
    Portal,
    /// What will be printed and what it costs.
    Confirm,
    /// Coins.
    Pay,
    /// Drawing and printing.
    Print,
    /// "Take your card and your paper."
    Take,
    /// Over; everything is erased.
    Ended,
}

impl Screen {
    /// Its address below `/kiosk`.
    pub const fn path(self) -> &'static str {
        match self {
            Self::Card => "/kiosk/card",
            Self::Pin => "/kiosk/pin",
            Self::Apply => "/kiosk/apply",
            Self::Applied => "/kiosk/applied",
            Self::Kind => "/kiosk/kind",
            Self::Choose => "/kiosk/choose",
            Self::Cards => "/kiosk/cards",
            Self::Portal => "/kiosk/letters",
            Self::Confirm => "/kiosk/confirm",
            Self::Pay => "/kiosk/pay",
            Self::Print => "/kiosk/print",
            Self::Take => "/kiosk/take",
            Self::Ended => "/kiosk/ended",
        }
    }

    /// 1–7 for the progress shown on top.
    pub const fn step(self) -> usize {
        match self {
            Self::Card => 1,
            Self::Pin | Self::Apply | Self::Applied => 2,
            Self::Kind | Self::Choose | Self::Cards | Self::Portal => 3,
            Self::Confirm => 4,
            Self::Pay => 5,
            Self::Print => 6,
            Self::Take | Self::Ended => 7,
        }
    }
}
