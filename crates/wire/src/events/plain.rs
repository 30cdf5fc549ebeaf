//! HTML of strangers as plain text.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use ammonia::Builder;

/// Elements that end a line.
const LINES: [&str; 14] = ["br", "p", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "hr"];

/// Lets those elements stand, bare of attributes, and nothing else. What a script or a style says is dropped with it.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(LINES))
        .clean_content_tags(HashSet::from([
            "script", "style", "title", "noscript", "template", "iframe", "svg", "math",
        ]))
        .generic_attributes(HashSet::new())
        .tag_attributes(HashMap::new())
        .link_rel(None);
    builder
});

/// Words after so many tags are dropped: a parser of HTML looks through all open elements at each tag, so that ten thousand
/// of them would keep it busy for a minute.
const MOST_TAGS: usize = 1000;

/// Plain text of `text`, which may be HTML: no tags, entities as characters, lines trimmed, at most one empty line between
/// others, and none of the characters that turn a line round (bidirectional overrides) or cannot be seen.
pub fn plain(text: &str) -> String {
    let looks = |window: &[u8]| window[0] == b'<' && (window[1].is_ascii_alphabetic() || b"/!?".contains(&window[1]));
    let is_html = text.as_bytes().windows(2).any(looks) || (text.contains('&') && text.contains(';'));
    let end = text.match_indices('<').nth(MOST_TAGS).map_or(text.len(), |(at, _)| at);
    let text = if is_html { words(&CLEANER.clean(&text[..end]).to_string()) } else { text.to_owned() };
    tidy(&text)
}

/// The words of cleaned HTML: it holds only the elements of [`LINES`] and five entities.
fn words(clean: &str) -> String {
    let mut out = String::with_capacity(clean.len());
    let mut rest = clean;
    while let Some(at) = rest.find('<') {
        out.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('>') else { break };
        out.push('\n');
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&nbsp;", " ").replace("&amp;", "&")
}

fn tidy(text: &str) -> String {
    let hidden = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}')
    };
    let text: String = text.replace("\r\n", "\n").replace('\r', "\n").chars().filter(|c| !hidden(*c)).collect();
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn hostile_html_becomes_its_words() {
        for (html, text) in [
            ("<p>春の<b>読み聞かせ</b></p><p>13時から</p>", "春の読み聞かせ\n\n13時から"),
            ("<script>alert(1)</script>あ<style>p{}</style>", "あ"),
            ("<img src=x onerror=alert(1)>絵", "絵"),
            ("<a href=\"javascript:alert(1)\">申込</a>", "申込"),
            ("<scr<script>ipt>alert(1)</script>", "ipt>alert(1)"),
            ("&lt;script&gt;alert(1)&lt;/script&gt;", "<script>alert(1)</script>"),
            ("<svg><style><img src=x onerror=alert(1)></style></svg>あ", "あ"),
            ("5 < 6 の子、定員<20名", "5 < 6 の子、定員<20名"),
            ("A &amp; B", "A & B"),
            ("a\u{202E}b\u{0}c\u{200B}", "abc"),
            ("あ<br>い<br/>う", "あ\nい\nう"),
            ("<!-- x -->あ<![CDATA[い]]>", "あ"),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
    }

    #[test]
    fn words_after_a_thousand_tags_are_dropped() {
        assert_eq!(plain(&format!("い{}あ{}", "<div>".repeat(900), "</div>".repeat(900))), "い\n\nあ");
        assert_eq!(plain(&format!("い{}あ{}", "<div>".repeat(20_000), "</div>".repeat(20_000))), "い");
    }
}
