//! How a command reaches a city whose data directory is in use.
//!
//! On SQLite one process owns the data directory. A command that finds it taken talks to the owner over a Unix socket in
//! that directory, which only the same user may open. The work itself is [`crate::commands::execute`], the same code
//! either way.
//!
//! ```text
//!  yakuba issue … ──► directory free?  ── yes ──► open it ──► execute
//!                          └─ in use ──► D/control.sock ──► execute in the serving process ──► replies, a line each
//! ```

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use base::Kind;
use serde::{Deserialize, Serialize};

use crate::city::{OpenCity, OpenError};
use crate::commands;
use crate::fail::Failure;

/// The longest request line accepted: an import set is named by path, so requests are small.
const LONGEST_REQUEST: u64 = 1 << 20;

/// What a command asks of a city.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Counter issue.
    Issue(commands::issue::Order),
    /// Import a set of files.
    Import(commands::city::ImportOrder),
    /// The day from which a fiscal year's tax certificates are given.
    TaxYear(commands::tax_year::Order),
    /// Check the audit chains; the heads file's content, when one is given.
    VerifyAudit {
        /// Lines of signed heads kept elsewhere.
        against: Option<String>,
    },
    /// Check the evidence of letters.
    VerifyEvidence,
    /// Whether a paper was withdrawn.
    PaperState {
        /// The request id printed on it.
        request: String,
    },
    /// The virtual card of a resident of a demo city.
    VirtualCard {
        /// Whose.
        resident: String,
        /// In which state.
        state: crate::cards::variant::CardState,
    },
    /// Which keys are in use.
    Keys,
    /// Another key is prepared.
    RotateKeys(commands::keys::RotateOrder),
    /// The one-time token for the first administrator.
    FirstAdministrator,
}

/// What the city answers, one or more lines.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// Something to show while waiting.
    Progress(String),
    /// Done: lines for standard output, an exit code, and bytes if the command makes a file.
    Done {
        /// Lines for standard output.
        lines: Vec<String>,
        /// Exit code.
        exit_code: u8,
        /// Base64 of a file's bytes.
        file: Option<String>,
    },
    /// Not done.
    Failed {
        /// What sort of failure.
        kind: Kind,
        /// One sentence.
        sentence: String,
    },
}

/// The answer of a request that was carried out.
pub struct Done {
    /// Lines for standard output.
    pub lines: Vec<String>,
    /// Exit code.
    pub exit_code: u8,
    /// A file's bytes.
    pub file: Option<Vec<u8>>,
}

impl Done {
    /// Only lines, exit 0.
    pub fn lines(lines: Vec<String>) -> Self {
        Self { lines, exit_code: 0, file: None }
    }
}

fn socket_of(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Carries `request` out on the city in `data`, here or in the process that owns it.
pub fn run(data: &Path, request: Request, progress: &mut dyn FnMut(&str)) -> Result<Done, Failure> {
    match OpenCity::open(data) {
        Ok(city) => commands::execute(&city, request, progress),
        Err(OpenError::InUse) => ask_owner(data, &request, progress),
        Err(error) => Err(error.into()),
    }
}

fn ask_owner(data: &Path, request: &Request, progress: &mut dyn FnMut(&str)) -> Result<Done, Failure> {
    let talk = |error: &dyn std::fmt::Display| {
        Failure::new(Kind::Unavailable, format!("the process that owns {} does not answer: {error}", data.display()))
    };
    let mut socket = UnixStream::connect(socket_of(data)).map_err(|error| talk(&error))?;
    let line = serde_json::to_string(request).map_err(|error| talk(&error))?;
    writeln!(socket, "{line}").map_err(|error| talk(&error))?;
    for line in BufReader::new(socket).lines() {
        let line = line.map_err(|error| talk(&error))?;
        match serde_json::from_str(&line).map_err(|error| talk(&error))? {
            Reply::Progress(text) => progress(&text),
            Reply::Failed { kind, sentence } => return Err(Failure::new(kind, sentence)),
            Reply::Done { lines, exit_code, file } => {
                let file = file
                    .map(|text| data_encoding::BASE64.decode(text.as_bytes()))
                    .transpose()
                    .map_err(|error| talk(&error))?;
                return Ok(Done { lines, exit_code, file });
            }
        }
    }
    Err(talk(&"it hung up"))
}

/// Answers commands for as long as the process lives. One thread a connection; a bad request harms nobody else.
pub fn listen(city: OpenCity) -> Result<(), Failure> {
    let path = socket_of(city.directory());
    // A socket file left by a killed process; the directory's lock says that nobody else serves it.
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path)
        .and_then(|listener| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
            Ok(listener)
        })
        .map_err(Failure::while_doing(Kind::Unavailable, "the control socket cannot be made"))?;
    std::thread::Builder::new()
        .name("control".to_owned())
        .spawn(move || {
            for socket in listener.incoming().flatten() {
                let city = city.clone();
                let spawned =
                    std::thread::Builder::new().name("control".to_owned()).spawn(move || answer(&city, socket));
                if spawned.is_err() {
                    tracing::warn!("a control connection was dropped: no thread for it");
                }
            }
        })
        .map(|_| ())
        .map_err(Failure::while_doing(Kind::Unavailable, "the control thread cannot start"))
}

fn answer(city: &OpenCity, socket: UnixStream) {
    let Ok(mut writer) = socket.try_clone() else { return };
    let mut send = |reply: &Reply| {
        if let Ok(line) = serde_json::to_string(reply) {
            // The command may have been stopped: then nobody reads, and the work still ends properly.
            let _ = writeln!(writer, "{line}");
        }
    };
    let mut line = String::new();
    let read = BufReader::new(std::io::Read::take(socket, LONGEST_REQUEST)).read_line(&mut line);
    let request = match read
        .map_err(|error| error.to_string())
        .and_then(|_| serde_json::from_str::<Request>(&line).map_err(|error| error.to_string()))
    {
        Ok(request) => request,
        Err(reason) => {
            return send(&Reply::Failed { kind: Kind::Invalid, sentence: format!("not a request: {reason}") });
        }
    };
    let done = commands::execute(city, request, &mut |text| send(&Reply::Progress(text.to_owned())));
    send(&match done {
        Ok(done) => Reply::Done {
            lines: done.lines,
            exit_code: done.exit_code,
            file: done.file.map(|bytes| data_encoding::BASE64.encode(&bytes)),
        },
        Err(failure) => Reply::Failed { kind: failure.kind(), sentence: failure.sentence().to_owned() },
    });
}
