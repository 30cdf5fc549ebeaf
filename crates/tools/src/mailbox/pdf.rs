//! Whether a PDF does something by itself: runs a script, starts a program, sends a form, carries files. Only names are looked
//! for (ISO 32000-1 §7.3.5, written plainly or with `#xx`), in the file and in its compressed object streams.
//!
//! What cannot be looked into (encrypted, unusual filters, streams that grow too large) is not taken.

use std::io::Read as _;

use flate2::read::ZlibDecoder;

/// Bytes one object stream may grow to, and all of a file together.
const MOST_INFLATED: u64 = 8 << 20;
const MOST_TOGETHER: u64 = 32 << 20;

/// Names of what acts by itself. All are long enough not to stand in a picture's bytes by chance.
const ACTING: &[&[u8]] = &[
    b"JavaScript",
    b"Launch",
    b"EmbeddedFile",
    b"EmbeddedFiles",
    b"RichMedia",
    b"SubmitForm",
    b"ImportData",
    b"XFA",
    b"Encrypt",
    b"Rendition",
    b"Movie",
];

/// Whether the file acts by itself, or hides what it does.
pub fn acts(bytes: &[u8]) -> bool {
    if names(bytes).any(|name| is_acting(&name)) {
        return true;
    }
    let mut together = 0;
    for (dictionary, content) in object_streams(bytes) {
        let has = |wanted: &[u8]| names(dictionary).any(|name| name == wanted);
        if !has(b"FlateDecode")
            || has(b"DecodeParms")
            || names(dictionary).filter(|name| name.ends_with(b"Decode")).count() > 1
        {
            return true;
        }
        let mut inflated = Vec::new();
        let read = ZlibDecoder::new(content).take(MOST_INFLATED + 1).read_to_end(&mut inflated);
        together += inflated.len() as u64;
        if read.is_err() || inflated.len() as u64 > MOST_INFLATED || together > MOST_TOGETHER {
            return true;
        }
        if names(&inflated).any(|name| is_acting(&name)) {
            return true;
        }
    }
    false
}

fn is_acting(name: &[u8]) -> bool {
    ACTING.contains(&name)
}

/// Every name in `bytes`, its `#xx` read.
fn names(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at + 1);
    starts.map(|start| {
        let rest = bytes.get(start..).unwrap_or_default();
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0 || b"()<>[]{}/%".contains(byte);
        // A name has at most 127 bytes; each may be written with three.
        let end = rest.iter().take(400).position(is_end).unwrap_or(rest.len().min(400));
        unescaped(&rest[..end])
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

/// Object streams: what stands before each `stream`, back to its `obj`, where that names `ObjStm`; and the bytes after it.
fn object_streams(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    const WORD: &[u8] = b"stream";
    let starts = bytes.windows(WORD.len()).enumerate().filter(|(_, part)| *part == WORD).map(|(at, _)| at);
    starts.filter_map(move |at| {
        if bytes[..at].ends_with(b"end") {
            return None;
        }
        let before = &bytes[at.saturating_sub(4_096)..at];
        let from = before.windows(3).rposition(|part| part == b"obj").unwrap_or(0);
        let dictionary = &before[from..];
        if !names(dictionary).any(|name| name == b"ObjStm") {
            return None;
        }
        let content = &bytes[at + WORD.len()..];
        let content = content.strip_prefix(b"\r\n").or_else(|| content.strip_prefix(b"\n")).unwrap_or(content);
        Some((dictionary, content))
    })
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
