//! The sheet that all certificates share: frame, title, attestation, day, mayor, seal, code and numbers on each page, so
//! that each page can be checked by itself.

use super::Certificate;
use crate::a4::{number_words, page_words, request_words};
use crate::error::{Field, PaperError};
use crate::forms::FormPage;
use crate::layout::{Align, Area, Block, Setter, Style, Whose, frame};

const TITLE: Area = Area::new(45.0, 13.0, 120.0, 11.0);
pub(crate) const CODE: Area = Area::new(13.4, 227.2, 45.0, 45.0);
const CODE_NOTE: Area = Area::new(15.0, 273.0, 180.0, 7.0);
const ATTESTATION: Area = Area::new(68.0, 229.0, 122.0, 12.0);
const ISSUED: Area = Area::new(78.0, 242.5, 60.0, 7.0);
const MAYOR: Area = Area::new(68.0, 254.0, 100.0, 10.0);
/// Over the end of the mayor's name, as a stamp is set.
pub(crate) const SEAL: Area = Area::new(163.0, 247.0, 24.0, 24.0);
/// The fine lines behind the attestation.
pub(crate) const ORNAMENT: Area = Area::new(64.0, 227.0, 131.0, 45.0);
/// The frame of the page, outer and inner line.
const PAGE_FRAMES: [(Area, f32); 2] =
    [(Area::new(9.0, 8.0, 192.0, 280.5), 0.45), (Area::new(10.2, 9.2, 189.6, 278.1), 0.12)];
const NUMBERS_RULE: Area = Area::new(15.0, 281.4, 180.0, 0.12);
/// A line too small to be copied (マイクロ文字), right above the rule: to the eye it thickens the rule.
pub(crate) const MICRO: Area = Area::new(15.0, 280.75, 180.0, 0.5);
const NUMBERS_TOP: f32 = 281.8;
const NUMBERS: [Area; 3] = [
    Area::new(15.0, NUMBERS_TOP, 60.0, 5.0),
    Area::new(75.0, NUMBERS_TOP, 90.0, 5.0),
    Area::new(165.0, NUMBERS_TOP, 30.0, 5.0),
];

/// 0.42 mm: 20 dots of a printer of 1,200 dpi for each character, and no copier of 600 dpi keeps their strokes.
const MICRO_STYLE: Style = Style { inset: 0.0, ..Style::new(1.2, 1.2, 1, Align::Center) };
/// How often it says so.
const MICRO_TIMES: usize = 4;

const TITLE_STYLE: Style = Style { spacing: 0.35, ..Style::new(19.0, 12.0, 1, Align::Center) };
const ATTESTATION_STYLE: Style = Style::new(11.0, 8.0, 2, Align::Left);
const ISSUED_STYLE: Style = Style::new(11.0, 9.0, 1, Align::Left);
const MAYOR_STYLE: Style = Style::new(15.0, 10.0, 1, Align::Right);
const NOTE_STYLE: Style = Style { inset: 0.0, ..Style::new(6.5, 5.0, 3, Align::Left) };
const NUMBER_LEFT: Style = Style { inset: 0.0, ..Style::new(7.5, 6.0, 1, Align::Left) };
const NUMBER_STYLES: [Style; 3] =
    [NUMBER_LEFT, Style { align: Align::Center, ..NUMBER_LEFT }, Style { align: Align::Right, ..NUMBER_LEFT }];

/// What the micro text says: the city and the request, again and again.
pub(crate) fn micro_words(municipality: &str, request: base::Id) -> String {
    vec![format!("{municipality} {request}"); MICRO_TIMES].join("　　　")
}

/// The metadata keywords of a paper: `name:value`.
pub(crate) fn keywords(sheet: &super::Sheet, pages: usize) -> Vec<String> {
    vec![
        format!("kind:{}", sheet.kind),
        format!("request:{}", sheet.request_id),
        format!("subject:{}", data_encoding::HEXLOWER.encode(&sheet.subject_hash)),
        format!("options:{}", sheet.options),
        format!("number:{}", sheet.document_number),
        format!("register:{}", sheet.register_version),
        format!("pages:{pages}"),
    ]
}

/// Puts title and foot around a form's share of page `page`.
pub(super) fn page(
    setter: &Setter<'_>,
    certificate: &Certificate,
    form: FormPage,
    page: usize,
    of: usize,
) -> Result<FormPage, PaperError> {
    let sheet = &certificate.sheet;
    let title = setter.set(Whose::paper(Field::Title), &sheet.title, TITLE, TITLE_STYLE)?;
    let mut plan = form;
    plan.blocks.insert(0, Block::Heading { text: title, words: sheet.title.clone() });
    foot(setter, certificate, page, of, &mut plan)?;
    Ok(plan)
}

fn foot(
    setter: &Setter<'_>,
    certificate: &Certificate,
    page: usize,
    of: usize,
    plan: &mut FormPage,
) -> Result<(), PaperError> {
    let sheet = &certificate.sheet;
    let blocks = &mut plan.blocks;
    let mut paragraph = |field, text: &str, area, style| {
        setter.set(Whose::paper(field), text, area, style).map(|text| blocks.push(Block::Paragraph(text)))
    };
    paragraph(Field::Attestation, &sheet.attestation, ATTESTATION, ATTESTATION_STYLE)?;
    paragraph(Field::IssueDate, &sheet.issued_on.japanese(), ISSUED, ISSUED_STYLE)?;
    let mayor = format!("{}　{}", sheet.mayor_title, sheet.mayor_name);
    paragraph(Field::Mayor, &mayor, MAYOR, MAYOR_STYLE)?;
    let numbers = [number_words(&sheet.document_number), request_words(sheet.request_id), page_words(page, of)];
    for ((text, area), style) in numbers.iter().zip(NUMBERS).zip(NUMBER_STYLES) {
        paragraph(Field::Numbers, text, area, style)?;
    }
    let note = format!(
        "二次元コードを読み取ると、この面の内容が{}の記録と同じかを確かめられます。確認先 {}",
        sheet.municipality, sheet.check_address
    );
    paragraph(Field::CheckNote, &note, CODE_NOTE, NOTE_STYLE)?;
    let micro = micro_words(&sheet.municipality, sheet.request_id);
    plan.ornaments.push(setter.set(Whose::paper(Field::Municipality), &micro, MICRO, MICRO_STYLE)?);
    plan.rules.push(NUMBERS_RULE);
    plan.rules.extend(PAGE_FRAMES.iter().flat_map(|&(area, width)| frame(area, width)));
    // The seal lies under the mayor's name, as ink of a stamp and of a printer would.
    let mayor = plan.blocks.len() - 5;
    plan.blocks.insert(mayor, Block::Seal(SEAL));
    plan.blocks.push(Block::Code(CODE));
    Ok(())
}
