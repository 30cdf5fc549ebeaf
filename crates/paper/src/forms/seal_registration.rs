//! 印鑑登録証明書: the registered seal of one person, at true size.
//!
//! For whoever compares the stamp on a contract with this one, often by laying one over the other: so the impression is
//! printed 1:1 and neither smoothed nor scaled. Items: certificates §2.2 (sex is no longer printed: recalled).
//!
//! ```text
//!             印鑑登録証明書
//!  ┌ 印影 ─────────┬ 氏名 ──────────┐
//!  │   (1:1)       ├ 旧氏 / 通称 ───┤
//!  │               ├ 生年月日 ──────┤
//!  │               ├ 住所 ──────────┤
//!  └───────────────┴ 備考 ──────────┘
//!                以下余白
//! ```

use base::Personal;
use krilla::image::{BitsPerComponent, CustomImage, Image, ImageColorspace};
use wire::certificate_code::{ClaimsBuilder, Item};

use super::{Form, FormPage, Headings, LEFT, Pair, THICK, TOP, VALUE, WIDTH, pair, refuse_blank, with_reading};
use crate::entry::Entry;
use crate::error::{Field, PaperError};
use crate::layout::{Align, Area, Block, Picture, Setter, Style, Whose, frame, sha256};
use crate::seal::SealError;

/// The longest side of a registered seal, in micrometres: what fits a square of 25 mm (certificates §2.2).
pub const LARGEST: u32 = 25_000;

/// Pixels a side may have: 25 mm at 1600 a inch.
const MOST_PIXELS: u32 = 1600;

/// The impression of a registered seal (印影): black and white, with its size on paper.
#[derive(Clone, PartialEq, Eq)]
pub struct Impression {
    width: u32,
    height: u32,
    /// One byte a pixel, 0 is ink.
    gray: Vec<u8>,
    /// Width and height on paper, in micrometres.
    size: (u32, u32),
}

impl std::fmt::Debug for Impression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Impression(<personal>)")
    }
}

impl Impression {
    /// Reads a PNG picture; `size` is its width and height on paper in micrometres. What is lighter than half is paper.
    ///
    /// # Errors
    /// [`SealError`]: not a PNG, blank, or no size a registered seal can have.
    pub fn from_png(bytes: &[u8], size: (u32, u32)) -> Result<Self, SealError> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8() | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().map_err(|_| SealError::NotAPicture)?;
        let (width, height) = reader.info().size();
        let fits =
            |pixels: u32, micrometres: u32| (1..=MOST_PIXELS).contains(&pixels) && (1..=LARGEST).contains(&micrometres);
        if !fits(width, size.0) || !fits(height, size.1) {
            return Err(SealError::Size);
        }
        let mut pixels = vec![0; reader.output_buffer_size().ok_or(SealError::NotAPicture)?];
        let info = reader.next_frame(&mut pixels).map_err(|_| SealError::NotAPicture)?;
        let channels = info.color_type.samples();
        let is_ink = |pixel: &[u8]| match *pixel {
            [gray, alpha] => gray < 128 && alpha >= 128,
            [red, green, blue, alpha] => alpha >= 128 && u16::from(red) + u16::from(green) + u16::from(blue) < 384,
            _ => false,
        };
        let pixels = pixels.get(..info.buffer_size()).unwrap_or_default();
        let gray: Vec<u8> = pixels.chunks_exact(channels).map(|pixel| if is_ink(pixel) { 0 } else { 255 }).collect();
        if !gray.contains(&0) || !gray.contains(&255) {
            return Err(SealError::Blank);
        }
        Ok(Self { width, height, gray, size })
    }

    fn picture(&self) -> Result<Picture, PaperError> {
        let sha256 = sha256(&self.gray);
        let pixels = Gray { width: self.width, height: self.height, gray: self.gray.clone() };
        let image = Image::from_custom(pixels, false).map_err(|_| SealError::NotAPicture)?;
        Ok(Picture { image, words: "登録されている印影(実物大)".to_owned(), sha256 })
    }
}

/// One byte a pixel.
#[derive(Clone, Hash)]
struct Gray {
    width: u32,
    height: u32,
    gray: Vec<u8>,
}

impl CustomImage for Gray {
    fn color_channel(&self) -> &[u8] {
        &self.gray
    }

    fn alpha_channel(&self) -> Option<&[u8]> {
        None
    }

    fn bits_per_component(&self) -> BitsPerComponent {
        BitsPerComponent::Eight
    }

    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn icc_profile(&self) -> Option<&[u8]> {
        None
    }

    fn color_space(&self) -> ImageColorspace {
        ImageColorspace::Luma
    }
}

/// What the certificate of one registered seal says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealRegistration {
    /// 氏名.
    pub name: Personal<String>,
    /// 氏名のローマ字, of foreign residents whose name is registered in other characters.
    pub alphabet_name: Entry,
    /// 旧氏; of Japanese only.
    pub former_name: Entry,
    /// 旧氏の振り仮名.
    pub former_name_reading: Entry,
    /// 通称; of foreign residents only.
    pub common_name: Entry,
    /// 通称の振り仮名.
    pub common_name_reading: Entry,
    /// 生年月日 as printed.
    pub birth_date: Personal<String>,
    /// 住所 on one line.
    pub address: Personal<String>,
    /// 備考, e.g. the reading by which a foreign resident's seal is registered.
    pub remarks: Entry,
    /// 印影.
    pub impression: Impression,
}

/// The box around the impression, in millimetres.
const SEAL_BOX: f32 = 44.0;
const ROW: f32 = 11.0;
const WIDE: Style = Style::new(13.0, 6.0, 2, Align::Left);
const PLACE: Style = Style::new(11.0, 5.0, 3, Align::Left);

impl SealRegistration {
    fn rows(&self) -> Vec<(f32, Vec<Pair>)> {
        let value = WIDTH - SEAL_BOX - 24.0;
        let row =
            |label, field, text: &str, height: f32, style| (height, vec![pair(label, 24.0, field, text, value, style)]);
        let mut rows = vec![row("氏名", Field::Name, self.name.reveal(), 14.0, WIDE)];
        // The box of a second name is there only for those who have one.
        if let Some(letters) = self.alphabet_name.value() {
            rows.push(row("氏名のローマ字", Field::AlphabetName, letters, ROW, VALUE));
        }
        let former = with_reading(&self.former_name, &self.former_name_reading);
        if !former.is_empty() {
            rows.push(row("旧氏", Field::FormerName, &former, ROW, VALUE));
        }
        let common = with_reading(&self.common_name, &self.common_name_reading);
        if !common.is_empty() {
            rows.push(row("通称", Field::CommonName, &common, ROW, VALUE));
        }
        rows.push(row("生年月日", Field::BirthDate, self.birth_date.reveal(), ROW, PLACE));
        rows.push(row("住所", Field::Address, self.address.reveal(), 16.0, PLACE));
        rows.push(row("備考", Field::Remarks, self.remarks.text(), ROW, VALUE));
        rows
    }
}

impl Form for SealRegistration {
    fn refuse_empty(&self) -> Result<(), PaperError> {
        refuse_blank(Field::Name, self.name.reveal())?;
        refuse_blank(Field::BirthDate, self.birth_date.reveal())?;
        refuse_blank(Field::Address, self.address.reveal())
    }

    fn pages(&self, setter: &Setter<'_>) -> Result<Vec<FormPage>, PaperError> {
        let mut page = FormPage::default();
        let rows = self.rows();
        let height: f32 = rows.iter().map(|(height, _)| height).sum();
        let top = TOP + 6.0;
        let outer = Area::new(LEFT + SEAL_BOX, top, WIDTH - SEAL_BOX, height);
        let table = super::table(setter, Some(0), outer, 0.0, 2, rows)?;
        // The picture comes first: that is what the paper is for.
        let seal_box = Area::new(LEFT, top, SEAL_BOX, height);
        // Whoever compares the impression sees it on white.
        page.clear.push(seal_box);
        let label = Area::new(LEFT, top, SEAL_BOX, 7.0);
        let text = setter.set(Whose::paper(Field::Label), "印影", label, super::LABEL)?;
        page.blocks.push(Block::Paragraph(text));
        page.shades.push(label);
        page.rules.extend(frame(seal_box, THICK));
        page.rules.push(Area::new(LEFT, label.y + label.h - super::THIN / 2.0, SEAL_BOX, super::THIN));
        let (w, h) = (self.impression.size.0 as f32 / 1000.0, self.impression.size.1 as f32 / 1000.0);
        let middle = label.y + label.h + (height - label.h) / 2.0;
        let area = Area::new(LEFT + (SEAL_BOX - w) / 2.0, middle - h / 2.0, w, h);
        page.blocks.push(Block::Picture { area, picture: self.impression.picture()? });
        page.table("登録されている人".to_owned(), table);
        let below = Area::new(LEFT, top + height + 2.0, WIDTH, 9.0);
        page.blocks.push(Block::Paragraph(setter.set(
            Whose::paper(Field::Label),
            "以下余白",
            below,
            super::BLANK_BELOW_STYLE,
        )?));
        page.closed = Some(Area::new(LEFT, below.y + below.h, WIDTH, super::BOTTOM - below.y - below.h - 4.0));
        Ok(vec![page])
    }

    fn claims(&self, _page: usize, builder: &mut ClaimsBuilder) {
        builder.person(self.name.clone(), self.birth_date.clone());
        builder.item(Item::FormerName, self.former_name.value());
        builder.item(Item::CommonName, self.common_name.value());
    }

    fn headings(&self) -> Headings {
        Headings::RESIDENT
    }

    fn place(&self) -> &Personal<String> {
        &self.address
    }

    fn people(&self) -> Vec<(Personal<String>, Personal<String>)> {
        vec![(self.name.clone(), self.birth_date.clone())]
    }
}
