//! Sessions: who is here, between two requests.
//!
//! ```text
//!   cookie (32 random bytes, base 64) ──SHA-256──► sessions.session_hash ─► door, subject, bound_to, times
//! ```
//!
//! The cookie is `__Host-…; Secure; HttpOnly; SameSite=Strict` on https and has a plain name on a loopback demo. A
//! session ends by itself when idle and at an absolute time, and signing in always makes a new one.

use aws_lc_rs::{digest, hmac};
use axum::http::HeaderMap;
use base::{Seams, Timestamp};
use store::{StoreError, Tx};

/// Which door a session belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// The staff console.
    Staff,
    /// A resident standing at a machine.
    Kiosk,
}

impl Door {
    const fn code(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Kiosk => "kiosk",
        }
    }

    /// Cookie name.
    pub const fn cookie(self, is_https: bool) -> &'static str {
        match (self, is_https) {
            (Self::Staff, true) => "__Host-yakuba-staff",
            (Self::Staff, false) => "yakuba-staff",
            (Self::Kiosk, true) => "__Host-yakuba-kiosk",
            (Self::Kiosk, false) => "yakuba-kiosk",
        }
    }

    /// Longest life in seconds, however busy: a working day; a quarter of an hour at a machine.
    pub const fn absolute_seconds(self) -> i64 {
        match self {
            Self::Staff => 10 * 3600,
            Self::Kiosk => 15 * 60,
        }
    }
}

/// Seconds a staff session may lie idle (WCAG 2.2.1 allows it: work that is typed is sent at once).
pub const STAFF_IDLE_SECONDS: i64 = 30 * 60;

/// The cookie name of a terminal's secret.
pub const fn terminal_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-terminal" } else { "yakuba-terminal" }
}

/// The cookie name of a session in the citizen portal, whose sessions live in the outside zone (`tools::portal`).
pub const fn portal_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-portal" } else { "yakuba-portal" }
}

/// The cookie name of a sign-in under way in the portal.
pub const fn portal_ceremony_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-portal-ceremony" } else { "yakuba-portal-ceremony" }
}

/// The cookie name of a passkey asked for in the portal: beside a sign-in under way, for browsers ask quietly.
pub const fn portal_passkey_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-portal-passkey" } else { "yakuba-portal-passkey" }
}

/// The cookie name that keeps where somebody who signs in goes on: an address of ours, nothing secret.
pub const fn portal_next_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-portal-next" } else { "yakuba-portal-next" }
}

/// The cookie name by which a browser is known that came in by password before.
pub const fn portal_browser_cookie(is_https: bool) -> &'static str {
    if is_https { "__Host-yakuba-portal-browser" } else { "yakuba-portal-browser" }
}

/// The secret in a session's cookie. Never stored, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl Secret {
    /// A fresh one.
    pub fn fresh(seams: &Seams) -> Self {
        Self(seams.random.bytes())
    }

    /// Reads a cookie's value.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        Some(Self(bytes.try_into().ok()?))
    }

    /// As written into the cookie.
    pub fn cookie_value(&self) -> String {
        data_encoding::BASE64URL_NOPAD.encode(&self.0)
    }

    /// The raw bytes, for a terminal's secret.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// SHA-256 of it: the key of what is kept for this session.
    pub fn key(&self) -> Vec<u8> {
        self.hash()
    }

    fn hash(&self) -> Vec<u8> {
        digest::digest(&digest::SHA256, &self.0).as_ref().to_vec()
    }

    /// The key from which this secret's form tokens are made.
    pub fn csrf_key(&self) -> CsrfKey {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        CsrfKey(hmac::sign(&key, b"yakuba form tokens").as_ref().to_vec())
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

/// Makes and checks the token of each form (one per action address, so that a token for one cannot be used at another).
#[derive(Clone)]
pub struct CsrfKey(Vec<u8>);

impl CsrfKey {
    /// The key of forms about somebody else's matters: one that was drawn before a person changed for whom they act is not
    /// taken afterwards.
    pub fn about(&self, whom: &str) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        Self(hmac::sign(&key, format!("about {whom}").as_bytes()).as_ref().to_vec())
    }

    /// The token for a form that is sent to `action`.
    pub fn token(&self, action: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        data_encoding::BASE64URL_NOPAD.encode(&hmac::sign(&key, action.as_bytes()).as_ref()[..18])
    }

    /// Whether `token` was made for `action`. Compared in constant time.
    pub fn fits(&self, action: &str, token: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.token(action).as_bytes(), token.as_bytes()).is_ok()
    }
}

impl std::fmt::Debug for CsrfKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CsrfKey")
    }
}

/// A living session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the cookie: the key of rows that belong to this session.
    pub key: Vec<u8>,
    /// Its door.
    pub door: Door,
    /// Staff account id, or what the machine put there.
    pub subject: base::Personal<String>,
    /// The terminal it may be used at, if any.
    pub bound_to: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
    /// When it was last used (to within [`TOUCH_SECONDS`]).
    pub seen_at: Timestamp,
    /// When it ends however busy.
    pub expires_at: Timestamp,
}

/// A session's last use is written at most this often.
pub const TOUCH_SECONDS: i64 = 10;

/// Begins a session; the secret goes into the cookie ([`set_cookie`]).
///
/// # Errors
/// [`StoreError`].
pub fn start(
    tx: &mut Tx<'_>,
    seams: &Seams,
    door: Door,
    subject: &str,
    bound_to: Option<&str>,
) -> Result<Secret, StoreError> {
    let (secret, now) = (Secret::fresh(seams), seams.now());
    tx.execute(
        "INSERT INTO sessions (session_hash, door, subject, bound_to, started_at, seen_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            secret.hash().into(),
            door.code().into(),
            subject.into(),
            bound_to.into(),
            now.into(),
            now.into(),
            now.plus_seconds(door.absolute_seconds()).into(),
        ],
    )?;
    Ok(secret)
}

/// The living session of this secret at this door, if there is one.
///
/// # Errors
/// [`StoreError`].
pub fn find(
    tx: &mut Tx<'_>,
    now: Timestamp,
    door: Door,
    idle_seconds: i64,
    secret: &Secret,
) -> Result<Option<Session>, StoreError> {
    let row = tx.query_one(
        "SELECT subject, bound_to, started_at, seen_at, expires_at FROM sessions \
         WHERE session_hash = $1 AND door = $2 AND ended_at IS NULL",
        &[secret.hash().into(), door.code().into()],
    )?;
    let Some(row) = row else { return Ok(None) };
    let session = Session {
        key: secret.hash(),
        door,
        subject: row.text(0)?.to_owned().into(),
        bound_to: row.opt_text(1)?.map(ToOwned::to_owned),
        started_at: row.timestamp(2)?,
        seen_at: row.timestamp(3)?,
        expires_at: row.timestamp(4)?,
    };
    let is_alive = now < session.expires_at && now.seconds_since(session.seen_at) < idle_seconds;
    Ok(is_alive.then_some(session))
}

/// Writes that the session was used now.
///
/// # Errors
/// [`StoreError`].
pub fn touch(tx: &mut Tx<'_>, now: Timestamp, session_key: &[u8]) -> Result<(), StoreError> {
    // Never backwards: two requests of one person may be written in either order.
    tx.queue(
        "UPDATE sessions SET seen_at = $2 WHERE session_hash = $1 AND seen_at < $2",
        &[session_key.into(), now.into()],
    )
}

/// Ends one session.
///
/// # Errors
/// [`StoreError`].
pub fn end(tx: &mut Tx<'_>, now: Timestamp, session_key: &[u8]) -> Result<(), StoreError> {
    tx.queue(
        "UPDATE sessions SET ended_at = $2 WHERE session_hash = $1 AND ended_at IS NULL",
        &[session_key.into(), now.into()],
    )?;
    tx.queue("DELETE FROM staff_desks WHERE session_hash = $1", &[session_key.into()])?;
    tx.queue("DELETE FROM staff_views WHERE session_hash = $1", &[session_key.into()])
}

/// Ends the session of this secret, if it lives: whoever signs in begins anew.
///
/// # Errors
/// [`StoreError`].
pub fn end_secret(tx: &mut Tx<'_>, now: Timestamp, secret: &Secret) -> Result<(), StoreError> {
    end(tx, now, &secret.hash())
}

/// Ends all sessions of a subject, e.g. a disabled account.
///
/// # Errors
/// [`StoreError`].
pub fn end_all(tx: &mut Tx<'_>, now: Timestamp, door: Door, subject: &str) -> Result<(), StoreError> {
    tx.queue(
        "UPDATE sessions SET ended_at = $3 WHERE door = $1 AND subject = $2 AND ended_at IS NULL",
        &[door.code().into(), subject.into(), now.into()],
    )
}

/// Removes sessions that ended or expired more than a day ago. Returns how many.
///
/// # Errors
/// [`StoreError`].
pub fn sweep(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    let before = now.plus_seconds(-86_400);
    tx.execute("DELETE FROM staff_views WHERE opened_at < $1", &[before.into()])?;
    tx.execute("DELETE FROM staff_desks WHERE since < $1", &[before.into()])?;
    tx.execute("DELETE FROM sessions WHERE expires_at < $1 OR ended_at < $1", &[before.into()])
}

/// The value of cookie `name`.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get_all(axum::http::header::COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(|line| {
        line.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then_some(value)
        })
    })
}

/// A `Set-Cookie` value: for this browser session, unreadable by script, never sent from another site.
pub fn set_cookie(name: &str, value: &str, is_https: bool) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}")
}

/// A `Set-Cookie` value that also comes along when another site's page leads here (GET only): for the way back from the
/// national sign-in app, whose answer fits only this cookie's ceremony.
pub fn set_returning_cookie(name: &str, value: &str, is_https: bool) -> String {
    set_cookie(name, value, is_https).replace("SameSite=Strict", "SameSite=Lax")
}

/// A `Set-Cookie` value that outlives the browser: a machine that is switched off at night is the same machine in the
/// morning. Browsers keep no cookie for longer than 400 days; each enrolment begins anew.
pub fn set_lasting_cookie(name: &str, value: &str, is_https: bool) -> String {
    format!("{}; Max-Age={}", set_cookie(name, value, is_https), 400 * 86_400)
}

/// A `Set-Cookie` value that removes the cookie.
pub fn clear_cookie(name: &str, is_https: bool) -> String {
    format!("{}; Max-Age=0", set_cookie(name, "", is_https))
}

/// Gives the browser a cookie with this answer.
pub fn give(response: &mut axum::response::Response, cookie: &str) {
    if let Ok(value) = axum::http::HeaderValue::from_str(cookie) {
        response.headers_mut().append(axum::http::header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_token_fits_one_action_of_one_session_only() {
        let (seams, _) = Seams::simulated(Timestamp::from_seconds(1), 1);
        let (a, b) = (Secret::fresh(&seams).csrf_key(), Secret::fresh(&seams).csrf_key());
        let token = a.token("/staff/sign-out");
        assert!(a.fits("/staff/sign-out", &token));
        assert!(!a.fits("/staff/accounts", &token) && !b.fits("/staff/sign-out", &token) && !a.fits("/", ""));
    }

    #[test]
    fn cookies_are_read_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.insert("cookie", "x-yakuba-staff=1; yakuba-staff=2; a=b".parse().unwrap());
        assert_eq!(cookie(&headers, "yakuba-staff"), Some("2"));
        assert_eq!(cookie(&headers, "staff"), None);
    }

    #[test]
    fn on_https_a_cookie_is_bound_to_the_host() {
        let cookie = set_cookie(Door::Staff.cookie(true), "v", true);
        assert!(cookie.starts_with("__Host-") && cookie.contains("Secure") && cookie.contains("Path=/;"));
        assert!(!Door::Staff.cookie(false).starts_with("__Host-"));
    }
}
