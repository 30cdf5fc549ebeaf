//! What may be wrong with a rule, and where.

use crate::words::Language;

/// Levels of a tree at most.
pub const MOST_DEPTH: usize = 8;
/// Conditions of a tree at most.
pub const MOST_CONDITIONS: usize = 200;
/// Parameters of a rule at most.
pub const MOST_PARAMETERS: usize = 64;
/// Values of a parameter at most.
pub const MOST_VALUES: usize = 100;
/// Characters of a text at most.
pub const MOST_CHARACTERS: usize = 400;

/// Where in a rule something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The rule as a whole.
    Rule,
    /// The law for asking for sex.
    SexBasis,
    /// A parameter, from 0.
    Parameter(usize),
    /// A value of a parameter, both from 0.
    Value(usize, usize),
    /// A condition, counted from 0 in the order in which a form shows them: each before what is inside it.
    Condition(usize),
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each says itself in its message")]
pub enum Wrong {
    #[error("a tree has at most {MOST_DEPTH} levels")]
    TooDeep,
    #[error("a tree has at most {MOST_CONDITIONS} conditions")]
    TooManyConditions,
    #[error("a rule has at most {MOST_PARAMETERS} parameters of {MOST_VALUES} values")]
    TooManyParameters,
    #[error("a group needs at least one condition")]
    EmptyGroup,
    #[error("a question about the household stands inside another")]
    NestedHousehold,
    #[error("this fact is of the household and cannot be asked of one member")]
    HouseholdFactInside,
    #[error("this fact cannot be compared so")]
    WrongComparison,
    #[error("a smallest or a largest value is needed")]
    NoBound,
    #[error("at least one choice is needed")]
    NoChoice,
    #[error("this choice does not exist")]
    UnknownChoice,
    #[error("no parameter has this name")]
    UnknownParameter,
    #[error("the parameter is counted in another unit")]
    WrongUnit,
    #[error("the smallest value is larger than the largest on some day")]
    ContradictoryRange,
    #[error("the number is outside what this fact can be")]
    OutOfRange,
    #[error("a name has 1 to 40 of a-z, 0-9 and _")]
    MalformedName,
    #[error("another parameter has this name")]
    DuplicateName,
    #[error("values stand oldest first, one a day")]
    ValuesOutOfOrder,
    #[error("a number without a source cannot go live")]
    MissingSource,
    #[error("the source was written from memory; someone must read it first")]
    SourceNotRead,
    #[error("the source was read on a day to come")]
    ReadInFuture,
    #[error("the text is empty or too long")]
    BadText,
    #[error("the text holds what may be an Individual Number")]
    IndividualNumber,
    #[error("sex may be asked only where a law does; name it")]
    SexWithoutLaw,
    #[error("the parameter has no value on the day")]
    NoValueOnDay,
    #[error("the last day is before the first")]
    PeriodReversed,
    #[error("the rule does not hold on the day")]
    NotInForce,
}

impl Wrong {
    /// What an officer reads.
    pub fn in_language(self, language: Language) -> String {
        if language == Language::English {
            return self.to_string();
        }
        match self {
            Self::TooDeep => "条件の入れ子が深すぎます(8段まで)",
            Self::TooManyConditions => "条件が多すぎます(200まで)",
            Self::TooManyParameters => "基準の数が多すぎます",
            Self::EmptyGroup => "まとまりの中に条件を1つ以上入れてください",
            Self::NestedHousehold => "世帯の条件の中に世帯の条件は入れられません",
            Self::HouseholdFactInside => "世帯全体の項目は、一人ひとりへの条件には使えません",
            Self::WrongComparison => "この項目は、この比べ方ができません",
            Self::NoBound => "下限か上限を入れてください",
            Self::NoChoice => "1つ以上選んでください",
            Self::UnknownChoice => "選べないものが含まれています",
            Self::UnknownParameter => "この名前の基準がありません",
            Self::WrongUnit => "基準の単位が項目と違います",
            Self::ContradictoryRange => "下限が上限より大きい日があります",
            Self::OutOfRange => "この項目ではありえない数です",
            Self::MalformedName => "名前は半角の英小文字・数字・_ で40文字までです",
            Self::DuplicateName => "同じ名前の基準があります",
            Self::ValuesOutOfOrder => "値は古い日付から順に、1日に1つ入れてください",
            Self::MissingSource => "根拠のない数は使えません。根拠を入れてください",
            Self::SourceNotRead => "根拠がまだ確かめられていません",
            Self::ReadInFuture => "根拠を確かめた日が先の日付です",
            Self::BadText => "文字がないか、長すぎます",
            Self::IndividualNumber => "マイナンバーかもしれない数字は入れられません",
            Self::SexWithoutLaw => "性別は、法令で必要な場合だけ使えます。根拠を入れてください",
            Self::NoValueOnDay => "その日に有効な値がありません",
            Self::PeriodReversed => "終わりの日が始まりの日より前です",
            Self::NotInForce => "その日には有効な決まりではありません",
        }
        .to_owned()
    }
}

/// One thing wrong at one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub at: Place,
    /// Which of its parts: `min`, `max`, `limit`, `per_dependant`, `count`, `codes`, `name`, `from`, `value`, `source`
    /// …; empty for the whole.
    pub part: &'static str,
    /// What.
    pub what: Wrong,
}
