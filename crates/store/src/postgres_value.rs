//! Our four kinds of value in PostgreSQL's binary forms.
//!
//! Columns are `BIGINT`, `TEXT` and `BYTEA` only, but expressions give more: `EXISTS` a boolean, `SUM` a numeric,
//! `CASE … THEN 1` a four-byte integer. All of them are read as on SQLite: an integer.

use std::error::Error;

use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut};

use crate::value::Value;

/// The type a parameter is announced with.
pub(crate) fn wanted_type(value: &Value) -> Type {
    match value {
        // The server works it out from the place.
        Value::Null => Type::UNKNOWN,
        Value::Int(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Blob(_) => Type::BYTEA,
    }
}

/// Whether `value` can be sent as `as_type`.
pub(crate) fn fits(value: &Value, as_type: &Type) -> bool {
    match value {
        Value::Null => true,
        Value::Int(_) => matches!(*as_type, Type::INT8 | Type::INT4 | Type::INT2 | Type::BOOL),
        Value::Text(_) => matches!(*as_type, Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN),
        Value::Blob(_) => *as_type == Type::BYTEA,
    }
}

impl ToSql for Value {
    fn to_sql(&self, as_type: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        if !fits(self, as_type) {
            return Err(format!("a parameter of another kind than {as_type}").into());
        }
        match (self, as_type) {
            (Self::Null, _) => return Ok(IsNull::Yes),
            (Self::Int(v), &Type::BOOL) => out.extend_from_slice(&[u8::from(*v != 0)]),
            (Self::Int(v), &Type::INT2) => out.extend_from_slice(&i16::try_from(*v)?.to_be_bytes()),
            (Self::Int(v), &Type::INT4) => out.extend_from_slice(&i32::try_from(*v)?.to_be_bytes()),
            (Self::Int(v), _) => out.extend_from_slice(&v.to_be_bytes()),
            (Self::Text(v), _) => out.extend_from_slice(v.as_bytes()),
            (Self::Blob(v), _) => out.extend_from_slice(v),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(match *of {
            Type::INT8 => Self::Int(i64::from_be_bytes(raw.try_into()?)),
            Type::INT4 => Self::Int(i64::from(i32::from_be_bytes(raw.try_into()?))),
            Type::INT2 => Self::Int(i64::from(i16::from_be_bytes(raw.try_into()?))),
            Type::BOOL => Self::Int(i64::from(raw != [0])),
            Type::NUMERIC => Self::Int(whole_number(raw).ok_or("not a whole number of 64 bits")?),
            Type::BYTEA => Self::Blob(raw.to_vec()),
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN => {
                Self::Text(std::str::from_utf8(raw)?.to_owned())
            }
            _ => return Err("none of the four kinds".into()),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self::Null)
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A numeric (what `SUM` of integers gives) as an integer: digits of base 10,000, the first weighing 10,000^weight.
/// Source: PostgreSQL `src/backend/utils/adt/numeric.c`, `numeric_send`.
fn whole_number(raw: &[u8]) -> Option<i64> {
    let word = |index: usize| Some(u16::from_be_bytes(raw.get(index * 2..index * 2 + 2)?.try_into().ok()?));
    let (count, weight, sign) = (word(0)?, word(1)? as i16, word(2)?);
    let mut value: i128 = 0;
    for index in 0..count {
        let digit = i128::from(word(4 + usize::from(index))?);
        let power = i32::from(weight) - i32::from(index);
        if power < 0 && digit != 0 {
            return None;
        }
        if power >= 0 {
            let weighed = digit.checked_mul(10_000_i128.checked_pow(power.unsigned_abs())?)?;
            value = value.checked_add(weighed)?;
        }
    }
    match sign {
        0 => i64::try_from(value).ok(),
        0x4000 => i64::try_from(-value).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::whole_number;

    fn numeric(weight: i16, sign: u16, digits: &[u16]) -> Vec<u8> {
        let mut raw = Vec::new();
        for word in [digits.len() as u16, weight as u16, sign, 0].iter().chain(digits) {
            raw.extend_from_slice(&word.to_be_bytes());
        }
        raw
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(raw: Vec<u8>) {
            let _ = whole_number(&raw);
        }

        #[test]
        fn whole_numbers_read_back(value: i64) {
            let mut rest = value.unsigned_abs();
            let mut digits = Vec::new();
            while rest > 0 {
                digits.insert(0, (rest % 10_000) as u16);
                rest /= 10_000;
            }
            let sign = if value < 0 { 0x4000 } else { 0 };
            proptest::prop_assert_eq!(whole_number(&numeric(digits.len() as i16 - 1, sign, &digits)), Some(value));
        }
    }

    #[test]
    fn numerics_are_read_when_whole() {
        assert_eq!(whole_number(&numeric(0, 0, &[])), Some(0));
        assert_eq!(whole_number(&numeric(1, 0, &[3])), Some(30_000));
        assert_eq!(whole_number(&numeric(1, 0x4000, &[1, 2345])), Some(-12_345));
        assert_eq!(whole_number(&numeric(-1, 0, &[5000])), None, "a half");
        assert_eq!(whole_number(&numeric(0, 0xC000, &[])), None, "not a number");
        assert_eq!(whole_number(&numeric(4, 0x4000, &[922, 3372, 368, 5477, 5808])), Some(i64::MIN));
        assert_eq!(whole_number(&numeric(4, 0, &[922, 3372, 368, 5477, 5808])), None, "one too many");
        assert_eq!(whole_number(&[0, 1]), None);
    }
}
