//! From what was shown to the patron number (利用者番号).
//!
//! | shown | becomes |
//! |---|---|
//! | a patron number that we know | itself, if one of its cards may be used |
//! | the number of an issued tag, transit card or city application; the text of a printed code | the patron number of its holder: a disclosure |
//! | anything a tag would say, and nobody has | nobody: it is not handed on |
//! | any other number | itself: the library knows patrons whom we do not |

use std::sync::Arc;

use base::{Date, Personal, Timestamp};
use tools::access::{self, Actor, Duty, Item, Purpose};
use tools::audit::{self, Event};
use tools::credentials::{self, CredentialError, CredentialRefusal, Token, numbers};
use tools::service_cards::{self, CardError, CardStatus, MAX_NUMBER, ServiceCard, Subject};
use tools::{Inside, ResidentId};

use super::KEY;

/// Seconds within which the same thing shown at the same machine is one showing, and one disclosure.
const SHOWING: i64 = 120;

/// Why what was shown opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotPatron {
    /// Nobody has it.
    Unknown,
    /// Its holder is not registered with the library.
    NotRegistered,
    /// The card, tag or registration is stopped for the time being.
    OnHold,
    /// It was reported lost.
    Lost,
    /// It was replaced, has ended, or its last day is over.
    Ended,
}

impl NotPatron {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Unknown, Self::NotRegistered, Self::OnHold, Self::Lost, Self::Ended];

    /// Key of the words shown for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "library-shown-unknown",
            Self::NotRegistered => "library-shown-not-registered",
            Self::OnHold => "library-shown-on-hold",
            Self::Lost => "library-shown-lost",
            Self::Ended => "library-shown-ended",
        }
    }

    const fn of_credential(refusal: CredentialRefusal) -> Self {
        match refusal {
            CredentialRefusal::Unknown | CredentialRefusal::Replayed => Self::Unknown,
            CredentialRefusal::OnHold => Self::OnHold,
            CredentialRefusal::Lost => Self::Lost,
            CredentialRefusal::Superseded | CredentialRefusal::Expired | CredentialRefusal::Ended => Self::Ended,
        }
    }

    const fn of_status(status: CardStatus) -> Self {
        match status {
            CardStatus::OnHold => Self::OnHold,
            CardStatus::Lost => Self::Lost,
            CardStatus::Active | CardStatus::Replaced | CardStatus::Ended => Self::Ended,
        }
    }
}

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum ShownError {
    /// Databases and key store.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The database of cards.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The key store.
    #[error(transparent)]
    Vault(#[from] store::sealing::SealError),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// Who was shown last at one machine. In memory alone.
#[derive(Default)]
pub struct Showing(Option<(Personal<String>, ResidentId, Timestamp)>);

impl Showing {
    /// Forgets it: the patron went.
    pub fn end(&mut self) {
        self.0 = None;
    }
}

/// The number on which a machine's question goes to the library.
pub type Resolved = Result<Personal<String>, NotPatron>;

/// Reads the text of a printed code, with the keys the city signs with now.
pub type CodeReader = Arc<dyn Fn(&str, Date) -> Result<Token, CredentialRefusal> + Send + Sync>;

/// Looks up what was shown.
pub struct Resolver {
    /// The inside zone.
    pub city: Inside,
    /// Reads printed codes; without it none is known.
    pub codes: Option<CodeReader>,
}

impl Resolver {
    /// The patron number behind `shown` at the machine `by`. A token is looked up each time, so that a stop holds at once; the
    /// disclosure is written when it is first shown.
    ///
    /// # Errors
    /// Outer: databases or key store. Inner: why it opens nothing.
    pub fn number(&self, by: &Actor, shown: &str, last: &mut Showing) -> Result<Resolved, ShownError> {
        let shown = base::text::to_half_width(shown.trim());
        if let Some(known) = self.known_number(&shown)? {
            return Ok(known);
        }
        let tokens = match self.tokens(&shown) {
            Ok(tokens) => tokens,
            Err(no) => return Ok(Err(no)),
        };
        match self.holder(by, &shown, &tokens, last)? {
            Ok(resident) => self.of_resident(&resident),
            Err(NotPatron::Unknown) if may_be_the_library_s(&shown) => Ok(Ok(shown.into())),
            Err(no) => Ok(Err(no)),
        }
    }

    fn known_number(&self, shown: &str) -> Result<Option<Resolved>, ShownError> {
        let (vault, number) = (self.city.vault.clone(), shown.to_owned());
        let cards =
            self.city.cards.read::<_, CardError, _>(move |tx| service_cards::find_number(tx, &vault, KEY, &number))?;
        Ok((!cards.is_empty()).then(|| self.usable(&cards)))
    }

    fn usable(&self, cards: &[ServiceCard]) -> Resolved {
        let today = self.city.seams.today();
        if let Some(card) = cards.iter().find(|card| card.is_usable(today)) {
            return Ok(card.number.clone());
        }
        // The one that says most: stopped or lost before over for good.
        let live = cards.iter().find(|card| card.status.is_live()).or(cards.first());
        Err(live.map_or(NotPatron::NotRegistered, |card| NotPatron::of_status(card.status)))
    }

    /// What it may be, by its form.
    fn tokens(&self, shown: &str) -> Result<Vec<Token>, NotPatron> {
        let mut tokens: Vec<Token> =
            [numbers::tag(shown), numbers::transit_card(shown)].into_iter().filter_map(Result::ok).collect();
        let application = data_encoding::HEXUPPER.decode(shown.to_ascii_uppercase().as_bytes());
        if let Some(number) = application.ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok()) {
            tokens.push(Token::CityApplication(number));
        }
        if let (Some(read), true) = (&self.codes, shown.len() > MAX_NUMBER as usize) {
            match read(shown, self.city.seams.today()) {
                Ok(token) => tokens.push(token),
                Err(CredentialRefusal::Unknown) => {}
                Err(refusal) => return Err(NotPatron::of_credential(refusal)),
            }
        }
        Ok(tokens)
    }

    fn holder(
        &self,
        by: &Actor,
        shown: &str,
        tokens: &[Token],
        last: &mut Showing,
    ) -> Result<Result<ResidentId, NotPatron>, ShownError> {
        if tokens.is_empty() {
            return Ok(Err(NotPatron::Unknown));
        }
        let now = self.city.seams.now();
        let before = last.0.as_ref().filter(|(what, _, at)| what.reveal() == shown && now.seconds_since(*at) < SHOWING);
        let before = before.map(|(_, resident, _)| resident.clone());
        let (vault, seams, actor, tokens) =
            (self.city.vault.clone(), self.city.seams.clone(), by.clone(), tokens.to_vec());
        let found = self.city.store.write::<_, CredentialError, _>(move |tx| {
            let mut found = Err(CredentialRefusal::Unknown);
            for token in &tokens {
                found = credentials::find_token(tx, &vault, now, token)?;
                if found != Err(CredentialRefusal::Unknown) {
                    break;
                }
            }
            let resident = match found {
                Ok(person) => Ok(person.resident().clone()),
                Err(refusal) => Err(refusal),
            };
            if resident.as_ref().ok() != before.as_ref() || before.is_none() {
                let event = if resident.is_ok() { Event::CredentialUsed } else { Event::CredentialRefused };
                audit::append(tx, &seams, &actor, event, &[("how", "number")]).map_err(CredentialError::Store)?;
                if let Ok(resident) = &resident {
                    let purpose = Purpose::new(Duty::Library).reading(&[Item::ServiceNumber]);
                    access::person(tx, &seams, &actor, &purpose, resident)?;
                }
            }
            Ok(resident)
        })?;
        match found {
            Ok(resident) => {
                last.0 = Some((shown.to_owned().into(), resident.clone(), now));
                Ok(Ok(resident))
            }
            Err(refusal) => Ok(Err(NotPatron::of_credential(refusal))),
        }
    }

    fn of_resident(&self, resident: &ResidentId) -> Result<Resolved, ShownError> {
        Ok(self.usable(&of_resident(&self.city, resident)?))
    }
}

/// A resident's cards of the library, newest first. The disclosure is written before, in the inside.
///
/// # Errors
/// The database of cards or the key store.
pub fn of_resident(city: &Inside, resident: &ResidentId) -> Result<Vec<ServiceCard>, ShownError> {
    let subject = Subject::of(&city.vault, KEY, resident)?;
    let vault = city.vault.clone();
    Ok(city.cards.read::<_, CardError, _>(move |tx| service_cards::of_subject(tx, &vault, KEY, &subject))?)
}

/// Whether a number that we do not know may be one of the library's. What only a tag would say is not handed on: it might be
/// somebody's, and is no business of the library's system.
fn may_be_the_library_s(shown: &str) -> bool {
    let is_number = !shown.is_empty()
        && shown.len() <= MAX_NUMBER as usize
        && shown.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_hex = shown.bytes().all(|byte| byte.is_ascii_hexdigit());
    let has_letters = shown.bytes().any(|byte| byte.is_ascii_alphabetic());
    let is_tag = is_hex && has_letters && matches!(shown.len(), 8 | 14 | 16 | 20 | 32);
    is_number && !is_tag && base::my_number_guard::refuse_individual_number(shown).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_a_tag_says_is_not_handed_on() {
        for number in ["1565921879", "L-0042", "12345678", "20000000012345"] {
            assert!(may_be_the_library_s(number), "{number}");
        }
        for shown in ["04A23B1C5D8066", "04a23b1c", "", "123456789018", "あ", "0123456789ABCDEF0123456789ABCDEF"] {
            assert!(!may_be_the_library_s(shown), "{shown}");
        }
    }
}
