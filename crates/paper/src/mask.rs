//! Chooses the mask of a QR code (JIS X 0510, evaluation of masks).
//!
//! The crate that encodes our codes does this module by module, which costs more than drawing the whole page. Here lines
//! are words of bits: neighbours are compared by shifting, 64 modules at once, and what a mask changes is found once for
//! each size of code. The scores are the same, so the modules are the same; a test compares them.
//!
//! ```text
//!  unmasked lines ⊕ what the mask changes ─► masked lines ─► points
//!  line          ..1101111101..      equal to the right neighbour = !(line ^ line >> 1)
//!  five alike    = four such in a row ─► 3 points, and 1 for each more
//! ```

use std::sync::OnceLock;

use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::types::Color;
use qrcode::{EcLevel, Version};

const PATTERNS: [MaskPattern; 8] = [
    MaskPattern::Checkerboard,
    MaskPattern::HorizontalLines,
    MaskPattern::VerticalLines,
    MaskPattern::DiagonalLines,
    MaskPattern::LargeCheckerboard,
    MaskPattern::Fields,
    MaskPattern::Diamonds,
    MaskPattern::Meadow,
];

/// The modules, row by row, of the drawn but unmasked `canvas` under the mask with the fewest points; `true` is dark.
pub(crate) fn best(canvas: Canvas, version: Version, level: EcLevel) -> Vec<bool> {
    let width = usize::from(version.width().unsigned_abs());
    let plain = Grid::of(canvas, width);
    let masked = masks(version, level, width).iter().map(|mask| plain.changed_by(mask));
    let best = masked.min_by_key(Grid::points).unwrap_or(plain);
    best.rows.iter().flat_map(|row| (0..width).map(|column| row.bit(column))).collect()
}

/// What each mask changes in a code of this size: the data modules it turns, and the format it writes. Made once.
fn masks(version: Version, level: EcLevel, width: usize) -> &'static [Grid] {
    static MADE: [OnceLock<Vec<Grid>>; 41 * 4] = [const { OnceLock::new() }; 41 * 4];
    let number = match version {
        Version::Normal(number) | Version::Micro(number) => usize::from(number.unsigned_abs()),
    };
    let place = MADE.get(number.min(40) * 4 + level as usize).unwrap_or(&MADE[0]);
    place.get_or_init(|| {
        let mut canvas = Canvas::new(version, level);
        canvas.draw_all_functional_patterns();
        canvas.draw_data(&[], &[]);
        let plain = Grid::of(canvas.clone(), width);
        let change = |pattern: &MaskPattern| {
            let mut canvas = canvas.clone();
            canvas.apply_mask(*pattern);
            plain.changed_by(&Grid::of(canvas, width))
        };
        PATTERNS.iter().map(change).collect()
    })
}

/// The modules of a code, along and across.
struct Grid {
    rows: Vec<Line>,
    columns: Vec<Line>,
    width: usize,
}

impl Grid {
    fn of(canvas: Canvas, width: usize) -> Self {
        let dark: Vec<bool> = canvas.into_colors().into_iter().map(|color| color == Color::Dark).collect();
        let rows = dark.chunks(width).map(|row| Line::of(row.iter().copied())).collect();
        let column = |column| Line::of(dark.iter().skip(column).step_by(width).copied());
        Self { rows, columns: (0..width).map(column).collect(), width }
    }

    /// Each module turned where `change` is dark.
    fn changed_by(&self, change: &Self) -> Self {
        let turned = |lines: &[Line], change: &[Line]| {
            lines.iter().zip(change).map(|(line, change)| line.with(*change, |a, b| a ^ b)).collect()
        };
        let (rows, columns) = (turned(&self.rows, &change.rows), turned(&self.columns, &change.columns));
        Self { rows, columns, width: self.width }
    }

    /// Points against these modules; only their order matters.
    fn points(&self) -> u32 {
        let pairs = Line::first(self.width.saturating_sub(1));
        let starts = Line::first(self.width.saturating_sub(6));
        let lines = self.rows.iter().chain(&self.columns);
        let in_lines: u32 = lines.map(|line| alike(*line, pairs) + finder_like(*line, starts)).sum();
        let blocks: u32 = self.rows.windows(2).map(|two| blocks(two[0], two[1], pairs)).sum();
        let dark: u32 = self.rows.iter().map(|row| row.count()).sum();
        let modules = u32::try_from(self.width * self.width).unwrap_or(u32::MAX).max(1);
        in_lines + blocks + (dark * 200 / modules).abs_diff(100)
    }
}

/// One row or column: module n is bit n. The largest code has 177 modules.
#[derive(Clone, Copy, Default)]
struct Line([u64; 3]);

impl Line {
    fn of(modules: impl Iterator<Item = bool>) -> Self {
        let mut line = Self::default();
        for (number, dark) in modules.enumerate() {
            if let Some(word) = line.0.get_mut(number / 64) {
                *word |= u64::from(dark) << (number % 64);
            }
        }
        line
    }

    /// The first `count` bits set.
    fn first(count: usize) -> Self {
        Self::of(std::iter::repeat_n(true, count))
    }

    /// Bit n + `by` at n; `by` is 1 to 63.
    fn later(self, by: u32) -> Self {
        let [a, b, c] = self.0;
        Self([a >> by | b << (64 - by), b >> by | c << (64 - by), c >> by])
    }

    /// Bit n - `by` at n; `by` is 1 to 63.
    fn earlier(self, by: u32) -> Self {
        let [a, b, c] = self.0;
        Self([a << by, b << by | a >> (64 - by), c << by | b >> (64 - by)])
    }

    fn with(self, other: Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let ([a, b, c], [d, e, f]) = (self.0, other.0);
        Self([join(a, d), join(b, e), join(c, f)])
    }

    fn and(self, other: Self) -> Self {
        self.with(other, |a, b| a & b)
    }

    fn and_not(self, other: Self) -> Self {
        self.with(other, |a, b| a & !b)
    }

    /// Where both are alike.
    fn like(self, other: Self) -> Self {
        self.with(other, |a, b| !(a ^ b))
    }

    fn count(self) -> u32 {
        self.0.iter().map(|word| word.count_ones()).sum()
    }

    fn bit(self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }
}

/// Five modules alike: 3 points, and 1 for each more.
fn alike(line: Line, pairs: Line) -> u32 {
    let same = line.like(line.later(1)).and(pairs);
    let two = same.and(same.later(1));
    let four = two.and(two.later(2));
    four.count() + 2 * four.and_not(four.earlier(1)).count()
}

/// Each square of four alike: 3 points.
fn blocks(above: Line, below: Line, pairs: Line) -> u32 {
    let sides = above.like(above.later(1)).and(below.like(below.later(1)));
    3 * sides.and(above.like(below)).and(pairs).count()
}

/// Dark and light as in a finder pattern, with four light modules (or the edge) on one side: 40 points.
fn finder_like(line: Line, starts: Line) -> u32 {
    let found = line.and(line.later(2)).and(line.later(3)).and(line.later(4)).and(line.later(6));
    let found = found.and_not(line.later(1)).and_not(line.later(5)).and(starts);
    let any = |[a, b, c, d]: [Line; 4]| a.with(b, |a, b| a | b).with(c.with(d, |c, d| c | d), |a, b| a | b);
    let before = any([1, 2, 3, 4].map(|by| line.earlier(by)));
    let after = any([7, 8, 9, 10].map(|by| line.later(by)));
    40 * found.and_not(before.and(after)).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use qrcode::types::Color;
    use qrcode::{EcLevel, QrCode};

    use crate::barcode::modules;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_modules_are_those_the_encoder_itself_would_choose(
            text in "[ -~]{1,60}|[A-Z2-7]{300,1100}|あ{1,90}",
            level in prop::sample::select(vec![EcLevel::L, EcLevel::M, EcLevel::Q]),
        ) {
            let bits = || qrcode::bits::encode_auto(text.as_bytes(), level).unwrap();
            let expected = QrCode::with_bits(bits(), level).unwrap();
            let (width, dark) = modules(bits(), level).unwrap();
            prop_assert_eq!(width, expected.width());
            let expected: Vec<bool> = expected.into_colors().into_iter().map(|color| color == Color::Dark).collect();
            prop_assert_eq!(dark, expected);
        }
    }
}
