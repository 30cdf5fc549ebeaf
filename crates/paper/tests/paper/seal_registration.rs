//! 印鑑登録証明書: the registered seal at true size, and nobody else's.

use paper::forms::seal_registration::Impression;
use paper::{Body, Certificate, Entry, Mismatch, PaperError, Plan, Seal, SealRegistration, recheck};

use super::support::*;

/// A ring with a bar at `bar` (in tenths of its height), `pixels` wide.
fn ring(pixels: u32, bar: u32) -> Vec<u8> {
    let middle = f64::from(pixels) / 2.0;
    let is_ink = |x: u32, y: u32| {
        let from_middle = (f64::from(x) + 0.5 - middle).hypot(f64::from(y) + 0.5 - middle);
        let on_ring = from_middle <= middle && from_middle > middle * 0.88;
        on_ring || (y * 10 / pixels == bar && from_middle < middle)
    };
    let pixel = |index: u32| if is_ink(index % pixels, index / pixels) { 0u8 } else { 255 };
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels, pixels);
    encoder.set_color(png::ColorType::Grayscale);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&(0..pixels * pixels).map(pixel).collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    bytes
}

/// A seal of 15 mm at 600 dots an inch.
fn certificate(bar: u32) -> Certificate {
    let body = SealRegistration {
        name: personal("辻\u{E0102}本　太郎"),
        alphabet_name: Entry::None,
        former_name: shown("髙﨑"),
        former_name_reading: shown("タカサキ"),
        common_name: Entry::None,
        common_name_reading: Entry::None,
        birth_date: personal("昭和60年1月2日"),
        address: personal("見本県見本市中央一丁目２番３号　見本ハイツ４０５号室"),
        remarks: Entry::None,
        impression: Impression::from_png(&ring(354, bar), (15_000, 15_000)).unwrap(),
    };
    let attestation = "この写しは、登録された印影と相違ないことを証明する。";
    Certificate {
        sheet: sheet("印鑑登録証明書", "seal_registration_certificate", attestation),
        body: Body::SealRegistration(body),
    }
}

#[test]
fn the_paper_is_what_was_authorised() {
    let certificate = certificate(4);
    let (bytes, codes) = drawn(&certificate);
    assert_eq!(recheck(&bytes, &expected(&certificate, codes)), Ok(()));
}

#[test]
fn i3_another_persons_seal_under_the_same_name_is_refused() {
    let (bytes, codes) = drawn(&certificate(4));
    let refusal = recheck(&bytes, &expected(&certificate(5), codes)).unwrap_err();
    assert_eq!(refusal, Mismatch::Page { page: 1, what: "pictures" });
}

#[test]
fn the_impression_is_printed_at_true_size() {
    let file = File::new(&drawn(&certificate(4)).0);
    picture(&file, "300");
    let (width, height, pixels) = read_gray(&file.beside("page.png"));
    // Ink inside the box of the impression, between the frame's lines and under its heading, in pixels of 300 an inch.
    let dots = |millimetres: f32| (millimetres / 25.4 * 300.0) as usize;
    let (left, right, top) = (dots(16.0), dots(58.0), dots(41.5));
    let is_ink = |x: usize, y: usize| x < width && y < height && pixels[y * width + x] < 100;
    // The box is 63 mm tall from 33.5 mm on.
    let bottom = dots(95.0);
    let columns: Vec<usize> = (left..right).filter(|&x| (top..bottom).any(|y| is_ink(x, y))).collect();
    let bottom_of = |x: usize| (top..bottom).filter(|&y| is_ink(x, y)).collect::<Vec<_>>();
    let (first, last) = (columns[0], columns[columns.len() - 1]);
    let middle = bottom_of((first + last) / 2);
    let millimetres = |dots: usize| dots as f32 * 25.4 / 300.0;
    let across = millimetres(last - first + 1);
    let tall = millimetres(middle[middle.len() - 1] - middle[0] + 1);
    assert!((across - 15.0).abs() <= 0.2, "{across} mm across");
    assert!((tall - 15.0).abs() <= 0.2, "{tall} mm tall");
}

#[test]
fn a_picture_that_is_no_seal_is_refused() {
    use paper::seal::SealError;
    assert_eq!(Impression::from_png(&ring(354, 4), (26_000, 15_000)), Err(SealError::Size));
    assert_eq!(Impression::from_png(&ring(354, 4), (15_000, 0)), Err(SealError::Size));
    assert_eq!(Impression::from_png(b"no picture", (15_000, 15_000)), Err(SealError::NotAPicture));
}

#[test]
fn i14_without_a_name_there_is_no_document() {
    let mut certificate = certificate(4);
    if let Body::SealRegistration(body) = &mut certificate.body {
        body.name = personal(" ");
    }
    assert_eq!(Plan::new(&TYPEFACE, &certificate).unwrap_err(), PaperError::Empty(paper::Field::Name));
}

#[test]
fn it_looks_like_the_golden_picture() {
    golden(&certificate(4), "seal_registration");
}

/// Everything a name can be at once, as long as the register lets it be.
fn longest() -> Certificate {
    let mut certificate = certificate(4);
    if let Body::SealRegistration(body) = &mut certificate.body {
        body.name = personal(&"辻\u{E0102}".repeat(80));
        body.alphabet_name = shown(&"ABCDEFGHI ".repeat(8));
        body.former_name = shown(&"髙".repeat(40));
        body.former_name_reading = shown(&"タ".repeat(40));
        body.common_name = shown(&"漢".repeat(40));
        body.common_name_reading = shown(&"ツ".repeat(40));
        body.address = personal(&"見".repeat(120));
    }
    certificate
}

#[test]
fn the_longest_names_are_printed_whole_and_a_longer_one_is_refused() {
    let certificate = longest();
    let (bytes, codes) = drawn(&certificate);
    assert_eq!(recheck(&bytes, &expected(&certificate, codes)), Ok(()));
    let texts = paper::recheck::extract(&bytes).unwrap().pages[0].texts.concat();
    assert!(texts.contains(&format!("{}（{}）", "髙".repeat(40), "タ".repeat(40))));
    let mut longer = longest();
    if let Body::SealRegistration(body) = &mut longer.body {
        body.name = personal(&"漢".repeat(400));
    }
    let refused = Plan::new(&TYPEFACE, &longer).unwrap_err();
    assert_eq!(refused, PaperError::Overflow { field: paper::Field::Name, person: Some(0) });
    assert!(refused.is_about_the_person());
}

/// A foreign resident: letters, a name in daily life with its reading.
fn foreign() -> Certificate {
    let mut certificate = certificate(6);
    if let Body::SealRegistration(body) = &mut certificate.body {
        body.name = personal("SANTOS MARIA CLARA");
        body.former_name = Entry::None;
        body.common_name = shown("佐藤　真理亜");
        body.common_name_reading = shown("サトウ　マリア");
        body.birth_date = personal("1988年7月9日");
        body.remarks = shown("印影の氏名表記 サントス");
    }
    certificate
}

#[test]
fn names_of_every_kind_look_like_the_golden_pictures() {
    golden(&foreign(), "seal_registration_foreign");
    golden(&longest(), "seal_registration_longest");
}

#[test]
fn the_mayors_seal_is_still_asked_for() {
    let certificate = certificate(4);
    let plan = Plan::new(&TYPEFACE, &certificate).unwrap();
    let codes = codes(&plan);
    let bytes = plan.draw(&codes, &Seal::sample(&TYPEFACE, "見本市長之印").unwrap()).unwrap();
    let page = &paper::recheck::extract(&bytes).unwrap().pages[0];
    assert!(page.has_seal);
    assert_eq!(page.pictures.len(), 1);
}
