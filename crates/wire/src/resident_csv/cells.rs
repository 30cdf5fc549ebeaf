//! The cells of one row, taken in the order of its columns.

use base::Date;

use super::columns::Column;
use super::dates;
use super::fault::{Fault, Reason};
use super::lines::Fields;
use super::names;
use super::reader::Layout;

/// Hands out the cells of one row, column by column, noting what is wrong.
pub struct Cells<'a> {
    layout: &'a Layout,
    fields: &'a Fields,
    columns: &'static [Column],
    offset: usize,
    next: usize,
    line: u64,
    pub(super) key: Option<String>,
    pub(super) household: Option<String>,
    faults: Vec<Fault>,
}

impl<'a> Cells<'a> {
    pub(super) fn new(layout: &'a Layout, fields: &'a Fields, line: u64, faults: Vec<Fault>) -> Self {
        Self { layout, fields, columns: &[], offset: 0, next: 0, line, key: None, household: None, faults }
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    /// Goes on with `columns`, which follow those taken before.
    pub(super) fn table(&mut self, columns: &'static [Column]) {
        self.offset += self.next;
        self.next = 0;
        self.columns = columns;
    }

    pub(super) fn fault(&mut self, field: &str, reason: Reason) {
        // One fault a field is enough to mend it; the guard's comes first.
        if !self.faults.iter().any(|fault| fault.field == field) {
            self.faults.push(Fault { file: self.layout.file, line: self.line, field: field.to_owned(), reason });
        }
    }

    /// The next cell, trimmed, translated by the mapping, with its characters and length checked. `None` when empty.
    pub(super) fn cell(&mut self, name: &'static str) -> Option<&'a str>
    where
        Self: 'a,
    {
        let column = self.columns.get(self.next)?;
        debug_assert_eq!(column.name, name, "cells are taken in the order of the table");
        let position = self.layout.positions.get(self.offset + self.next).copied().flatten();
        self.next += 1;
        let raw: &'a str = position.map_or("", |index| self.fields.get(index));
        let trimmed = raw.trim_matches([' ', '\u{3000}', '\t']);
        let words = self.layout.mapping.values.get(name);
        let text: &'a str = words.and_then(|words| words.get(trimmed)).map_or(trimmed, |word| word.as_str());
        if text.is_empty() {
            if column.required {
                self.fault(name, Reason::Empty);
            }
            return None;
        }
        if let Err(reason) = names::check_text(text) {
            self.fault(name, reason);
            return None;
        }
        if text.len() > column.limit && base::text::visible_length(text) > column.limit {
            self.fault(name, Reason::TooLong { limit: column.limit });
            return None;
        }
        Some(text)
    }

    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.cell(name).map(str::to_owned)
    }

    pub(super) fn id(&mut self, name: &'static str) -> Option<String> {
        let text = self.cell(name)?;
        if text.len() > 20 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'Z' | b'-')) {
            self.fault(name, Reason::NotAnId);
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn kana(&mut self, name: &'static str) -> Option<String> {
        let text = self.cell(name)?;
        names::katakana(text).map_err(|reason| self.fault(name, reason)).ok()
    }

    pub(super) fn date(&mut self, name: &'static str) -> Option<Date> {
        let text = self.cell(name)?;
        dates::parse(text, self.layout.mapping.date_formats()).map_err(|reason| self.fault(name, reason)).ok()
    }

    pub(super) fn number<N: std::str::FromStr>(&mut self, name: &'static str) -> Option<N> {
        let text = self.cell(name)?;
        let number = base::text::to_half_width(text);
        let plain = number.bytes().all(|byte| byte.is_ascii_digit());
        let value = if plain { number.parse().ok() } else { None };
        if value.is_none() {
            self.fault(name, Reason::NotANumber);
        }
        value
    }

    pub(super) fn word<W: Copy>(&mut self, name: &'static str, words: &[(&str, W)]) -> Option<W> {
        let text = self.cell(name)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            self.fault(name, Reason::UnknownWord);
        }
        found
    }

    /// Digits, hyphens dropped; six-digit municipality codes lose their check digit.
    pub(super) fn code(&mut self, name: &'static str) -> Option<String> {
        let text = self.cell(name)?;
        let digits: String = base::text::to_half_width(text).chars().filter(|c| *c != '-').collect();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            self.fault(name, Reason::NotANumber);
            return None;
        }
        Some(digits)
    }
}
