//! Right before a person is told, outside, that a notice came: it may have waited a week for their digest. The letter lies in
//! their box whatever comes out here.

use base::Id;
use store::{StoreError, Tx};
use tools::channels::Recheck;
use tools::dispatch::RECHECKED;
use tools::mailbox::{LetterId, consents, items, letter};
use tools::portal::{AccountId, AccountState, account};

/// Whether a notice is still worth a message: the account is open, the person did not stop notices since, and has not read
/// it already.
#[derive(Clone, Copy, Debug, Default)]
pub struct StillWanted;

impl Recheck for StillWanted {
    fn may_tell(&self, tx: &mut Tx<'_>, campaign: Id, person: AccountId) -> Result<bool, StoreError> {
        let Some(id) = LetterId::parse(&campaign.to_string()) else { return Ok(true) };
        let Some(letter) = letter::find(tx, id)?.filter(|letter| letter.sender.key == RECHECKED) else {
            return Ok(true);
        };
        let is_open = account::find(tx, person)?.is_some_and(|account| account.state == AccountState::Open);
        let stop = format!("{}{}", consents::STOPPED, letter.class);
        let stopped = consents::of(tx, person)?.iter().any(|one| one.class == stop && one.withdrawn_at.is_none());
        let is_unread = items::find(tx, person, id)?.is_some_and(|item| item.opened_at.is_none());
        Ok(is_open && !stopped && is_unread)
    }
}
