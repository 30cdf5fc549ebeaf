//! The provider of a city: its settings, and its secrets, made at first use and sealed under the zone's vault.

use openid::provider::{Paths, Provider, Secrets, Settings};
use store::StoreError;

use super::{AppsError, items, keys};
use crate::portal::Assurance;
use crate::zone::Outside;

const COLUMN: &str = "data_app_secrets.sealed";
/// Under which name the vault keeps the provider's key; no person's.
pub(super) const SEALED_UNDER: &str = "provider";

/// The provider of this city. Several processes of a city find the same secrets.
///
/// # Errors
/// [`AppsError`]; [`AppsError::Unusable`] when the city's public address is no origin.
pub fn open_provider(outside: &Outside) -> Result<Provider, AppsError> {
    let own = |name: &'static str| -> Result<[u8; 32], AppsError> {
        let found = secret(outside, name, &outside.seams.random.bytes::<32>())?;
        found.try_into().map_err(|_| AppsError::Unusable("a secret of the provider cannot be read"))
    };
    let secrets = Secrets { pairwise: own("pairwise")?, nonce: own("nonce")? };
    let (key, other_keys) = keys::open(outside)?;
    let settings = Settings {
        issuer: outside.profile.public_address.clone(),
        paths: Paths::default(),
        scopes: items::scopes(),
        levels: [Assurance::Substantial, Assurance::High].map(|level| level.word().to_owned()).into(),
        claims: vec!["name".to_owned()],
        other_keys,
    };
    Provider::new(settings, key, &secrets, outside.seams.clone())
        .map_err(|_| AppsError::Unusable("the city's public address is not https without a path"))
}

/// The secret of this name; `fresh` when there was none.
pub(super) fn secret(outside: &Outside, name: &'static str, fresh: &[u8]) -> Result<Vec<u8>, AppsError> {
    let find = || {
        outside.store.read::<_, StoreError, _>(|tx| {
            let row = tx.query_one("SELECT sealed FROM data_app_secrets WHERE name = $1", &[name.into()])?;
            row.map(|row| Ok(row.blob(0)?.to_vec())).transpose()
        })
    };
    let sealed = match find()? {
        Some(sealed) => sealed,
        None => {
            let (sealed, now) = (outside.vault.seal(SEALED_UNDER, COLUMN, fresh)?, outside.seams.now());
            // Whoever is first decides; everybody reads what stands there then.
            outside.store.write::<_, StoreError, _>(move |tx| {
                tx.execute(
                    "INSERT INTO data_app_secrets (name, sealed, made_at) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING",
                    &[name.into(), sealed.as_slice().into(), now.into()],
                )
            })?;
            find()?.ok_or(AppsError::Unusable("a secret of the provider is missing"))?
        }
    };
    Ok(outside.vault.open_sealed(SEALED_UNDER, COLUMN, &sealed)?)
}
