//! What a machine or a centre sends to the city by the kiosk protocol (`docs/kiosk-protocol.md`): small JSON, each with
//! only the fields that are known. Nobody is named by an id here: people of a household are positions in a list.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The prefix of every address.
pub const PREFIX: &str = "/kiosk-api/v1";
/// What signatures of this protocol are made for (`tag`).
pub const TAG: &str = "yakuba-kiosk-v1";
/// The field that carries the session's secret.
pub const SESSION_FIELD: &str = "kiosk-session";
/// The most bytes a message has.
pub const MOST_BYTES: usize = 32 * 1024;
/// A request's signature is taken for at most this long after it was made.
pub const LONGEST_SECONDS: i64 = 300;
/// A machine's clock may be ahead of the city's by this much.
pub const AHEAD_SECONDS: i64 = 60;

/// Why a message is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column} of the message is not what is wanted")]
pub struct NotAMessage {
    /// From 1; 0 when the message ends too early.
    pub line: usize,
    /// From 1.
    pub column: usize,
}

/// Reads a message; an empty body is `{}`. What it held is never told back: it may be personal.
///
/// # Errors
/// Where it stops being one.
pub fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, NotAMessage> {
    let body = if body.is_empty() { b"{}" } else { body };
    serde_json::from_slice(body).map_err(|error| NotAMessage { line: error.line(), column: error.column() })
}

/// Nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A new machine gives its token and its key.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrol {
    /// The one-time token of the staff console.
    pub token: String,
    /// SubjectPublicKeyInfo in base 64: P-256 or Ed25519.
    pub public_key: String,
}

/// A card's answer to a challenge.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Present {
    /// The challenge as it was given out.
    pub challenge: String,
    /// The user-authentication certificate, DER in base 64.
    pub certificate: String,
    /// The card's signature over the challenge's bytes, in base 64.
    pub signature: String,
}

/// Whose rows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Whose {
    /// `"applicant"` or `"household"`.
    Word(Word),
    /// Positions, from 0: in the list of the household, or for a paper of the family register in the list of its members.
    Positions(Vec<u16>),
}

/// The words for whose rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// The applicant only.
    Applicant,
    /// The whole household.
    Household,
}

/// A paper is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// The kind's word, as offered.
    pub kind: String,
    /// Whose rows.
    #[serde(default = "applicant")]
    pub members: Whose,
    /// The switches that are on.
    #[serde(default)]
    pub items: BTreeMap<String, bool>,
    /// How many copies.
    #[serde(default = "one")]
    pub copies: u8,
}

const fn applicant() -> Whose {
    Whose::Word(Word::Applicant)
}

const fn one() -> u8 {
    1
}

/// Who is in the person's family register is asked, for a paper of it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Family {
    /// The kind's word, as offered.
    pub kind: String,
}

/// What became of the fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settled {
    /// Whether the box kept it.
    pub kept: bool,
}

/// The finished document is asked for, once.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// The one-time token.
    pub token: String,
    /// Whether the pages are taken one by one instead of the whole file.
    #[serde(default)]
    pub by_page: bool,
}

/// The paper is out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    /// Sheets that came out: pages times copies.
    pub sheets: u32,
}

/// Money was given back by the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refunded {
    /// How much, in yen.
    pub yen: i64,
}

/// Something went wrong at the machine.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Incident {
    /// Which request it is about, if any.
    #[serde(default)]
    pub request: Option<String>,
    /// What.
    pub what: Trouble,
}

/// What can go wrong at a machine. Words only: free text could hold somebody's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The document is not the one that was asked for. Stops the service.
    WrongDocument,
    /// A paper stayed behind in the printer or the tray of somebody else.
    PaperLeftBehind,
    /// The printer is jammed.
    PaperJam,
    /// The printer has no paper.
    OutOfPaper,
    /// The printer does not answer.
    PrinterOffline,
    /// The coin box does not work.
    CoinBox,
}

impl Trouble {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::WrongDocument,
        Self::PaperLeftBehind,
        Self::PaperJam,
        Self::OutOfPaper,
        Self::PrinterOffline,
        Self::CoinBox,
    ];

    /// The kind of its incident.
    pub const fn incident(self) -> &'static str {
        match self {
            Self::WrongDocument => "machine-wrong-document",
            Self::PaperLeftBehind => "machine-paper-left-behind",
            Self::PaperJam => "machine-paper-jam",
            Self::OutOfPaper => "machine-out-of-paper",
            Self::PrinterOffline => "machine-printer-offline",
            Self::CoinBox => "machine-coin-box",
        }
    }

    /// Whether nobody is served until an officer has looked: somebody may hold another person's paper (I12).
    pub const fn stops(self) -> bool {
        matches!(self, Self::WrongDocument | Self::PaperLeftBehind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_known_fields_only_and_no_id_of_a_person() {
        let begin: Begin = read(br#"{"kind":"residence_certificate","members":[0,2],"copies":2}"#).unwrap();
        assert_eq!((begin.members, begin.copies), (Whose::Positions(vec![0, 2]), 2));
        let plain: Begin = read(br#"{"kind":"x"}"#).unwrap();
        assert_eq!((plain.members, plain.copies), (Whose::Word(Word::Applicant), 1));
        for refused in [
            &br#"{"kind":"x","members":["0000000001"]}"#[..],
            br#"{"kind":"x","members":"everybody"}"#,
            br#"{"kind":"x","members":[-1]}"#,
            br#"{"kind":"x","resident_id":"0000000001"}"#,
            br#"{"kind":"x","copies":300}"#,
            br#"{"kind":"x","items":{"relationship":"yes"}}"#,
            br#"[]"#,
            br#"{"kind":"x""#,
            b"\xff",
            b"",
        ] {
            assert!(read::<Begin>(refused).is_err(), "{refused:?}");
        }
        assert_eq!(read::<Nothing>(b""), Ok(Nothing {}));
        let told = read::<Settled>(br#"{"kept":"1234"}"#).unwrap_err().to_string();
        assert!(!told.contains("1234"), "what was sent is not told back: {told}");
    }
}
