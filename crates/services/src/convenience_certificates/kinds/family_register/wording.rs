//! 認証文 of the family register's papers, as dated data: the law's wording changes by amendment, and a paper says what held
//! on its day.

use base::Date;

use super::super::super::choices::CertificateKind;

/// Kind, first day, wording, source.
type Wording = (CertificateKind, (i16, i8, i8), &'static str, &'static str);

/// Newest last.
pub const WORDINGS: &[Wording] = &[
    (
        CertificateKind::FamilyRegisterCertificate,
        (1994, 12, 1),
        "これは、戸籍に記録されている事項の全部を証明した書面である。",
        "two public samples (certificates §2.3)",
    ),
    (
        CertificateKind::FamilyRegisterPersonCertificate,
        (1994, 12, 1),
        "これは、戸籍中の一部の者について記録されている事項の全部を証明した書面である。",
        "recalled",
    ),
    (
        CertificateKind::ClosedFamilyRegisterCertificate,
        (1994, 12, 1),
        "これは、除籍に記録されている事項の全部を証明した書面である。",
        "recalled",
    ),
    (
        CertificateKind::FamilyRegisterAppendix,
        (1994, 12, 1),
        "この写しは、戸籍の附票の原本と相違ないことを証明する。",
        "recalled",
    ),
];

/// The wording of `kind` on `day`; `None` for kinds whose wording is kept elsewhere.
pub fn attestation(kind: CertificateKind, day: Date) -> Option<&'static str> {
    let holds = |from: (i16, i8, i8)| Date::new(from.0, from.1, from.2).is_some_and(|from| from <= day);
    let mut rows = WORDINGS.iter().rev().filter(|(of, from, ..)| *of == kind && holds(*from));
    rows.next().map(|(_, _, wording, _)| *wording)
}
