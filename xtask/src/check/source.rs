//! A Rust file as the rules see it: code without comments, insides of strings and test modules.
//!
//! ```text
//!   let a = "word"; // why   ──►   let a = "    ";
//! ```

use std::path::Path;

/// A file read once for all rules.
pub struct Source {
    /// Path from the project's root, with `/`.
    pub path: String,
    /// Lines in the file as written.
    pub lines: usize,
    /// The code: comments, the insides of strings and `#[cfg(test)]` modules are blanks, so that places stay.
    pub code: String,
}

impl Source {
    /// Takes `text` apart.
    pub fn new(path: &str, text: &str) -> Self {
        let mut code = code_of(text);
        for (from, to) in test_modules(&code) {
            blank(&mut code[from..to]);
        }
        Self { path: path.to_owned(), lines: text.lines().count(), code: String::from_utf8_lossy(&code).into_owned() }
    }

    /// Whether the file itself is a test or helps only tests.
    pub fn is_test(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        self.path.contains("/tests/")
            || self.path.contains("/testing/")
            || self.path.starts_with("crates/testkit/")
            || matches!(name, "tests.rs" | "testing.rs" | "fixtures.rs")
            || name.ends_with("_tests.rs")
    }

    /// The line of a byte of `code`, from 1.
    pub fn line(&self, at: usize) -> usize {
        self.code.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1
    }

    /// Identifiers and punctuation of the code, each with its place.
    pub fn tokens(&self) -> Vec<(usize, &str)> {
        let bytes = self.code.as_bytes();
        let mut tokens = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            if is_word(bytes[at]) {
                while at < bytes.len() && is_word(bytes[at]) {
                    at += 1;
                }
                tokens.push((start, &self.code[start..at]));
            } else if bytes[at].is_ascii() {
                at += 1;
                if !bytes[start].is_ascii_whitespace() {
                    tokens.push((start, &self.code[start..at]));
                }
            } else {
                at += 1;
            }
        }
        tokens
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The text with comments, insides of strings and everything beyond ASCII blanked.
fn code_of(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut code: Vec<u8> = bytes.iter().map(|byte| if byte.is_ascii() { *byte } else { b' ' }).collect();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let length = if rest.starts_with(b"//") {
            rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            block_comment(rest)
        } else if let Some((opening, inside, whole)) = string(rest, at.checked_sub(1).map(|before| bytes[before])) {
            blank(&mut code[at + opening..at + opening + inside]);
            at += whole;
            continue;
        } else if let Some(length) = character(rest) {
            length
        } else {
            at += 1;
            continue;
        };
        blank(&mut code[at..at + length]);
        at += length;
    }
    code
}

fn blank(bytes: &mut [u8]) {
    bytes.iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
}

fn block_comment(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Lengths of opening, inside and whole of a string literal that begins here.
fn string(rest: &[u8], before: Option<u8>) -> Option<(usize, usize, usize)> {
    if before.is_some_and(is_word) {
        return None;
    }
    let prefix = rest.iter().take_while(|byte| matches!(byte, b'b' | b'c' | b'r')).count();
    let raw = rest[..prefix].contains(&b'r');
    let hashes = if raw { rest[prefix..].iter().take_while(|byte| **byte == b'#').count() } else { 0 };
    let opening = prefix + hashes + 1;
    if prefix > 2 || rest.get(opening - 1) != Some(&b'"') {
        return None;
    }
    let mut closing = vec![b'"'];
    closing.resize(1 + hashes, b'#');
    let mut at = opening;
    while at < rest.len() {
        if !raw && rest[at] == b'\\' {
            at += 2;
        } else if rest[at..].starts_with(&closing) {
            return Some((opening, at - opening, at + closing.len()));
        } else {
            at += 1;
        }
    }
    Some((opening, rest.len() - opening, rest.len()))
}

/// The length of a character literal that begins here; a lifetime is none.
fn character(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\'', b'\\', ..] => Some(rest[3..].iter().position(|byte| *byte == b'\'')? + 4),
        [b'\'', first, ..] => {
            let width = match first {
                0..=0x7f => 1,
                0xc0..=0xdf => 2,
                0xe0..=0xef => 3,
                _ => 4,
            };
            (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
        }
        _ => None,
    }
}

/// From and to of each module under `#[cfg(test)]`.
fn test_modules(code: &[u8]) -> Vec<(usize, usize)> {
    let text = String::from_utf8_lossy(code);
    let mut found = Vec::new();
    for (at, attribute) in text.match_indices("#[cfg(test)]") {
        let after = text[at + attribute.len()..].trim_start();
        let after = after.strip_prefix("pub(crate) ").unwrap_or(after);
        if !after.starts_with("mod ") && !after.starts_with("pub mod ") && !after.starts_with("impl ") {
            continue;
        }
        let Some(opening) = text[at..].find(['{', ';']).map(|offset| at + offset) else { continue };
        if code[opening] == b';' {
            continue;
        }
        let mut depth = 0_i32;
        let closing = code[opening..].iter().position(|byte| {
            depth += i32::from(*byte == b'{') - i32::from(*byte == b'}');
            depth == 0
        });
        found.push((at, closing.map_or(code.len(), |offset| opening + offset + 1)));
    }
    found
}

/// Every Rust file of the project, without what is built or vendored.
pub fn read_all(root: &Path) -> std::io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    for (path, text) in files(root, "rs")? {
        sources.push(Source::new(&path, &text));
    }
    Ok(sources)
}

/// Path from the root and text of every file under the crates, the program, xtask, bench and fuzz with this ending.
pub fn files(root: &Path, ending: &str) -> std::io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut waiting: Vec<_> = ["crates", "bin", "xtask", "bench", "fuzz"].iter().map(|name| root.join(name)).collect();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name == "target" || name == "node_modules") {
                continue;
            }
            for entry in std::fs::read_dir(&path)? {
                waiting.push(entry?.path());
            }
        } else if path.extension().is_some_and(|extension| extension == ending) {
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            found.push((name, std::fs::read_to_string(&path)?));
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_leave_the_code() {
        let source = Source::new(
            "a.rs",
            "let a = \"FROM \\\" x\"; // FROM y\nlet b = r#\"two\"#; /* a /* b */ c */ let c = '\"'; let d: &'static str;",
        );
        assert!(!source.code.contains("two"));
        assert!(!source.code.contains("FROM") && source.code.contains("let c") && source.code.contains("'static str"));
    }

    #[test]
    fn test_modules_are_not_code() {
        let source = Source::new("a.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { \"}\" }\n}\nfn c() {}");
        let words: Vec<&str> = source.tokens().into_iter().map(|(_, word)| word).collect();
        assert!(words.contains(&"a") && words.contains(&"c") && !words.contains(&"b"));
        assert_eq!(source.line(source.code.find("fn c").unwrap()), 6);
    }

    #[test]
    fn japanese_text_does_not_move_the_lines() {
        let source = Source::new("a.rs", "//! 証明書\nlet a = '字';\nlet b = \"転出\";\nlet c = 1;");
        assert_eq!(source.line(source.code.find("let c").unwrap()), 4);
    }
}
