//! Why no document comes (certificates invariant I14). Errors name the field and the position, never the text.

use crate::fonts::FontError;

/// Which text of the paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// 表題.
    Title,
    /// 市区町村名.
    Municipality,
    /// 住所.
    Address,
    /// 世帯主.
    Head,
    /// 氏名.
    Name,
    /// 振り仮名.
    Reading,
    /// 氏名のローマ字.
    AlphabetName,
    /// 旧氏 and its reading.
    FormerName,
    /// 通称.
    CommonName,
    /// 生年月日.
    BirthDate,
    /// 性別.
    Sex,
    /// 続柄.
    Relationship,
    /// 住民となった年月日.
    BecameResident,
    /// 住所を定めた年月日.
    AddressSet,
    /// 届出年月日.
    Notified,
    /// 転入前住所.
    PreviousAddress,
    /// 異動前住所.
    FormerAddress,
    /// 本籍.
    Domicile,
    /// 筆頭者.
    RegisterHead,
    /// 戸籍の記録.
    RegisterRecord,
    /// 国籍・地域.
    CountryOrRegion,
    /// 30条45区分.
    Category,
    /// 在留資格.
    ResidenceStatus,
    /// 在留期間.
    ResidencePeriod,
    /// 在留期間の満了日.
    ResidenceExpiry,
    /// 在留カード等番号.
    ResidenceCardNumber,
    /// 備考.
    Remarks,
    /// 年度.
    FiscalYear,
    /// 1月1日現在の住所.
    BaseDateAddress,
    /// An amount or a count of a tax certificate.
    Amount,
    /// 認証文.
    Attestation,
    /// 発行年月日.
    IssueDate,
    /// 市区町村長の職名と氏名.
    Mayor,
    /// 検証の案内.
    CheckNote,
    /// Request id, document number, page n/m.
    Numbers,
    /// Words printed on every paper.
    Label,
}

impl Field {
    /// Whether the text comes from a resident's record, so that the person can only be helped at the counter.
    pub const fn is_about_the_person(self) -> bool {
        !matches!(
            self,
            Self::Title
                | Self::Municipality
                | Self::Attestation
                | Self::IssueDate
                | Self::Mayor
                | Self::CheckNote
                | Self::Numbers
                | Self::Label
        )
    }
}

/// Why a paper was not made. No text of the paper is in here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    /// The font has no glyph for a character or for a variation sequence.
    #[error("{field:?}{}: the font has no glyph for character {position}", of_person(*person))]
    MissingGlyph {
        /// Which text.
        field: Field,
        /// Whose, from 0 in the order of the paper; `None` for texts of the whole paper.
        person: Option<usize>,
        /// Which visible character, from 0.
        position: usize,
    },
    /// A variation selector without a base character before it, or two in a row.
    #[error("{field:?}{}: a variation selector stands alone at character {position}", of_person(*person))]
    StraySelector {
        /// Which text.
        field: Field,
        /// Whose.
        person: Option<usize>,
        /// Which visible character, from 0.
        position: usize,
    },
    /// The text does not fit its box at the smallest permitted size. It is never cut.
    #[error("{field:?}{}: the text does not fit its box", of_person(*person))]
    Overflow {
        /// Which text.
        field: Field,
        /// Whose.
        person: Option<usize>,
    },
    /// A text that every paper must have is empty (認証文, mayor, name, address).
    #[error("{0:?} is empty")]
    Empty(Field),
    /// Nobody is on the paper.
    #[error("nobody is on the paper")]
    Nobody,
    /// More pages than a certificate may have.
    #[error("the paper would have {0} pages")]
    TooManyPages(usize),
    /// Not exactly one code for each page.
    #[error("{pages} pages need as many codes, {given} were given")]
    Codes {
        /// Pages of the plan.
        pages: usize,
        /// Codes handed over.
        given: usize,
    },
    /// A page without a code.
    #[error("page {page} has no code")]
    NoCode {
        /// From 1.
        page: usize,
    },
    /// The code does not fit its square at a size a phone can read: several of the longest names on one page. The
    /// counter issues such people's papers one by one.
    #[error("the code of page {page} is too long to be read by a phone")]
    CodeTooLong {
        /// From 1.
        page: usize,
    },
    /// The seal picture cannot be used.
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    /// The font file cannot be used.
    #[error(transparent)]
    Font(#[from] FontError),
    /// The PDF writer refused: a defect of ours. The text names kinds of faults, nothing of the paper.
    #[error("the document was refused when it was written: {0}")]
    Export(String),
}

fn of_person(person: Option<usize>) -> String {
    person.map_or_else(String::new, |index| format!(" of person {}", index + 1))
}

impl PaperError {
    /// Whether the cause lies in a resident's data (a character the font lacks, a text longer than the form), which
    /// sends the person to the counter; otherwise it is a defect that should stop the service.
    pub const fn is_about_the_person(&self) -> bool {
        match self {
            Self::MissingGlyph { field, .. } | Self::StraySelector { field, .. } | Self::Overflow { field, .. } => {
                field.is_about_the_person()
            }
            Self::Empty(field) => field.is_about_the_person(),
            Self::CodeTooLong { .. } => true,
            _ => false,
        }
    }

    /// A stable word for records and counters.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MissingGlyph { .. } => "paper-missing-glyph",
            Self::StraySelector { .. } => "paper-stray-selector",
            Self::Overflow { .. } => "paper-overflow",
            Self::Empty(_) => "paper-empty",
            Self::Nobody => "paper-nobody",
            Self::TooManyPages(_) => "paper-too-many-pages",
            Self::Codes { .. } => "paper-codes",
            Self::NoCode { .. } => "paper-no-code",
            Self::CodeTooLong { .. } => "paper-code-too-long",
            Self::Seal(_) => "paper-seal",
            Self::Font(_) => "paper-font",
            Self::Export(_) => "paper-export",
        }
    }
}
