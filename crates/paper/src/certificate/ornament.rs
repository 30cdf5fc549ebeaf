//! Fine waves behind the attestation (彩紋): dignity, and a pattern that a careless copy blurs.

use std::f32::consts::TAU;
use std::sync::LazyLock;

use krilla::color::luma;
use krilla::geom::{Path, PathBuilder};
use krilla::paint::Stroke;

use super::sheet::ORNAMENT;
use crate::layout::{Area, points};

/// Waves, and pieces of a curve in each.
const WAVES_COUNT: usize = 8;
const PIECES: usize = 18;

/// The waves, made once for each process.
pub(super) static WAVES: LazyLock<Option<Path>> = LazyLock::new(|| {
    let mut path = PathBuilder::new();
    for Wave { from: (x, y), curves } in waves() {
        path.move_to(x, y);
        for [x1, y1, x2, y2, x, y] in curves {
            path.cubic_to(x1, y1, x2, y2, x, y);
        }
    }
    path.finish()
});

/// A wave as plain numbers, in points.
#[derive(Clone, Debug)]
pub struct Wave {
    /// Where it begins.
    pub from: (f32, f32),
    /// Cubic curves: two control points and the end.
    pub curves: Vec<[f32; 6]>,
}

/// The waves.
pub(super) fn waves() -> Vec<Wave> {
    let wave = |wave: usize| {
        let at = |piece: usize| point(wave as f32 / WAVES_COUNT as f32, piece as f32 / PIECES as f32);
        let curve = |piece: usize| {
            let ((x0, y0, slope0), (x1, y1, slope1)) = (at(piece), at(piece + 1));
            let third = (x1 - x0) / 3.0;
            [x0 + third, y0 + slope0 * third, x1 - third, y1 - slope1 * third, x1, y1].map(points)
        };
        let (x, y, _) = at(0);
        Wave { from: (points(x), points(y)), curves: (0..PIECES).map(curve).collect() }
    };
    (0..WAVES_COUNT).map(wave).collect()
}

/// Millimetres and slope of a wave at `t` of its way. The swell is largest in the middle.
fn point(phase: f32, t: f32) -> (f32, f32, f32) {
    let height = |t: f32| {
        let swell = 0.25 + 0.75 * (t * TAU / 2.0).sin();
        ORNAMENT.y + ORNAMENT.h / 2.0 * (1.0 + swell * (TAU * (2.0 * t + phase)).sin())
    };
    let step = 1e-3;
    let slope = (height(t + step) - height(t - step)) / (2.0 * step * ORNAMENT.w);
    (ORNAMENT.x + ORNAMENT.w * t, height(t), slope)
}

/// Pale and thin.
pub(super) fn stroke() -> Stroke {
    Stroke { paint: luma::Color::new(214).into(), width: 0.35, ..Stroke::default() }
}

/// A line from the upper right to the lower left of free space.
pub(super) fn closing_line(area: Area) -> [f32; 4] {
    [area.x + area.w, area.y, area.x, area.y + area.h].map(points)
}
