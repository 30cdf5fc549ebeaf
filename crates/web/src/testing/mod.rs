//! An app on fresh databases, and visitors who knock at it: HTTP tests in three lines, on both engines.
//!
//! ```no_run
//! # use yakuba_web as web; use web::testing::TestDoor; use tools::staff::Role;
//! store::testing::for_each_engine(|database| {
//!     let door = TestDoor::open(database);
//!     let mut clerk = door.staff(&[Role::CounterClerk]);
//!     assert_eq!(clerk.get("/staff").status, 200);
//! });
//! ```
//!
//! A [`Visitor`] keeps cookies as a browser does, says `Sec-Fetch-Site: same-origin`, and puts the form token into what
//! it posts. Everything blocks; no async in tests.
//!
//! [`cards`] has cards that really sign and a reader for them, [`agent`] a card agent on somebody's PC.

pub mod agent;
pub mod cards;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, header};
use base::{Config, Id};
use store::StoreError;
use store::testing::TestDatabase;
use tools::access::Actor;
use tools::credentials::tap_rules::Attendance;
use tools::credentials::{self, CredentialError, numbers};
use tools::portal::account::PROFILE_COLUMN;
use tools::portal::{AccountId, AccountState, Assurance, Profile};
use tools::staff::Role;
use tools::terminals::{self, Sort};
use tools::{CityProfile, Inside, Outside, ResidentId};
use tower::ServiceExt as _;

use crate::app::{App, Settings};
use crate::limits::Limits;
use crate::routes::Routes;
use crate::session::{self, Door, Secret};

/// The port in every address of a test.
pub const PORT: u16 = 8080;

/// An app on fresh databases.
pub struct TestDoor {
    /// The databases, clock and faults.
    pub database: TestDatabase,
    /// The app.
    pub app: Arc<App>,
    router: Router,
    runtime: tokio::runtime::Runtime,
}

#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot begin must stop")]
impl TestDoor {
    /// A demo city without limits on how often one may knock.
    pub fn open(database: TestDatabase) -> Self {
        Self::with(database, |_| {})
    }

    /// The same, after `change` has set things differently.
    pub fn with(database: TestDatabase, change: impl FnOnce(&mut App)) -> Self {
        let profile = Arc::new(CityProfile::demo(&format!("http://127.0.0.1:{PORT}")));
        let inside = Inside {
            seams: database.seams.clone(),
            store: database.inside(),
            cards: database.cards(),
            vault: database.vault(),
            profile: profile.clone(),
            demo: true,
        };
        let outside = Outside {
            seams: database.seams.clone(),
            store: database.outside(),
            vault: database.outside_vault(),
            profile,
        };
        let settings = Settings::from_config(&Config::default(), PORT);
        let mut app =
            App::new(Some(Arc::new(inside)), Some(Arc::new(outside)), settings).expect("both zones are given");
        app.limits = Limits::none();
        change(&mut app);
        let app = Arc::new(app);
        let router = Routes::of(app.zone()).into_router(app.clone());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime can be made");
        Self { database, app, router, runtime }
    }

    /// Serves at `listener` until this door is dropped, for clients of others.
    pub fn serve(&self, listener: std::net::TcpListener) {
        let router = self.router.clone();
        self.runtime.spawn(async move {
            listener.set_nonblocking(true).expect("a listener can be made non-blocking");
            let listener = tokio::net::TcpListener::from_std(listener).expect("a runtime takes a listener");
            let service = router.into_make_service_with_connect_info::<SocketAddr>();
            axum::serve(listener, service).await.expect("a listener serves");
        });
    }

    /// The inside zone.
    pub fn inside(&self) -> &Inside {
        self.app.inside.as_ref().expect("the test app has an inside")
    }

    /// Somebody nobody knows, at another machine.
    pub fn stranger(&self) -> Visitor<'_> {
        Visitor { door: self, cookies: BTreeMap::new(), headers: Vec::new(), peer: "203.0.113.7:40000".to_owned() }
    }

    /// Somebody nobody knows, at this very machine.
    pub fn neighbour(&self) -> Visitor<'_> {
        Visitor { peer: "127.0.0.1:40000".to_owned(), ..self.stranger() }
    }

    /// A new member of staff with these roles, signed in.
    pub fn staff(&self, roles: &[Role]) -> Visitor<'_> {
        let inside = self.inside().clone();
        let roles = roles.to_vec();
        let secret = inside
            .store
            .clone()
            .write(move |tx| {
                let by = Actor::System { job: "test" };
                let account = tools::staff::add(tx, &inside.seams, &by, "試験 職員", "市民課", &roles)?;
                session::start(tx, &inside.seams, Door::Staff, &account.id.to_string(), None)
            })
            .expect("an account can be made");
        let mut visitor = self.stranger();
        visitor.keep(Door::Staff.cookie(false), &secret);
        visitor
    }

    /// A new account of the portal, open, with a session in which its person is known this far.
    pub fn resident(&self, level: Assurance) -> (AccountId, Visitor<'_>) {
        let outside = self.app.outside.as_ref().expect("the test app has an outside").clone();
        let account = AccountId::fresh(&outside.seams);
        let profile = Profile {
            name: "見本 花子".to_owned(),
            kana: "ミホン ハナコ".to_owned(),
            birth_date: base::Date::parse("1980-04-01").expect("a date"),
        };
        let sealed = serde_json::to_vec(&profile).expect("a profile is written");
        let sealed =
            outside.vault.seal(&account.sealed_under(), PROFILE_COLUMN, &sealed).expect("a profile can be sealed");
        let secret = Secret::fresh(&outside.seams);
        let (key, seams) = (secret.key(), outside.seams.clone());
        outside
            .store
            .write::<_, store::StoreError, _>(move |tx| {
                tools::portal::account::make(tx, seams.now(), account)?;
                tools::portal::account::set_state(tx, seams.now(), account, AccountState::Open, Some(&sealed))?;
                tools::portal::session::start(tx, &seams, &key, account, level, tools::portal::session::Place::Own)
            })
            .expect("an account can be made");
        let mut visitor = self.stranger();
        visitor.keep(session::portal_cookie(false), &secret);
        (account, visitor)
    }

    /// The person of this account at another browser, known this far just now.
    pub fn again(&self, account: AccountId, level: Assurance) -> Visitor<'_> {
        let outside = self.app.outside.as_ref().expect("the test app has an outside").clone();
        let secret = Secret::fresh(&outside.seams);
        let (key, seams) = (secret.key(), outside.seams.clone());
        outside
            .store
            .write::<_, store::StoreError, _>(move |tx| {
                tools::portal::session::start(tx, &seams, &key, account, level, tools::portal::session::Place::Own)
            })
            .expect("a session can be made");
        let mut visitor = self.stranger();
        visitor.keep(session::portal_cookie(false), &secret);
        visitor
    }

    /// The browser of a newly enrolled machine.
    pub fn terminal(&self) -> Visitor<'_> {
        self.terminal_of(Sort::WardOffice, "1号機", "本庁舎1階", None).1
    }

    /// A newly enrolled terminal of this sort and its browser; who watches it, where somebody declared so.
    pub fn terminal_of(
        &self,
        sort: Sort,
        name: &'static str,
        place: &'static str,
        attendance: Option<Attendance>,
    ) -> (Id, Visitor<'_>) {
        let (store, seams) = (&self.inside().store, self.inside().seams.clone());
        let (terminal, secret) = store
            .write::<_, StoreError, _>(move |tx| {
                let by = Actor::System { job: "test" };
                let enrolled = terminals::enrol_here_as(tx, &seams, &by, sort, name, place)?;
                if let Some(attendance) = attendance {
                    terminals::declare_attendance(tx, &seams, &by, enrolled.0.id, attendance)?;
                }
                Ok(enrolled)
            })
            .expect("a terminal can be enrolled");
        let mut visitor = self.neighbour();
        let value = data_encoding::BASE64URL_NOPAD.encode(&secret.0);
        visitor.cookies.insert(session::terminal_cookie(false).to_owned(), value);
        (terminal.id, visitor)
    }

    /// Gives somebody a tag with this number, for a year.
    pub fn give_tag(&self, who: &ResidentId, number: &str) {
        let (inside, who) = (self.inside().clone(), who.clone());
        let tag = numbers::tag(number).expect("a tag's number");
        let until = inside.seams.now().plus_seconds(365 * 86_400);
        let linked = inside.store.clone().write::<_, CredentialError, _>(move |tx| {
            let by = Actor::System { job: "test" };
            credentials::enrol_token(tx, &inside.vault, &inside.seams, &by, &who, until, &tag)
        });
        linked.expect("the database takes it").expect("the tag is linked");
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct Visitor<'a> {
    door: &'a TestDoor,
    /// Cookies kept so far.
    pub cookies: BTreeMap<String, String>,
    /// Further headers of each request.
    pub headers: Vec<(String, String)>,
    /// The network address requests come from.
    pub peer: String,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> Option<&str> {
        self.headers.get(header::LOCATION)?.to_str().ok()
    }

    /// The text between the first `before` and the next `after`.
    pub fn between(&self, before: &str, after: &str) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once(before)?;
        Some(rest.split_once(after)?.0.to_owned())
    }
}

#[expect(clippy::expect_used, reason = "this module serves tests only; a test that cannot ask must stop")]
impl Visitor<'_> {
    fn keep(&mut self, name: &str, secret: &Secret) {
        self.cookies.insert(name.to_owned(), secret.cookie_value());
    }

    /// With a further header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Opens a page.
    pub fn get(&mut self, address: &str) -> Answer {
        self.send("GET", address, None, Vec::new())
    }

    /// Sends a form, with the form token of whoever this visitor is.
    pub fn post(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let token = self.token(address);
        let mut all: Vec<(&str, &str)> = fields.to_vec();
        if let Some(token) = &token {
            all.push(("csrf", token));
        }
        self.post_bare(address, &all)
    }

    /// Sends a form exactly as given, without a token.
    pub fn post_bare(&mut self, address: &str, fields: &[(&str, &str)]) -> Answer {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{}={}", escape(name), escape(value)))
            .collect::<Vec<_>>()
            .join("&");
        self.send("POST", address, Some("application/x-www-form-urlencoded"), body.into_bytes())
    }

    /// Sends JSON as one of our scripts does, with the token in `x-csrf`.
    pub fn post_json(&mut self, address: &str, body: &str) -> Answer {
        let token = self.token(address);
        let before = self.headers.len();
        self.headers.push(("accept".to_owned(), "application/json".to_owned()));
        self.headers.extend(token.map(|token| ("x-csrf".to_owned(), token)));
        let answer = self.send("POST", address, Some("application/json"), body.as_bytes().to_vec());
        self.headers.truncate(before);
        answer
    }

    /// The form token for `address`: of the session if there is one, else of the terminal.
    pub fn token(&self, address: &str) -> Option<String> {
        let path = address.split('?').next().unwrap_or(address);
        [
            Door::Staff.cookie(false),
            Door::Kiosk.cookie(false),
            session::terminal_cookie(false),
            session::portal_cookie(false),
        ]
        .iter()
        .find_map(|name| Secret::parse(self.cookies.get(*name)?))
        .map(|secret| match self.represented(&secret) {
            Some(whom) => secret.csrf_key().about(&whom).token(path),
            None => secret.csrf_key().token(path),
        })
    }

    /// For whom somebody in the portal acts.
    fn represented(&self, secret: &Secret) -> Option<String> {
        let outside = self.door.app.outside.as_ref()?;
        let sql = "SELECT acting_for FROM portal_sessions WHERE session_hash = $1";
        let row =
            outside.store.read::<_, store::StoreError, _>(|tx| tx.query_one(sql, &[secret.key().into()])).ok()??;
        row.opt_text(0).ok()?.map(str::to_owned)
    }

    /// Sends anything.
    pub fn send(&mut self, method: &str, address: &str, content_type: Option<&str>, body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(address);
        let headers = &self.headers;
        let mut default = |name: &str, value: &str| {
            if !headers.iter().any(|(given, _)| given == name) {
                request.headers_mut().and_then(|all| {
                    let name = header::HeaderName::from_bytes(name.as_bytes()).ok()?;
                    all.insert(name, value.parse().ok()?)
                });
            }
        };
        default("host", &format!("localhost:{PORT}"));
        default("sec-fetch-site", "same-origin");
        default("accept", "text/html");
        if let Some(content_type) = content_type {
            default("content-type", content_type);
        }
        if !self.cookies.is_empty() {
            let line: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            default("cookie", &line.join("; "));
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let peer: SocketAddr = self.peer.parse().expect("a visitor's address is one");
        let request = request.extension(ConnectInfo(peer)).body(Body::from(body)).expect("a request can be built");
        let router = self.door.router.clone();
        let (parts, bytes) = self.door.runtime.block_on(async move {
            let Ok(response) = router.oneshot(request).await;
            let (parts, body) = response.into_parts();
            (parts, axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default())
        });
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            self.remember(cookie.to_str().unwrap_or_default());
        }
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes: bytes.to_vec() }
    }

    fn remember(&mut self, set_cookie: &str) {
        let Some((name, value)) = set_cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { return };
        if set_cookie.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => char::from(byte).to_string(),
            b' ' => "+".to_owned(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

/// Ids that stand more than once on a page: labels and scripts find only the first.
pub fn ids_twice(page: &str) -> Vec<&str> {
    let mut ids: Vec<_> = page.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    ids.sort_unstable();
    let twice = ids.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    twice.collect()
}
