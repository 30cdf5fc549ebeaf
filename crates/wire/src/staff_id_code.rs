//! What the signed code on a staff ID's label says (職員身分証の二次元コード): enough to ask whether it lives, nothing about
//! whom. The CBOR map of docs/staff-id.md, keys 1 to 6 ascending, lengths definite; one form only.
//!
//! ```text
//!  {1: "staff-id-1", 2: issuer, 3: sticker (10 bytes), 4: issued (days since 1970), 5: last day, 6: bound to the card (16)}
//! ```

use base::Date;
use ciborium::Value;
use data_encoding::Encoding;

/// Names the structure, so that no other token of the same key is taken for one.
pub const KIND: &str = "staff-id-1";
/// No honest code is longer.
const MAX_BYTES: usize = 256;

/// The number of a label (シール番号): 80 random bits, so that a list of hashes names none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sticker([u8; 10]);

/// Base 32 without I, L, O and U (Crockford): people type it.
fn letters() -> Option<Encoding> {
    let mut rules = data_encoding::Specification::new();
    rules.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    rules.translate.from.push_str("abcdefghjkmnpqrstvwxyzOoIiLl");
    rules.translate.to.push_str("ABCDEFGHJKMNPQRSTVWXYZ001111");
    rules.encoding().ok()
}

impl Sticker {
    /// From random bytes.
    pub const fn from_bytes(bytes: [u8; 10]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn bytes(&self) -> &[u8; 10] {
        &self.0
    }

    /// What a person typed or a reader read: sixteen letters and digits, hyphens and spaces left out.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = base::text::to_half_width(text)
            .chars()
            .filter(|sign| !sign.is_whitespace() && *sign != '-' && *sign != 'ー')
            .collect();
        let bytes = letters()?.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }
}

impl std::fmt::Display for Sticker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = letters().map(|letters| letters.encode(&self.0)).unwrap_or_default();
        for (at, sign) in text.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                f.write_str("-")?;
            }
            write!(f, "{sign}")?;
        }
        Ok(())
    }
}

/// What the code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffIdCode {
    /// The municipality's code, five digits.
    pub issuer: String,
    /// The label.
    pub sticker: Sticker,
    /// First day.
    pub issued_on: Date,
    /// Last day.
    pub valid_until: Date,
    /// The first half of a keyed hash over label and enrolled card; only the city can make it.
    pub bound: [u8; 16],
}

/// The bytes are no such code. Says where, never what.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedStaffId {
    /// Not one CBOR map of six keys, in the one form.
    #[error("the code is not the map of a staff ID")]
    NotTheMap,
    /// The value of a key has another type or length.
    #[error("the value of key {0} of the code is malformed")]
    Value(u8),
}

impl StaffIdCode {
    /// The CBOR map.
    pub fn encode(&self) -> Vec<u8> {
        let fields = [
            Value::Text(KIND.to_owned()),
            Value::Text(self.issuer.clone()),
            Value::Bytes(self.sticker.0.to_vec()),
            Value::Integer(self.issued_on.days_since_epoch().into()),
            Value::Integer(self.valid_until.days_since_epoch().into()),
            Value::Bytes(self.bound.to_vec()),
        ];
        let pairs = (1u8..).zip(fields).map(|(key, value)| (Value::Integer(key.into()), value)).collect();
        let mut bytes = Vec::with_capacity(80);
        // Writing a tree of our own into a Vec cannot fail; an empty answer would be refused as malformed anyway.
        if ciborium::into_writer(&Value::Map(pairs), &mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    /// Reads the map. Total: any bytes are answered.
    ///
    /// # Errors
    /// [`MalformedStaffId`].
    pub fn decode(bytes: &[u8]) -> Result<Self, MalformedStaffId> {
        if bytes.len() > MAX_BYTES {
            return Err(MalformedStaffId::NotTheMap);
        }
        let value: Value =
            ciborium::de::from_reader_with_recursion_limit(bytes, 4).map_err(|_| MalformedStaffId::NotTheMap)?;
        let Value::Map(pairs) = value else { return Err(MalformedStaffId::NotTheMap) };
        let mut values = Vec::with_capacity(6);
        for (at, (key, value)) in pairs.into_iter().enumerate() {
            if key != Value::Integer((at as u64 + 1).into()) {
                return Err(MalformedStaffId::NotTheMap);
            }
            values.push(value);
        }
        let [kind, issuer, sticker, from, until, bound]: [Value; 6] =
            values.try_into().map_err(|_| MalformedStaffId::NotTheMap)?;
        let issuer = match (kind.as_text(), issuer) {
            (Some(KIND), Value::Text(issuer)) if (1..=16).contains(&issuer.len()) => issuer,
            (Some(KIND), _) => return Err(MalformedStaffId::Value(2)),
            _ => return Err(MalformedStaffId::Value(1)),
        };
        let code = Self {
            issuer,
            sticker: Sticker(fixed(sticker, 3)?),
            issued_on: day(&from, 4)?,
            valid_until: day(&until, 5)?,
            bound: fixed(bound, 6)?,
        };
        // One map has one form: what is written another way, or has something after it, is not ours.
        if code.encode() == bytes { Ok(code) } else { Err(MalformedStaffId::NotTheMap) }
    }
}

fn fixed<const N: usize>(value: Value, key: u8) -> Result<[u8; N], MalformedStaffId> {
    let Value::Bytes(bytes) = value else { return Err(MalformedStaffId::Value(key)) };
    bytes.try_into().map_err(|_| MalformedStaffId::Value(key))
}

/// Days since 1970 up to the year 2149.
fn day(value: &Value, key: u8) -> Result<Date, MalformedStaffId> {
    let Value::Integer(number) = value else { return Err(MalformedStaffId::Value(key)) };
    let days = u16::try_from(i128::from(*number)).map_err(|_| MalformedStaffId::Value(key))?;
    Ok(Date::from_days_since_epoch(days.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code() -> StaffIdCode {
        StaffIdCode {
            issuer: "99999".to_owned(),
            sticker: Sticker::from_bytes([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
            issued_on: Date::new(2026, 11, 27).unwrap(),
            valid_until: Date::new(2027, 11, 26).unwrap(),
            bound: [7; 16],
        }
    }

    #[test]
    fn what_is_written_is_read_and_every_other_form_is_refused() {
        let bytes = code().encode();
        assert_eq!(StaffIdCode::decode(&bytes), Ok(code()));
        for at in 0..bytes.len() {
            assert!(StaffIdCode::decode(&bytes[..at]).is_err(), "{at}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(StaffIdCode::decode(&longer), Err(MalformedStaffId::NotTheMap));
        // The map with an indefinite length says the same and is not the one form.
        let indefinite = [&[0xbf], &bytes[1..], &[0xff]].concat();
        assert_eq!(StaffIdCode::decode(&indefinite), Err(MalformedStaffId::NotTheMap));
    }

    #[test]
    fn a_sticker_is_read_as_people_type_it() {
        let sticker = code().sticker;
        let text = sticker.to_string();
        assert_eq!((text.len(), text.matches('-').count()), (19, 3));
        assert_eq!(Sticker::parse(&text), Some(sticker));
        assert_eq!(
            Sticker::parse(&text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l")),
            Some(sticker)
        );
        assert_eq!(Sticker::parse("0123"), None);
        assert_eq!(Sticker::parse(""), None);
    }
}
