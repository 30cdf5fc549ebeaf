//! What stands in a box of a form.

/// Printed where the applicant left an item out: it says nothing of anybody.
pub(crate) const OMITTED: &str = "省略";

/// What stands in a box of the form.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Entry {
    /// This text.
    Shown(String),
    /// The applicant left it out: prints 省略.
    Omitted,
    /// The register has no value: prints 【空欄】.
    Missing,
    /// The item does not exist for this person: the box stays empty.
    #[default]
    None,
}

impl Entry {
    /// [`Entry::Shown`], or [`Entry::Missing`] when there is no value.
    pub fn or_missing(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::Missing, |value| Self::Shown(value.into()))
    }

    /// [`Entry::Shown`], or [`Entry::None`] when there is no value.
    pub fn or_none(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::None, |value| Self::Shown(value.into()))
    }

    /// What is printed.
    pub fn text(&self) -> &str {
        match self {
            Self::Shown(text) => text,
            Self::Omitted => OMITTED,
            Self::Missing => "【空欄】",
            Self::None => "",
        }
    }

    /// The value, when one is printed.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Shown(text) => Some(text),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Shown(_) => "Shown(<personal>)",
            Self::Omitted => "Omitted",
            Self::Missing => "Missing",
            Self::None => "None",
        })
    }
}
