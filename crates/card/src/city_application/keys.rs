//! Keys, and how one is made of another: NIST SP 800-108 in counter mode over AES-128-CMAC, one block.
//!
//! No key can be printed, compared or written; a key leaves only wrapped (AES key wrap, RFC 3394) for one card.

use std::collections::BTreeMap;

use aws_lc_rs::cmac;
use aws_lc_rs::digest;
use aws_lc_rs::key_wrap::{AES_128, AesKek, KeyWrap};
use base::Random;
use zeroize::Zeroizing;

use super::layout::KeySet;

/// Bytes of a wrapped key.
pub const WRAPPED: usize = 24;

/// A key of AES-128. Wiped when dropped.
#[derive(Clone)]
pub(crate) struct Key(Zeroizing<[u8; 16]>);

/// A key could not be used: the library refused it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key cannot be used")]
pub struct UnusableKey;

/// What a terminal is called on cards. Given by the city, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TerminalName(pub [u8; 8]);

impl TerminalName {
    /// Of the terminal with this id: the first 8 bytes of SHA-256 of `yakuba terminal 1 ` and the id.
    pub fn of(id: &str) -> Self {
        let hash = digest::digest(&digest::SHA256, format!("yakuba terminal 1 {id}").as_bytes());
        let mut name = [0; 8];
        name.copy_from_slice(&hash.as_ref()[..8]);
        Self(name)
    }
}

/// The number of an application on one card; random, and no number of the person. Comes out only inside a channel.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardNumber(pub [u8; 16]);

impl std::fmt::Debug for CardNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardNumber(…)")
    }
}

impl Key {
    pub(crate) fn new(bytes: [u8; 16]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn random(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; 16]);
        random.fill(&mut bytes[..]);
        Self(bytes)
    }

    /// A key of `label` and `context`.
    pub(crate) fn derive(&self, label: &[u8], context: &[&[u8]]) -> Result<Self, UnusableKey> {
        let mut input = vec![0x01];
        input.extend_from_slice(label);
        input.push(0x00);
        context.iter().for_each(|part| input.extend_from_slice(part));
        input.extend([0x00, 0x80]);
        Ok(Self::new(self.code(&input)?))
    }

    /// AES-CMAC over `bytes`.
    pub(crate) fn code(&self, bytes: &[u8]) -> Result<[u8; 16], UnusableKey> {
        let key = cmac::Key::new(cmac::AES_128, &self.0[..]).map_err(|_| UnusableKey)?;
        let tag = cmac::sign(&key, bytes).map_err(|_| UnusableKey)?;
        tag.as_ref().try_into().map_err(|_| UnusableKey)
    }

    pub(crate) fn bytes(&self) -> &[u8; 16] {
        &self.0
    }

    pub(crate) fn wrap(&self, key: &Self) -> Result<[u8; WRAPPED], UnusableKey> {
        let around = AesKek::new(&AES_128, &self.0[..]).map_err(|_| UnusableKey)?;
        let mut out = [0; WRAPPED];
        let wrapped = around.wrap(&key.0[..], &mut out).map_err(|_| UnusableKey)?;
        if wrapped.len() == WRAPPED { Ok(out) } else { Err(UnusableKey) }
    }

    pub(crate) fn unwrap_key(&self, wrapped: &[u8]) -> Option<Self> {
        let around = AesKek::new(&AES_128, &self.0[..]).ok()?;
        let mut out = Zeroizing::new([0; WRAPPED]);
        let key = around.unwrap(wrapped, &mut out[..]).ok()?;
        <[u8; 16]>::try_from(&*key).ok().map(Self::new)
    }
}

/// The key of one terminal for one key set: all it ever holds.
#[derive(Clone)]
pub struct TerminalKey {
    pub(crate) set: KeySet,
    pub(crate) version: u8,
    pub(crate) name: TerminalName,
    pub(crate) key: Key,
}

impl std::fmt::Debug for TerminalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TerminalKey({:?}, version {})", self.set, self.version)
    }
}

impl TerminalKey {
    /// Its bytes, for sealing to the terminal that uses it and for nothing else.
    pub fn bytes(&self) -> Zeroizing<[u8; 16]> {
        Zeroizing::new(*self.key.bytes())
    }

    /// As the terminal opened it.
    pub fn from_bytes(set: KeySet, version: u8, name: TerminalName, key: &Zeroizing<[u8; 16]>) -> Self {
        Self { set, version, name, key: Key::new(**key) }
    }

    /// Of which set.
    pub const fn set(&self) -> KeySet {
        self.set
    }

    /// Its version.
    pub const fn version(&self) -> u8 {
        self.version
    }
}

/// The city's keys: one of each set and version, from which every other is made. Lives in the key store.
#[derive(Clone)]
pub struct GroupKeys {
    keys: BTreeMap<(KeySet, u8), Key>,
}

impl std::fmt::Debug for GroupKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "GroupKeys({} keys)", self.keys.len())
    }
}

/// Shares of a ceremony that do not make the keys they were taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CeremonyFault {
    /// Fewer than two people.
    #[error("a ceremony needs at least two people")]
    TooFew,
    /// Two shares are one and the same.
    #[error("two shares are the same: one person cannot stand for two")]
    Same,
}

impl GroupKeys {
    /// The key ceremony: everybody present brings a random share, and no share alone says anything of the keys.
    ///
    /// # Errors
    /// [`CeremonyFault`], or a key that cannot be used.
    pub fn from_shares(shares: &[Zeroizing<[u8; 16]>]) -> Result<Self, CeremonyFault> {
        if shares.len() < 2 {
            return Err(CeremonyFault::TooFew);
        }
        if shares.iter().enumerate().any(|(at, share)| shares[..at].contains(share)) {
            return Err(CeremonyFault::Same);
        }
        let mut root = Zeroizing::new([0; 16]);
        for share in shares {
            root.iter_mut().zip(share.iter()).for_each(|(byte, of_share)| *byte ^= of_share);
        }
        let root = Key::new(*root);
        let first = |set: KeySet| root.derive(b"set", &[&[set as u8, 1]]).ok().map(|key| ((set, 1), key));
        Ok(Self { keys: KeySet::ALL.into_iter().filter_map(first).collect() })
    }

    /// A key of the next version of a set. Cards take it one by one; the old one serves until then.
    pub fn renew(&mut self, set: KeySet, random: &dyn Random) -> u8 {
        let version = self.newest(set).saturating_add(1);
        self.keys.insert((set, version), Key::random(random));
        version
    }

    /// Every key with its bytes, for the city's key store alone: seal them before they are written anywhere.
    pub fn parts(&self) -> Vec<(KeySet, u8, Zeroizing<[u8; 16]>)> {
        self.keys.iter().map(|((set, version), key)| (*set, *version, Zeroizing::new(*key.bytes()))).collect()
    }

    /// From what the key store kept.
    pub fn from_parts(parts: &[(KeySet, u8, Zeroizing<[u8; 16]>)]) -> Self {
        Self { keys: parts.iter().map(|(set, version, key)| ((*set, *version), Key::new(**key))).collect() }
    }

    /// Whether this version of a set is there.
    pub fn has(&self, set: KeySet, version: u8) -> bool {
        self.keys.contains_key(&(set, version))
    }

    /// The newest version of a set.
    pub fn newest(&self, set: KeySet) -> u8 {
        self.keys.keys().filter(|(of, _)| *of == set).map(|(_, version)| *version).max().unwrap_or(0)
    }

    /// What a terminal is given for a shared set.
    ///
    /// # Errors
    /// No such version; [`KeySet::Management`], which is made for one card: [`Self::for_card`].
    pub fn for_terminal(&self, set: KeySet, version: u8, name: TerminalName) -> Result<TerminalKey, UnusableKey> {
        let group = self.keys.get(&(set, version)).filter(|_| set.is_shared()).ok_or(UnusableKey)?;
        Ok(TerminalKey { set, version, name, key: group.derive(b"terminal", &[&name.0])? })
    }

    /// What the loading system uses for one card.
    ///
    /// # Errors
    /// As [`Self::for_terminal`].
    pub fn for_card(&self, version: u8, card: CardNumber, name: TerminalName) -> Result<TerminalKey, UnusableKey> {
        let own = self.of_card(version, card)?;
        Ok(TerminalKey { set: KeySet::Management, version, name, key: own.derive(b"terminal", &[&name.0])? })
    }

    /// A group key, wrapped for one card: the only form in which one leaves.
    ///
    /// # Errors
    /// As [`Self::for_terminal`].
    pub fn wrapped(&self, set: KeySet, version: u8, card: CardNumber) -> Result<[u8; WRAPPED], UnusableKey> {
        let around = self.of_card(1, card)?.derive(b"wrap", &[&card.0])?;
        match set {
            KeySet::Management => around.wrap(&self.of_card(version, card)?),
            shared => around.wrap(self.keys.get(&(shared, version)).ok_or(UnusableKey)?),
        }
    }

    /// The management key of one card.
    pub(crate) fn of_card(&self, version: u8, card: CardNumber) -> Result<Key, UnusableKey> {
        self.keys.get(&(KeySet::Management, version)).ok_or(UnusableKey)?.derive(b"card", &[&card.0])
    }

    pub(crate) fn shared(&self, set: KeySet, version: u8) -> Result<Key, UnusableKey> {
        self.keys.get(&(set, version)).filter(|_| set.is_shared()).cloned().ok_or(UnusableKey)
    }
}
