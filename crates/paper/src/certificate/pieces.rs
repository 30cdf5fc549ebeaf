//! What one page draws, as plain numbers: so that a benchmark can draw the very same page with the bare library, and a
//! test can look at places without opening a file.

use super::latent::Screen;
use super::ornament::{Wave, closing_line, waves};
use super::sheet::keywords;
use super::{Plan, sheet};
use crate::barcode::Square;
use crate::layout::{Area, Block, Text};

/// One line of text.
#[derive(Clone, Debug)]
pub struct PieceOfText {
    /// Left end of the baseline, in points from the top left.
    pub at: (f32, f32),
    /// Size in points.
    pub size: f32,
    /// The text.
    pub text: base::Personal<String>,
    /// Which row of a table it belongs to, counted over the page; `None` outside tables.
    pub row: Option<usize>,
    /// Whether it heads a row.
    pub is_heading: bool,
}

/// Everything of one page.
#[derive(Clone, Debug, Default)]
pub struct Pieces {
    /// Texts in reading order.
    pub texts: Vec<PieceOfText>,
    /// Boxes behind headings: left, top, right, bottom in points.
    pub shades: Vec<[f32; 4]>,
    /// Lines as thin boxes.
    pub rules: Vec<[f32; 4]>,
    /// The code's box (left, top, side, in millimetres), its modules on each side, and which are dark.
    pub code: Option<([f32; 3], usize, Vec<bool>)>,
    /// The seal's box in millimetres.
    pub seal: [f32; 3],
    /// The word that shows on a copy.
    pub screen: Option<Screen>,
    /// The waves behind the attestation.
    pub waves: Vec<Wave>,
    /// The line that closes free space: from and to in points.
    pub closing_line: Option<[f32; 4]>,
    /// Texts that no reader needs to hear: numbers beside the people, the micro text.
    pub ornaments: Vec<PieceOfText>,
    /// The keywords of the document.
    pub keywords: Vec<String>,
}

impl Plan<'_> {
    /// The pieces of page `page` (from 1) with `code` as the text of its code; `None` beyond the last page.
    pub fn pieces(&self, page: usize, code: &str) -> Option<Pieces> {
        let plan = self.pages.get(page.checked_sub(1)?)?;
        let edges = |area: &Area| {
            let rect = area.rect()?;
            Some([rect.left(), rect.top(), rect.right(), rect.bottom()])
        };
        let mut pieces = Pieces {
            shades: plan.shades.iter().filter_map(edges).collect(),
            rules: plan.rules.iter().filter_map(edges).collect(),
            seal: [sheet::SEAL.x, sheet::SEAL.y, sheet::SEAL.w],
            screen: Some(Screen::of(&plan.clear)),
            waves: waves(),
            closing_line: plan.closed.map(closing_line),
            ornaments: plan.ornaments.iter().flat_map(|text| pieces_of(text, None, false)).collect(),
            keywords: keywords(&self.certificate.sheet, self.pages.len()),
            ..Pieces::default()
        };
        let square = Square::encode(code, sheet::CODE.w);
        pieces.code = square.map(|square| ([sheet::CODE.x, sheet::CODE.y, sheet::CODE.w], square.width, square.dark));
        let mut row_number = 0;
        for block in &plan.blocks {
            match block {
                Block::Heading { text, .. } | Block::Paragraph(text) => pieces.add(text, None, false),
                Block::Table { rows, .. } => {
                    for row in rows {
                        for cell in row {
                            let is_heading = cell.kind == crate::layout::CellKind::Heading;
                            pieces.add(&cell.text, Some(row_number), is_heading);
                            if let Some(below) = &cell.below {
                                pieces.add(below, Some(row_number), is_heading);
                            }
                        }
                        row_number += 1;
                    }
                }
                Block::Seal(_) | Block::Code(_) | Block::Picture { .. } => {}
            }
        }
        Some(pieces)
    }
}

impl Pieces {
    fn add(&mut self, text: &Text, row: Option<usize>, is_heading: bool) {
        self.texts.extend(pieces_of(text, row, is_heading));
    }
}

fn pieces_of(text: &Text, row: Option<usize>, is_heading: bool) -> impl Iterator<Item = PieceOfText> + '_ {
    text.lines.iter().map(move |line| PieceOfText {
        at: line.at(),
        size: line.size(),
        text: line.text().to_owned().into(),
        row,
        is_heading,
    })
}
