//! Records about one person as rows of the table they share.

use store::{StoreError, Tx};

use crate::access::BulkDeclaration;
use crate::copied_records::{Copied, Ledger, PersonRecord};

const INSERT: &str = "INSERT INTO record_copies (kind, generation, record_key, resident_id, is_complete, position, \
    body) VALUES ($1, $2, $3, $4, 1, $5, $6) ON CONFLICT (kind, generation, record_key) DO NOTHING";

impl<T: PersonRecord> Copied for T {
    const DECLARATION: BulkDeclaration = <T as PersonRecord>::DECLARATION;
    const JOURNAL: &'static str = <T as PersonRecord>::KIND;
    const REFUSED: &'static str = <T as PersonRecord>::REFUSED;
    const LEDGER: Ledger = <T as PersonRecord>::LEDGER;

    fn insert(&self, tx: &mut Tx, generation: i64, position: i64) -> Result<(), StoreError> {
        tx.queue(
            INSERT,
            &[
                T::KIND.into(),
                generation.into(),
                self.key().into(),
                self.resident().into(),
                position.into(),
                self.to_line().into(),
            ],
        )
    }

    fn remove(tx: &mut Tx, generation: i64, key: &str) -> Result<(), StoreError> {
        tx.queue(
            "DELETE FROM record_copies WHERE kind = $1 AND generation = $2 AND record_key = $3",
            &[T::KIND.into(), generation.into(), key.into()],
        )
    }

    fn mark_incomplete(tx: &mut Tx, generation: i64, key: &str) -> Result<(), StoreError> {
        tx.queue(
            "UPDATE record_copies SET is_complete = 0 WHERE kind = $1 AND generation = $2 AND record_key = $3",
            &[T::KIND.into(), generation.into(), key.into()],
        )
    }

    fn sweep(tx: &mut Tx, generation: i64) -> Result<u64, StoreError> {
        tx.execute(
            "DELETE FROM record_copies WHERE kind = $1 AND generation = $2 AND record_key IN (SELECT record_key \
             FROM record_copies WHERE kind = $1 AND generation = $2 LIMIT 200)",
            &[T::KIND.into(), generation.into()],
        )
    }
}
