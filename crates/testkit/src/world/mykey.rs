//! **Simulated** マイキープラットフォーム, as a library reaches it: links between IDs and patron numbers, look-ups by card.
//!
//! For: tests, and the demo, which says so; never in production. The real interface is not public to us: this speaks the shape of `tools::mykey::facts`,
//! which is recalled and guessed, and written here apart from the client that is tested.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use super::listener::Listener;
use super::push_service::Request;

#[derive(Default)]
struct State {
    /// Which ID a certificate's hash belongs to.
    cards: BTreeMap<String, String>,
    /// By library and ID.
    links: BTreeMap<(String, String), String>,
    fields: BTreeSet<String>,
    asked: u32,
    is_nonsense: bool,
}

struct Shared {
    secret: String,
    state: Mutex<State>,
}

/// A running one; stops when dropped.
pub struct MyKey {
    shared: Arc<Shared>,
    listener: Listener,
}

fn hash(certificate: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, certificate).as_ref())
}

impl MyKey {
    /// Starts on a free port of 127.0.0.1 for libraries with this secret.
    ///
    /// # Errors
    /// No port can be opened.
    pub fn start(secret: &str) -> io::Result<Self> {
        let shared = Arc::new(Shared { secret: secret.to_owned(), state: Mutex::default() });
        let served = Arc::clone(&shared);
        let listener =
            Listener::start("simulated-mykey", "application/json", move |request| Some(served.reply(request)))?;
        Ok(Self { shared, listener })
    }

    /// Its origin.
    pub fn origin(&self) -> String {
        self.listener.origin()
    }

    fn state<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.shared.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A person makes this ID with the card of this certificate.
    pub fn register(&self, id: &str, certificate: &[u8]) {
        self.state(|state| state.cards.insert(hash(certificate), id.to_owned()));
    }

    /// A library linked this ID before.
    pub fn link_before(&self, library: &str, id: &str, number: &str) {
        self.state(|state| state.links.insert((library.to_owned(), id.to_owned()), number.to_owned()));
    }

    /// A card is renewed: the platform follows.
    pub fn renew(&self, old: &[u8], new: &[u8]) {
        self.state(|state| {
            if let Some(id) = state.cards.remove(&hash(old)) {
                state.cards.insert(hash(new), id);
            }
        });
    }

    /// Every name of a field that was ever sent.
    pub fn fields(&self) -> Vec<String> {
        self.state(|state| state.fields.iter().cloned().collect())
    }

    /// How often it was asked anything.
    pub fn asked(&self) -> u32 {
        self.state(|state| state.asked)
    }

    /// Answers look-ups with something else from now on.
    pub fn answers_nonsense(&self) {
        self.state(|state| state.is_nonsense = true);
    }
}

impl Shared {
    fn reply(&self, request: &Request) -> (u16, String) {
        let bearer = request.headers.get("authorization").and_then(|all| all.first()?.strip_prefix("Bearer "));
        if bearer != Some(self.secret.as_str()) {
            return (401, "{}".into());
        }
        let Ok(Value::Object(sent)) = serde_json::from_slice(&request.body) else { return (400, "{}".into()) };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.fields.extend(sent.keys().cloned());
        state.asked += 1;
        let text = |name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let key = (text("library"), text("mykey_id"));
        match request.path.as_str() {
            "/api/v1/links" if !state.cards.values().any(|id| *id == key.1) => (404, "{}".into()),
            "/api/v1/links" => match state.links.get(&key) {
                Some(there) if *there != text("patron_number") => (409, "{}".into()),
                _ => {
                    state.links.insert(key, text("patron_number"));
                    (200, "{}".into())
                }
            },
            "/api/v1/links/end" => (if state.links.remove(&key).is_some() { 200 } else { 404 }, "{}".into()),
            "/api/v1/lookup" if state.is_nonsense => (200, "[]".into()),
            "/api/v1/lookup" => {
                let id = state.cards.get(&text("certificate_hash")).cloned();
                let number = id.and_then(|id| state.links.get(&(key.0, id)).cloned());
                number.map_or((404, "{}".into()), |number| (200, json!({ "patron_number": number }).to_string()))
            }
            _ => (404, "{}".into()),
        }
    }
}
