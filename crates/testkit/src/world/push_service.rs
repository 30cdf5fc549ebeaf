//! **Simulated** push service with the browsers behind it: takes what RFC 8030, 8291 and 8292 say, and opens it as a browser
//! would.
//!
//! For: tests; never in production. It checks strictly: what a real service might let pass is refused here with the status the
//! RFC names. Written from the RFCs, apart from `messaging`; npm's `http_ece` is the second opinion of both.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, UnparsedPublicKey, agree};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use aws_lc_rs::signature;
use base::Seams;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

/// Longest request read; bodies above 4096 bytes are answered 413.
const MAX_REQUEST: usize = 64 * 1024;

/// What a browser gives a page.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Where to send.
    pub endpoint: String,
    /// The browser's public key.
    pub p256dh: String,
    /// The browser's secret.
    pub auth: String,
}

/// A message as it arrived, opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// Which browser, in the order they subscribed.
    pub browser: usize,
    /// What the service worker gets.
    pub payload: Vec<u8>,
    /// `Urgency`.
    pub urgency: String,
    /// `Topic`.
    pub topic: Option<String>,
    /// `TTL`.
    pub ttl: u32,
}

struct Browser {
    key: PrivateKey,
    secret: [u8; 16],
    /// The status it answers instead of taking anything, with `Retry-After`.
    answer: Option<(u16, Option<String>)>,
}

#[derive(Default)]
struct State {
    browsers: Vec<Browser>,
    arrived: Vec<Arrived>,
}

struct Shared {
    origin: String,
    seams: Seams,
    state: Mutex<State>,
    connections: AtomicU64,
    stopping: AtomicBool,
}

/// A running service; stops when dropped.
pub struct PushService {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl PushService {
    /// Starts one on a free port of this machine.
    ///
    /// # Errors
    /// No port.
    pub fn start(seams: Seams) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            origin: format!("http://{address}"),
            seams,
            state: Mutex::default(),
            connections: AtomicU64::new(0),
            stopping: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let listener = std::thread::Builder::new().name("simulated-push".into()).spawn(move || {
            for connection in socket.incoming() {
                if served.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                served.connections.fetch_add(1, Ordering::SeqCst);
                // One after another is enough for tests; a broken connection is its client's matter.
                let _ = served.serve(connection);
            }
        })?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Its origin: to be let in as simulated.
    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A new browser subscribes.
    ///
    /// # Errors
    /// No key.
    pub fn subscribe(&self) -> io::Result<Keys> {
        let key = PrivateKey::generate(&ECDH_P256).map_err(io::Error::other)?;
        let public = key.compute_public_key().map_err(io::Error::other)?;
        let secret: [u8; 16] = self.shared.seams.random.bytes();
        let (p256dh, auth) = (BASE64URL_NOPAD.encode(public.as_ref()), BASE64URL_NOPAD.encode(&secret));
        let number = self.state(|state| {
            state.browsers.push(Browser { key, secret, answer: None });
            state.browsers.len() - 1
        });
        Ok(Keys { endpoint: format!("{}/push/{number}", self.shared.origin), p256dh, auth })
    }

    /// From now on a browser's address answers so, and takes nothing.
    pub fn answer(&self, browser: usize, status: u16, retry_after: Option<&str>) {
        self.state(|state| {
            if let Some(browser) = state.browsers.get_mut(browser) {
                browser.answer = Some((status, retry_after.map(str::to_owned)));
            }
        });
    }

    /// How often somebody connected, whatever they said.
    pub fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::SeqCst)
    }

    /// What arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.state(|state| state.arrived.clone())
    }
}

impl Drop for PushService {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // Wakes the listener.
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

pub(super) struct Request {
    pub method: String,
    pub(super) path: String,
    pub(super) headers: BTreeMap<String, Vec<String>>,
    pub(super) body: Vec<u8>,
}

pub(super) fn read_request(connection: &mut TcpStream) -> io::Result<Request> {
    let malformed = || io::Error::new(io::ErrorKind::InvalidData, "a request");
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        let count = connection.read(&mut buffer)?;
        if count == 0 || bytes.len() > MAX_REQUEST {
            return Err(malformed());
        }
        bytes.extend_from_slice(&buffer[..count]);
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(':')) {
        headers.entry(name.trim().to_ascii_lowercase()).or_default().push(value.trim().to_owned());
    }
    // A request without a body says nothing of its length.
    let length = headers.get("content-length").and_then(|all| all.first()).map_or("0", String::as_str);
    let length = length.parse::<usize>().ok().filter(|length| *length <= MAX_REQUEST).ok_or_else(malformed)?;
    while bytes.len() < end + length {
        let count = connection.read(&mut buffer)?;
        if count == 0 {
            return Err(malformed());
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let method = head.split_whitespace().next().unwrap_or_default().to_owned();
    let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    Ok(Request { method, path, headers, body: bytes[end..end + length].to_vec() })
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let request = read_request(&mut connection)?;
        let (status, retry_after) = self.reply(&request);
        let retry_after = retry_after.map(|text| format!("Retry-After: {text}\r\n")).unwrap_or_default();
        let head =
            format!("HTTP/1.1 {status} -\r\nContent-Length: 0\r\n{retry_after}TTL: 60\r\nConnection: close\r\n\r\n");
        connection.write_all(head.as_bytes())
    }

    fn reply(&self, request: &Request) -> (u16, Option<String>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let number = request.path.strip_prefix("/push/").and_then(|text| text.parse::<usize>().ok());
        let Some((number, browser)) = number.and_then(|number| Some((number, state.browsers.get(number)?))) else {
            return (404, None);
        };
        if let Some(answer) = &browser.answer {
            return answer.clone();
        }
        match self.judge(request, browser) {
            Ok(arrived) => {
                state.arrived.push(Arrived { browser: number, ..arrived });
                (201, None)
            }
            Err(status) => (status, None),
        }
    }

    fn judge(&self, request: &Request, browser: &Browser) -> Result<Arrived, u16> {
        // RFC 8030 §5: each once.
        let once = |name: &str| match request.headers.get(name).map(Vec::as_slice) {
            Some([one]) => Ok(Some(one.as_str())),
            Some(_) => Err(400_u16),
            None => Ok(None),
        };
        let ttl = once("ttl")?.and_then(|text| text.parse().ok()).ok_or(400_u16)?;
        let urgency = once("urgency")?.unwrap_or("normal").to_owned();
        if !["very-low", "low", "normal", "high"].contains(&urgency.as_str()) {
            return Err(400);
        }
        let topic = once("topic")?.map(str::to_owned);
        let is_topic = |topic: &String| {
            (1..=32).contains(&topic.len()) && topic.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        if !topic.as_ref().is_none_or(is_topic) || once("content-encoding")? != Some("aes128gcm") {
            return Err(400);
        }
        if request.body.len() > 4096 {
            return Err(413);
        }
        self.vapid(once("authorization")?.ok_or(401_u16)?).ok_or(403_u16)?;
        let payload = opened(browser, &request.body).ok_or(400_u16)?;
        Ok(Arrived { browser: 0, payload, urgency, topic, ttl })
    }

    /// RFC 8292 §2 and §4.2: ES256, for this origin, ending within a day, by somebody who can be called.
    fn vapid(&self, header: &str) -> Option<()> {
        let (token, key) = header.strip_prefix("vapid t=")?.split_once(", k=")?;
        let (message, mark) = token.rsplit_once('.')?;
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, decode(key)?)
            .verify(message.as_bytes(), &decode(mark)?)
            .ok()?;
        let (head, claims) = message.split_once('.')?;
        let read = |text: &str| serde_json::from_slice::<Value>(&decode(text)?).ok();
        let (head, claims) = (read(head)?, read(claims)?);
        let left = claims["exp"].as_i64()? - self.seams.now().seconds();
        let contact = claims["sub"].as_str()?;
        let sound = head["alg"] == "ES256"
            && claims["aud"] == self.origin.as_str()
            && (1..=86_400).contains(&left)
            && (contact.starts_with("mailto:") || contact.starts_with("https:"));
        sound.then_some(())
    }
}

/// RFC 8291 §3.4 and RFC 8188 §2, one record.
fn opened(browser: &Browser, body: &[u8]) -> Option<Vec<u8>> {
    let (salt, rest) = body.split_at_checked(16)?;
    let (size, rest) = rest.split_at_checked(4)?;
    let (&length, rest) = rest.split_first()?;
    let (theirs, sealed) = rest.split_at_checked(usize::from(length))?;
    if sealed.len() > u32::from_be_bytes(size.try_into().ok()?) as usize {
        return None;
    }
    let own = browser.key.compute_public_key().ok()?;
    let hmac = |key: &[u8], text: &[u8]| sign(&Key::new(HMAC_SHA256, key), text).as_ref().to_vec();
    let shared =
        agree(&browser.key, UnparsedPublicKey::new(&ECDH_P256, theirs), (), |agreed| Ok(agreed.to_vec())).ok()?;
    let input = hmac(&hmac(&browser.secret, &shared), &[b"WebPush: info\0", own.as_ref(), theirs, &[1]].concat());
    let prk = hmac(salt, &input);
    let key = hmac(&prk, b"Content-Encoding: aes128gcm\0\x01");
    let nonce = hmac(&prk, b"Content-Encoding: nonce\0\x01");
    let cipher = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, key.get(..16)?).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(nonce.get(..12)?).ok()?;
    let mut plain = sealed.to_vec();
    let plain = cipher.open_in_place(nonce, Aad::empty(), &mut plain).ok()?;
    // Padding is zeros behind the delimiter 2.
    let end = plain.iter().rposition(|byte| *byte != 0)?;
    (plain[end] == 2).then(|| plain[..end].to_vec())
}
