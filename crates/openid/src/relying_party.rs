//! The relying party: two steps, and everything that must hold between them.

use std::sync::{Arc, Mutex, PoisonError};

use aws_lc_rs::digest::{SHA256, digest};
use base::{Date, Kind, Personal, Seams, Timestamp};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::facts;
use crate::http::{Answer, Http, Request, Unreachable};
use crate::jwt::{Claims, Jwk, JwtError, TokenKey, verify};

/// Who we are to the provider, and who it is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The provider's issuer, compared exactly.
    pub issuer: String,
    /// Our name there, 1–255 letters and digits.
    pub client_id: String,
    /// Where people come back.
    pub redirect_uri: String,
    /// Levels asked for, in order of preference, e.g. `aal3`; one of them must be reached.
    pub levels: Vec<String>,
}

/// Why a configuration is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Neither https nor loopback.
    #[error("the {0} is neither https nor loopback")]
    NotHttps(&'static str),
    /// Too long, or with characters that may not be there.
    #[error("the {0} is empty, too long, or has characters that may not be there")]
    Malformed(&'static str),
}

impl Config {
    fn check(&self) -> Result<(), ConfigError> {
        for (what, url) in [("issuer", &self.issuer), ("redirect address", &self.redirect_uri)] {
            let loopback = ["http://127.0.0.1:", "http://localhost:"].iter().any(|start| url.starts_with(start));
            if !url.starts_with("https://") && !loopback {
                return Err(ConfigError::NotHttps(what));
            }
            if url.len() > facts::MAX_REDIRECT || !url.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(ConfigError::Malformed(what));
            }
        }
        let is_name = (1..=255).contains(&self.client_id.len())
            && self.client_id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if !is_name {
            return Err(ConfigError::Malformed("client's name"));
        }
        if self.levels.is_empty() { Err(ConfigError::Malformed("level")) } else { Ok(()) }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }
}

/// What a sign-in is to bring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Only that it is the same person as before.
    Identity,
    /// The four attributes (基本4情報) as well.
    Attributes,
    /// A signature (電子署名) of this transaction, as [`RelyingParty::sign_transaction`] named it.
    Signature(String),
}

/// A sign-in under way. Keep it in the person's own session, sealed; each is used once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    state: String,
    nonce: String,
    verifier: String,
    begun: i64,
    wants_attributes: bool,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending")
    }
}

/// What comes back in the address.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Callback {
    /// The code, when the person said yes.
    pub code: Option<String>,
    /// Ours, unchanged.
    pub state: Option<String>,
    /// Why there is no code.
    pub error: Option<String>,
    /// The provider's name (RFC 9207), where it says it.
    pub iss: Option<String>,
}

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedIn {
    /// The person's name at this relying party alone (pairwise).
    pub subject: Personal<String>,
    /// The level that was reached.
    pub level: String,
    /// The four attributes, where asked for.
    pub attributes: Option<Personal<Attributes>>,
}

/// 基本4情報.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// 氏名.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日.
    pub birth_date: Date,
    /// 性別: `1` male, `2` female, `9` not applicable.
    pub sex: char,
}

/// Why nobody was signed in. Each has its own sentence for the person; none holds personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefusal {
    /// The person said no at the app.
    #[error("the person did not agree")]
    Denied,
    /// The provider ended it with another error.
    #[error("the sign-in service ended the sign-in")]
    ProviderError,
    /// What came back is not the answer to this sign-in: another state, another provider, no code.
    #[error("this answer does not belong to this sign-in")]
    NotOurs,
    /// It took too long, or the clock ran backwards.
    #[error("the sign-in took too long")]
    TooLate,
    /// The provider does not answer.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// It answers with something that is not an answer, or refuses us.
    #[error("the sign-in service answered with status {0}")]
    Status(u16),
    /// An answer that is not JSON of the expected form.
    #[error("the sign-in service's answer is malformed: {0}")]
    Malformed(&'static str),
    /// The ID token.
    #[error(transparent)]
    Token(#[from] JwtError),
    /// Made by another issuer.
    #[error("the token names another issuer")]
    WrongIssuer,
    /// Made for another relying party.
    #[error("the token was made for another relying party")]
    WrongAudience,
    /// Made for another sign-in.
    #[error("the token was made for another sign-in")]
    WrongNonce,
    /// Expired, not valid yet, or made at a time that cannot be.
    #[error("the token's time is wrong")]
    WrongTime,
    /// Not one of the levels that were asked for.
    #[error("the level that was asked for was not reached")]
    LevelNotReached,
    /// The user information is another person's.
    #[error("the user information is about another person")]
    OtherPerson,
    /// Our own key did not sign.
    #[error("our own key could not sign")]
    OwnKey,
}

impl SignInRefusal {
    /// What it means to a caller.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Denied | Self::NotOurs | Self::TooLate | Self::LevelNotReached => Kind::Unauthenticated,
            Self::Unreachable(_) | Self::Status(_) | Self::ProviderError => Kind::Unavailable,
            _ => Kind::Refused,
        }
    }
}

/// What the token endpoint gives.
#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: String,
}

/// A relying party of one provider.
pub struct RelyingParty {
    config: Config,
    key: TokenKey,
    http: Arc<dyn Http>,
    seams: Seams,
    keys: Mutex<Fetched>,
}

/// The provider's keys as last fetched, and when, in seconds.
#[derive(Clone, Default)]
struct Fetched {
    keys: Vec<Jwk>,
    at: i64,
}

impl RelyingParty {
    /// With its key, whose public half the provider has.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn new(config: Config, key: TokenKey, http: Arc<dyn Http>, seams: Seams) -> Result<Self, ConfigError> {
        config.check()?;
        Ok(Self { config, key, http, seams, keys: Mutex::default() })
    }

    fn random(&self) -> String {
        BASE64URL_NOPAD.encode(&self.seams.random.bytes::<32>())
    }

    /// Where to send the person, and what to keep meanwhile.
    pub fn begin(&self, asked: &Asked) -> (String, Pending) {
        let pending = Pending {
            state: self.random(),
            nonce: self.random(),
            verifier: self.random(),
            begun: self.seams.now().seconds(),
            wants_attributes: *asked == Asked::Attributes,
        };
        let challenge = BASE64URL_NOPAD.encode(digest(&SHA256, pending.verifier.as_bytes()).as_ref());
        let scope = match asked {
            Asked::Identity => facts::SCOPE.to_owned(),
            Asked::Attributes => format!("{} {}", facts::SCOPE, facts::ATTRIBUTE_SCOPES),
            Asked::Signature(_) => format!("{} {}", facts::SCOPE, facts::SIGN_SCOPE),
        };
        let levels = self.config.levels.join(" ");
        let mut query = vec![
            ("response_type", "code"),
            ("client_id", &self.config.client_id),
            ("redirect_uri", &self.config.redirect_uri),
            ("scope", &scope),
            ("state", &pending.state),
            ("nonce", &pending.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("acr_values", &levels),
        ];
        if let Asked::Signature(transaction) = asked {
            query.push((facts::SIGN_TRANSACTION, transaction));
        }
        (format!("{}?{}", self.config.at(facts::AUTHORIZATION_PATH), form(&query)), pending)
    }

    /// Names a signature that a person is about to be asked for (client credentials).
    ///
    /// # Errors
    /// The provider does not answer, or not so.
    pub fn sign_transaction(&self) -> Result<String, SignInRefusal> {
        let answer = self.ask_token(&[("grant_type", "client_credentials"), ("scope", facts::SIGN_SCOPE)])?;
        let named = answer.get(facts::SIGN_TRANSACTION).and_then(Value::as_str);
        let named = named.filter(|id| (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic()));
        named.map(str::to_owned).ok_or(SignInRefusal::Malformed("no transaction"))
    }

    /// Finishes the sign-in that `pending` began.
    ///
    /// # Errors
    /// [`SignInRefusal`]; `pending` is used up either way.
    pub fn finish(&self, pending: Pending, callback: &Callback) -> Result<SignedIn, SignInRefusal> {
        // First of all: is this about us? Anybody may send a person to our address.
        let same = |ours: &str, theirs: Option<&str>| {
            theirs.is_some_and(|text| {
                aws_lc_rs::constant_time::verify_slices_are_equal(ours.as_bytes(), text.as_bytes()).is_ok()
            })
        };
        if !same(&pending.state, callback.state.as_deref())
            || callback.iss.as_ref().is_some_and(|issuer| *issuer != self.config.issuer)
        {
            return Err(SignInRefusal::NotOurs);
        }
        let now = self.seams.now();
        if !(-facts::CLOCK_SKEW_SECONDS..=facts::MAX_SECONDS).contains(&(now.seconds() - pending.begun)) {
            return Err(SignInRefusal::TooLate);
        }
        match callback.error.as_deref() {
            Some("access_denied") => return Err(SignInRefusal::Denied),
            Some(_) => return Err(SignInRefusal::ProviderError),
            None => {}
        }
        let code = callback.code.as_deref().ok_or(SignInRefusal::NotOurs)?;
        let answer = self.ask_token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.config.redirect_uri),
            ("code_verifier", &pending.verifier),
        ])?;
        let tokens: Tokens = serde_json::from_value(answer).map_err(|_| SignInRefusal::Malformed("no ID token"))?;
        let claims = self.claims(&tokens.id_token)?;
        let level = self.check(&claims, &pending, &tokens.access_token, now)?;
        let subject = text(&claims, "sub").ok_or(SignInRefusal::Malformed("no subject"))?.to_owned();
        let attributes = match pending.wants_attributes {
            true => Some(Personal::new(self.attributes(&tokens.access_token, &subject)?)),
            false => None,
        };
        Ok(SignedIn { subject: Personal::new(subject), level, attributes })
    }

    /// POSTs to the token endpoint, proving who we are by a signed assertion (private_key_jwt, RFC 7523).
    fn ask_token(&self, fields: &[(&str, &str)]) -> Result<Value, SignInRefusal> {
        let endpoint = self.config.at(facts::TOKEN_PATH);
        let now = self.seams.now().seconds();
        let assertion = json!({
            "iss": self.config.client_id,
            "sub": self.config.client_id,
            "aud": endpoint,
            "jti": self.random(),
            "iat": now,
            "exp": now + facts::ASSERTION_SECONDS,
        });
        let assertion = self.key.sign(&assertion).ok_or(SignInRefusal::OwnKey)?;
        let mut all = vec![
            ("client_id", self.config.client_id.as_str()),
            ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
            ("client_assertion", &assertion),
        ];
        all.extend_from_slice(fields);
        read_json(&self.http.send(Request::Post { url: &endpoint, form: &form(&all) })?)
    }

    /// The claims of an ID token; an unknown key has the keys fetched anew, once, and so has their age.
    fn claims(&self, token: &str) -> Result<Claims, SignInRefusal> {
        let now = self.seams.now().seconds();
        let known = self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let is_young = (0..=facts::KEYS_SECONDS).contains(&(now - known.at));
        match if is_young { verify(token, &known.keys) } else { Err(JwtError::UnknownKey) } {
            Err(JwtError::UnknownKey) => {
                let answer = self.http.send(Request::Get { url: &self.config.at(facts::KEYS_PATH), bearer: None })?;
                let mut set = read_json(&answer)?;
                let malformed = SignInRefusal::Malformed("no keys");
                let listed = set.get_mut("keys").map(Value::take).ok_or(malformed)?;
                // Keys of other kinds may stand beside ours.
                let listed: Vec<Value> = serde_json::from_value(listed).map_err(|_| malformed)?;
                let fresh: Vec<Jwk> = listed.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect();
                let verified = verify(token, &fresh);
                *self.keys.lock().unwrap_or_else(PoisonError::into_inner) = Fetched { keys: fresh, at: now };
                Ok(verified?)
            }
            other => Ok(other?),
        }
    }

    /// Everything an ID token must say (OpenID Connect Core §3.1.3.7); the level that was reached.
    fn check(
        &self,
        claims: &Claims,
        pending: &Pending,
        access_token: &str,
        now: Timestamp,
    ) -> Result<String, SignInRefusal> {
        if text(claims, "iss") != Some(&self.config.issuer) {
            return Err(SignInRefusal::WrongIssuer);
        }
        let ours = Some(self.config.client_id.as_str());
        let is_for_us = match claims.get("aud") {
            Some(Value::String(one)) => Some(one.as_str()) == ours,
            Some(Value::Array(all)) => {
                let named = all.iter().any(|one| one.as_str() == ours);
                named && (all.len() == 1 || text(claims, "azp") == ours)
            }
            _ => false,
        };
        if !is_for_us || claims.contains_key("azp") && text(claims, "azp") != ours {
            return Err(SignInRefusal::WrongAudience);
        }
        if text(claims, "nonce") != Some(&pending.nonce) {
            return Err(SignInRefusal::WrongNonce);
        }
        let (now, skew) = (now.seconds(), facts::CLOCK_SKEW_SECONDS);
        let time = |name: &str| claims.get(name).and_then(Value::as_i64);
        let (Some(expires), Some(issued)) = (time("exp"), time("iat")) else { return Err(SignInRefusal::WrongTime) };
        let not_before = if claims.contains_key("nbf") { time("nbf").ok_or(SignInRefusal::WrongTime)? } else { issued };
        // Made before this sign-in began: somebody's old token.
        if now >= expires.saturating_add(skew)
            || not_before > now + skew
            || issued > now + skew
            || issued < pending.begun - skew
        {
            return Err(SignInRefusal::WrongTime);
        }
        if let Some(hash) = claims.get("at_hash") {
            let whole = digest(&SHA256, access_token.as_bytes());
            if hash.as_str() != Some(BASE64URL_NOPAD.encode(&whole.as_ref()[..16]).as_str()) {
                return Err(SignInRefusal::Malformed("the access token is another's"));
            }
        }
        let reached = text(claims, "acr").filter(|level| self.config.levels.iter().any(|asked| asked == level));
        reached.map(str::to_owned).ok_or(SignInRefusal::LevelNotReached)
    }

    fn attributes(&self, access_token: &str, subject: &str) -> Result<Attributes, SignInRefusal> {
        let url = self.config.at(facts::USERINFO_PATH);
        let answer = read_json(&self.http.send(Request::Get { url: &url, bearer: Some(access_token) })?)?;
        let Value::Object(said) = answer else { return Err(SignInRefusal::Malformed("no user information")) };
        if text(&said, "sub") != Some(subject) {
            return Err(SignInRefusal::OtherPerson);
        }
        let address = said.get(facts::ADDRESS);
        let address = address.and_then(|one| one.as_str().or_else(|| one.get("formatted").and_then(Value::as_str)));
        let sex = text(&said, facts::GENDER).and_then(|sex| match sex {
            "1" | "2" | "9" => sex.chars().next(),
            _ => None,
        });
        Ok(Attributes {
            name: text(&said, facts::NAME).ok_or(SignInRefusal::Malformed("no name"))?.to_owned(),
            address: address.ok_or(SignInRefusal::Malformed("no address"))?.to_owned(),
            birth_date: text(&said, facts::BIRTH_DATE)
                .and_then(date)
                .ok_or(SignInRefusal::Malformed("no whole birth date"))?,
            sex: sex.ok_or(SignInRefusal::Malformed("no known sex"))?,
        })
    }
}

impl std::fmt::Debug for RelyingParty {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RelyingParty of {}", self.config.issuer)
    }
}

fn text<'a>(claims: &'a Claims, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

/// `YYYYMMDD` or `YYYY-MM-DD`.
fn date(text: &str) -> Option<Date> {
    match text.len() {
        8 if text.is_ascii() => Date::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])).ok(),
        _ => Date::parse(text).ok(),
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    // Pairs of texts always have a form.
    serde_urlencoded::to_string(fields).unwrap_or_default()
}

fn read_json(answer: &Answer) -> Result<Value, SignInRefusal> {
    match answer.status {
        200 => serde_json::from_slice(&answer.body).map_err(|_| SignInRefusal::Malformed("no JSON")),
        status => Err(SignInRefusal::Status(status)),
    }
}
