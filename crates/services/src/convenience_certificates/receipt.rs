//! The receipt (領収書): municipality, date and time, place, kind, copies, fee, a short form of the request's id, and whom
//! to ask; on the screen and, for whoever wants it, on paper. Never a name, an address or a number of a person: people leave it lying about.

use base::{Id, Timestamp, Yen};
use tools::CityProfile;

use super::choices::CertificateKind;
use super::requests::Request;

/// What stands on a receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The municipality.
    pub municipality: String,
    /// When the fee was kept.
    pub at: Timestamp,
    /// Where the machine stands, and which it is.
    pub place: String,
    /// What was printed.
    pub kind: CertificateKind,
    /// How many copies.
    pub copies: u8,
    /// What was paid.
    pub fee: Yen,
    /// Enough of the request's id to find it, see [`short_form`].
    pub request: String,
    /// Whom to ask.
    pub contact: String,
}

impl Receipt {
    /// The receipt of a request whose fee was kept.
    pub fn of(city: &CityProfile, request: &Request, place: String, at: Timestamp) -> Self {
        Self {
            municipality: city.name.clone(),
            at,
            place,
            kind: request.choices.kind,
            copies: request.choices.copies,
            fee: request.fee,
            request: short_form(request.id),
            contact: city.counter.clone(),
        }
    }

    /// What the paper says.
    pub(super) fn on_paper(&self) -> paper::receipt::Receipt {
        paper::receipt::Receipt {
            municipality: self.municipality.clone(),
            at: self.at,
            place: self.place.clone(),
            paid_for: format!("{} {}通", self.kind.title(), self.copies),
            fee: self.fee.to_string(),
            number: self.request.clone(),
            contact: self.contact.clone(),
        }
    }
}

/// The first ten of the id's 26 characters in two groups: 50 random bits, read out on the telephone.
pub fn short_form(id: Id) -> String {
    let text = id.to_string().to_uppercase();
    format!("{}-{}", &text[..5], &text[5..10])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_form_is_the_beginning_of_the_id() {
        let id = Id::from_bytes([0xA5; 16]);
        let short = short_form(id);
        assert_eq!(short.len(), 11);
        assert!(id.to_string().to_uppercase().starts_with(&short.replace('-', "")));
    }
}
