//! Feeds: RSS 1.0 and 2.0, Atom. The event module of RSS (`ev:startdate`, `ev:enddate`, `ev:location`) gives times and
//! places; a feed without it announces, and its entries have no time.

use std::collections::BTreeSet;

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event as Xml};

use super::times::rfc3339;
use super::{Fault, Field, Raw, Read, Reason, text_of};

/// Reads a feed. No entity but XML's own five is known and no document type is followed, so that a feed cannot grow in
/// memory or reach for a file.
pub fn read_feed(bytes: &[u8]) -> Read {
    let text = match text_of(bytes) {
        Ok(text) => text,
        Err(reason) => return Read::refuse_file(reason),
    };
    let mut reader = Reader::from_str(&text);
    let mut walk = Walk::default();
    loop {
        let position = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let more = match reader.read_event() {
            Ok(Xml::Start(tag)) => walk.open(&tag, false),
            Ok(Xml::Empty(tag)) => walk.open(&tag, true),
            Ok(Xml::End(tag)) => walk.close(tag.local_name().as_ref()),
            Ok(Xml::Text(text)) => walk.say(&text.xml10_content()),
            Ok(Xml::CData(text)) => walk.say(&text.xml10_content()),
            Ok(Xml::GeneralRef(name)) => {
                let character = name.resolve_char_ref().ok().flatten().map(String::from);
                let known = resolve_predefined_entity(&name).map(str::to_owned);
                // An entity of HTML, or of a document type, is kept as it stands: the cleaner of HTML knows the former.
                walk.say(&character.or(known).unwrap_or_else(|| format!("&{};", &*name)))
            }
            Ok(Xml::Eof) => break,
            Ok(_) => true,
            Err(_) => {
                let reason = Reason::Malformed { position: position.min(text.len()) };
                walk.found.faults.push(Fault { row: walk.number, field: Field::Whole, reason });
                break;
            }
        };
        if !more {
            break;
        }
    }
    if !walk.is_feed && walk.found.faults.is_empty() {
        return Read::refuse_file(Reason::NotThisKind);
    }
    walk.found
}

#[derive(Default)]
struct Walk {
    found: Read,
    seen: BTreeSet<String>,
    is_feed: bool,
    /// The entry being read, from 1.
    number: usize,
    entry: Option<Entry>,
}

#[derive(Default)]
struct Entry {
    raw: Raw,
    starts: String,
    ends: String,
    summary: String,
    content: String,
    /// Open elements inside the entry; only its own children are read.
    inside: Vec<String>,
    text: String,
}

impl Walk {
    fn open(&mut self, tag: &BytesStart<'_>, is_empty: bool) -> bool {
        let name = tag.local_name().as_ref().to_ascii_lowercase();
        if let Some(entry) = &mut self.entry {
            entry.open(&name, tag, is_empty);
            return true;
        }
        match name.as_str() {
            "rss" | "rdf" | "feed" => self.is_feed = true,
            "item" | "entry" if self.is_feed => {
                self.number += 1;
                let id = attribute(tag, "about").unwrap_or_default();
                let entry = Entry { raw: Raw { row: self.number, id, ..Raw::default() }, ..Entry::default() };
                self.entry = Some(entry);
                return !is_empty || self.close("item");
            }
            _ => {}
        }
        true
    }

    fn close(&mut self, _name: &str) -> bool {
        let Some(entry) = &mut self.entry else { return true };
        if entry.close() {
            return true;
        }
        let Some(entry) = self.entry.take() else { return true };
        self.found.take(entry.done(), &mut self.seen)
    }

    fn say(&mut self, text: &str) -> bool {
        if let Some(entry) = &mut self.entry
            && entry.text.len() < 64 * 1024
        {
            entry.text.push_str(text);
        }
        true
    }
}

impl Entry {
    fn open(&mut self, name: &str, tag: &BytesStart<'_>, is_empty: bool) {
        if self.inside.is_empty() {
            self.text.clear();
            match name {
                // Atom: the page, not the entry's own address.
                "link" => {
                    let is_page = attribute(tag, "rel").is_none_or(|rel| rel == "alternate");
                    if let Some(href) = attribute(tag, "href").filter(|_| is_page && self.raw.url.is_empty()) {
                        self.raw.url = href;
                    }
                }
                "category" => self.raw.fields.extend(attribute(tag, "term")),
                _ => {}
            }
        }
        if !is_empty {
            self.inside.push(name.to_owned());
        }
    }

    /// Whether an element inside was closed; otherwise the entry itself is.
    fn close(&mut self) -> bool {
        let Some(name) = self.inside.pop() else { return false };
        if !self.inside.is_empty() {
            return true;
        }
        let text = std::mem::take(&mut self.text);
        let raw = &mut self.raw;
        match name.as_str() {
            "title" if raw.title.is_empty() => raw.title = text,
            "link" if raw.url.is_empty() => raw.url = text.trim().to_owned(),
            "guid" | "id" => raw.id = text,
            "category" | "subject" if !text.trim().is_empty() => raw.fields.push(text),
            "description" | "summary" => self.summary = text,
            "encoded" | "content" => self.content = text,
            "startdate" => self.starts = text,
            "enddate" => self.ends = text,
            "location" => raw.place = text,
            "capacity" => raw.capacity = text,
            "area" => raw.area = text,
            "ages" => raw.ages = text,
            _ => {}
        }
        true
    }

    fn done(self) -> Raw {
        let when = |text: &str| (!text.trim().is_empty()).then(|| rfc3339(text));
        let description = if self.summary.trim().is_empty() { self.content } else { self.summary };
        Raw { starts: when(&self.starts), ends: when(&self.ends), description, ..self.raw }
    }
}

fn attribute(tag: &BytesStart<'_>, wanted: &str) -> Option<String> {
    let mut all = tag.attributes().filter_map(Result::ok);
    let found = all.find(|one| one.key.local_name().as_ref().eq_ignore_ascii_case(wanted))?;
    Some(quick_xml::escape::unescape(&found.value).map_or_else(|_| found.value.to_string(), |text| text.into_owned()))
}
