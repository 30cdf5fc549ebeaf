//! `yakuba door`: decides beside a lock without any line. It opens no connection and no city: two files, a clock, a reader.
//!
//! ```text
//!  --file door-….json (kept as a key)   --list door-list.json (the newest)   --log door.log (appended)
//!  standard input, a line each:   NUMBER OF A TAG    or    pin 1234   (the card on the reader)
//!  standard output, a line each:  open               or    shut: why
//! ```
//! Nothing of a person is an argument: command lines are visible to others. The list is read anew for each line, so a new one
//! counts as soon as it lies there; the highest number ever used stands in `LIST.seen`, and no older list is taken again. A log
//! beside which no such file lies is one whose memory was taken away: the door stays shut and says so.

use std::fs::File;
use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use base::{Kind, Seams};
use card::readers::pcsc::PcscService;
use card::{FourDigitPin, JpkiSession, LastTry};
use pki::challenge::{Challenge, PresentedCard};
use services::staff_id::door::{CLOCK_SECONDS, Door, LogLine, Shown, Shut, Written};
use zeroize::Zeroizing;

use crate::DoorArguments;
use crate::fail::{Failure, Outcome};

/// The last answer was no. 0 opens; everything else does not.
const SHUT: u8 = 3;
/// No tag's number is longer, and no line of a PIN pad.
const MOST_TYPED: u64 = 256;
/// Bytes at the log's end that are looked at: many lines.
const LOG_TAIL: u64 = 16 << 10;

/// Carries the command out: answers line by line until its input ends; the exit code is that of the last answer.
///
/// # Errors
/// The door's own file cannot be read, or standard input or output is gone: the door stays shut.
pub fn run(arguments: &DoorArguments) -> Outcome {
    let seams = Seams::system();
    let file = std::fs::read_to_string(&arguments.file);
    let file = Zeroizing::new(file.map_err(Failure::while_doing(Kind::NotFound, "the file of the door"))?);
    let beside = Beside { file, list: arguments.list.clone(), log: arguments.log.clone() };
    let (mut input, mut last) = (std::io::stdin().lock(), ExitCode::from(SHUT));
    let gone = |error| Failure::while_doing(Kind::Unavailable, "standard input or output")(error);
    loop {
        let mut typed = Zeroizing::new(Vec::with_capacity(256));
        if (&mut input).take(MOST_TYPED).read_until(b'\n', &mut typed).map_err(gone)? == 0 {
            return Ok(last);
        }
        // One line, one answer: the rest of one that is too long is read away, and nothing in it is looked at.
        let is_whole = typed.last() == Some(&b'\n') || u64::try_from(typed.len()).is_ok_and(|read| read < MOST_TYPED);
        if !is_whole {
            input.skip_until(b'\n').map_err(gone)?;
        }
        let typed = Zeroizing::new(String::from_utf8_lossy(&typed).trim().to_owned());
        if typed.is_empty() && is_whole {
            continue;
        }
        let decided = if is_whole { beside.decide(&typed, &seams) } else { Err(Shut::NotListed) };
        let mut output = std::io::stdout().lock();
        let answered = match decided {
            Ok(()) => writeln!(output, "open"),
            Err(shut) => writeln!(output, "shut: {shut}"),
        };
        answered.and_then(|()| output.flush()).map_err(gone)?;
        last = if decided.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(SHUT) };
    }
}

/// What lies beside the lock.
struct Beside {
    file: Zeroizing<String>,
    list: PathBuf,
    log: PathBuf,
}

impl Beside {
    fn decide(&self, typed: &str, seams: &Seams) -> Result<(), Shut> {
        let now = seams.now();
        let list = std::fs::read_to_string(&self.list).map_err(|_| Shut::NotOurs)?;
        let door = Door::open(&self.file, &list, now)?;
        self.remember(door.list().number)?;
        if last_time(&self.log).ok_or(Shut::Log)? > now.seconds() + CLOCK_SECONDS {
            return Err(Shut::ClockWentBack);
        }
        let (decided, line) = shown(&door, typed, seams);
        // What is not written down did not happen: without its log the door stays shut.
        let text = format!("{}\n", door.written(&line, seams.random_id()));
        append(&self.log, &text).map_err(|error| {
            eprintln!("yakuba: the door's log: {error}");
            Shut::Log
        })?;
        decided
    }

    /// Keeps the highest number of a list; an older list is not taken.
    fn remember(&self, number: i64) -> Result<(), Shut> {
        let mut name = self.list.clone().into_os_string();
        name.push(".seen");
        let seen = PathBuf::from(name);
        let highest = match std::fs::read_to_string(&seen) {
            Ok(text) => text.trim().parse::<i64>().map_err(|_| Shut::Memory)?,
            // A door that has a log has used a list.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !self.has_log() => 0,
            Err(error) => {
                eprintln!(
                    "yakuba: {}: {error}; a door with a log has used a list, and remembers it there",
                    seen.display()
                );
                return Err(Shut::Memory);
            }
        };
        match number.cmp(&highest) {
            std::cmp::Ordering::Less => Err(Shut::Older),
            std::cmp::Ordering::Equal => Ok(()),
            std::cmp::Ordering::Greater => keep(&seen, number).map_err(|error| {
                eprintln!("yakuba: {}: {error}", seen.display());
                Shut::Memory
            }),
        }
    }
}

impl Beside {
    /// Whether something is in the log, or nobody can say.
    fn has_log(&self) -> bool {
        match std::fs::metadata(&self.log) {
            Ok(log) => log.len() > 0,
            Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        }
    }
}

/// Written whole or not at all, and there after a power cut: the lock moves only then.
fn keep(path: &Path, number: i64) -> std::io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let mut file = File::create(&new)?;
    file.write_all(format!("{number}\n").as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Opens or not, and the line for the log.
fn shown(door: &Door, typed: &str, seams: &Seams) -> (Result<(), Shut>, LogLine) {
    let Some(pin) = typed.strip_prefix("pin ") else { return door.decide(Shown::Tag(typed), seams.now()) };
    by_card(door, pin.trim(), seams).unwrap_or_else(|failure| {
        failure.report();
        (Err(Shut::Card), door.refused("card", Shut::Card, seams.now()))
    })
}

fn by_card(door: &Door, typed: &str, seams: &Seams) -> Result<(Result<(), Shut>, LogLine), Failure> {
    let pin = FourDigitPin::parse(typed).map_err(Failure::while_doing(Kind::Invalid, "the PIN"))?;
    let mut reader = PcscService::open()
        .and_then(|pcsc| pcsc.reader_with_the_only_card())
        .map_err(Failure::while_doing(Kind::Unavailable, "the reader"))?;
    let card = card::Reader::connect(&mut reader).map_err(Failure::while_doing(Kind::Unavailable, "the card"))?;
    let mut session = JpkiSession::open(card).map_err(Failure::while_doing(Kind::Unavailable, "the card"))?;
    let challenge = Challenge::new(seams, door.audience(), door.terminal().to_owned());
    session
        .verify_user_authentication_pin(&pin, LastTry::Refuse)
        .map_err(Failure::while_doing(Kind::Unavailable, "the PIN"))?;
    let certificate =
        session.user_authentication_certificate().map_err(Failure::while_doing(Kind::Unavailable, "the card"))?;
    let signature = session
        .sign_user_authentication(&challenge.digest())
        .map_err(Failure::while_doing(Kind::Unavailable, "the card"))?;
    let _ = session.close();
    let card = PresentedCard { certificate: &certificate, signature: &signature };
    Ok(door.decide(Shown::Card(card, &challenge), seams.now()))
}

/// The log's last bytes, and where they begin. A log of years is not read for each tap.
fn tail(log: &mut File) -> std::io::Result<(u64, Vec<u8>)> {
    let from = log.metadata()?.len().saturating_sub(LOG_TAIL);
    log.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    log.take(LOG_TAIL).read_to_end(&mut tail)?;
    Ok((from, tail))
}

/// The time of the log's last line, 0 when it has none. `None` when it cannot be read.
fn last_time(log: &Path) -> Option<i64> {
    let tail = match File::open(log).and_then(|mut file| tail(&mut file)) {
        Ok((_, tail)) => tail,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(0),
        Err(_) => return None,
    };
    let text = String::from_utf8_lossy(&tail);
    let last = text.lines().rev().find_map(|line| serde_json::from_str::<Written>(line).ok()?.at());
    Some(last.unwrap_or(0))
}

/// What a power cut left of a line is taken away first: nobody had an answer to it, and the city takes whole lines alone.
fn append(log: &Path, text: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).read(true).open(log)?;
    let (from, tail) = tail(&mut file)?;
    if tail.last().is_some_and(|last| *last != b'\n') {
        let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        file.set_len(from + u64::try_from(whole).map_err(std::io::Error::other)?)?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_data()
}
