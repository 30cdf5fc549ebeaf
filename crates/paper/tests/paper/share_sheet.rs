//! A custodian's sheet as independent tools see it.

use base::Timestamp;
use paper::share_sheet::ShareSheet;

use super::support::*;

const SHARE: &str = "0123-4567-89AB-CDEF-0123-4567-89AB-CDEF-12AB";

fn sheet() -> ShareSheet {
    ShareSheet {
        municipality: "見本市".to_owned(),
        ceremony: "0c4e7a19".to_owned(),
        custodians: 3,
        custodian: "見本 太郎(情報政策課)".to_owned(),
        at: Timestamp::from_seconds(1_795_000_000),
        share: SHARE.to_owned().into(),
    }
}

#[test]
fn a_custodian_s_sheet_says_whose_it_is_what_to_do_with_it_and_the_share_twice() {
    let bytes = sheet().draw(&TYPEFACE).unwrap();
    let file = File::new(&bytes);
    assert!(run("qpdf", "qpdf", &["--check".as_ref(), file.path().as_os_str()]).contains("No syntax"));
    let said = run("pdftotext", "poppler-utils", &["-layout".as_ref(), file.path().as_os_str(), "-".as_ref()]);
    let said = said.replace(' ', "");
    for text in ["立会人の分担", "0c4e7a19", "見本太郎(情報政策課)", "9確認", "封をした日", "開封禁止"]
    {
        assert!(said.contains(text), "{text} is not in {said}");
    }
    for group in SHARE.split('-') {
        assert!(said.contains(group), "{group} is not in {said}");
    }
    picture(&file, "150");
    let read = run("zbarimg", "zbar-tools", &["-q".as_ref(), "--raw".as_ref(), file.beside("page.png").as_os_str()]);
    assert_eq!(read.trim(), SHARE, "the code types what is printed");
}

#[test]
fn a_custodian_s_sheet_looks_like_the_golden_picture() {
    golden_bytes(&sheet().draw(&TYPEFACE).unwrap(), "share_sheet");
}

#[test]
fn a_share_is_in_no_debug_text() {
    assert!(!format!("{:?}", sheet()).contains("4567"));
}
