//! Reads one page's content: texts of marked sequences, strokes of the code, pictures.
//!
//! Knows exactly the operators a paper of ours uses. Any other operator, and any text outside a marked sequence, makes
//! the page unreadable: a part that this reader does not see must not be on a paper that it vouches for.

use std::collections::HashMap;
use std::rc::Rc;

use super::{Mismatch, PageExtract};

/// Text of each two-byte code of a font, from its ToUnicode map.
pub(super) type CodeMap = HashMap<u16, String>;

/// What a page's names mean.
pub(super) struct Resources {
    /// Fonts by name.
    pub fonts: HashMap<Vec<u8>, Rc<CodeMap>>,
    /// Pictures by name.
    pub images: HashMap<Vec<u8>, ImageKind>,
}

/// What a picture is.
#[derive(Clone, Copy)]
pub(super) enum ImageKind {
    /// The mayor's seal.
    Seal,
    /// A picture of the form, by the hash of its pixels.
    Form([u8; 32]),
}

/// Most operands one operator may have.
const MAX_OPERANDS: usize = 64;

/// Deepest nesting of marked sequences and arrays.
const MAX_DEPTH: usize = 8;

const fn unreadable(what: &'static str) -> Mismatch {
    Mismatch::Unreadable(what)
}

/// An operand.
#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Number(f32),
    Name(Vec<u8>),
    Bytes(Vec<u8>),
    /// Strings of an array; its numbers only move the pen.
    Strings(Vec<Vec<u8>>),
    /// What matters of a property list.
    Properties {
        is_content: bool,
        actual_text: Option<Vec<u8>>,
    },
}

enum Token {
    Operand(Operand),
    Operator(Vec<u8>),
}

/// Splits content into tokens. Total.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while self.peek().is_some_and(is_space) {
            self.at += 1;
        }
    }

    fn word(&mut self) -> Vec<u8> {
        let start = self.at;
        while self.peek().is_some_and(|byte| !is_space(byte) && !is_delimiter(byte)) {
            self.at += 1;
        }
        self.bytes[start..self.at].to_vec()
    }

    fn next(&mut self) -> Result<Option<Token>, Mismatch> {
        self.skip_space();
        let Some(byte) = self.peek() else { return Ok(None) };
        let starts_operand = matches!(byte, b'/' | b'(' | b'<' | b'[' | b'+' | b'-' | b'.' | b'0'..=b'9');
        if starts_operand {
            return self.operand(0).map(|operand| Some(Token::Operand(operand)));
        }
        let word = self.word();
        if word.is_empty() { Err(unreadable("content")) } else { Ok(Some(Token::Operator(word))) }
    }

    fn operand(&mut self, depth: usize) -> Result<Operand, Mismatch> {
        if depth > MAX_DEPTH {
            return Err(unreadable("nesting"));
        }
        match self.peek() {
            Some(b'/') => {
                self.at += 1;
                Ok(Operand::Name(self.word()))
            }
            Some(b'(') => self.literal().map(Operand::Bytes),
            Some(b'<') if self.bytes.get(self.at + 1) == Some(&b'<') => self.properties(depth),
            Some(b'<') => self.hex().map(Operand::Bytes),
            Some(b'[') => self.array(depth),
            _ => {
                let word = self.word();
                let number = std::str::from_utf8(&word).ok().and_then(|word| word.parse().ok());
                number.filter(|number: &f32| number.is_finite()).map(Operand::Number).ok_or(unreadable("number"))
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Operand, Mismatch> {
        self.at += 1;
        let mut strings = Vec::new();
        loop {
            self.skip_space();
            match self.peek() {
                Some(b']') => {
                    self.at += 1;
                    return Ok(Operand::Strings(strings));
                }
                Some(_) => match self.operand(depth + 1)? {
                    Operand::Bytes(bytes) => strings.push(bytes),
                    Operand::Number(_) => {}
                    _ => return Err(unreadable("array")),
                },
                None => return Err(unreadable("array")),
            }
        }
    }

    fn properties(&mut self, depth: usize) -> Result<Operand, Mismatch> {
        self.at += 2;
        let (mut is_content, mut actual_text) = (false, None);
        loop {
            self.skip_space();
            match self.peek() {
                Some(b'>') if self.bytes.get(self.at + 1) == Some(&b'>') => {
                    self.at += 2;
                    return Ok(Operand::Properties { is_content, actual_text });
                }
                Some(b'/') => {
                    self.at += 1;
                    let key = self.word();
                    self.skip_space();
                    let value = self.operand(depth + 1)?;
                    match (key.as_slice(), value) {
                        (b"MCID", Operand::Number(_)) => is_content = true,
                        (b"ActualText", Operand::Bytes(text)) => actual_text = Some(text),
                        (b"MCID" | b"ActualText", _) => return Err(unreadable("properties")),
                        _ => {}
                    }
                }
                _ => return Err(unreadable("properties")),
            }
        }
    }

    fn hex(&mut self) -> Result<Vec<u8>, Mismatch> {
        self.at += 1;
        let mut digits = Vec::new();
        loop {
            let byte = self.peek().ok_or(unreadable("string"))?;
            self.at += 1;
            match byte {
                b'>' => break,
                _ if is_space(byte) => {}
                _ => digits.push(char::from(byte).to_digit(16).ok_or(unreadable("string"))? as u8),
            }
        }
        if digits.len() % 2 == 1 {
            digits.push(0);
        }
        Ok(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
    }

    fn literal(&mut self) -> Result<Vec<u8>, Mismatch> {
        self.at += 1;
        let (mut bytes, mut open) = (Vec::new(), 1);
        loop {
            let byte = self.peek().ok_or(unreadable("string"))?;
            self.at += 1;
            match byte {
                b'(' => open += 1,
                b')' => {
                    open -= 1;
                    if open == 0 {
                        return Ok(bytes);
                    }
                }
                b'\\' => {
                    if let Some(byte) = self.escape()? {
                        bytes.push(byte);
                    }
                    continue;
                }
                _ => {}
            }
            bytes.push(byte);
        }
    }

    fn escape(&mut self) -> Result<Option<u8>, Mismatch> {
        let byte = self.peek().ok_or(unreadable("string"))?;
        self.at += 1;
        Ok(Some(match byte {
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'b' => 8,
            b'f' => 12,
            b'\n' => return Ok(None),
            b'0'..=b'7' => {
                let mut value = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    value = value << 3 | u32::from(digit - b'0');
                    self.at += 1;
                }
                value as u8
            }
            other => other,
        }))
    }
}

/// A text string of PDF: UTF-16 behind a mark, otherwise Latin letters.
pub(super) fn text_string(bytes: &[u8]) -> Option<String> {
    match bytes.strip_prefix(&[0xFE, 0xFF]) {
        Some(utf16) if utf16.len() % 2 == 0 => {
            let units: Vec<u16> = utf16.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).ok()
        }
        Some(_) => None,
        None if bytes.is_ascii() => String::from_utf8(bytes.to_vec()).ok(),
        None => None,
    }
}

/// A ToUnicode map: `<code> <text>` lines and ranges.
pub(super) fn code_map(bytes: &[u8]) -> Result<CodeMap, Mismatch> {
    let text = String::from_utf8_lossy(bytes);
    let mut map = CodeMap::new();
    let hex = |word: &str| -> Option<Vec<u8>> {
        let digits = word.strip_prefix('<')?.strip_suffix('>')?;
        data_encoding::HEXUPPER_PERMISSIVE.decode(digits.as_bytes()).ok()
    };
    let code = |word: &str| hex(word).and_then(|bytes| Some(u16::from_be_bytes(bytes.try_into().ok()?)));
    let value = |word: &str| hex(word).and_then(|bytes| text_string(&[&[0xFE, 0xFF], bytes.as_slice()].concat()));
    let broken = || unreadable("ToUnicode");
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let is_range = line.trim_end().ends_with("beginbfrange");
        if !is_range && !line.trim_end().ends_with("beginbfchar") {
            continue;
        }
        for line in lines.by_ref().take_while(|line| !line.starts_with("endbf")) {
            // A range is written by its two ends; papers of ours have single codes only.
            let words: Vec<&str> = line.split_whitespace().collect();
            match (is_range, words.as_slice()) {
                (false, [from, to]) => {
                    map.insert(code(from).ok_or_else(broken)?, value(to).ok_or_else(broken)?);
                }
                _ => return Err(broken()),
            }
        }
    }
    Ok(map)
}

/// A marked sequence that is open.
struct Marked {
    /// Whether its content belongs to the structure.
    is_content: bool,
    /// What stands for the glyphs inside.
    actual_text: Option<String>,
    text: String,
}

struct Reader<'a> {
    resources: &'a Resources,
    font: Option<&'a CodeMap>,
    open: Vec<Marked>,
    runs: Vec<(f32, f32, f32)>,
    point: Option<(f32, f32)>,
    page: PageExtract,
}

/// Reads a page.
pub(super) fn read(bytes: &[u8], resources: &Resources) -> Result<PageExtract, Mismatch> {
    let mut scanner = Scanner { bytes, at: 0 };
    let mut reader =
        Reader { resources, font: None, open: Vec::new(), runs: Vec::new(), point: None, page: PageExtract::default() };
    let mut operands = Vec::new();
    while let Some(token) = scanner.next()? {
        match token {
            Token::Operand(_) if operands.len() == MAX_OPERANDS => return Err(unreadable("operands")),
            Token::Operand(operand) => operands.push(operand),
            Token::Operator(operator) => {
                reader.operator(&operator, &operands)?;
                operands.clear();
            }
        }
    }
    if reader.open.is_empty() { Ok(reader.page) } else { Err(unreadable("marked sequence")) }
}

/// Sees that a pattern has strokes and nothing that says anything: no text, no picture, no pattern within.
pub(super) fn read_pattern(bytes: &[u8]) -> Result<(), Mismatch> {
    let mut scanner = Scanner { bytes, at: 0 };
    while let Some(token) = scanner.next()? {
        let Token::Operator(operator) = token else { continue };
        let is_drawing =
            matches!(operator.as_slice(), b"q" | b"Q" | b"cm" | b"m" | b"l" | b"S" | b"w" | b"d" | b"J" | b"j" | b"M")
                || matches!(operator.as_slice(), b"CS" | b"cs" | b"SCN" | b"scn" | b"G" | b"g" | b"gs");
        if !is_drawing {
            return Err(unreadable("pattern"));
        }
    }
    Ok(())
}

impl Reader<'_> {
    fn operator(&mut self, operator: &[u8], operands: &[Operand]) -> Result<(), Mismatch> {
        use Operand::{Bytes, Name, Number, Properties, Strings};
        match (operator, operands) {
            (b"BDC", [Name(_), Properties { is_content, actual_text }]) => {
                self.begin(*is_content, actual_text.as_deref())
            }
            (b"BMC", [Name(_)]) => self.begin(false, None),
            (b"EMC", []) => self.end(),
            (b"Tf", [Name(name), Number(_)]) => {
                self.font = Some(self.resources.fonts.get(name).ok_or(unreadable("font"))?);
                Ok(())
            }
            (b"Tj", [Bytes(codes)]) => self.show(codes),
            (b"TJ", [Strings(strings)]) => strings.iter().try_for_each(|codes| self.show(codes)),
            (b"Do", [Name(name)]) => self.picture(*self.resources.images.get(name).ok_or(unreadable("picture"))?),
            (b"m", [Number(x), Number(y)]) => {
                self.point = Some((*x, *y));
                Ok(())
            }
            (b"l", [Number(x), Number(y)]) => {
                if let Some((from, row)) = self.point.replace((*x, *y))
                    && row == *y
                {
                    self.runs.push((row, from, *x));
                }
                Ok(())
            }
            (b"S", []) => self.stroke(),
            (b"f" | b"f*" | b"n", []) => {
                self.runs.clear();
                Ok(())
            }
            // Colours, state and places change how a thing looks, not what it says. Text drawn invisibly (Tr other than
            // 0) or clipped away would differ from what a person sees.
            (b"Tr", [Number(mode)]) if *mode == 0.0 => Ok(()),
            (b"q" | b"Q" | b"BT" | b"ET" | b"h", []) => Ok(()),
            (b"c" | b"cm" | b"Tm", [_, _, _, _, _, _]) => Ok(()),
            (b"cs" | b"CS" | b"gs", [Name(_)]) => Ok(()),
            (b"scn" | b"SCN", _) => Ok(()),
            (b"w" | b"J" | b"j" | b"M", [Number(_)]) => Ok(()),
            _ => Err(unreadable("operator")),
        }
    }

    fn begin(&mut self, is_content: bool, actual_text: Option<&[u8]>) -> Result<(), Mismatch> {
        if self.open.len() == MAX_DEPTH {
            return Err(unreadable("nesting"));
        }
        let actual_text = match actual_text {
            Some(bytes) => Some(text_string(bytes).ok_or(unreadable("ActualText"))?),
            None => None,
        };
        self.open.push(Marked { is_content, actual_text, text: String::new() });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Mismatch> {
        let marked = self.open.pop().ok_or(unreadable("marked sequence"))?;
        let text = marked.actual_text.unwrap_or(marked.text);
        if marked.is_content {
            // An empty sequence says nothing; the code and the seal are such.
            if !text.is_empty() {
                self.page.texts.push(text);
            }
        } else if let Some(outer) = self.open.last_mut() {
            outer.text.push_str(&text);
        }
        Ok(())
    }

    fn show(&mut self, codes: &[u8]) -> Result<(), Mismatch> {
        let font = self.font.ok_or(unreadable("font"))?;
        let marked = self.open.last_mut().ok_or(unreadable("text outside a marked sequence"))?;
        if codes.len() % 2 == 1 {
            return Err(unreadable("text"));
        }
        for pair in codes.chunks_exact(2) {
            let code = u16::from_be_bytes([pair[0], pair[1]]);
            // A sequence with ActualText may hold codes that mean nothing by themselves.
            match font.get(&code) {
                Some(text) => marked.text.push_str(text),
                None if marked.actual_text.is_some() => {}
                None => return Err(unreadable("text")),
            }
        }
        Ok(())
    }

    fn is_in_content(&self) -> bool {
        self.open.iter().any(|marked| marked.is_content)
    }

    /// Pictures are the mayor's seal, once, and those of the form.
    fn picture(&mut self, kind: ImageKind) -> Result<(), Mismatch> {
        if !self.is_in_content() {
            return Err(unreadable("picture"));
        }
        match kind {
            ImageKind::Seal if self.page.has_seal => return Err(unreadable("picture")),
            ImageKind::Seal => self.page.has_seal = true,
            ImageKind::Form(sha256) => self.page.pictures.push(sha256),
        }
        Ok(())
    }

    /// Strokes in the structure are the code; others are ornament.
    fn stroke(&mut self) -> Result<(), Mismatch> {
        let runs = std::mem::take(&mut self.runs);
        if !self.is_in_content() {
            return Ok(());
        }
        if self.page.code.is_some() {
            return Err(unreadable("second code"));
        }
        self.page.code = Some(code_text(&runs)?);
        Ok(())
    }
}

/// The text of a code whose dark runs (row, from, to) are given in modules.
fn code_text(runs: &[(f32, f32, f32)]) -> Result<String, Mismatch> {
    let broken = || unreadable("code");
    let whole = |value: f32| (value.fract() == 0.0 && (0.0..=177.0).contains(&value)).then_some(value as usize);
    let mut width = 0;
    let mut dark = std::collections::HashSet::new();
    for &(row, from, to) in runs {
        let (row, from, to) = (whole(row), whole(from), whole(to));
        let (Some(row), Some(from), Some(to)) = (row, from, to) else { return Err(broken()) };
        width = width.max(to).max(row + 1);
        dark.extend((from..to).map(|column| (column, row)));
    }
    if width < 21 || width % 4 != 1 {
        return Err(broken());
    }
    let grid = rqrr::SimpleGrid::from_func(width, |x, y| dark.contains(&(x, y)));
    rqrr::Grid::new(grid).decode().map(|(_, text)| text).map_err(|_| broken())
}
