//! Printed signed codes (印刷した署名付き二次元コード): made at the counter, read wherever a code is shown.
//!
//! ```text
//!  make ─► number, random ─► keyed hash ─► credentials row        read ◄─ text of the code
//!               └─► CredentialCode ─► signed ─► text ─► paper        └─► signature, last day ─► Token ─► find_token
//! ```
//! A person has at most one that opens anything: making a new one supersedes the old one, because paper is copied. The
//! number is kept nowhere, so a code that was lost is made anew, never printed again.

use base::{Date, Id, Seams, Timestamp};
use pki::token::{self, KeyRing, PublicKeyRing, TokenError};
use store::Tx;
use store::sealing::Vault;
use wire::credential_code::CredentialCode;

use super::linking::{Mark, enrol_marked};
use super::{CredentialError, CredentialKind, CredentialRefusal, CredentialStatus, Token, own};
use crate::access::{Access, Actor};
use crate::resident_id::ResidentId;

/// A code, ready to be printed. Exists only here and on the paper.
pub struct PrintedCode {
    /// What the square says.
    pub text: String,
    /// Last day on which it may be used.
    pub valid_until: Date,
    /// The credential.
    pub credential: Id,
}

/// Why no code was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeRefusal {
    /// The one to be replaced is not the one that stands: made twice, or by somebody else meanwhile.
    #[error("another code was made meanwhile")]
    Changed,
}

/// What can go wrong beneath.
#[derive(Debug, thiserror::Error)]
pub enum CodeError {
    /// The database or the key store.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The city's key does not sign.
    #[error(transparent)]
    Key(#[from] TokenError),
    /// The database.
    #[error(transparent)]
    Store(#[from] store::StoreError),
}

/// The code that opens something for `resident` now, if there is one: what a new one replaces.
///
/// # Errors
/// The database; an access to somebody else.
pub fn current(
    tx: &mut Tx<'_>,
    vault: &Vault,
    access: &impl Access,
    resident: &ResidentId,
) -> Result<Option<Id>, CredentialError> {
    let listed = own::list(tx, vault, access, resident)?;
    let stands = |one: &&own::Listed| {
        one.kind == CredentialKind::SignedCode && one.status.may_become(CredentialStatus::Superseded)
    };
    Ok(listed.iter().find(stands).map(|one| one.id))
}

/// What is made: for whom, until when, and in whose place.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// Whose it is to be.
    pub resident: &'a ResidentId,
    /// Last day on which it may be used.
    pub valid_until: Date,
    /// The code that was current when making was decided: the form's answer twice makes one code.
    pub replaces: Option<Id>,
    /// A word by which the holder knows it again.
    pub mark: Option<&'a str>,
}

/// Makes a code.
///
/// # Errors
/// Outer: the database, the key store, the signing key. Inner: why none was made.
pub fn make(
    tx: &mut Tx<'_>,
    vault: &Vault,
    seams: &Seams,
    by: (&Actor, &impl Access),
    keys: &KeyRing,
    wanted: &Wanted<'_>,
) -> Result<Result<PrintedCode, CodeRefusal>, CodeError> {
    let (actor, access) = by;
    if current(tx, vault, access, wanted.resident)? != wanted.replaces {
        return Ok(Err(CodeRefusal::Changed));
    }
    if let Some(old) = wanted.replaces {
        own::set_status(tx, seams, actor, wanted.resident, old, CredentialStatus::Superseded)?;
    }
    let code = CredentialCode { number: seams.random.bytes(), valid_until: wanted.valid_until };
    let token = Token::SignedCode(code.number);
    let mark = Mark::of(wanted.mark);
    let linked = enrol_marked(tx, vault, seams, actor, wanted.resident, end_of(wanted.valid_until), &token, mark)?;
    // 128 random bits that were there before: only broken randomness does that.
    let Ok(linked) = linked else { return Ok(Err(CodeRefusal::Changed)) };
    if let Some(old) = wanted.replaces {
        own::succeeded_by(tx, old, linked.credential)?;
    }
    let text = token::to_text(&keys.sign(&code.encode())?);
    Ok(Ok(PrintedCode { text, valid_until: wanted.valid_until, credential: linked.credential }))
}

/// The first instant after `day` in Japan.
pub fn end_of(day: Date) -> Timestamp {
    Timestamp::in_japan(day.plus_days(1), 0, 0, 0)
}

/// What a shown code carries, once the city's signature on it is found right and its last day has not passed. Whose it is
/// [`super::find_token`] tells, and whether it was stopped.
///
/// # Errors
/// [`CredentialRefusal::Unknown`] for anything the city did not sign as a credential, [`CredentialRefusal::Expired`].
pub fn read(text: &str, keys: &PublicKeyRing, today: Date) -> Result<Token, CredentialRefusal> {
    let signed = token::from_text(text.trim()).map_err(|_| CredentialRefusal::Unknown)?;
    let payload = token::verify(&signed, keys).map_err(|_| CredentialRefusal::Unknown)?;
    let code = CredentialCode::decode(payload).map_err(|_| CredentialRefusal::Unknown)?;
    if code.valid_until < today { Err(CredentialRefusal::Expired) } else { Ok(Token::SignedCode(code.number)) }
}
