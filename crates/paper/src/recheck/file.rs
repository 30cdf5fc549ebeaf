//! Opens a finished file and hands each page's content to the reader.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::content::{self, CodeMap, ImageKind, Resources};
use super::{Extract, Label, Mismatch};
use crate::layout::sha256;

/// Most bytes one stream of ours unpacks to.
const MAX_STREAM: usize = 8 << 20;

/// Longest file that is looked at.
const MAX_FILE: usize = 32 << 20;

const fn unreadable(what: &'static str) -> Mismatch {
    Mismatch::Unreadable(what)
}

fn refuse_long(bytes: &[u8]) -> Result<(), Mismatch> {
    if bytes.len() > MAX_FILE { Err(unreadable("too long")) } else { Ok(()) }
}

fn open(bytes: &[u8]) -> Result<Document, Mismatch> {
    refuse_long(bytes)?;
    Document::load_mem(bytes).map_err(|_| unreadable("not a PDF"))
}

/// Looks at the file's table, its information and the root of its pages, and at none of the hundreds of other objects.
pub(super) fn label(bytes: &[u8]) -> Result<Label, Mismatch> {
    refuse_long(bytes)?;
    let found = Document::load_metadata_mem(bytes).map_err(|_| unreadable("not a PDF"))?;
    if found.xref_recovery.is_some() {
        return Err(unreadable("its table is broken"));
    }
    let broken = || unreadable("metadata");
    let title = found.title.ok_or_else(broken)?;
    let keywords = pairs(&found.keywords.ok_or_else(broken)?).ok_or_else(broken)?;
    Ok(Label { title, keywords, page_count: usize::try_from(found.page_count).unwrap_or(0) })
}

/// `name:value` words.
fn pairs(keywords: &str) -> Option<Vec<(String, String)>> {
    let pair = |word: &str| word.split_once(':').map(|(name, value)| (name.to_owned(), value.to_owned()));
    keywords.split(", ").map(pair).collect()
}

pub(super) fn extract(bytes: &[u8]) -> Result<Extract, Mismatch> {
    let document = open(bytes)?;
    let (title, keywords) = metadata(&document)?;
    let mut maps = HashMap::new();
    let pages = document.page_iter().take(crate::a4::MOST_PAGES + 1);
    let pages = pages.map(|page| read_page(&document, page, &mut maps)).collect::<Result<Vec<_>, _>>()?;
    Ok(Extract { title, keywords, pages })
}

fn metadata(document: &Document) -> Result<(String, Vec<(String, String)>), Mismatch> {
    let broken = || unreadable("metadata");
    let info = document.trailer.get_deref(b"Info", document).and_then(Object::as_dict).map_err(|_| broken())?;
    let text = |key: &[u8]| {
        let bytes = info.get_deref(key, document).and_then(Object::as_str).ok()?;
        content::text_string(bytes)
    };
    let title = text(b"Title").ok_or_else(broken)?;
    let keywords = text(b"Keywords").ok_or_else(broken)?;
    Ok((title, pairs(&keywords).ok_or_else(broken)?))
}

fn read_page(
    document: &Document,
    page: ObjectId,
    maps: &mut HashMap<ObjectId, Rc<CodeMap>>,
) -> Result<super::PageExtract, Mismatch> {
    let dictionary = document.get_dictionary(page).map_err(|_| unreadable("page"))?;
    let resources = resources(document, dictionary, maps)?;
    let mut bytes = Vec::new();
    for id in document.get_page_contents(page) {
        bytes.extend(stream(document, id, "content")?);
        bytes.push(b'\n');
    }
    content::read(&bytes, &resources)
}

fn stream(document: &Document, id: ObjectId, what: &'static str) -> Result<Vec<u8>, Mismatch> {
    let stream = document.get_object(id).and_then(Object::as_stream).map_err(|_| unreadable(what))?;
    stream.get_plain_content_with_limit(MAX_STREAM).map_err(|_| unreadable(what))
}

fn resources(
    document: &Document,
    page: &Dictionary,
    maps: &mut HashMap<ObjectId, Rc<CodeMap>>,
) -> Result<Resources, Mismatch> {
    let broken = || unreadable("resources");
    let resources = page.get_deref(b"Resources", document).and_then(Object::as_dict).map_err(|_| broken())?;
    let entries = |key: &[u8]| -> Vec<(Vec<u8>, Object)> {
        let dictionary = resources.get_deref(key, document).and_then(Object::as_dict).ok();
        dictionary.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let mut found = Resources { fonts: HashMap::new(), images: HashMap::new() };
    for (name, value) in entries(b"Font") {
        let (_, font) = document.dereference(&value).map_err(|_| broken())?;
        let id = font.as_dict().and_then(|font| font.get(b"ToUnicode")).and_then(Object::as_reference);
        let id = id.map_err(|_| broken())?;
        if let std::collections::hash_map::Entry::Vacant(place) = maps.entry(id) {
            place.insert(Rc::new(content::code_map(&stream(document, id, "ToUnicode")?)?));
        }
        found.fonts.insert(name, maps[&id].clone());
    }
    for (_, value) in entries(b"Pattern") {
        let (_, pattern) = document.dereference(&value).map_err(|_| broken())?;
        let pattern = pattern.as_stream().map_err(|_| broken())?;
        let bytes = pattern.get_plain_content_with_limit(MAX_STREAM).map_err(|_| unreadable("pattern"))?;
        content::read_pattern(&bytes)?;
    }
    for (name, value) in entries(b"XObject") {
        let (_, object) = document.dereference(&value).map_err(|_| broken())?;
        let image = object.as_stream().map_err(|_| broken())?;
        if image.dict.get(b"Subtype").and_then(Object::as_name).map_err(|_| broken())? == b"Image" {
            found.images.insert(name, image_kind(document, image)?);
        }
    }
    Ok(found)
}

/// The mayor's seal is in colour; pictures of a form are gray, one byte a pixel.
fn image_kind(document: &Document, image: &lopdf::Stream) -> Result<ImageKind, Mismatch> {
    let space = image.dict.get_deref(b"ColorSpace", document).map_err(|_| unreadable("picture"))?;
    // An ICC space is an array [/ICCBased stream] whose stream says how many parts a pixel has.
    let parts = match space {
        Object::Name(name) if name == b"DeviceGray" => 1,
        Object::Name(_) => 3,
        Object::Array(parts) => {
            let profile = parts.get(1).ok_or(unreadable("picture"))?;
            let (_, profile) = document.dereference(profile).map_err(|_| unreadable("picture"))?;
            profile.as_stream().and_then(|profile| profile.dict.get(b"N")).and_then(Object::as_i64).unwrap_or(3)
        }
        _ => return Err(unreadable("picture")),
    };
    if parts != 1 {
        return Ok(ImageKind::Seal);
    }
    let pixels = image.get_plain_content_with_limit(MAX_STREAM).map_err(|_| unreadable("picture"))?;
    Ok(ImageKind::Form(sha256(&pixels)))
}
