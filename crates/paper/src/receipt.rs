//! The receipt (領収書) for a fee paid at a machine: the upper half of one sheet, from the printer of the certificates.
//!
//! For whoever needs to show an expense. It names nobody: people leave receipts lying about. Neither seal, code nor signature
//! is on it, so that nobody takes it for a certificate.

use base::Timestamp;

use crate::error::PaperError;
use crate::fonts::Typeface;
use crate::layout::{Align, Area, Style, frame};
use crate::slip::Slip;

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
        let under_the_sum = Area::new(LEFT + 40.0, 52.5, WIDTH - 80.0, 0.3);
        let slip = Slip {
            title: "領収書",
            texts: self.texts().into_iter().map(|text| (text, None)).collect(),
            rules: frame(SLIP, 0.3).into_iter().chain([under_the_sum]).collect(),
            municipality: &self.municipality,
            at: self.at,
            number: &self.number,
        };
        slip.draw(typeface)
    }
}
