//! A plan becomes bytes.

use std::num::{NonZeroU16, NonZeroU32};

use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::geom::{PathBuilder, Point, Size};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, BBox, ContentTag, SpanTag, TableHeaderScope, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

use super::sheet::keywords;
use super::{Sheet, latent, ornament};
use crate::a4::PAGE;
use crate::barcode::Square;
use crate::error::PaperError;
use crate::fonts::Typeface;
use crate::forms::FormPage;
use crate::layout::{Area, Block, Cell, CellKind, MM, Picture, boxes, gray};
use crate::seal::Seal;

/// Lightness of the boxes behind headings.
const SHADE: u8 = 240;

/// Draws all pages. Texts are known to be drawable; what is left to fail is the writer's own check.
pub(super) fn draw(
    sheet: &Sheet,
    typeface: &Typeface,
    pages: &[FormPage],
    squares: &[Square],
    seal: &Seal,
) -> Result<Vec<u8>, PaperError> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|_| PaperError::Export("configuration".to_owned()))?;
    let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
    let size = Size::from_wh(PAGE.0 * MM, PAGE.1 * MM).ok_or_else(|| PaperError::Export("page size".to_owned()))?;
    let mut tree = TagTree::new();
    for (index, (page_plan, square)) in pages.iter().zip(squares).enumerate() {
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        let mut pen = Pen { surface: &mut surface, typeface, page: index, square, seal };
        pen.background(page_plan);
        for block in &page_plan.blocks {
            let group = pen.block(block);
            tree.push(group);
        }
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(sheet, pages.len()));
    document.set_outline(outline(sheet, pages.len()));
    document.set_tag_tree(tree);
    document.finish().map_err(|error| PaperError::Export(kinds_of(&error)))
}

/// The kinds of faults in an export error, without any text of the document.
fn kinds_of(error: &krilla::error::KrillaError) -> String {
    use krilla::error::KrillaError;
    let word = |text: String| text.split(['(', ' ', '{']).next().unwrap_or_default().to_owned();
    match error {
        KrillaError::Validation(list) => {
            let mut kinds: Vec<_> = list.iter().map(|(fault, _)| word(format!("{fault:?}"))).collect();
            kinds.dedup();
            kinds.join(" ")
        }
        KrillaError::Font(..) => "Font".to_owned(),
        other => word(format!("{other:?}")),
    }
}

fn metadata(sheet: &Sheet, pages: usize) -> Metadata {
    let (year, month, day) = sheet.issued_on.parts();
    let date = DateTime::new(year.unsigned_abs()).month(month.unsigned_abs()).day(day.unsigned_abs());
    Metadata::new()
        .title(sheet.title.clone())
        .language("ja-JP".to_owned())
        .creator("Yakuba".to_owned())
        .authors(vec![sheet.municipality.clone()])
        .creation_date(date)
        .document_id(sheet.request_id.to_string())
        .keywords(keywords(sheet, pages))
}

fn outline(sheet: &Sheet, pages: usize) -> Outline {
    let mut outline = Outline::new();
    for page in 0..pages {
        let words = format!("{} {}/{pages}", sheet.title, page + 1);
        outline.push_child(OutlineNode::new(words, XyzDestination::new(page, Point::from_xy(0.0, 0.0))));
    }
    outline
}

/// Draws blocks on one page and builds their tags.
struct Pen<'a, 'p> {
    surface: &'a mut Surface<'p>,
    typeface: &'a Typeface,
    page: usize,
    square: &'a Square,
    seal: &'a Seal,
}

impl Pen<'_, '_> {
    /// Shades, rules and numbers beside the people: nothing a reader needs to hear.
    fn background(&mut self, page: &FormPage) {
        self.surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        latent::draw(self.surface, &page.clear);
        if let Some(path) = boxes(&page.shades) {
            self.surface.set_fill(Some(gray(SHADE)));
            self.surface.draw_path(&path);
        }
        if let Some(path) = &*ornament::WAVES {
            self.surface.set_fill(None);
            self.surface.set_stroke(Some(ornament::stroke()));
            self.surface.draw_path(path);
            if let Some([x0, y0, x1, y1]) = page.closed.map(ornament::closing_line) {
                let mut line = PathBuilder::new();
                line.move_to(x0, y0);
                line.line_to(x1, y1);
                line.finish().iter().for_each(|line| self.surface.draw_path(line));
            }
            self.surface.set_stroke(None);
        }
        self.surface.set_fill(Some(gray(0)));
        if let Some(path) = boxes(&page.rules) {
            self.surface.draw_path(&path);
        }
        for text in &page.ornaments {
            text.draw(self.surface, self.typeface.krilla());
        }
        self.surface.end_tagged();
    }

    fn block(&mut self, block: &Block) -> TagGroup {
        match block {
            Block::Heading { text, words } => {
                let tag = Tag::Hn(NonZeroU16::MIN, Some(words.clone()));
                let mut group = TagGroup::new(tag);
                group.push(self.text(&[text]));
                group
            }
            Block::Paragraph(text) => {
                let mut group = TagGroup::new(Tag::P);
                group.push(self.text(&[text]));
                group
            }
            Block::Table { summary, rows } => self.table(summary, rows),
            Block::Seal(area) => self.seal(*area),
            Block::Picture { area, picture } => self.picture(*area, picture),
            Block::Code(area) => self.code(*area),
        }
    }

    /// One marked sequence with the texts in it.
    fn text(&mut self, texts: &[&crate::layout::Text]) -> krilla::tagging::Identifier {
        self.surface.set_fill(Some(gray(0)));
        let id = self.surface.start_tagged(ContentTag::Span(SpanTag::empty()));
        for text in texts {
            text.draw(self.surface, self.typeface.krilla());
        }
        self.surface.end_tagged();
        id
    }

    fn table(&mut self, summary: &str, rows: &[Vec<Cell>]) -> TagGroup {
        let mut table = TagGroup::new(Tag::Table.with_summary(Some(summary.to_owned())));
        for cells in rows {
            let mut row = TagGroup::new(Tag::TR);
            for cell in cells {
                row.push(self.cell(cell));
            }
            table.push(row);
        }
        table
    }

    fn cell(&mut self, cell: &Cell) -> TagGroup {
        let span = NonZeroU32::new(cell.span).filter(|span| span.get() > 1);
        let mut group = match cell.kind {
            CellKind::Heading => TagGroup::new(Tag::TH(TableHeaderScope::Row).with_col_span(span)),
            CellKind::Value => TagGroup::new(Tag::TD.with_col_span(span)),
        };
        group.push(self.text(&[&cell.text]));
        if let Some(below) = &cell.below {
            group.push(self.text(&[below]));
        }
        group
    }

    fn figure(&self, words: String, area: Area) -> TagGroup {
        let bbox = area.rect().map(|rect| BBox::new(self.page, rect));
        TagGroup::new(Tag::Figure(Some(words)).with_bbox(bbox))
    }

    fn seal(&mut self, area: Area) -> TagGroup {
        let image = self.seal.image.clone();
        self.image(area, image, format!("電子公印 {}", self.seal.name))
    }

    fn picture(&mut self, area: Area, picture: &Picture) -> TagGroup {
        self.image(area, picture.image.clone(), picture.words.clone())
    }

    fn image(&mut self, area: Area, image: krilla::image::Image, words: String) -> TagGroup {
        let mut group = self.figure(words, area);
        group.push(self.surface.start_tagged(ContentTag::Other));
        if let Some(size) = Size::from_wh(area.w * MM, area.h * MM) {
            let at = krilla::geom::Transform::from_translate(area.x * MM, area.y * MM);
            self.surface.push_transform(&at);
            self.surface.draw_image(image, size);
            self.surface.pop();
        }
        self.surface.end_tagged();
        group
    }

    fn code(&mut self, area: Area) -> TagGroup {
        let mut group = self.figure("内容を確かめるための二次元コード".to_owned(), area);
        group.push(self.surface.start_tagged(ContentTag::Other));
        self.square.draw(self.surface, area);
        self.surface.end_tagged();
        group
    }
}
