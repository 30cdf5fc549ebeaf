//! The coin box (現金収納機) of a certificate machine.
//!
//! A real box is wired to the machine; what the service needs of it is this small trait. [`SimulatedCoinBox`] stands in
//! for it in the demo and in tests, says so, and can be made to fail in every way a real box does.

use std::collections::VecDeque;
use std::sync::Mutex;

use base::Yen;

/// Something happened at the box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoinBoxFault {
    /// Coins or notes are stuck.
    Jam,
    /// The change hopper cannot give the change due.
    ShortOfChange,
    /// Power was lost; what is inside is not known until it is counted.
    PowerCut,
}

impl std::fmt::Display for CoinBoxFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Jam => "coins are stuck in the box",
            Self::ShortOfChange => "the box cannot give change",
            Self::PowerCut => "the box lost power",
        })
    }
}

impl std::error::Error for CoinBoxFault {}

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
    /// A fault of the box; then nothing was kept.
    fn accept(&self, fee: Yen) -> Result<Yen, CoinBoxFault>;

    /// Gives back everything inserted and not yet accepted. Returns how much.
    ///
    /// # Errors
    /// A fault of the box; the amount stays owed to the person.
    fn give_back(&self) -> Result<Yen, CoinBoxFault>;

    /// Pays `amount` out of what was accepted before: a refund (払戻し).
    ///
    /// # Errors
    /// A fault of the box; the amount stays owed to the person.
    fn refund(&self, amount: Yen) -> Result<(), CoinBoxFault>;
}

#[derive(Default)]
struct BoxState {
    inserted: Yen,
    kept: Yen,
    paid_out: Yen,
    hopper: Yen,
    faults: VecDeque<CoinBoxFault>,
}

/// A simulated box for the demo and tests.
pub struct SimulatedCoinBox(Mutex<BoxState>);

impl SimulatedCoinBox {
    /// A box whose change hopper holds `hopper`.
    pub fn with_change(hopper: Yen) -> Self {
        Self(Mutex::new(BoxState { hopper, ..BoxState::default() }))
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

    fn refund(&self, amount: Yen) -> Result<(), CoinBoxFault> {
        let mut state = self.state();
        if let Some(fault) = state.faults.pop_front() {
            return Err(fault);
        }
        state.kept = Yen(state.kept.0 - amount.0);
        state.paid_out += amount;
        Ok(())
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
    fn a_box_without_change_says_so_before_anything_is_kept() {
        let coins = SimulatedCoinBox::with_change(Yen(100));
        coins.insert(Yen(1000));
        assert_eq!(coins.can_settle(Yen(200)), Ok(false));
        assert_eq!(coins.accept(Yen(200)), Err(CoinBoxFault::ShortOfChange));
        assert_eq!(coins.give_back(), Ok(Yen(1000)));
        assert_eq!(coins.totals(), (Yen::ZERO, Yen::ZERO));
    }
}
