//! The receipt as independent tools see it.

use base::Timestamp;
use paper::receipt::Receipt;

use super::support::*;

fn receipt() -> Receipt {
    Receipt {
        municipality: "見本市".to_owned(),
        at: Timestamp::from_seconds(1_795_000_000),
        place: "本庁舎1階 1号機".to_owned(),
        paid_for: "住民票の写し 2通".to_owned(),
        fee: "400円".to_owned(),
        number: "ABCDE-FGHJK".to_owned(),
        contact: "市民課 電話00-0000-0000".to_owned(),
    }
}

#[test]
fn a_receipt_says_when_where_what_and_how_much_and_names_nobody() {
    let file = File::new(&receipt().draw(&TYPEFACE).unwrap());
    assert!(run("qpdf", "qpdf", &["--check".as_ref(), file.path().as_os_str()]).contains("No syntax"));
    let said = run("pdftotext", "poppler-utils", &["-layout".as_ref(), file.path().as_os_str(), "-".as_ref()]);
    for text in [
        "領収書",
        "400円",
        "住民票の写し 2通の交付手数料として、上記の金額を領収しました。",
        "年11月18日",
        "本庁舎1階 1号機",
        "ABCDE-FGHJK",
        "見本市",
        "市民課",
        "証明書ではありません",
    ] {
        let (said, text) = (said.replace(' ', ""), text.replace(' ', ""));
        assert!(said.contains(&text), "{text} is not in {said}");
    }
    let heard = run("pdfinfo", "poppler-utils", &["-struct".as_ref(), file.path().as_os_str()]);
    assert_eq!(heard.lines().filter(|line| line.trim_start().starts_with("H1")).count(), 1);
}

#[test]
fn a_receipt_looks_like_the_golden_picture() {
    golden_bytes(&receipt().draw(&TYPEFACE).unwrap(), "receipt");
}

#[test]
fn the_longest_name_of_a_card_fits() {
    let long = Receipt { paid_for: format!("{} マイナンバーカードで使う", "駐".repeat(40)), ..receipt() };
    assert!(long.draw(&TYPEFACE).is_ok(), "{:?}", long.draw(&TYPEFACE).err());
}

#[test]
fn a_place_that_does_not_fit_is_refused_and_never_cut() {
    let long = Receipt { place: "とても長い場所の名前".repeat(40), ..receipt() };
    assert!(long.draw(&TYPEFACE).is_err());
}
