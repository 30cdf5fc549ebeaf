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
//! | [`seal_registration`] | 印鑑登録証明書 |
//! | [`tax`] | 課税(所得)証明書 |

pub mod family_register;
mod names;
pub mod residence;
pub mod seal_registration;
pub mod tax;

use base::Timestamp;
use paper::Body;
use store::{StoreError, Tx};
use tools::copied_records;
use tools::family_register::FamilyRegister;
use tools::seal_register::SealRegistration;
use tools::tax_records::TaxRecord;
use tools::{Inside, ResidentId};

use super::actions::ActionError;
use super::applicant::Applicant;
use super::choices::{CertificateKind, Choices};
use super::refusal::No;
use family_register::FamilyContent;
use residence::HouseholdContent;
use seal_registration::SealContent;
use tax::TaxContent;

/// What will be printed, decided in one transaction and owned by one caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// 住民票の写し, 住民票記載事項証明書.
    Residence(HouseholdContent),
    /// 戸籍全部事項証明書, 戸籍個人事項証明書, 戸籍の附票の写し, 除籍全部事項証明書.
    FamilyRegister(FamilyContent),
    /// 印鑑登録証明書.
    SealRegistration(Box<SealContent>),
    /// 課税(所得)証明書.
    Tax(Box<TaxContent>),
}

impl Content {
    /// Who asked.
    pub const fn applicant(&self) -> &ResidentId {
        match self {
            Self::Residence(content) => &content.applicant,
            Self::FamilyRegister(content) => &content.applicant,
            Self::SealRegistration(content) => &content.applicant,
            Self::Tax(content) => &content.applicant,
        }
    }

    /// The version of the register that all of it belongs to (I7).
    pub fn version(&self) -> String {
        match self {
            Self::Residence(content) => content.version.to_string(),
            Self::FamilyRegister(content) => content.version.to_string(),
            Self::SealRegistration(content) => content.version.clone(),
            Self::Tax(content) => content.version.clone(),
        }
    }

    /// Whether a paper drawn from `other` says what one drawn from this would: everything but the version is the same.
    pub fn prints_as(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Residence(one), Self::Residence(other)) => one.prints_as(other),
            (Self::FamilyRegister(one), Self::FamilyRegister(other)) => one.prints_as(other),
            (Self::SealRegistration(one), Self::SealRegistration(other)) => one.prints_as(other),
            (Self::Tax(one), Self::Tax(other)) => one.prints_as(other),
            _ => false,
        }
    }

    /// The choices as one word of ASCII for the metadata.
    pub fn options_word(&self) -> String {
        match self {
            Self::Residence(content) => residence::options_word(content),
            Self::FamilyRegister(content) => content.options.clone(),
            Self::SealRegistration(_) | Self::Tax(_) => "none".to_owned(),
        }
    }

    /// Every decided value at its place on the form.
    pub fn body(&self) -> Body {
        match self {
            Self::Residence(content) => residence::body(content),
            Self::FamilyRegister(content) => content.body(),
            Self::SealRegistration(content) => Body::SealRegistration(content.form.clone()),
            Self::Tax(content) => Body::Tax(Box::new(content.form.clone())),
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
        CertificateKind::SealRegistrationCertificate => seal_registration::look(tx, city, applicant, choices)?
            .map(|content| Content::SealRegistration(Box::new(content))),
        CertificateKind::TaxCertificate => {
            tax::look(tx, city, applicant, choices)?.map(|content| Content::Tax(Box::new(content)))
        }
    })
}

/// Whether the copy that `kind` is read from, beside the register of residents, was heard of within `minutes`.
///
/// # Errors
/// The database.
pub(super) fn is_fresh(
    tx: &mut Tx<'_>,
    now: Timestamp,
    minutes: u32,
    kind: CertificateKind,
) -> Result<bool, StoreError> {
    match kind {
        CertificateKind::ResidenceCertificate | CertificateKind::RecordedItemsCertificate => Ok(true),
        CertificateKind::FamilyRegisterCertificate
        | CertificateKind::FamilyRegisterPersonCertificate
        | CertificateKind::FamilyRegisterAppendix
        | CertificateKind::ClosedFamilyRegisterCertificate => {
            copied_records::is_fresh::<FamilyRegister>(tx, now, minutes)
        }
        CertificateKind::SealRegistrationCertificate => copied_records::is_fresh::<SealRegistration>(tx, now, minutes),
        CertificateKind::TaxCertificate => copied_records::is_fresh::<TaxRecord>(tx, now, minutes),
    }
}

/// Whether the city has ever handed over what `kind` is read from: a machine does not offer what it cannot give.
///
/// # Errors
/// The database.
pub(super) fn is_held(tx: &mut Tx<'_>, kind: CertificateKind) -> Result<bool, StoreError> {
    match kind {
        CertificateKind::ResidenceCertificate | CertificateKind::RecordedItemsCertificate => Ok(true),
        CertificateKind::FamilyRegisterCertificate
        | CertificateKind::FamilyRegisterPersonCertificate
        | CertificateKind::FamilyRegisterAppendix
        | CertificateKind::ClosedFamilyRegisterCertificate => copied_records::is_loaded::<FamilyRegister>(tx),
        CertificateKind::SealRegistrationCertificate => copied_records::is_loaded::<SealRegistration>(tx),
        CertificateKind::TaxCertificate => copied_records::is_loaded::<TaxRecord>(tx),
    }
}
