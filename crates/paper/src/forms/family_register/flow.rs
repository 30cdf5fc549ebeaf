//! Records flow over pages: what stays together, where a page ends, and drawing one page.

use super::{NAME, Row};
use crate::error::{Field, PaperError};
use crate::forms::{BOTTOM, FormPage, LEFT, THICK, THIN, TOP, WIDTH};
use crate::layout::{Align, Area, Block, Cell, CellKind, Setter, Style, Whose, frame};

/// Width of the left column: three tenths (certificates §2.3).
const STUB: f32 = 54.0;
/// Height of one line of a value.
const LINE: f32 = 4.9;
/// Free above and below a piece.
const PAD: f32 = 0.9;
/// One step further in.
const INDENT: f32 = 6.0;
const HEADER_ROW: f32 = 9.0;
/// Where records end at the latest; below it stands 以下余白.
const LAST: f32 = BOTTOM - 8.5;
/// A piece no taller than this share of a page is never torn.
const KEPT: f32 = 0.4;
/// The box of a removed member, below the heading.
const MARK: (f32, f32) = (24.0, 7.5);

const TEXT: Style = Style { inset: 0.0, ..Style::new(9.5, 9.5, 200, Align::Left) };
const HEADING: Style = Style { inset: 0.0, ..Style::new(9.5, 6.0, 1, Align::Left) };
const LABEL: Style = Style { inset: 0.0, ..Style::new(9.5, 6.0, 1, Align::Left) };
const NAME_STYLE: Style = Style::new(12.0, 6.0, 2, Align::Left);
const DOMICILE: Style = Style::new(10.5, 5.0, 2, Align::Left);
const HEADER_LABEL: Style = Style::new(10.0, 8.0, 1, Align::Left);
const MARK_STYLE: Style = Style { spacing: 0.2, ..Style::new(10.5, 8.0, 1, Align::Center) };
const PAGE_MARK: Style = Style { inset: 0.0, ..Style::new(10.5, 8.0, 1, Align::Left) };
const BLANK_BELOW: Style = Style { spacing: 0.6, ..Style::new(9.0, 8.0, 1, Align::Right) };

/// A line of the table: a heading at the left with its indent, a row at the right, or both.
pub(super) struct Line {
    pub heading: Option<(usize, String)>,
    pub row: Option<Row>,
}

impl Line {
    pub(super) fn row(row: &Row) -> Self {
        Self { heading: None, row: Some(row.clone()) }
    }
}

/// Lines that stay together while a page has room.
pub(super) struct Chunk {
    /// What is one table to a reader: 0 the register, then each person.
    pub group: usize,
    /// Whose.
    pub person: Option<usize>,
    /// Whether a line stands above it.
    pub has_rule: bool,
    /// Words of the box beside the first line.
    pub mark: Option<&'static str>,
    pub lines: Vec<Line>,
}

/// What stands on top of each page.
pub(super) struct Header<'a> {
    pub domicile: &'a str,
    pub head: &'a str,
    pub rows: Vec<Row>,
    pub closed: Option<&'static str>,
}

/// Lines of one chunk on one page.
struct Piece<'a> {
    chunk: &'a Chunk,
    lines: &'a [Line],
    heights: Vec<f32>,
    y: f32,
    is_first: bool,
}

impl Piece<'_> {
    fn height(&self) -> f32 {
        self.heights.iter().sum::<f32>() + 2.0 * PAD
    }
}

/// What stands on one page.
pub(super) struct Page<'a> {
    pieces: Vec<Piece<'a>>,
    /// Whose records are on it.
    people: Vec<usize>,
}

fn header_height(rows: usize) -> f32 {
    2.0 * HEADER_ROW + rows as f32 * (LINE + PAD)
}

fn label_of(row: &Row) -> String {
    format!("【{}】", row.0)
}

fn whose(chunk: &Chunk, field: Field) -> Whose {
    Whose { field, person: chunk.person }
}

fn field_of(row: &Row) -> Field {
    if row.0 == NAME { Field::Name } else { Field::RegisterRecord }
}

/// Millimetres of a row's label, and what is left for its value.
fn widths(setter: &Setter<'_>, row: &Row) -> Result<(f32, f32), PaperError> {
    let label = setter.width(Whose::paper(Field::Label), &label_of(row), LABEL)? + 0.6;
    Ok((label, WIDTH - STUB - 3.5 - label))
}

fn height_of(setter: &Setter<'_>, chunk: &Chunk, line: &Line) -> Result<f32, PaperError> {
    let Some(row) = &line.row else { return Ok(LINE) };
    let (_, width) = widths(setter, row)?;
    let lines = setter.lines(whose(chunk, field_of(row)), &row.1, width, TEXT)?;
    Ok(lines.max(1) as f32 * LINE)
}

/// Puts chunks on pages, with at most `most_people` on each.
pub(super) fn pages<'a>(
    setter: &Setter<'_>,
    chunks: &'a [Chunk],
    header_rows: usize,
    most_people: usize,
) -> Result<Vec<Page<'a>>, PaperError> {
    let top = TOP + header_height(header_rows);
    let room = LAST - top;
    let mut pages = vec![Page { pieces: Vec::new(), people: Vec::new() }];
    let mut y = top;
    for chunk in chunks {
        let heights = chunk.lines.iter().map(|line| height_of(setter, chunk, line)).collect::<Result<Vec<_>, _>>()?;
        if heights.iter().any(|height| *height > room - 2.0 * PAD) {
            return Err(PaperError::Overflow { field: Field::RegisterRecord, person: chunk.person });
        }
        let whole = heights.iter().sum::<f32>() + 2.0 * PAD;
        let is_new = |page: &Page<'_>| chunk.person.is_some_and(|person| !page.people.contains(&person));
        let is_full = pages.last().is_some_and(|page| is_new(page) && page.people.len() >= most_people);
        if is_full || (y + whole > LAST && whole <= room * KEPT) {
            pages.push(Page { pieces: Vec::new(), people: Vec::new() });
            y = top;
        }
        let mut from = 0;
        while from < chunk.lines.len() {
            let mut to = from;
            let mut used = 2.0 * PAD;
            while to < heights.len() && y + used + heights[to] <= LAST {
                used += heights[to];
                to += 1;
            }
            // A heading alone at the foot of a page belongs to the next one.
            let is_stub = to < heights.len() && to - from < 2;
            if (to == from || is_stub) && y > top {
                pages.push(Page { pieces: Vec::new(), people: Vec::new() });
                y = top;
                continue;
            }
            let Some(page) = pages.last_mut() else { break };
            page.people.extend(chunk.person.filter(|person| !page.people.contains(person)));
            let (lines, heights) = (&chunk.lines[from..to], heights[from..to].to_vec());
            page.pieces.push(Piece { chunk, lines, heights, y, is_first: from == 0 });
            y += used;
            from = to;
        }
    }
    Ok(pages)
}

/// Draws one page.
pub(super) fn draw(
    setter: &Setter<'_>,
    header: &Header<'_>,
    page: &Page<'_>,
    number: usize,
    of: usize,
) -> Result<FormPage, PaperError> {
    let mut made = FormPage { people: page.people.clone(), ..FormPage::default() };
    marks(setter, header, number, of, &mut made)?;
    draw_header(setter, header, &mut made)?;
    let mut group = None;
    for piece in &page.pieces {
        let rows = draw_piece(setter, piece, &mut made)?;
        match made.blocks.last_mut() {
            Some(Block::Table { rows: table, .. }) if group == Some(piece.chunk.group) => table.extend(rows),
            _ => made.blocks.push(Block::Table { summary: summary(piece.chunk), rows }),
        }
        group = Some(piece.chunk.group);
    }
    let top = TOP + header_height(header.rows.len());
    let end = page.pieces.last().map_or(top, |piece| piece.y + piece.height());
    made.shades.push(Area::new(LEFT, TOP, STUB, end - TOP));
    made.rules.push(Area::new(LEFT + STUB - THIN / 2.0, TOP, THIN, end - TOP));
    made.rules.extend(frame(Area::new(LEFT, TOP, WIDTH, end - TOP), THICK));
    let mut free = end + 3.0;
    if number == of {
        let area = Area::new(LEFT, end + 0.8, WIDTH, 7.0);
        let text = setter.set(Whose::paper(Field::Label), "以下余白", area, BLANK_BELOW)?;
        made.blocks.push(Block::Paragraph(text));
        free = end + 9.0;
    }
    if BOTTOM - 4.0 - free > 12.0 {
        made.closed = Some(Area::new(LEFT, free, WIDTH, BOTTOM - 4.0 - free));
    }
    Ok(made)
}

/// What a table is about, without a value.
fn summary(chunk: &Chunk) -> String {
    chunk.person.map_or_else(|| "戸籍事項".to_owned(), |person| format!("{}人目", person + 1))
}

/// （２の１） at the left of the title, 除籍 at its right.
fn marks(
    setter: &Setter<'_>,
    header: &Header<'_>,
    number: usize,
    of: usize,
    made: &mut FormPage,
) -> Result<(), PaperError> {
    let words = base::text::digits_to_full_width(&format!("（{of}の{number}）"));
    let area = Area::new(LEFT, 15.0, 32.0, 8.0);
    made.blocks.push(Block::Paragraph(setter.set(Whose::paper(Field::Numbers), &words, area, PAGE_MARK)?));
    if let Some(words) = header.closed {
        let area = Area::new(LEFT + WIDTH - 27.0, 15.0, 27.0, 8.0);
        made.blocks.push(Block::Paragraph(setter.set(Whose::paper(Field::Label), words, area, MARK_STYLE)?));
        made.rules.extend(frame(area, THICK));
    }
    Ok(())
}

fn draw_header(setter: &Setter<'_>, header: &Header<'_>, made: &mut FormPage) -> Result<(), PaperError> {
    let mut rows = Vec::new();
    let mut y = TOP;
    let two =
        [("本籍", Field::Domicile, header.domicile, DOMICILE), ("氏名", Field::RegisterHead, header.head, NAME_STYLE)];
    for (label, field, value, style) in two {
        let left = Area::new(LEFT + 1.0, y, STUB - 2.0, HEADER_ROW);
        let right = Area::new(LEFT + STUB + 1.0, y, WIDTH - STUB - 2.0, HEADER_ROW);
        let text = setter.set(Whose::paper(Field::Label), label, left, HEADER_LABEL)?;
        let heading = Cell { kind: CellKind::Heading, span: 1, text, below: None };
        let text = setter.set(Whose::paper(field), value, right, style)?;
        rows.push(vec![heading, Cell { kind: CellKind::Value, span: 2, text, below: None }]);
        if y > TOP {
            made.rules.push(Area::new(LEFT, y - THIN / 2.0, WIDTH, THIN));
        }
        y += HEADER_ROW;
    }
    for row in &header.rows {
        let line = Line { heading: None, row: Some(row.clone()) };
        rows.push(cells(setter, Whose::paper(Field::Reading), &line, y, LINE)?);
        y += LINE + PAD;
    }
    made.blocks.push(Block::Table { summary: "本籍と筆頭者".to_owned(), rows });
    Ok(())
}

fn draw_piece(setter: &Setter<'_>, piece: &Piece<'_>, made: &mut FormPage) -> Result<Vec<Vec<Cell>>, PaperError> {
    let mut y = piece.y;
    if piece.chunk.has_rule && piece.is_first {
        made.rules.push(Area::new(LEFT, y - THIN / 2.0, WIDTH, THIN));
    }
    y += PAD;
    let mut rows = Vec::with_capacity(piece.lines.len());
    for (line, height) in piece.lines.iter().zip(&piece.heights) {
        let field = line.row.as_ref().map_or(Field::Label, field_of);
        rows.push(cells(setter, whose(piece.chunk, field), line, y, *height)?);
        y += height;
    }
    if let Some(words) = piece.chunk.mark.filter(|_| piece.is_first) {
        let area = Area::new(LEFT + 12.0, piece.y + PAD + LINE + 1.5, MARK.0, MARK.1);
        let text = setter.set(Whose::paper(Field::Label), words, area, MARK_STYLE)?;
        made.rules.extend(frame(area, THICK));
        if let Some(heading) = rows.first_mut().and_then(|row| row.first_mut()) {
            heading.below = Some(text);
        }
    }
    Ok(rows)
}

/// Heading, label and value of one line.
fn cells(setter: &Setter<'_>, whose: Whose, line: &Line, y: f32, height: f32) -> Result<Vec<Cell>, PaperError> {
    let (indent, words) = line.heading.as_ref().map_or((0, ""), |(indent, words)| (*indent, words.as_str()));
    let x = LEFT + 1.5 + indent as f32 * INDENT;
    let left = Area::new(x, y, LEFT + STUB - x - 0.5, LINE);
    let text = setter.set(Whose::paper(Field::Label), words, left, HEADING)?;
    let heading = Cell { kind: CellKind::Heading, span: 1, text, below: None };
    let right = LEFT + STUB + 1.8;
    let Some(row) = &line.row else {
        let area = Area::new(right, y, WIDTH - STUB - 3.5, LINE);
        let text = setter.set(Whose::paper(Field::Label), "", area, TEXT)?;
        return Ok(vec![heading, Cell { kind: CellKind::Value, span: 2, text, below: None }]);
    };
    let (label, value) = widths(setter, row)?;
    let text = setter.set(Whose::paper(Field::Label), &label_of(row), Area::new(right, y, label, LINE), LABEL)?;
    let label_cell = Cell { kind: CellKind::Heading, span: 1, text, below: None };
    let text = setter.set(whose, &row.1, Area::new(right + label, y, value, height), TEXT)?;
    Ok(vec![heading, label_cell, Cell { kind: CellKind::Value, span: 1, text, below: None }])
}
