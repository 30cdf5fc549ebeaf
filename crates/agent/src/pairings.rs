//! The servers this agent believes: one key pair for each, in a file that only its user can read.
//!
//! ```text
//!  operator: code from the server's console ─▶ `yakuba agent pair --server S --code C`
//!  agent ── POST S/agent/pair: its new public key, proof of the code ──▶ server
//!        ◀── audience, origins, keys, proof of the code over both ────
//! ```
//! The file is read at every request, so what a command changes holds at once.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::{Seams, Timestamp};
use data_encoding::{BASE64, DecodeError};
use pki::SigningKey;
use pki::agent::{PairingAnswer, PairingCode, PairingRefusal, PairingRequest, VerificationKey};
use pki::sealed::SealingPublicKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Where servers take pairings.
pub const PAIR_PATH: &str = "/agent/pair";
const FILE: &str = "pairings.json";
const TIMEOUT: Duration = Duration::from_secs(15);
const MOST_ANSWER_BYTES: u64 = 16 * 1024;

/// Why a pairing was not made or kept.
#[derive(Debug, thiserror::Error)]
pub enum PairingError {
    /// The address is not one.
    #[error("the server's address begins with https:// (or http://) and has no path")]
    Address,
    /// Nobody answers there.
    #[error("the server does not answer: {0}")]
    Unreachable(String),
    /// The server said no.
    #[error("the server refuses this code: it was used, has expired, or was typed wrong")]
    Refused,
    /// The server's answer is not believed.
    #[error(transparent)]
    NotBelieved(#[from] PairingRefusal),
    /// The server speaks for another place than the one it was reached at.
    #[error("the server speaks for another address than the one it was reached at; nothing was paired")]
    OtherPlace,
    /// The file of pairings.
    #[error("the pairings cannot be kept: {0}")]
    File(#[from] std::io::Error),
    /// The file holds something else.
    #[error("the file of pairings is damaged; pair again after removing it")]
    Damaged,
    /// No key could be made.
    #[error(transparent)]
    Key(#[from] pki::KeyError),
}

/// One server this agent believes.
pub struct Pairing {
    /// The server's name for this agent.
    pub agent: String,
    /// The audience of its challenges.
    pub audience: String,
    /// The city's name.
    pub name: String,
    /// The city's name in English.
    pub name_english: String,
    /// Origins of its pages, in lower case.
    pub origins: Vec<String>,
    /// Signs its requests.
    pub verification_key: VerificationKey,
    /// Answers are sealed to it.
    pub sealing_key: SealingPublicKey,
    /// Our key, for this server alone.
    pub key: SigningKey,
    /// When.
    pub paired_at: Timestamp,
}

impl std::fmt::Debug for Pairing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Pairing({} at {})", self.agent, self.audience)
    }
}

/// As kept.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    agent: String,
    audience: String,
    name: String,
    name_english: String,
    origins: Vec<String>,
    verification_key: String,
    sealing_key: String,
    key: Zeroizing<String>,
    paired_at: i64,
}

impl Kept {
    fn of(pairing: &Pairing) -> Result<Self, PairingError> {
        let key = Zeroizing::new(pairing.key.to_pkcs8()?);
        Ok(Self {
            agent: pairing.agent.clone(),
            audience: pairing.audience.clone(),
            name: pairing.name.clone(),
            name_english: pairing.name_english.clone(),
            origins: pairing.origins.clone(),
            verification_key: BASE64.encode(pairing.verification_key.info()),
            sealing_key: BASE64.encode(&pairing.sealing_key.to_bytes()),
            key: Zeroizing::new(BASE64.encode(&key)),
            paired_at: pairing.paired_at.micros(),
        })
    }

    fn read(self) -> Option<Pairing> {
        let bytes = |text: &str| -> Result<Vec<u8>, DecodeError> { BASE64.decode(text.as_bytes()) };
        let key = Zeroizing::new(bytes(&self.key).ok()?);
        Some(Pairing {
            verification_key: VerificationKey::from_info(&bytes(&self.verification_key).ok()?)?,
            sealing_key: SealingPublicKey::from_bytes(&bytes(&self.sealing_key).ok()?).ok()?,
            key: SigningKey::from_pkcs8(&key).ok()?,
            agent: self.agent,
            audience: self.audience,
            name: self.name,
            name_english: self.name_english,
            origins: self.origins,
            paired_at: Timestamp::from_micros(self.paired_at),
        })
    }
}

/// The file of pairings.
#[derive(Clone, Debug)]
pub struct Pairings {
    pub(crate) directory: PathBuf,
}

impl Pairings {
    /// In this directory, which need not exist yet.
    pub fn in_directory(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// All of them.
    ///
    /// # Errors
    /// The file cannot be read, or is damaged.
    pub fn all(&self) -> Result<Vec<Pairing>, PairingError> {
        let text = match fs::read(self.directory.join(FILE)) {
            Ok(text) => Zeroizing::new(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let kept: Vec<Kept> = serde_json::from_slice(&text).map_err(|_| PairingError::Damaged)?;
        kept.into_iter().map(|one| one.read().ok_or(PairingError::Damaged)).collect()
    }

    /// The pairing whose pages come from `origin`.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub fn of_origin(&self, origin: &str) -> Result<Option<Pairing>, PairingError> {
        Ok(self.all()?.into_iter().find(|pairing| pairing.origins.iter().any(|known| known == origin)))
    }

    /// Keeps `pairing`; an older one of the same audience or origin gives way.
    ///
    /// # Errors
    /// The file.
    pub fn add(&self, pairing: Pairing) -> Result<(), PairingError> {
        let mut all = self.all()?;
        let is_replaced = |old: &Pairing| {
            old.audience == pairing.audience || old.origins.iter().any(|origin| pairing.origins.contains(origin))
        };
        all.retain(|old| !is_replaced(old));
        all.push(pairing);
        self.write(&all)
    }

    /// Forgets the pairing with this audience or agent name. `false` when there was none.
    ///
    /// # Errors
    /// The file.
    pub fn remove(&self, name: &str) -> Result<bool, PairingError> {
        let mut all = self.all()?;
        let before = all.len();
        all.retain(|pairing| pairing.audience != name && pairing.agent != name);
        if all.len() == before {
            return Ok(false);
        }
        self.write(&all)?;
        Ok(true)
    }

    /// Beside and renamed, so that a kill leaves the old file or the new one.
    fn write(&self, all: &[Pairing]) -> Result<(), PairingError> {
        let kept = all.iter().map(Kept::of).collect::<Result<Vec<_>, _>>()?;
        let text = Zeroizing::new(serde_json::to_vec_pretty(&kept).map_err(|_| PairingError::Damaged)?);
        private_directory(&self.directory)?;
        let beside = self.directory.join(format!("{FILE}.new"));
        // What an earlier kill left is not a file of pairings yet.
        let _ = fs::remove_file(&beside);
        let mut file = private_file(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        fs::rename(&beside, self.directory.join(FILE))?;
        Ok(())
    }

    /// Pairs with `server` by the one-time `code` from its console.
    ///
    /// # Errors
    /// [`PairingError`]; nothing is kept then.
    pub fn pair(&self, seams: &Seams, server: &str, code: &str) -> Result<Pairing, PairingError> {
        let server = server_origin(server).ok_or(PairingError::Address)?;
        let code = PairingCode::typed(code);
        let key = SigningKey::generate_p256()?;
        let request = PairingRequest::make(&code, &key, seams.random.bytes())?;
        let answer = post(&format!("{server}{PAIR_PATH}"), &request.to_bytes())?;
        let answer = PairingAnswer::read(&answer, &code, &request)?;
        let origins: Option<Vec<String>> = answer.origins.iter().map(|origin| server_origin(origin)).collect();
        let origins = origins.filter(|origins| speaks_for_itself(&server, &answer.audience, origins));
        let (Some(origins), Some(sealing_key)) = (origins, answer.sealing_keys.first().cloned()) else {
            return Err(PairingError::OtherPlace);
        };
        let pairing = Pairing {
            agent: answer.agent,
            audience: answer.audience,
            name: answer.name,
            name_english: answer.name_english,
            origins,
            verification_key: answer.verification_key,
            sealing_key,
            key,
            paired_at: answer.paired_at,
        };
        let again = Kept::of(&pairing)?.read().ok_or(PairingError::Damaged)?;
        self.add(pairing)?;
        Ok(again)
    }
}

/// Whether all that a server reached at `server` says of itself is that very address: the audience its host, the origins
/// its own. Otherwise one that an operator was talked into pairing with could name the audience of another city, and pass
/// that city's challenges on to cards here. This machine's own names count as one (demos).
fn speaks_for_itself(server: &str, audience: &str, origins: &[String]) -> bool {
    let host = server.split_once("://").map_or("", |(_, host)| host);
    let is_here = is_this_machine(host);
    let is_own = |origin: &String| {
        origin == server || is_here && origin.split_once("://").is_some_and(|(_, host)| is_this_machine(host))
    };
    (audience == host || is_here && is_this_machine(audience)) && !origins.is_empty() && origins.iter().all(is_own)
}

fn is_this_machine(host: &str) -> bool {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// `https://host[:port]` as browsers write it in `Origin`: lower case, no path, no standing port.
pub fn server_origin(text: &str) -> Option<String> {
    let text = text.trim().trim_end_matches('/').to_ascii_lowercase();
    let (scheme, host) = text.split_once("://")?;
    let standing = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let host = host.strip_suffix(standing).unwrap_or(host);
    let is_sound =
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'));
    is_sound.then(|| format!("{scheme}://{host}"))
}

pub(crate) fn post(url: &str, body: &[u8]) -> Result<Vec<u8>, PairingError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = ureq::tls::TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(ureq::tls::RootCerts::PlatformVerifier)
        .build();
    let client: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .proxy(None)
        .http_status_as_error(false)
        .tls_config(tls)
        .build()
        .into();
    let answer = client
        .post(url)
        .header("content-type", "application/octet-stream")
        .header("accept", "application/octet-stream")
        .send(body)
        .map_err(|error| PairingError::Unreachable(error.to_string()))?;
    if answer.status() != 200 {
        return Err(PairingError::Refused);
    }
    let mut bytes = Vec::new();
    answer.into_body().into_reader().take(MOST_ANSWER_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn private_directory(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

pub(crate) fn private_file(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_speaks_for_the_place_it_was_reached_at_and_no_other() {
        let speaks =
            |server: &str, audience: &str, origin: &str| speaks_for_itself(server, audience, &[origin.to_owned()]);
        assert!(speaks("https://city.example", "city.example", "https://city.example"));
        assert!(speaks("http://127.0.0.1:5000", "localhost:8080", "http://localhost:8080"));
        for (server, audience, origin) in [
            ("https://evil.example", "city.example", "https://evil.example"),
            ("https://evil.example", "evil.example", "https://city.example"),
            ("https://evil.example", "yakuba-certificate-machine", "https://evil.example"),
            ("https://city.example", "city.example", "http://city.example"),
            ("https://city.example", "localhost:8080", "https://city.example"),
            ("https://localhost.evil.example", "localhost", "https://localhost.evil.example"),
        ] {
            assert!(!speaks(server, audience, origin), "{server} {audience} {origin}");
        }
        assert!(!speaks_for_itself("https://city.example", "city.example", &[]));
    }

    #[test]
    fn an_address_becomes_the_origin_browsers_say() {
        assert_eq!(server_origin(" https://City.Example:443/ ").as_deref(), Some("https://city.example"));
        assert_eq!(server_origin("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080"));
        for wrong in ["city.example", "ftp://x", "https://", "https://a/b", "https://u@h", "https://a b", "null"] {
            assert_eq!(server_origin(wrong), None, "{wrong}");
        }
    }
}
