//! An app and its server, speaking to a test door.

use std::cell::Cell;

use data_encoding::BASE64URL_NOPAD;
use openid::jwt::TokenKey;
use openid::provider::{ASSERTION_TYPE, Digest, challenge_of};
use serde_json::{Value, json};
use store::StoreError;
use tools::data_apps::{AppState, Registration, Words, registry};
use yakuba_web::testing::{Answer, PORT, TestDoor, Visitor};

pub const BACK: &str = "https://app.example/back";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub type Fields = Vec<(&'static str, String)>;

pub fn issuer() -> String {
    format!("http://127.0.0.1:{PORT}")
}

pub fn registration(keys: &Value) -> Registration {
    Registration {
        name: "こそだて手帳".into(),
        organisation: "見本株式会社".into(),
        contact: "city@app.example".into(),
        policy: "https://app.example/privacy".into(),
        redirect_uris: vec![BACK.into()],
        keys: json!({ "keys": [keys] }).to_string(),
        scopes: ["openid", "offline_access", "basics"].map(str::to_owned).into(),
        purpose: Words {
            japanese: "予防接種の時期を知らせます".into(),
            easy: "よぼうせっしゅ".into(),
            english: "Shots".into(),
        },
        sector: String::new(),
    }
}

/// An app with its keys.
pub struct App<'a> {
    pub door: &'a TestDoor,
    pub client_id: String,
    pub key: TokenKey,
    pub holder: TokenKey,
    count: Cell<u32>,
}

fn encode(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

pub fn sign(key: &TokenKey, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", encode(header), encode(claims));
    format!("{message}.{}", BASE64URL_NOPAD.encode(&key.sign_message(message.as_bytes()).unwrap()))
}

pub fn body(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.bytes).unwrap_or_else(|_| panic!("{} {}", answer.status, answer.text()))
}

pub fn error(answer: &Answer) -> (u16, String) {
    (answer.status, body(answer)["error"].as_str().unwrap_or_default().to_owned())
}

impl<'a> App<'a> {
    /// Registered, in this state.
    pub fn registered(door: &'a TestDoor, client_id: &str, state: AppState) -> Self {
        Self::registered_with(door, client_id, state, |_| ())
    }

    /// The same, otherwise worded.
    pub fn registered_with(
        door: &'a TestDoor,
        client_id: &str,
        state: AppState,
        bend: impl FnOnce(&mut Registration),
    ) -> Self {
        let key = TokenKey::generate("k1").unwrap();
        let outside = door.app.outside.clone().unwrap();
        let (mut said, seams, id) = (registration(&json!(key.jwk())), outside.seams.clone(), client_id.to_owned());
        bend(&mut said);
        outside
            .store
            .write::<_, StoreError, _>(move |tx| registry::keep_for_tests(tx, &seams, &id, &said, state))
            .unwrap();
        Self { door, client_id: client_id.into(), key, holder: TokenKey::generate("").unwrap(), count: Cell::new(0) }
    }

    pub fn now(&self) -> i64 {
        self.door.app.seams.now().seconds()
    }

    pub fn id(&self) -> String {
        self.count.set(self.count.get() + 1);
        format!("{}-{}", self.client_id, self.count.get())
    }

    /// The nonce that proofs need now: from any answer to an app.
    pub fn nonce(&self) -> String {
        let answer = self.door.stranger().post_bare("/connect/token", &[]);
        answer.headers["dpop-nonce"].to_str().unwrap().to_owned()
    }

    pub fn assertion_claims(&self) -> Value {
        json!({
            "iss": self.client_id, "sub": self.client_id, "aud": issuer(), "jti": self.id(), "iat": self.now(),
            "exp": self.now() + 60,
        })
    }

    pub fn assertion(&self, claims: &Value) -> String {
        sign(&self.key, &json!({ "alg": "ES256", "kid": "k1" }), claims)
    }

    pub fn proof_claims(&self, method: &str, path: &str, token: Option<&str>) -> Value {
        let mut claims = json!({
            "jti": self.id(), "htm": method, "htu": format!("{}{path}", issuer()), "iat": self.now(),
            "nonce": self.nonce(),
        });
        if let Some(token) = token {
            claims["ath"] = Digest::of(token).to_string().into();
        }
        claims
    }

    pub fn proof_of(&self, claims: &Value) -> String {
        let jwk = self.holder.jwk();
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": jwk.x, "y": jwk.y });
        sign(&self.holder, &json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk }), claims)
    }

    pub fn proof(&self, method: &str, path: &str, token: Option<&str>) -> String {
        self.proof_of(&self.proof_claims(method, path, token))
    }

    /// The server of the app: no cookies, no browser's headers.
    fn server(&self, dpop: Option<&str>) -> Visitor<'a> {
        let server = self.door.stranger().with_header("accept", "application/json");
        match dpop {
            Some(proof) => server.with_header("dpop", proof),
            None => server,
        }
    }

    /// A form with an assertion.
    pub fn send(&self, path: &str, fields: &Fields, assertion: &str, dpop: Option<&str>) -> Answer {
        let mut all: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        all.push(("client_assertion_type", ASSERTION_TYPE));
        all.push(("client_assertion", assertion));
        self.server(dpop).post_bare(path, &all)
    }

    pub fn asked(&self) -> Fields {
        let mut all: Fields = [
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("scope", "openid offline_access basics"),
            ("state", "s1"),
            ("nonce", "n1"),
            ("code_challenge_method", "S256"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .into();
        all.push(("code_challenge", challenge_of(VERIFIER)));
        all
    }

    pub fn push(&self, fields: &Fields) -> Answer {
        self.send("/connect/par", fields, &self.assertion(&self.assertion_claims()), None)
    }

    /// Pushes what is right; the query of a browser.
    pub fn query(&self, fields: &Fields) -> String {
        let answer = self.push(fields);
        assert_eq!(answer.status, 201, "{}", answer.text());
        let request_uri = body(&answer)["request_uri"].as_str().unwrap().replace(':', "%3A");
        format!("client_id={}&request_uri={request_uri}", self.client_id)
    }

    /// A made-up resident says yes; the code.
    pub fn sandbox_code(&self) -> String {
        let query = self.query(&self.asked());
        let page = self.door.stranger().get(&format!("/connect/authorize?{query}"));
        assert_eq!(page.status, 200, "{}", page.text());
        let answer = self.sandbox_answer(&query, "allow");
        assert_eq!(answer.status, 303, "{}", answer.text());
        code_in(answer.location().unwrap())
    }

    pub fn sandbox_answer(&self, query: &str, decision: &str) -> Answer {
        self.sandbox_says(query, decision, &["openid", "offline_access", "basics"])
    }

    /// A made-up resident who ticked these.
    pub fn sandbox_says(&self, query: &str, decision: &str, scopes: &[&str]) -> Answer {
        let mut fields = vec![("asked", query), ("account", "sandbox:1"), ("decision", decision)];
        fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
        self.door.stranger().post_bare("/connect/sandbox", &fields)
    }

    pub fn exchange_fields(&self, code: &str) -> Fields {
        let all =
            [("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("code_verifier", VERIFIER)];
        all.map(|(name, value)| (name, value.to_owned())).into()
    }

    pub fn token(&self, fields: &Fields) -> Answer {
        let proof = self.proof("POST", "/connect/token", None);
        self.send("/connect/token", fields, &self.assertion(&self.assertion_claims()), Some(&proof))
    }

    /// Tokens of a code.
    pub fn tokens(&self, code: &str) -> Value {
        let answer = self.token(&self.exchange_fields(code));
        assert_eq!(answer.status, 200, "{}", answer.text());
        body(&answer)
    }

    /// The data API, with a right proof.
    pub fn fetch(&self, path: &str, access: &str) -> Answer {
        let proof = self.proof("GET", path, Some(access));
        self.server(Some(&proof)).with_header("authorization", &format!("DPoP {access}")).get(path)
    }

    pub fn bare(&self, path: &str, authorization: &str, dpop: Option<&str>) -> Answer {
        self.server(dpop).with_header("authorization", authorization).get(path)
    }
}

pub fn code_in(location: &str) -> String {
    let rest = location.split("code=").nth(1).unwrap_or_else(|| panic!("no code in {location}"));
    rest.split('&').next().unwrap().to_owned()
}

/// `fields` with one changed, or taken away.
pub fn but(fields: &Fields, name: &'static str, value: Option<&str>) -> Fields {
    let mut all: Fields = fields.iter().filter(|(one, _)| *one != name).cloned().collect();
    all.extend(value.map(|value| (name, value.to_owned())));
    all
}

/// `claims` with one changed, or taken away.
pub fn claim(claims: &Value, name: &str, value: Option<Value>) -> Value {
    let mut claims = claims.clone();
    match value {
        Some(value) => claims[name] = value,
        None => drop(claims.as_object_mut().unwrap().remove(name)),
    }
    claims
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}
