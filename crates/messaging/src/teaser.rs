//! What may be told outside the portal: a kind, words that depend on the kind alone, and a link.

/// How pressing it is. Decides quiet hours, digests and the header `Urgency` of RFC 8030.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    /// お知らせ: may wait for a digest.
    Notice,
    /// 期限: something is due.
    Due,
    /// 法定通知: a letter with legal effect.
    Legal,
    /// 緊急: told at once, at night too, by every channel.
    Emergency,
}

impl Urgency {
    /// All, the least pressing first.
    pub const ALL: [Self; 4] = [Self::Notice, Self::Due, Self::Legal, Self::Emergency];

    /// The word in rows and files.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Due => "due",
            Self::Legal => "legal",
            Self::Emergency => "emergency",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What came. The words on the telephone depend on this and on the language, on nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TeaserKind {
    /// A letter is in the mailbox (お手紙が届いています).
    Letter,
    /// A letter with legal effect (大切な通知).
    LegalLetter,
    /// Something is due (期限のあるお知らせ).
    Due,
    /// A notice the person asked for (お知らせ).
    Notice,
    /// Several in one (まとめてお知らせ).
    Digest,
    /// Danger (緊急のお知らせ).
    Emergency,
    /// The account was changed: a new sign-in, another address (アカウントの変更).
    Security,
}

impl TeaserKind {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Letter, Self::LegalLetter, Self::Due, Self::Notice, Self::Digest, Self::Emergency, Self::Security];

    /// The word in payloads and rows.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Letter => "letter",
            Self::LegalLetter => "legal-letter",
            Self::Due => "due",
            Self::Notice => "notice",
            Self::Digest => "digest",
            Self::Emergency => "emergency",
            Self::Security => "security",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// What is told. The link is a path of the portal; who opens it signs in first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Teaser {
    kind: TeaserKind,
    title: String,
    line: String,
    path: String,
}

/// Why a teaser is refused: a mistake of the caller, never of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TeaserFault {
    /// The title is empty or longer than 60 characters.
    #[error("the title of a teaser has 1 to 60 characters")]
    Title,
    /// The line is longer than 200 characters.
    #[error("the line of a teaser has at most 200 characters")]
    Line,
    /// Not a path of the portal: it begins with one `/`, has at most 200 printable ASCII characters, and no `?` or `#`,
    /// which could carry more than a random id.
    #[error("the link of a teaser is a path of the portal without query; wrong at byte {position}")]
    Path {
        /// Offset from 0.
        position: usize,
    },
    /// A digit run that may be an Individual Number.
    #[error("a teaser holds what may be an Individual Number")]
    IndividualNumber,
}

impl Teaser {
    /// A teaser. `title` and `line` are the words of `kind` in the person's language; they hold nothing of the letter.
    ///
    /// # Errors
    /// [`TeaserFault`].
    pub fn new(kind: TeaserKind, title: &str, line: &str, path: &str) -> Result<Self, TeaserFault> {
        if title.is_empty() || title.chars().count() > 60 {
            return Err(TeaserFault::Title);
        }
        if line.chars().count() > 200 {
            return Err(TeaserFault::Line);
        }
        if !path.starts_with('/') || path.len() > 200 {
            return Err(TeaserFault::Path { position: 0 });
        }
        let bytes = path.as_bytes();
        let wrong = |at: &usize| {
            let byte = bytes[*at];
            // `//host` and `/\host` are other machines to a browser.
            let leaves = *at == 1 && matches!(byte, b'/' | b'\\');
            leaves || !byte.is_ascii_graphic() || matches!(byte, b'?' | b'#' | b'\\' | b'"' | b'<' | b'>')
        };
        if let Some(position) = (0..bytes.len()).find(wrong) {
            return Err(TeaserFault::Path { position });
        }
        for text in [title, line, path] {
            base::my_number_guard::refuse_individual_number(text).map_err(|_| TeaserFault::IndividualNumber)?;
        }
        Ok(Self { kind, title: title.to_owned(), line: line.to_owned(), path: path.to_owned() })
    }

    /// What came.
    pub const fn kind(&self) -> TeaserKind {
        self.kind
    }

    /// The heading.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// One more line; may be empty.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Where in the portal it is read.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The payload of a push message: JSON that the portal's service worker shows.
    pub fn payload(&self) -> Vec<u8> {
        let payload = serde_json::json!({
            "v": 1, "kind": self.kind.word(), "title": self.title, "line": self.line, "path": self.path,
        });
        payload.to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_never_leaves_the_portal_and_carries_no_query() {
        let with = |path| Teaser::new(TeaserKind::Letter, "お手紙が届いています", "", path).map(|_| ());
        assert_eq!(with("/portal/letters/0192f3"), Ok(()));
        for (path, position) in [
            ("", 0),
            ("https://x.example/", 0),
            ("//x.example", 1),
            ("/\\x", 1),
            ("/a?name=b", 2),
            ("/a b", 2),
            ("/あ", 1),
        ] {
            assert_eq!(with(path), Err(TeaserFault::Path { position }), "{path}");
        }
    }

    #[test]
    fn a_my_number_is_refused_in_words_and_link() {
        for (title, path) in [("番号 123456789018", "/a"), ("お知らせ", "/a/123456789018")] {
            let refused = Teaser::new(TeaserKind::Notice, title, "", path).map(|_| ());
            assert_eq!(refused, Err(TeaserFault::IndividualNumber));
        }
    }

    #[test]
    fn every_word_reads_back() {
        for kind in TeaserKind::ALL {
            assert_eq!(TeaserKind::parse(kind.word()), Some(kind));
        }
        for urgency in Urgency::ALL {
            assert_eq!(Urgency::parse(urgency.word()), Some(urgency));
        }
        assert!(Urgency::Emergency > Urgency::Legal && Urgency::Due > Urgency::Notice);
    }
}
