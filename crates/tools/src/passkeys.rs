//! The passkey ceremony (W3C WebAuthn level 3), without any table: staff and residents come in by the same one.
//!
//! ```text
//!   start ─► options (challenge) ─► browser and authenticator ─► answer ─► finish
//!     └─ state, five minutes, one use, found by the hash of a secret in the browser's cookie ─┘
//! ```
//! Credentials are discoverable, so nobody types an account name and nothing tells a stranger which accounts exist. The
//! authenticator must verify its user (PIN, finger, face): one gesture is two factors. Attestation is not asked for.

use aws_lc_rs::digest;
use base::Seams;
use data_encoding::BASE64URL_NOPAD;
use serde_json::Value as Json;
use webauthn_rs::prelude::{
    DiscoverableAuthentication, DiscoverableKey, Passkey, PasskeyRegistration, PublicKeyCredential,
    RegisterPublicKeyCredential, Url, Uuid, Webauthn, WebauthnBuilder, WebauthnError,
};

/// How long a person may take between the two halves.
pub const CEREMONY_SECONDS: i64 = 300;

/// The name under which browsers file our passkeys: origin and its host.
#[derive(Clone)]
pub struct RelyingParty(Webauthn);

/// The origin cannot be used for passkeys.
#[derive(Debug, thiserror::Error)]
#[error("the origin cannot be used for passkeys; it must be https://NAME or http://localhost:PORT ({reason})")]
pub struct RelyingPartyError {
    reason: String,
}

/// Why a ceremony came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasskeyRefusal {
    /// The two halves do not belong together.
    #[error("this attempt has expired; begin again")]
    Ceremony,
    /// The answer does not verify.
    #[error("this passkey is not accepted")]
    Passkey,
}

impl RelyingParty {
    /// For `origin`, e.g. `http://localhost:8080`; `name` is shown by the browser.
    ///
    /// # Errors
    /// [`RelyingPartyError`] when it is no web origin with a host name.
    pub fn new(origin: &str, name: &str) -> Result<Self, RelyingPartyError> {
        let unusable = |reason: &dyn std::fmt::Display| RelyingPartyError { reason: reason.to_string() };
        let url = Url::parse(origin).map_err(|error| unusable(&error))?;
        let host = url.domain().ok_or_else(|| unusable(&"it has no host name"))?.to_owned();
        let built = WebauthnBuilder::new(&host, &url).and_then(|builder| builder.rp_name(name).build());
        built.map(Self).map_err(|error| unusable(&error))
    }

    /// Begins to register a passkey for the user `handle`, who is shown as `shown`; `known` are the contents of those
    /// they have. Gives the options for the browser and the state to keep.
    ///
    /// # Errors
    /// [`PasskeyRefusal::Ceremony`].
    pub fn start_registration(
        &self,
        handle: [u8; 16],
        shown: &str,
        known: &[String],
    ) -> Result<(Json, String), PasskeyRefusal> {
        // One that a newer version wrote cannot be read; it is then not excluded, which only allows a duplicate.
        let known = known.iter().filter_map(|content| serde_json::from_str::<Passkey>(content).ok());
        let exclude = known.map(|key| key.cred_id().clone()).collect();
        let started = self.0.start_passkey_registration(Uuid::from_bytes(handle), shown, shown, Some(exclude));
        let (challenge, library) = started.map_err(defect)?;
        let mut options = serde_json::to_value(&challenge).map_err(|_| PasskeyRefusal::Ceremony)?;
        // The library leaves discoverability to the authenticator; sign-in without an account name needs it.
        options["publicKey"]["authenticatorSelection"]["residentKey"] = "required".into();
        options["publicKey"]["authenticatorSelection"]["requireResidentKey"] = true.into();
        Ok((options, serde_json::to_string(&library).map_err(|_| PasskeyRefusal::Ceremony)?))
    }

    /// Finishes registering.
    ///
    /// # Errors
    /// [`PasskeyRefusal`].
    pub fn finish_registration(&self, state: &str, answer: &str) -> Result<NewPasskey, PasskeyRefusal> {
        let library: PasskeyRegistration = serde_json::from_str(state).map_err(|_| PasskeyRefusal::Ceremony)?;
        let answer: RegisterPublicKeyCredential = serde_json::from_str(answer).map_err(|_| PasskeyRefusal::Passkey)?;
        let refused = |_| PasskeyRefusal::Passkey;
        let passkey = self.0.finish_passkey_registration(&answer, &library).map_err(refused)?;
        let content = serde_json::to_string(&passkey).map_err(|_| PasskeyRefusal::Passkey)?;
        Ok(NewPasskey { credential: passkey.cred_id().to_vec(), content })
    }

    /// Begins to sign in. Says nothing about accounts.
    ///
    /// # Errors
    /// [`PasskeyRefusal::Ceremony`].
    pub fn start_sign_in(&self) -> Result<(Json, String), PasskeyRefusal> {
        let (challenge, library) = self.0.start_discoverable_authentication().map_err(defect)?;
        let mut options = serde_json::to_value(&challenge).map_err(|_| PasskeyRefusal::Ceremony)?;
        // How it is asked (button, or a field's autofill) is the page's to say.
        if let Some(all) = options.as_object_mut() {
            all.remove("mediation");
        }
        Ok((options, serde_json::to_string(&library).map_err(|_| PasskeyRefusal::Ceremony)?))
    }

    /// Which passkey an answer is of; nothing is proved yet.
    ///
    /// # Errors
    /// [`PasskeyRefusal::Passkey`].
    pub fn shown(&self, answer: &str) -> Result<Shown, PasskeyRefusal> {
        let answer: PublicKeyCredential = serde_json::from_str(answer).map_err(|_| PasskeyRefusal::Passkey)?;
        let named = self.0.identify_discoverable_authentication(&answer);
        let (handle, credential) = named.map_err(|_| PasskeyRefusal::Passkey)?;
        let (handle, credential) = (*handle.as_bytes(), credential.to_vec());
        Ok(Shown { handle, credential, answer })
    }

    /// Finishes signing in with the passkey kept as `content`; returns its new content (the counter moved).
    ///
    /// # Errors
    /// [`PasskeyRefusal`]; also when the user was not verified.
    pub fn finish_sign_in(&self, state: &str, shown: &Shown, content: &str) -> Result<String, PasskeyRefusal> {
        let library: DiscoverableAuthentication = serde_json::from_str(state).map_err(|_| PasskeyRefusal::Ceremony)?;
        let mut passkey: Passkey = serde_json::from_str(content).map_err(|_| PasskeyRefusal::Passkey)?;
        let key = DiscoverableKey::from(&passkey);
        let result = self.0.finish_discoverable_authentication_v2(&shown.answer, library, &key);
        let result = result.map_err(|_| PasskeyRefusal::Passkey)?;
        if !result.user_verified() {
            return Err(PasskeyRefusal::Passkey);
        }
        let _ = passkey.update_credential(&result);
        serde_json::to_string(&passkey).map_err(|_| PasskeyRefusal::Passkey)
    }
}

/// A passkey that was just made.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// The credential's id.
    pub credential: Vec<u8>,
    /// What is kept: its public key, as the library writes it.
    pub content: String,
}

/// An answer, and which passkey it names.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The user handle.
    pub handle: [u8; 16],
    /// The credential's id.
    pub credential: Vec<u8>,
    answer: PublicKeyCredential,
}

/// The browser's half of a ceremony: kept in its cookie, stored only as a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct CeremonySecret([u8; 32]);

impl CeremonySecret {
    /// A fresh one.
    pub fn fresh(seams: &Seams) -> Self {
        Self(seams.random.bytes())
    }

    /// Reads a cookie's value.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?))
    }

    /// As written into the cookie.
    pub fn cookie_value(&self) -> String {
        BASE64URL_NOPAD.encode(&self.0)
    }

    /// SHA-256 of it, under which the state is kept.
    pub fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, &self.0).as_ref().to_vec()
    }
}

impl std::fmt::Debug for CeremonySecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CeremonySecret")
    }
}

/// What the browser needs to go on.
#[derive(Clone, Debug)]
pub struct Begun {
    /// For the cookie.
    pub secret: CeremonySecret,
    /// For `navigator.credentials`, as JSON.
    pub options: Json,
}

/// The library failed where only a misconfiguration can be the cause.
fn defect(error: WebauthnError) -> PasskeyRefusal {
    tracing::error!(?error, "a passkey ceremony could not begin");
    PasskeyRefusal::Ceremony
}
