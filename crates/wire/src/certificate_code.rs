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
//!  11 fields     32 bytes, absent on papers of before 2026-11: the hash of everything the certificate says
//!  digest = first 8 bytes of SHA-256(salt ‖ item ‖ person ‖ normalised value); person from 1, 0 for the household
//! ```
//! Signing is `pki::token`'s; this module knows only claims. Longer than most files: what is written and what is read of one claim
//! stand beside each other, so that neither changes alone.

use std::collections::BTreeMap;

use base::text::{is_variation_selector, to_half_width};
use base::{Date, Id, Personal};
use ciborium::Value;
use data_encoding::BASE32_NOPAD;
use sha2::{Digest, Sha256};

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
    /// 年度 of a tax certificate.
    FiscalYear = 30,
    /// 合計所得金額, as printed.
    TotalIncome = 31,
    /// 総所得金額等.
    GrossIncome = 32,
    /// 年税額.
    AnnualTax = 33,
    /// 市町村民税所得割.
    CityIncomeLevy = 34,
    /// 給与収入.
    SalaryRevenue = 35,
    /// 公的年金等収入.
    PensionRevenue = 36,
}

impl Item {
    /// Every item, in the order of their numbers.
    pub const ALL: [Self; 22] = [
        Self::Relationship,
        Self::Head,
        Self::Domicile,
        Self::RegisterHead,
        Self::CountryOrRegion,
        Self::Category,
        Self::ResidenceStatus,
        Self::ResidencePeriod,
        Self::ResidenceExpiry,
        Self::ResidenceCardNumber,
        Self::FormerName,
        Self::CommonName,
        Self::Sex,
        Self::BecameResident,
        Self::PreviousAddress,
        Self::FiscalYear,
        Self::TotalIncome,
        Self::GrossIncome,
        Self::AnnualTax,
        Self::CityIncomeLevy,
        Self::SalaryRevenue,
        Self::PensionRevenue,
    ];

    /// The item with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|item| *item as u8 == number)
    }

    /// What the paper calls it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Relationship => "続柄",
            Self::Head => "世帯主",
            Self::Domicile => "本籍",
            Self::RegisterHead => "筆頭者",
            Self::CountryOrRegion => "国籍・地域",
            Self::Category => "30条45区分",
            Self::ResidenceStatus => "在留資格",
            Self::ResidencePeriod => "在留期間",
            Self::ResidenceExpiry => "満了日",
            Self::ResidenceCardNumber => "在留カード等番号",
            Self::FormerName => "旧氏",
            Self::CommonName => "通称",
            Self::Sex => "性別",
            Self::BecameResident => "住民となった年月日",
            Self::PreviousAddress => "転入前住所",
            Self::FiscalYear => "年度",
            Self::TotalIncome => "合計所得金額",
            Self::GrossIncome => "総所得金額等",
            Self::AnnualTax => "年税額",
            Self::CityIncomeLevy => "市町村民税所得割",
            Self::SalaryRevenue => "給与収入",
            Self::PensionRevenue => "公的年金等収入",
        }
    }
}

/// One person on the page.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct PersonClaims {
    /// 氏名 as printed.
    pub name: Personal<String>,
    /// 生年月日 as printed.
    pub birth_date: Personal<String>,
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
    pub address: Personal<String>,
    /// Random, new for each page.
    pub salt: [u8; 16],
    /// The people on this page in order.
    pub people: Vec<PersonClaims>,
    /// Digests of printed items of the household.
    pub household: BTreeMap<u8, ItemDigest>,
    /// [`Fields::hash`](crate::certificate_fields::Fields::hash) of the whole certificate, the same on each page.
    pub fields: Option<[u8; 32]>,
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
            address: Personal::default(),
            salt: [0; 16],
            people: Vec::new(),
            household: BTreeMap::new(),
            fields: None,
        }
    }
}

/// A value in the one form in which it is digested: half-width signs, one kind of hyphen, no spaces, no variation
/// selectors, Latin letters in lower case. So a checker need not know which form of a character the register holds.
pub fn normalise(value: &str) -> String {
    to_half_width(value)
        .chars()
        .filter(|&c| !c.is_whitespace() && !is_variation_selector(c))
        .map(|c| match c {
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            _ => c.to_ascii_lowercase(),
        })
        .collect()
}

/// The digest of `value` as `item` of `person` (from 1; 0 for the household).
pub fn digest(salt: &[u8; 16], item: Item, person: u8, value: &str) -> ItemDigest {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update([item as u8, person]);
    hash.update(normalise(value).as_bytes());
    let full: [u8; 32] = hash.finalize().into();
    let mut short = ItemDigest::default();
    short.copy_from_slice(&full[..8]);
    short
}

impl Claims {
    /// Whether `value` is what the paper shows as `item` of `person` (from 1; 0 for the household); `None` when the
    /// paper does not show the item.
    pub fn confirms(&self, item: Item, person: u8, value: &str) -> Option<bool> {
        let digests = match person {
            0 => &self.household,
            number => &self.people.get(usize::from(number) - 1)?.digests,
        };
        Some(*digests.get(&(item as u8))? == digest(&self.salt, item, person, value))
    }
}

/// Adds people and items to claims, so that no digest is made with another salt or number.
#[derive(Debug)]
pub struct ClaimsBuilder {
    claims: Claims,
}

impl ClaimsBuilder {
    /// Starts with everything but people and digests.
    pub fn new(claims: Claims) -> Self {
        Self { claims: Claims { people: Vec::new(), household: BTreeMap::new(), ..claims } }
    }

    /// An item of the household. Nothing happens without a value.
    pub fn household(&mut self, item: Item, value: Option<&str>) {
        if let Some(value) = value {
            let digest = digest(&self.claims.salt, item, 0, value);
            self.claims.household.insert(item as u8, digest);
        }
    }

    /// The next person.
    pub fn person(&mut self, name: Personal<String>, birth_date: Personal<String>) {
        self.claims.people.push(PersonClaims { name, birth_date, digests: BTreeMap::new() });
    }

    /// An item of the last person. Nothing happens without a value or a person.
    pub fn item(&mut self, item: Item, value: Option<&str>) {
        let number = u8::try_from(self.claims.people.len()).unwrap_or(u8::MAX);
        if let (Some(value), Some(person)) = (value, self.claims.people.last_mut()) {
            person.digests.insert(item as u8, digest(&self.claims.salt, item, number, value));
        }
    }

    /// The claims.
    pub fn finish(self) -> Claims {
        self.claims
    }
}

/// Why bytes are not claims. Says where, never what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedClaims {
    /// Not one CBOR item, or something after it.
    #[error("the code is not one CBOR item")]
    NotCbor,
    /// A key is absent, unknown, twice there, or out of order.
    #[error("key {0} of the code is missing or not allowed")]
    Key(i128),
    /// The value of a key has another type or length.
    #[error("the value of key {0} of the code is malformed")]
    Value(u8),
    /// The text is not an address with a code behind `#`, at this byte.
    #[error("the code's text is malformed at byte {0}")]
    Text(usize),
}

/// Keys of the map.
mod key {
    pub const KIND: u8 = 1;
    pub const ISSUER: u8 = 2;
    pub const ISSUED_ON: u8 = 3;
    pub const REQUEST: u8 = 4;
    pub const PAGE: u8 = 5;
    pub const SALT: u8 = 6;
    pub const PEOPLE: u8 = 7;
    pub const HOUSEHOLD: u8 = 8;
    pub const NUMBER: u8 = 9;
    pub const ADDRESS: u8 = 10;
    pub const FIELDS: u8 = 11;
}

/// No honest code is longer.
const MAX_BYTES: usize = 4096;

/// Longest text of a claim, in bytes.
const MAX_TEXT: usize = 1024;

/// Most people on one page.
const MAX_PEOPLE: usize = 16;

impl Claims {
    /// The CBOR map, keys ascending, lengths definite.
    pub fn encode(&self) -> Vec<u8> {
        let text = |text: &str| Value::Text(text.to_owned());
        let people = self.people.iter().map(|person| {
            map(vec![
                (1, text(person.name.reveal())),
                (2, text(person.birth_date.reveal())),
                (3, digests(&person.digests)),
            ])
        });
        let mut value = vec![
            (key::KIND, text(&self.kind)),
            (key::ISSUER, text(&self.issuer)),
            (key::ISSUED_ON, Value::Integer(self.issued_on.days_since_epoch().into())),
            (key::REQUEST, Value::Bytes(self.request_id.bytes().to_vec())),
            (key::PAGE, Value::Array(vec![Value::Integer(self.page.into()), Value::Integer(self.of.into())])),
            (key::SALT, Value::Bytes(self.salt.to_vec())),
            (key::PEOPLE, Value::Array(people.collect())),
            (key::HOUSEHOLD, digests(&self.household)),
            (key::NUMBER, text(&self.number)),
            (key::ADDRESS, text(self.address.reveal())),
        ];
        value.extend(self.fields.map(|hash| (key::FIELDS, Value::Bytes(hash.to_vec()))));
        let value = map(value);
        let mut bytes = Vec::with_capacity(512);
        // Writing a tree of our own into a Vec cannot fail; an empty answer would be refused as malformed anyway.
        if ciborium::into_writer(&value, &mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// Reads the map. Total: any bytes are answered.
    ///
    /// # Errors
    /// [`MalformedClaims`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedClaims> {
        if bytes.len() > MAX_BYTES {
            return Err(MalformedClaims::NotCbor);
        }
        let mut rest = bytes;
        let value: Value =
            ciborium::de::from_reader_with_recursion_limit(&mut rest, 8).map_err(|_| MalformedClaims::NotCbor)?;
        if !rest.is_empty() {
            return Err(MalformedClaims::NotCbor);
        }
        let fields = keys(value, 0)?;
        let mut fields = Fields(fields.into_iter());
        let claims = Self {
            kind: text_of(fields.next(key::KIND)?, key::KIND)?,
            issuer: text_of(fields.next(key::ISSUER)?, key::ISSUER)?,
            issued_on: day_of(fields.next(key::ISSUED_ON)?)?,
            request_id: Id::from_bytes(bytes_of(fields.next(key::REQUEST)?, key::REQUEST)?),
            ..Self::default()
        };
        let (page, of) = pages_of(fields.next(key::PAGE)?)?;
        let salt = bytes_of(fields.next(key::SALT)?, key::SALT)?;
        let people = people_of(fields.next(key::PEOPLE)?)?;
        let household = digests_of(fields.next(key::HOUSEHOLD)?, key::HOUSEHOLD)?;
        let number = text_of(fields.next(key::NUMBER)?, key::NUMBER)?;
        let address = text_of(fields.next(key::ADDRESS)?, key::ADDRESS)?.into();
        let hash = fields.last(key::FIELDS)?.map(|value| bytes_of(value, key::FIELDS)).transpose()?;
        Ok(Self { page, of, salt, people, household, number, address, fields: hash, ..claims })
    }
}

fn map(fields: Vec<(u8, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(key, value)| (Value::Integer(key.into()), value)).collect())
}

fn digests(digests: &BTreeMap<u8, ItemDigest>) -> Value {
    let pair = |(item, digest): (&u8, &ItemDigest)| (Value::Integer((*item).into()), Value::Bytes(digest.to_vec()));
    Value::Map(digests.iter().map(pair).collect())
}

/// The fields of a map whose keys are small numbers, ascending, so that one map has one form.
fn keys(value: Value, of: u8) -> Result<Vec<(u8, Value)>, MalformedClaims> {
    let Value::Map(pairs) = value else { return Err(MalformedClaims::Value(of)) };
    let mut last = 0;
    let mut fields = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        let Value::Integer(number) = key else { return Err(MalformedClaims::Value(of)) };
        let number = i128::from(number);
        let key = u8::try_from(number).ok().filter(|&key| key > last).ok_or(MalformedClaims::Key(number))?;
        last = key;
        fields.push((key, value));
    }
    Ok(fields)
}

struct Fields(std::vec::IntoIter<(u8, Value)>);

impl Fields {
    fn next(&mut self, wanted: u8) -> Result<Value, MalformedClaims> {
        match self.0.next() {
            Some((key, value)) if key == wanted => Ok(value),
            Some((key, _)) if key < wanted => Err(MalformedClaims::Key(key.into())),
            _ => Err(MalformedClaims::Key(wanted.into())),
        }
    }

    /// The last field, which may be absent; nothing comes after it.
    fn last(mut self, wanted: u8) -> Result<Option<Value>, MalformedClaims> {
        let found = match self.0.next() {
            None => None,
            Some((key, value)) if key == wanted => Some(value),
            Some((key, _)) => return Err(MalformedClaims::Key(key.into())),
        };
        self.end().map(|()| found)
    }

    fn end(mut self) -> Result<(), MalformedClaims> {
        self.0.next().map_or(Ok(()), |(key, _)| Err(MalformedClaims::Key(key.into())))
    }
}

fn text_of(value: Value, key: u8) -> Result<String, MalformedClaims> {
    match value {
        Value::Text(text) if !text.is_empty() && text.len() <= MAX_TEXT => Ok(text),
        _ => Err(MalformedClaims::Value(key)),
    }
}

fn bytes_of<const N: usize>(value: Value, key: u8) -> Result<[u8; N], MalformedClaims> {
    let Value::Bytes(bytes) = value else { return Err(MalformedClaims::Value(key)) };
    bytes.try_into().map_err(|_| MalformedClaims::Value(key))
}

fn number_of(value: &Value, key: u8) -> Result<u16, MalformedClaims> {
    let Value::Integer(number) = value else { return Err(MalformedClaims::Value(key)) };
    u16::try_from(i128::from(*number)).map_err(|_| MalformedClaims::Value(key))
}

/// Days since 1970 up to the year 2149: enough for any paper, and no arithmetic can overflow.
fn day_of(value: Value) -> Result<Date, MalformedClaims> {
    number_of(&value, key::ISSUED_ON).map(|days| Date::from_days_since_epoch(days.into()))
}

fn pages_of(value: Value) -> Result<(u16, u16), MalformedClaims> {
    let Value::Array(parts) = value else { return Err(MalformedClaims::Value(key::PAGE)) };
    let [page, of] = parts.as_slice() else { return Err(MalformedClaims::Value(key::PAGE)) };
    let (page, of) = (number_of(page, key::PAGE)?, number_of(of, key::PAGE)?);
    if page == 0 || page > of { Err(MalformedClaims::Value(key::PAGE)) } else { Ok((page, of)) }
}

fn people_of(value: Value) -> Result<Vec<PersonClaims>, MalformedClaims> {
    let Value::Array(people) = value else { return Err(MalformedClaims::Value(key::PEOPLE)) };
    if people.is_empty() || people.len() > MAX_PEOPLE {
        return Err(MalformedClaims::Value(key::PEOPLE));
    }
    let person = |value| {
        let mut fields = Fields(keys(value, key::PEOPLE)?.into_iter());
        let name = text_of(fields.next(1)?, key::PEOPLE)?.into();
        let birth_date = text_of(fields.next(2)?, key::PEOPLE)?.into();
        let digests = digests_of(fields.next(3)?, key::PEOPLE)?;
        fields.end()?;
        Ok(PersonClaims { name, birth_date, digests })
    };
    people.into_iter().map(person).collect()
}

fn digests_of(value: Value, of: u8) -> Result<BTreeMap<u8, ItemDigest>, MalformedClaims> {
    keys(value, of)?.into_iter().map(|(item, digest)| Ok((item, bytes_of(digest, of)?))).collect()
}

/// The text of the square: `token` behind the `#` of the checking page, so that a browser does not send it anywhere.
/// Capital letters and digits take 5.5 bits each in a QR code.
pub fn to_text(check_page: &str, token: &[u8]) -> String {
    format!("{check_page}#{}", BASE32_NOPAD.encode(token))
}

/// The token in the text of a square, or in what stands behind its `#`. Spaces and line breaks are left out, small
/// letters taken as capitals: people paste.
///
/// # Errors
/// [`MalformedClaims::Text`].
pub fn from_text(text: &str) -> Result<Vec<u8>, MalformedClaims> {
    let code = text.rsplit('#').next().unwrap_or_default();
    let start = text.len() - code.len();
    let code: String = code.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
    if code.is_empty() || code.len() > 2 * MAX_BYTES {
        return Err(MalformedClaims::Text(start));
    }
    BASE32_NOPAD.decode(code.as_bytes()).map_err(|error| MalformedClaims::Text(start + error.position))
}

#[cfg(test)]
mod tests;
