//! How Yakuba looks: HTML components, words in three languages.
//!
//! For every front. Pages are made on the server with `maud`, work without script, at 320 px and by keyboard. Tokens
//! follow the Digital Agency's design system (デジタル庁デザインシステム); the style sheet is `crates/web/assets/yakuba.css`.
//! Law: JIS X 8341-3:2016 AA, WCAG 2.2 AA.
//!
//! | module | what it holds |
//! |---|---|
//! | [`words`] | sentences by key, in Japanese, easy Japanese (やさしい日本語) and English |
//! | [`page`] | the shell of a page: language, title, skip link, header, main, footer |
//! | [`form`] | fields with label, hint and error; buttons; one-button forms |
//! | [`table`] | tables with a caption, counts, pages, empty states |
//! | [`notice`] | alerts, chips, steps, definition lists |
//! | [`chart`] | bars, drawn on the server |
//! | [`csv`] | lists for Excel: BOM, quoted, neutralised against formulas |
//! | [`dates`] | dates and times as people read them, in each language |

pub mod chart;
pub mod csv;
pub mod dates;
pub mod form;
pub mod language;
pub mod notice;
pub mod page;
pub mod ruby;
pub mod table;
pub mod words;

pub use language::Language;
pub use page::{Page, Sight, Width};
pub use words::{Arg, Words, words};
