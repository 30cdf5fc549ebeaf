//! What a check finds: the same three facts in the browser's script and here.

use base::Kind;
use pki::token::{self, TokenError};
use tools::Outside;
use tools::relay::paper_status::{self, PaperState, RequestHash};
use wire::certificate_code::{Claims, Item, from_text};

use super::Papers;
use crate::error::Failure;

/// What is known about a paper's standing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Issued and not withdrawn.
    Valid,
    /// Withdrawn for good.
    Withdrawn,
    /// The inside has not told, or this process does not know.
    Unknown,
}

impl Standing {
    /// The word in JSON and in keys of sentences.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Withdrawn => "withdrawn",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a code says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Not a code at all: something was left out when pasting.
    Malformed,
    /// Signed with a key the city does not publish.
    ForeignKey,
    /// Changed after it was signed.
    Altered,
}

impl Refused {
    /// The word in keys of sentences.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::ForeignKey => "foreign",
            Self::Altered => "altered",
        }
    }
}

/// Reads and checks the text of a code.
pub(super) fn claims_of(text: &str, papers: &Papers) -> Result<Claims, Refused> {
    let token = from_text(text).map_err(|_| Refused::Malformed)?;
    let payload = token::verify(&token, &papers.code_keys).map_err(|error| match error {
        TokenError::UnknownKey(_) => Refused::ForeignKey,
        TokenError::BadSignature => Refused::Altered,
        _ => Refused::Malformed,
    })?;
    Claims::decode(payload).map_err(|_| Refused::Malformed)
}

/// What the outside knows about the request with this hash. Who asks is not kept.
///
/// # Errors
/// The store.
pub(super) fn standing(outside: &Outside, hash: &RequestHash) -> Result<Standing, Failure> {
    let found = outside.store.read(|tx| paper_status::status(tx, hash))?;
    Ok(match found {
        Some((PaperState::Valid, _)) => Standing::Valid,
        Some((PaperState::Withdrawn, _)) => Standing::Withdrawn,
        None => Standing::Unknown,
    })
}

/// An item somebody typed: `person` from 1, 0 for the household.
pub(super) struct Typed {
    pub person: u8,
    pub item: Item,
    pub value: String,
}

impl Typed {
    /// Reads the fields of the form; `None` when nothing was typed.
    ///
    /// # Errors
    /// A choice that is not in the list.
    pub(super) fn of(fields: &crate::Fields) -> Result<Option<Self>, Failure> {
        let Some(value) = fields.filled("value") else { return Ok(None) };
        let wrong = || Failure::of(Kind::Invalid).next("/verify", "verify-again");
        let (person, item) = fields.get("item").split_once('-').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<u8>().map_err(|_| wrong());
        let item = Item::from_number(number(item)?).ok_or_else(wrong)?;
        Ok(Some(Self { person: number(person)?, item, value: value.to_owned() }))
    }
}
