//! An app, a provider and a store of two maps.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PSS_SHA256, RsaKeyPair};
use base::{ManualClock, Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use openid::jwt::TokenKey;
use openid::provider::*;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://city.example";
pub const BACK: &str = "https://app.example/back";
pub const START: i64 = 1_800_000_000;
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// A key of an app, of each kind.
pub enum AppKey {
    Es256(TokenKey),
    Ps256(Box<RsaKeyPair>),
    Ed25519(Ed25519KeyPair),
}

pub fn encode(value: &Value) -> String {
    BASE64URL_NOPAD.encode(value.to_string().as_bytes())
}

impl AppKey {
    pub fn es256() -> Self {
        Self::Es256(TokenKey::generate("").unwrap())
    }

    pub fn ps256() -> Self {
        Self::Ps256(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    pub fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Es256(_) => "ES256",
            Self::Ps256(_) => "PS256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The public half.
    pub fn jwk(&self) -> Value {
        match self {
            Self::Es256(key) => {
                let jwk = key.jwk();
                json!({ "kty": "EC", "crv": "P-256", "x": jwk.x, "y": jwk.y })
            }
            Self::Ps256(key) => {
                let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
                let key = key.public_key();
                json!({
                    "kty": "RSA",
                    "n": part(key.modulus().big_endian_without_leading_zero()),
                    "e": part(key.exponent().big_endian_without_leading_zero()),
                })
            }
            Self::Ed25519(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": BASE64URL_NOPAD.encode(key.public_key().as_ref()) })
            }
        }
    }

    pub fn thumbprint(&self) -> Digest {
        PublicKey::from_jwk(self.jwk().as_object().unwrap()).unwrap().thumbprint()
    }

    /// A token with any header.
    pub fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = match self {
            Self::Es256(key) => key.sign_message(message.as_bytes()).unwrap(),
            Self::Ps256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PSS_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Ed25519(key) => key.sign(message.as_bytes()).as_ref().to_vec(),
        };
        format!("{message}.{}", BASE64URL_NOPAD.encode(&signature))
    }
}

/// What a caller's tables would hold.
#[derive(Default)]
pub struct Kept {
    pub seen: HashSet<Digest>,
    pub pushed: HashMap<Digest, PushedRequest>,
    pub codes: HashMap<Digest, (CodeRecord, bool)>,
    pub access: HashMap<Digest, AccessRecord>,
    pub refresh: HashMap<Digest, RefreshRecord>,
}

/// A scene of one app before one provider. Its fields are what tests bend.
pub struct Scene {
    pub provider: Provider,
    pub clock: Arc<ManualClock>,
    pub client: Client,
    /// Signs client assertions.
    pub key: AppKey,
    /// Signs proofs.
    pub holder: AppKey,
    pub kept: RefCell<Kept>,
    count: RefCell<u32>,
}

pub fn settings() -> Settings {
    let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
    Settings {
        issuer: ISSUER.into(),
        paths: Paths::default(),
        scopes: owned(&["openid", "offline_access", "basics", "mailbox", "schemes"]),
        levels: owned(&["easy", "passkey", "card"]),
        claims: owned(&["name"]),
        other_keys: Vec::new(),
    }
}

pub fn provider(issuer: &str, seams: Seams) -> Result<Provider, BadIssuer> {
    let secrets = Secrets { pairwise: [1; 32], nonce: [2; 32] };
    Provider::new(Settings { issuer: issuer.into(), ..settings() }, TokenKey::generate("p1").unwrap(), &secrets, seams)
}

impl Scene {
    pub fn new() -> Self {
        Self::with(AppKey::es256(), AppKey::es256())
    }

    pub fn with(key: AppKey, holder: AppKey) -> Self {
        let (seams, clock) = Seams::simulated(Timestamp::from_seconds(START), 7);
        let set = json!({ "keys": [key.jwk()] }).to_string();
        let client = Client {
            id: "app".into(),
            redirect_uris: vec![BACK.into()],
            keys: read_key_set(set.as_bytes()).unwrap(),
            scopes: ["openid", "offline_access", "basics", "mailbox"].map(str::to_owned).into(),
            sector: "app.example".into(),
            is_suspended: false,
        };
        let provider = provider(ISSUER, seams).unwrap();
        Self { provider, clock, client, key, holder, kept: RefCell::default(), count: RefCell::new(0) }
    }

    pub fn now(&self) -> i64 {
        use base::Clock;
        self.clock.now().seconds()
    }

    /// A fresh `jti`.
    pub fn id(&self) -> String {
        *self.count.borrow_mut() += 1;
        format!("id-{}", self.count.borrow())
    }

    /// The claims of a right assertion.
    pub fn assertion_claims(&self) -> Value {
        json!({ "iss": "app", "sub": "app", "aud": ISSUER, "jti": self.id(), "iat": self.now(), "exp": self.now() + 60 })
    }

    pub fn assertion(&self, claims: &Value) -> String {
        self.key.sign(&json!({ "alg": self.key.algorithm() }), claims)
    }

    /// The claims of a right proof.
    pub fn proof_claims(&self, method: &str, path: &str, token: Option<&str>) -> Value {
        let mut claims = json!({
            "jti": self.id(), "htm": method, "htu": format!("{ISSUER}{path}"), "iat": self.now(),
            "nonce": self.provider.nonce(),
        });
        if let Some(token) = token {
            claims["ath"] = Digest::of(token).to_string().into();
        }
        claims
    }

    pub fn proof_header(&self) -> Value {
        json!({ "typ": "dpop+jwt", "alg": self.holder.algorithm(), "jwk": self.holder.jwk() })
    }

    pub fn proof(&self, method: &str, path: &str, token: Option<&str>) -> String {
        self.holder.sign(&self.proof_header(), &self.proof_claims(method, path, token))
    }

    /// The parameters of a right request.
    pub fn asked(&self) -> Vec<(&'static str, String)> {
        let all = [
            ("client_id", "app"),
            ("response_type", "code"),
            ("redirect_uri", BACK),
            ("scope", "openid offline_access basics"),
            ("state", "s &1"),
            ("nonce", "n1"),
            ("code_challenge_method", "S256"),
            ("acr_values", "card unheard-of"),
        ];
        let mut all: Vec<_> = all.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        all.push(("code_challenge", challenge_of(VERIFIER)));
        all
    }

    fn remember(&self, once: Once, refusal: Refusal) -> Result<(), Refusal> {
        if self.kept.borrow_mut().seen.insert(once.digest) { Ok(()) } else { Err(refusal) }
    }

    /// A form with an assertion beside it.
    pub fn form(&self, fields: &[(&'static str, String)], assertion: &str) -> Result<Parameters, Refusal> {
        let mut all = fields.to_vec();
        all.push(("client_assertion_type", ASSERTION_TYPE.to_owned()));
        all.push(("client_assertion", assertion.to_owned()));
        Parameters::read(serde_urlencoded::to_string(&all).unwrap().as_bytes())
    }

    /// Who calls, as each door finds it out.
    pub fn authenticate(&self, parameters: &Parameters) -> Result<Authenticated, Refusal> {
        let presented = Presented::read(parameters, false)?;
        if presented.client_id() != self.client.id {
            return Err(Refusal::UnknownClient);
        }
        let caller = self.provider.authenticate(presented, &self.client)?;
        self.remember(caller.once, Refusal::AssertionReplayed)?;
        Ok(caller)
    }

    /// The proof of a POST, as each door judges it.
    pub fn prove(&self, headers: &[&str], path: &str) -> Result<Proof, Refusal> {
        let proof = self.provider.proof(Proving { headers, method: "POST", path, access_token: None })?;
        self.remember(proof.once, Refusal::ProofReplayed)?;
        Ok(proof)
    }

    /// Pushes; the request's whole name.
    pub fn push(&self, fields: &[(&'static str, String)], dpop: &[&str]) -> Result<String, Refusal> {
        let parameters = self.form(fields, &self.assertion(&self.assertion_claims()))?;
        let caller = self.authenticate(&parameters)?;
        let proof = if dpop.is_empty() { None } else { Some(self.prove(dpop, "/connect/par")?) };
        let pushed = self.provider.push(&caller, &self.client, &parameters, proof.as_ref())?;
        self.kept.borrow_mut().pushed.insert(pushed.name.digest(), pushed.request.clone());
        Ok(pushed.answer()["request_uri"].as_str().unwrap().to_owned())
    }

    /// A browser with two parameters; the request it means.
    pub fn open(&self, client_id: &str, request_uri: &str) -> Result<PushedRequest, Refusal> {
        let query = serde_urlencoded::to_string([("client_id", client_id), ("request_uri", request_uri)]).unwrap();
        let asked = Asked::read(&Parameters::read(query.as_bytes())?)?;
        let found = self.kept.borrow().pushed.get(&asked.digest).cloned();
        self.provider.open(&asked, found, Some(&self.client))
    }

    pub fn authority(&self, request: &PushedRequest) -> Authority {
        Authority {
            client_id: String::new(),
            account: "account-1".into(),
            subject: self.provider.subject(&self.client.sector, b"account-1"),
            grant: "grant-1".into(),
            scopes: request.scopes.clone(),
            level: "card".into(),
            signed_in: START,
            until: START + 1000,
        }
    }

    /// The person says yes; where the browser is sent, and the code.
    pub fn allow(&self, request_uri: &str) -> Result<(String, String), Refusal> {
        let request = self.open("app", request_uri)?;
        let allowed = self.provider.allow(&request, self.authority(&request));
        let mut kept = self.kept.borrow_mut();
        let name = request_uri.strip_prefix(REQUEST_PREFIX).unwrap();
        kept.pushed.remove(&Digest::of(name));
        kept.codes.insert(allowed.code.digest(), (allowed.record, false));
        Ok((allowed.location, allowed.code.reveal().to_owned()))
    }

    /// From the start to a code.
    pub fn code(&self) -> String {
        self.allow(&self.push(&self.asked(), &[]).unwrap()).unwrap().1
    }

    pub fn exchange_fields(&self, code: &str) -> Vec<(&'static str, String)> {
        vec![
            ("grant_type", "authorization_code".into()),
            ("code", code.to_owned()),
            ("redirect_uri", BACK.into()),
            ("code_verifier", VERIFIER.into()),
        ]
    }

    /// The token endpoint.
    pub fn exchange(&self, fields: &[(&'static str, String)], dpop: &[&str]) -> Result<Value, Refusal> {
        let parameters = self.form(fields, &self.assertion(&self.assertion_claims()))?;
        let caller = self.authenticate(&parameters)?;
        let proof = self.prove(dpop, "/connect/token")?;
        let mut kept = self.kept.borrow_mut();
        let issued = match TokenRequest::read(&parameters)? {
            TokenRequest::Code { digest, redirect_uri, verifier } => {
                let found = kept.codes.get(&digest).map(|(record, is_used)| (record, *is_used));
                let issued = self.provider.redeem(&caller, &proof, (&redirect_uri, &verifier), found);
                if issued == Err(Refusal::CodeUsed) {
                    kept.access.clear();
                    kept.refresh.clear();
                }
                let issued = issued?;
                kept.codes.get_mut(&digest).unwrap().1 = true;
                issued
            }
            TokenRequest::Refresh { digest, scope } => {
                self.provider.refresh(&caller, &proof, scope.as_deref(), kept.refresh.get(&digest))?
            }
        };
        kept.access.insert(issued.access.0.digest(), issued.access.1.clone());
        if let Some((token, record)) = &issued.refresh {
            kept.refresh.insert(token.digest(), record.clone());
        }
        self.provider.answer(&issued)
    }

    /// With a right proof.
    pub fn tokens(&self, fields: &[(&'static str, String)]) -> Result<Value, Refusal> {
        self.exchange(fields, &[&self.proof("POST", "/connect/token", None)])
    }

    /// The data API.
    pub fn fetch(&self, authorization: &[&str], dpop: &[&str]) -> Result<Access, Refusal> {
        let token = ShownToken::read(authorization)?;
        let proving = Proving { headers: dpop, method: "GET", path: "/api/v1/me", access_token: None };
        let access = self.provider.access_of(token, proving, self.kept.borrow().access.get(&token.digest()))?;
        self.remember(access.proof.once, Refusal::ProofReplayed)?;
        access.need("basics")?;
        Ok(access)
    }
}

/// `fields` with one changed, or taken away.
pub fn but(fields: &[(&'static str, String)], name: &'static str, value: Option<&str>) -> Vec<(&'static str, String)> {
    let mut all: Vec<_> = fields.iter().filter(|(one, _)| *one != name).cloned().collect();
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
