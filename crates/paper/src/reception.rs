//! The slip of a hospital's reception (受付票): the queue number, where to, when, what to do next, in three languages.
//!
//! It names nobody and bears no chart number: people leave it on chairs.

use base::Timestamp;

use crate::error::PaperError;
use crate::fonts::Typeface;
use crate::layout::{Align, Area, Style, frame};
use crate::slip::{Placed, Slip};

/// What stands on a slip; every text is printed as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reception {
    /// 市区町村名.
    pub municipality: String,
    /// The number that is called.
    pub number: String,
    /// Where to: department and room, as the hospital names them. Empty: none was said.
    pub place: String,
    /// When the number was given.
    pub at: Timestamp,
    /// Whether the hospital is a demo's: the paper says so.
    pub is_sample: bool,
}

/// The slip on the sheet, and where its texts begin and how wide they are, in millimetres.
const SLIP: Area = Area::new(15.0, 15.0, 180.0, 140.0);
const LEFT: f32 = 25.0;
const WIDTH: f32 = 160.0;

impl Reception {
    /// Draws it: one sheet, PDF/A-2a and PDF/UA-1 like every paper.
    ///
    /// # Errors
    /// A glyph is missing, a text does not fit, or the writer refuses.
    pub fn draw(&self, typeface: &Typeface) -> Result<Vec<u8>, PaperError> {
        let below_the_head = Area::new(LEFT, 35.0, WIDTH, 0.3);
        let below_the_time = Area::new(LEFT, 116.0, WIDTH, 0.3);
        let slip = Slip {
            title: "受付票",
            texts: self.texts(),
            rules: frame(SLIP, 0.3).into_iter().chain([below_the_head, below_the_time]).collect(),
            municipality: &self.municipality,
            at: self.at,
            number: &format!("{} {}", self.at.date_in_japan(), self.number),
        };
        slip.draw(typeface)
    }

    fn texts(&self) -> Vec<Placed> {
        let time = self.at.japan_time();
        let at = format!("受付時刻　{} {}時{:02}分", time.date.japanese(), time.hour, time.minute);
        let across = |y, height| Area::new(LEFT, y, WIDTH, height);
        let centred = |size| Style::new(size, 8.0, 1, Align::Center);
        let japanese = |text: String, area, style| ((text, area, style), None);
        let mut texts = vec![
            japanese("市立病院　受付票".to_owned(), across(20.0, 12.0), centred(22.0)),
            japanese("受付番号".to_owned(), across(38.0, 7.0), centred(13.0)),
            (("Queue number".to_owned(), across(44.0, 6.0), centred(10.0)), Some("en")),
            japanese(self.number.clone(), across(49.0, 44.0), Style::new(118.0, 40.0, 1, Align::Center)),
        ];
        if !self.place.is_empty() {
            let manner = Style::new(20.0, 9.0, 2, Align::Center);
            texts.push(japanese(self.place.clone(), across(94.0, 11.0), manner));
        }
        texts.push(japanese(at, across(106.0, 8.0), centred(12.0)));
        let next: [(&str, Option<&str>); 3] = [
            ("番号でお呼びします。上の場所の近くでお待ちください。分からないときは受付窓口へ。", None),
            ("番号で よびます。上の ところの 近くで まって ください。わからない ときは 窓口へ。", None),
            ("Your number will be called. Please wait near the place above, or ask at the desk.", Some("en")),
        ];
        for ((text, language), line) in next.into_iter().zip(0_u8..) {
            let area = across(119.0 + 8.5 * f32::from(line), 8.0);
            texts.push(((text.to_owned(), area, Style::new(11.5, 8.0, 1, Align::Left)), language));
        }
        let foot = if self.is_sample {
            "体験用の架空の病院です。お名前や診察券番号は印刷していません。"
        } else {
            "お名前や診察券番号は印刷していません。番号は今日だけのものです。"
        };
        texts.push(japanese(foot.to_owned(), across(146.0, 7.0), Style::new(8.5, 6.0, 1, Align::Center)));
        texts
    }
}
