//! Sheets of labels as independent tools see them.

use base::Timestamp;
use paper::PaperError;
use paper::label_sheet::{Correction, Format, Item, Label, Sheets, Spot, calibration};

use super::support::*;

fn sheets(number: &str, first_place: usize) -> Sheets<'static> {
    Sheets {
        format: Format::of(number).unwrap(),
        correction: Correction::default(),
        first_place,
        title: "職員証ラベル".to_owned(),
        author: "見本市".to_owned(),
        at: Timestamp::from_seconds(1_795_000_000),
    }
}

fn spot(x: f32, y: f32, w: f32, h: f32) -> Spot {
    Spot { x, y, w, h }
}

fn label(number: usize) -> Label {
    let text = |words: String, at, size| Item::Text { words, at, size, lines: 1, is_centred: false };
    vec![
        Item::Frame(spot(1.0, 1.0, 84.4, 48.8)),
        text("見本市職員証".to_owned(), spot(4.0, 4.0, 50.0, 6.0), 12.0),
        text(format!("職員番号 {number:04}"), spot(4.0, 14.0, 50.0, 5.0), 10.0),
        Item::Code {
            text: format!("YKB1.{number:04}.ABCDEFGHJKMNPQRSTUVWXYZ234567"),
            at: spot(58.0, 14.0, 24.0, 24.0),
            words: "確認用の二次元コード".to_owned(),
        },
    ]
}

#[test]
fn every_code_of_a_sheet_is_read_from_its_picture() {
    let labels: Vec<Label> = (1..=7).map(label).collect();
    let file = File::new(&sheets("ELM006", 3).draw(&labels, &TYPEFACE).unwrap());
    assert!(run("qpdf", "qpdf", &["--check".as_ref(), file.path().as_os_str()]).contains("No syntax"));
    picture(&file, "300");
    let read = run("zbarimg", "zbar-tools", &["-q".as_ref(), "--raw".as_ref(), file.beside("page.png").as_os_str()]);
    let mut read: Vec<&str> = read.lines().collect();
    read.sort_unstable();
    let wished: Vec<String> = (1..=7).map(|number| format!("YKB1.{number:04}.ABCDEFGHJKMNPQRSTUVWXYZ234567")).collect();
    assert_eq!(read, wished);
    let heard = run("pdfinfo", "poppler-utils", &["-struct".as_ref(), file.path().as_os_str()]);
    assert_eq!(heard.lines().filter(|line| line.trim_start().starts_with("Figure")).count(), 7);
}

#[test]
fn labels_go_on_on_the_next_sheet_after_the_places_that_are_used_up() {
    let labels: Vec<Label> = (1..=12).map(label).collect();
    let file = File::new(&sheets("ELM006", 9).draw(&labels, &TYPEFACE).unwrap());
    let info = run("pdfinfo", "poppler-utils", &[file.path().as_os_str()]);
    assert!(info.contains("Pages:           3"), "one label, ten, one: {info}");
}

#[test]
fn a_label_stands_where_its_sheet_has_it() {
    let corner = vec![Item::Frame(spot(0.0, 0.0, 66.0, 33.9))];
    let file = File::new(&sheets("ELM012", 4).draw(&[corner], &TYPEFACE).unwrap());
    picture(&file, "254");
    let image = std::fs::read(file.beside("page.png")).unwrap();
    // 254 dpi: ten pixels a millimetre. The fifth label begins at 72.0, 46.8.
    let dark = |x: f32, y: f32| is_dark(&image, (x * 10.0) as u32, (y * 10.0) as u32);
    assert!(dark(72.05, 60.0) && dark(100.0, 46.85) && !dark(71.5, 60.0) && !dark(80.0, 60.0));
}

#[test]
fn what_does_not_fit_or_cannot_be_read_is_refused() {
    let small = vec![Item::Code { text: "1".to_owned(), at: spot(0.0, 0.0, 14.0, 14.0), words: String::new() }];
    assert!(matches!(sheets("ELM006", 0).draw(&[small], &TYPEFACE), Err(PaperError::CodeTooLong { .. })));
    let long = vec![Item::Text {
        words: "長".repeat(99),
        at: spot(0.0, 0.0, 20.0, 5.0),
        size: 10.0,
        lines: 1,
        is_centred: true,
    }];
    assert!(matches!(sheets("ELM006", 0).draw(&[long], &TYPEFACE), Err(PaperError::Overflow { .. })));
    assert!(matches!(sheets("ELM006", 0).draw(&[], &TYPEFACE), Err(PaperError::Nobody)));
    assert!(matches!(sheets("ELM006", 10).draw(&[label(1)], &TYPEFACE), Err(PaperError::Nobody)));
}

#[test]
fn a_sheet_and_its_calibration_page_look_like_the_golden_pictures() {
    let labels: Vec<Label> = (1..=4).map(label).collect();
    golden_bytes(&sheets("ELM006", 2).draw(&labels, &TYPEFACE).unwrap(), "label_sheet");
    golden_bytes(&calibration(&sheets("ELM012", 0), &TYPEFACE).unwrap(), "label_calibration");
}

/// A label that is cut in two: a band, and a part with a code.
#[test]
fn a_label_that_is_cut_in_two_is_dashed_around_both_parts_and_its_code_is_read() {
    let text = "HTTPS://EXAMPLE.JP/STAFF-ID#".to_owned() + &"ABCDEFGHJKMNPQRSTUVWXYZ234567".repeat(9);
    let two = vec![
        Item::Cut(spot(0.8, 0.8, 50.0, 12.0)),
        Item::Cut(spot(0.8, 13.6, 84.8, 25.0)),
        Item::Code { text: text.clone(), at: spot(60.6, 13.6, 25.0, 25.0), words: "二次元コード".to_owned() },
    ];
    let drawn = sheets("ELM008", 1).draw(&[two], &TYPEFACE).unwrap();
    golden_bytes(&drawn, "label_cut_in_two");
    let file = File::new(&drawn);
    picture(&file, "300");
    let read = run("zbarimg", "zbar-tools", &["-q".as_ref(), "--raw".as_ref(), file.beside("page.png").as_os_str()]);
    assert_eq!(read.trim(), text);
}

fn is_dark(image: &[u8], x: u32, y: u32) -> bool {
    let mut reader = png::Decoder::new(std::io::Cursor::new(image)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let at = y as usize * info.line_size + x as usize * info.color_type.samples();
    pixels[at] < 128
}
