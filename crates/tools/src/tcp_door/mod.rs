//! A door for machines that speak over TCP (SIP2, HL7): a thread for each line, and nobody who can fill it.
//!
//! ```text
//!  connect ─► a place free, in all and for this address? ─► talk(Line) ─► the place is given back, also by a panic
//!                                                             │
//!   first message whole within `first` of connecting ─────────┤
//!   any later message whole within `whole` of its first byte ─┤ total times: a byte now and then holds no place
//!   nothing served for `idle` ────────────────────────────────┘
//! ```
//! The protocols here prove nobody's address; limits are no substitute for a closed network.

mod line;
mod places;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

pub use line::{Heard, Line, Over};
use places::{Full, Places};

/// How often a waiting thread looks whether it must stop.
const LOOK: Duration = Duration::from_millis(200);

/// How lines are taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Lines at one time.
    pub most: usize,
    /// Of them, from one address (IPv6: from one /64 network).
    pub most_an_address: usize,
    /// From connecting until the first message was served.
    pub first: Duration,
    /// From the first byte of a later message until its last.
    pub whole: Duration,
    /// Without a message served.
    pub idle: Duration,
    /// For an answer to be taken, all of it.
    pub answer: Duration,
}

/// The open door; closed when dropped.
pub struct TcpDoor {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    places: Arc<Places>,
    lines: Arc<Mutex<Vec<JoinHandle<()>>>>,
    accepting: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for TcpDoor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "TcpDoor({})", self.address)
    }
}

impl TcpDoor {
    /// Opens it at `address`; `talk` has each line until it ends. `name` is the door's in threads and logs.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn open<F>(address: &str, name: &'static str, limits: Limits, talk: F) -> io::Result<Self>
    where
        F: Fn(Line) + Send + Sync + 'static,
    {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let places = Places::new(limits.most, limits.most_an_address);
        let lines = Arc::new(Mutex::new(Vec::new()));
        let taking = Taking {
            name,
            limits,
            talk: Arc::new(talk),
            stopping: stopping.clone(),
            places: places.clone(),
            lines: lines.clone(),
            looking: Arc::default(),
        };
        let accepting = std::thread::Builder::new().name(name.to_owned()).spawn(move || taking.run(&listener))?;
        Ok(Self { address, stopping, places, lines, accepting: Some(accepting) })
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many lines there are now.
    pub fn lines(&self) -> usize {
        self.places.taken()
    }
}

impl Drop for TcpDoor {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for somebody.
        let _ = TcpStream::connect_timeout(&self.address, LOOK);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for line in self.lines.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = line.join();
        }
    }
}

/// What the accepting thread holds.
struct Taking<F> {
    name: &'static str,
    limits: Limits,
    talk: Arc<F>,
    stopping: Arc<AtomicBool>,
    places: Arc<Places>,
    lines: Arc<Mutex<Vec<JoinHandle<()>>>>,
    looking: Arc<AtomicBool>,
}

impl<F: Fn(Line) + Send + Sync + 'static> Taking<F> {
    fn run(&self, listener: &TcpListener) {
        let mut told: Option<Full> = None;
        for stream in listener.incoming() {
            if self.stopping.load(Ordering::SeqCst) {
                return;
            }
            let Ok(stream) = stream else {
                // Out of descriptors, most likely: no busy loop.
                std::thread::sleep(LOOK);
                continue;
            };
            let Ok(peer) = stream.peer_addr() else { continue };
            let place = match self.places.take(peer.ip()) {
                Ok(place) => place,
                Err(full) => {
                    // Once until somebody comes in again: whoever knocks without end writes no log.
                    if told != Some(full) {
                        tracing::warn!(door = self.name, why = %full, "a machine was turned away");
                        told = Some(full);
                    }
                    continue;
                }
            };
            told = None;
            let Ok(line) = Line::new(stream, self.limits, self.stopping.clone(), self.looking.clone()) else {
                continue;
            };
            let talk = self.talk.clone();
            let spawned = std::thread::Builder::new().name(format!("{}-line", self.name)).spawn(move || {
                // Given back when this thread ends, however it does.
                let _place = place;
                talk(line);
            });
            match spawned {
                Ok(thread) => {
                    let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
                    lines.retain(|line: &JoinHandle<()>| !line.is_finished());
                    lines.push(thread);
                }
                Err(error) => tracing::error!(door = self.name, %error, "no thread for a machine"),
            }
        }
    }
}
