//! Writing behind a finished file: changed and new objects, their table, a trailer (ISO 32000-1 §7.5.6).

use super::syntax::PlainFile;

/// The file so far and where the new objects lie.
pub(super) struct Update {
    out: Vec<u8>,
    /// Object number and offset.
    objects: Vec<(usize, usize)>,
}

impl Update {
    /// Behind `pdf`, with room for about `more` bytes.
    pub fn after(pdf: &[u8], more: usize) -> Self {
        let mut out = Vec::with_capacity(pdf.len() + more);
        out.extend_from_slice(pdf);
        if out.last() != Some(&b'\n') {
            out.push(b'\n');
        }
        Self { out, objects: Vec::new() }
    }

    /// Bytes so far.
    pub fn length(&self) -> usize {
        self.out.len()
    }

    /// Begins an object.
    pub fn begin(&mut self, number: usize) {
        self.objects.push((number, self.out.len()));
        self.text(&format!("{number} 0 obj\n"));
    }

    pub fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A dictionary of the file with `extra` before its end.
    pub fn extended(&mut self, number: usize, body: &[u8], extra: &str) {
        self.begin(number);
        // The body ends with `>>`: it was read as a dictionary.
        self.out.extend_from_slice(&body[..body.len() - 2]);
        self.text(extra);
        self.text(">>\nendobj\n");
    }

    /// A stream of these very bytes.
    pub fn stream(&mut self, number: usize, content: &[u8]) {
        self.begin(number);
        self.text(&format!("<< /Length {} >>\nstream\n", content.len()));
        self.out.extend_from_slice(content);
        self.text("\nendstream\nendobj\n");
    }

    /// Writes table and trailer; `size` is one above the greatest object number.
    pub fn finish(mut self, file: &PlainFile<'_>, size: usize) -> Vec<u8> {
        let table = self.out.len();
        self.text("xref\n");
        self.objects.sort_unstable();
        let rows: String =
            self.objects.iter().map(|(number, offset)| format!("{number} 1\n{offset:010} 00000 n \n")).collect();
        self.text(&rows);
        self.text("trailer\n<<");
        for (key, place) in &file.trailer.entries {
            if !matches!(*key, b"Size" | b"Prev") {
                self.text(" /");
                self.out.extend_from_slice(key);
                self.text(" ");
                self.out.extend_from_slice(&file.bytes[place.clone()]);
            }
        }
        self.text(&format!(" /Size {size} /Prev {} >>\nstartxref\n{table}\n%%EOF\n", file.table));
        self.out
    }
}
