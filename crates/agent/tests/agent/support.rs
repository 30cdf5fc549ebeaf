//! A paired agent with a virtual card, a clock that stands still, and the server's side as plain keys.

use std::sync::{Arc, LazyLock};

use agent::{Agent, Pairing, Pairings};
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use base::{Date, ManualClock, Seams, SeededRandom, Timestamp};
use card::readers::virtual_reader::VirtualReader;
use card::virtual_card::{
    BasicAttributes, Behaviour, FictitiousNumber, KeyAndCertificate, VirtualCard, VirtualCardContents,
};
use data_encoding::BASE64URL_NOPAD;
use pki::agent::{AgentRequest, CardAnswer, ServerKeys, SignedRequest, Verb, VerificationKey, Wording};
use pki::sealed::SealingKey;
use pki::test_authority::{Generation, SigningRequest, TestAuthority, UserAuthenticationRequest};
use pki::{AuthorityRole, SigningKey};
use serde_json::Value;
use tower::ServiceExt as _;

pub const PORT: u16 = 47_614;
pub const HOST: &str = "127.0.0.1:47614";
pub const OWN: &str = "http://127.0.0.1:47614";
pub const CITY: &str = "https://city.example";
pub const AUDIENCE: &str = "city.example";
pub const AGENT: &str = "AGENT-1";
pub const PIN: &str = "4826";
pub const PASSWORD: &str = "MATSU77KAZE";
pub const BIRTH: &str = "319710901";

pub fn now() -> Timestamp {
    Timestamp::in_japan(Date::new(2026, 11, 23).unwrap(), 10, 0, 0)
}

fn day(year: i16) -> Timestamp {
    Timestamp::in_japan(Date::new(year, 4, 1).unwrap(), 0, 0, 0)
}

fn authority(role: AuthorityRole) -> TestAuthority {
    let generation = Generation { serial: 9, not_before: day(2020), not_after: day(2035), ocsp_url: None };
    TestAuthority::new(role, SigningKey::generate_rsa().unwrap(), &generation).unwrap()
}

pub static USERS: LazyLock<TestAuthority> = LazyLock::new(|| authority(AuthorityRole::UserAuthentication));
pub static SIGNERS: LazyLock<TestAuthority> = LazyLock::new(|| authority(AuthorityRole::ResidentSigning));

static CONTENTS: LazyLock<VirtualCardContents> = LazyLock::new(|| {
    let (own, signing) = (SigningKey::generate_rsa().unwrap(), SigningKey::generate_rsa().unwrap());
    let request = UserAuthenticationRequest {
        public_key_info: own.public_key_info(),
        serial: 77,
        holder: "K3M9T2V7Q1X8Z4",
        municipality: "99999",
        not_before: day(2025),
        not_after: day(2030),
    };
    let signing_request = SigningRequest {
        public_key_info: signing.public_key_info(),
        serial: 78,
        municipality: "99999",
        not_before: day(2025),
        not_after: day(2030),
        name: "架空　花子",
        name_substitutions: "00000",
        sex: "2",
        birth_date: BIRTH,
        address: "架空県見本市本町１－２",
        address_substitutions: "00000000000",
    };
    let of = |key: &SigningKey, certificate: Vec<u8>, authority: &TestAuthority| KeyAndCertificate {
        private_key_pkcs8: key.to_pkcs8().unwrap().into(),
        certificate,
        ca_certificate: authority.certificate().to_vec(),
    };
    VirtualCardContents::new(
        of(&own, USERS.issue_user_authentication(&request).unwrap(), &USERS),
        Some(of(&signing, SIGNERS.issue_signing(&signing_request).unwrap(), &SIGNERS)),
        PIN,
        PASSWORD,
        BasicAttributes {
            name: "架空　花子".into(),
            address: "架空県見本市本町１－２".into(),
            birth_date: Date::new(1971, 9, 1).unwrap(),
            sex: b'2',
        },
        FictitiousNumber::from_eleven([1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]),
        Date::new(2031, 9, 1).unwrap(),
    )
});

pub fn contents() -> VirtualCardContents {
    CONTENTS.clone()
}

pub fn card() -> VirtualCard {
    card_of(contents())
}

pub fn card_of(contents: VirtualCardContents) -> VirtualCard {
    VirtualCard::new(contents, Behaviour::default(), Arc::new(SeededRandom::from_seed(3))).unwrap()
}

pub fn wording(text: &str) -> Wording {
    Wording { japanese: text.into(), easy: text.into(), english: text.into() }
}

/// An agent paired with one server, and that server's keys.
pub struct Scene {
    pub agent: Arc<Agent>,
    pub server: ServerKeys,
    pub seams: Seams,
    pub clock: Arc<ManualClock>,
    pub reader: VirtualReader,
    pub pairings: Pairings,
    pub agent_key: VerificationKey,
    /// Every byte asked and answered, but for the forms a person sends from the pad.
    pub passed: std::cell::RefCell<Vec<u8>>,
    runtime: tokio::runtime::Runtime,
    _place: tempfile::TempDir,
}

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The value of the hidden field that the next form must bring.
    pub fn step(&self) -> String {
        let rest = self.body.split("name=\"step\" value=\"").nth(1).unwrap_or_else(|| panic!("{}", self.body));
        rest.split('"').next().unwrap().to_owned()
    }
}

pub fn server_keys() -> ServerKeys {
    ServerKeys { signing: SigningKey::generate_p256().unwrap(), sealing: vec![SealingKey::generate()] }
}

impl Scene {
    pub fn new() -> Self {
        Self::with(VirtualReader::with(card()))
    }

    pub fn with(reader: VirtualReader) -> Self {
        let place = tempfile::tempdir().unwrap();
        let pairings = Pairings::in_directory(&place.path().join("agent"));
        let (server, key) = (server_keys(), SigningKey::generate_p256().unwrap());
        let agent_key = VerificationKey::from_info(key.public_key_info()).unwrap();
        let pairing = Pairing {
            agent: AGENT.into(),
            audience: AUDIENCE.into(),
            name: "見本市".into(),
            name_english: "Mihon City".into(),
            origins: vec![CITY.into()],
            verification_key: VerificationKey::from_info(server.signing.public_key_info()).unwrap(),
            sealing_key: server.sealing[0].public().clone(),
            key,
            paired_at: now(),
        };
        pairings.add(pairing).unwrap();
        let (seams, clock) = Seams::simulated(now(), 5);
        let agent = Agent::new(seams.clone(), PORT, pairings.clone(), Box::new(reader.clone()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            agent: Arc::new(agent),
            server,
            seams,
            clock,
            reader,
            pairings,
            agent_key,
            passed: Default::default(),
            runtime,
            _place: place,
        }
    }

    /// The same agent after it was started anew.
    pub fn started_anew(&mut self) {
        let agent = Agent::new(self.seams.clone(), PORT, self.pairings.clone(), Box::new(self.reader.clone()));
        self.agent = Arc::new(agent);
    }

    pub fn asked(&self, verb: Verb) -> AgentRequest {
        AgentRequest::new(&self.seams, AUDIENCE, AGENT, [7; 32], wording("窓口での本人確認"), verb)
    }

    pub fn signed(&self, verb: Verb) -> SignedRequest {
        self.asked(verb).sign(&self.server.signing).unwrap()
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", HOST);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !(method == "POST" && path.starts_with("/pad/")) {
            self.passed.borrow_mut().extend_from_slice(format!("{method} {path} {headers:?} {body}\n").as_bytes());
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        let router = self.agent.router();
        let answer = self.runtime.block_on(async move {
            let Ok(response) = router.oneshot(request).await;
            let (parts, body) = response.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            Answer {
                status: parts.status.as_u16(),
                headers: parts.headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            }
        });
        let mut passed = self.passed.borrow_mut();
        passed.extend_from_slice(format!("{:?}\n{}\n", answer.headers, answer.body).as_bytes());
        drop(passed);
        answer
    }

    /// The city's page asks.
    pub fn page_asks(&self, request: &SignedRequest) -> Answer {
        self.page_asks_from(CITY, request.request.verb.word(), &request.to_bytes())
    }

    pub fn page_asks_from(&self, origin: &str, verb: &str, bytes: &[u8]) -> Answer {
        let body = format!("{{\"request\":\"{}\"}}", BASE64URL_NOPAD.encode(bytes));
        let headers = [("origin", origin), ("content-type", "application/json"), ("accept-language", "en")];
        self.send("POST", &format!("/v1/{verb}"), &headers, &body)
    }

    /// The pad's path and the ticket for the answer.
    pub fn take(&self, request: &SignedRequest) -> (String, String) {
        let answer = self.page_asks(request);
        assert_eq!(answer.status, 201, "{}", answer.body);
        let json = answer.json();
        let pad = json["pad"].as_str().unwrap().strip_prefix(OWN).unwrap().to_owned();
        (pad, json["ticket"].as_str().unwrap().to_owned())
    }

    pub fn open_pad(&self, pad: &str) -> Answer {
        self.send("GET", pad, &[("accept-language", "en"), ("sec-fetch-dest", "document")], "")
    }

    /// A person sends the form of the pad as it is shown.
    pub fn press(&self, pad: &str, shown: &Answer, fields: &str) -> Answer {
        self.send(
            "POST",
            pad,
            &[("origin", OWN), ("accept-language", "en")],
            &format!("step={}&{fields}", shown.step()),
        )
    }

    pub fn fetch(&self, ticket: &str) -> Value {
        let answer = self.send("GET", &format!("/v1/answers/{ticket}"), &[("origin", CITY)], "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    pub fn opened(&self, request: &SignedRequest, told: &Value) -> CardAnswer {
        assert_eq!(told["state"], "answered", "{told}");
        let sealed = BASE64URL_NOPAD.decode(told["answer"].as_str().unwrap().as_bytes()).unwrap();
        pki::agent::open_agent_answer(&self.server, &self.agent_key, request, &sealed).unwrap()
    }
}

pub fn document() -> Verb {
    Verb::SignDocument {
        title: "転出届".into(),
        lines: vec!["転出日 2026年12月1日".into(), "届出人 本人".into()],
        digest: std::array::from_fn(|at| at as u8),
    }
}
