//! From what was decided to finished bytes: layout, codes, drawing, signature, and the re-check of what came out.
//!
//! ```text
//!  Content ─► Certificate ─► Plan (glyphs, sizes, pages) ─► signed code a page ─► PDF ─► PAdES ─► re-check
//! ```
//! The document is a value that is owned by one caller at a time: no file, no shared buffer (I2).

use std::sync::{Arc, OnceLock};

use base::{Current, Id, Kind, Timestamp};
use paper::error::PaperError;
use paper::fonts::Typeface;
use paper::recheck::{Mismatch, label, recheck};
use paper::seal::Seal;
use paper::{Certificate, Plan, Sheet};
use pki::DocumentSigner;
use pki::pades::{self, SignError, SignatureNotes};
use pki::timestamp::TimestampSource;
use pki::token::{KeyRing, PublicKeyRing, TokenError};
use tools::{Inside, ResidentId};
use wire::certificate_code::to_text;
use wire::certificate_fields::Fields;

use super::applicant::Applicant;
use super::kinds::Content;
use super::kinds::family_register::wording;
use super::receipt::Receipt;
use super::requests::Request;

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
    /// The city's keys were changed and this process cannot follow: it makes no paper with others.
    #[error("the keys of the city are newer than those of this process")]
    OldKeys,
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
            Self::OldKeys => "old-keys",
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
    /// Everything it says, where copies for wallets are offered and texts are all of it.
    pub fields: Option<Fields>,
}

/// One set of what papers are made with. A paper is made with one set, from its first code to its signature.
pub struct KeySet {
    /// The mayor's seal (電子公印).
    pub seal: Seal,
    /// Holds the document certificate.
    pub signer: Arc<dyn DocumentSigner>,
    /// Sign the codes: those on papers, and those printed for people.
    pub codes: KeyRing,
    /// Which of the city's versions this is ([`tools::paper_keys::version`]).
    pub version: i64,
}

/// Brings the process up to the keys that the city shares; it takes them up by [`Composer::take_up`].
pub type FollowKeys = Box<dyn Fn() + Send + Sync>;

/// Draws, signs and re-checks. Made once a process: the font is mapped once.
pub struct Composer {
    typeface: Typeface,
    keys: Current<KeySet>,
    follow: OnceLock<FollowKeys>,
    twins: bool,
    stamps: Option<Arc<dyn TimestampSource>>,
}

impl Composer {
    /// `seal` is the mayor's seal (電子公印), `signer` holds the document certificate, `codes` sign the QR.
    pub fn new(typeface: Typeface, seal: Seal, signer: Arc<dyn DocumentSigner>, codes: KeyRing) -> Self {
        Self::with_keys(typeface, KeySet { seal, signer, codes, version: 0 })
    }

    /// With a set of keys of a later version.
    pub fn with_keys(typeface: Typeface, keys: KeySet) -> Self {
        Self { typeface, keys: Current::new(keys), follow: OnceLock::new(), twins: false, stamps: None }
    }

    /// From here on papers are made with these. One that is being made goes on with those it began with.
    pub fn take_up(&self, keys: KeySet) {
        self.keys.set(keys);
    }

    /// How to catch up when the city's keys have changed elsewhere. The first one given stays.
    pub fn following(&self, follow: FollowKeys) {
        let _ = self.follow.set(follow);
    }

    /// Catches up with the city's keys, where this process can.
    pub fn follow(&self) {
        if let Some(follow) = self.follow.get() {
            follow();
        }
    }

    /// The font, for a seal that is drawn.
    pub const fn typeface(&self) -> &Typeface {
        &self.typeface
    }

    /// With digital copies offered or not; not, unless this says so.
    #[must_use]
    pub fn offering_twins(mut self, twins: bool) -> Self {
        self.twins = twins;
        self
    }

    /// Whether digital copies are offered.
    pub const fn offers_twins(&self) -> bool {
        self.twins
    }

    /// With an authority that stamps each signature (PAdES B-T). While it does not answer, documents come without
    /// (ADR 0044): a person stands at the machine, and what proves the paper is its codes.
    #[must_use]
    pub fn with_stamps(mut self, stamps: Arc<dyn TimestampSource>) -> Self {
        self.stamps = Some(stamps);
        self
    }

    /// The keys with which anyone checks the codes.
    pub fn code_keys(&self) -> PublicKeyRing {
        self.keys.get().codes.public()
    }

    /// What is signed with at this moment: take it once, and make one thing with it.
    pub fn keys(&self) -> Arc<KeySet> {
        self.keys.get()
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
        self.compose_with(&self.keys(), city, request, content, number)
    }

    /// The same with this set of keys, and no other.
    ///
    /// # Errors
    /// As [`Composer::compose`].
    pub fn compose_with(
        &self,
        keys: &KeySet,
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
                Ok(to_text(&certificate.sheet.check_address, &keys.codes.sign(&claims.encode())?))
            })
            .collect::<Result<Vec<String>, TokenError>>()?;
        let drawn = plan.draw(&codes, &keys.seal)?;
        let notes = SignatureNotes {
            name: city.profile.mayor_title.clone(),
            reason: format!("{}の交付", certificate.sheet.title),
            location: city.profile.name.clone(),
        };
        let bytes = self.signed(keys, &drawn, &notes, city.seams.now())?;
        recheck(&bytes, &plan.expected(codes))?;
        let fields = (self.twins && !plan.has_pictures()).then(|| plan.fields().clone());
        Ok(Finished { sha256: sha256(&[&bytes]), pages: plan.page_count(), bytes, fields })
    }

    fn signed(
        &self,
        keys: &KeySet,
        drawn: &[u8],
        notes: &SignatureNotes,
        now: Timestamp,
    ) -> Result<Vec<u8>, SignError> {
        let Some(stamps) = &self.stamps else { return pades::sign(drawn, &*keys.signer, notes, now) };
        let signed = pades::sign_stamped(drawn, &*keys.signer, notes, &**stamps, now)?;
        if let Err(error) = &signed.stamp {
            tracing::warn!(%error, "a document has no time stamp");
        }
        Ok(signed.bytes)
    }

    /// Draws a receipt for the same printer: unsigned, for it proves nothing about anybody.
    ///
    /// # Errors
    /// [`DocumentError::Paper`].
    pub fn receipt(&self, receipt: &Receipt) -> Result<Vec<u8>, DocumentError> {
        self.slip(&receipt.on_paper())
    }

    /// Draws a receipt for a fee that was paid for anything else.
    ///
    /// # Errors
    /// [`DocumentError::Paper`].
    pub fn slip(&self, receipt: &paper::receipt::Receipt) -> Result<Vec<u8>, DocumentError> {
        Ok(receipt.draw(&self.typeface)?)
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

/// The sheet around what the kind prints.
fn lay_out(city: &Inside, request: &Request, content: &Content, number: &str) -> Certificate {
    let kind = request.choices.kind;
    let sheet = Sheet {
        title: kind.title().to_owned(),
        municipality: city.profile.name.clone(),
        municipality_code: city.profile.municipality_code.clone(),
        attestation: wording::attestation(kind, city.seams.today()).unwrap_or(kind.attestation()).to_owned(),
        issued_on: city.seams.today(),
        mayor_title: city.profile.mayor_title.clone(),
        mayor_name: city.profile.mayor_name.clone(),
        check_address: format!("{}/verify", city.profile.public_address),
        request_id: request.id,
        document_number: number.to_owned(),
        subject_hash: subject_hash(request.id, content.applicant()),
        kind: kind.as_str().to_owned(),
        options: content.options_word(),
        register_version: content.version(),
    };
    Certificate { sheet, body: content.body() }
}
