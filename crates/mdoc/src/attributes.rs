//! The values of a judged document, typed. Nothing is read here before its digest was found right.

use base::my_number_guard::refuse_individual_number;
use base::text::narrow_digit;
use base::{Date, Personal};
use pki::Malformed;

use crate::Refusal;
use crate::cbor::Reader;
use crate::elements::Element;
use crate::request::{Request, Retention};
use crate::response::Item;
use crate::transient::{Disclosed, Transient, Wipe};

/// A name or an address is at most this many characters.
const MAX_CHARACTERS: usize = 512;
/// A portrait is at most this long.
const MAX_PORTRAIT: usize = 512 * 1024;

/// Sex by ISO/IEC 5218.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sex {
    /// 0.
    NotKnown,
    /// 1.
    Male,
    /// 2.
    Female,
    /// 9.
    NotApplicable,
}

impl Wipe for Sex {
    fn wipe(&mut self) {
        *self = Self::NotKnown;
    }
}

/// What the card said, each value as it was asked for; `None`: not asked or not returned.
#[derive(Debug, Default)]
pub struct Attributes {
    /// 氏名.
    pub full_name: Option<Disclosed<String>>,
    /// 住所.
    pub address: Option<Disclosed<String>>,
    /// 市区町村コード, digits.
    pub local_government_code: Option<Disclosed<String>>,
    /// Sex by ISO/IEC 5218.
    pub sex: Option<Disclosed<Sex>>,
    /// Sex as written on the card.
    pub sex_text: Option<Disclosed<String>>,
    /// Date of birth from `birth_date`.
    pub birth_date: Option<Disclosed<Date>>,
    /// Date of birth from `birth_date_unicode`, read from `1971年9月1日`.
    pub birth_date_text: Option<Disclosed<Date>>,
    /// Whether the holder has reached twenty.
    pub age_over_20: Option<Disclosed<bool>>,
    /// Age in whole years.
    pub age_in_years: Option<Disclosed<u8>>,
    /// The portrait's bytes, not decoded.
    pub portrait: Option<Disclosed<Vec<u8>>>,
}

impl Attributes {
    /// Reads the values of items whose digests are right. Every item must have been asked for.
    pub(crate) fn read(items: &[Item<'_>], request: &Request) -> Result<Self, Refusal> {
        let mut found = Self::default();
        for item in items {
            let asked = Element::find(item.namespace, item.identifier)
                .and_then(|element| request.retention(element).map(|retention| (element, retention)));
            let (element, retention) = asked.ok_or(Refusal::NotAskedFor)?;
            let mut reader = Reader::at(item.value, item.value_position);
            found.read_value(element, retention, &mut reader)?;
            reader.finish().map_err(|_| Refusal::UnreadableValue(element))?;
        }
        found.check_birth_dates()?;
        Ok(found)
    }

    fn read_value(&mut self, element: Element, retention: Retention, reader: &mut Reader<'_>) -> Result<(), Refusal> {
        let unreadable = |_: Malformed| Refusal::UnreadableValue(element);
        let text = |reader: &mut Reader<'_>| read_text(element, reader);
        let number = |reader: &mut Reader<'_>| reader.unsigned("a number").map_err(unreadable);
        match element {
            Element::FullName => self.full_name = Some(disclosed(retention, text(reader)?)),
            Element::Address => self.address = Some(disclosed(retention, text(reader)?)),
            Element::SexText => self.sex_text = Some(disclosed(retention, text(reader)?)),
            Element::LocalGovernmentCode => {
                let code = read_code(&text(reader)?).ok_or(Refusal::UnreadableValue(element))?;
                self.local_government_code = Some(disclosed(retention, code));
            }
            Element::Portrait => {
                let image = reader.bytes("an image").map_err(unreadable)?;
                if image.is_empty() || image.len() > MAX_PORTRAIT {
                    return Err(Refusal::UnreadableValue(element));
                }
                self.portrait = Some(disclosed(retention, image.to_vec()));
            }
            Element::BirthDateText => {
                let date = read_written_date(&text(reader)?).ok_or(Refusal::UnreadableValue(element))?;
                self.birth_date_text = Some(disclosed(retention, date));
            }
            Element::BirthDate => {
                let date = read_full_date(reader).ok_or(Refusal::UnreadableValue(element))?;
                self.birth_date = Some(disclosed(retention, date));
            }
            Element::Sex => {
                let sex = match number(reader)? {
                    0 => Sex::NotKnown,
                    1 => Sex::Male,
                    2 => Sex::Female,
                    9 => Sex::NotApplicable,
                    _ => return Err(Refusal::UnreadableValue(element)),
                };
                self.sex = Some(disclosed(retention, sex));
            }
            Element::AgeOver20 => {
                let reached = reader.boolean("true or false").map_err(unreadable)?;
                self.age_over_20 = Some(disclosed(retention, reached));
            }
            Element::AgeInYears => {
                let age = u8::try_from(number(reader)?).ok().filter(|age| *age <= 150);
                self.age_in_years = Some(disclosed(retention, age.ok_or(Refusal::UnreadableValue(element))?));
            }
        }
        Ok(())
    }

    fn check_birth_dates(&self) -> Result<(), Refusal> {
        match (&self.birth_date, &self.birth_date_text) {
            (Some(one), Some(other)) if one.look(|one| other.look(|other| one != other)) => Err(Refusal::Contradiction),
            _ => Ok(()),
        }
    }

    /// What was asked for and not returned.
    pub fn missing(&self, request: &Request) -> Vec<Element> {
        let asked = request.asked().iter().map(|(element, _)| *element);
        asked.filter(|element| !self.has(*element)).collect()
    }

    fn has(&self, element: Element) -> bool {
        match element {
            Element::FullName => self.full_name.is_some(),
            Element::Address => self.address.is_some(),
            Element::LocalGovernmentCode => self.local_government_code.is_some(),
            Element::Portrait => self.portrait.is_some(),
            Element::SexText => self.sex_text.is_some(),
            Element::BirthDateText => self.birth_date_text.is_some(),
            Element::Sex => self.sex.is_some(),
            Element::AgeOver20 => self.age_over_20.is_some(),
            Element::AgeInYears => self.age_in_years.is_some(),
            Element::BirthDate => self.birth_date.is_some(),
        }
    }
}

fn disclosed<T: Wipe>(retention: Retention, value: T) -> Disclosed<T> {
    match retention {
        Retention::MayBeKept => Disclosed::MayBeKept(Personal::new(value)),
        Retention::LookOnly => Disclosed::LookOnly(Transient::new(value)),
    }
}

fn read_text(element: Element, reader: &mut Reader<'_>) -> Result<String, Refusal> {
    let unreadable = Refusal::UnreadableValue(element);
    let Ok(text) = reader.text("text") else { return Err(unreadable) };
    if text.is_empty() || text.chars().count() > MAX_CHARACTERS || text.chars().any(char::is_control) {
        return Err(unreadable);
    }
    // A number may hide in a field it does not belong to.
    refuse_individual_number(text).map_err(|_| Refusal::IndividualNumberPresent)?;
    Ok(text.to_owned())
}

/// Five digits as in the sample, or six with the check digit; wide digits count.
fn read_code(text: &str) -> Option<String> {
    let digits: Option<String> = text.chars().map(|c| narrow_digit(c).map(|digit| char::from(b'0' + digit))).collect();
    digits.filter(|digits| matches!(digits.len(), 5 | 6))
}

/// `1971年9月1日`, in the Gregorian calendar; wide digits count.
fn read_written_date(text: &str) -> Option<Date> {
    let (year, rest) = text.split_once('年')?;
    let (month, rest) = rest.split_once('月')?;
    let day = rest.strip_suffix('日')?;
    let number = |part: &str, longest: usize| {
        let count = part.chars().count();
        let digits = part.chars().map(narrow_digit).try_fold(0i16, |sum, digit| Some(sum * 10 + i16::from(digit?)));
        digits.filter(|_| (1..=longest).contains(&count))
    };
    // Four digits cannot overflow; longer parts are refused before they are added up.
    if year.chars().count() != 4 || month.chars().count() > 2 || day.chars().count() > 2 {
        return None;
    }
    Date::new(number(year, 4)?, i8::try_from(number(month, 2)?).ok()?, i8::try_from(number(day, 2)?).ok()?)
}

/// `full-date`: text under tag 1004 (RFC 8943).
fn read_full_date(reader: &mut Reader<'_>) -> Option<Date> {
    reader.tag(1004, "a date").ok()?;
    Date::parse(reader.text("a date").ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_written_date_is_read() {
        let date = Date::parse("1971-09-01").ok();
        for text in ["1971年9月1日", "1971年09月01日", "１９７１年９月１日"] {
            assert_eq!(read_written_date(text), date, "{text}");
        }
        for text in
            ["1971年9月31日", "昭和46年9月1日", "71年9月1日", "1971年9月1", "1971年月1日", "99999999年1月1日", ""]
        {
            assert_eq!(read_written_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_has_five_or_six_digits() {
        assert_eq!(read_code("14364").as_deref(), Some("14364"));
        assert_eq!(read_code("１４３６４").as_deref(), Some("14364"));
        for text in ["1436", "1436A", "1234567", ""] {
            assert_eq!(read_code(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_date_or_none(text in "[0-9年月日]{0,14}") {
            let _ = read_written_date(&text);
        }
    }
}
