//! An address a person gave.

use base::Personal;

/// An address that a message can be sent to. Prints as `<personal>`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(Personal<String>);

/// Why an address is not taken. Holds nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EmailAddressFault {
    /// More than 254 characters (RFC 5321 §4.5.3.1.3).
    #[error("longer than 254 characters")]
    TooLong,
    /// A character that plain e-mail cannot carry; position in characters from 1.
    #[error("character {position} cannot stand in an e-mail address")]
    Character {
        /// From 1.
        position: usize,
    },
    /// Not `name@domain.example`.
    #[error("not of the form name@domain")]
    Malformed,
}

impl EmailAddress {
    /// Reads an address; blanks around it are dropped and the domain is written small. Old addresses of Japanese
    /// telephone companies with two dots in a row (`a..b@`) are taken: they exist although RFC 5321 has no such thing.
    ///
    /// # Errors
    /// [`EmailAddressFault`].
    pub fn parse(text: &str) -> Result<Self, EmailAddressFault> {
        let text = text.trim();
        if text.len() > 254 {
            return Err(EmailAddressFault::TooLong);
        }
        let wrong = |c: char| !c.is_ascii_graphic() || "\"(),:;<>[\\]".contains(c);
        if let Some(position) = text.chars().position(wrong) {
            return Err(EmailAddressFault::Character { position: position + 1 });
        }
        let (name, domain) = text.rsplit_once('@').ok_or(EmailAddressFault::Malformed)?;
        let labels: Vec<&str> = domain.split('.').collect();
        let is_label = |label: &&str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let is_number = labels.last().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if name.is_empty()
            || name.len() > 64
            || name.contains('@')
            || labels.len() < 2
            || is_number
            || !labels.iter().all(is_label)
        {
            return Err(EmailAddressFault::Malformed);
        }
        Ok(Self(Personal::new(format!("{name}@{}", domain.to_ascii_lowercase()))))
    }

    /// The address, for sending, storing and showing to its person.
    pub fn reveal(&self) -> &str {
        self.0.reveal()
    }

    /// The part after `@`, for counting by provider.
    pub fn domain(&self) -> &str {
        self.reveal().rsplit_once('@').map_or("", |(_, domain)| domain)
    }

    /// Enough to recognise one's own: `h•••@city.example`.
    pub fn masked(&self) -> String {
        let first = self.reveal().chars().next().unwrap_or('•');
        format!("{first}•••@{}", self.domain())
    }

    /// As lettre has it. Names with dots in odd places are quoted, as RFC 5321 wants them.
    pub(super) fn for_smtp(&self) -> Option<lettre::Address> {
        let (name, domain) = self.reveal().rsplit_once('@')?;
        lettre::Address::new(name, domain).or_else(|_| lettre::Address::new(format!("\"{name}\""), domain)).ok()
    }
}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<personal>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_people_have_are_taken() {
        for (text, kept) in [
            (" hanako.yamada@Example.JP ", "hanako.yamada@example.jp"),
            ("a..b.@docomo.example", "a..b.@docomo.example"),
            ("o'neil+city@mail.example", "o'neil+city@mail.example"),
        ] {
            let address = EmailAddress::parse(text).unwrap();
            assert_eq!(address.reveal(), kept);
            assert!(address.for_smtp().is_some(), "{text}");
            assert_eq!(format!("{address:?}"), "<personal>");
        }
        assert_eq!(EmailAddress::parse("hanako@example.jp").unwrap().masked(), "h•••@example.jp");
    }

    #[test]
    fn what_could_become_another_header_or_recipient_is_refused() {
        for (text, fault) in [
            ("a@b.example\r\nBcc: c@d.example", EmailAddressFault::Character { position: 12 }),
            ("a@b.example,c@d.example", EmailAddressFault::Character { position: 12 }),
            ("<a@b.example>", EmailAddressFault::Character { position: 1 }),
            ("山田@例え.jp", EmailAddressFault::Character { position: 1 }),
            ("a@b@c.example", EmailAddressFault::Malformed),
            ("a@localhost", EmailAddressFault::Malformed),
            ("a@[127.0.0.1]", EmailAddressFault::Character { position: 3 }),
            ("a@127.0.0.1", EmailAddressFault::Malformed),
            ("a@-b.example", EmailAddressFault::Malformed),
            ("a@b..example", EmailAddressFault::Malformed),
            ("@b.example", EmailAddressFault::Malformed),
            ("", EmailAddressFault::Malformed),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(fault), "{text}");
        }
        assert_eq!(EmailAddress::parse(&format!("{}@b.example", "a".repeat(250))), Err(EmailAddressFault::TooLong));
    }
}
