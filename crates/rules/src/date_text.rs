//! Dates in the stored form: `YYYY-MM-DD`.

use base::Date;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub(crate) fn serialize<S: Serializer>(date: &Date, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(date)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Date, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(from)?;
    Date::parse(&text).map_err(D::Error::custom)
}

/// The same for a date that may be absent.
pub(crate) mod optional {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(date: &Option<Date>, to: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => to.collect_str(date),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Date>, D::Error> {
        let text = Option::<std::borrow::Cow<str>>::deserialize(from)?;
        text.map(|text| Date::parse(&text).map_err(D::Error::custom)).transpose()
    }
}
