//! What independent tools see in a finished file.

use std::ffi::OsStr;
use std::path::Path;

use super::support::*;

/// Writes the files where a person may look at them.
#[test]
#[ignore = "writes files for looking at: YAKUBA_SAMPLES=directory"]
fn write_samples() {
    let directory = std::env::var("YAKUBA_SAMPLES").unwrap();
    for people in [1, 2, 4, 5] {
        let (bytes, _) = drawn(&household(people));
        std::fs::write(format!("{directory}/{people}.pdf"), bytes).unwrap();
    }
    std::fs::write(format!("{directory}/seal.png"), paper::Seal::sample_png(&TYPEFACE, "見本市長之印").unwrap())
        .unwrap();
}

#[test]
fn qpdf_finds_no_fault() {
    let file = File::new(&drawn(&household(5)).0);
    let said = run("qpdf", "qpdf", &["--check".as_ref(), file.path().as_os_str()]);
    assert!(said.contains("No syntax or stream encoding errors found"), "{said}");
}

#[test]
fn every_font_is_embedded_as_a_subset_with_its_text() {
    let file = File::new(&drawn(&household(5)).0);
    let said = run("pdffonts", "poppler-utils", &[file.path().as_os_str()]);
    let fonts: Vec<&str> = said.lines().skip(2).collect();
    assert!(!fonts.is_empty());
    for font in fonts {
        assert!(font.contains("+IPAmjMincho") && font.contains("yes yes yes"), "{font}");
    }
}

#[test]
fn text_copies_out_with_its_variation_selectors() {
    let file = File::new(&drawn(&household(4)).0);
    let said = run("pdftotext", "poppler-utils", &["-layout".as_ref(), file.path().as_os_str(), "-".as_ref()]);
    for text in ["住民票の写し", "辻\u{E0102}本", "𠮷乃", "SANTOS MARIA CLARA", "見本ハイツ405号室", "1/1ページ"]
    {
        assert!(said.contains(text), "{text} is not in the text");
    }
}

#[test]
fn readers_hear_a_title_tables_headings_and_figures() {
    let file = File::new(&drawn(&household(4)).0);
    let said = run("pdfinfo", "poppler-utils", &["-struct".as_ref(), file.path().as_os_str()]);
    let count = |tag: &str| said.lines().filter(|line| line.trim_start().starts_with(tag)).count();
    assert_eq!(count("H1"), 1);
    assert_eq!(count("Table"), 5, "住所 and four people");
    assert_eq!(count("Figure"), 2, "seal and code");
    assert_eq!(count("TH"), count("TD"));
    let info = run("pdfinfo", "poppler-utils", &[file.path().as_os_str()]);
    assert!(info.contains("Tagged:          yes"), "{info}");
    let raw = std::fs::read(file.path()).unwrap();
    let declares = |words: &[u8]| raw.windows(words.len()).any(|part| part == words);
    assert!(declares(b"<pdfaid:part>2</pdfaid:part>") && declares(b"<pdfaid:conformance>A</pdfaid:conformance>"));
    assert!(declares(b"<pdfuaid:part>1</pdfuaid:part>"));
}

#[test]
fn a_phone_reads_the_code_from_the_picture() {
    // Four people: the densest code. 200 dpi is what a cheap scanner gives.
    for people in [1, 4] {
        let (bytes, codes) = drawn(&household(people));
        let file = File::new(&bytes);
        picture(&file, "200");
        let said =
            run("zbarimg", "zbar-tools", &["-q".as_ref(), "--raw".as_ref(), file.beside("page.png").as_os_str()]);
        assert_eq!(said.trim(), codes[0]);
    }
}

/// Draws page 1 into `page.png` beside the file.
fn picture(file: &File, dpi: &str) {
    let output = file.beside("page");
    let mut arguments: Vec<&OsStr> = ["-png", "-singlefile", "-r", dpi].into_iter().map(OsStr::new).collect();
    let path = file.path();
    arguments.extend([path.as_os_str(), output.as_os_str()]);
    run("pdftoppm", "poppler-utils", &arguments);
}

/// Width, height and gray pixels.
fn read_gray(path: &Path) -> (usize, usize, Vec<u8>) {
    let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(path).unwrap()));
    let mut reader = decoder.read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let parts = info.color_type.samples();
    let gray =
        pixels.chunks(parts).map(|pixel| (pixel.iter().map(|&part| u32::from(part)).sum::<u32>() / parts as u32) as u8);
    (info.width as usize, info.height as usize, gray.collect())
}

fn write_gray(path: &Path, width: usize, height: usize, pixels: &[u8]) {
    let mut encoder = png::Encoder::new(std::fs::File::create(path).unwrap(), width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

#[test]
fn page_1_looks_like_the_golden_picture() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/residence_certificate.png");
    let file = File::new(&drawn(&household(4)).0);
    picture(&file, "60");
    let made = file.beside("page.png");
    let (width, height, pixels) = read_gray(&made);
    if std::env::var_os("YAKUBA_WRITE_GOLDEN").is_some() {
        write_gray(&golden, width, height, &pixels);
    }
    let (golden_width, golden_height, wanted) = read_gray(&golden);
    assert_eq!((width, height), (golden_width, golden_height));
    // Renderers differ in the edge of a stroke, not in where a stroke is: compare means of small tiles.
    const TILE: usize = 6;
    let mean = |pixels: &[u8], x: usize, y: usize| {
        let rows = (y..(y + TILE).min(height)).flat_map(|y| &pixels[y * width + x..y * width + (x + TILE).min(width)]);
        let (sum, count) = rows.fold((0u32, 0u32), |(sum, count), &pixel| (sum + u32::from(pixel), count + 1));
        sum / count.max(1)
    };
    let tiles = (0..height).step_by(TILE).flat_map(|y| (0..width).step_by(TILE).map(move |x| (x, y)));
    let different: Vec<_> = tiles.filter(|&(x, y)| mean(&pixels, x, y).abs_diff(mean(&wanted, x, y)) > 40).collect();
    assert!(
        different.len() < 8,
        "{} tiles differ, first at pixel {:?}; look at {} and, if it is right, run again with YAKUBA_WRITE_GOLDEN=1",
        different.len(),
        different.first(),
        made.display()
    );
}
