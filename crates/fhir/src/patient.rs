//! Patient: who somebody is to one hospital.

use base::Date;
use serde::{Deserialize, Serialize};

use crate::json::{Fault, Resource, guarded};

/// Tells kanji from kana in a repeated name (JP Core `JP_Patient`; *recalled*).
pub const REPRESENTATION: &str = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation";
/// Ideographic (漢字), value of [`REPRESENTATION`].
pub const IDEOGRAPHIC: &str = "IDE";
/// Syllabic (カナ), value of [`REPRESENTATION`].
pub const SYLLABIC: &str = "SYL";

/// `AdministrativeGender`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gender {
    /// 男.
    Male,
    /// 女.
    Female,
    /// その他.
    Other,
    /// 不明.
    Unknown,
}

/// A number and who gave it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identifier {
    /// Whose numbers these are, a URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// The number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// One writing of a name.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HumanName {
    /// Which writing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extension: Vec<Extension>,
    /// Family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// Given names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<String>,
}

/// An extension that holds a code; others are passed over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Extension {
    /// Which.
    pub url: String,
    /// Its code, if it holds one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_code: Option<String>,
}

/// Points to another resource.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// `Patient/123`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// For the eye.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<String>,
}

/// The same person under another record.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Which.
    pub other: Reference,
    /// `replaced-by`, `replaces`, `refer`, `seealso`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Where somebody lives.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// In one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// `123-4567` or seven digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// `JP`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// A patient of one hospital (患者). An address is written where the person agreed; telephone and all else is neither read nor
/// written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Patient {
    #[serde(default = "kind")]
    resource_type: String,
    /// The server's name for the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Numbers; the chart number is the one of the hospital's system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identifier: Vec<Identifier>,
    /// Whether the record is in use; one that was merged away is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The name in its writings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<HumanName>,
    /// Gender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gender: Option<Gender>,
    /// `YYYY-MM-DD`; FHIR allows `YYYY` and `YYYY-MM` too, which certify nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub address: Vec<Address>,
    /// The same person under other records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub link: Vec<Link>,
}

fn kind() -> String {
    Patient::TYPE.to_owned()
}

impl std::fmt::Debug for Patient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Patient(<personal>)")
    }
}

impl Patient {
    /// Somebody with a chart number of `system`.
    pub fn new(system: &str, chart_number: &str) -> Self {
        Self { identifier: vec![identifier(system, chart_number)], ..Self::unnumbered() }
    }

    /// Somebody whose number is not known.
    pub fn unnumbered() -> Self {
        Self {
            resource_type: kind(),
            id: None,
            identifier: Vec::new(),
            active: None,
            name: Vec::new(),
            gender: None,
            birth_date: None,
            address: Vec::new(),
            link: Vec::new(),
        }
    }

    /// With a name in kanji (or letters) and in kana. A part that is empty is not written: FHIR knows no empty text.
    #[must_use]
    pub fn named(mut self, kanji: (&str, &str), kana: (&str, &str)) -> Self {
        let part = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        for ((family, given), code) in [(kanji, IDEOGRAPHIC), (kana, SYLLABIC)] {
            let (family, given) = (part(family), part(given));
            if family.is_some() || given.is_some() {
                self.name.push(HumanName {
                    extension: vec![Extension { url: REPRESENTATION.to_owned(), value_code: Some(code.to_owned()) }],
                    family,
                    given: given.into_iter().collect(),
                });
            }
        }
        self
    }

    /// Born on this day, of this gender.
    #[must_use]
    pub fn born(mut self, day: Date, gender: Gender) -> Self {
        self.birth_date = Some(day.to_string());
        self.gender = Some(gender);
        self
    }

    /// Living there.
    #[must_use]
    pub fn living(mut self, text: &str, postal_code: Option<&str>) -> Self {
        self.address.push(Address {
            text: Some(text.to_owned()),
            postal_code: postal_code.map(str::to_owned),
            country: Some("JP".to_owned()),
        });
        self
    }

    /// The chart number of `system`, if there is exactly one.
    pub fn chart_number(&self, system: &str) -> Option<&str> {
        let mut all = self.identifier.iter().filter(|one| one.system.as_deref() == Some(system));
        let only = all.next()?.value.as_deref();
        if all.next().is_some() { None } else { only }
    }

    /// The name in kana, family and given names one after the other.
    pub fn kana(&self) -> Option<String> {
        let is_kana = |name: &&HumanName| {
            let writing = name.extension.iter().find(|one| one.url == REPRESENTATION);
            writing.and_then(|one| one.value_code.as_deref()) == Some(SYLLABIC)
        };
        let name = self.name.iter().find(is_kana)?;
        Some(format!("{} {}", name.family.as_deref().unwrap_or_default(), name.given.join(" ")))
    }

    /// The whole day of birth; `None` for a part of one.
    pub fn birth_day(&self) -> Option<Date> {
        self.birth_date.as_deref().and_then(|text| Date::parse(text).ok())
    }

    /// The record that took this one's place: `Patient/…`.
    pub fn replaced_by(&self) -> Option<&str> {
        self.link.iter().find(|link| link.kind == "replaced-by").and_then(|link| link.other.reference.as_deref())
    }
}

/// A number of a system.
pub(crate) fn identifier(system: &str, value: &str) -> Identifier {
    Identifier { system: Some(system.to_owned()), value: Some(value.to_owned()) }
}

/// `YYYY`, `YYYY-MM` or a day that there is.
fn is_a_date(text: &str) -> bool {
    let whole = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        _ => text.to_owned(),
    };
    Date::parse(&whole).is_ok()
}

impl Resource for Patient {
    const TYPE: &'static str = "Patient";

    fn check(&self) -> Result<(), Fault> {
        for one in &self.identifier {
            guarded(one.value.as_deref().unwrap_or_default(), "Patient.identifier.value")?;
        }
        match &self.birth_date {
            Some(text) if !is_a_date(text) => Err(Fault::Form("Patient.birthDate")),
            _ => Ok(()),
        }
    }
}
