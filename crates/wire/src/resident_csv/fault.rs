//! What is wrong with a row or a file, without ever repeating a value.

use std::fmt;

/// Why one field, or one row, is refused. Positions count characters from 1 unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A byte that is not text in the file's encoding.
    Undecodable {
        /// Byte position within the line, from 1.
        position: usize,
    },
    /// The line is longer than any record (64 KiB).
    LineTooLong,
    /// A quoted field does not end on its line.
    UnclosedQuote,
    /// Text follows a closing quote, or a quote stands inside an unquoted field.
    StrayQuote,
    /// The row has another number of fields than the header.
    FieldCount {
        /// As the header has.
        expected: usize,
        /// As the row has.
        found: usize,
    },
    /// A control character, a byte order mark or a private-use character (外字) which no other system can read.
    ForbiddenCharacter {
        /// Where.
        position: usize,
    },
    /// A variation selector that does not follow a character it can belong to.
    MisplacedSelector {
        /// Where.
        position: usize,
    },
    /// A variation sequence of the Adobe-Japan1 collection; names are kept in Moji_Joho.
    OtherCollection {
        /// Where.
        position: usize,
    },
    /// The field is empty and must not be.
    Empty,
    /// More visible characters than the column allows.
    TooLong {
        /// The most.
        limit: usize,
    },
    /// Not a date in any of the formats the mapping allows.
    NotADate,
    /// Written like a date, but the calendar has no such day.
    NoSuchDay,
    /// Not 1–20 characters of `0-9`, `A-Z`, `-`.
    NotAnId,
    /// Not one of the words the column allows.
    UnknownWord,
    /// Not a number, or out of range.
    NotANumber,
    /// Something that is not katakana.
    NotKatakana {
        /// Where.
        position: usize,
    },
    /// Twelve digits that may be an Individual Number.
    IndividualNumber {
        /// Where it starts.
        position: usize,
    },
    /// The key was on an earlier line.
    Duplicate {
        /// That line.
        first_line: u64,
    },
    /// The household is not in `households.csv`.
    UnknownHousehold,
    /// The resident is not in `residents.csv` (or not in the register).
    UnknownResident,
    /// This state needs the day it began or will begin.
    StateNeedsDay,
    /// Items of a Japanese (本籍) and of a foreign resident (国籍) in one row.
    MixedNationality,
    /// The last day lies before the first.
    EndsBeforeItBegins,
    /// Born after the file was written.
    BornInTheFuture,
    /// This source position was received before with other content.
    PositionTaken,
}

impl Reason {
    /// A stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Undecodable { .. } => "undecodable",
            Self::LineTooLong => "line-too-long",
            Self::UnclosedQuote => "unclosed-quote",
            Self::StrayQuote => "stray-quote",
            Self::FieldCount { .. } => "field-count",
            Self::ForbiddenCharacter { .. } => "forbidden-character",
            Self::MisplacedSelector { .. } => "misplaced-selector",
            Self::OtherCollection { .. } => "other-collection",
            Self::Empty => "empty",
            Self::TooLong { .. } => "too-long",
            Self::NotADate => "not-a-date",
            Self::NoSuchDay => "no-such-day",
            Self::NotAnId => "not-an-id",
            Self::UnknownWord => "unknown-word",
            Self::NotANumber => "not-a-number",
            Self::NotKatakana { .. } => "not-katakana",
            Self::IndividualNumber { .. } => "individual-number",
            Self::Duplicate { .. } => "duplicate",
            Self::UnknownHousehold => "unknown-household",
            Self::UnknownResident => "unknown-resident",
            Self::StateNeedsDay => "state-needs-day",
            Self::MixedNationality => "mixed-nationality",
            Self::EndsBeforeItBegins => "ends-before-it-begins",
            Self::BornInTheFuture => "born-in-the-future",
            Self::PositionTaken => "position-taken",
        }
    }

    /// The sentence for the clerk who mends the row.
    pub fn japanese(self) -> String {
        match self {
            Self::Undecodable { position } => format!("{position}バイト目がこの文字コードの文字ではありません"),
            Self::LineTooLong => "1行が長すぎます(64KiBまで)".to_owned(),
            Self::UnclosedQuote => "引用符が行末までに閉じていません".to_owned(),
            Self::StrayQuote => "引用符の位置が正しくありません".to_owned(),
            Self::FieldCount { expected, found } => format!("項目の数が{found}個です(見出しは{expected}個)"),
            Self::ForbiddenCharacter { position } => {
                format!("{position}文字目に制御文字または外字があります(外字は文字情報基盤の文字に同定してください)")
            }
            Self::MisplacedSelector { position } => format!("{position}文字目の異体字セレクタの位置が正しくありません"),
            Self::OtherCollection { position } => {
                format!("{position}文字目はAdobe-Japan1の異体字です(Moji_Johoで書いてください)")
            }
            Self::Empty => "空欄にできません".to_owned(),
            Self::TooLong { limit } => format!("{limit}文字を超えています"),
            Self::NotADate => "日付として読めません".to_owned(),
            Self::NoSuchDay => "暦にない日です".to_owned(),
            Self::NotAnId => "1~20文字の 0-9 A-Z - で書いてください".to_owned(),
            Self::UnknownWord => "この項目にない区分です(mapping.toml の values で読み替えられます)".to_owned(),
            Self::NotANumber => "数として読めません".to_owned(),
            Self::NotKatakana { position } => format!("{position}文字目が片仮名ではありません"),
            Self::IndividualNumber { position } => {
                format!("{position}文字目から個人番号と思われる12桁があります。個人番号は受け取れません")
            }
            Self::Duplicate { first_line } => format!("{first_line}行目と重複しています"),
            Self::UnknownHousehold => "この世帯は households.csv にありません".to_owned(),
            Self::UnknownResident => "この住民は residents.csv にありません".to_owned(),
            Self::StateNeedsDay => "この状態には異動年月日が要ります".to_owned(),
            Self::MixedNationality => "本籍と国籍・地域の両方が書かれています".to_owned(),
            Self::EndsBeforeItBegins => "終わりの日が始まりの日より前です".to_owned(),
            Self::BornInTheFuture => "生年月日がファイルの作成日より後です".to_owned(),
            Self::PositionTaken => "同じ連携番号で内容の異なる異動をすでに受け取っています".to_owned(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable { position } => write!(f, "byte {position} is not a character of this encoding"),
            Self::LineTooLong => f.write_str("the line is longer than 64 KiB"),
            Self::UnclosedQuote => f.write_str("a quoted field does not end on its line"),
            Self::StrayQuote => f.write_str("a quote stands where none may stand"),
            Self::FieldCount { expected, found } => write!(f, "{found} fields where the header has {expected}"),
            Self::ForbiddenCharacter { position } => {
                write!(f, "character {position} is a control or private-use character (外字)")
            }
            Self::MisplacedSelector { position } => {
                write!(f, "the variation selector at character {position} follows nothing it can belong to")
            }
            Self::OtherCollection { position } => {
                write!(f, "character {position} is an Adobe-Japan1 variation; write it in Moji_Joho")
            }
            Self::Empty => f.write_str("must not be empty"),
            Self::TooLong { limit } => write!(f, "longer than {limit} characters"),
            Self::NotADate => f.write_str("not a date in an allowed format"),
            Self::NoSuchDay => f.write_str("the calendar has no such day"),
            Self::NotAnId => f.write_str("an id is 1 to 20 characters of 0-9, A-Z and -"),
            Self::UnknownWord => f.write_str("not one of the words of this column (mapping.toml can translate it)"),
            Self::NotANumber => f.write_str("not a number"),
            Self::NotKatakana { position } => write!(f, "character {position} is not katakana"),
            Self::IndividualNumber { position } => {
                write!(f, "twelve digits at character {position} may be an Individual Number, which is not accepted")
            }
            Self::Duplicate { first_line } => write!(f, "the same key is on line {first_line}"),
            Self::UnknownHousehold => f.write_str("the household is not in households.csv"),
            Self::UnknownResident => f.write_str("the resident is not in residents.csv"),
            Self::StateNeedsDay => f.write_str("this state needs its day (state_on)"),
            Self::MixedNationality => f.write_str("items of a Japanese and of a foreign resident in one row"),
            Self::EndsBeforeItBegins => f.write_str("the last day lies before the first"),
            Self::BornInTheFuture => f.write_str("born after the file was written"),
            Self::PositionTaken => f.write_str("this source position was received before with other content"),
        }
    }
}

/// One thing wrong with one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// File name within the set.
    pub file: &'static str,
    /// Line, from 1; the header is line 1.
    pub line: u64,
    /// Our column name, or the file's own header for a column we do not use; empty when the whole row is meant.
    pub field: String,
    /// What is wrong.
    pub reason: Reason,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}{}{}",
            self.file,
            self.line,
            self.field,
            if self.field.is_empty() { "" } else { ": " },
            self.reason
        )
    }
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system.
    #[error("{file} cannot be read: {reason}")]
    Io {
        /// Which.
        file: &'static str,
        /// The system's words.
        reason: String,
    },
    /// No header line.
    #[error("{file} has no header line")]
    NoHeader {
        /// Which.
        file: &'static str,
    },
    /// The header itself cannot be read.
    #[error("{file}, header: {reason}")]
    BadHeader {
        /// Which.
        file: &'static str,
        /// Why.
        reason: Reason,
    },
    /// A column for the Individual Number or the resident record code.
    #[error(
        "{file}, column {column}: Individual Numbers (個人番号) and resident record codes (住民票コード) are not accepted; export without this column"
    )]
    ForbiddenColumn {
        /// Which.
        file: &'static str,
        /// Position, from 1.
        column: usize,
    },
    /// Required columns are missing.
    #[error("{file} lacks the columns {}; give their names in mapping.toml", columns.join(", "))]
    MissingColumns {
        /// Which.
        file: &'static str,
        /// Our names.
        columns: Vec<&'static str>,
    },
    /// Two columns of the file claim to be one of ours.
    #[error("{file}: two columns are {column}")]
    TwiceTheSame {
        /// Which.
        file: &'static str,
        /// Our name.
        column: &'static str,
    },
    /// UTF-16 or another encoding that is not supported.
    #[error("{file} is written in UTF-16; save it as UTF-8 or Shift_JIS")]
    Utf16 {
        /// Which.
        file: &'static str,
    },
}
