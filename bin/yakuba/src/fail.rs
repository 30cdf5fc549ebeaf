//! A command that failed: one sentence on standard error and an exit code.

use std::fmt::Display;
use std::process::ExitCode;

use base::Kind;

/// Why a command stops, for the person at the shell.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    sentence: String,
}

impl Failure {
    /// `sentence` says what happened and what to do.
    pub fn new(kind: Kind, sentence: impl Display) -> Self {
        Self { kind, sentence: sentence.to_string() }
    }

    /// For `map_err`: names what was being done before the reason.
    pub fn while_doing<E: Display>(kind: Kind, what: &'static str) -> impl FnOnce(E) -> Self {
        move |error| Self::new(kind, format!("{what}: {error}"))
    }

    /// The kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The sentence.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }

    /// Prints it and gives the exit code.
    pub fn report(&self) -> ExitCode {
        eprintln!("yakuba: {}", self.sentence);
        ExitCode::from(self.kind.exit_code())
    }
}

/// For `map_err`: names what could not be had or done just now before the reason.
pub fn failed<E: Display>(what: &'static str) -> impl FnOnce(E) -> Failure {
    Failure::while_doing(Kind::Unavailable, what)
}

impl Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Failure {}

/// What commands return: an exit code of their own, or a failure.
pub type Outcome = Result<ExitCode, Failure>;
