//! What lies beside a letter: PDF for people, JSON for their programs. Told by content, never by name.

use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::letter::LetterId;

/// Bytes of one attachment: one message between the zones carries it.
pub const MOST_BYTES: usize = 700_000;
/// Attachments of a letter.
pub const MOST: usize = 5;

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// PDF.
    Pdf,
    /// Structured data.
    Json,
}

impl Kind {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Json => "application/json",
        }
    }

    /// The end of its name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Json => "json",
        }
    }
}

/// Why an attachment is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentFault {
    /// Too large.
    #[error("an attachment may have at most {MOST_BYTES} bytes")]
    TooLarge,
    /// Neither.
    #[error("an attachment is a PDF or JSON")]
    Unknown,
    /// A PDF that acts by itself.
    #[error("a PDF with scripts or embedded files is not taken")]
    Active,
}

/// What the bytes are.
///
/// # Errors
/// [`AttachmentFault`].
pub fn judge(bytes: &[u8]) -> Result<Kind, AttachmentFault> {
    if bytes.len() > MOST_BYTES {
        return Err(AttachmentFault::TooLarge);
    }
    if bytes.starts_with(b"%PDF-") {
        let has = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
        let is_active = [&b"/JavaScript"[..], b"/Launch", b"/EmbeddedFile", b"/RichMedia"].iter().any(|what| has(what));
        return if is_active { Err(AttachmentFault::Active) } else { Ok(Kind::Pdf) };
    }
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(value) if value.is_object() || value.is_array() => Ok(Kind::Json),
        _ => Err(AttachmentFault::Unknown),
    }
}

/// One as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// From 1.
    pub number: i64,
    /// As the sender calls it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: i64,
}

/// Keeps an attachment of a letter.
///
/// # Errors
/// [`StoreError`].
pub fn keep(
    tx: &mut Tx<'_>,
    letter: LetterId,
    number: i64,
    name: &str,
    kind: Kind,
    bytes: &[u8],
) -> Result<(), StoreError> {
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO mailbox_attachments (letter_id, account_id, number, name, media_type, size, content) \
         VALUES ($1, '', $2, $3, $4, $5, $6) ON CONFLICT (letter_id, account_id, number) DO NOTHING",
        &[letter.into(), number.into(), name.into(), kind.media_type().into(), size.into(), bytes.into()],
    )?;
    Ok(())
}

fn kind_of(media_type: &str) -> Kind {
    if media_type == Kind::Pdf.media_type() { Kind::Pdf } else { Kind::Json }
}

/// Those of a letter.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, letter: LetterId) -> Result<Vec<Listed>, StoreError> {
    let sql = "SELECT number, name, media_type, size FROM mailbox_attachments WHERE letter_id = $1 ORDER BY number";
    let listed = |row: &store::Row| {
        Ok(Listed {
            number: row.int(0)?,
            name: row.text(1)?.to_owned(),
            kind: kind_of(row.text(2)?),
            size: row.int(3)?,
        })
    };
    tx.query(sql, &[letter.into()])?.iter().map(listed).collect()
}

/// The bytes of one.
///
/// # Errors
/// [`StoreError`].
pub fn get(tx: &mut Tx<'_>, letter: LetterId, number: i64) -> Result<Option<(Kind, Vec<u8>)>, StoreError> {
    let sql = "SELECT media_type, content FROM mailbox_attachments WHERE letter_id = $1 AND number = $2";
    let row = tx.query_one(sql, &[letter.into(), number.into()])?;
    row.map(|row| Ok((kind_of(row.text(0)?), row.blob(1)?.to_vec()))).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_is_is_told_by_its_bytes() {
        assert_eq!(judge(b"%PDF-1.7 ..."), Ok(Kind::Pdf));
        assert_eq!(judge(b"{\"amount\": 1}"), Ok(Kind::Json));
        assert_eq!(judge(b"<html><script>"), Err(AttachmentFault::Unknown));
        assert_eq!(judge(b"%PDF-1.7 /OpenAction << /S /JavaScript >>"), Err(AttachmentFault::Active));
        assert_eq!(judge(&vec![b' '; MOST_BYTES + 1]), Err(AttachmentFault::TooLarge));
    }
}
