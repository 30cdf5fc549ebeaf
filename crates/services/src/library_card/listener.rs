//! The door of library machines: SIP2 over TCP, a thread for each machine.
//!
//! A machine that does not say in time who it is, is silent too long, stretches a message or speaks nonsense is let go; a message
//! that was cut in the middle was never asked of the library. SIP2 knows no TLS: the address lies on a closed line or behind a
//! tunnel.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use sip2::server::Step;
use sip2::{Charset, Server};
use tools::tcp_door::{self, Heard, Line, Over, TcpDoor};

use super::self_check::{Conversation, Desk};

/// How machines are taken.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Places and times; a machine's first message served is its login.
    pub door: tcp_door::Limits,
    /// Characters.
    pub charset: Charset,
}

impl Limits {
    /// With `most` machines, `most_an_address` of them from one address, let go after `idle` of silence.
    pub const fn new(most: usize, most_an_address: usize, idle: Duration, charset: Charset) -> Self {
        let door = tcp_door::Limits {
            most,
            most_an_address,
            first: Duration::from_secs(20),
            whole: Duration::from_secs(20),
            idle,
            answer: Duration::from_secs(10),
        };
        Self { door, charset }
    }
}

/// The open door; closed when dropped.
pub struct Door(TcpDoor);

impl Door {
    /// Opens it at `address`.
    ///
    /// # Errors
    /// The address cannot be used.
    pub fn open(address: &str, desk: Arc<Desk>, limits: Limits) -> io::Result<Self> {
        let door = TcpDoor::open(address, "library-door", limits.door, move |line| {
            if let Err(error) = serve(line, &desk, limits.charset) {
                tracing::debug!(%error, "a library machine left");
            }
        })?;
        Ok(Self(door))
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.0.address()
    }

    /// How many machines are connected.
    pub fn machines(&self) -> usize {
        self.0.lines()
    }
}

fn serve(mut line: Line, desk: &Arc<Desk>, charset: Charset) -> io::Result<()> {
    let mut server = Server::new(charset, false);
    let mut conversation = Conversation::new(desk.clone());
    let mut bytes = [0; 4096];
    loop {
        match server.next_step() {
            Step::Wait => match line.hear(&mut bytes, server.is_amid())? {
                Heard::Bytes(count) => server.receive(bytes.get(..count).unwrap_or_default()),
                Heard::Over(over) => {
                    if over == Over::Gone && server.is_amid() {
                        tracing::info!("a library machine's line was cut in the middle of a message; nothing was done");
                    }
                    return Ok(());
                }
            },
            Step::Send(bytes) => line.say(&bytes)?,
            Step::Asked(question) => {
                let answer = conversation.answer(question);
                match server.answer(&answer) {
                    Ok(bytes) => line.say(&bytes)?,
                    Err(why) => return Err(io::Error::other(why.to_string())),
                }
                if conversation.is_over() {
                    return Ok(());
                }
                // Who is not let in has no more time for it.
                if server.is_in() {
                    line.served();
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
