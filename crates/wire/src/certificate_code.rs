//! What the signed square on a certificate says.
//!
//! For whoever receives the paper: a bank clerk with a phone. The square carries what every such paper shows (kind, day,
//! name, birth date, address, page) and for each optional item that is **printed** a salted, shortened digest, so that
//! the clerk types what is on the paper and has it confirmed. A value that the holder left out is in no form in here:
//! short lists of possible values could be tried against a digest.
//!
//! ```text
//!  https://HOST/verify#<base 32 of COSE_Sign1(CBOR map)>
//!  1 kind        text            6 salt       16 bytes
//!  2 issuer      text, 5 digits  7 people     [ {1: name, 2: birth date as printed, 3: {item: 8 bytes}} ]
//!  3 issued on   days since 1970 8 household  {item: 8 bytes}
//!  4 request     16 bytes        9 number     text, as printed
//!  5 [page, of]                 10 address    text
//!  digest = first 8 bytes of SHA-256(salt ‖ item ‖ person ‖ normalised value); person from 1, 0 for the household
//! ```
//! Signing is `pki::token`'s; this module knows only claims.

use std::collections::BTreeMap;

use base::{Date, Id};

/// A shortened digest.
pub type ItemDigest = [u8; 8];

/// Items whose printed value can be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Item {
    /// 続柄.
    Relationship = 1,
    /// 世帯主.
    Head = 2,
    /// 本籍.
    Domicile = 3,
    /// 筆頭者.
    RegisterHead = 4,
    /// 国籍・地域.
    CountryOrRegion = 5,
    /// 30条45区分.
    Category = 6,
    /// 在留資格.
    ResidenceStatus = 7,
    /// 在留期間.
    ResidencePeriod = 8,
    /// 在留期間の満了日.
    ResidenceExpiry = 9,
    /// 在留カード等番号.
    ResidenceCardNumber = 10,
    /// 旧氏.
    FormerName = 11,
    /// 通称.
    CommonName = 12,
    /// 性別.
    Sex = 13,
    /// 住民となった年月日.
    BecameResident = 14,
    /// 転入前住所.
    PreviousAddress = 15,
}

/// One person on the page.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PersonClaims {
    /// 氏名 as printed.
    pub name: base::Personal<String>,
    /// 生年月日 as printed.
    pub birth_date: base::Personal<String>,
    /// Digests of printed items.
    pub digests: BTreeMap<u8, ItemDigest>,
}

/// What the code of one page says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The kind's word, e.g. `residence_certificate`.
    pub kind: String,
    /// Local public entity code of the issuing municipality.
    pub issuer: String,
    /// Day of issue.
    pub issued_on: Date,
    /// The request the paper answers.
    pub request_id: Id,
    /// Page, from 1.
    pub page: u16,
    /// Of how many.
    pub of: u16,
    /// 発行番号 as printed.
    pub number: String,
    /// 住所 as printed.
    pub address: base::Personal<String>,
    /// Random, new for each page.
    pub salt: [u8; 16],
    /// The people on this page in order.
    pub people: Vec<PersonClaims>,
    /// Digests of printed items of the household.
    pub household: BTreeMap<u8, ItemDigest>,
}

impl Default for Claims {
    fn default() -> Self {
        Self {
            kind: String::new(),
            issuer: String::new(),
            issued_on: Date::from_days_since_epoch(0),
            request_id: Id::from_bytes([0; 16]),
            page: 1,
            of: 1,
            number: String::new(),
            address: base::Personal::default(),
            salt: [0; 16],
            people: Vec::new(),
            household: BTreeMap::new(),
        }
    }
}
