//! Signing: one incremental update behind the finished bytes.
//!
//! ```text
//!  %PDF … %%EOF                         the drawn file, byte for byte
//!  catalog'   + /AcroForm /Perms        rewritten objects
//!  page'      + /Annots [widget]
//!  form, widget (zero size), signature  new objects
//!  xref, trailer /Prev, %%EOF
//!
//!  ByteRange  [0 ─────────────── a]<hole: CMS in hex, zeros>[b ─────── end]
//! ```

use base::Timestamp;

use super::syntax::{Dictionary, Lexer, PlainFile, SyntaxError};
use super::update::Update;
use super::{SignError, SignatureNotes, Stamped};
use crate::algorithm::sha256;
use crate::cms;
use crate::keys::DocumentSigner;
use crate::timestamp::{Stamp, TimestampError, TimestampRefusal, TimestampSource};

/// Room for the CMS beside the certificates: attributes about 250 bytes, signature up to 512, names and headers.
const CMS_ROOM: usize = 1536;
/// `[0 a b c]` with three numbers of up to 10 digits.
const RANGE_WIDTH: usize = 40;
/// Print and Locked (ISO 32000-1 table 165): PDF/A wants every annotation printable.
const WIDGET_FLAGS: u32 = 132;

impl From<SyntaxError> for SignError {
    fn from(error: SyntaxError) -> Self {
        Self::Unreadable { position: error.position, what: error.what }
    }
}

impl From<cms::MakeError> for SignError {
    fn from(error: cms::MakeError) -> Self {
        match error {
            cms::MakeError::NoCertificate => Self::NoCertificate,
            cms::MakeError::Certificate(error) => Self::Certificate(error),
            cms::MakeError::Key(error) => Self::Key(error),
        }
    }
}

/// Numbers of the objects in the update.
struct Numbers {
    catalog: usize,
    page: usize,
    form: usize,
    widget: usize,
    signature: usize,
}

pub(super) fn prepare(
    pdf: &[u8],
    certificate_bytes: usize,
    notes: &SignatureNotes,
    now: Timestamp,
) -> Result<PreparedPdf, SignError> {
    let file = PlainFile::read(pdf)?;
    for key in [&b"Prev"[..], b"XRefStm", b"Encrypt"] {
        if let Some(place) = file.trailer.place_of(key) {
            return Err(SignError::Unreadable { position: place.start, what: "a file written in one go" });
        }
    }
    let size = file.trailer.integer(b"Size", "the trailer's /Size")?;
    let catalog_number = file.trailer.reference(b"Root", "the trailer's /Root")?;
    let catalog = file.object(catalog_number)?;
    if catalog.get(b"AcroForm").is_some() || catalog.get(b"Perms").is_some() {
        return Err(SignError::HasForm);
    }
    let (page_number, page) = first_page(&file, &catalog)?;
    let numbers =
        Numbers { catalog: catalog_number, page: page_number, form: size, widget: size + 1, signature: size + 2 };

    let mut signing = Signing::after(pdf, certificate_bytes);
    signing.write_objects(&numbers, &catalog, &page, notes, now)?;
    signing.prepared(&file, size + 3)
}

/// A PDF with everything of a signature but the signature: made wherever the key is, and put into the hole.
#[derive(Clone)]
pub struct PreparedPdf {
    bytes: Vec<u8>,
    hole_at: usize,
    hole_length: usize,
    digest: [u8; 32],
}

impl PreparedPdf {
    /// SHA-256 of everything but the hole: what is to be signed.
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Signs it.
    ///
    /// # Errors
    /// [`SignError::Key`] when the key did not sign, [`SignError::TooLong`] when the certificates need more room than was
    /// kept.
    pub fn finish(self, signer: &dyn DocumentSigner) -> Result<Vec<u8>, SignError> {
        let message = cms::sign_detached(self.digest, signer)?;
        self.filled(&message)
    }

    /// Signs it and has `source` stamp the signature. Without a stamp, or with one that does not fit into the room, the
    /// signature stands alone; the room stays for [`super::stamp`].
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub(super) fn finish_stamped(
        self,
        signer: &dyn DocumentSigner,
        source: &dyn TimestampSource,
    ) -> Result<Stamped, SignError> {
        let message = cms::sign_detached(self.digest, signer)?;
        let (message, stamp) = stamped_message(message, source, self.hole_length)?;
        Ok(Stamped { bytes: self.filled(&message)?, stamp })
    }

    fn filled(mut self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        fill(&mut self.bytes, self.hole_at, self.hole_length, message)?;
        Ok(self.bytes)
    }
}

/// Writes a message into the hole that begins at `hole_at`, with zeros behind it.
fn fill(bytes: &mut [u8], hole_at: usize, hole_length: usize, message: &[u8]) -> Result<(), SignError> {
    let hex = data_encoding::HEXLOWER.encode(message);
    if hex.len() > hole_length {
        return Err(SignError::TooLong);
    }
    let hole = &mut bytes[hole_at + 1..hole_at + 1 + hole_length];
    hole.fill(b'0');
    hole[..hex.len()].copy_from_slice(hex.as_bytes());
    Ok(())
}

/// The message with a stamp over its signature, or as it was and why not.
fn stamped_message(
    message: Vec<u8>,
    source: &dyn TimestampSource,
    hole_length: usize,
) -> Result<(Vec<u8>, Result<Stamp, TimestampError>), SignError> {
    let unreadable = || SignError::Unreadable { position: 0, what: "a signature of ours" };
    let imprint = {
        let signed = cms::SignedData::read(&message).map_err(|_| unreadable())?;
        sha256(signed.signature())
    };
    let answer = match source.stamp(imprint) {
        Ok(answer) => answer,
        Err(error) => return Ok((message, Err(error))),
    };
    let longer = cms::with_time_stamp(&message, &answer.token).map_err(|_| unreadable())?;
    if longer.len() * 2 > hole_length {
        return Ok((message, Err(TimestampRefusal::TooLong.into())));
    }
    Ok((longer, Ok(answer.stamp)))
}

/// Stamps a signature that was made without a stamp, in the room that was kept for one.
pub(super) fn stamp(signed: &[u8], source: &dyn TimestampSource) -> Result<Stamped, SignError> {
    let unreadable = SignError::Unreadable { position: 0, what: "a signature over the whole file" };
    let (message, hole_at, hole_end) = super::verify::message_over_everything(signed).map_err(|_| unreadable)?;
    let hole_length = hole_end - hole_at - 2;
    let (message, stamp) = stamped_message(message, source, hole_length)?;
    let mut bytes = signed.to_vec();
    fill(&mut bytes, hole_at, hole_length, &message)?;
    Ok(Stamped { bytes, stamp })
}

impl std::fmt::Debug for PreparedPdf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreparedPdf({} bytes)", self.bytes.len())
    }
}

/// Follows the first child of each node of the page tree.
fn first_page<'a>(file: &PlainFile<'a>, catalog: &Dictionary<'a>) -> Result<(usize, Dictionary<'a>), SyntaxError> {
    let mut number = catalog.reference(b"Pages", "the catalog's /Pages")?;
    // A tree deeper than this is a loop.
    for _ in 0..32 {
        let node = file.object(number)?;
        let Some(kids) = node.place_of(b"Kids") else { return Ok((number, node)) };
        let mut lexer = Lexer::at(file.bytes, kids.start);
        lexer.expect(b"[", "an array of pages")?;
        number = lexer.integer("a page")?;
    }
    catalog.missing("a page tree that ends")
}

/// The update while it is written, and where the parts lie that are filled in last.
struct Signing {
    update: Update,
    hole_length: usize,
    range_at: usize,
    hole_at: usize,
}

impl Signing {
    fn after(pdf: &[u8], certificate_bytes: usize) -> Self {
        let hole_length = (certificate_bytes + CMS_ROOM) * 2;
        Self { update: Update::after(pdf, hole_length + 4096), hole_length, range_at: 0, hole_at: 0 }
    }

    fn write_objects(
        &mut self,
        numbers: &Numbers,
        catalog: &Dictionary<'_>,
        page: &Dictionary<'_>,
        notes: &SignatureNotes,
        now: Timestamp,
    ) -> Result<(), SignError> {
        let Numbers { form, widget, signature, .. } = *numbers;
        let update = &mut self.update;
        // The form stands as an object of its own: some readers see no other.
        let extra = format!(" /AcroForm {form} 0 R /Perms << /DocMDP {signature} 0 R >> ");
        update.extended(numbers.catalog, catalog.bytes(), &extra);
        let (body, extra) = annotated_page(page, widget)?;
        update.extended(numbers.page, &body, &extra);

        update.begin(form);
        update.text(&format!("<< /Fields [{widget} 0 R] /SigFlags 3 >>\nendobj\n"));
        update.begin(widget);
        let label = text_string("電子署名");
        update.text(&format!(
            "<< /Type /Annot /Subtype /Widget /FT /Sig /T (Signature1) /TU {label} /Contents {label} \
             /F {WIDGET_FLAGS} /Rect [0 0 0 0] /P {} 0 R /V {signature} 0 R >>\nendobj\n",
            numbers.page
        ));
        update.begin(signature);
        update.text("<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached\n/ByteRange ");
        self.range_at = update.length();
        update.text(&" ".repeat(RANGE_WIDTH));
        update.text("\n/Contents ");
        self.hole_at = update.length();
        let hole = format!("<{}>", "0".repeat(self.hole_length));
        update.text(&hole);
        update.text(&format!("\n/M ({})", pdf_time(now)));
        for (key, value) in [("Name", &notes.name), ("Reason", &notes.reason), ("Location", &notes.location)] {
            if !value.is_empty() {
                update.text(&format!(" /{key} {}", text_string(value)));
            }
        }
        // DocMDP level 1: no change whatever is allowed after this signature, but for evidence that it was good.
        update.text(
            "\n/Reference [<< /Type /SigRef /TransformMethod /DocMDP \
             /TransformParams << /Type /TransformParams /P 1 /V /1.2 >> >>] >>\nendobj\n",
        );
        Ok(())
    }

    /// Writes the range and hashes what it covers.
    fn prepared(self, file: &PlainFile<'_>, size: usize) -> Result<PreparedPdf, SignError> {
        let Self { update, hole_length, range_at, hole_at } = self;
        let mut bytes = update.finish(file, size);
        let hole_end = hole_at + hole_length + 2;
        let range = format!("[0 {hole_at} {hole_end} {}]", bytes.len() - hole_end);
        if range.len() > RANGE_WIDTH {
            return Err(SignError::TooLong);
        }
        bytes[range_at..range_at + range.len()].copy_from_slice(range.as_bytes());
        let digest = super::digest_around(&bytes, hole_at, hole_end);
        Ok(PreparedPdf { bytes, hole_at, hole_length, digest })
    }
}

/// The page's dictionary with the widget among its annotations: the body (ending with `>>`) and what to put before its end.
fn annotated_page(page: &Dictionary<'_>, widget: usize) -> Result<(Vec<u8>, String), SignError> {
    let mut body = page.bytes().to_vec();
    let mut extra = String::from(" ");
    if page.get(b"Tabs").is_none() {
        extra.push_str("/Tabs /S ");
    }
    match page.place_of(b"Annots") {
        None => extra.push_str(&format!("/Annots [{widget} 0 R] ")),
        Some(place) if page.get(b"Annots").is_some_and(|value| value.starts_with(b"[")) => {
            let before_end = place.end - 1 - page.place.start;
            body.splice(before_end..before_end, format!(" {widget} 0 R").into_bytes());
        }
        Some(place) => {
            return Err(SignError::Unreadable { position: place.start, what: "annotations inside the page" });
        }
    }
    Ok((body, extra))
}

/// `D:YYYYMMDDhhmmss+09'00'`.
fn pdf_time(at: Timestamp) -> String {
    let local = at.japan_time();
    let (year, month, day) = local.date.parts();
    format!("D:{year:04}{month:02}{day:02}{:02}{:02}{:02}+09'00'", local.hour, local.minute, local.second)
}

/// UTF-16 with a byte order mark, in hex: the one form that needs no escapes.
fn text_string(text: &str) -> String {
    let hex: String = text.encode_utf16().map(|unit| format!("{unit:04X}")).collect();
    format!("<FEFF{hex}>")
}
