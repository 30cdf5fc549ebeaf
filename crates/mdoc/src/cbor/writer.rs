//! Writing: each function gives one finished item, in shortest form.

/// Finished keys with their finished values.
pub(crate) type Entries = Vec<(Vec<u8>, Vec<u8>)>;

fn head(major: u8, value: u64) -> Vec<u8> {
    let major = major << 5;
    let octets = value.to_be_bytes();
    match value {
        0..=23 => vec![major | value as u8],
        24..=0xFF => vec![major | 24, octets[7]],
        0x100..=0xFFFF => [&[major | 25], &octets[6..]].concat(),
        0x1_0000..=0xFFFF_FFFF => [&[major | 26], &octets[4..]].concat(),
        _ => [&[major | 27], &octets[..]].concat(),
    }
}

fn with_head(major: u8, count: usize, content: &[u8]) -> Vec<u8> {
    let mut out = head(major, count as u64);
    out.extend_from_slice(content);
    out
}

pub(crate) fn integer(value: i64) -> Vec<u8> {
    match u64::try_from(value) {
        Ok(value) => head(0, value),
        Err(_) => head(1, value.unsigned_abs() - 1),
    }
}

pub(crate) fn bytes(content: &[u8]) -> Vec<u8> {
    with_head(2, content.len(), content)
}

pub(crate) fn text(content: &str) -> Vec<u8> {
    with_head(3, content.len(), content.as_bytes())
}

pub(crate) fn array(items: &[Vec<u8>]) -> Vec<u8> {
    with_head(4, items.len(), &items.concat())
}

/// A map from finished keys to finished values, in the order given.
pub(crate) fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let content: Vec<u8> = entries.iter().flat_map(|(key, value)| [key.as_slice(), value]).flatten().copied().collect();
    with_head(5, entries.len(), &content)
}

pub(crate) fn tag(number: u64, item: &[u8]) -> Vec<u8> {
    let mut out = head(6, number);
    out.extend_from_slice(item);
    out
}

/// `bstr .cbor` under tag 24.
pub(crate) fn embedded(item: &[u8]) -> Vec<u8> {
    tag(24, &bytes(item))
}

pub(crate) fn boolean(value: bool) -> Vec<u8> {
    vec![0xF4 | u8::from(value)]
}

pub(crate) fn null() -> Vec<u8> {
    vec![0xF6]
}
