//! Which code key, document certificate and seal a city signs with, since when; which come next, and which came before.
//!
//! ```text
//!  D/signing/  code.p8   mayor.p8 mayor.der authority.der   seal.png      in use
//!              code-next.p8   mayor-next.p8 …               seal-next.png prepared
//!              key-book.json                                              since when, from when, what came before
//! ```
//! The book and the files follow the database ([`crate::key_keeper`]): what a city prepares and from when it holds is shared
//! by all its nodes. The public half of a code key is published from the moment it is prepared, so that nobody's list is too
//! old for the first paper; and for good, so that old papers go on verifying. Old private halves are overwritten. A kill in
//! the middle of a change is made good before the next one, and before the city is served again.

use std::fs;
use std::path::Path;

use base::{Id, Kind, Timestamp};
use data_encoding::{BASE64, HEXLOWER};
use pki::token::TokenPublicKey;
use serde::{Deserialize, Serialize};
use tools::paper_keys::Part;
use web::staff::InUse;

use crate::fail::{Failure, failed};
use crate::key_files::{read_code, write_secret};

const BOOK: &str = "key-book.json";

/// The book of one city.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyBook {
    /// The city's version of what is in use, as far as this directory has followed.
    version: i64,
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
    /// Which one of the database.
    #[serde(default)]
    key: String,
    /// Microseconds; absent: not decided yet.
    #[serde(default)]
    at: Option<i64>,
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

/// The short name under which what lies in these contents is known.
///
/// # Errors
/// There is nothing, or a code key that cannot be used.
pub fn name_of(part: Part, contents: &[Vec<u8>]) -> Result<String, Failure> {
    // A document is known by its certificate, not its key.
    let known = contents.get(usize::from(part == Part::Document));
    let known = known.ok_or_else(|| Failure::new(Kind::Internal, "a part without files"))?;
    if part == Part::Code { Ok(read_code(known)?.public().id().to_string()) } else { Ok(fingerprint(known)) }
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

    /// The city's version of what is in use, as far as this directory has followed.
    pub const fn version(&self) -> i64 {
        self.version
    }

    /// Whether the next one of this part is this key of the database, whole in its files; and from when it holds.
    pub fn next_is(&self, part: Part, key: Id) -> Option<Option<Timestamp>> {
        let next = self.entry(part).next.as_ref().filter(|next| next.key == key.to_string())?;
        Some(next.at.map(Timestamp::from_micros))
    }

    /// Lays the files of the next one into `place`, and notes from when it holds. A kill in between leaves none.
    ///
    /// # Errors
    /// A file or the book cannot be written.
    pub fn prepare(
        place: &Path,
        part: Part,
        key: Id,
        at: Option<Timestamp>,
        contents: &[Vec<u8>],
    ) -> Result<(), Failure> {
        Self::take_back(place, part)?;
        for ((_, prepared), bytes) in files(part).iter().zip(contents) {
            write_secret(&place.join(prepared), bytes)?;
        }
        let mut book = Self::read(place)?;
        let at = at.map(Timestamp::micros);
        book.entry_mut(part).next = Some(Next { key: key.to_string(), at, moving: false });
        book.write(place)
    }

    /// Takes back what was prepared, before its files are written anew: a kill between two of them must not bring a key into
    /// use that does not fit its certificate.
    ///
    /// # Errors
    /// The book cannot be written.
    pub fn take_back(place: &Path, part: Part) -> Result<(), Failure> {
        let mut book = Self::read(place)?;
        if book.entry_mut(part).next.take().is_some() {
            book.write(place)?;
        }
        for (_, prepared) in files(part) {
            match fs::remove_file(place.join(prepared)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(failed("a prepared key cannot be taken back")(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Brings the next one of `part` into use, as the city did at `at`: from here on this directory is at `version`.
    ///
    /// # Errors
    /// A file cannot be read or moved.
    pub fn bring_in(place: &Path, part: Part, at: Timestamp, version: i64) -> Result<(), Failure> {
        let mut book = Self::read(place)?;
        let past = past(place, part, at)?;
        let entry = book.entry_mut(part);
        let Some(next) = &mut entry.next else { return Err(Failure::new(Kind::Internal, "no key was prepared")) };
        next.moving = true;
        entry.previous.splice(0..0, past);
        entry.since = Some(at.micros());
        book.version = version;
        book.write(place)?;
        Self::mend(place)
    }

    /// Finishes what a kill left half done.
    ///
    /// # Errors
    /// A file cannot be moved.
    pub fn mend(place: &Path) -> Result<(), Failure> {
        let mut book = Self::read(place)?;
        for part in Part::ALL {
            if !book.entry(part).next.as_ref().is_some_and(|next| next.moving) {
                continue;
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
            Some(next) => name(place, part, prepared)?.map(|name| (name, next.at.map(Timestamp::from_micros))),
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
