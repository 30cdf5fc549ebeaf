//! Who moved or died since the outside was last told: a job of the inside compares and tells. Changed cards need none:
//! a new certificate is asked about like a first one, and its person's account is the answer.

use std::sync::Arc;

use super::{Post, PostError, link};
use crate::ResidentId;
use crate::register;
use crate::zone::Inside;

/// Accounts told in one go.
const STEP: i64 = 100;

/// Tells the outside of accounts whose person's standing is another than it was told. Returns how many.
///
/// # Errors
/// [`PostError`].
pub fn run(inside: &Inside, post: &Arc<Post>) -> Result<usize, PostError> {
    let changed = inside.store.read(|tx| register::accounts_to_tell(tx, STEP))?;
    for (account, resident) in &changed {
        let (seams, post, account) = (inside.seams.clone(), post.clone(), *account);
        let resident: ResidentId = resident.clone();
        inside.store.write::<_, PostError, _>(move |tx| link::tell(tx, &seams, &post, account, &resident))?;
    }
    Ok(changed.len())
}
