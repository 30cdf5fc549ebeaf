//! 住民票の写し, 世帯連記式: copies of the residence record, four people a page, A4 portrait.
//!
//! For the machine and the counter. The caller decides everything and hands over one owned value; this module decides
//! only where it stands on the paper. Order of fields and words: the national form as municipalities describe it
//! (certificates §2.1; the order is recalled). There is no field for 個人番号 or 住民票コード, and there never will be.

use base::{Date, Id};
use wire::certificate_code::Claims;

use crate::barcode::Square;
use crate::error::{Field, PaperError};
use crate::fonts::Typeface;
use crate::layout::{Area, Block, Setter, Text, Whose, frame};
use crate::seal::Seal;

mod claims;
mod draw;
mod form;
mod ornament;
mod pieces;

pub use pieces::{PieceOfText, Pieces};

/// People on one page.
pub const PEOPLE_PER_PAGE: usize = 4;

/// Pages a certificate may have.
pub const MOST_PAGES: usize = 20;

/// What stands in a box of the form.
#[derive(Clone, PartialEq, Eq, Default)]
pub enum Entry {
    /// This text.
    Shown(String),
    /// The applicant left it out: prints 省略.
    Omitted,
    /// The register has no value: prints 【空欄】.
    Missing,
    /// The item does not exist for this person: the box stays empty.
    #[default]
    None,
}

impl Entry {
    /// [`Entry::Shown`], or [`Entry::Missing`] when there is no value.
    pub fn or_missing(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::Missing, |value| Self::Shown(value.into()))
    }

    /// [`Entry::Shown`], or [`Entry::None`] when there is no value.
    pub fn or_none(value: Option<impl Into<String>>) -> Self {
        value.map_or(Self::None, |value| Self::Shown(value.into()))
    }

    /// What is printed.
    pub fn text(&self) -> &str {
        match self {
            Self::Shown(text) => text,
            Self::Omitted => "省略",
            Self::Missing => "【空欄】",
            Self::None => "",
        }
    }

    /// The value, when one is printed.
    pub fn value(&self) -> Option<&str> {
        match self {
            Self::Shown(text) => Some(text),
            _ => None,
        }
    }
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Shown(_) => "Shown(<personal>)",
            Self::Omitted => "Omitted",
            Self::Missing => "Missing",
            Self::None => "None",
        })
    }
}

/// What a person's entry carries by nationality.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Nationality {
    /// A Japanese national.
    Japanese {
        /// 本籍.
        domicile: Entry,
        /// 筆頭者の氏名.
        register_head: Entry,
    },
    /// A foreign resident (住民基本台帳法 第30条の45).
    Foreign {
        /// 国籍・地域.
        country_or_region: Entry,
        /// 第30条の45に規定する区分.
        category: Entry,
        /// 在留資格.
        status: Entry,
        /// 在留期間.
        period: Entry,
        /// 在留期間の満了の日.
        expiry: Entry,
        /// 在留カード等の番号.
        card_number: Entry,
    },
}

/// One person of the household.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// 氏名, with Moji_Joho variation sequences. Never empty.
    pub name: base::Personal<String>,
    /// 氏名の振り仮名.
    pub reading: Entry,
    /// 氏名のローマ字, printed under the name.
    pub alphabet_name: Entry,
    /// 旧氏; of Japanese only.
    pub former_name: Entry,
    /// 旧氏の振り仮名.
    pub former_name_reading: Entry,
    /// 通称; of foreign residents only.
    pub common_name: Entry,
    /// 通称の振り仮名.
    pub common_name_reading: Entry,
    /// 生年月日 as printed. Never empty.
    pub birth_date: base::Personal<String>,
    /// 性別.
    pub sex: Entry,
    /// 続柄.
    pub relationship: Entry,
    /// 住民となった年月日.
    pub became_resident: Entry,
    /// 住所を定めた年月日.
    pub address_set: Entry,
    /// 届出年月日.
    pub notified: Entry,
    /// 転入前住所.
    pub previous_address: Entry,
    /// 異動前住所.
    pub former_address: Entry,
    /// 本籍, or the items of a foreign resident.
    pub nationality: Nationality,
    /// 備考.
    pub remarks: Entry,
}

/// Everything that stands on the paper and in its metadata. All of it is decided by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResidenceCertificate {
    /// 表題: 住民票の写し.
    pub title: String,
    /// The municipality's name, e.g. 見本市.
    pub municipality: String,
    /// Local public entity code, five digits; goes into the signed code as the issuer.
    pub municipality_code: String,
    /// 住所 on one line.
    pub address: base::Personal<String>,
    /// 世帯主.
    pub head: Entry,
    /// The people in the order of the register; 1 to 80.
    pub people: Vec<Person>,
    /// 認証文.
    pub attestation: String,
    /// Day of issue.
    pub issued_on: Date,
    /// The mayor's title, e.g. 見本市長.
    pub mayor_title: String,
    /// The mayor's name.
    pub mayor_name: String,
    /// Where anyone checks the paper, as printed beside the code.
    pub check_address: String,
    /// The request this paper answers; printed on each page.
    pub request_id: Id,
    /// 発行番号.
    pub document_number: String,
    /// A hash that stands for the applicant; metadata only. Make it differ from paper to paper.
    pub subject_hash: [u8; 32],
    /// The kind's word, e.g. `residence_certificate`; metadata and code.
    pub kind: String,
    /// The choices as one word of ASCII; metadata only.
    pub options: String,
    /// The register version all of it was read in (invariant I7); metadata only.
    pub register_version: String,
}

/// One page, ready to be drawn.
#[derive(Debug)]
pub(crate) struct PagePlan {
    blocks: Vec<Block>,
    shades: Vec<Area>,
    rules: Vec<Area>,
    /// Texts that a reader need not hear: the numbers beside the people.
    ornaments: Vec<Text>,
    /// Free space that a line closes.
    closed: Option<Area>,
}

/// A paper whose pages are known: each glyph was found and each text fits.
#[derive(Debug)]
pub struct Plan<'a> {
    certificate: &'a ResidenceCertificate,
    typeface: &'a Typeface,
    pages: Vec<PagePlan>,
}

impl<'a> Plan<'a> {
    /// Finds every glyph and a size for every text.
    ///
    /// # Errors
    /// Everything in [`PaperError`] but the codes and the seal.
    pub fn new(typeface: &'a Typeface, certificate: &'a ResidenceCertificate) -> Result<Self, PaperError> {
        refuse_empty(certificate)?;
        let setter = Setter::new(typeface.shaper()?);
        let count = certificate.people.len().div_ceil(PEOPLE_PER_PAGE);
        if count > MOST_PAGES {
            return Err(PaperError::TooManyPages(count));
        }
        let pages = (1..=count).map(|page| page_plan(&setter, certificate, page, count)).collect::<Result<_, _>>()?;
        Ok(Self { certificate, typeface, pages })
    }

    /// How many pages.
    pub fn page_count(&self) -> usize {
        self.pages.len()
    }

    /// The people on page `page`, from 1. Empty beyond the last page.
    pub fn page_people(&self, page: usize) -> &'a [Person] {
        page_people(self.certificate, page)
    }

    /// What the signed code of page `page` (from 1) says. `salt` must be random and new for each page.
    pub fn claims(&self, page: usize, salt: [u8; 16]) -> Claims {
        claims::of_page(self.certificate, page, self.pages.len(), salt)
    }

    /// Draws the pages, with `codes[n - 1]` as the text of page n's code.
    ///
    /// # Errors
    /// [`PaperError::Codes`], [`PaperError::NoCode`], [`PaperError::CodeTooLong`], [`PaperError::Export`].
    pub fn draw(&self, codes: &[String], seal: &Seal) -> Result<Vec<u8>, PaperError> {
        if codes.len() != self.pages.len() {
            return Err(PaperError::Codes { pages: self.pages.len(), given: codes.len() });
        }
        let square = |(index, code): (usize, &String)| {
            let page = index + 1;
            if code.is_empty() {
                return Err(PaperError::NoCode { page });
            }
            Square::encode(code, form::CODE.w).ok_or(PaperError::CodeTooLong { page })
        };
        let squares = codes.iter().enumerate().map(square).collect::<Result<Vec<_>, _>>()?;
        draw::draw(self.certificate, self.typeface, &self.pages, &squares, seal)
    }
}

fn page_people(certificate: &ResidenceCertificate, page: usize) -> &[Person] {
    certificate.people.chunks(PEOPLE_PER_PAGE).nth(page.wrapping_sub(1)).unwrap_or_default()
}

/// Invariant I14: a paper without its essential words is no paper.
fn refuse_empty(certificate: &ResidenceCertificate) -> Result<(), PaperError> {
    let blank = |text: &str| text.trim().is_empty();
    let essential: [(Field, &str); 7] = [
        (Field::Title, &certificate.title),
        (Field::Municipality, &certificate.municipality),
        (Field::Address, certificate.address.reveal()),
        (Field::Attestation, &certificate.attestation),
        (Field::Mayor, &certificate.mayor_title),
        (Field::Mayor, &certificate.mayor_name),
        (Field::Numbers, &certificate.document_number),
    ];
    if let Some((field, _)) = essential.into_iter().find(|(_, text)| blank(text)) {
        return Err(PaperError::Empty(field));
    }
    if certificate.people.is_empty() {
        return Err(PaperError::Nobody);
    }
    for person in &certificate.people {
        if blank(person.name.reveal()) {
            return Err(PaperError::Empty(Field::Name));
        }
        if blank(person.birth_date.reveal()) {
            return Err(PaperError::Empty(Field::BirthDate));
        }
    }
    Ok(())
}

/// The words that count pages: `1/2ページ`.
pub(crate) fn page_words(page: usize, of: usize) -> String {
    format!("{page}/{of}ページ")
}

/// The words that number the paper.
pub(crate) fn number_words(number: &str) -> String {
    format!("発行番号 {number}")
}

/// The words that name the request.
pub(crate) fn request_words(request: Id) -> String {
    format!("請求番号 {request}")
}

fn page_plan(
    setter: &Setter<'_>,
    certificate: &ResidenceCertificate,
    page: usize,
    of: usize,
) -> Result<PagePlan, PaperError> {
    let paper = Whose::paper;
    let mut plan =
        PagePlan { blocks: Vec::new(), shades: Vec::new(), rules: Vec::new(), ornaments: Vec::new(), closed: None };
    let title = setter.set(paper(Field::Title), &certificate.title, form::TITLE, form::TITLE_STYLE)?;
    plan.blocks.push(Block::Heading { text: title, words: certificate.title.clone() });
    let header = form::header(setter, certificate.address.reveal(), &certificate.head)?;
    plan.table("住所と世帯主".to_owned(), header);
    let people = page_people(certificate, page);
    for (slot, person) in people.iter().enumerate() {
        let index = (page - 1) * PEOPLE_PER_PAGE + slot;
        plan.table(format!("{}人目", index + 1), form::person(setter, person, index, slot)?);
        plan.ornaments.push(form::person_number(setter, slot, index + 1)?);
    }
    if page == of {
        let area = form::blank_below(people.len());
        let text = setter.set(paper(Field::Label), "以下余白", area, form::BLANK_BELOW_STYLE)?;
        plan.blocks.push(Block::Paragraph(text));
        plan.closed = form::free_space(people.len());
    }
    foot(setter, certificate, page, of, &mut plan)?;
    Ok(plan)
}

/// Attestation, day, mayor, seal, code and numbers: on each page, so that each page can be checked by itself.
fn foot(
    setter: &Setter<'_>,
    certificate: &ResidenceCertificate,
    page: usize,
    of: usize,
    plan: &mut PagePlan,
) -> Result<(), PaperError> {
    let mut paragraph = |field, text: &str, area, style| {
        setter.set(Whose::paper(field), text, area, style).map(|text| plan.blocks.push(Block::Paragraph(text)))
    };
    paragraph(Field::Attestation, &certificate.attestation, form::ATTESTATION, form::ATTESTATION_STYLE)?;
    paragraph(Field::IssueDate, &certificate.issued_on.japanese(), form::ISSUED, form::ISSUED_STYLE)?;
    let mayor = format!("{}　{}", certificate.mayor_title, certificate.mayor_name);
    paragraph(Field::Mayor, &mayor, form::MAYOR, form::MAYOR_STYLE)?;
    let numbers =
        [number_words(&certificate.document_number), request_words(certificate.request_id), page_words(page, of)];
    for ((text, area), style) in numbers.iter().zip(form::NUMBERS).zip(form::NUMBER_STYLES) {
        paragraph(Field::Numbers, text, area, style)?;
    }
    let note = format!(
        "二次元コードを読み取ると、この面の内容が{}の記録と同じかを確かめられます。確認先 {}",
        certificate.municipality, certificate.check_address
    );
    paragraph(Field::CheckNote, &note, form::CODE_NOTE, form::NOTE_STYLE)?;
    plan.rules.push(form::NUMBERS_RULE);
    plan.rules.extend(form::PAGE_FRAMES.iter().flat_map(|&(area, width)| frame(area, width)));
    // The seal lies under the mayor's name, as ink of a stamp and of a printer would.
    let mayor = plan.blocks.len() - 5;
    plan.blocks.insert(mayor, Block::Seal(form::SEAL));
    plan.blocks.push(Block::Code(form::CODE));
    Ok(())
}

impl PagePlan {
    fn table(&mut self, summary: String, table: form::Table) {
        self.shades.extend(table.shades);
        self.rules.extend(table.rules);
        self.blocks.push(Block::Table { summary, rows: table.rows });
    }
}
