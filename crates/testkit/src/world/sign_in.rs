//! **Simulated** national sign-in app (デジタル認証アプリ): an OpenID provider of the one profile `openid` speaks.
//!
//! For: tests and the demo; never in production. By: OpenID Connect Core, RFC 7636 (PKCE), RFC 7523 (private_key_jwt). The
//! real provider's conformance is its agency's; this is our guess of its shape.
//!
//! ```text
//!   browser ── GET …/auth ──▶ page "who are you?" (says that it is simulated) ── choice ──▶ 303 back, with a code
//!   openid ─── POST …/token ▶ assertion, PKCE, code once ──▶ ID token, access token
//!          ─── GET …/userinfo, …/certs
//! ```
//! A [`Mischief`] makes it misbehave in one way an attacker or a fault would.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base::Seams;
use data_encoding::BASE64URL_NOPAD;
use openid::facts;
use openid::jwt::{Jwk, TokenKey, verify};
use serde_json::{Value, json};

/// How its page looks: one column, buttons as wide as a thumb needs.
const STYLE: &str = "body{margin:0;font:1.125rem/1.7 sans-serif;color:#1a1a1a;background:#fff}\
 main{max-width:32rem;margin:0 auto;padding:1rem}h1{font-size:1.5rem;line-height:1.4}\
 button{display:block;box-sizing:border-box;width:100%;min-height:3rem;margin:.75rem 0;padding:.5rem 1rem;font:inherit;\
 text-align:left;color:#0017c1;background:#fff;border:2px solid #0017c1;border-radius:.5rem}\
 button:focus-visible{outline:4px solid #000;outline-offset:2px}button[value=nobody]{color:#1a1a1a;border-color:#767676}";

/// Below the address of the server.
const REALM: &str = "/api/realms/main";
/// Longest request read.
const MAX_REQUEST: usize = 64 * 1024;
/// How long a token is good, in seconds.
const TOKEN_SECONDS: i64 = 300;

/// One way to misbehave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mischief {
    /// None.
    #[default]
    None,
    /// The ID token names another issuer.
    OtherIssuer,
    /// The ID token is for another relying party.
    OtherAudience,
    /// For several, without saying which asked.
    ManyAudiences,
    /// The ID token carries another nonce.
    OtherNonce,
    /// It expired an hour ago.
    Expired,
    /// It was made an hour ago.
    Old,
    /// It becomes valid in an hour.
    NotYet,
    /// A lower level than asked for.
    LowLevel,
    /// Signed with a key that the provider does not publish.
    UnpublishedKey,
    /// Signed with the key that was published before and is withdrawn now.
    WithdrawnKey,
    /// The hash of another access token.
    OtherAccessToken,
    /// The user information is about somebody else.
    OtherPerson,
    /// Every answer is an error page.
    Broken,
    /// Answers are far longer than any honest one.
    Endless,
}

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct Person {
    /// Their name at the relying party.
    pub subject: String,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// `YYYYMMDD`.
    pub birth_date: String,
    /// `1`, `2` or `9`.
    pub gender: String,
}

struct Code {
    redirect: String,
    challenge: String,
    nonce: String,
    level: String,
    person: usize,
}

struct State {
    mischief: Mischief,
    key: TokenKey,
    edition: u32,
    codes: BTreeMap<String, Code>,
    tokens: BTreeMap<String, usize>,
    used_assertions: BTreeSet<String>,
}

struct Shared {
    issuer: String,
    client_id: String,
    client_key: Jwk,
    people: Vec<Person>,
    seams: Seams,
    state: Mutex<State>,
    stopping: AtomicBool,
}

/// The running provider. Stops when dropped.
pub struct SignInApp {
    address: SocketAddr,
    shared: Arc<Shared>,
    listener: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for SignInApp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated sign-in app at {}", self.address)
    }
}

fn fresh_key(edition: u32) -> io::Result<TokenKey> {
    TokenKey::generate(&format!("simulated-{edition}")).ok_or_else(|| io::Error::other("a key"))
}

impl SignInApp {
    /// Starts on a free port of 127.0.0.1 for one relying party.
    ///
    /// # Errors
    /// No port can be opened, no key made.
    pub fn start(client_id: &str, client_key: Jwk, people: Vec<Person>, seams: Seams) -> io::Result<Self> {
        let socket = TcpListener::bind(("127.0.0.1", 0))?;
        let address = socket.local_addr()?;
        let shared = Arc::new(Shared {
            issuer: format!("http://{address}{REALM}"),
            client_id: client_id.to_owned(),
            client_key,
            people,
            seams,
            state: Mutex::new(State {
                mischief: Mischief::None,
                key: fresh_key(1)?,
                edition: 1,
                codes: BTreeMap::new(),
                tokens: BTreeMap::new(),
                used_assertions: BTreeSet::new(),
            }),
            stopping: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let listener = std::thread::Builder::new().name("simulated-sign-in".into()).spawn(move || {
            for connection in socket.incoming() {
                if served.stopping.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(connection) = connection else { continue };
                let shared = Arc::clone(&served);
                // A connection that cannot get a thread is dropped: the client sees a closed socket.
                let _ = std::thread::Builder::new().spawn(move || shared.serve(connection));
            }
        })?;
        Ok(Self { address, shared, listener: Some(listener) })
    }

    /// Its issuer.
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Misbehaves from now on.
    pub fn set_mischief(&self, mischief: Mischief) {
        self.change(|state| state.mischief = mischief);
    }

    /// Signs with a new key from now on, and publishes only that.
    ///
    /// # Errors
    /// No key can be made.
    pub fn rotate(&self) -> io::Result<()> {
        let edition = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner).edition + 1;
        let key = fresh_key(edition)?;
        self.change(|state| (state.key, state.edition) = (key, edition));
        Ok(())
    }
}

impl Drop for SignInApp {
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
struct Request {
    path: String,
    query: BTreeMap<String, String>,
    bearer: Option<String>,
    /// Whether the browser asks first for another language than Japanese.
    is_foreign: bool,
    form: BTreeMap<String, String>,
}

/// Status, content type, extra header, body.
type Reply = (u16, &'static str, Option<String>, Vec<u8>);

fn pairs(text: &str) -> BTreeMap<String, String> {
    serde_urlencoded::from_str(text).unwrap_or_default()
}

fn read_request(connection: &mut TcpStream) -> io::Result<Request> {
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
    let header = |name: &str| {
        let line = head.lines().filter_map(|line| line.split_once(':')).find(|(key, _)| key.eq_ignore_ascii_case(name));
        line.map(|(_, value)| value.trim().to_owned())
    };
    let length = header("content-length").map_or(Ok(0), |text| text.parse::<usize>()).map_err(|_| malformed())?;
    if length > MAX_REQUEST {
        return Err(malformed());
    }
    while bytes.len() < end + length {
        let count = connection.read(&mut buffer)?;
        if count == 0 {
            return Err(malformed());
        }
        bytes.extend_from_slice(&buffer[..count]);
    }
    let target = head.split_whitespace().nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Ok(Request {
        path: path.to_owned(),
        query: pairs(query),
        bearer: header("authorization").and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned)),
        is_foreign: header("accept-language").is_some_and(|asked| !asked.trim_start().starts_with("ja")),
        form: pairs(&String::from_utf8_lossy(&bytes[end..end + length])),
    })
}

fn error(code: &str) -> Reply {
    (400, "application/json", None, json!({ "error": code }).to_string().into_bytes())
}

fn answer(value: &Value) -> Reply {
    (200, "application/json", None, value.to_string().into_bytes())
}

impl Shared {
    fn serve(&self, mut connection: TcpStream) -> io::Result<()> {
        connection.set_read_timeout(Some(Duration::from_secs(10)))?;
        let request = read_request(&mut connection)?;
        let (status, kind, extra, body) = self.reply(&request);
        let extra = extra.map(|line| format!("{line}\r\n")).unwrap_or_default();
        let head = format!(
            "HTTP/1.1 {status} -\r\nServer: simulated-sign-in\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n{extra}\
             Cache-Control: no-store\r\nConnection: close\r\n\r\n",
            body.len()
        );
        connection.write_all(head.as_bytes())?;
        connection.write_all(&body)
    }

    fn reply(&self, request: &Request) -> Reply {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.mischief {
            Mischief::Broken => return (503, "text/html", None, b"<html>maintenance</html>".to_vec()),
            Mischief::Endless => return (200, "application/json", None, vec![b' '; 1024 * 1024]),
            _ => {}
        }
        match request.path.strip_prefix(REALM) {
            Some(facts::AUTHORIZATION_PATH) => self.authorize(&mut state, request),
            Some(facts::TOKEN_PATH) => self.token(&mut state, &request.form),
            Some(facts::USERINFO_PATH) => self.userinfo(&state, request.bearer.as_deref()),
            Some(facts::KEYS_PATH) => {
                let other = json!({ "kty": "RSA", "kid": "of another kind" });
                let published = match state.mischief {
                    Mischief::WithdrawnKey => vec![other],
                    _ => vec![other, json!(state.key.jwk())],
                };
                answer(&json!({ "keys": published }))
            }
            _ => (404, "text/plain", None, Vec::new()),
        }
    }

    /// The page on which a person is chosen; with `person`, the way back.
    fn authorize(&self, state: &mut State, request: &Request) -> Reply {
        let asked = |name: &str| request.query.get(name).cloned().unwrap_or_default();
        let is_sound = asked("response_type") == "code"
            && asked("client_id") == self.client_id
            && asked("code_challenge_method") == "S256"
            && !asked("code_challenge").is_empty()
            && asked("scope").split(' ').any(|scope| scope == facts::SCOPE)
            && [asked("state"), asked("nonce")].iter().all(|text| (1..=255).contains(&text.len()));
        if !is_sound {
            return error("invalid_request");
        }
        let back = |fields: &[(&str, &str)]| {
            let query = serde_urlencoded::to_string(fields).unwrap_or_default();
            (303, "text/plain", Some(format!("Location: {}?{query}", asked("redirect_uri"))), Vec::new())
        };
        match request.query.get("person").map(String::as_str) {
            None => (200, "text/html; charset=utf-8", None, self.page(request).into_bytes()),
            Some("nobody") => back(&[("error", "access_denied"), ("state", &asked("state"))]),
            Some(number) => {
                let Some(person) = number.parse().ok().filter(|at| *at < self.people.len()) else {
                    return error("invalid_request");
                };
                let code = BASE64URL_NOPAD.encode(&self.seams.random.bytes::<16>());
                let level = asked("acr_values").split(' ').next().unwrap_or_default().to_owned();
                let (redirect, challenge, nonce) = (asked("redirect_uri"), asked("code_challenge"), asked("nonce"));
                state.codes.insert(code.clone(), Code { redirect, challenge, nonce, level, person });
                back(&[("code", &code), ("state", &asked("state")), ("iss", &self.issuer)])
            }
        }
    }

    /// In one language: the browser's where it is not Japanese, since the real app's pages know nothing of ours either.
    fn page(&self, request: &Request) -> String {
        let (language, title, what, nobody) = match request.is_foreign {
            false => (
                "ja",
                "模擬のサインイン",
                "これはデジタル認証アプリではありません。体験のための模擬です。サインインする人を選んでください。",
                "同意しない",
            ),
            true => (
                "en",
                "Simulated sign-in",
                "This is not the national sign-in app but a simulation of it, for trying. Choose who signs in.",
                "I do not agree",
            ),
        };
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        let kept: String = request
            .query
            .iter()
            .map(|(name, value)| format!("<input type=hidden name=\"{}\" value=\"{}\">", escape(name), escape(value)))
            .collect();
        let people = self.people.iter().enumerate().map(|(at, person)| (at.to_string(), person.name.as_str()));
        let buttons: String = people
            .chain([("nobody".to_owned(), nobody)])
            .map(|(value, name)| format!("<button name=person value=\"{value}\">{}</button>", escape(name)))
            .collect();
        format!(
            "<!doctype html><html lang={language}><meta charset=utf-8>\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\
             <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1><p>{what}</p>\
             <form>{kept}{buttons}</form></main></html>"
        )
    }

    /// Checks who asks (private_key_jwt); each assertion is good once.
    fn is_the_client(&self, state: &mut State, form: &BTreeMap<String, String>) -> bool {
        let assertion = form.get("client_assertion").map(String::as_str).unwrap_or_default();
        let Ok(claims) = verify(assertion, std::slice::from_ref(&self.client_key)) else { return false };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let time = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
        let now = self.seams.now().seconds();
        text("iss") == self.client_id
            && text("sub") == self.client_id
            && text("aud") == format!("{}{}", self.issuer, facts::TOKEN_PATH)
            && time("iat") <= now + facts::CLOCK_SKEW_SECONDS
            && time("exp") > now
            && !text("jti").is_empty()
            && state.used_assertions.insert(text("jti").to_owned())
    }

    fn token(&self, state: &mut State, form: &BTreeMap<String, String>) -> Reply {
        if !self.is_the_client(state, form) {
            return error("invalid_client");
        }
        let asked = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        if asked("grant_type") == "client_credentials" {
            let id = BASE64URL_NOPAD.encode(&self.seams.random.bytes::<16>());
            return answer(&json!({ "access_token": "none", "token_type": "Bearer", (facts::SIGN_TRANSACTION): id }));
        }
        // Used up, whatever comes of it.
        let Some(code) = state.codes.remove(asked("code")) else { return error("invalid_grant") };
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, asked("code_verifier").as_bytes()).as_ref());
        if asked("grant_type") != "authorization_code"
            || challenge != code.challenge
            || asked("redirect_uri") != code.redirect
        {
            return error("invalid_grant");
        }
        let access = BASE64URL_NOPAD.encode(&self.seams.random.bytes::<16>());
        state.tokens.insert(access.clone(), code.person);
        let claims = self.claims(state.mischief, &code, &access);
        let stranger = fresh_key(0);
        let key = match (state.mischief, &stranger) {
            (Mischief::UnpublishedKey, Ok(stranger)) => stranger,
            _ => &state.key,
        };
        let token = key.sign(&claims).unwrap_or_default();
        answer(
            &json!({ "access_token": access, "id_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS }),
        )
    }

    fn claims(&self, mischief: Mischief, code: &Code, access: &str) -> Value {
        let now = self.seams.now().seconds();
        let of = if mischief == Mischief::OtherAccessToken { "another" } else { access };
        let hash = BASE64URL_NOPAD.encode(&digest(&SHA256, of.as_bytes()).as_ref()[..16]);
        let subject = self.people.get(code.person).map(|person| person.subject.as_str()).unwrap_or_default();
        let mut claims = json!({
            "iss": self.issuer, "sub": subject, "aud": self.client_id, "nonce": code.nonce, "acr": code.level,
            "iat": now, "exp": now + TOKEN_SECONDS, "at_hash": hash,
        });
        match mischief {
            Mischief::OtherIssuer => claims["iss"] = json!(format!("{}/", self.issuer)),
            Mischief::OtherAudience => claims["aud"] = json!("another"),
            Mischief::ManyAudiences => claims["aud"] = json!([self.client_id, "another"]),
            Mischief::OtherNonce => claims["nonce"] = json!("another"),
            Mischief::Expired => claims["exp"] = json!(now - 3600),
            Mischief::Old => claims["iat"] = json!(now - 3600),
            Mischief::NotYet => claims["nbf"] = json!(now + 3600),
            Mischief::LowLevel => claims["acr"] = json!("aal1"),
            _ => {}
        }
        claims
    }

    fn userinfo(&self, state: &State, bearer: Option<&str>) -> Reply {
        let person = bearer.and_then(|token| state.tokens.get(token)).and_then(|at| self.people.get(*at));
        let Some(person) = person else { return (401, "text/plain", None, Vec::new()) };
        let subject = if state.mischief == Mischief::OtherPerson { "another" } else { &person.subject };
        answer(&json!({
            "sub": subject, (facts::NAME): person.name, (facts::ADDRESS): { "formatted": person.address },
            (facts::BIRTH_DATE): person.birth_date, (facts::GENDER): person.gender,
        }))
    }
}
