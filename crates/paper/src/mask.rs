//! Chooses the mask of a QR code (JIS X 0510, evaluation of masks).
//!
//! The crate that encodes our codes does this module by module, which costs more than drawing the whole page. Here lines
//! are words of bits: neighbours are compared by shifting, 64 modules at once. The scores are the same, so the modules
//! are the same; a test compares them.
//!
//! ```text
//!  line          ..1101111101..      equal to the right neighbour = !(line ^ line >> 1)
//!  five alike    = four such in a row ─► 3 points, and 1 for each more
//! ```

use qrcode::canvas::{Canvas, MaskPattern};
use qrcode::types::Color;

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
pub(crate) fn best(canvas: &Canvas, width: usize) -> Vec<bool> {
    let masked = PATTERNS.iter().map(|pattern| {
        let mut canvas = canvas.clone();
        canvas.apply_mask(*pattern);
        canvas.into_colors().into_iter().map(|color| color == Color::Dark).collect::<Vec<bool>>()
    });
    masked.min_by_key(|dark| points(dark, width)).unwrap_or_default()
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

    /// Bit n - 1 at n.
    fn earlier(self) -> Self {
        let [a, b, c] = self.0;
        Self([a << 1, b << 1 | a >> 63, c << 1 | b >> 63])
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

/// Points against these modules; only their order matters.
fn points(dark: &[bool], width: usize) -> u32 {
    let rows: Vec<Line> = dark.chunks(width).map(|row| Line::of(row.iter().copied())).collect();
    let columns: Vec<Line> =
        (0..width).map(|column| Line::of(dark.iter().skip(column).step_by(width).copied())).collect();
    let pairs = Line::first(width.saturating_sub(1));
    let lines = rows.iter().chain(&columns);
    let in_lines: u32 = lines.map(|line| alike(*line, pairs) + finder_like(*line, width)).sum();
    let blocks: u32 = rows.windows(2).map(|two| blocks(two[0], two[1], pairs)).sum();
    let share = dark.iter().filter(|dark| **dark).count() * 200 / dark.len().max(1);
    in_lines + blocks + u32::try_from(share.abs_diff(100)).unwrap_or(u32::MAX)
}

/// Five modules alike: 3 points, and 1 for each more.
fn alike(line: Line, pairs: Line) -> u32 {
    let same = line.like(line.later(1)).and(pairs);
    let two = same.and(same.later(1));
    let four = two.and(two.later(2));
    four.count() + 2 * four.and_not(four.earlier()).count()
}

/// Each square of four alike: 3 points.
fn blocks(above: Line, below: Line, pairs: Line) -> u32 {
    let sides = above.like(above.later(1)).and(below.like(below.later(1)));
    3 * sides.and(above.like(below)).and(pairs).count()
}

/// Dark and light as in a finder pattern, with four light modules on one side: 40 points.
fn finder_like(line: Line, width: usize) -> u32 {
    let light = |by| Line([u64::MAX; 3]).and_not(line.later(by));
    let found = line.and(light(1)).and(line.later(2)).and(line.later(3)).and(line.later(4));
    let found = found.and(light(5)).and(line.later(6)).and(Line::first(width.saturating_sub(6)));
    if found.count() == 0 {
        return 0;
    }
    let starts = (0..width).filter(|at| found.bit(*at));
    let lonely = starts.filter(|&at| {
        let any = |mut modules: std::ops::Range<usize>| modules.any(|module| line.bit(module));
        !any(at.saturating_sub(4)..at) || !any(at + 7..(at + 11).min(width))
    });
    40 * lonely.map(|_| 1).sum::<u32>()
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
