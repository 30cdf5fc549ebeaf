//! PID and MRG: who a patient is to a hospital. An address is written where the person agreed, and never read; telephone and
//! all else of PID is neither read nor written.

use base::{Date, my_number_guard};

use crate::fault::{Fault, What};
use crate::text::{Segment, Writer, components_of, is_plain};
use crate::when;

/// A name in its two writings.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Family name.
    pub family: String,
    /// Given name.
    pub given: String,
}

impl std::fmt::Debug for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

/// Where somebody lives, as it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Seven digits.
    pub postal_code: Option<String>,
    /// In one line, prefecture first.
    pub text: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

/// Whose number stands in PID-3 (table 0203).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberOf {
    /// `PI`: the hospital's, a chart number.
    Hospital,
    /// `PT`: the sender's own, where the hospital has none yet.
    Sender,
}

/// Sex as HL7 table 0001 has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// `M`.
    Male,
    /// `F`.
    Female,
    /// `O`, `U`, `A`, `N` or not said.
    Unknown,
}

/// A patient of one hospital.
#[derive(Clone, PartialEq, Eq)]
pub struct Patient {
    /// Chart number (診察券番号): PID-3, of type `PI`.
    pub chart_number: String,
    /// Name in kanji or letters (PID-5 `I` or `A`).
    pub name: Name,
    /// Name in kana (PID-5 `P`).
    pub kana: Option<Name>,
    /// Day of birth (PID-7).
    pub born: Option<Date>,
    /// Sex (PID-8).
    pub sex: Sex,
    /// Address (PID-11): written only. *Recalled*: SS-MIX2 has the line in component 8.
    pub address: Option<Address>,
}

impl std::fmt::Debug for Patient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Patient(<personal>)")
    }
}

/// A chart number: letters, digits and hyphens, at most 20, and no Individual Number.
pub(crate) fn chart_number(text: &str, segment: &'static str, field: usize) -> Result<String, Fault> {
    let fault = |what| Fault::at(segment, field, what);
    match text {
        "" => Err(fault(What::FieldMissing)),
        text if my_number_guard::refuse_individual_number(text).is_err() => Err(fault(What::MyNumber)),
        text if text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') => {
            Ok(text.to_owned())
        }
        _ => Err(fault(What::Malformed)),
    }
}

/// The repetition of type `PI`, or the only one.
fn number_of(segment: &Segment<'_>, name: &'static str, field: usize) -> Result<String, Fault> {
    let repetitions: Vec<_> = segment.repetitions(field).collect();
    let of_patient = repetitions.iter().find(|repetition| repetition.component(5) == "PI");
    let found = of_patient.or(repetitions.first()).map_or_else(String::new, |found| found.component(1));
    chart_number(&found, name, field)
}

/// MRG-1: the number that is no more.
pub(crate) fn gone(segment: &Segment<'_>) -> Result<String, Fault> {
    number_of(segment, "MRG", 1)
}

impl Patient {
    pub(crate) fn read(segment: &Segment<'_>) -> Result<Self, Fault> {
        let mut name = None;
        let mut kana = None;
        for repetition in segment.repetitions(5) {
            let read = Name { family: repetition.component(1), given: repetition.component(2) };
            if !is_plain(&read.family) || !is_plain(&read.given) {
                return Err(Fault::at("PID", 5, What::Malformed));
            }
            // Component 8 is the writing: I ideographic, P phonetic, A alphabetic.
            match repetition.component(8).as_str() {
                "P" => kana = kana.or(Some(read)),
                _ => name = name.or(Some(read)),
            }
        }
        let born = match segment.value(7, 1) {
            text if text.is_empty() => None,
            text => Some(when::date(&text).ok_or(Fault::at("PID", 7, What::Malformed))?),
        };
        let sex = match segment.value(8, 1).as_str() {
            "M" => Sex::Male,
            "F" => Sex::Female,
            _ => Sex::Unknown,
        };
        let name = name.filter(|name| !name.family.is_empty()).or_else(|| kana.clone());
        let name = name.ok_or(Fault::at("PID", 5, What::FieldMissing))?;
        Ok(Self { chart_number: number_of(segment, "PID", 3)?, name, kana, born, sex, address: None })
    }

    pub(crate) fn write(&self, number: usize, whose: NumberOf) -> Writer {
        let written = |name: &Name, writing| components_of(&[&name.family, &name.given, "", "", "", "", "L", writing]);
        let names = match &self.kana {
            Some(kana) => format!("{}~{}", written(&self.name, "I"), written(kana, "P")),
            None => written(&self.name, "I"),
        };
        let sex = match self.sex {
            Sex::Male => "M",
            Sex::Female => "F",
            Sex::Unknown => "U",
        };
        let kind = match whose {
            NumberOf::Hospital => "PI",
            NumberOf::Sender => "PT",
        };
        let segment = Writer::new("PID")
            .text(1, &number.to_string())
            .components(3, &[&self.chart_number, "", "", "", kind])
            .raw(5, names)
            .text(7, &self.born.map_or_else(String::new, when::write_date))
            .text(8, sex);
        let Some(address) = &self.address else { return segment };
        let postal_code = address.postal_code.as_deref().unwrap_or("");
        segment.components(11, &["", "", "", "", postal_code, "JPN", "H", &address.text])
    }
}
