//! Plain documents: letters that go out on paper, and receipts of what is on record about a letter. Text that flows over as many
//! pages as it needs; neither seal nor code, so that nobody takes one for a certificate.
//!
//! ```text
//!  Plain { to, aside, title, parts } ─► lines, page by page ─► PDF/A-2a + PDF/UA-1; several documents make one file
//! ```
//! The address stands where the window of a long envelope (長形3号) is.

use std::num::NonZeroU16;

use base::Timestamp;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::Size;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::Outline;
use krilla::page::PageSettings;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

use crate::a4::PAGE;
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::layout::{Align, Area, MM, Setter, Style, Text, Whose, boxes, gray};

/// To whom a letter goes (宛名); every text is printed as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct To {
    /// Seven digits.
    pub postal_code: Option<String>,
    /// 住所.
    pub address: String,
    /// 氏名, without 様.
    pub name: String,
}

impl std::fmt::Debug for To {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("To(<personal>)")
    }
}

/// A piece of text.
#[derive(Clone, PartialEq, Eq)]
pub enum Part {
    /// 見出し.
    Heading(String),
    /// 段落; a line break begins a new line.
    Paragraph(String),
    /// 箇条書き.
    List(Vec<String>),
    /// 項目 and 内容.
    Facts(Vec<(String, String)>),
    /// Small print.
    Small(String),
}

/// A document.
#[derive(Clone)]
pub struct Plain {
    /// 題名.
    pub title: String,
    /// 宛名, for a letter.
    pub to: Option<To>,
    /// At the upper right: date, number, office.
    pub aside: Vec<String>,
    /// The text.
    pub parts: Vec<Part>,
    /// At the foot of each page, before the page's number.
    pub foot: String,
}

const LEFT: f32 = 22.0;
const WIDTH: f32 = 166.0;
const TOP: f32 = 24.0;
const BOTTOM: f32 = 272.0;
const SIZE: f32 = 10.5;
const LEADING: f32 = 6.4;

/// What a piece of text is to a screen reader.
#[derive(Clone, Copy)]
enum Role {
    Title,
    Heading,
    Paragraph,
}

/// One text on a page; texts of one group are read together.
struct Placed {
    group: usize,
    text: Text,
}

#[derive(Default)]
struct Page {
    texts: Vec<Placed>,
    rules: Vec<Area>,
    foot: Vec<Text>,
}

/// Sets documents, page by page.
struct Flow<'a> {
    setter: Setter<'a>,
    pages: Vec<Page>,
    groups: Vec<(Role, String)>,
    y: f32,
}

const fn style(size: f32, align: Align) -> Style {
    Style { inset: 0.0, ..Style::new(size, size, 1, align) }
}

const WHOSE: Whose = Whose::paper(Field::Label);

impl Flow<'_> {
    fn begin_page(&mut self) {
        self.pages.push(Page::default());
        self.y = TOP;
    }

    fn group(&mut self, role: Role, words: &str) -> usize {
        self.groups.push((role, words.to_owned()));
        self.groups.len() - 1
    }

    fn put(&mut self, group: usize, text: &str, area: Area, style: Style) -> Result<(), PaperError> {
        let text = self.setter.set(WHOSE, text, area, style)?;
        if let Some(page) = self.pages.last_mut() {
            page.texts.push(Placed { group, text });
        }
        Ok(())
    }

    /// Room for `height` millimetres, on a new page where this one is full.
    fn room(&mut self, height: f32) {
        if self.y + height > BOTTOM {
            self.begin_page();
        }
    }

    fn broken(&self, text: &str, width: f32, size: f32) -> Result<Vec<String>, PaperError> {
        let mut lines = Vec::new();
        for line in text.split('\n') {
            let pieces = self.setter.broken(WHOSE, line.trim_end(), width, style(size, Align::Left))?;
            lines.extend(if pieces.is_empty() { vec![String::new()] } else { pieces });
        }
        Ok(lines)
    }

    /// A text over the lines it needs.
    fn text(&mut self, group: usize, text: &str, (x, width): (f32, f32), size: f32) -> Result<(), PaperError> {
        let leading = LEADING * size / SIZE;
        for line in self.broken(text, width, size)? {
            self.room(leading);
            let area = Area::new(x, self.y, width, leading);
            if !line.is_empty() {
                self.put(group, &line, area, style(size, Align::Left))?;
            }
            self.y += leading;
        }
        Ok(())
    }

    fn head(&mut self, document: &Plain) -> Result<(), PaperError> {
        self.begin_page();
        if let Some(to) = &document.to {
            let group = self.group(Role::Paragraph, "");
            if let Some(code) = to.postal_code.as_deref().filter(|code| code.len() == 7 && code.is_ascii()) {
                let code = format!("〒{}-{}", &code[..3], &code[3..]);
                self.put(group, &code, Area::new(LEFT, 24.0, 84.0, 6.0), style(11.0, Align::Left))?;
            }
            let address = Style { lines: 3, least: 7.0, ..style(10.5, Align::Left) };
            self.put(group, &to.address, Area::new(LEFT, 30.0, 84.0, 16.0), address)?;
            let name = Style { lines: 2, least: 8.0, ..style(14.0, Align::Left) };
            self.put(group, &format!("{}　様", to.name), Area::new(LEFT, 47.0, 84.0, 13.0), name)?;
        }
        let mut y = TOP;
        for line in &document.aside {
            let group = self.group(Role::Paragraph, "");
            let right = Style { lines: 2, least: 7.0, ..style(9.5, Align::Right) };
            self.put(group, line, Area::new(118.0, y, 70.0, 6.0), right)?;
            y += 6.0;
        }
        self.y = if document.to.is_some() { 76.0_f32.max(y + 8.0) } else { (TOP + 8.0).max(y + 4.0) };
        let group = self.group(Role::Title, &document.title);
        let title = Style { lines: 3, least: 11.0, ..style(16.0, Align::Center) };
        self.put(group, &document.title, Area::new(LEFT, self.y, WIDTH, 16.0), title)?;
        self.y += 22.0;
        Ok(())
    }

    fn part(&mut self, part: &Part) -> Result<(), PaperError> {
        match part {
            Part::Heading(words) => {
                self.y += 2.0;
                self.room(LEADING * 3.0);
                let group = self.group(Role::Heading, words);
                self.text(group, words, (LEFT, WIDTH), 12.5)?;
                self.y += 0.5;
            }
            Part::Paragraph(words) => {
                let group = self.group(Role::Paragraph, "");
                self.text(group, words, (LEFT, WIDTH), SIZE)?;
                self.y += 2.5;
            }
            Part::Small(words) => {
                let group = self.group(Role::Paragraph, "");
                self.text(group, words, (LEFT, WIDTH), 8.5)?;
                self.y += 2.0;
            }
            Part::List(lines) => {
                for line in lines {
                    self.room(LEADING);
                    let group = self.group(Role::Paragraph, "");
                    self.put(group, "・", Area::new(LEFT, self.y, 6.0, LEADING), style(SIZE, Align::Left))?;
                    self.text(group, line, (LEFT + 6.0, WIDTH - 6.0), SIZE)?;
                }
                self.y += 2.5;
            }
            Part::Facts(facts) => {
                for (name, value) in facts {
                    self.fact(name, value)?;
                }
                self.y += 3.0;
            }
        }
        Ok(())
    }

    fn fact(&mut self, name: &str, value: &str) -> Result<(), PaperError> {
        const NAMES: f32 = 46.0;
        let lines = self.broken(name, NAMES - 2.0, SIZE)?.len().max(self.broken(value, WIDTH - NAMES, SIZE)?.len());
        // A row stays together as long as it fits a page.
        self.room((LEADING * lines as f32 + 2.0).min(BOTTOM - TOP));
        let group = self.group(Role::Paragraph, "");
        let (page, top) = (self.pages.len(), self.y);
        self.text(group, name, (LEFT, NAMES - 2.0), SIZE)?;
        let under_name = if self.pages.len() == page { self.y } else { top };
        if self.pages.len() == page {
            self.y = top;
        }
        self.text(group, value, (LEFT + NAMES, WIDTH - NAMES), SIZE)?;
        if self.pages.len() == page {
            self.y = self.y.max(under_name);
        }
        self.y += 1.0;
        let rule = Area::new(LEFT, self.y, WIDTH, 0.15);
        if let Some(page) = self.pages.last_mut() {
            page.rules.push(rule);
        }
        self.y += 1.0;
        Ok(())
    }

    /// Foot and number of the pages from `first` on: one document's.
    fn feet(&mut self, first: usize, foot: &str) -> Result<(), PaperError> {
        let all = self.pages.len() - first;
        for (at, page) in self.pages.iter_mut().skip(first).enumerate() {
            let small = Style { lines: 2, least: 6.0, ..style(8.0, Align::Left) };
            page.foot.push(self.setter.set(WHOSE, foot, Area::new(LEFT, 280.0, WIDTH - 24.0, 8.0), small)?);
            let number = format!("{} / {all}", at + 1);
            let area = Area::new(LEFT + WIDTH - 22.0, 280.0, 22.0, 8.0);
            page.foot.push(self.setter.set(WHOSE, &number, area, style(8.0, Align::Right))?);
        }
        Ok(())
    }
}

/// Draws documents into one file, each from a new page on. `number` names the file; `at` is when it was made.
///
/// # Errors
/// A glyph is missing, a text does not fit, or the writer refuses; [`PaperError::Export`] without any document.
pub fn draw(
    documents: &[Plain],
    typeface: &Typeface,
    (author, number, at): (&str, &str, Timestamp),
) -> Result<Vec<u8>, PaperError> {
    let Some(first) = documents.first() else { return Err(PaperError::Export("no document".to_owned())) };
    let mut flow = Flow { setter: Setter::new(typeface.shaper()?), pages: Vec::new(), groups: Vec::new(), y: TOP };
    for document in documents {
        let begin = flow.pages.len();
        flow.head(document)?;
        for part in &document.parts {
            flow.part(part)?;
        }
        flow.feet(begin, &document.foot)?;
    }
    written(&flow, typeface, (&first.title, author, number, at))
}

fn written(
    flow: &Flow<'_>,
    typeface: &Typeface,
    (title, author, number, at): (&str, &str, &str, Timestamp),
) -> Result<Vec<u8>, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| PaperError::Export("configuration".to_owned()))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let mut marks: Vec<Vec<Identifier>> = flow.groups.iter().map(|_| Vec::new()).collect();
    for one in &flow.pages {
        let size = Size::from_wh(PAGE.0 * MM, PAGE.1 * MM).ok_or_else(|| PaperError::Export("page size".to_owned()))?;
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        surface.set_fill(Some(gray(0)));
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        if let Some(path) = boxes(&one.rules) {
            surface.draw_path(&path);
        }
        for text in &one.foot {
            text.draw(&mut surface, typeface.krilla());
        }
        surface.end_tagged();
        for placed in &one.texts {
            let mark = surface.start_tagged(ContentTag::Span(SpanTag::empty()));
            placed.text.draw(&mut surface, typeface.krilla());
            surface.end_tagged();
            if let Some(marks) = marks.get_mut(placed.group) {
                marks.push(mark);
            }
        }
        surface.finish();
        page.finish();
    }
    let mut tree = TagTree::new();
    for ((role, words), marks) in flow.groups.iter().zip(marks) {
        let mut group = match role {
            Role::Title => TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(words.clone()))),
            Role::Heading => TagGroup::new(Tag::Hn(NonZeroU16::MIN.saturating_add(1), Some(words.clone()))),
            Role::Paragraph => TagGroup::new(Tag::P),
        };
        let is_empty = marks.is_empty();
        for mark in marks {
            group.push(mark);
        }
        if !is_empty {
            tree.push(group);
        }
    }
    let (year, month, day) = at.date_in_japan().parts();
    let date = DateTime::new(year.unsigned_abs()).month(month.unsigned_abs()).day(day.unsigned_abs());
    document.set_metadata(
        Metadata::new()
            .title(title.to_owned())
            .language("ja-JP".to_owned())
            .creator("Yakuba".to_owned())
            .authors(vec![author.to_owned()])
            .creation_date(date)
            .document_id(number.to_owned()),
    );
    document.set_outline(Outline::new());
    document.set_tag_tree(tree);
    document.finish().map_err(|_| PaperError::Export("document".to_owned()))
}
