//! Readings over characters (ふりがな), written `｜漢字《かんじ》` as Aozora Bunko does.

use std::borrow::Cow;

use maud::{Markup, html};

/// The text without readings.
pub fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains('｜') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(parts(text).map(|(base, _)| base).collect())
}

/// The text as HTML with `<ruby>`.
pub fn markup(text: &str) -> Markup {
    html! {
        @for (base, reading) in parts(text) {
            @match reading {
                Some(reading) => ruby { (base) rp { "(" } rt { (reading) } rp { ")" } },
                None => (base),
            }
        }
    }
}

/// Pieces of text with their reading, if any. An unfinished mark is left as it stands.
fn parts(text: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix('｜')
            && let Some((base, tail)) = after.split_once('《')
            && let Some((reading, tail)) = tail.split_once('》')
        {
            rest = tail;
            return Some((base, Some(reading)));
        }
        let skip = if rest.starts_with('｜') { '｜'.len_utf8() } else { 0 };
        let end = rest[skip..].find('｜').map_or(rest.len(), |at| at + skip);
        let (head, tail) = rest.split_at(end);
        rest = tail;
        Some((head, None))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_stand_over_their_characters() {
        assert_eq!(plain("｜役所《やくしょ》へ来てください"), "役所へ来てください");
        assert_eq!(
            markup("｜役所《やくしょ》へ").into_string(),
            "<ruby>役所<rp>(</rp><rt>やくしょ</rt><rp>)</rp></ruby>へ"
        );
    }

    #[test]
    fn an_unfinished_mark_stays_as_it_is() {
        for text in ["｜", "｜a《", "a｜b", "｜｜《》", ""] {
            let _ = markup(text);
            assert!(plain(text).len() <= text.len());
        }
    }
}
