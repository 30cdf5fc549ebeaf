//! What a copier makes of the paper: the word hidden in the screen, the micro text, and what must stay readable on the
//! original.

#[path = "../../../testkit/src/python.rs"]
mod python;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use paper::certificate::latent::is_word_at;
use paper::recheck;

use super::support::*;

/// A part of page `page` in gray at `dpi`: left, top, width, height in millimetres.
struct Part {
    left: f32,
    top: f32,
    dpi: f32,
    width: usize,
    pixels: Vec<u8>,
}

fn part(file: &File, page: usize, dpi: u32, [x, y, w, h]: [f32; 4]) -> Part {
    let dots = |millimetres: f32| (millimetres / 25.4 * dpi as f32).round();
    let output = file.beside("part");
    let numbers = [dpi as f32, dots(x), dots(y), dots(w), dots(h), page as f32, page as f32].map(|n| n.to_string());
    let mut arguments: Vec<&OsStr> = ["-png", "-gray", "-singlefile"].map(OsStr::new).to_vec();
    for (name, number) in ["-r", "-x", "-y", "-W", "-H", "-f", "-l"].iter().zip(&numbers) {
        arguments.extend([OsStr::new(name), OsStr::new(number)]);
    }
    let path = file.path();
    arguments.extend([path.as_os_str(), output.as_os_str()]);
    run("pdftoppm", "poppler-utils", &arguments);
    let (width, _, pixels) = read_gray(&file.beside("part.png"));
    Part { left: dots(x), top: dots(y), dpi: dpi as f32, width, pixels }
}

impl Part {
    /// Mean lightness where the word is and where it is not.
    fn means(&self) -> (f64, f64) {
        let mut sums = [(0u64, 0u64); 2];
        for (index, &pixel) in self.pixels.iter().enumerate() {
            let (x, y) = ((index % self.width) as f32, (index / self.width) as f32);
            let millimetres = |dots: f32| (dots + 0.5) / self.dpi * 25.4;
            if let Some(word) = is_word_at(millimetres(self.left + x), millimetres(self.top + y)) {
                let (sum, count) = &mut sums[usize::from(word)];
                *sum += u64::from(pixel);
                *count += 1;
            }
        }
        assert!(sums.iter().all(|&(_, count)| count > 10_000), "both are in the part: {sums:?}");
        let [ground, word] = sums.map(|(sum, count)| sum as f64 / count as f64);
        (word, ground)
    }

    /// A copier: its lens spreads each dot over `spread` dots on every side, and what is lighter than half is not printed.
    fn copied(&self, spread: usize) -> Self {
        let height = self.pixels.len() / self.width;
        let mut copy = vec![255; self.pixels.len()];
        for y in spread..height - spread {
            for x in spread..self.width - spread {
                let rows = y - spread..=y + spread;
                let sum: u32 = rows
                    .flat_map(|row| &self.pixels[row * self.width + x - spread..=row * self.width + x + spread])
                    .map(|&pixel| u32::from(pixel))
                    .sum();
                let side = 2 * spread as u32 + 1;
                copy[y * self.width + x] = if sum / (side * side) < 128 { 0 } else { 255 };
            }
        }
        Self { pixels: copy, ..*self }
    }
}

/// Free of text on a paper for one person.
const FREE: [f32; 4] = [60.0, 130.0, 120.0, 50.0];

#[test]
fn the_word_is_not_seen_on_the_original_and_shows_on_a_copy() {
    let file = File::new(&drawn(&household(1)).0);
    let original = part(&file, 1, 600, FREE);
    let (word, ground) = original.means();
    assert!((word - ground).abs() < 1.5, "word {word:.2}, ground {ground:.2}: one gray");
    assert!((235.0..250.0).contains(&word), "{word:.2}: pale, so that text stays readable");
    for spread in [1, 2] {
        let (word, ground) = original.copied(spread).means();
        let (word, ground) = (255.0 - word, 255.0 - ground);
        assert!(word > 2.0, "a lens of {spread}: the word is printed, {word:.2}");
        assert!(ground < word / 10.0, "a lens of {spread}: the ground is lost, {ground:.2} beside {word:.2}");
    }
}

#[test]
fn every_page_has_the_screen_and_the_file_has_it_once() {
    let size = |people| drawn(&household(people)).0.len();
    let (bytes, codes) = drawn(&household(9));
    assert_eq!(recheck(&bytes, &expected(&household(9), codes)), Ok(()));
    let document = lopdf::Document::load_mem(&bytes).unwrap();
    let patterns = document
        .objects
        .values()
        .filter(|object| object.as_stream().is_ok_and(|stream| stream.dict.get(b"PatternType").is_ok()));
    assert_eq!(patterns.count(), 1);
    let file = File::new(&bytes);
    for page in 1..=3 {
        // Beside the form, above the frame's foot.
        let (word, ground) = part(&file, page, 600, [150.0, 200.0, 48.0, 24.0]).copied(1).means();
        assert!(word < ground, "page {page}");
    }
    assert!(size(5) > size(4));
}

#[test]
fn the_micro_text_names_city_and_request_and_is_no_text_for_readers() {
    let certificate = household(4);
    let file = File::new(&drawn(&certificate).0);
    let words = format!("見本市 {}", certificate.sheet.request_id);
    let said = run("pdftotext", "poppler-utils", &[file.path().as_os_str(), "-".as_ref()]);
    assert_eq!(said.matches(&words).count(), 4, "{said}");
    let heard = run("pdfinfo", "poppler-utils", &["-struct-text".as_ref(), file.path().as_os_str()]);
    assert!(!heard.contains(&words), "an artifact");
    // At 1,200 dpi the characters are strokes with white between them; at 200 dpi they are a gray line.
    let line = [15.0, 280.8, 180.0, 0.42];
    let dark = |dpi| {
        let pixels = part(&file, 1, dpi, line).pixels;
        pixels.iter().filter(|&&pixel| pixel < 64).count() as f64 / pixels.len() as f64
    };
    let (fine, coarse) = (dark(1200), dark(200));
    assert!((0.01..0.3).contains(&fine) && coarse < fine / 4.0, "{fine} and {coarse}");
}

#[test]
fn another_reader_decodes_the_code_of_each_page() {
    let (bytes, codes) = drawn(&household(9));
    let file = File::new(&bytes);
    let output = file.beside("page");
    let arguments: Vec<&OsStr> = ["-gray", "-r", "200"].map(OsStr::new).to_vec();
    run("pdftoppm", "poppler-utils", &[&arguments[..], &[file.path().as_os_str(), output.as_os_str()]].concat());
    let script = "import sys, zxingcpp\n\
                  for path in sys.argv[1:]:\n\
                  \x20   head, size, depth, pixels = open(path, 'rb').read().split(b'\\n', 3)\n\
                  \x20   width, height = map(int, size.split())\n\
                  \x20   picture = memoryview(pixels).cast('B', (height, width))\n\
                  \x20   print(*(found.text for found in zxingcpp.read_barcodes(picture)))";
    let pages: Vec<PathBuf> = (1..=3).map(|page| file.beside(&format!("page-{page}.pgm"))).collect();
    let output = Command::new(python::python()).args(["-c", script]).args(&pages).output();
    let output =
        output.unwrap_or_else(|error| panic!("python cannot be run ({error}): scripts/setup test installs it"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said.lines().collect::<Vec<_>>(), codes, "{}", String::from_utf8_lossy(&output.stderr));
}
