//! What is known of the national sign-in app from outside, in one place. `V`: verified in public sources; `R`: recalled or
//! seen only in third-party programs, to be confirmed before a city relies on it.

/// Below the issuer. V: two independent relying parties.
pub const AUTHORIZATION_PATH: &str = "/protocol/openid-connect/auth";
/// Below the issuer. V.
pub const TOKEN_PATH: &str = "/protocol/openid-connect/token";
/// Below the issuer. V.
pub const USERINFO_PATH: &str = "/protocol/openid-connect/userinfo";
/// Below the issuer. V.
pub const KEYS_PATH: &str = "/protocol/openid-connect/certs";
/// The issuer of production as one public program has it. R: another writes it otherwise, so it comes from the
/// configuration and is compared exactly.
pub const ISSUER_EXAMPLE: &str = "https://auth-and-sign.go.jp/api/realms/main";
/// Longest redirect address. V: the agency's developer pages.
pub const MAX_REDIRECT: usize = 255;
/// Scope of every request. V.
pub const SCOPE: &str = "openid";
/// Scopes of the four attributes (基本4情報). V.
pub const ATTRIBUTE_SCOPES: &str = "name address birthdate gender";
/// Scope of a signature. V.
pub const SIGN_SCOPE: &str = "sign";
/// Parameter that carries a signature's transaction. V; that the client-credentials answer itself names it: R.
pub const SIGN_TRANSACTION: &str = "sign_transaction_id";
/// Claims of the user information. R: names follow OpenID Connect Core §5.1.
pub const NAME: &str = "name";
/// R: as text, or as an object with `formatted`.
pub const ADDRESS: &str = "address";
/// R: `YYYYMMDD`; `YYYY-MM-DD` is read too.
pub const BIRTH_DATE: &str = "birthdate";
/// R: `1` male, `2` female, `9` not applicable.
pub const GENDER: &str = "gender";
/// How far clocks may disagree, in seconds. Ours.
pub const CLOCK_SKEW_SECONDS: i64 = 60;
/// How long a sign-in may take, in seconds. Ours.
pub const MAX_SECONDS: i64 = 600;
/// How long the provider's keys are believed before they are fetched anew, in seconds: what it withdraws is over. Ours.
pub const KEYS_SECONDS: i64 = 600;
/// How long our own assertion is good, in seconds. Ours.
pub const ASSERTION_SECONDS: i64 = 60;
