//! Reads finished bytes back and compares them with what was authorised (invariants I3, I4).
//!
//! Every wrong paper of 2023 passed through a program that never looked at what it sent. So the dispatcher, and the
//! machine again, open the finished file and compare.

use base::Id;

/// What a finished paper must be.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The kind's word in the metadata.
    pub kind: String,
    /// The title on each page.
    pub title: String,
    /// The request on each page and in the metadata.
    pub request_id: Id,
    /// The applicant's hash in the metadata.
    pub subject_hash: [u8; 32],
    /// The options' word in the metadata.
    pub options: String,
    /// 発行番号 on each page.
    pub document_number: String,
    /// 住所 on each page.
    pub address: base::Personal<String>,
    /// 氏名 and 生年月日 of everybody, in order.
    pub people: Vec<(base::Personal<String>, base::Personal<String>)>,
    /// Text of each page's code; `None` where the caller does not hold them: then each page must still have one.
    pub codes: Option<Vec<String>>,
}

/// What one page says.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PageExtract {
    /// Every text of the page in the order it was drawn.
    pub texts: Vec<String>,
    /// The text of the code that is drawn on the page.
    pub code: Option<String>,
    /// Whether a seal is drawn.
    pub has_seal: bool,
}

impl std::fmt::Debug for PageExtract {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PageExtract({} texts)", self.texts.len())
    }
}

/// What a finished file says.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Extract {
    /// Title in the metadata.
    pub title: String,
    /// `name:value` keywords of the metadata.
    pub keywords: Vec<(String, String)>,
    /// Each page.
    pub pages: Vec<PageExtract>,
}

/// How a file differs from what was authorised. Says what, never the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// The bytes are not a paper of ours.
    #[error("the file cannot be read: {0}")]
    Unreadable(&'static str),
    /// The metadata names something else.
    #[error("the metadata differs: {0}")]
    Metadata(&'static str),
    /// Another number of pages.
    #[error("the file has {found} pages, {expected} were authorised")]
    PageCount {
        /// Authorised.
        expected: usize,
        /// In the file.
        found: usize,
    },
    /// A page says something else.
    #[error("page {page} differs: {what}")]
    Page {
        /// From 1.
        page: usize,
        /// Which part.
        what: &'static str,
    },
}

impl Mismatch {
    /// A stable word for incidents.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "recheck-unreadable",
            Self::Metadata(_) => "recheck-metadata",
            Self::PageCount { .. } => "recheck-page-count",
            Self::Page { .. } => "recheck-page",
        }
    }
}

/// Reads a finished file.
///
/// # Errors
/// [`Mismatch::Unreadable`].
pub fn extract(bytes: &[u8]) -> Result<Extract, Mismatch> {
    let _ = bytes;
    Err(Mismatch::Unreadable("not built yet"))
}

/// Compares a finished file with what was authorised.
///
/// # Errors
/// The first difference.
pub fn recheck(bytes: &[u8], expected: &Expected) -> Result<(), Mismatch> {
    let _ = expected;
    extract(bytes).map(|_| ())
}

/// The metadata keywords of a paper: `name:value`.
pub(crate) fn keywords(certificate: &crate::ResidenceCertificate, pages: usize) -> Vec<String> {
    vec![
        format!("kind:{}", certificate.kind),
        format!("request:{}", certificate.request_id),
        format!("subject:{}", data_encoding::HEXLOWER.encode(&certificate.subject_hash)),
        format!("options:{}", certificate.options),
        format!("number:{}", certificate.document_number),
        format!("register:{}", certificate.register_version),
        format!("pages:{pages}"),
    ]
}
