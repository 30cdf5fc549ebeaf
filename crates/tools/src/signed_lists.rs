//! What every published list of signed parts does alike ([`crate::withdrawal_list`], [`crate::staff_id_list`]).
//!
//! ```text
//!  inside: parts, each signed ─► carried: number · part · parts · token ─► relay ─► outside: put, until all are here ─► current
//! ```
//! Nobody here looks into a part: whoever fetches a list checks its signatures.

use data_encoding::BASE64URL_NOPAD;
use pki::token::TokenError;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::relay::{HandleError, Message, RelayError};

/// Why no list was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The key did not sign.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The message to the outside.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

/// What the relay carries: the outside sorts by the numbers and gives the part on as it is.
#[derive(Serialize, Deserialize)]
struct Carried {
    number: i64,
    part: i64,
    parts: i64,
    token: String,
}

/// The bodies of the messages that carry a list's tokens.
pub(crate) fn carried(number: i64, tokens: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let parts = i64::try_from(tokens.len()).unwrap_or(i64::MAX);
    let body = |(part, token): (i64, &Vec<u8>)| {
        let carried = Carried { number, part, parts, token: BASE64URL_NOPAD.encode(token) };
        serde_json::json!(carried).to_string().into_bytes()
    };
    (1..).zip(tokens).map(body).collect()
}

/// What is so cut that each part has at most `most`; an empty list is one part too: "nothing" is said, not left open.
pub(crate) fn chunks<T>(all: &[T], most: usize) -> Vec<&[T]> {
    if all.is_empty() { vec![&[]] } else { all.chunks(most).collect() }
}

/// The number of a list, and its parts as they came.
pub type Numbered = (i64, Vec<Vec<u8>>);

/// Where the outside keeps the parts of one list; made by [`parts_of`].
pub(crate) struct Parts {
    pub(crate) what: &'static str,
    pub(crate) put: &'static str,
    pub(crate) count: &'static str,
    pub(crate) forget: &'static str,
    pub(crate) newest: &'static str,
    pub(crate) tokens: &'static str,
}

/// The statements for a table of `number`, `part`, `parts`, `token`.
macro_rules! parts_of {
    ($table:literal, $what:literal) => {
        $crate::signed_lists::Parts {
            what: $what,
            put: concat!(
                "INSERT INTO ",
                $table,
                " (number, part, parts, token) VALUES ($1, $2, $3, $4) ON CONFLICT (number, part) DO NOTHING"
            ),
            count: concat!("SELECT COUNT(*) FROM ", $table, " WHERE number = $1"),
            forget: concat!("DELETE FROM ", $table, " WHERE number < $1"),
            newest: concat!(
                "SELECT number FROM ",
                $table,
                " GROUP BY number, parts HAVING COUNT(*) = parts ORDER BY number DESC LIMIT 1"
            ),
            tokens: concat!("SELECT token FROM ", $table, " WHERE number = $1 ORDER BY part"),
        }
    };
}
pub(crate) use parts_of;

impl Parts {
    /// Keeps a part, and forgets older lists once this one is whole.
    ///
    /// # Errors
    /// [`HandleError`].
    pub(crate) fn receive(&self, tx: &mut Tx<'_>, message: &Message) -> Result<(), HandleError> {
        let malformed = || HandleError::Malformed(self.what);
        let Carried { number, part, parts, token } = serde_json::from_slice(&message.body).map_err(|_| malformed())?;
        let token = BASE64URL_NOPAD.decode(token.as_bytes()).map_err(|_| malformed())?;
        if !(1..=parts).contains(&part) {
            return Err(malformed());
        }
        tx.execute(self.put, &[number.into(), part.into(), parts.into(), token.as_slice().into()])?;
        let row = tx.query_one(self.count, &[number.into()])?;
        if row.map_or(Ok(0), |row| row.int(0))? == parts {
            tx.execute(self.forget, &[number.into()])?;
        }
        Ok(())
    }

    /// The newest list of which every part is here.
    ///
    /// # Errors
    /// [`StoreError`].
    pub(crate) fn current(&self, tx: &mut Tx<'_>) -> Result<Option<Numbered>, StoreError> {
        let newest = tx.query_one(self.newest, &[])?;
        let Some(number) = newest.map(|row| row.int(0)).transpose()? else { return Ok(None) };
        let rows = tx.query(self.tokens, &[number.into()])?;
        let parts = rows.iter().map(|row| Ok(row.blob(0)?.to_vec())).collect::<Result<_, StoreError>>()?;
        Ok(Some((number, parts)))
    }
}

#[cfg(test)]
mod tests {
    use base::{Id, Timestamp};
    use store::testing::for_each_engine;

    use super::*;

    const PARTS: Parts = parts_of!("staff_id_list_parts", "a list");

    #[test]
    fn a_list_counts_once_every_part_is_here_and_takes_the_place_of_older_ones() {
        for_each_engine(|database| {
            let outside = database.outside().clone();
            let bring = |number: i64, of: &[&[u8]], which: usize| {
                let body = carried(number, &of.iter().map(|token| token.to_vec()).collect::<Vec<_>>()).remove(which);
                let (id, at, kind) = (Id::from_bytes([7; 16]), Timestamp::from_seconds(1), "k".to_owned());
                let message = Message { sequence: 1, id, at, kind, body };
                outside.write::<_, HandleError, _>(move |tx| PARTS.receive(tx, &message)).unwrap();
            };
            let current = || outside.read::<_, StoreError, _>(|tx| PARTS.current(tx)).unwrap();
            assert_eq!(current(), None);
            bring(1, &[b"one"], 0);
            bring(2, &[b"a", b"b"], 1);
            assert_eq!(current(), Some((1, vec![b"one".to_vec()])), "the newer one is not whole");
            bring(2, &[b"a", b"b"], 0);
            bring(2, &[b"a", b"b"], 0);
            assert_eq!(current(), Some((2, vec![b"a".to_vec(), b"b".to_vec()])), "in order, each once");
        });
    }

    #[test]
    fn nothing_is_one_empty_part() {
        assert_eq!(chunks::<u8>(&[], 3), [&[] as &[u8]]);
        assert_eq!(chunks(&[1, 2, 3, 4], 3), [&[1, 2, 3] as &[i32], &[4]]);
    }
}
