//! What lies beside a letter: PDF for people, JSON for their programs. Told by content, never by name.
//!
//! Those for everybody are named by the letter with their digests, so that evidence is about them too, and shown only when the
//! bytes are those; they may come before the letter or after it. Those for one person are sealed under that person's key.

use base::my_number_guard::refuse_individual_number;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use store::sealing::SealError;
use store::{StoreError, Tx};

use super::letter::{Letter, LetterId};
use super::pdf;
use crate::Outside;
use crate::digest::sha256;
use crate::portal::AccountId;

/// Bytes of one attachment: one message between the zones carries it.
pub const MOST_BYTES: usize = 700_000;
/// Attachments of a letter, and of one person's copy.
pub const MOST: usize = 5;
/// Attachments of one person's copy are numbered from here.
pub const OWN: i64 = 101;
/// Most characters of a name.
pub const MOST_CHARACTERS: usize = 80;

const COLUMN: &str = "mailbox_attachments.content";

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
    #[error("a PDF that is encrypted or holds scripts, forms that send, or files is not taken")]
    Active,
    /// An Individual Number.
    #[error("an Individual Number may not be written here")]
    IndividualNumber,
    /// Its name.
    #[error("a name has 1 to {MOST_CHARACTERS} characters, without /, \\ and control characters")]
    Name,
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
        return if pdf::acts(bytes) { Err(AttachmentFault::Active) } else { Ok(Kind::Pdf) };
    }
    match serde_json::from_slice::<serde_json::Value>(bytes) {
        Ok(value) if !value.is_object() && !value.is_array() => Err(AttachmentFault::Unknown),
        // The text too: of two equal keys only the last is in the value.
        Ok(value) if holds_number(&value) || refuse_individual_number(&String::from_utf8_lossy(bytes)).is_err() => {
            Err(AttachmentFault::IndividualNumber)
        }
        Ok(_) => Ok(Kind::Json),
        Err(_) => Err(AttachmentFault::Unknown),
    }
}

/// Whether a key, a string or a number holds an Individual Number, however it is escaped. The parser bounds the depth.
fn holds_number(value: &serde_json::Value) -> bool {
    let is_one = |text: &str| refuse_individual_number(text).is_err();
    match value {
        serde_json::Value::String(text) => is_one(text),
        // `123456789018.0` and `1.23456789018e11` are that number too.
        serde_json::Value::Number(number) => {
            is_one(&number.to_string())
                || number.as_f64().is_some_and(|float| float.fract() == 0.0 && is_one(&format!("{float:.0}")))
        }
        serde_json::Value::Array(all) => all.iter().any(holds_number),
        serde_json::Value::Object(all) => all.iter().any(|(key, one)| is_one(key) || holds_number(one)),
        serde_json::Value::Null | serde_json::Value::Bool(_) => false,
    }
}

/// Whether an attachment may have this name.
///
/// # Errors
/// [`AttachmentFault::Name`], [`AttachmentFault::IndividualNumber`].
pub fn judge_name(name: &str) -> Result<(), AttachmentFault> {
    let is_sound = (1..=MOST_CHARACTERS).contains(&name.chars().count())
        && !name.chars().any(|c| c.is_control() || turns(c) || c == '/' || c == '\\');
    match (is_sound, refuse_individual_number(name)) {
        (false, _) => Err(AttachmentFault::Name),
        (true, Err(_)) => Err(AttachmentFault::IndividualNumber),
        (true, Ok(_)) => Ok(()),
    }
}

/// Whether a character turns the direction of text: `x\u{202e}fdp.exe` would be shown as if it were a PDF.
fn turns(c: char) -> bool {
    matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One as a letter names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// From 1.
    pub number: i64,
    /// As the sender calls it.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Bytes.
    pub size: i64,
    /// SHA-256, lower-case hex.
    pub digest: String,
}

impl Named {
    /// Whether these are its bytes.
    pub fn is(&self, bytes: &[u8]) -> bool {
        HEXLOWER.encode(&sha256(&[bytes])) == self.digest
    }
}

/// One as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// From 1; from [`OWN`] where it is one person's.
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
    insert(tx, (letter, ""), (number, name, kind, bytes.len()), bytes)
}

/// Keeps an attachment of one person's copy, sealed by [`sealed`]; `size` is that of its bytes.
///
/// # Errors
/// [`StoreError`].
pub fn keep_own(
    tx: &mut Tx<'_>,
    letter: LetterId,
    account: AccountId,
    (number, name, kind, size): (i64, &str, Kind, usize),
    sealed: &[u8],
) -> Result<(), StoreError> {
    insert(tx, (letter, &account.to_string()), (number, name, kind, size), sealed)
}

fn insert(
    tx: &mut Tx<'_>,
    (letter, account): (LetterId, &str),
    (number, name, kind, size): (i64, &str, Kind, usize),
    content: &[u8],
) -> Result<(), StoreError> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    tx.execute(
        "INSERT INTO mailbox_attachments (letter_id, account_id, number, name, media_type, size, content) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (letter_id, account_id, number) DO NOTHING",
        &[
            letter.into(),
            account.into(),
            number.into(),
            name.into(),
            kind.media_type().into(),
            size.into(),
            content.into(),
        ],
    )?;
    Ok(())
}

/// Sealed under the person's key.
///
/// # Errors
/// The key store.
pub fn sealed(outside: &Outside, account: AccountId, bytes: &[u8]) -> Result<Vec<u8>, SealError> {
    outside.vault.seal(&account.sealed_under(), COLUMN, bytes)
}

fn kind_of(media_type: &str) -> Kind {
    if media_type == Kind::Pdf.media_type() { Kind::Pdf } else { Kind::Json }
}

/// Those of a letter, and of this person's copy.
///
/// # Errors
/// [`StoreError`].
pub fn list(tx: &mut Tx<'_>, letter: &Letter, account: AccountId) -> Result<Vec<Listed>, StoreError> {
    let named = letter.attachments.iter().map(|one| {
        let (number, name, kind, size) = (one.number, one.name.clone(), one.kind, one.size);
        Listed { number, name, kind, size }
    });
    let mut all: Vec<Listed> = named.collect();
    let sql = "SELECT number, name, media_type, size FROM mailbox_attachments \
               WHERE letter_id = $1 AND account_id = $2 ORDER BY number";
    for row in tx.query(sql, &[letter.id.into(), account.into()])? {
        let (name, kind) = (row.text(1)?.to_owned(), kind_of(row.text(2)?));
        all.push(Listed { number: row.int(0)?, name, kind, size: row.int(3)? });
    }
    Ok(all)
}

/// Why an attachment is not given out.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] SealError),
}

/// The bytes of one; `None` when there is none, it has not come yet, or its bytes are not those the letter names.
///
/// # Errors
/// [`GetError`].
pub fn get(
    outside: &Outside,
    letter: &Letter,
    account: AccountId,
    number: i64,
) -> Result<Option<(Kind, Vec<u8>)>, GetError> {
    let id = letter.id;
    let whose = if number < OWN { String::new() } else { account.to_string() };
    let sql =
        "SELECT media_type, content FROM mailbox_attachments WHERE letter_id = $1 AND account_id = $2 AND number = $3";
    let row = outside
        .store
        .read::<_, StoreError, _>(|tx| tx.query_one(sql, &[id.into(), whose.as_str().into(), number.into()]))?;
    let Some(row) = row else { return Ok(None) };
    let kind = kind_of(row.text(0)?);
    if number >= OWN {
        let bytes = outside.vault.open_sealed(&account.sealed_under(), COLUMN, row.blob(1)?)?;
        return Ok(Some((kind, bytes.to_vec())));
    }
    let named = letter.attachments.iter().find(|one| one.number == number);
    let bytes = row.blob(1)?;
    Ok(named.filter(|one| one.is(bytes)).map(|one| (one.kind, bytes.to_vec())))
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
        assert_eq!(judge(b"1"), Err(AttachmentFault::Unknown));
        assert_eq!(judge(br#"{"number":"123456789018"}"#), Err(AttachmentFault::IndividualNumber));
        assert_eq!(judge_name("../x"), Err(AttachmentFault::Name));
        assert_eq!(judge_name("\u{7d0d}\u{7a0e}.pdf"), Ok(()));
    }

    #[test]
    fn an_individual_number_is_found_however_it_is_escaped() {
        for text in [
            r#"{"n":"12345678901\u0038"}"#,
            r#"{"12345678901\u0038":1}"#,
            r#"[{"a":[123456789018]}]"#,
            r#"[1.23456789018e11]"#,
            r#"{"n":"123456789018","n":""}"#,
        ] {
            assert_eq!(judge(text.as_bytes()), Err(AttachmentFault::IndividualNumber), "{text}");
        }
        assert_eq!(judge(br#"{"n":"12345678901\u0037","m":[1.5,null,true]}"#), Ok(Kind::Json));
    }

    #[test]
    fn a_name_does_not_turn_the_direction_of_text() {
        for turning in ["x\u{202e}fdp.exe", "\u{2066}x.pdf", "x\u{2069}.pdf", "x\u{202a}.pdf", "x\n.pdf", "x\u{85}.pdf"]
        {
            assert_eq!(judge_name(turning), Err(AttachmentFault::Name), "{turning:?}");
        }
    }
}
