//! Letters on paper and receipts as independent tools see them.

use base::Timestamp;
use paper::plain::{Part, Plain, To, draw};

use super::support::*;

fn letter() -> Plain {
    Plain {
        title: "国民健康保険料の決定について".to_owned(),
        to: Some(To {
            postal_code: Some("1000001".to_owned()),
            address: "東京都見本市中央一丁目2番3号　見本マンション405号室".to_owned(),
            name: "見本 花子".to_owned(),
        }),
        aside: vec!["2026年11月26日(木)".to_owned(), "見本市 保険年金課".to_owned()],
        parts: vec![
            Part::Paragraph(
                "日ごろから市政にご協力いただき、ありがとうございます。今年度の保険料が、次のとおり決まりました。"
                    .to_owned(),
            ),
            Part::Facts(vec![
                ("年額".to_owned(), "84,000円".to_owned()),
                (
                    "納め方".to_owned(),
                    "口座振替(毎月25日。25日が休みのときは次の営業日に引き落とします。残高をお確かめください)"
                        .to_owned(),
                ),
            ]),
            Part::Heading("お問い合わせ".to_owned()),
            Part::List(vec![
                "窓口: 本庁舎2階 5番".to_owned(),
                "電話: 00-0000-0000(平日 8時30分から17時15分まで)".to_owned(),
            ]),
            Part::Small("この文書は、電子での受け取りに同意されていない方に紙でお送りしています。".to_owned()),
        ],
        foot: "見本市 保険年金課".to_owned(),
    }
}

fn at() -> Timestamp {
    Timestamp::from_seconds(1_795_000_000)
}

fn drawn_of(documents: &[Plain]) -> Vec<u8> {
    draw(documents, &TYPEFACE, ("見本市", "test", at())).unwrap()
}

fn said(bytes: &[u8]) -> (String, String) {
    let file = File::new(bytes);
    assert!(run("qpdf", "qpdf", &["--check".as_ref(), file.path().as_os_str()]).contains("No syntax"));
    let text = run("pdftotext", "poppler-utils", &["-layout".as_ref(), file.path().as_os_str(), "-".as_ref()]);
    let heard = run("pdfinfo", "poppler-utils", &["-struct".as_ref(), file.path().as_os_str()]);
    (text.replace(' ', ""), heard)
}

#[test]
fn a_letter_says_to_whom_what_and_how_much() {
    let (text, heard) = said(&drawn_of(&[letter()]));
    for wanted in ["〒100-0001", "見本花子", "84,000円", "お問い合わせ", "国民健康保険料の決定について", "1/1"]
    {
        assert!(text.contains(wanted), "{wanted} is not in {text}");
    }
    assert_eq!(heard.lines().filter(|line| line.trim_start().starts_with("H1")).count(), 1);
    assert_eq!(heard.lines().filter(|line| line.trim_start().starts_with("H2")).count(), 1);
}

#[test]
fn a_letter_looks_like_the_golden_picture() {
    golden_bytes(&drawn_of(&[letter()]), "plain_letter");
}

#[test]
fn a_long_text_goes_on_over_pages_and_several_letters_make_one_file() {
    let paragraph = "とても長い文書です。最後まで続きます。".repeat(120);
    let long = Plain { parts: vec![Part::Paragraph(format!("{paragraph}おわり"))], ..letter() };
    let (text, _) = said(&drawn_of(&[long, letter()]));
    assert!(text.contains("おわり") && text.contains("1/2") && text.contains("2/2") && text.contains("1/1"), "{text}");
}

#[test]
fn a_name_that_cannot_be_printed_is_refused_and_never_left_out() {
    let to = To { postal_code: None, address: "見本市".to_owned(), name: "\u{1F600}".to_owned() };
    assert!(draw(&[Plain { to: Some(to), ..letter() }], &TYPEFACE, ("見本市", "test", at())).is_err());
    assert!(draw(&[], &TYPEFACE, ("見本市", "test", at())).is_err());
}
