//! What all sheets of paper share: their size, how many there may be, and the words that number them.

/// A4 portrait, in millimetres.
pub(crate) const PAGE: (f32, f32) = (210.0, 297.0);

/// Pages a certificate may have.
pub const MOST_PAGES: usize = 20;

/// The words that count pages: `1/2ページ`.
pub(crate) fn page_words(page: usize, of: usize) -> String {
    format!("{page}/{of}ページ")
}

/// The words that number the paper.
pub(crate) fn number_words(number: &str) -> String {
    format!("発行番号 {number}")
}

/// The words that name the request.
pub(crate) fn request_words(request: base::Id) -> String {
    format!("請求番号 {request}")
}
