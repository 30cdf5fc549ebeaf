//! Doors that decide without a line (施錠・解錠): a signed list for one door, and what the program beside the lock makes of it.
//!
//! ```text
//!  city: make_door ─► door file (key of the door, the city's public keys, trusted CAs) ─► once, by hand
//!        list      ─► hashes under the door's key · from, until · signed              ─► each day, by hand or line
//!  door: open ─ card that signed our challenge with its PIN, or an issued tag ─► decide ─► open or not, a line in the log
//!  city: take_log  ◄─ log file: each opening is visible to the member it was
//! ```
//! A card without its PIN is never taken: nobody watches (規則 64-12第2項). A tag can be copied; so it is a thing the city
//! gave out, stops by the next list, and is logged as what it is. **What is reported lost still opens a door until that door
//! has the next list**: whoever reports is told.

use std::sync::Arc;

use aws_lc_rs::hmac;
use base::{Id, Timestamp};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use pki::challenge::{CardRefusal, Challenge, Expectation, PresentedCard, verify_user_authentication};
use pki::revocation::{SourceKind, Standing as CertificateStanding, Status, StatusError, StatusSource};
use pki::token::{self, KeyRing, PublicKeyRing, TokenPublicKey};
use pki::{AnchorKind, AuthorityRole, TrustAnchors};
use serde::{Deserialize, Serialize};
use tools::service_cards::CardError;
use zeroize::Zeroizing;

use super::actions::{Personnel, tag_bytes};
use super::kept;
use super::model::{Refusal, Standing};

/// What is on a door's list: hash, last day, whose.
type Hashes = Vec<(String, i64, String)>;

/// How long a list may be used. Ours: over a long weekend, not longer.
pub const LIST_SECONDS: i64 = 4 * 86_400;
/// Names the signed structure.
const LIST: &str = "staff-door-list-1";
/// A log is no longer.
const MOST_LINES: usize = 50_000;
const KEY_COLUMN: &str = "staff_doors.door_key";

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
    key: String,
    /// Public keys that sign lists: SubjectPublicKeyInfo in base 64.
    city_keys: Vec<String>,
    /// CAs of the cards: certificates in base 64.
    card_authorities: Vec<String>,
    /// Whether those are test CAs of a demo.
    is_test: bool,
}

/// A list for one door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoorList {
    list: String,
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
    entries: Vec<(String, i64)>,
}

/// A list as it is carried: the text that is signed, and the token over its SHA-256.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedList {
    body: String,
    signature: String,
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

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogLine {
    /// Which door.
    pub door: String,
    /// When, in seconds.
    pub at: i64,
    /// `card` or `tag`.
    pub means: String,
    /// `opened`, or why not ([`Shut::code`]).
    pub outcome: String,
    /// The hash on the list when it opened; nothing of whoever was refused.
    pub who: Option<String>,
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    std::array::from_fn(|at| digest.as_ref()[at])
}

fn hashed(key: &[u8], kind: &str, bytes: &[u8]) -> String {
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
        // Five minutes for a clock that nothing corrects.
        if now.seconds() + 300 < list.made_at {
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

    /// Whether it opens, and the line for the log.
    pub fn decide(&self, shown: Shown<'_>, now: Timestamp) -> (Result<(), Shut>, LogLine) {
        let means = if matches!(shown, Shown::Card(..)) { "card" } else { "tag" };
        let found = self.find(shown, now);
        let line = LogLine {
            door: self.file.door.clone(),
            at: now.seconds(),
            means: means.to_owned(),
            outcome: found.as_ref().map_or_else(|shut| shut.code(), |_| "opened").to_owned(),
            who: found.as_ref().ok().cloned(),
        };
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

/// A door as the personnel office sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoorRow {
    /// Its id.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Lists made for it so far.
    pub lists: i64,
}

/// An opening.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Which door, by name.
    pub door: String,
    /// When.
    pub at: Timestamp,
    /// Whose, by staff number.
    pub number: Option<String>,
    /// `card` or `tag`.
    pub means: String,
}

/// Why a log is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the log cannot be read, or is another door's")]
pub struct BadLog {
    /// From 1.
    pub line: usize,
}

fn door_key_name(id: Id) -> String {
    format!("staff-door:{id}")
}

impl Personnel {
    /// Adds a door; its file is given out once.
    ///
    /// # Errors
    /// The databases or the key store.
    pub fn make_door(&self, name: &str, keys: &PublicKeyRing, anchors: &TrustAnchors) -> Result<DoorFile, CardError> {
        let key: [u8; 32] = self.city.seams.random.bytes();
        let (id, now) = (self.city.seams.random_id(), self.city.seams.now());
        let sealed = self.city.vault.seal(&door_key_name(id), KEY_COLUMN, &key)?;
        let named = name.to_owned();
        self.city.cards.write::<_, CardError, _>(move |tx| {
            tx.execute(
                "INSERT INTO staff_doors (door, name, door_key, made_at, lists) VALUES ($1, $2, $3, $4, 0)",
                &[id.into(), (&*named).into(), sealed.as_slice().into(), now.into()],
            )?;
            Ok(())
        })?;
        let authorities = anchors.iter().filter(|anchor| anchor.role() == AuthorityRole::UserAuthentication);
        Ok(DoorFile {
            door: id.to_string(),
            name: name.to_owned(),
            issuer: self.city.profile.municipality_code.clone(),
            key: BASE64.encode(&key),
            city_keys: keys.keys.iter().map(|key| BASE64.encode(key.public_key_info())).collect(),
            card_authorities: authorities.map(|anchor| BASE64.encode(anchor.der())).collect(),
            is_test: anchors.allows_test(),
        })
    }

    /// Every door.
    ///
    /// # Errors
    /// The database.
    pub fn doors(&self) -> Result<Vec<DoorRow>, CardError> {
        self.read(|tx, _| {
            let rows = tx.query("SELECT door, name, lists FROM staff_doors ORDER BY made_at, door", &[])?;
            let row =
                |row: &store::Row| Ok(DoorRow { id: row.id(0)?, name: row.text(1)?.to_owned(), lists: row.int(2)? });
            Ok(rows.iter().map(row).collect::<Result<_, store::StoreError>>()?)
        })
    }

    /// Every thing that opens this door, under the door's key: hash, last day, whose.
    fn hashes(&self, door: Id) -> Result<Option<Hashes>, CardError> {
        let today = self.city.seams.today();
        self.read(|tx, vault| {
            let row = tx.query_one("SELECT door_key FROM staff_doors WHERE door = $1", &[door.into()])?;
            let Some(row) = row else { return Ok(None) };
            let key = Zeroizing::new(vault.open_sealed(&door_key_name(door), KEY_COLUMN, row.blob(0)?)?);
            let mut all = Vec::new();
            for one in kept::standing(tx, Standing::Live)? {
                let Some(kept) = kept::member(tx, vault, &one.number)? else { continue };
                if !one.is_good(today) || !kept.member.is_employed(today) {
                    continue;
                }
                let until = kept.member.employed_until.map_or(one.valid_until, |last| last.min(one.valid_until));
                let (card, tag) = kept::things(tx, vault, one.id)?;
                for (kind, thing) in [("card", card), ("tag", tag)] {
                    if let Some(thing) = thing {
                        all.push((hashed(&key, kind, &thing), until.days_since_epoch(), one.number.clone()));
                    }
                }
            }
            all.sort();
            Ok(Some(all))
        })
    }

    /// The next list of a door, and who stands on it is remembered for its log.
    ///
    /// # Errors
    /// Outer: the databases or the key store. Inner: no such door.
    pub fn door_list(&self, door: Id, keys: &KeyRing) -> Result<Result<SignedList, Refusal>, CardError> {
        let Some(all) = self.hashes(door)? else { return Ok(Err(Refusal::Unknown)) };
        let (now, named) = (self.city.seams.now(), all.clone());
        let number = self.city.cards.write::<_, CardError, _>(move |tx| {
            tx.execute("UPDATE staff_doors SET lists = lists + 1 WHERE door = $1", &[door.into()])?;
            for (hash, _, number) in &named {
                tx.execute(
                    "INSERT INTO staff_door_names (door, listed, staff_number) VALUES ($1, $2, $3) \
                     ON CONFLICT (door, listed) DO UPDATE SET staff_number = $3",
                    &[door.into(), (&**hash).into(), (&**number).into()],
                )?;
            }
            let row = tx.query_one("SELECT lists FROM staff_doors WHERE door = $1", &[door.into()])?;
            Ok(row.map_or(Ok(0), |row| row.int(0))?)
        })?;
        let list = DoorList {
            list: LIST.to_owned(),
            issuer: self.city.profile.municipality_code.clone(),
            door: door.to_string(),
            number,
            made_at: now.seconds(),
            until: now.plus_seconds(LIST_SECONDS).seconds(),
            entries: all.into_iter().map(|(hash, until, _)| (hash, until)).collect(),
        };
        let body = serde_json::json!(list).to_string();
        let payload = [LIST.as_bytes(), &sha256(body.as_bytes())].concat();
        let token = keys.sign(&payload).map_err(|error| {
            tracing::error!(%error, "a door's list was not signed");
            CardError::Vault(store::sealing::SealError::NoKey)
        })?;
        Ok(Ok(SignedList { body, signature: BASE64URL_NOPAD.encode(&token) }))
    }

    /// Brings the log of a door in. A line that came before changes nothing. How many openings are new.
    ///
    /// # Errors
    /// Outer: the database. Inner: the first line that is none; then nothing is taken.
    pub fn take_log(&self, door: Id, log: &str) -> Result<Result<usize, BadLog>, CardError> {
        let mut lines = Vec::new();
        for (at, text) in log.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            let line: Option<LogLine> = serde_json::from_str(text).ok();
            let line = line.filter(|line| line.door == door.to_string() && line.means.len() <= 8 && at < MOST_LINES);
            let Some(line) = line else { return Ok(Err(BadLog { line: at + 1 })) };
            if line.outcome == "opened" {
                let digest = sha256(text.trim().as_bytes());
                // The same line is the same opening, however often its log is brought.
                let id = Id::from_bytes(std::array::from_fn(|at| digest[at]));
                lines.push((id, line));
            }
        }
        self.city.cards.write(move |tx| {
            let mut new = 0;
            for (id, line) in &lines {
                let hash = line.who.clone().unwrap_or_default();
                let named = tx.query_one(
                    "SELECT staff_number FROM staff_door_names WHERE door = $1 AND listed = $2",
                    &[door.into(), hash.into()],
                )?;
                let number = named.map(|row| row.text(0).map(str::to_owned)).transpose()?;
                new += tx.execute(
                    "INSERT INTO staff_door_openings (opening_id, door, opened_at, staff_number, means) \
                     VALUES ($1, $2, $3, $4, $5) ON CONFLICT (opening_id) DO NOTHING",
                    &[
                        (*id).into(),
                        door.into(),
                        Timestamp::from_seconds(line.at).into(),
                        number.into(),
                        (&*line.means).into(),
                    ],
                )?;
            }
            Ok(Ok(usize::try_from(new).unwrap_or(usize::MAX)))
        })
    }

    /// Openings, newest first: of one member, or the last five hundred of all.
    ///
    /// # Errors
    /// The database.
    pub fn openings(&self, number: Option<&str>) -> Result<Vec<Opening>, CardError> {
        self.read(|tx, _| {
            let rows = match number {
                Some(number) => tx.query(
                    "SELECT d.name, o.opened_at, o.staff_number, o.means FROM staff_door_openings o \
                     JOIN staff_doors d ON d.door = o.door WHERE o.staff_number = $1 \
                     ORDER BY o.opened_at DESC, o.opening_id LIMIT 500",
                    &[number.into()],
                )?,
                None => tx.query(
                    "SELECT d.name, o.opened_at, o.staff_number, o.means FROM staff_door_openings o \
                     JOIN staff_doors d ON d.door = o.door ORDER BY o.opened_at DESC, o.opening_id LIMIT 500",
                    &[],
                )?,
            };
            let opening = |row: &store::Row| {
                Ok(Opening {
                    door: row.text(0)?.to_owned(),
                    at: row.timestamp(1)?,
                    number: row.opt_text(2)?.map(str::to_owned),
                    means: row.text(3)?.to_owned(),
                })
            };
            Ok(rows.iter().map(opening).collect::<Result<_, store::StoreError>>()?)
        })
    }
}
