//! What a terminal holds for cards with the city's application, and the tap without PIN.
//!
//! A terminal's keys are derived from its name on cards, which is derived from its id: a stolen one is refused by that name and
//! its keys serve no other. For a terminal that is pages in a browser they are made where it is served and not written anywhere;
//! a card agent is given its own sealed to it ([`super::handing_out`]).

use base::{Id, Random};
use card::Card;
use card::city_application::{GroupKeys, KeySet, TerminalKey, TerminalName, read_number};

use super::{Fault, Refusal, key_store};
use crate::credentials::Token;
use crate::zone::Inside;

/// The name on cards of a terminal.
pub fn name_of(terminal: Id) -> TerminalName {
    TerminalName::of(&terminal.to_string())
}

/// The keys with which one terminal finds out which card lies there: every version in use, newest first.
#[derive(Clone, Debug)]
pub struct TerminalKeys(Vec<TerminalKey>);

impl TerminalKeys {
    /// Of the keys in use, for this terminal; [`Refusal::NoKeys`] before the ceremony.
    ///
    /// # Errors
    /// The database or the key store.
    pub fn of(city: &Inside, terminal: Id) -> Result<Self, Fault> {
        let vault = city.vault.clone();
        let keys = city.store.read::<_, Fault, _>(move |tx| key_store::open(tx, &vault))?;
        Self::derive(&keys, terminal)
    }

    fn derive(keys: &GroupKeys, terminal: Id) -> Result<Self, Fault> {
        let set = KeySet::Inventory;
        let versions = (1..=keys.newest(set)).rev().filter(|version| keys.has(set, *version));
        let derived = versions.map(|version| keys.for_terminal(set, version, name_of(terminal)));
        derived.collect::<Result<_, _>>().map(Self).map_err(|_| Refusal::Unreadable.into())
    }
}

/// The number of the card that lies there: terminal and card prove themselves to each other first, and it comes through the
/// channel. Four commands; six when the card still holds an older key.
///
/// # Errors
/// Why not.
pub fn read_at_terminal(card: &mut dyn Card, keys: &TerminalKeys, random: &dyn Random) -> Result<Token, Refusal> {
    if keys.0.is_empty() {
        return Err(Refusal::NoKeys);
    }
    Ok(Token::CityApplication(read_number(&mut &mut *card, &keys.0, random)?.0))
}
