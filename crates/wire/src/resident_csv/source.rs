//! `source.toml`: the heartbeat of the system that wrote the files.
//!
//! ```toml
//! source = "jumin-kiroku"                    # name of the writing system
//! position = 120345                          # everything up to this change is in these files
//! taken_at = "2026-11-24T05:00:00+09:00"     # when it said so
//! encoding = "UTF-8"                         # or Shift_JIS, or auto
//! municipality_code = "99999"                # used where a row gives none
//! ```
//! A source writes it again every few minutes even when nothing changed: without a heartbeat issuing closes.

use base::{Date, Timestamp};
use serde::{Deserialize, Serialize};

use super::encoding::Encoding;

/// The heartbeat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Name of the writing system.
    pub name: String,
    /// Position of the last change it contains.
    pub position: i64,
    /// When it was written.
    pub taken_at: Timestamp,
    /// Encoding of the CSV files.
    pub encoding: Encoding,
    /// Five digits; empty when not given.
    pub municipality_code: String,
}

/// Why a heartbeat cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Not TOML of this shape.
    #[error("source.toml cannot be read: {0}")]
    Malformed(String),
    /// The time.
    #[error("source.toml: taken_at is written like 2026-11-24T05:00:00+09:00")]
    Time,
    /// The position.
    #[error("source.toml: position must be 0 or more")]
    Position,
    /// The encoding.
    #[error("source.toml: encoding is UTF-8, Shift_JIS or auto")]
    Encoding,
    /// The name.
    #[error("source.toml: source is a name of 1 to 60 characters")]
    Name,
    /// The municipality code.
    #[error("source.toml: municipality_code has five digits (or six with the check digit)")]
    MunicipalityCode,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    source: String,
    position: i64,
    taken_at: String,
    #[serde(default)]
    encoding: String,
    #[serde(default)]
    municipality_code: String,
}

impl Source {
    /// Reads a heartbeat.
    ///
    /// # Errors
    /// [`SourceError`].
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let raw: Raw = toml::from_str(text).map_err(|error| SourceError::Malformed(error.message().to_owned()))?;
        if raw.source.trim().is_empty() || raw.source.chars().count() > 60 {
            return Err(SourceError::Name);
        }
        if raw.position < 0 {
            return Err(SourceError::Position);
        }
        let code = raw.municipality_code;
        if !(code.is_empty() || (matches!(code.len(), 5 | 6) && code.bytes().all(|byte| byte.is_ascii_digit()))) {
            return Err(SourceError::MunicipalityCode);
        }
        Ok(Self {
            name: raw.source,
            position: raw.position,
            taken_at: parse_time(&raw.taken_at).ok_or(SourceError::Time)?,
            encoding: Encoding::parse(&raw.encoding).ok_or(SourceError::Encoding)?,
            municipality_code: code.chars().take(5).collect(),
        })
    }

    /// As TOML.
    ///
    /// # Errors
    /// [`SourceError::Malformed`] when it cannot be written.
    pub fn to_toml(&self) -> Result<String, SourceError> {
        let raw = Raw {
            source: self.name.clone(),
            position: self.position,
            taken_at: japan_time(self.taken_at),
            encoding: self.encoding.name().to_owned(),
            municipality_code: self.municipality_code.clone(),
        };
        toml::to_string(&raw).map_err(|error| SourceError::Malformed(error.to_string()))
    }
}

/// `2026-11-24T05:00:00+09:00`.
pub(crate) fn japan_time(at: Timestamp) -> String {
    let time = at.japan_time();
    format!("{}T{:02}:{:02}:{:02}+09:00", time.date, time.hour, time.minute, time.second)
}

/// RFC 3339 with an offset; fractions of a second are allowed and dropped.
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    let (day, time) = text.split_once(['T', 't', ' '])?;
    let date = Date::parse(day).ok()?;
    let number = |text: &str, limit: i64| -> Option<i64> {
        let value = (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())??;
        (value < limit).then_some(value)
    };
    let clock = time.get(..8)?;
    let mut parts = clock.split(':');
    let (hour, minute, second) = (number(parts.next()?, 24)?, number(parts.next()?, 60)?, number(parts.next()?, 61)?);
    if parts.next().is_some() {
        return None;
    }
    let mut rest = time.get(8..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        rest = fraction.get(digits..)?;
        if digits == 0 {
            return None;
        }
    }
    let offset = match rest {
        "Z" | "z" => 0,
        _ => {
            let sign = if rest.starts_with('+') {
                1
            } else if rest.starts_with('-') {
                -1
            } else {
                return None;
            };
            let (hours, minutes) = rest.get(1..)?.split_once(':')?;
            sign * (number(hours, 24)? * 3600 + number(minutes, 60)? * 60)
        }
    };
    let seconds = date.days_since_epoch().checked_mul(86_400)? + hour * 3600 + minute * 60 + second - offset;
    Some(Timestamp::from_seconds(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_heartbeat_reads_back() {
        let source = Source {
            name: "jumin-kiroku".to_owned(),
            position: 7,
            taken_at: Timestamp::from_seconds(1_795_464_000),
            encoding: Encoding::ShiftJis,
            municipality_code: "99999".to_owned(),
        };
        assert_eq!(Source::parse(&source.to_toml().unwrap()), Ok(source));
    }

    #[test]
    fn times_with_any_offset_are_one_instant() {
        let expected = parse_time("2026-11-24T05:00:00+09:00");
        assert!(expected.is_some());
        for text in ["2026-11-23T20:00:00Z", "2026-11-23T20:00:00.5Z", "2026-11-23 15:00:00-05:00"] {
            assert_eq!(parse_time(text), expected, "{text}");
        }
        for text in ["2026-11-24", "2026-11-24T05:00", "2026-11-24T25:00:00Z", "2026-11-24T05:00:00", "x"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_or_not(text in ".{0,30}|[0-9T:Z+.-]{0,30}") { let _ = parse_time(&text); }
    }
}
