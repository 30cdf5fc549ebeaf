//! Secure messaging, both ends.
//!
//! ```text
//!  context  = R(terminal) ‖ R(card) ‖ terminal's name ‖ set ‖ version
//!  S-ENC, S-MAC, S-RMAC = KDF(K(terminal), "enc" | "mac" | "rmac", context)
//!  command  84 INS P1 P2 Lc  [ AES-CTR(S-ENC, data) ‖ first 8 bytes of CMAC(S-MAC,  00 ‖ counter ‖ 84 INS P1 P2 ‖ ciphertext) ]
//!  answer                    [ AES-CTR(S-ENC, data) ‖ first 8 bytes of CMAC(S-RMAC, 01 ‖ counter ‖ SW ‖ ciphertext) ] SW
//!  counter  4 bytes, big-endian, 1 for the first command; the answer carries its command's. CTR starts at
//!           direction ‖ 7 × 00 ‖ counter ‖ 4 × 00
//! ```
//! A code that is wrong ends the channel.

use aws_lc_rs::cipher::{AES_128, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::iv::FixedLength;

use super::keys::{Key, TerminalName, UnusableKey};
use super::layout::KeySet;
use crate::apdu::StatusWord;

/// Bytes of a code on each message.
pub const CODE: usize = 8;
/// Plain bytes a command may carry: 255 less the code.
pub const MOST_DATA: usize = 255 - CODE;
/// Plain bytes an answer may carry.
pub const MOST_ANSWER: usize = 256 - CODE;

/// The keys of one channel and how far it is. Wiped when dropped.
pub(crate) struct Channel {
    enc: Key,
    mac: Key,
    rmac: Key,
    counter: u32,
}

/// What both ends know after INITIALIZE.
pub(crate) struct Handshake {
    pub(crate) terminal: [u8; 16],
    pub(crate) card: [u8; 16],
    pub(crate) name: TerminalName,
    pub(crate) set: KeySet,
    pub(crate) version: u8,
}

/// Who speaks.
#[derive(Clone, Copy)]
enum Direction {
    Command = 0,
    Answer = 1,
}

impl Handshake {
    /// Keys of the channel, the card's proof and the terminal's.
    pub(crate) fn channel(&self, key: &Key) -> Result<(Channel, [u8; 16], [u8; 16]), UnusableKey> {
        let about = [self.set as u8, self.version];
        let context: [&[u8]; 4] = [&self.terminal, &self.card, &self.name.0, &about];
        let derive = |label: &[u8]| key.derive(label, &context);
        let channel = Channel { enc: derive(b"enc")?, mac: derive(b"mac")?, rmac: derive(b"rmac")?, counter: 0 };
        let of_card = channel.mac.code(&[&[0x01], &context.concat()[..]].concat())?;
        let of_terminal = channel.mac.code(&[&[0x02], &context.concat()[..]].concat())?;
        Ok((channel, of_card, of_terminal))
    }
}

impl Channel {
    /// The next command's protected data. The terminal's end.
    pub(crate) fn protect(&mut self, header: [u8; 4], data: &[u8]) -> Result<Vec<u8>, UnusableKey> {
        self.counter = self.counter.checked_add(1).ok_or(UnusableKey)?;
        let mut sealed = data.to_vec();
        self.crypt(Direction::Command, &mut sealed)?;
        let code = self.code(&self.mac, Direction::Command, &header, &sealed)?;
        sealed.extend_from_slice(&code);
        Ok(sealed)
    }

    /// What a command carries; [`None`] when its code is wrong. The card's end.
    pub(crate) fn accept(&mut self, header: [u8; 4], data: &[u8]) -> Result<Option<Vec<u8>>, UnusableKey> {
        self.counter = self.counter.checked_add(1).ok_or(UnusableKey)?;
        self.open(&self.mac, Direction::Command, &header, data)
    }

    /// An answer's protected data. The card's end.
    pub(crate) fn answer(&self, status: StatusWord, data: &[u8]) -> Result<Vec<u8>, UnusableKey> {
        let mut sealed = data.to_vec();
        self.crypt(Direction::Answer, &mut sealed)?;
        let code = self.code(&self.rmac, Direction::Answer, &status.0.to_be_bytes(), &sealed)?;
        sealed.extend_from_slice(&code);
        Ok(sealed)
    }

    /// What an answer carries; [`None`] when its code is wrong. The terminal's end.
    pub(crate) fn hear(&self, status: StatusWord, data: &[u8]) -> Result<Option<Vec<u8>>, UnusableKey> {
        self.open(&self.rmac, Direction::Answer, &status.0.to_be_bytes(), data)
    }

    fn open(&self, key: &Key, direction: Direction, about: &[u8], data: &[u8]) -> Result<Option<Vec<u8>>, UnusableKey> {
        let Some((sealed, said)) = data.split_last_chunk::<CODE>() else { return Ok(None) };
        let counted = self.code(key, direction, about, sealed)?;
        if verify_slices_are_equal(&counted, said).is_err() {
            return Ok(None);
        }
        let mut plain = sealed.to_vec();
        self.crypt(direction, &mut plain)?;
        Ok(Some(plain))
    }

    fn code(&self, key: &Key, direction: Direction, about: &[u8], sealed: &[u8]) -> Result<[u8; CODE], UnusableKey> {
        let input = [&[direction as u8], &self.counter.to_be_bytes()[..], about, sealed].concat();
        let [code @ .., _, _, _, _, _, _, _, _] = key.code(&input)?;
        Ok(code)
    }

    /// CTR is its own inverse.
    fn crypt(&self, direction: Direction, bytes: &mut [u8]) -> Result<(), UnusableKey> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut block = [0; 16];
        block[0] = direction as u8;
        block[8..12].copy_from_slice(&self.counter.to_be_bytes());
        let key = UnboundCipherKey::new(&AES_128, self.enc.bytes()).map_err(|_| UnusableKey)?;
        let key = EncryptingKey::ctr(key).map_err(|_| UnusableKey)?;
        let start = EncryptionContext::Iv128(FixedLength::from(block));
        key.less_safe_encrypt(bytes, start).map(drop).map_err(|_| UnusableKey)
    }
}
