//! What a person said they want and the inside has not answered yet: kept outside beside the records it changes, sealed as they
//! are, so that a page can say that it is being done instead of offering it once more.
//!
//! ```text
//!  note ─► waiting ─► the record as told shows it, or ten minutes are over ─► gone
//! ```
//! A note is for showing alone. What is done is decided inside, by the wish itself.

use std::marker::PhantomData;

use base::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::StoreError;

use super::{AccountId, PostError};
use crate::zone::Outside;

const COLUMN: &str = "portal_own_records.wishes";
/// Seconds for which a wish counts as under way. What took longer may be said again.
const WAITED: i64 = 600;

/// Wishes of one kind, each a `W`.
#[derive(Debug)]
pub struct Wished<W> {
    kind: &'static str,
    wish: PhantomData<fn() -> W>,
}

/// A wish that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting<W> {
    /// What is wanted.
    pub wish: W,
    /// Since when, in microseconds.
    pub at: i64,
}

impl<W> Waiting<W> {
    /// Whether it is younger than `seconds` at `now`.
    pub fn is_younger_than(&self, seconds: i64, now: Timestamp) -> bool {
        now.seconds_since(Timestamp::from_micros(self.at)) < seconds
    }
}

impl<W: Serialize + DeserializeOwned + PartialEq + Clone> Wished<W> {
    /// Wishes stored as `kind`, which no record has.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, wish: PhantomData }
    }

    /// Notes that `wish` was told to the inside now. The same wish said again is one wish. It was told: a note that cannot be
    /// written is logged, and the page offers what is done already once more.
    pub fn note(&self, outside: &Outside, account: AccountId, wish: &W) {
        if let Err(error) = self.try_note(outside, account, wish) {
            tracing::warn!(kind = self.kind, %error, "that a wish waits could not be noted");
        }
    }

    fn try_note(&self, outside: &Outside, account: AccountId, wish: &W) -> Result<(), PostError> {
        let now = outside.seams.now();
        let mut all = self.waiting(outside, account);
        all.retain(|one| one.wish != *wish);
        all.push(Waiting { wish: wish.clone(), at: now.micros() });
        let plain = serde_json::to_vec(&all).map_err(|_| PostError::Malformed("it cannot be written"))?;
        let sealed = outside.vault.seal(&account.sealed_under(), COLUMN, &plain)?;
        let kind = self.kind;
        outside.store.write::<_, StoreError, _>(move |tx| {
            tx.execute(
                "INSERT INTO portal_own_records (account_id, kind, asked_at, sent, content) VALUES ($1, $2, $3, 1, $4) \
                 ON CONFLICT (account_id, kind) DO UPDATE SET asked_at = $3, content = $4",
                &[account.into(), kind.into(), now.into(), sealed.as_slice().into()],
            )
        })?;
        Ok(())
    }

    /// Wishes of `account` said a short while ago, the oldest first, answered or not: whether one is answered is seen in what
    /// is told. Notes that cannot be read count as none: the page that offers to stop a card opens all the same.
    pub fn waiting(&self, outside: &Outside, account: AccountId) -> Vec<Waiting<W>> {
        self.read(outside, account).unwrap_or_else(|error| {
            tracing::warn!(kind = self.kind, %error, "which wishes wait could not be read");
            Vec::new()
        })
    }

    fn read(&self, outside: &Outside, account: AccountId) -> Result<Vec<Waiting<W>>, PostError> {
        let kind = self.kind;
        let row = outside.store.read::<_, StoreError, _>(move |tx| {
            let sql = "SELECT content FROM portal_own_records WHERE account_id = $1 AND kind = $2";
            tx.query_one(sql, &[account.into(), kind.into()])
        })?;
        let Some(row) = row else { return Ok(Vec::new()) };
        let Some(sealed) = row.opt_blob(0)? else { return Ok(Vec::new()) };
        let plain = outside.vault.open_sealed(&account.sealed_under(), COLUMN, sealed)?;
        let mut all: Vec<Waiting<W>> = serde_json::from_slice(&plain).unwrap_or_default();
        let now = outside.seams.now();
        all.retain(|one| one.is_younger_than(WAITED, now));
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use store::testing::for_each_engine;

    use super::super::two_zones::TwoZones;
    use super::*;

    const WORDS: Wished<String> = Wished::new("test_wishes");

    #[test]
    fn a_wish_waits_once_for_its_own_person_and_not_for_ever() {
        for_each_engine(|database| {
            let house = TwoZones::new(database);
            let (account, other) = (house.account(), house.account());
            let waiting = |account| {
                let all = WORDS.waiting(&house.outside, account);
                all.into_iter().map(|one| one.wish).collect::<Vec<_>>().join(" ")
            };
            assert_eq!(waiting(account), "");
            for word in ["one", "two", "one"] {
                WORDS.note(&house.outside, account, &word.to_owned());
            }
            assert_eq!((waiting(account).as_str(), waiting(other).as_str()), ("two one", ""));
            house.database.clock.advance_seconds(WAITED - 1);
            WORDS.note(&house.outside, account, &"three".to_owned());
            assert_eq!(waiting(account), "two one three");
            house.database.clock.advance_seconds(1);
            assert_eq!(waiting(account), "three");
            // Notes that cannot be read count as none, and the next one takes their place.
            let broken = "UPDATE portal_own_records SET content = $1 WHERE kind = 'test_wishes'";
            let changed = house
                .outside
                .store
                .write::<_, StoreError, _>(move |tx| tx.execute(broken, &[b"broken".as_slice().into()]));
            assert_eq!((changed.unwrap(), waiting(account).as_str()), (1, ""));
            WORDS.note(&house.outside, account, &"four".to_owned());
            assert_eq!(waiting(account), "four");
        });
    }
}
