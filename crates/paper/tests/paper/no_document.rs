//! Invariant I14: no seal, no attestation, no code, a missing glyph, a text too long — no document.

use paper::{Entry, Field, PaperError, Plan, Seal, Typeface};

use super::support::*;

fn refusal(change: impl FnOnce(&mut paper::Certificate)) -> PaperError {
    let mut certificate = household(2);
    change(&mut certificate);
    Plan::new(&TYPEFACE, &certificate).unwrap_err()
}

#[test]
fn i14_without_its_essential_words_there_is_no_document() {
    assert_eq!(refusal(|c| c.sheet.attestation.clear()), PaperError::Empty(Field::Attestation));
    assert_eq!(refusal(|c| c.sheet.attestation = "　 ".to_owned()), PaperError::Empty(Field::Attestation));
    assert_eq!(refusal(|c| c.sheet.mayor_name.clear()), PaperError::Empty(Field::Mayor));
    assert_eq!(refusal(|c| c.sheet.title.clear()), PaperError::Empty(Field::Title));
    assert_eq!(refusal(|c| c.sheet.document_number.clear()), PaperError::Empty(Field::Numbers));
    assert_eq!(refusal(|c| of_mut(c).address = personal("")), PaperError::Empty(Field::Address));
    assert_eq!(refusal(|c| of_mut(c).people[1].name = personal("")), PaperError::Empty(Field::Name));
    assert_eq!(refusal(|c| of_mut(c).people[1].birth_date = personal("")), PaperError::Empty(Field::BirthDate));
    assert_eq!(refusal(|c| of_mut(c).people.clear()), PaperError::Nobody);
}

#[test]
fn i14_a_seal_that_does_not_show_is_no_seal() {
    let picture = |side: u32, shade: u8| {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side, side);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(&vec![shade; (side * side) as usize]).unwrap();
        writer.finish().unwrap();
        bytes
    };
    use paper::seal::SealError;
    assert_eq!(Seal::from_png(&picture(200, 255), "白").unwrap_err(), SealError::Blank);
    assert_eq!(Seal::from_png(&picture(20, 0), "小").unwrap_err(), SealError::Size);
    assert_eq!(Seal::from_png(b"GIF89a", "別").unwrap_err(), SealError::NotAPicture);
    assert!(Seal::from_png(&picture(200, 30), "黒").is_ok());
}

#[test]
fn i14_each_page_needs_its_code() {
    let certificate = household(5);
    let plan = Plan::new(&TYPEFACE, &certificate).unwrap();
    let codes = codes(&plan);
    assert_eq!(plan.draw(&codes[..1], &SEAL), Err(PaperError::Codes { pages: 2, given: 1 }));
    assert_eq!(plan.draw(&[], &SEAL), Err(PaperError::Codes { pages: 2, given: 0 }));
    assert_eq!(plan.draw(&[codes[0].clone(), String::new()], &SEAL), Err(PaperError::NoCode { page: 2 }));
    let too_long = "A".repeat(3000);
    let refusal = plan.draw(&[too_long, codes[1].clone()], &SEAL).unwrap_err();
    assert_eq!(refusal, PaperError::CodeTooLong { page: 1 });
    assert!(refusal.is_about_the_person(), "the counter issues one by one; the service goes on");
}

#[test]
fn i14_a_missing_glyph_names_field_person_and_place_but_not_the_text() {
    let hangul = refusal(|c| of_mut(c).people[1].name = personal("金　민준"));
    assert_eq!(hangul, PaperError::MissingGlyph { field: Field::Name, person: Some(1), position: 2 });
    assert!(hangul.is_about_the_person());
    assert!(!hangul.to_string().contains('민'));
    // The font has 辻 in another form, not in this one; a fallback would print another name.
    let variation = refusal(|c| of_mut(c).people[0].name = personal("山辻\u{E0101}"));
    assert_eq!(variation, PaperError::MissingGlyph { field: Field::Name, person: Some(0), position: 1 });
    let private = refusal(|c| of_mut(c).people[0].former_name = shown("\u{E001}田"));
    assert_eq!(private, PaperError::MissingGlyph { field: Field::FormerName, person: Some(0), position: 0 });
    let control = refusal(|c| of_mut(c).address = personal("見本県\n見本市"));
    assert_eq!(control, PaperError::MissingGlyph { field: Field::Address, person: None, position: 3 });
    assert!(
        !refusal(|c| c.sheet.mayor_name = "민".to_owned()).is_about_the_person(),
        "the mayor is no resident's affair"
    );
}

#[test]
fn a_selector_belongs_to_exactly_one_character() {
    let doubled = refusal(|c| of_mut(c).people[0].name = personal("辻\u{E0102}\u{E0102}本"));
    assert_eq!(doubled, PaperError::StraySelector { field: Field::Name, person: Some(0), position: 1 });
    let leading = refusal(|c| of_mut(c).people[0].name = personal("\u{E0102}辻本"));
    assert_eq!(leading, PaperError::StraySelector { field: Field::Name, person: Some(0), position: 0 });
}

#[test]
fn i14_a_text_too_long_is_refused_and_never_cut() {
    let overflow = |field, person| PaperError::Overflow { field, person };
    let long = |count| "漢".repeat(count);
    assert_eq!(refusal(|c| of_mut(c).people[1].name = personal(&long(81))), overflow(Field::Name, Some(1)));
    assert_eq!(refusal(|c| of_mut(c).people[0].remarks = shown(&long(200))), overflow(Field::Remarks, Some(0)));
    assert_eq!(refusal(|c| of_mut(c).address = personal(&long(300))), overflow(Field::Address, None));
    assert_eq!(refusal(|c| of_mut(c).people[0].sex = Entry::Shown(long(40))), overflow(Field::Sex, Some(0)));
}

#[test]
fn a_household_of_more_pages_than_a_set_may_have_is_refused() {
    assert_eq!(Plan::new(&TYPEFACE, &household(81)).unwrap_err(), PaperError::TooManyPages(21));
    assert_eq!(Plan::new(&TYPEFACE, &household(80)).unwrap().page_count(), 20);
}

#[test]
fn without_the_font_the_error_says_what_to_install() {
    let error = Typeface::open(std::path::Path::new("/nowhere/ipamjm.ttf")).unwrap_err();
    assert!(error.to_string().contains("apt-get install fonts-ipamj-mincho"));
    let file = File::new(b"not a font");
    assert_eq!(Typeface::open(&file.path()).unwrap_err(), paper::fonts::FontError::NotAFont);
}
