//! Whether a PDF does something by itself: runs a script, starts a program, sends a form, carries files. Only names are looked
//! for (ISO 32000-1 §7.3.5, written plainly or with `#xx`), in the file and in every stream that is zlib.
//!
//! What cannot be looked into (encrypted, object streams with unusual filters, streams that grow too large) is not taken.
//! Every step is linear in the file's size: this also runs inside a write transaction.

use std::io::Read as _;

use flate2::bufread::ZlibDecoder;

/// Bytes one stream may grow to, and all of a file together.
const MOST_INFLATED: u64 = 8 << 20;
const MOST_TOGETHER: u64 = 32 << 20;
/// Streams of a file.
const MOST_STREAMS: usize = 20_000;

/// Names of what acts by itself. All are long enough not to stand in a picture's bytes by chance.
const ACTING: &[&[u8]] = &[
    b"JavaScript",
    b"Launch",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"FileAttachment",
    b"GoToE",
    b"GoToR",
    b"RichMedia",
    b"SubmitForm",
    b"ImportData",
    b"XFA",
    b"Encrypt",
    b"Rendition",
    b"Movie",
];

/// Short names that carry files; they count only before a value, because two letters stand in a picture's bytes by chance.
const CARRYING: &[&[u8]] = &[b"EF", b"AF"];

const WORD: &[u8] = b"stream";

/// Whether the file acts by itself, or hides what it does.
pub fn acts(bytes: &[u8]) -> bool {
    let mut seen = Seen::default();
    seen.look(bytes);
    seen.acts() || streams_act(bytes, &mut seen)
}

/// What was named so far, in the file and its streams.
#[derive(Default)]
struct Seen {
    acting: bool,
    /// Something is done at opening, and it is not only a place to go to.
    opens: bool,
    uri: bool,
    /// There are object streams: every stream has to be looked into.
    packs: bool,
}

impl Seen {
    fn look(&mut self, bytes: &[u8]) {
        for (name, rest) in names(bytes) {
            let name = name.as_slice();
            self.acting |= ACTING.contains(&name) || (CARRYING.contains(&name) && value(rest).is_some());
            self.opens |= [&b"OpenAction"[..], b"AA"].contains(&name) && value(rest).is_some_and(|first| first != b'[');
            self.uri |= name == b"URI";
            self.packs |= name == b"ObjStm" || name == b"XRef";
        }
    }

    /// A link is followed by the reader's hand; one beside an action at opening may follow itself.
    fn acts(&self) -> bool {
        self.acting || (self.opens && self.uri)
    }
}

/// The first byte of a dictionary, list or reference. A comment counts as one: looking past comments would not be linear.
fn value(rest: &[u8]) -> Option<u8> {
    let first = *rest.iter().find(|byte| !is_blank(**byte))?;
    (first.is_ascii_digit() || b"<[%".contains(&first)).then_some(first)
}

fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0
}

/// Every name in `bytes`, its `#xx` read, and what follows it.
fn names(bytes: &[u8]) -> impl Iterator<Item = (Vec<u8>, &[u8])> {
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
    starts.map(move |start| {
        let rest = bytes.get(start..).unwrap_or_default();
        let is_end = |byte: &u8| is_blank(*byte) || b"()<>[]{}/%".contains(byte);
        // A name has at most 127 bytes; each may be written with three.
        let end = rest.iter().take(400).position(is_end).unwrap_or(rest.len().min(400));
        (unescaped(&rest[..end]), &rest[end..])
    })
}

fn unescaped(name: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(name.len()), name);
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        match code.filter(|_| first == b'#') {
            Some(byte) => {
                out.push(byte);
                rest = &tail[2..];
            }
            None => {
                out.push(first);
                rest = tail;
            }
        }
    }
    out
}

/// Looks into every stream, in one pass over the words `stream`.
fn streams_act(bytes: &[u8], seen: &mut Seen) -> bool {
    let mut inflated = Inflated { most_taken: bytes.len() as u64, ..Inflated::default() };
    let mut count = 0;
    // Where what stands before the next stream begins; none within a stream.
    let mut since = Some(0);
    for (at, _) in bytes.windows(WORD.len()).enumerate().filter(|(_, part)| *part == WORD) {
        let after = &bytes[at + WORD.len()..];
        if bytes[..at].ends_with(b"end") {
            since.get_or_insert(at + WORD.len());
            continue;
        }
        count += 1;
        let blanks = after.iter().take_while(|byte| is_blank(**byte)).count();
        let content = &after[blanks..];
        let is_word =
            bytes[..at].last().is_some_and(|byte| is_blank(*byte) || *byte == b'>') && (blanks > 0 || is_zlib(content));
        if count > MOST_STREAMS {
            return true;
        }
        if is_word {
            // A stream in a stream: what stands before it would be looked at twice, and readers may disagree about it.
            let Some(from) = since.take() else { return true };
            if hides(&bytes[from..at], is_zlib(content)) {
                return true;
            }
        }
        if is_zlib(content) && (!inflated.look(content, seen) || seen.acts()) {
            return true;
        }
    }
    false
}

fn is_zlib(content: &[u8]) -> bool {
    let [method, flags, ..] = content else { return false };
    method & 15 == 8 && method >> 4 <= 7 && u16::from_be_bytes([*method, *flags]).is_multiple_of(31)
}

/// What inflating took so far.
#[derive(Default)]
struct Inflated {
    taken: u64,
    given: u64,
    /// Streams do not overlap: together they take no more than the file has.
    most_taken: u64,
}

impl Inflated {
    /// Looks into a stream; whether it could be, within bounds.
    fn look(&mut self, content: &[u8], seen: &mut Seen) -> bool {
        let mut decoder = ZlibDecoder::new(content);
        let mut out = Vec::new();
        let read = decoder.by_ref().take(MOST_INFLATED + 1).read_to_end(&mut out);
        self.taken += decoder.total_in();
        self.given += out.len() as u64;
        seen.look(&out);
        let is_whole = read.is_ok() && out.len() as u64 <= MOST_INFLATED;
        // Without object streams, what does not inflate is a picture or nothing a reader could use.
        (is_whole || !seen.packs) && self.given <= MOST_TOGETHER && self.taken <= self.most_taken
    }
}

/// Whether a stream, by what stands before it, may be an object stream that was not read as it is: not inflated, filtered
/// twice, or with a predictor. Some readers do not ask for its type, but all need `First` and `N`.
fn hides(before: &[u8], is_zlib: bool) -> bool {
    let (mut packs, mut first, mut count, mut flate, mut filters, mut parameters) =
        (false, false, false, false, 0, false);
    for (name, _) in names(before) {
        match name.as_slice() {
            b"ObjStm" => packs = true,
            b"First" => first = true,
            b"N" => count = true,
            b"DecodeParms" | b"DP" => parameters = true,
            name if name.ends_with(b"Decode") || name == b"Fl" => {
                filters += 1;
                flate |= name == b"FlateDecode";
            }
            // Abbreviations some readers take.
            b"AHx" | b"A85" | b"LZW" | b"RL" | b"Crypt" => filters += 1,
            _ => {}
        }
    }
    let is_packed = packs || (first && count);
    let is_plain = filters == 0 && !is_zlib;
    (is_packed && (parameters || !(is_plain || (is_zlib && flate && filters == 1))))
        || ((is_packed || parameters) && is_cut(before))
}

/// Whether `before` begins inside a string, or holds a comment that could hide where a stream begins.
fn is_cut(before: &[u8]) -> bool {
    let mut rest = before;
    // The header: whole lines.
    while rest.starts_with(b"%") {
        let line = rest.iter().take_while(|byte| !b"\r\n".contains(byte)).count();
        let blanks = rest[line..].iter().take_while(|byte| is_blank(**byte)).count();
        rest = &rest[line + blanks..];
    }
    let mut depth = 0_usize;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        match byte {
            b'\\' => rest = tail.get(1..).unwrap_or_default(),
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            b'%' if depth == 0 => match tail.strip_prefix(b"%EOF") {
                Some(next) if next.first().is_some_and(|byte| b"\r\n".contains(byte)) => rest = next,
                _ => return true,
            },
            _ => {}
        }
    }
    depth > 0
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn with_object_stream(inside: &[u8], dictionary: &str) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(inside).unwrap();
        let packed = encoder.finish().unwrap();
        let mut file = format!("%PDF-1.7\n5 0 obj << /Type /ObjStm {dictionary} >> stream\r\n").into_bytes();
        file.extend(packed);
        file.extend(b"\nendstream endobj");
        file
    }

    #[test]
    fn what_acts_is_found_however_it_is_written() {
        assert!(!acts(b"%PDF-1.7 << /Type /Catalog /Title (JavaScript for beginners) >>"));
        assert!(acts(b"%PDF-1.7 /OpenAction << /S /JavaScript /JS (app.alert(1)) >>"));
        assert!(acts(b"%PDF-1.7 << /S /Java#53cript >>"), "written with escapes");
        assert!(acts(b"%PDF-1.7 trailer << /Encrypt 9 0 R >>"), "what cannot be looked into");
        assert!(acts(&with_object_stream(b"1 0 << /S/#4Caunch /F (x) >>", "/Filter /FlateDecode")));
        assert!(!acts(&with_object_stream(b"1 0 << /Type /Page >>", "/Filter /FlateDecode")));
        assert!(acts(&with_object_stream(b"1 0 << /Type /Page >>", "/Filter [/ASCIIHexDecode /FlateDecode]")));
        assert!(acts(&with_object_stream(&vec![b' '; 9 << 20], "/Filter /FlateDecode")), "a bomb");
    }

    #[test]
    fn no_dress_hides_an_object_stream() {
        let inside = b"1 0 << /S /Launch /F (x) >>";
        assert!(acts(&with_object_stream(inside, "/X (obj) /Filter /FlateDecode")), "obj in a string");
        let blanks = " ".repeat(5_000);
        assert!(acts(&with_object_stream(inside, &format!("/Filter /FlateDecode {blanks}"))), "far from its type");
        let harmless = b"1 0 << /Type /Page >>";
        let parameters = "/Filter /FlateDecode /DecodeParms << /Predictor 12 >>";
        assert!(acts(&with_object_stream(harmless, parameters)), "a predictor");
        assert!(
            acts(&with_object_stream(harmless, "/X ( stream endstream) /Filter /FlateDecode")),
            "a stream in a string"
        );
        assert!(acts(b"%PDF-1.7\n5 0 obj << /Type /Obj#53tm /Filter /LZWDecode >> stream\nabc\nendstream"));
        assert!(acts(b"%PDF-1.7\n5 0 obj << /Type /ObjStm /Filter /FlateDecode >> stream\n\x78\x9cabc\nendstream"));
        assert!(!acts(b"%PDF-1.7\n5 0 obj << /Filter /DCTDecode >> stream\n\xff\xd8\xff\nendstream"), "a photograph");
    }

    #[test]
    fn files_and_other_documents_are_not_carried() {
        assert!(acts(b"%PDF-1.7 << /Subtype /FileAttachment >>"));
        assert!(acts(b"%PDF-1.7 << /EF << /F 2 0 R >> >>"));
        assert!(acts(b"%PDF-1.7 << /AF [2 0 R] >>"));
        assert!(acts(b"%PDF-1.7 << /S /GoToE >>"));
        assert!(acts(b"%PDF-1.7 << /S /GoToR >>"));
        assert!(!acts(b"%PDF-1.7 << /AFoo [2 0 R] /EFG << >> >>"), "longer names");
    }

    #[test]
    fn a_link_is_taken_but_not_one_that_follows_itself() {
        let link = "<< /Subtype /Link /A << /S /URI /URI (https://example.jp) >> >>";
        assert!(!acts(format!("%PDF-1.7 {link}").as_bytes()));
        assert!(!acts(format!("%PDF-1.7 << /OpenAction [3 0 R /Fit] >> {link}").as_bytes()), "a place to go to");
        assert!(acts(b"%PDF-1.7 << /OpenAction << /S /URI /URI (https://example.jp) >> >>"));
        assert!(acts(format!("%PDF-1.7 << /OpenAction 5 0 R >> {link}").as_bytes()));
        assert!(acts(format!("%PDF-1.7 << /AA << /O 5 0 R >> >> {link}").as_bytes()));
    }

    #[test]
    fn more_streams_than_any_document_has_are_refused() {
        assert!(acts(format!("%PDF-1.7\nobj{}", "/stream".repeat(99_000)).as_bytes()));
        let _ = acts(format!("%PDF-1.7\nobj{}", "/stream".repeat(19_000)).as_bytes());
        let _ = acts("/EF%".repeat(170_000).as_bytes());
    }

    #[test]
    fn any_bytes_are_judged() {
        for bytes in [
            &b""[..],
            b"/",
            b"/#",
            b"/#4",
            b"stream",
            b"obj/ObjStm stream",
            b"obj /ObjStm /FlateDecode stream\n\x78\x9c",
        ] {
            let _ = acts(bytes);
        }
    }
}
