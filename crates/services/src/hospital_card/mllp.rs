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

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    /// Says back what it heard; panics when asked to.
    fn open(change: impl FnOnce(&mut Limits)) -> Listener {
        let mut limits = LIMITS;
        change(&mut limits);
        let answering: Answering = Arc::new(|message| {
            assert_ne!(message, b"panic", "asked to");
            Some(message.to_vec())
        });
        Listener::start_within(limits, "127.0.0.1:0", answering).unwrap()
    }

    fn come(listener: &Listener) -> TcpStream {
        let stream = TcpStream::connect(listener.address()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream
    }

    fn is_closed(stream: &mut TcpStream) -> bool {
        match stream.read(&mut [0]) {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        }
    }

    fn until_empty(listener: &Listener) {
        while listener.connections() > 0 {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn answers(stream: &mut TcpStream, message: &[u8]) -> bool {
        let mut heard = vec![0; message.len() + 3];
        stream.write_all(&wrap(message)).is_ok() && stream.read_exact(&mut heard).is_ok() && heard == wrap(message)
    }

    #[test]
    fn silence_and_a_message_without_end_hold_no_place() {
        let short = Duration::from_millis(400);
        let listener = open(|limits| (limits.most, limits.first, limits.whole) = (1, short, short));
        assert!(is_closed(&mut come(&listener)), "nothing was said");
        until_empty(&listener);
        // Noise between messages is no message.
        let mut noisy = come(&listener);
        while noisy.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
        until_empty(&listener);
        // Heard once, a connection may be quiet, but a message begun must end.
        let mut slow = come(&listener);
        assert!(answers(&mut slow, b"one"));
        std::thread::sleep(short * 2);
        assert!(answers(&mut slow, b"two"));
        slow.write_all(b"\x0B").unwrap();
        while slow.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
        until_empty(&listener);
        assert!(answers(&mut come(&listener), b"three"));
    }

    #[test]
    fn one_address_leaves_places_and_a_panic_gives_its_own_back() {
        let listener = open(|limits| limits.most_an_address = 1);
        let mut first = come(&listener);
        assert!(answers(&mut first, b"one"));
        assert!(is_closed(&mut come(&listener)));
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        let own: SocketAddr = "127.0.0.2:0".parse().unwrap();
        socket.bind(&own.into()).unwrap();
        socket.connect(&listener.address().into()).unwrap();
        let mut other: TcpStream = socket.into();
        assert!(answers(&mut other, b"two"));
        first.write_all(&wrap(b"panic")).unwrap();
        assert!(is_closed(&mut first));
        drop(other);
        until_empty(&listener);
        assert!(answers(&mut come(&listener), b"three"));
    }

    #[test]
    fn a_long_message_in_single_bytes_is_answered() {
        let listener = open(|_| {});
        let mut stream = come(&listener);
        let message = vec![b'9'; 100_000];
        for byte in wrap(&message) {
            stream.write_all(&[byte]).unwrap();
        }
        let mut heard = vec![0; message.len() + 3];
        stream.read_exact(&mut heard).unwrap();
        assert_eq!(heard, wrap(&message));
    }
}
