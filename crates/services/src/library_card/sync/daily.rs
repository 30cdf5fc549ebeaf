//! The same files every day by themselves, by two folders that the library and the city share.
//!
//! ```text
//!  give folder   library-cards-2026-11-27.csv   once a day; written under another name and renamed: there whole, or not
//!  take folder   *.csv ─► taken/   or ─► refused/ with the reason beside it
//!                                  or, with an Individual Number in it, ─► the reason alone stays in refused/
//! ```
//! Whatever is cut, where it may: a day's list is noted before it is laid into place, and the same list is laid there later; what
//! the library left keeps its id until it was moved away. So nothing is given or taken twice.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::digest::{Context, SHA256};
use base::{Date, Timestamp};
use store::StoreError;
use tools::Inside;
use tools::access::Actor;
use tools::audit::{self, Event};

use super::folder::Folder;
use super::{MOST_BYTES, NUMBER_FOUND, Noted, Refused, SyncError, Written, kept, list, note, reading, refused, taking};

/// Who does it, in the audit log.
const JOB: &str = "library-daily";
/// Seconds a file must have stayed as it is before it is read: what is still being copied grows.
pub const SETTLED: i64 = 60;
/// The same for a file that does not end with its line's end: it may be half of one.
pub const SETTLED_UNENDED: i64 = 600;
/// Bytes of a file's own name that are kept when it is moved away.
const KEPT_NAME: usize = 100;
/// Files looked at in one look.
const MOST_FILES: usize = 1000;

/// The settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the day's list is laid.
    pub give: Option<PathBuf>,
    /// Where the library leaves its files.
    pub take: Option<PathBuf>,
    /// How the list is written.
    pub written: Written,
    /// The hour in Japan from which the day's list is made.
    pub from_hour: u8,
}

/// What keeps the files from going.
#[derive(Debug, thiserror::Error)]
pub enum DailyError {
    /// The folder cannot be written, or is not there.
    #[error("the folder for the library cannot be written: {0}")]
    Give(io::Error),
    /// The folder cannot be read or tidied, or is not there.
    #[error("the folder of the library's files cannot be used: {0}")]
    Take(io::Error),
    /// Databases, key store.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl From<StoreError> for DailyError {
    fn from(error: StoreError) -> Self {
        Self::Sync(error.into())
    }
}

impl DailyError {
    /// Key of the words for the console.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Give(_) => "library-staff-daily-give",
            Self::Take(_) => "library-staff-daily-take",
            Self::Sync(_) => "library-staff-daily-database",
        }
    }
}

struct Seen {
    digest: [u8; 32],
    since: Timestamp,
}

/// The job.
pub struct Daily {
    city: Inside,
    settings: Settings,
    seen: Mutex<BTreeMap<OsString, Seen>>,
    trouble: Mutex<Vec<&'static str>>,
}

/// Name of a day's list.
pub(super) fn name(day: Date) -> String {
    format!("library-cards-{day}.csv")
}

impl Daily {
    /// For these folders.
    pub const fn new(city: Inside, settings: Settings) -> Self {
        Self { city, settings, seen: Mutex::new(BTreeMap::new()), trouble: Mutex::new(Vec::new()) }
    }

    /// Where the files go.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Keys of the words for what kept the last look from its work; empty when all went well.
    pub fn trouble(&self) -> Vec<&'static str> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// One look: the day's list, if it is due, and what the library left.
    ///
    /// # Errors
    /// [`DailyError`], the first: the next look goes on where this one was.
    pub fn look(&self) -> Result<(), DailyError> {
        let (given, taken) = (self.give(), self.take());
        let words = [&given, &taken].into_iter().filter_map(|one| one.as_ref().err()).map(DailyError::word).collect();
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = words;
        given.and(taken)
    }

    fn give(&self) -> Result<(), DailyError> {
        let Some(folder) = &self.settings.give else { return Ok(()) };
        let folder = &Folder::open(folder).map_err(DailyError::Give)?;
        for day in self.city.store.read::<_, StoreError, _>(kept::unplaced)? {
            self.place(folder, day)?;
        }
        let local = self.city.seams.now().japan_time();
        let day = local.date;
        let is_made = self.city.store.read::<_, StoreError, _>(move |tx| kept::is_made(tx, day))?;
        if is_made || local.hour < self.settings.from_hour {
            return Ok(());
        }
        // Against the list of the day before: what somebody saved by hand may never have come to the library.
        let before = self.city.store.read::<_, StoreError, _>(kept::newest)?;
        let listed = list(&self.city, before, self.settings.written)?;
        folder.lay(&aside(day), &listed.bytes).map_err(DailyError::Give)?;
        let (id, at, lines, changed) = (self.city.seams.random_id(), listed.at, listed.lines, listed.changed);
        let seams = self.city.seams.clone();
        self.city.store.write::<_, StoreError, _>(move |tx| {
            note(tx, &Noted { id, is_in: false, at, lines, changed, refused: &[] })?;
            kept::made(tx, day, id, at)?;
            let facts = [("lines", lines.to_string())];
            let facts: Vec<(&str, &str)> = facts.iter().map(|(name, value)| (*name, value.as_str())).collect();
            audit::append(tx, &seams, &Actor::System { job: JOB }, Event::LibraryFileGiven, &facts).map(drop)
        })?;
        self.place(folder, day)
    }

    /// Lays the list of `day` into place. Only this takes the file from its other name: if it is not there any more, it lay in
    /// place before, and the library may have fetched it.
    fn place(&self, folder: &Folder, day: Date) -> Result<(), DailyError> {
        match folder.rename(&aside(day), folder, OsStr::new(&name(day))) {
            Ok(()) => folder.sync(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(DailyError::Give(error)),
        }
        let at = self.city.seams.now();
        Ok(self.city.store.write::<_, StoreError, _>(move |tx| kept::placed(tx, day, at))?)
    }

    fn take(&self) -> Result<(), DailyError> {
        let Some(folder) = &self.settings.take else { return Ok(()) };
        let there = waiting(folder).map_err(DailyError::Take)?;
        let folder = Folder::open(folder).map_err(DailyError::Take)?;
        let swept = sweep(&folder).map_err(DailyError::Take);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|name, _| there.contains(name));
        // One that cannot be read or moved holds up none behind it.
        let is_all = there.len() < MOST_FILES;
        let looked: Vec<_> = there.into_iter().map(|name| self.look_at(&folder, name, &mut seen)).collect();
        looked.into_iter().chain([swept]).collect::<Result<(), _>>()?;
        if is_all { self.forget_gone(&seen) } else { Ok(()) }
    }

    /// A file that was noted and lies there no more was moved away before that could be kept: left again, it is a new one.
    fn forget_gone(&self, seen: &BTreeMap<OsString, Seen>) -> Result<(), DailyError> {
        let noted = self.city.store.read::<_, StoreError, _>(kept::noted_and_there)?;
        if noted.is_empty() {
            return Ok(());
        }
        let known = seen.values().map(|one| kept::known(&self.city.vault, one.digest)).collect::<Result<Vec<_>, _>>();
        let known = known.map_err(|error| SyncError::Card(error.into()))?.concat();
        let gone: Vec<_> = noted.into_iter().filter(|(_, hash)| !known.contains(hash)).map(|(id, _)| id).collect();
        let at = self.city.seams.now();
        Ok(self
            .city
            .store
            .write::<_, StoreError, _>(move |tx| gone.iter().try_for_each(|id| kept::moved(tx, *id, at)))?)
    }

    fn look_at(&self, folder: &Folder, name: OsString, seen: &mut BTreeMap<OsString, Seen>) -> Result<(), DailyError> {
        let now = self.city.seams.now();
        let bytes = match folder.contents(&name) {
            Ok(bytes) => bytes,
            // Fetched back meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(DailyError::Take(error)),
        };
        let digest = digest(&name, &bytes);
        let needed = if bytes.ends_with(b"\n") { SETTLED } else { SETTLED_UNENDED };
        match seen.get(&name).filter(|before| before.digest == digest) {
            None => drop(seen.insert(name, Seen { digest, since: now })),
            Some(before) if now.seconds_since(before.since) < needed => {}
            Some(_) => {
                self.take_one(folder, &name, digest, &bytes)?;
                seen.remove(&name);
            }
        }
        Ok(())
    }

    fn take_one(&self, folder: &Folder, name: &OsStr, digest: [u8; 32], bytes: &[u8]) -> Result<(), DailyError> {
        let (city, now) = (&self.city, self.city.seams.now());
        let (new, shown) = (city.seams.random_id(), to_show(name));
        let known = kept::known(&city.vault, digest).map_err(|error| SyncError::Card(error.into()))?;
        let arrival =
            city.store.write::<_, StoreError, _>(move |tx| kept::arrive(tx, new, &known, shown.as_deref(), now))?;
        let id = arrival.id;
        let why = if arrival.is_noted { arrival.why } else { self.take_contents(id, bytes)? };
        let at = city.store.read::<_, StoreError, _>(move |tx| refused(tx, id))?;
        // What was not read to its end may say anything there.
        let is_unread = bytes.len() > MOST_BYTES;
        let why = why.map(|why| Why {
            words: if is_unread && why != NUMBER_FOUND { words("size-gone", None) } else { words(&why, at.first()) },
            is_kept: may_rest(bytes) && why != NUMBER_FOUND,
        });
        let moved = move_away(folder, (name, digest), (now.date_in_japan(), id), why.as_ref());
        moved.map_err(DailyError::Take)?;
        Ok(city.store.write::<_, StoreError, _>(move |tx| kept::moved(tx, id, now))?)
    }

    /// Takes the rows; if the file as a whole cannot be taken, that is noted, and why.
    fn take_contents(&self, id: base::Id, bytes: &[u8]) -> Result<Option<String>, DailyError> {
        let (city, by) = (&self.city, Actor::System { job: JOB });
        let error = match reading::read(bytes) {
            Ok(rows) => {
                taking::take(city, &by, id, rows)?;
                return Ok(None);
            }
            Err(error) => error,
        };
        let Some(code) = error.code() else { return Err(error.into()) };
        let seams = city.seams.clone();
        let found: Vec<_> = error.place().into_iter().collect();
        city.store.write::<_, StoreError, _>(move |tx| {
            let at = seams.now();
            note(tx, &Noted { id, is_in: true, at, lines: 0, changed: 0, refused: &found })?;
            kept::noted(tx, id, at, Some(code))?;
            audit::append(tx, &seams, &by, Event::LibraryFileTaken, &[("refused", code)]).map(drop)
        })?;
        Ok(Some(code.to_owned()))
    }
}

/// The other name under which a day's list is written.
fn aside(day: Date) -> OsString {
    format!(".{}.part", name(day)).into()
}

/// Names of the files that may be read: `*.csv`, none hidden, none of them a link.
fn waiting(folder: &Path) -> io::Result<Vec<OsString>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let text = name.to_string_lossy();
        let is_ours = !text.starts_with('.') && text.to_ascii_lowercase().ends_with(".csv");
        if is_ours && entry.file_type()?.is_file() && all.len() < MOST_FILES {
            all.push(name);
        }
    }
    all.sort();
    Ok(all)
}

fn digest(name: &OsStr, bytes: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(name.as_encoded_bytes());
    context.update(&[0]);
    context.update(bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// A name for the console: not one that says too much, or an Individual Number.
fn to_show(name: &OsStr) -> Option<String> {
    let text = name.to_str().filter(|text| text.len() <= 100 && !text.chars().any(char::is_control))?;
    base::my_number_guard::refuse_individual_number(text).is_ok().then(|| text.to_owned())
}

/// A file's name, as much of it as a file system takes beside ours, without what [`to_show`] would not show.
fn kept_name(name: &OsStr) -> String {
    let text = name.to_str().filter(|text| !text.chars().any(char::is_control)).unwrap_or("file.csv");
    let text = if base::my_number_guard::refuse_individual_number(text).is_ok() { text } else { "file.csv" };
    match text.char_indices().find(|(at, letter)| at + letter.len_utf8() > KEPT_NAME) {
        Some((at, _)) => format!("{}.csv", &text[..at]),
        None => text.to_owned(),
    }
}

/// Why a file was not taken as a whole: in words, and whether it may rest in `refused`.
struct Why {
    words: String,
    is_kept: bool,
}

fn words(why: &str, at: Option<&Refused>) -> String {
    let place = at.and_then(|one| Some((one.line.to_string(), one.column?.to_string())));
    let (line, column) = place.unwrap_or_default();
    let key = format!("library-staff-wrong-{why}{}", if line.is_empty() { "" } else { "-at" });
    ui::words().format(ui::Language::Japanese, &key, &[("line", line.into()), ("column", column.into())])
}

/// End of the name that a file with an Individual Number has for the moment in which it is taken away.
const GOING: &str = ".going";

/// Whether what was not taken may rest in `refused`: it was read to its end, and no Individual Number stands in it.
fn may_rest(bytes: &[u8]) -> bool {
    bytes.len() <= MOST_BYTES && !matches!(reading::read(bytes), Err(SyncError::IndividualNumber { .. }))
}

/// Takes away what was cut off while it was being taken away; what was laid in its place just then, and was not read, goes back.
/// What does not go (a folder that somebody named so) holds up no other, and no file after it.
fn sweep(folder: &Folder) -> io::Result<()> {
    let Ok(refused) = folder.there("refused") else { return Ok(()) };
    let going = |name: &OsString| name.as_encoded_bytes().ends_with(GOING.as_bytes());
    let end = |name: &OsString| match refused.contents(name) {
        Ok(bytes) if may_rest(&bytes) => {
            let once = name.to_string_lossy().trim_end_matches(GOING).to_owned();
            // Behind the day and the id.
            let first = once.get(11..).and_then(|rest| rest.split_once('-')).map_or(once.as_str(), |(_, name)| name);
            put_back(folder, &refused, name, OsStr::new(first), OsStr::new(&once))
        }
        _ => refused.remove(name),
    };
    let gone: Vec<_> = refused.names()?.iter().filter(|name| going(name)).map(end).collect();
    gone.into_iter().collect()
}

/// What was laid in the place of a file that was read goes back to it. Where a still newer one lies by now it was overtaken, and is
/// not taken after it: it rests in `refused`, and beside it stands why.
fn put_back(folder: &Folder, from: &Folder, called: &OsStr, name: &OsStr, once: &OsStr) -> io::Result<()> {
    match from.rename_new(called, folder, name) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        done => return done,
    }
    let refused = folder.own("refused")?;
    let mut aside = OsString::from("overtaken-");
    aside.push(once);
    let mut reason = aside.clone();
    reason.push(".reason.txt");
    refused.lay(&reason, format!("{}\n", words("overtaken", None)).as_bytes())?;
    match from.contents(called) {
        Ok(bytes) if may_rest(&bytes) => from.rename(called, &refused, &aside),
        _ => from.remove(called),
    }
}

/// Out of the library's way, under a name that comes once; beside a refused one stands why. What was laid there in its place
/// meanwhile is not what was read: it goes back.
fn move_away(
    folder: &Folder,
    (name, read): (&OsStr, [u8; 32]),
    (day, id): (Date, base::Id),
    why: Option<&Why>,
) -> io::Result<()> {
    let to = folder.own(if why.is_some() { "refused" } else { "taken" })?;
    let once = OsString::from(format!("{day}-{id}-{}", kept_name(name)));
    let mut called = once.clone();
    if let Some(why) = why {
        let mut reason = called.clone();
        reason.push(".reason.txt");
        to.lay(&reason, format!("{}\n", why.words).as_bytes())?;
        if !why.is_kept {
            called.push(GOING);
        }
    }
    match folder.rename(name, &to, &called) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        done => done?,
    }
    match to.contents(&called) {
        Ok(bytes) if digest(name, &bytes) == read => {}
        _ => return put_back(folder, &to, &called, name, &once),
    }
    if why.is_some_and(|why| !why.is_kept) { to.remove(&called) } else { Ok(()) }
}
