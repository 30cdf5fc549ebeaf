//! `yakuba door`: decides beside a lock without any line. It opens no connection and no city: two files, a clock, a reader.
//!
//! ```text
//!  --file door-….json (kept as a key)   --list door-list.json (the newest)   --log door.log (appended)
//!  a card on the reader and its PIN on standard input, or --tag NUMBER  ─►  exit 0: open · exit 3: shut
//! ```

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::ExitCode;

use base::{Kind, Seams};
use card::readers::pcsc::PcscService;
use card::{FourDigitPin, JpkiSession, LastTry};
use pki::challenge::{Challenge, PresentedCard};
use services::staff_id::door::{Door, LogLine, Shown, Shut};
use zeroize::Zeroizing;

use crate::DoorArguments;
use crate::fail::{Failure, Outcome};

/// The door stays shut. 0 opens; everything else does not.
const SHUT: u8 = 3;

/// Carries the command out.
///
/// # Errors
/// A file or the reader cannot be used: the door stays shut.
pub fn run(arguments: &DoorArguments) -> Outcome {
    let seams = Seams::system();
    let read =
        |path: &Path| std::fs::read_to_string(path).map_err(Failure::while_doing(Kind::NotFound, "a file of the door"));
    let door = match Door::open(&read(&arguments.file)?, &read(&arguments.list)?, seams.now()) {
        Ok(door) => door,
        Err(shut) => return Ok(answer(Err(shut))),
    };
    let (decided, line) = match &arguments.tag {
        Some(tag) => door.decide(Shown::Tag(tag), seams.now()),
        None => by_card(&door, &seams)?,
    };
    // What is not written down did not happen: without its log the door stays shut.
    write_down(&arguments.log, &line)?;
    Ok(answer(decided))
}

fn answer(decided: Result<(), Shut>) -> ExitCode {
    match decided {
        Ok(()) => {
            println!("open");
            ExitCode::SUCCESS
        }
        Err(shut) => {
            println!("shut: {shut}");
            ExitCode::from(SHUT)
        }
    }
}

fn by_card(door: &Door, seams: &Seams) -> Result<(Result<(), Shut>, LogLine), Failure> {
    let mut typed = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut typed).map_err(Failure::while_doing(Kind::Unavailable, "the PIN"))?;
    let pin = FourDigitPin::parse(typed.trim()).map_err(Failure::while_doing(Kind::Invalid, "the PIN"))?;
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

fn write_down(log: &Path, line: &LogLine) -> Result<(), Failure> {
    let text = format!("{}\n", serde_json::json!(line));
    let file = std::fs::OpenOptions::new().create(true).append(true).open(log);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_data()));
    written.map_err(Failure::while_doing(Kind::Unavailable, "the door's log"))
}
