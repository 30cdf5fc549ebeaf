//! Which certificates did this one replace? A renewed certificate names nothing of the old one; only J-LIS can tell.
//!
//! For: recognising a person after their card was renewed. **Simulated**: that verifiers are told old → new is known from
//! platform operators, the message is not public, and no article of the act gives a right to it (specs card-jpki §2.1).
//! The form below is ours, behind a trait, and asks about one certificate that its holder has just proved with the PIN.
//!
//! ```text
//!  POST <url>   text/plain   "<issuer key id> <serial>\n"            hexadecimal, lower case; never in the address
//!  200          text/plain   the same line for each certificate it replaced, newest first; nothing for none
//! ```

use std::sync::Arc;

use data_encoding::HEXLOWER;

use crate::certificate::CertificateId;
use crate::revocation::{Fetch, StatusError};

/// More certificates than a person has in a life.
const MAX_REPLACED: usize = 16;
/// No honest answer is longer.
const MAX_BYTES: u64 = 4096;

/// Why it could not be learned. Nothing is linked then; the person enrols anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InquiryError {
    /// The service did not answer.
    #[error("the renewal service could not be asked: {0}")]
    Unreachable(#[from] StatusError),
    /// The answer is none, in this line (from 1).
    #[error("line {line} of the renewal service's answer is malformed")]
    Malformed {
        /// Which line.
        line: usize,
    },
}

/// Something that knows which certificates one replaced.
pub trait RenewalSource: Send + Sync {
    /// The certificates that `certificate` replaced, newest first.
    ///
    /// # Errors
    /// [`InquiryError`].
    fn replaced_by(&self, certificate: &CertificateId) -> Result<Vec<CertificateId>, InquiryError>;
}

/// Asks over HTTP.
pub struct HttpRenewalSource {
    fetch: Arc<dyn Fetch>,
    url: String,
}

impl HttpRenewalSource {
    /// Asks at `url`.
    pub fn new(fetch: Arc<dyn Fetch>, url: impl Into<String>) -> Self {
        Self { fetch, url: url.into() }
    }
}

impl RenewalSource for HttpRenewalSource {
    fn replaced_by(&self, certificate: &CertificateId) -> Result<Vec<CertificateId>, InquiryError> {
        let answer = self.fetch.post(&self.url, "text/plain", write(certificate).as_bytes(), MAX_BYTES)?;
        read(&answer)
    }
}

/// One line.
pub fn write(certificate: &CertificateId) -> String {
    format!("{} {}\n", HEXLOWER.encode(&certificate.issuer_key_id), HEXLOWER.encode(&certificate.serial))
}

/// The lines of a question or an answer.
///
/// # Errors
/// [`InquiryError::Malformed`] with the line.
pub fn read(body: &[u8]) -> Result<Vec<CertificateId>, InquiryError> {
    let text = std::str::from_utf8(body).map_err(|_| InquiryError::Malformed { line: 1 })?;
    text.lines()
        .enumerate()
        .map(|(index, line)| {
            let malformed = || InquiryError::Malformed { line: index + 1 };
            let (key, serial) = line.split_once(' ').filter(|_| index < MAX_REPLACED).ok_or_else(malformed)?;
            let bytes = |hex: &str| HEXLOWER.decode(hex.as_bytes()).ok().filter(|b| (1..=32).contains(&b.len()));
            match (bytes(key), bytes(serial)) {
                (Some(issuer_key_id), Some(serial)) if serial[0] != 0 => Ok(CertificateId { issuer_key_id, serial }),
                _ => Err(malformed()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_written_and_nothing_else() {
        let one = CertificateId { issuer_key_id: vec![0xAB; 20], serial: vec![1, 2, 3] };
        let two = CertificateId { issuer_key_id: vec![0xCD; 20], serial: vec![9] };
        let both = write(&one) + &write(&two);
        assert_eq!(read(both.as_bytes()), Ok(vec![one, two]));
        assert_eq!(read(b""), Ok(Vec::new()));
        for (bad, line) in [("ab", 1), ("ab 0g", 1), ("AB 01", 1), ("ab 01\n\n", 2), ("ab 0001", 1), ("ab ", 1)] {
            assert_eq!(read(bad.as_bytes()), Err(InquiryError::Malformed { line }), "{bad}");
        }
        assert!(read("ab 01\n".repeat(17).as_bytes()).is_err());
    }
}
