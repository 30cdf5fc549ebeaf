//! What independent tools see in a finished file.

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

#[test]
fn page_1_looks_like_the_golden_picture() {
    golden(&household(4), "residence_certificate");
}
