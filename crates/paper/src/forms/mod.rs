//! The forms of the city's certificates: what stands on the free part of the sheet.
//!
//! ```text
//!  Body ─► Form::pages ─► FormPage (tables, rules, texts, pictures) ─┐
//!                                       certificate::Plan adds title and foot ─► draw
//! ```
//!
//! | module | paper |
//! |---|---|
//! | [`residence`] | 住民票の写し, 住民票記載事項証明書 |
//! | [`seal_registration`] | 印鑑登録証明書 |
//! | [`family_register`] | 戸籍全部事項証明書, 戸籍個人事項証明書, 戸籍の附票の写し |
//! | [`tax`] | 課税(所得)証明書 |

use base::Personal;
use wire::certificate_code::ClaimsBuilder;

use crate::a4::MOST_PAGES;
use crate::entry::Entry;
use crate::error::{Field, PaperError};
use crate::layout::{Align, Area, Block, Cell, CellKind, Picture, Setter, Style, Text, Whose, frame};

pub mod family_register;
pub mod residence;
pub mod seal_registration;
pub mod tax;

/// Left edge and width of everything, in millimetres.
pub(crate) const LEFT: f32 = 15.0;
/// See [`LEFT`].
pub(crate) const WIDTH: f32 = 180.0;
/// Where a form begins, under the title.
pub(crate) const TOP: f32 = 27.5;
/// Where the foot of the sheet begins.
pub(crate) const BOTTOM: f32 = 226.0;

/// Line widths in millimetres.
pub(crate) const THIN: f32 = 0.11;
/// See [`THIN`].
pub(crate) const THICK: f32 = 0.32;

pub(crate) const LABEL: Style = Style { inset: 0.6, ..Style::new(7.0, 5.0, 2, Align::Center) };
pub(crate) const VALUE: Style = Style::new(9.0, 5.0, 2, Align::Left);
pub(crate) const BLANK_BELOW_STYLE: Style = Style { spacing: 0.6, ..Style::new(9.0, 8.0, 1, Align::Center) };

/// One kind of paper. Everything in it was decided by the caller.
pub(crate) trait Form {
    /// Invariant I14: a paper without its essential words is no paper.
    fn refuse_empty(&self) -> Result<(), PaperError>;

    /// Each page's share of the form, with every glyph found and every text fitted.
    fn pages(&self, setter: &Setter<'_>) -> Result<Vec<FormPage>, PaperError>;

    /// What the code of page `page` (from 1) says beyond the sheet.
    fn claims(&self, page: usize, builder: &mut ClaimsBuilder);

    /// The same, for forms of which only the finished page knows who is on it.
    fn claims_of(&self, page: usize, made: &FormPage, builder: &mut ClaimsBuilder) {
        let _ = made;
        self.claims(page, builder);
    }

    /// What the paper calls its place, and its people's names and birth dates.
    fn headings(&self) -> Headings;

    /// 住所, or what the register is kept by.
    fn place(&self) -> &Personal<String>;

    /// 氏名 and 生年月日 of everybody as printed, in the order of the paper.
    fn people(&self) -> Vec<(Personal<String>, Personal<String>)>;

    /// Further headings whose value the finished first page is asked for again: what the paper is for.
    fn facts(&self) -> Vec<(&'static str, Personal<String>)> {
        Vec::new()
    }
}

/// The headings under which a reader finds who a paper is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Headings {
    /// The place, on each page.
    pub place: &'static str,
    /// A name.
    pub name: &'static str,
    /// A birth date.
    pub birth_date: &'static str,
}

impl Headings {
    /// Papers about residents.
    pub const RESIDENT: Self = Self { place: "住所", name: "氏名", birth_date: "生年月日" };
}

/// A form's share of one page.
#[derive(Debug, Default)]
pub(crate) struct FormPage {
    pub blocks: Vec<Block>,
    pub shades: Vec<Area>,
    pub rules: Vec<Area>,
    /// Texts that a reader need not hear: the numbers beside the people.
    pub ornaments: Vec<Text>,
    /// Free space that a line closes.
    pub closed: Option<Area>,
    /// Who is on it, by place in [`Form::people`], where only the layout decides that.
    pub people: Vec<usize>,
    /// Boxes that the screen of dots leaves white.
    pub clear: Vec<Area>,
}

impl FormPage {
    pub(crate) fn table(&mut self, summary: String, table: Table) {
        self.shades.extend(table.shades);
        self.rules.extend(table.rules);
        self.blocks.push(Block::Table { summary, rows: table.rows });
    }

    /// Pictures of the form, in the order they are drawn.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &Picture> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Picture { picture, .. } => Some(picture),
            _ => None,
        })
    }
}

/// An essential text must say something.
pub(crate) fn refuse_blank(field: Field, text: &str) -> Result<(), PaperError> {
    if text.trim().is_empty() { Err(PaperError::Empty(field)) } else { Ok(()) }
}

/// No set may have more than [`MOST_PAGES`].
pub(crate) fn refuse_too_many(pages: usize) -> Result<(), PaperError> {
    if pages > MOST_PAGES { Err(PaperError::TooManyPages(pages)) } else { Ok(()) }
}

/// A heading and its value, side by side.
pub(crate) struct Pair {
    pub label: &'static str,
    /// Millimetres.
    pub label_width: f32,
    pub field: Field,
    pub value: String,
    /// Millimetres.
    pub value_width: f32,
    pub style: Style,
}

pub(crate) fn pair(
    label: &'static str,
    label_width: f32,
    field: Field,
    value: &str,
    value_width: f32,
    style: Style,
) -> Pair {
    Pair { label, label_width, field, value: value.to_owned(), value_width, style }
}

/// Everything of one table.
pub(crate) struct Table {
    pub rows: Vec<Vec<Cell>>,
    /// Boxes behind headings.
    pub shades: Vec<Area>,
    /// Lines, as thin boxes.
    pub rules: Vec<Area>,
}

/// Sets rows of pairs into a table with its rules: `rows` are height in millimetres and pairs, `columns` is the number
/// of cells in the widest row, `stub` a column at the left that belongs to no row.
pub(crate) fn table(
    setter: &Setter<'_>,
    person: Option<usize>,
    outer: Area,
    stub: f32,
    columns: u32,
    rows: Vec<(f32, Vec<Pair>)>,
) -> Result<Table, PaperError> {
    let mut made = Table { rows: Vec::with_capacity(rows.len()), shades: Vec::new(), rules: Vec::new() };
    let mut y = outer.y;
    for (height, pairs) in rows {
        let mut x = outer.x + stub;
        let mut cells = Vec::with_capacity(pairs.len() * 2);
        let count = pairs.len() as u32;
        if y > outer.y {
            made.rules.push(Area::new(x, y - THIN / 2.0, outer.w - stub, THIN));
        }
        for (index, pair) in pairs.into_iter().enumerate() {
            let heading = Area::new(x, y, pair.label_width, height);
            let value = Area::new(x + pair.label_width, y, pair.value_width, height);
            if index > 0 {
                made.rules.push(Area::new(x - THIN / 2.0, y, THIN, height));
            }
            made.rules.push(Area::new(value.x - THIN / 2.0, y, THIN, height));
            made.shades.push(heading);
            let label = setter.set(Whose::paper(Field::Label), pair.label, heading, LABEL)?;
            cells.push(Cell { kind: CellKind::Heading, span: 1, text: label, below: None });
            let text = setter.set(Whose { field: pair.field, person }, &pair.value, value, pair.style)?;
            // The last value of a row covers the columns that other rows divide.
            let span = if index as u32 + 1 == count { columns + 1 - 2 * count } else { 1 };
            cells.push(Cell { kind: CellKind::Value, span, text, below: None });
            x += pair.label_width + pair.value_width;
        }
        made.rows.push(cells);
        y += height;
    }
    if stub > 0.0 {
        made.rules.push(Area::new(outer.x + stub - THIN / 2.0, outer.y, THIN, outer.h));
    }
    made.rules.extend(frame(outer, THICK));
    Ok(made)
}

/// A second name with its reading behind it, as it stands in one box.
pub(crate) fn with_reading(name: &Entry, reading: &Entry) -> String {
    match (name.text(), reading.value()) {
        ("", _) => String::new(),
        (name, Some(reading)) => format!("{name}（{reading}）"),
        (name, None) => name.to_owned(),
    }
}
