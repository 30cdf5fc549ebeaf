//! What a person chooses on the screen, and how it is written down. Every optional item starts as omitted
//! (specs certificates §1.4).

use serde::{Deserialize, Serialize};
use tools::ResidentId;

/// The kinds of paper this room issues.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CertificateKind {
    /// Copy of the residence record (住民票の写し), household form (世帯連記式).
    ResidenceCertificate,
}

impl CertificateKind {
    /// The word in the database, in the signed code and in commands.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ResidenceCertificate => "residence_certificate",
        }
    }

    /// The title printed on the paper.
    pub const fn title(self) -> &'static str {
        match self {
            Self::ResidenceCertificate => "住民票の写し",
        }
    }
}

/// Whose rows are printed.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// The applicant only (本人のみ).
    #[default]
    Applicant,
    /// The whole household (世帯全員).
    Household,
    /// These members (一部).
    Chosen(Vec<ResidentId>),
}

/// The switches of the residence certificate. All off at first; what is off prints as 省略.
///
/// There is no switch for 個人番号 or 住民票コード, and there never will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptionalItems {
    /// Head of household and relationship (世帯主・続柄).
    pub relationship: bool,
    /// Permanent domicile and head of family register (本籍・筆頭者), Japanese nationals.
    pub domicile: bool,
    /// Nationality or region (国籍・地域), foreign residents.
    pub nationality: bool,
    /// Number of the residence card (在留カード等番号), foreign residents.
    pub residence_card_number: bool,
    /// Category under art. 30-45, status, period and its end (30条45区分・在留資格等) as one switch, foreign residents.
    pub residence_status: bool,
}

/// The most copies one request may ask for.
pub const MOST_COPIES: u8 = 10;

/// Everything chosen for one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choices {
    /// Which paper.
    pub kind: CertificateKind,
    /// Whose rows.
    pub members: Members,
    /// Which optional items.
    pub items: OptionalItems,
    /// How many copies, 1–[`MOST_COPIES`].
    pub copies: u8,
}

impl Default for Choices {
    fn default() -> Self {
        Self {
            kind: CertificateKind::ResidenceCertificate,
            members: Members::default(),
            items: OptionalItems::default(),
            copies: 1,
        }
    }
}

impl Choices {
    /// Whether the number of copies and the list of members are within bounds.
    pub fn is_sensible(&self) -> bool {
        (1..=MOST_COPIES).contains(&self.copies)
            && !matches!(&self.members, Members::Chosen(list) if list.is_empty() || list.len() > 50)
    }
}
