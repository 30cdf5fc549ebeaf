//! Everything a certificate says, gathered from the very texts that will be drawn, so that no form can forget an item.
//!
//! A table's row gives heading and value; the table's summary says whose they are. Names of places are the claims of the
//! copy in a wallet ([`wire::certificate_fields`]); a heading that has no name here keeps its own words.

use base::Date;
use wire::certificate_fields::Fields;

use super::Sheet;
use crate::entry::OMITTED;
use crate::forms::FormPage;
use crate::layout::{Block, Cell, CellKind, Text};

/// Where the tables of forms belong, by their summary.
const GROUPS: &[(&str, &str)] = &[("住所と世帯主", "household"), ("登録されている人", "holder")];

/// Printed headings and the names of their claims.
pub const NAMES: &[(&str, &str)] = &[
    ("住所", "address"),
    ("世帯主", "head"),
    ("氏名", "name"),
    ("振り仮名", "name_reading"),
    ("生年月日", "birth_date"),
    ("性別", "sex"),
    ("続柄", "relationship"),
    ("旧氏", "former_name"),
    ("通称", "common_name"),
    ("住民となった年月日", "resident_since"),
    ("住所を定めた年月日", "address_since"),
    ("届出年月日", "notified_on"),
    ("転入前住所", "previous_address"),
    ("異動前住所", "former_address"),
    ("本籍", "domicile"),
    ("筆頭者", "register_head"),
    ("国籍・地域", "nationality"),
    ("30条45区分", "article_30_45"),
    ("在留カード等番号", "residence_card_number"),
    ("在留資格", "residence_status"),
    ("在留期間", "residence_period"),
    ("満了日", "residence_expires_on"),
    ("備考", "remarks"),
];

/// Closes the free space of a page.
const BLANK_BELOW: &str = "以下余白";

/// The fields of a sheet and its form's pages.
pub(super) fn of(sheet: &Sheet, pages: &[FormPage]) -> Fields {
    let mut fields = Fields::new(&sheet.kind, sheet.request_id);
    for (place, value) in [
        ("title", sheet.title.as_str()),
        ("attestation", &sheet.attestation),
        ("municipality", &sheet.municipality),
        ("municipality_code", &sheet.municipality_code),
        ("mayor", &format!("{} {}", sheet.mayor_title, sheet.mayor_name)),
        ("issued_on", &Date::to_string(&sheet.issued_on)),
        ("document_number", &sheet.document_number),
        ("request", &sheet.request_id.to_string()),
    ] {
        fields.add(place, value);
    }
    // A table that stands on every page is said once.
    let mut said: Vec<Vec<(String, String)>> = Vec::new();
    for block in pages.iter().flat_map(|page| &page.blocks) {
        let items = match block {
            Block::Table { summary, rows } => items_of(&group_of(summary), rows),
            Block::Paragraph(text) if words(text) != BLANK_BELOW => vec![("text".to_owned(), words(text))],
            Block::Picture { picture, .. } => {
                vec![("picture".to_owned(), data_encoding::HEXLOWER.encode(&picture.sha256))]
            }
            _ => continue,
        };
        if !said.contains(&items) {
            items.iter().for_each(|(place, value)| fields.add(place, value));
            said.push(items);
        }
    }
    fields
}

/// `3人目` is `people.2`.
fn group_of(summary: &str) -> String {
    let number = summary.strip_suffix("人目").and_then(|number| number.parse::<usize>().ok()).filter(|&n| n > 0);
    if let Some(number) = number {
        return format!("people.{}", number - 1);
    }
    let known = GROUPS.iter().find(|(words, _)| *words == summary);
    known.map_or_else(|| plain(summary), |(_, name)| (*name).to_owned())
}

/// A place is parts between full stops, so none may stand in words.
fn plain(words: &str) -> String {
    words.replace('.', "．")
}

fn items_of(group: &str, rows: &[Vec<Cell>]) -> Vec<(String, String)> {
    let mut items = Vec::new();
    for row in rows {
        let mut name = "text".to_owned();
        for cell in row {
            let text = words(&cell.text);
            match cell.kind {
                CellKind::Heading => name = name_of(&text),
                CellKind::Value if text != OMITTED => items.push((format!("{group}.{name}"), text)),
                CellKind::Value => {}
            }
            if let Some(below) = &cell.below {
                items.push((format!("{group}.{name}_latin"), words(below)));
            }
        }
    }
    items
}

fn name_of(heading: &str) -> String {
    let known = NAMES.iter().find(|(words, _)| *words == heading);
    known.map_or_else(|| plain(heading), |(_, name)| (*name).to_owned())
}

/// The text as it was handed over: lines are parts of it, and an empty box holds one wide space.
fn words(text: &Text) -> String {
    let whole: String = text.lines.iter().map(crate::layout::Line::text).collect();
    if whole == "\u{3000}" { String::new() } else { whole }
}
