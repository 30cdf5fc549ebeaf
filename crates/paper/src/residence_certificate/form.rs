//! Where everything stands on 住民票の写し. Millimetres of the national form are not published in words (certificates
//! §10), so these are ours; order and words of the fields are the form's (recalled).
//!
//! ```text
//!            住民票の写し                       page n/m
//!  ┌ 住所 ───────────────────────────────────────────┐
//!  └ 世帯主 ─────────────────────────────────────────┘
//!  ┌1┬ 振り仮名 ──────────────┬ 生年月日 ────────────┐
//!  │ ├ 氏名 ──────────────────┼ 性別 ── 続柄 ────────┤
//!  │ ├ 旧氏 / 通称 ───────────┼ 備考 ────────────────┤
//!  │ ├ 住民となった ─ 住所を定めた ─ 届出 ───────────┤
//!  │ ├ 転入前住所 ───────────────────────────────────┤   × 4 a page
//!  │ ├ 異動前住所 ───────────────────────────────────┤
//!  └─┴ 本籍 ─ 筆頭者 / 国籍・在留資格 … ──────────────┘
//!                       以下余白
//!  ┌──────┐   認証文
//!  │ code │   令和 年 月 日
//!  └──────┘   見本市長 氏名  (seal)
//!  発行番号 ─ 請求番号 ─ page n/m
//! ```

use super::{Entry, Nationality, Person};
use crate::error::{Field, PaperError};
use crate::layout::{Align, Area, Cell, CellKind, Setter, Style, Text, Whose, frame};

/// A4 portrait, in millimetres.
pub(crate) const PAGE: (f32, f32) = (210.0, 297.0);

/// Left edge and width of everything.
pub(crate) const LEFT: f32 = 15.0;
/// See [`LEFT`].
pub(crate) const WIDTH: f32 = 180.0;

pub(crate) const TITLE: Area = Area::new(45.0, 13.0, 120.0, 11.0);
pub(crate) const HEADER_TOP: f32 = 27.5;
const HEADER_ROW: f32 = 7.0;
const HEADER_LABEL: f32 = 22.0;

/// Top of the first person.
pub(crate) const PEOPLE_TOP: f32 = 44.0;
/// Height of one person.
pub(crate) const PERSON_HEIGHT: f32 = 43.0;
/// From one person to the next.
pub(crate) const PERSON_STEP: f32 = 44.2;
/// The column with the person's number.
const STUB: f32 = 7.0;

pub(crate) const CODE: Area = Area::new(13.4, 227.2, 45.0, 45.0);
pub(crate) const CODE_NOTE: Area = Area::new(15.0, 273.0, 180.0, 7.0);
pub(crate) const ATTESTATION: Area = Area::new(68.0, 229.0, 122.0, 12.0);
pub(crate) const ISSUED: Area = Area::new(78.0, 242.5, 60.0, 7.0);
pub(crate) const MAYOR: Area = Area::new(68.0, 254.0, 100.0, 10.0);
/// Over the end of the mayor's name, as a stamp is set.
pub(crate) const SEAL: Area = Area::new(163.0, 247.0, 24.0, 24.0);
/// The fine lines behind the attestation.
pub(crate) const ORNAMENT: Area = Area::new(64.0, 227.0, 131.0, 45.0);
/// The frame of the page, outer and inner line.
pub(crate) const PAGE_FRAMES: [(Area, f32); 2] =
    [(Area::new(9.0, 8.0, 192.0, 280.5), 0.45), (Area::new(10.2, 9.2, 189.6, 278.1), 0.12)];
pub(crate) const NUMBERS_RULE: Area = Area::new(15.0, 281.4, 180.0, 0.12);
const NUMBERS_TOP: f32 = 281.8;
pub(crate) const NUMBERS: [Area; 3] = [
    Area::new(15.0, NUMBERS_TOP, 60.0, 5.0),
    Area::new(75.0, NUMBERS_TOP, 90.0, 5.0),
    Area::new(165.0, NUMBERS_TOP, 30.0, 5.0),
];

/// Line widths in millimetres.
const THIN: f32 = 0.11;
const THICK: f32 = 0.32;

pub(crate) const TITLE_STYLE: Style = Style { spacing: 0.35, ..Style::new(19.0, 12.0, 1, Align::Center) };
pub(crate) const ATTESTATION_STYLE: Style = Style::new(11.0, 8.0, 2, Align::Left);
pub(crate) const ISSUED_STYLE: Style = Style::new(11.0, 9.0, 1, Align::Left);
pub(crate) const MAYOR_STYLE: Style = Style::new(15.0, 10.0, 1, Align::Right);
pub(crate) const NOTE_STYLE: Style = Style { inset: 0.0, ..Style::new(6.5, 5.0, 3, Align::Left) };
pub(crate) const BLANK_BELOW_STYLE: Style = Style { spacing: 0.6, ..Style::new(9.0, 8.0, 1, Align::Center) };
const NUMBER_LEFT: Style = Style { inset: 0.0, ..Style::new(7.5, 6.0, 1, Align::Left) };
pub(crate) const NUMBER_STYLES: [Style; 3] =
    [NUMBER_LEFT, Style { align: Align::Center, ..NUMBER_LEFT }, Style { align: Align::Right, ..NUMBER_LEFT }];

const LABEL: Style = Style { inset: 0.6, ..Style::new(7.0, 5.0, 2, Align::Center) };
const VALUE: Style = Style::new(9.0, 5.0, 2, Align::Left);
const NAME: Style = Style::new(14.0, 5.0, 2, Align::Left);
const READING: Style = Style::new(8.0, 5.0, 2, Align::Left);
const DOMICILE: Style = Style::new(9.0, 5.0, 4, Align::Left);
const ADDRESS: Style = Style::new(11.0, 5.0, 2, Align::Left);
const PLACE: Style = Style::new(9.0, 5.0, 2, Align::Left);
const SHORT: Style = Style::new(9.0, 5.0, 2, Align::Center);

/// A heading and its value, side by side.
struct Pair {
    label: &'static str,
    label_width: f32,
    field: Field,
    value: String,
    value_width: f32,
    style: Style,
}

fn pair(label: &'static str, label_width: f32, field: Field, value: &str, value_width: f32, style: Style) -> Pair {
    Pair { label, label_width, field, value: value.to_owned(), value_width, style }
}

/// Columns of every table: three pairs.
const COLUMNS: u32 = 6;

/// Everything of one table.
pub(crate) struct Table {
    pub rows: Vec<Vec<Cell>>,
    /// Boxes behind headings.
    pub shades: Vec<Area>,
    /// Lines, as thin boxes.
    pub rules: Vec<Area>,
}

/// Sets rows of pairs into a table with its rules.
fn table(
    setter: &Setter<'_>,
    person: Option<usize>,
    outer: Area,
    stub: f32,
    rows: Vec<(f32, Vec<Pair>)>,
) -> Result<Table, PaperError> {
    let mut made = Table { rows: Vec::with_capacity(rows.len()), shades: Vec::new(), rules: Vec::new() };
    let mut y = outer.y;
    for (height, pairs) in rows {
        let mut x = outer.x + stub;
        let mut cells = Vec::with_capacity(pairs.len() * 2);
        let count = pairs.len() as u32;
        if y > outer.y {
            made.rules.push(Area::new(x, y - THIN / 2.0, outer.w - stub, THIN));
        }
        for (index, pair) in pairs.into_iter().enumerate() {
            let heading = Area::new(x, y, pair.label_width, height);
            let value = Area::new(x + pair.label_width, y, pair.value_width, height);
            if index > 0 {
                made.rules.push(Area::new(x - THIN / 2.0, y, THIN, height));
            }
            made.rules.push(Area::new(value.x - THIN / 2.0, y, THIN, height));
            made.shades.push(heading);
            let label = setter.set(Whose::paper(Field::Label), pair.label, heading, LABEL)?;
            cells.push(Cell { kind: CellKind::Heading, span: 1, text: label, below: None });
            let text = setter.set(Whose { field: pair.field, person }, &pair.value, value, pair.style)?;
            // The last value of a row covers the columns that other rows divide.
            let span = if index as u32 + 1 == count { COLUMNS + 1 - 2 * count } else { 1 };
            cells.push(Cell { kind: CellKind::Value, span, text, below: None });
            x += pair.label_width + pair.value_width;
        }
        made.rows.push(cells);
        y += height;
    }
    if stub > 0.0 {
        made.rules.push(Area::new(outer.x + stub - THIN / 2.0, outer.y, THIN, outer.h));
    }
    made.rules.extend(frame(outer, THICK));
    Ok(made)
}

/// 住所 and 世帯主.
pub(crate) fn header(setter: &Setter<'_>, address: &str, head: &Entry) -> Result<Table, PaperError> {
    let value = WIDTH - HEADER_LABEL;
    let outer = Area::new(LEFT, HEADER_TOP, WIDTH, 2.0 * HEADER_ROW);
    let rows = vec![
        (HEADER_ROW, vec![pair("住所", HEADER_LABEL, Field::Address, address, value, ADDRESS)]),
        (HEADER_ROW, vec![pair("世帯主", HEADER_LABEL, Field::Head, head.text(), value, ADDRESS)]),
    ];
    table(setter, None, outer, 0.0, rows)
}

/// The box of the person in place `slot` of a page, from 0.
pub(crate) fn person_area(slot: usize) -> Area {
    Area::new(LEFT, PEOPLE_TOP + slot as f32 * PERSON_STEP, WIDTH, PERSON_HEIGHT)
}

/// The person's number, in the column at the left.
pub(crate) fn person_number(setter: &Setter<'_>, slot: usize, number: usize) -> Result<Text, PaperError> {
    let area = Area { w: STUB, ..person_area(slot) };
    let style = Style { inset: 0.2, ..Style::new(11.0, 6.0, 1, Align::Center) };
    setter.set(Whose::paper(Field::Label), &number.to_string(), area, style)
}

/// One person: `index` is the place on the paper, `slot` the place on the page.
pub(crate) fn person(setter: &Setter<'_>, person: &Person, index: usize, slot: usize) -> Result<Table, PaperError> {
    let rows = rows_of(person);
    let mut made = table(setter, Some(index), person_area(slot), STUB, rows)?;
    if let Some(alphabet) = person.alphabet_name.value() {
        name_with_letters(setter, person, alphabet, index, slot, &mut made)?;
    }
    Ok(made)
}

/// Heights of the first two rows.
const READING_ROW: f32 = 4.7;
const NAME_ROW: f32 = 8.3;
const ROW: f32 = 5.0;

/// Sets the name cell again, with the name in letters under the name.
fn name_with_letters(
    setter: &Setter<'_>,
    person: &Person,
    alphabet: &str,
    index: usize,
    slot: usize,
    made: &mut Table,
) -> Result<(), PaperError> {
    let outer = person_area(slot);
    let upper = Area::new(outer.x + STUB + 20.0, outer.y + READING_ROW, 73.0, 4.4);
    let lower = Area { y: upper.y + upper.h, h: NAME_ROW - upper.h, ..upper };
    let whose = |field| Whose { field, person: Some(index) };
    let name = setter.set(whose(Field::Name), person.name.reveal(), upper, Style { size: 11.0, ..NAME })?;
    let letters = setter.set(whose(Field::AlphabetName), alphabet, lower, READING)?;
    if let Some(cell) = made.rows.get_mut(1).and_then(|row| row.get_mut(1)) {
        cell.text = name;
        cell.below = Some(letters);
    }
    Ok(())
}

fn rows_of(person: &Person) -> Vec<(f32, Vec<Pair>)> {
    let mut rows = vec![
        (
            READING_ROW,
            vec![
                pair("振り仮名", 20.0, Field::Reading, person.reading.text(), 73.0, READING),
                pair("生年月日", 20.0, Field::BirthDate, person.birth_date.reveal(), 60.0, VALUE),
            ],
        ),
        (
            NAME_ROW,
            vec![
                pair("氏名", 20.0, Field::Name, person.name.reveal(), 73.0, NAME),
                pair("性別", 10.0, Field::Sex, person.sex.text(), 16.0, SHORT),
                pair("続柄", 10.0, Field::Relationship, person.relationship.text(), 44.0, VALUE),
            ],
        ),
    ];
    let remarks = pair("備考", 20.0, Field::Remarks, person.remarks.text(), 60.0, VALUE);
    let second_name = match person.nationality {
        Nationality::Japanese { .. } => {
            let text = with_reading(&person.former_name, &person.former_name_reading);
            pair("旧氏", 20.0, Field::FormerName, &text, 73.0, VALUE)
        }
        Nationality::Foreign { .. } => {
            let text = with_reading(&person.common_name, &person.common_name_reading);
            pair("通称", 20.0, Field::CommonName, &text, 73.0, VALUE)
        }
    };
    rows.push((ROW, vec![second_name, remarks]));
    rows.push((
        ROW,
        vec![
            pair("住民となった年月日", 26.0, Field::BecameResident, person.became_resident.text(), 31.5, SHORT),
            pair("住所を定めた年月日", 26.0, Field::AddressSet, person.address_set.text(), 31.5, SHORT),
            pair("届出年月日", 20.0, Field::Notified, person.notified.text(), 38.0, SHORT),
        ],
    ));
    let place = |label, field, entry: &Entry| (ROW, vec![pair(label, 20.0, field, entry.text(), 153.0, PLACE)]);
    rows.push(place("転入前住所", Field::PreviousAddress, &person.previous_address));
    rows.push(place("異動前住所", Field::FormerAddress, &person.former_address));
    rows.extend(rows_of_nationality(&person.nationality));
    rows
}

fn rows_of_nationality(nationality: &Nationality) -> Vec<(f32, Vec<Pair>)> {
    match nationality {
        Nationality::Japanese { domicile, register_head } => vec![(
            2.0 * ROW,
            vec![
                pair("本籍", 20.0, Field::Domicile, domicile.text(), 93.0, DOMICILE),
                pair("筆頭者", 16.0, Field::RegisterHead, register_head.text(), 44.0, DOMICILE),
            ],
        )],
        Nationality::Foreign { country_or_region, category, status, period, expiry, card_number } => vec![
            (
                ROW,
                vec![
                    pair("国籍・地域", 20.0, Field::CountryOrRegion, country_or_region.text(), 34.0, VALUE),
                    pair("30条45区分", 20.0, Field::Category, category.text(), 34.0, VALUE),
                    pair("在留カード等番号", 25.0, Field::ResidenceCardNumber, card_number.text(), 40.0, SHORT),
                ],
            ),
            (
                ROW,
                vec![
                    pair("在留資格", 20.0, Field::ResidenceStatus, status.text(), 47.0, VALUE),
                    pair("在留期間", 18.0, Field::ResidencePeriod, period.text(), 28.0, SHORT),
                    pair("満了日", 20.0, Field::ResidenceExpiry, expiry.text(), 40.0, SHORT),
                ],
            ),
        ],
    }
}

fn with_reading(name: &Entry, reading: &Entry) -> String {
    match (name.text(), reading.value()) {
        ("", _) => String::new(),
        (name, Some(reading)) => format!("{name}（{reading}）"),
        (name, None) => name.to_owned(),
    }
}

/// Where 以下余白 stands after `people` people on the page.
pub(crate) fn blank_below(people: usize) -> Area {
    let top = PEOPLE_TOP + people as f32 * PERSON_STEP;
    let height = if people < super::PEOPLE_PER_PAGE { 9.0 } else { 4.4 };
    Area::new(LEFT, top - 0.8, WIDTH, height)
}

/// The free space under 以下余白, closed with a line so that nobody writes into it. `None` on a full page.
pub(crate) fn free_space(people: usize) -> Option<Area> {
    let top = blank_below(people).y + 9.0;
    let bottom = PEOPLE_TOP + super::PEOPLE_PER_PAGE as f32 * PERSON_STEP - 2.0;
    (people < super::PEOPLE_PER_PAGE).then_some(Area::new(LEFT, top, WIDTH, bottom - top))
}
