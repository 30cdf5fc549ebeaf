//! Coming in by something that the card's PIN unlocked: the card itself, or the national sign-in app. Outside only.
//!
//! ```text
//!  known, open ────────────────────────────► in
//!  known, joining/unknown + proof ─────────► asked again inside (joining) ─► in, once the inside has answered
//!  known, stopped + proof ─────────────────► asked again inside; stopped until the answer to this question is there
//!  unknown + proof ────────────────────────► new account, joining
//! ```

use std::sync::Arc;

use store::Tx;

use super::account::{self, AccountState};
use super::joining::{JOINING, Proof};
use super::means::{self, MeansKind};
use super::refusal::{MeansError, MeansRefusal};
use super::{AccountId, Post};
use crate::zone::Outside;

/// The account behind `value` (a card's certificate, a name at the app), by which its person came in now; `proof` is what
/// the inside can judge for itself. [`None`] when the account is unknown, or must be judged anew, and no proof was given.
///
/// # Errors
/// [`MeansRefusal::Ended`]; the databases.
pub fn by_card_or_app(
    outside: &Outside,
    post: &Arc<Post>,
    kind: MeansKind,
    value: &[u8],
    proof: Option<Proof>,
) -> Result<Option<AccountId>, MeansError> {
    let hashes = means::hashes(&outside.vault, kind, value)?;
    let newest = means::hash(&outside.vault, kind, value)?;
    let (seams, post) = (outside.seams.clone(), post.clone());
    outside.store.write::<_, MeansError, _>(move |tx| {
        let known = means::find(tx, kind, &hashes)?;
        let found = match &known {
            Some(known) => account::find(tx, known.account)?,
            None => None,
        };
        let now = seams.now();
        let ask = |tx: &mut Tx<'_>, who: AccountId, stands: AccountState| -> Result<Option<AccountId>, MeansError> {
            let Some(proof) = &proof else { return Ok(None) };
            match stands {
                AccountState::Stopped => account::reopening(tx, now, who)?,
                _ => account::set_state(tx, now, who, AccountState::Joining, None)?,
            }
            post.send(tx, &seams, who, JOINING, proof)?;
            Ok(Some(who))
        };
        let Some((known, found)) = known.zip(found) else {
            if proof.is_none() {
                return Ok(None);
            }
            let who = AccountId::fresh(&seams);
            account::make(tx, now, who)?;
            let id = means::add(tx, &seams, who, kind, Some(&newest), None)?;
            means::used(tx, now, id)?;
            return ask(tx, who, AccountState::Joining);
        };
        means::used(tx, now, known.id)?;
        match found.state {
            AccountState::Open | AccountState::MovedOut => Ok(Some(found.id)),
            AccountState::Ended => Err(MeansRefusal::Ended.into()),
            AccountState::Joining if proof.is_none() => Ok(Some(found.id)),
            AccountState::Joining | AccountState::Unknown | AccountState::Stopped => ask(tx, found.id, found.state),
        }
    })
}
