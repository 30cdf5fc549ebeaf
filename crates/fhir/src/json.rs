//! Reading JSON of others: total, with place and reason; and the resource by which a server says no.

use base::my_number_guard;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Bytes of the longest JSON that is read.
pub const MOST_BYTES: usize = 1024 * 1024;

/// Why JSON was not read. Says where and what, never what stood there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Longer than [`MOST_BYTES`].
    #[error("{0} bytes are more than are read")]
    TooLong(usize),
    /// Not JSON, or a member is missing or of another kind.
    #[error("line {line}, column {column}: {reason}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What was wrong, without the value.
        reason: &'static str,
    },
    /// Another resource than was asked for.
    #[error("resourceType is not {0}")]
    AnotherResource(&'static str),
    /// A member holds an Individual Number.
    #[error("{0} holds an Individual Number")]
    IndividualNumber(&'static str),
    /// A member's text is not of its form: a date, an instant, a code.
    #[error("{0} is not of its form")]
    Form(&'static str),
}

/// A resource that is read here.
pub trait Resource: DeserializeOwned {
    /// Its `resourceType`.
    const TYPE: &'static str;

    /// What serde cannot say: forms of texts, numbers that may not stand there.
    ///
    /// # Errors
    /// The first fault.
    fn check(&self) -> Result<(), Fault>;
}

/// Reads a resource.
///
/// # Errors
/// [`Fault`] with the place.
pub fn read<R: Resource>(bytes: &[u8]) -> Result<R, Fault> {
    if bytes.len() > MOST_BYTES {
        return Err(Fault::TooLong(bytes.len()));
    }
    let said = |error: serde_json::Error| {
        let reason = match error.classify() {
            serde_json::error::Category::Eof => "the text ends too early",
            serde_json::error::Category::Data => "a member is missing or of another kind",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => "this is not JSON",
        };
        Fault::Json { line: error.line(), column: error.column(), reason }
    };
    let value: Value = serde_json::from_slice(bytes).map_err(said)?;
    if value.get("resourceType").and_then(Value::as_str) != Some(R::TYPE) {
        return Err(Fault::AnotherResource(R::TYPE));
    }
    // From the text again, so that a fault has a place.
    let resource: R = serde_json::from_slice(bytes).map_err(said)?;
    resource.check()?;
    Ok(resource)
}

/// Refuses a text that is an Individual Number.
///
/// # Errors
/// [`Fault::IndividualNumber`] with the member's name.
pub(crate) fn guarded(text: &str, member: &'static str) -> Result<(), Fault> {
    my_number_guard::refuse_individual_number(text).map_err(|_| Fault::IndividualNumber(member))
}

/// A server's no, as FHIR has it (`OperationOutcome`). `code` is of the value set `issue-type`.
pub fn refusal(code: &'static str, words: &str) -> Value {
    json!({
        "resourceType": "OperationOutcome",
        "issue": [{ "severity": "error", "code": code, "diagnostics": words }],
    })
}
