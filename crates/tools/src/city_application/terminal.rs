//! What a terminal holds for cards with the city's application, and the tap without PIN.
//!
//! A terminal's keys are derived from its name on cards, which is derived from its id: a stolen one is refused by that name and
//! its keys serve no other. They are made where the terminal is served and not written anywhere; a terminal with a program of
//! its own would be given them sealed to it, which no such program asks for yet.

use aws_lc_rs::digest;
use base::{Id, Random};
use card::Card;
use card::city_application::{CitySession, GroupKeys, KeySet, TerminalKey, TerminalName};

use super::{Fault, Refusal, key_store};
use crate::credentials::Token;
use crate::zone::Inside;

/// The name on cards of a terminal.
pub fn name_of(terminal: Id) -> TerminalName {
    let hash = digest::digest(&digest::SHA256, format!("yakuba terminal 1 {terminal}").as_bytes());
    let mut name = [0; 8];
    name.copy_from_slice(&hash.as_ref()[..8]);
    TerminalName(name)
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
    let mut refusal = Refusal::NoKeys;
    for key in &keys.0 {
        match CitySession::open(&mut *card, key, random) {
            Ok(mut session) => return Ok(Token::CityApplication(session.number()?.0)),
            Err(error) => refusal = error.into(),
        }
        if refusal != Refusal::KeyVersion {
            break;
        }
    }
    Err(refusal)
}
