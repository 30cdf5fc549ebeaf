//! A custodian's share on paper: 16 bytes as eight groups of four, and a check group that tells a slip of the pen.

use aws_lc_rs::digest;
use base::Random;
use base::text::to_half_width;
use zeroize::Zeroizing;

/// A share.
#[derive(Clone)]
pub struct Share(pub(super) Zeroizing<[u8; 16]>);

impl std::fmt::Debug for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Share")
    }
}

/// Why typed text is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShareFault {
    /// Not nine groups of four characters 0–9 and A–F.
    #[error("a share has nine groups of four characters 0-9 and A-F")]
    Shape,
    /// The check group does not fit the others.
    #[error("the check group does not fit: something was mistyped")]
    Check,
}

impl Share {
    /// A random one.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; 16]);
        random.fill(&mut bytes[..]);
        Self(bytes)
    }

    fn check(bytes: &[u8; 16]) -> [u8; 2] {
        let hash = digest::digest(&digest::SHA256, &[b"yakuba share 1".as_slice(), bytes].concat());
        [hash.as_ref()[0], hash.as_ref()[1]]
    }

    /// As it is printed: nine groups of four, the last one the check.
    pub fn printed(&self) -> Zeroizing<String> {
        let bytes = Zeroizing::new([&self.0[..], &Self::check(&self.0)].concat());
        let groups: Vec<String> = bytes.chunks(2).map(|pair| data_encoding::HEXUPPER.encode(pair)).collect();
        Zeroizing::new(groups.join("-"))
    }

    /// Reads what was typed; spaces, hyphens, letter case and width do not matter.
    ///
    /// # Errors
    /// [`ShareFault`].
    pub fn read(typed: &str) -> Result<Self, ShareFault> {
        let typed = Zeroizing::new(to_half_width(typed));
        let plain: Zeroizing<String> = Zeroizing::new(
            typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect(),
        );
        let bytes = Zeroizing::new(data_encoding::HEXUPPER.decode(plain.as_bytes()).map_err(|_| ShareFault::Shape)?);
        let (share, check) = bytes.split_first_chunk::<16>().ok_or(ShareFault::Shape)?;
        if check.len() != 2 {
            return Err(ShareFault::Shape);
        }
        if check == Self::check(share) { Ok(Self(Zeroizing::new(*share))) } else { Err(ShareFault::Check) }
    }
}

#[cfg(test)]
mod tests {
    use base::SeededRandom;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_printed_share_reads_back_and_one_wrong_character_is_told() {
        let share = Share::random(&SeededRandom::from_seed(1));
        let printed = share.printed();
        assert_eq!(printed.split('-').count(), 9);
        assert_eq!(*Share::read(&format!(" {} ", printed.to_lowercase())).unwrap().0, *share.0);
        let mut typed = printed.to_string();
        let other = if typed.starts_with('0') { "1" } else { "0" };
        typed.replace_range(0..1, other);
        assert_eq!(Share::read(&typed).unwrap_err(), ShareFault::Check);
        assert_eq!(Share::read("00-11").unwrap_err(), ShareFault::Shape);
    }

    proptest! {
        #[test]
        fn anything_typed_is_read_or_refused(typed in ".{0,80}") {
            let _ = Share::read(&typed);
        }
    }
}
