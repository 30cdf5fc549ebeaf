//! A list in CSV. Column names are those of the national open data set 推奨データセット「イベント一覧」, or English ones.

use std::collections::BTreeSet;

use super::times::{day, minute};
use super::{Fault, Field, Raw, Read, Reason, Result2, When, text_of};
use crate::csv_lists;

/// What a column is called, and in English.
const COLUMNS: [(Column, &[&str]); 14] = [
    (Column::Id, &["NO", "ID", "id", "番号"]),
    (Column::Title, &["イベント名", "title"]),
    (Column::StartDay, &["開始日", "starts_on"]),
    (Column::StartTime, &["開始時間", "starts_at"]),
    (Column::EndDay, &["終了日", "ends_on"]),
    (Column::EndTime, &["終了時間", "ends_at"]),
    (Column::Place, &["場所名称", "場所", "place"]),
    (Column::Capacity, &["定員", "capacity"]),
    (Column::Url, &["URL", "url"]),
    (Column::Area, &["地区", "区", "area"]),
    (Column::Ages, &["対象年齢", "対象", "ages"]),
    (Column::Fields, &["分野", "カテゴリー", "カテゴリ", "fields"]),
    (Column::Description, &["説明", "description"]),
    (Column::Cancelled, &["中止", "cancelled"]),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Id,
    Title,
    StartDay,
    StartTime,
    EndDay,
    EndTime,
    Place,
    Capacity,
    Url,
    Area,
    Ages,
    Fields,
    Description,
    Cancelled,
}

/// Reads a list. A title and a first day are needed; several fields are parted by `;` or 、.
pub fn read_csv(bytes: &[u8]) -> Read {
    let text = match text_of(bytes) {
        Ok(text) => text,
        Err(reason) => return Read::refuse_file(reason),
    };
    let mut found = Read::default();
    let mut seen = BTreeSet::new();
    let mut heading: Option<Vec<(Column, usize)>> = None;
    for (row, record) in csv_lists::records(&text) {
        let Some(columns) = &heading else {
            match read_heading(&record) {
                Ok(columns) => heading = Some(columns),
                Err(field) => {
                    found.faults.push(Fault { row, field, reason: Reason::NoColumn });
                    return found;
                }
            }
            continue;
        };
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let cell = |column: Column| {
            let at = columns.iter().find(|(one, _)| *one == column).map(|(_, at)| *at);
            at.and_then(|at| record.get(at)).map_or("", str::trim)
        };
        let starts = when(cell(Column::StartDay), cell(Column::StartTime));
        if starts.is_none() {
            found.faults.push(Fault { row, field: Field::Starts, reason: Reason::Empty });
            continue;
        }
        // An end with a time only is on the first day.
        let end_day = match cell(Column::EndDay) {
            "" if !cell(Column::EndTime).is_empty() => cell(Column::StartDay),
            day => day,
        };
        let raw = Raw {
            row,
            id: cell(Column::Id).to_owned(),
            title: cell(Column::Title).to_owned(),
            place: cell(Column::Place).to_owned(),
            starts,
            ends: when(end_day, cell(Column::EndTime)),
            capacity: cell(Column::Capacity).to_owned(),
            url: cell(Column::Url).to_owned(),
            area: cell(Column::Area).to_owned(),
            ages: cell(Column::Ages).to_owned(),
            fields: cell(Column::Fields).split([';', '、', ';']).map(str::to_owned).collect(),
            description: cell(Column::Description).to_owned(),
            cancelled: matches!(cell(Column::Cancelled), "1" | "true" | "yes" | "中止" | "はい"),
        };
        if !found.take(raw, &mut seen) {
            break;
        }
    }
    if heading.is_none() && found.faults.is_empty() {
        found.faults.push(Fault { row: 1, field: Field::Title, reason: Reason::NoColumn });
    }
    found
}

fn read_heading(record: &csv::StringRecord) -> Result<Vec<(Column, usize)>, Field> {
    let mut columns = Vec::new();
    for (column, names) in COLUMNS {
        // The first name that the file has counts.
        let at = names.iter().find_map(|name| record.iter().position(|cell| cell.trim() == *name));
        columns.extend(at.map(|at| (column, at)));
    }
    let has = |column: Column| columns.iter().any(|(one, _)| *one == column);
    if !has(Column::Title) {
        Err(Field::Title)
    } else if !has(Column::StartDay) {
        Err(Field::Starts)
    } else {
        Ok(columns)
    }
}

fn when(day_text: &str, time: &str) -> Result2 {
    if day_text.is_empty() {
        return None;
    }
    let read = || {
        let minute = if time.is_empty() { None } else { Some(minute(time)?) };
        Ok(When { date: day(day_text)?, minute })
    };
    Some(read())
}
