//! **Simulated** J-LIS: answers whether a card's certificate is still good, by OCSP and by revocation lists.
//!
//! For: tests and the demo; never in production. By: RFC 6960 over HTTP, RFC 5280 §5. The real interfaces of the agency
//! are given out on application only, so this is our guess of their shape.
//!
//! ```text
//!   test or demo ── revoke, hold, mood ──▶ State
//!                                            │
//!   pki::OcspSource ── POST /ocsp ─────────▶ Jlis ──▶ signed answer (dated by the seams' clock)
//!   pki::CrlSource ─── GET /crl/<key id> ──▶      ──▶ signed list
//!   pki::renewal ───── POST /renewals ─────▶      ──▶ what a certificate replaced
//! ```
//!
//! A [`Mood`] makes it misbehave in one of the ways real services do.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base::{Seams, Timestamp};
use pki::CertificateId;
use pki::revocation::RevocationReason;
use pki::test_authority::{AnswerStanding, OcspAnswer, Responder, RevokedEntry, TestAuthority, read_question};

/// How the simulated service behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mood {
    /// As it should.
    #[default]
    Well,
    /// Answers right, but only after this long.
    Slow(Duration),
    /// Takes the question and never answers.
    Silent,
    /// Answers every request with this HTTP status.
    HttpError(u16),
    /// Says "try later" (OCSP status 3).
    TryLater,
    /// Answers with findings of so many seconds ago.
    Stale(i64),
    /// Its clock is so many seconds ahead (or behind, negative).
    ClockSkew(i64),
    /// Signs right and then one bit of the signature is lost.
    BrokenSignature,
    /// Gives the first answer it ever gave, again and again.
    Replays,
    /// Answers about the next serial number.
    WrongSerial,
    /// Answers with something that is not an answer.
    Garbage,
    /// Answers with far more bytes than any answer has.
    Endless,
}

/// Longest request read.
const MAX_REQUEST: usize = 64 * 1024;
/// A revocation list is good for a day.
const LIST_SECONDS: i64 = 86_400;
/// An OCSP answer says that news will come after ten minutes.
const ANSWER_SECONDS: i64 = 600;
/// How long a silent service keeps a connection open at most.
const SILENCE: Duration = Duration::from_secs(30);

#[derive(Default)]
struct State {
    mood: Mood,
    /// Revoked or held, by serial number.
    revoked: BTreeMap<u64, (Timestamp, RevocationReason)>,
    unknown: Vec<u64>,
    /// New serial number → those it replaced, newest first.
    renewed: BTreeMap<u64, Vec<u64>>,
    /// A serial number of at least this replaced the one so much smaller; 0 for no such rule.
    renewed_from: u64,
    /// Grows with every change; becomes the number of the list.
    edition: u64,
    first_answer: Option<Vec<u8>>,
    first_list: Option<Vec<u8>>,
}

struct Shared {
    /// CA generations, by key identifier.
    authorities: Vec<Arc<TestAuthority>>,
    seams: Seams,
    state: Mutex<State>,
    questions: AtomicU64,
    lists: AtomicU64,
    stopping: AtomicBool,
}

/// The running service. Stops when dropped.
pub struct Jlis {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Jlis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated J-LIS at {}", self.address)
    }
}

impl Jlis {
    /// Starts on a free port of 127.0.0.1 for one CA generation.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(authority: Arc<TestAuthority>, seams: Seams) -> io::Result<Self> {
        Self::start_for(vec![authority], seams)
    }

    /// Starts for several generations.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start_for(authorities: Vec<Arc<TestAuthority>>, seams: Seams) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            authorities,
            seams,
            state: Mutex::default(),
            questions: AtomicU64::new(0),
            lists: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let listener = std::thread::Builder::new().name("simulated-jlis".into()).spawn(move || {
            for connection in socket.incoming() {
                if served.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let shared = Arc::clone(&served);
                // A connection that cannot get a thread is dropped: the client sees a closed socket.
                let _ = std::thread::Builder::new().name("simulated-jlis".into()).spawn(move || {
                    let _ = shared.serve(connection);
                });
            }
        })?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Where OCSP questions go.
    pub fn ocsp_url(&self) -> String {
        format!("http://{}/ocsp", self.address)
    }

    /// Where lists are; `{key_id}` stands for the issuer's key identifier, as `pki::revocation::CrlSource` fills it in.
    pub fn crl_url(&self) -> String {
        format!("http://{}/crl/{{key_id}}", self.address)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut state);
        state.edition += 1;
    }

    /// Revokes a certificate from now on.
    pub fn revoke(&self, serial: u64, reason: RevocationReason) {
        let now = self.shared.seams.now();
        self.change(|state| {
            state.revoked.insert(serial, (now, reason));
        });
    }

    /// Stops a certificate on suspicion.
    pub fn hold(&self, serial: u64) {
        self.revoke(serial, RevocationReason::CertificateHold);
    }

    /// Says from now on that `new` replaced `old`, and revokes `old` as superseded.
    pub fn renew(&self, old: u64, new: u64) {
        self.revoke(old, RevocationReason::Superseded);
        self.change(|state| {
            let before = state.renewed.get(&old).cloned().unwrap_or_default();
            state.renewed.insert(new, [vec![old], before].concat());
        });
    }

    /// Says from now on that a certificate whose serial number is at least `offset` replaced the one whose number is so
    /// much smaller: lets a demo renew cards without telling this service of each.
    pub fn renewed_from(&self, offset: u64) {
        self.change(|state| state.renewed_from = offset);
    }

    /// Where it is asked which certificates one replaced (`pki::renewal`).
    pub fn renewal_url(&self) -> String {
        format!("http://{}/renewals", self.address)
    }

    /// Answers "unknown" about this certificate.
    pub fn disown(&self, serial: u64) {
        self.change(|state| state.unknown.push(serial));
    }

    /// Changes how the service behaves from the next request on.
    pub fn set_mood(&self, mood: Mood) {
        self.change(|state| state.mood = mood);
    }

    /// How many OCSP questions have been asked.
    pub fn questions(&self) -> u64 {
        self.shared.questions.load(Ordering::SeqCst)
    }

    /// How many lists have been fetched.
    pub fn lists(&self) -> u64 {
        self.shared.lists.load(Ordering::SeqCst)
    }
}

impl Drop for Jlis {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

/// A request as far as this service reads one.
pub(super) struct Request {
    pub path: String,
    pub body: Vec<u8>,
}

pub(super) fn read_request(connection: &mut TcpStream) -> io::Result<Request> {
    let malformed = |what: &'static str| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let count = connection.read(&mut buffer)?;
        if count == 0 || bytes.len() > MAX_REQUEST {
            return Err(malformed("a request that ends"));
        }
        bytes.extend_from_slice(&buffer[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(Ok(0), |(_, value)| value.trim().parse::<usize>())
        .map_err(|_| malformed("a length"))?;
    if length > MAX_REQUEST {
        return Err(malformed("a short request"));
    }
    while bytes.len() < end + length {
        let count = connection.read(&mut buffer)?;
        if count == 0 {
            return Err(malformed("a whole request"));
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    Ok(Request { path, body: bytes[end..end + length].to_vec() })
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        connection.set_nodelay(true)?;
        let request = read_request(&mut connection)?;
        let mood = self.state.lock().unwrap_or_else(PoisonError::into_inner).mood;
        match mood {
            Mood::Slow(delay) => std::thread::sleep(delay),
            Mood::Silent => {
                // Until the client gives up and closes.
                connection.set_read_timeout(Some(SILENCE))?;
                let _ = connection.read(&mut [0; 1]);
                return Ok(());
            }
            _ => {}
        }
        let (status, kind, body) = match (mood, request.path.strip_prefix("/crl/")) {
            (Mood::HttpError(status), _) => (status, "text/plain", b"simulated error".to_vec()),
            (Mood::Garbage, _) => (200, "text/html", b"<html>maintenance</html>".to_vec()),
            (Mood::Endless, _) => (200, "application/octet-stream", vec![0x30; 2 * MAX_REQUEST]),
            (_, Some(key_id)) => match self.list(key_id, mood) {
                Some(list) => (200, "application/pkix-crl", list),
                None => (404, "text/plain", Vec::new()),
            },
            (_, None) if request.path.starts_with("/ocsp") => {
                (200, "application/ocsp-response", self.answer(&request.body, mood))
            }
            (_, None) if request.path == "/renewals" => match self.replaced(&request.body) {
                Some(lines) => (200, "text/plain", lines.into_bytes()),
                None => (400, "text/plain", Vec::new()),
            },
            _ => (404, "text/plain", Vec::new()),
        };
        let head = format!(
            "HTTP/1.1 {status} -\r\nServer: simulated-jlis\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes())?;
        connection.write_all(&body)
    }

    /// The instant this service believes it to be.
    fn time(&self, mood: Mood) -> Timestamp {
        let now = self.seams.now();
        match mood {
            Mood::Stale(seconds) => now.plus_seconds(-seconds),
            Mood::ClockSkew(seconds) => now.plus_seconds(seconds),
            _ => now,
        }
    }

    fn answer(&self, body: &[u8], mood: Mood) -> Vec<u8> {
        /// OCSPResponse with nothing but a status: malformed request, internal error, try later.
        const REFUSED: fn(u8) -> Vec<u8> = |code| vec![0x30, 0x03, 0x0A, 0x01, code];
        self.questions.fetch_add(1, Ordering::SeqCst);
        if mood == Mood::TryLater {
            return REFUSED(3);
        }
        let Ok(asked) = read_question(body) else { return REFUSED(1) };
        let authority = self.authorities.iter().find(|a| a.key_id()[..] == asked.issuer_key_hash[..]);
        // 6: unauthorized, this responder does not speak for that CA.
        let Some(authority) = authority else { return REFUSED(6) };
        let serial = asked.serial.iter().fold(0u64, |sum, &b| sum << 8 | u64::from(b));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Mood::Replays, Some(first)) = (mood, &state.first_answer) {
            return first.clone();
        }
        let standing = match state.revoked.get(&serial) {
            _ if state.unknown.contains(&serial) => AnswerStanding::Unknown,
            Some(&(since, reason)) => AnswerStanding::Revoked { since, reason },
            None => AnswerStanding::Good,
        };
        let time = self.time(mood);
        let certificate_id = match mood {
            Mood::WrongSerial => authority.ocsp_certificate_id(serial.wrapping_add(1)),
            _ => asked.certificate_id,
        };
        let answer = OcspAnswer {
            certificate_id,
            standing,
            this_update: time,
            next_update: Some(time.plus_seconds(ANSWER_SECONDS)),
            produced_at: time,
            nonce: asked.nonce,
        };
        let Ok(mut der) = authority.ocsp_answer(&answer, Responder::Authority) else { return REFUSED(2) };
        break_signature(&mut der, mood);
        state.first_answer.get_or_insert_with(|| der.clone());
        der
    }

    /// The certificates that the one asked about replaced, a line each; `None` for a question that is none.
    fn replaced(&self, body: &[u8]) -> Option<String> {
        let asked = pki::renewal::read(body).ok()?;
        let [asked] = asked.as_slice() else { return None };
        let serial = asked.serial.iter().fold(0u64, |sum, &b| sum << 8 | u64::from(b));
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let line = |old: &u64| {
            let bytes = old.to_be_bytes();
            let serial = bytes[bytes.iter().take_while(|&&b| b == 0).count()..].to_vec();
            pki::renewal::write(&CertificateId { issuer_key_id: asked.issuer_key_id.clone(), serial })
        };
        let by_rule = serial.checked_sub(state.renewed_from).filter(|_| state.renewed_from > 0);
        Some(state.renewed.get(&serial).into_iter().flatten().chain(&by_rule).map(line).collect())
    }

    fn list(&self, key_id: &str, mood: Mood) -> Option<Vec<u8>> {
        self.lists.fetch_add(1, Ordering::SeqCst);
        let authority = self.authorities.iter().find(|authority| hex(authority.key_id()) == key_id)?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let (Mood::Replays, Some(first)) = (mood, &state.first_list) {
            return Some(first.clone());
        }
        let revoked: Vec<RevokedEntry> =
            state.revoked.iter().map(|(&serial, &(since, reason))| RevokedEntry { serial, since, reason }).collect();
        // An old list is one whose day is over.
        let time = match mood {
            Mood::Stale(seconds) => self.seams.now().plus_seconds(-seconds - LIST_SECONDS),
            _ => self.time(mood),
        };
        let mut der =
            authority.revocation_list(state.edition + 1, time, time.plus_seconds(LIST_SECONDS), &revoked).ok()?;
        break_signature(&mut der, mood);
        state.first_list.get_or_insert_with(|| der.clone());
        Some(der)
    }
}

/// The signature is the last thing in both structures (the CA itself signs, so no certificates follow).
fn break_signature(der: &mut [u8], mood: Mood) {
    if let (Mood::BrokenSignature, Some(last)) = (mood, der.last_mut()) {
        *last ^= 1;
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
