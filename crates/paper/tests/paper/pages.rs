//! I4: a document taken page by page stays one document.

use paper::pages::split;
use paper::recheck::extract;

use super::support::*;

#[test]
fn i4_each_page_alone_names_its_request_and_its_place_and_says_what_the_whole_says_there() {
    for people in [1, 5, 9] {
        let certificate = household(people);
        let (bytes, _) = drawn(&certificate);
        let whole = extract(&bytes).unwrap();
        let pages = split(&bytes, certificate.sheet.request_id).unwrap();
        assert_eq!(pages.len(), whole.pages.len());
        for (index, page) in pages.iter().enumerate() {
            let alone = extract(page).unwrap();
            assert_eq!(alone.pages, [whole.pages[index].clone()], "page {} of {people} people", index + 1);
            assert_eq!(alone.keywords, whole.keywords);
            assert!(page.len() < bytes.len() || pages.len() == 1, "a page does not carry the others");
        }
        assert!(split(&bytes, base::Id::from_bytes([7; 16])).is_err(), "another's request");
    }
    assert!(split(b"%PDF-1.7", base::Id::from_bytes([7; 16])).is_err());
}

#[test]
fn a_page_alone_is_a_sound_pdf() {
    let certificate = household(5);
    let (bytes, _) = drawn(&certificate);
    for page in split(&bytes, certificate.sheet.request_id).unwrap() {
        let file = File::new(&page);
        let path = file.path();
        run("qpdf", "qpdf", &["--check".as_ref(), path.as_os_str()]);
    }
}
