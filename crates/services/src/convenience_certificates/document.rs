//! From what was decided to finished bytes: layout, codes, drawing, signature, and the re-check of what came out.
//!
//! ```text
//!  Content ─► Certificate ─► Plan (glyphs, sizes, pages) ─► signed code a page ─► PDF ─► PAdES ─► re-check
//! ```
//! The document is a value that is owned by one caller at a time: no file, no shared buffer (I2).

use std::sync::Arc;

use base::{Date, Id, Kind, Personal};
use paper::error::PaperError;
use paper::fonts::Typeface;
use paper::recheck::{Mismatch, label, recheck};
use paper::seal::Seal;
use paper::{Body, Certificate, Entry, Nationality, Person, Plan, Residence, Sheet};
use pki::DocumentSigner;
use pki::pades::{self, SignError, SignatureNotes};
use pki::token::{KeyRing, PublicKeyRing, TokenError};
use tools::register::{ForeignItems, Resident};
use tools::{Inside, ResidentId};
use wire::certificate_code::to_text;

use super::applicant::Applicant;
use super::choices::OptionalItems;
use super::model::Content;
use super::requests::Request;

/// 認証文 of the residence certificate. Its wording differs a little between municipalities (specs certificates §2.1).
/// Source: recalled wording.
pub const ATTESTATION: &str = "この写しは、住民票の原本と相違ないことを証明する。";

/// Why no document came.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// The paper cannot be drawn.
    #[error(transparent)]
    Paper(#[from] PaperError),
    /// A code or the document cannot be signed.
    #[error(transparent)]
    Key(#[from] TokenError),
    /// The PDF cannot be signed.
    #[error(transparent)]
    Signature(#[from] SignError),
    /// The finished bytes are not what was authorised (I3). Stops the service.
    #[error("the finished document differs from the request: {0}")]
    Different(#[from] Mismatch),
    /// Bytes read back are not those that were stored.
    #[error("the {0} are not those of this request")]
    Mismatch(&'static str),
}

impl DocumentError {
    /// What it means to the caller.
    pub const fn kind(&self) -> Kind {
        if self.is_about_the_person() { Kind::Refused } else { Kind::Internal }
    }

    /// Whether the cause lies in the person's data, so that only the counter can help.
    pub const fn is_about_the_person(&self) -> bool {
        matches!(self, Self::Paper(error) if error.is_about_the_person())
    }

    /// A stable word for the counter and incidents; nothing personal.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Paper(error) => error.code(),
            Self::Key(_) => "key",
            Self::Signature(_) => "signature",
            Self::Different(mismatch) => mismatch.code(),
            Self::Mismatch(_) => "wrong-bytes",
        }
    }
}

/// A finished document.
pub struct Finished {
    /// The signed PDF.
    pub bytes: Vec<u8>,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// Sheets of one copy.
    pub pages: usize,
}

/// Draws, signs and re-checks. Made once a process: the font is mapped once.
pub struct Composer {
    typeface: Typeface,
    seal: Seal,
    signer: Arc<dyn DocumentSigner>,
    codes: KeyRing,
}

impl Composer {
    /// `seal` is the mayor's seal (電子公印), `signer` holds the document certificate, `codes` sign the QR.
    pub const fn new(typeface: Typeface, seal: Seal, signer: Arc<dyn DocumentSigner>, codes: KeyRing) -> Self {
        Self { typeface, seal, signer, codes }
    }

    /// The keys with which anyone checks the codes.
    pub fn code_keys(&self) -> PublicKeyRing {
        self.codes.public()
    }

    /// Makes the document of `request` from exactly `content`.
    ///
    /// # Errors
    /// [`DocumentError`]; nothing of the document is kept.
    pub fn compose(
        &self,
        city: &Inside,
        request: &Request,
        content: &Content,
        number: &str,
    ) -> Result<Finished, DocumentError> {
        let certificate = lay_out(city, request, content, number);
        let plan = Plan::new(&self.typeface, &certificate)?;
        let codes = (1..=plan.page_count())
            .map(|page| {
                let claims = plan.claims(page, city.seams.random.bytes());
                Ok(to_text(&certificate.sheet.check_address, &self.codes.sign(&claims.encode())?))
            })
            .collect::<Result<Vec<String>, TokenError>>()?;
        let drawn = plan.draw(&codes, &self.seal)?;
        let notes = SignatureNotes {
            name: city.profile.mayor_title.clone(),
            reason: format!("{}の交付", certificate.sheet.title),
            location: city.profile.name.clone(),
        };
        let bytes = pades::sign(&drawn, &*self.signer, &notes, city.seams.now())?;
        recheck(&bytes, &plan.expected(codes))?;
        Ok(Finished { sha256: sha256(&[&bytes]), pages: plan.page_count(), bytes })
    }

    /// Whether finished bytes are those of `request` for `applicant`: the machine's own look before it prints (I3). The
    /// pages were compared when the bytes were made, and [`super::actions::fetch`] gave out those bytes and no others.
    ///
    /// # Errors
    /// The first difference.
    pub fn belongs_to(&self, bytes: &[u8], request: &Request, applicant: &Applicant) -> Result<(), DocumentError> {
        let label = label(bytes)?;
        let subject = hex(&subject_hash(request.id, applicant.resident()));
        let is_theirs = label.keyword("request") == Some(request.id.to_string().as_str())
            && label.keyword("subject") == Some(subject.as_str())
            && label.keyword("kind") == Some(request.choices.kind.as_str());
        if is_theirs { Ok(()) } else { Err(DocumentError::Mismatch("finished bytes")) }
    }

    /// Sheets of one copy.
    ///
    /// # Errors
    /// The bytes are not a paper of ours.
    pub fn page_count(&self, bytes: &[u8]) -> Result<usize, DocumentError> {
        Ok(label(bytes)?.page_count)
    }
}

/// Stands for the applicant in the metadata: differs from paper to paper, and leads to nobody without the register.
fn subject_hash(request: Id, resident: &ResidentId) -> [u8; 32] {
    sha256(&[b"yakuba-subject-v1", request.bytes(), resident.as_str().as_bytes()])
}

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

/// Puts every decided value at its place on the form.
fn lay_out(city: &Inside, request: &Request, content: &Content, number: &str) -> Certificate {
    let items = content.items;
    let sheet = Sheet {
        title: request.choices.kind.title().to_owned(),
        municipality: city.profile.name.clone(),
        municipality_code: city.profile.municipality_code.clone(),
        attestation: ATTESTATION.to_owned(),
        issued_on: city.seams.today(),
        mayor_title: city.profile.mayor_title.clone(),
        mayor_name: city.profile.mayor_name.clone(),
        check_address: format!("{}/verify", city.profile.public_address),
        request_id: request.id,
        document_number: number.to_owned(),
        subject_hash: subject_hash(request.id, &content.applicant),
        kind: request.choices.kind.as_str().to_owned(),
        options: options_word(items, content.is_whole_household),
        register_version: content.version.to_string(),
    };
    let residence = Residence {
        address: Personal::new(printed(&content.address)),
        head: optional(items.relationship, Some(content.head_name.as_str())),
        people: content.people.iter().map(|person| person_entry(person, items)).collect(),
    };
    Certificate { sheet, body: Body::Residence(residence) }
}

/// The choices as one word of ASCII for the metadata.
fn options_word(items: OptionalItems, is_whole_household: bool) -> String {
    let switches = [
        (is_whole_household, "household"),
        (items.relationship, "relationship"),
        (items.domicile, "domicile"),
        (items.nationality, "nationality"),
        (items.residence_card_number, "card-number"),
        (items.residence_status, "status"),
    ];
    let on: Vec<&str> = switches.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
    if on.is_empty() { "none".to_owned() } else { on.join("+") }
}

/// Shown or missing when chosen, omitted when not.
fn optional(chosen: bool, value: Option<&str>) -> Entry {
    if chosen { Entry::or_missing(value) } else { Entry::Omitted }
}

fn date(date: Option<Date>) -> Entry {
    Entry::or_missing(date.map(Date::japanese))
}

/// Digits of addresses in full width, as certificates print them.
fn printed(text: &str) -> String {
    base::text::digits_to_full_width(text)
}

fn person_entry(person: &Resident, items: OptionalItems) -> Person {
    let names = &person.names;
    let reading = names.kana.as_deref().filter(|_| names.kana_is_registered);
    let birth = person.birth_date_text.clone().unwrap_or_else(|| person.birth_date.japanese());
    Person {
        name: Personal::new(names.registered.clone()),
        // Readings are blank until the family register's notice arrived (specs certificates §2.1).
        reading: Entry::or_none(reading),
        alphabet_name: Entry::or_none(names.alphabet.as_deref().filter(|latin| *latin != names.registered)),
        former_name: Entry::or_none(names.former.as_ref().map(|name| name.text.as_str())),
        former_name_reading: Entry::or_none(names.former.as_ref().and_then(|name| name.kana.as_deref())),
        common_name: Entry::or_none(names.common.as_ref().map(|name| name.text.as_str())),
        common_name_reading: Entry::or_none(names.common.as_ref().and_then(|name| name.kana.as_deref())),
        birth_date: Personal::new(birth),
        sex: Entry::or_missing(Some(person.sex.japanese()).filter(|word| !word.is_empty())),
        relationship: optional(items.relationship, Some(person.relationship.as_str())),
        became_resident: date(person.became_resident_on),
        address_set: date(person.address_since),
        notified: date(person.notified_on),
        previous_address: Entry::or_none(person.previous_address.as_deref().map(printed)),
        former_address: Entry::or_none(person.previous_city_address.as_deref().map(printed)),
        nationality: match &person.foreign {
            Some(foreign) => foreign_entry(foreign, items),
            None => {
                let family = person.family_register.as_ref();
                let domicile = family.map(|family| printed(&family.domicile));
                Nationality::Japanese {
                    domicile: optional(items.domicile, domicile.as_deref()),
                    register_head: optional(items.domicile, family.map(|family| family.head.as_str())),
                }
            }
        },
        remarks: Entry::or_none(person.remarks.as_deref()),
    }
}

fn foreign_entry(foreign: &ForeignItems, items: OptionalItems) -> Nationality {
    let expiry = foreign.expires_on.map(Date::japanese);
    Nationality::Foreign {
        country_or_region: optional(items.nationality, Some(foreign.nationality.as_str())),
        category: optional(items.residence_status, Some(foreign.article_30_45.as_str())),
        status: optional(items.residence_status, foreign.residence_status.as_deref()),
        period: optional(items.residence_status, foreign.period.as_deref()),
        expiry: optional(items.residence_status, expiry.as_deref()),
        card_number: optional(items.residence_card_number, foreign.card_number.as_deref()),
    }
}
