//! A small public key infrastructure, made once for the whole run.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use base::{Date, Timestamp};
use pki::keys::SigningKey;
use pki::test_authority::{
    DocumentSignerRequest, Generation, SigningRequest, TestAuthority, UserAuthenticationRequest,
};
use pki::{AuthorityRole, MemorySigner, TrustAnchors};

/// The instant at which the stories play.
pub fn now() -> Timestamp {
    Timestamp::in_japan(Date::new(2026, 11, 23).unwrap(), 10, 0, 0)
}

/// Midnight in Japan of a day.
pub fn day(year: i16, month: i8, day: i8) -> Timestamp {
    Timestamp::in_japan(Date::new(year, month, day).unwrap(), 0, 0, 0)
}

pub static CARD_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_rsa().unwrap());
pub static OTHER_CARD_KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate_rsa().unwrap());

/// The second of two generations under one name; the first is [`OLD_GENERATION`].
pub static AUTHORITY: LazyLock<TestAuthority> = LazyLock::new(|| {
    authority(AuthorityRole::UserAuthentication, 0x0133_C349, day(2019, 9, 14), day(2029, 9, 15).plus_seconds(-1))
});
pub static OLD_GENERATION: LazyLock<TestAuthority> = LazyLock::new(|| {
    authority(AuthorityRole::UserAuthentication, 1, day(2015, 10, 20), day(2025, 10, 20).plus_seconds(-1))
});
pub static SIGNING_AUTHORITY: LazyLock<TestAuthority> =
    LazyLock::new(|| authority(AuthorityRole::ResidentSigning, 2, day(2019, 9, 14), day(2029, 9, 14)));
/// Same name, same shape, but nobody trusts its key.
pub static STRANGER: LazyLock<TestAuthority> =
    LazyLock::new(|| authority(AuthorityRole::UserAuthentication, 0x0133_C349, day(2019, 9, 14), day(2029, 9, 14)));
pub static DOCUMENT_AUTHORITY: LazyLock<TestAuthority> = LazyLock::new(|| {
    let generation = Generation { serial: 7, not_before: day(2020, 1, 1), not_after: day(2035, 1, 1), ocsp_url: None };
    TestAuthority::new(AuthorityRole::Document, SigningKey::generate_p256().unwrap(), &generation).unwrap()
});

fn authority(role: AuthorityRole, serial: u64, not_before: Timestamp, not_after: Timestamp) -> TestAuthority {
    let ocsp_url = Some("http://127.0.0.1:9/ocsp".to_owned());
    let generation = Generation { serial, not_before, not_after, ocsp_url };
    TestAuthority::new(role, SigningKey::generate_rsa().unwrap(), &generation).unwrap()
}

/// Both generations for cards, and the CAs for residents' signatures and documents.
pub fn anchors() -> TrustAnchors {
    TestAuthority::anchors(&[&OLD_GENERATION, &AUTHORITY, &SIGNING_AUTHORITY, &DOCUMENT_AUTHORITY]).unwrap()
}

pub fn request(serial: u64) -> UserAuthenticationRequest<'static> {
    UserAuthenticationRequest {
        public_key_info: CARD_KEY.public_key_info(),
        serial,
        holder: "K3M9T2V7Q1X8Z4",
        municipality: "13101",
        not_before: day(2024, 4, 1),
        not_after: day(2029, 4, 2).plus_seconds(-1),
    }
}

pub fn card_certificate(serial: u64) -> Vec<u8> {
    AUTHORITY.issue_user_authentication(&request(serial)).unwrap()
}

pub fn signing_request() -> SigningRequest<'static> {
    SigningRequest {
        public_key_info: CARD_KEY.public_key_info(),
        serial: 0x0102_0304,
        municipality: "13101",
        not_before: day(2024, 4, 1),
        not_after: day(2029, 4, 1),
        name: "架空　花子",
        name_substitutions: "00000",
        sex: "2",
        birth_date: "319800217",
        address: "東京都架空区本町１－２－３",
        address_substitutions: "0000000000000",
    }
}

pub fn mayor_request(key: &SigningKey) -> DocumentSignerRequest<'_> {
    DocumentSignerRequest {
        public_key_info: key.public_key_info(),
        serial: 0x00AB_CDEF,
        organization: "デモ市",
        common_name: "デモ市長",
        not_before: day(2025, 4, 1),
        not_after: day(2028, 4, 1),
    }
}

pub fn mayor() -> MemorySigner {
    let key = SigningKey::generate_p256().unwrap();
    let leaf = DOCUMENT_AUTHORITY.issue_document_signer(&mayor_request(&key)).unwrap();
    MemorySigner::new(key, vec![leaf, DOCUMENT_AUTHORITY.certificate().to_vec()])
}

/// A directory for files that other programs judge.
pub struct Workshop(tempfile::TempDir);

impl Workshop {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Writes DER as PEM.
    pub fn pem(&self, name: &str, label: &str, der: &[u8]) -> PathBuf {
        let text = data_encoding::BASE64.encode(der);
        let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
        self.write(name, format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).as_bytes())
    }

    pub fn run(&self, program: &str, arguments: &[&str]) -> Said {
        let output: Output = Command::new(program)
            .args(arguments)
            .current_dir(self.path())
            .env("LC_ALL", "C.UTF-8")
            .output()
            .unwrap_or_else(|error| panic!("{program} could not be run ({error}); is it installed?"));
        let text = [output.stdout, output.stderr].concat();
        Said { good: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() }
    }
}

/// What another program said.
#[derive(Debug)]
pub struct Said {
    pub good: bool,
    pub text: String,
}
