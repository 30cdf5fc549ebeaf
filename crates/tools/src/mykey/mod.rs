//! マイキープラットフォーム: the national platform that links a person's マイキーID with the patron numbers of libraries.
//!
//! For libraries that read cards by it instead of by this system's own enrolment; the law allows either (公的個人認証法 as amended
//! on 2024-05-27). Used at the library's counter (`web::taps::library`), where it is configured; simulated in tests and the demo.
//!
//! ```text
//!  counter: マイキーID + patron number ─▶ link       lending: certificate of the card ─▶ lookup ─▶ patron number
//!  the card is renewed: the platform follows the old certificate to the new one; we do nothing
//! ```
//! What goes there: library, ID, patron number, the hash of a certificate. Never a loan, never an Individual Number.

pub mod facts;
pub mod over_http;
#[cfg(test)]
mod tests;

use base::Personal;
use base::my_number_guard::refuse_individual_number;

/// A マイキーID: eight letters and digits.
#[derive(Clone, PartialEq, Eq)]
pub struct MyKeyId(Personal<String>);

impl MyKeyId {
    /// Reads what was typed; small letters and full-width signs are taken as capitals.
    pub fn parse(text: &str) -> Option<Self> {
        let text = base::text::to_half_width(text.trim()).to_ascii_uppercase();
        let is_sound = text.len() == facts::ID_LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_sound.then(|| Self(Personal::new(text)))
    }

    fn reveal(&self) -> &str {
        self.0.reveal()
    }
}

impl std::fmt::Debug for MyKeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MyKeyId(<personal>)")
    }
}

/// Why the platform did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MyKeyFault {
    /// There is no such ID, or no such link.
    #[error("the platform knows no such ID or link")]
    Unknown,
    /// The ID has another number with this library.
    #[error("the ID is linked with another number of this library")]
    Taken,
    /// It cannot be reached; the counter reads the library's own card.
    #[error("the platform cannot be reached")]
    Unreachable,
    /// It answered with this status.
    #[error("the platform refused: {0}")]
    Refused(u16),
    /// Its answer is not what it should be.
    #[error("the platform's answer cannot be read")]
    Malformed,
    /// An Individual Number stood where a patron number belongs; it was not sent, or not taken.
    #[error("an Individual Number is no patron number")]
    IndividualNumber,
}

impl MyKeyFault {
    /// The stored word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Taken => "taken",
            Self::Unreachable => "unreachable",
            Self::Refused(_) => "refused",
            Self::Malformed => "malformed",
            Self::IndividualNumber => "individual_number",
        }
    }
}

/// The platform, as a library reaches it.
pub trait MyKeyPlatform: Send + Sync {
    /// Links an ID with a patron number of this library. Again with the same number is the same.
    ///
    /// # Errors
    /// [`MyKeyFault`].
    fn link(&self, id: &MyKeyId, patron: &Personal<String>) -> Result<(), MyKeyFault>;

    /// Gives the link of an ID up.
    ///
    /// # Errors
    /// [`MyKeyFault`].
    fn unlink(&self, id: &MyKeyId) -> Result<(), MyKeyFault>;

    /// The patron number behind a card, by its certificate for user authentication (DER).
    ///
    /// # Errors
    /// [`MyKeyFault`].
    fn lookup(&self, certificate: &[u8]) -> Result<Personal<String>, MyKeyFault>;
}

fn guarded(patron: &str) -> Result<(), MyKeyFault> {
    refuse_individual_number(patron).map_err(|_| MyKeyFault::IndividualNumber)
}
