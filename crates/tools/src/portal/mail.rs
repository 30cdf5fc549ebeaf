//! Mail about an account's security: codes, and that something changed. How it is sent is somebody else's.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::PathBuf;

use base::{Personal, Seams};

/// A letter by e-mail.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub to: Personal<String>,
    /// Subject; nothing personal.
    pub subject: String,
    /// Text; holds a code, so it never goes into a log.
    pub text: Personal<String>,
}

/// The letter was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the letter could not be sent")]
pub struct NotSent;

/// Something that sends mail. Blocking, and short: a person waits.
pub trait Mailer: Send + Sync {
    /// Sends one letter.
    ///
    /// # Errors
    /// [`NotSent`].
    fn send(&self, letter: &Letter) -> Result<(), NotSent>;
}

/// Puts letters as files into a directory: the demo, and tests.
#[derive(Clone, Debug)]
pub struct IntoDirectory {
    /// Where; only its owner may read it.
    pub directory: PathBuf,
    /// Names of files.
    pub seams: Seams,
}

impl Mailer for IntoDirectory {
    fn send(&self, letter: &Letter) -> Result<(), NotSent> {
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.directory);
        let name = format!("{}-{}.txt", self.seams.now().micros(), self.seams.random_id());
        let path = self.directory.join(name);
        made.and_then(|()| std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path))
            .and_then(|mut file| {
                writeln!(file, "To: {}\nSubject: {}\n\n{}", letter.to.reveal(), letter.subject, letter.text.reveal())
            })
            .map_err(|error| {
                tracing::error!(%error, "a letter could not be written");
                NotSent
            })
    }
}
