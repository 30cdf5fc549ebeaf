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
    /// Certificate of items recorded in the residence record (住民票記載事項証明書).
    RecordedItemsCertificate,
    /// Everything in a family register (戸籍全部事項証明書).
    FamilyRegisterCertificate,
    /// Everything in a family register about one person (戸籍個人事項証明書).
    FamilyRegisterPersonCertificate,
    /// Copy of the family register's appendix: addresses (戸籍の附票の写し).
    FamilyRegisterAppendix,
    /// Everything in a register that is no longer current (除籍全部事項証明書); at the counter only.
    ClosedFamilyRegisterCertificate,
    /// Certificate of the registered seal (印鑑登録証明書).
    SealRegistrationCertificate,
    /// Certificate of taxes and income (課税(所得)証明書) of the current fiscal year.
    TaxCertificate,
}

/// What is the same on every paper of a kind: the word in the database, the title, and the 認証文. Wording of the last
/// differs a little between municipalities (specs certificates §2.1). Source: recalled wording.
const KINDS: [(CertificateKind, &str, &str, &str); 8] = [
    (
        CertificateKind::ResidenceCertificate,
        "residence_certificate",
        "住民票の写し",
        "この写しは、住民票の原本と相違ないことを証明する。",
    ),
    (
        CertificateKind::RecordedItemsCertificate,
        "recorded_items_certificate",
        "住民票記載事項証明書",
        "この証明書に記載した事項は、住民票に記載されている事項と相違ないことを証明する。",
    ),
    // Wordings of the family register's papers are dated: kinds::family_register::wording.
    (
        CertificateKind::FamilyRegisterCertificate,
        "family_register_certificate",
        "全部事項証明",
        "これは、戸籍に記録されている事項の全部を証明した書面である。",
    ),
    (
        CertificateKind::FamilyRegisterPersonCertificate,
        "family_register_person_certificate",
        "個人事項証明",
        "これは、戸籍中の一部の者について記録されている事項の全部を証明した書面である。",
    ),
    (
        CertificateKind::FamilyRegisterAppendix,
        "family_register_appendix",
        "戸籍の附票の写し",
        "この写しは、戸籍の附票の原本と相違ないことを証明する。",
    ),
    (
        CertificateKind::ClosedFamilyRegisterCertificate,
        "closed_family_register_certificate",
        "除籍全部事項証明",
        "これは、除籍に記録されている事項の全部を証明した書面である。",
    ),
    (
        CertificateKind::SealRegistrationCertificate,
        "seal_registration_certificate",
        "印鑑登録証明書",
        "この写しは、登録された印影と相違ないことを証明する。",
    ),
    (
        CertificateKind::TaxCertificate,
        "tax_certificate",
        "課税（所得）証明書",
        "記載事項は、課税台帳の記載と相違ないことを証明する。",
    ),
];

impl CertificateKind {
    /// Every kind, in the order in which a machine offers them.
    pub fn all() -> impl Iterator<Item = Self> {
        KINDS.into_iter().map(|(kind, ..)| kind)
    }

    fn row(self) -> (&'static str, &'static str, &'static str) {
        let row = KINDS.into_iter().find(|(kind, ..)| *kind == self);
        // Every kind has its row: a test walks them.
        row.map_or(("", "", ""), |(_, word, title, attestation)| (word, title, attestation))
    }

    /// The word in the database, in the signed code and in commands.
    pub fn as_str(self) -> &'static str {
        self.row().0
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::all().find(|kind| kind.as_str() == word)
    }

    /// The title printed on the paper.
    pub fn title(self) -> &'static str {
        self.row().1
    }

    /// Whether it is given at the counter alone, never at a machine.
    pub const fn is_for_the_counter_only(self) -> bool {
        matches!(self, Self::ClosedFamilyRegisterCertificate)
    }

    /// 認証文, printed above the mayor's name.
    pub fn attestation(self) -> &'static str {
        self.row().2
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
    /// These members of a family register, by their number in it: not everybody in it lives here.
    Numbered(Vec<u32>),
}

/// The switches of the residence certificate, and that of the appendix (附票). All off at first; what is off prints as 省略.
///
/// There is no switch for 個人番号 or 住民票コード, and there never will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OptionalItems {
    /// Head of household and relationship (世帯主・続柄).
    pub relationship: bool,
    /// Permanent domicile and head of family register (本籍・筆頭者), Japanese nationals; on an appendix too.
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
            && !matches!(&self.members, Members::Numbered(list) if list.is_empty() || list.len() > 60)
    }

    /// Whether nothing but copies is chosen: what papers about the applicant alone allow.
    pub fn is_of_the_applicant_alone(&self) -> bool {
        self.is_sensible() && self.members == Members::Applicant && self.items == OptionalItems::default()
    }

    /// The first field that this kind of paper does not have, or that is out of bounds.
    pub fn misfit(&self) -> Option<Misfit> {
        let fits = match self.kind {
            CertificateKind::ResidenceCertificate | CertificateKind::RecordedItemsCertificate => {
                !matches!(self.members, Members::Numbered(_))
            }
            CertificateKind::FamilyRegisterCertificate | CertificateKind::ClosedFamilyRegisterCertificate => {
                matches!(self.members, Members::Applicant | Members::Household)
            }
            CertificateKind::FamilyRegisterPersonCertificate => match &self.members {
                Members::Applicant => true,
                Members::Numbered(list) => list.len() == 1,
                Members::Household | Members::Chosen(_) => false,
            },
            CertificateKind::FamilyRegisterAppendix => !matches!(self.members, Members::Chosen(_)),
            CertificateKind::SealRegistrationCertificate | CertificateKind::TaxCertificate => {
                self.members == Members::Applicant
            }
        };
        if !fits || matches!(&self.members, Members::Chosen(list) if list.is_empty()) {
            return Some(Misfit::Members);
        }
        if self.items != self.items.of(self.kind) {
            return Some(Misfit::Items);
        }
        if !(1..=MOST_COPIES).contains(&self.copies) {
            return Some(Misfit::Copies);
        }
        (!self.is_sensible()).then_some(Misfit::Members)
    }
}

/// What of the choices does not go with the kind of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Whom it shows.
    Members,
    /// Which optional items.
    Items,
    /// How many copies.
    Copies,
}

impl OptionalItems {
    /// Those that a kind of paper has a switch for; the others off.
    pub fn of(self, kind: CertificateKind) -> Self {
        match kind {
            CertificateKind::ResidenceCertificate | CertificateKind::RecordedItemsCertificate => self,
            CertificateKind::FamilyRegisterAppendix => Self { domicile: self.domicile, ..Self::default() },
            _ => Self::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word_title_and_attestation_and_is_stored_by_that_word() {
        for kind in CertificateKind::all() {
            assert!(!kind.title().is_empty() && !kind.attestation().is_empty(), "{kind:?}");
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.as_str()));
            assert_eq!(CertificateKind::parse(kind.as_str()), Some(kind));
        }
    }

    #[test]
    fn what_a_kind_does_not_have_is_named() {
        let of = |kind, members, items| Choices { kind, members, items, copies: 1 };
        let domicile = OptionalItems { domicile: true, ..OptionalItems::default() };
        let none = OptionalItems::default();
        let relationship = OptionalItems { relationship: true, ..none };
        for (choices, misfit) in [
            (of(CertificateKind::ResidenceCertificate, Members::Household, relationship), None),
            (of(CertificateKind::FamilyRegisterAppendix, Members::Household, domicile), None),
            (of(CertificateKind::FamilyRegisterAppendix, Members::Household, relationship), Some(Misfit::Items)),
            (of(CertificateKind::TaxCertificate, Members::Household, none), Some(Misfit::Members)),
            (of(CertificateKind::TaxCertificate, Members::Applicant, domicile), Some(Misfit::Items)),
            (of(CertificateKind::FamilyRegisterPersonCertificate, Members::Household, none), Some(Misfit::Members)),
            (of(CertificateKind::FamilyRegisterPersonCertificate, Members::Numbered(vec![2]), none), None),
            (of(CertificateKind::ResidenceCertificate, Members::Chosen(vec![]), none), Some(Misfit::Members)),
        ] {
            assert_eq!(choices.misfit(), misfit, "{choices:?}");
        }
        let many = Choices { copies: 11, ..Choices::default() };
        assert_eq!(many.misfit(), Some(Misfit::Copies));
    }

    #[test]
    fn choices_written_before_there_were_other_kinds_are_still_read() {
        let stored =
            r#"{"kind":"residence_certificate","members":"household","items":{"relationship":true},"copies":2}"#;
        let read: Choices = serde_json::from_str(stored).unwrap();
        assert_eq!((read.kind, read.copies), (CertificateKind::ResidenceCertificate, 2));
    }
}
