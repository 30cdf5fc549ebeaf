//! A custodian's share of a key ceremony (鍵の儀式の分担) on one sheet, for a sealed envelope in a safe. The share stands there in
//! groups with a group that checks them, and as a code that a reader types; what to do with the sheet stands below.
//!
//! Printed once: whoever makes it keeps nothing. Its custodian types it back from the paper, so that a sheet that cannot be read
//! never counts.

use std::num::NonZeroU16;

use base::Timestamp;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::geom::Size;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::Outline;
use krilla::page::{Page, PageSettings};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, BBox, ContentTag, SpanTag, Tag, TagGroup, TagTree};
use krilla::{Document, SerializeSettings};

use crate::a4::PAGE;
use crate::barcode::Square;
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::layout::{Align, Area, MM, Setter, Style, Text, Whose, boxes, frame, gray};

/// What stands on the sheet; every text is printed as it is.
#[derive(Clone)]
pub struct ShareSheet {
    /// 市区町村名.
    pub municipality: String,
    /// The ceremony, by the name people read out.
    pub ceremony: String,
    /// How many custodians it needs.
    pub custodians: u8,
    /// Whose share it is.
    pub custodian: String,
    /// When it was made.
    pub at: Timestamp,
    /// Nine groups of four characters with hyphens between; the ninth checks the others.
    pub share: zeroize::Zeroizing<String>,
}

impl std::fmt::Debug for ShareSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ShareSheet({})", self.ceremony)
    }
}

const LEFT: f32 = 22.0;
const WIDTH: f32 = 166.0;
/// The groups, and the code beside them.
const GROUPS: Area = Area::new(LEFT, 82.0, 112.0, 60.0);
const CODE: Area = Area::new(LEFT + 118.0, 84.0, 46.0, 46.0);
const BODY: Style = Style::new(10.5, 7.0, 2, Align::Left);
/// What its custodian writes by hand: words and where the line begins.
const BY_HAND: [(&str, f32); 3] = [("封をした日", 0.0), ("立会人の署名", 56.0), ("保管の場所", 112.0)];

/// What to do with the sheet, in this order.
const STEPS: [&str; 6] = [
    "印刷した紙を見て、儀式の画面に入力し直します。紙から読めることを、これで確かめます。入力した人だけが分担を入れたことになります。",
    "中の見えない封筒に、この紙だけを入れて封をします。封の上に、日付と署名を書きます。",
    "市の金庫に、ほかの立会人の封筒とは別の場所で保管します。保管の場所は、下の欄と台帳に書きます。",
    "写真・コピー・電子ファイルを残しません。印刷機の履歴に残るときは、その場で消します。",
    "開けるのは、失われた鍵をつくり直す儀式のときだけです。立会人がそろった場所で、本人が開けます。",
    "なくしたとき、封が開いていたときは、すぐに鍵の担当者に知らせ、鍵の新しい版をつくります。",
];

impl ShareSheet {
    /// Each text with its box and manner, in reading order; the title comes first.
    fn texts(&self) -> Vec<(String, Area, Style)> {
        let time = self.at.japan_time();
        let at = format!("{} {}時{:02}分", time.date.japanese(), time.hour, time.minute);
        let across = |y, height| Area::new(LEFT, y, WIDTH, height);
        let centred = |size| Style::new(size, 8.0, 1, Align::Center);
        let mut texts = vec![
            ("鍵の儀式 立会人の分担".to_owned(), across(20.0, 12.0), Style { spacing: 0.3, ..centred(20.0) }),
            (
                "開封禁止。この紙は1枚だけで、市のシステムには写しがありません。".to_owned(),
                across(33.0, 8.0),
                centred(11.0),
            ),
        ];
        let ceremony = format!("{}(立会人{}人)", self.ceremony, self.custodians);
        let rows = [
            ("市区町村", self.municipality.as_str()),
            ("儀式", ceremony.as_str()),
            ("立会人", self.custodian.as_str()),
            ("印刷日時", at.as_str()),
        ];
        for ((label, value), line) in rows.into_iter().zip(0_u8..) {
            let y = 45.0 + 7.5 * f32::from(line);
            texts.push((label.to_owned(), Area::new(LEFT, y, 28.0, 7.0), BODY));
            texts.push((value.to_owned(), Area::new(LEFT + 28.0, y, WIDTH - 28.0, 7.0), BODY));
        }
        for (group, place) in self.share.split('-').zip(0_u8..) {
            let (row, column) = (f32::from(place / 3), f32::from(place % 3));
            let (x, y) = (GROUPS.x + 3.0 + 36.0 * column, GROUPS.y + 4.0 + 18.0 * row);
            let label = if place == 8 { "9 確認".to_owned() } else { (place + 1).to_string() };
            texts.push((label, Area::new(x, y, 34.0, 5.0), Style::new(8.0, 7.0, 1, Align::Center)));
            texts.push((group.to_owned(), Area::new(x, y + 4.5, 34.0, 11.0), Style { spacing: 0.12, ..centred(22.0) }));
        }
        let how = "0から9までの数字と、AからFまでの文字です(オー・アイはありません)。9番の組は、1番から8番までの書きまちがいを見つけます。";
        texts.push((how.to_owned(), across(144.0, 12.0), Style::new(9.0, 7.0, 2, Align::Left)));
        texts.push(("この紙の扱い".to_owned(), across(158.0, 8.0), Style::new(12.5, 9.0, 1, Align::Left)));
        for (step, place) in STEPS.into_iter().zip(0_u8..) {
            let y = 167.0 + 12.5 * f32::from(place);
            texts.push((
                format!("{}", place + 1),
                Area::new(LEFT, y, 8.0, 12.0),
                Style { align: Align::Center, ..BODY },
            ));
            texts.push((step.to_owned(), Area::new(LEFT + 8.0, y, WIDTH - 8.0, 12.0), BODY));
        }
        for (label, x) in BY_HAND {
            texts.push((label.to_owned(), Area::new(LEFT + x, 249.0, 50.0, 6.0), Style::new(9.0, 7.0, 1, Align::Left)));
        }
        let foot = format!("{} 儀式 {}", self.municipality, self.ceremony);
        texts.push((foot, across(278.0, 7.0), Style::new(8.0, 6.0, 1, Align::Center)));
        texts
    }

    /// Draws it: one sheet, PDF/A-2a and PDF/UA-1 like every paper.
    ///
    /// # Errors
    /// A glyph is missing, a text does not fit, the share fits no code, or the writer refuses.
    pub fn draw(&self, typeface: &Typeface) -> Result<Vec<u8>, PaperError> {
        let refused = |what: &str| PaperError::Export(what.to_owned());
        let code = Square::encode(&self.share, CODE.w).ok_or_else(|| refused("the code of a share"))?;
        let setter = Setter::new(typeface.shaper()?);
        let set =
            |(text, area, style): &(String, Area, Style)| setter.set(Whose::paper(Field::Label), text, *area, *style);
        let texts = self.texts().iter().map(set).collect::<Result<Vec<Text>, PaperError>>()?;
        let configuration = ConfigurationBuilder::new()
            .with_archival_validator(Archival::A2_A)
            .with_accessibility_validator(Accessibility::UA1)
            .finish()
            .map_err(|_| refused("configuration"))?;
        let mut document = Document::new_with(SerializeSettings { configuration, ..SerializeSettings::default() });
        let size = Size::from_wh(PAGE.0 * MM, PAGE.1 * MM).ok_or_else(|| refused("page size"))?;
        let mut page = document.start_page_with(PageSettings::new(size));
        let tree = drawn(&mut page, &texts, &code, typeface);
        page.finish();
        let (year, month, day) = self.at.date_in_japan().parts();
        let date = DateTime::new(year.unsigned_abs()).month(month.unsigned_abs()).day(day.unsigned_abs());
        document.set_metadata(
            Metadata::new()
                .title("鍵の儀式 立会人の分担".to_owned())
                .language("ja-JP".to_owned())
                .creator("Yakuba".to_owned())
                .authors(vec![self.municipality.clone()])
                .creation_date(date)
                .document_id(self.ceremony.clone()),
        );
        document.set_outline(Outline::new());
        document.set_tag_tree(tree);
        document.finish().map_err(|_| refused("share"))
    }
}

fn drawn(page: &mut Page<'_>, texts: &[Text], code: &Square, typeface: &Typeface) -> TagTree {
    let mut surface = page.surface();
    rules(&mut surface);
    let mut tree = TagTree::new();
    for (index, text) in texts.iter().enumerate() {
        let mut group = match index {
            0 => TagGroup::new(Tag::Hn(NonZeroU16::MIN, Some("鍵の儀式 立会人の分担".to_owned()))),
            _ => TagGroup::new(Tag::P),
        };
        group.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
        text.draw(&mut surface, typeface.krilla());
        surface.end_tagged();
        tree.push(group);
    }
    let bbox = CODE.rect().map(|rect| BBox::new(0, rect));
    let mut figure = TagGroup::new(Tag::Figure(Some("分担の9組と同じ文字の二次元コード".to_owned())).with_bbox(bbox));
    figure.push(surface.start_tagged(ContentTag::Other));
    code.draw(&mut surface, CODE);
    surface.end_tagged();
    tree.push(figure);
    surface.finish();
    tree
}

fn rules(surface: &mut Surface<'_>) {
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.set_fill(Some(gray(0)));
    let lines = BY_HAND.iter().map(|(_, x)| Area::new(LEFT + x, 268.0, 50.0, 0.3));
    let rules: Vec<Area> = frame(GROUPS, 0.5).into_iter().chain(lines).collect();
    if let Some(path) = boxes(&rules) {
        surface.draw_path(&path);
    }
    surface.end_tagged();
}
