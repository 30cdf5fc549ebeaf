//! What an applicant signs with the signing certificate.

use base::my_number_guard::refuse_individual_number;
use base::text::visible_length;
use pki::CertificateId;

use crate::credentials::kinds::certificate_bytes;
use crate::digest::sha256;

/// Visible characters of 本籍 and of 筆頭者, at most.
const LONGEST: [usize; 2] = [200, 120];

/// 本籍 and 筆頭者 as typed, and for which card: the words the applicant signs.
///
/// The words name the card's authentication certificate by its hash, so that a signature made with one card cannot link
/// another one.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    city: String,
    domicile: String,
    head: String,
    card: String,
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Statement(<personal>)")
    }
}

/// Why what was typed is no statement. Nothing typed is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// 本籍 or 筆頭者 is empty.
    #[error("both the registered domicile and the head of the register are needed")]
    Empty,
    /// One is too long.
    #[error("the registered domicile or the head of the register is too long")]
    TooLong,
    /// Something that may be an Individual Number was typed.
    #[error("an Individual Number is not accepted")]
    IndividualNumber,
}

impl Statement {
    /// For `city`, by the holder of the authentication certificate `card`.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn new(city: &str, domicile: &str, head: &str, card: &CertificateId) -> Result<Self, StatementError> {
        Self::check(domicile, head)?;
        let [domicile, head] = [domicile, head].map(|typed| typed.trim().to_owned());
        Ok(Self { city: city.to_owned(), domicile, head, card: Self::card_line(card) })
    }

    /// Whether this may be typed, before it is known which card signs.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn check(domicile: &str, head: &str) -> Result<(), StatementError> {
        let typed = [domicile.trim(), head.trim()];
        for (text, longest) in typed.iter().zip(LONGEST) {
            if text.is_empty() {
                return Err(StatementError::Empty);
            }
            if visible_length(text) > longest {
                return Err(StatementError::TooLong);
            }
            refuse_individual_number(text).map_err(|_| StatementError::IndividualNumber)?;
        }
        Ok(())
    }

    fn card_line(card: &CertificateId) -> String {
        data_encoding::HEXUPPER.encode(&sha256(&[b"yakuba-domicile-registration-v1", &certificate_bytes(card)]))
    }

    /// Title of the document to be signed.
    pub const fn title(&self) -> &'static str {
        "本籍地利用登録申請書"
    }

    /// Its lines, in order.
    pub fn lines(&self) -> Vec<String> {
        vec![
            format!("{}長 あて", self.city),
            "証明書等自動交付サービスで戸籍の証明書を取得するため、本籍地利用登録を申請します。".to_owned(),
            format!("本籍: {}", self.domicile),
            format!("筆頭者: {}", self.head),
            format!("利用者証明用電子証明書(照合値): {}", self.card),
        ]
    }

    /// The bytes that are signed: title and lines, each on a line of its own, UTF-8, without an end of line at the end.
    pub fn content(&self) -> Vec<u8> {
        [vec![self.title().to_owned()], self.lines()].concat().join("\n").into_bytes()
    }

    /// 本籍 as typed.
    pub fn domicile(&self) -> &str {
        &self.domicile
    }

    /// 筆頭者 as typed.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Whether it names this certificate.
    pub fn is_for(&self, card: &CertificateId) -> bool {
        self.card == Self::card_line(card)
    }
}
