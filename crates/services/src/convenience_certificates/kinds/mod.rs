//! The kinds of certificate: what each reads, when it says no, and what it prints.
//!
//! ```text
//!  Choices ─► look (access, snapshot, decision; one transaction) ─► Content ─► body ─► paper::Certificate
//! ```
//!
//! | module | kind |
//! |---|---|
//! | [`residence`] | 住民票の写し, 住民票記載事項証明書 |
//! | [`family_register`] | 戸籍全部事項証明書, 戸籍個人事項証明書, 戸籍の附票の写し, 除籍全部事項証明書 |

pub mod family_register;
pub mod residence;

use paper::Body;
use store::Tx;
use tools::{Inside, ResidentId};

use super::actions::ActionError;
use super::applicant::Applicant;
use super::choices::{CertificateKind, Choices};
use super::refusal::No;
use family_register::FamilyContent;
use residence::HouseholdContent;

/// What will be printed, decided in one transaction and owned by one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// 住民票の写し, 住民票記載事項証明書.
    Residence(HouseholdContent),
    /// 戸籍全部事項証明書, 戸籍個人事項証明書, 戸籍の附票の写し, 除籍全部事項証明書.
    FamilyRegister(FamilyContent),
}

impl Content {
    /// Who asked.
    pub const fn applicant(&self) -> &ResidentId {
        match self {
            Self::Residence(content) => &content.applicant,
            Self::FamilyRegister(content) => &content.applicant,
        }
    }

    /// The version of the register that all of it belongs to (I7).
    pub fn version(&self) -> String {
        match self {
            Self::Residence(content) => content.version.to_string(),
            Self::FamilyRegister(content) => content.version.to_string(),
        }
    }

    /// Whether a paper drawn from `other` says what one drawn from this would: everything but the version is the same.
    pub fn prints_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Residence(one), Self::Residence(other)) => one.prints_as(other),
            (Self::FamilyRegister(one), Self::FamilyRegister(other)) => one.prints_as(other),
            _ => false,
        }
    }

    /// The choices as one word of ASCII for the metadata.
    pub fn options_word(&self) -> String {
        match self {
            Self::Residence(content) => residence::options_word(content),
            Self::FamilyRegister(content) => content.options.clone(),
        }
    }

    /// Every decided value at its place on the form.
    pub fn body(&self) -> Body {
        match self {
            Self::Residence(content) => residence::body(content),
            Self::FamilyRegister(content) => content.body(),
        }
    }
}

/// Reads what `choices` ask for with an access (so the disclosure is written in this transaction, also for a no) and
/// decides.
///
/// # Errors
/// [`ActionError`]; inner: why not.
pub(super) fn look(
    tx: &mut Tx<'_>,
    city: &Inside,
    applicant: &Applicant,
    choices: &Choices,
) -> Result<Result<Content, No>, ActionError> {
    Ok(match choices.kind {
        CertificateKind::ResidenceCertificate | CertificateKind::RecordedItemsCertificate => {
            residence::look(tx, city, applicant, choices)?.map(Content::Residence)
        }
        CertificateKind::FamilyRegisterCertificate
        | CertificateKind::FamilyRegisterPersonCertificate
        | CertificateKind::FamilyRegisterAppendix
        | CertificateKind::ClosedFamilyRegisterCertificate => {
            family_register::look(tx, city, applicant, choices)?.map(Content::FamilyRegister)
        }
    })
}
