//! What wallets and checkers are told: issuer, authorisation server, types (OpenID4VCI §12.2, RFC 8414, SD-JWT VC type
//! metadata). Public, the same for everybody.

use serde_json::{Value, json};
use tools::CityProfile;
use tools::twins::PreAuthorizedCode;
use tools::twins::envelope::DIGITS;

use super::super::choices::CertificateKind;
use super::{claims, path, type_address};

/// The grant of a pre-authorised code.
pub const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// `/.well-known/openid-credential-issuer`.
pub fn issuer(profile: &CityProfile) -> Value {
    let base = &profile.public_address;
    let configurations: serde_json::Map<String, Value> =
        CertificateKind::all().map(|kind| (kind.as_str().to_owned(), configuration(base, kind))).collect();
    json!({
        "credential_issuer": base,
        "credential_endpoint": format!("{base}{}", path::CREDENTIAL),
        "nonce_endpoint": format!("{base}{}", path::NONCE),
        "display": [
            { "name": profile.name, "locale": "ja" },
            { "name": profile.name_english, "locale": "en" },
        ],
        "credential_configurations_supported": configurations,
    })
}

fn configuration(base: &str, kind: CertificateKind) -> Value {
    json!({
        "format": "dc+sd-jwt",
        "vct": type_address(base, kind.as_str()),
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": ["ES256"],
        "proof_types_supported": { "jwt": { "proof_signing_alg_values_supported": ["ES256"] } },
        "credential_metadata": { "display": display(kind), "claims": claim_paths() },
    })
}

/// The paper is the certificate, so the copy's name says what it is.
fn display(kind: CertificateKind) -> Value {
    json!([
        { "name": format!("{}(デジタル写し・試験)", kind.title()), "locale": "ja" },
        { "name": format!("{} (digital copy, trial)", kind.as_str().replace('_', " ")), "locale": "en" },
    ])
}

/// Claims of the sheet.
const SHEET: [(&str, &str); 8] = [
    ("title", "表題"),
    ("attestation", "認証文"),
    ("municipality", "市区町村"),
    ("municipality_code", "市区町村コード"),
    ("mayor", "証明者"),
    ("issued_on", "発行日"),
    ("document_number", "発行番号"),
    ("request", "請求番号"),
];

fn claim_paths() -> Vec<Value> {
    let word = |path: Value, name: &str| json!({ "path": path, "display": [{ "name": name, "locale": "ja" }] });
    let sheet = SHEET.iter().map(|(name, japanese)| word(json!([name]), japanese));
    let house = [("address", "住所"), ("head", "世帯主")];
    let house = house.iter().map(|(name, japanese)| word(json!(["household", name]), japanese));
    let people = paper::FIELD_NAMES.iter().filter(|(_, name)| !["address", "head"].contains(name));
    let people = people.map(|(japanese, name)| word(json!(["people", null, name]), japanese));
    sheet.chain(house).chain(people).collect()
}

/// `/.well-known/oauth-authorization-server`.
pub fn authorization_server(profile: &CityProfile) -> Value {
    let base = &profile.public_address;
    json!({
        "issuer": base,
        "token_endpoint": format!("{base}{}", path::TOKEN),
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": true,
    })
}

/// `/.well-known/jwt-vc-issuer`; `keys` are JSON Web Keys.
pub fn key_list(profile: &CityProfile, keys: Vec<Value>) -> Value {
    json!({ "issuer": profile.public_address, "jwks": { "keys": keys } })
}

/// The type of a kind's copies, at its own address; `None` for an unknown kind.
pub fn type_of(profile: &CityProfile, kind: &str) -> Option<Value> {
    let kind = CertificateKind::parse(kind)?;
    let shown = |claim: Value, selectively: &str| {
        let mut claim = claim;
        claim["sd"] = selectively.into();
        claim
    };
    let hidden = claim_paths().into_iter().map(|claim| shown(claim, "always"));
    let open = [claims::HASH, claims::KIND].map(|name| shown(json!({ "path": [name] }), "never"));
    Some(json!({
        "vct": type_address(&profile.public_address, kind.as_str()),
        "name": kind.title(),
        "description": "The paper is the certificate. This is a copy of what it says, on trial, without legal force.",
        "claims": hidden.chain(open).collect::<Vec<_>>(),
    }))
}

/// What the square on the screen says: the whole offer by value. By reference it would have to lie with the outside,
/// which must not know the code before a wallet brings it.
pub fn offer(issuer: &str, kind: CertificateKind, code: &PreAuthorizedCode) -> String {
    let offer = json!({
        "credential_issuer": issuer,
        "credential_configuration_ids": [kind.as_str()],
        "grants": { GRANT: {
            "pre-authorized_code": code.text(),
            "tx_code": { "input_mode": "numeric", "length": DIGITS },
        } },
    });
    format!("openid-credential-offer://?credential_offer={}", percent(&offer.to_string()))
}

/// Percent-encoding of everything but unreserved signs (RFC 3986 §2.3).
fn percent(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
