//! Strict writing: what another city's reader, or ours, reads back exactly.

use std::io::Write;

use base::Date;

use super::columns::Column;
use super::encoding::{Encoding, to_shift_jis};
use super::record::{ChangeRecord, FromCells, HouseholdRecord, ProtectionRecord, ResidentRecord, Sex};

/// A record as cells, in the order of its columns.
pub trait ToCells: FromCells {
    /// Writes each cell in order.
    fn to_cells(&self, row: &mut RowWriter<'_>);
}

/// Takes the cells of one row.
pub struct RowWriter<'a> {
    line: &'a mut String,
    first: bool,
}

impl RowWriter<'_> {
    fn text(&mut self, text: &str) {
        if !std::mem::take(&mut self.first) {
            self.line.push(',');
        }
        if text.contains(['"', ',']) {
            self.line.push('"');
            self.line.push_str(&text.replace('"', "\"\""));
            self.line.push('"');
        } else {
            self.line.push_str(text);
        }
    }

    fn opt(&mut self, text: Option<&String>) {
        self.text(text.map_or("", String::as_str));
    }

    fn date(&mut self, date: Option<Date>) {
        match date {
            Some(date) => self.text(&date.to_string()),
            None => self.text(""),
        }
    }
}

/// One record as a line in our own form, without its end: for keeping it, and for telling whether it changed.
pub fn to_line<T: ToCells>(record: &T) -> String {
    let mut line = String::with_capacity(512);
    record.to_cells(&mut RowWriter { line: &mut line, first: true });
    line
}

/// Writes one file of the set.
pub struct Writer<W, T> {
    output: W,
    encoding: Encoding,
    line: String,
    _record: std::marker::PhantomData<fn(T)>,
}

impl<W: Write, T: ToCells> Writer<W, T> {
    /// Writes the header. `Auto` writes UTF-8 without a byte order mark.
    ///
    /// # Errors
    /// What the system says.
    pub fn new(output: W, encoding: Encoding) -> std::io::Result<Self> {
        let mut writer =
            Self { output, encoding, line: String::with_capacity(1024), _record: std::marker::PhantomData };
        let names: Vec<&str> = T::columns().iter().map(|column: &Column| column.name).collect();
        writer.line.push_str(&names.join(","));
        writer.flush_line()?;
        Ok(writer)
    }

    /// Writes one row.
    ///
    /// # Errors
    /// What the system says; `InvalidData` for a character Shift_JIS does not have (the row is not written then).
    pub fn write(&mut self, record: &T) -> std::io::Result<()> {
        self.line.clear();
        record.to_cells(&mut RowWriter { line: &mut self.line, first: true });
        self.flush_line()
    }

    fn flush_line(&mut self) -> std::io::Result<()> {
        self.line.push('\n');
        if self.encoding == Encoding::ShiftJis {
            let missing = "a character of this row does not exist in Shift_JIS";
            let bytes = to_shift_jis(&self.line)
                .ok_or_else(|| std::io::Error::new(std::io::ErrorKind::InvalidData, missing))?;
            self.output.write_all(&bytes)
        } else {
            self.output.write_all(self.line.as_bytes())
        }
    }

    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// What the system says.
    pub fn finish(mut self) -> std::io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }
}

impl ToCells for ResidentRecord {
    fn to_cells(&self, row: &mut RowWriter<'_>) {
        row.text(&self.resident_id);
        row.text(&self.household_id);
        row.text(&if self.household_order == 0 { String::new() } else { self.household_order.to_string() });
        row.text(&self.relationship);
        row.text(&self.name);
        row.opt(self.name_mj.as_ref());
        row.opt(self.name_kana.as_ref());
        row.text(if self.name_kana_registered { "1" } else { "" });
        row.opt(self.alphabet_name.as_ref());
        row.opt(self.common_name.as_ref());
        row.opt(self.common_name_kana.as_ref());
        row.opt(self.former_name.as_ref());
        row.opt(self.former_name_kana.as_ref());
        row.date(Some(self.birth_date));
        row.opt(self.birth_date_text.as_ref());
        row.text(match self.sex {
            Sex::Male => "male",
            Sex::Female => "female",
            Sex::NotStated => "not_stated",
        });
        row.opt(self.postal_code.as_ref());
        row.opt(self.municipality_code.as_ref());
        row.opt(self.town_code.as_ref());
        row.opt(self.address_number.as_ref());
        row.text(&self.address);
        row.opt(self.building.as_ref());
        row.date(self.became_resident_on);
        row.date(self.address_since);
        row.date(self.notified_on);
        row.opt(self.previous_address.as_ref());
        row.opt(self.previous_city_address.as_ref());
        row.opt(self.family_register_domicile.as_ref());
        row.opt(self.family_register_head.as_ref());
        row.opt(self.nationality.as_ref());
        row.opt(self.article_30_45.as_ref());
        row.opt(self.residence_status.as_ref());
        row.opt(self.residence_period.as_ref());
        row.date(self.residence_expires_on);
        row.opt(self.residence_card_number.as_ref());
        row.text(self.state.word());
        row.date(self.state.day());
        row.opt(self.remarks.as_ref());
    }
}

impl ToCells for HouseholdRecord {
    fn to_cells(&self, row: &mut RowWriter<'_>) {
        row.text(&self.household_id);
        row.opt(self.head_resident_id.as_ref());
        row.text(&self.head_name);
        row.opt(self.member_count.map(|count| count.to_string()).as_ref());
    }
}

impl ToCells for ProtectionRecord {
    fn to_cells(&self, row: &mut RowWriter<'_>) {
        row.text(&self.resident_id);
        row.date(Some(self.protected_from));
        row.date(self.protected_until);
    }
}

impl ToCells for ChangeRecord {
    fn to_cells(&self, row: &mut RowWriter<'_>) {
        row.text(&self.source_position.to_string());
        row.text(self.kind.word());
        row.date(Some(self.effective_on));
        row.date(self.protected_until);
        self.resident.to_cells(row);
    }
}
