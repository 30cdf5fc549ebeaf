//! The two zones of one city, as values handed to every action.
//!
//! ```text
//!   Inside  : register, certificates, staff, terminals     (own database, keys and role)
//!   Outside : portal, public pages                         (own database, keys and role)
//!        ▲ signed, idempotent messages only (`relay`) ▲
//! ```
//! There is no way from an [`Outside`] to the register: it simply holds no [`Store`] that could open it.

use std::sync::Arc;

use base::Seams;
use store::Store;
use store::sealing::Vault;

/// What a city prints and says about itself. One deployment serves one municipality.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CityProfile {
    /// Name with its kind, e.g. `見本市`.
    pub name: String,
    /// Name in English.
    pub name_english: String,
    /// Local public entity code (全国地方公共団体コード), five digits without the check digit.
    pub municipality_code: String,
    /// The mayor's title as printed, e.g. `見本市長`.
    pub mayor_title: String,
    /// The mayor's name as printed.
    pub mayor_name: String,
    /// Where anyone checks a paper, without a trailing slash: `https://verify.example.lg.jp`.
    pub public_address: String,
    /// Telephone and place of the counter to which refusals send people.
    pub counter: String,
}

impl CityProfile {
    /// The fictional city of the demo. Its code lies in a range no prefecture uses.
    pub fn demo(public_address: &str) -> Self {
        Self {
            name: "見本市".to_owned(),
            name_english: "Mihon City".to_owned(),
            municipality_code: "99999".to_owned(),
            mayor_title: "見本市長".to_owned(),
            mayor_name: "見本 太郎".to_owned(),
            public_address: public_address.trim_end_matches('/').to_owned(),
            counter: "見本市役所 市民課 1番窓口(電話 000-000-0000)".to_owned(),
        }
    }
}

/// Everything an action of the inside zone may touch. Cheap to clone.
#[derive(Clone)]
pub struct Inside {
    /// Time and randomness.
    pub seams: Seams,
    /// The inside database.
    pub store: Store,
    /// Numbers of services' cards, apart from the register ([`crate::service_cards`]).
    pub cards: Store,
    /// Sealed columns and keyed hashes of the inside zone.
    pub vault: Vault,
    /// Who the city is.
    pub profile: Arc<CityProfile>,
    /// Whether this database was born by `demo` or `city generate`: only then are test anchors and virtual cards allowed.
    pub demo: bool,
}

/// Everything an action of the outside zone may touch. Cheap to clone.
#[derive(Clone)]
pub struct Outside {
    /// Time and randomness.
    pub seams: Seams,
    /// The outside database.
    pub store: Store,
    /// Sealed columns and keyed hashes of the outside zone, under keys of its own.
    pub vault: Vault,
    /// Who the city is.
    pub profile: Arc<CityProfile>,
}
