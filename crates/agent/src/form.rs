//! What was typed into one of the agent's own pages. Values may be PINs: they are wiped when dropped and never printed.

use zeroize::Zeroizing;

/// The fields of a form.
#[derive(Default)]
pub(crate) struct Typed(Vec<(String, Zeroizing<String>)>);

impl Typed {
    /// Reads `a=1&b=2`; total.
    pub fn parse(bytes: &[u8]) -> Self {
        let pairs = bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
        let read = |pair: &[u8]| {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = unescape(&pair[..at]).to_string();
            (name, unescape(pair.get(at + 1..).unwrap_or_default()))
        };
        Self(pairs.map(read).collect())
    }

    /// The first value of this name; empty when there is none.
    pub fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }
}

impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(<secret>)")
    }
}

fn unescape(text: &[u8]) -> Zeroizing<String> {
    // As long as the input from the start, so that no shorter copy is left behind by growing.
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        let escaped = |tail: &[u8]| u8::from_str_radix(std::str::from_utf8(tail.get(..2)?).ok()?, 16).ok();
        match (first, escaped(tail)) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => bytes.push(first),
        }
    }
    Zeroizing::new(std::str::from_utf8(&bytes).map(ToOwned::to_owned).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_comes_back_and_is_not_printed() {
        let typed = Typed::parse("pin=12%3334&name=%E5%B1%B1+x&odd=%zz&=&&flag".as_bytes());
        assert_eq!(typed.get("pin"), "12334");
        assert_eq!(typed.get("name"), "山 x");
        assert_eq!((typed.get("odd"), typed.get("flag"), typed.get("none")), ("%zz", "", ""));
        assert!(!format!("{typed:?}").contains("12334"));
        let _ = Typed::parse(b"\xff=\xfe%f&%=%e3%81");
    }
}
