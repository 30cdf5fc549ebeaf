//! SHA-256 over parts, and an unambiguous way to write several fields as bytes.

use aws_lc_rs::digest::{Context, SHA256};

/// SHA-256 of the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

/// Fields written one after the other, each with its length before it, so that no two different lists of fields
/// give the same bytes. An absent field is told from an empty one.
#[derive(Default)]
pub(crate) struct Fields(Vec<u8>);

impl Fields {
    /// Begins with a label that names the format and its version.
    pub(crate) fn of(label: &'static str) -> Self {
        Self::default().text(label)
    }

    /// Adds bytes.
    pub(crate) fn bytes(mut self, field: &[u8]) -> Self {
        self.0.extend_from_slice(&(field.len() as u64).to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    /// Adds text.
    pub(crate) fn text(self, field: &str) -> Self {
        self.bytes(field.as_bytes())
    }

    /// Adds text that may be absent.
    pub(crate) fn maybe(mut self, field: Option<&str>) -> Self {
        match field {
            Some(text) => self.text(text),
            None => {
                self.0.extend_from_slice(&u64::MAX.to_be_bytes());
                self
            }
        }
    }

    /// Adds an integer.
    pub(crate) fn int(mut self, field: i64) -> Self {
        self.0.extend_from_slice(&field.to_be_bytes());
        self
    }

    /// The bytes.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0
    }
}
