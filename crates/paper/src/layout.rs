//! Texts fitted into boxes, never cut; rules; reading order.
//!
//! A form is boxes at fixed places in millimetres from the top left corner. A text is set at its wished size, on more
//! lines or smaller down to a limit, or refused. What comes out is a list of [`Block`]s in reading order, in which every
//! glyph is known: drawing them cannot fail on a text any more, and must not, because the PDF writer aborts the process
//! when a marked sequence is left open.

use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::image::Image;
use krilla::num::NormalizedF32;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use sha2::Digest as _;

use crate::error::{Field, PaperError};
use crate::fonts::{Glyph, GlyphProblem, Shaper};

/// Points in a millimetre.
pub(crate) const MM: f32 = 72.0 / 25.4;

/// Distance of two baselines, in sizes.
const LEADING: f32 = 1.14;

/// Height of the middle of an ideographic character above its baseline, in sizes.
const MIDDLE: f32 = 0.38;

/// Signs that must not begin a line (行頭禁則, the common ones).
const NOT_AT_START: &str = "、。，．,.）)」』】〕］・ーゝゞ々：；:;？！?!";

/// A box in millimetres from the top left corner of the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub x: f32,
    pub y: f32,
    pub w: f32,
    pub h: f32,
}

impl Area {
    pub(crate) const fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// The box in points, with edges on hundredths: shorter numbers in the file. `None` only for boxes without extent.
    pub(crate) fn rect(self) -> Option<Rect> {
        let Self { x, y, w, h } = self;
        Rect::from_ltrb(points(x), points(y), points(x + w), points(y + h))
    }
}

/// Millimetres as points, on hundredths.
pub(crate) fn points(millimetres: f32) -> f32 {
    hundredths(millimetres * MM)
}

fn hundredths(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}

/// Where a line stands in its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Center,
    Right,
}

/// How a text is set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Wished size in points.
    pub size: f32,
    /// Smallest permitted size in points.
    pub least: f32,
    /// Most lines.
    pub lines: usize,
    /// Where lines stand.
    pub align: Align,
    /// Extra space after each character, in sizes.
    pub spacing: f32,
    /// Space kept free at the left and right, in millimetres.
    pub inset: f32,
}

impl Style {
    pub(crate) const fn new(size: f32, least: f32, lines: usize, align: Align) -> Self {
        Self { size, least, lines, align, spacing: 0.0, inset: 1.0 }
    }
}

/// One line of a text, ready to be drawn.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    start: Point,
    size: f32,
    text: String,
    glyphs: Vec<KrillaGlyph>,
}

impl Line {
    /// Left end of the baseline in points.
    pub(crate) fn at(&self) -> (f32, f32) {
        (self.start.x, self.start.y)
    }

    pub(crate) fn size(&self) -> f32 {
        self.size
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// One text, ready to be drawn. Never without a glyph.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub lines: Vec<Line>,
}

impl Text {
    /// Draws the lines with the surface's present fill.
    pub(crate) fn draw(&self, surface: &mut Surface<'_>, font: &Font) {
        for line in &self.lines {
            surface.draw_glyphs(line.start, &line.glyphs, font.clone(), &line.text, line.size, false);
        }
    }
}

/// Whose text is being set, for errors.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose {
    pub field: Field,
    pub person: Option<usize>,
}

impl Whose {
    pub(crate) const fn paper(field: Field) -> Self {
        Self { field, person: None }
    }

    fn problem(self, problem: GlyphProblem) -> PaperError {
        let Self { field, person } = self;
        match problem {
            GlyphProblem::Missing { position } => PaperError::MissingGlyph { field, person, position },
            GlyphProblem::StraySelector { position } => PaperError::StraySelector { field, person, position },
        }
    }
}

/// Sets texts with one font.
pub(crate) struct Setter<'a> {
    shaper: Shaper<'a>,
}

impl<'a> Setter<'a> {
    pub(crate) fn new(shaper: Shaper<'a>) -> Self {
        Self { shaper }
    }

    /// Fits `text` into `area`. An empty text becomes one space, so that an empty box is still a cell for readers.
    pub(crate) fn set(&self, whose: Whose, text: &str, area: Area, style: Style) -> Result<Text, PaperError> {
        let text = if text.is_empty() { "\u{3000}" } else { text };
        let glyphs = self.shaper.shape(text).map_err(|problem| whose.problem(problem))?;
        let width = (area.w - 2.0 * style.inset) * MM;
        let height = area.h * MM;
        let mut size = style.size;
        loop {
            let most = style.lines.min(((height / size - 1.0) / LEADING + 1.0).floor().max(0.0) as usize);
            if let Some(lines) = break_lines(&glyphs, width / size, style.spacing, most) {
                return Ok(place(text, &glyphs, &lines, area, size, style));
            }
            if size <= style.least {
                return Err(PaperError::Overflow { field: whose.field, person: whose.person });
            }
            size = (size - 0.5).max(style.least);
        }
    }
}

impl Setter<'_> {
    /// How many lines `text` takes in a box `width` millimetres wide, at the wished size of `style`.
    pub(crate) fn lines(&self, whose: Whose, text: &str, width: f32, style: Style) -> Result<usize, PaperError> {
        let glyphs = self.shaper.shape(text).map_err(|problem| whose.problem(problem))?;
        let limit = (width - 2.0 * style.inset) * MM / style.size;
        let lines = break_lines(&glyphs, limit, style.spacing, style.lines).map(|lines| lines.len());
        lines.ok_or(PaperError::Overflow { field: whose.field, person: whose.person })
    }

    /// The lines into which `text` breaks in a box `width` millimetres wide, at the wished size of `style`, however many.
    pub(crate) fn broken(&self, whose: Whose, text: &str, width: f32, style: Style) -> Result<Vec<String>, PaperError> {
        let glyphs = self.shaper.shape(text).map_err(|problem| whose.problem(problem))?;
        let limit = (width - 2.0 * style.inset) * MM / style.size;
        let lines = break_lines(&glyphs, limit, style.spacing, usize::MAX);
        let lines = lines.ok_or(PaperError::Overflow { field: whose.field, person: whose.person })?;
        let bytes = |range: std::ops::Range<usize>| {
            let part = &glyphs[range];
            let from = part.first().map_or(0, |glyph| glyph.bytes.start);
            text[from..part.last().map_or(from, |glyph| glyph.bytes.end)].to_owned()
        };
        Ok(lines.into_iter().map(bytes).collect())
    }

    /// Millimetres of `text` on one line at the wished size of `style`.
    pub(crate) fn width(&self, whose: Whose, text: &str, style: Style) -> Result<f32, PaperError> {
        let glyphs = self.shaper.shape(text).map_err(|problem| whose.problem(problem))?;
        Ok(width_of(&glyphs, style.spacing) * style.size / MM + 2.0 * style.inset)
    }
}

fn width_of(glyphs: &[Glyph], spacing: f32) -> f32 {
    glyphs.iter().map(|glyph| glyph.advance + spacing).sum::<f32>() - spacing
}

/// Splits into at most `most` lines no wider than `limit` (in sizes), or says that it cannot be done.
fn break_lines(glyphs: &[Glyph], limit: f32, spacing: f32, most: usize) -> Option<Vec<std::ops::Range<usize>>> {
    let mut lines = Vec::new();
    let mut start = 0;
    while start < glyphs.len() {
        if lines.len() == most {
            return None;
        }
        let mut end = start;
        let mut used = 0.0;
        while end < glyphs.len() && used + glyphs[end].advance <= limit + 1e-3 {
            used += glyphs[end].advance + spacing;
            end += 1;
        }
        if end < glyphs.len() {
            end = break_before(glyphs, start, end)?;
        }
        lines.push(start..end);
        start = end;
    }
    Some(lines)
}

/// The last place at or before `end` where the line that begins at `start` may end.
fn break_before(glyphs: &[Glyph], start: usize, end: usize) -> Option<usize> {
    if end == start {
        return None;
    }
    let allowed = |at: usize| {
        let (before, after) = (glyphs[at - 1].base, glyphs[at].base);
        let is_of_word = |sign: char| sign.is_ascii_alphanumeric() || ('０'..='９').contains(&sign);
        let inside_word = is_of_word(before) && is_of_word(after);
        !inside_word && !NOT_AT_START.contains(after)
    };
    // A word longer than a line is broken where the line is full.
    (start + 1..=end).rev().find(|&at| allowed(at)).or(Some(end))
}

fn place(text: &str, glyphs: &[Glyph], lines: &[std::ops::Range<usize>], area: Area, size: f32, style: Style) -> Text {
    let (left, top) = ((area.x + style.inset) * MM, area.y * MM);
    let (width, height) = ((area.w - 2.0 * style.inset) * MM, area.h * MM);
    let first = top + height / 2.0 - (lines.len() - 1) as f32 * size * LEADING / 2.0 + MIDDLE * size;
    let lines = lines.iter().enumerate().map(|(index, range)| {
        let part = &glyphs[range.clone()];
        let free = width - width_of(part, style.spacing) * size;
        let x = match style.align {
            Align::Left => left,
            Align::Center => left + free / 2.0,
            Align::Right => left + free,
        };
        let from = part.first().map_or(0, |glyph| glyph.bytes.start);
        let to = part.last().map_or(0, |glyph| glyph.bytes.end);
        let glyphs = part.iter().map(|glyph| {
            let bytes = glyph.bytes.start - from..glyph.bytes.end - from;
            KrillaGlyph::new(GlyphId::new(glyph.id), glyph.advance + style.spacing, 0.0, 0.0, 0.0, bytes, None)
        });
        Line {
            start: Point::from_xy(hundredths(x), hundredths(first + index as f32 * size * LEADING)),
            size,
            text: text[from..to].to_owned(),
            glyphs: glyphs.collect(),
        }
    });
    Text { lines: lines.collect() }
}

/// What a cell is to a screen reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CellKind {
    /// Heading of the cells to its right.
    Heading,
    /// A value.
    Value,
}

/// A cell of a table.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub kind: CellKind,
    /// Columns it covers.
    pub span: u32,
    pub text: Text,
    /// A second text in the same cell.
    pub below: Option<Text>,
}

/// A picture that belongs to the form.
#[derive(Clone)]
pub(crate) struct Picture {
    pub image: Image,
    /// What it shows, for readers who cannot see it.
    pub words: String,
    /// SHA-256 of its pixels as they are written, so that a swap is seen.
    pub sha256: [u8; 32],
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Picture")
    }
}

/// A piece of the page, in reading order.
#[derive(Clone, Debug)]
pub(crate) enum Block {
    /// The title.
    Heading { text: Text, words: String },
    /// A paragraph.
    Paragraph(Text),
    /// A table. `summary` says what it is about without repeating values.
    Table { summary: String, rows: Vec<Vec<Cell>> },
    /// A picture, in this box.
    Picture { area: Area, picture: Picture },
    /// The seal, in this box.
    Seal(Area),
    /// The code, in this box.
    Code(Area),
}

/// Black of a given lightness, 0 to 255.
pub(crate) fn gray(lightness: u8) -> Fill {
    Fill { paint: luma::Color::new(lightness).into(), opacity: NormalizedF32::ONE, rule: Default::default() }
}

/// Boxes as one path; `None` without any.
pub(crate) fn boxes(areas: &[Area]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for rect in areas.iter().filter_map(|area| area.rect()) {
        path.push_rect(rect);
    }
    path.finish()
}

/// The frame of a box as four thin boxes of `width` millimetres, drawn on its edge.
pub(crate) fn frame(area: Area, width: f32) -> [Area; 4] {
    let Area { x, y, w, h } = area;
    let half = width / 2.0;
    [
        Area::new(x - half, y - half, w + width, width),
        Area::new(x - half, y + h - half, w + width, width),
        Area::new(x - half, y - half, width, h + width),
        Area::new(x + w - half, y - half, width, h + width),
    ]
}

/// SHA-256 of pixels.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}
