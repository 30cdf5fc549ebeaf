//! Search keys: the forms in which names, readings, birth dates and addresses are looked up.
//!
//! Kept as bytes in `resident_search`, so that both engines order them alike whatever a server's collation is.

use base::Date;
use base::text::search_key;
use store::Value;

/// Kinds of key, as stored.
pub(super) mod kind {
    pub(in crate::register) const NAME: i64 = 1;
    pub(in crate::register) const KANA: i64 = 2;
    pub(in crate::register) const BIRTH: i64 = 3;
    pub(in crate::register) const ADDRESS: i64 = 4;
}

/// What a resident is found by, as plain text.
pub(super) struct Findable<'a> {
    pub(super) names: [Option<&'a str>; 4],
    pub(super) readings: [Option<&'a str>; 3],
    pub(super) birth_date: Date,
    /// Of one member of each household only: the whole household has one address.
    pub(super) address: Option<&'a str>,
}

/// One key of one resident.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) kind: i64,
    pub(super) key: Box<[u8]>,
}

impl Findable<'_> {
    /// All keys, each once.
    pub(super) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::with_capacity(5);
        let mut add = |kind, text: &str| {
            let key = Key { kind, key: text.as_bytes().into() };
            if !text.is_empty() && !keys.contains(&key) {
                keys.push(key);
            }
        };
        for name in self.names.into_iter().flatten() {
            add(kind::NAME, &search_key(name));
        }
        for reading in self.readings.into_iter().flatten() {
            add(kind::KANA, &search_key(reading));
        }
        add(kind::BIRTH, &self.birth_date.to_string());
        if let Some(address) = self.address {
            add(kind::ADDRESS, &address_key(address));
        }
        keys
    }
}

/// An address from its town on: prefecture and municipality are the same for everyone here.
pub(super) fn address_key(address: &str) -> String {
    let key = search_key(address);
    let after = |text: &str, ends: &[char], within: usize| -> Option<usize> {
        text.char_indices().take(within).find(|(_, c)| ends.contains(c)).map(|(at, c)| at + c.len_utf8())
    };
    let Some(prefecture) = after(&key, &['都', '道', '府', '県'], 4) else { return key };
    let rest = key.get(prefecture..).unwrap_or("");
    match after(rest, &['市', '区', '町', '村'], 8).and_then(|end| rest.get(end..)) {
        Some(town) if !town.is_empty() => town.to_owned(),
        _ => rest.to_owned(),
    }
}

/// The half-open range of keys that begin with `prefix`.
pub(super) fn range(prefix: &str) -> (Value, Value) {
    let low = prefix.as_bytes().to_vec();
    // 0xFF never occurs in UTF-8, so this lies after every continuation.
    let mut high = low.clone();
    high.push(0xFF);
    (Value::Blob(low), Value::Blob(high))
}

#[cfg(test)]
mod tests {
    use super::address_key;

    #[test]
    fn addresses_are_found_from_the_town_on() {
        assert_eq!(address_key("見本県見本市中央一丁目１番１号"), "中央一丁目1番1号");
        assert_eq!(address_key("中央一丁目1番"), "中央一丁目1番");
        assert_eq!(address_key("見本県見本市"), "見本市");
        assert_eq!(address_key("本町二丁目"), "本町二丁目");
        assert_eq!(address_key(""), "");
    }
}
