//! HL7 over TCP (MLLP), both ways. Inside only: the protocol proves nobody, so the listener's address belongs into a network
//! that only the hospital reaches.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use hl7::mllp::{Frames, wrap};
use tools::tcp_door::{Heard, Limits, Line, TcpDoor};

/// How long the hospital may take for an answer.
const ANSWER_SECONDS: u64 = 10;
/// How connections are taken: a hospital's systems are few, often behind one address, and may be quiet for long once they spoke.
pub const LIMITS: Limits = Limits {
    most: 16,
    most_an_address: 8,
    first: Duration::from_secs(60),
    whole: Duration::from_secs(60),
    idle: Duration::from_secs(300),
    answer: Duration::from_secs(ANSWER_SECONDS),
};

/// Sends messages to a hospital, one connection each.
#[derive(Clone, Debug)]
pub struct Client {
    address: String,
    wait: Duration,
}

impl Client {
    /// For `host:port`.
    pub fn new(address: &str) -> Self {
        Self { address: address.to_owned(), wait: Duration::from_secs(ANSWER_SECONDS) }
    }

    /// Sends one message and waits for what comes back.
    ///
    /// # Errors
    /// No connection, no answer in time, or one that never ends. The hospital may have taken the message all the same.
    pub fn ask(&self, message: &[u8]) -> io::Result<Vec<u8>> {
        let nobody = || io::Error::new(io::ErrorKind::NotFound, "the address leads nowhere");
        let address = self.address.to_socket_addrs()?.next().ok_or_else(nobody)?;
        let mut stream = TcpStream::connect_timeout(&address, self.wait)?;
        stream.set_read_timeout(Some(self.wait))?;
        stream.set_write_timeout(Some(self.wait))?;
        stream.write_all(&wrap(message))?;
        let until = Instant::now() + self.wait;
        let mut frames = Frames::default();
        let mut bytes = [0; 4096];
        loop {
            let count = stream.read(&mut bytes)?;
            if count == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            frames.push(&bytes[..count]);
            if let Some(answer) = frames.next_message().map_err(|error| io::Error::other(error.to_string()))? {
                return Ok(answer);
            }
            if Instant::now() > until {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }
}

/// Answers one message; [`None`]: it cannot be answered, the connection ends.
pub type Answering = Arc<dyn Fn(&[u8]) -> Option<Vec<u8>> + Send + Sync>;

/// Takes messages until it is dropped.
#[derive(Debug)]
pub struct Listener(TcpDoor);

impl Listener {
    /// Listens at `address`, within [`LIMITS`].
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn start(address: &str, answering: Answering) -> io::Result<Self> {
        Self::start_within(LIMITS, address, answering)
    }

    /// Listens at `address`, within other limits.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn start_within(limits: Limits, address: &str, answering: Answering) -> io::Result<Self> {
        let door = TcpDoor::open(address, "hospital-listener", limits, move |line| {
            // A broken connection is its sender's matter: what was not answered comes again.
            let _ = talk(line, &answering);
        })?;
        Ok(Self(door))
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// Connections now.
    pub fn connections(&self) -> usize {
        self.0.lines()
    }
}

fn talk(mut line: Line, answering: &Answering) -> io::Result<()> {
    let mut frames = Frames::default();
    let mut bytes = [0; 16_384];
    while let Heard::Bytes(count) = line.hear(&mut bytes, frames.is_amid())? {
        frames.push(&bytes[..count]);
        // A message longer than it may be ends the connection: nothing after it can be trusted.
        while let Some(message) = frames.next_message().map_err(|error| io::Error::other(error.to_string()))? {
            let Some(answer) = answering(&message) else { return Ok(()) };
            line.say(&wrap(&answer))?;
            line.served();
        }
    }
    Ok(())
}
