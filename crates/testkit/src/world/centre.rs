//! **Simulated** certificate centre (証明書交付センター) and store machines: they talk to the city by the kiosk protocol over
//! real sockets (`docs/kiosk-protocol.md`), as machines do that lose answers, repeat themselves, crash and come back.
//!
//! For: tests. The real centre's interface is given out by J-LIS on application only; this one is the city's own protocol
//! and says "simulated" in every request (`User-Agent`).
//!
//! ```text
//!  Order ─► Machine::issue ─ message by message ─► Weather: fair, slow, twice, lost, stalled, crash … ─► the city
//!             │ box, printer, journal as a machine has them                                              │
//!             └─► Outcome: what was kept, printed, given back ◄──────────────────────────────────────────┘
//! ```
//! A machine keeps the rules of a careful one: it prints only bytes whose digest, request and page count it compared, keeps
//! the fee only after the city has noted that it will, and tells everything it did when it comes back.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base::{Seams, Timestamp};
use data_encoding::{BASE64, BASE64URL_NOPAD};
use pki::SigningKey;
use serde_json::{Value, json};
use wire::http_signature::{SignatureInput, content_digest, read_content_digest};
use wire::kiosk_messages::{PREFIX, SESSION_FIELD, TAG};

/// SubjectPublicKeyInfo of Ed25519 up to the key (RFC 8410 §4).
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// How long a machine waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// What becomes of one message on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Weather {
    /// It arrives and so does the answer.
    #[default]
    Fair,
    /// It arrives so much later.
    Slow(Duration),
    /// The very same bytes arrive twice.
    Twice,
    /// It is lost; the machine says it again.
    Lost,
    /// It arrives, the answer is lost; the machine says it again.
    AnswerLost,
    /// Half of it arrives, then nothing for a while, then the rest.
    Stalled(Duration),
    /// The message that would come last arrives before it (while no paper can be out).
    OutOfOrder,
    /// The machine dies before it is sent.
    Crash,
    /// The machine dies after it was sent.
    CrashAfter,
    /// The person presses stop instead.
    Stop,
}

/// The messages of one paper, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Step {
    /// A paper is asked for.
    Begin,
    /// The box will keep the fee.
    PaymentStarted,
    /// The box kept it.
    PaymentSettled,
    /// The document is drawn.
    Prepare,
    /// The document is handed out.
    Fetch,
    /// The paper is out.
    Printed,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Begin, Self::PaymentStarted, Self::PaymentSettled, Self::Prepare, Self::Fetch, Self::Printed];
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; `null` when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// A text of the JSON.
    pub fn text(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }
}

/// A machine with its key.
pub struct Machine {
    address: String,
    key: Ed25519KeyPair,
    seams: Seams,
}

/// The certificate and key of a card whose holder typed the right PIN.
pub struct ReadyCard {
    /// The user-authentication certificate, DER.
    pub certificate: Vec<u8>,
    /// Its key.
    pub key: SigningKey,
}

/// What a person wants, as the protocol says it.
pub type Order = Value;

/// How one paper went.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The request, once there was one.
    pub request: Option<String>,
    /// Whether the box kept the fee.
    pub kept: bool,
    /// What was printed: at most one document.
    pub printed: Option<Vec<u8>>,
    /// Its sheets, all copies together.
    pub sheets: i64,
    /// Documents that arrived and were not the ones asked for.
    pub wrong: Vec<Vec<u8>>,
    /// Money given back.
    pub refunded_yen: i64,
    /// Statuses in the order in which they came, for whoever has to find out what happened.
    pub log: Vec<(Step, u16)>,
    /// The first refusal that ended it.
    pub refusal: Option<String>,
}

/// Why a message has no answer.
enum Gone {
    /// The machine died.
    Crashed,
    /// The person stopped.
    Stopped,
}

impl Machine {
    /// A machine with a new key, for a city at `address` (`host:port`).
    ///
    /// # Errors
    /// No key can be made.
    pub fn new(address: &str, seams: Seams) -> io::Result<Self> {
        let key = Ed25519KeyPair::generate().map_err(|_| io::Error::other("no key"))?;
        Ok(Self { address: address.to_owned(), key, seams })
    }

    /// Its public key, SubjectPublicKeyInfo.
    pub fn public_key(&self) -> Vec<u8> {
        [&ED25519_INFO[..], self.key.public_key().as_ref()].concat()
    }

    /// The same machine, talking to a city that came back at another address.
    pub fn moved_to(&mut self, address: &str) {
        address.clone_into(&mut self.address);
    }

    fn key_id(&self) -> String {
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &self.public_key());
        BASE64URL_NOPAD.encode(hash.as_ref())
    }

    /// The bytes of a request as they go over the wire, signed now.
    pub fn signed(&self, method: &str, path: &str, session: Option<&str>, body: &[u8]) -> Vec<u8> {
        self.signed_at(self.seams.now(), method, path, session, body)
    }

    /// The same, signed at another moment.
    pub fn signed_at(&self, at: Timestamp, method: &str, path: &str, session: Option<&str>, body: &[u8]) -> Vec<u8> {
        let path = format!("{PREFIX}{path}");
        let digest = content_digest(body);
        let mut components = vec!["@method", "@authority", "@path"];
        let mut fields = String::new();
        if method == "POST" {
            components.push("content-digest");
            fields.push_str(&format!(
                "Content-Digest: {digest}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
                body.len()
            ));
        }
        if let Some(session) = session {
            components.push(SESSION_FIELD);
            fields.push_str(&format!("{SESSION_FIELD}: {session}\r\n"));
        }
        let mut input = SignatureInput::over(&components);
        (input.created, input.expires) = (Some(at.seconds()), Some(at.seconds() + 120));
        let nonce: [u8; 18] = self.seams.random.bytes();
        (input.nonce, input.keyid) = (Some(BASE64URL_NOPAD.encode(&nonce)), Some(self.key_id()));
        input.tag = Some(TAG.to_owned());
        let value = |name: &str| {
            Some(match name {
                "@method" => method.to_owned(),
                "@authority" => self.address.to_ascii_lowercase(),
                "@path" => path.clone(),
                "content-digest" => digest.clone(),
                _ => session?.to_owned(),
            })
        };
        // Every component above has its value.
        let base = input.base(value).unwrap_or_default();
        for (name, value) in input.fields(self.key.sign(base.as_bytes()).as_ref()) {
            fields.push_str(&format!("{name}: {value}\r\n"));
        }
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nUser-Agent: simulated-centre\r\n{fields}\r\n",
            self.address
        );
        [head.as_bytes(), body].concat()
    }

    /// Sends bytes as they are and reads the answer.
    ///
    /// # Errors
    /// The connection.
    pub fn send(&self, bytes: &[u8]) -> io::Result<Answer> {
        self.send_in(bytes, None)
    }

    fn send_in(&self, bytes: &[u8], stall: Option<Duration>) -> io::Result<Answer> {
        let mut socket = TcpStream::connect(&self.address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let (first, rest) = bytes.split_at(if stall.is_some() { bytes.len() / 2 } else { bytes.len() });
        socket.write_all(first)?;
        if let Some(stall) = stall {
            std::thread::sleep(stall);
            socket.write_all(rest)?;
        }
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer)?;
        read_answer(&answer).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not an answer"))
    }

    /// Asks.
    ///
    /// # Errors
    /// The connection.
    pub fn get(&self, path: &str, session: Option<&str>) -> io::Result<Answer> {
        self.send(&self.signed("GET", path, session, b""))
    }

    /// Tells.
    ///
    /// # Errors
    /// The connection.
    pub fn post(&self, path: &str, session: Option<&str>, message: &Value) -> io::Result<Answer> {
        self.send(&self.signed("POST", path, session, message.to_string().as_bytes()))
    }

    /// Enrols with the one-time token of the staff console.
    ///
    /// # Errors
    /// The connection.
    pub fn enrol(&self, token: &str) -> io::Result<Answer> {
        self.post("/enrol", None, &json!({ "token": token, "public_key": BASE64.encode(&self.public_key()) }))
    }

    /// Has a card answer a fresh challenge. The answer holds the session, or says why not.
    ///
    /// # Errors
    /// The connection; a card that cannot sign.
    pub fn sign_in(&self, card: &ReadyCard) -> io::Result<Answer> {
        let challenge = self.post("/challenges", None, &json!({}))?;
        if challenge.status != 200 {
            return Ok(challenge);
        }
        let bytes = BASE64.decode(challenge.text("sign").as_bytes()).unwrap_or_default();
        let signature = card.key.sign(&bytes).map_err(io::Error::other)?;
        self.post(
            "/sessions",
            None,
            &json!({
                "challenge": challenge.text("challenge"),
                "certificate": BASE64.encode(&card.certificate),
                "signature": BASE64.encode(&signature),
            }),
        )
    }

    /// One paper from its order to its end, in this `weather`: asked for each message once, and for each repetition.
    ///
    /// # Errors
    /// The city cannot be reached at all.
    pub fn issue(&self, session: &str, order: &Order, weather: &mut dyn FnMut(Step) -> Weather) -> io::Result<Outcome> {
        let mut outcome = Outcome::default();
        match self.go_through(session, order, weather, &mut outcome) {
            Ok(true) | Err(Ok(Gone::Crashed)) => {}
            Ok(false) | Err(Ok(Gone::Stopped)) => self.give_up(&mut outcome)?,
            Err(Err(error)) => return Err(error),
        }
        Ok(outcome)
    }

    /// What a machine does that comes back after a crash: tells what the box did, ends what is open, gives money back.
    ///
    /// # Errors
    /// The city cannot be reached.
    pub fn recover(&self, outcome: &mut Outcome) -> io::Result<()> {
        let Some(request) = outcome.request.clone() else { return Ok(()) };
        if outcome.kept {
            self.post(&format!("/requests/{request}/payment-settled"), None, &json!({ "kept": true }))?;
        }
        if outcome.printed.is_some() {
            let message = json!({ "sheets": outcome.sheets });
            let said = self.post(&format!("/requests/{request}/printed"), None, &message)?;
            if said.status == 200 {
                return Ok(());
            }
        }
        self.give_up(outcome)
    }

    fn give_up(&self, outcome: &mut Outcome) -> io::Result<()> {
        let Some(request) = outcome.request.clone() else { return Ok(()) };
        let state = self.get(&format!("/requests/{request}"), None)?;
        // The box was about to keep the fee and did not.
        if state.text("state") == "taking_payment" {
            let kept = outcome.kept;
            self.post(&format!("/requests/{request}/payment-settled"), None, &json!({ "kept": kept }))?;
        }
        self.post(&format!("/requests/{request}/cancel"), None, &json!({}))?;
        let state = self.get(&format!("/requests/{request}"), None)?;
        if outcome.kept && state.text("state") == "refund_due" {
            let yen = state.json()["paid_yen"].as_i64().unwrap_or_default();
            // Announced before the box is told, so that nobody at the counter pays the same fee back.
            let announced = self.post(&format!("/requests/{request}/refund-started"), None, &json!({}))?;
            if announced.status != 200 {
                return Ok(());
            }
            outcome.refunded_yen += yen;
            self.post(&format!("/requests/{request}/refunded"), None, &json!({ "yen": yen }))?;
        }
        Ok(())
    }

    /// `Ok(false)` when the city refused.
    fn go_through(
        &self,
        session: &str,
        order: &Order,
        weather: &mut dyn FnMut(Step) -> Weather,
        outcome: &mut Outcome,
    ) -> Result<bool, io::Result<Gone>> {
        let mut say = |step, path: &str, message: &Value, outcome: &mut Outcome| {
            self.say(step, path, session, message, weather, outcome)
        };
        let begun = say(Step::Begin, "/requests", order, outcome)?;
        if begun.status != 200 {
            // The answer may have been lost: the session knows its request.
            let found = self.get("/session", Some(session)).map_err(Err)?.json();
            outcome.request = found["person"]["request"].as_str().map(ToOwned::to_owned);
            return Ok(refused(outcome, &begun));
        }
        let request = begun.text("request");
        outcome.request = Some(request.clone());
        let at = |act: &str| format!("/requests/{request}/{act}");
        let started = say(Step::PaymentStarted, &at("payment-started"), &json!({}), outcome)?;
        if started.status != 200 {
            return Ok(refused(outcome, &started));
        }
        outcome.kept = true;
        let settled = say(Step::PaymentSettled, &at("payment-settled"), &json!({ "kept": true }), outcome)?;
        if settled.status != 200 {
            return Ok(refused(outcome, &settled));
        }
        let prepared = say(Step::Prepare, &at("prepare"), &json!({}), outcome)?;
        if prepared.status != 200 {
            return Ok(refused(outcome, &prepared));
        }
        let token = json!({ "token": prepared.text("token") });
        let fetched = say(Step::Fetch, &at("fetch"), &token, outcome)?;
        if fetched.status != 200 {
            return Ok(refused(outcome, &fetched));
        }
        // The machine compares what came with what it asked for before anything is printed (I3).
        let digest = fetched.header("content-digest").and_then(|value| read_content_digest(value).ok());
        let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &fetched.body);
        let is_theirs = fetched.header("kiosk-request") == Some(request.as_str())
            && digest.is_some_and(|digest| digest == hash.as_ref());
        if !is_theirs {
            outcome.wrong.push(fetched.body);
            let report = json!({ "request": request, "what": "wrong_document" });
            self.post("/incidents", None, &report).map_err(Err)?;
            return Ok(false);
        }
        let pages = fetched.header("kiosk-pages").and_then(|pages| pages.rsplit('/').next()?.parse::<i64>().ok());
        outcome.sheets = pages.unwrap_or_default() * begun.json()["copies"].as_i64().unwrap_or(1);
        outcome.printed = Some(fetched.body);
        let message = json!({ "sheets": outcome.sheets });
        let printed = say(Step::Printed, &at("printed"), &message, outcome)?;
        Ok(printed.status == 200 || refused(outcome, &printed))
    }

    /// One message in its weather, said again when it or its answer was lost.
    fn say(
        &self,
        step: Step,
        path: &str,
        session: &str,
        message: &Value,
        weather: &mut dyn FnMut(Step) -> Weather,
        outcome: &mut Outcome,
    ) -> Result<Answer, io::Result<Gone>> {
        loop {
            let signed = || self.signed("POST", path, Some(session), message.to_string().as_bytes());
            let answer = match weather(step) {
                Weather::Fair => self.send(&signed()),
                Weather::Slow(time) => {
                    std::thread::sleep(time);
                    self.send(&signed())
                }
                Weather::Stalled(time) => self.send_in(&signed(), Some(time)),
                Weather::Twice => {
                    let bytes = signed();
                    let first = self.send(&bytes);
                    let second = self.send(&bytes).map_err(Err)?;
                    outcome.log.push((step, second.status));
                    first
                }
                Weather::OutOfOrder => {
                    if let Some(request) = &outcome.request
                        && step < Step::Fetch
                    {
                        let early = self.post(&format!("/requests/{request}/printed"), None, &json!({ "sheets": 1 }));
                        outcome.log.push((Step::Printed, early.map_err(Err)?.status));
                    }
                    self.send(&signed())
                }
                Weather::Lost => continue,
                Weather::AnswerLost => {
                    let lost = self.send(&signed()).map_err(Err)?;
                    outcome.log.push((step, lost.status));
                    continue;
                }
                Weather::Crash => return Err(Ok(Gone::Crashed)),
                Weather::CrashAfter => {
                    let unread = self.send(&signed()).map_err(Err)?;
                    outcome.log.push((step, unread.status));
                    return Err(Ok(Gone::Crashed));
                }
                Weather::Stop => return Err(Ok(Gone::Stopped)),
            };
            let answer = answer.map_err(Err)?;
            outcome.log.push((step, answer.status));
            return Ok(answer);
        }
    }
}

fn refused(outcome: &mut Outcome, answer: &Answer) -> bool {
    outcome.refusal.get_or_insert_with(|| answer.text("code"));
    false
}

fn read_answer(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pair = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let headers: Vec<(String, String)> = lines.filter_map(pair).collect();
    let mut body = bytes[end + 4..].to_vec();
    let is_chunked = headers.iter().any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    if is_chunked {
        body = unchunked(&body)?;
    }
    Some(Answer { status, headers, body })
}

fn unchunked(mut bytes: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    loop {
        let end = bytes.windows(2).position(|two| two == b"\r\n")?;
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).ok()?.trim(), 16).ok()?;
        if length == 0 {
            return Some(whole);
        }
        whole.extend_from_slice(bytes.get(end + 2..end + 2 + length)?);
        bytes = bytes.get(end + 4 + length..)?;
    }
}
