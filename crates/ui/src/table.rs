//! Tables with a caption and a count; pages of a long list; empty states that teach.

use maud::{Markup, html};

use crate::language::Language;
use crate::words::words;

/// A table. `rows` hold one cell of markup for each heading; the first cell of a row names it.
pub fn table(caption: &str, headings: &[&str], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div class="table-wrap" tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 { th scope="row" { (cell) } } @else {
                                    td data-label=[headings.get(index)] { (cell) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What will appear here and how to get the first one.
pub fn empty_state(what: &str, how: &str) -> Markup {
    html! { div class="empty" { p class="empty-what" { (what) } p { (how) } } }
}

/// `n` results, in words.
pub fn count(language: Language, n: usize) -> Markup {
    html! { p class="count" role="status" { (words().format(language, "page-count", &[("n", n.into())])) } }
}

/// One page of a long list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Page, from 1.
    pub page: usize,
    /// Rows a page.
    pub size: usize,
    /// Rows in all.
    pub total: usize,
}

impl Slice {
    /// Pages in all, at least 1.
    pub const fn pages(self) -> usize {
        if self.total == 0 { 1 } else { self.total.div_ceil(self.size) }
    }

    /// The rows of this page.
    pub fn of<T>(self, rows: &[T]) -> &[T] {
        let from = (self.page.saturating_sub(1) * self.size).min(rows.len());
        let to = (from + self.size).min(rows.len());
        &rows[from..to]
    }
}

/// Links to the previous and next page. `path` may hold a query already.
pub fn pagination(language: Language, slice: Slice, path: &str) -> Markup {
    let join = if path.contains('?') { '&' } else { '?' };
    let pages = slice.pages();
    html! {
        @if pages > 1 {
            nav class="pages" aria-label=(words().get(language, "page-pages")) {
                @if slice.page > 1 {
                    a rel="prev" href=(format!("{path}{join}page={}", slice.page - 1)) { (words().get(language, "page-previous")) }
                }
                span { (words().format(language, "page-of", &[("page", slice.page.into()), ("pages", pages.into())])) }
                @if slice.page < pages {
                    a rel="next" href=(format!("{path}{join}page={}", slice.page + 1)) { (words().get(language, "page-next")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_past_the_end_is_empty_and_never_panics() {
        let slice = Slice { page: 9, size: 20, total: 21 };
        assert_eq!(slice.pages(), 2);
        assert!(slice.of(&[0; 21]).is_empty());
        assert_eq!(Slice { page: 2, ..slice }.of(&[0; 21]).len(), 1);
    }
}
