//! Kinds and scopes, and which page needs which scope.

use base::Date;

/// Why somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A person with custody of a child under 15 (親権者).
    Child,
    /// The guardian of an adult (成年後見人).
    Ward,
    /// A helper whom the person named (任意代理人).
    Mandate,
}

impl Kind {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Child => "child",
            Self::Ward => "ward",
            Self::Mandate => "mandate",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Child, Self::Ward, Self::Mandate].into_iter().find(|one| one.word() == word)
    }
}

/// In what somebody acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Reading and keeping letters.
    Letters,
    /// Schemes that may be used, and notices about them.
    Schemes,
    /// Applications.
    Applications,
    /// Who looked; guardians only, and what a law hides is not there for anybody.
    Looked,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Letters, Self::Schemes, Self::Applications, Self::Looked];
    /// Those a person may give to a helper.
    pub const FOR_HELPERS: [Self; 3] = [Self::Letters, Self::Schemes, Self::Applications];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Letters => "letters",
            Self::Schemes => "schemes",
            Self::Applications => "applications",
            Self::Looked => "looked",
        }
    }

    /// From the stored word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }
}

/// Scopes as stored: words with commas. An unknown word opens nothing.
pub(super) fn scopes_from(text: &str) -> Vec<Scope> {
    text.split(',').filter_map(Scope::from_word).collect()
}

/// The stored form.
pub(super) fn scopes_text(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.word()).collect::<Vec<_>>().join(",")
}

/// Pages a representative opens, by the beginning of their path, with the scope each needs.
const SCOPED: &[(&str, Scope)] = &[
    ("/portal/letters", Scope::Letters),
    ("/portal/schemes", Scope::Schemes),
    ("/portal/applications", Scope::Applications),
    ("/portal/looked", Scope::Looked),
];
/// Pages that are about the one who sits there, whoever they act for.
const OWN: &[&str] = &["/portal/representatives", "/portal/sign-out", "/portal/step-up"];

/// What a page asks of a representative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: it is about the representative.
    Nothing,
    /// Some representation.
    Any,
    /// This scope.
    Scope(Scope),
    /// It is not for representatives: settings, cards, consents, what the city holds.
    Closed,
}

/// What the page at `path` asks of somebody who acts for another. What is not named here is closed.
pub fn scope_of_path(path: &str) -> Asks {
    let within = |page: &str| path == page || path.strip_prefix(page).is_some_and(|rest| rest.starts_with('/'));
    if path == "/portal" {
        Asks::Any
    } else if OWN.iter().any(|page| within(page)) {
        Asks::Nothing
    } else {
        SCOPED.iter().find(|(page, _)| within(page)).map_or(Asks::Closed, |(_, scope)| Asks::Scope(*scope))
    }
}

/// The day from which somebody born on `birth` is 15: nobody acts for them as for a child any more.
pub fn fifteenth_birthday(birth: Date) -> Date {
    let (year, month, day) = birth.parts();
    // 29 February: in a year without one, 1 March.
    Date::new(year + 15, month, day).or_else(|| Date::new(year + 15, 3, 1)).unwrap_or(birth)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_that_nobody_named_are_closed_to_representatives() {
        assert_eq!(scope_of_path("/portal/letters/abc"), Asks::Scope(Scope::Letters));
        assert_eq!(scope_of_path("/portal/lettersets"), Asks::Closed);
        for path in ["/portal/settings", "/portal/me", "/portal/consents", "/portal/cards", "/api/v2/findUsage"] {
            assert_eq!(scope_of_path(path), Asks::Closed, "{path}");
        }
        assert_eq!(scope_of_path("/portal/representatives/back"), Asks::Nothing);
        assert_eq!(scope_of_path("/portal"), Asks::Any);
    }

    #[test]
    fn a_child_of_a_leap_day_is_fifteen_on_the_first_of_march() {
        let born = |text: &str| fifteenth_birthday(Date::parse(text).unwrap()).to_string();
        assert_eq!(born("2012-02-29"), "2027-03-01");
        assert_eq!(born("2011-11-26"), "2026-11-26");
    }
}
