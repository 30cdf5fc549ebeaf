//! Evidence that lasts (PAdES B-LT, ETSI EN 319 142-1 §5.4): certificates and revocation lists of the day, put behind the
//! signed file, so that it can be judged when nobody can be asked any more.
//!
//! ```text
//!  signed and stamped PDF ── collect ──▶ Evidence: signer · its CA · stamper · its CA · the list of either CA
//!        │                                 (neither certificate is on a list; both lists are newer than the stamp)
//!        └── append ──▶ the same bytes, untouched, + an incremental update: catalog' /DSS, streams
//! ```
//! The file is read back by writing the update again: behind a signature exactly those bytes are accepted that
//! [`append`] would put there, and nothing else ([`split`]).

use std::sync::Arc;

use base::Timestamp;

use super::syntax::{Lexer, PlainFile, SyntaxError};
use super::update::Update;
use super::{PadesRefusal, SignError, verify};
use crate::anchors::{Anchor, AuthorityRole, TrustAnchors};
use crate::certificate::Certificate;
use crate::revocation::{Fetch, RevocationList, StatusError};
use crate::timestamp;

/// Things of one kind in a file at most, and bytes of all of them.
const MAX_ITEMS: usize = 16;
const MAX_BYTES: usize = 32 << 20;

/// What is kept with a document, each DER.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Certificates of signer and stamper, and of the CAs above them.
    pub certificates: Vec<Vec<u8>>,
    /// Revocation lists of those CAs.
    pub lists: Vec<Vec<u8>>,
    /// OCSP answers about signer and stamper.
    pub answers: Vec<Vec<u8>>,
}

/// What the evidence in a file is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LongTerm {
    /// Certificates in it.
    pub certificates: usize,
    /// Revocation lists in it.
    pub lists: usize,
    /// Whether the certificates of signer, stamper and the CAs above are there, and lists that show either good after the
    /// stamp.
    pub is_complete: bool,
}

/// Why no evidence was collected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceRefusal {
    /// The file's signature is not accepted.
    #[error("the document's signature is not accepted: {0}")]
    Signature(#[from] PadesRefusal),
    /// There is no accepted time stamp over the signature: evidence would prove nothing about the time.
    #[error("the document's signature has no accepted time stamp")]
    NotStamped,
    /// A list was not had.
    #[error("a revocation list was not had: {0}")]
    List(#[from] StatusError),
    /// The list was made before the stamp; a newer one is to come.
    #[error("the newest revocation list is older than the time stamp")]
    ListTooOld,
    /// The signer's or stamper's certificate is revoked.
    #[error("a certificate behind the document has been revoked")]
    Revoked,
    /// The evidence could not be written.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Where a CA's revocation list is.
pub trait ListSource: Send + Sync {
    /// The list of the CA whose key identifier this is, DER.
    ///
    /// # Errors
    /// [`StatusError`].
    fn list(&self, key_id: &[u8]) -> Result<Vec<u8>, StatusError>;
}

/// Lists over HTTP; `{key_id}` in the address becomes the CA's key identifier in hexadecimal.
pub struct HttpListSource {
    /// Carries the request.
    pub fetch: Arc<dyn Fetch>,
    /// The address.
    pub url: String,
}

/// A list of a CA that issues to offices only is short; it travels in every document.
const MAX_LIST_BYTES: u64 = 1 << 20;

impl ListSource for HttpListSource {
    fn list(&self, key_id: &[u8]) -> Result<Vec<u8>, StatusError> {
        let url = self.url.replace("{key_id}", &data_encoding::HEXLOWER.encode(key_id));
        self.fetch.get(&url, MAX_LIST_BYTES)
    }
}

/// Signer and stamper of a file, with the CA above each.
struct Parties<'t> {
    certificates: [Vec<u8>; 2],
    anchors: [&'t Anchor; 2],
    stamped_at: Timestamp,
}

fn parties<'t>(signed: &[u8], anchors: &'t TrustAnchors, now: Timestamp) -> Result<Parties<'t>, EvidenceRefusal> {
    let report = verify::verify_signed(signed, anchors, now)?;
    let stamped_at = report.stamp.time().ok_or(EvidenceRefusal::NotStamped)?;
    let (signer, token) = verify::signer_and_stamp(signed)?;
    let stamper = token.and_then(|token| timestamp::signer_of(&token).ok()).ok_or(EvidenceRefusal::NotStamped)?;
    let above = |der: &[u8], role| -> Result<&'t Anchor, PadesRefusal> {
        let key_id = Certificate::read(der)?.authority_key_id()?.map(|id| id.key_id);
        // Both were found under an anchor a moment ago.
        let anchor = key_id.and_then(|key_id| anchors.by_key_id(role, key_id));
        anchor.map(AsRef::as_ref).ok_or(PadesRefusal::ForeignAuthority)
    };
    let both = [above(&signer, AuthorityRole::Document)?, above(&stamper, AuthorityRole::Timestamp)?];
    Ok(Parties { certificates: [signer, stamper], anchors: both, stamped_at })
}

/// Collects what a signed and stamped file needs to last.
///
/// # Errors
/// See [`EvidenceRefusal`].
pub fn collect(
    signed: &[u8],
    anchors: &TrustAnchors,
    source: &dyn ListSource,
    now: Timestamp,
) -> Result<Evidence, EvidenceRefusal> {
    let parties = parties(signed, anchors, now)?;
    let mut evidence = Evidence::default();
    for (certificate, anchor) in parties.certificates.iter().zip(parties.anchors) {
        let der = source.list(anchor.key_id())?;
        let list = RevocationList::read(&der, anchor)?;
        match standing(&list, certificate, parties.stamped_at).map_err(PadesRefusal::from)? {
            Proof::Good if list.is_current(now) => {}
            Proof::Good => return Err(StatusError::Stale { as_of: list.this_update() }.into()),
            Proof::Silent => return Err(EvidenceRefusal::ListTooOld),
            Proof::Revoked => return Err(EvidenceRefusal::Revoked),
        }
        evidence.certificates.extend([certificate.clone(), anchor.der().to_vec()]);
        evidence.lists.push(der);
    }
    evidence.certificates.dedup();
    Ok(evidence)
}

enum Proof {
    Good,
    Silent,
    Revoked,
}

/// What a list proves of a certificate that was used at `at`. A revocation after that time does not count, unless the key
/// may have been in other hands: then nobody knows since when.
fn standing(list: &RevocationList, certificate: &[u8], at: Timestamp) -> Result<Proof, crate::asn1::Malformed> {
    use crate::revocation::RevocationReason::{CaCompromise, KeyCompromise};
    let certificate = Certificate::read(certificate)?;
    Ok(match list.revoked_since(certificate.serial) {
        Some((since, reason)) if since <= at || matches!(reason, KeyCompromise | CaCompromise) => Proof::Revoked,
        _ if !list.covers_all() || list.this_update() < at => Proof::Silent,
        _ => Proof::Good,
    })
}

/// The file with the evidence behind it. It begins with exactly the bytes of `signed`.
///
/// # Errors
/// [`SignError::Unreadable`] for a file we did not sign, [`SignError::HasForm`] where there is evidence already.
pub fn append(signed: &[u8], evidence: &Evidence) -> Result<Vec<u8>, SignError> {
    let file = PlainFile::read(signed)?;
    let size = file.trailer.integer(b"Size", "the trailer's /Size")?;
    let number = file.trailer.reference(b"Root", "the trailer's /Root")?;
    let catalog = file.object(number)?;
    if catalog.get(b"DSS").is_some() {
        return Err(SignError::HasForm);
    }
    let kinds = [("Certs", &evidence.certificates), ("CRLs", &evidence.lists), ("OCSPs", &evidence.answers)];
    let bytes: usize = kinds.iter().flat_map(|(_, items)| items.iter()).map(Vec::len).sum();
    let mut update = Update::after(signed, bytes + 4096);
    update.extended(number, catalog.bytes(), &format!(" /DSS {size} 0 R "));
    update.begin(size);
    update.text("<< /Type /DSS");
    let mut next = size + 1;
    for (name, items) in kinds {
        if items.is_empty() {
            continue;
        }
        let references: Vec<String> = (next..next + items.len()).map(|number| format!("{number} 0 R")).collect();
        update.text(&format!(" /{name} [{}]", references.join(" ")));
        next += items.len();
    }
    update.text(" >>\nendobj\n");
    let all = kinds.iter().flat_map(|(_, items)| items.iter());
    for (item, number) in all.zip(size + 1..) {
        update.stream(number, item);
    }
    Ok(update.finish(&file, next))
}

/// Splits a file into the part its signature covers, which ends at `end`, and the evidence behind it. `None` when
/// anything else stands there.
pub(super) fn split(pdf: &[u8], end: usize) -> Option<(&[u8], Evidence)> {
    let evidence = read(pdf).ok()?;
    let signed = pdf.get(..end)?;
    let again = append(signed, &evidence).ok()?;
    (again == pdf).then_some((signed, evidence))
}

fn read(pdf: &[u8]) -> Result<Evidence, SyntaxError> {
    let file = PlainFile::read(pdf)?;
    let catalog = file.object(file.trailer.reference(b"Root", "the trailer's /Root")?)?;
    let store = file.object(catalog.reference(b"DSS", "evidence")?)?;
    let mut bytes = 0;
    let mut items = |name: &[u8]| -> Result<Vec<Vec<u8>>, SyntaxError> {
        let Some(place) = store.place_of(name) else { return Ok(Vec::new()) };
        let mut lexer = Lexer::at(pdf, place.start);
        lexer.expect(b"[", "a list of streams")?;
        let mut found = Vec::new();
        while !lexer.next_is(b"]") {
            let number = lexer.integer("a stream")?;
            lexer.expect(b"0", "a stream")?;
            lexer.expect(b"R", "a stream")?;
            let content = stream(&file, number)?;
            bytes += content.len();
            if found.len() == MAX_ITEMS || bytes > MAX_BYTES {
                return lexer.fail("less evidence");
            }
            found.push(content.to_vec());
        }
        Ok(found)
    };
    Ok(Evidence { certificates: items(b"Certs")?, lists: items(b"CRLs")?, answers: items(b"OCSPs")? })
}

/// The bytes of a stream as [`Update::stream`] writes one.
fn stream<'a>(file: &PlainFile<'a>, number: usize) -> Result<&'a [u8], SyntaxError> {
    let dictionary = file.object(number)?;
    let length = dictionary.integer(b"Length", "a length")?;
    let mut lexer = Lexer::at(file.bytes, dictionary.place.end);
    lexer.expect(b"stream\n", "a stream")?;
    let content = lexer.position.checked_add(length).and_then(|end| file.bytes.get(lexer.position..end));
    content.map_or_else(|| lexer.fail("as many bytes as the stream says"), Ok)
}

/// What evidence is worth for the part of the file that is signed.
///
/// # Errors
/// [`PadesRefusal::Revoked`] when it shows that a certificate had been revoked.
pub(super) fn judge(
    signed: &[u8],
    evidence: &Evidence,
    anchors: &TrustAnchors,
    now: Timestamp,
) -> Result<LongTerm, PadesRefusal> {
    let mut worth =
        LongTerm { certificates: evidence.certificates.len(), lists: evidence.lists.len(), is_complete: false };
    let parties = match parties(signed, anchors, now) {
        Ok(parties) => parties,
        Err(EvidenceRefusal::Signature(refusal)) => return Err(refusal),
        Err(_) => return Ok(worth),
    };
    worth.is_complete = true;
    for (certificate, anchor) in parties.certificates.iter().zip(parties.anchors) {
        let lists = evidence.lists.iter().filter_map(|der| RevocationList::read(der, anchor).ok());
        let mut is_shown = false;
        for list in lists {
            match standing(&list, certificate, parties.stamped_at)? {
                Proof::Good => is_shown = true,
                Proof::Silent => {}
                Proof::Revoked => return Err(PadesRefusal::Revoked),
            }
        }
        let has = |der: &[u8]| evidence.certificates.iter().any(|kept| kept == der);
        worth.is_complete &= is_shown && has(certificate) && has(anchor.der());
    }
    Ok(worth)
}
