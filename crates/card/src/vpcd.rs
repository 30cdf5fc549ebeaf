//! Lends a virtual card to a real `pcscd` through the driver of Debian's package `vsmartcard-vpcd`.
//!
//! ```text
//!   pcscd ─ libifdvpcd.so (listens, 35963 by default) ◀── TCP ── VpcdLink ── VirtualCard
//!   frame: length, two bytes big-endian, then that many bytes
//!   one byte: 00 power off · 01 power on · 02 reset (no answer) · 04 send the ATR; anything longer: a command APDU
//! ```

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream, ToSocketAddrs};

use crate::virtual_card::VirtualCard;
use crate::virtual_card::machine::ATR;

/// Why the link could not be made or broke.
#[derive(Debug, thiserror::Error)]
pub enum VpcdError {
    /// Nobody listens there.
    #[error("no vpcd listens at {address}: start pcscd with the package vsmartcard-vpcd installed ({source})")]
    NotListening {
        /// Where it was looked for.
        address: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// The connection broke in the middle of a frame.
    #[error("the link to vpcd broke: {0}")]
    Broken(#[from] io::Error),
}

/// A connection that stands for a card in the slot of a reader. The card is "out" as soon as it is dropped.
#[derive(Debug)]
pub struct VpcdLink {
    stream: TcpStream,
}

/// Takes the card out, from another thread.
#[derive(Debug)]
pub struct TakeOut(TcpStream);

impl TakeOut {
    /// Ends [`VpcdLink::serve`].
    pub fn take_out(&self) {
        // A link that is already gone is what was wanted.
        let _ = self.0.shutdown(Shutdown::Both);
    }
}

impl VpcdLink {
    /// Connects to the reader slot at `address`, as `HOST:PORT`.
    ///
    /// # Errors
    /// [`VpcdError::NotListening`].
    pub fn connect(address: &str) -> Result<Self, VpcdError> {
        let connect = || {
            let resolved = address.to_socket_addrs()?.next();
            TcpStream::connect(resolved.ok_or_else(|| io::Error::from(io::ErrorKind::AddrNotAvailable))?)
        };
        let stream = connect().map_err(|source| VpcdError::NotListening { address: address.to_owned(), source })?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// A handle that ends [`Self::serve`].
    ///
    /// # Errors
    /// [`VpcdError::Broken`] when the socket cannot be shared.
    pub fn handle(&self) -> Result<TakeOut, VpcdError> {
        Ok(TakeOut(self.stream.try_clone()?))
    }

    /// Answers for `card` until the reader closes the link or [`TakeOut::take_out`] is called; the card is then without
    /// power.
    ///
    /// # Errors
    /// [`VpcdError::Broken`] when the link breaks inside a frame.
    pub fn serve(mut self, card: &mut VirtualCard) -> Result<(), VpcdError> {
        let served = self.answer_all(card);
        card.power_off();
        served
    }

    fn answer_all(&mut self, card: &mut VirtualCard) -> Result<(), VpcdError> {
        while let Some(frame) = self.receive()? {
            match frame.as_slice() {
                [0x00] => card.power_off(),
                [0x01] => card.power_on(),
                [0x02] => card.warm_reset(),
                [0x04] => self.send(&ATR)?,
                [] | [_] => {} // no control byte we know, and none that waits for an answer
                command => {
                    let answer = card.transmit(command);
                    self.send(&answer)?;
                }
            }
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<Option<Vec<u8>>, VpcdError> {
        let mut length = [0; 2];
        self.quick_acknowledgement();
        match self.stream.read_exact(&mut length) {
            Ok(()) => {}
            // Between frames an end is an end, however it comes about.
            Err(error) if is_end(&error) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        let mut frame = vec![0; usize::from(u16::from_be_bytes(length))];
        self.quick_acknowledgement();
        self.stream.read_exact(&mut frame)?;
        Ok(Some(frame))
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), VpcdError> {
        let mut frame = (bytes.len() as u16).to_be_bytes().to_vec();
        frame.extend_from_slice(bytes);
        Ok(self.stream.write_all(&frame)?)
    }

    /// vpcd writes length and body apart, with Nagle's algorithm on: its body waits for our acknowledgement of the
    /// length, which the kernel delays by 40 ms unless told otherwise before *each* read. 58 ms an APDU become 1.
    fn quick_acknowledgement(&self) {
        #[cfg(target_os = "linux")]
        {
            use std::os::linux::net::TcpStreamExt;
            // Only speed is lost when it fails.
            let _ = self.stream.set_quickack(true);
        }
    }
}

fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | ConnectionReset | ConnectionAborted | BrokenPipe | NotConnected)
}
