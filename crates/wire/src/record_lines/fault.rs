//! What is wrong with a line or a file, without ever repeating a value.

use crate::resident_csv::Reason as TextReason;

/// Why one field, or one line, is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Reason {
    /// The text of a field: characters, length, dates, ids, Individual Numbers.
    #[error("{0}")]
    Text(TextReason),
    /// The line is no JSON.
    #[error("not JSON; the reader stopped at byte {column} of the line")]
    NotJson {
        /// Byte, from 1.
        column: usize,
    },
    /// The line is longer than any register (1 MiB).
    #[error("the line is longer than 1 MiB")]
    LineTooLong,
    /// The line is not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// A value of another type stands there.
    #[error("must be {wanted}")]
    WrongType {
        /// What belongs there.
        wanted: &'static str,
    },
    /// A required field is missing.
    #[error("is missing")]
    Missing,
    /// A field that no record of this kind has.
    #[error("no such field in a record of this kind")]
    UnknownField,
    /// A key stands twice in one object.
    #[error("stands twice")]
    Twice,
    /// Not one of the words allowed there.
    #[error("not one of the words allowed here")]
    UnknownWord,
    /// More entries than any register has.
    #[error("more than {limit} entries")]
    TooMany {
        /// The most.
        limit: usize,
    },
    /// The same record stands on an earlier line.
    #[error("the same record is on line {first_line}")]
    Duplicate {
        /// That line.
        first_line: u64,
    },
    /// Members are numbered upwards from 1.
    #[error("members are numbered upwards from 1")]
    Order,
    /// One resident cannot be entered twice in one register.
    #[error("the same resident is entered twice in this register")]
    ResidentTwice,
    /// A register without anybody.
    #[error("a register has at least one member")]
    NobodyInIt,
    /// Everybody was removed, so the register cannot be current.
    #[error("everybody is removed, so the register is not current")]
    NotCurrent,
    /// The picture of a seal is not base 64 of a PNG with something on it.
    #[error("not base 64 of a PNG picture with something on it")]
    NotAPicture,
    /// The picture is not of a seal that may be registered, or too coarse for its size.
    #[error("not the size of a seal that may be registered, or fewer than 600 dots an inch")]
    NotASealsSize,
    /// A sum is not that of its parts.
    #[error("the sum differs from that of its parts")]
    DoesNotAddUp,
    /// An amount that the law of that fiscal year does not know.
    #[error("not the amount of that fiscal year")]
    NotOfThatYear,
}

impl Reason {
    /// A stable word for programs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Text(reason) => reason.code(),
            Self::NotJson { .. } => "not-json",
            Self::LineTooLong => "line-too-long",
            Self::NotUtf8 => "not-utf-8",
            Self::WrongType { .. } => "wrong-type",
            Self::Missing => "missing",
            Self::UnknownField => "unknown-field",
            Self::Twice => "twice",
            Self::UnknownWord => "unknown-word",
            Self::TooMany { .. } => "too-many",
            Self::Duplicate { .. } => "duplicate",
            Self::Order => "order",
            Self::ResidentTwice => "resident-twice",
            Self::NobodyInIt => "nobody-in-it",
            Self::NotCurrent => "not-current",
            Self::NotAPicture => "not-a-picture",
            Self::NotASealsSize => "not-a-seals-size",
            Self::DoesNotAddUp => "does-not-add-up",
            Self::NotOfThatYear => "not-of-that-year",
        }
    }

    /// The sentence for the clerk who mends the line.
    pub fn japanese(self) -> String {
        match self {
            Self::Text(reason) => reason.japanese(),
            Self::NotJson { column } => format!("JSONとして読めません({column}バイト目)"),
            Self::LineTooLong => "1行が長すぎます(1MiBまで)".to_owned(),
            Self::NotUtf8 => "UTF-8ではありません".to_owned(),
            Self::WrongType { wanted } => format!("値の型が違います({wanted})"),
            Self::Missing => "項目がありません".to_owned(),
            Self::UnknownField => "この記録にない項目です".to_owned(),
            Self::Twice => "同じ項目が2回あります".to_owned(),
            Self::UnknownWord => "この項目にない区分です".to_owned(),
            Self::TooMany { limit } => format!("{limit}件を超えています"),
            Self::Duplicate { first_line } => format!("{first_line}行目と同じ記録です"),
            Self::Order => "番号は1から順に増えていなければなりません".to_owned(),
            Self::ResidentTwice => "同じ住民がこの戸籍に二重に記録されています".to_owned(),
            Self::NobodyInIt => "戸籍に記録されている者がありません".to_owned(),
            Self::NotCurrent => "全員が除籍されているので現在戸籍ではありません".to_owned(),
            Self::NotAPicture => "印影の画像(PNGのBase64)として読めないか、何も写っていません".to_owned(),
            Self::NotASealsSize => "登録できる印鑑の大きさではないか、600dpi未満です".to_owned(),
            Self::DoesNotAddUp => "合計が内訳と合いません".to_owned(),
            Self::NotOfThatYear => "その年度の額ではありません".to_owned(),
        }
    }
}

/// One thing wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file's name.
    pub file: &'static str,
    /// Line, from 1; the header is line 1.
    pub line: u64,
    /// The path of the field: `members[2].records[1].place`, counted from 1; empty when the whole line is meant. An unknown key is given by its place
    /// only, since it may hold anything.
    pub field: String,
    /// What is wrong.
    pub reason: Reason,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let colon = if self.field.is_empty() { "" } else { ": " };
        write!(f, "{}:{}: {}{colon}{}", self.file, self.line, self.field, self.reason)
    }
}

/// Why a file cannot be taken at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The system.
    #[error("{file} cannot be read: {reason}")]
    Io {
        /// The file's name.
        file: &'static str,
        /// The system's words.
        reason: String,
    },
    /// The first line is not a header of this format.
    #[error("{file}, line 1: {field}: {reason}")]
    Header {
        /// The file's name.
        file: &'static str,
        /// Which field of the header.
        field: String,
        /// Why.
        reason: Reason,
    },
    /// There are fewer or more records than the header promised: the file was cut short or put together wrongly.
    #[error("{file} promises {promised} records and holds {found}: it is not whole")]
    NotWhole {
        /// The file's name.
        file: &'static str,
        /// In the header.
        promised: u64,
        /// Lines after it.
        found: u64,
    },
}
