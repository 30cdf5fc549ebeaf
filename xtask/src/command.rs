//! Running other programs, and saying what failed.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// Why a task did not succeed, as one sentence.
#[derive(Debug)]
pub struct Failure(pub String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A command with words for the person watching.
pub struct Step(Command);

/// The cargo that runs us, in the project's root.
pub fn cargo(root: &Path) -> Step {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), root)
}

/// Any program, in `directory`, with the project's own tools first on the path.
pub fn program(name: impl AsRef<OsStr>, directory: &Path) -> Step {
    let mut command = Command::new(name);
    command.current_dir(directory);
    if let Some(path) = tools_path() {
        command.env("PATH", path);
    }
    Step(command)
}

/// Whether `name` can be run, from the project's own tools or the machine's.
pub fn exists(name: &str) -> bool {
    let path = tools_path().unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(name).is_file())
}

/// `target/tools/bin` (see scripts/setup), then the caller's path.
fn tools_path() -> Option<std::ffi::OsString> {
    let mut directories = vec![crate::target_directory().join("tools/bin")];
    directories.extend(std::env::split_paths(&std::env::var_os("PATH")?));
    // pcscd and the like are here, which an ordinary user's path leaves out.
    directories.push("/usr/sbin".into());
    std::env::join_paths(directories).ok()
}

impl Step {
    /// Adds arguments.
    pub fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Self {
        self.0.args(arguments);
        self
    }

    /// Sets a variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.0.env(name, value);
        self
    }

    /// Runs it, output to the terminal.
    pub fn run(mut self, what: &str) -> Result<(), Failure> {
        let status = self.0.status().map_err(|error| Failure(format!("{what} could not start: {error}")))?;
        ended(what, status)
    }

    /// Runs it, passing its output on line by line, and returns those lines for which `keep` says yes, also when it
    /// fails. Standard error follows standard output into one stream, so that lines keep their order.
    pub fn run_keeping(self, what: &str, keep: impl Fn(&str) -> bool) -> (Vec<String>, Result<(), Failure>) {
        let mut kept = Vec::new();
        let done = self.passing_on(what, |line| {
            if keep(line) {
                kept.push(line.trim().to_owned());
            }
        });
        (kept, done)
    }

    fn passing_on(mut self, what: &str, mut each: impl FnMut(&str)) -> Result<(), Failure> {
        let failed = |error: std::io::Error| Failure(format!("{what} could not run: {error}"));
        let (reader, writer) = std::io::pipe().map_err(failed)?;
        let other = writer.try_clone().map_err(failed)?;
        let mut child = self.0.stdout(Stdio::from(writer)).stderr(Stdio::from(other)).spawn().map_err(failed)?;
        // Our copies of the writing end must close, or reading would never end.
        drop(self);
        for line in BufReader::new(reader).split(b'\n') {
            let line = line.map_err(failed)?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            each(&line);
        }
        ended(what, child.wait().map_err(failed)?)
    }
}

fn ended(what: &str, status: std::process::ExitStatus) -> Result<(), Failure> {
    if status.success() { Ok(()) } else { Err(Failure(format!("{what} failed ({status})"))) }
}
