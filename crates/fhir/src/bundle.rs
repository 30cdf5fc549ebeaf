//! A searchset: what a server found, and how sure it is of each.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::json::{Fault, Resource};
use crate::patient::{Extension, Patient};

/// How sure a match is (value set `match-grade`).
pub const MATCH_GRADE: &str = "http://hl7.org/fhir/StructureDefinition/match-grade";

/// How sure a match is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// Surely the same person.
    Certain,
    /// Probably.
    Probable,
    /// Possibly.
    Possible,
    /// Surely another.
    CertainlyNot,
}

impl Grade {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Certain, Self::Probable, Self::Possible, Self::CertainlyNot];

    /// The code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Probable => "probable",
            Self::Possible => "possible",
            Self::CertainlyNot => "certainly-not",
        }
    }

    /// A score as servers give one; it decides nothing here.
    pub const fn score(self) -> f64 {
        match self {
            Self::Certain => 1.0,
            Self::Probable => 0.75,
            Self::Possible => 0.5,
            Self::CertainlyNot => 0.0,
        }
    }
}

/// How an entry was found.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Search {
    /// The grade stands here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extension: Vec<Extension>,
    /// `match`, `include`, `outcome`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
}

/// One of what was found.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry<R> {
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_url: Option<String>,
    /// The resource.
    pub resource: R,
    /// How it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
}

/// What a server found. One that holds other resources than `R` is not read.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bundle<R> {
    #[serde(default = "kind")]
    resource_type: String,
    /// `searchset`.
    #[serde(rename = "type")]
    pub kind: String,
    /// How many there are in all; a page may hold fewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// What was found.
    #[serde(default = "Vec::new", skip_serializing_if = "Vec::is_empty")]
    pub entry: Vec<Entry<R>>,
}

fn kind() -> String {
    "Bundle".to_owned()
}

impl<R> Bundle<R> {
    /// A searchset of these.
    pub fn found(entry: Vec<Entry<R>>) -> Self {
        let total = u32::try_from(entry.len()).ok();
        Self { resource_type: kind(), kind: "searchset".to_owned(), total, entry }
    }

    /// The resources.
    pub fn resources(&self) -> impl Iterator<Item = &R> {
        self.entry.iter().map(|entry| &entry.resource)
    }
}

impl<R> Entry<R> {
    /// Found with this grade, at this address.
    pub fn graded(full_url: String, resource: R, grade: Grade) -> Self {
        let extension = Extension { url: MATCH_GRADE.to_owned(), value_code: Some(grade.code().to_owned()) };
        let search = Search { extension: vec![extension], mode: Some("match".to_owned()), score: Some(grade.score()) };
        Self { full_url: Some(full_url), resource, search: Some(search) }
    }

    /// The grade the server gave; `None` where it gave none.
    pub fn grade(&self) -> Option<Grade> {
        let given = self.search.as_ref()?.extension.iter().find(|one| one.url == MATCH_GRADE)?;
        Grade::ALL.into_iter().find(|grade| given.value_code.as_deref() == Some(grade.code()))
    }
}

impl Bundle<Patient> {
    /// The one patient whom the server calls certain. Two of them are none: nobody is guessed. A score counts for nothing.
    pub fn certain(&self) -> Option<&Patient> {
        let mut all = self.entry.iter().filter(|entry| entry.grade() == Some(Grade::Certain));
        let only = all.next()?;
        if all.next().is_some() { None } else { Some(&only.resource) }
    }
}

impl<R: Resource + DeserializeOwned> Resource for Bundle<R> {
    const TYPE: &'static str = "Bundle";

    fn check(&self) -> Result<(), Fault> {
        if self.kind != "searchset" {
            return Err(Fault::Form("Bundle.type"));
        }
        self.resources().try_for_each(Resource::check)
    }
}
