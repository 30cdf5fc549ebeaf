//! Sheets of labels as they are sold, measured. **The sheet's number is the key**, not the size of its label: makers of
//! the same size differ in margins and pitch.
//!
//! Source of the figures: the public template collection of gLabels 3.4.1, computed to fit their paper. A city adds its
//! own with [`Format::checked`].

use std::borrow::Cow;

use crate::layout::Area;

/// A4, in millimetres.
const A4: (f32, f32) = (210.0, 297.0);

/// Rounding of printed catalogues, in millimetres: a sheet may be this much too wide on paper and not in truth.
const SLACK: f32 = 0.1;

/// One sheet of labels. All lengths are millimetres, from the top left corner of the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Format {
    /// Number under which it is sold.
    pub number: Cow<'static, str>,
    /// Who makes it.
    pub maker: Cow<'static, str>,
    /// Labels side by side.
    pub columns: u16,
    /// Labels one below another.
    pub rows: u16,
    /// Width and height of a label.
    pub label: (f32, f32),
    /// Left and upper edge of the first label.
    pub first: (f32, f32),
    /// From one label to the next: to the right, and down.
    pub pitch: (f32, f32),
    /// Radius of the corners.
    pub corner: f32,
}

/// Why figures are no sheet of labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormatFault {
    /// No labels, or a length that is no length.
    #[error("a sheet needs labels with a width and a height")]
    Empty,
    /// The last label ends beyond the paper's right or lower edge.
    #[error("the last label ends beyond the edge of the paper")]
    BeyondEdge,
    /// A label begins before the one beside it ends.
    #[error("labels lie one on another")]
    Overlap,
}

const fn sold(
    number: &'static str,
    maker: &'static str,
    (columns, rows): (u16, u16),
    label: (f32, f32),
    first: (f32, f32),
    pitch: (f32, f32),
    corner: f32,
) -> Format {
    Format { number: Cow::Borrowed(number), maker: Cow::Borrowed(maker), columns, rows, label, first, pitch, corner }
}

/// Sheets that come with the program.
pub const SOLD: &[Format] = &[
    sold("ELM006", "Hisago", (2, 5), (86.4, 50.8), (18.6, 21.2), (86.4, 50.8), 0.0),
    sold("ELM007", "Hisago", (2, 6), (83.8, 42.3), (20.3, 20.3), (87.6, 42.3), 1.5),
    sold("ELM008", "Hisago", (2, 6), (86.4, 42.3), (18.6, 21.2), (86.4, 42.3), 0.0),
    sold("ELM012", "Hisago", (3, 8), (66.0, 33.9), (6.0, 12.9), (66.0, 33.9), 0.0),
    sold("ELM016", "Hisago", (2, 5), (85.0, 50.0), (20.0, 23.0), (85.0, 50.0), 0.0),
    sold("ELM022", "Hisago", (4, 11), (48.3, 25.4), (8.4, 8.8), (48.3, 25.4), 0.0),
    sold("ELM023", "Hisago", (5, 13), (38.1, 21.2), (4.75, 10.92), (40.6, 21.2), 1.0),
    sold("ELM034", "Hisago", (4, 23), (45.0, 10.0), (12.0, 11.5), (47.0, 12.0), 1.0),
    sold("GB902", "Hisago", (4, 15), (36.0, 12.0), (27.0, 24.0), (40.0, 16.0), 1.0),
    sold("7161", "Avery", (3, 6), (63.5, 46.6), (7.2, 8.7), (66.0, 46.6), 3.0),
    sold("C32011-10", "Avery", (2, 5), (85.0, 54.0), (15.0, 13.5), (95.0, 54.0), 0.0),
];

impl Format {
    /// One that comes with the program, by its number.
    pub fn of(number: &str) -> Option<&'static Self> {
        SOLD.iter().find(|format| format.number == number)
    }

    /// The same, if it can be a sheet of labels.
    ///
    /// # Errors
    /// A [`FormatFault`].
    pub fn checked(self) -> Result<Self, FormatFault> {
        let lengths = [self.label.0, self.label.1, self.first.0, self.first.1, self.pitch.0, self.pitch.1, self.corner];
        let is_length = lengths.iter().all(|length| length.is_finite() && *length >= 0.0);
        if !is_length || self.columns == 0 || self.rows == 0 || self.label.0 <= 0.0 || self.label.1 <= 0.0 {
            return Err(FormatFault::Empty);
        }
        let end = |first: f32, count: u16, pitch: f32, size: f32| first + f32::from(count - 1) * pitch + size;
        if end(self.first.0, self.columns, self.pitch.0, self.label.0) > A4.0 + SLACK
            || end(self.first.1, self.rows, self.pitch.1, self.label.1) > A4.1 + SLACK
        {
            return Err(FormatFault::BeyondEdge);
        }
        let is_over = |count: u16, pitch: f32, size: f32| count > 1 && pitch + SLACK < size;
        if is_over(self.columns, self.pitch.0, self.label.0) || is_over(self.rows, self.pitch.1, self.label.1) {
            return Err(FormatFault::Overlap);
        }
        Ok(self)
    }

    /// Labels on one sheet.
    pub fn places(&self) -> usize {
        usize::from(self.columns) * usize::from(self.rows)
    }

    /// The label at a place, from 0, row by row.
    pub(super) fn area(&self, place: usize) -> Area {
        let columns = usize::from(self.columns).max(1);
        let (column, row) = ((place % columns) as f32, (place / columns) as f32);
        let (x, y) = (self.first.0 + column * self.pitch.0, self.first.1 + row * self.pitch.1);
        Area::new(x, y, self.label.0, self.label.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sheet_that_comes_with_the_program_fits_its_paper() {
        for format in SOLD {
            assert_eq!(format.clone().checked().as_ref(), Ok(format), "{}", format.number);
            let last = format.area(format.places() - 1);
            assert!(last.x + last.w <= A4.0 + SLACK && last.y + last.h <= A4.1 + SLACK, "{}", format.number);
        }
    }

    #[test]
    fn figures_that_cannot_be_a_sheet_are_refused_by_name() {
        let good = Format::of("ELM012").cloned().unwrap_or_else(|| SOLD[0].clone());
        let fault = |change: fn(&mut Format)| {
            let mut format = good.clone();
            change(&mut format);
            format.checked().err()
        };
        assert_eq!(fault(|format| format.rows = 0), Some(FormatFault::Empty));
        assert_eq!(fault(|format| format.label.0 = f32::NAN), Some(FormatFault::Empty));
        assert_eq!(fault(|format| format.rows = 9), Some(FormatFault::BeyondEdge));
        assert_eq!(fault(|format| format.pitch.1 = 20.0), Some(FormatFault::Overlap));
    }

    #[test]
    fn labels_follow_row_by_row() {
        let format = &SOLD[3];
        assert_eq!((format.area(0).x, format.area(0).y), (6.0, 12.9));
        assert_eq!((format.area(2).x, format.area(2).y), (138.0, 12.9));
        assert_eq!((format.area(3).x, format.area(3).y), (6.0, 12.9 + 33.9));
    }
}
