//! The door of library machines: SIP2 over TCP, a thread for each machine.
//!
//! A machine that is silent too long, does not say who it is, or speaks nonsense is let go; a message that was cut in the
//! middle was never asked of the library. SIP2 knows no TLS: the address lies on a closed line or behind a tunnel.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use sip2::server::Step;
use sip2::{Charset, Server};

use super::self_check::{Conversation, Desk};

/// How often a waiting thread looks whether it must stop.
const LOOK: Duration = Duration::from_millis(500);
/// A machine that does not take its answer in this time is let go.
const SEND: Duration = Duration::from_secs(10);

/// How machines are taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at one time.
    pub most: usize,
    /// Silence after which a machine is let go.
    pub idle: Duration,
    /// Characters.
    pub charset: Charset,
}

/// The open door; closed when dropped.
pub struct Door {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    inside: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Opens it at `address`.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn open(address: &str, desk: Arc<Desk>, limits: Limits) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        let address = listener.local_addr()?;
        let (stopping, inside) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (told, many) = (stopping.clone(), inside.clone());
        let thread = std::thread::Builder::new().name("library-door".into()).spawn(move || {
            for stream in listener.incoming() {
                if told.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                if many.load(Ordering::SeqCst) >= limits.most {
                    tracing::warn!("a library machine was turned away: all places are taken");
                    continue;
                }
                many.fetch_add(1, Ordering::SeqCst);
                let place = Place(many.clone());
                let (desk, told) = (desk.clone(), told.clone());
                let spawned = std::thread::Builder::new().name("library-machine".into()).spawn(move || {
                    let _place = place;
                    if let Err(error) = serve(stream, &desk, limits, &told) {
                        tracing::debug!(%error, "a library machine left");
                    }
                });
                if let Err(error) = spawned {
                    tracing::error!(%error, "no thread for a library machine");
                }
            }
        })?;
        Ok(Self { address, stopping, inside, thread: Some(thread) })
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many machines are connected.
    pub fn machines(&self) -> usize {
        self.inside.load(Ordering::SeqCst)
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for somebody.
        let _ = TcpStream::connect_timeout(&self.address, LOOK);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A place taken; free again when the thread ends, however it does.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

fn serve(mut stream: TcpStream, desk: &Arc<Desk>, limits: Limits, stopping: &AtomicBool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LOOK))?;
    stream.set_write_timeout(Some(SEND))?;
    let mut server = Server::new(limits.charset, false);
    let mut conversation = Conversation::new(desk.clone());
    let mut bytes = [0; 4096];
    let mut silent = Duration::ZERO;
    loop {
        match server.next_step() {
            Step::Wait => match stream.read(&mut bytes) {
                Ok(0) => {
                    if server.is_amid() {
                        tracing::info!("a library machine's line was cut in the middle of a message; nothing was done");
                    }
                    return Ok(());
                }
                Ok(count) => {
                    silent = Duration::ZERO;
                    server.receive(bytes.get(..count).unwrap_or_default());
                }
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    silent += LOOK;
                    if silent >= limits.idle || stopping.load(Ordering::SeqCst) {
                        return Ok(());
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            },
            Step::Send(bytes) => stream.write_all(&bytes)?,
            Step::Asked(question) => {
                let answer = conversation.answer(question);
                match server.answer(&answer) {
                    Ok(bytes) => stream.write_all(&bytes)?,
                    Err(why) => return Err(io::Error::other(why.to_string())),
                }
                if conversation.is_over() {
                    return Ok(());
                }
            }
            Step::Close(why) => {
                // The reason names places and message numbers, never what was said.
                tracing::warn!(%why, "a library machine was let go");
                return Ok(());
            }
        }
    }
}
