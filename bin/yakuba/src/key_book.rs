//! Which code key, document certificate and seal a city signs with, since when; which come next, and which came before.
//!
//! ```text
//!  D/signing/  code.p8   mayor.p8 mayor.der authority.der   seal.png      in use
//!              code-next.p8   mayor-next.p8 …               seal-next.png prepared by `yakuba keys rotate`
//!              key-book.json                                              since when, from when, what came before
//! ```
//! What is prepared comes into use when the city is served the next time on its day or later: one process holds one set of
//! keys from its start to its end. The public half of a code key is published from the moment it is prepared, so that
//! nobody's list is too old for the first paper; and for good, so that old papers go on verifying. Old private halves are
//! overwritten. A kill in the middle of a change is made good at the next start.

use std::fs;
use std::path::{Path, PathBuf};

use base::{Date, Kind, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use pki::token::TokenPublicKey;
use serde::{Deserialize, Serialize};
use web::staff::{InUse, Part};

use crate::fail::Failure;
use crate::keys::{read_code, write_secret};

const BOOK: &str = "key-book.json";

/// The book of one city.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyBook {
    code: Entry,
    document: Entry,
    seal: Entry,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Entry {
    /// Microseconds; absent: since the city began.
    since: Option<i64>,
    next: Option<Next>,
    /// Newest first.
    previous: Vec<Past>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Next {
    from: String,
    /// The files are being moved: whoever finds this moves the rest.
    moving: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Past {
    id: String,
    until: i64,
    /// Base64 of what is needed to verify: a code's public key, a document's authority.
    public: String,
}

fn failed<E: std::fmt::Display>(what: &'static str) -> impl FnOnce(E) -> Failure {
    Failure::while_doing(Kind::Unavailable, what)
}

/// The files of a part: in use, and prepared.
const fn files(part: Part) -> &'static [(&'static str, &'static str)] {
    match part {
        Part::Code => &[("code.p8", "code-next.p8")],
        // The key first: where it fails, the certificate of before is still there.
        Part::Document => {
            &[("mayor.p8", "mayor-next.p8"), ("mayor.der", "mayor-next.der"), ("authority.der", "authority-next.der")]
        }
        Part::Seal => &[("seal.png", "seal-next.png")],
    }
}

/// A short name of public bytes.
fn fingerprint(bytes: &[u8]) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    HEXLOWER.encode(&hash.as_ref()[..8])
}

impl KeyBook {
    /// The book that lies in `place`; an empty one where there is none.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(place: &Path) -> Result<Self, Failure> {
        match fs::read(place.join(BOOK)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(failed("the key book cannot be read")),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failed("the key book cannot be read")(error)),
        }
    }

    fn write(&self, place: &Path) -> Result<(), Failure> {
        let bytes = serde_json::to_vec_pretty(self).map_err(failed("the key book cannot be written"))?;
        write_secret(&place.join(BOOK), &bytes)
    }

    fn entry(&self, part: Part) -> &Entry {
        match part {
            Part::Code => &self.code,
            Part::Document => &self.document,
            Part::Seal => &self.seal,
        }
    }

    fn entry_mut(&mut self, part: Part) -> &mut Entry {
        match part {
            Part::Code => &mut self.code,
            Part::Document => &mut self.document,
            Part::Seal => &mut self.seal,
        }
    }

    /// Notes that the files prepared in `place` come into use from this day on.
    ///
    /// # Errors
    /// The book cannot be written.
    pub fn prepare(place: &Path, part: Part, from: Date) -> Result<(), Failure> {
        let mut book = Self::read(place)?;
        book.entry_mut(part).next = Some(Next { from: from.to_string(), moving: false });
        book.write(place)
    }

    /// Takes back what was prepared, before its files are written anew: a kill between two of them must not bring a key into
    /// use that does not fit its certificate.
    ///
    /// # Errors
    /// The book cannot be written.
    pub fn take_back(place: &Path, part: Part) -> Result<(), Failure> {
        let mut book = Self::read(place)?;
        if book.entry_mut(part).next.take().is_none() {
            return Ok(());
        }
        book.write(place)
    }

    /// Brings into use what is due, and finishes what a kill left half done. Called before a city is served, by nobody
    /// else.
    ///
    /// # Errors
    /// A file cannot be read or moved.
    pub fn settle(place: &Path, now: Timestamp) -> Result<(), Failure> {
        let mut book = Self::read(place)?;
        for part in Part::ALL {
            let Some(next) = book.entry(part).next.clone() else { continue };
            let is_due = Date::parse(&next.from).is_ok_and(|from| from <= now.date_in_japan());
            if !next.moving {
                if !is_due {
                    continue;
                }
                let past = past(place, part, now)?;
                let entry = book.entry_mut(part);
                entry.previous.splice(0..0, past);
                entry.since = Some(now.micros());
                entry.next = Some(Next { moving: true, ..next });
                book.write(place)?;
            }
            for (used, prepared) in files(part) {
                let prepared = place.join(prepared);
                if prepared.is_file() {
                    fs::rename(prepared, place.join(used)).map_err(failed("a prepared key cannot be brought in"))?;
                }
            }
            book.entry_mut(part).next = None;
            book.write(place)?;
        }
        Ok(())
    }

    /// Public halves of the code keys beside the one in use: the next one first, then earlier ones, newest first.
    ///
    /// # Errors
    /// A key cannot be used.
    pub fn other_code_keys(&self, place: &Path) -> Result<Vec<TokenPublicKey>, Failure> {
        let mut keys = Vec::new();
        if self.code.next.is_some()
            && let Ok(der) = fs::read(place.join("code-next.p8"))
        {
            keys.push(read_code(&der)?.public().clone());
        }
        for past in &self.code.previous {
            let info = BASE64.decode(past.public.as_bytes()).map_err(failed("an earlier code key cannot be read"))?;
            let key = TokenPublicKey::from_public_key_info(&info);
            keys.push(key.map_err(failed("an earlier code key cannot be used"))?);
        }
        Ok(keys)
    }

    /// How often the list of code keys has changed: a checker tells an old list by it.
    pub fn code_version(&self) -> u64 {
        1 + 2 * self.code.previous.len() as u64 + u64::from(self.code.next.is_some())
    }

    /// Certificates of the authorities above earlier document certificates.
    pub fn former_authorities(&self) -> Vec<Vec<u8>> {
        self.document.previous.iter().filter_map(|past| BASE64.decode(past.public.as_bytes()).ok()).collect()
    }

    /// What is in use in `place`, for people.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn in_use(&self, place: &Path) -> Result<Vec<InUse>, Failure> {
        Part::ALL.into_iter().map(|part| self.part_in_use(place, part)).collect()
    }

    fn part_in_use(&self, place: &Path, part: Part) -> Result<InUse, Failure> {
        let entry = self.entry(part);
        let [(used, prepared), ..] = files(part) else {
            return Err(Failure::new(Kind::Internal, "a part without files"));
        };
        // A document is known by its certificate, not its key.
        let (used, prepared) =
            if part == Part::Document { ("mayor.der", "mayor-next.der") } else { (*used, *prepared) };
        let next = match &entry.next {
            Some(next) => name(place, part, prepared)?.zip(Date::parse(&next.from).ok()),
            None => None,
        };
        let expires = fs::read(place.join("mayor.der")).ok().filter(|_| part == Part::Document);
        Ok(InUse {
            part,
            id: name(place, part, used)?,
            since: entry.since.map(Timestamp::from_micros),
            expires: expires.and_then(|der| pki::document_certificate::last_instant(&der).ok()),
            next,
            earlier: entry.previous.iter().map(|past| (past.id.clone(), Timestamp::from_micros(past.until))).collect(),
        })
    }
}

/// The short name of what lies in a file; `None` where there is none (a demo draws its seal).
fn name(place: &Path, part: Part, file: &str) -> Result<Option<String>, Failure> {
    match fs::read(place.join(file)) {
        Ok(bytes) if part == Part::Code => Ok(Some(read_code(&bytes)?.public().id().to_string())),
        Ok(bytes) => Ok(Some(fingerprint(&bytes))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("a key file cannot be read")(error)),
    }
}

/// What is kept of the part that goes out of use.
fn past(place: &Path, part: Part, now: Timestamp) -> Result<Option<Past>, Failure> {
    let read = |file: &str| fs::read(place.join(file)).map_err(failed("a key in use cannot be read"));
    let (id, public) = match part {
        Part::Code => {
            let key = read_code(&read("code.p8")?)?;
            (key.public().id().to_string(), key.public().public_key_info().to_vec())
        }
        Part::Document => (fingerprint(&read("mayor.der")?), read("authority.der")?),
        Part::Seal => match name(place, part, "seal.png")? {
            Some(id) => (id, Vec::new()),
            None => return Ok(None),
        },
    };
    Ok(Some(Past { id, until: now.micros(), public: BASE64.encode(&public) }))
}

/// Where prepared files go.
pub fn prepared(place: &Path, part: Part) -> Vec<PathBuf> {
    files(part).iter().map(|(_, prepared)| place.join(prepared)).collect()
}
