//! The page that shows how a printer is off, and the correction from what a person measured on it.
//!
//! Two crosses stand at known places. A person measures, with a ruler, how far the first is from the left and upper edge
//! of the paper, and how far the second is from the first. Printers shift and stretch; they do not turn.

use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup};

use super::{Format, Sheets, document};
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::layout::{Align, Area, Setter, Style, Text, Whose, boxes, frame, gray};

/// The first cross, and from it to the second, in millimetres.
const FIRST: (f32, f32) = (20.0, 20.0);
const BETWEEN: (f32, f32) = (170.0, 250.0);

/// More than this much off, or stretched, is a mistake of measuring or of the printer's settings ("fit to page").
const MOST_OFF: f32 = 15.0;
const MOST_STRETCH: f32 = 0.05;

/// How page positions are moved so that they come out right. In truth `printed = (asked − shift) / stretch`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correction {
    /// Millimetres to the right.
    pub right: f32,
    /// Millimetres down.
    pub lower: f32,
    /// Stretch across, 1.0 for none.
    pub across: f32,
    /// Stretch down, 1.0 for none.
    pub down: f32,
}

impl Default for Correction {
    fn default() -> Self {
        Self { right: 0.0, lower: 0.0, across: 1.0, down: 1.0 }
    }
}

/// What a person measured on the printed page, in millimetres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// From the paper's left edge to the first cross; 20 on a perfect printer.
    pub left: f32,
    /// From the paper's upper edge to the first cross; 20 on a perfect printer.
    pub upper: f32,
    /// From the first cross to the second, across; 170 on a perfect printer.
    pub across: f32,
    /// From the first cross to the second, down; 250 on a perfect printer.
    pub down: f32,
}

/// Why a measurement is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MeasuredFault {
    /// More than 15 mm off.
    #[error("a cross is more than 15 mm from where it should be: measure again")]
    TooFar,
    /// More than 5 % stretched.
    #[error("the page came out more than 5 % larger or smaller: print without fitting to the page")]
    Stretched,
}

impl Correction {
    /// From what was measured.
    ///
    /// # Errors
    /// A [`MeasuredFault`].
    pub fn measured(measured: Measured) -> Result<Self, MeasuredFault> {
        let is_near = |is: f32, should: f32| (is - should).abs() <= MOST_OFF;
        if !is_near(measured.left, FIRST.0) || !is_near(measured.upper, FIRST.1) {
            return Err(MeasuredFault::TooFar);
        }
        // The printer makes `shift + stretch × x` of x.
        let stretch = (measured.across / BETWEEN.0, measured.down / BETWEEN.1);
        let is_slight = |stretch: f32| (stretch - 1.0).abs() <= MOST_STRETCH;
        if !is_slight(stretch.0) || !is_slight(stretch.1) {
            return Err(MeasuredFault::Stretched);
        }
        let shift = (measured.left - stretch.0 * FIRST.0, measured.upper - stretch.1 * FIRST.1);
        Ok(Self {
            right: -shift.0 / stretch.0,
            lower: -shift.1 / stretch.1,
            across: 1.0 / stretch.0,
            down: 1.0 / stretch.1,
        })
    }
}

/// A page with two crosses, the outlines of all labels, and what to measure. Print it on plain paper and hold it with a
/// sheet of labels against the light.
///
/// # Errors
/// The typeface or the writer.
pub fn calibration(sheets: &Sheets<'_>, typeface: &Typeface) -> Result<Vec<u8>, PaperError> {
    let setter = Setter::new(typeface.shaper()?);
    let style = Style { inset: 0.0, ..Style::new(9.0, 6.0, 4, Align::Left) };
    let set = |text: &str, area| setter.set(Whose::paper(Field::Label), text, area, style);
    let texts = [
        (format!("位置合わせ　{} {}", sheets.format.maker, sheets.format.number), Area::new(28.0, 14.0, 150.0, 5.0)),
        ("拡大・縮小をせずに印刷し、ものさしで測ってください。".to_owned(), Area::new(28.0, 20.0, 150.0, 5.0)),
        ("①左端から左上の＋まで(20 mm)　②上端から左上の＋まで(20 mm)".to_owned(), Area::new(28.0, 26.0, 150.0, 5.0)),
        ("③左上から右下の＋までの横(170 mm)　④同じく縦(250 mm)".to_owned(), Area::new(28.0, 32.0, 150.0, 5.0)),
    ];
    let texts = texts.iter().map(|(text, area)| set(text, *area)).collect::<Result<Vec<Text>, PaperError>>()?;
    document(sheets, 1, |_, surface, tree| {
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        surface.set_fill(Some(gray(160)));
        if let Some(path) = boxes(&outlines(sheets.format)) {
            surface.draw_path(&path);
        }
        surface.set_fill(Some(gray(0)));
        if let Some(path) = boxes(&crosses()) {
            surface.draw_path(&path);
        }
        // White under the words: they stand among the outlines.
        surface.set_fill(Some(gray(255)));
        if let Some(path) = boxes(&[Area::new(27.0, 13.0, 152.0, 25.0)]) {
            surface.draw_path(&path);
        }
        surface.end_tagged();
        for (number, text) in texts.iter().enumerate() {
            let tag = match number {
                0 => TagGroup::new(Tag::Hn(std::num::NonZeroU16::MIN, Some(sheets.title.clone()))),
                _ => TagGroup::new(Tag::P),
            };
            let mut group = tag;
            group.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
            surface.set_fill(Some(gray(0)));
            text.draw(surface, typeface.krilla());
            surface.end_tagged();
            tree.push(group);
        }
        Ok(())
    })
}

fn outlines(format: &Format) -> Vec<Area> {
    (0..format.places()).flat_map(|place| frame(format.area(place), 0.1)).collect()
}

fn crosses() -> Vec<Area> {
    let cross = |x: f32, y: f32| [Area::new(x - 5.0, y - 0.05, 10.0, 0.1), Area::new(x - 0.05, y - 5.0, 0.1, 10.0)];
    [cross(FIRST.0, FIRST.1), cross(FIRST.0 + BETWEEN.0, FIRST.1 + BETWEEN.1)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corrected_position_comes_out_where_it_was_asked_for() {
        // A printer that shifts by 1.5 and −2 mm and stretches by 1 % and −0.8 %.
        let printer = |x: f32, y: f32| (1.5 + 1.01 * x, -2.0 + 0.992 * y);
        let (first, second) = (printer(FIRST.0, FIRST.1), printer(FIRST.0 + BETWEEN.0, FIRST.1 + BETWEEN.1));
        let measured = Measured { left: first.0, upper: first.1, across: second.0 - first.0, down: second.1 - first.1 };
        let correction = Correction::measured(measured).unwrap_or_default();
        for (x, y) in [(0.0, 0.0), (105.0, 148.5), (200.0, 290.0)] {
            let (is_x, is_y) =
                printer(correction.right + correction.across * x, correction.lower + correction.down * y);
            assert!((is_x - x).abs() < 0.01 && (is_y - y).abs() < 0.01, "{x} {y} came out at {is_x} {is_y}");
        }
    }

    #[test]
    fn a_perfect_printer_needs_none_and_nonsense_is_refused() {
        let perfect = Measured { left: 20.0, upper: 20.0, across: 170.0, down: 250.0 };
        assert_eq!(Correction::measured(perfect), Ok(Correction::default()));
        assert_eq!(Correction::measured(Measured { left: 2.0, ..perfect }), Err(MeasuredFault::TooFar));
        assert_eq!(Correction::measured(Measured { down: 230.0, ..perfect }), Err(MeasuredFault::Stretched));
        assert_eq!(Correction::measured(Measured { across: f32::NAN, ..perfect }), Err(MeasuredFault::Stretched));
    }
}
