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

use super::{Nationality, Person};
use crate::entry::Entry;
use crate::error::{Field, PaperError};
use crate::forms::{LEFT, Pair, TOP, Table, VALUE, WIDTH, pair, with_reading};
use crate::layout::{Align, Area, Setter, Style, Text, Whose};

const HEADER_ROW: f32 = 7.0;
const HEADER_LABEL: f32 = 22.0;

/// Top of the first person.
const PEOPLE_TOP: f32 = 44.0;
/// Height of one person.
const PERSON_HEIGHT: f32 = 43.0;
/// From one person to the next.
const PERSON_STEP: f32 = 44.2;
/// The column with the person's number.
const STUB: f32 = 7.0;

const NAME: Style = Style::new(14.0, 5.0, 2, Align::Left);
const READING: Style = Style::new(8.0, 5.0, 2, Align::Left);
const DOMICILE: Style = Style::new(9.0, 5.0, 4, Align::Left);
const ADDRESS: Style = Style::new(11.0, 5.0, 2, Align::Left);
const PLACE: Style = Style::new(9.0, 5.0, 2, Align::Left);
const SHORT: Style = Style::new(9.0, 5.0, 2, Align::Center);

/// Columns of every table: three pairs.
const COLUMNS: u32 = 6;

/// Sets rows of pairs into a table of [`COLUMNS`].
fn table(
    setter: &Setter<'_>,
    person: Option<usize>,
    outer: Area,
    stub: f32,
    rows: Vec<(f32, Vec<Pair>)>,
) -> Result<Table, PaperError> {
    crate::forms::table(setter, person, outer, stub, COLUMNS, rows)
}

/// 住所 and 世帯主.
pub(super) fn header(setter: &Setter<'_>, address: &str, head: &Entry) -> Result<Table, PaperError> {
    let value = WIDTH - HEADER_LABEL;
    let outer = Area::new(LEFT, TOP, WIDTH, 2.0 * HEADER_ROW);
    let rows = vec![
        (HEADER_ROW, vec![pair("住所", HEADER_LABEL, Field::Address, address, value, ADDRESS)]),
        (HEADER_ROW, vec![pair("世帯主", HEADER_LABEL, Field::Head, head.text(), value, ADDRESS)]),
    ];
    table(setter, None, outer, 0.0, rows)
}

/// The box of the person in place `slot` of a page, from 0.
pub(super) fn person_area(slot: usize) -> Area {
    Area::new(LEFT, PEOPLE_TOP + slot as f32 * PERSON_STEP, WIDTH, PERSON_HEIGHT)
}

/// The person's number, in the column at the left.
pub(super) fn person_number(setter: &Setter<'_>, slot: usize, number: usize) -> Result<Text, PaperError> {
    let area = Area { w: STUB, ..person_area(slot) };
    let style = Style { inset: 0.2, ..Style::new(11.0, 6.0, 1, Align::Center) };
    setter.set(Whose::paper(Field::Label), &number.to_string(), area, style)
}

/// One person: `index` is the place on the paper, `slot` the place on the page.
pub(super) fn person(setter: &Setter<'_>, person: &Person, index: usize, slot: usize) -> Result<Table, PaperError> {
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

/// Where 以下余白 stands after `people` people on the page.
pub(super) fn blank_below(people: usize) -> Area {
    let top = PEOPLE_TOP + people as f32 * PERSON_STEP;
    let height = if people < super::PEOPLE_PER_PAGE { 9.0 } else { 4.4 };
    Area::new(LEFT, top - 0.8, WIDTH, height)
}

/// The free space under 以下余白, closed with a line so that nobody writes into it. `None` on a full page.
pub(super) fn free_space(people: usize) -> Option<Area> {
    let top = blank_below(people).y + 9.0;
    let bottom = PEOPLE_TOP + super::PEOPLE_PER_PAGE as f32 * PERSON_STEP - 2.0;
    (people < super::PEOPLE_PER_PAGE).then_some(Area::new(LEFT, top, WIDTH, bottom - top))
}
