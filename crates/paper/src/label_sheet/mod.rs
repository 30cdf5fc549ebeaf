//! Labels on sheets (シール台紙): for the case of a card, for its face where a city's rule allows it, for a book.
//!
//! What stands on a label is the caller's; little is best (課題: 情報量の精査). A code is at least 15 mm wide, so that any
//! phone reads it. A printer that does not hit the labels is corrected by what a person measured on the calibration page.
//!
//! ```text
//!  calibration(format) ─► print ─► a person measures four lengths ─► Correction::measured
//!  Label { texts, codes } × n ─► Sheets { format, correction, first place } ─► draw ─► PDF/A-2a, PDF/UA-1
//! ```

mod calibration;
mod formats;

use std::num::NonZeroU16;

use base::Timestamp;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::{Size, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::Outline;
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, BBox, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

pub use calibration::{Correction, Measured, MeasuredFault, calibration};
pub use formats::{Format, FormatFault, SOLD};

use crate::a4::PAGE;
use crate::barcode::Square;
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::layout::{Align, Area, MM, Setter, Style, Text, Whose, boxes, frame, gray};
use crate::seal::Seal;

/// Side of a code at least, its quiet zone included, in millimetres.
pub const LEAST_CODE: f32 = 15.0;

/// Sheets of one document at most.
const MOST_SHEETS: usize = 200;

/// A box on a label, in millimetres from the label's top left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// From the left edge.
    pub x: f32,
    /// From the upper edge.
    pub y: f32,
    /// Width.
    pub w: f32,
    /// Height.
    pub h: f32,
}

/// What stands on a label.
#[derive(Clone, Debug)]
pub enum Item {
    /// A text; set smaller down to half its size and on more lines before it is refused, never cut.
    Text {
        /// The words.
        words: String,
        /// Where.
        at: Spot,
        /// Wished size in points.
        size: f32,
        /// Lines at most.
        lines: usize,
        /// Whether it stands in the middle of its box.
        is_centred: bool,
    },
    /// A QR code with its quiet zone.
    Code {
        /// What it says.
        text: String,
        /// Where; the smaller side counts.
        at: Spot,
        /// What it is, for people who hear the document.
        words: String,
    },
    /// A thin line around the box.
    Frame(Spot),
    /// A dashed line around the box: it is cut out there.
    Cut(Spot),
    /// The seal of whoever answers for it; the smaller side counts.
    Seal {
        /// The picture.
        seal: Seal,
        /// Where.
        at: Spot,
    },
}

/// One label.
pub type Label = Vec<Item>;

/// Labels to be printed.
#[derive(Clone, Debug)]
pub struct Sheets<'a> {
    /// The sheet they are printed on.
    pub format: &'a Format,
    /// How the printer is off.
    pub correction: Correction,
    /// The first label's place, from 0: sheets are used up, not thrown away.
    pub first_place: usize,
    /// What it is called, in the file and for people who hear it.
    pub title: String,
    /// Who prints it.
    pub author: String,
    /// When.
    pub at: Timestamp,
}

/// An item whose texts and codes are known: drawing it cannot fail any more.
enum Ready {
    Text(Text),
    Code(Square, Area, String),
    /// A line, or the dashes of one.
    Lines(Vec<Area>),
    Seal(Seal, Area),
}

impl Sheets<'_> {
    /// Draws the labels, sheet after sheet.
    ///
    /// # Errors
    /// A text does not fit, a glyph is missing, a code would be too small to be read, too many sheets, nothing to print.
    pub fn draw(&self, labels: &[Label], typeface: &Typeface) -> Result<Vec<u8>, PaperError> {
        let places = self.format.places();
        if labels.is_empty() || self.first_place >= places {
            return Err(PaperError::Nobody);
        }
        let sheets = (self.first_place + labels.len()).div_ceil(places);
        if sheets > MOST_SHEETS {
            return Err(PaperError::TooManyPages(sheets));
        }
        let setter = Setter::new(typeface.shaper()?);
        let ready = labels
            .iter()
            .enumerate()
            .map(|(number, label)| {
                let on = self.format.area((self.first_place + number) % places);
                label.iter().map(|item| set(&setter, item, on)).collect()
            })
            .collect::<Result<Vec<Vec<Ready>>, PaperError>>()?;
        let mut pages: Vec<Vec<&Vec<Ready>>> = vec![Vec::new(); sheets];
        for (number, label) in ready.iter().enumerate() {
            pages[(self.first_place + number) / places].push(label);
        }
        document(self, pages.len(), |number, surface, tree| {
            if number == 0 {
                tree.push(self.heading(surface, &setter, typeface)?);
            }
            surface.push_transform(&self.correction.transform());
            for label in &pages[number] {
                let mut group = TagGroup::new(Tag::Section);
                for item in *label {
                    draw_item(surface, typeface, number, item, &mut group);
                }
                tree.push(group);
            }
            surface.pop();
            Ok(())
        })
    }

    /// A title in the margin, so that the file begins with one for readers and nobody wonders what the sheet was.
    fn heading(
        &self,
        surface: &mut Surface<'_>,
        setter: &Setter<'_>,
        typeface: &Typeface,
    ) -> Result<TagGroup, PaperError> {
        let words = format!("{}　{}", self.title, self.format.number);
        let at = Area::new(6.0, 1.0, PAGE.0 - 12.0, 4.0);
        let text = setter.set(Whose::paper(Field::Title), &words, at, Style::new(7.0, 4.0, 1, Align::Left))?;
        let mut group = TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(self.title.clone())));
        group.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
        surface.set_fill(Some(gray(90)));
        text.draw(surface, typeface.krilla());
        surface.end_tagged();
        Ok(group)
    }
}

fn on_page(label: Area, spot: Spot) -> Area {
    Area::new(label.x + spot.x, label.y + spot.y, spot.w, spot.h)
}

fn set(setter: &Setter<'_>, item: &Item, label: Area) -> Result<Ready, PaperError> {
    match item {
        Item::Text { words, at, size, lines, is_centred } => {
            let align = if *is_centred { Align::Center } else { Align::Left };
            let style = Style { inset: 0.0, ..Style::new(*size, size / 2.0, *lines, align) };
            Ok(Ready::Text(setter.set(Whose::paper(Field::Label), words, on_page(label, *at), style)?))
        }
        Item::Code { text, at, words } => {
            let side = at.w.min(at.h);
            let square = Square::encode(text, side).filter(|_| side >= LEAST_CODE);
            let square = square.ok_or(PaperError::CodeTooLong { page: 1 })?;
            Ok(Ready::Code(square, on_page(label, *at), words.clone()))
        }
        Item::Frame(at) => Ok(Ready::Lines(frame(on_page(label, *at), 0.2).to_vec())),
        Item::Cut(at) => Ok(Ready::Lines(dashes(on_page(label, *at)))),
        Item::Seal { seal, at } => {
            let side = at.w.min(at.h);
            Ok(Ready::Seal(seal.clone(), on_page(label, Spot { w: side, h: side, ..*at })))
        }
    }
}

/// A dashed line around a box: dashes of 1.2 mm, gaps of 0.8 mm, 0.15 mm thick.
fn dashes(area: Area) -> Vec<Area> {
    let (dash, step, thick) = (1.2_f32, 2.0_f32, 0.15_f32);
    let mut all = Vec::new();
    let steps = |length: f32| (0..).map(|at| at as f32 * step).take_while(move |at| *at < length);
    for at in steps(area.w) {
        let long = dash.min(area.w - at);
        all.extend([area.y, area.y + area.h - thick].map(|y| Area::new(area.x + at, y, long, thick)));
    }
    for at in steps(area.h) {
        let long = dash.min(area.h - at);
        all.extend([area.x, area.x + area.w - thick].map(|x| Area::new(x, area.y + at, thick, long)));
    }
    all
}

fn draw_item(surface: &mut Surface<'_>, typeface: &Typeface, page: usize, item: &Ready, group: &mut TagGroup) {
    match item {
        Ready::Text(text) => {
            let mut paragraph = TagGroup::new(Tag::P);
            paragraph.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
            surface.set_fill(Some(gray(0)));
            text.draw(surface, typeface.krilla());
            surface.end_tagged();
            group.push(paragraph);
        }
        Ready::Code(square, area, words) => {
            let bbox = area.rect().map(|rect| BBox::new(page, rect));
            let mut figure = TagGroup::new(Tag::Figure(Some(words.clone())).with_bbox(bbox));
            figure.push(surface.start_tagged(ContentTag::Other));
            square.draw(surface, *area);
            surface.end_tagged();
            group.push(figure);
        }
        Ready::Seal(seal, area) => {
            let bbox = area.rect().map(|rect| BBox::new(page, rect));
            let words = format!("電子公印 {}", seal.name);
            let mut figure = TagGroup::new(Tag::Figure(Some(words)).with_bbox(bbox));
            figure.push(surface.start_tagged(ContentTag::Other));
            if let Some(size) = Size::from_wh(area.w * MM, area.h * MM) {
                surface.push_transform(&Transform::from_translate(area.x * MM, area.y * MM));
                surface.draw_image(seal.image.clone(), size);
                surface.pop();
            }
            surface.end_tagged();
            group.push(figure);
        }
        Ready::Lines(lines) => {
            surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
            surface.set_fill(Some(gray(0)));
            if let Some(path) = boxes(lines) {
                surface.draw_path(&path);
            }
            surface.end_tagged();
        }
    }
}

/// A document of `count` pages of A4, each drawn by `draw` (its number from 0, surface, the reading order).
fn document(
    sheets: &Sheets<'_>,
    count: usize,
    mut draw: impl FnMut(usize, &mut Surface<'_>, &mut TagTree) -> Result<(), PaperError>,
) -> Result<Vec<u8>, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| PaperError::Export("configuration".to_owned()))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let size = Size::from_wh(PAGE.0 * MM, PAGE.1 * MM).ok_or_else(|| PaperError::Export("page size".to_owned()))?;
    let mut tree = TagTree::new();
    for number in 0..count {
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        draw(number, &mut surface, &mut tree)?;
        surface.finish();
        page.finish();
    }
    let (year, month, day) = sheets.at.date_in_japan().parts();
    let date = DateTime::new(year.unsigned_abs()).month(month.unsigned_abs()).day(day.unsigned_abs());
    document.set_metadata(
        Metadata::new()
            .title(sheets.title.clone())
            .language("ja-JP".to_owned())
            .creator("Yakuba".to_owned())
            .authors(vec![sheets.author.clone()])
            .creation_date(date),
    );
    document.set_outline(Outline::new());
    document.set_tag_tree(tree);
    document.finish().map_err(|_| PaperError::Export("labels".to_owned()))
}

impl Correction {
    fn transform(self) -> Transform {
        Transform::from_row(self.across, 0.0, 0.0, self.down, self.right * MM, self.lower * MM)
    }
}
