//! The receipt (領収書) for a fee paid at a machine: the upper half of one sheet, from the printer of the certificates.
//!
//! For whoever needs to show an expense. It names nobody: people leave receipts lying about. Neither seal, code nor signature
//! is on it, so that nobody takes it for a certificate.

use std::num::NonZeroU16;

use base::Timestamp;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::Size;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::Outline;
use krilla::page::PageSettings;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

use crate::certificate::sheet::PAGE;
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::layout::{Align, Area, MM, Setter, Style, Text, Whose, boxes, frame, gray};

/// What stands on a receipt; every text is printed as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// 市区町村名.
    pub municipality: String,
    /// When the fee was kept.
    pub at: Timestamp,
    /// Where the machine stands.
    pub place: String,
    /// What was given for the fee: a certificate's title and how many copies, a card.
    pub paid_for: String,
    /// The fee, as people read it.
    pub fee: String,
    /// 受付番号.
    pub number: String,
    /// Whom to ask.
    pub contact: String,
}

/// The slip on the sheet, and where its texts begin and how wide they are, in millimetres.
const SLIP: Area = Area::new(15.0, 15.0, 180.0, 118.0);
const LEFT: f32 = 25.0;
const WIDTH: f32 = 160.0;

const BODY: Style = Style::new(11.0, 6.0, 2, Align::Left);

/// Characters of what was paid for that fit on one line with the sentence around them.
const ONE_LINE: usize = 16;

impl Receipt {
    /// Each text with its box and manner, in reading order; the title comes first.
    fn texts(&self) -> Vec<(String, Area, Style)> {
        let time = self.at.japan_time();
        let at = format!("{} {}時{:02}分", time.date.japanese(), time.hour, time.minute);
        let across = |y, height| Area::new(LEFT, y, WIDTH, height);
        let centred = |size| Style::new(size, 8.0, 1, Align::Center);
        let mut texts = vec![
            ("領収書".to_owned(), across(22.0, 12.0), Style { spacing: 0.5, ..centred(22.0) }),
            (format!("金額　{}", self.fee), across(40.0, 12.0), centred(20.0)),
            (
                format!("{}の交付手数料として、上記の金額を領収しました。", self.paid_for),
                // A long name of a card takes two lines.
                if self.paid_for.chars().count() > ONE_LINE { across(54.0, 13.0) } else { across(56.0, 8.0) },
                Style { align: Align::Center, ..BODY },
            ),
        ];
        let rows = [
            ("領収日時", at.as_str()),
            ("場所", self.place.as_str()),
            ("受付番号", self.number.as_str()),
            ("発行者", self.municipality.as_str()),
            ("問い合わせ先", self.contact.as_str()),
        ];
        for ((label, value), line) in rows.into_iter().zip(0_u8..) {
            let y = 70.0 + 9.0 * f32::from(line);
            texts.push((label.to_owned(), Area::new(LEFT, y, 36.0, 8.0), BODY));
            texts.push((value.to_owned(), Area::new(LEFT + 36.0, y, WIDTH - 36.0, 8.0), BODY));
        }
        let foot = "お名前などの個人情報は印刷していません。証明書ではありません。";
        texts.push((foot.to_owned(), across(120.0, 8.0), Style::new(8.0, 6.0, 1, Align::Center)));
        texts
    }

    /// Draws it: one sheet, PDF/A-2a and PDF/UA-1 like every paper.
    ///
    /// # Errors
    /// A glyph is missing, a text does not fit, or the writer refuses.
    pub fn draw(&self, typeface: &Typeface) -> Result<Vec<u8>, PaperError> {
        let setter = Setter::new(typeface.shaper()?);
        let set =
            |(text, area, style): &(String, Area, Style)| setter.set(Whose::paper(Field::Label), text, *area, *style);
        let texts = self.texts().iter().map(set).collect::<Result<Vec<Text>, PaperError>>()?;
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
        let under_the_sum = Area::new(LEFT + 40.0, 52.5, WIDTH - 80.0, 0.3);
        let rules: Vec<Area> = frame(SLIP, 0.3).into_iter().chain([under_the_sum]).collect();
        if let Some(path) = boxes(&rules) {
            surface.draw_path(&path);
        }
        surface.end_tagged();
        let mut tree = TagTree::new();
        for (index, text) in texts.iter().enumerate() {
            let mut group = match index {
                0 => TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some("領収書".to_owned()))),
                _ => TagGroup::new(Tag::P),
            };
            group.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
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
                .title("領収書".to_owned())
                .language("ja-JP".to_owned())
                .creator("Yakuba".to_owned())
                .authors(vec![self.municipality.clone()])
                .creation_date(date)
                .document_id(self.number.clone()),
        );
        document.set_outline(Outline::new());
        document.set_tag_tree(tree);
        document.finish().map_err(|_| PaperError::Export("receipt".to_owned()))
    }
}
