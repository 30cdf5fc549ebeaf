//! The slip of a reception as independent tools see it.

use base::Timestamp;
use paper::reception::Reception;

use super::support::*;

fn slip() -> Reception {
    Reception {
        municipality: "見本市".to_owned(),
        number: "27".to_owned(),
        place: "整形外科 3番".to_owned(),
        at: Timestamp::from_seconds(1_795_000_000),
        is_sample: false,
    }
}

#[test]
fn a_slip_says_number_place_time_and_what_is_next_in_three_languages_and_names_nobody() {
    let file = File::new(&slip().draw(&TYPEFACE).unwrap());
    assert!(run("qpdf", "qpdf", &["--check".as_ref(), file.path().as_os_str()]).contains("No syntax"));
    let said = run("pdftotext", "poppler-utils", &["-layout".as_ref(), file.path().as_os_str(), "-".as_ref()]);
    for text in [
        "受付票",
        "27",
        "整形外科 3番",
        "年11月18日",
        "番号でお呼びします",
        "番号で よびます",
        "Your number will be called",
        "お名前や診察券番号は印刷していません",
    ] {
        let (said, text) = (said.replace(' ', ""), text.replace(' ', ""));
        assert!(said.contains(&text), "{text} is not in {said}");
    }
    assert!(!said.contains("架空"));
    let heard = run("pdfinfo", "poppler-utils", &["-struct".as_ref(), file.path().as_os_str()]);
    assert_eq!(heard.lines().filter(|line| line.trim_start().starts_with("H1")).count(), 1);
}

#[test]
fn a_slip_looks_like_the_golden_picture() {
    golden_bytes(&slip().draw(&TYPEFACE).unwrap(), "reception");
}

#[test]
fn five_digits_fit_and_a_slip_without_a_place_is_one_too() {
    assert!(Reception { number: "99999".to_owned(), ..slip() }.draw(&TYPEFACE).is_ok());
    assert!(Reception { place: String::new(), is_sample: true, ..slip() }.draw(&TYPEFACE).is_ok());
}

#[test]
fn a_place_that_cannot_be_printed_is_refused_and_never_cut() {
    assert!(Reception { place: "とても長い場所の名前".repeat(40), ..slip() }.draw(&TYPEFACE).is_err());
    assert!(Reception { place: "眼科\u{1F600}".to_owned(), ..slip() }.draw(&TYPEFACE).is_err());
}
