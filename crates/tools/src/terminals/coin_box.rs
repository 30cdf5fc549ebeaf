//! The coin box (現金収納機) of a certificate machine.
//!
//! A real box is wired to the machine; what the service needs of it is this small trait. [`SimulatedCoinBox`] stands in
//! for it in the demo and in tests, says so, and can be made to fail in every way a real box does.
//!
//! Money leaves a box under a **reference**: told twice, it pays once, and asked what became of a reference, it knows,
//! also after it or the program that told it lost power.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;

use base::{Id, Yen};

/// Something happened at the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoinBoxFault {
    /// Coins or notes are stuck.
    Jam,
    /// The change hopper cannot give the change due.
    ShortOfChange,
    /// Power was lost; what is inside is not known until it is counted.
    PowerCut,
    /// It was told and did not answer: what it did is not known until it is asked.
    NoAnswer,
}

impl std::fmt::Display for CoinBoxFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jam => "coins are stuck in the box",
            Self::ShortOfChange => "the box cannot give change",
            Self::PowerCut => "the box lost power",
            Self::NoAnswer => "the box does not answer",
        })
    }
}

impl std::error::Error for CoinBoxFault {}

/// What became of money that a box was told to pay out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payout {
    /// All of it is out.
    Paid,
    /// None of it is out.
    NotPaid,
    /// The box does not know: it stopped in the middle, or has no memory of that time. Somebody counts it.
    Unknown,
}

/// A coin box. One session at a time owns it.
pub trait CoinBox: Send + Sync {
    /// What has been put in since the last [`CoinBox::accept`] or [`CoinBox::give_back`].
    ///
    /// # Errors
    /// A fault of the box.
    fn inserted(&self) -> Result<Yen, CoinBoxFault>;

    /// Whether the change for `fee` out of what is inserted can be given. Asked **before** anything is drawn.
    ///
    /// # Errors
    /// A fault of the box.
    fn can_settle(&self, fee: Yen) -> Result<bool, CoinBoxFault>;

    /// Keeps `fee`, gives the rest back, and returns the change given.
    ///
    /// # Errors
    /// A fault of the box; then nothing was kept, but after [`CoinBoxFault::PowerCut`] and [`CoinBoxFault::NoAnswer`], after
    /// which nobody knows.
    fn accept(&self, fee: Yen) -> Result<Yen, CoinBoxFault>;

    /// Gives back everything inserted and not yet accepted. Returns how much.
    ///
    /// # Errors
    /// A fault of the box; the amount stays owed to the person.
    fn give_back(&self) -> Result<Yen, CoinBoxFault>;

    /// Pays `amount` out of what was accepted before: a refund (払戻し). Under one `reference` a box pays at most once: told
    /// again, it answers as if it had just paid.
    ///
    /// # Errors
    /// A fault of the box. What became of the money is asked with [`CoinBox::refund_of`].
    fn refund(&self, reference: Id, amount: Yen) -> Result<(), CoinBoxFault>;

    /// What became of the refund under `reference`.
    ///
    /// # Errors
    /// The box cannot be asked now.
    fn refund_of(&self, reference: Id) -> Result<Payout, CoinBoxFault>;
}

#[derive(Default)]
struct BoxState {
    inserted: Yen,
    kept: Yen,
    paid_out: Yen,
    hopper: Yen,
    faults: VecDeque<CoinBoxFault>,
    payouts: HashMap<Id, Payout>,
    /// What outlives the power: a line before and a line after each refund.
    journal: Option<File>,
    /// Whether it remembers everything it ever did.
    remembers: bool,
}

impl BoxState {
    fn note(&mut self, reference: Id, payout: Payout) -> Result<(), CoinBoxFault> {
        if let Some(journal) = &mut self.journal {
            let line = format!("{reference} {}\n", word(payout));
            let written = journal.write_all(line.as_bytes()).and_then(|()| journal.sync_data());
            written.map_err(|_| CoinBoxFault::NoAnswer)?;
        }
        self.payouts.insert(reference, payout);
        Ok(())
    }
}

const fn word(payout: Payout) -> &'static str {
    match payout {
        Payout::Paid => "paid",
        Payout::NotPaid => "not-paid",
        Payout::Unknown => "begun",
    }
}

/// A simulated box for the demo and tests.
pub struct SimulatedCoinBox(Mutex<BoxState>);

impl SimulatedCoinBox {
    /// A box whose change hopper holds `hopper`.
    pub fn with_change(hopper: Yen) -> Self {
        Self(Mutex::new(BoxState { hopper, ..BoxState::default() }))
    }

    /// The same with a memory of its refunds in the file at `journal`, as a real box has one that power does not erase. Of
    /// what was before the file, it knows nothing.
    ///
    /// # Errors
    /// The file cannot be read or made.
    pub fn remembering(self, journal: &Path) -> std::io::Result<Self> {
        let before = match std::fs::read_to_string(journal) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut file = File::options().create(true).append(true).open(journal)?;
        if before.as_ref().is_some_and(|text| !text.is_empty() && !text.ends_with('\n')) {
            file.write_all(b"\n")?;
        }
        let mut state = self.0.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        state.remembers = before.is_some();
        // A line that power cut off says nothing: the one before it stands.
        for (reference, what) in before.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once(' ')) {
            let known = [Payout::Paid, Payout::NotPaid, Payout::Unknown].into_iter().find(|one| word(*one) == what);
            if let (Ok(reference), Some(payout)) = (Id::parse(reference), known) {
                state.payouts.insert(reference, payout);
            }
        }
        state.journal = Some(file);
        Ok(Self(Mutex::new(state)))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, BoxState> {
        // Every method leaves the state sound before it could panic.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// A person drops a coin or note in.
    pub fn insert(&self, coin: Yen) {
        self.state().inserted += coin;
    }

    /// The next call that moves money fails like this.
    pub fn plan_fault(&self, fault: CoinBoxFault) {
        self.state().faults.push_back(fault);
    }

    /// (kept by the city, paid out again as refunds). For reconciling in tests.
    pub fn totals(&self) -> (Yen, Yen) {
        let state = self.state();
        (state.kept, state.paid_out)
    }
}

impl CoinBox for SimulatedCoinBox {
    fn inserted(&self) -> Result<Yen, CoinBoxFault> {
        Ok(self.state().inserted)
    }

    fn can_settle(&self, fee: Yen) -> Result<bool, CoinBoxFault> {
        let state = self.state();
        Ok(state.inserted.0 >= fee.0 && state.hopper.0 >= state.inserted.0 - fee.0)
    }

    fn accept(&self, fee: Yen) -> Result<Yen, CoinBoxFault> {
        let mut state = self.state();
        if let Some(fault) = state.faults.pop_front() {
            return Err(fault);
        }
        let change = state.inserted.0 - fee.0;
        if change < 0 || state.hopper.0 < change {
            return Err(CoinBoxFault::ShortOfChange);
        }
        state.kept += fee;
        state.hopper = Yen(state.hopper.0 - change);
        state.inserted = Yen::ZERO;
        Ok(Yen(change))
    }

    fn give_back(&self) -> Result<Yen, CoinBoxFault> {
        let mut state = self.state();
        if let Some(fault) = state.faults.pop_front() {
            return Err(fault);
        }
        Ok(std::mem::take(&mut state.inserted))
    }

    fn refund(&self, reference: Id, amount: Yen) -> Result<(), CoinBoxFault> {
        let mut state = self.state();
        match state.payouts.get(&reference) {
            Some(Payout::Paid) => return Ok(()),
            Some(Payout::Unknown) => return Err(CoinBoxFault::PowerCut),
            Some(Payout::NotPaid) | None => {}
        }
        state.note(reference, Payout::Unknown)?;
        let fault = state.faults.pop_front();
        match fault {
            Some(CoinBoxFault::PowerCut) => return Err(CoinBoxFault::PowerCut),
            Some(fault @ (CoinBoxFault::Jam | CoinBoxFault::ShortOfChange)) => {
                state.note(reference, Payout::NotPaid)?;
                return Err(fault);
            }
            Some(CoinBoxFault::NoAnswer) | None => {}
        }
        state.kept = Yen(state.kept.0 - amount.0);
        state.paid_out += amount;
        state.note(reference, Payout::Paid)?;
        fault.map_or(Ok(()), Err)
    }

    fn refund_of(&self, reference: Id) -> Result<Payout, CoinBoxFault> {
        let state = self.state();
        let never = if state.remembers { Payout::NotPaid } else { Payout::Unknown };
        Ok(state.payouts.get(&reference).copied().unwrap_or(never))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_kept_and_change_given() {
        let coins = SimulatedCoinBox::with_change(Yen(1000));
        coins.insert(Yen(500));
        assert_eq!(coins.can_settle(Yen(200)), Ok(true));
        assert_eq!(coins.accept(Yen(200)), Ok(Yen(300)));
        assert_eq!(coins.totals(), (Yen(200), Yen::ZERO));
    }

    #[test]
    fn a_box_pays_once_under_a_reference_and_says_what_became_of_it() {
        let coins = SimulatedCoinBox::with_change(Yen(1000));
        let id = |byte| Id::from_bytes([byte; 16]);
        assert_eq!(coins.refund_of(id(1)), Ok(Payout::Unknown), "it has no memory of before");
        assert_eq!((coins.refund(id(1), Yen(200)), coins.refund(id(1), Yen(200))), (Ok(()), Ok(())));
        assert_eq!((coins.totals().1, coins.refund_of(id(1))), (Yen(200), Ok(Payout::Paid)));
        coins.plan_fault(CoinBoxFault::Jam);
        assert_eq!(coins.refund(id(2), Yen(200)), Err(CoinBoxFault::Jam));
        assert_eq!(coins.refund_of(id(2)), Ok(Payout::NotPaid));
        assert_eq!(coins.refund(id(2), Yen(200)), Ok(()), "mended, it pays under the same reference");
        coins.plan_fault(CoinBoxFault::NoAnswer);
        assert_eq!(coins.refund(id(3), Yen(200)), Err(CoinBoxFault::NoAnswer));
        assert_eq!(coins.refund_of(id(3)), Ok(Payout::Paid));
        coins.plan_fault(CoinBoxFault::PowerCut);
        assert_eq!(coins.refund(id(4), Yen(200)), Err(CoinBoxFault::PowerCut));
        assert_eq!(coins.refund_of(id(4)), Ok(Payout::Unknown));
        assert_eq!(coins.refund(id(4), Yen(200)), Err(CoinBoxFault::PowerCut), "it does not try what may be out");
        assert_eq!(coins.totals().1, Yen(600));
    }

    #[test]
    fn what_a_box_paid_out_it_knows_after_the_power_came_back() {
        let place = tempfile::tempdir().unwrap();
        let journal = place.path().join("box");
        let open = || SimulatedCoinBox::with_change(Yen(1000)).remembering(&journal).unwrap();
        let id = |byte| Id::from_bytes([byte; 16]);
        let coins = open();
        assert_eq!(coins.refund_of(id(9)), Ok(Payout::Unknown), "a new memory knows nothing of before");
        coins.refund(id(1), Yen(200)).unwrap();
        coins.plan_fault(CoinBoxFault::PowerCut);
        assert!(coins.refund(id(2), Yen(200)).is_err());
        drop(coins);
        // The power goes in the middle of a line.
        std::fs::OpenOptions::new().append(true).open(&journal).unwrap().write_all(b"0000").unwrap();
        let coins = open();
        let became = [1, 2, 9].map(|byte| coins.refund_of(id(byte)).unwrap());
        assert_eq!(became, [Payout::Paid, Payout::Unknown, Payout::NotPaid]);
        assert_eq!((coins.refund(id(1), Yen(200)), coins.totals().1), (Ok(()), Yen::ZERO), "it is out already");
    }

    #[test]
    fn a_box_without_change_says_so_before_anything_is_kept() {
        let coins = SimulatedCoinBox::with_change(Yen(100));
        coins.insert(Yen(1000));
        assert_eq!(coins.can_settle(Yen(200)), Ok(false));
        assert_eq!(coins.accept(Yen(200)), Err(CoinBoxFault::ShortOfChange));
        assert_eq!(coins.give_back(), Ok(Yen(1000)));
        assert_eq!(coins.totals(), (Yen::ZERO, Yen::ZERO));
    }
}
