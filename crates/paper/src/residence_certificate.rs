//! 住民票の写し, 世帯連記式: copies of the residence record, four people a page, A4 portrait.
//!
//! For the machine and the counter. The caller decides everything and hands over one owned value; this module decides
//! only where it stands on the paper. Order of fields and words: the national form as municipalities describe it
//! (certificates §2.1; the order is recalled). There is no field for 個人番号 or 住民票コード, and there never will be.

use base::{Date, Id};
use wire::certificate_code::Claims;

use crate::error::PaperError;
use crate::fonts::Typeface;
use crate::seal::Seal;

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

/// A paper whose pages are known: each glyph was found and each text fits.
#[derive(Debug)]
pub struct Plan<'a> {
    certificate: &'a ResidenceCertificate,
    #[expect(dead_code, reason = "filled with the drawing")]
    typeface: &'a Typeface,
}

impl<'a> Plan<'a> {
    /// Finds every glyph and a size for every text.
    ///
    /// # Errors
    /// Everything in [`PaperError`] but the codes and the seal.
    pub fn new(typeface: &'a Typeface, certificate: &'a ResidenceCertificate) -> Result<Self, PaperError> {
        Ok(Self { certificate, typeface })
    }

    /// How many pages.
    pub fn page_count(&self) -> usize {
        self.certificate.people.len().div_ceil(PEOPLE_PER_PAGE)
    }

    /// The people on page `page`, from 1. Empty beyond the last page.
    pub fn page_people(&self, page: usize) -> &'a [Person] {
        self.certificate.people.chunks(PEOPLE_PER_PAGE).nth(page.wrapping_sub(1)).unwrap_or_default()
    }

    /// What the signed code of page `page` (from 1) says. `salt` must be random and new for each page.
    pub fn claims(&self, page: usize, salt: [u8; 16]) -> Claims {
        let _ = (page, salt);
        Claims::default()
    }

    /// Draws the pages, with `codes[n - 1]` as the text of page n's code.
    ///
    /// # Errors
    /// [`PaperError::Codes`], [`PaperError::Code`], [`PaperError::Export`].
    pub fn draw(&self, codes: &[String], seal: &Seal) -> Result<Vec<u8>, PaperError> {
        let _ = (codes, seal);
        Err(PaperError::Export("not built yet".to_owned()))
    }
}
