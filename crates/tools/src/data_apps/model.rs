//! An app's registration and its states: rules only.

use base::my_number_guard::refuse_individual_number;
use openid::provider::{Client, Digest, check_redirects, read_key_set};
use serde::{Deserialize, Serialize};

use super::items;

/// Where an app stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppState {
    /// It was sent in; an officer looks at it.
    Applied,
    /// Not taken. For good: a better registration is a new one.
    Refused,
    /// It may try with made-up residents.
    Sandbox,
    /// Residents may connect it.
    Live,
    /// It may do nothing for now.
    Suspended,
    /// It ended: every consent to it is over. For good.
    Revoked,
}

impl AppState {
    /// All of them.
    pub const ALL: &'static [Self] =
        &[Self::Applied, Self::Sandbox, Self::Live, Self::Suspended, Self::Refused, Self::Revoked];

    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Refused => "refused",
            Self::Sandbox => "sandbox",
            Self::Live => "live",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
        }
    }

    /// From the stored word; an unknown one may do nothing.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.iter().copied().find(|one| one.word() == word).unwrap_or(Self::Suspended)
    }

    /// What an officer may make of it.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Applied => &[Self::Sandbox, Self::Live, Self::Refused],
            Self::Sandbox => &[Self::Live, Self::Suspended, Self::Revoked],
            Self::Live => &[Self::Suspended, Self::Revoked],
            Self::Suspended => &[Self::Live, Self::Sandbox, Self::Revoked],
            Self::Refused | Self::Revoked => &[],
        }
    }

    /// Whether the provider knows it: its requests are answered, if only to say that it is suspended.
    pub const fn is_known(self) -> bool {
        matches!(self, Self::Sandbox | Self::Live | Self::Suspended)
    }
}

/// One sentence in three languages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Japanese.
    pub japanese: String,
    /// やさしい日本語.
    pub easy: String,
    /// English.
    pub english: String,
}

/// What an organisation says of its app.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The app's name as people know it.
    pub name: String,
    /// Who offers it.
    pub organisation: String,
    /// An address at which somebody answers the city.
    pub contact: String,
    /// The organisation's privacy policy.
    pub policy: String,
    /// Where people are sent back.
    pub redirect_uris: Vec<String>,
    /// Its public keys: a JSON Web Key Set as it was sent.
    pub keys: String,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// What it does with it, as people read it.
    pub purpose: Words,
    /// The domain whose apps share a person's name; empty: this app alone.
    pub sector: String,
}

/// What is wrong with a registration: a field and the key of a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {reason}")]
pub struct Fault {
    /// The field.
    pub field: &'static str,
    /// Key of the sentence.
    pub reason: &'static str,
}

const fn fault<T>(field: &'static str, reason: &'static str) -> Result<T, Fault> {
    Err(Fault { field, reason })
}

impl Registration {
    /// Whether it may be sent in.
    ///
    /// # Errors
    /// [`Fault`], the first there is.
    pub fn check(&self) -> Result<(), Fault> {
        let lines = [
            ("name", &self.name, 60),
            ("organisation", &self.organisation, 120),
            ("contact", &self.contact, 120),
            ("policy", &self.policy, 255),
            ("purpose_ja", &self.purpose.japanese, 300),
            ("purpose_easy", &self.purpose.easy, 300),
            ("purpose_en", &self.purpose.english, 300),
        ];
        for (field, text, longest) in lines {
            if text.trim().is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
                return fault(field, "apps-fault-text");
            }
            if refuse_individual_number(text).is_err() {
                return fault(field, "apps-fault-number");
            }
        }
        if !self.contact.contains('@') {
            return fault("contact", "apps-fault-contact");
        }
        if !self.policy.starts_with("https://") || !self.policy.bytes().all(|b| b.is_ascii_graphic()) {
            return fault("policy", "apps-fault-https");
        }
        if check_redirects(&self.redirect_uris).is_err() {
            return fault("redirect_uris", "apps-fault-redirect");
        }
        if self.keys.len() > 16 * 1024 || read_key_set(self.keys.as_bytes()).is_err() {
            return fault("keys", "apps-fault-keys");
        }
        if self.data_scopes().next().is_none() || !self.scopes.iter().all(|scope| items::is_scope(scope)) {
            return fault("scopes", "apps-fault-scopes");
        }
        if !self.sector.is_empty() && !self.redirect_uris.iter().all(|address| is_within(address, &self.sector)) {
            return fault("sector", "apps-fault-sector");
        }
        Ok(())
    }

    /// The scopes that open data.
    pub fn data_scopes(&self) -> impl Iterator<Item = &str> {
        self.scopes.iter().map(String::as_str).filter(|scope| items::find(scope).is_some())
    }

    /// SHA-256 of everything a person agrees to. Contact and keys may change without asking anybody anew.
    pub fn agreement(&self, client_id: &str) -> Digest {
        let all = serde_json::json!([
            "yakuba-data-agreement-1",
            client_id,
            self.name,
            self.organisation,
            self.policy,
            self.scopes,
            self.purpose,
            self.sector
        ]);
        Digest::of(&all.to_string())
    }
}

/// Whether the https `address` lies within the domain `sector`: so nobody claims another's.
fn is_within(address: &str, sector: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', ':']).next().unwrap_or_default();
    sector.contains('.') && (host == sector || host.ends_with(&format!(".{sector}")))
}

/// An app of the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataApp {
    /// `client_id`.
    pub client_id: String,
    /// Where it stands.
    pub state: AppState,
    /// What was registered.
    pub registration: Registration,
    /// What a person agrees to.
    pub agreement: Digest,
}

impl DataApp {
    /// As the provider sees it. [`None`] for one that it does not know, or whose keys cannot be read.
    pub fn client(&self) -> Option<Client> {
        if !self.state.is_known() {
            return None;
        }
        let said = &self.registration;
        Some(Client {
            id: self.client_id.clone(),
            redirect_uris: said.redirect_uris.clone(),
            keys: read_key_set(said.keys.as_bytes()).ok()?,
            scopes: said.scopes.clone(),
            sector: if said.sector.is_empty() { self.client_id.clone() } else { said.sector.clone() },
            is_suspended: self.state == AppState::Suspended,
        })
    }
}
