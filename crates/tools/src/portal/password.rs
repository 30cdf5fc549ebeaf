//! Password and code by e-mail: for whoever has no passkey. Outside only.
//!
//! ```text
//!  setting: High ─► address ─► code there ─► kept, the old address is told          password ─► argon2id, sealed
//!  coming in: address, password ─► code by e-mail ─► in
//!  forgotten: address ─► code there ─► new password ─► in, but reduced: public notices only until the card is shown
//! ```
//! Who types an address learns nothing about whether it is known: the same pages follow, and the same work is done.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base::Personal;
use serde::{Deserialize, Serialize};
use store::Tx;

use super::account::{self, AccountState};
use super::ceremony;
use super::events::{self, SecurityEvent};
use super::means::{self, Means, MeansKind};
use super::refusal::{MeansError, MeansRefusal};
use super::{AccountId, session};
use crate::passkeys::CeremonySecret;
use crate::zone::Outside;

/// How long a code is good.
pub const CODE_SECONDS: i64 = 600;
/// Letters a day with a code for a forgotten password, for one account. Ours.
pub const RESETS_A_DAY: i64 = 5;
/// How often one code may be tried.
pub const TRIES: u32 = 5;
/// Shortest password (NIST SP 800-63B asks for 8 where a second factor follows; ours is longer).
pub const SHORTEST: usize = 12;
const LONGEST: usize = 128;

/// What a code is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeFor {
    /// Proving a new address.
    Address,
    /// Coming in, after the password.
    SignIn,
    /// A new password.
    Reset,
    /// Proving a new telephone number.
    Phone,
}

impl CodeFor {
    const fn kind(self) -> &'static str {
        match self {
            Self::Address => "code_address",
            Self::SignIn => "code_sign_in",
            Self::Reset => "code_reset",
            Self::Phone => "code_phone",
        }
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Waiting {
    /// Digits; a code nobody was sent fits nothing.
    code: Option<String>,
    address: String,
    tries: u32,
    until: i64,
}

/// A code under way: for the cookie, and what is sent to whom (nothing to an address nobody knows).
#[derive(Debug)]
pub struct CodeSent {
    /// For the cookie.
    pub secret: CeremonySecret,
    /// Whom to send it to.
    pub to: Option<(Personal<String>, Personal<String>)>,
}

/// An address as it is compared: trimmed, in lower case.
///
/// # Errors
/// [`MeansRefusal::Address`].
pub fn address(typed: &str) -> Result<String, MeansRefusal> {
    let text = typed.trim().to_lowercase();
    let is_one = text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"'))
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && name.len() <= 64
                && host.contains('.')
                && !host.contains('@')
                && host.split('.').all(|label| !label.is_empty())
        });
    if is_one { Ok(text) } else { Err(MeansRefusal::Address) }
}

fn by_address(outside: &Outside, address: &str) -> Result<Option<Means>, MeansError> {
    let hashes = means::hashes(&outside.vault, MeansKind::Email, address.as_bytes())?;
    Ok(outside.store.read(|tx| means::find(tx, MeansKind::Email, &hashes))?)
}

/// The proved address of an account.
///
/// # Errors
/// [`MeansError`].
pub fn address_of(outside: &Outside, account: AccountId) -> Result<Option<Personal<String>>, MeansError> {
    let all = outside.store.read(|tx| means::of_kind(tx, account, MeansKind::Email))?;
    let Some(newest) = all.last() else { return Ok(None) };
    let plain = newest.opened(&outside.vault)?;
    Ok(String::from_utf8(plain).ok().map(Personal::new))
}

/// Whether an account has a password.
///
/// # Errors
/// [`MeansError`].
pub fn is_set(outside: &Outside, account: AccountId) -> Result<bool, MeansError> {
    Ok(!outside.store.read(|tx| means::of_kind(tx, account, MeansKind::Password))?.is_empty())
}

pub(super) fn send_code(
    outside: &Outside,
    what: CodeFor,
    account: Option<AccountId>,
    address: String,
) -> Result<CodeSent, MeansError> {
    // A reset needs no password besides, so its code is longer.
    let code = account.map(|_| match what {
        CodeFor::Reset => format!("{:08}", outside.seams.random.below(100_000_000)),
        CodeFor::Address | CodeFor::SignIn | CodeFor::Phone => format!("{:06}", outside.seams.random.below(1_000_000)),
    });
    let until = outside.seams.now().plus_seconds(CODE_SECONDS).micros();
    let waiting = Waiting { code: code.clone(), address: address.clone(), tries: TRIES, until };
    let secret = ceremony::remember(outside, what.kind(), account, &waiting, CODE_SECONDS)?;
    Ok(CodeSent { secret, to: code.map(|code| (address.into(), code.into())) })
}

/// Sends a code to an address that `account` wants to have.
///
/// # Errors
/// [`MeansRefusal::Address`]; the databases.
pub fn prove_address(outside: &Outside, account: AccountId, typed: &str) -> Result<CodeSent, MeansError> {
    send_code(outside, CodeFor::Address, Some(account), address(typed)?)
}

/// Sends a code to whoever forgot their password; to nobody, without a word, where nobody has this address.
///
/// # Errors
/// [`MeansRefusal::Address`]; the databases.
pub fn forgotten(outside: &Outside, typed: &str) -> Result<CodeSent, MeansError> {
    let address = address(typed)?;
    let known = by_address(outside, &address)?.map(|known| known.account);
    let account = match known {
        Some(account) if may_mail_reset(outside, account)? => Some(account),
        _ => None,
    };
    send_code(outside, CodeFor::Reset, account, address)
}

/// Counts one more letter with a code for a forgotten password; whether it may go out today. Whoever asks too often is
/// answered the same, and the account's person is left in peace.
fn may_mail_reset(outside: &Outside, account: AccountId) -> Result<bool, MeansError> {
    let today = outside.seams.today();
    Ok(outside.store.write::<_, store::StoreError, _>(move |tx| {
        tx.queue("DELETE FROM portal_reset_mails WHERE day < $1", &[today.plus_days(-7).into()])?;
        let row = tx.query_one(
            "INSERT INTO portal_reset_mails (account_id, day, times) VALUES ($1, $2, 1) ON CONFLICT (account_id, day) \
             DO UPDATE SET times = portal_reset_mails.times + 1 RETURNING times",
            &[account.into(), today.into()],
        )?;
        row.map_or(Ok(false), |row| Ok(row.int(0)? <= RESETS_A_DAY))
    })?)
}

/// What an unknown address is compared with.
static NOBODY: std::sync::OnceLock<String> = std::sync::OnceLock::new();

fn nobodys(outside: &Outside) -> Result<String, MeansError> {
    if let Some(made) = NOBODY.get() {
        return Ok(made.clone());
    }
    let made = hashed(outside, "nobody's password")?;
    Ok(NOBODY.get_or_init(|| made).clone())
}

/// Checks address and password; then a code is on its way.
///
/// # Errors
/// [`MeansRefusal::Password`], after the same work whichever is wrong; the databases.
pub fn check(outside: &Outside, typed: &str, password: &Personal<String>) -> Result<CodeSent, MeansError> {
    let address = address(typed).map_err(|_| MeansRefusal::Password)?;
    let known = by_address(outside, &address)?;
    let kept = match &known {
        Some(known) => outside.store.read(|tx| means::of_kind(tx, known.account, MeansKind::Password))?.pop(),
        None => None,
    };
    let hash = match &kept {
        Some(kept) => String::from_utf8(kept.opened(&outside.vault)?).map_err(|_| MeansRefusal::Password)?,
        // Nobody's, made once, so that an unknown address takes as long as a known one.
        None => nobodys(outside)?,
    };
    let parsed = PasswordHash::new(&hash).map_err(|_| MeansRefusal::Password)?;
    let is_right = Argon2::default().verify_password(password.reveal().as_bytes(), &parsed).is_ok();
    match known.filter(|_| is_right && kept.is_some()) {
        Some(known) => send_code(outside, CodeFor::SignIn, Some(known.account), address),
        None => Err(MeansRefusal::Password.into()),
    }
}

fn hashed(outside: &Outside, password: &str) -> Result<String, MeansError> {
    let salt = SaltString::encode_b64(&outside.seams.random.bytes::<16>()).map_err(|_| MeansRefusal::Weak)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|_| MeansRefusal::Weak)?;
    Ok(hash.to_string())
}

/// Takes a code back. A wrong one may be tried again [`TRIES`] times in all, then a new one is needed.
pub(super) fn redeem(
    outside: &Outside,
    what: CodeFor,
    secret: &CeremonySecret,
    typed: &str,
) -> Result<(AccountId, String), MeansError> {
    let (account, mut waiting): (_, Waiting) = match ceremony::take(outside, what.kind(), secret) {
        Ok(taken) => taken,
        Err(MeansError::Refused(_)) => return Err(MeansRefusal::Code.into()),
        Err(other) => return Err(other),
    };
    let typed: String =
        typed.chars().filter_map(base::text::narrow_digit).map(|digit| char::from(b'0' + digit)).collect();
    let code = waiting.code.clone().unwrap_or_default();
    let is_right = !code.is_empty() && verify_slices_are_equal(code.as_bytes(), typed.as_bytes()).is_ok();
    if let Some(account) = account.filter(|_| is_right) {
        return Ok((account, waiting.address));
    }
    waiting.tries -= 1;
    let left = base::Timestamp::from_micros(waiting.until).seconds_since(outside.seams.now());
    if waiting.tries > 0 && left > 0 {
        ceremony::keep(outside, secret, what.kind(), account, &waiting, left)?;
    }
    Err(MeansRefusal::Code.into())
}

/// The new address is proved: it takes the old one's place. Returns the old one, which is told.
///
/// # Errors
/// [`MeansRefusal::Code`]; [`MeansRefusal::AddressTaken`]; the databases.
pub fn change_address(
    outside: &Outside,
    owner: AccountId,
    secret: &CeremonySecret,
    code: &str,
) -> Result<Option<Personal<String>>, MeansError> {
    let (account, address) = redeem(outside, CodeFor::Address, secret, code)?;
    if account != owner {
        return Err(MeansRefusal::Code.into());
    }
    let old = address_of(outside, owner)?;
    let hashes = means::hashes(&outside.vault, MeansKind::Email, address.as_bytes())?;
    let hash = means::hash(&outside.vault, MeansKind::Email, address.as_bytes())?;
    let sealed = means::seal(&outside.vault, owner, address.as_bytes())?;
    let seams = outside.seams.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        if means::find(tx, MeansKind::Email, &hashes)?.is_some_and(|other| other.account != owner) {
            return Err(MeansRefusal::AddressTaken.into());
        }
        means::stop_kind(tx, owner, MeansKind::Email)?;
        means::add(tx, &seams, owner, MeansKind::Email, Some(&hash), Some(&sealed))?;
        // Codes on their way to the old address open nothing any more.
        tx.execute(
            "DELETE FROM portal_ceremonies WHERE account_id = $1 AND kind IN ('code_reset', 'code_sign_in')",
            &[owner.into()],
        )?;
        Ok(events::note(tx, &seams, owner, SecurityEvent::EmailChanged)?)
    })?;
    Ok(old.filter(|old| *old.reveal() != address))
}

fn fits(password: &str, address: &str) -> Result<(), MeansRefusal> {
    let length = password.chars().count();
    let same = password.to_lowercase();
    if !(SHORTEST..=LONGEST).contains(&length) || same == address || password.chars().all(|c| same.starts_with(c)) {
        return Err(MeansRefusal::Weak);
    }
    Ok(())
}

fn replace(tx: &mut Tx<'_>, outside: &Outside, owner: AccountId, sealed: &[u8]) -> Result<(), MeansError> {
    means::stop_kind(tx, owner, MeansKind::Password)?;
    means::add(tx, &outside.seams, owner, MeansKind::Password, None, Some(sealed))?;
    Ok(())
}

/// Sets the password of an account that has an address. Every other session ends, and browsers that were known are not.
///
/// # Errors
/// [`MeansRefusal::Weak`]; [`MeansRefusal::NotFound`] without an address; the databases.
pub fn set(outside: &Outside, owner: AccountId, password: &Personal<String>, here: &[u8]) -> Result<(), MeansError> {
    let address = address_of(outside, owner)?.ok_or(MeansRefusal::NotFound)?;
    fits(password.reveal(), address.reveal())?;
    let sealed = means::seal(&outside.vault, owner, hashed(outside, password.reveal())?.as_bytes())?;
    let (zone, here) = (outside.clone(), here.to_vec());
    outside.store.write::<_, MeansError, _>(move |tx| {
        replace(tx, &zone, owner, &sealed)?;
        means::stop_kind(tx, owner, MeansKind::Browser)?;
        session::end_others(tx, zone.seams.now(), owner, &here)?;
        Ok(events::note(tx, &zone.seams, owner, SecurityEvent::PasswordSet)?)
    })
}

/// Sets a forgotten password anew by the code that was sent. Every session ends, and until the card is shown the account
/// opens public notices only: who reads the mail is not thereby the person.
///
/// # Errors
/// [`MeansRefusal::Weak`] before the code is looked at; [`MeansRefusal::Code`]; [`MeansRefusal::Stopped`]; the databases.
pub fn reset(
    outside: &Outside,
    secret: &CeremonySecret,
    code: &str,
    password: &Personal<String>,
) -> Result<AccountId, MeansError> {
    fits(password.reveal(), "")?;
    let (owner, _) = redeem(outside, CodeFor::Reset, secret, code)?;
    let sealed = means::seal(&outside.vault, owner, hashed(outside, password.reveal())?.as_bytes())?;
    let zone = outside.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        let now = zone.seams.now();
        usable(tx, owner)?;
        replace(tx, &zone, owner, &sealed)?;
        means::stop_kind(tx, owner, MeansKind::Browser)?;
        account::reduce(tx, now, owner)?;
        session::end_all(tx, now, owner)?;
        Ok(events::note(tx, &zone.seams, owner, SecurityEvent::PasswordReset)?)
    })?;
    Ok(owner)
}

/// The code after the password.
///
/// # Errors
/// [`MeansRefusal::Code`]; [`MeansRefusal::Stopped`]; [`MeansRefusal::Ended`]; the databases.
pub fn finish(outside: &Outside, secret: &CeremonySecret, code: &str) -> Result<AccountId, MeansError> {
    let (account, _) = redeem(outside, CodeFor::SignIn, secret, code)?;
    outside.store.read::<_, MeansError, _>(|tx| usable(tx, account))?;
    Ok(account)
}

fn usable(tx: &mut Tx<'_>, account: AccountId) -> Result<(), MeansError> {
    match account::find(tx, account)?.map(|found| found.state) {
        Some(AccountState::Stopped) => Err(MeansRefusal::Stopped.into()),
        None | Some(AccountState::Ended) => Err(MeansRefusal::Ended.into()),
        Some(_) => Ok(()),
    }
}

/// Remembers this browser, so that others who try the account do not slow it down. The secret goes into a cookie.
///
/// # Errors
/// The databases.
pub fn remember_browser(outside: &Outside, account: AccountId) -> Result<CeremonySecret, MeansError> {
    let secret = CeremonySecret::fresh(&outside.seams);
    let hash = means::hash(&outside.vault, MeansKind::Browser, &secret.hash())?;
    let seams = outside.seams.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        means::add(tx, &seams, account, MeansKind::Browser, Some(&hash), None)?;
        Ok(())
    })?;
    Ok(secret)
}

/// The key of an address's bucket, and whether this browser came in to its account before.
///
/// # Errors
/// The databases.
pub fn bucket(outside: &Outside, typed: &str, browser: Option<&CeremonySecret>) -> Result<(String, bool), MeansError> {
    let address = address(typed).unwrap_or_default();
    let hash = means::hash(&outside.vault, MeansKind::Email, address.as_bytes())?;
    let key = data_encoding::HEXLOWER.encode(&hash.hash[..16]);
    let Some(browser) = browser else { return Ok((key, false)) };
    let Some(known) = by_address(outside, &address)? else { return Ok((key, false)) };
    let hashes = means::hashes(&outside.vault, MeansKind::Browser, &browser.hash())?;
    let found = outside.store.read(|tx| means::find(tx, MeansKind::Browser, &hashes))?;
    Ok((key, found.is_some_and(|found| found.account == known.account)))
}
