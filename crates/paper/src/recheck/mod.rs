//! Reads finished bytes back and compares them with what was authorised (invariants I3, I4).
//!
//! Every wrong paper of 2023 passed through a program that never looked at what it sent. So the dispatcher, and the
//! machine again, open the finished file and compare.

mod content;
mod file;

use base::Id;

use crate::a4::{number_words, page_words, request_words};
use crate::forms::Headings;

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
    /// What the paper calls the place, names and birth dates.
    pub headings: Headings,
    /// 住所, or what the register is kept by, on each page.
    pub place: base::Personal<String>,
    /// 氏名 and 生年月日 of everybody, in order over all pages.
    pub people: Vec<(base::Personal<String>, base::Personal<String>)>,
    /// Further headings of page 1 and the value that stands after each, once.
    pub facts: Vec<(&'static str, base::Personal<String>)>,
    /// How many pages.
    pub pages: usize,
    /// SHA-256 of the pixels of each page's pictures (a registered seal), in order, the mayor's seal aside.
    pub pictures: Vec<Vec<[u8; 32]>>,
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
    /// SHA-256 of the pixels of each gray picture (a registered seal), in the order they are drawn.
    pub pictures: Vec<[u8; 32]>,
    /// Whether the mayor's seal is drawn.
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

/// What a finished file says of itself in its metadata, without its pages.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Label {
    /// Title.
    pub title: String,
    /// `name:value` keywords.
    pub keywords: Vec<(String, String)>,
    /// How many pages there are.
    pub page_count: usize,
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

/// Reads a finished file, signed or not.
///
/// # Errors
/// [`Mismatch::Unreadable`].
pub fn extract(bytes: &[u8]) -> Result<Extract, Mismatch> {
    file::extract(bytes)
}

/// Reads the metadata of a finished file only: for bytes whose pages were compared when they were made and whose hash
/// is still the same.
///
/// # Errors
/// [`Mismatch::Unreadable`].
pub fn label(bytes: &[u8]) -> Result<Label, Mismatch> {
    file::label(bytes)
}

/// Reads one page's content alone, as if its only font were `f0` with the letters a to z and its only picture `x0`. For
/// fuzzing.
///
/// # Errors
/// [`Mismatch::Unreadable`].
pub fn read_content(bytes: &[u8]) -> Result<PageExtract, Mismatch> {
    let letters = (0..26u8).map(|number| (u16::from(number), char::from(b'a' + number).to_string())).collect();
    let resources = content::Resources {
        fonts: [(b"f0".to_vec(), std::rc::Rc::new(letters))].into(),
        images: [(b"x0".to_vec(), content::ImageKind::Seal)].into(),
    };
    content::read(bytes, &resources)
}

/// Compares a finished file with what was authorised.
///
/// # Errors
/// The first difference.
pub fn recheck(bytes: &[u8], expected: &Expected) -> Result<(), Mismatch> {
    let found = extract(bytes)?;
    compare_metadata(&found, expected)?;
    let count = expected.pages;
    if found.pages.len() != count || expected.pictures.len() != count {
        return Err(Mismatch::PageCount { expected: count, found: found.pages.len() });
    }
    let mut names = expected.people.iter().map(|(name, _)| name.reveal().as_str());
    let mut birth_dates = expected.people.iter().map(|(_, birth_date)| birth_date.reveal().as_str());
    for (index, page) in found.pages.iter().enumerate() {
        let differs = |what| Mismatch::Page { page: index + 1, what };
        compare_page(page, expected, &page_words(index + 1, count)).map_err(differs)?;
        if !page.after(expected.headings.name).all(|name| names.next() == Some(name)) {
            return Err(differs("names"));
        }
        if !page.after(expected.headings.birth_date).all(|date| birth_dates.next() == Some(date)) {
            return Err(differs("birth dates"));
        }
        if index == 0
            && !expected.facts.iter().all(|(heading, value)| page.after(heading).eq([value.reveal().as_str()]))
        {
            return Err(differs("facts"));
        }
        if page.pictures != expected.pictures[index] {
            return Err(differs("pictures"));
        }
        let code = page.code.as_deref().ok_or(differs("no code"))?;
        if let Some(codes) = &expected.codes
            && codes.get(index).map(String::as_str) != Some(code)
        {
            return Err(differs("the code"));
        }
    }
    if names.next().is_some() || birth_dates.next().is_some() {
        return Err(Mismatch::Page { page: count, what: "people are missing" });
    }
    Ok(())
}

impl PageExtract {
    /// The texts that stand right after a heading.
    fn after(&self, heading: &str) -> impl Iterator<Item = &str> {
        let pairs = self.texts.iter().zip(self.texts.iter().skip(1));
        pairs.filter(move |(text, _)| *text == heading).map(|(_, value)| value.as_str())
    }
}

impl Extract {
    /// The value of a keyword, when it stands there exactly once.
    pub fn keyword(&self, name: &str) -> Option<&str> {
        only(&self.keywords, name)
    }
}

impl Label {
    /// The value of a keyword, when it stands there exactly once.
    pub fn keyword(&self, name: &str) -> Option<&str> {
        only(&self.keywords, name)
    }
}

fn only<'a>(keywords: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut values = keywords.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
    values.next().filter(|_| values.next().is_none())
}

fn compare_metadata(found: &Extract, expected: &Expected) -> Result<(), Mismatch> {
    let request = expected.request_id.to_string();
    let subject = data_encoding::HEXLOWER.encode(&expected.subject_hash);
    let pages = expected.pages.to_string();
    let wanted = [
        ("kind", expected.kind.as_str()),
        ("request", &request),
        ("subject", &subject),
        ("options", &expected.options),
        ("number", &expected.document_number),
        ("pages", &pages),
    ];
    if found.title != expected.title {
        return Err(Mismatch::Metadata("title"));
    }
    match wanted.into_iter().find(|(name, value)| found.keyword(name) != Some(value)) {
        Some((name, _)) => Err(Mismatch::Metadata(name)),
        None => Ok(()),
    }
}

/// Compares what each page must say; the answer names the part.
fn compare_page(page: &PageExtract, expected: &Expected, page_words: &str) -> Result<(), &'static str> {
    let once = |text: &str| page.texts.iter().filter(|found| *found == text).count() == 1;
    if page.texts.first() != Some(&expected.title) {
        return Err("title");
    }
    if !page.after(expected.headings.place).eq([expected.place.reveal().as_str()]) {
        return Err("place");
    }
    if !once(&number_words(&expected.document_number)) {
        return Err("document number");
    }
    if !once(&request_words(expected.request_id)) {
        return Err("request");
    }
    if !once(page_words) {
        return Err("page number");
    }
    if !page.has_seal {
        return Err("no seal");
    }
    Ok(())
}

#[cfg(test)]
mod tests;
