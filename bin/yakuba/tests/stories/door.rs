//! A city whose kiosk protocol is open at a real socket, inside this very program: for stories that turn the clock and look
//! into the tables.

use std::sync::{Arc, OnceLock};

use base::{ManualClock, Seams, Timestamp};
use pki::SigningKey;
use pki::jpki_profile::JudgedCertificate;
use pki::revocation::{SourceKind, Standing, Status, StatusError, StatusSource};
use services::convenience_certificates::{Composer, Issuer, State, requests};
use store::StoreError;
use testkit::world::centre::{Answer, Machine, ReadyCard};
use tools::Inside;
use tools::access::Actor;
use tools::terminals::{self, Sort};
use web::kiosk_api::Desk;
use web::limits::Limits;
use web::{App, Settings};

use crate::city::Fixture;

/// Certificates are in force whenever it is asked: these stories are not about them.
pub struct InForce;

impl StatusSource for InForce {
    fn status(&self, _: &JudgedCertificate, now: Timestamp) -> Result<Status, StatusError> {
        Ok(Status { standing: Standing::Good, source: SourceKind::Ocsp, as_of: now })
    }
}

/// The open door.
pub struct Door<'a> {
    /// The city behind it.
    pub fixture: &'a Fixture,
    /// `127.0.0.1:PORT`.
    pub address: String,
    /// What it issues with.
    pub issuer: Issuer,
    /// The people at its machines.
    pub desk: Arc<Desk>,
    /// Its clock: stands still until moved.
    pub clock: Arc<ManualClock>,
    /// Keeps the threads that answer.
    _runtime: tokio::runtime::Runtime,
}

impl<'a> Door<'a> {
    /// Opened by the city's usual composer, for at most `most` people.
    pub fn open(fixture: &'a Fixture, most: usize) -> Self {
        Self::open_with(fixture, most, fixture.issuer.composer.clone())
    }

    /// Opened with another composer.
    pub fn open_with(fixture: &'a Fixture, most: usize, composer: Arc<Composer>) -> Self {
        let now = fixture.inside().seams.now();
        let clock = Arc::new(ManualClock::starting_at(now));
        let seams = Seams { clock: clock.clone(), random: Arc::new(base::SystemRandom) };
        let city = fixture.with_seams(seams);
        let issuer = Issuer { city: city.clone(), status: Arc::new(InForce), composer, ..fixture.issuer.clone() };
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let settings = Settings::from_config(fixture.city.config(), port);
        let outside = Arc::new(fixture.city.outside().clone());
        let Ok(mut app) = App::new(Some(Arc::new(city)), Some(outside), settings) else { panic!("no door") };
        let desk = Arc::new(Desk::new(issuer.clone(), most));
        (app.desk, app.limits) = (Some(desk.clone()), Limits::none());
        app.applications = Some(Arc::new(fixture.applications()));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            web::serve::serve(listener, Arc::new(app), std::future::pending()).await
        });
        Self { fixture, address: format!("127.0.0.1:{port}"), issuer, desk, clock, _runtime: runtime }
    }

    /// The city by this door's clock.
    pub fn city(&self) -> &Inside {
        &self.issuer.city
    }

    /// A one-time token for a new machine.
    pub fn token(&self) -> String {
        announced(self.city())
    }

    /// An enrolled machine.
    pub fn machine(&self) -> Machine {
        let machine = Machine::new(&self.address, self.city().seams.clone()).unwrap();
        let enrolled = machine.enrol(&self.token()).unwrap();
        assert_eq!(enrolled.status, 200, "{}", enrolled.json());
        machine
    }

    /// The card of this sample, as its holder hands it over with the PIN typed.
    pub fn card(&self, kind: &str) -> ReadyCard {
        card(self.fixture, kind)
    }

    /// The session of this sample at `machine`.
    pub fn session(&self, machine: &Machine, kind: &str) -> String {
        let answer = machine.sign_in(&self.card(kind)).unwrap();
        assert_eq!(answer.status, 200, "{kind}: {}", answer.json());
        answer.text("session")
    }

    /// Where a request stands.
    pub fn state(&self, request: &str) -> State {
        let id = base::Id::parse(request).unwrap();
        let found = self.city().store.read::<_, StoreError, _>(|tx| requests::find(tx, id)).unwrap();
        found.unwrap().state
    }

    /// Changes a row as nothing in the house would.
    pub fn tamper(&self, sql: &'static str, values: &[&str]) {
        let values: Vec<store::Value> = values.iter().map(|value| (*value).into()).collect();
        self.city().store.write::<_, StoreError, _>(move |tx| tx.execute(sql, &values).map(|_| ())).unwrap();
    }
}

/// A one-time token for a new machine of a store.
pub fn announced(city: &Inside) -> String {
    let seams = city.seams.clone();
    let by = Actor::System { job: "test" };
    let announced =
        city.store.write(move |tx| terminals::announce_sort(tx, &seams, &by, Sort::Store, "模擬端末", "駅前店"));
    announced.unwrap().1.reveal().to_owned()
}

/// The card of this sample.
pub fn card(fixture: &Fixture, kind: &str) -> ReadyCard {
    let contents = yakuba::cards::stored(fixture.inside(), &fixture.sample(kind)).unwrap_or_else(|_| panic!("{kind}"));
    let own = contents.unwrap_or_else(|| panic!("{kind} has no card")).user_authentication;
    ReadyCard { key: SigningKey::from_pkcs8(&own.private_key_pkcs8).unwrap(), certificate: own.certificate }
}

/// The protocol's document.
pub fn protocol() -> &'static serde_json::Value {
    static DOCUMENT: OnceLock<serde_json::Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::from_str(web::kiosk_api::OPENAPI).unwrap())
}

/// Panics unless `answer` to `method path` is one that the protocol's document names, to the field.
pub fn as_documented(method: &str, path: &str, answer: &Answer) {
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |documented: &&String| {
        let documented: Vec<&str> = documented.trim_start_matches("/kiosk-api/v1").split('/').collect();
        documented.len() == parts.len()
            && documented.iter().zip(&parts).all(|(one, part)| one.starts_with('{') || one == part)
    };
    let paths = protocol()["paths"].as_object().unwrap();
    let documented = paths.keys().find(fits).unwrap_or_else(|| panic!("{path} is not documented"));
    let response = &paths[documented][method.to_ascii_lowercase()]["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{method} {path}: {} is not documented", answer.status);
    let content = answer.header("content-type").unwrap_or_default().split(';').next().unwrap().to_owned();
    let schema = &response["content"][&content]["schema"];
    assert!(schema.is_object() || path == "/openapi.json", "{method} {path}: {content}");
    if content == "application/json" && path != "/openapi.json" {
        check(schema, &answer.json(), &format!("{method} {path} {}", answer.status));
    }
}

/// As much of JSON Schema as the document uses.
fn check(schema: &serde_json::Value, value: &serde_json::Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return check(&protocol()["components"]["schemas"][name.rsplit('/').next().unwrap()], value, place);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let kind = if value.is_null() { "null" } else { "object" };
        let fitting = choices.iter().find(|one| one["type"] == kind).unwrap_or_else(|| panic!("{place}: {value}"));
        return check(fitting, value, place);
    }
    let named: Vec<&str> = match &schema["type"] {
        serde_json::Value::String(one) => vec![one],
        serde_json::Value::Array(several) => several.iter().filter_map(|one| one.as_str()).collect(),
        _ => return,
    };
    let kind = match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "integer",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    assert!(named.contains(&kind), "{place}: {value} is no {named:?}");
    if let Some(words) = schema["enum"].as_array() {
        assert!(words.contains(value), "{place}: {value}");
    }
    for item in value.as_array().into_iter().flatten() {
        check(&schema["items"], item, place);
    }
    if let Some(fields) = value.as_object() {
        for required in schema["required"].as_array().into_iter().flatten() {
            assert!(fields.contains_key(required.as_str().unwrap()), "{place}: {required} is missing");
        }
        for (name, field) in fields {
            let known = &schema["properties"][name];
            assert!(!known.is_null(), "{place}: {name} is not documented");
            check(known, field, &format!("{place} {name}"));
        }
    }
}
