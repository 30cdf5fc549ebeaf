//! **Simulated** time-stamping authority: stamps hashes over HTTP, and gives out the revocation lists of itself and of the
//! authority above the city's seal.
//!
//! For: tests and the demo; never in production. By: RFC 3161 §3.4 over HTTP, RFC 5280 §5.
//!
//! ```text
//!   pki::timestamp ── POST /stamp ──────▶ TimestampAuthority ──▶ signed answer (dated by the seams' clock)
//!   long_term ─────── GET /crl/<key id> ─▶                    ──▶ signed list
//! ```
//! Its key is RSA, because some programs that check stamps know nothing else. A [`Mischief`] makes it misbehave.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use base::{Seams, Timestamp};
use pki::keys::{KeyError, SigningKey};
use pki::test_authority::{
    RevokedEntry, STAMP_POLICY, Template, TestAuthority, TimeStamp, TimeStamper, read_time_question, refuse_time,
};

use super::jlis::{Request, read_request};

/// How the simulated authority misbehaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mischief {
    /// Not at all.
    #[default]
    None,
    /// Answers right, but only after this long.
    Slow(Duration),
    /// Takes the question and never answers.
    Silent,
    /// Answers with this HTTP status.
    HttpError(u16),
    /// Refuses with this bit of PKIFailureInfo.
    Refuses(u8),
    /// Repeats another nonce.
    WrongNonce,
    /// Stamps another hash.
    WrongImprint,
    /// Its clock is so many seconds ahead (or behind, negative).
    ClockSkew(i64),
    /// Its certificate is for something else.
    WrongPurpose,
    /// Its certificate has expired.
    Expired,
    /// Signs right and then one bit is lost.
    BrokenSignature,
    /// Answers with something that is not an answer.
    Garbage,
    /// Answers with far more bytes than any answer has.
    Endless,
}

/// A list is good for a day.
const LIST_SECONDS: i64 = 86_400;
/// How long a silent authority keeps a connection open at most.
const SILENCE: Duration = Duration::from_secs(30);
/// The stamper's certificates are born early, so that clocks that differ a little still believe them.
const VALIDITY: (i64, i64) = (-86_400, 5 * 365 * 86_400);
const EXTENDED_KEY_USAGE: const_oid::ObjectIdentifier = const_oid::ObjectIdentifier::new_unwrap("2.5.29.37");
/// id-kp-clientAuth alone, as an extended key usage.
const CLIENT_AUTH: [u8; 12] = [0x30, 0x0A, 6, 8, 0x2B, 6, 1, 5, 5, 7, 3, 2];

struct Shared {
    /// Whose lists are given out; the first issued the stampers.
    authorities: Vec<Arc<TestAuthority>>,
    stamper: TimeStamper,
    /// With a certificate that is wrong in the way of [`Mischief::WrongPurpose`] and [`Mischief::Expired`].
    wrong_purpose: TimeStamper,
    expired: TimeStamper,
    seams: Seams,
    mischief: Mutex<Mischief>,
    /// Serial numbers revoked, by the key identifier of their authority.
    revoked: Mutex<Vec<([u8; 20], RevokedEntry)>>,
    questions: AtomicU64,
    serial: AtomicU64,
    stopping: AtomicBool,
}

/// The running authority. Stops when dropped.
pub struct TimestampAuthority {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for TimestampAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated time-stamping authority at {}", self.address)
    }
}

fn stamper(
    authority: &TestAuthority,
    key: SigningKey,
    now: Timestamp,
    change: impl FnOnce(&mut Template),
) -> Result<TimeStamper, KeyError> {
    let validity = (now.plus_seconds(VALIDITY.0), now.plus_seconds(VALIDITY.1));
    // Positive, and new for each process: a city lives longer than one.
    let serial = now.micros().unsigned_abs() | 1;
    let mut template = authority.time_stamper_template(key.public_key_info(), serial, validity);
    change(&mut template);
    Ok(TimeStamper { certificate: authority.sign(&template)?, key, above: vec![authority.certificate().to_vec()] })
}

impl TimestampAuthority {
    /// Starts on a free port of 127.0.0.1. `above` issued its certificate; lists are given out for it and for `others`.
    ///
    /// # Errors
    /// No port can be opened, no key can be made.
    pub fn start(above: Arc<TestAuthority>, others: Vec<Arc<TestAuthority>>, seams: Seams) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let now = seams.now();
        // Only the honest key need be RSA, which is slow to make.
        let wrong = |change: fn(&mut Template)| {
            SigningKey::generate_p256().and_then(|key| stamper(&above, key, now, change)).map_err(io::Error::other)
        };
        let honest = SigningKey::generate_rsa().and_then(|key| stamper(&above, key, now, |_| {}));
        let shared = Arc::new(Shared {
            stamper: honest.map_err(io::Error::other)?,
            wrong_purpose: wrong(|template| {
                template.change(EXTENDED_KEY_USAGE, |extension| extension.value = CLIENT_AUTH.to_vec());
            })?,
            expired: wrong(|template| template.not_after = template.not_before.plus_seconds(1))?,
            authorities: [vec![above.clone()], others].concat(),
            seams,
            mischief: Mutex::default(),
            revoked: Mutex::default(),
            questions: AtomicU64::new(0),
            serial: AtomicU64::new(1),
            stopping: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let listener = std::thread::Builder::new().name("simulated-tsa".into()).spawn(move || {
            for connection in socket.incoming() {
                if served.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let shared = Arc::clone(&served);
                // A connection that cannot get a thread is dropped: the client sees a closed socket.
                let _ = std::thread::Builder::new().name("simulated-tsa".into()).spawn(move || {
                    let _ = shared.serve(connection);
                });
            }
        })?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Where questions go.
    pub fn url(&self) -> String {
        format!("http://{}/stamp", self.address)
    }

    /// Where lists are; `{key_id}` stands for the issuer's key identifier.
    pub fn lists_url(&self) -> String {
        format!("http://{}/crl/{{key_id}}", self.address)
    }

    /// Changes how the authority behaves from the next request on.
    pub fn set_mischief(&self, mischief: Mischief) {
        *self.shared.mischief.lock().unwrap_or_else(PoisonError::into_inner) = mischief;
    }

    /// Puts a certificate on the list of the authority with this key identifier.
    pub fn revoke(&self, key_id: [u8; 20], entry: RevokedEntry) {
        self.shared.revoked.lock().unwrap_or_else(PoisonError::into_inner).push((key_id, entry));
    }

    /// How many questions have been asked.
    pub fn questions(&self) -> u64 {
        self.shared.questions.load(Ordering::SeqCst)
    }
}

impl Drop for TimestampAuthority {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        connection.set_nodelay(true)?;
        let request = read_request(&mut connection)?;
        let mischief = *self.mischief.lock().unwrap_or_else(PoisonError::into_inner);
        match mischief {
            Mischief::Slow(delay) => std::thread::sleep(delay),
            Mischief::Silent => {
                // Until the client gives up and closes.
                connection.set_read_timeout(Some(SILENCE))?;
                let _ = connection.read(&mut [0; 1]);
                return Ok(());
            }
            _ => {}
        }
        let (status, kind, body) = self.answer(&request, mischief);
        let head = format!(
            "HTTP/1.1 {status} -\r\nServer: simulated-tsa\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes())?;
        connection.write_all(&body)
    }

    fn answer(&self, request: &Request, mischief: Mischief) -> (u16, &'static str, Vec<u8>) {
        const NOTHING: (u16, &str, Vec<u8>) = (404, "text/plain", Vec::new());
        match (mischief, request.path.strip_prefix("/crl/")) {
            (Mischief::HttpError(status), _) => (status, "text/plain", b"simulated error".to_vec()),
            (Mischief::Garbage, _) => (200, "text/html", b"<html>maintenance</html>".to_vec()),
            (Mischief::Endless, _) => (200, "application/octet-stream", vec![0x30; 256 * 1024]),
            (_, Some(key_id)) => self.list(key_id).map_or(NOTHING, |list| (200, "application/pkix-crl", list)),
            (_, None) if request.path == "/stamp" => {
                (200, "application/timestamp-reply", self.stamp(&request.body, mischief))
            }
            _ => NOTHING,
        }
    }

    fn stamp(&self, question: &[u8], mischief: Mischief) -> Vec<u8> {
        self.questions.fetch_add(1, Ordering::SeqCst);
        /// PKIFailureInfo: bad data format, unaccepted policy, system failure.
        const FAILURES: (u8, u8, u8) = (5, 15, 25);
        if let Mischief::Refuses(failure) = mischief {
            return refuse_time(failure);
        }
        let Ok(asked) = read_time_question(question) else { return refuse_time(FAILURES.0) };
        if asked.policy.is_some_and(|policy| policy != STAMP_POLICY.as_bytes()) {
            return refuse_time(FAILURES.1);
        }
        let mut stamp = TimeStamp {
            imprint: asked.imprint,
            nonce: asked.nonce,
            policy: STAMP_POLICY,
            serial: self.serial.fetch_add(1, Ordering::SeqCst),
            time: self.seams.now(),
        };
        let mut stamper = &self.stamper;
        match mischief {
            Mischief::WrongNonce => stamp.nonce = Some(vec![7]),
            Mischief::WrongImprint => stamp.imprint.iter_mut().next_back().into_iter().for_each(|byte| *byte ^= 1),
            Mischief::ClockSkew(seconds) => stamp.time = stamp.time.plus_seconds(seconds),
            Mischief::WrongPurpose => stamper = &self.wrong_purpose,
            Mischief::Expired => stamper = &self.expired,
            _ => {}
        }
        let Ok(mut answer) = stamper.grant(&stamp) else { return refuse_time(FAILURES.2) };
        if mischief == Mischief::BrokenSignature
            && let Some(last) = answer.last_mut()
        {
            *last ^= 1;
        }
        answer
    }

    /// The list of one authority, dated now: a list made before a stamp says nothing of it.
    fn list(&self, key_id: &str) -> Option<Vec<u8>> {
        let hex = |authority: &TestAuthority| data_encoding::HEXLOWER.encode(authority.key_id());
        let authority = self.authorities.iter().find(|authority| hex(authority) == key_id)?;
        let now = self.seams.now();
        let revoked = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        let entries: Vec<RevokedEntry> =
            revoked.iter().filter(|(of, _)| of == authority.key_id()).map(|(_, entry)| *entry).collect();
        let number = now.seconds().unsigned_abs();
        authority.whole_revocation_list(number, now, now.plus_seconds(LIST_SECONDS), &entries).ok()
    }
}
