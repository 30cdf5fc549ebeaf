//! Doors that decide without a line (施錠・解錠): a signed list for one door, and what the program beside the lock makes of it.
//!
//! ```text
//!  city ([`super::doors`]): door file (key of the door, the city's public keys, trusted CAs) ─► once, by hand
//!                           list: hashes under the door's key · from, until · signed      ─► each day, by hand or line
//!  door: open ─ newer than every list it saw ─ card that signed our challenge with its PIN, or an issued tag ─► decide
//!          └─► a line in the log, under the door's key
//!  city: take_log  ◄─ log file: each opening once, visible to the member it was
//! ```
//! A line says the minute, not the second: who opened which door is what the log is for, not how somebody walks.
//! A card without its PIN is never taken: nobody watches (規則 64-12第2項). A tag can be copied; so it is a thing the city
//! gave out, stops by the next list, and is logged as what it is. **What is reported lost still opens a door until that door
//! has the next list**: whoever reports is told.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base::{Id, Timestamp};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use pki::challenge::{CardRefusal, Challenge, Expectation, PresentedCard, verify_user_authentication};
use pki::revocation::{SourceKind, Standing as CertificateStanding, Status, StatusError, StatusSource};
use pki::token::{self, PublicKeyRing, TokenPublicKey};
use pki::{AnchorKind, AuthorityRole, TrustAnchors};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::actions::tag_bytes;

/// How long a list may be used. Ours: over a long weekend, not longer.
pub const LIST_SECONDS: i64 = 4 * 86_400;
/// How far the clocks of city and door may be apart.
pub const CLOCK_SECONDS: i64 = 300;
/// How exactly a log says when.
const LOG_SECONDS: i64 = 60;
/// Names the signed structure.
pub(super) const LIST: &str = "staff-door-list-1";

/// What a door is given once: keep it as a key.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorFile {
    /// Which door.
    pub door: String,
    /// Its name, for people.
    pub name: String,
    /// The municipality's code.
    pub issuer: String,
    /// Under which the list's hashes are made: 32 bytes in base 64.
    pub(super) key: String,
    /// Public keys that sign lists: SubjectPublicKeyInfo in base 64.
    pub(super) city_keys: Vec<String>,
    /// CAs of the cards: certificates in base 64.
    pub(super) card_authorities: Vec<String>,
    /// Whether those are test CAs of a demo.
    pub(super) is_test: bool,
}

/// A list for one door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorList {
    pub(super) list: String,
    /// The municipality's code.
    pub issuer: String,
    /// Which door.
    pub door: String,
    /// Grows with each list of this door: an older one is not taken after a newer.
    pub number: i64,
    /// From when, in seconds.
    pub made_at: i64,
    /// Until when.
    pub until: i64,
    /// Hash, and the last day of the ID in days since 1970.
    pub(super) entries: Vec<(String, i64)>,
}

/// A list as it is carried: the text that is signed, and the token over its SHA-256.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedList {
    pub(super) body: String,
    pub(super) signature: String,
}

/// Why a door stays shut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Shut {
    /// The door's own file cannot be read.
    #[error("the door's file cannot be read")]
    DoorFile,
    /// No list, or not this city's and this door's.
    #[error("the list is not the city's for this door")]
    NotOurs,
    /// The list is over.
    #[error("the list is over: bring the next one")]
    Stale,
    /// The list is of the future: the clock of the door is wrong.
    #[error("the list is of a later day than this clock says")]
    FromTheFuture,
    /// A newer list was used here before.
    #[error("a newer list was used here before: bring that one, or the next")]
    Older,
    /// The log has a time later than now: the clock of the door went back.
    #[error("the log is of a later time than this clock says")]
    ClockWentBack,
    /// What the door remembers of lists cannot be read or kept.
    #[error("what this door remembers of its lists cannot be read or kept")]
    Memory,
    /// The log cannot be written.
    #[error("the log cannot be written")]
    Log,
    /// The thing is not on the list.
    #[error("it is not on the list")]
    NotListed,
    /// The ID ended.
    #[error("the staff ID is over")]
    Over,
    /// The card did not prove itself.
    #[error("the card did not prove itself")]
    Card,
}

impl Shut {
    /// The word in the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DoorFile => "door-file",
            Self::NotOurs => "not-ours",
            Self::Stale => "list-over",
            Self::FromTheFuture => "clock",
            Self::Older => "list-older",
            Self::ClockWentBack => "clock-back",
            Self::Memory => "memory",
            Self::Log => "log",
            Self::NotListed => "not-listed",
            Self::Over => "id-over",
            Self::Card => "card",
        }
    }
}

/// What was held to the reader.
#[derive(Clone, Copy)]
pub enum Shown<'a> {
    /// A card that signed the challenge, with its PIN.
    Card(PresentedCard<'a>, &'a Challenge),
    /// The number of an issued tag.
    Tag(&'a str),
}

/// What a line of the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Which door.
    pub door: String,
    /// When, in seconds: the beginning of the minute.
    pub at: i64,
    /// `card` or `tag`.
    pub means: String,
    /// `opened`, or why not ([`Shut::code`]).
    pub outcome: String,
    /// The hash on the list when it opened; nothing of whoever was refused.
    pub who: Option<String>,
}

/// A line of the log as it is written: the text, and that this door wrote it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    body: String,
    proof: String,
}

/// What is under the proof: a line, and its own random number, by which it counts once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    entry: String,
    line: LogLine,
}

impl Written {
    /// The line and its number, if a door with this key wrote it.
    pub(super) fn read(&self, key: &[u8]) -> Option<(Id, LogLine)> {
        let proof = HEXLOWER.decode(self.proof.as_bytes()).ok()?;
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, key), &logged(&self.body), &proof).ok()?;
        let entry: Entry = serde_json::from_str(&self.body).ok()?;
        Some((Id::parse(&entry.entry).ok()?, entry.line))
    }

    /// The time in it, as the door itself reads it back.
    pub fn at(&self) -> Option<i64> {
        serde_json::from_str::<Entry>(&self.body).ok().map(|entry| entry.line.at)
    }
}

/// The bytes that the proof of a line is over.
fn logged(body: &str) -> Vec<u8> {
    [b"log\0", body.as_bytes()].concat()
}

pub(super) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    std::array::from_fn(|at| digest.as_ref()[at])
}

pub(super) fn hashed(key: &[u8], kind: &str, bytes: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    HEXLOWER.encode(hmac::sign(&key, &[kind.as_bytes(), &[0], bytes].concat()).as_ref())
}

/// Good when the list was made is good for a door: who lost a card is off the next list.
struct AsListed(Timestamp);

impl StatusSource for AsListed {
    fn status(&self, _: &pki::jpki_profile::JudgedCertificate, _: Timestamp) -> Result<Status, StatusError> {
        Ok(Status { standing: CertificateStanding::Good, source: SourceKind::Crl, as_of: self.0 })
    }
}

/// A door with its file and a list, before each showing.
pub struct Door {
    file: DoorFile,
    key: Zeroizing<Vec<u8>>,
    anchors: Arc<TrustAnchors>,
    list: DoorList,
}

impl Door {
    /// Reads both files and checks the list: of this city, of this door, in its time.
    ///
    /// # Errors
    /// [`Shut`].
    pub fn open(door_file: &str, list: &str, now: Timestamp) -> Result<Self, Shut> {
        let file: DoorFile = serde_json::from_str(door_file).map_err(|_| Shut::DoorFile)?;
        let key = Zeroizing::new(BASE64.decode(file.key.as_bytes()).map_err(|_| Shut::DoorFile)?);
        let mut anchors = if file.is_test { TrustAnchors::allowing_test() } else { TrustAnchors::production_only() };
        let kind = if file.is_test { AnchorKind::Test } else { AnchorKind::Production };
        for authority in &file.card_authorities {
            let der = BASE64.decode(authority.as_bytes()).map_err(|_| Shut::DoorFile)?;
            anchors.add(AuthorityRole::UserAuthentication, kind, &der).map_err(|_| Shut::DoorFile)?;
        }
        let keys: Vec<TokenPublicKey> = file
            .city_keys
            .iter()
            .map(|key| {
                BASE64.decode(key.as_bytes()).ok().and_then(|info| TokenPublicKey::from_public_key_info(&info).ok())
            })
            .collect::<Option<_>>()
            .ok_or(Shut::DoorFile)?;
        let list = read_list(list, &PublicKeyRing { version: 0, keys })?;
        if list.door != file.door || list.issuer != file.issuer {
            return Err(Shut::NotOurs);
        }
        if now.seconds() + CLOCK_SECONDS < list.made_at {
            return Err(Shut::FromTheFuture);
        }
        if list.until < now.seconds() {
            return Err(Shut::Stale);
        }
        Ok(Self { file, key, anchors: Arc::new(anchors), list })
    }

    /// Its list.
    pub const fn list(&self) -> &DoorList {
        &self.list
    }

    /// For whom a card signs at this door.
    pub fn audience(&self) -> String {
        format!("{}/staff-door", self.file.issuer)
    }

    /// Under which name of a terminal.
    pub fn terminal(&self) -> &str {
        &self.file.door
    }

    /// The text of a line for the log. `entry` is random: by it the line counts once, however often the log is brought.
    pub fn written(&self, line: &LogLine, entry: Id) -> String {
        let body = serde_json::json!(Entry { entry: entry.to_string(), line: line.clone() }).to_string();
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.key);
        let proof = HEXLOWER.encode(hmac::sign(&key, &logged(&body)).as_ref());
        serde_json::json!(Written { body, proof }).to_string()
    }

    /// The line for something that was refused before it came to [`Self::decide`].
    pub fn refused(&self, means: &str, shut: Shut, now: Timestamp) -> LogLine {
        self.line(means, &Err(shut), now)
    }

    fn line(&self, means: &str, found: &Result<String, Shut>, now: Timestamp) -> LogLine {
        LogLine {
            door: self.file.door.clone(),
            at: now.seconds() - now.seconds().rem_euclid(LOG_SECONDS),
            means: means.to_owned(),
            outcome: found.as_ref().map_or_else(|shut| shut.code(), |_| "opened").to_owned(),
            who: found.as_ref().ok().cloned(),
        }
    }

    /// Whether it opens, and the line for the log.
    pub fn decide(&self, shown: Shown<'_>, now: Timestamp) -> (Result<(), Shut>, LogLine) {
        let means = if matches!(shown, Shown::Card(..)) { "card" } else { "tag" };
        let found = self.find(shown, now);
        let line = self.line(means, &found, now);
        (found.map(|_| ()), line)
    }

    fn find(&self, shown: Shown<'_>, now: Timestamp) -> Result<String, Shut> {
        if self.list.until < now.seconds() {
            return Err(Shut::Stale);
        }
        let hash = match shown {
            Shown::Tag(typed) => hashed(&self.key, "tag", &tag_bytes(typed).ok_or(Shut::NotListed)?),
            Shown::Card(card, challenge) => {
                let certificate = self.proved(card, challenge, now).map_err(|_| Shut::Card)?;
                hashed(&self.key, "card", &certificate)
            }
        };
        let today = now.date_in_japan().days_since_epoch();
        match self.list.entries.iter().find(|(listed, _)| *listed == hash) {
            None => Err(Shut::NotListed),
            Some((_, last)) if *last < today => Err(Shut::Over),
            Some(_) => Ok(hash),
        }
    }

    fn proved(&self, card: PresentedCard<'_>, challenge: &Challenge, now: Timestamp) -> Result<Vec<u8>, CardRefusal> {
        let (audience, terminal) = (self.audience(), self.terminal());
        let expected = Expectation { audience: &audience, terminal };
        let status = AsListed(Timestamp::from_seconds(self.list.made_at));
        let verified = verify_user_authentication(card, challenge, expected, &self.anchors, &status, now)?;
        Ok(tools::credentials::kinds::certificate_bytes(&verified.certificate_id))
    }
}

fn read_list(text: &str, keys: &PublicKeyRing) -> Result<DoorList, Shut> {
    let signed: SignedList = serde_json::from_str(text).map_err(|_| Shut::NotOurs)?;
    let token = BASE64URL_NOPAD.decode(signed.signature.as_bytes()).map_err(|_| Shut::NotOurs)?;
    let payload = token::verify(&token, keys).map_err(|_| Shut::NotOurs)?;
    if payload != [LIST.as_bytes(), &sha256(signed.body.as_bytes())].concat() {
        return Err(Shut::NotOurs);
    }
    let list: DoorList = serde_json::from_str(&signed.body).map_err(|_| Shut::NotOurs)?;
    if list.list == LIST { Ok(list) } else { Err(Shut::NotOurs) }
}
