//! The secrets of a card as types: what a person typed is folded and checked *before* a try is spent on it.
//!
//! | secret | form | tries |
//! |---|---|---|
//! | 利用者証明用電子証明書の暗証番号 | 4 digits | 3 |
//! | 署名用電子証明書の暗証番号 | 6–16 of A–Z 0–9, stored in upper case | 5 |
//! | 券面事項入力補助用の暗証番号 | 4 digits | 3 |
//! | 照合番号B | 14 digits, printed on the card: birth date, year of expiry, security code | 10 |
//! | 生年月日 | 6 digits, `YYMMDD` of the era | 10 |
//!
//! Verification code A (照合番号A) has no type: it is the Individual Number and is never sent.
//!
//! Counters do not recover with time; only a right entry resets them. A locked PIN means a visit to the ward office, so
//! the client always asks first how many tries are left (free) and stops at one unless told otherwise.

use base::Date;
use base::text::to_half_width;
use zeroize::Zeroizing;

/// Which of the card's secrets is meant. A person has up to four, so every message must name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pin {
    /// 利用者証明用: four digits, for proving who one is.
    UserAuthentication,
    /// 署名用: six to sixteen letters and digits, for signing and for reading the signing certificate.
    Signing,
    /// 券面事項入力補助用: four digits, for reading the basic attributes.
    InputSupport,
    /// 照合番号B, printed on the card: opens what is printed.
    VerificationCodeB,
    /// The birth date as a key of the surface application.
    BirthDate,
}

impl Pin {
    /// How many misses in a row the card allows, as issued.
    pub const fn tries_when_fresh(self) -> u8 {
        match self {
            Self::UserAuthentication | Self::InputSupport => 3,
            Self::Signing => 5,
            // Of the birth date: recalled, taken to be as the codes.
            Self::VerificationCodeB | Self::BirthDate => 10,
        }
    }

    /// What the card's papers call it.
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::UserAuthentication => "利用者証明用電子証明書の暗証番号",
            Self::Signing => "署名用電子証明書の暗証番号",
            Self::InputSupport => "券面事項入力補助用の暗証番号",
            Self::VerificationCodeB => "照合番号B",
            Self::BirthDate => "生年月日",
        }
    }
}

impl std::fmt::Display for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::UserAuthentication => "user-authentication PIN",
            Self::Signing => "signing password",
            Self::InputSupport => "input-support PIN",
            Self::VerificationCodeB => "verification code B",
            Self::BirthDate => "birth date",
        })
    }
}

/// What to do when one more miss would lock the card.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastTry {
    /// Do not send the PIN; answer [`crate::CardError::LastTryKept`].
    Refuse,
    /// Send it: the person was told what is at stake and said yes.
    Allow,
}

/// What was typed cannot be the secret; no try was spent. Never holds what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPin {
    /// Not four digits.
    #[error("the PIN is four digits")]
    NotFourDigits,
    /// Not fourteen digits.
    #[error("verification code B is fourteen digits")]
    NotFourteenDigits,
    /// Not six digits.
    #[error("the birth date is six digits")]
    NotSixDigits,
    /// Not 6 to 16 characters.
    #[error("the signing password has 6 to 16 characters")]
    WrongLength,
    /// Something other than A–Z and 0–9.
    #[error("the signing password has only letters A to Z and digits")]
    WrongCharacter,
}

/// A secret of digits only. Wiped when dropped, never printed.
macro_rules! digits {
    ($(#[$doc:meta])* $name:ident, $count:literal, $fault:ident, $shown:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<Vec<u8>>);

        impl $name {
            /// From what a person typed; full-width digits count.
            ///
            /// # Errors
            #[doc = concat!("[`MalformedPin::", stringify!($fault), "`].")]
            pub fn parse(typed: &str) -> Result<Self, MalformedPin> {
                let folded = Zeroizing::new(to_half_width(typed.trim()));
                match folded.len() == $count && folded.bytes().all(|b| b.is_ascii_digit()) {
                    true => Ok(Self(Zeroizing::new(folded.as_bytes().to_vec()))),
                    false => Err(MalformedPin::$fault),
                }
            }

            /// The bytes the card compares.
            pub(crate) fn bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($shown)
            }
        }
    };
}

digits!(
    /// A PIN of four digits: for user authentication, or for input support.
    FourDigitPin,
    4,
    NotFourDigits,
    "<four-digit PIN>"
);
digits!(
    /// 照合番号B: `YYMMDD` of the era, year of expiry, security code.
    VerificationCodeB,
    14,
    NotFourteenDigits,
    "<verification code B>"
);
digits!(
    /// The birth date as a key: `YYMMDD` of the era.
    BirthDateCode,
    6,
    NotSixDigits,
    "<birth date>"
);

/// The four digits of the user-authentication PIN.
pub type UserAuthenticationPin = FourDigitPin;

impl BirthDateCode {
    /// Of a birth date.
    pub fn of(date: Date) -> Self {
        let (_, month, day) = date.parts();
        let text = Zeroizing::new(format!("{:02}{month:02}{day:02}", date.era().1 % 100));
        Self(Zeroizing::new(text.as_bytes().to_vec()))
    }
}

/// The signing password, folded to upper case. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningPassword(Zeroizing<Vec<u8>>);

impl SigningPassword {
    /// From what a person typed; lower case and full width count.
    ///
    /// # Errors
    /// [`MalformedPin`] when it cannot be one.
    pub fn parse(typed: &str) -> Result<Self, MalformedPin> {
        let folded = Zeroizing::new(to_half_width(typed.trim()).to_ascii_uppercase());
        if !folded.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
            return Err(MalformedPin::WrongCharacter);
        }
        match folded.len() {
            6..=16 => Ok(Self(Zeroizing::new(folded.as_bytes().to_vec()))),
            _ => Err(MalformedPin::WrongLength),
        }
    }

    /// The bytes the card compares.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for SigningPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<signing password>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_folded_the_way_the_card_stores_it() {
        assert_eq!(SigningPassword::parse("ａbc１23").unwrap().bytes(), b"ABC123");
        assert_eq!(SigningPassword::parse("abc-123"), Err(MalformedPin::WrongCharacter));
        assert_eq!(SigningPassword::parse("abc12"), Err(MalformedPin::WrongLength));
        assert_eq!(SigningPassword::parse("ABCDEFGH123456789"), Err(MalformedPin::WrongLength));
    }

    #[test]
    fn four_digits_in_any_width() {
        assert_eq!(UserAuthenticationPin::parse("１２3４").unwrap().bytes(), b"1234");
        for typed in ["", "123", "12345", "12a4", "１２３", "山田太郎"] {
            assert_eq!(UserAuthenticationPin::parse(typed), Err(MalformedPin::NotFourDigits), "{typed}");
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        assert!(!format!("{:?}", UserAuthenticationPin::parse("1234")).contains("1234"));
        assert!(!format!("{:?}", SigningPassword::parse("SECRET1")).contains("SECRET"));
    }
}
