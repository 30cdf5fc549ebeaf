//! The keys a city signs with, as files of mode 0600 in `D/signing/`, and the demo's certification authorities in
//! `D/simulated-jlis/`.
//!
//! A production city brings its own document certificate (職責証明書) as `mayor.p8` and `mayor-chain.pem`; where they are
//! absent in a demo, a test authority makes them. A device (PKCS#11) can stand behind `pki::keys::DocumentSigner` later.

use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base::{Kind, Seams, Timestamp};
use card::virtual_card::CardIssuer;
use pki::agent::ServerKeys;
use pki::anchors::AuthorityRole;
use pki::keys::{MemorySigner, SigningKey as DocumentKey};
use pki::sealed::SealingKey;
use pki::test_authority::{DocumentSignerRequest, Generation, TestAuthority};
use pki::token::{TokenKey, TokenPublicKey};
use pki::wallet::sd_jwt::Issuer as Signer;
use services::convenience_certificates::twin::collect::TwinIssuer;
use tools::CityProfile;
use tools::signing::SigningKey as ZoneKey;

use crate::fail::{Failure, failed};
use crate::key_book::KeyBook;
pub use crate::key_files::{read_code, write_secret};

/// Years a test authority's own certificate is valid.
const AUTHORITY_SECONDS: i64 = 10 * 365 * 86_400;
/// Seconds a test document certificate is valid: five years.
const DOCUMENT_SECONDS: i64 = 5 * 365 * 86_400;
/// Test authorities are born a day early, so that clocks that differ a little still believe them.
const BORN_EARLY_SECONDS: i64 = 86_400;

/// What a city signs with.
pub struct CityKeys {
    /// Seals documents (PAdES).
    pub document: Arc<MemorySigner>,
    /// The authority above the document certificate, DER.
    pub document_authority: Vec<u8>,
    /// Signs the codes on papers.
    pub code: TokenKey,
    /// Public halves of the next code key and of earlier ones.
    pub other_codes: Vec<TokenPublicKey>,
    /// Grows with each change of the code keys.
    pub code_version: u64,
    /// The authorities above earlier document certificates, DER.
    pub former_authorities: Vec<Vec<u8>>,
    /// What is in use, for people.
    pub in_use: Vec<web::staff::InUse>,
    /// The city's version of what is in use, as far as this directory has followed.
    pub version: i64,
    /// Signs audit heads and parcels of the inside zone.
    pub inside: ZoneKey,
    /// Signs parcels of the outside zone.
    pub outside: ZoneKey,
    /// Signs requests to card agents and opens their answers.
    pub agents: Arc<ServerKeys>,
    /// The same for residents' own agents, at the portal: keys of the outside.
    pub portal_agents: Arc<ServerKeys>,
    /// Opens what the outside sends about a portal account.
    pub inside_post: SealingKey,
    /// Opens what the inside sends about one.
    pub outside_post: SealingKey,
}

/// The demo's certification authorities.
pub struct SimulatedAuthorities {
    /// Issues user-authentication certificates.
    pub user_authentication: TestAuthority,
    /// Issues signing certificates.
    pub signing: TestAuthority,
    /// Makes virtual cards genuine.
    pub cards: CardIssuer,
    /// Above the simulated time-stamping authority.
    pub timestamps: TestAuthority,
    /// Above the mayor's certificate: here it only signs its revocation list.
    pub document: TestAuthority,
}

/// Reads a secret file, or makes it with mode 0600 from `make`. Written beside and renamed, so that a kill leaves none.
fn secret_file(path: &Path, make: impl FnOnce() -> Result<Vec<u8>, Failure>) -> Result<Vec<u8>, Failure> {
    match fs::read(path) {
        Ok(bytes) => return Ok(bytes),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed("a key file cannot be read")(error)),
    }
    let bytes = make()?;
    write_secret(path, &bytes)?;
    Ok(bytes)
}

/// Makes a directory that only this user may open, where it is absent.
///
/// # Errors
/// It cannot be made.
pub fn private_directory(path: &Path) -> Result<PathBuf, Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(failed("a directory for keys cannot be made"))?;
    Ok(path.to_owned())
}

fn document_key(
    path: &Path,
    make: impl FnOnce() -> Result<DocumentKey, pki::keys::KeyError>,
) -> Result<DocumentKey, Failure> {
    let der = secret_file(path, || {
        let key = make().map_err(failed("a key cannot be made"))?;
        key.to_pkcs8().map_err(failed("a key cannot be written"))
    })?;
    DocumentKey::from_pkcs8(&der).map_err(failed("a key file cannot be used"))
}

fn zone_key(path: &Path, seams: &Seams) -> Result<ZoneKey, Failure> {
    let seed = secret_file(path, || {
        Ok(ZoneKey::generate(seams).map_err(failed("a zone's key cannot be made"))?.seed().to_vec())
    })?;
    let seed = <[u8; 32]>::try_from(seed.as_slice()).map_err(failed("a zone's key file has not 32 bytes"))?;
    ZoneKey::from_seed(seed).map_err(failed("a zone's key cannot be used"))
}

impl CityKeys {
    /// Where they lie in the city's directory.
    pub fn place(directory: &Path) -> PathBuf {
        directory.join("signing")
    }

    /// Reads the keys of the city in `directory`; a demo city makes what is absent.
    ///
    /// # Errors
    /// A key file that cannot be read or used; in production also one that is absent.
    pub fn open(directory: &Path, seams: &Seams, profile: &CityProfile, demo: bool) -> Result<Self, Failure> {
        let place = private_directory(&directory.join("signing"))?;
        let (document, document_authority) =
            if demo { demo_document(&place, seams, profile)? } else { production_document(&place)? };
        let code = secret_file(&place.join("code.p8"), || {
            let key = TokenKey::generate().map_err(failed("the code key cannot be made"))?;
            key.to_pkcs8().map_err(failed("the code key cannot be written"))
        })?;
        let book = KeyBook::read(&place)?;
        Ok(Self {
            other_codes: book.other_code_keys(&place)?,
            code_version: book.code_version(),
            former_authorities: book.former_authorities(),
            in_use: book.in_use(&place)?,
            version: book.version(),
            document: Arc::new(document),
            document_authority,
            code: TokenKey::from_pkcs8(&code).map_err(failed("the code key cannot be used"))?,
            inside: zone_key(&place.join("inside-zone.seed"), seams)?,
            outside: zone_key(&place.join("outside-zone.seed"), seams)?,
            agents: agent_keys(&place, "agents")?,
            portal_agents: agent_keys(&place, "portal-agents")?,
            inside_post: post_key(&place.join("inside-post.key"))?,
            outside_post: post_key(&place.join("outside-post.key"))?,
        })
    }
}

/// What telling residents needs: the private key push services know the city by (32 bytes in Base64url, as other tools write
/// it), the secret of return paths and stopping links, the password of the mail server where there is one. The first two are
/// made where they are absent: browsers learn the one when they subscribe, the other nobody else knows.
pub struct ChannelKeys {
    /// The push key.
    pub push: String,
    /// The secret.
    pub tokens: [u8; 32],
    /// The password.
    pub smtp_password: Option<base::Personal<String>>,
}

/// Reads them from the city in `directory`.
///
/// # Errors
/// A key file that cannot be read, made or used.
pub fn channel_keys(directory: &Path, seams: &Seams) -> Result<ChannelKeys, Failure> {
    let place = private_directory(&CityKeys::place(directory))?;
    let push = secret_file(&place.join("push.key"), || {
        messaging::push::VapidKey::generate("https://city.example")
            .and_then(|key| key.secret())
            .map(String::into_bytes)
            .map_err(failed("the key for push services cannot be made"))
    })?;
    let tokens = secret_file(&place.join("mail-links.seed"), || Ok(seams.random.bytes::<32>().to_vec()))?;
    let password = match fs::read_to_string(place.join("smtp.password")) {
        Ok(text) => Some(base::Personal::new(text.trim_end_matches(['\r', '\n']).to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("smtp.password cannot be read")(error)),
    };
    Ok(ChannelKeys {
        push: String::from_utf8(push).map_err(failed("push.key is no text"))?,
        tokens: tokens.as_slice().try_into().map_err(failed("mail-links.seed has not 32 bytes"))?,
        smtp_password: password,
    })
}

fn post_key(path: &Path) -> Result<SealingKey, Failure> {
    let bytes = secret_file(path, || Ok(SealingKey::generate().to_bytes()))?;
    SealingKey::from_bytes(&bytes).map_err(failed("a key for messages between the zones cannot be used"))
}

/// Both are made where they are absent, in production too: agents learn them when they are paired. A key to seal to is
/// replaced by moving it to `NAME-seal-old.key`, where answers to it still open, and starting anew.
fn agent_keys(place: &Path, name: &str) -> Result<Arc<ServerKeys>, Failure> {
    let signing = document_key(&place.join(format!("{name}.p8")), DocumentKey::generate_p256)?;
    let unusable = |error| failed("the key for card agents cannot be used")(error);
    let seal = secret_file(&place.join(format!("{name}-seal.key")), || Ok(SealingKey::generate().to_bytes()))?;
    let mut sealing = vec![SealingKey::from_bytes(&seal).map_err(unusable)?];
    if let Ok(old) = fs::read(place.join(format!("{name}-seal-old.key"))) {
        sealing.push(SealingKey::from_bytes(&old).map_err(unusable)?);
    }
    Ok(Arc::new(ServerKeys { signing, sealing }))
}

/// The outside's own key for digital copies, certified under an authority of the city's that signs nothing else: whoever
/// stole it could sign no paper. A production city brings `twin.p8` and `twin.der`.
///
/// # Errors
/// A file that cannot be read, used or, in a demo, made.
pub fn twin_issuer(directory: &Path, seams: &Seams, profile: &CityProfile, demo: bool) -> Result<TwinIssuer, Failure> {
    let place = private_directory(&directory.join("signing"))?;
    let certificate = place.join("twin.der");
    let key = secret_file(&place.join("twin.p8"), || {
        let key = TokenKey::generate().map_err(failed("the key for digital copies cannot be made"))?;
        key.to_pkcs8().map_err(failed("the key for digital copies cannot be written"))
    })?;
    let signing = TokenKey::from_pkcs8(&key).map_err(failed("the key for digital copies cannot be used"))?;
    if demo && !certificate.is_file() {
        let now = seams.now();
        let authority_key = document_key(&place.join("twin-authority.p8"), DocumentKey::generate_p256)?;
        let authority = TestAuthority::new(AuthorityRole::Document, authority_key, &generation(now, None, 1))
            .map_err(failed("the authority for digital copies cannot be made"))?;
        let leaf = authority
            .issue_document_signer(&DocumentSignerRequest {
                public_key_info: signing.public().public_key_info(),
                serial: 2,
                organization: &profile.name,
                common_name: &format!("{} デジタル写し(試験)", profile.name),
                not_before: now.plus_seconds(-BORN_EARLY_SECONDS),
                not_after: now.plus_seconds(DOCUMENT_SECONDS),
            })
            .map_err(failed("the certificate for digital copies cannot be made"))?;
        fs::write(place.join("twin-authority.der"), authority.certificate())
            .map_err(failed("a certificate cannot be written"))?;
        fs::write(&certificate, leaf).map_err(failed("a certificate cannot be written"))?;
    }
    let leaf = fs::read(&certificate).map_err(|error| {
        let wanted = "put the certificate for digital copies there, or set twin.offered in yakuba.toml";
        Failure::new(Kind::Unavailable, format!("{}: {wanted}: {error}", certificate.display()))
    })?;
    Ok(TwinIssuer::new(Signer { key: signing, chain: vec![leaf] }, &key))
}

fn production_document(place: &Path) -> Result<(MemorySigner, Vec<u8>), Failure> {
    let absent = |error: std::io::Error| {
        Failure::new(
            Kind::Unavailable,
            format!(
                "{}: put the office's key (mayor.p8) and certificates (mayor.der, authority.der) there: {error}",
                place.display()
            ),
        )
    };
    let key = fs::read(place.join("mayor.p8")).map_err(absent)?;
    let leaf = fs::read(place.join("mayor.der")).map_err(absent)?;
    let authority = fs::read(place.join("authority.der")).map_err(absent)?;
    let key = DocumentKey::from_pkcs8(&key).map_err(failed("the office's key cannot be used"))?;
    Ok((MemorySigner::new(key, vec![leaf, authority.clone()]), authority))
}

fn demo_document(place: &Path, seams: &Seams, profile: &CityProfile) -> Result<(MemorySigner, Vec<u8>), Failure> {
    let now = seams.now();
    let authority_key = document_key(&place.join("test-authority.p8"), DocumentKey::generate_p256)?;
    let key = document_key(&place.join("mayor.p8"), DocumentKey::generate_p256)?;
    let authority_path = place.join("authority.der");
    let leaf_path = place.join("mayor.der");
    if !leaf_path.is_file() {
        let authority = TestAuthority::new(AuthorityRole::Document, authority_key, &generation(now, None, 1))
            .map_err(failed("the test authority cannot be made"))?;
        let leaf = demo_leaf(&authority, &key, profile, now, 2)?;
        fs::write(&authority_path, authority.certificate()).map_err(failed("a certificate cannot be written"))?;
        fs::write(&leaf_path, leaf).map_err(failed("a certificate cannot be written"))?;
    }
    let authority = fs::read(&authority_path).map_err(failed("the authority's certificate cannot be read"))?;
    let leaf = fs::read(&leaf_path).map_err(failed("the mayor's certificate cannot be read"))?;
    Ok((MemorySigner::new(key, vec![leaf, authority.clone()]), authority))
}

fn demo_leaf(
    authority: &TestAuthority,
    key: &DocumentKey,
    profile: &CityProfile,
    now: Timestamp,
    serial: u64,
) -> Result<Vec<u8>, Failure> {
    authority
        .issue_document_signer(&DocumentSignerRequest {
            public_key_info: key.public_key_info(),
            serial,
            organization: &profile.name,
            common_name: &profile.mayor_title,
            not_before: now.plus_seconds(-BORN_EARLY_SECONDS),
            not_after: now.plus_seconds(DOCUMENT_SECONDS),
        })
        .map_err(failed("the mayor's certificate cannot be made"))
}

/// A demo's next document key with a certificate of a new test authority: key, certificate, authority.
///
/// # Errors
/// A key cannot be made.
pub fn next_demo_document(seams: &Seams, profile: &CityProfile) -> Result<[Vec<u8>; 3], Failure> {
    let make = || DocumentKey::generate_p256().map_err(failed("a key cannot be made"));
    let (now, key) = (seams.now(), make()?);
    let authority = TestAuthority::new(AuthorityRole::Document, make()?, &generation(now, None, 1))
        .map_err(failed("the test authority cannot be made"))?;
    let leaf = demo_leaf(&authority, &key, profile, now, 3)?;
    let pkcs8 = key.to_pkcs8().map_err(failed("a key cannot be written"))?;
    Ok([pkcs8, leaf, authority.certificate().to_vec()])
}

fn generation(now: Timestamp, ocsp_url: Option<String>, serial: u64) -> Generation {
    Generation {
        serial,
        not_before: now.plus_seconds(-BORN_EARLY_SECONDS),
        not_after: now.plus_seconds(AUTHORITY_SECONDS),
        ocsp_url,
    }
}

/// The OCSP address written into the demo's certificates. It names no real host: where the simulated responder listens
/// is known only when it has started, so the program asks it by its own address.
const SIMULATED_OCSP: &str = "http://ocsp.simulated-jlis.invalid/";

impl SimulatedAuthorities {
    /// Reads the demo's authorities, or makes them.
    ///
    /// # Errors
    /// A key file that cannot be made, read or used.
    pub fn open(directory: &Path, seams: &Seams) -> Result<Self, Failure> {
        let place = private_directory(&directory.join("simulated-jlis"))?;
        let signing = private_directory(&directory.join("signing"))?;
        // The certificate must be the same at every start, so its dates are kept beside the key.
        let born = secret_file(&place.join("born"), || Ok(seams.now().micros().to_string().into_bytes()))?;
        let born = String::from_utf8_lossy(&born).trim().parse().map(Timestamp::from_micros).unwrap_or_default();
        let make = |role, name: &str, serial| {
            let key = document_key(&place.join(name), DocumentKey::generate_rsa)?;
            TestAuthority::new(role, key, &generation(born, Some(SIMULATED_OCSP.to_owned()), serial))
                .map_err(failed("a simulated authority cannot be made"))
        };
        let card_key = |name: &str| {
            secret_file(&place.join(name), || {
                let key = card::virtual_card::signing::SigningKey::generate();
                key.map(|key| key.pkcs8().to_vec()).map_err(failed("a simulated card authority's key cannot be made"))
            })
        };
        let cards = CardIssuer::from_pkcs8(&card_key("card-authority.p8")?, &card_key("card-municipality.p8")?)
            .map_err(failed("the simulated card authority cannot be used"))?;
        Ok(Self {
            cards,
            user_authentication: make(AuthorityRole::UserAuthentication, "user-authentication.p8", 1)?,
            signing: make(AuthorityRole::ResidentSigning, "signing.p8", 2)?,
            timestamps: make(AuthorityRole::Timestamp, "timestamps.p8", 3)?,
            document: {
                // Its certificate lies in `signing/`; a list needs name and key alone.
                let key = document_key(&signing.join("test-authority.p8"), DocumentKey::generate_p256)?;
                TestAuthority::new(AuthorityRole::Document, key, &generation(born, None, 1))
                    .map_err(failed("the test authority cannot be used"))?
            },
        })
    }
}
