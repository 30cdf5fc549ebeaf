//! The listener of a simulated peer that speaks HTTP: one request a connection, one connection after another.

use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use super::push_service::{Request, read_request};

/// Status and body; [`None`]: the connection is closed without an answer.
pub(super) type Reply = Option<(u16, String)>;

/// A running one, on a free port of 127.0.0.1; stops when dropped.
pub(super) struct Listener {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Starts a thread of this name, whose answers are of `content_type`.
    ///
    /// # Errors
    /// No port can be opened.
    pub(super) fn start(
        name: &str,
        content_type: &'static str,
        mut reply: impl FnMut(&Request) -> Reply + Send + 'static,
    ) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let stopping = Arc::new(AtomicBool::new(false));
        let stops = Arc::clone(&stopping);
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            for connection in socket.incoming() {
                if stops.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                // One after another is enough; a broken connection is its client's matter.
                let _ = serve(connection, content_type, &mut reply);
            }
        })?;
        Ok(Self { address, stopping, thread: Some(thread) })
    }

    /// Its origin.
    pub(super) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener so that it sees the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(mut connection: TcpStream, content_type: &str, reply: &mut impl FnMut(&Request) -> Reply) -> io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let request = read_request(&mut connection)?;
    let Some((status, body)) = reply(&request) else { return Ok(()) };
    write!(
        connection,
        "HTTP/1.1 {status} -\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
