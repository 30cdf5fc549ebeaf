//! One certificate: the sheet that all kinds share, and the form of its kind.
//!
//! The caller decides everything and hands over one owned value; this module decides only where it stands.
//!
//! ```text
//!  Certificate { sheet, body } ─► Plan::new (glyphs, sizes, pages) ─► claims(n) ─► one signed code a page ─► draw
//!                                                                 └─► expected(codes) ─► recheck
//! ```

use base::{Date, Id};
use wire::certificate_code::{Claims, ClaimsBuilder};
use wire::certificate_fields::Fields;

use crate::barcode::Square;
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::forms::family_register::FamilyRegister;
use crate::forms::residence::Residence;
use crate::forms::seal_registration::SealRegistration;
use crate::forms::tax::TaxCertificate;
use crate::forms::{Form, FormPage, refuse_blank};
use crate::layout::Setter;
use crate::recheck::Expected;
use crate::seal::Seal;

mod draw;
mod fields;
pub mod latent;
mod ornament;
mod pieces;
pub(crate) mod sheet;

pub use crate::a4::MOST_PAGES;
pub use crate::entry::Entry;
pub use fields::NAMES as FIELD_NAMES;
pub use ornament::Wave;
pub use pieces::{PieceOfText, Pieces};

/// What every certificate carries, whatever its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// 表題, e.g. 住民票の写し.
    pub title: String,
    /// The municipality's name, e.g. 見本市.
    pub municipality: String,
    /// Local public entity code, five digits; goes into the signed code as the issuer.
    pub municipality_code: String,
    /// 認証文.
    pub attestation: String,
    /// Day of issue.
    pub issued_on: Date,
    /// The mayor's title, e.g. 見本市長.
    pub mayor_title: String,
    /// The mayor's name.
    pub mayor_name: String,
    /// Where anyone checks the paper, as printed beside the code.
    pub check_address: String,
    /// The request this paper answers; printed on each page.
    pub request_id: Id,
    /// 発行番号.
    pub document_number: String,
    /// A hash that stands for the applicant; metadata only. Make it differ from paper to paper.
    pub subject_hash: [u8; 32],
    /// The kind's word, e.g. `residence_certificate`; metadata and code.
    pub kind: String,
    /// The choices as one word of ASCII; metadata only.
    pub options: String,
    /// The register version all of it was read in (invariant I7); metadata only.
    pub register_version: String,
}

/// What the paper says, by kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// 住民票の写し, 住民票記載事項証明書.
    Residence(Residence),
    /// 印鑑登録証明書.
    SealRegistration(SealRegistration),
    /// 戸籍全部事項証明書, 戸籍個人事項証明書, 戸籍の附票の写し.
    FamilyRegister(FamilyRegister),
    /// 課税(所得)証明書.
    Tax(Box<TaxCertificate>),
}

impl Body {
    fn form(&self) -> &dyn Form {
        match self {
            Self::Residence(form) => form,
            Self::SealRegistration(form) => form,
            Self::FamilyRegister(form) => form,
            Self::Tax(form) => &**form,
        }
    }
}

/// Everything that stands on the paper and in its metadata. All of it is decided by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// What all kinds share.
    pub sheet: Sheet,
    /// What this kind says.
    pub body: Body,
}

/// A paper whose pages are known: each glyph was found and each text fits.
#[derive(Debug)]
pub struct Plan<'a> {
    certificate: &'a Certificate,
    typeface: &'a Typeface,
    pages: Vec<FormPage>,
    fields: Fields,
}

impl<'a> Plan<'a> {
    /// Finds every glyph and a size for every text.
    ///
    /// # Errors
    /// Everything in [`PaperError`] but the codes and the seal.
    pub fn new(typeface: &'a Typeface, certificate: &'a Certificate) -> Result<Self, PaperError> {
        refuse_empty(&certificate.sheet)?;
        let form = certificate.body.form();
        form.refuse_empty()?;
        let setter = Setter::new(typeface.shaper()?);
        let forms = form.pages(&setter)?;
        let of = forms.len();
        let fields = fields::of(&certificate.sheet, &forms);
        let pages = forms.into_iter().enumerate();
        let pages = pages.map(|(index, form)| sheet::page(&setter, certificate, form, index + 1, of));
        Ok(Self { certificate, typeface, pages: pages.collect::<Result<_, _>>()?, fields })
    }

    /// How many pages.
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// Everything the certificate says, for its hash and its copy in a wallet.
    pub const fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Whether a picture belongs to what the certificate says: then a list of texts is not all of it.
    pub fn has_pictures(&self) -> bool {
        self.pages.iter().any(|page| page.pictures().next().is_some())
    }

    /// What the signed code of page `page` (from 1) says. `salt` must be random and new for each page.
    pub fn claims(&self, page: usize, salt: [u8; 16]) -> Claims {
        let sheet = &self.certificate.sheet;
        let form = self.certificate.body.form();
        let mut builder = ClaimsBuilder::new(Claims {
            kind: sheet.kind.clone(),
            issuer: sheet.municipality_code.clone(),
            issued_on: sheet.issued_on,
            request_id: sheet.request_id,
            page: u16::try_from(page).unwrap_or(u16::MAX),
            of: u16::try_from(self.pages.len()).unwrap_or(u16::MAX),
            number: sheet.document_number.clone(),
            address: form.place().clone(),
            salt,
            fields: Some(self.fields.hash()),
            ..Claims::default()
        });
        if let Some(made) = page.checked_sub(1).and_then(|index| self.pages.get(index)) {
            form.claims_of(page, made, &mut builder);
        }
        builder.finish()
    }

    /// What the finished file must be, from the certificate and not from what was drawn. `codes` are the texts handed to
    /// [`Plan::draw`].
    pub fn expected(&self, codes: Vec<String>) -> Expected {
        let sheet = &self.certificate.sheet;
        let form = self.certificate.body.form();
        Expected {
            kind: sheet.kind.clone(),
            title: sheet.title.clone(),
            request_id: sheet.request_id,
            subject_hash: sheet.subject_hash,
            options: sheet.options.clone(),
            document_number: sheet.document_number.clone(),
            headings: form.headings(),
            place: form.place().clone(),
            people: form.people(),
            facts: form.facts(),
            pages: self.pages.len(),
            pictures: self.pages.iter().map(|page| page.pictures().map(|p| p.sha256).collect()).collect(),
            codes: Some(codes),
        }
    }

    /// Draws the pages, with `codes[n - 1]` as the text of page n's code.
    ///
    /// # Errors
    /// [`PaperError::Codes`], [`PaperError::NoCode`], [`PaperError::CodeTooLong`], [`PaperError::Export`].
    pub fn draw(&self, codes: &[String], seal: &Seal) -> Result<Vec<u8>, PaperError> {
        if codes.len() != self.pages.len() {
            return Err(PaperError::Codes { pages: self.pages.len(), given: codes.len() });
        }
        let square = |(index, code): (usize, &String)| {
            let page = index + 1;
            if code.is_empty() {
                return Err(PaperError::NoCode { page });
            }
            Square::encode(code, sheet::CODE.w).ok_or(PaperError::CodeTooLong { page })
        };
        let squares = codes.iter().enumerate().map(square).collect::<Result<Vec<_>, _>>()?;
        draw::draw(&self.certificate.sheet, self.typeface, &self.pages, &squares, seal)
    }
}

/// Invariant I14: a paper without its essential words is no paper.
fn refuse_empty(sheet: &Sheet) -> Result<(), PaperError> {
    let essential: [(Field, &str); 6] = [
        (Field::Title, &sheet.title),
        (Field::Municipality, &sheet.municipality),
        (Field::Attestation, &sheet.attestation),
        (Field::Mayor, &sheet.mayor_title),
        (Field::Mayor, &sheet.mayor_name),
        (Field::Numbers, &sheet.document_number),
    ];
    essential.into_iter().try_for_each(|(field, text)| refuse_blank(field, text))
}
