//! 住民票の写し, 世帯連記式, and 住民票記載事項証明書: four people a page, A4 portrait.
//!
//! The caller decides everything and hands over one owned value; this module decides only where it stands on the paper.
//! Order of fields and words: the national form as municipalities describe it (certificates §2.1; the order is
//! recalled). There is no field for 個人番号 or 住民票コード, and there never will be.

use base::Personal;
use wire::certificate_code::ClaimsBuilder;

use super::{Form, FormPage, Headings};
use crate::entry::Entry;
use crate::error::{Field, PaperError};
use crate::layout::{Block, Setter, Whose};

mod claims;
mod layout;

/// People on one page.
pub const PEOPLE_PER_PAGE: usize = 4;

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

/// A household, or some of it, as the paper shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residence {
    /// 住所 on one line.
    pub address: Personal<String>,
    /// 世帯主.
    pub head: Entry,
    /// The people in the order of the register; 1 to 80.
    pub people: Vec<Person>,
}

impl Residence {
    fn page_people(&self, page: usize) -> &[Person] {
        self.people.chunks(PEOPLE_PER_PAGE).nth(page.wrapping_sub(1)).unwrap_or_default()
    }
}

impl Form for Residence {
    fn refuse_empty(&self) -> Result<(), PaperError> {
        super::refuse_blank(Field::Address, self.address.reveal())?;
        if self.people.is_empty() {
            return Err(PaperError::Nobody);
        }
        self.people.iter().try_for_each(|person| {
            super::refuse_blank(Field::Name, person.name.reveal())?;
            super::refuse_blank(Field::BirthDate, person.birth_date.reveal())
        })
    }

    fn pages(&self, setter: &Setter<'_>) -> Result<Vec<FormPage>, PaperError> {
        let count = self.people.len().div_ceil(PEOPLE_PER_PAGE);
        super::refuse_too_many(count)?;
        (1..=count).map(|page| self.page(setter, page, count)).collect()
    }

    fn claims(&self, page: usize, builder: &mut ClaimsBuilder) {
        claims::of_page(self, page, builder);
    }

    fn headings(&self) -> Headings {
        Headings::RESIDENT
    }

    fn place(&self) -> &Personal<String> {
        &self.address
    }

    fn people(&self) -> Vec<(Personal<String>, Personal<String>)> {
        self.people.iter().map(|person| (person.name.clone(), person.birth_date.clone())).collect()
    }
}

impl Residence {
    fn page(&self, setter: &Setter<'_>, page: usize, of: usize) -> Result<FormPage, PaperError> {
        let mut made = FormPage::default();
        let header = layout::header(setter, self.address.reveal(), &self.head)?;
        made.table("住所と世帯主".to_owned(), header);
        let people = self.page_people(page);
        for (slot, person) in people.iter().enumerate() {
            let index = (page - 1) * PEOPLE_PER_PAGE + slot;
            made.table(format!("{}人目", index + 1), layout::person(setter, person, index, slot)?);
            made.ornaments.push(layout::person_number(setter, slot, index + 1)?);
        }
        if page == of {
            let area = layout::blank_below(people.len());
            let text = setter.set(Whose::paper(Field::Label), "以下余白", area, super::BLANK_BELOW_STYLE)?;
            made.blocks.push(Block::Paragraph(text));
            made.closed = layout::free_space(people.len());
        }
        Ok(made)
    }
}
