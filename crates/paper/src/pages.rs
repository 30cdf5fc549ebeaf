//! A finished document page by page, for machines that take and print one sheet after the other (I4).
//!
//! ```text
//!  signed file ─► one file a page: that page alone, with the metadata of the whole ─► read back: same request, n of m
//! ```
//! A page's file is for printing only: it carries no signature. What was signed is the whole, and each page still carries
//! its own signed code.

use base::Id;
use lopdf::{Document, Object};

use crate::a4::{page_words, request_words};
use crate::recheck::{Mismatch, extract};

const fn broken(what: &'static str) -> Mismatch {
    Mismatch::Unreadable(what)
}

/// Each page of the finished document of `request` as a file of its own, in order. Every one is read back before it is
/// given: it must name the request and its place.
///
/// # Errors
/// The bytes are not a paper of ours, or one page is not of this request.
pub fn split(bytes: &[u8], request: Id) -> Result<Vec<Vec<u8>>, Mismatch> {
    let whole = Document::load_mem(bytes).map_err(|_| broken("not a PDF"))?;
    let count = whole.page_iter().count();
    (1..=count).map(|page| single(&whole, page, count, request)).collect()
}

fn single(whole: &Document, page: usize, count: usize, request: Id) -> Result<Vec<u8>, Mismatch> {
    let mut document = whole.clone();
    let others: Vec<u32> = (1..=count).filter(|other| *other != page).filter_map(|n| u32::try_from(n).ok()).collect();
    document.delete_pages(&others);
    // The signature covers the whole and would be wrong here; so would a structure that speaks of all pages.
    let catalog = document.catalog_mut().map_err(|_| broken("catalog"))?;
    for key in [&b"AcroForm"[..], b"StructTreeRoot", b"MarkInfo", b"Perms", b"DSS", b"Outlines", b"Metadata"] {
        catalog.remove(key);
    }
    let left: Vec<_> = document.page_iter().collect();
    for id in left {
        if let Ok(Object::Dictionary(dictionary)) = document.get_object_mut(id) {
            dictionary.remove(b"Annots");
            dictionary.remove(b"StructParents");
        }
    }
    document.prune_objects();
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|_| broken("writing"))?;
    check(&bytes, page, count, request)?;
    Ok(bytes)
}

/// What came out, as the printer will get it.
fn check(bytes: &[u8], page: usize, count: usize, request: Id) -> Result<(), Mismatch> {
    let found = extract(bytes)?;
    let [only] = &found.pages[..] else {
        return Err(Mismatch::PageCount { expected: 1, found: found.pages.len() });
    };
    if found.keyword("request") != Some(request.to_string().as_str()) {
        return Err(Mismatch::Metadata("request"));
    }
    let says = |words: &str| only.texts.iter().filter(|text| *text == words).count() == 1;
    let differs = |what| Mismatch::Page { page, what };
    if !says(&request_words(request)) {
        return Err(differs("request"));
    }
    if !says(&page_words(page, count)) {
        return Err(differs("page number"));
    }
    if only.code.is_none() { Err(differs("no code")) } else { Ok(()) }
}
