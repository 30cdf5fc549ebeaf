//! **Simulated** library system (図書館システム): patrons, items, loans, reservations, fines. It speaks SIP2 and REST in Koha's
//! shape, both over real sockets.
//!
//! For: tests and the demo; never in production. 図書館の自由: when an item comes back, whose it was is erased.
//!
//! ```text
//!   SIP2 machine, or Yakuba ─► sip2 ─┐
//!                                    ├─► Stock: one list of items, one of patrons
//!   Yakuba as Koha's client ─► koha ─┘
//! ```

mod koha;
mod sip2_end;
mod stock;

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use base::Seams;
use sip2::Charset;

pub use stock::{Book, Member, Stock};

/// One way to misbehave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mischief {
    /// None.
    #[default]
    None,
    /// The next change is done, and the line is cut before the answer.
    CutAfterChange,
    /// The next change is not done, and the line is cut.
    CutBeforeChange,
    /// The next answer does not come at all; the one after does.
    SilentOnce,
    /// Maintenance: SIP2 says off-line, REST 503.
    Maintenance,
}

/// Who may speak, and how.
#[derive(Clone, Debug)]
pub struct Access {
    /// Login and client id.
    pub login: String,
    /// Password and client secret.
    pub password: String,
    /// Institution.
    pub institution: String,
    /// Characters of SIP2.
    pub charset: Charset,
    /// Tenths of a second a machine waits, as 98 says it.
    pub wait_tenths: u16,
}

struct Shared {
    access: Access,
    seams: Seams,
    stock: Mutex<Stock>,
    mischief: Mutex<Mischief>,
    stopping: AtomicBool,
}

impl Shared {
    fn stock<T>(&self, look: impl FnOnce(&mut Stock) -> T) -> T {
        look(&mut self.stock.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is misbehaved now; what happens once is over with it.
    fn mischief(&self, is_change: bool) -> Mischief {
        let mut mischief = self.mischief.lock().unwrap_or_else(PoisonError::into_inner);
        let now = *mischief;
        match now {
            Mischief::CutAfterChange | Mischief::CutBeforeChange if !is_change => return Mischief::None,
            Mischief::CutAfterChange | Mischief::CutBeforeChange | Mischief::SilentOnce => *mischief = Mischief::None,
            Mischief::None | Mischief::Maintenance => {}
        }
        now
    }
}

/// A running library; stops when dropped.
pub struct Library {
    shared: Arc<Shared>,
    sip2: SocketAddr,
    koha: SocketAddr,
    threads: Vec<JoinHandle<()>>,
}

impl std::fmt::Debug for Library {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated library at {} and {}", self.sip2, self.koha)
    }
}

impl Library {
    /// Starts on two free ports of 127.0.0.1.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(access: Access, stock: Stock, seams: Seams) -> io::Result<Self> {
        let (machines, rest) = (TcpListener::bind(("127.0.0.1", 0))?, TcpListener::bind(("127.0.0.1", 0))?);
        let (sip2, koha) = (machines.local_addr()?, rest.local_addr()?);
        let shared = Arc::new(Shared {
            access,
            seams,
            stock: Mutex::new(stock),
            mischief: Mutex::default(),
            stopping: AtomicBool::new(false),
        });
        let threads = vec![
            accept("simulated-library-sip2", machines, shared.clone(), sip2_end::serve)?,
            accept("simulated-library-rest", rest, shared.clone(), koha::serve)?,
        ];
        Ok(Self { shared, sip2, koha, threads })
    }

    /// Where SIP2 is spoken.
    pub fn sip2_address(&self) -> String {
        self.sip2.to_string()
    }

    /// Where REST is spoken.
    pub fn koha_origin(&self) -> String {
        format!("http://{}", self.koha)
    }

    /// Looks into the library, or changes something there.
    pub fn stock<T>(&self, look: impl FnOnce(&mut Stock) -> T) -> T {
        self.shared.stock(look)
    }

    /// Misbehaves from now on.
    pub fn set_mischief(&self, mischief: Mischief) {
        *self.shared.mischief.lock().unwrap_or_else(PoisonError::into_inner) = mischief;
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        for address in [self.sip2, self.koha] {
            let _ = TcpStream::connect(address);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn accept(
    name: &str,
    listener: TcpListener,
    shared: Arc<Shared>,
    serve: fn(TcpStream, &Shared) -> io::Result<()>,
) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        for stream in listener.incoming() {
            if shared.stopping.load(Ordering::SeqCst) {
                return;
            }
            let Ok(stream) = stream else { continue };
            let shared = shared.clone();
            // A broken connection is its client's matter.
            std::thread::spawn(move || serve(stream, &shared));
        }
    })
}
