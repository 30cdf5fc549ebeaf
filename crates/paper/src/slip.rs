//! What the papers share that are no certificates and stand on the upper half of one sheet: no seal, no code, no signature.

use std::num::NonZeroU16;

use base::Timestamp;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::Size;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::Outline;
use krilla::page::PageSettings;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

use crate::a4::PAGE;
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::layout::{Area, MM, Setter, Style, Text, Whose, boxes, gray};

/// A text with its box and manner, and its language where it is not Japanese.
pub(crate) type Placed = ((String, Area, Style), Option<&'static str>);

/// Such a paper.
pub(crate) struct Slip<'a> {
    /// Its title, as the file says it.
    pub title: &'a str,
    /// Its texts in reading order, the title first.
    pub texts: Vec<Placed>,
    /// Black boxes behind them.
    pub rules: Vec<Area>,
    /// Who gives it.
    pub municipality: &'a str,
    /// When.
    pub at: Timestamp,
    /// The paper's own name.
    pub number: &'a str,
}

impl Slip<'_> {
    /// Draws it: one sheet, PDF/A-2a and PDF/UA-1.
    ///
    /// # Errors
    /// A glyph is missing, a text does not fit, or the writer refuses.
    pub(crate) fn draw(&self, typeface: &Typeface) -> Result<Vec<u8>, PaperError> {
        let setter = Setter::new(typeface.shaper()?);
        let set = |((text, area, style), _): &Placed| setter.set(Whose::paper(Field::Label), text, *area, *style);
        let texts = self.texts.iter().map(set).collect::<Result<Vec<Text>, PaperError>>()?;
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_A)
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|_| PaperError::Export("configuration".to_owned()))?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let size = Size::from_wh(PAGE.0 * MM, PAGE.1 * MM).ok_or_else(|| PaperError::Export("page size".to_owned()))?;
        let mut page = document.start_page_with(PageSettings::new(size));
        let mut surface = page.surface();
        surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
        surface.set_fill(Some(gray(0)));
        if let Some(path) = boxes(&self.rules) {
            surface.draw_path(&path);
        }
        surface.end_tagged();
        let mut tree = TagTree::new();
        for (index, (text, (_, language))) in texts.iter().zip(&self.texts).enumerate() {
            let mut group = match index {
                0 => TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some(self.title.to_owned()))),
                _ => TagGroup::new(Tag::P),
            };
            group.push(surface.start_tagged(ContentTag::Span(SpanTag::empty().with_lang(*language))));
            text.draw(&mut surface, typeface.krilla());
            surface.end_tagged();
            tree.push(group);
        }
        surface.finish();
        page.finish();
        let (year, month, day) = self.at.date_in_japan().parts();
        let date = DateTime::new(year.unsigned_abs()).month(month.unsigned_abs()).day(day.unsigned_abs());
        document.set_metadata(
            Metadata::new()
                .title(self.title.to_owned())
                .language("ja-JP".to_owned())
                .creator("Yakuba".to_owned())
                .authors(vec![self.municipality.to_owned()])
                .creation_date(date)
                .document_id(self.number.to_owned()),
        );
        document.set_outline(Outline::new());
        document.set_tag_tree(tree);
        document.finish().map_err(|_| PaperError::Export(self.title.to_owned()))
    }
}
