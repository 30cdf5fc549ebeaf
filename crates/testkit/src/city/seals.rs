//! Seals that nobody has: a ring around strokes that look like seal script and say nothing.
//!
//! Drawn in code, not from a font: the same seed must write the same bytes on every machine. No two are alike.

use wire::seal_registration::Impression;

use super::dice::Dice;

/// Usual diameters of round seals, in micrometres.
const DIAMETERS: [u32; 4] = [12_000, 13_500, 15_000, 16_500];
/// Dots an inch.
const DOTS: u32 = 600;
/// Nodes of the strokes along and across.
const NODES: usize = 7;

/// Strokes between neighbouring nodes, the same on the left and the right.
struct Strokes {
    across: [[bool; NODES]; NODES],
    down: [[bool; NODES]; NODES],
}

impl Strokes {
    fn draw(dice: &mut Dice) -> Self {
        let mut strokes = Self { across: [[false; NODES]; NODES], down: [[false; NODES]; NODES] };
        for row in 0..NODES {
            for column in 0..NODES.div_ceil(2) {
                let (across, down) = (dice.chance(5_200), dice.chance(6_200));
                // The piece between a node and the next one mirrors to the piece before the mirrored node.
                for at in [column, (NODES - 2).saturating_sub(column)] {
                    strokes.across[row][at] = across;
                }
                for at in [column, NODES - 1 - column] {
                    strokes.down[row][at] = down;
                }
            }
        }
        strokes
    }

    /// Whether there is ink at a place counted in nodes from the top left one.
    fn is_ink(&self, x: f64, y: f64) -> bool {
        const HALF: f64 = 0.17;
        let near = |at: f64| (at - at.round()).abs() <= HALF;
        let node = |at: f64| (at.round().max(0.0) as usize).min(NODES - 1);
        let between = |at: f64| (at.floor().max(0.0) as usize).min(NODES - 2);
        let is_across = near(y) && self.across[node(y)][between(x)];
        let is_down = near(x) && self.down[between(y)][node(x)];
        is_across || is_down
    }
}

/// One seal.
pub(super) fn impression(dice: &mut Dice) -> Impression {
    let diameter = DIAMETERS[dice.below(4) as usize % DIAMETERS.len()];
    let strokes = Strokes::draw(dice);
    let pixels = (diameter * DOTS).div_ceil(25_400);
    let radius = f64::from(pixels) / 2.0;
    // The nodes stand in a square that reaches under the ring.
    let cell = radius * 1.56 / (NODES - 1) as f64;
    let is_ink = |x: u32, y: u32| {
        let (x, y) = (f64::from(x) + 0.5 - radius, f64::from(y) + 0.5 - radius);
        let from_middle = x.hypot(y) / radius;
        let middle = (NODES - 1) as f64 / 2.0;
        match from_middle {
            ..0.84 => strokes.is_ink(x / cell + middle, y / cell + middle),
            0.9..=1.0 => true,
            _ => false,
        }
    };
    let row = |y: u32| {
        (0..pixels.div_ceil(8)).map(move |byte| {
            (0..8).fold(0u8, |bits, bit| {
                let x = byte * 8 + bit;
                bits << 1 | u8::from(x >= pixels || !is_ink(x, y))
            })
        })
    };
    let data: Vec<u8> = (0..pixels).flat_map(row).collect();
    Impression { png: png(pixels, &data), width: diameter, height: diameter }
}

/// One bit a pixel, 0 is ink. Writing into memory cannot fail; an empty picture would be refused by the import.
fn png(pixels: u32, data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels, pixels);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(data));
    if written.is_err() {
        return Vec::new();
    }
    bytes
}
