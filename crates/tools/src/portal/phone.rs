//! A telephone number as a contact: kept sealed, proved by a code that a short message carries, changed with the card only.
//! Nobody comes in by it. Outside only.
//!
//! ```text
//!  setting: High ─► number ─► code there ─► kept; the old number is told          removing: High ─► gone; it is told
//! ```

use base::Personal;

use super::events::{self, SecurityEvent};
use super::means::{self, MeansKind};
use super::password::{self, CodeFor, CodeSent};
use super::refusal::{MeansError, MeansRefusal};
use super::{AccountId, password::CODE_SECONDS};
use crate::passkeys::CeremonySecret;
use crate::zone::Outside;

/// How long a code is good, in seconds.
pub const SECONDS: i64 = CODE_SECONDS;

/// A Japanese number that takes short messages, as eleven digits: `070`, `080`, `090` or `060` first. Full-width digits,
/// hyphens, blanks and a leading `+81` are taken off.
///
/// # Errors
/// [`MeansRefusal::Phone`].
pub fn number(typed: &str) -> Result<String, MeansRefusal> {
    let is_foreign = typed.trim_start().starts_with(['+', '＋']);
    let mut digits = String::new();
    for c in typed.chars() {
        match base::text::narrow_digit(c) {
            Some(digit) => digits.push(char::from(b'0' + digit)),
            None if c.is_whitespace() || matches!(c, '-' | '－' | 'ー' | '‐' | '−' | '(' | ')' | '+' | '＋') => {
            }
            None => return Err(MeansRefusal::Phone),
        }
    }
    if is_foreign {
        digits = match digits.strip_prefix("81") {
            Some(rest) => format!("0{}", rest.trim_start_matches('0')),
            None => return Err(MeansRefusal::Phone),
        };
    }
    let is_mobile = ["060", "070", "080", "090"].iter().any(|first| digits.starts_with(first));
    if digits.len() == 11 && is_mobile { Ok(digits) } else { Err(MeansRefusal::Phone) }
}

/// The proved number of an account.
///
/// # Errors
/// [`MeansError`].
pub fn number_of(outside: &Outside, account: AccountId) -> Result<Option<Personal<String>>, MeansError> {
    let all = outside.store.read(|tx| means::of_kind(tx, account, MeansKind::Phone))?;
    let Some(newest) = all.last() else { return Ok(None) };
    let plain = newest.opened(&outside.vault)?;
    Ok(String::from_utf8(plain).ok().map(Personal::new))
}

/// Sends a code to a number that `account` wants to have.
///
/// # Errors
/// [`MeansRefusal::Phone`]; the databases.
pub fn prove(outside: &Outside, account: AccountId, typed: &str) -> Result<CodeSent, MeansError> {
    password::send_code(outside, CodeFor::Phone, Some(account), number(typed)?)
}

/// The new number is proved: it takes the old one's place. Returns the old one, which is told. Two people may have one
/// number: a family has one telephone.
///
/// # Errors
/// [`MeansRefusal::Code`]; the databases.
pub fn change(
    outside: &Outside,
    owner: AccountId,
    secret: &CeremonySecret,
    code: &str,
) -> Result<Option<Personal<String>>, MeansError> {
    let (account, number) = password::redeem(outside, CodeFor::Phone, secret, code)?;
    if account != owner {
        return Err(MeansRefusal::Code.into());
    }
    let old = number_of(outside, owner)?;
    let sealed = means::seal(&outside.vault, owner, number.as_bytes())?;
    let seams = outside.seams.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        means::stop_kind(tx, owner, MeansKind::Phone)?;
        means::add(tx, &seams, owner, MeansKind::Phone, None, Some(&sealed))?;
        Ok(events::note(tx, &seams, owner, SecurityEvent::PhoneChanged)?)
    })?;
    Ok(old.filter(|old| *old.reveal() != number))
}

/// Forgets the number. Returns it: it is told.
///
/// # Errors
/// [`MeansRefusal::NotFound`]; the databases.
pub fn remove(outside: &Outside, owner: AccountId) -> Result<Personal<String>, MeansError> {
    let old = number_of(outside, owner)?.ok_or(MeansRefusal::NotFound)?;
    let seams = outside.seams.clone();
    outside.store.write::<_, MeansError, _>(move |tx| {
        means::stop_kind(tx, owner, MeansKind::Phone)?;
        Ok(events::note(tx, &seams, owner, SecurityEvent::PhoneRemoved)?)
    })?;
    Ok(old)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_however_it_is_typed_and_what_takes_no_messages_is_refused() {
        for typed in
            ["09000000000", "090-0000-0000", "０９０－００００－００００", "+81 90 0000 0000", "+81(0)90-0000-0000"]
        {
            assert_eq!(number(typed), Ok("09000000000".to_owned()), "{typed}");
        }
        for typed in
            ["", "0312345678", "110", "0900000000", "090000000000", "+1 212 555 0100", "090-0000-000x", "123456789018"]
        {
            assert_eq!(number(typed), Err(MeansRefusal::Phone), "{typed}");
        }
    }
}
