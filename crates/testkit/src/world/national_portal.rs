//! **Simulated** national portal (マイナポータル), as a municipality's system reaches it: applications to be fetched, their
//! states, notices handed in.
//!
//! For: tests and the demo; never in production. The real interface's specification is not public to us: this speaks the shape
//! of `tools::national_portal::facts`, which is recalled and guessed, and written here apart from the client that is tested.
//!
//! ```text
//!   POST /api/v1/login ─► token, good for some calls        GET /api/v1/applications?page=N ─► list, has_more
//!   GET  /api/v1/applications/{receipt} ─► data             POST …/{receipt}/status, POST /api/v1/notices
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use super::listener::{Listener, Reply};
use super::push_service::Request;

/// Applications on a page of the list.
const PAGE: usize = 2;

/// One way to misbehave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Mischief {
    /// None.
    #[default]
    None,
    /// A sign-in is good for so many calls only.
    ShortSignIns(u32),
    /// The last application of each page stands on the next one again.
    TwiceOnTheList,
    /// The data of this receipt number is cut off in the middle.
    CutOff(String),
    /// The connection is closed without an answer when the data of this receipt number is asked for.
    SilentAt(String),
    /// It takes a state or a notice, and closes the connection without saying so.
    TakesSilently,
    /// Every answer is an error of its own.
    Broken,
}

/// An application.
#[derive(Clone, Debug)]
pub struct Application {
    /// Its receipt number (受付番号).
    pub receipt_number: String,
    /// What is applied for: code and words.
    pub procedure: (String, String),
    /// When it was sent, RFC 3339.
    pub applied_at: String,
    /// The applicant: name, birth date, address, sex.
    pub applicant: [String; 4],
    /// Questions and answers.
    pub answers: Vec<(String, String)>,
}

#[derive(Default)]
struct State {
    mischief: Mischief,
    applications: Vec<Application>,
    /// Calls left of each sign-in.
    tokens: BTreeMap<String, u32>,
    sign_ins: u32,
    fetched: Vec<String>,
    /// Each state that was told, in order.
    statuses: Vec<(String, String)>,
    notices: BTreeMap<String, Value>,
}

struct Shared {
    client: (String, String),
    state: Mutex<State>,
}

/// A running one; stops when dropped.
pub struct NationalPortal {
    shared: Arc<Shared>,
    listener: Listener,
}

impl std::fmt::Debug for NationalPortal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated national portal at {}", self.origin())
    }
}

impl NationalPortal {
    /// Starts on a free port of 127.0.0.1 for one municipality.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(client_id: &str, client_secret: &str, applications: Vec<Application>) -> io::Result<Self> {
        let state = Mutex::new(State { applications, ..State::default() });
        let shared = Arc::new(Shared { client: (client_id.to_owned(), client_secret.to_owned()), state });
        let served = Arc::clone(&shared);
        let listener =
            Listener::start("simulated-national-portal", "application/json", move |request| served.reply(request))?;
        Ok(Self { shared, listener })
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        self.listener.origin()
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Misbehaves from now on.
    pub fn set_mischief(&self, mischief: Mischief) {
        self.state(|state| state.mischief = mischief);
    }

    /// Another application comes.
    pub fn add(&self, application: Application) {
        self.state(|state| state.applications.push(application));
    }

    /// Receipt numbers whose data was given, in order.
    pub fn fetched(&self) -> Vec<String> {
        self.state(|state| state.fetched.clone())
    }

    /// States that were told, in order.
    pub fn statuses(&self) -> Vec<(String, String)> {
        self.state(|state| state.statuses.clone())
    }

    /// How many notices there are.
    pub fn notices(&self) -> usize {
        self.state(|state| state.notices.len())
    }

    /// How often somebody signed in.
    pub fn sign_ins(&self) -> u32 {
        self.state(|state| state.sign_ins)
    }
}

impl Shared {
    fn reply(&self, request: &Request) -> Reply {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.mischief == Mischief::Broken {
            return Some((500, "{}".into()));
        }
        let (path, query) = request.path.split_once('?').unwrap_or((request.path.as_str(), ""));
        if path == "/api/v1/login" {
            return self.sign_in(&mut state, &request.body);
        }
        let bearer = request.headers.get("authorization").and_then(|all| all.first()?.strip_prefix("Bearer "));
        let left = bearer.and_then(|token| state.tokens.get_mut(token)).filter(|left| **left > 0);
        let Some(left) = left else { return Some((401, "{}".into())) };
        *left -= 1;
        match path.strip_prefix("/api/v1/").map(|rest| rest.split('/').collect::<Vec<_>>()).as_deref() {
            Some(["applications"]) => Some((200, state.page(query))),
            Some(["applications", receipt]) => state.data(receipt),
            Some(["applications", receipt, "status"]) => state.take_status(receipt, &request.body),
            Some(["notices"]) => state.take_notice(&request.body),
            _ => Some((404, "{}".into())),
        }
    }

    fn sign_in(&self, state: &mut State, form: &[u8]) -> Reply {
        let form = String::from_utf8_lossy(form);
        let said: BTreeSet<&str> = form.split('&').collect();
        let (id, secret) = (format!("client_id={}", self.client.0), format!("client_secret={}", self.client.1));
        if !said.contains(id.as_str()) || !said.contains(secret.as_str()) {
            return Some((401, "{}".into()));
        }
        state.sign_ins += 1;
        let calls = if let Mischief::ShortSignIns(calls) = state.mischief { calls } else { u32::MAX };
        let token = format!("simulated-{}", state.sign_ins);
        state.tokens.insert(token.clone(), calls);
        Some((200, json!({ "token": token }).to_string()))
    }
}

impl State {
    fn page(&self, query: &str) -> String {
        let page: usize = query.strip_prefix("page=").and_then(|text| text.parse().ok()).unwrap_or(1).max(1);
        let mut from = (page - 1) * PAGE;
        if self.mischief == Mischief::TwiceOnTheList {
            from = from.saturating_sub(1);
        }
        let until = (page * PAGE).min(self.applications.len());
        let shown = self.applications.get(from.min(until)..until).unwrap_or_default();
        let applications: Vec<Value> = shown
            .iter()
            .map(|one| {
                json!({
                    "receipt_number": one.receipt_number, "procedure_code": one.procedure.0,
                    "procedure_name": one.procedure.1, "applied_at": one.applied_at,
                })
            })
            .collect();
        json!({ "applications": applications, "has_more": until < self.applications.len() }).to_string()
    }

    fn data(&mut self, receipt: &str) -> Reply {
        if self.mischief == Mischief::SilentAt(receipt.to_owned()) {
            return None;
        }
        let Some(one) = self.applications.iter().find(|one| one.receipt_number == receipt) else {
            return Some((404, "{}".into()));
        };
        let [name, birth_date, address, sex] = &one.applicant;
        let answers: Vec<Value> =
            one.answers.iter().map(|(label, value)| json!({ "label": label, "value": value })).collect();
        let body = json!({
            "receipt_number": receipt, "answers": answers,
            "applicant": { "name": name, "birth_date": birth_date, "address": address, "sex": sex },
        })
        .to_string();
        self.fetched.push(receipt.to_owned());
        if self.mischief == Mischief::CutOff(receipt.to_owned()) {
            return Some((200, body.chars().take(40).collect()));
        }
        Some((200, body))
    }

    fn take_status(&mut self, receipt: &str, body: &[u8]) -> Reply {
        let status =
            serde_json::from_slice::<Value>(body).ok().and_then(|told| Some(told["status"].as_str()?.to_owned()));
        let known = ["RECEIVED", "IN_PROGRESS", "COMPLETED", "RETURNED"];
        let Some(status) = status.filter(|status| known.contains(&status.as_str())) else {
            return Some((400, "{}".into()));
        };
        if !self.applications.iter().any(|one| one.receipt_number == receipt) {
            return Some((404, "{}".into()));
        }
        self.statuses.push((receipt.to_owned(), status));
        if self.mischief == Mischief::TakesSilently { None } else { Some((204, String::new())) }
    }

    fn take_notice(&mut self, body: &[u8]) -> Reply {
        let told = serde_json::from_slice::<Value>(body).ok();
        let id = told.as_ref().and_then(|told| Some(told["id"].as_str()?.to_owned()));
        let Some((id, told)) = id.zip(told).filter(|(_, told)| told["title"].is_string() && told["body"].is_string())
        else {
            return Some((400, "{}".into()));
        };
        // Handed in again under the same id, it is one.
        self.notices.entry(id).or_insert(told);
        if self.mischief == Mischief::TakesSilently { None } else { Some((201, "{}".into())) }
    }
}
