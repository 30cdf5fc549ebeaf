//! HL7 over TCP (MLLP), both ways. Inside only: the protocol proves nobody, so the listener's address belongs into a network
//! that only the hospital reaches.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use hl7::mllp::{Frames, wrap};

/// How long the hospital may take for an answer.
const ANSWER_SECONDS: u64 = 10;
/// How long a connection may say nothing.
const IDLE_SECONDS: u64 = 300;
/// Connections at once.
const MOST_CONNECTIONS: usize = 16;
/// How often a waiting thread looks whether it should stop.
const LOOK: Duration = Duration::from_millis(200);

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
pub struct Listener {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    threads: Arc<Mutex<Vec<JoinHandle<()>>>>,
    accepting: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listener({})", self.address)
    }
}

impl Listener {
    /// Listens at `address`.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn start(address: &str, answering: Answering) -> io::Result<Self> {
        let socket = TcpListener::bind(address)?;
        let address = socket.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let threads = Arc::new(Mutex::new(Vec::new()));
        let (seen, kept) = (stopping.clone(), threads.clone());
        let accepting = std::thread::Builder::new().name("hospital-listener".into()).spawn(move || {
            let busy = Arc::new(AtomicUsize::new(0));
            for stream in socket.incoming() {
                if seen.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                if busy.load(Ordering::SeqCst) >= MOST_CONNECTIONS {
                    continue;
                }
                busy.fetch_add(1, Ordering::SeqCst);
                let (answering, seen, count) = (answering.clone(), seen.clone(), busy.clone());
                let spawned = std::thread::Builder::new().name("hospital-messages".into()).spawn(move || {
                    // A broken connection is its sender's matter: what was not answered comes again.
                    let _ = talk(stream, &answering, &seen);
                    count.fetch_sub(1, Ordering::SeqCst);
                });
                match spawned {
                    Ok(thread) => {
                        let mut threads = kept.lock().unwrap_or_else(PoisonError::into_inner);
                        threads.retain(|thread: &JoinHandle<()>| !thread.is_finished());
                        threads.push(thread);
                    }
                    Err(_) => {
                        busy.fetch_sub(1, Ordering::SeqCst);
                    }
                }
            }
        })?;
        Ok(Self { address, stopping, threads, accepting: Some(accepting) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes it.
        let _ = TcpStream::connect(self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
        for thread in self.threads.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            let _ = thread.join();
        }
    }
}

fn talk(mut stream: TcpStream, answering: &Answering, stopping: &AtomicBool) -> io::Result<()> {
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(Some(Duration::from_secs(ANSWER_SECONDS)))?;
    let mut frames = Frames::default();
    let mut bytes = [0; 16_384];
    let mut heard = Instant::now();
    while !stopping.load(Ordering::SeqCst) && heard.elapsed() < Duration::from_secs(IDLE_SECONDS) {
        let count = match stream.read(&mut bytes) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => continue,
            Err(error) => return Err(error),
        };
        heard = Instant::now();
        frames.push(&bytes[..count]);
        // A message longer than it may be ends the connection: nothing after it can be trusted.
        while let Some(message) = frames.next_message().map_err(|error| io::Error::other(error.to_string()))? {
            let Some(answer) = answering(&message) else { return Ok(()) };
            stream.write_all(&wrap(&answer))?;
        }
    }
    Ok(())
}
