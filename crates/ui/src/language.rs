//! The three languages of every page.

/// A language a person reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// 日本語.
    #[default]
    Japanese,
    /// やさしい日本語, for those who learn Japanese or read with difficulty.
    EasyJapanese,
    /// English.
    English,
}

impl Language {
    /// All of them, in the order offered.
    pub const ALL: [Self; 3] = [Self::Japanese, Self::EasyJapanese, Self::English];

    /// The code in cookies, links and file names: `ja`, `ja-easy`, `en`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Japanese => "ja",
            Self::EasyJapanese => "ja-easy",
            Self::English => "en",
        }
    }

    /// The value of `<html lang>`.
    pub const fn html(self) -> &'static str {
        match self {
            Self::Japanese | Self::EasyJapanese => "ja",
            Self::English => "en",
        }
    }

    /// Its own name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Japanese => "日本語",
            Self::EasyJapanese => "やさしい日本語",
            Self::English => "English",
        }
    }

    /// The language with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.code() == code)
    }

    /// The best of ours for an `Accept-Language` header. Japanese when nothing fits: this is a Japanese city.
    pub fn from_accept_language(header: &str) -> Self {
        for tag in header.split(',').map(|part| part.split(';').next().unwrap_or("").trim().to_ascii_lowercase()) {
            if tag == "ja" || tag.starts_with("ja-") {
                return Self::Japanese;
            }
            if tag == "en" || tag.starts_with("en-") {
                return Self::English;
            }
        }
        Self::Japanese
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_browser_decides_until_the_person_does() {
        assert_eq!(Language::from_accept_language("fr, en-GB;q=0.8, ja;q=0.5"), Language::English);
        assert_eq!(Language::from_accept_language("ja-JP"), Language::Japanese);
        assert_eq!(Language::from_accept_language("xx"), Language::Japanese);
        assert_eq!(Language::from_code("ja-easy"), Some(Language::EasyJapanese));
    }
}
