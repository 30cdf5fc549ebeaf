//! What stands on a label (シールへの印字項目). As little as its purpose needs: [`ITEMS`] says what each item is for; what is
//! optional is off until the city turns it on.
//!
//! Two layouts. **For the case** (86 × 54 mm or a label near it): stands on a rigid case over nothing of the card. **For the
//! face** (only where the city's own rule allows a label on the card): each label of the sheet is cut in two. A band of 50 × 12 mm
//! goes on the card's free area and never covers what [`NEVER_COVERED`] names; no readable code is that small, so the other
//! part, with the code, goes on the case.
//!
//! ```text
//!  ┌ label of the sheet ──────────────┐
//!  │ ┌ band, 50 × 12, words ┐ ① card │
//!  │ └──────────────────────┘        │
//!  │ ┌ words ② case ──────┬ code ──┐ │
//!  │ └────────────────────┴────────┘ │
//!  └──────────────────────────────────┘
//! ```

use paper::label_sheet::{Format, Item as Drawn, Label, Spot};
use paper::seal::Seal;
use wire::certificate_code::to_text;
use wire::staff_id_code::StaffIdCode;

use super::records::Member;

/// What must stay visible on the card's face, whatever the label: the ends of the keys of its words.
pub const NEVER_COVERED: [&str; 7] =
    ["photo", "name", "birth-date", "valid-until", "signature-panel", "security-code", "contacts"];

/// An item of the label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Item {
    /// That it is a staff ID, and whose.
    Statement,
    /// Staff number.
    Number,
    /// Name.
    Name,
    /// Department.
    Department,
    /// Title.
    Title,
    /// Appointing authority with seal.
    Authority,
    /// First and last day.
    Days,
    /// Whom to tell who finds it.
    Contact,
    /// The label's number.
    Sticker,
    /// The signed code.
    Code,
}

/// A row of the table: what an item is for.
#[derive(Clone, Copy, Debug)]
pub struct Purpose {
    /// The item.
    pub item: Item,
    /// Its code in the settings.
    pub code: &'static str,
    /// In Japanese.
    pub japanese: &'static str,
    /// What it is for.
    pub is_for: &'static str,
    /// Whether a city may leave it away.
    pub is_optional: bool,
}

const fn row(
    item: Item,
    code: &'static str,
    japanese: &'static str,
    is_for: &'static str,
    is_optional: bool,
) -> Purpose {
    Purpose { item, code, japanese, is_for, is_optional }
}

/// Every item and what it is for (課題: 印字項目の情報量の精査). The policy names three: statement, number, authority.
pub const ITEMS: [Purpose; 10] = [
    row(Item::Statement, "statement", "身分証明書である旨", "見せられた人が、何の証明かを知る。政策の①", false),
    row(Item::Number, "number", "職員番号", "人事の記録と突き合わせる。政策の②", false),
    row(Item::Authority, "authority", "任命権者名と公印", "だれが証明しているかを示す。政策の③", false),
    row(Item::Days, "days", "発行日・有効期限", "古い証を見分ける", false),
    row(Item::Sticker, "sticker", "シール番号", "二次元コードが読めないときに、手で確かめる", false),
    row(Item::Code, "code", "署名した二次元コード", "偽造・期限・失効をその場で確かめる", false),
    row(Item::Name, "name", "氏名", "ケースの券面が見えない向きのときに要る。券面にも氏名がある", true),
    row(Item::Department, "department", "所属", "来庁者に所属を示す。異動のたびに貼り替えになる", true),
    row(Item::Title, "title", "職名", "立入りなどで職を示す。異動のたびに貼り替えになる", true),
    row(Item::Contact, "contact", "拾得時の連絡先", "拾った人が届けられる。住所や氏名は要らない", true),
];

/// Which of the two layouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// On a rigid case.
    Case,
    /// On the card's face, where the city's rule allows it.
    Face,
}

/// The band on the card's face, width and height in millimetres.
pub const FACE_BAND: (f32, f32) = (50.0, 12.0);
/// Sides of the code at least and at most, quiet zone included, in millimetres: fifteen would do for a short text; ours is signed.
const CODE_SIDES: (f32, f32) = (22.0, 25.0);
/// From the edge of a label to what is cut out of it, and between its parts, in millimetres.
const EDGE: f32 = 0.8;

/// A label cannot be drawn like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A case label needs about a card's size.
    #[error("the sheet's labels are too small for a case: at least 80 by 45 mm")]
    TooSmall,
    /// Band and code need their room.
    #[error("the sheet's labels are too small for a band for the card's face and a code: at least 63 by 36.4 mm")]
    TooSmallForTwo,
}

/// How labels look: what the city turned on, and what stands there besides.
#[derive(Clone, Debug)]
pub struct Style {
    /// Which layout.
    pub layout: Layout,
    /// Codes of the optional items that are on.
    pub on: Vec<String>,
    /// The city's name.
    pub city: String,
    /// Whom to tell who finds it.
    pub contact: String,
    /// The page that the code opens: `…/staff-id`.
    pub page: String,
}

impl Style {
    /// Whether this item stands on the label.
    pub fn shows(&self, item: Item) -> bool {
        ITEMS.iter().any(|row| row.item == item && (!row.is_optional || self.on.iter().any(|code| code == row.code)))
    }

    /// Whether labels of this sheet may be used.
    ///
    /// # Errors
    /// [`Unfit`].
    pub fn fits(&self, format: &Format) -> Result<(), Unfit> {
        let (width, height) = format.label;
        match self.layout {
            Layout::Case if width < 80.0 || height < 45.0 => Err(Unfit::TooSmall),
            Layout::Face if width < FACE_BAND.0 + 13.0 || code_side(height) < CODE_SIDES.0 => {
                Err(Unfit::TooSmallForTwo)
            }
            _ => Ok(()),
        }
    }

    /// The label of a member. `token` is the signed code.
    pub fn draw(&self, member: &Member, code: &StaffIdCode, token: &[u8], seal: &Seal, size: (f32, f32)) -> Label {
        match self.layout {
            Layout::Case => self.case(member, code, token, seal, size),
            Layout::Face => self.face(member, code, token, size),
        }
    }

    fn case(
        &self,
        member: &Member,
        code: &StaffIdCode,
        token: &[u8],
        seal: &Seal,
        (width, height): (f32, f32),
    ) -> Label {
        // Left column of words, right column with the code below the seal.
        let (edge, side) = (3.0, 25.0);
        let right = width - edge - side;
        let words = right - edge - 2.0;
        let mut label = vec![Drawn::Frame(Spot { x: 0.8, y: 0.8, w: width - 1.6, h: height - 1.6 })];
        let mut y = 2.6;
        let mut line = |text: String, high: f32, size: f32| {
            label.push(text_at(text, Spot { x: edge, y, w: words, h: high }, size));
            y += high + 0.5;
        };
        line(format!("{} 職員身分証明書", self.city), 5.2, 12.0);
        line("この証の所持者は、当市の職員であることを証明する。".to_owned(), 3.0, 6.5);
        line(format!("職員番号　{}", member.number), 4.2, 9.5);
        if self.shows(Item::Name) {
            line(member.name.reveal().clone(), 6.0, 14.0);
        }
        if self.shows(Item::Department) {
            line(member.department.clone(), 4.0, 8.5);
        }
        if self.shows(Item::Title) {
            line(member.title.clone(), 3.6, 8.0);
        }
        line(format!("発行　{}", code.issued_on.for_people()), 3.4, 7.5);
        line(format!("期限　{}", code.valid_until.for_people()), 3.4, 7.5);
        line(member.authority.clone(), 4.4, 10.0);
        if self.shows(Item::Contact) {
            line(format!("拾得時の連絡先　{}", self.contact), 3.0, 6.5);
        }
        label.push(Drawn::Seal { seal: seal.clone(), at: Spot { x: right + 5.5, y: 2.4, w: 14.0, h: 14.0 } });
        label.push(Drawn::Code {
            text: to_text(&self.page, token),
            at: Spot { x: right, y: 17.2, w: side, h: side },
            words: "職員身分証の確認用の二次元コード".to_owned(),
        });
        let number = Spot { x: right - 4.0, y: 17.2 + side + 0.4, w: side + 5.0, h: 3.0 };
        label.push(Drawn::Text { words: code.sticker.to_string(), at: number, size: 7.0, lines: 1, is_centred: true });
        label
    }

    /// The band for the card, and the part with the code for the case. Both name the label's number: who finds one knows the other.
    fn face(&self, member: &Member, code: &StaffIdCode, token: &[u8], (width, height): (f32, f32)) -> Label {
        let band = Spot { x: EDGE, y: EDGE, w: FACE_BAND.0, h: FACE_BAND.1 };
        let row = (band.h - 1.2) / 3.0;
        let line = |at: f32, text: String| {
            text_at(text, Spot { x: band.x + 1.5, y: band.y + 0.6 + at * row, w: band.w - 3.0, h: row }, 6.5)
        };
        let beside = band.x + band.w + 1.0;
        let note = |text: &str, y: f32, x: f32, w: f32| text_at(text.to_owned(), Spot { x, y, w, h: 2.6 }, 5.5);
        let mut label = vec![
            Drawn::Cut(band),
            line(0.0, format!("{} 職員身分証明書　{}", self.city, member.authority)),
            line(1.0, format!("職員番号 {}　期限 {}", member.number, code.valid_until)),
            line(2.0, format!("発行 {}　{}", code.issued_on, code.sticker)),
            note("① カードの", 4.4, beside, width - beside - EDGE),
            note("表面の空きへ", 7.2, beside, width - beside - EDGE),
        ];
        let side = code_side(height);
        let part = Spot { x: EDGE, y: 2.0 * EDGE + band.h, w: width - 2.0 * EDGE, h: side };
        let words = part.w - side - 3.0;
        let words_at = |y: f32, h: f32| Spot { x: part.x + 1.5, y: part.y + y, w: words, h };
        label.extend([
            Drawn::Cut(part),
            text_at(format!("{} 職員身分証明書", self.city), words_at(1.4, 4.2), 9.0),
            text_at("現在の職員かどうかを確かめる二次元コード".to_owned(), words_at(6.2, 2.8), 6.0),
            text_at(code.sticker.to_string(), words_at(9.6, 3.2), 7.5),
            text_at("② カードケースへ(カードには貼らない)".to_owned(), words_at(14.0, 2.6), 5.5),
            Drawn::Code {
                text: to_text(&self.page, token),
                at: Spot { x: part.x + part.w - side, y: part.y, w: side, h: side },
                words: "職員身分証の確認用の二次元コード".to_owned(),
            },
        ]);
        label
    }
}

/// The side of the code below the band, on a label of this height.
fn code_side(height: f32) -> f32 {
    (height - FACE_BAND.1 - 3.0 * EDGE).min(CODE_SIDES.1)
}

fn text_at(words: String, at: Spot, size: f32) -> Drawn {
    Drawn::Text { words, at, size, lines: 1, is_centred: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(layout: Layout, on: &[&str]) -> Style {
        Style {
            layout,
            on: on.iter().map(|code| (*code).to_owned()).collect(),
            city: "見本市".to_owned(),
            contact: "見本市 総務課".to_owned(),
            page: "http://127.0.0.1:8080/staff-id".to_owned(),
        }
    }

    #[test]
    fn what_is_optional_is_off_until_the_city_turns_it_on() {
        let plain = style(Layout::Case, &[]);
        assert!(!plain.shows(Item::Name) && !plain.shows(Item::Contact) && plain.shows(Item::Code));
        assert!(style(Layout::Case, &["name"]).shows(Item::Name));
        assert!(ITEMS.iter().all(|row| row.is_for.chars().count() > 6), "each says what it is for");
    }

    #[test]
    fn a_sheet_is_taken_for_what_its_labels_are_large_enough_for() {
        let of = |number| Format::of(number).unwrap();
        assert_eq!(style(Layout::Case, &[]).fits(of("ELM006")), Ok(()));
        assert_eq!(style(Layout::Case, &[]).fits(of("ELM034")), Err(Unfit::TooSmall));
        for small in ["ELM034", "GB902", "ELM022", "ELM012"] {
            assert_eq!(style(Layout::Face, &[]).fits(of(small)), Err(Unfit::TooSmallForTwo), "{small}");
        }
        for large in ["ELM008", "7161", "ELM006"] {
            assert_eq!(style(Layout::Face, &[]).fits(of(large)), Ok(()), "{large}");
        }
    }
}
