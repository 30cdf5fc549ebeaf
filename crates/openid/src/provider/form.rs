//! Parameters of a form or a query. Total: any bytes are answered.

use super::Refusal;
use super::limits::MAX_FORM_BYTES;

/// Parameters, each given once. An empty one counts as not given (RFC 6749 §3.1).
#[derive(Clone, Default)]
pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`.
    ///
    /// # Errors
    /// [`Refusal::Form`] for what is no form, is longer than any honest one, or holds control characters;
    /// [`Refusal::Repeated`] when one stands there twice.
    pub fn read(bytes: &[u8]) -> Result<Self, Refusal> {
        if bytes.len() > MAX_FORM_BYTES || !bytes.is_ascii() {
            return Err(Refusal::Form);
        }
        let all: Vec<(String, String)> = serde_urlencoded::from_bytes(bytes).map_err(|_| Refusal::Form)?;
        // Bytes that are no UTF-8 come out as U+FFFD.
        let is_text = |text: &str| !text.chars().any(|c| c.is_control() || c == '\u{FFFD}');
        if !all.iter().all(|(name, value)| is_text(name) && is_text(value)) {
            return Err(Refusal::Form);
        }
        let mut names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(Refusal::Repeated);
        }
        Ok(Self(all))
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, value)| one == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// The value of `name`, which must be there.
    ///
    /// # Errors
    /// [`Refusal::Missing`].
    pub fn need(&self, name: &'static str) -> Result<&str, Refusal> {
        self.get(name).ok_or(Refusal::Missing(name))
    }

    /// The value of `name` when it is at most `longest` bytes of printable ASCII.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn printable(&self, name: &'static str, longest: usize) -> Result<Option<&str>, Refusal> {
        match self.get(name) {
            Some(value) if value.len() > longest || !value.bytes().all(|b| (0x20..0x7F).contains(&b)) => {
                Err(Refusal::Malformed(name))
            }
            other => Ok(other),
        }
    }
}

/// Values may be secrets.
impl std::fmt::Debug for Parameters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_parameter_given_twice_is_refused_and_an_empty_one_is_not_there() {
        assert_eq!(Parameters::read(b"a=1&b=2&a=1").unwrap_err(), Refusal::Repeated);
        let read = Parameters::read(b"a=&b=%E5%BD%B9+x").unwrap();
        assert_eq!((read.get("a"), read.get("b")), (None, Some("役 x")));
        assert_eq!(read.need("a"), Err(Refusal::Missing("a")));
        assert_eq!(read.printable("b", 99), Err(Refusal::Malformed("b")));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        for bytes in [&b"a=%FF"[..], b"a=%00", b"a=%0A", "a=役".as_bytes()] {
            assert_eq!(Parameters::read(bytes).unwrap_err(), Refusal::Form);
        }
        assert_eq!(Parameters::read(&[b'a'; MAX_FORM_BYTES + 1]).unwrap_err(), Refusal::Form);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Parameters::read(&bytes);
        }
    }
}
