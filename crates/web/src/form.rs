//! What somebody sent with a form, as plain fields.

use std::sync::Arc;

use axum::extract::{FromRequest, RawForm, Request};
use base::Kind;

use crate::app::App;
use crate::error::Failure;

/// The fields of a form in the order sent; a name may come more than once (check boxes). Fields hold personal values,
/// so they are never printed.
#[derive(Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Fields that came another way than as `a=1&b=2`.
    pub fn of(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// Reads `a=1&b=2`.
    pub fn parse(bytes: &[u8]) -> Self {
        let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        Self(
            pairs
                .map(|pair| {
                    let (name, value) = match pair.iter().position(|byte| *byte == b'=') {
                        Some(at) => (&pair[..at], &pair[at + 1..]),
                        None => (pair, &[][..]),
                    };
                    (unescape(name), unescape(value))
                })
                .collect(),
        )
    }

    /// The first value of this name, trimmed; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
    }

    /// The first value of this name as it was typed: a password may begin or end with a space.
    pub fn untrimmed(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    /// The value when something was filled in.
    pub fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// Refuses fields of other names than `known` and the form token, whatever they say: a step that knows nothing of a
    /// resident id does not take one.
    ///
    /// # Errors
    /// Forbidden.
    pub fn only(&self, known: &[&str]) -> Result<(), Failure> {
        let is_known = |name: &str| name == "csrf" || known.contains(&name);
        if self.0.iter().all(|(name, _)| is_known(name)) { Ok(()) } else { Err(Failure::of(Kind::Forbidden)) }
    }

    /// Every field in the order sent, but the form token.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter(|(name, _)| name != "csrf").map(|(name, value)| (name.as_str(), value.trim()))
    }

    /// All values of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fields(<personal>)")
    }
}

impl FromRequest<Arc<App>> for Fields {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &Arc<App>) -> Result<Self, Failure> {
        let RawForm(bytes) = RawForm::from_request(request, state).await.map_err(|_| Failure::of(Kind::Invalid))?;
        Ok(Self::parse(&bytes))
    }
}

fn unescape(text: &[u8]) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match first {
            b'+' => bytes.push(b' '),
            b'%' => match tail.get(..2).and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &tail[2..];
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(other),
        }
    }
    // Control characters never belong into a field and could break a line somewhere below.
    String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control() || *c == '\n').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_come_back_as_they_were_typed() {
        let fields = Fields::parse("name=%E5%B1%B1%E7%94%B0+%E5%A4%AA%E9%83%8E&role=a&role=b&empty=&odd%".as_bytes());
        assert_eq!(fields.get("name"), "山田 太郎");
        assert_eq!(fields.all("role").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((fields.filled("empty"), fields.filled("missing")), (None, None));
    }

    #[test]
    fn nothing_that_is_sent_stops_it() {
        for bytes in [&b"%"[..], b"%zz=%f", b"=&=&&", b"\xff\xfe=\x00", b"a=%e3%81"] {
            let _ = Fields::parse(bytes);
        }
        assert!(!format!("{:?}", Fields::parse(b"name=x")).contains('x'));
    }
}
